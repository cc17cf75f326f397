//! The rows of the table up to the answer to the registration.

use super::*;

/// Covers: R-IMS-6, R-IMS-7, R-IMS-8, R-IMS-36, R-IMS-4
#[test]
fn a_view_invites_when_the_terminal_is_registered() {
    let mut s = Session::idle();
    let before = s.seen();
    assert_eq!(s.act(view(false)), Err(ImsError::NotRegistered));
    assert_eq!(s.seen(), before);
    assert_eq!(s.does(view(true)), "Invite");
    assert_eq!(s.state(), HttpUeState::Inviting);
    assert_eq!(s.machine.service(), &service());
    assert_eq!(s.machine.identity().as_str(), "sip:alice@home1.net");
}

/// Covers: R-MSK-25
#[test]
fn a_session_needs_a_key_group_and_takes_no_more_than_its_places() {
    let new = |groups: &[GroupName]| {
        let identity = Impu::new("sip:alice@home1.net").unwrap();
        HttpUe::<2>::new(UeTiming::default(), service(), identity, groups).map(|_| ())
    };
    assert_eq!(new(&[]), Err(ImsError::NoKeyGroup));
    assert_eq!(new(&[GROUP, OTHER_GROUP, THIRD_GROUP]), Err(ImsError::TooLong));
    assert_eq!(new(&[GROUP, OTHER_GROUP, GROUP]), Ok(()));
}

#[test]
fn a_provisional_response_changes_nothing() {
    let mut s = Session::inviting();
    let before = s.seen();
    assert_eq!(s.does(sip(SipOutcome::Provisional)), "");
    assert_eq!(s.seen(), before);
}

/// Covers: R-IMS-9
#[test]
fn a_200_is_acknowledged_and_the_registration_follows() {
    let mut s = Session::inviting();
    assert_eq!(s.does(sip(SipOutcome::Accepted)), "Ack DeriveMuk(b1) H2");
    assert_eq!(s.state(), HttpUeState::Registering);
    assert_eq!(s.machine.btid(), Some(&btid("b1")));
}

#[test]
fn a_200_without_a_valid_ks_asks_for_bootstrapping_first() {
    assert_eq!(Session::authorised().state(), HttpUeState::Authorised);
    // One that has run out is none.
    let mut s = Session::of(&[GROUP]);
    s.does(gba("b0", 1_000));
    s.does(view(true));
    s.now = 1_000;
    assert_eq!(s.does(sip(SipOutcome::Accepted)), "Ack NeedBootstrap");
    assert_eq!(s.does(gba("b1", LONG)), "DeriveMuk(b1) H2");
}

/// Covers: R-IMS-9
#[test]
fn a_refused_or_unanswered_invite_ends_the_session_without_registration() {
    for (outcome, cause) in [
        (refused(302), "Sip(302)"),
        (refused(403), "Sip(403)"),
        (refused(504), "Sip(504)"),
        (refused(603), "Sip(603)"),
        (SipOutcome::Refused { status: 403, bootstrap: true }, "Sip(403)"),
        (SipOutcome::Glare { rnd: 0 }, "Sip(491)"),
        (SipOutcome::TimedOut, "SipTimedOut"),
    ] {
        let mut s = Session::inviting();
        assert_eq!(s.does(sip(outcome)), format!("Failed({cause})"));
        assert_eq!((s.state(), s.machine.deadline()), (HttpUeState::Idle, None));
        assert_eq!(s.does(view(true)), "Invite", "the user may try again");
    }
}

#[test]
fn a_stop_cancels_the_invite_and_a_200_that_crossed_it_is_ended() {
    let mut s = Session::inviting();
    assert_eq!(s.does(HttpUeEvent::Stop), "Cancel");
    assert_eq!(s.state(), HttpUeState::Cancelling);
    assert_eq!(s.does(sip(SipOutcome::Provisional)), "");
    assert_eq!(s.does(sip(SipOutcome::Accepted)), "Ack Bye");
    assert_eq!(s.state(), HttpUeState::Idle);
    for outcome in [refused(487), SipOutcome::TimedOut] {
        let mut s = Session::cancelling();
        assert_eq!(s.does(sip(outcome)), "");
        assert_eq!(s.state(), HttpUeState::Idle);
    }
}

#[test]
fn bootstrapping_lets_the_registration_begin_or_ends_the_dialog() {
    let mut s = Session::authorised();
    assert_eq!(s.does(gba("b1", LONG)), "DeriveMuk(b1) H2");
    assert_eq!(s.state(), HttpUeState::Registering);
    let mut s = Session::authorised();
    assert_eq!(s.does(GBA_FAILED), "Bye Failed(Gba)");
    assert_eq!(s.state(), HttpUeState::Idle);
    let mut s = Session::authorised();
    assert_eq!(s.does(HttpUeEvent::Stop), "Bye");
    assert_eq!(s.state(), HttpUeState::Idle);
}

/// Covers: T-079, T-080
#[test]
fn challenges_to_the_registration_follow_the_table_of_the_exchange() {
    let h2 = |outcome| http(UeRequestKind::Register, outcome);
    let mut s = Session::registering();
    assert_eq!(s.does(h2(challenged(false, false))), "H2");
    assert_eq!(s.does(h2(challenged(true, true))), "H2", "the same B-TID, a new nonce");
    assert_eq!(s.machine.btid(), Some(&btid("b1")));
    assert_eq!(s.does(h2(challenged(true, false))), "NeedBootstrap");
    assert_eq!(s.state(), HttpUeState::Bootstrapping);
    assert_eq!(s.does(gba("b2", LONG)), "DeriveMuk(b2) H2");
    assert_eq!(s.state(), HttpUeState::Registering);
    assert_eq!(s.granted(), "ArmTimer(10000)");

    let mut s = Session::registering();
    assert_eq!(s.does(h2(challenged(true, false))), "NeedBootstrap");
    s.does(gba("b2", LONG));
    assert_eq!(
        s.does(h2(challenged(true, false))),
        "Bye Failed(Challenge(BadResponse)) ForgetMuk(b1)",
        "one run, not two"
    );
    let mut s = Session::registering();
    s.does(h2(challenged(true, true)));
    assert_eq!(s.does(h2(challenged(true, true))), "Bye Failed(TooManyChallenges)");
}

/// Covers: T-078, T-081
#[test]
fn a_registration_whose_challenge_must_not_be_answered_is_over() {
    for error in [ImsError::BadRealm, ImsError::WeakQop] {
        let mut s = Session::registering();
        let outcome = http(UeRequestKind::Register, HttpOutcome::Refused(error));
        assert_eq!(s.does(outcome), format!("Bye Failed(Challenge({error:?}))"));
        assert_eq!(s.state(), HttpUeState::Idle);
    }
}

#[test]
fn a_granted_registration_waits_for_mikey() {
    let mut s = Session::registered();
    assert_eq!(s.state(), HttpUeState::Registered);
    // MIKEY may overtake the answer.
    let mut s2 = Session::registering();
    assert_eq!(s2.does(stored(5)), "");
    assert_eq!(s2.state(), HttpUeState::Registering);
    s2.granted();
    assert_eq!(s2.state(), HttpUeState::Keyed);
    assert_eq!(s2.machine.deadline(), Some(at(LONG - 60_000)), "only the renewal is left");
    assert_eq!(s.does(stored(5)), format!("ArmTimer({})", LONG - 60_000));
}

#[test]
fn a_registration_that_does_not_grant_the_service_ends_it() {
    for status in [ItemStatus::NotAuthorised, ItemStatus::Unknown, other(500)] {
        let mut s = Session::registering();
        assert_eq!(s.registration(status), format!("Bye Failed(Item({status:?}))"));
        assert_eq!(s.state(), HttpUeState::Idle);
    }
    let mut s = Session::registering();
    let empty = HttpOutcome::Authenticated { status: 200, items: ListedItems::None };
    assert_eq!(s.does(http(UeRequestKind::Register, empty)), "Bye Failed(Item(Unknown))");
}

/// Covers: T-066, R-MSK-16
#[test]
fn an_unauthentic_or_missing_answer_is_retried_twice() {
    for (outcome, cause) in [
        (HttpOutcome::Unauthentic, "Unauthentic"),
        (HttpOutcome::TimedOut, "HttpTimedOut"),
        (failed(500), "Http(500)"),
    ] {
        let mut s = Session::registering();
        for (wait, due) in [("ArmTimer(1000)", 1_000), ("ArmTimer(5000)", 5_000)] {
            assert_eq!(s.does(http(UeRequestKind::Register, outcome)), wait);
            assert_eq!(s.state(), HttpUeState::Registering);
            assert_eq!(s.ticks(due - 1), "");
            assert_eq!(s.ticks(due), "H2");
        }
        let end = s.does(http(UeRequestKind::Register, outcome));
        assert_eq!(end, format!("Bye Failed({cause})"));
        assert_eq!(s.state(), HttpUeState::Idle);
    }
}

#[test]
fn a_503_is_repeated_three_times_after_what_it_says_or_5_seconds() {
    let mut s = Session::registering();
    let busy = |s| http(UeRequestKind::Register, HttpOutcome::Failed { status: 503, retry_after_s: s });
    assert_eq!(s.does(busy(None)), "ArmTimer(5000)");
    assert_eq!(s.ticks(5_000), "H2");
    assert_eq!(s.does(busy(Some(2))), "ArmTimer(7000)");
    assert_eq!(s.ticks(7_000), "H2");
    assert_eq!(s.does(busy(Some(0))), "ArmTimer(7000)");
    assert_eq!(s.ticks(7_000), "H2");
    assert_eq!(s.does(busy(None)), "Bye Failed(Http(503))");
}

#[test]
fn any_4xx_ends_the_registration() {
    for status in [400, 403, 404, 415] {
        let mut s = Session::registering();
        assert_eq!(
            s.does(http(UeRequestKind::Register, failed(status))),
            format!("Bye Failed(Http({status}))")
        );
        assert_eq!(s.state(), HttpUeState::Idle);
    }
}

#[test]
fn bootstrapping_that_fails_ends_the_registration() {
    let mut s = Session::registering();
    s.does(http(UeRequestKind::Register, challenged(true, false)));
    assert_eq!(s.does(GBA_FAILED), "Bye Failed(Gba)");
    assert_eq!(s.state(), HttpUeState::Idle);
}
