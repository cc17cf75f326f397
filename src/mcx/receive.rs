//! Receiving an I_MESSAGE, step by step, cheapest first (RFC 3830 §5.3, RFC 6509 §2.2.2).
//!
//! ```text
//! screen  1 size, header, purpose tag, structure
//!         2 T, KMSs, replay, responder, initiator
//!         3 SAKKE form, CS ID map and policies, algorithm extension, list of SDP protocols
//!         4 key set of the period, UIDs
//! open    5 signature, then the entry in the replay cache
//!         6 decapsulation
//!         7 key parameters
//! caller  8 negotiation       9 storing
//! ```
//!
//! Between the two a caller may ask a rate limit; what fails in 5 to 7 is one error. The entry of step 5 is made even when
//! a later step fails, so that a recorded message cannot buy a second decapsulation.

use core::fmt;

use super::error::McxError;
use super::key_parameters::{KeyParameters, is_protected, open_key_parameters, read_raw};
use super::kms::{Entity, McCrypto};
use super::negotiation::{AlgorithmOffer, AlgorithmSelection, Negotiated, NegotiationEncoding};
use super::ntp::Ntp64;
use super::profile::{McSessions, sessions, sp_algorithms, sp_offer, sp_selection};
use super::received::{CsbRand, Received};
use super::rejected::{KmsRole, Rejected};
use super::replay_cache::ReplayCache;
use super::settings::McxSettings;
use super::uid::Uid;
use crate::keys::{KeyId, McKey, PurposeTag};
use crate::message::{IMessage, Party, Quirk, Quirks};
use crate::wire::SAKKE_ID_SCHEME_MC;

/// Octets of room that [`ScreenedMessage::open`] needs at most for key parameters.
pub const PARAMETERS_ROOM_LEN: usize = 1024;

/// Which way a message goes, and so which keys and which form of negotiation it may carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Direction {
    /// Client to server: a CSK, with an offer.
    Upload,
    /// Server to client: a CSK or a MuSiK, with a selection.
    Download,
    /// Any key with an assigned purpose tag, without negotiation: group and call keys, whose procedures lie elsewhere.
    Other,
}

impl Direction {
    /// Whether a key of kind `tag` goes this way.
    #[must_use]
    pub const fn takes(self, tag: PurposeTag) -> bool {
        match self {
            Self::Upload => matches!(tag, PurposeTag::Csk),
            Self::Download => matches!(tag, PurposeTag::Csk | PurposeTag::MuSik),
            Self::Other => true,
        }
    }
}

/// What is known of a message from outside.
#[derive(Clone, Copy, Debug)]
pub struct Envelope<'a> {
    /// Which way it goes.
    pub direction: Direction,
    /// The initiator that SIP authenticated, or the server of the registration; `None` when only the message knows.
    pub initiator: Option<&'a [u8]>,
    /// The list of key management protocols of the SDP that carries the message; `None` for a body part of its own.
    pub sdp_ids: Option<&'a [u8]>,
}

/// What it costs to go on with a message, in units of one signature verification.
pub const OPEN_COST: u32 = 11;

/// A message that passed everything that needs no mathematics. Nothing in it is proven.
pub struct ScreenedMessage<'a, 'k, M: McCrypto> {
    message: IMessage<'a>,
    tag: PurposeTag,
    time: Ntp64,
    period: u64,
    initiator_uid: Uid,
    own_uid: Uid,
    sessions: McSessions,
    negotiated: Negotiated,
    used: Quirks,
    verify: &'k M::Verify,
    decapsulate: &'k M::Decapsulate,
}

/// What steps 5 and 6 give.
pub(super) struct Authentic {
    key: McKey,
    rand: CsbRand,
    used: Quirks,
}

/// Screens a message for `own` at `now`: steps 1 to 4.
///
/// # Errors
///
/// [`Rejected`], in the order of the steps: [`Undecodable`](Rejected::Undecodable);
/// [`UnknownPurposeTag`](McxError::UnknownPurposeTag), [`WrongPurposeTag`](McxError::WrongPurposeTag);
/// [`StaleTimestamp`](McxError::StaleTimestamp), [`FutureTimestamp`](McxError::FutureTimestamp);
/// [`KmsNotAccepted`](Rejected::KmsNotAccepted), for the initiator's KMS before the responder's;
/// [`BeforeFirstPeriod`](McxError::BeforeFirstPeriod); [`Replay`](McxError::Replay),
/// [`ReplayCacheFull`](McxError::ReplayCacheFull); [`NotResponder`](McxError::NotResponder);
/// [`IdentityMismatch`](McxError::IdentityMismatch), of a download [`WrongServer`](McxError::WrongServer); an unknown
/// SAKKE form; [`BadCsIdMap`](McxError::BadCsIdMap), [`PolicyBelowFloor`](McxError::PolicyBelowFloor),
/// [`BadAlgorithms`](McxError::BadAlgorithms), [`SdpIdsMismatch`](McxError::SdpIdsMismatch);
/// [`NoKeyMaterial`](Rejected::NoKeyMaterial).
#[inline(never)]
pub fn screen<'a, 'k, M: McCrypto, const N: usize>(
    octets: &'a [u8], envelope: &Envelope<'_>, own: &Entity<'k, M>, cache: &ReplayCache<N>,
    settings: &McxSettings, now: Ntp64,
) -> Result<ScreenedMessage<'a, 'k, M>, Rejected<'a>> {
    // Step 1.
    let message = IMessage::decode(octets)?;
    let key_id = KeyId::from_u32(message.csb_id().0).ok_or(McxError::UnknownPurposeTag)?;
    let tag = key_id.tag();
    if !envelope.direction.takes(tag) {
        return Err(McxError::WrongPurposeTag.into());
    }
    // Step 2. The period of T is known only with the KMS, so the KMSs come before the replay cache.
    let time = Ntp64::resolve(message.time(), now);
    let skew = settings.skew_s();
    if time.after_s(skew) < now {
        return Err(McxError::StaleTimestamp.into());
    }
    if time > now.after_s(skew) {
        return Err(McxError::FutureTimestamp.into());
    }
    let refused = |role, uri| Rejected::KmsNotAccepted { role, uri };
    let initiator_kms = own
        .accepted(message.initiator_kms(), time)
        .ok_or(refused(KmsRole::Initiator, message.initiator_kms()))?;
    let responder_kms = own
        .accepted(message.responder_kms(), time)
        .filter(|kms| kms.uri == own.kms_uri)
        .ok_or(refused(KmsRole::Responder, message.responder_kms()))?;
    let initiator_uid = match message.initiator() {
        Party::Hidden(uid) => Uid::new(*uid),
        Party::Uri(uri) => {
            let period = initiator_kms.periods.number(time)?;
            Uid::derive(uri, initiator_kms.uri, initiator_kms.periods, period)?
        }
    };
    cache.check(initiator_uid, message.csb_id(), time, now)?;
    let period = responder_kms.periods.number(time)?;
    let own_uid = Uid::derive(own.uri, responder_kms.uri, responder_kms.periods, period)?;
    let is_own = match message.responder() {
        Party::Uri(uri) => uri == own.uri,
        Party::Hidden(uid) => uid == own_uid.octets(),
    };
    if !is_own {
        return Err(McxError::NotResponder.into());
    }
    match (message.initiator(), envelope.initiator) {
        (Party::Uri(uri), Some(expected)) if uri != expected => {
            return Err(match envelope.direction {
                Direction::Download => McxError::WrongServer,
                _ => McxError::IdentityMismatch,
            }
            .into());
        }
        _ => {}
    }
    // Step 3.
    message.check_form(SAKKE_ID_SCHEME_MC)?;
    let (sessions, used) = sessions(&message, tag, settings.encoding, settings.quirks)?;
    let negotiated = negotiated(&message, envelope.direction, settings.encoding)?;
    check_sdp_ids(&message, envelope.sdp_ids, settings)?;
    // Step 4.
    let (keys, period, _) = own.keys_for(time).map_err(|_| Rejected::NoKeyMaterial { period })?;
    Ok(ScreenedMessage {
        message,
        tag,
        time,
        period,
        initiator_uid,
        own_uid,
        sessions,
        negotiated,
        used,
        verify: initiator_kms.verify,
        decapsulate: keys.decapsulate,
    })
}

fn negotiated(
    message: &IMessage<'_>, direction: Direction, encoding: NegotiationEncoding,
) -> Result<Negotiated, McxError> {
    let extension = message.algorithms();
    Ok(match (direction, encoding) {
        (Direction::Upload, NegotiationEncoding::Extension) => {
            extension.map(AlgorithmOffer::decode).transpose()?.map_or(Negotiated::Nothing, Negotiated::Offer)
        }
        (Direction::Download, NegotiationEncoding::Extension) => extension
            .map(AlgorithmSelection::decode)
            .transpose()?
            .map_or(Negotiated::Nothing, Negotiated::Selection),
        (Direction::Upload, NegotiationEncoding::SpParameters) => {
            sp_offer(sp_algorithms(message)?)?.map_or(Negotiated::Nothing, Negotiated::Offer)
        }
        (Direction::Download, NegotiationEncoding::SpParameters) => {
            sp_selection(sp_algorithms(message)?)?.map_or(Negotiated::Nothing, Negotiated::Selection)
        }
        (Direction::Other, _) | (_, NegotiationEncoding::SignallingAlgorithm) => Negotiated::Nothing,
    })
}

fn check_sdp_ids(
    message: &IMessage<'_>, expected: Option<&[u8]>, settings: &McxSettings,
) -> Result<(), McxError> {
    let Some(expected) = expected else { return Ok(()) };
    let same = match message.sdp_ids() {
        Some(list) => list == expected,
        None => !settings.require_sdp_ids,
    };
    if same { Ok(()) } else { Err(McxError::SdpIdsMismatch) }
}

impl<'a, M: McCrypto> ScreenedMessage<'a, '_, M> {
    /// The message.
    #[must_use]
    pub const fn message(&self) -> &IMessage<'a> {
        &self.message
    }

    /// What the key is for.
    #[must_use]
    pub const fn tag(&self) -> PurposeTag {
        self.tag
    }

    /// T.
    #[must_use]
    pub const fn time(&self) -> Ntp64 {
        self.time
    }

    /// The UID under which the signature will be verified: whom a rate limit counts.
    #[must_use]
    pub const fn initiator_uid(&self) -> Uid {
        self.initiator_uid
    }

    /// Opens the message: steps 5 to 7. The key parameters are in `room` afterwards, of which
    /// [`PARAMETERS_ROOM_LEN`] octets always do.
    ///
    /// # Errors
    ///
    /// [`McxError::Unauthentic`], whatever is wrong; before any mathematics [`McxError::Replay`] or
    /// [`McxError::ReplayCacheFull`] when the cache has changed since, and [`McxError::BufferTooSmall`].
    pub fn open<'o, const N: usize>(
        self, cache: &mut ReplayCache<N>, settings: &McxSettings, now: Ntp64, room: &'o mut [u8],
    ) -> Result<Received<'a, 'o>, McxError> {
        let authentic = self.authenticate(cache, settings, now, room.len())?;
        self.complete(authentic, settings, now, room)
    }

    /// Steps 5 and 6, which want the stack: `room_len` octets will be there for key parameters.
    #[inline(never)]
    pub(super) fn authenticate<const N: usize>(
        &self, cache: &mut ReplayCache<N>, settings: &McxSettings, now: Ntp64, room_len: usize,
    ) -> Result<Authentic, McxError> {
        let (csb, uid) = (self.message.csb_id(), self.initiator_uid);
        cache.check(uid, csb, self.time, now)?;
        if self.message.key_parameters().is_some_and(|octets| octets.len() > room_len) {
            return Err(McxError::BufferTooSmall);
        }
        let rand = CsbRand::new(self.message.rand()).ok_or(McxError::Malformed)?;
        // Step 5.
        let verified = self.message.verify(self.verify, uid.octets(), settings.quirks);
        let verified = verified.map_err(|_| McxError::Unauthentic)?;
        let until = now.max(self.time).after_s(settings.skew_s().saturating_mul(2));
        cache.enter(uid, csb, self.time, now, until)?;
        // Step 6.
        let ssv = verified.decapsulate(self.decapsulate, self.own_uid.octets());
        let key = McKey::new(self.tag, ssv.map_err(|_| McxError::Unauthentic)?.into_secret());
        Ok(Authentic { key, rand, used: self.used.union(verified.used()) })
    }

    /// Step 7.
    #[inline(never)]
    pub(super) fn complete<'o>(
        &self, authentic: Authentic, settings: &McxSettings, now: Ntp64, room: &'o mut [u8],
    ) -> Result<Received<'a, 'o>, McxError> {
        let Authentic { key, rand, mut used } = authentic;
        let opened = match self.message.key_parameters() {
            None => None,
            Some(octets) if is_protected(octets) => {
                Some(open_key_parameters(octets, &key, self.message.csb_id(), room))
            }
            Some(octets) if settings.quirks.has(Quirk::RawKeyParameters) => {
                used = used.with(Quirk::RawKeyParameters);
                Some(read_raw(octets, self.tag, room))
            }
            Some(_) => return Err(McxError::Unauthentic),
        };
        let opened = opened.transpose().map_err(|_| McxError::Unauthentic)?;
        if opened.is_some_and(|opened| !is_alive(&opened.parameters, now)) {
            return Err(McxError::Unauthentic);
        }
        Ok(Received {
            message: self.message,
            key,
            time: self.time,
            period: self.period,
            rand,
            sessions: self.sessions.clone(),
            negotiated: self.negotiated,
            opened,
            initiator_uid: self.initiator_uid,
            used,
        })
    }
}

impl<M: McCrypto> fmt::Debug for ScreenedMessage<'_, '_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ScreenedMessage").field("message", &self.message).finish_non_exhaustive()
    }
}

/// Neither revoked nor expired.
fn is_alive(parameters: &KeyParameters<'_>, now: Ntp64) -> bool {
    !parameters.revoked && parameters.expiry.is_none_or(|expiry| now < expiry)
}
