//! The table of the switchover, row by row: each state against each event, with the next state and the action.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

use castkey::id::{KeyGroup, KeyNumber, MskId};
use castkey::role::{SwitchAction, SwitchEvent, SwitchTiming, Switchover};
use castkey::time::Tick;

use SwitchAction::{Activate, Mismatch, Missing, Retire};
use SwitchEvent::{Announced, Forgotten, InUse, InUseInstead, MtkVerified, Reordered, Stored, Timeout};
use Switchover::{Expecting, Idle, Overlap, Pending, Steady, Switching};

const TIMING: SwitchTiming = SwitchTiming { overlap_ms: 5_000, early_ms: 10_000, implicit: true };
const STRICT: SwitchTiming = SwitchTiming { implicit: false, ..TIMING };

/// The clock of every step that is not about time.
const NOW: Tick = Tick::from_millis(1_000);
const OVERLAP_END: Tick = Tick::from_millis(6_000);
const EARLY_END: Tick = Tick::from_millis(11_000);
/// A time that was set before and lies ahead.
const SET: Tick = Tick::from_millis(3_000);

const fn k(number: u16) -> MskId {
    MskId::new(KeyGroup(7), KeyNumber(number))
}

/// The retiring MSK, the one in use, the next, and one that nobody has heard of.
const R: MskId = k(1);
const A: MskId = k(2);
const N: MskId = k(3);
const K: MskId = k(4);

const PENDING: Switchover = Pending { active: A, next: N };
const EXPECTING: Switchover = Expecting { active: A, next: N, until: SET };
const SWITCHING: Switchover = Switching { active: A, retiring: R, next: None };
const SWITCHING_ON: Switchover = Switching { active: A, retiring: R, next: Some(N) };
const OVERLAPPING: Switchover = Overlap { active: A, retiring: R, until: SET, next: None };
const OVERLAPPING_ON: Switchover = Overlap { active: A, retiring: R, until: SET, next: Some(N) };

const STATES: [Switchover; 8] =
    [Idle, Steady { active: A }, PENDING, EXPECTING, SWITCHING, SWITCHING_ON, OVERLAPPING, OVERLAPPING_ON];

fn row(state: Switchover, event: SwitchEvent, next: Switchover, action: Option<SwitchAction>) {
    assert_eq!(state.step(event, &TIMING, NOW), (next, action), "{state:?} {event:?}");
}

const fn activate(msk: MskId) -> Option<SwitchAction> {
    Some(Activate { msk, dropped: None })
}

const fn activate_and_drop(msk: MskId, dropped: MskId) -> Option<SwitchAction> {
    Some(Activate { msk, dropped: Some(dropped) })
}

#[test]
fn idle_takes_the_first_msk_into_use() {
    row(Idle, Stored(K), Steady { active: K }, activate(K));
}

#[test]
fn steady_keeps_a_new_msk_for_later() {
    row(Steady { active: A }, Stored(K), Pending { active: A, next: K }, None);
}

#[test]
fn steady_remembers_an_announcement_that_came_before_its_msk() {
    let event = Announced { from: A, to: K };
    row(Steady { active: A }, event, Expecting { active: A, next: K, until: EARLY_END }, None);
}

#[test]
fn pending_replaces_a_next_msk_that_was_never_used() {
    row(PENDING, Stored(K), Pending { active: A, next: K }, None);
}

#[test]
fn pending_switches_when_told_to() {
    let next = Switching { active: N, retiring: A, next: None };
    row(PENDING, Announced { from: A, to: N }, next, activate(N));
}

#[test]
fn pending_switches_on_an_mtk_under_the_next_msk_unless_strict() {
    let next = Overlap { active: N, retiring: A, until: OVERLAP_END, next: None };
    row(PENDING, MtkVerified(N), next, activate(N));
    assert_eq!(PENDING.step(MtkVerified(N), &STRICT, NOW), (PENDING, None));
}

#[test]
fn msks_that_came_in_the_wrong_order_trade_places() {
    row(PENDING, Reordered(N), Pending { active: N, next: A }, activate(N));
    let overlap = Overlap { active: N, retiring: R, until: OVERLAP_END, next: Some(A) };
    row(SWITCHING_ON, Reordered(N), overlap, activate(N));
    for state in STATES.into_iter().filter(|state| ![PENDING, SWITCHING_ON].contains(state)) {
        for msk in [R, A, N, K] {
            assert_eq!(state.step(Reordered(msk), &TIMING, NOW), state.step(MtkVerified(msk), &TIMING, NOW));
        }
    }
}

#[test]
fn pending_switches_when_the_msk_in_use_is_gone() {
    row(PENDING, Forgotten(A), Switching { active: N, retiring: A, next: None }, activate(N));
}

#[test]
fn pending_is_steady_when_the_next_msk_is_gone() {
    row(PENDING, Forgotten(N), Steady { active: A }, None);
}

#[test]
fn expecting_switches_when_the_announced_msk_comes() {
    row(EXPECTING, Stored(N), Switching { active: N, retiring: A, next: None }, activate(N));
}

#[test]
fn expecting_gives_way_to_another_msk() {
    row(EXPECTING, Stored(K), Pending { active: A, next: K }, None);
}

#[test]
fn expecting_gives_up_when_its_time_is_over_and_not_before() {
    let early = EXPECTING.step(Timeout, &TIMING, Tick::from_millis(2_999));
    assert_eq!(early, (EXPECTING, None));
    assert_eq!(EXPECTING.step(Timeout, &TIMING, SET), (Steady { active: A }, Some(Missing(N))));
}

#[test]
fn switching_overlaps_from_the_first_mtk_under_the_new_msk() {
    let until = OVERLAP_END;
    row(SWITCHING, MtkVerified(A), Overlap { active: A, retiring: R, until, next: None }, None);
    row(SWITCHING_ON, MtkVerified(A), Overlap { active: A, retiring: R, until, next: Some(N) }, None);
}

#[test]
fn overlap_ends_by_time_or_with_the_old_msk() {
    let retired = Some(Retire(R));
    assert_eq!(OVERLAPPING.step(Timeout, &TIMING, Tick::from_millis(2_999)), (OVERLAPPING, None));
    assert_eq!(OVERLAPPING.step(Timeout, &TIMING, SET), (Steady { active: A }, retired));
    assert_eq!(OVERLAPPING_ON.step(Timeout, &TIMING, SET), (PENDING, retired));
    row(OVERLAPPING, Forgotten(R), Steady { active: A }, retired);
    row(OVERLAPPING_ON, Forgotten(R), PENDING, retired);
}

#[test]
fn an_announcement_of_an_msk_not_held_leaves_the_overlap_as_it_is_and_asks() {
    // Whoever was expelled can forge it, and the old MTKs still serve.
    row(OVERLAPPING, Announced { from: A, to: K }, OVERLAPPING, Some(Missing(K)));
}

#[test]
fn a_switch_in_progress_keeps_a_new_msk_for_later() {
    for state in [SWITCHING, SWITCHING_ON] {
        row(state, Stored(K), Switching { active: A, retiring: R, next: Some(K) }, None);
    }
    for state in [OVERLAPPING, OVERLAPPING_ON] {
        row(state, Stored(K), Overlap { active: A, retiring: R, until: SET, next: Some(K) }, None);
    }
}

#[test]
fn a_switch_in_progress_follows_the_announcement_of_the_next() {
    let next = Switching { active: N, retiring: A, next: None };
    row(SWITCHING_ON, Announced { from: A, to: N }, next, activate_and_drop(N, R));
    // In the overlap whoever was expelled could cut it short so.
    row(OVERLAPPING_ON, Announced { from: A, to: N }, OVERLAPPING_ON, None);
    let strict = OVERLAPPING_ON.step(Announced { from: A, to: N }, &STRICT, NOW);
    assert_eq!(strict, (next, activate_and_drop(N, R)));
}

#[test]
fn a_switch_in_progress_follows_an_mtk_under_the_next_msk_unless_strict() {
    // No MTK under A has come: the keys of R still serve, those of A never did.
    let next = Overlap { active: N, retiring: R, until: OVERLAP_END, next: None };
    row(SWITCHING_ON, MtkVerified(N), next, activate_and_drop(N, A));
    let next = Overlap { active: N, retiring: A, until: OVERLAP_END, next: None };
    row(OVERLAPPING_ON, MtkVerified(N), next, activate_and_drop(N, R));
    for state in [SWITCHING_ON, OVERLAPPING_ON] {
        assert_eq!(state.step(MtkVerified(N), &STRICT, NOW), (state, None));
    }
}

#[test]
fn of_two_switches_from_the_same_msk_an_mtk_tells_which_is_true_unless_strict() {
    row(SWITCHING_ON, Announced { from: R, to: N }, SWITCHING_ON, None);
    let next = Switching { active: N, retiring: R, next: None };
    let strict = SWITCHING_ON.step(Announced { from: R, to: N }, &STRICT, NOW);
    assert_eq!(strict, (next, activate_and_drop(N, A)));
    row(OVERLAPPING_ON, Announced { from: R, to: N }, OVERLAPPING_ON, Some(Mismatch));
}

#[test]
fn the_msk_that_is_said_to_be_in_use_is_activated_unless_it_is_or_was() {
    row(Idle, InUse(K), Steady { active: K }, activate(K));
    let moved = |next| Switching { active: K, retiring: A, next };
    row(Steady { active: A }, InUse(K), moved(None), activate(K));
    row(PENDING, InUse(K), moved(Some(N)), activate(K));
    row(PENDING, InUse(N), Switching { active: N, retiring: A, next: None }, activate(N));
    row(EXPECTING, InUse(K), moved(None), activate(K));
    for (state, next) in
        [(SWITCHING, None), (OVERLAPPING, None), (SWITCHING_ON, Some(N)), (OVERLAPPING_ON, Some(N))]
    {
        row(state, InUse(K), moved(next), activate_and_drop(K, R));
        row(state, InUse(R), state, None);
    }
    // An announcement alone said that A is in use: what still serves are the keys of R.
    for (state, next) in [(SWITCHING, None), (SWITCHING_ON, Some(N))] {
        let moved = Switching { active: K, retiring: R, next };
        row(state, InUseInstead(K), moved, activate_and_drop(K, A));
        row(state, InUseInstead(R), state, None);
    }
    for state in [Idle, Steady { active: A }, PENDING, EXPECTING, OVERLAPPING, OVERLAPPING_ON] {
        let (next, action) = state.step(InUse(K), &TIMING, NOW);
        row(state, InUseInstead(K), next, action);
    }
    for state in STATES.into_iter().skip(1) {
        row(state, InUse(A), state, None);
    }
}

#[test]
fn a_switch_in_progress_goes_on_without_a_next_msk_that_is_gone() {
    row(SWITCHING_ON, Forgotten(N), SWITCHING, None);
    row(OVERLAPPING_ON, Forgotten(N), OVERLAPPING, None);
}

#[test]
fn any_state_is_idle_when_its_only_msk_is_gone() {
    for state in [Steady { active: A }, EXPECTING, OVERLAPPING] {
        row(state, Forgotten(A), Idle, Some(Retire(A)));
    }
}

#[test]
fn a_switch_that_no_mtk_has_confirmed_is_undone_when_its_msk_is_gone() {
    row(SWITCHING, Forgotten(A), Steady { active: R }, Some(Retire(A)));
}

#[test]
fn an_overlap_is_over_when_the_retiring_msk_is_gone() {
    row(OVERLAPPING, Forgotten(R), Steady { active: A }, Some(Retire(R)));
    row(OVERLAPPING_ON, Forgotten(R), PENDING, Some(Retire(R)));
}

#[test]
fn a_switch_that_no_mtk_has_confirmed_leaves_the_mtks_of_the_msk_before_for_an_overlap() {
    let until = NOW.after_millis(TIMING.overlap_ms.into());
    row(SWITCHING, Forgotten(R), Overlap { active: A, retiring: R, until, next: None }, None);
    row(SWITCHING_ON, Forgotten(R), Overlap { active: A, retiring: R, until, next: Some(N) }, None);
}

#[test]
fn a_switch_in_progress_moves_on_when_the_msk_in_use_is_gone() {
    let next = Switching { active: N, retiring: R, next: None };
    row(SWITCHING_ON, Forgotten(A), next, activate_and_drop(N, A));
    let next = Switching { active: N, retiring: A, next: None };
    row(OVERLAPPING_ON, Forgotten(A), next, activate_and_drop(N, R));
}

#[test]
fn an_announcement_that_names_other_keys_is_a_mismatch_and_changes_nothing() {
    for state in STATES {
        for event in [
            Announced { from: K, to: k(9) },
            Announced { from: A, to: A },
            Announced { from: N, to: R },
            Announced { from: R, to: K },
        ] {
            row(state, event, state, Some(Mismatch));
        }
    }
    for state in [PENDING, SWITCHING_ON] {
        row(state, Announced { from: A, to: K }, state, Some(Mismatch));
    }
}

#[test]
fn anything_else_and_any_second_copy_changes_nothing() {
    row(Idle, MtkVerified(A), Idle, None);
    row(Idle, Forgotten(A), Idle, None);
    row(Steady { active: A }, Stored(A), Steady { active: A }, None);
    row(Steady { active: A }, MtkVerified(A), Steady { active: A }, None);
    row(PENDING, Stored(A), PENDING, None);
    row(PENDING, Stored(N), PENDING, None);
    row(PENDING, MtkVerified(A), PENDING, None);
    row(EXPECTING, Stored(A), EXPECTING, None);
    row(EXPECTING, MtkVerified(N), EXPECTING, None);
    row(EXPECTING, Announced { from: A, to: N }, EXPECTING, None);
    row(SWITCHING, Announced { from: R, to: A }, SWITCHING, None);
    row(OVERLAPPING, Announced { from: R, to: A }, OVERLAPPING, None);
    // An MTK under the old MSK neither starts nor prolongs the overlap, one under the new does not restart it.
    for state in [SWITCHING, OVERLAPPING] {
        row(state, MtkVerified(R), state, None);
        row(state, Stored(R), state, None);
        row(state, Stored(A), state, None);
    }
    row(OVERLAPPING, MtkVerified(A), OVERLAPPING, None);
    for state in STATES {
        for event in [MtkVerified(K), Forgotten(K), Timeout] {
            row(state, event, state, None);
        }
    }
}

#[test]
fn what_a_state_answers_follows_from_what_it_holds() {
    let answers = STATES.map(|state| {
        let takes = [R, A, N].map(|msk| state.takes_mtk_under(msk));
        (state.active(), state.next(), state.retiring(), takes, state.deadline())
    });
    let (yes, no) = (true, false);
    let expected = [
        (None, None, None, [no, no, no], None),
        (Some(A), None, None, [no, yes, no], None),
        (Some(A), Some(N), None, [no, yes, yes], None),
        (Some(A), None, None, [no, yes, no], Some(SET)),
        (Some(A), None, Some(R), [yes, yes, no], None),
        (Some(A), Some(N), Some(R), [yes, yes, yes], None),
        (Some(A), None, Some(R), [no, yes, no], Some(SET)),
        (Some(A), Some(N), Some(R), [no, yes, yes], Some(SET)),
    ];
    assert_eq!(answers, expected);
}
