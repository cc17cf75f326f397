//! The figures as a table in Markdown, between two marks in a file.

use std::fmt::Write as _;

use crate::measured::{Call, Footprint, PRIMITIVES};

const BEGIN: &str = "<!-- footprint: written by .ci/firmware --write -->\n";
const END: &str = "<!-- footprint: end -->\n";

/// The calls that are shown, those that a terminal and a server make most.
pub const SHOWN: [&str; 12] = [
    "castkey_ue_init",
    "castkey_ue_restore",
    "castkey_ue_handle: bootstrapped",
    "castkey_ue_handle: MSK message",
    "castkey_ue_handle: MTK message",
    "castkey_ue_handle: timeout, end of the overlap",
    "castkey_ue_mtk",
    "castkey_msk_open",
    "castkey_mtk_open",
    "castkey_srtp_session_keys",
    "castkey_bm_sc_handle: push",
    "castkey_bm_sc_handle: acknowledged",
];

/// The functions whose bound is shown.
const BOUNDED: [&str; 6] = [
    "castkey_ue_init",
    "castkey_ue_restore",
    "castkey_ue_handle",
    "castkey_ue_mtk",
    "castkey_srtp_session_keys",
    "castkey_bm_sc_handle",
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

fn table(footprint: &Footprint) -> String {
    let mut text = String::from("| octets | built-in primitives | caller's primitives |\n|---|---:|---:|\n");
    let row = |name: &str, of: &dyn Fn(&crate::measured::Image) -> u64| {
        let figures =
            PRIMITIVES.map(|p| footprint.images.get(p).map_or_else(String::new, |i| grouped(of(i))));
        format!("| {name} | {} |\n", figures.join(" | "))
    };
    text += &row("flash of the smallest terminal", &|image| image.flash());
    text += &row("of it code", &|image| image.text);
    text += &row("of it constants", &|image| image.rodata);
    text += &row("static memory of the smallest terminal", &|image| image.data + image.bss);
    text += "\n| call | instructions, built-in | caller's | stack, built-in | caller's |\n|---|---:|---:|---:|---:|\n";
    for name in SHOWN {
        let by = |of: &dyn Fn(&Call) -> u64| {
            let call = |p| footprint.calls.get(name).and_then(|by| by.get(p));
            PRIMITIVES.map(|p| call(p).map_or_else(String::new, |call| grouped(of(call)))).join(" | ")
        };
        let _ =
            writeln!(text, "| `{name}` | {} | {} |", by(&|call| call.instructions), by(&|call| call.stack));
    }
    text += "\n| most stack by call graph, without callbacks | built-in primitives | caller's primitives |\n|---|---:|---:|\n";
    for name in BOUNDED {
        let bound = |p| footprint.stack_bounds.get(name).and_then(|by| by.get(p));
        let bounds =
            PRIMITIVES.map(|p| bound(p).map_or_else(String::new, |octets| grouped(*octets))).join(" | ");
        let _ = writeln!(text, "| `{name}` | {bounds} |");
    }
    text
}

/// The text with the table between its marks anew; `None` where it has no marks.
pub fn replaced(text: &str, footprint: &Footprint) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n{}\n{END}{after}", table(footprint)))
}
