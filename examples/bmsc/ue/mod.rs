//! A terminal: castkey decides and does MIKEY, `ureq` and `digest_auth` speak HTTP.

mod client;
mod digest;
mod driver;
mod modem;
mod procedure;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use castkey::error::Error;
use castkey::id::MskName;
use castkey::ims::{BTid, Impu, KeyFact};
use castkey::keys::{DigestPassword, Mrk, Muk, MukId, MukOctets, NafId};
use castkey::message::Incoming;
use castkey::role::{Cause, Ue, UeAction, UeConfig, UeEvent};
use castkey::settings::Settings;
use castkey::time::Tick;

use crate::Outcome;
use crate::bsf::Run;
use crate::names::{BM_SC, Service, Subscriber};

pub(crate) use client::agent;
pub(crate) use digest::{Recorded, Session};
pub(crate) use driver::Driver;
pub(crate) use modem::Modem;
pub(crate) use procedure::{Do, Fact, Procedure};

type Role = Ue<1>;

/// What a play does to a terminal.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mishap {
    /// No datagram reaches it.
    pub(crate) deaf: bool,
    /// No acknowledgement leaves it.
    pub(crate) mute: bool,
    /// Its password is a wrong one.
    pub(crate) wrong_password: bool,
    /// It answers challenges with MD5 only.
    pub(crate) md5_only: bool,
}

/// What a terminal has been through.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) posts: u64,
    pub(crate) proven: u64,
    pub(crate) stored: u64,
    pub(crate) acknowledged: u64,
    pub(crate) mtks: u64,
    pub(crate) refused: u64,
    /// MSK messages that did not reach it, because it was deaf. (MTK messages come at times of their own.)
    pub(crate) unheard: u64,
}

pub(crate) struct Terminal {
    pub(crate) who: Subscriber,
    pub(crate) service: Service,
    pub(crate) procedure: Procedure,
    role: Role,
    /// The bootstrapping runs whose MUK may still serve, the newest last.
    runs: Vec<Run>,
    session: Session,
    pub(crate) mishap: Mishap,
    pub(crate) tally: Tally,
    /// What the procedure wants done since MIKEY came; whoever drives the terminal does it.
    todo: VecDeque<Do>,
    /// What was done, for the screen; the load keeps none.
    pub(crate) diary: Option<Vec<String>>,
}

/// A terminal as its driver and the modem share it.
pub(crate) type Shared = Arc<Mutex<Terminal>>;

pub(crate) fn lock(terminal: &Shared) -> MutexGuard<'_, Terminal> {
    terminal.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Terminal {
    pub(crate) fn new(who: Subscriber, service: Service, procedure: Procedure, settings: Settings) -> Self {
        Self {
            who,
            service,
            procedure,
            role: Role::new(UeConfig { settings, ..UeConfig::default() }),
            runs: Vec::new(),
            session: Session::default(),
            mishap: Mishap::default(),
            tally: Tally::default(),
            todo: VecDeque::new(),
            diary: None,
        }
    }

    pub(crate) fn share(self) -> Shared {
        Arc::new(Mutex::new(self))
    }

    pub(crate) fn note(&mut self, text: impl FnOnce() -> String) {
        if let Some(diary) = &mut self.diary {
            diary.push(text());
        }
    }

    pub(crate) fn impu(&self) -> Outcome<Impu> {
        Ok(self.who.impu()?.clone())
    }

    /// The bootstrapping run in use.
    pub(crate) fn run(&self) -> Option<&Run> {
        self.runs.last()
    }

    pub(crate) const fn recorded(&self) -> Option<&Recorded> {
        self.session.recorded.as_ref()
    }

    /// Whether it holds this MSK.
    pub(crate) fn holds(&self, name: MskName) -> bool {
        self.role.msks().get(name).is_some()
    }

    /// Whether it holds an MTK, which only an MSK can have opened.
    pub(crate) fn holds_an_mtk(&self) -> bool {
        self.role.mkis().next().is_some()
    }

    /// Takes over a bootstrapping run that was made elsewhere.
    pub(crate) fn adopt(&mut self, run: Run) {
        self.runs.push(run);
    }

    /// Serves what is due at the MIKEY side.
    fn tick(&mut self, now: Tick) {
        while self.role.deadline().is_some_and(|at| at <= now) {
            if self.mikey(UeEvent::Timeout, now).is_err() {
                return;
            }
        }
    }

    /// The password of HTTP Digest under the run in use.
    fn password(&self) -> Outcome<DigestPassword> {
        let run = self.run().ok_or("no bootstrapping run")?;
        let Settings { mrk, digest_password, .. } = Settings::DEFAULT;
        let ks_naf = run.ks_naf(BM_SC, NafId::UA_IMS_MBMS_HTTP)?;
        Ok(Mrk::from_gba_me(&ks_naf, mrk)?.digest_password(digest_password))
    }

    /// Derives the MUK of a bootstrapping run for this NAF, and installs it.
    pub(crate) fn derive_muk(&mut self, btid: &BTid, fqdn: &str, ua: [u8; 5], now: Tick) -> Outcome<()> {
        let run = self.runs.iter().find(|run| run.btid == *btid).ok_or("no such run")?;
        let muk = Muk::from_gba_me(&run.ks_naf(fqdn, ua)?, MukOctets::All);
        let mut naf = [0; 128];
        let naf = NafId::join(fqdn, ua, &mut naf)?;
        let id = MukId { idi: naf.octets(), idr: btid.as_str().as_bytes() };
        self.mikey(UeEvent::Bootstrapped { id, muk }, now)?;
        // Now packets of the group are followed.
        self.mikey(UeEvent::Wanted(self.service.group), now)?;
        Ok(())
    }

    fn forget_muk(&mut self, btid: &BTid, now: Tick) -> Outcome<()> {
        let mut naf = [0; 128];
        let naf = NafId::join(BM_SC, NafId::UA_IMS_MBMS_HTTP, &mut naf)?;
        let id = MukId { idi: naf.octets(), idr: btid.as_str().as_bytes() };
        self.runs.retain(|run| run.btid != *btid);
        // The first message under the new one may have done it.
        let _ = self.mikey(UeEvent::ForgetMuk(id), now);
        Ok(())
    }

    fn wipe(&mut self, now: Tick) {
        // A group of which nothing is held is none to forget.
        let _ = self.mikey(UeEvent::Forget(self.service.group), now);
    }

    /// Lets the MIKEY side handle an event; the procedure learns of it. Returns what is to be sent back.
    fn mikey(&mut self, event: UeEvent<'_>, now: Tick) -> Result<Vec<Vec<u8>>, Error> {
        let mut out = vec![0; Role::MAX_OUT_LEN];
        let mut answers = Vec::new();
        let mut facts = Vec::new();
        for action in self.role.handle(event, now, &mut out)? {
            match action {
                UeAction::Send(octets) => answers.push(octets.to_vec()),
                UeAction::MskStored { name, .. } => {
                    self.tally.stored += 1;
                    facts.push(KeyFact::Stored(name));
                }
                UeAction::MskInvalidated(name) => facts.push(KeyFact::Expired(name)),
                UeAction::MtkReady(..) => self.tally.mtks += 1,
                UeAction::MissedKey { name, cause: Cause::Pull } => {
                    facts.push(KeyFact::Pull { group: name.group(), rnd: 0 });
                }
                UeAction::MissedKey { name, cause: Cause::MissedUpdate } => {
                    facts.push(KeyFact::UnknownMsk { name, rnd: 0 });
                }
                // Who asks, when, and how often is the procedure's business.
                _ => {}
            }
        }
        for fact in facts {
            self.note(|| match fact {
                KeyFact::Stored(name) => format!("terminal: MSK {:?} is stored", name.id),
                KeyFact::Expired(name) => format!("terminal: MSK {:?} is taken back", name.id),
                KeyFact::UnknownMsk { name, .. } => format!("terminal: misses MSK {:?}", name.id),
                KeyFact::Pull { .. } => "terminal: is solicited to request the MSK".to_owned(),
                _ => String::new(),
            });
            if let Ok(wanted) = self.procedure.handle(Fact::Key(fact), now) {
                self.todo.extend(wanted);
            }
        }
        Ok(answers)
    }

    /// Takes a datagram. Returns the acknowledgements.
    fn hear(&mut self, octets: &[u8], now: Tick) -> Vec<Vec<u8>> {
        if self.mishap.deaf {
            let is_msk = matches!(Incoming::decode(octets, None, &Settings::DEFAULT), Ok(Incoming::Msk(_)));
            self.tally.unheard += u64::from(is_msk);
            return Vec::new();
        }
        match self.mikey(UeEvent::Mikey(octets), now) {
            Ok(answers) if self.mishap.mute => {
                if !answers.is_empty() {
                    self.note(|| "terminal: acknowledges, and the acknowledgement is lost".to_owned());
                }
                Vec::new()
            }
            Ok(answers) => {
                self.tally.acknowledged += u64::try_from(answers.len()).unwrap_or(0);
                answers
            }
            Err(_) => {
                self.tally.refused += 1;
                Vec::new()
            }
        }
    }
}
