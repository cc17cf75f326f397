//! The terminal in the HTTP variant, one service (TS 26.237 §10.4.1).
//!
//! | state | event | condition | actions, in order | next |
//! |---|---|---|---|---|
//! | Idle | `View` | IMS registered | `Invite` | Inviting |
//! | Inviting | SIP 1xx | | | same |
//! | Inviting | SIP 200 | Ks valid | `Ack`, `DeriveMuk`, POST H2 | Registering |
//! | Inviting | SIP 200 | no valid Ks | `Ack`, `NeedBootstrap` | Authorised |
//! | Inviting | SIP 3xx to 6xx, time-out | | `Failed` | Idle |
//! | Inviting | `Stop` | | `Cancel` | Cancelling |
//! | Cancelling | SIP 200 | crossed the CANCEL | `Ack`, `Bye` | Idle |
//! | Cancelling | other final response, time-out | | | Idle |
//! | Authorised | GBA done | | `DeriveMuk`, POST H2 | Registering |
//! | Authorised | GBA failed | | `Bye`, `Failed(Gba)` | Idle |
//! | Authorised | `Stop` | | `Bye` | Idle |
//! | Registering | 401 | by the table of the exchange | POST H2, or `NeedBootstrap` | Registering, Bootstrapping |
//! | Registering | 200 authentic | item granted | timer | Registered; Keyed when all MSKs are there |
//! | Registering | 200 authentic | item not granted | `Bye`, `Failed` | Idle |
//! | Registering | not authentic, 5xx, time-out | retries left | timer; later POST H2 | Registering |
//! | Registering | 503 | fewer than 3 | timer; later POST H2 | Registering |
//! | Registering | 4xx, nothing left to try | | `Bye`, `Failed` | Idle |
//! | Bootstrapping | GBA done | | `DeriveMuk`, POST H2 | Registering |
//! | Bootstrapping | GBA failed | | `Bye`, `Failed(Gba)` | Idle |
//! | Registered | MSK stored | | | Keyed |
//! | Registered, Keyed | `msk_wait` over, MSKs still to come | asked fewer than 2 times | POST H4 | same |
//! | Registered | the same | asked 2 times | POST H3, `Bye`, `WipeKeys`, `Failed(NoMsk)` | Idle |
//! | Keyed | the same | asked 2 times | `NotRenewed(NoMsk)` | Keyed |
//! | Registered, Keyed | missed key, pull, newest MSK over | its time has come | POST H4 | same |
//! | Registered, Keyed | answer to H2, H4 | granted | timer while MSKs are to come | same |
//! | Keyed | failure of H2, H4, GBA | | `NotRenewed` | Keyed |
//! | Registered | failure of H2, H4, GBA | | POST H3, `Bye`, `WipeKeys`, `Failed` | Idle |
//! | Registered, Keyed | Ks ends in 60 s, or has ended | | `NeedBootstrap` | same |
//! | Registered, Keyed | GBA done | | `DeriveMuk`, POST H2 | same |
//! | Registered, Keyed | `Register` | Ks valid | POST H2 | same |
//! | Registering to Keyed | `Stop` | | POST H3, `Bye`, timer | Deregistering |
//! | Deregistering | 200, final failure, 5 s | | `WipeKeys` | Idle |
//! | Inviting to Authorised | BYE from the network | nothing is registered yet | `WipeKeys` | Idle |
//! | Registering to Keyed | BYE from the network | | POST H3, `WipeKeys` | Idle |
//! | Deregistering | BYE from the network | crossed ours | | same |
//!
//! A service is left for want of an MSK only when none of its Key Groups has one (TS 33.246 §6.3.2.2). Failed
//! requests for a part of them leave the rest running. What asks while a POST is in flight is asked for after it, in one
//! list. In every state: an MSK message that is stored counts, facts about Key Groups of others are ignored, so are
//! answers to an H3 that nobody waits for, a new Ks is noted, and the MUK before it goes 10 s after the BM-SC has
//! answered the registration with the new one. An MSK stored while Idle is wiped. All else is
//! [`ImsError::UnexpectedState`].

mod session;

use super::gba::Gba;
use super::keys::ServiceKeys;
use super::{HttpUeEvent, HttpUeState, ServiceAction};
use crate::id::GroupName;
use crate::ims::exchange::{Exchange, Step};
use crate::ims::{
    BTid, FailureCause, Held, HttpOutcome, Impu, ImsError, ListedItems, ServiceId, SipOutcome, UeRequest,
    UeRequestKind, UeTiming,
};
use crate::role::Actions;
use crate::time::Tick;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Rest,
    /// MIKEY is to come by then.
    Wait {
        until: Tick,
    },
    Posting(Exchange),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Inviting,
    Cancelling,
    Authorised,
    Registering(Exchange),
    /// Registered and Keyed: `tries` requests were made for want of MIKEY.
    Session {
        tries: u8,
        task: Task,
    },
    Deregistering {
        exchange: Exchange,
        until: Tick,
    },
}

type Out<const GROUPS: usize> = Actions<ServiceAction<UeRequest<GROUPS>>>;

/// The session of one service with at most `GROUPS` Key Groups.
#[derive(Clone, Debug)]
pub struct HttpUe<const GROUPS: usize = 8> {
    timing: UeTiming,
    service: ServiceId,
    identity: Impu,
    gba: Gba,
    keys: ServiceKeys<GROUPS>,
    state: State,
}

impl<const GROUPS: usize> HttpUe<GROUPS> {
    /// A session to come of `service`, under `identity`, with the Key Groups of its announcement.
    ///
    /// # Errors
    ///
    /// [`ImsError::NoKeyGroup`] without a Key Group, [`ImsError::TooLong`] with more than `GROUPS`.
    pub fn new(
        timing: UeTiming, service: ServiceId, identity: Impu, groups: &[GroupName],
    ) -> Result<Self, ImsError> {
        let keys = ServiceKeys::new(groups, &timing)?;
        Ok(Self { timing, service, identity, gba: Gba::default(), keys, state: State::Idle })
    }

    /// Handles one event.
    ///
    /// # Errors
    ///
    /// [`ImsError::NotRegistered`] without registration in the IMS, [`ImsError::UnexpectedState`] for an event that has
    /// no place in the state. Nothing has changed then.
    pub fn handle(&mut self, event: HttpUeEvent<'_>, now: Tick) -> Result<Out<GROUPS>, ImsError> {
        let before = self.deadline();
        let mut next = self.clone();
        let mut out = Actions::new();
        next.step(event, now, &mut out)?;
        if let Some(deadline) = next.deadline().filter(|deadline| Some(*deadline) != before) {
            out.push(ServiceAction::ArmTimer(deadline));
        }
        *self = next;
        Ok(out)
    }

    /// How far the session is.
    #[must_use]
    pub fn state(&self) -> HttpUeState {
        match self.state {
            State::Idle => HttpUeState::Idle,
            State::Inviting => HttpUeState::Inviting,
            State::Cancelling => HttpUeState::Cancelling,
            State::Authorised => HttpUeState::Authorised,
            State::Registering(exchange) if exchange.is_bootstrapping() => HttpUeState::Bootstrapping,
            State::Registering(_) => HttpUeState::Registering,
            State::Session { .. } if self.keys.any() => HttpUeState::Keyed,
            State::Session { .. } => HttpUeState::Registered,
            State::Deregistering { .. } => HttpUeState::Deregistering,
        }
    }

    /// The service.
    #[must_use]
    pub const fn service(&self) -> &ServiceId {
        &self.service
    }

    /// The public identity for P-Intended-Identity and X-3GPP-Intended-Identity.
    #[must_use]
    pub const fn identity(&self) -> &Impu {
        &self.identity
    }

    /// The B-TID for the user name of Digest.
    #[must_use]
    pub fn btid(&self) -> Option<&BTid> {
        self.gba.btid()
    }

    /// The Key Groups.
    pub fn groups(&self) -> impl Iterator<Item = GroupName> + '_ {
        self.keys.names()
    }

    /// The MSKs held of a Key Group; `None` when the service has no such group.
    #[must_use]
    pub fn held(&self, group: GroupName) -> Option<Held> {
        self.keys.held(group)
    }

    /// When a [`HttpUeEvent::Timeout`] is wanted.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        let own = match self.state {
            State::Registering(exchange) | State::Session { task: Task::Posting(exchange), .. } => {
                exchange.deadline()
            }
            State::Session { task, .. } => {
                let wait = if let Task::Wait { until } = task { Some(until) } else { None };
                let keys = if self.gba.is_running() { None } else { self.keys.deadline() };
                wait.into_iter().chain(keys).chain(self.gba.renewal()).min()
            }
            State::Deregistering { exchange, until } => {
                Some(exchange.deadline().map_or(until, |at| at.min(until)))
            }
            State::Idle | State::Inviting | State::Cancelling | State::Authorised => None,
        };
        own.into_iter().chain(self.gba.old_deadline()).min()
    }

    fn step(&mut self, event: HttpUeEvent<'_>, now: Tick, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        match event {
            HttpUeEvent::View { ims_registered } => self.view(ims_registered, out),
            HttpUeEvent::Stop => self.stop(now, out),
            HttpUeEvent::Register => self.register_again(now, out),
            HttpUeEvent::Sip(outcome) => self.sip(outcome, now, out),
            HttpUeEvent::Bye => self.bye(out),
            HttpUeEvent::Http { of, outcome } => self.http(of, &outcome, now, out),
            HttpUeEvent::Gba(outcome) => {
                self.gba_outcome(outcome, now, out);
                Ok(())
            }
            HttpUeEvent::Key(fact) => {
                self.key(fact, now, out);
                Ok(())
            }
            HttpUeEvent::Timeout => {
                self.timeout(now, out);
                Ok(())
            }
        }
    }

    fn view(&mut self, ims_registered: bool, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        if self.state != State::Idle {
            return Err(ImsError::UnexpectedState);
        }
        if !ims_registered {
            return Err(ImsError::NotRegistered);
        }
        out.push(ServiceAction::Invite);
        self.state = State::Inviting;
        Ok(())
    }

    fn stop(&mut self, now: Tick, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        match self.state {
            State::Inviting => {
                out.push(ServiceAction::Cancel);
                self.state = State::Cancelling;
            }
            State::Authorised => {
                out.push(ServiceAction::Bye);
                self.end(out);
            }
            State::Registering(_) | State::Session { .. } => {
                out.push(ServiceAction::Request(UeRequest::Deregister));
                out.push(ServiceAction::Bye);
                let exchange = Exchange::new(UeRequestKind::Deregister, 0);
                self.state =
                    State::Deregistering { exchange, until: now.after_millis(self.timing.deregister_ms) };
            }
            State::Idle | State::Cancelling | State::Deregistering { .. } => {
                return Err(ImsError::UnexpectedState);
            }
        }
        Ok(())
    }

    fn sip(&mut self, outcome: SipOutcome, now: Tick, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        match (self.state, outcome) {
            (State::Inviting | State::Cancelling, SipOutcome::Provisional) => {}
            (State::Inviting, SipOutcome::Accepted) => {
                out.push(ServiceAction::Ack);
                if self.gba.is_valid(now) {
                    self.first_registration(out);
                } else {
                    self.gba.start(out);
                    self.state = State::Authorised;
                }
            }
            (State::Cancelling, SipOutcome::Accepted) => {
                out.push(ServiceAction::Ack);
                out.push(ServiceAction::Bye);
                self.end(out);
            }
            (State::Inviting, outcome) => {
                out.push(ServiceAction::Failed(super::sip_failure(outcome)));
                self.end(out);
            }
            (State::Cancelling, _) => self.end(out),
            _ => return Err(ImsError::UnexpectedState),
        }
        Ok(())
    }

    fn bye(&mut self, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        match self.state {
            State::Idle => return Err(ImsError::UnexpectedState),
            State::Deregistering { .. } => return Ok(()),
            State::Inviting | State::Cancelling | State::Authorised => {}
            State::Registering(_) | State::Session { .. } => {
                out.push(ServiceAction::Request(UeRequest::Deregister));
            }
        }
        out.push(ServiceAction::WipeKeys);
        self.end(out);
        Ok(())
    }

    fn http(
        &mut self, of: UeRequestKind, outcome: &HttpOutcome<'_>, now: Tick, out: &mut Out<GROUPS>,
    ) -> Result<(), ImsError> {
        let valid = self.gba.is_valid(now);
        match &mut self.state {
            State::Registering(exchange) if exchange.kind() == of => {
                let step = exchange.outcome(outcome, valid, &self.timing, now)?;
                self.registering(step, outcome, now, out);
            }
            State::Session { tries, task: Task::Posting(exchange) } if exchange.kind() == of => {
                let tries = *tries;
                let step = exchange.outcome(outcome, valid, &self.timing, now)?;
                self.posting(of, tries, step, outcome, now, out);
            }
            State::Deregistering { exchange, .. } if of == UeRequestKind::Deregister => {
                match exchange.outcome(outcome, valid, &self.timing, now)? {
                    Step::Rest => {}
                    Step::Post => out.push(ServiceAction::Request(UeRequest::Deregister)),
                    Step::Bootstrap | Step::Answered | Step::Failed(_) => self.wiped(out),
                }
            }
            // An answer to the H3 of a session that has ended meanwhile, or to a request that H3 has overtaken.
            State::Deregistering { .. } => {}
            _ if of == UeRequestKind::Deregister => {}
            _ => return Err(ImsError::UnexpectedState),
        }
        Ok(())
    }

    fn refuse(&mut self, cause: FailureCause, out: &mut Out<GROUPS>) {
        out.push(ServiceAction::Bye);
        out.push(ServiceAction::Failed(cause));
        if self.keys.any() {
            out.push(ServiceAction::WipeKeys);
        }
        self.end(out);
    }

    fn timeout(&mut self, now: Tick, out: &mut Out<GROUPS>) {
        self.gba.expire_old(now, out);
        match &mut self.state {
            State::Registering(exchange) => {
                let step = exchange.timeout(now);
                self.registering(step, &HttpOutcome::TimedOut, now, out);
            }
            State::Session { tries, task: Task::Posting(exchange) } => {
                let (tries, kind, step) = (*tries, exchange.kind(), exchange.timeout(now));
                self.posting(kind, tries, step, &HttpOutcome::TimedOut, now, out);
            }
            State::Session { tries, task: Task::Wait { until } } if *until <= now => {
                let tries = *tries;
                self.mikey_is_late(tries, now, out);
            }
            State::Session { .. } => self.advance(now, out),
            State::Deregistering { until, .. } if *until <= now => self.wiped(out),
            State::Deregistering { exchange, .. } => {
                if exchange.timeout(now) == Step::Post {
                    out.push(ServiceAction::Request(UeRequest::Deregister));
                }
            }
            State::Idle | State::Inviting | State::Cancelling | State::Authorised => {}
        }
    }

    fn first_registration(&mut self, out: &mut Out<GROUPS>) {
        self.gba.announce(out);
        out.push(ServiceAction::Request(UeRequest::Register));
        self.state = State::Registering(Exchange::new(UeRequestKind::Register, 0));
    }

    /// Leaves the service for want of an MSK.
    fn leave(&mut self, cause: FailureCause, out: &mut Out<GROUPS>) {
        out.push(ServiceAction::Request(UeRequest::Deregister));
        out.push(ServiceAction::Bye);
        out.push(ServiceAction::WipeKeys);
        out.push(ServiceAction::Failed(cause));
        self.end(out);
    }

    fn wiped(&mut self, out: &mut Out<GROUPS>) {
        out.push(ServiceAction::WipeKeys);
        self.end(out);
    }

    fn end(&mut self, out: &mut Out<GROUPS>) {
        self.gba.drop_old(out);
        self.gba.stop();
        self.keys.clear(&self.timing);
        self.state = State::Idle;
    }
}

const fn items<'a>(outcome: &HttpOutcome<'a>) -> ListedItems<'a> {
    match outcome {
        HttpOutcome::Authenticated { items, .. } => *items,
        _ => ListedItems::None,
    }
}
