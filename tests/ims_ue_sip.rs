//! The terminal in the SIP variant: the table row by row, every other event refused or ignored, and what goes wrong
//! with real keys.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]
#![cfg(feature = "ims")]

#[path = "ims_ue_sip/keys.rs"]
mod keys;
#[path = "ims_ue_sip/other_events.rs"]
mod other_events;
#[path = "ims_ue_sip/table.rs"]
mod table;
mod world;

use castkey::error::{Error, OpenError};
use castkey::id::{GroupName, KeyNumber};
use castkey::ims::*;
use castkey::keys::{Ks, KsNaf, Muk, MukId, MukOctets, NafId};
use castkey::role::UeEvent;
use castkey::secret::Secret;
use world::*;

/// A dialog with its clock.
#[derive(Clone)]
struct Dialog {
    machine: SipUe<2, 2>,
    now: u64,
}

/// A Ks that outlives most tests.
const LONG: u64 = 100_000_000;
const RENEWAL: u64 = LONG - 60_000;

fn btid(name: &str) -> BTid {
    BTid::new(name).unwrap()
}

fn services() -> [ServiceId; 2] {
    ["urn:news", "urn:sports"].map(|name| ServiceId::new(name).unwrap())
}

fn identity() -> Impu {
    Impu::new("sip:alice@home1.net").unwrap()
}

const fn view(ims_registered: bool) -> SipUeEvent {
    SipUeEvent::View { ims_registered }
}

fn gba(name: &str, expires: u64) -> SipUeEvent {
    SipUeEvent::Gba(GbaOutcome::Done { btid: btid(name), expires: at(expires) })
}

const GBA_FAILED: SipUeEvent = SipUeEvent::Gba(GbaOutcome::Failed);
const BEGUN: SipUeEvent = SipUeEvent::PeerInvite(PeerInvite::Begun);
const ENDED: SipUeEvent = SipUeEvent::PeerInvite(PeerInvite::Ended);
const ACCEPTED: SipUeEvent = SipUeEvent::Sip(SipOutcome::Accepted);
const PULL: SipUeEvent = SipUeEvent::Key(KeyFact::Pull { group: GROUP, rnd: 0 });
const OTHER_PULL: SipUeEvent = SipUeEvent::Key(KeyFact::Pull { group: OTHER_GROUP, rnd: 0 });

fn stored(number: u16) -> SipUeEvent {
    SipUeEvent::Key(KeyFact::Stored(msk_name(number)))
}

fn expired(number: u16) -> SipUeEvent {
    SipUeEvent::Key(KeyFact::Expired(msk_name(number)))
}

fn unknown(number: u16) -> SipUeEvent {
    SipUeEvent::Key(KeyFact::UnknownMsk { name: msk_name(number), rnd: 0 })
}

const fn refused(status: u16) -> SipUeEvent {
    SipUeEvent::Sip(SipOutcome::Refused { status, bootstrap: false })
}

const fn glare(rnd: u32) -> SipUeEvent {
    SipUeEvent::Sip(SipOutcome::Glare { rnd })
}

const BOOTSTRAP: SipUeEvent = SipUeEvent::Sip(SipOutcome::Refused { status: 403, bootstrap: true });
const TIMED_OUT: SipUeEvent = SipUeEvent::Sip(SipOutcome::TimedOut);

fn text(action: &ServiceAction<Reinvite<2>>) -> String {
    match action {
        ServiceAction::Request(Reinvite::Services) => "Reinvite(services)".into(),
        ServiceAction::Request(Reinvite::Msks(list)) => {
            assert!(list.as_slice().iter().all(|name| name.id.number == KeyNumber::CURRENT));
            let groups: Vec<_> =
                list.as_slice().iter().map(|name| format!("{:04x}", name.id.group.0)).collect();
            format!("Reinvite({})", groups.join(","))
        }
        ServiceAction::DeriveMuk(btid) => format!("DeriveMuk({btid})"),
        ServiceAction::ForgetMuk(btid) => format!("ForgetMuk({btid})"),
        ServiceAction::ArmTimer(tick) => format!("ArmTimer({})", tick.as_millis()),
        other => format!("{other:?}"),
    }
}

impl Dialog {
    fn of(groups: &[GroupName]) -> Self {
        Self { machine: SipUe::new(UeTiming::default(), &services(), identity(), groups).unwrap(), now: 0 }
    }

    /// With a Ks named b1.
    fn idle() -> Self {
        let mut d = Self::of(&[GROUP]);
        assert_eq!(d.does(gba("b1", LONG)), "");
        d
    }

    fn bootstrapping() -> Self {
        let mut d = Self::of(&[GROUP]);
        assert_eq!(d.does(view(true)), "NeedBootstrap");
        d
    }

    fn inviting() -> Self {
        let mut d = Self::idle();
        assert_eq!(d.does(view(true)), "DeriveMuk(b1) Invite");
        d
    }

    fn cancelling() -> Self {
        let mut d = Self::inviting();
        assert_eq!(d.does(SipUeEvent::Stop), "Cancel");
        d
    }

    fn wait_msk() -> Self {
        let mut d = Self::inviting();
        assert_eq!(d.does(ACCEPTED), "Ack ArmTimer(10000)");
        d
    }

    fn keyed() -> Self {
        let mut d = Self::wait_msk();
        d.does(stored(5));
        d
    }

    fn rebooting() -> Self {
        let mut d = Self::keyed();
        assert_eq!(d.ticks(RENEWAL), "NeedBootstrap");
        d
    }

    fn refreshing() -> Self {
        let mut d = Self::keyed();
        assert_eq!(d.does(unknown(6)), "Reinvite(68ca)");
        d
    }

    fn act(&mut self, event: SipUeEvent) -> Result<String, ImsError> {
        let actions = self.machine.handle(event, at(self.now))?;
        Ok(actions.iter().map(text).collect::<Vec<_>>().join(" "))
    }

    fn does(&mut self, event: SipUeEvent) -> String {
        self.act(event).unwrap()
    }

    fn ticks(&mut self, now: u64) -> String {
        self.now = now;
        self.does(SipUeEvent::Timeout)
    }

    fn state(&self) -> SipUeState {
        self.machine.state()
    }

    /// Everything that can be seen.
    fn seen(&self) -> String {
        format!("{:?} {:?}", self.machine, self.machine.deadline())
    }
}
