//! `xml.encode`: a document from its fields.

use castkey::id::MskName;
use castkey::ims::facts::StatusCode;
use castkey::ims::xml::{
    FecProtection, MAX_BODY_LEN, MediaFlow, MskRequest, MskResponse, MukLifeTime, NafKeyInfo,
    RegisterResponse, SecurityDescription, ServiceList, authorize, btid, deregister, register,
};
use castkey::ims::{BTid, FecOtiExtension, ImsError, NafFqdn, ServerUri, ServiceId, UeAddress};
use castkey::keys::KsNaf;
use serde_json::json;

use super::settings;
use crate::Answer;
use crate::input::{Input, wrong};
use crate::names;
use crate::refusal::Refusal;

pub(crate) fn encode(input: Input<'_>) -> Answer {
    let mut out = vec![0; MAX_BODY_LEN];
    // What the lists borrow.
    let ids = input
        .texts("services_text")?
        .into_iter()
        .map(ServiceId::new)
        .collect::<Result<Vec<_>, ImsError>>()?;
    let services = || ServiceList::new(&ids);
    let body: &[u8] = match input.text("document")? {
        "btid" => btid::encode(&BTid::new(input.text("b_tid_text")?)?, &mut out)?,
        "register" => register::encode(&services()?, &mut out)?,
        "deregister" => deregister::encode(&services()?, &mut out)?,
        "authorize" => authorize::encode(&services()?, &mut out)?,
        "register_response" => {
            let items = service_items(input)?;
            let response = RegisterResponse::new(items.iter().map(|(service, code)| (service, *code)))?;
            response.encode(&mut out)?
        }
        "msk_request" => {
            let names = input.objects("msks")?.into_iter().map(names::msk_name);
            MskRequest::new(names.collect::<Result<Vec<_>, _>>()?)?.encode(&mut out)?
        }
        "msk_response" => MskResponse::new(msk_items(input)?)?.encode(&mut out)?,
        "naf_key_info" => {
            let life_time = MukLifeTime::from_unix_seconds(input.number("muk_life_time_s")?);
            let document = NafKeyInfo {
                ue_address: UeAddress::new(input.text("address_text")?)?,
                muk: KsNaf::new(input.secret("muk")?),
                muk_life_time: life_time.ok_or_else(|| wrong("muk_life_time_s"))?,
                btid: BTid::new(input.text("b_tid_text")?)?,
                naf_fqdn: NafFqdn::new(input.text("naf_text")?)?,
                services: services()?,
            };
            document.encode(settings(input)?, &mut out)?
        }
        "security_description" => description(input)?.encode(&mut out)?,
        _ => return Err(wrong("document")),
    };
    let text = core::str::from_utf8(body).map_err(|_| ImsError::Malformed)?;
    Ok(json!({ "body_text": text }))
}

fn code(item: Input<'_>) -> Result<StatusCode, Refusal> {
    StatusCode::new(item.number("status")?).ok_or_else(|| wrong("status"))
}

fn service_items(input: Input<'_>) -> Result<Vec<(ServiceId, StatusCode)>, Refusal> {
    let item = |item: Input<'_>| Ok((ServiceId::new(item.text("service_text")?)?, code(item)?));
    input.objects("items")?.into_iter().map(item).collect()
}

fn msk_items(input: Input<'_>) -> Result<Vec<(MskName, StatusCode)>, Refusal> {
    let item = |item: Input<'_>| Ok((names::msk_name(item)?, code(item)?));
    input.objects("items")?.into_iter().map(item).collect()
}

fn description(input: Input<'_>) -> Result<SecurityDescription, Refusal> {
    let mut made = SecurityDescription::new();
    made.confidentiality = input.flag_if("confidentiality")?.unwrap_or(made.confidentiality);
    made.integrity = input.flag_if("integrity")?.unwrap_or(made.integrity);
    made.uicc_key_management = input.flag_if("uicc_key_management")?.unwrap_or(made.uicc_key_management);
    made.offset_time_s = input.number_if("offset_time_s")?.unwrap_or_default();
    made.random_time_period_s = input.number_if("random_time_period_s")?.unwrap_or_default();
    if let Some(fec) = input.get("fec").and_then(Input::of) {
        made.fec = Some(FecProtection {
            encoding_id: fec.number_if("encoding_id")?,
            instance_id: fec.number_if("instance_id")?,
            oti_extension: fec.text_if("oti_extension_text")?.map(FecOtiExtension::new).transpose()?,
        });
    }
    for server in input.texts("servers_text")? {
        made.add_server(ServerUri::new(server)?)?;
    }
    for entry in input.objects("flows")? {
        let flow = entry.text("flow_text")?.parse().map_err(|_| wrong("flow_text"))?;
        let group = if entry.get("key_group").is_some() { Some(names::group(entry)?) } else { None };
        made.add_flow(MediaFlow { flow, group })?;
    }
    Ok(made)
}
