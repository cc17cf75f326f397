//! The table of a distribution's control, row by row; every other pair of state and event; and what no way leads to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

use std::collections::HashSet;

use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, MskId, MskName, MtkId};
use castkey::poc::{
    Bearer, BearerAction, BearerEvent, BearerRefusal, BearerTimer, Indication, Known, Timing, UpdateSeq,
};
use castkey::time::Tick;

use BearerAction::{
    Acknowledge, NewMtk, Refused, RejectIndication, RepeatMtk, Retire, SendIndication, Stored, Switched,
    UseMtk,
};
use BearerEvent::{Abort, Fired, Roll, Timeout, Update};

const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
const NOW: Tick = Tick::from_millis(100_000);

const fn name(group: u16, number: u16) -> MskName {
    MskName::new(DOMAIN, MskId::new(KeyGroup(group), KeyNumber(number)))
}

/// In use, to come, in its place or after it.
const A: MskName = name(1, 1);
const N: MskName = name(1, 2);
const N2: MskName = name(9, 1);

const fn indication(old: MskName, new: MskName, seq: u32) -> Indication {
    Indication {
        domain: DOMAIN,
        old: old.id,
        new: new.id,
        seq: UpdateSeq(seq),
        first_mtk: Some(MtkId(1)),
        overlap_s: None,
        channel: None,
    }
}

const IND: Indication = indication(A, N, 1);

#[derive(Clone, Debug, PartialEq)]
struct Run {
    bearer: Bearer,
    timing: Timing,
    now: Tick,
}

impl Run {
    fn step(&mut self, event: BearerEvent) -> Vec<BearerAction> {
        let (bearer, actions) = self.bearer.step(event, &self.timing, self.now);
        self.bearer = bearer;
        actions.into_iter().collect()
    }

    fn indicate(&mut self, indication: Indication) -> Vec<BearerAction> {
        self.step(BearerEvent::Indication(indication))
    }

    fn stored(&mut self, name: MskName) {
        assert_eq!(self.step(Update(name, Known::No)), [Stored(name)]);
    }

    /// To so many milliseconds after now, timer by timer; what each of them did, and when.
    fn pass(&mut self, ms: u64) -> Vec<(u64, Vec<BearerAction>)> {
        let (start, end) = (self.now, self.now.after_millis(ms));
        let mut done = Vec::new();
        while let Some(at) = self.bearer.deadline().filter(|at| *at <= end) {
            self.now = at;
            done.push((at.as_millis() - start.as_millis(), self.step(Timeout)));
        }
        self.now = end;
        done
    }

    /// The same without the periodic repetition.
    fn pass_quietly(&mut self, ms: u64) -> Vec<(u64, Vec<BearerAction>)> {
        let period = core::mem::replace(&mut self.timing.mtk_period_ms, u32::MAX);
        let done = self.pass(ms);
        self.timing.mtk_period_ms = period;
        done.into_iter().filter(|(_, actions)| *actions != [RepeatMtk]).collect()
    }

    fn idle() -> Self {
        Self { bearer: Bearer::new(DOMAIN), timing: Timing::DEFAULT, now: Tick::from_millis(0) }
    }

    /// The first MSK and an MTK under it are in use; the MTK message is not repeated.
    fn active() -> Self {
        let mut run = Self::idle();
        run.timing.mtk_period_ms = u32::MAX;
        run.step(Update(A, Known::No));
        run.pass(500);
        run.now = NOW;
        run
    }

    fn waiting() -> Self {
        let mut run = Self::active();
        run.stored(N);
        run
    }

    /// The first copy has just left.
    fn announcing() -> Self {
        let mut run = Self::waiting();
        assert_eq!(run.indicate(IND), [SendIndication(IND)]);
        run
    }

    /// Announcing, with a copy of the new MTK sent.
    fn bringing_mtk() -> Self {
        let mut run = Self::announcing();
        run.pass(750);
        run
    }

    fn switched() -> Self {
        let mut run = Self::announcing();
        run.pass(1_250);
        run
    }

    fn states() -> Vec<(&'static str, Self)> {
        let with = |mut run: Self| {
            run.stored(N2);
            run
        };
        let mut rolling = Self::active();
        rolling.step(Roll);
        vec![
            ("idle", Self::idle()),
            ("active", Self::active()),
            ("rolling", rolling),
            ("stored", Self::waiting()),
            ("announcing", Self::announcing()),
            ("announcing, one to come", with(Self::announcing())),
            ("bringing the MTK", Self::bringing_mtk()),
            ("bringing the MTK, one to come", with(Self::bringing_mtk())),
            ("switched", Self::switched()),
            ("switched, one to come", with(Self::switched())),
        ]
    }
}

/// Covers: R-KM-1
#[test]
fn the_first_msk_is_used_at_once_with_an_mtk_that_is_sent_before_it_serves() {
    let mut run = Run::idle();
    assert_eq!(run.bearer.active(), None);
    assert_eq!(run.step(Update(A, Known::No)), [Stored(A), NewMtk(A.id)]);
    assert_eq!(run.bearer.active(), Some(A));
    assert_eq!(run.pass(999), [(250, vec![RepeatMtk]), (500, vec![UseMtk])]);
}

/// Covers: R-POC-9, R-POC-10
#[test]
fn a_new_msk_is_stored_and_answered_and_nothing_else() {
    let mut run = Run::active();
    assert_eq!(run.step(Update(N, Known::No)), [Stored(N)]);
    assert_eq!(run.bearer.active(), Some(A));
    assert_eq!(run.pass(100_000), [], "it waits for the indication, however long");
    assert_eq!(run.bearer.active(), Some(A));
}

/// Covers: T-034
#[test]
fn a_held_name_with_another_key_and_a_name_of_another_domain_are_refused() {
    let foreign = MskName::new(KeyDomainId::new([1, 2, 3]), N.id);
    for (state, run) in Run::states() {
        for event in [Update(A, Known::OtherKey), Update(N, Known::OtherKey), Update(foreign, Known::No)] {
            let mut after = run.clone();
            assert_eq!(after.step(event), [Refused(BearerRefusal::Name)], "{state}");
            assert_eq!(after, run, "{state}");
        }
    }
}

#[test]
fn a_request_that_comes_again_is_answered_again() {
    for (state, run) in Run::states().into_iter().filter(|(state, _)| *state != "idle") {
        for name in [A, N] {
            let mut after = run.clone();
            assert_eq!(after.step(Update(name, Known::Same)), [Stored(name)], "{state}");
            assert_eq!(after, run, "{state}");
        }
    }
}

/// Covers: T-035, D-11
#[test]
fn an_msk_that_supersedes_takes_the_place_of_the_one_to_come() {
    let mut run = Run::waiting();
    run.stored(N2);
    let before = run.clone();
    assert_eq!(run.indicate(IND), [RejectIndication(IND.seq, BearerRefusal::Mismatch)]);
    assert_eq!(run, before);
    let second = indication(A, N2, 1);
    assert_eq!(run.indicate(second), [SendIndication(second)]);
}

/// Covers: T-027, R-POC-17
#[test]
fn an_indication_without_a_stored_msk_is_refused_and_not_sent() {
    for mut run in [Run::idle(), Run::active()] {
        let before = run.clone();
        assert_eq!(run.indicate(IND), [RejectIndication(IND.seq, BearerRefusal::NotStored)]);
        assert_eq!(run, before);
    }
    let mut run = Run::switched();
    let before = run.clone();
    assert_eq!(
        run.indicate(indication(N, N2, 2)),
        [RejectIndication(UpdateSeq(2), BearerRefusal::NotStored)]
    );
    assert_eq!(run, before);
}

/// Covers: R-POC-17
#[test]
fn an_indication_that_names_other_msks_is_refused_and_not_sent() {
    let other = KeyDomainId::new([1, 2, 3]);
    for named in
        [indication(A, N2, 1), indication(N2, N, 1), indication(N, A, 1), Indication { domain: other, ..IND }]
    {
        let mut run = Run::waiting();
        let before = run.clone();
        assert_eq!(run.indicate(named), [RejectIndication(named.seq, BearerRefusal::Mismatch)], "{named:?}");
        assert_eq!(run, before);
    }
    // While one is being announced there is no other.
    for mut run in [Run::announcing(), Run::bringing_mtk()] {
        run.stored(N2);
        let before = run.clone();
        assert_eq!(
            run.indicate(indication(N, N2, 2)),
            [RejectIndication(UpdateSeq(2), BearerRefusal::Mismatch)]
        );
        assert_eq!(run, before);
    }
}

/// Covers: T-030, R-POC-18, R-POC-19
#[test]
fn the_indication_goes_out_three_times_then_the_new_mtk_twice_and_then_it_serves() {
    let mut run = Run::announcing();
    run.timing.mtk_period_ms = 10_000;
    for (ms, done) in [
        (250, vec![SendIndication(IND)]),
        (500, vec![SendIndication(IND)]),
        (750, vec![NewMtk(N.id)]),
        (1_000, vec![RepeatMtk]),
        (1_250, vec![UseMtk, Switched(N)]),
    ] {
        assert_eq!(run.bearer.active(), Some(A), "before {ms}");
        assert!(run.bearer.is_announcing());
        assert_eq!(run.pass(250), [(250, done)], "{ms}");
    }
    assert_eq!((run.bearer.active(), run.bearer.is_announcing()), (Some(N), false));
}

#[test]
fn the_number_of_copies_and_their_distance_are_the_settings() {
    let mut run = Run::waiting();
    run.timing = Timing {
        indication_copies: 1,
        indication_interval_ms: 70,
        mtk_copies: 3,
        mtk_interval_ms: 30,
        mtk_period_ms: u32::MAX,
        ..Timing::DEFAULT
    };
    run.indicate(IND);
    let new = [(70, vec![NewMtk(N.id)]), (100, vec![RepeatMtk]), (130, vec![RepeatMtk])];
    assert_eq!(run.pass(159), new);
    assert_eq!(run.pass(1), [(1, vec![UseMtk, Switched(N)])]);
}

#[test]
fn an_msk_that_comes_during_a_switch_waits_for_its_own_indication() {
    for mut run in [Run::announcing(), Run::bringing_mtk()] {
        run.stored(N2);
        run.pass_quietly(1_250);
        assert_eq!(run.bearer.active(), Some(N));
        let second = indication(N, N2, 2);
        assert_eq!(run.indicate(second), [Retire(A.id), SendIndication(second)]);
    }
}

/// Covers: T-033
#[test]
fn a_copy_from_the_server_is_acknowledged_and_not_sent_again() {
    let mut settled = Run::switched();
    settled.pass_quietly(10_000);
    for mut run in [Run::announcing(), Run::bringing_mtk(), Run::switched(), settled] {
        let before = run.clone();
        assert_eq!(run.indicate(IND), [Acknowledge(UpdateSeq(1))]);
        assert_eq!(run, before);
    }
}

/// Covers: T-033
#[test]
fn a_copy_of_an_earlier_update_is_not_taken_for_a_refusal_of_this_one() {
    let mut run = Run::switched();
    run.stored(N2);
    let second = indication(N, N2, 2);
    run.indicate(second);
    for late in [IND, indication(A, N, 0), indication(name(5, 5), name(5, 6), u32::MAX)] {
        let before = run.clone();
        assert_eq!(run.indicate(late), [Acknowledge(late.seq)]);
        assert_eq!(run, before);
    }
}

#[test]
fn the_sequence_goes_round() {
    let mut run = Run::waiting();
    run.indicate(Indication { seq: UpdateSeq(u32::MAX), ..IND });
    run.pass_quietly(1_250);
    run.stored(N2);
    let next = indication(N, N2, 0);
    assert_eq!(run.indicate(next), [Retire(A.id), SendIndication(next)]);
}

/// Covers: D-12
#[test]
fn a_next_indication_cuts_the_overlap_of_the_one_before() {
    let mut run = Run::switched();
    run.stored(N2);
    let second = indication(N, N2, 2);
    assert_eq!(run.indicate(second), [Retire(A.id), SendIndication(second)]);
    assert!(!run.bearer.timers().any(|(timer, _)| timer == BearerTimer::Overlap));
}

/// Covers: D-6
#[test]
fn the_old_msk_is_needed_until_the_overlap_is_over() {
    let overlap = |overlap_s, ms: u64| {
        let mut run = Run::waiting();
        run.indicate(Indication { overlap_s, ..IND });
        run.pass_quietly(1_250);
        assert_eq!(run.pass_quietly(ms - 1), []);
        assert_eq!(run.pass_quietly(1), [(1, vec![Retire(A.id)])]);
        run
    };
    overlap(None, 5_000);
    overlap(Some(2), 2_000);
    let mut run = overlap(Some(1), 1_000);
    // Active again: the next update is stored and announced.
    run.stored(N2);
    let second = indication(N, N2, 2);
    assert_eq!(run.indicate(second), [SendIndication(second)]);

    let mut run = Run::switched();
    run.stored(N2);
    assert_eq!(run.pass_quietly(5_000), [(5_000, vec![Retire(A.id)])]);
    assert_eq!(run.indicate(second), [SendIndication(second)]);
}

#[test]
fn an_update_that_the_server_gives_up_is_forgotten() {
    let mut run = Run::waiting();
    assert_eq!(run.step(Abort), []);
    assert_eq!(run, Run::active());
    assert_eq!(run.indicate(IND), [RejectIndication(IND.seq, BearerRefusal::NotStored)]);
    for (mut run, without) in [
        (Run::announcing(), Run::announcing()),
        (Run::bringing_mtk(), Run::bringing_mtk()),
        (Run::switched(), Run::switched()),
    ] {
        run.stored(N2);
        assert_eq!(run.step(Abort), []);
        // What was announced goes on.
        assert_eq!(run, without);
    }
}

#[test]
fn the_mtk_message_is_repeated_for_ever_under_the_msk_in_use() {
    let mut run = Run::idle();
    run.step(Update(A, Known::No));
    run.pass(500);
    let times = |done: Vec<(u64, Vec<BearerAction>)>| -> Vec<u64> {
        assert!(done.iter().all(|(_, actions)| *actions == [RepeatMtk]));
        done.into_iter().map(|(ms, _)| ms).collect()
    };
    assert_eq!(times(run.pass(3_000)), [500, 1_500, 2_500]);
    run.stored(N);
    assert_eq!(times(run.pass(2_000)), [500, 1_500]);
    run.indicate(IND);
    run.pass(1_250);
    let after = run.pass(4_500);
    assert_eq!(times(after), [1_000, 2_000, 3_000, 4_000]);
}

/// Covers: D-15
#[test]
fn the_mtk_may_roll_until_the_indication_which_goes_out_under_the_one_in_use() {
    for mut run in [Run::active(), Run::waiting()] {
        assert_eq!(run.step(Roll), [NewMtk(A.id)]);
        assert_eq!(run.pass_quietly(500), [(500, vec![UseMtk])]);
    }
    let mut run = Run::switched();
    assert_eq!(run.step(Roll), [NewMtk(N.id)]);
    assert_eq!(run.pass_quietly(500), [(500, vec![UseMtk])]);
    // Begun and not used yet: not every client can hold it, so it never serves.
    let mut run = Run::waiting();
    run.step(Roll);
    run.indicate(IND);
    assert!(!run.bearer.timers().any(|(timer, _)| timer == BearerTimer::Roll));
    let used = run.pass_quietly(2_000);
    assert_eq!(used.iter().filter(|(_, actions)| actions.contains(&UseMtk)).count(), 1);
}

// --- everything else ------------------------------------------------------------------------------------------------

/// What is not in the table of a state changes nothing and causes nothing.
#[test]
fn every_other_event_leaves_every_state_as_it_is() {
    let timers = [BearerTimer::Copy, BearerTimer::Roll, BearerTimer::Period, BearerTimer::Overlap];
    for (state, run) in Run::states() {
        let mut events = vec![Timeout];
        events.extend(timers.map(Fired));
        if ["idle", "active", "rolling"].contains(&state)
            || state.ends_with("the MTK")
            || ["announcing", "switched"].contains(&state)
        {
            events.push(Abort);
        }
        if state == "idle" || run.bearer.is_announcing() {
            events.push(Roll);
        }
        for event in events {
            let mut after = run.clone();
            // A timer that has not run out, or does not run.
            assert_eq!(after.step(event), [], "{state} {event:?}");
            assert_eq!(after, run, "{state} {event:?}");
        }
    }
}

#[test]
fn a_timer_that_does_not_run_never_fires() {
    let timers = [BearerTimer::Copy, BearerTimer::Roll, BearerTimer::Period, BearerTimer::Overlap];
    for (state, mut run) in Run::states() {
        let running: HashSet<String> = run.bearer.timers().map(|(timer, _)| format!("{timer:?}")).collect();
        run.now = Tick::from_millis(u64::MAX);
        for timer in timers.into_iter().filter(|timer| !running.contains(&format!("{timer:?}"))) {
            let mut after = run.clone();
            assert_eq!(after.step(Fired(timer)), [], "{state} {timer:?}");
            assert_eq!(after, run);
        }
    }
}

#[test]
fn the_timer_that_is_due_longest_fires_first_and_the_others_keep_their_time() {
    let mut run = Run::switched();
    run.timing.mtk_period_ms = 1_000;
    run.step(Roll);
    run.now = run.now.after_millis(100_000);
    let mut last = Tick::from_millis(0);
    for _ in 0..3 {
        let at = run.bearer.deadline().unwrap();
        assert!(at >= last && at < run.now);
        last = at;
        assert_eq!(run.step(Timeout).len(), 1);
    }
}

// --- what no way leads to -------------------------------------------------------------------------------------------

/// What a bearer has done so far, as its surroundings see it.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Seen {
    /// What everything is protected under.
    in_use: Option<MskId>,
    /// The MSK of the newest MTK.
    newest: Option<MskId>,
    /// What the last indication that left leads to.
    announced: Option<(MskId, MskId)>,
    /// Whether an MSK that is stored is free of any indication.
    stored: Option<MskId>,
}

impl Seen {
    /// What no sequence of events may cause.
    fn follow(&mut self, before: &Bearer, action: BearerAction) {
        match action {
            Stored(name) => {
                self.stored = Some(name.id).filter(|id| Some(*id) != self.in_use).or(self.stored);
            }
            SendIndication(Indication { old, new, .. }) => {
                assert_eq!(Some(old), self.in_use, "an indication goes out under the MSK in use");
                assert_ne!(Some(new), self.newest, "an MTK came before the indication");
                self.announced = Some((old, new));
            }
            NewMtk(msk) => {
                let first = self.in_use.is_none();
                let told = self.announced.is_some_and(|(old, new)| Some(old) == self.in_use && new == msk);
                assert!(
                    first || Some(msk) == self.in_use || told,
                    "an MTK under {msk:?} before its indication"
                );
                self.newest = Some(msk);
            }
            UseMtk => {
                if self.in_use.is_some() && self.newest != self.in_use {
                    assert!(before.is_announcing(), "a switch without an announcement");
                    assert_eq!(self.announced.map(|(old, _)| old), self.in_use);
                }
                self.in_use = self.newest;
            }
            Switched(name) => assert_eq!(Some(name.id), self.in_use),
            Retire(msk) => assert_ne!(Some(msk), self.in_use, "the MSK in use is needed"),
            _ => {}
        }
    }
}

/// Every sequence of events, of any length: states that were met before have no new consequences. There is no switch but through an
/// announcement, no MTK under the new MSK before the first copy of the indication, no indication under the new MSK.
///
/// Covers: R-POC-10, R-POC-17, R-POC-18, R-POC-19, T-029
#[test]
fn no_sequence_of_events_leads_to_a_forbidden_transition() {
    let mut timing = Timing { indication_copies: 2, mtk_copies: 2, ..Timing::DEFAULT };
    timing.mtk_period_ms = u32::MAX;
    let names = [A, N, N2];
    let mut events = vec![Abort, Roll];
    events.extend(names.map(|name| Update(name, Known::No)));
    for (old, new) in [(A, N), (N, N2), (A, N2), (N2, A), (N2, N), (N, A)] {
        events.extend([1, 2, 3].map(|seq| BearerEvent::Indication(indication(old, new, seq))));
    }
    events.extend([BearerTimer::Copy, BearerTimer::Roll, BearerTimer::Overlap].map(Fired));
    let nothing = Seen { in_use: None, newest: None, announced: None, stored: None };
    let mut edge = vec![(Bearer::new(DOMAIN), nothing)];
    let mut met: HashSet<(Bearer, Seen)> = edge.iter().cloned().collect();
    let mut switches = 0;
    while !edge.is_empty() {
        let mut next = Vec::new();
        for (bearer, seen) in edge {
            for event in &events {
                // Without an MTK in use the distribution refuses an indication before its control changes.
                if matches!(event, BearerEvent::Indication(_)) && seen.in_use.is_none() {
                    continue;
                }
                // A name that is held comes with its key, or with another one; both are other rows.
                if matches!(event, Update(name, _) if held(&bearer, &seen, *name)) {
                    continue;
                }
                // All timers that run have run out: the clock stands at the end of time.
                let (after, actions) = bearer.step(*event, &timing, Tick::from_millis(u64::MAX));
                let mut seen = seen.clone();
                if *event == Abort {
                    seen.stored = None;
                }
                for action in actions {
                    switches += u32::from(matches!(action, Switched(_)));
                    seen.follow(&bearer, action);
                }
                if met.insert((after, seen.clone())) {
                    next.push((after, seen));
                }
            }
        }
        edge = next;
    }
    assert!(met.len() > 300 && switches > 20, "{} states, {switches} switches", met.len());
}

fn held(bearer: &Bearer, seen: &Seen, name: MskName) -> bool {
    bearer.active() == Some(name)
        || seen.stored == Some(name.id)
        || seen.announced.is_some_and(|(old, new)| name.id == old || name.id == new)
}
