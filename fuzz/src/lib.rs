//! What the fuzz targets do, as plain functions over octets, so that `cargo test` runs them over the corpus as well.
//!
//! | function | octets are | must hold |
//! |---|---|---|
//! | [`decode`] | a datagram, Key data, a stored state | nothing panics, whatever is decoded can be walked |
//! | [`roundtrip`] | a datagram | what decodes encodes to the same octets |
//! | [`open_msk`] | edits to sealed messages | only the octets that were sealed are authentic |
//! | [`ue_events`] | events for a terminal | an error changes nothing, nothing is accepted twice, a restart loses nothing |
//! | [`store_ops`] | operations on an MSK store | it does what a plain list does |

mod choice;
mod edits;
mod store;
mod terminal;
mod wire;

pub use edits::open_msk;
pub use store::store_ops;
pub use terminal::ue_events;
pub use wire::{decode, roundtrip};
