//! What a registered service asks for, one POST at a time, and what new keys mean to a service.

use super::{HttpUe, Out, State, Task, items};
use crate::ims::exchange::{Exchange, Step};
use crate::ims::ue::ServiceAction;
use crate::ims::{
    FailureCause, GbaOutcome, HttpOutcome, ImsError, ItemStatus, KeyFact, UeRequest, UeRequestKind,
};
use crate::time::Tick;

impl<const GROUPS: usize> HttpUe<GROUPS> {
    pub(super) fn register_again(&mut self, now: Tick, out: &mut Out<GROUPS>) -> Result<(), ImsError> {
        match self.state {
            State::Session { tries, task: Task::Rest | Task::Wait { .. } } if self.gba.is_valid(now) => {
                self.register(tries, out);
                Ok(())
            }
            _ => Err(ImsError::UnexpectedState),
        }
    }

    /// A POST of the session has got this far.
    pub(super) fn posting(
        &mut self, of: UeRequestKind, tries: u8, step: Step, outcome: &HttpOutcome<'_>, now: Tick,
        out: &mut Out<GROUPS>,
    ) {
        let failed = match step {
            Step::Rest => return,
            Step::Bootstrap => return self.gba.start(out),
            Step::Post => return self.post_again(of, tries, now, out),
            Step::Failed(cause) => {
                self.keys.give_up(|_| of == UeRequestKind::Msk);
                Some(cause)
            }
            Step::Answered if of == UeRequestKind::Register => {
                let status = items(outcome).of_service(&self.service);
                if status == ItemStatus::Granted {
                    self.registered(now, out);
                }
                (status != ItemStatus::Granted).then_some(FailureCause::Item(status))
            }
            Step::Answered => {
                let mut refused = None;
                self.keys.give_up(|group| {
                    let status = items(outcome).of_group(group);
                    refused =
                        refused.or((status != ItemStatus::Granted).then_some(FailureCause::Item(status)));
                    status != ItemStatus::Granted
                });
                refused
            }
        };
        match failed {
            // What was granted may still bring the only MSK.
            Some(cause) if !self.keys.any() && !self.keys.awaits() => self.leave(cause, out),
            Some(cause) => {
                out.push(ServiceAction::NotRenewed(cause));
                self.settle(tries, now, out);
            }
            None => self.settle(tries, now, out),
        }
    }

    pub(super) fn post_again(&mut self, of: UeRequestKind, tries: u8, now: Tick, out: &mut Out<GROUPS>) {
        match (of, self.keys.asked()) {
            (UeRequestKind::Msk, Ok(list)) => out.push(ServiceAction::Request(UeRequest::Msk(list))),
            // Everything has come meanwhile.
            (UeRequestKind::Msk, Err(_)) => self.settle(tries, now, out),
            _ => out.push(ServiceAction::Request(UeRequest::Register)),
        }
    }

    pub(super) fn mikey_is_late(&mut self, tries: u8, now: Tick, out: &mut Out<GROUPS>) {
        if tries < self.timing.retries {
            return self.request(tries.saturating_add(1), now, out);
        }
        self.keys.give_up(|_| true);
        if self.keys.any() {
            out.push(ServiceAction::NotRenewed(FailureCause::NoMsk));
            self.state = State::Session { tries: 0, task: Task::Rest };
            self.advance(now, out);
        } else {
            self.leave(FailureCause::NoMsk, out);
        }
    }

    /// Nothing is in flight any more: wait for what is to come, or look for the next thing to do.
    pub(super) fn settle(&mut self, tries: u8, now: Tick, out: &mut Out<GROUPS>) {
        self.state = if self.keys.awaits() {
            State::Session { tries, task: Task::Wait { until: now.after_millis(self.timing.msk_wait_ms) } }
        } else {
            State::Session { tries: 0, task: Task::Rest }
        };
        self.advance(now, out);
    }

    /// Does the next thing that is due, if nothing is in flight: tell of a new Ks, renew it, ask for MSKs.
    pub(super) fn advance(&mut self, now: Tick, out: &mut Out<GROUPS>) {
        let State::Session { tries, task: Task::Rest | Task::Wait { .. } } = self.state else { return };
        if self.gba.is_running() {
            return;
        }
        if self.gba.is_news(now) {
            self.register(tries, out);
        } else if self.gba.renewal().is_some_and(|at| at <= now) {
            self.gba.start(out);
        } else if self.keys.is_due(now) {
            self.request(tries, now, out);
        }
    }

    pub(super) fn request(&mut self, tries: u8, now: Tick, out: &mut Out<GROUPS>) {
        if let Ok(list) = self.keys.ask(now) {
            out.push(ServiceAction::Request(UeRequest::Msk(list)));
            let exchange = Exchange::new(UeRequestKind::Msk, 0);
            self.state = State::Session { tries, task: Task::Posting(exchange) };
        }
    }

    pub(super) fn register(&mut self, tries: u8, out: &mut Out<GROUPS>) {
        self.gba.announce(out);
        out.push(ServiceAction::Request(UeRequest::Register));
        let exchange = Exchange::new(UeRequestKind::Register, 0);
        self.state = State::Session { tries, task: Task::Posting(exchange) };
    }

    pub(super) fn gba_outcome(&mut self, outcome: GbaOutcome, now: Tick, out: &mut Out<GROUPS>) {
        let step = match &mut self.state {
            State::Registering(exchange) | State::Session { task: Task::Posting(exchange), .. } => {
                exchange.bootstrapped(&outcome).map(|step| (step, exchange.kind()))
            }
            _ => None,
        };
        // A run that another service asked for and that failed changes nothing here.
        let asked = self.gba.is_running();
        let failed = match outcome {
            GbaOutcome::Failed if !asked => return,
            GbaOutcome::Done { btid, expires } => {
                self.gba.done(btid, expires, &self.timing, now, out);
                false
            }
            GbaOutcome::Failed => {
                self.gba.failed(&self.timing, now);
                true
            }
        };
        match (self.state, step) {
            (State::Idle | State::Inviting | State::Cancelling | State::Deregistering { .. }, _) => {
                self.gba.stop();
            }
            (State::Authorised, _) if failed => self.refuse(FailureCause::Gba, out),
            (State::Authorised, _) => self.first_registration(out),
            (State::Registering(_), Some((Step::Post, _))) => {
                self.gba.announce(out);
                out.push(ServiceAction::Request(UeRequest::Register));
            }
            (State::Registering(_), Some(_)) => self.refuse(FailureCause::Gba, out),
            (State::Session { tries, .. }, Some((Step::Post, kind))) => {
                if kind == UeRequestKind::Register {
                    self.gba.announce(out);
                } else {
                    self.gba.derive(out);
                }
                self.post_again(kind, tries, now, out);
            }
            (State::Session { tries, .. }, Some((step, kind))) => {
                self.posting(kind, tries, step, &HttpOutcome::TimedOut, now, out);
            }
            (State::Session { .. }, None) if failed && !self.keys.any() => {
                self.leave(FailureCause::Gba, out);
            }
            (State::Session { .. }, None) if failed => {
                out.push(ServiceAction::NotRenewed(FailureCause::Gba));
                self.advance(now, out);
            }
            (State::Session { .. }, None) => self.advance(now, out),
            (State::Registering(_), None) => {}
        }
    }

    pub(super) fn key(&mut self, fact: KeyFact, now: Tick, out: &mut Out<GROUPS>) {
        match (self.state, fact) {
            // A push that crossed the end of the session must not leave a key behind.
            (State::Idle, KeyFact::Stored(name)) if self.keys.held(name.group()).is_some() => {
                out.push(ServiceAction::WipeKeys);
            }
            (State::Idle | State::Deregistering { .. }, _) => {}
            (State::Session { tries, task }, _) => {
                self.keys.learn(fact, &self.timing, now);
                match task {
                    Task::Wait { .. } if !self.keys.awaits() => self.settle(tries, now, out),
                    _ => self.advance(now, out),
                }
            }
            (_, KeyFact::Stored(_) | KeyFact::Expired(_)) => self.keys.learn(fact, &self.timing, now),
            // The registration will bring every key.
            _ => {}
        }
    }

    /// The first registration has got this far.
    pub(super) fn registering(
        &mut self, step: Step, outcome: &HttpOutcome<'_>, now: Tick, out: &mut Out<GROUPS>,
    ) {
        match step {
            Step::Rest => {}
            Step::Post => out.push(ServiceAction::Request(UeRequest::Register)),
            Step::Bootstrap => self.gba.start(out),
            Step::Answered => match items(outcome).of_service(&self.service) {
                ItemStatus::Granted => {
                    self.registered(now, out);
                    self.settle(0, now, out);
                }
                status => self.refuse(FailureCause::Item(status), out),
            },
            Step::Failed(cause) => self.refuse(cause, out),
        }
    }

    pub(super) fn registered(&mut self, now: Tick, out: &mut Out<GROUPS>) {
        self.gba.taken(&self.timing, now, out);
        self.keys.expect();
    }
}
