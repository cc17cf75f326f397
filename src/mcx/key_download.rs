//! Key download: the server sends a CSK or a MuSiK to a client (TS 33.180 §5.8).
//!
//! ```text
//! server                                                           client
//! CSK or MuSiK --I_MESSAGE(IDRi MDSI, IDRr user, selection)-->     screen, newer T, open, selection, store
//!        <----- SIP answer -----
//! ```
//!
//! End-point diversity does not apply: the CSB ID is the key ID itself.

use rand_core::TryCryptoRng;

use super::build::{MessageForm, Outgoing, build};
use super::client::{McxClient, McxClientAction};
use super::error::McxError;
use super::held_key::HeldKey;
use super::kms::{Entity, McCrypto};
use super::negotiation::{AlgorithmOffer, AlgorithmSelection, Negotiated, NegotiationEncoding};
use super::ntp::Ntp64;
use super::receive::{Authentic, Direction, Envelope, ScreenedMessage, screen};
use super::rejected::Rejected;
use super::server::{BindingTable, McxServer, McxServerAction};
use crate::keys::{Csk, KeyId, McKey, MuSik, PurposeTag};

/// A new CSK for a user.
#[derive(Clone, Copy, Debug)]
pub struct CskDownload<'a> {
    /// The MC service user ID.
    pub user: &'a [u8],
    /// The KMS of the user.
    pub kms: &'a [u8],
    /// The algorithm to select, from the user's offer. `None` keeps the current one and names it to a user who offered, if the
    /// form has a place for it: should he have another in mind, because an answer was lost, he refuses.
    pub select: Option<u8>,
    /// How the message is written.
    pub form: MessageForm<'a>,
}

/// A MuSiK for a user.
#[derive(Clone, Copy, Debug)]
pub struct MuSikDownload<'a> {
    /// The MC service user ID.
    pub user: &'a [u8],
    /// The KMS of the user.
    pub kms: &'a [u8],
    /// The MuSiK, from [`McxServer::new_musik`]. Its algorithm is named as selected to a user who offered; to one who did not,
    /// it must be the one he has.
    pub musik: &'a HeldKey,
    /// How the message is written; its services are those of the MuSiK.
    pub form: MessageForm<'a>,
}

impl<const REPLAYS: usize, const SPKS: usize> McxServer<REPLAYS, SPKS> {
    /// Makes a MuSiK, to be sent to its recipients one by one. `is_live` knows the MuSiK-IDs in use. Its messages share
    /// one RAND, and must all have this `form.services`, `form.parameters` and nothing that differs for its recipients.
    ///
    /// # Errors
    ///
    /// [`McxError::AlgorithmBelowFloor`] for an algorithm that the policy does not allow; [`McxError::RngFailed`].
    pub fn new_musik<R: TryCryptoRng + ?Sized>(
        &self, algorithm: u8, form: &MessageForm<'_>, is_live: impl Fn(KeyId) -> bool, now: Ntp64,
        rng: &mut R,
    ) -> Result<HeldKey, McxError> {
        if !self.config.algorithms.allows(algorithm) {
            return Err(McxError::AlgorithmBelowFloor);
        }
        let key = MuSik::generate(rng).map_err(|_| McxError::RngFailed)?;
        let id = KeyId::draw(PurposeTag::MuSik, is_live, rng).map_err(|_| McxError::RngFailed)?;
        HeldKey::fresh(McKey::MuSik(key), id, algorithm, form, self.config.settings.clock(now), rng)
    }

    #[inline(never)]
    pub(super) fn send_csk<'a, 'o, M: McCrypto, T: BindingTable + ?Sized, R: TryCryptoRng + ?Sized>(
        &mut self, download: &CskDownload<'_>, own: &Entity<'_, M>, table: &mut T, now: Ntp64, rng: &mut R,
        out: &'o mut [u8],
    ) -> Result<McxServerAction<'o>, Rejected<'a>> {
        let form = &download.form;
        let id = KeyId::draw(PurposeTag::Csk, |id| table.owner(id).is_some(), rng)?;
        let row = table.row(download.user).ok_or(McxError::UnknownKey)?;
        // A user without a CSK has not registered: there is nobody to send to.
        // Without a selection the client goes on with the algorithm of the key that came last.
        let current = row.csk.latest().map_err(|_| McxError::UnknownKey)?.algorithm;
        if row.pending.is_some() {
            return Err(McxError::WrongState.into());
        }
        let selection = self.selection(download.select, current, row.offer.as_ref(), form)?;
        let algorithm = selection.map_or(current, |selection| selection.selected);
        let sent = self.sent.next(now);
        // Only this user need see a time that his clock has put ahead of ours.
        let time = row.uploaded.max(row.sent).map_or(sent, |last| sent.max(last.next()));
        own.keys_for(time)?;
        let clock = self.config.settings.clock(now);
        let key = HeldKey::fresh(McKey::Csk(Csk::generate(rng)?), id, algorithm, form, clock, rng)?;
        let outgoing = Outgoing {
            key: &key.key,
            id,
            rand: &key.rand,
            responder: download.user,
            responder_kms: download.kms,
            negotiated: selection.map_or(Negotiated::Nothing, Negotiated::Selection),
            algorithm,
            form,
        };
        let message = build(&outgoing, own, &self.config.settings, time, rng, out)?;
        self.sent.note(sent);
        row.sent = Some(time);
        row.pending = Some((key, time));
        Ok(McxServerAction::Send { id, message })
    }

    /// What a download says of the algorithm: `select`, or `current` to a user who offered.
    fn selection(
        &self, select: Option<u8>, current: u8, offer: Option<&AlgorithmOffer>, form: &MessageForm<'_>,
    ) -> Result<Option<AlgorithmSelection>, McxError> {
        let has_place =
            self.config.settings.encoding != NegotiationEncoding::SpParameters || !form.services.is_empty();
        let kept = offer.filter(|_| has_place).map(|_| current);
        select.or(kept).map(|id| self.config.algorithms.select(id, offer)).transpose()
    }

    #[inline(never)]
    pub(super) fn csk_taken<'a, 'o, T: BindingTable + ?Sized>(
        &mut self, user: &[u8], table: &mut T, now: Ntp64,
    ) -> Result<McxServerAction<'o>, Rejected<'a>> {
        let row = table.row(user).ok_or(McxError::UnknownKey)?;
        let (key, time) = row.pending.take().ok_or(McxError::WrongState)?;
        let settings = &self.config.settings;
        row.taken = row.taken.max(Some(time));
        if row.uploaded.is_some_and(|uploaded| uploaded > time) {
            row.csk.retire(key, now, settings);
        } else {
            row.csk.install(key, now, settings);
        }
        let HeldKey { id, algorithm, active_from, .. } = *row.csk.latest()?;
        Ok(McxServerAction::CskBound { id, algorithm, active_from })
    }

    #[inline(never)]
    pub(super) fn send_musik<'a, 'o, M: McCrypto, T: BindingTable + ?Sized, R: TryCryptoRng + ?Sized>(
        &mut self, download: &MuSikDownload<'_>, own: &Entity<'_, M>, table: &mut T, now: Ntp64, rng: &mut R,
        out: &'o mut [u8],
    ) -> Result<McxServerAction<'o>, Rejected<'a>> {
        let musik = download.musik;
        if musik.id.tag() != PurposeTag::MuSik || musik.check(now) == Err(McxError::KeyExpired) {
            return Err(McxError::UnknownKey.into());
        }
        if download.form.sessions(PurposeTag::MuSik) != musik.sessions {
            return Err(McxError::Inconsistent.into());
        }
        let row = table.row(download.user).ok_or(McxError::UnknownKey)?;
        let current = row.csk.latest().map_err(|_| McxError::UnknownKey)?.algorithm;
        let selection = self.selection(None, musik.algorithm, row.offer.as_ref(), &download.form)?;
        if selection.is_none() && musik.algorithm != current {
            // Without a selection the client keeps what it has.
            return Err(McxError::SelectionNotOffered.into());
        }
        let time = self.sent.next(now);
        let outgoing = Outgoing {
            key: &musik.key,
            id: musik.id,
            rand: &musik.rand,
            responder: download.user,
            responder_kms: download.kms,
            negotiated: selection.map_or(Negotiated::Nothing, Negotiated::Selection),
            algorithm: musik.algorithm,
            form: &download.form,
        };
        let message = build(&outgoing, own, &self.config.settings, time, rng, out)?;
        self.sent.note(time);
        Ok(McxServerAction::Send { id: musik.id, message })
    }
}

impl<const MUSIKS: usize, const REPLAYS: usize> McxClient<MUSIKS, REPLAYS> {
    #[inline(never)]
    pub(super) fn download<'a, 'o, M: McCrypto>(
        &mut self, octets: &'a [u8], sdp_ids: Option<&[u8]>, own: &Entity<'_, M>, now: Ntp64, room: &mut [u8],
    ) -> Result<McxClientAction<'o>, Rejected<'a>> {
        let settings = self.config.settings;
        let (mdsi, _) = self.mdsi.as_ref().ok_or(McxError::MissingIdentity)?;
        let envelope = Envelope { direction: Direction::Download, initiator: Some(mdsi), sdp_ids };
        // By reference: what was screened is large, and lies on the stack once.
        let screened = &screen(octets, &envelope, own, &self.replays, &settings, now);
        let screened = screened.as_ref().map_err(|refused| *refused)?;
        let is_musik = screened.tag() == PurposeTag::MuSik;
        let last = if is_musik { self.last_musik } else { self.last_csk };
        if last.is_some_and(|last| screened.time() <= last) {
            return Err(McxError::NotNewer.into());
        }
        let authentic = screened.authenticate(&mut self.replays, &settings, now, room.len())?;
        Ok(self.store(screened, authentic, own, now, room)?)
    }

    /// Steps 7 to 9.
    #[inline(never)]
    fn store<'o, M: McCrypto>(
        &mut self, screened: &ScreenedMessage<'_, '_, M>, authentic: Authentic, own: &Entity<'_, M>,
        now: Ntp64, room: &mut [u8],
    ) -> Result<McxClientAction<'o>, McxError> {
        let settings = &self.config.settings;
        let received = screened.complete(authentic, settings, now, room)?;
        let (mdsi, _) = self.mdsi.as_ref().ok_or(McxError::MissingIdentity)?;
        received.check_initiator(mdsi, own).map_err(|_| McxError::WrongServer)?;
        let is_musik = received.key_id().tag() == PurposeTag::MuSik;
        // Step 8.
        let selection = received.selection()?;
        let policy = &self.config.algorithms;
        let answered = self.offer_of(selection.and_then(|selection| selection.tag));
        let algorithm = policy.accept_selection(selection.as_ref(), answered, self.algorithm())?;
        // Step 9.
        let (time, used) = (received.time, received.used);
        let key = HeldKey {
            id: received.key_id(),
            active_from: received.active_from(settings.clock(now)),
            expiry: received.expiry(),
            key: received.key,
            rand: received.rand,
            sessions: received.sessions,
            algorithm,
        };
        let (id, active_from) = (key.id, key.active_from);
        let action = if is_musik {
            self.store_musik(key, now)?;
            self.last_musik = Some(time);
            McxClientAction::MuSikStored { id, active_from, algorithm }
        } else {
            self.csk.check_new(&key)?;
            if let Some(pending) = &self.pending {
                pending.key.is_same(&key)?;
            }
            self.csk.install(key, now, settings);
            self.last_csk = Some(time);
            McxClientAction::CskStored { id, active_from, algorithm }
        };
        self.quirks.count(used);
        Ok(action)
    }

    /// Expired MuSiKs make room.
    fn store_musik(&mut self, key: HeldKey, now: Ntp64) -> Result<(), McxError> {
        for held in &self.musiks {
            held.is_same(&key)?;
        }
        if let Some(held) = self.musiks.iter_mut().find(|held| held.id == key.id) {
            *held = key;
            return Ok(());
        }
        let is_dead = |held: &HeldKey| held.check(now) == Err(McxError::KeyExpired);
        if self.musiks.is_full() && !self.musiks.iter().any(is_dead) {
            return Err(McxError::CapacityExceeded);
        }
        self.musiks.retain(|held| !is_dead(held));
        self.musiks.push(key).map_err(|_| McxError::CapacityExceeded)
    }
}
