//! One state of the model: the real machines, what is on its way between them, and what may still go wrong.

use core::fmt;
use core::hash::{Hash, Hasher};
use std::hash::DefaultHasher;

use heapless::Vec;

use crate::id::{KeyDomainId, KeyGroup, KeyNumber, Mki, MskId, MskName};
use crate::poc::{
    Bearer, Failure, Follower, FollowerConfig, Indication, Leg, OnLeave, PolicyConfig, Session,
    SessionConfig, SessionEvent, Timing, UpdateSeq,
};
use crate::time::Tick;

pub(super) const MEMBERS: usize = 3;
pub(super) const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
pub(super) const GROUPS: [KeyGroup; 2] = [KeyGroup(1), KeyGroup(9)];
/// For a client and for the distribution it is always this time, and no timer but an overlap takes any: whatever runs may
/// run out at any moment.
pub(super) const NOW: Tick = Tick::from_millis(0);
/// How long packets are under way after a switch, on the server's clock, which [`World::pass`] moves.
const IN_FLIGHT_MS: u32 = 1;
/// How long members may have missed a switch.
const SETTLE_MS: u32 = 2;
/// The seconds that a lawful indication orders, in place of none; so a forged one that orders none is told from it.
pub(super) const OVERLAP_S: u16 = 1;

/// A set of MSKs by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Names(u32);

impl Names {
    fn bit(msk: MskId) -> u32 {
        let group = u32::from(msk.group == GROUPS[1]);
        1 << (group * 16 + u32::from(msk.number.0 & 0xF))
    }

    pub(super) fn add(&mut self, msk: MskId) {
        self.0 |= Self::bit(msk);
    }

    pub(super) fn has(self, msk: MskId) -> bool {
        self.0 & Self::bit(msk) != 0
    }

    pub(super) fn shares(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// All names that are not among these.
    pub(super) fn others(self) -> Self {
        Self(!self.0)
    }

    pub(super) fn count(self, group: usize) -> u16 {
        let bits = self.0 >> (group * 16) & 0xFFFF;
        u16::try_from(bits.count_ones()).unwrap()
    }
}

/// One traffic key: its name, and how often the distribution had restarted when it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Key {
    pub(super) mki: Mki,
    pub(super) epoch: u8,
}

/// What goes over the bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Air {
    Mtk(Key),
    Indication(Indication, Key),
    Media(Key),
}

/// From the server to the distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ToBcast {
    Update(MskName),
    Indication(Indication),
    Abort,
    Roll,
}

/// From the distribution to the server, or from the transport between them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum FromBcast {
    Stored(MskName),
    Rejected,
    IndicationRejected(UpdateSeq),
    Unreachable,
    Switched(MskName),
    Reset,
}

/// The one INVITE transaction of a dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Sip {
    Free,
    Offer { current: Option<MskName>, updated: Option<MskName> },
    Ok,
    Failed(Failure),
}

/// A member: its row at the server, its client, and what is on its way between them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Member {
    pub(super) leg: Leg,
    pub(super) follower: Follower<MskName, u8>,
    pub(super) sip: Sip,
    /// It has asked for the MSK.
    pub(super) request: bool,
    /// An offer that was put off may go out.
    pub(super) put_off: bool,
    /// It has no session: it has to join.
    pub(super) outside: bool,
    pub(super) late: Vec<Air, 2>,
    /// It received the message of the MTK in use, and of the one to come, when it held the MSK.
    pub(super) got: (bool, bool),
    /// Reported as without the MSK to come.
    pub(super) unkeyed: bool,
    /// The MSK that the last offer called the one in use.
    pub(super) told: Option<MskId>,
    /// The MSKs it has answered with 200.
    pub(super) confirmed: Names,
    /// Every MSK it was ever given.
    pub(super) knows: Names,
    /// Thrown out, when these MSKs existed.
    pub(super) expelled: Option<Names>,
}

/// How much may still go wrong or be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Budget {
    pub(super) expulsions: u8,
    /// Updates for another reason.
    pub(super) updates: u8,
    pub(super) rolls: u8,
    /// Messages of the bearer lost, duplicated or late.
    pub(super) air: u8,
    /// Offers lost, refused, answered late.
    pub(super) sip: u8,
    /// Messages between server and distribution lost, duplicated, late; refusals.
    pub(super) bcast: u8,
    pub(super) forgeries: u8,
    pub(super) restarts: u8,
    pub(super) crashes: u8,
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = [
            ("expulsions", self.expulsions),
            ("updates", self.updates),
            ("rolls", self.rolls),
            ("bearer", self.air),
            ("SIP", self.sip),
            ("BCAST", self.bcast),
            ("forgeries", self.forgeries),
            ("client restarts", self.restarts),
            ("BCAST restarts", self.crashes),
        ];
        let some: Vec<(&str, u8), 9> = named.into_iter().filter(|(_, count)| *count > 0).collect();
        for (at, (name, count)) in some.iter().enumerate() {
            write!(f, "{}{name} {count}", if at == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl Budget {
    pub(super) const NONE: Self = Self {
        expulsions: 0,
        updates: 0,
        rolls: 0,
        air: 0,
        sip: 0,
        bcast: 0,
        forgeries: 0,
        restarts: 0,
        crashes: 0,
    };
}

/// What was seen to go wrong in a step, where the state afterwards does not show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Seen {
    pub(super) used_before_announced: bool,
    pub(super) used_without_key: bool,
    pub(super) indicated_after_all: bool,
    pub(super) needed_evicted: bool,
    pub(super) gate_too_early: bool,
    pub(super) outsider_answered: bool,
    pub(super) packet_lost: bool,
}

/// The distribution's shell without keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Distribution {
    pub(super) bearer: Bearer,
    /// The MSKs it holds, with the MTK ID given last.
    pub(super) keys: Vec<(MskId, u16), 3>,
    pub(super) in_use: Option<Key>,
    pub(super) coming: Option<Key>,
    pub(super) epoch: u8,
    /// Started again, and the server has not noticed.
    pub(super) unnoticed: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) session: Session,
    /// The server's clock.
    pub(super) clock: u64,
    pub(super) distribution: Distribution,
    pub(super) members: [Member; MEMBERS],
    pub(super) to_bcast: Vec<ToBcast, 8>,
    pub(super) from_bcast: Vec<FromBcast, 8>,
    /// Every MSK that was made.
    pub(super) made: Names,
    /// MSKs of which a copy of the indication left the distribution, or which an empty distribution began with.
    pub(super) announced: Names,
    /// MSKs that were given up.
    pub(super) gone: Names,
    /// MSKs for which the server has sent an indication.
    pub(super) indicated: Names,
    /// MSKs that the server was told are stored.
    pub(super) stored: Names,
    pub(super) forged: bool,
    pub(super) left: Budget,
    pub(super) seen: Seen,
    /// More was on its way than the model has room for.
    pub(super) overflow: bool,
}

/// What befalls one message of the bearer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum AirFault {
    None,
    Lose(usize),
    LoseAll,
    Late(usize),
    Twice(usize),
}

/// What befalls the message between server and distribution that is next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum QueueFault {
    None,
    Lose,
    Twice,
    Late,
    Refuse,
}

pub(super) fn config() -> SessionConfig {
    SessionConfig {
        policy: PolicyConfig { on_leave: OnLeave::Never, ..PolicyConfig::default() },
        timing: timing(),
        ..SessionConfig::default()
    }
}

pub(super) const fn timing() -> Timing {
    Timing {
        reinvite_ms: 0,
        reinvite_expelled_ms: 0,
        bcast_ms: 0,
        indication_copies: 2,
        indication_interval_ms: 0,
        mtk_copies: 1,
        mtk_interval_ms: 0,
        mtk_period_ms: 0,
        overlap_ms: 0,
        overlap_expelled_ms: 0,
        in_flight_ms: IN_FLIGHT_MS,
        settle_ms: SETTLE_MS,
        early_ms: 0,
        pending_max_ms: 0,
        switch_max_ms: 0,
        missed_back_off_ms: 0,
        missed_back_off_max_ms: 0,
        hold_packets: 0,
        back_off_unit_ms: 0,
    }
}

pub(super) fn follower_config() -> FollowerConfig {
    let mut config = FollowerConfig::new(DOMAIN, GROUPS);
    // As the rule has it to the letter: then the spare Key Group alone keeps the MSK in use.
    config.protect_active = false;
    let overlap_ms = 1_000 * u32::from(OVERLAP_S);
    config.timing = Timing { overlap_ms, overlap_expelled_ms: overlap_ms, ..timing() };
    config
}

impl Member {
    fn new() -> Self {
        Self {
            leg: Leg::OUTSIDE,
            follower: Follower::new(),
            sip: Sip::Free,
            request: false,
            put_off: false,
            outside: true,
            late: Vec::new(),
            got: (false, false),
            unkeyed: false,
            told: None,
            confirmed: Names::default(),
            knows: Names::default(),
            expelled: None,
        }
    }

    /// Everything but what it knows, and what the server still thinks of it, is gone.
    pub(super) fn forget(&mut self) {
        self.follower = Follower::new();
        self.late.clear();
        self.told = None;
        (self.got, self.request, self.outside) = ((false, false), false, true);
    }

    /// Whether it belongs to those who must be able to read.
    pub(super) fn remains(&self) -> bool {
        self.leg.is_member() && self.expelled.is_none()
    }
}

impl World {
    /// A session that `members` are about to join; the other seats stay empty.
    pub(super) fn new(budget: Budget, members: usize) -> Self {
        let session = Session::new(DOMAIN, GROUPS);
        let mut made = Names::default();
        made.add(session.active().id);
        let distribution = Distribution {
            bearer: Bearer::new(DOMAIN),
            keys: Vec::new(),
            in_use: None,
            coming: None,
            epoch: 0,
            unnoticed: false,
        };
        let mut world = Self {
            session,
            clock: 0,
            distribution,
            members: [Member::new(), Member::new(), Member::new()],
            to_bcast: Vec::new(),
            from_bcast: Vec::new(),
            made,
            announced: Names::default(),
            gone: Names::default(),
            indicated: Names::default(),
            stored: Names::default(),
            forged: false,
            left: budget,
            seen: Seen::default(),
            overflow: false,
        };
        for empty in world.members.iter_mut().skip(members) {
            empty.expelled = Some(world.made);
        }
        world.session(SessionEvent::BearerReset);
        world
    }

    /// Orders the members, who are all alike.
    pub(super) fn canonical(mut self) -> Self {
        let key = |member: &Member| {
            let mut hasher = DefaultHasher::new();
            member.hash(&mut hasher);
            hasher.finish()
        };
        self.members.sort_by_cached_key(key);
        self
    }

    /// The names that exist, and the next of each Key Group: what an outsider can name.
    pub(super) fn nameable(&self) -> impl Iterator<Item = MskId> {
        let made = self.made;
        GROUPS.into_iter().enumerate().flat_map(move |(at, group)| {
            (1..=made.count(at) + 1).map(move |number| MskId::new(group, KeyNumber(number)))
        })
    }

    pub(super) fn msks_per_group(member: &Member) -> usize {
        let of = |group| member.follower.msks().iter().filter(|name| name.id.group == group).count();
        GROUPS.into_iter().map(of).max().unwrap_or(0)
    }

    /// MSKs that this member knows and that did not exist when it was expelled.
    pub(super) fn knows_later(member: &Member) -> bool {
        member.expelled.is_some_and(|made| member.knows.shares(made.others()))
    }
}
