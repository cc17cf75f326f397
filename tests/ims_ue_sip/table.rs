//! The rows of the table, in its order.

use super::*;

/// Covers: R-IMS-37, R-IMS-6, R-IMS-4
#[test]
fn a_view_bootstraps_where_there_is_no_valid_ks_and_invites_where_there_is() {
    let mut d = Dialog::bootstrapping();
    assert_eq!(d.state(), SipUeState::Bootstrapping);
    assert_eq!(d.does(gba("b1", LONG)), "DeriveMuk(b1) Invite");
    assert_eq!(d.state(), SipUeState::Inviting);
    assert_eq!(d.machine.btid(), Some(&btid("b1")));
    assert_eq!(d.machine.services(), services());
    assert_eq!(d.machine.identity(), &identity());

    assert_eq!(Dialog::inviting().state(), SipUeState::Inviting);
    let mut d = Dialog::idle();
    d.now = LONG;
    assert_eq!(d.does(view(true)), "NeedBootstrap", "the Ks has run out");
    for mut d in [Dialog::idle(), Dialog::of(&[GROUP])] {
        let before = d.seen();
        assert_eq!(d.act(view(false)), Err(ImsError::NotRegistered));
        assert_eq!(d.seen(), before);
    }
}

#[test]
fn a_dialog_needs_services_and_key_groups_within_its_places() {
    let new = |services: &[ServiceId], groups: &[GroupName]| {
        SipUe::<2, 2>::new(UeTiming::default(), services, identity(), groups).map(|_| ())
    };
    let [news, sports] = services();
    assert_eq!(new(&[], &[GROUP]), Err(ImsError::Empty));
    assert_eq!(new(&services(), &[]), Err(ImsError::NoKeyGroup));
    assert_eq!(new(&services(), &[GROUP, OTHER_GROUP, THIRD_GROUP]), Err(ImsError::TooLong));
    let third = ServiceId::new("urn:third").unwrap();
    assert_eq!(new(&[news.clone(), sports.clone(), third], &[GROUP]), Err(ImsError::TooLong));
    assert_eq!(new(&[news.clone(), sports, news], &[GROUP, GROUP]), Ok(()));
}

#[test]
fn bootstrapping_that_fails_or_is_stopped_ends_before_anything_was_sent() {
    let mut d = Dialog::bootstrapping();
    assert_eq!(d.does(GBA_FAILED), "Failed(Gba)");
    assert_eq!(d.state(), SipUeState::Idle);
    let mut d = Dialog::bootstrapping();
    assert_eq!(d.does(SipUeEvent::Stop), "");
    assert_eq!(d.state(), SipUeState::Idle);
    assert_eq!(d.does(gba("b1", LONG)), "", "noted for the next time");
    assert_eq!(d.does(view(true)), "DeriveMuk(b1) Invite");
}

#[test]
fn a_200_is_acknowledged_and_mikey_is_waited_for() {
    let d = Dialog::wait_msk();
    assert_eq!(d.state(), SipUeState::WaitMsk);
    assert_eq!(d.machine.deadline(), Some(at(10_000)));
}

/// Covers: T-104
#[test]
fn mikey_before_the_200_counts() {
    let mut d = Dialog::inviting();
    assert_eq!(d.does(stored(5)), "");
    assert_eq!(d.state(), SipUeState::Inviting);
    assert_eq!(d.does(ACCEPTED), format!("Ack ArmTimer({RENEWAL})"));
    assert_eq!(d.state(), SipUeState::Keyed);
    // Of two groups the other one is still to come.
    let mut d = Dialog::of(&[GROUP, OTHER_GROUP]);
    d.does(gba("b1", LONG));
    d.does(view(true));
    d.does(stored(5));
    d.does(ACCEPTED);
    assert_eq!(d.state(), SipUeState::WaitMsk);
    assert_eq!(d.ticks(10_000), "Reinvite(68cb)");
}

/// Covers: R-IMS-39
#[test]
fn a_403_that_asks_for_bootstrapping_gets_it_once() {
    let mut d = Dialog::inviting();
    assert_eq!(d.does(BOOTSTRAP), "ForgetMuk(b1) NeedBootstrap");
    assert_eq!(d.state(), SipUeState::Bootstrapping);
    assert_eq!(d.machine.btid(), None);
    assert_eq!(d.does(gba("b2", LONG)), "DeriveMuk(b2) Invite");
    assert_eq!(d.does(BOOTSTRAP), "Failed(Sip(403))");
    assert_eq!(d.state(), SipUeState::Idle);
}

#[test]
fn any_other_failure_of_the_invite_ends_it_and_leaves_no_key() {
    for (event, cause) in [
        (refused(403), "Sip(403)"),
        (refused(302), "Sip(302)"),
        (refused(503), "Sip(503)"),
        (glare(0), "Sip(491)"),
        (TIMED_OUT, "SipTimedOut"),
    ] {
        let mut d = Dialog::inviting();
        assert_eq!(d.does(event.clone()), format!("Failed({cause})"));
        assert_eq!((d.state(), d.machine.deadline()), (SipUeState::Idle, None));
        let mut d = Dialog::inviting();
        d.does(stored(5));
        assert_eq!(d.does(event), format!("Failed({cause}) WipeKeys"));
        assert_eq!(d.machine.held(GROUP), Some(Held::None));
    }
}

#[test]
fn a_stop_cancels_the_invite_and_a_200_that_crossed_it_is_ended() {
    let mut d = Dialog::cancelling();
    assert_eq!(d.state(), SipUeState::Cancelling);
    assert_eq!(d.does(SipUeEvent::Sip(SipOutcome::Provisional)), "");
    assert_eq!(d.does(stored(5)), "");
    assert_eq!(d.does(ACCEPTED), "Ack Bye WipeKeys");
    assert_eq!(d.state(), SipUeState::Idle);
    for event in [refused(487), TIMED_OUT] {
        let mut d = Dialog::cancelling();
        assert_eq!(d.does(event), "");
        assert_eq!(d.state(), SipUeState::Idle);
    }
}

#[test]
fn mikey_makes_the_dialog_keyed() {
    let d = Dialog::keyed();
    assert_eq!(d.state(), SipUeState::Keyed);
    assert_eq!(d.machine.held(GROUP), Some(Held::One(KeyNumber(5))));
    assert_eq!(d.machine.deadline(), Some(at(RENEWAL)));
}

/// Covers: T-067, R-MSK-20, R-IMS-47
#[test]
fn without_mikey_two_re_invites_are_made_and_then_the_dialog_ends() {
    let mut d = Dialog::wait_msk();
    assert_eq!(d.ticks(9_999), "");
    for (time, timer) in [(10_000, "Ack ArmTimer(20000)"), (20_000, "Ack ArmTimer(30000)")] {
        assert_eq!(d.ticks(time), "Reinvite(68ca)");
        assert_eq!(d.state(), SipUeState::Refreshing);
        assert_eq!(d.does(ACCEPTED), timer);
        assert_eq!(d.state(), SipUeState::WaitMsk);
    }
    assert_eq!(d.ticks(30_000), "Bye WipeKeys Failed(NoMsk)");
    assert_eq!((d.state(), d.machine.deadline()), (SipUeState::Idle, None));
}

/// Covers: T-067, R-MSK-20
#[test]
fn without_mikey_an_older_msk_keeps_the_dialog() {
    let mut d = Dialog::refreshing();
    d.does(ACCEPTED);
    for time in [10_000, 20_000] {
        assert_eq!(d.ticks(time), "Reinvite(68ca)");
        d.does(ACCEPTED);
    }
    assert_eq!(d.ticks(30_000), format!("NotRenewed(NoMsk) ArmTimer({RENEWAL})"));
    assert_eq!(d.state(), SipUeState::Keyed);
    // The next time it tries as often again.
    assert_eq!(d.does(PULL), "Reinvite(68ca)");
    d.does(ACCEPTED);
    assert_eq!(d.ticks(40_000), "Reinvite(68ca)");
}

/// Covers: R-IMS-46, R-IMS-47, R-IMS-54, R-MSK-28
#[test]
fn a_missed_key_a_pull_and_the_end_of_the_newest_msk_cause_a_re_invite() {
    for event in [unknown(6), PULL, expired(5)] {
        let mut d = Dialog::keyed();
        assert_eq!(d.does(event), "Reinvite(68ca)");
        assert_eq!(d.state(), SipUeState::Refreshing);
    }
    for event in [unknown(5), unknown(4), unknown(0), expired(4), OTHER_PULL] {
        assert_eq!(Dialog::keyed().does(event), "");
    }
    // At most one for missed updates in 10 s, then 20 s.
    let mut d = Dialog::refreshing();
    assert_eq!(d.does(refused(403)), format!("NotRenewed(Sip(403)) ArmTimer({RENEWAL})"));
    assert_eq!(d.does(unknown(6)), "");
    d.now = 10_000;
    assert_eq!(d.does(unknown(6)), "Reinvite(68ca)");
    d.does(refused(403));
    d.now = 29_999;
    assert_eq!(d.does(unknown(6)), "");
}

/// Covers: T-069, R-MSK-32
#[test]
fn a_pull_waits_for_its_place_in_the_window() {
    let window = RequestWindow { offset_ms: 1_000, period_ms: 4_000 };
    let timing = UeTiming { window, ..UeTiming::default() };
    let mut d = Dialog { machine: SipUe::new(timing, &services(), identity(), &[GROUP]).unwrap(), now: 0 };
    d.does(gba("b1", LONG));
    d.does(view(true));
    d.does(stored(5));
    d.does(ACCEPTED);
    let pull = SipUeEvent::Key(KeyFact::Pull { group: GROUP, rnd: u32::MAX });
    assert_eq!(d.does(pull), "ArmTimer(4999)");
    assert_eq!(d.ticks(4_998), "");
    assert_eq!(d.ticks(4_999), "Reinvite(68ca)");
}

/// Covers: R-IMS-12
#[test]
fn an_invite_of_the_network_in_progress_holds_the_re_invite_back() {
    let mut d = Dialog::keyed();
    assert_eq!(d.does(BEGUN), "");
    assert_eq!(d.does(unknown(6)), "");
    assert_eq!(d.state(), SipUeState::Keyed);
    assert_eq!(d.machine.deadline(), Some(at(RENEWAL)), "its end is an event, not a time");
    assert_eq!(d.does(ENDED), "Reinvite(68ca)");
    // The same for want of MIKEY, and for a new B-TID.
    let mut d = Dialog::wait_msk();
    d.does(BEGUN);
    assert_eq!(d.ticks(10_000), "");
    assert_eq!(d.does(ENDED), "Reinvite(68ca)");
    let mut d = Dialog::rebooting();
    d.does(BEGUN);
    assert_eq!(d.does(gba("b2", 2 * LONG)), format!("DeriveMuk(b2) ArmTimer({})", 2 * LONG - 60_000));
    assert_eq!(d.does(ENDED), "Reinvite(services)");
}

/// Covers: R-IMS-52, R-IMS-53, T-102
#[test]
fn ks_is_renewed_60_seconds_before_its_end_and_the_new_b_tid_is_told() {
    let mut d = Dialog::keyed();
    assert_eq!(d.ticks(RENEWAL - 1), "");
    assert_eq!(d.ticks(RENEWAL), "NeedBootstrap");
    assert_eq!(d.state(), SipUeState::Rebooting);
    assert_eq!(d.machine.held(GROUP), Some(Held::One(KeyNumber(5))), "the MSKs serve on");
    assert_eq!(d.does(unknown(6)), "", "after the run");
    assert_eq!(d.does(gba("b2", 2 * LONG)), "DeriveMuk(b2) Reinvite(services)");
    assert_eq!(d.state(), SipUeState::Refreshing);
    assert_eq!(d.machine.btid(), Some(&btid("b2")));
    d.now = RENEWAL + 500;
    assert_eq!(d.does(ACCEPTED), format!("Ack Reinvite(68ca) ArmTimer({})", RENEWAL + 10_500));
    d.does(ACCEPTED);
    d.does(stored(6));
    assert_eq!(d.ticks(RENEWAL + 10_499), "");
    assert_eq!(d.ticks(RENEWAL + 10_500), format!("ForgetMuk(b1) ArmTimer({})", 2 * LONG - 60_000));
    assert_eq!(d.state(), SipUeState::Keyed);
}

#[test]
fn a_failed_renewal_is_tried_again_in_30_seconds_while_an_msk_is_valid() {
    let mut d = Dialog::rebooting();
    assert_eq!(d.does(GBA_FAILED), format!("NotRenewed(Gba) ArmTimer({})", RENEWAL + 30_000));
    assert_eq!(d.state(), SipUeState::Keyed);
    assert_eq!(d.ticks(RENEWAL + 29_999), "");
    assert_eq!(d.ticks(RENEWAL + 30_000), "NeedBootstrap");
    assert_eq!(d.does(expired(5)), "");
    assert_eq!(d.does(GBA_FAILED), "Bye WipeKeys Failed(Gba)");
    assert_eq!(d.state(), SipUeState::Idle);
    // A run that somebody else asked for is somebody else's failure.
    assert_eq!(Dialog::wait_msk().does(GBA_FAILED), "");
}

#[test]
fn a_200_to_a_re_invite_is_acknowledged_and_mikey_is_waited_for() {
    let mut d = Dialog::refreshing();
    assert_eq!(d.does(SipUeEvent::Sip(SipOutcome::Provisional)), "");
    assert_eq!(d.does(ACCEPTED), "Ack ArmTimer(10000)");
    assert_eq!(d.state(), SipUeState::WaitMsk);
    assert_eq!(d.does(stored(6)), format!("ArmTimer({RENEWAL})"));
    assert_eq!(d.state(), SipUeState::Keyed);
    // MIKEY first.
    let mut d = Dialog::refreshing();
    assert_eq!(d.does(stored(6)), "");
    assert_eq!(d.state(), SipUeState::Refreshing);
    d.does(ACCEPTED);
    assert_eq!(d.state(), SipUeState::Keyed);
    assert_eq!(d.machine.held(GROUP), Some(Held::Two { older: KeyNumber(5), newest: KeyNumber(6) }));
}

/// Covers: T-100, R-IMS-48, R-MSK-20
#[test]
fn a_refused_re_invite_keeps_the_dialog_and_the_old_keys_while_there_are_any() {
    for (event, cause) in [(refused(403), "Sip(403)"), (BOOTSTRAP, "Sip(403)"), (refused(503), "Sip(503)")] {
        let mut d = Dialog::refreshing();
        assert_eq!(d.does(event.clone()), format!("NotRenewed({cause}) ArmTimer({RENEWAL})"));
        assert_eq!(d.state(), SipUeState::Keyed);
        assert_eq!(d.machine.held(GROUP), Some(Held::One(KeyNumber(5))));
        assert_eq!(d.ticks(1_000_000), "", "it is not repeated");
        let mut d = Dialog::wait_msk();
        d.ticks(10_000);
        assert_eq!(d.does(event), format!("Bye WipeKeys Failed({cause})"));
        assert_eq!(d.state(), SipUeState::Idle);
    }
}

/// Covers: R-IMS-47
#[test]
fn a_lost_dialog_is_initiated_anew() {
    for event in [refused(408), refused(481), TIMED_OUT] {
        let mut d = Dialog::refreshing();
        assert_eq!(d.does(event.clone()), "Bye Invite");
        assert_eq!(d.state(), SipUeState::Inviting);
        assert_eq!(d.machine.held(GROUP), Some(Held::One(KeyNumber(5))));
        d.does(ACCEPTED);
        assert_eq!(d.state(), SipUeState::Keyed);
        let mut d = Dialog::refreshing();
        d.now = LONG;
        assert_eq!(d.does(event), "Bye NeedBootstrap");
        assert_eq!(d.does(GBA_FAILED), "Failed(Gba) WipeKeys");
    }
}

#[test]
fn a_crossing_invite_is_followed_by_the_same_re_invite_after_2_1_to_4_seconds() {
    // In steps of 10 ms: 2,100, 2,110, ..., 4,000.
    for (rnd, due) in [(0, 2_100), (0x8000_0000, 3_050), (u32::MAX, 4_000)] {
        let mut d = Dialog::refreshing();
        assert_eq!(d.does(glare(rnd)), format!("ArmTimer({due})"));
        assert_eq!(d.state(), SipUeState::Refreshing);
        assert_eq!(d.ticks(due - 1), "");
        assert_eq!(d.ticks(due), "Reinvite(68ca)");
    }
    let mut d = Dialog::rebooting();
    d.does(gba("b2", 2 * LONG));
    d.does(glare(0));
    assert_eq!(d.ticks(RENEWAL + 2_100), "Reinvite(services)");
    // Not at all when the MSK has come meanwhile.
    let mut d = Dialog::refreshing();
    d.does(glare(0));
    d.does(stored(6));
    assert_eq!(d.ticks(2_100), format!("ArmTimer({RENEWAL})"));
    assert_eq!(d.state(), SipUeState::Keyed);
    // Not while the network's own is in progress.
    let mut d = Dialog::refreshing();
    d.does(glare(0));
    d.does(BEGUN);
    assert_eq!(d.ticks(2_100), "");
    assert_eq!(d.does(ENDED), "Reinvite(68ca)");
}

#[test]
fn further_triggers_are_merged_into_one_later_request() {
    let mut d = Dialog::of(&[GROUP, OTHER_GROUP]);
    d.does(gba("b1", LONG));
    d.does(view(true));
    d.does(stored(5));
    d.does(SipUeEvent::Key(KeyFact::Stored(OTHER_GROUP.msk(KeyNumber(5)))));
    d.does(ACCEPTED);
    assert_eq!(d.does(gba("b2", LONG)), "DeriveMuk(b2) Reinvite(services)");
    for event in [unknown(6), unknown(6), OTHER_PULL, OTHER_PULL] {
        assert_eq!(d.does(event), "");
        assert_eq!(d.state(), SipUeState::Refreshing);
    }
    assert_eq!(d.does(ACCEPTED), "Ack Reinvite(68ca,68cb) ArmTimer(10000)");
}

#[test]
fn a_stop_ends_the_dialog_and_wipes() {
    for mut d in [Dialog::wait_msk(), Dialog::keyed(), Dialog::rebooting(), Dialog::refreshing()] {
        assert_eq!(d.does(SipUeEvent::Stop), "Bye WipeKeys");
        assert_eq!((d.state(), d.machine.deadline()), (SipUeState::Idle, None));
        assert_eq!(d.machine.held(GROUP), Some(Held::None));
    }
}

#[test]
fn a_bye_from_the_network_wipes_in_any_state() {
    for mut d in [
        Dialog::bootstrapping(),
        Dialog::inviting(),
        Dialog::cancelling(),
        Dialog::wait_msk(),
        Dialog::keyed(),
        Dialog::rebooting(),
        Dialog::refreshing(),
    ] {
        assert_eq!(d.does(SipUeEvent::Bye), "WipeKeys");
        assert_eq!((d.state(), d.machine.deadline()), (SipUeState::Idle, None));
        assert_eq!(d.does(stored(7)), "WipeKeys", "a push that crossed the end leaves no key behind");
        assert_eq!(d.does(SipUeEvent::Key(KeyFact::Stored(OTHER_GROUP.msk(KeyNumber(1))))), "");
        assert!(d.does(view(true)).ends_with("Invite") || d.state() == SipUeState::Bootstrapping);
    }
    let mut d = Dialog::keyed();
    d.does(gba("b2", LONG));
    assert_eq!(d.does(SipUeEvent::Bye), "WipeKeys ForgetMuk(b1)");
}

#[test]
fn a_ks_that_comes_while_another_is_being_told_leaves_the_muk_in_use_alone() {
    let mut d = Dialog::keyed();
    assert_eq!(d.does(gba("b2", LONG)), "DeriveMuk(b2) Reinvite(services)");
    assert_eq!(d.does(gba("b3", LONG)), "ForgetMuk(b1) DeriveMuk(b3)");
    assert_eq!(d.does(ACCEPTED), "Ack Reinvite(services)", "b2 is what the network has: it stays");
    d.now = 1_000;
    assert_eq!(d.does(ACCEPTED), "Ack ArmTimer(11000)");
    assert_eq!(d.ticks(11_000), format!("ForgetMuk(b2) ArmTimer({RENEWAL})"));
}
