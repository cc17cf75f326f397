//! Everybody together, the loop that lets them take turns, and the diary.

use core::net::{IpAddr, Ipv4Addr};
use core::time::Duration;
use std::net::UdpSocket;
use std::thread;

use castkey::ims::bm_sc_request::MIKEY_UDP_PORT;

use crate::Outcome;
use crate::clock::Clock;
use crate::gba::{Bsf, Subscriber};
use crate::plan::{Service, Services};
use crate::report::{Report, Scene};
use crate::scenes;
use crate::scf::Scf;
use crate::ue::{Quirks, Terminal};
use crate::upf::Upf;

/// What is said on screen, and what the scenes have found.
pub(crate) struct Diary {
    clock: Clock,
    quiet: bool,
    scenes: Vec<Scene>,
}

impl Diary {
    fn say(&self, text: &str) {
        if !self.quiet {
            println!("{text}");
        }
    }

    pub(crate) fn note(&self, text: String) {
        let now = self.clock.now().as_millis();
        self.say(&format!("   {:>2}.{:03} s  {text}", now / 1_000, now % 1_000));
    }

    pub(crate) fn check(&mut self, what: &str, held: bool) {
        self.say(&format!("     {}  {what}", if held { "held  " } else { "FAILED" }));
        let now = self.clock.now();
        if let Some(scene) = self.scenes.last_mut() {
            scene.checks.push((what.to_owned(), held));
            scene.ended = now;
        }
    }

    fn scene(&mut self, name: &'static str) {
        self.say(&format!("\n{:>2}. {name}", self.scenes.len() + 1));
        let now = self.clock.now();
        self.scenes.push(Scene { name, begun: now, ended: now, checks: Vec::new() });
    }
}

pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) diary: Diary,
    pub(crate) services: Services,
    pub(crate) bsf: Bsf,
    pub(crate) scf: Scf,
    pub(crate) upf: Upf,
    pub(crate) terminals: Vec<Terminal>,
    mikey_port: u16,
}

/// Names a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Who(usize);

pub(crate) fn run(quiet: bool) -> Outcome<Report> {
    let mut world = World::new(quiet)?;
    for (name, play) in scenes::ALL {
        world.diary.scene(name);
        play(&mut world)?;
    }
    let counts = world.upf.counts;
    let mikey: u64 = world.terminals.iter().map(|terminal| terminal.counts.stored).sum();
    let invites = world.scf.counts.invites + world.scf.counts.reinvites;
    let posts = counts.granted + counts.refused;
    let traffic = format!(
        "{invites} INVITEs, {} of them in a dialog; {posts} POSTs, {} granted; {mikey} MSK messages taken, {} acknowledged",
        world.scf.counts.reinvites,
        counts.granted,
        counts.acknowledged + counts.acknowledged_late
    );
    Ok(Report { scenes: world.diary.scenes, traffic })
}

impl World {
    fn new(quiet: bool) -> Outcome<Self> {
        let clock = Clock::start()?;
        let services = Services::new()?;
        let mikey_port = mikey_port()?;
        let mut diary = Diary { clock, quiet, scenes: Vec::new() };
        let mut upf = Upf::new(clock, services.clone(), mikey_port)?;
        upf.open(&mut diary)?;
        let scf = Scf::new(clock, services.clone(), upf.http_address()?)?;
        upf.trust(scf.http_address());
        let terminals = Vec::new();
        Ok(Self { clock, diary, services, bsf: Bsf::default(), scf, upf, terminals, mikey_port })
    }

    /// A terminal for a new subscriber of these services, with the announcements of others too.
    pub(crate) fn admit(
        &mut self, name: &'static str, services: &[&Service], announced: &[&Service], quirks: Quirks,
    ) -> Outcome<Who> {
        let subscriber = Subscriber::new(name)?;
        let ids: Vec<_> = services.iter().map(|service| service.id.clone()).collect();
        self.bsf.add(subscriber.clone());
        self.scf.subscribe(&subscriber.impu, &ids);
        let ip = address(self.terminals.len())?;
        let (at, scf) = ((ip, self.mikey_port), self.scf.sip.address());
        let mut terminal = Terminal::new(name, subscriber, services, announced, at, scf, self.clock)?;
        terminal.quirks = quirks;
        self.upf.listeners.push(terminal.link.address()?);
        self.terminals.push(terminal);
        Ok(Who(self.terminals.len() - 1))
    }

    /// The terminal of an earlier scene.
    pub(crate) fn who(&self, name: &str) -> Outcome<Who> {
        let at = self.terminals.iter().position(|terminal| terminal.name == name);
        Ok(Who(at.ok_or_else(|| format!("no {name} in this run"))?))
    }

    #[allow(clippy::indexing_slicing, reason = "who has a name has a place")]
    pub(crate) fn ue(&self, Who(at): Who) -> &Terminal {
        &self.terminals[at]
    }

    #[allow(clippy::indexing_slicing, reason = "who has a name has a place")]
    pub(crate) fn ue_mut(&mut self, Who(at): Who) -> &mut Terminal {
        &mut self.terminals[at]
    }

    pub(crate) fn ip(&self, who: Who) -> Outcome<IpAddr> {
        Ok(self.ue(who).link.address()?.ip())
    }

    /// One turn of everybody.
    fn turn(&mut self) -> Outcome<()> {
        for terminal in &mut self.terminals {
            terminal.turn(&mut self.bsf, &mut self.diary)?;
        }
        self.scf.turn(&mut self.bsf, &mut self.diary)?;
        self.upf.turn(&mut self.diary)?;
        thread::sleep(Duration::from_micros(300));
        Ok(())
    }

    /// Lets everybody take turns until `is_so`, at most this long; whether it is.
    pub(crate) fn until(&mut self, limit_ms: u64, is_so: impl Fn(&Self) -> bool) -> Outcome<bool> {
        let limit = self.clock.now().after_millis(limit_ms);
        while !is_so(self) {
            if self.clock.now() >= limit {
                return Ok(false);
            }
            self.turn()?;
        }
        Ok(true)
    }

    /// Lets this much time pass.
    pub(crate) fn pass(&mut self, ms: u64) -> Outcome<()> {
        self.until(ms, |_| false).map(|_| ())
    }

    /// [`until`](Self::until), as a check.
    pub(crate) fn expect(&mut self, what: &str, limit_ms: u64, is_so: impl Fn(&Self) -> bool) -> Outcome<()> {
        let held = self.until(limit_ms, is_so)?;
        self.diary.check(what, held);
        Ok(())
    }

    /// Whether the terminal can read what is sent under the current MTK of the service.
    pub(crate) fn reads(&self, who: Who, service: &Service) -> bool {
        let traffic = self.upf.traffic(service.group);
        traffic.is_some_and(|(mki, mtk)| self.ue(who).reads(service.group, mki, mtk))
    }
}

/// Terminals have addresses of their own, because H5 tells an address without a port.
fn address(number: usize) -> Outcome<IpAddr> {
    Ok(Ipv4Addr::new(127, 0, 0, 11 + u8::try_from(number)?).into())
}

/// The port of MIKEY, or, where somebody has it, an announced one.
fn mikey_port() -> Outcome<u16> {
    let first = address(0)?;
    let socket = UdpSocket::bind((first, MIKEY_UDP_PORT)).or_else(|_| UdpSocket::bind((first, 0)))?;
    Ok(socket.local_addr()?.port())
}
