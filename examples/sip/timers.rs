//! The times of RFC 3261 §17, table 4, and the growing interval of what is sent again.

use core::time::Duration;
use std::time::Instant;

/// The three base times; all others follow from them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Timers {
    /// Estimate of a round trip; the first interval.
    pub(crate) t1: Duration,
    /// Longest interval, but for an INVITE.
    pub(crate) t2: Duration,
    /// How long a datagram may stay in the network.
    pub(crate) t4: Duration,
}

impl Timers {
    /// The defaults of RFC 3261: 500 ms, 4 s, 5 s.
    pub(crate) const DEFAULT: Self = Self::with_t1(Duration::from_millis(500));

    /// Other times in the same proportion.
    pub(crate) const fn with_t1(t1: Duration) -> Self {
        Self { t1, t2: t1.saturating_mul(8), t4: t1.saturating_mul(10) }
    }

    /// Timers B, F, H, J, L, M: after this a transaction is given up, or forgotten.
    pub(crate) const fn give_up(&self) -> Duration {
        self.t1.saturating_mul(64)
    }

    /// After this an INVITE without an answer gets a 100: 200 ms at the default T1 (RFC 3261 §17.2.1).
    pub(crate) fn trying(&self) -> Duration {
        self.t1 * 2 / 5
    }
}

/// When something is sent again: the interval doubles each time, up to a longest one if there is one.
#[derive(Clone, Copy, Debug)]
pub(super) struct Resend {
    at: Instant,
    interval: Duration,
    longest: Option<Duration>,
}

impl Resend {
    pub(super) fn start(first: Duration, longest: Option<Duration>, now: Instant) -> Self {
        Self { at: now + first, interval: first, longest }
    }

    /// Timer E in the state Proceeding: every T2.
    pub(super) fn slow_down(&mut self) {
        if let Some(longest) = self.longest {
            self.interval = longest;
        }
    }

    pub(super) const fn at(&self) -> Instant {
        self.at
    }

    /// Whether it is time; if so, the next time is set.
    pub(super) fn is_due(&mut self, now: Instant) -> bool {
        if now < self.at {
            return false;
        }
        let doubled = self.interval.saturating_mul(2);
        self.interval = self.longest.map_or(doubled, |longest| doubled.min(longest));
        self.at = now + self.interval;
        true
    }
}
