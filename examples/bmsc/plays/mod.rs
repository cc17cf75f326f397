//! The plays: each shows one procedure on screen and checks what came of it.

mod digest;
mod entry;
mod exit;
mod keys;
mod refusals;
mod sip_variant;

use core::time::Duration;
use std::thread;
use std::time::Instant;

use castkey::ims::{HttpUe, Impu, MskRequest, UeTiming};
use castkey::role::Delivery;
use castkey::settings::Settings;

use crate::Outcome;
use crate::names::{self, Service, Subscriber};
use crate::report::Report;
use crate::server::Counts;
use crate::ue::{Driver, Procedure, Shared, Terminal, lock};
use crate::world::World;

/// Longest wait for anything that needs no timer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Terminals answer a repetition with the acknowledgement that was lost.
pub(crate) const SETTINGS: Settings = Settings { reack_duplicate: true, ..Settings::DEFAULT };

/// Where the plays are given.
struct Stage<'w, 'r> {
    world: &'w World,
    driver: Driver<'w>,
    report: &'r mut Report,
    services: [Service; 2],
}

pub(crate) fn run(world: &World, report: &mut Report) -> Outcome<()> {
    let mut stage = Stage { world, driver: Driver::new(world), report, services: names::services()? };
    entry::forbidden(&mut stage)?;
    let alice = entry::registration(&mut stage)?;
    let bob = entry::msk_request(&mut stage)?;
    keys::solicited_pull(&mut stage, &alice)?;
    keys::lost_acknowledgement(&mut stage, &alice)?;
    keys::missed_key(&mut stage, &alice, &bob)?;
    digest::nonce_expiry(&mut stage, &alice)?;
    digest::replay(&mut stage, &alice)?;
    digest::wrong_password(&mut stage)?;
    digest::forced_bootstrapping(&mut stage, &alice)?;
    let dave = digest::bsf_down(&mut stage)?;
    exit::deregistration(&mut stage, &dave)?;
    exit::deauthorisation(&mut stage, &alice)?;
    sip_variant::run(&mut stage)?;
    refusals::run(&mut stage)
}

impl Stage<'_, '_> {
    /// A terminal that views a service by the procedures of IMS.
    fn terminal(&self, name: &str, service: usize) -> Outcome<Shared> {
        let (who, service) = (Subscriber::new(name)?, self.service(service)?);
        let impu = who.impu()?.clone();
        let machine = HttpUe::new(UeTiming::default(), service.id.clone(), impu, &[service.group])?;
        Ok(self.plugged(Terminal::new(who, service, Procedure::Service(machine), SETTINGS)))
    }

    /// A terminal that asks for the MSKs of one Key Group.
    fn group_terminal(&self, name: &str, service: usize) -> Outcome<Shared> {
        let (who, service) = (Subscriber::new(name)?, self.service(service)?);
        let machine = MskRequest::new(UeTiming::default(), service.group);
        Ok(self.plugged(Terminal::new(who, service, Procedure::Group(machine), SETTINGS)))
    }

    fn plugged(&self, mut terminal: Terminal) -> Shared {
        terminal.diary = Some(Vec::new());
        let terminal = terminal.share();
        self.world.modem.plug(&terminal);
        terminal
    }

    fn service(&self, number: usize) -> Outcome<Service> {
        Ok(self.services.get(number).cloned().ok_or("no such service")?)
    }

    /// Puts what a terminal did on the screen.
    fn show(&self, terminal: &Shared) {
        let mut terminal = lock(terminal);
        for line in terminal.diary.as_mut().map(core::mem::take).unwrap_or_default() {
            self.report.say(&line);
        }
    }

    fn check(&mut self, what: &str, holds: bool) {
        self.report.check(what, holds);
    }

    fn counts(&self) -> Counts {
        self.world.server.with(|upf| upf.counts)
    }

    /// Waits until the terminal passes `test`, and shows what it did.
    fn until(&mut self, terminal: &Shared, test: impl Fn(&Terminal) -> bool) -> Outcome<bool> {
        let passed = self.driver.until(terminal, PATIENCE, test)?;
        self.show(terminal);
        Ok(passed)
    }

    /// Waits until the BM-SC passes `test`.
    fn until_server(&self, test: impl Fn(&Counts) -> bool) -> bool {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if test(&self.counts()) {
                return true;
            }
            thread::sleep(Duration::from_millis(1));
        }
        false
    }

    /// Waits until this many datagrams have not reached a deaf terminal, without telling it that time has passed.
    fn unheard(&self, terminal: &Shared, number: u64) {
        let end = Instant::now() + PATIENCE;
        while lock(terminal).tally.unheard < number && Instant::now() < end {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Gives what may not come the time to come.
    fn linger(&mut self, terminal: &Shared) -> Outcome<()> {
        self.driver.until(terminal, Duration::from_millis(60), |_| false)?;
        self.show(terminal);
        Ok(())
    }
}

fn impu(terminal: &Shared) -> Outcome<Impu> {
    lock(terminal).impu()
}

/// Whether the acknowledgement of the newest MSK comes to the BM-SC.
fn is_delivered(stage: &Stage<'_, '_>, who: &Impu, service: usize) -> bool {
    let end = Instant::now() + PATIENCE;
    loop {
        let done = stage.world.server.with(|upf| {
            upf.newest(service).is_some_and(|name| upf.delivery(who, service) == Delivery::Delivered(name))
        });
        if done || Instant::now() >= end {
            return done;
        }
        thread::sleep(Duration::from_millis(1));
    }
}
