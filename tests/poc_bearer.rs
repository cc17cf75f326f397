//! The table of the distribution's control, row by row in the order of its docs, and what it can never do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, MskId, MskName};
use castkey::poc::BearerAction::{
    Acknowledge, NewMtk, Refused, RejectIndication, RepeatMtk, Retire, SendIndication, Stored, Switched,
    UseMtk,
};
use castkey::poc::{
    Bearer, BearerAction, BearerEvent, BearerRefusal, BearerTimer, Indication, Known, Timing, UpdateSeq,
};
use castkey::time::Tick;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
const T: Timing = Timing::DEFAULT;

const fn k(number: u16) -> MskId {
    MskId::new(KeyGroup(1), KeyNumber(number))
}

const fn name(number: u16) -> MskName {
    MskName::new(DOMAIN, k(number))
}

const fn at(ms: u64) -> Tick {
    Tick::from_millis(ms)
}

const fn indication(old: u16, new: u16, seq: u32) -> Indication {
    let (old, new) = (k(old), k(new));
    Indication {
        domain: DOMAIN,
        old,
        new,
        seq: UpdateSeq(seq),
        first_mtk: None,
        overlap_s: Some(2),
        channel: None,
    }
}

const fn update(number: u16) -> BearerEvent {
    BearerEvent::Update(name(number), Known::No)
}

const fn announce(old: u16, new: u16, seq: u32) -> BearerEvent {
    BearerEvent::Indication(indication(old, new, seq))
}

/// A control, and what it wanted last.
struct Run(Bearer);

impl Run {
    /// With MSK 1 in use.
    fn active() -> Self {
        let mut run = Self(Bearer::new(DOMAIN));
        run.does(update(1), 0, &[Stored(name(1)), NewMtk(k(1))]);
        run.does(BearerEvent::Timeout, 250, &[RepeatMtk]);
        run.does(BearerEvent::Timeout, 500, &[UseMtk]);
        run
    }

    /// With MSK 2 stored.
    fn stored() -> Self {
        let mut run = Self::active();
        run.does(update(2), 600, &[Stored(name(2))]);
        run
    }

    /// With the switch to MSK 2 announced at 700.
    fn announcing() -> Self {
        let mut run = Self::stored();
        run.does(announce(1, 2, 1), 700, &[SendIndication(indication(1, 2, 1))]);
        run
    }

    /// With MSK 2 in use since 1,950.
    fn switched() -> Self {
        let mut run = Self::announcing();
        run.copies();
        run
    }

    /// The rest of the announcement.
    fn copies(&mut self) {
        let copy = BearerEvent::Fired(BearerTimer::Copy);
        let again = SendIndication(indication(1, 2, 1));
        self.does(copy, 950, &[again]);
        self.does(copy, 1_200, &[again]);
        self.does(copy, 1_450, &[NewMtk(k(2))]);
        self.does(copy, 1_700, &[RepeatMtk]);
        self.does(copy, 1_950, &[UseMtk, Switched(name(2))]);
    }

    #[track_caller]
    fn does(&mut self, event: BearerEvent, ms: u64, wanted: &[BearerAction]) {
        let (next, actions) = self.0.step(event, &T, at(ms));
        assert_eq!(actions.as_slice(), wanted, "{event:?} in {:?}", self.0);
        self.0 = next;
    }

    /// The event is answered so, and nothing else has changed.
    #[track_caller]
    fn stays(&mut self, event: BearerEvent, ms: u64, wanted: &[BearerAction]) {
        let before = self.0;
        self.does(event, ms, wanted);
        assert_eq!(self.0, before, "{event:?}");
    }
}

/// Covers: R-POC-9
#[test]
fn the_first_msk_is_stored_then_answered_and_its_mtk_is_announced_before_it_is_used() {
    let run = Run::active();
    assert_eq!(run.0.active(), Some(name(1)));
}

/// Covers: T-027, R-POC-17
#[test]
fn an_indication_of_an_msk_that_is_not_stored_is_refused_and_not_sent() {
    let refused = [RejectIndication(BearerRefusal::NotStored)];
    Run(Bearer::new(DOMAIN)).stays(announce(1, 2, 1), 0, &refused);
    Run::active().stays(announce(1, 2, 1), 600, &refused);
    Run::switched().stays(announce(2, 3, 2), 2_000, &refused);
}

/// Covers: R-POC-9, R-POC-10
#[test]
fn a_new_msk_is_stored_and_the_one_in_use_stays_in_use() {
    let run = Run::stored();
    assert_eq!(run.0.active(), Some(name(1)));
}

#[test]
fn the_msk_in_use_once_more_is_answered_and_another_key_under_a_held_name_is_refused() {
    let refused = [Refused(BearerRefusal::Name)];
    for mut run in [Run::active(), Run::stored(), Run::announcing(), Run::switched()] {
        run.stays(BearerEvent::Update(name(1), Known::Same), 600, &[Stored(name(1))]);
        run.stays(BearerEvent::Update(name(1), Known::OtherKey), 600, &refused);
        let foreign = MskName::new(KeyDomainId::new([1, 2, 3]), k(5));
        run.stays(BearerEvent::Update(foreign, Known::No), 600, &refused);
    }
}

/// Covers: T-035
#[test]
fn only_the_msk_that_supersedes_can_be_announced() {
    let mut run = Run::stored();
    run.does(update(3), 610, &[Stored(name(3))]);
    run.stays(announce(1, 2, 1), 620, &[RejectIndication(BearerRefusal::Mismatch)]);
    run.does(announce(1, 3, 1), 630, &[SendIndication(indication(1, 3, 1))]);
}

/// Covers: R-POC-17
#[test]
fn an_indication_with_other_names_is_refused() {
    for event in [announce(2, 1, 1), announce(1, 3, 1), announce(3, 2, 1)] {
        Run::stored().stays(event, 620, &[RejectIndication(BearerRefusal::Mismatch)]);
    }
    let foreign = Indication { domain: KeyDomainId::new([1, 2, 3]), ..indication(1, 2, 1) };
    Run::stored().stays(BearerEvent::Indication(foreign), 620, &[RejectIndication(BearerRefusal::Mismatch)]);
}

#[test]
fn an_update_that_is_given_up_is_forgotten() {
    let mut run = Run::stored();
    run.does(BearerEvent::Abort, 610, &[]);
    run.stays(announce(1, 2, 1), 620, &[RejectIndication(BearerRefusal::NotStored)]);
    Run::active().stays(BearerEvent::Abort, 620, &[]);
}

/// Covers: R-POC-18, R-POC-19, T-029, T-030
#[test]
fn the_indication_goes_out_three_times_then_the_new_mtk_twice_then_media_uses_it() {
    let mut run = Run::announcing();
    assert!(run.0.is_announcing());
    run.copies();
    assert_eq!(run.0.active(), Some(name(2)));
}

#[test]
fn an_msk_that_comes_during_a_switch_waits_for_its_end() {
    let mut run = Run::announcing();
    run.does(update(3), 800, &[Stored(name(3))]);
    run.stays(announce(2, 3, 2), 810, &[RejectIndication(BearerRefusal::Mismatch)]);
    run.copies();
    run.does(announce(2, 3, 2), 2_000, &[Retire(k(1)), SendIndication(indication(2, 3, 2))]);
}

/// Covers: T-033
#[test]
fn a_repeated_indication_is_acknowledged_and_not_sent_again() {
    let seen = [Acknowledge(UpdateSeq(1))];
    Run::announcing().stays(announce(1, 2, 1), 710, &seen);
    Run::switched().stays(announce(1, 2, 1), 2_000, &seen);
    let mut run = Run::switched();
    run.does(BearerEvent::Fired(BearerTimer::Overlap), 3_950, &[Retire(k(1))]);
    run.stays(announce(1, 2, 1), 4_000, &seen);
}

#[test]
fn after_the_overlap_nothing_of_the_old_msk_is_left() {
    let mut run = Run::switched();
    run.stays(BearerEvent::Fired(BearerTimer::Overlap), 3_949, &[]);
    run.does(BearerEvent::Fired(BearerTimer::Overlap), 3_950, &[Retire(k(1))]);
    let mut run = Run::switched();
    run.does(update(3), 2_000, &[Stored(name(3))]);
    run.does(BearerEvent::Fired(BearerTimer::Overlap), 3_950, &[Retire(k(1))]);
    run.does(announce(2, 3, 2), 4_000, &[SendIndication(indication(2, 3, 2))]);
}

#[test]
fn the_mtk_message_is_repeated_every_second() {
    let mut run = Run::active();
    let period = BearerEvent::Fired(BearerTimer::Period);
    run.stays(period, 999, &[]);
    run.does(period, 1_000, &[RepeatMtk]);
    run.stays(period, 1_999, &[]);
    run.does(period, 2_000, &[RepeatMtk]);
    Run(Bearer::new(DOMAIN)).stays(period, 5_000, &[]);
}

/// Covers: D-15
#[test]
fn mtks_roll_under_the_msk_in_use_until_the_indication() {
    for mut run in [Run::active(), Run::stored()] {
        run.does(BearerEvent::Roll, 600, &[NewMtk(k(1))]);
        run.does(BearerEvent::Fired(BearerTimer::Roll), 850, &[RepeatMtk]);
        run.does(BearerEvent::Fired(BearerTimer::Roll), 1_100, &[UseMtk]);
    }
    Run::announcing().stays(BearerEvent::Roll, 720, &[]);
    // One that is being rolled in is not known to all: the indication keeps to the one in use.
    let mut run = Run::stored();
    run.does(BearerEvent::Roll, 650, &[NewMtk(k(1))]);
    run.does(announce(1, 2, 1), 700, &[SendIndication(indication(1, 2, 1))]);
    run.stays(BearerEvent::Fired(BearerTimer::Roll), 900, &[]);
}

#[test]
fn a_timer_that_does_not_run_or_has_not_run_out_does_nothing() {
    for mut run in [Run::active(), Run::stored(), Run::announcing(), Run::switched()] {
        for timer in [BearerTimer::Copy, BearerTimer::Roll, BearerTimer::Period, BearerTimer::Overlap] {
            run.stays(BearerEvent::Fired(timer), 0, &[]);
        }
        run.stays(BearerEvent::Timeout, 0, &[]);
        let due = run.0.deadline().unwrap();
        run.stays(BearerEvent::Timeout, due.as_millis() - 1, &[]);
    }
}

/// Covers: R-POC-10, R-POC-18, R-POC-19
#[test]
fn no_walk_uses_the_new_msk_before_its_indication_has_left() {
    for seed in 0..2_000 {
        let mut rng = StdRng::seed_from_u64(seed);
        let (mut bearer, mut now, mut seq) = (Bearer::new(DOMAIN), 0, 0);
        // The MSKs whose indication has left; the first of all needs none.
        let mut announced: Vec<MskId> = Vec::new();
        for _ in 0..60 {
            let msk = rng.random_range(1..6);
            now += rng.random_range(0..400);
            let event = match rng.random_range(0..7) {
                0 => update(msk),
                1 => {
                    seq += 1;
                    announce(bearer.active().map_or(1, |name| name.id.number.0), msk, seq)
                }
                2 => announce(rng.random_range(1..6), msk, seq),
                3 => BearerEvent::Abort,
                4 => BearerEvent::Roll,
                _ => BearerEvent::Timeout,
            };
            let before = bearer.active();
            let (next, actions) = bearer.step(event, &T, at(now));
            for action in &actions {
                match *action {
                    SendIndication(sent) => {
                        assert_eq!(
                            before,
                            Some(MskName::new(DOMAIN, sent.old)),
                            "under the MSK in use: {seed}"
                        );
                        announced.push(sent.new);
                    }
                    NewMtk(msk) => {
                        let first = before.is_none() || before.map(|name| name.id) == Some(msk);
                        assert!(first || announced.contains(&msk), "seed {seed}: {event:?} in {bearer:?}");
                    }
                    _ => {}
                }
            }
            if let (Some(before), Some(after)) = (before, next.active())
                && before != after
            {
                assert!(announced.contains(&after.id), "seed {seed}: {event:?} in {bearer:?}");
                assert!(bearer.is_announcing(), "only an announcement leads to a switch: {seed}");
            }
            bearer = next;
        }
    }
}
