//! Two clocks that never mix: timers run on [`Tick`], timestamps on the wire are [`NtpTime`].

/// A point on the caller's monotonic clock, in milliseconds from an origin of his choice.
///
/// The library only compares ticks and adds durations to them; a clock that runs backwards delays a timer, it
/// never breaks an invariant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tick(u64);

impl Tick {
    /// The tick at `millis` milliseconds.
    #[must_use]
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the caller's origin.
    #[must_use]
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This tick plus `millis` milliseconds; stays at the far end of time instead of wrapping.
    #[must_use]
    pub const fn after_millis(self, millis: u64) -> Self {
        Self(self.0.saturating_add(millis))
    }
}

/// A [`Tick`] that asks for no alignment, for whoever keeps many.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct KeptTick([u8; 8]);

impl KeptTick {
    pub(crate) const fn new(Tick(millis): Tick) -> Self {
        Self(millis.to_ne_bytes())
    }

    pub(crate) const fn tick(self) -> Tick {
        Tick(u64::from_ne_bytes(self.0))
    }
}

/// A 64-bit NTP timestamp: 32 bits of seconds since 1900-01-01, 32 bits of fraction (RFC 3830 §6.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NtpTime(u64);

impl NtpTime {
    /// The timestamp with these 64 bits.
    #[must_use]
    pub const fn from_bits(bits: u64) -> Self {
        Self(bits)
    }

    /// The 64 bits as they stand on the wire.
    #[must_use]
    pub const fn to_bits(self) -> u64 {
        self.0
    }
}
