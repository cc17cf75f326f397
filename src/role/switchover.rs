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

use crate::id::MskId;
use crate::time::Tick;

/// How long the keys of a switch are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SwitchTiming {
    /// How long old MTKs serve after the first MTK under the new MSK, milliseconds. Default 5,000.
    pub overlap_ms: u64,
    /// How long an announcement of an MSK not held yet is remembered, milliseconds. Default 10,000.
    pub early_ms: u64,
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

/// What may move a [`Switchover`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SwitchEvent {
    /// This MSK was stored.
    Stored(MskId),
    /// An authentic announcement: from the one MSK to the other.
    Announced {
        /// The MSK under which the announcement came.
        from: MskId,
        /// The MSK to use from now on.
        to: MskId,
    },
    /// An MTK message under this MSK was verified; for a sender: was sent.
    MtkVerified(MskId),
    /// As [`MtkVerified`](Self::MtkVerified), and none was ever verified under the MSK in use: the two were delivered in the
    /// wrong order.
    Reordered(MskId),
    /// Whoever makes the MSKs says that this one, which is held, is in use by now.
    InUse(MskId),
    /// As [`InUse`](Self::InUse), and nothing but an announcement speaks for the switch that is on: what it left may be what
    /// still serves.
    InUseInstead(MskId),
    /// This MSK was deleted.
    Forgotten(MskId),
    /// The deadline may have passed. A spurious one is harmless.
    Timeout,
}

/// What to do after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum SwitchAction {
    /// Use this MSK from now on.
    Activate {
        /// The MSK.
        msk: MskId,
        /// Another MSK that gives way, whose MTKs must be dropped now.
        dropped: Option<MskId>,
    },
    /// Drop the MTKs of this MSK and take no more MTK messages under it.
    Retire(MskId),
    /// This MSK was announced and did not come: ask for it.
    Missing(MskId),
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
        match event {
            SwitchEvent::Stored(msk) => self.stored(msk),
            SwitchEvent::Announced { from, to } => self.announced(from, to, timing, now),
            SwitchEvent::MtkVerified(msk) => self.mtk_verified(msk, timing, now),
            SwitchEvent::Reordered(msk) => match *self {
                Self::Pending { active, next } if msk == next => {
                    *self = Self::Pending { active: next, next: active };
                    Some(SwitchAction::Activate { msk, dropped: None })
                }
                Self::Switching { active, retiring, next: Some(next) } if msk == next => {
                    *self = Self::overlap(next, retiring, Some(active), timing, now);
                    Some(SwitchAction::Activate { msk, dropped: None })
                }
                _ => self.mtk_verified(msk, timing, now),
            },
            SwitchEvent::InUse(msk) => self.in_use(msk, false),
            SwitchEvent::InUseInstead(msk) => self.in_use(msk, true),
            SwitchEvent::Forgotten(msk) => self.forgotten(msk, timing, now),
            SwitchEvent::Timeout => self.timeout(now),
        }
    }

    /// The state as a number, its MSKs (in use, leaving, coming) and its time, for a store that outlives the process.
    pub(crate) const fn parts(&self) -> (u8, [Option<MskId>; 3], Option<Tick>) {
        let state = match self {
            Self::Idle => 0,
            Self::Steady { .. } => 1,
            Self::Pending { .. } => 2,
            Self::Expecting { .. } => 3,
            Self::Switching { .. } => 4,
            Self::Overlap { .. } => 5,
        };
        let coming = match *self {
            Self::Expecting { next, .. } => Some(next),
            _ => self.next(),
        };
        (state, [self.active(), self.retiring(), coming], self.deadline())
    }

    /// What [`parts`](Self::parts) has taken apart; `None` when the parts do not fit.
    pub(crate) const fn from_parts(state: u8, msks: [Option<MskId>; 3], until: Tick) -> Option<Self> {
        Some(match (state, msks) {
            (0, [None, None, None]) => Self::Idle,
            (1, [Some(active), None, None]) => Self::Steady { active },
            (2, [Some(active), None, Some(next)]) => Self::Pending { active, next },
            (3, [Some(active), None, Some(next)]) => Self::Expecting { active, next, until },
            (4, [Some(active), Some(retiring), next]) => Self::Switching { active, retiring, next },
            (5, [Some(active), Some(retiring), next]) => Self::Overlap { active, retiring, until, next },
            _ => return None,
        })
    }

    fn stored(&mut self, msk: MskId) -> Option<SwitchAction> {
        match self {
            Self::Idle => {
                *self = Self::Steady { active: msk };
                return Some(SwitchAction::Activate { msk, dropped: None });
            }
            Self::Expecting { active, next, .. } if *next == msk => {
                let active = *active;
                return self.switch(active, msk, None);
            }
            Self::Steady { active } | Self::Pending { active, .. } | Self::Expecting { active, .. }
                if *active != msk =>
            {
                *self = Self::Pending { active: *active, next: msk };
            }
            Self::Switching { active, retiring, next } | Self::Overlap { active, retiring, next, .. }
                if msk != *active && msk != *retiring =>
            {
                *next = Some(msk);
            }
            _ => {}
        }
        None
    }

    fn announced(
        &mut self, from: MskId, to: MskId, timing: &SwitchTiming, now: Tick,
    ) -> Option<SwitchAction> {
        if from == to {
            return Some(SwitchAction::Mismatch);
        }
        #[cfg(test)]
        match *self {
            Self::Steady { active }
                if from == active && crate::broken::is(crate::broken::Rule::HeldBeforeUse) =>
            {
                return self.switch(active, to, None);
            }
            Self::Pending { active, next }
                if to == next && crate::broken::is(crate::broken::Rule::MakeBeforeBreak) =>
            {
                return self.switch(active, next, Some(active));
            }
            _ => {}
        }
        match *self {
            Self::Pending { active, next } if from == active && to == next => self.switch(active, next, None),
            // Whoever was expelled could end the overlap so; an MTK shows that it is true.
            Self::Overlap { active, next, .. } if from == active && next == Some(to) && timing.implicit => {
                None
            }
            Self::Switching { active, retiring, next } | Self::Overlap { active, retiring, next, .. }
                if from == active && next == Some(to) =>
            {
                self.switch(active, to, Some(retiring))
            }
            // Which of the two is the true one an MTK will tell; whoever was expelled could claim either.
            Self::Switching { retiring, next, .. }
                if from == retiring && next == Some(to) && timing.implicit =>
            {
                None
            }
            Self::Switching { active, retiring, next } if from == retiring && next == Some(to) => {
                self.switch(retiring, to, Some(active))
            }
            Self::Steady { active } if from == active => {
                *self = Self::Expecting { active, next: to, until: now.after_millis(timing.early_ms) };
                None
            }
            // Forged it must not end the overlap; true, the answer to the request says what is in use.
            Self::Overlap { active, .. } if from == active => Some(SwitchAction::Missing(to)),
            // A second copy, or one that was overtaken by the switch it announces.
            _ if self.active() == Some(to) => None,
            Self::Expecting { next, .. } if next == to => None,
            _ => Some(SwitchAction::Mismatch),
        }
    }

    fn mtk_verified(&mut self, msk: MskId, timing: &SwitchTiming, now: Tick) -> Option<SwitchAction> {
        #[cfg(test)]
        if crate::broken::is(crate::broken::Rule::ImplicitSwitch) && self.next() == Some(msk) {
            return None;
        }
        let (active, retiring) = match *self {
            Self::Switching { active, retiring, next } if msk == active => {
                *self = Self::overlap(active, retiring, next, timing, now);
                return None;
            }
            _ if self.next() != Some(msk) || !timing.implicit => return None,
            // No MTK came under the one in use: it never was.
            Self::Switching { active, retiring, .. } => (retiring, Some(active)),
            _ => (self.active()?, self.retiring()),
        };
        *self = Self::overlap(msk, active, None, timing, now);
        Some(SwitchAction::Activate { msk, dropped: retiring })
    }

    fn in_use(&mut self, msk: MskId, instead: bool) -> Option<SwitchAction> {
        let Some(active) = self.active() else { return self.stored(msk) };
        // What it says of the MSK before was overtaken by the switch.
        if active == msk || self.retiring() == Some(msk) {
            return None;
        }
        let next = self.next().filter(|next| *next != msk);
        let (retiring, dropped) = match *self {
            Self::Switching { retiring, .. } if instead => (retiring, Some(active)),
            _ => (active, self.retiring()),
        };
        *self = Self::Switching { active: msk, retiring, next };
        Some(SwitchAction::Activate { msk, dropped })
    }

    fn forgotten(&mut self, msk: MskId, timing: &SwitchTiming, now: Tick) -> Option<SwitchAction> {
        match self {
            Self::Pending { active, next } if msk == *next => {
                *self = Self::Steady { active: *active };
                return None;
            }
            Self::Switching { next, .. } | Self::Overlap { next, .. } if *next == Some(msk) => {
                *next = None;
                return None;
            }
            _ => {}
        }
        match *self {
            // No MTK has shown that the switch is true, so what comes may still be under the MTKs of the one before.
            Self::Switching { active, retiring, next } if msk == retiring => {
                *self = Self::overlap(active, retiring, next, timing, now);
                None
            }
            Self::Overlap { active, retiring, next, .. } if msk == retiring => {
                self.settle(active, next);
                Some(SwitchAction::Retire(msk))
            }
            Self::Switching { active, retiring, next } if msk == active => match next {
                Some(next) => self.switch(retiring, next, Some(active)),
                None => {
                    *self = Self::Steady { active: retiring };
                    Some(SwitchAction::Retire(msk))
                }
            },
            _ if self.active() == Some(msk) => match self.next() {
                Some(next) => self.switch(msk, next, self.retiring()),
                None => {
                    *self = Self::Idle;
                    Some(SwitchAction::Retire(msk))
                }
            },
            _ => None,
        }
    }

    fn timeout(&mut self, now: Tick) -> Option<SwitchAction> {
        match *self {
            Self::Expecting { active, next, until } if now >= until => {
                *self = Self::Steady { active };
                Some(SwitchAction::Missing(next))
            }
            Self::Overlap { active, retiring, until, next } if now >= until => {
                self.settle(active, next);
                Some(SwitchAction::Retire(retiring))
            }
            _ => None,
        }
    }

    const fn overlap(
        active: MskId, retiring: MskId, next: Option<MskId>, timing: &SwitchTiming, now: Tick,
    ) -> Self {
        Self::Overlap { active, retiring, until: now.after_millis(timing.overlap_ms), next }
    }

    const fn settle(&mut self, active: MskId, next: Option<MskId>) {
        *self = match next {
            Some(next) => Self::Pending { active, next },
            None => Self::Steady { active },
        };
    }

    /// From `active` to `next`; `dropped` was on its way out already.
    const fn switch(&mut self, active: MskId, next: MskId, dropped: Option<MskId>) -> Option<SwitchAction> {
        *self = Self::Switching { active: next, retiring: active, next: None };
        Some(SwitchAction::Activate { msk: next, dropped })
    }
}
