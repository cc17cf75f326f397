//! What HTTP Digest computes (RFC 7616 §3.4): its two hashes fed in pieces, the hashed password, the response.
//!
//! ```text
//! HA1      = H(username ":" realm ":" password)                  secret
//! response = H(hex HA1 ":" rest)                                 secret until it is sent
//! nonce    = octets || HMAC-SHA-256(key of the server, octets)   first 16 octets of the MAC
//! ```

use core::fmt;

use rand_core::TryCryptoRng;
use subtle::ConstantTimeEq;

use super::hash::{BLOCK_LEN, Hash, Sha256, put};
use super::mac::HmacKey;
use super::password::{hex_digits, hex_text};
use super::primitives::{Primitives, RustCrypto};
use super::rng::fill;
use crate::error::RngError;
use crate::secret::{Secret, wipe};

/// Longest output, octets.
const MAX_LEN: usize = 32;

/// Octets of a block that are not for the length.
const LENGTH_AT: usize = BLOCK_LEN - 8;

/// Octets of the MAC in a nonce.
pub(crate) const NONCE_MAC_LEN: usize = 16;

/// A hash of HTTP Digest that this library computes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// `MD5`, 16 octets: what TS 33.246 was written with, and what a challenge without `algorithm` means.
    #[default]
    Md5,
    /// `SHA-256`, 32 octets (RFC 7616 §3.7).
    Sha256,
}

impl DigestAlgorithm {
    /// Output length, octets; the text has twice as many digits.
    #[must_use]
    pub const fn len(self) -> usize {
        match self {
            Self::Md5 => 16,
            Self::Sha256 => 32,
        }
    }

    /// Never: every hash has output. There for the sake of [`len`](Self::len).
    #[must_use]
    pub const fn is_empty(self) -> bool {
        false
    }

    /// The value of the parameter `algorithm`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }
}

/// The chaining value.
#[derive(Clone, Copy)]
enum State {
    Md5([u32; 4]),
    Sha256([u32; 8]),
}

impl State {
    const BLANK: Self = Self::Sha256([0; 8]);

    fn compress(&mut self, blocks: &[[u8; BLOCK_LEN]]) {
        match self {
            Self::Md5(state) => md5::block_api::compress(state, blocks),
            Self::Sha256(state) => RustCrypto.sha256(state, blocks),
        }
    }

    fn output(&self, out: &mut [u8; MAX_LEN]) {
        match self {
            Self::Md5(state) => {
                for (to, from) in out.as_chunks_mut::<4>().0.iter_mut().zip(state) {
                    *to = from.to_le_bytes();
                }
            }
            Self::Sha256(state) => Sha256::output(state, out),
        }
    }
}

/// A hash that takes its input in pieces, wiped on drop: it may have seen the password.
pub(crate) struct Hasher {
    algorithm: DigestAlgorithm,
    state: State,
    block: [u8; BLOCK_LEN],
    fill: usize,
    len: u64,
}

impl Hasher {
    pub(crate) const fn new(algorithm: DigestAlgorithm) -> Self {
        let state = match algorithm {
            DigestAlgorithm::Md5 => State::Md5([0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]),
            DigestAlgorithm::Sha256 => State::Sha256(Sha256::INITIAL),
        };
        Self { algorithm, state, block: [0; BLOCK_LEN], fill: 0, len: 0 }
    }

    pub(crate) fn update(&mut self, octets: &[u8]) {
        self.len = self.len.wrapping_add(octets.len() as u64);
        let mut rest = octets;
        if self.fill != 0 {
            let room = BLOCK_LEN.wrapping_sub(self.fill);
            let (head, tail) = rest.split_at_checked(room).unwrap_or((rest, &[]));
            put(&mut self.block, self.fill, head);
            self.fill = self.fill.wrapping_add(head.len());
            if self.fill < BLOCK_LEN {
                return;
            }
            self.state.compress(core::slice::from_ref(&self.block));
            rest = tail;
        }
        let (blocks, tail) = rest.as_chunks::<BLOCK_LEN>();
        if !blocks.is_empty() {
            self.state.compress(blocks);
        }
        put(&mut self.block, 0, tail);
        self.fill = tail.len();
    }

    /// [`update`](Self::update) with the lower-case hexadecimal text of a hash, which has 16 or 32 octets.
    fn update_hex(&mut self, hash: &[u8]) {
        for four in hash.as_chunks::<4>().0 {
            self.update(&hex_digits(*four));
        }
    }

    /// [`update`](Self::update) with the text of `hash`.
    pub(crate) fn update_hash(&mut self, hash: &BodyHash) {
        self.update_hex(hash.as_octets());
    }

    /// The output, in the first [`len`](DigestAlgorithm::len) octets.
    fn finish(mut self) -> Secret<MAX_LEN> {
        let bits = self.len.wrapping_mul(8);
        put(&mut self.block, self.fill, &[0x80]);
        if let Some(rest) = self.block.get_mut(self.fill.wrapping_add(1)..) {
            rest.fill(0);
        }
        if self.fill >= LENGTH_AT {
            self.state.compress(core::slice::from_ref(&self.block));
            self.block = [0; BLOCK_LEN];
        }
        let length = match self.algorithm {
            DigestAlgorithm::Md5 => bits.to_le_bytes(),
            DigestAlgorithm::Sha256 => bits.to_be_bytes(),
        };
        put(&mut self.block, LENGTH_AT, &length);
        self.state.compress(core::slice::from_ref(&self.block));
        let mut out = Secret::zeroed();
        self.state.output(out.expose_mut());
        out
    }

    /// The output of a hash over nothing secret.
    pub(crate) fn finish_public(self) -> BodyHash {
        let algorithm = self.algorithm;
        BodyHash { algorithm, octets: *self.finish().expose() }
    }
}

impl Drop for Hasher {
    fn drop(&mut self) {
        wipe(&mut self.state, State::BLANK);
        wipe(&mut self.block, [0; BLOCK_LEN]);
    }
}

/// Hashes an entity body as it comes, before any transfer coding is put on and after it is taken off (RFC 7616 §3.4.5).
pub struct BodyHasher(Hasher);

impl BodyHasher {
    /// Nothing hashed yet.
    #[must_use]
    pub const fn new(algorithm: DigestAlgorithm) -> Self {
        Self(Hasher::new(algorithm))
    }

    /// Takes the next piece of the body; how it is cut does not matter.
    pub fn update(&mut self, piece: &[u8]) {
        self.0.update(piece);
    }

    /// The hash of all pieces.
    #[must_use]
    pub fn finish(self) -> BodyHash {
        self.0.finish_public()
    }
}

impl fmt::Debug for BodyHasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BodyHasher({:?}, ..)", self.0.algorithm)
    }
}

/// H(entity-body), 16 or 32 octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BodyHash {
    algorithm: DigestAlgorithm,
    octets: [u8; MAX_LEN],
}

impl BodyHash {
    /// The hash of a body that lies there whole; that of no body with `b""`.
    #[must_use]
    pub fn of(algorithm: DigestAlgorithm, body: &[u8]) -> Self {
        let mut hasher = BodyHasher::new(algorithm);
        hasher.update(body);
        hasher.finish()
    }

    /// The hash that made it.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// The 16 or 32 octets.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        self.octets.get(..self.algorithm.len()).unwrap_or_default()
    }
}

/// HA1 = H(username ":" realm ":" password), 16 or 32 octets: as good as the password in this realm.
pub struct Ha1 {
    algorithm: DigestAlgorithm,
    octets: Secret<MAX_LEN>,
}

impl Ha1 {
    /// Takes over an HA1 that was computed elsewhere: 16 octets and zeros for MD5, 32 for SHA-256.
    #[must_use]
    pub const fn new(algorithm: DigestAlgorithm, octets: Secret<32>) -> Self {
        Self { algorithm, octets }
    }

    /// HA1 of a user (his B-TID, in TS 33.246), one realm and the octets of his password.
    #[must_use]
    pub fn compute(algorithm: DigestAlgorithm, username: &str, realm: &str, password: &[u8]) -> Self {
        let mut hasher = Hasher::new(algorithm);
        for piece in [username.as_bytes(), b":", realm.as_bytes(), b":", password] {
            hasher.update(piece);
        }
        Self { algorithm, octets: hasher.finish() }
    }

    /// The hash that made it.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }

    /// A hasher that has taken the text of HA1, for the rest of what a response covers.
    pub(crate) fn begin_response(&self) -> Hasher {
        let mut hasher = Hasher::new(self.algorithm);
        hasher.update_hex(self.octets.expose().get(..self.algorithm.len()).unwrap_or_default());
        hasher
    }
}

impl fmt::Debug for Ha1 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ha1({:?}, ..)", self.algorithm)
    }
}

/// A computed `response` or `rspauth`: secret until it is sent, because it lets a request be forged.
pub(crate) struct Response {
    algorithm: DigestAlgorithm,
    octets: Secret<MAX_LEN>,
}

impl Response {
    pub(crate) fn finish(hasher: Hasher) -> Self {
        let algorithm = hasher.algorithm;
        Self { algorithm, octets: hasher.finish() }
    }

    fn as_octets(&self) -> &[u8] {
        self.octets.expose().get(..self.algorithm.len()).unwrap_or_default()
    }

    /// Compares in constant time; octets of another length are wrong.
    pub(crate) fn verify(&self, received: &[u8]) -> bool {
        self.as_octets().ct_eq(received).into()
    }

    /// The digits to send.
    pub(crate) fn digits(&self) -> impl Iterator<Item = u8> {
        hex_text(self.as_octets())
    }
}

/// The key under which a server knows its own nonces again; no peer has it.
pub(crate) struct NonceKey(HmacKey<Sha256>);

impl NonceKey {
    /// A fresh key.
    pub(crate) fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RngError> {
        let key: Secret<32> = fill(rng)?;
        Ok(Self(HmacKey::new(&RustCrypto, key.expose())))
    }

    /// The MAC that goes out in a nonce over `octets`.
    pub(crate) fn mac(&self, octets: &[u8]) -> [u8; NONCE_MAC_LEN] {
        let mut out = Secret::<MAX_LEN>::zeroed();
        self.0.mac(&RustCrypto, &[octets], out.expose_mut());
        out.expose().first_chunk().copied().unwrap_or_default()
    }

    /// Compares in constant time.
    pub(crate) fn verify(&self, octets: &[u8], mac: &[u8; NONCE_MAC_LEN]) -> bool {
        self.mac(octets).ct_eq(mac).into()
    }
}

impl fmt::Debug for NonceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("NonceKey(..)")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use sha2::Digest;
    use std::vec::Vec;

    #[test]
    fn every_length_and_cut_hashes_as_the_whole_hash_does() {
        let octets: Vec<u8> = (0..200u8).collect();
        for len in 0..=octets.len() {
            let (md5, sha) = (md5::Md5::digest(&octets[..len]), sha2::Sha256::digest(&octets[..len]));
            for cut in [0, 1, len / 3, len / 2, len.saturating_sub(1), len] {
                for (algorithm, expected) in
                    [(DigestAlgorithm::Md5, &md5[..]), (DigestAlgorithm::Sha256, &sha[..])]
                {
                    let mut hasher = BodyHasher::new(algorithm);
                    hasher.update(octets.get(..cut.min(len)).unwrap());
                    hasher.update(octets.get(cut.min(len)..len).unwrap());
                    assert_eq!(hasher.finish().as_octets(), expected, "{algorithm:?} {len} {cut}");
                }
            }
        }
    }

    #[test]
    fn the_digits_of_a_response_are_its_hexadecimal_text() {
        let response = Response::finish(Hasher::new(DigestAlgorithm::Md5));
        let digits: Vec<u8> = response.digits().collect();
        assert_eq!(digits, b"d41d8cd98f00b204e9800998ecf8427e");
        assert!(response.verify(&hex::decode(&digits).unwrap()));
        assert!(!response.verify(&hex::decode(&digits[..30]).unwrap()));
        assert!(!response.verify(&[0; 32]));
    }
}
