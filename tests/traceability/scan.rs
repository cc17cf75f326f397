//! Which test names which requirement, read off the sources.
//!
//! ```text
//! /// Covers: R-KM-1, T-028              on a line of its own, as often as needed
//! /// Code: src/poc/distribution.rs      if the imports of the file do not tell
//! #[test]
//! fn media_goes_under_the_old_mtk() {
//! ```

use super::token::{Token, tokens};

/// A test that names requirements.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Test {
    /// The file, from the root of the crate.
    pub(crate) file: String,
    pub(crate) name: String,
    /// Each requirement with the line that names it.
    pub(crate) covers: Vec<(usize, String)>,
    /// What the test itself says about the code it runs.
    pub(crate) code: Vec<String>,
}

/// Doc comment and attributes of an item to come.
#[derive(Default)]
struct Head {
    covers: Vec<(usize, String)>,
    code: Vec<String>,
    is_test: bool,
    is_ignored: bool,
}

/// The tests of `file` that name requirements, and the lines that name one in vain.
pub(crate) fn scan(file: &str, source: &str) -> (Vec<Test>, Vec<String>) {
    let (mut tests, mut problems) = (Vec::new(), Vec::new());
    let mut head = Head::default();
    let tokens = tokens(source);
    let mut rest = &tokens[..];
    while let Some(((line, token), tail)) = rest.split_first() {
        rest = tail;
        match *token {
            Token::Doc(text) => match text.strip_prefix(" Covers: ") {
                Some(ids) => head.covers.extend(ids.split(", ").map(|id| (*line, id.to_owned()))),
                None if is_covers(text) => {
                    problems.push(format!("{file}:{line}: not `/// Covers: A-1, B-2`"))
                }
                None => head.code.extend(
                    text.strip_prefix(" Code: ")
                        .into_iter()
                        .flat_map(|code| code.split(", "))
                        .map(str::to_owned),
                ),
            },
            Token::Comment(text) if is_covers(text) => {
                problems.push(format!("{file}:{line}: `Covers:` outside a doc comment"));
            }
            Token::Comment(_) => {}
            Token::Sign('#') if matches!(tail.first(), Some((_, Token::Sign('[')))) => {
                let (attribute, behind) = tail.split_at(brackets_end(tail));
                match attribute {
                    [_, (_, Token::Word("test")), _] => head.is_test = true,
                    [_, (_, Token::Word("ignore")), ..] => head.is_ignored = true,
                    _ => {}
                }
                rest = behind;
            }
            Token::Word("pub" | "crate" | "super") | Token::Sign('(' | ')') => {}
            Token::Word("fn") => {
                let Head { covers, code, is_test, is_ignored } = core::mem::take(&mut head);
                match tail.first() {
                    Some((_, Token::Word(name))) if is_test && !is_ignored && !covers.is_empty() => {
                        tests.push(Test { file: file.to_owned(), name: (*name).to_owned(), covers, code });
                    }
                    _ if is_ignored => problems.extend(dangling(file, &covers, "a test that does not run")),
                    _ => problems.extend(dangling(file, &covers, "no test")),
                }
            }
            _ => problems.extend(dangling(file, &core::mem::take(&mut head).covers, "no test")),
        }
    }
    problems.extend(dangling(file, &head.covers, "no test"));
    (tests, problems)
}

fn is_covers(comment: &str) -> bool {
    let text = comment.trim_start();
    text.get(.."covers:".len()).is_some_and(|start| start.eq_ignore_ascii_case("covers:"))
}

/// The complaints about lines above what is no test.
fn dangling(file: &str, covers: &[(usize, String)], what: &str) -> Vec<String> {
    covers.iter().map(|(line, id)| format!("{file}:{line}: {id} is named above {what}")).collect()
}

/// Where the brackets at the start of `tokens` are closed.
fn brackets_end(tokens: &[(usize, Token<'_>)]) -> usize {
    let mut depth = 0_u32;
    for (at, (_, token)) in tokens.iter().enumerate() {
        match token {
            Token::Sign('[') => depth += 1,
            Token::Sign(']') if depth == 1 => return at + 1,
            Token::Sign(']') => depth -= 1,
            _ => {}
        }
    }
    tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names of the tests in `source` with all that they cover, and the problems.
    fn scanned(source: &str) -> (Vec<String>, Vec<String>) {
        let (tests, problems) = scan("f.rs", source);
        let line = |test: Test| {
            let ids: Vec<String> = test.covers.into_iter().map(|(_, id)| id).collect();
            format!("{}: {}", test.name, ids.join(" "))
        };
        (tests.into_iter().map(line).collect(), problems)
    }

    #[test]
    fn a_line_above_a_test_is_found_wherever_tests_stand() {
        for source in [
            "/// Covers: A-1, B-2\n#[test]\nfn t() {}",
            "#[test]\n/// Covers: A-1, B-2\nfn t() {}",
            "/// Covers: A-1\n/// Prose.\n/// Covers: B-2\n#[allow(x, reason = \"y]\")]\n#[test]\nfn t() {}",
            "/// Covers: A-1, B-2\n#[cfg_attr(miri, ignore)]\n#[test]\npub(crate) fn t() {}",
            "/// Covers: A-1, B-2\n// An aside.\n#[test]\nfn t() {}",
            "/// Covers: A-1, B-2\n#[rows([1], [2])]\n#[test]\nfn t() {}",
            "#[cfg(test)]\nmod tests {\n    /// Covers: A-1, B-2\n    #[test]\n    fn t() {}\n}",
            "proptest! {\n    #![proptest_config(c(1))]\n\n    /// Covers: A-1, B-2\n    #[test]\n    fn t(a in 0..1) {}\n}",
            "fn helper() {}\n/// Covers: A-1, B-2\n#[test]\nfn t() {}\n#[test]\nfn u() {}",
        ] {
            assert_eq!(scanned(source), (vec!["t: A-1 B-2".to_owned()], Vec::new()), "{source}");
        }
    }

    #[test]
    fn a_line_above_anything_but_a_test_that_runs_dangles() {
        for (source, what) in [
            ("/// Covers: A-1\nfn helper() {}", "no test"),
            ("/// Covers: A-1\n#[inline]\nfn helper() {}", "no test"),
            ("/// Covers: A-1\nmod tests {\n#[test]\nfn t() {}\n}", "no test"),
            ("/// Covers: A-1\nconst A: u8 = 1;\n#[test]\nfn t() {}", "no test"),
            ("struct S {\n/// Covers: A-1\npub a: u8 }\n#[test]\nfn t() {}", "no test"),
            ("/// Covers: A-1\n#[test]\nfn $name() {}", "no test"),
            ("/// Covers: A-1\n#[cfg(test)]\nfn helper() {}", "no test"),
            ("#[test]\nfn t() {}\n/// Covers: A-1", "no test"),
            ("#[test]\nfn t() {\n/// Covers: A-1\nlet a = 1; }", "no test"),
            ("/// Covers: A-1\n#[test]\n#[ignore]\nfn t() {}", "a test that does not run"),
            ("/// Covers: A-1\n#[ignore = \"slow\"]\n#[test]\nfn t() {}", "a test that does not run"),
        ] {
            let (tests, problems) = scanned(source);
            assert!(tests.is_empty(), "{source}");
            assert_eq!(problems.len(), 1, "{source}");
            assert!(problems[0].ends_with(&format!("A-1 is named above {what}")), "{problems:?}");
        }
    }

    #[test]
    fn a_line_that_is_nearly_right_is_a_mistake_and_not_prose() {
        for source in [
            "//! Covers: A-1",
            "// Covers: A-1\n#[test]\nfn t() {}",
            "/* Covers: A-1 */\n#[test]\nfn t() {}",
            "/**\n * Covers: A-1\n */\n#[test]\nfn t() {}",
            "///Covers: A-1\n#[test]\nfn t() {}",
            "///  Covers: A-1\n#[test]\nfn t() {}",
            "/// covers: A-1\n#[test]\nfn t() {}",
            "/// Covers:A-1\n#[test]\nfn t() {}",
        ] {
            let (tests, problems) = scanned(source);
            assert_eq!((tests.len(), problems.len()), (0, 1), "{source}");
        }
    }

    #[test]
    fn lists_are_split_and_nothing_else_is_forgiven() {
        for (list, ids) in [("A-1", "A-1"), ("A-1,B-2", "A-1,B-2"), ("A-1, ", "A-1 "), ("A-1.", "A-1.")] {
            let (tests, _) = scanned(&format!("/// Covers: {list}\n#[test]\nfn t() {{}}"));
            assert_eq!(tests, [format!("t: {ids}")]);
        }
    }

    #[test]
    fn what_stands_in_a_string_or_a_comment_names_nothing() {
        for source in [
            "const A: &str = \"\n/// Covers: A-1\n#[test]\nfn t() {}\";",
            "const A: &str = r#\"\n/// Covers: A-1\n#[test]\nfn \"t() {}\"#;",
            "//! Write `/// Covers: A-1` above a test.",
            "// #[test]\n// fn t() {}",
            "/// What it covers: everything.\nfn helper() {}",
        ] {
            assert_eq!(scanned(source), (Vec::new(), Vec::new()), "{source}");
        }
        // A test that is commented out does not cover anything, and the line that said so is found.
        assert_eq!(scanned("// /// Covers: A-1\n/*\n#[test]\nfn t() {}\n*/").0, Vec::<String>::new());
        assert_eq!(scanned("/// Covers: A-1\n/*\n#[test]\nfn t() {}\n*/").1.len(), 1);
    }

    #[test]
    fn code_lines_count_beside_a_covers_line_only() {
        let (tests, problems) = scan(
            "f.rs",
            "/// Code: src/a.rs\nfn f() {}\n/// Covers: A-1\n/// Code: src/b.rs, src/c.rs\n#[test]\nfn t() {}",
        );
        assert_eq!(tests[0].code, ["src/b.rs", "src/c.rs"]);
        assert_eq!(tests[0].covers, [(3, "A-1".to_owned())]);
        assert!(problems.is_empty());
    }
}
