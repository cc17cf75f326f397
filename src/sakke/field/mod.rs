//! Residues modulo p and modulo q in Montgomery form with R = 2^1024, by two back-ends that agree in every value.
//!
//! ```text
//!   Backend   limbs        multiplication                inversion
//!   Wide64    16 x u64     rows of u128 sums             62 division steps at once
//!   Narrow32  32 x u32     both products in one pass     30 division steps at once
//! ```
//!
//! Every value is below its modulus at all times, so equal residues have equal limbs. Nothing here branches on a value
//! or uses one as an address.

mod invert;
mod modulus;
mod narrow;
mod wide;

use core::fmt::Debug;
use core::hint::black_box;

use subtle::Choice;

pub use self::modulus::{ModP, ModQ, Modulus};
pub use self::narrow::Narrow;
pub use self::wide::Wide;

use super::edwards::Entry;
use super::flash::{G_ENTRIES, P_ENTRIES};

/// Octets of a residue on the wire and in hashes.
pub const RESIDUE_LEN: usize = 128;

mod sealed {
    pub trait Sealed {}
    impl<M> Sealed for super::Wide<M> {}
    impl<M> Sealed for super::Narrow<M> {}
    impl Sealed for super::Wide64 {}
    impl Sealed for super::Narrow32 {}
}

/// The back-end that fits the machine this is compiled for.
#[cfg(target_pointer_width = "64")]
pub type Native = Wide64;
/// The back-end that fits the machine this is compiled for.
#[cfg(not(target_pointer_width = "64"))]
pub type Native = Narrow32;

/// The 64-bit back-end.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Wide64;

/// The 32-bit back-end.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Narrow32;

/// How residues are held and multiplied. [`Native`] is the right one; the other serves comparison.
pub trait Backend: sealed::Sealed + Copy + Debug + Sized + 'static {
    /// Elements of F_p.
    type Fp: Residue;
    /// Scalars modulo q.
    type Fq: Residue;
    /// The comb of P with 5 teeth, constant.
    #[doc(hidden)]
    const P_COMB: &'static [Entry<Self>; 16];
    /// The comb of g with 5 teeth, constant.
    #[doc(hidden)]
    const G_COMB: &'static [Self::Fp; 16];
}

/// A residue in Montgomery form.
pub trait Residue: sealed::Sealed + Copy + 'static {
    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;

    /// The residue whose Montgomery form has these 64-bit limbs, least significant first; they are below the modulus.
    #[must_use]
    fn from_limbs(limbs: &[u64; 16]) -> Self;
    /// The integer of these octets, most significant first, and whether it is below the modulus. It is reduced if not.
    #[must_use]
    fn from_octets(octets: &[u8; RESIDUE_LEN]) -> (Self, Choice);
    /// The integer below the modulus, most significant octet first.
    #[must_use]
    fn to_octets(&self) -> [u8; RESIDUE_LEN];
    /// Product.
    #[must_use]
    fn mul(&self, other: &Self) -> Self;
    /// `a * b + c * d`, three quarters of the work of two products.
    #[must_use]
    fn mul_add(a: &Self, b: &Self, c: &Self, d: &Self) -> Self;
    /// Sum.
    #[must_use]
    fn add(&self, other: &Self) -> Self;
    /// Difference.
    #[must_use]
    fn sub(&self, other: &Self) -> Self;
    /// The inverse; zero for zero.
    #[must_use]
    fn invert(&self) -> Self;
    /// Whether both are the same.
    #[must_use]
    fn same(&self, other: &Self) -> Choice;
    /// Takes over `other` when `choice` is set.
    fn assign_if(&mut self, other: &Self, choice: Choice);
    /// The one entry whose choice is set, or zero; every entry is read alike.
    #[must_use]
    fn gather<'a>(entries: impl Iterator<Item = (&'a Self, Choice)>) -> Self;
    /// Overwrites the value with zero for good.
    fn wipe(&mut self);

    /// Square.
    #[must_use]
    fn square(&self) -> Self {
        self.mul(self)
    }

    /// Twice the value.
    #[must_use]
    fn double(&self) -> Self {
        self.add(self)
    }

    /// The negative.
    #[must_use]
    fn negate(&self) -> Self {
        Self::ZERO.sub(self)
    }

    /// Whether the value is zero.
    #[must_use]
    fn is_zero(&self) -> Choice {
        self.same(&Self::ZERO)
    }
}

/// Declares a decision public. Here the code branches on it, once, and nowhere else.
pub(super) fn reveal(choice: Choice) -> bool {
    let mut public = false;
    // SECURITY: what comes out of the black box no longer depends on the choice for the compiler, so that no second branch
    // on it can appear where the result is used.
    if bool::from(choice) {
        public = black_box(true);
    }
    public
}

/// Wipes what a formula leaves behind.
pub(super) fn wipe_all<R: Residue, const N: usize>(values: [&mut R; N]) {
    for value in values {
        value.wipe();
    }
}

macro_rules! backend {
    ($name:ident, $residue:ident) => {
        #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs in the compiler")]
        impl Backend for $name {
            type Fp = $residue<ModP>;
            type Fq = $residue<ModQ>;

            const P_COMB: &'static [Entry<Self>; 16] = &{
                let mut comb = [Entry::BLANK; 16];
                let mut i = 0;
                while i < 16 {
                    let [minus, plus, product] = &P_ENTRIES[i];
                    comb[i] = Entry {
                        minus: $residue::constant(minus),
                        plus: $residue::constant(plus),
                        product: $residue::constant(product),
                    };
                    i += 1;
                }
                comb
            };

            const G_COMB: &'static [Self::Fp; 16] = &{
                let mut comb = [$residue::constant(&[0; 16]); 16];
                let mut i = 0;
                while i < 16 {
                    comb[i] = $residue::constant(&G_ENTRIES[i]);
                    i += 1;
                }
                comb
            };
        }
    };
}

backend!(Wide64, Wide);
backend!(Narrow32, Narrow);
