//! The table of the SCF in the HTTP variant, row by row, and proof that every other event leaves it as it was.
#![cfg(feature = "ims")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that meets the unexpected must stop"
)]

use ScfAction::{AnswerBye, AnswerInvite, ArmTimer, CheckAuthorisation, Post, SendBye};
use ScfHttpEvent as E;
use ScfHttpState as S;
use castkey::ims::facts::{SipAnswer, StatusCode, Variant};
use castkey::ims::request::RequestKind;
use castkey::ims::scf::{InviteIdentity, ScfAction, ScfConfig, ScfHttp, ScfHttpEvent, ScfHttpState};
use castkey::ims::{BTid, Impu, ImsError, ServiceId};
use castkey::time::Tick;

const H1: ScfAction = Post(RequestKind::AuthorizationNotification);
const H7: ScfAction = Post(RequestKind::Deauthorization);

fn at(millis: u64) -> Tick {
    Tick::from_millis(millis)
}

fn news(count: usize) -> Vec<ServiceId> {
    (0..count).map(|n| ServiceId::new(&format!("urn:3gpp:mbms:service:news{n}")).unwrap()).collect()
}

fn alice() -> Impu {
    Impu::new("sip:alice@home1.net").unwrap()
}

/// Handles an event that must succeed, at `now` milliseconds, under the default configuration.
fn status(code: u16) -> StatusCode {
    StatusCode::new(code).unwrap()
}

fn does(scf: &mut ScfHttp, event: E<'_>, now: u64) -> Vec<ScfAction> {
    scf.handle(event, &ScfConfig::default(), at(now)).unwrap().into_iter().collect()
}

fn invited(
    scf: &mut ScfHttp, services: usize, asserted: bool, intended: bool, config: &ScfConfig,
) -> Vec<ScfAction> {
    let (services, alice) = (news(services), alice());
    let event = E::Invite {
        services: &services,
        asserted: asserted.then_some(&alice),
        intended: intended.then_some(&alice),
    };
    scf.handle(event, config, at(0)).unwrap().into_iter().collect()
}

fn checking() -> ScfHttp {
    let mut scf = ScfHttp::new();
    invited(&mut scf, 1, true, false, &ScfConfig::default());
    assert_eq!(scf.state(), S::Checking);
    scf
}

/// H1 went out at 1,000 ms.
fn notifying() -> ScfHttp {
    let mut scf = checking();
    assert_eq!(does(&mut scf, E::Authorised, 1_000), [H1, ArmTimer(at(6_000))]);
    scf
}

fn active() -> ScfHttp {
    let mut scf = notifying();
    does(&mut scf, E::Answer(StatusCode::OK), 1_100);
    scf
}

// The table, in its order.

/// Covers: R-IMS-13
#[test]
fn an_invite_with_service_and_identity_is_checked_before_anything_is_sent() {
    let mut scf = ScfHttp::new();
    let actions = invited(&mut scf, 64, true, false, &ScfConfig::default());
    assert_eq!(actions, [CheckAuthorisation(InviteIdentity::Asserted)]);
    assert_eq!((scf.state(), scf.deadline()), (S::Checking, None));
}

/// Covers: R-IMS-8
#[test]
fn the_asserted_identity_wins_and_an_intended_one_alone_will_do_unless_configured_otherwise() {
    let default = ScfConfig::default();
    let both = invited(&mut ScfHttp::new(), 1, true, true, &default);
    assert_eq!(both, [CheckAuthorisation(InviteIdentity::Asserted)]);
    let intended = invited(&mut ScfHttp::new(), 1, false, true, &default);
    assert_eq!(intended, [CheckAuthorisation(InviteIdentity::Intended)]);
    let strict = ScfConfig { require_asserted: true, ..default };
    let mut scf = ScfHttp::new();
    assert_eq!(invited(&mut scf, 1, false, true, &strict), [AnswerInvite(SipAnswer::Forbidden)]);
    assert_eq!(scf.state(), S::Idle);
    let asserted = invited(&mut ScfHttp::new(), 1, true, false, &strict);
    assert_eq!(asserted, [CheckAuthorisation(InviteIdentity::Asserted)]);
}

/// Covers: R-IMS-7
#[test]
fn an_invite_without_a_service_or_with_65_is_answered_400() {
    for services in [0, 65] {
        let mut scf = ScfHttp::new();
        let actions = invited(&mut scf, services, true, true, &ScfConfig::default());
        assert_eq!(actions, [AnswerInvite(SipAnswer::BadRequest)]);
        assert_eq!(scf, ScfHttp::new());
    }
    assert_eq!(SipAnswer::BadRequest.code(), 400);
}

/// Covers: R-IMS-8
#[test]
fn an_invite_without_any_identity_is_answered_403() {
    let mut scf = ScfHttp::new();
    let actions = invited(&mut scf, 1, false, false, &ScfConfig::default());
    assert_eq!(actions, [AnswerInvite(SipAnswer::Forbidden)]);
    assert_eq!(scf, ScfHttp::new());
}

/// Covers: T-087, R-IMS-13
#[test]
fn who_is_not_authorised_gets_403_and_nothing_is_posted() {
    for event in [E::NotAuthorised, E::SubscriptionEnded] {
        let mut scf = checking();
        assert_eq!(does(&mut scf, event, 10), [AnswerInvite(SipAnswer::Forbidden)]);
        assert_eq!(scf, ScfHttp::new());
    }
    assert_eq!(SipAnswer::Forbidden.code(), 403);
}

/// Covers: R-IMS-14, T-088
#[test]
fn an_authorised_user_is_notified_to_the_upf_before_he_gets_his_200() {
    let mut scf = checking();
    assert_eq!(does(&mut scf, E::Authorised, 1_000), [H1, ArmTimer(at(6_000))]);
    assert_eq!(scf.state(), S::Notifying { posts: 1, due: at(6_000) });
    assert_eq!(scf.deadline(), Some(at(6_000)));
}

#[test]
fn a_cancel_while_checking_is_answered_487_and_the_upf_never_hears_of_it() {
    let mut scf = checking();
    assert_eq!(does(&mut scf, E::Cancel, 10), [AnswerInvite(SipAnswer::RequestTerminated)]);
    assert_eq!(scf, ScfHttp::new());
    assert_eq!(SipAnswer::RequestTerminated.code(), 487);
}

/// Covers: R-IMS-21, T-088
#[test]
fn the_acknowledgement_brings_exactly_one_200() {
    let mut scf = notifying();
    assert_eq!(does(&mut scf, E::Answer(StatusCode::OK), 1_100), [AnswerInvite(SipAnswer::Ok)]);
    assert_eq!((scf.state(), scf.deadline()), (S::Active, None));
    let again = scf.handle(E::Answer(StatusCode::OK), &ScfConfig::default(), at(1_200));
    assert_eq!(again.unwrap_err(), ImsError::UnexpectedState);
    assert_eq!(SipAnswer::Ok.code(), 200);
}

#[test]
fn every_refusal_of_the_upf_has_its_sip_answer_and_ends_the_dialog() {
    let rows = [
        (403, SipAnswer::Forbidden, 403),
        (400, SipAnswer::ServerError, 500),
        (401, SipAnswer::ServerError, 500),
        (404, SipAnswer::ServerError, 500),
        (415, SipAnswer::ServerError, 500),
        (204, SipAnswer::ServerError, 500),
        (302, SipAnswer::ServerError, 500),
        (500, SipAnswer::Unavailable, 503),
        (503, SipAnswer::Unavailable, 503),
        (599, SipAnswer::Unavailable, 503),
    ];
    for (http, answer, sip) in rows {
        let mut scf = notifying();
        assert_eq!(does(&mut scf, E::Answer(status(http)), 1_100), [AnswerInvite(answer)], "{http}");
        assert_eq!((scf, answer.code()), (ScfHttp::new(), sip), "{http}");
    }
    let mut scf = notifying();
    assert_eq!(does(&mut scf, E::Answer(status(100)), 1_100), []);
    assert_eq!(scf, notifying());
}

/// Covers: T-089, R-IMS-14
#[test]
fn a_silent_upf_is_asked_once_more_and_then_the_answer_is_504() {
    let mut scf = notifying();
    assert_eq!(does(&mut scf, E::Timeout, 5_999), []);
    assert_eq!(scf, notifying(), "not due");
    assert_eq!(does(&mut scf, E::Timeout, 6_000), [H1, ArmTimer(at(11_000))]);
    assert_eq!(scf.state(), S::Notifying { posts: 2, due: at(11_000) });
    assert_eq!(does(&mut scf, E::Timeout, 10_999), []);
    assert_eq!(does(&mut scf, E::Timeout, 11_000), [AnswerInvite(SipAnswer::Timeout)]);
    assert_eq!(scf, ScfHttp::new());
    assert_eq!(SipAnswer::Timeout.code(), 504);

    let once = ScfConfig { upf_posts: 1, upf_timeout_ms: 10, ..ScfConfig::default() };
    let mut scf = checking();
    assert_eq!(scf.handle(E::Authorised, &once, at(0)).unwrap().as_slice(), [H1, ArmTimer(at(10))]);
    let actions = scf.handle(E::Timeout, &once, at(10)).unwrap();
    assert_eq!(actions.as_slice(), [AnswerInvite(SipAnswer::Timeout)]);
}

#[test]
fn an_answer_to_the_second_post_still_counts() {
    let mut scf = notifying();
    does(&mut scf, E::Timeout, 6_000);
    assert_eq!(does(&mut scf, E::Answer(StatusCode::OK), 6_100), [AnswerInvite(SipAnswer::Ok)]);
    assert_eq!(scf.state(), S::Active);
}

#[test]
fn what_may_have_reached_the_upf_is_undone_when_the_invite_is_cancelled_or_the_subscription_ends() {
    let mut scf = notifying();
    assert_eq!(does(&mut scf, E::Cancel, 1_100), [AnswerInvite(SipAnswer::RequestTerminated), H7]);
    assert_eq!(scf, ScfHttp::new());
    let mut scf = notifying();
    assert_eq!(does(&mut scf, E::SubscriptionEnded, 1_100), [AnswerInvite(SipAnswer::Forbidden), H7]);
    assert_eq!(scf, ScfHttp::new());
}

/// Covers: R-IMS-45
#[test]
fn the_upf_hears_of_the_end_of_a_subscription_before_the_terminal() {
    let mut scf = active();
    assert_eq!(does(&mut scf, E::SubscriptionEnded, 2_000), [H7, SendBye]);
    assert_eq!(scf, ScfHttp::new());
}

#[test]
fn a_bye_takes_the_authorisation_back() {
    let mut scf = active();
    assert_eq!(does(&mut scf, E::Bye, 2_000), [H7, AnswerBye]);
    assert_eq!(scf, ScfHttp::new());
}

#[test]
fn a_timeout_out_of_turn_does_no_harm() {
    for scf in [ScfHttp::new(), checking(), active()] {
        let mut after = scf;
        assert_eq!(does(&mut after, E::Timeout, 1_000_000), []);
        assert_eq!(after, scf);
    }
}

#[test]
fn every_other_event_is_refused_and_changes_nothing() {
    let (services, alice) = (news(1), alice());
    let events = [
        E::Invite { services: &services, asserted: Some(&alice), intended: None },
        E::Authorised,
        E::NotAuthorised,
        E::Answer(StatusCode::OK),
        E::Cancel,
        E::Bye,
        E::SubscriptionEnded,
    ];
    // The events that each state has a row for, by their place above.
    let rows: [(ScfHttp, &[usize]); 4] =
        [(ScfHttp::new(), &[0]), (checking(), &[1, 2, 4, 6]), (notifying(), &[3, 4, 6]), (active(), &[5, 6])];
    for (scf, known) in rows {
        for (at_, event) in events.iter().enumerate() {
            let mut after = scf;
            let result = after.handle(*event, &ScfConfig::default(), at(2_000));
            if known.contains(&at_) {
                assert!(!result.unwrap().is_empty(), "{scf:?} {event:?}");
            } else {
                assert_eq!(result.unwrap_err(), ImsError::UnexpectedState, "{scf:?} {event:?}");
                assert_eq!(after, scf, "{event:?}");
            }
        }
    }
}

#[test]
fn a_btid_in_the_invite_selects_the_sip_variant() {
    assert_eq!(Variant::of_invite(None), Variant::Http);
    assert_eq!(Variant::of_invite(Some(&BTid::new("rand@bsf").unwrap())), Variant::Sip);
}

#[test]
fn a_dialog_takes_little_room() {
    assert!(size_of::<ScfHttp>() <= 24, "{}", size_of::<ScfHttp>());
}
