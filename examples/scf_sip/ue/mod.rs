//! A terminal: SIP towards the SCF, MIKEY from the UPF, and two machines of castkey, one for the dialog and one for keys.

mod keys;

use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::{HashMap, VecDeque};
use std::time::Instant;

use castkey::error::OpenError;
use castkey::id::GroupName;
use castkey::ims::facts::Variant;
use castkey::ims::{
    BTid, FailureCause, GbaOutcome, Held, ImsError, Reinvite, ServiceAction, SipOutcome, SipUe, SipUeEvent,
    SipUeState,
};
use castkey::role::{Ue, UeEvent};
use rand::TryRng;
use rand::rngs::SysRng;

use crate::Outcome;
use crate::bodies;
use crate::clock::Clock;
use crate::gba::{Bsf, Run, Subscriber};
use crate::ims_core::{self, Registration};
use crate::mikey::Link;
use crate::plan::{self, SCF_URI, Service, T1_MS};
use crate::script::Diary;
use crate::sip::{Cause, DialogId, DialogView, Endpoint, Event, Payload, Timers};

/// How a terminal of this run differs from one that does everything right.
#[derive(Clone, Debug, Default)]
pub(crate) struct Quirks {
    /// Lifetime of the Ks of its first run, milliseconds.
    pub(crate) first_ks_ms: Option<u64>,
    /// It leaves the B-TID out of this many INVITEs.
    pub(crate) without_btid: u32,
    /// It says that this run, of somebody else, was its own.
    pub(crate) stolen: Option<Run>,
}

/// What happened, for the script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct UeCounts {
    pub(crate) bootstraps: u64,
    pub(crate) accepted: u64,
    pub(crate) reinvites: u64,
    /// Answers that refused an INVITE.
    pub(crate) refusals: Vec<u16>,
    pub(crate) failed: Vec<FailureCause>,
    pub(crate) not_renewed: Vec<FailureCause>,
    /// MSK messages stored before the SIP 200 of the first INVITE.
    pub(crate) before_200: u64,
    pub(crate) stored: u64,
    /// Why MIKEY messages were refused.
    pub(crate) mikey_refused: Vec<OpenError>,
    pub(crate) muks_forgotten: u64,
}

pub(crate) struct Terminal {
    pub(crate) name: &'static str,
    clock: Clock,
    pub(crate) subscriber: Subscriber,
    registration: Registration,
    pub(crate) quirks: Quirks,
    pub(crate) sip: Endpoint,
    scf: SocketAddr,
    dialog: Option<DialogId>,
    machine: SipUe,
    role: Ue<4>,
    groups: Vec<GroupName>,
    pub(crate) link: Link,
    /// The RAND of each run.
    rands: HashMap<BTid, [u8; 16]>,
    events: VecDeque<SipUeEvent>,
    pub(crate) counts: UeCounts,
}

impl Terminal {
    /// A terminal that is registered in the IMS and knows the announcements of these services.
    pub(crate) fn new(
        name: &'static str, subscriber: Subscriber, services: &[&Service], announced: &[&Service],
        at: (IpAddr, u16), scf: SocketAddr, clock: Clock,
    ) -> Outcome<Self> {
        let (ip, mikey_port) = at;
        let timers = Timers::with_t1(Duration::from_millis(T1_MS));
        let ids: Vec<_> = services.iter().map(|service| service.id.clone()).collect();
        let groups: Vec<_> = announced.iter().map(|service| service.group).collect();
        Ok(Self {
            name,
            clock,
            registration: Registration::new(&subscriber.impu)?,
            quirks: Quirks::default(),
            sip: Endpoint::bind(SocketAddr::new(ip, 0), subscriber.impu.as_str(), timers)?,
            scf,
            dialog: None,
            machine: SipUe::new(plan::ue_timing(), &ids, subscriber.impu.clone(), &groups)?,
            role: Ue::new(plan::ue_config()),
            groups,
            link: Link::bind(SocketAddr::new(ip, mikey_port))?,
            rands: HashMap::new(),
            events: VecDeque::new(),
            counts: UeCounts::default(),
            subscriber,
        })
    }

    pub(crate) fn state(&self) -> SipUeState {
        self.machine.state()
    }

    pub(crate) fn held(&self, group: GroupName) -> Held {
        self.machine.held(group).unwrap_or(Held::None)
    }

    pub(crate) fn btid(&self) -> Option<&BTid> {
        self.machine.btid()
    }

    pub(crate) const fn role(&self) -> &Ue<4> {
        &self.role
    }

    /// The dialog, while it stands.
    pub(crate) fn dialog(&self) -> Option<DialogView> {
        self.sip.dialog(self.dialog?).filter(|dialog| dialog.established)
    }

    /// The run of this B-TID.
    pub(crate) fn run_of(&self, btid: &BTid) -> Option<Run> {
        let expires = self.clock.now().after_millis(plan::KS_MS);
        Some(Run { btid: btid.clone(), rand: *self.rands.get(btid)?, expires })
    }

    /// The user wants to view his services.
    pub(crate) fn view(&mut self) -> Outcome<()> {
        for group in self.groups.clone() {
            self.drive(UeEvent::Wanted(group))?;
        }
        self.events.push_back(SipUeEvent::View { ims_registered: true });
        Ok(())
    }

    /// The user has enough.
    pub(crate) fn stop(&mut self) {
        self.events.push_back(SipUeEvent::Stop);
    }

    /// One turn of the loop.
    pub(crate) fn turn(&mut self, bsf: &mut Bsf, diary: &mut Diary) -> Outcome<()> {
        while let Some((from, octets)) = self.link.receive() {
            self.mikey(from, &octets, diary)?;
        }
        while let Some(event) = self.sip.poll(Instant::now()) {
            self.take(event)?;
        }
        let now = self.clock.now();
        if self.machine.deadline().is_some_and(|at| at <= now) {
            self.events.push_back(SipUeEvent::Timeout);
        }
        for _ in 0..4 {
            if self.role.deadline().is_none_or(|at| at > now) {
                break;
            }
            self.drive(UeEvent::Timeout)?;
        }
        while let Some(event) = self.events.pop_front() {
            self.tell(event, bsf, diary)?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event) -> Outcome<()> {
        match event {
            Event::Progress { .. } => self.events.push_back(SipUeEvent::Sip(SipOutcome::Provisional)),
            Event::Accepted { .. } => {
                self.counts.accepted += 1;
                self.events.push_back(SipUeEvent::Sip(SipOutcome::Accepted));
            }
            Event::Refused { code, cause, payload, .. } => {
                self.counts.refusals.push(code);
                let outcome = match (cause, code) {
                    (Cause::TimedOut, _) => SipOutcome::TimedOut,
                    (Cause::Answer, 491) => SipOutcome::Glare { rnd: SysRng.try_next_u32()? },
                    (Cause::Answer, status) => {
                        let reason = payload.header("Reason").unwrap_or_default();
                        SipOutcome::Refused { status, bootstrap: reason.contains("\"bootstrap\"") }
                    }
                };
                self.events.push_back(SipUeEvent::Sip(outcome));
            }
            Event::Ended { .. } => {
                self.dialog = None;
                self.events.push_back(SipUeEvent::Bye);
            }
            _ => {}
        }
        Ok(())
    }

    fn tell(&mut self, event: SipUeEvent, bsf: &mut Bsf, diary: &mut Diary) -> Outcome<()> {
        let before = self.machine.state();
        let actions = match self.machine.handle(event, self.clock.now()) {
            Ok(actions) => actions,
            // What crossed the end of the session.
            Err(ImsError::UnexpectedState) => return Ok(()),
            Err(e) => return Err(e.into()),
        };
        for action in actions {
            self.carry_out(action, bsf, diary)?;
        }
        let after = self.machine.state();
        if after != before {
            diary.note(format!("{}: {before:?} -> {after:?}", self.name));
        }
        Ok(())
    }

    fn carry_out(
        &mut self, action: ServiceAction<Reinvite>, bsf: &mut Bsf, diary: &mut Diary,
    ) -> Outcome<()> {
        match action {
            ServiceAction::Invite => {
                let payload = self.services_payload()?;
                self.dialog = Some(self.sip.invite(SCF_URI, self.scf, &payload, Instant::now())?);
            }
            ServiceAction::Cancel => {
                if let Some(dialog) = self.dialog {
                    self.sip.cancel(dialog, Instant::now())?;
                }
            }
            ServiceAction::Bye => {
                if let Some(dialog) = self.dialog.take() {
                    self.sip.bye(dialog, Instant::now())?;
                }
            }
            ServiceAction::Request(request) => {
                self.counts.reinvites += 1;
                let payload = match request {
                    Reinvite::Services => self.services_payload()?,
                    Reinvite::Msks(list) => {
                        let payload = bodies::msks(self.sip.address(), list.as_slice())?;
                        self.forward(payload)?
                    }
                };
                let dialog = self.dialog.ok_or("a re-INVITE without a dialog")?;
                self.sip.reinvite(dialog, &payload, Instant::now())?;
            }
            ServiceAction::NeedBootstrap => {
                let run = self.bootstrap(bsf)?;
                diary.note(format!("{}: bootstrapped, B-TID {}", self.name, run.btid));
                let (btid, expires) = (run.btid.clone(), run.expires);
                self.rands.insert(run.btid, run.rand);
                self.events.push_back(SipUeEvent::Gba(GbaOutcome::Done { btid, expires }));
            }
            ServiceAction::DeriveMuk(btid) => self.derive(&btid)?,
            ServiceAction::ForgetMuk(btid) => self.forget(&btid)?,
            ServiceAction::WipeKeys => {
                for group in self.groups.clone() {
                    self.drive(UeEvent::Forget(group))?;
                }
                diary.note(format!("{}: keys wiped", self.name));
            }
            ServiceAction::Failed(cause) => {
                diary.note(format!("{}: failed, {cause:?}", self.name));
                self.counts.failed.push(cause);
            }
            ServiceAction::NotRenewed(cause) => {
                diary.note(format!("{}: not renewed, {cause:?}", self.name));
                self.counts.not_renewed.push(cause);
            }
            // The endpoint acknowledges, and the loop asks for deadlines.
            _ => {}
        }
        Ok(())
    }

    fn bootstrap(&mut self, bsf: &mut Bsf) -> Outcome<Run> {
        self.counts.bootstraps += 1;
        if let Some(stolen) = self.quirks.stolen.take() {
            return Ok(stolen);
        }
        let lifetime_ms = self.quirks.first_ks_ms.take().unwrap_or(plan::KS_MS);
        bsf.bootstrap(&self.subscriber.impi, lifetime_ms, self.clock.now())
    }

    /// The payload of an INVITE, or of a re-INVITE for a new Ks.
    fn services_payload(&mut self) -> Outcome<Payload> {
        let leave_out = self.quirks.without_btid > 0;
        self.quirks.without_btid = self.quirks.without_btid.saturating_sub(1);
        let btid = self.machine.btid().filter(|_| !leave_out);
        let payload = bodies::services(self.sip.address(), self.machine.services(), btid)?;
        self.forward(payload)
    }

    fn forward(&self, payload: Payload) -> Outcome<Payload> {
        self.registration.forward(ims_core::intended(payload, self.machine.identity())?)
    }
}

/// The variant of this example.
const VARIANT: Variant = Variant::Sip;
