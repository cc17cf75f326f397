//! Server and distribution alone, for SIP clients from outside.
//!
//! ```text
//! poc_session --listen 127.0.0.1:5060 --confirm ok --updates 1
//! poc_session --listen 127.0.0.1:5060 --confirm ok --call a1@127.0.0.1:5070
//! ```
//!
//! A client calls, or is called, and gets the channel. Then the server updates the MSK by re-INVITE, `--updates` times, and
//! ends the session. With `--confirm ok` the MSK in use comes with the first 200 of the server, and the ACK tells that it has
//! arrived; where keys are confirmed, it comes by a re-INVITE of its own.
//!
//! Users of this mode have MUKs that nobody knows: their clients show the signalling, and open no message. The run passes
//! when all updates came to their end and every client either has the newest MSK, as far as the server can tell, or
//! is out: he left, or refused and was thrown out.

use core::net::SocketAddr;
use core::time::Duration;
use std::thread;

use castkey::poc::{Confirm, SessionEvent};

use crate::Outcome;
use crate::bcast::Bcast;
use crate::cli::Args;
use crate::clock::Clock;
use crate::judge::Judge;
use crate::link::Link;
use crate::pf::Pf;
use crate::setting::TIMING;
use crate::stage::Stage;
use crate::weather::Weather;

/// Users whom the judge keeps count of.
const COUNTED: usize = 8;

/// How far the run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    /// Nobody has been keyed yet.
    Opening,
    /// So many updates have been started.
    Updating(u32),
    Closing,
}

pub(crate) fn run(args: &Args, address: SocketAddr) -> Outcome<bool> {
    let confirm = Confirm::from(args.confirm);
    let mut stage = Stage::new(Link::new(0.0, args.seed), Judge::new(COUNTED), !args.quiet);
    let mut bcast = Bcast::new()?;
    let mut pf = Pf::new(address, confirm, bcast.address()?, &Weather::new(0.0, args.seed))?;
    pf.open_house = true;
    let clock = Clock::start();
    let now = clock.now();
    // Whoever waits for this line may call.
    println!("listening on {}", pf.address());
    pf.session(SessionEvent::BearerReset, now, &mut stage)?;
    if let Some((user, callee)) = &args.call {
        pf.call(user, *callee, now, &mut stage)?;
    }
    let patience = now.tick.after_millis(args.patience * 1_000);
    let mut act = Act::Opening;
    // An offer soon after another one repeats the MSK in use beside the new one.
    let settle = u64::from(TIMING.settle_ms) + 50;
    loop {
        let now = clock.now();
        pf.turn(now, &mut stage)?;
        bcast.turn(now, &mut stage)?;
        let rested = pf.quiet_since().is_some_and(|since| since.after_millis(settle) <= now.tick);
        match act {
            Act::Opening | Act::Updating(_) if now.tick > patience => {
                pf.end(now, &mut stage)?;
                println!("gave up after {} s", args.patience);
                return Ok(false);
            }
            Act::Opening if rested && args.updates > 0 => {
                pf.update(now, &mut stage)?;
                act = Act::Updating(1);
            }
            Act::Updating(started) if pf.done + pf.aborted == started && started < args.updates && rested => {
                pf.update(now, &mut stage)?;
                act = Act::Updating(started + 1);
            }
            Act::Opening | Act::Updating(_) if rested && pf.done + pf.aborted == args.updates => {
                pf.end(now, &mut stage)?;
                act = Act::Closing;
            }
            Act::Closing if pf.is_idle() => break,
            _ => {}
        }
        thread::sleep(Duration::from_micros(500));
    }
    // What the peer repeats is still answered.
    let until = clock.now().tick.after_millis(300);
    while clock.now().tick < until {
        pf.turn(clock.now(), &mut stage)?;
        thread::sleep(Duration::from_millis(1));
    }
    for row in &pf.rows {
        println!("{}: {}", row.name, row.standing);
    }
    println!("updates over: {}, given up: {}, offers refused: {}", pf.done, pf.aborted, pf.refused);
    let settled = pf.rows.iter().all(|row| matches!(row.standing, "keyed" | "out" | "left"));
    Ok(pf.done == args.updates && pf.aborted == 0 && settled)
}
