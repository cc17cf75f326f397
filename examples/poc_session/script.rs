//! The script of a run in one process.

use core::net::SocketAddr;
use core::time::Duration;
use std::thread;
use std::time::Instant;

use castkey::keys::{KsNaf, Muk, MukOctets};
use castkey::poc::Confirm;
use castkey::secret::Secret;
use rand::TryRng;
use rand::rngs::SysRng;

use crate::Outcome;
use crate::bcast::Bcast;
use crate::cli::Args;
use crate::client::Terminal;
use crate::clock::{Clock, Now};
use crate::intruder::Intruder;
use crate::judge::Judge;
use crate::link::Link;
use crate::pf::Pf;
use crate::report::{self, Report};
use crate::stage::Stage;
use crate::talker::Talker;
use crate::verdict;
use crate::weather::Weather;

const NAMES: [&str; 4] = ["a1", "a2", "a3", "a4"];

/// Who plays which part; A1 just listens.
const OUT_OF_REACH: usize = 1;
const EXPELLED: usize = 2;
const LATE: usize = 3;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scene {
    Figure,
    Expel,
    CallAgain,
    LoseIndications,
    JoinLate,
    CutOffShortly,
    BackSoon,
    CutOffLong,
    BackLate,
    JoinAgain,
    Update,
    MediaEnds,
    Leave,
    End,
}

/// What happens, and when: milliseconds after the first media packet.
const SCRIPT: [(u64, Scene); 16] = [
    (800, Scene::Figure),
    (2_500, Scene::Expel),
    (4_200, Scene::CallAgain),
    (4_500, Scene::LoseIndications),
    (6_200, Scene::JoinLate),
    (7_400, Scene::CutOffShortly),
    (7_420, Scene::Update),
    (8_550, Scene::BackSoon),
    (9_800, Scene::CutOffLong),
    (9_820, Scene::Update),
    (12_900, Scene::BackLate),
    (13_600, Scene::JoinAgain),
    (14_900, Scene::MediaEnds),
    (15_100, Scene::Leave),
    (15_300, Scene::End),
    (15_900, Scene::End),
];

/// MSK updates in it.
const UPDATES: u32 = 5;

/// Longest wait for the first members to be keyed, milliseconds.
const KEYING_MS: u64 = 4_000;

struct Run {
    clock: Clock,
    stage: Stage,
    weather: Weather,
    pf: Pf,
    bcast: Bcast,
    talker: Talker,
    clients: Vec<Terminal>,
    /// Whether every member could read what was sent when the media ended.
    stranded: Vec<String>,
}

pub(crate) fn run(args: &Args) -> Outcome<Report> {
    let begun = Instant::now();
    let live = !args.quiet && !args.json;
    let stage = Stage::new(Link::new(args.loss, args.seed), Judge::new(NAMES.len()), live);
    let weather = Weather::new(args.loss, args.seed ^ 0x51B);
    let mut bcast = Bcast::new()?;
    let loopback = SocketAddr::from(([127, 0, 0, 1], 0));
    let mut pf = Pf::new(loopback, Confirm::Required, bcast.address()?, &weather)?;
    let talker = Talker::new(pf.media_address()?)?;
    pf.expect_media_from(talker.address()?);
    let mut clients = Vec::new();
    for (id, name) in NAMES.into_iter().enumerate() {
        // GBA has been run by both: the example `broadcast` shows how.
        let mut ks = [0; 32];
        SysRng.try_fill_bytes(&mut ks)?;
        let muk = || Muk::from_gba_me(&KsNaf::new(Secret::new(ks)), MukOctets::All);
        pf.admit(name, muk());
        let client = Terminal::new(id, name, muk(), pf.address(), &weather)?;
        bcast.receivers.push(client.bearer_address()?);
        clients.push(client);
    }
    if let Some(client) = clients.get_mut(EXPELLED) {
        client.intruder = Some(Intruder::default());
    }
    let clock = Clock::start();
    let mut run = Run { clock, stage, weather, pf, bcast, talker, clients, stranded: Vec::new() };
    run.open()?;
    let origin = run.clock.now().tick;
    for (at, scene) in SCRIPT {
        while run.clock.now().tick < origin.after_millis(at) {
            run.turn()?;
        }
        run.play(scene)?;
    }
    Ok(run.report(args, begun.elapsed().as_secs_f64()))
}

impl Run {
    /// The bearer, and the first three clients.
    fn open(&mut self) -> Outcome<()> {
        let now = self.clock.now();
        self.pf.session(castkey::poc::SessionEvent::BearerReset, now, &mut self.stage)?;
        for client in self.clients.iter_mut().filter(|client| client.id != LATE) {
            client.call(now)?;
        }
        let until = now.tick.after_millis(KEYING_MS);
        while self.clock.now().tick < until {
            self.turn()?;
            let mki = self.bcast.mki();
            let ready = |client: &Terminal| mki.is_some_and(|mki| client.can_read(mki));
            if self.clients.iter().filter(|client| client.id != LATE).all(ready) {
                break;
            }
        }
        let now = self.clock.now();
        self.stage.note(now, "A1, A2 and A3 are in the session; X begins to speak under MSK A");
        self.talker.speak(now);
        Ok(())
    }

    /// One turn of the event loop.
    fn turn(&mut self) -> Outcome<()> {
        self.talker.turn(self.clock.now(), &mut self.stage)?;
        self.pf.turn(self.clock.now(), &mut self.stage)?;
        self.bcast.turn(self.clock.now(), &mut self.stage)?;
        self.stage.link.pump(self.clock.now().tick);
        for client in &mut self.clients {
            client.turn(self.clock.now(), &mut self.stage)?;
        }
        thread::sleep(Duration::from_micros(500));
        Ok(())
    }

    fn play(&mut self, scene: Scene) -> Outcome<()> {
        let (now, stage) = (self.clock.now(), &mut self.stage);
        match scene {
            Scene::Figure => {
                stage.mark('1', now, "MSK update, steps 1 to 17; PF, Core A and BCAST as in the figure");
                stage.play_figure();
                self.pf.update(now, stage)?;
            }
            Scene::Expel => {
                stage.mark('2', now, "A3 is expelled, and tries to read on");
                self.pf.expel(EXPELLED, now, stage)?;
            }
            Scene::CallAgain => {
                stage.note(now, "A3 calls the PF again");
                if let Some(client) = self.clients.get_mut(EXPELLED) {
                    client.call_again(now)?;
                }
            }
            Scene::LoseIndications => {
                stage.mark('3', now, "MSK update whose indication is lost in all its copies");
                self.bcast.indications_lost = true;
                self.pf.update(now, stage)?;
            }
            Scene::JoinLate => {
                self.bcast.indications_lost = false;
                stage.mark('4', now, "A4 joins late");
                if let Some(client) = self.clients.get_mut(LATE) {
                    client.call(now)?;
                }
            }
            Scene::CutOffShortly => {
                stage.mark('5', now, "A2 is out of reach of SIP for a moment; MSK update");
                self.reach(OUT_OF_REACH, false);
            }
            Scene::CutOffLong => {
                stage.mark('6', now, "A4 is out of reach of SIP for longer than a transaction; MSK update");
                self.reach(LATE, false);
            }
            Scene::BackSoon => {
                stage.note(now, "A2 is in reach again");
                self.reach(OUT_OF_REACH, true);
            }
            Scene::BackLate => {
                stage.note(now, "A4 is in reach again");
                self.reach(LATE, true);
            }
            Scene::JoinAgain => {
                stage.mark('7', now, "A4 joins anew");
                // With much loss, not only A4 is out by now.
                for client in self.clients.iter_mut().filter(|client| client.id != EXPELLED) {
                    if !client.is_inside() {
                        client.call(now)?;
                    }
                }
            }
            Scene::Update => self.pf.update(now, stage)?,
            Scene::MediaEnds => self.end_media(now),
            Scene::Leave => {
                stage.note(now, "A1 leaves");
                if let Some(client) = self.clients.first_mut() {
                    client.leave(now)?;
                }
            }
            Scene::End => self.pf.end(now, stage)?,
        }
        Ok(())
    }

    fn reach(&self, client: usize, in_reach: bool) {
        if let Some(client) = self.clients.get(client) {
            self.weather.cut_off(client.sip_address(), !in_reach);
        }
    }

    fn end_media(&mut self, now: Now) {
        self.talker.stop();
        let Some(mki) = self.bcast.mki() else { return };
        for client in &self.clients {
            let (member, reads) = (self.stage.judge.is_member(client.id), client.can_read(mki));
            let name = client.label();
            if member && !(reads && self.stage.judge.reads_under(client.id, mki.msk)) {
                self.stranded.push(format!("{name} is a member and cannot read at the end"));
            }
            if !member && (reads || client.id != EXPELLED) {
                self.stranded.push(format!("{name} is out at the end, and should not be, or reads"));
            }
        }
        self.stage.note(now, format!("X falls silent after {} packets", self.stage.judge.sent.len()));
    }

    fn report(mut self, args: &Args, seconds: f64) -> Report {
        for client in &mut self.clients {
            client.finish(&mut self.stage);
        }
        let tries = self.clients.iter().filter_map(|client| client.intruder.as_ref()).map(|i| i.tried).sum();
        let failures = self.failures(tries);
        let (pf, stage) = (&self.pf, self.stage);
        Report {
            loss: args.loss,
            seed: args.seed,
            clients: report::clients(&NAMES, &stage.judge),
            timeline: report::timeline(&NAMES, &stage.judge, &stage.marks),
            packets: stage.judge.sent.len(),
            link: stage.link.counts,
            updates: pf.done,
            offers: pf.offers,
            refused: pf.refused,
            turned_away: pf.turned_away,
            tries,
            seconds,
            failures,
            diary: stage.diary,
            steps: stage.steps,
        }
    }

    fn failures(&self, tries: u64) -> Vec<String> {
        let judge = &self.stage.judge;
        let mut failures = verdict::wrong_packets(&NAMES, judge);
        failures.extend(verdict::wrong_steps(&self.stage.steps));
        failures.extend(self.stranded.iter().cloned());
        let seen = |client: usize| judge.seen.get(client);
        let mut demand = |kept: bool, what: &str| {
            if !kept {
                failures.push(what.to_owned());
            }
        };
        demand(self.pf.done == UPDATES && self.pf.aborted == 0, "not every MSK update came to its end");
        let all = judge.msks().iter().all(|msk| judge.reads_under(0, *msk));
        demand(all, "A1 did not read under every MSK");
        demand(tries > 0, "the expelled had nothing to try");
        demand(self.pf.turned_away > 0, "the expelled was not turned away when it called again");
        demand(self.bcast.indications_sent > 0, "no indication was sent");
        let short = seen(OUT_OF_REACH)
            .is_some_and(|seen| seen.timed_out > 0 && (seen.removed == 0 || seen.joined > 1));
        demand(short, "A2 was not reported Unkeyed, or was removed and not taken back");
        let long = seen(LATE).is_some_and(|seen| seen.timed_out > 0 && seen.removed > 0 && seen.joined > 1);
        demand(long, "A4 was not reported Unkeyed, removed and taken back");
        failures
    }
}
