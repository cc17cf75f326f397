//! The MSK request (TS 33.246 §6.3.2.2), and the keys of a re-INVITE in the SIP variant.
//!
//! ```text
//! mbmsMSK { MSK 1..64 { keyDomainID base64(3), MSKID base64(4) = Key Group 2 | Key Number 2 } }
//! ```
//!
//! Key Number 0 asks for the current MSK of the group.

use super::error::XmlError;
use super::names::{KEY_DOMAIN_ID, MBMS_MSK, MSK, MSK_ID, NS_MSK, Name};
use super::pull::{Element, Pull};
use super::write::XmlWriter;
use super::{MAX_ITEMS, XmlSettings};
use crate::error::EncodeError;
use crate::id::{GroupName, KeyDomainId, KeyNumber, MskId, MskName};
use crate::ims::ImsError;

/// The names of 1 to [`MAX_ITEMS`] MSKs, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MskRequest(heapless::Vec<MskName, MAX_ITEMS>);

impl MskRequest {
    /// A request for the MSKs `names`, each once, in the order in which they first stand.
    ///
    /// # Errors
    ///
    /// [`ImsError::Empty`]; [`ImsError::TooLong`] for more than [`MAX_ITEMS`] different ones.
    pub fn new(names: impl IntoIterator<Item = MskName>) -> Result<Self, ImsError> {
        let mut list = heapless::Vec::new();
        for name in names {
            if !list.contains(&name) {
                list.push(name).map_err(|_| ImsError::TooLong)?;
            }
        }
        if list.is_empty() { Err(ImsError::Empty) } else { Ok(Self(list)) }
    }

    /// A request for the current MSKs of `groups`: [`new`](Self::new) with Key Number 0.
    ///
    /// # Errors
    ///
    /// Those of [`new`](Self::new).
    pub fn of_groups(groups: impl IntoIterator<Item = GroupName>) -> Result<Self, ImsError> {
        Self::new(groups.into_iter().map(|group| group.msk(KeyNumber::CURRENT)))
    }

    /// The names, at least one; as the sender wrote them, so a name may stand twice in a request that was read.
    #[must_use]
    pub fn names(&self) -> &[MskName] {
        &self.0
    }

    /// Reads a request.
    ///
    /// # Errors
    ///
    /// [`ImsError::Malformed`] when the body is no such document, names no MSK or more than [`MAX_ITEMS`], or an
    /// identifier is missing or not of its length.
    pub fn decode(body: &[u8], settings: XmlSettings) -> Result<Self, XmlError> {
        let mut pull = Pull::new(body, settings)?;
        pull.root(&MBMS_MSK, &NS_MSK)?;
        let mut list = heapless::Vec::new();
        while let Some(item) = pull.child()? {
            if pull.is(&item, &MSK, &NS_MSK) {
                let name = MskNameParts::decode(&mut pull, &NS_MSK)?;
                list.push(name).map_err(|_| XmlError::new(ImsError::Malformed, item.at))?;
            } else {
                pull.skip()?;
            }
        }
        let list = pull.required((!list.is_empty()).then_some(list))?;
        pull.finish()?;
        Ok(Self(list))
    }

    /// Writes the request into `out`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`].
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o mut [u8], EncodeError> {
        let mut w = XmlWriter::new(out);
        w.root(&MBMS_MSK, &NS_MSK);
        w.end_tag();
        for name in &self.0 {
            write_msk(*name, &mut w);
        }
        w.close(&MBMS_MSK);
        w.finish()
    }
}

/// Writes `name` as an `MSK` element.
pub(super) fn write_msk(name: MskName, w: &mut XmlWriter<'_>) {
    w.open(&MSK);
    write_parts(name, w);
    w.close(&MSK);
}

/// Writes `name` as two elements.
pub(super) fn write_parts(name: MskName, w: &mut XmlWriter<'_>) {
    w.octets(&KEY_DOMAIN_ID, &name.domain.to_octets());
    w.octets(&MSK_ID, &name.id.to_octets());
}

/// The two elements that name an MSK, as far as they were read.
#[derive(Default)]
pub(super) struct MskNameParts {
    domain: Option<KeyDomainId>,
    id: Option<MskId>,
}

impl MskNameParts {
    /// Reads the children of an element that holds nothing else.
    pub(super) fn decode(pull: &mut Pull<'_>, namespace: &Name) -> Result<MskName, XmlError> {
        let mut parts = Self::default();
        while let Some(part) = pull.child()? {
            if !parts.take(pull, &part, namespace)? {
                pull.skip()?;
            }
        }
        parts.name(pull)
    }

    /// Reads `part` if it is one of the two.
    pub(super) fn take(
        &mut self, pull: &mut Pull<'_>, part: &Element<'_>, namespace: &Name,
    ) -> Result<bool, XmlError> {
        if pull.is(part, &KEY_DOMAIN_ID, namespace) {
            pull.once(&mut self.domain, part, |text| text.octets().map(KeyDomainId::new))?;
        } else if pull.is(part, &MSK_ID, namespace) {
            pull.once(&mut self.id, part, |text| text.octets().map(MskId::from_octets))?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// The name, when both were there.
    pub(super) fn name(self, pull: &Pull<'_>) -> Result<MskName, XmlError> {
        Ok(MskName::new(pull.required(self.domain)?, pull.required(self.id)?))
    }
}
