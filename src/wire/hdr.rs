//! HDR, the common header, and its CS ID map (RFC 3830 §6.1, RFC 4563 §5, RFC 6043 §6.1.1).
//!
//! ```text
//! | version 1 | data type 1 | next payload 1 | V 1 bit, PRF func 7 bits | CSB ID 4 | #CS 1 | CS ID map type 1 | map |
//!
//! SRTP-ID, for each of #CS      | policy no 1 | SSRC 4 | ROC 4 |
//! GENERIC-ID, for each of #CS   | CS ID 1 | prot type 1 | S 1 bit, #P 7 bits | #P policy nos | len 2 | session data
//!                               | SPI len 1 | SPI |
//! ```

use core::fmt;

use super::codepoint::{CsIdMapType, DataType, PayloadType, PrfFunc, ProtType};
use super::reader::Reader;
use super::writer::Writer;
use crate::error::{DecodeError, DecodeErrorKind, EncodeError};
use crate::id::CsbId;

/// The version of MIKEY.
pub(super) const VERSION: u8 = 1;

/// Octets of an SRTP-ID entry.
const SESSION_LEN: usize = 9;

/// The common header without what follows from its place: version and next payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hdr<'a> {
    /// Data type.
    pub data_type: DataType,
    /// Whether a verification message is asked for.
    pub v: bool,
    /// PRF func, 7 bits.
    pub prf: PrfFunc,
    /// CSB ID.
    pub csb_id: CsbId,
    /// CS ID map.
    pub map: CsIdMap<'a>,
}

impl<'a> Hdr<'a> {
    #[inline]
    pub(super) fn decode(r: &mut Reader<'a>) -> Result<(Self, PayloadType), DecodeError> {
        let [version, data_type, next, v_and_prf] = r.array()?;
        if version != VERSION {
            return Err(DecodeError::new(DecodeErrorKind::BadVersion, 0));
        }
        let csb_id = CsbId(r.u32()?);
        let cs_count = r.u8()?;
        let map_at = r.at();
        let map = match CsIdMapType(r.u8()?) {
            CsIdMapType::SRTP_ID => {
                let octets = r.slice(usize::from(cs_count).saturating_mul(SESSION_LEN))?;
                CsIdMap::SrtpId(SrtpIdMap(Sessions::Octets(octets)))
            }
            CsIdMapType::EMPTY => CsIdMap::Empty { cs_count },
            CsIdMapType::GENERIC_ID => CsIdMap::GenericId(GenericIdMap::decode(cs_count, r)?),
            _ => return Err(DecodeError::new(DecodeErrorKind::BadCsIdMap, map_at)),
        };
        let hdr = Self {
            data_type: DataType(data_type),
            v: v_and_prf & 0x80 != 0,
            prf: PrfFunc(v_and_prf & 0x7F),
            csb_id,
            map,
        };
        Ok((hdr, PayloadType(next)))
    }

    /// The header of a sound message.
    pub(crate) fn of(octets: &'a [u8]) -> Self {
        let decoded = Self::decode(&mut Reader::new(octets, 0));
        decoded.map_or(
            // Sound messages have one.
            Self {
                data_type: DataType::PSK,
                v: false,
                prf: PrfFunc::MIKEY_1,
                csb_id: CsbId(0),
                map: CsIdMap::Empty { cs_count: 0 },
            },
            |(hdr, _)| hdr,
        )
    }

    /// Writes the header with next payload 0.
    pub(super) fn encode(&self, w: &mut Writer<'_>) -> Result<(), EncodeError> {
        if self.prf.0 > 0x7F {
            return Err(EncodeError::FieldTooLong);
        }
        w.put(&[VERSION, self.data_type.0, PayloadType::LAST.0, u8::from(self.v) << 7 | self.prf.0]);
        w.put(&self.csb_id.0.to_be_bytes());
        w.put(&[self.map.cs_count(), self.map.map_type().0]);
        match self.map {
            CsIdMap::SrtpId(map) => {
                for session in map.iter() {
                    w.u8(session.policy_no);
                    w.put(&session.ssrc.to_be_bytes());
                    w.put(&session.roc.to_be_bytes());
                }
            }
            CsIdMap::Empty { .. } => {}
            CsIdMap::GenericId(map) => w.put(map.octets),
        }
        Ok(())
    }
}

/// The CS ID map of a header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsIdMap<'a> {
    /// SRTP streams, each with its policy, SSRC and ROC.
    SrtpId(SrtpIdMap<'a>),
    /// Map and policy travel outside MIKEY; the RFC leaves #CS open.
    Empty {
        /// #CS.
        cs_count: u8,
    },
    /// Crypto sessions of any protocol.
    GenericId(GenericIdMap<'a>),
}

impl CsIdMap<'_> {
    /// #CS, the number of crypto sessions.
    #[must_use]
    pub const fn cs_count(&self) -> u8 {
        match self {
            Self::SrtpId(map) => map.cs_count(),
            Self::Empty { cs_count } => *cs_count,
            Self::GenericId(map) => map.cs_count,
        }
    }

    /// The CS ID map type.
    #[must_use]
    pub const fn map_type(&self) -> CsIdMapType {
        match self {
            Self::SrtpId(_) => CsIdMapType::SRTP_ID,
            Self::Empty { .. } => CsIdMapType::EMPTY,
            Self::GenericId(_) => CsIdMapType::GENERIC_ID,
        }
    }
}

/// An entry of an SRTP-ID map; entry i, counted from 1, describes crypto session i.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CryptoSession {
    /// The number of its SP payload.
    pub policy_no: u8,
    /// SSRC; 0 when the initiator has not chosen it.
    pub ssrc: u32,
    /// Roll-over counter; 0 before the stream starts.
    pub roc: u32,
}

/// The map info of type SRTP-ID, as received or as given.
#[derive(Clone, Copy)]
pub struct SrtpIdMap<'a>(Sessions<'a>);

#[derive(Clone, Copy)]
enum Sessions<'a> {
    /// Whole entries of 9 octets, at most 255.
    Octets(&'a [u8]),
    /// At most 255.
    List(&'a [CryptoSession]),
}

impl<'a> SrtpIdMap<'a> {
    /// The map of these crypto sessions.
    ///
    /// # Errors
    ///
    /// [`EncodeError::FieldTooLong`] for more than 255.
    pub const fn new(sessions: &'a [CryptoSession]) -> Result<Self, EncodeError> {
        if sessions.len() > 255 { Err(EncodeError::FieldTooLong) } else { Ok(Self(Sessions::List(sessions))) }
    }

    #[allow(clippy::cast_possible_truncation, reason = "both forms hold at most 255 entries")]
    const fn cs_count(&self) -> u8 {
        match self.0 {
            Sessions::Octets(octets) => (octets.len() / SESSION_LEN) as u8,
            Sessions::List(sessions) => sessions.len() as u8,
        }
    }

    /// The crypto sessions, in order.
    pub fn iter(&self) -> impl Iterator<Item = CryptoSession> + use<'a> {
        let (octets, list): (&'a [u8], &'a [CryptoSession]) = match self.0 {
            Sessions::Octets(octets) => (octets, &[]),
            Sessions::List(list) => (&[], list),
        };
        let decode = |&[policy_no, a, b, c, d, e, f, g, h]: &[u8; SESSION_LEN]| CryptoSession {
            policy_no,
            ssrc: u32::from_be_bytes([a, b, c, d]),
            roc: u32::from_be_bytes([e, f, g, h]),
        };
        octets.as_chunks().0.iter().map(decode).chain(list.iter().copied())
    }
}

impl PartialEq for SrtpIdMap<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

impl Eq for SrtpIdMap<'_> {}

impl fmt::Debug for SrtpIdMap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The map info of type GENERIC-ID (RFC 6043 §6.1.1).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct GenericIdMap<'a> {
    cs_count: u8,
    /// Validated: exactly `cs_count` entries.
    octets: &'a [u8],
}

/// An entry of a GENERIC-ID map.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GenericId<'a> {
    /// The crypto session.
    pub cs_id: u8,
    /// Its protocol.
    pub prot_type: ProtType,
    /// The S bit: for SRTP, whether ROC and SEQ follow the SSRC.
    pub s: bool,
    /// The numbers of its SP payloads, at most 127.
    pub policies: &'a [u8],
    /// Session data; for SRTP the SSRC (4), and with S the ROC (4) and SEQ (2).
    pub session_data: &'a [u8],
    /// SPI.
    pub spi: &'a [u8],
}

/// The session data of an SRTP entry (RFC 6043 §6.1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SrtpSession {
    /// The SSRC that the session uses; 0 has no special meaning.
    pub ssrc: u32,
    /// Roll-over counter and sequence number, when given.
    pub roc_and_seq: Option<(u32, u16)>,
}

impl<'a> GenericId<'a> {
    /// The session data as those of SRTP: none, the SSRC, or with the S bit SSRC, ROC and SEQ.
    ///
    /// # Errors
    ///
    /// [`DecodeErrorKind::BadCsIdMap`] when protocol, length and S bit do not go together.
    pub const fn srtp_session(&self) -> Result<Option<SrtpSession>, DecodeErrorKind> {
        match (self.prot_type, self.s, self.session_data) {
            (ProtType::SRTP, _, []) => Ok(None),
            (ProtType::SRTP, false, &[a, b, c, d]) => {
                Ok(Some(SrtpSession { ssrc: u32::from_be_bytes([a, b, c, d]), roc_and_seq: None }))
            }
            (ProtType::SRTP, true, &[a, b, c, d, e, f, g, h, i, j]) => Ok(Some(SrtpSession {
                ssrc: u32::from_be_bytes([a, b, c, d]),
                roc_and_seq: Some((u32::from_be_bytes([e, f, g, h]), u16::from_be_bytes([i, j]))),
            })),
            _ => Err(DecodeErrorKind::BadCsIdMap),
        }
    }

    fn decode(r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let [cs_id, prot_type, s_and_count] = r.array()?;
        Ok(Self {
            cs_id,
            prot_type: ProtType(prot_type),
            s: s_and_count & 0x80 != 0,
            policies: r.slice(usize::from(s_and_count & 0x7F))?,
            session_data: r.long()?,
            spi: r.short()?,
        })
    }

    /// Appends the entry to `out` at `at`, and answers where the next one starts.
    ///
    /// # Errors
    ///
    /// [`EncodeError::FieldTooLong`], or [`EncodeError::BufferTooSmall`] with the octets needed so far.
    pub fn encode(&self, out: &mut [u8], at: usize) -> Result<usize, EncodeError> {
        let count = u8::try_from(self.policies.len()).ok().filter(|count| *count < 0x80);
        let mut w = Writer::new(out);
        w.skip_over(at);
        w.put(&[
            self.cs_id,
            self.prot_type.0,
            u8::from(self.s) << 7 | count.ok_or(EncodeError::FieldTooLong)?,
        ]);
        w.put(self.policies);
        w.long(self.session_data)?;
        w.short(self.spi)?;
        let end = w.at();
        w.finish().map(|_| end)
    }
}

impl<'a> GenericIdMap<'a> {
    /// The map whose `cs_count` entries `octets` hold.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] when they do not hold exactly that many.
    pub fn from_octets(cs_count: u8, octets: &'a [u8]) -> Result<Self, DecodeError> {
        let mut r = Reader::new(octets, 0);
        let map = Self::decode(cs_count, &mut r)?;
        r.finish()?;
        Ok(map)
    }

    fn decode(cs_count: u8, r: &mut Reader<'a>) -> Result<Self, DecodeError> {
        let whole = *r;
        for _ in 0..cs_count {
            GenericId::decode(r)?;
        }
        let mut whole = whole;
        let octets = whole.slice(r.at().saturating_sub(whole.at()))?;
        Ok(Self { cs_count, octets })
    }

    /// The entries, in order.
    pub fn iter(&self) -> impl Iterator<Item = GenericId<'a>> + use<'a> {
        let mut r = Reader::new(self.octets, 0);
        core::iter::from_fn(move || if r.is_empty() { None } else { GenericId::decode(&mut r).ok() })
    }
}

impl fmt::Debug for GenericIdMap<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
