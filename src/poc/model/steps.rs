//! What may happen next: lawfully, by a fault, or by a forger.

use std::vec;
use std::vec::Vec;

use super::world::*;
use crate::id::MskId;
use crate::poc::{BearerTimer, FollowerTimer, SessionTimer, UpdateSeq};

/// One step. Members are named by their seat, which changes: [`World::canonical`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The next message reaches the distribution; what it sends over the bearer has its own fate.
    ToBcast(QueueFault, AirFault),
    /// The next message reaches the server.
    FromBcast(QueueFault),
    /// The offer reaches the client.
    Offer(usize),
    /// The final response reaches the server.
    Answer(usize),
    /// The client's request for the MSK reaches the server.
    Request(usize),
    /// The INVITE transaction ends in another way.
    SipFails(usize, SipFault),
    /// An offer that was put off goes out.
    PutOff(usize),
    /// The gate stops waiting for this member.
    TooLate(usize),
    /// A message of the bearer that took its time arrives.
    Late(usize, usize),
    /// A packet of media reaches a client that cannot read it.
    Media(usize),
    /// One that it can read takes its time.
    MediaLate(usize),
    /// Time passes: [`World::may_pass`].
    Pass,
    Session(SessionTimer),
    Bearer(BearerTimer, AirFault),
    /// The client's early indication is forgotten, or its overlap ends.
    Client(usize),
    Join(usize),
    Expel(usize),
    /// An update for another reason.
    Update,
    /// A new MTK under the MSK in use.
    Roll,
    /// A client starts again, without any key.
    Restart(usize),
    /// The distribution starts again, without any key.
    Crash,
    /// Somebody expelled sends this member an indication under an MTK that he knows.
    Forge {
        at: usize,
        new: MskId,
        seq: UpdateSeq,
        key: Key,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SipFault {
    Lost,
    AnswerLost,
    Glare,
    Busy,
    ServerError,
    NotAcceptable,
}

/// Everything that may happen without a fault, in the order in which it does when time is plenty.
pub(super) fn lawful(world: &World) -> Vec<Step> {
    let mut steps = Vec::new();
    if !world.to_bcast.is_empty() {
        steps.push(Step::ToBcast(QueueFault::None, AirFault::None));
    }
    if !world.from_bcast.is_empty() {
        steps.push(Step::FromBcast(QueueFault::None));
    }
    for (at, member) in world.members.iter().enumerate() {
        match member.sip {
            Sip::Offer { .. } => steps.push(Step::Offer(at)),
            Sip::Ok | Sip::Failed(_) => steps.push(Step::Answer(at)),
            Sip::Free => {}
        }
        if member.request {
            steps.push(Step::Request(at));
        }
        if member.put_off {
            steps.push(Step::PutOff(at));
        }
        steps.extend((0..member.late.len()).map(|which| Step::Late(at, which)));
        if member.outside && member.expelled.is_none() {
            steps.push(Step::Join(at));
        }
    }
    timers(world, &mut steps);
    steps
}

fn timers(world: &World, steps: &mut Vec<Step>) {
    let bearer = |timer| world.bearer_timers().any(|running| running == timer);
    let session = |timer| world.session_timers().any(|running| running == timer);
    // That the distribution is there again is known before the server tries it once more.
    let tried = !world.distribution.unnoticed;
    for timer in [BearerTimer::Roll, BearerTimer::Copy] {
        if bearer(timer) {
            steps.push(Step::Bearer(timer, AirFault::None));
        }
    }
    for timer in [SessionTimer::Copy, SessionTimer::BackOff] {
        if session(timer) && tried && world.distribution.in_use.is_some() {
            steps.push(Step::Session(timer));
        }
    }
    if world.may_pass() {
        steps.push(Step::Pass);
    }
    if session(SessionTimer::Overlap) && world.server_overlap_may_end() {
        steps.push(Step::Session(SessionTimer::Overlap));
    }
    for (at, member) in world.members.iter().enumerate() {
        let runs = member.follower.timers().any(|(timer, _)| timer == FollowerTimer::Switch);
        if runs && world.overlap_may_end(member) {
            steps.push(Step::Client(at));
        }
        let deaf = member.remains() && !member.outside && !world.reads(member);
        if deaf && world.distribution.in_use.is_some() {
            steps.push(Step::Media(at));
        }
    }
    for timer in [BearerTimer::Overlap, BearerTimer::Period] {
        if bearer(timer) {
            steps.push(Step::Bearer(timer, AirFault::None));
        }
    }
    // The Session Update Request or its response was lost.
    let asked = world.to_bcast.iter().any(|message| matches!(message, ToBcast::Update(_)));
    let answered = |message: &FromBcast| matches!(message, FromBcast::Stored(_) | FromBcast::Rejected);
    if session(SessionTimer::Bcast) && tried && !asked && !world.from_bcast.iter().any(answered) {
        steps.push(Step::Session(SessionTimer::Bcast));
    }
}

/// Everything that the budget still allows.
pub(super) fn unlawful(world: &World, steps: &mut Vec<Step>) {
    let left = &world.left;
    if left.air > 0 {
        air_faults(world, steps);
    }
    if left.bcast > 0 {
        bcast_faults(world, steps);
    }
    if left.sip > 0 {
        sip_faults(world, steps);
    }
    let remaining = world.members.iter().filter(|member| member.remains()).count();
    for (at, member) in world.members.iter().enumerate().filter(|(_, member)| member.remains()) {
        if left.expulsions > 0 && remaining > 1 {
            steps.push(Step::Expel(at));
        }
        if left.restarts > 0 && !member.outside {
            steps.push(Step::Restart(at));
        }
    }
    if left.updates > 0 {
        steps.push(Step::Update);
    }
    if left.rolls > 0 {
        steps.push(Step::Roll);
    }
    if left.crashes > 0 && !world.distribution.unnoticed {
        steps.push(Step::Crash);
    }
    if left.forgeries > 0 {
        forgeries(world, steps);
    }
}

fn air_faults(world: &World, steps: &mut Vec<Step>) {
    let mut faults = vec![AirFault::LoseAll];
    for (at, member) in world.members.iter().enumerate().filter(|(_, member)| member.remains()) {
        faults.extend([AirFault::Lose(at), AirFault::Late(at), AirFault::Twice(at)]);
        if member.got.0 {
            steps.push(Step::MediaLate(at));
        }
    }
    for fault in faults {
        if !world.to_bcast.is_empty() {
            steps.push(Step::ToBcast(QueueFault::None, fault));
        }
        steps.extend(world.bearer_timers().map(|timer| Step::Bearer(timer, fault)));
    }
}

fn bcast_faults(world: &World, steps: &mut Vec<Step>) {
    let to = |fault| Step::ToBcast(fault, AirFault::None);
    if !world.to_bcast.is_empty() {
        steps.extend([to(QueueFault::Lose), to(QueueFault::Twice)]);
    }
    if world.to_bcast.len() > 1 {
        steps.push(to(QueueFault::Late));
    }
    if matches!(world.to_bcast.first(), Some(ToBcast::Update(_))) {
        steps.push(to(QueueFault::Refuse));
    }
    // What the server's own transport tells it does not get lost.
    if !matches!(world.from_bcast.first(), None | Some(FromBcast::Reset | FromBcast::Unreachable)) {
        steps.extend([Step::FromBcast(QueueFault::Lose), Step::FromBcast(QueueFault::Twice)]);
        if world.from_bcast.len() > 1 {
            steps.push(Step::FromBcast(QueueFault::Late));
        }
    }
    if world.session_timers().any(|timer| timer == SessionTimer::Bcast) {
        steps.push(Step::Session(SessionTimer::Bcast));
    }
}

fn sip_faults(world: &World, steps: &mut Vec<Step>) {
    let sweeps = world.session_timers().any(|timer| timer == SessionTimer::Sweep);
    for (at, member) in world.members.iter().enumerate() {
        let offer_faults =
            [SipFault::Lost, SipFault::Glare, SipFault::Busy, SipFault::ServerError, SipFault::NotAcceptable];
        match member.sip {
            Sip::Offer { .. } => steps.extend(offer_faults.map(|fault| Step::SipFails(at, fault))),
            Sip::Ok => steps.push(Step::SipFails(at, SipFault::AnswerLost)),
            Sip::Free | Sip::Failed(_) => {}
        }
        if member.remains() && sweeps {
            steps.push(Step::TooLate(at));
        }
    }
}

fn forgeries(world: &World, steps: &mut Vec<Step>) {
    let forger_has = |key: &Key| {
        world.members.iter().any(|member| member.expelled.is_some() && member.knows.has(key.mki.msk))
    };
    for (at, member) in world.members.iter().enumerate().filter(|(_, member)| member.remains()) {
        let keys = member.follower.mtks().iter().map(|(mki, epoch)| Key { mki, epoch: *epoch });
        for key in keys.filter(forger_has) {
            for new in world.nameable().filter(|new| *new != key.mki.msk) {
                let next = world.session.seq().next();
                // As the server's next one, and far ahead.
                for seq in [next, UpdateSeq(next.0 + 1_000)] {
                    steps.push(Step::Forge { at, new, seq, key });
                }
            }
        }
    }
}
