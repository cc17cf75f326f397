//! What a mission-critical key turns into (TS 33.180 §F.1, RFC 3830 §4.1.3, RFC 6509 §3.1).
//!
//! ```text
//! TEK    master key, 16 or 32   = PRF-HMAC-SHA-256(key, 2ad01c64 || CS ID || CSB ID || RAND)
//! salt   master salt, 12        = PRF-HMAC-SHA-256(key, 39a2c14b || CS ID || CSB ID || RAND)
//! XML    confidentiality, integrity, 16 = KDF(key, FC 51 or 52, user URI, key ID), the last 16 octets
//! ```

use core::fmt;

use crate::crypto::prf::{Prf, TgkLabel, secret_from_tgk};
use crate::crypto::{Primitives, RustCrypto, base64, mc_kdf};
use crate::id::CsbId;
use crate::keys::{KeyId, McKey};
use crate::secret::Secret;

/// How the key ID enters the derivation of the XML keys; the clause prints an example length that fits neither.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum XpkIdForm {
    /// Its 4 octets.
    #[default]
    Octets,
    /// Its base64, 8 characters.
    Base64,
}

/// The two AES key lengths of SRTP with GCM.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(clippy::exhaustive_enums, reason = "RFC 7714 has these two")]
pub enum MasterKeyLen {
    /// 16 octets: AEAD_AES_128_GCM.
    #[default]
    Aes128,
    /// 32 octets: AEAD_AES_256_GCM.
    Aes256,
}

/// An SRTP master key.
#[derive(Debug)]
#[allow(clippy::exhaustive_enums, reason = "RFC 7714 has these two")]
pub enum MasterKey {
    /// 16 octets.
    Aes128(Secret<16>),
    /// 32 octets.
    Aes256(Secret<32>),
}

/// SRTP master key and salt of one crypto session under a mission-critical key.
pub struct SrtpMaster {
    /// The master key.
    pub key: MasterKey,
    /// The master salt.
    pub salt: Secret<12>,
}

impl SrtpMaster {
    /// Derives both for crypto session `cs_id`; `None` when a key of this kind does not serve that session.
    #[must_use]
    pub fn derive(key: &McKey, cs_id: u8, csb: CsbId, rand: &[u8], len: MasterKeyLen) -> Option<Self> {
        Self::derive_with(&RustCrypto, key, cs_id, csb, rand, len)
    }

    /// [`derive`](Self::derive) with the caller's primitives.
    #[must_use]
    pub fn derive_with<P: Primitives>(
        p: &P, key: &McKey, cs_id: u8, csb: CsbId, rand: &[u8], len: MasterKeyLen,
    ) -> Option<Self> {
        if key.tag().cs_ids().is_some_and(|served| !served.contains(&cs_id)) {
            return None;
        }
        let tgk = key.secret();
        let prf = Prf::HmacSha256;
        let tek = TgkLabel::Tek;
        Some(Self {
            key: match len {
                MasterKeyLen::Aes128 => {
                    MasterKey::Aes128(secret_from_tgk(p, prf, tgk, tek, cs_id, csb, rand))
                }
                MasterKeyLen::Aes256 => {
                    MasterKey::Aes256(secret_from_tgk(p, prf, tgk, tek, cs_id, csb, rand))
                }
            },
            salt: secret_from_tgk(p, prf, tgk, TgkLabel::Salt, cs_id, csb, rand),
        })
    }
}

impl fmt::Debug for SrtpMaster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SrtpMaster(..)")
    }
}

/// The keys of application-plane signalling: XML in SIP bodies, and MCData signalling.
pub struct SignallingKeys {
    /// Confidentiality, FC 51.
    pub confidentiality: Secret<16>,
    /// Integrity, FC 52.
    pub integrity: Secret<16>,
}

impl SignallingKeys {
    /// Derives both from the key `id` for the user with this URI. `None` unless the key is a CSK, an SPK or a MuSiK, or
    /// when the URI is over 65,535 octets.
    #[must_use]
    pub fn derive(key: &McKey, id: KeyId, uri: &[u8], form: XpkIdForm) -> Option<Self> {
        Self::derive_with(&RustCrypto, key, id, uri, form)
    }

    /// [`derive`](Self::derive) with the caller's primitives.
    #[must_use]
    pub fn derive_with<P: Primitives>(
        p: &P, key: &McKey, id: KeyId, uri: &[u8], form: XpkIdForm,
    ) -> Option<Self> {
        if !matches!(key, McKey::Csk(_) | McKey::Spk(_) | McKey::MuSik(_)) {
            return None;
        }
        let octets = id.to_octets();
        let mut text = [0; 8];
        let id = match form {
            XpkIdForm::Octets => octets.as_slice(),
            XpkIdForm::Base64 => base64::encode(&octets, &mut text)?.as_bytes(),
        };
        Some(Self {
            confidentiality: mc_kdf::derive(p, key.secret(), mc_kdf::FC_CONFIDENTIALITY, &[uri, id])?,
            integrity: mc_kdf::derive(p, key.secret(), mc_kdf::FC_INTEGRITY, &[uri, id])?,
        })
    }
}

impl fmt::Debug for SignallingKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SignallingKeys(..)")
    }
}
