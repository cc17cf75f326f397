//! SAKKE of wolfSSL and of castkey: receiver keys of either KMS, encapsulation and derivation in both directions, for both
//! profiles and both back-ends of ours.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

mod common;

use std::any::type_name;

use castkey::sakke::{
    Backend, Decapsulator, Device, Encapsulator, KmsMasterSecret, KmsPublicKey, Narrow32, POINT_LEN, Profile,
    ReceiverSecretKey, SED_LEN, SakkeDecapsulate, SakkeEncapsulate, SakkeError, Server, Ssv, Wide64,
};
use castkey::secret::Secret;
use castkey_peers_wolfssl::{Peer, Refused};
use common::{IDENTITIES, MASTERS, flipped, identity, neighbour, octets, peer, rng, unhex, vectors};
use rand::rngs::StdRng;

/// A master secret that both ends hold, and our four ends for it.
struct Master {
    z: [u8; 128],
    public: [u8; POINT_LEN],
    ends: Vec<Box<dyn End>>,
}

/// Half of them are drawn by us, half by wolfSSL.
fn masters(peer: &mut Peer, rng: &mut StdRng) -> Vec<Master> {
    let mut made = Vec::new();
    for number in 0..MASTERS {
        let (z, theirs) = if number % 2 == 0 {
            let z = *KmsMasterSecret::<Wide64>::generate(rng).unwrap().export().expose();
            let [public] = peer.ask("sakke_public", &[&z]).unwrap();
            (z, public)
        } else {
            let [z, public] = peer.ask("sakke_master", &[]).unwrap();
            (z.try_into().unwrap(), public)
        };
        let public = kms::<Wide64>(&z).public_key().export();
        assert_eq!(public, kms::<Narrow32>(&z).public_key().export());
        assert_eq!(public.as_slice(), theirs);
        made.push(Master { z, public, ends: ends(&public) });
    }
    made
}

fn kms<B: Backend>(z: &[u8; 128]) -> KmsMasterSecret<B> {
    KmsMasterSecret::import(&Secret::new(*z)).unwrap()
}

fn extract<B: Backend>(master: &Master, id: &[u8]) -> [u8; POINT_LEN] {
    *kms::<B>(&master.z).extract(id).unwrap().export().expose()
}

/// An end of ours for one KMS, as functions of octets.
trait End {
    fn name(&self) -> String;
    /// What validation says, without tables and with those of a receiver.
    fn valid(&self, id: &[u8], rsk: &[u8]) -> bool;
    fn encapsulate(&self, id: &[u8], ssv: &[u8; 16]) -> [u8; SED_LEN];
    /// What a receiver finds in each, prepared once.
    fn decapsulate(&self, id: &[u8], rsk: &[u8], seds: &[&[u8; SED_LEN]]) -> Vec<Option<[u8; 16]>>;
}

/// An end in one profile with one back-end.
struct Ours<P: Profile, B: Backend> {
    z: KmsPublicKey<B>,
    sender: Box<Encapsulator<P, B>>,
}

fn ends(z: &[u8]) -> Vec<Box<dyn End>> {
    fn end<P: Profile, B: Backend>(z: &[u8]) -> Box<dyn End> {
        let z = KmsPublicKey::<B>::import(z).unwrap();
        let mut sender = Box::new(Encapsulator::<P, B>::blank());
        sender.prepare(&z);
        Box::new(Ours { z, sender })
    }
    vec![
        end::<Device, Wide64>(z),
        end::<Device, Narrow32>(z),
        end::<Server, Wide64>(z),
        end::<Server, Narrow32>(z),
    ]
}

impl<P: Profile, B: Backend> Ours<P, B> {
    fn receiver(&self, id: &[u8], rsk: &ReceiverSecretKey<B>) -> Result<Box<Decapsulator<P, B>>, SakkeError> {
        let mut receiver = Box::new(Decapsulator::blank());
        receiver.prepare(&self.z, id, rsk)?;
        Ok(receiver)
    }
}

impl<P: Profile, B: Backend> End for Ours<P, B> {
    fn name(&self) -> String {
        format!("{} {}", type_name::<P>(), type_name::<B>())
    }

    fn valid(&self, id: &[u8], rsk: &[u8]) -> bool {
        let Ok(rsk) = ReceiverSecretKey::import(rsk) else { return false };
        let verdict = rsk.validate(&self.z, id).is_ok();
        assert_eq!(self.receiver(id, &rsk).is_ok(), verdict, "{}", self.name());
        verdict
    }

    fn encapsulate(&self, id: &[u8], ssv: &[u8; 16]) -> [u8; SED_LEN] {
        let mut sed = [0; SED_LEN];
        self.sender.encapsulate(&Ssv::new(Secret::new(*ssv)), id, &mut sed).unwrap();
        sed
    }

    fn decapsulate(&self, id: &[u8], rsk: &[u8], seds: &[&[u8; SED_LEN]]) -> Vec<Option<[u8; 16]>> {
        let receiver = self.receiver(id, &ReceiverSecretKey::import(rsk).unwrap()).unwrap();
        let found =
            |sed: &&[u8; SED_LEN]| receiver.decapsulate(sed, id).map(|ssv| *ssv.secret().expose()).ok();
        seds.iter().map(found).collect()
    }
}

/// Which of our ends has its tables made for an identity, and which bad input follows: each meets each.
struct Turn {
    end: usize,
    case: usize,
}

const fn turn(number: usize) -> Turn {
    Turn { end: number / MASTERS % 4, case: number / (MASTERS * 4) % 5 }
}

fn valid_without_tables<B: Backend>(master: &Master, id: &[u8], rsk: &[u8]) -> bool {
    let z = kms::<B>(&master.z).public_key();
    ReceiverSecretKey::<B>::import(rsk).unwrap().validate(&z, id).is_ok()
}

fn valid_for_peer(peer: &mut Peer, z: &[u8], id: &[u8], rsk: &[u8]) -> Result<(), Refused> {
    peer.ask("sakke_validate", &[z, id, rsk]).map(|[]| ())
}

fn derived_by_peer(peer: &mut Peer, z: &[u8], id: &[u8], rsk: &[u8], sed: &[u8]) -> Result<Vec<u8>, Refused> {
    peer.ask("sakke_decapsulate", &[z, id, rsk, sed]).map(|[ssv]| ssv)
}

#[test]
fn either_kms_gives_the_same_rsk_and_both_ends_take_it_for_its_identity_only() {
    let Some(mut peer) = peer() else { return };
    let mut rng = rng("SAKKE keys");
    let masters = masters(&mut peer, &mut rng);
    for number in 0..IDENTITIES {
        let (master, other) = (&masters[number % MASTERS], &masters[(number + 1) % MASTERS]);
        let id = identity(&mut rng, number);
        let context = format!("{number} {}", hex::encode(&id));
        let rsk = extract::<Wide64>(master, &id);
        assert_eq!(rsk, extract::<Narrow32>(master, &id), "{context}");
        let [theirs] = peer.ask("sakke_extract", &[&master.z, &id]).unwrap();
        assert_eq!(rsk.as_slice(), theirs, "{context}");
        assert_eq!(valid_for_peer(&mut peer, &master.public, &id, &rsk), Ok(()), "{context}");
        let Turn { end, case } = turn(number);
        assert!(valid_without_tables::<Wide64>(master, &id, &theirs), "{context}");
        assert!(valid_without_tables::<Narrow32>(master, &id, &theirs), "{context}");
        assert!(master.ends[end].valid(&id, &theirs), "{context} {}", master.ends[end].name());

        let stranger = neighbour(&mut rng, &id);
        let foreign = extract::<Wide64>(other, &id);
        let off = flipped(&mut rng, &rsk, 1..POINT_LEN);
        let (kms, id, rsk) = [
            (other, &id, rsk.as_slice()),
            (master, &stranger, &rsk),
            (master, &id, &foreign),
            (master, &id, &off),
        ][case % 4];
        assert!(valid_for_peer(&mut peer, &kms.public, id, rsk).is_err(), "{context} case {case}");
        assert!(!kms.ends[end].valid(id, rsk), "{context} case {case} {}", kms.ends[end].name());
    }
}

#[test]
fn what_either_end_encapsulates_the_other_derives_and_nothing_from_changed_octets() {
    let Some(mut peer) = peer() else { return };
    let mut rng = rng("SAKKE encapsulation");
    let masters = masters(&mut peer, &mut rng);
    for number in 0..IDENTITIES {
        let master = &masters[number % MASTERS];
        let (z, ends) = (&master.public, &master.ends);
        let id = identity(&mut rng, number);
        let rsk = extract::<Wide64>(master, &id);
        let ssv: [u8; 16] = octets(&mut rng);
        let context = format!("{number} {} {}", hex::encode(&id), hex::encode(ssv));

        let [theirs] = peer.ask("sakke_encapsulate", &[z, &id, &ssv]).unwrap();
        let theirs: [u8; SED_LEN] = theirs.try_into().unwrap();
        for end in ends {
            // The whole is a function of SSV, identity and Z.
            let ours = end.encapsulate(&id, &ssv);
            assert_eq!(ours, theirs, "{context} {}", end.name());
        }
        let Turn { end, case } = turn(number);
        let found = derived_by_peer(&mut peer, z, &id, &rsk, &ends[end].encapsulate(&id, &ssv));
        assert_eq!(found.as_deref(), Ok(ssv.as_slice()), "{context}");

        let changed = match case {
            0 => flipped(&mut rng, &theirs, 0..1),
            1 => flipped(&mut rng, &theirs, 1..129),
            2 => flipped(&mut rng, &theirs, 129..POINT_LEN),
            3 => flipped(&mut rng, &theirs, POINT_LEN..SED_LEN),
            // Meant for another identity of that KMS.
            _ => ends[end].encapsulate(&neighbour(&mut rng, &id), &ssv).to_vec(),
        };
        assert!(derived_by_peer(&mut peer, z, &id, &rsk, &changed).is_err(), "{context} case {case}");
        let found = ends[end].decapsulate(&id, &rsk, &[&theirs, changed.as_slice().try_into().unwrap()]);
        assert_eq!(found, [Some(ssv), None], "{context} case {case} {}", ends[end].name());
    }
}

#[test]
fn both_ends_judge_the_published_cases_alike() {
    let Some(mut peer) = peer() else { return };
    let v = vectors(include_str!("../../tests/vectors/sakke-rfc6508.json"));
    let [z, own] = ["Z", "RSK"].map(|field| unhex(&v[field]));
    let own_kms = ends(&z);
    let given = |case: &serde_json::Value, field: &str, default: &[u8]| {
        case.get(field).map_or_else(|| default.to_vec(), unhex)
    };
    let (mut accepted, mut refused) = (0, 0);
    for case in v["decapsulation_cases"].as_array().unwrap() {
        let (z, rsk) = (given(case, "Z", &z), given(case, "rsk", &own));
        let (id, sed) = (unhex(&case["id"]), unhex(&case["sed"]));
        let theirs = derived_by_peer(&mut peer, &z, &id, &rsk, &sed);
        let expected = (case["expect"] == "accept").then(|| unhex(&v["SSV"]));
        assert_eq!(theirs.ok(), expected, "{}", case["name"]);
        // Octets of another length are no encapsulated data for us, by their type; a key of another identity is refused
        // before anything is decapsulated.
        // A case with another Z has a key that does not belong to it.
        let other_kms = case.get("Z").map(|_| ends(&z));
        let ends = other_kms.as_ref().unwrap_or(&own_kms);
        if let Ok(sed) = sed.as_slice().try_into()
            && ends[0].valid(&id, &rsk)
        {
            for end in ends {
                let ours = end.decapsulate(&id, &rsk, &[sed]);
                assert_eq!(ours, [expected.clone().map(|ssv| ssv.try_into().unwrap())], "{}", case["name"]);
            }
        }
        if expected.is_some() { accepted += 1 } else { refused += 1 }
    }
    for case in v["rsk_validation_cases"].as_array().unwrap() {
        let (id, rsk, good) = (unhex(&case["id"]), unhex(&case["rsk"]), case["expect"] == "accept");
        assert_eq!(valid_for_peer(&mut peer, &z, &id, &rsk).is_ok(), good, "{}", case["name"]);
        for end in &own_kms {
            assert_eq!(end.valid(&id, &rsk), good, "{} {}", case["name"], end.name());
        }
        if good { accepted += 1 } else { refused += 1 }
    }
    assert!(accepted > 1 && refused > 10, "{accepted} {refused}");
    let (id, zero) = (unhex(&v["b"]), &v["leading_zero"]);
    let theirs = derived_by_peer(&mut peer, &z, &id, &own, &unhex(&zero["encapsulated_data"]));
    assert_eq!(theirs, Ok(unhex(&zero["SSV"])));
}
