//! Residues of four 64-bit words.

mod field;
mod inverse;
mod scalar;
mod words;

pub(crate) use field::Field;
pub(crate) use scalar::Scalar;
