//! The error message of RFC 3830 §5.1.2 (use in MBMS: point U10).
//!
//! ```text
//! HDR(data type 6), T of the message it answers, ERR.., [SP..], [V]
//! ```
//!
//! Without V it is a hint that anybody could have sent; with V, the receiver proves that it holds the key.

use core::fmt;

use super::psk::PskMessage;
use super::verification::{answer, seal_v};
use crate::error::{DecodeError, DecodeErrorKind, OpenError, SealError};
use crate::keys::MessageKeys;
use crate::wire::{DataType, ErrorNo, Hdr, Message, Payload, Timestamp, Verification};

/// The error number that reports `error` (RFC 3830 §6.12).
#[must_use]
pub const fn error_number(error: &OpenError) -> ErrorNo {
    match error {
        OpenError::MacInvalid => ErrorNo::AUTH_FAILURE,
        OpenError::Replay => ErrorNo::INVALID_TS,
        OpenError::MukUnknown => ErrorNo::INVALID_ID,
        OpenError::Undecodable(e) => match e.kind {
            DecodeErrorKind::UnsupportedPrf => ErrorNo::INVALID_PRF,
            DecodeErrorKind::UnsupportedMac => ErrorNo::INVALID_MAC,
            DecodeErrorKind::UnsupportedEncryption => ErrorNo::INVALID_EA,
            DecodeErrorKind::UnsupportedTimestamp => ErrorNo::INVALID_TS,
            DecodeErrorKind::BadKeyId => ErrorNo::INVALID_ID,
            DecodeErrorKind::UnsupportedPolicy => ErrorNo::INVALID_SP_PARAM,
            DecodeErrorKind::WrongDataType => ErrorNo::INVALID_DT,
            _ => ErrorNo::UNSPECIFIED,
        },
        _ => ErrorNo::UNSPECIFIED,
    }
}

/// Builds an error message in answer to `answered`; with `keys`, those of that message, it carries a V.
///
/// # Errors
///
/// [`SealError::Encode`] when `out` is too small; [`SealError::KeyUnavailable`] when the holder of the key does not
/// answer.
// What it needs would lie under the keys of a message that is not refused otherwise.
#[inline(never)]
pub fn seal_error<'o, M: MessageKeys + ?Sized>(
    answered: &PskMessage<'_>, error: ErrorNo, keys: Option<&M>, out: &'o mut [u8],
) -> Result<&'o [u8], SealError> {
    let mut writer = answer(answered, DataType::ERROR, false, out);
    writer.push_error(error);
    match keys {
        None => Ok(writer.finish()?),
        Some(keys) => seal_v(answered, keys, writer.finish_v(answered.kemac().mac_alg)?),
    }
}

/// A decoded error message.
#[derive(Clone, Copy)]
pub struct ErrorMessage<'a> {
    message: Message<'a>,
    timestamp: Timestamp,
    error: ErrorNo,
    v: Option<Verification<'a>>,
}

impl<'a> ErrorMessage<'a> {
    /// Decodes and checks the structure: one T, at least one ERR, any SP and extensions, at most one V.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the first octet that is wrong.
    pub fn decode(octets: &'a [u8]) -> Result<Self, DecodeError> {
        let (mut timestamp, mut error, mut v) = (None, None, None);
        let message = Message::decode_psk(octets, |hdr: &Hdr<'a>, at, payload| {
            if hdr.data_type != DataType::ERROR {
                return Err(DecodeError::new(DecodeErrorKind::WrongDataType, 1));
            }
            match payload {
                Payload::T(_) if timestamp.is_some() => {
                    return Err(DecodeError::new(DecodeErrorKind::DuplicatePayload, at));
                }
                Payload::T(t) => timestamp = Some(t),
                Payload::Err(number) => error = error.or(Some(number)),
                Payload::V(payload) => v = Some(payload),
                Payload::Sp(_) | Payload::Ext(_) | Payload::Id(_) => {}
                _ => return Err(DecodeError::new(DecodeErrorKind::UnsupportedPayload, at)),
            }
            Ok(())
        })?;
        if message.hdr().data_type != DataType::ERROR {
            return Err(DecodeError::new(DecodeErrorKind::WrongDataType, 1));
        }
        let missing = DecodeError::new(DecodeErrorKind::MissingPayload, octets.len());
        Ok(Self { message, timestamp: timestamp.ok_or(missing)?, error: error.ok_or(missing)?, v })
    }

    /// T of the message it answers.
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The first error number.
    #[must_use]
    pub const fn error(&self) -> ErrorNo {
        self.error
    }

    /// Verifies the V payload with the keys of the message it answers, and that message's identities.
    ///
    /// # Errors
    ///
    /// [`OpenError::MacInvalid`], also when there is no V; [`OpenError::KeyUnavailable`].
    pub fn verify<M: MessageKeys + ?Sized>(&self, idi: &[u8], idr: &[u8], keys: &M) -> Result<(), OpenError> {
        let v = self.v.ok_or(OpenError::MacInvalid)?;
        keys.verify(&[self.message.authenticated(), idi, idr, self.timestamp.octets().as_slice()], v.mac)
    }
}

impl fmt::Debug for ErrorMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErrorMessage").field("error", &self.error).finish_non_exhaustive()
    }
}
