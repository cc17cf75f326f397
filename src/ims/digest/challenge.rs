//! `WWW-Authenticate: Digest …` (RFC 7616 §3.3).
//!
//! ```text
//! quoted when sent: realm domain nonce opaque qop       not quoted: stale algorithm
//! ```

use super::formula::{Qop, WrittenAlgorithm};
use super::param::{Item, Lexer, ParamText};
use super::{MAX_HEADER_LEN, MAX_NONCE_LEN, MAX_REALM_LEN};
use crate::crypto::http_digest::DigestAlgorithm;
use crate::ims::ImsError;
use crate::ims::field::{FieldWriter, checked, trim};

/// Octets that hold every challenge this library writes.
pub const MAX_CHALLENGE_LEN: usize = 768;

/// Which protections a server offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfferedQop {
    /// `auth`.
    pub auth: bool,
    /// `auth-int`.
    pub auth_int: bool,
}

impl OfferedQop {
    /// Whether `qop` is offered.
    #[must_use]
    pub const fn has(self, qop: Qop) -> bool {
        match qop {
            Qop::Auth => self.auth,
            Qop::AuthInt => self.auth_int,
        }
    }

    /// The list in `text`; unknown values are skipped.
    fn of(text: ParamText<'_>) -> Result<Self, ImsError> {
        let list: heapless::String<64> = text.to_text()?;
        let has = |name: &str| list.split(',').any(|value| trim(value).eq_ignore_ascii_case(name));
        Ok(Self { auth: has(Qop::Auth.name()), auth_int: has(Qop::AuthInt.name()) })
    }

    const fn text(self) -> Option<&'static str> {
        match (self.auth, self.auth_int) {
            (true, true) => Some("auth,auth-int"),
            (true, false) => Some("auth"),
            (false, true) => Some("auth-int"),
            (false, false) => None,
        }
    }
}

/// One Digest challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Challenge<'a> {
    /// The realm, or several separated by `;`.
    pub realm: ParamText<'a>,
    /// The nonce.
    pub nonce: ParamText<'a>,
    /// A text to return as it is.
    pub opaque: Option<ParamText<'a>>,
    /// The algorithm as the server wrote it.
    pub algorithm: Option<WrittenAlgorithm<'a>>,
    /// The protections offered; none of them when there is no `qop` (RFC 2069).
    pub qop: OfferedQop,
    /// Whether only the nonce was too old; every value but `true` means no.
    pub stale: bool,
}

impl<'a> Challenge<'a> {
    /// Reads the first Digest challenge in a header value; challenges of other schemes are skipped.
    ///
    /// # Errors
    ///
    /// [`ImsError::TooLong`] when the value, or one of its texts, is over its limit; [`ImsError::BadCharacter`];
    /// [`ImsError::Malformed`] against the grammar, when a parameter stands twice, or without realm or nonce;
    /// [`ImsError::Empty`] without a Digest challenge.
    pub fn parse(value: &'a [u8]) -> Result<Self, ImsError> {
        let mut first = None;
        for_each(value, |challenge| {
            first.get_or_insert(challenge);
        })?;
        first.ok_or(ImsError::Empty)
    }

    /// The hash it asks for, MD5 when it names none; `None` for one that is not supported.
    #[must_use]
    pub fn hash(&self) -> Option<DigestAlgorithm> {
        self.algorithm.map_or(Some(DigestAlgorithm::Md5), WrittenAlgorithm::supported)
    }

    fn read(lexer: &mut Lexer<'a>) -> Result<Self, ImsError> {
        let [realm, nonce, opaque, algorithm, qop, stale, _domain] =
            lexer.params(["realm", "nonce", "opaque", "algorithm", "qop", "stale", "domain"])?;
        // An empty opaque is a text to return like any other.
        let opaque = opaque.map(|text| if text.is_empty() { Ok(text) } else { text.bounded(MAX_NONCE_LEN) });
        Ok(Self {
            realm: realm.ok_or(ImsError::Malformed)?.bounded(MAX_REALM_LEN)?,
            nonce: nonce.ok_or(ImsError::Malformed)?.bounded(MAX_NONCE_LEN)?,
            opaque: opaque.transpose()?,
            algorithm: algorithm.map(WrittenAlgorithm::new).transpose()?,
            qop: qop.map(OfferedQop::of).transpose()?.unwrap_or_default(),
            stale: stale.is_some_and(|text| text.is_ignoring_case("true")),
        })
    }

    /// Writes the challenge into `out`.
    pub(super) fn write<'o>(&self, realm: &str, out: &'o mut [u8]) -> Result<&'o str, ImsError> {
        let mut writer = FieldWriter::new(out);
        writer.text("Digest realm=")?;
        writer.quoted(realm)?;
        writer.text(", nonce=")?;
        writer.quoted_octets(self.nonce.octets())?;
        if let Some(algorithm) = self.algorithm {
            writer.text(", algorithm=")?;
            algorithm.text().pieces().try_for_each(|piece| writer.text(piece))?;
        }
        if let Some(qop) = self.qop.text() {
            writer.text(", qop=")?;
            writer.quoted(qop)?;
        }
        if self.stale {
            writer.text(", stale=true")?;
        }
        if let Some(opaque) = self.opaque {
            writer.text(", opaque=")?;
            writer.quoted_octets(opaque.octets())?;
        }
        writer.finish()
    }
}

/// The first challenge in `values`, the WWW-Authenticate headers of one answer in their order, whose algorithm is in
/// `supported`: servers put the best first (RFC 7616 §3.7).
///
/// All values are read to their end: a malformed challenge behind a good one is refused too.
///
/// # Errors
///
/// Those of [`Challenge::parse`]; [`ImsError::UnsupportedAlgorithm`] when there are Digest challenges, but none supported.
pub fn first_supported<'a>(
    values: &[&'a [u8]], supported: &[DigestAlgorithm],
) -> Result<Challenge<'a>, ImsError> {
    let (mut first, mut refusal) = (None, ImsError::Empty);
    for value in values {
        for_each(value, |challenge| {
            if challenge.hash().is_some_and(|hash| supported.contains(&hash)) {
                first.get_or_insert(challenge);
            } else {
                refusal = ImsError::UnsupportedAlgorithm;
            }
        })?;
    }
    first.ok_or(refusal)
}

/// Calls `with` for each Digest challenge of `value`.
fn for_each<'a>(value: &'a [u8], mut with: impl FnMut(Challenge<'a>)) -> Result<(), ImsError> {
    let mut lexer = Lexer::new(checked(value, MAX_HEADER_LEN)?);
    let mut digest = false;
    let mut schemes = false;
    loop {
        if digest {
            with(Challenge::read(&mut lexer)?);
        }
        digest = false;
        match lexer.next()? {
            None => return Ok(()),
            Some(Item::Scheme(name)) => {
                digest = name.eq_ignore_ascii_case("Digest");
                schemes = true;
            }
            Some(_) if schemes => {}
            Some(_) => return Err(ImsError::Malformed),
        }
    }
}
