//! The figures as a table in Markdown, between two marks in a file.

use std::fmt::Write as _;

use crate::budget::Budget;
use crate::measured::{Call, Footprint, Image, PRIMITIVES};

const BEGIN: &str = "<!-- footprint: written by .ci/firmware --write -->\n";
const END: &str = "<!-- footprint: end -->\n";

/// How much of the figures.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// Budgets and the calls of [`MAIN`].
    Short,
    /// All tables.
    Whole,
}

/// The calls of MBMS and PoC that are shown, those that a terminal and a server make most.
pub const SHOWN: [&str; 18] = [
    "castkey_ue_init",
    "castkey_ue_restore",
    "castkey_ue_handle: bootstrapped",
    "castkey_ue_handle: MSK message",
    "castkey_ue_handle: MTK message",
    "castkey_ue_handle: MTK message, next",
    "castkey_ue_handle: timeout, end of the overlap",
    "castkey_ue_mtk",
    "castkey_msk_open",
    "castkey_mtk_open",
    "castkey_srtp_session_keys",
    "castkey_bm_sc_handle: push",
    "castkey_bm_sc_handle: acknowledged",
    "castkey_poc_client_handle: offer",
    "castkey_poc_client_handle: MIKEY",
    "castkey_poc_client_handle: MBCP",
    "castkey_poc_server_handle_leg: join",
    "castkey_poc_distribution_handle: update",
];

/// The mission-critical calls that are shown, which take thousands of times as long.
pub const SHOWN_MCX: [&str; 7] = [
    "castkey_mcx_kms_prepare",
    "castkey_mcx_keys_prepare",
    "castkey_mcx_client_handle: upload",
    "castkey_mcx_client_handle: download",
    "castkey_mcx_server_handle: upload",
    "castkey_mcx_srtcp_protect",
    "castkey_mcx_srtcp_unprotect",
];

/// The calls of the short table.
const MAIN: [&str; 10] = [
    "castkey_ue_handle: MSK message",
    "castkey_ue_handle: MTK message",
    "castkey_ue_handle: MTK message, next",
    "castkey_msk_open",
    "castkey_mtk_open",
    "castkey_bm_sc_handle: push",
    "castkey_poc_client_handle: MIKEY",
    "castkey_mcx_client_handle: upload",
    "castkey_mcx_client_handle: download",
    "castkey_mcx_srtcp_unprotect",
];

/// The functions whose bound is shown.
const BOUNDED: [&str; 9] = [
    "castkey_ue_init",
    "castkey_ue_restore",
    "castkey_ue_handle",
    "castkey_srtp_session_keys",
    "castkey_bm_sc_handle",
    "castkey_poc_client_handle",
    "castkey_poc_server_handle_leg",
    "castkey_mcx_client_handle",
    "castkey_mcx_keys_prepare",
];

/// 12345 as 12,345.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A cell for each kind of primitives, empty where there is no figure.
fn cells(of: impl Fn(&str) -> Option<u64>) -> String {
    PRIMITIVES.map(|primitives| of(primitives).map_or_else(String::new, grouped)).join(" | ")
}

fn write_budgets(text: &mut String, budgets: &[Budget]) {
    *text += "| on a Cortex-M4, optimised for size; octets | measured | budget | |\n|---|---:|---:|---|\n";
    for budget in budgets {
        let verdict = if budget.is_kept() { "kept" } else { "missed" };
        let (is, at_most) = (grouped(budget.is), grouped(budget.at_most));
        let _ = writeln!(text, "| {} | {is} | {at_most} | {verdict} |", budget.what);
    }
}

fn write_images(text: &mut String, footprint: &Footprint) {
    *text += "\n| reference image, octets | built-in primitives | caller's primitives |\n|---|---:|---:|\n";
    for (name, by) in &footprint.images {
        let mut row = |what: &str, of: fn(&Image) -> u64| {
            let _ = writeln!(text, "| {name}: {what} | {} |", cells(|p| by.get(p).map(of)));
        };
        row("flash", |image| image.flash());
        row("of it code", |image| image.text);
        row("of it constants", |image| image.rodata);
        row("static memory", |image| image.data + image.bss);
        row("most stack of its calls", |image| image.stack);
        row("the same by call graph, without callbacks", |image| image.stack_bound);
    }
}

fn write_objects(text: &mut String, footprint: &Footprint) {
    *text += "\n| object | octets in use | octets in the header |\n|---|---:|---:|\n";
    for (name, by) in &footprint.objects {
        if let Some(object) = by.get(PRIMITIVES[0]) {
            let _ = writeln!(text, "| `{name}` | {} | {} |", grouped(object.used), grouped(object.room));
        }
    }
}

fn write_calls<'a>(text: &mut String, footprint: &Footprint, calls: impl IntoIterator<Item = &'a str>) {
    *text += "\n| call | instructions, built-in | caller's | stack, built-in | caller's |\n|---|---:|---:|---:|---:|\n";
    for name in calls {
        let by = |of: fn(&Call) -> u64| cells(|p| footprint.calls.get(name).and_then(|by| by.get(p)).map(of));
        let _ = writeln!(text, "| `{name}` | {} | {} |", by(|call| call.instructions), by(|call| call.stack));
    }
}

fn write_bounds(text: &mut String, footprint: &Footprint) {
    *text += "\n| most stack by call graph, without callbacks | built-in primitives | caller's primitives |\n|---|---:|---:|\n";
    for name in BOUNDED {
        let bounds = cells(|p| footprint.stack_bounds.get(name).and_then(|by| by.get(p)).copied());
        let _ = writeln!(text, "| `{name}` | {bounds} |");
    }
}

fn tables(footprint: &Footprint, budgets: &[Budget], extent: Extent) -> String {
    let mut text = String::new();
    write_budgets(&mut text, budgets);
    if extent == Extent::Short {
        write_calls(&mut text, footprint, MAIN);
        text += "\n![The same as bars](docs/footprint.svg)\n";
    } else {
        text += "\n![The same as bars](footprint.svg)\n";
        write_images(&mut text, footprint);
        write_objects(&mut text, footprint);
        write_calls(&mut text, footprint, SHOWN.into_iter().chain(SHOWN_MCX));
        write_bounds(&mut text, footprint);
    }
    text
}

/// The text with the tables between its marks anew; `None` where it has no marks.
pub fn replaced(text: &str, footprint: &Footprint, budgets: &[Budget], extent: Extent) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n{END}{after}", tables(footprint, budgets, extent)))
}
