//! A bounded writer that goes on counting past its end, so that the error can say how much is needed.

use crate::error::EncodeError;

/// Writes fields one behind the other.
pub(crate) struct Writer<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl<'o> Writer<'o> {
    pub(crate) const fn new(out: &'o mut [u8]) -> Self {
        Self { out, at: 0 }
    }

    /// Octets written, or that would have been.
    pub(crate) const fn at(&self) -> usize {
        self.at
    }

    #[inline]
    pub(crate) fn put(&mut self, octets: &[u8]) {
        let end = self.at.saturating_add(octets.len());
        if let Some(room) = self.out.get_mut(self.at..end).filter(|room| room.len() == octets.len()) {
            for (to, from) in room.iter_mut().zip(octets) {
                *to = *from;
            }
        }
        self.at = end;
    }

    #[inline]
    pub(crate) fn u8(&mut self, octet: u8) {
        self.put(&[octet]);
    }

    /// One octet of length, then the octets.
    pub(crate) fn short(&mut self, octets: &[u8]) -> Result<(), EncodeError> {
        self.u8(u8::try_from(octets.len()).map_err(|_| EncodeError::FieldTooLong)?);
        self.put(octets);
        Ok(())
    }

    /// Two octets of length, then the octets.
    pub(crate) fn long(&mut self, octets: &[u8]) -> Result<(), EncodeError> {
        self.put(&u16::try_from(octets.len()).map_err(|_| EncodeError::FieldTooLong)?.to_be_bytes());
        self.put(octets);
        Ok(())
    }

    /// Leaves room for `len` octets, zeroed, to be filled later.
    pub(crate) fn skip(&mut self, len: usize) {
        let end = self.at.saturating_add(len);
        if let Some(room) = self.out.get_mut(self.at..end) {
            room.fill(0);
        }
        self.at = end;
    }

    /// Goes on at `at`, keeping the octets before it.
    pub(crate) const fn skip_over(&mut self, at: usize) {
        self.at = at;
    }

    /// Overwrites the octet at `at`.
    pub(crate) fn patch(&mut self, at: usize, octet: u8) {
        if let Some(slot) = self.out.get_mut(at) {
            *slot = octet;
        }
    }

    /// The octets written.
    pub(crate) fn finish(self) -> Result<&'o mut [u8], EncodeError> {
        let needed = u32::try_from(self.at).unwrap_or(u32::MAX);
        self.out.get_mut(..self.at).ok_or(EncodeError::BufferTooSmall { needed })
    }
}

impl core::fmt::Debug for Writer<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Writer({} of {} octets)", self.at, self.out.len())
    }
}
