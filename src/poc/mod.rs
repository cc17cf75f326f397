//! The MSK update of OMA PoC: a Multicast PoC Channel moves to a new MSK during a session, and nobody loses media.

mod error;

pub use error::PocError;
