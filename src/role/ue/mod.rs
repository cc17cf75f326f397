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
mod requests;
mod state;

use core::fmt;

use crate::crypto::{Primitives, RustCrypto};
use crate::error::{EncodeError, Error, OpenError};
use crate::id::{GroupName, KeyDomainId, KeyNumber, Mki};
use crate::keys::{
    Held, Inserted, KeptKeys, KeptMukId, Msk, MskEntry, Mtk, MtkSalt, MtkWindow, Muk, MukId, MukIdOctets,
    MukStore, PreSharedKey, StoredKey,
};
use crate::message::MskSecurity;
use crate::role::{Actions, SwitchEvent, Switchover};
use crate::settings::Sha256Suite;
use crate::slots::Slots;
use crate::time::Tick;

pub use channel::{Cause, HeldMsks};
use channel::{Channel, find_mut, first_due};
pub use event::{BackOff, State, UeAction, UeConfig, UeEvent};

/// A terminal that follows at most `GROUPS` Key Groups and holds at most `MUKS` MUKs.
///
/// `K` is the MUK or its handle in a secure element, `P` the primitives for everything else, `I` what is kept of the identities
/// of a MUK: where memory is scarce, [`MukIdDigest`](crate::keys::MukIdDigest).
pub struct Ue<const GROUPS: usize, K = Muk, P = RustCrypto, const MUKS: usize = 2, I = MukIdOctets> {
    config: UeConfig,
    muks: MukStore<MUKS, K, I>,
    channels: Slots<Channel<P>, GROUPS>,
    /// Of whichever MSK the last MTK message came under.
    keys: KeptKeys<P>,
    p: P,
}

impl<const GROUPS: usize, K: PreSharedKey + StoredKey, const MUKS: usize> Ue<GROUPS, K, RustCrypto, MUKS> {
    /// A terminal that holds nothing.
    #[must_use]
    pub const fn new(config: UeConfig) -> Self {
        Self::with(config, RustCrypto)
    }
}

/// Where the state is to be written, when the event is over; `None` when nothing has changed that is stored.
type ToPersist<'a> = Result<Option<&'a mut [u8]>, Error>;

impl<const GROUPS: usize, K: PreSharedKey + StoredKey, P: Primitives, const MUKS: usize, I: KeptMukId>
    Ue<GROUPS, K, P, MUKS, I>
{
    /// [`new`](Ue::new) with the caller's primitives.
    #[must_use]
    pub const fn with(config: UeConfig, p: P) -> Self {
        let mut config = config;
        if config.jitter == 0 {
            config.jitter = 0x9E37_79B9;
        }
        if !P::SHA256_SUITE {
            config.settings.sha256_suite = Sha256Suite::Off;
        }
        Self { config, muks: MukStore::empty(), channels: Slots::new(), keys: KeptKeys::new(), p }
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
            UeEvent::Bootstrapped { id, muk } => self.bootstrapped(id, muk, out, actions),
            UeEvent::Wanted(group) => self.wanted(group, now, actions),
            UeEvent::Mikey(octets) => self.mikey(octets, now, out, actions),
            UeEvent::Mki(domain, mki) => self.mki(domain, mki, now, actions),
            UeEvent::Announced(domain, event) => self.announced(domain, event, now, out, actions),
            UeEvent::Install { name, msk, rand, seq_low, seq_high } => {
                if name.id.number == KeyNumber::CURRENT || seq_low > seq_high {
                    return Err(EncodeError::Inconsistent.into());
                }
                let window = MtkWindow::new(seq_low, seq_high, self.config.settings.seq_lower);
                let entry = MskEntry::new(name, Msk::with(msk, self.p), rand, window);
                self.install(entry, now, out, actions)
            }
            UeEvent::Forget(group) => self.forget(group, out, actions),
            UeEvent::ForgetMuk(id) => self.forget_muk(id, out, actions),
            UeEvent::Timeout => self.timeout(now, out, actions),
        };
        match handled {
            Err(refused) => {
                actions.clear();
                return Err(refused);
            }
            // It stands first, and nothing changes any more.
            Ok(Some(room)) => actions.replace_first(UeAction::Persist(self.export(now, room))),
            Ok(None) => {}
        }
        if let Some(deadline) = self.deadline().filter(|deadline| Some(*deadline) != before) {
            actions.push(UeAction::ArmTimer(deadline));
        }
        Ok(())
    }

    /// The MTK and its salt for packets with this MKI.
    #[must_use]
    pub fn mtk(&self, domain: KeyDomainId, mki: Mki) -> Option<(&Mtk, Option<&MtkSalt>)> {
        let held = self.channel(GroupName::new(domain, mki.msk.group))?.mtk(mki.msk.number, mki.mtk)?;
        Some((&held.mtk, held.salt.as_ref()))
    }

    /// The MKIs for which [`mtk`](Self::mtk) has a key, with their Key Domain.
    pub fn mkis(&self) -> impl Iterator<Item = (KeyDomainId, Mki)> {
        self.channels
            .iter()
            .flat_map(|channel| channel.mtks().map(|held| (channel.name.domain, channel.mki(held))))
    }

    /// The MSKs held.
    #[must_use]
    pub fn msks(&self) -> HeldMsks<'_, P> {
        HeldMsks { channels: self.channels.places() }
    }

    /// The MUKs held.
    #[must_use]
    pub const fn muks(&self) -> &MukStore<MUKS, K, I> {
        &self.muks
    }

    /// The Key Groups followed.
    pub fn groups(&self) -> impl Iterator<Item = GroupName> {
        self.channels.iter().map(|channel| channel.name)
    }

    /// How far the switch of this Key Group is; `None` when it is not followed.
    #[must_use]
    pub fn switchover(&self, group: GroupName) -> Option<Switchover> {
        self.channel(group).map(Channel::switchover)
    }

    /// When a [`UeEvent::Timeout`] is wanted. A time in the past means at once.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        first_due(self.channels.places()).map(|(at, _)| at)
    }

    fn channel(&self, name: GroupName) -> Option<&Channel<P>> {
        self.channels.iter().find(|channel| channel.name == name)
    }

    /// The channel called `name`, made if need be.
    #[inline(never)]
    fn channel_or_new(&mut self, name: GroupName) -> Result<&mut Channel<P>, Error> {
        if find_mut(self.channels.places_mut(), name).is_none() {
            *self.channels.free().ok_or(Error::GroupStoreFull)? = Some(Channel::new(name));
        }
        find_mut(self.channels.places_mut(), name).ok_or(Error::GroupStoreFull)
    }

    /// Whether the channel called `name` is there or could be made.
    #[inline(never)]
    fn check_channel(channels: &Slots<Channel<P>, GROUPS>, name: GroupName) -> Result<(), Error> {
        let there = channels.iter().any(|channel| channel.name == name);
        if there || !channels.is_full() { Ok(()) } else { Err(Error::GroupStoreFull) }
    }

    /// Checks that behind `front` octets of `out` the state has room.
    #[inline(never)]
    fn check_room(out: &[u8], front: usize) -> Result<(), Error> {
        let needed = front.saturating_add(Self::MAX_STATE_LEN);
        if out.len() < needed {
            let needed = u32::try_from(needed).unwrap_or(u32::MAX);
            return Err(EncodeError::BufferTooSmall { needed }.into());
        }
        Ok(())
    }

    // One function an event, none inlined: their frames do not add up, and neither do their offsets from the stack pointer.
    #[inline(never)]
    fn bootstrapped<'a>(
        &mut self, id: MukId<'_>, muk: K, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        Self::check_room(out, 0)?;
        self.muks.put(&I::name(&self.p, id), muk)?;
        actions.push(PERSIST);
        Ok(Some(out))
    }

    #[inline(never)]
    fn wanted<'a>(
        &mut self, group: GroupName, now: Tick, actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        if self.channel_or_new(group)?.switch.active().is_none() {
            self.schedule(group, KeyNumber::CURRENT, Cause::Activation, now, actions);
        }
        Ok(None)
    }

    #[inline(never)]
    fn install<'a>(
        &mut self, entry: MskEntry<P>, now: Tick, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        Self::check_channel(&self.channels, entry.name().group())?;
        Self::check_room(out, 0)?;
        actions.push(PERSIST);
        self.store(entry, None, now, actions)?;
        Ok(Some(out))
    }

    /// Stores an MSK and tells the switchover. The caller has checked that there is room for its channel.
    #[inline(never)]
    fn store<'a>(
        &mut self, entry: MskEntry<P>, security: Option<MskSecurity<'a>>, now: Tick,
        actions: &mut Actions<UeAction<'a>>,
    ) -> Result<(), Error> {
        let name = entry.name();
        let number = name.id.number;
        let (timing, same) = (self.config.timing, self.config.settings.same_msk_id);
        self.keys.forget();
        let channel = self.channel_or_new(name.group())?;
        let inserted = match &mut channel.msks {
            Some(msks) => msks.insert(entry, same)?,
            none => {
                *none = Some(Held::one(entry));
                Inserted::New
            }
        };
        let evicted = match inserted {
            Inserted::Evicted(old) => Some(old),
            Inserted::New | Inserted::Refreshed | Inserted::Replaced => None,
        };
        actions.push(UeAction::MskStored { name, evicted, security });
        // A BM-SC that does not know the MSK asked for answers with the one it has (TS 33.246 §6.3.2.2).
        channel.request.take_if(|request| {
            inserted != Inserted::Refreshed
                || request.attempts > 0
                || request.msk == KeyNumber::CURRENT
                || request.msk == number
        });
        if inserted == Inserted::Replaced {
            // Another key under this name: the MTKs that came under the old one are not its own.
            channel.drop_mtks(number, actions);
        }
        if let Some(old) = evicted {
            channel.step(SwitchEvent::Forgotten(old.number), &timing, now, actions);
        }
        if inserted == Inserted::Refreshed {
            // A retired MSK that comes again stays retired.
            channel.keep_active();
        } else {
            channel.step(SwitchEvent::Stored(number), &timing, now, actions);
        }
        Ok(())
    }

    #[inline(never)]
    fn mki<'a>(
        &mut self, domain: KeyDomainId, mki: Mki, now: Tick, actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        let group = GroupName::new(domain, mki.msk.group);
        let number = mki.msk.number;
        let channel = find_mut(self.channels.places_mut(), group).ok_or(Error::Unknown)?;
        if channel.mtk(number, mki.mtk).is_some() || number == KeyNumber::CURRENT {
            return Ok(None);
        }
        if channel.msk(number).is_none() {
            self.schedule(group, number, Cause::MissedUpdate, now, actions);
        } else if channel.switch.takes_mtk_under(number) {
            actions.push(UeAction::AwaitMtk(domain, mki));
        } else {
            return Err(OpenError::MskRetired.into());
        }
        Ok(None)
    }

    #[inline(never)]
    fn announced<'a>(
        &mut self, domain: KeyDomainId, event: SwitchEvent, now: Tick, out: &'a mut [u8],
        actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        let SwitchEvent::Announced { from, to } = event else { return Err(Error::WrongState) };
        let group = GroupName::new(domain, from.group);
        find_mut(self.channels.places_mut(), group).ok_or(Error::Unknown)?;
        Self::check_room(out, 0)?;
        if to.group != from.group || to.number == KeyNumber::CURRENT {
            actions.push(UeAction::AnnouncementMismatch(domain));
            return Ok(None);
        }
        let event = SwitchEvent::Announced { from: from.number, to: to.number };
        let moved = self.step_and_persist(group, event, now, actions);
        Ok(moved.then_some(out))
    }

    #[inline(never)]
    fn forget<'a>(
        &mut self, group: GroupName, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        Self::check_room(out, 0)?;
        if !self.channels.remove(|channel| channel.name == group) {
            return Err(Error::Unknown);
        }
        self.keys.forget();
        actions.push(PERSIST);
        Ok(Some(out))
    }

    #[inline(never)]
    fn forget_muk<'a>(
        &mut self, id: MukId<'_>, out: &'a mut [u8], actions: &mut Actions<UeAction<'a>>,
    ) -> ToPersist<'a> {
        Self::check_room(out, 0)?;
        if !self.muks.drop_called(&I::name(&self.p, id)) {
            return Err(Error::Unknown);
        }
        actions.push(PERSIST);
        Ok(Some(out))
    }
}

/// Holds the place of the state, which is written when nothing changes any more.
const PERSIST: UeAction<'static> = UeAction::Persist(State::new(&[]));

impl<const GROUPS: usize, K, P: Primitives, const MUKS: usize, I: fmt::Debug> fmt::Debug
    for Ue<GROUPS, K, P, MUKS, I>
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ue")
            .field("muks", &self.muks)
            .field("msks", &HeldMsks { channels: self.channels.places() })
            .finish_non_exhaustive()
    }
}
