//! Integers modulo one of the two primes, in Montgomery form with R = 2^256, whatever the word size.

use super::mask::Mask;

/// Octets of a residue, most significant first.
pub(crate) const RESIDUE_LEN: usize = 32;

/// An integer modulo a prime between 2^255 and 2^256, always fully reduced.
///
/// Every function takes the same steps for every value, except where it says otherwise.
pub(crate) trait Residue: Copy {
    /// The prime, least significant word first.
    const MODULUS: [u64; 4];
    /// 0.
    const ZERO: Self;
    /// 1.
    const ONE: Self;
    /// R^2 as a residue that is not in Montgomery form: times a raw integer it gives that integer.
    const R_SQUARED: Self;

    /// Takes words as they are, without a change of form.
    fn from_words(words: &[u64; 4]) -> Self;

    /// The words as they are.
    fn words(&self) -> [u64; 4];

    #[must_use]
    fn add(&self, other: &Self) -> Self;

    #[must_use]
    fn sub(&self, other: &Self) -> Self;

    #[must_use]
    fn mul(&self, other: &Self) -> Self;

    #[must_use]
    fn square(&self) -> Self;

    /// The inverse, and 0 for 0.
    #[must_use]
    fn invert(&self) -> Self;

    /// `self` where the mask is zeros, `other` where it is ones.
    #[must_use]
    fn select(&self, other: &Self, mask: Mask) -> Self;

    /// Twice the value.
    #[must_use]
    #[inline(always)]
    fn double(&self) -> Self {
        self.add(self)
    }

    /// The negative.
    #[must_use]
    #[inline(always)]
    fn neg(&self) -> Self {
        Self::ZERO.sub(self)
    }

    /// The square taken `times` times.
    #[cfg(any(not(target_pointer_width = "64"), feature = "hazmat", test))]
    #[must_use]
    fn squared(&self, times: usize) -> Self {
        let mut out = *self;
        for _ in 0..times {
            out = out.square();
        }
        out
    }

    /// Whether the value is 0.
    #[inline(always)]
    fn is_zero(&self) -> Mask {
        let [a, b, c, d] = self.words();
        Mask::zero(a | b | c | d)
    }

    /// Whether both values are the same.
    #[inline(always)]
    fn equals(&self, other: &Self) -> Mask {
        self.sub(other).is_zero()
    }

    /// The integer that the octets are, when it is below the modulus. Whether it is, is made public.
    fn from_octets(octets: &[u8; RESIDUE_LEN]) -> Option<Self> {
        let words = words_of(octets);
        let (_, borrow) = subtract(&words, &Self::MODULUS);
        let below = Mask::from_bit(borrow).reveal();
        below.then(|| Self::from_words(&words).mul(&Self::R_SQUARED))
    }

    /// The integer that the octets are, modulo the prime.
    fn reduced(octets: &[u8; RESIDUE_LEN]) -> Self {
        let words = words_of(octets);
        let (less, borrow) = subtract(&words, &Self::MODULUS);
        // The prime is above 2^255, so one subtraction is enough.
        let below = Mask::from_bit(borrow);
        Self::from_words(&less).select(&Self::from_words(&words), below).mul(&Self::R_SQUARED)
    }

    /// The integer as words, least significant first, not in Montgomery form.
    #[inline]
    fn integer(&self) -> [u64; 4] {
        self.mul(&Self::from_words(&[1, 0, 0, 0])).words()
    }

    /// The integer as octets, most significant first.
    fn octets(&self) -> [u8; RESIDUE_LEN] {
        let mut out = [0; RESIDUE_LEN];
        for (to, word) in out.as_chunks_mut::<8>().0.iter_mut().zip(self.integer().iter().rev()) {
            *to = word.to_be_bytes();
        }
        out
    }
}

fn words_of(octets: &[u8; RESIDUE_LEN]) -> [u64; 4] {
    let mut words = [0; 4];
    for (word, from) in words.iter_mut().rev().zip(octets.as_chunks::<8>().0) {
        *word = u64::from_be_bytes(*from);
    }
    words
}

/// `a - b` modulo 2^256, and 1 when it was below zero.
fn subtract(a: &[u64; 4], b: &[u64; 4]) -> ([u64; 4], u64) {
    let mut out = [0; 4];
    let mut borrow = 0;
    for ((to, a), b) in out.iter_mut().zip(a).zip(b) {
        let (less, first) = a.overflowing_sub(*b);
        let (less, second) = less.overflowing_sub(borrow);
        *to = less;
        borrow = u64::from(first | second);
    }
    (out, borrow)
}
