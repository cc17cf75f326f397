//! castkey
#![no_std]

pub mod error;
pub mod id;
pub mod secret;
pub mod time;
pub mod wire;

pub use rand_core;
