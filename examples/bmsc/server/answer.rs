//! An HTTP answer before it is one of hyper's.

use castkey::error::EncodeError;
use castkey::ims::facts::{HttpRefusal, ItemStatus, Items, StatusCode};
use castkey::ims::xml::{MAX_BODY_LEN, MskResponse, RegisterResponse};
use castkey::ims::{ImsError, ServiceId};

use castkey::id::MskName;

pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) challenges: Vec<String>,
    pub(super) info: Option<String>,
    pub(super) media_type: Option<&'static str>,
    pub(super) retry_after_s: Option<u16>,
    pub(super) body: Vec<u8>,
}

impl Answer {
    pub(super) const fn empty(status: StatusCode) -> Self {
        Self {
            status,
            challenges: Vec::new(),
            info: None,
            media_type: None,
            retry_after_s: None,
            body: Vec::new(),
        }
    }

    pub(super) fn refusal(refusal: HttpRefusal) -> Self {
        let HttpRefusal { status, retry_after_s } = refusal;
        Self { retry_after_s, ..Self::empty(status) }
    }
}

/// What a request names, and its answer then lists.
#[derive(Clone, Copy, Debug)]
pub(super) enum Named<'a> {
    Services(&'a [ServiceId]),
    Msks(&'a [MskName]),
}

impl Named<'_> {
    /// The body of an answer 200 with these items.
    pub(super) fn body(self, items: Items) -> Result<Vec<u8>, ImsError> {
        let codes = items.iter().map(ItemStatus::code);
        let mut out = vec![0; MAX_BODY_LEN];
        let written = match self {
            Self::Services(ids) => RegisterResponse::new(ids.iter().zip(codes))?.encode(&mut out),
            Self::Msks(names) => MskResponse::new(names.iter().copied().zip(codes))?.encode(&mut out),
        };
        let len = written.map(|octets| octets.len()).map_err(|e| match e {
            EncodeError::BufferTooSmall { .. } => ImsError::BufferTooSmall,
            _ => ImsError::Malformed,
        })?;
        out.truncate(len);
        out.shrink_to_fit();
        Ok(out)
    }
}
