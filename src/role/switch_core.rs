//! What [`Switchover`](super::Switchover) does, on a form that is small and has each field in one place: `N` names an MSK, among
//! all of a channel or among those of one Key Group. The table of transitions is that of the parent.
//!
//! | state | MSK in use | leaving | coming | until |
//! |---|---|---|---|---|
//! | `Idle` | | | | |
//! | `Steady` | x | | | |
//! | `Pending` | x | | held | |
//! | `Expecting` | x | | announced | x |
//! | `Switching` | x | x | may be held | |
//! | `Overlap` | x | x | may be held | x |

use super::switchover::{SwitchAction, SwitchEvent, SwitchTiming};
use crate::time::{KeptTick, Tick};

/// How far a switch is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    Idle,
    Steady,
    Pending,
    Expecting,
    Switching,
    Overlap,
}

impl Stage {
    const ALL: [Self; 6] =
        [Self::Idle, Self::Steady, Self::Pending, Self::Expecting, Self::Switching, Self::Overlap];

    /// The number it is stored under.
    pub(crate) const fn number(self) -> u8 {
        self as u8
    }

    pub(crate) fn of_number(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.number() == number)
    }
}

/// Which MSK is in use, and which is coming or going. A field that has no meaning in its stage holds what it held before.
#[derive(Clone, Copy)]
pub(crate) struct SwitchCore<N> {
    pub(crate) stage: Stage,
    pub(crate) active: N,
    pub(crate) retiring: N,
    pub(crate) coming: Option<N>,
    pub(crate) until: KeptTick,
}

impl<N: Copy + Eq> SwitchCore<N> {
    /// No MSK is held; `nobody` is any name.
    pub(crate) const fn idle(nobody: N) -> Self {
        let until = KeptTick::new(Tick::from_millis(0));
        Self { stage: Stage::Idle, active: nobody, retiring: nobody, coming: None, until }
    }

    /// The MSK in use.
    pub(crate) fn active(&self) -> Option<N> {
        (self.stage != Stage::Idle).then_some(self.active)
    }

    /// The MSK whose MTKs still serve besides those of the active one.
    pub(crate) fn retiring(&self) -> Option<N> {
        matches!(self.stage, Stage::Switching | Stage::Overlap).then_some(self.retiring)
    }

    /// The MSK that is held and may be used next.
    pub(crate) fn next(&self) -> Option<N> {
        self.coming.filter(|_| matches!(self.stage, Stage::Pending | Stage::Switching | Stage::Overlap))
    }

    /// Whether an MTK message under `msk` may still bring a key.
    pub(crate) fn takes_mtk_under(&self, msk: N) -> bool {
        self.rank(msk) > u8::from(self.stage != Stage::Switching)
    }

    /// The order in which keys give way: of unknown MSKs first (0), of the one leaving, the next, the one in use last (3).
    #[inline(never)]
    pub(crate) fn rank(&self, msk: N) -> u8 {
        if self.active() == Some(msk) {
            3
        } else if self.next() == Some(msk) {
            2
        } else {
            u8::from(self.retiring() == Some(msk))
        }
    }

    /// When a timeout is wanted.
    pub(crate) fn deadline(&self) -> Option<Tick> {
        matches!(self.stage, Stage::Expecting | Stage::Overlap).then_some(self.until.tick())
    }

    /// One transition.
    #[inline(never)]
    pub(crate) fn advance(
        &mut self, event: SwitchEvent<N>, timing: &SwitchTiming, now: Tick,
    ) -> Option<SwitchAction<N>> {
        match event {
            SwitchEvent::Stored(msk) => self.stored(msk),
            SwitchEvent::Announced { from, to } => self.announced(from, to, timing, now),
            SwitchEvent::Reordered(msk) if self.next() == Some(msk) && self.stage != Stage::Overlap => {
                // The MSK that was thought to be in use is the one to come.
                self.coming = Some(self.active);
                if self.stage == Stage::Switching {
                    self.overlap(timing, now);
                }
                self.activate(msk, None)
            }
            SwitchEvent::MtkVerified(msk) | SwitchEvent::Reordered(msk) => {
                self.mtk_verified(msk, timing, now)
            }
            SwitchEvent::InUse(msk) => self.in_use(msk, false),
            SwitchEvent::InUseInstead(msk) => self.in_use(msk, true),
            SwitchEvent::Forgotten(msk) => self.forgotten(msk, timing, now),
            SwitchEvent::Timeout => self.timeout(now),
        }
    }

    fn stored(&mut self, msk: N) -> Option<SwitchAction<N>> {
        match self.stage {
            Stage::Idle => {
                self.stage = Stage::Steady;
                return self.activate(msk, None);
            }
            Stage::Expecting if self.coming == Some(msk) => return self.switch(self.active, msk, None),
            _ if msk == self.active || self.retiring() == Some(msk) => return None,
            Stage::Steady | Stage::Expecting => self.stage = Stage::Pending,
            _ => {}
        }
        self.coming = Some(msk);
        None
    }

    fn announced(&mut self, from: N, to: N, timing: &SwitchTiming, now: Tick) -> Option<SwitchAction<N>> {
        let (from_active, to_next) = (self.active() == Some(from), self.next() == Some(to));
        #[cfg(test)]
        if from != to {
            use crate::broken::{Rule, is};
            if self.stage == Stage::Steady && from_active && is(Rule::HeldBeforeUse) {
                return self.switch(from, to, None);
            }
            if self.stage == Stage::Pending && to_next && is(Rule::MakeBeforeBreak) {
                return self.switch(self.active, to, Some(self.active));
            }
        }
        match self.stage {
            _ if from == to => Some(SwitchAction::Mismatch),
            // Whoever was expelled could end the overlap so; an MTK shows that it is true.
            Stage::Overlap if from_active && to_next && timing.implicit => None,
            _ if from_active && to_next => self.switch(from, to, self.retiring()),
            // Which of the two is the true one an MTK will tell; whoever was expelled could claim either.
            Stage::Switching if from == self.retiring && to_next && timing.implicit => None,
            Stage::Switching if from == self.retiring && to_next => self.switch(from, to, Some(self.active)),
            Stage::Steady if from_active => {
                self.stage = Stage::Expecting;
                self.coming = Some(to);
                self.until = KeptTick::new(now.after_millis(timing.early_ms.into()));
                None
            }
            // Forged it must not end the overlap; true, the answer to the request says what is in use.
            Stage::Overlap if from_active => Some(SwitchAction::Missing(to)),
            // A second copy, or one that was overtaken by the switch it announces.
            _ if self.active() == Some(to) => None,
            Stage::Expecting if self.coming == Some(to) => None,
            _ => Some(SwitchAction::Mismatch),
        }
    }

    fn mtk_verified(&mut self, msk: N, timing: &SwitchTiming, now: Tick) -> Option<SwitchAction<N>> {
        #[cfg(test)]
        if crate::broken::is(crate::broken::Rule::ImplicitSwitch) && self.next() == Some(msk) {
            return None;
        }
        if self.stage == Stage::Switching && msk == self.active {
            self.overlap(timing, now);
            return None;
        }
        if self.next() != Some(msk) || !timing.implicit {
            return None;
        }
        let dropped = if self.stage == Stage::Switching {
            // No MTK came under the one in use: it never was.
            Some(self.active)
        } else {
            let dropped = self.retiring();
            self.retiring = self.active;
            dropped
        };
        self.coming = None;
        self.overlap(timing, now);
        self.activate(msk, dropped)
    }

    fn in_use(&mut self, msk: N, instead: bool) -> Option<SwitchAction<N>> {
        if self.stage == Stage::Idle {
            return self.stored(msk);
        }
        // What it says of the MSK before was overtaken by the switch.
        if self.active == msk || self.retiring() == Some(msk) {
            return None;
        }
        let next = self.next().filter(|next| *next != msk);
        let switched = if instead && self.stage == Stage::Switching {
            self.switch(self.retiring, msk, Some(self.active))
        } else {
            self.switch(self.active, msk, self.retiring())
        };
        self.coming = next;
        switched
    }

    fn forgotten(&mut self, msk: N, timing: &SwitchTiming, now: Tick) -> Option<SwitchAction<N>> {
        let next = self.next();
        if next == Some(msk) {
            self.coming = None;
            if self.stage == Stage::Pending {
                self.stage = Stage::Steady;
            }
            return None;
        }
        if self.retiring() == Some(msk) {
            if self.stage == Stage::Overlap {
                return self.settle();
            }
            // No MTK has shown that the switch is true, so what comes may still be under the MTKs of the one before.
            self.overlap(timing, now);
            return None;
        }
        if self.active() != Some(msk) {
            return None;
        }
        match next {
            Some(next) if self.stage == Stage::Switching => self.switch(self.retiring, next, Some(msk)),
            Some(next) => self.switch(msk, next, self.retiring()),
            None if self.stage == Stage::Switching => {
                (self.stage, self.active) = (Stage::Steady, self.retiring);
                Some(SwitchAction::Retire(msk))
            }
            None => {
                self.stage = Stage::Idle;
                Some(SwitchAction::Retire(msk))
            }
        }
    }

    fn timeout(&mut self, now: Tick) -> Option<SwitchAction<N>> {
        if self.deadline().is_none_or(|until| now < until) {
            return None;
        }
        if self.stage == Stage::Overlap {
            return self.settle();
        }
        self.stage = Stage::Steady;
        self.coming.map(SwitchAction::Missing)
    }

    /// The overlap begins.
    fn overlap(&mut self, timing: &SwitchTiming, now: Tick) {
        self.stage = Stage::Overlap;
        self.until = KeptTick::new(now.after_millis(timing.overlap_ms.into()));
    }

    /// The overlap ends.
    fn settle(&mut self) -> Option<SwitchAction<N>> {
        self.stage = if self.coming.is_some() { Stage::Pending } else { Stage::Steady };
        Some(SwitchAction::Retire(self.retiring))
    }

    /// From `active` to `next`; `dropped` was on its way out already.
    fn switch(&mut self, active: N, next: N, dropped: Option<N>) -> Option<SwitchAction<N>> {
        (self.stage, self.retiring, self.coming) = (Stage::Switching, active, None);
        self.activate(next, dropped)
    }

    const fn activate(&mut self, msk: N, dropped: Option<N>) -> Option<SwitchAction<N>> {
        self.active = msk;
        Some(SwitchAction::Activate { msk, dropped })
    }
}
