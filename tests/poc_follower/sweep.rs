//! Every event in every state: what the table does not name is ignored or refused, and nothing changes.

use castkey::poc::{FollowerTimer, PocError};
use castkey::role::Switchover;

use crate::channel::{A, Channel, LAST, N, P, S, X, indication, k};
use crate::rules::{foreign, states};

const TIMERS: [FollowerTimer; 3] = [FollowerTimer::Switch, FollowerTimer::Pending, FollowerTimer::Stalled];

/// The columns that the sweep of indications leaves to the rows: in this state, from `old` to `new`.
fn is_row(channel: &Channel, old: castkey::id::MskId, new: castkey::id::MskId) -> bool {
    match channel.follower.switchover() {
        Switchover::Steady { active } => old == active,
        Switchover::Pending { active, next } | Switchover::Expecting { active, next, .. } => {
            (old, new) == (active, next)
        }
        Switchover::Switching { active, retiring, next } => {
            (old == active || old == retiring) && next == Some(new)
        }
        Switchover::Overlap { active, .. } => old == active,
        _ => false,
    }
}

/// Covers: T-047, D-18
#[test]
fn no_indication_but_those_of_the_table_changes_anything() {
    let msks = [P, A, N, X, S];
    for state in states() {
        let active = state.follower.switchover().active();
        for (old, new) in msks.into_iter().flat_map(|old| msks.map(|new| (old, new))) {
            for under in msks {
                if is_row(&state, old, new) && under == old && old != new {
                    continue;
                }
                let mut channel = state.clone();
                let answer = channel.announced(indication(old, new, LAST + 5), under);
                let expected = match active {
                    None => Err(PocError::UnexpectedState),
                    Some(active) if new == active && old != new => Ok(vec![]),
                    Some(_) => Err(PocError::IndicationMismatch),
                };
                assert_eq!(answer, expected, "{:?}: {old:?} {new:?} {under:?}", state.follower);
                assert!(channel == state, "{:?}: {old:?} {new:?} {under:?}", state.follower);
            }
        }
    }
}

#[test]
fn no_mtk_but_those_of_the_table_changes_anything() {
    for state in states() {
        let switch = state.follower.switchover();
        for msk in [P, A, N, X, S, k(0xFFFE)] {
            let mut channel = state.clone();
            let answer = channel.mtk(msk, 1);
            if state.follower.mtks().newest(msk).is_some() && switch.takes_mtk_under(msk) {
                assert_eq!(answer, Ok(vec![]), "{switch:?} {msk:?}");
                assert!(channel == state);
            } else if ![switch.active(), switch.next()].contains(&Some(msk)) {
                assert_eq!(answer, Err(PocError::ExpiredKey), "{switch:?} {msk:?}");
                assert!(channel == state);
            } else {
                assert!(channel.reads(msk, 1), "{switch:?} {msk:?}");
            }
        }
    }
}

#[test]
fn an_msk_of_another_channel_is_stored_in_no_state() {
    for state in states() {
        for (name, current) in foreign().into_iter().flat_map(|name| [(name, false), (name, true)]) {
            let mut channel = state.clone();
            assert_eq!(channel.store_name(name, current), Err(PocError::UnknownMsk));
            assert!(channel == state);
        }
    }
}

#[test]
fn timers_that_have_not_run_out_do_nothing() {
    for state in states() {
        for timer in TIMERS {
            let mut channel = state.clone();
            let due = state.due(timer);
            if let Some(due) = due {
                channel.now = castkey::time::Tick::from_millis(due.as_millis() - 1);
            } else {
                channel.wait(1 << 30);
            }
            assert_eq!(channel.fired(timer), [], "{:?} {timer:?}", state.follower);
            assert!(channel.follower == state.follower);
            if let Some(due) = due {
                channel.now = due;
                assert!(!channel.fired(timer).is_empty(), "{:?} {timer:?}", state.follower);
                assert_eq!(channel.due(timer), None, "{:?} {timer:?}", state.follower);
            }
        }
    }
}

#[test]
fn a_packet_changes_nothing_but_what_is_asked_for_and_kept() {
    for state in states() {
        for msk in [P, A, N, X, S] {
            let mut channel = state.clone();
            let _ = channel.packet(msk, 1);
            assert_eq!(channel.held(), state.held());
        }
    }
}
