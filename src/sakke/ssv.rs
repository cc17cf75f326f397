//! The Shared Secret Value: what SAKKE transports (RFC 6508 §6.2).

use core::fmt;

use rand_core::TryCryptoRng;
use subtle::{Choice, ConstantTimeEq};

use super::error::SakkeError;
use crate::secret::Secret;

/// Octets of an SSV: n = 128 bits.
pub const SSV_LEN: usize = 16;

/// A Shared Secret Value, wiped when dropped. In MIKEY-SAKKE it is the transported key.
pub struct Ssv(Secret<SSV_LEN>);

impl Ssv {
    /// Takes over a key that is to be transported.
    #[must_use]
    pub const fn new(secret: Secret<SSV_LEN>) -> Self {
        Self(secret)
    }

    /// Draws an SSV.
    ///
    /// # Errors
    ///
    /// [`SakkeError::RngFailure`] when `rng` fails.
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, SakkeError> {
        let mut secret = Secret::zeroed();
        rng.try_fill_bytes(secret.expose_mut()).map_err(|_| SakkeError::RngFailure)?;
        Ok(Self(secret))
    }

    /// The octets.
    #[must_use]
    pub const fn secret(&self) -> &Secret<SSV_LEN> {
        &self.0
    }
}

impl Ssv {
    /// The octets, given up.
    #[must_use]
    pub fn into_secret(self) -> Secret<SSV_LEN> {
        self.0
    }
}

impl ConstantTimeEq for Ssv {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl fmt::Debug for Ssv {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ssv(..)")
    }
}
