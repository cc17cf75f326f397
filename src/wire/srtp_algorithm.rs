//! The algorithms that an SP payload names for SRTP (RFC 3830 §6.10.1, RFC 4771 §4, RFC 7714 §14.3).

/// Octets of the roll-over counter inside an RCC tag (RFC 4771 §2).
const ROC_LEN: u8 = 4;

/// Octets of an HMAC-SHA-1 before truncation.
const SHA_1_LEN: u8 = 20;

/// How SRTP encrypts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SrtpEncr {
    /// Not at all.
    Null,
    /// AES in counter mode.
    #[default]
    AesCm,
    /// AES in f8 mode.
    AesF8,
    /// AES-GCM, which authenticates as well (RFC 7714).
    AesGcm,
}

impl SrtpEncr {
    pub(super) const fn of(value: u32) -> Option<Self> {
        match value {
            0 => Some(Self::Null),
            1 => Some(Self::AesCm),
            2 => Some(Self::AesF8),
            6 => Some(Self::AesGcm),
            _ => None,
        }
    }

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Null => 0,
            Self::AesCm => 1,
            Self::AesF8 => 2,
            Self::AesGcm => 6,
        }
    }
}

/// How SRTP or SRTCP authenticates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SrtpAuthAlg {
    /// Not at all.
    Null,
    /// HMAC-SHA-1.
    #[default]
    HmacSha1,
    /// RCC mode 1: ROC and MAC in every R-th packet, the others bare (RFC 4771 §3).
    Rcc1,
    /// RCC mode 2: ROC and MAC in every R-th packet, a MAC in the others.
    Rcc2,
    /// RCC mode 3: the ROC in every R-th packet, no MAC anywhere.
    Rcc3,
}

impl SrtpAuthAlg {
    pub(super) const fn of(value: u32) -> Option<Self> {
        match value {
            0 => Some(Self::Null),
            1 => Some(Self::HmacSha1),
            2 => Some(Self::Rcc1),
            3 => Some(Self::Rcc2),
            4 => Some(Self::Rcc3),
            _ => None,
        }
    }

    pub(super) const fn code(self) -> u8 {
        match self {
            Self::Null => 0,
            Self::HmacSha1 => 1,
            Self::Rcc1 => 2,
            Self::Rcc2 => 3,
            Self::Rcc3 => 4,
        }
    }

    /// Whether the tag carries the roll-over counter.
    #[must_use]
    pub const fn carries_roc(self) -> bool {
        matches!(self, Self::Rcc1 | Self::Rcc2 | Self::Rcc3)
    }
}

/// Authentication of SRTP, or of SRTCP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SrtpAuth {
    /// The algorithm.
    pub algorithm: SrtpAuthAlg,
    /// Session authentication key length, octets.
    pub key_len: u8,
    /// Tag length, octets, those of the ROC included; counts only where there is an algorithm.
    pub tag_len: u8,
}

impl Default for SrtpAuth {
    /// HMAC-SHA-1 with a key of 20 octets and a tag of 10.
    fn default() -> Self {
        Self { algorithm: SrtpAuthAlg::HmacSha1, key_len: 20, tag_len: 10 }
    }
}

impl SrtpAuth {
    /// No authentication besides that of the cipher (RFC 7714 §7.1).
    pub const NULL: Self = Self { algorithm: SrtpAuthAlg::Null, key_len: 0, tag_len: 0 };

    pub(super) fn is_sound(self) -> bool {
        match self.algorithm {
            SrtpAuthAlg::Null => true,
            SrtpAuthAlg::HmacSha1 => self.key_len > 0 && (1..=SHA_1_LEN).contains(&self.tag_len),
            SrtpAuthAlg::Rcc1 | SrtpAuthAlg::Rcc2 => {
                self.key_len > 0 && (ROC_LEN..=SHA_1_LEN.saturating_add(ROC_LEN)).contains(&self.tag_len)
            }
            SrtpAuthAlg::Rcc3 => self.tag_len == ROC_LEN,
        }
    }
}
