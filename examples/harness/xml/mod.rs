//! `xml.*`: the documents of the request procedures; `document` says which.
//!
//! | document | fields |
//! |---|---|
//! | `btid` | `b_tid_text` |
//! | `register`, `deregister`, `authorize` | `services_text` |
//! | `register_response` | `items`: `{service_text, status}` |
//! | `msk_request` | `msks`: `{key_domain_id, msk_id}` |
//! | `msk_response` | `items`: `{key_domain_id, msk_id, status}` |
//! | `naf_key_info` | `address_text`, `muk`, `muk_life_time_s` (since 1970), `b_tid_text`, `naf_text`, `services_text` |
//! | `security_description` | `confidentiality`, `integrity`, `uicc_key_management`, `offset_time_s`, `random_time_period_s`, `fec`, `servers_text`, `flows`: `{flow_text, key_domain_id, key_group}` |

mod encode;

use castkey::ims::ServiceId;
use castkey::ims::xml::{
    MskRequest, MskResponse, MukLifeTimeForm, NafKeyInfo, RegisterResponse, SecurityDescription, ServiceList,
    XmlSettings, authorize, btid, deregister, register,
};
use serde_json::{Value, json};

use crate::Answer;
use crate::input::{Input, word, wrong};
use crate::names::{with_group, with_msk};
use crate::refusal::Refusal;
use crate::settings::flag;

pub(crate) use encode::encode;

fn settings(input: Input<'_>) -> Result<XmlSettings, Refusal> {
    let mut settings = XmlSettings::default();
    let Some(value) = input.get("settings") else { return Ok(settings) };
    for (name, value) in Input::of(value).ok_or_else(|| wrong("settings"))?.members() {
        match name {
            "strict_namespaces" => settings.strict_namespaces = flag(name, value)?,
            "muk_life_time" => {
                let words = [("date_time", MukLifeTimeForm::DateTime), ("seconds", MukLifeTimeForm::Seconds)];
                settings.muk_life_time = word(name, value, &words)?;
            }
            _ => return Err(Refusal::bad_request(format!("unknown setting {name}"))),
        }
    }
    Ok(settings)
}

fn show_services(list: &ServiceList<'_>) -> Vec<String> {
    list.iter().map(|service: ServiceId| service.as_str().to_owned()).collect()
}

/// The body is `body` in hex or `body_text`.
pub(crate) fn decode(input: Input<'_>) -> Answer {
    let settings = settings(input)?;
    let body = match input.text_if("body_text")? {
        Some(text) => text.as_bytes().to_vec(),
        None => input.octets("body")?,
    };
    let services = |list: ServiceList<'_>| json!({ "services_text": show_services(&list) });
    Ok(match input.text("document")? {
        "btid" => json!({ "b_tid_text": btid::decode(&body, settings)?.as_str() }),
        "register" => services(register::decode(&body, settings)?),
        "deregister" => services(deregister::decode(&body, settings)?),
        "authorize" => services(authorize::decode(&body, settings)?),
        "register_response" => {
            let items: Vec<Value> = RegisterResponse::decode(&body, settings)?
                .iter()
                .map(|(service, code)| json!({ "service_text": service.as_str(), "status": code.code() }))
                .collect();
            json!({ "items": items })
        }
        "msk_request" => {
            let request = MskRequest::decode(&body, settings)?;
            let msks: Vec<Value> = request.names().iter().map(|name| with_msk(json!({}), *name)).collect();
            json!({ "msks": msks })
        }
        "msk_response" => {
            let response = MskResponse::decode(&body, settings)?;
            let items: Vec<Value> = response
                .items()
                .iter()
                .map(|(name, code)| with_msk(json!({ "status": code.code() }), *name))
                .collect();
            json!({ "items": items })
        }
        "naf_key_info" => {
            let read = NafKeyInfo::decode(&body, settings)?;
            json!({
                "address_text": read.ue_address.as_str(),
                "muk": hex::encode(read.muk.secret().expose()),
                "muk_life_time_s": read.muk_life_time.unix_seconds(),
                "b_tid_text": read.btid.as_str(),
                "naf_text": read.naf_fqdn.as_str(),
                "services_text": show_services(&read.services),
            })
        }
        "security_description" => show_description(&SecurityDescription::decode(&body, settings)?),
        _ => return Err(wrong("document")),
    })
}

fn show_description(read: &SecurityDescription) -> Value {
    let flows: Vec<Value> = read
        .flows()
        .iter()
        .map(|entry| {
            let shown = json!({ "flow_text": entry.flow.to_string() });
            entry.group.map_or(shown.clone(), |group| with_group(shown, group))
        })
        .collect();
    let fec = read.fec.as_ref().map(|fec| {
        json!({
            "encoding_id": fec.encoding_id,
            "instance_id": fec.instance_id,
            "oti_extension_text": fec.oti_extension.as_ref().map(|text| text.as_str().to_owned()),
        })
    });
    json!({
        "confidentiality": read.confidentiality,
        "integrity": read.integrity,
        "uicc_key_management": read.uicc_key_management,
        "offset_time_s": read.offset_time_s,
        "random_time_period_s": read.random_time_period_s,
        "fec": fec,
        "servers_text": read.servers().iter().map(|server| server.as_str().to_owned()).collect::<Vec<_>>(),
        "flows": flows,
    })
}
