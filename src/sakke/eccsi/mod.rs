//! ECCSI, certificateless signatures bound to an identity (RFC 6507), over P-256 with SHA-256.
//!
//! ```text
//! KMS:     KSAK -> KPAK = [KSAK]G                          once
//!          (KSAK, ID) -> v, PVT = [v]G, SSK = KSAK + HS*v  for each identity and period
//! signer:  (ID, KPAK, SSK, PVT) -> SigningKey              validated once, before use
//!          (SigningKey, message) -> signature              129 octets
//! anyone:  KPAK -> KpakTable -> Verifier                   once
//!          (Verifier, ID, message, signature) -> good or not
//!
//! signature   r (32) | s (32) | PVT (65: 04, x, y)
//! HS = SHA-256(G | KPAK | ID | PVT)    HE = SHA-256(HS | r | message)
//! ```
//!
//! Everything that touches KSAK, v, SSK or the nonce j takes the same steps for every value of them. Verification has no
//! secrets and takes as long as its input makes it.
//!
//! The scheme is malleable: with (r, s) also (r, q - s) verifies. A replay cache must not recognise a message by the octets
//! of its signature.

mod error;
mod hash;
mod kms;
mod profile;
mod seam;
mod sign;
mod signing_key;
mod validate;
mod verify;

#[cfg(feature = "hazmat")]
pub mod hazmat;

pub use error::EccsiError;
pub use kms::{Kpak, Ksak, Pvt, Ssk};
pub use profile::{Device, Profile, Server};
pub use seam::{EccsiSign, EccsiVerify};
pub use signing_key::SigningKey;
pub use verify::{KpakTable, Verifier};

/// Octets of a signature: r, s and PVT (RFC 6507 §3.3).
pub const SIGNATURE_LEN: usize = 129;

/// Octets of KPAK and PVT: an uncompressed point.
pub const POINT_LEN: usize = crate::sakke::p256::POINT_LEN;

/// Octets of KSAK, SSK, r, s, HS and HE: N of RFC 6507.
pub const SCALAR_LEN: usize = 32;
