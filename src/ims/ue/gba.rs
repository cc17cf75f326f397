//! The bootstrapping run that a service stands on, its renewal, and how long the MUK before it serves (TS 26.237 §10.4,
//! refresh of Ks_NAF).
//!
//! ```text
//! Ks told -> MUK derived -> B-TID sent to the network -> network answers -> old MUK serves 10 s more
//!         60 s before its end, or at once when it has ended: bootstrap again; after a failure again in 30 s
//! ```

use super::ServiceAction;
use crate::ims::{BTid, UeTiming};
use crate::role::Actions;
use crate::time::Tick;

/// The Ks in use.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Current {
    btid: BTid,
    expires: Tick,
    renew: Tick,
    progress: Progress,
}

/// How far a Ks has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Progress {
    /// Its MUK is not derived.
    Told,
    /// Its MUK is derived.
    Derived,
    /// The network was told its B-TID.
    Announced,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Run {
    #[default]
    Idle,
    Running,
    Retry(Tick),
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Gba {
    current: Option<Current>,
    /// The B-TID before, and when its MUK is forgotten.
    old: Option<(BTid, Option<Tick>)>,
    run: Run,
}

impl Gba {
    pub(super) fn btid(&self) -> Option<&BTid> {
        self.current.as_ref().map(|ks| &ks.btid)
    }

    pub(super) fn is_valid(&self, now: Tick) -> bool {
        self.current.as_ref().is_some_and(|ks| now < ks.expires)
    }

    pub(super) fn is_running(&self) -> bool {
        self.run == Run::Running
    }

    /// Whether there is a Ks the network has not been told of.
    pub(super) fn is_news(&self, now: Tick) -> bool {
        self.is_valid(now) && self.current.as_ref().is_some_and(|ks| ks.progress < Progress::Announced)
    }

    /// Asks for a run, once.
    pub(super) fn start<R>(&mut self, actions: &mut Actions<ServiceAction<R>>) {
        if !self.is_running() {
            self.run = Run::Running;
            actions.push(ServiceAction::NeedBootstrap);
        }
    }

    /// A run has left a Ks.
    pub(super) fn done<R>(
        &mut self, btid: BTid, expires: Tick, timing: &UeTiming, now: Tick,
        actions: &mut Actions<ServiceAction<R>>,
    ) {
        self.run = Run::Idle;
        let early = Tick::from_millis(expires.as_millis().saturating_sub(timing.renew_before_ms));
        // A Ks too short-lived to be renewed early, or over already, must not cause one run after the other.
        let renew = if early > now { early } else { expires.max(now.after_millis(timing.gba_retry_ms)) };
        if let Some(ks) = self.current.as_mut().filter(|ks| ks.btid == btid) {
            (ks.expires, ks.renew) = (expires, renew);
            return;
        }
        let new = Current { btid, expires, renew, progress: Progress::Told };
        if let Some(before) = self.current.replace(new).filter(|ks| ks.progress > Progress::Told) {
            self.drop_old(actions);
            self.old = Some((before.btid, None));
        }
    }

    /// A run has failed: another one in a while.
    pub(super) const fn failed(&mut self, timing: &UeTiming, now: Tick) {
        self.run = Run::Retry(now.after_millis(timing.gba_retry_ms));
    }

    /// No run is wanted any more.
    pub(super) const fn stop(&mut self) {
        self.run = Run::Idle;
    }

    /// The MUK is needed now.
    pub(super) fn derive<R>(&mut self, actions: &mut Actions<ServiceAction<R>>) {
        if let Some(ks) = self.current.as_mut().filter(|ks| ks.progress == Progress::Told) {
            ks.progress = Progress::Derived;
            actions.push(ServiceAction::DeriveMuk(ks.btid.clone()));
        }
    }

    /// The B-TID is being sent to the network.
    pub(super) fn announce<R>(&mut self, actions: &mut Actions<ServiceAction<R>>) {
        self.derive(actions);
        if let Some(ks) = &mut self.current {
            ks.progress = Progress::Announced;
        }
    }

    /// The network has taken the B-TID: the MUK before it serves messages in flight, then it goes.
    pub(super) fn taken<R>(&mut self, timing: &UeTiming, now: Tick, actions: &mut Actions<ServiceAction<R>>) {
        // A Ks that came since then is not what the network has taken.
        let current = self.current.as_ref().is_some_and(|ks| ks.progress == Progress::Announced);
        if let Some((_, until @ None)) = self.old.as_mut().filter(|_| current) {
            *until = Some(now.after_millis(timing.old_muk_ms));
        }
        self.expire_old(now, actions);
    }

    /// The network does not know the B-TID.
    pub(super) fn discard<R>(&mut self, actions: &mut Actions<ServiceAction<R>>) {
        if let Some(ks) = self.current.take().filter(|ks| ks.progress > Progress::Told) {
            actions.push(ServiceAction::ForgetMuk(ks.btid));
        }
    }

    pub(super) fn drop_old<R>(&mut self, actions: &mut Actions<ServiceAction<R>>) {
        if let Some((btid, _)) = self.old.take() {
            actions.push(ServiceAction::ForgetMuk(btid));
        }
    }

    pub(super) fn expire_old<R>(&mut self, now: Tick, actions: &mut Actions<ServiceAction<R>>) {
        if self.old_deadline().is_some_and(|until| until <= now) {
            self.drop_old(actions);
        }
    }

    pub(super) fn old_deadline(&self) -> Option<Tick> {
        self.old.as_ref().and_then(|(_, until)| *until)
    }

    /// When the Ks wants to be renewed: only asked while a service runs.
    pub(super) fn renewal(&self) -> Option<Tick> {
        match self.run {
            Run::Idle => self.current.as_ref().map(|ks| ks.renew),
            Run::Running => None,
            Run::Retry(at) => Some(at),
        }
    }
}
