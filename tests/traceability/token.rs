//! Rust source as words, signs and comments: just enough to know what is code and what is not.

/// A piece of source; strings, characters and lifetimes are left out.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Token<'a> {
    /// A line that starts with `///`: what is behind it.
    Doc(&'a str),
    /// A line of any other comment.
    Comment(&'a str),
    /// A name, a keyword or a number.
    Word(&'a str),
    /// Any other character.
    Sign(char),
}

/// The tokens of `source`, each with the number of its line.
pub(crate) fn tokens(source: &str) -> Vec<(usize, Token<'_>)> {
    let mut found = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(next) = rest.chars().next() {
        let (token, len) = if rest.starts_with("//") {
            let end = rest.find('\n').unwrap_or(rest.len());
            (Some(line_comment(&rest[..end])), end)
        } else if rest.starts_with("/*") {
            let end = block_end(rest);
            let lines = rest[..end].lines().enumerate();
            found.extend(lines.map(|(at, text)| (line + at, Token::Comment(text.trim_start_matches(BOX)))));
            (None, end)
        } else if let Some(end) = string_end(rest) {
            (None, end)
        } else if next == '\'' {
            (None, character_end(rest))
        } else if is_word(next) {
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            (Some(Token::Word(&rest[..end])), end)
        } else {
            (Some(Token::Sign(next)).filter(|_| !next.is_whitespace()), next.len_utf8())
        };
        found.extend(token.map(|token| (line, token)));
        line += rest[..len].matches('\n').count();
        rest = &rest[len..];
    }
    found
}

/// What may stand before the text in a line of a block comment.
const BOX: [char; 4] = ['/', '*', '!', ' '];

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_comment(text: &str) -> Token<'_> {
    match text.strip_prefix("///") {
        Some(doc) if !doc.starts_with('/') => Token::Doc(doc),
        _ => Token::Comment(text.trim_start_matches(['/', '!'])),
    }
}

/// Where the block comment at the start of `text` ends; they nest.
fn block_end(text: &str) -> usize {
    let (mut depth, mut at) = (0_u32, 0);
    while at < text.len() {
        let tail = &text[at..];
        if tail.starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if tail.starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                return at;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Where the string at the start of `text` ends, if there is one, plain or raw. The letter before a plain one is a word.
fn string_end(text: &str) -> Option<usize> {
    let start = text.find(|c: char| !is_word(c))?;
    let tail = &text[start..];
    match &text[..start] {
        "" if tail.starts_with('"') => Some(start + 1 + plain_end(&tail[1..], '"')),
        "r" | "br" | "cr" => {
            let hashes = tail.len() - tail.trim_start_matches('#').len();
            let body = tail[hashes..].strip_prefix('"')?;
            let close = format!("\"{}", "#".repeat(hashes));
            let end = body.find(&close).map_or(body.len(), |end| end + close.len());
            Some(start + hashes + 1 + end)
        }
        _ => None,
    }
}

/// Where the literal that was opened before `text` ends, past its `quote`.
fn plain_end(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Where the character at the start of `text` ends; of a lifetime only the quote is taken.
fn character_end(text: &str) -> usize {
    let mut chars = text[1..].chars();
    let first = chars.next();
    if first == Some('\\') || chars.next() == Some('\'') { 1 + plain_end(&text[1..], '\'') } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::Token::{Comment, Doc, Sign, Word};
    use super::*;

    fn kinds(source: &str) -> Vec<Token<'_>> {
        tokens(source).into_iter().map(|(_, token)| token).collect()
    }

    #[test]
    fn comments_are_told_apart() {
        assert_eq!(
            kinds("/// a\n//! b\n// c\n//// d"),
            [Doc(" a"), Comment(" b"), Comment(" c"), Comment(" d")]
        );
        assert_eq!(kinds("/* a /* b */ c */ d"), [Comment("a /* b */ c */"), Word("d")]);
        assert_eq!(kinds("/** a\n * b\n */"), [Comment("a"), Comment("b"), Comment("")]);
    }

    #[test]
    fn what_stands_in_a_literal_is_not_code() {
        for literal in [
            "\"/// a \\\" b\"",
            "\"a\n/// b\n\"",
            "b\"/// a\"",
            "r\"\\\"",
            "r#\"/// \" a\"#",
            "br##\"/// \"# a\"##",
            "'\"'",
            "b'\"'",
            "'\\''",
            "'\\u{22}'",
            "'/'",
        ] {
            let source = format!("{literal} end");
            assert_eq!(kinds(&source).last(), Some(&Word("end")), "{literal}");
            assert!(!kinds(&source).iter().any(|token| matches!(token, Doc(_))), "{literal}");
        }
        assert_eq!(kinds("f::<'a>(r#fn)").iter().filter(|token| matches!(token, Word(_))).count(), 4);
        assert_eq!(kinds("&'a \"x\""), [Sign('&'), Word("a")]);
    }

    #[test]
    fn lines_are_counted_through_everything() {
        let source = "a\n/* \n b */ c\n\"\n\n\" d\n/// e";
        let lines: Vec<usize> = tokens(source).into_iter().map(|(line, _)| line).collect();
        assert_eq!(lines, [1, 2, 3, 3, 6, 7]);
    }
}
