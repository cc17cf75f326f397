//! Why a message was refused, or not built, with what the caller needs to go on.

use core::fmt;

use super::error::McxError;
use super::kms::KeysFor;
use crate::error::{DecodeError, EncodeError, RngError, SealError};
use crate::message::Unauthentic;

/// Which KMS of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "a message names these two")]
pub enum KmsRole {
    /// IDRkmsi.
    Initiator,
    /// IDRkmsr.
    Responder,
}

/// Why a message was refused, or not built; nothing has changed then, but for the replay cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Rejected<'a> {
    /// The octets are no such message.
    Undecodable(DecodeError),
    /// A rule says no.
    Refused(McxError),
    /// No key set is held for this period: fetch it.
    NoKeyMaterial {
        /// The number of the period.
        period: u64,
    },
    /// The KMS is not accepted: a KMS Redirect Response may be the answer (TS 33.180 §5.2.8).
    KmsNotAccepted {
        /// Which one.
        role: KmsRole,
        /// Its URI, as the message says; empty where a message was to be built for a KMS that the caller named.
        uri: &'a [u8],
    },
    /// The message could not be written.
    Encode(EncodeError),
}

/// What the peer may be told. It does not tell a forged signature from anything that is found out behind it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PeerAnswer {
    /// The message is not acceptable as it stands.
    BadRequest,
    /// Another KMS should be used: 488 with a KMS Redirect Response.
    Redirect,
    /// Not now: keys have to be fetched first, and the same message may be good then.
    Later,
    /// The message was refused.
    Forbidden,
}

impl Rejected<'_> {
    /// The kind of the reason.
    #[must_use]
    pub const fn error(&self) -> McxError {
        match self {
            Self::Undecodable(_) => McxError::Malformed,
            Self::Refused(e) => *e,
            Self::NoKeyMaterial { .. } => McxError::NoKeyMaterial,
            Self::KmsNotAccepted { .. } => McxError::KmsNotAccepted,
            Self::Encode(EncodeError::BufferTooSmall { .. }) => McxError::BufferTooSmall,
            Self::Encode(_) => McxError::Inconsistent,
        }
    }

    /// The number of the reason, stable for ever; that of the decoding or encoding error where one caused it.
    #[must_use]
    pub const fn code(&self) -> u32 {
        match self {
            Self::Undecodable(e) => e.code(),
            Self::Encode(e) => e.code(),
            _ => self.error().code(),
        }
    }

    /// What the peer may be told.
    #[must_use]
    pub const fn peer_answer(&self) -> PeerAnswer {
        match self {
            Self::Undecodable(_) => PeerAnswer::BadRequest,
            Self::KmsNotAccepted { .. } => PeerAnswer::Redirect,
            Self::NoKeyMaterial { .. } => PeerAnswer::Later,
            _ => PeerAnswer::Forbidden,
        }
    }

    /// The same without what it borrows; the URI of a KMS is lost.
    #[must_use]
    pub const fn into_owned(self) -> Rejected<'static> {
        match self {
            Self::Undecodable(e) => Rejected::Undecodable(e),
            Self::Refused(e) => Rejected::Refused(e),
            Self::NoKeyMaterial { period } => Rejected::NoKeyMaterial { period },
            Self::KmsNotAccepted { role, .. } => Rejected::KmsNotAccepted { role, uri: b"" },
            Self::Encode(e) => Rejected::Encode(e),
        }
    }
}

impl fmt::Display for Rejected<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Undecodable(e) => e.fmt(f),
            Self::NoKeyMaterial { period } => write!(f, "no key material for period {period}"),
            Self::KmsNotAccepted { uri, .. } => write!(f, "KMS {} not accepted", uri.escape_ascii()),
            Self::Encode(e) => e.fmt(f),
            Self::Refused(e) => e.fmt(f),
        }
    }
}

impl core::error::Error for Rejected<'_> {}

macro_rules! lift {
    ($($from:ty => $e:ident $into:expr;)+) => {
        $(impl From<$from> for Rejected<'_> {
            fn from($e: $from) -> Self {
                $into
            }
        })+
    };
}

lift! {
    DecodeError => e Self::Undecodable(e);
    McxError => e Self::Refused(e);
    EncodeError => e Self::Encode(e);
    RngError => _e Self::Refused(McxError::RngFailed);
    Unauthentic => _e Self::Refused(McxError::Unauthentic);
    SealError => e match e {
        SealError::Encode(e) => Self::Encode(e),
        SealError::KeyUnavailable => Self::Refused(McxError::Inconsistent),
        SealError::Rng => Self::Refused(McxError::RngFailed),
    };
    KeysFor => e match e {
        KeysFor::NoKms => Self::Refused(McxError::NotAuthorized),
        KeysFor::BeforeFirstPeriod => Self::Refused(McxError::BeforeFirstPeriod),
        KeysFor::NoKeys(period) => Self::NoKeyMaterial { period },
    };
}
