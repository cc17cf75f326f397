//! `bmsc.*`: named BM-SCs. The row of a user, and how far his delivery is, come with the event.

use std::collections::BTreeMap;

use castkey::id::{Counter, MtkId};
use castkey::keys::{Muk, MukId};
use castkey::role::{BmSc, BmScAction, BmScConfig, BmScEvent, User};
use castkey::time::Tick;
use castkey::wire::{CryptoSession, MAX_MESSAGE_LEN, Policy};
use serde_json::{Value, json};

use crate::Answer;
use crate::generator::{Generator, seeded};
use crate::input::{Input, number, wrong};
use crate::names::{self, with_group, with_mki, with_msk};
use crate::refusal::Refusal;
use crate::settings::{self, flag};

/// A BM-SC with the generator that `bmsc.new` was given a seed for.
pub(crate) struct Centre {
    bmsc: BmSc<8>,
    rng: Generator,
}

pub(crate) fn new(input: Input<'_>, bmscs: &mut BTreeMap<String, Centre>) -> Answer {
    let name = input.text("name")?;
    let rng = seeded(input)?.unwrap_or(Generator::NONE);
    let mut config = BmScConfig::default();
    let mut suite = None;
    config.settings = settings::of(input, |name, value| {
        match name {
            "suite" => suite = Some(value.clone()),
            "timing" => config.timing = names::timing(value)?,
            "seq_low" => config.seq_low = MtkId(number(name, value)?),
            "seq_high" => config.seq_high = MtkId(number(name, value)?),
            "salt" => config.salt = flag(name, value)?,
            "acknowledge" => config.acknowledge = flag(name, value)?,
            "retry_ms" => config.retry_ms = number(name, value)?,
            "attempts" => config.attempts = number(name, value)?,
            "switch_wait_ms" => config.switch_wait_ms = number(name, value)?,
            "carousel_ms" => config.carousel_ms = number(name, value)?,
            "lead_ms" => config.lead_ms = number(name, value)?,
            "roll_ms" if value.is_null() => config.roll_ms = None,
            "roll_ms" => config.roll_ms = Some(number(name, value)?),
            "reserve" => config.reserve = number(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    config.algorithms = settings::suite(suite.as_ref(), &config.settings)?;
    bmscs.insert(name.to_owned(), Centre { bmsc: BmSc::new(config), rng });
    Ok(json!({}))
}

/// What an event about a user borrows.
struct Row {
    idi: Vec<u8>,
    idr: Vec<u8>,
    muk: Muk,
    counter: Option<Counter>,
    policies: Vec<Vec<u8>>,
    sessions: Option<Vec<CryptoSession>>,
}

impl Row {
    fn of(event: Input<'_>) -> Result<Self, Refusal> {
        let user = event.within("user");
        let id = user.within("id");
        Ok(Self {
            idi: id.octets_or_empty("idi")?,
            idr: id.octets("idr")?,
            muk: user.muk()?,
            counter: user.number_if("counter")?.map(Counter),
            policies: names::policy_bodies(event, "policies")?,
            sessions: names::sessions(event, "sessions")?,
        })
    }

    fn user(&self) -> User<'_, Muk> {
        User { id: MukId { idi: &self.idi, idr: &self.idr }, muk: &self.muk, counter: self.counter }
    }
}

pub(crate) fn handle(input: Input<'_>, bmscs: &mut BTreeMap<String, Centre>) -> Answer {
    let centre = bmscs.get_mut(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = Tick::from_millis(input.number("tick")?);
    let event = Input::of(input.need("event")?).ok_or_else(|| wrong("event"))?;
    let kind = event.text("type")?;
    // What the event borrows.
    let of_user = matches!(kind, "Push" | "Acknowledged" | "Retry" | "Pull" | "Requested");
    let row = if of_user { Some(Row::of(event)?) } else { None };
    let policies = row.as_ref().map_or(Ok(Vec::new()), |row| names::policies(&row.policies))?;
    let octets = if kind == "Acknowledged" { event.octets("octets")? } else { Vec::new() };
    let event = match &row {
        Some(row) => event_of_user(kind, event, row, &policies, &octets)?,
        None => event_of_group(kind, event)?,
    };
    // The operation's own generator, or else that of the instance.
    let mut own = seeded(input)?;
    let mut out = [0; MAX_MESSAGE_LEN];
    let Centre { bmsc, rng } = centre;
    let actions = bmsc.handle(event, now, own.as_mut().unwrap_or(rng), &mut out)?;
    Ok(json!({ "actions": actions.iter().map(show_action).collect::<Vec<_>>() }))
}

fn event_of_user<'a>(
    kind: &str, event: Input<'_>, row: &'a Row, policies: &'a [Policy<'a>], octets: &'a [u8],
) -> Result<BmScEvent<'a, Muk>, Refusal> {
    let (user, sessions) = (row.user(), row.sessions.as_deref());
    let delivery = names::delivery(event)?;
    let msk = || names::msk_name(event.within("name"));
    Ok(match kind {
        "Push" => BmScEvent::Push { name: msk()?, user, delivery, policies, sessions },
        "Requested" => BmScEvent::Requested { name: msk()?, user, delivery, policies, sessions },
        "Retry" => BmScEvent::Retry { user, delivery, policies, sessions },
        "Acknowledged" => BmScEvent::Acknowledged { user, delivery, octets },
        _ => BmScEvent::Pull { group: names::group(event.within("group"))?, user },
    })
}

fn event_of_group<'a>(kind: &str, event: Input<'_>) -> Result<BmScEvent<'a, Muk>, Refusal> {
    let group = || names::group(event.within("group"));
    Ok(match kind {
        "Open" => BmScEvent::Open(group()?),
        "Rekey" => BmScEvent::Rekey(group()?),
        "Distributed" => BmScEvent::Distributed(group()?),
        "Switch" => BmScEvent::Switch(group()?),
        "Roll" => BmScEvent::Roll(group()?),
        "Close" => BmScEvent::Close(group()?),
        "Gone" => BmScEvent::Gone(names::delivery(event)?),
        "Timeout" => BmScEvent::Timeout,
        _ => return Err(Refusal::bad_request("unknown event type")),
    })
}

fn show_action(action: &BmScAction<'_>) -> Value {
    match action {
        BmScAction::Distribute(name) => with_msk(json!({ "type": "Distribute" }), *name),
        BmScAction::PushAlso(name) => with_msk(json!({ "type": "PushAlso" }), *name),
        BmScAction::RekeyQueued(group) => with_group(json!({ "type": "RekeyQueued" }), *group),
        BmScAction::SaveCounter(counter) => json!({ "type": "SaveCounter", "counter": counter.0 }),
        BmScAction::SaveDelivery(delivery) => {
            json!({ "type": "SaveDelivery", "delivery": names::show_delivery(*delivery) })
        }
        BmScAction::Send(octets) => json!({ "type": "Send", "octets": hex::encode(octets) }),
        BmScAction::Multicast(octets) => json!({ "type": "Multicast", "octets": hex::encode(octets) }),
        BmScAction::Delivered(name) => with_msk(json!({ "type": "Delivered" }), *name),
        BmScAction::Undelivered(name) => with_msk(json!({ "type": "Undelivered" }), *name),
        BmScAction::Activated(name) => with_msk(json!({ "type": "Activated" }), *name),
        BmScAction::UseMtk(mki) => json!({ "type": "UseMtk", "mki": hex::encode(mki.to_octets()) }),
        BmScAction::Retired(name) => with_msk(json!({ "type": "Retired" }), *name),
        BmScAction::ArmTimer(at) => json!({ "type": "ArmTimer", "at": at.as_millis() }),
        _ => json!({ "type": "BmScAction" }),
    }
}

pub(crate) fn state(input: Input<'_>, bmscs: &BTreeMap<String, Centre>) -> Answer {
    let Centre { bmsc, .. } = bmscs.get(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let msks: Vec<Value> = bmsc
        .groups()
        .map(|group| {
            let held = bmsc.current(group).into_iter().chain(bmsc.next(group));
            with_group(
                json!({
                    "msks": held.map(names::show_entry).collect::<Vec<_>>(),
                    "switchover": bmsc.switchover(group).map(names::show_switchover),
                    "outstanding": bmsc.outstanding(group),
                }),
                group,
            )
        })
        .collect();
    let in_use = bmsc.groups().filter_map(|group| bmsc.traffic(group).map(|(mki, ..)| (group, mki)));
    let mtks: Vec<Value> = in_use.map(|(group, mki)| with_mki(json!({}), group.domain, mki)).collect();
    let deadline = bmsc.deadline().map(Tick::as_millis);
    // The rows of the users are the caller's.
    Ok(json!({ "muks": [], "msks": msks, "mtks": mtks, "deadline": deadline }))
}
