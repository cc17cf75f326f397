//! Integers modulo p in four 64-bit words.

use super::inverse::{self, Modulus};
use super::words::{self, Words, adc, mac};
use crate::sakke::p256::P;
use crate::sakke::p256::mask::Mask;
use crate::sakke::p256::residue::Residue;

/// An integer modulo p.
#[derive(Clone, Copy)]
pub(crate) struct Field(Words);

/// One step of the reduction: the window with a multiple of p added, without its lowest word, which has become 0.
///
/// p is -1 modulo 2^64, so the multiple is the lowest word m itself, and m * p = m * 2^96 + m * p3 * 2^192 - m.
#[inline(always)]
const fn step(window: Words) -> Words {
    let [m, b, c, d] = window;
    let (b, carry) = adc(b, m << 32, 0);
    let (c, carry) = adc(c, m >> 32, carry);
    let (d, top) = mac(d, m, P3, carry);
    [b, c, d, top]
}

const P3: u64 = 0xffff_ffff_0000_0001;

/// The window plus `a * b`, and one step of the reduction.
// INVARIANT: the window and `a * b` together are at most (p - 1) * (2^64 + 1) < 2^320, so they need no sixth word.
#[inline(always)]
const fn row(window: [u64; 5], a: &Words, b: u64) -> [u64; 5] {
    let [a0, a1, a2, a3] = *a;
    let [w0, w1, w2, w3, w4] = window;
    let (m, c) = mac(w0, a0, b, 0);
    let (w1, c) = mac(w1, a1, b, c);
    let (w2, c) = mac(w2, a2, b, c);
    let (w3, c) = mac(w3, a3, b, c);
    let w4 = w4.wrapping_add(c);
    let (w1, c) = adc(w1, m << 32, 0);
    let (w2, c) = adc(w2, m >> 32, c);
    let (w3, top) = mac(w3, m, P3, c);
    let (w4, c) = adc(w4, top, 0);
    [w1, w2, w3, w4, c]
}

#[inline(always)]
fn multiply(a: &Words, b: &Words) -> Field {
    let [b0, b1, b2, b3] = *b;
    let window = row([0; 5], a, b0);
    let window = row(window, a, b1);
    let window = row(window, a, b2);
    let [w0, w1, w2, w3, w4] = row(window, a, b3);
    Field(words::settle([w0, w1, w2, w3], w4, &P))
}

/// `t / 2^256` modulo p.
#[inline(always)]
fn reduce(t: [u64; 8]) -> Field {
    let [t0, t1, t2, t3, t4, t5, t6, t7] = t;
    let [a, b, c, d] = step(step(step(step([t0, t1, t2, t3]))));
    let (a, carry) = adc(a, t4, 0);
    let (b, carry) = adc(b, t5, carry);
    let (c, carry) = adc(c, t6, carry);
    let (d, carry) = adc(d, t7, carry);
    Field(words::settle([a, b, c, d], carry, &P))
}

static MODULUS: Modulus = Modulus::new(&P);

impl Residue for Field {
    const MODULUS: Words = P;
    const ZERO: Self = Self([0; 4]);
    const ONE: Self = Self([1, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_fffe]);
    const R_SQUARED: Self = Self([3, 0xffff_fffb_ffff_ffff, 0xffff_ffff_ffff_fffe, 0x0000_0004_ffff_fffd]);

    #[inline(always)]
    fn from_words(words: &Words) -> Self {
        Self(*words)
    }

    #[inline(always)]
    fn words(&self) -> Words {
        self.0
    }

    #[inline(always)]
    fn add(&self, other: &Self) -> Self {
        Self(words::add(&self.0, &other.0, &P))
    }

    #[inline(always)]
    fn sub(&self, other: &Self) -> Self {
        Self(words::sub(&self.0, &other.0, &P))
    }

    #[inline]
    fn mul(&self, other: &Self) -> Self {
        multiply(&self.0, &other.0)
    }

    #[inline]
    fn square(&self) -> Self {
        reduce(words::square(&self.0))
    }

    fn invert(&self) -> Self {
        // Of x * R the steps give 1 / (x * R); each factor of R^2 is one R more in Montgomery form.
        let inverse = Self(inverse::invert(&self.0, &MODULUS));
        inverse.mul(&Self::R_SQUARED).mul(&Self::R_SQUARED)
    }

    #[inline(always)]
    fn select(&self, other: &Self, mask: Mask) -> Self {
        Self(words::select(&self.0, &other.0, mask))
    }
}
