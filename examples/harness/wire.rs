//! `mikey.decode`, `mikey.reencode`: a message field by field, and back.

use castkey::wire::{
    CsIdMap, ExtType, Hdr, Identity, KeyValidity, Message, Payload, PayloadType, Timestamp, key_id_subs,
};
use serde_json::{Map, Value, json};

use crate::Answer;
use crate::input::Input;
use crate::names::{show_policy, show_session};

pub(crate) fn reencode(input: Input<'_>) -> Answer {
    let octets = input.octets("message")?;
    let mut out = vec![0; octets.len()];
    let again = Message::decode(&octets)?.encode(&mut out)?;
    Ok(json!({ "message": hex::encode(again) }))
}

pub(crate) fn decode(input: Input<'_>) -> Answer {
    let octets = input.octets("message")?;
    let message = Message::decode(&octets)?;
    // The chain says what follows, so `next_payload` of each part is the type of the next one.
    let mut following = message.payloads().skip(1).map(|payload| payload.payload_type());
    let first = message.payloads().next().map_or(PayloadType::LAST, |payload| payload.payload_type());
    let payloads: Vec<Value> = message
        .payloads()
        .map(|payload| {
            let next = following.next().unwrap_or(PayloadType::LAST);
            show_payload(&payload, next)
        })
        .collect();
    Ok(json!({ "hdr": show_hdr(&message.hdr(), first), "payloads": payloads }))
}

fn show_hdr(hdr: &Hdr<'_>, next: PayloadType) -> Value {
    let map: Vec<Value> = match hdr.map {
        CsIdMap::SrtpId(map) => map.iter().map(show_session).collect(),
        CsIdMap::GenericId(map) => map
            .iter()
            .map(|id| {
                json!({
                    "cs_id": id.cs_id,
                    "prot_type": id.prot_type.0,
                    "s": id.s,
                    "policies": id.policies,
                    "session_data": hex::encode(id.session_data),
                    "spi": hex::encode(id.spi),
                })
            })
            .collect(),
        _ => Vec::new(),
    };
    json!({
        // The only one that decodes.
        "version": 1,
        "data_type": hdr.data_type.0,
        "next_payload": next.0,
        "v": hdr.v,
        "prf": hdr.prf.0,
        "csb_id": hdr.csb_id.0,
        "cs_count": hdr.map.cs_count(),
        "cs_id_map_type": hdr.map.map_type().0,
        "map": map,
    })
}

fn show_payload(payload: &Payload<'_>, next: PayloadType) -> Value {
    let mut shown = fields(payload);
    shown.insert("type".into(), payload.payload_type().name().into());
    // SIGN is always the last and has no such octet.
    if !matches!(payload, Payload::Sign(_)) {
        shown.insert("next_payload".into(), next.0.into());
    }
    Value::Object(shown)
}

fn object<const N: usize>(members: [(&str, Value); N]) -> Map<String, Value> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn octets(octets: &[u8]) -> Value {
    hex::encode(octets).into()
}

fn identity(identity: &Identity<'_>) -> Map<String, Value> {
    object([("id_type", identity.id_type.0.into()), ("id_data", octets(identity.octets))])
}

fn fields(payload: &Payload<'_>) -> Map<String, Value> {
    match payload {
        Payload::Kemac(kemac) => object([
            ("encr_alg", kemac.encr_alg.0.into()),
            ("encr_data", octets(kemac.encr_data)),
            ("mac_alg", kemac.mac_alg.0.into()),
            ("mac", octets(kemac.mac)),
        ]),
        Payload::Pke(pke) => object([("c", pke.cache.into()), ("data", octets(pke.octets))]),
        Payload::Dh(dh) => object([
            ("dh_group", dh.group.into()),
            ("dh_value", octets(dh.value)),
            ("key_validity", show_validity(&dh.validity)),
        ]),
        Payload::Sign(sign) => object([("s_type", sign.s_type.into()), ("signature", octets(sign.octets))]),
        Payload::T(timestamp) => {
            let mut shown = object([
                ("ts_type", timestamp.ts_type().0.into()),
                ("ts_value", octets(timestamp.octets().as_slice())),
            ]);
            if let Timestamp::Counter(counter) = timestamp {
                shown.insert("counter".into(), counter.0.into());
            }
            shown
        }
        Payload::Id(id) => identity(id),
        Payload::Idr(idr) => {
            let mut shown = identity(&idr.identity);
            shown.insert("id_role".into(), idr.role.0.into());
            shown
        }
        Payload::Cert(cert) => {
            object([("cert_type", cert.cert_type.into()), ("certificate", octets(cert.octets))])
        }
        Payload::Chash(chash) => {
            object([("hash_func", chash.hash_func.into()), ("hash", octets(chash.octets))])
        }
        Payload::V(v) => object([("auth_alg", v.auth_alg.0.into()), ("mac", octets(v.mac))]),
        Payload::Sp(policy) => show_policy(*policy),
        Payload::Rand(rand) => object([("rand", octets(rand))]),
        Payload::Err(number) => object([("error_no", number.0.into())]),
        Payload::Ext(ext) => {
            let mut shown = object([("ext_type", ext.ext_type.0.into()), ("ext_data", octets(ext.octets))]);
            if ext.ext_type == ExtType::KEY_ID {
                let ids: Vec<Value> = key_id_subs(ext.octets)
                    .map(|sub| json!({ "type": sub.key_id_type.0, "key_id": hex::encode(sub.octets) }))
                    .collect();
                shown.insert("key_ids".into(), ids.into());
            }
            shown
        }
        Payload::Sakke(sakke) => object([
            ("params", sakke.params.into()),
            ("id_scheme", sakke.id_scheme.into()),
            ("sed", octets(sakke.sed)),
        ]),
        _ => Map::new(),
    }
}

fn show_validity(validity: &KeyValidity<'_>) -> Value {
    match validity {
        KeyValidity::Null => json!({ "type": 0 }),
        KeyValidity::Spi(spi) => json!({ "type": 1, "spi": hex::encode(spi) }),
        KeyValidity::Interval { from, to } => {
            json!({ "type": 2, "from": hex::encode(from), "to": hex::encode(to) })
        }
        _ => Value::Null,
    }
}
