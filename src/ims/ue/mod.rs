//! The terminal in the two variants of TS 26.237 §10.4, a machine for each: [`HttpUe`] and [`SipUe`].
//!
//! A machine is a value of a few hundred octets for one service session. It is told facts and says what to do;
//! [`role::Ue`](crate::role::Ue) does MIKEY beside it. Texts do not travel with the actions: they are read off the
//! machine.

mod event;
mod gba;
mod http;
mod keys;
mod sip;

use super::{BTid, FailureCause, ImsError, ServiceId, Variant};
use crate::time::Tick;

pub use event::{HttpUeEvent, HttpUeState, PeerInvite, Reinvite, SipUeEvent, SipUeState};
pub use http::HttpUe;
pub use sip::SipUe;

/// What a service session wants done, in order. `R` is its request: [`UeRequest`](super::UeRequest) or [`Reinvite`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ServiceAction<R> {
    /// Send the INVITE to the SCF, with the services and the P-Intended-Identity of the machine, in the SIP variant
    /// also with its B-TID.
    Invite,
    /// Acknowledge the 200.
    Ack,
    /// Cancel the INVITE.
    Cancel,
    /// End the dialog.
    Bye,
    /// Send this request: POST or re-INVITE.
    Request(R),
    /// Run bootstrapping and tell its [`GbaOutcome`](super::GbaOutcome).
    NeedBootstrap,
    /// Derive the MUK of this bootstrapping run for the NAF of the variant, [`Variant::ua`], and install it.
    DeriveMuk(BTid),
    /// Forget the MUK of this bootstrapping run. [`role::Ue`](crate::role::Ue) may have done so already, with the first
    /// message under the new one.
    ForgetMuk(BTid),
    /// Forget the MSKs and MTKs of the machine's Key Groups.
    WipeKeys,
    /// The service has ended, or was not to be had.
    Failed(FailureCause),
    /// The request has failed; an MSK that is still valid keeps the service going.
    NotRenewed(FailureCause),
    /// Call with a `Timeout` at this time.
    ArmTimer(Tick),
}

/// Which variant each running service uses: the two never mix for one service (TS 26.237 §10.4).
#[derive(Clone, Debug, Default)]
pub struct Variants<const N: usize = 8>(heapless::Vec<(ServiceId, Variant), N>);

impl<const N: usize> Variants<N> {
    /// No service runs.
    #[must_use]
    pub const fn new() -> Self {
        Self(heapless::Vec::new())
    }

    /// Notes that `service` is started in this variant.
    ///
    /// # Errors
    ///
    /// [`ImsError::VariantConflict`] when it runs in the other one, [`ImsError::UnexpectedState`] when it runs in this
    /// one, [`ImsError::StoreFull`] when `N` services run.
    pub fn start(&mut self, service: &ServiceId, variant: Variant) -> Result<(), ImsError> {
        match self.running(service) {
            Some(running) if running == variant => Err(ImsError::UnexpectedState),
            Some(_) => Err(ImsError::VariantConflict),
            None => self.0.push((service.clone(), variant)).map_err(|_| ImsError::StoreFull),
        }
    }

    /// Notes that `service` has ended; false when it did not run.
    pub fn end(&mut self, service: &ServiceId) -> bool {
        let before = self.0.len();
        self.0.retain(|(running, _)| running != service);
        self.0.len() != before
    }

    /// The variant in which `service` runs.
    #[must_use]
    pub fn running(&self, service: &ServiceId) -> Option<Variant> {
        self.0.iter().find(|(running, _)| running == service).map(|(_, variant)| *variant)
    }
}

/// Why an INVITE came to nothing.
const fn sip_failure(outcome: super::SipOutcome) -> FailureCause {
    match outcome {
        super::SipOutcome::Refused { status, .. } => FailureCause::Sip(status),
        super::SipOutcome::Glare { .. } => FailureCause::Sip(491),
        _ => FailureCause::SipTimedOut,
    }
}
