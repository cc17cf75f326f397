//! The terminal in the HTTP variant: the table row by row, every other event refused or ignored, and the renewal of the
//! MUK with real keys.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]
#![cfg(feature = "ims")]

#[path = "ims_ue/keys.rs"]
mod keys;
#[path = "ims_ue/other_events.rs"]
mod other_events;
#[path = "ims_ue/registering.rs"]
mod registering;
#[path = "ims_ue/session.rs"]
mod session;
mod world;

use castkey::error::{Error, OpenError};
use castkey::id::{GroupName, KeyNumber, MskName};
use castkey::ims::facts::StatusCode;
use castkey::ims::*;
use castkey::keys::{Ks, KsNaf, Muk, MukId, MukOctets, NafId};
use castkey::role::UeEvent;
use castkey::secret::Secret;
use world::*;

/// A session with its clock.
#[derive(Clone)]
struct Session {
    machine: HttpUe<2>,
    now: u64,
}

fn btid(name: &str) -> BTid {
    BTid::new(name).unwrap()
}

fn service() -> ServiceId {
    ServiceId::new("urn:3gpp:mbms:service:news").unwrap()
}

fn view(ims_registered: bool) -> HttpUeEvent<'static> {
    HttpUeEvent::View { ims_registered }
}

fn gba(name: &str, expires: u64) -> HttpUeEvent<'static> {
    HttpUeEvent::Gba(GbaOutcome::Done { btid: btid(name), expires: at(expires) })
}

const GBA_FAILED: HttpUeEvent<'static> = HttpUeEvent::Gba(GbaOutcome::Failed);

fn key(fact: KeyFact) -> HttpUeEvent<'static> {
    HttpUeEvent::Key(fact)
}

fn stored(number: u16) -> HttpUeEvent<'static> {
    key(KeyFact::Stored(msk_name(number)))
}

fn unknown(number: u16) -> HttpUeEvent<'static> {
    key(KeyFact::UnknownMsk { name: msk_name(number), rnd: 0 })
}

const PULL: HttpUeEvent<'static> = HttpUeEvent::Key(KeyFact::Pull { group: GROUP, rnd: 0 });

const fn sip(outcome: SipOutcome) -> HttpUeEvent<'static> {
    HttpUeEvent::Sip(outcome)
}

const fn refused(status: u16) -> SipOutcome {
    SipOutcome::Refused { status, bootstrap: false }
}

const fn http(of: UeRequestKind, outcome: HttpOutcome<'_>) -> HttpUeEvent<'_> {
    HttpUeEvent::Http { of, outcome }
}

const fn failed(status: u16) -> HttpOutcome<'static> {
    HttpOutcome::Failed { status, retry_after_s: None }
}

fn other(code: u16) -> ItemStatus {
    ItemStatus::Other(StatusCode::new(code).unwrap())
}

const fn challenged(had_credentials: bool, stale: bool) -> HttpOutcome<'static> {
    HttpOutcome::Challenged { had_credentials, stale }
}

fn text(action: &ServiceAction<UeRequest<2>>) -> String {
    match action {
        ServiceAction::Request(UeRequest::Register) => "H2".into(),
        ServiceAction::Request(UeRequest::Deregister) => "H3".into(),
        ServiceAction::Request(UeRequest::Msk(list)) => {
            assert!(list.as_slice().iter().all(|name| name.id.number == KeyNumber::CURRENT));
            let groups: Vec<_> =
                list.as_slice().iter().map(|name| format!("{:04x}", name.id.group.0)).collect();
            format!("H4({})", groups.join(","))
        }
        ServiceAction::DeriveMuk(btid) => format!("DeriveMuk({btid})"),
        ServiceAction::ForgetMuk(btid) => format!("ForgetMuk({btid})"),
        ServiceAction::ArmTimer(tick) => format!("ArmTimer({})", tick.as_millis()),
        other => format!("{other:?}"),
    }
}

/// A Ks that outlives most tests.
const LONG: u64 = 100_000_000;

impl Session {
    fn of(groups: &[GroupName]) -> Self {
        let identity = Impu::new("sip:alice@home1.net").unwrap();
        let machine = HttpUe::new(UeTiming::default(), service(), identity, groups).unwrap();
        Self { machine, now: 0 }
    }

    /// With a Ks named b1.
    fn idle() -> Self {
        let mut s = Self::of(&[GROUP]);
        assert_eq!(s.does(gba("b1", LONG)), "");
        s
    }

    fn inviting() -> Self {
        let mut s = Self::idle();
        assert_eq!(s.does(view(true)), "Invite");
        s
    }

    fn authorised() -> Self {
        let mut s = Self::of(&[GROUP]);
        s.does(view(true));
        assert_eq!(s.does(sip(SipOutcome::Accepted)), "Ack NeedBootstrap");
        s
    }

    fn registering() -> Self {
        let mut s = Self::inviting();
        assert_eq!(s.does(sip(SipOutcome::Accepted)), "Ack DeriveMuk(b1) H2");
        s
    }

    fn registered() -> Self {
        let mut s = Self::registering();
        assert_eq!(s.granted(), "ArmTimer(10000)");
        s
    }

    fn keyed() -> Self {
        let mut s = Self::registered();
        s.does(stored(5));
        s
    }

    fn deregistering() -> Self {
        let mut s = Self::keyed();
        s.does(HttpUeEvent::Stop);
        s
    }

    fn cancelling() -> Self {
        let mut s = Self::inviting();
        s.does(HttpUeEvent::Stop);
        s
    }

    fn act(&mut self, event: HttpUeEvent<'_>) -> Result<String, ImsError> {
        let actions = self.machine.handle(event, at(self.now))?;
        Ok(actions.iter().map(text).collect::<Vec<_>>().join(" "))
    }

    fn does(&mut self, event: HttpUeEvent<'_>) -> String {
        self.act(event).unwrap()
    }

    fn registration(&mut self, status: ItemStatus) -> String {
        let items = [(ServiceId::new("urn:other").unwrap(), other(101)), (service(), status)];
        let outcome = HttpOutcome::Authenticated { status: 200, items: ListedItems::Services(&items) };
        self.does(http(UeRequestKind::Register, outcome))
    }

    fn granted(&mut self) -> String {
        self.registration(ItemStatus::Granted)
    }

    fn msks(&mut self, items: &[(MskName, ItemStatus)]) -> String {
        let outcome = HttpOutcome::Authenticated { status: 200, items: ListedItems::Msks(items) };
        self.does(http(UeRequestKind::Msk, outcome))
    }

    fn msk_granted(&mut self) -> String {
        self.msks(&[(msk_name(9), ItemStatus::Granted)])
    }

    fn ticks(&mut self, now: u64) -> String {
        self.now = now;
        self.does(HttpUeEvent::Timeout)
    }

    fn state(&self) -> HttpUeState {
        self.machine.state()
    }

    /// Everything that can be seen.
    fn seen(&self) -> String {
        format!("{:?} {:?}", self.machine, self.machine.deadline())
    }
}
