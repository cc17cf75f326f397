//! What a message costs, against the arithmetic it cannot do without.
//!
//! The floor is 21 SHA-1 compressions, one AES-128 key schedule and two AES blocks on the same machine in the same run.
//! Criterion measures each operation by itself; the table at the end comes from interleaved batches, so that what slows
//! the machine for a moment slows both sides of a ratio. Targets are printed, not asserted: other machines differ.
//!
//! `cargo bench --bench psk` runs all; `cargo bench --bench psk -- table` prints the table only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a benchmark may stop at the first surprise"
)]

use criterion::Criterion;

#[path = "psk/cases.rs"]
mod cases;
#[path = "psk/fixture.rs"]
mod fixture;
#[path = "psk/scale.rs"]
mod scale;
#[path = "psk/table.rs"]
mod table;

fn main() {
    let table_only = std::env::args().any(|argument| argument == "table");
    if std::env::args().any(|argument| argument == "--test") {
        // `cargo test --benches` only wants to know that every case runs.
        for case in &mut cases::all() {
            (case.run)();
        }
        return;
    }
    if !table_only {
        let mut criterion = Criterion::default().configure_from_args();
        for case in &mut cases::all() {
            criterion.bench_function(case.name, |bencher| bencher.iter(|| (case.run)()));
        }
        criterion.final_summary();
        if std::env::args().any(|argument| argument == "--profile-time") {
            return;
        }
    }
    table::print();
    scale::print();
}
