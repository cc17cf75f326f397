//! The times of an MSK update.

use castkey::poc::Timing;

use crate::settings::octet;
use crate::status::Status;

/// The times of an MSK update, milliseconds unless a text says otherwise. The config_default functions fill it in.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_poc_timing {
    /// How long the gate waits for a client's final response. Default 32,000.
    pub reinvite_ms: u32,
    /// The same when somebody is to be shut out. Default 5,000.
    pub reinvite_expelled_ms: u32,
    /// How long to wait for the Session Update Response. Default 10,000.
    pub bcast_ms: u32,
    /// Copies of the indication, at most 255. Default 3.
    pub indication_copies: u32,
    /// Time between two of them. Default 250.
    pub indication_interval_ms: u32,
    /// MTK messages under the new MSK before media uses its MTK, at most 255. Default 2.
    pub mtk_copies: u32,
    /// Time between two of them. Default 250.
    pub mtk_interval_ms: u32,
    /// Period of the MTK message afterwards. Default 1,000.
    pub mtk_period_ms: u32,
    /// How long old MTKs serve after the first MTK under the new MSK. Default 5,000.
    pub overlap_ms: u32,
    /// The same when somebody was shut out. Default 2,000.
    pub overlap_expelled_ms: u32,
    /// How long a packet may be under way. Default 1,000.
    pub in_flight_ms: u32,
    /// How long after a switch a member may have missed it. Default 10,000.
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
    /// Packets held while the MTK of their MKI, or the bearer, is missing, at most 255. Default 16.
    pub hold_packets: u32,
    /// Wait before an aborted update that must happen is tried again: 1, 2, 4, 8 times this. Default 1,000.
    pub back_off_unit_ms: u32,
}

impl castkey_poc_timing {
    pub(crate) fn timing(&self) -> Result<Timing, Status> {
        Ok(Timing {
            reinvite_ms: self.reinvite_ms,
            reinvite_expelled_ms: self.reinvite_expelled_ms,
            bcast_ms: self.bcast_ms,
            indication_copies: octet(self.indication_copies)?,
            indication_interval_ms: self.indication_interval_ms,
            mtk_copies: octet(self.mtk_copies)?,
            mtk_interval_ms: self.mtk_interval_ms,
            mtk_period_ms: self.mtk_period_ms,
            overlap_ms: self.overlap_ms,
            overlap_expelled_ms: self.overlap_expelled_ms,
            in_flight_ms: self.in_flight_ms,
            settle_ms: self.settle_ms,
            early_ms: self.early_ms,
            pending_max_ms: self.pending_max_ms,
            switch_max_ms: self.switch_max_ms,
            missed_back_off_ms: self.missed_back_off_ms,
            missed_back_off_max_ms: self.missed_back_off_max_ms,
            hold_packets: octet(self.hold_packets)?,
            back_off_unit_ms: self.back_off_unit_ms,
        })
    }

    pub(crate) fn of(timing: &Timing) -> Self {
        Self {
            reinvite_ms: timing.reinvite_ms,
            reinvite_expelled_ms: timing.reinvite_expelled_ms,
            bcast_ms: timing.bcast_ms,
            indication_copies: timing.indication_copies.into(),
            indication_interval_ms: timing.indication_interval_ms,
            mtk_copies: timing.mtk_copies.into(),
            mtk_interval_ms: timing.mtk_interval_ms,
            mtk_period_ms: timing.mtk_period_ms,
            overlap_ms: timing.overlap_ms,
            overlap_expelled_ms: timing.overlap_expelled_ms,
            in_flight_ms: timing.in_flight_ms,
            settle_ms: timing.settle_ms,
            early_ms: timing.early_ms,
            pending_max_ms: timing.pending_max_ms,
            switch_max_ms: timing.switch_max_ms,
            missed_back_off_ms: timing.missed_back_off_ms,
            missed_back_off_max_ms: timing.missed_back_off_max_ms,
            hold_packets: timing.hold_packets.into(),
            back_off_unit_ms: timing.back_off_unit_ms,
        }
    }
}
