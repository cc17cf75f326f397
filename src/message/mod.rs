//! One protected message: wire, crypto and keys put together.
//!
//! ```text
//! octets --decode--> PskMessage / MskMessage / MtkMessage      well-formed, nothing proven
//!                         | open(pre-shared key)
//!                         v
//!                    OpenedMsk / OpenedMtk                     authentic, fresh, not stored yet
//! ```
//!
//! [`psk`] is the pre-shared-key exchange of RFC 3830 in general; MSK messages, MTK messages and solicited pulls are
//! profiles over it.

mod algorithms;
mod error_message;
#[cfg(feature = "mcx")]
mod i_message;
#[cfg(feature = "mcx")]
mod i_message_seal;
#[cfg(feature = "mcx")]
mod i_message_walk;
mod incoming;
mod msk;
mod mtk;
mod profile;
pub mod psk;
#[cfg(feature = "mcx")]
mod quirk;
mod verification;

pub(crate) use algorithms::prf_func;
pub(crate) use profile::{carried_idi, read as read_names};
pub(crate) use verification::verification_len;

pub use error_message::{ErrorMessage, error_number, seal_error};
#[cfg(feature = "mcx")]
pub use i_message::{
    IMessage, MAX_CRYPTO_SESSIONS, MAX_EXTENSION_LEN, MAX_I_MESSAGE_POLICIES, Party, Unauthentic,
    VerifiedIMessage,
};
#[cfg(feature = "mcx")]
pub use i_message_seal::{EncapsulateTo, IMessageInit, seal_i_message};
pub use incoming::Incoming;
pub use msk::{
    MAX_POLICIES, MskAddress, MskContent, MskMessage, MskSecurity, OpenedMsk, seal_msk, seal_pull,
};
pub use mtk::{MtkAddress, MtkMessage, OpenedMtk, seal_mtk};
pub use profile::carried_csb;
#[cfg(feature = "mcx")]
pub use quirk::{Quirk, QuirkCounts, Quirks};
pub use verification::{Sent, VerificationMessage, seal_verification};
