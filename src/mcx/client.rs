//! The client: its CSK, its MuSiKs, and what it knows of its server (TS 33.180 §5.4, §5.8).
//!
//! ```text
//! state        event            -> state         action
//! LoggedOff    Register         -> Registered    Registered
//! Registered   Upload           -> Uploading     Send
//! Uploading    Redirected       -> Uploading     Send          at most 3 times
//! Uploading    UploadAccepted   -> Registered    CskInUse
//! Uploading    UploadFailed     -> Registered    KeptOld
//! Registered,  Download         same             CskStored or MuSikStored
//!   Uploading
//! any          LogOff           -> LoggedOff     LoggedOff     all keys wiped
//! ```
//!
//! Where an upload and a download cross, both ends use the CSK whose message has the later T, of two equal ones that of the
//! download, and read the other one for the overlap. An answer to what was received has a later T than that, whatever the clocks say.

use core::fmt;

use rand_core::TryCryptoRng;

use super::build::{MessageForm, SentTime};
use super::error::McxError;
use super::held_key::{CskChain, HeldKey, KeyUse};
use super::kms::{Entity, McCrypto};
use super::negotiation::{AlgorithmOffer, AlgorithmPolicy, OFFER_TAG_LEN};
use super::ntp::Ntp64;
use super::rejected::Rejected;
use super::replay_cache::ReplayCache;
use super::settings::McxSettings;
use super::srtcp::{SignallingSrtcp, srtcp_key_id};
use crate::keys::{KeyId, McService, PurposeTag, SignallingKeys};
use crate::message::QuirkCounts;
use crate::wire::MAX_IDENTITY_LEN;

/// How often a client follows a redirect.
pub const MAX_REDIRECTS: u8 = 3;

/// An identity that is kept.
pub(super) type Uri = heapless::Vec<u8, MAX_IDENTITY_LEN>;

/// `uri`, to be kept.
pub(super) fn keep(uri: &[u8]) -> Result<Uri, McxError> {
    if uri.is_empty() {
        return Err(McxError::MissingIdentity);
    }
    Uri::from_slice(uri).map_err(|_| McxError::Malformed)
}

/// What a client is configured with.
#[derive(Clone, Copy, Debug, Default)]
pub struct McxClientConfig {
    /// Settings.
    pub settings: McxSettings,
    /// What its KMS provisioned for the negotiation.
    pub algorithms: AlgorithmPolicy,
    /// Whether an upload carries an offer where more than one algorithm is supported. Default yes.
    pub no_offer: bool,
}

/// What happens to a client.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum McxClientEvent<'a> {
    /// The server at which the user registers, and its KMS.
    Register {
        /// MDSI.
        mdsi: &'a [u8],
        /// Its KMS.
        kms: &'a [u8],
    },
    /// A new CSK is to go to the server.
    Upload {
        /// The algorithm to select; `None`: the most wanted one that is allowed.
        select: Option<u8>,
        /// How the message is written.
        form: MessageForm<'a>,
    },
    /// The server took the CSK.
    UploadAccepted,
    /// The server did not take it, or did not answer.
    UploadFailed,
    /// The server answered with a KMS Redirect Response that the client follows: the server's KMS is another one.
    Redirected {
        /// The KMS to encapsulate under; its certificate must be held.
        kms: &'a [u8],
        /// How the message is written.
        form: MessageForm<'a>,
    },
    /// A message from the server.
    Download {
        /// The message.
        octets: &'a [u8],
        /// The list of key management protocols of the SDP that carried it; `None` for a body part.
        sdp_ids: Option<&'a [u8]>,
    },
    /// The user logs off, or the session ended.
    LogOff,
}

/// What a client asks for, or tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum McxClientAction<'o> {
    /// The server is known.
    Registered,
    /// Send this message as body part `application/mikey`, or in SDP.
    Send(&'o [u8]),
    /// The server took the uploaded CSK, and this one is in use: the uploaded one, or one that came meanwhile in a message
    /// with a later T.
    CskInUse(KeyId),
    /// The upload failed; what was in use still is.
    KeptOld,
    /// A CSK came, and is in use from this time on.
    CskStored {
        /// Its key ID.
        id: KeyId,
        /// When it becomes active.
        active_from: Ntp64,
        /// Its algorithm.
        algorithm: u8,
    },
    /// A MuSiK came, and is in use from this time on.
    MuSikStored {
        /// Its key ID.
        id: KeyId,
        /// When it becomes active.
        active_from: Ntp64,
        /// Its algorithm.
        algorithm: u8,
    },
    /// Every key is gone.
    LoggedOff,
}

/// A CSK on its way to the server.
#[derive(Debug)]
pub(super) struct Pending {
    pub(super) key: HeldKey,
    /// T of the message.
    pub(super) time: Ntp64,
    pub(super) offer: Option<AlgorithmOffer>,
    pub(super) redirects: u8,
}

/// A client with at most `MUSIKS` MuSiKs, which remembers the last `REPLAYS` messages.
pub struct McxClient<const MUSIKS: usize, const REPLAYS: usize> {
    pub(super) config: McxClientConfig,
    pub(super) mdsi: Option<(Uri, Uri)>,
    pub(super) csk: CskChain,
    pub(super) musiks: heapless::Vec<HeldKey, MUSIKS>,
    pub(super) pending: Option<Pending>,
    /// The offer of the last upload that was accepted; a selection answers it, or that of the upload under way.
    pub(super) offer: Option<AlgorithmOffer>,
    /// T of the last download of a CSK and of a MuSiK.
    pub(super) last_csk: Option<Ntp64>,
    pub(super) last_musik: Option<Ntp64>,
    pub(super) sent: SentTime,
    pub(super) replays: ReplayCache<REPLAYS>,
    pub(super) quirks: QuirkCounts,
}

impl<const MUSIKS: usize, const REPLAYS: usize> McxClient<MUSIKS, REPLAYS> {
    /// A client that is logged off.
    #[must_use]
    pub fn new(config: McxClientConfig) -> Self {
        Self {
            config,
            mdsi: None,
            csk: CskChain::default(),
            musiks: heapless::Vec::new(),
            pending: None,
            offer: None,
            last_csk: None,
            last_musik: None,
            sent: SentTime::default(),
            replays: ReplayCache::new(),
            quirks: QuirkCounts::default(),
        }
    }

    /// Makes it what [`new`](Self::new) makes of `config`, where it lies: without a copy on the stack.
    pub fn reset(&mut self, config: McxClientConfig) {
        self.forget_keys();
        self.config = config;
        (self.last_csk, self.last_musik, self.sent) = (None, None, SentTime::default());
        self.replays.clear();
        self.quirks = QuirkCounts::default();
    }

    fn forget_keys(&mut self) {
        (self.mdsi, self.offer) = (None, None);
        self.csk = CskChain::default();
        self.musiks.clear();
        self.pending = None;
    }

    /// Handles one event at `now`, as the user `own`. `out` takes a message to send, or the key parameters of a download.
    ///
    /// # Errors
    ///
    /// [`Rejected`]; nothing has changed then, but that an authentic message is remembered against replays. Of an upload:
    /// [`WrongState`](McxError::WrongState), [`MissingIdentity`](McxError::MissingIdentity) before the server is known,
    /// [`NoKeyMaterial`](Rejected::NoKeyMaterial), [`KmsNotAccepted`](Rejected::KmsNotAccepted) without the server's
    /// certificate, [`BadAlgorithms`](McxError::BadAlgorithms) for a selection outside the list,
    /// [`TooManyRedirects`](McxError::TooManyRedirects), [`RngFailed`](McxError::RngFailed),
    /// [`Encode`](Rejected::Encode). Of a download those of [`screen`](super::screen) and
    /// [`ScreenedMessage::open`](super::ScreenedMessage::open), [`NotNewer`](McxError::NotNewer), those of
    /// [`AlgorithmPolicy::accept_selection`], [`KeyIdInUse`](McxError::KeyIdInUse),
    /// [`CapacityExceeded`](McxError::CapacityExceeded).
    pub fn handle<'a, 'o, M: McCrypto, R: TryCryptoRng + ?Sized>(
        &mut self, event: McxClientEvent<'a>, own: &Entity<'_, M>, now: Ntp64, rng: &mut R, out: &'o mut [u8],
    ) -> Result<McxClientAction<'o>, Rejected<'a>> {
        match event {
            McxClientEvent::Register { mdsi, kms } => self.register(mdsi, kms),
            McxClientEvent::Upload { select, form } => self.upload(select, &form, own, now, rng, out),
            McxClientEvent::UploadAccepted => self.upload_accepted(now),
            McxClientEvent::UploadFailed => {
                self.pending.take().map(|_| McxClientAction::KeptOld).ok_or(McxError::WrongState.into())
            }
            McxClientEvent::Redirected { kms, form } => self.retry_with_kms(kms, &form, own, now, rng, out),
            McxClientEvent::Download { octets, sdp_ids } => self.download(octets, sdp_ids, own, now, out),
            McxClientEvent::LogOff => {
                // What guards against replays outlives the keys.
                self.forget_keys();
                Ok(McxClientAction::LoggedOff)
            }
        }
    }

    #[inline(never)]
    fn register<'a, 'o>(&mut self, mdsi: &[u8], kms: &[u8]) -> Result<McxClientAction<'o>, Rejected<'a>> {
        if self.mdsi.is_some() {
            return Err(McxError::WrongState.into());
        }
        self.mdsi = Some((keep(mdsi)?, keep(kms)?));
        Ok(McxClientAction::Registered)
    }

    /// The CSK to send with.
    ///
    /// # Errors
    ///
    /// [`McxError::UnknownKey`], [`McxError::NotYetActive`], [`McxError::KeyExpired`].
    pub fn csk(&self, now: Ntp64) -> Result<&HeldKey, McxError> {
        self.csk.sending(now)
    }

    /// The key of a received packet or document: a CSK, also an old one in its overlap or one whose upload is under way,
    /// or a MuSiK. Within the skew before a key begins, a peer may use it already.
    ///
    /// # Errors
    ///
    /// As [`csk`](Self::csk).
    pub fn key(&self, id: KeyId, now: Ntp64) -> Result<&HeldKey, McxError> {
        if id.tag() == PurposeTag::MuSik {
            let key = self.musiks.iter().find(|key| key.id == id).ok_or(McxError::UnknownKey)?;
            return key.check_received(&self.config.settings, now).map(|()| key);
        }
        // The server may answer under the new key before its SIP answer is here.
        match self.pending.as_ref().filter(|pending| pending.key.id == id) {
            Some(pending) => Ok(&pending.key),
            None => self.csk.receiving(id, now, &self.config.settings),
        }
    }

    /// The keys for XML that this client sends.
    ///
    /// # Errors
    ///
    /// As [`csk`](Self::csk).
    pub fn uplink_keys(&self, uri: &[u8], now: Ntp64) -> Result<SignallingKeys, McxError> {
        self.csk(now)?.signalling_keys(KeyUse::UnicastUplink, uri, &self.config.settings, now)
    }

    /// The SRTCP keys for what this client sends in `service`.
    ///
    /// # Errors
    ///
    /// As [`csk`](Self::csk), and [`McxError::WrongUse`] when the CSK does not serve the session.
    pub fn uplink_srtcp(&self, service: McService, now: Ntp64) -> Result<SignallingSrtcp, McxError> {
        self.csk(now)?.srtcp(KeyUse::UnicastUplink, service, &self.config.settings, now)
    }

    /// The SRTCP keys of a packet that came in `service`, by its MKI. `key_use` says how it came: to this client alone or to
    /// many.
    ///
    /// # Errors
    ///
    /// As [`key`](Self::key); [`McxError::Malformed`] for a packet without an MKI; [`McxError::WrongUse`].
    pub fn received_srtcp(
        &self, packet: &[u8], key_use: KeyUse, service: McService, now: Ntp64,
    ) -> Result<SignallingSrtcp, McxError> {
        self.key(srtcp_key_id(packet)?, now)?.received_srtcp(key_use, service, &self.config.settings)
    }

    /// Forgets a MuSiK; answers whether it was held.
    pub fn forget_musik(&mut self, id: KeyId) -> bool {
        let before = self.musiks.len();
        self.musiks.retain(|key| key.id != id);
        self.musiks.len() != before
    }

    /// How many accepted messages needed which deviation.
    #[must_use]
    pub const fn quirk_counts(&self) -> &QuirkCounts {
        &self.quirks
    }

    /// The offer that a selection with this tag answers.
    pub(super) fn offer_of(&self, tag: Option<[u8; OFFER_TAG_LEN]>) -> Option<&AlgorithmOffer> {
        let pending = self.pending.as_ref().and_then(|pending| pending.offer.as_ref());
        let answers = |offer: &&AlgorithmOffer| tag.is_none_or(|tag| offer.tag() == tag);
        pending.filter(answers).or(self.offer.as_ref()).or(pending)
    }

    /// The algorithm in use.
    pub(super) fn algorithm(&self) -> u8 {
        let pending = self.pending.as_ref().map(|pending| &pending.key);
        self.csk.latest().ok().or(pending).map_or(self.config.algorithms.default, |key| key.algorithm)
    }

    /// Whether `id` names a key that is held or on its way.
    pub(super) fn is_live(&self, id: KeyId) -> bool {
        self.csk.has_id(id)
            || self.musiks.iter().any(|key| key.id == id)
            || self.pending.as_ref().is_some_and(|pending| pending.key.id == id)
    }
}

impl<const MUSIKS: usize, const REPLAYS: usize> fmt::Debug for McxClient<MUSIKS, REPLAYS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("McxClient")
            .field("csk", &self.csk)
            .field("musiks", &self.musiks)
            .field("pending", &self.pending)
            .finish_non_exhaustive()
    }
}
