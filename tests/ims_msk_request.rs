//! The MSK requests of one Key Group: the table row by row, every other event refused or ignored, and what decides
//! before it, the terminal with real MIKEY messages and the store of MSKs.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]
#![cfg(feature = "ims")]

#[path = "ims_msk_request/holding.rs"]
mod holding;
#[path = "ims_msk_request/mikey.rs"]
mod mikey;
#[path = "ims_msk_request/other_events.rs"]
mod other_events;
#[path = "ims_msk_request/requesting.rs"]
mod requesting;
#[path = "ims_msk_request/store.rs"]
mod store;
mod world;

use castkey::error::{DecodeErrorKind, Error, OpenError};
use castkey::id::{GroupName, KeyDomainId, KeyGroup, KeyNumber, MskId, MskName, MtkId};
use castkey::ims::facts::StatusCode;
use castkey::ims::*;
use castkey::keys::{Inserted, MessageKeys as _, Msk, MskEntry, MskStore, MtkWindow, SameMskId, SeqLower};
use castkey::message::{MskMessage, Sent, VerificationMessage};
use castkey::role::{Switchover, UeConfig, UeEvent};
use castkey::secret::Secret;
use castkey::time::Tick;
use world::*;

const ON: Announcement = Announcement { confidentiality: true, integrity: true, servers: 1, groups: 1 };

/// A Key Group with its clock.
#[derive(Clone)]
struct Group {
    machine: MskRequest,
    now: u64,
}

fn activate(registered: bool) -> MskEvent<'static> {
    MskEvent::Activate { announcement: ON, registered }
}

fn http(of: UeRequestKind, outcome: HttpOutcome<'_>) -> MskEvent<'_> {
    MskEvent::Http { of, outcome }
}

fn answer(status: ItemStatus) -> [(MskName, ItemStatus); 2] {
    // The BM-SC names the MSK it has, not Number 0; and something else before it.
    [(OTHER_GROUP.msk(KeyNumber(3)), other(500)), (msk_name(9), status)]
}

fn other(code: u16) -> ItemStatus {
    ItemStatus::Other(StatusCode::new(code).unwrap())
}

fn failed(status: u16) -> HttpOutcome<'static> {
    HttpOutcome::Failed { status, retry_after_s: None }
}

fn challenged(had_credentials: bool, stale: bool) -> HttpOutcome<'static> {
    HttpOutcome::Challenged { had_credentials, stale }
}

fn ks(expires: u64) -> GbaOutcome {
    GbaOutcome::Done { btid: BTid::new("b@bsf.home1.net").unwrap(), expires: at(expires) }
}

fn stored(number: u16) -> MskEvent<'static> {
    MskEvent::Key(KeyFact::Stored(msk_name(number)))
}

fn expired(number: u16) -> MskEvent<'static> {
    MskEvent::Key(KeyFact::Expired(msk_name(number)))
}

fn unknown(number: u16) -> MskEvent<'static> {
    MskEvent::Key(KeyFact::UnknownMsk { name: msk_name(number), rnd: 0 })
}

const PULL: MskEvent<'static> = MskEvent::Key(KeyFact::Pull { group: GROUP, rnd: 0 });

fn text(action: &MskAction) -> String {
    match action {
        MskAction::Post { request, cause } => {
            let request = match request {
                UeRequest::Register => "H2".into(),
                UeRequest::Deregister => "H3".into(),
                UeRequest::Msk(list) => {
                    assert_eq!(list.as_slice(), [msk_name(0)]);
                    String::from("H4")
                }
            };
            cause.map_or(request.clone(), |cause| format!("{request}({cause:?})"))
        }
        MskAction::WipeKeys(group) => {
            assert_eq!(*group, GROUP);
            "WipeKeys".into()
        }
        MskAction::ArmTimer(tick) => format!("ArmTimer({})", tick.as_millis()),
        other => format!("{other:?}"),
    }
}

impl Group {
    fn new() -> Self {
        Self::with(UeTiming::default())
    }

    fn with(timing: UeTiming) -> Self {
        Self { machine: MskRequest::new(timing, GROUP), now: 0 }
    }

    fn act(&mut self, event: MskEvent<'_>) -> Result<String, ImsError> {
        let actions = self.machine.handle(event, at(self.now))?;
        Ok(actions.iter().map(text).collect::<Vec<_>>().join(" "))
    }

    fn does(&mut self, event: MskEvent<'_>) -> String {
        self.act(event).unwrap()
    }

    fn hears(&mut self, outcome: HttpOutcome<'_>) -> String {
        self.does(http(UeRequestKind::Msk, outcome))
    }

    fn granted(&mut self) -> String {
        let items = answer(ItemStatus::Granted);
        self.hears(HttpOutcome::Authenticated { status: 200, items: ListedItems::Msks(&items) })
    }

    fn deregisters(&mut self, outcome: HttpOutcome<'_>) -> String {
        self.does(http(UeRequestKind::Deregister, outcome))
    }

    fn ticks(&mut self, now: u64) -> String {
        self.now = now;
        self.does(MskEvent::Timeout)
    }

    fn state(&self) -> MskState {
        self.machine.state()
    }

    fn requesting() -> Self {
        let mut g = Self::new();
        g.does(activate(true));
        g
    }

    fn waiting() -> Self {
        let mut g = Self::requesting();
        g.granted();
        g
    }

    fn having() -> Self {
        let mut g = Self::waiting();
        g.does(stored(5));
        g
    }

    /// Everything that can be seen.
    fn seen(&self) -> String {
        format!("{:?} {:?}", self.machine, self.machine.deadline())
    }
}

fn held(number: u16) -> Held {
    Held::One(KeyNumber(number))
}
