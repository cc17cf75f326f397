//! The control of an MSK update by the PoC Server that performs the Participating PoC Function and controls the
//! Multicast PoC Channel: names and counts only, no key.
//!
//! | state | event | condition | actions | next |
//! |---|---|---|---|---|
//! | Steady | `Trigger` | policy says yes | `SessionUpdate`, `Distribute` | Distributing |
//! | Steady | `Trigger` | policy says no | `NoUpdate`; `RollMtk` where the MTK is due | Steady |
//! | Steady | `Expelled` | a member | `RemoveMember`, then as `Trigger` | Distributing |
//! | Steady | `Trigger` | yes, no member left | `SessionUpdate` if the bearer stays up, else `StopBearer` | Distributing or Steady |
//! | Steady | `Join` | the first after an exclusion that stopped the bearer | `SendMsk` with both, `SessionUpdate` | Distributing |
//! | any | `Left`, `Fail` | the last member, the bearer does not stay up | `StopBearer` | same |
//! | Distributing | `Ok` | outstanding, confirmed | `Keyed` | gate |
//! | Distributing | `Ok` | not outstanding | none; `Keyed` where it answers an offer that ran out of time | same |
//! | Distributing | `Ok` | confirmation demanded and bad | `Unkeyed(BadConfirm)` | gate |
//! | Distributing | `Fail` 488, 606 | | `Unkeyed(Rejected)`, `EndSession` or `OfferUnicast` | gate |
//! | Distributing | `Fail` 408, 480, 481, transaction time-out | | `RemoveMember` | gate |
//! | Distributing | `Fail(Busy)`, `Fail(Glare)` | first time, still wanted | `DeliverAt` | same |
//! | Distributing | `Fail` otherwise | | `Unkeyed(Rejected)` | gate |
//! | Distributing | `Timeout` | past `due` | `Unkeyed(Timeout)` | gate |
//! | Distributing | `BcastStored` | names the new MSK | | gate |
//! | Distributing | `BcastStored` | names the MSK in use, the distribution had none | `SessionUpdate` of the new one, which waited for that | same |
//! | Distributing | `BcastStored` | names another | `ProtocolError` | same |
//! | Distributing | `BcastRejected`, `Fired(Bcast)` | | `UpdateAborted` | Backoff if somebody is shut out, else Steady |
//! | Distributing | *gate* | nobody outstanding, stored, the switch before is over | `SendIndication` | Indicated |
//! | Distributing | `Expelled` | was sent the new MSK | `RemoveMember`, `SessionUpdate`, `Distribute` of one more | Distributing |
//! | Distributing | `Expelled` | was not | `RemoveMember` | gate |
//! | Distributing | `Left` | | `RemoveMember`; merged, or superseded by configuration | gate |
//! | Distributing | `Join` | | `SendMsk` with both | same |
//! | Indicated | `Fired(Copy)` | copies left | `SendIndication`, same sequence | same |
//! | Indicated | `BcastUnreachable` | | the same again after 1, 2, 4, 8 s | same |
//! | Indicated | `IndicationRejected` | | `UpdateAborted`; the MSK before stays in use; `Distribute` of it | Backoff or Steady |
//! | Indicated | `BcastSwitched`, `Fired(Overlap)` | | `RetireMsk`, `UpdateDone` | Steady |
//! | Indicated | `Join` | | `SendMsk` with the new one | same |
//! | Indicated | `Trigger`, `Expelled` | | `RemoveMember`, `SessionUpdate`; `Distribute` when the switch is over | Distributing |
//! | Indicated | `Ok` late | | `Keyed` | same |
//! | Backoff | `Fired(BackOff)` | | as `Trigger` | Distributing |
//! | Backoff | `Expelled` | fewer than four attempts | `RemoveMember` | same |
//! | Backoff | `Expelled` | four or more | as in Steady | Distributing |
//! | any | `MukUnavailable` | | `Unkeyed(NoMuk)`, `OfferUnicast`: no multicast channel for it | same |
//! | any | `Requested` | a member | `SendMsk` with the current one, and the pending one | same |
//! | any | `Requested` | not a member | `Refuse(403)` | same |
//! | any | `BearerReset` | the first | `SessionUpdate` of the MSK in use | same |
//! | any | `BearerReset` | another | `UpdateAborted` of the pending MSK; `SessionUpdate` and `Distribute` of a fresh one, in use at once | Steady |
//! | any | `Media` | dedicated session, bearer up | `ToBcast` | same |
//! | any | `Ended` | | | Ended |
//!
//! Distributing and Indicated may run at once: the next update starts while the last one's switch is not over. Its MSK
//! goes to the distribution at once and to the members when the distribution has switched, about a second later. A client
//! that has missed the indication would otherwise take the MSK of that switch for superseded, as it must take one that was
//! never indicated: it cannot tell the two apart, and whoever was expelled could make it believe either. For the same reason
//! an offer soon after a switch says once more which MSK is in use.

mod event;
mod lane;
mod leg;
mod member;
mod phase;
mod update;

pub use event::{Failure, LegEvent, SessionAction, SessionEvent, SessionTimer, Unkeyed};
pub use leg::{Leg, Receipt};

use self::lane::Lanes;
use self::phase::{Bcast, Distributing, Fading, Provision, Retiring, Update};
use crate::id::{KeyDomainId, KeyGroup, MskId, MskName, MtkId};
use crate::poc::PocError;
use crate::poc::indication::{ChannelTag, UpdateSeq};
use crate::poc::policy::{PolicyConfig, Progress};
use crate::poc::timing::Timing;
use crate::role::Actions;
use crate::time::Tick;

/// Whether a member has to prove that it opened the MSK.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Confirm {
    /// By a verification message in its answer (RFC 4567, MIKEY's V flag).
    #[default]
    Required,
    /// Its 200 is enough.
    OkIsEnough,
}

/// What a refused re-INVITE means for the member.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnRekeyReject {
    /// Its session is ended (RFC 4567 §4.1.2).
    #[default]
    Abort,
    /// It is offered the session without the multicast channel.
    Unicast,
}

/// How a session is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SessionConfig {
    /// Local policy.
    pub policy: PolicyConfig,
    /// The times.
    pub timing: Timing,
    /// Key confirmation. Default required.
    pub confirm: Confirm,
    /// What a refusal means. Default the end of the session.
    pub on_rekey_reject: OnRekeyReject,
    /// Whether the bearer, and its key updates, go on without a member. Default yes.
    pub keep_bearer: bool,
    /// The channel's tag in the indication. Default none.
    pub channel: Option<ChannelTag>,
    /// The MTK ID of the first MTK under a new MSK, for the indication. Default 1.
    pub first_mtk: Option<MtkId>,
}

impl Default for SessionConfig {
    fn default() -> Self {
        Self {
            policy: PolicyConfig::default(),
            timing: Timing::DEFAULT,
            confirm: Confirm::Required,
            on_rekey_reject: OnRekeyReject::Abort,
            keep_bearer: true,
            channel: None,
            first_mtk: Some(MtkId(1)),
        }
    }
}

/// Whether there is a distribution to forward media to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Bearer {
    Up,
    Unknown { held: u8 },
}

/// The session of one Multicast PoC Channel, for any number of members. See the module for its table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Session {
    domain: KeyDomainId,
    lanes: Lanes,
    active: MskId,
    retiring: Option<Retiring>,
    /// The MSK before the one in use, while packets under it may still be under way.
    fading: Option<Fading>,
    update: Update,
    members: u32,
    /// +1 with every update; tells a member's answer to this one from one to an update before.
    generation: u32,
    seq: UpdateSeq,
    coalesce_at: Option<Tick>,
    bearer: Bearer,
    provision: Provision,
    ended: bool,
}

impl Session {
    /// A session without members, whose channel has this primary and spare Key Group. Its first MSK is number 1 of the
    /// primary one.
    #[must_use]
    pub fn new(domain: KeyDomainId, groups: [KeyGroup; 2]) -> Self {
        let mut lanes = Lanes::new(groups);
        let active = lanes.first();
        Self {
            domain,
            lanes,
            active,
            retiring: None,
            fading: None,
            update: Update::None,
            members: 0,
            generation: 1,
            seq: UpdateSeq(0),
            coalesce_at: None,
            bearer: Bearer::Unknown { held: 0 },
            provision: Provision::Never,
            ended: false,
        }
    }

    /// The MSK in use: the new one from the moment its indication leaves.
    #[must_use]
    pub const fn active(&self) -> MskName {
        MskName::new(self.domain, self.active)
    }

    /// The MSK that is being handed out.
    #[must_use]
    pub const fn coming(&self) -> Option<MskName> {
        match self.update {
            Update::Distributing(Distributing { new, .. }) => Some(self.name(new)),
            _ => None,
        }
    }

    /// The MSK before the one in use, while the switch is not over.
    #[must_use]
    pub fn retiring(&self) -> Option<MskName> {
        self.retiring.map(|retiring| self.name(retiring.msk))
    }

    /// The MSK before the one in use, until when packets may be under way, and until when its end may be missed.
    #[cfg(test)]
    pub(super) fn fading(&self) -> Option<(MskId, Tick, Tick)> {
        self.fading.map(|fading| (fading.msk, fading.until, fading.settled))
    }

    /// The primary and the spare Key Group, both of which the channel parameters list.
    #[must_use]
    pub fn groups(&self) -> [KeyGroup; 2] {
        self.lanes.groups()
    }

    /// How many members there are.
    #[must_use]
    pub const fn members(&self) -> u32 {
        self.members
    }

    /// How many members have neither answered the offer of the new MSK nor run out of time.
    #[must_use]
    pub const fn outstanding(&self) -> u32 {
        match self.update {
            Update::Distributing(Distributing { outstanding, .. }) => outstanding,
            _ => 0,
        }
    }

    /// The sequence number of the last indication.
    #[must_use]
    pub const fn seq(&self) -> UpdateSeq {
        self.seq
    }

    /// How far the update is.
    #[must_use]
    pub const fn progress(&self) -> Progress {
        match (self.update, self.retiring) {
            (Update::Distributing(_), _) => Progress::Distributing,
            (_, Some(_)) => Progress::Indicated,
            _ => Progress::Steady,
        }
    }

    /// Whether somebody who was thrown out can still read: until the indication has left and the distribution has
    /// switched.
    #[must_use]
    pub const fn exclusion_pending(&self) -> bool {
        let update = match self.update {
            Update::None => false,
            Update::Owed { .. } => true,
            Update::Distributing(running) => running.reason().excludes(),
            Update::Backoff { reason, .. } => reason.excludes(),
        };
        let switch = match self.retiring {
            Some(Retiring { reason, .. }) => reason.excludes(),
            None => false,
        };
        update || switch
    }

    /// Whether the session is over.
    #[must_use]
    pub const fn is_ended(&self) -> bool {
        self.ended
    }

    /// The timers that run, with when they run out.
    pub fn timers(&self) -> impl Iterator<Item = (SessionTimer, Tick)> {
        // What a queued update waits for.
        let fading = match self.update {
            Update::Distributing(Distributing { queued: Some(_), .. }) if self.retiring.is_none() => {
                self.fading.map(|fading| fading.until)
            }
            _ => None,
        };
        let (bcast, sweep, back_off) = match self.update {
            Update::Distributing(Distributing { bcast, sweep_at, outstanding, held, .. }) => {
                let until = match bcast {
                    Bcast::Waiting { until } => Some(until),
                    Bcast::Stored => None,
                };
                (until, Some(sweep_at).filter(|_| outstanding > 0 && !held), None)
            }
            Update::Backoff { until, .. } => (None, None, Some(until)),
            Update::None | Update::Owed { .. } => (None, None, None),
        };
        [
            (SessionTimer::Bcast, bcast),
            (SessionTimer::Sweep, sweep),
            (SessionTimer::Copy, self.retiring.and_then(|retiring| retiring.copy_at())),
            (SessionTimer::Overlap, self.retiring.and_then(|retiring| retiring.overlap_until()).or(fading)),
            (SessionTimer::BackOff, back_off),
            (SessionTimer::Coalesce, self.coalesce_at),
        ]
        .into_iter()
        .filter_map(|(timer, at)| at.map(|at| (timer, at)))
    }

    /// When the next timer runs out.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        self.timers().map(|(_, at)| at).min()
    }

    /// One step of the session as a whole.
    ///
    /// # Errors
    ///
    /// [`PocError::NotController`] when another function asks, [`PocError::UnexpectedState`] when the session is over.
    pub fn step(
        mut self, event: SessionEvent, config: &SessionConfig, now: Tick,
    ) -> Result<(Self, Actions<SessionAction>), PocError> {
        if self.ended {
            return Err(PocError::UnexpectedState);
        }
        let mut actions = Actions::new();
        match event {
            SessionEvent::Trigger(event) => self.trigger(&event, true, config, now, &mut actions),
            SessionEvent::AskedByOther => return Err(PocError::NotController),
            SessionEvent::BcastStored(name) => self.bcast_stored(name, config, now, &mut actions),
            SessionEvent::BcastRejected => self.abort_distribution(config, now, &mut actions),
            SessionEvent::BcastUnreachable => self.unreachable(config, now),
            SessionEvent::IndicationRejected(seq) => self.indication_rejected(seq, config, now, &mut actions),
            // A word of the switch before the one under way is of no account.
            SessionEvent::BcastSwitched(name) if name == self.active() => {
                self.switched(config, now, &mut actions);
            }
            SessionEvent::BcastSwitched(_) => {}
            SessionEvent::BearerReset => self.provision(config, now, &mut actions),
            SessionEvent::BearerUp => {
                if matches!(self.bearer, Bearer::Unknown { held } if held > 0) {
                    actions.push(SessionAction::ReleaseHeld);
                }
                self.bearer = Bearer::Up;
            }
            SessionEvent::BearerDown => {
                // What is held stays held.
                if self.bearer == Bearer::Up {
                    self.bearer = Bearer::Unknown { held: 0 };
                }
            }
            SessionEvent::Media { dedicated } => {
                actions.push(self.media(dedicated, config));
            }
            SessionEvent::Ended => {
                self = Self { ended: true, members: 0, update: Update::None, retiring: None, ..self };
                self.coalesce_at = None;
            }
            SessionEvent::Fired(timer) => {
                if self.timers().any(|(running, at)| running == timer && at <= now) {
                    self.fired(timer, config, now, &mut actions);
                }
            }
            SessionEvent::Timeout => {
                let due = self.timers().filter(|(_, at)| *at <= now).min_by_key(|(_, at)| *at);
                if let Some((timer, _)) = due {
                    self.fired(timer, config, now, &mut actions);
                }
            }
        }
        Ok((self, actions))
    }

    const fn name(&self, msk: MskId) -> MskName {
        MskName::new(self.domain, msk)
    }

    fn media(&mut self, dedicated: bool, config: &SessionConfig) -> SessionAction {
        match &mut self.bearer {
            _ if !dedicated => SessionAction::DropMedia,
            Bearer::Up => SessionAction::ToBcast,
            Bearer::Unknown { held } if *held < config.timing.hold_packets => {
                *held = held.saturating_add(1);
                SessionAction::Hold
            }
            Bearer::Unknown { .. } => SessionAction::NoBearer,
        }
    }
}
