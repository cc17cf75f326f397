//! The MSK Update indication: from now on the new MSK (OMA PoC SD, MSK update, step 11).
//!
//! ```text
//! RTCP APP, name PoC1, subtype 14, then TLVs in any order, then zeros to a multiple of 4
//!
//! | 200 | 3 | Key Domain ID     |      mandatory
//! | 201 | 4 | old MSK ID        |      mandatory
//! | 202 | 4 | new MSK ID        |      mandatory
//! | 203 | 4 | update sequence   |      mandatory
//! | 204 | 2 | first MTK ID      |
//! | 205 | 2 | overlap, seconds  |
//! | 206 | 8 | channel tag       |
//! ```
//!
//! OMA's own name and subtype were not at hand: both are settings ([`IndicationCoding`]), and so is a body without TLVs.
//! What is decoded here is not authenticated; see [`srtcp`](super::srtcp).

use super::error::PocError;
use super::mbcp::{App, MAX_SUBTYPE, POC1};
use super::mbcp_message::{ACKNOWLEDGE, KNOWN_SUBTYPES};
use super::octets::{AppWriter, Fields, exactly, once};
use super::srtcp::SRTCP_TRAILER_LEN;
use crate::crypto::{RustCrypto, digest};
use crate::id::{KeyDomainId, MskId, MtkId};

/// Longest indication, octets: header 12, TLVs 5 + 6 + 6 + 6 + 4 + 4 + 10, zeros 3.
pub const MAX_INDICATION_LEN: usize = 56;

/// Longest indication under SRTCP, octets.
pub const MAX_PROTECTED_INDICATION_LEN: usize = MAX_INDICATION_LEN + SRTCP_TRAILER_LEN;

/// Longest overlap that an indication can order, seconds; a longer one counts as this.
pub const MAX_OVERLAP_S: u16 = 60;

/// Codes of the TLVs.
const DOMAIN: u8 = 200;
const OLD: u8 = 201;
const NEW: u8 = 202;
const SEQUENCE: u8 = 203;
const FIRST_MTK: u8 = 204;
const OVERLAP: u8 = 205;
const CHANNEL: u8 = 206;

/// Number of an update: one more for each update, the same in all copies of its indication.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UpdateSeq(pub u32);

impl UpdateSeq {
    /// Serial number comparison of RFC 1982 §3.2: whether `self` numbers a later update than `other`.
    ///
    /// Numbers exactly 2^31 apart have no order there; neither is then after the other.
    #[must_use]
    pub const fn is_after(self, other: Self) -> bool {
        let ahead = self.0.wrapping_sub(other.0);
        ahead != 0 && ahead < 1 << 31
    }

    /// The number of the next update.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// Names a Multicast PoC Channel inside an indication: the first 8 octets of the SHA-256 of its identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChannelTag([u8; 8]);

impl ChannelTag {
    /// Length, octets.
    pub const LEN: usize = 8;

    /// The tag of the channel with this Multicast PoC Channel Identity.
    #[must_use]
    pub fn of(identity: &str) -> Self {
        let hash = digest(&RustCrypto, &[identity.as_bytes()]);
        let [a, b, c, d, e, f, g, h, ..] = hash;
        Self([a, b, c, d, e, f, g, h])
    }

    /// The tag with these octets.
    #[must_use]
    pub const fn from_octets(octets: [u8; 8]) -> Self {
        Self(octets)
    }

    /// The octets of the wire.
    #[must_use]
    pub const fn to_octets(self) -> [u8; 8] {
        self.0
    }
}

/// What an MSK Update indication says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Indication {
    /// Key Domain ID of both MSKs.
    pub domain: KeyDomainId,
    /// The MSK now in use.
    pub old: MskId,
    /// The MSK to use from now on.
    pub new: MskId,
    /// Number of the update.
    pub seq: UpdateSeq,
    /// MTK ID of the first MTK under the new MSK.
    pub first_mtk: Option<MtkId>,
    /// Seconds for which a client keeps the old MTKs after the first new one, in place of its own setting; at most
    /// [`MAX_OVERLAP_S`].
    pub overlap_s: Option<u16>,
    /// The channel; one that a client has not joined is not his.
    pub channel: Option<ChannelTag>,
}

/// An indication as it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
#[allow(clippy::exhaustive_enums, reason = "an indication has a body or it has none")]
pub enum Announced {
    /// It names its keys.
    Explicit(Indication),
    /// It has no body: the one pending MSK of the channel is meant. Only with
    /// [`IndicationCoding::with_empty_body`].
    Pending,
}

/// How an indication is told from other APP packets, and whether it has a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IndicationCoding {
    name: [u8; 4],
    subtype: u8,
    empty_body: bool,
}

impl Default for IndicationCoding {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl IndicationCoding {
    /// Name `PoC1`, subtype 14, TLVs.
    pub const DEFAULT: Self = Self { name: POC1, subtype: 14, empty_body: false };

    /// Another name or subtype. Free under `PoC1` are 10, 12, 13 and 14; under another name, 0 to 15.
    ///
    /// # Errors
    ///
    /// [`PocError::Clash`] when the subtype is above 31, asks for an acknowledgement, which nobody on a multicast bearer
    /// could send, or is that of a known message of `PoC1`.
    pub fn new(name: [u8; 4], subtype: u8) -> Result<Self, PocError> {
        let taken = name == POC1 && KNOWN_SUBTYPES.contains(&subtype);
        if subtype > MAX_SUBTYPE || subtype & ACKNOWLEDGE != 0 || taken {
            return Err(PocError::Clash);
        }
        Ok(Self { name, subtype, empty_body: false })
    }

    /// The same with or without the `EmptyBody` compatibility mode, for peers that know no TLVs: an indication is then
    /// written without a body, and one without a body is read as [`Announced::Pending`]. One with a body is read as ever.
    #[must_use]
    pub const fn with_empty_body(self, empty_body: bool) -> Self {
        Self { empty_body, ..self }
    }

    /// The name of the APP packets.
    #[must_use]
    pub const fn name(&self) -> [u8; 4] {
        self.name
    }

    /// The subtype of the APP packets.
    #[must_use]
    pub const fn subtype(&self) -> u8 {
        self.subtype
    }

    /// Writes the indication as one APP packet from `ssrc`, at most [`MAX_INDICATION_LEN`] octets.
    ///
    /// # Errors
    ///
    /// [`PocError::IndicationMismatch`] when old and new MSK are the same, [`PocError::Malformed`] when the overlap
    /// exceeds [`MAX_OVERLAP_S`], [`PocError::BufferTooSmall`].
    pub fn encode<'o>(
        &self, ssrc: u32, indication: &Indication, out: &'o mut [u8],
    ) -> Result<&'o [u8], PocError> {
        let Indication { domain, old, new, seq, first_mtk, overlap_s, channel } = *indication;
        if old == new {
            return Err(PocError::IndicationMismatch);
        }
        if overlap_s.is_some_and(|overlap_s| overlap_s > MAX_OVERLAP_S) {
            return Err(PocError::Malformed);
        }
        let mut w = AppWriter::new(self.subtype, ssrc, self.name, out);
        if self.empty_body {
            return w.finish();
        }
        w.tlv(DOMAIN, &domain.to_octets())?;
        w.tlv(OLD, &old.to_octets())?;
        w.tlv(NEW, &new.to_octets())?;
        w.tlv(SEQUENCE, &seq.0.to_be_bytes())?;
        if let Some(MtkId(first)) = first_mtk {
            w.tlv(FIRST_MTK, &first.to_be_bytes())?;
        }
        if let Some(overlap_s) = overlap_s {
            w.tlv(OVERLAP, &overlap_s.to_be_bytes())?;
        }
        if let Some(channel) = channel {
            w.tlv(CHANNEL, &channel.to_octets())?;
        }
        w.finish()
    }

    /// Reads `app`. `None` means that it is no indication: some other message, known or not, that a receiver of
    /// indications ignores.
    ///
    /// # Errors
    ///
    /// [`PocError::NotMbcp`] for a name that is neither `PoC1` nor the one configured. [`PocError::Malformed`] when a
    /// mandatory TLV is missing, one of these TLVs stands twice or has another length, a TLV does not fit, or octets
    /// other than 0 follow its end. [`PocError::IndicationMismatch`] when old and new MSK are the same.
    pub fn decode(&self, app: &App<'_>) -> Result<Option<Announced>, PocError> {
        if app.name != self.name && app.name != POC1 {
            return Err(PocError::NotMbcp);
        }
        if app.name != self.name || app.subtype != self.subtype {
            return Ok(None);
        }
        if self.empty_body && Fields(app.octets).zeros().is_ok() {
            return Ok(Some(Announced::Pending));
        }
        decode_body(app.octets).map(|indication| Some(Announced::Explicit(indication)))
    }
}

fn decode_body(octets: &[u8]) -> Result<Indication, PocError> {
    let (mut domain, mut old, mut new, mut seq) = (None, None, None, None);
    let (mut first_mtk, mut overlap_s, mut channel) = (None, None, None);
    let mut fields = Fields(octets);
    while let Some((code, value)) = fields.tlv()? {
        match code {
            DOMAIN => once(&mut domain, KeyDomainId::new(exactly(value)?))?,
            OLD => once(&mut old, MskId::from_octets(exactly(value)?))?,
            NEW => once(&mut new, MskId::from_octets(exactly(value)?))?,
            SEQUENCE => once(&mut seq, UpdateSeq(u32::from_be_bytes(exactly(value)?)))?,
            FIRST_MTK => once(&mut first_mtk, MtkId(u16::from_be_bytes(exactly(value)?)))?,
            OVERLAP => once(&mut overlap_s, u16::from_be_bytes(exactly(value)?).min(MAX_OVERLAP_S))?,
            CHANNEL => once(&mut channel, ChannelTag(exactly(value)?))?,
            _ => {}
        }
    }
    let indication = Indication {
        domain: domain.ok_or(PocError::Malformed)?,
        old: old.ok_or(PocError::Malformed)?,
        new: new.ok_or(PocError::Malformed)?,
        seq: seq.ok_or(PocError::Malformed)?,
        first_mtk,
        overlap_s,
        channel,
    };
    if indication.old == indication.new { Err(PocError::IndicationMismatch) } else { Ok(indication) }
}
