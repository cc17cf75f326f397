//! `poc.server.*`: named servers. A `member` makes an event one of his leg; the legs are kept here by that name, his MUK
//! and counter come with the event.

use std::collections::BTreeMap;

use castkey::crypto::RustCrypto;
use castkey::id::{Counter, MtkId};
use castkey::keys::{Muk, MukId};
use castkey::poc::{Confirm, Confirmation, Leg, OnRekeyReject, Server, ServerConfig, SessionAction};
use castkey::role::User;
use castkey::time::Tick;
use serde_json::{Value, json};

use super::session::{event, leg_event, show_action, show_server_action};
use super::{channel, channel_tag, policy, timing};
use crate::Answer;
use crate::generator::{Generator, seeded};
use crate::input::{Input, number, word, wrong};
use crate::names::{named, show_msk_id, variant, with_msk};
use crate::refusal::Refusal;
use crate::settings::{self, flag};

/// A server with the legs of its members.
pub(crate) struct Channel {
    server: Server,
    config: ServerConfig,
    legs: BTreeMap<String, Leg>,
    rng: Generator,
}

pub(crate) fn new(input: Input<'_>, servers: &mut BTreeMap<String, Channel>) -> Answer {
    let name = input.text("name")?;
    let mut rng = seeded(input)?.unwrap_or(Generator::NONE);
    let (domain, groups) = channel(input)?;
    let config = config(input)?;
    let server = Server::new(config, domain, groups, &mut rng)?;
    servers.insert(name.to_owned(), Channel { server, config, legs: BTreeMap::new(), rng });
    Ok(json!({}))
}

fn config(input: Input<'_>) -> Result<ServerConfig, Refusal> {
    let mut config = ServerConfig::default();
    let mut suite = None;
    let session = &mut config.session;
    config.settings = settings::of(input, |name, value| {
        match name {
            "suite" => suite = Some(value.clone()),
            "policy" => session.policy = policy::config(value)?,
            "timing" => session.timing = timing(value)?,
            "confirm" => {
                let words = [("required", Confirm::Required), ("ok_is_enough", Confirm::OkIsEnough)];
                session.confirm = word(name, value, &words)?;
            }
            "on_rekey_reject" => {
                let words = [("abort", OnRekeyReject::Abort), ("unicast", OnRekeyReject::Unicast)];
                session.on_rekey_reject = word(name, value, &words)?;
            }
            "keep_bearer" => session.keep_bearer = flag(name, value)?,
            "channel" | "channel_text" => session.channel = Some(channel_tag(name, value)?),
            "first_mtk" if value.is_null() => session.first_mtk = None,
            "first_mtk" => session.first_mtk = Some(MtkId(number(name, value)?)),
            "seq_low" => config.seq_low = MtkId(number(name, value)?),
            "seq_high" => config.seq_high = MtkId(number(name, value)?),
            "sdp_ids" => config.sdp_ids = flag(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    config.algorithms = settings::suite(suite.as_ref(), &config.settings)?;
    Ok(config)
}

/// The row of a member beside his leg.
struct Row {
    idi: Vec<u8>,
    idr: Vec<u8>,
    muk: Muk,
    counter: Option<Counter>,
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
        })
    }

    fn user(&self) -> User<'_, Muk> {
        User { id: MukId { idi: &self.idi, idr: &self.idr }, muk: &self.muk, counter: self.counter }
    }
}

pub(crate) fn handle(input: Input<'_>, servers: &mut BTreeMap<String, Channel>) -> Answer {
    let channel = servers.get_mut(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = Tick::from_millis(input.number("tick")?);
    let happened = input.object("event")?;
    let mut own = seeded(input)?;
    let Channel { server, config, legs, rng } = channel;
    let rng = own.as_mut().unwrap_or(rng);
    let Some(member) = input.text_if("member")? else {
        let actions = server.handle(event(happened)?, now, rng)?;
        let shown: Vec<Value> = actions.iter().map(|action| show_with_key(server, config, action)).collect();
        return Ok(json!({ "actions": shown }));
    };
    let row = Row::of(happened)?;
    let mut leg = legs.get(member).copied().unwrap_or_default();
    let (current, updated) = (happened.octets_if("current")?, happened.octets_if("updated")?);
    let event = leg_event(happened, || {
        let confirmation = Confirmation { current: current.as_deref(), updated: updated.as_deref() };
        Ok(match happened.flag_if("confirmed")? {
            Some(confirmed) => confirmed,
            None => server.confirms(&leg, &row.user(), &confirmation),
        })
    })?;
    let mut out = [0; Server::<RustCrypto>::MAX_OUT_LEN];
    let actions = server.handle_leg(&mut leg, &row.user(), event, now, rng, &mut out)?;
    legs.insert(member.to_owned(), leg);
    let shown = actions.iter().map(|action| match action {
        castkey::poc::ServerAction::Session(action) => show_with_key(server, config, action),
        action => show_server_action(action),
    });
    Ok(json!({ "actions": shown.collect::<Vec<_>>() }))
}

/// The action; with the MSK, where the Session Update Request is to carry it.
fn show_with_key(server: &Server, config: &ServerConfig, action: &SessionAction) -> Value {
    let shown = show_action(action);
    let SessionAction::SessionUpdate(name) = action else { return shown };
    let Some(entry) = server.msk(*name) else { return shown };
    named(
        shown,
        json!({
            "msk": hex::encode(entry.msk().secret().expose()),
            "rand": entry.rand().map(|rand| hex::encode(rand.octets())),
            "seq_low": config.seq_low.0,
            "seq_high": config.seq_high.0,
        }),
    )
}

pub(crate) fn state(input: Input<'_>, servers: &BTreeMap<String, Channel>) -> Answer {
    let Channel { server, legs, .. } = servers.get(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let session = server.session();
    let timers: Vec<Value> = session
        .timers()
        .map(|(timer, at)| json!({ "timer": variant(&timer), "at": at.as_millis() }))
        .collect();
    let legs: serde_json::Map<String, Value> = legs
        .iter()
        .map(|(name, leg)| {
            let receipt = leg.receipt().map(|receipt| {
                json!({
                    "current": receipt.current.map(|counter| counter.0),
                    "updated": receipt.updated.map(|counter| counter.0),
                })
            });
            let shown = json!({
                "is_member": leg.is_member(),
                "holds_active": leg.holds(session.active().id),
                "holds_coming": session.coming().is_some_and(|name| leg.holds(name.id)),
                "is_inviting": leg.is_inviting(),
                "receipt": receipt,
                "due": leg.due().as_millis(),
            });
            (name.clone(), shown)
        })
        .collect();
    Ok(with_msk(
        json!({
            "active": show_msk_id(session.active().id),
            "coming": session.coming().map(|name| show_msk_id(name.id)),
            "retiring": session.retiring().map(|name| show_msk_id(name.id)),
            "key_groups": session.groups().map(|group| hex::encode(group.0.to_be_bytes())),
            "members": session.members(),
            "outstanding": session.outstanding(),
            "seq": session.seq().0,
            "progress": variant(&session.progress()),
            "exclusion_pending": session.exclusion_pending(),
            "is_ended": session.is_ended(),
            "timers": timers,
            "legs": legs,
            "deadline": session.deadline().map(Tick::as_millis),
        }),
        session.active(),
    ))
}
