//! The store of MSKs: at most two a Key Group (TS 33.246 §6.3.2.3; MGV-S of the terminal).

use core::fmt;

use subtle::ConstantTimeEq;

use crate::crypto::Primitives;
use crate::error::OpenError;
use crate::id::{GroupName, MskId, MskName};
use crate::keys::msk::MskEntry;

/// What an MSK message under the name of a held MSK does (point U19).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum SameMskId {
    /// The same key: counters stay, the window only moves forward. Another key: replaces the entry.
    #[default]
    Merge,
    /// Replaces the entry in both cases.
    Replace,
    /// Is refused in both cases.
    Refuse,
}

/// What the store asks of its entries: an MSK with its key, or its name alone where only the rule counts.
pub trait StoredMsk {
    /// The name of the MSK.
    fn name(&self) -> MskName;

    /// Takes the same name again (point U19).
    fn renew(&mut self, again: Self, same: SameMskId) -> Inserted;
}

impl StoredMsk for MskName {
    fn name(&self) -> MskName {
        *self
    }

    fn renew(&mut self, _: Self, _: SameMskId) -> Inserted {
        Inserted::Refreshed
    }
}

/// The MSKs of one Key Group. None and three cannot be written down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Held<E> {
    pub(crate) older: Option<E>,
    pub(crate) newer: E,
}

/// What an insertion did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Inserted {
    /// The MSK is new and there was room.
    New,
    /// The same key came again: counter and used MTK IDs stay.
    Refreshed,
    /// Another key came under the same name, or the setting says to start afresh.
    Replaced,
    /// The MSK is new and pushed out this one, the older of the group.
    Evicted(MskId),
}

/// MSKs of at most `GROUPS` Key Groups, two each, by order of arrival.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MskStore<const GROUPS: usize, E = MskEntry> {
    groups: [Option<Held<E>>; GROUPS],
}

impl<const GROUPS: usize, E: StoredMsk> Default for MskStore<GROUPS, E> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const GROUPS: usize, E: StoredMsk> MskStore<GROUPS, E> {
    /// An empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self { groups: [const { None }; GROUPS] }
    }

    /// Stores `entry` as the newest of its group. A third MSK of a group pushes out the one that arrived first.
    ///
    /// # Errors
    ///
    /// [`OpenError::MskStoreFull`] when the group is new and all places are taken, [`OpenError::SameMskId`] when the
    /// name is held and `same` says to refuse. Nothing has changed then.
    pub fn insert(&mut self, entry: E, same: SameMskId) -> Result<Inserted, OpenError> {
        let name = entry.name().group();
        #[cfg(test)]
        if crate::broken::is(crate::broken::Rule::TwoPerGroup)
            && self.group_entries(name).count() == 2
            && self.get(entry.name()).is_none()
            && let Some(free) = self.groups.iter_mut().find(|group| group.is_none())
        {
            *free = Some(Held::one(entry));
            return Ok(Inserted::New);
        }
        if let Some(held) = self.groups.iter_mut().flatten().find(|held| held.name() == name) {
            return held.insert(entry, same);
        }
        let free = self.groups.iter_mut().find(|group| group.is_none()).ok_or(OpenError::MskStoreFull)?;
        *free = Some(Held::one(entry));
        Ok(Inserted::New)
    }

    /// The MSK called `name`.
    #[must_use]
    pub fn get(&self, name: MskName) -> Option<&E> {
        self.group(name.group())?.find(name)
    }

    /// The MSK called `name`, to record what was opened under it.
    #[cfg(feature = "poc")]
    pub(crate) fn get_mut(&mut self, name: MskName) -> Option<&mut E> {
        self.groups.iter_mut().flatten().find(|held| held.name() == name.group())?.find_mut(name)
    }

    /// Counts `name` as the MSK of its group that arrived last.
    #[cfg(feature = "poc")]
    pub(crate) fn touch(&mut self, name: MskName) {
        if let Some(held) = self.groups.iter_mut().flatten().find(|held| held.name() == name.group()) {
            held.touch(name);
        }
    }

    /// The MSKs of a Key Group, older first.
    pub fn group_entries(&self, name: GroupName) -> impl Iterator<Item = &E> {
        self.group(name).into_iter().flat_map(Held::iter)
    }

    /// All MSKs, group by group, older first.
    pub fn iter(&self) -> impl Iterator<Item = &E> {
        self.groups.iter().flatten().flat_map(Held::iter)
    }

    /// Whether an MSK of this Key Group could be stored.
    #[must_use]
    pub fn has_room(&self, name: GroupName) -> bool {
        self.group(name).is_some() || self.groups.iter().any(Option::is_none)
    }

    /// Deletes one MSK; false when it is not held.
    pub fn forget_msk(&mut self, name: MskName) -> bool {
        self.slot(name.group()).is_some_and(|slot| Held::forget(slot, name))
    }

    /// Deletes the MSKs of a Key Group; false when there was none.
    pub fn forget(&mut self, name: GroupName) -> bool {
        self.slot(name).map(|slot| *slot = None).is_some()
    }

    fn group(&self, name: GroupName) -> Option<&Held<E>> {
        self.groups.iter().flatten().find(|held| held.name() == name)
    }

    fn slot(&mut self, name: GroupName) -> Option<&mut Option<Held<E>>> {
        self.groups.iter_mut().find(|slot| slot.as_ref().is_some_and(|held| held.name() == name))
    }
}

impl<E: StoredMsk> Held<E> {
    fn name(&self) -> GroupName {
        self.newer.name().group()
    }

    pub(crate) const fn one(newer: E) -> Self {
        Self { older: None, newer }
    }

    pub(crate) fn find(&self, name: MskName) -> Option<&E> {
        if self.newer.name() == name {
            return Some(&self.newer);
        }
        self.older.as_ref().filter(|older| older.name() == name)
    }

    pub(crate) fn find_mut(&mut self, name: MskName) -> Option<&mut E> {
        if self.newer.name() == name {
            return Some(&mut self.newer);
        }
        self.older.as_mut().filter(|older| older.name() == name)
    }

    /// The MSKs, older first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &E> {
        self.older.iter().chain([&self.newer])
    }

    /// Counts `name` as the one that arrived last.
    pub(crate) fn touch(&mut self, name: MskName) {
        if let Some(older) = self.older.as_mut().filter(|older| older.name() == name) {
            core::mem::swap(older, &mut self.newer);
        }
    }

    /// Deletes one MSK; false when it is not held.
    pub(crate) fn forget(slot: &mut Option<Self>, name: MskName) -> bool {
        let Some(Self { older, newer }) = slot else { return false };
        if older.as_ref().is_some_and(|older| older.name() == name) {
            *older = None;
        } else if newer.name() != name {
            return false;
        } else if let Some(older) = older.take() {
            *newer = older;
        } else {
            *slot = None;
        }
        true
    }

    pub(crate) fn insert(&mut self, entry: E, same: SameMskId) -> Result<Inserted, OpenError> {
        if same == SameMskId::Refuse && self.find(entry.name()).is_some() {
            return Err(OpenError::SameMskId);
        }
        if self.newer.name() == entry.name() {
            return Ok(self.newer.renew(entry, same));
        }
        match &mut self.older {
            // Delivered again, it counts as the one that arrived last.
            Some(older) if older.name() == entry.name() => {
                let inserted = older.renew(entry, same);
                core::mem::swap(older, &mut self.newer);
                Ok(inserted)
            }
            older => {
                let evicted = older.as_ref().map(|older| older.name().id);
                *older = Some(core::mem::replace(&mut self.newer, entry));
                Ok(evicted.map_or(Inserted::New, Inserted::Evicted))
            }
        }
    }
}

impl<P: Primitives> StoredMsk for MskEntry<P> {
    fn name(&self) -> MskName {
        self.name
    }

    fn renew(&mut self, again: Self, same: SameMskId) -> Inserted {
        if same == SameMskId::Replace || !bool::from(self.msk.ct_eq(&again.msk)) {
            *self = again;
            return Inserted::Replaced;
        }
        self.window = self.window.refreshed(again.window);
        self.rand = again.rand;
        Inserted::Refreshed
    }
}

impl<const GROUPS: usize, E: StoredMsk + fmt::Debug> fmt::Debug for MskStore<GROUPS, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
