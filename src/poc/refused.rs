//! Why a PoC function refuses an event.

use core::fmt;

use super::PocError;
use crate::error::Error;

/// Either the procedure forbids it, or a key message could not be opened or built. Nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refused {
    /// The procedure forbids it.
    Poc(PocError),
    /// A key message could not be opened or built.
    Key(Error),
}

impl Refused {
    /// The number of this error, stable for ever.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Poc(e) => e.code(),
            Self::Key(e) => e.code(),
        }
    }
}

impl From<PocError> for Refused {
    fn from(e: PocError) -> Self {
        Self::Poc(e)
    }
}

impl<E: Into<Error>> From<E> for Refused {
    fn from(e: E) -> Self {
        Self::Key(e.into())
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Poc(e) => e.fmt(f),
            Self::Key(e) => e.fmt(f),
        }
    }
}

impl core::error::Error for Refused {}
