//! The terminal in the SIP variant, one dialog for one or more services (TS 26.237 §10.4.2).
//!
//! | state | event | condition | actions, in order | next |
//! |---|---|---|---|---|
//! | Idle | `View` | no valid Ks | `NeedBootstrap` | Bootstrapping |
//! | Idle | `View` | Ks valid | `DeriveMuk`, `Invite` | Inviting |
//! | Bootstrapping | GBA done | | `DeriveMuk`, `Invite` | Inviting |
//! | Bootstrapping | GBA failed | | `Failed(Gba)` | Idle |
//! | Bootstrapping | `Stop` | | | Idle |
//! | Inviting | SIP 1xx | | | same |
//! | Inviting | SIP 200 | | `Ack`, timer | WaitMsk; Keyed when all MSKs are there |
//! | Inviting | MSK stored before the SIP 200 | | | Inviting |
//! | Inviting | SIP 403 that asks for bootstrapping | first time | `ForgetMuk`, `NeedBootstrap` | Bootstrapping |
//! | Inviting | other failure, time-out | | `Failed`, `WipeKeys` if there are any | Idle |
//! | Inviting | `Stop` | | `Cancel` | Cancelling |
//! | Cancelling | SIP 200 | crossed the CANCEL | `Ack`, `Bye` | Idle |
//! | Cancelling | other final response, time-out | | | Idle |
//! | WaitMsk | MSK stored | the last to come | | Keyed |
//! | WaitMsk | `msk_wait` over | tries < 2 | re-INVITE(MSKs) | Refreshing |
//! | WaitMsk | `msk_wait` over | tries = 2, an MSK is held | `NotRenewed(NoMsk)` | Keyed |
//! | WaitMsk | `msk_wait` over | tries = 2, none | `Bye`, `WipeKeys`, `Failed(NoMsk)` | Idle |
//! | Keyed, WaitMsk | missed key, pull, newest MSK over | its time has come, no INVITE of the network in progress | re-INVITE(MSKs) | Refreshing |
//! | Keyed, WaitMsk | the same | INVITE of the network in progress | none; after its end as above | same |
//! | Keyed, WaitMsk | Ks ends in 60 s, or has ended | | `NeedBootstrap` | Rebooting |
//! | Rebooting | GBA done | no INVITE of the network in progress | `DeriveMuk`, re-INVITE(services, new B-TID) | Refreshing |
//! | Rebooting | GBA failed | an MSK is held | `NotRenewed(Gba)`, timer 30 s | Keyed, WaitMsk |
//! | Rebooting | GBA failed | none | `Bye`, `WipeKeys`, `Failed(Gba)` | Idle |
//! | Refreshing | SIP 1xx | | | same |
//! | Refreshing | SIP 200 | | `Ack`, timer; the old MUK goes in 10 s if a new B-TID was sent | WaitMsk; Keyed when nothing is to come |
//! | Refreshing | SIP 403, other refusal | an MSK is held | `NotRenewed` | Keyed |
//! | Refreshing | the same | none | `Bye`, `WipeKeys`, `Failed` | Idle |
//! | Refreshing | SIP 408, 481, time-out: the dialog is gone | Ks valid | `Bye`, `Invite` | Inviting |
//! | Refreshing | the same | no valid Ks | `Bye`, `NeedBootstrap` | Bootstrapping |
//! | Refreshing | SIP 491 | | timer 2.1 to 4 s, then the re-INVITE again | Refreshing |
//! | Refreshing | further triggers | | none; one later request for all of them | same |
//! | WaitMsk to Refreshing | `Stop` | | `Bye`, `WipeKeys` | Idle |
//! | any but Idle | BYE from the network | | `WipeKeys` | Idle |
//!
//! In every state: an MSK message that is stored counts, facts about Key Groups of others are ignored, a new Ks is
//! noted. An MSK stored while Idle is wiped. The new MUK serves from the moment it is derived, the one before until 10 s
//! after the SIP 200. A dialog is left for want of an MSK only when none of its Key Groups has one. All else is
//! [`ImsError::UnexpectedState`].

mod session;

use super::gba::Gba;
use super::keys::ServiceKeys;
use super::{PeerInvite, Reinvite, ServiceAction, SipUeEvent, SipUeState, sip_failure};
use crate::id::GroupName;
use crate::ims::{BTid, FailureCause, Held, Impu, ImsError, ServiceId, SipOutcome, UeTiming};
use crate::role::Actions;
use crate::time::Tick;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Task {
    Rest,
    /// MIKEY is to come by then.
    Wait {
        until: Tick,
    },
    Refreshing {
        services: bool,
    },
    /// The re-INVITE met one of the network; it is sent again at this time.
    Glare {
        services: bool,
        until: Tick,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// `rebooted`: the network has asked for bootstrapping once.
    Bootstrapping {
        rebooted: bool,
    },
    Inviting {
        rebooted: bool,
    },
    Cancelling,
    /// The dialog stands: `tries` re-INVITEs were made for want of MIKEY.
    Session {
        tries: u8,
        task: Task,
        peer_invite: bool,
    },
}

type Out<const GROUPS: usize> = Actions<ServiceAction<Reinvite<GROUPS>>>;

/// The dialog for at most `SERVICES` services with together at most `GROUPS` Key Groups.
#[derive(Clone, Debug)]
pub struct SipUe<const SERVICES: usize = 8, const GROUPS: usize = 8> {
    timing: UeTiming,
    services: heapless::Vec<ServiceId, SERVICES>,
    identity: Impu,
    gba: Gba,
    keys: ServiceKeys<GROUPS>,
    state: State,
}

impl<const SERVICES: usize, const GROUPS: usize> SipUe<SERVICES, GROUPS> {
    /// A dialog to come for `services`, each once, under `identity`, with the Key Groups of their announcements.
    ///
    /// # Errors
    ///
    /// [`ImsError::Empty`] without a service, [`ImsError::NoKeyGroup`] without a Key Group, [`ImsError::TooLong`] with
    /// more than `SERVICES` or `GROUPS`.
    pub fn new(
        timing: UeTiming, services: &[ServiceId], identity: Impu, groups: &[GroupName],
    ) -> Result<Self, ImsError> {
        let mut list = heapless::Vec::new();
        for service in services {
            if !list.contains(service) {
                list.push(service.clone()).map_err(|_| ImsError::TooLong)?;
            }
        }
        if list.is_empty() {
            return Err(ImsError::Empty);
        }
        let keys = ServiceKeys::new(groups, &timing)?;
        Ok(Self { timing, services: list, identity, gba: Gba::default(), keys, state: State::Idle })
    }

    /// Handles one event.
    ///
    /// # Errors
    ///
    /// [`ImsError::NotRegistered`] without registration in the IMS, [`ImsError::UnexpectedState`] for an event that has
    /// no place in the state. Nothing has changed then.
    pub fn handle(&mut self, event: SipUeEvent, now: Tick) -> Result<Out<GROUPS>, ImsError> {
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

    /// How far the dialog is.
    #[must_use]
    pub fn state(&self) -> SipUeState {
        match self.state {
            State::Idle => SipUeState::Idle,
            State::Bootstrapping { .. } => SipUeState::Bootstrapping,
            State::Inviting { .. } => SipUeState::Inviting,
            State::Cancelling => SipUeState::Cancelling,
            State::Session { task: Task::Refreshing { .. } | Task::Glare { .. }, .. } => {
                SipUeState::Refreshing
            }
            State::Session { .. } if self.gba.is_running() => SipUeState::Rebooting,
            State::Session { task: Task::Wait { .. }, .. } => SipUeState::WaitMsk,
            State::Session { task: Task::Rest, .. } => SipUeState::Keyed,
        }
    }

    /// The services.
    #[must_use]
    pub fn services(&self) -> &[ServiceId] {
        &self.services
    }

    /// The public identity for P-Intended-Identity.
    #[must_use]
    pub const fn identity(&self) -> &Impu {
        &self.identity
    }

    /// The B-TID for the INVITE.
    #[must_use]
    pub fn btid(&self) -> Option<&BTid> {
        self.gba.btid()
    }

    /// The Key Groups.
    pub fn groups(&self) -> impl Iterator<Item = GroupName> + '_ {
        self.keys.names()
    }

    /// The MSKs held of a Key Group; `None` when no service has such a group.
    #[must_use]
    pub fn held(&self, group: GroupName) -> Option<Held> {
        self.keys.held(group)
    }

    /// When a [`SipUeEvent::Timeout`] is wanted.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        let own = match self.state {
            // A time that has come and cannot be used yet is no deadline: the end of what hinders it is the event.
            State::Session { task: Task::Glare { until, .. }, peer_invite: false, .. } => Some(until),
            State::Session { task: task @ (Task::Rest | Task::Wait { .. }), peer_invite, .. }
                if !self.gba.is_running() =>
            {
                let wait = if let Task::Wait { until } = task { Some(until) } else { None };
                let invites = wait.into_iter().chain(self.keys.deadline()).filter(|_| !peer_invite);
                invites.chain(self.gba.renewal()).min()
            }
            _ => None,
        };
        own.into_iter().chain(self.gba.old_deadline()).min()
    }

    fn step(&mut self, event: SipUeEvent, now: Tick, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        match event {
            SipUeEvent::View { ims_registered } => self.view(ims_registered, now, out),
            SipUeEvent::Stop => self.stop(out),
            SipUeEvent::Sip(outcome) => self.sip(outcome, now, out),
            SipUeEvent::PeerInvite(peer) => self.peer_invite(peer, now, out),
            SipUeEvent::Bye if self.state == State::Idle => Err(ImsError::UnexpectedState),
            SipUeEvent::Bye => {
                out.push(ServiceAction::WipeKeys);
                self.end(out);
                Ok(())
            }
            SipUeEvent::Gba(outcome) => {
                self.gba_outcome(outcome, now, out);
                Ok(())
            }
            SipUeEvent::Key(fact) => {
                self.key(fact, now, out);
                Ok(())
            }
            SipUeEvent::Timeout => {
                self.gba.expire_old(now, out);
                self.advance(now, out);
                Ok(())
            }
        }
    }

    fn view(&mut self, ims_registered: bool, now: Tick, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        if self.state != State::Idle {
            return Err(ImsError::UnexpectedState);
        }
        if !ims_registered {
            return Err(ImsError::NotRegistered);
        }
        self.initiate(now, out);
        Ok(())
    }

    fn initiate(&mut self, now: Tick, out: &mut Out<GROUPS>) {
        if self.gba.is_valid(now) {
            self.invite(false, out);
        } else {
            self.gba.start(out);
            self.state = State::Bootstrapping { rebooted: false };
        }
    }

    fn invite(&mut self, rebooted: bool, out: &mut Out<GROUPS>) {
        self.gba.announce(out);
        out.push(ServiceAction::Invite);
        self.state = State::Inviting { rebooted };
    }

    fn stop(&mut self, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        match self.state {
            State::Bootstrapping { .. } => self.end(out),
            State::Inviting { .. } => {
                out.push(ServiceAction::Cancel);
                self.state = State::Cancelling;
            }
            State::Session { .. } => {
                out.push(ServiceAction::Bye);
                out.push(ServiceAction::WipeKeys);
                self.end(out);
            }
            State::Idle | State::Cancelling => return Err(ImsError::UnexpectedState),
        }
        Ok(())
    }

    fn sip(&mut self, outcome: SipOutcome, now: Tick, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        match (self.state, outcome) {
            (
                State::Inviting { .. }
                | State::Cancelling
                | State::Session { task: Task::Refreshing { .. }, .. },
                SipOutcome::Provisional,
            ) => {}
            (State::Inviting { .. }, SipOutcome::Accepted) => {
                out.push(ServiceAction::Ack);
                self.gba.taken(&self.timing, now, out);
                self.keys.expect();
                self.settle(0, false, now, out);
            }
            (State::Inviting { rebooted: false }, SipOutcome::Refused { status: 403, bootstrap: true }) => {
                self.gba.discard(out);
                self.gba.start(out);
                self.state = State::Bootstrapping { rebooted: true };
            }
            (State::Inviting { .. }, _) => {
                out.push(ServiceAction::Failed(sip_failure(outcome)));
                if self.keys.any() {
                    out.push(ServiceAction::WipeKeys);
                }
                self.end(out);
            }
            (State::Cancelling, _) => {
                if outcome == SipOutcome::Accepted {
                    out.push(ServiceAction::Ack);
                    out.push(ServiceAction::Bye);
                }
                if self.keys.any() {
                    out.push(ServiceAction::WipeKeys);
                }
                self.end(out);
            }
            (State::Session { tries, task: Task::Refreshing { services }, peer_invite }, _) => {
                self.refreshed(outcome, services, tries, peer_invite, now, out);
            }
            _ => return Err(ImsError::UnexpectedState),
        }
        Ok(())
    }

    fn peer_invite(&mut self, peer: PeerInvite, now: Tick, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        let State::Session { peer_invite, .. } = &mut self.state else {
            return Err(ImsError::UnexpectedState);
        };
        *peer_invite = peer == PeerInvite::Begun;
        self.advance(now, out);
        Ok(())
    }

    /// Leaves the services for want of an MSK.
    fn leave(&mut self, cause: FailureCause, out: &mut Out<GROUPS>) {
        out.push(ServiceAction::Bye);
        out.push(ServiceAction::WipeKeys);
        out.push(ServiceAction::Failed(cause));
        self.end(out);
    }

    fn end(&mut self, out: &mut Out<GROUPS>) {
        self.gba.drop_old(out);
        self.gba.stop();
        self.keys.clear(&self.timing);
        self.state = State::Idle;
    }
}
