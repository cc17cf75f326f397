//! SRTP with a master key for each MKI (RFC 3711, TS 33.246 §6.6.2), by the crate `libsrtp`.
//!
//! Why that crate: a receiver of broadcast knows the key of a packet by its MKI only. `libsrtp` (pure Rust) reads the
//! MKI and keeps several master keys in one stream, under one rollover counter and one replay window, so both go on
//! when the key changes. `webrtc-srtp` has no MKI; `srtp` binds a C library that would have to be installed first.
//!
//! Two things it does not do are done here. It never forgets a master key, so whether a key still serves is asked of
//! the terminal's role for every packet. And it cannot export its window, so a terminal keeps the highest index it
//! accepted in its own store, and takes nothing at or below that index after a restart.

use castkey::id::Mki;
use castkey::keys::{Mtk, MtkSalt};
use castkey::wire::SrtpPolicy;
use libsrtp::{MasterKey, ProtectionProfile, RecvSession, SendSession, SrtpError, StreamConfig};

pub(crate) const SSRC: u32 = 0x6D62_6D73;

/// Octets of the authentication tag behind the MKI.
const TAG_LEN: usize = 10;

/// Packets a late one may be behind and still be told from a replay.
const WINDOW: u16 = 512;

/// The first sequence number: close enough to 2^16 for the rollover counter to move during a run.
pub(crate) const FIRST_INDEX: u64 = 0x1_0000 - 450;

/// Octets of speech of 20 milliseconds.
const SPEECH_LEN: usize = 160;

fn stream_config(keys: Vec<MasterKey>) -> StreamConfig {
    let profile = ProtectionProfile::Aes128CmHmacSha180;
    let mut config = StreamConfig::new(keys, &profile, &profile);
    config.set_replay_window_size(WINDOW);
    config
}

fn master_key(mki: Mki, mtk: &Mtk, salt: Option<&MtkSalt>) -> MasterKey {
    let salt = salt.map_or(&[][..], |salt| salt.secret().expose());
    MasterKey::new(mtk.secret().expose(), salt, &Some(mki.to_octets().to_vec()))
}

/// The MKI in a packet, which nothing has authenticated.
pub(crate) fn mki_of(packet: &[u8]) -> Option<Mki> {
    let at = packet.len().checked_sub(TAG_LEN + Mki::LEN).filter(|at| *at >= 12)?;
    packet.get(at..)?.first_chunk().map(|octets| Mki::from_octets(*octets))
}

/// A copy of `packet` that claims another key. The MKI is not authenticated (RFC 3711 §3.1), so anybody can.
pub(crate) fn with_mki(packet: &[u8], mki: Mki) -> Vec<u8> {
    let mut copy = packet.to_vec();
    let at = packet.len().saturating_sub(TAG_LEN + Mki::LEN);
    for (to, from) in copy.iter_mut().skip(at).zip(mki.to_octets()) {
        *to = from;
    }
    copy
}

/// What the packet with this index says: the index, then noise that depends on it.
pub(crate) fn speech(index: u64) -> [u8; SPEECH_LEN] {
    let mut state = index;
    let mut speech = [0; SPEECH_LEN];
    for (at, octet) in speech.iter_mut().enumerate() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let [high, ..] = state.to_be_bytes();
        *octet = index.to_be_bytes().get(at).copied().unwrap_or(high);
    }
    speech
}

/// The packet with this index, in clear.
pub(crate) fn rtp(index: u64) -> Vec<u8> {
    let [.., a, b, c, d, e, f] = index.to_be_bytes();
    let stamp = u32::from_be_bytes([a, b, c, d]).wrapping_mul(160).to_be_bytes();
    let mut packet = vec![0x80, 0, e, f];
    packet.extend_from_slice(&stamp);
    packet.extend_from_slice(&SSRC.to_be_bytes());
    packet.extend_from_slice(&speech(index));
    packet
}

/// The media source.
pub(crate) struct Source {
    session: SendSession,
    mki: Option<Mki>,
    next: u64,
}

impl Source {
    pub(crate) fn new() -> Self {
        Self { session: SendSession::new(), mki: None, next: FIRST_INDEX }
    }

    /// Protects with this MTK from the next packet on. The stream, its index and its window stay.
    pub(crate) fn use_key(&mut self, mki: Mki, mtk: &Mtk, salt: Option<&MtkSalt>) -> Result<(), SrtpError> {
        self.session.add_stream(Some(SSRC), &stream_config(vec![master_key(mki, mtk, salt)]))?;
        self.mki = Some(mki);
        Ok(())
    }

    /// ROC of the next packet, for the CS ID map of MSK messages.
    pub(crate) fn roc(&self) -> u32 {
        u32::try_from(self.next >> 16).unwrap_or(u32::MAX)
    }

    /// The next packet, with its index and MKI.
    pub(crate) fn next(&mut self) -> Result<Option<(u64, Mki, Vec<u8>)>, SrtpError> {
        let index = self.next;
        let Some((mki, packet)) = self.protect(rtp(index))? else { return Ok(None) };
        self.next += 1;
        Ok(Some((index, mki, packet)))
    }

    /// A packet of the stream under the key in use, with its MKI; `None` before there is a key.
    pub(crate) fn protect(&mut self, packet: Vec<u8>) -> Result<Option<(Mki, Vec<u8>)>, SrtpError> {
        let Some(mki) = self.mki else { return Ok(None) };
        let packet = self.session.rtp_protect_mki(packet, &Some(mki.to_octets().to_vec()))?;
        Ok(Some((mki, packet)))
    }
}

/// A terminal's SRTP.
pub(crate) struct Receiver {
    session: RecvSession,
    known: Vec<Mki>,
    /// ROC of the first packet, as the MSK message says.
    roc: u32,
    /// Highest index accepted.
    highest: Option<u64>,
    /// Highest index accepted before the last restart; what is not above may be a replay.
    floor: Option<u64>,
    /// Whether the stream knows its ROC.
    anchored: bool,
}

impl Receiver {
    /// `floor` is the highest index accepted in an earlier life.
    pub(crate) fn new(floor: Option<u64>) -> Self {
        let session = RecvSession::new();
        Self { session, known: Vec::new(), roc: 0, highest: floor, floor, anchored: false }
    }

    pub(crate) fn set_roc(&mut self, roc: u32) {
        self.roc = roc;
    }

    pub(crate) const fn highest(&self) -> Option<u64> {
        self.highest
    }

    /// The keys ever added.
    pub(crate) fn known(&self) -> &[Mki] {
        &self.known
    }

    /// Adds a key to the stream. ROC and replay window stay.
    pub(crate) fn add_key(&mut self, mki: Mki, mtk: &Mtk, salt: Option<&MtkSalt>) -> Result<(), SrtpError> {
        if !self.known.contains(&mki) {
            self.session.add_stream(Some(SSRC), &stream_config(vec![master_key(mki, mtk, salt)]))?;
            self.known.push(mki);
        }
        Ok(())
    }

    /// Verifies and decrypts a packet; gives its payload.
    pub(crate) fn unprotect(&mut self, packet: &[u8]) -> Result<Vec<u8>, SrtpError> {
        let Some([first, _, e, f]) = packet.first_chunk().copied() else {
            return Err(SrtpError::InvalidPacket);
        };
        let index = self.index_of(u16::from_be_bytes([e, f]));
        if self.floor.is_some_and(|floor| index <= floor) {
            return Err(SrtpError::InvalidPacketIndex);
        }
        if !self.anchored {
            self.session.set_roc(SSRC, u32::try_from(index >> 16).unwrap_or(u32::MAX))?;
        }
        let plain = self.session.rtp_unprotect(packet.to_vec())?;
        self.anchored = true;
        self.highest = self.highest.max(Some(index));
        let header = 12 + 4 * usize::from(first & 0x0F);
        Ok(plain.get(header..).unwrap_or_default().to_vec())
    }

    /// The index a sequence number most likely means (RFC 3711 §3.3.1): the nearest to the highest accepted one.
    fn index_of(&self, sequence: u16) -> u64 {
        let Some(highest) = self.highest else { return u64::from(self.roc) << 16 | u64::from(sequence) };
        let same = highest & !0xFFFF | u64::from(sequence);
        if same + 0x8000 < highest {
            same + 0x1_0000
        } else if same > highest + 0x8000 && same >= 0x1_0000 {
            same - 0x1_0000
        } else {
            same
        }
    }
}

/// Whether the policy an MSK message brought is the one this example speaks.
pub(crate) fn speaks(policy: &SrtpPolicy) -> bool {
    let default = SrtpPolicy::default();
    *policy == default
}
