//! One update of a channel with its messages: what `Server` takes beyond sealing an MSK message and verifying the answer.
//!
//! Members come in blocks. For each block the same messages are sealed by the server and by `seal_msk` alone, and the
//! same answers verified by the server and alone, in turns; the differences are what the server adds.

use std::time::Instant;

use castkey::id::{Counter, CsbId, MskName, MtkId};
use castkey::keys::{Algorithms, Msk, MskRand, Muk, MukId, PreSharedKey, Protection};
use castkey::message::{
    MskAddress, MskMessage, Sent, VerificationMessage, carried_csb, seal_msk, seal_verification,
};
use castkey::poc::{
    Confirmation, Leg, LegEvent, PolicyEvent, Progress, Server, ServerAction, ServerConfig, SessionEvent,
};
use castkey::role::User;
use castkey::settings::Settings;
use castkey::time::Tick;
use castkey::wire::{MAX_MSK_MESSAGE_LEN, PrfFunc, Timestamp};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::common::{Targets, median};
use crate::update::{DOMAIN, GROUPS};

const MEMBERS: usize = 20_000;
const BLOCK: usize = 500;

const SETTINGS: Settings = Settings::DEFAULT;
const ID: MukId<'static> =
    MukId { idi: b"pf.home1.net\x01\0\0\0\x01", idr: b"oKGio6SlpqeoqaqrrK2urw==@bsf.home1.net" };

/// A member's row. All have one MUK here, scheduled as a server would keep it: only its price counts.
#[derive(Clone, Copy, Default)]
struct Row {
    leg: Leg,
    counter: Option<Counter>,
}

struct Channel {
    server: Server,
    muk: Muk,
    rows: Vec<Row>,
    rng: StdRng,
    out: Vec<u8>,
    now: Tick,
}

/// Long after the members came: who has confirmed an MSK of late is reminded of it with the next.
const LATER: Tick = Tick::from_millis(3_600_000);

impl Channel {
    fn new() -> Self {
        let mut rng = StdRng::seed_from_u64(7);
        let server = Server::new(ServerConfig::default(), DOMAIN, GROUPS, &mut rng).unwrap();
        let muk = Muk::from_octets(&[0x4B; 32]).unwrap();
        let rows = vec![Row::default(); MEMBERS];
        let (out, now) = (vec![0; 2 * MAX_MSK_MESSAGE_LEN], Tick::from_millis(0));
        let mut channel = Self { server, muk, rows, rng, out, now };
        let _ = channel.server.handle(SessionEvent::BearerReset, now, &mut channel.rng).unwrap();
        for at in 0..MEMBERS {
            channel.leg(at, LegEvent::Join);
            channel.leg(at, LegEvent::Ok { confirmed: true });
        }
        channel.now = LATER;
        channel
    }

    /// One event of one member; the length of the one message for him, which then stands in `out`.
    fn leg(&mut self, at: usize, event: LegEvent) -> Option<usize> {
        let row = &mut self.rows[at];
        let user = User { id: ID, muk: &self.muk, counter: row.counter };
        let actions = self
            .server
            .handle_leg(&mut row.leg, &user, event, self.now, &mut self.rng, &mut self.out)
            .unwrap();
        let mut len = None;
        for action in actions {
            match action {
                ServerAction::SaveCounter(counter) => row.counter = Some(counter),
                ServerAction::DeliverMsk { current: None, updated: Some(octets) } => len = Some(octets.len()),
                _ => {}
            }
        }
        len
    }

    /// What the member's client answers.
    fn answer(&self, message: &[u8]) -> Vec<u8> {
        let message = MskMessage::decode(message, &SETTINGS).unwrap();
        let opened = message.open(&self.muk, None, None, &SETTINGS).unwrap();
        seal_verification(message.psk(), &opened.keys, &SETTINGS, &mut [0; 512]).unwrap().to_vec()
    }
}

/// Nanoseconds that `run` takes for each member of the block.
fn timed(block: core::ops::Range<usize>, mut run: impl FnMut(usize)) -> f64 {
    let members = f64::from(u32::try_from(block.len()).unwrap());
    let start = Instant::now();
    block.for_each(&mut run);
    start.elapsed().as_secs_f64() * 1e9 / members
}

/// Medians over the blocks: sealing by the server and alone, verifying by the server and alone.
fn measure() -> [f64; 4] {
    let mut c = Channel::new();
    let _ = c.server.handle(SessionEvent::Trigger(PolicyEvent::AdminRequest), c.now, &mut c.rng).unwrap();
    let name = c.server.session().coming().unwrap();
    let entry = c.server.msk(name).unwrap();
    let (msk, rand) = (Msk::new(entry.msk().secret().duplicate()), *entry.rand().unwrap());
    let mut samples = [const { Vec::new() }; 4];
    for first in (0..MEMBERS).step_by(BLOCK) {
        let block = first..first + BLOCK;
        let mut messages = (0..BLOCK).map(|_| Vec::with_capacity(MAX_MSK_MESSAGE_LEN)).collect::<Vec<_>>();
        samples[0].push(timed(block.clone(), |at| {
            let len = c.leg(at, LegEvent::Deliver).expect("a message for every member");
            messages[at - first].extend_from_slice(&c.out[..len]);
        }));
        let mut alone = (0..BLOCK).map(|_| Vec::with_capacity(MAX_MSK_MESSAGE_LEN)).collect::<Vec<_>>();
        let mut out = [0; MAX_MSK_MESSAGE_LEN];
        samples[1].push(timed(block.clone(), |at| {
            let counter = c.rows[at].counter.unwrap();
            let sealed = seal(name, counter, rand, &msk, &c.muk, &mut out);
            alone[at - first].extend_from_slice(sealed);
        }));
        assert!(messages == alone, "the floor is another message");
        let answers: Vec<Vec<u8>> = messages.iter().map(|message| c.answer(message)).collect();
        samples[3].push(timed(block.clone(), |at| {
            assert!(verify(&answers[at - first], name, c.rows[at].counter.unwrap(), rand, &c.muk));
        }));
        samples[2].push(timed(block, |at| {
            let user = User { id: ID, muk: &c.muk, counter: c.rows[at].counter };
            let confirmation = Confirmation { current: None, updated: Some(&answers[at - first]) };
            assert!(c.server.confirms(&c.rows[at].leg, &user, &confirmation));
            c.leg(at, LegEvent::Ok { confirmed: true });
        }));
    }
    let _ = c.server.handle(SessionEvent::BcastStored(name), c.now, &mut c.rng).unwrap();
    assert_eq!(c.server.session().progress(), Progress::Indicated);
    samples.map(median)
}

fn seal<'o>(
    name: MskName, counter: Counter, rand: MskRand, msk: &Msk, muk: &Muk, out: &'o mut [u8],
) -> &'o [u8] {
    let address = MskAddress {
        name,
        counter,
        csb: CsbId(0),
        rand,
        muk_id: ID,
        v: true,
        algorithms: Algorithms::SHA1,
        policies: &[],
        sessions: None,
        sdp_ids: Some(b"mikey"),
    };
    seal_msk(&address, msk, MtkId(0), MtkId(0xFFFF), muk, &SETTINGS, out).unwrap()
}

/// What nobody who verifies an answer can do without.
fn verify(answer: &[u8], name: MskName, counter: Counter, rand: MskRand, muk: &Muk) -> bool {
    let message = VerificationMessage::decode(answer).unwrap();
    let (algorithms, csb) = (Algorithms::SHA1, carried_csb(name, CsbId(0), &SETTINGS));
    let keys = muk.keys(&Protection { algorithms, csb, rand: rand.octets() }).unwrap();
    let sent =
        Sent { prf: PrfFunc::MIKEY_1, timestamp: Timestamp::Counter(counter), idi: ID.idi, idr: ID.idr };
    message.verify(&sent, &keys).is_ok()
}

pub(crate) fn print() {
    let [deliver, seal, confirm, verify] = measure();
    println!(
        "\none update with its messages, {MEMBERS} members, ns a member: Deliver {deliver:.0}, sealing alone {seal:.0}; \
         Ok with its proof {confirm:.0}, verifying alone {verify:.0}"
    );
    let mut targets = Targets::new();
    targets.at_most(
        "server besides the MIKEY messages, ns a member",
        deliver - seal + confirm - verify,
        100.0,
    );
    targets.print();
}
