//! AES-128 and AES-256 in counter mode (FIPS 197, SP 800-38A §6.5), bit-sliced: word `i` holds bit `i` of 32 octets.
//!
//! ```text
//! bit of a word     8 * row + column           left half
//!                   8 * row + 4 + column       right half
//!
//! halves            [ round key | block 0 ]    [ block 1 | block 2 ]
//! ```
//!
//! The key schedule needs the S-box of four octets a round. They go through it beside the first block, so that they cost
//! nothing more and no round key is kept. Three blocks are as many as a key takes in a MIKEY message.

use core::mem::swap;

use super::sbox::sub_bytes;
use crate::secret::wipe;

/// One bit of 32 octets a word, the lowest bit first.
type Slices = [u32; 8];

const BLANK: Slices = [0; 8];

/// The right half.
const RIGHT: u32 = 0xF0F0_F0F0;

/// Octets of a block.
const BLOCK_LEN: usize = 16;

/// Blocks that are encrypted together.
const AT_ONCE: usize = 3;

/// XORs the key stream that starts at block `iv` onto `octets`, for an AES-128 key or the two halves of an AES-256 key.
pub(super) fn counter_mode<const HALVES: usize>(
    key: &[[u8; BLOCK_LEN]; HALVES], iv: &[u8; BLOCK_LEN], octets: &mut [u8],
) {
    let mut counter = u128::from_be_bytes(*iv);
    let mut states = [BLANK; 2];
    for piece in octets.chunks_mut(BLOCK_LEN * AT_ONCE) {
        if let [first, blocks @ ..] = states.as_flattened_mut().as_chunks_mut().0 {
            load(first, key.first().unwrap_or(&[0; BLOCK_LEN]));
            for block in blocks {
                load(block, &counter.to_be_bytes());
                counter = counter.wrapping_add(1);
            }
        }
        encrypt(&mut states, key.get(1), piece.len() > BLOCK_LEN);
        let words = states.as_flattened().iter().skip(BLOCK_LEN / 4);
        for (octets, word) in piece.chunks_mut(4).zip(words) {
            for (octet, key) in octets.iter_mut().zip(word.to_le_bytes()) {
                *octet ^= key;
            }
        }
    }
    wipe(&mut states, [BLANK; 2]);
}

/// One word a column, the first row lowest.
fn load(columns: &mut [u32; 4], block: &[u8; BLOCK_LEN]) {
    for (column, octets) in columns.iter_mut().zip(block.as_chunks().0) {
        *column = u32::from_le_bytes(*octets);
    }
}

/// Encrypts the first block, and the other two where they are wanted. Before them stands the key; what it leaves there is
/// of no use.
fn encrypt([alone, pair]: &mut [Slices; 2], second_half: Option<&[u8; BLOCK_LEN]>, all: bool) {
    let mut round_key = BLANK;
    let mut other_key = BLANK;
    transpose(alone);
    for (word, key) in alone.iter_mut().zip(&mut round_key) {
        *key = (*word & !RIGHT) | (*word & !RIGHT) << 4;
        *word = (*word & RIGHT) ^ *key;
    }
    let rounds = match second_half {
        Some(half) => {
            if let ([left, right], []) = other_key.as_chunks_mut() {
                load(left, half);
                load(right, half);
            }
            transpose(&mut other_key);
            14
        }
        None => 10,
    };
    if all {
        transpose(pair);
        for (word, key) in pair.iter_mut().zip(&round_key) {
            *word ^= key;
        }
    }
    let mut rcon = 1;
    for round in 1..=rounds {
        sub_bytes(alone);
        if second_half.is_some() {
            swap(&mut round_key, &mut other_key);
        }
        // Every other round key of AES-256 takes the column as it stands, and the first of them is given.
        if second_half.is_none() || round & 1 == 0 {
            expand(&mut round_key, alone, rcon, 8);
            rcon = double(rcon);
        } else if round > 1 {
            expand(&mut round_key, alone, 0, 0);
        }
        shift_mix_add(alone, round < rounds, RIGHT, &round_key);
        if all {
            sub_bytes(pair);
            shift_mix_add(pair, round < rounds, !0, &round_key);
        }
    }
    transpose(alone);
    if all {
        transpose(pair);
    }
    wipe(&mut round_key, BLANK);
    wipe(&mut other_key, BLANK);
}

/// Twice `x` in GF(2^8).
const fn double(x: u32) -> u32 {
    (x << 1) ^ if x & 0x80 == 0 { 0 } else { 0x11B }
}

/// Makes the next round key of the same key half: `substituted` is the S-box of the latest round key, `turn` is 8 where its last
/// column goes up one row.
fn expand(key: &mut Slices, substituted: &Slices, mut rcon: u32, turn: u32) {
    for (word, last) in key.iter_mut().zip(substituted) {
        // The last column in place of each.
        let last = ((last >> 3).rotate_right(turn) ^ rcon) & 0x0101_0101;
        let last = (last << 8).wrapping_sub(last);
        // Each column is the sum of itself and all before it.
        *word ^= (*word & 0x7777_7777) << 1;
        *word ^= (*word & 0x3333_3333) << 2;
        *word ^= last;
        rcon >>= 1;
    }
}

/// ShiftRows, MixColumns if `mix`, and the round key over what `lanes` leaves of it.
///
/// Written out, which takes two thirds of the instructions of a loop.
fn shift_mix_add(state: &mut Slices, mix: bool, lanes: u32, key: &Slices) {
    let [s0, s1, s2, s3, s4, s5, s6, s7] = *state;
    let [mut x0, mut x1, mut x2, mut x3] = [shift_rows(s0), shift_rows(s1), shift_rows(s2), shift_rows(s3)];
    let [mut x4, mut x5, mut x6, mut x7] = [shift_rows(s4), shift_rows(s5), shift_rows(s6), shift_rows(s7)];
    if mix {
        // What doubling carries out of the highest bit goes into those of the polynomial.
        let carry = x7 ^ x7.rotate_right(8);
        let below = mix_columns(&mut x0, carry);
        let below = mix_columns(&mut x1, below ^ carry);
        let below = mix_columns(&mut x2, below);
        let below = mix_columns(&mut x3, below ^ carry);
        let below = mix_columns(&mut x4, below ^ carry);
        let below = mix_columns(&mut x5, below);
        let below = mix_columns(&mut x6, below);
        mix_columns(&mut x7, below);
    }
    let [k0, k1, k2, k3, k4, k5, k6, k7] = *key;
    *state = [
        (x0 & lanes) ^ k0,
        (x1 & lanes) ^ k1,
        (x2 & lanes) ^ k2,
        (x3 & lanes) ^ k3,
        (x4 & lanes) ^ k4,
        (x5 & lanes) ^ k5,
        (x6 & lanes) ^ k6,
        (x7 & lanes) ^ k7,
    ];
}

/// Twice this row and the next one, the next one, and the two after it; `below` is what comes up from the bit below, and what is
/// given back goes up to the bit above.
#[inline(always)]
const fn mix_columns(x: &mut u32, below: u32) -> u32 {
    let pair = *x ^ x.rotate_right(8);
    *x = below ^ x.rotate_right(8) ^ pair.rotate_right(16);
    pair
}

/// Row `r` goes `r` columns to the left.
#[inline(always)]
const fn shift_rows(x: u32) -> u32 {
    x & 0x0000_00FF
        | (x & 0x0000_EE00) >> 1
        | (x & 0x0000_1100) << 3
        | (x & 0x00CC_0000) >> 2
        | (x & 0x0033_0000) << 2
        | (x & 0x8800_0000) >> 3
        | (x & 0x7700_0000) << 1
}

/// In each octet of the words, exchanges bit `i` of word `j` with bit `j` of word `i`: columns become slices, and slices columns.
fn transpose(words: &mut Slices) {
    for [a, b] in words.as_chunks_mut::<2>().0 {
        exchange(a, b, 1, 0x5555_5555);
    }
    for [a, b, c, d] in words.as_chunks_mut::<4>().0 {
        exchange(a, c, 2, 0x3333_3333);
        exchange(b, d, 2, 0x3333_3333);
    }
    if let [low, high] = words.as_chunks_mut::<4>().0 {
        for (a, b) in low.iter_mut().zip(high) {
            exchange(a, b, 4, 0x0F0F_0F0F);
        }
    }
}

/// Exchanges the bits of `b` under `mask` with those of `a` that stand `places` higher.
#[inline(always)]
const fn exchange(a: &mut u32, b: &mut u32, places: u32, mask: u32) {
    let different = ((*a >> places) ^ *b) & mask;
    *b ^= different;
    *a ^= different << places;
}
