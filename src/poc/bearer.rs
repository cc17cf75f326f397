//! The control of the BCAST Service distribution: which MSK and MTK protect what goes over the multicast bearer. Names
//! only, no key.
//!
//! | state | event | condition | actions | next |
//! |---|---|---|---|---|
//! | Idle | `Update` | | `Stored`, `NewMtk` | Active |
//! | Idle, Active | `Indication` | nothing stored | `RejectIndication(NotStored)` | same |
//! | Active | `Update` | another name | `Stored` | Stored |
//! | Active | `Update` | name in use, same key | `Stored` | same |
//! | any | `Update` | a held name with another key | `Refused(Name)` | same |
//! | Stored | `Update` | supersedes | `Stored` | Stored with that one |
//! | Stored | `Indication` | names in use and stored | `SendIndication` under the one in use | Announcing |
//! | Stored | `Indication` | other names | `RejectIndication(Mismatch)` | same |
//! | Stored | `Abort` | | | Active |
//! | Announcing, Switched | `Abort` | | | same, without one to come |
//! | Announcing | `Fired(Copy)` | copies left | `SendIndication`, the same content | same |
//! | Announcing | `Fired(Copy)` | none left | `NewMtk` under the new MSK | same |
//! | Announcing | `Fired(Copy)` | MTK copies left | `RepeatMtk` | same |
//! | Announcing | `Fired(Copy)` | none left | `UseMtk`, `Switched` | Switched |
//! | Announcing, Switched | `Update` | another name | `Stored` | same, with that one to come |
//! | any but Idle | `Indication` | no newer sequence than that of the last one | `Acknowledge` | same |
//! | Switched | `Indication` | names in use and to come | `Retire`, `SendIndication` | Announcing |
//! | Switched | `Fired(Overlap)` | | `Retire` | Active or Stored |
//! | Idle excepted | `Fired(Period)` | | `RepeatMtk` | same |
//! | Active, Stored, Switched | `Roll` | | `NewMtk` under the MSK in use; `UseMtk` after its copies | same |
//!
//! There is no way from Active or Stored to Switched but through Announcing, no MTK under the new MSK before the first copy of
//! the indication, and no indication under the new MSK.

use super::indication::{Indication, UpdateSeq};
use super::timing::Timing;
use crate::id::{KeyDomainId, MskId, MskName};
use crate::role::Actions;
use crate::time::Tick;

/// How a name in a Session Update Request stands to what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Known {
    /// It is new.
    No,
    /// It is held with the same key.
    Same,
    /// It is held with another key.
    OtherKey,
}

/// The timers of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BearerTimer {
    /// The next copy of the indication or of the new MTK message, or the switch after the last.
    Copy,
    /// The next copy of the message of a rolled MTK, or its use after the last.
    Roll,
    /// The MTK message is repeated.
    Period,
    /// The overlap is over.
    Overlap,
}

/// What happens to the distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BearerEvent {
    /// A Session Update Request with this MSK.
    Update(MskName, Known),
    /// The MSK Update indication of the server.
    Indication(Indication),
    /// The server gives its update up.
    Abort,
    /// Make a new MTK under the MSK in use.
    Roll,
    /// This timer may have run out. A spurious one is harmless.
    Fired(BearerTimer),
    /// The deadline may have passed: fires the timer that is due longest; others keep their deadline.
    Timeout,
}

/// Why a request or an indication is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BearerRefusal {
    /// The request carries no MSK.
    NoMsk,
    /// Another key under a name that is held, or a name of another Key Domain.
    Name,
    /// No MSK to come is stored.
    NotStored,
    /// The indication does not name the MSKs in use and to come.
    Mismatch,
}

/// What the distribution wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BearerAction {
    /// Answer the Session Update Request: this MSK is stored.
    Stored(MskName),
    /// Answer the Session Update Request: refused.
    Refused(BearerRefusal),
    /// Send this indication over the bearer, under the MTK in use.
    SendIndication(Indication),
    /// Answer the indication: refused.
    RejectIndication(UpdateSeq, BearerRefusal),
    /// Answer the indication: it has been distributed already.
    Acknowledge(UpdateSeq),
    /// Make an MTK under this MSK and send its message over the bearer.
    NewMtk(MskId),
    /// Send the message of the newest MTK again.
    RepeatMtk,
    /// Protect everything with the newest MTK from now on.
    UseMtk,
    /// Tell the server that this MSK is in use.
    Switched(MskName),
    /// Nothing under this MSK is needed any more.
    Retire(MskId),
    /// Call with the timeout event at this time.
    ArmTimer(Tick),
}

/// What is being repeated before something changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// The indication: so many copies to go.
    Indication { left: u8 },
    /// The first MTK under the new MSK: so many copies to go.
    Mtk { left: u8 },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    Idle,
    Active { msk: MskId },
    Stored { msk: MskId, new: MskId },
    Announcing { indication: Indication, phase: Phase, at: Tick, next: Option<MskId> },
    Switched { msk: MskId, old: MskId, until: Tick, next: Option<MskId> },
}

/// A rolled MTK under the MSK in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Roll {
    left: u8,
    at: Tick,
}

/// The control of a distribution. See the module for its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Bearer {
    domain: KeyDomainId,
    state: State,
    roll: Option<Roll>,
    period_at: Option<Tick>,
    last_seq: Option<UpdateSeq>,
}

impl Bearer {
    /// A distribution without any key.
    #[must_use]
    pub const fn new(domain: KeyDomainId) -> Self {
        Self { domain, state: State::Idle, roll: None, period_at: None, last_seq: None }
    }

    /// The MSK under which the MTK in use was delivered.
    #[must_use]
    pub const fn active(&self) -> Option<MskName> {
        match self.state {
            State::Idle => None,
            State::Active { msk } | State::Stored { msk, .. } | State::Switched { msk, .. } => {
                Some(self.name(msk))
            }
            State::Announcing { indication, .. } => Some(self.name(indication.old)),
        }
    }

    /// The MSKs that are needed: in use, announced or stored, to come after that.
    pub(super) fn needed(&self) -> [Option<MskName>; 3] {
        let named = match self.state {
            State::Idle => [None; 3],
            State::Active { msk } => [Some(msk), None, None],
            State::Stored { msk, new } => [Some(msk), Some(new), None],
            State::Announcing { indication, next, .. } => [Some(indication.old), Some(indication.new), next],
            State::Switched { msk, old, next, .. } => [Some(msk), Some(old), next],
        };
        named.map(|msk| msk.map(|msk| self.name(msk)))
    }

    /// Whether the indication has left and the switch is not over.
    #[must_use]
    pub const fn is_announcing(&self) -> bool {
        matches!(self.state, State::Announcing { .. })
    }

    /// The timers that run, with when they run out.
    pub fn timers(&self) -> impl Iterator<Item = (BearerTimer, Tick)> {
        let (copy, overlap) = match self.state {
            State::Announcing { at, .. } => (Some(at), None),
            State::Switched { until, .. } => (None, Some(until)),
            _ => (None, None),
        };
        [
            (BearerTimer::Copy, copy),
            (BearerTimer::Roll, self.roll.map(|roll| roll.at)),
            (BearerTimer::Period, self.period_at),
            (BearerTimer::Overlap, overlap),
        ]
        .into_iter()
        .filter_map(|(timer, at)| at.map(|at| (timer, at)))
    }

    /// When the next timer runs out.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        self.timers().map(|(_, at)| at).min()
    }

    /// One step.
    pub fn step(mut self, event: BearerEvent, timing: &Timing, now: Tick) -> (Self, Actions<BearerAction>) {
        let mut actions = Actions::new();
        match event {
            BearerEvent::Update(name, known) => self.update(name, known, timing, now, &mut actions),
            BearerEvent::Indication(indication) => self.indication(indication, timing, now, &mut actions),
            BearerEvent::Abort => self.abort(),
            BearerEvent::Roll => {
                let msk = match self.state {
                    State::Active { msk } | State::Stored { msk, .. } | State::Switched { msk, .. } => msk,
                    // The switch brings a new MTK anyway.
                    State::Idle | State::Announcing { .. } => return (self, actions),
                };
                self.begin_roll(msk, timing, now, &mut actions);
            }
            BearerEvent::Fired(timer) => {
                if self.timers().any(|(running, at)| running == timer && at <= now) {
                    self.fired(timer, timing, now, &mut actions);
                }
            }
            BearerEvent::Timeout => {
                let due = self.timers().filter(|(_, at)| *at <= now).min_by_key(|(_, at)| *at);
                if let Some((timer, _)) = due {
                    self.fired(timer, timing, now, &mut actions);
                }
            }
        }
        (self, actions)
    }

    /// The name of an MSK of this channel.
    pub(super) const fn name(&self, msk: MskId) -> MskName {
        MskName::new(self.domain, msk)
    }

    fn update(
        &mut self, name: MskName, known: Known, timing: &Timing, now: Tick,
        actions: &mut Actions<BearerAction>,
    ) {
        if known == Known::OtherKey || name.domain != self.domain {
            actions.push(BearerAction::Refused(BearerRefusal::Name));
            return;
        }
        actions.push(BearerAction::Stored(name));
        if known == Known::Same {
            return;
        }
        #[cfg(test)]
        if crate::broken::is(crate::broken::Rule::AnnouncedBeforeUse)
            && let State::Active { msk: old } = self.state
        {
            let (domain, seq, first_mtk, overlap_s, channel) = (self.domain, UpdateSeq(0), None, None, None);
            let indication = Indication { domain, old, new: name.id, seq, first_mtk, overlap_s, channel };
            let phase = Phase::Indication { left: 0 };
            self.state = State::Announcing { indication, phase, at: now, next: None };
            return;
        }
        self.state = match self.state {
            State::Idle => {
                self.begin_roll(name.id, timing, now, actions);
                State::Active { msk: name.id }
            }
            State::Active { msk } | State::Stored { msk, .. } => State::Stored { msk, new: name.id },
            State::Announcing { indication, phase, at, .. } => {
                State::Announcing { indication, phase, at, next: Some(name.id) }
            }
            State::Switched { msk, old, until, .. } => {
                State::Switched { msk, old, until, next: Some(name.id) }
            }
        };
    }

    fn indication(
        &mut self, indication: Indication, timing: &Timing, now: Tick, actions: &mut Actions<BearerAction>,
    ) {
        let ours = |msk: MskId, new: MskId| {
            indication.domain == self.domain && indication.old == msk && indication.new == new
        };
        #[cfg(test)]
        if let State::Active { msk } = self.state
            && crate::broken::is(crate::broken::Rule::StoredBeforeAnnounced)
        {
            self.state = State::Stored { msk, new: indication.new };
        }
        match self.state {
            // A copy; one of an update before that was overtaken must not look like the refusal of this one.
            _ if self.last_seq.is_some_and(|last| !indication.seq.is_after(last)) => {
                actions.push(BearerAction::Acknowledge(indication.seq));
                return;
            }
            State::Idle | State::Active { .. } | State::Switched { next: None, .. } => {
                actions.push(BearerAction::RejectIndication(indication.seq, BearerRefusal::NotStored));
                return;
            }
            State::Stored { msk, new } if ours(msk, new) => {}
            State::Switched { msk, old, next: Some(next), .. } if ours(msk, next) => {
                actions.push(BearerAction::Retire(old));
            }
            State::Stored { .. } | State::Switched { .. } | State::Announcing { .. } => {
                actions.push(BearerAction::RejectIndication(indication.seq, BearerRefusal::Mismatch));
                return;
            }
        }
        self.last_seq = Some(indication.seq);
        // The MTK in use is the newest one that all clients can hold; one that was being rolled in is not.
        self.roll = None;
        let left = timing.indication_copies.saturating_sub(1);
        let at = now.after_millis(timing.indication_interval_ms.into());
        self.state = State::Announcing { indication, phase: Phase::Indication { left }, at, next: None };
        actions.push(BearerAction::SendIndication(indication));
    }

    const fn abort(&mut self) {
        match &mut self.state {
            State::Stored { msk, .. } => self.state = State::Active { msk: *msk },
            State::Announcing { next, .. } | State::Switched { next, .. } => *next = None,
            State::Idle | State::Active { .. } => {}
        }
    }

    fn begin_roll(&mut self, msk: MskId, timing: &Timing, now: Tick, actions: &mut Actions<BearerAction>) {
        let at = now.after_millis(timing.mtk_interval_ms.into());
        self.roll = Some(Roll { left: timing.mtk_copies.saturating_sub(1), at });
        self.period_at = Some(now.after_millis(timing.mtk_period_ms.into()));
        actions.push(BearerAction::NewMtk(msk));
    }

    fn fired(&mut self, timer: BearerTimer, timing: &Timing, now: Tick, actions: &mut Actions<BearerAction>) {
        match timer {
            BearerTimer::Copy => self.copy(timing, now, actions),
            BearerTimer::Roll => match self.roll {
                Some(Roll { left: 0, .. }) => {
                    self.roll = None;
                    actions.push(BearerAction::UseMtk);
                }
                Some(Roll { left, .. }) => {
                    let at = now.after_millis(timing.mtk_interval_ms.into());
                    self.roll = Some(Roll { left: left.saturating_sub(1), at });
                    actions.push(BearerAction::RepeatMtk);
                }
                None => {}
            },
            BearerTimer::Period => {
                self.period_at = Some(now.after_millis(timing.mtk_period_ms.into()));
                actions.push(BearerAction::RepeatMtk);
            }
            BearerTimer::Overlap => {
                if let State::Switched { msk, old, next, .. } = self.state {
                    actions.push(BearerAction::Retire(old));
                    self.state = match next {
                        Some(new) => State::Stored { msk, new },
                        None => State::Active { msk },
                    };
                }
            }
        }
    }

    fn copy(&mut self, timing: &Timing, now: Tick, actions: &mut Actions<BearerAction>) {
        let State::Announcing { indication, phase, next, .. } = self.state else { return };
        let (phase, wait) = match phase {
            Phase::Indication { left: 0 } => {
                actions.push(BearerAction::NewMtk(indication.new));
                (Phase::Mtk { left: timing.mtk_copies.saturating_sub(1) }, timing.mtk_interval_ms)
            }
            Phase::Indication { left } => {
                actions.push(BearerAction::SendIndication(indication));
                (Phase::Indication { left: left.saturating_sub(1) }, timing.indication_interval_ms)
            }
            Phase::Mtk { left: 0 } => {
                let overlap = indication
                    .overlap_s
                    .map_or(u64::from(timing.overlap_ms), |s| u64::from(s).saturating_mul(1_000));
                let until = now.after_millis(overlap);
                self.state = State::Switched { msk: indication.new, old: indication.old, until, next };
                self.period_at = Some(now.after_millis(timing.mtk_period_ms.into()));
                actions.push(BearerAction::UseMtk);
                actions.push(BearerAction::Switched(self.name(indication.new)));
                return;
            }
            Phase::Mtk { left } => {
                actions.push(BearerAction::RepeatMtk);
                (Phase::Mtk { left: left.saturating_sub(1) }, timing.mtk_interval_ms)
            }
        };
        self.state = State::Announcing { indication, phase, at: now.after_millis(wait.into()), next };
    }
}
