//! Points of y² = x³ - 3x in affine coordinates and as octets.
//!
//! ```text
//!   04 | x, 128 octets | y, 128 octets          most significant octet first (RFC 6508 §4)
//! ```

use subtle::Choice;

use super::error::SakkeError;
use super::field::{Backend, RESIDUE_LEN, Residue};
use super::params::{P_X, P_Y, Q_NAF, THREE};

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
        let cubic = self.x.square().sub(&B::Fp::from_limbs(&THREE)).mul(&self.x);
        self.y.square().same(&cubic)
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
        for digit in middle {
            chain = chain.double().0;
            if let Some(addend) = self.times_sign(*digit) {
                chain = chain.add(&addend).0;
            }
        }
        chain = chain.double().0;
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
        self.x.wipe();
        self.y.wipe();
    }
}

/// A point in Jacobian coordinates: x = X/Z², y = Y/Z³.
#[derive(Clone, Copy)]
pub(super) struct Jacobian<B: Backend> {
    pub(super) x: B::Fp,
    pub(super) y: B::Fp,
    pub(super) z: B::Fp,
}

/// What the tangent of a doubling needs: the square of the old Z, the numerator of the slope, and 2 Y².
pub(super) struct Tangent<B: Backend> {
    pub(super) z_squared: B::Fp,
    pub(super) slope: B::Fp,
    pub(super) twice_y_squared: B::Fp,
}

impl<B: Backend> Jacobian<B> {
    pub(super) fn from_point(point: &Point<B>) -> Self {
        Self { x: point.x, y: point.y, z: B::Fp::ONE }
    }

    /// Twice the point, and its tangent.
    pub(super) fn double(&self) -> (Self, Tangent<B>) {
        let z_squared = self.z.square();
        let product = self.x.sub(&z_squared).mul(&self.x.add(&z_squared));
        let slope = product.double().add(&product);
        let twice_y_squared = self.y.square().double();
        let s = twice_y_squared.mul(&self.x).double();
        let x = slope.square().sub(&s.double());
        let y = B::Fp::mul_add(&slope, &s.sub(&x), &twice_y_squared.double().negate(), &twice_y_squared);
        let z = self.y.mul(&self.z).double();
        (Self { x, y, z }, Tangent { z_squared, slope, twice_y_squared })
    }

    /// The sum with an affine point, and the numerator of the slope; its denominator is the new Z.
    pub(super) fn add(&self, other: &Point<B>) -> (Self, B::Fp) {
        let z_squared = self.z.square();
        let h = other.x.mul(&z_squared).sub(&self.x);
        let slope = other.y.mul(&z_squared).mul(&self.z).sub(&self.y);
        let h_squared = h.square();
        let h_cubed = h_squared.mul(&h);
        let v = self.x.mul(&h_squared);
        let x = slope.square().sub(&h_cubed).sub(&v.double());
        let y = B::Fp::mul_add(&slope, &v.sub(&x), &self.y.negate(), &h_cubed);
        (Self { x, y, z: self.z.mul(&h) }, slope)
    }

    pub(super) fn wipe(&mut self) {
        for coordinate in [&mut self.x, &mut self.y, &mut self.z] {
            coordinate.wipe();
        }
    }
}
