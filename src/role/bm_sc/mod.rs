//! The Broadcast Multicast Service Centre (TS 33.246 §6.3): makes MSKs and MTKs, delivers them, and moves everybody
//! from one MSK to the next.
//!
//! It keeps the state of Key Groups only. A user's MUK and counter, and how far his delivery is, come with the event and
//! go back with the actions, so one instance serves any number of users.
//!
//! | event | condition | actions, in order |
//! |---|---|---|
//! | `Open` | room | `Distribute`, `Multicast`, `UseMtk` |
//! | | SEQl of the configuration above SEQu | error [`EncodeError::Inconsistent`](crate::error::EncodeError::Inconsistent) |
//! | `Rekey` | steady | `Distribute` of the next MSK |
//! | | another switch is going on | `RekeyQueued`: it starts when that one is over |
//! | `Push` | the MSK is current or next | `SaveCounter`, `SaveDelivery`, `Send` |
//! | `Distributed` | nobody is outstanding | the switch |
//! | | somebody is | none: the last acknowledgement or the deadline switches |
//! | `Acknowledged` | good | `SaveDelivery`, `Delivered`; then the switch if it was the last |
//! | `Retry` | due, tries left | `SaveCounter`, `SaveDelivery`, `Send` with a new counter |
//! | | the same, [`Resend::Identical`] | `SaveDelivery`, `Send` of the same octets |
//! | | due, none left | `SaveDelivery`, `Undelivered`; then the switch if it was the last |
//! | | not due, or not waiting | none |
//! | `Gone` | | the switch if it was the last |
//! | `Switch` | next MSK pending | the switch |
//! | `Roll` | MTK IDs left | `Multicast` of a new MTK; `UseMtk` after the lead |
//! | | none left | error `IntervalExhausted` |
//! | `Pull` | | `SaveCounter`, `Send` |
//! | `Requested` | of the next MSK | as `Push` |
//! | | of any other | as `Push` of the current one; `PushAlso` of the next one, if there is one |
//! | `Close` | | none |
//! | `Timeout` | carousel due | `Multicast` of the newest MTK with a new counter |
//! | | lead over | `UseMtk` |
//! | | roll due | as `Roll`; with few MTK IDs left also `Distribute` of a next MSK |
//! | | switch due | the switch |
//! | | overlap over | `Retired`; then `Distribute` if a rekey is queued |
//! | | spurious | none |
//!
//! *The switch* is `Activated`, `Multicast` of a new MTK under the new MSK, and `UseMtk` after the lead: whoever holds the
//! new MSK has the new MTK before media uses it. Every row may end with `ArmTimer`.
//!
//! Take an expelled user off the list before `Rekey`, and tell [`BmScEvent::Gone`] of his delivery. He reads until the switch:
//! at most `switch_wait_ms` and `lead_ms` after the `Distribute`; when another switch was going on, that one comes first, with
//! its overlap. The overlap lets him inject packets under the old MTK, never read new ones.

mod delivery;
mod event;
mod group;
mod user;

use core::fmt;

use rand_core::TryCryptoRng;

use crate::crypto::{Primitives, RustCrypto};
use crate::error::Error;
use crate::id::{GroupName, KeyNumber, Mki, MskName};
use crate::keys::{KeyedMsk, MskEntry, Mtk, MtkSalt, PreSharedKey};
use crate::role::sender::Traffic;
use crate::role::{Actions, SwitchAction, SwitchEvent, Switchover};
use crate::slots::Slots;
use crate::time::Tick;

pub use delivery::{Delivery, User};
pub use event::{BmScAction, BmScConfig, BmScEvent, Resend};
use group::{Coming, Group};

/// A BM-SC that serves at most `GROUPS` Key Groups.
pub struct BmSc<const GROUPS: usize, P = RustCrypto> {
    config: BmScConfig,
    groups: Slots<Group<P>, GROUPS>,
    p: P,
}

impl<const GROUPS: usize> BmSc<GROUPS> {
    /// A BM-SC without Key Groups.
    #[must_use]
    pub const fn new(config: BmScConfig) -> Self {
        Self::with(config, RustCrypto)
    }
}

impl<const GROUPS: usize, P: Primitives> BmSc<GROUPS, P> {
    /// [`new`](BmSc::new) with the caller's primitives.
    #[inline]
    #[must_use]
    pub const fn with(config: BmScConfig, p: P) -> Self {
        Self { config, groups: Slots::new(), p }
    }

    /// Handles one event; `out` takes the one datagram of its actions, at most
    /// [`MAX_MSK_MESSAGE_LEN`](crate::wire::MAX_MSK_MESSAGE_LEN) octets.
    ///
    /// # Errors
    ///
    /// [`Error::Unknown`] for a group or MSK that is not held, [`Error::GroupStoreFull`], [`Error::WrongState`] when the
    /// event does not fit, [`Error::IntervalExhausted`], [`Error::Open`] for a bad verification message,
    /// [`Error::Seal`] when `out` is too small or the generator fails. Nothing has changed then.
    pub fn handle<'o, K: PreSharedKey, R: TryCryptoRng + ?Sized>(
        &mut self, event: BmScEvent<'_, K>, now: Tick, rng: &mut R, out: &'o mut [u8],
    ) -> Result<Actions<BmScAction<'o>>, Error> {
        let mut actions = Actions::new();
        self.handle_into(event, now, rng, out, &mut actions)?;
        Ok(actions)
    }

    /// [`handle`](Self::handle) with a list of the caller's for the actions, for where stack is scarce. What was in the list is
    /// taken out.
    ///
    /// # Errors
    ///
    /// As [`handle`](Self::handle); the list is empty then.
    pub fn handle_into<'o, K: PreSharedKey, R: TryCryptoRng + ?Sized>(
        &mut self, event: BmScEvent<'_, K>, now: Tick, rng: &mut R, out: &'o mut [u8],
        actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        actions.clear();
        let before = self.deadline();
        let handled = match event {
            BmScEvent::Open(group) => self.open(group, now, rng, out, actions),
            BmScEvent::Rekey(group) => self.rekey(group, now, rng, actions),
            BmScEvent::Push { name, user, delivery, policies, sessions } => {
                self.push(name, &user, delivery, (policies, sessions), now, out, actions)
            }
            BmScEvent::Requested { name, user, delivery, policies, sessions } => {
                self.requested(name, &user, delivery, (policies, sessions), now, out, actions)
            }
            BmScEvent::Distributed(group) => self.distributed(group, now, rng, out, actions),
            BmScEvent::Acknowledged { user, delivery, octets } => {
                self.acknowledged(&user, delivery, octets, now, rng, out, actions)
            }
            BmScEvent::Retry { user, delivery, policies, sessions } => {
                self.retry(&user, delivery, (policies, sessions), now, rng, out, actions)
            }
            BmScEvent::Gone(delivery) => match delivery.awaits() {
                Some(name) => self.settled(name, now, rng, out, actions),
                None => Ok(()),
            },
            BmScEvent::Switch(group) => match self.group(group) {
                Some(Group { next: Some(_), .. }) => self.switch(group, now, rng, out, actions),
                Some(_) => Err(Error::WrongState),
                None => Err(Error::Unknown),
            },
            BmScEvent::Roll(group) => self.roll(group, now, rng, out, actions),
            BmScEvent::Pull { group, user } => self.pull(group, &user, out, actions),
            BmScEvent::Close(group) => self.close(group),
            BmScEvent::Timeout => self.timeout(now, rng, out, actions),
        };
        if handled.is_err() {
            actions.clear();
            return handled;
        }
        if let Some(deadline) = self.deadline().filter(|deadline| Some(*deadline) != before) {
            actions.push(BmScAction::ArmTimer(deadline));
        }
        Ok(())
    }

    /// The MTK, salt and MKI that protect the media of this group now.
    #[must_use]
    pub fn traffic(&self, group: GroupName) -> Option<(Mki, &Mtk, Option<&MtkSalt>)> {
        let Traffic { mki, mtk, salt } = &self.group(group)?.in_use;
        Some((*mki, mtk, salt.as_ref()))
    }

    /// The MSK in use.
    #[must_use]
    pub fn current(&self, group: GroupName) -> Option<&MskEntry<P>> {
        self.group(group).map(|group| &group.current.entry)
    }

    /// The MSK that is being distributed.
    #[must_use]
    pub fn next(&self, group: GroupName) -> Option<&MskEntry<P>> {
        self.group(group)?.next.as_ref().map(|next| &next.entry)
    }

    /// How far the switch of this group is.
    #[must_use]
    pub fn switchover(&self, group: GroupName) -> Option<Switchover> {
        self.group(group).map(|group| group.switch)
    }

    /// How many deliveries of the next MSK await their acknowledgement.
    #[must_use]
    pub fn outstanding(&self, group: GroupName) -> Option<u32> {
        self.group(group).map(|group| group.outstanding)
    }

    /// The Key Groups served.
    pub fn groups(&self) -> impl Iterator<Item = GroupName> {
        self.groups.iter().map(|group| group.name)
    }

    /// When a [`BmScEvent::Timeout`] is wanted. A time in the past means at once.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        self.groups.iter().map(Group::deadline).min()
    }

    fn group(&self, name: GroupName) -> Option<&Group<P>> {
        self.groups.iter().find(|group| group.name == name)
    }

    fn group_mut(&mut self, name: GroupName) -> Option<&mut Group<P>> {
        self.groups.iter_mut().find(|group| group.name == name)
    }

    /// The configuration, the group called `name`, and the primitives.
    fn parts(&mut self, name: GroupName) -> Result<(&BmScConfig, &mut Group<P>, P), Error> {
        let Self { config, groups, p } = self;
        let group = groups.iter_mut().find(|group| group.name == name).ok_or(Error::Unknown)?;
        Ok((config, group, *p))
    }

    // One function an event, none inlined: their frames do not add up.
    #[inline(never)]
    fn open<'o, R: TryCryptoRng + ?Sized>(
        &mut self, name: GroupName, now: Tick, rng: &mut R, out: &'o mut [u8],
        actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        if self.group(name).is_some() {
            return Err(Error::WrongState);
        }
        let Self { config, groups, p } = self;
        if groups.is_full() {
            return Err(Error::GroupStoreFull);
        }
        let mut current = KeyedMsk::new(config.sender().fresh_msk(name.msk(KeyNumber(1)), *p, rng)?);
        let (in_use, message) = config.sender().fresh_mtk(&mut current, rng, out)?;
        actions.push(BmScAction::Distribute(current.name()));
        actions.push(BmScAction::Multicast(message));
        actions.push(BmScAction::UseMtk(in_use.mki));
        *groups.free().ok_or(Error::GroupStoreFull)? = Some(Group {
            name,
            switch: Switchover::Steady { active: current.name().id },
            current,
            next: None,
            in_use,
            coming: None,
            carousel_at: now.after_millis(config.carousel_ms.into()),
            roll_at: config.roll_ms.map(|period| now.after_millis(period.into())),
            switch_at: None,
            outstanding: 0,
            distributed: false,
            again: false,
        });
        Ok(())
    }

    #[inline(never)]
    fn rekey<R: TryCryptoRng + ?Sized>(
        &mut self, name: GroupName, now: Tick, rng: &mut R, actions: &mut Actions<BmScAction<'_>>,
    ) -> Result<(), Error> {
        let (config, group, p) = self.parts(name)?;
        // A third MSK would push the one in use out of the terminals (at most two are held), and with it the media.
        if !matches!(group.switch, Switchover::Steady { .. }) {
            group.again = true;
            actions.push(BmScAction::RekeyQueued(name));
            return Ok(());
        }
        let next = config.sender().fresh_msk(group.next_name(), p, rng)?;
        actions.push(group.distribute(KeyedMsk::new(next), config, now));
        group.again = false;
        Ok(())
    }

    #[inline(never)]
    fn distributed<'o, R: TryCryptoRng + ?Sized>(
        &mut self, name: GroupName, now: Tick, rng: &mut R, out: &'o mut [u8],
        actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let group = self.group(name).ok_or(Error::Unknown)?;
        if group.next.is_none() {
            return Ok(());
        }
        if group.outstanding == 0 {
            self.switch(name, now, rng, out, actions)?;
        }
        if let Some(group) = self.group_mut(name) {
            group.distributed = true;
        }
        Ok(())
    }

    /// One delivery of `name` less to wait for; the last one lets the switch happen.
    #[inline(never)]
    fn settled<'o, R: TryCryptoRng + ?Sized>(
        &mut self, name: MskName, now: Tick, rng: &mut R, out: &'o mut [u8],
        actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let Some(group) = self.group(name.group()) else { return Ok(()) };
        if group.next.as_ref().is_none_or(|next| next.name() != name) {
            return Ok(());
        }
        let outstanding = group.outstanding.saturating_sub(1);
        if group.distributed && outstanding == 0 {
            self.switch(name.group(), now, rng, out, actions)?;
        }
        if let Some(group) = self.group_mut(name.group()) {
            group.outstanding = outstanding;
        }
        Ok(())
    }

    /// Moves to the next MSK: its first MTK is made and announced, media follows after the lead.
    #[inline(never)]
    fn switch<'o, R: TryCryptoRng + ?Sized>(
        &mut self, name: GroupName, now: Tick, rng: &mut R, out: &'o mut [u8],
        actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let (config, group, _) = self.parts(name)?;
        let next = group.next.as_mut().ok_or(Error::WrongState)?;
        let (traffic, message) = config.sender().fresh_mtk(next, rng, out)?;
        let (from, to) = (group.current.name().id, next.name().id);
        for event in [SwitchEvent::Announced { from, to }, SwitchEvent::MtkVerified(to)] {
            let (switch, action) = group.switch.step(event, &config.timing, now);
            group.switch = switch;
            if let Some(SwitchAction::Activate { msk, .. }) = action {
                actions.push(BmScAction::Activated(MskName::new(name.domain, msk)));
            }
        }
        actions.push(BmScAction::Multicast(message));
        if let Some(next) = group.next.take() {
            group.current = next;
        }
        group.announce(traffic, config, now);
        (group.switch_at, group.outstanding, group.distributed) = (None, 0, false);
        Ok(())
    }

    #[inline(never)]
    fn roll<'o, R: TryCryptoRng + ?Sized>(
        &mut self, name: GroupName, now: Tick, rng: &mut R, out: &'o mut [u8],
        actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let (config, group, p) = self.parts(name)?;
        let low = group.current.window().left() <= u32::from(config.reserve).saturating_add(1);
        let wanted = low && matches!(group.switch, Switchover::Steady { .. });
        let next = if wanted { Some(config.sender().fresh_msk(group.next_name(), p, rng)?) } else { None };
        let rolled = match config.sender().fresh_mtk(&mut group.current, rng, out) {
            Err(Error::IntervalExhausted) if next.is_some() => None,
            rolled => Some(rolled?),
        };
        if let Some(next) = next {
            actions.push(group.distribute(KeyedMsk::new(next), config, now));
        }
        if let Some((traffic, message)) = rolled {
            actions.push(BmScAction::Multicast(message));
            group.announce(traffic, config, now);
        }
        Ok(())
    }

    fn close(&mut self, name: GroupName) -> Result<(), Error> {
        if self.groups.remove(|group| group.name == name) { Ok(()) } else { Err(Error::Unknown) }
    }

    /// Serves the most urgent matter of the group that has waited longest. Others keep their deadline.
    #[inline(never)]
    fn timeout<'o, R: TryCryptoRng + ?Sized>(
        &mut self, now: Tick, rng: &mut R, out: &'o mut [u8], actions: &mut Actions<BmScAction<'o>>,
    ) -> Result<(), Error> {
        let due = self.groups.iter().filter(|group| group.deadline() <= now);
        let Some(name) = due.min_by_key(|group| group.deadline()).map(|group| group.name) else {
            return Ok(());
        };
        let (config, group, p) = self.parts(name)?;
        let passed = |at: Option<Tick>| at.is_some_and(|at| at <= now);
        if passed(group.coming.as_ref().map(|coming| coming.at)) {
            if let Some(Coming { traffic, .. }) = group.coming.take() {
                actions.push(BmScAction::UseMtk(traffic.mki));
                group.in_use = traffic;
            }
        } else if passed(group.switch_at) {
            return self.switch(name, now, rng, out, actions);
        } else if passed(group.switch.deadline()) {
            // Made first: a generator that fails must leave the overlap as it is.
            let next =
                if group.again { Some(config.sender().fresh_msk(group.next_name(), p, rng)?) } else { None };
            let (switch, action) = group.switch.step(SwitchEvent::Timeout, &config.timing, now);
            group.switch = switch;
            if let Some(SwitchAction::Retire(msk)) = action {
                actions.push(BmScAction::Retired(MskName::new(name.domain, msk)));
            }
            if let Some(next) = next {
                group.again = false;
                actions.push(group.distribute(KeyedMsk::new(next), config, now));
            }
        } else if passed(group.roll_at) {
            match self.roll(name, now, rng, out, actions) {
                // The next MSK is on its way; the switch brings fresh MTK IDs.
                Err(Error::IntervalExhausted) => {
                    let (config, group, _) = self.parts(name)?;
                    group.roll_at = config.roll_ms.map(|period| now.after_millis(period.into()));
                }
                rolled => return rolled,
            }
        } else if group.carousel_at <= now {
            let Group { current, coming, in_use, .. } = group;
            let newest = coming.as_ref().map_or(&*in_use, |coming| &coming.traffic);
            let message = config.sender().mtk_message(current, newest, out)?;
            group.carousel_at = now.after_millis(config.carousel_ms.into());
            actions.push(BmScAction::Multicast(message));
        }
        Ok(())
    }
}

impl<const GROUPS: usize, P> fmt::Debug for BmSc<GROUPS, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.groups.iter().map(|group| (group.name, group.switch))).finish()
    }
}
