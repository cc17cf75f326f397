//! HTTP Digest with the MRK (RFC 7616; TS 33.246 §6.2, TS 24.109 §5.2): headers, digests, both ends. No I/O.
//!
//! ```text
//! UE  DigestClient                                                             BM-SC  DigestServer, a NonceRow a user
//!       POST, no Authorization           ------------------------------>
//!                                        <------ 401, WWW-Authenticate ------   issue(), write_challenge()
//!  challenged() -> ResendWithCredentials
//!  authorize()  POST, Authorization      ------------------------------>        verify() -> Accepted
//!                                        <------ 200, Authentication-Info ---   Accepted::write_info()
//!  authenticated()
//! ```
//!
//! ```text
//! HA1      = H(username ":" realm ":" password)      username: the B-TID, password: that of the MRK
//! HA2      = H(method ":" uri ":" H(body))           auth-int; without the last part with auth
//! response = H(HA1 ":" nonce ":" nc ":" cnonce ":" qop ":" HA2)
//! rspauth  = the same with an empty method and the body of the answer
//! ```
//!
//! `-sess` and SHA-512-256 are read and not supported: a challenge that offers nothing else is refused, an
//! Authorization that uses one is answered with 400.

mod authorization;
mod challenge;
mod client;
mod formula;
mod info;
mod nonce;
mod param;
mod realm;
mod server;

pub use authorization::{Authorization, MAX_AUTHORIZATION_LEN};
pub use challenge::{Challenge, MAX_CHALLENGE_LEN, OfferedQop, first_supported};
pub use client::{Challenged, ClientConfig, DigestClient, DigestUser, MAX_CHALLENGES};
pub use formula::{Covered, NonceCount, Qop, WrittenAlgorithm};
pub use info::{AuthenticationInfo, MAX_INFO_LEN};
pub use nonce::{FailureLimit, MAX_FAILURES, NONCE_LEN, Nonce, NonceRow};
pub use param::ParamText;
pub use realm::{MAX_REALM_LEN, Realm, RealmKind, select_realm};
pub use server::{
    Accepted, DigestServer, OfferedAlgorithms, OfferedRealms, Opaque, ServerConfig, SignedRequest, Verdict,
};

pub use crate::crypto::http_digest::{BodyHash, BodyHasher, DigestAlgorithm, Ha1};

/// Longest header value that is read, octets.
pub const MAX_HEADER_LEN: usize = 2048;

/// Longest nonce, opaque or cnonce, octets.
pub const MAX_NONCE_LEN: usize = 128;

/// Longest digest-uri, octets.
pub const MAX_URI_LEN: usize = 256;
