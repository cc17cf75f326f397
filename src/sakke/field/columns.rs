//! Montgomery multiplication by columns in 17 digits of 61 bits: a column of 51 products fits into 128 bits, so that each
//! product costs one addition with carry and nothing else.
//!
//! ```text
//!   column   0  1  2 | 3  4  5 | ... | 15 16 17 | ... | 30 31 32
//!            factors of the modulus that clear 0 to 16 | digits of the result
//! ```
//!
//! Three neighbouring columns are summed in one loop: six words of sums stay in registers, and the loops are of constant
//! length, so that the processor foresees their ends.
#![allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "every index is a constant: the compiler has checked it; sums are bounded by the length of a column"
)]

use super::Modulus;
use super::digits::{BITS, Columns, Constants, DIGITS, Digits, MASK, low};

#[inline(always)]
fn product(a: u64, b: u64) -> u128 {
    u128::from(a).wrapping_mul(u128::from(b))
}

/// Three neighbouring columns: `b` is reversed, so that the highest column is the first of three.
#[inline(always)]
fn sum(columns: [u128; 3], a: &[u64], b: &[u64]) -> [u128; 3] {
    let [mut c0, mut c1, mut c2] = columns;
    for (a, b) in a.iter().zip(b.windows(3)) {
        if let [b2, b1, b0] = b {
            c0 = c0.wrapping_add(product(*a, *b0));
            c1 = c1.wrapping_add(product(*a, *b1));
            c2 = c2.wrapping_add(product(*a, *b2));
        }
    }
    [c0, c1, c2]
}

/// Fills or adds to three columns at a time.
macro_rules! by_three {
    ($columns:ident, $terms:ident, $before:expr) => {
        by_three!(@ $columns, $terms, $before, 0 3 6 9 12 15 18 21 24 27 30);
    };
    (@ $columns:ident, $terms:ident, $before:expr, $($k:literal)*) => {$(
        let before = $before(&$columns[$k..$k + 3]);
        [$columns[$k], $columns[$k + 1], $columns[$k + 2]] = $terms.add_to::<$k>(before);
    )*};
}

/// `a * b`.
#[inline(never)]
pub(super) fn multiply(a: &Digits, b: &Digits) -> Columns {
    let mut columns = [0; 2 * DIGITS - 1];
    let mut reversed = *b;
    reversed.reverse();
    let terms = Product { a, b, reversed };
    by_three!(columns, terms, |_: &[u128]| [0; 3]);
    columns
}

/// Adds `a * b`.
#[inline(never)]
pub(super) fn add_product(columns: &mut Columns, a: &Digits, b: &Digits) {
    let mut reversed = *b;
    reversed.reverse();
    let terms = Product { a, b, reversed };
    by_three!(columns, terms, |before: &[u128]| [before[0], before[1], before[2]]);
}

/// `a * a`.
#[inline(never)]
pub(super) fn square(a: &Digits) -> Columns {
    let mut columns = [0; 2 * DIGITS - 1];
    let (mut reversed, mut doubled) = (*a, *a);
    reversed.reverse();
    for digit in &mut doubled {
        *digit <<= 1;
    }
    let terms = Square { a, doubled, reversed };
    by_three!(columns, terms, |_: &[u128]| [0; 3]);
    columns
}

/// `a * b`.
struct Product<'a> {
    a: &'a Digits,
    b: &'a Digits,
    reversed: Digits,
}

impl Product<'_> {
    /// Adds the columns K, K + 1, K + 2.
    #[inline(always)]
    fn add_to<const K: usize>(&self, columns: [u128; 3]) -> [u128; 3] {
        let Self { a, b, reversed } = self;
        if K < 15 {
            let [c0, c1, c2] = sum(columns, &a[..=K], &reversed[14_usize.saturating_sub(K)..]);
            let c1 = c1.wrapping_add(product(a[K + 1], b[0]));
            let c2 = c2.wrapping_add(product(a[K + 1], b[1])).wrapping_add(product(a[K + 2], b[0]));
            [c0, c1, c2]
        } else if K == 15 {
            let [c0, c1, c2] = sum(columns, &a[1..16], reversed);
            let c0 = c0.wrapping_add(product(a[0], b[15]));
            let c1 = c1.wrapping_add(product(a[0], b[16])).wrapping_add(product(a[16], b[0]));
            let c2 = c2.wrapping_add(product(a[16], b[1]));
            [c0, c1, c2]
        } else {
            upper::<K>(columns, a, b, reversed)
        }
    }
}

/// Columns above the highest digit.
#[inline(always)]
fn upper<const K: usize>(columns: [u128; 3], a: &Digits, b: &Digits, reversed: &Digits) -> [u128; 3] {
    let [c0, c1, c2] = sum(columns, &a[K - 14..], reversed);
    let c0 = c0.wrapping_add(product(a[K - 16], b[16])).wrapping_add(product(a[K - 15], b[15]));
    let c1 = c1.wrapping_add(product(a[K - 15], b[16]));
    [c0, c1, c2]
}

/// `a * a`: each product of two different digits once, with one of them doubled.
struct Square<'a> {
    a: &'a Digits,
    doubled: Digits,
    reversed: Digits,
}

impl Square<'_> {
    /// Adds the columns K, K + 1, K + 2.
    #[inline(always)]
    fn add_to<const K: usize>(&self, columns: [u128; 3]) -> [u128; 3] {
        let Self { a, doubled, reversed } = self;
        // The first products that all three columns have, and the first that not all have again.
        let (from, to) = (K.saturating_sub(14), K.div_ceil(2));
        let [mut c0, mut c1, mut c2] = if from < to {
            sum(columns, &doubled[from..to], &reversed[14_usize.saturating_sub(K - from)..])
        } else {
            columns
        };
        if K >= 18 || K == 15 {
            if K >= 16 && K - 16 < to {
                c0 = c0.wrapping_add(product(doubled[K - 16], a[16]));
            }
            if K - 15 < to {
                c0 = c0.wrapping_add(product(doubled[K - 15], a[15]));
                c1 = c1.wrapping_add(product(doubled[K - 15], a[16]));
            }
        }
        if K.is_multiple_of(2) {
            c0 = c0.wrapping_add(product(a[K / 2], a[K / 2]));
            if K < 32 && K / 2 < 16 {
                c1 = c1.wrapping_add(product(doubled[K / 2], a[K / 2 + 1]));
                c2 = c2.wrapping_add(product(a[K / 2 + 1], a[K / 2 + 1]));
            }
            if K / 2 < 15 {
                c2 = c2.wrapping_add(product(doubled[K / 2], a[K / 2 + 2]));
            }
        } else {
            c1 = c1.wrapping_add(product(a[K / 2 + 1], a[K / 2 + 1]));
            c2 = c2.wrapping_add(product(doubled[K / 2 + 1], a[K / 2 + 2]));
        }
        [c0, c1, c2]
    }
}

/// The sum over 2^1037 modulo the modulus, up to one more modulus, for a sum below 2^12 times the square of the modulus.
#[inline(never)]
pub(super) fn reduce<M: Modulus>(columns: &Columns) -> Digits {
    let m = &Constants::<M>::DIGITS;
    let reversed = &Constants::<M>::REVERSED;
    let mut factors = [0u64; DIGITS];
    let mut out = [0u64; DIGITS];
    let mut carry = 0u128;
    let factor = |column: u128| low(column).wrapping_mul(Constants::<M>::FACTOR) & MASK;
    macro_rules! cleared {
        ($($k:literal)*) => {$(
            let [c0, c1, c2] = [columns[$k].wrapping_add(carry), columns[$k + 1], columns[$k + 2]];
            let [c0, c1, c2] = sum([c0, c1, c2], &factors[..$k], &reversed[14 - $k..]);
            let f0 = factor(c0);
            let c1 = c1.wrapping_add(c0.wrapping_add(product(f0, m[0])) >> BITS).wrapping_add(product(f0, m[1]));
            let f1 = factor(c1);
            let c2 = c2.wrapping_add(c1.wrapping_add(product(f1, m[0])) >> BITS);
            let c2 = c2.wrapping_add(product(f1, m[1])).wrapping_add(product(f0, m[2]));
            let f2 = factor(c2);
            carry = c2.wrapping_add(product(f2, m[0])) >> BITS;
            [factors[$k], factors[$k + 1], factors[$k + 2]] = [f0, f1, f2];
        )*};
    }
    macro_rules! kept {
        ($($k:literal)*) => {$(
            let [c0, c1, c2] = [columns[$k].wrapping_add(carry), columns[$k + 1], columns[$k + 2]];
            let [c0, c1, c2] = upper::<$k>([c0, c1, c2], &factors, m, reversed);
            let c1 = c1.wrapping_add(c0 >> BITS);
            let c2 = c2.wrapping_add(c1 >> BITS);
            [out[$k - 17], out[$k - 16], out[$k - 15]] = [low(c0) & MASK, low(c1) & MASK, low(c2) & MASK];
            carry = c2 >> BITS;
        )*};
    }
    cleared!(0 3 6 9 12);
    {
        let [c0, c1, c2] = [columns[15].wrapping_add(carry), columns[16], columns[17]];
        let [c0, c1, c2] = sum([c0, c1, c2], &factors[1..15], reversed);
        let c0 = c0.wrapping_add(product(factors[0], m[15]));
        let f0 = factor(c0);
        let c1 = c1.wrapping_add(product(factors[0], m[16]));
        let c1 = c1.wrapping_add(c0.wrapping_add(product(f0, m[0])) >> BITS).wrapping_add(product(f0, m[1]));
        let f1 = factor(c1);
        let c2 = c2.wrapping_add(c1.wrapping_add(product(f1, m[0])) >> BITS);
        let c2 = c2.wrapping_add(product(f1, m[1])).wrapping_add(product(f0, m[2]));
        [factors[15], factors[16]] = [f0, f1];
        out[0] = low(c2) & MASK;
        carry = c2 >> BITS;
    }
    kept!(18 21 24 27 30);
    out[16] = low(carry);
    out
}

/// `a * b / 2^1037`.
#[inline(always)]
pub(super) fn product_reduced<M: Modulus>(a: &Digits, b: &Digits) -> Digits {
    reduce::<M>(&multiply(a, b))
}

/// `(a + b i) (c + d i)` with i² = -1: three products, two reductions.
#[inline(never)]
pub(super) fn complex<M: Modulus>(a: &Digits, b: &Digits, c: &Digits, d: &Digits) -> (Digits, Digits) {
    // Modulo 2^128 no column of `cross` matters: what is left of it fits again.
    let raw_sum = |a: &Digits, b: &Digits| {
        let mut sum = *a;
        for (sum, b) in sum.iter_mut().zip(b) {
            *sum = sum.wrapping_add(*b);
        }
        sum
    };
    let (mut first, second) = (multiply(a, c), multiply(b, d));
    let mut cross = multiply(&raw_sum(a, b), &raw_sum(c, d));
    let offset = &Constants::<M>::OFFSET;
    for (((first, second), cross), offset) in first.iter_mut().zip(&second).zip(&mut cross).zip(offset) {
        *cross = cross.wrapping_sub(*first).wrapping_sub(*second);
        *first = first.wrapping_add(*offset).wrapping_sub(*second);
    }
    (reduce::<M>(&first), reduce::<M>(&cross))
}
