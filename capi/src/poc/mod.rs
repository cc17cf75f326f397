//! The MSK update of OMA PoC: client, server, distribution (feature `poc`).

mod client;
mod client_types;
mod coding;
mod distribution;
mod distribution_types;
mod indication;
mod leg;
mod leg_event;
mod msk;
mod policy;
mod server;
mod server_action;
mod server_config;
mod session_event;
mod timing;

pub use client::*;
pub use client_types::*;
pub use coding::*;
pub use distribution::*;
pub use distribution_types::*;
pub use indication::*;
pub use leg::*;
pub use leg_event::*;
pub use msk::*;
pub use policy::*;
pub use server::*;
pub use server_action::*;
pub use server_config::*;
pub use session_event::*;
pub use timing::*;
