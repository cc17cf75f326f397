//! Large tables, for hosts (feature `mcx-fast`).

#![allow(unsafe_code, reason = "exports functions")]

use castkey::sakke::Server;

use crate::bytes::{Object, Opaque, Promise};
use crate::mcx::identity::{
    CASTKEY_MCX_FAST_KEYS_ALIGN, CASTKEY_MCX_FAST_KEYS_SIZE, CASTKEY_MCX_FAST_KMS_ALIGN,
    CASTKEY_MCX_FAST_KMS_SIZE, castkey_mcx_fast_keys, castkey_mcx_fast_kms,
};
use crate::mcx::keys::{self, castkey_mcx_key_set};
use crate::mcx::kms::{self, castkey_mcx_certificate};
use crate::mcx::time::castkey_mcx_time;
use crate::status::castkey_status;

impl Opaque for castkey_mcx_fast_kms {
    type Body = kms::Body<Server>;
    const KIND: u32 = u32::from_be_bytes(*b"CKFM");
}

impl Opaque for castkey_mcx_fast_keys {
    type Body = keys::Body<Server>;
    const KIND: u32 = u32::from_be_bytes(*b"CKFS");
}

const _: () = {
    assert!(size_of::<Object<kms::Body<Server>>>() <= CASTKEY_MCX_FAST_KMS_SIZE);
    assert!(size_of::<castkey_mcx_fast_kms>() == CASTKEY_MCX_FAST_KMS_SIZE);
    assert!(align_of::<Object<kms::Body<Server>>>() <= align_of::<castkey_mcx_fast_kms>());
    assert!(align_of::<castkey_mcx_fast_kms>() <= CASTKEY_MCX_FAST_KMS_ALIGN);
    assert!(size_of::<Object<keys::Body<Server>>>() <= CASTKEY_MCX_FAST_KEYS_SIZE);
    assert!(size_of::<castkey_mcx_fast_keys>() == CASTKEY_MCX_FAST_KEYS_SIZE);
    assert!(align_of::<Object<keys::Body<Server>>>() <= align_of::<castkey_mcx_fast_keys>());
    assert!(align_of::<castkey_mcx_fast_keys>() <= CASTKEY_MCX_FAST_KEYS_ALIGN);
};

/// Octets that this library uses of a castkey_mcx_fast_kms; not more than CASTKEY_MCX_FAST_KMS_SIZE of a header that fits.
///
/// Stack: for hosts, not measured.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_fast_kms_size() -> usize {
    size_of::<Object<kms::Body<Server>>>()
}

/// Alignment that this library needs of a castkey_mcx_fast_kms, octets.
///
/// Stack: for hosts, not measured.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_fast_kms_align() -> usize {
    align_of::<Object<kms::Body<Server>>>()
}

/// castkey_mcx_kms_prepare() with large tables (TS 33.180, D.3.2; RFC 6507, 4.2; RFC 6508, 2.2); the statuses are the same.
///
/// Stack: for hosts, not measured.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_fast_kms_prepare(
    kms: *mut castkey_mcx_fast_kms, kms_size: usize, certificate: *const castkey_mcx_certificate,
    now: castkey_mcx_time,
) -> castkey_status {
    kms::prepare(kms, kms_size, certificate, now)
}

/// Zeroes the KMS. NULL is allowed and does nothing. The memory stays the caller's.
///
/// Stack: for hosts, not measured.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_fast_kms_wipe(kms: *mut castkey_mcx_fast_kms) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(kms);
}

/// Octets that this library uses of a castkey_mcx_fast_keys; not more than CASTKEY_MCX_FAST_KEYS_SIZE of a header that fits.
///
/// Stack: for hosts, not measured.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_fast_keys_size() -> usize {
    size_of::<Object<keys::Body<Server>>>()
}

/// Alignment that this library needs of a castkey_mcx_fast_keys, octets.
///
/// Stack: for hosts, not measured.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_fast_keys_align() -> usize {
    align_of::<Object<keys::Body<Server>>>()
}

/// castkey_mcx_keys_prepare() with large tables (TS 33.180, 5.3; RFC 6507, 5.1.2; RFC 6508, 6.1.2); the statuses are the
/// same.
///
/// Stack: for hosts, not measured.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_fast_keys_prepare(
    keys: *mut castkey_mcx_fast_keys, keys_size: usize, kms: *const castkey_mcx_fast_kms,
    key_set: *const castkey_mcx_key_set,
) -> castkey_status {
    keys::prepare(keys, keys_size, kms, key_set)
}

/// Zeroes the keys. NULL is allowed and does nothing. The memory stays the caller's.
///
/// Stack: for hosts, not measured.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_fast_keys_wipe(keys: *mut castkey_mcx_fast_keys) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(keys);
}
