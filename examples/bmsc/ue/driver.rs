//! Does what the procedure of a terminal wants done, and tells it what became of it.

use core::time::Duration;
use std::collections::VecDeque;
use std::thread;
use std::time::Instant;

use castkey::ims::{GbaOutcome, HttpOutcome, SipOutcome};
use castkey::keys::NafId;

use super::client::Client;
use super::procedure::{Do, Fact};
use super::{Shared, Terminal, lock};
use crate::Outcome;
use crate::names::BM_SC;
use crate::scf::Scf;
use crate::world::World;

/// Drives any number of terminals, one at a time; of one thread.
pub(crate) struct Driver<'w> {
    world: &'w World,
    pub(crate) client: Client,
    pub(crate) scf: Scf<'w>,
}

impl<'w> Driver<'w> {
    pub(crate) fn new(world: &'w World) -> Self {
        Self { world, client: Client::new(world.server.public), scf: Scf::new(world) }
    }

    /// Tells a terminal a fact and does all that follows.
    pub(crate) fn tell(&mut self, terminal: &Shared, fact: Fact<'_>) -> Outcome<()> {
        let wanted = lock(terminal).procedure.handle(fact, self.world.clock.now())?;
        let mut queue = VecDeque::from(wanted);
        loop {
            let next = queue.pop_front().or_else(|| lock(terminal).todo.pop_front());
            let Some(next) = next else { return Ok(()) };
            queue.extend(self.act(terminal, next)?);
        }
    }

    /// Does what MIKEY has caused meanwhile, and what is due.
    pub(crate) fn catch_up(&mut self, terminal: &Shared) -> Outcome<()> {
        lock(terminal).tick(self.world.clock.now());
        self.tell(terminal, Fact::Timeout)
    }

    /// Catches up until `test` holds; false when it does not within `patience`.
    pub(crate) fn until(
        &mut self, terminal: &Shared, patience: Duration, test: impl Fn(&Terminal) -> bool,
    ) -> Outcome<bool> {
        let end = Instant::now() + patience;
        loop {
            self.catch_up(terminal)?;
            if test(&lock(terminal)) {
                return Ok(true);
            }
            if Instant::now() >= end {
                return Ok(false);
            }
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn act(&mut self, terminal: &Shared, what: Do) -> Outcome<Vec<Do>> {
        let now = || self.world.clock.now();
        let fact = match what {
            Do::Invite => {
                let (impu, service) = {
                    let terminal = lock(terminal);
                    (terminal.impu()?, terminal.service.id.clone())
                };
                let answer = self.scf.invite(&impu, &service)?;
                lock(terminal).note(|| format!("SCF: INVITE -> SIP {}", answer.code()));
                Fact::Sip(match answer.code() {
                    200 => SipOutcome::Accepted,
                    status => SipOutcome::Refused { status, bootstrap: false },
                })
            }
            Do::Bye => {
                let impu = lock(terminal).impu()?;
                self.scf.bye(&impu)?;
                return Ok(Vec::new());
            }
            Do::Post(request) => {
                let came = self.client.post(terminal, &request)?;
                let mut terminal = lock(terminal);
                if matches!(came.outcome(), HttpOutcome::Challenged { .. }) && terminal.run().is_none() {
                    terminal.note(|| "terminal: has no Ks yet".to_owned());
                }
                return Ok(terminal.procedure.handle(Fact::Http(request.kind(), came.outcome()), now())?);
            }
            Do::Bootstrap => {
                let mut held = lock(terminal);
                let run = self.world.bsf.bootstrap(&held.who, now())?;
                let (btid, expires) = (run.btid.clone(), run.expires);
                held.runs.push(run);
                held.note(|| format!("terminal: bootstraps, B-TID {btid}"));
                self.world.modem.listen_for(&btid, terminal);
                // In the machine of a Key Group nobody says when: the MUK is needed now.
                if matches!(held.procedure, super::Procedure::Group(_)) {
                    held.derive_muk(&btid, BM_SC, NafId::UA_IMS_MBMS_HTTP, now())?;
                }
                drop(held);
                Fact::Gba(GbaOutcome::Done { btid, expires })
            }
            Do::DeriveMuk(btid) => {
                lock(terminal).derive_muk(&btid, BM_SC, NafId::UA_IMS_MBMS_HTTP, now())?;
                return Ok(Vec::new());
            }
            Do::ForgetMuk(btid) => {
                self.world.modem.forget(&btid);
                lock(terminal).forget_muk(&btid, now())?;
                return Ok(Vec::new());
            }
            Do::Wipe => {
                let mut terminal = lock(terminal);
                terminal.wipe(now());
                terminal.session.forget();
                terminal.note(|| "terminal: forgets the keys of the service".to_owned());
                return Ok(Vec::new());
            }
            Do::Failed(cause) => {
                lock(terminal).note(|| format!("terminal: leaves the service: {cause:?}"));
                return Ok(Vec::new());
            }
            Do::NotRenewed(cause) => {
                lock(terminal).note(|| format!("terminal: not renewed: {cause:?}; keeps what it has"));
                return Ok(Vec::new());
            }
        };
        Ok(lock(terminal).procedure.handle(fact, self.world.clock.now())?)
    }
}
