//! ERR and V, the error and verification payloads (RFC 3830 §6.12, §6.9).
//!
//! ```text
//! ERR   | next payload 1 | error no 1 | reserved 2, zero |
//! V     | next payload 1 | auth alg 1 | verification data 0, 20 or 32 |
//! ```

use super::codepoint::{ErrorNo, MacAlg};
use super::kemac::{decode_mac, encode_mac};
use super::reader::Reader;
use super::writer::Writer;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};

/// A V payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verification<'a> {
    /// How the message is authenticated.
    pub auth_alg: MacAlg,
    /// The MAC.
    pub mac: &'a [u8],
}

impl<'a> Verification<'a> {
    #[inline]
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let (auth_alg, mac) = decode_mac(r)?;
        Ok(Self { auth_alg, mac })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        encode_mac(self.auth_alg, self.mac, w)
    }
}

pub(super) fn decode_err(r: &mut Reader<'_>) -> Result<ErrorNo, DecodeError> {
    let number = ErrorNo(r.u8()?);
    let reserved = r.error(DecodeErrorKind::ReservedNotZero);
    if r.u16()? == 0 { Ok(number) } else { Err(reserved) }
}

pub(super) fn encode_err(number: ErrorNo, w: &mut Writer<'_>) {
    w.put(&[number.0, 0, 0]);
}
