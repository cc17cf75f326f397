//! The server of a [`World`], and what reaches it.

use super::world::*;
use crate::poc::{
    Failure, Indication, LegEvent, Session, SessionAction, SessionEvent, SessionTimer, Unkeyed,
};
use crate::time::Tick;

impl World {
    pub(super) fn session(&mut self, event: SessionEvent) {
        let before = self.session;
        let now = Tick::from_millis(self.clock);
        let Ok((session, actions)) = self.session.step(event, &config(), now) else { return };
        self.session = session;
        self.server_moved(&before);
        for action in actions {
            self.carry_out(action, None);
        }
    }

    pub(super) fn leg(&mut self, at: usize, event: LegEvent) {
        let before = self.session;
        let now = Tick::from_millis(self.clock);
        let stepped = self.session.step_leg(self.members[at].leg, event, &config(), now);
        let Ok((session, leg, actions)) = stepped else { return };
        (self.session, self.members[at].leg) = (session, leg);
        self.server_moved(&before);
        for action in actions {
            self.carry_out(action, Some(at));
        }
    }

    /// MSKs that the session named and names no longer were given up, or have had their day.
    fn server_moved(&mut self, before: &Session) {
        let named = |session: &Session| [Some(session.active()), session.coming(), session.retiring()];
        let now = named(&self.session);
        for name in named(before).into_iter().flatten() {
            if !now.contains(&Some(name)) {
                self.gone.add(name.id);
            }
        }
        for name in now.into_iter().flatten() {
            self.made.add(name.id);
        }
    }

    fn carry_out(&mut self, action: SessionAction, at: Option<usize>) {
        match action {
            SessionAction::SessionUpdate(name) => self.send(ToBcast::Update(name)),
            SessionAction::UpdateAborted(_) => self.send(ToBcast::Abort),
            SessionAction::RollMtk => self.send(ToBcast::Roll),
            SessionAction::SendIndication(indication) => {
                self.check_gate(&indication);
                let overlap_s = indication.overlap_s.map(|_| OVERLAP_S);
                self.send(ToBcast::Indication(Indication { overlap_s, ..indication }));
            }
            SessionAction::Distribute(_) => {
                for member in &mut self.members {
                    member.unkeyed = false;
                }
                self.each_leg(LegEvent::Deliver);
            }
            SessionAction::Sweep => self.each_leg(LegEvent::Timeout),
            other => {
                let Some(at) = at else { return };
                self.carry_out_for(at, other);
            }
        }
    }

    fn carry_out_for(&mut self, at: usize, action: SessionAction) {
        let member = &mut self.members[at];
        match action {
            SessionAction::SendMsk { current, updated } => {
                self.seen.outsider_answered |= !member.leg.is_member();
                // A client that has started again knows no such dialog.
                let dead = member.outside && member.expelled.is_none();
                let answer = Sip::Failed(Failure::Status(481));
                member.sip = if dead { answer } else { Sip::Offer { current, updated } };
            }
            SessionAction::Deliver => self.leg(at, LegEvent::Deliver),
            SessionAction::Keyed(name) => member.confirmed.add(name.id),
            SessionAction::DeliverAt(_) => member.put_off = true,
            SessionAction::Unkeyed(Unkeyed::Timeout | Unkeyed::Rejected | Unkeyed::BadConfirm) => {
                member.unkeyed = true;
            }
            SessionAction::RemoveMember | SessionAction::EndSession if member.expelled.is_none() => {
                (member.sip, member.put_off) = (Sip::Free, false);
                member.forget();
            }
            _ => {}
        }
    }

    fn each_leg(&mut self, event: LegEvent) {
        for at in 0..MEMBERS {
            if self.members[at].leg.is_member() {
                self.leg(at, event);
            }
        }
    }

    fn check_gate(&mut self, indication: &Indication) {
        let new = indication.new;
        self.seen.indicated_after_all |= self.gone.has(new);
        let answered = |member: &Member| !member.remains() || member.unkeyed || member.confirmed.has(new);
        let open = self.stored.has(new) && self.members.iter().all(answered);
        self.seen.gate_too_early |= !self.indicated.has(new) && !open;
        if !self.indicated.has(new) {
            // The overlap before is cut: a packet from before the switch before may be lost.
            let in_use = self.distribution.in_use;
            let recent = |message: &Air| !matches!(message, Air::Media(key) if Some(*key) != in_use);
            self.members.iter_mut().for_each(|member| member.late.retain(recent));
        }
        self.indicated.add(new);
    }

    pub(super) fn send(&mut self, message: ToBcast) {
        self.overflow |= self.to_bcast.push(message).is_err();
    }

    pub(super) fn answer_arrives(&mut self, at: usize) {
        let event = match core::mem::replace(&mut self.members[at].sip, Sip::Free) {
            Sip::Ok => LegEvent::Ok { confirmed: true },
            Sip::Failed(failure) => LegEvent::Fail(failure),
            same => {
                self.members[at].sip = same;
                return;
            }
        };
        self.leg(at, event);
    }

    pub(super) fn request_arrives(&mut self, at: usize) {
        self.members[at].request = false;
        self.leg(at, LegEvent::Requested);
    }

    pub(super) fn expel(&mut self, at: usize) {
        let member = &mut self.members[at];
        member.expelled = Some(self.made);
        member.forget();
        member.put_off = false;
        self.leg(at, LegEvent::Expelled);
    }

    pub(super) fn join(&mut self, at: usize) {
        if self.members[at].leg.is_member() {
            self.leg(at, LegEvent::Left);
        }
        let member = &mut self.members[at];
        (member.sip, member.put_off, member.outside) = (Sip::Free, false, false);
        member.confirmed = Names::default();
        self.leg(at, LegEvent::Join);
    }

    pub(super) fn restart(&mut self, at: usize) {
        let member = &mut self.members[at];
        member.forget();
        if member.sip != Sip::Free {
            member.sip = Sip::Failed(Failure::Status(481));
        }
    }

    /// The next message from the distribution reaches the server.
    pub(super) fn server_receives(&mut self, fault: QueueFault) {
        let message = self.from_bcast.remove(0);
        match fault {
            QueueFault::Late => {
                self.answer(message);
                return;
            }
            QueueFault::Twice => {
                let kept = self.from_bcast.insert(0, message);
                self.overflow |= kept.is_err();
            }
            QueueFault::Lose | QueueFault::Refuse => {
                // An indication that gets no answer did not get through.
                if let FromBcast::IndicationRejected(_) = message {
                    self.answer(FromBcast::Unreachable);
                }
                return;
            }
            QueueFault::None => {}
        }
        let event = match message {
            FromBcast::Stored(name) => {
                self.stored.add(name.id);
                SessionEvent::BcastStored(name)
            }
            FromBcast::Rejected => SessionEvent::BcastRejected,
            FromBcast::IndicationRejected(seq) => SessionEvent::IndicationRejected(seq),
            FromBcast::Unreachable => SessionEvent::BcastUnreachable,
            FromBcast::Switched(name) => SessionEvent::BcastSwitched(name),
            FromBcast::Reset => {
                self.distribution.unnoticed = false;
                // What was sent to the one before does not reach this one.
                self.to_bcast.clear();
                SessionEvent::BearerReset
            }
        };
        self.session(event);
    }

    /// Whether the server's clock may move: first all packets have arrived, then everybody has noticed the switch.
    pub(super) fn may_pass(&self) -> bool {
        let Some((msk, until, settled)) = self.session.fading() else { return false };
        let now = Tick::from_millis(self.clock);
        if now < until {
            let late = |message: &Air| matches!(message, Air::Media(key) if key.mki.msk == msk);
            return !self.members.iter().any(|member| member.late.iter().any(late));
        }
        let active = Some(self.session.active().id);
        let noticed = |member: &Member| !member.remains() || member.follower.switchover().active() == active;
        now < settled && self.members.iter().all(noticed)
    }

    pub(super) fn pass(&mut self) {
        self.clock += 1;
    }

    /// Whether the server's overlap may end: it outlasts whatever the distribution still does for the switch.
    pub(super) fn server_overlap_may_end(&self) -> bool {
        let indicating = self.to_bcast.iter().any(|message| matches!(message, ToBcast::Indication(_)));
        let answering = self.from_bcast.iter().any(|message| {
            use FromBcast::{IndicationRejected, Switched, Unreachable};
            matches!(message, Switched(_) | Unreachable | IndicationRejected(_))
        });
        !indicating && !answering && !self.distribution.unnoticed && !self.distribution.bearer.is_announcing()
    }

    pub(super) fn session_timers(&self) -> impl Iterator<Item = SessionTimer> {
        self.session.timers().map(|(timer, _)| timer)
    }
}
