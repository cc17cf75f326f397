//! Mission-critical signalling keys: KMS data, client, server, SRTCP (feature `mcx`).

mod action;
mod algorithms;
mod client;
mod client_event;
#[cfg(feature = "mcx-fast")]
mod fast;
mod form;
mod identity;
mod issuer;
mod key;
mod keys;
mod kms;
mod math;
mod musik;
mod server;
mod server_event;
mod settings;
mod spk;
mod srtcp;
mod table;
mod time;

pub use action::*;
pub use algorithms::*;
pub use client::*;
pub use client_event::*;
#[cfg(feature = "mcx-fast")]
pub use fast::*;
pub use form::*;
pub use identity::*;
pub use issuer::*;
pub use key::*;
pub use keys::*;
pub use kms::*;
pub use math::*;
pub use musik::*;
pub use server::*;
pub use server_event::*;
pub use settings::*;
pub use spk::*;
pub use srtcp::*;
pub use table::*;
pub use time::*;
