//! The monotonic clock, in the units of the library and of the SIP endpoint, and the calendar.

use std::time::{Instant, SystemTime, UNIX_EPOCH};

use castkey::ims::xml::MukLifeTime;
use castkey::time::Tick;

use crate::Outcome;

/// The present, as the three who ask for it want it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    start: Instant,
    /// Milliseconds since 1970 at the start.
    origin_ms: u64,
}

impl Clock {
    pub(crate) fn start() -> Outcome<Self> {
        let origin = SystemTime::now().duration_since(UNIX_EPOCH)?;
        Ok(Self { start: Instant::now(), origin_ms: u64::try_from(origin.as_millis())? })
    }

    pub(crate) fn now(self) -> Tick {
        Tick::from_millis(u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// The calendar's second at or after `tick`, for the one document that tells a date.
    pub(crate) fn date(self, tick: Tick) -> Option<MukLifeTime> {
        MukLifeTime::from_unix_seconds((self.origin_ms + tick.as_millis()).div_ceil(1_000))
    }

    pub(crate) const fn tick(self, date: MukLifeTime) -> Tick {
        Tick::from_millis((date.unix_seconds() * 1_000).saturating_sub(self.origin_ms))
    }
}
