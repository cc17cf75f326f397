//! Residues modulo p and modulo q in Montgomery form, by two back-ends that agree in every value.
//!
//! ```text
//!   Backend   R        held in                 multiplication             inversion
//!   Wide64    2^1037   17 digits of 61 bits    three columns at once      62 division steps at once
//!   Narrow32  2^1024   32 limbs of 32 bits     both products in one pass  30 division steps at once
//! ```
//!
//! In a table a residue takes 128 octets with either. Nothing here branches on a value or uses one as an address.

mod columns;
mod digits;
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
use super::flash::{G_ENTRIES, P_ENTRIES, SERVER_P_ENTRIES};

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
    /// The comb of P with 6 teeth and 4 blocks, constant.
    #[doc(hidden)]
    const SERVER_P_COMB: &'static [[Entry<Self>; 32]; 4];
    /// The comb of g with 5 teeth, constant.
    #[doc(hidden)]
    const G_COMB: &'static [<Self::Fp as Residue>::Stored; 16];
}

/// A residue in Montgomery form.
pub trait Residue: sealed::Sealed + Copy + 'static {
    /// A residue in a table, of 128 octets.
    type Stored: Copy + Debug + 'static;

    /// Zero.
    const ZERO: Self;
    /// One.
    const ONE: Self;
    /// Zero in a table.
    const EMPTY: Self::Stored;

    /// The residue whose Montgomery form with R = 2^1024 has these 64-bit limbs, least significant first; they are below the modulus.
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
    /// `a * b + c * d`, less work than two products.
    #[must_use]
    fn mul_add(a: &Self, b: &Self, c: &Self, d: &Self) -> Self;
    /// `(a + b i) (c + d i)` with i² = -1, as its real and imaginary part.
    #[must_use]
    fn complex(a: &Self, b: &Self, c: &Self, d: &Self) -> (Self, Self) {
        let mut opposite = b.negate();
        let product = (Self::mul_add(a, c, &opposite, d), Self::mul_add(a, d, b, c));
        opposite.wipe();
        product
    }
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
    /// The value for a table.
    #[must_use]
    fn store(&self) -> Self::Stored;
    /// The value from a table.
    #[must_use]
    fn load(stored: &Self::Stored) -> Self;
    /// The one entry whose mask is all ones, or zero; the other masks are zero, and every entry is read alike.
    #[must_use]
    fn gather<'a>(entries: impl Iterator<Item = (&'a Self::Stored, u64)>) -> Self;
    /// Overwrites the value with zero for good.
    fn wipe(&mut self);
    /// Overwrites the value in a table with zero for good.
    fn wipe_stored(stored: &mut Self::Stored);

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

/// The limbs of the residue at `index` of the comb of P for servers.
#[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs in the compiler")]
const fn server_p_limbs(index: usize) -> [u64; 16] {
    let mut limbs = [0; 16];
    let mut octet = 128;
    while octet > 0 {
        octet -= 1;
        limbs[octet / 8] = limbs[octet / 8] << 8 | SERVER_P_ENTRIES[128 * index + octet] as u64;
    }
    limbs
}

macro_rules! backend {
    ($name:ident, $residue:ident, $constant:path) => {
        #[allow(clippy::indexing_slicing, clippy::arithmetic_side_effects, reason = "runs in the compiler")]
        impl Backend for $name {
            type Fp = $residue<ModP>;
            type Fq = $residue<ModQ>;

            const P_COMB: &'static [Entry<Self>; 16] = &{
                let mut comb = [Entry::BLANK; 16];
                let mut i = 0;
                while i < 16 {
                    let [minus, plus, product] = &P_ENTRIES[i];
                    comb[i] =
                        Entry { minus: $constant(minus), plus: $constant(plus), product: $constant(product) };
                    i += 1;
                }
                comb
            };

            const SERVER_P_COMB: &'static [[Entry<Self>; 32]; 4] = &{
                let mut comb = [[Entry::BLANK; 32]; 4];
                let mut i = 0;
                while i < 128 {
                    comb[i / 32][i % 32] = Entry {
                        minus: $constant(&server_p_limbs(3 * i)),
                        plus: $constant(&server_p_limbs(3 * i + 1)),
                        product: $constant(&server_p_limbs(3 * i + 2)),
                    };
                    i += 1;
                }
                comb
            };

            const G_COMB: &'static [<Self::Fp as Residue>::Stored; 16] = &{
                let mut comb = [Self::Fp::EMPTY; 16];
                let mut i = 0;
                while i < 16 {
                    comb[i] = $constant(&G_ENTRIES[i]);
                    i += 1;
                }
                comb
            };
        }
    };
}

backend!(Wide64, Wide, wide::Stored::constant::<ModP>);
backend!(Narrow32, Narrow, Narrow::<ModP>::constant);
