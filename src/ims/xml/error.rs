//! Why an XML body is refused, and where.

use core::fmt;

use crate::ims::ImsError;

/// What is wrong with a body, and at which octet of it (from 0).
///
/// The first violation that a reader notices is reported: prefixes are looked at when their tag is complete. An element,
/// attribute or value is named by the octet at which it begins, what is missing by the end tag of the element it is
/// missing from, and what is no token of XML by the end of the token before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct XmlError {
    /// What is wrong: [`ImsError::Malformed`] for what is no such document or over a limit of XML bodies,
    /// [`ImsError::TooLong`] for a value or list over its limit, [`ImsError::BadCharacter`] for a control character
    /// inside a value.
    pub kind: ImsError,
    /// Octet offset.
    pub at: u32,
}

impl XmlError {
    pub(super) fn new(kind: ImsError, at: usize) -> Self {
        Self { kind, at: u32::try_from(at).unwrap_or(u32::MAX) }
    }

    /// The number of this error, stable for ever.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.kind.code()
    }
}

impl From<XmlError> for ImsError {
    fn from(e: XmlError) -> Self {
        e.kind
    }
}

impl fmt::Display for XmlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at octet {}", self.kind, self.at)
    }
}

impl core::error::Error for XmlError {}

const _: () = assert!(size_of::<XmlError>() <= 8);
