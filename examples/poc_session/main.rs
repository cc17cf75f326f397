//! A PoC session whose MSK is updated while media runs: a server, the distribution of its multicast channel and four
//! clients in one process, each behind UDP sockets of its own on the loopback address.
//!
//! ```text
//! cargo run --example poc_session
//! cargo run --example poc_session -- --loss 0.2 --seed 7
//! cargo run --example poc_session -- --listen 127.0.0.1:5060 --confirm ok --updates 1
//!
//!   X --RTP--> PF --media, Session Update, indication--> BCAST --SRTP, SRTCP, MIKEY--> A1 A2 A3 A4
//!              PF <------------------ SIP: INVITE, re-INVITE, BYE ------------------> A1 A2 A3 A4
//! ```
//!
//! It plays steps 1 to 17 of an MSK update, then: a client is expelled and tries to read on, an indication is lost in all
//! its copies, a client joins late, one is out of reach of SIP for a moment, one for so long that its transaction ends. In
//! the end it draws who could read which packet under which MSK. The exit status is 1 when a promise was broken; the
//! module `verdict` lists them.
//!
//! With `--listen` only server and distribution run, and SIP clients come from outside; see the module `listen`.

#![allow(clippy::arithmetic_side_effects, reason = "counters and times of a run of a minute at most")]

mod bcast;
mod cli;
mod client;
mod clock;
mod control;
mod intruder;
mod json;
mod judge;
mod listen;
mod pf;
mod report;
mod script;
mod sdp;
mod setting;
mod stage;
mod talker;
mod timeline;
mod verdict;
mod weather;

#[path = "../broadcast/link.rs"]
#[allow(dead_code, reason = "the broadcast example uses more of it")]
mod link;
#[path = "../sip/mod.rs"]
mod sip;
#[path = "../broadcast/srtp.rs"]
#[allow(dead_code, reason = "the broadcast example uses more of it")]
mod srtp;

use std::process::ExitCode;

use clap::Parser;

use cli::Args;

/// The result of something that can fail for many reasons, none of which the example can do anything about.
type Outcome<T> = Result<T, Box<dyn core::error::Error>>;

fn main() -> ExitCode {
    let args = Args::parse();
    let passed = match args.listen {
        Some(address) => listen::run(&args, address),
        None => play(&args),
    };
    match passed {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(e) => {
            eprintln!("poc_session: {e}");
            ExitCode::from(2)
        }
    }
}

/// The whole session in this process; whether it passed.
fn play(args: &Args) -> Outcome<bool> {
    let report = script::run(args)?;
    if args.json {
        println!("{:#}", json::of(&report));
    } else {
        if !args.quiet {
            report.print();
        }
        println!("{}", report.verdict());
    }
    Ok(report.failures.is_empty())
}
