#![doc = include_str!("../README.md")]

mod peer;

pub use peer::{Missing, Peer, Refused};

/// The environment variable that makes a missing library a failure.
pub const REQUIRE: &str = "CASTKEY_REQUIRE_WOLFSSL";
