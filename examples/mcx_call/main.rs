//! Mission-critical signalling keys (TS 33.180 §5.4, §5.8) over real sockets: a KMS, a server and two clients, a server
//! under another KMS, and somebody on the path, in one process and one thread.
//!
//! ```text
//! cargo run --example mcx_call
//!
//!            certificate, key sets                       certificate, key sets
//!   alice, bob  <---------------------  KMS  --------------------->  server
//!      |                                                              |
//!      |  ---- SIP MESSAGE, application/mikey: CSK, offer --------->  |
//!      |  <--- SIP MESSAGE, application/mikey: CSK or MuSiK ------->  |
//!      |  <--- SRTCP: floor control under CSK and MuSiK ----------->  |
//!      |                          mallory                             |
//! ```
//!
//! Every party has its own socket on loopback; SIP and SRTCP share it. What each of them decides is decided by castkey;
//! here are the sockets, the tables, the XML of the KMS, and a script that plays one step after the other and looks at
//! both ends. Time is the script's: the library reads no clock, so two months pass in a second. The exit status is 1 when
//! anything did not hold.

#![allow(clippy::arithmetic_side_effects, reason = "counters and times of a run of seconds")]

mod cli;
mod floor;
mod forge;
mod keyring;
mod kms;
mod kms_xml;
mod mallory;
mod math;
mod plan;
mod report;
mod scenes;
#[path = "../sip/mod.rs"]
mod sip;
mod site;
mod stage;
mod user;
mod wire;
mod world;

use std::process::ExitCode;

use clap::Parser;

use cli::Args;

/// The result of something that can fail for many reasons, none of which the example can do anything about.
type Outcome<T> = Result<T, Box<dyn core::error::Error>>;

fn main() -> ExitCode {
    let args = Args::parse();
    match world::run(args.seed, args.quiet) {
        Ok(report) => {
            if !args.quiet {
                report.print();
            }
            println!("{}", report.verdict());
            if report.held() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(e) => {
            eprintln!("mcx_call: {e}");
            ExitCode::FAILURE
        }
    }
}
