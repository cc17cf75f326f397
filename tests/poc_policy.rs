//! When an MSK is updated: the table of the policy row by row, and what holds for every input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

use castkey::poc::{
    Course, Decision, KeyStatus, OnJoin, OnLeave, PolicyConfig, PolicyEvent, Progress, Reason, UpdateMsk,
    Urgency, decide,
};
use proptest::prelude::*;

use PolicyEvent::{
    AdminRequest, ClientExpelled, ClientJoined, ClientLeft, Compromise, Deauthorised, MskLifetime,
    MtkPeriodic, MtkRangeExhausted, MukRenewed, Other,
};
use UpdateMsk::{Coalesce, No, Yes};
use Urgency::{High, Normal};

const DAY_MS: u64 = 24 * 60 * 60 * 1_000;

const EXPELLED: PolicyEvent = ClientExpelled { served_here: true, held_msk: true };
const EXPELLED_ELSEWHERE: PolicyEvent = ClientExpelled { served_here: false, held_msk: true };
const EXPELLED_UNKEYED: PolicyEvent = ClientExpelled { served_here: true, held_msk: false };
const DEAUTHORISED: PolicyEvent = Deauthorised { served_here: true };

fn leaving(on_leave: OnLeave) -> PolicyConfig {
    PolicyConfig { on_leave, ..PolicyConfig::default() }
}

fn joining(on_join: OnJoin) -> PolicyConfig {
    PolicyConfig { on_join, ..PolicyConfig::default() }
}

fn status(progress: Progress) -> KeyStatus {
    let mut status = KeyStatus::default();
    (status.progress, status.members) = (progress, 3);
    status
}

fn steady() -> KeyStatus {
    status(Progress::Steady)
}

/// What the table says of one event, while nothing else goes on.
#[track_caller]
fn row(event: PolicyEvent, config: PolicyConfig, update_msk: UpdateMsk, update_mtk: bool, urgency: Urgency) {
    let decision = decide(&event, &config, &steady());
    let said = (decision.update_msk, decision.update_mtk, decision.urgency);
    assert_eq!(said, (update_msk, update_mtk, urgency), "{event:?}");
}

fn default() -> PolicyConfig {
    PolicyConfig::default()
}

/// Covers: T-001, R-KM-11, R-POC-28
#[test]
fn row_1_an_expelled_client_causes_an_urgent_update() {
    row(EXPELLED, default(), Yes, true, High);
    let decision = decide(&EXPELLED, &default(), &steady());
    assert_eq!((decision.reason, decision.course), (Reason::Expelled, Course::Start));
}

/// Covers: T-006, D-14, R-KM-14, R-POC-25
#[test]
fn row_2_a_client_of_another_function_causes_none() {
    row(EXPELLED_ELSEWHERE, default(), No, false, Normal);
    row(Deauthorised { served_here: false }, default(), No, false, Normal);
}

/// Covers: R-KM-11
#[test]
fn row_3_an_expelled_client_without_any_msk_causes_one_all_the_same() {
    row(EXPELLED_UNKEYED, default(), Yes, true, High);
}

/// Covers: T-002, R-KM-10
#[test]
fn row_4_a_client_that_leaves_may_cause_none() {
    row(ClientLeft, leaving(OnLeave::Never), No, false, Normal);
}

/// Covers: T-003, R-KM-10, R-POC-28
#[test]
fn row_5_a_client_that_leaves_may_cause_one() {
    row(ClientLeft, leaving(OnLeave::Always), Yes, true, Normal);
    assert_eq!(decide(&ClientLeft, &leaving(OnLeave::Always), &steady()).reason, Reason::Left);
}

/// Covers: R-KM-10
#[test]
fn row_6_clients_that_leave_cause_one_together_and_this_is_the_default() {
    row(ClientLeft, default(), Coalesce(5_000), true, Normal);
    row(ClientLeft, leaving(OnLeave::Coalesce(70)), Coalesce(70), true, Normal);
}

#[test]
fn row_7_the_last_one_to_leave_causes_none() {
    for on_leave in [OnLeave::Never, OnLeave::Always, OnLeave::Coalesce(5_000)] {
        let decision = decide(&ClientLeft, &leaving(on_leave), &KeyStatus::default());
        assert_eq!((decision.update_msk, decision.update_mtk), (No, false), "{on_leave:?}");
    }
    // Whoever was thrown out could come back: this does not depend on who is left.
    assert_eq!(decide(&EXPELLED, &default(), &KeyStatus::default()).update_msk, Yes);
}

/// Covers: R-KM-12
#[test]
fn rows_8_and_9_a_client_that_joins_causes_one_if_the_past_is_to_be_closed_to_it() {
    row(ClientJoined, default(), No, false, Normal);
    row(ClientJoined, joining(OnJoin::Never), No, false, Normal);
    row(ClientJoined, joining(OnJoin::Always), Yes, true, Normal);
}

/// Covers: R-KM-12
#[test]
fn row_10_an_msk_that_is_too_old_or_too_much_used_is_updated() {
    let limits = PolicyConfig { msk_max_age_ms: 100, msk_max_packets: 1_000, ..default() };
    for (age_ms, packets, update) in
        [(99, 999, No), (100, 0, Yes), (101, 0, Yes), (0, 1_000, Yes), (0, 1_001, Yes), (0, 0, No)]
    {
        row(MskLifetime { age_ms, packets }, limits, update, update == Yes, Normal);
    }
    row(MskLifetime { age_ms: DAY_MS - 1, packets: 0 }, default(), No, false, Normal);
    row(MskLifetime { age_ms: DAY_MS, packets: 0 }, default(), Yes, true, Normal);
}

/// Covers: R-KM-12
#[test]
fn row_11_mtk_ids_that_are_used_up_make_an_update_urgent() {
    row(MtkRangeExhausted, default(), Yes, true, High);
}

/// Covers: T-008
#[test]
fn row_12_the_age_of_the_mtk_rolls_the_mtk_and_nothing_else() {
    row(MtkPeriodic, default(), No, true, Normal);
}

/// Covers: R-KM-12
#[test]
fn row_13_a_key_that_outsiders_know_makes_an_update_urgent() {
    row(Compromise, default(), Yes, true, High);
}

/// Covers: R-KM-12
#[test]
fn row_14_a_client_with_a_new_muk_gets_the_current_msk_once_more_and_nobody_else_anything() {
    row(MukRenewed, default(), No, false, Normal);
    assert!(decide(&MukRenewed, &default(), &steady()).redeliver);
    for event in [EXPELLED, ClientLeft, ClientJoined, MtkPeriodic, Compromise, AdminRequest, Other(7)] {
        assert!(!decide(&event, &default(), &steady()).redeliver, "{event:?}");
    }
}

/// Covers: T-009
#[test]
fn row_15_the_end_of_a_subscription_is_an_expulsion() {
    for progress in [Progress::Steady, Progress::Distributing, Progress::Indicated] {
        let expelled = decide(&EXPELLED, &default(), &status(progress));
        let ended = decide(&DEAUTHORISED, &default(), &status(progress));
        assert_eq!(Decision { reason: Reason::Expelled, ..ended }, expelled);
        assert!(ended.reason.excludes() && expelled.reason.excludes());
    }
    row(DEAUTHORISED, default(), Yes, true, High);
}

/// Covers: R-KM-12
#[test]
fn row_16_whatever_else_the_operator_wants_is_done() {
    row(AdminRequest, default(), Yes, true, Normal);
    for number in [0, 1, 0xFFFF] {
        row(Other(number), default(), Yes, true, Normal);
        assert_eq!(decide(&Other(number), &default(), &steady()).reason, Reason::Other(number));
    }
}

/// Covers: D-11
#[test]
fn row_17_only_what_shuts_somebody_out_takes_the_place_of_an_update_that_is_handed_out() {
    let always = PolicyConfig { on_leave: OnLeave::Always, on_join: OnJoin::Always, ..default() };
    let old = MskLifetime { age_ms: DAY_MS, packets: 0 };
    for (event, course) in [
        (EXPELLED, Course::Supersede),
        (EXPELLED_UNKEYED, Course::Supersede),
        (Compromise, Course::Supersede),
        (DEAUTHORISED, Course::Supersede),
        (ClientLeft, Course::Merge),
        (ClientJoined, Course::Merge),
        (old, Course::Merge),
        (MtkRangeExhausted, Course::Merge),
        (AdminRequest, Course::Merge),
        (Other(3), Course::Merge),
    ] {
        let decision = decide(&event, &always, &status(Progress::Distributing));
        assert_eq!((decision.update_msk, decision.course), (Yes, course), "{event:?}");
    }
    let strict = PolicyConfig { leave_supersedes: true, ..always };
    assert_eq!(decide(&ClientLeft, &strict, &status(Progress::Distributing)).course, Course::Supersede);
}

/// Covers: D-12
#[test]
fn row_18_after_the_indication_every_update_is_a_next_one() {
    for event in [EXPELLED, DEAUTHORISED, Compromise, MtkRangeExhausted, AdminRequest, Other(3)] {
        let decision = decide(&event, &default(), &status(Progress::Indicated));
        let said = (decision.update_msk, decision.update_mtk, decision.course);
        assert_eq!(said, (Yes, true, Course::Chain), "{event:?}");
    }
}

#[test]
fn the_defaults_are_those_of_the_docs() {
    let PolicyConfig { on_leave, on_join, msk_max_age_ms, msk_max_packets, leave_supersedes } = default();
    assert_eq!((on_leave, on_join), (OnLeave::Coalesce(5_000), OnJoin::Never));
    assert_eq!((msk_max_age_ms, msk_max_packets, leave_supersedes), (DAY_MS, 1 << 48, false));
}

fn any_event() -> impl Strategy<Value = PolicyEvent> {
    prop_oneof![
        any::<(bool, bool)>().prop_map(|(served_here, held_msk)| ClientExpelled { served_here, held_msk }),
        any::<bool>().prop_map(|served_here| Deauthorised { served_here }),
        any::<(u64, u64)>().prop_map(|(age_ms, packets)| MskLifetime { age_ms, packets }),
        any::<u16>().prop_map(Other),
        prop_oneof![
            Just(ClientLeft),
            Just(ClientJoined),
            Just(MtkRangeExhausted),
            Just(MtkPeriodic),
            Just(Compromise),
            Just(MukRenewed),
            Just(AdminRequest),
        ],
    ]
}

fn any_config() -> impl Strategy<Value = PolicyConfig> {
    let on_leave =
        prop_oneof![Just(OnLeave::Never), Just(OnLeave::Always), any::<u32>().prop_map(OnLeave::Coalesce),];
    let on_join = prop_oneof![Just(OnJoin::Never), Just(OnJoin::Always)];
    (on_leave, on_join, any::<u64>(), any::<u64>(), any::<bool>()).prop_map(
        |(on_leave, on_join, msk_max_age_ms, msk_max_packets, leave_supersedes)| PolicyConfig {
            on_leave,
            on_join,
            msk_max_age_ms,
            msk_max_packets,
            leave_supersedes,
        },
    )
}

fn any_status() -> impl Strategy<Value = KeyStatus> {
    let progress =
        prop_oneof![Just(Progress::Steady), Just(Progress::Distributing), Just(Progress::Indicated)];
    (progress, any::<u32>()).prop_map(|(progress, members)| KeyStatus { progress, members })
}

/// Covers: T-007, R-KM-13
#[test]
fn no_msk_is_updated_without_its_mtk() {
    proptest!(|(event in any_event(), config in any_config(), status in any_status())| {
        let decision = decide(&event, &config, &status);
        prop_assert!(decision.update_msk == No || decision.update_mtk);
    });
}

/// Covers: T-001, R-KM-11
#[test]
fn no_configuration_and_no_state_lets_an_expelled_client_stay() {
    proptest!(|(held_msk in any::<bool>(), config in any_config(), status in any_status())| {
        for event in [ClientExpelled { served_here: true, held_msk }, DEAUTHORISED] {
            let decision = decide(&event, &config, &status);
            prop_assert_eq!((decision.update_msk, decision.update_mtk, decision.urgency), (Yes, true, High));
            prop_assert_ne!(decision.course, Course::Merge);
        }
    });
}

/// Covers: T-006, D-14
#[test]
fn no_configuration_and_no_state_updates_for_a_client_of_another_function() {
    proptest!(|(held_msk in any::<bool>(), config in any_config(), status in any_status())| {
        for event in [ClientExpelled { served_here: false, held_msk }, Deauthorised { served_here: false }] {
            let decision = decide(&event, &config, &status);
            prop_assert_eq!((decision.update_msk, decision.update_mtk), (No, false));
        }
    });
}

#[test]
fn the_same_question_has_the_same_answer_whatever_was_asked_between() {
    proptest!(|(
        event in any_event(), config in any_config(), status in any_status(),
        others in prop::collection::vec((any_event(), any_config(), any_status()), 0..8),
    )| {
        let first = decide(&event, &config, &status);
        for (event, config, status) in &others {
            let _ = decide(event, config, status);
        }
        prop_assert_eq!(decide(&event, &config, &status), first);
        // The two arguments that a row does not name do not count.
        let members = KeyStatus { members: status.members.max(1), ..status };
        if event != ClientLeft {
            prop_assert_eq!(decide(&event, &config, &members), first);
        }
    });
}
