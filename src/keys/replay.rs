//! Replay protection as pure functions (TS 33.246 §6.4.2 and §6.4.3, RFC 1982).

use crate::error::OpenError;
use crate::id::{Counter, MtkId};

/// The lowest MTK ID an interval admits (point U16).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SeqLower {
    /// SEQl + 1.
    #[default]
    Exclusive,
    /// SEQl.
    Inclusive,
}

/// Accepts the counter of a message that is newer than `stored`; with nothing stored, any counter (point U15).
///
/// # Errors
///
/// [`OpenError::Replay`].
pub const fn check_counter(received: Counter, stored: Option<Counter>) -> Result<(), OpenError> {
    match stored {
        Some(stored) if !received.is_after(stored) => Err(OpenError::Replay),
        _ => Ok(()),
    }
}

/// The MTK IDs that an MSK still admits: above the last one used, up to SEQu.
///
/// MTK IDs never wrap under one MSK, so this is a plain compare of 16-bit numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MtkWindow {
    /// One above SEQs, in its low 16 bits.
    lowest: u16,
    /// Whether that is 65,536: the last MTK ID there is was used.
    beyond: bool,
    highest: u16,
}

impl MtkWindow {
    /// The window of a fresh MSK with the interval SEQl to SEQu.
    #[must_use]
    pub const fn new(seq_low: MtkId, seq_high: MtkId, lower: SeqLower) -> Self {
        let low = seq_low.0 as u32;
        let lowest = match lower {
            SeqLower::Exclusive => low.saturating_add(1),
            SeqLower::Inclusive => low,
        };
        Self::of(lowest, seq_high.0)
    }

    const fn of(lowest: u32, highest: u16) -> Self {
        let [_, _, a, b] = lowest.to_be_bytes();
        Self { lowest: u16::from_be_bytes([a, b]), beyond: lowest > 0xFFFF, highest }
    }

    /// One above SEQs.
    const fn lowest(self) -> u32 {
        if self.beyond { 0x1_0000 } else { self.lowest as u32 }
    }

    /// Whether `mtk` is fresh: `SEQs < mtk <= SEQu`.
    #[must_use]
    pub const fn admits(self, mtk: MtkId) -> bool {
        self.lowest() <= mtk.0 as u32 && mtk.0 <= self.highest
    }

    /// The window after `mtk` was used; it never moves back.
    #[must_use]
    pub const fn after(self, mtk: MtkId) -> Self {
        let next = (mtk.0 as u32).saturating_add(1);
        Self::of(if next > self.lowest() { next } else { self.lowest() }, self.highest)
    }

    /// The window after the same MSK was delivered again with the window `fresh`: the new upper end, and a lower end
    /// that moves forward only, so that no used MTK ID becomes fresh.
    #[must_use]
    pub const fn refreshed(self, fresh: Self) -> Self {
        Self::of(if fresh.lowest() > self.lowest() { fresh.lowest() } else { self.lowest() }, fresh.highest)
    }

    /// The lowest MTK ID that is still fresh; `None` when the window is used up.
    #[must_use]
    pub fn next(self) -> Option<MtkId> {
        u16::try_from(self.lowest()).ok().filter(|next| *next <= self.highest).map(MtkId)
    }

    /// How many MTK IDs are left.
    #[must_use]
    pub const fn left(self) -> u32 {
        (self.highest as u32).saturating_add(1).saturating_sub(self.lowest())
    }

    /// SEQs, the last MTK ID that counts as used; `None` while even 0 is fresh.
    #[must_use]
    pub fn seqs(self) -> Option<MtkId> {
        self.lowest().checked_sub(1).and_then(|seqs| u16::try_from(seqs).ok()).map(MtkId)
    }

    /// SEQu.
    #[must_use]
    pub const fn sequ(self) -> MtkId {
        MtkId(self.highest)
    }

    /// The window's two ends, for a store that outlives the process.
    pub(crate) const fn export(self) -> (u32, u16) {
        (self.lowest(), self.highest)
    }

    /// The window with these ends; `None` when the lower one is impossible.
    pub(crate) const fn import(lowest: u32, highest: u16) -> Option<Self> {
        if lowest > 0x1_0000 { None } else { Some(Self::of(lowest, highest)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lower_end_is_used_or_fresh_as_the_setting_says() {
        let window = |lower| MtkWindow::new(MtkId(5), MtkId(5), lower);
        assert!(!window(SeqLower::Exclusive).admits(MtkId(5)));
        assert!(window(SeqLower::Inclusive).admits(MtkId(5)));
        assert_eq!(window(SeqLower::Inclusive).after(MtkId(5)).next(), None);
    }

    #[test]
    fn the_last_mtk_id_of_all_does_not_wrap() {
        let window = MtkWindow::new(MtkId(0), MtkId(0xFFFF), SeqLower::Exclusive).after(MtkId(0xFFFF));
        assert_eq!((window.next(), window.left(), window.seqs()), (None, 0, Some(MtkId(0xFFFF))));
    }
}
