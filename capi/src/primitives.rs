//! The primitives of the caller.

#![allow(unsafe_code, reason = "calls functions of the caller")]

use core::ffi::c_void;

use castkey::crypto::Primitives;
#[cfg(all(feature = "rustcrypto", not(feature = "small-primitives")))]
use castkey::crypto::RustCrypto as BuiltIn;
#[cfg(feature = "small-primitives")]
use castkey::crypto::SmallPrimitives as BuiltIn;

use crate::bytes::{Engine, Plain};
use crate::status::Status;

/// AES, SHA-1 and SHA-256 of a hardware engine or of the caller's own code. Every entry may be NULL: the built-in one then
/// serves. An archive that was built without built-in ones needs all four, and refuses others with
/// CASTKEY_ERR_PRIMITIVES. One that was built without the SHA-256 suite too (`SUITES=sha1`) does without `aes256_ctr`, and wants
/// `sha256` only where bootstrapping keys are derived: castkey_ks_naf() and its kin, and castkey_mrk().
///
/// The functions must not fail: an engine that can has to wait, fall back to software, or reset. They must not call this
/// library with the object in use.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_primitives {
    /// The SHA-1 compression function (FIPS 180-4, 6.1.2): `n` blocks of 64 octets into `state`, 5 words.
    pub sha1: Option<unsafe extern "C" fn(user: *mut c_void, state: *mut u32, blocks: *const u8, n: usize)>,
    /// The SHA-256 compression function (FIPS 180-4, 6.2.2): `n` blocks of 64 octets into `state`, 8 words.
    pub sha256: Option<unsafe extern "C" fn(user: *mut c_void, state: *mut u32, blocks: *const u8, n: usize)>,
    /// Adds the AES-128 counter mode key stream onto `len` octets at `octets`. `key` and `iv` have 16 octets; `iv` is the
    /// first counter block, which counts as one number of 128 bits, big endian (RFC 3711, 4.1.1).
    pub aes128_ctr: Option<
        unsafe extern "C" fn(user: *mut c_void, key: *const u8, iv: *const u8, octets: *mut u8, len: usize),
    >,
    /// The same with a key of 32 octets. Needed only where the SHA-256 suite is switched on.
    pub aes256_ctr: Option<
        unsafe extern "C" fn(user: *mut c_void, key: *const u8, iv: *const u8, octets: *mut u8, len: usize),
    >,
    /// Handed to the functions as it is.
    pub user: *mut c_void,
}

// SAFETY: optional functions and a pointer.
unsafe impl Plain for castkey_primitives {}

/// Whether the SHA-256 suite is left out.
pub(crate) const SHA1_ONLY: bool = cfg!(feature = "sha1-only");

impl castkey_primitives {
    /// The built-in ones.
    pub(crate) const NONE: Self =
        Self { sha1: None, sha256: None, aes128_ctr: None, aes256_ctr: None, user: core::ptr::null_mut() };

    /// Whether what the table lacks is built in.
    pub(crate) const fn check(&self) -> Result<(), Status> {
        let suite = self.sha256.is_some() && self.aes256_ctr.is_some();
        let complete = self.sha1.is_some() && self.aes128_ctr.is_some() && (suite || SHA1_ONLY);
        if complete || cfg!(feature = "rustcrypto") { Ok(()) } else { Err(Status::PRIMITIVES) }
    }

    /// The same of the bootstrapping keys, which want SHA-256 whatever the suites are.
    pub(crate) const fn check_sha256(&self) -> Result<(), Status> {
        if self.sha256.is_some() || cfg!(feature = "rustcrypto") { Ok(()) } else { Err(Status::PRIMITIVES) }
    }
}

impl Primitives for Engine {
    const SHA256_SUITE: bool = !SHA1_ONLY;

    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        let Some(call) = self.call() else { return };
        match call.primitives.sha1 {
            // SAFETY: the caller's function, with memory as it is promised.
            Some(sha1) => unsafe {
                sha1(call.primitives.user, state.as_mut_ptr(), blocks.as_ptr().cast(), blocks.len());
            },
            #[cfg(feature = "rustcrypto")]
            None => BuiltIn.sha1(state, blocks),
            #[cfg(not(feature = "rustcrypto"))]
            None => {}
        }
    }

    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        let Some(call) = self.call() else { return };
        match call.primitives.sha256 {
            // SAFETY: as above.
            Some(sha256) => unsafe {
                sha256(call.primitives.user, state.as_mut_ptr(), blocks.as_ptr().cast(), blocks.len());
            },
            #[cfg(feature = "rustcrypto")]
            None => BuiltIn.sha256(state, blocks),
            #[cfg(not(feature = "rustcrypto"))]
            None => {}
        }
    }

    fn aes128_ctr(&self, key: &[u8; 16], iv: &[u8; 16], octets: &mut [u8]) {
        let Some(call) = self.call() else { return };
        match call.primitives.aes128_ctr {
            // SAFETY: as above.
            Some(aes) => unsafe {
                let (user, len) = (call.primitives.user, octets.len());
                aes(user, key.as_ptr(), iv.as_ptr(), octets.as_mut_ptr(), len);
            },
            #[cfg(feature = "rustcrypto")]
            None => BuiltIn.aes128_ctr(key, iv, octets),
            #[cfg(not(feature = "rustcrypto"))]
            None => {}
        }
    }

    fn aes256_ctr(&self, key: &[u8; 32], iv: &[u8; 16], octets: &mut [u8]) {
        let Some(call) = self.call() else { return };
        match call.primitives.aes256_ctr {
            // SAFETY: as above.
            Some(aes) => unsafe {
                let (user, len) = (call.primitives.user, octets.len());
                aes(user, key.as_ptr(), iv.as_ptr(), octets.as_mut_ptr(), len);
            },
            #[cfg(feature = "rustcrypto")]
            None => BuiltIn.aes256_ctr(key, iv, octets),
            #[cfg(not(feature = "rustcrypto"))]
            None => {}
        }
    }
}
