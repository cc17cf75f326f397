//! SRTCP with AEAD_AES_128_GCM or AEAD_AES_256_GCM (RFC 7714 §9, §11).
//!
//! ```text
//! key, salt = SRTP key derivation of (master key, master salt), labels 3 and 5          16 or 32, 12 octets
//! IV        = (0000 || SSRC || 0000 || index)  XOR  salt
//! AAD       = RTCP header 8 || E and index 4
//! ```

use super::cipher::SALT_LEN;
use super::gcm::{Gcm12, TAG_LEN};
use super::{Primitives, srtp_kdf};
use crate::secret::Secret;

/// Length of the master and session salt, octets.
pub(crate) const GCM_SALT_LEN: usize = 12;

/// The SRTCP session key and salt of one master key.
pub(crate) struct GcmKeys {
    gcm: Gcm12,
    salt: Secret<GCM_SALT_LEN>,
}

/// The salt of 12 octets in the 14 of the derivation: before two zero octets, or behind them.
pub(crate) fn place(salt: &Secret<GCM_SALT_LEN>, zeros_first: bool) -> Secret<SALT_LEN> {
    let mut placed = Secret::zeroed();
    let skip = if zeros_first { 2 } else { 0 };
    for (to, from) in placed.expose_mut().iter_mut().skip(skip).zip(salt.expose()) {
        *to = *from;
    }
    placed
}

/// Session key and salt of SRTCP from a master key of 16 octets.
pub(crate) fn session_128<P: Primitives>(
    p: &P, master: &Secret<16>, salt: &Secret<SALT_LEN>,
) -> (Secret<16>, Secret<GCM_SALT_LEN>) {
    (srtp_kdf::derive(p, master, salt, 3), srtp_kdf::derive(p, master, salt, 5))
}

impl GcmKeys {
    /// Of a master key of 16 octets.
    pub(crate) fn derive_128<P: Primitives>(p: &P, master: &Secret<16>, salt: &Secret<SALT_LEN>) -> Self {
        let (key, salt) = session_128(p, master, salt);
        Self::from_session(&key, salt)
    }

    /// Of a master key of 32 octets.
    pub(crate) fn derive_256<P: Primitives>(p: &P, master: &Secret<32>, salt: &Secret<SALT_LEN>) -> Self {
        let key = srtp_kdf::derive_256(p, master, salt, 3);
        Self { gcm: Gcm12::aes256(&key), salt: srtp_kdf::derive_256(p, master, salt, 5) }
    }

    /// Of a session key and salt.
    pub(crate) fn from_session(key: &Secret<16>, salt: Secret<GCM_SALT_LEN>) -> Self {
        Self { gcm: Gcm12::aes128(key), salt }
    }

    fn iv(&self, ssrc: u32, index: u32) -> [u8; GCM_SALT_LEN] {
        let [a, b, c, d] = ssrc.to_be_bytes();
        let [e, f, g, h] = index.to_be_bytes();
        let mut iv = [0, 0, a, b, c, d, 0, 0, e, f, g, h];
        for (to, from) in iv.iter_mut().zip(self.salt.expose()) {
            *to ^= from;
        }
        iv
    }

    /// Encrypts in place; `None` when the octets are beyond what GCM takes.
    pub(crate) fn seal(
        &self, ssrc: u32, index: u32, aad: &[u8; 12], octets: &mut [u8],
    ) -> Option<[u8; TAG_LEN]> {
        self.gcm.seal((&self.iv(ssrc, index)).into(), aad, octets)
    }

    /// Decrypts in place; `None`, with the octets as they were, when the tag is wrong.
    pub(crate) fn open(
        &self, ssrc: u32, index: u32, aad: &[u8; 12], octets: &mut [u8], tag: &[u8; TAG_LEN],
    ) -> Option<()> {
        self.gcm.open((&self.iv(ssrc, index)).into(), aad, octets, tag)
    }
}
