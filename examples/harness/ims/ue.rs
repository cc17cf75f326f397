//! `ims.ue.*`: named service sessions, of variant `http` or `sip`.

use std::collections::BTreeMap;

use castkey::id::GroupName;
use castkey::ims::{
    BTid, Held, HttpUe, HttpUeEvent, Impu, PeerInvite, Reinvite, ServiceAction, ServiceId, SipUe, SipUeEvent,
    UeRequest, Variant,
};
use castkey::time::Tick;
use serde_json::{Value, json};

use super::outcome::{self, Items};
use super::{groups, services, timing, variant_of};
use crate::Answer;
use crate::input::{Input, word, wrong};
use crate::names::{named, variant, with_group, with_msk};
use crate::refusal::Refusal;

/// A session as the harness makes it.
#[allow(clippy::large_enum_variant, reason = "there are few of them")]
pub(crate) enum Terminal {
    Http(HttpUe),
    Sip(SipUe),
}

pub(crate) fn new(input: Input<'_>, ues: &mut BTreeMap<String, Terminal>) -> Answer {
    let (name, timing, groups) = (input.text("name")?, timing(input)?, groups(input)?);
    let identity = Impu::new(input.text("identity_text")?)?;
    let ue = match variant_of(input)? {
        Variant::Http => {
            let service = ServiceId::new(input.text("service_text")?)?;
            Terminal::Http(HttpUe::new(timing, service, identity, &groups)?)
        }
        Variant::Sip => Terminal::Sip(SipUe::new(timing, &services(input)?, identity, &groups)?),
    };
    ues.insert(name.to_owned(), ue);
    Ok(json!({}))
}

pub(crate) fn handle(input: Input<'_>, ues: &mut BTreeMap<String, Terminal>) -> Answer {
    let ue = ues.get_mut(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = Tick::from_millis(input.number("tick")?);
    let event = input.object("event")?;
    let items = Items::of(event)?;
    let actions: Vec<Value> = match ue {
        Terminal::Http(ue) => {
            ue.handle(http_event(event, &items)?, now)?.iter().map(|action| show(action, show_post)).collect()
        }
        Terminal::Sip(ue) => {
            ue.handle(sip_event(event)?, now)?.iter().map(|action| show(action, show_reinvite)).collect()
        }
    };
    Ok(json!({ "actions": actions }))
}

fn http_event<'a>(event: Input<'_>, items: &'a Items) -> Result<HttpUeEvent<'a>, Refusal> {
    Ok(match event.variant()?.as_str() {
        "View" => HttpUeEvent::View { ims_registered: event.flag("ims_registered")? },
        "Stop" => HttpUeEvent::Stop,
        "Register" => HttpUeEvent::Register,
        "Sip" => HttpUeEvent::Sip(outcome::sip(event)?),
        "Bye" => HttpUeEvent::Bye,
        "Http" => {
            let (of, outcome) = outcome::http(event, items)?;
            HttpUeEvent::Http { of, outcome }
        }
        "Gba" => HttpUeEvent::Gba(outcome::gba(event)?),
        "Key" => HttpUeEvent::Key(outcome::fact(event)?),
        "Timeout" => HttpUeEvent::Timeout,
        _ => return Err(Refusal::bad_request("unknown event type")),
    })
}

fn sip_event(event: Input<'_>) -> Result<SipUeEvent, Refusal> {
    Ok(match event.variant()?.as_str() {
        "View" => SipUeEvent::View { ims_registered: event.flag("ims_registered")? },
        "Stop" => SipUeEvent::Stop,
        "Sip" => SipUeEvent::Sip(outcome::sip(event)?),
        "PeerInvite" => {
            let words = [("Begun", PeerInvite::Begun), ("Ended", PeerInvite::Ended)];
            SipUeEvent::PeerInvite(word("peer_invite", event.need("peer_invite")?, &words)?)
        }
        "Bye" => SipUeEvent::Bye,
        "Gba" => SipUeEvent::Gba(outcome::gba(event)?),
        "Key" => SipUeEvent::Key(outcome::fact(event)?),
        "Timeout" => SipUeEvent::Timeout,
        _ => return Err(Refusal::bad_request("unknown event type")),
    })
}

fn show<R>(action: &ServiceAction<R>, request: impl FnOnce(&R) -> Value) -> Value
where
    ServiceAction<R>: core::fmt::Debug,
{
    let shown = json!({ "type": variant(action) });
    let more = match action {
        ServiceAction::Request(wanted) => json!({ "request": request(wanted) }),
        ServiceAction::DeriveMuk(btid) | ServiceAction::ForgetMuk(btid) => {
            json!({ "b_tid_text": btid.as_str() })
        }
        ServiceAction::Failed(cause) | ServiceAction::NotRenewed(cause) => {
            json!({ "cause": outcome::show_cause(*cause) })
        }
        ServiceAction::ArmTimer(at) => json!({ "at": at.as_millis() }),
        _ => json!({}),
    };
    named(shown, more)
}

fn show_msks(names: &[castkey::id::MskName]) -> Vec<Value> {
    names.iter().map(|name| with_msk(json!({}), *name)).collect()
}

fn show_post(request: &UeRequest) -> Value {
    match request {
        UeRequest::Msk(msks) => json!({ "type": "Msk", "msks": show_msks(msks.as_slice()) }),
        other => json!({ "type": variant(other) }),
    }
}

fn show_reinvite(request: &Reinvite) -> Value {
    match request {
        Reinvite::Msks(msks) => json!({ "type": "Msks", "msks": show_msks(msks.as_slice()) }),
        other => json!({ "type": variant(other) }),
    }
}

pub(crate) fn state(input: Input<'_>, ues: &BTreeMap<String, Terminal>) -> Answer {
    let held = |group: GroupName, held: Option<Held>| {
        let numbers = held.into_iter().flat_map(Held::iter).map(|number| hex::encode(number.0.to_be_bytes()));
        with_group(json!({ "held": numbers.collect::<Vec<_>>() }), group)
    };
    let name = |btid: Option<&BTid>| btid.map(|btid| btid.as_str().to_owned());
    Ok(match ues.get(input.text("name")?).ok_or_else(|| wrong("name"))? {
        Terminal::Http(ue) => json!({
            "state": variant(&ue.state()),
            "services_text": [ue.service().as_str()],
            "identity_text": ue.identity().as_str(),
            "b_tid_text": name(ue.btid()),
            "groups": ue.groups().map(|group| held(group, ue.held(group))).collect::<Vec<_>>(),
            "deadline": ue.deadline().map(Tick::as_millis),
        }),
        Terminal::Sip(ue) => json!({
            "state": variant(&ue.state()),
            "services_text": ue.services().iter().map(ServiceId::as_str).collect::<Vec<_>>(),
            "identity_text": ue.identity().as_str(),
            "b_tid_text": name(ue.btid()),
            "groups": ue.groups().map(|group| held(group, ue.held(group))).collect::<Vec<_>>(),
            "deadline": ue.deadline().map(Tick::as_millis),
        }),
    })
}
