//! The store of MSKs under it, and a terminal that goes through everything.

use super::*;

fn entry(name: MskName, key: u8) -> MskEntry {
    let window = MtkWindow::new(MtkId(0), MtkId(100), SeqLower::default());
    MskEntry::new(name, Msk::new(Secret::new([key; 16])), None, window)
}

fn names(store: &MskStore<4>) -> Vec<MskName> {
    store.iter().map(MskEntry::name).collect()
}

fn two_of_group() -> MskStore<4> {
    let mut store = MskStore::new();
    let _ = store.insert(entry(msk_name(1), 1), SameMskId::Merge).unwrap();
    let _ = store.insert(entry(msk_name(2), 2), SameMskId::Merge).unwrap();
    store
}

/// Covers: T-062, R-MSK-5
#[test]
fn a_third_msk_of_a_group_deletes_the_older() {
    let mut store = two_of_group();
    let inserted = store.insert(entry(msk_name(3), 3), SameMskId::Merge);
    assert_eq!(inserted, Ok(Inserted::Evicted(msk_name(1).id)));
    assert_eq!(names(&store), [msk_name(2), msk_name(3)]);
    // Older is what came first, not what has the lower number.
    let _ = store.insert(entry(msk_name(1), 1), SameMskId::Merge).unwrap();
    assert_eq!(names(&store), [msk_name(3), msk_name(1)]);
}

/// Covers: T-063, R-MSK-5
#[test]
fn an_msk_of_another_group_or_domain_deletes_nothing() {
    let mut store = two_of_group();
    let twin = GroupName::new(KeyDomainId::new([9; 3]), GROUP.group).msk(KeyNumber(3));
    for name in [OTHER_GROUP.msk(KeyNumber(3)), twin] {
        assert_eq!(store.insert(entry(name, 3), SameMskId::Merge), Ok(Inserted::New));
    }
    assert!(store.get(msk_name(1)).is_some() && store.get(msk_name(2)).is_some());
    assert_eq!(store.iter().count(), 4);
}

/// Covers: T-064, R-MSK-5
#[test]
fn a_repeat_of_a_stored_name_deletes_nothing() {
    for (number, key, expected) in
        [(1, 1, Inserted::Refreshed), (2, 2, Inserted::Refreshed), (1, 9, Inserted::Replaced)]
    {
        let mut store = two_of_group();
        assert_eq!(store.insert(entry(msk_name(number), key), SameMskId::Merge), Ok(expected));
        assert!(store.get(msk_name(1)).is_some() && store.get(msk_name(2)).is_some());
        assert_eq!(store.iter().count(), 2);
    }
}

/// The pieces together: the terminal's facts drive the machine, the machine's requests bring the terminal its keys.
///
/// Covers: R-IMS-1, R-IMS-29, R-IMS-31, R-IMS-32
#[test]
fn a_terminal_activates_receives_misses_and_recovers() {
    let mut t = Terminal::<2>::new(punctual());
    let mut g = Group::new();
    assert_eq!(g.does(activate(true)), "H4(Initiation)");
    g.granted();
    assert_eq!(t.hears(&MskText::new(1, 1).octets()), "Persist MskStored(1) Activated(1)");
    g.does(stored(1));
    assert_eq!(t.hears(&mtk_text(1, 1, 1)), "Persist MtkReady(1,1)");
    // The push of MSK 2 is lost; its MTK message names it.
    assert!(t.hears(&mtk_text(2, 1, 1)).starts_with("MissedKey(2,MissedUpdate)"));
    assert!(missed_by(&t.ue, DOMAIN, msk_name(2).id));
    assert_eq!(g.does(unknown(2)), "H4(MissedUpdate)");
    g.granted();
    assert!(t.hears(&MskText::new(2, 2).octets()).contains("MskStored(2)"));
    g.does(stored(2));
    assert_eq!(g.state(), MskState::Have(Held::Two { older: KeyNumber(1), newest: KeyNumber(2) }));
    assert!(t.hears(&mtk_text(2, 1, 1)).contains("MtkReady(2,1)"));
    assert!(matches!(t.ue.switchover(GROUP), Some(Switchover::Overlap { .. })));
}
