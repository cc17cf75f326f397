//! Keys of a download service (TS 33.246 §6.6.3). All of it is uncertain (points U20 and U21); nothing else depends
//! on it.

use core::fmt;

use base64ct::{Base64, Encoding};

use crate::crypto::{Prf, Primitives, RustCrypto, TgkLabel, prf};
use crate::id::{CsbId, MskName, MtkId};
use crate::keys::mtk::Mtk;
use crate::secret::Secret;

/// MTK_C and MTK_I: what encrypts and what authenticates a downloaded object.
pub struct DownloadKeys {
    /// MTK_C, the AES-128-CBC content key.
    pub content: Secret<16>,
    /// MTK_I, the HMAC-SHA-1 integrity key.
    pub integrity: Secret<20>,
}

impl DownloadKeys {
    /// Derives both keys with the MTK as TGK, cs_id 0, CSB ID 0 and the RAND of its MSK (default of point U21).
    #[must_use]
    pub fn derive(mtk: &Mtk, rand: &[u8]) -> Self {
        Self::derive_with(&RustCrypto, mtk, rand)
    }

    /// [`derive`](Self::derive) with the caller's primitives.
    #[must_use]
    pub fn derive_with<P: Primitives>(p: &P, mtk: &Mtk, rand: &[u8]) -> Self {
        let tgk = mtk.secret();
        Self {
            content: prf::secret_from_tgk(p, Prf::Mikey1, tgk, TgkLabel::Encr, 0, CsbId(0), rand),
            integrity: prf::secret_from_tgk(p, Prf::Mikey1, tgk, TgkLabel::Auth, 0, CsbId(0), rand),
        }
    }
}

impl fmt::Debug for DownloadKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DownloadKeys(..)")
    }
}

/// The URL by which a DCF names its MTK (default of point U20): `mbms-key://` and the base64 text of Key Domain ID,
/// MSK ID and MTK ID, 23 characters.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyUrl([u8; Self::LEN]);

impl KeyUrl {
    /// Length, characters.
    pub const LEN: usize = 23;

    const SCHEME: &'static [u8; 11] = b"mbms-key://";

    /// The URL of `mtk` under `msk`.
    #[must_use]
    pub fn new(msk: MskName, mtk: MtkId) -> Self {
        let [a, b, c] = msk.domain.to_octets();
        let [d, e, f, g] = msk.id.to_octets();
        let [h, i] = mtk.0.to_be_bytes();
        let mut url = [0; Self::LEN];
        if let Some((scheme, text)) = url.split_first_chunk_mut() {
            *scheme = *Self::SCHEME;
            // Nine octets make exactly the twelve characters that are left.
            let _ = Base64::encode(&[a, b, c, d, e, f, g, h, i], text);
        }
        Self(url)
    }

    /// The characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Debug for KeyUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{KeyDomainId, MskId};

    #[test]
    fn a_key_url_is_the_base64_text_of_nine_octets() {
        let msk = MskName::new(KeyDomainId::new([0; 3]), MskId::from_octets([0, 0, 0, 0]));
        assert_eq!(KeyUrl::new(msk, MtkId(0)).as_str(), "mbms-key://AAAAAAAAAAAA");
        let msk = MskName::new(KeyDomainId::new([0xFF; 3]), MskId::from_octets([0xFF; 4]));
        assert_eq!(KeyUrl::new(msk, MtkId(0xFFFE)).as_str(), "mbms-key://///////////+");
    }
}
