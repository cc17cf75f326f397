//! `mcx.open`, `mcx.seal`: one message, without a machine.

use castkey::keys::{MasterKey, McKey, PurposeTag, SrtpMaster};
use castkey::mcx::{
    ALGORITHM_AES_128, CsbRand, Direction, Entity, Envelope, McxError, Negotiated, Ntp64, Outgoing,
    PARAMETERS_ROOM_LEN, Received, ReplayCache, Uid, build, screen,
};
use castkey::message::Party;
use castkey::time::NtpTime;
use castkey::wire::MAX_MESSAGE_LEN;
use serde_json::{Value, json};

use super::form::{Form, offer, sdp_ids, selection, show_offer, show_parameters, show_selection};
use super::provisioned::{Math, Part, Provisioned};
use super::{key_id, now, settings, show_purpose};
use crate::Answer;
use crate::generator::{Generator, seeded};
use crate::input::{Input, number, word, wrong};
use crate::names::named;
use crate::refusal::Refusal;

const DIRECTIONS: [(&str, Direction); 3] =
    [("upload", Direction::Upload), ("download", Direction::Download), ("any", Direction::Other)];

/// Steps 1 to 7 of the receive procedure and the binding of the initiator; with a policy in `settings.algorithms` step 8
/// too, where `offer` is what the client offered last.
pub(crate) fn open(input: Input<'_>) -> Answer {
    let (octets, now) = (input.octets("message")?, now(input)?);
    let direction = word("direction", input.need("direction")?, &DIRECTIONS)?;
    let own_uri = input.text("responder_uri_text")?;
    let initiator = input.text_if("initiator_uri_text")?.map(str::as_bytes);
    let (mut policy, sent) = (None, offer(input)?);
    let settings = settings::of(input, |name, value| {
        let is_policy = name == "algorithms";
        if is_policy {
            policy = Some(settings::policy(name, value)?);
        }
        Ok(is_policy)
    })?;
    let envelope = Envelope { direction, initiator, sdp_ids: sdp_ids(input)? };
    let own_keys = Provisioned::of(input, own_uri, Part::Receiver, now)?;
    own_keys.with(|own| {
        let (mut cache, mut room) = (ReplayCache::<1>::new(), [0; PARAMETERS_ROOM_LEN]);
        let screened = screen(&octets, &envelope, own, &cache, &settings, now)?;
        let message = *screened.message();
        let received = screened.open(&mut cache, &settings, now, &mut room)?;
        let (offered, selected) = match direction {
            Direction::Upload => (received.offer()?, None),
            Direction::Download => (None, received.selection()?),
            _ => (None, None),
        };
        let algorithm = match (&policy, direction) {
            (Some(policy), Direction::Upload) => Some(policy.accept_offer(offered.as_ref())?),
            (Some(policy), Direction::Download) => {
                let current = sent.map_or(policy.default, |sent| sent.selected());
                Some(policy.accept_selection(selected.as_ref(), sent.as_ref(), current)?)
            }
            _ => None,
        };
        let kms = own.accepted(own.kms_uri, received.time()).ok_or(McxError::NotAuthorized)?;
        let uid = Uid::derive(own.uri, kms.uri, kms.periods, received.period())?;
        let shown = json!({
            "key_id": hex::encode(received.key_id().to_octets()),
            "purpose": show_purpose(received.key_id().tag()),
            "rand": hex::encode(message.rand()),
            "key_parameters":
                received.parameters().map(|read| show_parameters(&read, received.signalling_algorithm())),
            "offer": offered.as_ref().map(show_offer),
            "selection": selected.as_ref().map(show_selection),
            "algorithm": algorithm,
            "initiator_uid": hex::encode(received.initiator_uid().octets()),
            "responder_uid": hex::encode(uid.octets()),
            "period_no": received.period(),
            "quirks": received.used().iter().map(|quirk| quirk.name()).collect::<Vec<_>>(),
        });
        let sessions = received.sessions().clone();
        let (key_id, csb) = (received.key_id(), received.csb_id());
        let key = bind(received, initiator.or(open_uri(message.initiator())), own)?;
        let srtp = sessions.iter().filter_map(|session| {
            let master = SrtpMaster::derive(&key, session.cs_id, csb, message.rand(), session.key_len)?;
            // The MKI of a GMK holds both its key ID and the GUK-ID, and a message has only one of them.
            let mki = (key.tag() != PurposeTag::Gmk).then(|| hex::encode(key_id.to_octets()));
            let stream = session.srtp;
            Some(json!({
                "cs_id": session.cs_id,
                "master_key": show_master(&master.key),
                "master_salt": hex::encode(master.salt.expose()),
                "mki": mki,
                "ssrc": stream.map(|stream| stream.ssrc),
                "roc": stream.and_then(|stream| stream.roc_and_seq).map(|(roc, _)| roc),
                "seq": stream.and_then(|stream| stream.roc_and_seq).map(|(_, seq)| seq),
            }))
        });
        let srtp = srtp.collect::<Vec<_>>();
        Ok(named(shown, json!({ "key": hex::encode(key.secret().expose()), "srtp": srtp })))
    })
}

/// The URI of an initiator that does not hide.
fn open_uri(party: Party<'_>) -> Option<&[u8]> {
    match party {
        Party::Uri(uri) => Some(uri),
        Party::Hidden(_) => None,
    }
}

/// A hidden initiator whom nobody knows keeps its key.
fn bind(
    received: Received<'_, '_>, initiator: Option<&[u8]>, own: &Entity<'_, Math<'_>>,
) -> Result<McKey, Refusal> {
    Ok(received.bind(initiator.ok_or(McxError::NotBound)?, own)?)
}

fn show_master(key: &MasterKey) -> String {
    match key {
        MasterKey::Aes128(key) => hex::encode(key.expose()),
        MasterKey::Aes256(key) => hex::encode(key.expose()),
    }
}

/// `ntp` is T: seconds since 1900, or the 8 octets of the wire.
fn time(input: Input<'_>) -> Result<Ntp64, Refusal> {
    match input.need("ntp")? {
        Value::String(_) => {
            let bits = u64::from_be_bytes(input.array("ntp")?);
            Ok(Ntp64::resolve(NtpTime::from_bits(bits), Ntp64::from_seconds(bits >> 32)))
        }
        value => number("ntp", value).map(Ntp64::from_seconds),
    }
}

pub(crate) fn seal(input: Input<'_>) -> Answer {
    let time = time(input)?;
    let (own_uri, responder) = (input.text("initiator_uri_text")?, input.text("responder_uri_text")?);
    let kms_uri = input.text("kms_uri_text")?;
    let responder_kms = input.text_if("responder_kms_uri_text")?.unwrap_or(kms_uri);
    let id = key_id(input, "key_id")?;
    let key = McKey::new(id.tag(), input.secret("key")?);
    let rand = CsbRand::new(&input.octets("rand")?).ok_or_else(|| wrong("rand"))?;
    let negotiated = match (offer(input)?, selection(input)?) {
        (None, None) => Negotiated::Nothing,
        (Some(offer), None) => Negotiated::Offer(offer),
        (None, Some(selection)) => Negotiated::Selection(selection),
        _ => return Err(Refusal::bad_request("a message carries offer or selection, not both")),
    };
    let algorithm = match &negotiated {
        Negotiated::Offer(offer) => offer.selected(),
        Negotiated::Selection(selection) => selection.selected,
        _ => ALGORITHM_AES_128,
    };
    let settings = settings::of(input, |_, _| Ok(false))?;
    let form = Form::of(input)?;
    let mut rng = seeded(input)?.unwrap_or(Generator::NONE);
    let own_keys = Provisioned::of(input, own_uri, Part::Sender, time)?;
    own_keys.with(|own| {
        let outgoing = Outgoing {
            key: &key,
            id,
            rand: &rand,
            responder: responder.as_bytes(),
            responder_kms: responder_kms.as_bytes(),
            negotiated,
            algorithm,
            form: &form.borrow(),
        };
        let mut out = [0; MAX_MESSAGE_LEN];
        let message = build(&outgoing, own, &settings, time, &mut rng, &mut out)?;
        Ok(json!({ "message": hex::encode(message) }))
    })
}
