//! A MuSiK of a server.

#![allow(unsafe_code, reason = "exports functions")]

use castkey::mcx::HeldKey;

use crate::bytes::{Object, Opaque, Promise};
use crate::mcx::key::castkey_mcx_key;
use crate::span::{Span, apart};
use crate::status::{Status, castkey_status};

/// 64-bit words of a castkey_mcx_musik.
pub const CASTKEY_MCX_MUSIK_WORDS: usize = 64;
/// Octets of a castkey_mcx_musik, with room to grow; castkey_mcx_musik_size() is what the library uses of them.
pub const CASTKEY_MCX_MUSIK_SIZE: usize = CASTKEY_MCX_MUSIK_WORDS * 8;
/// Alignment of a castkey_mcx_musik, octets.
pub const CASTKEY_MCX_MUSIK_ALIGN: usize = 8;

/// A multicast signalling key. The memory is the caller's; it holds a key and must stay where it was made.
#[repr(C)]
pub struct castkey_mcx_musik {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_MUSIK_WORDS],
}

impl Opaque for castkey_mcx_musik {
    type Body = HeldKey;
    const KIND: u32 = u32::from_be_bytes(*b"CKMM");
}

const _: () = {
    assert!(size_of::<Object<HeldKey>>() <= CASTKEY_MCX_MUSIK_SIZE);
    assert!(size_of::<castkey_mcx_musik>() == CASTKEY_MCX_MUSIK_SIZE);
    assert!(align_of::<Object<HeldKey>>() <= align_of::<castkey_mcx_musik>());
    assert!(align_of::<castkey_mcx_musik>() <= CASTKEY_MCX_MUSIK_ALIGN);
};

/// Octets that this library uses of a castkey_mcx_musik; not more than CASTKEY_MCX_MUSIK_SIZE of a header that fits.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_musik_size() -> usize {
    size_of::<Object<HeldKey>>()
}

/// Alignment that this library needs of a castkey_mcx_musik, octets.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_mcx_musik_align() -> usize {
    align_of::<Object<HeldKey>>()
}

/// Says what is known of a MuSiK.
///
/// - CASTKEY_ERR_STATE, CASTKEY_ERR_BUSY: of `musik`.
/// - CASTKEY_ERR_NULL, CASTKEY_ERR_ALIGN, CASTKEY_ERR_OVERLAP: of the arguments.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_musik_key(
    musik: *const castkey_mcx_musik, key: *mut castkey_mcx_key,
) -> castkey_status {
    // SAFETY: the caller keeps the rules of the header.
    let promise = unsafe { Promise::given() };
    Status::of((|| {
        apart(&[Span::looked(musik), Span::write(key, 1)])?;
        let place = promise.place(key)?;
        place.set(castkey_mcx_key::of(promise.look(musik)?));
        Ok(())
    })())
}

/// Zeroes the MuSiK. NULL is allowed and does nothing. The memory stays the caller's.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn castkey_mcx_musik_wipe(musik: *mut castkey_mcx_musik) {
    // SAFETY: the caller keeps the rules of the header.
    unsafe { Promise::given() }.wipe(musik);
}
