//! The result as JSON.

use serde_json::{Value, json};

use crate::report::{Client, Report};

pub(crate) fn of(report: &Report) -> Value {
    let diary: Vec<Value> = report
        .diary
        .iter()
        .map(|line| json!({ "ms": line.at.as_millis(), "step": line.step, "what": line.text }))
        .collect();
    json!({
        "pass": report.failures.is_empty(),
        "verdict": report.verdict(),
        "failures": report.failures,
        "loss": report.loss,
        "seed": report.seed,
        "clients": report.clients.iter().map(client).collect::<Vec<Value>>(),
        "steps": report.steps,
        "updates": report.updates,
        "media_packets": report.packets,
        "bearer": {
            "copies": report.link.offered,
            "lost": report.link.lost,
            "duplicated": report.link.duplicated,
            "delayed": report.link.delayed,
        },
        "offers": report.offers,
        "offers_failed": report.refused,
        "turned_away": report.turned_away,
        "tries_of_the_expelled": report.tries,
        "timeline": report.timeline.lines().collect::<Vec<&str>>(),
        "diary": diary,
    })
}

fn client(client: &Client) -> Value {
    let Client { name, totals, joined, keyed, unkeyed, removed } = client;
    json!({
        "name": name,
        "came": totals.came,
        "read": totals.read,
        "read_after_waiting": totals.waited,
        "lost_with_key": totals.lost_with_key,
        "lost_without_key": totals.lost_without_key,
        "kept_out": totals.kept_out,
        "closed_read": totals.closed_read,
        "control_read": totals.control_read,
        "joined": joined,
        "keyed": keyed,
        "unkeyed": unkeyed,
        "went": removed,
    })
}
