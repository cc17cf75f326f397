//! Counters and MTK windows against naive sets of what was accepted (TS 33.246 §6.4.2, §6.4.3; RFC 1982).
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

use std::collections::BTreeSet;

use castkey::error::OpenError;
use castkey::id::{Counter, MtkId};
use castkey::keys::{MtkWindow, SeqLower, check_counter};
use proptest::prelude::*;

/// RFC 1982 §3.2, written down as it stands there: s1 < s2 in 32 bits.
fn less(s1: u32, s2: u32) -> bool {
    let (a, b) = (i64::from(s1), i64::from(s2));
    (a < b && b - a < 1 << 31) || (a > b && a - b > 1 << 31)
}

#[test]
fn the_decisions_of_the_worked_examples_hold() {
    let all: serde_json::Value = serde_json::from_str(include_str!("vectors/mbms-oracle.json")).unwrap();
    let examples = all["examples"].as_array().unwrap();
    let replay = &examples.iter().find(|example| example["id"] == "replay").unwrap()["outputs"];
    let number = |value: &serde_json::Value| u32::try_from(value.as_u64().unwrap()).unwrap();
    let counters = replay["counter_received_stored_accept"].as_array().unwrap();
    for row in counters {
        let (received, stored) = (Counter(number(&row[0])), Counter(number(&row[1])));
        assert_eq!(check_counter(received, Some(stored)).is_ok(), row[2] == true, "{row}");
    }
    let windows = replay["seqs_sequ_seqp_result"].as_array().unwrap();
    for row in windows {
        let [seqs, sequ, seqp] = [0, 1, 2].map(|at| MtkId(number(&row[at]).try_into().unwrap()));
        let window = MtkWindow::new(seqs, sequ, SeqLower::Exclusive);
        assert_eq!(window.admits(seqp), row[3] == "fresh", "{row}");
    }
    assert_eq!((counters.len(), windows.len()), (10, 11), "the file has lost examples");
}

/// Counters near each other, near the wrap, and half way round.
fn counters() -> impl Strategy<Value = u32> {
    prop_oneof![0..40_u32, (u32::MAX - 40)..=u32::MAX, ((1 << 31) - 40)..((1 << 31) + 40_u32), any::<u32>(),]
}

proptest! {
    #[test]
    fn a_counter_is_newer_exactly_when_rfc_1982_says_so(received in counters(), stored in counters()) {
        let newer = check_counter(Counter(received), Some(Counter(stored)));
        let expected = if less(stored, received) { Ok(()) } else { Err(OpenError::Replay) };
        prop_assert_eq!(newer, expected);
        prop_assert_eq!(check_counter(Counter(received), None), Ok(()));
    }

    /// A sender counts up from anywhere, his messages come in any order and number: none is taken twice, and one that
    /// is newer than all before it is always taken.
    #[test]
    fn no_message_of_a_sender_is_accepted_twice(
        first in counters(), order in prop::collection::vec(0..300_u32, 1..200),
    ) {
        let mut stored: Option<Counter> = None;
        let mut accepted = BTreeSet::new();
        for ahead in order {
            let counter = Counter(first.wrapping_add(ahead));
            let newest = accepted.last().is_none_or(|last| ahead > *last);
            match check_counter(counter, stored) {
                Ok(()) => {
                    prop_assert!(newest, "{} after {:?}", ahead, accepted);
                    prop_assert!(accepted.insert(ahead));
                    stored = Some(counter);
                }
                Err(error) => {
                    prop_assert!(!newest);
                    prop_assert_eq!(error, OpenError::Replay);
                }
            }
        }
    }

    #[test]
    fn a_window_is_the_set_of_the_mtk_ids_above_the_last_one(
        low in 0..60_u16, high in prop_oneof![0..60_u16, Just(u16::MAX)], inclusive in any::<bool>(),
        steps in prop::collection::vec((any::<bool>(), 0..70_u16, 0..70_u16), 0..40),
    ) {
        let lower = if inclusive { SeqLower::Inclusive } else { SeqLower::Exclusive };
        let fresh = |low: u16, high: u16| -> BTreeSet<u16> {
            (low..=high).filter(|id| inclusive || *id != low).collect()
        };
        let mut window = MtkWindow::new(MtkId(low), MtkId(high), lower);
        let mut used = BTreeSet::new();
        let mut model = fresh(low, high);
        // The lower end that the window has ever had: a new interval may not bring back what lay below it.
        let mut floor = u32::from(low) + u32::from(!inclusive);
        for (refresh, a, b) in steps {
            if refresh {
                window = window.refreshed(MtkWindow::new(MtkId(a), MtkId(b), lower));
                floor = floor.max(u32::from(a) + u32::from(!inclusive));
                model = (0..=b).filter(|id| u32::from(*id) >= floor).collect();
            } else if window.admits(MtkId(a)) {
                prop_assert!(used.insert(a), "MTK ID {} was taken twice", a);
                window = window.after(MtkId(a));
                floor = floor.max(u32::from(a) + 1);
                model.retain(|id| u32::from(*id) >= floor);
            } else {
                prop_assert!(!model.contains(&a));
            }
            for id in (0..80).chain([u16::MAX]) {
                prop_assert_eq!(window.admits(MtkId(id)), model.contains(&id), "{} of {:?}", id, window);
            }
            prop_assert_eq!(window.next(), model.first().map(|id| MtkId(*id)));
            prop_assert_eq!(usize::try_from(window.left()).unwrap(), model.len());
        }
    }
}
