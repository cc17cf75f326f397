//! Character data as it stands in a body, decoded only when somebody reads it.
//!
//! ```text
//! content    characters, &amp; &#38; &#x26;, <![CDATA[ ... ]]>, comments; CR and CR LF read as LF
//! attribute  characters, references; TAB, CR, LF and CR LF read as one blank
//! plain      a text that never was XML, to be written
//! ```

use core::fmt;

use super::reference::reference;
use crate::crypto::base64;
use crate::ims::ImsError;

/// Longest value that any document carries, octets of its text: what a name type or its base64 form takes.
pub(super) const MAX_VALUE_LEN: usize = 128;

/// A value of a document, decoded and without blanks around it.
pub(super) type Value = heapless::String<MAX_VALUE_LEN>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Content,
    Attribute,
    Plain,
}

/// Character data whose references, sections and comments are known to be well formed.
#[derive(Clone, Copy)]
pub(super) struct Text<'a> {
    raw: &'a str,
    form: Form,
}

impl<'a> Text<'a> {
    /// What stands between the tags of an element without child elements.
    pub(super) const fn content(raw: &'a str) -> Self {
        Self { raw, form: Form::Content }
    }

    /// What stands between the quotes of an attribute.
    pub(super) const fn attribute(raw: &'a str) -> Self {
        Self { raw, form: Form::Attribute }
    }

    /// A text as it is.
    pub(super) const fn plain(raw: &'a str) -> Self {
        Self { raw, form: Form::Plain }
    }

    pub(super) const fn chars(self) -> Chars<'a> {
        Chars { rest: self.raw, form: self.form, section: false }
    }

    /// Whether this reads `text`, which holds nothing that XML would write in another way.
    pub(super) fn is(self, text: &str) -> bool {
        self.raw == text || (self.as_plain().is_none() && self.chars().eq(text.chars()))
    }

    /// The text itself, where nothing in it stands for anything else.
    fn as_plain(self) -> Option<&'a str> {
        let decodes = match self.form {
            Form::Content => holds(self.raw, |octet| matches!(octet, b'&' | b'<' | b'\r')),
            Form::Attribute => holds(self.raw, |octet| matches!(octet, b'&' | b'\r' | b'\n' | b'\t')),
            Form::Plain => false,
        };
        (!decodes).then_some(self.raw)
    }

    /// The text without the blanks around it (XML Schema collapses them in a URI, a number and a boolean).
    pub(super) fn value(self) -> Result<Value, ImsError> {
        if let Some(plain) = self.as_plain() {
            return Value::try_from(trim(plain)).map_err(|_| ImsError::TooLong);
        }
        self.read()
    }

    /// The value of a text in which something stands for something else.
    fn read(self) -> Result<Value, ImsError> {
        self.resolved().or_else(|| self.decoded()).map_or_else(|| self.decoded_by_char(), Ok)
    }

    /// The value of a text with references and nothing else to decode; `None` for any other, or when it would not fit.
    fn resolved(self) -> Option<Value> {
        let mut value = Value::new();
        let mut rest = trim(self.raw);
        if self.form != Form::Content || holds(rest, |octet| matches!(octet, b'<' | b'\r')) {
            return None;
        }
        while let Some((run, behind)) = rest.split_once('&') {
            let (c, behind) = reference(behind)?;
            // A blank that a reference means may be one of those around the value.
            if is_blank(c) {
                return None;
            }
            value.push_str(run).ok()?;
            value.push(c).ok()?;
            rest = behind;
        }
        value.push_str(rest).ok()?;
        Some(value)
    }

    /// The value, run by run; `None` when it would not fit before the blanks around it are gone.
    fn decoded(self) -> Option<Value> {
        let mut value = Value::new();
        let mut chars = self.chars();
        loop {
            let run = chars.run();
            value.push_str(if value.is_empty() { trim_start(run) } else { run }).ok()?;
            let Some(c) = chars.next() else { break };
            if !(value.is_empty() && is_blank(c)) {
                value.push(c).ok()?;
            }
        }
        let len = value.trim_end_matches(is_blank).len();
        value.truncate(len);
        Some(value)
    }

    fn decoded_by_char(self) -> Result<Value, ImsError> {
        let mut value = Value::new();
        let mut beyond = false;
        for c in self.chars() {
            let blank = is_blank(c);
            if blank && value.is_empty() {
                continue;
            }
            if beyond && !blank {
                return Err(ImsError::TooLong);
            }
            // A blank behind a full value may be one of those around it.
            if value.push(c).is_err() {
                if !blank {
                    return Err(ImsError::TooLong);
                }
                beyond = true;
            }
        }
        let len = value.trim_end_matches(is_blank).len();
        value.truncate(len);
        Ok(value)
    }

    /// Octets in base64 (RFC 4648 §4, with padding); blanks anywhere are skipped.
    pub(super) fn octets<const N: usize>(self) -> Result<[u8; N], ImsError> {
        base64::decode(self.octets_of_text()).ok_or(ImsError::Malformed)
    }

    /// Secret octets in base64.
    pub(super) fn secret<const N: usize>(self) -> Result<crate::secret::Secret<N>, ImsError> {
        base64::decode_secret(self.octets_of_text()).ok_or(ImsError::Malformed)
    }

    fn octets_of_text(self) -> impl Iterator<Item = u8> {
        // No character beyond ASCII is one of base64, and neither is NUL.
        self.chars().filter(|c| !is_blank(*c)).map(|c| u8::try_from(c).unwrap_or(0))
    }

    /// An unsigned decimal number.
    pub(super) fn number(self) -> Result<u64, ImsError> {
        let value = self.value()?;
        if value.is_empty() || !value.bytes().all(|c| c.is_ascii_digit()) {
            return Err(ImsError::Malformed);
        }
        value.parse().map_err(|_| ImsError::Malformed)
    }

    /// A boolean of XML Schema.
    pub(super) fn boolean(self) -> Result<bool, ImsError> {
        match self.value()?.as_str() {
            "true" | "1" => Ok(true),
            "false" | "0" => Ok(false),
            _ => Err(ImsError::Malformed),
        }
    }

    /// The same text, in the form that is read fastest.
    pub(super) fn simplified(self) -> Self {
        self.as_plain().map_or(self, |plain| Self::plain(trim(plain)))
    }

    /// Whether this reads 1 to `max` printable ASCII characters, as far as that can be told without reading it: the five
    /// entities mean such characters, and are longer than those. What is left to be read says `false`.
    pub(super) fn is_printable_within(self, max: usize) -> bool {
        let beyond = |octet| !matches!(octet, b'!'..=b'~') | matches!(octet, b'<' | b'#');
        (1..=max).contains(&self.raw.len()) && !holds(self.raw, beyond)
    }

    /// A name, made by `new`. An empty one is no value.
    pub(super) fn name<T>(self, new: impl FnOnce(&str) -> Result<T, ImsError>) -> Result<T, ImsError> {
        let made = match self.as_plain() {
            Some(plain) => new(trim(plain)),
            None => new(&self.read()?),
        };
        made.map_err(|kind| if kind == ImsError::Empty { ImsError::Malformed } else { kind })
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.form == other.form && self.raw == other.raw) || self.chars().eq(other.chars())
    }
}

impl Eq for Text<'_> {}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} octets)", self.raw.len())
    }
}

/// The characters that a [`Text`] stands for.
#[derive(Clone)]
pub(super) struct Chars<'a> {
    rest: &'a str,
    form: Form,
    /// Whether the next character stands in a CDATA section.
    section: bool,
}

impl<'a> Chars<'a> {
    /// The characters ahead that stand for themselves.
    fn run(&mut self) -> &'a str {
        let mut octets = self.rest.bytes();
        let special = match (self.form, self.section) {
            (Form::Plain, _) => None,
            (_, true) => octets.position(|octet| matches!(octet, b']' | b'\r')),
            (Form::Content, false) => octets.position(|octet| matches!(octet, b'&' | b'<' | b'\r')),
            (Form::Attribute, false) => {
                octets.position(|octet| matches!(octet, b'&' | b'<' | b'\r' | b'\n' | b'\t'))
            }
        };
        let len = special.unwrap_or(self.rest.len());
        let (run, rest) = self.rest.split_at_checked(len).unwrap_or((self.rest, ""));
        self.rest = rest;
        run
    }
}

impl Iterator for Chars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        loop {
            let mut behind = self.rest.chars();
            let c = behind.next()?;
            let behind = behind.as_str();
            if self.form == Form::Plain {
                self.rest = behind;
                return Some(c);
            }
            match c {
                ']' if self.section => {
                    if let Some(rest) = self.rest.strip_prefix("]]>") {
                        (self.rest, self.section) = (rest, false);
                        continue;
                    }
                }
                '<' if !self.section => {
                    if let Some(rest) = self.rest.strip_prefix("<![CDATA[") {
                        (self.rest, self.section) = (rest, true);
                    } else {
                        (_, self.rest) = self.rest.strip_prefix("<!--")?.split_once("-->")?;
                    }
                    continue;
                }
                '&' if !self.section => {
                    let (c, rest) = reference(behind)?;
                    self.rest = rest;
                    return Some(c);
                }
                '\r' => {
                    self.rest = behind.strip_prefix('\n').unwrap_or(behind);
                    return Some(if self.form == Form::Attribute { ' ' } else { '\n' });
                }
                '\t' | '\n' if self.form == Form::Attribute => {
                    self.rest = behind;
                    return Some(' ');
                }
                _ => {}
            }
            self.rest = behind;
            return Some(c);
        }
    }
}

/// Whether `is` holds of an octet of `raw`. Looks at all of them, many at a time.
pub(super) fn holds(raw: &str, is: impl Fn(u8) -> bool) -> bool {
    raw.bytes().fold(false, |found, octet| found | is(octet))
}

/// A blank of XML 1.0.
pub(super) const fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn trim_start(text: &str) -> &str {
    text.trim_start_matches(is_blank)
}

/// `text` without the blanks around it.
fn trim(text: &str) -> &str {
    // What is blank in ASCII besides that of XML, the form feed, is no character of a body.
    text.trim_ascii()
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::ims::xml::reference::references_are_sound;
    use std::string::String;

    fn content(raw: &str) -> String {
        Text::content(raw).chars().collect()
    }

    #[test]
    fn sections_comments_references_and_line_ends_read_as_xml_says() {
        for (raw, read) in [
            ("a&amp;b&#x43;&#68;", "a&bCD"),
            ("a<!-- > &bad; -->b", "ab"),
            ("<!---->x<!--> - >-->y", "xy"),
            ("<![CDATA[<&amp;]]]>]]&gt;", "<&amp;]]]>"),
            ("<![CDATA[]]]]><![CDATA[>]]>", "]]>"),
            ("1\r\n2\r3\n4&#13;\n5", "1\n2\n3\n4\r\n5"),
            ("<![CDATA[\r\n]]>", "\n"),
        ] {
            assert_eq!(content(raw), read, "{raw}");
        }
        let attribute: String = Text::attribute("1\r\n2\t3\n4&#10;5&#9;]]>").chars().collect();
        assert_eq!(attribute, "1 2 3 4\n5\t]]>");
        let plain: String = Text::plain("&amp;\r\n<").chars().collect();
        assert_eq!(plain, "&amp;\r\n<");
    }

    #[test]
    fn a_reference_to_no_character_of_xml_is_unsound() {
        for sound in
            ["", "&lt;&gt;&amp;&apos;&quot;", "&#9;&#10;&#13;&#x20;&#x10FFFF;&#xfFfD;", "&#0000000000065;"]
        {
            assert!(references_are_sound(sound), "{sound}");
        }
        for unsound in [
            "&",
            "&;",
            "&#;",
            "&#x;",
            "&#0;",
            "&#x0;",
            "&#8;",
            "&#xB;",
            "&#xD800;",
            "&#xFFFE;",
            "&#xFFFF;",
            "&#x110000;",
            "&#99999999999;",
            "&#X41;",
            "&#+65;",
            "&#-65;",
            "&#6 5;",
            "& amp;",
            "&amp ;",
            "&AMP;",
            "&nbsp;",
            "&lt",
            "x&amp;y&lt",
            "&#x4g;",
            "&#a;",
        ] {
            assert!(!references_are_sound(unsound), "{unsound}");
        }
    }

    #[test]
    fn blanks_around_a_full_value_do_not_count() {
        let full = "x".repeat(MAX_VALUE_LEN);
        let around = std::format!("{0}{full}{0}", " \r\n\t&#32;".repeat(50));
        assert_eq!(Text::content(&around).value().unwrap().as_str(), full);
        let inside = std::format!("{full}{}y", " ".repeat(50));
        assert_eq!(Text::content(&inside).value(), Err(ImsError::TooLong));
        assert_eq!(Text::content(&std::format!("{full}y")).value(), Err(ImsError::TooLong));
    }
}
