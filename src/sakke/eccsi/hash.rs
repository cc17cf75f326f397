//! The three hashes: HS and HE of RFC 6507, and the one that nonces are drawn from.

use sha2::{Digest, Sha256};

use super::{POINT_LEN, SCALAR_LEN};
use crate::secret::Secret;

/// The base point as octets.
const G: [u8; POINT_LEN] = [
    0x04, //
    0x6b, 0x17, 0xd1, 0xf2, 0xe1, 0x2c, 0x42, 0x47, 0xf8, 0xbc, 0xe6, 0xe5, 0x63, 0xa4, 0x40, 0xf2, //
    0x77, 0x03, 0x7d, 0x81, 0x2d, 0xeb, 0x33, 0xa0, 0xf4, 0xa1, 0x39, 0x45, 0xd8, 0x98, 0xc2, 0x96, //
    0x4f, 0xe3, 0x42, 0xe2, 0xfe, 0x1a, 0x7f, 0x9b, 0x8e, 0xe7, 0xeb, 0x4a, 0x7c, 0x0f, 0x9e, 0x16, //
    0x2b, 0xce, 0x33, 0x57, 0x6b, 0x31, 0x5e, 0xce, 0xcb, 0xb6, 0x40, 0x68, 0x37, 0xbf, 0x51, 0xf5,
];

/// Keeps the nonces of this library apart from every other use of SHA-256 on the same octets.
const NONCE_LABEL: &[u8] = b"castkey ECCSI nonce";

fn sha256<const N: usize>(parts: [&[u8]; N]) -> [u8; SCALAR_LEN] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// HS, which binds a signer's PVT to the identity and the KMS (RFC 6507 §5.1.1).
pub(super) fn hs(kpak: &[u8; POINT_LEN], id: &[u8], pvt: &[u8; POINT_LEN]) -> [u8; SCALAR_LEN] {
    sha256([&G, kpak, id, pvt])
}

/// HE, which binds r to the message (RFC 6507 §5.2.1).
pub(super) fn he(hs: &[u8; SCALAR_LEN], r: &[u8; SCALAR_LEN], message: &[u8]) -> [u8; SCALAR_LEN] {
    sha256([hs, r, message])
}

/// A candidate for j.
///
/// ```text
/// SHA-256("castkey ECCSI nonce" | attempt (1) | random (32) | SSK (32) | HS (32) | message)
/// ```
///
/// A generator that repeats itself, or is known to somebody, still gives another j for each message that nobody without
/// SSK can tell; and nobody who can predict the message only can influence j.
pub(super) fn nonce(
    attempt: u8, random: &Secret<SCALAR_LEN>, ssk: &Secret<SCALAR_LEN>, hs: &[u8; SCALAR_LEN], message: &[u8],
) -> Secret<SCALAR_LEN> {
    Secret::new(sha256([NONCE_LABEL, &[attempt], random.expose(), ssk.expose(), hs, message]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every part stands at a fixed place before the message, so that no two sets of parts are the same octets.
    #[test]
    fn a_nonce_is_the_hash_of_label_attempt_random_octets_key_and_message() {
        let (random, ssk, hs) = ([1; 32], [2; 32], [3; 32]);
        for attempt in [0, 1, 255] {
            let mut hash = Sha256::new();
            hash.update(b"castkey ECCSI nonce");
            hash.update([attempt]);
            for part in [random, ssk, hs] {
                hash.update(part);
            }
            hash.update(b"message");
            let expected: [u8; 32] = hash.finalize().into();
            let found = nonce(attempt, &Secret::new(random), &Secret::new(ssk), &hs, b"message");
            assert_eq!(*found.expose(), expected);
        }
    }
}
