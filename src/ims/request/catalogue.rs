//! How the requests are spelled: the confirmed and the unconfirmed names in one table.

use super::RequestKind;

/// The spelling of one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "configuration: made by the caller, field by field")]
pub struct RequestSpelling<'a> {
    /// Value of `requesttype`.
    pub request_type: &'a str,
    /// Media type of the request.
    pub media_type: &'a str,
    /// Media type of the answer with 200; `None` for an empty one.
    pub answer: Option<&'a str>,
}

/// The spelling of all requests.
///
/// The media types of H2, H3 and H4, and that of their answers, are registered with IANA; `authorize` and its media type
/// stand in TS 26.237 §10.4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "configuration: made by the caller, field by field")]
pub struct Catalogue<'a> {
    /// The path.
    pub path: &'a str,
    /// H1.
    pub authorization_notification: RequestSpelling<'a>,
    /// H2. `register` is from memory (point U-3).
    pub registration: RequestSpelling<'a>,
    /// H3. `deregister`, and that the answer is a register response, is from memory (point U-3).
    pub deregistration: RequestSpelling<'a>,
    /// H4. `msk-request` is from memory (point U-3); also seen in memory: `MSK-request`, `msk`.
    pub msk_request: RequestSpelling<'a>,
    /// H5: a choice of this library (point U-4).
    pub key_provisioning: RequestSpelling<'a>,
    /// H6: a choice of this library (point U-4).
    pub authorized_msk_request: RequestSpelling<'a>,
    /// H7: a choice of this library (point U-4).
    pub deauthorization: RequestSpelling<'a>,
}

impl Catalogue<'static> {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        path: "/keymanagement",
        authorization_notification: RequestSpelling {
            request_type: "authorize",
            media_type: "application/mbms-authorize+xml",
            answer: None,
        },
        registration: RequestSpelling {
            request_type: "register",
            media_type: "application/mbms-register+xml",
            answer: Some("application/mbms-register-response+xml"),
        },
        deregistration: RequestSpelling {
            request_type: "deregister",
            media_type: "application/mbms-deregister+xml",
            answer: Some("application/mbms-register-response+xml"),
        },
        msk_request: RequestSpelling {
            request_type: "msk-request",
            media_type: "application/mbms-msk+xml",
            answer: Some("application/mbms-msk-response+xml"),
        },
        key_provisioning: RequestSpelling {
            request_type: "authorized-register",
            media_type: "application/mbms-authorized-register+xml",
            answer: None,
        },
        authorized_msk_request: RequestSpelling {
            request_type: "authorized-msk-request",
            media_type: "application/mbms-msk+xml",
            answer: None,
        },
        deauthorization: RequestSpelling {
            request_type: "authorized-deregister",
            media_type: "application/mbms-deregister+xml",
            answer: None,
        },
    };
}

impl<'a> Catalogue<'a> {
    /// How `kind` is spelled.
    #[must_use]
    pub const fn spelling(&self, kind: RequestKind) -> &RequestSpelling<'a> {
        match kind {
            RequestKind::AuthorizationNotification => &self.authorization_notification,
            RequestKind::Registration => &self.registration,
            RequestKind::Deregistration => &self.deregistration,
            RequestKind::MskRequest => &self.msk_request,
            RequestKind::KeyProvisioning => &self.key_provisioning,
            RequestKind::AuthorizedMskRequest => &self.authorized_msk_request,
            RequestKind::Deauthorization => &self.deauthorization,
        }
    }

    /// The request with this `requesttype`, letter for letter.
    #[must_use]
    pub fn kind(&self, request_type: &str) -> Option<RequestKind> {
        RequestKind::ALL.into_iter().find(|kind| self.spelling(*kind).request_type == request_type)
    }
}

impl Default for Catalogue<'static> {
    fn default() -> Self {
        Self::DEFAULT
    }
}
