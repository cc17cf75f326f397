#![doc = include_str!("../README.md")]
//!
//! # Layers
//!
//! ```text
//!   poc   ims   mcx   uicc                           service profiles; they never name each other
//!     |
//!   role        Ue  BmSc  Switchover                 events in, actions out
//!     |
//!   message     MskMessage  MtkMessage  psk          one protected message (I_MESSAGE over sakke)
//!     |      \        \
//!   wire    crypto <- keys                           octets | algorithms | what a key is and how long it lives
//!     |        |        |
//!   error  secret  id  time
//! ```
//!
//! Arrows only point down; [`wire`] and [`crypto`] never see each other. [`settings`] stands between keys and messages.
//!
//! The library does no transport, no GBA (it derives from its result), and no SRTP (it hands out the keys).

#![no_std]

#[cfg(test)]
extern crate std;

#[cfg(test)]
mod broken;
pub mod crypto;
pub mod error;
pub mod id;
#[cfg(feature = "ims")]
pub mod ims;
pub mod keys;
#[cfg(feature = "mcx")]
pub mod mcx;
pub mod message;
#[cfg(feature = "poc")]
pub mod poc;
pub mod role;
#[cfg(feature = "mcx")]
pub mod sakke;
pub mod secret;
pub mod settings;
mod slots;
pub mod time;
#[cfg(feature = "uicc")]
pub mod uicc;
pub mod wire;

pub use error::Error;
pub use rand_core;
pub use settings::Settings;
