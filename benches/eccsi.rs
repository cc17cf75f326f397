//! ECCSI against OpenSSL's ECDSA P-256 (compiled here when its headers are installed) and against `p256`, in one run.
//!
//! Prints the best of many short batches, and each as a multiple of OpenSSL's signature (Es) or verification (Ev) that ran in between.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a bench"
)]

use core::hint::black_box;
use std::process::Command;
use std::time::Instant;

use castkey::sakke::eccsi::hazmat::{self, WordSize};
use castkey::sakke::eccsi::{
    Device, EccsiSign, EccsiVerify, KpakTable, Ksak, Profile, Server, SigningKey, Ssk,
};
use castkey::secret::Secret;
use p256::elliptic_curve::Generate;
use p256::elliptic_curve::ops::{LinearCombination, MulByGeneratorVartime};
use p256::{ProjectivePoint, Scalar};
use rand::SeedableRng;
use rand::rngs::StdRng;

const BATCHES: usize = 300;

/// Nanoseconds of one run: the best of many short batches, which a busy machine disturbs least.
fn time(runs: u32, mut run: impl FnMut()) -> f64 {
    run();
    (0..BATCHES)
        .map(|_| {
            let start = Instant::now();
            (0..runs).for_each(|_| run());
            start.elapsed().as_nanos() as f64 / f64::from(runs)
        })
        .fold(f64::INFINITY, f64::min)
}

/// Nanoseconds of (sign, verify), when there is a compiler and the library.
fn openssl() -> Option<(f64, f64)> {
    let program = format!("{}/openssl_ecdsa", env!("CARGO_TARGET_TMPDIR"));
    {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/openssl_ecdsa.c");
        let compiled = Command::new("cc").args(["-O2", source, "-o", &program, "-lcrypto"]).status().ok()?;
        compiled.success().then_some(())?;
    }
    let out = String::from_utf8(Command::new(&program).output().ok()?.stdout).ok()?;
    let (sign, verify) = out.trim().split_once(' ')?;
    Some((sign.parse().ok()?, verify.parse().ok()?))
}

fn row(name: &str, ns: f64, unit: Option<f64>, name_of_unit: &str) {
    let ratio = unit.map_or(String::new(), |unit| format!("{:6.2} {name_of_unit}", ns / unit));
    println!("{name:40} {:9.2} us {ratio}", ns / 1000.0);
}

fn profile<P: Profile>(name: &str) {
    let peer = openssl();
    let (es, ev) = (peer.map(|(sign, _)| sign), peer.map(|(_, verify)| verify));
    let mut rng = StdRng::seed_from_u64(1);
    let id = b"2011-02\0tel:+447700900123\0";
    let message = [0x5A; 565];
    let ksak = Ksak::<P>::generate(&mut rng).unwrap();
    let keys: Vec<_> = (0u8..16)
        .map(|_| {
            let (ssk, pvt) = ksak.extract(id, &mut rng).unwrap();
            SigningKey::<P>::validate(id, ksak.kpak(), ssk, &pvt).unwrap()
        })
        .collect();
    let mut table = KpakTable::<P>::new();
    let verifier = table.prepare(ksak.kpak()).unwrap();
    let mut signatures = [[0; 129]; 16];
    for (signature, key) in signatures.iter_mut().zip(&keys) {
        key.sign(&message, &mut rng, signature).unwrap();
    }

    println!("{name}: table of G {} octets, of KPAK {} octets", P::G_TABLE_LEN, P::KPAK_TABLE_LEN);
    let mut turn = 0usize;
    row(
        "sign",
        time(4, || {
            turn = (turn + 1) & 15;
            keys[turn].sign(&message, &mut rng, &mut signatures[turn]).unwrap();
        }),
        es,
        "Es",
    );
    row(
        "verify, any signer",
        time(2, || {
            turn = (turn + 1) & 15;
            verifier.verify(id, &message, black_box(&signatures[turn])).unwrap();
        }),
        ev,
        "Ev",
    );
    let (ssk, pvt) = ksak.extract(id, &mut rng).unwrap();
    let (octets, hs) = (*ssk.octets().expose(), hazmat::hs(ksak.kpak(), id, &pvt));
    row(
        "extract",
        time(2, || {
            black_box(ksak.extract(id, &mut rng).unwrap());
        }),
        es,
        "Es",
    );
    row(
        "validate",
        time(2, || {
            SigningKey::<P>::validate(id, ksak.kpak(), Ssk::new(Secret::new(octets)), &pvt).unwrap();
        }),
        ev,
        "Ev",
    );
    row(
        "prepare KPAK",
        time(2, || {
            black_box(KpakTable::<P>::new()).prepare(ksak.kpak()).unwrap();
        }),
        None,
        "",
    );
    let random = Secret::new([9; 32]);
    for size in [WordSize::Bits64, WordSize::Bits32] {
        row(
            &format!("sign, {size:?}"),
            time(2, || {
                black_box(hazmat::sign_hedged::<P>(size, &ssk, &pvt, &hs, &message, &random).unwrap());
            }),
            es,
            "Es",
        );
    }
    if let Some((sign, verify)) = peer {
        println!("OpenSSL: sign {:.2} us, verify {:.2} us\n", sign / 1000.0, verify / 1000.0);
    }
}

fn rustcrypto() {
    let mut rng = StdRng::seed_from_u64(2);
    let scalar = Scalar::try_generate_from_rng(&mut rng).unwrap();
    let point = ProjectivePoint::GENERATOR * scalar;
    row(
        "p256: scalar times G, constant time",
        time(2, || {
            black_box((ProjectivePoint::GENERATOR * black_box(scalar)).to_affine());
        }),
        None,
        "",
    );
    row(
        "p256: a*G + b*K + c*V",
        time(2, || {
            black_box(ProjectivePoint::lincomb(&[
                (ProjectivePoint::GENERATOR, scalar),
                (point, scalar),
                (point + point, scalar),
            ]));
        }),
        None,
        "",
    );
    row(
        "p256: a*G + b*K, variable time",
        time(2, || {
            black_box(ProjectivePoint::mul_by_generator_and_mul_add_vartime(&scalar, &scalar, &point));
        }),
        None,
        "",
    );
    row(
        "p256: scalar inversion",
        time(2, || {
            black_box(black_box(scalar).invert());
        }),
        None,
        "",
    );
}

fn main() {
    profile::<Server>("Server");
    profile::<Device>("Device");
    rustcrypto();
}
