//! What the table does not say in a row of its own: sequence numbers, settings, packets, back-off.

use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, MskId, MskName};
use castkey::poc::FollowerAction::{Activated, Evicted, MissedKey, MtkReady, Stored};
use castkey::poc::{Announced, ChannelTag, FollowerConfig, FollowerTimer, Packet, PocError, UpdateSeq};
use castkey::role::Actions;
use castkey::role::Switchover::{Overlap, Pending};

use crate::channel::{A, Channel, DOMAIN, GROUPS, LAST, N, S, X, indication, k, mki, name};

/// Covers: T-043, D-1
#[test]
fn three_copies_of_an_indication_are_one_switch_and_one_overlap() {
    let mut channel = Channel::c2();
    assert_eq!(channel.announce(A, N, LAST + 1).unwrap(), [Activated(name(N))]);
    channel.wait(250);
    let switching = channel.clone();
    assert_eq!(channel.announce(A, N, LAST + 1).unwrap(), []);
    assert!(channel == switching);
    channel.mtk(N, 1).unwrap();
    let overlap = channel.clone();
    channel.wait(250);
    assert_eq!(channel.announce(A, N, LAST + 1).unwrap(), []);
    assert_eq!(channel.mtk(N, 1).unwrap(), []);
    channel.now = overlap.now;
    assert!(channel == overlap);
}

/// Covers: T-048, T-053, D-18
#[test]
fn an_indication_whose_number_is_not_newer_is_a_replay() {
    let mut channel = Channel::c2();
    let before = channel.clone();
    for seq in [LAST, LAST - 1, 0, LAST.wrapping_sub((1 << 31) - 1), LAST + (1 << 31)] {
        assert_eq!(channel.announce(A, N, seq).unwrap_err(), PocError::Replay, "{seq}");
    }
    assert!(channel == before);
    assert_eq!(channel.announce(A, N, LAST + ((1 << 31) - 1)).unwrap(), [Activated(name(N))]);
}

/// Covers: D-18
#[test]
fn an_indication_from_an_msk_to_itself_is_refused_in_every_state() {
    for mut channel in states() {
        let before = channel.clone();
        for msk in [A, N, X] {
            let refused = channel.announce(msk, msk, LAST + 1).unwrap_err();
            let no_key = before.follower.switchover().active().is_none();
            let expected = if no_key { PocError::UnexpectedState } else { PocError::IndicationMismatch };
            assert_eq!(refused, expected);
        }
        assert!(channel == before);
    }
}

#[test]
fn an_indication_of_another_channel_or_key_domain_is_refused() {
    let mut config = FollowerConfig::new(DOMAIN, GROUPS);
    let (ours, other) = (ChannelTag::from_octets([1; 8]), ChannelTag::from_octets([2; 8]));
    config.channel = Some(ours);
    let mut channel = Channel::new(config).steady().and(|channel| channel.store(N));
    let before = channel.clone();
    let good = indication(A, N, LAST + 1);
    let foreign = KeyDomainId::new([0, 0, 1]);
    for bad in [Some(other), None].map(|tag| castkey::poc::Indication {
        channel: tag,
        domain: if tag.is_none() { foreign } else { DOMAIN },
        ..good
    }) {
        assert_eq!(channel.announced(bad, A).unwrap_err(), PocError::IndicationMismatch);
    }
    assert!(channel == before);
    for tag in [Some(ours), None] {
        let mut channel = before.clone();
        let good = castkey::poc::Indication { channel: tag, ..good };
        assert_eq!(channel.announced(good, A).unwrap(), [Activated(name(N))]);
    }
}

/// Covers: T-040, D-3
#[test]
fn a_strict_client_keeps_an_early_mtk_and_uses_it_from_the_indication_on() {
    let mut config = FollowerConfig::new(DOMAIN, GROUPS);
    config.strict_indication = true;
    let mut channel = Channel::new(config).steady().and(|channel| channel.store(N));
    assert_eq!(channel.mtk(N, 1).unwrap(), []);
    assert_eq!(channel.follower.switchover(), Pending { active: A, next: N });
    assert!(!channel.reads(N, 1) && channel.reads(A, 1));
    assert_eq!(channel.packet(N, 1).unwrap(), (Packet::Hold, vec![]));
    let wanted = channel.announce(A, N, LAST + 1).unwrap();
    assert_eq!(wanted, [Activated(name(N)), MtkReady(mki(N, 1))]);
    assert!(matches!(channel.follower.switchover(), Overlap { active: N, retiring: A, .. }));
    assert_eq!(channel.packet(N, 1).unwrap(), (Packet::Accept, vec![]));
}

/// Covers: D-17
#[test]
fn a_forged_number_does_not_outlive_the_switch_that_it_came_with() {
    let far = LAST + (1 << 30);
    // The true copy of the same switch takes the number back.
    let mut channel = Channel::c2().and(|channel| channel.announce(A, N, far));
    assert_eq!(channel.follower.last_seq(), Some(UpdateSeq(LAST)));
    channel.announce(A, N, LAST + 1).unwrap();
    channel.announce(A, N, far).unwrap();
    channel.mtk(N, 1).unwrap();
    assert_eq!(channel.follower.last_seq(), Some(UpdateSeq(LAST + 1)));
    // An early one that came to nothing, and the true switch by its MTK alone.
    let mut channel = Channel::c1().and(|channel| channel.announce(A, N, far));
    channel.wait(10_000);
    channel.fired(FollowerTimer::Switch);
    channel.store(N).unwrap();
    channel.mtk(N, 1).unwrap();
    assert_eq!(channel.follower.last_seq(), Some(UpdateSeq(LAST)));
    // One that was never confirmed, and the MTK of the MSK that superseded it.
    let mut channel = Channel::c2().and(|channel| channel.announce(A, N, far));
    channel.store(S).unwrap();
    channel.mtk(S, 1).unwrap();
    assert_eq!(channel.follower.switchover().active(), Some(S));
    assert_eq!(channel.follower.last_seq(), Some(UpdateSeq(LAST)));
    // One that the server puts right.
    let mut channel = Channel::c2().and(|channel| channel.announce(A, N, far));
    channel.store_current(S).unwrap();
    channel.mtk(S, 1).unwrap();
    assert_eq!(channel.follower.last_seq(), Some(UpdateSeq(LAST)));
}

/// Covers: D-17
#[test]
fn a_switch_that_no_mtk_confirmed_gives_way_to_the_true_one() {
    let mut channel = Channel::c3a();
    channel.store(S).unwrap();
    // Which of the two is true the announcements do not tell: whoever was expelled could forge either. An MTK does.
    assert_eq!(channel.announce(A, S, LAST + 1).unwrap(), []);
    assert!(channel.reads(A, 1));
    channel.mtk(S, 1).unwrap();
    assert!(matches!(channel.follower.switchover(), Overlap { active: S, retiring: A, next: None, .. }));
    assert!(channel.reads(A, 1));
}

#[test]
fn the_next_update_may_start_in_the_overlap() {
    let mut channel = Channel::c3b().and(|channel| channel.store(S));
    // What is under way under A is read until an MTK shows that the indication is true.
    assert_eq!(channel.announce(N, S, LAST + 2).unwrap(), []);
    assert!(channel.reads(N, 1) && channel.reads(A, 1));
    // A copy that claims a later update counts for nothing.
    assert_eq!(channel.announce(N, S, LAST + 900).unwrap(), []);
    assert_eq!(channel.mtk(S, 1).unwrap()[0], Activated(name(S)));
    assert_eq!(channel.follower.last_seq(), Some(UpdateSeq(LAST + 2)));
    assert!(matches!(channel.follower.switchover(), Overlap { active: S, retiring: N, next: None, .. }));
    assert!(channel.reads(N, 1) && !channel.reads(A, 1));
}

#[test]
fn the_indication_may_say_how_long_the_overlap_is() {
    for (said, ms) in [(Some(2), 2_000), (Some(0), 1_500), (Some(61), 60_000), (None, 5_000)] {
        let mut channel = Channel::c2();
        let said = castkey::poc::Indication { overlap_s: said, ..indication(A, N, LAST + 1) };
        channel.announced(said, A).unwrap();
        channel.mtk(N, 1).unwrap();
        assert_eq!(channel.due(FollowerTimer::Switch), Some(channel.after(ms)));
        // It is the overlap of that switch alone.
        channel.wait(ms);
        channel.fired(FollowerTimer::Switch);
        channel.store(S).unwrap();
        channel.announce(N, S, LAST + 2).unwrap();
        channel.mtk(S, 1).unwrap();
        assert_eq!(channel.due(FollowerTimer::Switch), Some(channel.after(5_000)));
    }
}

#[test]
fn an_indication_without_a_body_means_the_pending_msk() {
    let (mut channel, mut actions) = (Channel::c2(), Actions::new());
    let Channel { config, now, .. } = channel;
    channel.follower.announced(&Announced::Pending, A, &config, now, &mut actions).unwrap();
    assert_eq!(actions.as_slice(), [Activated(name(N))]);
    for (mut channel, error) in
        [(Channel::c0(), PocError::UnexpectedState), (Channel::c1(), PocError::IndicationMismatch)]
    {
        let (before, mut actions) = (channel.clone(), Actions::new());
        let refused = channel.follower.announced(&Announced::Pending, A, &config, now, &mut actions);
        assert_eq!(refused.unwrap_err(), error);
        assert!(channel == before && actions.is_empty());
    }
}

/// Covers: R-KM-15, R-MSK-36
#[test]
fn packets_that_wait_for_their_mtk_are_kept_up_to_sixteen() {
    let mut channel = Channel::c3a();
    for round in 0..2 {
        for _ in 0..16 {
            assert_eq!(channel.packet(N, 1 + round).unwrap(), (Packet::Hold, vec![]));
        }
        for _ in 0..3 {
            let before = channel.clone();
            assert_eq!(channel.packet(N, 1 + round).unwrap(), (Packet::HoldInsteadOfOldest, vec![]));
            assert!(channel == before);
        }
        channel.mtk(N, 1 + round).unwrap();
        assert_eq!(channel.packet(N, 1 + round).unwrap(), (Packet::Accept, vec![]));
    }
}

/// Covers: D-4
#[test]
fn a_packet_of_another_channel_or_of_an_older_msk_is_no_missed_update() {
    for mut channel in states().into_iter().skip(1) {
        let before = channel.clone();
        let foreign = MskId::new(KeyGroup(2), KeyNumber(1));
        assert_eq!(channel.packet(foreign, 1).unwrap_err(), PocError::UnknownMsk);
        assert_eq!(channel.packet(k(0xFFFE), 1).unwrap_err(), PocError::ExpiredKey);
        assert!(channel == before);
    }
}

/// Covers: T-049, D-4
#[test]
fn the_back_off_doubles_up_to_its_maximum_and_starts_anew_with_a_key() {
    let mut channel = Channel::c1();
    for wait in [10_000, 20_000, 40_000, 80_000, 160_000, 320_000, 320_000, 320_000] {
        assert_eq!(channel.packet(N, 1).unwrap(), (Packet::Missed, vec![MissedKey(name(N))]));
        channel.wait(wait - 1);
        assert_eq!(channel.packet(N, 1).unwrap(), (Packet::Missed, vec![]));
        // The other Key Group has a back-off of its own.
        channel.wait(1);
    }
    assert_eq!(channel.packet(S, 1).unwrap(), (Packet::Missed, vec![MissedKey(name(S))]));
    channel.store(N).unwrap();
    assert_eq!(channel.packet(S, 1).unwrap(), (Packet::Missed, vec![]));
    assert_eq!(channel.packet(X, 1).unwrap(), (Packet::Missed, vec![MissedKey(name(X))]));
    channel.wait(9_999);
    assert_eq!(channel.packet(X, 1).unwrap(), (Packet::Missed, vec![]));
    channel.wait(1);
    assert_eq!(channel.packet(X, 1).unwrap(), (Packet::Missed, vec![MissedKey(name(X))]));
}

#[test]
fn a_third_msk_of_a_group_evicts_the_one_in_use_unless_it_is_protected() {
    let mut literal = Channel::c2();
    let wanted = literal.store(X).unwrap();
    assert!(wanted.contains(&Evicted(name(A))) && wanted.contains(&Activated(name(N))));
    assert!(!literal.holds(A) && literal.holds(N) && literal.holds(X));
    let mut config = FollowerConfig::new(DOMAIN, GROUPS);
    config.protect_active = true;
    let mut channel = Channel::new(config).steady().and(|channel| channel.store(N));
    assert_eq!(channel.store(X).unwrap(), [Stored(name(X)), Evicted(name(N))]);
    assert_eq!(channel.follower.switchover(), Pending { active: A, next: X });
    assert!(channel.holds(A) && channel.reads(A, 1));
}

/// Every state of the table.
pub(crate) fn states() -> Vec<Channel> {
    vec![
        Channel::c0(),
        Channel::c1(),
        Channel::c2e(),
        Channel::c2(),
        Channel::c3a(),
        Channel::c3a().and(|channel| channel.store(S)),
        Channel::c3b(),
        Channel::c3b().and(|channel| channel.store(S)),
    ]
}

/// An MSK that is not of the channel.
pub(crate) fn foreign() -> [MskName; 2] {
    let other_domain = MskName::new(KeyDomainId::new([0, 0, 1]), A);
    [other_domain, MskName::new(DOMAIN, MskId::new(KeyGroup(2), KeyNumber(1)))]
}
