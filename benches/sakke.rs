//! SAKKE on both profiles, in microseconds and in multiples of OpenSSL's 1024-bit Montgomery multiplication (Mo), beside SAKKE
//! and ECCSI of wolfSSL; both are compiled here when their headers are installed.
//!
//! All operations and the peers take turns in one run; each figure is the best of many turns, which a busy machine disturbs
//! least.
#![allow(clippy::unwrap_used, clippy::arithmetic_side_effects, missing_docs, reason = "a bench")]

use core::hint::black_box;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Instant;

use castkey::sakke::eccsi::{EccsiSign, EccsiVerify, KpakTable, Ksak, SIGNATURE_LEN, SigningKey};
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
/// Signatures of as many keys take turns.
const SIGNERS: usize = 16;
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

/// Another library in a process of its own, which answers when asked.
struct Peer {
    /// The library with its version.
    name: String,
    child: Child,
    ask: ChildStdin,
    answer: BufReader<ChildStdout>,
}

impl Peer {
    /// Compiles `benches/NAME.c`; none, and said so, where there is no compiler or no such library.
    fn start(name: &str, library: &str) -> Option<Self> {
        let peer = Self::compiled(name, library);
        if peer.is_none() {
            println!("no {library} to compare with");
        }
        peer
    }

    fn compiled(name: &str, library: &str) -> Option<Self> {
        let program = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
        let source = format!("{}/benches/{name}.c", env!("CARGO_MANIFEST_DIR"));
        let mut compiler = Command::new("cc");
        compiler.args(["-O2", &source, "-o", &program, &format!("-l{library}")]).stderr(Stdio::null());
        compiler.status().ok()?.success().then_some(())?;
        let mut child = Command::new(&program).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
        let (ask, answer) = (child.stdin.take()?, BufReader::new(child.stdout.take()?));
        let mut peer = Self { name: String::new(), child, ask, answer };
        peer.name = peer.line()?;
        Some(peer)
    }

    fn line(&mut self) -> Option<String> {
        let mut line = String::new();
        (self.answer.read_line(&mut line).ok()? != 0).then(|| line.trim().to_owned())
    }

    /// Nanoseconds of its operations now, in the order of its answer; infinite where it gives none.
    fn now<const N: usize>(&mut self) -> [f64; N] {
        let line = self.ask.write_all(b".").ok().and_then(|()| self.line()).unwrap_or_default();
        let mut figures = line.split(' ').map_while(|figure| figure.parse().ok());
        [(); N].map(|()| figures.next().unwrap_or(f64::INFINITY))
    }
}

/// What wolfSSL is asked for, in the order of its answer.
const WOLFSSL: [&str; 6] = [
    "encapsulate, identity of before",
    "encapsulate, new identity",
    "decapsulate",
    "validate RSK",
    "ECCSI sign",
    "ECCSI verify, 16 signers in turn",
];

/// The least of each figure so far.
fn keep_best(best: &mut [f64], now: &[f64]) {
    for (best, now) in best.iter_mut().zip(now) {
        *best = best.min(*now);
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
    /// Operations of one run.
    runs: f64,
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
        runs: 1.0,
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

/// ECCSI, whose aims are those of `benches/eccsi.rs`.
fn eccsi_cases() -> Vec<Case> {
    let mut rng = StdRng::seed_from_u64(2);
    let (identity, message) = ([0x5E; 32], [0x5A; 565]);
    let ksak = Ksak::<Server>::generate(&mut rng).unwrap();
    let mut signature = [0; SIGNATURE_LEN];
    let signed: Vec<_> = (0..SIGNERS)
        .map(|_| {
            let (ssk, pvt) = ksak.extract(&identity, &mut rng).unwrap();
            let key = SigningKey::<Server>::validate(&identity, ksak.kpak(), ssk, &pvt).unwrap();
            key.sign(&message, &mut rng, &mut signature).unwrap();
            (key, signature)
        })
        .collect();
    let signed = &*leaked(signed);
    let verifier = leaked(KpakTable::<Server>::new()).prepare(ksak.kpak()).unwrap();
    let case = |name: &str, run: Box<dyn FnMut()>| Case {
        name: format!("Server: {name}"),
        aim: None,
        rounds: ROUNDS,
        runs: SIGNERS as f64,
        run,
        best: f64::INFINITY,
    };
    vec![
        case(
            "ECCSI sign",
            Box::new(move || {
                for (key, _) in signed {
                    key.sign(black_box(&message), &mut rng, &mut signature).unwrap();
                }
            }),
        ),
        case(
            "ECCSI verify, 16 signers in turn",
            Box::new(move || {
                for (_, signature) in signed {
                    verifier.verify(&identity, black_box(&message), signature).unwrap();
                }
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
    cases.extend(eccsi_cases());
    if std::env::args().any(|argument| argument == "--test") {
        cases.iter_mut().for_each(|case| (case.run)());
        return;
    }
    let (mut openssl, mut wolfssl) =
        (Peer::start("openssl_montgomery", "crypto"), Peer::start("wolfssl_sakke", "wolfssl"));
    let mut mo = [f64::INFINITY];
    let mut others = [f64::INFINITY; WOLFSSL.len()];
    for round in 0..ROUNDS {
        for case in cases.iter_mut().filter(|case| round < case.rounds) {
            if let Some(peer) = &mut openssl {
                keep_best(&mut mo, &peer.now::<1>());
            }
            case.best = case.best.min(nanoseconds(&mut case.run) / case.runs);
        }
        if let Some(peer) = &mut wolfssl {
            keep_best(&mut others, &peer.now::<{ WOLFSSL.len() }>());
        }
    }

    let [mo] = mo;
    let mut table = Table::new();
    table.set_header(["operation", "us", "Mo", "aim", ""]);
    let mut row = |name: &str, best: f64, aim: Option<f64>| {
        let ratio = mo.is_finite().then_some(best / mo);
        let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
        table.add_row([
            Cell::new(name),
            right(format!("{:.1}", best / 1e3)),
            right(ratio.map_or(String::new(), |ratio| format!("{ratio:.0}"))),
            right(aim.map_or(String::new(), |aim| format!("{aim:.0}"))),
            Cell::new(ratio.zip(aim).map_or(String::new(), |(ratio, aim)| verdict(ratio, aim))),
        ]);
    };
    for case in &cases {
        row(&case.name, case.best, case.aim);
    }
    if let Some(peer) = &wolfssl {
        for (name, best) in WOLFSSL.iter().zip(others) {
            row(&format!("{}: {name}", peer.name), best, None);
        }
    }
    println!("{table}");
    if let Some(peer) = &openssl {
        println!("Mo, one BN_mod_mul_montgomery of 1024 bits of {}: {mo:.1} ns", peer.name);
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
