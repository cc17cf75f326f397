//! The table of a session, row by row, in the order of its module; then every other pair of state and event; then walks.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

#[path = "poc_session/run.rs"]
mod run;
#[path = "poc_session/walk.rs"]
mod walk;

use castkey::id::MtkId;
use castkey::poc::*;
use castkey::time::Tick;

use LegEvent::{Deauthorised, Deliver, Expelled, Fail, Join, Left, MukRenewed, Requested};
use SessionAction::{
    DeliverAt, Distribute, DropMedia, EndSession, ExclusionPending, Hold, Keyed, NoBearer, NoUpdate,
    OfferUnicast, ProtocolError, Refuse, ReleaseHeld, RemoveMember, RetireMsk, RollMtk, SendIndication,
    SendMsk, SessionUpdate, StopBearer, Sweep, UpdateAborted, UpdateDone,
};
use SessionEvent::{
    AskedByOther, BcastRejected, BcastStored, BcastSwitched, BcastUnreachable, BearerDown, BearerReset,
    BearerUp, Ended, Fired, IndicationRejected, Media, Timeout, Trigger,
};

use run::{A, DOMAIN, N, N2, NOW, Run, S, S2, indication};

const OK: LegEvent = LegEvent::Ok { confirmed: true };
const ADMIN: SessionEvent = Trigger(PolicyEvent::AdminRequest);
const RETRY_MS: [u64; 6] = [1_000, 2_000, 4_000, 8_000, 8_000, 8_000];

fn send(current: Option<castkey::id::MskName>, updated: Option<castkey::id::MskName>) -> SessionAction {
    SendMsk { current, updated }
}

/// What a delivery of the new MSK alone looks like.
fn new_msk(updated: castkey::id::MskName) -> Vec<SessionAction> {
    vec![send(None, Some(updated))]
}

// --- Steady ---------------------------------------------------------------------------------------------------------

/// Covers: R-POC-5, R-KM-9
#[test]
fn an_update_goes_to_the_distribution_and_once_to_each_member() {
    let mut run = Run::steady(3);
    assert_eq!(run.step(ADMIN), [SessionUpdate(N), Distribute(N)]);
    assert_eq!((run.session.progress(), run.session.outstanding()), (Progress::Distributing, 3));
    assert_eq!((run.session.active(), run.session.coming()), (A, Some(N)));
    for at in 0..3 {
        assert_eq!(run.leg(at, Deliver), new_msk(N));
        // Asked twice, one INVITE.
        assert_eq!(run.leg(at, Deliver), []);
    }
    let timers: Vec<_> = run.session.timers().collect();
    let at = |ms: u64| NOW.after_millis(ms);
    assert_eq!(timers, [(SessionTimer::Bcast, at(10_000)), (SessionTimer::Sweep, at(32_000))]);
}

/// Covers: T-008, R-KM-10
#[test]
fn what_policy_denies_changes_nothing() {
    let mut run = Run::steady(2);
    let before = run.session;
    assert_eq!(run.step(Trigger(PolicyEvent::ClientJoined)), [NoUpdate(Reason::Joined)]);
    assert_eq!(run.step(Trigger(PolicyEvent::MtkPeriodic)), [RollMtk]);
    let elsewhere = PolicyEvent::ClientExpelled { served_here: false, held_msk: true };
    assert_eq!(run.step(Trigger(elsewhere)), [NoUpdate(Reason::Expelled)]);
    assert_eq!(run.session, before);
}

/// Covers: T-006, D-14
#[test]
fn a_client_of_another_function_is_none_of_this_session() {
    for mut run in [Run::steady(2), Run::distributing(2), Run::indicated(2)] {
        let before = run.session;
        let event = PolicyEvent::ClientExpelled { served_here: false, held_msk: false };
        assert_eq!(run.step(Trigger(event)), [NoUpdate(Reason::Expelled)]);
        assert_eq!(run.session, before);
    }
}

/// Covers: T-014, D-10, R-KM-11, R-POC-2
#[test]
fn an_expelled_member_is_out_before_there_is_a_new_msk_and_gets_none() {
    for event in [Expelled, Deauthorised] {
        let mut run = Run::steady(3);
        assert_eq!(run.leg(2, event), [RemoveMember, SessionUpdate(N), Distribute(N)]);
        assert_eq!((run.session.members(), run.session.outstanding()), (2, 2));
        assert!(run.session.exclusion_pending());
        assert!(!run.legs[2].is_member());
        // Whatever comes of it now, no message goes to it.
        for event in [Deliver, MukRenewed, Left, Expelled, Deauthorised] {
            assert_eq!(run.try_leg(2, event), Err(PocError::NotMember));
        }
        assert_eq!(run.leg(2, Requested), [Refuse(403)]);
        assert_eq!(run.leg(2, OK), []);
        assert_eq!(run.leg(2, LegEvent::Timeout), []);
    }
}

/// Covers: R-KM-11
#[test]
fn without_a_member_an_update_concerns_the_distribution_alone() {
    let mut run = Run::steady(1);
    assert_eq!(run.leg(0, Expelled), [RemoveMember, SessionUpdate(N)]);
    assert_eq!(run.session.progress(), Progress::Distributing);
    assert_eq!(run.step(BcastStored(N)), [SendIndication(indication(A, N, 1, true))]);
}

#[test]
fn a_bearer_that_does_not_outlive_its_members_stops_with_the_last_of_them() {
    let refused = |status| Fail(Failure::Status(status));
    for (event, first) in [
        (Left, vec![RemoveMember, StopBearer]),
        (Expelled, vec![RemoveMember, StopBearer]),
        (refused(481), vec![RemoveMember, StopBearer]),
    ] {
        let mut run = Run::steady(1);
        run.config.keep_bearer = false;
        if matches!(event, Fail(_)) {
            run.leg(0, Requested);
        }
        assert_eq!(run.leg(0, event), first, "{event:?}");
        assert_eq!(run.session.progress(), Progress::Steady);
    }
    let mut run = Run::steady(0);
    run.config.keep_bearer = false;
    assert_eq!(run.step(ADMIN), [StopBearer]);
    assert_eq!(run.session.progress(), Progress::Steady);
}

/// Covers: R-KM-11, R-POC-2
#[test]
fn an_exclusion_that_had_nobody_left_to_rekey_waits_for_the_next_member() {
    let mut run = Run::steady(1);
    run.config.keep_bearer = false;
    run.leg(0, Expelled);
    assert!(run.session.exclusion_pending());
    run.legs.push(Leg::OUTSIDE);
    let actions = run.leg(1, Join);
    assert_eq!(
        actions,
        [SessionUpdate(N), Distribute(N), send(Some(A), Some(N)), NoUpdate(Reason::Joined)],
        "who joins must not be left with the MSK of the expelled"
    );
    assert_eq!(run.session.outstanding(), 1);
    run.step(BcastStored(N));
    assert_eq!(run.leg(1, OK), [Keyed(A), Keyed(N), SendIndication(indication(A, N, 1, true))]);
    run.switched();
    assert!(!run.session.exclusion_pending());
}

#[test]
fn what_is_owed_to_nobody_is_not_forgotten_for_another_reason() {
    let mut run = Run::steady(1);
    run.config.keep_bearer = false;
    run.leg(0, Expelled);
    assert_eq!(run.step(ADMIN), [StopBearer]);
    assert!(run.session.exclusion_pending());
    assert_eq!(run.session.deadline(), None);
}

// --- Distributing: answers ------------------------------------------------------------------------------------------

/// Covers: T-010, R-POC-15, R-POC-16, R-POC-14
#[test]
fn the_indication_leaves_once_and_after_the_last_of_all_answers_in_any_order() {
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let mut run = Run::distributing(2);
        let mut sent = Vec::new();
        for (nth, what) in order.into_iter().enumerate() {
            let actions = if what == 2 { run.step(BcastStored(N)) } else { run.leg(what, OK) };
            sent.extend(actions.into_iter().filter(|action| matches!(action, SendIndication(_))));
            assert_eq!(sent.len(), usize::from(nth == 2), "{order:?}");
        }
        assert_eq!(sent, [SendIndication(indication(A, N, 1, false))]);
        assert_eq!(run.session.progress(), Progress::Indicated);
        assert_eq!((run.session.active(), run.session.retiring()), (N, Some(A)));
    }
}

/// Covers: R-POC-15
#[test]
fn an_ok_is_recorded_and_opens_the_gate_only_as_the_last() {
    let mut run = Run::distributing(2);
    run.step(BcastStored(N));
    assert_eq!(run.leg(0, OK), [Keyed(N)]);
    assert!(run.legs[0].holds(N.id) && !run.legs[1].holds(N.id));
    assert_eq!(run.session.outstanding(), 1);
    assert_eq!(run.leg(1, OK), [Keyed(N), SendIndication(indication(A, N, 1, false))]);
}

/// Covers: T-020
#[test]
fn an_ok_that_nobody_waits_for_changes_nothing() {
    let mut run = Run::distributing(2);
    run.leg(0, OK);
    for (at, event) in
        [(0, OK), (0, Fail(Failure::Status(488))), (0, Fail(Failure::Busy { retry_after_ms: 1 }))]
    {
        let before = (run.session, run.legs.clone());
        assert_eq!(run.leg(at, event), []);
        assert_eq!((run.session, run.legs.clone()), before);
    }
    // Of somebody who has never been a member.
    run.legs.push(Leg::OUTSIDE);
    let before = run.session;
    assert_eq!(run.leg(2, OK), []);
    assert_eq!((run.session, run.legs[2]), (before, Leg::OUTSIDE));
}

/// Covers: T-020
#[test]
fn an_ok_after_its_time_does_not_count_a_second_time_but_the_member_has_the_msk() {
    let mut run = Run::distributing(2);
    run.at(32_000);
    run.leg(0, LegEvent::Timeout);
    let before = run.session;
    assert_eq!(run.leg(0, OK), [Keyed(N)]);
    assert_eq!(run.session, before);
    assert!(run.legs[0].holds(N.id));
}

/// Covers: T-021, R-POC-13
#[test]
fn an_ok_without_the_confirmation_that_is_demanded_leaves_the_member_unkeyed() {
    let mut run = Run::distributing(2);
    run.step(BcastStored(N));
    assert_eq!(run.leg(0, LegEvent::Ok { confirmed: false }), [SessionAction::Unkeyed(Unkeyed::BadConfirm)]);
    assert!(!run.legs[0].holds(N.id) && run.legs[0].is_member());
    assert_eq!(run.leg(1, OK), [Keyed(N), SendIndication(indication(A, N, 1, false))]);

    let mut run = Run::distributing(1);
    run.config.confirm = Confirm::OkIsEnough;
    assert_eq!(run.leg(0, LegEvent::Ok { confirmed: false }), [Keyed(N)]);
}

/// Covers: T-022, T-108, D-7
#[test]
fn a_refused_offer_ends_that_session_and_no_other() {
    for status in [488, 606] {
        let mut run = Run::distributing(2);
        run.step(BcastStored(N));
        let unkeyed = SessionAction::Unkeyed(Unkeyed::Rejected);
        assert_eq!(run.leg(0, Fail(Failure::Status(status))), [unkeyed, EndSession]);
        assert!(!run.legs[0].is_member() && run.legs[1].is_member());
        assert_eq!(run.session.members(), 1);
        assert_eq!(run.leg(1, OK), [Keyed(N), SendIndication(indication(A, N, 1, false))]);

        let mut run = Run::distributing(2);
        run.config.on_rekey_reject = OnRekeyReject::Unicast;
        assert_eq!(run.leg(0, Fail(Failure::Status(status))), [unkeyed, OfferUnicast]);
        assert_eq!(run.session.members(), 1);
    }
    assert_eq!(SessionConfig::default().on_rekey_reject, OnRekeyReject::Abort);
}

/// Covers: T-109, D-7
#[test]
fn a_member_whose_dialog_is_gone_is_removed_and_the_last_one_opens_the_gate() {
    let gone =
        [Failure::TransactionTimeout, Failure::Status(408), Failure::Status(480), Failure::Status(481)];
    for failure in gone {
        let mut run = Run::distributing(2);
        run.step(BcastStored(N));
        run.leg(0, OK);
        let sent = SendIndication(indication(A, N, 1, false));
        assert_eq!(run.leg(1, Fail(failure)), [RemoveMember, sent], "{failure:?}");
        assert_eq!((run.session.members(), run.legs[1].is_member()), (1, false));
    }
}

/// Covers: T-110
#[test]
fn after_491_there_is_one_more_try_after_a_random_wait_by_who_owns_the_call_id() {
    let glare = |owns_call_id, random| Fail(Failure::Glare { owns_call_id, random });
    let mut waits = [Vec::new(), Vec::new()];
    for (at, owns) in [(0, true), (1, false)] {
        for step in 0..4_096u32 {
            let mut run = Run::distributing(2);
            let actions = run.leg(at, glare(owns, step << 20 | step));
            let [DeliverAt(when)] = actions[..] else { panic!("{actions:?}") };
            let wait = when.as_millis() - NOW.as_millis();
            assert_eq!(wait % 10, 0);
            waits[at].push(wait);
        }
        waits[at].dedup();
    }
    let ends = |waits: &[u64]| (waits[0], *waits.last().unwrap(), waits.len());
    assert_eq!(ends(&waits[0]), (2_100, 4_000, 191), "the owner of the Call-ID");
    assert_eq!(ends(&waits[1]), (0, 2_000, 201), "the other");

    let mut run = Run::distributing(2);
    assert_eq!(run.leg(0, glare(true, u32::MAX)), [DeliverAt(NOW.after_millis(4_000))]);
    // Not before its time, then once, and not a third time.
    run.at(3_999);
    assert_eq!(run.leg(0, Deliver), [DeliverAt(NOW.after_millis(4_000))]);
    run.at(4_000);
    assert_eq!(run.leg(0, Deliver), new_msk(N));
    assert_eq!(run.leg(0, glare(true, 0)), [SessionAction::Unkeyed(Unkeyed::Rejected)]);
    assert_eq!(run.session.outstanding(), 1);
    assert!(run.legs[0].is_member());
}

/// Covers: T-110
#[test]
fn after_491_a_request_for_the_same_msk_does_not_shorten_the_wait() {
    let glare = Fail(Failure::Glare { owns_call_id: false, random: u32::MAX });
    let mut run = Run::distributing(2);
    assert_eq!(run.leg(0, Requested), []);
    assert_eq!(run.leg(0, glare), [DeliverAt(NOW.after_millis(2_000))]);
    assert_eq!(run.leg(0, Requested), [DeliverAt(NOW.after_millis(2_000))]);
    run.at(2_000);
    assert_eq!(run.leg(0, Deliver), [send(Some(A), Some(N))]);

    // The same while no update runs.
    let mut run = Run::steady(1);
    assert_eq!(run.leg(0, Requested), [send(Some(A), None)]);
    assert_eq!(run.leg(0, glare), [DeliverAt(NOW.after_millis(2_000))]);
    assert_eq!(run.leg(0, Requested), [DeliverAt(NOW.after_millis(2_000))]);
    run.at(2_000);
    assert_eq!(run.leg(0, Deliver), [send(Some(A), None)]);
}

/// Covers: T-110, T-107
#[test]
fn after_491_an_msk_that_was_superseded_meanwhile_is_not_tried_again() {
    let glare = Fail(Failure::Glare { owns_call_id: true, random: 0 });
    let mut run = Run::distributing(3);
    run.leg(2, OK);
    run.leg(2, Expelled);
    assert_eq!(run.leg(0, Deliver), []);
    assert_eq!(run.leg(0, glare), [SessionAction::Deliver]);
    assert_eq!(run.leg(0, Deliver), new_msk(S));
}

#[test]
fn a_client_that_is_busy_gets_the_offer_again_when_it_says_and_once() {
    let busy = Fail(Failure::Busy { retry_after_ms: 7_000 });
    let mut run = Run::distributing(2);
    assert_eq!(run.leg(0, busy), [DeliverAt(NOW.after_millis(7_000))]);
    assert_eq!(run.session.outstanding(), 2);
    run.at(7_000);
    assert_eq!(run.leg(0, Deliver), new_msk(N));
    assert_eq!(run.leg(0, busy), [SessionAction::Unkeyed(Unkeyed::Rejected)]);
    assert_eq!(run.session.outstanding(), 1);
}

/// Covers: D-7
#[test]
fn any_other_failure_counts_as_an_answer_without_key() {
    for status in [300, 400, 403, 486, 500, 503, 600, 603] {
        let mut run = Run::distributing(2);
        let actions = run.leg(0, Fail(Failure::Status(status)));
        assert_eq!(actions, [SessionAction::Unkeyed(Unkeyed::Rejected)], "{status}");
        assert!(run.legs[0].is_member() && !run.legs[0].holds(N.id));
        assert_eq!(run.session.outstanding(), 1);
    }
}

#[test]
fn whoever_refuses_the_first_invite_is_not_in_the_session_and_whoever_is_in_it_stays() {
    let unavailable = Fail(Failure::Status(503));
    let mut run = Run::steady(0);
    run.legs.push(Leg::OUTSIDE);
    run.leg(0, Join);
    assert_eq!(run.leg(0, unavailable), [EndSession]);
    assert_eq!((run.session.members(), run.legs[0].is_member()), (0, false));

    // With a new MUK nothing of it counts as held, and yet it is in the session.
    let mut run = Run::steady(1);
    run.leg(0, MukRenewed);
    assert_eq!(run.leg(0, unavailable), [SessionAction::Unkeyed(Unkeyed::Rejected)]);
    assert!(run.legs[0].is_member());

    let mut run = Run::steady(0);
    run.legs.push(Leg::OUTSIDE);
    run.leg(0, Join);
    run.leg(0, LegEvent::Ok { confirmed: false });
    run.leg(0, Requested);
    assert_eq!(run.leg(0, unavailable), [SessionAction::Unkeyed(Unkeyed::Rejected)]);
    assert!(run.legs[0].is_member());
}

/// Covers: T-011, T-109, D-7, R-POC-15
#[test]
fn a_member_that_is_silent_until_its_time_is_over_blocks_nobody() {
    let mut run = Run::distributing(2);
    run.step(BcastStored(N));
    run.leg(0, OK);
    run.at(31_999);
    assert_eq!(run.leg(1, LegEvent::Timeout), []);
    assert_eq!(run.step(Timeout), []);
    run.at(32_000);
    assert_eq!(run.step(Timeout), [Sweep]);
    let sent = SendIndication(indication(A, N, 1, false));
    assert_eq!(run.leg(1, LegEvent::Timeout), [SessionAction::Unkeyed(Unkeyed::Timeout), sent]);
    assert!(run.legs[1].is_member());
    // Its INVITE is still open: nothing goes to it before the final response, and then what it lacks.
    for event in [Deliver, Requested] {
        assert_eq!(run.leg(1, event), []);
    }
    assert_eq!(
        run.leg(1, Fail(Failure::Status(500))),
        [SessionAction::Unkeyed(Unkeyed::Rejected), SessionAction::Deliver]
    );
    assert_eq!(run.leg(1, Deliver), [send(Some(N), None)]);
}

#[test]
fn the_sweep_comes_again_while_somebody_is_silent_and_stops_then() {
    let mut run = Run::distributing(2);
    run.step(BcastStored(N));
    for ms in [32_000, 33_000, 34_000] {
        run.at(ms);
        assert_eq!(run.step(Fired(SessionTimer::Sweep)), [Sweep]);
        assert_eq!(run.step(Fired(SessionTimer::Sweep)), []);
    }
    run.leg(0, OK);
    run.leg(1, OK);
    assert!(!run.session.timers().any(|(timer, _)| timer == SessionTimer::Sweep));
}

#[test]
fn whoever_was_never_offered_the_msk_does_not_block_the_update_for_ever_either() {
    let mut run = Run::steady(1);
    run.step(ADMIN);
    run.step(BcastStored(N));
    // The time of an earlier offer says nothing.
    assert_eq!(run.leg(0, LegEvent::Timeout), []);
    run.at(32_000);
    assert_eq!(run.leg(0, LegEvent::Timeout)[0], SessionAction::Unkeyed(Unkeyed::Timeout));
}

#[test]
fn an_expulsion_gives_the_members_less_time() {
    let mut run = Run::steady(3);
    run.leg(2, Expelled);
    run.leg(0, Deliver);
    assert_eq!(run.legs[0].due(), NOW.after_millis(5_000));
    assert!(run.session.timers().any(|timer| timer == (SessionTimer::Sweep, NOW.after_millis(5_000))));
    run.at(5_000);
    assert_eq!(run.leg(0, LegEvent::Timeout), [SessionAction::Unkeyed(Unkeyed::Timeout)]);
}

// --- Distributing: the distribution ---------------------------------------------------------------------------------

/// Covers: T-025, R-POC-15
#[test]
fn a_response_that_names_another_msk_is_no_response() {
    let mut run = Run::distributing(1);
    run.leg(0, OK);
    let before = run.session;
    assert_eq!(run.step(BcastStored(N2)), [ProtocolError]);
    // The one in use is held anyway, and not the one that is waited for.
    assert_eq!(run.step(BcastStored(A)), []);
    assert_eq!(run.session, before);
    assert_eq!(run.step(BcastStored(N)), [SendIndication(indication(A, N, 1, false))]);
}

/// Covers: T-012, D-8, R-POC-15
#[test]
fn without_the_distribution_there_is_no_indication_and_the_update_is_given_up() {
    let mut run = Run::distributing(2);
    for at in 0..2 {
        assert_eq!(run.leg(at, OK), [Keyed(N)]);
    }
    run.at(9_999);
    assert_eq!(run.step(Timeout), []);
    run.at(10_000);
    assert_eq!(run.step(Timeout), [UpdateAborted(N)]);
    assert_eq!((run.session.active(), run.session.coming()), (A, None));
    assert_eq!((run.session.progress(), run.session.deadline()), (Progress::Steady, None));
    // Its name is never used again.
    assert_eq!(run.step(ADMIN), [SessionUpdate(S), Distribute(S)]);

    let mut run = Run::distributing(2);
    assert_eq!(run.step(BcastRejected), [UpdateAborted(N)]);
    assert_eq!(run.session.active(), A);
}

/// Covers: T-013, D-9, R-KM-11, D-8
#[test]
fn an_exclusion_that_fails_is_tried_again_with_a_fresh_msk_and_reported_after_the_fourth_time() {
    let mut run = Run::steady(2);
    let mut first = run.leg(1, Expelled);
    first.remove(0);
    let mut names = Vec::new();
    for (failures, retry) in RETRY_MS.into_iter().enumerate() {
        let [SessionUpdate(name), Distribute(_)] = first[..] else { panic!("{first:?}") };
        assert!(!names.contains(&name) && name != A);
        names.push(name);
        let mut expected = vec![UpdateAborted(name)];
        expected.extend((failures == 3).then_some(ExclusionPending));
        assert_eq!(run.step(BcastRejected), expected, "failure {failures}");
        assert!(run.session.exclusion_pending());
        assert_eq!(run.session.deadline(), Some(run.now.after_millis(retry)), "failure {failures}");
        run.now = run.now.after_millis(retry - 1);
        assert_eq!(run.step(Timeout), []);
        run.now = run.now.after_millis(1);
        first = run.step(Timeout);
    }
    assert_eq!(run.session.active(), A);
}

// --- Distributing: members come and go ------------------------------------------------------------------------------

/// Covers: T-015, D-11
#[test]
fn an_expelled_member_that_was_sent_the_new_msk_makes_another_one_necessary() {
    let mut run = Run::distributing(3);
    run.step(BcastStored(N));
    run.leg(0, OK);
    run.at(10_000);
    assert_eq!(run.leg(2, Expelled), [RemoveMember, SessionUpdate(S), Distribute(S)]);
    assert_eq!((run.session.outstanding(), run.session.coming()), (2, Some(S)));
    // Never indicated: neither by answers to it nor by the distribution.
    assert_eq!(run.step(BcastStored(N)), [ProtocolError]);
    assert_eq!(run.leg(0, Deliver), new_msk(S));
    assert_eq!(run.leg(0, OK), [Keyed(S)]);
    assert_eq!(run.leg(1, Deliver), []);
    assert_eq!(run.leg(1, OK), [Keyed(N), SessionAction::Deliver]);
    run.at(20_000);
    assert_eq!(run.leg(1, Deliver), new_msk(S));
    assert_eq!(run.leg(1, OK), [Keyed(S)]);
    assert_eq!(run.step(BcastStored(S)), [SendIndication(indication(A, S, 1, true))]);
}

/// Covers: T-107, D-11
#[test]
fn a_member_with_an_offer_open_gets_the_superseding_msk_after_its_final_response() {
    for answer in [
        OK,
        LegEvent::Ok { confirmed: false },
        Fail(Failure::Status(500)),
        Fail(Failure::Busy { retry_after_ms: 9 }),
    ] {
        let mut run = Run::distributing(3);
        run.leg(1, OK);
        run.at(10_000);
        run.leg(2, Expelled);
        assert_eq!(run.leg(0, Deliver), [], "two INVITEs must not run in one dialog");
        assert_eq!(run.leg(1, Deliver), new_msk(S), "the others get it at once");
        let actions = run.leg(0, answer);
        assert_eq!(actions.last(), Some(&SessionAction::Deliver), "{answer:?}");
        assert_eq!(run.session.outstanding(), 2, "that answer was not to this MSK");
        run.at(20_000);
        assert_eq!(run.leg(0, Deliver), new_msk(S));
    }
}

#[test]
fn an_offer_soon_after_a_late_confirmation_or_a_switch_says_again_which_msk_is_in_use() {
    for (ms, current) in [(9_999, Some(A)), (10_000, None)] {
        let mut run = Run::distributing(2);
        run.leg(0, OK);
        run.at(ms);
        run.leg(1, Expelled);
        assert_eq!(run.leg(0, Deliver), [send(current, Some(S))], "{ms}");
    }
    for (ms, current) in [(49_999, Some(N)), (50_000, None)] {
        let mut run = Run::distributing(1);
        run.leg(0, OK);
        run.at(40_000);
        run.step(BcastStored(N));
        run.switched();
        run.at(ms);
        run.step(ADMIN);
        assert_eq!(run.leg(0, Deliver), [send(current, run.session.coming())], "{ms}");
    }
}

#[test]
fn a_third_msk_in_a_row_does_not_bring_the_one_in_use_again() {
    let mut run = Run::distributing(3);
    for (gone, name) in [(2, S), (1, S2)] {
        for at in 0..=gone {
            run.leg(at, OK);
        }
        run.now = run.now.after_millis(10_000);
        assert_eq!(run.leg(gone, Expelled)[1], SessionUpdate(name));
        for at in 0..gone {
            assert_eq!(run.leg(at, Deliver), new_msk(name));
        }
    }
}

/// Covers: T-016
#[test]
fn an_expelled_member_that_was_not_sent_the_new_msk_is_just_left_out() {
    let mut run = Run::steady(3);
    run.step(ADMIN);
    run.leg(0, Deliver);
    run.leg(1, Deliver);
    assert_eq!(run.leg(2, Expelled), [RemoveMember]);
    assert_eq!((run.session.coming(), run.session.outstanding()), (Some(N), 2));
    assert!(run.session.exclusion_pending(), "the update is about an exclusion now");
    run.step(BcastStored(N));
    run.leg(0, OK);
    assert_eq!(run.leg(1, OK), [Keyed(N), SendIndication(indication(A, N, 1, true))]);
}

/// Covers: T-016, R-KM-11
#[test]
fn an_expulsion_that_joins_a_running_update_cuts_the_time_of_who_is_silent() {
    let mut run = Run::steady(3);
    run.step(ADMIN);
    run.leg(0, Deliver);
    run.at(10_000);
    run.step(BcastStored(N));
    run.leg(2, Expelled);
    run.legs.push(Leg::OUTSIDE);
    run.at(12_000);
    run.leg(3, Join);
    run.at(14_999);
    assert_eq!(run.leg(0, LegEvent::Timeout), []);
    run.at(15_000);
    assert_eq!(run.step(Timeout), [Sweep]);
    for at in [0, 1] {
        assert_eq!(run.leg(at, LegEvent::Timeout), [SessionAction::Unkeyed(Unkeyed::Timeout)]);
    }
    // Whoever came later has its own five seconds.
    run.at(16_999);
    assert_eq!(run.leg(3, LegEvent::Timeout), []);
    run.at(17_000);
    assert_eq!(run.leg(3, LegEvent::Timeout)[0], SessionAction::Unkeyed(Unkeyed::Timeout));
}

/// Covers: T-016, D-9
#[test]
fn an_exclusion_stays_one_whatever_it_is_merged_with() {
    let mut run = Run::steady(3);
    run.step(ADMIN);
    run.leg(2, Expelled);
    assert_eq!(run.step(BcastRejected), [UpdateAborted(N)]);
    assert!(run.session.exclusion_pending(), "the update must be tried again");
    // A compromise takes its place without making it anything less.
    let mut run = Run::steady(3);
    run.leg(2, Expelled);
    assert_eq!(run.step(Trigger(PolicyEvent::Compromise)), [SessionUpdate(S), Distribute(S)]);
    assert_eq!(run.step(BcastRejected), [UpdateAborted(S)]);
    assert!(run.session.exclusion_pending());
}

#[test]
fn a_member_that_leaves_during_an_update_is_not_waited_for() {
    let mut run = Run::distributing(2);
    run.step(BcastStored(N));
    run.leg(0, OK);
    run.config.policy.on_leave = OnLeave::Always;
    // Merged: what runs is the update.
    assert_eq!(run.leg(1, Left), [RemoveMember, SendIndication(indication(A, N, 1, false))]);

    let mut run = Run::distributing(2);
    run.config.policy =
        PolicyConfig { on_leave: OnLeave::Always, leave_supersedes: true, ..run.config.policy };
    assert_eq!(run.leg(1, Left), [RemoveMember, SessionUpdate(S), Distribute(S)]);
}

/// Covers: T-017, D-13, R-POC-15
#[test]
fn whoever_joins_during_an_update_gets_both_msks_and_is_waited_for() {
    let mut run = Run::distributing(1);
    run.step(BcastStored(N));
    run.legs.push(Leg::OUTSIDE);
    assert_eq!(run.leg(1, Join), [send(Some(A), Some(N)), NoUpdate(Reason::Joined)]);
    assert_eq!(run.session.outstanding(), 2);
    assert_eq!(run.leg(0, OK), [Keyed(N)]);
    assert_eq!(run.leg(1, OK), [Keyed(A), Keyed(N), SendIndication(indication(A, N, 1, false))]);
}

/// Covers: T-017, D-13
#[test]
fn whoever_joins_during_an_update_and_is_silent_is_given_up() {
    let mut run = Run::distributing(0);
    run.step(ADMIN);
    run.legs.push(Leg::OUTSIDE);
    run.leg(0, Join);
    run.step(BcastStored(N));
    run.at(32_000);
    let sent = SendIndication(indication(A, N, 1, false));
    assert_eq!(run.leg(0, LegEvent::Timeout), [SessionAction::Unkeyed(Unkeyed::Timeout), sent]);
}

#[test]
fn a_join_that_causes_an_update_is_served_the_msk_in_use_first() {
    let mut run = Run::steady(1);
    run.config.policy.on_join = OnJoin::Always;
    run.legs.push(Leg::OUTSIDE);
    assert_eq!(run.leg(1, Join), [send(Some(A), None), SessionUpdate(N), Distribute(N)]);
    assert_eq!(run.leg(1, Deliver), []);
    assert_eq!(run.leg(1, OK), [Keyed(A), SessionAction::Deliver]);
    assert_eq!(run.session.outstanding(), 2);
}

// --- Indicated ------------------------------------------------------------------------------------------------------

/// Covers: R-POC-16
#[test]
fn the_indication_is_repeated_with_the_same_number_and_then_no_more() {
    let mut run = Run::indicated(1);
    let sent = SendIndication(indication(A, N, 1, false));
    for ms in [250, 500] {
        run.at(ms - 1);
        assert_eq!(run.step(Timeout), []);
        run.at(ms);
        assert_eq!(run.step(Timeout), [sent]);
    }
    run.at(4_999);
    assert_eq!(run.step(Timeout), []);
    assert_eq!(run.session.seq(), UpdateSeq(1));
}

/// Covers: R-POC-16
#[test]
fn a_distribution_out_of_reach_is_tried_again_ever_later_and_nobody_switches() {
    let mut run = Run::indicated(1);
    for wait in RETRY_MS {
        assert_eq!(run.step(BcastUnreachable), []);
        assert_eq!(run.session.deadline(), Some(run.now.after_millis(wait)));
        assert!(!run.session.timers().any(|(timer, _)| timer == SessionTimer::Overlap));
        run.now = run.now.after_millis(wait - 1);
        assert_eq!(run.step(Timeout), []);
        run.now = run.now.after_millis(1);
        assert_eq!(run.step(Timeout), [SendIndication(indication(A, N, 1, false))]);
    }
    // In reach again: the copies are all sent, and the overlap counts from here.
    let start = run.now;
    for ms in [250, 500] {
        run.now = start.after_millis(ms);
        assert_eq!(run.step(Timeout), [SendIndication(indication(A, N, 1, false))]);
    }
    assert_eq!(run.session.deadline(), Some(start.after_millis(5_000)));
}

#[test]
fn a_refused_indication_leaves_the_msk_before_in_use_and_keys_whoever_lacks_it() {
    let mut run = Run::indicated(1);
    run.legs.push(Leg::OUTSIDE);
    run.leg(1, Join);
    run.leg(1, OK);
    assert_eq!(run.indication_rejected(), [UpdateAborted(N), Distribute(A)]);
    assert_eq!((run.session.active(), run.session.progress()), (A, Progress::Steady));
    assert_eq!(run.leg(0, Deliver), []);
    assert_eq!(run.leg(1, Deliver), [send(Some(A), None)]);
}

/// Covers: D-9
#[test]
fn an_exclusion_whose_indication_is_refused_is_pursued_with_growing_waits() {
    let mut run = Run::steady(1);
    let mut first = run.leg(0, Expelled);
    for (failures, wait) in RETRY_MS.into_iter().enumerate() {
        let Some(SessionUpdate(name)) =
            first.iter().find(|action| matches!(action, SessionUpdate(_))).copied()
        else {
            panic!("{first:?}")
        };
        assert!(matches!(run.step(BcastStored(name))[..], [SendIndication(_)]));
        let mut expected = vec![UpdateAborted(name)];
        expected.extend((failures == 3).then_some(ExclusionPending));
        assert_eq!(run.indication_rejected(), expected);
        assert_eq!((run.session.active(), run.session.exclusion_pending()), (A, true));
        assert_eq!(run.session.deadline(), Some(run.now.after_millis(wait)));
        run.now = run.now.after_millis(wait);
        first = run.step(Timeout);
    }
}

#[test]
fn the_switch_is_over_when_the_distribution_says_so_or_the_overlap_ends() {
    let mut run = Run::indicated(1);
    assert_eq!(run.switched(), [RetireMsk(A), UpdateDone(N)]);
    assert_eq!((run.session.progress(), run.session.retiring()), (Progress::Steady, None));
    // No copy after that.
    run.at(250);
    assert_eq!(run.step(Timeout), []);

    let mut run = Run::indicated(1);
    run.at(5_000);
    let done = run.step(Fired(SessionTimer::Overlap));
    assert_eq!(done, [RetireMsk(A), UpdateDone(N)]);

    let mut run = Run::steady(1);
    run.leg(0, Expelled);
    run.step(BcastStored(N));
    run.at(2_000);
    assert_eq!(run.step(Fired(SessionTimer::Overlap)), [RetireMsk(A), UpdateDone(N)]);
    assert!(!run.session.exclusion_pending());
}

/// Covers: T-018, D-13
#[test]
fn whoever_joins_after_the_indication_gets_the_new_msk_alone() {
    let mut run = Run::indicated(1);
    run.legs.push(Leg::OUTSIDE);
    assert_eq!(run.leg(1, Join), [send(Some(N), None), NoUpdate(Reason::Joined)]);
}

/// Covers: T-023, D-12
#[test]
fn an_expulsion_after_the_indication_starts_the_next_update_at_once_and_indicates_it_when_the_switch_is_over()
{
    let mut run = Run::indicated(3);
    run.at(100);
    assert_eq!(run.leg(2, Expelled), [RemoveMember, SessionUpdate(N2)]);
    assert_eq!((run.session.active(), run.session.coming(), run.session.retiring()), (N, Some(N2), Some(A)));
    assert_eq!(run.step(BcastStored(N2)), []);
    // Held back, nobody is offered it and nobody's time runs.
    for at in 0..2 {
        assert_eq!(run.leg(at, Deliver), []);
    }
    run.at(1_250);
    assert_eq!(run.step(Timeout), [SendIndication(indication(A, N, 1, false))]);
    assert_eq!(run.switched(), [RetireMsk(A), UpdateDone(N), Distribute(N2)]);
    for at in 0..2 {
        // So soon after a switch the offer says again which MSK is in use.
        assert_eq!(run.leg(at, Deliver), [send(Some(N), Some(N2))]);
    }
    run.leg(0, OK);
    assert_eq!(run.leg(1, OK), [Keyed(N), Keyed(N2), SendIndication(indication(N, N2, 2, true))]);
}

/// Covers: T-017, D-13, R-POC-15
#[test]
fn nobody_counts_as_answered_by_an_ok_to_an_offer_before() {
    let mut run = Run::indicated(2);
    run.at(100);
    run.step(ADMIN);
    run.step(BcastStored(N2));
    // Joins while the members are held back: its OK is to the MSK in use alone.
    run.legs.push(Leg::OUTSIDE);
    run.leg(2, Join);
    assert_eq!(run.leg(2, OK), [Keyed(N)]);
    assert_eq!(run.session.outstanding(), 3);
    // Asks meanwhile, and answers or not.
    run.leg(0, Requested);
    run.leg(0, Fail(Failure::Status(500)));
    run.at(40_000);
    assert_eq!(run.leg(1, LegEvent::Timeout), [], "its time has not begun");
    assert_eq!(run.session.outstanding(), 3);
    run.switched();
    for at in 0..3 {
        assert_eq!(run.leg(at, Deliver).len(), 1);
    }
    run.leg(0, OK);
    run.leg(1, OK);
    assert_eq!(run.session.progress(), Progress::Distributing, "the one that joined has not answered");
    assert!(matches!(run.leg(2, OK)[..], [.., SendIndication(_)]));
}

/// Covers: T-023, D-12
#[test]
fn between_two_indications_the_switch_is_over_whoever_answers_first() {
    let mut run = Run::indicated(1);
    run.step(ADMIN);
    run.step(BcastStored(N2));
    let mut last = UpdateSeq(1);
    for ms in (0..40_000).step_by(50) {
        run.at(ms);
        for action in run.step(Timeout) {
            if let SendIndication(sent) = action {
                assert!(sent.seq == last || run.session.retiring() == Some(N));
                last = sent.seq;
            }
            if action == Distribute(N2) {
                run.leg(0, Deliver);
                let actions = run.leg(0, OK);
                assert!(actions.contains(&SendIndication(indication(N, N2, 2, false))), "{actions:?}");
                last = UpdateSeq(2);
            }
        }
    }
    assert_eq!((last, run.session.progress()), (UpdateSeq(2), Progress::Steady));
}

#[test]
fn a_late_ok_after_the_indication_makes_the_member_keyed() {
    let mut run = Run::distributing(2);
    run.step(BcastStored(N));
    run.leg(0, OK);
    run.at(32_000);
    run.leg(1, LegEvent::Timeout);
    assert_eq!(run.session.progress(), Progress::Indicated);
    let before = run.session;
    assert_eq!(run.leg(1, OK), [Keyed(N)]);
    assert_eq!(run.session, before);
    assert!(run.legs[1].holds(N.id));
}

// --- Backoff --------------------------------------------------------------------------------------------------------

#[test]
fn a_second_expulsion_during_the_wait_rides_along_and_after_four_failures_it_acts_at_once() {
    for failures in 1..=6 {
        let mut run = Run::steady(3);
        run.leg(2, Expelled);
        for failure in 1..=failures {
            run.step(BcastRejected);
            if failure < failures {
                run.now = run.session.deadline().unwrap();
                run.step(Timeout);
            }
        }
        let waits = run.session.deadline();
        let actions = run.leg(1, Expelled);
        if failures < 4 {
            assert_eq!(actions, [RemoveMember], "after {failures}");
            assert_eq!(run.session.deadline(), waits);
        } else {
            assert!(matches!(actions[..], [RemoveMember, SessionUpdate(_), Distribute(_)]), "{actions:?}");
        }
    }
}

#[test]
fn another_reason_need_not_wait_for_the_back_off_and_does_not_weaken_it() {
    let mut run = Run::backoff(3);
    assert_eq!(run.step(ADMIN), [SessionUpdate(S), Distribute(S)]);
    run.step(BcastRejected);
    assert!(run.session.exclusion_pending());
    assert_eq!(run.session.deadline(), Some(run.now.after_millis(2_000)), "the second failure in a row");
}

// --- any state ------------------------------------------------------------------------------------------------------

#[test]
fn a_member_that_asks_gets_the_msk_in_use_and_the_one_to_come() {
    let mut run = Run::steady(1);
    assert_eq!(run.leg(0, Requested), [send(Some(A), None)]);
    let mut run = Run::distributing(1);
    run.leg(0, OK);
    assert_eq!(run.leg(0, Requested), [send(Some(A), Some(N))]);
    let mut run = Run::indicated(1);
    assert_eq!(run.leg(0, Requested), [send(Some(N), None)]);
    let mut run = Run::backoff(2);
    run.leg(0, OK);
    assert_eq!(run.leg(0, Requested), [send(Some(A), None)]);
}

#[test]
fn a_member_that_asks_while_an_offer_is_open_gets_everything_after_it() {
    for answer in [OK, LegEvent::Ok { confirmed: false }, Fail(Failure::Status(500))] {
        let mut run = Run::distributing(1);
        assert_eq!(run.leg(0, Requested), []);
        assert_eq!(run.leg(0, answer).iter().filter(|action| **action == SessionAction::Deliver).count(), 1);
        // Both: the MSK in use alone would come out as the newer one in the client's store.
        assert_eq!(run.leg(0, Deliver), [send(Some(A), Some(N))]);
    }
}

#[test]
fn a_member_with_a_new_muk_gets_everything_once_more() {
    let mut run = Run::steady(2);
    assert_eq!(run.leg(0, MukRenewed), [send(Some(A), None)]);
    assert!(!run.legs[0].holds(A.id));
    let mut run = Run::distributing(1);
    run.leg(0, OK);
    assert_eq!(run.leg(0, MukRenewed), [send(Some(A), Some(N))]);
    assert_eq!(run.session.outstanding(), 0, "it has answered already");
}

/// Covers: D-10
#[test]
fn whoever_is_no_member_is_refused_in_every_state() {
    for (name, mut run) in Run::states() {
        run.legs.push(Leg::OUTSIDE);
        let (at, before) = (run.legs.len() - 1, run.session);
        assert_eq!(run.leg(at, Requested), [Refuse(403)], "{name}");
        assert_eq!((run.session, run.legs[at]), (before, Leg::OUTSIDE));
    }
}

#[test]
fn a_distribution_that_begins_anew_gets_the_msk_in_use_and_the_one_to_come() {
    let mut run = Run::steady(1);
    assert_eq!(run.step(BearerReset), [SessionUpdate(A)]);
    assert_eq!(run.step(BcastStored(A)), []);

    // The other follows when it has the one in use: it takes the first that it gets for that.
    let mut run = Run::distributing(1);
    run.at(9_000);
    assert_eq!(run.step(BearerReset), [SessionUpdate(A)]);
    assert_eq!(run.step(BcastStored(A)), [SessionUpdate(N)]);
    assert_eq!(run.leg(0, OK), [Keyed(N)]);
    assert_eq!(run.session.deadline(), Some(run.now.after_millis(10_000)));
    assert_eq!(run.step(BcastStored(A)), []);
    assert_eq!(run.step(BcastStored(N)), [SendIndication(indication(A, N, 1, false))]);

    // An update in between asks for the one in use once more: the request may have been lost.
    let mut run = Run::steady(1);
    run.step(BearerReset);
    assert_eq!(run.step(ADMIN), [SessionUpdate(A), Distribute(N)]);
    run.leg(0, Deliver);
    run.leg(0, OK);
    assert_eq!(run.step(BcastStored(A)), [SessionUpdate(N)]);
    assert_eq!(run.step(BcastStored(N)), [SendIndication(indication(A, N, 1, false))]);
}

/// It has forgotten which MTK IDs it has used under the MSK that was in use.
#[test]
fn a_distribution_that_has_forgotten_its_keys_gets_a_fresh_msk_in_use_at_once() {
    let mut run = Run::distributing(2);
    run.step(BearerReset);
    run.step(BcastStored(A));
    run.step(BcastStored(N));
    let actions = run.step(BearerReset);
    let fresh = run.session.active();
    assert!(![A, N].contains(&fresh));
    assert_eq!(actions, [UpdateAborted(N), SessionUpdate(fresh), Distribute(fresh)]);
    assert_eq!((run.session.coming(), run.session.progress()), (None, Progress::Steady));
    for at in 0..2 {
        run.leg(at, OK);
        assert_eq!(run.leg(at, Deliver), [send(Some(fresh), None)]);
        assert_eq!(run.leg(at, OK), [Keyed(fresh)]);
    }
}

#[test]
fn a_distribution_that_begins_anew_during_a_switch_has_switched() {
    let mut run = Run::indicated(1);
    run.at(100);
    let actions = run.step(BearerReset);
    let fresh = run.session.active();
    assert_eq!(actions, [SessionUpdate(fresh), Distribute(fresh)]);
    // A copy of the indication would be refused by it, and that would be taken for the end of the new MSK.
    assert_eq!((run.session.progress(), run.session.retiring()), (Progress::Steady, None));

    let mut run = Run::indicated(1);
    run.step(ADMIN);
    run.step(BcastStored(N2));
    let actions = run.step(BearerReset);
    let fresh = run.session.active();
    assert_eq!(actions, [UpdateAborted(N2), SessionUpdate(fresh), Distribute(fresh)]);
    run.leg(0, Deliver);
    assert!(!run.leg(0, OK).iter().any(|action| matches!(action, SendIndication(_))));
}

/// Covers: D-11
#[test]
fn what_the_distribution_says_of_an_earlier_update_is_of_no_account() {
    let mut run = Run::indicated(1);
    assert_eq!(run.step(IndicationRejected(UpdateSeq(0))), [ProtocolError]);
    assert_eq!(run.step(BcastSwitched(A)), []);
    assert_eq!(run.session.progress(), Progress::Indicated);
    assert_eq!(run.indication_rejected(), [UpdateAborted(N), Distribute(A)]);
}

/// Covers: R-POC-22, R-POC-23
#[test]
fn media_go_to_the_distribution_if_they_come_on_the_dedicated_session() {
    let (dedicated, other) = (Media { dedicated: true }, Media { dedicated: false });
    for (name, mut run) in Run::states() {
        run.step(BearerUp);
        let before = run.session;
        assert_eq!(run.step(dedicated), [SessionAction::ToBcast], "{name}");
        assert_eq!(run.step(other), [DropMedia], "{name}");
        assert_eq!(run.session, before);
    }
}

/// Covers: R-POC-23
#[test]
fn media_are_held_up_to_a_bound_while_the_bearer_is_not_there() {
    let dedicated = Media { dedicated: true };
    let mut run = Run::steady(1);
    assert_eq!(run.step(Media { dedicated: false }), [DropMedia]);
    for _ in 0..10 {
        assert_eq!(run.step(dedicated), [Hold]);
    }
    // Told once more, it holds no more for it.
    assert_eq!(run.step(BearerDown), []);
    for _ in 10..16 {
        assert_eq!(run.step(dedicated), [Hold]);
    }
    assert_eq!(run.step(dedicated), [NoBearer]);
    assert_eq!(run.step(BearerUp), [ReleaseHeld]);
    assert_eq!(run.step(BearerUp), []);
    assert_eq!(run.step(BearerDown), []);
    assert_eq!(run.step(BearerUp), [], "nothing is held");
    run.step(BearerDown);
    assert_eq!(run.step(dedicated), [Hold]);
}

/// Covers: R-POC-4
#[test]
fn nobody_else_updates_the_msk_of_the_channel() {
    for (name, mut run) in Run::states() {
        let before = run.session;
        assert_eq!(run.try_step(AskedByOther), Err(PocError::NotController), "{name}");
        assert_eq!(run.session, before);
    }
}

#[test]
fn a_session_that_is_over_has_no_timers_and_takes_nothing() {
    for (name, mut run) in Run::states() {
        assert_eq!(run.step(Ended), [], "{name}");
        assert!(run.session.is_ended() && run.session.timers().next().is_none());
        let before = run.session;
        for event in run::session_events() {
            assert_eq!(run.try_step(event), Err(PocError::UnexpectedState), "{name} {event:?}");
        }
        for event in run::leg_events() {
            if !run.legs.is_empty() {
                assert_eq!(run.try_leg(0, event), Err(PocError::UnexpectedState), "{name} {event:?}");
            }
        }
        assert_eq!(run.session, before);
    }
}

// --- leaving --------------------------------------------------------------------------------------------------------

/// Covers: T-002, T-003, R-KM-10
#[test]
fn a_member_that_leaves_causes_what_is_configured() {
    let mut run = Run::steady(2);
    run.config.policy.on_leave = OnLeave::Never;
    assert_eq!(run.leg(1, Left), [RemoveMember, NoUpdate(Reason::Left)]);
    assert_eq!((run.session.members(), run.session.deadline()), (1, None));

    let mut run = Run::steady(2);
    run.config.policy.on_leave = OnLeave::Always;
    assert_eq!(run.leg(1, Left), [RemoveMember, SessionUpdate(N), Distribute(N)]);
    assert!(!run.session.exclusion_pending());
}

/// Covers: T-004, R-KM-10
#[test]
fn three_that_leave_within_five_seconds_cause_one_update() {
    let mut run = Run::steady(5);
    for (at, ms) in [(4, 0), (3, 2_000), (2, 4_999)] {
        run.at(ms);
        assert_eq!(run.leg(at, Left), [RemoveMember]);
        assert_eq!(run.session.deadline(), Some(NOW.after_millis(5_000)));
    }
    assert_eq!(run.step(Timeout), []);
    run.at(5_000);
    assert_eq!(run.step(Timeout), [SessionUpdate(N), Distribute(N)]);
    assert!(!run.session.timers().any(|(timer, _)| timer == SessionTimer::Coalesce));
    for at in 0..2 {
        run.leg(at, Deliver);
        run.leg(at, OK);
    }
    run.step(BcastStored(N));
    run.switched();
    run.at(60_000);
    assert_eq!((run.step(Timeout), run.session.deadline()), (vec![], None));
}

/// Covers: T-005, T-004
#[test]
fn an_expulsion_does_not_wait_for_those_who_leave_and_serves_them_too() {
    let mut run = Run::steady(4);
    run.leg(3, Left);
    run.at(1_000);
    assert_eq!(run.leg(2, Expelled), [RemoveMember, SessionUpdate(N), Distribute(N)]);
    assert!(!run.session.timers().any(|(timer, _)| timer == SessionTimer::Coalesce), "one update for both");
}

#[test]
fn those_who_left_are_enough_of_a_reason_after_an_update_that_ran_meanwhile() {
    let mut run = Run::distributing(3);
    run.leg(2, OK);
    assert_eq!(run.leg(2, Left), [RemoveMember]);
    run.step(BcastStored(N));
    run.leg(0, OK);
    run.leg(1, OK);
    run.switched();
    run.at(5_000);
    // It was sent N.
    assert!(matches!(run.step(Timeout)[..], [SessionUpdate(_), Distribute(_)]));
}

// --- names ----------------------------------------------------------------------------------------------------------

/// Covers: R-KM-14
#[test]
fn every_msk_of_the_channel_has_its_own_name_in_its_own_groups() {
    let mut run = Run::steady(1);
    let mut names = vec![A];
    for round in 0..200 {
        let actions =
            if round % 3 == 0 { run.step(Trigger(PolicyEvent::Compromise)) } else { run.step(ADMIN) };
        names.extend(actions.iter().filter_map(|action| match action {
            SessionUpdate(name) => Some(*name),
            _ => None,
        }));
        if round % 5 == 0 {
            run.step(BcastRejected);
        } else if let Some(coming) = run.session.coming() {
            run.leg(0, Deliver);
            run.leg(0, OK);
            run.step(BcastStored(coming));
            run.switched();
            run.now = run.now.after_millis(20_000);
        }
    }
    let used = names.len();
    names.sort_unstable_by_key(|name| name.id.to_octets());
    names.dedup();
    assert!(used > 100 && names.len() == used);
    let ours = |name: &castkey::id::MskName| name.domain == DOMAIN && run::GROUPS.contains(&name.id.group);
    assert!(names.iter().all(ours));
    assert!(names.iter().all(|name| name.id.number.0 != 0));
    assert_eq!(run.session.groups(), run::GROUPS);
}

#[test]
fn the_indication_says_what_is_configured() {
    let mut run = Run::steady(2);
    let tag = ChannelTag::of("sip:channel@example.com");
    (run.config.channel, run.config.first_mtk) = (Some(tag), Some(MtkId(9)));
    run.config.timing.overlap_expelled_ms = 2_500;
    run.leg(1, Expelled);
    run.step(BcastStored(N));
    run.leg(0, Deliver);
    let expected = Indication {
        channel: Some(tag),
        first_mtk: Some(MtkId(9)),
        overlap_s: Some(3),
        ..indication(A, N, 1, true)
    };
    assert_eq!(run.leg(0, OK), [Keyed(N), SendIndication(expected)]);

    // Longer than an indication can say.
    let mut run = Run::steady(1);
    run.config.timing.overlap_expelled_ms = 100_000;
    run.leg(0, Expelled);
    let actions = run.step(BcastStored(N));
    let [SendIndication(sent)] = actions[..] else { panic!("{actions:?}") };
    assert_eq!(sent.overlap_s, Some(60));
    assert!(IndicationCoding::DEFAULT.encode(1, &sent, &mut [0; MAX_INDICATION_LEN]).is_ok());
}

#[test]
fn a_spare_group_that_is_taken_makes_an_update_wait_for_the_end_of_the_switch() {
    // A in use and N handed out in one group; S handed out, then in use, in the other.
    let mut run = Run::distributing(3);
    run.leg(2, Expelled);
    run.step(BcastStored(S));
    for at in 0..2 {
        run.leg(at, OK);
        run.leg(at, Deliver);
        run.leg(at, OK);
    }
    assert_eq!((run.session.active(), run.session.retiring()), (S, Some(A)));
    // The next one takes the spare place there; another one would push out A or S.
    assert_eq!(run.step(ADMIN), [SessionUpdate(S2)]);
    assert_eq!(run.step(Trigger(PolicyEvent::Compromise)), []);
    assert_eq!(run.step(BcastStored(S2)), []);
    assert_eq!(run.leg(1, Expelled), [RemoveMember]);
    assert!(run.session.exclusion_pending());
    // The switch is over, but packets under A are still under way.
    assert_eq!(run.switched(), [RetireMsk(A), UpdateDone(S)]);
    let free = run.session.deadline().unwrap();
    assert_eq!(free, run.now.after_millis(1_000));
    run.now = free;
    let actions = run.step(Timeout);
    let [SessionUpdate(name), Distribute(_)] = actions[..] else { panic!("{actions:?}") };
    assert_eq!(name.id.group, N.id.group);
    assert!(run.session.exclusion_pending());
}

// --- a fixed number of members --------------------------------------------------------------------------------------

/// Covers: T-026
#[test]
fn a_roster_that_is_full_takes_nobody_and_the_session_hears_nothing_of_him() {
    let config = SessionConfig::default();
    let mut session = Session::new(DOMAIN, run::GROUPS);
    let mut roster = Roster::<u16, 3>::new();
    let join = |session: &mut Session, roster: &mut Roster<u16, 3>, id| -> Result<(), PocError> {
        let leg = roster.add(id)?;
        let (after, row, _) = session.step_leg(*leg, Join, &config, NOW)?;
        (*session, *leg) = (after, row);
        Ok(())
    };
    assert!(roster.is_empty());
    for id in [10, 20, 30] {
        join(&mut session, &mut roster, id).unwrap();
    }
    let before = (session, roster.clone());
    assert_eq!(join(&mut session, &mut roster, 40), Err(PocError::CapacityExceeded));
    assert_eq!(join(&mut session, &mut roster, 20), Err(PocError::UnexpectedState));
    assert_eq!((session, roster.clone()), before);
    assert_eq!((session.members(), roster.len()), (3, 3));
    assert!(roster.leg(20).unwrap().is_member() && roster.leg(40).is_none());
    assert!(roster.iter().map(|(id, _)| id).eq([10, 20, 30]));

    let leg = roster.leg_mut(20).unwrap();
    let (after, row, _) = session.step_leg(*leg, Left, &config, NOW).unwrap();
    (session, *leg) = (after, row);
    assert_eq!(roster.remove(20), Some(row));
    assert_eq!((roster.remove(20), roster.leg(20), roster.len()), (None, None, 2));
    assert!(roster.leg_mut(20).is_none());
    join(&mut session, &mut roster, 40).unwrap();
    assert!(roster.iter_mut().all(|(_, leg)| leg.is_member()));
    assert_eq!(session.members(), 3);
    assert_eq!(Roster::<u16, 0>::default().add(1), Err(PocError::CapacityExceeded));
}

// --- everything else ------------------------------------------------------------------------------------------------

/// What is not in the table of a state is ignored, or refused with a typed error, and changes nothing.
#[test]
fn every_other_event_of_the_session_leaves_every_state_as_it_is() {
    for (state, run) in Run::states() {
        let (distributing, indicated) = (run.session.coming().is_some(), run.session.retiring().is_some());
        for event in run::session_events() {
            let expected = match event {
                AskedByOther => Err(PocError::NotController),
                BcastStored(name) if distributing && run.session.coming() == Some(name) => continue,
                BcastStored(name) if name == run.session.active() => Ok(vec![]),
                BcastStored(_) => Ok(vec![ProtocolError]),
                BcastRejected if distributing => continue,
                IndicationRejected(seq) if indicated && seq == run.session.seq() => continue,
                BcastSwitched(name) if indicated && name == run.session.active() => continue,
                BcastUnreachable if indicated => continue,
                BcastRejected | IndicationRejected(_) => Ok(vec![ProtocolError]),
                BcastUnreachable | BcastSwitched(_) => Ok(vec![]),
                Trigger(PolicyEvent::MtkPeriodic) => Ok(vec![RollMtk]),
                Trigger(PolicyEvent::ClientJoined) => Ok(vec![NoUpdate(Reason::Joined)]),
                // No timer has run out yet.
                Fired(_) | Timeout => Ok(vec![]),
                Trigger(_) | BearerReset | BearerUp | BearerDown | Media { .. } | Ended => continue,
                other => panic!("{other:?}"),
            };
            let mut after = run.clone();
            assert_eq!(after.try_step(event), expected, "{state} {event:?}");
            assert_eq!(after.session, run.session, "{state} {event:?}");
        }
    }
}

#[test]
fn every_other_event_of_a_member_leaves_session_and_leg_as_they_are() {
    for (state, mut run) in Run::states() {
        run.legs.push(Leg::OUTSIDE);
        for (at, leg) in run.legs.clone().into_iter().enumerate() {
            for event in run::leg_events() {
                let expected = match (event, leg.is_member()) {
                    (Join, false)
                    | (Deliver | Requested | MukRenewed | Expelled | Deauthorised | Left, true) => continue,
                    (Join, true) => Err(PocError::UnexpectedState),
                    (Requested, false) => Ok(vec![Refuse(403)]),
                    (LegEvent::Ok { .. } | Fail(_), _) if leg.is_inviting() => continue,
                    // Nobody's time is over yet.
                    (LegEvent::Ok { .. } | Fail(_) | LegEvent::Timeout, _) => Ok(vec![]),
                    (Deliver | Expelled | Deauthorised | Left | MukRenewed, false) => {
                        Err(PocError::NotMember)
                    }
                    (other, _) => panic!("{other:?}"),
                };
                let mut after = run.clone();
                assert_eq!(after.try_leg(at, event), expected, "{state} {at} {event:?}");
                assert_eq!(after, run, "{state} {at} {event:?}");
            }
        }
    }
}

#[test]
fn a_timer_that_fires_late_or_twice_does_its_work_once() {
    for (state, run) in Run::states() {
        for (timer, at) in run.session.timers().collect::<Vec<_>>() {
            let mut late = run.clone();
            late.now = at.after_millis(1_000_000);
            let mut twice = late.clone();
            late.step(Fired(timer));
            twice.step(Fired(timer));
            // The sweep has run out again a second later; anything else that repeats has a time in the future.
            assert_eq!(twice.step(Fired(timer)), [], "{state} {timer:?}");
            assert_eq!(late.session, twice.session, "{state} {timer:?}");
        }
    }
}

#[test]
fn no_timer_is_set_before_its_time() {
    let end = Tick::from_millis(u64::MAX);
    for (state, mut run) in Run::states() {
        run.now = end;
        // At the end of time deadlines stay there instead of coming round to the beginning.
        for event in run::session_events() {
            let mut after = run.clone();
            if after.try_step(event).is_ok() {
                let set =
                    after.session.timers().filter(|timer| !run.session.timers().any(|old| old == *timer));
                assert!(set.into_iter().all(|(_, at)| at == end), "{state} {event:?}");
            }
        }
    }
}
