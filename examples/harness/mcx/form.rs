//! How messages are written and what stands in them: forms, key parameters, offers and selections, both ways.

use castkey::keys::{McService, PurposeTag};
use castkey::mcx::{
    AlgorithmOffer, AlgorithmSelection, KeyParameters, KeyParametersInit, MessageForm, Ntp64,
};
use serde_json::{Value, json};

use super::settings::list;
use crate::input::{Input, number, word, wrong};
use crate::refusal::Refusal;

/// Status bits of key parameters (TS 33.180 §E.6.1).
const NOT_REVOKED: u32 = 1;
const SHARED: u32 = 2;

/// What a [`MessageForm`] borrows: `hide_identities` (a flag, or which one), `services`, `to_self`, `key_parameters`,
/// `sdp_ids_text`; all of them optional.
pub(super) struct Form<'a> {
    hide_initiator: bool,
    hide_responder: bool,
    services: Vec<McService>,
    to_self: bool,
    parameters: Option<KeyParametersInit<'a>>,
    groups: Vec<&'a [u8]>,
    sdp_ids: Option<&'a [u8]>,
}

impl<'a> Form<'a> {
    pub(super) fn of(input: Input<'a>) -> Result<Self, Refusal> {
        let words = [("mcptt", McService::Mcptt), ("mcvideo", McService::McVideo)];
        let services = input.list("services")?.iter().map(|value| word("services", value, &words));
        let (hide_initiator, hide_responder) = match input.get("hide_identities") {
            None => (false, false),
            Some(Value::Bool(both)) => (*both, *both),
            Some(value) => {
                word("hide_identities", value, &[("initiator", (true, false)), ("responder", (false, true))])?
            }
        };
        let mut form = Self {
            hide_initiator,
            hide_responder,
            services: services.collect::<Result<_, _>>()?,
            to_self: input.flag_if("to_self")?.unwrap_or(false),
            parameters: None,
            groups: Vec::new(),
            sdp_ids: sdp_ids(input)?,
        };
        if input.get("key_parameters").is_some() {
            let given = input.object("key_parameters")?;
            form.groups = given.texts("groups_text")?.into_iter().map(str::as_bytes).collect();
            form.parameters = Some(parameters(given)?);
        }
        Ok(form)
    }

    pub(super) fn borrow(&self) -> MessageForm<'_> {
        MessageForm {
            hide_initiator: self.hide_initiator,
            hide_responder: self.hide_responder,
            services: &self.services,
            to_self: self.to_self,
            parameters: self.parameters.map(|init| KeyParametersInit { groups: &self.groups, ..init }),
            sdp_ids: self.sdp_ids,
        }
    }
}

/// The list of key management protocols of the SDP that carries a message.
pub(super) fn sdp_ids(input: Input<'_>) -> Result<Option<&[u8]>, Refusal> {
    Ok(input.text_if("sdp_ids_text")?.map(str::as_bytes))
}

/// Key parameters as [`show_parameters`] shows them. Kind, algorithms and time of making are set by the library.
fn parameters(input: Input<'_>) -> Result<KeyParametersInit<'_>, Refusal> {
    // Times in seconds since 1970; 0 is none.
    let time = |name: &str, value: &Value| -> Result<_, Refusal> {
        let unix: u64 = number(name, value)?;
        Ok((unix != 0).then(|| Ntp64::from_unix(unix)))
    };
    let mut init = KeyParametersInit::of(PurposeTag::Csk, Ntp64::from_seconds(0));
    for (name, value) in input.members() {
        match name {
            "status" => {
                let status: u32 = number(name, value)?;
                init.revoked = status & NOT_REVOKED == 0;
                init.shared_with_gateway = status & SHARED != 0;
            }
            "activation" => init.activation = time(name, value)?,
            "expiry" => init.expiry = time(name, value)?,
            "text" => init.text = input.text(name)?,
            "groups_text" => {}
            _ => return Err(wrong("key_parameters")),
        }
    }
    Ok(init)
}

pub(super) fn show_parameters(parameters: &KeyParameters<'_>, signalling_algorithm: Option<u8>) -> Value {
    let unix = |time: Option<Ntp64>| time.map_or(0, Ntp64::unix);
    let status = if parameters.revoked { 0 } else { NOT_REVOKED };
    let shared = if parameters.shared_with_gateway { SHARED } else { 0 };
    json!({
        "key_type": parameters.key_type.bits(),
        "status": status | shared,
        "activation": unix(parameters.activation),
        "expiry": unix(parameters.expiry),
        "text": parameters.text,
        "groups_text": parameters.groups().map(String::from_utf8_lossy).collect::<Vec<_>>(),
        "signalling_algorithm": signalling_algorithm,
    })
}

/// `offer`: `{offered, selected}`.
pub(super) fn offer(input: Input<'_>) -> Result<Option<AlgorithmOffer>, Refusal> {
    if input.get("offer").is_none() {
        return Ok(None);
    }
    let offer = input.object("offer")?;
    Ok(Some(AlgorithmOffer::new(list("offered", offer.need("offered")?)?, offer.number("selected")?)?))
}

pub(super) fn show_offer(offer: &AlgorithmOffer) -> Value {
    json!({
        "offered": offer.list().ids(),
        "selected": offer.selected(),
        "offer_tag": hex::encode(offer.tag()),
    })
}

/// `selection`: `{selected, offer_tag}`, the tag optional.
pub(super) fn selection(input: Input<'_>) -> Result<Option<AlgorithmSelection>, Refusal> {
    if input.get("selection").is_none() {
        return Ok(None);
    }
    let selection = input.object("selection")?;
    let tag = selection.get("offer_tag").map(|_| selection.array("offer_tag")).transpose()?;
    Ok(Some(AlgorithmSelection { selected: selection.number("selected")?, tag }))
}

pub(super) fn show_selection(selection: &AlgorithmSelection) -> Value {
    json!({ "selected": selection.selected, "offer_tag": selection.tag.map(hex::encode) })
}
