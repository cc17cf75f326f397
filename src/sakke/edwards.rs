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

use super::field::{Backend, Residue};
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
        let kept = found.minus;
        found.minus.assign_if(&found.plus, negate);
        found.plus.assign_if(&kept, negate);
        let negated = found.product.negate();
        found.product.assign_if(&negated, negate);
        found
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

    /// What has to be inverted for [`to_point`](Self::to_point); zero for the neutral element.
    pub(super) fn denominator(&self) -> B::Fp {
        self.z.sub(&self.y).mul(&self.x)
    }

    /// Back to affine coordinates, given 1 / [`denominator`](Self::denominator).
    pub(super) fn to_point(self, inverse: &B::Fp) -> Point<B> {
        let top = self.z.add(&self.y).mul(&B::Fp::from_limbs(&U));
        let x = top.mul(&self.x).mul(inverse);
        let scale = self.z.sub(&self.y).mul(inverse).mul(&self.z);
        let y = x.mul(&scale).mul(&B::Fp::from_limbs(&K1));
        Point { x, y }
    }

    /// Whether this is the affine point `point`; never for the neutral element, where Z - Y is zero and Z + Y is not.
    pub(super) fn is(&self, point: &Point<B>) -> Choice {
        let top = self.z.add(&self.y).mul(&B::Fp::from_limbs(&U));
        let abscissa = point.x.mul(&self.z.sub(&self.y)).same(&top);
        let scaled = point.x.mul(&self.z).mul(&B::Fp::from_limbs(&K1));
        abscissa & point.y.mul(&self.x).same(&scaled)
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
    pub(super) fn double(&self) -> Self {
        let (a, b, c) = (self.x.square(), self.y.square(), self.z.square().double());
        let h = a.add(&b);
        let e = self.x.add(&self.y).square().sub(&h);
        let g = b.sub(&a);
        let f = g.sub(&c);
        // E, F, G and H = -h: the sign goes into Y and T.
        Self { x: e.mul(&f), y: g.mul(&h).negate(), z: f.mul(&g), t: e.mul(&h).negate() }
    }

    /// Twice the point, `count` times.
    pub(super) fn double_times(mut self, count: usize) -> Self {
        for _ in 0..count {
            self = self.double();
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
        let a = self.y.sub(&self.x).mul(&entry.minus);
        let b = self.y.add(&self.x).mul(&entry.plus);
        let c = self.t.mul(&entry.product);
        let (e, f, g, h) = (b.sub(&a), self.z.sub(&c), self.z.add(&c), b.add(&a));
        self.x = e.mul(&f);
        self.y = g.mul(&h);
        self.z = f.mul(&g);
        if with_t {
            self.t = e.mul(&h);
        }
    }

    /// Wipes all coordinates.
    pub(super) fn wipe(&mut self) {
        for coordinate in [&mut self.x, &mut self.y, &mut self.z, &mut self.t] {
            coordinate.wipe();
        }
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
