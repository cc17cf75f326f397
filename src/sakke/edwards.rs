//! The curve in twisted Edwards form, -x² + y² = 1 + x²y², where adding knows no exception in the group of order q.
//!
//! ```text
//!   y² = x³ - 3x             x' = K1 x / y              -x'² + y'² = 1 + x'² y'²
//!   (RFC 6509)      ------>  y' = (x - u) / (x + u)
//!                   <------  x  = u (1 + y') / (1 - y'),  y = K1 x / x'
//! ```
//!
//! u is the square root of -3 that is a square, K1 = sqrt(-2) sqrt(u³) / u.

use subtle::{Choice, ConstantTimeEq};

use super::field::{Backend, Residue, wipe_all};
use super::params::{HALF_P, K1, U};
use super::point::Point;

/// A point in extended coordinates: x' = X/Z, y' = Y/Z, x'y' = T/Z.
#[derive(Clone, Copy)]
pub struct Extended<B: Backend> {
    pub(super) x: B::Fp,
    pub(super) y: B::Fp,
    pub(super) z: B::Fp,
    pub(super) t: B::Fp,
}

/// A point of a table: (y' - x')/2, (y' + x')/2 and x'y'. The halves save a doubling in each addition.
#[derive(Clone, Copy)]
pub struct Entry<B: Backend> {
    pub(super) minus: B::Fp,
    pub(super) plus: B::Fp,
    pub(super) product: B::Fp,
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
    pub(super) const BLANK: Self = Self { minus: B::Fp::ZERO, plus: B::Fp::ZERO, product: B::Fp::ZERO };

    /// Reads entry `index`, negated when `negate` is set, and touches every entry alike.
    pub(super) fn read(table: &[Self], index: u32, negate: Choice) -> Self {
        // One coordinate at a time: its limbs stay in registers over the whole table.
        let entries = || table.iter().zip((0u32..).map(|at| at.ct_eq(&index)));
        let mut found = Self {
            minus: B::Fp::gather(entries().map(|(entry, hit)| (&entry.minus, hit))),
            plus: B::Fp::gather(entries().map(|(entry, hit)| (&entry.plus, hit))),
            product: B::Fp::gather(entries().map(|(entry, hit)| (&entry.product, hit))),
        };
        let mut kept = found.minus;
        found.minus.assign_if(&found.plus, negate);
        found.plus.assign_if(&kept, negate);
        kept = found.product.negate();
        found.product.assign_if(&kept, negate);
        kept.wipe();
        found
    }

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
    pub(super) fn to_entry(self) -> Entry<B> {
        let inverse = self.z.invert();
        let half = inverse.mul(&B::Fp::from_limbs(&HALF_P));
        Entry {
            minus: self.y.sub(&self.x).mul(&half),
            plus: self.y.add(&self.x).mul(&half),
            product: self.t.mul(&inverse),
        }
    }

    /// Twice the point.
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
        let mut f = g.sub(&b);
        self.x = e.mul(&f);
        self.z = f.mul(&g);
        // H = -h: the sign goes into F and E.
        f = g.negate();
        self.y = f.mul(&h);
        f = e.negate();
        self.t = f.mul(&h);
        wipe_all([&mut a, &mut b, &mut e, &mut f, &mut g, &mut h]);
    }

    /// Twice the point, `count` times.
    pub(super) fn double_times(mut self, count: usize) -> Self {
        for _ in 0..count {
            self.double_in_place();
        }
        self
    }

    /// The sum with another point.
    pub(super) fn add(&self, other: &Self) -> Self {
        let a = self.y.sub(&self.x).mul(&other.y.sub(&other.x));
        let b = self.y.add(&self.x).mul(&other.y.add(&other.x));
        let c = self.t.mul(&other.t).double();
        let d = self.z.mul(&other.z).double();
        let (e, f, g, h) = (b.sub(&a), d.sub(&c), d.add(&c), b.add(&a));
        Self { x: e.mul(&f), y: g.mul(&h), z: f.mul(&g), t: e.mul(&h) }
    }

    pub(super) fn negate(&self) -> Self {
        Self { x: self.x.negate(), y: self.y, z: self.z, t: self.t.negate() }
    }

    /// Adds an entry of a table. T is left out when a doubling follows, which does not read it.
    pub(super) fn add_entry(&mut self, entry: &Entry<B>, with_t: bool) {
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

/// The lower of the teeth of one column as the index of its entry, and whether the entry is to be negated.
pub(super) fn entry_index(pattern: u32, teeth: u32) -> (u32, Choice) {
    let lower = 1u32.wrapping_shl(teeth.wrapping_sub(1)).wrapping_sub(1);
    let top = pattern.wrapping_shr(teeth.wrapping_sub(1)) & 1;
    let negate = top ^ 1;
    let index = (pattern ^ negate.wrapping_neg()) & lower;
    (index, negate.ct_eq(&1))
}
