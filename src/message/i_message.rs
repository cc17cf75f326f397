//! The I_MESSAGE of MIKEY-SAKKE, received (RFC 6509 §2.1, TS 33.180 §E.1.2).
//!
//! ```text
//! HDR  T RAND  IDRi IDRr IDRkmsi IDRkmsr  [SP].. SAKKE [EXT]..  SIGN
//!     |       |                          |                    |
//!     either  any order                  any order            signs everything before its 129 octets
//!     order
//!
//! IMessage --verify--> VerifiedIMessage --decapsulate--> key
//! ```
//!
//! The types keep the order of RFC 6509 §2.2.2: there is no way to decapsulate what was not verified.

use core::fmt;

use super::i_message_walk::{At, Found};
use super::quirk::{Quirk, Quirks};
use crate::error::{DecodeError, DecodeErrorKind};
use crate::id::CsbId;
use crate::sakke::{EccsiVerify, SakkeDecapsulate, Ssv};
use crate::time::NtpTime;
use crate::wire::{
    CsIdMap, Hdr, Message, Payload, Policy, SAKKE_ID_SCHEME_TEL, SAKKE_PARAMS_1, SED_LEN, Sakke, Sign,
    Timestamp,
};

/// Most crypto sessions of an I_MESSAGE.
pub const MAX_CRYPTO_SESSIONS: u8 = 8;

/// Most SP payloads of an I_MESSAGE.
pub const MAX_I_MESSAGE_POLICIES: usize = 8;

/// Longest data of a General Extension in an I_MESSAGE, octets.
pub const MAX_EXTENSION_LEN: usize = 1024;

/// Length of a UID, octets.
const UID_LEN: usize = 32;

/// Who sends or receives: by URI, or hidden behind the UID (TS 33.180 §5.2.6).
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "an identity is given or hidden")]
pub enum Party<'a> {
    /// IDRi or IDRr: the URI.
    Uri(&'a [u8]),
    /// IDRuidi or IDRuidr: the UID.
    Hidden(&'a [u8; UID_LEN]),
}

impl fmt::Debug for Party<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uri(uri) => write!(f, "Uri({})", uri.escape_ascii()),
            Self::Hidden(uid) => {
                f.write_str("Hidden(")?;
                for octet in uid.iter() {
                    write!(f, "{octet:02x}")?;
                }
                f.write_str(")")
            }
        }
    }
}

/// The signature, the encapsulated key or what the key protects is wrong. Which, is not said: the sender of a forgery
/// would learn from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Unauthentic;

impl fmt::Display for Unauthentic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not authentic")
    }
}

impl core::error::Error for Unauthentic {}

/// A well-formed I_MESSAGE. Nothing in it is proven.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct IMessage<'a> {
    message: Message<'a>,
    timestamp: Timestamp,
    rand: &'a [u8],
    initiator: Party<'a>,
    responder: Party<'a>,
    initiator_kms: &'a [u8],
    responder_kms: &'a [u8],
    sakke: At<Sakke<'a>>,
    signature: &'a [u8; Sign::ECCSI_LEN],
    sdp_ids: Option<&'a [u8]>,
    to_self: Option<At<&'a [u8]>>,
    key_parameters: Option<&'a [u8]>,
    algorithms: Option<&'a [u8]>,
}

impl<'a> IMessage<'a> {
    /// Decodes a message: constants of the header, order, presence and number of the payloads, their sizes.
    ///
    /// Parameter set, ID scheme, map and policies are looked at by [`check_form`](Self::check_form) later, after what a
    /// receiver can refuse at less cost.
    ///
    /// # Errors
    ///
    /// [`DecodeError`]: those of [`Message::decode`]; [`WrongDataType`](DecodeErrorKind::WrongDataType),
    /// [`UnsupportedPrf`](DecodeErrorKind::UnsupportedPrf); a payload that is missing, twice there, out of order, or of a
    /// type that has no place; [`BadRand`](DecodeErrorKind::BadRand) outside 16 to 32 octets; a timestamp that is not
    /// NTP-UTC (with ID scheme 1, NTP passes too); an identity of another type or length; a signature that is not ECCSI
    /// with 129 octets; more than [`MAX_CRYPTO_SESSIONS`], [`MAX_I_MESSAGE_POLICIES`] or [`MAX_EXTENSION_LEN`].
    pub fn decode(octets: &'a [u8]) -> Result<Self, DecodeError> {
        let mut found = Found::default();
        let message = Message::decode_with(octets, |hdr: &Hdr<'a>, at, payload| found.see(hdr, at, payload))?;
        let missing = DecodeError::new(DecodeErrorKind::MissingPayload, octets.len());
        let sakke = found.sakke.ok_or(missing)?;
        let timestamp = found.timestamp.ok_or(missing)?;
        // SPEC: RFC 6509 §2.2.1 knows local time, TS 33.180 §E.1.2 knows UTC only.
        if !matches!(timestamp, Timestamp::NtpUtc(_)) && sakke.value.id_scheme != SAKKE_ID_SCHEME_TEL {
            let at = message.located().find(|(_, payload)| matches!(payload, Payload::T(_)));
            let at = at.map_or(0, |(at, _)| at.saturating_add(1));
            return Err(DecodeError::new(DecodeErrorKind::UnsupportedTimestamp, at));
        }
        Ok(Self {
            message,
            timestamp,
            rand: found.rand.ok_or(missing)?,
            initiator: found.initiator.ok_or(missing)?,
            responder: found.responder.ok_or(missing)?,
            initiator_kms: found.initiator_kms.ok_or(missing)?,
            responder_kms: found.responder_kms.ok_or(missing)?,
            sakke,
            signature: found.signature.ok_or(missing)?,
            sdp_ids: found.sdp_ids,
            to_self: found.to_self,
            key_parameters: found.key_parameters,
            algorithms: found.algorithms,
        })
    }

    /// The whole message, as received.
    #[must_use]
    pub const fn octets(&self) -> &'a [u8] {
        self.message.octets()
    }

    /// The message payload by payload.
    #[must_use]
    pub const fn message(&self) -> &Message<'a> {
        &self.message
    }

    /// CSB ID: the key ID, of a GMK the GUK-ID.
    #[must_use]
    pub const fn csb_id(&self) -> CsbId {
        self.message.hdr().csb_id
    }

    /// CS ID map.
    #[must_use]
    pub const fn map(&self) -> CsIdMap<'a> {
        self.message.hdr().map
    }

    /// T, without its era.
    #[must_use]
    pub const fn time(&self) -> NtpTime {
        match self.timestamp {
            Timestamp::NtpUtc(time) | Timestamp::Ntp(time) => time,
            // INVARIANT: `Found::see` takes no counter.
            Timestamp::Counter(_) => NtpTime::from_bits(0),
        }
    }

    /// RAND, 16 to 32 octets.
    #[must_use]
    pub const fn rand(&self) -> &'a [u8] {
        self.rand
    }

    /// IDRi or IDRuidi.
    #[must_use]
    pub const fn initiator(&self) -> Party<'a> {
        self.initiator
    }

    /// IDRr or IDRuidr.
    #[must_use]
    pub const fn responder(&self) -> Party<'a> {
        self.responder
    }

    /// IDRkmsi: whose public keys the signature is under.
    #[must_use]
    pub const fn initiator_kms(&self) -> &'a [u8] {
        self.initiator_kms
    }

    /// IDRkmsr: whose public keys the encapsulated key is under.
    #[must_use]
    pub const fn responder_kms(&self) -> &'a [u8] {
        self.responder_kms
    }

    /// The ID scheme of the SAKKE payload.
    #[must_use]
    pub const fn id_scheme(&self) -> u8 {
        self.sakke.value.id_scheme
    }

    /// The SP payloads.
    pub fn policies(&self) -> impl Iterator<Item = Policy<'a>> + use<'a> {
        self.message.payloads().filter_map(|payload| match payload {
            Payload::Sp(policy) => Some(policy),
            _ => None,
        })
    }

    /// Data of the extension of type 1: the key management protocols that the SDP names (RFC 4567 §4.1.4).
    #[must_use]
    pub const fn sdp_ids(&self) -> Option<&'a [u8]> {
        self.sdp_ids
    }

    /// Data of the extension of type 7: the key parameters (TS 33.180 §E.6).
    #[must_use]
    pub const fn key_parameters(&self) -> Option<&'a [u8]> {
        self.key_parameters
    }

    /// Data of the extension of type 241: an algorithm offer or selection.
    #[must_use]
    pub const fn algorithms(&self) -> Option<&'a [u8]> {
        self.algorithms
    }

    /// Checks the SAKKE payload: parameter set 1, `id_scheme`, and the length of a key of 16 octets.
    ///
    /// # Errors
    ///
    /// [`UnsupportedSakke`](DecodeErrorKind::UnsupportedSakke).
    pub fn check_form(&self, id_scheme: u8) -> Result<(), DecodeError> {
        is_form(&self.sakke.value, id_scheme)
            .then_some(())
            .ok_or(DecodeError::new(DecodeErrorKind::UnsupportedSakke, self.sakke.at))
    }

    /// Verifies that `id` signed this message.
    ///
    /// # Errors
    ///
    /// [`Unauthentic`].
    pub fn verify<V: EccsiVerify + ?Sized>(
        &self, verifier: &V, id: &[u8], accepted: Quirks,
    ) -> Result<VerifiedIMessage<'a>, Unauthentic> {
        let signed = self.message.authenticated();
        if verifier.verify(id, signed, self.signature).is_ok() {
            return Ok(VerifiedIMessage { message: *self, used: Quirks::NONE });
        }
        let shorter = signed.len().checked_sub(Sign::HEAD_LEN).and_then(|len| signed.get(..len));
        let shorter = shorter.filter(|_| accepted.has(Quirk::SignWithoutHeader)).ok_or(Unauthentic)?;
        verifier.verify(id, shorter, self.signature).map_err(|_| Unauthentic)?;
        Ok(VerifiedIMessage { message: *self, used: Quirks::NONE.with(Quirk::SignWithoutHeader) })
    }
}

impl fmt::Debug for IMessage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IMessage")
            .field("csb_id", &self.csb_id())
            .field("initiator", &self.initiator)
            .field("responder", &self.responder)
            .finish_non_exhaustive()
    }
}

/// An I_MESSAGE whose signature was verified.
#[derive(Clone, Copy, Debug)]
pub struct VerifiedIMessage<'a> {
    message: IMessage<'a>,
    used: Quirks,
}

impl<'a> VerifiedIMessage<'a> {
    /// The message.
    #[must_use]
    pub const fn message(&self) -> &IMessage<'a> {
        &self.message
    }

    /// The deviations that were needed so far.
    #[must_use]
    pub const fn used(&self) -> Quirks {
        self.used
    }

    /// Decapsulates the key, which must have been encapsulated to `id`.
    ///
    /// # Errors
    ///
    /// [`Unauthentic`].
    pub fn decapsulate<D: SakkeDecapsulate + ?Sized>(
        &self, decapsulator: &D, id: &[u8],
    ) -> Result<Ssv, Unauthentic> {
        open(&self.message.sakke.value, decapsulator, id)
    }

    /// Decapsulates the key from the SAKKE-to-self extension, for the initiator himself; `None` without one.
    ///
    /// # Errors
    ///
    /// [`Unauthentic`], also for an extension that is malformed.
    pub fn decapsulate_to_self<D: SakkeDecapsulate + ?Sized>(
        &self, decapsulator: &D, id: &[u8],
    ) -> Result<Option<Ssv>, Unauthentic> {
        let Some(At { at, value }) = self.message.to_self else { return Ok(None) };
        let sakke = Sakke::from_payload(value, at).map_err(|_| Unauthentic)?;
        if !is_form(&sakke, self.message.id_scheme()) {
            return Err(Unauthentic);
        }
        open(&sakke, decapsulator, id).map(Some)
    }
}

fn is_form(sakke: &Sakke<'_>, id_scheme: u8) -> bool {
    sakke.params == SAKKE_PARAMS_1 && sakke.id_scheme == id_scheme && sakke.sed.len() == SED_LEN
}

fn open<D: SakkeDecapsulate + ?Sized>(
    sakke: &Sakke<'_>, decapsulator: &D, id: &[u8],
) -> Result<Ssv, Unauthentic> {
    let sed = sakke.sed.try_into().map_err(|_| Unauthentic)?;
    decapsulator.decapsulate(sed, id).map_err(|_| Unauthentic)
}
