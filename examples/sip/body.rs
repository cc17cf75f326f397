//! Bodies: nothing, one part, or several (multipart/mixed, RFC 2046 §5.1).
//!
//! ```text
//!   --boundary CRLF  Content-Type: application/sdp CRLF  CRLF  octets
//!   CRLF --boundary CRLF  Content-Type: application/mbms-register+xml CRLF  CRLF  octets
//!   CRLF --boundary--
//! ```

use sdp_types::Session;

use super::error::SipError;

const SDP: &str = "application/sdp";

/// Parts that are read at most.
const MOST_PARTS: usize = 16;

/// One body part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Part {
    /// Media type, with its parameters as they came.
    pub(crate) content_type: String,
    pub(crate) octets: Vec<u8>,
}

impl Part {
    pub(crate) fn new(content_type: &str, octets: impl Into<Vec<u8>>) -> Self {
        Self { content_type: content_type.to_owned(), octets: octets.into() }
    }

    /// Whether the media type is this one; parameters and case do not count.
    pub(crate) fn is(&self, media_type: &str) -> bool {
        media_type_of(&self.content_type).eq_ignore_ascii_case(media_type)
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Body {
    #[default]
    Empty,
    Single(Part),
    Mixed(Vec<Part>),
}

impl Body {
    /// A session description alone.
    ///
    /// # Errors
    ///
    /// [`SipError::Body`] when it cannot be written.
    pub(crate) fn sdp(session: &Session) -> Result<Self, SipError> {
        Ok(Self::Single(Self::sdp_part(session)?))
    }

    /// A session description as one part of several.
    ///
    /// # Errors
    ///
    /// [`SipError::Body`] when it cannot be written.
    pub(crate) fn sdp_part(session: &Session) -> Result<Part, SipError> {
        let mut octets = Vec::new();
        session
            .write(&mut octets)
            .map_err(|_| SipError::Body("session description that cannot be written"))?;
        Ok(Part::new(SDP, octets))
    }

    pub(crate) fn parts(&self) -> &[Part] {
        match self {
            Self::Empty => &[],
            Self::Single(part) => core::slice::from_ref(part),
            Self::Mixed(parts) => parts,
        }
    }

    /// The first part of this media type.
    pub(crate) fn part(&self, media_type: &str) -> Option<&[u8]> {
        self.parts().iter().find(|part| part.is(media_type)).map(|part| part.octets.as_slice())
    }

    /// The session description, alone or among the parts; `None` when there is none.
    ///
    /// # Errors
    ///
    /// [`SipError::Body`] when there is one that cannot be read: 488 or 400 is the answer to that, not silence.
    pub(crate) fn session(&self) -> Result<Option<Session>, SipError> {
        let read =
            |octets| Session::parse(octets).map_err(|_| SipError::Body("malformed session description"));
        self.part(SDP).map(read).transpose()
    }

    pub(super) fn check(&self) -> Result<(), SipError> {
        let is_bad =
            |part: &Part| part.content_type.is_empty() || part.content_type.contains(char::is_control);
        if self.parts().iter().any(is_bad) {
            return Err(SipError::Body("media type that cannot be sent"));
        }
        match self {
            Self::Mixed(parts) if parts.is_empty() => Err(SipError::Body("no part")),
            _ => Ok(()),
        }
    }

    /// Content-Type and octets.
    pub(super) fn encode(&self) -> Option<(String, Vec<u8>)> {
        match self {
            Self::Empty => None,
            Self::Single(part) => Some((part.content_type.clone(), part.octets.clone())),
            Self::Mixed(parts) => {
                let boundary = boundary(parts);
                let mut octets = Vec::new();
                for part in parts {
                    let head = format!("--{boundary}\r\nContent-Type: {}\r\n\r\n", part.content_type);
                    octets.extend(head.bytes());
                    octets.extend(&part.octets);
                    octets.extend(b"\r\n");
                }
                octets.extend(format!("--{boundary}--\r\n").bytes());
                Some((format!("multipart/mixed;boundary=\"{boundary}\""), octets))
            }
        }
    }

    /// `None` when a body of several parts is not one. A body without a type is a session description (RFC 3261 §7.4
    /// leaves the default to the method; that of INVITE is it).
    pub(super) fn decode(content_type: Option<&str>, octets: Vec<u8>) -> Option<Self> {
        if octets.is_empty() {
            return Some(Self::Empty);
        }
        let content_type = content_type.unwrap_or(SDP);
        if !media_type_of(content_type).eq_ignore_ascii_case("multipart/mixed") {
            return Some(Self::Single(Part { content_type: content_type.to_owned(), octets }));
        }
        let boundary = parameter(content_type, "boundary")?;
        split(&octets, boundary).map(Self::Mixed)
    }
}

fn media_type_of(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

/// The value of a parameter of a media type, without its quotes.
fn parameter<'a>(content_type: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = content_type.split_once(';')?.1;
    loop {
        let (found, behind) = rest.split_once('=')?;
        let behind = behind.trim_start();
        let (value, behind) = match behind.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => behind.split_at(behind.find(';').unwrap_or(behind.len())),
        };
        if found.trim().trim_start_matches(';').trim().eq_ignore_ascii_case(name) {
            let value = value.trim_end();
            return (!value.is_empty() && value.len() <= 70).then_some(value);
        }
        rest = behind;
    }
}

/// A boundary that stands in no part.
fn boundary(parts: &[Part]) -> String {
    let clashes = |boundary: &str| parts.iter().any(|part| find(&part.octets, boundary.as_bytes()).is_some());
    let mut number = 0_u32;
    loop {
        let boundary = format!("part-{number}-boundary");
        if !clashes(&boundary) {
            return boundary;
        }
        number += 1;
    }
}

fn find(octets: &[u8], wanted: &[u8]) -> Option<usize> {
    octets.windows(wanted.len()).position(|window| window == wanted)
}

/// The parts between the delimiters; what stands before the first and behind the last is not ours to read.
fn split(octets: &[u8], boundary: &str) -> Option<Vec<Part>> {
    // A delimiter is a line; the line break before it belongs to it, and the first one may open the body.
    let mut text = b"\r\n".to_vec();
    text.extend(octets);
    let delimiter = format!("\r\n--{boundary}");
    let mut rest = behind_delimiter(&text, &delimiter)?.1;
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        let line_end = find(rest, b"\r\n")?;
        let (padding, behind) = rest.split_at_checked(line_end)?;
        if !padding.iter().all(|octet| matches!(octet, b' ' | b'\t')) || parts.len() == MOST_PARTS {
            return None;
        }
        let (part, next) = behind_delimiter(behind, &delimiter)?;
        parts.push(read_part(part)?);
        rest = next;
    }
    (!parts.is_empty()).then_some(parts)
}

/// What stands before the next delimiter, and behind it.
fn behind_delimiter<'a>(octets: &'a [u8], delimiter: &str) -> Option<(&'a [u8], &'a [u8])> {
    let at = find(octets, delimiter.as_bytes())?;
    let (before, from) = octets.split_at_checked(at)?;
    Some((before, from.get(delimiter.len()..)?))
}

/// `octets` opens with the line break that ends the delimiter's line.
fn read_part(octets: &[u8]) -> Option<Part> {
    let head_end = find(octets, b"\r\n\r\n")?;
    let (head, behind) = octets.split_at_checked(head_end)?;
    let head = core::str::from_utf8(head).ok()?;
    let content_type = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.trim().eq_ignore_ascii_case("content-type"))
        .map_or("text/plain", |(_, value)| value.trim());
    Some(Part { content_type: content_type.to_owned(), octets: behind.get(4..)?.to_vec() })
}
