//! Points in Jacobian coordinates, for public values only: sums branch on their exceptions.

use super::affine::Affine;
use super::residue::Residue;

/// A point with x = X / Z^2, y = Y / Z^3; infinity has Z = 0.
#[derive(Clone, Copy)]
pub(crate) struct Jacobian<F> {
    pub(super) x: F,
    pub(super) y: F,
    pub(super) z: F,
}

/// A point to be added more than once.
#[derive(Clone, Copy)]
pub(super) struct Addend<F> {
    x: F,
    y: F,
    z: F,
    zz: F,
    zzz: F,
}

impl<F: Residue> From<&Affine<F>> for Jacobian<F> {
    fn from(point: &Affine<F>) -> Self {
        Self { x: point.x, y: point.y, z: F::ONE }
    }
}

impl<F: Residue> Jacobian<F> {
    pub(crate) const INFINITY: Self = Self { x: F::ONE, y: F::ONE, z: F::ZERO };

    pub(crate) fn is_infinity(&self) -> bool {
        self.z.is_zero().reveal()
    }

    /// Twice the point. Infinity stays infinity.
    #[must_use]
    #[inline]
    pub(crate) fn double(&self) -> Self {
        let Self { x, y, z } = self;
        let zz = z.square();
        let yy = y.square();
        let xyy = x.mul(&yy);
        let slope = x.sub(&zz).mul(&x.add(&zz));
        let slope = slope.double().add(&slope);
        let xyy4 = xyy.double().double();
        let x3 = slope.square().sub(&xyy4.double());
        let y3 = slope.mul(&xyy4.sub(&x3)).sub(&yy.double().square().double());
        Self { x: x3, y: y3, z: y.mul(z).double() }
    }

    /// The sum with an affine point.
    #[must_use]
    #[inline]
    pub(crate) fn add_affine(&self, other: &Affine<F>) -> Self {
        if self.is_infinity() {
            return other.into();
        }
        let zz = self.z.square();
        let x2 = other.x.mul(&zz);
        let y2 = other.y.mul(&self.z).mul(&zz);
        self.finish(&self.x, &self.y, &x2, &y2, &self.z)
    }

    /// The sum with a prepared point.
    #[must_use]
    #[inline]
    pub(super) fn add(&self, other: &Addend<F>) -> Self {
        if self.is_infinity() {
            return Self { x: other.x, y: other.y, z: other.z };
        }
        if other.z.is_zero().reveal() {
            return *self;
        }
        let zz = self.z.square();
        let x1 = self.x.mul(&other.zz);
        let y1 = self.y.mul(&other.zzz);
        let x2 = other.x.mul(&zz);
        let y2 = other.y.mul(&self.z).mul(&zz);
        self.finish(&x1, &y1, &x2, &y2, &self.z.mul(&other.z))
    }

    /// The sum of two points brought to the same Z, the product `z` of theirs.
    #[inline(always)]
    fn finish(&self, x1: &F, y1: &F, x2: &F, y2: &F, z: &F) -> Self {
        let h = x2.sub(x1);
        let slope = y2.sub(y1);
        if h.is_zero().reveal() {
            return if slope.is_zero().reveal() { self.double() } else { Self::INFINITY };
        }
        let hh = h.square();
        let hhh = hh.mul(&h);
        let v = x1.mul(&hh);
        let x = slope.square().sub(&hhh).sub(&v.double());
        let y = slope.mul(&v.sub(&x)).sub(&y1.mul(&hhh));
        Self { x, y, z: z.mul(&h) }
    }

    /// Whether the x-coordinate is `x`, without a division. Infinity has none.
    pub(crate) fn has_x(&self, x: &F) -> bool {
        !self.is_infinity() && self.z.square().mul(x).equals(&self.x).reveal()
    }

    pub(super) fn addend(&self) -> Addend<F> {
        let zz = self.z.square();
        Addend { x: self.x, y: self.y, z: self.z, zz, zzz: zz.mul(&self.z) }
    }

    /// All points in affine coordinates for one inversion; none may be infinity.
    pub(super) fn affine_all<const N: usize>(points: &[Self; N]) -> [Affine<F>; N] {
        let mut out = [Affine { x: F::ONE, y: F::ONE }; N];
        // Of each place, the product of the Z before it waits in x.
        let mut product = F::ONE;
        for (to, point) in out.iter_mut().zip(points) {
            to.x = product;
            product = product.mul(&point.z);
        }
        let mut inverse = product.invert();
        for (to, point) in out.iter_mut().zip(points).rev() {
            let own = inverse.mul(&to.x);
            inverse = inverse.mul(&point.z);
            let square = own.square();
            *to = Affine { x: point.x.mul(&square), y: point.y.mul(&square).mul(&own) };
        }
        out
    }
}

impl<F: Residue> Addend<F> {
    pub(super) const INFINITY: Self = Self { x: F::ONE, y: F::ONE, z: F::ZERO, zz: F::ZERO, zzz: F::ZERO };

    pub(super) fn neg(&self) -> Self {
        Self { y: self.y.neg(), ..*self }
    }
}
