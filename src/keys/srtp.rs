//! What an MTK turns into under SRTP (TS 33.246 §6.6.2, RFC 3711 §4.3).

use core::fmt;

use crate::crypto::{Primitives, RustCrypto, srtp_kdf};
use crate::keys::mtk::{Mtk, MtkSalt};
use crate::secret::Secret;

/// The session keys of SRTP and SRTCP for AES-CM-128 and HMAC-SHA-1 with key derivation rate 0.
///
/// A library that does SRTP derives them itself from MTK and salt; they are here for those that take session keys.
pub struct SrtpKeys {
    /// RTP encryption key, label 0.
    pub rtp_encr: Secret<16>,
    /// RTP authentication key, label 1.
    pub rtp_auth: Secret<20>,
    /// RTP salting key, label 2.
    pub rtp_salt: Secret<14>,
    /// RTCP encryption key, label 3.
    pub rtcp_encr: Secret<16>,
    /// RTCP authentication key, label 4.
    pub rtcp_auth: Secret<20>,
    /// RTCP salting key, label 5.
    pub rtcp_salt: Secret<14>,
}

impl SrtpKeys {
    /// Derives all six keys. Without a salt SRTP takes 14 zero octets (RFC 3711 §3.2.1).
    #[must_use]
    pub fn derive(mtk: &Mtk, salt: Option<&MtkSalt>) -> Self {
        Self::derive_with(&RustCrypto, mtk, salt)
    }

    /// [`derive`](Self::derive) with the caller's primitives.
    #[must_use]
    pub fn derive_with<P: Primitives>(p: &P, mtk: &Mtk, salt: Option<&MtkSalt>) -> Self {
        let zero = Secret::new([0; 14]);
        let (master, salt) = (mtk.secret(), salt.map_or(&zero, MtkSalt::secret));
        Self {
            rtp_encr: srtp_kdf::derive(p, master, salt, 0),
            rtp_auth: srtp_kdf::derive(p, master, salt, 1),
            rtp_salt: srtp_kdf::derive(p, master, salt, 2),
            rtcp_encr: srtp_kdf::derive(p, master, salt, 3),
            rtcp_auth: srtp_kdf::derive(p, master, salt, 4),
            rtcp_salt: srtp_kdf::derive(p, master, salt, 5),
        }
    }
}

impl fmt::Debug for SrtpKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SrtpKeys(..)")
    }
}
