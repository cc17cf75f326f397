//! SAKKE on both profiles, in microseconds and in multiples of OpenSSL's 1024-bit Montgomery multiplication (Mo), compiled here
//! when its headers are installed.
//!
//! All operations and the peer take turns in one run; each figure is the best of many turns, which a busy machine disturbs
//! least.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, missing_docs, reason = "a bench")]

use core::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use castkey::sakke::{
    DEVICE_POINT_TABLE_LEN, Decapsulator, Device, Encapsulator, KmsMasterSecret, Profile, SED_LEN,
    SERVER_GENERATOR_TABLE_LEN, SERVER_POINT_TABLE_LEN, SERVER_RSK_TABLE_LEN, SSV_LEN, SakkeDecapsulate,
    SakkeEncapsulate, Server, Ssv,
};
use castkey::secret::Secret;
use comfy_table::{Cell, CellAlignment, Table};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const ROUNDS: usize = 60;
/// Preparing takes a hundred times as long as the rest.
const SLOW_ROUNDS: usize = 4;

/// What `run` takes of a processor, where the system tells (it counts whenever the thread gives way), so that neighbours on a
/// busy machine cost nothing; and of the clock on the wall elsewhere.
fn nanoseconds(run: &mut dyn FnMut()) -> f64 {
    let on_processor = || -> Option<f64> {
        std::thread::yield_now();
        std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
    };
    let (before, start) = (on_processor(), Instant::now());
    run();
    let elapsed = start.elapsed().as_nanos() as f64;
    before.and_then(|before| Some(on_processor()? - before)).unwrap_or(elapsed)
}

/// OpenSSL in a process of its own, which answers when asked.
struct Peer {
    child: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
}

impl Peer {
    /// None where there is no compiler or no library.
    fn start() -> Option<Self> {
        let program = format!("{}/openssl_montgomery", env!("CARGO_TARGET_TMPDIR"));
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/openssl_montgomery.c");
        let compiled = Command::new("cc").args(["-O2", source, "-o", &program, "-lcrypto"]).status().ok()?;
        compiled.success().then_some(())?;
        let mut child = Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let (ask, answer) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        Some(Self { child, ask, answer })
    }

    /// Nanoseconds of one multiplication now.
    fn now(&mut self) -> Option<f64> {
        self.ask.write_all(b".").ok()?;
        let mut line = String::new();
        self.answer.read_line(&mut line).ok()?;
        line.trim().parse().ok()
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        drop((self.child.kill(), self.child.wait()));
    }
}

struct Case {
    name: String,
    /// The most it should take, in Mo.
    aim: Option<f64>,
    rounds: usize,
    run: Box<dyn FnMut()>,
    best: f64,
}

/// Memory that is never freed: the tables are as large as a stack.
fn leaked<T>(value: T) -> &'static mut T {
    Box::leak(Box::new(value))
}

/// The operations of one profile with their aims: encapsulate, decapsulate, validate.
fn cases<P: Profile>(profile: &str, aims: [f64; 3]) -> Vec<Case> {
    let mut rng = StdRng::seed_from_u64(1);
    let mut identity = [0; 32];
    rng.fill_bytes(&mut identity);
    let master = KmsMasterSecret::generate(&mut rng).unwrap();
    let z = leaked(master.public_key());
    let rsk = leaked(master.extract(&identity).unwrap());
    let sender = leaked(Encapsulator::<P>::blank());
    sender.prepare(z);
    let receiver = leaked(Decapsulator::<P>::blank());
    receiver.prepare(z, &identity, rsk).unwrap();
    let (sender, receiver, z, rsk) = (&*sender, &*receiver, &*z, &*rsk);

    // A few different ones in turn, so that nothing is learnt by heart.
    let mut sed = [0; SED_LEN];
    let seds: Vec<_> = (0..8)
        .map(|_| {
            let mut octets = [0; SSV_LEN];
            rng.fill_bytes(&mut octets);
            let ssv = Ssv::new(Secret::new(octets));
            sender.encapsulate(&ssv, &identity, &mut sed).unwrap();
            (ssv, sed)
        })
        .collect();
    let seds = &*leaked(seds);
    let (mut sent, mut opened) = (seds.iter().cycle(), seds.iter().cycle());
    let case = |name: &str, aim, rounds, run: Box<dyn FnMut()>| Case {
        name: format!("{profile}: {name}"),
        aim,
        rounds,
        run,
        best: f64::INFINITY,
    };
    let [encapsulate, decapsulate, validate] = aims.map(Some);
    let (other_sender, other_receiver) =
        (leaked(Encapsulator::<P>::blank()), leaked(Decapsulator::<P>::blank()));
    vec![
        case(
            "encapsulate",
            encapsulate,
            ROUNDS,
            Box::new(move || {
                sender.encapsulate(black_box(&sent.next().unwrap().0), &identity, &mut sed).unwrap();
            }),
        ),
        case(
            "decapsulate, with the check",
            decapsulate,
            ROUNDS,
            Box::new(move || {
                let (_, sed) = opened.next().unwrap();
                black_box(receiver.decapsulate(black_box(sed), &identity).unwrap());
            }),
        ),
        case("validate RSK", validate, ROUNDS, Box::new(move || receiver.validate(black_box(z)).unwrap())),
        case("prepare for Z", None, SLOW_ROUNDS, Box::new(move || other_sender.prepare(black_box(z)))),
        case(
            "prepare and validate an RSK",
            None,
            SLOW_ROUNDS,
            Box::new(move || {
                other_receiver.prepare(z, &identity, black_box(rsk)).unwrap();
            }),
        ),
    ]
}

fn verdict(ratio: f64, aim: f64) -> String {
    if ratio <= aim { "met".to_owned() } else { format!("missed by {:.1} %", (ratio / aim - 1.0) * 100.0) }
}

fn main() {
    let mut cases = cases::<Server>("Server", [4_000.0, 10_000.0, 9_000.0]);
    cases.extend(self::cases::<Device>("Device", [7_000.0, 31_000.0, 30_000.0]));
    if std::env::args().any(|argument| argument == "--test") {
        cases.iter_mut().for_each(|case| (case.run)());
        return;
    }
    let mut peer = Peer::start();
    let mut mo: Option<f64> = None;
    for round in 0..ROUNDS {
        for case in cases.iter_mut().filter(|case| round < case.rounds) {
            if let Some(now) = peer.as_mut().and_then(Peer::now) {
                mo = Some(mo.map_or(now, |best| best.min(now)));
            }
            case.best = case.best.min(nanoseconds(&mut case.run));
        }
    }

    let mut table = Table::new();
    table.set_header(["operation", "us", "Mo", "aim", ""]);
    for case in &cases {
        let ratio = mo.map(|mo| case.best / mo);
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            Cell::new(&case.name),
            right(format!("{:.1}", case.best / 1e3)),
            right(ratio.map_or(String::new(), |ratio| format!("{ratio:.0}"))),
            right(case.aim.map_or(String::new(), |aim| format!("{aim:.0}"))),
            Cell::new(ratio.zip(case.aim).map_or(String::new(), |(ratio, aim)| verdict(ratio, aim))),
        ]);
    }
    println!("{table}");
    match mo {
        Some(mo) => println!("Mo, one BN_mod_mul_montgomery of 1024 bits: {mo:.1} ns"),
        None => println!("no OpenSSL to compare with"),
    }
    println!(
        "octets of tables: Server {SERVER_POINT_TABLE_LEN} a point, {SERVER_GENERATOR_TABLE_LEN} for g, {SERVER_RSK_TABLE_LEN} an RSK"
    );
    println!("octets of tables: Device {DEVICE_POINT_TABLE_LEN} a point, none for an RSK; P and g constant");
    println!(
        "octets in all: Encapsulator {} and {}, Decapsulator {} and {}",
        size_of::<Encapsulator<Server>>(),
        size_of::<Encapsulator<Device>>(),
        size_of::<Decapsulator<Server>>(),
        size_of::<Decapsulator<Device>>()
    );
}
