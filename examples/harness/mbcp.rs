//! `mbcp.*`: RTCP APP packets and what they say, field by field, and back.

use castkey::poc::{Announced, App, IndicationCoding, MAX_DATAGRAM_LEN, MbcpMessage, PocError, apps};
use castkey::time::NtpTime;
use serde_json::{Value, json};

use crate::Answer;
use crate::input::{Input, wrong};
use crate::names::{named, variant};
use crate::poc;
use crate::refusal::Refusal;

fn coding(input: Input<'_>) -> Result<IndicationCoding, Refusal> {
    input.get("coding").map_or(Ok(IndicationCoding::DEFAULT), poc::coding)
}

/// One bad packet ends a datagram and what came before it counts: it is `refused` beside the packets, or the answer.
pub(crate) fn decode(input: Input<'_>) -> Answer {
    let (octets, coding) = (input.octets("datagram")?, coding(input)?);
    let (mut packets, mut refused) = (Vec::new(), None);
    for app in apps(&octets) {
        match app.and_then(|app| show(&app, &coding)) {
            Ok(shown) => packets.push(shown),
            Err(error) if packets.is_empty() => return Err(error.into()),
            Err(error) => {
                refused = Some(Refusal::from(error).show());
                break;
            }
        }
    }
    Ok(json!({ "packets": packets, "refused": refused }))
}

fn show(app: &App<'_>, coding: &IndicationCoding) -> Result<Value, PocError> {
    let message = match coding.decode(app)? {
        Some(Announced::Explicit(indication)) => {
            named(json!({ "type": "Indication" }), poc::show_indication(&indication))
        }
        Some(Announced::Pending) => json!({ "type": "Pending" }),
        None => show_message(&MbcpMessage::decode(app)?),
    };
    Ok(json!({
        "subtype": app.subtype,
        "ssrc": app.ssrc,
        "name_text": String::from_utf8_lossy(&app.name),
        "octets": hex::encode(app.octets),
        "message": message,
    }))
}

fn show_message(message: &MbcpMessage<'_>) -> Value {
    let fields = match *message {
        MbcpMessage::Request { priority, timestamp } => {
            json!({ "priority": priority, "timestamp": timestamp.map(|time| hex::encode(time.to_bits().to_be_bytes())) })
        }
        MbcpMessage::Granted { stop_talking_s, participants } => {
            json!({ "stop_talking_s": stop_talking_s, "participants": participants })
        }
        MbcpMessage::Taken { acknowledge, ssrc, cname, name, participants } => json!({
            "acknowledge": acknowledge, "ssrc": ssrc, "cname_text": cname, "name_text": name,
            "participants": participants,
        }),
        MbcpMessage::Deny { reason, phrase } => json!({ "reason": reason, "phrase_text": phrase }),
        MbcpMessage::Release { last_sequence, ignore_sequence } => {
            json!({ "last_sequence": last_sequence, "ignore_sequence": ignore_sequence })
        }
        MbcpMessage::Revoke { reason, retry_s } => json!({ "reason": reason, "retry_s": retry_s }),
        MbcpMessage::Acknowledgement { subtype, reason } => json!({ "subtype": subtype, "reason": reason }),
        MbcpMessage::QueueStatusResponse { priority, position } => {
            json!({ "priority": priority, "position": position })
        }
        MbcpMessage::Connect { content } => json!({ "content": hex::encode(content) }),
        _ => json!({}),
    };
    named(json!({ "type": variant(message) }), fields)
}

/// Writes the message as one APP packet from `ssrc`; `App` is one with any subtype, name and octets.
pub(crate) fn encode(input: Input<'_>) -> Answer {
    let (ssrc, message, coding) = (input.number("ssrc")?, input.object("message")?, coding(input)?);
    let mut out = [0; MAX_DATAGRAM_LEN];
    let kind = message.variant()?;
    let octets = match kind.as_str() {
        "Indication" => coding.encode(ssrc, &poc::indication(message)?, &mut out)?,
        "App" => {
            let octets = message.octets_or_empty("octets")?;
            let name = message.text("name_text")?.as_bytes().try_into().map_err(|_| wrong("name_text"))?;
            App { subtype: message.number("subtype")?, ssrc, name, octets: &octets }.encode(&mut out)?
        }
        kind => {
            let content = message.octets_or_empty("content")?;
            read_message(kind, message, &content)?.encode(ssrc, &mut out)?
        }
    };
    Ok(json!({ "datagram": hex::encode(octets) }))
}

fn read_message<'a>(kind: &str, message: Input<'a>, content: &'a [u8]) -> Result<MbcpMessage<'a>, Refusal> {
    Ok(match kind {
        "Request" => MbcpMessage::Request {
            priority: message.number_if("priority")?,
            timestamp: match message.get("timestamp") {
                Some(_) => Some(NtpTime::from_bits(u64::from_be_bytes(message.array("timestamp")?))),
                None => None,
            },
        },
        "Granted" => MbcpMessage::Granted {
            stop_talking_s: message.number("stop_talking_s")?,
            participants: message.number_if("participants")?,
        },
        "Taken" => MbcpMessage::Taken {
            acknowledge: message.flag_if("acknowledge")?.unwrap_or_default(),
            ssrc: message.number("ssrc")?,
            cname: message.text("cname_text")?,
            name: message.text_if("name_text")?,
            participants: message.number_if("participants")?,
        },
        "Deny" => {
            MbcpMessage::Deny { reason: message.number("reason")?, phrase: message.text("phrase_text")? }
        }
        "Release" => MbcpMessage::Release {
            last_sequence: message.number("last_sequence")?,
            ignore_sequence: message.flag_if("ignore_sequence")?.unwrap_or_default(),
        },
        "Idle" => MbcpMessage::Idle,
        "Revoke" => {
            MbcpMessage::Revoke { reason: message.number("reason")?, retry_s: message.number("retry_s")? }
        }
        "Acknowledgement" => MbcpMessage::Acknowledgement {
            subtype: message.number("subtype")?,
            reason: message.number("reason")?,
        },
        "QueueStatusRequest" => MbcpMessage::QueueStatusRequest,
        "QueueStatusResponse" => MbcpMessage::QueueStatusResponse {
            priority: message.number("priority")?,
            position: message.number("position")?,
        },
        "Disconnect" => MbcpMessage::Disconnect,
        "Connect" => MbcpMessage::Connect { content },
        "Unknown" => MbcpMessage::Unknown(message.number("subtype")?),
        _ => return Err(Refusal::bad_request("unknown message type")),
    })
}
