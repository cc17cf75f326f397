//! What happens to a dialog of the SCF: SIP towards the terminal, HTTP towards the UPF, Zn towards the BSF, as facts.

use crate::id::MskName;
use crate::ims::facts::StatusCode;
use crate::ims::{BTid, Impu, ServiceId};
use crate::keys::KsNaf;

/// What happens to a dialog of the HTTP variant.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ScfHttpEvent<'a> {
    /// An INVITE without B-TID.
    Invite {
        /// The services that it names.
        services: &'a [ServiceId],
        /// The identity that the network asserts.
        asserted: Option<&'a Impu>,
        /// The identity that the terminal wants.
        intended: Option<&'a Impu>,
    },
    /// The subscription covers all services of the INVITE.
    Authorised,
    /// It does not.
    NotAuthorised,
    /// The UPF has answered H1.
    Answer(StatusCode),
    /// The terminal takes the INVITE back.
    Cancel,
    /// The terminal ends the dialog.
    Bye,
    /// The user is no longer authorised.
    SubscriptionEnded,
    /// The deadline may have passed.
    Timeout,
}

/// What the BSF says of a B-TID (TS 29.109).
#[derive(Debug)]
#[non_exhaustive]
pub enum BsfAnswer<'a> {
    /// The key, and whose it is.
    Keys {
        /// The subscriber's public identities.
        impus: &'a [Impu],
        /// `Ks_NAF` for the SCF's NAF-Id.
        ks_naf: KsNaf,
    },
    /// It knows no such B-TID, or its lifetime has passed.
    UnknownBTid,
    /// Identity unknown, or this NAF may not ask.
    Refused,
}

/// What a re-INVITE asks for.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum ReInvite<'a> {
    /// These MSKs; Key Number 0 is the current one.
    Msks(&'a [MskName]),
    /// A new MUK under this B-TID, for the services that it names.
    BTid(&'a BTid),
}

/// What happens to a dialog of the SIP variant.
#[derive(Debug)]
#[non_exhaustive]
pub enum ScfSipEvent<'a> {
    /// An INVITE.
    Invite {
        /// The services that it names.
        services: &'a [ServiceId],
        /// The identity that the network asserts.
        asserted: Option<&'a Impu>,
        /// The B-TID in its body.
        btid: Option<&'a BTid>,
    },
    /// A re-INVITE in the dialog.
    ReInvite {
        /// What it asks for.
        wants: ReInvite<'a>,
        /// Whether the subscription covers every MSK, or every service, that it names.
        authorised: bool,
    },
    /// The subscription covers all services of the INVITE.
    Authorised,
    /// It does not.
    NotAuthorised,
    /// The BSF has answered.
    Bsf(BsfAnswer<'a>),
    /// The UPF has answered H5 or H6.
    Answer(StatusCode),
    /// The terminal takes the INVITE or re-INVITE back.
    Cancel,
    /// The terminal ends the dialog.
    Bye,
    /// The user is no longer authorised.
    SubscriptionEnded,
    /// The deadline may have passed.
    Timeout,
}
