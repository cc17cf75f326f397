//! HMAC-SHA-1 in two ways.

use openssl::error::ErrorStack;
use openssl::hash::{Hasher, MessageDigest};
use openssl::pkey::PKey;
use openssl::sign::Signer;

/// HMAC-SHA-1 under one key.
pub trait KeyedHmac: Sized {
    /// Takes the key.
    ///
    /// # Errors
    ///
    /// What OpenSSL reports.
    fn new(key: &[u8]) -> Result<Self, ErrorStack>;

    /// The MAC over the concatenation of `parts`.
    ///
    /// # Errors
    ///
    /// What OpenSSL reports.
    fn mac(&mut self, parts: &[&[u8]]) -> Result<[u8; 20], ErrorStack>;
}

/// A key object and a signing context for each MAC.
#[derive(Debug)]
pub struct OneShot(Vec<u8>);

impl KeyedHmac for OneShot {
    fn new(key: &[u8]) -> Result<Self, ErrorStack> {
        Ok(Self(key.to_vec()))
    }

    fn mac(&mut self, parts: &[&[u8]]) -> Result<[u8; 20], ErrorStack> {
        let key = PKey::hmac(&self.0)?;
        let mut signer = Signer::new(MessageDigest::sha1(), &key)?;
        for part in parts {
            signer.update(part)?;
        }
        let mut out = [0; 20];
        signer.sign(&mut out)?;
        Ok(out)
    }
}

/// Both keyed states of HMAC (RFC 2104), copied for each MAC: OpenSSL's own digests, with the key hashed once.
pub struct Kept {
    inner: Hasher,
    outer: Hasher,
}

impl core::fmt::Debug for Kept {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Kept(..)")
    }
}

impl KeyedHmac for Kept {
    /// `key` has at most 64 octets: MUK and auth_key have 32 and 20.
    fn new(key: &[u8]) -> Result<Self, ErrorStack> {
        let keyed = |pad: u8| {
            let mut block = [pad; 64];
            for (to, from) in block.iter_mut().zip(key) {
                *to ^= from;
            }
            let mut hasher = Hasher::new(MessageDigest::sha1())?;
            hasher.update(&block)?;
            Ok::<_, ErrorStack>(hasher)
        };
        Ok(Self { inner: keyed(0x36)?, outer: keyed(0x5C)? })
    }

    fn mac(&mut self, parts: &[&[u8]]) -> Result<[u8; 20], ErrorStack> {
        let mut inner = self.inner.clone();
        for part in parts {
            inner.update(part)?;
        }
        let mut outer = self.outer.clone();
        outer.update(&inner.finish()?)?;
        Ok(outer.finish()?.first_chunk().copied().unwrap_or_default())
    }
}
