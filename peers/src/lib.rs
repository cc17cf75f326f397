//! The MSK message of TS 33.246 with OpenSSL's primitives, written without a look at castkey.
//!
//! Two ways, because a user of OpenSSL has two: [`OneShot`] calls HMAC anew with the key each time, as most programs do,
//! and [`Kept`] keeps the keyed states and copies them. The octets are the same.

mod hmac;
mod message;

pub use hmac::{Kept, KeyedHmac, OneShot};
pub use message::{Address, build};
