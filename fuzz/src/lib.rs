//! What the fuzz targets do, as plain functions over octets, so that `cargo test` runs them over the corpus as well.
//!
//! | function | octets are | must hold |
//! |---|---|---|
//! | [`decode`] | a datagram, Key data, a stored state | nothing panics, whatever is decoded can be walked |
//! | [`roundtrip`] | a datagram | what decodes encodes to the same octets |
//! | [`open_msk`] | edits to sealed messages | only the octets that were sealed are authentic |
//! | [`ue_events`] | events for a terminal | an error changes nothing, nothing is accepted twice, a restart loses nothing |
//! | [`store_ops`] | operations on an MSK store | it does what a plain list does |
//! | [`mbcp`] | a datagram of Media Burst Control | it reads back, opens once when protected, and not at all when changed |
//! | [`sdp_key_mgmt`] | an SDP, a MIKEY message | lines keep level and order, and read back |
//! | [`xml`] | a body | what decodes is written and reads the same again |
//! | [`http_digest`] | a header, edits to headers | only what says the same as the original is accepted, once |
//! | [`poc_events`] | events for a PoC channel, and what its network does | see there |
//! | [`ims_events`] | events for the machines of the request procedures | an error changes nothing, timers end |
//! | [`i_message`] | an I_MESSAGE, a body, a line of SDP | what decodes encodes to the same octets; screening never panics |
//! | [`open_signed`] | edits to the content of I_MESSAGEs, which are signed again | see there |
//! | [`eccsi`] | signatures, keys, identities, messages | what was signed verifies, nothing else, on either word size |
//! | [`sakke_point`] | points, encapsulated data | both back-ends and profiles say the same, see there |
//! | [`negotiation`] | offers, selections, policies of two parties | read back; nothing outside offer and floor is agreed on |
//! | [`mcx_events`] | events for a server and its clients, and what their network does | see there |
//! | [`capi`] | calls of the C interface, good and bad | an error changes nothing, see there |
//! | [`field`] | numbers modulo p or q, operations | both back-ends compute what another library computes |

mod capi;
mod channel;
mod choice;
mod digest;
mod eccsi;
mod edits;
mod field;
mod i_message;
mod mbcp;
mod mcx;
mod negotiation;
mod procedures;
mod rng;
mod sakke;
mod sdp;
mod signed;
mod store;
mod stub;
mod terminal;
mod wire;
mod xml;

pub use capi::capi;
pub use channel::poc_events;
pub use digest::http_digest;
pub use eccsi::eccsi;
pub use edits::open_msk;
pub use field::field;
pub use i_message::i_message;
pub use mbcp::mbcp;
pub use mcx::mcx_events;
pub use negotiation::negotiation;
pub use procedures::ims_events;
pub use sakke::sakke_point;
pub use sdp::sdp_key_mgmt;
pub use signed::open_signed;
pub use store::store_ops;
pub use terminal::ue_events;
pub use wire::{decode, roundtrip};
pub use xml::xml;
