//! castkey
#![no_std]

pub mod crypto;
pub mod error;
pub mod id;
pub mod keys;
pub mod message;
pub mod role;
pub mod secret;
pub mod settings;
pub mod time;
pub mod wire;

pub use rand_core;
