//! The curve in twisted Edwards form, -x² + y² = 1 + x²y², where adding knows no exception in the group of order q.
//!
//! ```text
//!   y² = x³ - 3x             x' = K1 x / y              -x'² + y'² = 1 + x'² y'²
//!   (RFC 6509)      ------>  y' = (x - u) / (x + u)
//!                   <------  x  = u (1 + y') / (1 - y'),  y = K1 x / x'
//! ```
//!
//! u is the square root of -3 that is a square, K1 = sqrt(-2) sqrt(u³) / u.

use core::hint::black_box;

use subtle::{Choice, ConstantTimeEq};

use super::field::{Backend, Residue, wipe_all};
use super::params::{HALF_P, K1, U};
use super::point::Point;
use crate::secret::wipe;

/// A point in extended coordinates: x' = X/Z, y' = Y/Z, x'y' = T/Z.
#[derive(Clone, Copy)]
pub struct Extended<B: Backend> {
    pub(super) x: B::Fp,
    pub(super) y: B::Fp,
    pub(super) z: B::Fp,
    pub(super) t: B::Fp,
}

/// A point to be added: (y' - x')/2, (y' + x')/2 and x'y'. The halves save a doubling in each addition.
#[derive(Clone, Copy)]
pub(super) struct Addend<B: Backend> {
    pub(super) minus: B::Fp,
    pub(super) plus: B::Fp,
    pub(super) product: B::Fp,
}

type Stored<B> = <<B as Backend>::Fp as Residue>::Stored;

/// A point of a table: the same three in tables.
#[derive(Clone, Copy)]
pub struct Entry<B: Backend> {
    pub(super) minus: Stored<B>,
    pub(super) plus: Stored<B>,
    pub(super) product: Stored<B>,
}

impl<B: Backend> core::fmt::Debug for Extended<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Extended(..)")
    }
}

impl<B: Backend> core::fmt::Debug for Entry<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Entry(..)")
    }
}

impl<B: Backend> Entry<B> {
    /// Not a point: the content of a table before it is prepared.
    pub(super) const BLANK: Self = Self { minus: B::Fp::EMPTY, plus: B::Fp::EMPTY, product: B::Fp::EMPTY };

    /// Reads entry `index`, negated when `negate` is set, and touches every entry alike.
    #[inline(never)]
    pub(super) fn read(table: &[Self], index: u32, negate: Choice) -> Addend<B> {
        let mut masks = masks(index);
        // One coordinate at a time: its limbs stay in registers over the whole table.
        let entries = || table.iter().zip(masks.iter().copied());
        let mut found: Addend<B> = Addend {
            minus: B::Fp::gather(entries().map(|(entry, mask)| (&entry.minus, mask))),
            plus: B::Fp::gather(entries().map(|(entry, mask)| (&entry.plus, mask))),
            product: B::Fp::gather(entries().map(|(entry, mask)| (&entry.product, mask))),
        };
        let mut kept = found.minus;
        found.minus.assign_if(&found.plus, negate);
        found.plus.assign_if(&kept, negate);
        kept = found.product.negate();
        found.product.assign_if(&kept, negate);
        kept.wipe();
        wipe(&mut masks, [0; MAX_ENTRIES]);
        found
    }
}

impl<B: Backend> Addend<B> {
    /// Wipes all coordinates.
    pub(super) fn wipe(&mut self) {
        wipe_all([&mut self.minus, &mut self.plus, &mut self.product]);
    }
}

impl<B: Backend> Extended<B> {
    pub(super) const NEUTRAL: Self = Self { x: B::Fp::ZERO, y: B::Fp::ONE, z: B::Fp::ONE, t: B::Fp::ZERO };

    /// From a point of order q.
    pub(super) fn from_point(point: &Point<B>) -> Self {
        let u = B::Fp::from_limbs(&U);
        let (above, below) = (point.x.sub(&u), point.x.add(&u));
        let scaled = point.x.mul(&B::Fp::from_limbs(&K1));
        Self { x: scaled.mul(&below), y: above.mul(&point.y), z: below.mul(&point.y), t: scaled.mul(&above) }
    }

    /// What has to be inverted for [`affine`](Self::affine); zero for the neutral element.
    pub(super) fn denominator(&self) -> B::Fp {
        let mut difference = self.z.sub(&self.y);
        let product = difference.mul(&self.x);
        difference.wipe();
        product
    }

    /// Back to affine coordinates, given 1 / [`denominator`](Self::denominator).
    pub(super) fn affine(&self, inverse: &B::Fp) -> Point<B> {
        let mut top = self.z.add(&self.y);
        top = top.mul(&B::Fp::from_limbs(&U));
        top = top.mul(&self.x);
        let x = top.mul(inverse);
        let mut scale = self.z.sub(&self.y);
        scale = scale.mul(inverse);
        scale = scale.mul(&self.z);
        top = x.mul(&scale);
        let y = top.mul(&B::Fp::from_limbs(&K1));
        wipe_all([&mut top, &mut scale]);
        Point { x, y }
    }

    /// Whether this is the affine point `point`; never for the neutral element, where Z - Y is zero and Z + Y is not.
    pub(super) fn is(&self, point: &Point<B>) -> Choice {
        let mut left = self.z.add(&self.y);
        left = left.mul(&B::Fp::from_limbs(&U));
        let mut right = self.z.sub(&self.y);
        right = point.x.mul(&right);
        let abscissa = left.same(&right);
        left = point.x.mul(&self.z);
        left = left.mul(&B::Fp::from_limbs(&K1));
        right = point.y.mul(&self.x);
        let ordinate = left.same(&right);
        wipe_all([&mut left, &mut right]);
        abscissa & ordinate
    }

    /// The point as an entry of a table, at the price of an inversion.
    #[inline(never)]
    pub(super) fn entry(&self) -> Entry<B> {
        let inverse = self.z.invert();
        let half = inverse.mul(&B::Fp::from_limbs(&HALF_P));
        Entry {
            minus: self.y.sub(&self.x).mul(&half).store(),
            plus: self.y.add(&self.x).mul(&half).store(),
            product: self.t.mul(&inverse).store(),
        }
    }

    /// Twice the point.
    #[cfg(test)]
    pub(super) fn double(mut self) -> Self {
        self.double_in_place();
        self
    }

    /// Doubles the point.
    pub(super) fn double_in_place(&mut self) {
        let (mut a, mut b) = (self.x.square(), self.y.square());
        let mut h = a.add(&b);
        let mut g = b.sub(&a);
        a = self.x.add(&self.y);
        let mut e = a.square();
        e = e.sub(&h);
        b = self.z.square();
        b = b.double();
        // -F, and h = -H: all coordinates change their sign, which makes no difference.
        let mut f = b.sub(&g);
        self.x = e.mul(&f);
        self.z = f.mul(&g);
        self.y = g.mul(&h);
        self.t = e.mul(&h);
        wipe_all([&mut a, &mut b, &mut e, &mut f, &mut g, &mut h]);
    }

    /// Doubles the point `count` times.
    pub(super) fn double_times_in_place(&mut self, count: usize) {
        for _ in 0..count {
            self.double_in_place();
        }
    }

    /// The sum with another point.
    pub(super) fn add(mut self, other: &Self) -> Self {
        self.add_in_place(other);
        self
    }

    /// Adds another point; what the sum leaves behind is not secret where this is used.
    #[inline(never)]
    pub(super) fn add_in_place(&mut self, other: &Self) {
        let (mut e, mut h) = (self.y.sub(&self.x), other.y.sub(&other.x));
        let a = e.mul(&h);
        e = self.y.add(&self.x);
        h = other.y.add(&other.x);
        let b = e.mul(&h);
        (e, h) = (b.sub(&a), b.add(&a));
        let mut g = self.t.mul(&other.t);
        let c = g.double();
        g = self.z.mul(&other.z);
        let d = g.double();
        let f = d.sub(&c);
        g = d.add(&c);
        self.x = e.mul(&f);
        self.y = g.mul(&h);
        self.z = f.mul(&g);
        self.t = e.mul(&h);
    }

    pub(super) fn negate(&self) -> Self {
        Self { x: self.x.negate(), y: self.y, z: self.z, t: self.t.negate() }
    }

    /// The point of an entry of a table.
    pub(super) fn from_entry(entry: &Addend<B>) -> Self {
        let (x, y) = (entry.plus.sub(&entry.minus), entry.plus.add(&entry.minus));
        Self { x, y, z: B::Fp::ONE, t: entry.product }
    }

    /// Adds an entry of a table. T is left out when a doubling follows, which does not read it.
    #[inline(never)]
    pub(super) fn add_entry(&mut self, entry: &Addend<B>, with_t: bool) {
        let (mut f, mut g) = (self.y.sub(&self.x), self.y.add(&self.x));
        let (mut a, mut b) = (f.mul(&entry.minus), g.mul(&entry.plus));
        let (mut e, mut h) = (b.sub(&a), b.add(&a));
        a = self.t.mul(&entry.product);
        (f, g) = (self.z.sub(&a), self.z.add(&a));
        self.x = e.mul(&f);
        self.y = g.mul(&h);
        self.z = f.mul(&g);
        if with_t {
            self.t = e.mul(&h);
        }
        wipe_all([&mut a, &mut b, &mut e, &mut f, &mut g, &mut h]);
    }

    /// Wipes all coordinates.
    pub(super) fn wipe(&mut self) {
        wipe_all([&mut self.x, &mut self.y, &mut self.z, &mut self.t]);
    }
}

/// The most entries of a block.
pub(super) const MAX_ENTRIES: usize = 32;

/// For each entry of a block all ones if it is the one at `index`, else zero. Without the barrier the compiler turns masks
/// back into branches; it stands behind all of them, so that they are made several at once.
pub(super) fn masks(index: u32) -> [u64; MAX_ENTRIES] {
    let mut masks = [0; MAX_ENTRIES];
    for (mask, at) in masks.iter_mut().zip(0u32..) {
        *mask = u64::from(at ^ index).wrapping_sub(1).wrapping_shr(63).wrapping_neg();
    }
    black_box(&mut masks);
    masks
}

/// The lower of the teeth of one column as the index of its entry, and whether the entry is to be negated.
pub(super) fn entry_index(pattern: u32, teeth: u32) -> (u32, Choice) {
    let lower = 1u32.wrapping_shl(teeth.wrapping_sub(1)).wrapping_sub(1);
    let top = pattern.wrapping_shr(teeth.wrapping_sub(1)) & 1;
    let negate = top ^ 1;
    let index = (pattern ^ negate.wrapping_neg()) & lower;
    (index, negate.ct_eq(&1))
}
