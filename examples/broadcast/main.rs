//! A broadcast server keys a group of terminals over UDP, rekeys them while media runs, throws one out, and loses no
//! packet.
//!
//! ```text
//! cargo run --example broadcast
//! cargo run --example broadcast -- --loss 0.3 --seed 7
//! cargo run --example broadcast -- --ues 20000
//! ```
//!
//! One BM-SC, three terminals and an attacker talk over sockets of the loopback address, through a link that loses,
//! duplicates and reorders. Keys start from an AKA run; media is RTP under SRTP, whose MKI names the key. In the end
//! a table says what each terminal received and read. The exit status is 1 when a packet was lost under a key that
//! was held, the expelled terminal read on, or a replay was accepted; the module `ledger` says it precisely.

#![allow(clippy::arithmetic_side_effects, reason = "counters and times of a run of a minute at most")]

mod air;
mod aka;
mod attacker;
mod bm_sc;
mod cli;
mod crowd;
mod json;
mod ledger;
mod link;
mod report;
mod request;
mod script;
mod srtp;
mod ue;

use std::process::ExitCode;

use clap::Parser;
use indicatif::{ProgressBar, ProgressStyle};

use air::Air;
use attacker::Attacker;
use cli::Args;
use ledger::Ledger;
use link::{Link, open_socket};
use report::Report;

/// The result of something that can fail for many reasons, none of which the example can do anything about.
type Outcome<T> = Result<T, Box<dyn core::error::Error>>;

/// Above this many terminals, sockets are shared.
const CROWD: u32 = 500;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(report) => {
            if args.json {
                println!("{:#}", json::of(&report));
            } else {
                if !args.quiet {
                    report.print();
                }
                println!("{}", report.verdict());
            }
            if report.failures().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(e) => {
            eprintln!("broadcast: {e}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Outcome<Report> {
    aka::check_test_set()?;
    let crowd = args.ues > CROWD;
    let length = if crowd { u64::from(args.ues) } else { script::LENGTH_MS };
    // Without a terminal the bar hides itself.
    let bar = if args.quiet || args.json { ProgressBar::hidden() } else { ProgressBar::new(length) };
    bar.set_style(ProgressStyle::with_template("{bar:24} {elapsed:>3} {wide_msg}")?);
    let attacker = if crowd { None } else { Some(Attacker::new(args.seed, open_socket()?)?) };
    let air = Air {
        link: Link::new(args.loss, args.seed),
        attacker,
        ledger: Ledger::default(),
        diary: Vec::new(),
        bar: bar.clone(),
        judged: !crowd,
        detail: args.ues <= 8,
    };
    let report = if crowd { crowd::run(args, air) } else { script::run(args, air) };
    bar.finish_and_clear();
    report
}
