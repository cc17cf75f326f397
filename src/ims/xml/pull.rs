//! One element after the other out of an untrusted body, within bounds.
//!
//! ```text
//! octets --UTF-8, length--> tokens --tree, names, namespaces, references, depth--> child() text() skip() finish()
//! ```
//!
//! The tokenizer below knows characters and tags only. What makes a body a document stands here: tags that match, one
//! root, prefixes that are declared, attributes that stand once, references that mean a character. A DOCTYPE, an
//! entity declaration and a processing instruction are refused where they begin, so nothing ever expands.
//!
//! Every octet is looked at a bounded number of times: lists are short, and comparing namespaces compares numbers.

mod plain;

use xmlparser::{ElementEnd, StrSpan, Token, Tokenizer};

use super::bindings::{Bindings, Namespace};
use super::error::XmlError;
use super::names::Name;
use super::reference::references_are_sound;
use super::text::{Text, is_blank};
use super::{MAX_BODY_LEN, MAX_DEPTH, XmlSettings};
use crate::ims::ImsError;

/// Attributes of one element, namespace declarations included; more are [`ImsError::TooLong`].
pub(super) const MAX_ATTRIBUTES: usize = 16;

#[derive(Clone, Copy)]
struct Attribute<'a> {
    prefix: &'a str,
    local: &'a str,
    value: Text<'a>,
    at: usize,
}

/// An element that has just begun.
#[derive(Clone, Copy)]
pub(super) struct Element<'a> {
    local: &'a str,
    namespace: Option<Namespace<'a>>,
    /// Octet at which it begins.
    pub(super) at: usize,
}

enum Event<'a> {
    Start(Element<'a>),
    Text { raw: &'a str, section: bool },
    End,
    Eof,
}

/// A cursor in a body.
pub(super) struct Pull<'a> {
    body: &'a str,
    tokens: Tokenizer<'a>,
    /// The names of the open elements, prefix and local part.
    open: heapless::Vec<(&'a str, &'a str), MAX_DEPTH>,
    bindings: Bindings<'a>,
    /// Those of the element that began last.
    attributes: heapless::Vec<Attribute<'a>, MAX_ATTRIBUTES>,
    /// Where the last token begins and ends.
    at: usize,
    end: usize,
    /// The element that began last was an empty-element tag: its end is still to be told.
    empty: bool,
    rooted: bool,
    settings: XmlSettings,
}

impl<'a> Pull<'a> {
    /// A cursor before the root of `body`.
    pub(super) fn new(body: &'a [u8], settings: XmlSettings) -> Result<Self, XmlError> {
        if body.len() > MAX_BODY_LEN {
            return Err(XmlError::new(ImsError::Malformed, MAX_BODY_LEN));
        }
        let body =
            core::str::from_utf8(body).map_err(|e| XmlError::new(ImsError::Malformed, e.valid_up_to()))?;
        Ok(Self {
            body,
            tokens: Tokenizer::from(body),
            open: heapless::Vec::new(),
            bindings: Bindings::new(),
            attributes: heapless::Vec::new(),
            at: 0,
            end: 0,
            empty: false,
            rooted: false,
            settings,
        })
    }

    pub(super) const fn settings(&self) -> XmlSettings {
        self.settings
    }

    /// Enters the root element, which must be `name` of `namespace`.
    pub(super) fn root(&mut self, name: &Name, namespace: &Name) -> Result<(), XmlError> {
        match self.event()? {
            Event::Start(root) if self.is(&root, name, namespace) => Ok(()),
            Event::Start(root) => Err(XmlError::new(ImsError::Malformed, root.at)),
            _ => Err(self.malformed()),
        }
    }

    /// Enters the next child of the element entered last, or leaves that element when there is none. Nothing but
    /// blanks and comments may stand between children.
    pub(super) fn child(&mut self) -> Result<Option<Element<'a>>, XmlError> {
        loop {
            match self.event()? {
                Event::Start(element) => return Ok(Some(element)),
                Event::End => return Ok(None),
                Event::Text { raw, section: false } if raw.chars().all(is_blank) => {}
                _ => return Err(self.malformed()),
            }
        }
    }

    /// Whether `element` is `name` of `namespace`. The namespace only counts when the setting says so.
    pub(super) fn is(&self, element: &Element<'_>, name: &Name, namespace: &Name) -> bool {
        element.local == name.text
            && (!self.settings.strict_namespaces
                || element.namespace.is_some_and(|found| found.uri.is(namespace.text)))
    }

    /// The attribute `name`, without prefix, of the element entered last, and where it stands; only until the content
    /// of that element is read.
    pub(super) fn attribute(&self, name: &Name) -> Option<(Text<'a>, usize)> {
        let found = |attribute: &&Attribute<'_>| attribute.prefix.is_empty() && attribute.local == name.text;
        self.attributes.iter().find(found).map(|attribute| (attribute.value, attribute.at))
    }

    /// Reads the text of the element entered last and leaves it. It has no child elements.
    pub(super) fn text(&mut self) -> Result<Text<'a>, XmlError> {
        if let Some(text) = self.leaf() {
            return Ok(text);
        }
        let start = self.end;
        loop {
            match self.event()? {
                Event::Text { .. } => {}
                // An empty-element tag ends where it began.
                Event::End => return Ok(Text::content(self.body.get(start..self.at).unwrap_or_default())),
                Event::Start(_) | Event::Eof => return Err(self.malformed()),
            }
        }
    }

    /// Reads the text of `element`, entered last, as what `read` makes of it.
    pub(super) fn value<T>(
        &mut self, element: &Element<'_>, read: impl FnOnce(Text<'a>) -> Result<T, ImsError>,
    ) -> Result<T, XmlError> {
        read(self.text()?).map_err(|kind| XmlError::new(kind, element.at))
    }

    /// [`value`](Self::value) of an element that stands at most once.
    pub(super) fn once<T>(
        &mut self, slot: &mut Option<T>, element: &Element<'_>,
        read: impl FnOnce(Text<'a>) -> Result<T, ImsError>,
    ) -> Result<(), XmlError> {
        if slot.is_some() {
            return Err(XmlError::new(ImsError::Malformed, element.at));
        }
        *slot = Some(self.value(element, read)?);
        Ok(())
    }

    /// What `slot` was to hold by the end of the element left last.
    pub(super) fn required<T>(&self, slot: Option<T>) -> Result<T, XmlError> {
        slot.ok_or_else(|| self.malformed())
    }

    /// Leaves the element entered last, whatever it holds.
    pub(super) fn skip(&mut self) -> Result<(), XmlError> {
        let outside = self.open.len().saturating_sub(1);
        while self.open.len() > outside {
            self.event()?;
        }
        Ok(())
    }

    /// Refuses what follows the root.
    pub(super) fn finish(mut self) -> Result<(), XmlError> {
        match self.event()? {
            Event::Eof => Ok(()),
            _ => Err(self.malformed()),
        }
    }

    /// [`ImsError::Malformed`] at the token read last.
    pub(super) fn malformed(&self) -> XmlError {
        XmlError::new(ImsError::Malformed, self.at)
    }

    fn event(&mut self) -> Result<Event<'a>, XmlError> {
        if self.empty {
            self.empty = false;
            self.close();
            return Ok(Event::End);
        }
        if self.rooted && self.open.is_empty() {
            return self.epilog();
        }
        if let Some(event) = self.plain_tag() {
            return Ok(event);
        }
        while let Some(token) = self.token()? {
            match token {
                Token::Comment { .. } => {}
                Token::Declaration { version, encoding, .. } => {
                    let utf8 = encoding.is_none_or(|name| name.as_str().eq_ignore_ascii_case("UTF-8"));
                    if version.as_str() != "1.0" || !utf8 {
                        return Err(self.malformed());
                    }
                }
                Token::ElementStart { prefix, local, span } => return self.start(prefix, local, span),
                Token::ElementEnd { end: ElementEnd::Close(prefix, local), span } => {
                    let name = (prefix.as_str(), local.as_str());
                    let whole = has_sound_name(prefix, local, span.start().saturating_add(2));
                    if !whole || self.open.last() != Some(&name) {
                        return Err(self.malformed());
                    }
                    self.close();
                    return Ok(Event::End);
                }
                Token::Text { text } => {
                    if !references_are_sound(text.as_str()) {
                        return Err(self.malformed());
                    }
                    return Ok(Event::Text { raw: text.as_str(), section: false });
                }
                Token::Cdata { text, .. } => return Ok(Event::Text { raw: text.as_str(), section: true }),
                Token::ProcessingInstruction { .. }
                | Token::DtdStart { .. }
                | Token::EmptyDtd { .. }
                | Token::EntityDeclaration { .. }
                | Token::DtdEnd { .. }
                | Token::Attribute { .. }
                | Token::ElementEnd { .. } => return Err(self.malformed()),
            }
        }
        (self.at, self.end) = (self.body.len(), self.body.len());
        Err(self.malformed())
    }

    /// Behind the root there are only blanks and comments. The tokenizer does not know that it is there once it has been
    /// set on behind a leaf.
    fn epilog(&mut self) -> Result<Event<'a>, XmlError> {
        loop {
            let rest = self.body.get(self.end..).unwrap_or_default().trim_start_matches(is_blank);
            if rest.is_empty() {
                (self.at, self.end) = (self.body.len(), self.body.len());
                return Ok(Event::Eof);
            }
            let instruction = rest.starts_with("<?") && !rest.starts_with("<?xml ");
            if !instruction && !rest.starts_with("<!--") {
                return Err(XmlError::new(ImsError::Malformed, self.end));
            }
            let begins = self.body.len().saturating_sub(rest.len());
            self.tokens = Tokenizer::from_fragment(self.body, begins..self.body.len());
            let Some(Token::Comment { .. }) = self.token()? else { return Err(self.malformed()) };
        }
    }

    #[inline]
    fn token(&mut self) -> Result<Option<Token<'a>>, XmlError> {
        let Some(token) = self.tokens.next() else { return Ok(None) };
        // The tokenizer only tells lines and columns of what it refuses: it lies behind the last token.
        let token = token.map_err(|_| XmlError::new(ImsError::Malformed, self.end))?;
        (self.at, self.end) = (token.span().start(), token.span().end());
        Ok(Some(token))
    }

    /// Reads the rest of a start tag.
    fn start(
        &mut self, prefix: StrSpan<'a>, local: StrSpan<'a>, span: StrSpan<'a>,
    ) -> Result<Event<'a>, XmlError> {
        let at = span.start();
        let (prefix_text, local_text) = (prefix.as_str(), local.as_str());
        let whole = has_sound_name(prefix, local, at.saturating_add(1));
        if !whole || self.open.push((prefix_text, local_text)).is_err() {
            return Err(self.malformed());
        }
        self.rooted = true;
        self.attributes.clear();
        loop {
            match self.token()? {
                Some(Token::Attribute { prefix, local, value, span }) => {
                    self.push_attribute(prefix, local, value, span)?;
                }
                Some(Token::ElementEnd { end: ElementEnd::Open, .. }) => break,
                Some(Token::ElementEnd { end: ElementEnd::Empty, .. }) => {
                    self.empty = true;
                    break;
                }
                Some(_) => return Err(self.malformed()),
                None => return Err(XmlError::new(ImsError::Malformed, self.body.len())),
            }
        }
        let namespace = self.bindings.resolve(prefix_text);
        if prefix_text == "xmlns" || (namespace.is_none() && !prefix_text.is_empty()) {
            return Err(XmlError::new(ImsError::Malformed, at));
        }
        self.check_prefixes()?;
        Ok(Event::Start(Element { local: local_text, namespace, at }))
    }

    fn push_attribute(
        &mut self, prefix: StrSpan<'a>, local: StrSpan<'a>, value: StrSpan<'a>, span: StrSpan<'a>,
    ) -> Result<(), XmlError> {
        let whole = has_sound_name(prefix, local, span.start());
        let (prefix, local) = (prefix.as_str(), local.as_str());
        let twice = self.attributes.iter().any(|other| (other.prefix, other.local) == (prefix, local));
        if !whole || twice || !references_are_sound(value.as_str()) {
            return Err(self.malformed());
        }
        let (value, at) = (Text::attribute(value.as_str()), span.start());
        let declared = match (prefix, local) {
            ("xmlns", declared) => Some(declared),
            ("", "xmlns") => Some(""),
            _ => None,
        };
        if let Some(declared) = declared {
            let depth = self.open.len();
            self.bindings.declare(declared, value, depth).map_err(|kind| XmlError::new(kind, at))?;
        }
        self.attributes
            .push(Attribute { prefix, local, value, at })
            .map_err(|_| XmlError::new(ImsError::TooLong, at))
    }

    /// Every prefix of an attribute is declared, and no two attributes have one name in one namespace.
    fn check_prefixes(&self) -> Result<(), XmlError> {
        let prefixed = |attribute: &&Attribute<'_>| !matches!(attribute.prefix, "" | "xmlns");
        for (at, attribute) in self.attributes.iter().enumerate().filter(|(_, attribute)| prefixed(attribute))
        {
            let refused = XmlError::new(ImsError::Malformed, attribute.at);
            let namespace = self.bindings.resolve(attribute.prefix).ok_or(refused)?.number;
            let twice = self.attributes.iter().take(at).filter(prefixed).any(|other| {
                other.local == attribute.local
                    && self.bindings.resolve(other.prefix).is_some_and(|found| found.number == namespace)
            });
            if twice {
                return Err(refused);
            }
        }
        Ok(())
    }

    fn close(&mut self) {
        self.bindings.close(self.open.len());
        self.open.pop();
    }
}

/// Whether the name that begins at `at` has no empty prefix: the tokenizer takes `<:a>` for `<a>`.
fn has_sound_name(prefix: StrSpan<'_>, local: StrSpan<'_>, at: usize) -> bool {
    !prefix.is_empty() || local.start() == at
}
