//! `poc.client.*`: named clients. `Bootstrapped` is an event here as it is at a terminal.

use std::collections::BTreeMap;

use castkey::keys::{Muk, MukId};
use castkey::poc::{
    Client, ClientAction, ClientConfig, ClientEvent, FollowerAction, FollowerConfig, FollowerTimer,
    IndicationCoding, Offer,
};
use castkey::settings::Settings;
use castkey::time::Tick;
use serde_json::{Value, json};

use super::{channel, channel_tag, coding, timing};
use crate::Answer;
use crate::input::{Input, word, wrong};
use crate::names::{self, named, show_msk_id, variant, with_msk};
use crate::refusal::Refusal;
use crate::settings::{self, flag};

/// A client as the harness makes it.
pub(crate) type Listener = Client<Muk>;

const TIMERS: [(&str, FollowerTimer); 3] = [
    ("Switch", FollowerTimer::Switch),
    ("Pending", FollowerTimer::Pending),
    ("Stalled", FollowerTimer::Stalled),
];

pub(crate) fn new(input: Input<'_>, clients: &mut BTreeMap<String, Listener>) -> Answer {
    let name = input.text("name")?;
    let (domain, groups) = channel(input)?;
    let mut config = ClientConfig {
        channel: FollowerConfig::new(domain, groups),
        settings: Settings::DEFAULT,
        coding: IndicationCoding::DEFAULT,
        require_sdp_ids: false,
    };
    let channel = &mut config.channel;
    config.settings = settings::of(input, |name, value| {
        match name {
            "timing" => channel.timing = timing(value)?,
            "channel" | "channel_text" => channel.channel = Some(channel_tag(name, value)?),
            "strict_indication" => channel.strict_indication = flag(name, value)?,
            "protect_active" => channel.protect_active = flag(name, value)?,
            "coding" => config.coding = coding(value)?,
            "require_sdp_ids" => config.require_sdp_ids = flag(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    clients.insert(name.to_owned(), Listener::new(config));
    Ok(json!({}))
}

pub(crate) fn handle(input: Input<'_>, clients: &mut BTreeMap<String, Listener>) -> Answer {
    let client = clients.get_mut(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = Tick::from_millis(input.number("tick")?);
    let event = input.object("event")?;
    // What the event borrows.
    let (octets, updated);
    let event = match event.variant()?.as_str() {
        "Bootstrapped" => {
            let id = event.within("id");
            let (idi, idr) = (id.octets_or_empty("idi")?, id.octets("idr")?);
            let installed = client.bootstrapped(MukId { idi: &idi, idr: &idr }, event.muk()?);
            installed.map_err(castkey::error::Error::from)?;
            return Ok(json!({ "actions": [] }));
        }
        "Negotiate" => ClientEvent::Negotiate,
        "Offer" => {
            (octets, updated) = (event.octets_if("current")?, event.octets_if("updated")?);
            let protocols = event.text_if("protocols_text")?.unwrap_or("mikey").as_bytes();
            ClientEvent::Offer(Offer { current: octets.as_deref(), updated: updated.as_deref(), protocols })
        }
        "Mikey" => {
            octets = Some(event.octets("octets")?);
            ClientEvent::Mikey(octets.as_deref().unwrap_or_default())
        }
        "Mbcp" => {
            octets = Some(event.octets("octets")?);
            ClientEvent::Mbcp(octets.as_deref().unwrap_or_default())
        }
        "Packet" => ClientEvent::Packet(match event.get("mki") {
            Some(_) => Some(names::mki(event)?),
            None => None,
        }),
        "Bye" => ClientEvent::Bye,
        "Fired" => ClientEvent::Fired(word("timer", event.need("timer")?, &TIMERS)?),
        "Timeout" => ClientEvent::Timeout,
        _ => return Err(Refusal::bad_request("unknown event type")),
    };
    let mut out = [0; Listener::MAX_OUT_LEN];
    let actions = client.handle(event, now, &mut out)?;
    Ok(json!({ "actions": actions.iter().map(show_action).collect::<Vec<_>>() }))
}

fn show_action(action: &ClientAction<'_>) -> Value {
    let octets = |octets: &Option<&[u8]>| octets.map(hex::encode);
    match action {
        ClientAction::Answer { current, updated } => {
            json!({ "type": "Answer", "current": octets(current), "updated": octets(updated) })
        }
        ClientAction::Reject(why) => json!({ "type": "Reject", "why": Refusal::from(*why).show() }),
        ClientAction::Mbcp(octets) => json!({ "type": "Mbcp", "octets": hex::encode(octets) }),
        ClientAction::Packet(packet) => json!({ "type": "Packet", "packet": variant(packet) }),
        ClientAction::Channel(action) => show_channel_action(action),
        other => json!({ "type": variant(other) }),
    }
}

fn show_channel_action(action: &FollowerAction) -> Value {
    let shown = json!({ "type": variant(action) });
    match action {
        FollowerAction::Stored(name)
        | FollowerAction::Evicted(name)
        | FollowerAction::Activated(name)
        | FollowerAction::MtkDropped(name)
        | FollowerAction::MissedKey(name)
        | FollowerAction::PendingStale(name)
        | FollowerAction::SwitchStalled(name) => with_msk(shown, *name),
        FollowerAction::MtkReady(mki) => named(shown, json!({ "mki": hex::encode(mki.to_octets()) })),
        FollowerAction::ArmTimer(at) => named(shown, json!({ "at": at.as_millis() })),
        _ => shown,
    }
}

/// With an `mki` also whether packets under it can be read.
pub(crate) fn state(input: Input<'_>, clients: &BTreeMap<String, Listener>) -> Answer {
    let client = clients.get(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let reads = match input.get("mki") {
        Some(_) => Some(client.mtk(names::mki(input)?).is_some()),
        None => None,
    };
    Ok(json!({
        "msks": client.msks().map(|name| show_msk_id(name.id)).collect::<Vec<_>>(),
        "switchover": names::show_switchover(client.switchover()),
        "reads": reads,
        "refused": client.refused(),
        "deadline": client.deadline().map(Tick::as_millis),
    }))
}
