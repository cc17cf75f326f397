//! The MSK update of Figure 107 from the first re-INVITE to the last packet, with real keys and no network.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

mod poc_world;

use castkey::poc::{LegEvent, PolicyEvent, SessionAction, SessionEvent};

use poc_world::Table;

/// Covers: R-POC-1, R-POC-2, R-POC-3
#[test]
fn an_expelled_member_reads_until_the_switch_and_nobody_else_stops() {
    let mut table = Table::new(3);
    assert_eq!(table.readers(), [true; 3]);
    let first = table.active();
    table.leg(2, LegEvent::Expelled);
    for _ in 0..40 {
        table.run(50);
        assert!(table.readers()[..2].iter().all(|reads| *reads), "at {:?}", table.now);
    }
    assert_ne!(table.active(), first);
    assert_eq!(table.mki().msk, table.active().id);
    assert_eq!(table.readers(), [true, true, false]);
    table.run(10_000);
    assert_eq!(table.readers(), [true, true, false]);
    assert!(table.seen.contains(&SessionAction::UpdateDone(table.active())));
    assert!(!table.server.session().exclusion_pending());
}

/// Covers: T-040, D-3
#[test]
fn without_any_indication_the_first_mtk_under_the_new_msk_switches() {
    let mut table = Table::new(2);
    table.lose_indications = true;
    table.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
    for _ in 0..60 {
        table.run(50);
        assert_eq!(table.readers(), [true; 2], "at {:?}", table.now);
    }
    assert_eq!(table.mki().msk, table.active().id);
}

/// Covers: T-023, D-12
#[test]
fn expulsions_in_a_row_lose_nobody_else_a_key() {
    let mut table = Table::new(8);
    for gone in (2..8).rev() {
        table.leg(gone, LegEvent::Expelled);
        for _ in 0..4 {
            table.run(100);
            assert!(table.readers()[..2].iter().all(|reads| *reads), "at {:?}", table.now);
        }
    }
    table.run(20_000);
    assert_eq!(table.readers(), [true, true, false, false, false, false, false, false]);
}
