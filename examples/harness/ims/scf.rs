//! `ims.scf.*`: named INVITE dialogs of the SCF, of variant `http` or `sip`.

use std::collections::BTreeMap;

use castkey::ims::scf::{
    BsfAnswer, ReInvite, ScfAction, ScfConfig, ScfHttp, ScfHttpEvent, ScfSip, ScfSipEvent,
};
use castkey::ims::{BTid, Impu, ImsError, Variant};
use castkey::keys::KsNaf;
use castkey::time::Tick;
use serde_json::{Value, json};

use super::{btid, impu, msks, services, show_request, status, variant_of};
use crate::Answer;
use crate::input::{Input, set_number, wrong};
use crate::names::{named, variant};
use crate::refusal::Refusal;
use crate::settings::flag;

/// A dialog with the configuration that it was made with.
pub(crate) struct Dialog {
    machine: Machine,
    config: ScfConfig,
}

#[allow(clippy::large_enum_variant, reason = "there are few of them")]
enum Machine {
    Http(ScfHttp),
    Sip(ScfSip),
}

pub(crate) fn new(input: Input<'_>, scfs: &mut BTreeMap<String, Dialog>) -> Answer {
    let name = input.text("name")?;
    let mut config = ScfConfig::default();
    if let Some(value) = input.get("settings") {
        for (name, value) in Input::of(value).ok_or_else(|| wrong("settings"))?.members() {
            match name {
                "require_asserted" => config.require_asserted = flag(name, value)?,
                _ => set_number!(config, "settings", name, value; upf_timeout_ms upf_posts bsf_timeout_ms),
            }
        }
    }
    let machine = match variant_of(input)? {
        Variant::Http => Machine::Http(ScfHttp::new()),
        Variant::Sip => Machine::Sip(ScfSip::new()),
    };
    scfs.insert(name.to_owned(), Dialog { machine, config });
    Ok(json!({}))
}

pub(crate) fn handle(input: Input<'_>, scfs: &mut BTreeMap<String, Dialog>) -> Answer {
    let Dialog { machine, config } = scfs.get_mut(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = Tick::from_millis(input.number("tick")?);
    let event = input.object("event")?;
    let actions = match machine {
        Machine::Http(scf) => http(scf, event, config, now)?,
        Machine::Sip(scf) => sip(scf, event, config, now)?,
    };
    Ok(json!({ "actions": actions.iter().map(show_action).collect::<Vec<_>>() }))
}

type Actions = castkey::role::Actions<ScfAction>;

fn http(scf: &mut ScfHttp, event: Input<'_>, config: &ScfConfig, now: Tick) -> Result<Actions, Refusal> {
    // What the event borrows.
    let services = services(event)?;
    let (asserted, intended) = (impu(event, "asserted_text")?, impu(event, "intended_text")?);
    let event = match event.variant()?.as_str() {
        "Invite" => ScfHttpEvent::Invite {
            services: &services,
            asserted: asserted.as_ref(),
            intended: intended.as_ref(),
        },
        "Authorised" => ScfHttpEvent::Authorised,
        "NotAuthorised" => ScfHttpEvent::NotAuthorised,
        "Answer" => ScfHttpEvent::Answer(status(event)?),
        "Cancel" => ScfHttpEvent::Cancel,
        "Bye" => ScfHttpEvent::Bye,
        "SubscriptionEnded" => ScfHttpEvent::SubscriptionEnded,
        "Timeout" => ScfHttpEvent::Timeout,
        _ => return Err(Refusal::bad_request("unknown event type")),
    };
    Ok(scf.handle(event, config, now)?)
}

fn sip(scf: &mut ScfSip, event: Input<'_>, config: &ScfConfig, now: Tick) -> Result<Actions, Refusal> {
    // What the event borrows.
    let (services, asserted, btid) = (services(event)?, impu(event, "asserted_text")?, btid(event)?);
    let (msks, impus) = (msks(event)?, impus(event.within("answer"))?);
    let event = match event.variant()?.as_str() {
        "Invite" => {
            ScfSipEvent::Invite { services: &services, asserted: asserted.as_ref(), btid: btid.as_ref() }
        }
        "ReInvite" => ScfSipEvent::ReInvite {
            wants: btid.as_ref().map_or(ReInvite::Msks(&msks), ReInvite::BTid),
            authorised: event.flag("authorised")?,
        },
        "Authorised" => ScfSipEvent::Authorised,
        "NotAuthorised" => ScfSipEvent::NotAuthorised,
        "Bsf" => ScfSipEvent::Bsf(bsf(event.object("answer")?, &impus)?),
        "Answer" => ScfSipEvent::Answer(status(event)?),
        "Cancel" => ScfSipEvent::Cancel,
        "Bye" => ScfSipEvent::Bye,
        "SubscriptionEnded" => ScfSipEvent::SubscriptionEnded,
        "Timeout" => ScfSipEvent::Timeout,
        _ => return Err(Refusal::bad_request("unknown event type")),
    };
    Ok(scf.handle(event, config, now)?)
}

pub(super) fn impus(input: Input<'_>) -> Result<Vec<Impu>, Refusal> {
    Ok(input.texts("impus_text")?.into_iter().map(Impu::new).collect::<Result<_, ImsError>>()?)
}

fn bsf<'a>(answer: Input<'_>, impus: &'a [Impu]) -> Result<BsfAnswer<'a>, Refusal> {
    Ok(match answer.variant()?.as_str() {
        "Keys" => BsfAnswer::Keys { impus, ks_naf: KsNaf::new(answer.secret("ks_naf")?) },
        "UnknownBTid" => BsfAnswer::UnknownBTid,
        "Refused" => BsfAnswer::Refused,
        _ => return Err(Refusal::bad_request("unknown answer type")),
    })
}

fn show_action(action: &ScfAction) -> Value {
    let shown = json!({ "type": variant(action) });
    let more = match action {
        ScfAction::CheckAuthorisation(identity) => json!({ "identity": variant(identity) }),
        ScfAction::Post(kind) => json!({ "request": show_request(*kind) }),
        ScfAction::AnswerInvite(answer) => json!({ "answer": variant(answer), "status": answer.code() }),
        ScfAction::ArmTimer(at) => json!({ "at": at.as_millis() }),
        _ => json!({}),
    };
    named(shown, more)
}

pub(crate) fn state(input: Input<'_>, scfs: &BTreeMap<String, Dialog>) -> Answer {
    Ok(match &scfs.get(input.text("name")?).ok_or_else(|| wrong("name"))?.machine {
        Machine::Http(scf) => {
            json!({ "state": variant(&scf.state()), "deadline": scf.deadline().map(Tick::as_millis) })
        }
        Machine::Sip(scf) => json!({
            "state": variant(&scf.state()),
            "b_tid_text": scf.btid().map(BTid::as_str),
            "asserted_text": scf.impu().map(Impu::as_str),
            "holds_key": scf.muk().is_some(),
            "deadline": scf.deadline().map(Tick::as_millis),
        }),
    })
}
