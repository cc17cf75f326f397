//! The SIP variant of IMS based MBMS (TS 26.237 §10.4.2) over real sockets: terminals, the SCF as NAF with a stub of the
//! BSF, and the UPF, in one process and one thread.
//!
//! ```text
//! cargo run --example scf_sip
//!
//!   UE  ---- SIP over UDP: INVITE, re-INVITE, BYE ---->  SCF  ---- calls ---->  BSF (stub)
//!    |  services, B-TID or MSKs as multipart/mixed        |
//!    |                                                    |  HTTP/1.1 over TCP: H5, H6, H7
//!    |                                                    v
//!    +<----- MIKEY over UDP: MSKs, acknowledged ------>  UPF
//!    +<----- MIKEY over UDP: MTKs ---------------------   |
//! ```
//!
//! Every party has its own sockets on loopback. What each of them decides is decided by castkey; here are the sockets, the
//! tables, and a script that plays one scene after the other and looks at both ends. The exit status is 1 when anything
//! did not hold.

#![allow(clippy::arithmetic_side_effects, reason = "counters and times of a run of seconds")]

mod bodies;
mod cli;
mod clock;
mod gba;
mod http;
mod ims_core;
mod mikey;
mod plan;
mod report;
mod scenes;
mod scf;
mod script;
#[path = "../sip/mod.rs"]
mod sip;
mod ue;
mod upf;

use std::process::ExitCode;

use clap::Parser;

use cli::Args;

/// The result of something that can fail for many reasons, none of which the example can do anything about.
type Outcome<T> = Result<T, Box<dyn core::error::Error>>;

fn main() -> ExitCode {
    let args = Args::parse();
    match script::run(args.quiet) {
        Ok(report) => {
            if !args.quiet {
                report.print();
            }
            println!("{}", report.verdict());
            if report.held() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(e) => {
            eprintln!("scf_sip: {e}");
            ExitCode::from(2)
        }
    }
}
