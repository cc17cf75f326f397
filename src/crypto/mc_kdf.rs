//! The key derivations of mission-critical services (TS 33.180 §F.1).
//!
//! ```text
//! FC 50   user salt, 28 bits         KDF(GMK, user URI)
//! FC 51   confidentiality key, 16    KDF(XPK, user URI, XPK-ID)
//! FC 52   integrity key, 16          KDF(XPK, user URI, XPK-ID)
//! FC 53   DPCK, 16 or 32             KDF(DPPK, DPPK-ID)
//! ```
//!
//! What is shorter than the 32 octets of the KDF is their end.

use super::{Primitives, gba_kdf};
use crate::secret::Secret;

/// FC of the user salt.
pub(crate) const FC_USER_SALT: u8 = 0x50;

/// FC of the confidentiality key of application signalling.
pub(crate) const FC_CONFIDENTIALITY: u8 = 0x51;

/// FC of the integrity key of application signalling.
pub(crate) const FC_INTEGRITY: u8 = 0x52;

/// The last 16 octets.
pub(crate) fn low(whole: &Secret<32>) -> Secret<16> {
    let mut low = Secret::zeroed();
    for (to, from) in low.expose_mut().iter_mut().zip(whole.expose().iter().skip(16)) {
        *to = *from;
    }
    low
}

/// 16 octets; `None` when a parameter is over 65,535 octets.
pub(crate) fn derive<P: Primitives>(
    p: &P, key: &Secret<16>, fc: u8, parameters: &[&[u8]],
) -> Option<Secret<16>> {
    gba_kdf::derive(p, key, fc, parameters).map(|whole| low(&whole))
}

/// The low 28 bits of the user salt; it is no secret, the GUK-ID that it goes into travels in the clear.
pub(crate) fn user_salt<P: Primitives>(p: &P, gmk: &Secret<16>, uri: &[u8]) -> Option<u32> {
    let whole = gba_kdf::derive(p, gmk, FC_USER_SALT, &[uri])?;
    whole.expose().last_chunk().map(|low| u32::from_be_bytes(*low) & 0x0FFF_FFFF)
}
