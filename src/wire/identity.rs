//! ID and IDR, the identity payloads (RFC 3830 §6.7, RFC 6043 §6.6).
//!
//! ```text
//! ID    | next payload 1 |         | ID type 1 | ID len 2 | ID data |
//! IDR   | next payload 1 | role 1  | ID type 1 | ID len 2 | ID data |
//! ```

use core::fmt;

use super::MAX_IDENTITY_LEN;
use super::codepoint::{IdRole, IdType};
use super::reader::Reader;
use super::writer::Writer;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};

/// An identity of at most [`MAX_IDENTITY_LEN`] octets.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Identity<'a> {
    /// Its type.
    pub id_type: IdType,
    /// Its octets.
    pub octets: &'a [u8],
}

impl<'a> Identity<'a> {
    #[inline]
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let id_type = IdType(r.u8()?);
        let at = r.at();
        let octets = r.long()?;
        if octets.len() > MAX_IDENTITY_LEN {
            Err(DecodeError::new(DecodeErrorKind::TooLong, at))
        } else {
            Ok(Self { id_type, octets })
        }
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if self.octets.len() > MAX_IDENTITY_LEN {
            return Err(EncodeError::FieldTooLong);
        }
        w.u8(self.id_type.0);
        w.long(self.octets)
    }
}

impl fmt::Debug for Identity<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}({})", self.id_type, self.octets.escape_ascii())
    }
}

/// An identity with the role it plays (RFC 6043 §6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IdentityRole<'a> {
    /// The role.
    pub role: IdRole,
    /// The identity.
    pub identity: Identity<'a>,
}

impl<'a> IdentityRole<'a> {
    #[inline]
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        Ok(Self { role: IdRole(r.u8()?), identity: Identity::decode(r)? })
    }

    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        w.u8(self.role.0);
        self.identity.encode(w)
    }
}
