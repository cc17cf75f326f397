//! F_p2 = F_p[i] with i² = -1, and PF_p, its elements up to factors of F_p (RFC 6508 §2.1): t of F_p stands for 1 + t i.

use super::field::{Backend, Residue};

/// An element re + im i; in PF_p the quotient im / re is what counts.
#[derive(Clone, Copy)]
pub struct Torus<B: Backend> {
    pub(super) re: B::Fp,
    pub(super) im: B::Fp,
}

impl<B: Backend> core::fmt::Debug for Torus<B> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Torus(..)")
    }
}

impl<B: Backend> Torus<B> {
    pub(super) const ONE: Self = Self { re: B::Fp::ONE, im: B::Fp::ZERO };

    pub(super) const fn one_plus(t: &B::Fp) -> Self {
        Self { re: B::Fp::ONE, im: *t }
    }

    pub(super) fn mul(&self, other: &Self) -> Self {
        // As cheap as three products, without their five additions.
        let opposite = self.im.negate();
        Self {
            re: B::Fp::mul_add(&self.re, &other.re, &opposite, &other.im),
            im: B::Fp::mul_add(&self.re, &other.im, &self.im, &other.re),
        }
    }

    /// The product with 1 + t i.
    pub(super) fn times_one_plus(&self, t: &B::Fp) -> Self {
        Self { re: self.re.sub(&self.im.mul(t)), im: self.im.add(&self.re.mul(t)) }
    }

    pub(super) fn square(&self) -> Self {
        let product = self.re.mul(&self.im);
        Self { re: self.re.add(&self.im).mul(&self.re.sub(&self.im)), im: product.double() }
    }

    pub(super) fn square_times(mut self, count: usize) -> Self {
        for _ in 0..count {
            self = self.square();
        }
        self
    }

    /// The inverse, up to a factor of F_p.
    pub(super) fn conjugate(&self) -> Self {
        Self { re: self.re, im: self.im.negate() }
    }

    /// im / re: the element of PF_p; zero when re is zero.
    pub(super) fn quotient(&self) -> B::Fp {
        self.im.mul(&self.re.invert())
    }

    pub(super) fn wipe(&mut self) {
        self.re.wipe();
        self.im.wipe();
    }
}
