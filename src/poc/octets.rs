//! The shapes that MBCP messages are made of: fields in order, TLVs, and the RTCP APP packet around them.
//!
//! ```text
//! | code 1 | len 1 | value len |  ..  | 0 | 0 ..      a code 0 ends the list, zeros follow to a multiple of 4
//! ```

use super::error::PocError;
use super::mbcp::MAX_DATAGRAM_LEN;

/// First octet of an RTCP packet without padding: version 2.
const VERSION_2: u8 = 0x80;

/// Packet type APP.
pub(super) const PT_APP: u8 = 204;

/// Reads fields off the front.
#[derive(Clone, Copy)]
pub(super) struct Fields<'a>(pub(super) &'a [u8]);

impl<'a> Fields<'a> {
    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], PocError> {
        let (octets, rest) = self.0.split_first_chunk().ok_or(PocError::Malformed)?;
        self.0 = rest;
        Ok(*octets)
    }

    pub(super) fn u8(&mut self) -> Result<u8, PocError> {
        self.array().map(|[octet]| octet)
    }

    pub(super) fn u16(&mut self) -> Result<u16, PocError> {
        self.array().map(u16::from_be_bytes)
    }

    /// One octet of length, then that many octets.
    pub(super) fn short(&mut self) -> Result<&'a [u8], PocError> {
        let len = usize::from(self.u8()?);
        let (octets, rest) = self.0.split_at_checked(len).ok_or(PocError::Malformed)?;
        self.0 = rest;
        Ok(octets)
    }

    /// One octet of length, then that many octets of UTF-8 text.
    pub(super) fn text(&mut self) -> Result<&'a str, PocError> {
        core::str::from_utf8(self.short()?).map_err(|_| PocError::Malformed)
    }

    /// Past the zeros up to the next multiple of 4: counted from the end, because every message ends on one.
    pub(super) fn align(&mut self) -> Result<(), PocError> {
        let (zeros, rest) =
            self.0.split_at_checked(self.0.len().wrapping_rem(4)).ok_or(PocError::Malformed)?;
        Self(zeros).zeros()?;
        self.0 = rest;
        Ok(())
    }

    /// Nothing but zeros may be left.
    pub(super) fn zeros(self) -> Result<(), PocError> {
        if self.0.iter().all(|octet| *octet == 0) { Ok(()) } else { Err(PocError::Malformed) }
    }

    /// The next TLV; `None` at the end of the octets, and at a code 0 with zeros behind it.
    pub(super) fn tlv(&mut self) -> Result<Option<(u8, &'a [u8])>, PocError> {
        match self.0 {
            [] => Ok(None),
            [0, ..] => self.zeros().map(|()| None),
            _ => Ok(Some((self.u8()?, self.short()?))),
        }
    }
}

/// The octets of a TLV, which has to have `N` of them.
pub(super) fn exactly<const N: usize>(octets: &[u8]) -> Result<[u8; N], PocError> {
    octets.try_into().map_err(|_| PocError::Malformed)
}

/// Sets what is not set yet.
pub(super) fn once<T>(slot: &mut Option<T>, value: T) -> Result<(), PocError> {
    if slot.is_some() {
        return Err(PocError::Malformed);
    }
    *slot = Some(value);
    Ok(())
}

/// Writes one RTCP APP packet, and goes on counting past the end of its buffer.
pub(super) struct AppWriter<'o> {
    out: &'o mut [u8],
    at: usize,
}

impl<'o> AppWriter<'o> {
    /// Begins a packet of `subtype`, of which 5 bits count.
    pub(super) fn new(subtype: u8, ssrc: u32, name: [u8; 4], out: &'o mut [u8]) -> Self {
        let mut writer = Self { out, at: 0 };
        // The length is known at the end.
        writer.put(&[VERSION_2 | subtype & 0x1F, PT_APP, 0, 0]);
        writer.put(&ssrc.to_be_bytes());
        writer.put(&name);
        writer
    }

    pub(super) fn put(&mut self, octets: &[u8]) {
        let end = self.at.saturating_add(octets.len());
        if let Some(room) = self.out.get_mut(self.at..end) {
            for (to, from) in room.iter_mut().zip(octets) {
                *to = *from;
            }
        }
        self.at = end;
    }

    /// One octet of length, then the octets.
    pub(super) fn short(&mut self, octets: &[u8]) -> Result<(), PocError> {
        self.put(&[u8::try_from(octets.len()).map_err(|_| PocError::Malformed)?]);
        self.put(octets);
        Ok(())
    }

    /// One TLV.
    pub(super) fn tlv(&mut self, code: u8, octets: &[u8]) -> Result<(), PocError> {
        self.put(&[code]);
        self.short(octets)
    }

    /// Zeros up to the next multiple of 4.
    pub(super) fn align(&mut self) {
        while !self.at.is_multiple_of(4) {
            self.put(&[0]);
        }
    }

    /// The packet.
    pub(super) fn finish(mut self) -> Result<&'o [u8], PocError> {
        self.align();
        if self.at > MAX_DATAGRAM_LEN {
            return Err(PocError::Malformed);
        }
        let words = (self.at / 4).saturating_sub(1);
        let length = u16::try_from(words).map_err(|_| PocError::Malformed)?.to_be_bytes();
        let packet = self.out.get_mut(..self.at).ok_or(PocError::BufferTooSmall)?;
        for (to, from) in packet.iter_mut().skip(2).zip(length) {
            *to = from;
        }
        Ok(packet)
    }
}
