//! The keys of one message, and the seam behind which a key may stay out of reach.
//!
//! ```text
//! pre-shared key --PRF(encr, CSB ID, RAND)--> encr_key   16 or 32 octets
//!                --PRF(salt, CSB ID, RAND)--> salt_key   14
//!                --PRF(auth, CSB ID, RAND)--> auth_key   20 or 32          (RFC 3830 §4.1.4, §4.2.3, §4.2.4)
//! ```

use core::fmt;

use crate::crypto::cipher::CipherKey;
use crate::crypto::mac::MacKey;
use crate::crypto::{Cipher, MacHash, Prf, Primitives, PskLabel, Tag};
use crate::error::{KeyUnavailable, OpenError};
use crate::id::CsbId;

/// The three algorithms of a pre-shared-key message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Algorithms {
    /// Derives the keys of the message.
    pub prf: Prf,
    /// Encrypts the Key data.
    pub cipher: Cipher,
    /// Authenticates the message.
    pub mac: MacHash,
}

impl Algorithms {
    /// The mandatory set: MIKEY-1, AES-CM-128, HMAC-SHA-1-160 (RFC 3830 §4.2).
    pub const SHA1: Self = Self { prf: Prf::Mikey1, cipher: Cipher::AesCm128, mac: MacHash::Sha1 };
    /// The SHA-256 suite: PRF-HMAC-SHA-256, AES-CM-256, HMAC-SHA-256-256 (RFC 6043 §12.1).
    pub const SHA256: Self = Self { prf: Prf::HmacSha256, cipher: Cipher::AesCm256, mac: MacHash::Sha256 };
    /// The SHA-256 suite with AES-CM-128 (point U28).
    pub const SHA256_AES128: Self =
        Self { prf: Prf::HmacSha256, cipher: Cipher::AesCm128, mac: MacHash::Sha256 };
}

/// What the keys of a message depend on besides the pre-shared key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Protection<'a> {
    /// The algorithms of the message.
    pub algorithms: Algorithms,
    /// The CSB ID of the message's own header.
    pub csb: CsbId,
    /// RAND: of the message itself, or of the MSK message that delivered the MSK.
    pub rand: &'a [u8],
}

/// A pre-shared key, wherever it lives.
///
/// [`Muk`](super::Muk) and [`Msk`](super::Msk) hold their octets. An implementation for a secure element holds a
/// handle: its [`Keys`](Self::Keys) may be [`ProtectionKeys`] that the element derived, or again a handle through
/// which the element itself verifies and decrypts, so that no key leaves it.
pub trait PreSharedKey {
    /// The keys of one message.
    type Keys: MessageKeys;

    /// Makes the keys of the message that `protection` describes ready.
    ///
    /// # Errors
    ///
    /// [`KeyUnavailable`] when the holder of the key does not answer, refuses, or lacks the algorithm.
    fn keys(&self, protection: &Protection<'_>) -> Result<Self::Keys, KeyUnavailable>;
}

/// The keys of one message, or the means to have them applied.
pub trait MessageKeys {
    /// The MAC over the concatenation of `parts`.
    ///
    /// # Errors
    ///
    /// [`KeyUnavailable`] when the holder of the key does not answer.
    fn tag(&self, parts: &[&[u8]]) -> Result<Tag, KeyUnavailable>;

    /// Verifies the received `mac` over the concatenation of `parts` in constant time.
    ///
    /// # Errors
    ///
    /// [`OpenError::MacInvalid`], or [`OpenError::KeyUnavailable`] when the holder of the key does not answer.
    fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> Result<(), OpenError> {
        if self.tag(parts)?.verify(mac) { Ok(()) } else { Err(OpenError::MacInvalid) }
    }

    /// Encrypts or decrypts `octets` in place. `timestamp` is the T value as 64 bits, a COUNTER with leading zeros.
    ///
    /// # Errors
    ///
    /// [`KeyUnavailable`] when the holder of the key does not answer; `octets` are then wiped.
    fn crypt(&self, timestamp: u64, octets: &mut [u8]) -> Result<(), KeyUnavailable>;
}

/// encr_key, salt_key and the scheduled auth_key of one message, wiped on drop.
pub struct ProtectionKeys<P> {
    prf: Prf,
    csb: CsbId,
    cipher: CipherKey,
    auth: MacKey,
    p: P,
}

impl<P: Primitives> ProtectionKeys<P> {
    /// Derives the three keys; `prf` fills its buffer with the key that the label names.
    ///
    /// A secure element that derives but does not decrypt uses this from its own [`PreSharedKey`].
    ///
    /// # Errors
    ///
    /// What `prf` answers.
    pub fn derive(
        p: P, protection: &Protection<'_>, prf: impl Fn(PskLabel, &mut [u8]) -> Result<(), KeyUnavailable>,
    ) -> Result<Self, KeyUnavailable> {
        let algorithms = protection.algorithms;
        Ok(Self {
            prf: algorithms.prf,
            csb: protection.csb,
            cipher: CipherKey::derive::<P>(algorithms.cipher, &prf)?,
            auth: MacKey::derive(&p, algorithms.mac, &prf)?,
            p,
        })
    }

    /// Whether these are the keys for `algorithms` and `csb`; RAND and the pre-shared key are the holder's to know.
    #[must_use]
    pub fn fit(&self, algorithms: Algorithms, csb: CsbId) -> bool {
        self.algorithms() == algorithms && self.csb == csb
    }

    /// encr_key and salt_key, for test benches that compare every intermediate value.
    #[cfg(feature = "hazmat")]
    #[must_use]
    pub fn raw(&self) -> (&[u8], &[u8; 14]) {
        self.cipher.raw()
    }

    /// The start value of the key stream for a message with this timestamp, for test benches.
    #[cfg(feature = "hazmat")]
    #[must_use]
    pub fn iv(&self, timestamp: u64) -> [u8; 16] {
        self.cipher.iv(self.csb, timestamp)
    }
}

impl<P: Primitives> MessageKeys for ProtectionKeys<P> {
    fn tag(&self, parts: &[&[u8]]) -> Result<Tag, KeyUnavailable> {
        Ok(self.auth.tag(&self.p, parts))
    }

    fn crypt(&self, timestamp: u64, octets: &mut [u8]) -> Result<(), KeyUnavailable> {
        self.cipher.apply(&self.p, self.csb, timestamp, octets);
        Ok(())
    }
}

impl<K: MessageKeys> MessageKeys for &K {
    fn tag(&self, parts: &[&[u8]]) -> Result<Tag, KeyUnavailable> {
        (**self).tag(parts)
    }

    fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> Result<(), OpenError> {
        (**self).verify(parts, mac)
    }

    fn crypt(&self, timestamp: u64, octets: &mut [u8]) -> Result<(), KeyUnavailable> {
        (**self).crypt(timestamp, octets)
    }
}

impl<P> ProtectionKeys<P> {
    const fn algorithms(&self) -> Algorithms {
        Algorithms { prf: self.prf, cipher: self.cipher.cipher(), mac: self.auth.hash() }
    }
}

impl<P> fmt::Debug for ProtectionKeys<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProtectionKeys")
            .field("algorithms", &self.algorithms())
            .field("csb", &self.csb)
            .finish_non_exhaustive()
    }
}
