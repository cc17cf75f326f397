//! Whether a million users cost a hundred times what ten thousand cost.

use core::hint::black_box;
use std::time::Instant;

use castkey::id::{Counter, MtkId};
use castkey::keys::Muk;
use castkey::message::seal_msk;

use crate::fixture::{self, SETTINGS};

const FEW: usize = 10_000;
const MANY: usize = 1_000_000;

/// One user's row: his MUK as a database keeps it.
fn rows(count: usize) -> Vec<[u8; 32]> {
    (0..count)
        .map(|i| {
            let mut muk = fixture::MUK_OCTETS;
            muk[..8].copy_from_slice(&i.to_be_bytes());
            muk
        })
        .collect()
}

/// Nanoseconds a message, one message for every row.
fn push(rows: &[[u8; 32]]) -> f64 {
    let msk = fixture::msk();
    let mut out = [0; 256];
    let start = Instant::now();
    for (counter, row) in (0u32..).zip(rows) {
        let muk = Muk::from_octets(row).unwrap();
        let address = castkey::message::MskAddress { counter: Counter(counter), ..fixture::address(0, true) };
        let sealed = seal_msk(&address, &msk, MtkId(0), MtkId(9), &muk, &SETTINGS, &mut out);
        black_box(sealed.unwrap());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(u32::try_from(rows.len()).unwrap())
}

pub(crate) fn print() {
    let (few, many) = (rows(FEW), rows(MANY));
    let mut small: Vec<f64> = (0..25).map(|_| push(&few)).collect();
    let large = push(&many);
    small.extend((0..25).map(|_| push(&few)));
    small.sort_by(f64::total_cmp);
    let small = small[small.len() / 2];
    let met = if large <= small * 1.1 { "met" } else { "MISSED" };
    println!(
        "{FEW} users: {small:.0} ns a message; {MANY} users: {large:.0} ns; ratio {:.3} (target <= 1.1: {met})",
        large / small
    );
}
