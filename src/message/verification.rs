//! The verification message: the acknowledgement that the V bit asks for (RFC 3830 §3.1, §5.2).
//!
//! ```text
//! R_MESSAGE = HDR, T, [IDr], V        T and CSB ID of the message it answers
//! V         = HMAC(auth_key, R_MESSAGE without the MAC || IDi || IDr || T), octets of the identities only
//! ```

use core::fmt;

use super::algorithms;
use super::psk::PskMessage;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError, OpenError, SealError};
use crate::keys::MessageKeys;
use crate::settings::{Settings, VerificationMap};
use crate::wire::{
    CsIdMapType, DataType, Hdr, Identity, Message, MessageWriter, Payload, PrfFunc, Timestamp, Unsealed,
    Verification,
};

/// Builds the verification message for `answered`, whose keys are `keys`. Both identities enter its MAC; IDr also
/// stands in it, if `answered` has one.
///
/// # Errors
///
/// [`SealError::Encode`] when `out` is too small, or the message names no MAC; [`SealError::KeyUnavailable`] when the
/// holder of the key does not answer.
pub fn seal_verification<'o, M: MessageKeys + ?Sized>(
    answered: &PskMessage<'_>, keys: &M, settings: &Settings, out: &'o mut [u8],
) -> Result<&'o [u8], SealError> {
    seal_v(answered, keys, write(answered, settings, out)?)
}

/// Puts the MAC into a message that ends with a V and answers `answered`.
pub(super) fn seal_v<'o, M: MessageKeys + ?Sized>(
    answered: &PskMessage<'_>, keys: &M, unsealed: Unsealed<'o>,
) -> Result<&'o [u8], SealError> {
    let (idi, idr) = answered.identity_octets();
    let tag = keys.tag(&[unsealed.authenticated(), idi, idr, answered.timestamp().octets().as_slice()])?;
    Ok(unsealed.finish(tag.as_octets())?)
}

/// Octets of the verification message for `answered`.
pub(crate) fn verification_len(answered: &PskMessage<'_>, settings: &Settings) -> Result<usize, EncodeError> {
    match write(answered, settings, &mut []) {
        Err(EncodeError::BufferTooSmall { needed }) => Ok(usize::try_from(needed).unwrap_or(usize::MAX)),
        written => written.and(Err(EncodeError::Inconsistent)),
    }
}

/// Everything but the MAC.
fn write<'o>(
    answered: &PskMessage<'_>, settings: &Settings, out: &'o mut [u8],
) -> Result<Unsealed<'o>, EncodeError> {
    let repeat = settings.verification_map == VerificationMap::Repeat;
    let auth_alg = answered.kemac().mac_alg;
    algorithms::mac_hash(auth_alg).ok_or(EncodeError::Inconsistent)?;
    let mut writer = answer(answered, DataType::PSK_VER, repeat, out);
    if let Some(idr) = answered.idr() {
        writer.push_identity(idr);
    }
    writer.finish_v(auth_alg)
}

/// Begins an answer: the header, with the CS ID map of what it answers or the empty one, and the same T.
pub(super) fn answer<'o>(
    answered: &PskMessage<'_>, data_type: DataType, repeat_map: bool, out: &'o mut [u8],
) -> MessageWriter<'o> {
    let (csb, map) = answered.csb_and_map();
    let map = if repeat_map { map } else { &[0, CsIdMapType::EMPTY.0] };
    let mut writer = MessageWriter::answer(out, data_type, answered.prf(), csb, map);
    writer.push_timestamp(answered.timestamp());
    writer
}

/// What the initiator knows of the message he sent, to check its verification message.
#[derive(Clone, Copy, Debug)]
pub struct Sent<'a> {
    /// PRF of the message sent.
    pub prf: PrfFunc,
    /// T of the message sent.
    pub timestamp: Timestamp,
    /// Octets of IDi.
    pub idi: &'a [u8],
    /// Octets of IDr.
    pub idr: &'a [u8],
}

impl<'a> Sent<'a> {
    /// What there is to know of `message`.
    #[must_use]
    pub fn of(message: &PskMessage<'a>) -> Self {
        let (idi, idr) = message.identity_octets();
        Self { prf: message.prf(), timestamp: message.timestamp(), idi, idr }
    }
}

/// A decoded verification message. Nothing in it is authentic yet.
#[derive(Clone, Copy)]
pub struct VerificationMessage<'a> {
    message: Message<'a>,
    timestamp: Timestamp,
    idr: Option<Identity<'a>>,
    v: Verification<'a>,
}

impl<'a> VerificationMessage<'a> {
    /// Decodes and checks the structure: one T, at most one ID, one V at the end, extensions anywhere.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] with the first octet that is wrong.
    pub fn decode(octets: &'a [u8]) -> Result<Self, DecodeError> {
        let (mut timestamp, mut idr, mut v) = (None, None, None);
        let message = Message::decode_psk(octets, |hdr: &Hdr<'a>, at, payload| {
            if hdr.data_type != DataType::PSK_VER {
                return Err(DecodeError::new(DecodeErrorKind::WrongDataType, 1));
            }
            let twice = match payload {
                Payload::T(t) => timestamp.replace(t).is_some(),
                Payload::Id(identity) => idr.replace(identity).is_some(),
                Payload::V(payload) => v.replace(payload).is_some(),
                Payload::Ext(_) => false,
                _ => return Err(DecodeError::new(DecodeErrorKind::UnsupportedPayload, at)),
            };
            if twice { Err(DecodeError::new(DecodeErrorKind::DuplicatePayload, at)) } else { Ok(()) }
        })?;
        if message.hdr().data_type != DataType::PSK_VER {
            return Err(DecodeError::new(DecodeErrorKind::WrongDataType, 1));
        }
        let missing = DecodeError::new(DecodeErrorKind::MissingPayload, octets.len());
        let v = v.ok_or(missing)?;
        if algorithms::mac_hash(v.auth_alg).is_none() {
            let at = octets.len().saturating_sub(v.mac.len()).saturating_sub(1);
            return Err(DecodeError::new(DecodeErrorKind::UnsupportedMac, at));
        }
        Ok(Self { message, timestamp: timestamp.ok_or(missing)?, idr, v })
    }

    /// T: that of the message it answers, by which the initiator finds that message.
    #[must_use]
    pub const fn timestamp(&self) -> Timestamp {
        self.timestamp
    }

    /// The responder's identity, if it is there.
    #[must_use]
    pub const fn idr(&self) -> Option<Identity<'a>> {
        self.idr
    }

    /// The header.
    #[must_use]
    pub fn hdr(&self) -> Hdr<'a> {
        self.message.hdr()
    }

    /// Verifies that this answers the message `sent`, with the keys of that message. Timestamp and identities are
    /// those the initiator knows, not those received.
    ///
    /// # Errors
    ///
    /// [`OpenError::Replay`] when it answers another message, [`OpenError::MacInvalid`] when PRF, IDr, MAC algorithm
    /// or MAC are wrong, [`OpenError::KeyUnavailable`].
    pub fn verify<M: MessageKeys + ?Sized>(&self, sent: &Sent<'_>, keys: &M) -> Result<(), OpenError> {
        if self.timestamp != sent.timestamp {
            return Err(OpenError::Replay);
        }
        if self.hdr().prf != sent.prf || self.idr.is_some_and(|idr| idr.octets != sent.idr) {
            return Err(OpenError::MacInvalid);
        }
        let t = sent.timestamp.octets();
        keys.verify(&[self.message.authenticated(), sent.idi, sent.idr, t.as_slice()], self.v.mac)
    }
}

impl fmt::Debug for VerificationMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("VerificationMessage").field(&self.message).finish()
    }
}
