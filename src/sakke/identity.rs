//! Identities: octets that stand in hashes, and the integer that they are.

use super::error::SakkeError;
use super::field::{Backend, RESIDUE_LEN, Residue};

/// The most octets of an identity, so that its integer stays below q (RFC 6508 §7).
pub const MAX_IDENTITY_LEN: usize = 127;

/// An identity of 1 to 127 octets that is neither 0 nor 1 as an integer.
#[derive(Clone, Copy)]
pub(super) struct Identity<'a>(&'a [u8]);

impl<'a> Identity<'a> {
    pub(super) fn new(octets: &'a [u8]) -> Result<Self, SakkeError> {
        let too_small =
            octets.split_last().is_none_or(|(last, rest)| *last < 2 && rest.iter().all(|o| *o == 0));
        if octets.len() > MAX_IDENTITY_LEN || too_small {
            Err(SakkeError::BadIdentity)
        } else {
            Ok(Self(octets))
        }
    }

    pub(super) const fn octets(self) -> &'a [u8] {
        self.0
    }

    pub(super) fn scalar<B: Backend>(self) -> B::Fq {
        let mut padded = [0; RESIDUE_LEN];
        for (place, octet) in padded.iter_mut().rev().zip(self.0.iter().rev()) {
            *place = *octet;
        }
        B::Fq::from_octets(&padded).0
    }
}
