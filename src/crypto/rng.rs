//! Where randomness comes in: an argument, never hidden.

use rand_core::TryCryptoRng;

use crate::error::RngError;
use crate::secret::Secret;

/// Fills a fresh secret from the caller's generator.
///
/// # Errors
///
/// [`RngError`] when the generator fails; what it had written is wiped.
pub fn fill<const N: usize, R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Secret<N>, RngError> {
    let mut out = Secret::zeroed();
    rng.try_fill_bytes(out.expose_mut()).map_err(|_| RngError)?;
    Ok(out)
}
