//! Missed updates: which packet proves one, by serial arithmetic of 16 bits, and how often it may cause a request.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]
#![cfg(feature = "ims")]

mod world;

use castkey::id::{GroupName, KeyDomainId, KeyGroup, KeyNumber, MskName};
use castkey::ims::{ImsError, MissedBackOff, MissedLimiter, RequestWindow, missed, missed_by};
use castkey::role::UeEvent;
use world::*;

fn name(number: u16) -> MskName {
    GROUP.msk(KeyNumber(number))
}

/// Whether `number` is missed by one who holds `stored` of the same group.
fn missed_with(stored: &[u16], number: u16) -> bool {
    missed(&[GROUP], stored.iter().map(|&stored| name(stored)), [], name(number))
}

#[test]
fn a_newer_number_of_a_subscribed_group_is_missed_and_its_own_is_not() {
    assert!(missed_with(&[7], 8));
    assert!(missed_with(&[], 1), "nothing stored, everything missed");
    assert!(!missed_with(&[7], 7));
    assert!(!missed_with(&[7, 8], 7));
    assert!(missed_with(&[7, 8], 9));
}

/// Covers: T-075
#[test]
fn a_late_packet_of_an_older_msk_is_not_missed() {
    assert!(!missed_with(&[7], 6), "evicted long ago");
    assert!(!missed_with(&[7, 8], 1));
    assert!(!missed_with(&[8, 7], 8), "order of arrival is not order of number");
    assert!(!missed_with(&[9, 7], 8), "older than the newest stored, whatever came last");
    assert!(!missed(&[GROUP], [name(7)], [name(8)], name(8)), "retired");
    assert!(missed(&[GROUP], [name(7)], [name(8)], name(9)));
}

#[test]
fn numbers_wrap_and_half_a_circle_away_is_older() {
    // RFC 1982 §3.2 with 16 bits: ahead by 1 to 32,767.
    for (stored, number, expected) in [
        (0xFFFF, 0x0001, true),
        (0xFFFF, 0x7FFE, true),
        (0xFFFF, 0x7FFF, false),
        (0x0001, 0xFFFF, false),
        (0x0001, 0x8000, true),
        (0x0001, 0x8001, false),
        (0x0001, 0x8002, false),
        (0x8001, 0x0001, false),
        (0x8000, 0x0001, false),
        (0x8002, 0x0001, true),
    ] {
        assert_eq!(missed_with(&[stored], number), expected, "{stored:04x} then {number:04x}");
    }
    for ahead in 0..=u16::MAX {
        let number = 0x1234_u16.wrapping_add(ahead);
        let expected = (1..0x8000).contains(&ahead) && number != 0;
        assert_eq!(missed_with(&[0x1234], number), expected, "{number:04x}");
    }
}

#[test]
fn key_number_0_and_groups_of_others_are_never_missed() {
    assert!(!missed_with(&[], 0));
    assert!(!missed(&[GROUP], [], [], OTHER_GROUP.msk(KeyNumber(1))));
    let other_domain = GroupName::new(KeyDomainId::new([1, 2, 3]), GROUP.group);
    assert!(!missed(&[GROUP], [], [], other_domain.msk(KeyNumber(1))));
    assert!(!missed(&[], [], [], name(1)));
    // What is stored of another group or domain does not count.
    assert!(missed(&[GROUP], [OTHER_GROUP.msk(KeyNumber(9)), other_domain.msk(KeyNumber(9))], [], name(8)));
    assert!(missed(&[OTHER_GROUP, GROUP], [], [], name(8)));
}

/// Covers: T-075
#[test]
fn a_terminal_is_asked_the_same_question() {
    let mut t = Terminal::<2>::new(punctual());
    let missed = |t: &Terminal<2>, number| missed_by(&t.ue, DOMAIN, name(number).id);
    assert!(!missed(&t, 1), "the group is not followed yet");
    t.does(UeEvent::Wanted(GROUP));
    assert!(missed(&t, 1), "followed, and nothing stored");
    t.hears(&MskText::new(5, 1).octets());
    t.hears(&mtk_text(5, 1, 1));
    t.hears(&MskText::new(6, 2).octets());
    assert!(!missed(&t, 5) && !missed(&t, 6) && missed(&t, 7));
    // An MTK under the new one retires the old one, and a third evicts it.
    t.hears(&mtk_text(6, 1, 1));
    assert!(!missed(&t, 5), "stored and retired");
    t.hears(&MskText::new(7, 3).octets());
    assert!(t.ue.msks().get(name(5)).is_none());
    assert!(!missed(&t, 5), "evicted, and older");
    assert!(!missed_by(&t.ue, DOMAIN, OTHER_GROUP.msk(KeyNumber(1)).id));
    assert!(!missed_by(&t.ue, KeyDomainId::new([0; 3]), name(8).id));
}

#[test]
fn one_request_a_period_which_doubles_from_10_to_320_seconds() {
    let mut back_off = MissedBackOff::DEFAULT;
    assert_eq!(back_off.until(), None);
    let mut allowed = Vec::new();
    for ms in (0..2_000_000).step_by(500) {
        if back_off.allow(at(ms)) {
            allowed.push(ms / 1_000);
        }
    }
    // 10, 20, 40, 80, 160, 320, 320, ...
    assert_eq!(allowed, [0, 10, 30, 70, 150, 310, 630, 950, 1270, 1590, 1910]);
}

#[test]
fn the_end_of_a_period_is_exact_and_refusals_do_not_move_it() {
    let mut back_off = MissedBackOff::new(10_000, 320_000);
    assert!(back_off.allow(at(5)));
    assert_eq!(back_off.until(), Some(at(10_005)));
    assert!(!back_off.allow(at(10_004)) && !back_off.allow(at(5)) && !back_off.allow(at(0)));
    assert!(back_off.allow(at(10_005)));
    assert_eq!(back_off.until(), Some(at(30_005)));
    back_off.succeeded();
    assert_eq!(back_off, MissedBackOff::DEFAULT);
    assert!(back_off.allow(at(10_006)), "what came is no longer missed");
    assert_eq!(back_off.until(), Some(at(20_006)), "and the period is the first one again");
    // The far end of time is reached, not passed.
    let mut late = MissedBackOff::new(u64::MAX, u64::MAX);
    assert!(late.allow(at(u64::MAX - 1)) && !late.allow(at(u64::MAX - 1)));
}

/// Covers: R-MSK-28
#[test]
fn each_group_of_each_domain_has_its_own_period() {
    let mut limiter = MissedLimiter::<4>::default();
    let twin = GroupName::new(KeyDomainId::new([1, 2, 3]), GROUP.group);
    for group in [GROUP, OTHER_GROUP, twin] {
        assert_eq!(limiter.allow(group, at(0)), Ok(true));
        assert_eq!(limiter.allow(group, at(9_999)), Ok(false));
    }
    limiter.succeeded(GROUP);
    limiter.succeeded(THIRD_GROUP);
    assert_eq!(limiter.allow(GROUP, at(9_999)), Ok(true));
    assert_eq!(limiter.allow(OTHER_GROUP, at(9_999)), Ok(false));
    assert_eq!(limiter.allow(twin, at(10_000)), Ok(true));
    assert_eq!(limiter.allow(twin, at(29_999)), Ok(false));
    assert_eq!(limiter.allow(twin, at(30_000)), Ok(true));
}

#[test]
fn a_full_limiter_drops_the_period_that_ended_first_and_never_one_that_runs() {
    let group = |number| GroupName::new(DOMAIN, KeyGroup(number));
    let mut limiter = MissedLimiter::<2>::new(MissedBackOff::new(10_000, 320_000));
    assert_eq!(limiter.allow(group(2), at(1_000)), Ok(true));
    assert_eq!(limiter.allow(group(1), at(0)), Ok(true));
    assert_eq!(limiter.allow(group(3), at(9_999)), Err(ImsError::StoreFull));
    assert_eq!(limiter.allow(group(1), at(9_999)), Ok(false), "a refusal has changed something");
    assert_eq!(limiter.allow(group(3), at(10_000)), Ok(true), "that of group 1 is over");
    assert_eq!(limiter.allow(group(2), at(10_999)), Ok(false), "that of group 2 was not touched");
    assert_eq!(limiter.allow(group(1), at(10_999)), Err(ImsError::StoreFull));
    assert_eq!(MissedLimiter::<0>::default().allow(GROUP, at(0)), Err(ImsError::StoreFull));
}

/// Covers: T-069, R-MSK-32
#[test]
fn the_window_spreads_requests_from_its_offset_to_less_than_its_end() {
    let window = RequestWindow { offset_ms: 5_000, period_ms: 60_000 };
    // offset + floor(rnd * period / 2^32)
    for (rnd, delay) in
        [(0, 5_000), (0x8000_0000, 35_000), (u32::MAX, 64_999), (1, 5_000), (71_583, 5_001), (71_582, 5_000)]
    {
        assert_eq!(window.delay_ms(rnd), delay, "{rnd}");
    }
    assert_eq!(RequestWindow::default().delay_ms(u32::MAX), 0);
    let widest = RequestWindow { offset_ms: u32::MAX.into(), period_ms: u32::MAX.into() };
    assert_eq!(widest.delay_ms(u32::MAX), 0xFFFF_FFFF + 0xFFFF_FFFE);
}
