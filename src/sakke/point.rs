//! Points of y² = x³ - 3x in affine coordinates and as octets.
//!
//! ```text
//!   04 | x, 128 octets | y, 128 octets          most significant octet first (RFC 6508 §4)
//! ```

use subtle::Choice;

use super::error::SakkeError;
use super::field::{Backend, RESIDUE_LEN, Residue, wipe_all};
#[cfg(test)]
use super::params::{P_X, P_Y};
use super::params::{Q_NAF, THREE};

/// Octets of a point: 257.
pub const POINT_LEN: usize = 257;

/// An affine point.
#[derive(Clone, Copy)]
pub struct Point<B: Backend> {
    pub(super) x: B::Fp,
    pub(super) y: B::Fp,
}

impl<B: Backend> core::fmt::Debug for Point<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Point(..)")
    }
}

impl<B: Backend> Point<B> {
    /// Not a point: holds the place of one.
    pub(super) const BLANK: Self = Self { x: B::Fp::ZERO, y: B::Fp::ZERO };

    /// The point P of parameter set 1.
    #[cfg(test)]
    pub(super) fn generator() -> Self {
        Self { x: B::Fp::from_limbs(&P_X), y: B::Fp::from_limbs(&P_Y) }
    }

    /// Reads a point: uncompressed, coordinates below p, on the curve. Its order is not looked at.
    pub(super) fn import(octets: &[u8]) -> Result<Self, SakkeError> {
        let octets = <&[u8; POINT_LEN]>::try_from(octets).map_err(|_| SakkeError::BadPoint)?;
        let (point, valid) = Self::read(octets);
        if bool::from(valid) { Ok(point) } else { Err(SakkeError::BadPoint) }
    }

    /// Reads the octets as a point, and whether they are one.
    #[inline(never)]
    pub(super) fn read(octets: &[u8; POINT_LEN]) -> (Self, Choice) {
        let [tag, coordinates @ ..] = octets;
        let mut halves = coordinates.as_chunks::<RESIDUE_LEN>().0.iter();
        let (x, x_fits) = halves.next().map_or((B::Fp::ZERO, Choice::from(0)), B::Fp::from_octets);
        let (y, y_fits) = halves.next().map_or((B::Fp::ZERO, Choice::from(0)), B::Fp::from_octets);
        let point = Self { x, y };
        (point, Choice::from(u8::from(*tag == 4)) & x_fits & y_fits & point.on_curve())
    }

    pub(super) fn export(&self, octets: &mut [u8; POINT_LEN]) {
        let [tag, coordinates @ ..] = octets;
        *tag = 4;
        for (half, coordinate) in
            coordinates.as_chunks_mut::<RESIDUE_LEN>().0.iter_mut().zip([&self.x, &self.y])
        {
            *half = coordinate.to_octets();
        }
    }

    fn on_curve(&self) -> Choice {
        let mut squared = self.x.square();
        let mut factor = squared.sub(&B::Fp::from_limbs(&THREE));
        let mut cubic = factor.mul(&self.x);
        squared = self.y.square();
        let holds = squared.same(&cubic);
        wipe_all([&mut squared, &mut factor, &mut cubic]);
        holds
    }

    pub(super) fn negate(&self) -> Self {
        Self { x: self.x, y: self.y.negate() }
    }

    /// Whether the point, on the curve, has order q.
    ///
    /// The chain of [q ± 1]T meets no exception unless the order divides 4; then its Z becomes zero and stays so.
    pub(super) fn has_order_q(&self) -> bool {
        let [_, middle @ .., last] = &Q_NAF;
        let mut chain = Jacobian::from_point(self);
        let (mut tangent, mut slope) = (Tangent::BLANK, B::Fp::ZERO);
        for digit in middle {
            chain.double(&mut tangent);
            if let Some(addend) = self.times_sign(*digit) {
                chain.add(&addend, &mut slope);
            }
        }
        chain.double(&mut tangent);
        let Some(expected) = self.times_sign(last.wrapping_neg()) else { return false };
        let square = chain.z.square();
        let same_x = chain.x.same(&expected.x.mul(&square));
        let same_y = chain.y.same(&expected.y.mul(&square).mul(&chain.z));
        bool::from(same_x & same_y & !chain.z.is_zero())
    }

    fn times_sign(&self, digit: i8) -> Option<Self> {
        match digit {
            1 => Some(*self),
            -1 => Some(self.negate()),
            _ => None,
        }
    }

    pub(super) fn wipe(&mut self) {
        wipe_all([&mut self.x, &mut self.y]);
    }
}

/// A point in Jacobian coordinates: x = X/Z², y = Y/Z³.
#[derive(Clone, Copy)]
pub(super) struct Jacobian<B: Backend> {
    pub(super) x: B::Fp,
    pub(super) y: B::Fp,
    pub(super) z: B::Fp,
}

/// What the tangent of a doubling needs: the old X, the square of the old Z, the numerator of the slope, and 2 Y².
pub(super) struct Tangent<B: Backend> {
    pub(super) x: B::Fp,
    pub(super) z_squared: B::Fp,
    pub(super) slope: B::Fp,
    pub(super) twice_y_squared: B::Fp,
}

impl<B: Backend> Tangent<B> {
    /// Holds the place of one.
    pub(super) const BLANK: Self =
        Self { x: B::Fp::ZERO, z_squared: B::Fp::ZERO, slope: B::Fp::ZERO, twice_y_squared: B::Fp::ZERO };

    pub(super) fn wipe(&mut self) {
        wipe_all([&mut self.x, &mut self.z_squared, &mut self.slope, &mut self.twice_y_squared]);
    }
}

// In place, and each in its own frame: the stack of a small device holds one of them at a time.
impl<B: Backend> Jacobian<B> {
    pub(super) fn from_point(point: &Point<B>) -> Self {
        Self { x: point.x, y: point.y, z: B::Fp::ONE }
    }

    /// Doubles the point and fills in its tangent.
    #[inline(never)]
    pub(super) fn double(&mut self, tangent: &mut Tangent<B>) {
        tangent.x = self.x;
        tangent.z_squared = self.z.square();
        let (mut a, mut b) = (self.x.sub(&tangent.z_squared), self.x.add(&tangent.z_squared));
        let mut product = a.mul(&b);
        a = product.double();
        tangent.slope = a.add(&product);
        a = self.y.square();
        tangent.twice_y_squared = a.double();
        b = self.y.mul(&self.z);
        self.z = b.double();
        product = tangent.twice_y_squared.mul(&self.x);
        a = product.double();
        product = a.double();
        b = tangent.slope.square();
        self.x = b.sub(&product);
        product = a.sub(&self.x);
        a = tangent.twice_y_squared.double();
        b = a.negate();
        self.y = B::Fp::mul_add(&tangent.slope, &product, &b, &tangent.twice_y_squared);
        wipe_all([&mut a, &mut b, &mut product]);
    }

    /// Adds an affine point and fills in the numerator of the slope; its denominator is the new Z.
    #[inline(never)]
    pub(super) fn add(&mut self, other: &Point<B>, slope: &mut B::Fp) {
        let mut a = self.z.square();
        let mut b = other.x.mul(&a);
        let mut h = b.sub(&self.x);
        b = other.y.mul(&a);
        a = b.mul(&self.z);
        *slope = a.sub(&self.y);
        b = self.z.mul(&h);
        self.z = b;
        a = h.square();
        let mut v = self.x.mul(&a);
        b = a.mul(&h);
        h = slope.square();
        a = h.sub(&b);
        h = v.double();
        self.x = a.sub(&h);
        a = v.sub(&self.x);
        v = self.y.negate();
        self.y = B::Fp::mul_add(slope, &a, &v, &b);
        wipe_all([&mut a, &mut b, &mut h, &mut v]);
    }

    pub(super) fn wipe(&mut self) {
        wipe_all([&mut self.x, &mut self.y, &mut self.z]);
    }
}
