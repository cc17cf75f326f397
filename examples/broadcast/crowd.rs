//! The script for a crowd: everybody keyed, one terminal expelled with a rekey, a few media packets to a sample.
//!
//! What differs from the full script: a process may open only so many sockets, so a thousand terminals share one, as
//! if a thousand processes sat behind one address. An MSK message finds its terminal by the IDr it carries (the
//! B-TID), an acknowledgement its user likewise; an MTK message goes out once a socket and is handed to all terminals
//! behind it, as multicast would be. Media goes to the sample only. There is no attacker and no restart. Link losses
//! and all protocol messages are as in the full script.

use core::net::SocketAddr;
use std::collections::HashMap;
use std::net::UdpSocket;
use std::rc::Rc;

use castkey::message::Incoming;
use castkey::role::{BackOff, BmScConfig, SwitchTiming, UeConfig};
use castkey::settings::Settings;
use castkey::time::Tick;

use crate::Outcome;
use crate::air::{Air, Clock};
use crate::aka::Subscriber;
use crate::bm_sc::Server;
use crate::cli::Args;
use crate::link::{open_socket, receive};
use crate::report::{Report, Row};
use crate::srtp::mki_of;
use crate::ue::Terminal;

/// Terminals that share a socket.
const A_SOCKET: usize = 1_000;
/// MSK messages sent before the sockets are read: less than the socket buffers hold.
const A_TURN: usize = 64;
/// Terminals that get media; the last of them is expelled.
const SAMPLE: usize = 20;
const PACKETS: u32 = 30;
/// Longest time for one distribution, milliseconds.
const LONGEST_MS: u64 = 20_000;

const TIMING: SwitchTiming = SwitchTiming { overlap_ms: 3_000, early_ms: 3_000, implicit: true };

struct Crowd {
    clock: Clock,
    server: Server,
    terminals: Vec<Terminal>,
    sockets: Vec<Rc<UdpSocket>>,
    by_btid: HashMap<Vec<u8>, usize>,
    started: Tick,
}

pub(crate) fn run(args: &Args, mut air: Air) -> Outcome<Report> {
    let clock = Clock::start();
    let group = crate::script::group()?;
    let socket = open_socket()?;
    let server_address = socket.local_addr()?;
    let config = BmScConfig {
        timing: TIMING,
        retry_ms: 500,
        attempts: 6,
        switch_wait_ms: 15_000,
        carousel_ms: 400,
        lead_ms: 1_500,
        ..BmScConfig::default()
    };
    let mut server = Server::new(config, group, socket);
    let (mut terminals, mut sockets, mut by_btid) = (Vec::new(), Vec::new(), HashMap::new());
    for (id, number) in (0..args.ues).enumerate() {
        if id % A_SOCKET == 0 {
            sockets.push(open_socket()?);
        }
        let Some(shared) = sockets.last() else { continue };
        let subscriber = Subscriber::new(number)?;
        by_btid.insert(subscriber.btid().to_vec(), id);
        let back_off = BackOff { random_ms: 2_000, ..BackOff::default() };
        let config = UeConfig { timing: TIMING, back_off, jitter: number + 1, ..UeConfig::default() };
        let ends = (Rc::clone(shared), server_address);
        let terminal = Terminal::new(id, subscriber.clone(), config, group, ends, clock.now(), &mut air)?;
        server.admit(subscriber, terminal.address())?;
        terminals.push(terminal);
    }
    for socket in &sockets {
        server.listeners.push(socket.local_addr()?);
    }
    let now = clock.now();
    air.note(now, format!("{} terminals bootstrapped, behind {} sockets", args.ues, sockets.len()));
    let mut crowd = Crowd { clock, server, terminals, sockets, by_btid, started: now };

    crowd.server.open(now, &mut air)?;
    let keying = crowd.distribute(&mut air)?;
    crowd.media(&mut air)?;

    let expelled = SAMPLE - 1;
    if let Some(terminal) = crowd.terminals.get_mut(expelled) {
        terminal.expelled = true;
    }
    let now = crowd.clock.now();
    air.note(now, format!("script: UE {} is expelled, MSK update for the rest", expelled + 1));
    let before = crowd.server.current();
    air.ledger.expelled(expelled);
    crowd.server.expel(expelled, now, &mut air)?;
    crowd.server.rekey(now, &mut air)?;
    let rekeying = crowd.distribute(&mut air)?;
    // The switch waits for the last acknowledgement, the media for the lead behind it.
    let end = crowd.clock.now().after_millis(LONGEST_MS);
    while crowd.server.current() == before && crowd.clock.now() < end {
        crowd.turn(&mut air)?;
    }
    let lead = crowd.clock.now().after_millis(1_700);
    while crowd.clock.now() < lead {
        crowd.turn(&mut air)?;
    }
    crowd.media(&mut air)?;

    let rows = (0..SAMPLE).map(|id| {
        let part = if id == expelled { " (expelled)" } else { "" };
        Row { name: format!("UE {}{part}", id + 1), tally: air.ledger.tally(id) }
    });
    let mut report = Report::new(args, &air, rows.collect(), crowd.server.counts);
    report.keyed_ms = keying.ms;
    report.rates = vec![("keying".to_owned(), keying), ("rekeying".to_owned(), rekeying)];
    let without = crowd.terminals.iter().filter(|terminal| !terminal.holds_an_mtk()).count();
    if without > 0 {
        report.remarks.push(format!("{without} terminals hold no MTK"));
    }
    Ok(report)
}

/// A distribution, measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Distribution {
    pub(crate) messages: u64,
    /// Until everybody had acknowledged, milliseconds; with losses most of it is waiting for the time of a retry.
    pub(crate) ms: u64,
    /// Until every MSK message had gone out once, been opened and been answered, milliseconds.
    pub(crate) first_pass_ms: u64,
    pub(crate) first_pass_messages: u64,
    pub(crate) acknowledged: usize,
}

impl Crowd {
    /// Turns until everybody has acknowledged, or the time is up.
    fn distribute(&mut self, air: &mut Air) -> Outcome<Distribution> {
        self.started = self.clock.now();
        let sent = self.server.counts.msk_messages;
        let end = self.started.after_millis(LONGEST_MS);
        let mut first = None;
        while self.server.delivered() < self.server.members() && self.clock.now() < end
            || self.server.is_pushing()
        {
            self.turn(air)?;
            if first.is_none() && !self.server.is_pushing() {
                first = Some((self.elapsed(), self.server.counts.msk_messages - sent));
            }
        }
        let (first_pass_ms, first_pass_messages) = first.unwrap_or_default();
        let messages = self.server.counts.msk_messages - sent;
        let acknowledged = self.server.delivered();
        let ms = self.elapsed();
        let now = self.clock.now();
        air.note(
            now,
            format!("{acknowledged} of {} members hold the MSK after {ms} ms", self.server.members()),
        );
        Ok(Distribution { messages, ms, first_pass_ms, first_pass_messages, acknowledged })
    }

    fn elapsed(&self) -> u64 {
        self.clock.now().as_millis() - self.started.as_millis()
    }

    fn turn(&mut self, air: &mut Air) -> Outcome<()> {
        let now = self.clock.now();
        self.server.tick(A_TURN, now, air)?;
        if !self.server.is_pushing() {
            self.server.retry(A_TURN, now, air)?;
        }
        air.link.pump(now);
        self.deliver(air);
        // Acknowledgements of one turn: at most one for each message sent.
        self.server.receive(4 * A_TURN, self.clock.now(), air);
        air.bar.set_position(u64::try_from(self.server.delivered()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// Hands what came by the shared sockets to the terminals behind them.
    fn deliver(&mut self, air: &mut Air) {
        let settings = Settings::DEFAULT;
        for (socket, behind) in self.sockets.iter().zip(self.terminals.chunks_mut(A_SOCKET)) {
            for (_, octets) in receive(socket, 4 * A_TURN) {
                let now = self.clock.now();
                if mki_of(&octets).is_some() && octets.first().is_some_and(|first| first & 0xC0 == 0x80) {
                    for (id, terminal) in behind.iter_mut().take(SAMPLE).enumerate() {
                        air.ledger.arrived(id, &octets);
                        terminal.media(octets.clone(), false, now, air);
                    }
                    continue;
                }
                match Incoming::decode(&octets, None, &settings) {
                    Ok(Incoming::Msk(message)) => {
                        let of = self.by_btid.get(message.muk_id().idr).map(|id| id % A_SOCKET);
                        if let Some(terminal) = of.and_then(|of| behind.get_mut(of)) {
                            terminal.mikey(&octets, now, air);
                        }
                    }
                    Ok(Incoming::Mtk(_)) => {
                        for terminal in behind {
                            terminal.mikey(&octets, now, air);
                        }
                        // `behind` is used up; what is left on the socket waits for the next turn.
                        break;
                    }
                    _ => {}
                }
            }
        }
    }

    /// Media for the sample.
    fn media(&mut self, air: &mut Air) -> Outcome<()> {
        let to: Vec<SocketAddr> = self.terminals.first().map(Terminal::address).into_iter().collect();
        for _ in 0..PACKETS {
            self.server.play(&to, self.clock.now(), air)?;
            let end = self.clock.now().after_millis(5);
            while self.clock.now() < end {
                self.turn(air)?;
            }
        }
        // What the link delays at most.
        let end = self.clock.now().after_millis(100);
        while self.clock.now() < end {
            self.turn(air)?;
        }
        Ok(())
    }
}
