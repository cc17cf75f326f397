//! The status of one item of an answer.

use core::fmt;

use super::text::Text;
use crate::ims::ImsError;

/// A status code of three digits, with the meaning it has in HTTP.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ResponseCode(u16);

impl ResponseCode {
    /// Granted.
    pub const OK: Self = Self(200);
    /// Not authorised for this item.
    pub const FORBIDDEN: Self = Self(403);
    /// No such service or key.
    pub const NOT_FOUND: Self = Self(404);

    /// The code `code`; `None` unless it is 100 to 999.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        if code >= 100 && code <= 999 { Some(Self(code)) } else { None }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Whether the item was granted: 200 to 299.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 >= 200 && self.0 <= 299
    }

    pub(super) fn read(text: Text<'_>) -> Result<Self, ImsError> {
        let &[a @ b'1'..=b'9', b @ b'0'..=b'9', c @ b'0'..=b'9'] = text.value()?.as_bytes() else {
            return Err(ImsError::Malformed);
        };
        Ok(Self(
            [a, b, c]
                .iter()
                .fold(0, |code: u16, digit| code.wrapping_mul(10).wrapping_add(u16::from(digit & 0x0F))),
        ))
    }

    /// The three digits.
    pub(super) fn digits(self) -> [u8; 3] {
        [self.0 / 100, self.0 / 10, self.0].map(|n| u8::try_from(n % 10).unwrap_or(0) | b'0')
    }
}

impl fmt::Debug for ResponseCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}
