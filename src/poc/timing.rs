//! The times of an MSK update: make before break.
//!
//! ```text
//! t0      +250     +500     +750        +1000       +1250
//! |  ind  |  ind   |  ind   |  MTK msg  |  MTK msg  |  first media under the new MTK       on the bearer
//!                           |--------------- overlap -----------------> old MTKs dropped     at a client
//! ```

/// The times of an update, milliseconds unless their name says otherwise. [`Timing::DEFAULT`] has the values of the docs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timing {
    /// How long the gate waits for a client's final response. Default 32,000: 64 times T1 (RFC 3261 §17.1.1.2).
    pub reinvite_ms: u32,
    /// The same when somebody is to be shut out. Default 5,000.
    pub reinvite_expelled_ms: u32,
    /// How long to wait for the Session Update Response. Default 10,000.
    pub bcast_ms: u32,
    /// Copies of the indication. Default 3.
    pub indication_copies: u8,
    /// Time between two of them. Default 250.
    pub indication_interval_ms: u32,
    /// MTK messages under the new MSK before media uses its MTK. Default 2.
    pub mtk_copies: u8,
    /// Time between two of them. Default 250.
    pub mtk_interval_ms: u32,
    /// Period of the MTK message afterwards. Default 1,000.
    pub mtk_period_ms: u32,
    /// How long old MTKs serve after the first MTK under the new MSK. Default 5,000.
    pub overlap_ms: u32,
    /// The same when somebody was shut out: he could inject packets under the old MTK for so long. Default 2,000.
    pub overlap_expelled_ms: u32,
    /// How long a packet may be under way: so long after the distribution has switched, no client is made to delete the MSK
    /// before. Default 1,000.
    pub in_flight_ms: u32,
    /// How long after a switch a member may have missed it: an offer of the next MSK then says once more which one is in
    /// use. Default 10,000.
    pub settle_ms: u32,
    /// How long a client keeps an indication of an MSK that it does not hold. Default 10,000.
    pub early_ms: u32,
    /// After this long without an indication a pending MSK is reported. Default 120,000.
    pub pending_max_ms: u32,
    /// After this long without an MTK under the MSK that was indicated the switch is reported. Default 30,000.
    pub switch_max_ms: u32,
    /// Shortest time between two requests for one missed key; it doubles. Default 10,000.
    pub missed_back_off_ms: u32,
    /// Longest time between two requests for one missed key. Default 320,000.
    pub missed_back_off_max_ms: u32,
    /// Packets held while the MTK of their MKI, or the bearer, is missing. Default 16.
    pub hold_packets: u8,
    /// Wait before an aborted update that must happen is tried again, seconds 1, 2, 4, 8 of this unit. Default 1,000.
    pub back_off_unit_ms: u32,
}

impl Timing {
    /// All times at their default.
    pub const DEFAULT: Self = Self {
        reinvite_ms: 32_000,
        reinvite_expelled_ms: 5_000,
        bcast_ms: 10_000,
        indication_copies: 3,
        indication_interval_ms: 250,
        mtk_copies: 2,
        mtk_interval_ms: 250,
        mtk_period_ms: 1_000,
        overlap_ms: 5_000,
        overlap_expelled_ms: 2_000,
        in_flight_ms: 1_000,
        settle_ms: 10_000,
        early_ms: 10_000,
        pending_max_ms: 120_000,
        switch_max_ms: 30_000,
        missed_back_off_ms: 10_000,
        missed_back_off_max_ms: 320_000,
        hold_packets: 16,
        back_off_unit_ms: 1_000,
    };

    /// The gate's wait for an update of this urgency.
    #[must_use]
    pub(crate) const fn reinvite(&self, excludes: bool) -> u32 {
        if excludes { self.reinvite_expelled_ms } else { self.reinvite_ms }
    }

    /// The overlap of an update of this urgency.
    #[must_use]
    pub(crate) const fn overlap(&self, excludes: bool) -> u32 {
        if excludes { self.overlap_expelled_ms } else { self.overlap_ms }
    }

    /// The shortest overlap that loses nobody a packet: the new MTK is used when its copies are sent, and what was sent
    /// under the old one before may still be under way.
    #[must_use]
    pub(crate) const fn least_overlap(&self) -> u32 {
        let copies = (self.mtk_copies as u32).saturating_mul(self.mtk_interval_ms);
        copies.saturating_add(self.in_flight_ms)
    }

    /// The wait before attempt `attempt`: 1, 2, 4 and then always 8 units.
    #[must_use]
    pub(crate) const fn back_off(&self, attempt: u8) -> u64 {
        let doublings = if attempt > 3 { 3 } else { attempt };
        (self.back_off_unit_ms as u64) << doublings
    }
}

impl Default for Timing {
    fn default() -> Self {
        Self::DEFAULT
    }
}
