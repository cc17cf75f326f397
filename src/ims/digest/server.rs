//! The side of the BM-SC, the NAF: challenges, verification, the proof in the answer. No I/O, no user store.
//!
//! | Authorization | verdict | status |
//! |---|---|---|
//! | B-TID unknown at the BSF, Ks expired (the caller's business) | — | 401 without `stale` |
//! | too many wrong responses lately | `Forbidden` | 403 |
//! | digest-uri is not the request target; algorithm, qop or opaque not offered | `BadRequest` | 400 |
//! | realm of another host or key | `Challenge { stale: false }` | 401 |
//! | nonce not ours, too old, or older than the one last used | `Challenge { stale: true }` | 401 |
//! | wrong response | `Challenge { stale: false }`, counted | 401 |
//! | nonce count not above the last | `Challenge { stale: true }` | 401 |
//! | everything right | `Accepted` | that of the procedure |
//!
//! A repeated nonce count is answered with `stale=true`: whoever sent it knows the password, or copied a request of one who
//! does. A terminal whose answer was lost then resends under a fresh nonce instead of bootstrapping again.

use core::fmt;

use rand_core::TryCryptoRng;

use super::authorization::Authorization;
use super::challenge::{Challenge, OfferedQop};
use super::formula::WrittenAlgorithm;
use super::info;
use super::nonce::{FailureLimit, Issued, Nonce, NonceRow};
use super::param::ParamText;
use super::realm::{MAX_REALM_LEN, Realm, RealmKind};
use crate::crypto::http_digest::{BodyHash, DigestAlgorithm, Ha1, NonceKey};
use crate::error::RngError;
use crate::ims::facts::StatusCode;
use crate::ims::field::FieldWriter;
use crate::ims::{ImsError, NafFqdn};
use crate::keys::DigestPassword;
use crate::time::Tick;

/// Which realms stand in a challenge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfferedRealms {
    /// That of the key in the terminal: all that MBMS needs.
    #[default]
    Me,
    /// That of the key in the UICC.
    Uicc,
    /// Both, separated by `;`.
    Both,
}

impl OfferedRealms {
    const fn kinds(self) -> &'static [RealmKind] {
        match self {
            Self::Me => &[RealmKind::Me],
            Self::Uicc => &[RealmKind::Uicc],
            Self::Both => &[RealmKind::Me, RealmKind::Uicc],
        }
    }
}

/// Which algorithms a server offers, each in a challenge of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum OfferedAlgorithms {
    /// MD5 alone: every peer has it.
    #[default]
    Md5,
    /// SHA-256 alone.
    Sha256,
    /// SHA-256, then MD5: the best first (RFC 7616 §3.7).
    Sha256ThenMd5,
}

impl OfferedAlgorithms {
    /// The algorithms, in the order of their challenges.
    #[must_use]
    pub const fn list(self) -> &'static [DigestAlgorithm] {
        match self {
            Self::Md5 => &[DigestAlgorithm::Md5],
            Self::Sha256 => &[DigestAlgorithm::Sha256],
            Self::Sha256ThenMd5 => &[DigestAlgorithm::Sha256, DigestAlgorithm::Md5],
        }
    }
}

/// A text that the terminal must return as it is (RFC 7616 §3.3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opaque(heapless::String<{ Self::MAX_LEN }>);

impl Opaque {
    /// Longest, octets.
    pub const MAX_LEN: usize = 64;

    /// Takes over `text`.
    ///
    /// # Errors
    ///
    /// [`ImsError::TooLong`]; [`ImsError::BadCharacter`] for a control character.
    pub fn new(text: &str) -> Result<Self, ImsError> {
        if text.chars().any(char::is_control) {
            return Err(ImsError::BadCharacter);
        }
        heapless::String::try_from(text).map(Self).map_err(|_| ImsError::TooLong)
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// How a server asks.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "configuration: made by the caller, field by field")]
pub struct ServerConfig {
    /// The host name under which terminals contact it.
    pub fqdn: NafFqdn,
    /// The realms offered. Default: that of the key in the terminal.
    pub realms: OfferedRealms,
    /// The algorithms offered. Default: MD5.
    pub algorithms: OfferedAlgorithms,
    /// Whether `auth` is offered beside `auth-int`, for terminals inside TLS. Default: no.
    pub auth: bool,
    /// A text that the terminal must return. Default: none.
    pub opaque: Option<Opaque>,
    /// How long a nonce may be used, milliseconds. Default: 300,000.
    pub nonce_lifetime_ms: u64,
    /// When wrong responses are answered with 403. Default: after 5 in 60,000 ms.
    pub failure_limit: FailureLimit,
}

impl ServerConfig {
    /// The defaults, for the server of this name.
    #[must_use]
    pub fn new(fqdn: NafFqdn) -> Self {
        Self {
            fqdn,
            realms: OfferedRealms::default(),
            algorithms: OfferedAlgorithms::default(),
            auth: false,
            opaque: None,
            nonce_lifetime_ms: 300_000,
            failure_limit: FailureLimit::default(),
        }
    }

    const fn qop(&self) -> OfferedQop {
        OfferedQop { auth: self.auth, auth_int: true }
    }
}

/// What was received beside the Authorization.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "an argument list with names")]
pub struct SignedRequest<'a> {
    /// The method of the request line.
    pub method: &'a str,
    /// The target of the request line, as received.
    pub target: &'a str,
    /// The hash of the body, made with [`Authorization::hash`].
    pub body: BodyHash,
}

/// What a request is answered with.
#[derive(Debug)]
#[must_use]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "there is no heap to box into, and a verdict is not stored")]
pub enum Verdict<'a> {
    /// The request is that of the holder of the password, and new.
    Accepted(Accepted<'a>),
    /// 401, with a fresh challenge.
    Challenge {
        /// Whether the password was not found wrong: the terminal resends with the key it has.
        stale: bool,
        /// Why.
        why: ImsError,
    },
    /// 400.
    BadRequest(ImsError),
    /// 403: too many wrong responses lately.
    Forbidden,
}

impl Verdict<'_> {
    /// The status to answer with; 200 for a request that is accepted here.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Accepted(_) => StatusCode::OK,
            Self::Challenge { .. } => StatusCode::UNAUTHORIZED,
            Self::BadRequest(_) => StatusCode::BAD_REQUEST,
            Self::Forbidden => StatusCode::FORBIDDEN,
        }
    }
}

/// An accepted request, whose answer can be proven.
#[derive(Debug)]
pub struct Accepted<'a> {
    authorization: Authorization<'a>,
    ha1: Ha1,
}

impl Accepted<'_> {
    /// Writes the Authentication-Info of the answer with this body into `out`, at most
    /// [`MAX_INFO_LEN`](super::MAX_INFO_LEN) octets; with `nextnonce` the terminal changes to that nonce.
    ///
    /// # Errors
    ///
    /// [`ImsError::BufferTooSmall`]; [`ImsError::UnexpectedState`] when the body was hashed with another algorithm than
    /// the request.
    pub fn write_info<'o>(
        &self, body: &BodyHash, nextnonce: Option<&Nonce>, out: &'o mut [u8],
    ) -> Result<&'o str, ImsError> {
        let covered = self.authorization.covers("", *body);
        info::write(&covered, &covered.response(&self.ha1)?, nextnonce.map(Nonce::as_str), out)
    }

    /// The credentials that were accepted.
    #[must_use]
    pub const fn authorization(&self) -> &Authorization<'_> {
        &self.authorization
    }
}

/// Issues nonces and verifies requests; one value serves any number of users.
pub struct DigestServer {
    config: ServerConfig,
    key: NonceKey,
    issued: u64,
}

impl DigestServer {
    /// A server whose nonces nobody else can make; those of a former life are stale.
    ///
    /// # Errors
    ///
    /// [`RngError`] when the generator fails.
    pub fn new<R: TryCryptoRng + ?Sized>(config: ServerConfig, rng: &mut R) -> Result<Self, RngError> {
        Ok(Self { config, key: NonceKey::generate(rng)?, issued: 0 })
    }

    /// How it asks.
    #[must_use]
    pub const fn config(&self) -> &ServerConfig {
        &self.config
    }

    /// A fresh nonce, for the challenges of one 401 or the `nextnonce` of one answer.
    ///
    /// # Errors
    ///
    /// [`RngError`] when the generator fails; no nonce is used up then.
    pub fn issue<R: TryCryptoRng + ?Sized>(&mut self, now: Tick, rng: &mut R) -> Result<Nonce, RngError> {
        let mut random = [0; 8];
        rng.try_fill_bytes(&mut random).map_err(|_| RngError)?;
        // 2^64 nonces are not issued in the life of a server.
        self.issued = self.issued.saturating_add(1);
        Ok(Nonce::issue(&self.key, self.issued, now, random))
    }

    /// Writes the challenge for `algorithm` into `out`, at most [`MAX_CHALLENGE_LEN`](super::MAX_CHALLENGE_LEN) octets: one
    /// WWW-Authenticate header for each of [`OfferedAlgorithms::list`], in that order.
    ///
    /// # Errors
    ///
    /// [`ImsError::BufferTooSmall`].
    pub fn write_challenge<'o>(
        &self, nonce: &Nonce, algorithm: DigestAlgorithm, stale: bool, out: &'o mut [u8],
    ) -> Result<&'o str, ImsError> {
        let mut list = [0; MAX_REALM_LEN];
        let mut writer = FieldWriter::new(&mut list);
        for (at, kind) in self.config.realms.kinds().iter().enumerate() {
            for text in [if at == 0 { "" } else { ";" }, kind.prefix(), "@", self.config.fqdn.as_str()] {
                writer.text(text)?;
            }
        }
        let realm = writer.finish()?;
        let challenge = Challenge {
            realm: ParamText::plain(realm),
            nonce: ParamText::plain(nonce.as_str()),
            opaque: self.config.opaque.as_ref().map(|opaque| ParamText::plain(opaque.as_str())),
            algorithm: Some(WrittenAlgorithm::new(ParamText::plain(algorithm.name()))?),
            qop: self.config.qop(),
            stale,
        };
        challenge.write(realm, out)
    }

    /// The realm of this server that the user chose, for the look-up of his password: HA1 is of this text.
    #[must_use]
    pub fn realm_of(&self, authorization: &Authorization<'_>) -> Option<RealmKind> {
        let fqdn = self.config.fqdn.as_str();
        self.config
            .realms
            .kinds()
            .iter()
            .copied()
            .find(|kind| Realm { kind: *kind, fqdn }.is(authorization.realm))
    }

    /// Verifies a request of the user whose row and password these are. Nothing but `row` changes, and that only when the
    /// request is accepted or its response is wrong.
    pub fn verify<'a>(
        &self, row: &mut NonceRow, authorization: Authorization<'a>, password: &DigestPassword,
        request: &SignedRequest<'_>, now: Tick,
    ) -> Verdict<'a> {
        if row.is_blocked(self.config.failure_limit, now) {
            return Verdict::Forbidden;
        }
        let offered = self.config.algorithms.list();
        let Some(algorithm) = authorization.hash().filter(|hash| offered.contains(hash)) else {
            return Verdict::BadRequest(ImsError::UnsupportedAlgorithm);
        };
        if let Err(why) = self.check_form(&authorization, request, algorithm) {
            return Verdict::BadRequest(why);
        }
        if self.realm_of(&authorization).is_none() {
            return Verdict::Challenge { stale: false, why: ImsError::BadRealm };
        }
        let fresh = |issued: &Issued| {
            now <= issued.at.after_millis(self.config.nonce_lifetime_ms) && !row.has_passed(*issued)
        };
        let Some(issued) = Issued::read(&self.key, authorization.nonce).filter(fresh) else {
            return Verdict::Challenge { stale: true, why: ImsError::StaleNonce };
        };
        let Ok(realm) = authorization.realm.to_text::<MAX_REALM_LEN>() else {
            return Verdict::BadRequest(ImsError::TooLong);
        };
        let Ok(b_tid) = authorization.b_tid() else { return Verdict::BadRequest(ImsError::Malformed) };
        let ha1 = Ha1::compute(algorithm, b_tid.as_str(), &realm, password.as_octets());
        let right = authorization
            .covers(request.method, request.body)
            .response(&ha1)
            .is_ok_and(|response| response.verify(authorization.response.as_octets()));
        if !right {
            row.fail(now);
            return Verdict::Challenge { stale: false, why: ImsError::BadResponse };
        }
        let count = authorization.nc.value();
        if count == 0 || row.has_seen(issued, count) {
            return Verdict::Challenge { stale: true, why: ImsError::Replay };
        }
        row.accept(issued, count);
        Verdict::Accepted(Accepted { authorization, ha1 })
    }

    /// What RFC 7616 §3.4 and §3.4.6 answer with 400.
    fn check_form(
        &self, authorization: &Authorization<'_>, request: &SignedRequest<'_>, algorithm: DigestAlgorithm,
    ) -> Result<(), ImsError> {
        if !authorization.uri.is(request.target) {
            return Err(ImsError::UriMismatch);
        }
        if !self.config.qop().has(authorization.qop) {
            return Err(ImsError::WeakQop);
        }
        let opaque = self.config.opaque.as_ref().map(Opaque::as_str);
        if opaque.is_some_and(|sent| !authorization.opaque.is_some_and(|returned| returned.is(sent))) {
            return Err(ImsError::Malformed);
        }
        if request.body.algorithm() != algorithm {
            return Err(ImsError::UnexpectedState);
        }
        Ok(())
    }
}

impl fmt::Debug for DigestServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DigestServer({}, {} nonces issued)", self.config.fqdn, self.issued)
    }
}
