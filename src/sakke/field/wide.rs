//! The 64-bit back-end: one row of `a[i] * b` and one of `m * modulus` at a time.

use core::fmt;
use core::hint::black_box;
use core::marker::PhantomData;

use subtle::{Choice, ConstantTimeEq};

use super::invert::wide_inverse;
use super::{Modulus, RESIDUE_LEN, Residue};
use crate::secret::wipe;

/// A residue in 16 limbs of 64 bits, least significant first.
#[derive(Clone, Copy)]
#[repr(align(32))]
pub struct Wide<M>([u64; 16], PhantomData<M>);

impl<M> fmt::Debug for Wide<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wide(..)")
    }
}

impl<M> Wide<M> {
    /// The residue with this Montgomery form.
    pub(in crate::sakke) const fn constant(limbs: &[u64; 16]) -> Self {
        Self(*limbs, PhantomData)
    }
}

#[inline(always)]
#[allow(clippy::cast_possible_truncation, reason = "the low half is what is asked for")]
const fn low(x: u128) -> u64 {
    x as u64
}

/// `a * b + c + d`, which never overflows, carry by carry: the faster form where two rows are in flight.
#[inline(always)]
fn multiply_add(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let product = u128::from(a).wrapping_mul(u128::from(b));
    let (sum, first) = low(product).overflowing_add(c);
    let high = low(product >> 64).wrapping_add(u64::from(first));
    let (sum, second) = sum.overflowing_add(d);
    (sum, high.wrapping_add(u64::from(second)))
}

/// The same in one sum: the faster form where three rows are in flight.
#[inline(always)]
fn multiply_add_wide(a: u64, b: u64, c: u64, d: u64) -> (u64, u64) {
    let sum =
        u128::from(a).wrapping_mul(u128::from(b)).wrapping_add(u128::from(c)).wrapping_add(u128::from(d));
    (low(sum), low(sum >> 64))
}

#[inline(always)]
fn add_carry(a: u64, b: u64, carry: bool) -> (u64, bool) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(u64::from(carry));
    (sum, first | second)
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

impl<M: Modulus> Wide<M> {
    /// Subtracts the modulus from `top * 2^1024 + limbs` once if that does not go below zero.
    #[inline(always)]
    fn reduced(mut limbs: [u64; 16], top: u64) -> Self {
        let mut less = [0; 16];
        let mut borrow = false;
        for ((less, limb), m) in less.iter_mut().zip(&limbs).zip(&M::LIMBS) {
            (*less, borrow) = sub_borrow(*limb, *m, borrow);
        }
        let (_, borrow) = top.overflowing_sub(u64::from(borrow));
        let keep = mask(borrow);
        for (limb, less) in limbs.iter_mut().zip(&less) {
            *limb = *less ^ ((*less ^ *limb) & keep);
        }
        Self(limbs, PhantomData)
    }

    /// `a * b / 2^1024` modulo the modulus, for any `a` and a reduced `b`.
    fn montgomery(a: &[u64; 16], b: &[u64; 16]) -> Self {
        let [m0, modulus @ ..] = &M::LIMBS;
        let mut t = [0u64; 16];
        let mut top = 0u64;
        for a in a {
            let mut carry = 0;
            for (t, b) in t.iter_mut().zip(b) {
                (*t, carry) = multiply_add(*a, *b, *t, carry);
            }
            let (t16, over) = top.overflowing_add(carry);

            let [first, ..] = t;
            let factor = first.wrapping_mul(M::N0);
            let (_, mut carry) = multiply_add(factor, *m0, first, 0);
            let mut below = [0u64; 16];
            let [.., last] = &mut below;
            *last = t16;
            let [_, rest @ ..] = &t;
            for ((below, t), m) in below.iter_mut().zip(rest).zip(modulus) {
                (*below, carry) = multiply_add(factor, *m, *t, carry);
            }
            let [.., last] = &mut below;
            let (sum, again) = t16.overflowing_add(carry);
            *last = sum;
            top = u64::from(over).wrapping_add(u64::from(again));
            t = below;
        }
        Self::reduced(t, top)
    }
}

impl<M: Modulus> Wide<M> {
    /// `(a * b + c * d) / 2^1024` modulo the modulus, for reduced numbers.
    fn montgomery_sum(a: &[u64; 16], b: &[u64; 16], c: &[u64; 16], d: &[u64; 16]) -> Self {
        let [m0, modulus @ ..] = &M::LIMBS;
        let mut t = [0u64; 16];
        let mut top = 0u64;
        for (a, c) in a.iter().zip(c) {
            let mut carry = 0;
            for (t, b) in t.iter_mut().zip(b) {
                (*t, carry) = multiply_add_wide(*a, *b, *t, carry);
            }
            let mut again = 0;
            for (t, d) in t.iter_mut().zip(d) {
                (*t, again) = multiply_add_wide(*c, *d, *t, again);
            }
            let end = u128::from(top).wrapping_add(u128::from(carry)).wrapping_add(u128::from(again));

            let [first, ..] = t;
            let factor = first.wrapping_mul(M::N0);
            let (_, mut carry) = multiply_add_wide(factor, *m0, first, 0);
            let mut below = [0u64; 16];
            let [_, rest @ ..] = &t;
            for ((below, t), m) in below.iter_mut().zip(rest).zip(modulus) {
                (*below, carry) = multiply_add_wide(factor, *m, *t, carry);
            }
            let end = end.wrapping_add(u128::from(carry));
            let [.., last] = &mut below;
            *last = low(end);
            top = low(end >> 64);
            t = below;
        }
        // Below 2.2 times the modulus.
        let Self(t, _) = Self::reduced(t, top);
        Self::reduced(t, 0)
    }
}

impl<M: Modulus> Residue for Wide<M> {
    const ZERO: Self = Self([0; 16], PhantomData);
    const ONE: Self = Self(M::R, PhantomData);

    fn from_limbs(limbs: &[u64; 16]) -> Self {
        Self::constant(limbs)
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
        let value = Self::montgomery(&limbs, &M::R_SQUARED);
        wipe(&mut limbs, [0; 16]);
        (value, Choice::from(u8::from(borrow)))
    }

    fn to_octets(&self) -> [u8; RESIDUE_LEN] {
        let mut one = [0; 16];
        let [first, ..] = &mut one;
        *first = 1;
        let Self(mut limbs, _) = Self::montgomery(&self.0, &one);
        let mut octets = [0; RESIDUE_LEN];
        let (chunks, _) = octets.as_chunks_mut::<8>();
        for (limb, chunk) in limbs.iter().rev().zip(chunks) {
            *chunk = limb.to_be_bytes();
        }
        wipe(&mut limbs, [0; 16]);
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
        let mut sum = [0; 16];
        let mut carry = false;
        for ((sum, a), b) in sum.iter_mut().zip(&self.0).zip(&other.0) {
            (*sum, carry) = add_carry(*a, *b, carry);
        }
        Self::reduced(sum, u64::from(carry))
    }

    #[inline]
    fn sub(&self, other: &Self) -> Self {
        let mut difference = [0; 16];
        let mut borrow = false;
        for ((difference, a), b) in difference.iter_mut().zip(&self.0).zip(&other.0) {
            (*difference, borrow) = sub_borrow(*a, *b, borrow);
        }
        let add = mask(borrow);
        let mut carry = false;
        for (limb, m) in difference.iter_mut().zip(&M::LIMBS) {
            (*limb, carry) = add_carry(*limb, *m & add, carry);
        }
        Self(difference, PhantomData)
    }

    fn invert(&self) -> Self {
        // (aR)^-1, twice multiplied by R^2: a^-1 * R.
        let inverse = Self(wide_inverse(&self.0, &M::LIMBS, M::N0), PhantomData);
        inverse.mul(&Self(M::R_SQUARED, PhantomData)).mul(&Self(M::R_SQUARED, PhantomData))
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
        let mut found = [0; 16];
        for (entry, choice) in entries {
            let take = mask(choice.unwrap_u8() == 1);
            for (found, limb) in found.iter_mut().zip(&entry.0) {
                *found |= *limb & take;
            }
        }
        Self(found, PhantomData)
    }

    fn wipe(&mut self) {
        wipe(&mut self.0, [0; 16]);
    }
}
