//! MIKEY messages as text: base64, and the `key-mgmt` line of SDP (RFC 4567 §3).
//!
//! ```text
//! a=key-mgmt:mikey <base64 of the MIKEY message>
//! ```

use base64ct::{Base64, Base64Unpadded, Encoding};

use super::MAX_MESSAGE_LEN;

/// The name of MIKEY as a key management protocol; compared with case.
pub const MIKEY: &str = "mikey";

/// What a line begins with.
const ATTRIBUTE: &[u8] = b"a=key-mgmt:";

/// What a line begins with that this library writes.
const MIKEY_ATTRIBUTE: &[u8] = b"a=key-mgmt:mikey ";

/// Why a text is no MIKEY message, or could not be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TextError {
    /// The text is not of the form, or the message is empty or longer than [`MAX_MESSAGE_LEN`].
    Malformed,
    /// The output buffer is too small.
    BufferTooSmall,
}

/// Length of the line that carries a MIKEY message of `message_len` octets, octets.
#[must_use]
pub const fn key_mgmt_line_len(message_len: usize) -> usize {
    MIKEY_ATTRIBUTE.len().saturating_add(message_len.div_ceil(3).saturating_mul(4))
}

/// Writes `message` as base64 with padding.
///
/// # Errors
///
/// [`TextError::Malformed`] when the message is empty or longer than [`MAX_MESSAGE_LEN`]; [`TextError::BufferTooSmall`],
/// 4 octets are needed for every 3 begun.
pub fn encode_message_text<'o>(message: &[u8], out: &'o mut [u8]) -> Result<&'o str, TextError> {
    if message.is_empty() || message.len() > MAX_MESSAGE_LEN {
        return Err(TextError::Malformed);
    }
    Base64::encode(message, out).map_err(|_| TextError::BufferTooSmall)
}

/// Writes the line that carries `message`, without a line end.
///
/// # Errors
///
/// [`TextError`]; [`key_mgmt_line_len`] octets are needed.
pub fn encode_key_mgmt_line<'o>(message: &[u8], out: &'o mut [u8]) -> Result<&'o str, TextError> {
    let line = out.get_mut(..key_mgmt_line_len(message.len())).ok_or(TextError::BufferTooSmall)?;
    let (attribute, text) =
        line.split_at_mut_checked(MIKEY_ATTRIBUTE.len()).ok_or(TextError::BufferTooSmall)?;
    attribute.copy_from_slice(MIKEY_ATTRIBUTE);
    encode_message_text(message, text)?;
    core::str::from_utf8(line).map_err(|_| TextError::Malformed)
}

/// Protocol and base64 of one line, with or without its line end; `None` when it is another line of SDP.
///
/// # Errors
///
/// [`TextError::Malformed`]: more than one blank behind the colon, a protocol name that is no token, no single blank
/// behind it, or nothing behind that blank.
pub fn parse_key_mgmt_line(line: &[u8]) -> Result<Option<(&str, &str)>, TextError> {
    let Some(value) = without_line_end(line).strip_prefix(ATTRIBUTE) else { return Ok(None) };
    let value = core::str::from_utf8(value).map_err(|_| TextError::Malformed)?;
    let value = value.strip_prefix(' ').unwrap_or(value);
    let (protocol, base64) = value.split_once(' ').ok_or(TextError::Malformed)?;
    if protocol.is_empty() || !protocol.bytes().all(is_token) || base64.is_empty() {
        return Err(TextError::Malformed);
    }
    Ok(Some((protocol, base64)))
}

/// The message that `text` stands for, in `out`. Missing padding is tolerated.
///
/// # Errors
///
/// [`TextError::Malformed`] when a character is not of the standard alphabet, padding is wrong, bits are left over that
/// are not 0, or the message is empty or longer than [`MAX_MESSAGE_LEN`]; [`TextError::BufferTooSmall`].
pub fn decode_message_text<'o>(text: &str, out: &'o mut [u8]) -> Result<&'o [u8], TextError> {
    let bare = text.strip_suffix("==").or_else(|| text.strip_suffix('=')).unwrap_or(text);
    if bare.len() != text.len() && !text.len().is_multiple_of(4) {
        return Err(TextError::Malformed);
    }
    let tail = match bare.len().wrapping_rem(4) {
        0 => 0,
        2 => 1,
        3 => 2,
        _ => return Err(TextError::Malformed),
    };
    let len = (bare.len() / 4).saturating_mul(3).saturating_add(tail);
    if len == 0 || len > MAX_MESSAGE_LEN {
        return Err(TextError::Malformed);
    }
    let room = out.get_mut(..len).ok_or(TextError::BufferTooSmall)?;
    Base64Unpadded::decode(bare, room).map_err(|_| TextError::Malformed)
}

/// `line` without its CR LF or LF.
fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Whether `octet` may stand in a token of SDP (RFC 4566 §9); a `;` may not, which is why it can separate them.
const fn is_token(octet: u8) -> bool {
    matches!(octet, b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'0'..=b'9' | b'A'..=b'Z' | b'^'..=b'~')
}
