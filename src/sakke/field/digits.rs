//! Numbers of 1037 bits in 17 digits of 61 bits, their sums, and what is computed once from a modulus.
//!
//! ```text
//!   sum + digits of 0, -4 m or -8 m     digit[i] = sum[i] modulo 2^61 + sum[i - 1] / 2^61        below 6 m
//! ```
//!
//! One carry goes one digit up and no further, so that a digit stays below 2^61 + 8.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every index is a constant, most of it runs in the compiler; sums are bounded by the size of digits"
)]

use super::Modulus;

/// Digits of a residue.
pub(super) const DIGITS: usize = 17;
/// Bits of a digit.
pub(super) const BITS: u32 = 61;
/// The bits of a digit.
pub(super) const MASK: u64 = (1 << BITS) - 1;

pub(super) type Digits = [u64; DIGITS];

/// 64-bit limbs cut into digits.
pub(super) const fn digits(limbs: &[u64; 16]) -> Digits {
    let mut out = [0; DIGITS];
    let mut i = 0;
    while i < DIGITS {
        let (word, shift) = (61 * i / 64, 61 * i % 64);
        let mut digit = limbs[word] >> shift;
        if shift > 3 && word < 15 {
            digit |= limbs[word + 1] << (64 - shift);
        }
        out[i] = digit & MASK;
        i += 1;
    }
    out
}

/// Digits of a number below 2^1024 put together again.
pub(super) const fn limbs(digits: &Digits) -> [u64; 16] {
    let mut out = [0; 16];
    let mut i = 0;
    while i < 16 {
        let (digit, shift) = (64 * i / 61, 64 * i % 61);
        out[i] = digits[digit] >> shift | digits[digit + 1] << (61 - shift);
        i += 1;
    }
    out
}

/// The columns of a sum of products.
pub(super) type Columns = [u128; 2 * DIGITS - 1];

/// What is computed once from a modulus m.
pub(super) struct Constants<M>(M);

impl<M: Modulus> Constants<M> {
    pub(super) const DIGITS: Digits = digits(&M::LIMBS);
    /// The same, highest digit first.
    pub(super) const REVERSED: Digits = {
        let mut reversed = Self::DIGITS;
        let mut i = 0;
        while i < DIGITS {
            reversed[i] = Self::DIGITS[DIGITS - 1 - i];
            i += 1;
        }
        reversed
    };
    /// -1/m modulo 2^61.
    pub(super) const FACTOR: u64 = M::N0 & MASK;
    /// R = 2^1037 modulo m: the Montgomery form of one.
    pub(super) const ONE: Digits = digits(&times_power(&M::R, &M::LIMBS, 13));
    /// R² modulo m.
    pub(super) const R_SQUARED: Digits = digits(&times_power(&M::R_SQUARED, &M::LIMBS, 26));
    /// What keeps the columns of a difference of two products above zero.
    pub(super) const OFFSET: Columns = offset(&M::LIMBS);
    /// 4 m.
    const FOUR: Digits = times_four(&Self::DIGITS);
    /// What is left of 4 m above 2^976.
    const FOUR_TOP: u64 = Self::FOUR[DIGITS - 1];
    /// -4 m, with no digit below zero but the last.
    const LESS_FOUR: Digits = {
        let mut out = Self::FOUR;
        let mut i = 0;
        while i < DIGITS {
            let carry = if i == 0 { 0 } else { 1 };
            let borrow = if i == DIGITS - 1 { 0u64 } else { 1 << BITS };
            out[i] = borrow.wrapping_sub(carry).wrapping_sub(Self::FOUR[i]);
            i += 1;
        }
        out
    };
    /// 8 m, with digits that are larger than any that is taken away.
    const EIGHT: Digits = {
        let mut out = Self::FOUR;
        let mut i = 0;
        while i < DIGITS {
            let carry = if i == 0 { 0 } else { 2 };
            let borrow = if i == DIGITS - 1 { 0u64 } else { 2 << BITS };
            out[i] = borrow + 2 * Self::FOUR[i] - carry;
            i += 1;
        }
        out
    };
}

/// Columns of a multiple of m, each larger than any of a product of residues, yet small enough for three such.
const fn offset(modulus: &[u64; 16]) -> Columns {
    let mut columns = [(1 << 126) + (1 << 123); 2 * DIGITS - 1];
    // The highest digits are below 2^51.
    [columns[31], columns[32]] = [1 << 114, 1 << 103];
    let mut rest = [0; 16];
    let mut k = columns.len();
    while k > 0 {
        k -= 1;
        rest = times_power(&rest, modulus, BITS as usize);
        rest = sum_below(
            &rest,
            &[low(columns[k]), low(columns[k] >> 64), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
            modulus,
        );
    }
    let missing = digits(&difference(modulus, &rest).0);
    while k < DIGITS {
        columns[k] += missing[k] as u128;
        k += 1;
    }
    columns
}

const fn difference(a: &[u64; 16], b: &[u64; 16]) -> ([u64; 16], bool) {
    let mut out = [0; 16];
    let mut borrow = false;
    let mut i = 0;
    while i < 16 {
        let (limb, first) = a[i].overflowing_sub(b[i]);
        let (limb, second) = limb.overflowing_sub(borrow as u64);
        out[i] = limb;
        borrow = first | second;
        i += 1;
    }
    (out, borrow)
}

/// `a + b` modulo the modulus.
const fn sum_below(a: &[u64; 16], b: &[u64; 16], modulus: &[u64; 16]) -> [u64; 16] {
    // a - (m - b), and m more if that is below zero.
    let complement = difference(modulus, b).0;
    let (less, borrow) = difference(a, &complement);
    if borrow { difference(&less, &difference(&[0; 16], modulus).0).0 } else { less }
}

/// `value * 2^power` modulo the modulus.
pub(super) const fn times_power(value: &[u64; 16], modulus: &[u64; 16], power: usize) -> [u64; 16] {
    let mut value = *value;
    let mut step = 0;
    while step < power {
        value = sum_below(&value, &value, modulus);
        step += 1;
    }
    value
}

const fn times_four(digits: &Digits) -> Digits {
    let mut out = [0; DIGITS];
    let mut carry = 0;
    let mut i = 0;
    while i < DIGITS {
        let sum = (digits[i] << 2) + carry;
        out[i] = if i == DIGITS - 1 { sum } else { sum & MASK };
        carry = sum >> BITS;
        i += 1;
    }
    out
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
pub(super) const fn low(x: u128) -> u64 {
    x as u64
}

/// Carries once, and takes 4 m off up to twice, so that less than 6 m remain of less than 14 m.
#[inline(always)]
fn settled<M: Modulus>(sum: &Digits) -> Digits {
    // The sign of a difference, not a comparison: nothing that a compiler makes a branch of.
    let above =
        |limit: u64| 0u64.wrapping_sub(core::hint::black_box(limit.wrapping_sub(sum[DIGITS - 1]) >> 63));
    let (once, twice) = (above(Constants::<M>::FOUR_TOP), above(2 * Constants::<M>::FOUR_TOP + 1));
    let mut out = [0; DIGITS];
    for ((out, sum), less) in out.iter_mut().zip(sum).zip(&Constants::<M>::LESS_FOUR) {
        *out = sum.wrapping_add(less & once).wrapping_add(less & twice);
    }
    let mut carried = [0; DIGITS];
    carried[0] = out[0] & MASK;
    for (carried, pair) in carried.iter_mut().skip(1).zip(out.windows(2)) {
        if let [below, digit] = pair {
            *carried = (digit & MASK).wrapping_add(below >> BITS);
        }
    }
    // The last digit may hold more.
    carried[16] = out[16].wrapping_add(out[15] >> BITS);
    carried
}

/// `a + b`, below 6 m when both are.
#[inline(always)]
pub(super) fn add<M: Modulus>(a: &Digits, b: &Digits) -> Digits {
    let mut sum = [0; DIGITS];
    for ((sum, a), b) in sum.iter_mut().zip(a).zip(b) {
        *sum = a.wrapping_add(*b);
    }
    settled::<M>(&sum)
}

/// `a - b`, below 6 m when both are.
#[inline(always)]
pub(super) fn sub<M: Modulus>(a: &Digits, b: &Digits) -> Digits {
    let mut sum = [0; DIGITS];
    for (((sum, a), b), eight) in sum.iter_mut().zip(a).zip(b).zip(&Constants::<M>::EIGHT) {
        *sum = a.wrapping_add(*eight).wrapping_sub(*b);
    }
    settled::<M>(&sum)
}
