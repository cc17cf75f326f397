//! F_p2 = F_p[i] with i² = -1, and PF_p, its elements up to factors of F_p (RFC 6508 §2.1): t of F_p stands for 1 + t i.

use super::field::{Backend, Residue, wipe_all};

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

    #[inline(never)]
    pub(super) fn mul(&self, other: &Self) -> Self {
        let (re, im) = B::Fp::complex(&self.re, &self.im, &other.re, &other.im);
        Self { re, im }
    }

    /// The product of 1 + t i and 1 + u i. To multiply by it takes four products in all, and three reductions; by one factor
    /// after the other it takes four of both.
    pub(super) fn product_of_two(t: &B::Fp, u: &B::Fp) -> Self {
        let mut both = t.mul(u);
        let product = Self { re: B::Fp::ONE.sub(&both), im: t.add(u) };
        both.wipe();
        product
    }

    /// The product with 1 + t i.
    pub(super) fn times_one_plus(&self, t: &B::Fp) -> Self {
        let (mut re, mut im) = (self.im.mul(t), self.re.mul(t));
        let product = Self { re: self.re.sub(&re), im: self.im.add(&im) };
        wipe_all([&mut re, &mut im]);
        product
    }

    #[inline(never)]
    pub(super) fn square(&self) -> Self {
        let (mut sum, mut difference) = (self.re.add(&self.im), self.re.sub(&self.im));
        let re = sum.mul(&difference);
        sum = self.re.mul(&self.im);
        let square = Self { re, im: sum.double() };
        wipe_all([&mut sum, &mut difference]);
        square
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
        let mut inverse = self.re.invert();
        let quotient = self.im.mul(&inverse);
        inverse.wipe();
        quotient
    }

    pub(super) fn wipe(&mut self) {
        wipe_all([&mut self.re, &mut self.im]);
    }
}
