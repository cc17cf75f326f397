//! The 32-bit back-end: `a[i] * b` and `factor * modulus` in one pass over the limbs (UMAAL on Arm).

use core::cell::Cell;
use core::fmt;
use core::hint::black_box;
use core::marker::PhantomData;

use subtle::{Choice, ConstantTimeEq};

use super::invert::narrow_inverse;
use super::{Modulus, RESIDUE_LEN, Residue};
use crate::secret::wipe;

/// A residue in 32 limbs of 32 bits, least significant first.
#[derive(Clone, Copy)]
#[repr(align(8))]
pub struct Narrow<M>([u32; 32], PhantomData<M>);

impl<M> fmt::Debug for Narrow<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Narrow(..)")
    }
}

impl<M> Narrow<M> {
    /// The residue with this Montgomery form.
    pub(in crate::sakke) const fn constant(limbs: &[u64; 16]) -> Self {
        Self(halves(limbs), PhantomData)
    }
}

/// 64-bit limbs cut in halves.
#[allow(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
#[allow(
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "both bounds are in the types; no iterators in const"
)]
const fn halves(limbs: &[u64; 16]) -> [u32; 32] {
    let mut out = [0; 32];
    let mut i = 0;
    while i < 16 {
        out[2 * i] = limbs[i] as u32;
        out[2 * i + 1] = (limbs[i] >> 32) as u32;
        i += 1;
    }
    out
}

/// All bits the other way round.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "as above")]
const fn complement(limbs: &[u32; 32]) -> [u32; 32] {
    let mut out = [0; 32];
    let mut i = 0;
    while i < 32 {
        out[i] = !limbs[i];
        i += 1;
    }
    out
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low(x: u64) -> u32 {
    x as u32
}

/// `a * b + c + d`, which never overflows.
#[inline(always)]
fn multiply_add(a: u32, b: u32, c: u32, d: u32) -> (u32, u32) {
    let sum = u64::from(a).wrapping_mul(u64::from(b)).wrapping_add(u64::from(c)).wrapping_add(u64::from(d));
    (low(sum), low(sum >> 32))
}

/// A sum of long numbers, limb by limb.
///
/// The factor one comes out of a black box, so that adding with a carry is a single UMAAL where there is one.
struct Sum {
    carry: u32,
    one: u32,
}

impl Sum {
    /// With a carry, 0 or 1.
    #[inline(always)]
    fn new(carry: u32) -> Self {
        Self { carry, one: black_box(1) }
    }

    #[inline(always)]
    fn add(&mut self, a: u32, b: u32) -> u32 {
        let sum;
        (sum, self.carry) = multiply_add(self.one, a, b, self.carry);
        sum
    }

    #[inline(always)]
    const fn carry(&self) -> u32 {
        self.carry
    }
}

/// All ones or all zeros. Without the barrier the compiler turns masks back into branches.
#[inline(always)]
fn mask(bit: bool) -> u32 {
    0u32.wrapping_sub(black_box(u32::from(bit)))
}

impl<M: Modulus> Narrow<M> {
    /// The modulus, in the constants: built on the stack, it would cost as much as an addition.
    const MODULUS: &'static [u32; 32] = &halves(&M::LIMBS);
    const R_SQUARED: &'static [u32; 32] = &halves(&M::R_SQUARED);
    /// Adding it and one subtracts the modulus.
    const COMPLEMENT: &'static [u32; 32] = &complement(&halves(&M::LIMBS));

    /// Subtracts the modulus from `top * 2^1024 + limbs` once if that does not go below zero.
    #[inline(always)]
    fn reduced(limbs: &[u32; 32], top: u32) -> Self {
        let mut less = Self([0; 32], PhantomData);
        let mut sum = Sum::new(1);
        for ((less, limb), m) in less.0.iter_mut().zip(limbs).zip(Self::COMPLEMENT) {
            *less = sum.add(*limb, *m);
        }
        less.restore(top.wrapping_add(sum.carry()));
        less
    }

    /// Adds the modulus again where too much was subtracted: where nothing is left above the limbs.
    #[inline(always)]
    fn restore(&mut self, above: u32) {
        let again = mask(above == 0);
        let mut sum = Sum::new(0);
        for (limb, m) in self.0.iter_mut().zip(Self::MODULUS) {
            *limb = sum.add(*limb, *m & again);
        }
    }

    /// `a * b / 2^1024` modulo the modulus, for any `a` and a reduced `b`.
    fn montgomery(a: &[u32; 32], b: &[u32; 32]) -> Self {
        let pairs = Self::beside_modulus(b);
        let mut t = [0; 64];
        let mut top = 0;
        for (a, row) in a.iter().zip(rows(&mut t)) {
            top = Self::add_reduce(row, *a, &pairs, u64::from(top));
        }
        let Some(t) = t.last_chunk() else { return Self::ZERO };
        Self::reduced(t, top)
    }

    /// `(a * b + c * d) / 2^1024` modulo the modulus, for reduced numbers.
    fn montgomery_sum(a: &[u32; 32], b: &[u32; 32], c: &[u32; 32], d: &[u32; 32]) -> Self {
        let pairs = Self::beside_modulus(d);
        let mut t = [0; 64];
        let mut top = 0;
        for ((a, c), row) in a.iter().zip(c).zip(rows(&mut t)) {
            let carry = add_product(row, *a, b);
            top = Self::add_reduce(row, *c, &pairs, u64::from(top).wrapping_add(u64::from(carry)));
        }
        let Some(t) = t.last_chunk() else { return Self::ZERO };
        // Below 2.2 times the modulus.
        let Self(t, _) = Self::reduced(t, top);
        Self::reduced(&t, 0)
    }

    /// Each limb beside that of the modulus: one address for both, and one load.
    #[inline(always)]
    fn beside_modulus(b: &[u32; 32]) -> [[u32; 2]; 32] {
        let mut pairs = [[0; 2]; 32];
        for (pair, (b, m)) in pairs.iter_mut().zip(b.iter().zip(Self::MODULUS)) {
            *pair = [*b, *m];
        }
        pairs
    }

    /// Adds `a * b` and that multiple of the modulus which makes the lowest limb of the row zero, and `end` above the row's
    /// 32 limbs; returns what does not fit there.
    #[inline(always)]
    fn add_reduce(row: &[Cell<u32>], a: u32, pairs: &[[u32; 2]; 32], end: u64) -> u32 {
        let ([[b0, _], ..], [first, .., last]) = (pairs, row) else { return 0 };
        let factor = multiply_add(a, *b0, first.get(), 0).0.wrapping_mul(low(M::N0));
        let (mut carry, mut borne) = (0, 0);
        for (limbs, pairs) in row.as_chunks::<CHUNK>().0.iter().zip(pairs.as_chunks::<CHUNK>().0) {
            for (limb, [b, m]) in limbs.iter().zip(pairs) {
                let mut sum;
                (sum, carry) = multiply_add(a, *b, limb.get(), carry);
                (sum, borne) = multiply_add(factor, *m, sum, borne);
                limb.set(sum);
            }
        }
        let end = end.wrapping_add(u64::from(carry)).wrapping_add(u64::from(borne));
        last.set(low(end));
        low(end >> 32)
    }
}

/// Limbs that a loop takes at once.
const CHUNK: usize = 2;

/// Adds `a * b` to the lower 32 limbs of the row and returns the carry.
#[inline(always)]
fn add_product(row: &[Cell<u32>], a: u32, b: &[u32; 32]) -> u32 {
    let mut carry = 0;
    for (row, b) in row.as_chunks::<CHUNK>().0.iter().zip(b.as_chunks::<CHUNK>().0) {
        for (limb, b) in row.iter().zip(b) {
            let sum;
            (sum, carry) = multiply_add(a, *b, limb.get(), carry);
            limb.set(sum);
        }
    }
    carry
}

/// The rows of a product: 32 times 33 limbs, each a limb above the one before.
#[inline(always)]
fn rows(t: &mut [u32; 64]) -> impl Iterator<Item = &[Cell<u32>]> {
    Cell::from_mut(&mut t[..]).as_slice_of_cells().windows(33)
}

impl<M: Modulus> Residue for Narrow<M> {
    type Stored = Self;

    const ZERO: Self = Self([0; 32], PhantomData);
    const ONE: Self = Self::constant(&M::R);
    const EMPTY: Self = Self::ZERO;

    fn from_limbs(limbs: &[u64; 16]) -> Self {
        Self::constant(limbs)
    }

    fn from_octets(octets: &[u8; RESIDUE_LEN]) -> (Self, Choice) {
        let mut limbs = [0; 32];
        let (chunks, _) = octets.as_chunks::<4>();
        for (limb, chunk) in limbs.iter_mut().rev().zip(chunks) {
            *limb = u32::from_be_bytes(*chunk);
        }
        let mut sum = Sum::new(1);
        for (limb, m) in limbs.iter().zip(Self::COMPLEMENT) {
            let _ = sum.add(*limb, *m);
        }
        let value = Self::montgomery(&limbs, Self::R_SQUARED);
        wipe(&mut limbs, [0; 32]);
        (value, !Choice::from(u8::from(sum.carry() == 1)))
    }

    fn to_octets(&self) -> [u8; RESIDUE_LEN] {
        let mut one = [0; 32];
        let [first, ..] = &mut one;
        *first = 1;
        let Self(mut limbs, _) = Self::montgomery(&self.0, &one);
        let mut octets = [0; RESIDUE_LEN];
        let (chunks, _) = octets.as_chunks_mut::<4>();
        for (limb, chunk) in limbs.iter().rev().zip(chunks) {
            *chunk = limb.to_be_bytes();
        }
        wipe(&mut limbs, [0; 32]);
        octets
    }

    #[inline(never)]
    fn mul(&self, other: &Self) -> Self {
        Self::montgomery(&self.0, &other.0)
    }

    #[inline(never)]
    fn mul_add(a: &Self, b: &Self, c: &Self, d: &Self) -> Self {
        Self::montgomery_sum(&a.0, &b.0, &c.0, &d.0)
    }

    #[inline(never)]
    fn add(&self, other: &Self) -> Self {
        let mut out = Self([0; 32], PhantomData);
        let (mut sum, mut less) = (Sum::new(0), Sum::new(1));
        for ((limb, m), (a, b)) in out.0.iter_mut().zip(Self::COMPLEMENT).zip(self.0.iter().zip(&other.0)) {
            *limb = less.add(sum.add(*a, *b), *m);
        }
        out.restore(sum.carry().wrapping_add(less.carry()));
        out
    }

    #[inline(never)]
    fn sub(&self, other: &Self) -> Self {
        let mut out = Self([0; 32], PhantomData);
        let mut sum = Sum::new(1);
        for (limb, (a, b)) in out.0.iter_mut().zip(self.0.iter().zip(&other.0)) {
            *limb = sum.add(*a, !*b);
        }
        out.restore(sum.carry());
        out
    }

    fn invert(&self) -> Self {
        // (aR)^-1, twice multiplied by R^2: a^-1 * R.
        let inverse = Self(narrow_inverse(&self.0, Self::MODULUS, low(M::N0)), PhantomData);
        Self::montgomery(&inverse.mul(&Self::constant(&M::R_SQUARED)).0, Self::R_SQUARED)
    }

    fn same(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }

    #[inline]
    fn assign_if(&mut self, other: &Self, choice: Choice) {
        let take = mask(choice.unwrap_u8() == 1);
        for (limb, other) in self.0.iter_mut().zip(&other.0) {
            *limb ^= (*limb ^ *other) & take;
        }
    }

    fn store(&self) -> Self {
        *self
    }

    #[inline]
    fn load(stored: &Self) -> Self {
        *stored
    }

    #[inline]
    fn gather<'a>(entries: impl Iterator<Item = (&'a Self, u64)>) -> Self {
        let mut found = [0; 32];
        for (entry, take) in entries {
            let take = low(take);
            for (found, limb) in found.iter_mut().zip(&entry.0) {
                *found |= *limb & take;
            }
        }
        Self(found, PhantomData)
    }

    fn wipe(&mut self) {
        wipe(&mut self.0, [0; 32]);
    }

    fn wipe_stored(stored: &mut Self) {
        stored.wipe();
    }
}
