//! The PoC Server that controls a Multicast PoC Channel: its [`Session`] together with the MSKs, which it makes, and
//! protects for each member under that member's MUK.
//!
//! ```text
//! SendMsk { current, updated }  ->  one MSK message each (TS 33.246 §6.4.5.1), V set where confirmation is required,
//!                                   with the SDP's list of key management protocols under the MAC (RFC 4567 §4.1.4)
//! ```
//!
//! The state tables are those of [`Session`]. Members are rows of the caller's: a [`Leg`] and a [`User`] each.

use core::fmt;

use rand_core::TryCryptoRng;

use super::session::{Leg, LegEvent, Receipt, Session, SessionAction, SessionConfig, SessionEvent};
use super::{Confirm, Refused};
use crate::crypto::{Primitives, RustCrypto};
use crate::error::{Error, SealError};
use crate::id::{Counter, CsbId, KeyDomainId, KeyGroup, MskName, MtkId};
use crate::keys::{Algorithms, MskEntry, PreSharedKey, Protection};
use crate::message::{MskAddress, Sent, VerificationMessage, carried_csb, carried_idi, prf_func, seal_msk};
use crate::role::sender::Sender;
use crate::role::{Actions, User};
use crate::settings::Settings;
use crate::time::Tick;
use crate::wire::{MAX_MSK_MESSAGE_LEN, Policy, Timestamp};

/// Most MSKs a server holds: in use, to come, and the one before while it may come back.
const MSKS: usize = 3;

/// The key management protocols that our SDP names (RFC 4567 §4.1.4).
const SDP_IDS: &[u8] = b"mikey";

/// How a server is set up.
#[derive(Clone, Copy, Debug)]
pub struct ServerConfig {
    /// The session.
    pub session: SessionConfig,
    /// The uncertain points of the key messages.
    pub settings: Settings,
    /// The suite of every message.
    pub algorithms: Algorithms,
    /// SEQl of every MSK: by default the MTK ID before the first. Default 0.
    pub seq_low: MtkId,
    /// SEQu of every MSK, not below SEQl. Default 65,535.
    pub seq_high: MtkId,
    /// Whether MSK messages list the key management protocols of the SDP. Default yes.
    pub sdp_ids: bool,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            session: SessionConfig::default(),
            settings: Settings::DEFAULT,
            algorithms: Algorithms::SHA1,
            seq_low: MtkId(0),
            seq_high: MtkId(0xFFFF),
            sdp_ids: true,
        }
    }
}

/// The verification messages in a member's answer.
#[derive(Clone, Copy, Default)]
pub struct Confirmation<'a> {
    /// For the MSK in use.
    pub current: Option<&'a [u8]>,
    /// For the MSK to come.
    pub updated: Option<&'a [u8]>,
}

impl fmt::Debug for Confirmation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let len = |octets: Option<&[u8]>| octets.map(<[u8]>::len);
        f.debug_struct("Confirmation")
            .field("current", &len(self.current))
            .field("updated", &len(self.updated))
            .finish()
    }
}

/// What the server wants done for a member.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum ServerAction<'o> {
    /// Store the member's counter safely before the offer goes out.
    SaveCounter(Counter),
    /// Send the member an offer with these MSK messages. With both, the one of the MSK in use stands at session level of
    /// the SDP and the one of the MSK to come under its media line.
    DeliverMsk {
        /// For the MSK in use.
        current: Option<&'o [u8]>,
        /// For the MSK to come.
        updated: Option<&'o [u8]>,
    },
    /// Whatever else the session wants.
    Session(SessionAction),
}

impl fmt::Debug for ServerAction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::SaveCounter(counter) => f.debug_tuple("SaveCounter").field(counter).finish(),
            // Under NULL encryption the octets hold keys.
            Self::DeliverMsk { current, updated } => f
                .debug_struct("DeliverMsk")
                .field("current", &current.map(<[u8]>::len))
                .field("updated", &updated.map(<[u8]>::len))
                .finish(),
            Self::Session(action) => action.fmt(f),
        }
    }
}

/// A PoC Server that controls one Multicast PoC Channel.
pub struct Server<P = RustCrypto> {
    config: ServerConfig,
    session: Session,
    keys: [Option<MskEntry<P>>; MSKS],
    p: P,
}

impl Server {
    /// A server without members. Tell it [`SessionEvent::BearerReset`] when the distribution is there.
    ///
    /// # Errors
    ///
    /// [`Refused::Key`] when the generator fails, or SEQl of `config` is above SEQu.
    pub fn new<R: TryCryptoRng + ?Sized>(
        config: ServerConfig, domain: KeyDomainId, groups: [KeyGroup; 2], rng: &mut R,
    ) -> Result<Self, Refused> {
        Self::with(config, domain, groups, RustCrypto, rng)
    }
}

impl<P: Primitives> Server<P> {
    /// Octets of `out` that are enough for any event: two MSK messages.
    pub const MAX_OUT_LEN: usize = 2 * MAX_MSK_MESSAGE_LEN;

    /// [`new`](Server::new) with the caller's primitives.
    ///
    /// # Errors
    ///
    /// [`Refused::Key`] when the generator fails, or SEQl of `config` is above SEQu.
    pub fn with<R: TryCryptoRng + ?Sized>(
        config: ServerConfig, domain: KeyDomainId, groups: [KeyGroup; 2], p: P, rng: &mut R,
    ) -> Result<Self, Refused> {
        let mut this = Self::unkeyed(config, domain, groups, p);
        this.start(rng)?;
        Ok(this)
    }

    /// A server that cannot do anything before [`start`](Self::start), for where it lies in memory of its own and is not to be
    /// moved; [`with`](Self::with) does both.
    #[inline]
    #[must_use]
    pub fn unkeyed(config: ServerConfig, domain: KeyDomainId, groups: [KeyGroup; 2], p: P) -> Self {
        Self { config, session: Session::new(domain, groups), keys: [None, None, None], p }
    }

    /// Makes the first MSK of a server that is [`unkeyed`](Self::unkeyed). A second time it does nothing.
    ///
    /// # Errors
    ///
    /// [`Refused::Key`] when the generator fails, or SEQl is above SEQu. Nothing has changed then.
    pub fn start<R: TryCryptoRng + ?Sized>(&mut self, rng: &mut R) -> Result<(), Refused> {
        if let [first @ None, None, None] = &mut self.keys {
            *first = Some(sender(&self.config).fresh_msk(self.session.active(), self.p, rng)?);
        }
        Ok(())
    }

    /// The control: names, counts, deadlines.
    #[must_use]
    pub const fn session(&self) -> &Session {
        &self.session
    }

    /// An MSK, for the Session Update Request.
    #[must_use]
    pub fn msk(&self, name: MskName) -> Option<&MskEntry<P>> {
        self.keys.iter().flatten().find(|entry| entry.name() == name)
    }

    /// Handles one event of the session as a whole.
    ///
    /// # Errors
    ///
    /// As [`Session::step`]; [`Refused::Key`] when the generator fails. Nothing has changed then.
    pub fn handle<R: TryCryptoRng + ?Sized>(
        &mut self, event: SessionEvent, now: Tick, rng: &mut R,
    ) -> Result<Actions<SessionAction>, Refused> {
        let before = self.session.deadline();
        let (session, mut actions) = self.session.step(event, &self.config.session, now)?;
        let fresh = self.fresh(&session, rng)?;
        self.commit(session, fresh);
        if let Some(at) = session.deadline().filter(|at| Some(*at) != before) {
            actions.push(SessionAction::ArmTimer(at));
        }
        Ok(actions)
    }

    /// Handles one event of one member: `leg` and `user` are his row. `out` takes the MSK messages,
    /// [`MAX_OUT_LEN`](Self::MAX_OUT_LEN) octets are always enough.
    ///
    /// For [`LegEvent::Ok`] ask [`confirms`](Self::confirms) first.
    ///
    /// # Errors
    ///
    /// As [`Session::step_leg`]; [`Refused::Key`] when the generator fails, `out` is too small, or the MUK cannot be
    /// used. Neither server nor leg has changed then.
    pub fn handle_leg<'o, K: PreSharedKey, R: TryCryptoRng + ?Sized>(
        &mut self, leg: &mut Leg, user: &User<'_, K>, event: LegEvent, now: Tick, rng: &mut R,
        out: &'o mut [u8],
    ) -> Result<Actions<ServerAction<'o>>, Refused> {
        let mut actions = Actions::new();
        self.handle_leg_into(leg, user, event, now, rng, out, &mut actions)?;
        Ok(actions)
    }

    /// [`handle_leg`](Self::handle_leg) with a list of the caller's for the actions, for where stack is scarce. What was in the
    /// list is taken out; after an error what it holds means nothing.
    ///
    /// # Errors
    ///
    /// As [`handle_leg`](Self::handle_leg).
    #[allow(clippy::too_many_arguments, reason = "what every event of a member has, and the list")]
    pub fn handle_leg_into<'o, K: PreSharedKey, R: TryCryptoRng + ?Sized>(
        &mut self, leg: &mut Leg, user: &User<'_, K>, event: LegEvent, now: Tick, rng: &mut R,
        out: &'o mut [u8], actions: &mut Actions<ServerAction<'o>>,
    ) -> Result<(), Refused> {
        actions.clear();
        let before = self.session.deadline();
        let (mut session, mut after) = (self.session, *leg);
        let wanted = session.move_leg(&mut after, event, &self.config.session, now)?;
        let fresh = self.fresh(&session, rng)?;
        let mut out = Some(out);
        for action in &wanted {
            let SessionAction::SendMsk { current, updated } = *action else {
                actions.push(ServerAction::Session(*action));
                continue;
            };
            let out = out.take().unwrap_or_default();
            let offer = self.offer(user, fresh.as_ref(), current, updated, out)?;
            after = after.with_receipt(offer.receipt);
            if let Some(counter) = offer.receipt.updated.or(offer.receipt.current) {
                actions.push(ServerAction::SaveCounter(counter));
            }
            actions.push(ServerAction::DeliverMsk { current: offer.current, updated: offer.updated });
        }
        self.commit(session, fresh);
        *leg = after;
        if let Some(at) = session.deadline().filter(|at| Some(*at) != before) {
            actions.push(ServerAction::Session(SessionAction::ArmTimer(at)));
        }
        Ok(())
    }

    /// Whether `confirmation` proves that the member opened every MSK of the offer that is out.
    #[must_use]
    pub fn confirms<K: PreSharedKey>(
        &self, leg: &Leg, user: &User<'_, K>, confirmation: &Confirmation<'_>,
    ) -> bool {
        let answers = [confirmation.current, confirmation.updated];
        leg.offered().into_iter().zip(answers).all(|(offered, answer)| {
            let Some((msk, counter)) = offered else { return true };
            let name = MskName::new(self.session.active().domain, msk);
            // One that was superseded or retired meanwhile will not be used.
            let Some(entry) = self.msk(name) else { return true };
            answer.is_some_and(|octets| self.verify(entry, counter, user, octets).is_ok())
        })
    }

    #[inline(never)]
    fn verify<K: PreSharedKey>(
        &self, entry: &MskEntry<P>, counter: Counter, user: &User<'_, K>, octets: &[u8],
    ) -> Result<(), Error> {
        let message = VerificationMessage::decode(octets)?;
        let ServerConfig { ref settings, algorithms, .. } = self.config;
        let rand = entry.rand().ok_or(Error::WrongState)?;
        let csb = carried_csb(entry.name(), CsbId(0), settings);
        let keys = user.muk.keys(&Protection { algorithms, csb, rand: rand.octets() })?;
        let network = entry.name().domain.to_octets();
        let sent = Sent {
            prf: prf_func(algorithms.prf),
            timestamp: Timestamp::Counter(counter),
            idi: carried_idi(&network, user.id.idi, settings),
            idr: user.id.idr,
        };
        Ok(message.verify(&sent, &keys)?)
    }

    /// The key of the MSK that `session` hands out and this server does not hold yet.
    #[inline(never)]
    fn fresh<R: TryCryptoRng + ?Sized>(
        &self, session: &Session, rng: &mut R,
    ) -> Result<Option<MskEntry<P>>, Refused> {
        let named = [Some(session.active()), session.coming()];
        match named.into_iter().flatten().find(|name| self.msk(*name).is_none()) {
            None => Ok(None),
            Some(name) => Ok(Some(sender(&self.config).fresh_msk(name, self.p, rng)?)),
        }
    }

    /// Takes over the state and keeps the keys it names; the others are wiped.
    #[inline(never)]
    fn commit(&mut self, session: Session, fresh: Option<MskEntry<P>>) {
        let named = [Some(session.active()), session.coming(), session.retiring()];
        for slot in &mut self.keys {
            let gone = |entry: &MskEntry<P>| session.is_ended() || !named.contains(&Some(entry.name()));
            if slot.as_ref().is_some_and(gone) {
                *slot = None;
            }
        }
        if let Some(slot) = self.keys.iter_mut().find(|slot| fresh.is_some() && slot.is_none()) {
            *slot = fresh;
        }
        self.session = session;
    }

    #[inline(never)]
    fn offer<'o, K: PreSharedKey>(
        &self, user: &User<'_, K>, fresh: Option<&MskEntry<P>>, current: Option<MskName>,
        updated: Option<MskName>, out: &'o mut [u8],
    ) -> Result<Offer<'o>, Refused> {
        let entry = |name: MskName| {
            fresh.filter(|entry| entry.name() == name).or_else(|| self.msk(name)).ok_or(Error::Unknown)
        };
        let first = user.counter.map_or(Counter(1), Counter::next);
        let mut offer = Offer { current: None, updated: None, receipt: Receipt::default() };
        let mut out = out;
        let mut counter = first;
        if let Some(name) = current {
            let (front, rest) = self.seal(entry(name)?, user, counter, out)?;
            (offer.current, offer.receipt.current, out) = (Some(front), Some(counter), rest);
            counter = counter.next();
        }
        if let Some(name) = updated {
            let (front, _) = self.seal(entry(name)?, user, counter, out)?;
            (offer.updated, offer.receipt.updated) = (Some(front), Some(counter));
        }
        Ok(offer)
    }

    /// One MSK message at the front of `out`, and what is left of it.
    fn seal<'o, K: PreSharedKey>(
        &self, entry: &MskEntry<P>, user: &User<'_, K>, counter: Counter, out: &'o mut [u8],
    ) -> Result<(&'o [u8], &'o mut [u8]), Refused> {
        let ServerConfig { ref settings, algorithms, seq_low, seq_high, .. } = self.config;
        const NO_POLICIES: &[Policy<'_>] = &[];
        let address = MskAddress {
            name: entry.name(),
            counter,
            csb: CsbId(0),
            rand: *entry.rand().ok_or(Error::WrongState)?,
            muk_id: user.id,
            v: self.config.session.confirm == Confirm::Required,
            algorithms,
            policies: NO_POLICIES,
            sessions: None,
            sdp_ids: Some(SDP_IDS).filter(|_| self.config.sdp_ids),
        };
        let len = seal_msk(&address, entry.msk(), seq_low, seq_high, user.muk, settings, out)?.len();
        let (front, rest) = out.split_at_mut_checked(len).ok_or(SealError::KeyUnavailable)?;
        Ok((front, rest))
    }
}

/// The MSK messages of an offer.
struct Offer<'o> {
    current: Option<&'o [u8]>,
    updated: Option<&'o [u8]>,
    receipt: Receipt,
}

const fn sender(config: &ServerConfig) -> Sender<'_> {
    let ServerConfig { ref settings, algorithms, seq_low, seq_high, .. } = *config;
    Sender { settings, algorithms, seq_low, seq_high, salt: true }
}

impl<P> fmt::Debug for Server<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("session", &self.session).finish_non_exhaustive()
    }
}
