//! The store of MSKs against a list that is searched from one end to the other (TS 33.246 §6.3.2.3).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

use castkey::error::OpenError;
use castkey::id::{GroupName, KeyDomainId, KeyGroup, KeyNumber, MskId, MskName, MtkId};
use castkey::keys::{Inserted, Msk, MskEntry, MskRand, MskStore, MtkWindow, SameMskId, SeqLower};
use castkey::secret::Secret;
use proptest::prelude::*;

const PLACES: usize = 4;

/// What the model remembers of an MSK.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Held {
    name: MskName,
    key: u8,
    rand: Option<u8>,
    /// The lowest MTK ID that is fresh, and the highest.
    window: (u32, u16),
}

/// All MSKs in the order of their arrival.
#[derive(Debug, Default)]
struct Model(Vec<Held>);

impl Model {
    fn of(&self, group: GroupName) -> Vec<&Held> {
        self.0.iter().filter(|held| held.name.group() == group).collect()
    }

    fn groups(&self) -> usize {
        let mut groups: Vec<_> = self.0.iter().map(|held| held.name.group()).collect();
        groups.sort();
        groups.dedup();
        groups.len()
    }

    fn insert(&mut self, mut new: Held, same: SameMskId) -> Result<Inserted, OpenError> {
        if let Some(at) = self.0.iter().position(|held| held.name == new.name) {
            if same == SameMskId::Refuse {
                return Err(OpenError::SameMskId);
            }
            let old = self.0.remove(at);
            let merge = same == SameMskId::Merge && old.key == new.key;
            if merge {
                new.window.0 = new.window.0.max(old.window.0);
            }
            self.0.push(new);
            return Ok(if merge { Inserted::Refreshed } else { Inserted::Replaced });
        }
        let group = new.name.group();
        let held = self.of(group);
        if held.is_empty() && self.groups() == PLACES {
            return Err(OpenError::MskStoreFull);
        }
        let evicted = (held.len() == 2).then(|| held[0].name);
        if let Some(evicted) = evicted {
            self.0.retain(|held| held.name != evicted);
        }
        self.0.push(new);
        Ok(evicted.map_or(Inserted::New, |evicted| Inserted::Evicted(evicted.id)))
    }
}

#[derive(Clone, Debug)]
enum Step {
    Insert(Held, SameMskId, u16),
    Forget(GroupName),
    ForgetMsk(MskName),
}

fn names() -> impl Strategy<Value = MskName> {
    // Three Key Domains of two groups: the same Key Group number in another domain is another group.
    (0..3_u8, 0..2_u16, 1..5_u16).prop_map(|(domain, group, number)| {
        MskName::new(KeyDomainId::new([domain; 3]), MskId::new(KeyGroup(group), KeyNumber(number)))
    })
}

fn steps() -> impl Strategy<Value = Step> {
    let same = prop_oneof![
        4 => Just(SameMskId::Merge),
        1 => Just(SameMskId::Replace),
        1 => Just(SameMskId::Refuse),
    ];
    let insert = (names(), 0..2_u8, prop::option::of(0..2_u8), 0..9_u16, 0..20_u16, same).prop_map(
        |(name, key, rand, low, high, same)| {
            Step::Insert(Held { name, key, rand, window: (u32::from(low) + 1, high) }, same, low)
        },
    );
    prop_oneof![
        12 => insert,
        1 => names().prop_map(|name| Step::Forget(name.group())),
        2 => names().prop_map(Step::ForgetMsk),
    ]
}

fn entry(held: &Held, low: u16) -> MskEntry {
    let rand = held.rand.map(|octet| MskRand::new(&[octet; 16]).unwrap());
    let window = MtkWindow::new(MtkId(low), MtkId(held.window.1), SeqLower::Exclusive);
    MskEntry::new(held.name, Msk::new(Secret::new([held.key; 16])), rand, window)
}

fn seen(entry: &MskEntry) -> Held {
    let window = entry.window();
    Held {
        name: entry.name(),
        key: entry.msk().secret().expose()[0],
        rand: entry.rand().map(|rand| rand.octets()[0]),
        window: (window.seqs().map_or(0, |seqs| u32::from(seqs.0) + 1), window.sequ().0),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn the_store_does_what_the_list_does(steps in prop::collection::vec(steps(), 1..60)) {
        let mut store = MskStore::<PLACES>::new();
        let mut model = Model::default();
        for step in steps {
            match &step {
                Step::Insert(held, same, low) => {
                    let inserted = store.insert(entry(held, *low), *same);
                    prop_assert_eq!(inserted, model.insert(held.clone(), *same), "{:?}", step);
                }
                Step::Forget(group) => {
                    let found = !model.of(*group).is_empty();
                    model.0.retain(|held| held.name.group() != *group);
                    prop_assert_eq!(store.forget(*group), found);
                }
                Step::ForgetMsk(name) => {
                    let before = model.0.len();
                    model.0.retain(|held| held.name != *name);
                    prop_assert_eq!(store.forget_msk(*name), model.0.len() < before);
                }
            }
            prop_assert_eq!(store.iter().count(), model.0.len());
            for held in &model.0 {
                let found = store.get(held.name).map(seen);
                prop_assert_eq!(found.as_ref(), Some(held));
                let group = held.name.group();
                let of_group: Vec<_> = store.group_entries(group).map(seen).collect();
                prop_assert!(of_group.len() <= 2);
                prop_assert_eq!(of_group.iter().collect::<Vec<_>>(), model.of(group), "order of arrival");
                prop_assert!(store.has_room(group));
            }
            let stranger = GroupName::new(KeyDomainId::new([9; 3]), KeyGroup(9));
            prop_assert_eq!(store.has_room(stranger), model.groups() < PLACES);
        }
    }
}
