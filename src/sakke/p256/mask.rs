//! All ones or all zeros, made from a secret bit so that the compiler cannot turn it back into a branch.

use core::hint::black_box;

/// All ones when the bit was 1, all zeros when it was 0.
#[derive(Clone, Copy)]
pub(crate) struct Mask(u64);

impl Mask {
    /// From a bit, 0 or 1.
    // SECURITY: without the barrier the compiler sees a two-valued word and may branch on it.
    #[inline(always)]
    pub(crate) fn from_bit(bit: u64) -> Self {
        Self(black_box(bit.wrapping_neg()))
    }

    /// Ones when both words are equal.
    #[inline(always)]
    pub(crate) fn equal(a: u64, b: u64) -> Self {
        let differ = a ^ b;
        Self::from_bit((differ | differ.wrapping_neg()) >> 63 ^ 1)
    }

    /// Ones when the word is 0.
    #[inline(always)]
    pub(crate) fn zero(word: u64) -> Self {
        Self::equal(word, 0)
    }

    /// As 64 bits.
    #[inline(always)]
    pub(crate) const fn word(self) -> u64 {
        self.0
    }

    /// As 32 bits.
    #[cfg(any(not(target_pointer_width = "64"), feature = "hazmat", test))]
    #[inline(always)]
    #[allow(clippy::cast_possible_truncation, reason = "both halves are the same")]
    pub(crate) const fn half(self) -> u32 {
        self.0 as u32
    }

    /// Ones where these are zeros.
    #[inline(always)]
    pub(crate) const fn not(self) -> Self {
        Self(!self.0)
    }

    /// Declares the bit public.
    #[inline(always)]
    pub(crate) const fn reveal(self) -> bool {
        self.0 != 0
    }
}

impl Mask {
    /// Ones where both are ones.
    #[inline(always)]
    pub(crate) const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Ones where they differ.
    #[inline(always)]
    pub(crate) const fn differs(self, other: Self) -> Self {
        Self(self.0 ^ other.0)
    }

    /// Ones where one of them is ones.
    #[inline(always)]
    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
