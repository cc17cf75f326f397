//! The MSK requests of one Key Group: the table row by row, every other event refused or ignored, and what decides
//! before it, the terminal with real MIKEY messages and the store of MSKs.
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

use castkey::error::{DecodeErrorKind, Error, OpenError};
use castkey::id::{GroupName, KeyDomainId, KeyGroup, KeyNumber, MskId, MskName, MtkId};
use castkey::ims::facts::StatusCode;
use castkey::ims::*;
use castkey::keys::{Inserted, MessageKeys as _, Msk, MskEntry, MskStore, MtkWindow, SameMskId, SeqLower};
use castkey::message::{MskMessage, Sent, VerificationMessage};
use castkey::role::{Switchover, UeConfig, UeEvent};
use castkey::secret::Secret;
use castkey::time::Tick;
use world::*;

const ON: Announcement = Announcement { confidentiality: true, integrity: true, servers: 1, groups: 1 };

/// A Key Group with its clock.
#[derive(Clone)]
struct Group {
    machine: MskRequest,
    now: u64,
}

fn activate(registered: bool) -> MskEvent<'static> {
    MskEvent::Activate { announcement: ON, registered }
}

fn http(of: UeRequestKind, outcome: HttpOutcome<'_>) -> MskEvent<'_> {
    MskEvent::Http { of, outcome }
}

fn answer(status: ItemStatus) -> [(MskName, ItemStatus); 2] {
    // The BM-SC names the MSK it has, not Number 0; and something else before it.
    [(OTHER_GROUP.msk(KeyNumber(3)), ItemStatus::Other(500)), (msk_name(9), status)]
}

fn failed(status: u16) -> HttpOutcome<'static> {
    HttpOutcome::Failed { status, retry_after_s: None }
}

fn challenged(had_credentials: bool, stale: bool) -> HttpOutcome<'static> {
    HttpOutcome::Challenged { had_credentials, stale }
}

fn ks(expires: u64) -> GbaOutcome {
    GbaOutcome::Done { btid: BTid::new("b@bsf.home1.net").unwrap(), expires: at(expires) }
}

fn stored(number: u16) -> MskEvent<'static> {
    MskEvent::Key(KeyFact::Stored(msk_name(number)))
}

fn expired(number: u16) -> MskEvent<'static> {
    MskEvent::Key(KeyFact::Expired(msk_name(number)))
}

fn unknown(number: u16) -> MskEvent<'static> {
    MskEvent::Key(KeyFact::UnknownMsk { name: msk_name(number), rnd: 0 })
}

const PULL: MskEvent<'static> = MskEvent::Key(KeyFact::Pull { group: GROUP, rnd: 0 });

fn text(action: &MskAction) -> String {
    match action {
        MskAction::Post { request, cause } => {
            let request = match request {
                UeRequest::Register => "H2".into(),
                UeRequest::Deregister => "H3".into(),
                UeRequest::Msk(list) => {
                    assert_eq!(list.as_slice(), [msk_name(0)]);
                    String::from("H4")
                }
            };
            cause.map_or(request.clone(), |cause| format!("{request}({cause:?})"))
        }
        MskAction::WipeKeys(group) => {
            assert_eq!(*group, GROUP);
            "WipeKeys".into()
        }
        MskAction::ArmTimer(tick) => format!("ArmTimer({})", tick.as_millis()),
        other => format!("{other:?}"),
    }
}

impl Group {
    fn new() -> Self {
        Self::with(UeTiming::default())
    }

    fn with(timing: UeTiming) -> Self {
        Self { machine: MskRequest::new(timing, GROUP), now: 0 }
    }

    fn act(&mut self, event: MskEvent<'_>) -> Result<String, ImsError> {
        let actions = self.machine.handle(event, at(self.now))?;
        Ok(actions.iter().map(text).collect::<Vec<_>>().join(" "))
    }

    fn does(&mut self, event: MskEvent<'_>) -> String {
        self.act(event).unwrap()
    }

    fn hears(&mut self, outcome: HttpOutcome<'_>) -> String {
        self.does(http(UeRequestKind::Msk, outcome))
    }

    fn granted(&mut self) -> String {
        let items = answer(ItemStatus::Granted);
        self.hears(HttpOutcome::Authenticated { status: 200, items: ListedItems::Msks(&items) })
    }

    fn deregisters(&mut self, outcome: HttpOutcome<'_>) -> String {
        self.does(http(UeRequestKind::Deregister, outcome))
    }

    fn ticks(&mut self, now: u64) -> String {
        self.now = now;
        self.does(MskEvent::Timeout)
    }

    fn state(&self) -> MskState {
        self.machine.state()
    }

    fn requesting() -> Self {
        let mut g = Self::new();
        g.does(activate(true));
        g
    }

    fn waiting() -> Self {
        let mut g = Self::requesting();
        g.granted();
        g
    }

    fn having() -> Self {
        let mut g = Self::waiting();
        g.does(stored(5));
        g
    }

    /// Everything that can be seen.
    fn seen(&self) -> String {
        format!("{:?} {:?}", self.machine, self.machine.deadline())
    }
}

fn held(number: u16) -> Held {
    Held::One(KeyNumber(number))
}

// The table, in its order.

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
    for status in [ItemStatus::NotAuthorised, ItemStatus::Unknown, ItemStatus::Other(500)] {
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

// Whatever the table does not name.

#[test]
fn every_other_event_is_refused_or_ignored_and_changes_nothing() {
    let states: [(&str, Group); 7] = {
        let mut left = Group::having();
        left.does(MskEvent::Deactivate);
        left.deregisters(failed(404));
        let mut have_requesting = Group::having();
        have_requesting.does(PULL);
        let mut backing_off = Group::requesting();
        backing_off.hears(HttpOutcome::TimedOut);
        [
            ("NoKey", Group::new()),
            ("Requesting", Group::requesting()),
            ("BackOff", backing_off),
            ("WaitMikey", Group::waiting()),
            ("Have", Group::having()),
            ("HaveAndRequesting", have_requesting),
            ("Left", left),
        ]
    };
    let refused = Err(ImsError::UnexpectedState);
    let ignored = Ok(String::new());
    type Row<'a> = (MskEvent<'a>, &'a [&'a str], &'a [&'a str]);
    // The event, where it is refused, where it is ignored.
    let rows: [Row<'_>; 9] = [
        (activate(true), &["Requesting", "BackOff", "WaitMikey", "Have", "HaveAndRequesting"], &[]),
        (MskEvent::Deactivate, &["Left"], &[]),
        (http(UeRequestKind::Msk, failed(403)), &["NoKey", "BackOff"], &["WaitMikey", "Have", "Left"]),
        (
            http(UeRequestKind::Register, failed(403)),
            &["NoKey", "Requesting", "BackOff", "HaveAndRequesting"],
            &["WaitMikey", "Have", "Left"],
        ),
        (
            http(UeRequestKind::Deregister, failed(403)),
            &[],
            &["NoKey", "Requesting", "BackOff", "WaitMikey", "Have", "HaveAndRequesting", "Left"],
        ),
        (
            MskEvent::Gba(GbaOutcome::Failed),
            &[],
            &["NoKey", "Requesting", "BackOff", "WaitMikey", "Have", "HaveAndRequesting", "Left"],
        ),
        (
            MskEvent::Timeout,
            &[],
            &["NoKey", "Requesting", "BackOff", "WaitMikey", "Have", "HaveAndRequesting", "Left"],
        ),
        (PULL, &[], &["NoKey", "Requesting", "BackOff", "HaveAndRequesting", "Left"]),
        (unknown(6), &[], &["NoKey", "Requesting", "BackOff", "WaitMikey", "HaveAndRequesting", "Left"]),
    ];
    for (event, refusing, ignoring) in rows {
        for (name, group) in &states {
            let mut g = group.clone();
            let before = g.seen();
            let result = g.act(event.clone());
            let expected = if refusing.contains(name) {
                &refused
            } else if ignoring.contains(name) {
                &ignored
            } else {
                assert!(result.is_ok(), "{event:?} in {name}: {result:?}");
                continue;
            };
            assert_eq!(&result, expected, "{event:?} in {name}");
            assert_eq!(g.seen(), before, "{event:?} in {name}");
        }
    }
}

/// Covers: T-065, R-MSK-7, R-MSK-11
#[test]
fn a_list_names_each_group_once_in_order_with_number_0() {
    let group = |number| GroupName::new(DOMAIN, KeyGroup(number));
    let list = MskList::<2>::current([1, 2, 1].map(group)).unwrap();
    let number_0 = |group| MskName::new(DOMAIN, MskId::from_octets([0, group, 0, 0]));
    assert_eq!(list.as_slice(), [number_0(1), number_0(2)]);
    assert_eq!(MskList::<2>::current([2, 1, 2].map(group)).unwrap().as_slice(), [number_0(2), number_0(1)]);
    assert_eq!(MskList::<2>::current([]), Err(ImsError::Empty));
    assert_eq!(MskList::<2>::current([1, 2, 3].map(group)), Err(ImsError::TooLong));
    let twin = GroupName::new(KeyDomainId::new([0; 3]), KeyGroup(1));
    assert_eq!(MskList::<2>::current([group(1), twin]).unwrap().as_slice().len(), 2);
}

#[test]
fn item_codes_are_those_of_http() {
    for (code, status) in [
        (200, ItemStatus::Granted),
        (403, ItemStatus::NotAuthorised),
        (404, ItemStatus::Unknown),
        (500, ItemStatus::Other(500)),
        (201, ItemStatus::Other(201)),
    ] {
        let code = StatusCode(code);
        assert_eq!((ItemStatus::from_code(code), status.code()), (status, code));
    }
}

// What the terminal decides before a fact reaches the machine, with real MIKEY messages.

fn verifies(text: &[u8], answer: &[u8]) {
    let sent = MskMessage::decode(text, &UeConfig::default().settings).unwrap();
    let keys = sent.psk().keys(&muk(), None).unwrap();
    VerificationMessage::decode(answer).unwrap().verify(&Sent::of(sent.psk()), &keys).unwrap();
}

/// Covers: T-072, R-MSK-19, R-MSK-35
#[test]
fn only_a_good_message_with_v_is_acknowledged() {
    let with_v = MskText { v: true, ..MskText::new(1, 1) }.octets();
    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.hears(&with_v), "Persist Send MskStored(1) Activated(1)");
    verifies(&with_v, &t.sent);
    // A push to a terminal that holds a key already is acknowledged just so.
    let push = MskText { v: true, ..MskText::new(2, 2) }.octets();
    assert_eq!(t.hears(&push), "Persist Send MskStored(2)");
    verifies(&push, &t.sent);

    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.hears(&MskText::new(1, 1).octets()), "Persist MskStored(1) Activated(1)");
    assert!(t.sent.is_empty());

    let mut bad = with_v;
    *bad.last_mut().unwrap() ^= 1;
    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.refuses(UeEvent::Mikey(&bad)), Error::Open(OpenError::MacInvalid));
    assert!(t.sent.is_empty());
}

/// Covers: T-073, D-20
#[test]
fn an_identical_repeat_gets_the_same_acknowledgement_and_installs_nothing() {
    let mut config = punctual();
    config.settings.reack_duplicate = true;
    let mut t = Terminal::<2>::new(config);
    let text = MskText { v: true, ..MskText::new(1, 1) }.octets();
    t.hears(&text);
    let first = core::mem::take(&mut t.sent);
    let before = t.seen();
    assert_eq!(t.hears(&text), "Send");
    assert_eq!(t.sent, first);
    assert_eq!(t.seen(), before);
    // Without V there was nothing to acknowledge, and there is nothing now.
    let mut t = Terminal::<2>::new(config);
    let silent = MskText::new(1, 1).octets();
    t.hears(&silent);
    assert_eq!(t.hears(&silent), "");
    // Only the last message is known again; the one before is a replay.
    let mut t = Terminal::<2>::new(config);
    t.hears(&text);
    t.hears(&MskText { v: true, ..MskText::new(2, 2) }.octets());
    assert_eq!(t.refuses(UeEvent::Mikey(&text)), Error::Open(OpenError::Replay));
}

/// Covers: T-074, D-20
#[test]
fn other_content_under_an_older_or_the_same_timestamp_is_a_replay() {
    for reack_duplicate in [false, true] {
        let mut config = punctual();
        config.settings.reack_duplicate = reack_duplicate;
        for counter in [1, 4, 5] {
            let mut t = Terminal::<2>::new(config);
            t.hears(&MskText { v: true, ..MskText::new(1, 5) }.octets());
            t.sent.clear();
            let older = MskText { v: true, ..MskText::new(2, counter) }.octets();
            assert_eq!(t.refuses(UeEvent::Mikey(&older)), Error::Open(OpenError::Replay));
            assert!(t.sent.is_empty());
        }
    }
}

/// Covers: T-070, R-MSK-31
#[test]
fn a_pull_with_a_wrong_mac_causes_nothing() {
    let mut t = Terminal::<2>::new(punctual());
    let mut pull = MskText::new(0, 1).pull();
    *pull.last_mut().unwrap() ^= 1;
    assert_eq!(t.refuses(UeEvent::Mikey(&pull)), Error::Open(OpenError::MacInvalid));
    assert_eq!(t.ue.deadline(), None);
    *pull.last_mut().unwrap() ^= 1;
    assert_eq!(t.hears(&pull), "Persist MissedKey(0,Pull) ArmTimer(100)");
}

/// Covers: R-MSK-31
#[test]
fn a_pull_without_kemac_causes_nothing() {
    let mut pull = MskText::new(0, 1).pull();
    // KEMAC at the end: next, algorithm, length (2), algorithm, MAC (20). Before it IDr: next, role, type, length (2).
    let kemac = pull.len() - 25;
    assert_eq!(pull[kemac..kemac + 4], [0, 1, 0, 0], "KEMAC stands elsewhere");
    let idr = kemac - 5 - MUK_ID.idr.len();
    assert_eq!((pull[idr], &pull[idr + 5..kemac]), (1, MUK_ID.idr), "IDr stands elsewhere");
    pull.truncate(kemac);
    pull[idr] = 0;
    let mut t = Terminal::<2>::new(punctual());
    assert!(matches!(t.refuses(UeEvent::Mikey(&pull)), Error::Open(OpenError::Undecodable(_))));
}

/// The message with its name changed and its MAC made again, as only the BM-SC can.
fn renamed(mut text: Vec<u8>, from: [u8; 4], to: [u8; 4]) -> Vec<u8> {
    let at = text.windows(4).position(|octets| octets == from).expect("the name stands in the clear");
    text[at..at + 4].copy_from_slice(&to);
    let mac_at = text.len() - 20;
    let message = MskMessage::decode(&text, &UeConfig::default().settings).unwrap();
    let tag = message.psk().keys(&muk(), None).unwrap().tag(&[&text[..mac_at]]).unwrap();
    text[mac_at..].copy_from_slice(tag.as_octets());
    text
}

/// Covers: T-071, R-MSK-4, R-MSK-30
#[test]
fn key_data_under_number_0_and_none_under_another_are_malformed() {
    let group = [0x68, 0xCA];
    let name = |number: [u8; 2]| [group[0], group[1], number[0], number[1]];
    let keyed = MskText::new(0x0777, 1).octets();
    let pull = MskText::new(0, 1).pull();
    let mut t = Terminal::<2>::new(punctual());
    for text in
        [renamed(keyed.clone(), name([7, 0x77]), name([0, 0])), renamed(pull, name([0, 0]), name([0, 1]))]
    {
        let error = t.refuses(UeEvent::Mikey(&text));
        assert_eq!(error, Error::Open(OpenError::BadContent(DecodeErrorKind::BadKeyId)));
    }
    // The tool itself leaves a message good.
    let again = renamed(keyed, name([7, 0x77]), name([0, 1]));
    assert!(t.hears(&again).contains("MskStored(1)"));
}

/// Covers: D-19, R-MSK-1
#[test]
fn the_same_msk_again_is_accepted_silently_and_another_key_replaces_it() {
    let mut t = Terminal::<2>::new(punctual());
    t.hears(&MskText::new(1, 1).octets());
    assert_eq!(t.hears(&MskText { v: true, ..MskText::new(1, 2) }.octets()), "Persist Send MskStored(1)");
    let other = MskText { key: Some(0x99), ..MskText::new(1, 3) };
    t.hears(&other.octets());
    assert_eq!(t.ue.msks().get(msk_name(1)).unwrap().msk().secret().expose(), &[0x99; 16]);
    let late = MskText { key: Some(0x77), ..MskText::new(1, 3) };
    assert_eq!(t.refuses(UeEvent::Mikey(&late.octets())), Error::Open(OpenError::Replay));
}

// The store.

fn entry(name: MskName, key: u8) -> MskEntry {
    let window = MtkWindow::new(MtkId(0), MtkId(100), SeqLower::default());
    MskEntry::new(name, Msk::new(Secret::new([key; 16])), None, window)
}

fn names(store: &MskStore<4>) -> Vec<MskName> {
    store.iter().map(MskEntry::name).collect()
}

fn two_of_group() -> MskStore<4> {
    let mut store = MskStore::new();
    let _ = store.insert(entry(msk_name(1), 1), SameMskId::Merge).unwrap();
    let _ = store.insert(entry(msk_name(2), 2), SameMskId::Merge).unwrap();
    store
}

/// Covers: T-062, R-MSK-5
#[test]
fn a_third_msk_of_a_group_deletes_the_older() {
    let mut store = two_of_group();
    let inserted = store.insert(entry(msk_name(3), 3), SameMskId::Merge);
    assert_eq!(inserted, Ok(Inserted::Evicted(msk_name(1).id)));
    assert_eq!(names(&store), [msk_name(2), msk_name(3)]);
    // Older is what came first, not what has the lower number.
    let _ = store.insert(entry(msk_name(1), 1), SameMskId::Merge).unwrap();
    assert_eq!(names(&store), [msk_name(3), msk_name(1)]);
}

/// Covers: T-063, R-MSK-5
#[test]
fn an_msk_of_another_group_or_domain_deletes_nothing() {
    let mut store = two_of_group();
    let twin = GroupName::new(KeyDomainId::new([9; 3]), GROUP.group).msk(KeyNumber(3));
    for name in [OTHER_GROUP.msk(KeyNumber(3)), twin] {
        assert_eq!(store.insert(entry(name, 3), SameMskId::Merge), Ok(Inserted::New));
    }
    assert!(store.get(msk_name(1)).is_some() && store.get(msk_name(2)).is_some());
    assert_eq!(store.iter().count(), 4);
}

/// Covers: T-064, R-MSK-5
#[test]
fn a_repeat_of_a_stored_name_deletes_nothing() {
    for (number, key, expected) in
        [(1, 1, Inserted::Refreshed), (2, 2, Inserted::Refreshed), (1, 9, Inserted::Replaced)]
    {
        let mut store = two_of_group();
        assert_eq!(store.insert(entry(msk_name(number), key), SameMskId::Merge), Ok(expected));
        assert!(store.get(msk_name(1)).is_some() && store.get(msk_name(2)).is_some());
        assert_eq!(store.iter().count(), 2);
    }
}

/// The pieces together: the terminal's facts drive the machine, the machine's requests bring the terminal its keys.
///
/// Covers: R-IMS-1, R-IMS-29, R-IMS-31, R-IMS-32
#[test]
fn a_terminal_activates_receives_misses_and_recovers() {
    let mut t = Terminal::<2>::new(punctual());
    let mut g = Group::new();
    assert_eq!(g.does(activate(true)), "H4(Initiation)");
    g.granted();
    assert_eq!(t.hears(&MskText::new(1, 1).octets()), "Persist MskStored(1) Activated(1)");
    g.does(stored(1));
    assert_eq!(t.hears(&mtk_text(1, 1, 1)), "Persist MtkReady(1,1)");
    // The push of MSK 2 is lost; its MTK message names it.
    assert!(t.hears(&mtk_text(2, 1, 1)).starts_with("MissedKey(2,MissedUpdate)"));
    assert!(missed_by(&t.ue, DOMAIN, msk_name(2).id));
    assert_eq!(g.does(unknown(2)), "H4(MissedUpdate)");
    g.granted();
    assert!(t.hears(&MskText::new(2, 2).octets()).contains("MskStored(2)"));
    g.does(stored(2));
    assert_eq!(g.state(), MskState::Have(Held::Two { older: KeyNumber(1), newest: KeyNumber(2) }));
    assert!(t.hears(&mtk_text(2, 1, 1)).contains("MtkReady(2,1)"));
    assert!(matches!(t.ue.switchover(GROUP), Some(Switchover::Overlap { .. })));
}
