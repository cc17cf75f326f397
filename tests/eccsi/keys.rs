//! Which keys and points are taken over.

use super::*;

/// Covers: MCX-T-12, R-MCX-20
#[test]
fn points_that_are_no_points_are_refused_as_kpak_and_as_pvt() {
    let kms = kms(0x29);
    let good = *kms.kpak().octets();
    let mut compressed = good;
    compressed[0] = 2;
    let mut infinity = [0; 65];
    let mut hybrid = good;
    hybrid[0] = 6 | good[64] & 1;
    let mut off_curve = good;
    off_curve[64] ^= 1;
    let mut large_x = good;
    large_x[1..33].fill(0xFF);
    let mut large_y = good;
    large_y[33..].copy_from_slice(&octets(P));
    let mut zero = [0; 65];
    zero[0] = 4;
    for bad in [compressed, infinity, hybrid, off_curve, large_x, large_y, zero] {
        assert_eq!(Kpak::from_octets(&bad).unwrap_err(), EccsiError::KpakInvalid);
        let (ssk, _) = kms.extract(ID, &mut rng()).unwrap();
        let refused = SigningKey::<Device>::validate(ID, kms.kpak(), ssk, &Pvt(bad)).unwrap_err();
        assert_eq!(refused, EccsiError::PvtInvalid);
        let mut signature = sign(&key::<Device>(&kms, ID, 1), b"message", 5);
        signature[64..].copy_from_slice(&bad);
        let refused = verify::<Device>(kms.kpak(), ID, b"message", &signature);
        assert_eq!(refused, Err(EccsiError::SignatureInvalid));
    }
    infinity[0] = 4;
    assert_eq!(zero, infinity);
}

/// x = 0 is the x-coordinate of a point, y = 0 of none; x + p would be a second encoding of a small x.
/// Covers: MCX-T-12
#[test]
fn a_coordinate_has_one_encoding_only() {
    // The points of P-256 with x = 0 and x = 5, y by Tonelli's method outside this library.
    let zero = "0466485c780e2f83d72433bd5d84a06bb6541c2af31dae871728bf856a174f93f4";
    let mut octets = [0; 65];
    octets[0] = 4;
    octets[33..].copy_from_slice(&hex::decode(&zero[2..]).unwrap());
    assert!(Kpak::from_octets(&octets).is_ok());
    octets[1..33].copy_from_slice(&self::octets(P));
    assert_eq!(Kpak::from_octets(&octets).unwrap_err(), EccsiError::KpakInvalid);
}

/// Covers: R-MCX-4, R-MCX-28
#[test]
fn a_key_is_taken_over_only_for_its_own_identity_kms_and_pvt() {
    let (ours, theirs) = (kms(0x2A), kms(0x2B));
    let pair = |v: u8| ours.extract(ID, &mut Script::new([[v; 32]])).unwrap();
    let refused = |id: &[u8], kpak: &Kpak, ssk: Ssk, pvt: &Pvt| {
        for size in SIZES {
            assert_eq!(hazmat::validate::<Device>(size, id, kpak, &ssk, pvt), Err(EccsiError::SskInvalid));
            assert_eq!(hazmat::validate::<Server>(size, id, kpak, &ssk, pvt), Err(EccsiError::SskInvalid));
        }
        assert_eq!(SigningKey::<Server>::validate(id, kpak, ssk, pvt).unwrap_err(), EccsiError::SskInvalid);
    };
    let (ssk, pvt) = pair(1);
    assert!(SigningKey::<Device>::validate(ID, ours.kpak(), ssk, &pvt).is_ok());
    refused(OTHER_ID, ours.kpak(), pair(1).0, &pvt);
    refused(ID, theirs.kpak(), pair(1).0, &pvt);
    refused(ID, ours.kpak(), pair(2).0, &pvt);
    refused(ID, ours.kpak(), Ssk::new(Secret::new(small(0))), &pvt);
    refused(ID, ours.kpak(), Ssk::new(Secret::new(octets(Q))), &pvt);
    refused(ID, ours.kpak(), Ssk::new(Secret::new([0xFF; 32])), &pvt);
    for bit in 0..256 {
        let mut octets = *pair(1).0.octets().expose();
        octets[bit / 8] ^= 1 << (bit % 8);
        let wrong = Ssk::new(Secret::new(octets));
        let outcome = SigningKey::<Server>::validate(ID, ours.kpak(), wrong, &pvt).unwrap_err();
        assert_eq!(outcome, EccsiError::SskInvalid);
    }
}

/// The negative of SSK gives the point with the same x: it must not pass.
#[test]
fn the_negative_of_an_ssk_is_refused() {
    let kms = kms(0x2C);
    let (ssk, pvt) = kms.extract(ID, &mut rng()).unwrap();
    let q = octets(Q);
    let mut negative = [0; 32];
    let mut borrow = 0;
    for at in (0..32).rev() {
        let difference = i16::from(q[at]) - i16::from(ssk.octets().expose()[at]) - borrow;
        borrow = i16::from(difference < 0);
        negative[at] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    let negative = Ssk::new(Secret::new(negative));
    let outcome = SigningKey::<Device>::validate(ID, kms.kpak(), negative, &pvt);
    assert_eq!(outcome.unwrap_err(), EccsiError::SskInvalid);
}

/// Several devices of one user: other PVT, other SSK, all good (RFC 6507 §5.1.1).
/// Covers: R-MCX-28
#[test]
fn two_keys_for_one_identity_are_both_good() {
    let kms = kms(0x2D);
    let mut rng = rng();
    let keys: Vec<_> = (0..2).map(|_| kms.extract(ID, &mut rng).unwrap()).collect();
    assert_ne!(keys[0].1, keys[1].1);
    for (ssk, pvt) in keys {
        let key = SigningKey::<Device>::validate(ID, kms.kpak(), ssk, &pvt).unwrap();
        assert_eq!(verify::<Device>(kms.kpak(), ID, b"m", &sign(&key, b"m", 3)), Ok(()));
    }
}

#[test]
fn a_ksak_outside_its_range_is_refused() {
    for bad in [small(0), octets(Q), shifted(Q, 1), [0xFF; 32]] {
        let outcome = Ksak::<Server>::from_octets(Secret::new(bad));
        assert_eq!(outcome.unwrap_err(), EccsiError::KsakInvalid);
    }
    for good in [small(1), shifted(Q, -1)] {
        assert!(Ksak::<Server>::from_octets(Secret::new(good)).is_ok());
    }
}

#[test]
fn a_table_serves_the_kpak_it_was_prepared_for_last() {
    let (first, second) = (kms(0x34), kms(0x35));
    let signature = sign(&key::<Device>(&second, ID, 1), b"m", 1);
    let mut table = KpakTable::<Device>::new();
    assert_eq!(table.verifier().unwrap_err(), EccsiError::NotPrepared);
    let refused = table.prepare(first.kpak()).unwrap().verify(ID, b"m", &signature);
    assert_eq!(refused, Err(EccsiError::SignatureInvalid));
    table.prepare(second.kpak()).unwrap();
    let verifier = table.verifier().unwrap();
    assert_eq!(verifier.kpak(), second.kpak());
    assert_eq!(verifier.verify(ID, b"m", &signature), Ok(()));
}

/// Covers: R-MCX-23
#[test]
fn no_key_is_printed() {
    let kms = Ksak::<Device>::from_octets(Secret::new([0x77; 32])).unwrap();
    let (ssk, pvt) = kms.extract(ID, &mut rng()).unwrap();
    let printed = format!("{kms:?} {ssk:?}");
    let key = SigningKey::<Device>::validate(ID, kms.kpak(), ssk, &pvt).unwrap();
    assert_eq!(printed + &format!(" {key:?}"), "Ksak(..) Ssk(..) SigningKey(..)");
}
