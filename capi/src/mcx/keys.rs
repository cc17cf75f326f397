//! The keys of one identity for one period: RSK, SSK and PVT, checked and made ready.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::mcx::{ECCSI_POINT_LEN, KmsKeySet, MikeySakke, SAKKE_POINT_LEN, Uid, Validity};
use castkey::sakke::eccsi::{self, SigningKey};
use castkey::sakke::{Decapsulator, Device, Profile};
use castkey::secret::Secret;

use crate::bytes::{Object, Opaque, Plain, Promise};
use crate::mcx::kms::{self, castkey_mcx_certificate, castkey_mcx_kms};
use crate::mcx::time::{CASTKEY_MCX_UID_LEN, castkey_mcx_validity};
use crate::octets::castkey_octets;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// Octets of an SSK.
pub const CASTKEY_MCX_SSK_LEN: usize = 32;

/// 64-bit words of a castkey_mcx_keys.
pub const CASTKEY_MCX_KEYS_WORDS: usize = 896;
/// Octets of a castkey_mcx_keys, with room to grow; castkey_mcx_keys_size() is what the library uses of them.
pub const CASTKEY_MCX_KEYS_SIZE: usize = CASTKEY_MCX_KEYS_WORDS * 8;
/// Alignment of a castkey_mcx_keys, octets.
pub const CASTKEY_MCX_KEYS_ALIGN: usize = 64;

/// What a KMS gives to one identity for one period (`KmsKeySet`; TS 33.180, D.3.3). It is read while a call lasts; wipe RSK
/// and SSK once they are stored or prepared.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_key_set {
    /// `KmsUri`.
    pub kms_uri: castkey_octets,
    /// `UserUri`.
    pub user_uri: castkey_octets,
    /// `KeyPeriodNo`.
    pub period: u64,
    /// `UserID`: the UID, CASTKEY_MCX_UID_LEN octets.
    pub user_id: *const u8,
    /// `UserDecryptKey`: RSK, CASTKEY_MCX_SAKKE_POINT_LEN octets.
    pub decrypt_key: *const u8,
    /// `UserSigningKeySSK`: CASTKEY_MCX_SSK_LEN octets.
    pub signing_key: *const u8,
    /// `UserPubTokenPVT`: CASTKEY_MCX_ECCSI_POINT_LEN octets.
    pub pub_token: *const u8,
    /// `ValidFrom`, `ValidTo`, `Revoked`.
    pub validity: castkey_mcx_validity,
}

// SAFETY: integers and pointers.
unsafe impl Plain for castkey_mcx_key_set {}

/// The keys of one identity for one period, with a table of 6 KiB. The memory is the caller's; it holds keys and must stay
/// where it was prepared. Many calls may use it at a time.
#[repr(C, align(64))]
pub struct castkey_mcx_keys {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_KEYS_WORDS],
}

/// A key set made ready.
pub(crate) struct Body<P: Profile + eccsi::Profile> {
    pub(crate) period: u64,
    pub(crate) validity: Validity,
    pub(crate) decapsulator: Decapsulator<P>,
    pub(crate) sign: Option<SigningKey<P>>,
}

impl<P: Profile + eccsi::Profile> Body<P> {
    /// Before it is prepared.
    const BLANK: Self =
        Self { period: 0, validity: Validity::ALWAYS, decapsulator: Decapsulator::blank(), sign: None };
}

impl Opaque for castkey_mcx_keys {
    type Body = Body<Device>;
    const KIND: u32 = u32::from_be_bytes(*b"CKKS");
}

const _: () = {
    assert!(size_of::<Object<Body<Device>>>() <= CASTKEY_MCX_KEYS_SIZE);
    assert!(size_of::<castkey_mcx_keys>() == CASTKEY_MCX_KEYS_SIZE);
    assert!(align_of::<Object<Body<Device>>>() <= align_of::<castkey_mcx_keys>());
    assert!(align_of::<castkey_mcx_keys>() <= CASTKEY_MCX_KEYS_ALIGN);
};

impl castkey_mcx_key_set {
    fn spans(&self) -> [Span; 6] {
        [
            self.kms_uri.span(),
            self.user_uri.span(),
            Span::read(self.user_id, CASTKEY_MCX_UID_LEN),
            Span::read(self.decrypt_key, SAKKE_POINT_LEN),
            Span::read(self.signing_key, CASTKEY_MCX_SSK_LEN),
            Span::read(self.pub_token, ECCSI_POINT_LEN),
        ]
    }

    fn key_set<'c>(&self, promise: &'c Promise) -> Result<KmsKeySet<'c>, Status> {
        Ok(KmsKeySet {
            kms_uri: self.kms_uri.read(promise)?,
            user_uri: self.user_uri.read(promise)?,
            user_id: Uid::new(*promise.array(self.user_id)?),
            period: self.period,
            decrypt_key: Secret::new(*promise.array(self.decrypt_key)?),
            signing_key: Secret::new(*promise.array(self.signing_key)?),
            pub_token: *promise.array(self.pub_token)?,
            validity: self.validity.validity()?,
        })
    }
}

impl<P: Profile + eccsi::Profile> Body<P> {
    fn prepare(&mut self, kms: &kms::Body<P>, keys: &KmsKeySet<'_>) -> Result<(), Status> {
        self.sign = Some(keys.prepare(&kms.certificate(), &mut self.decapsulator)?);
        (self.period, self.validity) = (keys.period, keys.validity);
        Ok(())
    }
}

/// Prepares keys of either size.
pub(crate) fn prepare<T, K, P>(
    keys: *mut T, keys_size: usize, kms: *const K, key_set: *const castkey_mcx_key_set,
) -> castkey_status
where
    T: Opaque<Body = Body<P>>,
    K: Opaque<Body = kms::Body<P>>,
    P: Profile + eccsi::Profile,
{
    // SAFETY: the callers of the exported functions keep the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let given = promise.read(key_set)?;
        let [a, b, c, d, e, f] = given.spans();
        let (g, h) = (Span::write(keys.cast::<u8>(), keys_size), Span::looked(kms));
        apart(&[a, b, c, d, e, f, g, h, Span::read(key_set, 1)])?;
        let (kms, key_set) = (promise.look(kms)?, given.key_set(&promise)?);
        promise.make_and_fill(keys, keys_size, None, |_| Body::BLANK, |body, _| body.prepare(kms, &key_set))
    })())
}

/// Octets that this library uses of a castkey_mcx_keys; not more than CASTKEY_MCX_KEYS_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_keys_size() -> usize {
    size_of::<Object<Body<Device>>>()
}

/// Alignment that this library needs of a castkey_mcx_keys, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_keys_align() -> usize {
    align_of::<Object<Body<Device>>>()
}

/// Checks a key set on receipt, and keeps nothing: it is that of the KMS of `certificate`, the UID is the one of URI and
/// period, and RSK, SSK and PVT belong to it (RFC 6507, 5.1.2; RFC 6508, 6.1.2). castkey_mcx_keys_prepare() checks the same.
///
/// - CASTKEY_ERR_MCX_BAD_KEY_SET: one of these fails.
/// - CASTKEY_ERR_MCX_NOT_AUTHORIZED: the set is revoked.
/// - CASTKEY_ERR_MCX_BAD_CERTIFICATE: the period of the KMS is 0.
/// - CASTKEY_ERR_MCX_MALFORMED: a URI is over 65,535 octets.
/// - CASTKEY_ERR_BAD_ENUM: a number of the certificate is over 255, or a flag neither 0 nor 1.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH: of the arguments.
///
/// Stack: 8,192 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_key_set_check(
    key_set: *const castkey_mcx_key_set, certificate: *const castkey_mcx_certificate,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        let (keys, certificate) = (promise.read(key_set)?, promise.read(certificate)?);
        let (keys, certificate) = (keys.key_set(&promise)?, certificate.certificate(&promise)?);
        keys.check(&certificate, &MikeySakke::<Device>::new())?;
        Ok(())
    })())
}

/// Checks the key set that `kms` gave and makes it ready in the `keys_size` octets at `keys`, whatever was there before (TS
/// 33.180, 5.3; RFC 6507, 5.1.2; RFC 6508, 6.1.2). Give `sizeof` the object as `keys_size`. After an error but for those of
/// the arguments the memory is zero.
///
/// - CASTKEY_ERR_MCX_BAD_KEY_SET, CASTKEY_ERR_MCX_NOT_AUTHORIZED, CASTKEY_ERR_MCX_MALFORMED, CASTKEY_ERR_BAD_ENUM: as of
///   castkey_mcx_key_set_check().
/// - CASTKEY_ERR_SHORT: `keys_size` is less than castkey_mcx_keys_size().
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `kms`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_LENGTH, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 10,240 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_keys_prepare(
    keys: *mut castkey_mcx_keys, keys_size: usize, kms: *const castkey_mcx_kms,
    key_set: *const castkey_mcx_key_set,
) -> castkey_status {
    prepare(keys, keys_size, kms, key_set)
}

/// Zeroes the keys. NULL is allowed and does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_keys_wipe(keys: *mut castkey_mcx_keys) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(keys);
}
