//! The named algorithms of the standards: MIKEY's PRF, MACs and ciphers, the GBA, SRTP and mission-critical derivations.
//!
//! This layer knows no message and no role. It is also the only one that names a crate of primitives: [`Primitives`]
//! is the seam by which an integrator puts a hardware engine, or smaller code, in their place.

#[cfg(any(feature = "ims", feature = "mcx"))]
pub(crate) mod base64;
pub(crate) mod cipher;
pub(crate) mod gba_kdf;
#[cfg(feature = "mcx")]
pub(crate) mod gcm;
pub(crate) mod hash;
#[cfg(feature = "ims")]
pub(crate) mod http_digest;
pub(crate) mod key_octets;
pub(crate) mod mac;
#[cfg(feature = "mcx")]
pub(crate) mod mc_kdf;
pub(crate) mod password;
pub(crate) mod prf;
mod primitives;
mod rng;
#[cfg(feature = "small-primitives")]
mod small;
#[cfg(feature = "poc")]
pub(crate) mod srtcp;
#[cfg(feature = "mcx")]
pub(crate) mod srtcp_gcm;
pub(crate) mod srtp_kdf;

pub use cipher::Cipher;
#[cfg(any(feature = "mcx", feature = "poc"))]
pub(crate) use hash::digest;
pub(crate) use hash::fingerprint;
pub use mac::{MAX_TAG_LEN, MacHash, Tag};
#[cfg(feature = "hazmat")]
pub use prf::raw_prf;
pub use prf::{Prf, PskLabel, TgkLabel};
pub use primitives::{Primitives, RustCrypto, Sha1Only};
pub use rng::fill;
#[cfg(feature = "small-primitives")]
pub use small::SmallPrimitives;
