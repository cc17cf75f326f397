//! A step of a switchover, and the requests for MSKs that follow from it, at once or when their time has come.

use super::channel::{Cause, find_mut, first_due};
use super::{PERSIST, ToPersist, Ue, UeAction};
use crate::crypto::Primitives;
use crate::id::{GroupName, KeyNumber};
use crate::keys::{KeptMukId, PreSharedKey, StoredKey};
use crate::role::{Actions, SwitchAction, SwitchEvent};
use crate::time::Tick;

impl<const GROUPS: usize, K: PreSharedKey + StoredKey, P: Primitives, const MUKS: usize, I: KeptMukId>
    Ue<GROUPS, K, P, MUKS, I>
{
    /// Serves the Key Group that has waited longest. Others that are due keep their deadline, which has passed.
    #[inline(never)]
    pub(super) fn timeout<'a>(
        &mut self, now: Tick, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        let Some((_, group)) = first_due(self.channels.places()).filter(|(at, _)| *at <= now) else {
            return Ok(None);
        };
        Self::check_room(out, 0)?;
        let moved = self.step_and_persist(group, SwitchEvent::Timeout, now, actions);
        self.request(group, now, actions);
        Ok(moved.then_some(out))
    }

    /// One step of a switchover, and `Persist` before what it wants done if it has moved, which is answered.
    #[inline(never)]
    pub(super) fn step_and_persist(
        &mut self, group: GroupName, event: SwitchEvent<KeyNumber>, now: Tick,
        actions: &mut Actions<UeAction<'_>>,
    ) -> bool {
        let timing = self.config.timing;
        let Some(channel) = find_mut(self.channels.places_mut(), group) else { return false };
        let mut next = channel.switch;
        let action = next.advance(event, &timing, now);
        // Neither a switch nor a wait that begins or ends: nothing has moved.
        let moves = matches!(action, Some(SwitchAction::Activate { .. } | SwitchAction::Retire(_)))
            || next.deadline() != channel.switch.deadline();
        if moves {
            actions.push(PERSIST);
        }
        if let Some(missing) = channel.step(event, &timing, now, actions) {
            self.schedule(group, missing, Cause::MissedUpdate, now, actions);
        }
        moves
    }

    /// Makes the request of this group if it is due.
    fn request(&mut self, group: GroupName, now: Tick, actions: &mut Actions<UeAction<'_>>) {
        let Some(channel) = find_mut(self.channels.places_mut(), group) else { return };
        let Some(request) = channel.request.as_mut().filter(|request| request.due() <= now) else { return };
        let name = group.msk(request.msk);
        if request.attempts < self.config.back_off.attempts {
            let wait = u64::from(self.config.back_off.retry_ms).saturating_mul(1 << request.attempts.min(16));
            request.made(now.after_millis(wait.saturating_add(self.config.draw())));
            actions.push(UeAction::RequestMsk { name, cause: request.cause, attempt: request.attempts });
        } else {
            channel.request = None;
            actions.push(UeAction::RequestAbandoned(name));
        }
    }

    /// Schedules a request in a channel that is there.
    #[inline(never)]
    pub(super) fn schedule(
        &mut self, group: GroupName, number: KeyNumber, cause: Cause, now: Tick,
        actions: &mut Actions<UeAction<'_>>,
    ) {
        let wait = u64::from(self.config.back_off.offset_ms).saturating_add(self.config.draw());
        if let Some(channel) = find_mut(self.channels.places_mut(), group) {
            channel.schedule(number, cause, now.after_millis(wait), actions);
        }
    }
}
