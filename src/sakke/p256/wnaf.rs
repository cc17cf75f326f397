//! Scalars as few odd digits, for public values only.

use super::residue::Residue;

/// Digits of a scalar; the last one takes the final carry.
pub(super) const DIGITS: usize = 257;

/// The width-w non-adjacent form: digits that are 0 or odd, below 2^(w-1) in size, at least w - 1 zeros between them.
pub(super) fn wnaf<S: Residue>(scalar: &S, width: u32) -> [i16; DIGITS] {
    let words = scalar.integer();
    let bits = |place: usize, count: u32| -> u64 {
        let word = |at: usize| words.get(at).copied().unwrap_or(0);
        let (at, shift) = (place >> 6, place & 63);
        // Shifted in two steps, as a word cannot be shifted by all of its bits.
        let wide = word(at) >> shift | word(at.wrapping_add(1)) << 1 << (63 ^ shift);
        wide & u64::MAX.wrapping_shr(64u32.wrapping_sub(count))
    };
    let mut digits = [0; DIGITS];
    let mut carry = 0;
    let mut skip = 0u32;
    for (place, digit) in digits.iter_mut().enumerate() {
        if skip > 0 {
            skip = skip.wrapping_sub(1);
            continue;
        }
        if bits(place, 1) == carry {
            continue;
        }
        let window = bits(place, width).wrapping_add(carry);
        carry = window >> width.wrapping_sub(1) & 1;
        let value = i64::try_from(window).unwrap_or(0).wrapping_sub(i64::from(carry == 1) << width);
        *digit = i16::try_from(value).unwrap_or(0);
        skip = width.wrapping_sub(1);
    }
    digits
}

/// The place of an odd digit's size in a table of odd multiples.
#[inline(always)]
pub(super) fn place(digit: i16) -> usize {
    usize::from(digit.unsigned_abs() >> 1)
}
