//! The H3 of a group that was left: repeated like any POST, but for a short time, and no bootstrapping is run for its sake.

use crate::ims::exchange::{Exchange, Step};
use crate::ims::{HttpOutcome, ImsError, UeRequestKind, UeTiming};
use crate::time::Tick;

/// An H3 whose answer is awaited, and how long that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Deregistration {
    exchange: Exchange,
    until: Tick,
}

/// What is left of an H3.
pub(super) struct Rest {
    /// `None` when nobody waits for it any more.
    pub(super) awaited: Option<Deregistration>,
    /// Whether it is to be sent again.
    pub(super) post: bool,
}

impl Deregistration {
    /// One that is being sent.
    pub(super) const fn new(timing: &UeTiming, now: Tick) -> Self {
        let exchange = Exchange::new(UeRequestKind::Deregister, 0);
        Self { exchange, until: now.after_millis(timing.deregister_ms) }
    }

    /// When it is to be sent again.
    pub(super) const fn deadline(&self) -> Option<Tick> {
        self.exchange.deadline()
    }

    /// What became of it.
    pub(super) fn outcome(
        mut self, outcome: &HttpOutcome<'_>, ks_valid: bool, timing: &UeTiming, now: Tick,
    ) -> Result<Rest, ImsError> {
        let step = self.exchange.outcome(outcome, ks_valid, timing, now)?;
        Ok(self.after(step, now))
    }

    /// The time may have come to send it again.
    pub(super) fn timeout(mut self, now: Tick) -> Rest {
        let step = self.exchange.timeout(now);
        self.after(step, now)
    }

    fn after(self, step: Step, now: Tick) -> Rest {
        let goes_on = match step {
            Step::Rest => self.deadline().is_none_or(|at| at < self.until),
            Step::Post => now < self.until,
            Step::Bootstrap | Step::Answered | Step::Failed(_) => false,
        };
        Rest { awaited: goes_on.then_some(self), post: goes_on && step == Step::Post }
    }
}
