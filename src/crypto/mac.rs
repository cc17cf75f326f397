//! HMAC (RFC 2104) with a key that is scheduled once, and tags that are compared in constant time.
//!
//! ```text
//! HmacKey   inner = compress(initial, key XOR 36..), outer = compress(initial, key XOR 5c..)
//! mac       hash from outer of (hash from inner of parts)
//! ```

use core::fmt;

use subtle::ConstantTimeEq;

use super::Primitives;
use super::hash::{BLOCK_LEN, Hash, MAX_DIGEST_LEN, Sha1, Sha256, finish, finish_digest, put};
use super::prf::{DeriveKey, PskLabel};
use crate::error::KeyUnavailable;
use crate::secret::{Secret, wipe};

/// Longest MAC, octets.
pub const MAX_TAG_LEN: usize = MAX_DIGEST_LEN;

/// The hash under an HMAC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MacHash {
    /// HMAC-SHA-1-160: 20 octets.
    Sha1,
    /// HMAC-SHA-256-256: 32 octets.
    Sha256,
}

impl MacHash {
    /// Length of the MAC, and of the auth_key that goes with it (RFC 3830 §4.2.4, RFC 6043 §6.2), octets.
    #[must_use]
    pub const fn len(self) -> usize {
        match self {
            Self::Sha1 => Sha1::LEN,
            Self::Sha256 => Sha256::LEN,
        }
    }

    /// Never: every hash has output. There for the sake of [`len`](Self::len).
    #[must_use]
    pub const fn is_empty(self) -> bool {
        false
    }
}

/// A computed MAC: secret until it is sent, because a computed tag that leaks lets its message be forged.
pub struct Tag {
    octets: Secret<MAX_TAG_LEN>,
    hash: MacHash,
}

impl Tag {
    /// The MAC that a secure element computed: the first 20 or all 32 of `octets`, as `hash` says.
    #[must_use]
    pub const fn new(hash: MacHash, octets: Secret<MAX_TAG_LEN>) -> Self {
        Self { octets, hash }
    }

    /// The octets to send, 20 or 32 of them.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        self.octets.expose().get(..self.hash.len()).unwrap_or_default()
    }

    /// Compares with a received MAC in constant time; a MAC of another length is wrong.
    #[must_use]
    pub fn verify(&self, received: &[u8]) -> bool {
        self.as_octets().ct_eq(received).into()
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({:?}, ..)", self.hash)
    }
}

/// A scheduled HMAC key: both keyed chaining values, wiped on drop.
pub(crate) struct HmacKey<H: Hash> {
    inner: H::State,
    outer: H::State,
}

impl<H: Hash> HmacKey<H> {
    /// Schedules `key` of any length; one longer than a block is hashed first (RFC 2104 §2).
    pub(crate) fn new<P: Primitives>(p: &P, key: &[u8]) -> Self {
        let mut hashed = Secret::<MAX_DIGEST_LEN>::zeroed();
        let key = if key.len() > BLOCK_LEN {
            let mut state = H::INITIAL;
            finish::<H, P>(p, &mut state, 0, &[key]);
            H::output(&state, hashed.expose_mut());
            wipe(&mut state, H::BLANK);
            hashed.expose().get(..H::LEN).unwrap_or_default()
        } else {
            key
        };
        let mut block = [0u8; BLOCK_LEN];
        put(&mut block, 0, key);
        for octet in &mut block {
            *octet ^= 0x36;
        }
        let mut inner = H::INITIAL;
        H::compress(p, &mut inner, core::slice::from_ref(&block));
        for octet in &mut block {
            *octet ^= 0x36 ^ 0x5C;
        }
        let mut outer = H::INITIAL;
        H::compress(p, &mut outer, core::slice::from_ref(&block));
        wipe(&mut block, [0; BLOCK_LEN]);
        Self { inner, outer }
    }

    /// HMAC over the concatenation of `parts`; the first `H::LEN` octets of `out`.
    pub(crate) fn mac<P: Primitives>(&self, p: &P, parts: &[&[u8]], out: &mut [u8; MAX_DIGEST_LEN]) {
        let (mut inner, mut outer) = (self.inner, self.outer);
        finish::<H, P>(p, &mut inner, BLOCK_LEN as u64, parts);
        finish_digest::<H, P>(p, &mut outer, &inner);
        H::output(&outer, out);
        wipe(&mut inner, H::BLANK);
        wipe(&mut outer, H::BLANK);
    }
}

impl<H: Hash> HmacKey<H> {
    /// HMAC over a message that [`single_block`](super::hash::single_block) has padded behind the key block.
    #[inline]
    pub(crate) fn mac_block<P: Primitives>(
        &self, p: &P, block: &[u8; BLOCK_LEN], out: &mut [u8; MAX_DIGEST_LEN],
    ) {
        let (mut inner, mut outer) = (self.inner, self.outer);
        H::compress(p, &mut inner, core::slice::from_ref(block));
        finish_digest::<H, P>(p, &mut outer, &inner);
        H::output(&outer, out);
        wipe(&mut inner, H::BLANK);
        wipe(&mut outer, H::BLANK);
    }

    /// P(s, label, 1) of the MIKEY PRF for a label whose two messages are padded in `blocks`, with `constant` put in.
    pub(crate) fn expand_block<P: Primitives>(
        &self, p: &P, constant: [u8; 4], blocks: &[[u8; BLOCK_LEN]; 2], out: &mut [u8; MAX_DIGEST_LEN],
    ) {
        let [mut label, mut a_and_label] = *blocks;
        put(&mut label, 0, &constant);
        self.mac_block(p, &label, out);
        put(&mut a_and_label, 0, out.get(..H::LEN).unwrap_or_default());
        put(&mut a_and_label, H::LEN, &constant);
        self.mac_block(p, &a_and_label, out);
        wipe(&mut a_and_label, [0; BLOCK_LEN]);
    }
}

impl<H: Hash> Drop for HmacKey<H> {
    fn drop(&mut self) {
        wipe(&mut self.inner, H::BLANK);
        wipe(&mut self.outer, H::BLANK);
    }
}

/// A scheduled HMAC key of either hash.
pub(crate) enum MacKey {
    Sha1(HmacKey<Sha1>),
    Sha256(HmacKey<Sha256>),
}

impl MacKey {
    /// Schedules `key`; `None` for a hash whose suite the primitives do not serve.
    pub(crate) fn new<P: Primitives>(p: &P, hash: MacHash, key: &[u8]) -> Option<Self> {
        match hash {
            MacHash::Sha1 => Some(Self::Sha1(HmacKey::new(p, key))),
            MacHash::Sha256 if P::SHA256_SUITE => Some(Self::Sha256(HmacKey::new(p, key))),
            MacHash::Sha256 => None,
        }
    }

    /// Derives an auth_key as long as the MAC and schedules it; `prf` fills its buffer with the key.
    pub(crate) fn derive<P: Primitives>(
        p: &P, hash: MacHash, prf: &DeriveKey<'_>,
    ) -> Result<Self, KeyUnavailable> {
        let mut auth = Secret::<MAX_TAG_LEN>::zeroed();
        let key = auth.expose_mut().get_mut(..hash.len()).unwrap_or_default();
        prf(PskLabel::Auth, key)?;
        Self::new(p, hash, key).ok_or(KeyUnavailable)
    }

    pub(crate) const fn hash(&self) -> MacHash {
        match self {
            Self::Sha1(_) => MacHash::Sha1,
            Self::Sha256(_) => MacHash::Sha256,
        }
    }

    pub(crate) fn mac<P: Primitives>(&self, p: &P, parts: &[&[u8]], out: &mut [u8; MAX_DIGEST_LEN]) {
        match self {
            Self::Sha1(key) => key.mac(p, parts, out),
            Self::Sha256(key) if P::SHA256_SUITE => key.mac(p, parts, out),
            // Other primitives made it.
            Self::Sha256(_) => {}
        }
    }

    pub(crate) fn tag<P: Primitives>(&self, p: &P, parts: &[&[u8]]) -> Tag {
        let mut octets = Secret::zeroed();
        self.mac(p, parts, octets.expose_mut());
        Tag { octets, hash: self.hash() }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::crypto::RustCrypto;
    use hmac::{Hmac, KeyInit, Mac};
    use std::vec::Vec;

    #[test]
    fn keys_and_messages_of_any_length_give_what_the_hmac_crate_gives() {
        let octets: Vec<u8> = (0..255u8).map(|i| i.wrapping_mul(7)).collect();
        for key_len in [0, 1, 16, 20, 31, 32, 33, 63, 64, 65, 100, 200] {
            for len in [0, 1, 25, 45, 54, 55, 56, 64, 65, 119, 120, 200] {
                let (key, text) = (&octets[..key_len], &octets[..len]);
                let mut peer = Hmac::<sha1::Sha1>::new_from_slice(key).unwrap();
                peer.update(text);
                let tag = MacKey::new(&RustCrypto, MacHash::Sha1, key).unwrap().tag(&RustCrypto, &[text]);
                assert_eq!(tag.as_octets(), &peer.finalize().into_bytes()[..]);
                let mut peer = Hmac::<sha2::Sha256>::new_from_slice(key).unwrap();
                peer.update(text);
                let tag = MacKey::new(&RustCrypto, MacHash::Sha256, key).unwrap().tag(&RustCrypto, &[text]);
                assert!(tag.verify(&peer.finalize().into_bytes()));
            }
        }
    }

    #[test]
    fn a_tag_refuses_a_shorter_a_longer_and_another_one() {
        let tag = MacKey::new(&RustCrypto, MacHash::Sha1, b"key").unwrap().tag(&RustCrypto, &[b"text"]);
        let mut sent = tag.as_octets().to_vec();
        assert!(tag.verify(&sent));
        assert!(!tag.verify(&sent[..19]));
        sent[19] ^= 1;
        assert!(!tag.verify(&sent));
        sent.push(0);
        assert!(!tag.verify(&sent));
    }
}
