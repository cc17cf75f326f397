//! The grammar under all three headers (RFC 9110 §11.2, §11.3): schemes, and parameters in a list.
//!
//! ```text
//! challenge   = scheme [ 1*SP ( token68 / param *( OWS "," OWS param ) ) ]
//! param       = token BWS "=" BWS ( token / quoted-string )
//! ```
//!
//! A value may come quoted or not wherever it stands (RFC 7616 tells senders, not readers, apart). A value without quotes
//! is anything visible up to a blank or a comma: peers leave a URI or a base64 text unquoted.

use core::fmt;

use crate::ims::ImsError;
use crate::ims::field::{is_tchar, trim};

/// The text of a parameter, as it stands in the header: without its quotes, escapes still in place.
#[derive(Clone, Copy)]
pub struct ParamText<'a> {
    raw: &'a str,
    escaped: bool,
}

impl<'a> ParamText<'a> {
    /// A text without escapes: a backslash in it is a backslash.
    #[must_use]
    pub const fn plain(text: &'a str) -> Self {
        Self { raw: text, escaped: false }
    }

    /// The pieces between the escapes.
    pub(crate) fn pieces(self) -> Pieces<'a> {
        Pieces { rest: self.raw, escaped: self.escaped }
    }

    /// Whether the text, escapes taken out, is `other`, letter for letter.
    #[must_use]
    pub fn is(self, other: &str) -> bool {
        let mut rest = other;
        for piece in self.pieces() {
            let Some(tail) = rest.strip_prefix(piece) else { return false };
            rest = tail;
        }
        rest.is_empty()
    }

    /// Whether the text is `other` but for the case of ASCII letters.
    #[must_use]
    pub fn is_ignoring_case(self, other: &str) -> bool {
        self.octets()
            .map(|octet| octet.to_ascii_lowercase())
            .eq(other.bytes().map(|o| o.to_ascii_lowercase()))
    }

    /// Whether there is no text.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.raw.is_empty()
    }

    /// The octets, escapes taken out.
    pub(crate) fn octets(self) -> impl Iterator<Item = u8> {
        self.pieces().flat_map(str::bytes)
    }

    /// A copy, escapes taken out; too long over `N` octets.
    pub(crate) fn to_text<const N: usize>(self) -> Result<heapless::String<N>, ImsError> {
        let mut text = heapless::String::new();
        self.pieces().try_for_each(|piece| text.push_str(piece)).map_err(|_| ImsError::TooLong)?;
        Ok(text)
    }

    /// This text, unless it is longer than `max` octets (escapes counted) or has none.
    pub(super) const fn bounded(self, max: usize) -> Result<Self, ImsError> {
        match self.raw.len() {
            0 => Err(ImsError::Malformed),
            len if len > max => Err(ImsError::TooLong),
            _ => Ok(self),
        }
    }
}

impl PartialEq for ParamText<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.octets().eq(other.octets())
    }
}

impl Eq for ParamText<'_> {}

impl fmt::Debug for ParamText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ParamText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.pieces().try_for_each(|piece| f.write_str(piece))
    }
}

/// Iterator over the pieces of a [`ParamText`].
#[derive(Clone, Copy)]
pub(crate) struct Pieces<'a> {
    rest: &'a str,
    escaped: bool,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if self.rest.is_empty() {
            return None;
        }
        if !self.escaped {
            return Some(core::mem::take(&mut self.rest));
        }
        let text = self.rest.strip_prefix('\\').unwrap_or(self.rest);
        // The first character is taken as it is: were it a backslash, an escape stood before it.
        let first = text.chars().next().map_or(0, char::len_utf8);
        let behind = text.get(first..).unwrap_or_default();
        let len = first.saturating_add(behind.find('\\').unwrap_or(behind.len()));
        let (piece, rest) = text.split_at_checked(len)?;
        self.rest = rest;
        Some(piece)
    }
}

/// What stands next in a header.
#[derive(Clone, Copy)]
pub(super) enum Item<'a> {
    /// A scheme; its parameters follow.
    Scheme(&'a str),
    /// A parameter of the scheme before it.
    Param { name: &'a str, value: ParamText<'a> },
    /// The one word that some schemes have in place of parameters.
    Token68,
}

/// Cuts a header value into its items.
#[derive(Clone, Copy)]
pub(super) struct Lexer<'a> {
    rest: &'a str,
    place: Place,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the start of the value, or behind a comma.
    Listed,
    /// Behind a scheme and its blank.
    BehindScheme,
    /// Behind a parameter: a comma or the end must follow.
    BehindValue,
}

impl<'a> Lexer<'a> {
    /// Over `value`, which has no control character but the tab.
    pub(super) const fn new(value: &'a str) -> Self {
        Self { rest: value, place: Place::Listed }
    }

    /// The next item, `None` at the end.
    pub(super) fn next(&mut self) -> Result<Option<Item<'a>>, ImsError> {
        let mut rest = self.rest.trim_start_matches([' ', '\t']);
        if rest.starts_with(',') {
            self.place = Place::Listed;
            rest = rest.trim_start_matches([' ', '\t', ',']);
        }
        if rest.is_empty() {
            self.rest = rest;
            return Ok(None);
        }
        match self.place {
            Place::BehindValue => return Err(ImsError::Malformed),
            Place::BehindScheme => {
                if let Some(behind) = token68(rest) {
                    (self.rest, self.place) = (behind, Place::BehindValue);
                    return Ok(Some(Item::Token68));
                }
            }
            Place::Listed => {}
        }
        let end = rest.bytes().position(|c| !is_tchar(c)).unwrap_or(rest.len());
        let (name, behind) = rest.split_at_checked(end).filter(|_| end > 0).ok_or(ImsError::Malformed)?;
        if let Some(value) = behind.trim_start_matches([' ', '\t']).strip_prefix('=') {
            let (value, behind) = value_of(value.trim_start_matches([' ', '\t']))?;
            (self.rest, self.place) = (behind, Place::BehindValue);
            return Ok(Some(Item::Param { name, value }));
        }
        if self.place == Place::BehindScheme || !(behind.is_empty() || behind.starts_with([' ', '\t', ','])) {
            return Err(ImsError::Malformed);
        }
        (self.rest, self.place) = (behind, Place::BehindScheme);
        Ok(Some(Item::Scheme(name)))
    }

    /// The parameters up to the next scheme or the end, in the order of `names`; names are compared without case, others
    /// are skipped.
    ///
    /// # Errors
    ///
    /// [`ImsError::Malformed`] also when one of `names` stands twice.
    pub(super) fn params<const N: usize>(
        &mut self, names: [&str; N],
    ) -> Result<[Option<ParamText<'a>>; N], ImsError> {
        let mut found = [None; N];
        loop {
            let before = *self;
            match self.next()? {
                None => return Ok(found),
                Some(Item::Scheme(_)) => {
                    *self = before;
                    return Ok(found);
                }
                Some(Item::Token68) => return Err(ImsError::Malformed),
                Some(Item::Param { name, value }) => {
                    let mut slots = found.iter_mut().zip(names);
                    if let Some((slot, _)) = slots.find(|(_, known)| name.eq_ignore_ascii_case(known)) {
                        if slot.is_some() {
                            return Err(ImsError::Malformed);
                        }
                        *slot = Some(value);
                    }
                }
            }
        }
    }

    /// Nothing may stand here any more.
    pub(super) fn end(&mut self) -> Result<(), ImsError> {
        self.next()?.map_or(Ok(()), |_| Err(ImsError::Malformed))
    }
}

/// What stands behind a token68 at the start of `text`, if there is one: it reaches to a comma or the end.
fn token68(text: &str) -> Option<&str> {
    let word = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~' | b'+' | b'/');
    let end = text.bytes().position(|c| !word(c)).unwrap_or(text.len());
    let behind = text.get(end..).filter(|_| end > 0)?.trim_start_matches('=');
    let after = trim(behind);
    (after.is_empty() || after.starts_with(',')).then_some(behind)
}

/// The value at the start of `text`, and what stands behind it.
fn value_of(text: &str) -> Result<(ParamText<'_>, &str), ImsError> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (raw, behind) = text.split_at_checked(end).ok_or(ImsError::Malformed)?;
        if raw.contains(['"', '\\']) {
            return Err(ImsError::Malformed);
        }
        return Ok((ParamText::plain(raw), behind));
    };
    let mut escape = false;
    let mut escaped = false;
    for (at, octet) in quoted.bytes().enumerate() {
        match octet {
            b'\t' => return Err(ImsError::BadCharacter),
            _ if escape => escape = false,
            b'\\' => (escape, escaped) = (true, true),
            b'"' => {
                let (raw, behind) = quoted.split_at_checked(at).ok_or(ImsError::Malformed)?;
                let behind = behind.strip_prefix('"').unwrap_or(behind);
                return Ok((ParamText { raw, escaped }, behind));
            }
            _ => {}
        }
    }
    Err(ImsError::Malformed)
}
