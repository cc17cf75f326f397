//! The SHA-1 compression function (FIPS 180-4 §6.1.2).
//!
//! ```text
//! W      16 words of the block, then W[t] = (W[t-16] XOR W[t-14] XOR W[t-8] XOR W[t-3]) <<< 1, to 80
//! round  (a, b, c, d, e) = ((a <<< 5) + f(b, c, d) + e + K + W[t], a, b <<< 30, c, d)
//!
//! kept   [ 16 words of W before them | 20 words of W for the rounds of one function ]
//! ```

use core::cell::Cell;

use crate::secret::wipe;

/// Words of W that the next one is made of.
const BEFORE: usize = 16;

/// Rounds with the same function and constant.
const ROUNDS: usize = 20;

pub(super) fn compress(state: &mut [u32; 5], blocks: &[[u8; 64]]) {
    let mut w = [0; BEFORE + ROUNDS];
    for block in blocks {
        if let Some((_, words)) = w.split_first_chunk_mut::<BEFORE>() {
            for (word, octets) in words.iter_mut().zip(block.as_chunks().0) {
                *word = u32::from_be_bytes(*octets);
            }
        }
        let mut s = *state;
        for stage in 0..4 {
            if stage == 0 {
                extend(&mut w, BEFORE);
            } else {
                if let [a, b, c, d, _, e, f, g, h] = w.as_chunks_mut::<4>().0 {
                    (*a, *b, *c, *d) = (*e, *f, *g, *h);
                }
                extend(&mut w, 0);
            }
            let w = w.last_chunk().unwrap_or(&[0; ROUNDS]);
            s = match stage {
                0 => rounds(s, w, 0x5A82_7999, |b, c, d| d ^ (b & (c ^ d))),
                2 => rounds(s, w, 0x8F1B_BCDC, |b, c, d| (b & c) | (d & (b | c))),
                _ => rounds(s, w, if stage == 1 { 0x6ED9_EBA1 } else { 0xCA62_C1D6 }, |b, c, d| b ^ c ^ d),
            };
        }
        let ([a, b, c, d, e], [f, g, h, i, j]) = (*state, s);
        *state =
            [a.wrapping_add(f), b.wrapping_add(g), c.wrapping_add(h), d.wrapping_add(i), e.wrapping_add(j)];
    }
    wipe(&mut w, [0; BEFORE + ROUNDS]);
}

/// Makes the words behind the first 16 from `first`, four at a time.
fn extend(w: &mut [u32; BEFORE + ROUNDS], first: usize) {
    let next = |w16: &Cell<u32>, w14: &Cell<u32>, w8: &Cell<u32>, w3: &Cell<u32>| {
        (w16.get() ^ w14.get() ^ w8.get() ^ w3.get()).rotate_left(1)
    };
    let w = Cell::from_mut(w.as_mut_slice()).as_slice_of_cells();
    for words in w.get(first..).unwrap_or_default().windows(BEFORE + 4).step_by(4) {
        if let [a, b, c, d, e, f, _, _, g, h, i, j, _, k, l, m, n, o, p, q] = words {
            n.set(next(a, c, g, k));
            o.set(next(b, d, h, l));
            p.set(next(c, e, i, m));
            q.set(next(d, f, j, n));
        }
    }
}

/// The 20 rounds of one function and constant. After five of them each word is back in its place, so none is moved.
fn rounds(
    [mut a, mut b, mut c, mut d, mut e]: [u32; 5], w: &[u32; ROUNDS], k: u32,
    f: impl Fn(u32, u32, u32) -> u32,
) -> [u32; 5] {
    let next = |a: u32, f: u32, e: u32, w: &u32| {
        a.rotate_left(5).wrapping_add(f).wrapping_add(e).wrapping_add(k).wrapping_add(*w)
    };
    for [w0, w1, w2, w3, w4] in w.as_chunks::<5>().0 {
        (e, b) = (next(a, f(b, c, d), e, w0), b.rotate_left(30));
        (d, a) = (next(e, f(a, b, c), d, w1), a.rotate_left(30));
        (c, e) = (next(d, f(e, a, b), c, w2), e.rotate_left(30));
        (b, d) = (next(c, f(d, e, a), b, w3), d.rotate_left(30));
        (a, c) = (next(b, f(c, d, e), a, w4), c.rotate_left(30));
    }
    [a, b, c, d, e]
}
