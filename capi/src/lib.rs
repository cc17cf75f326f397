//! The C interface of castkey.
//!
//! ```text
//! castkey.h   castkey_ue_handle(ue, env, event, now, out, ...)
//!     |
//! one function of one file     arguments decoded, the library called, its answer encoded
//!     |        \
//!  castkey    bytes, object    where pointers become references, and nowhere else
//! ```
//!
//! What decodes an argument or encodes an answer, and takes much of the stack for it, is never inlined into the exported function:
//! it would lie under all that the library does.
//!
//! The header says what holds for all of it; it is generated from the comments here, which therefore speak of C.

#![no_std]
#![allow(non_camel_case_types, reason = "the names of the C interface")]
#![allow(missing_debug_implementations, reason = "only C sees these types, and some hold keys")]
#![allow(clippy::missing_safety_doc, reason = "the head of the header says what the caller promises")]
#![allow(clippy::too_many_arguments, reason = "C has no slices")]

mod bm_sc;
mod bm_sc_types;
mod bytes;
#[cfg(feature = "mcx")]
mod copied;
mod delivery;
mod env;
mod holder;
mod key;
#[cfg(feature = "mcx")]
mod mcx;
mod message;
mod mtk_message;
mod muk;
mod name;
mod object;
mod octets;
#[cfg(feature = "poc")]
mod poc;
mod policy;
mod primitives;
mod rng;
mod settings;
mod span;
mod status;
mod status_of_parts;
mod switchover;
mod ue;
mod ue_types;
mod version;

pub use bm_sc::*;
pub use bm_sc_types::*;
pub use delivery::*;
pub use env::castkey_env;
pub use holder::*;
pub use key::*;
#[cfg(feature = "mcx")]
pub use mcx::*;
pub use message::*;
pub use mtk_message::*;
pub use muk::*;
pub use name::*;
pub use octets::castkey_octets;
#[cfg(feature = "poc")]
pub use poc::*;
pub use policy::*;
pub use primitives::castkey_primitives;
pub use rng::castkey_rng;
pub use settings::*;
pub use status::*;
pub use status_of_parts::*;
pub use switchover::*;
pub use ue::*;
pub use ue_types::*;
pub use version::*;
