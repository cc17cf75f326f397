//! The MSK update of Figure 107 from the first re-INVITE to the last packet, with real keys and no network.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

use castkey::id::{Counter, KeyDomainId, KeyGroup, Mki, MskName};
use castkey::keys::{KsNaf, Muk, MukId, MukOctets};
use castkey::poc::*;
use castkey::role::User;
use castkey::secret::Secret;
use castkey::time::Tick;
use rand::SeedableRng;
use rand::rngs::StdRng;

const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
const GROUPS: [KeyGroup; 2] = [KeyGroup(1), KeyGroup(9)];

/// A member: his row at the server, and his client.
struct Member {
    idr: String,
    muk: Muk,
    leg: Leg,
    counter: Option<Counter>,
    client: Client,
}

impl Member {
    fn new(number: u8) -> Self {
        let muk = || Muk::from_gba_me(&KsNaf::new(Secret::new([number; 32])), MukOctets::All);
        let idr = format!("user{number}@bsf.home1.net");
        let config = ClientConfig {
            channel: FollowerConfig::new(DOMAIN, GROUPS),
            settings: castkey::Settings::DEFAULT,
            coding: IndicationCoding::DEFAULT,
            require_sdp_ids: true,
        };
        let mut client = Client::new(config);
        client.bootstrapped(MukId { idi: b"pf.home1.net", idr: idr.as_bytes() }, muk()).unwrap();
        Self { muk: muk(), leg: Leg::OUTSIDE, counter: None, client, idr }
    }
}

/// Everybody at one table, messages handed over at once.
struct Table {
    server: Server,
    distribution: Distribution,
    members: Vec<Member>,
    rng: StdRng,
    now: Tick,
    /// What the session wanted besides messages.
    seen: Vec<SessionAction>,
    lose_indications: bool,
}

impl Table {
    fn new(members: u8) -> Self {
        let mut rng = StdRng::seed_from_u64(7);
        let server = Server::new(ServerConfig::default(), DOMAIN, GROUPS, &mut rng).unwrap();
        let distribution = Distribution::new(DistributionConfig::default(), DOMAIN);
        let members = (1..=members).map(Member::new).collect();
        let now = Tick::from_millis(0);
        let mut table =
            Self { server, distribution, members, rng, now, seen: Vec::new(), lose_indications: false };
        table.session(SessionEvent::BearerReset);
        for at in 0..table.members.len() {
            table.leg(at, LegEvent::Join);
        }
        table.run(2_000);
        table
    }

    fn session(&mut self, event: SessionEvent) {
        let actions = self.server.handle(event, self.now, &mut self.rng).unwrap();
        for action in actions {
            self.carry_out(action);
        }
    }

    fn leg(&mut self, at: usize, event: LegEvent) {
        let mut out = [0; Server::<castkey::crypto::RustCrypto>::MAX_OUT_LEN];
        let member = &mut self.members[at];
        let id = MukId { idi: b"pf.home1.net", idr: member.idr.as_bytes() };
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

    fn carry_out(&mut self, action: SessionAction) {
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
                let entry = self.server.msk(name).unwrap();
                let updated = UpdatedMsk {
                    name,
                    msk: entry.msk().secret().duplicate(),
                    rand: *entry.rand().unwrap(),
                    seq_low: castkey::id::MtkId(0),
                    seq_high: castkey::id::MtkId(0xFFFF),
                    mtk: None,
                };
                self.distribute(DistributionEvent::SessionUpdate(Some(updated)));
            }
            SessionAction::SendIndication(indication) => {
                self.distribute(DistributionEvent::Bearer(BearerEvent::Indication(indication)));
            }
            _ => {}
        }
    }

    fn distribute(&mut self, event: DistributionEvent) {
        let mut out = [0; Distribution::<castkey::crypto::RustCrypto>::MAX_OUT_LEN];
        let actions = self.distribution.handle(event, self.now, &mut self.rng, &mut out).unwrap();
        let mut after = Vec::new();
        for action in actions {
            let event = match action {
                DistributionAction::MulticastMikey(octets) => ClientEvent::Mikey(octets),
                DistributionAction::MulticastMbcp(_) if self.lose_indications => continue,
                DistributionAction::MulticastMbcp(octets) => ClientEvent::Mbcp(octets),
                DistributionAction::Bearer(BearerAction::Stored(name)) => {
                    after.push(SessionEvent::BcastStored(name));
                    continue;
                }
                DistributionAction::Bearer(BearerAction::Switched(_)) => {
                    after.push(SessionEvent::BcastSwitched);
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
    fn run(&mut self, ms: u64) {
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

    fn mki(&self) -> Mki {
        self.distribution.traffic().unwrap().0
    }

    /// Who can read what is sent now.
    fn readers(&self) -> Vec<bool> {
        let mki = self.mki();
        self.members.iter().map(|member| member.client.mtk(mki).is_some()).collect()
    }

    fn active(&self) -> MskName {
        self.server.session().active()
    }
}

/// Covers: R-POC-1, R-POC-2, R-POC-3
#[test]
fn an_expelled_member_reads_until_the_switch_and_nobody_else_stops() {
    let mut table = Table::new(3);
    assert_eq!(table.readers(), [true; 3]);
    let first = table.active();
    table.leg(2, LegEvent::Expelled);
    for _ in 0..40 {
        table.run(50);
        assert!(table.readers()[..2].iter().all(|reads| *reads), "at {:?}", table.now);
    }
    assert_ne!(table.active(), first);
    assert_eq!(table.mki().msk, table.active().id);
    assert_eq!(table.readers(), [true, true, false]);
    table.run(10_000);
    assert_eq!(table.readers(), [true, true, false]);
    assert!(table.seen.contains(&SessionAction::UpdateDone(table.active())));
    assert!(!table.server.session().exclusion_pending());
}

/// Covers: T-040, D-3
#[test]
fn without_any_indication_the_first_mtk_under_the_new_msk_switches() {
    let mut table = Table::new(2);
    table.lose_indications = true;
    table.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
    for _ in 0..60 {
        table.run(50);
        assert_eq!(table.readers(), [true; 2], "at {:?}", table.now);
    }
    assert_eq!(table.mki().msk, table.active().id);
}

/// Covers: T-023, D-12
#[test]
fn expulsions_in_a_row_lose_nobody_else_a_key() {
    let mut table = Table::new(8);
    for gone in (2..8).rev() {
        table.leg(gone, LegEvent::Expelled);
        for _ in 0..4 {
            table.run(100);
            assert!(table.readers()[..2].iter().all(|reads| *reads), "at {:?}", table.now);
        }
    }
    table.run(20_000);
    assert_eq!(table.readers(), [true, true, false, false, false, false, false, false]);
}
