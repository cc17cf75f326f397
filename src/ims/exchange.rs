//! One POST of the terminal with all its repetitions: challenges, bootstrapping in between, waits, and the end.
//!
//! | outcome | condition | step |
//! |---|---|---|
//! | answer 2xx, authentic | | answered |
//! | 401, no credentials sent | Ks valid | post again |
//! | | no valid Ks | bootstrap |
//! | 401, credentials sent, not stale | first time | bootstrap |
//! | | second time | failed |
//! | 401, credentials sent, stale | first time | post again |
//! | | second time | failed |
//! | 401 | the fourth in this exchange | failed |
//! | 401 of a foreign realm, without `auth-int`, ... | | failed |
//! | 503 | fewer than 3 so far | wait for Retry-After or 5 s, post again |
//! | other 5xx, time-out, not authentic | retries left | wait 1 s, 4 s, post again |
//! | | none left | failed |
//! | any other status | | failed |
//!
//! RFC 7616 §3.3; TS 24.109 §5.2.4 and §5.2.5; the numbers are those of [`UeTiming`].

use super::{FailureCause, GbaOutcome, HttpOutcome, ImsError, UeRequestKind, UeTiming};
use crate::time::Tick;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// The answer is awaited.
    Sent,
    /// The POST is repeated at this time.
    BackOff { until: Tick },
    /// The POST is repeated with a new Ks.
    Bootstrapping,
}

/// The state of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exchange {
    kind: UeRequestKind,
    retries: u8,
    unavailable: u8,
    challenges: u8,
    renegotiated: bool,
    refreshed: bool,
    phase: Phase,
}

/// What is to be done next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Wait.
    Rest,
    /// Send the POST again.
    Post,
    /// Run bootstrapping.
    Bootstrap,
    /// The outcome is the answer.
    Answered,
    /// There will be none.
    Failed(FailureCause),
}

impl Exchange {
    /// An exchange whose POST is being sent, after `retries` earlier ones.
    pub(super) const fn new(kind: UeRequestKind, retries: u8) -> Self {
        Self {
            kind,
            retries,
            unavailable: 0,
            challenges: 0,
            renegotiated: false,
            refreshed: false,
            phase: Phase::Sent,
        }
    }

    pub(super) const fn kind(&self) -> UeRequestKind {
        self.kind
    }

    /// POSTs repeated so far for want of an answer.
    pub(super) const fn retries(&self) -> u8 {
        self.retries
    }

    pub(super) const fn is_bootstrapping(&self) -> bool {
        matches!(self.phase, Phase::Bootstrapping)
    }

    pub(super) const fn deadline(&self) -> Option<Tick> {
        match self.phase {
            Phase::BackOff { until } => Some(until),
            Phase::Sent | Phase::Bootstrapping => None,
        }
    }

    /// The outcome of the POST in flight.
    pub(super) fn outcome(
        &mut self, outcome: &HttpOutcome<'_>, ks_valid: bool, timing: &UeTiming, now: Tick,
    ) -> Result<Step, ImsError> {
        if self.phase != Phase::Sent {
            return Err(ImsError::UnexpectedState);
        }
        Ok(match *outcome {
            HttpOutcome::Authenticated { status: 200..=299, .. } => Step::Answered,
            HttpOutcome::Challenged { had_credentials, stale } => {
                self.challenged(had_credentials, stale, ks_valid, timing)
            }
            HttpOutcome::Refused(error) => Step::Failed(FailureCause::Challenge(error)),
            HttpOutcome::Unauthentic => self.again(FailureCause::Unauthentic, timing, now),
            HttpOutcome::TimedOut => self.again(FailureCause::HttpTimedOut, timing, now),
            HttpOutcome::Failed { status: 503, retry_after_s } => {
                self.unavailable(retry_after_s, timing, now)
            }
            HttpOutcome::Authenticated { status: 503, .. } => self.unavailable(None, timing, now),
            HttpOutcome::Failed { status, .. } | HttpOutcome::Authenticated { status, .. } => {
                let cause = FailureCause::Http(status);
                if status >= 500 { self.again(cause, timing, now) } else { Step::Failed(cause) }
            }
        })
    }

    /// What bootstrapping came to, if this exchange waits for it.
    pub(super) const fn bootstrapped(&mut self, outcome: &GbaOutcome) -> Option<Step> {
        if !self.is_bootstrapping() {
            return None;
        }
        Some(match outcome {
            GbaOutcome::Done { .. } => {
                self.phase = Phase::Sent;
                Step::Post
            }
            GbaOutcome::Failed => Step::Failed(FailureCause::Gba),
        })
    }

    /// The time may have come to send the POST again.
    pub(super) fn timeout(&mut self, now: Tick) -> Step {
        match self.phase {
            Phase::BackOff { until } if until <= now => {
                self.phase = Phase::Sent;
                Step::Post
            }
            _ => Step::Rest,
        }
    }

    fn challenged(&mut self, had_credentials: bool, stale: bool, ks_valid: bool, timing: &UeTiming) -> Step {
        self.challenges = self.challenges.saturating_add(1);
        if self.challenges > timing.challenges {
            return Step::Failed(FailureCause::TooManyChallenges);
        }
        if !had_credentials && ks_valid {
            return Step::Post;
        }
        if had_credentials && stale {
            let again = core::mem::replace(&mut self.refreshed, true);
            return if again { Step::Failed(FailureCause::TooManyChallenges) } else { Step::Post };
        }
        if had_credentials && core::mem::replace(&mut self.renegotiated, true) {
            return Step::Failed(FailureCause::Challenge(ImsError::BadResponse));
        }
        self.phase = Phase::Bootstrapping;
        Step::Bootstrap
    }

    fn unavailable(&mut self, retry_after_s: Option<u32>, timing: &UeTiming, now: Tick) -> Step {
        if self.unavailable >= timing.unavailable_retries {
            return Step::Failed(FailureCause::Http(503));
        }
        self.unavailable = self.unavailable.saturating_add(1);
        let asked = retry_after_s.map_or(timing.unavailable_ms, |s| u64::from(s).saturating_mul(1_000));
        self.phase = Phase::BackOff { until: now.after_millis(asked.min(timing.unavailable_most_ms)) };
        Step::Rest
    }

    fn again(&mut self, cause: FailureCause, timing: &UeTiming, now: Tick) -> Step {
        if self.retries >= timing.retries {
            return Step::Failed(cause);
        }
        let [first, later] = timing.back_off_ms;
        let wait = if self.retries == 0 { first } else { later };
        self.retries = self.retries.saturating_add(1);
        self.phase = Phase::BackOff { until: now.after_millis(wait) };
        Step::Rest
    }
}
