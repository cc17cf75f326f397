//! `Authentication-Info` (RFC 7616 §3.5): the proof that the server holds the password too.
//!
//! ```text
//! quoted when sent: nextnonce rspauth cnonce       not quoted: qop nc
//! ```

use super::formula::{Covered, NonceCount, Qop, Received};
use super::param::{Lexer, ParamText};
use super::{MAX_HEADER_LEN, MAX_NONCE_LEN};
use crate::crypto::http_digest::Response;
use crate::ims::ImsError;
use crate::ims::field::{FieldWriter, checked};

/// Octets that hold every Authentication-Info this library writes.
pub const MAX_INFO_LEN: usize = 512;

/// The header of an answer, borrowed: nothing in it is verified yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AuthenticationInfo<'a> {
    /// The nonce for the next request.
    pub nextnonce: Option<ParamText<'a>>,
    /// The protection of the answer; that of the request when it is not named.
    pub qop: Option<Qop>,
    /// The cnonce of the request.
    pub cnonce: ParamText<'a>,
    /// The nonce count of the request.
    pub nc: NonceCount,
    pub(super) rspauth: Received,
}

impl<'a> AuthenticationInfo<'a> {
    /// Reads a header value.
    ///
    /// # Errors
    ///
    /// [`ImsError::TooLong`] when the value, or one of its texts, is over its limit; [`ImsError::BadCharacter`];
    /// [`ImsError::Malformed`] against the grammar, when a parameter stands twice, or without `rspauth`, `cnonce`
    /// or `nc`: an answer without them proves nothing.
    pub fn parse(value: &'a [u8]) -> Result<Self, ImsError> {
        let mut lexer = Lexer::new(checked(value, MAX_HEADER_LEN)?);
        let [nextnonce, qop, rspauth, cnonce, nc] =
            lexer.params(["nextnonce", "qop", "rspauth", "cnonce", "nc"])?;
        lexer.end()?;
        Ok(Self {
            nextnonce: nextnonce.map(|text| text.bounded(MAX_NONCE_LEN)).transpose()?,
            qop: qop.map(Qop::of).transpose()?,
            cnonce: cnonce.ok_or(ImsError::Malformed)?.bounded(MAX_NONCE_LEN)?,
            nc: NonceCount::of(nc.ok_or(ImsError::Malformed)?)?,
            rspauth: Received::of(rspauth.ok_or(ImsError::Malformed)?)?,
        })
    }
}

/// Writes the header value for an answer that `rspauth` proves.
pub(super) fn write<'o>(
    covered: &Covered<'_>, rspauth: &Response, nextnonce: Option<&str>, out: &'o mut [u8],
) -> Result<&'o str, ImsError> {
    let mut writer = FieldWriter::new(out);
    writer.text("qop=")?;
    writer.text(covered.qop.name())?;
    writer.text(", rspauth=\"")?;
    rspauth.digits().try_for_each(|digit| writer.octet(digit))?;
    writer.text("\", cnonce=")?;
    writer.quoted_octets(covered.cnonce.octets())?;
    writer.text(", nc=")?;
    writer.text(covered.nc.as_str())?;
    if let Some(nextnonce) = nextnonce {
        writer.text(", nextnonce=")?;
        writer.quoted(nextnonce)?;
    }
    writer.finish()
}
