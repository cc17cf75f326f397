//! The MSK registration (TS 33.246 §6.3.2.1A), and the services of an INVITE in the SIP variant (point U-8).
//!
//! ```text
//! mbmsSecurityRegister { serviceId 1..64 }
//! ```

use super::names::{MBMS_SECURITY_REGISTER, NS_REGISTRATION};
use super::{ServiceList, XmlError, XmlSettings};
use crate::error::EncodeError;

/// Reads a registration.
///
/// # Errors
///
/// [`Malformed`](crate::ims::ImsError::Malformed) when the body is no such document, names no service or more than
/// [`MAX_ITEMS`](super::MAX_ITEMS); [`TooLong`](crate::ims::ImsError::TooLong) or
/// [`BadCharacter`](crate::ims::ImsError::BadCharacter) when a service ID is none.
pub fn decode(body: &[u8], settings: XmlSettings) -> Result<ServiceList<'_>, XmlError> {
    ServiceList::decode(body, settings, &MBMS_SECURITY_REGISTER, &NS_REGISTRATION)
}

/// Writes a registration into `out`.
///
/// # Errors
///
/// [`EncodeError::BufferTooSmall`]; [`EncodeError::FieldTooLong`] when the body would exceed
/// [`MAX_BODY_LEN`](super::MAX_BODY_LEN); [`EncodeError::Inconsistent`] when a service ID holds a character that XML
/// cannot carry, or has blanks around it.
pub fn encode<'o>(services: &ServiceList<'_>, out: &'o mut [u8]) -> Result<&'o mut [u8], EncodeError> {
    services.encode(&MBMS_SECURITY_REGISTER, &NS_REGISTRATION, out)
}
