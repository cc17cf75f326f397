//! The times and limits of the terminal's requests, each with its default. No text in reach fixes them.

use super::MissedBackOff;

/// How requests after a pull or a missed update are spread, so that a whole group does not hit the server at once
/// (`offsetTime` and `randomTimePeriod` of TS 26.346; there in seconds).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RequestWindow {
    /// Least wait, milliseconds. Default 0.
    pub offset_ms: u64,
    /// Width of the window behind it, milliseconds. Default 0.
    pub period_ms: u64,
}

impl RequestWindow {
    /// The wait for these 32 random bits, milliseconds: from the offset to less than offset and period.
    #[must_use]
    pub fn delay_ms(&self, rnd: u32) -> u64 {
        let spread = u128::from(rnd).saturating_mul(u128::from(self.period_ms)) >> 32;
        self.offset_ms.saturating_add(u64::try_from(spread).unwrap_or(u64::MAX))
    }
}

/// All times and limits of the terminal. Milliseconds are of the caller's monotonic clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UeTiming {
    /// Wait for MIKEY after a request was granted. Default 10,000.
    pub msk_wait_ms: u64,
    /// Further requests after the first, for want of an answer or of MIKEY. Default 2.
    pub retries: u8,
    /// Wait before the first and before each later repetition of a POST. Default 1,000 and 4,000.
    pub back_off_ms: [u64; 2],
    /// Wait after a 503 without Retry-After. Default 5,000.
    pub unavailable_ms: u64,
    /// Longest wait after a 503, whatever Retry-After says. Default 3,600,000.
    pub unavailable_most_ms: u64,
    /// Repetitions after a 503. Default 3.
    pub unavailable_retries: u8,
    /// Challenges that one request takes. Default 3.
    pub challenges: u8,
    /// How long before the end of Ks bootstrapping is run again. Default 60,000.
    pub renew_before_ms: u64,
    /// Wait after a failed renewal. Default 30,000.
    pub gba_retry_ms: u64,
    /// How long the MUK before the current one serves messages in flight, after the network has taken the new B-TID.
    /// Default 10,000; with 0 it goes with the answer of the network.
    pub old_muk_ms: u64,
    /// Longest wait for the answer to a deregistration. Default 5,000.
    pub deregister_ms: u64,
    /// How often missed updates of one Key Group cause a request. Default 10 s, doubling to 320 s.
    pub missed: MissedBackOff,
    /// How requests are spread in time. Default not at all.
    pub window: RequestWindow,
}

impl Default for UeTiming {
    fn default() -> Self {
        Self {
            msk_wait_ms: 10_000,
            retries: 2,
            back_off_ms: [1_000, 4_000],
            unavailable_ms: 5_000,
            unavailable_most_ms: 3_600_000,
            unavailable_retries: 3,
            challenges: 3,
            renew_before_ms: 60_000,
            gba_retry_ms: 30_000,
            old_muk_ms: 10_000,
            deregister_ms: 5_000,
            missed: MissedBackOff::DEFAULT,
            window: RequestWindow { offset_ms: 0, period_ms: 0 },
        }
    }
}
