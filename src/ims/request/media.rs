//! Media type and length of a body.

use super::Refusal;

/// Longest body, octets.
pub const MAX_BODY_LEN: usize = 16 * 1024;

/// Whether a Content-Type is `expected`; type names are compared without case, parameters are not looked at.
///
/// # Errors
///
/// [`Refusal::MissingMediaType`] without the header, [`Refusal::UnsupportedMediaType`] for another one.
pub fn check_media_type(value: Option<&[u8]>, expected: &str) -> Result<(), Refusal> {
    let value = value.ok_or(Refusal::MissingMediaType)?;
    let name = value.split(|octet| *octet == b';').next().unwrap_or_default();
    if name.trim_ascii().eq_ignore_ascii_case(expected.as_bytes()) {
        Ok(())
    } else {
        Err(Refusal::UnsupportedMediaType)
    }
}

/// The length of a body from its Content-Length, or `None` when it is chunked: then the caller counts, and stops at
/// [`MAX_BODY_LEN`].
///
/// # Errors
///
/// [`Refusal::LengthRequired`] when there is neither; [`Refusal::MalformedLength`] for a value that is no number, and for
/// both at once, where two readers could see two bodies (RFC 9112 §6.3); [`Refusal::BodyTooLarge`].
pub fn check_length(value: Option<&[u8]>, chunked: bool) -> Result<Option<usize>, Refusal> {
    let digits = match (value, chunked) {
        (None, true) => return Ok(None),
        (None, false) => return Err(Refusal::LengthRequired),
        (Some(_), true) => return Err(Refusal::MalformedLength),
        (Some(value), false) => value.trim_ascii(),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Refusal::MalformedLength);
    }
    let len = digits.iter().fold(0usize, |len, digit| {
        len.saturating_mul(10).saturating_add(usize::from(digit.wrapping_sub(b'0')))
    });
    if len > MAX_BODY_LEN { Err(Refusal::BodyTooLarge) } else { Ok(Some(len)) }
}
