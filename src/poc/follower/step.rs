//! One step of the switchover of a client, with its timers and what an indication claimed.

use super::{Follower, FollowerAction, FollowerConfig, MAX_CLIENT_ACTIONS};
use crate::id::{Mki, MskName};
use crate::keys::StoredMsk;
use crate::role::{Actions, SwitchAction, SwitchEvent, SwitchTiming, Switchover};
use crate::time::Tick;

impl<E: StoredMsk, T> Follower<E, T> {
    pub(super) const fn switch_timing(&self, config: &FollowerConfig) -> SwitchTiming {
        // Whoever was expelled could forge an indication that asks for none.
        let least = config.timing.least_overlap();
        let overlap_ms = match self.overlap_ms {
            Some(ms) if ms < least => least,
            Some(ms) => ms,
            None => config.timing.overlap_ms,
        };
        let early_ms = config.timing.early_ms;
        SwitchTiming { overlap_ms, early_ms, implicit: !config.strict_indication }
    }

    /// One step of the switchover, with what it wants done.
    pub(super) fn step(
        &mut self, event: SwitchEvent, config: &FollowerConfig, now: Tick,
        actions: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
    ) {
        self.advance(event, config, now, actions);
        // An MTK under the new MSK that came before the indication, where only an indication switches.
        if let Switchover::Switching { active, .. } = self.switch
            && let Some(mtk) = self.mtks.newest(active)
        {
            self.advance(SwitchEvent::MtkVerified(active), config, now, actions);
            self.held = 0;
            actions.push(FollowerAction::MtkReady(Mki::new(active, mtk)));
        }
    }

    fn advance(
        &mut self, event: SwitchEvent, config: &FollowerConfig, now: Tick,
        actions: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
    ) {
        let name = |msk| MskName::new(config.domain, msk);
        let before = self.switch;
        let (after, action) = before.step(event, &self.switch_timing(config), now);
        self.switch = after;
        match action {
            Some(SwitchAction::Activate { msk, dropped }) => {
                actions.push(FollowerAction::Activated(name(msk)));
                if dropped.is_some_and(|msk| self.mtks.forget(msk)) {
                    actions.extend(dropped.map(|msk| FollowerAction::MtkDropped(name(msk))));
                }
            }
            Some(SwitchAction::Retire(msk)) if self.mtks.forget(msk) => {
                actions.push(FollowerAction::MtkDropped(name(msk)));
            }
            Some(SwitchAction::Missing(msk)) => self.ask(name(msk), config, now, actions),
            _ => {}
        }
        if after.next() != before.next() {
            self.pending_at = after.next().map(|_| now.after_millis(config.timing.pending_max_ms.into()));
        }
        match after {
            Switchover::Switching { active, .. } if before.active() != Some(active) => {
                self.stalled_at = Some(now.after_millis(config.timing.switch_max_ms.into()));
            }
            Switchover::Overlap { active, .. } if !matches!(before, Switchover::Overlap { active: same, .. } if same == active) =>
            {
                self.stalled_at = None;
                if let Some((_, Some(seq))) = self.claimed.take().filter(|(msk, _)| *msk == active) {
                    self.last_seq = Some(seq);
                }
            }
            // What was claimed never came about, or counts already.
            Switchover::Steady { .. } | Switchover::Pending { .. } => {
                (self.claimed, self.overlap_ms) = (None, None);
            }
            _ => {}
        }
    }
}
