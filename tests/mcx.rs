//! Mission-critical signalling keys: messages, machines, keys, against mathematics that only counts and compares
//! (`mcx_world`).
#![cfg(feature = "mcx")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[path = "mcx/download.rs"]
mod download;
#[path = "mcx/forms.rs"]
mod forms;
#[path = "mcx/identifiers.rs"]
mod identifiers;
#[path = "mcx/kms.rs"]
mod kms;
mod mcx_world;
#[path = "mcx/negotiation.rs"]
mod negotiation;
#[path = "mcx/pair.rs"]
mod pair;
#[path = "mcx/parameters.rs"]
mod parameters;
#[path = "mcx/quirks.rs"]
mod quirks;
#[path = "mcx/upload.rs"]
mod upload;
