//! What a terminal keeps of one Key Group, and how a step of its switchover shows.

use core::fmt;

use super::UeAction;
use crate::crypto::Primitives;
use crate::id::{GroupName, KeyNumber, Mki, MskId, MskName, MtkId};
use crate::keys::{Held, MskEntry};
use crate::message::OpenedMtk;
use crate::role::switch_core::SwitchCore;
use crate::role::{Actions, SwitchAction, SwitchEvent, SwitchTiming, Switchover};
use crate::time::{KeptTick, Tick};

/// Why an MSK is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The user activated the service.
    Activation,
    /// Traffic or an MTK message named an MSK that is not held.
    MissedUpdate,
    /// The BM-SC sent a solicited pull.
    Pull,
}

/// MTKs held of a Key Group: the newest and the one before, and during an overlap the last under the MSK before.
pub(super) const MTKS: usize = 3;

/// Most MTKs held under one MSK.
const MTKS_PER_MSK: usize = 2;

/// A traffic key of the Key Group.
pub(super) struct HeldMtk {
    pub(super) msk: KeyNumber,
    pub(super) mtk: MtkId,
    pub(super) opened: OpenedMtk,
}

/// An MSK request that waits for its time.
#[derive(Clone, Copy)]
pub(super) struct Request {
    /// The MSK of the Key Group.
    pub(super) msk: KeyNumber,
    pub(super) cause: Cause,
    /// Requests made so far.
    pub(super) attempts: u8,
    due: KeptTick,
}

impl Request {
    pub(super) const fn new(msk: KeyNumber, cause: Cause, due: Tick) -> Self {
        Self { msk, cause, attempts: 0, due: KeptTick::new(due) }
    }

    pub(super) const fn due(&self) -> Tick {
        self.due.tick()
    }

    /// Counts a request; the next one is due at `due`.
    pub(super) const fn made(&mut self, due: Tick) {
        self.attempts = self.attempts.saturating_add(1);
        self.due = KeptTick::new(due);
    }
}

/// One Key Group. Its switchover names MSKs by their number.
pub(super) struct Channel<P> {
    pub(super) name: GroupName,
    pub(super) msks: Option<Held<MskEntry<P>>>,
    pub(super) switch: SwitchCore<KeyNumber>,
    pub(super) mtks: [Option<HeldMtk>; MTKS],
    pub(super) request: Option<Request>,
}

impl<P: Primitives> Channel<P> {
    pub(super) const fn new(name: GroupName) -> Self {
        let switch = SwitchCore::idle(KeyNumber::CURRENT);
        Self { name, msks: None, switch, mtks: [const { None }; MTKS], request: None }
    }

    /// How far the switch is, with MSK IDs.
    pub(super) fn switchover(&self) -> Switchover {
        let SwitchCore { stage, active, retiring, coming, until } = self.switch;
        let id = |number| MskId::new(self.name.group, number);
        let (active, retiring, coming) = (id(active), id(retiring), coming.map(id));
        Switchover::of(&SwitchCore { stage, active, retiring, coming, until })
    }

    /// An MSK of the group.
    pub(super) fn msk(&self, number: KeyNumber) -> Option<&MskEntry<P>> {
        self.msks.as_ref()?.find(self.name.msk(number))
    }

    /// An MSK of the group, to record what was opened under it.
    pub(super) fn msk_mut(&mut self, number: KeyNumber) -> Option<&mut MskEntry<P>> {
        self.msks.as_mut()?.find_mut(self.name.msk(number))
    }

    /// The MTKs held.
    pub(super) fn mtks(&self) -> impl Iterator<Item = &HeldMtk> {
        self.mtks.iter().flatten()
    }

    /// An MTK of the group.
    pub(super) fn mtk(&self, msk: KeyNumber, mtk: MtkId) -> Option<&OpenedMtk> {
        self.mtks().find(|held| held.msk == msk && held.mtk == mtk).map(|held| &held.opened)
    }

    pub(super) const fn mki(&self, held: &HeldMtk) -> Mki {
        Mki::new(MskId::new(self.name.group, held.msk), held.mtk)
    }

    /// Whether an MTK that is no older is held under an MSK.
    pub(super) fn has_newer(&self, msk: KeyNumber, mtk: MtkId) -> bool {
        self.mtks().any(|held| held.msk == msk && held.mtk >= mtk)
    }

    /// Keeps an MTK. The lowest of its own MSK gives way when there are enough of them, else the lowest of the MSK that the
    /// switchover puts lowest: one that is neither in use nor just left.
    #[inline(never)]
    pub(super) fn keep(&mut self, fresh: HeldMtk) {
        let crowded = self.mtks().filter(|held| held.msk == fresh.msk).count() >= MTKS_PER_MSK;
        let mut lowest: Option<(u32, &mut Option<HeldMtk>)> = None;
        for slot in &mut self.mtks {
            let stale = match slot {
                Some(held) if crowded && held.msk != fresh.msk => continue,
                Some(held) => 1 << 24 | u32::from(self.switch.rank(held.msk)) << 16 | u32::from(held.mtk.0),
                None => 0,
            };
            if lowest.as_ref().is_none_or(|(least, _)| stale < *least) {
                lowest = Some((stale, slot));
            }
        }
        if let Some((_, slot)) = lowest {
            *slot = Some(fresh);
        }
    }

    /// Drops the MTKs under an MSK, and says so if there were any.
    #[inline(never)]
    pub(super) fn drop_mtks(&mut self, msk: KeyNumber, actions: &mut Actions<UeAction<'_>>) {
        let mut found = false;
        for slot in &mut self.mtks {
            found |= slot.take_if(|held| held.msk == msk).is_some();
        }
        if found {
            actions.push(UeAction::MtkDropped(self.name.msk(msk)));
        }
    }

    /// One step of the switchover, with what it wants done but for the request of an MSK that is missing, which it answers.
    #[inline(never)]
    pub(super) fn step(
        &mut self, event: SwitchEvent<KeyNumber>, timing: &SwitchTiming, now: Tick,
        actions: &mut Actions<UeAction<'_>>,
    ) -> Option<KeyNumber> {
        let retiring = self.switch.retiring();
        let action = self.switch.advance(event, timing, now);
        let mut missing = None;
        match action {
            None => {}
            Some(SwitchAction::Activate { msk, dropped }) => {
                actions.push(UeAction::Activated(self.name.msk(msk)));
                if let Some(msk) = dropped {
                    self.drop_mtks(msk, actions);
                }
            }
            Some(SwitchAction::Retire(msk)) => {
                self.drop_mtks(msk, actions);
                // Where nothing is in use any more, nothing is on its way out either.
                if let (None, Some(msk)) = (self.switch.active(), retiring) {
                    self.drop_mtks(msk, actions);
                }
            }
            Some(SwitchAction::Missing(msk)) => missing = Some(msk),
            Some(SwitchAction::Mismatch) => {
                actions.push(UeAction::AnnouncementMismatch(self.name.domain));
            }
        }
        self.keep_active();
        missing
    }

    /// An MSK that came late or again must not push out the one in use: while no other MSK is to come, the one in use
    /// counts as the last arrival. Where everything comes in order, it is.
    pub(super) fn keep_active(&mut self) {
        if let (Some(active), None, Some(msks)) = (self.switch.active(), self.switch.next(), &mut self.msks) {
            msks.touch(self.name.msk(active));
        }
    }

    /// Schedules a request, once: a crowd of packets with an unknown MKI causes one.
    pub(super) fn schedule(
        &mut self, number: KeyNumber, cause: Cause, due: Tick, actions: &mut Actions<UeAction<'_>>,
    ) {
        if let Some(request) = &mut self.request {
            // Not another request, but for what is missing now.
            request.msk = number;
            return;
        }
        self.request = Some(Request::new(number, cause, due));
        actions.push(UeAction::MissedKey { name: self.name.msk(number), cause });
    }

    /// When this Key Group wants a `Timeout`.
    #[inline(never)]
    pub(super) fn deadline(&self) -> Option<Tick> {
        let request = self.request.as_ref().map(Request::due);
        match (self.switch.deadline(), request) {
            (Some(switch), Some(request)) => Some(switch.min(request)),
            (switch, request) => switch.or(request),
        }
    }
}

/// The channel called `name`.
#[inline(never)]
pub(super) fn find_mut<P>(channels: &mut [Option<Channel<P>>], name: GroupName) -> Option<&mut Channel<P>> {
    channels.iter_mut().flatten().find(|channel| channel.name == name)
}

/// The channel that wants a `Timeout` first, and when.
#[inline(never)]
pub(super) fn first_due<P: Primitives>(channels: &[Option<Channel<P>>]) -> Option<(Tick, GroupName)> {
    let mut first: Option<(Tick, GroupName)> = None;
    for channel in channels.iter().flatten() {
        if let Some(at) = channel.deadline()
            && first.is_none_or(|(before, _)| at < before)
        {
            first = Some((at, channel.name));
        }
    }
    first
}

/// The MSKs of a terminal, at most two a Key Group, by order of arrival.
pub struct HeldMsks<'a, P> {
    pub(super) channels: &'a [Option<Channel<P>>],
}

impl<'a, P: Primitives> HeldMsks<'a, P> {
    /// The MSK called `name`.
    #[must_use]
    pub fn get(&self, name: MskName) -> Option<&'a MskEntry<P>> {
        self.group_entries(name.group()).find(|entry| entry.name() == name)
    }

    /// The MSKs of a Key Group, older first.
    pub fn group_entries(&self, name: GroupName) -> impl Iterator<Item = &'a MskEntry<P>> + use<'a, P> {
        self.iter().filter(move |entry| entry.name().group() == name)
    }

    /// All MSKs, group by group, older first.
    pub fn iter(&self) -> impl Iterator<Item = &'a MskEntry<P>> + use<'a, P> {
        self.channels.iter().flatten().filter_map(|channel| channel.msks.as_ref()).flat_map(Held::iter)
    }
}

impl<P: Primitives> fmt::Debug for HeldMsks<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
