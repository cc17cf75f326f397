//! SRTCP of mission-critical signalling: AEAD_AES_128_GCM and AEAD_AES_256_GCM (RFC 7714 §9, RFC 3711 §3.4).
//!
//! ```text
//! | RTCP header 8 | ciphertext | tag 16 | E 1 bit, index 31 bits | MKI 4 |
//! |<---- AAD ---->|                     |<------- AAD ---------->|
//! ```
//!
//! MKI = key ID; it is not under the tag, the key that fits proves it. Both directions of a CSK share one master key, so
//! nobody may send with an SSRC that his peer uses: the same IV would come twice.

use core::fmt;

use super::error::McxError;
use super::settings::SaltPlace;
use crate::crypto::srtcp_gcm::{GcmKeys, place};
use crate::crypto::{Primitives, RustCrypto};
use crate::keys::{KeyId, MasterKey, SrtpMaster};
use crate::secret::Secret;

/// Octets that protection adds: tag 16, index word 4, MKI 4.
pub const SRTCP_OVERHEAD: usize = 24;

/// How many indices, from the newest one down, a receiver tells apart from replays.
pub const SRTCP_REPLAY_WINDOW: u64 = 64;

/// Packets under one master key, and number of indices (RFC 3711 §9.2).
const ROUND: u64 = 1 << 31;

/// How near to the end of the indices a packet must be to count as the one before a wrap, and to the start behind it.
const NEAR_WRAP: u64 = 1 << 16;

/// The E bit of the index word.
const ENCRYPTED: u32 = 1 << 31;

/// Octets that stay clear: the header and SSRC of the first packet.
const CLEAR_LEN: usize = 8;

/// Octets that protect SRTCP under one key, scheduled.
pub struct SignallingSrtcp {
    keys: GcmKeys,
    key_id: KeyId,
}

impl SignallingSrtcp {
    /// Derives the session keys of `master` (RFC 3711 §4.3, key derivation rate 0).
    #[must_use]
    pub fn new(master: &SrtpMaster, key_id: KeyId, salt_place: SaltPlace) -> Self {
        Self::with(&RustCrypto, master, key_id, salt_place)
    }

    /// [`new`](Self::new) with the caller's primitives; AES-GCM itself has no seam.
    #[must_use]
    pub fn with<P: Primitives>(p: &P, master: &SrtpMaster, key_id: KeyId, salt_place: SaltPlace) -> Self {
        let salt = place(&master.salt, salt_place == SaltPlace::BehindZeros);
        let keys = match &master.key {
            MasterKey::Aes128(key) => GcmKeys::derive_128(p, key, &salt),
            MasterKey::Aes256(key) => GcmKeys::derive_256(p, key, &salt),
        };
        Self { keys, key_id }
    }

    /// Takes session keys as they are.
    #[must_use]
    pub fn from_session_keys(key: &Secret<16>, salt: Secret<12>, key_id: KeyId) -> Self {
        Self { keys: GcmKeys::from_session(key, salt), key_id }
    }

    /// The key ID, which is the MKI.
    #[must_use]
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }
}

impl fmt::Debug for SignallingSrtcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SignallingSrtcp({:?})", self.key_id)
    }
}

/// The MKI of a packet: which key to try. Nothing is proven.
///
/// # Errors
///
/// [`McxError::Malformed`] for a packet that is too short, or an MKI that is no key ID.
pub fn srtcp_key_id(packet: &[u8]) -> Result<KeyId, McxError> {
    let (_, mki) = packet.split_last_chunk().ok_or(McxError::Malformed)?;
    KeyId::from_u32(u32::from_be_bytes(*mki)).ok_or(McxError::Malformed)
}

/// What was received of one SSRC under one key.
#[derive(Clone, Copy, Debug)]
struct Window {
    ssrc: u32,
    key_id: KeyId,
    /// Indices on a line that goes on where they wrap.
    first: u64,
    newest: u64,
    seen: u64,
}

impl Window {
    /// The window after `index`; `None` when it was seen, or may have been.
    fn with(self, index: u32) -> Option<Self> {
        let in_round = self.newest & ROUND.saturating_sub(1);
        let start = self.newest.saturating_sub(in_round);
        let (late, index) = (ROUND.saturating_sub(NEAR_WRAP), u64::from(index));
        let at = if in_round >= late && index < NEAR_WRAP {
            start.saturating_add(ROUND).saturating_add(index)
        } else if in_round < NEAR_WRAP && index >= late && start > 0 {
            start.saturating_sub(ROUND).saturating_add(index)
        } else {
            start.saturating_add(index)
        };
        // A key ends before its indices come round.
        if at >= self.first.saturating_add(ROUND) {
            return None;
        }
        if let Some(ahead) = at.checked_sub(self.newest).filter(|ahead| *ahead > 0) {
            let kept = u32::try_from(ahead).ok().and_then(|ahead| self.seen.checked_shl(ahead)).unwrap_or(0);
            return Some(Self { newest: at, seen: kept | 1, ..self });
        }
        let behind = u32::try_from(self.newest.saturating_sub(at)).ok()?;
        let bit = 1u64.checked_shl(behind)?;
        (self.seen & bit == 0).then_some(Self { seen: self.seen | bit, ..self })
    }
}

/// One end of a signalling channel: its own SSRC and index, and what it received of at most `PEERS` pairs of SSRC and key.
#[derive(Clone, Debug)]
pub struct SrtcpEndpoint<const PEERS: usize> {
    ssrc: u32,
    /// The index before the first packet under the current key.
    first: u32,
    next: u32,
    key_id: Option<KeyId>,
    exhausted: bool,
    windows: heapless::Vec<Window, PEERS>,
}

impl<const PEERS: usize> SrtcpEndpoint<PEERS> {
    /// An end that sends as `ssrc`, its next packet with `index`: 0 at first, after a restart one that was never used.
    #[must_use]
    pub const fn new(ssrc: u32, index: u32) -> Self {
        let index = index & !ENCRYPTED;
        let windows = heapless::Vec::new();
        Self { ssrc, first: index, next: index, key_id: None, exhausted: false, windows }
    }

    /// The SSRC.
    #[must_use]
    pub const fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// The index of the next packet, to be kept over a restart.
    #[must_use]
    pub const fn next_index(&self) -> u32 {
        self.next
    }

    /// Protects a compound packet or a lone APP packet whose SSRC is that of this end. The index goes on under a new key.
    ///
    /// # Errors
    ///
    /// [`McxError::Malformed`] for less than a header, another version than 2 or another SSRC;
    /// [`McxError::SsrcCollision`] when a packet with this SSRC came from the peer; [`McxError::KeyExhausted`];
    /// [`McxError::BufferTooSmall`], [`SRTCP_OVERHEAD`] octets are added.
    pub fn protect<'o>(
        &mut self, keys: &SignallingSrtcp, rtcp: &[u8], out: &'o mut [u8],
    ) -> Result<&'o [u8], McxError> {
        let (clear, body) = rtcp.split_first_chunk::<CLEAR_LEN>().ok_or(McxError::Malformed)?;
        if version(clear) != 2 || ssrc(clear) != self.ssrc {
            return Err(McxError::Malformed);
        }
        if self.windows.iter().any(|window| window.ssrc == self.ssrc) {
            return Err(McxError::SsrcCollision);
        }
        let new_key = self.key_id != Some(keys.key_id);
        if self.exhausted && !new_key {
            return Err(McxError::KeyExhausted);
        }
        let out = out.get_mut(..rtcp.len().saturating_add(SRTCP_OVERHEAD)).ok_or(McxError::BufferTooSmall)?;
        let (packet, rest) = out.split_at_mut_checked(rtcp.len()).ok_or(McxError::BufferTooSmall)?;
        let (tag, rest) = rest.split_first_chunk_mut().ok_or(McxError::BufferTooSmall)?;
        let (index, mki) = rest.split_first_chunk_mut::<4>().ok_or(McxError::BufferTooSmall)?;
        let (head, text) = packet.split_first_chunk_mut().ok_or(McxError::BufferTooSmall)?;
        let word = ENCRYPTED | self.next;
        *head = *clear;
        text.copy_from_slice(body);
        *tag = keys.keys.seal(self.ssrc, self.next, &aad(*clear, word), text).ok_or(McxError::Malformed)?;
        *index = word.to_be_bytes();
        mki.copy_from_slice(&keys.key_id.to_octets());
        if new_key {
            (self.first, self.key_id) = (self.next, Some(keys.key_id));
        }
        self.next = self.next.wrapping_add(1) & !ENCRYPTED;
        self.exhausted = self.next == self.first;
        Ok(out)
    }

    /// Checks and decrypts a packet under `keys`; [`srtcp_key_id`] says which ones.
    ///
    /// # Errors
    ///
    /// [`McxError::Malformed`], [`McxError::NotEncrypted`] when E is 0, [`McxError::UnknownKey`] for another MKI,
    /// [`McxError::SsrcCollision`] when the peer sends as this end, [`McxError::Replay`],
    /// [`McxError::CapacityExceeded`] when `PEERS` pairs are known, [`McxError::Unauthentic`],
    /// [`McxError::BufferTooSmall`]. The collision alone is remembered, when the packet is authentic: from then on this end
    /// does not send. Nothing else has changed.
    pub fn unprotect<'o>(
        &mut self, keys: &SignallingSrtcp, packet: &[u8], out: &'o mut [u8],
    ) -> Result<&'o [u8], McxError> {
        let (rest, mki) = packet.split_last_chunk::<4>().ok_or(McxError::Malformed)?;
        let (rest, word) = rest.split_last_chunk().ok_or(McxError::Malformed)?;
        let (rtcp, tag) = rest.split_last_chunk().ok_or(McxError::Malformed)?;
        let (clear, body) = rtcp.split_first_chunk::<CLEAR_LEN>().ok_or(McxError::Malformed)?;
        if version(clear) != 2 {
            return Err(McxError::Malformed);
        }
        let word = u32::from_be_bytes(*word);
        if word & ENCRYPTED == 0 {
            return Err(McxError::NotEncrypted);
        }
        if *mki != keys.key_id.to_octets() {
            return Err(McxError::UnknownKey);
        }
        let (ssrc, index) = (ssrc(clear), word & !ENCRYPTED);
        let known = self.windows.iter().position(|at| (at.ssrc, at.key_id) == (ssrc, keys.key_id));
        let moved = match known.and_then(|at| self.windows.get(at)) {
            Some(window) => window.with(index).ok_or(McxError::Replay)?,
            None if self.windows.is_full() => return Err(McxError::CapacityExceeded),
            None => {
                let at = u64::from(index);
                Window { ssrc, key_id: keys.key_id, first: at, newest: at, seen: 1 }
            }
        };
        let room = out.get_mut(..rtcp.len()).ok_or(McxError::BufferTooSmall)?;
        let (head, text) = room.split_first_chunk_mut().ok_or(McxError::BufferTooSmall)?;
        text.copy_from_slice(body);
        let opened = keys.keys.open(ssrc, index, &aad(*clear, word), text, tag);
        opened.ok_or(McxError::Unauthentic)?;
        *head = *clear;
        match known.and_then(|at| self.windows.get_mut(at)) {
            Some(window) => *window = moved,
            None => self.windows.push(moved).map_err(|_| McxError::CapacityExceeded)?,
        }
        if ssrc == self.ssrc {
            room.fill(0);
            return Err(McxError::SsrcCollision);
        }
        Ok(room)
    }

    /// Forgets what was received under `key_id`, once no more will come.
    pub fn forget(&mut self, key_id: KeyId) {
        self.windows.retain(|window| window.key_id != key_id);
    }
}

const fn aad(clear: [u8; CLEAR_LEN], word: u32) -> [u8; 12] {
    let [a, b, c, d, e, f, g, h] = clear;
    let [i, j, k, l] = word.to_be_bytes();
    [a, b, c, d, e, f, g, h, i, j, k, l]
}

const fn version(clear: &[u8; CLEAR_LEN]) -> u8 {
    let [first, ..] = *clear;
    first >> 6
}

const fn ssrc(clear: &[u8; CLEAR_LEN]) -> u32 {
    let [_, _, _, _, a, b, c, d] = *clear;
    u32::from_be_bytes([a, b, c, d])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::PurposeTag;

    const ID: KeyId = KeyId::new(PurposeTag::Csk, 7);

    fn keys() -> SignallingSrtcp {
        SignallingSrtcp::from_session_keys(&Secret::new([1; 16]), Secret::new([2; 12]), ID)
    }

    const fn packet(ssrc: u8) -> [u8; 12] {
        [0x80, 204, 0, 2, 0, 0, 0, ssrc, b'M', b'C', b'P', b'T']
    }

    /// Covers: MCX-T-82
    #[test]
    fn a_key_is_used_up_before_its_indices_come_round_and_the_next_key_goes_on_counting() {
        let mut end = SrtcpEndpoint::<1>::new(1, 0x7FFF_FFFF);
        let mut out = [0; 64];
        let sent = end.protect(&keys(), &packet(1), &mut out).unwrap();
        assert_eq!(sent[28..32], [0xFF; 4]);
        // All but one index later.
        assert_eq!((end.next, end.first), (0, 0x7FFF_FFFF));
        end.next = 0x7FFF_FFFE;
        end.protect(&keys(), &packet(1), &mut out).unwrap();
        assert_eq!(end.protect(&keys(), &packet(1), &mut out), Err(McxError::KeyExhausted));
        let next = SignallingSrtcp::from_session_keys(
            &Secret::new([3; 16]),
            Secret::new([2; 12]),
            KeyId::new(PurposeTag::Csk, 8),
        );
        let sent = end.protect(&next, &packet(1), &mut out).unwrap();
        assert_eq!(sent[28..32], [0xFF; 4]);
    }

    /// Covers: MCX-T-82
    #[test]
    fn neither_end_sends_with_the_ssrc_of_the_other() {
        let (mut a, mut b) = (SrtcpEndpoint::<2>::new(1, 0), SrtcpEndpoint::<2>::new(1, 0));
        let (mut sent, mut out) = ([0; 64], [0; 64]);
        let sent = a.protect(&keys(), &packet(1), &mut sent).unwrap();
        assert_eq!(b.unprotect(&keys(), sent, &mut out), Err(McxError::SsrcCollision));
        assert_eq!(out, [0; 64]);
        assert_eq!(b.protect(&keys(), &packet(1), &mut out), Err(McxError::SsrcCollision));
        b.forget(ID);
        assert!(b.protect(&keys(), &packet(1), &mut out).is_ok());
    }

    /// Covers: MCX-T-92
    #[test]
    fn a_packet_that_is_authentic_but_not_encrypted_is_refused() {
        // A header alone: with E = 0 the whole packet is under the tag, and nothing is encrypted.
        let clear = [0x80, 201, 0, 1, 0, 0, 0, 1];
        let tag = keys().keys.seal(1, 5, &aad(clear, 5), &mut []).unwrap();
        let mut packet = heapless::Vec::<u8, 64>::new();
        for part in [clear.as_slice(), &tag, &[0, 0, 0, 5], &ID.to_octets()] {
            packet.extend_from_slice(part).unwrap();
        }
        let mut end = SrtcpEndpoint::<1>::new(2, 0);
        assert_eq!(end.unprotect(&keys(), &packet, &mut [0; 64]), Err(McxError::NotEncrypted));
    }

    #[test]
    fn indices_are_told_apart_over_the_wrap_and_never_taken_twice() {
        let window = |first: u64| Window { ssrc: 1, key_id: ID, first, newest: first, seen: 1 };
        let start = window(ROUND - 3);
        let mut seen = start;
        for index in [0x7FFF_FFFE, 1, 0x7FFF_FFFF, 0] {
            seen = seen.with(index).unwrap();
            assert!(seen.with(index).is_none(), "{index}");
        }
        assert_eq!(seen.newest, ROUND + 1);
        // What was sent under this key long ago does not count as the next round.
        for index in [0x7FFF_FFFD, 0x7FFF_FFFE] {
            assert!(seen.with(index).is_none());
        }
        let far = seen.with(0x4000_0000).unwrap();
        assert!(far.with(0x7FFF_FFFD).is_none(), "the first index comes round");
        assert!(window(100).with(36).is_none());
        assert!(window(100).with(37).is_some());
    }
}
