//! Media Burst Control under an MTK: SRTCP (RFC 3711 §3.4, TS 33.246 §6.6.2).
//!
//! ```text
//! | first 8 octets of the first packet | the rest, encrypted | E 1 bit, index 31 bits | MKI 6 | tag 10 |
//! |<--------------------- under the tag ----------------------------------------->|
//! ```
//!
//! MKI = MSK ID (4) and MTK ID (2), AES-CM-128, HMAC-SHA-1-80, key derivation rate 0. "Encrypted with the old MSK" means
//! protected by an MTK that was delivered under the old MSK.
//!
//! The MKI is not under the tag: it says which key to try, and the key that fits proves it. A receiver looks up the key
//! with [`srtcp_mki`], lets [`SrtcpReplay::unprotect`] decide, and reads the octets only then.

use core::fmt;

use super::error::PocError;
use super::mbcp::{MAX_DATAGRAM_LEN, apps};
use crate::crypto::srtcp::{SessionKeys, TAG_LEN};
use crate::crypto::{Primitives, RustCrypto};
use crate::id::Mki;
use crate::keys::{Mtk, MtkSalt};

/// Octets that protection adds: index word 4, MKI 6, tag 10.
pub const SRTCP_TRAILER_LEN: usize = 4 + Mki::LEN + TAG_LEN;

/// How many indices, from the newest one down, a receiver tells apart from replays.
pub const SRTCP_WINDOW: u64 = 64;

/// Most SRTCP packets under one master key (RFC 3711 §9.2), which is also the number of indices.
pub const MAX_SRTCP_PACKETS: u32 = 1 << 31;

/// The E bit of the index word: the packet is encrypted.
const ENCRYPTED: u32 = 1 << 31;

/// Octets that stay clear: header and SSRC of the first packet.
const CLEAR_LEN: usize = 8;

/// How close to the ends of its range an index has to be for the stream to have gone round.
const NEAR_END: u64 = 1 << 16;

/// The SRTCP session keys of one MTK: labels 3, 4 and 5. Wiped on drop.
pub struct SrtcpKeys<P = RustCrypto>(SessionKeys<P>);

impl<P: Primitives> SrtcpKeys<P> {
    /// Derives the session keys of `mtk`. Without a salt SRTP takes 14 zero octets (RFC 3711 §3.2.1).
    #[must_use]
    pub fn derive(p: P, mtk: &Mtk, salt: Option<&MtkSalt>) -> Self {
        Self(SessionKeys::derive(p, mtk.secret(), salt.map(MtkSalt::secret)))
    }
}

impl<P> fmt::Debug for SrtcpKeys<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SrtcpKeys(..)")
    }
}

/// The index of one outgoing stream, that is of one SSRC.
///
/// It starts at 0, goes up by one with each packet, and goes on when the MTK changes (RFC 3711 §3.4). There is no copy
/// of it: two packets with one index under one key would give their content away.
#[derive(Debug, Default, PartialEq, Eq, Hash)]
pub struct SrtcpSender {
    /// Index of the next packet; 2^31 when there is none left under the last key.
    next: u32,
    /// The last key.
    mki: Option<Mki>,
}

impl SrtcpSender {
    /// A stream that has sent nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { next: 0, mki: None }
    }

    /// A stream that goes on after a restart: `next_index` was not used yet, `last` is the key of the last packet. An
    /// index above 2^31 counts as 2^31: used up under that key.
    #[must_use]
    pub const fn resume(next_index: u32, last: Option<Mki>) -> Self {
        Self { next: if next_index < MAX_SRTCP_PACKETS { next_index } else { MAX_SRTCP_PACKETS }, mki: last }
    }

    /// Index of the next packet; 2^31 when only another key can send it.
    #[must_use]
    pub const fn next_index(&self) -> u32 {
        self.next
    }

    /// Protects the datagram `packet`, one or more RTCP packets, under the key that `mki` names. The output is
    /// [`SRTCP_TRAILER_LEN`] octets longer.
    ///
    /// Keys follow one another: one that was left for another must not come back. The index goes round to 0 only with a
    /// new key, so that one master key never protects more than [`MAX_SRTCP_PACKETS`] packets, nor two with one index.
    ///
    /// # Errors
    ///
    /// [`PocError::Malformed`] when the packet has fewer than 8 octets, a version other than 2, or would exceed
    /// [`MAX_DATAGRAM_LEN`]. [`PocError::KeyExhausted`] when the key has no index left: a new MTK is needed.
    /// [`PocError::BufferTooSmall`]. No index is used up then.
    pub fn protect<'o, P: Primitives>(
        &mut self, keys: &SrtcpKeys<P>, mki: Mki, packet: &[u8], out: &'o mut [u8],
    ) -> Result<&'o [u8], PocError> {
        let len = packet.len().saturating_add(SRTCP_TRAILER_LEN);
        let clear = packet.first_chunk::<CLEAR_LEN>().ok_or(PocError::Malformed)?;
        if len > MAX_DATAGRAM_LEN || version(clear) != 2 {
            return Err(PocError::Malformed);
        }
        let index = match self.next {
            MAX_SRTCP_PACKETS if self.mki == Some(mki) => return Err(PocError::KeyExhausted),
            MAX_SRTCP_PACKETS => 0,
            next => next,
        };
        let room = out.get_mut(..len).ok_or(PocError::BufferTooSmall)?;
        let (body, trailer) = room.split_at_mut_checked(packet.len()).ok_or(PocError::BufferTooSmall)?;
        body.copy_from_slice(packet);
        keys.0.apply(ssrc(clear), index, body.get_mut(CLEAR_LEN..).unwrap_or_default());
        let word = (ENCRYPTED | index).to_be_bytes();
        let tag = keys.0.seal(&[body, &word]);
        for (to, from) in trailer.iter_mut().zip(word.into_iter().chain(mki.to_octets()).chain(tag)) {
            *to = from;
        }
        self.next = index.saturating_add(1);
        self.mki = Some(mki);
        Ok(room)
    }
}

/// The MKI in a packet, which nothing has authenticated: to look up the key with, and for nothing else.
///
/// # Errors
///
/// [`PocError::Unprotected`] when the packet is not encrypted or is plain RTCP too short to be protected,
/// [`PocError::Malformed`] when it is no SRTCP packet for another reason: shorter than 28 octets, longer than
/// [`MAX_DATAGRAM_LEN`], a version other than 2.
pub fn srtcp_mki(packet: &[u8]) -> Result<Mki, PocError> {
    Received::split(packet).map(|received| received.mki)
}

/// The replay window of one incoming stream, that is of one SSRC; it goes on when the MTK changes.
///
/// It is apart from the windows of SRTP. An index is accepted once, if it is newer than all before or among the
/// [`SRTCP_WINDOW`] newest. A stream whose index goes round is followed if the key changes with it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SrtcpReplay {
    /// The newest packet: rounds * 2^31 + index, and its key.
    newest: Option<(u64, Mki)>,
    /// Bit n: the index n below the newest one was seen.
    seen: u64,
}

impl SrtcpReplay {
    /// A window that has seen nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { newest: None, seen: 0 }
    }

    /// Verifies and decrypts `packet` with the keys that its MKI names; the output is [`SRTCP_TRAILER_LEN`] octets
    /// shorter, and authentic.
    ///
    /// # Errors
    ///
    /// In this order: those of [`srtcp_mki`]; [`PocError::BufferTooSmall`]; [`PocError::Replay`] when the index was seen
    /// before or lies below the window; [`PocError::BadMac`]. In place of the last two, [`PocError::Unprotected`] for
    /// what is plain RTCP from end to end. The window has not moved then, and nothing was written to `out`.
    pub fn unprotect<'o, P: Primitives>(
        &mut self, keys: &SrtcpKeys<P>, packet: &[u8], out: &'o mut [u8],
    ) -> Result<&'o [u8], PocError> {
        let received = Received::split(packet)?;
        let room = out.get_mut(..received.rtcp.len()).ok_or(PocError::BufferTooSmall)?;
        let refused = |error| if is_plain(packet) { PocError::Unprotected } else { error };
        let moved = self.with(received.index, received.mki).ok_or_else(|| refused(PocError::Replay))?;
        if !keys.0.verify(&[received.authenticated], received.tag) {
            return Err(refused(PocError::BadMac));
        }
        room.copy_from_slice(received.rtcp);
        keys.0.apply(received.ssrc, received.index, room.get_mut(CLEAR_LEN..).unwrap_or_default());
        *self = moved;
        Ok(room)
    }

    /// The window after this index; `None` when it was seen, or may have been.
    fn with(self, index: u32, mki: Mki) -> Option<Self> {
        let Some((newest, newest_mki)) = self.newest else {
            return Some(Self { newest: Some((u64::from(index), mki)), seen: 1 });
        };
        let at = place(index, newest, mki != newest_mki);
        if let Some(ahead) = at.checked_sub(newest).filter(|ahead| *ahead > 0) {
            let kept = u32::try_from(ahead).ok().and_then(|ahead| self.seen.checked_shl(ahead)).unwrap_or(0);
            return Some(Self { newest: Some((at, mki)), seen: kept | 1 });
        }
        let behind = u32::try_from(newest.saturating_sub(at)).ok()?;
        let bit = 1u64.checked_shl(behind)?;
        (self.seen & bit == 0).then_some(Self { seen: self.seen | bit, ..self })
    }
}

/// `index` on the line of all indices, which counts rounds: in the round of `newest`, the one before, or, with another
/// key only, the one after. A key does not outlive its round, so the same key in it could only be a replay.
const fn place(index: u32, newest: u64, other_key: bool) -> u64 {
    const ROUND: u64 = MAX_SRTCP_PACKETS as u64;
    const LATE: u64 = ROUND.saturating_sub(NEAR_END);
    let (at, index) = (newest & ROUND.saturating_sub(1), index as u64);
    let start = newest.saturating_sub(at);
    if other_key && at >= LATE && index < NEAR_END {
        start.saturating_add(ROUND).saturating_add(index)
    } else if at < NEAR_END && index >= LATE {
        // In the first round, which has none before it, this is the same round.
        start.saturating_sub(ROUND).saturating_add(index)
    } else {
        start.saturating_add(index)
    }
}

/// An SRTCP packet in its parts; nothing is authenticated.
struct Received<'a> {
    /// Packet and index word.
    authenticated: &'a [u8],
    /// The packet alone.
    rtcp: &'a [u8],
    ssrc: u32,
    index: u32,
    mki: Mki,
    tag: &'a [u8; TAG_LEN],
}

impl<'a> Received<'a> {
    fn split(packet: &'a [u8]) -> Result<Self, PocError> {
        let (rest, tag) = packet.split_last_chunk().ok_or_else(|| too_short(packet))?;
        let (authenticated, mki) = rest.split_last_chunk().ok_or_else(|| too_short(packet))?;
        let (rtcp, word) = authenticated.split_last_chunk().ok_or_else(|| too_short(packet))?;
        let clear = rtcp.first_chunk::<CLEAR_LEN>().ok_or_else(|| too_short(packet))?;
        if packet.len() > MAX_DATAGRAM_LEN || version(clear) != 2 {
            return Err(PocError::Malformed);
        }
        let word = u32::from_be_bytes(*word);
        if word & ENCRYPTED == 0 {
            return Err(PocError::Unprotected);
        }
        let (ssrc, index, mki) = (ssrc(clear), word & !ENCRYPTED, Mki::from_octets(*mki));
        Ok(Self { authenticated, rtcp, ssrc, index, mki, tag })
    }
}

fn too_short(packet: &[u8]) -> PocError {
    if is_plain(packet) { PocError::Unprotected } else { PocError::Malformed }
}

/// Whether `packet` is plain RTCP from end to end. A protected one may look like that by accident: ask only about what
/// is refused anyway.
fn is_plain(packet: &[u8]) -> bool {
    apps(packet).all(|app| app.is_ok())
}

const fn version(clear: &[u8; CLEAR_LEN]) -> u8 {
    let [first, ..] = *clear;
    first >> 6
}

const fn ssrc(clear: &[u8; CLEAR_LEN]) -> u32 {
    let [_, _, _, _, a, b, c, d] = *clear;
    u32::from_be_bytes([a, b, c, d])
}
