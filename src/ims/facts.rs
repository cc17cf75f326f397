//! What HTTP and SIP say, as facts: the machines of the network side see these and never an octet of a message.
//!
//! ```text
//!      SIP                     HTTP H1, H5, H6, H7               HTTP H2, H3, H4
//! UE ------> SCF (SipAnswer) -----------------------> UPF <---------------------- UE
//!                             Peer, StatusCode             StatusCode, Items
//! ```

use core::fmt;

use crate::id::MskName;
use crate::ims::{BTid, ImsError, ServiceId};
use crate::keys::NafId;

/// Most services, or MSKs, that one request names. More are malformed.
pub const MAX_ITEMS: usize = 64;

/// Retry-After of an answer 503, seconds; a terminal that is told none waits as long.
pub const RETRY_AFTER_S: u16 = 5;

/// The two ways to the keys of a user service (TS 26.237 §10.4.1, §10.4.2); of one service only one is taken at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(clippy::exhaustive_enums, reason = "the standard has these two")]
pub enum Variant {
    /// HTTP based: the BM-SC is the NAF.
    Http,
    /// SIP based: the SCF is the NAF.
    Sip,
}

impl Variant {
    /// The variant that an INVITE asks for: one that carries a B-TID asks for the SIP based one.
    #[must_use]
    pub const fn of_invite(btid: Option<&BTid>) -> Self {
        match btid {
            Some(_) => Self::Sip,
            None => Self::Http,
        }
    }

    /// The Ua security protocol identifier at the end of the NAF-Id (TS 33.220 Annex H).
    #[must_use]
    pub const fn ua(self) -> [u8; 5] {
        match self {
            Self::Http => NafId::UA_IMS_MBMS_HTTP,
            Self::Sip => NafId::UA_IMS_MBMS_SIP,
        }
    }
}

/// Status code of an HTTP answer (RFC 9110 §15), or of one item of it (`responseCode`): three digits. One that the BM-SC does
/// not use is kept as it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StatusCode(u16);

impl StatusCode {
    /// Processed; what became of each item stands in the body.
    pub const OK: Self = Self(200);
    /// Bad query, bad XML, a mandatory header or element is missing, a key of the wrong length.
    pub const BAD_REQUEST: Self = Self(400);
    /// Not authenticated, or a new bootstrapping is needed; always with WWW-Authenticate.
    pub const UNAUTHORIZED: Self = Self(401);
    /// Identity not owned, peer not trusted, not authorised.
    pub const FORBIDDEN: Self = Self(403);
    /// Unknown path, or no context.
    pub const NOT_FOUND: Self = Self(404);
    /// Not POST; always with `Allow: POST`.
    pub const METHOD_NOT_ALLOWED: Self = Self(405);
    /// A body without a length.
    pub const LENGTH_REQUIRED: Self = Self(411);
    /// A body over 16 KiB.
    pub const CONTENT_TOO_LARGE: Self = Self(413);
    /// Another media type.
    pub const UNSUPPORTED_MEDIA_TYPE: Self = Self(415);
    /// BSF down, store full, overload; always with Retry-After.
    pub const SERVICE_UNAVAILABLE: Self = Self(503);
    /// Not HTTP/1.1.
    pub const HTTP_VERSION_NOT_SUPPORTED: Self = Self(505);

    /// The statuses that the BM-SC uses.
    pub const ALL: [Self; 11] = [
        Self::OK,
        Self::BAD_REQUEST,
        Self::UNAUTHORIZED,
        Self::FORBIDDEN,
        Self::NOT_FOUND,
        Self::METHOD_NOT_ALLOWED,
        Self::LENGTH_REQUIRED,
        Self::CONTENT_TOO_LARGE,
        Self::UNSUPPORTED_MEDIA_TYPE,
        Self::SERVICE_UNAVAILABLE,
        Self::HTTP_VERSION_NOT_SUPPORTED,
    ];

    /// The status code `code`; `None` unless it is 100 to 999.
    #[must_use]
    pub const fn new(code: u16) -> Option<Self> {
        if code >= 100 && code <= 999 { Some(Self(code)) } else { None }
    }

    /// The number, 100 to 999.
    #[must_use]
    pub const fn code(self) -> u16 {
        self.0
    }

    /// Whether what was asked for was done: 200 to 299.
    #[must_use]
    pub const fn is_success(self) -> bool {
        self.0 >= 200 && self.0 <= 299
    }

    /// The reason phrase (RFC 9110 §15); empty for a status that the BM-SC does not use.
    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::OK => "OK",
            Self::BAD_REQUEST => "Bad Request",
            Self::UNAUTHORIZED => "Unauthorized",
            Self::FORBIDDEN => "Forbidden",
            Self::NOT_FOUND => "Not Found",
            Self::METHOD_NOT_ALLOWED => "Method Not Allowed",
            Self::LENGTH_REQUIRED => "Length Required",
            Self::CONTENT_TOO_LARGE => "Content Too Large",
            Self::UNSUPPORTED_MEDIA_TYPE => "Unsupported Media Type",
            Self::SERVICE_UNAVAILABLE => "Service Unavailable",
            Self::HTTP_VERSION_NOT_SUPPORTED => "HTTP Version Not Supported",
            _ => "",
        }
    }
}

impl fmt::Display for StatusCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.code(), self.reason())
    }
}

/// What became of one item of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ItemStatus {
    /// 200: granted.
    Granted,
    /// 403: not authorised.
    NotAuthorised,
    /// 404: unknown service, or Key Group.
    Unknown,
    /// Any other code; counts as not granted.
    Other(StatusCode),
}

impl ItemStatus {
    /// The status with this response code.
    #[must_use]
    pub const fn from_code(code: StatusCode) -> Self {
        match code {
            StatusCode::OK => Self::Granted,
            StatusCode::FORBIDDEN => Self::NotAuthorised,
            StatusCode::NOT_FOUND => Self::Unknown,
            other => Self::Other(other),
        }
    }

    /// The response code of the item.
    #[must_use]
    pub const fn code(self) -> StatusCode {
        match self {
            Self::Granted => StatusCode::OK,
            Self::NotAuthorised => StatusCode::FORBIDDEN,
            Self::Unknown => StatusCode::NOT_FOUND,
            Self::Other(code) => code,
        }
    }
}

/// What became of each item of a request, in the order of the request; at most [`MAX_ITEMS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Items {
    granted: u64,
    unknown: u64,
    len: u8,
}

impl Items {
    /// No items: the answer has no body.
    pub const EMPTY: Self = Self { granted: 0, unknown: 0, len: 0 };

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len.into()
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The items, in the order of the request.
    pub fn iter(&self) -> impl Iterator<Item = ItemStatus> + use<> {
        let Self { granted, unknown, len } = *self;
        (0..u32::from(len)).map(move |at| match 1_u64.unbounded_shl(at) {
            bit if granted & bit != 0 => ItemStatus::Granted,
            bit if unknown & bit != 0 => ItemStatus::Unknown,
            _ => ItemStatus::NotAuthorised,
        })
    }

    /// Whether any item is granted.
    #[must_use]
    pub const fn any_granted(&self) -> bool {
        self.granted != 0
    }

    /// INVARIANT: a request of more than [`MAX_ITEMS`] is refused before its items are looked at.
    pub(crate) fn push(&mut self, status: ItemStatus) {
        let bit = 1_u64.unbounded_shl(self.len.into());
        match status {
            ItemStatus::Granted => self.granted |= bit,
            ItemStatus::Unknown => self.unknown |= bit,
            ItemStatus::NotAuthorised | ItemStatus::Other(_) => {}
        }
        self.len = self.len.saturating_add(1);
    }
}

impl FromIterator<ItemStatus> for Items {
    /// Takes the first [`MAX_ITEMS`].
    fn from_iter<T: IntoIterator<Item = ItemStatus>>(statuses: T) -> Self {
        let mut items = Self::EMPTY;
        statuses.into_iter().take(MAX_ITEMS).for_each(|status| items.push(status));
        items
    }
}

/// An HTTP answer that refuses a message as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HttpRefusal {
    /// The status code.
    pub status: StatusCode,
    /// Retry-After, seconds; with every 503.
    pub retry_after_s: Option<u16>,
}

impl HttpRefusal {
    /// The BSF is down, there is no room for another row, or too much to do.
    pub const UNAVAILABLE: Self =
        Self { status: StatusCode::SERVICE_UNAVAILABLE, retry_after_s: Some(RETRY_AFTER_S) };

    /// The refusal with this status code; for a 503 it is [`UNAVAILABLE`](Self::UNAVAILABLE).
    #[must_use]
    pub const fn new(status: StatusCode) -> Self {
        match status {
            StatusCode::SERVICE_UNAVAILABLE => Self::UNAVAILABLE,
            status => Self { status, retry_after_s: None },
        }
    }
}

impl From<ImsError> for HttpRefusal {
    /// What to answer to a request that was refused with this error. A 401 wants its challenge added.
    fn from(error: ImsError) -> Self {
        use ImsError as E;
        Self::new(match error {
            E::Malformed | E::TooLong | E::BadCharacter | E::Empty | E::UriMismatch => {
                StatusCode::BAD_REQUEST
            }
            E::BadResponse | E::StaleNonce | E::Replay => StatusCode::UNAUTHORIZED,
            E::NotAuthorised | E::NotRegistered | E::VariantConflict | E::ExpiredKey => StatusCode::FORBIDDEN,
            E::Unknown => StatusCode::NOT_FOUND,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        })
    }
}

/// An MSK in a request, with the service whose traffic it protects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedMsk<'a> {
    /// The MSK; Key Number 0 is the current one of its Key Group, which is what any other number gets as well.
    pub name: MskName,
    /// The service that the Key Group belongs to; `None` when there is no such Key Group here.
    pub service: Option<&'a ServiceId>,
}

/// How the SCF answers an INVITE, or a re-INVITE.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SipAnswer {
    /// 200.
    Ok,
    /// 400: no service is named, or too many are.
    BadRequest,
    /// 403: not authorised.
    Forbidden,
    /// 403 with a Reason that tells the terminal to run GBA again.
    BootstrappingRequired,
    /// 487: the terminal has given up.
    RequestTerminated,
    /// 500: the UPF does not understand the SCF.
    ServerError,
    /// 503: the UPF cannot serve.
    Unavailable,
    /// 504: UPF or BSF does not answer.
    Timeout,
}

impl SipAnswer {
    /// The SIP status code (RFC 3261 §21).
    #[must_use]
    pub const fn code(self) -> u16 {
        match self {
            Self::Ok => 200,
            Self::BadRequest => 400,
            Self::Forbidden | Self::BootstrappingRequired => 403,
            Self::RequestTerminated => 487,
            Self::ServerError => 500,
            Self::Unavailable => 503,
            Self::Timeout => 504,
        }
    }
}
