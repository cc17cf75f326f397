//! Points in homogeneous coordinates with the complete formulas of Renes, Costello and Batina (2015/1060) for a = -3:
//! no sum and no doubling is an exception, so no branch is needed and none leaks.

use super::affine::{Affine, b};
use super::jacobian::Jacobian;
use super::mask::Mask;
use super::residue::Residue;

/// A point (X : Y : Z), x = X / Z, y = Y / Z; infinity is (0 : 1 : 0).
#[derive(Clone, Copy)]
pub(crate) struct Complete<F> {
    x: F,
    y: F,
    z: F,
}

impl<F: Residue> Complete<F> {
    pub(super) const INFINITY: Self = Self { x: F::ZERO, y: F::ONE, z: F::ZERO };

    /// The sum with a point that is not infinity (algorithm 5).
    #[must_use]
    #[inline]
    pub(super) fn add(&self, other: &Affine<F>) -> Self {
        let Self { x, y, z } = self;
        let b = b::<F>();
        let xx = x.mul(&other.x);
        let yy = y.mul(&other.y);
        let xy = other.x.add(&other.y).mul(&x.add(y)).sub(&xx.add(&yy));
        let yz = other.y.mul(z).add(y);
        let xz = other.x.mul(z).add(x);

        let part = xz.sub(&b.mul(z));
        let part = part.double().add(&part);
        let minus = yy.sub(&part);
        let plus = yy.add(&part);
        let zz3 = z.double().add(z);
        let part = b.mul(&xz).sub(&zz3).sub(&xx);
        let part = part.double().add(&part);
        let xx3 = xx.double().add(&xx).sub(&zz3);

        Self {
            x: xy.mul(&plus).sub(&yz.mul(&part)),
            y: plus.mul(&minus).add(&xx3.mul(&part)),
            z: yz.mul(&minus).add(&xy.mul(&xx3)),
        }
    }

    /// Twice the point (algorithm 6).
    #[must_use]
    #[inline]
    pub(super) fn double(&self) -> Self {
        let Self { x, y, z } = self;
        let b = b::<F>();
        let xx = x.square();
        let yy = y.square();
        let zz = z.square();
        let xy2 = x.mul(y).double();
        let xz2 = x.mul(z).double();

        let part = b.mul(&zz).sub(&xz2);
        let part = part.double().add(&part);
        let minus = yy.sub(&part);
        let plus = yy.add(&part);
        let zz3 = zz.double().add(&zz);
        let part = b.mul(&xz2).sub(&zz3).sub(&xx);
        let part = part.double().add(&part);
        let xx3 = xx.double().add(&xx).sub(&zz3);
        let yz2 = y.mul(z).double();

        Self {
            x: minus.mul(&xy2).sub(&yz2.mul(&part)),
            y: minus.mul(&plus).add(&xx3.mul(&part)),
            z: yz2.mul(&yy).double().double(),
        }
    }

    /// The point in affine coordinates; it must not be infinity.
    pub(crate) fn affine(&self) -> Affine<F> {
        let inverse = self.z.invert();
        Affine { x: self.x.mul(&inverse), y: self.y.mul(&inverse) }
    }

    /// Whether both are the same point, the other one given in Jacobian coordinates: X / Z = X' / Z'^2, Y / Z = Y' / Z'^3.
    /// Infinity has Z = 0 and Y other than 0 in both forms, so the second equation tells it from every other point.
    pub(crate) fn equals(&self, other: &Jacobian<F>) -> Mask {
        let zz = other.z.square();
        let x = self.x.mul(&zz).equals(&other.x.mul(&self.z));
        let y = self.y.mul(&zz.mul(&other.z)).equals(&other.y.mul(&self.z));
        x.and(y)
    }
}
