//! An escaping writer that goes on counting past its end, so that the error can say how much is needed.

use xmlparser::XmlCharExt;

use super::MAX_BODY_LEN;
use super::names::Name;
use super::text::{MAX_VALUE_LEN, is_blank};
use crate::crypto::base64;
use crate::error::EncodeError;
use crate::secret::wipe_slice;

/// Writes elements one behind the other. Names come from the table and are written as they are.
pub(super) struct XmlWriter<'o> {
    out: &'o mut [u8],
    at: usize,
    /// A value that a reader would not read back.
    lossy: bool,
}

impl<'o> XmlWriter<'o> {
    /// Writes the XML declaration.
    pub(super) fn new(out: &'o mut [u8]) -> Self {
        let mut w = Self { out, at: 0, lossy: false };
        w.put(r#"<?xml version="1.0" encoding="UTF-8"?>"#);
        w
    }

    /// The start tag of the root, in its namespace, without its `>`.
    pub(super) fn root(&mut self, name: &Name, namespace: &Name) {
        self.open_tag(name);
        self.attribute("xmlns", namespace.text.chars());
    }

    /// `<name`; attributes may follow, then [`end_tag`](Self::end_tag).
    pub(super) fn open_tag(&mut self, name: &Name) {
        self.put("<");
        self.put(name.text);
    }

    /// ` name="value"`.
    pub(super) fn attribute(&mut self, name: &str, value: impl Iterator<Item = char>) {
        self.put(" ");
        self.put(name);
        self.put("=\"");
        self.escape(value, true);
        self.put("\"");
    }

    /// ` name="value"` of a number.
    pub(super) fn number(&mut self, name: &Name, value: u64) {
        let mut text = heapless::String::<20>::new();
        let _fits = core::fmt::write(&mut text, format_args!("{value}"));
        self.attribute(name.text, text.chars());
    }

    /// The `>` of a start tag.
    pub(super) fn end_tag(&mut self) {
        self.put(">");
    }

    /// A start tag without attributes.
    pub(super) fn open(&mut self, name: &Name) {
        self.open_tag(name);
        self.end_tag();
    }

    pub(super) fn close(&mut self, name: &Name) {
        self.put("</");
        self.put(name.text);
        self.put(">");
    }

    /// An element with a text.
    pub(super) fn leaf(&mut self, name: &Name, value: impl Iterator<Item = char>) {
        self.open(name);
        self.escape(value, false);
        self.close(name);
    }

    /// An element with a text, of another namespace than the root.
    pub(super) fn foreign_leaf(&mut self, name: &Name, namespace: &Name, value: impl Iterator<Item = char>) {
        self.put("<r:");
        self.put(name.text);
        self.attribute("xmlns:r", namespace.text.chars());
        self.end_tag();
        self.escape(value, false);
        self.put("</r:");
        self.put(name.text);
        self.put(">");
    }

    /// An element with octets in base64.
    pub(super) fn octets(&mut self, name: &Name, octets: &[u8]) {
        let mut text = [0; MAX_VALUE_LEN];
        let text = base64::encode(octets, &mut text).unwrap_or_default();
        self.leaf(name, text.chars());
    }

    /// An element with ASCII that needs no escape.
    pub(super) fn ascii(&mut self, name: &Name, text: &[u8]) {
        self.open(name);
        self.put_octets(text);
        self.close(name);
    }

    /// The octets written. After an error the buffer is wiped, for what stands in it may be half of a key.
    pub(super) fn finish(self) -> Result<&'o mut [u8], EncodeError> {
        let error = if self.lossy {
            EncodeError::Inconsistent
        } else if self.at > MAX_BODY_LEN {
            EncodeError::FieldTooLong
        } else if self.at > self.out.len() {
            EncodeError::BufferTooSmall { needed: u32::try_from(self.at).unwrap_or(u32::MAX) }
        } else {
            return Ok(self.out.get_mut(..self.at).unwrap_or_default());
        };
        wipe_slice(self.out);
        Err(error)
    }

    fn put(&mut self, text: &str) {
        self.put_octets(text.as_bytes());
    }

    fn put_octets(&mut self, octets: &[u8]) {
        let end = self.at.saturating_add(octets.len());
        if let Some(room) = self.out.get_mut(self.at..end).filter(|room| room.len() == octets.len()) {
            room.copy_from_slice(octets);
        }
        self.at = end;
    }

    fn escape(&mut self, value: impl Iterator<Item = char>, attribute: bool) {
        let mut last = ' ';
        let mut first = true;
        for c in value {
            // A reader drops the blanks around a value, and none of the values has a line end inside.
            self.lossy |= !c.is_xml_char() || c.is_control() || (first && is_blank(c));
            (first, last) = (false, c);
            match c {
                '&' => self.put("&amp;"),
                '<' => self.put("&lt;"),
                '>' => self.put("&gt;"),
                '"' if attribute => self.put("&quot;"),
                _ => self.put(c.encode_utf8(&mut [0; 4])),
            }
        }
        self.lossy |= first || is_blank(last);
    }
}
