//! What members do, and what becomes of their offers.

use super::leg::Dialog;
use super::phase::{Distributing, Update};
use super::{
    Confirm, Failure, Leg, LegEvent, OnRekeyReject, Receipt, Session, SessionAction, SessionConfig, Unkeyed,
};
use crate::id::MskId;
use crate::poc::PocError;
use crate::poc::policy::PolicyEvent;
use crate::role::Actions;
use crate::time::Tick;

/// The wait after 491, in steps of 10 ms: 2.1 to 4 s for the owner of the Call-ID, 0 to 2 s for the other (RFC 3261
/// §14.1).
const GLARE_STEP_MS: u64 = 10;
const GLARE_OWNER_STEPS: (u64, u64) = (210, 191);
const GLARE_OTHER_STEPS: (u64, u64) = (0, 201);

impl Session {
    /// One step of one member. Gives the session and the leg afterwards; neither is changed by an error.
    ///
    /// # Errors
    ///
    /// [`PocError::NotMember`] for what only a member can do, [`PocError::UnexpectedState`] for a second `Join` and when
    /// the session is over, [`PocError::CapacityExceeded`] beyond 2^32 - 1 members.
    pub fn step_leg(
        mut self, mut leg: Leg, event: LegEvent, config: &SessionConfig, now: Tick,
    ) -> Result<(Self, Leg, Actions<SessionAction>), PocError> {
        let actions = self.move_leg(&mut leg, event, config, now)?;
        Ok((self, leg, actions))
    }

    /// As [`step_leg`](Self::step_leg), in place: what a channel of many members calls for each of them.
    ///
    /// # Errors
    ///
    /// As there; neither the session nor the leg has changed then.
    pub fn move_leg(
        &mut self, leg: &mut Leg, event: LegEvent, config: &SessionConfig, now: Tick,
    ) -> Result<Actions<SessionAction>, PocError> {
        // Every refusal comes before the first change.
        if self.is_ended() {
            return Err(PocError::UnexpectedState);
        }
        let mut actions = Actions::new();
        match event {
            LegEvent::Join => self.join(leg, config, now, &mut actions)?,
            LegEvent::Requested if !leg.member => actions.push(SessionAction::Refuse(403)),
            // What a transaction that outlived the membership still brings.
            LegEvent::Ok { .. } | LegEvent::Fail(_) if !leg.member => leg.dialog = Dialog::Free,
            LegEvent::Timeout if !leg.member => {}
            LegEvent::MukUnavailable => {
                actions.push(SessionAction::Unkeyed(Unkeyed::NoMuk));
                actions.push(SessionAction::OfferUnicast);
                if leg.member {
                    self.remove(leg, config, now, &mut actions);
                }
            }
            _ if !leg.member => return Err(PocError::NotMember),
            LegEvent::Deliver => self.deliver(leg, config, now, &mut actions),
            LegEvent::Requested | LegEvent::MukRenewed => {
                // It lacks the MSK, or what was sent under the MUK before does not count any more. With an offer under
                // way it gets everything after that one.
                leg.held = [None; 2];
                self.deliver(leg, config, now, &mut actions);
            }
            LegEvent::Ok { confirmed } => self.ok(leg, confirmed, config, now, &mut actions),
            LegEvent::Fail(failure) => self.fail(leg, failure, config, now, &mut actions),
            LegEvent::Timeout => {
                if self.is_awaited(leg) && self.due(leg).is_some_and(|due| due <= now) {
                    actions.push(SessionAction::Unkeyed(Unkeyed::Timeout));
                    self.settle(leg, config, now, &mut actions);
                }
            }
            LegEvent::Expelled => {
                let held_msk = leg.held.iter().any(Option::is_some);
                let event = PolicyEvent::ClientExpelled { served_here: true, held_msk };
                self.leave(leg, &event, config, now, &mut actions);
            }
            LegEvent::Deauthorised => {
                let event = PolicyEvent::Deauthorised { served_here: true };
                self.leave(leg, &event, config, now, &mut actions);
            }
            LegEvent::Left => {
                self.leave(leg, &PolicyEvent::ClientLeft, config, now, &mut actions);
            }
        }
        Ok(actions)
    }

    /// Whether the gate waits for this member.
    fn is_awaited(&self, leg: &Leg) -> bool {
        matches!(self.update, Update::Distributing(_)) && leg.member && leg.answered != self.generation
    }

    /// When the gate stops waiting for this member, whom it awaits; `None` while nobody is offered the MSK.
    const fn due(&self, leg: &Leg) -> Option<Tick> {
        match self.update {
            Update::Distributing(Distributing { held: false, due, hurried, .. }) => {
                let offered = leg.wanted || leg.sent == self.generation;
                let sooner = due.as_millis() < leg.due.as_millis();
                let cut = hurried && !leg.hurried && sooner;
                Some(if offered && !cut { leg.due } else { due })
            }
            _ => None,
        }
    }

    /// The MSK that members are offered.
    const fn offered(&self) -> Option<MskId> {
        match self.update {
            Update::Distributing(Distributing { new, held: false, .. }) => Some(new),
            _ => None,
        }
    }

    /// The gate waits for this member no longer, if the final response that came was to an offer of this update: one to
    /// an offer before says nothing about it.
    fn answered(
        &mut self, leg: &mut Leg, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) {
        if leg.sent == self.generation {
            self.settle(leg, config, now, actions);
        }
    }

    /// The gate waits for this member no longer.
    fn settle(
        &mut self, leg: &mut Leg, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) {
        if self.is_awaited(leg) {
            leg.answered = self.generation;
            if let Update::Distributing(running) = &mut self.update {
                running.outstanding = running.outstanding.saturating_sub(1);
            }
            self.gate(config, now, actions);
        }
    }

    fn join(
        &mut self, leg: &mut Leg, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) -> Result<(), PocError> {
        if leg.member {
            return Err(PocError::UnexpectedState);
        }
        let members = self.members.checked_add(1).ok_or(PocError::CapacityExceeded)?;
        self.members = members;
        // What begins now counts this member already.
        let counted = self.make_good(config, now, actions);
        *leg = Leg { member: true, answered: self.generation, sent: 0, ..Leg::OUTSIDE };
        if let Update::Distributing(running) = &mut self.update {
            running.outstanding = running.outstanding.saturating_add(u32::from(!counted));
            leg.answered = self.generation.wrapping_sub(1);
        }
        self.deliver(leg, config, now, actions);
        self.trigger(&PolicyEvent::ClientJoined, true, config, now, actions);
        Ok(())
    }

    /// Sends the member what it lacks.
    fn deliver(
        &mut self, leg: &mut Leg, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) {
        let coming = self.offered();
        let excludes = match self.update {
            Update::Distributing(Distributing { reason, held: false, .. }) => reason.excludes(),
            _ => false,
        };
        let due = now.after_millis(config.timing.reinvite(excludes).into());
        let retried = match leg.dialog {
            Dialog::Inviting { .. } => {
                (leg.wanted, leg.due, leg.hurried) = (true, due, excludes);
                return;
            }
            // Only the offer that was put off waits; one with another MSK does not.
            Dialog::Waiting { until } if now < until && (coming.is_none() || leg.sent == self.generation) => {
                actions.push(SessionAction::DeliverAt(until));
                return;
            }
            Dialog::Waiting { .. } => leg.sent == self.generation,
            Dialog::Free => false,
        };
        let lacks = |msk: &MskId| !leg.holds(*msk);
        // Whoever gets the MSK in use once more gets the one to come after it: of two MSKs a client deletes the one that
        // arrived first.
        let updated = coming.filter(|msk| lacks(msk) || lacks(&self.active));
        // A member that has missed the last switch must not take the MSK of it for one that was superseded. He cannot
        // tell by himself: whoever was expelled could make him believe either.
        let switched = self.fading.is_some_and(|fading| now < fading.settled);
        let remind =
            updated.is_some() && (switched || now < leg.held_at.after_millis(config.timing.settle_ms.into()));
        let current = Some(self.active).filter(|msk| remind || lacks(msk));
        if current.is_none() && updated.is_none() {
            return;
        }
        leg.dialog = Dialog::Inviting { current, updated, receipt: Receipt::default() };
        (leg.due, leg.hurried, leg.retried, leg.wanted) = (due, excludes, retried, false);
        if updated.is_some() {
            leg.sent = self.generation;
        }
        let name = |msk: MskId| self.name(msk);
        actions.push(SessionAction::SendMsk { current: current.map(name), updated: updated.map(name) });
    }

    fn ok(
        &mut self, leg: &mut Leg, confirmed: bool, config: &SessionConfig, now: Tick,
        actions: &mut Actions<SessionAction>,
    ) {
        let Dialog::Inviting { current, updated, .. } = leg.dialog else { return };
        (leg.dialog, leg.retried, leg.established) = (Dialog::Free, false, true);
        if confirmed || config.confirm == Confirm::OkIsEnough {
            for msk in [current, updated].into_iter().flatten() {
                leg.hold(msk, self.active, now);
                actions.push(SessionAction::Keyed(self.name(msk)));
            }
        } else {
            actions.push(SessionAction::Unkeyed(Unkeyed::BadConfirm));
        }
        again(leg, actions);
        self.answered(leg, config, now, actions);
    }

    fn fail(
        &mut self, leg: &mut Leg, failure: Failure, config: &SessionConfig, now: Tick,
        actions: &mut Actions<SessionAction>,
    ) {
        let Dialog::Inviting { updated, .. } = leg.dialog else { return };
        let overtaken = leg.wanted && updated != self.offered();
        let retried = core::mem::replace(&mut leg.retried, false);
        leg.dialog = Dialog::Free;
        match failure {
            Failure::TransactionTimeout | Failure::Status(408 | 480 | 481) => {
                actions.push(SessionAction::RemoveMember);
                self.remove(leg, config, now, actions);
            }
            Failure::Status(488 | 606) => {
                actions.push(SessionAction::Unkeyed(Unkeyed::Rejected));
                actions.push(match config.on_rekey_reject {
                    OnRekeyReject::Abort => SessionAction::EndSession,
                    OnRekeyReject::Unicast => SessionAction::OfferUnicast,
                });
                self.remove(leg, config, now, actions);
            }
            // It has not got into the session at all.
            Failure::Status(_) if !leg.established => {
                actions.push(SessionAction::EndSession);
                self.remove(leg, config, now, actions);
            }
            // What was refused for now is not what is wanted any more.
            Failure::Glare { .. } | Failure::Busy { .. } if overtaken => {
                again(leg, actions);
            }
            Failure::Glare { owns_call_id, random } if !retried => {
                let (least, steps) = if owns_call_id { GLARE_OWNER_STEPS } else { GLARE_OTHER_STEPS };
                // The high half of the product is uniform over the steps, without a division.
                let step = least.saturating_add(u64::from(random).saturating_mul(steps) >> 32);
                put_off(leg, now.after_millis(step.saturating_mul(GLARE_STEP_MS)), actions);
            }
            Failure::Busy { retry_after_ms } if !retried => {
                put_off(leg, now.after_millis(retry_after_ms.into()), actions);
            }
            Failure::Status(_) | Failure::Glare { .. } | Failure::Busy { .. } => {
                actions.push(SessionAction::Unkeyed(Unkeyed::Rejected));
                again(leg, actions);
                self.answered(leg, config, now, actions);
            }
        }
    }

    /// Takes the member out, before anything is made that it must not have.
    fn remove(
        &mut self, leg: &mut Leg, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) {
        let awaited = self.is_awaited(leg);
        (leg.member, leg.wanted, leg.held) = (false, false, [None; 2]);
        self.members = self.members.saturating_sub(1);
        if let (true, Update::Distributing(running)) = (awaited, &mut self.update) {
            running.outstanding = running.outstanding.saturating_sub(1);
        }
        if self.stops(config) {
            actions.push(SessionAction::StopBearer);
        }
        self.gate(config, now, actions);
    }

    fn leave(
        &mut self, leg: &mut Leg, event: &PolicyEvent, config: &SessionConfig, now: Tick,
        actions: &mut Actions<SessionAction>,
    ) {
        actions.push(SessionAction::RemoveMember);
        let sent_new = leg.sent == self.generation;
        let awaited = self.is_awaited(leg);
        (leg.member, leg.wanted, leg.held) = (false, false, [None; 2]);
        #[cfg(test)]
        {
            leg.member = crate::broken::is(crate::broken::Rule::RemovedFirst);
        }
        self.members = self.members.saturating_sub(1);
        if let (true, Update::Distributing(running)) = (awaited, &mut self.update) {
            running.outstanding = running.outstanding.saturating_sub(1);
        }
        // Policy first: the gate must not open for an MSK that this very event condemns.
        self.trigger(event, sent_new, config, now, actions);
        self.gate(config, now, actions);
    }
}

/// After a final response: the offer that waited for it goes out now.
fn again(leg: &mut Leg, actions: &mut Actions<SessionAction>) {
    if core::mem::replace(&mut leg.wanted, false) {
        actions.push(SessionAction::Deliver);
    }
}

fn put_off(leg: &mut Leg, until: Tick, actions: &mut Actions<SessionAction>) {
    leg.dialog = Dialog::Waiting { until };
    actions.push(SessionAction::DeliverAt(until));
}
