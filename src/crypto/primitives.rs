//! The seam for AES, SHA-1 and SHA-256.

use aes::cipher::array::Array;
use aes::cipher::consts::U16;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128Enc, Aes256Enc};

use crate::secret::wipe;

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
    /// Whether the SHA-256 suite is served besides the mandatory one. Where it is not, [`sha256`](Self::sha256) serves the GBA
    /// only and [`aes256_ctr`](Self::aes256_ctr) nothing, and neither is linked into an image that has no other use for it: a
    /// message of that suite is refused as if the settings did not admit it, and its keys are unavailable.
    const SHA256_SUITE: bool = true;

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

/// Other primitives without the SHA-256 suite, for firmware that has no flash to spare; by default those of [`RustCrypto`].
///
/// ```
/// use castkey::crypto::{RustCrypto, Sha1Only};
/// use castkey::keys::Muk;
/// use castkey::role::{Ue, UeConfig};
///
/// type P = Sha1Only<RustCrypto>;
/// let ue: Ue<4, Muk<P>, P> = Ue::with(UeConfig::default(), Sha1Only(RustCrypto));
/// # let _ = ue;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "a wrapper and nothing else")]
pub struct Sha1Only<P = RustCrypto>(pub P);

impl<P: Primitives> Primitives for Sha1Only<P> {
    const SHA256_SUITE: bool = false;

    #[inline]
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        self.0.sha1(state, blocks);
    }

    #[inline]
    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        self.0.sha256(state, blocks);
    }

    #[inline]
    fn aes128_ctr(&self, key: &[u8; 16], iv: &[u8; 16], octets: &mut [u8]) {
        self.0.aes128_ctr(key, iv, octets);
    }

    #[inline]
    fn aes256_ctr(&self, key: &[u8; 32], iv: &[u8; 16], octets: &mut [u8]) {
        self.0.aes256_ctr(key, iv, octets);
    }
}

/// The primitives of the RustCrypto crates `aes`, `sha1` and `sha2`, which use the instructions of the
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
        counter_mode(&Aes128Enc::new(key.into()), iv, octets);
    }

    fn aes256_ctr(&self, key: &[u8; 32], iv: &[u8; 16], octets: &mut [u8]) {
        counter_mode(&Aes256Enc::new(key.into()), iv, octets);
    }
}

/// Blocks of key stream that are made at once: on a large processor as many as its AES instructions work on side by side, on a
/// small one no more than is needed, since each way of doing it takes room in flash and on the stack.
const AT_ONCE: usize = if cfg!(target_pointer_width = "64") { 4 } else { 1 };

/// What MIKEY and a key derivation encrypt is two or three blocks: less than it would take to keep a stream.
fn counter_mode<C: BlockCipherEncrypt<BlockSize = U16>>(cipher: &C, iv: &[u8; 16], octets: &mut [u8]) {
    let mut counter = u128::from_be_bytes(*iv);
    let mut stream = [const { Array([0; 16]) }; AT_ONCE];
    for piece in octets.chunks_mut(16 * AT_ONCE) {
        for block in &mut stream {
            block.0 = counter.to_be_bytes();
            counter = counter.wrapping_add(1);
        }
        match stream.as_mut_slice() {
            [block] => cipher.encrypt_block(block),
            blocks => cipher.encrypt_blocks(blocks),
        }
        for (octet, key) in piece.iter_mut().zip(stream.iter().flatten()) {
            *octet ^= key;
        }
    }
    wipe(&mut stream, [Array([0; 16]); AT_ONCE]);
}
