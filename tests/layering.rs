//! The direction of dependencies: who may name whom, read off the sources.
//!
//! ```text
//! poc  ims  mcx  uicc      -> everything below, never each other; mcx over sakke too
//! role                     -> message, settings, keys, wire (never its reader), crypto, bottom
//! message                  -> settings, keys, wire, crypto, sakke, bottom
//! settings                 -> keys, wire, where a writer puts the extension, bottom
//! keys                     -> crypto, bottom
//! sakke                    -> crypto, bottom
//! wire                     -> error, id, time          crypto -> error, secret, id, time
//! error  secret  id  time     the bottom: each for itself
//! ```
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

use std::fs;
use std::path::{Path, PathBuf};

/// What a service profile may name.
const SERVICE: &[&str] =
    &["role", "message", "keys", "wire", "crypto", "settings", "error", "secret", "id", "time"];

/// What mission-critical keys may name: their mathematics as well.
const SERVICE_OVER_SAKKE: &[&str] =
    &["role", "message", "keys", "wire", "crypto", "sakke", "settings", "error", "secret", "id", "time"];

/// Each layer with those it may name. A layer may always name itself.
const ARROWS: [(&str, &[&str]); 16] = [
    ("error", &[]),
    ("secret", &[]),
    ("slots", &[]),
    ("id", &[]),
    ("time", &[]),
    ("wire", &["error", "id", "time"]),
    ("crypto", &["error", "secret", "id", "time"]),
    ("keys", &["crypto", "error", "secret", "slots", "id", "time"]),
    ("settings", &["keys", "wire", "message::psk::ExtPlace", "error", "secret", "id", "time"]),
    ("sakke", &["crypto", "error", "secret", "id", "time"]),
    ("message", &["wire", "crypto", "keys", "sakke", "settings", "error", "secret", "id", "time"]),
    ("role", &["message", "keys", "wire", "crypto", "settings", "error", "secret", "slots", "id", "time"]),
    ("poc", SERVICE),
    ("ims", SERVICE),
    ("mcx", SERVICE_OVER_SAKKE),
    ("uicc", SERVICE),
];

/// Words that have no place in code outside tests.
const BANNED: [&str; 3] = ["unsafe", "std", "alloc"];

/// The code in `source`: comments, the content of strings, and modules under `#[cfg(test)]` are taken out.
fn code(source: &str) -> String {
    let mut out = String::new();
    let mut rest = source;
    while let Some(next) = rest.chars().next() {
        if rest.starts_with("//") {
            rest = &rest[rest.find('\n').unwrap_or(rest.len())..];
        } else if rest.starts_with("/*") {
            rest = &rest[rest.find("*/").map_or(rest.len(), |end| end + 2)..];
        } else if next == '"' {
            let end = closing_quote(&rest[1..]);
            out.push_str("\"\"");
            rest = &rest[1 + end..];
        } else if rest.starts_with("'\"'") || rest.starts_with("'{'") || rest.starts_with("'}'") {
            rest = &rest[3..];
        } else {
            out.push(next);
            rest = &rest[next.len_utf8()..];
        }
    }
    while let Some(at) = out.find("#[cfg(test)]") {
        let end = end_of_item(&out[at..]);
        out.replace_range(at..at + end, "");
    }
    out
}

/// Where the string that starts before `text` ends, past its quote.
fn closing_quote(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Where the item at the start of `text` ends: at its closing brace, or its semicolon if it has none.
fn end_of_item(text: &str) -> usize {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return at + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Paths from the root of the crate that `code`, in the module `module`, names: `wire`, `crypto::mac::MacKey`.
fn paths(code: &str, module: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (start, _) in code.match_indices("crate::") {
        if !is_word_end(&code[..start]) {
            collect(&code[start + "crate::".len()..], "", &mut found);
        }
    }
    for (start, _) in code.match_indices("super::") {
        let before = &code[..start];
        if is_word_end(before) || before.ends_with("super::") {
            continue;
        }
        let ups = repeats(&code[start..], "super::");
        let tail = &code[start + "super::".len() * ups..];
        let base = module[..module.len().saturating_sub(ups)].join("::");
        collect(tail, &base, &mut found);
    }
    found
}

/// How often `unit` stands at the start of `text`, one behind the other.
fn repeats(text: &str, unit: &str) -> usize {
    let (mut rest, mut count) = (text, 0);
    while let Some(tail) = rest.strip_prefix(unit) {
        (rest, count) = (tail, count + 1);
    }
    count
}

fn is_word_end(before: &str) -> bool {
    before.chars().next_back().is_some_and(|c| c.is_alphanumeric() || c == '_')
}

/// The paths at the start of `tail`, each behind `base`: one, or each member of a group in braces.
fn collect(tail: &str, base: &str, found: &mut Vec<String>) {
    let join = |path: &str| if base.is_empty() { path.to_owned() } else { format!("{base}::{path}") };
    let name = |c: char| c.is_alphanumeric() || c == '_' || c == ':' || c == '*';
    let path = &tail[..tail.find(|c: char| !name(c)).unwrap_or(tail.len())];
    let behind = &tail[path.len()..];
    if !behind.starts_with('{') {
        found.push(join(path));
        return;
    }
    let base = join(path.trim_end_matches("::"));
    let group = &behind[1..end_of_item(behind) - 1];
    let mut depth = 0_u32;
    let members = group.split(|c| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    for member in members.map(str::trim).filter(|member| !member.is_empty()) {
        collect(member, base.trim_end_matches("::"), found);
    }
}

/// Whether `word` stands in `code` as a word.
fn has_word(code: &str, word: &str) -> bool {
    code.match_indices(word).any(|(at, _)| {
        let next = code[at + word.len()..].chars().next();
        !is_word_end(&code[..at]) && !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    })
}

/// Whether `path` is `root` or stands below it.
fn is_below(path: &str, root: &str) -> bool {
    path == root || path.strip_prefix(root).is_some_and(|rest| rest.starts_with("::"))
}

/// What is wrong in the file of `module` with this `source`.
fn violations(module: &[&str], source: &str) -> Vec<String> {
    let code = code(source);
    let here = module.join("::");
    let mut found: Vec<String> =
        BANNED.iter().filter(|word| has_word(&code, word)).map(|word| format!("{here}: {word}")).collect();
    let Some(layer) = module.first() else { return found };
    let Some((_, below)) = ARROWS.iter().find(|(name, _)| name == layer) else {
        found.push(format!("{here}: a layer without a place"));
        return found;
    };
    for path in paths(&code, module) {
        // The hooks of the model checker are compiled for its tests only.
        let allowed = is_below(&path, layer)
            || is_below(&path, "broken")
            || below.iter().any(|root| is_below(&path, root));
        if !allowed {
            found.push(format!("{here} -> {path}"));
        }
    }
    if *layer == "role" && (has_word(&code, "Reader") || has_word(&code, "reader")) {
        found.push(format!("{here}: a role that reads octets"));
    }
    if !matches!(*layer, "crypto" | "sakke" | "secret")
        && (code.contains(".expose()") || code.contains(".expose_mut()"))
    {
        found.push(format!("{here}: exposes a secret"));
    }
    found
}

fn sources(dir: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn arrows_point_down_only() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    sources(&src, &mut files);
    assert!(files.len() > 40, "the sources were not found");
    let mut found = Vec::new();
    // Tests beside what they test, the model checker and the rules that it breaks are no part of the library.
    let checked = |file: &&PathBuf| {
        let relative = file.strip_prefix(&src).unwrap();
        let test = relative.with_extension("").iter().any(|part| part == "tests");
        !test && !relative.starts_with("poc/model") && relative != Path::new("broken.rs")
    };
    for file in files.iter().filter(checked) {
        let relative = file.strip_prefix(&src).unwrap().with_extension("");
        let module: Vec<&str> = relative
            .iter()
            .map(|part| part.to_str().unwrap())
            .filter(|part| !matches!(*part, "mod" | "lib"))
            .collect();
        found.extend(violations(&module, &fs::read_to_string(file).unwrap()));
    }
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

/// With the arrows, which know no `std` and no `alloc`; that it links for bare metal is seen where it is built for it.
///
/// Covers: MCX-T-84
/// Code: src/lib.rs
#[test]
fn the_library_and_all_that_it_depends_on_are_declared_without_std() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert!(fs::read_to_string(root.join("src/lib.rs")).unwrap().contains("\n#![no_std]\n"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let (_, rest) = manifest.split_once("\n[dependencies]\n").unwrap();
    let dependencies: Vec<&str> =
        rest.lines().take_while(|line| !line.starts_with('[')).filter(|line| line.contains('=')).collect();
    assert!(dependencies.len() > 8, "the dependencies were not found");
    for line in dependencies {
        assert!(line.contains("default-features = false"), "{line}");
        assert!(!line.contains("\"std\"") && !line.contains("\"alloc\""), "{line}");
    }
}

#[test]
fn the_checker_finds_every_kind_of_violation() {
    let rows: [(&[&str], &str, &str); 18] = [
        (&["wire", "sp"], "use crate::crypto::Prf;", "wire::sp -> crypto::Prf"),
        (&["crypto", "mac"], "use crate::wire::MacAlg;", "crypto::mac -> wire::MacAlg"),
        (&["wire", "sp"], "use crate::secret::Secret;", "wire::sp -> secret::Secret"),
        (&["wire", "sp"], "use crate::{id::CsbId, keys::{Msk, Mtk}};", "wire::sp -> keys::Msk"),
        (&["keys", "msk"], "fn f(_: crate::message::MskMessage) {}", "keys::msk -> message::MskMessage"),
        (&["message", "msk"], "use crate::role::{Ue};", "message::msk -> role::Ue"),
        (&["role", "ue"], "use crate::uicc::EfMsk;", "role::ue -> uicc::EfMsk"),
        (&["poc", "client"], "use crate::ims::ServiceId;", "poc::client -> ims::ServiceId"),
        (&["ims", "upf"], "use crate::poc::Indication;", "ims::upf -> poc::Indication"),
        (&["settings"], "use crate::message::Incoming;", "settings -> message::Incoming"),
        (&["settings"], "use super::role::Ue;", "settings -> role::Ue"),
        (&["keys", "msk"], "use super::super::wire::Hdr;", "keys::msk -> wire::Hdr"),
        (&["id"], "use crate::error::DecodeError;", "id -> error::DecodeError"),
        (&["role", "ue"], "let r = Reader::new(octets, 0);", "role::ue: a role that reads octets"),
        (&["message", "msk"], "let k = key.expose();", "message::msk: exposes a secret"),
        (&["wire"], "use crate::*;", "wire -> *"),
        (&["wire", "sp"], "use std::vec::Vec;", "wire::sp: std"),
        (&["nowhere"], "", "nowhere: a layer without a place"),
    ];
    for (module, source, expected) in rows {
        let found = violations(module, source);
        assert!(found.iter().any(|found| found == expected), "{source}: {found:?}");
    }
    let expected = ["wire: unsafe", "wire: alloc"];
    assert_eq!(violations(&["wire"], "extern crate alloc; fn f() { unsafe {} }"), expected);
    // A layer that is clean but for what stands in a group behind a group.
    assert_eq!(violations(&["wire"], "use crate::{error::{A, B}, time::C, role::D};"), ["wire -> role::D"]);
}

#[test]
fn the_checker_leaves_comments_strings_tests_and_the_own_layer_alone() {
    let source = "
        //! See [`crate::role::Ue`]; `unsafe` is not here. \"
        use crate::wire::{Hdr, reader::Reader};
        use super::codepoint::DataType;
        const A: &str = \"use crate::crypto::Prf; \\\" unsafe\"; // crate::keys
        /* std */ const B: char = '\"';
        fn instead_of_std<'a>(standard: &'a u8, reallocate: u8) {}
        #[cfg(test)]
        mod tests {
            extern crate std;
            fn f() { if true { let s = secret.expose(); } }
        }
    ";
    assert_eq!(violations(&["wire", "sp"], source), Vec::<String>::new());
    assert_eq!(violations(&["settings"], "use crate::message::psk::ExtPlace;"), Vec::<String>::new());
    assert_eq!(violations(&[], "pub use role::Ue; pub mod wire;"), Vec::<String>::new());
    let after_tests = format!("{source} use crate::role::Ue;");
    assert_eq!(violations(&["wire", "sp"], &after_tests), ["wire::sp -> role::Ue"]);
}
