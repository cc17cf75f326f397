//! The events and actions of a session and of its members' legs.

use castkey::poc::{
    Failure, LegEvent, Reason, ServerAction, SessionAction, SessionEvent, SessionTimer, UpdateSeq,
};
use serde_json::{Value, json};

use super::{policy, show_indication};
use crate::input::{Input, word};
use crate::names::{self, named, variant, with_msk};
use crate::refusal::Refusal;

pub(super) const TIMERS: [(&str, SessionTimer); 6] = [
    ("Bcast", SessionTimer::Bcast),
    ("Sweep", SessionTimer::Sweep),
    ("Copy", SessionTimer::Copy),
    ("Overlap", SessionTimer::Overlap),
    ("BackOff", SessionTimer::BackOff),
    ("Coalesce", SessionTimer::Coalesce),
];

pub(super) fn event(event: Input<'_>) -> Result<SessionEvent, Refusal> {
    Ok(match event.variant()?.as_str() {
        "Trigger" => SessionEvent::Trigger(policy::event(event.object("event")?)?),
        "AskedByOther" => SessionEvent::AskedByOther,
        "BcastStored" => SessionEvent::BcastStored(names::msk_name(event.within("name"))?),
        "BcastRejected" => SessionEvent::BcastRejected,
        "BcastUnreachable" => SessionEvent::BcastUnreachable,
        "IndicationRejected" => SessionEvent::IndicationRejected(UpdateSeq(event.number("seq")?)),
        "BcastSwitched" => SessionEvent::BcastSwitched(names::msk_name(event.within("name"))?),
        "BearerReset" => SessionEvent::BearerReset,
        "BearerUp" => SessionEvent::BearerUp,
        "BearerDown" => SessionEvent::BearerDown,
        "Media" => SessionEvent::Media { dedicated: event.flag("dedicated")? },
        "Ended" => SessionEvent::Ended,
        "Fired" => SessionEvent::Fired(word("timer", event.need("timer")?, &TIMERS)?),
        "Timeout" => SessionEvent::Timeout,
        _ => return Err(Refusal::bad_request("unknown event type")),
    })
}

/// An event of a member; `confirmed` is for his 200.
pub(super) fn leg_event(
    event: Input<'_>, confirmed: impl FnOnce() -> Result<bool, Refusal>,
) -> Result<LegEvent, Refusal> {
    Ok(match event.variant()?.as_str() {
        "Join" => LegEvent::Join,
        "Deliver" => LegEvent::Deliver,
        "Ok" => LegEvent::Ok { confirmed: confirmed()? },
        "Fail" => LegEvent::Fail(failure(event.object("failure")?)?),
        "Timeout" => LegEvent::Timeout,
        "Expelled" => LegEvent::Expelled,
        "Deauthorised" => LegEvent::Deauthorised,
        "Left" => LegEvent::Left,
        "Requested" => LegEvent::Requested,
        "MukRenewed" => LegEvent::MukRenewed,
        _ => return Err(Refusal::bad_request("unknown event type")),
    })
}

fn failure(failure: Input<'_>) -> Result<Failure, Refusal> {
    Ok(match failure.variant()?.as_str() {
        "Status" => Failure::Status(failure.number("status")?),
        "Glare" => {
            Failure::Glare { owns_call_id: failure.flag("owns_call_id")?, random: failure.number("random")? }
        }
        "Busy" => Failure::Busy { retry_after_ms: failure.number("retry_after_ms")? },
        "TransactionTimeout" => Failure::TransactionTimeout,
        _ => return Err(Refusal::bad_request("unknown failure type")),
    })
}

pub(super) fn show_reason(reason: Reason) -> Value {
    match reason {
        Reason::Other(number) => json!({ "type": "Other", "number": number }),
        reason => json!({ "type": variant(&reason) }),
    }
}

pub(super) fn show_server_action(action: &ServerAction<'_>) -> Value {
    let octets = |octets: &Option<&[u8]>| octets.map(hex::encode);
    match action {
        ServerAction::SaveCounter(counter) => json!({ "type": "SaveCounter", "counter": counter.0 }),
        ServerAction::DeliverMsk { current, updated } => {
            json!({ "type": "DeliverMsk", "current": octets(current), "updated": octets(updated) })
        }
        ServerAction::Session(action) => show_action(action),
        _ => json!({ "type": "ServerAction" }),
    }
}

pub(super) fn show_action(action: &SessionAction) -> Value {
    let shown = json!({ "type": variant(action) });
    match action {
        SessionAction::SessionUpdate(name)
        | SessionAction::Distribute(name)
        | SessionAction::UpdateAborted(name)
        | SessionAction::RetireMsk(name)
        | SessionAction::UpdateDone(name)
        | SessionAction::Keyed(name) => with_msk(shown, *name),
        SessionAction::SendIndication(indication) => named(shown, show_indication(indication)),
        SessionAction::NoUpdate(reason) => named(shown, json!({ "reason": show_reason(*reason) })),
        SessionAction::ArmTimer(at) | SessionAction::DeliverAt(at) => {
            named(shown, json!({ "at": at.as_millis() }))
        }
        SessionAction::Unkeyed(why) => named(shown, json!({ "why": variant(why) })),
        SessionAction::Refuse(status) => named(shown, json!({ "status": status })),
        _ => shown,
    }
}
