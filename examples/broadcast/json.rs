//! The result as JSON.

use serde_json::{Value, json};

use crate::report::{Report, Row};

pub(crate) fn of(report: &Report) -> Value {
    let terminals: Vec<Value> = report.rows.iter().map(terminal).collect();
    let diary = report.diary.iter();
    let timeline: Vec<Value> =
        diary.map(|(at, what)| json!({ "ms": at.as_millis(), "what": what })).collect();
    let rates: Vec<Value> = report
        .rates
        .iter()
        .map(|(what, rate)| {
            json!({
                "what": what,
                "msk_messages_a_second": rate.first_pass_messages * 1_000 / rate.first_pass_ms.max(1),
                "first_pass": { "msk_messages": rate.first_pass_messages, "ms": rate.first_pass_ms },
                "msk_messages": rate.messages,
                "acknowledged": rate.acknowledged,
                "ms": rate.ms,
            })
        })
        .collect();
    json!({
        "pass": report.failures().is_empty(),
        "verdict": report.verdict(),
        "failures": report.failures(),
        "ues": report.ues,
        "loss": report.loss,
        "seed": report.seed,
        "keyed_ms": report.keyed_ms,
        "media_packets": report.media_sent,
        "terminals": terminals,
        "link": {
            "datagrams": report.link.offered,
            "lost": report.link.lost,
            "duplicated": report.link.duplicated,
            "delayed": report.link.delayed,
        },
        "attacker": { "replayed": report.replayed, "flipped": report.flipped },
        "bm_sc": {
            "msk_messages": report.server.msk_messages,
            "acknowledged": report.server.acknowledged,
            "mtk_messages": report.server.mtk_messages,
            "replays_or_forgeries_accepted": report.server_fooled,
        },
        "distributions": rates,
        "timeline": timeline,
    })
}

fn terminal(Row { name, tally }: &Row) -> Value {
    json!({
        "name": name,
        "received": tally.received,
        "decrypted": tally.decrypted,
        "lost_with_key": tally.lost_with_key,
        "lost_without_key": tally.lost_without_key,
        "not_entitled": tally.not_entitled,
        "read_unentitled": tally.read_unentitled,
        "read_from_attackers_copy": tally.from_attacker,
        "refused": tally.refused,
        "replays_accepted": tally.replays_accepted,
        "forgeries_accepted": tally.forgeries_accepted,
    })
}
