//! How many messages may reach the mathematics: a token bucket (TS 33.180 leaves it open).

use super::ntp::Ntp64;

/// A bucket that holds `burst` tokens at most and gains `per_s` each second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    burst: u32,
    per_s: u32,
    tokens: u32,
    since: Option<Ntp64>,
}

impl RateLimit {
    /// No limit.
    pub const NONE: Self = Self::new(u32::MAX, u32::MAX);

    /// A full bucket. A message costs [`OPEN_COST`](super::OPEN_COST) tokens.
    #[must_use]
    pub const fn new(burst: u32, per_s: u32) -> Self {
        Self { burst, per_s, tokens: burst, since: None }
    }

    /// Takes `cost` tokens at `now`; `false`, with nothing taken, when there are not so many.
    pub fn take(&mut self, cost: u32, now: Ntp64) -> bool {
        let passed = self.since.map_or(0, |since| now.seconds.saturating_sub(since.seconds));
        let gained = u64::from(self.per_s).saturating_mul(passed);
        let tokens = u64::from(self.tokens).saturating_add(gained).min(u64::from(self.burst));
        self.tokens = u32::try_from(tokens).unwrap_or(self.burst);
        self.since = Some(self.since.map_or(now, |since| since.max(now)));
        let left = self.tokens.checked_sub(cost);
        if let Some(left) = left.filter(|_| self.burst != u32::MAX) {
            self.tokens = left;
        }
        left.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_with_time_up_to_its_brim() {
        let at = Ntp64::from_seconds;
        let mut limit = RateLimit::new(20, 5);
        assert!(limit.take(11, at(100)));
        assert!(!limit.take(11, at(100)));
        assert!(!limit.take(11, at(99)), "a clock that runs backwards gives nothing");
        assert!(limit.take(11, at(101)));
        assert!(!limit.take(21, at(1_000_000)));
        assert!(limit.take(20, at(1_000_000)));
        let mut none = RateLimit::NONE;
        assert!((0..1000).all(|_| none.take(11, at(5))));
    }
}
