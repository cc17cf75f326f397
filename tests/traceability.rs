//! Every requirement of `requirements.txt` is named by a test, and every test names requirements that exist.
//!
//! `requirements-open.txt`, where there is one, lists those that no test names yet. It may only get shorter.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

#[path = "traceability/code.rs"]
mod code;
#[path = "traceability/page.rs"]
mod page;
#[path = "traceability/requirement.rs"]
mod requirement;
#[path = "traceability/scan.rs"]
mod scan;
#[path = "traceability/token.rs"]
mod token;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::{env, fs};

use code::Sources;
use requirement::{FAMILIES, Requirement};
use scan::Test;

const LIST: &str = include_str!("requirements.txt");
const OPEN: &str = "tests/requirements-open.txt";
const PAGE: &str = "docs/conformance.md";
const BLESS: &str = "CASTKEY_BLESS=1 cargo test --all-features --test traceability";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Adds every Rust file below `folder`.
fn read(folder: &Path, sources: &mut Sources) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, sources);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let parts: Vec<&str> =
                path.strip_prefix(root()).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
            sources.insert(parts.join("/"), fs::read_to_string(&path).unwrap());
        }
    }
}

/// All tests that name requirements, with their code, and what is wrong with the lines that do.
fn traces(sources: &Sources) -> (Vec<Test>, Vec<String>) {
    let (mut all, mut problems) = (Vec::new(), Vec::new());
    for (file, text) in sources {
        let (mut tests, found) = scan::scan(file, text);
        problems.extend(found);
        for test in &mut tests {
            for missing in test.code.iter().filter(|code| !sources.contains_key(*code)) {
                problems.push(format!("{file}: {} runs {missing}, which does not exist", test.name));
            }
            if test.code.is_empty() {
                test.code.extend(code::derived(file, sources));
            }
            if test.code.is_empty() {
                problems.push(format!(
                    "{file}: {} imports nothing of castkey and has no `Code:` line",
                    test.name
                ));
            }
        }
        all.extend(tests);
    }
    (all, problems)
}

/// What is wrong between the requirements, those of them that are open, and the tests.
fn gaps(ids: &[&str], open: &[&str], tests: &[Test]) -> Vec<String> {
    let known: BTreeSet<&str> = ids.iter().copied().collect();
    let listed: BTreeSet<&str> = open.iter().copied().collect();
    let mut problems = Vec::new();
    let mut covered = BTreeSet::new();
    for test in tests {
        for (line, id) in &test.covers {
            covered.insert(id.as_str());
            if !known.contains(id.as_str()) {
                problems.push(format!("{}:{line}: there is no requirement {id:?}", test.file));
            }
        }
    }
    for id in ids {
        match (covered.contains(id), listed.contains(id)) {
            (false, false) => problems.push(format!("{id} is named by no test")),
            (true, true) => {
                problems.push(format!("{id} is named by a test; take it out of {OPEN} ({BLESS})"))
            }
            (true, false) | (false, true) => {}
        }
    }
    problems.extend(listed.difference(&known).map(|id| format!("{OPEN}: there is no requirement {id:?}")));
    problems
}

fn requirements() -> Vec<Requirement<'static>> {
    requirement::parse(LIST, FAMILIES).unwrap()
}

fn everything() -> (Vec<Test>, Vec<String>) {
    let mut sources = Sources::new();
    read(&root().join("src"), &mut sources);
    read(&root().join("tests"), &mut sources);
    assert!(sources.len() > 80, "the sources were not found");
    traces(&sources)
}

fn is_blessing() -> bool {
    env::var_os("CASTKEY_BLESS").is_some_and(|value| value == "1")
}

#[test]
fn the_list_holds_every_identifier_of_every_family() {
    let requirements = requirements();
    let count =
        |prefix: &str| requirements.iter().filter(|requirement| requirement.id.starts_with(prefix)).count();
    assert_eq!(
        ["R-KM-", "R-POC-", "R-MSK-", "R-IMS-", "D-", "T-", "R-MCX-", "MCX-T-"].map(count),
        [15, 28, 36, 54, 25, 120, 30, 93],
        "a family has lost or won requirements"
    );
}

#[test]
fn every_requirement_is_named_by_a_test_and_nothing_else_is() {
    let path: PathBuf = root().join(OPEN);
    // No file: nothing is open.
    let open = fs::read_to_string(&path).unwrap_or_default();
    let mut open: Vec<&str> = open.lines().collect();
    let requirements = requirements();
    let ids: Vec<&str> = requirements.iter().map(|requirement| requirement.id).collect();
    let (tests, mut problems) = everything();
    if is_blessing() && !open.is_empty() {
        let is_covered =
            |id: &str| tests.iter().any(|test| test.covers.iter().any(|(_, covered)| covered == id));
        open.retain(|id| !is_covered(id));
        if open.is_empty() {
            fs::remove_file(path).unwrap();
        } else {
            fs::write(path, open.join("\n") + "\n").unwrap();
        }
    }
    problems.extend(gaps(&ids, &open, &tests));
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

#[test]
fn the_page_is_what_the_sources_say() {
    let page = page::page(FAMILIES, &requirements(), &everything().0);
    let path = root().join(PAGE);
    if is_blessing() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, page).unwrap();
    } else {
        let is_same = fs::read_to_string(&path).is_ok_and(|committed| committed == page);
        assert!(is_same, "{PAGE} is stale; to write it anew: {BLESS}");
    }
}

fn test_of(ids: &[&str]) -> Test {
    let covers = ids.iter().map(|id| (7, (*id).to_owned())).collect();
    Test { file: "f.rs".to_owned(), name: "t".to_owned(), covers, code: Vec::new() }
}

#[test]
fn every_kind_of_gap_is_found() {
    let ids = ["A-1", "A-2"];
    let rows: [(&[&str], &[&str], &[&str]); 7] = [
        (&[], &["A-1", "A-2"], &[]),
        (&["A-2"], &["A-1"], &[]),
        (&[], &["A-1"], &["A-2 is named by no test"]),
        (&[], &["A-1", "A-2", "A-3"], &["f.rs:7: there is no requirement \"A-3\""]),
        (&[], &["A-1", "A-2", ""], &["f.rs:7: there is no requirement \"\""]),
        (&["A-1", "A-2"], &["A-1"], &["A-1 is named by a test; take it out of"]),
        (&["B-1"], &["A-1", "A-2"], &["there is no requirement \"B-1\""]),
    ];
    for (open, covered, expected) in rows {
        let problems = gaps(&ids, open, &[test_of(covered)]);
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(problem.contains(expected), "{problem}");
        }
    }
}

#[test]
fn a_test_has_to_show_code_that_exists() {
    let head = "/// Covers: A-1\n";
    for (test, problem) in [
        ("use castkey::poc::Client;\n/// Covers: A-1\n#[test]\nfn t() {}", None),
        ("/// Covers: A-1\n/// Code: src/poc.rs\n#[test]\nfn t() {}", None),
        (
            "/// Covers: A-1\n/// Code: src/gone.rs\n#[test]\nfn t() {}",
            Some("src/gone.rs, which does not exist"),
        ),
        ("/// Covers: A-1\n#[test]\nfn t() {}", Some("imports nothing of castkey")),
    ] {
        assert!(test.contains(head));
        let rows = [("src/lib.rs", "pub mod poc;"), ("src/poc.rs", ""), ("tests/f.rs", test)];
        let sources = rows.map(|(file, text)| (file.to_owned(), text.to_owned())).into_iter().collect();
        let (tests, problems) = traces(&sources);
        assert_eq!(tests.len(), 1);
        match problem {
            Some(problem) => assert!(problems.len() == 1 && problems[0].contains(problem), "{problems:?}"),
            None => assert!(problems.is_empty() && tests[0].code == ["src/poc.rs"], "{problems:?}"),
        }
    }
}
