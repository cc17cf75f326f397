//! One BM-SC, fifty terminals, a network that loses, copies and reorders, and a virtual clock.
//!
//! A packet of media is its MKI and nothing else: whoever holds the sender's MTK under it can read it. The environment
//! variable `CASTKEY_SIM_SEEDS` names how many seeds are run; a failure names its seed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

mod world;

use std::collections::BTreeMap;

use castkey::id::{Counter, GroupName, Mki, MskName};
use castkey::keys::{Muk, MukId};
use castkey::role::{
    BmSc, BmScAction, BmScConfig, BmScEvent, Delivery, Ue, UeAction, UeConfig, UeEvent, User,
};
use world::{DOMAIN, GROUP, OTHER_GROUP, SplitMix, at, muk_of};

const USERS: usize = 50;
/// Members at the start; the others may join.
const FOUNDERS: usize = 40;
const IDI: &[u8] = b"bmsc.home1.net\x01\0\0\0\x01";
const GROUPS: [GroupName; 2] = [GROUP, OTHER_GROUP];
/// Trouble ends here; until `END` the network is perfect.
const CALM: u64 = 40_000;
const END: u64 = 75_000;
const MEDIA_MS: u64 = 400;

/// What is on its way, or wants to be woken.
#[derive(Clone, Debug)]
enum Thing {
    ToUe(usize, Vec<u8>),
    Media(usize, GroupName, Mki, [u8; 16]),
    ToBmSc(usize, Vec<u8>),
    Request(usize, MskName),
    UeTimer(usize),
    BmScTimer,
    Retry(usize, usize),
    MediaTick,
    Trouble,
}

struct Member {
    ue: Ue<2>,
    idr: Vec<u8>,
    muk: Muk,
    state: Vec<u8>,
    counter: Option<Counter>,
    delivery: [Delivery; 2],
    entitled: bool,
    /// MSK messages the terminal accepted: none may be accepted twice.
    accepted: Vec<Vec<u8>>,
    /// MTKs it has had, with the time at which each came.
    had: BTreeMap<(u16, Mki), u64>,
    /// When it last changed by a restart; what was not persisted may be gone then.
    read: [u64; 2],
}

struct World {
    now: u64,
    seed: u64,
    net: SplitMix,
    keys: SplitMix,
    loss: u64,
    bm_sc: BmSc<2>,
    members: Vec<Member>,
    queue: BTreeMap<(u64, u64), Thing>,
    serial: u64,
    /// Of each group the first MSK number that was made after the last expulsion of a user.
    barred: BTreeMap<(usize, u16), u16>,
    /// When the newest MSK of a group went into use.
    switched: BTreeMap<(u16, u16), u64>,
    out: Vec<u8>,
    ue_out: Vec<u8>,
}

fn terminal_config(user: usize) -> UeConfig {
    UeConfig { jitter: u32::try_from(user).unwrap() + 1, ..UeConfig::default() }
}

fn of(group: GroupName) -> usize {
    usize::from(group == OTHER_GROUP)
}

impl World {
    fn new(seed: u64) -> Self {
        let mut net = SplitMix(seed);
        let loss = net.below(31);
        let config = BmScConfig { roll_ms: Some(4_000), lead_ms: 500, ..BmScConfig::default() };
        let members = (0..USERS)
            .map(|user| {
                let ue = terminal_config(user);
                Member {
                    ue: Ue::new(ue),
                    idr: format!("btid-{user}@bsf").into_bytes(),
                    muk: muk_of(user),
                    state: Vec::new(),
                    counter: None,
                    delivery: [Delivery::Idle; 2],
                    entitled: false,
                    accepted: Vec::new(),
                    had: BTreeMap::new(),
                    read: [0; 2],
                }
            })
            .collect();
        Self {
            now: 0,
            seed,
            net,
            keys: SplitMix(!seed),
            loss,
            bm_sc: BmSc::new(config),
            members,
            queue: BTreeMap::new(),
            serial: 0,
            barred: BTreeMap::new(),
            switched: BTreeMap::new(),
            out: vec![0; 1024],
            ue_out: vec![0; Ue::<2>::MAX_OUT_LEN],
        }
    }

    fn at(&mut self, time: u64, thing: Thing) {
        self.serial += 1;
        self.queue.insert((time, self.serial), thing);
    }

    /// Sends a datagram: it may be lost, copied, or overtaken while there is trouble.
    fn send(&mut self, thing: Thing) {
        let trouble = self.now < CALM;
        if trouble && self.net.percent(self.loss) {
            return;
        }
        let copies = if trouble && self.net.percent(5) { 2 } else { 1 };
        for _ in 0..copies {
            let slow = trouble && self.net.percent(5);
            let delay = 10 + self.net.below(if slow { 600 } else { 40 });
            self.at(self.now + delay, thing.clone());
        }
    }

    fn multicast(&mut self, octets: &[u8]) {
        for user in 0..USERS {
            // Everybody hears the bearer, entitled or not.
            self.send(Thing::ToUe(user, octets.to_vec()));
        }
    }

    /// One event of the BM-SC; `user` is the one whose row goes with it.
    fn bm_sc(&mut self, user: usize, group: GroupName, made: Event) {
        let member = &self.members[user];
        let row =
            User { id: MukId { idi: IDI, idr: &member.idr }, muk: &member.muk, counter: member.counter };
        let event = made.event(row, member.delivery[of(group)]);
        let mut distribute = None;
        let mut also = None;
        let mut multicast = None;
        let mut sent = None;
        let actions = match self.bm_sc.handle(event, at(self.now), &mut self.keys, &mut self.out) {
            Ok(actions) => actions,
            // A copy of an acknowledgement, or one that was overtaken: the row has moved on.
            Err(_) if matches!(made, Event::Acknowledged(_)) => return,
            Err(error) => panic!("seed {}: {made:?}: {error:?}", self.seed),
        };
        let mut later = Vec::new();
        for action in actions {
            match action {
                BmScAction::Distribute(name) => distribute = Some(name),
                BmScAction::PushAlso(name) => also = Some(name),
                BmScAction::SaveCounter(counter) => self.members[user].counter = Some(counter),
                BmScAction::SaveDelivery(delivery) => {
                    self.members[user].delivery[of(group)] = delivery;
                    if let Delivery::Waiting { due, .. } = delivery {
                        later.push((due.as_millis(), Thing::Retry(user, of(group))));
                    }
                }
                BmScAction::Send(octets) => sent = Some(octets.to_vec()),
                BmScAction::Multicast(octets) => multicast = Some(octets.to_vec()),
                BmScAction::Activated(name) => {
                    self.switched.insert((name.id.group.0, name.id.number.0), self.now);
                }
                BmScAction::ArmTimer(tick) => later.push((tick.as_millis(), Thing::BmScTimer)),
                _ => {}
            }
        }
        for (time, thing) in later {
            self.at(time.max(self.now), thing);
        }
        if let Some(octets) = sent {
            self.send(Thing::ToUe(user, octets));
        }
        if let Some(octets) = multicast {
            self.multicast(&octets);
        }
        if let Some(name) = also {
            self.bm_sc(user, name.group(), Event::Push(name));
        }
        if let Some(name) = distribute {
            for user in 0..USERS {
                if self.members[user].entitled {
                    self.bm_sc(user, name.group(), Event::Push(name));
                }
            }
            // The first MSK is in use at once; any other waits to be told that it is out.
            self.bm_sc(0, name.group(), Event::Distributed(name.group()));
        }
    }

    fn ue(&mut self, user: usize, event: UeEvent<'_>) {
        let member = &mut self.members[user];
        let mut sends = Vec::new();
        let mut later = Vec::new();
        let Ok(actions) = member.ue.handle(event, at(self.now), &mut self.ue_out) else { return };
        for action in actions {
            match action {
                UeAction::Persist(state) => member.state = state.as_octets().to_vec(),
                UeAction::Send(octets) => sends.push(Thing::ToBmSc(user, octets.to_vec())),
                UeAction::RequestMsk { name, .. } => sends.push(Thing::Request(user, name)),
                UeAction::MtkReady(_, mki) => {
                    let first = member.had.insert((mki.msk.group.0, mki), self.now);
                    assert!(first.is_none(), "seed {}: user {user} took {mki:?} twice", self.seed);
                }
                UeAction::ArmTimer(tick) => later.push((tick.as_millis(), Thing::UeTimer(user))),
                _ => {}
            }
        }
        for group in GROUPS {
            assert!(member.ue.msks().group_entries(group).count() <= 2, "seed {}: three MSKs", self.seed);
        }
        for thing in sends {
            self.send(thing);
        }
        for (time, thing) in later {
            self.at(time.max(self.now), thing);
        }
    }

    fn datagram(&mut self, user: usize, octets: &[u8]) {
        let member = &self.members[user];
        let counters = |member: &Member| -> Vec<Option<Counter>> {
            member.ue.muks().iter().map(castkey::keys::MukSlot::counter).collect()
        };
        let before = counters(member);
        self.ue(user, UeEvent::Mikey(octets));
        let member = &mut self.members[user];
        if counters(member) != before {
            let again = member.accepted.iter().any(|old| old == octets);
            assert!(!again, "seed {}: user {user} accepted a datagram twice", self.seed);
            member.accepted.push(octets.to_vec());
        }
    }

    fn media(&mut self, user: usize, group: GroupName, mki: Mki, key: [u8; 16]) {
        let member = &mut self.members[user];
        let reads = member.ue.mtk(DOMAIN, mki).map(|(mtk, _)| *mtk.secret().expose() == key);
        assert_ne!(reads, Some(false), "seed {}: user {user} holds another key under {mki:?}", self.seed);
        let barred = self.barred.get(&(user, group.group.0)).is_some_and(|from| mki.msk.number.0 >= *from);
        assert!(!(barred && reads.is_some()), "seed {}: expelled {user} reads {mki:?}", self.seed);
        if reads.is_some() {
            member.read[of(group)] = self.now;
        } else if member.had.contains_key(&(group.group.0, mki)) {
            // It had the key and has it no more: fine only for a packet that comes long after its time.
            let active = self.bm_sc.traffic(group).unwrap().0;
            assert_ne!(active, mki, "seed {}: user {user} lost the key in use, {mki:?}", self.seed);
            let since = self.switched.get(&(active.msk.group.0, active.msk.number.0));
            let late = since.is_some_and(|since| self.now >= since + 5_000);
            let skipped = active.msk.number.0.wrapping_sub(mki.msk.number.0) > 1;
            let old = active.msk == mki.msk && active.mtk.0 >= mki.mtk.0 + 2;
            assert!(
                late || skipped || old,
                "seed {}: at {} user {user} lost {mki:?} within its time; in use {active:?}",
                self.seed,
                self.now
            );
        } else {
            self.ue(user, UeEvent::Mki(DOMAIN, mki));
        }
    }

    fn media_tick(&mut self) {
        for group in GROUPS {
            let (mki, mtk, _) = self.bm_sc.traffic(group).unwrap();
            let key = *mtk.secret().expose();
            for user in 0..USERS {
                self.send(Thing::Media(user, group, mki, key));
            }
        }
        self.at(self.now + MEDIA_MS, Thing::MediaTick);
    }

    fn join(&mut self, user: usize) {
        let member = &mut self.members[user];
        member.entitled = true;
        let (muk, idr) = (muk_of(user), member.idr.clone());
        self.ue(user, UeEvent::Bootstrapped { id: MukId { idi: IDI, idr: &idr }, muk });
        for group in GROUPS {
            self.barred.remove(&(user, group.group.0));
            self.ue(user, UeEvent::Wanted(group));
        }
    }

    fn expel(&mut self, user: usize) {
        self.members[user].entitled = false;
        for group in GROUPS {
            let delivery = core::mem::take(&mut self.members[user].delivery[of(group)]);
            self.bm_sc(user, group, Event::Gone(delivery));
            // Whatever MSK is made from now on is not for him. One that is on its way to him already is.
            let newest = self.bm_sc.next(group).or(self.bm_sc.current(group)).unwrap().name();
            self.barred.insert((user, group.group.0), newest.id.number.0 + 1);
            self.bm_sc(user, group, Event::Rekey(group));
        }
    }

    /// Something happens to somebody.
    fn trouble(&mut self) {
        let user = usize::try_from(self.net.below(50)).unwrap();
        let entitled = self.members[user].entitled;
        match self.net.below(6) {
            0 if entitled => self.expel(user),
            // A user who was expelled stays out: his terminal still holds what it had.
            1 | 2 if !entitled && !self.barred.contains_key(&(user, GROUP.group.0)) => self.join(user),
            3 => self.bm_sc(user, GROUP, Event::Rekey(GROUP)),
            4 => self.bm_sc(user, OTHER_GROUP, Event::Rekey(OTHER_GROUP)),
            _ if !self.members[user].state.is_empty() => self.restart(user),
            _ => {}
        }
        if self.now < CALM {
            let wait = 200 + self.net.below(2_000);
            self.at(self.now + wait, Thing::Trouble);
        }
    }

    fn restart(&mut self, user: usize) {
        let config = terminal_config(user);
        let member = &mut self.members[user];
        member.ue = Ue::restore(config, castkey::crypto::RustCrypto, &member.state, at(self.now), |octets| {
            Muk::from_octets(octets)
        })
        .unwrap();
        let deadline = member.ue.deadline();
        if let Some(tick) = deadline {
            self.at(tick.as_millis().max(self.now), Thing::UeTimer(user));
        }
        if self.members[user].entitled {
            for group in GROUPS {
                self.ue(user, UeEvent::Wanted(group));
            }
        }
    }

    fn run(&mut self) {
        for group in GROUPS {
            self.bm_sc(0, group, Event::Open(group));
        }
        for user in 0..FOUNDERS {
            self.join(user);
        }
        self.at(500, Thing::MediaTick);
        self.at(3_000, Thing::Trouble);
        while let Some(((time, _), thing)) = self.queue.pop_first() {
            if time > END {
                break;
            }
            self.now = time;
            match thing {
                Thing::ToUe(user, octets) => self.datagram(user, &octets),
                Thing::Media(user, group, mki, key) => self.media(user, group, mki, key),
                Thing::ToBmSc(user, octets) => self.acknowledged(user, &octets),
                Thing::Request(user, name) if self.members[user].entitled => {
                    self.bm_sc(user, name.group(), Event::Requested(name));
                }
                Thing::Request(..) => {}
                Thing::UeTimer(user) => self.ue_timer(user),
                Thing::BmScTimer => self.bm_sc_timer(),
                Thing::Retry(user, group) => self.bm_sc(user, GROUPS[group], Event::Retry),
                Thing::MediaTick => self.media_tick(),
                Thing::Trouble => self.trouble(),
            }
        }
        for (user, member) in self.members.iter().enumerate().filter(|(_, member)| member.entitled) {
            for group in GROUPS {
                let read = member.read[of(group)];
                assert!(
                    read + 2 * MEDIA_MS >= END,
                    "seed {}: user {user} last read {group:?} at {read}: {:?}, sender {:?}",
                    self.seed,
                    member.ue.switchover(group),
                    self.bm_sc.traffic(group).unwrap().0
                );
            }
        }
    }

    /// The answer names no group: the row whose message bears the counter is the one it belongs to.
    fn acknowledged(&mut self, user: usize, octets: &[u8]) {
        for group in GROUPS {
            if matches!(self.members[user].delivery[of(group)], Delivery::Waiting { .. }) {
                let octets = octets.to_vec();
                self.bm_sc(user, group, Event::Acknowledged(octets));
            }
        }
    }

    fn ue_timer(&mut self, user: usize) {
        self.ue(user, UeEvent::Timeout);
        let due = self.members[user].ue.deadline().filter(|due| due.as_millis() <= self.now);
        if due.is_some() {
            self.at(self.now, Thing::UeTimer(user));
        }
    }

    fn bm_sc_timer(&mut self) {
        self.bm_sc(0, GROUP, Event::Timeout);
        if self.bm_sc.deadline().is_some_and(|due| due.as_millis() <= self.now) {
            self.at(self.now, Thing::BmScTimer);
        }
    }
}

/// An event without the row that goes with it.
#[derive(Debug)]
enum Event {
    Open(GroupName),
    Rekey(GroupName),
    Push(MskName),
    Distributed(GroupName),
    Acknowledged(Vec<u8>),
    Retry,
    Gone(Delivery),
    Requested(MskName),
    Timeout,
}

impl Event {
    fn event<'a>(&'a self, user: User<'a, Muk>, delivery: Delivery) -> BmScEvent<'a, Muk> {
        let (policies, sessions): (&[_], _) = (&[], None);
        match self {
            Self::Open(group) => BmScEvent::Open(*group),
            Self::Rekey(group) => BmScEvent::Rekey(*group),
            Self::Push(name) => BmScEvent::Push { name: *name, user, delivery, policies, sessions },
            Self::Distributed(group) => BmScEvent::Distributed(*group),
            Self::Acknowledged(octets) => BmScEvent::Acknowledged { user, delivery, octets },
            Self::Retry => BmScEvent::Retry { user, delivery, policies, sessions },
            Self::Gone(delivery) => BmScEvent::Gone(*delivery),
            Self::Requested(name) => BmScEvent::Requested { name: *name, user, delivery, policies, sessions },
            Self::Timeout => BmScEvent::Timeout,
        }
    }
}

#[test]
fn nobody_loses_a_packet_he_could_read_and_nobody_reads_one_he_must_not() {
    let seeds = std::env::var("CASTKEY_SIM_SEEDS").ok().and_then(|seeds| seeds.parse().ok()).unwrap_or(1_000);
    for seed in 0..seeds {
        World::new(seed).run();
    }
}
