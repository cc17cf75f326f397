//! The clock of the run. A play may set it forward instead of waiting: five minutes of a nonce, an hour of a Ks.

use core::sync::atomic::{AtomicU64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use castkey::time::Tick;

pub(crate) struct Clock {
    origin: Instant,
    skipped_ms: AtomicU64,
}

impl Clock {
    pub(crate) fn start() -> Self {
        Self { origin: Instant::now(), skipped_ms: AtomicU64::new(0) }
    }

    /// Milliseconds since the start, in the library's unit.
    pub(crate) fn now(&self) -> Tick {
        let elapsed = u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX);
        Tick::from_millis(elapsed).after_millis(self.skipped_ms.load(Ordering::Relaxed))
    }

    /// Seconds since 1970, for the one document that has them.
    pub(crate) fn unix_seconds(&self) -> u64 {
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
        wall + self.skipped_ms.load(Ordering::Relaxed) / 1_000
    }

    pub(crate) fn skip(&self, millis: u64) {
        self.skipped_ms.fetch_add(millis, Ordering::Relaxed);
    }
}
