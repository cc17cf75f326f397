//! The USIM side of MBMS (TS 31.102): what a terminal says to a card that keeps MUKs and MSKs itself.
//!
//! With UICC-based key management MGV-F and MGV-S are on the card. The terminal hands it MIKEY messages by the command
//! AUTHENTICATE in the MBMS security context and gets back verification messages and MTKs.

mod apdu;
mod files;
mod tlv;

pub use apdu::{Authenticate, MtkResponseForm, Response, Status, decode_response};
pub use files::{EfGbanl, EfMsk, EfMuk};
