//! AES in counter mode as MIKEY uses it (RFC 3830 §4.2.3).
//!
//! ```text
//! IV = (salt_key XOR (00 00 || CSB ID || T)) || 00 00        salt_key 14 octets, T 64 bits
//! ```

use super::Primitives;
use super::prf::{DeriveKey, PskLabel};
use crate::error::KeyUnavailable;
use crate::id::CsbId;
use crate::secret::Secret;

/// Length of the salt_key of AES-CM, octets.
pub(crate) const SALT_LEN: usize = 14;

/// How the Key data of a KEMAC is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cipher {
    /// Not at all.
    Null,
    /// AES-CM-128.
    AesCm128,
    /// AES-CM-256 (RFC 6043 §6.2).
    AesCm256,
}

impl Cipher {
    /// Length of the encr_key, octets.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Null => 0,
            Self::AesCm128 => 16,
            Self::AesCm256 => 32,
        }
    }
}

/// encr_key and salt_key of one message.
pub(crate) struct CipherKey {
    cipher: Cipher,
    encr: Secret<32>,
    salt: Secret<SALT_LEN>,
}

impl CipherKey {
    /// Derives both keys; `prf` fills its buffer with the key that the label names. NULL needs none.
    ///
    /// # Errors
    ///
    /// What `prf` answers, and [`KeyUnavailable`] for AES-CM-256 with primitives that do not serve its suite.
    pub(crate) fn derive<P: Primitives>(cipher: Cipher, prf: &DeriveKey<'_>) -> Result<Self, KeyUnavailable> {
        if cipher == Cipher::AesCm256 && !P::SHA256_SUITE {
            return Err(KeyUnavailable);
        }
        let mut key = Self { cipher, encr: Secret::zeroed(), salt: Secret::zeroed() };
        if cipher != Cipher::Null {
            prf(PskLabel::Encr, key.encr.expose_mut().get_mut(..cipher.key_len()).unwrap_or_default())?;
            prf(PskLabel::Salt, key.salt.expose_mut())?;
        }
        Ok(key)
    }

    pub(crate) const fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// The 16-octet start value of the key stream. `timestamp` is the T value as 64 bits; a COUNTER has leading zeros.
    pub(crate) fn iv(&self, csb: CsbId, timestamp: u64) -> [u8; 16] {
        let mut iv = [0; 16];
        let [_, _, csb_and_t @ .., _, _] = &mut iv;
        if let Some((c, t)) = csb_and_t.split_first_chunk_mut::<4>() {
            *c = csb.0.to_be_bytes();
            if let Some(t) = t.first_chunk_mut::<8>() {
                *t = timestamp.to_be_bytes();
            }
        }
        for (to, from) in iv.iter_mut().zip(self.salt.expose()) {
            *to ^= from;
        }
        iv
    }

    /// XORs the key stream onto `octets`; encryption and decryption are the same.
    pub(crate) fn apply<P: Primitives>(&self, p: &P, csb: CsbId, timestamp: u64, octets: &mut [u8]) {
        if octets.is_empty() {
            return;
        }
        let iv = self.iv(csb, timestamp);
        match self.cipher {
            Cipher::Null => {}
            Cipher::AesCm128 => {
                if let Some(key) = self.encr.expose().first_chunk() {
                    p.aes128_ctr(key, &iv, octets);
                }
            }
            Cipher::AesCm256 if P::SHA256_SUITE => p.aes256_ctr(self.encr.expose(), &iv, octets),
            // No such key was derived.
            Cipher::AesCm256 => {}
        }
    }

    /// encr_key and salt_key, for test benches that compare every intermediate value.
    #[cfg(feature = "hazmat")]
    pub(crate) fn raw(&self) -> (&[u8], &[u8; SALT_LEN]) {
        (self.encr.expose().get(..self.cipher.key_len()).unwrap_or_default(), self.salt.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::RustCrypto;

    #[test]
    fn the_iv_is_salt_with_csb_id_and_timestamp_folded_in() {
        let fill = |_: PskLabel, out: &mut [u8]| -> Result<(), KeyUnavailable> {
            out.fill(0xF0);
            Ok(())
        };
        let key = CipherKey::derive::<RustCrypto>(Cipher::AesCm128, &fill).unwrap();
        let mut expected = [0xF0; 16];
        for (i, octet) in (1..=12).enumerate() {
            expected[i + 2] ^= octet;
        }
        expected[14..].fill(0);
        assert_eq!(key.iv(CsbId(0x0102_0304), 0x0506_0708_090A_0B0C), expected);
    }
}
