//! Media Burst Control on the wire: RTCP APP packets (RFC 3550 §6.7), one message each, several in a datagram.
//!
//! ```text
//! | V=2 P subtype | PT=204 | length 2 |     length = octets / 4 - 1
//! | SSRC of the sender 4              |
//! | name 4                            |     "PoC1"
//! | application-dependent ..          |     a multiple of 4
//! | padding, the last octet its count |     only with P = 1, only on the last packet of a datagram
//! ```
//!
//! A datagram of APP packets alone is reduced-size RTCP (RFC 5506 §3.4.3). A compound one is taken as well: its SR, RR
//! and SDES packets are passed over by their length.

use core::iter::FusedIterator;

use super::error::PocError;
use super::octets::{AppWriter, Fields, PT_APP};

/// Longest datagram that is read or written, protected or not, octets: the payload of an Ethernet frame.
pub const MAX_DATAGRAM_LEN: usize = 1500;

/// Octets of an APP packet before its application-dependent ones.
pub const APP_HEADER_LEN: usize = 12;

/// Largest subtype: 5 bits.
pub const MAX_SUBTYPE: u8 = 31;

/// The name of MBCP, and of TBCP before it (OMA PoC 1.0 User Plane).
pub const POC1: [u8; 4] = *b"PoC1";

/// One RTCP APP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct App<'a> {
    /// The message type, 5 bits.
    pub subtype: u8,
    /// SSRC of the sender.
    pub ssrc: u32,
    /// The name, four ASCII characters; compared with case.
    pub name: [u8; 4],
    /// The application-dependent octets without padding; a multiple of 4.
    pub octets: &'a [u8],
}

impl App<'_> {
    /// Writes the packet, without padding; it takes 12 octets and those of the application.
    ///
    /// # Errors
    ///
    /// [`PocError::Malformed`] when the subtype is above [`MAX_SUBTYPE`], the octets are no multiple of 4, or the
    /// packet would exceed [`MAX_DATAGRAM_LEN`]. [`PocError::BufferTooSmall`].
    pub fn encode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], PocError> {
        if self.subtype > MAX_SUBTYPE || !self.octets.len().is_multiple_of(4) {
            return Err(PocError::Malformed);
        }
        let mut writer = AppWriter::new(self.subtype, self.ssrc, self.name, out);
        writer.put(self.octets);
        writer.finish()
    }
}

/// The APP packets of `datagram` in order.
///
/// SR (200), RR (201) and SDES (202) packets of version 2 are skipped by their length. One bad packet ends the
/// iteration with its error; the packets before it count.
///
/// The error is [`PocError::Malformed`]: a datagram that is empty or longer than [`MAX_DATAGRAM_LEN`], a packet of
/// fewer than 12 octets, a version other than 2, a packet type that is neither APP nor one of the skipped ones, a length
/// beyond the end of the datagram, padding on a packet that is not the last, or a padding count that is 0, no multiple
/// of 4, or larger than the application-dependent octets.
#[must_use]
pub const fn apps(datagram: &[u8]) -> Apps<'_> {
    Apps { rest: Some(datagram) }
}

/// What [`apps`] gives.
#[derive(Clone, Debug)]
pub struct Apps<'a> {
    /// Octets not yet read; `None` at the end, and after an error.
    rest: Option<&'a [u8]>,
}

impl<'a> Iterator for Apps<'a> {
    type Item = Result<App<'a>, PocError>;

    fn next(&mut self) -> Option<Self::Item> {
        while let Some(octets) = self.rest.take() {
            match packet(octets) {
                Ok((app, rest)) => {
                    self.rest = Some(rest).filter(|rest| !rest.is_empty());
                    if let Some(app) = app {
                        return Some(Ok(app));
                    }
                }
                Err(error) => return Some(Err(error)),
            }
        }
        None
    }
}

impl FusedIterator for Apps<'_> {}

/// The first packet of `octets`, unless it is one of the skipped types, and what follows it.
fn packet(octets: &[u8]) -> Result<(Option<App<'_>>, &[u8]), PocError> {
    let [first, packet_type, high, low, ..] = *octets else { return Err(PocError::Malformed) };
    let words = usize::from(u16::from_be_bytes([high, low])).saturating_add(1);
    if octets.len() > MAX_DATAGRAM_LEN || first >> 6 != 2 {
        return Err(PocError::Malformed);
    }
    let (packet, rest) = octets.split_at_checked(words.saturating_mul(4)).ok_or(PocError::Malformed)?;
    match packet_type {
        200..=202 => Ok((None, rest)),
        PT_APP => {
            let mut fields = Fields(packet);
            let [_, _, _, _] = fields.array()?;
            let ssrc = u32::from_be_bytes(fields.array()?);
            let name = fields.array()?;
            let octets =
                if first & 0x20 == 0 { fields.0 } else { without_padding(fields.0, rest.is_empty())? };
            Ok((Some(App { subtype: first & MAX_SUBTYPE, ssrc, name, octets }), rest))
        }
        _ => Err(PocError::Malformed),
    }
}

/// `octets` up to their padding, which only the last packet of a datagram may have.
fn without_padding(octets: &[u8], last: bool) -> Result<&[u8], PocError> {
    let count = octets.last().copied().filter(|count| last && *count != 0 && count.is_multiple_of(4));
    let kept = count.and_then(|count| octets.len().checked_sub(usize::from(count)));
    kept.and_then(|kept| octets.get(..kept)).ok_or(PocError::Malformed)
}
