//! A bounded space of worlds, and how one step leads from one to the next.

use core::fmt;
use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Mutex;
use std::vec::Vec;

use super::steps::{SipFault, Step, lawful};
use super::world::*;
use crate::broken::{self, Rule};
use crate::poc::{Failure, FollowerTimer, Indication, LegEvent, PolicyEvent, SessionEvent, SessionTimer};

/// More steps than any world needs to settle.
const DRAIN_STEPS: usize = 400;

/// A bounded space to be searched.
pub(super) struct Case {
    pub(super) budget: Budget,
    /// How many members there are at first.
    pub(super) members: usize,
    pub(super) broken: Option<Rule>,
    /// Whether to check that everybody ends up reading.
    pub(super) liveness: bool,
    /// Worlds that are known to settle.
    settling: Mutex<HashSet<u64>>,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.budget.fmt(f)
    }
}

impl Case {
    pub(super) fn new(members: usize, budget: Budget) -> Self {
        Self { budget, members, broken: None, liveness: true, settling: Mutex::new(HashSet::new()) }
    }

    /// The members have joined, and read.
    pub(super) fn start(&self) -> World {
        broken::set(None);
        let world = World::new(Budget::NONE, self.members).canonical();
        let mut world = Self::new(self.members, Budget::NONE).drained(&world).expect("the channel starts");
        world.left = self.budget;
        world
    }

    /// The world after this step; `None` when nothing has changed.
    pub(super) fn step(&self, world: &World, step: Step) -> Option<World> {
        broken::set(self.broken);
        let mut next = world.clone();
        spend(&mut next.left, step);
        match step {
            Step::ToBcast(fault, air) => next.bcast_receives(fault, air),
            Step::FromBcast(fault) => next.server_receives(fault),
            Step::Offer(at) => next.offer_arrives(at),
            Step::Answer(at) => next.answer_arrives(at),
            Step::Request(at) => next.request_arrives(at),
            Step::SipFails(at, fault) => next.members[at].sip = Sip::Failed(failure(fault)),
            Step::PutOff(at) => {
                next.members[at].put_off = false;
                next.leg(at, LegEvent::Deliver);
            }
            Step::TooLate(at) => next.leg(at, LegEvent::Timeout),
            Step::Late(at, which) => {
                let message = next.members[at].late.remove(which);
                next.receive(at, message);
            }
            Step::Media(at) => next.media(at),
            Step::MediaLate(at) => next.media_late(at),
            Step::Pass => next.pass(),
            Step::Session(timer) => next.session(SessionEvent::Fired(timer)),
            Step::Bearer(timer, air) => next.bearer_fires(timer, air),
            Step::Client(at) => next.client_fires(at, FollowerTimer::Switch),
            Step::Join(at) => next.join(at),
            Step::Expel(at) => next.expel(at),
            Step::Update => next.session(SessionEvent::Trigger(PolicyEvent::AdminRequest)),
            Step::Roll => next.session(SessionEvent::Trigger(PolicyEvent::MtkPeriodic)),
            Step::Restart(at) => next.restart(at),
            Step::Crash => next.crash(),
            Step::Forge { at, new, seq, key } => {
                let (domain, old) = (DOMAIN, key.mki.msk);
                let (first_mtk, overlap_s, channel) = (None, Some(0), None);
                next.forge(at, Indication { domain, old, new, seq, first_mtk, overlap_s, channel }, key);
                if next.members[at] == world.members[at] {
                    return None;
                }
            }
        }
        (next != *world).then(|| next.canonical())
    }

    /// The world once everything has arrived and nothing more goes wrong; `None` where that does not settle.
    pub(super) fn drained(&self, world: &World) -> Option<World> {
        let mut world = world.clone();
        let mut passed = Vec::new();
        for _ in 0..DRAIN_STEPS {
            let print = fingerprint(&world);
            let known = self.settling.lock().unwrap().contains(&print);
            passed.push(print);
            let next = match known {
                true => None,
                false => lawful(&world).into_iter().find_map(|step| self.step(&world, step)),
            };
            match next {
                Some(next) => world = next,
                None if known || settled(&world) => {
                    self.settling.lock().unwrap().extend(passed);
                    return Some(world);
                }
                None => return None,
            }
        }
        None
    }
}

fn fingerprint(world: &World) -> u64 {
    let mut hasher = DefaultHasher::new();
    world.hash(&mut hasher);
    hasher.finish()
}

/// Takes what this step costs.
fn spend(left: &mut Budget, step: Step) {
    let cost = |budget: &mut u8| *budget -= 1;
    match step {
        Step::ToBcast(fault, air) => {
            left.bcast -= u8::from(fault != QueueFault::None);
            left.air -= u8::from(air != AirFault::None);
        }
        Step::FromBcast(fault) => left.bcast -= u8::from(fault != QueueFault::None),
        Step::Bearer(_, air) => left.air -= u8::from(air != AirFault::None),
        Step::MediaLate(_) => cost(&mut left.air),
        Step::SipFails(..) | Step::TooLate(_) => cost(&mut left.sip),
        // It costs nothing where the request or its answer was lost, which has cost enough.
        Step::Session(SessionTimer::Bcast) => left.bcast = left.bcast.saturating_sub(1),
        Step::Expel(_) => cost(&mut left.expulsions),
        Step::Update => cost(&mut left.updates),
        Step::Roll => cost(&mut left.rolls),
        Step::Restart(_) => cost(&mut left.restarts),
        Step::Crash => cost(&mut left.crashes),
        Step::Forge { .. } => cost(&mut left.forgeries),
        _ => {}
    }
}

const fn failure(fault: SipFault) -> Failure {
    match fault {
        SipFault::Lost | SipFault::AnswerLost => Failure::TransactionTimeout,
        SipFault::Glare => Failure::Glare { owns_call_id: false, random: 0 },
        SipFault::Busy => Failure::Busy { retry_after_ms: 0 },
        SipFault::ServerError => Failure::Status(500),
        SipFault::NotAcceptable => Failure::Status(488),
    }
}

fn settled(world: &World) -> bool {
    let session = &world.session;
    let in_use = world.distribution.in_use.map(|key| key.mki.msk);
    in_use == Some(session.active().id)
        && session.coming().is_none()
        && session.retiring().is_none()
        && !session.exclusion_pending()
        && world.members.iter().all(|member| member.expelled.is_some() || world.reads(member))
}
