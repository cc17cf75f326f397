//! Which missing MSKs were asked for, and when they may be asked for again.

use super::{Follower, FollowerAction, FollowerConfig, MAX_CLIENT_ACTIONS};
use crate::id::{GroupName, KeyGroup, MskName};
use crate::keys::StoredMsk;
use crate::poc::PocError;
use crate::poc::timing::Timing;
use crate::role::Actions;
use crate::time::Tick;

/// When a missing MSK may be asked for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Asked {
    pub(super) group: KeyGroup,
    again_at: Tick,
    wait_ms: u32,
}

impl<E: StoredMsk, T> Follower<E, T> {
    /// Asks for an MSK that traffic names and that is not held, once per back-off and Key Group.
    ///
    /// # Errors
    ///
    /// [`PocError::ExpiredKey`] when a newer MSK of its group is held: a late packet is no missed update.
    pub fn missed(
        &mut self, name: MskName, config: &FollowerConfig, now: Tick,
        actions: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
    ) -> Result<(), PocError> {
        let group = name.id.group;
        let older = |held: MskName| held.id.number.0.wrapping_sub(name.id.number.0) <= 0x8000;
        if self.msks.group_entries(GroupName::new(name.domain, group)).any(|held| older(held.name())) {
            return Err(PocError::ExpiredKey);
        }
        self.ask(name, config, now, actions);
        Ok(())
    }

    pub(super) fn ask(
        &mut self, name: MskName, config: &FollowerConfig, now: Tick,
        actions: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
    ) {
        let group = name.id.group;
        let Timing { missed_back_off_ms, missed_back_off_max_ms, .. } = config.timing;
        let slot = self.asked.iter().position(|slot| slot.is_some_and(|asked| asked.group == group));
        let free = || self.asked.iter().position(Option::is_none);
        let Some(slot) = slot.or_else(free).and_then(|at| self.asked.get_mut(at)) else { return };
        let wait_ms = match slot {
            Some(asked) if now < asked.again_at => return,
            Some(asked) => asked.wait_ms.saturating_mul(2).min(missed_back_off_max_ms),
            None => missed_back_off_ms,
        };
        *slot = Some(Asked { group, again_at: now.after_millis(wait_ms.into()), wait_ms });
        actions.push(FollowerAction::MissedKey(name));
    }
}
