//! What the tests of the PoC functions share: names, members with real keys, and a table at which everybody sits.
#![allow(dead_code, reason = "each test crate uses a part of it")]

use castkey::crypto::RustCrypto;
use castkey::id::{Counter, KeyDomainId, KeyGroup, KeyNumber, Mki, MskId, MskName, MtkId};
use castkey::keys::{KsNaf, Muk, MukId, MukOctets};
use castkey::poc::*;
use castkey::role::User;
use castkey::secret::Secret;
use castkey::time::Tick;
use rand::SeedableRng;
use rand::rand_core::{TryCryptoRng, TryRng};
use rand::rngs::StdRng;

pub(crate) const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
pub(crate) const GROUPS: [KeyGroup; 2] = [KeyGroup(1), KeyGroup(9)];
/// The server as a NAF.
pub(crate) const NAF: &[u8] = b"pf.home1.net";

pub(crate) const fn name(group: u16, number: u16) -> MskName {
    MskName::new(DOMAIN, MskId::new(KeyGroup(group), KeyNumber(number)))
}

/// The first MSK of a channel, the next one, and one of the spare group.
pub(crate) const A: MskName = name(1, 1);
pub(crate) const N: MskName = name(1, 2);
pub(crate) const S: MskName = name(9, 1);

pub(crate) const fn ms(millis: u64) -> Tick {
    Tick::from_millis(millis)
}

pub(crate) fn rng(seed: u64) -> StdRng {
    StdRng::seed_from_u64(seed)
}

/// Output for any event of anybody.
pub(crate) const OUT: [u8; 4_096] = [0; 4_096];

/// A generator that fails.
pub(crate) struct Broken;

/// A generator that gives the same octet for ever.
pub(crate) struct Stuck(pub(crate) u8);

impl TryRng for Broken {
    type Error = core::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Err(core::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Err(core::fmt::Error)
    }

    fn try_fill_bytes(&mut self, _: &mut [u8]) -> Result<(), Self::Error> {
        Err(core::fmt::Error)
    }
}

impl TryCryptoRng for Broken {}

impl TryRng for Stuck {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(u32::from_be_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(u64::from_be_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Self::Error> {
        octets.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Stuck {}

/// The MUK that user `number` and the server have from his bootstrapping run.
pub(crate) fn muk(number: u8) -> Muk {
    Muk::from_gba_me(&KsNaf::new(Secret::new([number; 32])), MukOctets::All)
}

pub(crate) fn client_config() -> ClientConfig {
    ClientConfig {
        channel: FollowerConfig::new(DOMAIN, GROUPS),
        settings: castkey::Settings::DEFAULT,
        coding: IndicationCoding::DEFAULT,
        require_sdp_ids: true,
    }
}

/// An MSK as it stands in a Session Update Request.
pub(crate) fn updated(server: &Server, name: MskName) -> UpdatedMsk {
    let entry = server.msk(name).unwrap();
    UpdatedMsk {
        name,
        msk: entry.msk().secret().duplicate(),
        rand: *entry.rand().unwrap(),
        seq_low: MtkId(0),
        seq_high: MtkId(0xFFFF),
        mtk: None,
    }
}

/// A member: his row at the server, and his client.
pub(crate) struct Member {
    pub(crate) idr: String,
    pub(crate) muk: Muk,
    pub(crate) leg: Leg,
    pub(crate) counter: Option<Counter>,
    pub(crate) client: Client,
}

impl Member {
    pub(crate) fn new(number: u8) -> Self {
        Self::with(number, client_config())
    }

    pub(crate) fn with(number: u8, config: ClientConfig) -> Self {
        let idr = format!("user{number}@bsf.home1.net");
        let mut client = Client::new(config);
        client.bootstrapped(MukId { idi: NAF, idr: idr.as_bytes() }, muk(number)).unwrap();
        Self { muk: muk(number), leg: Leg::OUTSIDE, counter: None, client, idr }
    }

    /// His row, as the server is given it.
    pub(crate) fn user(&self) -> User<'_, Muk> {
        User { id: MukId { idi: NAF, idr: self.idr.as_bytes() }, muk: &self.muk, counter: self.counter }
    }
}

/// A datagram of the bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Datagram {
    Mikey(Vec<u8>),
    Mbcp(Vec<u8>),
}

/// Everybody at one table, messages handed over at once.
pub(crate) struct Table {
    pub(crate) server: Server,
    pub(crate) distribution: Distribution,
    pub(crate) members: Vec<Member>,
    pub(crate) rng: StdRng,
    pub(crate) now: Tick,
    /// What the session wanted besides messages.
    pub(crate) seen: Vec<SessionAction>,
    /// What went over the bearer, lost or not, and when.
    pub(crate) air: Vec<(Tick, Datagram)>,
    pub(crate) lose_indications: bool,
    pub(crate) lose_everything: bool,
}

impl Table {
    pub(crate) fn new(members: u8) -> Self {
        Self::with((1..=members).map(Member::new).collect(), ServerConfig::default())
    }

    pub(crate) fn with(members: Vec<Member>, config: ServerConfig) -> Self {
        let mut rng = rng(7);
        let server = Server::new(config, DOMAIN, GROUPS, &mut rng).unwrap();
        let ssrc = 0x1234_5678;
        let distribution =
            Distribution::new(DistributionConfig { ssrc, ..DistributionConfig::default() }, DOMAIN);
        let mut table = Self {
            server,
            distribution,
            members,
            rng,
            now: ms(0),
            seen: Vec::new(),
            air: Vec::new(),
            lose_indications: false,
            lose_everything: false,
        };
        table.session(SessionEvent::BearerReset);
        for at in 0..table.members.len() {
            table.leg(at, LegEvent::Join);
        }
        table.run(2_000);
        table
    }

    pub(crate) fn session(&mut self, event: SessionEvent) {
        let actions = self.server.handle(event, self.now, &mut self.rng).unwrap();
        for action in actions {
            self.carry_out(action);
        }
    }

    pub(crate) fn leg(&mut self, at: usize, event: LegEvent) {
        let mut out = [0; Server::<RustCrypto>::MAX_OUT_LEN];
        let member = &mut self.members[at];
        let id = MukId { idi: NAF, idr: member.idr.as_bytes() };
        let user = User { id, muk: &member.muk, counter: member.counter };
        let (now, rng) = (self.now, &mut self.rng);
        let actions = self.server.handle_leg(&mut member.leg, &user, event, now, rng, &mut out).unwrap();
        let mut after = Vec::new();
        let mut answer = None;
        for action in actions {
            match action {
                ServerAction::SaveCounter(counter) => member.counter = Some(counter),
                ServerAction::DeliverMsk { current, updated } => {
                    let mut reply = [0; Client::<Muk>::MAX_OUT_LEN];
                    let offer = Offer { current, updated, protocols: b"mikey" };
                    let actions = member.client.handle(ClientEvent::Offer(offer), now, &mut reply).unwrap();
                    for action in actions {
                        if let ClientAction::Answer { current, updated } = action {
                            let confirmation = Confirmation { current, updated };
                            let user = User { counter: member.counter, ..user };
                            answer = Some(self.server.confirms(&member.leg, &user, &confirmation));
                        }
                    }
                }
                ServerAction::Session(action) => after.push(action),
                _ => {}
            }
        }
        for action in after {
            match action {
                SessionAction::Deliver => self.leg(at, LegEvent::Deliver),
                action => self.carry_out(action),
            }
        }
        if let Some(confirmed) = answer {
            self.leg(at, LegEvent::Ok { confirmed });
        }
    }

    pub(crate) fn carry_out(&mut self, action: SessionAction) {
        self.seen.push(action);
        match action {
            SessionAction::Distribute(_) => {
                for at in 0..self.members.len() {
                    if self.members[at].leg.is_member() {
                        self.leg(at, LegEvent::Deliver);
                    }
                }
            }
            SessionAction::SessionUpdate(name) => {
                let updated = updated(&self.server, name);
                self.distribute(DistributionEvent::SessionUpdate(Some(updated)));
            }
            SessionAction::SendIndication(indication) => {
                self.distribute(DistributionEvent::Bearer(BearerEvent::Indication(indication)));
            }
            _ => {}
        }
    }

    pub(crate) fn distribute(&mut self, event: DistributionEvent) {
        let mut out = [0; Distribution::<RustCrypto>::MAX_OUT_LEN];
        let actions = self.distribution.handle(event, self.now, &mut self.rng, &mut out).unwrap();
        let mut after = Vec::new();
        for action in actions {
            match action {
                DistributionAction::MulticastMikey(octets) => {
                    self.air.push((self.now, Datagram::Mikey(octets.to_vec())));
                }
                DistributionAction::MulticastMbcp(octets) => {
                    self.air.push((self.now, Datagram::Mbcp(octets.to_vec())));
                }
                _ => {}
            }
            let event = match action {
                DistributionAction::MulticastMikey(_) | DistributionAction::MulticastMbcp(_)
                    if self.lose_everything =>
                {
                    continue;
                }
                DistributionAction::MulticastMikey(octets) => ClientEvent::Mikey(octets),
                DistributionAction::MulticastMbcp(_) if self.lose_indications => continue,
                DistributionAction::MulticastMbcp(octets) => ClientEvent::Mbcp(octets),
                DistributionAction::Bearer(BearerAction::Stored(name)) => {
                    after.push(SessionEvent::BcastStored(name));
                    continue;
                }
                DistributionAction::Bearer(BearerAction::Switched(name)) => {
                    after.push(SessionEvent::BcastSwitched(name));
                    continue;
                }
                _ => continue,
            };
            for member in &mut self.members {
                let mut reply = [0; Client::<Muk>::MAX_OUT_LEN];
                // Whoever is out still hears the bearer, and refuses or ignores what he cannot open.
                let _ = member.client.handle(event, self.now, &mut reply);
            }
        }
        for event in after {
            self.session(event);
        }
    }

    /// Lets time pass, timer by timer.
    pub(crate) fn run(&mut self, ms: u64) {
        let end = self.now.after_millis(ms);
        loop {
            let server = self.server.session().deadline();
            let bearer = self.distribution.bearer().deadline();
            let client = self.members.iter().filter_map(|member| member.client.deadline()).min();
            let Some(next) = [server, bearer, client].into_iter().flatten().min().filter(|at| *at <= end)
            else {
                break;
            };
            self.now = self.now.max(next);
            if server == Some(next) {
                self.session(SessionEvent::Timeout);
            } else if bearer == Some(next) {
                self.distribute(DistributionEvent::Bearer(BearerEvent::Timeout));
            } else {
                for member in &mut self.members {
                    let mut reply = [0; Client::<Muk>::MAX_OUT_LEN];
                    let _ = member.client.handle(ClientEvent::Timeout, self.now, &mut reply).unwrap();
                }
            }
        }
        self.now = end;
    }

    pub(crate) fn mki(&self) -> Mki {
        self.distribution.traffic().unwrap().0
    }

    /// Who can read what is sent now.
    pub(crate) fn readers(&self) -> Vec<bool> {
        let mki = self.mki();
        self.members.iter().map(|member| member.client.mtk(mki).is_some()).collect()
    }

    pub(crate) fn active(&self) -> MskName {
        self.server.session().active()
    }
}
