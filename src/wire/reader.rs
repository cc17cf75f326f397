//! A cursor that only moves forward, and knows where it is.

use crate::error::{DecodeError, DecodeErrorKind};

/// Reads fields off the front of a message.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    /// Offset of the end of `rest` in the message: the one number that reading does not change.
    end: usize,
}

impl<'a> Reader<'a> {
    /// A reader of `octets`, the first of which stands at octet `at` of the message.
    #[inline]
    pub(crate) const fn new(octets: &'a [u8], at: usize) -> Self {
        Self { rest: octets, end: at.saturating_add(octets.len()) }
    }

    /// Offset of the next octet in the message.
    #[inline]
    pub(crate) const fn at(&self) -> usize {
        self.end.saturating_sub(self.rest.len())
    }

    #[inline]
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// `kind` at the next octet.
    pub(crate) const fn error(&self, kind: DecodeErrorKind) -> DecodeError {
        DecodeError::new(kind, self.at())
    }

    /// The end of the octets, where a field that does not fit was to be.
    #[cold]
    const fn truncated(&self) -> DecodeError {
        DecodeError::new(DecodeErrorKind::Truncated, self.end)
    }

    #[inline]
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (octets, rest) = self.rest.split_first_chunk().ok_or_else(|| self.truncated())?;
        self.rest = rest;
        Ok(*octets)
    }

    #[inline]
    pub(crate) fn slice(&mut self, len: usize) -> Result<&'a [u8], DecodeError> {
        let (octets, rest) = self.rest.split_at_checked(len).ok_or_else(|| self.truncated())?;
        self.rest = rest;
        Ok(octets)
    }

    #[inline]
    pub(crate) fn u8(&mut self) -> Result<u8, DecodeError> {
        self.array().map(|[octet]| octet)
    }

    #[inline]
    pub(crate) fn u16(&mut self) -> Result<u16, DecodeError> {
        self.array().map(u16::from_be_bytes)
    }

    #[inline]
    pub(crate) fn u32(&mut self) -> Result<u32, DecodeError> {
        self.array().map(u32::from_be_bytes)
    }

    /// One octet of length, then that many octets.
    #[inline]
    pub(crate) fn short(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.u8()?;
        self.slice(usize::from(len))
    }

    /// Two octets of length, then that many octets.
    #[inline]
    pub(crate) fn long(&mut self) -> Result<&'a [u8], DecodeError> {
        let len = self.u16()?;
        self.slice(usize::from(len))
    }

    /// A reader of the next `len` octets, which cannot read beyond them.
    pub(crate) fn sub(&mut self, len: usize) -> Result<Self, DecodeError> {
        let at = self.at();
        self.slice(len).map(|octets| Self::new(octets, at))
    }

    /// Refuses leftovers.
    pub(crate) const fn finish(self) -> Result<(), DecodeError> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.error(DecodeErrorKind::TrailingOctets)) }
    }
}

impl core::fmt::Debug for Reader<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Reader(at {}, {} left)", self.at(), self.rest.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_beyond_the_end_is_truncated_at_the_end() {
        let mut r = Reader::new(&[1, 2, 3], 10);
        assert_eq!(r.u16(), Ok(0x0102));
        assert_eq!(r.u16(), Err(DecodeError::new(DecodeErrorKind::Truncated, 13)));
        assert_eq!((r.at(), r.u8()), (12, Ok(3)));
        assert!(r.finish().is_ok());
    }

    #[test]
    fn a_sub_reader_stops_at_its_end() {
        let mut r = Reader::new(&[1, 2, 3], 0);
        let mut sub = r.sub(2).unwrap();
        assert_eq!(sub.u8(), Ok(1));
        assert_eq!(sub.finish(), Err(DecodeError::new(DecodeErrorKind::TrailingOctets, 1)));
        assert_eq!(r.u8(), Ok(3));
    }
}
