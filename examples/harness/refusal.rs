//! Errors of the library as the answer shows them: variant name, number, offset.

use castkey::error::{DecodeError, EncodeError, Error, OpenError, RngError, SealError};
use castkey::ims::ImsError;
use castkey::ims::xml::XmlError;
use castkey::mcx::{McxError, Rejected};
use castkey::poc::{PocError, Refused};
use castkey::sakke::{EccsiError, SakkeError};
use serde_json::{Value, json};

/// Why an operation has no result.
#[derive(Debug)]
pub(crate) struct Refusal {
    kind: &'static str,
    code: u32,
    at: Option<u32>,
    /// In words: what is wrong with a `BadRequest`, which key period is missing, which KMS is not accepted.
    detail: Option<String>,
}

impl Refusal {
    /// The request itself is wrong; the library was not asked.
    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self { kind: "BadRequest", code: 0, at: None, detail: Some(detail.into()) }
    }

    const fn plain(kind: &'static str, code: u32) -> Self {
        Self { kind, code, at: None, detail: None }
    }

    pub(crate) fn show(&self) -> Value {
        match &self.detail {
            None => json!({ "kind": self.kind, "code": self.code, "at": self.at }),
            Some(detail) => json!({ "kind": self.kind, "code": self.code, "at": self.at, "detail": detail }),
        }
    }
}

impl From<DecodeError> for Refusal {
    fn from(e: DecodeError) -> Self {
        Self { kind: e.kind.name(), code: e.code(), at: Some(e.at.into()), detail: None }
    }
}

impl From<EncodeError> for Refusal {
    fn from(e: EncodeError) -> Self {
        let kind = match e {
            EncodeError::BufferTooSmall { .. } => "BufferTooSmall",
            EncodeError::FieldTooLong => "FieldTooLong",
            EncodeError::Inconsistent => "Inconsistent",
            _ => "EncodeError",
        };
        Self::plain(kind, e.code())
    }
}

impl From<OpenError> for Refusal {
    fn from(e: OpenError) -> Self {
        let kind = match e {
            OpenError::Undecodable(e) => return e.into(),
            OpenError::Encode(e) => return e.into(),
            OpenError::MukUnknown => "MukUnknown",
            OpenError::MskUnknown => "MskUnknown",
            OpenError::MskRetired => "MskRetired",
            OpenError::Replay => "Replay",
            OpenError::KeyNotFresh => "KeyNotFresh",
            OpenError::NoRand => "NoRand",
            OpenError::KeyUnavailable => "KeyUnavailable",
            OpenError::MacInvalid => "MacInvalid",
            OpenError::BadContent(_) => "BadContent",
            OpenError::InvalidInterval => "InvalidInterval",
            OpenError::SameMskId => "SameMskId",
            OpenError::MskStoreFull => "MskStoreFull",
            OpenError::MukStoreFull => "MukStoreFull",
            _ => "OpenError",
        };
        Self::plain(kind, e.code())
    }
}

impl From<SealError> for Refusal {
    fn from(e: SealError) -> Self {
        let kind = match e {
            SealError::Encode(e) => return e.into(),
            SealError::KeyUnavailable => "KeyUnavailable",
            SealError::Rng => "Rng",
            _ => "SealError",
        };
        Self::plain(kind, e.code())
    }
}

impl From<Error> for Refusal {
    fn from(e: Error) -> Self {
        let kind = match e {
            Error::Open(e) => return e.into(),
            Error::Seal(e) => return e.into(),
            Error::GroupStoreFull => "GroupStoreFull",
            Error::Unknown => "Unknown",
            Error::WrongState => "WrongState",
            Error::IntervalExhausted => "IntervalExhausted",
            _ => "Error",
        };
        Self::plain(kind, e.code())
    }
}

impl From<RngError> for Refusal {
    fn from(e: RngError) -> Self {
        SealError::from(e).into()
    }
}

impl From<PocError> for Refusal {
    fn from(e: PocError) -> Self {
        Self::plain(e.name(), e.code())
    }
}

impl From<Refused> for Refusal {
    fn from(e: Refused) -> Self {
        match e {
            Refused::Poc(e) => e.into(),
            Refused::Key(e) => e.into(),
            _ => Self::plain("Refused", e.code()),
        }
    }
}

impl From<ImsError> for Refusal {
    fn from(e: ImsError) -> Self {
        Self::plain(e.name(), e.code())
    }
}

impl From<XmlError> for Refusal {
    fn from(e: XmlError) -> Self {
        Self { kind: e.kind.name(), code: e.code(), at: Some(e.at), detail: None }
    }
}

impl From<SakkeError> for Refusal {
    fn from(e: SakkeError) -> Self {
        Self::plain(e.name(), e.code())
    }
}

impl From<EccsiError> for Refusal {
    fn from(e: EccsiError) -> Self {
        Self::plain(e.name(), e.code())
    }
}

impl From<McxError> for Refusal {
    fn from(e: McxError) -> Self {
        Self::plain(e.name(), e.code())
    }
}

impl From<Rejected<'_>> for Refusal {
    fn from(e: Rejected<'_>) -> Self {
        match e {
            Rejected::Undecodable(e) => e.into(),
            Rejected::Encode(e) => e.into(),
            Rejected::NoKeyMaterial { .. } | Rejected::KmsNotAccepted { .. } => {
                Self { detail: Some(e.to_string()), ..e.error().into() }
            }
            _ => e.error().into(),
        }
    }
}
