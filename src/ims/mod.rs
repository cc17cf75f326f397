//! The request procedures of IMS based MBMS (TS 26.237 §10.4) and of TS 33.246 §6.3.2.

mod error;
mod name;

pub use error::ImsError;
pub use name::{BTid, Impu, NafFqdn, ServiceId, UeAddress};
