//! A BM-SC serves the request procedures of IMS based MBMS over real HTTP/1.1, and sends the keys by MIKEY over UDP.
//!
//! ```text
//! cargo run --example bmsc
//! cargo run --example bmsc -- --ues 500 --quiet
//! ```
//!
//! ```text
//!                     H1, H5, H6, H7
//!         SCF (ureq) --------------------> SCF side \
//!                     H2, H3, H4, Digest             BM-SC (hyper, castkey)       BSF stub: B-TID -> Ks
//!   terminal (ureq, digest_auth) --------> public   /
//!   terminal (castkey) <------ MIKEY over UDP, acknowledgements ------>
//! ```
//!
//! The BM-SC's side of HTTP Digest is castkey's; the terminal's is that of the crate `digest_auth`, in both directions:
//! what it sends, and the proof in the answer. What a terminal does next is decided by castkey's machines. SIP between
//! terminal and SCF is a function call here; the example `scf_sip` has it on sockets.
//!
//! First the plays, one after the other, each with its checks; then the load. The exit status is 0 when all checks held, 1
//! when one did not, 2 when the run could not go on.

#![allow(clippy::arithmetic_side_effects, reason = "counters and times of a run of a few minutes at most")]

mod bsf;
mod cli;
mod clock;
mod load;
mod measure;
mod names;
mod plays;
mod raw;
mod report;
mod scf;
mod server;
mod ue;
mod world;

use std::process::ExitCode;

use clap::Parser;

use cli::Args;
use report::Report;
use world::World;

/// The result of something that can fail for many reasons, none of which the example can do anything about.
type Outcome<T> = Result<T, Box<dyn core::error::Error + Send + Sync>>;

fn main() -> ExitCode {
    let args = Args::parse();
    match run(&args) {
        Ok(report) => {
            if !args.quiet {
                report.print();
            }
            println!("{}", report.verdict());
            if report.failures().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(e) => {
            eprintln!("bmsc: {e}");
            ExitCode::from(2)
        }
    }
}

fn run(args: &Args) -> Outcome<Report> {
    let mut report = Report::new(args.quiet);
    // Each part has a BM-SC of its own, so that the figures of the load are not those of the plays.
    plays::run(&World::start(args)?, &mut report)?;
    load::run(&World::start(args)?, args, &mut report)?;
    Ok(report)
}
