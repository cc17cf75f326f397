//! The terminal in the HTTP variant: the table row by row, every other event refused or ignored, and the renewal of the
//! MUK with real keys.
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

use castkey::error::{Error, OpenError};
use castkey::id::{GroupName, KeyNumber, MskName};
use castkey::ims::*;
use castkey::keys::{Ks, KsNaf, Muk, MukId, MukOctets, NafId};
use castkey::role::UeEvent;
use castkey::secret::Secret;
use world::*;

/// A session with its clock.
#[derive(Clone)]
struct Session {
    machine: HttpUe<2>,
    now: u64,
}

fn btid(name: &str) -> BTid {
    BTid::new(name).unwrap()
}

fn service() -> ServiceId {
    ServiceId::new("urn:3gpp:mbms:service:news").unwrap()
}

fn view(ims_registered: bool) -> HttpUeEvent<'static> {
    HttpUeEvent::View { ims_registered }
}

fn gba(name: &str, expires: u64) -> HttpUeEvent<'static> {
    HttpUeEvent::Gba(GbaOutcome::Done { btid: btid(name), expires: at(expires) })
}

const GBA_FAILED: HttpUeEvent<'static> = HttpUeEvent::Gba(GbaOutcome::Failed);

fn key(fact: KeyFact) -> HttpUeEvent<'static> {
    HttpUeEvent::Key(fact)
}

fn stored(number: u16) -> HttpUeEvent<'static> {
    key(KeyFact::Stored(msk_name(number)))
}

fn unknown(number: u16) -> HttpUeEvent<'static> {
    key(KeyFact::UnknownMsk { name: msk_name(number), rnd: 0 })
}

const PULL: HttpUeEvent<'static> = HttpUeEvent::Key(KeyFact::Pull { group: GROUP, rnd: 0 });

const fn sip(outcome: SipOutcome) -> HttpUeEvent<'static> {
    HttpUeEvent::Sip(outcome)
}

const fn refused(status: u16) -> SipOutcome {
    SipOutcome::Refused { status, bootstrap: false }
}

const fn http(of: UeRequestKind, outcome: HttpOutcome<'_>) -> HttpUeEvent<'_> {
    HttpUeEvent::Http { of, outcome }
}

const fn failed(status: u16) -> HttpOutcome<'static> {
    HttpOutcome::Failed { status, retry_after_s: None }
}

const fn challenged(had_credentials: bool, stale: bool) -> HttpOutcome<'static> {
    HttpOutcome::Challenged { had_credentials, stale }
}

fn text(action: &ServiceAction<UeRequest<2>>) -> String {
    match action {
        ServiceAction::Request(UeRequest::Register) => "H2".into(),
        ServiceAction::Request(UeRequest::Deregister) => "H3".into(),
        ServiceAction::Request(UeRequest::Msk(list)) => {
            assert!(list.as_slice().iter().all(|name| name.id.number == KeyNumber::CURRENT));
            let groups: Vec<_> =
                list.as_slice().iter().map(|name| format!("{:04x}", name.id.group.0)).collect();
            format!("H4({})", groups.join(","))
        }
        ServiceAction::DeriveMuk(btid) => format!("DeriveMuk({btid})"),
        ServiceAction::ForgetMuk(btid) => format!("ForgetMuk({btid})"),
        ServiceAction::ArmTimer(tick) => format!("ArmTimer({})", tick.as_millis()),
        other => format!("{other:?}"),
    }
}

/// A Ks that outlives most tests.
const LONG: u64 = 100_000_000;

impl Session {
    fn of(groups: &[GroupName]) -> Self {
        let identity = Impu::new("sip:alice@home1.net").unwrap();
        let machine = HttpUe::new(UeTiming::default(), service(), identity, groups).unwrap();
        Self { machine, now: 0 }
    }

    /// With a Ks named b1.
    fn idle() -> Self {
        let mut s = Self::of(&[GROUP]);
        assert_eq!(s.does(gba("b1", LONG)), "");
        s
    }

    fn inviting() -> Self {
        let mut s = Self::idle();
        assert_eq!(s.does(view(true)), "Invite");
        s
    }

    fn authorised() -> Self {
        let mut s = Self::of(&[GROUP]);
        s.does(view(true));
        assert_eq!(s.does(sip(SipOutcome::Accepted)), "Ack NeedBootstrap");
        s
    }

    fn registering() -> Self {
        let mut s = Self::inviting();
        assert_eq!(s.does(sip(SipOutcome::Accepted)), "Ack DeriveMuk(b1) H2");
        s
    }

    fn registered() -> Self {
        let mut s = Self::registering();
        assert_eq!(s.granted(), "ArmTimer(10000)");
        s
    }

    fn keyed() -> Self {
        let mut s = Self::registered();
        s.does(stored(5));
        s
    }

    fn deregistering() -> Self {
        let mut s = Self::keyed();
        s.does(HttpUeEvent::Stop);
        s
    }

    fn cancelling() -> Self {
        let mut s = Self::inviting();
        s.does(HttpUeEvent::Stop);
        s
    }

    fn act(&mut self, event: HttpUeEvent<'_>) -> Result<String, ImsError> {
        let actions = self.machine.handle(event, at(self.now))?;
        Ok(actions.iter().map(text).collect::<Vec<_>>().join(" "))
    }

    fn does(&mut self, event: HttpUeEvent<'_>) -> String {
        self.act(event).unwrap()
    }

    fn registration(&mut self, status: ItemStatus) -> String {
        let items = [(ServiceId::new("urn:other").unwrap(), ItemStatus::Other(1)), (service(), status)];
        let outcome = HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&items) };
        self.does(http(UeRequestKind::Register, outcome))
    }

    fn granted(&mut self) -> String {
        self.registration(ItemStatus::Granted)
    }

    fn msks(&mut self, items: &[(MskName, ItemStatus)]) -> String {
        let outcome = HttpOutcome::Authenticated { status: 200, items: ListedItems::Msks(items) };
        self.does(http(UeRequestKind::Msk, outcome))
    }

    fn msk_granted(&mut self) -> String {
        self.msks(&[(msk_name(9), ItemStatus::Granted)])
    }

    fn ticks(&mut self, now: u64) -> String {
        self.now = now;
        self.does(HttpUeEvent::Timeout)
    }

    fn state(&self) -> HttpUeState {
        self.machine.state()
    }

    /// Everything that can be seen.
    fn seen(&self) -> String {
        format!("{:?} {:?}", self.machine, self.machine.deadline())
    }
}

// The table, in its order.

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
    for status in [ItemStatus::NotAuthorised, ItemStatus::Unknown, ItemStatus::Other(500)] {
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

// Whatever the table does not name.

/// Covers: T-093, R-IMS-9
#[test]
fn registration_before_the_200_of_the_scf_is_refused() {
    for mut s in [Session::idle(), Session::inviting(), Session::cancelling(), Session::authorised()] {
        let before = s.seen();
        assert_eq!(s.act(HttpUeEvent::Register), Err(ImsError::UnexpectedState));
        let items = [(service(), ItemStatus::Granted)];
        let outcome = HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&items) };
        assert_eq!(s.act(http(UeRequestKind::Register, outcome)), Err(ImsError::UnexpectedState));
        assert_eq!(s.seen(), before);
    }
    // Whatever else happens while the INVITE is on its way, no POST leaves.
    let mut s = Session::inviting();
    for event in
        [gba("b2", LONG), stored(5), PULL, unknown(6), HttpUeEvent::Timeout, sip(SipOutcome::Provisional)]
    {
        let line = s.does(event);
        assert!(!line.contains('H'), "{line}");
    }
}

#[test]
fn every_other_event_is_refused_or_ignored_and_changes_nothing() {
    let bootstrapping = {
        let mut s = Session::registering();
        s.does(http(UeRequestKind::Register, challenged(true, false)));
        s
    };
    let posting = {
        let mut s = Session::keyed();
        s.does(PULL);
        s
    };
    let states = [
        ("Idle", Session::idle()),
        ("Inviting", Session::inviting()),
        ("Cancelling", Session::cancelling()),
        ("Authorised", Session::authorised()),
        ("Registering", Session::registering()),
        ("Bootstrapping", bootstrapping),
        ("Registered", Session::registered()),
        ("Keyed", Session::keyed()),
        ("Posting", posting),
        ("Deregistering", Session::deregistering()),
    ];
    let all: Vec<&str> = states.iter().map(|(name, _)| *name).collect();
    let but = |names: &[&'static str]| -> Vec<&str> {
        all.iter().copied().filter(|name| !names.contains(name)).collect()
    };
    // The event, where it is refused, where it is ignored.
    let rows: Vec<(HttpUeEvent<'_>, Vec<&str>, Vec<&str>)> = vec![
        (view(true), but(&["Idle"]), vec![]),
        (HttpUeEvent::Stop, vec!["Idle", "Cancelling", "Deregistering"], vec![]),
        (HttpUeEvent::Register, but(&["Registered", "Keyed"]), vec![]),
        (sip(SipOutcome::Provisional), but(&["Inviting", "Cancelling"]), vec!["Inviting", "Cancelling"]),
        (sip(SipOutcome::Accepted), but(&["Inviting", "Cancelling"]), vec![]),
        (sip(refused(486)), but(&["Inviting", "Cancelling"]), vec![]),
        (sip(SipOutcome::TimedOut), but(&["Inviting", "Cancelling"]), vec![]),
        (sip(SipOutcome::Glare { rnd: 0 }), but(&["Inviting", "Cancelling"]), vec![]),
        (HttpUeEvent::Bye, vec!["Idle"], vec!["Deregistering"]),
        (
            http(UeRequestKind::Register, failed(403)),
            but(&["Registering", "Deregistering"]),
            vec!["Deregistering"],
        ),
        (http(UeRequestKind::Msk, failed(403)), but(&["Posting", "Deregistering"]), vec!["Deregistering"]),
        (http(UeRequestKind::Deregister, failed(403)), vec![], but(&["Deregistering"])),
        (GBA_FAILED, vec![], but(&["Authorised", "Bootstrapping"])),
        (HttpUeEvent::Timeout, vec![], all.clone()),
        (key(KeyFact::Expired(msk_name(1))), vec![], all.clone()),
        (key(KeyFact::Stored(OTHER_GROUP.msk(KeyNumber(1)))), vec![], all.clone()),
        (key(KeyFact::Pull { group: OTHER_GROUP, rnd: 0 }), vec![], all.clone()),
        (key(KeyFact::UnknownMsk { name: OTHER_GROUP.msk(KeyNumber(9)), rnd: 0 }), vec![], all.clone()),
        (unknown(9), vec![], but(&["Keyed"])),
    ];
    for (event, refusing, ignoring) in rows {
        for (name, session) in &states {
            let mut s = session.clone();
            let before = s.seen();
            let result = s.act(event.clone());
            if refusing.contains(name) {
                assert_eq!(result, Err(ImsError::UnexpectedState), "{event:?} in {name}");
            } else if ignoring.contains(name) {
                assert_eq!(result, Ok(String::new()), "{event:?} in {name}");
            } else {
                assert!(result.is_ok(), "{event:?} in {name}: {result:?}");
                continue;
            }
            assert_eq!(s.seen(), before, "{event:?} in {name}");
        }
    }
}

/// Any event at any time: the machine never spins on a deadline, refuses without a trace, registers only after the 200
/// of the SCF, and ends without keys.
///
/// Covers: R-IMS-9
#[test]
fn whatever_happens_the_session_keeps_its_promises() {
    let granted = [(service(), ItemStatus::Granted)];
    let denied = [(service(), ItemStatus::NotAuthorised)];
    let msk = [(msk_name(1), ItemStatus::Granted)];
    let kinds = [UeRequestKind::Register, UeRequestKind::Deregister, UeRequestKind::Msk];
    let mut rng = SplitMix(7);
    for _ in 0..400 {
        let mut s = Session::of(&[GROUP, OTHER_GROUP]);
        let (mut accepted, mut runs) = (false, 0);
        for _ in 0..200 {
            s.now += rng.below(20_000);
            let outcomes = [
                HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&granted) },
                HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&granted) },
                HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&denied) },
                HttpOutcome::Authenticated { status: 200, items: ListedItems::Msks(&msk) },
                HttpOutcome::Unauthentic,
                HttpOutcome::TimedOut,
                challenged(rng.percent(50), rng.percent(50)),
                failed(if rng.percent(50) { 503 } else { 404 }),
            ];
            let number = u16::try_from(rng.below(6)).unwrap();
            let group = if rng.percent(50) { GROUP } else { OTHER_GROUP };
            let name = group.msk(KeyNumber(number));
            let rnd = u32::try_from(rng.below(1 << 32)).unwrap();
            let event = match rng.below(14) {
                0 => view(rng.percent(90)),
                1 if rng.percent(20) => HttpUeEvent::Stop,
                2 if rng.percent(20) => HttpUeEvent::Bye,
                3 => HttpUeEvent::Register,
                4 | 5 => sip(if rng.percent(80) { SipOutcome::Accepted } else { refused(403) }),
                6..=8 => {
                    let kind = kinds[usize::try_from(rng.below(3)).unwrap()];
                    http(kind, outcomes[usize::try_from(rng.below(8)).unwrap()])
                }
                9 if rng.percent(30) => GBA_FAILED,
                9 => {
                    runs += 1;
                    gba(&format!("b{runs}"), s.now + rng.below(200_000))
                }
                10 => key(KeyFact::Stored(name)),
                11 => key(KeyFact::Expired(name)),
                12 => key(KeyFact::UnknownMsk { name, rnd }),
                13 => key(KeyFact::Pull { group, rnd }),
                _ => HttpUeEvent::Timeout,
            };
            let before = (s.seen(), s.state());
            accepted |= event == sip(SipOutcome::Accepted) && s.state() == HttpUeState::Inviting;
            match s.act(event) {
                Ok(line) => assert!(accepted || !(line.contains("H2") || line.contains("H4")), "{line}"),
                Err(_) => assert_eq!(s.seen(), before.0),
            }
            if s.state() == HttpUeState::Idle {
                accepted = false;
                assert_eq!(s.machine.held(GROUP), Some(Held::None));
                assert_eq!(s.machine.held(OTHER_GROUP), Some(Held::None));
            }
            // Timers that are served at their time move on.
            for _ in 0..3 {
                let Some(due) = s.machine.deadline().filter(|due| due.as_millis() <= s.now) else { break };
                s.does(HttpUeEvent::Timeout);
                assert!(s.machine.deadline() != Some(due), "it spins on {due:?} in {:?}", s.machine);
            }
        }
    }
}

// Both variants.

/// Covers: T-105, R-IMS-3
#[test]
fn one_service_never_runs_in_both_variants() {
    let other = ServiceId::new("urn:other").unwrap();
    let third = ServiceId::new("urn:third").unwrap();
    let mut running = Variants::<2>::new();
    assert_eq!(running.start(&service(), Variant::Http), Ok(()));
    assert_eq!(running.start(&service(), Variant::Sip), Err(ImsError::VariantConflict));
    assert_eq!(running.start(&service(), Variant::Http), Err(ImsError::UnexpectedState));
    assert_eq!(running.running(&service()), Some(Variant::Http));
    assert_eq!(running.start(&other, Variant::Sip), Ok(()));
    assert_eq!(running.start(&other, Variant::Http), Err(ImsError::VariantConflict));
    assert_eq!(running.start(&third, Variant::Sip), Err(ImsError::StoreFull));
    assert!(running.end(&service()) && !running.end(&service()));
    assert_eq!(running.start(&service(), Variant::Sip), Ok(()));
    assert_eq!(running.running(&service()), Some(Variant::Sip));
}

// With real keys.

const FQDN: &str = "bmsc.home1.net";
const IMPI: &str = "alice@home1.net";

/// The MUK and its IDi, as both sides derive them.
fn derived(run: u8, fqdn: &str, ua: [u8; 5]) -> (Muk, Vec<u8>) {
    let mut out = [0; 64];
    let naf = NafId::join(fqdn, ua, &mut out).unwrap();
    let ks = Ks::new(Secret::new([run; 32]));
    let ks_naf = KsNaf::derive(&ks, &[run; 16], IMPI, naf).unwrap();
    (Muk::from_gba_me(&ks_naf, MukOctets::All), naf.octets().to_vec())
}

/// Carries out on the MIKEY side what the session wants done to MUKs.
fn carry(t: &mut Terminal<2>, line: &str) {
    for (name, run) in [("b1", 1), ("b2", 2)] {
        let (muk, idi) = derived(run, FQDN, Variant::Http.ua());
        let id = MukId { idi: &idi, idr: name.as_bytes() };
        if line.contains(&format!("DeriveMuk({name})")) {
            t.does(UeEvent::Bootstrapped { id, muk });
        }
        if line.contains(&format!("ForgetMuk({name})")) {
            t.does(UeEvent::ForgetMuk(id));
        }
    }
}

/// A good MSK message under the MUK of a bootstrapping run.
fn under(name: &str, run: u8, number: u16, counter: u32) -> Vec<u8> {
    let (muk, idi) = derived(run, FQDN, Variant::Http.ua());
    MskText::new(number, counter).under(&muk, MukId { idi: &idi, idr: name.as_bytes() })
}

/// Covers: T-102, R-IMS-53, R-KM-4
#[test]
fn mikey_under_the_old_muk_is_taken_for_10_seconds_and_then_refused() {
    for in_flight in [true, false] {
        let mut t = Terminal::<2>::new(punctual());
        t.does(UeEvent::ForgetMuk(MUK_ID));
        let mut s = Session::idle();
        s.does(view(true));
        carry(&mut t, &s.does(sip(SipOutcome::Accepted)));
        s.granted();
        assert!(t.hears(&under("b1", 1, 1, 1)).contains("MskStored(1"));
        s.does(stored(1));
        assert_eq!(s.ticks(LONG - 60_000), "NeedBootstrap");
        carry(&mut t, &s.does(gba("b2", 2 * LONG)));
        assert_eq!(t.ue.muks().iter().count(), 2);
        carry(&mut t, &s.granted());
        carry(&mut t, &s.ticks(LONG - 50_001));
        if in_flight {
            assert!(t.hears(&under("b1", 1, 2, 2)).contains("MskStored(2"));
        }
        carry(&mut t, &s.ticks(LONG - 50_000));
        let late = under("b1", 1, 3, 3);
        assert_eq!(t.refuses(UeEvent::Mikey(&late)), Error::Open(OpenError::MukUnknown));
        assert!(t.hears(&under("b2", 2, 3, 1)).contains("MskStored(3"));
    }
}
