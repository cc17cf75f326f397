//! The rows of the table once an MSK is held, and the end.

use super::*;

/// Covers: R-MSK-34
#[test]
fn a_push_is_taken_without_a_request() {
    let mut g = Group::new();
    assert_eq!(g.does(stored(4)), "");
    assert_eq!(g.state(), MskState::Have(held(4)));
    let mut g = Group::having();
    assert_eq!(g.does(stored(6)), "");
    assert_eq!(g.state(), MskState::Have(Held::Two { older: KeyNumber(5), newest: KeyNumber(6) }));
    g.does(stored(7));
    assert_eq!(g.state(), MskState::Have(Held::Two { older: KeyNumber(6), newest: KeyNumber(7) }));
    g.does(stored(6));
    assert_eq!(g.state(), MskState::Have(Held::Two { older: KeyNumber(7), newest: KeyNumber(6) }));
}

/// Covers: T-069, R-MSK-32, R-MSK-8
#[test]
fn a_pull_causes_one_post_inside_the_window() {
    let window = RequestWindow { offset_ms: 2_000, period_ms: 8_000 };
    for (rnd, due) in [(0, 2_000), (0x8000_0000, 6_000), (u32::MAX, 9_999)] {
        let mut g =
            Group { machine: MskRequest::new(UeTiming { window, ..UeTiming::default() }, GROUP), now: 0 };
        g.does(activate(true));
        g.does(stored(5));
        let pull = MskEvent::Key(KeyFact::Pull { group: GROUP, rnd });
        assert_eq!(g.does(pull.clone()), format!("ArmTimer({due})"));
        assert_eq!(g.state(), MskState::HaveAndRequesting(held(5), MskCause::SolicitedPull));
        assert_eq!(g.does(pull), "", "a second pull is served by the same request");
        assert_eq!(g.ticks(due - 1), "");
        assert_eq!(g.ticks(due), "H4(SolicitedPull)");
        assert_eq!(g.ticks(due), "");
    }
    let mut g = Group::having();
    assert_eq!(g.does(PULL), "H4(SolicitedPull)", "without a window at once");
    assert_eq!(g.does(PULL), "");
    g.granted();
    assert_eq!(g.does(PULL), "H4(SolicitedPull)", "the BM-SC wants to hear from the terminal again");
    let mut g = Group::having();
    let other = MskEvent::Key(KeyFact::Pull { group: OTHER_GROUP, rnd: 0 });
    assert_eq!(g.does(other), "");
}

/// Covers: R-MSK-28, R-MSK-6, R-MSK-8, R-IMS-46
#[test]
fn a_missed_update_causes_one_post_per_back_off() {
    let mut g = Group::having();
    assert_eq!(g.does(unknown(6)), "H4(MissedUpdate)");
    assert_eq!(g.does(unknown(6)), "");
    assert_eq!(g.hears(failed(403)), "NotRenewed(Http(403))");
    g.now = 9_999;
    assert_eq!(g.does(unknown(6)), "");
    g.now = 10_000;
    assert_eq!(g.does(unknown(7)), "H4(MissedUpdate)");
    g.hears(failed(403));
    g.now = 29_999;
    assert_eq!(g.does(unknown(7)), "", "the period has doubled");
    g.now = 30_000;
    assert_eq!(g.does(unknown(7)), "H4(MissedUpdate)");
    g.does(stored(7));
    assert_eq!(g.does(unknown(8)), "H4(MissedUpdate)", "success ends the back-off");
}

/// Covers: T-075
#[test]
fn what_is_held_older_or_of_others_is_not_missed() {
    let mut g = Group::having();
    for number in [5, 4, 0, 0x8005] {
        assert_eq!(g.does(unknown(number)), "", "{number:04x}");
    }
    let other = KeyFact::UnknownMsk { name: OTHER_GROUP.msk(KeyNumber(9)), rnd: 0 };
    assert_eq!(g.does(MskEvent::Key(other)), "");
    assert_eq!(g.does(unknown(6)), "H4(MissedUpdate)", "and it used up no back-off");
}

/// Covers: R-IMS-53, R-MSK-8
#[test]
fn a_new_muk_registers_again_at_once_or_after_the_request_that_runs() {
    let mut g = Group::having();
    assert_eq!(g.does(MskEvent::Gba(ks(3_600_000))), "H2(MukRenewal)");
    assert_eq!(g.state(), MskState::HaveAndRequesting(held(5), MskCause::MukRenewal));
    let mut g = Group::waiting();
    assert_eq!(g.does(MskEvent::Gba(ks(3_600_000))), "");
    assert_eq!(g.does(stored(5)), "H2(MukRenewal)");
    assert_eq!(g.does(stored(6)), "", "once");
    let mut g = Group::having();
    assert_eq!(g.does(MskEvent::Gba(GbaOutcome::Failed)), "");
    // Nothing to tell a BM-SC that does not know the terminal.
    let mut g = Group::new();
    g.does(stored(5));
    assert_eq!(g.does(MskEvent::Gba(ks(3_600_000))), "");
}

/// Covers: R-MSK-20
#[test]
fn the_end_of_the_newest_msk_asks_for_another_and_the_end_of_an_older_one_does_not() {
    let mut g = Group::having();
    g.does(stored(6));
    assert_eq!(g.does(expired(5)), "");
    assert_eq!(g.state(), MskState::Have(held(6)));
    g.does(stored(7));
    assert_eq!(g.does(expired(7)), "H4(MissedUpdate)");
    assert_eq!(g.state(), MskState::HaveAndRequesting(held(6), MskCause::MissedUpdate));
    assert_eq!(g.does(expired(6)), "", "one request is enough");
    assert_eq!(g.state(), MskState::Requesting { cause: MskCause::MissedUpdate, tries: 0 });
    assert_eq!(g.hears(failed(403)), "Leave(Http(403)) WipeKeys", "nothing valid is left");
    let other = MskEvent::Key(KeyFact::Expired(OTHER_GROUP.msk(KeyNumber(5))));
    assert_eq!(Group::having().act(other), Err(ImsError::Unknown));
}

/// Covers: R-IMS-27
#[test]
fn deactivation_deregisters_and_wipes() {
    for mut g in [Group::having(), Group::waiting(), Group::requesting()] {
        assert_eq!(g.does(MskEvent::Deactivate), "H3 WipeKeys");
        assert_eq!((g.state(), g.machine.deadline()), (MskState::Left, None));
        assert_eq!(g.does(http(UeRequestKind::Deregister, failed(404))), "");
        assert_eq!(g.does(stored(8)), "WipeKeys", "a push that crossed the end leaves no key behind");
        assert_eq!(g.state(), MskState::Left);
        assert_eq!(g.does(activate(true)), "H4(Initiation)", "the user is back");
    }
    let mut g = Group::new();
    assert_eq!(g.does(MskEvent::Deactivate), "WipeKeys", "nothing to take back");
}

/// A group that was left with an H3 on its way, and a Ks until 3,600 s.
fn deregistering() -> Group {
    let mut g = Group::new();
    g.does(MskEvent::Gba(ks(3_600_000)));
    g.does(activate(true));
    g.granted();
    g.does(stored(5));
    g.now = 1_000;
    assert_eq!(g.does(MskEvent::Deactivate), "H3 WipeKeys");
    g
}

/// Covers: T-080, R-IMS-27
#[test]
fn a_challenged_deregistration_is_repeated_by_the_rules_of_every_exchange() {
    let mut g = deregistering();
    assert_eq!(g.deregisters(challenged(true, true)), "H3", "the nonce was stale: same B-TID, new nonce");
    assert_eq!((g.state(), g.machine.deadline()), (MskState::Left, None));
    assert_eq!(g.deregisters(challenged(true, true)), "", "once");
    assert_eq!(g.deregisters(challenged(true, true)), "", "nobody waits for it any more");

    let mut g = deregistering();
    assert_eq!(g.deregisters(challenged(false, false)), "H3", "Ks is valid");
    assert_eq!(g.deregisters(challenged(true, true)), "H3");
    let done = HttpOutcome::Authenticated { status: 200, items: ListedItems::None };
    assert_eq!(g.deregisters(done), "");
    assert_eq!(g.deregisters(challenged(true, true)), "");

    for outcome in [challenged(true, false), failed(404), HttpOutcome::Refused(ImsError::BadRealm)] {
        let mut g = deregistering();
        assert_eq!(g.deregisters(outcome), "", "{outcome:?}: no bootstrapping to say good-bye");
        assert_eq!(g.deregisters(challenged(true, true)), "", "{outcome:?}");
    }
    // The Ks is over: nothing to answer the challenge with.
    let mut g = deregistering();
    g.now = 3_600_000;
    assert_eq!(g.deregisters(challenged(false, false)), "");
}

/// Covers: R-IMS-27
#[test]
fn a_lost_deregistration_is_repeated_within_5_seconds_and_stops_nobody() {
    let mut g = deregistering();
    assert_eq!(g.deregisters(HttpOutcome::TimedOut), "ArmTimer(2000)");
    assert_eq!(g.act(http(UeRequestKind::Deregister, failed(500))), Err(ImsError::UnexpectedState));
    assert_eq!(g.ticks(1_999), "");
    assert_eq!(g.ticks(2_000), "H3");
    assert_eq!(g.deregisters(failed(500)), "", "the next repetition would come 5 s after the end");
    assert_eq!((g.state(), g.machine.deadline()), (MskState::Left, None));
    assert_eq!(g.ticks(7_000), "");

    let mut g = deregistering();
    g.now = 5_999;
    assert_eq!(g.clone().deregisters(challenged(true, true)), "H3");
    g.now = 6_000;
    assert_eq!(g.deregisters(challenged(true, true)), "", "too late");

    // A timer that fires too late.
    let mut g = deregistering();
    assert_eq!(g.deregisters(failed(503)), "", "5 s later it is over");
    let mut g = deregistering();
    let busy = HttpOutcome::Failed { status: 503, retry_after_s: Some(2) };
    assert_eq!(g.deregisters(busy), "ArmTimer(3000)");
    assert_eq!(g.ticks(6_000), "");
    assert_eq!(g.machine.deadline(), None);

    // The user is back before the answer.
    for outcome in [failed(500), challenged(true, true), HttpOutcome::TimedOut] {
        let mut g = deregistering();
        assert_eq!(g.does(activate(true)), "H4(Initiation)");
        let before = g.seen();
        assert_eq!(g.deregisters(outcome), "");
        assert_eq!(g.seen(), before, "{outcome:?}");
        assert_eq!(g.granted(), "ArmTimer(11000)");
    }
}
