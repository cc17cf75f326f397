//! MIKEY messages in SDP: the `key-mgmt` attribute (RFC 4567 §3, §4.1).
//!
//! ```text
//! a=key-mgmt:mikey <base64 of the MIKEY message>
//!
//! v=0 ..                     session level
//! a=key-mgmt:mikey AAA..
//! m=audio ..                 first media: its own line counts for it, the one above does not
//! a=key-mgmt:mikey BBB..
//! m=audio ..                 second media: the session's line counts
//! ```
//!
//! Only lines and levels of the SDP are known here; the rest of it is passed over.

use core::fmt;

use super::error::PocError;
pub use crate::wire::{MIKEY, key_mgmt_line_len};
use crate::wire::{TextError, decode_message_text, encode_key_mgmt_line, parse_key_mgmt_line};

/// Longest SDP, octets.
pub const MAX_SDP_LEN: usize = 16 * 1024;

/// Most `key-mgmt` lines of an SDP.
pub const MAX_KEY_MGMT_LINES: usize = 16;

/// Longest list of protocol names, octets.
pub const MAX_SDP_IDS_LEN: usize = 255;

/// Writes the line that carries `message`, without a line end.
///
/// # Errors
///
/// [`PocError::Malformed`] when the message is empty or longer than [`MAX_MESSAGE_LEN`](crate::wire::MAX_MESSAGE_LEN);
/// [`PocError::BufferTooSmall`], see [`key_mgmt_line_len`].
pub fn encode_key_mgmt<'o>(message: &[u8], out: &'o mut [u8]) -> Result<&'o str, PocError> {
    encode_key_mgmt_line(message, out).map_err(refused)
}

const fn refused(e: TextError) -> PocError {
    match e {
        TextError::Malformed => PocError::Malformed,
        TextError::BufferTooSmall => PocError::BufferTooSmall,
    }
}

/// One `key-mgmt` attribute. `Debug` shows the length of the message only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct KeyMgmt<'a> {
    protocol: &'a str,
    base64: &'a str,
}

impl<'a> KeyMgmt<'a> {
    /// Reads one line, with or without its line end; `None` when it is another line of SDP.
    ///
    /// # Errors
    ///
    /// [`PocError::Malformed`]: more than one blank behind the colon, a protocol name that is no token, no single blank
    /// behind it, or nothing behind that blank.
    pub fn parse(line: &'a [u8]) -> Result<Option<Self>, PocError> {
        let parsed = parse_key_mgmt_line(line).map_err(refused)?;
        Ok(parsed.map(|(protocol, base64)| Self { protocol, base64 }))
    }

    /// The name of the key management protocol.
    #[must_use]
    pub const fn protocol(&self) -> &'a str {
        self.protocol
    }

    /// The MIKEY message, decoded into `out`. Missing padding is tolerated.
    ///
    /// # Errors
    ///
    /// [`PocError::UnknownProtocol`] for a protocol other than [`MIKEY`]. [`PocError::Malformed`] when a character is
    /// not of the standard alphabet, padding is wrong, bits are left over that are not 0, or the message is longer than
    /// [`MAX_MESSAGE_LEN`](crate::wire::MAX_MESSAGE_LEN). [`PocError::BufferTooSmall`].
    pub fn decode<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], PocError> {
        if self.protocol != MIKEY {
            return Err(PocError::UnknownProtocol);
        }
        decode_message_text(self.base64, out).map_err(refused)
    }
}

impl fmt::Debug for KeyMgmt<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyMgmt({}, {} characters)", self.protocol, self.base64.len())
    }
}

/// Where in an SDP an attribute stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "SDP has these two levels")]
pub enum SdpLevel {
    /// Before the first `m=` line.
    Session,
    /// Behind the `m=` line with this number, from 0.
    Media(usize),
}

/// The `key-mgmt` attributes of an SDP, in order.
///
/// Each of them is to be processed, and one that fails fails the whole set-up (RFC 4567 §4.1.2). Which keys then serve a
/// media is what [`for_media`](Self::for_media) says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SdpKeyMgmt<'a> {
    attributes: heapless::Vec<(SdpLevel, KeyMgmt<'a>), MAX_KEY_MGMT_LINES>,
    media_count: usize,
}

impl<'a> SdpKeyMgmt<'a> {
    /// Finds the attributes of `sdp`, and checks their form; the messages in them are not decoded.
    ///
    /// # Errors
    ///
    /// [`PocError::Malformed`]: a line that [`KeyMgmt::parse`] refuses, one protocol twice at one level, an SDP longer
    /// than [`MAX_SDP_LEN`]. [`PocError::CapacityExceeded`] for more than [`MAX_KEY_MGMT_LINES`] attributes.
    pub fn parse(sdp: &'a [u8]) -> Result<Self, PocError> {
        if sdp.len() > MAX_SDP_LEN {
            return Err(PocError::Malformed);
        }
        let mut found = Self { attributes: heapless::Vec::new(), media_count: 0 };
        let mut level = SdpLevel::Session;
        for line in sdp.split(|octet| *octet == b'\n') {
            if line.starts_with(b"m=") {
                level = SdpLevel::Media(found.media_count);
                found.media_count = found.media_count.saturating_add(1);
            } else if let Some(attribute) = KeyMgmt::parse(line)? {
                if found.at(level).any(|other| other.protocol == attribute.protocol) {
                    return Err(PocError::Malformed);
                }
                found.attributes.push((level, attribute)).map_err(|_| PocError::CapacityExceeded)?;
            }
        }
        Ok(found)
    }

    /// How many `m=` lines there are.
    #[must_use]
    pub const fn media_count(&self) -> usize {
        self.media_count
    }

    /// All attributes with their level, most wanted first within a level.
    pub fn iter(&self) -> impl Iterator<Item = (SdpLevel, KeyMgmt<'a>)> + '_ {
        self.attributes.iter().copied()
    }

    /// The attributes that stand at `level`.
    pub fn at(&self, level: SdpLevel) -> impl Iterator<Item = KeyMgmt<'a>> + '_ {
        self.iter().filter(move |(at, _)| *at == level).map(|(_, attribute)| attribute)
    }

    /// The attributes that count for the media with this number, from 0: its own, or else those of the session. None for
    /// a media that is not there.
    pub fn for_media(&self, media: usize) -> impl Iterator<Item = KeyMgmt<'a>> + '_ {
        let own = SdpLevel::Media(media);
        let level = if self.at(own).next().is_some() { own } else { SdpLevel::Session };
        self.at(level).filter(move |_| media < self.media_count)
    }

    /// The names of the protocols, each once, in the order in which they first stand.
    pub fn protocols(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.iter().enumerate().filter_map(|(at, (_, KeyMgmt { protocol, .. }))| {
            let before = self.iter().take(at).any(|(_, other)| other.protocol == protocol);
            (!before).then_some(protocol)
        })
    }

    /// Writes the names of the protocols, joined by `;`: the data of a General Extension of type 1 (RFC 3830 §6.15), by
    /// which the MAC of the MIKEY message covers them.
    ///
    /// # Errors
    ///
    /// [`PocError::CapacityExceeded`] when the list would exceed [`MAX_SDP_IDS_LEN`], [`PocError::BufferTooSmall`].
    pub fn encode_sdp_ids<'o>(&self, out: &'o mut [u8]) -> Result<&'o [u8], PocError> {
        let mut len = 0usize;
        for protocol in self.protocols() {
            let separator: &[u8] = if len == 0 { b"" } else { b";" };
            for part in [separator, protocol.as_bytes()] {
                let end = len.saturating_add(part.len());
                if end > MAX_SDP_IDS_LEN {
                    return Err(PocError::CapacityExceeded);
                }
                out.get_mut(len..end).ok_or(PocError::BufferTooSmall)?.copy_from_slice(part);
                len = end;
            }
        }
        out.get(..len).ok_or(PocError::BufferTooSmall)
    }

    /// Compares the list of names that a MIKEY message carries in its extension of type 1 with the names here; a name
    /// that the list repeats counts once. A message without the list passes unless `required`.
    ///
    /// # Errors
    ///
    /// [`PocError::BadMac`]: somebody took a protocol out of the SDP, or put one in, which is what the MAC over the list
    /// is there to show; or the list is required and missing.
    pub fn verify_sdp_ids(&self, list: Option<&[u8]>, required: bool) -> Result<(), PocError> {
        let Some(list) = list else {
            return if required { Err(PocError::BadMac) } else { Ok(()) };
        };
        let names = || list.split(|octet| *octet == b';');
        let distinct = names()
            .enumerate()
            .filter(|(at, name)| !names().take(*at).any(|before| before == *name))
            .map(|(_, name)| name);
        let same = list.len() <= MAX_SDP_IDS_LEN && distinct.eq(self.protocols().map(str::as_bytes));
        if same { Ok(()) } else { Err(PocError::BadMac) }
    }
}
