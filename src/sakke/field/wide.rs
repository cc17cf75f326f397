//! The 64-bit back-end: digits of 61 bits with R = 2^1037, reduced no further than what follows needs.

use core::fmt;
use core::hint::black_box;
use core::marker::PhantomData;

use subtle::{Choice, ConstantTimeEq};

use super::columns::{self, product_reduced, reduce};
use super::digits::{self, Constants, DIGITS, Digits, MASK};
use super::invert::wide_inverse;
use super::{Modulus, RESIDUE_LEN, Residue};
use crate::secret::wipe;

/// A residue in 17 digits of 61 bits, least significant first.
///
/// It is below six times the modulus, and each digit below 2^61 + 8: sums and differences keep that, a product is below
/// 1.1 times the modulus.
#[derive(Clone, Copy)]
pub struct Wide<M>(Digits, PhantomData<M>);

/// A residue in a table: below the modulus, in 16 limbs of 64 bits.
#[derive(Clone, Copy)]
#[repr(align(32))]
pub struct Stored([u64; 16]);

impl Stored {
    /// For the compiler, from the Montgomery form with R = 2^1024.
    pub(in crate::sakke) const fn constant<M: Modulus>(limbs: &[u64; 16]) -> Self {
        Self(digits::times_power(limbs, &M::LIMBS, 13))
    }
}

impl fmt::Debug for Stored {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stored(..)")
    }
}

impl<M> fmt::Debug for Wide<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wide(..)")
    }
}

#[inline(always)]
fn sub_borrow(a: u64, b: u64, borrow: bool) -> (u64, bool) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(u64::from(borrow));
    (difference, first | second)
}

/// All ones or all zeros. Without the barrier the compiler turns masks back into branches.
#[inline(always)]
fn mask(bit: bool) -> u64 {
    0u64.wrapping_sub(black_box(u64::from(bit)))
}

/// ORs two masked pairs of entries into `found`. As a function of its own it becomes vector instructions; each mask is an
/// argument, since the processor waits for a vector that is read from where its halves were just written.
#[inline(never)]
fn or_masked(
    found: &mut [u64; 16], [a, b]: [&Stored; 2], take_a: u64, take_b: u64, [c, d]: [&Stored; 2], take_c: u64,
    take_d: u64,
) {
    let limbs = a.0.iter().zip(&b.0).zip(c.0.iter().zip(&d.0));
    for (found, ((a, b), (c, d))) in found.iter_mut().zip(limbs) {
        *found |= (a & take_a) | (b & take_b) | (c & take_c) | (d & take_d);
    }
}

impl<M: Modulus> Wide<M> {
    const fn of(digits: Digits) -> Self {
        Self(digits, PhantomData)
    }

    /// The only number below the modulus, in limbs, of digits that are below twice the modulus.
    fn least(digits: &Digits) -> [u64; 16] {
        let mut less = [0; DIGITS];
        let mut borrow = 0u64;
        for ((less, digit), m) in less.iter_mut().zip(digits).zip(&Constants::<M>::DIGITS) {
            let difference = digit.wrapping_sub(*m).wrapping_sub(borrow);
            *less = difference & MASK;
            borrow = difference >> 63;
        }
        let keep = mask(borrow == 1);
        for (less, digit) in less.iter_mut().zip(digits) {
            *less ^= (*less ^ *digit) & keep;
        }
        let limbs = digits::limbs(&less);
        wipe(&mut less, [0; DIGITS]);
        limbs
    }

    /// The Montgomery form below the modulus, in limbs.
    fn canonical(&self) -> [u64; 16] {
        let mut digits = product_reduced::<M>(&self.0, &Constants::<M>::ONE);
        let limbs = Self::least(&digits);
        wipe(&mut digits, [0; DIGITS]);
        limbs
    }
}

impl<M: Modulus> Residue for Wide<M> {
    type Stored = Stored;

    const ZERO: Self = Self::of([0; DIGITS]);
    const ONE: Self = Self::of(Constants::<M>::ONE);
    const EMPTY: Stored = Stored([0; 16]);

    fn from_limbs(limbs: &[u64; 16]) -> Self {
        // R * 2^13, to come from one R to the other.
        let scale = const { &digits::digits(&digits::times_power(&M::R, &M::LIMBS, 26)) };
        Self::of(product_reduced::<M>(&digits::digits(limbs), scale))
    }

    fn from_octets(octets: &[u8; RESIDUE_LEN]) -> (Self, Choice) {
        let mut limbs = [0; 16];
        let (chunks, _) = octets.as_chunks::<8>();
        for (limb, chunk) in limbs.iter_mut().rev().zip(chunks) {
            *limb = u64::from_be_bytes(*chunk);
        }
        let mut borrow = false;
        for (limb, m) in limbs.iter().zip(&M::LIMBS) {
            (_, borrow) = sub_borrow(*limb, *m, borrow);
        }
        let mut integer = digits::digits(&limbs);
        let value = Self::of(product_reduced::<M>(&integer, &Constants::<M>::R_SQUARED));
        wipe(&mut limbs, [0; 16]);
        wipe(&mut integer, [0; DIGITS]);
        (value, Choice::from(u8::from(borrow)))
    }

    fn to_octets(&self) -> [u8; RESIDUE_LEN] {
        let mut one = [0; DIGITS];
        let [first, ..] = &mut one;
        *first = 1;
        let mut digits = product_reduced::<M>(&self.0, &one);
        let mut limbs = Self::least(&digits);
        let mut octets = [0; RESIDUE_LEN];
        let (chunks, _) = octets.as_chunks_mut::<8>();
        for (limb, chunk) in limbs.iter().rev().zip(chunks) {
            *chunk = limb.to_be_bytes();
        }
        wipe(&mut limbs, [0; 16]);
        wipe(&mut digits, [0; DIGITS]);
        octets
    }

    #[inline(never)]
    fn mul(&self, other: &Self) -> Self {
        Self::of(product_reduced::<M>(&self.0, &other.0))
    }

    #[inline(never)]
    fn square(&self) -> Self {
        Self::of(reduce::<M>(&columns::square(&self.0)))
    }

    #[inline(never)]
    fn mul_add(a: &Self, b: &Self, c: &Self, d: &Self) -> Self {
        let mut sum = columns::multiply(&a.0, &b.0);
        columns::add_product(&mut sum, &c.0, &d.0);
        Self::of(reduce::<M>(&sum))
    }

    fn complex(a: &Self, b: &Self, c: &Self, d: &Self) -> (Self, Self) {
        let (re, im) = columns::complex::<M>(&a.0, &b.0, &c.0, &d.0);
        (Self::of(re), Self::of(im))
    }

    #[inline]
    fn add(&self, other: &Self) -> Self {
        Self::of(digits::add::<M>(&self.0, &other.0))
    }

    #[inline]
    fn sub(&self, other: &Self) -> Self {
        Self::of(digits::sub::<M>(&self.0, &other.0))
    }

    fn invert(&self) -> Self {
        // (aR)^-1, twice multiplied by R^2: a^-1 * R.
        let squared = Self::of(Constants::<M>::R_SQUARED);
        let mut limbs = self.canonical();
        let mut inverse = wide_inverse(&limbs, &M::LIMBS, M::N0);
        let result = Self::of(digits::digits(&inverse)).mul(&squared).mul(&squared);
        wipe(&mut limbs, [0; 16]);
        wipe(&mut inverse, [0; 16]);
        result
    }

    fn same(&self, other: &Self) -> Choice {
        self.sub(other).canonical().ct_eq(&[0; 16])
    }

    #[inline]
    fn assign_if(&mut self, other: &Self, choice: Choice) {
        let take = mask(choice.unwrap_u8() == 1);
        for (digit, other) in self.0.iter_mut().zip(&other.0) {
            *digit ^= (*digit ^ *other) & take;
        }
    }

    fn store(&self) -> Stored {
        Stored(self.canonical())
    }

    #[inline]
    fn load(stored: &Stored) -> Self {
        Self::of(digits::digits(&stored.0))
    }

    #[inline]
    fn gather<'a>(mut entries: impl Iterator<Item = (&'a Stored, u64)>) -> Self {
        let mut found = Stored([0; 16]);
        while let Some(first) = entries.next() {
            let mut next = || entries.next().unwrap_or((first.0, 0));
            let (second, third, fourth) = (next(), next(), next());
            or_masked(
                &mut found.0,
                [first.0, second.0],
                first.1,
                second.1,
                [third.0, fourth.0],
                third.1,
                fourth.1,
            );
        }
        let value = Self::load(&found);
        Self::wipe_stored(&mut found);
        value
    }

    fn wipe(&mut self) {
        wipe(&mut self.0, [0; DIGITS]);
    }

    fn wipe_stored(stored: &mut Stored) {
        wipe(&mut stored.0, [0; 16]);
    }
}
