//! The code behind a test: the files of the modules that its imports lead to.

use std::collections::{BTreeMap, BTreeSet};

use super::token::{Token, tokens};

/// Files with their text, each named from the root of the crate.
pub(crate) type Sources = BTreeMap<String, String>;

/// The layers of the library, the upper ones first. What a test imports from below the uppermost one are its means.
const LAYERS: [&[&str]; 4] = [
    &["src/ims/", "src/poc/", "src/uicc/"],
    &["src/role/"],
    &["src/message/"],
    &["src/crypto/", "src/keys/", "src/wire/"],
];

/// The files of the library that `file` runs.
pub(crate) fn derived(file: &str, sources: &Sources) -> BTreeSet<String> {
    if file.starts_with("src/") {
        return BTreeSet::from([file.to_owned()]);
    }
    let mut found = BTreeSet::new();
    let mut next = Some(file);
    while let Some(file) = next.take() {
        let tokens: Vec<Token<'_>> = tokens(&sources[file]).into_iter().map(|(_, token)| token).collect();
        let paths = paths_behind(&tokens, &[Token::Word("castkey"), Token::Sign(':'), Token::Sign(':')]);
        found.extend(paths.iter().filter_map(|import| module_file(&import.path, sources)));
        // A part of a test binary that imports what its parent imports.
        if tokens.windows(2).any(|pair| pair == [Token::Word("use"), Token::Word("super")]) {
            next = parent(file, sources);
        }
    }
    let of = |layer: &&[&str], file: &String| layer.iter().any(|folder| file.starts_with(folder));
    if let Some(top) = LAYERS.iter().find(|layer| found.iter().any(|file| of(layer, file))) {
        found.retain(|file| of(top, file));
    }
    found
}

/// The file that declares the module `file` of a test binary.
fn parent<'a>(file: &str, sources: &'a Sources) -> Option<&'a str> {
    let folder = match file.strip_suffix("/mod.rs") {
        Some(module) => module.rsplit_once('/')?.0,
        None => file.rsplit_once('/')?.0,
    };
    [format!("{folder}.rs"), format!("{folder}/mod.rs")]
        .iter()
        .find_map(|name| sources.get_key_value(name))
        .map(|(name, _)| name.as_str())
}

/// A path and the name that it gets where it is imported.
struct Import<'a> {
    path: Vec<&'a str>,
    name: &'a str,
}

/// The paths that stand behind `lead`, each member of a group in braces for itself.
fn paths_behind<'a>(tokens: &[Token<'a>], lead: &[Token<'_>]) -> Vec<Import<'a>> {
    let mut found = Vec::new();
    for (at, window) in tokens.windows(lead.len()).enumerate() {
        if window == lead {
            collect(&tokens[at + lead.len()..], &[], &mut found);
        }
    }
    found
}

/// Puts the paths at the start of `tokens` behind `base`; gives what is left of the tokens.
fn collect<'a, 't>(
    mut tokens: &'t [Token<'a>], base: &[&'a str], found: &mut Vec<Import<'a>>,
) -> &'t [Token<'a>] {
    let mut path = base.to_vec();
    while let [Token::Word(module), Token::Sign(':'), Token::Sign(':'), tail @ ..] = tokens {
        path.push(module);
        tokens = tail;
    }
    match tokens {
        [Token::Sign('{'), tail @ ..] => {
            tokens = tail;
            while let Some((first, tail)) = tokens.split_first() {
                tokens = match first {
                    Token::Sign('}') => return tail,
                    Token::Sign(',') => tail,
                    _ => collect(tokens, &path, found),
                };
            }
            tokens
        }
        [Token::Word(item), Token::Word("as"), Token::Word(name), tail @ ..] => {
            path.push(item);
            found.push(Import { path, name });
            tail
        }
        [Token::Word(name), tail @ ..] => {
            path.push(name);
            found.push(Import { path, name });
            tail
        }
        // A glob: whatever the module has.
        [_, tail @ ..] => {
            found.push(Import { path, name: "" });
            tail
        }
        [] => tokens,
    }
}

/// The file of the innermost module on `path`, through the re-exports of the modules on the way.
fn module_file(path: &[&str], sources: &Sources) -> Option<String> {
    let (mut folder, mut path) = ("src".to_owned(), path.to_vec());
    // Each round goes down one module or through one re-export of it.
    for _ in 0..8 {
        let index = if folder == "src" { "src/lib.rs".to_owned() } else { format!("{folder}/mod.rs") };
        let Some(name) = path.first() else { return Some(index) };
        let file = format!("{folder}/{name}.rs");
        if sources.contains_key(&file) {
            return Some(file);
        }
        if sources.contains_key(&format!("{folder}/{name}/mod.rs")) {
            folder = format!("{folder}/{name}");
            path.remove(0);
            continue;
        }
        let text = sources.get(&index)?;
        let tokens: Vec<Token<'_>> = tokens(text).into_iter().map(|(_, token)| token).collect();
        let exports = paths_behind(&tokens, &[Token::Word("pub"), Token::Word("use")]);
        match exports.into_iter().find(|export| export.path.len() > 1 && export.name == *name) {
            Some(export) => path = export.path,
            None => return Some(index),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources(rows: &[(&str, &str)]) -> Sources {
        rows.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect()
    }

    fn library() -> Vec<(&'static str, &'static str)> {
        vec![
            ("src/lib.rs", "pub mod id; pub mod poc; pub use poc::Client; pub use rand_core;"),
            ("src/id.rs", ""),
            ("src/error.rs", ""),
            ("src/keys/mod.rs", "pub struct Msk;"),
            ("src/role/mod.rs", "mod ue; pub use ue::Ue;"),
            ("src/role/ue.rs", ""),
            (
                "src/poc/mod.rs",
                "mod client; pub mod mbcp; pub use client::{Client, State as ClientState}; pub struct Own;",
            ),
            ("src/poc/client.rs", ""),
            ("src/poc/mbcp/mod.rs", "mod app; pub use app::*; pub use app::App;"),
            ("src/poc/mbcp/app.rs", ""),
        ]
    }

    #[test]
    fn imports_lead_to_the_files_that_define_what_they_name() {
        for (import, files) in [
            ("use castkey::poc::Client;", "src/poc/client.rs"),
            ("use castkey::Client;", "src/poc/client.rs"),
            ("use castkey::poc::Own;", "src/poc/mod.rs"),
            ("use castkey::poc::mbcp::App;", "src/poc/mbcp/app.rs"),
            (
                "use castkey::poc::{Client, mbcp::{self, App}};",
                "src/poc/client.rs src/poc/mbcp/app.rs src/poc/mbcp/mod.rs",
            ),
            ("use castkey::{error::Error, poc::mbcp};", "src/poc/mbcp/mod.rs"),
            ("use castkey::poc::mbcp::*;", "src/poc/mbcp/mod.rs"),
            ("fn f(_: castkey::poc::Client) {}", "src/poc/client.rs"),
            ("use castkey::id::Tick;", "src/id.rs"),
            ("use castkey::{keys::Msk, role::Ue};", "src/role/ue.rs"),
            ("use castkey::{id::Tick, keys::Msk};", "src/keys/mod.rs"),
            ("use castkey::rand_core::Rng;", "src/lib.rs"),
            ("use castkey::poc::{mbcp::*, Client};", "src/poc/client.rs src/poc/mbcp/mod.rs"),
            ("use castkey::poc::ClientState;", "src/poc/client.rs"),
            ("use castkey::{id::Tick, poc::Client as C};", "src/poc/client.rs"),
            ("// use castkey::poc::Client;", ""),
        ] {
            let mut rows = library();
            rows.push(("tests/a.rs", import));
            let found: Vec<String> = derived("tests/a.rs", &sources(&rows)).into_iter().collect();
            assert_eq!(found.join(" "), files, "{import}");
        }
    }

    #[test]
    fn a_part_of_a_test_binary_has_the_imports_of_its_parent_only_if_it_takes_them() {
        for (part, file) in [("tests/a/b.rs", "tests/a.rs"), ("tests/a/b/mod.rs", "tests/a/mod.rs")] {
            let mut rows = library();
            rows.extend([
                (file, "use castkey::poc::Client;"),
                (part, "use super::*; use castkey::poc::Own;"),
            ]);
            let found: Vec<String> = derived(part, &sources(&rows)).into_iter().collect();
            assert_eq!(found, ["src/poc/client.rs", "src/poc/mod.rs"]);
            rows.push((part, "use castkey::poc::Own;"));
            let found: Vec<String> = derived(part, &sources(&rows)).into_iter().collect();
            assert_eq!(found, ["src/poc/mod.rs"]);
        }
    }

    #[test]
    fn a_unit_test_runs_the_file_that_it_stands_in() {
        let found = derived("src/poc/client.rs", &sources(&library()));
        assert_eq!(found, BTreeSet::from(["src/poc/client.rs".to_owned()]));
    }
}
