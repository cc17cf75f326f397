//! `mcx.client.*`: named clients, each with what its KMS gave. `now_ntp` is the clock, in seconds since 1900.

use std::collections::BTreeMap;

use castkey::mcx::{McxClient, McxClientAction, McxClientConfig, McxClientEvent};
use castkey::wire::MAX_MESSAGE_LEN;
use serde_json::{Value, json};

use super::form::{Form, sdp_ids};
use super::held::{show_quirks, show_stored, show_use, show_uses};
use super::provisioned::{Part, Provisioned};
use super::{key_id, now, settings};
use crate::Answer;
use crate::generator::{Generator, seeded};
use crate::input::{Input, wrong};
use crate::names::variant;
use crate::refusal::Refusal;
use crate::settings::flag;

/// A client, what it was provisioned with, and the generator that `mcx.client.new` was given a seed for.
pub(crate) struct Terminal {
    client: McxClient<16, 64>,
    own: Provisioned,
    rng: Generator,
}

pub(crate) fn new(input: Input<'_>, clients: &mut BTreeMap<String, Terminal>) -> Answer {
    let name = input.text("name")?;
    let mut config = McxClientConfig::default();
    config.settings = settings::of(input, |name, value| {
        match name {
            "algorithms" => config.algorithms = settings::policy(name, value)?,
            "offer" => config.no_offer = !flag(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let own = Provisioned::of(input, input.text("uri_text")?, Part::Receiver, now(input)?)?;
    let rng = seeded(input)?.unwrap_or(Generator::NONE);
    clients.insert(name.to_owned(), Terminal { client: McxClient::new(config), own, rng });
    Ok(json!({}))
}

pub(crate) fn handle(input: Input<'_>, clients: &mut BTreeMap<String, Terminal>) -> Answer {
    let Terminal { client, own, rng } = clients.get_mut(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let (now, event, mut given) = (now(input)?, input.object("event")?, seeded(input)?);
    let rng = given.as_mut().unwrap_or(rng);
    // What the event borrows.
    let (form, octets);
    let happened = match event.variant()?.as_str() {
        "Register" => McxClientEvent::Register {
            mdsi: event.text("mdsi_text")?.as_bytes(),
            kms: event.text("kms_uri_text")?.as_bytes(),
        },
        "Upload" => {
            form = Form::of(event)?;
            McxClientEvent::Upload { select: event.number_if("select")?, form: form.borrow() }
        }
        "UploadAccepted" => McxClientEvent::UploadAccepted,
        "UploadFailed" => McxClientEvent::UploadFailed,
        "Redirected" => {
            form = Form::of(event)?;
            McxClientEvent::Redirected { kms: event.text("kms_uri_text")?.as_bytes(), form: form.borrow() }
        }
        "Download" => {
            octets = event.octets("octets")?;
            McxClientEvent::Download { octets: &octets, sdp_ids: sdp_ids(event)? }
        }
        "LogOff" => McxClientEvent::LogOff,
        // No events of the enum: the calls beside it.
        "ForgetMusik" | "ForgetMuSik" => {
            let held = client.forget_musik(key_id(event, "key_id")?);
            return Ok(json!({ "actions": [{ "type": "Forgotten", "was_held": held }] }));
        }
        "KeySet" => {
            own.hold(event, Part::Receiver, now)?;
            return Ok(json!({ "actions": [] }));
        }
        _ => return Err(Refusal::bad_request("unknown event type")),
    };
    own.with(|own| {
        let mut out = [0; MAX_MESSAGE_LEN];
        let action = client.handle(happened, own, now, rng, &mut out)?;
        Ok(json!({ "actions": [show_action(&action)] }))
    })
}

fn show_action(action: &McxClientAction<'_>) -> Value {
    match action {
        McxClientAction::Send(octets) => json!({ "type": "Send", "octets": hex::encode(octets) }),
        McxClientAction::CskInUse(id) => {
            json!({ "type": "CskInUse", "key_id": hex::encode(id.to_octets()) })
        }
        McxClientAction::CskStored { id, active_from, algorithm }
        | McxClientAction::MuSikStored { id, active_from, algorithm } => {
            show_stored(&variant(action), *id, *algorithm, *active_from)
        }
        other => json!({ "type": variant(other) }),
    }
}

/// The CSK to send with, and what the keys `key_ids` would do to something received at `now_ntp`.
pub(crate) fn state(input: Input<'_>, clients: &BTreeMap<String, Terminal>) -> Answer {
    let Terminal { client, .. } = clients.get(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = now(input)?;
    Ok(json!({
        "csk": show_use(client.csk(now)),
        "keys": show_uses(input, |id| client.key(id, now))?,
        "quirks": show_quirks(client.quirk_counts()),
    }))
}
