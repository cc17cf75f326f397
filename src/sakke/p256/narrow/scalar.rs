//! Integers modulo n in eight 32-bit words.

use super::words::{self, Words, adc, mac};
use crate::sakke::p256::mask::Mask;
use crate::sakke::p256::residue::Residue;
use crate::sakke::p256::{N, chains};

/// An integer modulo n.
#[derive(Clone, Copy)]
pub(crate) struct Scalar(Words);

const MODULUS: Words = words::split(&N);

/// -1 / n modulo 2^32.
const N_INVERSE: u32 = 0xee00_bc4f;

/// The window, which `carry * 2^256` is still to be added to, plus a multiple of n, one word down.
#[inline(always)]
fn step(mut window: [u32; 9], carry: u32) -> [u32; 9] {
    let [low, ..] = window;
    let m = low.wrapping_mul(N_INVERSE);
    let mut product = 0;
    for (word, n) in window.iter_mut().zip(&MODULUS) {
        (*word, product) = mac(*word, m, *n, product);
    }
    let [_, w1, w2, w3, w4, w5, w6, w7, w8] = window;
    let (w8, c) = adc(w8, carry, 0);
    let (w8, d) = adc(w8, product, 0);
    [w1, w2, w3, w4, w5, w6, w7, w8, c.wrapping_add(d)]
}

#[inline(never)]
fn multiply(a: &Words, b: &Words) -> Words {
    words::multiply(a, b, &MODULUS, step)
}

impl Residue for Scalar {
    const MODULUS: [u64; 4] = N;
    const ZERO: Self = Self([0; 8]);
    const ONE: Self = Self(words::split(&[
        0x0c46_353d_039c_daaf,
        0x4319_0552_58e8_617b,
        0x0000_0000_0000_0000,
        0x0000_0000_ffff_ffff,
    ]));
    const R_SQUARED: Self = Self(words::split(&[
        0x8324_4c95_be79_eea2,
        0x4699_799c_49bd_6fa6,
        0x2845_b239_2b6b_ec59,
        0x66e1_2d94_f3d9_5620,
    ]));

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
        chains::scalar_inverse(self)
    }

    #[inline(always)]
    fn select(&self, other: &Self, mask: Mask) -> Self {
        Self(words::select(&self.0, &other.0, mask))
    }
}
