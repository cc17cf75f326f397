//! A session of thirty clients on a virtual clock, with real keys: datagrams are lost, delayed and overtaken; clients join,
//! leave and are expelled, several in a row.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

#[path = "poc_simulation/member.rs"]
mod member;
#[path = "poc_simulation/world.rs"]
mod world;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use member::Count;
use world::{Step, Weather, World};

const SEEDS: u64 = 1_000;
const CLIENTS: u32 = 30;

/// One run: a session of 40 s, and as long as it takes until the last update is over.
fn run(seed: u64) -> (Count, u32, u32) {
    let mut script = StdRng::seed_from_u64(seed ^ 0x5EED);
    let weather = Weather {
        loss: u32::try_from(seed % 7 * 5).unwrap(),
        jitter_ms: [5, 50, 200, 500][usize::try_from(seed % 4).unwrap()],
    };
    let mut world = World::new(seed, CLIENTS, weather);
    for _ in 0..script.random_range(2..=4) {
        world.plan(script.random_range(3_000..25_000), Step::Join);
        world.plan(script.random_range(3_000..25_000), Step::Leave);
    }
    // Expulsions in a row, from some seconds apart to a few milliseconds.
    let mut at = script.random_range(4_000..12_000);
    for _ in 0..script.random_range(1..=6) {
        world.plan(at, Step::Expel);
        let gap = [50, 400, 1_500, 6_000][script.random_range(0..4)];
        at += script.random_range(1..=gap);
    }
    world.run(40_000);
    let mut end = 40_000;
    while (world.exclusion_pending() || world.stranded() > 0) && end < 400_000 {
        end += 5_000;
        world.run(end);
    }
    assert_eq!(world.stranded(), 0, "seed {seed}: a member never came to read");
    assert!(!world.leaks(), "seed {seed}: somebody who is out reads");
    (world.finish(), world.updates, world.aborted)
}

/// Covers: R-POC-2, R-POC-3, R-KM-11, D-5
/// Code: src/poc/server.rs, src/poc/distribution.rs, src/poc/client.rs
#[test]
fn nobody_entitled_loses_a_packet_he_has_the_key_of_and_nobody_expelled_reads() {
    let (mut total, mut updates, mut aborted) = (Count::default(), 0, 0);
    for seed in 0..SEEDS {
        let (count, done, given_up) = run(seed);
        assert_eq!(count.leaked, 0, "seed {seed}: {count:?}");
        assert_eq!(count.lost_with_key, 0, "seed {seed}: {count:?}");
        total.add(&count);
        updates += done;
        aborted += given_up;
    }
    println!("{SEEDS} seeds, {updates} updates, {aborted} aborted: {total:#?}");
    assert!(updates > 2_000 && total.decrypted > 3_000_000 && total.read_before_switch > 1_000);
}
