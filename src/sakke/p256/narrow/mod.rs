//! Residues of eight 32-bit words, in loops that stay small in flash.

mod field;
mod scalar;
mod words;

pub(crate) use field::Field;
pub(crate) use scalar::Scalar;
