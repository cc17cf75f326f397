//! What the run promises. It fails when
//!
//! - a member did not read a packet whose keys had been sent to him;
//! - anybody read a packet, or Media Burst Control, that was closed to him; or the expelled had no chance to try;
//! - the steps of the figure came in another order than they must;
//! - an update did not end, or a member could not read at the end;
//! - a client that was out of reach was not reported, or did not come back to read.

use crate::judge::{Fate, Judge, Seen};

/// The totals of one client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) came: u64,
    pub(crate) read: u64,
    /// Of these, after they had waited for their key.
    pub(crate) waited: u64,
    pub(crate) lost_with_key: u64,
    pub(crate) lost_without_key: u64,
    /// Came when the client was out, and was not read.
    pub(crate) kept_out: u64,
    pub(crate) closed_read: u64,
    pub(crate) control_read: u64,
}

pub(crate) fn totals(seen: &Seen) -> Totals {
    let mut totals = Totals { control_read: seen.control_read, ..Totals::default() };
    totals.closed_read = seen.control_closed_read;
    for fate in seen.fates.values() {
        totals.came += 1;
        match fate {
            Fate::Read { waited, closed } => {
                totals.read += 1;
                totals.waited += u64::from(*waited);
                totals.closed_read += u64::from(*closed);
            }
            Fate::Lost { had_key: true } => totals.lost_with_key += 1,
            Fate::Lost { had_key: false } | Fate::Waiting => totals.lost_without_key += 1,
            Fate::KeptOut => totals.kept_out += 1,
        }
    }
    totals
}

/// What must come before what: the later step, and the earlier one.
const ORDER: [(u8, u8); 17] = [
    (5, 1),
    (6, 2),
    (9, 5),
    (7, 6),
    (4, 3),
    (8, 7),
    (10, 9),
    (11, 4),
    (11, 8),
    (11, 10),
    (12, 11),
    (13, 11),
    (14, 11),
    (15, 14),
    (16, 15),
    (17, 16),
    (17, 14),
];

/// Steps that may fail to happen: every copy of the indication to one client is lost.
const LOSABLE: [u8; 2] = [12, 13];

/// What is wrong with the steps that were seen.
pub(crate) fn wrong_steps(steps: &[u8]) -> Vec<String> {
    let place = |step: u8| steps.iter().position(|other| *other == step);
    let missing = (1..=17).filter(|step| place(*step).is_none() && !LOSABLE.contains(step));
    let mut wrong: Vec<String> = missing.map(|step| format!("step {step} did not happen")).collect();
    for (later, earlier) in ORDER {
        if place(later).zip(place(earlier)).is_some_and(|(later, earlier)| later < earlier) {
            wrong.push(format!("step {later} came before step {earlier}"));
        }
    }
    wrong
}

/// What each client's packets say.
pub(crate) fn wrong_packets(names: &[&str], judge: &Judge) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, seen) in names.iter().zip(&judge.seen) {
        let totals = totals(seen);
        let mut fail = |count: u64, what: &str| {
            if count > 0 {
                wrong.push(format!("{name}: {count} {what}"));
            }
        };
        fail(totals.lost_with_key, "packets not read although their keys had been sent");
        fail(totals.closed_read, "packets read that were closed");
        fail(u64::from(totals.read == 0), "packets read would have been the least");
    }
    wrong
}
