//! The identities of a SIP request: `P-Intended-Identity`, `P-Preferred-Identity`, `P-Asserted-Identity` (RFC 3325 §9).
//!
//! ```text
//! value = uri *( OWS "," OWS uri )        uri = addr-spec / [ display-name ] "<" addr-spec ">"
//! ```
//!
//! One sip or sips URI, one tel URI, or one of each. TS 26.237 names `P-Intended-Identity`, which no registry has: it is
//! sent as printed, and `P-Preferred-Identity` beside it where RFC 3325 §6 allows that, towards a proxy that the terminal
//! trusts.

use crate::ims::field::{FieldWriter, checked, trim};
use crate::ims::{Impu, ImsError};

use super::MAX_IDENTITY_LEN;

/// The public identities of one header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicIdentities {
    sip: Option<Impu>,
    tel: Option<Impu>,
}

impl PublicIdentities {
    /// Header name of TS 26.237 §10.4.1.
    pub const INTENDED: &'static str = "P-Intended-Identity";
    /// Header name of RFC 3325 §9.2.
    pub const PREFERRED: &'static str = "P-Preferred-Identity";
    /// Header name of RFC 3325 §9.1.
    pub const ASSERTED: &'static str = "P-Asserted-Identity";

    /// A single identity.
    ///
    /// # Errors
    ///
    /// [`ImsError::Malformed`] unless it is a sip, sips or tel URI without blanks, quotes and angle brackets.
    pub fn new(identity: Impu) -> Result<Self, ImsError> {
        let mut identities = Self { sip: None, tel: None };
        identities.add(identity)?;
        Ok(identities)
    }

    /// Reads a header value.
    ///
    /// # Errors
    ///
    /// [`ImsError::TooLong`], [`ImsError::BadCharacter`], [`ImsError::Empty`]; [`ImsError::Malformed`] against the grammar,
    /// for another scheme, for two identities of one kind, or for a URI with a comma, semicolon or question mark outside
    /// angle brackets (RFC 3261 §20).
    pub fn parse(value: &[u8]) -> Result<Self, ImsError> {
        let mut identities = Self { sip: None, tel: None };
        let mut rest = trim(checked(value, MAX_IDENTITY_LEN)?);
        loop {
            let (uri, behind) = one(rest)?;
            identities.add(Impu::new(uri)?)?;
            match behind.strip_prefix(',') {
                Some(behind) => rest = trim(behind),
                None if behind.is_empty() => return Ok(identities),
                None => return Err(ImsError::Malformed),
            }
        }
    }

    /// Writes the header value into `out`: each URI in angle brackets.
    ///
    /// # Errors
    ///
    /// [`ImsError::BufferTooSmall`].
    pub fn write<'o>(&self, out: &'o mut [u8]) -> Result<&'o str, ImsError> {
        let mut writer = FieldWriter::new(out);
        for (at, identity) in [&self.sip, &self.tel].into_iter().flatten().enumerate() {
            for text in [if at == 0 { "<" } else { ", <" }, identity.as_str(), ">"] {
                writer.text(text)?;
            }
        }
        writer.finish()
    }

    /// The sip or sips URI, or the tel URI when there is no other.
    #[must_use]
    pub fn first(&self) -> Option<&Impu> {
        self.sip.as_ref().or(self.tel.as_ref())
    }

    /// All of them, at most two.
    pub fn iter(&self) -> impl Iterator<Item = &Impu> {
        self.sip.iter().chain(&self.tel)
    }

    fn add(&mut self, identity: Impu) -> Result<(), ImsError> {
        let (scheme, rest) = identity.as_str().split_once(':').ok_or(ImsError::Malformed)?;
        if rest.is_empty() || rest.contains([' ', '"', '<', '>']) {
            return Err(ImsError::Malformed);
        }
        let slot = match scheme {
            _ if scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips") => &mut self.sip,
            _ if scheme.eq_ignore_ascii_case("tel") => &mut self.tel,
            _ => return Err(ImsError::Malformed),
        };
        if slot.is_some() {
            return Err(ImsError::Malformed);
        }
        *slot = Some(identity);
        Ok(())
    }
}

/// What an INVITE says of its sender, header by header.
#[derive(Clone, Copy, Debug, Default)]
#[allow(clippy::exhaustive_structs, reason = "an argument list with names")]
pub struct IdentityHints<'a> {
    /// `P-Asserted-Identity`, when it came from a peer that is trusted to assert it; `None` otherwise.
    pub asserted: Option<&'a PublicIdentities>,
    /// `P-Intended-Identity`.
    pub intended: Option<&'a PublicIdentities>,
    /// `P-Preferred-Identity`.
    pub preferred: Option<&'a PublicIdentities>,
}

impl<'a> IdentityHints<'a> {
    /// The identity to serve. What the network asserts wins; what the terminal wishes for counts only among the asserted
    /// identities, and picks one of them.
    ///
    /// # Errors
    ///
    /// [`ImsError::NotAuthorised`] when the network asserts nothing.
    pub fn identity(&self) -> Result<&'a Impu, ImsError> {
        let asserted = self.asserted.ok_or(ImsError::NotAuthorised)?;
        let wished = [self.intended, self.preferred].into_iter().flatten().flat_map(PublicIdentities::iter);
        let mut own = wished.filter_map(|wish| asserted.iter().find(|own| super::same_identity(own, wish)));
        own.next().or_else(|| asserted.first()).ok_or(ImsError::NotAuthorised)
    }

    /// The names of the headers that carry a wished identity in an INVITE.
    #[must_use]
    pub const fn headers_to_send(next_hop_trusted: bool) -> &'static [&'static str] {
        if next_hop_trusted {
            &[PublicIdentities::INTENDED, PublicIdentities::PREFERRED]
        } else {
            &[PublicIdentities::INTENDED]
        }
    }
}

/// The URI at the start of `text`, and what stands behind it and its blanks.
fn one(text: &str) -> Result<(&str, &str), ImsError> {
    let behind_name = match text.strip_prefix('"') {
        Some(quoted) => {
            let mut escape = false;
            let end = quoted.bytes().position(|c| {
                let ends = c == b'"' && !escape;
                escape = c == b'\\' && !escape;
                ends
            });
            let behind = end.and_then(|at| quoted.get(at..)).ok_or(ImsError::Malformed)?;
            let behind = trim(behind.strip_prefix('"').unwrap_or(behind));
            if !behind.starts_with('<') {
                return Err(ImsError::Malformed);
            }
            behind
        }
        None => text,
    };
    let open = behind_name.find('<');
    let comma = behind_name.find(',').unwrap_or(behind_name.len());
    match open.filter(|at| *at < comma).and_then(|at| behind_name.split_at_checked(at)) {
        Some((name, rest)) => {
            // A display name without quotes: tokens and blanks.
            let of_name =
                |c: char| c == ' ' || c == '\t' || u8::try_from(c).is_ok_and(crate::ims::field::is_tchar);
            let (uri, behind) = rest.trim_start_matches('<').split_once('>').ok_or(ImsError::Malformed)?;
            if !name.chars().all(of_name) || rest.starts_with("<<") {
                return Err(ImsError::Malformed);
            }
            Ok((uri, trim(behind)))
        }
        None => {
            let (uri, behind) = behind_name.split_at_checked(comma).ok_or(ImsError::Malformed)?;
            let uri = trim(uri);
            if uri.contains([';', '?']) { Err(ImsError::Malformed) } else { Ok((uri, behind)) }
        }
    }
}
