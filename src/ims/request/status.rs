//! Why a request is refused before anybody looks into its body, and the HTTP status that says so.
//!
//! | status | refusals |
//! |---|---|
//! | 400 | request line, host, query, length or header malformed; `requesttype` missing, twice or unknown; a mandatory header missing |
//! | 401 | not authenticated |
//! | 403 | no or a foreign intended identity; a peer that is not trusted |
//! | 404 | unknown path or host; unknown context, service or Key Group |
//! | 405 | not POST |
//! | 411, 413 | no length; a body over 16 KiB |
//! | 415 | another media type |
//! | 503 | no room |
//! | 505 | not HTTP/1.1 |

use core::fmt;

use crate::ims::ImsError;
use crate::ims::facts::StatusCode;

/// Why a request is refused; nothing has changed then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The request line is none, or has a control character.
    MalformedRequestLine,
    /// Not HTTP/1.1.
    UnsupportedVersion,
    /// Not the path of the key management.
    UnknownPath,
    /// No Host, or one that is none.
    MalformedHost,
    /// Another host.
    UnknownHost,
    /// Not POST.
    MethodNotAllowed,
    /// No parameter `requesttype`.
    MissingRequestType,
    /// More than one `requesttype`.
    DuplicateRequestType,
    /// A `requesttype` that is not in the catalogue.
    UnknownRequestType,
    /// A header that may stand once stands twice.
    DuplicateHeader,
    /// Neither a length nor a chunked body.
    LengthRequired,
    /// A length that is no number, or a length beside a chunked body.
    MalformedLength,
    /// A body over [`MAX_BODY_LEN`](super::MAX_BODY_LEN).
    BodyTooLarge,
    /// No Content-Type.
    MissingMediaType,
    /// Another media type than that of the procedure.
    UnsupportedMediaType,
    /// No `X-3GPP-Intended-Identity` on a request of a terminal.
    MissingIntendedIdentity,
    /// No `X-3GPP-Asserted-Identity` on a request of the SCF.
    MissingAssertedIdentity,
    /// An identity header that cannot be read.
    MalformedIdentity,
    /// An asserted identity, or a request of the SCF, from a peer that is not trusted.
    UntrustedPeer,
    /// The intended identity is not one of the subscriber's.
    ForeignIdentity,
    /// Anything behind the headers: the body, the digest, the stores.
    Ims(ImsError),
}

impl Refusal {
    /// The status to answer with.
    #[must_use]
    pub const fn status(self) -> StatusCode {
        match self {
            Self::MalformedRequestLine
            | Self::MalformedHost
            | Self::MissingRequestType
            | Self::DuplicateRequestType
            | Self::UnknownRequestType
            | Self::DuplicateHeader
            | Self::MalformedLength
            | Self::MissingMediaType
            | Self::MissingAssertedIdentity
            | Self::MalformedIdentity => StatusCode::BAD_REQUEST,
            Self::MissingIntendedIdentity | Self::UntrustedPeer | Self::ForeignIdentity => {
                StatusCode::FORBIDDEN
            }
            Self::UnknownPath | Self::UnknownHost => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::LengthRequired => StatusCode::LENGTH_REQUIRED,
            Self::BodyTooLarge => StatusCode::CONTENT_TOO_LARGE,
            Self::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::UnsupportedVersion => StatusCode::HTTP_VERSION_NOT_SUPPORTED,
            Self::Ims(error) => status_of(error),
        }
    }
}

/// The status of an error behind the headers.
const fn status_of(error: ImsError) -> StatusCode {
    match error {
        ImsError::BadResponse
        | ImsError::StaleNonce
        | ImsError::Replay
        | ImsError::BadRealm
        | ImsError::ExpiredKey => StatusCode::UNAUTHORIZED,
        ImsError::NotAuthorised | ImsError::VariantConflict | ImsError::NotRegistered => {
            StatusCode::FORBIDDEN
        }
        ImsError::Unknown => StatusCode::NOT_FOUND,
        ImsError::StoreFull => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    }
}

impl From<ImsError> for Refusal {
    fn from(error: ImsError) -> Self {
        Self::Ims(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::MalformedRequestLine => "malformed request line",
            Self::UnsupportedVersion => "not HTTP/1.1",
            Self::UnknownPath => "unknown path",
            Self::MalformedHost => "malformed host",
            Self::UnknownHost => "unknown host",
            Self::MethodNotAllowed => "not POST",
            Self::MissingRequestType => "no requesttype",
            Self::DuplicateRequestType => "more than one requesttype",
            Self::UnknownRequestType => "unknown requesttype",
            Self::DuplicateHeader => "a header stands twice",
            Self::LengthRequired => "no length",
            Self::MalformedLength => "malformed length",
            Self::BodyTooLarge => "the body is too large",
            Self::MissingMediaType => "no media type",
            Self::UnsupportedMediaType => "another media type",
            Self::MissingIntendedIdentity => "no intended identity",
            Self::MissingAssertedIdentity => "no asserted identity",
            Self::MalformedIdentity => "malformed identity",
            Self::UntrustedPeer => "the peer is not trusted",
            Self::ForeignIdentity => "the identity is not the subscriber's",
            Self::Ims(error) => return error.fmt(f),
        })
    }
}

impl core::error::Error for Refusal {}
