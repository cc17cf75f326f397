//! A list of service IDs, the content of three documents.
//!
//! ```text
//! root { serviceId 1..64 }
//! ```

use core::fmt;

use super::error::XmlError;
use super::names::{Name, SERVICE_ID};
use super::pull::Pull;
use super::text::Text;
use super::write::XmlWriter;
use super::{MAX_ITEMS, XmlSettings};
use crate::error::EncodeError;
use crate::ims::{ImsError, ServiceId};

/// 1 to [`MAX_ITEMS`] service IDs, in order, borrowed from the body or from the caller.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceList<'a>(heapless::Vec<Text<'a>, MAX_ITEMS>);

impl<'a> ServiceList<'a> {
    /// The list of `services`.
    ///
    /// # Errors
    ///
    /// [`ImsError::Empty`]; [`ImsError::TooLong`] for more than [`MAX_ITEMS`].
    pub fn new(services: impl IntoIterator<Item = &'a ServiceId>) -> Result<Self, ImsError> {
        let mut list = heapless::Vec::new();
        for service in services {
            list.push(Text::plain(service.as_str())).map_err(|_| ImsError::TooLong)?;
        }
        if list.is_empty() { Err(ImsError::Empty) } else { Ok(Self(list)) }
    }

    /// The service IDs.
    pub fn iter(&self) -> impl Iterator<Item = ServiceId> {
        // Each was read as one when the list was made.
        self.0.iter().filter_map(|text| text.name(ServiceId::new).ok())
    }

    /// How many there are, at least 1.
    #[must_use]
    #[allow(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Reads a document that holds nothing but such a list.
    pub(super) fn decode(
        body: &'a [u8], settings: XmlSettings, root: &Name, namespace: &Name,
    ) -> Result<Self, XmlError> {
        let mut pull = Pull::new(body, settings)?;
        pull.root(root, namespace)?;
        let mut list = ServiceItems::new();
        while let Some(element) = pull.child()? {
            if pull.is(&element, &SERVICE_ID, namespace) {
                let service = pull.value(&element, service_id)?;
                list.push(service).map_err(|kind| XmlError::new(kind, element.at))?;
            } else {
                pull.skip()?;
            }
        }
        let list = pull.required(list.finish())?;
        pull.finish()?;
        Ok(list)
    }

    /// Writes a document that holds nothing but this list.
    pub(super) fn encode<'o>(
        &self, root: &Name, namespace: &Name, out: &'o mut [u8],
    ) -> Result<&'o mut [u8], EncodeError> {
        let mut w = XmlWriter::new(out);
        w.root(root, namespace);
        w.end_tag();
        for service in self.texts() {
            w.leaf(&SERVICE_ID, service.chars());
        }
        w.close(root);
        w.finish()
    }

    pub(super) fn texts(&self) -> impl Iterator<Item = Text<'a>> {
        self.0.iter().copied()
    }
}

impl fmt::Debug for ServiceList<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// A list that is being read.
pub(super) struct ServiceItems<'a>(heapless::Vec<Text<'a>, MAX_ITEMS>);

impl<'a> ServiceItems<'a> {
    pub(super) const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    /// One more; a document with more than fits is refused as a whole.
    pub(super) fn push(&mut self, service: Text<'a>) -> Result<(), ImsError> {
        self.0.push(service).map_err(|_| ImsError::Malformed)
    }

    /// The list, unless it is empty.
    pub(super) fn finish(self) -> Option<ServiceList<'a>> {
        (!self.0.is_empty()).then_some(ServiceList(self.0))
    }
}

/// `text`, after a look that it is a service ID.
pub(super) fn service_id(text: Text<'_>) -> Result<Text<'_>, ImsError> {
    let text = text.simplified();
    // A list is long, and each of its names is read again when somebody asks for it.
    if !text.is_printable_within(ServiceId::MAX_LEN) {
        let _ = text.name(ServiceId::new)?;
    }
    Ok(text)
}
