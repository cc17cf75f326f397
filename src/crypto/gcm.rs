//! AES-GCM with an IV of 12 or 16 octets (NIST SP 800-38D §7).
//!
//! ```text
//! IV of 12 octets   J0 = IV || 00000001
//! IV of 16 octets   J0 = GHASH(IV, its length)      beyond the interface of RFC 5116, used by key parameters
//! ```
//!
//! Nothing is decrypted before the tag was found right.

use aes_gcm::aead::array::{Array, ArraySize};
use aes_gcm::aead::consts::{U12, U16};
use aes_gcm::aead::inout::InOutBuf;
use aes_gcm::aes::{Aes128, Aes256};
use aes_gcm::{AeadInOut, AesGcm, KeyInit};

use super::Primitives;
use super::gba_kdf;
use crate::secret::Secret;

/// Length of the tag, octets.
pub(crate) const TAG_LEN: usize = 16;

/// A key scheduled for an IV of `N` octets.
pub(crate) enum Gcm<N: ArraySize> {
    /// AEAD_AES_128_GCM.
    Aes128(AesGcm<Aes128, N>),
    /// AEAD_AES_256_GCM.
    Aes256(AesGcm<Aes256, N>),
}

/// The IV of SRTCP.
pub(crate) type Gcm12 = Gcm<U12>;

/// A key for protected payloads of mission-critical data: the DPCK.
pub(crate) type Dpck = Gcm<U16>;

impl<N: ArraySize> Gcm<N> {
    pub(crate) fn aes128(key: &Secret<16>) -> Self {
        Self::Aes128(AesGcm::new(key.expose().into()))
    }

    pub(crate) fn aes256(key: &Secret<32>) -> Self {
        Self::Aes256(AesGcm::new(key.expose().into()))
    }

    /// Encrypts `octets` in place; `None` when they are beyond what GCM takes.
    pub(crate) fn seal(&self, iv: &Array<u8, N>, aad: &[u8], octets: &mut [u8]) -> Option<[u8; TAG_LEN]> {
        let octets = InOutBuf::from(octets);
        match self {
            Self::Aes128(gcm) => gcm.encrypt_inout_detached(iv, aad, octets),
            Self::Aes256(gcm) => gcm.encrypt_inout_detached(iv, aad, octets),
        }
        .ok()
        .map(Into::into)
    }

    /// Decrypts `octets` in place; `None`, with the octets as they were, when the tag is wrong.
    pub(crate) fn open(
        &self, iv: &Array<u8, N>, aad: &[u8], octets: &mut [u8], tag: &[u8; TAG_LEN],
    ) -> Option<()> {
        let (octets, tag) = (InOutBuf::from(octets), tag.into());
        match self {
            Self::Aes128(gcm) => gcm.decrypt_inout_detached(iv, aad, octets, tag),
            Self::Aes256(gcm) => gcm.decrypt_inout_detached(iv, aad, octets, tag),
        }
        .ok()
    }
}

impl Dpck {
    /// The DPCK of the transported key (TS 33.180 §F.1, FC 53): all 32 octets of the derivation for AEAD_AES_256_GCM
    /// (`long`), else the last 16. `None` never happens with one parameter of 4 octets.
    pub(crate) fn derive<P: Primitives>(p: &P, key: &Secret<16>, dppk_id: u32, long: bool) -> Option<Self> {
        let whole = gba_kdf::derive(p, key, 0x53, &[&dppk_id.to_be_bytes()])?;
        Some(if long { Self::aes256(&whole) } else { Self::aes128(&super::mc_kdf::low(&whole)) })
    }
}
