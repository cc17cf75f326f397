//! A key that is held, with everything that its use needs.
//!
//! ```text
//! stored --active_from--> active --expiry--> gone
//!
//!              unicast up   unicast down   multicast down
//! CSK             yes           yes             no
//! MuSiK           no            yes             yes
//! ```

use core::fmt;

use rand_core::TryCryptoRng;

use super::build::{MessageForm, draw_rand};
use super::error::McxError;
use super::ntp::{Clock, Ntp64};
use super::profile::{McSession, McSessions};
use super::received::CsbRand;
use super::settings::McxSettings;
use super::srtcp::SignallingSrtcp;
use crate::keys::{KeyId, McKey, McService, PurposeTag, SignallingKeys, SrtpMaster};

/// What a key is about to protect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeyUse {
    /// From a client to its server.
    UnicastUplink,
    /// From a server to one client.
    UnicastDownlink,
    /// From a server to many clients.
    MulticastDownlink,
}

impl KeyUse {
    /// Whether a key of kind `tag` serves this.
    #[must_use]
    pub const fn takes(self, tag: PurposeTag) -> bool {
        match self {
            Self::UnicastUplink => matches!(tag, PurposeTag::Csk),
            Self::UnicastDownlink => matches!(tag, PurposeTag::Csk | PurposeTag::MuSik),
            Self::MulticastDownlink => matches!(tag, PurposeTag::MuSik),
        }
    }

    /// Refuses a key that does not serve this: a CSK for multicast, a MuSiK for what a client sends.
    ///
    /// # Errors
    ///
    /// [`McxError::WrongUse`].
    pub const fn check(self, id: KeyId) -> Result<(), McxError> {
        if self.takes(id.tag()) { Ok(()) } else { Err(McxError::WrongUse) }
    }
}

/// A key with its name, RAND, crypto sessions, algorithm and times.
pub struct HeldKey {
    pub(super) key: McKey,
    pub(super) id: KeyId,
    pub(super) rand: CsbRand,
    pub(super) sessions: McSessions,
    pub(super) algorithm: u8,
    pub(super) active_from: Ntp64,
    pub(super) expiry: Option<Ntp64>,
}

impl HeldKey {
    /// A key that was just drawn, with a RAND of its own, as a message of this form tells of it.
    pub(super) fn fresh<R: TryCryptoRng + ?Sized>(
        key: McKey, id: KeyId, algorithm: u8, form: &MessageForm<'_>, clock: Clock, rng: &mut R,
    ) -> Result<Self, McxError> {
        let mut fresh = Self {
            key,
            id,
            rand: draw_rand(rng)?,
            sessions: McSessions::default(),
            algorithm,
            active_from: clock.now,
            expiry: None,
        };
        fresh.take_form(form, clock);
        Ok(fresh)
    }

    /// What a message of this form says of the key: its sessions, its beginning and its end.
    pub(super) fn take_form(&mut self, form: &MessageForm<'_>, clock: Clock) {
        let parameters = form.parameters.as_ref();
        self.sessions = form.sessions(self.id.tag());
        let activation = parameters.and_then(|parameters| parameters.activation);
        self.active_from = clock.begin(activation.unwrap_or(clock.now));
        self.expiry = parameters.and_then(|parameters| parameters.expiry);
    }

    /// The key.
    #[must_use]
    pub const fn key(&self) -> &McKey {
        &self.key
    }

    /// Its key ID.
    #[must_use]
    pub const fn id(&self) -> KeyId {
        self.id
    }

    /// RAND of the message that brought it.
    #[must_use]
    pub const fn rand(&self) -> &CsbRand {
        &self.rand
    }

    /// The signalling algorithm that goes with it.
    #[must_use]
    pub const fn algorithm(&self) -> u8 {
        self.algorithm
    }

    /// When it became or becomes active.
    #[must_use]
    pub const fn active_from(&self) -> Ntp64 {
        self.active_from
    }

    /// When it expires.
    #[must_use]
    pub const fn expiry(&self) -> Option<Ntp64> {
        self.expiry
    }

    /// The crypto session of `service` under it, when the message set it up.
    #[must_use]
    pub fn session(&self, service: McService) -> Option<&McSession> {
        self.sessions.session(self.id.tag().srtcp_cs_id(service)?)
    }

    /// Whether the key may be used at `now`.
    ///
    /// # Errors
    ///
    /// [`McxError::NotYetActive`], [`McxError::KeyExpired`].
    pub fn check(&self, now: Ntp64) -> Result<(), McxError> {
        if now < self.active_from {
            Err(McxError::NotYetActive)
        } else if self.expiry.is_some_and(|expiry| expiry <= now) {
            Err(McxError::KeyExpired)
        } else {
            Ok(())
        }
    }

    /// [`check`](Self::check) for what was received: the clock of who sent it may be ahead.
    pub(super) fn check_received(&self, settings: &McxSettings, now: Ntp64) -> Result<(), McxError> {
        let begins = self.active_from <= now.after_s(settings.skew_s());
        self.check(if begins { now.max(self.active_from) } else { now })
    }

    /// The SRTCP keys of `service` under it, to send with.
    ///
    /// # Errors
    ///
    /// [`McxError::WrongUse`] when a key of this kind does not serve `key_use`, or its message did not set up the
    /// session of `service`; those of [`check`](Self::check).
    pub fn srtcp(
        &self, key_use: KeyUse, service: McService, settings: &McxSettings, now: Ntp64,
    ) -> Result<SignallingSrtcp, McxError> {
        let keys = self.received_srtcp(key_use, service, settings)?;
        self.check(now).map(|()| keys)
    }

    /// The same for what was received, by a key that [`McxClient::key`](super::McxClient::key) or
    /// [`McxServer::received_under`](super::McxServer::received_under) found: the sender's clock may be ahead.
    ///
    /// # Errors
    ///
    /// [`McxError::WrongUse`] as of [`srtcp`](Self::srtcp).
    pub fn received_srtcp(
        &self, key_use: KeyUse, service: McService, settings: &McxSettings,
    ) -> Result<SignallingSrtcp, McxError> {
        key_use.check(self.id)?;
        let session = self.session(service).ok_or(McxError::WrongUse)?;
        let csb = self.id.csb();
        let master = SrtpMaster::derive(&self.key, session.cs_id, csb, self.rand.octets(), session.key_len);
        Ok(SignallingSrtcp::new(&master.ok_or(McxError::WrongUse)?, self.id, settings.salt_place))
    }

    /// The keys of application signalling with or of the user `uri` under it, to send with.
    ///
    /// # Errors
    ///
    /// As [`srtcp`](Self::srtcp).
    pub fn signalling_keys(
        &self, key_use: KeyUse, uri: &[u8], settings: &McxSettings, now: Ntp64,
    ) -> Result<SignallingKeys, McxError> {
        let keys = self.received_signalling_keys(key_use, uri, settings)?;
        self.check(now).map(|()| keys)
    }

    /// The same for what was received, as [`received_srtcp`](Self::received_srtcp).
    ///
    /// # Errors
    ///
    /// [`McxError::WrongUse`] when a key of this kind does not serve `key_use`.
    pub fn received_signalling_keys(
        &self, key_use: KeyUse, uri: &[u8], settings: &McxSettings,
    ) -> Result<SignallingKeys, McxError> {
        key_use.check(self.id)?;
        SignallingKeys::derive(&self.key, self.id, uri, settings.xpk_id).ok_or(McxError::WrongUse)
    }

    /// Whether both are the same key under the same name; one name for two keys is an error.
    pub(super) fn is_same(&self, other: &Self) -> Result<bool, McxError> {
        use subtle::ConstantTimeEq;
        if self.id != other.id {
            return Ok(false);
        }
        let same: bool = self.key.secret().ct_eq(other.key.secret()).into();
        if same { Ok(true) } else { Err(McxError::KeyIdInUse) }
    }
}

impl fmt::Debug for HeldKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HeldKey")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .field("active_from", &self.active_from)
            .finish_non_exhaustive()
    }
}

/// How many CSKs are read during their overlap besides the one in use: two, where an upload and a download crossed.
const PREVIOUS: usize = 2;

/// The CSK of one client and its server, while it changes.
///
/// ```text
/// previous   received only, each until its overlap is over
/// current    in use
/// next       stored, not yet active; once active it is the current one, and the old one is in its overlap
/// ```
#[derive(Debug, Default)]
pub(super) struct CskChain {
    previous: heapless::Vec<(HeldKey, Ntp64), PREVIOUS>,
    current: Option<HeldKey>,
    next: Option<HeldKey>,
}

impl CskChain {
    fn all(&self) -> impl Iterator<Item = &HeldKey> {
        self.previous.iter().map(|(key, _)| key).chain(&self.current).chain(&self.next)
    }

    pub(super) fn has_id(&self, id: KeyId) -> bool {
        self.all().any(|key| key.id == id)
    }

    /// Refuses a key under the name of another one.
    pub(super) fn check_new(&self, key: &HeldKey) -> Result<(), McxError> {
        self.all().try_for_each(|held| held.is_same(key).map(|_| ()))
    }

    /// The key to send with. The one before a key that has begun does not come back when that one expires.
    pub(super) fn sending(&self, now: Ntp64) -> Result<&HeldKey, McxError> {
        let next = self.next.as_ref().filter(|key| key.active_from <= now);
        let key = next.or(self.current.as_ref()).or(self.next.as_ref()).ok_or(McxError::UnknownKey)?;
        key.check(now).map(|()| key)
    }

    /// The key that came last.
    pub(super) fn latest(&self) -> Result<&HeldKey, McxError> {
        self.next.as_ref().or(self.current.as_ref()).ok_or(McxError::UnknownKey)
    }

    /// The key `id`, to receive with.
    pub(super) fn receiving(
        &self, id: KeyId, now: Ntp64, settings: &McxSettings,
    ) -> Result<&HeldKey, McxError> {
        let replaced = self.next.as_ref().filter(|next| next.active_from <= now);
        let key = if let Some(next) = self.next.as_ref().filter(|key| key.id == id) {
            next
        } else if let Some(current) = self.current.as_ref().filter(|key| key.id == id) {
            if replaced.is_some_and(|next| next.active_from.after_s(settings.overlap_s) < now) {
                return Err(McxError::UnknownKey);
            }
            current
        } else {
            let previous = self.previous.iter().find(|(key, until)| key.id == id && now <= *until);
            previous.map(|(key, _)| key).ok_or(McxError::UnknownKey)?
        };
        key.check_received(settings, now).map(|()| key)
    }

    /// Takes over `key`: at once, or from its activation on.
    pub(super) fn install(&mut self, mut key: HeldKey, now: Ntp64, settings: &McxSettings) {
        self.settle(now, settings);
        let until = now.after_s(settings.overlap_s);
        key.active_from = settings.clock(now).begin(key.active_from);
        // One that was to come may have begun for the peer; one that cannot have would only take the place of another.
        let may_have_begun = |old: &HeldKey| old.id != key.id && old.check_received(settings, now).is_ok();
        if let Some(old) = self.next.take().filter(may_have_begun) {
            self.keep(old, until);
        }
        if key.active_from > now {
            self.next = Some(key);
            return;
        }
        let replaced = self.current.replace(key);
        // The same key again leaves nothing behind.
        if let Some(old) = replaced.filter(|old| self.current.as_ref().is_none_or(|new| new.id != old.id)) {
            self.keep(old, until);
        }
    }

    /// Takes over a `key` that was sent before the one in use: it is read for the overlap, in case the peer uses it yet.
    pub(super) fn retire(&mut self, key: HeldKey, now: Ntp64, settings: &McxSettings) {
        self.settle(now, settings);
        self.keep(key, now.after_s(settings.overlap_s));
    }

    /// Makes a next key that has become active the current one.
    fn settle(&mut self, now: Ntp64, settings: &McxSettings) {
        if let Some(next) = self.next.take_if(|next| next.active_from <= now) {
            let from = next.active_from;
            if let Some(old) = self.current.replace(next) {
                self.keep(old, from.after_s(settings.overlap_s));
            }
        }
        self.previous.retain(|(_, until)| now <= *until);
    }

    /// Reads `key` until then; of too many the one goes that came first.
    fn keep(&mut self, key: HeldKey, until: Ntp64) {
        if self.previous.is_full() {
            let mut is_first = true;
            self.previous.retain(|_| !core::mem::take(&mut is_first));
        }
        // There is room now.
        let _ = self.previous.push((key, until));
    }
}
