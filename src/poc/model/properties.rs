//! What must hold in every world.

use std::vec;
use std::vec::Vec;

use stateright::{Model, Property};

use super::case::Case;
use super::steps::{Step, lawful, unlawful};
use super::world::{DOMAIN, Member, World};
use crate::id::{MskId, MskName};

pub(super) const NO_LATER_MSK: &str = "whoever was expelled knows no MSK made later";
pub(super) const EXCLUDED: &str = "once the exclusion is done nobody expelled knows the MSK in use";
pub(super) const HELD: &str = "nobody uses an MSK that he does not hold";
pub(super) const ANNOUNCED_FIRST: &str = "no MTK under an MSK before the first copy of its indication left";
pub(super) const ONE_TO_INDICATE: &str = "one MSK at most may still be indicated";
pub(super) const TWO_PER_GROUP: &str = "two MSKs a Key Group at most";
pub(super) const NEEDED_KEPT: &str = "the two-MSK rule deletes no MSK that is in use";
pub(super) const NO_PACKET_LOST: &str = "whoever received the MTK in use reads";
pub(super) const GATE: &str = "the indication waits for the distribution and for every member";
pub(super) const SETTLES: &str = "everybody who remains ends up reading";
const NO_OVERFLOW: &str = "the model has room for all that is on its way";

impl Model for Case {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![self.start()]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        // What follows from a wrong world would hide how it came about: the checker keeps the last path that it finds.
        if wrong(world) {
            return;
        }
        steps.extend(lawful(world));
        unlawful(world, steps);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        self.step(world, step)
    }

    fn within_boundary(&self, world: &World) -> bool {
        !world.overflow
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::<Self>::always(NO_LATER_MSK, |_, world| later_msks_unknown(world)),
            Property::<Self>::always(EXCLUDED, |_, world| excluded(world)),
            Property::<Self>::always(HELD, |_, world| held(world)),
            Property::<Self>::always(ANNOUNCED_FIRST, |_, world| !world.seen.used_before_announced),
            Property::<Self>::always(ONE_TO_INDICATE, |_, world| one_to_indicate(world)),
            Property::<Self>::always(TWO_PER_GROUP, |_, world| two_per_group(world)),
            Property::<Self>::always(NEEDED_KEPT, |_, world| !world.seen.needed_evicted),
            Property::<Self>::always(NO_PACKET_LOST, |_, world| no_packet_lost(world)),
            Property::<Self>::always(GATE, |_, world| !world.seen.gate_too_early),
            Property::<Self>::always(NO_OVERFLOW, |_, world| !world.overflow),
        ];
        if self.liveness {
            properties.push(Property::<Self>::always(SETTLES, |case, world| case.drained(world).is_some()));
        }
        properties
    }
}

/// Whether a property of safety fails.
fn wrong(world: &World) -> bool {
    let seen = &world.seen;
    let passing = seen.used_before_announced || seen.needed_evicted || seen.gate_too_early || world.overflow;
    let lasting: [fn(&World) -> bool; 6] =
        [later_msks_unknown, excluded, held, one_to_indicate, two_per_group, no_packet_lost];
    passing || !lasting.iter().all(|holds| holds(world))
}

fn later_msks_unknown(world: &World) -> bool {
    !world.seen.outsider_answered && !world.members.iter().any(World::knows_later)
}

fn held(world: &World) -> bool {
    !world.seen.used_without_key && world.members.iter().all(holds_what_it_uses)
}

fn one_to_indicate(world: &World) -> bool {
    let held = world.distribution.keys.iter();
    let unannounced = held.filter(|(msk, _)| !world.announced.has(*msk)).count();
    !world.seen.indicated_after_all && unannounced <= 1
}

fn two_per_group(world: &World) -> bool {
    world.members.iter().all(|member| World::msks_per_group(member) <= 2)
}

fn no_packet_lost(world: &World) -> bool {
    let served = |member: &Member| member.remains() && member.got.0;
    let reads = |member: &Member| !served(member) || world.reads(member);
    !world.seen.packet_lost && world.members.iter().all(reads)
}

fn excluded(world: &World) -> bool {
    let in_use = world.distribution.in_use.map(|key| key.mki.msk);
    let active = world.session.active().id;
    let mut outside = world.members.iter().filter(|member| member.expelled.is_some());
    let reads = |member: &Member| member.knows.has(active) || in_use.is_some_and(|msk| member.knows.has(msk));
    world.session.exclusion_pending() || !outside.any(reads)
}

fn holds_what_it_uses(member: &Member) -> bool {
    let holds = |msk: MskId| member.follower.msks().get(MskName::new(DOMAIN, msk)).is_some();
    member.follower.switchover().active().is_none_or(holds)
}
