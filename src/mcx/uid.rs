//! UID: the identity that keys and signatures of mission-critical services belong to (TS 33.180 §F.2.1).
//!
//! ```text
//! S   = 00 || P0 || L0 || P1 || L1 || P2 || L2 || P3 || L3 || P4 || L4 || P5 || L5          Li = length of Pi, 2 octets
//! UID = SHA-256(S)
//!
//! P0 "MIKEY-SAKKE-UID"   P1 URI   P2 KMS URI   P3 period   P4 offset   P5 key period number
//! ```
//!
//! Numbers have as many octets as they need, 0 has one. URIs enter as provisioned, octet by octet.

use core::fmt;

use super::error::McxError;
use super::ntp::Ntp64;
use crate::crypto::{Primitives, RustCrypto, digest};

/// Length of a UID, octets.
pub const UID_LEN: usize = 32;

/// A UID. It is no secret: hidden identities hide behind the hash, not behind its secrecy.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid([u8; UID_LEN]);

/// When the key periods of a KMS begin and how long they are (`UserKeyPeriod`, `UserKeyOffset`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct KeyPeriods {
    period_s: u64,
    offset_s: u64,
}

impl KeyPeriods {
    /// Periods of `period_s` seconds, the first of which, number 0, begins `offset_s` seconds after 1900-01-01 0h UTC.
    ///
    /// # Errors
    ///
    /// [`McxError::BadCertificate`] for a period of 0.
    pub const fn new(period_s: u64, offset_s: u64) -> Result<Self, McxError> {
        if period_s == 0 { Err(McxError::BadCertificate) } else { Ok(Self { period_s, offset_s }) }
    }

    /// Length of a period, seconds.
    #[must_use]
    pub const fn period_s(self) -> u64 {
        self.period_s
    }

    /// Offset of the first period, seconds.
    #[must_use]
    pub const fn offset_s(self) -> u64 {
        self.offset_s
    }

    /// The number of the period of `time`.
    ///
    /// # Errors
    ///
    /// [`McxError::BeforeFirstPeriod`].
    pub const fn number(self, time: Ntp64) -> Result<u64, McxError> {
        match time.seconds.checked_sub(self.offset_s) {
            // INVARIANT: the period is not 0.
            Some(since) => match since.checked_div(self.period_s) {
                Some(number) => Ok(number),
                None => Err(McxError::BadCertificate),
            },
            None => Err(McxError::BeforeFirstPeriod),
        }
    }

    /// When period `number` begins; stays at the far end of time instead of wrapping.
    #[must_use]
    pub const fn start(self, number: u64) -> Ntp64 {
        Ntp64::from_seconds(number.saturating_mul(self.period_s).saturating_add(self.offset_s))
    }
}

impl Uid {
    /// The UID of `uri` under the KMS `kms_uri` in period `number`.
    ///
    /// # Errors
    ///
    /// [`McxError::Malformed`] for a URI over 65,535 octets.
    pub fn derive(uri: &[u8], kms_uri: &[u8], periods: KeyPeriods, number: u64) -> Result<Self, McxError> {
        Self::derive_with(&RustCrypto, uri, kms_uri, periods, number)
    }

    /// [`derive`](Self::derive) with the caller's primitives.
    ///
    /// # Errors
    ///
    /// As [`derive`](Self::derive).
    pub fn derive_with<P: Primitives>(
        p: &P, uri: &[u8], kms_uri: &[u8], periods: KeyPeriods, number: u64,
    ) -> Result<Self, McxError> {
        let [period, offset, number] =
            [periods.period_s, periods.offset_s, number].map(|number| number.to_be_bytes());
        let [period, offset, number] = [&period, &offset, &number].map(fewest);
        let len =
            |part: &[u8]| u16::try_from(part.len()).map(u16::to_be_bytes).map_err(|_| McxError::Malformed);
        Ok(Self(digest(
            p,
            &[
                b"\0MIKEY-SAKKE-UID\0\x0F",
                uri,
                &len(uri)?,
                kms_uri,
                &len(kms_uri)?,
                period,
                &len(period)?,
                offset,
                &len(offset)?,
                number,
                &len(number)?,
            ],
        )))
    }

    /// The UID with these octets, as a message or a KMS gives it.
    #[must_use]
    pub const fn new(octets: [u8; UID_LEN]) -> Self {
        Self(octets)
    }

    /// The octets.
    #[must_use]
    pub const fn octets(&self) -> &[u8; UID_LEN] {
        &self.0
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Uid(")?;
        for octet in self.0 {
            write!(f, "{octet:02x}")?;
        }
        f.write_str(")")
    }
}

/// `octets` without leading zeros, but for the last one.
const fn fewest(octets: &[u8; 8]) -> &[u8] {
    let mut rest = octets.as_slice();
    while let [0, tail @ ..] = rest {
        if tail.is_empty() {
            break;
        }
        rest = tail;
    }
    rest
}
