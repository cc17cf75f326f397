//! `ue.*`: named terminals. Composed fields of an event may stand flat or under the name of their field.

use std::collections::BTreeMap;

use castkey::crypto::RustCrypto;
use castkey::id::{KeyDomainId, MtkId};
use castkey::keys::{Muk, MukId};
use castkey::message::MskSecurity;
use castkey::role::{BackOff, Cause, SwitchEvent, Ue, UeAction, UeConfig, UeEvent};
use castkey::time::Tick;
use serde_json::{Value, json};

use crate::Answer;
use crate::input::{Input, number, wrong};
use crate::names::{self, show_msk_id, with_group, with_mki, with_msk};
use crate::refusal::Refusal;
use crate::settings;

/// A terminal as the harness makes it.
pub(crate) type Terminal = Ue<8, Muk, RustCrypto, 4>;

pub(crate) fn new(input: Input<'_>, ues: &mut BTreeMap<String, Terminal>) -> Answer {
    let name = input.text("name")?;
    let mut config = UeConfig::default();
    config.settings = settings::of(input, |name, value| {
        match name {
            "timing" => config.timing = names::timing(value)?,
            "back_off" => config.back_off = back_off(value)?,
            "jitter" => config.jitter = number(name, value)?,
            "draft_domain" => {
                let octets = crate::input::octets(name, value)?.try_into().map_err(|_| wrong(name))?;
                config.draft_domain = Some(KeyDomainId::new(octets));
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    ues.insert(name.to_owned(), Terminal::new(config));
    Ok(json!({}))
}

fn back_off(value: &Value) -> Result<BackOff, Refusal> {
    let mut back_off = BackOff::default();
    for (name, value) in Input::of(value).ok_or_else(|| wrong("back_off"))?.members() {
        match name {
            "offset_ms" => back_off.offset_ms = number(name, value)?,
            "random_ms" => back_off.random_ms = number(name, value)?,
            "retry_ms" => back_off.retry_ms = number(name, value)?,
            "attempts" => back_off.attempts = number(name, value)?,
            _ => return Err(wrong("back_off")),
        }
    }
    Ok(back_off)
}

pub(crate) fn handle(input: Input<'_>, ues: &mut BTreeMap<String, Terminal>) -> Answer {
    let ue = ues.get_mut(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = Tick::from_millis(input.number("tick")?);
    let event = Input::of(input.need("event")?).ok_or_else(|| wrong("event"))?;
    let mut out = vec![0; Terminal::MAX_OUT_LEN];
    // What the event borrows.
    let (octets, idi, idr);
    let event = match event.text("type")? {
        "Bootstrapped" => {
            let id = event.within("id");
            (idi, idr) = (id.octets_or_empty("idi")?, id.octets("idr")?);
            UeEvent::Bootstrapped { id: MukId { idi: &idi, idr: &idr }, muk: event.muk()? }
        }
        "Wanted" => UeEvent::Wanted(names::group(event.within("group"))?),
        "Mikey" => {
            octets = event.octets("octets")?;
            UeEvent::Mikey(&octets)
        }
        "Mki" => UeEvent::Mki(names::domain(event)?, names::mki(event)?),
        "Announced" => {
            let switch = event.within("event");
            let (from, to) = (names::msk_id(switch, "from")?, names::msk_id(switch, "to")?);
            UeEvent::Announced(names::domain(event)?, SwitchEvent::Announced { from, to })
        }
        "Install" => UeEvent::Install {
            name: names::msk_name(event.within("name"))?,
            msk: event.secret("msk")?,
            rand: if event.get("rand").is_some() { Some(names::rand(event)?) } else { None },
            seq_low: MtkId(event.number("seq_low")?),
            seq_high: MtkId(event.number("seq_high")?),
        },
        "Forget" => UeEvent::Forget(names::group(event.within("group"))?),
        "ForgetMuk" => {
            let id = event.within("id");
            (idi, idr) = (id.octets_or_empty("idi")?, id.octets("idr")?);
            UeEvent::ForgetMuk(MukId { idi: &idi, idr: &idr })
        }
        "Timeout" => UeEvent::Timeout,
        _ => return Err(Refusal::bad_request("unknown event type")),
    };
    let actions = ue.handle(event, now, &mut out)?;
    Ok(json!({ "actions": actions.iter().map(show_action).collect::<Vec<_>>() }))
}

const fn show_cause(cause: Cause) -> &'static str {
    match cause {
        Cause::Activation => "Activation",
        Cause::MissedUpdate => "MissedUpdate",
        Cause::Pull => "Pull",
        _ => "Cause",
    }
}

fn show_security(security: &MskSecurity<'_>) -> Value {
    json!({
        "policies": security.policies().map(names::show_policy).collect::<Vec<_>>(),
        "sessions": security.sessions().map(names::show_session).collect::<Vec<_>>(),
    })
}

fn show_action(action: &UeAction<'_>) -> Value {
    match action {
        UeAction::Persist(state) => json!({ "type": "Persist", "octets": hex::encode(state.as_octets()) }),
        UeAction::Send(octets) => json!({ "type": "Send", "octets": hex::encode(octets) }),
        UeAction::MskStored { name, evicted, security } => with_msk(
            json!({
                "type": "MskStored",
                "evicted": evicted.map(show_msk_id),
                "security": security.as_ref().map(show_security),
            }),
            *name,
        ),
        UeAction::MskInvalidated(name) => with_msk(json!({ "type": "MskInvalidated" }), *name),
        UeAction::Activated(name) => with_msk(json!({ "type": "Activated" }), *name),
        UeAction::MtkReady(domain, mki) => with_mki(json!({ "type": "MtkReady" }), *domain, *mki),
        UeAction::MtkDropped(name) => with_msk(json!({ "type": "MtkDropped" }), *name),
        UeAction::AwaitMtk(domain, mki) => with_mki(json!({ "type": "AwaitMtk" }), *domain, *mki),
        UeAction::MissedKey { name, cause } => {
            with_msk(json!({ "type": "MissedKey", "cause": show_cause(*cause) }), *name)
        }
        UeAction::RequestMsk { name, cause, attempt } => {
            with_msk(json!({ "type": "RequestMsk", "cause": show_cause(*cause), "attempt": attempt }), *name)
        }
        UeAction::RequestAbandoned(name) => with_msk(json!({ "type": "RequestAbandoned" }), *name),
        UeAction::AnnouncementMismatch(domain) => {
            json!({ "type": "AnnouncementMismatch", "key_domain_id": hex::encode(domain.to_octets()) })
        }
        UeAction::Refused(error) => json!({ "type": "Refused", "error": Refusal::from(*error).show() }),
        UeAction::ArmTimer(at) => json!({ "type": "ArmTimer", "at": at.as_millis() }),
        _ => json!({ "type": "UeAction" }),
    }
}

pub(crate) fn state(input: Input<'_>, ues: &BTreeMap<String, Terminal>) -> Answer {
    let ue = ues.get(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let muks: Vec<Value> = ue
        .muks()
        .iter()
        .map(|slot| {
            let id = slot.id();
            json!({
                "idi": hex::encode(id.idi),
                "idr": hex::encode(id.idr),
                "counter": slot.counter().map(|counter| counter.0),
            })
        })
        .collect();
    let mut groups: Vec<_> = ue.msks().iter().map(|entry| entry.name().group()).collect();
    groups.dedup();
    let msks: Vec<Value> = groups
        .into_iter()
        .map(|group| {
            let held: Vec<Value> = ue.msks().group_entries(group).map(names::show_entry).collect();
            let switch = ue.switchover(group).map(names::show_switchover);
            with_group(json!({ "msks": held, "switchover": switch }), group)
        })
        .collect();
    let mtks: Vec<Value> = ue.mkis().map(|(domain, mki)| with_mki(json!({}), domain, mki)).collect();
    Ok(json!({ "muks": muks, "msks": msks, "mtks": mtks, "deadline": ue.deadline().map(Tick::as_millis) }))
}
