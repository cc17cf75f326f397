//! The side of the terminal, for one server: which nonce to use, what a 401 asks for, whether an answer is authentic.
//!
//! | 401 to a request | condition | outcome |
//! |---|---|---|
//! | without Authorization | realm and qop good | `ResendWithCredentials`: use a valid Ks, or run GBA |
//! | with Authorization, no `stale=true` | first one | `Bootstrap`: run GBA, resend with the new B-TID |
//! | with Authorization, no `stale=true` | second one | `NotAuthorised` |
//! | with Authorization, `stale=true` | first one | `ResendStale`: same B-TID, new nonce |
//! | with Authorization, `stale=true` | second one | `StaleNonce` |
//! | any | realm without a prefix or of another host | `BadRealm`, nothing is sent |
//! | any | no `auth-int`, outside TLS | `WeakQop` |
//! | any | no supported algorithm | `UnsupportedAlgorithm` |
//! | any | more than three to one request | `TooManyChallenges` |

use core::fmt;

use super::authorization::Outgoing;
use super::challenge::{Challenge, first_supported};
use super::formula::{Covered, NonceCount, Qop};
use super::info::AuthenticationInfo;
use super::param::ParamText;
use super::realm::{MAX_REALM_LEN, RealmKind, select_realm};
use super::{MAX_NONCE_LEN, MAX_URI_LEN, WrittenAlgorithm};
use crate::crypto::http_digest::{BodyHash, DigestAlgorithm, Ha1};
use crate::ims::field::FieldWriter;
use crate::ims::{BTid, ImsError, NafFqdn};
use crate::keys::DigestPassword;

/// Challenges to one request that a terminal answers.
pub const MAX_CHALLENGES: u8 = 3;

/// Characters of a cnonce: 16 random octets.
const CNONCE_LEN: usize = 32;

/// What a terminal insists on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_structs, reason = "configuration: made by the caller, field by field")]
pub struct ClientConfig {
    /// The host contacted: the only one whose challenges are answered.
    pub fqdn: NafFqdn,
    /// Which key the password comes from. Default: that of the terminal.
    pub realm: RealmKind,
    /// Whether the connection is TLS; only then `auth` is enough. Default: no.
    pub tls: bool,
    /// Whether challenges with SHA-256 are answered. Default: yes.
    pub sha256: bool,
}

impl ClientConfig {
    /// The defaults, for this server.
    #[must_use]
    pub const fn new(fqdn: NafFqdn) -> Self {
        Self { fqdn, realm: RealmKind::Me, tls: false, sha256: true }
    }
}

/// Who sends, and with which password.
#[derive(Clone, Copy, Debug)]
#[allow(clippy::exhaustive_structs, reason = "an argument list with names")]
pub struct DigestUser<'a> {
    /// The user name.
    pub b_tid: &'a BTid,
    /// The password of the MRK under this B-TID.
    pub password: &'a DigestPassword,
}

/// What a 401 asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Challenged {
    /// The server wants to know who asks: use a valid Ks or run GBA, then [`authorize`](DigestClient::authorize).
    ResendWithCredentials,
    /// The server wants another key: run GBA, then [`authorize`](DigestClient::authorize) with the new B-TID.
    Bootstrap,
    /// The nonce was too old: [`authorize`](DigestClient::authorize) with the same B-TID.
    ResendStale,
}

/// The challenge that is answered until there is another.
#[derive(Clone)]
struct Session {
    realm: heapless::String<MAX_REALM_LEN>,
    nonce: heapless::String<MAX_NONCE_LEN>,
    opaque: Option<heapless::String<MAX_NONCE_LEN>>,
    /// As the server wrote it; not returned when he wrote none.
    written: Option<heapless::String<{ WrittenAlgorithm::MAX_LEN }>>,
    algorithm: DigestAlgorithm,
    qop: Qop,
    /// Requests sent with this nonce.
    sent: u32,
}

/// A request that is not answered yet.
struct Pending {
    ha1: Ha1,
    uri: heapless::String<MAX_URI_LEN>,
    cnonce: [u8; CNONCE_LEN],
    nc: NonceCount,
}

/// What the current request has been through.
#[derive(Clone, Copy, Default)]
struct Attempts {
    challenges: u8,
    bootstrapped: bool,
    stale: bool,
}

/// HTTP Digest of a terminal with one server, one request after the other.
pub struct DigestClient {
    config: ClientConfig,
    session: Option<Session>,
    pending: Option<Pending>,
    attempts: Attempts,
}

impl DigestClient {
    /// Nothing known of the server yet: the first request goes out without Authorization.
    #[must_use]
    pub const fn new(config: ClientConfig) -> Self {
        let attempts = Attempts { challenges: 0, bootstrapped: false, stale: false };
        Self { config, session: None, pending: None, attempts }
    }

    /// A new request begins, not a repeat of one that was challenged: its challenges are counted from 0 again. An earlier
    /// request that was not answered is given up.
    pub fn begin(&mut self) {
        self.pending = None;
        self.attempts = Attempts::default();
    }

    /// The hash to feed the bodies to; `None` before the first challenge, when a request has no Authorization.
    #[must_use]
    pub fn algorithm(&self) -> Option<DigestAlgorithm> {
        self.session.as_ref().map(|session| session.algorithm)
    }

    /// Writes the Authorization of a request into `out`, at most [`MAX_AUTHORIZATION_LEN`](super::MAX_AUTHORIZATION_LEN)
    /// octets, and counts it. `uri` is the target of its request line; `cnonce` are fresh random octets, for every request
    /// others.
    ///
    /// # Errors
    ///
    /// [`ImsError::UnexpectedState`] before the first challenge, or when the body was hashed with another algorithm;
    /// [`ImsError::TooLong`] for a longer `uri` than [`MAX_URI_LEN`]; [`ImsError::BadCharacter`] for a control character
    /// in it; [`ImsError::StaleNonce`] when the nonce is used up; [`ImsError::BufferTooSmall`].
    pub fn authorize<'o>(
        &mut self, user: DigestUser<'_>, method: &str, uri: &str, body: &BodyHash, cnonce: &[u8; 16],
        out: &'o mut [u8],
    ) -> Result<&'o str, ImsError> {
        let session = self.session.as_mut().ok_or(ImsError::UnexpectedState)?;
        let count = session.sent.checked_add(1).ok_or(ImsError::StaleNonce)?;
        let mut digits = [0; CNONCE_LEN];
        FieldWriter::new(&mut digits).hex(cnonce)?;
        let (b_tid, password) = (user.b_tid.as_str(), user.password.as_octets());
        let pending = Pending {
            ha1: Ha1::compute(session.algorithm, b_tid, &session.realm, password),
            uri: heapless::String::try_from(uri).map_err(|_| ImsError::TooLong)?,
            cnonce: digits,
            nc: NonceCount::new(count),
        };
        let covered = pending.covers(session, method, *body);
        let header = Outgoing {
            username: b_tid,
            realm: &session.realm,
            covered,
            response: &covered.response(&pending.ha1)?,
            opaque: session.opaque.as_deref(),
            algorithm: session.written.as_deref(),
        }
        .write(out)?;
        session.sent = count;
        self.pending = Some(pending);
        Ok(header)
    }

    /// Takes a 401 with these WWW-Authenticate values and says what to do next; see the table above.
    ///
    /// # Errors
    ///
    /// Those of the table, and those of [`first_supported`] for what cannot be read. The request has failed then, and
    /// nothing has changed.
    pub fn challenged(&mut self, values: &[&[u8]]) -> Result<Challenged, ImsError> {
        let mut attempts = self.attempts;
        if attempts.challenges >= MAX_CHALLENGES {
            return Err(ImsError::TooManyChallenges);
        }
        attempts.challenges = attempts.challenges.saturating_add(1);
        let supported: &[_] = match self.config.sha256 {
            true => &[DigestAlgorithm::Md5, DigestAlgorithm::Sha256],
            false => &[DigestAlgorithm::Md5],
        };
        let challenge = first_supported(values, supported)?;
        let session = Session::open(&challenge, &self.config)?;
        let outcome = match (&self.pending, challenge.stale) {
            (None, _) => Challenged::ResendWithCredentials,
            (Some(_), true) if attempts.stale => return Err(ImsError::StaleNonce),
            (Some(_), true) => {
                attempts.stale = true;
                Challenged::ResendStale
            }
            (Some(_), false) if attempts.bootstrapped => return Err(ImsError::NotAuthorised),
            (Some(_), false) => {
                attempts.bootstrapped = true;
                Challenged::Bootstrap
            }
        };
        (self.session, self.pending, self.attempts) = (Some(session), None, attempts);
        Ok(outcome)
    }

    /// Takes the Authentication-Info of the answer with this body: when it is good, the answer is that of the server, and
    /// the request is done. An answer without the header is that with an empty one.
    ///
    /// # Errors
    ///
    /// [`ImsError::UnexpectedState`] without an authorised request, or when the body was hashed with another algorithm;
    /// [`ImsError::BadResponse`] when `rspauth` is wrong, or `cnonce`, `nc` or `qop` are not those of the request; those of
    /// [`AuthenticationInfo::parse`]. The answer must be discarded then.
    pub fn authenticated(&mut self, info: &[u8], body: &BodyHash) -> Result<(), ImsError> {
        let (Some(session), Some(pending)) = (&mut self.session, &self.pending) else {
            return Err(ImsError::UnexpectedState);
        };
        let info = AuthenticationInfo::parse(info)?;
        let covered = pending.covers(session, "", *body);
        let repeats = info.cnonce == covered.cnonce
            && info.nc.value() == covered.nc.value()
            && info.qop.is_none_or(|qop| qop == covered.qop);
        if !covered.response(&pending.ha1)?.verify(info.rspauth.as_octets()) || !repeats {
            return Err(ImsError::BadResponse);
        }
        if let Some(nonce) = info.nextnonce {
            session.nonce = nonce.to_text()?;
            session.sent = 0;
        }
        self.begin();
        Ok(())
    }
}

impl Session {
    /// The answerable part of `challenge`.
    fn open(challenge: &Challenge<'_>, config: &ClientConfig) -> Result<Self, ImsError> {
        let realms = challenge.realm.to_text::<MAX_REALM_LEN>()?;
        let realm = select_realm(&realms, config.realm, &config.fqdn)?;
        let qop = match challenge.qop {
            offered if offered.auth_int => Qop::AuthInt,
            offered if offered.auth && config.tls => Qop::Auth,
            _ => return Err(ImsError::WeakQop),
        };
        Ok(Self {
            realm: heapless::String::try_from(realm).map_err(|_| ImsError::TooLong)?,
            nonce: challenge.nonce.to_text()?,
            opaque: challenge.opaque.map(ParamText::to_text).transpose()?,
            written: challenge.algorithm.map(|algorithm| algorithm.text().to_text()).transpose()?,
            algorithm: challenge.hash().ok_or(ImsError::UnsupportedAlgorithm)?,
            qop,
            sent: 0,
        })
    }
}

impl Pending {
    fn covers<'a>(&'a self, session: &'a Session, method: &'a str, body: BodyHash) -> Covered<'a> {
        Covered {
            method,
            uri: ParamText::plain(&self.uri),
            body,
            nonce: ParamText::plain(&session.nonce),
            nc: self.nc,
            cnonce: ParamText::plain(core::str::from_utf8(&self.cnonce).unwrap_or_default()),
            qop: session.qop,
        }
    }
}

impl fmt::Debug for DigestClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let challenged = self.session.is_some();
        write!(f, "DigestClient({}, challenged: {challenged}, ..)", self.config.fqdn)
    }
}
