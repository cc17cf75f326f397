//! The server: which CSK binds which user, its MuSiKs, the keys to other servers (TS 33.180 §5.4, §5.8).
//!
//! ```text
//! event        row of the user             -> row                            action
//! Upload       any                         -> current = CSK, old = previous  CskBound
//!              took a CSK of a later T     same                              NotNewer
//! SendCsk      with a CSK, none pending    -> pending = new CSK              Send
//! CskTaken     with a pending CSK          -> current = it, old = previous   CskBound
//!              with an upload of a later T -> previous = it                  CskBound of the upload
//! CskRefused   with a pending CSK          -> without it                     KeptOld
//! SendMuSik    with a CSK                  same                              Send
//! LogOff       any                         -> empty                          LoggedOff
//! ```
//!
//! The rows lie with the caller, one for each user, in a [`BindingTable`]: the server itself has the same size for any
//! number of users.

use core::fmt;

use rand_core::TryCryptoRng;

use super::build::SentTime;
use super::client::Uri;
use super::csk_upload::CskUpload;
use super::error::McxError;
use super::held_key::{CskChain, HeldKey, KeyUse};
use super::key_download::{CskDownload, MuSikDownload};
use super::kms::{Entity, McCrypto};
use super::negotiation::{AlgorithmOffer, AlgorithmPolicy};
use super::ntp::Ntp64;
use super::rate_limit::RateLimit;
use super::rejected::Rejected;
use super::replay_cache::ReplayCache;
use super::settings::McxSettings;
use super::srtcp::{SignallingSrtcp, srtcp_key_id};
use crate::keys::{KeyId, McService, PurposeTag, Spk};
use crate::message::QuirkCounts;

/// What a server is configured with.
#[derive(Clone, Copy, Debug)]
pub struct McxServerConfig {
    /// Settings.
    pub settings: McxSettings,
    /// What its KMS provisioned for the negotiation.
    pub algorithms: AlgorithmPolicy,
    /// How many uploads may reach the mathematics. Default no limit.
    pub limit: RateLimit,
    /// The same for each user who has a CSK; whoever has none counts under `limit` alone. Default no limit.
    pub limit_per_user: RateLimit,
}

impl Default for McxServerConfig {
    fn default() -> Self {
        Self {
            settings: McxSettings::DEFAULT,
            algorithms: AlgorithmPolicy::default(),
            limit: RateLimit::NONE,
            limit_per_user: RateLimit::NONE,
        }
    }
}

/// What a server knows of one user.
#[derive(Debug, Default)]
pub struct UserRow {
    pub(super) user: Option<Uri>,
    pub(super) impu: Option<Uri>,
    pub(super) kms: Option<Uri>,
    pub(super) csk: CskChain,
    /// A CSK that was sent, and is not known to be taken, with T of its message.
    pub(super) pending: Option<(HeldKey, Ntp64)>,
    /// T of the last upload, of the last CSK that was sent, and of the last that the user took.
    pub(super) uploaded: Option<Ntp64>,
    pub(super) sent: Option<Ntp64>,
    pub(super) taken: Option<Ntp64>,
    pub(super) offer: Option<AlgorithmOffer>,
    pub(super) period: Option<u64>,
    /// Begun with the first upload after the one that bound the user.
    pub(super) limit: Option<RateLimit>,
}

impl UserRow {
    /// The MC service user ID, once a CSK is bound.
    #[must_use]
    pub fn user(&self) -> Option<&[u8]> {
        self.user.as_deref()
    }

    /// The IMPU, once a CSK is bound.
    #[must_use]
    pub fn impu(&self) -> Option<&[u8]> {
        self.impu.as_deref()
    }

    /// The KMS of the user, as the last upload says (IDRkmsi): that of a download to him.
    #[must_use]
    pub fn kms(&self) -> Option<&[u8]> {
        self.kms.as_deref()
    }

    /// What the user offered with the last upload.
    #[must_use]
    pub const fn offer(&self) -> Option<&AlgorithmOffer> {
        self.offer.as_ref()
    }

    /// The key period in which the CSK came.
    #[must_use]
    pub const fn period(&self) -> Option<u64> {
        self.period
    }

    /// Whether `id` names a CSK of this user, also an old, a future or a pending one.
    #[must_use]
    pub fn has_csk(&self, id: KeyId) -> bool {
        self.csk.has_id(id) || self.pending.as_ref().is_some_and(|(key, _)| key.id() == id)
    }

    /// Back to an empty row, where it lies.
    fn clear(&mut self) {
        let Self { user, impu, kms, csk, pending, uploaded, sent, taken, offer, period, limit } = self;
        (*user, *impu, *kms) = (None, None, None);
        *csk = CskChain::default();
        *pending = None;
        (*uploaded, *sent, *taken) = (None, None, None);
        (*offer, *period, *limit) = (None, None, None);
    }

    pub(super) fn check_new(&self, key: &HeldKey) -> Result<(), McxError> {
        self.csk.check_new(key)?;
        self.pending.as_ref().map_or(Ok(false), |(pending, _)| pending.is_same(key)).map(|_| ())
    }
}

/// The rows of all users; the caller's.
pub trait BindingTable {
    /// The row of `user`; an empty one for a user who has none, and `None` when there is no room.
    fn row(&mut self, user: &[u8]) -> Option<&mut UserRow>;

    /// The user among whose keys `csk_id` is ([`UserRow::has_csk`]). There is one at most.
    fn owner(&self, csk_id: KeyId) -> Option<&[u8]>;
}

/// Rows in a slice, searched from end to end: for small deployments.
impl BindingTable for [UserRow] {
    fn row(&mut self, user: &[u8]) -> Option<&mut UserRow> {
        let held = self.iter().position(|row| row.user() == Some(user));
        let at = held.or_else(|| self.iter().position(|row| row.user.is_none()))?;
        self.get_mut(at)
    }

    fn owner(&self, csk_id: KeyId) -> Option<&[u8]> {
        self.iter().find(|row| row.has_csk(csk_id)).and_then(UserRow::user)
    }
}

/// What happens to a server.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum McxServerEvent<'a> {
    /// A CSK came from a client.
    Upload(CskUpload<'a>),
    /// The CSK of a user is to change.
    SendCsk(CskDownload<'a>),
    /// The client answered that it took the CSK that was sent.
    CskTaken {
        /// The MC service user ID.
        user: &'a [u8],
    },
    /// The client refused it, or did not answer.
    CskRefused {
        /// The MC service user ID.
        user: &'a [u8],
    },
    /// A user is to have a MuSiK.
    SendMuSik(MuSikDownload<'a>),
    /// A user has logged off, or the session ended, or he registers anew: what he had before tells nothing about what comes.
    LogOff {
        /// The MC service user ID.
        user: &'a [u8],
    },
}

/// What a server asks for, or tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum McxServerAction<'o> {
    /// The user is bound to this CSK. Where an upload and a download crossed, it is that whose message has the later T.
    CskBound {
        /// Its key ID.
        id: KeyId,
        /// Its algorithm.
        algorithm: u8,
        /// When it becomes active.
        active_from: Ntp64,
    },
    /// Send this message to the user, as body part `application/mikey` or in SDP.
    Send {
        /// The key in it.
        id: KeyId,
        /// The message.
        message: &'o [u8],
    },
    /// The CSK that was sent is forgotten; what was in use still is.
    KeptOld,
    /// The user's keys are gone.
    LoggedOff,
}

/// A server that remembers the last `REPLAYS` uploads and holds at most `SPKS` keys to other servers.
pub struct McxServer<const REPLAYS: usize, const SPKS: usize> {
    pub(super) config: McxServerConfig,
    pub(super) replays: ReplayCache<REPLAYS>,
    pub(super) sent: SentTime,
    pub(super) limit: RateLimit,
    pub(super) quirks: QuirkCounts,
    spks: heapless::Vec<(KeyId, Spk), SPKS>,
}

impl<const REPLAYS: usize, const SPKS: usize> McxServer<REPLAYS, SPKS> {
    /// A server without users.
    #[must_use]
    pub fn new(config: McxServerConfig) -> Self {
        Self {
            config,
            replays: ReplayCache::new(),
            sent: SentTime::default(),
            limit: config.limit,
            quirks: QuirkCounts::default(),
            spks: heapless::Vec::new(),
        }
    }

    /// Makes it what [`new`](Self::new) makes of `config`, where it lies: it is too large to be made elsewhere and moved by whoever
    /// has little stack.
    pub fn reset(&mut self, config: McxServerConfig) {
        let Self { config: own, replays, sent, limit, quirks, spks } = self;
        (*own, *limit) = (config, config.limit);
        replays.clear();
        (*sent, *quirks) = (SentTime::default(), QuirkCounts::default());
        spks.clear();
    }

    /// Handles one event at `now`, as the server `own`. `out` takes a message to send, or the key parameters of an upload.
    ///
    /// # Errors
    ///
    /// [`Rejected`]; nothing has changed then, but that an authentic message is remembered against replays, and that the
    /// rate limit has counted. Of an upload those of [`receive_upload`](Self::receive_upload) and
    /// [`bind_upload`](Self::bind_upload). Of a download [`UnknownKey`](McxError::UnknownKey) for a user without a CSK or a
    /// MuSiK of another kind, [`NoKeyMaterial`](Rejected::NoKeyMaterial), [`KmsNotAccepted`](Rejected::KmsNotAccepted)
    /// without the certificate of the user's KMS, those of [`AlgorithmPolicy::select`], [`RngFailed`](McxError::RngFailed),
    /// [`Encode`](Rejected::Encode). [`WrongState`](McxError::WrongState) for an answer to what was not sent, and for a CSK while
    /// the answer to the one before is not known.
    pub fn handle<'a, 'o, M, T, R>(
        &mut self, event: McxServerEvent<'a>, own: &Entity<'_, M>, table: &mut T, now: Ntp64, rng: &mut R,
        out: &'o mut [u8],
    ) -> Result<McxServerAction<'o>, Rejected<'a>>
    where
        M: McCrypto,
        T: BindingTable + ?Sized,
        R: TryCryptoRng + ?Sized,
    {
        match event {
            McxServerEvent::Upload(upload) => self.upload(upload, own, table, now, out),
            McxServerEvent::SendCsk(download) => self.send_csk(&download, own, table, now, rng, out),
            McxServerEvent::CskTaken { user } => self.csk_taken(user, table, now),
            McxServerEvent::CskRefused { user } => {
                let row = table.row(user).ok_or(McxError::UnknownKey)?;
                row.pending.take().map(|_| McxServerAction::KeptOld).ok_or(McxError::WrongState.into())
            }
            McxServerEvent::SendMuSik(download) => self.send_musik(&download, own, table, now, rng, out),
            McxServerEvent::LogOff { user } => {
                table.row(user).ok_or(McxError::UnknownKey)?.clear();
                Ok(McxServerAction::LoggedOff)
            }
        }
    }

    /// The CSK of a packet or document that came with `id`; a CSK that was sent counts before the answer. Within the skew
    /// before a key begins, the user may use it already.
    ///
    /// # Errors
    ///
    /// [`McxError::UnknownKey`], [`McxError::NotYetActive`], [`McxError::KeyExpired`].
    pub fn received_under<'r>(
        &self, row: &'r UserRow, id: KeyId, now: Ntp64,
    ) -> Result<&'r HeldKey, McxError> {
        if let Some((pending, _)) = row.pending.as_ref().filter(|(key, _)| key.id() == id) {
            return pending.check_received(&self.config.settings, now).map(|()| pending);
        }
        row.csk.receiving(id, now, &self.config.settings)
    }

    /// The CSK for what goes to the user of `row`.
    ///
    /// # Errors
    ///
    /// As [`received_under`](Self::received_under).
    pub fn csk<'r>(&self, row: &'r UserRow, now: Ntp64) -> Result<&'r HeldKey, McxError> {
        row.csk.sending(now)
    }

    /// The SRTCP keys for what goes to the user of `row` in `service`.
    ///
    /// # Errors
    ///
    /// As [`csk`](Self::csk), and [`McxError::WrongUse`] when the CSK does not serve the session.
    pub fn downlink_srtcp(
        &self, row: &UserRow, service: McService, now: Ntp64,
    ) -> Result<SignallingSrtcp, McxError> {
        self.csk(row, now)?.srtcp(KeyUse::UnicastDownlink, service, &self.config.settings, now)
    }

    /// The SRTCP keys of a packet that came in `service` from the user of `row`, who is the
    /// [`owner`](BindingTable::owner) of the key of its [`srtcp_key_id`].
    ///
    /// # Errors
    ///
    /// As [`received_under`](Self::received_under); [`McxError::Malformed`] for a packet without an MKI;
    /// [`McxError::WrongUse`].
    pub fn received_srtcp(
        &self, row: &UserRow, packet: &[u8], service: McService, now: Ntp64,
    ) -> Result<SignallingSrtcp, McxError> {
        let key = self.received_under(row, srtcp_key_id(packet)?, now)?;
        key.received_srtcp(KeyUse::UnicastUplink, service, &self.config.settings)
    }

    /// Installs a key to another server. These keys are agreed by hand; there is no exchange.
    ///
    /// # Errors
    ///
    /// [`McxError::WrongPurposeTag`] for another tag, [`McxError::KeyIdInUse`] when another key has this ID,
    /// [`McxError::CapacityExceeded`].
    pub fn install_spk(&mut self, id: KeyId, key: Spk) -> Result<(), McxError> {
        use subtle::ConstantTimeEq;
        if id.tag() != PurposeTag::Spk {
            return Err(McxError::WrongPurposeTag);
        }
        if let Some((_, held)) = self.spks.iter().find(|(held, _)| *held == id) {
            let same: bool = held.ct_eq(&key).into();
            return if same { Ok(()) } else { Err(McxError::KeyIdInUse) };
        }
        self.spks.push((id, key)).map_err(|_| McxError::CapacityExceeded)
    }

    /// The key to another server.
    #[must_use]
    pub fn spk(&self, id: KeyId) -> Option<&Spk> {
        self.spks.iter().find(|(held, _)| *held == id).map(|(_, key)| key)
    }

    /// Forgets a key to another server; answers whether it was held.
    pub fn remove_spk(&mut self, id: KeyId) -> bool {
        let before = self.spks.len();
        self.spks.retain(|(held, _)| *held != id);
        before != self.spks.len()
    }

    /// How many accepted messages needed which deviation.
    #[must_use]
    pub const fn quirk_counts(&self) -> &QuirkCounts {
        &self.quirks
    }
}

impl<const REPLAYS: usize, const SPKS: usize> fmt::Debug for McxServer<REPLAYS, SPKS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McxServer")
            .field("replays", &self.replays)
            .field("spk_count", &self.spks.len())
            .finish_non_exhaustive()
    }
}
