//! Missed updates: which packet proves that an MSK was missed, and how often that may cause a request.
//!
//! ```text
//! missed = the group is subscribed, and the name is not stored, not retired, and newer than every stored number
//!
//! request at 0 s, then not before 10 s, 30 s, 70 s, 150 s, 310 s, 630 s, 950 s, ...   (10 s doubling to 320 s)
//! ```
//!
//! "Newer" is serial number arithmetic of 16 bits (RFC 1982 §3.2): ahead by 1 to 2^15 - 1. Exactly 2^15 apart the RFC
//! leaves open; here that counts as older, and a doubtful packet causes nothing.

use super::ImsError;
use crate::crypto::Primitives;
use crate::id::{GroupName, KeyDomainId, KeyNumber, MskId, MskName};
use crate::keys::{PreSharedKey, StoredKey};
use crate::role::Ue;
use crate::time::Tick;

/// Whether `msk`, named by a packet, was missed. `stored` and `retired` may name MSKs of any group.
///
/// A late packet of an older MSK is not a missed update, nor is Key Number 0, under which no MTK is ever sent.
#[must_use]
pub fn missed(
    subscribed: &[GroupName], stored: impl IntoIterator<Item = MskName>,
    retired: impl IntoIterator<Item = MskName>, msk: MskName,
) -> bool {
    subscribed.contains(&msk.group())
        && msk.id.number != KeyNumber::CURRENT
        && !retired.into_iter().any(|name| name == msk)
        && stored
            .into_iter()
            .filter(|name| name.group() == msk.group())
            .all(|name| is_newer(msk.id.number, name.id.number))
}

/// [`missed`], asked of a terminal: it subscribes to the groups it follows.
#[must_use]
pub fn missed_by<const GROUPS: usize, K: PreSharedKey + StoredKey, P: Primitives, const MUKS: usize>(
    ue: &Ue<GROUPS, K, P, MUKS>, domain: KeyDomainId, msk: MskId,
) -> bool {
    let name = MskName::new(domain, msk);
    let group = name.group();
    let stored = ue.msks().group_entries(group).map(crate::keys::MskEntry::name);
    ue.groups().any(|followed| followed == group) && missed(&[group], stored, [], name)
}

const fn is_newer(number: KeyNumber, than: KeyNumber) -> bool {
    let ahead = number.0.wrapping_sub(than.0);
    ahead != 0 && ahead < 1 << 15
}

/// How often missed updates of one Key Group may cause a request: once a period, which doubles while no MSK comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MissedBackOff {
    first_ms: u64,
    most_ms: u64,
    wait_ms: u64,
    until: Option<Tick>,
}

impl MissedBackOff {
    /// 10 s, doubling to 320 s.
    pub const DEFAULT: Self = Self::new(10_000, 320_000);

    /// A period of `first_ms` that doubles to at most `most_ms`.
    #[must_use]
    pub const fn new(first_ms: u64, most_ms: u64) -> Self {
        Self { first_ms, most_ms, wait_ms: first_ms, until: None }
    }

    /// Whether a request may be made now; if so, it counts as made.
    #[must_use]
    pub fn allow(&mut self, now: Tick) -> bool {
        if self.until.is_some_and(|until| now < until) {
            return false;
        }
        self.until = Some(now.after_millis(self.wait_ms));
        self.wait_ms = self.wait_ms.saturating_mul(2).min(self.most_ms);
        true
    }

    /// An MSK came: the next missed update is a new matter.
    pub const fn succeeded(&mut self) {
        *self = Self::new(self.first_ms, self.most_ms);
    }

    /// When the period in progress ends; `None` before the first request.
    #[must_use]
    pub const fn until(&self) -> Option<Tick> {
        self.until
    }
}

impl Default for MissedBackOff {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// [`MissedBackOff`] of at most `N` Key Groups.
#[derive(Clone, Debug)]
pub struct MissedLimiter<const N: usize = 8> {
    fresh: MissedBackOff,
    groups: heapless::Vec<(GroupName, MissedBackOff), N>,
}

impl<const N: usize> Default for MissedLimiter<N> {
    fn default() -> Self {
        Self::new(MissedBackOff::DEFAULT)
    }
}

impl<const N: usize> MissedLimiter<N> {
    /// A limiter that gives every Key Group a copy of `fresh`.
    #[must_use]
    pub const fn new(fresh: MissedBackOff) -> Self {
        Self { fresh, groups: heapless::Vec::new() }
    }

    /// Whether a request for `group` may be made now; if so, it counts as made. Where all places are taken, the group
    /// whose period ended first gives way.
    ///
    /// # Errors
    ///
    /// [`ImsError::StoreFull`] when all places are taken by groups whose period still runs.
    pub fn allow(&mut self, group: GroupName, now: Tick) -> Result<bool, ImsError> {
        if let Some((_, held)) = self.groups.iter_mut().find(|(name, _)| *name == group) {
            return Ok(held.allow(now));
        }
        let mut back_off = self.fresh;
        let allowed = back_off.allow(now);
        if let Err(entry) = self.groups.push((group, back_off)) {
            let over = self.groups.iter_mut().filter(|(_, held)| held.until.is_none_or(|until| until <= now));
            *over.min_by_key(|(_, held)| held.until).ok_or(ImsError::StoreFull)? = entry;
        }
        Ok(allowed)
    }

    /// An MSK of `group` came.
    pub fn succeeded(&mut self, group: GroupName) {
        if let Some((_, held)) = self.groups.iter_mut().find(|(name, _)| *name == group) {
            held.succeeded();
        }
    }
}
