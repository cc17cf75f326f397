//! Integers modulo p in eight 32-bit words.

use super::words::{self, Words, adc, sbb};
use crate::sakke::p256::mask::Mask;
use crate::sakke::p256::residue::Residue;
use crate::sakke::p256::{P, chains};

/// An integer modulo p.
#[derive(Clone, Copy)]
pub(crate) struct Field(Words);

const MODULUS: Words = words::split(&P);

/// The window, which `carry * 2^256` is still to be added to, plus a multiple of p, one word down.
///
/// p is -1 modulo 2^32, so the multiple is the lowest word m itself, and
/// m * p = m * 2^96 + m * 2^192 + m * 2^256 - m * 2^224 - m: no multiplication at all.
#[inline(always)]
fn step(window: [u32; 9], carry: u32) -> [u32; 9] {
    let [m, w1, w2, w3, w4, w5, w6, w7, w8] = window;
    let (w8, w9) = adc(w8, carry, 0);
    let (w3, c) = adc(w3, m, 0);
    let (w4, c) = adc(w4, 0, c);
    let (w5, c) = adc(w5, 0, c);
    let (w6, c) = adc(w6, m, c);
    let (w7, c) = adc(w7, 0, c);
    let (w8, c) = adc(w8, m, c);
    let w9 = w9.wrapping_add(c);
    let (w7, b) = sbb(w7, m, 0);
    let (w8, b) = sbb(w8, 0, b);
    let w9 = w9.wrapping_sub(b);
    [w1, w2, w3, w4, w5, w6, w7, w8, w9]
}

#[inline(never)]
fn multiply(a: &Words, b: &Words) -> Words {
    words::multiply(a, b, &MODULUS, step)
}

impl Residue for Field {
    const MODULUS: [u64; 4] = P;
    const ZERO: Self = Self([0; 8]);
    const ONE: Self =
        Self(words::split(&[1, 0xffff_ffff_0000_0000, 0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_fffe]));
    const R_SQUARED: Self =
        Self(words::split(&[3, 0xffff_fffb_ffff_ffff, 0xffff_ffff_ffff_fffe, 0x0000_0004_ffff_fffd]));

    #[inline(always)]
    fn from_words(words: &[u64; 4]) -> Self {
        Self(words::split(words))
    }

    #[inline(always)]
    fn words(&self) -> [u64; 4] {
        words::join(&self.0)
    }

    #[inline(never)]
    fn add(&self, other: &Self) -> Self {
        Self(words::add(&self.0, &other.0, &MODULUS))
    }

    #[inline(never)]
    fn sub(&self, other: &Self) -> Self {
        Self(words::sub(&self.0, &other.0, &MODULUS))
    }

    #[inline(always)]
    fn mul(&self, other: &Self) -> Self {
        Self(multiply(&self.0, &other.0))
    }

    #[inline(always)]
    fn square(&self) -> Self {
        Self(multiply(&self.0, &self.0))
    }

    fn invert(&self) -> Self {
        chains::field_inverse(self)
    }

    #[inline(always)]
    fn select(&self, other: &Self, mask: Mask) -> Self {
        Self(words::select(&self.0, &other.0, mask))
    }
}
