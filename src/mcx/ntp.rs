//! NTP time that does not wrap in 2036 (RFC 3830 §6.6).
//!
//! ```text
//! wire   |            seconds 32 | fraction 32 |     wraps every 2^32 seconds, first on 2036-02-07
//! here   | era 32   | seconds 32 | fraction 32 |
//! ```

use core::fmt;

use crate::time::NtpTime;

/// Seconds from 1900 to 1970.
const UNIX_EPOCH_S: u64 = 2_208_988_800;

/// Seconds of an era.
const ERA_S: u64 = 1 << 32;

/// A time since 1900-01-01 0h UTC with all its seconds: the caller's clock, and T once its era is known.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ntp64 {
    /// Seconds since 1900-01-01 0h UTC.
    pub seconds: u64,
    /// Units of 2^-32 seconds.
    pub fraction: u32,
}

impl Ntp64 {
    /// The time `seconds` after 1900-01-01 0h UTC.
    #[must_use]
    pub const fn from_seconds(seconds: u64) -> Self {
        Self { seconds, fraction: 0 }
    }

    /// The time `unix_s` seconds after 1970-01-01 0h UTC.
    #[must_use]
    pub const fn from_unix(unix_s: u64) -> Self {
        Self::from_seconds(unix_s.saturating_add(UNIX_EPOCH_S))
    }

    /// Seconds since 1970-01-01 0h UTC; 0 for a time before.
    #[must_use]
    pub const fn unix(self) -> u64 {
        self.seconds.saturating_sub(UNIX_EPOCH_S)
    }

    /// The time that `wire` means to a clock that shows `clock`: of all eras the one that puts it nearest.
    #[must_use]
    #[allow(clippy::cast_possible_truncation, reason = "the halves of 64 bits")]
    pub const fn resolve(wire: NtpTime, clock: Self) -> Self {
        let (seconds, fraction) = (wire.to_bits() >> 32, wire.to_bits() as u32);
        let era = clock.seconds & !ERA_S.saturating_sub(1);
        let mut best = era.saturating_add(seconds);
        let candidates = [best.checked_sub(ERA_S), best.checked_add(ERA_S)];
        let [below, above] = candidates;
        if let Some(below) = below
            && below.abs_diff(clock.seconds) < best.abs_diff(clock.seconds)
        {
            best = below;
        }
        if let Some(above) = above
            && above.abs_diff(clock.seconds) < best.abs_diff(clock.seconds)
        {
            best = above;
        }
        Self { seconds: best, fraction }
    }

    /// The 64 bits of T.
    #[must_use]
    #[allow(clippy::cast_lossless, reason = "From is not const")]
    pub const fn to_wire(self) -> NtpTime {
        NtpTime::from_bits(self.seconds << 32 | self.fraction as u64)
    }

    /// The next time that T can tell apart.
    #[must_use]
    pub const fn next(self) -> Self {
        match self.fraction.checked_add(1) {
            Some(fraction) => Self { seconds: self.seconds, fraction },
            None => Self { seconds: self.seconds.saturating_add(1), fraction: 0 },
        }
    }

    /// This time and `seconds` more.
    #[must_use]
    pub const fn after_s(self, seconds: u64) -> Self {
        Self { seconds: self.seconds.saturating_add(seconds), fraction: self.fraction }
    }
}

/// The time of an event, and how far the clock of a peer may be from it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Clock {
    pub(super) now: Ntp64,
    pub(super) skew_s: u64,
}

impl Clock {
    /// When something begins here that is said to begin at `given`: at once, when a clock within the skew may say so. Maker
    /// and receiver both do this, so that they begin at the same time.
    pub(super) fn begin(self, given: Ntp64) -> Ntp64 {
        if given <= self.now.after_s(self.skew_s) { given.min(self.now) } else { given }
    }
}

impl fmt::Debug for Ntp64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ntp64({}.{:08x})", self.seconds, self.fraction)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Covers: MCX-T-8
    #[test]
    fn a_timestamp_behind_2036_goes_on_counting() {
        let wrap = 1u64 << 32;
        let at = |seconds: u64| NtpTime::from_bits(seconds << 32);
        let rows = [
            (wrap - 5, wrap - 1, wrap - 1),
            (wrap - 5, 3, wrap + 3),
            (wrap + 5, wrap - 1, wrap - 1),
            (wrap + 5, 3, wrap + 3),
            (2 * wrap + 1, wrap - 2, 2 * wrap - 2),
            (10, wrap - 1, wrap - 1),
        ];
        for (clock, wire, meant) in rows {
            let wire = at(wire & (wrap - 1));
            assert_eq!(
                Ntp64::resolve(wire, Ntp64::from_seconds(clock)),
                Ntp64::from_seconds(meant),
                "{clock}"
            );
        }
        assert_eq!(Ntp64::from_seconds(wrap + 3).to_wire(), at(3));
    }

    #[test]
    fn the_step_behind_the_last_fraction_is_the_next_second() {
        let last = Ntp64 { seconds: 7, fraction: u32::MAX };
        assert_eq!(last.next(), Ntp64::from_seconds(8));
        assert_eq!(Ntp64::from_unix(1).seconds, 2_208_988_801);
        assert_eq!((Ntp64::from_unix(1).unix(), Ntp64::from_seconds(1).unix()), (1, 0));
    }
}
