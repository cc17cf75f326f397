//! `ims.upf.*`: named contexts of the UPF, one for each public identity.

use std::collections::BTreeMap;

use castkey::id::{Counter, MskName};
use castkey::ims::facts::{Items, RequestedMsk, Variant};
use castkey::ims::request::Peer;
use castkey::ims::upf::{
    Asserted, Claimed, Context, Credentials, NafKey, ServiceSet, Standing, UpfAction, UpfConfig, UpfEvent,
};
use castkey::ims::{BTid, Impu, NafFqdn, ServiceId, UeAddress};
use castkey::time::Tick;
use serde_json::{Value, json};

use super::scf::impus;
use super::{impu, services, variant_of};
use crate::Answer;
use crate::input::{Input, set_number, word, wrong};
use crate::names::{self, named, variant};
use crate::refusal::Refusal;

/// A context with the configuration that it was made with.
pub(crate) struct Row {
    context: Context,
    config: UpfConfig,
}

pub(crate) fn new(input: Input<'_>, upfs: &mut BTreeMap<String, Row>) -> Answer {
    let name = input.text("name")?;
    let mut config = UpfConfig::default();
    if let Some(value) = input.get("settings") {
        for (name, value) in Input::of(value).ok_or_else(|| wrong("settings"))?.members() {
            set_number!(config, "settings", name, value; authorisation_ms previous_muk_ms);
        }
    }
    upfs.insert(name.to_owned(), Row { context: Context::new(), config });
    Ok(json!({}))
}

/// What an event borrows.
struct Request {
    services: Vec<ServiceId>,
    msks: Vec<(MskName, Option<ServiceId>)>,
    peer: Peer,
    asserted: Option<Impu>,
    intended: Option<Impu>,
    impus: Vec<Impu>,
}

impl Request {
    fn of(event: Input<'_>) -> Result<Self, Refusal> {
        let asserted = event.within("asserted");
        let claimed = event.within("claimed");
        let msk = |msk: Input<'_>| -> Result<_, Refusal> {
            let service = msk.text_if("service_text")?.map(ServiceId::new).transpose()?;
            Ok((names::msk_name(msk)?, service))
        };
        let words = [("Trusted", Peer::Trusted), ("Untrusted", Peer::Untrusted)];
        Ok(Self {
            services: services(event)?,
            msks: event.objects("msks")?.into_iter().map(msk).collect::<Result<_, _>>()?,
            peer: asserted.get("peer").map_or(Ok(Peer::Trusted), |value| word("peer", value, &words))?,
            asserted: impu(asserted, "impu_text")?,
            intended: impu(claimed, "intended_text")?,
            impus: impus(claimed.within("credentials"))?,
        })
    }

    fn asserted(&self) -> Asserted<'_> {
        Asserted { peer: self.peer, impu: self.asserted.as_ref() }
    }

    fn claimed(&self, event: Input<'_>) -> Result<Claimed<'_>, Refusal> {
        let credentials = event.within("claimed").object("credentials")?;
        let credentials = match credentials.variant()?.as_str() {
            "Absent" => Credentials::Absent,
            "Refused" => Credentials::Refused { stale: credentials.flag("stale")? },
            "Unfetched" => Credentials::Unfetched,
            "UnknownBTid" => Credentials::UnknownBTid,
            "BsfDown" => Credentials::BsfDown,
            "Valid" => Credentials::Valid { impus: &self.impus, key: key(credentials.within("key"))? },
            _ => return Err(Refusal::bad_request("unknown credentials type")),
        };
        Ok(Claimed { credentials, intended: self.intended.as_ref() })
    }

    fn msks(&self) -> Vec<RequestedMsk<'_>> {
        self.msks
            .iter()
            .map(|(name, service)| RequestedMsk { name: *name, service: service.as_ref() })
            .collect()
    }
}

fn key(input: Input<'_>) -> Result<NafKey, Refusal> {
    Ok(NafKey {
        btid: BTid::new(input.text("b_tid_text")?)?,
        naf: NafFqdn::new(input.text("naf_text")?)?,
        muk: input.muk()?,
        address: UeAddress::new(input.text("address_text")?)?,
        expires: Tick::from_millis(input.number("expires")?),
    })
}

pub(crate) fn handle(input: Input<'_>, upfs: &mut BTreeMap<String, Row>) -> Answer {
    let Row { context, config } = upfs.get_mut(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = Tick::from_millis(input.number("tick")?);
    let event = input.object("event")?;
    let request = Request::of(event)?;
    let (msks, changed) = (request.msks(), event.text_if("service_text")?.map(ServiceId::new).transpose()?);
    let services = &*request.services;
    let happened = match event.variant()?.as_str() {
        "Authorize" => UpfEvent::Authorize { asserted: request.asserted(), services },
        "Register" => UpfEvent::Register { claimed: request.claimed(event)?, services },
        "Deregister" => UpfEvent::Deregister { claimed: request.claimed(event)?, services },
        "MskRequest" => UpfEvent::MskRequest { claimed: request.claimed(event)?, msks: &msks },
        "AuthorizedRegister" => UpfEvent::AuthorizedRegister {
            asserted: request.asserted(),
            services,
            key: event.get("key").and_then(Input::of).map(key).transpose()?,
        },
        "AuthorizedMskRequest" => {
            UpfEvent::AuthorizedMskRequest { asserted: request.asserted(), msks: &msks }
        }
        "AuthorizedDeregister" => UpfEvent::AuthorizedDeregister { asserted: request.asserted(), services },
        "MskChanged" => UpfEvent::MskChanged(changed.as_ref().ok_or_else(|| wrong("service_text"))?),
        "Timeout" => UpfEvent::Timeout,
        // No event of the enum: the counter of a message that the caller has sent.
        "SaveCounter" => {
            context.save_counter(variant_of(event)?, Counter(event.number("counter")?))?;
            return Ok(json!({ "actions": [] }));
        }
        _ => return Err(Refusal::bad_request("unknown event type")),
    };
    let actions = context.handle(happened, config, now)?;
    let shown: Vec<Value> = actions.iter().map(|action| show_action(context, action)).collect();
    Ok(json!({ "actions": shown }))
}

fn show_action(context: &Context, action: &UpfAction) -> Value {
    let named_services =
        |set: ServiceSet| context.named(set).map(|id| id.as_str().to_owned()).collect::<Vec<_>>();
    let codes = |items: &Items| items.iter().map(|item| item.code().code()).collect::<Vec<_>>();
    let more = match action {
        UpfAction::Challenge { stale } => json!({ "stale": stale }),
        UpfAction::Refuse(refusal) => {
            json!({ "status": refusal.status.code(), "retry_after_s": refusal.retry_after_s })
        }
        UpfAction::Answer(items) | UpfAction::PushRequested(items) => json!({ "items": codes(items) }),
        UpfAction::NewMuk(of) | UpfAction::MukExpired(of) => json!({ "variant": variant(of) }),
        UpfAction::PushMsk(set) | UpfAction::CancelPushes(set) => {
            json!({ "services_text": named_services(*set) })
        }
        UpfAction::ArmTimer(at) => json!({ "at": at.as_millis() }),
        _ => json!({}),
    };
    named(json!({ "type": variant(action) }), more)
}

/// The standing of the services in `services_text` at `tick`, and what is held of the MUKs.
pub(crate) fn state(input: Input<'_>, upfs: &BTreeMap<String, Row>) -> Answer {
    let Row { context, .. } = upfs.get(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = Tick::from_millis(input.number("tick")?);
    let standings: Vec<Value> = services(input)?
        .iter()
        .map(|service| {
            let standing = context.standing(service, now);
            let until = match standing {
                Some(Standing::Authorised { until } | Standing::Registered { until }) => Some(until),
                _ => None,
            };
            json!({
                "service_text": service.as_str(),
                "standing": standing.map(|standing| variant(&standing)),
                "until": until.map(Tick::as_millis),
                "is_served": context.recipient(service, now).is_some(),
            })
        })
        .collect();
    let muk = |of: Variant| {
        context.user(of).map(|user| {
            json!({
                "idi": hex::encode(user.id.idi),
                "idr": hex::encode(user.id.idr),
                "counter": user.counter.map(|counter| counter.0),
                "address_text": context.address(of).map(UeAddress::as_str),
                "expires": context.muk_expires(of).map(Tick::as_millis),
                "has_previous": context.previous_user(of, now).is_some(),
            })
        })
    };
    Ok(json!({
        "services": standings,
        "http": muk(Variant::Http),
        "sip": muk(Variant::Sip),
        "is_empty": context.is_empty(),
        "deadline": context.deadline().map(Tick::as_millis),
    }))
}
