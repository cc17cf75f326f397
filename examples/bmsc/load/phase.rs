//! One phase of the load: threads, each with its own connections, that drive terminals until all have been served.

use core::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use core::time::Duration;
use std::sync::{Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Instant;

use castkey::role::Delivery;
use indicatif::ProgressBar;

use crate::Outcome;
use crate::names::NEWS;
use crate::ue::{Driver, Shared, lock};
use crate::world::World;

/// Terminals solicited and not served yet, for each request in flight.
const AHEAD: usize = 3;

/// Pulls that came to nothing are repeated after this time without any progress.
const STALLED: Duration = Duration::from_millis(500);

pub(super) struct Crew<'w> {
    pub(super) world: &'w World,
    pub(super) terminals: usize,
    pub(super) in_flight: usize,
    pub(super) bar: ProgressBar,
}

/// What a phase came to.
pub(super) struct Phase {
    pub(super) started: Instant,
    pub(super) took: Duration,
    pub(super) served: usize,
    pub(super) errors: Vec<String>,
    pub(super) h1_us: Vec<u64>,
    pub(super) challenged_us: Vec<u64>,
    pub(super) registration_us: Vec<u64>,
    pub(super) msk_request_us: Vec<u64>,
}

impl Phase {
    fn new() -> Self {
        Self {
            started: Instant::now(),
            took: Duration::ZERO,
            served: 0,
            errors: Vec::new(),
            h1_us: Vec::new(),
            challenged_us: Vec::new(),
            registration_us: Vec::new(),
            msk_request_us: Vec::new(),
        }
    }

    /// Takes in what one thread has measured.
    fn add(&mut self, driver: Driver<'_>, errors: Vec<String>) {
        self.h1_us.extend(driver.scf.latency_us);
        self.challenged_us.extend(driver.client.latency.challenged_us);
        self.registration_us.extend(driver.client.latency.registration_us);
        self.msk_request_us.extend(driver.client.latency.msk_request_us);
        self.errors.extend(errors);
    }
}

impl Crew<'_> {
    /// Does something with every terminal.
    pub(super) fn each(
        &self, title: &'static str, terminals: &[Shared],
        act: impl Fn(&mut Driver<'_>, &Shared) -> Outcome<()> + Sync,
    ) -> Outcome<Phase> {
        let next = AtomicUsize::new(0);
        let take = || terminals.get(next.fetch_add(1, Ordering::Relaxed));
        self.bar.set_position(0);
        self.bar.set_message(title);
        let mut phase = self.work(|driver| {
            let mut errors = Vec::new();
            while let Some(terminal) = take() {
                if let Err(e) = act(driver, terminal) {
                    errors.push(e.to_string());
                }
                self.bar.inc(1);
            }
            errors
        })?;
        phase.served = terminals.len() - phase.errors.len();
        Ok(phase)
    }

    /// Solicits every terminal, a few more at a time than requests are in flight; those that a pull has reached ask.
    pub(super) fn pulled(&self, title: &'static str, terminals: &[Shared]) -> Outcome<Phase> {
        let (busy, work) = mpsc::channel::<Shared>();
        let work = Mutex::new(work);
        let asked: Vec<u64> = terminals.iter().map(|terminal| lock(terminal).tally.proven).collect();
        let (answered, done) = (AtomicUsize::new(0), AtomicBool::new(false));
        self.bar.set_position(0);
        self.bar.set_message(title);
        self.world.modem.tell(Some(busy));
        let mut phase = thread::scope(|scope| {
            let supervisor = scope.spawn(|| {
                self.solicit(terminals, &asked, &answered);
                done.store(true, Ordering::Relaxed);
            });
            let phase = self.work(|driver| {
                let mut errors = Vec::new();
                while !done.load(Ordering::Relaxed) {
                    let next = {
                        let work = work.lock().unwrap_or_else(PoisonError::into_inner);
                        work.recv_timeout(super::A_WHILE)
                    };
                    let Ok(terminal) = next else { continue };
                    if let Err(e) = driver.catch_up(&terminal) {
                        errors.push(e.to_string());
                    }
                    answered.fetch_add(1, Ordering::Relaxed);
                }
                errors
            });
            let _ended = supervisor.join();
            phase
        })?;
        self.world.modem.tell(None);
        phase.served = terminals.len() - late(terminals, &asked).len();
        Ok(phase)
    }

    /// Solicits until every terminal is served; those whose pull was lost once more.
    fn solicit(&self, terminals: &[Shared], asked: &[u64], answered: &AtomicUsize) {
        let pull = |terminals: &[&Shared]| {
            let impus: Vec<_> = terminals.iter().filter_map(|terminal| lock(terminal).impu().ok()).collect();
            self.world.server.with(|upf| impus.iter().for_each(|impu| upf.pull(NEWS, Some(impu))));
        };
        let end = Instant::now() + super::PATIENCE;
        let mut waiting = terminals.iter();
        let (mut issued, mut best, mut since) = (0, 0, Instant::now());
        while Instant::now() < end {
            let now = answered.load(Ordering::Relaxed);
            self.bar.set_position(u64::try_from(now).unwrap_or(0));
            let more = (now + AHEAD * self.in_flight).saturating_sub(issued);
            let next: Vec<_> = waiting.by_ref().take(more).collect();
            issued += next.len();
            pull(&next);
            if now > best {
                (best, since) = (now, Instant::now());
            } else if since.elapsed() > STALLED {
                since = Instant::now();
                pull(&late(terminals.get(..issued).unwrap_or_default(), asked));
            }
            if now >= terminals.len() && late(terminals, asked).is_empty() {
                return;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Runs as many threads as requests are to be in flight.
    fn work(&self, run: impl Fn(&mut Driver<'_>) -> Vec<String> + Sync) -> Outcome<Phase> {
        let mut phase = Phase::new();
        let run = &run;
        let results: Vec<_> = thread::scope(|scope| {
            let start = |_| {
                scope.spawn(move || {
                    let mut driver = Driver::new(self.world);
                    driver.scf.keeps = false;
                    let errors = run(&mut driver);
                    (driver, errors)
                })
            };
            let threads: Vec<_> = (0..self.in_flight).map(start).collect();
            threads.into_iter().map(|thread| thread.join()).collect()
        });
        phase.took = phase.started.elapsed();
        for result in results {
            let (driver, errors) = result.map_err(|_| "a thread of the load has failed")?;
            phase.add(driver, errors);
        }
        Ok(phase)
    }

    /// Asks `count` again and again until it is the number of terminals, or the time is up. Returns the last count.
    pub(super) fn wait(
        &self, patience: Duration, mut count: impl FnMut() -> Outcome<usize>,
    ) -> Outcome<usize> {
        let end = Instant::now() + patience;
        loop {
            let counted = count()?;
            if counted >= self.terminals || Instant::now() >= end {
                return Ok(counted);
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Waits until everybody has acknowledged the newest MSK.
    pub(super) fn delivered(&self, patience: Duration) -> Outcome<usize> {
        self.wait(patience, || {
            Ok(self.world.server.with(|upf| {
                let newest = upf.newest(NEWS);
                newest.map_or(0, |newest| upf.delivered(NEWS, Delivery::Delivered(newest)))
            }))
        })
    }

    /// Tells the terminals whose time has come.
    pub(super) fn overdue(&self, terminals: &[Shared]) -> Outcome<()> {
        let now = self.world.clock.now();
        let mut driver = Driver::new(self.world);
        for terminal in terminals {
            let due = lock(terminal).procedure.deadline().is_some_and(|at| at <= now);
            if due {
                driver.catch_up(terminal)?;
            }
        }
        Ok(())
    }
}

/// Those of `terminals` that have no proven answer since they were `asked`.
fn late<'t>(terminals: &'t [Shared], asked: &[u64]) -> Vec<&'t Shared> {
    let waits = |(terminal, asked): &(&Shared, &u64)| lock(terminal).tally.proven <= **asked;
    terminals.iter().zip(asked).filter(waits).map(|(terminal, _)| terminal).collect()
}
