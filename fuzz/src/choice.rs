//! Decisions drawn from the fuzzer's octets.

/// Gives out octets until none are left.
pub(crate) struct Choices<'a>(&'a [u8]);

impl<'a> Choices<'a> {
    pub(crate) const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    pub(crate) fn octet(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// A number below `end`, which is not 0.
    pub(crate) fn below(&mut self, end: u8) -> Option<u8> {
        self.octet().map(|octet| octet % end)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes([self.octet()?, self.octet()?]))
    }

    /// One octet of length, then at most that many octets.
    pub(crate) fn slice(&mut self) -> Option<&'a [u8]> {
        let len = usize::from(self.octet()?).min(self.0.len());
        let (slice, rest) = self.0.split_at(len);
        self.0 = rest;
        Some(slice)
    }
}
