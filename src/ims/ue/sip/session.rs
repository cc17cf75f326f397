//! What a dialog asks for, one re-INVITE at a time, and what new keys mean to it.

use super::{Out, SipUe, State, Task};
use crate::ims::ue::{Reinvite, ServiceAction, sip_failure};
use crate::ims::{FailureCause, GbaOutcome, KeyFact, SipOutcome};
use crate::time::Tick;

impl<const SERVICES: usize, const GROUPS: usize> SipUe<SERVICES, GROUPS> {
    /// A final response to a re-INVITE, or none.
    pub(super) fn refreshed(
        &mut self, outcome: SipOutcome, services: bool, tries: u8, peer_invite: bool, now: Tick,
        out: &mut Out<GROUPS>,
    ) {
        match outcome {
            SipOutcome::Accepted => {
                out.push(ServiceAction::Ack);
                if services {
                    self.gba.taken(&self.timing, now, out);
                    self.keys.expect();
                }
                self.settle(tries, peer_invite, now, out);
            }
            SipOutcome::Glare { rnd } => {
                let until = now.after_millis(glare_ms(rnd));
                self.state = State::Session { tries, task: Task::Glare { services, until }, peer_invite };
            }
            // RFC 3261 §12.2.1.2: the dialog is gone. TS 26.237: without one, initiate anew.
            SipOutcome::Refused { status: 408 | 481, .. } | SipOutcome::TimedOut => {
                out.push(ServiceAction::Bye);
                self.keys.give_up(|_| true);
                self.initiate(now, out);
            }
            _ => {
                self.keys.give_up(|_| true);
                if self.keys.any() {
                    out.push(ServiceAction::NotRenewed(sip_failure(outcome)));
                    self.settle(0, peer_invite, now, out);
                } else {
                    self.leave(sip_failure(outcome), out);
                }
            }
        }
    }

    pub(super) fn gba_outcome(&mut self, outcome: GbaOutcome, now: Tick, out: &mut Out<GROUPS>) {
        // A run that another service asked for and that failed changes nothing here.
        let asked = self.gba.is_running();
        match outcome {
            GbaOutcome::Failed if !asked => return,
            GbaOutcome::Done { btid, expires } => self.gba.done(btid, expires, &self.timing, now, out),
            GbaOutcome::Failed => {
                self.gba.failed(&self.timing, now);
                return self.gba_failed(now, out);
            }
        }
        match self.state {
            State::Bootstrapping { rebooted } => self.invite(rebooted, out),
            State::Session { .. } => {
                self.gba.derive(out);
                self.advance(now, out);
            }
            State::Idle | State::Inviting { .. } | State::Cancelling => {}
        }
    }

    pub(super) fn gba_failed(&mut self, now: Tick, out: &mut Out<GROUPS>) {
        match self.state {
            State::Session { .. } if self.keys.any() => {
                out.push(ServiceAction::NotRenewed(FailureCause::Gba));
                self.advance(now, out);
            }
            State::Session { .. } => self.leave(FailureCause::Gba, out),
            State::Bootstrapping { .. } => {
                out.push(ServiceAction::Failed(FailureCause::Gba));
                if self.keys.any() {
                    out.push(ServiceAction::WipeKeys);
                }
                self.end(out);
            }
            State::Idle | State::Inviting { .. } | State::Cancelling => self.gba.stop(),
        }
    }

    pub(super) fn key(&mut self, fact: KeyFact, now: Tick, out: &mut Out<GROUPS>) {
        match (self.state, fact) {
            // A push that crossed the end of the dialog must not leave a key behind.
            (State::Idle, KeyFact::Stored(name)) if self.keys.held(name.group()).is_some() => {
                out.push(ServiceAction::WipeKeys);
            }
            (State::Session { tries, task, peer_invite }, _) => {
                self.keys.learn(fact, &self.timing, now);
                match task {
                    Task::Wait { .. } if !self.keys.awaits() => self.settle(tries, peer_invite, now, out),
                    _ => self.advance(now, out),
                }
            }
            (State::Idle, _) => {}
            (_, KeyFact::Stored(_) | KeyFact::Expired(_)) => self.keys.learn(fact, &self.timing, now),
            // The dialog to come will bring every key.
            _ => {}
        }
    }

    /// No INVITE of ours is in progress any more: wait for what is to come, or look for the next thing to do.
    pub(super) fn settle(&mut self, tries: u8, peer_invite: bool, now: Tick, out: &mut Out<GROUPS>) {
        self.state = if self.keys.awaits() {
            let until = now.after_millis(self.timing.msk_wait_ms);
            State::Session { tries, task: Task::Wait { until }, peer_invite }
        } else {
            State::Session { tries: 0, task: Task::Rest, peer_invite }
        };
        self.advance(now, out);
    }

    /// Does the next thing that is due, if no INVITE of either side is in progress: tell of a new Ks, renew it, ask for
    /// MSKs.
    pub(super) fn advance(&mut self, now: Tick, out: &mut Out<GROUPS>) {
        let State::Session { tries, task, peer_invite } = self.state else { return };
        match task {
            Task::Refreshing { .. } => return,
            Task::Glare { services, until } => {
                if until <= now && !peer_invite {
                    self.reinvite_again(services, tries, now, out);
                }
                return;
            }
            Task::Rest | Task::Wait { .. } => {}
        }
        if self.gba.is_running() {
            return;
        }
        if self.gba.renewal().is_some_and(|at| at <= now) {
            return self.gba.start(out);
        }
        if peer_invite {
            return;
        }
        if self.gba.is_news(now) {
            self.gba.announce(out);
            self.reinvite(Reinvite::Services, tries, out);
        } else if matches!(task, Task::Wait { until } if until <= now) {
            self.mikey_is_late(tries, now, out);
        } else if self.keys.is_due(now) {
            self.ask(tries, now, out);
        }
    }

    pub(super) fn mikey_is_late(&mut self, tries: u8, now: Tick, out: &mut Out<GROUPS>) {
        if tries < self.timing.retries {
            return self.ask(tries.saturating_add(1), now, out);
        }
        self.keys.give_up(|_| true);
        if self.keys.any() {
            out.push(ServiceAction::NotRenewed(FailureCause::NoMsk));
            self.settle(0, false, now, out);
        } else {
            self.leave(FailureCause::NoMsk, out);
        }
    }

    pub(super) fn ask(&mut self, tries: u8, now: Tick, out: &mut Out<GROUPS>) {
        if let Ok(list) = self.keys.ask(now) {
            self.reinvite(Reinvite::Msks(list), tries, out);
        }
    }

    pub(super) fn reinvite(&mut self, reinvite: Reinvite<GROUPS>, tries: u8, out: &mut Out<GROUPS>) {
        let task = Task::Refreshing { services: reinvite == Reinvite::Services };
        out.push(ServiceAction::Request(reinvite));
        self.state = State::Session { tries, task, peer_invite: false };
    }

    pub(super) fn reinvite_again(&mut self, services: bool, tries: u8, now: Tick, out: &mut Out<GROUPS>) {
        match self.keys.ask(now) {
            _ if services => self.reinvite(Reinvite::Services, tries, out),
            Ok(list) => self.reinvite(Reinvite::Msks(list), tries, out),
            // Everything has come meanwhile.
            Err(_) => self.settle(tries, false, now, out),
        }
    }
}

/// RFC 3261 §14.1, for the side that made the Call-ID: 2.1 to 4 s in steps of 10 ms.
fn glare_ms(rnd: u32) -> u64 {
    let step = u64::from(rnd).saturating_mul(191) >> 32;
    step.saturating_mul(10).saturating_add(2_100)
}
