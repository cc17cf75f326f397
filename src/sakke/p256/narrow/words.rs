//! Sums, differences and Montgomery products of eight 32-bit words, least significant first.
#![allow(clippy::cast_possible_truncation, reason = "the halves of a double word")]

use crate::sakke::p256::mask::Mask;

pub(super) type Words = [u32; 8];

/// `a + b + carry` as word and carry.
#[inline(always)]
pub(super) const fn adc(a: u32, b: u32, carry: u32) -> (u32, u32) {
    let sum = (a as u64).wrapping_add(b as u64).wrapping_add(carry as u64);
    (sum as u32, (sum >> 32) as u32)
}

/// `a - b - borrow` as word and borrow.
#[inline(always)]
pub(super) const fn sbb(a: u32, b: u32, borrow: u32) -> (u32, u32) {
    let difference = (a as u64).wrapping_sub(b as u64).wrapping_sub(borrow as u64);
    (difference as u32, (difference >> 32) as u32 & 1)
}

/// `sum + a * b + carry` as word and carry; it always fits.
#[inline(always)]
pub(super) const fn mac(sum: u32, a: u32, b: u32, carry: u32) -> (u32, u32) {
    let wide = (a as u64).wrapping_mul(b as u64).wrapping_add(sum as u64).wrapping_add(carry as u64);
    (wide as u32, (wide >> 32) as u32)
}

/// The halves of 64-bit words.
#[inline(always)]
pub(super) const fn split(words: &[u64; 4]) -> Words {
    let [a, b, c, d] = *words;
    [
        a as u32,
        (a >> 32) as u32,
        b as u32,
        (b >> 32) as u32,
        c as u32,
        (c >> 32) as u32,
        d as u32,
        (d >> 32) as u32,
    ]
}

/// 64-bit words of these halves.
#[inline(always)]
pub(super) const fn join(words: &Words) -> [u64; 4] {
    const fn pair(low: u32, high: u32) -> u64 {
        low as u64 | (high as u64) << 32
    }
    let [a, b, c, d, e, f, g, h] = *words;
    [pair(a, b), pair(c, d), pair(e, f), pair(g, h)]
}

/// `a - b` modulo 2^256, and 1 when it was below zero.
#[inline(always)]
fn subtract(a: &Words, b: &Words) -> (Words, u32) {
    let mut out = [0; 8];
    let mut borrow = 0;
    for ((to, a), b) in out.iter_mut().zip(a).zip(b) {
        (*to, borrow) = sbb(*a, *b, borrow);
    }
    (out, borrow)
}

/// The words, plus the modulus when `borrow` is 1, modulo 2^256.
#[inline(always)]
fn add_back(mut words: Words, borrow: u32, modulus: &Words) -> Words {
    let mask = Mask::from_bit(borrow.into()).half();
    let mut carry = 0;
    for (word, p) in words.iter_mut().zip(modulus) {
        (*word, carry) = adc(*word, p & mask, carry);
    }
    words
}

/// `words + carry * 2^256` less the modulus unless that is below zero; the value must be below twice the modulus.
#[inline(always)]
pub(super) fn settle(words: &Words, carry: u32, modulus: &Words) -> Words {
    let (less, borrow) = subtract(words, modulus);
    let (_, borrow) = sbb(carry, 0, borrow);
    add_back(less, borrow, modulus)
}

/// `a + b` modulo the modulus.
#[inline(always)]
pub(super) fn add(a: &Words, b: &Words, modulus: &Words) -> Words {
    let mut sum = [0; 8];
    let mut carry = 0;
    for ((to, a), b) in sum.iter_mut().zip(a).zip(b) {
        (*to, carry) = adc(*a, *b, carry);
    }
    settle(&sum, carry, modulus)
}

/// `a - b` modulo the modulus.
#[inline(always)]
pub(super) fn sub(a: &Words, b: &Words, modulus: &Words) -> Words {
    let (difference, borrow) = subtract(a, b);
    add_back(difference, borrow, modulus)
}

/// `a * b / 2^256` modulo the modulus.
///
/// A window of nine words slides over the product; `step` makes its lowest word 0 by adding a multiple of the modulus
/// and moves it down by one. The window stays below twice the modulus between the rows.
#[inline(always)]
pub(super) fn multiply(
    a: &Words, b: &Words, modulus: &Words, step: impl Fn([u32; 9], u32) -> [u32; 9],
) -> Words {
    let mut window = [0; 9];
    for b in b {
        let mut carry = 0;
        for (word, a) in window.iter_mut().zip(a) {
            (*word, carry) = mac(*word, *a, *b, carry);
        }
        window = step(window, carry);
    }
    let [out @ .., top] = window;
    settle(&out, top, modulus)
}

/// `a` where the mask is zeros, `b` where it is ones.
#[inline(always)]
pub(super) fn select(a: &Words, b: &Words, mask: Mask) -> Words {
    let mask = mask.half();
    let mut out = *a;
    for (a, b) in out.iter_mut().zip(b) {
        *a ^= (*a ^ *b) & mask;
    }
    out
}
