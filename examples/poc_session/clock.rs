//! The monotonic clock: SIP wants it as an `Instant`, the library as a `Tick`.

use std::time::Instant;

use castkey::time::Tick;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Now {
    pub(crate) instant: Instant,
    pub(crate) tick: Tick,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock(Instant);

impl Clock {
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Now {
        let instant = Instant::now();
        let elapsed = u64::try_from(instant.duration_since(self.0).as_millis()).unwrap_or(u64::MAX);
        Now { instant, tick: Tick::from_millis(elapsed) }
    }
}
