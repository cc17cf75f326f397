//! `docs/conformance.md`: requirement, tests, code.

use core::fmt::Write;
use std::collections::{BTreeMap, BTreeSet};

use super::requirement::{Family, Requirement};
use super::scan::Test;

const HEAD: &str = "\
# Conformance

Which test shows which requirement, and the code that the test runs. Generated from `tests/requirements.txt` and the
`Covers:` lines above the tests; `CASTKEY_BLESS=1 cargo test --all-features --test traceability` writes it anew.
";

/// The page.
pub(crate) fn page(families: &[Family], requirements: &[Requirement<'_>], tests: &[Test]) -> String {
    let mut out = HEAD.to_owned();
    let mut requirements = requirements.iter();
    for family in families {
        writeln!(out, "\n## {}\n", family.title).unwrap();
        writeln!(out, "| | level | actor | requirement | tests | code |\n|---|---|---|---|---|---|").unwrap();
        for Requirement { id, text, level, actor } in requirements.by_ref().take(family.count) {
            let covering: Vec<&Test> =
                tests.iter().filter(|test| test.covers.iter().any(|(_, covered)| covered == id)).collect();
            let (tests, code) = (tests_of(&covering), code_of(&covering));
            writeln!(out, "| {id} | {level} | {actor} | {text} | {tests} | {code} |").unwrap();
        }
    }
    out
}

/// The names of the tests, behind a link to their file.
fn tests_of(tests: &[&Test]) -> String {
    if tests.is_empty() {
        return "open".to_owned();
    }
    let mut files: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    for test in tests {
        files.entry(&test.file).or_default().insert(format!("`{}`", test.name));
    }
    let lines = files.into_iter().map(|(file, names)| {
        format!("{}: {}", link(file), names.into_iter().collect::<Vec<String>>().join(", "))
    });
    lines.collect::<Vec<String>>().join("<br>")
}

/// Links to all files that the tests run.
fn code_of(tests: &[&Test]) -> String {
    let files: BTreeSet<&String> = tests.iter().flat_map(|test| &test.code).collect();
    files.into_iter().map(|file| link(file)).collect::<Vec<String>>().join(", ")
}

/// A link without a line number, which every change of the file would make wrong.
fn link(file: &str) -> String {
    format!("[{file}](../{file})")
}

#[test]
fn a_requirement_stands_with_its_tests_by_file_and_with_their_code() {
    let families = super::requirement::FAMILIES;
    let requirements: Vec<Requirement<'_>> = ["R-KM-1", "R-KM-2"]
        .map(|id| Requirement { id, text: "what", level: "SHALL", actor: "PF" })
        .into_iter()
        .collect();
    let test = |file: &str, name: &str, code: &str| Test {
        file: file.to_owned(),
        name: name.to_owned(),
        covers: vec![(1, "R-KM-1".to_owned())],
        code: vec![code.to_owned()],
    };
    let tests = [
        test("tests/b.rs", "y", "src/c.rs"),
        test("tests/a.rs", "z", "src/d.rs"),
        test("tests/b.rs", "x", "src/c.rs"),
    ];
    let page = page(&families[..1], &requirements, &tests);
    assert!(page.contains(
        "| R-KM-1 | SHALL | PF | what | [tests/a.rs](../tests/a.rs): `z`<br>[tests/b.rs](../tests/b.rs): `x`, `y` \
         | [src/c.rs](../src/c.rs), [src/d.rs](../src/d.rs) |\n"
    ));
    assert!(page.contains("| R-KM-2 | SHALL | PF | what | open |  |\n"));
}
