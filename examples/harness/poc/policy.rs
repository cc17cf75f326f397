//! `poc.policy`: one decision.

use castkey::poc::{
    KeyStatus, OnJoin, OnLeave, PolicyConfig, PolicyEvent, Progress, UpdateMsk, decide as decide_update,
};
use serde_json::{Value, json};

use super::session::show_reason;
use crate::Answer;
use crate::input::{Input, number, word, wrong};
use crate::names::variant;
use crate::refusal::Refusal;
use crate::settings::flag;

pub(super) fn event(event: Input<'_>) -> Result<PolicyEvent, Refusal> {
    Ok(match event.variant()?.as_str() {
        "ClientExpelled" => PolicyEvent::ClientExpelled {
            served_here: event.flag("served_here")?,
            held_msk: event.flag("held_msk")?,
        },
        "ClientLeft" => PolicyEvent::ClientLeft,
        "ClientJoined" => PolicyEvent::ClientJoined,
        "MskLifetime" => {
            PolicyEvent::MskLifetime { age_ms: event.number("age_ms")?, packets: event.number("packets")? }
        }
        "MtkRangeExhausted" => PolicyEvent::MtkRangeExhausted,
        "MtkPeriodic" => PolicyEvent::MtkPeriodic,
        "Compromise" => PolicyEvent::Compromise,
        "MukRenewed" => PolicyEvent::MukRenewed,
        "Deauthorised" => PolicyEvent::Deauthorised { served_here: event.flag("served_here")? },
        "AdminRequest" => PolicyEvent::AdminRequest,
        "Other" => PolicyEvent::Other(event.number("number")?),
        _ => return Err(Refusal::bad_request("unknown event type")),
    })
}

/// `{on_leave, on_join, msk_max_age_ms, msk_max_packets, leave_supersedes}`; `on_leave` may be `{"coalesce_ms": ..}`.
pub(super) fn config(value: &Value) -> Result<PolicyConfig, Refusal> {
    let mut config = PolicyConfig::default();
    for (name, value) in Input::of(value).ok_or_else(|| wrong("policy"))?.members() {
        match name {
            "on_leave" => {
                config.on_leave = match Input::of(value) {
                    Some(coalesce) => OnLeave::Coalesce(coalesce.number("coalesce_ms")?),
                    None => word(name, value, &[("never", OnLeave::Never), ("always", OnLeave::Always)])?,
                };
            }
            "on_join" => {
                config.on_join = word(name, value, &[("never", OnJoin::Never), ("always", OnJoin::Always)])?;
            }
            "msk_max_age_ms" => config.msk_max_age_ms = number(name, value)?,
            "msk_max_packets" => config.msk_max_packets = number(name, value)?,
            "leave_supersedes" => config.leave_supersedes = flag(name, value)?,
            _ => return Err(wrong("policy")),
        }
    }
    Ok(config)
}

pub(crate) fn decide(input: Input<'_>) -> Answer {
    let event = event(input.object("event")?)?;
    let config = input.get("config").map_or(Ok(PolicyConfig::default()), config)?;
    let status = input.object("status")?;
    let progress = [
        ("Steady", Progress::Steady),
        ("Distributing", Progress::Distributing),
        ("Indicated", Progress::Indicated),
    ];
    let status = KeyStatus {
        progress: word("progress", status.need("progress")?, &progress)?,
        members: status.number("members")?,
    };
    let decision = decide_update(&event, &config, &status);
    let update_msk = match decision.update_msk {
        UpdateMsk::Coalesce(ms) => json!({ "type": "Coalesce", "ms": ms }),
        other => json!({ "type": variant(&other) }),
    };
    Ok(json!({
        "update_msk": update_msk,
        "update_mtk": decision.update_mtk,
        "redeliver": decision.redeliver,
        "reason": show_reason(decision.reason),
        "urgency": variant(&decision.urgency),
        "course": variant(&decision.course),
    }))
}
