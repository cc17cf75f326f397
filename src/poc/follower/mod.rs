//! The control of a PoC Client for one Multicast PoC Channel: which MSKs and MTKs are held, in use and to come. It is
//! generic over what is kept under a name, so that the same rules run with keys and without.
//!
//! | state | [`Switchover`] | event | condition | actions | next |
//! |---|---|---|---|---|---|
//! | C0 NoKey | `Idle` | `store` | | `Activated` | C1 |
//! | C1 Steady | `Steady` | `store` | new name | | C2 |
//! | C1, C2 | | `store` | held name, same key | | same |
//! | C1 | | `announced` | in use to one that is not held | | C2e |
//! | C1 | | `announced` | to the one in use | | same |
//! | C2e EarlyInd | `Expecting` | `store` | the one announced | `Activated` | C3a |
//! | C2e | | `Fired(Switch)` | | `MissedKey` | C1 |
//! | C2 Pending | `Pending` | `announced` | in use to pending, newer sequence | `Activated` | C3a |
//! | C2 | | `announced` | not under the MSK in use, or other names | error | same |
//! | C2 | | MTK message | under the pending one, not strict | `Activated`, `MtkReady` | C3b |
//! | C2 | | MTK message | under the one in use | `MtkReady` | C2 |
//! | C2 | | `store` | one more: the pending one is superseded | | C2 |
//! | C2 | | `Fired(Pending)` | | `PendingStale` | C2 |
//! | C3a Switching | `Switching` | MTK message | under the new one | `MtkReady` | C3b |
//! | C3a | | packet under an old MTK | | accepted | C3a |
//! | C3a | | `Fired(Stalled)` | | `SwitchStalled` | C3a |
//! | C3b Overlap | `Overlap` | packet under an old MTK | | accepted | C3b |
//! | C3b | | MTK message | under the old one | error | C3b |
//! | C3b | | `announced` | in use to next | none: an MTK shows that it is true | same |
//! | C3b | | `Fired(Switch)` | | `MtkDropped` | C1 |
//! | C3a, C3b | | `store` | next | overlap ends if the two-MSK rule takes the old one | same, with next |
//! | any | | `store` as current | not the one in use: an indication was missed | `Activated` | C3a |
//! | any | | packet of an unknown MSK | once per back-off | `MissedKey` | same |
//! | any | | `clear` | | | C0 |
//!
//! An expelled member knows the old MTK and could forge an announcement. Therefore nothing of the old key is given up
//! before an MTK under the new one has been verified, and an announced sequence number counts only from then on.

use core::fmt;

mod event;
mod missed;
mod step;

use super::PocError;
use super::indication::{Announced, Indication, MAX_OVERLAP_S, UpdateSeq};
use crate::id::{Mki, MskId, MskName};
use crate::keys::{Inserted, MskStore, MtkStore, SameMskId, StoredMsk};
use crate::role::{Actions, SwitchAction, SwitchEvent, Switchover};
use crate::time::Tick;

pub use event::{FollowerAction, FollowerConfig, FollowerTimer, MAX_CLIENT_ACTIONS, Packet};
use missed::Asked;

/// Key Groups of a Multicast PoC Channel: primary and spare.
pub const CHANNEL_GROUPS: usize = 2;

/// What a client holds of one channel. `E` is kept of an MSK, `T` of an MTK.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Follower<E, T> {
    switch: Switchover,
    msks: MskStore<CHANNEL_GROUPS, E>,
    mtks: MtkStore<T>,
    last_seq: Option<UpdateSeq>,
    /// The switch to this MSK is what an indication says, with its sequence number; no MTK has confirmed it yet.
    claimed: Option<(MskId, Option<UpdateSeq>)>,
    /// The overlap that the indication asks for, milliseconds.
    overlap_ms: Option<u32>,
    pending_at: Option<Tick>,
    stalled_at: Option<Tick>,
    asked: [Option<Asked>; CHANNEL_GROUPS],
    held: u8,
}

impl<E: StoredMsk, T> Follower<E, T> {
    /// A client without any key.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            switch: Switchover::Idle,
            msks: MskStore::new(),
            mtks: MtkStore::new(),
            last_seq: None,
            claimed: None,
            overlap_ms: None,
            pending_at: None,
            stalled_at: None,
            asked: [None; CHANNEL_GROUPS],
            held: 0,
        }
    }

    /// Which MSK is in use, and which may come.
    #[must_use]
    pub const fn switchover(&self) -> Switchover {
        self.switch
    }

    /// The MSKs held.
    #[must_use]
    pub const fn msks(&self) -> &MskStore<CHANNEL_GROUPS, E> {
        &self.msks
    }

    /// The MTKs held, also those that wait for an indication.
    #[must_use]
    pub const fn mtks(&self) -> &MtkStore<T> {
        &self.mtks
    }

    /// The sequence number of the last switch.
    #[must_use]
    pub const fn last_seq(&self) -> Option<UpdateSeq> {
        self.last_seq
    }

    pub(super) fn msk_mut(&mut self, name: MskName) -> Option<&mut E> {
        self.msks.get_mut(name)
    }

    pub(super) fn key_mut(&mut self, mki: Mki) -> Option<&mut T> {
        self.serves(mki.msk).then_some(())?;
        self.mtks.get_mut(mki)
    }

    /// The MTK for packets with this MKI, if its MSK is in use or was until just now.
    #[must_use]
    pub fn key(&self, mki: Mki) -> Option<&T> {
        self.mtks.get(mki).filter(|_| self.serves(mki.msk))
    }

    fn serves(&self, msk: MskId) -> bool {
        self.switch.active() == Some(msk) || self.switch.retiring() == Some(msk)
    }

    /// The timers that run, with when they run out.
    pub fn timers(&self) -> impl Iterator<Item = (FollowerTimer, Tick)> {
        [
            (FollowerTimer::Switch, self.switch.deadline()),
            (FollowerTimer::Pending, self.pending_at),
            (FollowerTimer::Stalled, self.stalled_at),
        ]
        .into_iter()
        .filter_map(|(timer, at)| at.map(|at| (timer, at)))
    }

    /// When the next timer runs out.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        self.timers().map(|(_, at)| at).min()
    }

    /// Whether an MSK of this name can belong to the channel.
    ///
    /// # Errors
    ///
    /// [`PocError::UnknownMsk`] for another Key Domain or Key Group: the MSK of another channel or server.
    pub fn check_name(&self, name: MskName, config: &FollowerConfig) -> Result<(), PocError> {
        if name.domain == config.domain && config.groups.contains(&name.id.group) {
            Ok(())
        } else {
            Err(PocError::UnknownMsk)
        }
    }

    /// Stores an MSK that came under the client's own MUK. `current`: the server says that it is in use.
    ///
    /// # Errors
    ///
    /// As [`check_name`](Self::check_name). Nothing has changed then.
    pub fn store(
        &mut self, entry: E, current: bool, config: &FollowerConfig, now: Tick,
        actions: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
    ) -> Result<(), PocError> {
        let name = entry.name();
        self.check_name(name, config)?;
        if let (true, Some(active)) = (config.protect_active, self.switch.active()) {
            self.msks.touch(MskName::new(config.domain, active));
        }
        // An offer may be under way during a whole switch; it leads nobody back from an MSK whose MTK is there.
        let confirmed = self.switch.active().is_some_and(|active| self.mtks.newest(active).is_some());
        let stale = confirmed && self.msks.get(name).is_some() && self.switch.next() != Some(name.id);
        let inserted = self.msks.insert(entry, SameMskId::Merge).map_err(|_| PocError::UnknownMsk)?;
        for asked in &mut self.asked {
            asked.take_if(|asked| asked.group == name.id.group);
        }
        actions.push(FollowerAction::Stored(name));
        if let Inserted::Evicted(old) = inserted {
            actions.push(FollowerAction::Evicted(MskName::new(config.domain, old)));
            self.step(SwitchEvent::Forgotten(old), config, now, actions);
            if self.mtks.forget(old) {
                actions.push(FollowerAction::MtkDropped(MskName::new(config.domain, old)));
            }
        }
        if inserted != Inserted::Refreshed {
            self.step(SwitchEvent::Stored(name.id), config, now, actions);
        }
        if current && !stale {
            let claimed = self.claimed.map(|(msk, _)| msk);
            let event = if claimed.is_some() && claimed == self.switch.active() {
                SwitchEvent::InUseInstead(name.id)
            } else {
                SwitchEvent::InUse(name.id)
            };
            self.step(event, config, now, actions);
        }
        Ok(())
    }

    /// An indication that was opened with an MTK delivered under the MSK `under`.
    ///
    /// # Errors
    ///
    /// [`PocError::UnexpectedState`] without a key, [`PocError::IndicationMismatch`] when it does not lead from the MSK in
    /// use, under which it came, to the one to come, or is for another channel, [`PocError::Replay`] when its sequence is
    /// not newer than the last. Nothing has changed then.
    pub fn announced(
        &mut self, announced: &Announced, under: MskId, config: &FollowerConfig, now: Tick,
        actions: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
    ) -> Result<(), PocError> {
        let active = self.switch.active().ok_or(PocError::UnexpectedState)?;
        let (old, new, seq, overlap_s) = match *announced {
            Announced::Explicit(Indication { domain, old, new, seq, overlap_s, channel, .. }) => {
                let ours = channel.is_none() || config.channel.is_none() || channel == config.channel;
                if domain != config.domain || !ours || old == new {
                    return Err(PocError::IndicationMismatch);
                }
                (old, new, Some(seq), overlap_s)
            }
            // A copy of the indication that has been followed.
            Announced::Pending if self.switch.retiring() == Some(under) => return Ok(()),
            Announced::Pending => {
                (active, self.switch.next().ok_or(PocError::IndicationMismatch)?, None, None)
            }
        };
        let overlap_ms = overlap_s.map(|s| u32::from(s.min(MAX_OVERLAP_S)).saturating_mul(1_000));
        if new == active {
            // A copy of the indication of this very switch. The lowest number is the server's: whoever forges one has
            // to claim a later update.
            if let (Some((_, Some(claimed))), Some(seq)) = (self.claimed, seq)
                && claimed.is_after(seq)
                && self.is_newer(seq)
            {
                (self.claimed, self.overlap_ms) = (Some((new, Some(seq))), overlap_ms);
            }
            return Ok(());
        }
        // No MTK has confirmed the switch that is on: another one from the same MSK may be the true one.
        let unconfirmed = matches!(self.switch, Switchover::Switching { retiring, .. } if retiring == old);
        if under != old || !(old == active || unconfirmed) {
            return Err(PocError::IndicationMismatch);
        }
        if !seq.is_none_or(|seq| self.is_newer(seq)) {
            return Err(PocError::Replay);
        }
        let event = SwitchEvent::Announced { from: old, to: new };
        let (_, outcome) = self.switch.step(event, &self.switch_timing(config), now);
        if outcome == Some(SwitchAction::Mismatch) {
            return Err(PocError::IndicationMismatch);
        }
        if matches!(outcome, Some(SwitchAction::Missing(_))) {
            self.step(event, config, now, actions);
            return Ok(());
        }
        // As above, of two claims of one switch.
        let later = |(msk, claimed): (MskId, Option<UpdateSeq>)| {
            msk == new && claimed.is_some_and(|claimed| seq.is_none_or(|seq| seq.is_after(claimed)))
        };
        if !self.claimed.is_some_and(later) {
            (self.claimed, self.overlap_ms) = (Some((new, seq)), overlap_ms);
        }
        self.step(event, config, now, actions);
        Ok(())
    }

    fn is_newer(&self, seq: UpdateSeq) -> bool {
        self.last_seq.is_none_or(|last| seq.is_after(last))
    }

    /// Whether the message of this MTK is worth opening: `Ok(false)` for one that is held already.
    ///
    /// # Errors
    ///
    /// [`PocError::ExpiredKey`] when its MSK has retired.
    pub fn admits_mtk(&self, mki: Mki) -> Result<bool, PocError> {
        if !self.switch.takes_mtk_under(mki.msk) {
            return Err(PocError::ExpiredKey);
        }
        Ok(self.mtks.newest(mki.msk).is_none_or(|newest| newest < mki.mtk))
    }

    /// An MTK whose message was opened under its MSK.
    pub fn mtk_verified(
        &mut self, mki: Mki, key: T, config: &FollowerConfig, now: Tick,
        actions: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
    ) {
        self.step(SwitchEvent::MtkVerified(mki.msk), config, now, actions);
        let switch = self.switch;
        self.mtks.keep(mki, key, |msk| switch.rank(msk));
        if self.serves(mki.msk) {
            self.held = 0;
            actions.push(FollowerAction::MtkReady(mki));
        }
    }

    /// What becomes of a packet with this MKI. Nobody tries keys.
    ///
    /// # Errors
    ///
    /// [`PocError::ExpiredKey`] when its MSK has retired or is older than those held, [`PocError::UnknownMsk`] when it is
    /// not of this channel.
    pub fn packet(
        &mut self, mki: Mki, config: &FollowerConfig, now: Tick,
        actions: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
    ) -> Result<Packet, PocError> {
        let name = MskName::new(config.domain, mki.msk);
        self.check_name(name, config)?;
        if self.key(mki).is_some() {
            return Ok(Packet::Accept);
        }
        if self.msks.get(name).is_none() {
            self.missed(name, config, now, actions)?;
            return Ok(Packet::Missed);
        }
        if !self.switch.takes_mtk_under(mki.msk) {
            return Err(PocError::ExpiredKey);
        }
        if self.held < config.timing.hold_packets {
            self.held = self.held.saturating_add(1);
            Ok(Packet::Hold)
        } else {
            Ok(Packet::HoldInsteadOfOldest)
        }
    }

    /// This timer may have run out; a spurious one is harmless.
    pub fn fired(
        &mut self, timer: FollowerTimer, config: &FollowerConfig, now: Tick,
        actions: &mut Actions<FollowerAction, MAX_CLIENT_ACTIONS>,
    ) {
        if !self.timers().any(|(running, at)| running == timer && at <= now) {
            return;
        }
        let name = |msk| MskName::new(config.domain, msk);
        match timer {
            FollowerTimer::Switch => self.step(SwitchEvent::Timeout, config, now, actions),
            FollowerTimer::Pending => {
                self.pending_at = None;
                actions.extend(self.switch.next().map(|next| FollowerAction::PendingStale(name(next))));
            }
            FollowerTimer::Stalled => {
                self.stalled_at = None;
                actions
                    .extend(self.switch.active().map(|active| FollowerAction::SwitchStalled(name(active))));
            }
        }
    }

    /// Forgets everything of the channel.
    pub fn clear(&mut self) {
        *self = Self::new();
    }
}

impl<E: StoredMsk, T> Default for Follower<E, T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<E: StoredMsk + fmt::Debug, T> fmt::Debug for Follower<E, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Follower")
            .field("switch", &self.switch)
            .field("msks", &self.msks)
            .field("mtks", &self.mtks)
            .field("last_seq", &self.last_seq)
            .finish_non_exhaustive()
    }
}
