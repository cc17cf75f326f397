//! ECCSI of wolfSSL and of castkey: keys of either KMS, signatures of either signer, in both directions.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod common;

use castkey::sakke::eccsi::hazmat::{self, WordSize};
use castkey::sakke::eccsi::{
    Device, EccsiSign, EccsiVerify, Kpak, KpakTable, Ksak, Profile, Pvt, Server, SigningKey, Ssk,
};
use castkey::secret::Secret;
use castkey_peers_wolfssl::{Peer, Refused};
use common::{
    IDENTITIES, MASTERS, flipped, identity, neighbour, octets, peer, rng, some_octets, unhex, vectors,
};
use rand::RngExt as _;
use rand::rngs::StdRng;

const SIZES: [WordSize; 2] = [WordSize::Bits32, WordSize::Bits64];

/// A master secret that both ends hold.
struct Master {
    ksak: Ksak<Server>,
    kpak: [u8; 65],
}

/// Half of them are drawn by us, half by wolfSSL.
fn masters(peer: &mut Peer, rng: &mut StdRng) -> Vec<Master> {
    let mut made = Vec::new();
    for number in 0..MASTERS {
        let ksak = if number % 2 == 0 {
            Ksak::generate(rng).unwrap()
        } else {
            let [ksak, kpak] = peer.ask("eccsi_master", &[]).unwrap();
            let ksak = Ksak::from_octets(Secret::new(ksak.try_into().unwrap())).unwrap();
            assert_eq!(ksak.kpak().octets().as_slice(), kpak);
            ksak
        };
        made.push(Master { kpak: *ksak.kpak().octets(), ksak });
    }
    made
}

/// SSK and PVT of one identity.
struct Pair {
    ssk: [u8; 32],
    pvt: [u8; 65],
}

/// One by us, in turn in each profile and word size; one by wolfSSL.
fn pairs(peer: &mut Peer, rng: &mut StdRng, master: &Master, id: &[u8], number: usize) -> [Pair; 2] {
    let v = Secret::new(octets(rng));
    let (ksak, kpak, size) = (master.ksak.octets(), master.ksak.kpak(), SIZES[number / 2 % 2]);
    let (ssk, pvt) = if number.is_multiple_of(2) {
        hazmat::extract::<Device>(size, ksak, kpak, id, &v).unwrap()
    } else {
        hazmat::extract::<Server>(size, ksak, kpak, id, &v).unwrap()
    };
    let ours = Pair { ssk: *ssk.octets().expose(), pvt: pvt.0 };
    let [ssk, pvt] = peer.ask("eccsi_extract", &[ksak.expose(), &master.kpak, id]).unwrap();
    [ours, Pair { ssk: ssk.try_into().unwrap(), pvt: pvt.try_into().unwrap() }]
}

fn valid_for_us(kpak: &[u8; 65], id: &[u8], ssk: &[u8; 32], pvt: &[u8; 65]) -> bool {
    let kpak = Kpak::from_octets(kpak).unwrap();
    let ssk = || Ssk::new(Secret::new(*ssk));
    let mut verdicts = vec![
        SigningKey::<Device>::validate(id, &kpak, ssk(), &Pvt(*pvt)).is_ok(),
        SigningKey::<Server>::validate(id, &kpak, ssk(), &Pvt(*pvt)).is_ok(),
    ];
    for size in SIZES {
        verdicts.push(hazmat::validate::<Device>(size, id, &kpak, &ssk(), &Pvt(*pvt)).is_ok());
        verdicts.push(hazmat::validate::<Server>(size, id, &kpak, &ssk(), &Pvt(*pvt)).is_ok());
    }
    assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{verdicts:?}");
    verdicts[0]
}

fn valid_for_peer(peer: &mut Peer, kpak: &[u8], id: &[u8], ssk: &[u8], pvt: &[u8]) -> Result<(), Refused> {
    peer.ask("eccsi_validate", &[kpak, id, ssk, pvt]).map(|[]| ())
}

fn sign<P: Profile>(rng: &mut StdRng, kpak: &[u8; 65], id: &[u8], pair: &Pair, message: &[u8]) -> [u8; 129] {
    let (kpak, ssk) = (Kpak::from_octets(kpak).unwrap(), Ssk::new(Secret::new(pair.ssk)));
    let key = SigningKey::<P>::validate(id, &kpak, ssk, &Pvt(pair.pvt)).unwrap();
    let mut signature = [0; 129];
    key.sign(message, rng, &mut signature).unwrap();
    signature
}

fn sign_in_words<P: Profile>(
    rng: &mut StdRng, size: WordSize, kpak: &[u8; 65], id: &[u8], pair: &Pair, message: &[u8],
) -> [u8; 129] {
    let kpak = Kpak::from_octets(kpak).unwrap();
    let (ssk, pvt) = (Ssk::new(Secret::new(pair.ssk)), Pvt(pair.pvt));
    let hs = hazmat::hs(&kpak, id, &pvt);
    hazmat::sign_hedged::<P>(size, &ssk, &pvt, &hs, message, &Secret::new(octets(rng))).unwrap()
}

fn verified_by_us(kpak: &[u8; 65], id: &[u8], message: &[u8], signature: &[u8; 129]) -> bool {
    let kpak = Kpak::from_octets(kpak).unwrap();
    let verified = |verdict: Result<(), _>| verdict.is_ok();
    let mut verdicts = vec![
        verified(KpakTable::<Device>::new().prepare(&kpak).unwrap().verify(id, message, signature)),
        verified(KpakTable::<Server>::new().prepare(&kpak).unwrap().verify(id, message, signature)),
    ];
    for size in SIZES {
        verdicts.push(verified(hazmat::verify::<Device>(size, &kpak, id, message, signature)));
        verdicts.push(verified(hazmat::verify::<Server>(size, &kpak, id, message, signature)));
    }
    assert!(verdicts.iter().all(|verdict| *verdict == verdicts[0]), "{verdicts:?}");
    verdicts[0]
}

fn verified_by_peer(
    peer: &mut Peer, kpak: &[u8], id: &[u8], message: &[u8], signature: &[u8],
) -> Result<(), Refused> {
    peer.ask("eccsi_verify", &[kpak, id, message, signature]).map(|[]| ())
}

#[test]
fn keys_of_either_kms_are_valid_at_both_ends_and_for_their_identity_only() {
    let Some(mut peer) = peer() else { return };
    let mut rng = rng("ECCSI keys");
    let masters = masters(&mut peer, &mut rng);
    for number in 0..IDENTITIES {
        let (master, other) = (&masters[number % MASTERS], &masters[(number + 1) % MASTERS]);
        let id = identity(&mut rng, number);
        for Pair { ssk, pvt } in pairs(&mut peer, &mut rng, master, &id, number) {
            let context =
                || format!("{number} {} {} {}", hex::encode(&id), hex::encode(ssk), hex::encode(pvt));
            assert!(valid_for_us(&master.kpak, &id, &ssk, &pvt), "{}", context());
            assert_eq!(valid_for_peer(&mut peer, &master.kpak, &id, &ssk, &pvt), Ok(()), "{}", context());

            let stranger = neighbour(&mut rng, &id);
            let changed_ssk = flipped(&mut rng, &ssk, 0..32).try_into().unwrap();
            let changed_pvt = flipped(&mut rng, &pvt, 0..65).try_into().unwrap();
            for (kpak, id, ssk, pvt) in [
                (&other.kpak, &id, &ssk, &pvt),
                (&master.kpak, &stranger, &ssk, &pvt),
                (&master.kpak, &id, &changed_ssk, &pvt),
                (&master.kpak, &id, &ssk, &changed_pvt),
            ] {
                assert!(!valid_for_us(kpak, id, ssk, pvt), "{}", context());
                assert!(valid_for_peer(&mut peer, kpak, id, ssk, pvt).is_err(), "{}", context());
            }
        }
    }
}

#[test]
fn a_signature_of_either_end_verifies_at_the_other_and_no_changed_one_does() {
    let Some(mut peer) = peer() else { return };
    let mut rng = rng("ECCSI signatures");
    let masters = masters(&mut peer, &mut rng);
    for number in 0..IDENTITIES {
        let (master, other) = (&masters[number % MASTERS], &masters[(number + 1) % MASTERS]);
        let (id, message) = (identity(&mut rng, number), some_octets(&mut rng, 1..=700));
        // The key comes from either KMS in turn.
        let pair = pairs(&mut peer, &mut rng, master, &id, number).into_iter().nth(number % 2).unwrap();
        let [theirs] = peer.ask("eccsi_sign", &[&master.kpak, &id, &pair.ssk, &pair.pvt, &message]).unwrap();
        let signatures = [
            theirs.try_into().unwrap(),
            sign::<Device>(&mut rng, &master.kpak, &id, &pair, &message),
            sign::<Server>(&mut rng, &master.kpak, &id, &pair, &message),
            sign_in_words::<Device>(&mut rng, WordSize::Bits32, &master.kpak, &id, &pair, &message),
            sign_in_words::<Server>(&mut rng, WordSize::Bits32, &master.kpak, &id, &pair, &message),
        ];
        for (signer, signature) in signatures.iter().enumerate() {
            let context = || {
                let [id, message, signature] = [&id, &message, &signature.to_vec()].map(hex::encode);
                format!("{number} signer {signer} {id} {message} {signature}")
            };
            assert!(verified_by_us(&master.kpak, &id, &message, signature), "{}", context());
            let verdict = verified_by_peer(&mut peer, &master.kpak, &id, &message, signature);
            assert_eq!(verdict, Ok(()), "{}", context());
        }

        let signature = &signatures[number % signatures.len()];
        let stranger = neighbour(&mut rng, &id);
        let reworded = flipped(&mut rng, &message, 0..message.len());
        let mut cut = message.clone();
        cut.pop();
        let mut refused = vec![
            (&other.kpak, &id, &message, *signature),
            (&master.kpak, &stranger, &message, *signature),
            (&master.kpak, &id, &reworded, *signature),
            (&master.kpak, &id, &cut, *signature),
        ];
        // r, s, and the octet before PVT, its x and y.
        for within in [0..32, 32..64, 64..65, 65..97, 97..129] {
            let changed = flipped(&mut rng, signature, within).try_into().unwrap();
            refused.push((&master.kpak, &id, &message, changed));
        }
        for (case, (kpak, id, message, signature)) in refused.into_iter().enumerate() {
            let context = format!("{number} case {case} {}", hex::encode(signature));
            assert!(!verified_by_us(kpak, id, message, &signature), "{context}");
            assert!(verified_by_peer(&mut peer, kpak, id, message, &signature).is_err(), "{context}");
        }
    }
}

#[test]
fn both_ends_judge_the_published_cases_alike() {
    let Some(mut peer) = peer() else { return };
    let v = vectors(include_str!("../../tests/vectors/eccsi-rfc6507.json"));
    let (mut accepted, mut refused) = (0, 0);
    for case in v["cases"].as_array().unwrap() {
        let [kpak, id, message, signature] =
            ["kpak", "id", "message", "signature"].map(|field| unhex(&case[field]));
        let good = case["expect"] == "accept";
        let theirs = verified_by_peer(&mut peer, &kpak, &id, &message, &signature);
        assert_eq!(theirs.is_ok(), good, "{}: {theirs:?}", case["name"]);
        // Of another length it is no signature for us, by its type.
        if let Ok(signature) = signature.as_slice().try_into() {
            let kpak = kpak.try_into().unwrap();
            assert_eq!(verified_by_us(&kpak, &id, &message, signature), good, "{}", case["name"]);
        }
        if good { accepted += 1 } else { refused += 1 }
    }
    assert!(accepted > 0 && refused > 10, "{accepted} {refused}");
    let [ksak, kpak, id, ssk, pvt] = ["KSAK", "KPAK", "ID", "SSK", "PVT"].map(|field| unhex(&v[field]));
    assert_eq!(valid_for_peer(&mut peer, &kpak, &id, &ssk, &pvt), Ok(()));
    let ours = Ksak::<Device>::from_octets(Secret::new(ksak.try_into().unwrap())).unwrap();
    assert_eq!(ours.kpak().octets().as_slice(), kpak);
}

#[test]
fn both_ends_refuse_points_that_are_none() {
    let Some(mut peer) = peer() else { return };
    let mut rng = rng("ECCSI points");
    let Master { kpak, .. } = masters(&mut peer, &mut rng).remove(0);
    assert_eq!(peer.ask("eccsi_point", &[&kpak]), Ok([]));
    for _ in 0..IDENTITIES {
        let off = flipped(&mut rng, &kpak, 1..65);
        // The other coordinate of such a point comes with it only by chance.
        assert!(Kpak::from_octets(&off.clone().try_into().unwrap()).is_err());
        assert!(peer.ask::<0>("eccsi_point", &[&off]).is_err(), "{}", hex::encode(off));
        let tag = [0, 1, 2, 3, 5, 6, 7, 0xFF][rng.random_range(0..8)];
        let other = [&[tag][..], &kpak[1..]].concat();
        assert!(Kpak::from_octets(&other.clone().try_into().unwrap()).is_err());
        assert!(peer.ask::<0>("eccsi_point", &[&other]).is_err(), "{}", hex::encode(other));
    }
}
