//! Arithmetic of the curve P-256 (FIPS 186-4 D.1.2.3), for secrets and for public values.
//!
//! ```text
//! wide (4 x 64 bits)   narrow (8 x 32 bits)     words -> field (mod p), scalar (mod n)
//!         '------- Residue -------'             what the layers above need of either
//!              complete   jacobian              point formulas: for secrets, for public values
//!                comb     wnaf, sum             scalar times base point; sum of three products
//! ```
//!
//! Everything above [`Residue`] is written once, for both word sizes. [`Native`] is the one that the target takes.
//! `complete` and `comb` take the same steps for every scalar; `jacobian`, `wnaf` and `sum` do not.

mod affine;
#[cfg(any(not(target_pointer_width = "64"), feature = "hazmat", test))]
mod chains;
mod comb;
mod comb_table;
mod complete;
mod jacobian;
mod mask;
#[cfg(any(not(target_pointer_width = "64"), feature = "hazmat", test))]
mod narrow;
mod odd_table;
mod residue;
mod sum;
#[cfg(test)]
mod tests;

#[cfg(any(target_pointer_width = "64", feature = "hazmat", test))]
mod wide;
mod wnaf;

pub(crate) use affine::{Affine, POINT_LEN};
pub(crate) use comb::{BLOCK_LEN as COMB_BLOCK_LEN, Comb, DEVICE_COMB, SERVER_COMB, times_g};
pub(crate) use jacobian::Jacobian;
pub(crate) use odd_table::{ODD_G, ODD_G_WIDTH};
pub(crate) use residue::Residue;
pub(crate) use sum::{GTerm, OddMultiples, PackedPoint, prepare_odd_multiples, sum};

/// A word size: residues modulo the two primes of the curve.
pub(crate) trait Arithmetic {
    /// Integers modulo p, the coordinates.
    type Field: Residue;
    /// Integers modulo n, the order of G.
    type Scalar: Residue;
}

/// 64-bit words.
#[cfg(any(target_pointer_width = "64", feature = "hazmat", test))]
#[derive(Debug)]
pub(crate) struct Wide;

#[cfg(any(target_pointer_width = "64", feature = "hazmat", test))]
impl Arithmetic for Wide {
    type Field = wide::Field;
    type Scalar = wide::Scalar;
}

/// 32-bit words.
#[cfg(any(not(target_pointer_width = "64"), feature = "hazmat", test))]
#[derive(Debug)]
pub(crate) struct Narrow;

#[cfg(any(not(target_pointer_width = "64"), feature = "hazmat", test))]
impl Arithmetic for Narrow {
    type Field = narrow::Field;
    type Scalar = narrow::Scalar;
}

/// The word size of this target.
#[cfg(target_pointer_width = "64")]
pub(crate) type Native = Wide;

/// The word size of this target.
#[cfg(not(target_pointer_width = "64"))]
pub(crate) type Native = Narrow;

/// p = 2^256 - 2^224 + 2^192 + 2^96 - 1, least significant word first.
const P: [u64; 4] = [0xffff_ffff_ffff_ffff, 0x0000_0000_ffff_ffff, 0, 0xffff_ffff_0000_0001];

/// n, the order of G.
const N: [u64; 4] =
    [0xf3b9_cac2_fc63_2551, 0xbce6_faad_a717_9e84, 0xffff_ffff_ffff_ffff, 0xffff_ffff_0000_0000];
