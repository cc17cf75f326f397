//! Identity-based mathematics of the mission-critical keys: SAKKE (RFC 6508) with parameter set 1 of RFC 6509, by which a key
//! travels to an identity, and in [`eccsi`] the signatures (RFC 6507). It knows no message.
//!
//! ```text
//!   KMS        KmsMasterSecret --- public_key ---> KmsPublicKey (Z)
//!                    |                                  |
//!                    +--- extract(identity) --> ReceiverSecretKey (RSK)
//!                                                       |
//!   sender     Encapsulator  <- Z                       |
//!                    | encapsulate(SSV, identity) = SED |
//!   receiver         +------------------------> Decapsulator  <- Z, identity, RSK
//! ```
//!
//! Everything secret is handled in constant time: combs and walks of fixed length, masked reads of whole tables, inversion
//! by division steps.

mod comb;
pub mod eccsi;
#[allow(unreachable_pub, reason = "named by a trait that is public but sealed")]
mod edwards;
pub mod error;
#[cfg(not(feature = "hazmat"))]
#[allow(unreachable_pub, reason = "the same file is public with `hazmat`")]
mod field;
/// The arithmetic modulo p and q, for tests that hold it against another.
#[cfg(feature = "hazmat")]
pub mod field;
mod flash;
mod hash;
mod identity;
mod kem;
mod kms;
mod lines;
mod p256;
mod pairing;
mod params;
#[allow(unreachable_pub, reason = "named by a trait that is public but sealed")]
mod point;
#[allow(unreachable_pub, reason = "named by a trait that is public but sealed")]
mod profile;
mod ssv;
#[allow(unreachable_pub, reason = "named by a trait that is public but sealed")]
mod torus;

#[cfg(test)]
mod tests;

pub use self::eccsi::{EccsiError, EccsiSign, EccsiVerify, SIGNATURE_LEN};
pub use self::error::SakkeError;
pub use self::field::{Backend, Narrow32, Native, Wide64};
pub use self::identity::MAX_IDENTITY_LEN;
pub use self::kem::{Decapsulator, Encapsulator, SED_LEN, SakkeDecapsulate, SakkeEncapsulate};
pub use self::kms::{KmsMasterSecret, KmsPublicKey, ReceiverSecretKey};
pub use self::point::POINT_LEN;
pub use self::profile::{
    DEVICE_POINT_TABLE_LEN, Device, Profile, SERVER_GENERATOR_TABLE_LEN, SERVER_POINT_TABLE_LEN,
    SERVER_RSK_TABLE_LEN, Server,
};
pub use self::ssv::{SSV_LEN, Ssv};
