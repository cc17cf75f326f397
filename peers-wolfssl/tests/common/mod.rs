//! What both tests need: the peer or a reason to leave, seeded identities, the published cases.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, reason = "each test uses a part of it")]

use std::env;

use castkey_peers_wolfssl::{Peer, REQUIRE};
use rand::rngs::StdRng;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use serde_json::Value;

/// Random identities in each test.
pub(crate) const IDENTITIES: usize = 200;

/// Master secrets that they are spread over: half of them made by us, half by the peer.
pub(crate) const MASTERS: usize = 4;

/// The peer, or none after saying so where the library may be missing.
pub(crate) fn peer() -> Option<Peer> {
    match Peer::start() {
        Ok(peer) => Some(peer),
        Err(missing) => {
            assert!(env::var_os(REQUIRE).is_none(), "{missing}");
            eprintln!("skipped: {missing}");
            None
        }
    }
}

/// The generator of everything that a test draws.
pub(crate) fn rng(test: &str) -> StdRng {
    let seed = env::var("CASTKEY_WOLFSSL_SEED").map_or(0x6507_6508, |text| text.parse().unwrap());
    println!("{test}: CASTKEY_WOLFSSL_SEED={seed}");
    StdRng::seed_from_u64(seed)
}

pub(crate) fn octets<const N: usize>(rng: &mut StdRng) -> [u8; N] {
    let mut out = [0; N];
    rng.fill_bytes(&mut out);
    out
}

/// Random octets, as many as a draw says.
pub(crate) fn some_octets(rng: &mut StdRng, lengths: std::ops::RangeInclusive<usize>) -> Vec<u8> {
    let mut out = vec![0; rng.random_range(lengths)];
    rng.fill_bytes(&mut out);
    out
}

/// Identities in turn: two UIDs, a text with a period, octets of any length with or without leading zeros.
pub(crate) fn identity(rng: &mut StdRng, number: usize) -> Vec<u8> {
    match number % 5 {
        0 | 1 => octets::<32>(rng).to_vec(),
        2 => format!("2011-02\0tel:+44{:010}\0", rng.random_range(0..10_000_000_000_u64)).into_bytes(),
        3 => [vec![0; rng.random_range(1..=9)], some_octets(rng, 2..=118)].concat(),
        _ => some_octets(rng, 2..=127),
    }
}

/// Another identity of the same length, by one bit that leaves it above 1.
pub(crate) fn neighbour(rng: &mut StdRng, identity: &[u8]) -> Vec<u8> {
    loop {
        let other = flipped(rng, identity, 0..identity.len());
        if other.iter().rev().skip(1).any(|octet| *octet != 0) {
            return other;
        }
    }
}

/// The octets with one bit changed, somewhere in `within`.
pub(crate) fn flipped(rng: &mut StdRng, octets: &[u8], within: std::ops::Range<usize>) -> Vec<u8> {
    let mut out = octets.to_vec();
    out[rng.random_range(within)] ^= 1 << rng.random_range(0..8);
    out
}

/// A file of published cases.
pub(crate) fn vectors(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

pub(crate) fn unhex(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}
