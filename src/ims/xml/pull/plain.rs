//! What nearly every element is, read without the tokenizer: `<name>`, printable text, `</name>`.

use xmlparser::Tokenizer;

use super::{Element, Event, Pull};
use crate::ims::xml::reference::references_are_sound;
use crate::ims::xml::text::Text;

impl<'a> Pull<'a> {
    /// [`text`](Self::text) of an element that holds nothing but printable ASCII and ends with `</name>`, as nearly every
    /// one does: read without the tokenizer, which goes on behind it. Whatever differs, or is wrong, is the tokenizer's.
    pub(super) fn leaf(&mut self) -> Option<Text<'a>> {
        let (prefix, local) = self.open.last().copied().filter(|_| !self.empty)?;
        let rest = self.body.get(self.end..)?;
        let (raw, tag) = rest.split_at_checked(rest.find('<')?)?;
        let name = tag.strip_prefix("</")?;
        let name = if prefix.is_empty() { name } else { name.strip_prefix(prefix)?.strip_prefix(':')? };
        let behind = name.strip_prefix(local)?.strip_prefix('>')?;
        // Without `>` there is no `]]>` either, which may not stand in a text.
        if !is_printable(raw) || !references_are_sound(raw) {
            return None;
        }
        self.go_on(self.end.saturating_add(raw.len()), behind);
        self.close();
        Some(Text::content(raw))
    }

    /// A tag within the root that is no more than `<name>`, without prefix, or `</name>`, as nearly every one is: read
    /// without the tokenizer, which goes on behind it. Whatever differs, or is wrong, is the tokenizer's.
    pub(super) fn plain_tag(&mut self) -> Option<Event<'a>> {
        let &(prefix, open) = self.open.last()?;
        let (at, tag) = (self.end, self.body.get(self.end..)?.strip_prefix('<')?);
        if let Some(name) = tag.strip_prefix('/') {
            let behind = name.strip_prefix(open).filter(|_| prefix.is_empty())?.strip_prefix('>')?;
            self.go_on(at, behind);
            self.close();
            return Some(Event::End);
        }
        let is_name = |octet: &u8| octet.is_ascii_alphanumeric() || matches!(octet, b'_' | b'-' | b'.');
        let len = tag.bytes().position(|octet| !is_name(&octet))?;
        let (local, behind) = tag.split_at_checked(len)?;
        let begins = local.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
        let behind = behind.strip_prefix('>').filter(|_| begins)?;
        self.open.push(("", local)).ok()?;
        // To the tokenizer `>` is a token of its own.
        self.go_on(at.saturating_add(1).saturating_add(len), behind);
        self.attributes.clear();
        Some(Event::Start(Element { local, namespace: self.bindings.resolve(""), at }))
    }

    /// Sets the tokenizer on before `behind`, the rest of the body, as if it had read a token that begins at `at`.
    fn go_on(&mut self, at: usize, behind: &str) {
        (self.at, self.end) = (at, self.body.len().saturating_sub(behind.len()));
        self.tokens = Tokenizer::from_fragment(self.body, self.end..self.body.len());
    }
}

/// Whether `raw` is printable ASCII, blanks included, without `>`.
fn is_printable(raw: &str) -> bool {
    raw.bytes()
        .fold(true, |is, octet| is & (matches!(octet, b' '..=b'~' | b'\t' | b'\r' | b'\n') & (octet != b'>')))
}
