//! A terminal on a board, in Rust alone: the worked examples of MBMS octet for octet, a rekey with a switch between a BM-SC and
//! this terminal, a restart from what was stored; with the feature `mcx` the published CSK message.
//!
//! `cargo run --release --target thumbv7em-none-eabihf` runs it on the board that the target stands for.

#![no_std]
#![no_main]

mod board;
mod mbms;
#[cfg(feature = "mcx")]
mod mcx;
mod vectors {
    include!(concat!(env!("OUT_DIR"), "/vectors.rs"));
}

use board::print;

/// The status that the emulator ends with.
fn main() -> u32 {
    mbms::worked_examples();
    print("worked examples: octet for octet\n");
    mbms::rekey_with_a_switch();
    print("rekey: switched, restarted on the way, no replay\n");
    #[cfg(feature = "mcx")]
    {
        mcx::published_csk_message();
        print("mcx: the published CSK message opened\n");
    }
    0
}
