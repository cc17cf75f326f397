//! Sums, differences and products of four 64-bit words, least significant first.
#![allow(clippy::cast_possible_truncation, reason = "the halves of a double word")]

use crate::sakke::p256::mask::Mask;

pub(super) type Words = [u64; 4];

/// `a + b + carry` as word and carry.
#[inline(always)]
pub(super) const fn adc(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let sum = (a as u128).wrapping_add(b as u128).wrapping_add(carry as u128);
    (sum as u64, (sum >> 64) as u64)
}

/// `a - b - borrow` as word and borrow.
#[inline(always)]
pub(super) const fn sbb(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let (less, first) = a.overflowing_sub(b);
    let (less, second) = less.overflowing_sub(borrow);
    (less, (first | second) as u64)
}

/// `sum + a * b + carry` as word and carry; it always fits.
#[inline(always)]
pub(super) const fn mac(sum: u64, a: u64, b: u64, carry: u64) -> (u64, u64) {
    let wide = (a as u128).wrapping_mul(b as u128).wrapping_add(sum as u128).wrapping_add(carry as u128);
    (wide as u64, (wide >> 64) as u64)
}

/// `words + carry * 2^256` less the modulus unless that is below zero; the value must be below twice the modulus.
///
/// Subtracting the modulus is adding its complement to 2^256, which overflows exactly when the words are not below it.
#[inline(always)]
pub(super) fn settle(words: Words, carry: u64, modulus: &Words) -> Words {
    let [a, b, c, d] = words;
    let [p, q, r, s] = *modulus;
    // Both primes are odd, so only the lowest word of the complement gets the 1.
    let (e, over) = adc(a, p.wrapping_neg(), 0);
    let (f, over) = adc(b, !q, over);
    let (g, over) = adc(c, !r, over);
    let (h, over) = adc(d, !s, over);
    select(&words, &[e, f, g, h], Mask::from_bit(carry | over))
}

/// The words, plus the modulus when `borrow` is 1, modulo 2^256.
#[inline(always)]
fn add_back(words: Words, borrow: u64, modulus: &Words) -> Words {
    let [a, b, c, d] = words;
    let [p, q, r, s] = *modulus;
    let mask = Mask::from_bit(borrow).word();
    let (a, carry) = adc(a, p & mask, 0);
    let (b, carry) = adc(b, q & mask, carry);
    let (c, carry) = adc(c, r & mask, carry);
    let (d, _) = adc(d, s & mask, carry);
    [a, b, c, d]
}

/// `a + b` modulo the modulus.
#[inline(always)]
pub(super) fn add(a: &Words, b: &Words, modulus: &Words) -> Words {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (*a, *b);
    let (a0, carry) = adc(a0, b0, 0);
    let (a1, carry) = adc(a1, b1, carry);
    let (a2, carry) = adc(a2, b2, carry);
    let (a3, carry) = adc(a3, b3, carry);
    settle([a0, a1, a2, a3], carry, modulus)
}

/// `a - b` modulo the modulus.
#[inline(always)]
pub(super) fn sub(a: &Words, b: &Words, modulus: &Words) -> Words {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (*a, *b);
    let (a0, borrow) = sbb(a0, b0, 0);
    let (a1, borrow) = sbb(a1, b1, borrow);
    let (a2, borrow) = sbb(a2, b2, borrow);
    let (a3, borrow) = sbb(a3, b3, borrow);
    add_back([a0, a1, a2, a3], borrow, modulus)
}

/// `a * b`, eight words.
#[inline(always)]
pub(super) fn product(a: &Words, b: &Words) -> [u64; 8] {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (*a, *b);
    let (t0, c) = mac(0, a0, b0, 0);
    let (t1, c) = mac(0, a1, b0, c);
    let (t2, c) = mac(0, a2, b0, c);
    let (t3, t4) = mac(0, a3, b0, c);

    let (t1, c) = mac(t1, a0, b1, 0);
    let (t2, c) = mac(t2, a1, b1, c);
    let (t3, c) = mac(t3, a2, b1, c);
    let (t4, t5) = mac(t4, a3, b1, c);

    let (t2, c) = mac(t2, a0, b2, 0);
    let (t3, c) = mac(t3, a1, b2, c);
    let (t4, c) = mac(t4, a2, b2, c);
    let (t5, t6) = mac(t5, a3, b2, c);

    let (t3, c) = mac(t3, a0, b3, 0);
    let (t4, c) = mac(t4, a1, b3, c);
    let (t5, c) = mac(t5, a2, b3, c);
    let (t6, t7) = mac(t6, a3, b3, c);
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

/// `a * a`, eight words: each mixed product once, doubled.
#[inline(always)]
pub(super) fn square(a: &Words) -> [u64; 8] {
    let [a0, a1, a2, a3] = *a;
    let (t1, c) = mac(0, a0, a1, 0);
    let (t2, c) = mac(0, a0, a2, c);
    let (t3, t4) = mac(0, a0, a3, c);
    let (t3, c) = mac(t3, a1, a2, 0);
    let (t4, t5) = mac(t4, a1, a3, c);
    let (t5, t6) = mac(t5, a2, a3, 0);

    let t7 = t6 >> 63;
    let t6 = t6 << 1 | t5 >> 63;
    let t5 = t5 << 1 | t4 >> 63;
    let t4 = t4 << 1 | t3 >> 63;
    let t3 = t3 << 1 | t2 >> 63;
    let t2 = t2 << 1 | t1 >> 63;
    let t1 = t1 << 1;

    let (t0, c) = mac(0, a0, a0, 0);
    let (t1, c) = adc(t1, 0, c);
    let (t2, c) = mac(t2, a1, a1, c);
    let (t3, c) = adc(t3, 0, c);
    let (t4, c) = mac(t4, a2, a2, c);
    let (t5, c) = adc(t5, 0, c);
    let (t6, c) = mac(t6, a3, a3, c);
    let (t7, _) = adc(t7, 0, c);
    [t0, t1, t2, t3, t4, t5, t6, t7]
}

/// `a` where the mask is zeros, `b` where it is ones.
#[inline(always)]
pub(super) fn select(a: &Words, b: &Words, mask: Mask) -> Words {
    let ([a0, a1, a2, a3], [b0, b1, b2, b3]) = (*a, *b);
    let mask = mask.word();
    let pick = |a: u64, b: u64| a ^ ((a ^ b) & mask);
    [pick(a0, b0), pick(a1, b1), pick(a2, b2), pick(a3, b3)]
}
