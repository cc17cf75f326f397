//! What an MSK message costs with castkey and with OpenSSL, in one run: `cargo bench -p castkey-peers`.
//!
//! The sides take turns in short batches, so that what slows the machine for a moment slows both. Targets are printed, not
//! asserted: other machines differ.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a benchmark may stop at the first surprise"
)]

use core::hint::black_box;
use std::time::Instant;

use castkey::id::{Counter, CsbId, KeyDomainId, MskId, MskName, MtkId};
use castkey::keys::{Algorithms, Msk, MskRand, Muk, MukId};
use castkey::message::{MskAddress, seal_msk};
use castkey::secret::Secret;
use castkey::settings::Settings;
use castkey_peers::{Address, Kept, KeyedHmac, OneShot, build};
use comfy_table::Table;

const ROUNDS: usize = 200;
const BATCH: u32 = 100;

const MUK: [u8; 32] = [0x4B; 32];
const MSK: [u8; 16] = [0x17; 16];

const ADDRESS: Address<'static> = Address {
    domain: [0x32, 0xF4, 0x51],
    msk_id: [0x68, 0xCA, 0, 1],
    counter: 1,
    rand: [0xF0; 16],
    idi: b"bmsc.home1.net\x01\0\0\0\x01",
    idr: b"oKGio6SlpqeoqaqrrK2urw==@bsf.home1.net",
    interval: (0, 9),
};

fn castkey_seal() -> impl FnMut() {
    let (muk, msk) = (Muk::from_octets(&MUK).unwrap(), Msk::new(Secret::new(MSK)));
    let address = MskAddress {
        sdp_ids: None,
        name: MskName::new(KeyDomainId::new(ADDRESS.domain), MskId::from_octets(ADDRESS.msk_id)),
        counter: Counter(ADDRESS.counter),
        csb: CsbId(0),
        rand: MskRand::new(&ADDRESS.rand).unwrap(),
        muk_id: MukId { idi: ADDRESS.idi, idr: ADDRESS.idr },
        v: true,
        algorithms: Algorithms::SHA1,
        policies: &[],
        sessions: None,
    };
    let mut out = [0; 256];
    move || {
        let address = black_box(&address);
        let sealed = seal_msk(address, &msk, MtkId(0), MtkId(9), &muk, &Settings::DEFAULT, &mut out);
        assert_eq!(black_box(sealed.unwrap()).len(), 165);
    }
}

fn openssl_seal<H: KeyedHmac>() -> impl FnMut() {
    let mut muk = H::new(&MUK).unwrap();
    move || {
        assert_eq!(black_box(build(black_box(&ADDRESS), &MSK, &mut muk).unwrap()).len(), 165);
    }
}

/// Name, target of the ratio, the operation, its times.
type Side = (&'static str, Option<f64>, Box<dyn FnMut()>, Vec<f64>);

fn main() {
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let mut sides: [Side; 3] = [
        ("castkey", None, Box::new(castkey_seal()), Vec::new()),
        ("OpenSSL, HMAC with the key each time", Some(5.0), Box::new(openssl_seal::<OneShot>()), Vec::new()),
        ("OpenSSL, keyed states kept", None, Box::new(openssl_seal::<Kept>()), Vec::new()),
    ];
    for _ in 0..ROUNDS {
        for (_, _, run, samples) in &mut sides {
            let start = Instant::now();
            for _ in 0..BATCH {
                run();
            }
            samples.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH));
        }
    }
    let medians = sides.each_mut().map(|(_, _, _, samples)| {
        samples.sort_by(f64::total_cmp);
        samples[ROUNDS / 2]
    });
    let mut table = Table::new();
    table.set_header(["MSK message built by", "ns", "of castkey", "target"]);
    for ((name, target, ..), median) in sides.iter().zip(medians) {
        let ratio = median / medians[0];
        let target = target.map_or(String::new(), |target| {
            format!(">= {target}: {}", if ratio >= target { "met" } else { "MISSED" })
        });
        table.add_row([(*name).to_owned(), format!("{median:.0}"), format!("{ratio:.2}"), target]);
    }
    println!("{}\n{table}", openssl::version::version());
}
