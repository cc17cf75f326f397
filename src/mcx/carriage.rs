//! How a message travels: as octets, as base64, in SDP (TS 33.180 §9.2.1, RFC 4567 §3).
//!
//! ```text
//! body part application/mikey   octets, or base64, or "mikey " and base64
//! SDP                           a=key-mgmt:mikey base64          the message carries the list "mikey" in extension 1
//! ```

use super::error::McxError;
use crate::wire::{
    MIKEY, TextError, decode_message_text, encode_key_mgmt_line, encode_message_text, parse_key_mgmt_line,
};

/// The list of key management protocols of an SDP that names MIKEY alone.
pub const SDP_IDS_MIKEY: &[u8] = MIKEY.as_bytes();

/// The first octet of every MIKEY message, and of no base64.
const VERSION: u8 = 1;

/// The message in a body part: octets as they are, to the last one, or base64 with or without `mikey ` before it and
/// white space around it, decoded into `out`.
///
/// # Errors
///
/// [`McxError::Malformed`], [`McxError::BufferTooSmall`].
pub fn message_of_body<'o>(body: &'o [u8], out: &'o mut [u8]) -> Result<&'o [u8], McxError> {
    if body.first() == Some(&VERSION) {
        return Ok(body);
    }
    let text = core::str::from_utf8(body).map_err(|_| McxError::Malformed)?.trim_ascii();
    let text = text.strip_prefix("mikey ").unwrap_or(text);
    decode_message_text(text, out).map_err(refused)
}

/// The body part that carries `message` as base64; its octets alone are a body part as well.
///
/// # Errors
///
/// [`McxError::Malformed`] for an empty message or one over [`MAX_MESSAGE_LEN`](crate::wire::MAX_MESSAGE_LEN);
/// [`McxError::BufferTooSmall`].
pub fn body_of_message<'o>(message: &[u8], out: &'o mut [u8]) -> Result<&'o str, McxError> {
    encode_message_text(message, out).map_err(refused)
}

/// The message in one line of SDP; `None` for a line that is no `key-mgmt` line of MIKEY.
///
/// # Errors
///
/// [`McxError::Malformed`], [`McxError::BufferTooSmall`].
pub fn message_of_sdp_line<'o>(line: &[u8], out: &'o mut [u8]) -> Result<Option<&'o [u8]>, McxError> {
    match parse_key_mgmt_line(line).map_err(refused)? {
        Some((MIKEY, text)) => decode_message_text(text, out).map(Some).map_err(refused),
        _ => Ok(None),
    }
}

/// The line of SDP that carries `message`, without a line end.
///
/// # Errors
///
/// [`McxError::Malformed`], [`McxError::BufferTooSmall`].
pub fn sdp_line_of_message<'o>(message: &[u8], out: &'o mut [u8]) -> Result<&'o str, McxError> {
    encode_key_mgmt_line(message, out).map_err(refused)
}

const fn refused(e: TextError) -> McxError {
    match e {
        TextError::Malformed => McxError::Malformed,
        TextError::BufferTooSmall => McxError::BufferTooSmall,
    }
}
