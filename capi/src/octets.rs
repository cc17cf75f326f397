//! Octets of the caller, wherever a structure refers to some.

use crate::bytes::{Plain, Promise};
use crate::span::Span;
use crate::status::Status;

/// `len` octets at `octets`, which stay the caller's. NULL with length 0 is none at all.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_octets {
    /// The first of them.
    pub octets: *const u8,
    /// How many.
    pub len: usize,
}

#[allow(unsafe_code, reason = "marks a type")]
// SAFETY: a pointer and an integer.
unsafe impl Plain for castkey_octets {}

impl castkey_octets {
    /// These octets.
    pub(crate) const fn of(octets: &[u8]) -> Self {
        Self { octets: octets.as_ptr(), len: octets.len() }
    }

    /// The octets.
    pub(crate) fn read(self, promise: &Promise) -> Result<&[u8], Status> {
        promise.octets(self.octets, self.len)
    }

    /// The octets; none from NULL, whatever the length.
    #[cfg(any(feature = "mcx", feature = "poc"))]
    pub(crate) fn optional(self, promise: &Promise) -> Result<Option<&[u8]>, Status> {
        if self.octets.is_null() { Ok(None) } else { self.read(promise).map(Some) }
    }

    /// The memory they lie in.
    pub(crate) fn span(self) -> Span {
        Span::read(self.octets, self.len)
    }
}
