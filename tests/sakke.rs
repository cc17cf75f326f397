//! SAKKE from the outside: every case of the vector file, bad input, and random round trips, on both back-ends and in both
//! profiles.
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use castkey::rand_core::{Infallible, TryCryptoRng, TryRng};
use castkey::sakke::{
    Backend, DEVICE_POINT_TABLE_LEN, Decapsulator, Device, Encapsulator, KmsMasterSecret, KmsPublicKey,
    Narrow32, POINT_LEN, Profile, ReceiverSecretKey, SED_LEN, SERVER_GENERATOR_TABLE_LEN,
    SERVER_POINT_TABLE_LEN, SERVER_RSK_TABLE_LEN, SakkeDecapsulate, SakkeEncapsulate, SakkeError, Server,
    Ssv, Wide64,
};
use castkey::secret::Secret;
use serde_json::Value;
use sha2::{Digest, Sha256};

fn vectors() -> Value {
    serde_json::from_str(include_str!("vectors/sakke-rfc6508.json")).unwrap()
}

fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn padded(octets: &[u8]) -> Secret<128> {
    let mut out = [0; 128];
    out[128 - octets.len()..].copy_from_slice(octets);
    Secret::new(out)
}

fn ssv(octets: &[u8]) -> Ssv {
    Ssv::new(Secret::new(octets.try_into().unwrap()))
}

fn sender<P: Profile, B: Backend>(z: &KmsPublicKey<B>) -> Box<Encapsulator<P, B>> {
    let mut sender = Box::new(Encapsulator::blank());
    sender.prepare(z);
    sender
}

fn receiver<P: Profile, B: Backend>(
    z: &KmsPublicKey<B>, id: &[u8], rsk: &ReceiverSecretKey<B>,
) -> Result<Box<Decapsulator<P, B>>, SakkeError> {
    let mut receiver = Box::new(Decapsulator::blank());
    receiver.prepare(z, id, rsk)?;
    Ok(receiver)
}

/// A generator of SHA-256 blocks: the same in every run.
struct Counting(u64);

impl TryRng for Counting {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(self.try_next_u64()? as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        self.0 += 1;
        Ok(u64::from_be_bytes(Sha256::digest(self.0.to_be_bytes())[..8].try_into().unwrap()))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        for chunk in out.chunks_mut(8) {
            let block = self.try_next_u64()?.to_be_bytes();
            chunk.copy_from_slice(&block[..chunk.len()]);
        }
        Ok(())
    }
}

impl TryCryptoRng for Counting {}

/// A generator that fails after some calls.
struct Failing(u32);

#[derive(Debug)]
struct Broken;

impl core::fmt::Display for Broken {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("broken")
    }
}

impl core::error::Error for Broken {}

impl TryRng for Failing {
    type Error = Broken;

    fn try_next_u32(&mut self) -> Result<u32, Broken> {
        Err(Broken)
    }

    fn try_next_u64(&mut self) -> Result<u64, Broken> {
        Err(Broken)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Broken> {
        self.0 = self.0.checked_sub(1).ok_or(Broken)?;
        out.fill(0xA5);
        Ok(())
    }
}

impl TryCryptoRng for Failing {}

/// Runs a body on both back-ends and in both profiles.
macro_rules! everywhere {
    ($body:ident) => {
        $body::<Server, Wide64>();
        $body::<Device, Wide64>();
        $body::<Server, Narrow32>();
        $body::<Device, Narrow32>();
    };
}

/// Runs a body on both back-ends.
macro_rules! on_both {
    ($body:ident) => {
        $body::<Wide64>();
        $body::<Narrow32>();
    };
}

/// Covers: MCX-T-15, R-MCX-28
#[test]
fn the_kms_derives_the_published_z_and_rsk() {
    on_both!(kms);
}
fn kms<B: Backend>() {
    let v = vectors();
    let kms = KmsMasterSecret::<B>::import(&padded(&octets(&v["z"]))).unwrap();
    assert_eq!(hex::encode(kms.public_key().export()), v["Z"].as_str().unwrap());
    let rsk = kms.extract(&octets(&v["b"])).unwrap();
    assert_eq!(hex::encode(rsk.export().expose()), v["RSK"].as_str().unwrap());
    assert_eq!(hex::encode(kms.export().expose()), hex::encode(padded(&octets(&v["z"])).expose()));
}

/// Covers: MCX-T-17, MCX-T-19
#[test]
fn encapsulation_gives_the_published_data_even_with_a_leading_zero() {
    everywhere!(encapsulation);
}
fn encapsulation<P: Profile, B: Backend>() {
    let v = vectors();
    let sender = sender::<P, B>(&KmsPublicKey::import(&octets(&v["Z"])).unwrap());
    for case in [&v, &v["leading_zero"]] {
        let mut sed = [0; SED_LEN];
        sender.encapsulate(&ssv(&octets(&case["SSV"])), &octets(&v["b"]), &mut sed).unwrap();
        assert_eq!(hex::encode(sed), case["encapsulated_data"].as_str().unwrap());
    }
    assert!(octets(&v["leading_zero"]["g_to_r"])[0] == 0);
}

/// Covers: MCX-T-18, MCX-T-19, MCX-T-20, MCX-T-21, MCX-T-22, MCX-T-23, MCX-T-24, MCX-T-25, MCX-T-26, MCX-T-27
/// Covers: R-MCX-20, R-MCX-24
#[test]
fn decapsulation_accepts_the_valid_case_and_refuses_all_others_alike() {
    everywhere!(decapsulation);
}
fn decapsulation<P: Profile, B: Backend>() {
    let v = vectors();
    let z = KmsPublicKey::import(&octets(&v["Z"])).unwrap();
    let (b, rsk) = (octets(&v["b"]), ReceiverSecretKey::<B>::import(&octets(&v["RSK"])).unwrap());
    let own = receiver::<P, B>(&z, &b, &rsk).unwrap();
    let (mut accepted, mut refused) = (0, 0);
    for case in v["decapsulation_cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        let sed = octets(&case["sed"]);
        let Ok(sed) = <&[u8; SED_LEN]>::try_from(sed.as_slice()) else {
            assert!(name.starts_with("one octet"), "{name}");
            refused += 1;
            continue;
        };
        let id = octets(&case["id"]);
        if case.get("rsk").is_some() || case.get("Z").is_some() {
            // Another's RSK or KMS does not even get through the preparation.
            let rsk = ReceiverSecretKey::<B>::import(&octets(case.get("rsk").unwrap_or(&v["RSK"]))).unwrap();
            let z = KmsPublicKey::import(&octets(case.get("Z").unwrap_or(&v["Z"]))).unwrap();
            assert_eq!(receiver::<P, B>(&z, &id, &rsk).unwrap_err(), SakkeError::RskRefused, "{name}");
            refused += 1;
            continue;
        }
        match own.decapsulate(sed, &id) {
            Ok(found) => {
                assert_eq!(case["expect"], "accept", "{name}");
                assert_eq!(hex::encode(found.secret().expose()), v["SSV"].as_str().unwrap());
                accepted += 1;
            }
            Err(error) => {
                assert_eq!(case["expect"], "reject", "{name}");
                assert_eq!(error, SakkeError::Refused, "{name}");
                refused += 1;
            }
        }
    }
    assert_eq!((accepted, refused), (1, 19));
    let sed = octets(&v["leading_zero"]["encapsulated_data"]);
    let found = own.decapsulate(sed.as_slice().try_into().unwrap(), &b).unwrap();
    assert_eq!(hex::encode(found.secret().expose()), v["leading_zero"]["SSV"].as_str().unwrap());
}

/// Covers: MCX-T-20, R-MCX-20
#[test]
fn every_octet_of_the_encapsulated_data_counts() {
    on_both!(flips);
}
fn flips<B: Backend>() {
    let v = vectors();
    let z = KmsPublicKey::import(&octets(&v["Z"])).unwrap();
    let rsk = ReceiverSecretKey::<B>::import(&octets(&v["RSK"])).unwrap();
    let own = receiver::<Server, B>(&z, &octets(&v["b"]), &rsk).unwrap();
    let good: [u8; SED_LEN] = octets(&v["encapsulated_data"]).try_into().unwrap();
    let places = (0..SED_LEN).filter(|place| *place == 0 || *place > POINT_LEN - 2 || place % 17 == 3);
    for (place, bit) in places.zip((0..8).cycle()) {
        let mut sed = good;
        sed[place] ^= 1 << bit;
        assert_eq!(
            own.decapsulate(&sed, &octets(&v["b"])).unwrap_err(),
            SakkeError::Refused,
            "{place} {bit}"
        );
    }
}

/// Covers: MCX-T-28, R-MCX-20, R-MCX-28
#[test]
fn rsk_validation_accepts_the_right_key_only() {
    everywhere!(validation);
}
fn validation<P: Profile, B: Backend>() {
    let v = vectors();
    let z = KmsPublicKey::<B>::import(&octets(&v["Z"])).unwrap();
    let mut accepted = 0;
    for case in v["rsk_validation_cases"].as_array().unwrap() {
        let (name, id) = (case["name"].as_str().unwrap(), octets(&case["id"]));
        let Ok(rsk) = ReceiverSecretKey::<B>::import(&octets(&case["rsk"])) else {
            assert_eq!(name, "RSK not on curve");
            continue;
        };
        let expected = if case["expect"] == "accept" { Ok(()) } else { Err(SakkeError::RskRefused) };
        assert_eq!(rsk.validate(&z, &id), expected, "{name}");
        let prepared = receiver::<P, B>(&z, &id, &rsk);
        assert_eq!(prepared.as_ref().map(|_| ()).map_err(|error| *error), expected, "{name}");
        if let Ok(receiver) = prepared {
            assert_eq!(receiver.validate(&z), Ok(()));
            let other = KmsPublicKey::import(&octets(&v["R"])).unwrap();
            assert_eq!(receiver.validate(&other), Err(SakkeError::RskRefused));
            accepted += 1;
        }
    }
    assert_eq!(accepted, 1);
}

/// Covers: MCX-T-23, R-MCX-24
#[test]
fn an_rsk_of_small_order_is_refused_without_panic() {
    everywhere!(small_rsk);
}
fn small_rsk<P: Profile, B: Backend>() {
    let v = vectors();
    let z = KmsPublicKey::<B>::import(&octets(&v["Z"])).unwrap();
    for name in ["order2", "order4"] {
        let rsk = ReceiverSecretKey::<B>::import(&octets(&v["small_order"][name])).unwrap();
        assert_eq!(rsk.validate(&z, &octets(&v["b"])), Err(SakkeError::RskRefused));
        assert_eq!(receiver::<P, B>(&z, &octets(&v["b"]), &rsk).unwrap_err(), SakkeError::RskRefused);
    }
}

/// Covers: MCX-T-21, MCX-T-22, MCX-T-23, MCX-T-25, MCX-T-26, R-MCX-20
#[test]
fn a_kms_public_key_is_an_uncompressed_point_of_order_q() {
    on_both!(public_keys);
}
fn public_keys<B: Backend>() {
    let v = vectors();
    let good = octets(&v["Z"]);
    assert!(KmsPublicKey::<B>::import(&good).is_ok());
    let refused = |octets: &[u8]| KmsPublicKey::<B>::import(octets).unwrap_err();
    for tag in [0, 2, 3, 5, 6, 7, 0x84, 0xFF] {
        let mut bad = good.clone();
        bad[0] = tag;
        assert_eq!(refused(&bad), SakkeError::BadPoint);
    }
    for bad in [&good[..256], &good[..129], &[0], &[], &[good.clone(), vec![0]].concat()] {
        assert_eq!(refused(bad), SakkeError::BadPoint);
    }
    let mut off = good.clone();
    off[256] ^= 1;
    assert_eq!(refused(&off), SakkeError::BadPoint);
    // x = p stands for x = 0, which is on the curve with y = 0.
    let zero = [&[4][..], &octets(&v["params"]["p"]), &[0; 128]].concat();
    assert_eq!(refused(&zero), SakkeError::BadPoint);
    let zero = [&[4][..], &[0; 128], &octets(&v["params"]["p"])].concat();
    assert_eq!(refused(&zero), SakkeError::BadPoint);
    for name in ["order2", "order4"] {
        assert_eq!(refused(&octets(&v["small_order"][name])), SakkeError::WrongOrder);
    }
    for case in v["decapsulation_cases"].as_array().unwrap() {
        if case["name"].as_str().unwrap().starts_with("R + ") {
            assert_eq!(refused(&octets(&case["sed"])[..POINT_LEN]), SakkeError::WrongOrder);
        }
    }
}

/// Covers: MCX-T-91
#[test]
fn master_secrets_and_identities_outside_their_range_are_refused() {
    on_both!(ranges);
}
fn ranges<B: Backend>() {
    let v = vectors();
    let q = octets(&v["params"]["q"]);
    let mut above = q.clone();
    above[127] += 2;
    for bad in [&[0][..], &[1], &q, &above, &[0xFF; 128]] {
        assert_eq!(KmsMasterSecret::<B>::import(&padded(bad)).unwrap_err(), SakkeError::BadMasterSecret);
    }
    let mut last = q.clone();
    last[127] -= 1;
    assert!(KmsMasterSecret::<B>::import(&padded(&last)).is_ok());
    let two = KmsMasterSecret::<B>::import(&padded(&[2])).unwrap();
    let z = two.public_key();
    let sender = sender::<Device, B>(&z);
    let rsk = two.extract(&[2]).unwrap();
    for bad in [&[][..], &[0], &[1], &[0; 40], &[0, 0, 1], &[7; 128], &q] {
        assert_eq!(two.extract(bad).unwrap_err(), SakkeError::BadIdentity);
        assert_eq!(rsk.validate(&z, bad).unwrap_err(), SakkeError::BadIdentity);
        let mut sed = [0; SED_LEN];
        assert_eq!(sender.encapsulate(&ssv(&[1; 16]), bad, &mut sed).unwrap_err(), SakkeError::BadIdentity);
        assert_eq!(sed, [0; SED_LEN]);
        assert_eq!(receiver::<Device, B>(&z, bad, &rsk).unwrap_err(), SakkeError::BadIdentity);
    }
}

/// Covers: MCX-T-91
#[test]
fn an_identity_that_cancels_the_master_secret_has_no_rsk() {
    on_both!(cancelling);
}
fn cancelling<B: Backend>() {
    let mut z = octets(&vectors()["params"]["q"]);
    z[127] -= 5;
    let kms = KmsMasterSecret::<B>::import(&padded(&z)).unwrap();
    assert_eq!(kms.extract(&[5]).unwrap_err(), SakkeError::NoSuchRsk);
    assert_eq!(kms.extract(&[0, 5]).unwrap_err(), SakkeError::NoSuchRsk);
    assert!(kms.extract(&[6]).is_ok());
    // Towards such an identity there is nothing to encapsulate.
    let sender = sender::<Device, B>(&kms.public_key());
    let mut sed = [0; SED_LEN];
    assert_eq!(sender.encapsulate(&ssv(&[1; 16]), &[5], &mut sed).unwrap_err(), SakkeError::UnusableSsv);
    assert_eq!(sed, [0; SED_LEN]);
}

/// Covers: MCX-T-83
#[test]
fn a_failing_generator_is_an_error_and_a_working_one_repeats() {
    for calls in 0..2 {
        let made = KmsMasterSecret::<Wide64>::generate(&mut Failing(calls));
        assert_eq!(made.unwrap_err(), SakkeError::RngFailure);
    }
    assert!(KmsMasterSecret::<Wide64>::generate(&mut Failing(2)).is_ok());
    assert_eq!(Ssv::generate(&mut Failing(0)).unwrap_err(), SakkeError::RngFailure);
    let wide = KmsMasterSecret::<Wide64>::generate(&mut Counting(7)).unwrap();
    let narrow = KmsMasterSecret::<Narrow32>::generate(&mut Counting(7)).unwrap();
    let other = KmsMasterSecret::<Narrow32>::generate(&mut Counting(8)).unwrap();
    assert_eq!(wide.export().expose(), narrow.export().expose());
    assert_ne!(wide.export().expose(), other.export().expose());
}

#[test]
fn blank_tables_do_nothing() {
    let v = vectors();
    let blank = Box::new(Encapsulator::<Server>::blank());
    let mut sed = [0; SED_LEN];
    assert_eq!(blank.encapsulate(&ssv(&[1; 16]), &[5], &mut sed).unwrap_err(), SakkeError::NotPrepared);
    let sed: [u8; SED_LEN] = octets(&v["encapsulated_data"]).try_into().unwrap();
    let z = KmsPublicKey::import(&octets(&v["Z"])).unwrap();
    let rsk = ReceiverSecretKey::import(&octets(&v["RSK"])).unwrap();
    let mut own = Box::new(Decapsulator::<Device>::blank());
    assert_eq!(own.decapsulate(&sed, &octets(&v["b"])).unwrap_err(), SakkeError::NotPrepared);
    own.prepare(&z, &octets(&v["b"]), &rsk).unwrap();
    assert!(own.decapsulate(&sed, &octets(&v["b"])).is_ok());
    // An identity out of range changes nothing, a refused key clears.
    assert_eq!(own.prepare(&z, &[1], &rsk).unwrap_err(), SakkeError::BadIdentity);
    assert!(own.decapsulate(&sed, &octets(&v["b"])).is_ok());
    assert_eq!(own.prepare(&z, &[9], &rsk).unwrap_err(), SakkeError::RskRefused);
    assert_eq!(own.decapsulate(&sed, &octets(&v["b"])).unwrap_err(), SakkeError::NotPrepared);
    assert_eq!(own.validate(&z).unwrap_err(), SakkeError::NotPrepared);
}

#[test]
fn tables_keep_their_promised_sizes() {
    const {
        assert!(DEVICE_POINT_TABLE_LEN <= 6 << 10);
        assert!(SERVER_POINT_TABLE_LEN <= 48 << 10);
        assert!(SERVER_RSK_TABLE_LEN <= 300 << 10);
    }
    let room = 512;
    assert!(size_of::<Encapsulator<Device>>() <= DEVICE_POINT_TABLE_LEN + room);
    assert!(size_of::<Decapsulator<Device>>() <= DEVICE_POINT_TABLE_LEN + 256 + room);
    let server = 2 * SERVER_POINT_TABLE_LEN + SERVER_GENERATOR_TABLE_LEN;
    assert!(size_of::<Encapsulator<Server>>() <= server + room);
    assert!(size_of::<Decapsulator<Server>>() <= SERVER_POINT_TABLE_LEN + SERVER_RSK_TABLE_LEN + room);
    assert!(size_of::<Decapsulator<Server>>() >= SERVER_POINT_TABLE_LEN + SERVER_RSK_TABLE_LEN);
}

/// Covers: R-MCX-23
#[test]
fn no_debug_output_shows_a_key() {
    let v = vectors();
    let z = KmsPublicKey::<Wide64>::import(&octets(&v["Z"])).unwrap();
    let rsk = ReceiverSecretKey::<Wide64>::import(&octets(&v["RSK"])).unwrap();
    let kms = KmsMasterSecret::<Wide64>::import(&padded(&octets(&v["z"]))).unwrap();
    let (sender, own) = (sender::<Device, _>(&z), receiver::<Device, _>(&z, &octets(&v["b"]), &rsk).unwrap());
    let shown = format!("{z:?} {rsk:?} {kms:?} {sender:?} {own:?} {:?}", ssv(&[0xAB; 16]));
    assert_eq!(
        shown,
        "KmsPublicKey(..) ReceiverSecretKey(..) KmsMasterSecret(..) Encapsulator { prepared: true, .. } \
         Decapsulator { prepared: true, .. } Ssv(..)"
    );
}

/// Covers: MCX-T-29, R-MCX-28
#[test]
fn a_hundred_random_keys_arrive_under_random_kms_keys() {
    fn rounds<P: Profile, B: Backend, C: Backend>(seed: u64, count: u32) {
        let rng = &mut Counting(seed);
        for round in 0..count {
            let id = Sha256::digest([seed.to_be_bytes(), u64::from(round).to_be_bytes()].concat());
            let kms = KmsMasterSecret::<B>::generate(rng).unwrap();
            let z = kms.public_key();
            // What one back-end makes, the other takes.
            let their_z = KmsPublicKey::<C>::import(&z.export()).unwrap();
            let rsk = ReceiverSecretKey::<C>::import(kms.extract(&id).unwrap().export().expose()).unwrap();
            assert_eq!(rsk.validate(&their_z, &id), Ok(()));
            let key = Ssv::generate(rng).unwrap();
            let mut sed = [0; SED_LEN];
            sender::<P, B>(&z).encapsulate(&key, &id, &mut sed).unwrap();
            let own = receiver::<Device, C>(&their_z, &id, &rsk).unwrap();
            assert_eq!(own.decapsulate(&sed, &id).unwrap().secret().expose(), key.secret().expose());
        }
    }
    rounds::<Device, Wide64, Wide64>(1_000, 84);
    rounds::<Server, Wide64, Narrow32>(2_000, 8);
    rounds::<Device, Narrow32, Wide64>(3_000, 8);
}
