//! The course of an update: from the trigger over the gate to the end of the overlap.

use super::phase::{Bcast, Distributing, Fading, Link, Provision, Retiring, Update, strongest};
use super::{Session, SessionAction, SessionConfig, SessionTimer};
use crate::id::MskName;
use crate::poc::indication::{Indication, MAX_OVERLAP_S, UpdateSeq};
use crate::poc::policy::{Course, KeyStatus, PolicyEvent, Reason, UpdateMsk, decide};
use crate::role::Actions;
use crate::time::Tick;

/// Time between two looks at members who do not answer, after the first, milliseconds.
const SWEEP_MS: u64 = 1_000;

/// After so many failures in a row the operator is told that somebody who was thrown out still reads.
const ALARM_ATTEMPTS: u8 = 4;

impl Session {
    /// Lets policy decide. `sent_new`: whoever is to be shut out may hold the MSK that is being handed out.
    pub(super) fn trigger(
        &mut self, event: &PolicyEvent, sent_new: bool, config: &SessionConfig, now: Tick,
        actions: &mut Actions<SessionAction>,
    ) {
        let status = KeyStatus { progress: self.progress(), members: self.members };
        let decision = decide(event, &config.policy, &status);
        let reason = decision.reason;
        match decision.update_msk {
            UpdateMsk::No if decision.update_mtk => actions.push(SessionAction::RollMtk),
            UpdateMsk::No if decision.redeliver => actions.push(SessionAction::Deliver),
            UpdateMsk::No if reason == Reason::Left && self.stops(config) => {
                actions.push(SessionAction::StopBearer);
            }
            UpdateMsk::No => actions.push(SessionAction::NoUpdate(reason)),
            UpdateMsk::Coalesce(ms) => {
                if self.coalesce_at.is_none() {
                    self.coalesce_at = Some(now.after_millis(ms.into()));
                }
            }
            UpdateMsk::Yes => self.wanted(reason, decision.course, sent_new, config, now, actions),
        }
    }

    fn wanted(
        &mut self, reason: Reason, course: Course, sent_new: bool, config: &SessionConfig, now: Tick,
        actions: &mut Actions<SessionAction>,
    ) {
        #[cfg(test)]
        let sent_new = sent_new && !crate::broken::is(crate::broken::Rule::Superseded);
        self.coalesce_at = None;
        match &mut self.update {
            Update::Distributing(running) if course == Course::Supersede && !sent_new => {
                running.reason = strongest(reason, running.reason);
                let due = now.after_millis(config.timing.reinvite(running.reason.excludes()).into());
                (running.due, running.hurried) = (running.due.min(due), true);
                running.sweep_at = running.sweep_at.min(due);
            }
            Update::Distributing(running) if course == Course::Supersede => {
                let (reason, failures) = (strongest(reason, running.reason()), running.failures);
                self.begin(reason, failures, config, now, actions);
            }
            Update::Distributing(_) => {}
            // It waits for a failure to pass, or for a Key Group, and then for whatever reason.
            Update::Backoff { reason: shut_out, failures, .. }
                if reason.excludes() && *failures < ALARM_ATTEMPTS =>
            {
                *shut_out = strongest(*shut_out, reason);
            }
            Update::Backoff { reason: shut_out, failures, .. } => {
                let (reason, failures) = (strongest(*shut_out, reason), *failures);
                self.begin(reason, failures, config, now, actions);
            }
            Update::Owed { reason: shut_out } => {
                let reason = *shut_out;
                self.begin(reason, 0, config, now, actions);
            }
            Update::None => self.begin(reason, 0, config, now, actions),
        }
    }

    /// Whether the bearer has nobody to reach, and goes then.
    pub(super) const fn stops(&self, config: &SessionConfig) -> bool {
        self.members == 0 && !config.keep_bearer
    }

    /// Begins what could not be done without a member; whether there was something.
    pub(super) fn make_good(
        &mut self, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) -> bool {
        let Update::Owed { reason } = self.update else { return false };
        self.begin(reason, 0, config, now, actions);
        true
    }

    /// Starts an update, in the place of the one being distributed if there is one.
    fn begin(
        &mut self, reason: Reason, failures: u8, config: &SessionConfig, now: Tick,
        actions: &mut Actions<SessionAction>,
    ) {
        if self.stops(config) {
            self.update = if reason.excludes() { Update::Owed { reason } } else { Update::None };
            actions.push(SessionAction::StopBearer);
            return;
        }
        let fading = self.fading.filter(|fading| now < fading.until).map(|fading| fading.msk);
        let retiring = self.retiring.map(|retiring| retiring.msk);
        let Some(new) = self.lanes.fresh(self.active, &[retiring, fading]) else {
            match &mut self.update {
                Update::Distributing(running) => {
                    running.queued = Some(strongest(reason, running.reason()));
                }
                other => {
                    let until = now.after_millis(config.timing.back_off(0));
                    *other = Update::Backoff { reason, failures, until };
                }
            }
            return;
        };
        self.generation = self.generation.wrapping_add(1);
        let due = now.after_millis(config.timing.reinvite(reason.excludes()).into());
        self.update = Update::Distributing(Distributing {
            new,
            reason,
            outstanding: self.members,
            bcast: Bcast::Waiting { until: now.after_millis(config.timing.bcast_ms.into()) },
            sweep_at: due,
            due,
            hurried: false,
            held: self.retiring.is_some(),
            failures,
            queued: None,
        });
        let asked = if self.provision == Provision::Asked { self.active } else { new };
        actions.push(SessionAction::SessionUpdate(self.name(asked)));
        if self.members > 0 && self.retiring.is_none() {
            actions.push(SessionAction::Distribute(self.name(new)));
        }
    }

    /// Gives a distribution that holds nothing what it needs.
    ///
    /// One that has started again has forgotten which MTK IDs and counters it used up, and clients take none of them a second
    /// time: it gets a fresh MSK, which is in use at once. That overtakes every update and every switch under way.
    pub(super) fn provision(
        &mut self, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) {
        // Even where nobody said that it was there: it has switched.
        let switched = self.seq != UpdateSeq(0);
        let again = core::mem::replace(&mut self.provision, Provision::Asked) != Provision::Never || switched;
        if again {
            actions.extend(self.coming().map(SessionAction::UpdateAborted));
            let retiring = self.retiring.map(|retiring| retiring.msk);
            let fading = self.fading.map(|fading| fading.msk);
            let fresh = self.lanes.fresh(self.active, &[retiring, fading]);
            // Nothing is sent under an older MSK any more, so in need none is spared.
            let Some(fresh) = fresh.or_else(|| self.lanes.fresh(self.active, &[])) else { return };
            self.generation = self.generation.wrapping_add(1);
            let settled = now.after_millis(config.timing.settle_ms.into());
            self.fading = Some(Fading { msk: self.active, until: now, settled });
            (self.active, self.retiring) = (fresh, None);
            (self.update, self.coalesce_at) = (Update::None, None);
        } else if let Update::Distributing(running) = &mut self.update {
            running.bcast = Bcast::Waiting { until: now.after_millis(config.timing.bcast_ms.into()) };
        }
        actions.push(SessionAction::SessionUpdate(self.active()));
        if again && self.members > 0 {
            actions.push(SessionAction::Distribute(self.active()));
        }
    }

    pub(super) fn bcast_stored(
        &mut self, name: MskName, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) {
        #[cfg(test)]
        if crate::broken::is(crate::broken::Rule::NamedResponse)
            && let Update::Distributing(running) = &mut self.update
            && name.id != self.active
        {
            running.new = name.id;
        }
        if self.coming() != Some(name) {
            if name != self.active() {
                actions.push(SessionAction::ProtocolError);
            } else if self.provision == Provision::Asked {
                self.provision = Provision::Done;
                if let Update::Distributing(running) = &mut self.update {
                    running.bcast = Bcast::Waiting { until: now.after_millis(config.timing.bcast_ms.into()) };
                    actions.extend(self.coming().map(SessionAction::SessionUpdate));
                }
            }
            return;
        }
        if let Update::Distributing(running) = &mut self.update {
            running.bcast = Bcast::Stored;
        }
        self.gate(config, now, actions);
    }

    /// Sends the indication once everybody has answered, the distribution has stored the MSK, and the switch before is
    /// over.
    pub(super) fn gate(&mut self, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>) {
        let Update::Distributing(running) = self.update else { return };
        let open = running.outstanding == 0
            && running.bcast == Bcast::Stored
            && running.queued.is_none()
            && self.retiring.is_none();
        #[cfg(test)]
        let open = crate::broken::opens(open, running.outstanding == 0, running.bcast == Bcast::Stored)
            && running.queued.is_none()
            && self.retiring.is_none();
        if !open {
            return;
        }
        let timing = &config.timing;
        let excludes = running.reason.excludes();
        self.seq = UpdateSeq(self.seq.0.wrapping_add(1));
        let link = match timing.indication_copies.saturating_sub(1) {
            0 => Link::Sent,
            left => Link::Copies { left, at: now.after_millis(timing.indication_interval_ms.into()) },
        };
        let until = now.after_millis(timing.overlap(excludes).into());
        let Distributing { reason, failures, .. } = running;
        self.retiring = Some(Retiring { msk: self.active, reason, link, until, unreached: 0, failures });
        self.active = running.new;
        self.update = Update::None;
        self.indicate(config, actions);
    }

    fn indicate(&self, config: &SessionConfig, actions: &mut Actions<SessionAction>) {
        let Some(Retiring { msk: old, reason, .. }) = self.retiring else { return };
        let overlap_s = config.timing.overlap(true).div_ceil(1_000).min(MAX_OVERLAP_S.into());
        actions.push(SessionAction::SendIndication(Indication {
            domain: self.domain,
            old,
            new: self.active,
            seq: self.seq,
            first_mtk: config.first_mtk,
            overlap_s: if reason.excludes() { u16::try_from(overlap_s).ok() } else { None },
            channel: config.channel,
        }));
    }

    /// The distribution did not take the new MSK: it is given up, and the one in use stays.
    pub(super) fn abort_distribution(
        &mut self, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) {
        let Update::Distributing(running) = self.update else {
            actions.push(SessionAction::ProtocolError);
            return;
        };
        actions.push(SessionAction::UpdateAborted(self.name(running.new)));
        self.back_off(running.reason(), running.failures, config, now, actions);
    }

    fn back_off(
        &mut self, reason: Reason, failures: u8, config: &SessionConfig, now: Tick,
        actions: &mut Actions<SessionAction>,
    ) {
        self.update = if reason.excludes() {
            let until = now.after_millis(config.timing.back_off(failures));
            let failures = failures.saturating_add(1);
            if failures == ALARM_ATTEMPTS {
                actions.push(SessionAction::ExclusionPending);
            }
            Update::Backoff { reason, failures, until }
        } else {
            Update::None
        };
    }

    pub(super) fn unreachable(&mut self, config: &SessionConfig, now: Tick) {
        let Some(retiring) = &mut self.retiring else { return };
        let at = now.after_millis(config.timing.back_off(retiring.unreached));
        retiring.link = Link::Unreachable { at };
        retiring.unreached = retiring.unreached.saturating_add(1);
    }

    /// The distribution refuses to announce: it has lost the MSK. Nobody has switched.
    pub(super) fn indication_rejected(
        &mut self, seq: UpdateSeq, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) {
        let Some(retiring) = self.retiring.take_if(|_| seq == self.seq) else {
            actions.push(SessionAction::ProtocolError);
            return;
        };
        actions.push(SessionAction::UpdateAborted(self.name(self.active)));
        self.active = retiring.msk;
        match &mut self.update {
            Update::Distributing(running) => {
                running.reason = strongest(running.reason, retiring.reason);
                self.released(config, now, actions);
            }
            Update::Backoff { reason, .. } | Update::Owed { reason } => {
                *reason = strongest(*reason, retiring.reason);
            }
            Update::None => {
                self.back_off(retiring.reason, retiring.failures, config, now, actions);
                // Whoever joined meanwhile holds the MSK that is given up, and no other.
                if self.update == Update::None && self.members > 0 {
                    actions.push(SessionAction::Distribute(self.active()));
                }
            }
        }
    }

    /// The switch before is over: the MSK before it has had its day.
    pub(super) fn switched(
        &mut self, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>,
    ) {
        let Some(retiring) = self.retiring.take() else { return };
        self.fading = Some(Fading {
            msk: retiring.msk,
            until: now.after_millis(config.timing.in_flight_ms.into()),
            settled: now.after_millis(config.timing.settle_ms.into()),
        });
        actions.push(SessionAction::RetireMsk(self.name(retiring.msk)));
        actions.push(SessionAction::UpdateDone(self.name(self.active)));
        self.released(config, now, actions);
    }

    /// What waited for the end of the switch before.
    fn released(&mut self, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>) {
        match self.update {
            Update::Distributing(running) if running.queued.is_some() => {
                self.begin(running.reason(), running.failures, config, now, actions);
            }
            _ => {
                if let Update::Distributing(running) = &mut self.update
                    && core::mem::replace(&mut running.held, false)
                    && self.members > 0
                {
                    let wait = config.timing.reinvite(running.reason.excludes());
                    let due = now.after_millis(wait.into());
                    (running.sweep_at, running.due, running.hurried) = (due, due, false);
                    actions.push(SessionAction::Distribute(MskName::new(self.domain, running.new)));
                }
                self.gate(config, now, actions);
            }
        }
    }

    pub(super) fn fired(
        &mut self, timer: SessionTimer, config: &SessionConfig, now: Tick,
        actions: &mut Actions<SessionAction>,
    ) {
        match timer {
            SessionTimer::Bcast => self.abort_distribution(config, now, actions),
            SessionTimer::Sweep => {
                if let Update::Distributing(running) = &mut self.update {
                    running.sweep_at = now.after_millis(SWEEP_MS);
                    actions.push(SessionAction::Sweep);
                }
            }
            SessionTimer::Copy => self.copy(config, now, actions),
            SessionTimer::Overlap if self.retiring.is_some() => self.switched(config, now, actions),
            SessionTimer::Overlap => self.released(config, now, actions),
            SessionTimer::BackOff => {
                if let Update::Backoff { reason, failures, .. } = self.update {
                    self.begin(reason, failures, config, now, actions);
                }
            }
            SessionTimer::Coalesce => {
                self.coalesce_at = None;
                match self.update {
                    Update::None => self.begin(Reason::Left, 0, config, now, actions),
                    Update::Distributing(_) | Update::Backoff { .. } | Update::Owed { .. } => {}
                }
            }
        }
    }

    fn copy(&mut self, config: &SessionConfig, now: Tick, actions: &mut Actions<SessionAction>) {
        let timing = &config.timing;
        let Some(retiring) = &mut self.retiring else { return };
        let left = match retiring.link {
            Link::Copies { left, .. } => left.saturating_sub(1),
            Link::Unreachable { .. } => {
                retiring.until = now.after_millis(timing.overlap(retiring.reason.excludes()).into());
                timing.indication_copies.saturating_sub(1)
            }
            Link::Sent => return,
        };
        retiring.link = match left {
            0 => Link::Sent,
            left => Link::Copies { left, at: now.after_millis(timing.indication_interval_ms.into()) },
        };
        self.indicate(config, actions);
    }
}
