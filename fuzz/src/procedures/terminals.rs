//! The terminals.

use core::fmt::Debug;

use castkey::id::{KeyNumber, MskName};
use castkey::ims::facts::ItemStatus;
use castkey::ims::{
    Announcement, GbaOutcome, HttpOutcome, HttpUe, HttpUeEvent, HttpUeState, ImsError, KeyFact, ListedItems,
    MskAction, MskEvent, MskRequest, PeerInvite, ServiceAction, ServiceId, SipOutcome, SipUe, SipUeEvent,
    SipUeState, UeRequestKind,
};
use castkey::time::Tick;

use super::{Machine, armed, btid, group, service, status, status_code};
use crate::choice::Choices;

fn sip(choices: &mut Choices<'_>) -> Option<SipOutcome> {
    Some(match choices.below(6)? {
        0 => SipOutcome::Provisional,
        1 | 2 => SipOutcome::Accepted,
        3 => SipOutcome::Refused { status: status(choices)?, bootstrap: choices.below(2)? == 1 },
        4 => SipOutcome::Glare { rnd: u32::from(choices.octet()?) << 24 },
        _ => SipOutcome::TimedOut,
    })
}

fn gba(choices: &mut Choices<'_>, now: Tick) -> Option<GbaOutcome> {
    Some(match choices.below(4)? {
        0 => GbaOutcome::Failed,
        _ => GbaOutcome::Done {
            btid: btid(choices.below(4)?),
            expires: now.after_millis(u64::from(choices.octet()?) * 4_096),
        },
    })
}

fn fact(choices: &mut Choices<'_>) -> Option<KeyFact> {
    let (kind, group, number) = (choices.below(4)?, group(choices.below(4)?), choices.below(4)?);
    let (name, rnd) = (group.msk(KeyNumber(number.into())), u32::from(number) << 30);
    Some(match kind {
        0 => KeyFact::Stored(name),
        1 => KeyFact::Expired(name),
        2 => KeyFact::UnknownMsk { name, rnd },
        _ => KeyFact::Pull { group, rnd },
    })
}

/// What an answer lists: one service, one MSK.
struct Lists([(ServiceId, ItemStatus); 1], [(MskName, ItemStatus); 1]);

impl Lists {
    fn new() -> Self {
        let msk = group(1).msk(KeyNumber(1));
        Self([(service(0), ItemStatus::Unknown)], [(msk, ItemStatus::Unknown)])
    }
}

/// The answer to a POST.
fn http<'a>(choices: &mut Choices<'_>, lists: &'a mut Lists) -> Option<(UeRequestKind, HttpOutcome<'a>)> {
    let of = [UeRequestKind::Register, UeRequestKind::Msk, UeRequestKind::Deregister];
    let of = of[usize::from(choices.below(3)?)];
    let outcome = match choices.below(8)? {
        0..=2 => {
            let listed = ItemStatus::from_code(status_code(choices)?);
            let Lists(services, msks) = lists;
            (services[0].1, msks[0].1) = (listed, listed);
            let items = match choices.below(3)? {
                0 => ListedItems::None,
                1 => ListedItems::Services(services),
                _ => ListedItems::Msks(msks),
            };
            HttpOutcome::Authenticated { status: status(choices)?, items }
        }
        3 => HttpOutcome::Unauthentic,
        4 => {
            HttpOutcome::Challenged { had_credentials: choices.below(2)? == 1, stale: choices.below(2)? == 1 }
        }
        5 => HttpOutcome::Refused(ImsError::BadRealm),
        6 => HttpOutcome::Failed {
            status: status(choices)?,
            retry_after_s: choices.octet().map(u32::from).filter(|s| *s > 0),
        },
        _ => HttpOutcome::TimedOut,
    };
    Some((of, outcome))
}

fn service_armed<R: Debug>(action: &ServiceAction<R>) -> Option<Tick> {
    if let ServiceAction::ArmTimer(at) = action { Some(*at) } else { None }
}

impl Machine for HttpUe<2> {
    fn seen(&self) -> String {
        format!("{self:?}")
    }

    fn deadline(&self) -> Option<Tick> {
        self.deadline()
    }

    fn event(&mut self, choices: &mut Choices<'_>, now: Tick) -> Option<Result<Option<Tick>, ImsError>> {
        let mut lists = Lists::new();
        let event = match choices.below(10)? {
            0 => HttpUeEvent::View { ims_registered: choices.below(4)? > 0 },
            1 => HttpUeEvent::Stop,
            2 => HttpUeEvent::Register,
            3 => HttpUeEvent::Sip(sip(choices)?),
            4 => HttpUeEvent::Bye,
            5 | 6 => {
                let (of, outcome) = http(choices, &mut lists)?;
                HttpUeEvent::Http { of, outcome }
            }
            7 => HttpUeEvent::Gba(gba(choices, now)?),
            8 => HttpUeEvent::Key(fact(choices)?),
            _ => HttpUeEvent::Timeout,
        };
        Some(self.handle(event, now).map(|actions| armed(actions.iter(), service_armed)))
    }

    fn timeout(&mut self, now: Tick) -> Option<Tick> {
        armed(self.handle(HttpUeEvent::Timeout, now).expect("a timeout is harmless").iter(), service_armed)
    }

    fn check(&self) {
        let held = self.groups().any(|group| self.held(group).is_some_and(|held| !held.is_empty()));
        match self.state() {
            HttpUeState::Keyed => assert!(held),
            HttpUeState::Registered => assert!(!held),
            HttpUeState::Idle => assert!(!held, "keys without a session"),
            _ => {}
        }
    }
}

impl Machine for SipUe<2, 2> {
    fn seen(&self) -> String {
        format!("{self:?}")
    }

    fn deadline(&self) -> Option<Tick> {
        self.deadline()
    }

    fn event(&mut self, choices: &mut Choices<'_>, now: Tick) -> Option<Result<Option<Tick>, ImsError>> {
        let event = match choices.below(10)? {
            0 => SipUeEvent::View { ims_registered: choices.below(4)? > 0 },
            1 => SipUeEvent::Stop,
            2 => SipUeEvent::PeerInvite(PeerInvite::Begun),
            3 => SipUeEvent::PeerInvite(PeerInvite::Ended),
            4 => SipUeEvent::Bye,
            5 | 6 => SipUeEvent::Sip(sip(choices)?),
            7 => SipUeEvent::Gba(gba(choices, now)?),
            8 => SipUeEvent::Key(fact(choices)?),
            _ => SipUeEvent::Timeout,
        };
        Some(self.handle(event, now).map(|actions| armed(actions.iter(), service_armed)))
    }

    fn timeout(&mut self, now: Tick) -> Option<Tick> {
        armed(self.handle(SipUeEvent::Timeout, now).expect("a timeout is harmless").iter(), service_armed)
    }

    fn check(&self) {
        let held = self.groups().any(|group| self.held(group).is_some_and(|held| !held.is_empty()));
        assert!(self.state() != SipUeState::Idle || !held, "keys without a dialog");
    }
}

impl Machine for MskRequest {
    fn seen(&self) -> String {
        format!("{self:?}")
    }

    fn deadline(&self) -> Option<Tick> {
        self.deadline()
    }

    fn event(&mut self, choices: &mut Choices<'_>, now: Tick) -> Option<Result<Option<Tick>, ImsError>> {
        let mut lists = Lists::new();
        let event = match choices.below(8)? {
            0 => {
                let (servers, groups) = (usize::from(choices.below(2)?), usize::from(choices.below(2)?));
                let (on, registered) = (choices.below(4)? > 0, choices.below(2)? == 1);
                let announcement = Announcement { confidentiality: on, integrity: on, servers, groups };
                MskEvent::Activate { announcement, registered }
            }
            1 => MskEvent::Deactivate,
            2..=4 => {
                let (of, outcome) = http(choices, &mut lists)?;
                MskEvent::Http { of, outcome }
            }
            5 => MskEvent::Gba(gba(choices, now)?),
            6 => MskEvent::Key(fact(choices)?),
            _ => MskEvent::Timeout,
        };
        Some(self.handle(event, now).map(|actions| armed(actions.iter(), msk_armed)))
    }

    fn timeout(&mut self, now: Tick) -> Option<Tick> {
        armed(self.handle(MskEvent::Timeout, now).expect("a timeout is harmless").iter(), msk_armed)
    }
}

fn msk_armed(action: &MskAction) -> Option<Tick> {
    if let MskAction::ArmTimer(at) = action { Some(*at) } else { None }
}
