//! The request procedures of IMS based MBMS (TS 26.237 §10.4) and of TS 33.246 §6.3.2.

pub mod bm_sc_request;
pub mod digest;
mod error;
mod exchange;
pub mod facts;
mod field;
mod held;
mod missed;
mod msk_request;
mod name;
mod outcome;
pub mod request;
pub mod scf;
mod timing;
mod ue;
pub mod upf;
pub mod xml;

pub use error::ImsError;
pub use facts::{ItemStatus, Variant};
pub use held::Held;
pub use missed::{MissedBackOff, MissedLimiter, missed, missed_by};
pub use msk_request::{MskAction, MskCause, MskEvent, MskRequest, MskState};
pub use name::{BTid, FecOtiExtension, Impu, NafFqdn, ServerUri, ServiceId, UeAddress};
pub use outcome::{
    Announcement, FailureCause, GbaOutcome, HttpOutcome, KeyFact, ListedItems, MskList, SipOutcome,
    UeRequest, UeRequestKind,
};
pub use timing::{RequestWindow, UeTiming};
pub use ue::{
    HttpUe, HttpUeEvent, HttpUeState, PeerInvite, Reinvite, ServiceAction, SipUe, SipUeEvent, SipUeState,
    Variants,
};
