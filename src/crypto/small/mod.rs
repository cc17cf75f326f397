//! AES, SHA-1 and SHA-256 written for little flash: loops where speed would unroll them, no tables but the constants of SHA-256.

mod aes;
mod sbox;
mod sha1;
mod sha256;

use super::Primitives;

/// Primitives for firmware with little flash: about a third of what [`RustCrypto`](super::RustCrypto) takes of it.
///
/// Constant time on every processor: nothing is looked up in a table at a secret place, and nothing branches on a secret. No
/// instruction of a processor for AES or SHA is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "without fields for good: it travels in every key")]
pub struct SmallPrimitives;

impl Primitives for SmallPrimitives {
    #[inline]
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        sha1::compress(state, blocks);
    }

    #[inline]
    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        sha256::compress(state, blocks);
    }

    #[inline]
    fn aes128_ctr(&self, key: &[u8; 16], iv: &[u8; 16], octets: &mut [u8]) {
        aes::counter_mode(core::array::from_ref(key), iv, octets);
    }

    #[inline]
    fn aes256_ctr(&self, key: &[u8; 32], iv: &[u8; 16], octets: &mut [u8]) {
        if let Some(halves) = key.as_chunks().0.first_chunk::<2>() {
            aes::counter_mode(halves, iv, octets);
        }
    }
}
