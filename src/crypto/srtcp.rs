//! SRTCP with AES-CM-128 and HMAC-SHA-1-80 (RFC 3711 §3.4, §4.1.1, §4.2).
//!
//! ```text
//! encr, auth, salt = SRTP key derivation of (MTK, salt), labels 3, 4, 5        16, 20, 14 octets
//! IV  = salt * 2^16  XOR  SSRC * 2^64  XOR  index * 2^16
//! tag = first 10 octets of HMAC-SHA-1(auth, packet || E || index)
//! ```

use subtle::ConstantTimeEq;

use super::cipher::SALT_LEN;
use super::hash::{MAX_DIGEST_LEN, Sha1};
use super::mac::HmacKey;
use super::{Primitives, srtp_kdf};
use crate::secret::Secret;

/// Length of the authentication tag, octets.
pub(crate) const TAG_LEN: usize = 10;

/// The SRTCP session keys of one master key.
pub(crate) struct SessionKeys<P> {
    encr: Secret<16>,
    salt: Secret<SALT_LEN>,
    auth: HmacKey<Sha1>,
    p: P,
}

impl<P: Primitives> SessionKeys<P> {
    /// Derives them. Without a salt SRTP takes 14 zero octets (RFC 3711 §3.2.1).
    pub(crate) fn derive(p: P, master: &Secret<16>, salt: Option<&Secret<SALT_LEN>>) -> Self {
        let zero = Secret::zeroed();
        let salt = salt.unwrap_or(&zero);
        let auth: Secret<20> = srtp_kdf::derive(&p, master, salt, 4);
        Self {
            encr: srtp_kdf::derive(&p, master, salt, 3),
            salt: srtp_kdf::derive(&p, master, salt, 5),
            auth: HmacKey::new(&p, auth.expose()),
            p,
        }
    }

    /// XORs the key stream of the packet with this SSRC and index onto `octets`.
    pub(crate) fn apply(&self, ssrc: u32, index: u32, octets: &mut [u8]) {
        let mut iv = Secret::<16>::zeroed();
        let block = iv.expose_mut();
        for (to, from) in block.iter_mut().zip(self.salt.expose()) {
            *to = *from;
        }
        for (to, from) in block.iter_mut().skip(4).zip(ssrc.to_be_bytes()) {
            *to ^= from;
        }
        for (to, from) in block.iter_mut().skip(10).zip(index.to_be_bytes()) {
            *to ^= from;
        }
        self.p.aes128_ctr(self.encr.expose(), iv.expose(), octets);
    }

    /// The tag over `parts`.
    fn tag(&self, parts: &[&[u8]]) -> Secret<TAG_LEN> {
        let (mut whole, mut tag) = (Secret::<MAX_DIGEST_LEN>::zeroed(), Secret::zeroed());
        self.auth.mac(&self.p, parts, whole.expose_mut());
        for (to, from) in tag.expose_mut().iter_mut().zip(whole.expose()) {
            *to = *from;
        }
        tag
    }

    /// The tag over `parts`, to be sent.
    pub(crate) fn seal(&self, parts: &[&[u8]]) -> [u8; TAG_LEN] {
        *self.tag(parts).expose()
    }

    /// Whether `received` is the tag over `parts`, in constant time.
    pub(crate) fn verify(&self, parts: &[&[u8]], received: &[u8; TAG_LEN]) -> bool {
        self.tag(parts).expose().ct_eq(received).into()
    }
}
