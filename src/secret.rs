//! Octets that must not outlive their use.

use core::fmt;

use subtle::{Choice, ConstantTimeEq};

/// Overwrites `value` with `blank` in a way the compiler may not remove.
pub(crate) fn wipe<T: Copy>(value: &mut T, blank: T) {
    *value = blank;
    zeroize::optimization_barrier(value);
}

/// Overwrites `octets` with zeros in a way the compiler may not remove.
pub(crate) fn wipe_slice(octets: &mut [u8]) {
    octets.fill(0);
    zeroize::optimization_barrier(octets);
}

/// `N` secret octets, wiped when dropped.
///
/// There is no `Clone`, `Copy`, `Deref`, `PartialEq` or `Default`: a copy is an explicit [`duplicate`](Self::duplicate),
/// a comparison goes through [`ConstantTimeEq`], and every look at the octets is an [`expose`](Self::expose) that a
/// reviewer can search for.
pub struct Secret<const N: usize>([u8; N]);

impl<const N: usize> Secret<N> {
    /// Takes over `octets`. The caller's own copy, if any, stays the caller's to wipe.
    #[must_use]
    pub const fn new(octets: [u8; N]) -> Self {
        Self(octets)
    }

    /// `N` zero octets, to be filled in place.
    pub(crate) const fn zeroed() -> Self {
        Self([0; N])
    }

    /// The octets themselves.
    #[must_use]
    pub const fn expose(&self) -> &[u8; N] {
        &self.0
    }

    /// The octets, to be filled in place.
    pub(crate) const fn expose_mut(&mut self) -> &mut [u8; N] {
        &mut self.0
    }

    /// A second copy. Both are wiped on their own.
    #[must_use]
    pub const fn duplicate(&self) -> Self {
        Self(self.0)
    }
}

impl<const N: usize> ConstantTimeEq for Secret<N> {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl<const N: usize> Drop for Secret<N> {
    fn drop(&mut self) {
        wipe(&mut self.0, [0; N]);
    }
}

impl<const N: usize> fmt::Debug for Secret<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret<{N}>(..)")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use std::format;

    #[test]
    fn debug_shows_the_length_only() {
        assert_eq!(format!("{:?}", Secret::new([0xAB; 16])), "Secret<16>(..)");
    }

    #[test]
    fn equal_octets_compare_equal_and_others_do_not() {
        let a = Secret::new([7; 4]);
        assert!(bool::from(a.ct_eq(&a.duplicate())));
        assert!(!bool::from(a.ct_eq(&Secret::new([7, 7, 7, 8]))));
    }
}
