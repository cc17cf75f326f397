//! The terminal (TS 33.246 §6.3, §6.5): takes MIKEY datagrams, holds MSKs and MTKs, asks for what it missed.
//!
//! | event | condition | actions, in order |
//! |---|---|---|
//! | `Bootstrapped` | room | `Persist` |
//! | `Wanted` | group new or idle | `MissedKey`, timer; later `RequestMsk` |
//! | `Mikey`: MSK message | good, new key | `Persist`, `Send` if V, `MskStored`, `Activated` if first |
//! | | good, the key it holds | `Persist`, `Send` if V, `MskStored` |
//! | | good, SEQl > SEQu | `Persist`, `Send` if V, `MskInvalidated` |
//! | | pull | `Persist`, `MissedKey`, timer |
//! | | identical copy, `reack_duplicate` | `Send` if V |
//! | | bad MAC, `error_messages` | `Refused`, `Send` |
//! | | else bad | error, nothing changes |
//! | `Mikey`: MTK message | good, under the MSK in use | `Persist`, `MtkReady` |
//! | | good, under the next MSK | `Persist`, `Activated`, `MtkReady`, overlap timer |
//! | | good, under the next MSK, and never one under the MSK in use | `Persist`, `Activated`, `MtkReady`: they trade places |
//! | | MTK ID not above the newest held | none: carousels repeat |
//! | | MSK not held, group known | `MissedKey`, timer |
//! | | MSK not held, group unknown | error `MskUnknown` |
//! | | MSK retired | error `MskRetired` |
//! | `Mki` | MTK held | none |
//! | | MSK held, MTK not | `AwaitMtk`: the carousel will bring it |
//! | | MSK not held | `MissedKey`, timer |
//! | `Announced` | names the MSK in use and the next | `Persist`, `Activated` |
//! | `Timeout` | request due, tries left | `RequestMsk`, timer |
//! | | request due, none left | `RequestAbandoned` |
//! | | overlap over | `Persist`, `MtkDropped` |
//! | | announced MSK did not come | `MissedKey`, timer |
//! | | spurious | none |
//!
//! Every row may end with `ArmTimer`. What the MAC of a message has not proven moves nothing but a request timer, and
//! that only for a Key Group the terminal follows.

mod channel;
mod event;
mod received;
mod state;

use core::fmt;

use crate::crypto::{Primitives, RustCrypto};
use crate::error::{EncodeError, Error, OpenError};
use crate::id::{GroupName, KeyDomainId, KeyNumber, Mki, MskName};
use crate::keys::{
    Inserted, Msk, MskEntry, MskRand, MskStore, Mtk, MtkSalt, MtkWindow, Muk, MukId, MukStore, PreSharedKey,
    StoredKey,
};
use crate::message::MskSecurity;
use crate::role::{Actions, SwitchAction, SwitchEvent, Switchover};
use crate::secret::Secret;
use crate::settings::Sha256Suite;
use crate::time::Tick;

pub use channel::Cause;
use channel::{Channel, Request};
pub use event::{BackOff, State, UeAction, UeConfig, UeEvent};

/// A terminal that follows at most `GROUPS` Key Groups and holds at most `MUKS` MUKs.
///
/// `K` is the MUK or its handle in a secure element, `P` the primitives for everything else.
pub struct Ue<const GROUPS: usize, K = Muk, P = RustCrypto, const MUKS: usize = 2> {
    config: UeConfig,
    muks: MukStore<MUKS, K>,
    msks: MskStore<GROUPS, MskEntry<P>>,
    channels: [Option<Channel>; GROUPS],
    jitter: u32,
    p: P,
}

impl<const GROUPS: usize, K: PreSharedKey + StoredKey, const MUKS: usize> Ue<GROUPS, K, RustCrypto, MUKS> {
    /// A terminal that holds nothing.
    #[must_use]
    pub const fn new(config: UeConfig) -> Self {
        Self::with(config, RustCrypto)
    }
}

impl<const GROUPS: usize, K: PreSharedKey + StoredKey, P: Primitives, const MUKS: usize>
    Ue<GROUPS, K, P, MUKS>
{
    /// [`new`](Ue::new) with the caller's primitives.
    #[must_use]
    pub const fn with(config: UeConfig, p: P) -> Self {
        let jitter = if config.jitter == 0 { 0x9E37_79B9 } else { config.jitter };
        let mut config = config;
        if !P::SHA256_SUITE {
            config.settings.sha256_suite = Sha256Suite::Off;
        }
        Self {
            config,
            muks: MukStore::new(),
            msks: MskStore::new(),
            channels: [const { None }; GROUPS],
            jitter,
            p,
        }
    }

    /// Handles one event. `out` takes the octets of the actions; [`MAX_OUT_LEN`](Self::MAX_OUT_LEN) is always enough.
    ///
    /// # Errors
    ///
    /// [`Error::Open`] for a message that is refused, [`Error::Seal`] with the size needed when `out` is too small,
    /// [`Error::GroupStoreFull`], [`Error::Unknown`] when the Key Group is not followed. Nothing has changed then.
    pub fn handle<'a>(
        &mut self, event: UeEvent<'a, K>, now: Tick, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        let mut actions = Actions::new();
        self.handle_into(event, now, out, &mut actions)?;
        Ok(actions)
    }

    /// [`handle`](Self::handle) with a list of the caller's for the actions, for where stack is scarce: two lists fewer lie
    /// there. What was in the list is taken out.
    ///
    /// # Errors
    ///
    /// As [`handle`](Self::handle); the list is empty then.
    pub fn handle_into<'a>(
        &mut self, event: UeEvent<'a, K>, now: Tick, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        actions.clear();
        let before = self.deadline();
        let handled = match event {
            UeEvent::Bootstrapped { id, muk } => self.bootstrapped(id, muk, now, out, actions),
            UeEvent::Wanted(group) => self.wanted(group, now, actions),
            UeEvent::Mikey(octets) => self.mikey(octets, now, out, actions),
            UeEvent::Mki(domain, mki) => self.mki(domain, mki, now, actions),
            UeEvent::Announced(domain, event) => self.announced(domain, event, now, out, actions),
            UeEvent::Install { name, msk, rand, seq_low, seq_high } => {
                if name.id.number == KeyNumber::CURRENT || seq_low > seq_high {
                    return Err(EncodeError::Inconsistent.into());
                }
                let window = MtkWindow::new(seq_low, seq_high, self.config.settings.seq_lower);
                self.install(name, msk, rand, window, now, out, actions)
            }
            UeEvent::Forget(group) => self.forget(group, now, out, actions),
            UeEvent::ForgetMuk(id) => self.forget_muk(id, now, out, actions),
            UeEvent::Timeout => self.timeout(now, out, actions),
        };
        if handled.is_err() {
            actions.clear();
            return handled;
        }
        if let Some(deadline) = self.deadline().filter(|deadline| Some(*deadline) != before) {
            actions.push(UeAction::ArmTimer(deadline));
        }
        Ok(())
    }

    /// The MTK and its salt for packets with this MKI.
    #[must_use]
    pub fn mtk(&self, domain: KeyDomainId, mki: Mki) -> Option<(&Mtk, Option<&MtkSalt>)> {
        let channel = self.channel(GroupName::new(domain, mki.msk.group))?;
        channel.mtks.get(mki).map(|held| (&held.mtk, held.salt.as_ref()))
    }

    /// The MKIs for which [`mtk`](Self::mtk) has a key, with their Key Domain.
    pub fn mkis(&self) -> impl Iterator<Item = (KeyDomainId, Mki)> {
        self.channels
            .iter()
            .flatten()
            .flat_map(|channel| channel.mtks.iter().map(|(mki, _)| (channel.name.domain, mki)))
    }

    /// The MSKs held.
    #[must_use]
    pub const fn msks(&self) -> &MskStore<GROUPS, MskEntry<P>> {
        &self.msks
    }

    /// The MUKs held.
    #[must_use]
    pub const fn muks(&self) -> &MukStore<MUKS, K> {
        &self.muks
    }

    /// The Key Groups followed.
    pub fn groups(&self) -> impl Iterator<Item = GroupName> {
        self.channels.iter().flatten().map(|channel| channel.name)
    }

    /// How far the switch of this Key Group is; `None` when it is not followed.
    #[must_use]
    pub fn switchover(&self, group: GroupName) -> Option<Switchover> {
        self.channel(group).map(|channel| channel.switch)
    }

    /// When a [`UeEvent::Timeout`] is wanted. A time in the past means at once.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        self.channels.iter().flatten().filter_map(Channel::deadline).min()
    }

    fn channel(&self, name: GroupName) -> Option<&Channel> {
        self.channels.iter().flatten().find(|channel| channel.name == name)
    }

    fn channel_mut(&mut self, name: GroupName) -> Option<&mut Channel> {
        self.channels.iter_mut().flatten().find(|channel| channel.name == name)
    }

    fn has_room(&self, name: GroupName) -> bool {
        self.channel(name).is_some() || self.channels.iter().any(Option::is_none)
    }

    /// The channel called `name`, made if need be. The caller has checked [`has_room`](Self::has_room).
    fn channel_or_new(&mut self, name: GroupName) -> Option<&mut Channel> {
        if self.channel(name).is_none() {
            *self.channels.iter_mut().find(|slot| slot.is_none())? = Some(Channel::new(name));
        }
        self.channel_mut(name)
    }

    // One function an event, none inlined: their frames do not add up, and neither do their offsets from the stack pointer.
    #[inline(never)]
    fn bootstrapped<'a>(
        &mut self, id: MukId<'_>, muk: K, now: Tick, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        Self::check_room(out, 0)?;
        self.muks.install(id, muk)?;
        actions.push(PERSIST);
        self.persist(now, out, actions);
        Ok(())
    }

    #[inline(never)]
    fn wanted(
        &mut self, group: GroupName, now: Tick, actions: &mut Actions<UeAction<'_>>,
    ) -> Result<(), Error> {
        if !self.has_room(group) {
            return Err(Error::GroupStoreFull);
        }
        let idle = self.channel(group).is_none_or(|channel| matches!(channel.switch, Switchover::Idle));
        if idle && self.channel_or_new(group).is_some() {
            self.schedule(group.msk(KeyNumber::CURRENT), Cause::Activation, now, actions);
        }
        Ok(())
    }

    /// Checks that behind `front` octets of `out` the state has room.
    fn check_room(out: &[u8], front: usize) -> Result<(), Error> {
        let needed = front.saturating_add(Self::MAX_STATE_LEN);
        if out.len() < needed {
            let needed = u32::try_from(needed).unwrap_or(u32::MAX);
            return Err(EncodeError::BufferTooSmall { needed }.into());
        }
        Ok(())
    }

    /// Fills in [`PERSIST`], which stands first. The caller has checked the room, and changes nothing any more.
    fn persist<'a>(&self, now: Tick, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>) {
        actions.replace_first(UeAction::Persist(self.export(now, out)));
    }

    #[allow(clippy::too_many_arguments, reason = "what the event consists of, and what every event has")]
    #[inline(never)]
    fn install<'a>(
        &mut self, name: MskName, msk: Secret<16>, rand: Option<MskRand>, window: MtkWindow, now: Tick,
        out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        if !self.has_room(name.group()) {
            return Err(Error::GroupStoreFull);
        }
        Self::check_room(out, 0)?;
        actions.push(PERSIST);
        let entry = MskEntry::new(name, Msk::with(msk, self.p), rand, window);
        self.store(entry, None, now, actions)?;
        self.persist(now, out, actions);
        Ok(())
    }

    /// Stores an MSK and tells the switchover. The caller has checked that there is room for its channel.
    #[inline(never)]
    fn store<'a>(
        &mut self, entry: MskEntry<P>, security: Option<MskSecurity<'a>>, now: Tick,
        actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        let name = entry.name();
        let inserted = self.msks.insert(entry, self.config.settings.same_msk_id)?;
        let evicted = match inserted {
            Inserted::Evicted(old) => Some(old),
            Inserted::New | Inserted::Refreshed | Inserted::Replaced => None,
        };
        actions.push(UeAction::MskStored { name, evicted, security });
        let mut dropped = false;
        if let Some(channel) = self.channel_or_new(name.group()) {
            // A BM-SC that does not know the MSK asked for answers with the one it has (TS 33.246 §6.3.2.2).
            let answered = inserted != Inserted::Refreshed
                || channel.request.is_some_and(|request| {
                    request.attempts > 0 || request.msk.id.number == KeyNumber::CURRENT || request.msk == name
                });
            if answered {
                channel.request = None;
            }
            // Another key under this name: the MTKs that came under the old one are not its own.
            dropped = inserted == Inserted::Replaced && channel.mtks.forget(name.id);
        }
        if dropped {
            actions.push(UeAction::MtkDropped(name));
        }
        if let Some(old) = evicted {
            self.step(name.group(), SwitchEvent::Forgotten(old), now, actions);
        }
        if inserted == Inserted::Refreshed {
            // A retired MSK that comes again stays retired.
            self.keep_active(name.group());
        } else {
            self.step(name.group(), SwitchEvent::Stored(name.id), now, actions);
        }
        Ok(())
    }

    #[inline(never)]
    fn mki(
        &mut self, domain: KeyDomainId, mki: Mki, now: Tick, actions: &mut Actions<UeAction<'_>>,
    ) -> Result<(), Error> {
        let name = MskName::new(domain, mki.msk);
        let channel = self.channel(name.group()).ok_or(Error::Unknown)?;
        if channel.mtks.get(mki).is_some() || mki.msk.number == KeyNumber::CURRENT {
            return Ok(());
        }
        match self.msks.get(name) {
            None => self.schedule(name, Cause::MissedUpdate, now, actions),
            Some(_) if !channel.switch.takes_mtk_under(mki.msk) => return Err(OpenError::MskRetired.into()),
            Some(_) => actions.push(UeAction::AwaitMtk(domain, mki)),
        }
        Ok(())
    }

    #[inline(never)]
    fn announced<'a>(
        &mut self, domain: KeyDomainId, event: SwitchEvent, now: Tick, out: &'a mut [u8],
        actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        let SwitchEvent::Announced { from, .. } = event else { return Err(Error::WrongState) };
        let group = GroupName::new(domain, from.group);
        self.channel(group).ok_or(Error::Unknown)?;
        Self::check_room(out, 0)?;
        self.step_and_persist(group, event, now, out, actions);
        Ok(())
    }

    #[inline(never)]
    fn forget<'a>(
        &mut self, group: GroupName, now: Tick, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        Self::check_room(out, 0)?;
        let slot =
            self.channels.iter_mut().find(|slot| slot.as_ref().is_some_and(|channel| channel.name == group));
        *slot.ok_or(Error::Unknown)? = None;
        self.msks.forget(group);
        actions.push(PERSIST);
        self.persist(now, out, actions);
        Ok(())
    }

    #[inline(never)]
    fn forget_muk<'a>(
        &mut self, id: MukId<'_>, now: Tick, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        Self::check_room(out, 0)?;
        if !self.muks.forget(id) {
            return Err(Error::Unknown);
        }
        actions.push(PERSIST);
        self.persist(now, out, actions);
        Ok(())
    }

    /// Serves the Key Group that has waited longest. Others that are due keep their deadline, which has passed.
    #[inline(never)]
    fn timeout<'a>(
        &mut self, now: Tick, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        let waiting =
            self.channels.iter().flatten().filter_map(|channel| Some((channel.deadline()?, channel.name)));
        let Some((at, group)) = waiting.min_by_key(|(at, _)| *at) else { return Ok(()) };
        if at > now {
            return Ok(());
        }
        Self::check_room(out, 0)?;
        self.step_and_persist(group, SwitchEvent::Timeout, now, out, actions);
        self.request(group, now, actions);
        Ok(())
    }

    /// [`step`](Self::step), and `Persist` before what it wants done if the switchover has moved.
    fn step_and_persist<'a>(
        &mut self, group: GroupName, event: SwitchEvent, now: Tick, out: &'a mut [u8],
        actions: &mut Actions<UeAction<'a>>,
    ) {
        let Some(channel) = self.channel(group) else { return };
        let mut next = channel.switch;
        let action = next.advance(event, &self.config.timing, now);
        // Neither a switch nor a wait that begins or ends: nothing has moved.
        let moves = matches!(action, Some(SwitchAction::Activate { .. } | SwitchAction::Retire(_)))
            || next.deadline() != channel.switch.deadline();
        if moves {
            actions.push(PERSIST);
        }
        self.step(group, event, now, actions);
        if moves {
            self.persist(now, out, actions);
        }
    }

    /// Makes the request of this group if it is due.
    fn request(&mut self, group: GroupName, now: Tick, actions: &mut Actions<UeAction<'_>>) {
        let Some(mut request) = self.channel(group).and_then(|channel| channel.request) else { return };
        if request.due > now {
            return;
        }
        let again = request.attempts < self.config.back_off.attempts;
        if again {
            let wait = u64::from(self.config.back_off.retry_ms).saturating_mul(1 << request.attempts.min(16));
            request.due = now.after_millis(wait.saturating_add(self.draw()));
            request.attempts = request.attempts.saturating_add(1);
            actions.push(UeAction::RequestMsk {
                name: request.msk,
                cause: request.cause,
                attempt: request.attempts,
            });
        } else {
            actions.push(UeAction::RequestAbandoned(request.msk));
        }
        if let Some(channel) = self.channel_mut(group) {
            channel.request = again.then_some(request);
        }
    }

    /// Schedules a request, once: a crowd of packets with an unknown MKI causes one.
    fn schedule(&mut self, name: MskName, cause: Cause, now: Tick, actions: &mut Actions<UeAction<'_>>) {
        let wait = u64::from(self.config.back_off.offset_ms).saturating_add(self.draw());
        let Some(channel) = self.channel_mut(name.group()) else { return };
        if let Some(request) = &mut channel.request {
            // Not another request, but for what is missing now.
            request.msk = name;
            return;
        }
        channel.request = Some(Request { msk: name, cause, due: now.after_millis(wait), attempts: 0 });
        actions.push(UeAction::MissedKey { name, cause });
    }

    /// A number from 0 to `random_ms`: xorshift, because it spreads load and hides nothing.
    fn draw(&mut self) -> u64 {
        let mut x = self.jitter;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.jitter = x;
        // The high half of the product is uniform over 0..=random_ms, without a division.
        u64::from(x).saturating_mul(u64::from(self.config.back_off.random_ms).saturating_add(1)) >> 32
    }

    /// One step of the group's switchover, with what it wants done.
    #[inline(never)]
    fn step(&mut self, group: GroupName, event: SwitchEvent, now: Tick, actions: &mut Actions<UeAction<'_>>) {
        let timing = self.config.timing;
        let Some(channel) = self.channel_mut(group) else { return };
        let retiring = channel.switch.retiring();
        let action = channel.switch.advance(event, &timing, now);
        let idle = matches!(channel.switch, Switchover::Idle);
        let name = |id| MskName::new(group.domain, id);
        let dropped = match action {
            None => [None, None],
            Some(SwitchAction::Activate { msk, dropped }) => {
                actions.push(UeAction::Activated(name(msk)));
                [dropped, None]
            }
            // Where nothing is in use any more, nothing is on its way out either.
            Some(SwitchAction::Retire(msk)) => [Some(msk), retiring.filter(|_| idle)],
            Some(SwitchAction::Missing(msk)) => {
                self.schedule(name(msk), Cause::MissedUpdate, now, actions);
                [None, None]
            }
            Some(SwitchAction::Mismatch) => {
                actions.push(UeAction::AnnouncementMismatch(group.domain));
                [None, None]
            }
        };
        for msk in dropped.into_iter().flatten() {
            if self.channel_mut(group).is_some_and(|channel| channel.mtks.forget(msk)) {
                actions.push(UeAction::MtkDropped(name(msk)));
            }
        }
        self.keep_active(group);
    }

    /// An MSK that came late or again must not push out the one in use: while no other MSK is to come, the one in use
    /// counts as the last arrival. Where everything comes in order, it is.
    fn keep_active(&mut self, group: GroupName) {
        let switch = self.channel(group).map_or(Switchover::Idle, |channel| channel.switch);
        if let (Some(active), None) = (switch.active(), switch.next()) {
            self.msks.touch(MskName::new(group.domain, active));
        }
    }
}

/// Holds the place of the state, which is written when nothing changes any more.
const PERSIST: UeAction<'static> = UeAction::Persist(State::new(&[]));

impl<const GROUPS: usize, K, P: Primitives, const MUKS: usize> fmt::Debug for Ue<GROUPS, K, P, MUKS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ue").field("muks", &self.muks).field("msks", &self.msks).finish_non_exhaustive()
    }
}
