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

#[inline(always)]
fn add_carry(a: u32, b: u32, carry: bool) -> (u32, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(u32::from(carry));
    (sum, first | second)
}

#[inline(always)]
fn sub_borrow(a: u32, b: u32, borrow: bool) -> (u32, bool) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(u32::from(borrow));
    (difference, first | second)
}

/// All ones or all zeros. Without the barrier the compiler turns masks back into branches.
#[inline(always)]
fn mask(bit: bool) -> u32 {
    0u32.wrapping_sub(black_box(u32::from(bit)))
}

impl<M: Modulus> Narrow<M> {
    /// Subtracts the modulus from `top * 2^1024 + limbs` once if that does not go below zero.
    #[inline(always)]
    fn reduced(mut limbs: [u32; 32], top: u32) -> Self {
        let mut less = [0; 32];
        let mut borrow = false;
        for ((less, limb), m) in less.iter_mut().zip(&limbs).zip(&halves(&M::LIMBS)) {
            (*less, borrow) = sub_borrow(*limb, *m, borrow);
        }
        let (_, borrow) = top.overflowing_sub(u32::from(borrow));
        let keep = mask(borrow);
        for (limb, less) in limbs.iter_mut().zip(&less) {
            *limb = *less ^ ((*less ^ *limb) & keep);
        }
        Self(limbs, PhantomData)
    }

    /// `a * b / 2^1024` modulo the modulus, for any `a` and a reduced `b`.
    fn montgomery(a: &[u32; 32], b: &[u32; 32]) -> Self {
        let modulus = halves(&M::LIMBS);
        let n0 = low(M::N0);
        let [b0, b @ ..] = b;
        let [m0, modulus @ ..] = &modulus;
        let mut t = [0u32; 32];
        let mut top = 0u32;
        for a in a {
            let [first, ..] = t;
            let (sum, mut carry) = multiply_add(*a, *b0, first, 0);
            let factor = sum.wrapping_mul(n0);
            let (_, mut borne) = multiply_add(factor, *m0, sum, 0);
            let mut limbs =
                Cell::from_mut(&mut t[..]).as_slice_of_cells().windows(2).zip(b.iter().zip(modulus));
            limbs.by_ref().for_each(|(pair, (b, m))| {
                if let [below, here] = pair {
                    let sum;
                    (sum, carry) = multiply_add(*a, *b, here.get(), carry);
                    let moved;
                    (moved, borne) = multiply_add(factor, *m, sum, borne);
                    below.set(moved);
                }
            });
            let end = u64::from(carry).wrapping_add(u64::from(borne)).wrapping_add(u64::from(top));
            let [.., last] = &mut t;
            *last = low(end);
            top = low(end >> 32);
        }
        Self::reduced(t, top)
    }
}

impl<M: Modulus> Narrow<M> {
    /// `(a * b + c * d) / 2^1024` modulo the modulus, for reduced numbers.
    fn montgomery_sum(a: &[u32; 32], b: &[u32; 32], c: &[u32; 32], d: &[u32; 32]) -> Self {
        let modulus = halves(&M::LIMBS);
        let n0 = low(M::N0);
        let ([b0, b @ ..], [d0, d @ ..]) = (b, d);
        let [m0, modulus @ ..] = &modulus;
        let mut t = [0u32; 32];
        let mut top = 0u32;
        for (a, c) in a.iter().zip(c) {
            let [first, ..] = t;
            let (sum, mut carry) = multiply_add(*a, *b0, first, 0);
            let (sum, mut again) = multiply_add(*c, *d0, sum, 0);
            let factor = sum.wrapping_mul(n0);
            let (_, mut borne) = multiply_add(factor, *m0, sum, 0);
            let cells = Cell::from_mut(&mut t[..]).as_slice_of_cells();
            for (pair, ((b, d), m)) in cells.windows(2).zip(b.iter().zip(d).zip(modulus)) {
                if let [below, here] = pair {
                    let mut sum;
                    (sum, carry) = multiply_add(*a, *b, here.get(), carry);
                    (sum, again) = multiply_add(*c, *d, sum, again);
                    (sum, borne) = multiply_add(factor, *m, sum, borne);
                    below.set(sum);
                }
            }
            let carries = u64::from(carry).wrapping_add(u64::from(again));
            let end = carries.wrapping_add(u64::from(borne)).wrapping_add(u64::from(top));
            let [.., last] = &mut t;
            *last = low(end);
            top = low(end >> 32);
        }
        // Below 2.2 times the modulus.
        let Self(t, _) = Self::reduced(t, top);
        Self::reduced(t, 0)
    }
}

impl<M: Modulus> Residue for Narrow<M> {
    const ZERO: Self = Self([0; 32], PhantomData);
    const ONE: Self = Self::constant(&M::R);

    fn from_limbs(limbs: &[u64; 16]) -> Self {
        Self::constant(limbs)
    }

    fn from_octets(octets: &[u8; RESIDUE_LEN]) -> (Self, Choice) {
        let mut limbs = [0; 32];
        let (chunks, _) = octets.as_chunks::<4>();
        for (limb, chunk) in limbs.iter_mut().rev().zip(chunks) {
            *limb = u32::from_be_bytes(*chunk);
        }
        let mut borrow = false;
        for (limb, m) in limbs.iter().zip(&halves(&M::LIMBS)) {
            (_, borrow) = sub_borrow(*limb, *m, borrow);
        }
        let value = Self::montgomery(&limbs, &halves(&M::R_SQUARED));
        wipe(&mut limbs, [0; 32]);
        (value, Choice::from(u8::from(borrow)))
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

    #[inline]
    fn add(&self, other: &Self) -> Self {
        let mut sum = [0; 32];
        let mut carry = false;
        for ((sum, a), b) in sum.iter_mut().zip(&self.0).zip(&other.0) {
            (*sum, carry) = add_carry(*a, *b, carry);
        }
        Self::reduced(sum, u32::from(carry))
    }

    #[inline]
    fn sub(&self, other: &Self) -> Self {
        let mut difference = [0; 32];
        let mut borrow = false;
        for ((difference, a), b) in difference.iter_mut().zip(&self.0).zip(&other.0) {
            (*difference, borrow) = sub_borrow(*a, *b, borrow);
        }
        let add = mask(borrow);
        let mut carry = false;
        for (limb, m) in difference.iter_mut().zip(&halves(&M::LIMBS)) {
            (*limb, carry) = add_carry(*limb, *m & add, carry);
        }
        Self(difference, PhantomData)
    }

    fn invert(&self) -> Self {
        // (aR)^-1, twice multiplied by R^2: a^-1 * R.
        let inverse = Self(narrow_inverse(&self.0, &halves(&M::LIMBS), low(M::N0)), PhantomData);
        inverse.mul(&Self::constant(&M::R_SQUARED)).mul(&Self::constant(&M::R_SQUARED))
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

    #[inline]
    fn gather<'a>(entries: impl Iterator<Item = (&'a Self, Choice)>) -> Self {
        let mut found = [0; 32];
        for (entry, choice) in entries {
            let take = mask(choice.unwrap_u8() == 1);
            for (found, limb) in found.iter_mut().zip(&entry.0) {
                *found |= *limb & take;
            }
        }
        Self(found, PhantomData)
    }

    fn wipe(&mut self) {
        wipe(&mut self.0, [0; 32]);
    }
}
