//! An MSK update under a model checker: [`Session`](super::Session) with its [`Leg`](super::Leg)s, [`Bearer`](super::Bearer)
//! and [`Follower`](super::Follower), the very code that runs in the shells with keys, joined by channels that lose,
//! duplicate and reorder.
//!
//! | file | what it holds |
//! |---|---|
//! | `world` | one state: the machines, what is on its way, what may still go wrong |
//! | `server`, `bearer`, `client` | what the shells do around their machines, with names in the place of keys |
//! | `steps` | what may happen next |
//! | `case` | how a step leads from one world to the next; a bounded space of worlds |
//! | `properties` | what must hold in every world |
//! | `tests` | the spaces that are searched, and the rules that are broken to see the search notice |
//!
//! All timers take no time, so any may run out at any moment before or after anything else. What the procedure itself
//! presupposes of time is kept as it is in the field:
//!
//! - a client's overlap outlasts the switch of the distribution ([`World::overlap_may_end`](world::World::overlap_may_end)),
//!   and the server's outlasts the transport's report of an indication that got no answer;
//! - a packet is under way no longer than `in_flight_ms`, and whoever missed a switch notices within `settle_ms`;
//! - the server hears that a distribution is there, or there again, before it sends anything else to it.
//!
//! An expelled member forgets nothing he was ever given, hears every MTK message, and can send any indication under any
//! MTK that he can know.
#![cfg(test)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::std_instead_of_core,
    clippy::wildcard_imports,
    reason = "a test"
)]

mod bearer;
mod case;
mod client;
mod properties;
mod server;
mod steps;
mod tests;
mod world;
