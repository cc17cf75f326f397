//! The seam for AES, SHA-1 and SHA-256.

use aes::cipher::{KeyIvInit, StreamCipher};
use aes::{Aes128Enc, Aes256Enc};
use ctr::Ctr128BE;

/// The primitives everything else is built from.
///
/// Implement it to use a hardware engine or smaller code; every key type takes the implementation as a type
/// parameter, [`RustCrypto`] by default, so there is no dynamic dispatch. A value travels inside each scheduled key
/// and is copied with it: make it zero-sized, or a reference to the engine.
///
/// The hashes are asked for their compression function, not for whole digests: the keyed states of HMAC are then 20
/// or 32 octets each and can be kept, which halves the work of a MIKEY message.
///
/// An implementation must not fail. One whose engine can fail has to wait, fall back to software or reset: a cipher
/// that leaves its input unchanged would put a key on the air.
pub trait Primitives: Copy {
    /// The SHA-1 compression function over `blocks` in turn (FIPS 180-4 §6.1.2).
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]);

    /// The SHA-256 compression function over `blocks` in turn (FIPS 180-4 §6.2.2).
    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]);

    /// XORs the AES-128 counter mode key stream that starts at block `iv` onto `octets`; the counter is the whole
    /// block, big endian (RFC 3711 §4.1.1).
    fn aes128_ctr(&self, key: &[u8; 16], iv: &[u8; 16], octets: &mut [u8]);

    /// The same with AES-256.
    fn aes256_ctr(&self, key: &[u8; 32], iv: &[u8; 16], octets: &mut [u8]);
}

/// The primitives of the RustCrypto crates `aes`, `ctr`, `sha1` and `sha2`, which use the instructions of the
/// processor where it has them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RustCrypto;

impl Primitives for RustCrypto {
    #[inline]
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        sha1::block_api::compress(state, blocks);
    }

    #[inline]
    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        sha2::block_api::compress256(state, blocks);
    }

    fn aes128_ctr(&self, key: &[u8; 16], iv: &[u8; 16], octets: &mut [u8]) {
        // The one error is a key stream beyond 2^128 blocks, which no slice reaches.
        let _ = Ctr128BE::<Aes128Enc>::new(key.into(), iv.into()).try_apply_keystream(octets);
    }

    fn aes256_ctr(&self, key: &[u8; 32], iv: &[u8; 16], octets: &mut [u8]) {
        let _ = Ctr128BE::<Aes256Enc>::new(key.into(), iv.into()).try_apply_keystream(octets);
    }
}
