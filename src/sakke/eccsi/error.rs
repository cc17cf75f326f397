//! Why a function of ECCSI refuses something.

use core::fmt;

/// Why a key, a signature or a request to sign is refused; nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EccsiError {
    /// The KPAK is not an uncompressed point of P-256 (RFC 6507 §4.2).
    KpakInvalid,
    /// The KSAK is not in 1..q-1 (RFC 6507 §4.2).
    KsakInvalid,
    /// The PVT is not an uncompressed point of P-256 (RFC 6507 §5.1.2).
    PvtInvalid,
    /// The SSK is not in 1..q-1, or does not belong to the identity, the PVT and the KPAK (RFC 6507 §5.1.2).
    SskInvalid,
    /// The random generator failed.
    RngFailed,
    /// The signature does not verify, for whatever reason (RFC 6507 §5.2.2).
    SignatureInvalid,
    /// The key cannot be used now, for example because it is in an element that is not there.
    KeyUnavailable,
    /// The table holds no KPAK yet.
    NotPrepared,
}

impl EccsiError {
    /// The number of this error, stable for ever.
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::KpakInvalid => 288,
            Self::KsakInvalid => 289,
            Self::PvtInvalid => 290,
            Self::SskInvalid => 291,
            Self::RngFailed => 292,
            Self::SignatureInvalid => 293,
            Self::KeyUnavailable => 294,
            Self::NotPrepared => 295,
        }
    }

    /// The name of this variant.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KpakInvalid => "KpakInvalid",
            Self::KsakInvalid => "KsakInvalid",
            Self::PvtInvalid => "PvtInvalid",
            Self::SskInvalid => "SskInvalid",
            Self::RngFailed => "RngFailed",
            Self::SignatureInvalid => "SignatureInvalid",
            Self::KeyUnavailable => "KeyUnavailable",
            Self::NotPrepared => "NotPrepared",
        }
    }
}

impl fmt::Display for EccsiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::KpakInvalid => "KPAK is not a point of P-256",
            Self::KsakInvalid => "KSAK out of range",
            Self::PvtInvalid => "PVT is not a point of P-256",
            Self::SskInvalid => "SSK does not belong to identity, PVT and KPAK",
            Self::RngFailed => "the random generator failed",
            Self::SignatureInvalid => "the signature does not verify",
            Self::KeyUnavailable => "the key cannot be used now",
            Self::NotPrepared => "the table holds no KPAK",
        })
    }
}

impl core::error::Error for EccsiError {}
