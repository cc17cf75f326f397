//! The table of a PoC Client, row by row in the order of the table, then every pair of state and event that it leaves out.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

#[path = "poc_follower/channel.rs"]
mod channel;
#[path = "poc_follower/rules.rs"]
mod rules;
#[path = "poc_follower/sweep.rs"]
mod sweep;

use castkey::poc::FollowerAction::{
    Activated, Evicted, MissedKey, MtkDropped, MtkReady, PendingStale, Stored, SwitchStalled,
};
use castkey::poc::{Follower, FollowerTimer, Packet, PocError, UpdateSeq};
use castkey::role::Switchover::{Expecting, Idle, Overlap, Pending, Steady, Switching};
use castkey::time::Tick;

use channel::{A, Channel, LAST, N, P, S, X, indication, mki, name};

#[test]
fn c0_takes_the_first_msk_into_use() {
    let mut channel = Channel::c0();
    assert_eq!(channel.follower.switchover(), Idle);
    assert_eq!(channel.store(A).unwrap(), [Stored(name(A)), Activated(name(A))]);
    assert_eq!(channel.follower.switchover(), Steady { active: A });
    assert!(channel.holds(A));
}

/// Covers: T-036, R-POC-12
#[test]
fn c1_stores_the_next_msk_and_goes_on_with_the_one_in_use() {
    let mut channel = Channel::c1();
    assert_eq!(channel.store(N).unwrap(), [Stored(name(N))]);
    assert_eq!(channel.follower.switchover(), Pending { active: A, next: N });
    assert_eq!(channel.packet(A, 1).unwrap(), (Packet::Accept, vec![]));
    assert_eq!(channel.due(FollowerTimer::Pending), Some(channel.after(120_000)));
}

#[test]
fn c1_and_c2_take_a_held_msk_again_and_change_nothing() {
    for (channel, msk) in [(Channel::c1(), A), (Channel::c2(), A), (Channel::c2(), N)] {
        let mut again = channel.clone();
        again.wait(1);
        assert_eq!(again.store(msk).unwrap(), [Stored(name(msk))]);
        assert_eq!(again.held(), channel.held());
    }
}

/// Covers: D-2
#[test]
fn c1_remembers_an_indication_that_came_before_its_msk() {
    let mut channel = Channel::c1();
    assert_eq!(channel.announce(A, N, LAST + 1).unwrap(), []);
    let until = channel.after(10_000);
    assert_eq!(channel.follower.switchover(), Expecting { active: A, next: N, until });
    assert_eq!(channel.due(FollowerTimer::Switch), Some(until));
    assert!(channel.reads(A, 1));
    assert_eq!(channel.mtk(N, 1).unwrap_err(), PocError::ExpiredKey);
}

#[test]
fn c1_ignores_an_indication_of_the_msk_in_use() {
    let mut channel = Channel::c1();
    let before = channel.follower.clone();
    assert_eq!(channel.announce(P, A, LAST).unwrap(), []);
    assert_eq!(channel.announce(P, A, LAST + 1).unwrap(), []);
    assert!(channel.follower == before);
}

/// Covers: T-041, D-2
#[test]
fn c2e_switches_as_soon_as_the_announced_msk_comes() {
    let mut channel = Channel::c2e();
    channel.wait(9_999);
    assert_eq!(channel.store(N).unwrap(), [Stored(name(N)), Activated(name(N))]);
    assert_eq!(channel.follower.switchover(), Switching { active: N, retiring: A, next: None });
    assert!(channel.reads(A, 1));
    assert_eq!(channel.mtk(N, 1).unwrap(), [MtkReady(mki(N, 1))]);
    assert_eq!(channel.follower.last_seq(), Some(UpdateSeq(LAST + 1)));
}

/// Covers: T-042, D-2
#[test]
fn c2e_asks_once_for_the_announced_msk_when_it_did_not_come() {
    let mut channel = Channel::c2e();
    channel.wait(9_999);
    assert_eq!(channel.fired(FollowerTimer::Switch), []);
    channel.wait(1);
    assert_eq!(channel.fired(FollowerTimer::Switch), [MissedKey(name(N))]);
    assert_eq!(channel.follower.switchover(), Steady { active: A });
    assert_eq!(channel.fired(FollowerTimer::Switch), []);
    assert_eq!(channel.packet(N, 1).unwrap(), (Packet::Missed, vec![]));
}

/// Covers: T-037, R-POC-21
#[test]
fn c2_switches_when_it_is_told_to() {
    let mut channel = Channel::c2();
    assert_eq!(channel.announce(A, N, LAST + 1).unwrap(), [Activated(name(N))]);
    assert_eq!(channel.follower.switchover(), Switching { active: N, retiring: A, next: None });
    assert_eq!(channel.due(FollowerTimer::Pending), None);
    assert_eq!(channel.due(FollowerTimer::Stalled), Some(channel.after(30_000)));
    assert_eq!(channel.mtk(N, 1).unwrap(), [MtkReady(mki(N, 1))]);
    assert!(channel.reads(N, 1));
}

/// Covers: T-038, R-POC-20
#[test]
fn c2_refuses_an_indication_that_is_not_under_the_msk_in_use() {
    let mut channel = Channel::c2();
    let before = channel.clone();
    for under in [N, P, X, S] {
        let refused = channel.announced(indication(A, N, LAST + 1), under);
        assert_eq!(refused.unwrap_err(), PocError::IndicationMismatch, "{under:?}");
    }
    assert!(channel == before);
}

/// Covers: T-047, R-POC-21
#[test]
fn c2_refuses_an_indication_that_names_other_msks() {
    let mut channel = Channel::c2();
    let before = channel.clone();
    for (old, new) in [(A, X), (A, S), (X, N), (N, X), (P, N)] {
        for under in [A, old] {
            let refused = channel.announced(indication(old, new, LAST + 1), under);
            assert_eq!(refused.unwrap_err(), PocError::IndicationMismatch, "{old:?} {new:?}");
        }
    }
    assert!(channel == before);
}

/// Covers: T-040, D-3
#[test]
fn c2_switches_on_an_mtk_under_the_pending_msk() {
    let mut channel = Channel::c2();
    assert_eq!(channel.mtk(N, 1).unwrap(), [Activated(name(N)), MtkReady(mki(N, 1))]);
    let until = channel.after(5_000);
    assert_eq!(channel.follower.switchover(), Overlap { active: N, retiring: A, until, next: None });
    assert!(channel.reads(A, 1) && channel.reads(N, 1));
    // No indication was heard: its number still counts as new.
    assert_eq!(channel.follower.last_seq(), Some(UpdateSeq(LAST)));
}

#[test]
fn c2_takes_mtks_under_the_msk_in_use() {
    let mut channel = Channel::c2();
    let before = channel.follower.switchover();
    assert_eq!(channel.mtk(A, 2).unwrap(), [MtkReady(mki(A, 2))]);
    assert_eq!(channel.follower.switchover(), before);
    assert!(channel.reads(A, 1) && channel.reads(A, 2));
}

/// Covers: T-050
#[test]
fn c2_supersedes_the_pending_msk_and_keeps_the_one_in_use() {
    let mut channel = Channel::c2();
    channel.wait(7);
    assert_eq!(channel.store(S).unwrap(), [Stored(name(S))]);
    assert_eq!(channel.follower.switchover(), Pending { active: A, next: S });
    assert!(channel.holds(A) && channel.holds(N) && channel.holds(S));
    assert_eq!(channel.packet(A, 1).unwrap(), (Packet::Accept, vec![]));
    assert_eq!(channel.due(FollowerTimer::Pending), Some(channel.after(120_000)));
    // The superseded one is never used.
    assert_eq!(channel.announce(A, N, LAST + 1).unwrap_err(), PocError::IndicationMismatch);
    assert_eq!(channel.mtk(N, 1).unwrap_err(), PocError::ExpiredKey);
    assert_eq!(channel.announce(A, S, LAST + 1).unwrap(), [Activated(name(S))]);
}

#[test]
fn c2_reports_once_that_its_msk_waits_long() {
    let mut channel = Channel::c2();
    channel.wait(119_999);
    assert_eq!(channel.fired(FollowerTimer::Pending), []);
    channel.wait(1);
    assert_eq!(channel.fired(FollowerTimer::Pending), [PendingStale(name(N))]);
    assert_eq!(channel.due(FollowerTimer::Pending), None);
    assert_eq!(channel.follower.switchover(), Pending { active: A, next: N });
    assert!(channel.holds(A) && channel.holds(N));
    assert_eq!(channel.fired(FollowerTimer::Pending), []);
}

/// Covers: D-17
#[test]
fn c3a_overlaps_from_the_first_mtk_under_the_new_msk() {
    let mut channel = Channel::c3a();
    channel.wait(20_000);
    assert_eq!(channel.mtk(N, 1).unwrap(), [MtkReady(mki(N, 1))]);
    let until = channel.after(5_000);
    assert_eq!(channel.follower.switchover(), Overlap { active: N, retiring: A, until, next: None });
    assert_eq!(channel.follower.last_seq(), Some(UpdateSeq(LAST + 1)));
    assert_eq!(channel.due(FollowerTimer::Stalled), None);
}

/// Covers: T-044, D-17
#[test]
fn c3a_reads_what_comes_under_the_old_mtk_for_as_long_as_it_takes() {
    let mut channel = Channel::c3a();
    for _ in 0..100 {
        channel.wait(60_000);
        for timer in [FollowerTimer::Switch, FollowerTimer::Stalled, FollowerTimer::Pending] {
            channel.fired(timer);
        }
        assert_eq!(channel.packet(A, 1).unwrap(), (Packet::Accept, vec![]));
    }
    // Should the indication have been forged, the old key still rolls.
    assert_eq!(channel.mtk(A, 2).unwrap(), [MtkReady(mki(A, 2))]);
    assert!(channel.reads(A, 2));
}

#[test]
fn c3a_reports_once_that_no_mtk_came() {
    let mut channel = Channel::c3a();
    channel.wait(29_999);
    assert_eq!(channel.fired(FollowerTimer::Stalled), []);
    channel.wait(1);
    let before = channel.follower.switchover();
    assert_eq!(channel.fired(FollowerTimer::Stalled), [SwitchStalled(name(N))]);
    assert_eq!(channel.follower.switchover(), before);
    assert_eq!(channel.follower.deadline(), None);
    assert_eq!(channel.fired(FollowerTimer::Stalled), []);
}

/// Covers: T-045, D-5
#[test]
fn c3b_reads_what_comes_under_the_old_mtk() {
    let mut channel = Channel::c3b();
    channel.wait(4_999);
    assert_eq!(channel.fired(FollowerTimer::Switch), []);
    assert_eq!(channel.packet(A, 1).unwrap(), (Packet::Accept, vec![]));
    assert_eq!(channel.packet(N, 1).unwrap(), (Packet::Accept, vec![]));
}

/// Covers: T-046
#[test]
fn c3b_refuses_mtk_messages_under_the_old_msk() {
    let mut channel = Channel::c3b();
    let before = channel.clone();
    for mtk in [1, 2, 9] {
        assert_eq!(channel.mtk(A, mtk).unwrap_err(), PocError::ExpiredKey);
    }
    assert!(channel == before);
}

/// Covers: T-045, D-5, D-6
#[test]
fn c3b_drops_the_old_mtks_when_the_overlap_is_over() {
    let mut channel = Channel::c3b();
    channel.wait(5_000);
    assert_eq!(channel.fired(FollowerTimer::Switch), [MtkDropped(name(A))]);
    assert_eq!(channel.follower.switchover(), Steady { active: N });
    let held: Vec<_> = channel.follower.mtks().iter().map(|(mki, ())| mki).collect();
    assert_eq!(held, [mki(N, 1)]);
    assert!(channel.holds(A));
    let before = channel.clone();
    assert_eq!(channel.packet(A, 1).unwrap_err(), PocError::ExpiredKey);
    assert_eq!(channel.mtk(A, 2).unwrap_err(), PocError::ExpiredKey);
    assert!(channel == before);
}

#[test]
fn c3a_and_c3b_store_the_next_msk_for_later() {
    let (mut switching, mut overlap) = (Channel::c3a(), Channel::c3b());
    assert_eq!(switching.store(S).unwrap(), [Stored(name(S))]);
    assert_eq!(switching.follower.switchover(), Switching { active: N, retiring: A, next: Some(S) });
    let until = overlap.after(5_000);
    assert_eq!(overlap.store(S).unwrap(), [Stored(name(S))]);
    let next = Overlap { active: N, retiring: A, until, next: Some(S) };
    assert_eq!(overlap.follower.switchover(), next);
    overlap.wait(5_000);
    assert_eq!(overlap.fired(FollowerTimer::Switch), [MtkDropped(name(A))]);
    assert_eq!(overlap.follower.switchover(), Pending { active: N, next: S });
}

#[test]
fn the_two_msk_rule_ends_the_overlap_when_it_takes_the_old_msk() {
    let mut overlap = Channel::c3b();
    let wanted = overlap.store(X).unwrap();
    assert_eq!(wanted, [Stored(name(X)), Evicted(name(A)), MtkDropped(name(A))]);
    assert_eq!(overlap.follower.switchover(), Pending { active: N, next: X });
    assert!(!overlap.reads(A, 1) && overlap.reads(N, 1));
    let mut switching = Channel::c3a();
    let wanted = switching.store(X).unwrap();
    assert_eq!(wanted, [Stored(name(X)), Evicted(name(A)), MtkDropped(name(A))]);
    assert_eq!(switching.follower.switchover().next(), Some(X));
    assert!(!switching.reads(A, 1));
}

#[test]
fn an_msk_that_is_said_to_be_in_use_is_switched_to() {
    for mut channel in [Channel::c1(), Channel::c2(), Channel::c2e()] {
        assert_eq!(channel.store_current(S).unwrap(), [Stored(name(S)), Activated(name(S))]);
        let now = channel.follower.switchover();
        assert_eq!((now.active(), now.retiring()), (Some(S), Some(A)));
        assert!(matches!(now, Switching { .. }) && channel.reads(A, 1));
        assert_eq!(channel.due(FollowerTimer::Stalled), Some(channel.after(30_000)));
    }
    // No MTK under N has come: what still serves are those under A.
    let mut channel = Channel::c3a();
    assert_eq!(channel.store_current(S).unwrap(), [Stored(name(S)), Activated(name(S))]);
    assert_eq!(channel.follower.switchover(), Switching { active: S, retiring: A, next: None });
    let mut channel = Channel::c3b();
    let wanted = channel.store_current(S).unwrap();
    assert_eq!(wanted, [Stored(name(S)), Activated(name(S)), MtkDropped(name(A))]);
    assert_eq!(channel.follower.switchover(), Switching { active: S, retiring: N, next: None });
    // The one in use, and the one before it, say nothing new.
    for (channel, msk) in [(Channel::c2(), A), (Channel::c3a(), N), (Channel::c3a(), A), (Channel::c3b(), A)]
    {
        let mut again = channel.clone();
        assert_eq!(again.store_current(msk).unwrap(), [Stored(name(msk))]);
        assert_eq!(again.held(), channel.held());
    }
}

/// Covers: T-049, D-4, R-KM-15
#[test]
fn a_packet_of_an_unknown_msk_asks_for_it_once_in_a_back_off() {
    for state in [Channel::c0(), Channel::c1(), Channel::c2(), Channel::c2e(), Channel::c3a(), Channel::c3b()]
    {
        let mut channel = state.clone();
        let (from, mut asked) = (channel.now, Vec::new());
        for ms in 0..80_000 {
            channel.now = from.after_millis(ms);
            let (packet, wanted) = channel.packet(S, 1).unwrap();
            assert_eq!(packet, Packet::Missed);
            asked.extend(wanted.into_iter().map(|action| (ms, action)));
        }
        let times = [0, 10_000, 30_000, 70_000];
        assert_eq!(asked, times.map(|ms| (ms, MissedKey(name(S)))));
        assert_eq!(channel.follower.switchover(), state.follower.switchover());
        assert!(channel.follower.mtks() == state.follower.mtks());
    }
}

/// Covers: T-051
#[test]
fn nothing_is_left_after_the_end() {
    for mut channel in
        [Channel::c0(), Channel::c1(), Channel::c2(), Channel::c2e(), Channel::c3a(), Channel::c3b()]
    {
        let _ = channel.packet(S, 1).unwrap();
        channel.follower.clear();
        assert!(channel.follower == Follower::new());
        assert_eq!(channel.follower.deadline(), None::<Tick>);
        assert_eq!(channel.follower.msks().iter().count() + channel.follower.mtks().iter().count(), 0);
    }
}
