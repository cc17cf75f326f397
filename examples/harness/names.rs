//! Names of keys, groups and deliveries, from JSON and to JSON.

use core::fmt;

use castkey::id::{Counter, GroupName, KeyDomainId, KeyGroup, Mki, MskId, MskName};
use castkey::keys::{MskEntry, MskRand};
use castkey::role::{Delivery, SwitchTiming, Switchover};
use castkey::time::Tick;
use castkey::wire::{CryptoSession, Policy};
use serde_json::{Map, Value, json};

use crate::input::{Input, number, octets, word, wrong};
use crate::refusal::Refusal;
use crate::settings::flag;

pub(crate) fn domain(input: Input<'_>) -> Result<KeyDomainId, Refusal> {
    input.array("key_domain_id").map(KeyDomainId::new)
}

pub(crate) fn msk_id(input: Input<'_>, name: &str) -> Result<MskId, Refusal> {
    input.array(name).map(MskId::from_octets)
}

pub(crate) fn msk_name(input: Input<'_>) -> Result<MskName, Refusal> {
    Ok(MskName::new(domain(input)?, msk_id(input, "msk_id")?))
}

/// A Key Group: `key_domain_id` and the 2 octets of `key_group`, as hex or as a number.
pub(crate) fn group(input: Input<'_>) -> Result<GroupName, Refusal> {
    let group = match input.need("key_group")? {
        Value::String(_) => u16::from_be_bytes(input.array("key_group")?),
        value => number("key_group", value)?,
    };
    Ok(GroupName::new(domain(input)?, KeyGroup(group)))
}

pub(crate) fn mki(input: Input<'_>) -> Result<Mki, Refusal> {
    input.array("mki").map(Mki::from_octets)
}

pub(crate) fn rand(input: Input<'_>) -> Result<MskRand, Refusal> {
    MskRand::new(&input.octets("rand")?).ok_or_else(|| wrong("rand"))
}

/// `object` with the members of `more` in it.
pub(crate) fn named(mut object: Value, more: Value) -> Value {
    if let (Some(to), Value::Object(from)) = (object.as_object_mut(), more) {
        to.extend(from);
    }
    object
}

/// What a variant of an enum is called.
pub(crate) fn variant(value: &impl fmt::Debug) -> String {
    format!("{value:?}").chars().take_while(char::is_ascii_alphanumeric).collect()
}

pub(crate) fn with_msk(object: Value, name: MskName) -> Value {
    named(
        object,
        json!({
            "key_domain_id": hex::encode(name.domain.to_octets()),
            "msk_id": hex::encode(name.id.to_octets()),
        }),
    )
}

pub(crate) fn with_group(object: Value, name: GroupName) -> Value {
    named(
        object,
        json!({
            "key_domain_id": hex::encode(name.domain.to_octets()),
            "key_group": hex::encode(name.group.0.to_be_bytes()),
        }),
    )
}

pub(crate) fn with_mki(object: Value, domain: KeyDomainId, mki: Mki) -> Value {
    let key_domain_id = hex::encode(domain.to_octets());
    named(object, json!({ "key_domain_id": key_domain_id, "mki": hex::encode(mki.to_octets()) }))
}

pub(crate) fn show_msk_id(id: MskId) -> String {
    hex::encode(id.to_octets())
}

/// What is held of an MSK, without the key.
pub(crate) fn show_entry(entry: &MskEntry) -> Value {
    let window = entry.window();
    json!({
        "msk_id": show_msk_id(entry.name().id),
        "counter": entry.counter().map(|counter| counter.0),
        "seqs": window.seqs().map(|mtk| mtk.0),
        "sequ": window.sequ().0,
        "has_rand": entry.rand().is_some(),
    })
}

pub(crate) fn show_switchover(switch: Switchover) -> Value {
    let state = match switch {
        Switchover::Idle => "Idle",
        Switchover::Steady { .. } => "Steady",
        Switchover::Pending { .. } => "Pending",
        Switchover::Expecting { .. } => "Expecting",
        Switchover::Switching { .. } => "Switching",
        Switchover::Overlap { .. } => "Overlap",
        _ => "Switchover",
    };
    json!({
        "type": state,
        "active": switch.active().map(show_msk_id),
        "next": switch.next().map(show_msk_id),
        "retiring": switch.retiring().map(show_msk_id),
        "until": switch.deadline().map(Tick::as_millis),
    })
}

pub(crate) fn show_delivery(delivery: Delivery) -> Value {
    match delivery {
        Delivery::Idle => json!({ "type": "Idle" }),
        Delivery::Waiting { name, counter, attempt, due } => with_msk(
            json!({ "type": "Waiting", "counter": counter.0, "attempt": attempt, "due": due.as_millis() }),
            name,
        ),
        Delivery::Delivered(name) => with_msk(json!({ "type": "Delivered" }), name),
        Delivery::Failed(name) => with_msk(json!({ "type": "Failed" }), name),
        _ => json!({ "type": "Delivery" }),
    }
}

/// A delivery as [`show_delivery`] shows it; absent means that nothing was sent.
pub(crate) fn delivery(input: Input<'_>) -> Result<Delivery, Refusal> {
    let Some(value) = input.get("delivery") else { return Ok(Delivery::Idle) };
    let input = Input::of(value).ok_or_else(|| wrong("delivery"))?;
    let kinds = [("Idle", 0), ("Waiting", 1), ("Delivered", 2), ("Failed", 3)];
    Ok(match word("delivery", input.need("type")?, &kinds)? {
        1 => Delivery::Waiting {
            name: msk_name(input)?,
            counter: Counter(input.number("counter")?),
            attempt: input.number("attempt")?,
            due: Tick::from_millis(input.number("due")?),
        },
        2 => Delivery::Delivered(msk_name(input)?),
        3 => Delivery::Failed(msk_name(input)?),
        _ => Delivery::Idle,
    })
}

/// The bodies of SP payloads: a list of octet strings.
pub(crate) fn policy_bodies(input: Input<'_>, name: &str) -> Result<Vec<Vec<u8>>, Refusal> {
    input.list(name)?.iter().map(|value| octets(name, value)).collect()
}

pub(crate) fn policies(bodies: &[Vec<u8>]) -> Result<Vec<Policy<'_>>, Refusal> {
    bodies.iter().map(|body| Ok(Policy::from_body(body)?)).collect()
}

pub(crate) fn sessions(input: Input<'_>, name: &str) -> Result<Option<Vec<CryptoSession>>, Refusal> {
    if input.get(name).is_none() {
        return Ok(None);
    }
    let session = |value: &Value| {
        let input = Input::of(value).ok_or_else(|| wrong(name))?;
        Ok(CryptoSession {
            policy_no: input.number("policy_no")?,
            ssrc: input.number("ssrc")?,
            roc: input.number("roc")?,
        })
    };
    input.list(name)?.iter().map(session).collect::<Result<_, _>>().map(Some)
}

pub(crate) fn show_session(session: CryptoSession) -> Value {
    json!({ "policy_no": session.policy_no, "ssrc": session.ssrc, "roc": session.roc })
}

pub(crate) fn show_policy(policy: Policy<'_>) -> Map<String, Value> {
    let params: Vec<Value> = policy
        .params()
        .map(|param| json!({ "type": param.param.0, "value": hex::encode(param.value) }))
        .collect();
    Map::from_iter([
        ("policy_no".into(), policy.policy_no.into()),
        ("prot_type".into(), policy.prot_type.0.into()),
        ("params".into(), params.into()),
    ])
}

pub(crate) fn timing(value: &Value) -> Result<SwitchTiming, Refusal> {
    let mut timing = SwitchTiming::default();
    for (name, value) in Input::of(value).ok_or_else(|| wrong("timing"))?.members() {
        match name {
            "overlap_ms" => timing.overlap_ms = number(name, value)?,
            "early_ms" => timing.early_ms = number(name, value)?,
            "implicit" => timing.implicit = flag(name, value)?,
            _ => return Err(wrong("timing")),
        }
    }
    Ok(timing)
}
