//! The SCF, here the NAF: SIP towards the terminals, the BSF by calls, H5 to H7 over HTTP towards the UPF, and one machine
//! of castkey for each dialog that decides.

pub(crate) mod posts;

use core::net::{IpAddr, SocketAddr};
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use castkey::ims::facts::{SipAnswer, StatusCode, Variant};
use castkey::ims::request::{IdentityHints, PublicIdentities};
use castkey::ims::scf::{BsfAnswer, ReInvite, ScfAction, ScfSip, ScfSipEvent, ScfSipState};
use castkey::ims::{BTid, Impu, ImsError, ServiceId};
use castkey::time::Tick;

use crate::Outcome;
use crate::bodies::{self, Asked};
use crate::clock::Clock;
use crate::gba::{self, Bsf};
use crate::http::Client;
use crate::plan::{self, SCF, Services, T1_MS};
use crate::script::Diary;
use crate::sip::{Body, DialogId, Endpoint, Event, Payload, RequestId, SipError, Timers};
use posts::Post;

/// The Reason header (RFC 3326) by which a 403 asks the terminal to bootstrap anew.
pub(crate) const BOOTSTRAP_REASON: &str = "SIP ;cause=403 ;text=\"bootstrap\"";

/// A dialog: its machine, and what its requests said.
struct Row {
    machine: ScfSip,
    /// The INVITE that waits for its answer.
    request: Option<RequestId>,
    asked: Asked,
    impu: Option<Impu>,
    services: Vec<ServiceId>,
    address: IpAddr,
    /// End of the key that was fetched last.
    expires: Tick,
}

/// What the machine is to be told.
enum Fact {
    Invite(Option<Impu>),
    ReInvite { authorised: bool },
    Subscription(bool),
    Bsf(Option<gba::Answer>),
    Answer(StatusCode),
    Cancel,
    Bye,
    SubscriptionEnded,
    Timeout,
}

/// What happened, for the script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct ScfCounts {
    pub(crate) invites: u64,
    pub(crate) reinvites: u64,
    /// Final answers to INVITEs, by their code.
    pub(crate) answers: BTreeMap<u16, u64>,
    pub(crate) subscription_checks: u64,
    /// Media types of the parts of the last INVITE.
    pub(crate) last_parts: Vec<String>,
    pub(crate) keys_wiped: u64,
    /// Key Numbers that the last H6 asked for.
    pub(crate) last_h6: Vec<u16>,
}

pub(crate) struct Scf {
    clock: Clock,
    pub(crate) sip: Endpoint,
    http: Client,
    services: Services,
    subscriptions: HashMap<Impu, Vec<ServiceId>>,
    rows: BTreeMap<DialogId, Row>,
    posts: Vec<Post>,
    posted: Option<Post>,
    /// The Ua security protocol identifier in the NAF-Id that the BSF is asked with.
    pub(crate) ua: [u8; 5],
    pub(crate) counts: ScfCounts,
}

impl Scf {
    pub(crate) fn new(clock: Clock, services: Services, upf: SocketAddr) -> Outcome<Self> {
        let timers = Timers::with_t1(core::time::Duration::from_millis(T1_MS));
        Ok(Self {
            clock,
            sip: Endpoint::bind(SocketAddr::from(([127, 0, 0, 1], 0)), plan::SCF_URI, timers)?,
            http: Client::connect(upf)?,
            services,
            subscriptions: HashMap::new(),
            rows: BTreeMap::new(),
            posts: Vec::new(),
            posted: None,
            ua: Variant::Sip.ua(),
            counts: ScfCounts::default(),
        })
    }

    pub(crate) const fn http_address(&self) -> SocketAddr {
        self.http.address()
    }

    pub(crate) fn subscribe(&mut self, user: &Impu, services: &[ServiceId]) {
        self.subscriptions.insert(user.clone(), services.to_vec());
    }

    /// The user is no longer a subscriber: all his dialogs end.
    pub(crate) fn unsubscribe(&mut self, user: &Impu, bsf: &mut Bsf, diary: &mut Diary) -> Outcome<()> {
        self.subscriptions.remove(user);
        let of_user = |row: &Row| row.machine.impu() == Some(user);
        let dialogs: Vec<DialogId> =
            self.rows.iter().filter(|(_, row)| of_user(row)).map(|(dialog, _)| *dialog).collect();
        dialogs.into_iter().try_for_each(|dialog| self.tell(dialog, Fact::SubscriptionEnded, bsf, diary))
    }

    /// How far the user's dialog is.
    pub(crate) fn state(&self, user: &Impu) -> Option<ScfSipState> {
        let mut rows = self.rows.values().filter(|row| row.machine.impu() == Some(user));
        rows.next().map(|row| row.machine.state())
    }

    /// The B-TID of the user's dialog.
    pub(crate) fn btid(&self, user: &Impu) -> Option<&BTid> {
        self.rows.values().find(|row| row.machine.impu() == Some(user))?.machine.btid()
    }

    /// Whether any copy of a key is left here.
    pub(crate) fn holds_a_key(&self) -> bool {
        self.rows.values().any(|row| row.machine.muk().is_some())
            || self.posts.iter().chain(&self.posted).any(Post::holds_a_key)
    }

    /// One turn of the loop.
    pub(crate) fn turn(&mut self, bsf: &mut Bsf, diary: &mut Diary) -> Outcome<()> {
        while let Some(event) = self.sip.poll(Instant::now()) {
            self.take(event, bsf, diary)?;
        }
        if let Some((dialog, status)) = self.turn_posts()? {
            self.tell(dialog, Fact::Answer(status), bsf, diary)?;
        }
        let now = self.clock.now();
        let is_due = |row: &Row| row.machine.deadline().is_some_and(|at| at <= now);
        let due: Vec<DialogId> =
            self.rows.iter().filter(|(_, row)| is_due(row)).map(|(dialog, _)| *dialog).collect();
        due.into_iter().try_for_each(|dialog| self.tell(dialog, Fact::Timeout, bsf, diary))
    }

    fn take(&mut self, event: Event, bsf: &mut Bsf, diary: &mut Diary) -> Outcome<()> {
        match event {
            Event::Invited { dialog, request, payload, .. } => {
                self.counts.invites += 1;
                let address = self.sip.dialog(dialog).ok_or(SipError::NoDialog)?.peer.ip();
                let row = Row {
                    machine: ScfSip::new(),
                    request: Some(request),
                    asked: Asked::default(),
                    impu: None,
                    services: Vec::new(),
                    address,
                    expires: self.clock.now(),
                };
                self.rows.insert(dialog, row);
                self.invited(dialog, &payload, bsf, diary)
            }
            Event::Reinvited { dialog, request, payload } => {
                self.counts.reinvites += 1;
                self.row(dialog)?.request = Some(request);
                self.reinvited(dialog, &payload, bsf, diary)
            }
            Event::Cancelled { dialog, .. } => {
                if let Some(row) = self.rows.get_mut(&dialog) {
                    row.request = None;
                }
                self.tell(dialog, Fact::Cancel, bsf, diary)
            }
            Event::Ended { dialog } | Event::Unacknowledged { dialog, .. } => {
                diary.note("SCF: BYE from the terminal".to_owned());
                if let Some(row) = self.rows.get_mut(&dialog) {
                    row.request = None;
                }
                self.tell(dialog, Fact::Bye, bsf, diary)
            }
            _ => Ok(()),
        }
    }

    fn row(&mut self, dialog: DialogId) -> Outcome<&mut Row> {
        Ok(self.rows.get_mut(&dialog).ok_or(SipError::NoDialog)?)
    }

    fn invited(
        &mut self, dialog: DialogId, payload: &Payload, bsf: &mut Bsf, diary: &mut Diary,
    ) -> Outcome<()> {
        let impu = asserted(payload);
        let Ok(asked) = Asked::read(&payload.body) else {
            self.answer(dialog, SipAnswer::BadRequest, diary)?;
            self.rows.remove(&dialog);
            return Ok(());
        };
        self.counts.last_parts = payload.body.parts().iter().map(|part| part.content_type.clone()).collect();
        let parts = payload.body.parts().len();
        let btid = if asked.btid.is_some() { "a B-TID" } else { "no B-TID" };
        let user = impu.as_ref().map(Impu::as_str).unwrap_or_default();
        let services = asked.services.len();
        diary.note(format!("SCF: INVITE of {user}, {parts} parts: {services} services, {btid}"));
        let row = self.row(dialog)?;
        (row.impu, row.services, row.asked) = (impu.clone(), asked.services.clone(), asked);
        self.tell(dialog, Fact::Invite(impu), bsf, diary)
    }

    fn reinvited(
        &mut self, dialog: DialogId, payload: &Payload, bsf: &mut Bsf, diary: &mut Diary,
    ) -> Outcome<()> {
        let Ok(asked) = Asked::read(&payload.body) else {
            return self.answer(dialog, SipAnswer::BadRequest, diary);
        };
        let of_msk = |name: &castkey::id::MskName| self.services.of_group(name.group());
        let wanted: Option<Vec<ServiceId>> = if asked.btid.is_some() {
            Some(asked.services.clone())
        } else {
            asked.msks.iter().map(|name| of_msk(name).map(|service| service.id.clone())).collect()
        };
        let user = self.row(dialog)?.impu.clone();
        let authorised = wanted.is_some_and(|services| self.may(user.as_ref(), &services));
        let what = if asked.btid.is_some() { "a new B-TID" } else { "MSKs" };
        let user = user.as_ref().map(Impu::as_str).unwrap_or_default();
        diary.note(format!(
            "SCF: re-INVITE of {user}: {what}, {}authorised",
            if authorised { "" } else { "not " }
        ));
        let row = self.row(dialog)?;
        if asked.btid.is_some() && authorised {
            row.services.clone_from(&asked.services);
        }
        row.asked = asked;
        self.tell(dialog, Fact::ReInvite { authorised }, bsf, diary)
    }

    /// Whether the subscription covers all of these services.
    fn may(&mut self, user: Option<&Impu>, services: &[ServiceId]) -> bool {
        self.counts.subscription_checks += 1;
        let subscribed = user.and_then(|user| self.subscriptions.get(user));
        subscribed.is_some_and(|subscribed| services.iter().all(|service| subscribed.contains(service)))
    }

    /// Tells the machine of a dialog something, does what it wants done, and tells it what comes of that.
    fn tell(&mut self, dialog: DialogId, fact: Fact, bsf: &mut Bsf, diary: &mut Diary) -> Outcome<()> {
        let mut next = Some(fact);
        while let Some(fact) = next.take() {
            let now = self.clock.now();
            // A dialog that has ended is told nothing any more.
            let Some(row) = self.rows.get_mut(&dialog) else { return Ok(()) };
            if let Fact::Bsf(Some(answer)) = &fact {
                row.expires = answer.expires;
            }
            let actions = match hand(row, fact, now) {
                Ok(actions) => actions,
                // An answer that came too late, or an end that crossed another one.
                Err(ImsError::UnexpectedState) => return Ok(()),
                Err(e) => return Err(e.into()),
            };
            for action in actions {
                next = self.carry_out(dialog, action, bsf, diary)?.or(next);
            }
        }
        if self.row(dialog)?.machine.state() == ScfSipState::Idle {
            self.rows.remove(&dialog);
        }
        Ok(())
    }

    fn carry_out(
        &mut self, dialog: DialogId, action: ScfAction, bsf: &mut Bsf, diary: &mut Diary,
    ) -> Outcome<Option<Fact>> {
        match action {
            ScfAction::CheckAuthorisation(_) => {
                let row = self.row(dialog)?;
                let (user, services) = (row.impu.clone(), row.services.clone());
                let may = self.may(user.as_ref(), &services);
                diary.note(format!("SCF: the subscription says {}", if may { "yes" } else { "no" }));
                return Ok(Some(Fact::Subscription(may)));
            }
            ScfAction::QueryBsf => {
                let btid = self.row(dialog)?.machine.btid().cloned().ok_or("a query without a B-TID")?;
                let answer = bsf.query(&btid, SCF, self.ua, self.clock.now())?;
                let ua = self.ua.map(|octet| format!("{octet:02x}")).join(" ");
                let found = if answer.is_some() { "Ks_NAF and identities" } else { "unknown" };
                diary.note(format!("SCF: BSF query, NAF-Id {SCF} {ua}: {found}"));
                return Ok(Some(Fact::Bsf(answer)));
            }
            ScfAction::Post(kind) => self.post(dialog, kind, diary)?,
            ScfAction::AnswerInvite(answer) => self.answer(dialog, answer, diary)?,
            ScfAction::SendBye => {
                diary.note("SCF: BYE to the terminal".to_owned());
                self.sip.bye(dialog, Instant::now())?;
            }
            ScfAction::WipeKey => self.wipe(dialog),
            // The endpoint answers BYE, and the loop asks for deadlines.
            _ => {}
        }
        Ok(None)
    }

    fn answer(&mut self, dialog: DialogId, answer: SipAnswer, diary: &mut Diary) -> Outcome<()> {
        let session = bodies::session(self.sip.address())?;
        let Some(request) = self.row(dialog)?.request.take() else { return Ok(()) };
        let payload = match answer {
            SipAnswer::Ok => Payload::new(Body::sdp(&session)?),
            SipAnswer::BootstrappingRequired => Payload::EMPTY.with("Reason", BOOTSTRAP_REASON),
            _ => Payload::EMPTY,
        };
        *self.counts.answers.entry(answer.code()).or_default() += 1;
        diary.note(format!("SCF: SIP {}", answer.code()));
        Ok(self.sip.answer(request, answer.code(), &payload, Instant::now())?)
    }
}

/// What the network asserts; the terminal's own wish only picks among that.
fn asserted(payload: &Payload) -> Option<Impu> {
    let parse = |name| PublicIdentities::parse(payload.header(name)?.as_bytes()).ok();
    let (asserted, intended) = (parse(PublicIdentities::ASSERTED), parse(PublicIdentities::INTENDED));
    let hints = IdentityHints { asserted: asserted.as_ref(), intended: intended.as_ref(), preferred: None };
    hints.identity().ok().cloned()
}

/// Hands a fact to the machine as its event.
fn hand(row: &mut Row, fact: Fact, now: Tick) -> Result<castkey::role::Actions<ScfAction>, ImsError> {
    let Row { machine, asked, .. } = row;
    let impus;
    let event = match fact {
        Fact::Invite(ref impu) => ScfSipEvent::Invite {
            services: &asked.services,
            asserted: impu.as_ref(),
            btid: asked.btid.as_ref(),
        },
        Fact::ReInvite { authorised } => {
            let wants = asked.btid.as_ref().map_or(ReInvite::Msks(&asked.msks), ReInvite::BTid);
            ScfSipEvent::ReInvite { wants, authorised }
        }
        Fact::Subscription(true) => ScfSipEvent::Authorised,
        Fact::Subscription(false) => ScfSipEvent::NotAuthorised,
        Fact::Bsf(None) => ScfSipEvent::Bsf(BsfAnswer::UnknownBTid),
        Fact::Bsf(Some(answer)) => {
            impus = answer.impus;
            ScfSipEvent::Bsf(BsfAnswer::Keys { impus: &impus, ks_naf: answer.ks_naf })
        }
        Fact::Answer(status) => ScfSipEvent::Answer(status),
        Fact::Cancel => ScfSipEvent::Cancel,
        Fact::Bye => ScfSipEvent::Bye,
        Fact::SubscriptionEnded => ScfSipEvent::SubscriptionEnded,
        Fact::Timeout => ScfSipEvent::Timeout,
    };
    machine.handle(event, &plan::scf_config(), now)
}
