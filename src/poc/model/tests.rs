//! The spaces that are searched, and the rules that are broken to see the search notice.

use core::num::NonZeroUsize;
use std::collections::HashMap;
use std::format;
use std::println;
use std::string::String;
use std::time::Instant;
use std::vec::Vec;

use stateright::{Checker, HasDiscoveries, Model, Path};

use super::case::Case;
use super::properties::*;
use super::steps::Step;
use super::world::{Budget, World};
use crate::broken::Rule;

const NONE: Budget = Budget::NONE;

/// What the search found wrong, after how many worlds.
struct Found {
    worlds: usize,
    wrong: HashMap<&'static str, Path<World, Step>>,
}

/// Searches the worlds that are fewer than `depth` steps away, or all.
fn search(title: &str, case: Case, depth: Option<NonZeroUsize>) -> Found {
    let start = Instant::now();
    let checker = case.checker().finish_when(HasDiscoveries::AnyFailures);
    let checker = match depth {
        Some(depth) => checker.target_max_depth(depth.get()),
        None => checker,
    };
    let checker = checker.spawn_bfs().join();
    let (worlds, steps, deepest) = (checker.unique_state_count(), checker.state_count(), checker.max_depth());
    if depth.is_none() {
        println!("{title}: {worlds} states, {steps} transitions, depth {deepest}, {:.1?}", start.elapsed());
    }
    Found { worlds, wrong: checker.discoveries() }
}

fn steps(path: &Path<World, Step>) -> Vec<String> {
    path.clone().into_vec().into_iter().filter_map(|(_, step)| step).map(|step| format!("{step:?}")).collect()
}

/// Every world of the space keeps every property.
#[track_caller]
fn holds(members: usize, budget: Budget) {
    let found = search(&format!("{members} members, {budget}"), Case::new(members, budget), None);
    if let Some((property, path)) = found.wrong.iter().next() {
        panic!("{property}:\n  {}", steps(path).join("\n  "));
    }
    assert!(found.worlds > 50, "the space is empty");
}

#[test]
fn without_a_fault_two_expulsions_and_an_update_keep_every_property() {
    holds(3, Budget { expulsions: 2, updates: 1, ..NONE });
}

#[test]
fn a_bearer_that_loses_duplicates_and_delays_keeps_every_property() {
    holds(3, Budget { expulsions: 2, air: 1, ..NONE });
    holds(3, Budget { expulsions: 1, air: 2, rolls: 1, ..NONE });
}

#[test]
fn forged_indications_keep_every_property() {
    holds(3, Budget { expulsions: 2, forgeries: 1, ..NONE });
    holds(3, Budget { expulsions: 1, air: 1, forgeries: 1, ..NONE });
}

#[test]
fn a_link_to_the_distribution_that_loses_duplicates_and_reorders_keeps_every_property() {
    holds(3, Budget { expulsions: 2, bcast: 1, ..NONE });
    holds(3, Budget { expulsions: 1, bcast: 2, ..NONE });
    holds(3, Budget { expulsions: 1, air: 1, bcast: 1, ..NONE });
    holds(3, Budget { expulsions: 1, bcast: 1, forgeries: 1, ..NONE });
}

#[test]
fn offers_that_are_lost_or_refused_keep_every_property() {
    holds(3, Budget { expulsions: 1, air: 1, sip: 1, ..NONE });
    holds(3, Budget { expulsions: 1, sip: 1, bcast: 1, ..NONE });
}

#[test]
fn a_client_that_starts_again_keeps_every_property() {
    holds(3, Budget { expulsions: 2, restarts: 1, ..NONE });
    holds(3, Budget { expulsions: 1, air: 1, restarts: 1, ..NONE });
    holds(3, Budget { expulsions: 1, forgeries: 1, restarts: 1, ..NONE });
}

#[test]
fn a_distribution_that_starts_again_keeps_every_property() {
    holds(2, Budget { crashes: 1, ..NONE });
    holds(1, Budget { updates: 1, crashes: 1, ..NONE });
}

/// Larger spaces, some minutes in all.
#[test]
#[ignore = "takes minutes: cargo test --release --lib -- --ignored"]
fn two_faults_of_different_kinds_keep_every_property() {
    holds(3, Budget { expulsions: 2, sip: 1, ..NONE });
    holds(3, Budget { expulsions: 1, updates: 1, air: 1, ..NONE });
    holds(3, Budget { expulsions: 1, updates: 1, bcast: 1, ..NONE });
    holds(3, Budget { expulsions: 2, air: 1, forgeries: 1, ..NONE });
}

/// Larger spaces, as above.
#[test]
#[ignore = "takes minutes: cargo test --release --lib -- --ignored"]
fn a_distribution_that_starts_again_during_anything_keeps_every_property() {
    holds(3, Budget { crashes: 1, ..NONE });
    holds(2, Budget { expulsions: 1, crashes: 1, ..NONE });
    holds(1, Budget { updates: 1, bcast: 1, crashes: 1, ..NONE });
}

/// Breaking the rule makes this property fail.
#[track_caller]
fn breaks(rule: Rule, property: &'static str, members: usize, budget: Budget) {
    let mut shortest = None;
    loop {
        let mut case = Case::new(members, budget);
        case.broken = Some(rule);
        case.liveness = property == SETTLES;
        let depth = shortest.as_ref().map(|path: &Vec<String>| path.len() + 1);
        let found = search(&format!("{rule:?} broken"), case, depth.and_then(NonZeroUsize::new));
        match found.wrong.get(property) {
            Some(path) => shortest = Some(steps(path)),
            None => break,
        }
    }
    let path = shortest.expect("a counterexample");
    println!("{rule:?} broken: \"{property}\" fails after {} steps:\n  {}", path.len(), path.join("\n  "));
    assert!(!path.is_empty());
}

#[test]
fn without_removal_first_an_expelled_member_gets_the_new_msk() {
    breaks(Rule::RemovedFirst, NO_LATER_MSK, 3, Budget { expulsions: 1, ..NONE });
}

#[test]
fn without_superseding_an_expelled_member_knows_the_msk_in_use() {
    breaks(Rule::Superseded, EXCLUDED, 3, Budget { expulsions: 2, ..NONE });
}

#[test]
fn without_holding_first_a_client_switches_to_an_msk_that_it_lacks() {
    breaks(Rule::HeldBeforeUse, HELD, 3, Budget { expulsions: 1, sip: 1, ..NONE });
}

#[test]
fn without_storing_first_the_distribution_announces_an_msk_that_it_lacks() {
    breaks(Rule::StoredBeforeAnnounced, HELD, 2, Budget { expulsions: 1, bcast: 2, ..NONE });
}

#[test]
fn without_waiting_the_distribution_uses_an_msk_before_its_indication() {
    breaks(Rule::AnnouncedBeforeUse, ANNOUNCED_FIRST, 2, Budget { updates: 1, ..NONE });
}

#[test]
fn without_looking_at_the_name_a_superseded_msk_is_indicated() {
    breaks(Rule::NamedResponse, ONE_TO_INDICATE, 3, Budget { expulsions: 2, ..NONE });
}

#[test]
fn without_eviction_a_client_holds_three_msks_of_a_group() {
    breaks(Rule::TwoPerGroup, TWO_PER_GROUP, 3, Budget { expulsions: 2, ..NONE });
}

#[test]
fn without_the_spare_group_a_client_deletes_the_msk_in_use() {
    breaks(Rule::SpareGroup, NEEDED_KEPT, 3, Budget { expulsions: 2, updates: 1, ..NONE });
}

#[test]
fn without_keeping_old_mtks_a_forged_indication_costs_packets() {
    breaks(Rule::MakeBeforeBreak, NO_PACKET_LOST, 3, Budget { expulsions: 1, forgeries: 1, ..NONE });
}

#[test]
fn without_waiting_for_the_distribution_the_gate_opens_too_early() {
    breaks(Rule::GateOfBcast, GATE, 3, Budget { expulsions: 1, ..NONE });
}

#[test]
fn without_waiting_for_the_members_the_gate_opens_too_early() {
    breaks(Rule::GateOfMembers, GATE, 3, Budget { expulsions: 1, ..NONE });
}

#[test]
fn without_the_implicit_switch_a_lost_indication_leaves_a_member_behind() {
    breaks(Rule::ImplicitSwitch, SETTLES, 3, Budget { expulsions: 1, air: 2, ..NONE });
}
