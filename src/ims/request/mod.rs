//! The requests of the key management (TS 26.237 §10.4, TS 33.246 §6.3.2): request line and header values, both ways.
//!
//! | | request | from | `requesttype` | identity header | answer |
//! |---|---|---|---|---|---|
//! | H1 | Authorization Notification | SCF | `authorize` | Asserted | empty |
//! | H2 | MSK registration | UE | `register` | Intended | register-response |
//! | H3 | MSK deregistration | UE | `deregister` | Intended | register-response |
//! | H4 | MSK request | UE | `msk-request` | Intended | msk-response |
//! | H5 | key provisioning | SCF | `authorized-register` | Asserted | empty |
//! | H6 | MSK request of the SIP variant | SCF | `authorized-msk-request` | Asserted | empty |
//! | H7 | de-authorisation | SCF | `authorized-deregister` | Asserted | empty |
//!
//! All go to the BM-SC as `POST /keymanagement?requesttype=… HTTP/1.1`. Spellings that no source confirms (points U-3, U-4)
//! stand in one place, the [`Catalogue`]; that of the password (point U-6) is
//! [`MrkDerivation`](crate::keys::MrkDerivation).
//!
//! Framing is not done here: whoever reads the connection hands over the request line and the header values, and the body
//! without its transfer coding.

mod agent;
mod authority;
mod catalogue;
mod head;
mod identity;
mod media;
mod sip_identity;
mod status;
mod target;

pub use agent::{GbaSupport, write_user_agent};
pub use authority::Authority;
pub use catalogue::{Catalogue, RequestSpelling};
pub use head::{Peer, RequestHead, Screened, Screening, UntrustedAssertion};
pub use identity::{
    AssertedIdentities, MAX_ASSERTED, MAX_IDENTITY_LEN, check_intended, read_asserted, read_intended,
    same_identity, write_asserted, write_intended,
};
pub use media::{MAX_BODY_LEN, check_length, check_media_type};
pub use sip_identity::{IdentityHints, PublicIdentities};
pub use status::Refusal;
pub use target::{MAX_REQUEST_LINE_LEN, RequestLine};

/// The one method (TS 33.246 §6.3.2.2), and the value of `Allow` beside a 405.
pub const METHOD: &str = "POST";

/// The one version (TS 26.237 §10.4.1).
pub const VERSION: &str = "HTTP/1.1";

/// Who sends a request; the BM-SC receives them all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Sender {
    /// The terminal, authenticated by HTTP Digest.
    Ue,
    /// The Service Control Function, a trusted peer.
    Scf,
}

/// The header that names the public identity a request is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum IdentityHeader {
    /// What a terminal says of itself (TS 24.109 §7.2).
    Intended,
    /// What a trusted peer vouches for (TS 33.222).
    Asserted,
}

impl IdentityHeader {
    /// The name of the header.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Intended => "X-3GPP-Intended-Identity",
            Self::Asserted => "X-3GPP-Asserted-Identity",
        }
    }
}

/// The requests, H1 to H7.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum RequestKind {
    /// H1: the SCF tells that a user may use these services.
    AuthorizationNotification,
    /// H2: a terminal registers for the MSKs of services.
    Registration,
    /// H3: a terminal wants them no more.
    Deregistration,
    /// H4: a terminal asks for MSKs.
    MskRequest,
    /// H5: the SCF hands over the MUK of a terminal (SIP variant).
    KeyProvisioning,
    /// H6: the SCF asks for MSKs in place of a terminal (SIP variant).
    AuthorizedMskRequest,
    /// H7: a terminal gets no more keys (SIP variant).
    Deauthorization,
}

impl RequestKind {
    /// All of them, H1 first.
    pub const ALL: [Self; 7] = [
        Self::AuthorizationNotification,
        Self::Registration,
        Self::Deregistration,
        Self::MskRequest,
        Self::KeyProvisioning,
        Self::AuthorizedMskRequest,
        Self::Deauthorization,
    ];

    /// Who sends it.
    #[must_use]
    pub const fn sender(self) -> Sender {
        match self {
            Self::Registration | Self::Deregistration | Self::MskRequest => Sender::Ue,
            _ => Sender::Scf,
        }
    }

    /// The identity header it must have.
    #[must_use]
    pub const fn identity_header(self) -> IdentityHeader {
        match self.sender() {
            Sender::Ue => IdentityHeader::Intended,
            Sender::Scf => IdentityHeader::Asserted,
        }
    }
}
