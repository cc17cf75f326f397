//! The script of a run with a socket for each terminal.

use core::net::SocketAddr;
use core::time::Duration;
use std::thread;

use castkey::id::{GroupName, KeyDomainCoding, KeyDomainId, KeyGroup};
use castkey::role::{BackOff, BmScConfig, SwitchTiming, UeConfig};
use castkey::time::Tick;

use crate::Outcome;
use crate::air::{Air, Clock};
use crate::aka::Subscriber;
use crate::bm_sc::Server;
use crate::cli::Args;
use crate::link::open_socket;
use crate::report::{Report, Row};
use crate::ue::Terminal;

/// Who plays which part; the others just listen.
const RESTARTED: usize = 0;
const MISSES: usize = 1;
const EXPELLED: usize = 2;

/// Terminals the attacker bothers, so that a large group does not drown in copies.
const MOST_VICTIMS: usize = 8;

const OVERLAP: SwitchTiming = SwitchTiming { overlap_ms: 1_000, early_ms: 2_000, implicit: true };

/// What happens, and when: milliseconds after the first media packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    Roll,
    Rekey,
    Miss,
    Kill,
    Restart,
    Expel,
    ReplayAll,
    MediaEnds,
    End,
}

const SCRIPT: [(u64, Scene); 9] = [
    (800, Scene::Roll),
    (1_800, Scene::Rekey),
    (4_300, Scene::Miss),
    (7_000, Scene::Kill),
    (7_300, Scene::Restart),
    (8_000, Scene::Expel),
    (10_500, Scene::ReplayAll),
    (11_500, Scene::MediaEnds),
    (12_500, Scene::End),
];

/// Longest wait for everybody to be keyed before media starts, milliseconds.
const KEYING_MS: u64 = 6_000;

pub(crate) fn group() -> Outcome<GroupName> {
    let domain = KeyDomainId::from_mcc_mnc("001", "01", KeyDomainCoding::Plmn).ok_or("no such network")?;
    Ok(GroupName::new(domain, KeyGroup(0x0B0A)))
}

fn server_config() -> BmScConfig {
    BmScConfig {
        timing: OVERLAP,
        retry_ms: 120,
        attempts: 6,
        switch_wait_ms: 1_500,
        carousel_ms: 120,
        lead_ms: 400,
        ..BmScConfig::default()
    }
}

fn ue_config(number: u32) -> UeConfig {
    let back_off = BackOff { offset_ms: 0, random_ms: 80, retry_ms: 250, attempts: 5 };
    UeConfig { timing: OVERLAP, back_off, jitter: number + 1, ..UeConfig::default() }
}

struct Run {
    clock: Clock,
    server: Server,
    terminals: Vec<Terminal>,
    victims: Vec<SocketAddr>,
    media: bool,
    media_period_ms: u64,
    next_media: Tick,
}

pub(crate) fn run(args: &Args, mut air: Air) -> Outcome<Report> {
    let clock = Clock::start();
    let group = group()?;
    let socket = open_socket()?;
    let server_address = socket.local_addr()?;
    let mut server = Server::new(server_config(), group, socket);
    let mut terminals = Vec::new();
    for (id, number) in (0..args.ues).enumerate() {
        let subscriber = Subscriber::new(number)?;
        let ends = (open_socket()?, server_address);
        let terminal =
            Terminal::new(id, subscriber.clone(), ue_config(number), group, ends, clock.now(), &mut air)?;
        server.admit(subscriber, terminal.address())?;
        server.listeners.push(terminal.address());
        terminals.push(terminal);
    }
    air.note(clock.now(), format!("{} terminals bootstrapped: Milenage, Ks, Ks_NAF, MUK", args.ues));
    let victims = terminals.iter().take(MOST_VICTIMS).map(Terminal::address).collect();
    let media_period_ms = (u64::from(args.ues) / 2).clamp(10, 200);
    let next_media = clock.now();
    let mut run = Run { clock, server, terminals, victims, media: false, media_period_ms, next_media };
    run.server.open(clock.now(), &mut air)?;
    for terminal in &mut run.terminals {
        terminal.want(clock.now(), &mut air)?;
    }
    let started = clock.now();
    while !run.terminals.iter().all(Terminal::holds_an_mtk) && clock.now() < started.after_millis(KEYING_MS) {
        run.turn(&mut air)?;
    }
    let origin = clock.now();
    let keyed = run.terminals.iter().filter(|terminal| terminal.holds_an_mtk()).count();
    let keyed_ms = origin.as_millis() - started.as_millis();
    air.note(origin, format!("{keyed} of {} terminals keyed after {keyed_ms} ms; media starts", args.ues));
    (run.media, run.next_media) = (true, origin);
    for (at, scene) in SCRIPT {
        while clock.now() < origin.after_millis(at) {
            air.bar.set_position(clock.now().as_millis() - origin.as_millis());
            run.turn(&mut air)?;
        }
        run.play(scene, &mut air)?;
    }
    // The attacker gets to the end of his recordings, in bounded time.
    let end = clock.now().after_millis(5_000);
    while air.attacker.as_ref().is_some_and(|attacker| !attacker.is_done()) && clock.now() < end {
        run.turn(&mut air)?;
    }
    air.note(clock.now(), "the end".to_owned());
    let rows =
        (0..run.terminals.len()).map(|id| Row { name: name(id), tally: air.ledger.tally(id) }).collect();
    let mut report = Report::new(args, &air, rows, run.server.counts);
    report.keyed_ms = keyed_ms;
    if keyed < run.terminals.len() {
        report
            .remarks
            .push(format!("{} terminals had no key when media started", run.terminals.len() - keyed));
    }
    Ok(report)
}

fn name(id: usize) -> String {
    let part = match id {
        RESTARTED => " (restarted)",
        MISSES => " (missed an update)",
        EXPELLED => " (expelled)",
        _ => "",
    };
    format!("UE {}{part}", id + 1)
}

impl Run {
    /// One turn of the event loop.
    fn turn(&mut self, air: &mut Air) -> Outcome<()> {
        let now = self.clock.now();
        self.server.receive(256, now, air);
        self.server.tick(64, now, air)?;
        self.server.retry(64, now, air)?;
        if self.media && self.next_media <= now {
            self.next_media = self.next_media.after_millis(self.media_period_ms);
            self.server.play(&[], now, air)?;
        }
        air.link.pump(now);
        let server = self.server.socket().local_addr()?;
        if let Some(attacker) = &mut air.attacker {
            attacker.turn(server, &self.victims, &air.link, now);
        }
        for terminal in &mut self.terminals {
            let now = self.clock.now();
            terminal.receive(256, now, air);
            terminal.tick(now, air)?;
        }
        thread::sleep(Duration::from_micros(500));
        Ok(())
    }

    fn play(&mut self, scene: Scene, air: &mut Air) -> Outcome<()> {
        let now = self.clock.now();
        match scene {
            Scene::Roll => {
                air.note(now, "script: a new MTK under the same MSK".to_owned());
                self.server.roll(now, air)?;
            }
            Scene::Rekey => {
                air.note(now, "script: MSK update for everybody".to_owned());
                self.server.rekey(now, air)?;
            }
            Scene::Miss => {
                air.note(now, format!("script: MSK update; no MIKEY reaches UE {}", MISSES + 1));
                air.link.deaf = self.terminals.get(MISSES).map(Terminal::address);
                self.server.rekey(now, air)?;
            }
            Scene::Kill => {
                air.note(now, format!("script: UE {} loses power", RESTARTED + 1));
                if let Some(terminal) = self.terminals.get_mut(RESTARTED) {
                    terminal.kill();
                }
            }
            Scene::Restart => {
                if let Some(terminal) = self.terminals.get_mut(RESTARTED) {
                    let before = terminal.address();
                    terminal.restart(now, air)?;
                    let after = terminal.address();
                    self.server.moved(RESTARTED, before, after);
                    for victim in self.victims.iter_mut().filter(|victim| **victim == before) {
                        *victim = after;
                    }
                    if let Some(attacker) = &mut air.attacker {
                        attacker.blast(after);
                    }
                    let text = "is back from its stored state; the attacker replays all it ever heard to it";
                    air.note(now, format!("script: UE {} {text}", RESTARTED + 1));
                }
            }
            Scene::Expel => {
                air.note(now, format!("script: UE {} is expelled, MSK update for the rest", EXPELLED + 1));
                if let Some(terminal) = self.terminals.get_mut(EXPELLED) {
                    terminal.expelled = true;
                }
                air.ledger.expelled(EXPELLED);
                self.server.expel(EXPELLED, now, air)?;
                self.server.rekey(now, air)?;
            }
            Scene::ReplayAll => {
                air.note(now, "script: the attacker replays all it ever heard to everybody".to_owned());
                for victim in &self.victims {
                    if let Some(attacker) = &mut air.attacker {
                        attacker.blast(*victim);
                    }
                }
            }
            Scene::MediaEnds => {
                self.media = false;
                air.note(now, format!("media ends after {} packets", air.ledger.media_sent()));
            }
            Scene::End => {
                if let Some(attacker) = &mut air.attacker {
                    attacker.stop();
                }
            }
        }
        Ok(())
    }
}

/// Length of the script, milliseconds.
pub(crate) const LENGTH_MS: u64 = 12_500;
