//! The MSK requests of a terminal for one Key Group (TS 33.246 §6.3.2.2 to §6.3.2.4).
//!
//! | state | event | condition | actions, in order | next |
//! |---|---|---|---|---|
//! | NoKey, Left | `Activate` | protection on | POST H4, or H2 when not yet registered | Requesting |
//! | NoKey, Left | `Activate` | both protections off | | Have, without any: nothing is ever asked for |
//! | Requesting | 200 authentic, item granted | | timer | WaitMikey |
//! | Requesting | 200 authentic, item refused | | `NotRenewed`, or `Leave` and `WipeKeys` | Have if an older MSK is valid, else Left |
//! | Requesting | 401 | by the table of the exchange | POST again, or `NeedBootstrap` | Requesting |
//! | Requesting | time-out, 5xx, not authentic | tries < 2 | timer 1 s, 4 s, then POST again | Requesting |
//! | Requesting | the same | tries = 2 | as for a refused item | Have, Left |
//! | Requesting | 503 | fewer than 3 | timer of Retry-After or 5 s, then POST again | Requesting |
//! | Requesting | 4xx, challenge not to be answered, GBA failed | | as for a refused item | Have, Left |
//! | Requesting, WaitMikey | MSK stored | of this group | | Have |
//! | WaitMikey | timer | tries < 2 | POST H4 | Requesting |
//! | WaitMikey | timer | tries = 2 | as for a refused item | Have, Left |
//! | NoKey, Have | MSK stored | pushed | | Have |
//! | Have | pull | authentic | after the window: POST H4 | HaveAndRequesting |
//! | Have | missed key | back-off passed | after the window: POST H4 | HaveAndRequesting |
//! | Have | new MUK | registered before | POST H2 | HaveAndRequesting |
//! | HaveAndRequesting | MSK stored, failure | | as above | Have |
//! | Have, HaveAndRequesting | newest MSK over | | POST H4 unless a request runs | HaveAndRequesting, Requesting |
//! | any but NoKey and Left | `Deactivate` | | POST H3 if registered, `WipeKeys` | Left |
//! | NoKey | `Deactivate` | | `WipeKeys` | Left |
//! | Left | answer to H3: 401, 5xx, time-out | to be repeated, by the table of the exchange, within 5 s | timer; POST H3 | Left |
//! | Left | answer to H3: any other, or later | | | Left, nothing more of it |
//! | Left | MSK stored | crossed the end | `WipeKeys` | Left |
//!
//! Messages with a bad MAC, an older timestamp, an unknown MUK, or key data under Key Number 0 never get here:
//! [`role::Ue`](crate::role::Ue) refuses them. HaveAndRequesting is Requesting or WaitMikey while a valid MSK is held; there
//! a failure keeps that MSK. One request answers all that asks meanwhile, but a pull that comes while MIKEY is awaited
//! starts another: the BM-SC may want to authenticate the terminal. The keys do not wait for the answer to H3, nor does a
//! new `Activate`, and no bootstrapping is run for its sake. Answers that nobody waits for are ignored in WaitMikey, Have
//! and Left, those to an H3 in every state. All else is [`ImsError::UnexpectedState`].

mod deregistration;
mod event;

use super::exchange::{Exchange, Step};
use super::{
    Announcement, FailureCause, GbaOutcome, Held, HttpOutcome, ImsError, ItemStatus, KeyFact, ListedItems,
    MissedBackOff, MskList, UeRequest, UeRequestKind, UeTiming, missed,
};
use crate::id::GroupName;
use crate::role::Actions;
use crate::time::Tick;
use deregistration::{Deregistration, Rest};

pub use event::{MskAction, MskCause, MskEvent, MskState};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pending {
    /// The window of the announcement, before the first POST.
    Window {
        until: Tick,
    },
    Posting(Exchange),
    Wait {
        tries: u8,
        until: Tick,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    NoKey,
    Have(Held),
    Busy { held: Held, cause: MskCause, pending: Pending },
    Left(Option<Deregistration>),
}

/// The requests for one Key Group.
#[derive(Clone, Debug)]
pub struct MskRequest {
    timing: UeTiming,
    group: GroupName,
    registered: bool,
    ks: Option<Tick>,
    /// Whether there is a Ks that the BM-SC has not seen.
    news: bool,
    back_off: MissedBackOff,
    state: State,
}

type Out = Actions<MskAction>;

impl MskRequest {
    /// Nothing held, nothing wanted of `group`.
    #[must_use]
    pub const fn new(timing: UeTiming, group: GroupName) -> Self {
        let back_off = timing.missed;
        Self { timing, group, registered: false, ks: None, news: false, back_off, state: State::NoKey }
    }

    /// Handles one event.
    ///
    /// # Errors
    ///
    /// [`ImsError::NoKeyServer`], [`ImsError::NoKeyGroup`] for an announcement that cannot be activated,
    /// [`ImsError::Unknown`] for a fact about another Key Group, [`ImsError::UnexpectedState`] for an event that has no
    /// place in the state. Nothing has changed then.
    pub fn handle(&mut self, event: MskEvent<'_>, now: Tick) -> Result<Out, ImsError> {
        let before = self.deadline();
        let mut next = self.clone();
        let mut out = Actions::new();
        match event {
            MskEvent::Activate { announcement, registered } => {
                next.activate(&announcement, registered, &mut out)?;
            }
            MskEvent::Deactivate => next.deactivate(now, &mut out)?,
            MskEvent::Http { of, outcome } => next.http(of, &outcome, now, &mut out)?,
            MskEvent::Gba(outcome) => next.gba(&outcome, now, &mut out),
            MskEvent::Key(fact) => next.key(fact, now, &mut out)?,
            MskEvent::Timeout => next.timeout(now, &mut out),
        }
        if let Some(deadline) = next.deadline().filter(|deadline| Some(*deadline) != before) {
            out.push(MskAction::ArmTimer(deadline));
        }
        *self = next;
        Ok(out)
    }

    /// How far the group is.
    #[must_use]
    pub const fn state(&self) -> MskState {
        match self.state {
            State::NoKey => MskState::NoKey,
            State::Left(_) => MskState::Left,
            State::Have(held) => MskState::Have(held),
            State::Busy { held: Held::None, cause, pending } => match pending {
                Pending::Window { .. } => MskState::Requesting { cause, tries: 0 },
                Pending::Posting(exchange) => MskState::Requesting { cause, tries: exchange.retries() },
                Pending::Wait { tries, until } => MskState::WaitMikey { cause, tries, until },
            },
            State::Busy { held, cause, .. } => MskState::HaveAndRequesting(held, cause),
        }
    }

    /// The Key Group.
    #[must_use]
    pub const fn group(&self) -> GroupName {
        self.group
    }

    /// When a [`MskEvent::Timeout`] is wanted.
    #[must_use]
    pub const fn deadline(&self) -> Option<Tick> {
        match self.state {
            State::Busy { pending: Pending::Window { until } | Pending::Wait { until, .. }, .. } => {
                Some(until)
            }
            State::Busy { pending: Pending::Posting(exchange), .. } => exchange.deadline(),
            State::Left(Some(h3)) => h3.deadline(),
            State::NoKey | State::Have(_) | State::Left(None) => None,
        }
    }

    fn activate(
        &mut self, announcement: &Announcement, registered: bool, out: &mut Out,
    ) -> Result<(), ImsError> {
        if !matches!(self.state, State::NoKey | State::Left(_)) {
            return Err(ImsError::UnexpectedState);
        }
        if announcement.needs_msk()? {
            self.registered = registered;
            let kind = if registered { UeRequestKind::Msk } else { UeRequestKind::Register };
            self.post(Held::None, MskCause::Initiation, Exchange::new(kind, 0), out);
        } else {
            self.state = State::Have(Held::None);
        }
        Ok(())
    }

    fn deactivate(&mut self, now: Tick, out: &mut Out) -> Result<(), ImsError> {
        if matches!(self.state, State::Left(_)) {
            return Err(ImsError::UnexpectedState);
        }
        // A registration on its way may have arrived.
        let post = self.registered || matches!(self.state, State::Busy { .. });
        let awaited = post.then(|| Deregistration::new(&self.timing, now));
        self.deregister(Rest { awaited, post }, out);
        self.forget(out);
        Ok(())
    }

    fn deregister(&mut self, h3: Rest, out: &mut Out) {
        if h3.post {
            out.push(MskAction::Post { request: UeRequest::Deregister, cause: None });
        }
        self.state = State::Left(h3.awaited);
    }

    fn http(
        &mut self, of: UeRequestKind, outcome: &HttpOutcome<'_>, now: Tick, out: &mut Out,
    ) -> Result<(), ImsError> {
        let ks_valid = self.ks.is_some_and(|expires| now < expires);
        match self.state {
            State::Busy { held, cause, pending: Pending::Posting(mut exchange) } if exchange.kind() == of => {
                let step = exchange.outcome(outcome, ks_valid, &self.timing, now)?;
                self.exchanged(held, cause, exchange, step, outcome, now, out);
                Ok(())
            }
            State::Left(Some(h3)) if of == UeRequestKind::Deregister => {
                self.deregister(h3.outcome(outcome, ks_valid, &self.timing, now)?, out);
                Ok(())
            }
            // To an H3 that an activation has overtaken.
            _ if of == UeRequestKind::Deregister => Ok(()),
            State::Busy { pending: Pending::Wait { .. }, .. } | State::Have(_) | State::Left(_) => Ok(()),
            State::Busy { .. } | State::NoKey => Err(ImsError::UnexpectedState),
        }
    }

    #[allow(clippy::too_many_arguments, reason = "the parts of one state, an outcome, and where actions go")]
    fn exchanged(
        &mut self, held: Held, cause: MskCause, exchange: Exchange, step: Step, outcome: &HttpOutcome<'_>,
        now: Tick, out: &mut Out,
    ) {
        self.state = State::Busy { held, cause, pending: Pending::Posting(exchange) };
        match step {
            Step::Rest => {}
            Step::Post => self.post(held, cause, exchange, out),
            Step::Bootstrap => out.push(MskAction::NeedBootstrap),
            Step::Answered => match self.item(exchange.kind(), outcome) {
                ItemStatus::Granted => {
                    self.registered = true;
                    let until = now.after_millis(self.timing.msk_wait_ms);
                    let pending = Pending::Wait { tries: exchange.retries(), until };
                    self.state = State::Busy { held, cause, pending };
                }
                status => self.fail(held, FailureCause::Item(status), out),
            },
            Step::Failed(cause) => self.fail(held, cause, out),
        }
    }

    fn item(&self, kind: UeRequestKind, outcome: &HttpOutcome<'_>) -> ItemStatus {
        match (kind, outcome) {
            (
                UeRequestKind::Register,
                HttpOutcome::Authenticated { items: ListedItems::Services(items), .. },
            ) => items.first().map_or(ItemStatus::Unknown, |(_, status)| *status),
            (UeRequestKind::Msk, HttpOutcome::Authenticated { items, .. }) => items.of_group(self.group),
            _ => ItemStatus::Unknown,
        }
    }

    fn gba(&mut self, outcome: &GbaOutcome, now: Tick, out: &mut Out) {
        if let GbaOutcome::Done { expires, .. } = outcome {
            self.ks = Some(*expires);
        }
        let news = matches!(outcome, GbaOutcome::Done { .. });
        match self.state {
            State::Busy { held, cause, pending: Pending::Posting(mut exchange) }
                if exchange.is_bootstrapping() =>
            {
                if let Some(step) = exchange.bootstrapped(outcome) {
                    self.exchanged(held, cause, exchange, step, &HttpOutcome::TimedOut, now, out);
                }
            }
            State::Busy { .. } => self.news |= news,
            State::Have(held) => {
                self.news |= news;
                self.rest(held, out);
            }
            State::NoKey | State::Left(_) => {}
        }
    }

    fn key(&mut self, fact: KeyFact, now: Tick, out: &mut Out) -> Result<(), ImsError> {
        match fact {
            KeyFact::Stored(name) | KeyFact::Expired(name) if name.group() != self.group => {
                return Err(ImsError::Unknown);
            }
            KeyFact::Stored(name) => match self.state {
                State::Left(_) => out.push(MskAction::WipeKeys(self.group)),
                _ => {
                    self.back_off.succeeded();
                    self.rest(self.held().with(name.id.number), out);
                }
            },
            KeyFact::Expired(name) => self.expired(name.id.number, out),
            // Not subscribed: none of our business.
            KeyFact::UnknownMsk { name, rnd } => {
                let State::Have(held) = self.state else { return Ok(()) };
                if held.is_empty() {
                    return Ok(());
                }
                let stored = held.iter().map(|number| self.group.msk(number));
                if missed(&[self.group], stored, [], name) && self.back_off.allow(now) {
                    self.after_window(held, MskCause::MissedUpdate, rnd, now, out);
                }
            }
            KeyFact::Pull { group, rnd } if group == self.group => match self.state {
                State::Have(Held::None) => {}
                State::Have(held) | State::Busy { held, pending: Pending::Wait { .. }, .. } => {
                    self.after_window(held, MskCause::SolicitedPull, rnd, now, out);
                }
                _ => {}
            },
            KeyFact::Pull { .. } => {}
        }
        Ok(())
    }

    fn expired(&mut self, number: crate::id::KeyNumber, out: &mut Out) {
        let newest = self.held().newest() == Some(number);
        let held = self.held().without(number);
        match &mut self.state {
            State::Have(_) if newest => {
                let exchange = Exchange::new(UeRequestKind::Msk, 0);
                self.post(held, MskCause::MissedUpdate, exchange, out);
            }
            State::Have(have) | State::Busy { held: have, .. } => *have = held,
            State::NoKey | State::Left(_) => {}
        }
    }

    fn after_window(&mut self, held: Held, cause: MskCause, rnd: u32, now: Tick, out: &mut Out) {
        let until = now.after_millis(self.timing.window.delay_ms(rnd));
        self.state = State::Busy { held, cause, pending: Pending::Window { until } };
        self.timeout(now, out);
    }

    fn timeout(&mut self, now: Tick, out: &mut Out) {
        if let State::Left(Some(h3)) = self.state {
            self.deregister(h3.timeout(now), out);
        }
        let State::Busy { held, cause, pending } = self.state else { return };
        match pending {
            Pending::Window { until } if until <= now => {
                self.post(held, cause, Exchange::new(UeRequestKind::Msk, 0), out);
            }
            Pending::Posting(mut exchange) => {
                let step = exchange.timeout(now);
                self.exchanged(held, cause, exchange, step, &HttpOutcome::TimedOut, now, out);
            }
            Pending::Wait { tries, until } if until <= now => {
                if tries < self.timing.retries {
                    let exchange = Exchange::new(UeRequestKind::Msk, tries.saturating_add(1));
                    self.post(held, cause, exchange, out);
                } else {
                    self.fail(held, FailureCause::NoMsk, out);
                }
            }
            Pending::Window { .. } | Pending::Wait { .. } => {}
        }
    }

    fn post(&mut self, held: Held, cause: MskCause, exchange: Exchange, out: &mut Out) {
        let request = match (exchange.kind(), MskList::current([self.group])) {
            (UeRequestKind::Msk, Ok(list)) => UeRequest::Msk(list),
            _ => UeRequest::Register,
        };
        out.push(MskAction::Post { request, cause: Some(cause) });
        self.state = State::Busy { held, cause, pending: Pending::Posting(exchange) };
    }

    /// No MSK is to be had: an older one keeps the service going, else it is left (TS 33.246 §6.3.2.2).
    fn fail(&mut self, held: Held, cause: FailureCause, out: &mut Out) {
        if held.is_empty() {
            out.push(MskAction::Leave(cause));
            self.forget(out);
            self.state = State::Left(None);
        } else {
            out.push(MskAction::NotRenewed(cause));
            self.rest(held, out);
        }
    }

    /// No request runs any more. The BM-SC has yet to learn of a Ks that came meanwhile.
    fn rest(&mut self, held: Held, out: &mut Out) {
        self.state = State::Have(held);
        if self.registered && core::mem::take(&mut self.news) {
            let exchange = Exchange::new(UeRequestKind::Register, 0);
            self.post(held, MskCause::MukRenewal, exchange, out);
        }
    }

    /// Nothing is held of the group any more.
    fn forget(&mut self, out: &mut Out) {
        out.push(MskAction::WipeKeys(self.group));
        (self.registered, self.news) = (false, false);
        self.back_off.succeeded();
    }

    const fn held(&self) -> Held {
        match self.state {
            State::Have(held) | State::Busy { held, .. } => held,
            State::NoKey | State::Left(_) => Held::None,
        }
    }
}
