//! Everything a BM-SC checks before it reads a body.
//!
//! ```text
//! request line -> host -> peer -> media type -> length -> identity
//!     400, 404, 405, 505   404   403   400, 415   400, 411, 413   400, 403
//! ```

use super::identity::{AssertedIdentities, read_asserted, read_intended};
use super::{
    Authority, Catalogue, GbaSupport, IdentityHeader, Refusal, RequestKind, RequestLine, Sender,
    check_length, check_media_type,
};
use crate::ims::{Impu, NafFqdn};

/// Whether the peer is a configured SCF or authentication proxy, over a protected link: the caller's knowledge, never
/// something a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a peer is trusted or not")]
pub enum Peer {
    /// It is: what it asserts is believed.
    Trusted,
    /// Anybody.
    Untrusted,
}

/// What an asserted identity of a peer that is not trusted does to the request of a terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum UntrustedAssertion {
    /// 403.
    #[default]
    Refuse,
    /// The header is not looked at.
    Ignore,
}

/// The header values that matter here; all others are ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestHead<'a> {
    /// `Host`.
    pub host: Option<&'a [u8]>,
    /// `Content-Type`.
    pub content_type: Option<&'a [u8]>,
    /// `Content-Length`.
    pub content_length: Option<&'a [u8]>,
    /// Whether the last transfer coding is `chunked`.
    pub chunked: bool,
    /// `User-Agent`.
    pub user_agent: Option<&'a [u8]>,
    /// `Authorization`.
    pub authorization: Option<&'a [u8]>,
    /// `X-3GPP-Intended-Identity`.
    pub intended: Option<&'a [u8]>,
    /// `X-3GPP-Asserted-Identity`.
    pub asserted: Option<&'a [u8]>,
}

impl<'a> RequestHead<'a> {
    /// Picks the values out of the headers of a request; names are compared without case.
    ///
    /// # Errors
    ///
    /// [`Refusal::DuplicateHeader`] when one of them stands twice: two readers could take different ones.
    pub fn collect<'n>(headers: impl IntoIterator<Item = (&'n str, &'a [u8])>) -> Result<Self, Refusal> {
        let mut head = Self::default();
        let mut coding = None;
        for (name, value) in headers {
            let slots: [(&str, &mut Option<&'a [u8]>); 8] = [
                ("Host", &mut head.host),
                ("Content-Type", &mut head.content_type),
                ("Content-Length", &mut head.content_length),
                ("Transfer-Encoding", &mut coding),
                ("User-Agent", &mut head.user_agent),
                ("Authorization", &mut head.authorization),
                (IdentityHeader::Intended.name(), &mut head.intended),
                (IdentityHeader::Asserted.name(), &mut head.asserted),
            ];
            if let Some((_, slot)) = slots.into_iter().find(|(known, _)| name.eq_ignore_ascii_case(known))
                && slot.replace(value).is_some()
            {
                return Err(Refusal::DuplicateHeader);
            }
        }
        let last = coding.and_then(|value| value.rsplit(|octet| *octet == b',').next());
        head.chunked = last.is_some_and(|last| last.trim_ascii().eq_ignore_ascii_case(b"chunked"));
        Ok(head)
    }
}

/// What a BM-SC asks of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "configuration: made by the caller, field by field")]
pub struct Screening<'a> {
    /// How the requests are spelled.
    pub catalogue: Catalogue<'a>,
    /// The host name it answers to; `None` for any.
    pub fqdn: Option<NafFqdn>,
    /// What becomes of an asserted identity that nobody vouches for.
    pub untrusted_assertion: UntrustedAssertion,
}

/// A request whose head is good; nobody is authenticated yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Screened<'a> {
    /// What is asked for.
    pub kind: RequestKind,
    /// The target of the request line.
    pub target: &'a str,
    /// Octets of the body, unless it is chunked.
    pub length: Option<usize>,
    /// What the terminal says it is; of H2, H3 and H4.
    pub intended: Option<Impu>,
    /// What a trusted peer says; empty when it says nothing.
    pub asserted: AssertedIdentities,
    /// Whether the terminal says that it can bootstrap.
    pub gba: Option<GbaSupport>,
}

impl Screening<'_> {
    /// Checks the head of a request.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] of the first check that fails, in the order of the drawing above.
    pub fn screen<'a>(
        &self, line: &'a [u8], head: &RequestHead<'_>, peer: Peer,
    ) -> Result<Screened<'a>, Refusal> {
        let RequestLine { kind, target, authority } = RequestLine::parse(line, &self.catalogue)?;
        let host = Authority::parse(head.host.ok_or(Refusal::MalformedHost)?)?;
        if let Some(fqdn) = &self.fqdn
            && !authority.unwrap_or(host).is_host(fqdn)
        {
            return Err(Refusal::UnknownHost);
        }
        let vouched = peer == Peer::Trusted;
        let refused = head.asserted.is_some() && self.untrusted_assertion == UntrustedAssertion::Refuse;
        if !vouched && (kind.sender() == Sender::Scf || refused) {
            return Err(Refusal::UntrustedPeer);
        }
        check_media_type(head.content_type, self.catalogue.spelling(kind).media_type)?;
        let length = check_length(head.content_length, head.chunked)?;
        let malformed = |_| Refusal::MalformedIdentity;
        let asserted = match head.asserted.filter(|_| vouched) {
            Some(value) => read_asserted(value).map_err(malformed)?,
            None if kind.identity_header() == IdentityHeader::Asserted => {
                return Err(Refusal::MissingAssertedIdentity);
            }
            None => AssertedIdentities::new(),
        };
        let intended = match (kind.identity_header(), head.intended) {
            (IdentityHeader::Asserted, _) => None,
            (IdentityHeader::Intended, None) => return Err(Refusal::MissingIntendedIdentity),
            (IdentityHeader::Intended, Some(value)) => Some(read_intended(value).map_err(malformed)?),
        };
        let gba = head.user_agent.and_then(GbaSupport::of);
        Ok(Screened { kind, target, length, intended, asserted, gba })
    }
}
