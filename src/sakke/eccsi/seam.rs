//! What a message needs of a signer and of a verifier, so that a secure element can be either.

use rand_core::TryCryptoRng;

use super::{EccsiError, SIGNATURE_LEN};

/// A key that signs: [`SigningKey`](super::SigningKey), or an element that keeps SSK to itself.
pub trait EccsiSign {
    /// Signs `message` and writes the signature. An element with a generator of its own leaves `rng` alone.
    ///
    /// # Errors
    ///
    /// [`EccsiError::RngFailed`], [`EccsiError::KeyUnavailable`]. `signature` is unchanged then.
    fn sign<R: TryCryptoRng + ?Sized>(
        &self, message: &[u8], rng: &mut R, signature: &mut [u8; SIGNATURE_LEN],
    ) -> Result<(), EccsiError>;
}

/// The users of one KMS, as a verifier sees them: [`Verifier`](super::Verifier), or an accelerator that holds KPAK.
pub trait EccsiVerify {
    /// Whether `signature` is that of `id` over `message`.
    ///
    /// # Errors
    ///
    /// [`EccsiError::SignatureInvalid`] for whatever is wrong with it; [`EccsiError::KeyUnavailable`] from an accelerator.
    fn verify(&self, id: &[u8], message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> Result<(), EccsiError>;
}
