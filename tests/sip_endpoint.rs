//! The SIP endpoint of the examples, against a peer of plain text, against itself, and against `sipp`.
//!
//! The clock belongs to the tests: nothing here waits for a timer, and nothing is asserted of the time that passes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::too_many_arguments,
    missing_docs,
    reason = "tests"
)]

#[path = "sip_endpoint/bodies.rs"]
mod bodies;
#[path = "sip_endpoint/client.rs"]
mod client;
#[path = "sip_endpoint/dialogs.rs"]
mod dialogs;
#[path = "sip_endpoint/garbage.rs"]
mod garbage;
#[path = "sip_endpoint/lossy.rs"]
mod lossy;
#[path = "sip_endpoint/server.rs"]
mod server;
#[path = "../examples/sip/mod.rs"]
mod sip;
#[path = "sip_endpoint/sipp.rs"]
mod sipp;
#[path = "sip_endpoint/world.rs"]
mod world;
