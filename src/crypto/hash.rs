//! SHA-1 and SHA-256 as chaining values: what HMAC needs to keep a keyed state.

use super::Primitives;
use crate::secret::wipe;

/// Octets of a block of either hash.
pub(crate) const BLOCK_LEN: usize = 64;

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

/// Absorbs `parts` behind `absorbed` octets that are already in `state` (whole blocks), then the padding.
pub(crate) fn finish<H: Hash, P: Primitives>(p: &P, state: &mut H::State, absorbed: u64, parts: &[&[u8]]) {
    let mut block = [0u8; BLOCK_LEN];
    let mut fill = 0usize;
    let mut total = absorbed;
    for &part in parts {
        total = total.wrapping_add(part.len() as u64);
        let mut rest = part;
        if fill == 0 {
            let (blocks, tail) = rest.as_chunks::<BLOCK_LEN>();
            if !blocks.is_empty() {
                H::compress(p, state, blocks);
            }
            rest = tail;
        }
        while let Some(room) = block.get_mut(fill..).filter(|_| !rest.is_empty()) {
            let taken = room.len().min(rest.len());
            for (to, from) in room.iter_mut().zip(rest) {
                *to = *from;
            }
            rest = rest.get(taken..).unwrap_or_default();
            fill = fill.wrapping_add(taken);
            if fill == BLOCK_LEN {
                H::compress(p, state, core::slice::from_ref(&block));
                fill = 0;
            }
        }
    }
    for (i, octet) in block.iter_mut().enumerate().skip(fill) {
        *octet = if i == fill { 0x80 } else { 0 };
    }
    // The length takes 8 octets; with the octet of padding it may need a block of its own.
    if fill >= BLOCK_LEN - 8 {
        H::compress(p, state, core::slice::from_ref(&block));
        block = [0; BLOCK_LEN];
    }
    if let Some(length) = block.last_chunk_mut::<8>() {
        *length = total.wrapping_mul(8).to_be_bytes();
    }
    H::compress(p, state, core::slice::from_ref(&block));
    wipe(&mut block, [0; BLOCK_LEN]);
}

/// SHA-256 over the concatenation of `parts`: finds damage and copies, protects nothing.
pub(crate) fn digest<P: Primitives>(p: &P, parts: &[&[u8]]) -> [u8; MAX_DIGEST_LEN] {
    let mut state = Sha256::INITIAL;
    let mut out = [0; MAX_DIGEST_LEN];
    finish::<Sha256, P>(p, &mut state, 0, parts);
    Sha256::output(&state, &mut out);
    out
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
