//! `mcx.server.*`: named servers, each with what its KMS gave and the rows of its users.

use std::collections::BTreeMap;

use castkey::keys::Spk;
use castkey::mcx::{
    ALGORITHM_AES_128, CskDownload, CskUpload, HeldKey, McxError, McxServer, McxServerAction,
    McxServerConfig, McxServerEvent, MuSikDownload, Ntp64, RateLimit, UserRow,
};
use castkey::wire::MAX_MESSAGE_LEN;
use serde_json::{Value, json};

use super::form::{Form, sdp_ids, show_offer};
use super::held::{show_quirks, show_stored, show_use, show_uses};
use super::provisioned::{Part, Provisioned};
use super::{key_id, now, settings};
use crate::Answer;
use crate::generator::{Generator, seeded};
use crate::input::{Input, wrong};
use crate::names::variant;
use crate::refusal::Refusal;

/// Users of one server at most.
const ROWS: usize = 64;

/// A server, its users and MuSiKs, what it was provisioned with, and the generator that `mcx.server.new` was given a seed
/// for.
pub(crate) struct Domain {
    server: McxServer<64, 16>,
    rows: Vec<UserRow>,
    musiks: Vec<HeldKey>,
    own: Provisioned,
    rng: Generator,
}

pub(crate) fn new(input: Input<'_>, servers: &mut BTreeMap<String, Domain>) -> Answer {
    let name = input.text("name")?;
    let mut config = McxServerConfig::default();
    config.settings = settings::of(input, |name, value| {
        match name {
            "algorithms" => config.algorithms = settings::policy(name, value)?,
            "limit" => {
                let limit = Input::of(value).ok_or_else(|| wrong(name))?;
                config.limit = RateLimit::new(limit.number("burst")?, limit.number("per_s")?);
            }
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let own = Provisioned::of(input, input.text("uri_text")?, Part::Receiver, now(input)?)?;
    let rng = seeded(input)?.unwrap_or(Generator::NONE);
    let rows = (0..ROWS).map(|_| UserRow::default()).collect();
    let domain = Domain { server: McxServer::new(config), rows, musiks: Vec::new(), own, rng };
    servers.insert(name.to_owned(), domain);
    Ok(json!({}))
}

pub(crate) fn handle(input: Input<'_>, servers: &mut BTreeMap<String, Domain>) -> Answer {
    let domain = servers.get_mut(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let (now, event, mut given) = (now(input)?, input.object("event")?, seeded(input)?);
    let kind = event.variant()?;
    if let Some(action) = beside(domain, &kind, event, given.as_mut(), now)? {
        return Ok(json!({ "actions": [action] }));
    }
    let Domain { server, rows, musiks, own, rng } = domain;
    let rng = given.as_mut().unwrap_or(rng);
    let user = event.text("user_text")?.as_bytes();
    // What the event borrows.
    let (form, octets);
    let happened = match kind.as_str() {
        "Upload" => {
            octets = event.octets("octets")?;
            let impu = event.text("impu_text")?.as_bytes();
            McxServerEvent::Upload(CskUpload { octets: &octets, impu, user, sdp_ids: sdp_ids(event)? })
        }
        "SendCsk" => {
            form = Form::of(event)?;
            McxServerEvent::SendCsk(CskDownload {
                user,
                kms: event.text("kms_uri_text")?.as_bytes(),
                select: event.number_if("select")?,
                form: form.borrow(),
            })
        }
        "CskTaken" => McxServerEvent::CskTaken { user },
        "CskRefused" => McxServerEvent::CskRefused { user },
        "SendMuSik" | "SendMusik" => {
            form = Form::of(event)?;
            let id = key_id(event, "key_id")?;
            McxServerEvent::SendMuSik(MuSikDownload {
                user,
                kms: event.text("kms_uri_text")?.as_bytes(),
                musik: musiks.iter().find(|musik| musik.id() == id).ok_or(McxError::UnknownKey)?,
                form: form.borrow(),
            })
        }
        "LogOff" => McxServerEvent::LogOff { user },
        _ => return Err(Refusal::bad_request("unknown event type")),
    };
    own.with(|own| {
        let mut out = [0; MAX_MESSAGE_LEN];
        let action = server.handle(happened, own, rows.as_mut_slice(), now, rng, &mut out)?;
        Ok(json!({ "actions": [show_action(&action)] }))
    })
}

/// What is no event of the enum: the calls beside it. Nothing for one that is.
fn beside(
    domain: &mut Domain, kind: &str, event: Input<'_>, given: Option<&mut Generator>, now: Ntp64,
) -> Result<Option<Value>, Refusal> {
    let Domain { server, musiks, own, rng, .. } = domain;
    Ok(Some(match kind {
        "NewMuSik" | "NewMusik" => {
            let form = Form::of(event)?;
            let algorithm = event.number_if("algorithm")?.unwrap_or(ALGORITHM_AES_128);
            let is_live = |id| musiks.iter().any(|musik| musik.id() == id);
            let musik = server.new_musik(algorithm, &form.borrow(), is_live, now, given.unwrap_or(rng))?;
            let shown = show_stored("MuSikMade", musik.id(), musik.algorithm(), musik.active_from());
            musiks.push(musik);
            shown
        }
        "InstallSpk" => {
            server.install_spk(key_id(event, "key_id")?, Spk::new(event.secret("key")?))?;
            json!({ "type": "SpkInstalled" })
        }
        "RemoveSpk" => {
            json!({ "type": "SpkRemoved", "was_held": server.remove_spk(key_id(event, "key_id")?) })
        }
        "KeySet" => {
            own.hold(event, Part::Receiver, now)?;
            json!({ "type": "KeySetHeld" })
        }
        _ => return Ok(None),
    }))
}

fn show_action(action: &McxServerAction<'_>) -> Value {
    match action {
        McxServerAction::CskBound { id, algorithm, active_from } => {
            show_stored("CskBound", *id, *algorithm, *active_from)
        }
        McxServerAction::Send { id, message } => json!({
            "type": "Send", "key_id": hex::encode(id.to_octets()), "octets": hex::encode(message),
        }),
        other => json!({ "type": variant(other) }),
    }
}

/// The users with the CSK to send with, and what the keys `key_ids` would do to something received at `now_ntp`.
pub(crate) fn state(input: Input<'_>, servers: &BTreeMap<String, Domain>) -> Answer {
    let Domain { server, rows, musiks, .. } =
        servers.get(input.text("name")?).ok_or_else(|| wrong("name"))?;
    let now = now(input)?;
    let mut users = serde_json::Map::new();
    for row in rows {
        let Some(user) = row.user() else { continue };
        let shown = json!({
            "impu_text": row.impu().map(String::from_utf8_lossy),
            "csk": show_use(server.csk(row, now)),
            "keys": show_uses(input, |id| server.received_under(row, id, now))?,
            "offer": row.offer().map(show_offer),
            "period_no": row.period(),
        });
        users.insert(String::from_utf8_lossy(user).into_owned(), shown);
    }
    Ok(json!({
        "users": users,
        "musiks": musiks.iter().map(|musik| show_use(Ok(musik))).collect::<Vec<_>>(),
        "quirks": show_quirks(server.quirk_counts()),
    }))
}
