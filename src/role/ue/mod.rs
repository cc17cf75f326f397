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
mod state;

use core::fmt;

use crate::crypto::{Primitives, RustCrypto};
use crate::error::{EncodeError, Error, OpenError};
use crate::id::{GroupName, KeyDomainId, KeyNumber, Mki, MskId, MskName};
use crate::keys::{
    Inserted, Msk, MskEntry, MskRand, MskStore, Mtk, MtkSalt, MtkWindow, Muk, MukId, MukStore, PreSharedKey,
    StoredKey, check_counter,
};
use crate::message::{
    Incoming, MskContent, MskMessage, MskSecurity, MtkMessage, OpenedMsk, error_number, seal_error,
    seal_verification,
};
use crate::role::{Actions, SwitchAction, SwitchEvent, Switchover};
use crate::settings::{ErrorMessages, Settings};
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
        let before = self.deadline();
        let mut actions = match event {
            UeEvent::Bootstrapped { id, muk } => self.bootstrapped(id, muk, now, out),
            UeEvent::Wanted(group) => self.wanted(group, now),
            UeEvent::Mikey(octets) => self.mikey(octets, now, out),
            UeEvent::Mki(domain, mki) => self.mki(domain, mki, now),
            UeEvent::Announced(domain, event) => self.announced(domain, event, now, out),
            UeEvent::Install { name, msk, rand, seq_low, seq_high } => {
                if name.id.number == KeyNumber::CURRENT || seq_low > seq_high {
                    return Err(EncodeError::Inconsistent.into());
                }
                let window = MtkWindow::new(seq_low, seq_high, self.config.settings.seq_lower);
                self.install(MskEntry::new(name, Msk::with(msk, self.p), rand, window), now, out)
            }
            UeEvent::Forget(group) => self.forget(group, now, out),
            UeEvent::ForgetMuk(id) => self.forget_muk(id, now, out),
            UeEvent::Timeout => self.timeout(now, out),
        }?;
        if let Some(deadline) = self.deadline().filter(|deadline| Some(*deadline) != before) {
            actions.push(UeAction::ArmTimer(deadline));
        }
        Ok(actions)
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

    fn bootstrapped<'a>(
        &mut self, id: MukId<'_>, muk: K, now: Tick, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        let out = Self::room(out, 0)?.1;
        self.muks.install(id, muk)?;
        let mut actions = Actions::new();
        actions.push(UeAction::Persist(self.export(now, out)));
        Ok(actions)
    }

    fn wanted<'a>(&mut self, group: GroupName, now: Tick) -> Result<Actions<UeAction<'a>>, Error> {
        if !self.has_room(group) {
            return Err(Error::GroupStoreFull);
        }
        let mut actions = Actions::new();
        let idle = self.channel(group).is_none_or(|channel| channel.switch == Switchover::Idle);
        if idle && self.channel_or_new(group).is_some() {
            self.schedule(group.msk(KeyNumber::CURRENT), Cause::Activation, now, &mut actions);
        }
        Ok(actions)
    }

    fn mikey<'a>(
        &mut self, octets: &'a [u8], now: Tick, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        match Incoming::decode(octets, self.config.draft_domain, &self.config.settings)? {
            Incoming::Msk(message) => self.msk_message(&message, now, out),
            Incoming::Mtk(message) => self.mtk_message(&message, now, out),
            Incoming::Verification(_) | Incoming::Error(_) => Err(Error::WrongState),
        }
    }

    fn msk_message<'a>(
        &mut self, message: &MskMessage<'a>, now: Tick, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        let settings = self.config.settings;
        let slot = self.muks.get(message.muk_id()).ok_or(OpenError::MukUnknown)?;
        let last = settings.reack_duplicate.then(|| self.fingerprint(message));
        if last.is_some() && slot.last == last {
            return self.acknowledge_again(message, out);
        }
        let opened = match message.open(&slot.muk, slot.counter, slot.rand.as_ref(), &settings) {
            Err(OpenError::MacInvalid) if settings.error_messages == ErrorMessages::OnBadMac => {
                return self.complain(message, OpenError::MacInvalid, out);
            }
            opened => opened?,
        };
        let name = message.name();
        if !matches!(opened.content, MskContent::Invalidated) && !self.has_room(name.group()) {
            return Err(Error::GroupStoreFull);
        }
        let (answer, state) = Self::answer(message, &opened, &settings, out)?;
        let mut actions = Actions::new();
        let mut switched = Actions::new();
        match opened.content {
            MskContent::Key { msk, rand, seq_low, seq_high } => {
                let window = MtkWindow::new(seq_low, seq_high, settings.seq_lower);
                let entry = MskEntry::new(name, Msk::with(msk, self.p), rand, window);
                let evicted = self.store(entry, now, &mut switched)?;
                let stored = UeAction::MskStored { name, evicted, security: Some(MskSecurity::of(message)) };
                self.accept(message, rand, last);
                actions.push(UeAction::Persist(self.export(now, state)));
                push_some(&mut actions, answer);
                actions.push(stored);
            }
            MskContent::Invalidated => {
                self.msks.forget_msk(name);
                self.step(name.group(), SwitchEvent::Forgotten(name.id), now, &mut switched);
                self.accept(message, None, last);
                actions.push(UeAction::Persist(self.export(now, state)));
                push_some(&mut actions, answer);
                actions.push(UeAction::MskInvalidated(name));
            }
            MskContent::Pull => {
                let _ = self.channel_or_new(name.group());
                self.schedule(name, Cause::Pull, now, &mut switched);
                self.accept(message, None, last);
                actions.push(UeAction::Persist(self.export(now, state)));
            }
        }
        for action in &switched {
            actions.push(*action);
        }
        Ok(actions)
    }

    /// Builds the verification message, if one is asked for, and keeps room for the state behind it.
    fn answer<'a>(
        message: &MskMessage<'_>, opened: &OpenedMsk<K::Keys>, settings: &Settings, out: &'a mut [u8],
    ) -> Result<(Option<UeAction<'a>>, &'a mut [u8]), Error> {
        if !message.v() || matches!(opened.content, MskContent::Pull) {
            return Ok((None, Self::room(out, 0)?.1));
        }
        let needed = match seal_verification(message.psk(), &opened.keys, settings, &mut []) {
            Err(crate::error::SealError::Encode(EncodeError::BufferTooSmall { needed })) => needed,
            sealed => return Err(sealed.err().map_or(Error::WrongState, Error::from)),
        };
        let (answer, state) = Self::room(out, needed)?;
        let sent = seal_verification(message.psk(), &opened.keys, settings, answer)?;
        Ok((Some(UeAction::Send(sent)), state))
    }

    /// Splits `out` into `front` octets and enough for the state.
    fn room(out: &mut [u8], front: u32) -> Result<(&mut [u8], &mut [u8]), Error> {
        let front = usize::try_from(front).unwrap_or(usize::MAX);
        let needed = front.saturating_add(Self::MAX_STATE_LEN);
        let short = EncodeError::BufferTooSmall { needed: u32::try_from(needed).unwrap_or(u32::MAX) };
        if out.len() < needed {
            return Err(short.into());
        }
        Ok(out.split_at_mut_checked(front).ok_or(short)?)
    }

    fn accept(&mut self, message: &MskMessage<'_>, rand: Option<MskRand>, last: Option<[u8; 16]>) {
        self.muks.accept(message.muk_id(), message.counter(), rand, last);
    }

    fn acknowledge_again<'a>(
        &self, message: &MskMessage<'_>, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        let slot = self.muks.get(message.muk_id()).ok_or(OpenError::MukUnknown)?;
        let opened = message.open(&slot.muk, None, slot.rand.as_ref(), &self.config.settings)?;
        let mut actions = Actions::new();
        if message.v() {
            let sent = seal_verification(message.psk(), &opened.keys, &self.config.settings, out)?;
            actions.push(UeAction::Send(sent));
        }
        Ok(actions)
    }

    fn complain<'a>(
        &self, message: &MskMessage<'_>, error: OpenError, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        let slot = self.muks.get(message.muk_id()).ok_or(OpenError::MukUnknown)?;
        let keys = message.psk().keys(&slot.muk, slot.rand.as_ref().map(MskRand::octets))?;
        let sent = seal_error(message.psk(), error_number(&error), Some(&keys), out)?;
        let mut actions = Actions::new();
        actions.push(UeAction::Refused(error));
        actions.push(UeAction::Send(sent));
        Ok(actions)
    }

    fn install<'a>(
        &mut self, entry: MskEntry<P>, now: Tick, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        let name = entry.name();
        if !self.has_room(name.group()) {
            return Err(Error::GroupStoreFull);
        }
        let out = Self::room(out, 0)?.1;
        let (mut actions, mut switched) = (Actions::new(), Actions::new());
        let evicted = self.store(entry, now, &mut switched)?;
        actions.push(UeAction::Persist(self.export(now, out)));
        actions.push(UeAction::MskStored { name, evicted, security: None });
        for action in &switched {
            actions.push(*action);
        }
        Ok(actions)
    }

    /// Stores an MSK and tells the switchover. The caller has checked that there is room for its channel.
    fn store(
        &mut self, entry: MskEntry<P>, now: Tick, actions: &mut Actions<UeAction<'_>>,
    ) -> Result<Option<MskId>, Error> {
        let name = entry.name();
        let inserted = self.msks.insert(entry, self.config.settings.same_msk_id)?;
        if let Some(channel) = self.channel_or_new(name.group()) {
            // A BM-SC that does not know the MSK asked for answers with the one it has (TS 33.246 §6.3.2.2).
            let answered = inserted != Inserted::Refreshed
                || channel.request.is_some_and(|request| {
                    request.attempts > 0 || request.msk.id.number == KeyNumber::CURRENT || request.msk == name
                });
            if answered {
                channel.request = None;
            }
        }
        let evicted = match inserted {
            Inserted::Evicted(old) => {
                self.step(name.group(), SwitchEvent::Forgotten(old), now, actions);
                Some(old)
            }
            // A retired MSK that comes again stays retired.
            Inserted::Refreshed => {
                self.keep_active(name.group());
                return Ok(None);
            }
            // Another key under this name: the MTKs that came under the old one are not its own.
            Inserted::Replaced => {
                if self.channel_mut(name.group()).is_some_and(|channel| channel.mtks.forget(name.id)) {
                    actions.push(UeAction::MtkDropped(name));
                }
                None
            }
            Inserted::New => None,
        };
        self.step(name.group(), SwitchEvent::Stored(name.id), now, actions);
        Ok(evicted)
    }

    fn mtk_message<'a>(
        &mut self, message: &MtkMessage<'_>, now: Tick, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        let settings = self.config.settings;
        let (name, group) = (message.msk(), message.msk().group());
        let channel = self.channel(group).ok_or(OpenError::MskUnknown)?;
        let mut actions = Actions::new();
        let Some(entry) = self.msks.get(name) else {
            self.schedule(name, Cause::MissedUpdate, now, &mut actions);
            return Ok(actions);
        };
        if !channel.switch.takes_mtk_under(name.id) {
            return Err(OpenError::MskRetired.into());
        }
        check_counter(message.counter(), entry.counter().or(settings.initial_counter))?;
        if channel.mtks.newest(name.id).is_some_and(|newest| newest >= message.mtk()) {
            return Ok(actions);
        }
        let out = Self::room(out, 0)?.1;
        let (opened, derived) = message.open_under(entry, &settings)?;
        let mki = Mki::new(name.id, message.mtk());
        let active = channel.switch.active().map(|active| MskName::new(name.domain, active));
        let active = active.and_then(|active| self.msks.get(active));
        let unused = active.is_some_and(|active| active.name() != name && active.counter().is_none());
        if let Some(entry) = self.msks.get_mut(name) {
            entry.accept(message.counter(), message.mtk(), derived);
        }
        let mut switched = Actions::new();
        let verified =
            if unused { SwitchEvent::Reordered(name.id) } else { SwitchEvent::MtkVerified(name.id) };
        self.step(group, verified, now, &mut switched);
        if let Some(channel) = self.channel_mut(group) {
            channel.keep(mki, opened);
        }
        actions.push(UeAction::Persist(self.export(now, out)));
        for action in &switched {
            actions.push(*action);
        }
        actions.push(UeAction::MtkReady(name.domain, mki));
        Ok(actions)
    }

    fn mki<'a>(&mut self, domain: KeyDomainId, mki: Mki, now: Tick) -> Result<Actions<UeAction<'a>>, Error> {
        let name = MskName::new(domain, mki.msk);
        let channel = self.channel(name.group()).ok_or(Error::Unknown)?;
        let mut actions = Actions::new();
        if channel.mtks.get(mki).is_some() || mki.msk.number == KeyNumber::CURRENT {
            return Ok(actions);
        }
        match self.msks.get(name) {
            None => self.schedule(name, Cause::MissedUpdate, now, &mut actions),
            Some(_) if !channel.switch.takes_mtk_under(mki.msk) => return Err(OpenError::MskRetired.into()),
            Some(_) => actions.push(UeAction::AwaitMtk(domain, mki)),
        }
        Ok(actions)
    }

    fn announced<'a>(
        &mut self, domain: KeyDomainId, event: SwitchEvent, now: Tick, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        let SwitchEvent::Announced { from, .. } = event else { return Err(Error::WrongState) };
        let group = GroupName::new(domain, from.group);
        self.channel(group).ok_or(Error::Unknown)?;
        let out = Self::room(out, 0)?.1;
        let (mut actions, mut switched) = (Actions::new(), Actions::new());
        let before = self.switchover(group);
        self.step(group, event, now, &mut switched);
        if self.switchover(group) != before {
            actions.push(UeAction::Persist(self.export(now, out)));
        }
        for action in &switched {
            actions.push(*action);
        }
        Ok(actions)
    }

    fn forget<'a>(
        &mut self, group: GroupName, now: Tick, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        let out = Self::room(out, 0)?.1;
        let slot =
            self.channels.iter_mut().find(|slot| slot.as_ref().is_some_and(|channel| channel.name == group));
        *slot.ok_or(Error::Unknown)? = None;
        self.msks.forget(group);
        let mut actions = Actions::new();
        actions.push(UeAction::Persist(self.export(now, out)));
        Ok(actions)
    }

    fn forget_muk<'a>(
        &mut self, id: MukId<'_>, now: Tick, out: &'a mut [u8],
    ) -> Result<Actions<UeAction<'a>>, Error> {
        let out = Self::room(out, 0)?.1;
        if !self.muks.forget(id) {
            return Err(Error::Unknown);
        }
        let mut actions = Actions::new();
        actions.push(UeAction::Persist(self.export(now, out)));
        Ok(actions)
    }

    /// Serves the Key Group that has waited longest. Others that are due keep their deadline, which has passed.
    fn timeout<'a>(&mut self, now: Tick, out: &'a mut [u8]) -> Result<Actions<UeAction<'a>>, Error> {
        let mut actions = Actions::new();
        let due =
            self.channels.iter().flatten().filter(|channel| channel.deadline().is_some_and(|at| at <= now));
        let Some(group) = due.min_by_key(|channel| channel.deadline()).map(|channel| channel.name) else {
            return Ok(actions);
        };
        let out = Self::room(out, 0)?.1;
        let before = self.switchover(group);
        let mut switched = Actions::new();
        self.step(group, SwitchEvent::Timeout, now, &mut switched);
        if self.switchover(group) != before {
            actions.push(UeAction::Persist(self.export(now, out)));
        }
        for action in &switched {
            actions.push(*action);
        }
        self.request(group, now, &mut actions);
        Ok(actions)
    }

    /// Makes the request of this group if it is due.
    fn request(&mut self, group: GroupName, now: Tick, actions: &mut Actions<UeAction<'_>>) {
        let back_off = self.config.back_off;
        let Some(Request { msk, cause, due, attempts }) =
            self.channel(group).and_then(|channel| channel.request)
        else {
            return;
        };
        if due > now {
            return;
        }
        let request = if attempts < back_off.attempts {
            let attempt = attempts.saturating_add(1);
            actions.push(UeAction::RequestMsk { name: msk, cause, attempt });
            let wait = u64::from(back_off.retry_ms).saturating_mul(1 << attempts.min(16));
            let due = now.after_millis(wait.saturating_add(self.draw()));
            Some(Request { msk, cause, due, attempts: attempt })
        } else {
            actions.push(UeAction::RequestAbandoned(msk));
            None
        };
        if let Some(channel) = self.channel_mut(group) {
            channel.request = request;
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
    fn step(&mut self, group: GroupName, event: SwitchEvent, now: Tick, actions: &mut Actions<UeAction<'_>>) {
        let timing = self.config.timing;
        let Some(channel) = self.channel_mut(group) else { return };
        let retiring = channel.switch.retiring();
        let (next, action) = channel.switch.step(event, &timing, now);
        channel.switch = next;
        let name = |id| MskName::new(group.domain, id);
        let drop_mtks = |channel: &mut Channel, actions: &mut Actions<_>, msk| {
            if channel.mtks.forget(msk) {
                actions.push(UeAction::MtkDropped(name(msk)));
            }
        };
        match action {
            None => {}
            Some(SwitchAction::Activate { msk, dropped }) => {
                actions.push(UeAction::Activated(name(msk)));
                dropped.into_iter().for_each(|msk| drop_mtks(channel, actions, msk));
            }
            Some(SwitchAction::Retire(msk)) => {
                drop_mtks(channel, actions, msk);
                // Nothing is in use any more, so nothing is on its way out either.
                let stranded = retiring.filter(|_| next == Switchover::Idle);
                stranded.into_iter().for_each(|msk| drop_mtks(channel, actions, msk));
            }
            Some(SwitchAction::Missing(msk)) => self.schedule(name(msk), Cause::MissedUpdate, now, actions),
            Some(SwitchAction::Mismatch) => actions.push(UeAction::AnnouncementMismatch(group.domain)),
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

    /// What recognises an octet-identical copy of a message.
    fn fingerprint(&self, message: &MskMessage<'_>) -> [u8; 16] {
        let digest = crate::crypto::digest(&self.p, &[message.psk().octets()]);
        digest.first_chunk().copied().unwrap_or_default()
    }
}

fn push_some<'o>(actions: &mut Actions<UeAction<'o>>, action: Option<UeAction<'o>>) {
    if let Some(action) = action {
        actions.push(action);
    }
}

impl<const GROUPS: usize, K, P: Primitives, const MUKS: usize> fmt::Debug for Ue<GROUPS, K, P, MUKS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ue").field("muks", &self.muks).field("msks", &self.msks).finish_non_exhaustive()
    }
}
