//! What an MSK update of a PoC channel costs: the indication at a client, and the update of a channel with a million
//! members at the server, from the trigger to `Indicated`.
//!
//! The control is measured twice. Alone: [`Session::step_leg`](castkey::poc::Session::step_leg) of `Deliver` and `Ok` for
//! every leg of a vector. And with its messages: `Server::handle_leg` of the same, less sealing and verifying the same
//! messages by themselves, in the same run and in turns. That nothing of this allocates is a test of the crate in `ct`.
//!
//! `cargo bench --bench poc` runs all; `cargo bench --bench poc -- table` prints the tables only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a benchmark may stop at the first surprise"
)]

#[path = "poc/cases.rs"]
mod cases;
#[path = "common/mod.rs"]
mod common;
#[path = "poc/keyed.rs"]
mod keyed;
#[path = "poc/update.rs"]
mod update;

fn main() {
    if common::run("poc", cases::all()) {
        cases::print();
        update::print();
        keyed::print();
    }
}
