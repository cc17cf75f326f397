//! `poc.distribution.*`: named distributions.

use std::collections::BTreeMap;

use castkey::crypto::RustCrypto;
use castkey::id::MtkId;
use castkey::keys::{Mtk, MtkSalt};
use castkey::poc::{
    BearerAction, BearerEvent, BearerTimer, Distribution, DistributionAction, DistributionConfig,
    DistributionEvent, Known, MAX_DATAGRAM_LEN, UpdatedMsk,
};
use castkey::time::Tick;
use serde_json::{Value, json};

use super::{coding, indication, show_indication, timing};
use crate::Answer;
use crate::generator::{Generator, seeded};
use crate::input::{Input, number, word, wrong};
use crate::names::{self, named, show_msk_id, variant, with_msk};
use crate::refusal::Refusal;
use crate::settings;

/// A distribution with the generator that `poc.distribution.new` was given a seed for.
pub(crate) struct Sender {
    distribution: Distribution,
    rng: Generator,
}

const TIMERS: [(&str, BearerTimer); 4] = [
    ("Copy", BearerTimer::Copy),
    ("Roll", BearerTimer::Roll),
    ("Period", BearerTimer::Period),
    ("Overlap", BearerTimer::Overlap),
];

pub(crate) fn new(input: Input<'_>, distributions: &mut BTreeMap<String, Sender>) -> Answer {
    let name = input.text("name")?;
    let rng = seeded(input)?.unwrap_or(Generator::NONE);
    let mut config = DistributionConfig::default();
    let mut suite = None;
    config.settings = settings::of(input, |name, value| {
        match name {
            "suite" => suite = Some(value.clone()),
            "timing" => config.timing = timing(value)?,
            "coding" => config.coding = coding(value)?,
            "ssrc" => config.ssrc = number(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    config.algorithms = settings::suite(suite.as_ref(), &config.settings)?;
    let distribution = Distribution::new(config, names::domain(input)?);
    distributions.insert(name.to_owned(), Sender { distribution, rng });
    Ok(json!({}))
}

fn updated(event: Input<'_>) -> Result<UpdatedMsk, Refusal> {
    let mtk = match event.get("mtk") {
        Some(_) => Some((Mtk::new(event.secret("mtk")?), MtkSalt::new(event.secret("salt")?))),
        None => None,
    };
    Ok(UpdatedMsk {
        name: names::msk_name(event.within("name"))?,
        msk: event.secret("msk")?,
        rand: names::rand(event)?,
        seq_low: MtkId(event.number("seq_low")?),
        seq_high: MtkId(event.number("seq_high")?),
        mtk,
    })
}

pub(crate) fn handle(input: Input<'_>, distributions: &mut BTreeMap<String, Sender>) -> Answer {
    let sender = distributions.get_mut(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = Tick::from_millis(input.number("tick")?);
    let event = input.object("event")?;
    let mut own = seeded(input)?;
    let Sender { distribution, rng } = sender;
    let rng = own.as_mut().unwrap_or(rng);
    let event = match event.variant()?.as_str() {
        // No event of the enum: what the distribution sends itself besides indications.
        "ProtectMbcp" => {
            let (packet, mut out) = (event.octets("octets")?, [0; MAX_DATAGRAM_LEN]);
            let sent = DistributionAction::MulticastMbcp(distribution.protect_mbcp(&packet, &mut out)?);
            return Ok(json!({ "actions": [show_action(&sent)] }));
        }
        // Without a key it is a request that lacks its MSK.
        "SessionUpdate" if event.get("msk").is_none() => DistributionEvent::SessionUpdate(None),
        "SessionUpdate" => DistributionEvent::SessionUpdate(Some(updated(event)?)),
        other => DistributionEvent::Bearer(bearer_event(other, event)?),
    };
    let mut out = [0; Distribution::<RustCrypto>::MAX_OUT_LEN];
    let actions = distribution.handle(event, now, rng, &mut out)?;
    Ok(json!({ "actions": actions.iter().map(show_action).collect::<Vec<_>>() }))
}

fn bearer_event(kind: &str, event: Input<'_>) -> Result<BearerEvent, Refusal> {
    Ok(match kind {
        "Update" => BearerEvent::Update(names::msk_name(event.within("name"))?, Known::No),
        "Indication" => BearerEvent::Indication(indication(event.within("indication"))?),
        "Abort" => BearerEvent::Abort,
        "Roll" => BearerEvent::Roll,
        "Fired" => BearerEvent::Fired(word("timer", event.need("timer")?, &TIMERS)?),
        "Timeout" => BearerEvent::Timeout,
        _ => return Err(Refusal::bad_request("unknown event type")),
    })
}

fn show_action(action: &DistributionAction<'_>) -> Value {
    match action {
        DistributionAction::MulticastMikey(octets) => {
            json!({ "type": "MulticastMikey", "octets": hex::encode(octets) })
        }
        DistributionAction::MulticastMbcp(octets) => {
            json!({ "type": "MulticastMbcp", "octets": hex::encode(octets) })
        }
        DistributionAction::MtkRangeExhausted => json!({ "type": "MtkRangeExhausted" }),
        DistributionAction::Bearer(action) => show_bearer_action(action),
        _ => json!({ "type": "DistributionAction" }),
    }
}

fn show_bearer_action(action: &BearerAction) -> Value {
    let shown = json!({ "type": variant(action) });
    match action {
        BearerAction::Stored(name) | BearerAction::Switched(name) => with_msk(shown, *name),
        BearerAction::Refused(why) => named(shown, json!({ "why": variant(why) })),
        BearerAction::RejectIndication(seq, why) => {
            named(shown, json!({ "seq": seq.0, "why": variant(why) }))
        }
        BearerAction::SendIndication(indication) => named(shown, show_indication(indication)),
        BearerAction::Acknowledge(seq) => named(shown, json!({ "seq": seq.0 })),
        BearerAction::NewMtk(msk) | BearerAction::Retire(msk) => {
            named(shown, json!({ "msk_id": show_msk_id(*msk) }))
        }
        BearerAction::ArmTimer(at) => named(shown, json!({ "at": at.as_millis() })),
        _ => shown,
    }
}

pub(crate) fn state(input: Input<'_>, distributions: &BTreeMap<String, Sender>) -> Answer {
    let sender = distributions.get(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let bearer = sender.distribution.bearer();
    let timers: Vec<Value> = bearer
        .timers()
        .map(|(timer, at)| json!({ "timer": variant(&timer), "at": at.as_millis() }))
        .collect();
    let mki = sender.distribution.traffic().ok().map(|(mki, ..)| hex::encode(mki.to_octets()));
    Ok(json!({
        "active": bearer.active().map(|name| show_msk_id(name.id)),
        "is_announcing": bearer.is_announcing(),
        "mki": mki,
        "timers": timers,
        "deadline": bearer.deadline().map(Tick::as_millis),
    }))
}
