//! Which prefix means which namespace, while its element is open (Namespaces in XML 1.0).

use super::names::{XML_NAMESPACE, XMLNS_NAMESPACE};
use super::text::Text;
use crate::ims::ImsError;

/// Namespace declarations in force at one place of a document; more are [`ImsError::TooLong`].
pub(super) const MAX_NAMESPACES: usize = 16;

#[derive(Clone, Copy)]
struct Binding<'a> {
    prefix: &'a str,
    uri: Text<'a>,
    /// The same for equal URIs in force together, so that attributes compare without reading them again.
    number: u16,
    depth: usize,
}

/// A namespace that is bound to a prefix.
#[derive(Clone, Copy)]
pub(super) struct Namespace<'a> {
    pub(super) uri: Text<'a>,
    pub(super) number: u16,
}

/// The declarations in force.
pub(super) struct Bindings<'a> {
    list: heapless::Vec<Binding<'a>, MAX_NAMESPACES>,
    /// Number of the last new URI; 0 is the namespace of `xml`.
    last: u16,
}

impl<'a> Bindings<'a> {
    pub(super) const fn new() -> Self {
        Self { list: heapless::Vec::new(), last: 0 }
    }

    /// Binds `prefix`, or the default namespace where it is empty, to `uri` until the element at `depth` ends.
    pub(super) fn declare(&mut self, prefix: &'a str, uri: Text<'a>, depth: usize) -> Result<(), ImsError> {
        let is_xml = uri.is(XML_NAMESPACE);
        if prefix == "xml" && is_xml {
            return Ok(());
        }
        let unbinds = !prefix.is_empty() && uri.chars().next().is_none();
        if matches!(prefix, "xml" | "xmlns") || is_xml || uri.is(XMLNS_NAMESPACE) || unbinds {
            return Err(ImsError::Malformed);
        }
        let number = match self.list.iter().find(|binding| binding.uri == uri) {
            Some(same) => same.number,
            None => {
                self.last = self.last.saturating_add(1);
                self.last
            }
        };
        self.list.push(Binding { prefix, uri, number, depth }).map_err(|_| ImsError::TooLong)
    }

    /// The namespace of `prefix`, or the default one where it is empty; `None` when there is none.
    pub(super) fn resolve(&self, prefix: &str) -> Option<Namespace<'a>> {
        if prefix == "xml" {
            return Some(Namespace { uri: Text::plain(XML_NAMESPACE), number: 0 });
        }
        let binding = self.list.iter().rev().find(|binding| binding.prefix == prefix)?;
        // An empty default namespace is none.
        binding.uri.chars().next()?;
        Some(Namespace { uri: binding.uri, number: binding.number })
    }

    /// Forgets what the element at `depth` declared.
    pub(super) fn close(&mut self, depth: usize) {
        while self.list.last().is_some_and(|binding| binding.depth >= depth) {
            self.list.pop();
        }
    }
}
