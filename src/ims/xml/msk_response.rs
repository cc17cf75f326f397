//! The answer to an MSK request: one status a key. The keys themselves follow by MIKEY.
//!
//! ```text
//! mbmsMSKResponse { Response 1..64 { keyDomainID base64(3), MSKID base64(4), responseCode } }
//! ```

use core::fmt;

use super::error::XmlError;
use super::msk_request::{MskNameParts, write_parts};
use super::names::{MBMS_MSK_RESPONSE, NS_MSK_RESPONSE, RESPONSE, RESPONSE_CODE};
use super::pull::Pull;
use super::write::XmlWriter;
use super::{MAX_ITEMS, XmlSettings, response_code};
use crate::error::EncodeError;
use crate::id::MskName;
use crate::ims::ImsError;
use crate::ims::facts::StatusCode;

/// 1 to [`MAX_ITEMS`] MSK names with their status, in order.
#[derive(Clone, PartialEq, Eq)]
pub struct MskResponse(heapless::Vec<(MskName, StatusCode), MAX_ITEMS>);

impl MskResponse {
    /// The answer made of `items`.
    ///
    /// # Errors
    ///
    /// [`ImsError::Empty`]; [`ImsError::TooLong`] for more than [`MAX_ITEMS`].
    pub fn new(items: impl IntoIterator<Item = (MskName, StatusCode)>) -> Result<Self, ImsError> {
        let mut list = heapless::Vec::new();
        for item in items {
            list.push(item).map_err(|_| ImsError::TooLong)?;
        }
        if list.is_empty() { Err(ImsError::Empty) } else { Ok(Self(list)) }
    }

    /// The names with their status, at least one.
    #[must_use]
    pub fn items(&self) -> &[(MskName, StatusCode)] {
        &self.0
    }

    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// [`ImsError::Malformed`] when the body is no such document, has no item or more than [`MAX_ITEMS`], or an item
    /// lacks a part.
    pub fn decode(body: &[u8], settings: XmlSettings) -> Result<Self, XmlError> {
        let namespace = &NS_MSK_RESPONSE;
        let mut pull = Pull::new(body, settings)?;
        pull.root(&MBMS_MSK_RESPONSE, namespace)?;
        let mut list = heapless::Vec::new();
        while let Some(item) = pull.child()? {
            if !pull.is(&item, &RESPONSE, namespace) {
                pull.skip()?;
                continue;
            }
            let (mut parts, mut code) = (MskNameParts::default(), None);
            while let Some(part) = pull.child()? {
                if pull.is(&part, &RESPONSE_CODE, namespace) {
                    pull.once(&mut code, &part, response_code::read)?;
                } else if !parts.take(&mut pull, &part, namespace)? {
                    pull.skip()?;
                }
            }
            let item_read = (parts.name(&pull)?, pull.required(code)?);
            list.push(item_read).map_err(|_| XmlError::new(ImsError::Malformed, item.at))?;
        }
        let list = pull.required((!list.is_empty()).then_some(list))?;
        pull.finish()?;
        Ok(Self(list))
    }

    /// Writes the answer into `out`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`].
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o mut [u8], EncodeError> {
        let mut w = XmlWriter::new(out);
        w.root(&MBMS_MSK_RESPONSE, &NS_MSK_RESPONSE);
        w.end_tag();
        for (name, code) in &self.0 {
            w.open(&RESPONSE);
            write_parts(*name, &mut w);
            w.ascii(&RESPONSE_CODE, &response_code::digits(*code));
            w.close(&RESPONSE);
        }
        w.close(&MBMS_MSK_RESPONSE);
        w.finish()
    }
}

impl fmt::Debug for MskResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.0.iter().map(|(name, code)| (name, code))).finish()
    }
}
