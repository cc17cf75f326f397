//! Building an I_MESSAGE with a key of signalling (TS 33.180 §E.1.2, §E.4).
//!
//! ```text
//! key set of the period of T --> UIDs --> IDR payloads, SAKKE to the responder [and to oneself], SIGN
//! ```

use rand_core::TryCryptoRng;

use super::error::McxError;
use super::key_parameters::{KEY_PARAMETERS_OVERHEAD, PayloadAlgorithm};
use super::key_parameters_seal::{KeyParametersInit, MAX_KEY_PARAMETERS_LEN, seal_key_parameters};
use super::kms::{Entity, McCrypto};
use super::negotiation::{
    ALGORITHM_AES_256, MAX_ALGORITHMS, MAX_OFFER_LEN, Negotiated, NegotiationEncoding, OFFER_TAG_LEN,
};
use super::ntp::Ntp64;
use super::profile::{DEFAULT_SRTCP_PARAMS, McSessions};
use super::received::CsbRand;
use super::rejected::{KmsRole, Rejected};
use super::settings::McxSettings;
use super::uid::Uid;
use crate::error::EncodeError;
use crate::keys::{KeyId, MasterKeyLen, McKey, McService, PurposeTag};
use crate::message::{EncapsulateTo, IMessageInit, Party, seal_i_message};
use crate::sakke::Ssv;
use crate::wire::{
    CsIdMap, ExtType, Extension, GenericId, GenericIdMap, Policy, ProtType, SAKKE_ID_SCHEME_MC,
};

/// Room of a GENERIC-ID map with both services.
const MAP_LEN: usize = 24;

/// Room of the parameters of a policy: the default ones, offer and selection in form C.
const POLICY_LEN: usize = DEFAULT_SRTCP_PARAMS.len() + 2 + MAX_ALGORITHMS + 2 + 1 + OFFER_TAG_LEN;

/// How a message is written; the default is the smallest form.
#[derive(Clone, Copy, Debug, Default)]
pub struct MessageForm<'a> {
    /// Whether the initiator hides behind its UID.
    pub hide_initiator: bool,
    /// Whether the responder is hidden behind its UID.
    pub hide_responder: bool,
    /// The services whose sessions the map lists, with the default policy; none: the empty map, which stands for all.
    pub services: &'a [McService],
    /// Whether the key is encapsulated to the initiator as well.
    pub to_self: bool,
    /// Whether key parameters are written, with these times and this name; kind, algorithm and time of making are set.
    pub parameters: Option<KeyParametersInit<'a>>,
    /// The list of key management protocols of the SDP that will carry the message; `None` for a body part.
    pub sdp_ids: Option<&'a [u8]>,
}

impl MessageForm<'_> {
    /// The sessions that a message of this form sets up for a key of kind `tag`.
    pub(super) fn sessions(&self, tag: PurposeTag) -> McSessions {
        let all = McSessions::all(tag, MasterKeyLen::Aes128);
        if self.services.is_empty() {
            return all;
        }
        all.only(|cs_id| self.services.iter().any(|service| tag.srtcp_cs_id(*service) == Some(cs_id)))
    }
}

/// A key to send, and to whom.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The key.
    pub key: &'a McKey,
    /// Its key ID, which becomes the CSB ID: of a GMK the GUK-ID.
    pub id: KeyId,
    /// RAND, the same in all messages with this key under this CSB ID.
    pub rand: &'a CsbRand,
    /// The URI of the responder.
    pub responder: &'a [u8],
    /// The KMS of the responder.
    pub responder_kms: &'a [u8],
    /// The offer of an upload, the selection of a download.
    pub negotiated: Negotiated,
    /// The algorithm of the key.
    pub algorithm: u8,
    /// How the message is written.
    pub form: &'a MessageForm<'a>,
}

/// The time of the last message: all messages of one initiator have different T (RFC 3830 §5.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SentTime(Option<Ntp64>);

impl SentTime {
    /// T of the next message at `now`: the clock, or the next fraction when the clock has not moved.
    #[must_use]
    pub fn next(self, now: Ntp64) -> Ntp64 {
        self.0.map_or(now, |last| now.max(last.next()))
    }

    /// Remembers T of a message that was made.
    pub fn note(&mut self, time: Ntp64) {
        self.0 = Some(self.0.map_or(time, |last| last.max(time)));
    }
}

/// A fresh RAND.
pub(super) fn draw_rand<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<CsbRand, McxError> {
    let mut octets = [0; 16];
    rng.try_fill_bytes(&mut octets).map_err(|_| McxError::RngFailed)?;
    CsbRand::new(&octets).ok_or(McxError::Inconsistent)
}

/// Builds the message of `own` with T `time`: what the machines send, and any other key with an assigned purpose tag. Each
/// message of an initiator needs another T ([`SentTime`]).
///
/// # Errors
///
/// [`MissingIdentity`](McxError::MissingIdentity); [`NoKeyMaterial`](Rejected::NoKeyMaterial),
/// [`NotAuthorized`](McxError::NotAuthorized) or [`BeforeFirstPeriod`](McxError::BeforeFirstPeriod) when `own` has no keys
/// for `time`; [`KmsNotAccepted`](Rejected::KmsNotAccepted) without the certificate of the responder's KMS;
/// [`Inconsistent`](McxError::Inconsistent) for services that the key does not serve, or what the form has no place for;
/// [`RngFailed`](McxError::RngFailed); [`Encode`](Rejected::Encode).
#[inline(never)]
pub fn build<'o, M: McCrypto, R: TryCryptoRng + ?Sized>(
    outgoing: &Outgoing<'_>, own: &Entity<'_, M>, settings: &McxSettings, time: Ntp64, rng: &mut R,
    out: &'o mut [u8],
) -> Result<&'o [u8], Rejected<'static>> {
    let form = outgoing.form;
    if own.uri.is_empty() || outgoing.responder.is_empty() {
        return Err(McxError::MissingIdentity.into());
    }
    let (keys, period, kms) = own.keys_for(time)?;
    let responder_kms = own
        .accepted(outgoing.responder_kms, time)
        .ok_or(Rejected::KmsNotAccepted { role: KmsRole::Responder, uri: b"" })?;
    let own_uid = Uid::derive(own.uri, kms.uri, kms.periods, period)?;
    let number = responder_kms.periods.number(time)?;
    let uid = Uid::derive(outgoing.responder, responder_kms.uri, responder_kms.periods, number)?;
    let party = |hidden, uid, uri| if hidden { Party::Hidden(uid) } else { Party::Uri(uri) };

    let mut params = heapless::Vec::<u8, POLICY_LEN>::new();
    sp_params(outgoing, settings, &mut params)?;
    let policy = Policy::new(0, ProtType::SRTP, &params).map_err(|_| McxError::Inconsistent)?;
    let mut map = [0; MAP_LEN];
    let (map, policies): (_, &[Policy<'_>]) = if form.services.is_empty() {
        (CsIdMap::Empty { cs_count: 0 }, &[])
    } else {
        (write_map(outgoing, &mut map)?, core::slice::from_ref(&policy))
    };

    let mut negotiation = [0; MAX_OFFER_LEN];
    let negotiation = match (&outgoing.negotiated, settings.encoding) {
        (Negotiated::Offer(offer), NegotiationEncoding::Extension) => Some(offer.encode(&mut negotiation)),
        (Negotiated::Selection(selection), NegotiationEncoding::Extension) => {
            Some(selection.encode(&mut negotiation))
        }
        _ => None,
    };
    let mut parameters = [0; MAX_KEY_PARAMETERS_LEN + KEY_PARAMETERS_OVERHEAD];
    let parameters = write_parameters(outgoing, settings, time, rng, &mut parameters)?;
    let mut extensions = heapless::Vec::<Extension<'_>, 3>::new();
    for (ext_type, octets) in [
        (ExtType::SDP_IDS, form.sdp_ids),
        (ExtType::MC_KEY_PARAMETERS, parameters),
        (ExtType::KEY_ALGORITHMS, negotiation),
    ] {
        if let Some(octets) = octets {
            extensions.push(Extension { ext_type, octets }).map_err(|_| McxError::Inconsistent)?;
        }
    }

    let init = IMessageInit {
        csb_id: outgoing.id.csb(),
        map,
        time: time.to_wire(),
        rand: outgoing.rand.octets(),
        initiator: party(form.hide_initiator, own_uid.octets(), own.uri),
        responder: party(form.hide_responder, uid.octets(), outgoing.responder),
        initiator_kms: kms.uri,
        responder_kms: responder_kms.uri,
        policies,
        id_scheme: SAKKE_ID_SCHEME_MC,
        extensions: &extensions,
    };
    let ssv = Ssv::new(outgoing.key.secret().duplicate());
    let to_self = EncapsulateTo { kms: kms.encapsulate, id: own_uid.octets() };
    let to_self = form.to_self.then_some(to_self);
    let responder = EncapsulateTo { kms: responder_kms.encapsulate, id: uid.octets() };
    Ok(seal_i_message(&init, &ssv, responder, to_self, keys.sign, rng, out)?)
}

fn sp_params(
    outgoing: &Outgoing<'_>, settings: &McxSettings, to: &mut heapless::Vec<u8, POLICY_LEN>,
) -> Result<(), McxError> {
    let mut put = |octets: &[u8]| to.extend_from_slice(octets).map_err(|_| McxError::Inconsistent);
    put(&DEFAULT_SRTCP_PARAMS)?;
    if settings.encoding != NegotiationEncoding::SpParameters {
        return Ok(());
    }
    if outgoing.form.services.is_empty() && outgoing.negotiated != Negotiated::Nothing {
        // There is no SP beside the empty map.
        return Err(McxError::Inconsistent);
    }
    match &outgoing.negotiated {
        Negotiated::Nothing => Ok(()),
        Negotiated::Offer(offer) => {
            let ids = offer.list().ids();
            put(&[241, u8::try_from(ids.len()).unwrap_or(0)])?;
            put(ids)?;
            put(&[242, 1, offer.selected()])
        }
        Negotiated::Selection(selection) => {
            let tag = selection.tag.ok_or(McxError::Inconsistent)?;
            put(&[242, 9, selection.selected])?;
            put(&tag)
        }
    }
}

fn write_map<'m>(outgoing: &Outgoing<'_>, out: &'m mut [u8; MAP_LEN]) -> Result<CsIdMap<'m>, McxError> {
    let (mut at, mut count) = (0, 0_u8);
    let spi = outgoing.id.to_octets();
    for service in outgoing.form.services {
        let cs_id = outgoing.id.tag().srtcp_cs_id(*service).ok_or(McxError::Inconsistent)?;
        let entry = GenericId {
            cs_id,
            prot_type: ProtType::SRTP,
            s: false,
            policies: &[0],
            session_data: &[],
            spi: &spi,
        };
        at = entry.encode(out, at).map_err(|_: EncodeError| McxError::Inconsistent)?;
        count = count.saturating_add(1);
    }
    let octets = out.get(..at).ok_or(McxError::Inconsistent)?;
    GenericIdMap::from_octets(count, octets).map(CsIdMap::GenericId).map_err(|_| McxError::Inconsistent)
}

#[inline(never)]
fn write_parameters<'o, R: TryCryptoRng + ?Sized>(
    outgoing: &Outgoing<'_>, settings: &McxSettings, time: Ntp64, rng: &mut R, out: &'o mut [u8],
) -> Result<Option<&'o [u8]>, McxError> {
    let selected = match &outgoing.negotiated {
        Negotiated::Nothing => None,
        Negotiated::Offer(offer) => Some(offer.selected()),
        Negotiated::Selection(selection) => Some(selection.selected),
    };
    let alone = settings.encoding == NegotiationEncoding::SignallingAlgorithm;
    let octet = selected.filter(|_| alone || settings.emit_signalling_algorithm);
    let Some(init) =
        outgoing.form.parameters.or_else(|| octet.map(|_| KeyParametersInit::of(outgoing.id.tag(), time)))
    else {
        return Ok(None);
    };
    let init = KeyParametersInit {
        key_type: outgoing.id.tag(),
        now: time,
        algorithm: if outgoing.algorithm == ALGORITHM_AES_256 {
            PayloadAlgorithm::Aes256Gcm
        } else {
            PayloadAlgorithm::Aes128Gcm
        },
        signalling_algorithm: octet,
        ..init
    };
    seal_key_parameters(&init, outgoing.key, outgoing.id.csb(), rng, out).map(Some)
}
