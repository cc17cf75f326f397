//! A reader that goes on after an error: what is not there reads as zeros or as nothing, and the first error stays.
//!
//! Fields that follow each other are read without a branch between them, which is what a small processor has room for.

use crate::error::{DecodeError, DecodeErrorKind};

/// Reads fields off the front of octets.
pub(super) struct Cursor<'a> {
    pub(super) octets: &'a [u8],
    /// Offset of the next octet.
    pub(super) at: usize,
    pub(super) error: Option<DecodeError>,
}

impl<'a> Cursor<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { octets, at: 0, error: None }
    }

    // Called from everywhere, and as large as several calls.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn slice(&mut self, len: usize) -> &'a [u8] {
        let rest = self.octets.get(self.at..).unwrap_or_default();
        self.at = self.at.saturating_add(len);
        if let Some(octets) = rest.get(..len) {
            return octets;
        }
        self.at = self.octets.len();
        self.fail(DecodeErrorKind::Truncated, self.at);
        &[]
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn octet(&mut self) -> u8 {
        self.slice(1).first().copied().unwrap_or(0)
    }

    pub(super) fn skip(&mut self, len: usize) {
        self.slice(len);
    }

    /// One octet of length, then that many octets.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn short(&mut self) -> &'a [u8] {
        let len = self.octet();
        self.slice(len.into())
    }

    /// Two octets of length, then that many octets.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn long(&mut self) -> &'a [u8] {
        let len = u16::from_be_bytes([self.octet(), self.octet()]);
        self.slice(len.into())
    }

    /// Notes an error, if it is the first.
    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    pub(super) fn fail(&mut self, kind: DecodeErrorKind, at: usize) {
        if self.error.is_none() {
            self.error = Some(DecodeError::new(kind, at));
        }
    }

    /// # Errors
    ///
    /// The first one noted.
    pub(super) fn check(&self) -> Result<(), DecodeError> {
        self.error.map_or(Ok(()), Err)
    }

    pub(super) const fn is_at_end(&self) -> bool {
        self.at >= self.octets.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_stays_and_nothing_is_read_behind_it() {
        let mut c = Cursor::new(&[2, 7, 8, 0, 5, 9]);
        assert_eq!(c.short(), [7, 8]);
        assert!(c.check().is_ok());
        assert!(c.long().is_empty());
        c.fail(DecodeErrorKind::BadKeyData, 0);
        assert_eq!((c.octet(), c.at, c.is_at_end()), (0, 6, true));
        assert_eq!(c.check(), Err(DecodeError::new(DecodeErrorKind::Truncated, 6)));
    }
}
