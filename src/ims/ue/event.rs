//! What the two machines are told, and how far they are.

use crate::ims::{GbaOutcome, HttpOutcome, KeyFact, MskList, SipOutcome, UeRequestKind};

/// What happens to a service session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpUeEvent<'a> {
    /// The user wants to view the service.
    View {
        /// Whether the terminal is registered in the IMS (TS 33.203).
        ims_registered: bool,
    },
    /// The user has enough.
    Stop,
    /// The registration is to be made again, for instance because the BM-SC has lost it.
    Register,
    /// What became of the INVITE.
    Sip(SipOutcome),
    /// The network ended the dialog.
    Bye,
    /// What became of a POST.
    Http {
        /// Which one.
        of: UeRequestKind,
        /// What.
        outcome: HttpOutcome<'a>,
    },
    /// What became of a bootstrapping run, whoever asked for it.
    Gba(GbaOutcome),
    /// What the MIKEY side has learnt.
    Key(KeyFact),
    /// The deadline may have passed. A spurious one is harmless.
    Timeout,
}

/// How far a service session is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpUeState {
    /// No session.
    Idle,
    /// The INVITE is on its way.
    Inviting,
    /// The INVITE was cancelled.
    Cancelling,
    /// The SCF has agreed; there is no Ks yet.
    Authorised,
    /// The registration is on its way.
    Registering,
    /// The registration waits for bootstrapping.
    Bootstrapping,
    /// Registered; no MSK yet.
    Registered,
    /// At least one MSK is held.
    Keyed,
    /// The deregistration is on its way.
    Deregistering,
}

/// An INVITE of the network in the dialog: no other may run beside it (RFC 3261 §14.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "it begins and it ends")]
pub enum PeerInvite {
    /// It has come.
    Begun,
    /// Its final response has left.
    Ended,
}

/// What happens to a dialog.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SipUeEvent {
    /// The user wants to view the services.
    View {
        /// Whether the terminal is registered in the IMS (TS 33.203).
        ims_registered: bool,
    },
    /// The user has enough.
    Stop,
    /// What became of the INVITE or re-INVITE.
    Sip(SipOutcome),
    /// The network sends an INVITE of its own.
    PeerInvite(PeerInvite),
    /// The network ended the dialog.
    Bye,
    /// What became of a bootstrapping run, whoever asked for it.
    Gba(GbaOutcome),
    /// What the MIKEY side has learnt.
    Key(KeyFact),
    /// The deadline may have passed. A spurious one is harmless.
    Timeout,
}

/// What a re-INVITE carries.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "TS 26.237 §10.4.2 has these two")]
pub enum Reinvite<const GROUPS: usize = 8> {
    /// The services and the new B-TID.
    Services,
    /// The MSKs wanted.
    Msks(MskList<GROUPS>),
}

/// How far a dialog is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SipUeState {
    /// No dialog.
    Idle,
    /// There is no Ks yet.
    Bootstrapping,
    /// The INVITE is on its way.
    Inviting,
    /// The INVITE was cancelled.
    Cancelling,
    /// MIKEY is to come.
    WaitMsk,
    /// Nothing is to come.
    Keyed,
    /// Ks is being renewed.
    Rebooting,
    /// A re-INVITE is on its way.
    Refreshing,
}
