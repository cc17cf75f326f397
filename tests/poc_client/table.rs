//! A server, a distribution and the rows of its members; what they send is kept until a test hands it over.

use castkey::crypto::RustCrypto;
use castkey::id::{Counter, CsbId, KeyDomainId, KeyGroup, Mki, MskName, MtkId};
use castkey::keys::{Algorithms, KsNaf, Msk, MskRand, Muk, MukId, MukOctets};
use castkey::message::{MskAddress, seal_msk};
use castkey::poc::*;
use castkey::role::{Switchover, User};
use castkey::secret::Secret;
use castkey::time::Tick;
use castkey::wire::Policy;
use rand::SeedableRng;
use rand::rngs::StdRng;

pub(crate) const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
pub(crate) const GROUPS: [KeyGroup; 2] = [KeyGroup(1), KeyGroup(9)];
pub(crate) const SERVER: &[u8] = b"pf.home1.net";

pub(crate) fn muk(number: u8) -> Muk {
    Muk::from_gba_me(&KsNaf::new(Secret::new([number; 32])), MukOctets::All)
}

pub(crate) fn idr(number: u8) -> String {
    format!("user{number}@bsf.home1.net")
}

/// What a client wants done, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Did {
    NeedBootstrap,
    OfferSupport,
    Answer(Option<Vec<u8>>, Option<Vec<u8>>),
    Reject(Refused),
    MissingMsk,
    LeaveBearer,
    Mbcp(Vec<u8>),
    Packet(Packet),
    Channel(FollowerAction),
}

/// A datagram of the bearer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Datagram {
    Mikey(Vec<u8>),
    Mbcp(Vec<u8>),
}

/// The MSK messages of an offer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Msks {
    pub(crate) current: Option<Vec<u8>>,
    pub(crate) updated: Option<Vec<u8>>,
}

impl Msks {
    pub(crate) fn event(&self) -> ClientEvent<'_> {
        self.with_protocols(b"mikey")
    }

    pub(crate) fn with_protocols<'a>(&'a self, protocols: &'a [u8]) -> ClientEvent<'a> {
        let (current, updated) = (self.current.as_deref(), self.updated.as_deref());
        ClientEvent::Offer(Offer { current, updated, protocols })
    }
}

/// A client with its clock.
pub(crate) struct Terminal {
    pub(crate) client: Client,
    pub(crate) now: Tick,
}

impl Terminal {
    pub(crate) fn config() -> ClientConfig {
        ClientConfig {
            channel: FollowerConfig::new(DOMAIN, GROUPS),
            settings: castkey::Settings::DEFAULT,
            coding: IndicationCoding::DEFAULT,
            require_sdp_ids: true,
        }
    }

    pub(crate) fn new(number: u8) -> Self {
        Self::with(number, Self::config())
    }

    pub(crate) fn with(number: u8, config: ClientConfig) -> Self {
        let mut client = Client::new(config);
        client.bootstrapped(MukId { idi: SERVER, idr: idr(number).as_bytes() }, muk(number)).unwrap();
        Self { client, now: Tick::from_millis(0) }
    }

    pub(crate) fn handle(&mut self, event: ClientEvent<'_>) -> Result<Vec<Did>, Refused> {
        self.handle_into(event, &mut [0; Client::<Muk>::MAX_OUT_LEN])
    }

    pub(crate) fn handle_into(
        &mut self, event: ClientEvent<'_>, out: &mut [u8],
    ) -> Result<Vec<Did>, Refused> {
        let owned = |octets: Option<&[u8]>| octets.map(<[u8]>::to_vec);
        let actions = self.client.handle(event, self.now, out)?;
        let did = |action| match action {
            ClientAction::NeedBootstrap => Did::NeedBootstrap,
            ClientAction::OfferSupport => Did::OfferSupport,
            ClientAction::Answer { current, updated } => Did::Answer(owned(current), owned(updated)),
            ClientAction::Reject(refused) => Did::Reject(refused),
            ClientAction::MissingMsk => Did::MissingMsk,
            ClientAction::LeaveBearer => Did::LeaveBearer,
            ClientAction::Mbcp(octets) => Did::Mbcp(octets.to_vec()),
            ClientAction::Packet(packet) => Did::Packet(packet),
            ClientAction::Channel(action) => Did::Channel(action),
            other => panic!("{other:?}"),
        };
        Ok(actions.into_iter().map(did).collect())
    }

    pub(crate) fn hear(&mut self, datagram: &Datagram) -> Result<Vec<Did>, Refused> {
        self.handle(match datagram {
            Datagram::Mikey(octets) => ClientEvent::Mikey(octets),
            Datagram::Mbcp(octets) => ClientEvent::Mbcp(octets),
        })
    }

    /// Everything that can be seen of it but the count of what was refused.
    pub(crate) fn state(&self) -> String {
        format!("{:?} {:?}", self.client, self.client.deadline())
    }

    pub(crate) fn switchover(&self) -> Switchover {
        self.client.switchover()
    }

    pub(crate) fn reads(&self, mki: Mki) -> bool {
        self.client.mtk(mki).is_some()
    }
}

pub(crate) struct Row {
    pub(crate) idr: String,
    pub(crate) muk: Muk,
    pub(crate) leg: Leg,
    pub(crate) counter: Option<Counter>,
}

pub(crate) struct Table {
    pub(crate) server: Server,
    pub(crate) distribution: Distribution,
    pub(crate) rows: Vec<Row>,
    pub(crate) rng: StdRng,
    pub(crate) now: Tick,
    /// Offers on their way, by member.
    pub(crate) offers: Vec<(usize, Msks)>,
    /// What the bearer has carried.
    pub(crate) bearer: Vec<Datagram>,
}

impl Table {
    pub(crate) fn new(members: u8) -> Self {
        Self::with(members, ServerConfig::default())
    }

    pub(crate) fn with(members: u8, config: ServerConfig) -> Self {
        let mut rng = StdRng::seed_from_u64(11);
        let row = |number| Row { idr: idr(number), muk: muk(number), leg: Leg::OUTSIDE, counter: None };
        let mut table = Self {
            server: Server::new(config, DOMAIN, GROUPS, &mut rng).unwrap(),
            distribution: Distribution::new(DistributionConfig::default(), DOMAIN),
            rows: (1..=members).map(row).collect(),
            rng,
            now: Tick::from_millis(0),
            offers: Vec::new(),
            bearer: Vec::new(),
        };
        table.session(SessionEvent::BearerReset);
        table.run(2_000);
        table
    }

    pub(crate) fn session(&mut self, event: SessionEvent) {
        for action in self.server.handle(event, self.now, &mut self.rng).unwrap() {
            self.carry_out(action);
        }
    }

    pub(crate) fn leg(&mut self, at: usize, event: LegEvent) {
        let mut out = [0; Server::<RustCrypto>::MAX_OUT_LEN];
        let row = &mut self.rows[at];
        let id = MukId { idi: SERVER, idr: row.idr.as_bytes() };
        let user = User { id, muk: &row.muk, counter: row.counter };
        let (now, rng) = (self.now, &mut self.rng);
        let mut after = Vec::new();
        for action in self.server.handle_leg(&mut row.leg, &user, event, now, rng, &mut out).unwrap() {
            match action {
                ServerAction::SaveCounter(counter) => row.counter = Some(counter),
                ServerAction::DeliverMsk { current, updated } => {
                    let owned = |octets: Option<&[u8]>| octets.map(<[u8]>::to_vec);
                    self.offers.push((at, Msks { current: owned(current), updated: owned(updated) }));
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
    }

    fn carry_out(&mut self, action: SessionAction) {
        match action {
            SessionAction::Distribute(_) => {
                for at in 0..self.rows.len() {
                    if self.rows[at].leg.is_member() {
                        self.leg(at, LegEvent::Deliver);
                    }
                }
            }
            SessionAction::Sweep => (0..self.rows.len()).for_each(|at| self.leg(at, LegEvent::Timeout)),
            SessionAction::SessionUpdate(name) => {
                let entry = self.server.msk(name).unwrap();
                let (msk, rand) = (entry.msk().secret().duplicate(), *entry.rand().unwrap());
                let (seq_low, seq_high) = (MtkId(0), MtkId(0xFFFF));
                let updated = UpdatedMsk { name, msk, rand, seq_low, seq_high, mtk: None };
                self.distribute(DistributionEvent::SessionUpdate(Some(updated)));
            }
            SessionAction::SendIndication(indication) => {
                self.distribute(DistributionEvent::Bearer(BearerEvent::Indication(indication)));
            }
            _ => {}
        }
    }

    fn distribute(&mut self, event: DistributionEvent) {
        let mut out = [0; Distribution::<RustCrypto>::MAX_OUT_LEN];
        let mut after = Vec::new();
        for action in self.distribution.handle(event, self.now, &mut self.rng, &mut out).unwrap() {
            match action {
                DistributionAction::MulticastMikey(octets) => {
                    self.bearer.push(Datagram::Mikey(octets.to_vec()));
                }
                DistributionAction::MulticastMbcp(octets) => {
                    self.bearer.push(Datagram::Mbcp(octets.to_vec()))
                }
                DistributionAction::Bearer(BearerAction::Stored(name)) => {
                    after.push(SessionEvent::BcastStored(name));
                }
                DistributionAction::Bearer(BearerAction::Switched(name)) => {
                    after.push(SessionEvent::BcastSwitched(name))
                }
                _ => {}
            }
        }
        for event in after {
            self.session(event);
        }
    }

    /// Lets time pass at the server and at the distribution.
    pub(crate) fn run(&mut self, ms: u64) {
        let end = self.now.after_millis(ms);
        loop {
            let (server, bearer) = (self.server.session().deadline(), self.distribution.bearer().deadline());
            let next = [server, bearer].into_iter().flatten().min().filter(|at| *at <= end);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            if server == Some(next) {
                self.session(SessionEvent::Timeout);
            } else {
                self.distribute(DistributionEvent::Bearer(BearerEvent::Timeout));
            }
        }
        self.now = end;
    }

    /// The offer that is on its way to this member.
    pub(crate) fn offer(&mut self, at: usize) -> Msks {
        let found = self.offers.iter().position(|(to, _)| *to == at).unwrap();
        self.offers.remove(found).1
    }

    pub(crate) fn confirms(&self, at: usize, did: &[Did]) -> bool {
        let Some(Did::Answer(current, updated)) = did.first() else { panic!("no answer: {did:?}") };
        let row = &self.rows[at];
        let id = MukId { idi: SERVER, idr: row.idr.as_bytes() };
        let user = User { id, muk: &row.muk, counter: row.counter };
        let confirmation = Confirmation { current: current.as_deref(), updated: updated.as_deref() };
        self.server.confirms(&row.leg, &user, &confirmation)
    }

    /// Hands the waiting offer to `terminal` and its answer back.
    pub(crate) fn deliver(&mut self, at: usize, terminal: &mut Terminal) -> Vec<Did> {
        terminal.now = self.now;
        let did = terminal.handle(self.offer(at).event()).unwrap();
        assert!(self.confirms(at, &did));
        self.leg(at, LegEvent::Ok { confirmed: true });
        did
    }

    /// A member that has joined and holds the MTK in use.
    pub(crate) fn joined(&mut self, at: usize) -> Terminal {
        let mut terminal = Terminal::new(u8::try_from(at).unwrap() + 1);
        self.join(at, &mut terminal);
        terminal
    }

    pub(crate) fn join(&mut self, at: usize, terminal: &mut Terminal) {
        self.leg(at, LegEvent::Join);
        self.deliver(at, terminal);
        self.bearer.clear();
        self.run(1_000);
        self.tell(terminal);
        assert!(terminal.reads(self.mki()));
    }

    /// The bearer so far, to `terminal`.
    pub(crate) fn tell(&self, terminal: &mut Terminal) {
        terminal.now = self.now;
        for datagram in &self.bearer {
            let _ = terminal.hear(datagram);
        }
    }

    pub(crate) fn update(&mut self) {
        self.bearer.clear();
        self.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
    }

    /// The datagrams of one kind, oldest first.
    pub(crate) fn mbcp(&self) -> Vec<Datagram> {
        self.bearer.iter().filter(|datagram| matches!(datagram, Datagram::Mbcp(_))).cloned().collect()
    }

    /// The MTK messages under this MSK.
    pub(crate) fn mikey(&self, msk: MskName) -> Vec<Datagram> {
        let under = |octets: &[u8]| {
            castkey::message::MtkMessage::decode(octets, Some(DOMAIN), &castkey::Settings::DEFAULT)
                .is_ok_and(|message| message.msk() == msk)
        };
        let wanted = |datagram: &&Datagram| matches!(datagram, Datagram::Mikey(octets) if under(octets));
        self.bearer.iter().filter(wanted).cloned().collect()
    }

    pub(crate) fn mki(&self) -> Mki {
        self.distribution.traffic().unwrap().0
    }

    /// These APP packets under the MTK in use.
    pub(crate) fn protect(&mut self, plain: &[u8]) -> Vec<u8> {
        let mut out = [0; MAX_DATAGRAM_LEN];
        self.distribution.protect_mbcp(plain, &mut out).unwrap().to_vec()
    }
}

/// An MSK message to member 1 with this key, counter and list of protocols.
pub(crate) fn msk_message(name: MskName, key: u8, counter: u32, sdp_ids: Option<&[u8]>, v: bool) -> Vec<u8> {
    const NO_POLICIES: &[Policy<'_>] = &[];
    let idr = idr(1);
    let address = MskAddress {
        name,
        counter: Counter(counter),
        csb: CsbId(0),
        rand: MskRand::new(&[key; 16]).unwrap(),
        muk_id: MukId { idi: SERVER, idr: idr.as_bytes() },
        v,
        algorithms: Algorithms::SHA1,
        policies: NO_POLICIES,
        sessions: None,
        sdp_ids,
    };
    let (msk, settings) = (Msk::new(Secret::new([key; 16])), castkey::Settings::DEFAULT);
    let mut out = [0; 512];
    seal_msk(&address, &msk, MtkId(0), MtkId(0xFFFF), &muk(1), &settings, &mut out).unwrap().to_vec()
}
