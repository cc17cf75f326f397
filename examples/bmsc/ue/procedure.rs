//! Which of castkey's machines decides: that of a service session, or that of one Key Group.

use castkey::ims::BTid;
use castkey::ims::{
    Announcement, FailureCause, GbaOutcome, HttpOutcome, HttpUe, HttpUeEvent, HttpUeState, ImsError, KeyFact,
    MskAction, MskEvent, MskRequest, MskState, ServiceAction, SipOutcome, UeRequest, UeRequestKind,
};
use castkey::time::Tick;

#[allow(clippy::large_enum_variant, reason = "a terminal has one")]
pub(crate) enum Procedure {
    /// TS 26.237 §10.4.1: INVITE, registration, the session.
    Service(HttpUe<1>),
    /// TS 33.246 §6.3.2 alone: no SIP.
    Group(MskRequest),
}

/// What happens to a terminal.
pub(crate) enum Fact<'a> {
    /// The user wants the service; of a Key Group, whether it is registered already.
    View {
        registered: bool,
    },
    Stop,
    Sip(SipOutcome),
    Bye,
    Http(UeRequestKind, HttpOutcome<'a>),
    Gba(GbaOutcome),
    Key(KeyFact),
    Timeout,
}

/// What is to be done for a terminal.
#[derive(Clone, Debug)]
pub(crate) enum Do {
    Invite,
    Bye,
    Post(UeRequest<1>),
    Bootstrap,
    DeriveMuk(BTid),
    ForgetMuk(BTid),
    Wipe,
    Failed(FailureCause),
    NotRenewed(FailureCause),
}

impl Procedure {
    pub(crate) fn handle(&mut self, fact: Fact<'_>, now: Tick) -> Result<Vec<Do>, ImsError> {
        match self {
            Self::Service(machine) => {
                let event = match fact {
                    Fact::View { .. } => HttpUeEvent::View { ims_registered: true },
                    Fact::Stop => HttpUeEvent::Stop,
                    Fact::Sip(outcome) => HttpUeEvent::Sip(outcome),
                    Fact::Bye => HttpUeEvent::Bye,
                    Fact::Http(of, outcome) => HttpUeEvent::Http { of, outcome },
                    Fact::Gba(outcome) => HttpUeEvent::Gba(outcome),
                    Fact::Key(fact) => HttpUeEvent::Key(fact),
                    Fact::Timeout => HttpUeEvent::Timeout,
                };
                Ok(machine.handle(event, now)?.into_iter().filter_map(of_service).collect())
            }
            Self::Group(machine) => {
                let event = match fact {
                    Fact::View { registered } => {
                        let announcement = Announcement { servers: 1, groups: 1, ..Announcement::default() };
                        MskEvent::Activate { announcement, registered }
                    }
                    Fact::Stop | Fact::Bye => MskEvent::Deactivate,
                    Fact::Sip(_) => return Err(ImsError::UnexpectedState),
                    Fact::Http(of, outcome) => MskEvent::Http { of, outcome },
                    Fact::Gba(outcome) => MskEvent::Gba(outcome),
                    Fact::Key(fact) => MskEvent::Key(fact),
                    Fact::Timeout => MskEvent::Timeout,
                };
                Ok(machine.handle(event, now)?.into_iter().filter_map(of_group).collect())
            }
        }
    }

    pub(crate) fn deadline(&self) -> Option<Tick> {
        match self {
            Self::Service(machine) => machine.deadline(),
            Self::Group(machine) => machine.deadline(),
        }
    }

    /// Whether an MSK is held and nothing is asked for.
    pub(crate) fn is_keyed(&self) -> bool {
        match self {
            Self::Service(machine) => machine.state() == HttpUeState::Keyed,
            Self::Group(machine) => matches!(machine.state(), MskState::Have(held) if !held.is_empty()),
        }
    }

    /// Whether there is no session, or no longer.
    pub(crate) fn is_over(&self) -> bool {
        match self {
            Self::Service(machine) => machine.state() == HttpUeState::Idle,
            Self::Group(machine) => matches!(machine.state(), MskState::Left | MskState::NoKey),
        }
    }
}

fn of_service(action: ServiceAction<UeRequest<1>>) -> Option<Do> {
    Some(match action {
        ServiceAction::Invite => Do::Invite,
        ServiceAction::Bye => Do::Bye,
        ServiceAction::Request(request) => Do::Post(request),
        ServiceAction::NeedBootstrap => Do::Bootstrap,
        ServiceAction::DeriveMuk(btid) => Do::DeriveMuk(btid),
        ServiceAction::ForgetMuk(btid) => Do::ForgetMuk(btid),
        ServiceAction::WipeKeys => Do::Wipe,
        ServiceAction::Failed(cause) => Do::Failed(cause),
        ServiceAction::NotRenewed(cause) => Do::NotRenewed(cause),
        // SIP is a function call here, and whoever drives the machine asks for its deadline.
        _ => return None,
    })
}

fn of_group(action: MskAction) -> Option<Do> {
    Some(match action {
        MskAction::Post { request, .. } => Do::Post(request),
        MskAction::NeedBootstrap => Do::Bootstrap,
        MskAction::NotRenewed(cause) => Do::NotRenewed(cause),
        MskAction::Leave(cause) => Do::Failed(cause),
        MskAction::WipeKeys(_) => Do::Wipe,
        _ => return None,
    })
}
