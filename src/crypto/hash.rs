//! SHA-1 and SHA-256 as chaining values: what HMAC needs to keep a keyed state.

use super::Primitives;
use crate::secret::wipe;

/// Octets of a block of either hash.
pub(crate) const BLOCK_LEN: usize = 64;

/// Octets of the last block that are not for the padding and the length.
const MAX_TAIL_LEN: usize = BLOCK_LEN - 8;

/// Longest output of either hash, octets.
pub(crate) const MAX_DIGEST_LEN: usize = 32;

/// A Merkle-Damgård hash with blocks of 64 octets and a 64-bit big-endian length.
pub(crate) trait Hash {
    /// Output length, octets.
    const LEN: usize;

    /// The chaining value before the first block.
    const INITIAL: Self::State;

    /// A state of zeros, to wipe with.
    const BLANK: Self::State;

    /// The chaining value.
    type State: Copy;

    fn compress<P: Primitives>(p: &P, state: &mut Self::State, blocks: &[[u8; BLOCK_LEN]]);

    /// Writes the output into the first [`LEN`](Self::LEN) octets of `out`.
    fn output(state: &Self::State, out: &mut [u8; MAX_DIGEST_LEN]);
}

/// SHA-1 (FIPS 180-4).
#[derive(Debug)]
pub(crate) struct Sha1;

/// SHA-256 (FIPS 180-4).
#[derive(Debug)]
pub(crate) struct Sha256;

fn words_out(words: &[u32], out: &mut [u8; MAX_DIGEST_LEN]) {
    for (to, from) in out.as_chunks_mut::<4>().0.iter_mut().zip(words) {
        *to = from.to_be_bytes();
    }
}

impl Hash for Sha1 {
    const LEN: usize = 20;
    const INITIAL: [u32; 5] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
    const BLANK: [u32; 5] = [0; 5];
    type State = [u32; 5];

    #[inline]
    fn compress<P: Primitives>(p: &P, state: &mut [u32; 5], blocks: &[[u8; BLOCK_LEN]]) {
        p.sha1(state, blocks);
    }

    #[inline]
    fn output(state: &[u32; 5], out: &mut [u8; MAX_DIGEST_LEN]) {
        words_out(state, out);
    }
}

impl Hash for Sha256 {
    const LEN: usize = 32;
    const INITIAL: [u32; 8] = [
        0x6A09_E667,
        0xBB67_AE85,
        0x3C6E_F372,
        0xA54F_F53A,
        0x510E_527F,
        0x9B05_688C,
        0x1F83_D9AB,
        0x5BE0_CD19,
    ];
    const BLANK: [u32; 8] = [0; 8];
    type State = [u32; 8];

    #[inline]
    fn compress<P: Primitives>(p: &P, state: &mut [u32; 8], blocks: &[[u8; BLOCK_LEN]]) {
        p.sha256(state, blocks);
    }

    #[inline]
    fn output(state: &[u32; 8], out: &mut [u8; MAX_DIGEST_LEN]) {
        words_out(state, out);
    }
}

/// Puts `part` at `at`, if it fits.
#[inline]
pub(crate) fn put(block: &mut [u8; BLOCK_LEN], at: usize, part: &[u8]) {
    if let Some(room) = block.get_mut(at..at.wrapping_add(part.len())).filter(|room| room.len() == part.len())
    {
        for (to, from) in room.iter_mut().zip(part) {
            *to = *from;
        }
    }
}

/// Absorbs `parts` behind `absorbed` octets that are already in `state` (whole blocks), then the padding.
pub(crate) fn finish<H: Hash, P: Primitives>(p: &P, state: &mut H::State, absorbed: u64, parts: &[&[u8]]) {
    let len = parts.iter().fold(0usize, |len, part| len.wrapping_add(part.len()));
    let bits = absorbed.wrapping_add(len as u64).wrapping_mul(8);
    let mut block = [0u8; BLOCK_LEN];
    let mut fill = 0usize;
    if len < MAX_TAIL_LEN {
        // One block holds it all: every message of the PRF.
        for part in parts {
            put(&mut block, fill, part);
            fill = fill.wrapping_add(part.len());
        }
        put(&mut block, fill, &[0x80]);
    } else {
        for &part in parts {
            let mut rest = part;
            if fill != 0 {
                let (head, tail) = rest.split_at_checked(BLOCK_LEN.wrapping_sub(fill)).unwrap_or((rest, &[]));
                put(&mut block, fill, head);
                fill = fill.wrapping_add(head.len());
                rest = tail;
                if fill < BLOCK_LEN {
                    continue;
                }
                H::compress(p, state, core::slice::from_ref(&block));
            }
            let (blocks, tail) = rest.as_chunks::<BLOCK_LEN>();
            if !blocks.is_empty() {
                H::compress(p, state, blocks);
            }
            put(&mut block, 0, tail);
            fill = tail.len();
        }
        put(&mut block, fill, &[0x80]);
        if let Some(rest) = block.get_mut(fill.wrapping_add(1)..) {
            rest.fill(0);
        }
        if fill >= MAX_TAIL_LEN {
            H::compress(p, state, core::slice::from_ref(&block));
            block = [0; BLOCK_LEN];
        }
    }
    close::<H, P>(p, state, &mut block, bits);
}

/// Absorbs the output of the same hash whose chaining value is `inner` behind one whole block: the second half of HMAC.
pub(crate) fn finish_digest<H: Hash, P: Primitives>(p: &P, state: &mut H::State, inner: &H::State) {
    let mut block = [0u8; BLOCK_LEN];
    if let Some(digest) = block.first_chunk_mut() {
        H::output(inner, digest);
    }
    put(&mut block, H::LEN, &[0x80]);
    close::<H, P>(p, state, &mut block, (BLOCK_LEN as u64).wrapping_add(H::LEN as u64).wrapping_mul(8));
}

/// A message that fits one block behind `absorbed` octets, padded; `None` when it does not fit.
pub(crate) fn single_block(absorbed: usize, parts: &[&[u8]]) -> Option<[u8; BLOCK_LEN]> {
    let len = parts.iter().fold(0usize, |len, part| len.wrapping_add(part.len()));
    if len >= MAX_TAIL_LEN {
        return None;
    }
    let mut block = [0u8; BLOCK_LEN];
    let mut fill = 0usize;
    for part in parts {
        put(&mut block, fill, part);
        fill = fill.wrapping_add(part.len());
    }
    put(&mut block, fill, &[0x80]);
    *block.last_chunk_mut::<8>()? = (absorbed.wrapping_add(len) as u64).wrapping_mul(8).to_be_bytes();
    Some(block)
}

/// The last block, with the length at its end.
#[inline]
fn close<H: Hash, P: Primitives>(p: &P, state: &mut H::State, block: &mut [u8; BLOCK_LEN], bits: u64) {
    if let Some(length) = block.last_chunk_mut::<8>() {
        *length = bits.to_be_bytes();
    }
    H::compress(p, state, core::slice::from_ref(block));
    wipe(block, [0; BLOCK_LEN]);
}

/// SHA-256 over the concatenation of `parts`: makes names, protects nothing.
#[cfg(any(feature = "mcx", feature = "poc"))]
pub(crate) fn digest<P: Primitives>(p: &P, parts: &[&[u8]]) -> [u8; MAX_DIGEST_LEN] {
    let mut state = Sha256::INITIAL;
    let mut out = [0; MAX_DIGEST_LEN];
    finish::<Sha256, P>(p, &mut state, 0, parts);
    Sha256::output(&state, &mut out);
    out
}

/// The first octets of SHA-1 over `octets`: recognises a copy, protects nothing.
pub(crate) fn fingerprint<P: Primitives>(p: &P, octets: &[u8]) -> [u8; 16] {
    let mut state = Sha1::INITIAL;
    let mut out = [0; MAX_DIGEST_LEN];
    finish::<Sha1, P>(p, &mut state, 0, &[octets]);
    Sha1::output(&state, &mut out);
    out.first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::crypto::RustCrypto;
    use sha1::Digest;
    use std::vec::Vec;

    #[test]
    fn every_length_around_the_block_edges_hashes_as_the_whole_hash_does() {
        let octets: Vec<u8> = (0..200u8).collect();
        for len in 0..octets.len() {
            for cut in [0, len / 3, len / 2, len] {
                let parts = [&octets[..cut], &octets[cut..len]];
                let mut out = [0; 32];
                let mut state = Sha1::INITIAL;
                finish::<Sha1, _>(&RustCrypto, &mut state, 0, &parts);
                Sha1::output(&state, &mut out);
                assert_eq!(out[..20], sha1::Sha1::digest(&octets[..len])[..], "{len} {cut}");
                let mut state = Sha256::INITIAL;
                finish::<Sha256, _>(&RustCrypto, &mut state, 0, &parts);
                Sha256::output(&state, &mut out);
                assert_eq!(out[..], sha2::Sha256::digest(&octets[..len])[..], "{len} {cut}");
            }
        }
    }
}
