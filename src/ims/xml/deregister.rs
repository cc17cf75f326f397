//! The MSK deregistration (TS 33.246 §6.3.2.1B), and the de-authorisation by the SCF.
//!
//! ```text
//! mbmsSecurityDeregister { serviceId 1..64 }
//! ```

use super::names::{MBMS_SECURITY_DEREGISTER, NS_DEREGISTRATION};
use super::{ServiceList, XmlError, XmlSettings};
use crate::error::EncodeError;

/// Reads a deregistration.
///
/// # Errors
///
/// [`Malformed`](crate::ims::ImsError::Malformed) when the body is no such document, names no service or more than
/// [`MAX_ITEMS`](super::MAX_ITEMS); [`TooLong`](crate::ims::ImsError::TooLong) or
/// [`BadCharacter`](crate::ims::ImsError::BadCharacter) when a service ID is none.
pub fn decode(body: &[u8], settings: XmlSettings) -> Result<ServiceList<'_>, XmlError> {
    ServiceList::decode(body, settings, &MBMS_SECURITY_DEREGISTER, &NS_DEREGISTRATION)
}

/// Writes a deregistration into `out`.
///
/// # Errors
///
/// [`EncodeError::BufferTooSmall`]; [`EncodeError::FieldTooLong`] when the body would exceed
/// [`MAX_BODY_LEN`](super::MAX_BODY_LEN); [`EncodeError::Inconsistent`] when a service ID holds a character that XML
/// cannot carry, or has blanks around it.
pub fn encode<'o>(services: &ServiceList<'_>, out: &'o mut [u8]) -> Result<&'o mut [u8], EncodeError> {
    services.encode(&MBMS_SECURITY_DEREGISTER, &NS_DEREGISTRATION, out)
}
