//! The MSK store against a plain list.

use castkey::error::OpenError;
use castkey::id::{GroupName, KeyDomainId, KeyGroup, KeyNumber, MskName, MtkId};
use castkey::keys::{Inserted, Msk, MskEntry, MskStore, MtkWindow, SameMskId, SeqLower};
use castkey::secret::Secret;

use crate::choice::Choices;

const GROUPS: usize = 2;

/// What the list knows of an MSK: name, key, lowest fresh MTK ID, highest.
type Known = (MskName, u8, u16, u16);

/// Oldest first within each group; groups in no order.
#[derive(Default)]
struct List(Vec<Known>);

impl List {
    fn of(&self, group: GroupName) -> Vec<Known> {
        self.0.iter().copied().filter(|known| known.0.group() == group).collect()
    }

    fn groups(&self) -> usize {
        let mut groups: Vec<GroupName> = self.0.iter().map(|known| known.0.group()).collect();
        groups.sort();
        groups.dedup();
        groups.len()
    }

    fn insert(&mut self, new: Known, same: SameMskId) -> Result<Inserted, OpenError> {
        let group = self.of(new.0.group());
        if group.is_empty() && self.groups() == GROUPS {
            return Err(OpenError::MskStoreFull);
        }
        if let Some(held) = group.iter().find(|known| known.0 == new.0) {
            if same == SameMskId::Refuse {
                return Err(OpenError::SameMskId);
            }
            self.0.retain(|known| known.0 != new.0);
            if same == SameMskId::Merge && held.1 == new.1 {
                self.0.push((new.0, new.1, new.2.max(held.2), new.3));
                return Ok(Inserted::Refreshed);
            }
            self.0.push(new);
            return Ok(Inserted::Replaced);
        }
        self.0.push(new);
        if let [oldest, _] = group[..] {
            self.0.retain(|known| known.0 != oldest.0);
            return Ok(Inserted::Evicted(oldest.0.id));
        }
        Ok(Inserted::New)
    }
}

fn group(choice: u8) -> GroupName {
    // The third shares its Key Group number with the first, in another Key Domain.
    GroupName::new(KeyDomainId::new([choice / 2, 0, 0]), KeyGroup(u16::from(choice % 2)))
}

/// Operations on a store of two Key Groups, with three groups and four Key Numbers to choose from.
pub fn store_ops(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let mut store = MskStore::<GROUPS>::new();
    let mut list = List::default();
    while operation(&mut choices, &mut store, &mut list).is_some() {
        for choice in 0..3 {
            let group = group(choice);
            let held: Vec<Known> = store.group_entries(group).map(known).collect();
            assert_eq!(held, list.of(group));
            assert_eq!(store.has_room(group), !held.is_empty() || list.groups() < GROUPS);
        }
        assert_eq!(store.iter().count(), list.0.len());
    }
}

fn operation(choices: &mut Choices<'_>, store: &mut MskStore<GROUPS>, list: &mut List) -> Option<()> {
    let kind = choices.below(6)?;
    let name = group(choices.below(3)?).msk(KeyNumber(u16::from(choices.below(4)?)));
    match kind {
        0 => {
            let held = list.0.iter().any(|known| known.0 == name);
            list.0.retain(|known| known.0 != name);
            assert_eq!(store.forget_msk(name), held);
        }
        1 => {
            let held = !list.of(name.group()).is_empty();
            list.0.retain(|known| known.0.group() != name.group());
            assert_eq!(store.forget(name.group()), held);
        }
        2 => {
            let expected = list.0.iter().copied().find(|known| known.0 == name);
            assert_eq!(store.get(name).map(known), expected);
        }
        _ => {
            let same =
                [SameMskId::Merge, SameMskId::Replace, SameMskId::Refuse][usize::from(choices.below(3)?)];
            // A lower end that is never 65,535, so that one above it is again an MTK ID.
            let (key, low, high) = (choices.below(2)?, choices.u16()?.min(0xFFFE), choices.u16()?);
            let window = MtkWindow::new(MtkId(low), MtkId(high), SeqLower::Exclusive);
            let entry = MskEntry::new(name, Msk::new(Secret::new([key; 16])), None, window);
            assert_eq!(store.insert(entry, same), list.insert((name, key, low + 1, high), same));
        }
    }
    Some(())
}

fn known(entry: &MskEntry) -> Known {
    let window = entry.window();
    // `next` is empty for a window that is used up, `seqs` is not.
    let lowest = window.seqs().map_or(0, |seqs| seqs.0 + 1);
    (entry.name(), entry.msk().secret().expose()[0], lowest, window.sequ().0)
}
