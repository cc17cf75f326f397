//! The primitives for little flash by themselves: key, state and octets are secret, lengths and counters are not.

use castkey::crypto::{Primitives, SmallPrimitives};

use crate::Report;
use crate::taint::{secret, tainted};

pub fn run(report: &mut Report) {
    report.check("small primitives: SHA-1, two blocks", 0, || {
        let mut state = words(secret([0x67; 20]));
        SmallPrimitives.sha1(&mut state, secret([0x36; 128]).as_chunks().0);
        all_tainted(&state)
    });
    report.check("small primitives: SHA-256, two blocks", 0, || {
        let mut state = words(secret([0x6A; 32]));
        SmallPrimitives.sha256(&mut state, secret([0x36; 128]).as_chunks().0);
        all_tainted(&state)
    });
    // One block takes another way than three, and five take both.
    for len in [14, 36, 80] {
        for poisoned in ["key", "octets", "key and octets"] {
            report.check(&format!("small primitives: AES-128 over {len} octets, {poisoned}"), 0, || {
                let key = chosen([0x2B; 16], poisoned.contains("key"));
                let mut octets = chosen([0x6B; 80], poisoned.contains("octets"));
                SmallPrimitives.aes128_ctr(&key, &[0xFF; 16], &mut octets[..len]);
                tainted(&octets[..len]) == len
            });
            report.check(&format!("small primitives: AES-256 over {len} octets, {poisoned}"), 0, || {
                let key = chosen([0x60; 32], poisoned.contains("key"));
                let mut octets = chosen([0x6B; 80], poisoned.contains("octets"));
                SmallPrimitives.aes256_ctr(&key, &[0xFF; 16], &mut octets[..len]);
                tainted(&octets[..len]) == len
            });
        }
    }
}

fn chosen<const N: usize>(octets: [u8; N], poisoned: bool) -> [u8; N] {
    if poisoned { secret(octets) } else { octets }
}

fn words<const N: usize, const OCTETS: usize>(octets: [u8; OCTETS]) -> [u32; N] {
    let (words, []) = octets.as_chunks::<4>() else { unreachable!("four octets a word") };
    core::array::from_fn(|at| u32::from_be_bytes(words[at]))
}

fn all_tainted(words: &[u32]) -> bool {
    words.iter().all(|word| tainted(&word.to_be_bytes()) == 4)
}
