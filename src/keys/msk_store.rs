//! The store of MSKs: at most two a Key Group (TS 33.246 §6.3.2.3; MGV-S of the terminal).

use core::fmt;

use subtle::ConstantTimeEq;

use crate::crypto::{Primitives, RustCrypto};
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

/// The MSKs of one Key Group. None and three cannot be written down.
#[allow(clippy::large_enum_variant, reason = "there is no heap to put the larger one on")]
enum Held<P> {
    One(MskEntry<P>),
    Two { older: MskEntry<P>, newer: MskEntry<P> },
}

struct Group<P> {
    name: GroupName,
    held: Held<P>,
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
pub struct MskStore<const GROUPS: usize, P = RustCrypto> {
    groups: [Option<Group<P>>; GROUPS],
}

impl<const GROUPS: usize, P: Primitives> Default for MskStore<GROUPS, P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const GROUPS: usize, P: Primitives> MskStore<GROUPS, P> {
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
    pub fn insert(&mut self, entry: MskEntry<P>, same: SameMskId) -> Result<Inserted, OpenError> {
        let name = entry.name.group();
        let at = self.groups.iter().position(|group| group.as_ref().is_some_and(|group| group.name == name));
        if let Some(group) = at.and_then(|at| self.groups.get_mut(at)) {
            if same == SameMskId::Refuse
                && group.as_ref().is_some_and(|group| group.held.find(entry.name).is_some())
            {
                return Err(OpenError::SameMskId);
            }
            let Some(Group { held, .. }) = group.take() else { return Err(OpenError::MskStoreFull) };
            let (held, inserted) = held.insert(entry, same);
            *group = Some(Group { name, held });
            return Ok(inserted);
        }
        let free = self.groups.iter_mut().find(|group| group.is_none()).ok_or(OpenError::MskStoreFull)?;
        *free = Some(Group { name, held: Held::One(entry) });
        Ok(Inserted::New)
    }

    /// The MSK called `name`.
    #[must_use]
    pub fn get(&self, name: MskName) -> Option<&MskEntry<P>> {
        self.group(name.group())?.held.find(name)
    }

    /// The MSK called `name`, to record what was opened under it.
    pub(crate) fn get_mut(&mut self, name: MskName) -> Option<&mut MskEntry<P>> {
        let group = self.groups.iter_mut().flatten().find(|group| group.name == name.group())?;
        match &mut group.held {
            Held::One(entry) => Some(entry).filter(|entry| entry.name == name),
            Held::Two { older, newer } => [newer, older].into_iter().find(|entry| entry.name == name),
        }
    }

    /// The MSKs of a Key Group, older first.
    pub fn group_entries(&self, name: GroupName) -> impl Iterator<Item = &MskEntry<P>> {
        self.group(name).into_iter().flat_map(|group| group.held.iter())
    }

    /// All MSKs, group by group, older first.
    pub fn iter(&self) -> impl Iterator<Item = &MskEntry<P>> {
        self.groups.iter().flatten().flat_map(|group| group.held.iter())
    }

    /// Whether an MSK of this Key Group could be stored.
    #[must_use]
    pub fn has_room(&self, name: GroupName) -> bool {
        self.group(name).is_some() || self.groups.iter().any(Option::is_none)
    }

    /// Deletes one MSK; false when it is not held.
    pub fn forget_msk(&mut self, name: MskName) -> bool {
        let Some(slot) = self.slot(name.group()) else { return false };
        let Some(Group { name: group, held }) = slot.take() else { return false };
        let (left, found) = match held {
            Held::One(entry) if entry.name == name => (None, true),
            Held::Two { older, newer } if older.name == name => (Some(Held::One(newer)), true),
            Held::Two { older, newer } if newer.name == name => (Some(Held::One(older)), true),
            held => (Some(held), false),
        };
        *slot = left.map(|held| Group { name: group, held });
        found
    }

    /// Deletes the MSKs of a Key Group; false when there was none.
    pub fn forget(&mut self, name: GroupName) -> bool {
        self.slot(name).and_then(Option::take).is_some()
    }

    fn group(&self, name: GroupName) -> Option<&Group<P>> {
        self.groups.iter().flatten().find(|group| group.name == name)
    }

    fn slot(&mut self, name: GroupName) -> Option<&mut Option<Group<P>>> {
        self.groups.iter_mut().find(|group| group.as_ref().is_some_and(|group| group.name == name))
    }
}

impl<P: Primitives> Held<P> {
    fn find(&self, name: MskName) -> Option<&MskEntry<P>> {
        self.iter().find(|entry| entry.name == name)
    }

    fn iter(&self) -> impl Iterator<Item = &MskEntry<P>> {
        let (older, newer) = match self {
            Self::One(entry) => (None, entry),
            Self::Two { older, newer } => (Some(older), newer),
        };
        older.into_iter().chain(core::iter::once(newer))
    }

    fn insert(self, entry: MskEntry<P>, same: SameMskId) -> (Self, Inserted) {
        match self {
            Self::One(held) if held.name == entry.name => {
                let (entry, inserted) = renew(held, entry, same);
                (Self::One(entry), inserted)
            }
            Self::One(held) => (Self::Two { older: held, newer: entry }, Inserted::New),
            Self::Two { older, newer } if newer.name == entry.name => {
                let (newer, inserted) = renew(newer, entry, same);
                (Self::Two { older, newer }, inserted)
            }
            // Delivered again, it counts as the one that arrived last.
            Self::Two { older, newer } if older.name == entry.name => {
                let (entry, inserted) = renew(older, entry, same);
                (Self::Two { older: newer, newer: entry }, inserted)
            }
            Self::Two { older, newer } => {
                (Self::Two { older: newer, newer: entry }, Inserted::Evicted(older.name.id))
            }
        }
    }
}

/// The name of a held MSK again (point U19).
fn renew<P: Primitives>(
    held: MskEntry<P>, mut entry: MskEntry<P>, same: SameMskId,
) -> (MskEntry<P>, Inserted) {
    if same == SameMskId::Replace || !bool::from(held.msk.ct_eq(&entry.msk)) {
        return (entry, Inserted::Replaced);
    }
    entry.counter = held.counter;
    entry.window = held.window.refreshed(entry.window);
    if held.rand == entry.rand {
        entry.keys = held.keys;
    }
    (entry, Inserted::Refreshed)
}

impl<const GROUPS: usize, P: Primitives> fmt::Debug for MskStore<GROUPS, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}
