//! The table of the SCF in the SIP variant, row by row, and proof that every other event leaves it as it was.
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

use ScfAction::{AnswerBye, AnswerInvite, ArmTimer, CheckAuthorisation, Post, QueryBsf, SendBye, WipeKey};
use ScfSipEvent as E;
use ScfSipState as S;
use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, MskId, MskName};
use castkey::ims::facts::{SipAnswer, StatusCode};
use castkey::ims::request::RequestKind;
use castkey::ims::scf::{
    BsfAnswer, InviteIdentity, ReInvite, ScfAction, ScfConfig, ScfSip, ScfSipEvent, ScfSipState,
};
use castkey::ims::{BTid, Impu, ImsError, ServiceId};
use castkey::keys::KsNaf;
use castkey::secret::Secret;
use castkey::time::Tick;

const H5: ScfAction = Post(RequestKind::KeyProvisioning);
const H6: ScfAction = Post(RequestKind::AuthorizedMskRequest);
const H7: ScfAction = Post(RequestKind::Deauthorization);
const CURRENT: MskName =
    MskName::new(KeyDomainId::new([0x68, 0xCA, 0x0C]), MskId::new(KeyGroup(1), KeyNumber::CURRENT));

/// Makes a dialog in some state.
type Make = fn() -> ScfSip;

fn at(millis: u64) -> Tick {
    Tick::from_millis(millis)
}

fn news(count: usize) -> Vec<ServiceId> {
    (0..count).map(|n| ServiceId::new(&format!("urn:3gpp:mbms:service:news{n}")).unwrap()).collect()
}

fn impu(name: &str) -> Impu {
    Impu::new(&format!("sip:{name}@home1.net")).unwrap()
}

fn btid(name: &str) -> BTid {
    BTid::new(&format!("{name}@bsf.home1.net")).unwrap()
}

fn ks_naf() -> KsNaf {
    KsNaf::new(Secret::new([0x4B; 32]))
}

fn status(code: u16) -> StatusCode {
    StatusCode::new(code).unwrap()
}

fn does(scf: &mut ScfSip, event: E<'_>, now: u64) -> Vec<ScfAction> {
    scf.handle(event, &ScfConfig::default(), at(now)).unwrap().into_iter().collect()
}

fn answered(answer: SipAnswer) -> ScfAction {
    AnswerInvite(answer)
}

/// Everything that can be seen of a dialog, its key included.
fn seen(scf: &ScfSip) -> String {
    format!("{scf:?} {:?} {:?}", scf.deadline(), scf.muk().map(|muk| muk.export().to_vec()))
}

/// An INVITE that lacks nothing unless it is told to.
fn invited(services: usize, asserted: bool, has_btid: bool) -> (ScfSip, Vec<ScfAction>) {
    let mut scf = ScfSip::new();
    let (services, alice, one) = (news(services), impu("alice"), btid("one"));
    let event = E::Invite {
        services: &services,
        asserted: asserted.then_some(&alice),
        btid: has_btid.then_some(&one),
    };
    let actions = does(&mut scf, event, 0);
    (scf, actions)
}

fn checking() -> ScfSip {
    let (scf, actions) = invited(1, true, true);
    assert_eq!(actions, [CheckAuthorisation(InviteIdentity::Asserted)]);
    assert_eq!(scf.state(), S::Checking);
    scf
}

/// The BSF was asked at 1,000 ms.
fn fetching() -> ScfSip {
    let mut scf = checking();
    assert_eq!(does(&mut scf, E::Authorised, 1_000), [QueryBsf, ArmTimer(at(6_000))]);
    scf
}

fn keys<'a>(impus: &'a [Impu]) -> E<'a> {
    E::Bsf(BsfAnswer::Keys { impus, ks_naf: ks_naf() })
}

/// H5 went out at 2,000 ms.
fn provisioning() -> ScfSip {
    let mut scf = fetching();
    assert_eq!(does(&mut scf, keys(&[impu("alice")]), 2_000), [H5, ArmTimer(at(7_000))]);
    scf
}

fn active() -> ScfSip {
    let mut scf = provisioning();
    does(&mut scf, E::Answer(StatusCode::OK), 2_100);
    assert_eq!(scf.state(), S::Active);
    scf
}

/// H6 went out at 3,000 ms.
fn refreshing() -> ScfSip {
    let mut scf = active();
    let event = E::ReInvite { wants: ReInvite::Msks(&[CURRENT]), authorised: true };
    assert_eq!(does(&mut scf, event, 3_000), [H6, ArmTimer(at(8_000))]);
    assert_eq!(scf.state(), S::Refreshing);
    scf
}

/// A re-INVITE brought a new B-TID; the BSF was asked at 1,000 ms.
fn renewing() -> ScfSip {
    let mut scf = active();
    let event = E::ReInvite { wants: ReInvite::BTid(&btid("two")), authorised: true };
    assert_eq!(does(&mut scf, event, 1_000), [QueryBsf, ArmTimer(at(6_000))]);
    scf
}

/// H5 of the new key went out at 2,000 ms.
fn renewed() -> ScfSip {
    let mut scf = renewing();
    assert_eq!(does(&mut scf, keys(&[impu("alice")]), 2_000), [H5, ArmTimer(at(7_000))]);
    scf
}

/// Where a dialog stands from the start, and where it stands when a re-INVITE has come to nothing.
fn at_start(scf: &ScfSip) -> bool {
    seen(scf) == seen(&ScfSip::new())
}

fn as_before(scf: &ScfSip) -> bool {
    seen(scf) == seen(&active()) && scf.btid() == Some(&btid("one"))
}

// The table, in its order.

/// Covers: R-IMS-38
#[test]
fn an_invite_is_checked_against_the_subscription_before_the_bsf_is_asked() {
    let (scf, actions) = invited(64, true, true);
    assert_eq!(actions, [CheckAuthorisation(InviteIdentity::Asserted)]);
    assert_eq!((scf.state(), scf.deadline()), (S::Checking, None));
    assert_eq!((scf.btid(), scf.impu()), (Some(&btid("one")), Some(&impu("alice"))));
}

/// Covers: T-096, R-IMS-37
#[test]
fn an_invite_that_lacks_something_is_refused_and_the_bsf_is_not_asked() {
    let rows = [
        (0, true, true, SipAnswer::BadRequest),
        (65, true, true, SipAnswer::BadRequest),
        (1, true, false, SipAnswer::BootstrappingRequired),
        (1, false, false, SipAnswer::BootstrappingRequired),
        (1, false, true, SipAnswer::Forbidden),
    ];
    for (services, asserted, has_btid, answer) in rows {
        let (scf, actions) = invited(services, asserted, has_btid);
        assert_eq!(actions, [answered(answer)], "{services} {asserted} {has_btid}");
        assert!(at_start(&scf));
    }
    assert_eq!(SipAnswer::BootstrappingRequired.code(), 403);
}

/// Covers: R-IMS-38
#[test]
fn who_is_not_authorised_gets_403_and_neither_bsf_nor_upf_hears_of_him() {
    let mut scf = checking();
    assert_eq!(does(&mut scf, E::NotAuthorised, 10), [answered(SipAnswer::Forbidden)]);
    assert!(at_start(&scf));
}

/// Covers: R-IMS-39
#[test]
fn the_bsf_is_asked_for_the_key_of_an_authorised_user() {
    let mut scf = checking();
    assert_eq!(does(&mut scf, E::Authorised, 1_000), [QueryBsf, ArmTimer(at(6_000))]);
    assert_eq!((scf.state(), scf.deadline()), (S::Fetching, Some(at(6_000))));
}

/// Covers: R-IMS-41, R-IMS-34
#[test]
fn the_key_goes_to_the_upf_when_it_belongs_to_the_asserted_identity() {
    let mut scf = fetching();
    // One subscriber has several identities; it is enough that one is the asserted one.
    let impus = [impu("al"), impu("alice")];
    assert_eq!(does(&mut scf, keys(&impus), 2_000), [H5, ArmTimer(at(7_000))]);
    assert_eq!(scf.state(), S::Provisioning);
    assert_eq!(scf.muk().unwrap().export(), [0x4B; 32], "all of Ks_NAF is the MUK");
}

/// Covers: T-097, R-IMS-39
#[test]
fn a_key_of_somebody_else_is_forgotten_and_the_answer_is_403() {
    for impus in [vec![impu("mallory")], vec![]] {
        let mut scf = fetching();
        assert_eq!(does(&mut scf, keys(&impus), 2_000), [answered(SipAnswer::Forbidden), WipeKey]);
        assert!(scf.muk().is_none() && at_start(&scf));
        let mut scf = renewing();
        assert_eq!(does(&mut scf, keys(&impus), 2_000), [answered(SipAnswer::Forbidden), WipeKey]);
        assert!(scf.muk().is_none() && as_before(&scf));
    }
}

/// Covers: R-IMS-39
#[test]
fn a_btid_that_the_bsf_does_not_know_sends_the_terminal_to_bootstrap() {
    let unknown = || E::Bsf(BsfAnswer::UnknownBTid);
    let mut scf = fetching();
    assert_eq!(does(&mut scf, unknown(), 2_000), [answered(SipAnswer::BootstrappingRequired)]);
    assert!(at_start(&scf));
    let mut scf = renewing();
    assert_eq!(does(&mut scf, unknown(), 2_000), [answered(SipAnswer::BootstrappingRequired)]);
    assert!(as_before(&scf));
}

#[test]
fn a_bsf_that_refuses_makes_a_plain_403() {
    let mut scf = fetching();
    let refused = E::Bsf(BsfAnswer::Refused);
    assert_eq!(does(&mut scf, refused, 2_000), [answered(SipAnswer::Forbidden)]);
    assert!(at_start(&scf));
}

#[test]
fn a_silent_bsf_makes_a_504_when_its_time_is_over() {
    for (make, back) in [(fetching as Make, at_start as fn(&ScfSip) -> bool), (renewing, as_before)] {
        let mut scf = make();
        assert_eq!(does(&mut scf, E::Timeout, 5_999), []);
        assert_eq!(seen(&scf), seen(&make()));
        assert_eq!(does(&mut scf, E::Timeout, 6_000), [answered(SipAnswer::Timeout)]);
        assert!(back(&scf));
    }
}

/// Covers: R-IMS-44, D-24
#[test]
fn the_upfs_200_brings_the_terminals_200_and_the_key_is_wiped() {
    let mut scf = provisioning();
    let actions = does(&mut scf, E::Answer(StatusCode::OK), 2_100);
    assert_eq!(actions, [answered(SipAnswer::Ok), WipeKey]);
    assert!(scf.muk().is_none());
    assert_eq!((scf.state(), scf.deadline(), scf.btid()), (S::Active, None, Some(&btid("one"))));
}

/// Covers: R-IMS-44, R-IMS-34
#[test]
fn every_refusal_of_h5_has_its_sip_answer_and_the_key_is_wiped() {
    let rows = [
        (400, SipAnswer::Forbidden),
        (403, SipAnswer::Forbidden),
        (404, SipAnswer::Unavailable),
        (500, SipAnswer::Unavailable),
        (503, SipAnswer::Unavailable),
        (415, SipAnswer::ServerError),
        (204, SipAnswer::ServerError),
    ];
    for (http, answer) in rows {
        let mut scf = provisioning();
        let actions = does(&mut scf, E::Answer(status(http)), 2_100);
        assert_eq!(actions, [answered(answer), WipeKey], "{http}");
        assert!(at_start(&scf));
        let mut scf = renewed();
        let actions = does(&mut scf, E::Answer(status(http)), 2_100);
        assert_eq!(actions, [answered(answer), WipeKey], "{http}");
        assert!(as_before(&scf), "the dialog goes on under the B-TID before");
    }
    assert_eq!((SipAnswer::Unavailable.code(), SipAnswer::ServerError.code()), (503, 500));
    let mut scf = provisioning();
    assert_eq!(does(&mut scf, E::Answer(status(102)), 2_100), []);
    assert_eq!(seen(&scf), seen(&provisioning()));
}

#[test]
fn a_silent_upf_is_asked_for_h5_once_more_and_then_the_answer_is_504() {
    for (make, back) in [(provisioning as Make, at_start as fn(&ScfSip) -> bool), (renewed, as_before)] {
        let mut scf = make();
        assert_eq!(does(&mut scf, E::Timeout, 6_999), []);
        assert_eq!(does(&mut scf, E::Timeout, 7_000), [H5, ArmTimer(at(12_000))]);
        assert!(scf.muk().is_some(), "the second POST needs it");
        assert_eq!(does(&mut scf, E::Timeout, 11_999), []);
        assert_eq!(does(&mut scf, E::Timeout, 12_000), [answered(SipAnswer::Timeout), WipeKey]);
        assert!(scf.muk().is_none() && back(&scf));
    }
}

/// Covers: T-100, R-IMS-48
#[test]
fn a_re_invite_for_more_than_the_subscription_covers_gets_403_and_nothing_else_happens() {
    for wants in [ReInvite::Msks(&[CURRENT]), ReInvite::BTid(&btid("two"))] {
        let mut scf = active();
        let actions = does(&mut scf, E::ReInvite { wants, authorised: false }, 3_000);
        assert_eq!(actions, [answered(SipAnswer::Forbidden)]);
        assert!(as_before(&scf));
    }
}

/// Covers: R-IMS-49
#[test]
fn a_re_invite_for_msks_becomes_h6() {
    assert_eq!(refreshing().deadline(), Some(at(8_000)));
    for count in [0, 65] {
        let mut scf = active();
        let msks = vec![CURRENT; count];
        let event = E::ReInvite { wants: ReInvite::Msks(&msks), authorised: true };
        assert_eq!(does(&mut scf, event, 3_000), [answered(SipAnswer::BadRequest)]);
        assert!(as_before(&scf));
    }
}

/// Covers: R-IMS-53
#[test]
fn a_re_invite_with_a_new_btid_replaces_the_key() {
    let mut scf = renewed();
    assert_eq!(scf.muk().unwrap().export(), [0x4B; 32]);
    let actions = does(&mut scf, E::Answer(StatusCode::OK), 2_100);
    assert_eq!(actions, [answered(SipAnswer::Ok), WipeKey]);
    assert_eq!((scf.state(), scf.btid()), (S::Active, Some(&btid("two"))));
}

#[test]
fn a_re_invite_with_the_btid_in_use_is_served_too() {
    let mut scf = active();
    let event = E::ReInvite { wants: ReInvite::BTid(&btid("one")), authorised: true };
    assert_eq!(does(&mut scf, event, 3_000), [QueryBsf, ArmTimer(at(8_000))]);
}

/// Covers: R-IMS-50
#[test]
fn the_answer_to_h6_answers_the_re_invite_and_the_dialog_stays() {
    let rows = [
        (200, SipAnswer::Ok),
        (404, SipAnswer::Unavailable),
        (503, SipAnswer::Unavailable),
        (400, SipAnswer::ServerError),
        (403, SipAnswer::ServerError),
    ];
    for (http, answer) in rows {
        let mut scf = refreshing();
        assert_eq!(does(&mut scf, E::Answer(status(http)), 3_100), [answered(answer)], "{http}");
        assert!(as_before(&scf));
    }
    let mut scf = refreshing();
    assert_eq!(does(&mut scf, E::Answer(status(100)), 3_100), []);
    assert_eq!(seen(&scf), seen(&refreshing()));
}

#[test]
fn a_silent_upf_is_asked_for_h6_once_more_and_then_the_answer_is_504() {
    let mut scf = refreshing();
    assert_eq!(does(&mut scf, E::Timeout, 7_999), []);
    assert_eq!(does(&mut scf, E::Timeout, 8_000), [H6, ArmTimer(at(13_000))]);
    assert_eq!(does(&mut scf, E::Timeout, 13_000), [answered(SipAnswer::Timeout)]);
    assert!(as_before(&scf));
}

/// Covers: R-IMS-45
#[test]
fn the_end_of_a_subscription_undoes_what_there_is() {
    let forbidden = answered(SipAnswer::Forbidden);
    let rows = [
        (checking(), vec![forbidden]),
        (fetching(), vec![forbidden]),
        (renewing(), vec![forbidden, H7, SendBye]),
        (provisioning(), vec![forbidden, WipeKey, H7]),
        (renewed(), vec![forbidden, WipeKey, H7, SendBye]),
        (active(), vec![H7, SendBye]),
        (refreshing(), vec![forbidden, H7, SendBye]),
    ];
    for (mut scf, actions) in rows {
        let before = seen(&scf);
        assert_eq!(does(&mut scf, E::SubscriptionEnded, 4_000), actions, "{before}");
        assert!(at_start(&scf));
    }
}

#[test]
fn a_bye_undoes_what_there_is() {
    let terminated = answered(SipAnswer::RequestTerminated);
    let rows = [
        (renewing(), vec![terminated, H7, AnswerBye]),
        (renewed(), vec![terminated, WipeKey, H7, AnswerBye]),
        (active(), vec![H7, AnswerBye]),
        (refreshing(), vec![terminated, H7, AnswerBye]),
    ];
    for (mut scf, actions) in rows {
        let before = seen(&scf);
        assert_eq!(does(&mut scf, E::Bye, 4_000), actions, "{before}");
        assert!(at_start(&scf));
    }
}

#[test]
fn a_cancel_takes_back_what_can_be_taken_back() {
    let terminated = answered(SipAnswer::RequestTerminated);
    for mut scf in [checking(), fetching()] {
        assert_eq!(does(&mut scf, E::Cancel, 4_000), [terminated]);
        assert!(at_start(&scf));
    }
    for mut scf in [renewing(), refreshing()] {
        assert_eq!(does(&mut scf, E::Cancel, 4_000), [terminated]);
        assert!(as_before(&scf));
    }
    let mut scf = provisioning();
    assert_eq!(does(&mut scf, E::Cancel, 4_000), [terminated, WipeKey, H7]);
    assert!(at_start(&scf));
    let mut scf = renewed();
    assert_eq!(does(&mut scf, E::Cancel, 4_000), [], "H5 is out");
    assert_eq!(seen(&scf), seen(&renewed()));
}

#[test]
fn a_timeout_out_of_turn_does_no_harm() {
    for mut scf in [ScfSip::new(), checking(), active()] {
        let before = seen(&scf);
        assert_eq!(does(&mut scf, E::Timeout, 1_000_000), []);
        assert_eq!(seen(&scf), before);
    }
}

#[test]
fn every_other_event_is_refused_and_changes_nothing() {
    let (services, alice, one) = (news(1), impu("alice"), btid("one"));
    let impus = [impu("alice")];
    let event = |number: usize| match number {
        0 => E::Invite { services: &services, asserted: Some(&alice), btid: Some(&one) },
        1 => E::ReInvite { wants: ReInvite::Msks(&[CURRENT]), authorised: true },
        2 => E::Authorised,
        3 => E::NotAuthorised,
        4 => keys(&impus),
        5 => E::Bsf(BsfAnswer::UnknownBTid),
        6 => E::Answer(StatusCode::OK),
        7 => E::Cancel,
        8 => E::Bye,
        _ => E::SubscriptionEnded,
    };
    // The events that each state has a row for.
    let rows: [(Make, &[usize]); 8] = [
        (ScfSip::new, &[0]),
        (checking, &[2, 3, 7, 9]),
        (fetching, &[4, 5, 7, 9]),
        (renewing, &[4, 5, 7, 8, 9]),
        (provisioning, &[6, 7, 9]),
        (renewed, &[6, 7, 8, 9]),
        (active, &[1, 8, 9]),
        (refreshing, &[6, 7, 8, 9]),
    ];
    for (make, known) in rows {
        for number in 0..10 {
            let mut scf = make();
            let result = scf.handle(event(number), &ScfConfig::default(), at(4_000));
            assert_eq!(result.is_ok(), known.contains(&number), "{:?} {:?}", make(), event(number));
            if let Err(error) = result {
                assert_eq!(error, ImsError::UnexpectedState);
                assert_eq!(seen(&scf), seen(&make()), "{:?}", event(number));
            }
        }
    }
}

/// Covers: D-24
#[test]
fn nothing_shows_the_key() {
    let scf = provisioning();
    let shown = format!("{scf:?} {:?}", keys(&[impu("alice")]));
    assert!(shown.contains("Muk(..)") && !shown.contains("75, 75") && !shown.to_lowercase().contains("4b4b"));
}

#[test]
fn a_dialog_takes_little_room() {
    assert!(size_of::<ScfSip>() <= 512, "{}", size_of::<ScfSip>());
}
