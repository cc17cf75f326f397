//! A SIP endpoint over UDP (RFC 3261, INVITE transactions as RFC 6026 corrects them), for the examples. A program
//! takes it in at its root: `#[path = "../sip/mod.rs"] mod sip;`.
//!
//! ```text
//!   application   invite  reinvite  cancel  bye  answer             poll -> Event
//!                    |                                               ^
//!   endpoint      dialogs: Call-ID, tags, CSeq both ways, target     |
//!                    |                                               |
//!   client, server   one machine a transaction: what to send again, when to give up
//!                    |                                               |
//!   message, body    octets <-> start line, header fields, parts     |
//!                    v                                               |
//!   link          UdpSocket, and a closure that loses datagrams -----+
//! ```
//!
//! The endpoint reads no clock: every call takes the time, so a program may run it on the clock of the machine and a
//! test on a clock of its own. It starts no thread either. A program calls [`Endpoint::poll`] until it returns `None`
//! and then [`Endpoint::wait`]; what is to be sent again is sent by `poll`.
//!
//! A program that has no dialogs at all, but sends requests of the method MESSAGE and answers them, takes a [`Pager`].
//!
//! Not here, because no example needs it: TCP and TLS, DNS, proxies and route sets, forks, reliable provisional
//! responses, offers in a 200, `tel` URIs.

#![allow(clippy::arithmetic_side_effects, reason = "counters and times of a run of a minute at most")]
#![allow(
    dead_code,
    unused_imports,
    reason = "each of the programs that share the endpoint uses a part of it"
)]

mod body;
mod client;
mod dialog;
mod endpoint;
mod error;
mod link;
mod message;
mod pager;
mod payload;
mod server;
mod timers;
mod token;
mod via;

pub(crate) use body::{Body, Part};
pub(crate) use dialog::{DialogId, DialogView};
pub(crate) use endpoint::{Cause, Endpoint, Event, RequestId};
pub(crate) use error::SipError;
pub(crate) use link::{Datagram, Fate, LinkCounts};
pub(crate) use pager::{Letter, Page, Pager};
pub(crate) use payload::Payload;
pub(crate) use timers::Timers;
