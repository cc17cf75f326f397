//! The rows of the table up to the first MSK.

use super::*;

/// Covers: R-MSK-21, R-MSK-27, R-MSK-8
#[test]
fn an_activated_group_is_requested_or_registered_first() {
    let mut g = Group::new();
    assert_eq!(g.state(), MskState::NoKey);
    assert_eq!(g.does(activate(true)), "H4(Initiation)");
    assert_eq!(g.state(), MskState::Requesting { cause: MskCause::Initiation, tries: 0 });
    let mut g = Group::new();
    assert_eq!(g.does(activate(false)), "H2(Initiation)");
    let services = [(ServiceId::new("urn:news").unwrap(), ItemStatus::Granted)];
    let outcome = HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&services) };
    assert_eq!(g.does(http(UeRequestKind::Register, outcome)), "ArmTimer(10000)");
    // Registered now: the repetition is an MSK request.
    assert_eq!(g.ticks(10_000), "H4(Initiation)");
}

/// Covers: T-076, R-MSK-21, R-MSK-22, R-MSK-23, R-MSK-24, R-MSK-25
#[test]
fn an_announcement_without_protection_needs_no_request_and_one_without_server_is_refused() {
    let off = Announcement { confidentiality: false, integrity: false, servers: 0, groups: 0 };
    let mut g = Group::new();
    assert_eq!(g.does(MskEvent::Activate { announcement: off, registered: false }), "");
    assert_eq!(g.state(), MskState::Have(Held::None));
    for event in [unknown(1), PULL, MskEvent::Timeout, MskEvent::Gba(ks(1))] {
        assert_eq!(g.does(event), "", "nothing is ever asked for");
    }
    assert_eq!(g.does(MskEvent::Deactivate), "WipeKeys");

    for (confidentiality, integrity) in [(true, true), (true, false), (false, true)] {
        let on = Announcement { confidentiality, integrity, servers: 1, groups: 1 };
        for (announcement, expected) in [
            (Announcement { servers: 0, ..on }, Err(ImsError::NoKeyServer)),
            (Announcement { groups: 0, ..on }, Err(ImsError::NoKeyGroup)),
            (on, Ok("H4(Initiation)".to_owned())),
        ] {
            let mut g = Group::new();
            let before = g.seen();
            assert_eq!(g.act(MskEvent::Activate { announcement, registered: true }), expected);
            assert_eq!(g.seen() == before, expected.is_err());
        }
    }
    // What is not announced is on.
    assert_eq!(Announcement::default().needs_msk(), Err(ImsError::NoKeyServer));
}

#[test]
fn a_granted_request_waits_for_mikey() {
    let mut g = Group::requesting();
    assert_eq!(g.granted(), "ArmTimer(10000)");
    let until = Tick::from_millis(10_000);
    assert_eq!(g.state(), MskState::WaitMikey { cause: MskCause::Initiation, tries: 0, until });
    assert_eq!(g.machine.deadline(), Some(until));
}

/// Covers: T-068, R-MSK-20
#[test]
fn a_refused_item_is_not_retried_and_ends_the_service_or_keeps_the_older_msk() {
    for status in [ItemStatus::NotAuthorised, ItemStatus::Unknown, other(500)] {
        let items = answer(status);
        let outcome = HttpOutcome::Authenticated { status: 200, items: ListedItems::Msks(&items) };
        let mut g = Group::requesting();
        assert_eq!(g.hears(outcome), format!("Leave(Item({status:?})) WipeKeys"));
        assert_eq!((g.state(), g.machine.deadline()), (MskState::Left, None));
        assert_eq!(g.ticks(1_000_000), "");

        let mut g = Group::having();
        g.does(PULL);
        assert_eq!(g.hears(outcome), format!("NotRenewed(Item({status:?}))"));
        assert_eq!((g.state(), g.machine.deadline()), (MskState::Have(held(5)), None));
        assert_eq!(g.ticks(1_000_000), "");
    }
    // An answer that does not list the group grants nothing.
    for items in [ListedItems::None, ListedItems::Msks(&[])] {
        let mut g = Group::requesting();
        let outcome = HttpOutcome::Authenticated { status: 200, items };
        assert_eq!(g.hears(outcome), "Leave(Item(Unknown)) WipeKeys");
    }
}

/// Covers: T-079, R-MSK-33
#[test]
fn a_challenge_that_is_not_stale_after_credentials_runs_gba_once() {
    let mut g = Group::requesting();
    assert_eq!(g.hears(challenged(false, false)), "NeedBootstrap", "no Ks is at hand");
    assert_eq!(g.does(MskEvent::Gba(ks(3_600_000))), "H4(Initiation)");
    assert_eq!(g.hears(challenged(true, false)), "NeedBootstrap");
    assert_eq!(g.does(MskEvent::Gba(ks(3_600_000))), "H4(Initiation)");
    assert_eq!(g.hears(challenged(true, false)), "Leave(Challenge(BadResponse)) WipeKeys");
}

/// Covers: T-080
#[test]
fn a_stale_nonce_is_answered_once_without_gba() {
    let mut g = Group::requesting();
    g.does(MskEvent::Gba(ks(3_600_000)));
    assert_eq!(g.hears(challenged(false, false)), "H4(Initiation)", "Ks is valid");
    assert_eq!(g.hears(challenged(true, true)), "H4(Initiation)");
    assert_eq!(g.hears(challenged(true, true)), "Leave(TooManyChallenges) WipeKeys");
}

#[test]
fn an_expired_ks_answers_no_challenge() {
    let mut g = Group::requesting();
    g.does(MskEvent::Gba(ks(1_000)));
    g.now = 1_000;
    assert_eq!(g.hears(challenged(false, false)), "NeedBootstrap");
}

#[test]
fn the_fourth_challenge_of_one_request_fails() {
    let mut g = Group::requesting();
    g.does(MskEvent::Gba(ks(3_600_000)));
    for _ in 0..3 {
        assert_eq!(g.hears(challenged(false, false)), "H4(Initiation)");
    }
    assert_eq!(g.hears(challenged(false, false)), "Leave(TooManyChallenges) WipeKeys");
    // Also across the repetitions of the request.
    let mut g = Group::requesting();
    g.does(MskEvent::Gba(ks(3_600_000)));
    g.hears(challenged(false, false));
    g.hears(challenged(true, true));
    g.hears(challenged(true, false));
    g.does(MskEvent::Gba(ks(3_600_000)));
    g.hears(HttpOutcome::TimedOut);
    assert_eq!(g.ticks(1_000), "H4(Initiation)");
    assert_eq!(g.hears(challenged(false, false)), "Leave(TooManyChallenges) WipeKeys");
}

/// Covers: T-078, T-081
#[test]
fn a_challenge_that_must_not_be_answered_fails_without_a_post() {
    for error in [ImsError::BadRealm, ImsError::WeakQop, ImsError::UnsupportedAlgorithm] {
        let mut g = Group::requesting();
        assert_eq!(g.hears(HttpOutcome::Refused(error)), format!("Leave(Challenge({error:?})) WipeKeys"));
    }
}

/// Covers: T-066, R-MSK-16, R-MSK-17, R-MSK-14, R-MSK-9
#[test]
fn a_lost_or_unauthentic_answer_is_retried_after_1_and_4_seconds_and_then_it_is_over() {
    let outcomes = [
        (HttpOutcome::Unauthentic, "Unauthentic"),
        (HttpOutcome::TimedOut, "HttpTimedOut"),
        (failed(500), "Http(500)"),
        (failed(504), "Http(504)"),
    ];
    for (outcome, cause) in outcomes {
        let mut g = Group::requesting();
        assert_eq!(g.hears(outcome), "ArmTimer(1000)");
        assert_eq!(g.ticks(999), "");
        assert_eq!(g.ticks(1_000), "H4(Initiation)");
        assert_eq!(g.state(), MskState::Requesting { cause: MskCause::Initiation, tries: 1 });
        assert_eq!(g.hears(outcome), "ArmTimer(5000)");
        assert_eq!(g.ticks(5_000), "H4(Initiation)");
        assert_eq!(g.hears(outcome), format!("Leave({cause}) WipeKeys"));
        assert_eq!(g.state(), MskState::Left);

        let mut g = Group::having();
        g.does(unknown(6));
        let before = g.machine.state();
        g.hears(outcome);
        assert_eq!(g.state(), before, "a bad answer has changed the keys");
        g.ticks(1_000);
        g.hears(outcome);
        g.ticks(5_000);
        assert_eq!(g.hears(outcome), format!("NotRenewed({cause})"));
        assert_eq!(g.state(), MskState::Have(held(5)));
    }
}

#[test]
fn a_503_is_repeated_when_it_says_so_and_three_times_at_most() {
    let mut g = Group::requesting();
    let busy = |s| HttpOutcome::Failed { status: 503, retry_after_s: s };
    assert_eq!(g.hears(busy(None)), "ArmTimer(5000)");
    assert_eq!(g.ticks(5_000), "H4(Initiation)");
    assert_eq!(g.hears(busy(Some(7))), "ArmTimer(12000)");
    assert_eq!(g.ticks(12_000), "H4(Initiation)");
    assert_eq!(g.hears(busy(Some(u32::MAX))), "ArmTimer(3612000)", "nobody is put off for a century");
    assert_eq!(g.ticks(3_612_000), "H4(Initiation)");
    assert_eq!(g.hears(busy(None)), "Leave(Http(503)) WipeKeys");
}

#[test]
fn any_other_refusal_and_a_failed_bootstrapping_end_the_request_at_once() {
    for status in [302, 400, 403, 404, 415] {
        let mut g = Group::requesting();
        assert_eq!(g.hears(failed(status)), format!("Leave(Http({status})) WipeKeys"));
        let mut g = Group::requesting();
        let outcome = HttpOutcome::Authenticated { status, items: ListedItems::None };
        assert_eq!(g.hears(outcome), format!("Leave(Http({status})) WipeKeys"));
    }
    let mut g = Group::requesting();
    g.hears(challenged(true, false));
    assert_eq!(g.does(MskEvent::Gba(GbaOutcome::Failed)), "Leave(Gba) WipeKeys");
    let mut g = Group::having();
    g.does(PULL);
    g.hears(challenged(true, false));
    assert_eq!(g.does(MskEvent::Gba(GbaOutcome::Failed)), "NotRenewed(Gba)");
}

#[test]
fn mikey_ends_the_request_also_before_the_http_answer() {
    let mut g = Group::requesting();
    assert_eq!(g.does(stored(5)), "");
    assert_eq!(g.state(), MskState::Have(held(5)));
    assert_eq!(g.granted(), "", "the answer comes too late to start another wait");
    assert_eq!((g.state(), g.machine.deadline()), (MskState::Have(held(5)), None));
    assert_eq!(Group::having().state(), MskState::Have(held(5)));
    // A message for another group ends nothing.
    let mut g = Group::waiting();
    let before = g.seen();
    let other = MskEvent::Key(KeyFact::Stored(OTHER_GROUP.msk(KeyNumber(5))));
    assert_eq!(g.act(other), Err(ImsError::Unknown));
    assert_eq!(g.seen(), before);
}

/// Covers: T-067, R-MSK-20, R-MSK-17
#[test]
fn without_mikey_the_request_is_repeated_twice_and_then_the_service_is_left() {
    let mut g = Group::waiting();
    assert_eq!(g.ticks(9_999), "");
    assert_eq!(g.ticks(10_000), "H4(Initiation)");
    assert_eq!(g.granted(), "ArmTimer(20000)");
    assert_eq!(g.ticks(20_000), "H4(Initiation)");
    assert_eq!(g.granted(), "ArmTimer(30000)");
    assert_eq!(g.ticks(29_999), "");
    assert_eq!(g.ticks(30_000), "Leave(NoMsk) WipeKeys");
    assert_eq!(g.state(), MskState::Left);
}

/// Covers: T-067, R-MSK-20
#[test]
fn without_mikey_a_valid_older_msk_keeps_the_service() {
    let mut g = Group::having();
    g.does(PULL);
    for time in [10_000, 20_000, 30_000] {
        g.granted();
        let expected = if time == 30_000 { "NotRenewed(NoMsk)" } else { "H4(SolicitedPull)" };
        assert_eq!(g.ticks(time), expected);
    }
    assert_eq!((g.state(), g.machine.deadline()), (MskState::Have(held(5)), None));
}

#[test]
fn repetitions_for_want_of_an_answer_and_of_mikey_share_one_budget() {
    let mut g = Group::requesting();
    g.hears(HttpOutcome::TimedOut);
    g.ticks(1_000);
    g.granted();
    assert_eq!(g.ticks(11_000), "H4(Initiation)");
    assert_eq!(g.hears(HttpOutcome::TimedOut), "Leave(HttpTimedOut) WipeKeys");
}
