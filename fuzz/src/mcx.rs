//! A server with room for two users, two clients, and between them a network that loses, repeats and reorders, and in which
//! somebody with keys of his own reads, changes and adds.
//!
//! | must hold | where |
//! |---|---|
//! | what is refused changes nothing | server and its table, clients |
//! | a key ID belongs to one user at most | table |
//! | what is accepted was made by whom it is taken for, for whom it is taken by, and brings his key | server, clients |
//! | a message is accepted once, whatever its signature | server, clients |
//! | no algorithm outside the policy is used, no selection outside the offer | server, clients |
//! | whoever holds the same key last goes on with the same algorithm | server and client |
//! | with nothing lost, and nothing under way, each can read what the other sends with its CSK | server and client |

mod air;
mod attack;
mod sent;

use std::collections::{BTreeSet, HashMap, HashSet};

use castkey::keys::KeyId;
use castkey::mcx::{
    AlgorithmList, AlgorithmPolicy, CskUpload, HeldKey, McxClient, McxClientAction, McxClientConfig,
    McxClientEvent, McxError, McxServer, McxServerAction, McxServerConfig, McxServerEvent, McxSettings,
    NegotiationEncoding, Ntp64, UserRow,
};

use self::air::Parcel;
use crate::choice::Choices;
use crate::rng::Repeating;
use crate::stub::{ALICE, BOB, KMS, Kms, MALLORY, MDSI, NOW, Someone, Stub, stub_kms, stub_someone};

const USERS: [&[u8]; 3] = [ALICE, BOB, MALLORY];
const IMPUS: [&[u8]; 3] =
    [b"sip:+491@ims.example.org", b"sip:+492@ims.example.org", b"sip:+493@ims.example.org"];
/// Who has no machine of this library.
const ATTACKER: usize = 2;
/// Octets of a signature.
const SIGNATURE: usize = 129;

/// What is known of a message, by its octets without the signature.
#[derive(Clone)]
struct Made {
    /// Who signed it: a user, or the server for `None`.
    by: Option<usize>,
    /// The user it is for; `None` for the server.
    to: Option<usize>,
    id: KeyId,
    key: Option<[u8; 16]>,
    /// What it says is selected.
    selected: Option<u8>,
    /// The algorithm that its maker goes on with.
    algorithm: u8,
    /// The CSK that the server had last when it made it.
    last: Option<KeyId>,
}

struct Client {
    machine: McxClient<2, 8>,
    policy: AlgorithmPolicy,
    /// Its upload under way.
    upload: Option<u64>,
    /// The CSK that it installed last.
    last: Option<KeyId>,
    /// Whether the server knows the algorithm of that one: a download that says nothing of it, to a client that knows
    /// nothing of an upload that counted, leaves it open.
    is_agreed: bool,
}

struct World {
    kms: [Kms<Stub>; 2],
    people: [Someone<Stub>; 3],
    home: Someone<Stub>,
    server: McxServer<8, 1>,
    policy: AlgorithmPolicy,
    encoding: NegotiationEncoding,
    rows: [UserRow; 2],
    clients: [Client; 2],
    /// The CSK of each user that the server installed last, and the download that it waits for.
    bound: [(Option<KeyId>, Option<u64>); 3],
    /// Whose messages or answers were lost, repeated, or delivered by somebody else, or whose end was started anew.
    disturbed: [bool; 3],
    musiks: Vec<HeldKey>,
    air: Vec<Parcel>,
    /// Everything that was sent.
    heard: Vec<Vec<u8>>,
    made: HashMap<Vec<u8>, Made>,
    /// Who took what: a client, or the server for `None`.
    taken: HashSet<(Option<usize>, Vec<u8>)>,
    ids: BTreeSet<KeyId>,
    transaction: u64,
    rng: Repeating,
    now: Ntp64,
}

/// Events for a server and its clients. See the module for what must hold after each of them.
pub fn mcx_events(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let Some(mut world) = World::new(&mut choices) else { return };
    while world.operation(&mut choices).is_some() {
        world.check();
    }
}

fn policy(octet: u8) -> AlgorithmPolicy {
    let [supported, floor]: [&[u8]; 2] = match octet % 5 {
        0 => [&[1], &[1]],
        1 => [&[2, 1], &[1, 2]],
        2 => [&[1, 2, 200], &[1, 2, 200]],
        3 => [&[2, 1], &[2, 1, 9]],
        _ => [&[2, 200, 1], &[1, 2]],
    };
    let [supported, floor] = [supported, floor].map(|ids| AlgorithmList::new(ids).unwrap());
    AlgorithmPolicy { supported, default: 1, floor, strict_preference: octet & 0x80 != 0 }
}

impl World {
    fn new(choices: &mut Choices<'_>) -> Option<Self> {
        let flags = choices.octet()?;
        let encoding = match flags % 3 {
            0 => NegotiationEncoding::Extension,
            1 => NegotiationEncoding::SignallingAlgorithm,
            _ => NegotiationEncoding::SpParameters,
        };
        let settings =
            McxSettings { encoding, emit_signalling_algorithm: flags & 0x80 != 0, ..McxSettings::DEFAULT };
        let algorithms = policy(choices.octet()?);
        let octets = [choices.octet()?, choices.octet()?];
        let clients = octets.map(|octet| {
            let policy = policy(octet);
            let config = McxClientConfig { settings, algorithms: policy, no_offer: octet & 0x40 != 0 };
            Client { machine: McxClient::new(config), policy, upload: None, last: None, is_agreed: true }
        });
        let config = McxServerConfig { settings, algorithms, ..McxServerConfig::default() };
        let mut world = Self {
            kms: stub_kms(),
            people: USERS.map(stub_someone),
            home: stub_someone(MDSI),
            server: McxServer::new(config),
            policy: algorithms,
            encoding,
            rows: [(); 2].map(|()| UserRow::default()),
            clients,
            bound: [(None, None); 3],
            disturbed: [false; 3],
            musiks: Vec::new(),
            air: Vec::new(),
            heard: Vec::new(),
            made: HashMap::new(),
            taken: HashSet::new(),
            ids: BTreeSet::new(),
            transaction: 0,
            rng: Repeating::default(),
            now: NOW,
        };
        for at in 0..2 {
            world.client(at, McxClientEvent::Register { mdsi: MDSI, kms: KMS }, |_| ()).unwrap();
        }
        Some(world)
    }

    fn operation(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        let kind = choices.below(20)?;
        match kind {
            0..=2 => self.deliver(choices.octet()?, false),
            3 => self.deliver(choices.octet()?, true),
            4 => self.lose(choices.octet()?),
            5 => (0..self.air.len()).for_each(|_| self.deliver(0, false)),
            6 => self.now = self.now.after_s(choices.below(4)?.into()),
            7 => self.now = self.now.after_s(choices.octet()?.into()),
            // A clock that is set back a little.
            8 => self.now.seconds -= u64::from(choices.below(6)?),
            9 | 10 => self.upload(usize::from(choices.below(2)?), choices)?,
            11 => match usize::from(choices.below(4)?) {
                at @ (0 | 1) => self.gives_up(at),
                at => self.server_gives_up(at - 2),
            },
            12 => self.redirected(usize::from(choices.below(2)?), choices)?,
            13 | 14 => self.send_csk(usize::from(choices.below(3)?), choices)?,
            15 => self.send_musik(choices)?,
            16 => self.logs_off(choices.below(8)?),
            _ => self.attack(choices)?,
        }
        Some(())
    }

    /// Gives a client an event; what it refuses has changed nothing.
    fn client<T>(
        &mut self, at: usize, event: McxClientEvent<'_>, f: impl FnOnce(McxClientAction<'_>) -> T,
    ) -> Result<T, McxError> {
        let before = self.client_state(at);
        let mut out = [0; 4096];
        let Self { kms, people, clients, rng, now, .. } = self;
        let result = people[at].with(kms, |own| {
            let handled = clients[at].machine.handle(event, own, *now, rng, &mut out);
            handled.map(f).map_err(|refused| refused.error())
        });
        if result.is_err() {
            assert_eq!(self.client_state(at), before, "a refused event changed the client");
        }
        result
    }

    /// Gives the server an event; what it refuses has changed nothing.
    fn server<T>(
        &mut self, event: McxServerEvent<'_>, f: impl FnOnce(McxServerAction<'_>) -> T,
    ) -> Result<T, McxError> {
        let before = self.server_state();
        let mut out = [0; 4096];
        let Self { kms, home, server, rows, rng, now, .. } = self;
        // The other KMS is none of the server's.
        let result = home.with(&kms[..1], |own| {
            let handled = server.handle(event, own, rows.as_mut_slice(), *now, rng, &mut out);
            handled.map(f).map_err(|refused| refused.error())
        });
        if result.is_err() {
            assert_eq!(self.server_state(), before, "a refused event changed the table");
        }
        result
    }

    fn client_state(&self, at: usize) -> String {
        let machine = &self.clients[at].machine;
        let keys: Vec<_> = self.ids.iter().map(|id| seen(machine.key(*id, self.now))).collect();
        format!("{machine:?} {:?} {keys:?}", seen(machine.csk(self.now)))
    }

    fn server_state(&self) -> String {
        let keys = self.rows.iter().flat_map(|row| {
            let under = |id: &KeyId| seen(self.server.received_under(row, *id, self.now));
            self.ids.iter().map(under).chain([seen(self.server.csk(row, self.now))])
        });
        format!("{:?} {:?}", self.rows, keys.collect::<Vec<_>>())
    }

    fn row(&self, user: usize) -> Option<&UserRow> {
        self.rows.iter().find(|row| row.user() == Some(USERS[user]))
    }

    fn logs_off(&mut self, which: u8) {
        match which {
            0 | 1 => {
                let at = usize::from(which);
                self.disturbed[at] = true;
                self.client(at, McxClientEvent::LogOff, |_| ()).unwrap();
                self.clients[at].last = None;
                self.clients[at].upload = None;
                for id in &self.ids {
                    assert!(self.clients[at].machine.key(*id, self.now).is_err(), "a key outlives its user");
                }
            }
            2 | 3 => {
                let at = usize::from(which - 2);
                let _ = self.client(at, McxClientEvent::Register { mdsi: MDSI, kms: KMS }, |_| ());
            }
            _ => {
                let at = usize::from(which) % USERS.len();
                self.disturbed[at] = true;
                self.server(McxServerEvent::LogOff { user: USERS[at] }, |_| ()).unwrap_or_default();
                self.bound[at] = (None, None);
                assert!(self.row(at).is_none());
            }
        }
    }

    /// The server says whether it takes an upload of `user`, as SIP names him.
    fn arrives(&mut self, user: usize, octets: &[u8]) -> bool {
        let upload = CskUpload { octets, impu: IMPUS[user], user: USERS[user], sdp_ids: None };
        let bound = self.server(McxServerEvent::Upload(upload), |action| match action {
            McxServerAction::CskBound { id, algorithm, .. } => (id, algorithm),
            other => panic!("{other:?}"),
        });
        let Ok((id, algorithm)) = bound else { return false };
        let made = self.accepted(None, octets);
        assert_eq!((made.by, made.to, made.id), (Some(user), None, id), "somebody else's message");
        assert!(self.policy.allows(algorithm));
        let row = self.row(user).expect("a row of whom was bound");
        assert!(row.has_csk(id));
        if let Ok(key) = self.server.received_under(row, id, self.now) {
            assert_eq!(Some(*key.key().secret().expose()), made.key, "another key");
            assert_eq!(key.algorithm(), algorithm);
        }
        if user != ATTACKER {
            assert_eq!(algorithm, made.algorithm, "client and server go on with different algorithms");
        }
        self.bound[user].0 = Some(id);
        true
    }

    /// A client says whether it takes a download.
    fn downloads(&mut self, at: usize, octets: &[u8]) -> bool {
        let event = McxClientEvent::Download { octets, sdp_ids: None };
        let before = self.clients[at].last;
        let stored = self.client(at, event, |action| match action {
            McxClientAction::CskStored { id, algorithm, .. } => (id, algorithm, true),
            McxClientAction::MuSikStored { id, algorithm, .. } => (id, algorithm, false),
            other => panic!("{other:?}"),
        });
        let Ok((id, algorithm, is_csk)) = stored else { return false };
        let made = self.accepted(Some(at), octets);
        assert_eq!((made.by, made.to, made.id), (None, Some(at), id), "somebody else's message");
        let client = &mut self.clients[at];
        if is_csk {
            client.last = Some(id);
        }
        if let (Ok(key), Some(made)) = (client.machine.key(id, self.now), made.key) {
            assert_eq!(*key.key().secret().expose(), made, "another key");
            assert_eq!(key.algorithm(), algorithm);
        }
        assert!(client.policy.allows(algorithm), "{algorithm} is outside the policy");
        if let Some(selected) = made.selected {
            assert_eq!(algorithm, selected);
            client.is_agreed |= is_csk;
        } else if client.is_agreed && before == made.last && client.upload.is_none() {
            assert!(
                made.algorithm == 0 || made.algorithm == algorithm,
                "{algorithm} against {}",
                made.algorithm
            );
            // What the server will bind.
            self.made.get_mut(content(octets)).expect("a message that was made").algorithm = algorithm;
        } else {
            client.is_agreed &= !is_csk;
        }
        true
    }

    /// Notes that a message was taken, for the first time, and says who made it.
    fn accepted(&mut self, by: Option<usize>, octets: &[u8]) -> Made {
        let content = content(octets);
        let made = self.made.get(content).expect("a message that nobody made is accepted").clone();
        assert!(self.taken.insert((by, content.to_vec())), "a message is accepted twice");
        made
    }

    fn note(&mut self, octets: &[u8], made: Made) {
        self.ids.insert(made.id);
        self.heard.push(octets.to_vec());
        let again = self.made.insert(content(octets).to_vec(), made);
        assert!(again.is_none(), "two messages are the same");
    }

    fn check(&self) {
        for id in &self.ids {
            let owners = self.rows.iter().filter(|row| row.has_csk(*id)).count();
            assert!(owners <= 1, "{id:?} belongs to {owners} users");
        }
        for (at, row) in self.rows.iter().enumerate() {
            let others = &self.rows[at + 1..];
            assert!(row.user().is_none() || others.iter().all(|other| other.user() != row.user()));
            let impu = USERS.iter().position(|user| Some(*user) == row.user()).map(|at| IMPUS[at]);
            assert_eq!(row.impu(), impu);
        }
        for client in &self.clients {
            if let Ok(key) = client.machine.csk(self.now) {
                assert!(client.policy.allows(key.algorithm()));
                assert_eq!(key.check(self.now), Ok(()));
            }
        }
        for (at, client) in self.clients.iter().enumerate() {
            let is_quiet = !self.disturbed[at]
                && client.upload.is_none()
                && self.bound[at].1.is_none()
                && !self.air.iter().any(|parcel| parcel.user() == at);
            let Some(row) = self.row(at).filter(|_| is_quiet) else { continue };
            if let Ok(key) = client.machine.csk(self.now) {
                let read = self.server.received_under(row, key.id(), self.now);
                assert_eq!(seen(read), seen(Ok(key)), "the server cannot read the client");
            }
            if let Ok(key) = self.server.csk(row, self.now) {
                let read = client.machine.key(key.id(), self.now);
                assert_eq!(seen(read), seen(Ok(key)), "the client cannot read the server");
            }
        }
    }
}

/// What shows of a key that is or is not there.
fn seen(key: Result<&HeldKey, McxError>) -> Result<(KeyId, [u8; 16], u8), McxError> {
    key.map(|key| (key.id(), *key.key().secret().expose(), key.algorithm()))
}

fn content(octets: &[u8]) -> &[u8] {
    &octets[..octets.len().saturating_sub(SIGNATURE)]
}
