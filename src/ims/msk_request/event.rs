//! What a Key Group is told, what is to be done for it, and how far it is.

use crate::id::GroupName;
use crate::ims::{
    Announcement, FailureCause, GbaOutcome, Held, HttpOutcome, KeyFact, UeRequest, UeRequestKind,
};
use crate::time::Tick;

/// Why an MSK is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MskCause {
    /// Key management of the service begins.
    Initiation,
    /// An update was missed, or the newest MSK is over.
    MissedUpdate,
    /// The BM-SC has solicited the request.
    SolicitedPull,
    /// The MUK was renewed.
    MukRenewal,
}

/// What happens to a Key Group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MskEvent<'a> {
    /// The user activated a service that needs the group.
    Activate {
        /// What its announcement says.
        announcement: Announcement,
        /// Whether the service is registered at the BM-SC already.
        registered: bool,
    },
    /// The user left the service.
    Deactivate,
    /// What became of a POST.
    Http {
        /// Which one.
        of: UeRequestKind,
        /// What. In the answer to H2 the first item counts, in the answer to H4 the item of the group.
        outcome: HttpOutcome<'a>,
    },
    /// What became of a bootstrapping run, whoever asked for it.
    Gba(GbaOutcome),
    /// What the MIKEY side has learnt.
    Key(KeyFact),
    /// The deadline may have passed. A spurious one is harmless.
    Timeout,
}

/// What is to be done for a Key Group.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MskAction {
    /// Send this POST.
    Post {
        /// Which one; it names this group only.
        request: UeRequest<1>,
        /// Why; `None` for a deregistration.
        cause: Option<MskCause>,
    },
    /// Run bootstrapping and tell its outcome.
    NeedBootstrap,
    /// The request has failed; an MSK that is still valid keeps the service going.
    NotRenewed(FailureCause),
    /// Leave the User Service: no MSK is to be had.
    Leave(FailureCause),
    /// Forget the MSKs and MTKs of this Key Group.
    WipeKeys(GroupName),
    /// Call with [`MskEvent::Timeout`] at this time.
    ArmTimer(Tick),
}

/// How far a Key Group is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MskState {
    /// Nothing is held or wanted.
    NoKey,
    /// A request runs.
    Requesting {
        /// Why.
        cause: MskCause,
        /// Repetitions so far.
        tries: u8,
    },
    /// The request was granted; MIKEY has to bring the MSK.
    WaitMikey {
        /// Why it was asked for.
        cause: MskCause,
        /// Repetitions so far.
        tries: u8,
        /// How long it may take.
        until: Tick,
    },
    /// No request runs.
    Have(Held),
    /// A request runs, or waits for its time, while a valid MSK is held.
    HaveAndRequesting(Held, MskCause),
    /// The service was left.
    Left,
}
