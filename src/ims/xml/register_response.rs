//! The answer to a registration or deregistration: one status a service.
//!
//! ```text
//! mbmsSecurityRegisterResponse { Response 1..64 { serviceId, responseCode } }
//! ```

use core::fmt;

use super::error::XmlError;
use super::names::{
    MBMS_SECURITY_REGISTER_RESPONSE, NS_REGISTRATION_RESPONSE, RESPONSE, RESPONSE_CODE, SERVICE_ID,
};
use super::pull::Pull;
use super::service_list::service_id;
use super::text::Text;
use super::write::XmlWriter;
use super::{MAX_ITEMS, XmlSettings, response_code};
use crate::error::EncodeError;
use crate::ims::facts::StatusCode;
use crate::ims::{ImsError, ServiceId};

/// 1 to [`MAX_ITEMS`] services with their status, in order, borrowed from the body or from the caller.
#[derive(Clone, PartialEq, Eq)]
pub struct RegisterResponse<'a>(heapless::Vec<(Text<'a>, StatusCode), MAX_ITEMS>);

impl<'a> RegisterResponse<'a> {
    /// The answer made of `items`.
    ///
    /// # Errors
    ///
    /// [`ImsError::Empty`]; [`ImsError::TooLong`] for more than [`MAX_ITEMS`].
    pub fn new(items: impl IntoIterator<Item = (&'a ServiceId, StatusCode)>) -> Result<Self, ImsError> {
        let mut list = heapless::Vec::new();
        for (service, code) in items {
            list.push((Text::plain(service.as_str()), code)).map_err(|_| ImsError::TooLong)?;
        }
        if list.is_empty() { Err(ImsError::Empty) } else { Ok(Self(list)) }
    }

    /// The services with their status.
    pub fn iter(&self) -> impl Iterator<Item = (ServiceId, StatusCode)> {
        // Each was read as one when the list was made.
        self.0.iter().filter_map(|(text, code)| Some((text.name(ServiceId::new).ok()?, *code)))
    }

    /// The status of `service`; the first where it stands several times.
    #[must_use]
    pub fn status_of(&self, service: &ServiceId) -> Option<StatusCode> {
        self.iter().find_map(|(id, code)| (id == *service).then_some(code))
    }

    /// Reads an answer.
    ///
    /// # Errors
    ///
    /// [`ImsError::Malformed`] when the body is no such document, has no item or more than [`MAX_ITEMS`], or an item
    /// lacks a part; [`ImsError::TooLong`] or [`ImsError::BadCharacter`] when a service ID is none.
    pub fn decode(body: &'a [u8], settings: XmlSettings) -> Result<Self, XmlError> {
        let namespace = &NS_REGISTRATION_RESPONSE;
        let mut pull = Pull::new(body, settings)?;
        pull.root(&MBMS_SECURITY_REGISTER_RESPONSE, namespace)?;
        let mut list = heapless::Vec::new();
        while let Some(item) = pull.child()? {
            if !pull.is(&item, &RESPONSE, namespace) {
                pull.skip()?;
                continue;
            }
            let (mut service, mut code) = (None, None);
            while let Some(part) = pull.child()? {
                if pull.is(&part, &SERVICE_ID, namespace) {
                    pull.once(&mut service, &part, service_id)?;
                } else if pull.is(&part, &RESPONSE_CODE, namespace) {
                    pull.once(&mut code, &part, response_code::read)?;
                } else {
                    pull.skip()?;
                }
            }
            let (service, code) = (pull.required(service)?, pull.required(code)?);
            list.push((service, code)).map_err(|_| XmlError::new(ImsError::Malformed, item.at))?;
        }
        let list = pull.required((!list.is_empty()).then_some(list))?;
        pull.finish()?;
        Ok(Self(list))
    }

    /// Writes the answer into `out`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`]; [`EncodeError::FieldTooLong`] when the body would exceed
    /// [`MAX_BODY_LEN`](super::MAX_BODY_LEN); [`EncodeError::Inconsistent`] when a service ID holds a character that
    /// XML cannot carry, or has blanks around it.
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o mut [u8], EncodeError> {
        let mut w = XmlWriter::new(out);
        w.root(&MBMS_SECURITY_REGISTER_RESPONSE, &NS_REGISTRATION_RESPONSE);
        w.end_tag();
        for (service, code) in &self.0 {
            w.open(&RESPONSE);
            w.leaf(&SERVICE_ID, service.chars());
            w.ascii(&RESPONSE_CODE, &response_code::digits(*code));
            w.close(&RESPONSE);
        }
        w.close(&MBMS_SECURITY_REGISTER_RESPONSE);
        w.finish()
    }
}

impl fmt::Debug for RegisterResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
