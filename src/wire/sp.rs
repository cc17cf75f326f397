//! SP, the security policy payload (RFC 3830 §6.10).
//!
//! ```text
//! | next payload 1 | policy no 1 | prot type 1 | policy param length 2 | { type 1 | length 1 | value } |
//! ```

use core::fmt;

use super::codepoint::{ProtType, SpParamType};
use super::reader::Reader;
use super::writer::Writer;
use crate::error::{DecodeError, EncodeError};

/// A security policy.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Policy<'a> {
    /// The number by which the CS ID map refers to it.
    pub policy_no: u8,
    /// The protocol it is for.
    pub prot_type: ProtType,
    /// Whole parameters.
    params: &'a [u8],
}

/// A parameter of a security policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PolicyParam<'a> {
    /// Its type, of the registry of the policy's protocol.
    pub param: SpParamType,
    /// Its value, at most 255 octets.
    pub value: &'a [u8],
}

impl<'a> PolicyParam<'a> {
    fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { param: SpParamType(r.u8()?), value: r.short()? })
    }
}

impl<'a> Policy<'a> {
    /// A policy whose parameters are the type-length-value triples in `params`.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when `params` are not whole triples.
    pub fn new(policy_no: u8, prot_type: ProtType, params: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(params, 0);
        while !r.is_empty() {
            PolicyParam::decode(&mut r)?;
        }
        Ok(Self { policy_no, prot_type, params })
    }

    /// Decodes the body of an SP payload: all of it but its next payload octet.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when a length is wrong or octets follow.
    pub fn from_body(octets: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(octets, 0);
        let policy = Self::decode(&mut r)?;
        r.finish()?;
        Ok(policy)
    }

    /// The parameters, in order.
    pub fn params(&self) -> impl Iterator<Item = PolicyParam<'a>> + use<'a> {
        let mut r = Reader::new(self.params, 0);
        core::iter::from_fn(move || if r.is_empty() { None } else { PolicyParam::decode(&mut r).ok() })
    }

    #[inline]
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let [policy_no, prot_type] = r.array()?;
        let len = r.u16()?;
        let mut params = r.sub(usize::from(len))?;
        let octets = params;
        while !params.is_empty() {
            PolicyParam::decode(&mut params)?;
        }
        let mut octets = octets;
        Ok(Self { policy_no, prot_type: ProtType(prot_type), params: octets.slice(usize::from(len))? })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.put(&[self.policy_no, self.prot_type.0]);
        w.long(self.params)
    }
}

impl fmt::Debug for Policy<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Policy({}, {:?}, ", self.policy_no, self.prot_type)?;
        f.debug_list().entries(self.params()).finish()?;
        f.write_str(")")
    }
}
