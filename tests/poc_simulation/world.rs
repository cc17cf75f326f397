//! A session with its bearer on a virtual clock: what is sent arrives late, out of order, or never.

use std::collections::{BTreeMap, HashSet};
use std::rc::Rc;

use castkey::crypto::RustCrypto;
use castkey::id::{KeyDomainId, KeyGroup, Mki, MskId, MtkId};
use castkey::keys::Muk;
use castkey::poc::*;
use castkey::time::Tick;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use super::member::{Count, Member};

const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
const GROUPS: [KeyGroup; 2] = [KeyGroup(1), KeyGroup(9)];
/// Timer B: after so long an INVITE transaction is given up.
const TIMER_B_MS: u64 = 32_000;
/// Media Burst Control packets, real and protected, one every so often.
const PACKET_MS: u64 = 150;

/// What the network does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weather {
    /// Lost datagrams of a hundred.
    pub(crate) loss: u32,
    /// Longest delay.
    pub(crate) jitter_ms: u64,
}

enum Event {
    Offer { at: usize, invite: u64, current: Option<Vec<u8>>, updated: Option<Vec<u8>> },
    Answer { at: usize, invite: u64, current: Option<Vec<u8>>, updated: Option<Vec<u8>> },
    Reject { at: usize, invite: u64 },
    GivenUp { at: usize, invite: u64 },
    ToBearer(DistributionEvent),
    FromBearer(SessionEvent),
    Mikey { at: usize, mki: Mki, octets: Rc<[u8]> },
    Packet { at: usize, octets: Rc<[u8]> },
    Request { at: usize },
    Deliver { at: usize },
    Script(Step),
    PacketDue,
}

/// What the script of a run does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Join,
    Leave,
    Expel,
}

pub(crate) struct World {
    server: Server,
    distribution: Distribution,
    pub(crate) members: Vec<Member>,
    queue: BTreeMap<(u64, u64), Event>,
    sequence: u64,
    rng: StdRng,
    weather: Weather,
    now: Tick,
    config: ClientConfig,
    /// MSKs that have been in use.
    used: HashSet<MskId>,
    pub(crate) updates: u32,
    pub(crate) aborted: u32,
}

impl World {
    pub(crate) fn new(seed: u64, members: u32, weather: Weather) -> Self {
        let mut rng = StdRng::seed_from_u64(seed);
        let server = Server::new(ServerConfig::default(), DOMAIN, GROUPS, &mut rng).unwrap();
        let config = ClientConfig {
            channel: FollowerConfig::new(DOMAIN, GROUPS),
            settings: castkey::Settings::DEFAULT,
            coding: IndicationCoding::DEFAULT,
            require_sdp_ids: true,
        };
        let distribution = DistributionConfig { ssrc: 0x1234_5678, ..DistributionConfig::default() };
        let mut world = Self {
            server,
            distribution: Distribution::new(distribution, DOMAIN),
            members: Vec::new(),
            queue: BTreeMap::new(),
            sequence: 0,
            rng,
            weather,
            now: Tick::from_millis(0),
            config,
            used: HashSet::new(),
            updates: 0,
            aborted: 0,
        };
        world.session(SessionEvent::BearerReset);
        for _ in 0..members {
            world.script(Step::Join);
        }
        world.after(PACKET_MS, Event::PacketDue);
        world
    }

    pub(crate) fn plan(&mut self, at_ms: u64, step: Step) {
        self.after(at_ms, Event::Script(step));
    }

    fn after(&mut self, ms: u64, event: Event) {
        self.sequence += 1;
        self.queue.insert((self.now.as_millis() + ms, self.sequence), event);
    }

    fn jitter(&mut self) -> u64 {
        self.rng.random_range(1..=self.weather.jitter_ms.max(1))
    }

    fn lost(&mut self) -> bool {
        self.rng.random_range(0..100) < self.weather.loss
    }

    /// The delay of a message that is sent again after T1, 2 T1, 4 T1 until it arrives.
    fn retransmitted(&mut self) -> u64 {
        let (mut wait, mut again) = (self.jitter(), 500);
        while self.lost() && wait < TIMER_B_MS {
            wait += again;
            again *= 2;
        }
        wait
    }

    fn deadline(&self) -> Option<Tick> {
        let clients = self.members.iter().filter_map(|member| member.client.deadline()).min();
        let queue = self.queue.keys().next().map(|(at, _)| Tick::from_millis(*at));
        [self.server.session().deadline(), self.distribution.bearer().deadline(), clients, queue]
            .into_iter()
            .flatten()
            .min()
    }

    pub(crate) fn run(&mut self, until_ms: u64) {
        while let Some(next) = self.deadline().filter(|at| at.as_millis() <= until_ms) {
            self.now = self.now.max(next);
            let due = |at: Option<Tick>| at.is_some_and(|at| at <= self.now);
            if due(self.server.session().deadline()) {
                self.session(SessionEvent::Timeout);
            } else if due(self.distribution.bearer().deadline()) {
                self.bearer(DistributionEvent::Bearer(BearerEvent::Timeout));
            } else if let Some(at) = self.members.iter().position(|member| due(member.client.deadline())) {
                let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
                let member = &mut self.members[at];
                let actions = member.client.handle(ClientEvent::Timeout, self.now, &mut out).unwrap();
                let missed = actions
                    .iter()
                    .any(|action| matches!(action, ClientAction::Channel(FollowerAction::MissedKey(_))));
                if missed {
                    self.ask(at);
                }
            } else if let Some(((_, _), event)) = self.queue.pop_first() {
                self.happen(event);
            }
        }
        self.now = Tick::from_millis(until_ms);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Offer { at, .. } | Event::Mikey { at, .. } | Event::Packet { at, .. }
                if self.members[at].deaf => {}
            Event::Offer { at, invite, current, updated } => self.offered(at, invite, current, updated),
            Event::Answer { at, invite, current, updated } if self.members[at].invite == invite => {
                let confirmation = Confirmation { current: current.as_deref(), updated: updated.as_deref() };
                let member = &self.members[at];
                let confirmed = self.server.confirms(&member.leg, &member.user(), &confirmation);
                assert!(confirmed || !member.leg.is_member(), "a good answer is confirmed");
                self.leg(at, LegEvent::Ok { confirmed });
            }
            Event::Reject { at, invite } if self.members[at].invite == invite => {
                self.leg(at, LegEvent::Fail(Failure::Status(488)));
            }
            Event::GivenUp { at, invite } if self.members[at].invite == invite => {
                self.leg(at, LegEvent::Fail(Failure::TransactionTimeout));
            }
            Event::Answer { .. } | Event::Reject { .. } | Event::GivenUp { .. } => {}
            Event::ToBearer(event) => self.bearer(event),
            Event::FromBearer(event) => self.session(event),
            Event::Mikey { at, mki, octets } => {
                if self.members[at].mikey(&octets, mki, self.now) {
                    self.ask(at);
                }
            }
            Event::Packet { at, octets } => {
                if self.members[at].packet(&octets, self.now) {
                    self.ask(at);
                }
            }
            Event::Request { at } => self.leg(at, LegEvent::Requested),
            Event::Deliver { at } => {
                if self.members[at].leg.is_member() {
                    self.leg(at, LegEvent::Deliver);
                }
            }
            Event::Script(step) => self.script(step),
            Event::PacketDue => {
                self.after(PACKET_MS, Event::PacketDue);
                let mut plain = [0; 64];
                let plain = MbcpMessage::Idle.encode(0x1234_5678, &mut plain).unwrap();
                let mut out = [0; 128];
                if let Ok(octets) = self.distribution.protect_mbcp(plain, &mut out) {
                    let octets: Rc<[u8]> = octets.into();
                    self.multicast(|at| Event::Packet { at, octets: Rc::clone(&octets) });
                }
            }
        }
    }

    fn multicast(&mut self, event: impl Fn(usize) -> Event) {
        for at in 0..self.members.len() {
            if !self.lost() {
                let wait = self.jitter();
                self.after(wait, event(at));
            }
        }
    }

    fn ask(&mut self, at: usize) {
        if self.members[at].inside {
            let wait = self.retransmitted();
            self.after(wait, Event::Request { at });
        }
    }

    fn script(&mut self, step: Step) {
        let inside: Vec<usize> =
            (0..self.members.len()).filter(|at| self.members[*at].leg.is_member()).collect();
        let pick = |rng: &mut StdRng| inside[rng.random_range(0..inside.len())];
        match step {
            Step::Join => {
                let number = u32::try_from(self.members.len()).unwrap();
                self.members.push(Member::new(number, 0, self.config));
                self.leg(number as usize, LegEvent::Join);
            }
            // Two always stay.
            _ if inside.len() <= 2 => {}
            Step::Leave => {
                let at = pick(&mut self.rng);
                self.leg(at, LegEvent::Left);
                self.members[at].deaf = true;
                let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
                let _ = self.members[at].client.handle(ClientEvent::Bye, self.now, &mut out).unwrap();
            }
            // He is not told, so that he tries to read on.
            Step::Expel => {
                let at = pick(&mut self.rng);
                self.leg(at, LegEvent::Expelled);
            }
        }
    }

    fn offered(&mut self, at: usize, invite: u64, current: Option<Vec<u8>>, updated: Option<Vec<u8>>) {
        let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
        let (member, now) = (&mut self.members[at], self.now);
        let offer = Offer { current: current.as_deref(), updated: updated.as_deref(), protocols: b"mikey" };
        let actions = member.client.handle(ClientEvent::Offer(offer), now, &mut out).unwrap();
        let mut answer = None;
        for action in actions {
            match action {
                ClientAction::Answer { current, updated } => {
                    let own = |octets: Option<&[u8]>| octets.map(<[u8]>::to_vec);
                    answer = Some(Event::Answer { at, invite, current: own(current), updated: own(updated) });
                }
                ClientAction::Reject(_) => answer = Some(Event::Reject { at, invite }),
                _ => {}
            }
        }
        member.retry(now);
        let wait = self.retransmitted();
        let answer = answer.filter(|_| wait < TIMER_B_MS).unwrap_or(Event::GivenUp { at, invite });
        self.after(wait.min(TIMER_B_MS), answer);
    }

    fn leg(&mut self, at: usize, event: LegEvent) {
        let mut out = [0; Server::<RustCrypto>::MAX_OUT_LEN];
        let mut leg = self.members[at].leg;
        let before = leg.is_member();
        self.used.insert(self.server.session().active().id);
        let user = self.members[at].user();
        let handled = self.server.handle_leg(&mut leg, &user, event, self.now, &mut self.rng, &mut out);
        // A request or timer of somebody who is out meanwhile.
        let Ok(actions) = handled else { return };
        self.members[at].leg = leg;
        let out_now = before && !leg.is_member();
        let mut wanted = Vec::new();
        let mut offer = None;
        for action in actions {
            match action {
                ServerAction::SaveCounter(counter) => self.members[at].counter = Some(counter),
                ServerAction::DeliverMsk { current, updated } => {
                    let own = |octets: Option<&[u8]>| octets.map(<[u8]>::to_vec);
                    offer = Some((own(current), own(updated)));
                }
                ServerAction::Session(action) => wanted.push(action),
                _ => {}
            }
        }
        if out_now {
            self.members[at].inside = false;
            // What had been in use when he went was his to have, and packets under it may still be on their way. What was
            // being handed out was not.
            self.members[at].entitled = self.used.clone();
        }
        if let Some((current, updated)) = offer {
            self.sequence += 1;
            let invite = self.sequence;
            self.members[at].invite = invite;
            let wait = self.retransmitted();
            if wait < TIMER_B_MS {
                self.after(wait, Event::Offer { at, invite, current, updated });
            } else {
                self.after(TIMER_B_MS, Event::GivenUp { at, invite });
            }
        }
        for action in wanted {
            match action {
                SessionAction::Deliver => self.leg(at, LegEvent::Deliver),
                SessionAction::DeliverAt(then) => {
                    let wait = then.as_millis().saturating_sub(self.now.as_millis());
                    self.after(wait, Event::Deliver { at });
                }
                action => self.wanted(action),
            }
        }
    }

    fn session(&mut self, event: SessionEvent) {
        let actions = self.server.handle(event, self.now, &mut self.rng).unwrap();
        for action in actions {
            self.wanted(action);
        }
    }

    fn wanted(&mut self, action: SessionAction) {
        match action {
            SessionAction::Distribute(_) | SessionAction::Sweep => {
                let event =
                    if action == SessionAction::Sweep { LegEvent::Timeout } else { LegEvent::Deliver };
                for at in 0..self.members.len() {
                    if self.members[at].leg.is_member() {
                        self.leg(at, event);
                    }
                }
            }
            SessionAction::SessionUpdate(name) => {
                let Some(entry) = self.server.msk(name) else { return };
                let updated = UpdatedMsk {
                    name,
                    msk: entry.msk().secret().duplicate(),
                    rand: *entry.rand().unwrap(),
                    seq_low: MtkId(0),
                    seq_high: MtkId(0xFFFF),
                    mtk: None,
                };
                let wait = self.jitter();
                self.after(wait, Event::ToBearer(DistributionEvent::SessionUpdate(Some(updated))));
            }
            SessionAction::SendIndication(indication) => {
                let wait = self.jitter();
                let event = DistributionEvent::Bearer(BearerEvent::Indication(indication));
                self.after(wait, Event::ToBearer(event));
            }
            SessionAction::UpdateDone(_) => self.updates += 1,
            SessionAction::UpdateAborted(_) => self.aborted += 1,
            _ => {}
        }
    }

    fn bearer(&mut self, event: DistributionEvent) {
        let mut out = [0; Distribution::<RustCrypto>::MAX_OUT_LEN];
        let actions = self.distribution.handle(event, self.now, &mut self.rng, &mut out).unwrap();
        for action in actions {
            match action {
                DistributionAction::MulticastMikey(octets) => {
                    let message = castkey::message::MtkMessage::decode(
                        octets,
                        Some(DOMAIN),
                        &castkey::Settings::DEFAULT,
                    );
                    let message = message.unwrap();
                    let mki = Mki::new(message.msk().id, message.mtk());
                    let octets: Rc<[u8]> = octets.into();
                    self.multicast(|at| Event::Mikey { at, mki, octets: Rc::clone(&octets) });
                }
                DistributionAction::MulticastMbcp(octets) => {
                    let octets: Rc<[u8]> = octets.into();
                    self.multicast(|at| Event::Packet { at, octets: Rc::clone(&octets) });
                }
                DistributionAction::Bearer(BearerAction::Stored(name)) => {
                    let wait = self.jitter();
                    self.after(wait, Event::FromBearer(SessionEvent::BcastStored(name)));
                }
                DistributionAction::Bearer(BearerAction::Switched(name)) => {
                    let wait = self.jitter();
                    self.after(wait, Event::FromBearer(SessionEvent::BcastSwitched(name)));
                }
                DistributionAction::Bearer(BearerAction::RejectIndication(seq, _)) => {
                    let wait = self.jitter();
                    self.after(wait, Event::FromBearer(SessionEvent::IndicationRejected(seq)));
                }
                _ => {}
            }
        }
    }

    /// How many members cannot read what is sent now.
    pub(crate) fn stranded(&self) -> usize {
        let mki = self.distribution.traffic().unwrap().0;
        self.members
            .iter()
            .filter(|member| member.leg.is_member() && member.client.mtk(mki).is_none())
            .count()
    }

    /// Whether somebody who is out can read what is sent now.
    pub(crate) fn leaks(&self) -> bool {
        let mki = self.distribution.traffic().unwrap().0;
        self.members.iter().any(|member| !member.leg.is_member() && member.client.mtk(mki).is_some())
    }

    pub(crate) fn exclusion_pending(&self) -> bool {
        self.server.session().exclusion_pending()
    }

    pub(crate) fn finish(&mut self) -> Count {
        let mut total = Count::default();
        for member in &mut self.members {
            member.finish();
            total.add(&member.count);
        }
        total
    }
}
