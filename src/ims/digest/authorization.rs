//! `Authorization: Digest …` (RFC 7616 §3.4).
//!
//! ```text
//! quoted when sent: username realm nonce uri response cnonce opaque       not quoted: algorithm qop nc
//! ```

use super::formula::{Covered, NonceCount, Qop, Received, WrittenAlgorithm};
use super::param::{Item, Lexer, ParamText};
use super::{MAX_HEADER_LEN, MAX_NONCE_LEN, MAX_REALM_LEN, MAX_URI_LEN};
use crate::crypto::http_digest::{BodyHash, DigestAlgorithm, Response};
use crate::ims::field::{FieldWriter, checked};
use crate::ims::{BTid, ImsError};

/// Octets that hold every Authorization this library writes.
pub const MAX_AUTHORIZATION_LEN: usize = 1536;

/// The credentials of a request, borrowed from its header: nothing in it is verified yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Authorization<'a> {
    /// The user name: a B-TID.
    pub username: ParamText<'a>,
    /// The realm that the user chose.
    pub realm: ParamText<'a>,
    /// The nonce of the server.
    pub nonce: ParamText<'a>,
    /// The digest-uri.
    pub uri: ParamText<'a>,
    /// The nonce of the user.
    pub cnonce: ParamText<'a>,
    /// How many requests the user sent with this nonce.
    pub nc: NonceCount,
    /// The protection of this request.
    pub qop: Qop,
    /// The text returned to the server.
    pub opaque: Option<ParamText<'a>>,
    /// The algorithm as the user wrote it.
    pub algorithm: Option<WrittenAlgorithm<'a>>,
    pub(super) response: Received,
}

impl<'a> Authorization<'a> {
    /// Reads a header value.
    ///
    /// # Errors
    ///
    /// [`ImsError::TooLong`] when the value, or one of its texts, is over its limit; [`ImsError::BadCharacter`];
    /// [`ImsError::Malformed`] against the grammar, for another scheme, when a parameter stands twice, or when one is
    /// missing that `auth` or `auth-int` needs.
    pub fn parse(value: &'a [u8]) -> Result<Self, ImsError> {
        let mut lexer = Lexer::new(checked(value, MAX_HEADER_LEN)?);
        match lexer.next()? {
            Some(Item::Scheme(name)) if name.eq_ignore_ascii_case("Digest") => {}
            _ => return Err(ImsError::Malformed),
        }
        let [username, realm, nonce, uri, cnonce, nc, qop, response, opaque, algorithm] = lexer.params([
            "username",
            "realm",
            "nonce",
            "uri",
            "cnonce",
            "nc",
            "qop",
            "response",
            "opaque",
            "algorithm",
        ])?;
        lexer.end()?;
        let text = |text: Option<ParamText<'a>>, max| text.ok_or(ImsError::Malformed)?.bounded(max);
        let opaque = opaque.map(|text| if text.is_empty() { Ok(text) } else { text.bounded(MAX_NONCE_LEN) });
        Ok(Self {
            username: text(username, BTid::MAX_LEN)?,
            realm: text(realm, MAX_REALM_LEN)?,
            nonce: text(nonce, MAX_NONCE_LEN)?,
            uri: text(uri, MAX_URI_LEN)?,
            cnonce: text(cnonce, MAX_NONCE_LEN)?,
            nc: NonceCount::of(nc.ok_or(ImsError::Malformed)?)?,
            qop: Qop::of(qop.ok_or(ImsError::Malformed)?)?,
            opaque: opaque.transpose()?,
            algorithm: algorithm.map(WrittenAlgorithm::new).transpose()?,
            response: Received::of(response.ok_or(ImsError::Malformed)?)?,
        })
    }

    /// The B-TID, to look the MRK up with.
    ///
    /// # Errors
    ///
    /// None for a parsed value; kept a result because a name type has limits of its own.
    pub fn b_tid(&self) -> Result<BTid, ImsError> {
        BTid::new(&self.username.to_text::<{ BTid::MAX_LEN }>()?)
    }

    /// The hash to feed the body to, MD5 when none is named; `None` for one that is not supported.
    #[must_use]
    pub fn hash(&self) -> Option<DigestAlgorithm> {
        self.algorithm.map_or(Some(DigestAlgorithm::Md5), WrittenAlgorithm::supported)
    }

    /// What the response of a request, or with an empty method the `rspauth` of its answer, covers.
    #[must_use]
    pub const fn covers<'c>(&self, method: &'c str, body: BodyHash) -> Covered<'c>
    where
        'a: 'c,
    {
        Covered {
            method,
            uri: self.uri,
            body,
            nonce: self.nonce,
            nc: self.nc,
            cnonce: self.cnonce,
            qop: self.qop,
        }
    }
}

/// What a client puts in its Authorization.
pub(super) struct Outgoing<'a> {
    pub(super) username: &'a str,
    pub(super) realm: &'a str,
    pub(super) covered: Covered<'a>,
    pub(super) response: &'a Response,
    pub(super) opaque: Option<&'a str>,
    pub(super) algorithm: Option<&'a str>,
}

impl Outgoing<'_> {
    pub(super) fn write<'o>(&self, out: &'o mut [u8]) -> Result<&'o str, ImsError> {
        let mut writer = FieldWriter::new(out);
        writer.text("Digest username=")?;
        writer.quoted(self.username)?;
        writer.text(", realm=")?;
        writer.quoted(self.realm)?;
        writer.text(", nonce=")?;
        writer.quoted_octets(self.covered.nonce.octets())?;
        writer.text(", uri=")?;
        writer.quoted_octets(self.covered.uri.octets())?;
        writer.text(", qop=")?;
        writer.text(self.covered.qop.name())?;
        writer.text(", nc=")?;
        writer.text(self.covered.nc.as_str())?;
        writer.text(", cnonce=")?;
        writer.quoted_octets(self.covered.cnonce.octets())?;
        writer.text(", response=\"")?;
        self.response.digits().try_for_each(|digit| writer.octet(digit))?;
        writer.octet(b'"')?;
        if let Some(opaque) = self.opaque {
            writer.text(", opaque=")?;
            writer.quoted(opaque)?;
        }
        if let Some(algorithm) = self.algorithm {
            writer.text(", algorithm=")?;
            writer.text(algorithm)?;
        }
        writer.finish()
    }
}
