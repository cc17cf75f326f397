//! Which messages were seen: a cache of fixed size that never forgets a live entry (RFC 3830 §5.4).
//!
//! ```text
//! entry  | initiator UID | CSB ID | T | live until |
//! ```
//!
//! The signature is no part of an entry, because a signature can be changed into another valid one (RFC 6507 §6). When
//! all entries are live, new messages are refused.

use core::fmt;

use super::error::McxError;
use super::ntp::Ntp64;
use super::uid::Uid;
use crate::id::CsbId;

#[derive(Clone, Copy, PartialEq, Eq)]
struct Entry {
    uid: Uid,
    csb: CsbId,
    time: Ntp64,
    until: Ntp64,
}

/// The messages of the last two skews, at most `N`.
pub struct ReplayCache<const N: usize> {
    entries: heapless::Vec<Entry, N>,
}

impl<const N: usize> ReplayCache<N> {
    /// An empty cache.
    #[must_use]
    pub const fn new() -> Self {
        Self { entries: heapless::Vec::new() }
    }

    /// Whether the message of `uid` with this CSB ID and T is new, and there is room for it at `now`.
    ///
    /// # Errors
    ///
    /// [`McxError::Replay`], [`McxError::ReplayCacheFull`].
    pub fn check(&self, uid: Uid, csb: CsbId, time: Ntp64, now: Ntp64) -> Result<(), McxError> {
        if self.entries.iter().any(|entry| (entry.uid, entry.csb, entry.time) == (uid, csb, time)) {
            return Err(McxError::Replay);
        }
        if self.entries.is_full() && self.entries.iter().all(|entry| entry.until >= now) {
            return Err(McxError::ReplayCacheFull);
        }
        Ok(())
    }

    /// Enters a message whose signature is good, until `until`; entries that ended before `now` make room.
    ///
    /// # Errors
    ///
    /// As [`check`](Self::check); nothing has changed then.
    pub fn enter(
        &mut self, uid: Uid, csb: CsbId, time: Ntp64, now: Ntp64, until: Ntp64,
    ) -> Result<(), McxError> {
        self.check(uid, csb, time, now)?;
        if self.entries.is_full() {
            self.entries.retain(|entry| entry.until >= now);
        }
        self.entries.push(Entry { uid, csb, time, until }).map_err(|_| McxError::ReplayCacheFull)
    }

    /// Forgets all messages.
    pub(super) fn clear(&mut self) {
        self.entries.clear();
    }

    /// How many messages are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl<const N: usize> Default for ReplayCache<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const N: usize> fmt::Debug for ReplayCache<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ReplayCache({} of {N})", self.entries.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Ntp64 {
        Ntp64::from_seconds(seconds)
    }

    /// Covers: MCX-T-46, R-MCX-21
    #[test]
    fn a_full_cache_refuses_new_messages_and_keeps_its_entries() {
        let mut cache = ReplayCache::<2>::new();
        let uid = Uid::new([1; 32]);
        cache.enter(uid, CsbId(1), at(100), at(100), at(220)).unwrap();
        cache.enter(uid, CsbId(1), at(101), at(101), at(221)).unwrap();
        assert_eq!(cache.enter(uid, CsbId(1), at(102), at(102), at(222)), Err(McxError::ReplayCacheFull));
        for time in [100, 101] {
            assert_eq!(cache.check(uid, CsbId(1), at(time), at(150)), Err(McxError::Replay));
        }
        // Still live at its last second, gone behind it; the other one stays.
        assert_eq!(cache.enter(uid, CsbId(1), at(220), at(220), at(340)), Err(McxError::ReplayCacheFull));
        cache.enter(uid, CsbId(1), at(221), at(221), at(341)).unwrap();
        assert_eq!(cache.check(uid, CsbId(1), at(101), at(221)), Err(McxError::Replay));
        assert_eq!(cache.len(), 2);
    }

    #[test]
    fn user_csb_id_and_time_each_tell_messages_apart() {
        let mut cache = ReplayCache::<8>::new();
        cache.enter(Uid::new([1; 32]), CsbId(1), at(1), at(1), at(9)).unwrap();
        for (uid, csb, time) in [(2, 1, 1), (1, 2, 1), (1, 1, 2)] {
            assert_eq!(cache.check(Uid::new([uid; 32]), CsbId(csb), at(time), at(1)), Ok(()));
        }
    }
}
