//! The rows of the table from the registration to the end.

use super::*;

#[test]
fn an_msk_makes_the_session_keyed() {
    let s = Session::keyed();
    assert_eq!(s.state(), HttpUeState::Keyed);
    assert_eq!(s.machine.held(GROUP), Some(Held::One(KeyNumber(5))));
    assert_eq!(s.machine.held(OTHER_GROUP), None);
}

/// Covers: T-067, R-MSK-20
#[test]
fn without_mikey_the_msks_are_asked_for_twice_and_then_the_service_is_left() {
    let mut s = Session::registered();
    assert_eq!(s.ticks(9_999), "");
    assert_eq!(s.ticks(10_000), "H4(68ca)");
    assert_eq!(s.state(), HttpUeState::Registered);
    assert_eq!(s.msk_granted(), "ArmTimer(20000)");
    assert_eq!(s.ticks(20_000), "H4(68ca)");
    assert_eq!(s.msk_granted(), "ArmTimer(30000)");
    assert_eq!(s.ticks(30_000), "H3 Bye WipeKeys Failed(NoMsk)");
    assert_eq!((s.state(), s.machine.deadline()), (HttpUeState::Idle, None));
}

/// Covers: T-067, R-MSK-20
#[test]
fn an_msk_of_one_group_keeps_the_service_when_that_of_another_does_not_come() {
    let mut s = Session::of(&[GROUP, OTHER_GROUP]);
    s.does(gba("b1", LONG));
    s.does(view(true));
    s.does(sip(SipOutcome::Accepted));
    s.granted();
    s.does(stored(5));
    let other = [(OTHER_GROUP.msk(KeyNumber(1)), ItemStatus::Granted)];
    for time in [10_000, 20_000] {
        assert_eq!(s.ticks(time), "H4(68cb)", "only what is missing");
        s.msks(&other);
    }
    assert_eq!(s.ticks(30_000), format!("NotRenewed(NoMsk) ArmTimer({})", LONG - 60_000));
    assert_eq!(s.state(), HttpUeState::Keyed);
}

/// Covers: R-IMS-29, R-IMS-46, R-MSK-28
#[test]
fn a_missed_key_is_asked_for_once_a_back_off() {
    let mut s = Session::keyed();
    assert_eq!(s.does(unknown(6)), "H4(68ca)");
    assert_eq!(s.state(), HttpUeState::Keyed);
    assert_eq!(s.does(unknown(6)), "");
    s.does(http(UeRequestKind::Msk, failed(403)));
    assert_eq!(s.does(unknown(6)), "", "the back-off runs");
    s.now = 10_000;
    assert_eq!(s.does(unknown(6)), "H4(68ca)");
    s.msk_granted();
    s.does(stored(6));
    assert_eq!(s.does(unknown(7)), "H4(68ca)");
    for number in [5, 4, 0] {
        assert_eq!(Session::keyed().does(unknown(number)), "", "{number}");
    }
}

/// Covers: R-IMS-54, R-MSK-32, T-069
#[test]
fn a_pull_is_answered_with_a_request_inside_the_window() {
    let timing =
        UeTiming { window: RequestWindow { offset_ms: 1_000, period_ms: 4_000 }, ..UeTiming::default() };
    let identity = Impu::new("sip:alice@home1.net").unwrap();
    let machine = HttpUe::new(timing, service(), identity, &[GROUP]).unwrap();
    let mut s = Session { machine, now: 0 };
    s.does(gba("b1", LONG));
    s.does(view(true));
    s.does(sip(SipOutcome::Accepted));
    s.granted();
    s.does(stored(5));
    assert_eq!(s.does(key(KeyFact::Pull { group: GROUP, rnd: 0x8000_0000 })), "ArmTimer(3000)");
    assert_eq!(s.does(stored(6)), "", "a key is not what the BM-SC asked for");
    assert_eq!(s.ticks(2_999), "");
    assert_eq!(s.ticks(3_000), "H4(68ca)");
    assert_eq!(s.does(key(KeyFact::Pull { group: GROUP, rnd: 0 })), "", "one at a time");
    assert_eq!(s.msk_granted(), "ArmTimer(4000)");
    assert_eq!(s.ticks(4_000), "H4(68ca)", "and the other one afterwards");
}

#[test]
fn what_asks_while_a_post_is_in_flight_is_asked_for_in_one_list() {
    let mut s = Session::of(&[GROUP, OTHER_GROUP]);
    s.does(gba("b1", LONG));
    s.does(view(true));
    s.does(sip(SipOutcome::Accepted));
    s.does(stored(5));
    s.does(key(KeyFact::Stored(OTHER_GROUP.msk(KeyNumber(5)))));
    s.granted();
    s.does(gba("b2", LONG));
    assert_eq!(s.does(unknown(6)), "");
    assert_eq!(s.does(key(KeyFact::Pull { group: OTHER_GROUP, rnd: 0 })), "");
    assert_eq!(s.granted(), "H4(68ca,68cb) ArmTimer(10000)");
}

/// Covers: T-068
#[test]
fn a_refused_msk_is_not_asked_for_again() {
    let mut s = Session::keyed();
    s.does(unknown(6));
    let refusal = [(msk_name(0), ItemStatus::NotAuthorised)];
    assert_eq!(s.msks(&refusal), format!("NotRenewed(Item(NotAuthorised)) ArmTimer({})", LONG - 60_000));
    assert_eq!(s.ticks(1_000_000), "");
    let mut s = Session::registered();
    s.ticks(10_000);
    assert_eq!(s.msks(&refusal), "H3 Bye WipeKeys Failed(Item(NotAuthorised))");
    // Refused for one group, granted for the other: that one is waited for.
    let mut s = Session::of(&[GROUP, OTHER_GROUP]);
    s.does(gba("b1", LONG));
    s.does(view(true));
    s.does(sip(SipOutcome::Accepted));
    s.granted();
    assert_eq!(s.ticks(10_000), "H4(68ca,68cb)");
    let mixed = [(msk_name(1), ItemStatus::Granted), (OTHER_GROUP.msk(KeyNumber(0)), ItemStatus::Unknown)];
    assert_eq!(s.msks(&mixed), "NotRenewed(Item(Unknown)) ArmTimer(20000)");
    assert_eq!(s.ticks(20_000), "H4(68ca)");
}

/// Covers: R-MSK-17
#[test]
fn a_failed_request_keeps_a_held_msk_and_ends_a_service_without_one() {
    let end = |s: &mut Session, outcome: HttpOutcome<'static>| {
        let mut last = s.does(http(UeRequestKind::Msk, outcome));
        while last.contains("ArmTimer") && s.machine.deadline().unwrap() < at(LONG - 60_000) {
            let due = s.machine.deadline().unwrap().as_millis();
            assert_eq!(s.ticks(due), "H4(68ca)");
            last = s.does(http(UeRequestKind::Msk, outcome));
        }
        last
    };
    for outcome in [failed(404), HttpOutcome::Unauthentic, HttpOutcome::Refused(ImsError::BadRealm)] {
        let mut s = Session::keyed();
        s.does(unknown(6));
        assert!(end(&mut s, outcome).starts_with("NotRenewed("), "{outcome:?}");
        assert_eq!(s.state(), HttpUeState::Keyed);
        let mut s = Session::registered();
        s.ticks(10_000);
        assert!(end(&mut s, outcome).starts_with("H3 Bye WipeKeys Failed("), "{outcome:?}");
        assert_eq!(s.state(), HttpUeState::Idle);
    }
}

/// Covers: R-MSK-20
#[test]
fn the_end_of_the_last_msk_asks_for_another_and_leaves_when_none_comes() {
    let mut s = Session::keyed();
    assert_eq!(s.does(key(KeyFact::Expired(msk_name(5)))), "H4(68ca)");
    assert_eq!(s.state(), HttpUeState::Registered);
    assert_eq!(s.does(http(UeRequestKind::Msk, failed(404))), "H3 Bye WipeKeys Failed(Http(404))");
}

/// Covers: R-IMS-52, R-IMS-53, T-102
#[test]
fn ks_is_renewed_60_seconds_before_its_end_and_the_old_muk_goes_10_seconds_after_the_answer() {
    let mut s = Session::keyed();
    assert_eq!(s.ticks(LONG - 60_001), "");
    assert_eq!(s.ticks(LONG - 60_000), "NeedBootstrap");
    assert_eq!(s.state(), HttpUeState::Keyed, "the MSKs serve on");
    assert_eq!(s.ticks(LONG - 50_000), "", "one run");
    assert_eq!(s.does(gba("b2", 2 * LONG)), "DeriveMuk(b2) H2");
    assert_eq!(s.machine.btid(), Some(&btid("b2")));
    let gone = LONG - 40_000;
    assert_eq!(s.granted(), format!("ArmTimer({gone})"));
    assert_eq!(s.ticks(gone - 1), "");
    assert_eq!(s.ticks(gone), format!("ForgetMuk(b1) ArmTimer({})", 2 * LONG - 60_000));
    assert_eq!(s.state(), HttpUeState::Keyed);
}

#[test]
fn an_old_muk_may_go_with_the_answer() {
    let timing = UeTiming { old_muk_ms: 0, ..UeTiming::default() };
    let identity = Impu::new("sip:alice@home1.net").unwrap();
    let mut s = Session { machine: HttpUe::new(timing, service(), identity, &[GROUP]).unwrap(), now: 0 };
    s.does(gba("b1", LONG));
    s.does(view(true));
    s.does(sip(SipOutcome::Accepted));
    s.does(stored(1));
    s.granted();
    assert_eq!(s.does(gba("b2", LONG)), "DeriveMuk(b2) H2");
    assert_eq!(s.granted(), format!("ForgetMuk(b1) ArmTimer({})", LONG - 60_000));
}

#[test]
fn a_failed_renewal_is_tried_again_in_30_seconds_and_then_told_to_the_bm_sc() {
    let mut s = Session::keyed();
    let start = LONG - 60_000;
    s.ticks(start);
    assert_eq!(s.does(GBA_FAILED), format!("NotRenewed(Gba) ArmTimer({})", start + 30_000));
    assert_eq!(s.does(unknown(6)), "H4(68ca)", "the old Ks still serves");
    s.msk_granted();
    s.does(stored(6));
    assert_eq!(s.ticks(start + 29_999), "");
    assert_eq!(s.ticks(start + 30_000), "NeedBootstrap");
    assert_eq!(s.does(gba("b2", 2 * LONG)), "DeriveMuk(b2) H2");
    // Without an MSK there is nothing to stay for.
    let mut s = Session::keyed();
    s.ticks(start);
    s.does(key(KeyFact::Expired(msk_name(5))));
    assert_eq!(s.does(GBA_FAILED), "H3 Bye WipeKeys Failed(Gba)");
    // A run that somebody else asked for is somebody else's failure.
    let mut s = Session::registered();
    assert_eq!(s.does(GBA_FAILED), "");
}

#[test]
fn a_ks_that_ends_at_once_does_not_cause_one_run_after_the_other() {
    let mut s = Session::keyed();
    assert_eq!(s.does(gba("b2", 30_000)), "DeriveMuk(b2) H2");
    assert_eq!(s.granted(), "ArmTimer(10000)");
    assert_eq!(s.ticks(10_000), "ForgetMuk(b1) ArmTimer(30000)");
    assert_eq!(s.ticks(30_000), "NeedBootstrap");
    // Over before it came: no H2 with it, and no run before 30 s have passed.
    assert_eq!(s.does(gba("b3", 30_000)), "ArmTimer(60000)");
    assert_eq!(s.ticks(59_999), "");
    assert_eq!(s.ticks(60_000), "NeedBootstrap");
}

#[test]
fn a_refused_renewal_keeps_what_is_held() {
    let mut s = Session::keyed();
    s.does(gba("b2", LONG));
    let line = s.registration(ItemStatus::NotAuthorised);
    assert!(line.starts_with("NotRenewed(Item(NotAuthorised))"), "{line}");
    assert_eq!(s.state(), HttpUeState::Keyed);
    assert_eq!(s.ticks(1_000), "", "it is not repeated");
    let mut s = Session::registered();
    s.ticks(10_000);
    s.does(gba("b2", LONG));
    s.msks(&[(msk_name(1), ItemStatus::Granted)]);
    assert_eq!(
        s.does(http(UeRequestKind::Register, failed(403))),
        format!("NotRenewed(Http(403)) ArmTimer(20000)")
    );
}

#[test]
fn a_challenge_to_an_msk_request_that_wants_bootstrapping_gets_it() {
    let mut s = Session::keyed();
    s.does(PULL);
    assert_eq!(s.does(http(UeRequestKind::Msk, challenged(true, true))), "H4(68ca)");
    assert_eq!(s.does(http(UeRequestKind::Msk, challenged(true, false))), "NeedBootstrap");
    assert_eq!(s.does(gba("b2", LONG)), "DeriveMuk(b2) H4(68ca)");
    // Granted: the BM-SC has yet to see the registration of the new B-TID.
    assert_eq!(s.msk_granted(), "H2");
    assert!(s.granted().contains("ArmTimer(10000)"));
    // Failed: nothing of it stays.
    let mut s = Session::keyed();
    s.does(PULL);
    s.does(http(UeRequestKind::Msk, challenged(true, false)));
    assert_eq!(s.does(GBA_FAILED), "NotRenewed(Gba) ArmTimer(30000)");
}

#[test]
fn a_repetition_that_nobody_needs_any_more_is_not_sent() {
    let mut s = Session::keyed();
    s.does(unknown(6));
    s.does(stored(6));
    assert_eq!(
        s.does(http(UeRequestKind::Msk, challenged(true, true))),
        format!("ArmTimer({})", LONG - 60_000)
    );
    assert_eq!(s.state(), HttpUeState::Keyed);
    assert_eq!(s.does(PULL), "H4(68ca)");
}

#[test]
fn a_registration_can_be_made_again() {
    let mut s = Session::keyed();
    assert_eq!(s.does(HttpUeEvent::Register), "H2");
    assert_eq!(s.act(HttpUeEvent::Register), Err(ImsError::UnexpectedState));
    s.granted();
    assert_eq!(Session::registered().does(HttpUeEvent::Register), "H2");
    let mut s = Session::keyed();
    s.now = LONG;
    assert_eq!(s.act(HttpUeEvent::Register), Err(ImsError::UnexpectedState), "Ks has ended");
}

/// Covers: R-IMS-27
#[test]
fn a_stop_deregisters_says_bye_and_wipes_after_the_answer_or_5_seconds() {
    for mut s in [Session::registering(), Session::registered(), Session::keyed()] {
        assert_eq!(s.does(HttpUeEvent::Stop), "H3 Bye ArmTimer(5000)");
        assert_eq!(s.state(), HttpUeState::Deregistering);
        let done = HttpOutcome::Authenticated { status: 200, items: ListedItems::None };
        assert_eq!(s.does(http(UeRequestKind::Deregister, done)), "WipeKeys");
        assert_eq!((s.state(), s.machine.deadline()), (HttpUeState::Idle, None));
    }
    for outcome in [failed(404), challenged(true, false), HttpOutcome::Refused(ImsError::BadRealm)] {
        let mut s = Session::deregistering();
        assert_eq!(s.does(http(UeRequestKind::Deregister, outcome)), "WipeKeys");
    }
    let mut s = Session::deregistering();
    assert_eq!(s.does(http(UeRequestKind::Deregister, challenged(false, false))), "H3");
    assert_eq!(s.does(http(UeRequestKind::Deregister, HttpOutcome::TimedOut)), "ArmTimer(1000)");
    assert_eq!(s.ticks(1_000), "H3 ArmTimer(5000)");
    assert_eq!(s.ticks(4_999), "");
    assert_eq!(s.ticks(5_000), "WipeKeys");
    assert_eq!(s.state(), HttpUeState::Idle);
}

#[test]
fn a_bye_from_the_network_wipes_and_deregisters_what_may_be_registered() {
    for mut s in [Session::inviting(), Session::cancelling(), Session::authorised()] {
        assert_eq!(s.does(HttpUeEvent::Bye), "WipeKeys");
        assert_eq!(s.state(), HttpUeState::Idle);
    }
    for mut s in [Session::registering(), Session::registered(), Session::keyed()] {
        assert_eq!(s.does(HttpUeEvent::Bye), "H3 WipeKeys");
        assert_eq!((s.state(), s.machine.deadline()), (HttpUeState::Idle, None));
        assert_eq!(s.machine.held(GROUP), Some(Held::None));
        assert_eq!(s.does(http(UeRequestKind::Deregister, failed(401))), "", "best effort");
        assert_eq!(s.does(stored(7)), "WipeKeys", "a push that crossed the end leaves no key behind");
        assert_eq!(s.does(key(KeyFact::Stored(OTHER_GROUP.msk(KeyNumber(1))))), "");
        assert_eq!(s.does(view(true)), "Invite");
    }
    let mut s = Session::deregistering();
    assert_eq!(s.does(HttpUeEvent::Bye), "");
    assert_eq!(s.state(), HttpUeState::Deregistering);
}

#[test]
fn the_muk_before_goes_when_the_session_ends() {
    let mut s = Session::keyed();
    s.does(gba("b2", LONG));
    assert_eq!(s.does(HttpUeEvent::Bye), "H3 WipeKeys ForgetMuk(b1)");
}
