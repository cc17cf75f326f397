//! CSK upload: the client makes a key and sends it to its server, which binds it to the user (TS 33.180 §5.4, §9.2.1).
//!
//! ```text
//! client                                                     server
//! CSK, CSK-ID, RAND --I_MESSAGE(IDRi user, IDRr MDSI, offer)--> screen, open, bind (IMPU, user, CSK-ID, CSK)
//!        <--------------- SIP 2xx, or 488 with a redirect -----
//! ```

use rand_core::TryCryptoRng;

use super::build::{MessageForm, Outgoing, build, draw_rand};
use super::client::{MAX_REDIRECTS, McxClient, McxClientAction, Pending, keep};
use super::error::McxError;
use super::held_key::HeldKey;
use super::kms::{Entity, McCrypto};
use super::negotiation::{AlgorithmList, AlgorithmOffer, Negotiated, NegotiationEncoding};
use super::ntp::Ntp64;
use super::rate_limit::RateLimit;
use super::receive::{Direction, Envelope, OPEN_COST, screen};
use super::received::Received;
use super::rejected::Rejected;
use super::server::{BindingTable, McxServer, McxServerAction};
use crate::keys::{Csk, KeyId, McKey, PurposeTag};

impl<const MUSIKS: usize, const REPLAYS: usize> McxClient<MUSIKS, REPLAYS> {
    #[inline(never)]
    pub(super) fn upload<'a, 'o, M: McCrypto, R: TryCryptoRng + ?Sized>(
        &mut self, select: Option<u8>, form: &MessageForm<'_>, own: &Entity<'_, M>, now: Ntp64, rng: &mut R,
        out: &'o mut [u8],
    ) -> Result<McxClientAction<'o>, Rejected<'a>> {
        let (mdsi, kms) = self.mdsi.as_ref().ok_or(McxError::MissingIdentity)?;
        if self.pending.is_some() {
            return Err(McxError::WrongState.into());
        }
        let (offer, algorithm) = self.offer_for(select)?;
        let time = self.upload_time(now);
        own.keys_for(time)?;
        let id = KeyId::draw(PurposeTag::Csk, |id| self.is_live(id), rng)?;
        let clock = self.config.settings.clock(now);
        let key = HeldKey::fresh(McKey::Csk(Csk::generate(rng)?), id, algorithm, form, clock, rng)?;
        let outgoing = Outgoing {
            key: &key.key,
            id,
            rand: &key.rand,
            responder: mdsi,
            responder_kms: kms,
            negotiated: offer.map_or(Negotiated::Nothing, Negotiated::Offer),
            algorithm,
            form,
        };
        let message = build(&outgoing, own, &self.config.settings, time, rng, out)?;
        self.sent.note(time);
        self.pending = Some(Pending { key, time, offer, redirects: 0 });
        Ok(McxClientAction::Send(message))
    }

    /// T of an upload: behind that of the last CSK from the server.
    fn upload_time(&self, now: Ntp64) -> Ntp64 {
        let time = self.sent.next(now);
        self.last_csk.map_or(time, |last| time.max(last.next()))
    }

    /// The offer of the next upload, and the algorithm of its CSK.
    fn offer_for(&self, select: Option<u8>) -> Result<(Option<AlgorithmOffer>, u8), McxError> {
        let policy = &self.config.algorithms;
        let best = policy.supported.ids().iter().copied().find(|id| policy.allows(*id));
        let selected = select.or(best).ok_or(McxError::BadAlgorithms)?;
        if !policy.allows(selected) {
            return Err(McxError::BadAlgorithms);
        }
        if self.config.no_offer || policy.supported.ids().len() < 2 {
            // Without an offer the server takes the default, which may be used only if it is allowed.
            let is_default = selected == policy.default || select.is_none();
            return if is_default && policy.allows(policy.default) {
                Ok((None, policy.default))
            } else {
                Err(McxError::BadAlgorithms)
            };
        }
        let offer = match self.config.settings.encoding {
            NegotiationEncoding::SignallingAlgorithm => {
                AlgorithmOffer::new(AlgorithmList::only(selected)?, selected)?
            }
            _ => policy.offer(selected)?,
        };
        Ok((Some(offer), selected))
    }

    /// A new message with the same key under the KMS `kms` (TS 33.180 §5.2.8).
    #[inline(never)]
    pub(super) fn retry_with_kms<'a, 'o, M: McCrypto, R: TryCryptoRng + ?Sized>(
        &mut self, kms: &[u8], form: &MessageForm<'_>, own: &Entity<'_, M>, now: Ntp64, rng: &mut R,
        out: &'o mut [u8],
    ) -> Result<McxClientAction<'o>, Rejected<'a>> {
        let time = self.upload_time(now);
        let (mdsi, server_kms) = self.mdsi.as_mut().ok_or(McxError::MissingIdentity)?;
        let pending = self.pending.as_mut().ok_or(McxError::WrongState)?;
        if pending.redirects >= MAX_REDIRECTS {
            return Err(McxError::TooManyRedirects.into());
        }
        let kms = keep(kms)?;
        let rand = draw_rand(rng)?;
        let outgoing = Outgoing {
            key: &pending.key.key,
            id: pending.key.id,
            rand: &rand,
            responder: mdsi,
            responder_kms: &kms,
            negotiated: pending.offer.map_or(Negotiated::Nothing, Negotiated::Offer),
            algorithm: pending.key.algorithm,
            form,
        };
        let message = build(&outgoing, own, &self.config.settings, time, rng, out)?;
        self.sent.note(time);
        pending.redirects = pending.redirects.saturating_add(1);
        pending.time = time;
        pending.key.rand = rand;
        pending.key.take_form(form, self.config.settings.clock(now));
        *server_kms = kms;
        Ok(McxClientAction::Send(message))
    }

    #[inline(never)]
    pub(super) fn upload_accepted<'a, 'o>(
        &mut self, now: Ntp64,
    ) -> Result<McxClientAction<'o>, Rejected<'a>> {
        let Pending { key, time, offer, .. } = self.pending.take().ok_or(McxError::WrongState)?;
        let settings = &self.config.settings;
        self.offer = offer;
        if self.last_csk.is_some_and(|last| last >= time) {
            self.csk.retire(key, now, settings);
        } else {
            self.csk.install(key, now, settings);
        }
        Ok(McxClientAction::CskInUse(self.csk.latest()?.id))
    }
}

/// An upload, and who sent it as SIP says.
#[derive(Clone, Copy, Debug)]
pub struct CskUpload<'a> {
    /// The message.
    pub octets: &'a [u8],
    /// The authenticated public user identity (IMPU).
    pub impu: &'a [u8],
    /// The MC service user ID.
    pub user: &'a [u8],
    /// The list of key management protocols of the SDP that carried it; `None` for a body part.
    pub sdp_ids: Option<&'a [u8]>,
}

impl<const REPLAYS: usize, const SPKS: usize> McxServer<REPLAYS, SPKS> {
    /// Receives an upload up to the point where its initiator has to be known: for a hidden user whom SIP does not name
    /// yet. [`bind_upload`](Self::bind_upload) follows, once the user is known. The limit for each user does not apply:
    /// who is not named cannot be counted.
    ///
    /// # Errors
    ///
    /// Those of [`screen`] and [`ScreenedMessage::open`](super::ScreenedMessage::open), and [`McxError::RateLimited`].
    pub fn receive_upload<'a, 'o, M: McCrypto>(
        &mut self, octets: &'a [u8], user: Option<&[u8]>, sdp_ids: Option<&[u8]>, own: &Entity<'_, M>,
        now: Ntp64, room: &'o mut [u8],
    ) -> Result<Received<'a, 'o>, Rejected<'a>> {
        let envelope = Envelope { direction: Direction::Upload, initiator: user, sdp_ids };
        self.receive(octets, &envelope, None, own, now, room)
    }

    /// `limit` is that of the user, asked before the one of all so that one user does not use it up.
    #[inline(never)]
    fn receive<'a, 'o, M: McCrypto>(
        &mut self, octets: &'a [u8], envelope: &Envelope<'_>, limit: Option<&mut RateLimit>,
        own: &Entity<'_, M>, now: Ntp64, room: &'o mut [u8],
    ) -> Result<Received<'a, 'o>, Rejected<'a>> {
        let settings = self.config.settings;
        // By reference: what was screened is large, and lies on the stack once.
        let screened = &screen(octets, envelope, own, &self.replays, &settings, now);
        let screened = screened.as_ref().map_err(|refused| *refused)?;
        let may = limit.is_none_or(|limit| limit.take(OPEN_COST, now)) && self.limit.take(OPEN_COST, now);
        if !may {
            return Err(McxError::RateLimited.into());
        }
        let authentic = screened.authenticate(&mut self.replays, &settings, now, room.len())?;
        Ok(screened.complete(authentic, &settings, now, room)?)
    }

    /// Binds IMPU, user and CSK: steps 8 and 9.
    ///
    /// # Errors
    ///
    /// [`McxError::IdentityMismatch`] when the initiator is not `user`, or `user` is bound to another IMPU;
    /// [`McxError::NotNewer`] when the user took a CSK of a later T after sending this one;
    /// [`McxError::NoCommonAlgorithm`], [`McxError::BadAlgorithms`]; [`McxError::KeyIdOfOther`],
    /// [`McxError::KeyIdInUse`]; [`McxError::CapacityExceeded`] when the table has no row for the user.
    #[inline(never)]
    pub fn bind_upload<M: McCrypto, T: BindingTable + ?Sized>(
        &mut self, received: Received<'_, '_>, impu: &[u8], user: &[u8], own: &Entity<'_, M>, table: &mut T,
        now: Ntp64,
    ) -> Result<McxServerAction<'static>, McxError> {
        received.check_initiator(user, own)?;
        // Step 8.
        let offer = received.offer()?;
        let algorithm = self.config.algorithms.accept_offer(offer.as_ref())?;
        // Step 9.
        let id = received.key_id();
        if table.owner(id).is_some_and(|owner| owner != user) {
            return Err(McxError::KeyIdOfOther);
        }
        let (user_uri, impu, kms) = (keep(user)?, keep(impu)?, keep(received.message.initiator_kms())?);
        let row = table.row(user).ok_or(McxError::CapacityExceeded)?;
        if row.impu.as_ref().is_some_and(|bound| *bound != impu) {
            return Err(McxError::IdentityMismatch);
        }
        if row.taken.is_some_and(|taken| taken >= received.time) {
            return Err(McxError::NotNewer);
        }
        let active_from = received.active_from(self.config.settings.clock(now));
        let (time, period) = (received.time, received.period);
        let (expiry, used) = (received.expiry(), received.used);
        let key = HeldKey {
            key: received.key,
            id,
            rand: received.rand,
            sessions: received.sessions,
            algorithm,
            active_from,
            expiry,
        };
        row.check_new(&key)?;
        row.impu = Some(impu);
        row.kms = Some(kms);
        row.user = Some(user_uri);
        row.offer = offer;
        row.period = Some(period);
        row.uploaded = Some(time);
        row.csk.install(key, now, &self.config.settings);
        self.quirks.count(used);
        Ok(McxServerAction::CskBound { id, algorithm, active_from })
    }

    #[inline(never)]
    pub(super) fn upload<'a, 'o, M: McCrypto, T: BindingTable + ?Sized>(
        &mut self, upload: CskUpload<'a>, own: &Entity<'_, M>, table: &mut T, now: Ntp64, room: &mut [u8],
    ) -> Result<McxServerAction<'o>, Rejected<'a>> {
        let CskUpload { octets, impu, user, sdp_ids } = upload;
        if impu.is_empty() || user.is_empty() {
            return Err(McxError::MissingIdentity.into());
        }
        let envelope = Envelope { direction: Direction::Upload, initiator: Some(user), sdp_ids };
        let per_user = self.config.limit_per_user;
        let bound = (per_user != RateLimit::NONE).then(|| table.row(user)).flatten();
        let bound = bound.filter(|row| row.user.is_some());
        let limit = bound.map(|row| row.limit.get_or_insert(per_user));
        match self.receive(octets, &envelope, limit, own, now, room) {
            Ok(received) => Ok(self.bind_upload(received, impu, user, own, table, now)?),
            Err(refused) => Err(refused),
        }
    }
}
