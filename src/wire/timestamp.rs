//! T, the timestamp payload (RFC 3830 §6.6).
//!
//! ```text
//! | next payload 1 | TS type 1 | TS value 8, or 4 for COUNTER |
//! ```

use super::codepoint::TsType;
use super::reader::Reader;
use super::writer::Writer;
use crate::error::{DecodeError, DecodeErrorKind};
use crate::id::Counter;
use crate::time::NtpTime;

/// A timestamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Timestamp {
    /// NTP-UTC, 8 octets.
    NtpUtc(NtpTime),
    /// NTP, 8 octets.
    Ntp(NtpTime),
    /// COUNTER, 4 octets.
    Counter(Counter),
}

/// A TS value as it is carried: 8 or 4 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TsOctets {
    octets: [u8; 8],
    counter: bool,
}

impl TsOctets {
    /// The octets.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        let (counter, _) = self.octets.split_at(4);
        if self.counter { counter } else { &self.octets }
    }
}

impl Timestamp {
    /// The TS type.
    #[must_use]
    pub const fn ts_type(self) -> TsType {
        match self {
            Self::NtpUtc(_) => TsType::NTP_UTC,
            Self::Ntp(_) => TsType::NTP,
            Self::Counter(_) => TsType::COUNTER,
        }
    }

    /// The TS value as it is carried, and as it enters the MAC of a V payload.
    #[must_use]
    pub const fn octets(self) -> TsOctets {
        match self {
            Self::NtpUtc(t) | Self::Ntp(t) => TsOctets { octets: t.to_bits().to_be_bytes(), counter: false },
            Self::Counter(Counter(c)) => {
                let [a, b, c, d] = c.to_be_bytes();
                TsOctets { octets: [a, b, c, d, 0, 0, 0, 0], counter: true }
            }
        }
    }

    /// The TS value as 64 bits for the IV; a COUNTER has leading zeros (RFC 3830 §4.2.3, §6.6).
    #[must_use]
    pub const fn iv_bits(self) -> u64 {
        match self {
            Self::NtpUtc(t) | Self::Ntp(t) => t.to_bits(),
            Self::Counter(Counter(c)) => c as u64,
        }
    }

    /// The timestamp that begins, with its type, at octet `at` of a sound message.
    pub(crate) fn at(octets: &[u8], at: usize) -> Option<Self> {
        let (ts_type, value) = octets.get(at..)?.split_first()?;
        let ntp = || value.first_chunk().map(|octets| NtpTime::from_bits(u64::from_be_bytes(*octets)));
        match TsType(*ts_type) {
            TsType::NTP_UTC => ntp().map(Self::NtpUtc),
            TsType::NTP => ntp().map(Self::Ntp),
            _ => value.first_chunk().map(|octets| Self::Counter(Counter(u32::from_be_bytes(*octets)))),
        }
    }

    #[inline]
    pub(super) fn decode(r: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let at = r.at();
        match TsType(r.u8()?) {
            TsType::NTP_UTC => Ok(Self::NtpUtc(NtpTime::from_bits(u64::from_be_bytes(r.array()?)))),
            TsType::NTP => Ok(Self::Ntp(NtpTime::from_bits(u64::from_be_bytes(r.array()?)))),
            TsType::COUNTER => Ok(Self::Counter(Counter(r.u32()?))),
            _ => Err(DecodeError::new(DecodeErrorKind::UnsupportedTimestamp, at)),
        }
    }

    pub(super) fn encode(self, w: &mut Writer<'_>) {
        w.u8(self.ts_type().0);
        w.put(self.octets().as_slice());
    }
}
