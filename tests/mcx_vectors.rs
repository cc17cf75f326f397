//! `vectors/mcx-csk.json`, whole: published and computed values of UIDs, the CSK message, key derivation and SRTCP, and
//! messages to take and to refuse.
//!
//! The mathematics is that of the library, with the KMS and the key sets of the file (`known`).
#![cfg(feature = "mcx")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod common;
#[path = "mcx_vectors/derivations.rs"]
mod derivations;
#[path = "mcx_vectors/known.rs"]
mod known;
#[path = "mcx_vectors/message.rs"]
mod message;
#[path = "mcx_vectors/refusals.rs"]
mod refusals;

use common::Example;

/// The file.
pub(crate) fn file() -> Example {
    Example(serde_json::from_str(include_str!("vectors/mcx-csk.json")).unwrap())
}
