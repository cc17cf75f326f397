//! Integers modulo n in four 64-bit words.

use super::inverse::{self, Modulus};
use super::words::{self, Words, adc, mac};
use crate::sakke::p256::N;
use crate::sakke::p256::mask::Mask;
use crate::sakke::p256::residue::Residue;

/// An integer modulo n.
#[derive(Clone, Copy)]
pub(crate) struct Scalar(Words);

/// -1 / n modulo 2^64.
const N_INVERSE: u64 = 0xccd1_c8aa_ee00_bc4f;

/// One step of the reduction: the window with a multiple of n added, without its lowest word, which has become 0.
#[inline(always)]
const fn step(window: Words) -> Words {
    let [a, b, c, d] = window;
    let [n0, n1, n2, n3] = N;
    let m = a.wrapping_mul(N_INVERSE);
    let (_, carry) = mac(a, m, n0, 0);
    let (b, carry) = mac(b, m, n1, carry);
    let (c, carry) = mac(c, m, n2, carry);
    let (d, top) = mac(d, m, n3, carry);
    [b, c, d, top]
}

/// `t / 2^256` modulo n.
#[inline(always)]
fn reduce(t: [u64; 8]) -> Scalar {
    let [t0, t1, t2, t3, t4, t5, t6, t7] = t;
    let [a, b, c, d] = step(step(step(step([t0, t1, t2, t3]))));
    let (a, carry) = adc(a, t4, 0);
    let (b, carry) = adc(b, t5, carry);
    let (c, carry) = adc(c, t6, carry);
    let (d, carry) = adc(d, t7, carry);
    Scalar(words::settle([a, b, c, d], carry, &N))
}

static MODULUS: Modulus = Modulus::new(&N);

impl Residue for Scalar {
    const MODULUS: Words = N;
    const ZERO: Self = Self([0; 4]);
    const ONE: Self =
        Self([0x0c46_353d_039c_daaf, 0x4319_0552_58e8_617b, 0x0000_0000_0000_0000, 0x0000_0000_ffff_ffff]);
    const R_SQUARED: Self =
        Self([0x8324_4c95_be79_eea2, 0x4699_799c_49bd_6fa6, 0x2845_b239_2b6b_ec59, 0x66e1_2d94_f3d9_5620]);

    #[inline(always)]
    fn from_words(words: &Words) -> Self {
        Self(*words)
    }

    #[inline(always)]
    fn words(&self) -> Words {
        self.0
    }

    #[inline]
    fn add(&self, other: &Self) -> Self {
        Self(words::add(&self.0, &other.0, &N))
    }

    #[inline]
    fn sub(&self, other: &Self) -> Self {
        Self(words::sub(&self.0, &other.0, &N))
    }

    #[inline]
    fn mul(&self, other: &Self) -> Self {
        reduce(words::product(&self.0, &other.0))
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
