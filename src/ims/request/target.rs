//! The request line (RFC 9112 §3) and its `requesttype`.
//!
//! ```text
//! POST SP /keymanagement?requesttype=register SP HTTP/1.1        the CRLF is not part of it
//! ```
//!
//! Read: the target in origin form or absolute form; blanks, `+` and `%20` around the value of `requesttype`, because
//! TS 26.237 prints one; other parameters are skipped. Written: none of that.

use super::{Authority, Catalogue, METHOD, Refusal, RequestKind, VERSION};
use crate::ims::ImsError;
use crate::ims::field::{FieldWriter, checked, is_tchar};

/// Longest request line that is read, octets.
pub const MAX_REQUEST_LINE_LEN: usize = 512;

/// A request line that names a request of the catalogue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestLine<'a> {
    /// What is asked for.
    pub kind: RequestKind,
    /// The target as received: what a digest-uri must repeat.
    pub target: &'a str,
    /// The host of a target in absolute form.
    pub authority: Option<Authority<'a>>,
}

impl<'a> RequestLine<'a> {
    /// Reads a request line without its CRLF.
    ///
    /// # Errors
    ///
    /// In this order: [`Refusal::MalformedRequestLine`] for what is no request line, has control characters or is too
    /// long; [`Refusal::UnsupportedVersion`], [`Refusal::MalformedHost`], [`Refusal::UnknownPath`],
    /// [`Refusal::MethodNotAllowed`]; [`Refusal::MissingRequestType`], [`Refusal::DuplicateRequestType`],
    /// [`Refusal::UnknownRequestType`].
    pub fn parse(line: &'a [u8], catalogue: &Catalogue<'_>) -> Result<Self, Refusal> {
        let line = checked(line, MAX_REQUEST_LINE_LEN).map_err(|_| Refusal::MalformedRequestLine)?;
        let malformed = Refusal::MalformedRequestLine;
        let (method, rest) = line.split_once(' ').ok_or(malformed)?;
        let (target, version) = rest.rsplit_once(' ').ok_or(malformed)?;
        if method.is_empty() || !method.bytes().all(is_tchar) || target.contains(['\t', '#']) {
            return Err(malformed);
        }
        check_version(version)?;
        let (authority, origin) = split_absolute(target)?;
        let (path, query) = origin.split_once('?').unwrap_or((origin, ""));
        if path != catalogue.path {
            return Err(if path.starts_with('/') { Refusal::UnknownPath } else { malformed });
        }
        if method != METHOD {
            return Err(Refusal::MethodNotAllowed);
        }
        Ok(Self { kind: kind_of(query, catalogue)?, target, authority })
    }
}

impl Catalogue<'_> {
    /// Writes the target of a request into `out`: what stands in its request line, and what Digest signs.
    ///
    /// # Errors
    ///
    /// [`ImsError::BufferTooSmall`]; [`ImsError::BadCharacter`] when the catalogue has a blank or control character.
    pub fn write_target<'o>(&self, kind: RequestKind, out: &'o mut [u8]) -> Result<&'o str, ImsError> {
        let mut writer = FieldWriter::new(out);
        self.target(kind, &mut writer)?;
        writer.finish()
    }

    /// Writes the request line, without its CRLF, into `out`.
    ///
    /// # Errors
    ///
    /// As [`write_target`](Self::write_target).
    pub fn write_request_line<'o>(&self, kind: RequestKind, out: &'o mut [u8]) -> Result<&'o str, ImsError> {
        let mut writer = FieldWriter::new(out);
        writer.text(METHOD)?;
        writer.octet(b' ')?;
        self.target(kind, &mut writer)?;
        writer.octet(b' ')?;
        writer.text(VERSION)?;
        writer.finish()
    }

    fn target(&self, kind: RequestKind, writer: &mut FieldWriter<'_>) -> Result<(), ImsError> {
        let request_type = self.spelling(kind).request_type;
        if !self.path.bytes().chain(request_type.bytes()).all(|octet| octet.is_ascii_graphic()) {
            return Err(ImsError::BadCharacter);
        }
        [self.path, "?", PARAMETER, "=", request_type].into_iter().try_for_each(|text| writer.text(text))
    }
}

const PARAMETER: &str = "requesttype";

/// `HTTP/` and two digits with a point between them, 1.1 of which is spoken.
fn check_version(version: &str) -> Result<(), Refusal> {
    if version == VERSION {
        return Ok(());
    }
    let digit = |text: &str| text.len() == 1 && text.bytes().all(|octet| octet.is_ascii_digit());
    match version.strip_prefix("HTTP/").and_then(|number| number.split_once('.')) {
        Some((major, minor)) if digit(major) && digit(minor) => Err(Refusal::UnsupportedVersion),
        _ => Err(Refusal::MalformedRequestLine),
    }
}

/// The host of a target in absolute form, and the rest of the target.
fn split_absolute(target: &str) -> Result<(Option<Authority<'_>>, &str), Refusal> {
    let Some((scheme, rest)) = target.split_once("://").filter(|_| !target.starts_with('/')) else {
        return Ok((None, target));
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Err(Refusal::MalformedRequestLine);
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, origin) = rest.split_at_checked(end).ok_or(Refusal::MalformedRequestLine)?;
    Ok((Some(Authority::parse(authority.as_bytes())?), if origin.is_empty() { "/" } else { origin }))
}

/// The request that `query` names.
fn kind_of(query: &str, catalogue: &Catalogue<'_>) -> Result<RequestKind, Refusal> {
    let mut values = query.split('&').filter_map(|parameter| {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        (trim_blanks(name) == PARAMETER).then_some(value)
    });
    let value = values.next().ok_or(Refusal::MissingRequestType)?;
    if values.next().is_some() {
        return Err(Refusal::DuplicateRequestType);
    }
    catalogue.kind(trim_blanks(value)).ok_or(Refusal::UnknownRequestType)
}

/// `text` without blanks around it, however they are written in a query.
fn trim_blanks(text: &str) -> &str {
    const BLANKS: [&str; 3] = [" ", "+", "%20"];
    let mut text = text;
    while let Some(rest) =
        BLANKS.iter().find_map(|blank| text.strip_prefix(blank).or_else(|| text.strip_suffix(blank)))
    {
        text = rest;
    }
    text
}
