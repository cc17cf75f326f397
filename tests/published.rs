//! Published vectors of the primitives, reached through the public API.
//!
//! HMAC and AES-CM have no function of their own. [`ProtectionKeys::derive`] is the way in: it exists for secure
//! elements that derive keys themselves, and takes any auth_key, encr_key and salt_key.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "tests")]

mod common;

use castkey::crypto::{PskLabel, RustCrypto};
use castkey::id::CsbId;
use castkey::keys::{Algorithms, MessageKeys, Mtk, MtkSalt, Protection, ProtectionKeys, SrtpKeys};
use castkey::secret::Secret;
use common::Example;
use sha1::Digest;

/// The protection keys with these octets at the front of the key that each label names, and zeros behind them.
fn keys(algorithms: Algorithms, encr: &[u8], salt: &[u8], auth: &[u8]) -> ProtectionKeys<RustCrypto> {
    let protection = Protection { algorithms, csb: CsbId(0), rand: &[] };
    ProtectionKeys::derive(RustCrypto, &protection, |label, out| {
        let key = match label {
            PskLabel::Encr => encr,
            PskLabel::Salt => salt,
            PskLabel::Auth => auth,
            other => panic!("{other:?}"),
        };
        out.fill(0);
        out[..key.len()].copy_from_slice(key);
        Ok(())
    })
    .unwrap()
}

/// Runs the cases of a file of HMAC vectors, and answers those whose key no auth_key can hold.
///
/// HMAC pads a key with zeros and hashes one that is longer than a block, so any key that is shorter than the auth_key
/// or longer than 64 octets can be given as an auth_key.
fn run(file: &str, algorithms: Algorithms, hash: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u64> {
    let file = Example(serde_json::from_str(file).unwrap());
    let mut unreachable = Vec::new();
    for case in file.list("cases") {
        let (number, key, data, mac) =
            (case.number("case"), case.hex("key"), case.hex("data"), case.hex("mac"));
        let auth = if key.len() > 64 { hash(&key) } else { key };
        if auth.len() > algorithms.mac.len() {
            unreachable.push(number);
            continue;
        }
        let keys = keys(algorithms, &[], &[], &auth);
        let tag = keys.tag(&[&data]).unwrap();
        // A case with truncated output fixes the front of the tag only.
        assert_eq!(hex::encode(&tag.as_octets()[..mac.len()]), hex::encode(&mac), "case {number}");
        assert_eq!(tag.verify(&mac), mac.len() == tag.as_octets().len(), "case {number}");
        for at in 0..data.len() {
            let (front, back) = data.split_at(at);
            assert_eq!(
                keys.tag(&[front, back]).unwrap().as_octets(),
                tag.as_octets(),
                "case {number} cut at {at}"
            );
        }
    }
    unreachable
}

#[test]
fn hmac_sha256_gives_the_tags_of_rfc_4231() {
    let unreachable = run(include_str!("vectors/hmac-sha256-rfc4231.json"), Algorithms::SHA256, |key| {
        sha2::Sha256::digest(key).to_vec()
    });
    assert!(unreachable.is_empty(), "{unreachable:?}");
}

#[test]
fn hmac_sha1_gives_the_tags_of_rfc_2202() {
    let unreachable = run(include_str!("vectors/hmac-sha1-rfc2202.json"), Algorithms::SHA1, |key| {
        sha1::Sha1::digest(key).to_vec()
    });
    // Case 4 has a key of 25 octets; the auth_key of HMAC-SHA-1 has 20 (RFC 3830 §4.2.4).
    assert_eq!(unreachable, [4]);
}

#[test]
fn aes_counter_mode_gives_the_key_stream_of_rfc_3711_b2() {
    let file = Example(serde_json::from_str(include_str!("vectors/srtp-rfc3711.json")).unwrap());
    let key = file.hex("aes_cm/key");
    let blocks = file.list("aes_cm/blocks");
    let start: [u8; 16] = blocks[0].array("counter");
    // With CSB ID 0 and T 0 the salt_key is the start value without the two octets that count blocks.
    let keys = keys(Algorithms::SHA1, &key, &start[..14], &[]);
    let mut stream = vec![0; 0x1_0000 * 16];
    keys.crypt(0, &mut stream).unwrap();
    assert_eq!(blocks.len(), 6);
    for block in blocks {
        let counter: [u8; 16] = block.array("counter");
        let at = usize::from(u16::from_be_bytes([counter[14], counter[15]])) * 16;
        assert_eq!(hex::encode(&stream[at..at + 16]), block.text("key_stream"));
    }
}

#[test]
fn srtp_keys_are_those_of_rfc_3711_b3() {
    let file = Example(serde_json::from_str(include_str!("vectors/srtp-rfc3711.json")).unwrap());
    let e = file.part("key_derivation");
    let mtk = Mtk::new(Secret::new(e.array("master_key")));
    let salt = MtkSalt::new(Secret::new(e.array("master_salt")));
    let keys = SrtpKeys::derive(&mtk, Some(&salt));
    assert_eq!(hex::encode(keys.rtp_encr.expose()), e.text("cipher_key"));
    assert_eq!(hex::encode(keys.rtp_salt.expose()), e.text("cipher_salt"));
    // The appendix derives 94 octets; HMAC-SHA-1 takes the first 20.
    assert_eq!(hex::encode(keys.rtp_auth.expose()), e.text("auth_key")[..40]);
}
