//! What an application puts into a message and finds in one: header fields and a body.

use core::time::Duration;

use super::body::Body;
use super::error::SipError;

/// Header fields that the endpoint writes itself.
const OWN: [&str; 14] = [
    "via",
    "from",
    "to",
    "call-id",
    "cseq",
    "contact",
    "max-forwards",
    "content-length",
    "content-type",
    "mime-version",
    "route",
    "record-route",
    "allow",
    "supported",
];

/// Compact forms of these (RFC 3261 §20).
const COMPACT: [&str; 8] = ["v", "f", "t", "i", "m", "l", "c", "k"];

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Payload {
    /// Header fields in their order: all of a message that came, the additional ones of a message to send.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Body,
}

impl Payload {
    pub(crate) const EMPTY: Self = Self { headers: Vec::new(), body: Body::Empty };

    pub(crate) const fn new(body: Body) -> Self {
        Self { headers: Vec::new(), body }
    }

    /// With a header field more.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The answer to an offer that cannot be met: `Warning: 306` stands for an attribute not understood, here the key.
    pub(crate) fn warning(agent: &str, code: u16, text: &str) -> Self {
        Self::EMPTY.with("Warning", &format!("{code} {agent} \"{}\"", text.replace(['"', '\\'], "'")))
    }

    /// The first header field of this name.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value.as_str())
    }

    /// The code of the first warning.
    pub(crate) fn warning_code(&self) -> Option<u16> {
        self.header("Warning")?.split_ascii_whitespace().next()?.parse().ok()
    }

    /// How long the peer wants to be left alone.
    pub(crate) fn retry_after(&self) -> Option<Duration> {
        let value = self.header("Retry-After")?;
        let seconds = value.split(|c: char| !c.is_ascii_digit()).next()?;
        seconds.parse().ok().map(Duration::from_secs)
    }

    /// Refuses what would take the place of a field of the endpoint, or open a line of its own.
    pub(super) fn check(&self) -> Result<(), SipError> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|octet| octet.is_ascii_alphanumeric() || b"-.!%*_+`'~".contains(&octet))
        };
        let is_own = |name: &str| OWN.iter().chain(&COMPACT).any(|own| own.eq_ignore_ascii_case(name));
        let bad = self.headers.iter().find(|(name, value)| {
            !is_name(name) || is_own(name) || value.contains(|c: char| c.is_control() && c != '\t')
        });
        bad.map_or_else(|| self.body.check(), |(name, _)| Err(SipError::Header(name.clone())))
    }
}
