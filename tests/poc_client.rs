//! A PoC Client with real keys, fed by a real server and a real distribution.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

#[path = "poc_client/bearer.rs"]
mod bearer;
#[path = "poc_client/offers.rs"]
mod offers;
#[path = "poc_client/table.rs"]
mod table;
