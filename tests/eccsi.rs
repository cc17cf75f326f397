//! ECCSI from key to verified signature: what is refused, when the generator fails, what a nonce depends on.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use std::collections::{BTreeSet, VecDeque};

use castkey::sakke::eccsi::hazmat::{self, WordSize};
use castkey::sakke::eccsi::{
    Device, EccsiError, EccsiSign, EccsiVerify, Kpak, KpakTable, Ksak, Profile, Pvt, Server, SigningKey, Ssk,
};
use castkey::secret::Secret;
use p256::elliptic_curve::PrimeField;
use p256::elliptic_curve::ops::Reduce;
use proptest::prelude::*;
use rand::SeedableRng;
use rand::rngs::StdRng;

#[path = "eccsi/keys.rs"]
mod keys;
#[path = "eccsi/randomness.rs"]
mod randomness;

const SIZES: [WordSize; 2] = [WordSize::Bits32, WordSize::Bits64];
const ID: &[u8] = b"2011-02\0tel:+447700900123\0";
const OTHER_ID: &[u8] = b"2011-02\0tel:+447700900124\0";

/// q, the order of G, and p.
const Q: &str = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
const P: &str = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";

fn octets(text: &str) -> [u8; 32] {
    hex::decode(text).unwrap().try_into().unwrap()
}

/// A number a little above or below another one, by its last octet.
fn shifted(text: &str, by: i16) -> [u8; 32] {
    let mut out = octets(text);
    out[31] = u8::try_from(i16::from(out[31]) + by).unwrap();
    out
}

fn small(value: u8) -> [u8; 32] {
    let mut out = [0; 32];
    out[31] = value;
    out
}

/// Gives these draws, one after the other, and then fails. Counts the draws that it was asked for.
struct Script {
    draws: VecDeque<[u8; 32]>,
    asked: usize,
}

impl Script {
    fn new(draws: impl IntoIterator<Item = [u8; 32]>) -> Self {
        Self { draws: draws.into_iter().collect(), asked: 0 }
    }
}

impl rand_core::TryRng for Script {
    type Error = core::fmt::Error;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Err(core::fmt::Error)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Err(core::fmt::Error)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        self.asked += 1;
        // A generator that fails half-way has written something already.
        out.fill(0xEE);
        out.copy_from_slice(&self.draws.pop_front().ok_or(core::fmt::Error)?);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Script {}

fn rng() -> StdRng {
    StdRng::seed_from_u64(0x0005_EED0)
}

fn kms(seed: u8) -> Ksak<Server> {
    Ksak::from_octets(Secret::new([seed; 32])).unwrap()
}

fn key<P: Profile>(kms: &Ksak<Server>, id: &[u8], v: u8) -> SigningKey<P> {
    let (ssk, pvt) = kms.extract(id, &mut Script::new([[v; 32]])).unwrap();
    SigningKey::validate(id, kms.kpak(), ssk, &pvt).unwrap()
}

fn sign(key: &impl EccsiSign, message: &[u8], random: u8) -> [u8; 129] {
    let mut signature = [0; 129];
    key.sign(message, &mut Script::new([[random; 32]]), &mut signature).unwrap();
    signature
}

fn verify<P: Profile>(
    kpak: &Kpak, id: &[u8], message: &[u8], signature: &[u8; 129],
) -> Result<(), EccsiError> {
    KpakTable::<P>::new().prepare(kpak).unwrap().verify(id, message, signature)
}

/// Covers: MCX-T-11, R-MCX-28
#[test]
fn what_one_profile_signs_the_other_one_verifies() {
    let kms = kms(0x21);
    let (device, server) = (key::<Device>(&kms, ID, 1), key::<Server>(&kms, ID, 1));
    for length in [0, 1, 55, 56, 64, 565, 4000] {
        let message = vec![0x3C; length];
        for signature in [sign(&device, &message, 5), sign(&server, &message, 6)] {
            assert_eq!(verify::<Device>(kms.kpak(), ID, &message, &signature), Ok(()));
            assert_eq!(verify::<Server>(kms.kpak(), ID, &message, &signature), Ok(()));
        }
    }
}

/// Covers: R-MCX-20, R-MCX-24
#[test]
fn no_signature_survives_a_flipped_bit() {
    let kms = kms(0x22);
    let signature = sign(&key::<Server>(&kms, ID, 1), b"message", 5);
    let mut table = KpakTable::<Server>::new();
    let verifier = table.prepare(kms.kpak()).unwrap();
    assert_eq!(verifier.verify(ID, b"message", &signature), Ok(()));
    for bit in 0..129 * 8 {
        let mut flipped = signature;
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(verifier.verify(ID, b"message", &flipped), Err(EccsiError::SignatureInvalid), "bit {bit}");
    }
}

#[test]
fn a_signature_is_bound_to_message_identity_and_kms() {
    let (ours, theirs) = (kms(0x23), kms(0x24));
    let signature = sign(&key::<Device>(&ours, ID, 1), b"message", 5);
    let refused = Err(EccsiError::SignatureInvalid);
    assert_eq!(verify::<Device>(ours.kpak(), ID, b"message", &signature), Ok(()));
    assert_eq!(verify::<Device>(ours.kpak(), ID, b"messagf", &signature), refused);
    assert_eq!(verify::<Device>(ours.kpak(), ID, b"messag", &signature), refused);
    assert_eq!(verify::<Device>(ours.kpak(), OTHER_ID, b"message", &signature), refused);
    assert_eq!(verify::<Device>(ours.kpak(), b"", b"message", &signature), refused);
    assert_eq!(verify::<Device>(theirs.kpak(), ID, b"message", &signature), refused);
}

/// The PVT of another identity of the same KMS is a point like any other, but not the signer's.
#[test]
fn the_pvt_of_another_key_does_not_verify() {
    let kms = kms(0x25);
    let mut signature = sign(&key::<Device>(&kms, ID, 1), b"message", 5);
    signature[64..].copy_from_slice(&key::<Device>(&kms, OTHER_ID, 2).pvt().0);
    assert_eq!(verify::<Server>(kms.kpak(), ID, b"message", &signature), Err(EccsiError::SignatureInvalid));
}

/// Covers: MCX-T-12, R-MCX-20
#[test]
fn r_and_s_outside_their_ranges_are_refused_in_every_profile_and_word_size() {
    let kms = kms(0x26);
    let signature = sign(&key::<Device>(&kms, ID, 1), b"message", 5);
    let rs = [small(0), octets(P), shifted(P, -1), [0xFF; 32], octets(Q), small(1)];
    let ss = [small(0), octets(Q), shifted(Q, 1), shifted(Q, -1), [0xFF; 32], small(1)];
    let with = |r: &[u8], s: &[u8]| -> [u8; 129] { [r, s, &signature[64..]].concat().try_into().unwrap() };
    let bad: Vec<_> = rs
        .iter()
        .map(|r| with(r, &signature[32..64]))
        .chain(ss.iter().map(|s| with(&signature[..32], s)))
        .chain(rs.iter().flat_map(|r| ss.iter().map(|s| with(r, s))))
        .collect();
    for size in SIZES {
        assert_eq!(hazmat::verify::<Device>(size, kms.kpak(), ID, b"message", &signature), Ok(()));
        for bad in &bad {
            let refused = Err(EccsiError::SignatureInvalid);
            assert_eq!(hazmat::verify::<Device>(size, kms.kpak(), ID, b"message", bad), refused);
            assert_eq!(hazmat::verify::<Server>(size, kms.kpak(), ID, b"message", bad), refused);
        }
    }
}

/// Covers: MCX-T-13
#[test]
fn r_with_q_minus_s_verifies_too_so_signatures_do_not_identify_messages() {
    let kms = kms(0x28);
    let signature = sign(&key::<Server>(&kms, ID, 1), b"message", 5);
    let q = octets(Q);
    let mut twin = signature;
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(q[at]) - i16::from(signature[32 + at]) - borrow;
        borrow = i16::from(difference < 0);
        twin[32 + at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    assert_ne!(twin, signature);
    assert_eq!(verify::<Device>(kms.kpak(), ID, b"message", &twin), Ok(()));
    assert_eq!(verify::<Server>(kms.kpak(), ID, b"message", &twin), Ok(()));
}

#[test]
fn tables_keep_to_their_limits() {
    let kib = 1024;
    assert_eq!((Device::G_TABLE_LEN, Device::KPAK_TABLE_LEN), (4 * kib, kib));
    assert_eq!((Server::G_TABLE_LEN, Server::KPAK_TABLE_LEN), (32 * kib, 16 * kib));
    assert!(size_of::<KpakTable<Device>>() <= Device::KPAK_TABLE_LEN + 80);
    assert!(size_of::<KpakTable<Server>>() <= Server::KPAK_TABLE_LEN + 80);
}

#[test]
fn error_numbers_and_names_are_fixed() {
    let all = [
        (EccsiError::KpakInvalid, 288, "KpakInvalid"),
        (EccsiError::KsakInvalid, 289, "KsakInvalid"),
        (EccsiError::PvtInvalid, 290, "PvtInvalid"),
        (EccsiError::SskInvalid, 291, "SskInvalid"),
        (EccsiError::RngFailed, 292, "RngFailed"),
        (EccsiError::SignatureInvalid, 293, "SignatureInvalid"),
        (EccsiError::KeyUnavailable, 294, "KeyUnavailable"),
        (EccsiError::NotPrepared, 295, "NotPrepared"),
    ];
    for (error, code, name) in all {
        assert_eq!((error.code(), error.name()), (code, name));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Covers: MCX-T-9, MCX-T-10, MCX-T-11
    #[test]
    fn any_key_signs_any_message_the_same_in_both_word_sizes_and_profiles(
        ksak in any::<[u8; 32]>(), v in any::<[u8; 32]>(), random in any::<[u8; 32]>(),
        id in prop::collection::vec(any::<u8>(), 0..80), message in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        let (ksak, v) = (Secret::new(ksak), Secret::new(v));
        let Some(kpak) = hazmat::times_g::<Server>(WordSize::Bits64, &ksak) else { return Ok(()) };
        prop_assert_eq!(hazmat::times_g::<Device>(WordSize::Bits32, &ksak).unwrap(), kpak);
        let kpak = Kpak::from_octets(&kpak).unwrap();
        let Some((ssk, pvt)) = hazmat::extract::<Server>(WordSize::Bits64, &ksak, &kpak, &id, &v) else { return Ok(()) };
        let (again, same) = hazmat::extract::<Device>(WordSize::Bits32, &ksak, &kpak, &id, &v).unwrap();
        prop_assert_eq!((again.octets().expose(), same), (ssk.octets().expose(), pvt));
        let hs = hazmat::validate::<Server>(WordSize::Bits64, &id, &kpak, &ssk, &pvt).unwrap();
        prop_assert_eq!(hazmat::validate::<Device>(WordSize::Bits32, &id, &kpak, &ssk, &pvt).unwrap(), hs);
        let random = Secret::new(random);
        let signature =
            hazmat::sign_hedged::<Server>(WordSize::Bits64, &ssk, &pvt, &hs, &message, &random).unwrap();
        let again = hazmat::sign_hedged::<Device>(WordSize::Bits32, &ssk, &pvt, &hs, &message, &random).unwrap();
        prop_assert_eq!(signature, again);
        for size in SIZES {
            prop_assert_eq!(hazmat::verify::<Server>(size, &kpak, &id, &message, &signature), Ok(()));
            prop_assert_eq!(hazmat::verify::<Device>(size, &kpak, &id, &message, &signature), Ok(()));
        }
    }

    /// Covers: R-MCX-24
    #[test]
    fn arbitrary_octets_are_never_a_signature(octets in prop::collection::vec(any::<u8>(), 129), point in any::<bool>()) {
        let kms = kms(0x36);
        let mut signature: [u8; 129] = octets.try_into().unwrap();
        if point {
            signature[64..].copy_from_slice(kms.kpak().octets());
        }
        for size in SIZES {
            let refused = hazmat::verify::<Device>(size, kms.kpak(), ID, b"m", &signature);
            prop_assert_eq!(refused, Err(EccsiError::SignatureInvalid));
        }
    }
}
