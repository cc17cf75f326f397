//! Several members of a group and their BM-SC, each with its own switchover, under events in any order.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

use std::collections::BTreeSet;

use castkey::id::{KeyGroup, KeyNumber, MskId};
use castkey::role::{SwitchAction, SwitchEvent, SwitchTiming, Switchover};
use castkey::time::Tick;
use proptest::prelude::*;

const TIMING: SwitchTiming = SwitchTiming { overlap_ms: 5_000, early_ms: 10_000, implicit: true };

fn k(number: u16) -> MskId {
    MskId::new(KeyGroup(7), KeyNumber(number))
}

/// One switchover with what a keeper of keys would remember beside it.
#[derive(Debug, Default)]
struct Keeper {
    switch: Switchover,
    /// MSKs it was given, and MSKs it has retired.
    given: BTreeSet<MskId>,
    retired: BTreeSet<MskId>,
    /// MSKs whose MTKs it still keeps.
    serves: BTreeSet<MskId>,
    /// The at most two MSKs that it holds, older first.
    held: Vec<MskId>,
    now: u64,
}

impl Keeper {
    /// One step, and everything that must hold for any step whatsoever.
    fn step(&mut self, event: SwitchEvent, timing: &SwitchTiming) -> Result<(), TestCaseError> {
        let before = self.switch;
        if let SwitchEvent::Stored(msk) = event {
            self.given.insert(msk);
        }
        let (after, action) = before.step(event, timing, Tick::from_millis(self.now));
        self.switch = after;
        match action {
            Some(SwitchAction::Activate { msk, dropped }) => {
                prop_assert!(self.given.contains(&msk), "{:?} was never given", msk);
                prop_assert_eq!(after.active(), Some(msk));
                self.serves.insert(msk);
                if let Some(dropped) = dropped {
                    self.serves.remove(&dropped);
                    self.retired.insert(dropped);
                }
            }
            Some(SwitchAction::Retire(msk)) => {
                self.serves.remove(&msk);
                self.retired.insert(msk);
            }
            Some(SwitchAction::Missing(_) | SwitchAction::Mismatch) | None => {}
            Some(other) => prop_assert!(false, "{:?}", other),
        }
        // Nothing in use, nothing on its way out: whoever sees `Idle` lets go of everything.
        if after == Switchover::Idle {
            self.retired.append(&mut self.serves);
        }
        // A change of the MSK in use is always told.
        let told = matches!(action, Some(SwitchAction::Activate { .. } | SwitchAction::Retire(_)));
        prop_assert!(before.active() == after.active() || told);
        // In use only what was given.
        prop_assert!(after.active().is_none_or(|active| self.given.contains(&active)));
        prop_assert!(after.next().is_none_or(|next| self.given.contains(&next)));
        // What is in use or going still serves; nothing else does.
        let mut serves: BTreeSet<_> = after.active().into_iter().chain(after.retiring()).collect();
        prop_assert_eq!(&self.serves, &serves);
        // The three names are three keys.
        let named = serves.len();
        serves.extend(after.next());
        prop_assert_eq!(serves.len(), named + usize::from(after.next().is_some()));
        // With an MSK in hand, one is in use.
        prop_assert!(after.next().is_none() || after.active().is_some());
        if before.next().is_some() {
            prop_assert!(after.active().is_some(), "the MSK in use was lost while another was held");
        }
        // The overlap starts with an MTK under the new MSK, or when the MSK before is deleted; its end never moves.
        if let Switchover::Overlap { active, until, .. } = after {
            match before {
                Switchover::Overlap { active: old, until: set, .. } if old == active => {
                    prop_assert_eq!(until, set);
                }
                _ => {
                    let gone = before.retiring().filter(|_| before.active() == Some(active));
                    let ends = gone.is_some_and(|gone| event == SwitchEvent::Forgotten(gone));
                    prop_assert!(ends || event == SwitchEvent::MtkVerified(active), "{:?}", event);
                    prop_assert_eq!(until, Tick::from_millis(self.now + u64::from(timing.overlap_ms)));
                }
            }
        }
        // Nor does waiting for an announced MSK start afresh with a second copy of the announcement.
        if let (
            Switchover::Expecting { next: a, until: first, .. },
            Switchover::Expecting { next: b, until, .. },
        ) = (before, after)
        {
            prop_assert!(a != b || first == until);
        }
        // An announcement alone ends no key that serves in `Switching`: its forger gains nothing.
        if let (SwitchEvent::Announced { .. }, Switchover::Switching { retiring, active, .. }) =
            (event, after)
        {
            prop_assert!(after.takes_mtk_under(retiring) && after.takes_mtk_under(active));
        }
        // A second copy of an announcement or of an MTK message changes nothing.
        if matches!(event, SwitchEvent::Announced { .. } | SwitchEvent::MtkVerified(_)) {
            let now = Tick::from_millis(self.now + 1);
            prop_assert_eq!(after.step(event, timing, now).0, after, "{:?} twice", event);
        }
        Ok(())
    }

    /// An MSK arrives at a member, who holds two at most and has no use for a second copy.
    fn receive(&mut self, msk: MskId) -> Result<(), TestCaseError> {
        if self.held.contains(&msk) {
            return Ok(());
        }
        if self.held.len() == 2 {
            let evicted = self.held.remove(0);
            self.step(SwitchEvent::Forgotten(evicted), &TIMING)?;
        }
        self.held.push(msk);
        self.step(SwitchEvent::Stored(msk), &TIMING)
    }

    /// A retired MSK is out of use, and an MTK message under it is refused.
    fn stays_retired(&self) -> Result<(), TestCaseError> {
        for msk in &self.retired {
            prop_assert_ne!(self.switch.active(), Some(*msk));
            prop_assert!(!self.switch.takes_mtk_under(*msk));
        }
        Ok(())
    }
}

fn events() -> impl Strategy<Value = (SwitchEvent, u64)> {
    let key = || (1..6_u16).prop_map(k);
    let event = prop_oneof![
        key().prop_map(SwitchEvent::Stored),
        (key(), key()).prop_map(|(from, to)| SwitchEvent::Announced { from, to }),
        key().prop_map(SwitchEvent::MtkVerified),
        key().prop_map(SwitchEvent::Forgotten),
        Just(SwitchEvent::Timeout),
    ];
    (event, prop_oneof![Just(0), 1..3_000_u64, 4_999..10_001_u64])
}

/// What may happen in a group that is run as it should be.
#[derive(Clone, Copy, Debug)]
enum Deed {
    /// The BM-SC makes a next MSK, unless a switch is going on.
    Rekey,
    /// The next MSK reaches a member.
    Deliver(usize),
    /// The BM-SC switches, if every entitled member holds the next MSK.
    Switch,
    /// An announcement, of the last switch or of one that somebody made up, reaches a member.
    Announce(usize, bool),
    /// The newest MTK message reaches a member.
    Traffic(usize),
    /// A member is expelled: he gets no MSK that is made later.
    Expel(usize),
    Wait(u64),
}

const MEMBERS: usize = 5;

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => Just(Deed::Rekey),
        8 => (0..MEMBERS).prop_map(Deed::Deliver),
        4 => Just(Deed::Switch),
        4 => (0..MEMBERS, any::<bool>()).prop_map(|(member, forged)| Deed::Announce(member, forged)),
        6 => (0..MEMBERS).prop_map(Deed::Traffic),
        1 => (0..MEMBERS).prop_map(Deed::Expel),
        3 => prop_oneof![1..3_000_u64, Just(5_000), Just(10_000)].prop_map(Deed::Wait),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn no_order_of_events_breaks_an_invariant(
        events in prop::collection::vec(events(), 1..80), implicit in any::<bool>(),
    ) {
        let timing = SwitchTiming { implicit, ..TIMING };
        let mut keeper = Keeper::default();
        for (event, wait) in events {
            keeper.now += wait;
            // A key that was retired has been deleted or will be; its name is not stored as new by who keeps keys.
            if matches!(event, SwitchEvent::Stored(msk) if keeper.retired.contains(&msk)) {
                continue;
            }
            keeper.step(event, &timing)?;
            keeper.stays_retired()?;
        }
    }

    #[test]
    fn in_a_group_nobody_sends_what_a_member_cannot_read_and_nobody_reads_what_he_was_not_given(
        deeds in prop::collection::vec(deeds(), 1..150),
    ) {
        let mut members: Vec<Keeper> = (0..MEMBERS).map(|_| Keeper::default()).collect();
        let mut entitled = [true; MEMBERS];
        let mut bm_sc = Keeper::default();
        let mut newest = 1;
        bm_sc.step(SwitchEvent::Stored(k(1)), &TIMING)?;
        for member in &mut members {
            member.receive(k(1))?;
        }
        let mut last = (k(1), k(1));
        for deed in deeds {
            match deed {
                Deed::Rekey if matches!(bm_sc.switch, Switchover::Steady { .. }) => {
                    newest += 1;
                    bm_sc.step(SwitchEvent::Stored(k(newest)), &TIMING)?;
                }
                Deed::Deliver(i) if entitled[i] => {
                    if let Some(next) = bm_sc.switch.next() {
                        members[i].receive(next)?;
                    }
                }
                Deed::Switch => {
                    let Some(next) = bm_sc.switch.next() else { continue };
                    let mut all = members.iter().zip(entitled).filter(|(_, entitled)| *entitled);
                    if all.all(|(member, _)| member.given.contains(&next)) {
                        last = (bm_sc.switch.active().unwrap(), next);
                        bm_sc.step(SwitchEvent::Announced { from: last.0, to: next }, &TIMING)?;
                        bm_sc.step(SwitchEvent::MtkVerified(next), &TIMING)?;
                    }
                }
                Deed::Announce(i, false) if last.0 != last.1 => {
                    members[i].step(SwitchEvent::Announced { from: last.0, to: last.1 }, &TIMING)?;
                }
                // Whoever was expelled knows names and old MTKs, and may say what he likes.
                Deed::Announce(i, true) => {
                    let from = members[i].switch.active().unwrap();
                    let to = members[i].switch.next().unwrap_or(k(99));
                    members[i].step(SwitchEvent::Announced { from, to }, &TIMING)?;
                }
                Deed::Traffic(i) => {
                    let active = bm_sc.switch.active().unwrap();
                    let member = &mut members[i];
                    if !member.given.contains(&active) {
                        prop_assert!(!entitled[i], "a member cannot hold the key that is in use");
                        prop_assert!(!member.switch.takes_mtk_under(active), "he reads without the key");
                        continue;
                    }
                    if entitled[i] {
                        prop_assert!(
                            member.switch.takes_mtk_under(active),
                            "member {} in {:?} refuses {:?}", i, member.switch, active
                        );
                    }
                    member.step(SwitchEvent::MtkVerified(active), &TIMING)?;
                }
                // Who is out is told nothing from now on, not even an MSK that is being distributed.
                Deed::Expel(i) => entitled[i] = false,
                Deed::Wait(wait) => {
                    for keeper in members.iter_mut().chain([&mut bm_sc]) {
                        keeper.now += wait;
                        keeper.step(SwitchEvent::Timeout, &TIMING)?;
                    }
                }
                _ => {}
            }
            for keeper in members.iter().chain([&bm_sc]) {
                keeper.stays_retired()?;
            }
            let active = bm_sc.switch.active().unwrap();
            for (member, _) in members.iter().zip(entitled).filter(|(_, entitled)| *entitled) {
                prop_assert!(member.given.contains(&active), "sent under a key that a member does not hold");
            }
        }
    }
}
