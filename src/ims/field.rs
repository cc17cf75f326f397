//! Header field values: a bounded writer, and the characters that may stand in one.

use super::ImsError;
use crate::crypto::password::hex_text;

/// Refuses the octets that end a line, or that some reader takes for its end: every control character but the tab.
///
/// # Errors
///
/// [`ImsError::TooLong`] over `max` octets, [`ImsError::BadCharacter`], [`ImsError::Malformed`] unless it is UTF-8.
pub(crate) fn checked(octets: &[u8], max: usize) -> Result<&str, ImsError> {
    if octets.len() > max {
        return Err(ImsError::TooLong);
    }
    if octets.iter().any(|octet| octet.is_ascii_control() && *octet != b'\t') {
        return Err(ImsError::BadCharacter);
    }
    core::str::from_utf8(octets).map_err(|_| ImsError::Malformed)
}

/// `text` without the blanks and tabs around it (RFC 9110 §5.6.3).
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// Whether `c` may stand in a token (RFC 9110 §5.6.2).
pub(crate) const fn is_tchar(c: u8) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(
            c,
            b'!' | b'#'
                | b'$'
                | b'%'
                | b'&'
                | b'\''
                | b'*'
                | b'+'
                | b'-'
                | b'.'
                | b'^'
                | b'_'
                | b'`'
                | b'|'
                | b'~'
        )
}

/// Writes a value piece by piece into the caller's buffer.
pub(crate) struct FieldWriter<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl<'o> FieldWriter<'o> {
    pub(crate) const fn new(out: &'o mut [u8]) -> Self {
        Self { out, at: 0 }
    }

    pub(crate) fn octet(&mut self, octet: u8) -> Result<(), ImsError> {
        *self.out.get_mut(self.at).ok_or(ImsError::BufferTooSmall)? = octet;
        self.at = self.at.saturating_add(1);
        Ok(())
    }

    /// `text` as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), ImsError> {
        text.bytes().try_for_each(|octet| self.octet(octet))
    }

    /// `text` in double quotes, with escapes where it needs them (RFC 9110 §5.6.4).
    pub(crate) fn quoted(&mut self, text: &str) -> Result<(), ImsError> {
        self.quoted_octets(text.bytes())
    }

    /// The octets of a text in double quotes, with escapes where it needs them.
    pub(crate) fn quoted_octets(&mut self, octets: impl Iterator<Item = u8>) -> Result<(), ImsError> {
        self.octet(b'"')?;
        for octet in octets {
            if octet.is_ascii_control() {
                return Err(ImsError::BadCharacter);
            }
            if matches!(octet, b'"' | b'\\') {
                self.octet(b'\\')?;
            }
            self.octet(octet)?;
        }
        self.octet(b'"')
    }

    /// `octets` as lower-case hexadecimal digits.
    pub(crate) fn hex(&mut self, octets: &[u8]) -> Result<(), ImsError> {
        hex_text(octets).try_for_each(|digit| self.octet(digit))
    }

    /// What was written.
    pub(crate) fn finish(self) -> Result<&'o str, ImsError> {
        let Self { out, at } = self;
        let written = out.get(..at).ok_or(ImsError::BufferTooSmall)?;
        core::str::from_utf8(written).map_err(|_| ImsError::Malformed)
    }
}
