//! The move from one MSK to the next, without a gap and without a way back.
//!
//! Everybody who follows a channel keeps one [`Switchover`]: the terminal, the BM-SC, and the PoC functions. It only
//! says which MSK is in use and which may come next; keys lie elsewhere.
//!
//! | state | event | next | action |
//! |---|---|---|---|
//! | `Idle` | `Stored(k)` | `Steady{k}` | `Activate{k}` |
//! | `Steady{a}` | `Stored(k)`, k new | `Pending{a, k}` | |
//! | `Steady{a}` | `Announced{a, k}`, k not held | `Expecting{a, k, now + early}` | |
//! | `Pending{a, n}` | `Stored(k)`, k new | `Pending{a, k}`: n is superseded, never used | |
//! | `Pending{a, n}` | `Announced{a, n}` | `Switching{n, a}` | `Activate{n}` |
//! | `Pending{a, n}` | `MtkVerified(n)`, not strict | `Overlap{n, a, now + overlap}` | `Activate{n}` |
//! | `Pending{a, n}` | `Reordered(n)` | `Pending{n, a}` | `Activate{n}` |
//! | `Pending{a, n}` | `Forgotten(a)` | `Switching{n, a}` | `Activate{n}` |
//! | `Pending{a, n}` | `Forgotten(n)` | `Steady{a}` | |
//! | `Expecting{a, n}` | `Stored(n)` | `Switching{n, a}` | `Activate{n}` |
//! | `Expecting{a, n}` | `Stored(k)`, k new and not n | `Pending{a, k}` | |
//! | `Expecting{a, n}` | `Timeout` past its time | `Steady{a}` | `Missing(n)` |
//! | `Switching{a, r, n}` | `MtkVerified(a)` | `Overlap{a, r, n, now + overlap}` | |
//! | `Overlap{a, r, n}` | `Timeout` past its time | `Pending{a, n}` or `Steady{a}` | `Retire(r)` |
//! | `Overlap{a, r, n}` | `Forgotten(r)` | `Pending{a, n}` or `Steady{a}` | `Retire(r)` |
//! | `Switching{a, r, n}` | `Forgotten(r)` | `Overlap{a, r, n, now + overlap}`: what is left of r are its MTKs | |
//! | `Overlap{a, r, n}` | `Announced{a, k}`, k not held | the same | `Missing(k)` |
//! | `Switching`, `Overlap` | `Stored(k)`, k new | the same with k as next | |
//! | `Overlap{a, r, n}` | `Announced{a, n}`, not strict | the same: an MTK shows that it is true | |
//! | `Overlap{a, r, n}` | `Announced{a, n}`, strict | `Switching{n, a}` | `Activate{n}`, drop r |
//! | `Switching{a, r, n}` | `Announced{a, n}` | `Switching{n, a}` | `Activate{n}`, drop r |
//! | `Switching{a, r, n}` | `Announced{r, n}`, not strict | the same: an MTK tells which of a and n is the true one | |
//! | `Switching{a, r, n}` | `Announced{r, n}`, strict | `Switching{n, r}` | `Activate{n}`, drop a |
//! | `Switching{a, r, n}` | `MtkVerified(n)`, not strict | `Overlap{n, r, now + overlap}` | `Activate{n}`, drop a |
//! | `Overlap{a, r, n}` | `MtkVerified(n)`, not strict | `Overlap{n, a, now + overlap}` | `Activate{n}`, drop r |
//! | `Switching`, `Overlap` | `Forgotten(n)` | the same without next | |
//! | `Switching{a, r}` | `Forgotten(a)` | `Steady{r}` | `Retire(a)` |
//! | any other | `Forgotten(a)`, no next | `Idle` | `Retire(a)` |
//! | `Switching{a, r, n}` | `Forgotten(a)` | `Switching{n, r}` | `Activate{n}`, drop a |
//! | `Overlap{a, r, n}` | `Forgotten(a)` | `Switching{n, a}` | `Activate{n}`, drop r |
//! | any with `a` | `InUse(k)`, k neither a nor r | `Switching{k, a, n}`, without n if it is k | `Activate{k}`, drop r |
//! | `Switching{a, r, n}` | `InUseInstead(k)`, k neither a nor r | `Switching{k, r, n}`, without n if it is k | `Activate{k}`, drop a |
//! | any | `InUseInstead(k)` in any other case | as `InUse(k)` | |
//! | `Idle` | `InUse(k)` | `Steady{k}` | `Activate{k}` |
//! | any | `Announced` that names other keys | the same | `Mismatch` |
//! | `Switching{a, r, n}` | `Reordered(n)` | `Overlap{n, r, a, now + overlap}` | `Activate{n}` |
//! | any | `Reordered(k)` in any other case | as `MtkVerified(k)` | |
//! | any | anything else, also a second copy | the same | |
//!
//! The overlap counts from the first MTK verified under the new MSK, not from the announcement: whoever was expelled
//! still knows the old MTK and could forge an announcement, and then nobody must lose a packet by it. For the same
//! reason MTK messages under the old MSK are accepted while `Switching`, and refused from `Overlap` on; and a switch that no
//! MTK has confirmed gives way to another one from the same MSK.

use super::switch_core::{Stage, SwitchCore};
use crate::id::MskId;
use crate::time::{KeptTick, Tick};

/// How long the keys of a switch are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwitchTiming {
    /// How long old MTKs serve after the first MTK under the new MSK, milliseconds. Default 5,000.
    pub overlap_ms: u32,
    /// How long an announcement of an MSK not held yet is remembered, milliseconds. Default 10,000.
    pub early_ms: u32,
    /// Whether an MTK under the next MSK switches without an announcement. Default yes.
    pub implicit: bool,
}

impl Default for SwitchTiming {
    fn default() -> Self {
        Self { overlap_ms: 5_000, early_ms: 10_000, implicit: true }
    }
}

/// Which MSK is in use, and which is coming or going. See the module for the table of transitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Switchover {
    /// No MSK is held.
    #[default]
    Idle,
    /// One MSK is in use.
    Steady {
        /// The MSK in use.
        active: MskId,
    },
    /// The next MSK is stored and not used yet.
    Pending {
        /// The MSK in use.
        active: MskId,
        /// The MSK to come.
        next: MskId,
    },
    /// The switch was announced before the next MSK arrived.
    Expecting {
        /// The MSK in use.
        active: MskId,
        /// The MSK that was announced.
        next: MskId,
        /// When to stop waiting for it.
        until: Tick,
    },
    /// Told to switch, no MTK under `active` seen yet: the old keys still serve.
    Switching {
        /// The MSK in use from now on.
        active: MskId,
        /// The MSK used before.
        retiring: MskId,
        /// An MSK stored meanwhile.
        next: Option<MskId>,
    },
    /// MTKs under both MSKs serve; MTK messages only under the new one.
    Overlap {
        /// The MSK in use.
        active: MskId,
        /// The MSK used before.
        retiring: MskId,
        /// When its MTKs are dropped.
        until: Tick,
        /// An MSK stored meanwhile.
        next: Option<MskId>,
    },
}

/// What may move a [`Switchover`]. `N` names an MSK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SwitchEvent<N = MskId> {
    /// This MSK was stored.
    Stored(N),
    /// An authentic announcement: from the one MSK to the other.
    Announced {
        /// The MSK under which the announcement came.
        from: N,
        /// The MSK to use from now on.
        to: N,
    },
    /// An MTK message under this MSK was verified; for a sender: was sent.
    MtkVerified(N),
    /// As [`MtkVerified`](Self::MtkVerified), and none was ever verified under the MSK in use: the two were delivered in the
    /// wrong order.
    Reordered(N),
    /// Whoever makes the MSKs says that this one, which is held, is in use by now.
    InUse(N),
    /// As [`InUse`](Self::InUse), and nothing but an announcement speaks for the switch that is on: what it left may be what
    /// still serves.
    InUseInstead(N),
    /// This MSK was deleted.
    Forgotten(N),
    /// The deadline may have passed. A spurious one is harmless.
    Timeout,
}

/// What to do after a step. `N` names an MSK.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum SwitchAction<N = MskId> {
    /// Use this MSK from now on.
    Activate {
        /// The MSK.
        msk: N,
        /// Another MSK that gives way, whose MTKs must be dropped now.
        dropped: Option<N>,
    },
    /// Drop the MTKs of this MSK and take no more MTK messages under it.
    Retire(N),
    /// This MSK was announced and did not come: ask for it.
    Missing(N),
    /// The announcement does not name the keys that are in use and to come.
    Mismatch,
}

impl Switchover {
    /// The MSK in use.
    #[must_use]
    pub const fn active(&self) -> Option<MskId> {
        match *self {
            Self::Idle => None,
            Self::Steady { active }
            | Self::Pending { active, .. }
            | Self::Expecting { active, .. }
            | Self::Switching { active, .. }
            | Self::Overlap { active, .. } => Some(active),
        }
    }

    /// The MSK that is held and may be used next.
    #[must_use]
    pub const fn next(&self) -> Option<MskId> {
        match *self {
            Self::Pending { next, .. } => Some(next),
            Self::Switching { next, .. } | Self::Overlap { next, .. } => next,
            Self::Idle | Self::Steady { .. } | Self::Expecting { .. } => None,
        }
    }

    /// The MSK whose MTKs still serve besides those of the active one.
    #[must_use]
    pub const fn retiring(&self) -> Option<MskId> {
        match *self {
            Self::Switching { retiring, .. } | Self::Overlap { retiring, .. } => Some(retiring),
            _ => None,
        }
    }

    /// Whether an MTK message under `msk` may still bring a key. A retired MSK never comes back.
    #[must_use]
    pub fn takes_mtk_under(&self, msk: MskId) -> bool {
        self.active() == Some(msk)
            || self.next() == Some(msk)
            || matches!(*self, Self::Switching { retiring, .. } if retiring == msk)
    }

    /// The order in which keys give way: those of unknown MSKs first (0), of the one in use last (3).
    #[must_use]
    pub fn rank(&self, msk: MskId) -> u8 {
        if self.active() == Some(msk) {
            3
        } else if self.next() == Some(msk) {
            2
        } else {
            u8::from(self.retiring() == Some(msk))
        }
    }

    /// When a [`SwitchEvent::Timeout`] is wanted.
    #[must_use]
    pub const fn deadline(&self) -> Option<Tick> {
        match *self {
            Self::Expecting { until, .. } | Self::Overlap { until, .. } => Some(until),
            _ => None,
        }
    }

    /// One transition.
    #[must_use]
    pub fn step(self, event: SwitchEvent, timing: &SwitchTiming, now: Tick) -> (Self, Option<SwitchAction>) {
        let mut next = self;
        let action = next.advance(event, timing, now);
        (next, action)
    }

    /// [`step`](Self::step) in place.
    pub(crate) fn advance(
        &mut self, event: SwitchEvent, timing: &SwitchTiming, now: Tick,
    ) -> Option<SwitchAction> {
        let mut core = self.core();
        let action = core.advance(event, timing, now);
        *self = Self::of(&core);
        action
    }

    /// The small form.
    fn core(&self) -> SwitchCore<MskId> {
        let mut core = SwitchCore::idle(MskId::from_octets([0; 4]));
        core.stage = match self {
            Self::Idle => Stage::Idle,
            Self::Steady { .. } => Stage::Steady,
            Self::Pending { .. } => Stage::Pending,
            Self::Expecting { .. } => Stage::Expecting,
            Self::Switching { .. } => Stage::Switching,
            Self::Overlap { .. } => Stage::Overlap,
        };
        core.active = self.active().unwrap_or(core.active);
        core.retiring = self.retiring().unwrap_or(core.retiring);
        core.coming = match *self {
            Self::Expecting { next, .. } => Some(next),
            _ => self.next(),
        };
        core.until = KeptTick::new(self.deadline().unwrap_or(core.until.tick()));
        core
    }

    /// What the small form stands for.
    pub(crate) fn of(core: &SwitchCore<MskId>) -> Self {
        let SwitchCore { stage, active, retiring, coming, until } = *core;
        match (stage, coming) {
            (Stage::Idle, _) => Self::Idle,
            (Stage::Pending, Some(next)) => Self::Pending { active, next },
            (Stage::Expecting, Some(next)) => Self::Expecting { active, next, until: until.tick() },
            // Pending and expecting there is one to come.
            (Stage::Steady | Stage::Pending | Stage::Expecting, _) => Self::Steady { active },
            (Stage::Switching, next) => Self::Switching { active, retiring, next },
            (Stage::Overlap, next) => Self::Overlap { active, retiring, until: until.tick(), next },
        }
    }
}
