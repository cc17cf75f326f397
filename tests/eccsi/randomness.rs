//! What is drawn, how often, and what a nonce depends on.

use super::*;

#[test]
fn a_failing_generator_is_an_error_and_leaves_the_signature_alone() {
    let kms = kms(0x2E);
    let key = key::<Device>(&kms, ID, 1);
    let mut signature = [0xA5; 129];
    let outcome = key.sign(b"message", &mut Script::new([]), &mut signature);
    assert_eq!(outcome, Err(EccsiError::RngFailed));
    assert_eq!(signature, [0xA5; 129]);
    assert_eq!(kms.extract(ID, &mut Script::new([])).unwrap_err(), EccsiError::RngFailed);
    assert_eq!(Ksak::<Device>::generate(&mut Script::new([])).unwrap_err(), EccsiError::RngFailed);
}

#[test]
fn draws_outside_the_range_are_drawn_again() {
    let bad = [small(0), octets(Q), [0xFF; 32]];
    let good = small(7);
    let mut script = Script::new(bad.into_iter().chain([good]));
    let drawn = Ksak::<Device>::generate(&mut script).unwrap();
    assert_eq!((*drawn.octets().expose(), script.asked), (good, 4));

    let kms = kms(0x2F);
    let (_, expected) = kms.extract(ID, &mut Script::new([good])).unwrap();
    let mut script = Script::new(bad.into_iter().chain([good]));
    let (_, pvt) = kms.extract(ID, &mut script).unwrap();
    assert_eq!((pvt, script.asked), (expected, 4));
}

#[test]
fn a_generator_that_never_gives_a_usable_number_is_an_error() {
    let mut script = Script::new(core::iter::repeat_n(small(0), 1000));
    assert_eq!(Ksak::<Device>::generate(&mut script).unwrap_err(), EccsiError::RngFailed);
    assert!(script.asked < 100);
}

/// KSAK = -HS * v gives SSK = 0; HS does not depend on KSAK when KPAK is given, so such a KSAK can be computed.
#[test]
fn a_v_that_makes_ssk_zero_is_not_used() {
    let kpak = *kms(0x30).kpak();
    let v = Secret::new(small(9));
    for size in SIZES {
        let pvt = Pvt(hazmat::times_g::<Device>(size, &v).unwrap());
        let hs = p256::Scalar::reduce(&p256::FieldBytes::from(hazmat::hs(&kpak, ID, &pvt)));
        let ksak = -(hs * p256::Scalar::from(9u64));
        let with = |ksak: p256::Scalar| {
            hazmat::extract::<Device>(size, &Secret::new(ksak.to_repr().into()), &kpak, ID, &v)
        };
        assert!(with(ksak).is_none());
        let (ssk, _) = with(ksak + p256::Scalar::ONE).unwrap();
        assert_eq!(*ssk.octets().expose(), small(1));
    }
}

/// With SSK = -HE / r, d is 0.
#[test]
fn a_nonce_that_makes_d_zero_is_not_used() {
    let kms = kms(0x37);
    let (_, pvt) = kms.extract(ID, &mut rng()).unwrap();
    let (hs, j) = (hazmat::hs(kms.kpak(), ID, &pvt), Secret::new(small(5)));
    for size in SIZES {
        let point = hazmat::times_g::<Server>(size, &j).unwrap();
        let r: [u8; 32] = point[1..33].try_into().unwrap();
        let he = p256::Scalar::reduce(&p256::FieldBytes::from(hazmat::he(&hs, &r, b"m")));
        let r = p256::Scalar::reduce(&p256::FieldBytes::from(r));
        let ssk = -(he * r.invert().unwrap());
        let with = |ssk: p256::Scalar| {
            let ssk = Ssk::new(Secret::new(ssk.to_repr().into()));
            hazmat::sign::<Server>(size, &ssk, &pvt, &hs, b"m", &j)
        };
        assert!(with(ssk).is_none());
        assert!(with(ssk + p256::Scalar::ONE).is_some());
    }
}

#[test]
fn a_nonce_outside_its_range_is_not_used_and_its_edges_are() {
    let kms = kms(0x30);
    let (ssk, pvt) = kms.extract(ID, &mut rng()).unwrap();
    let hs = hazmat::hs(kms.kpak(), ID, &pvt);
    for size in SIZES {
        for j in [small(0), octets(Q), [0xFF; 32]] {
            assert!(hazmat::sign::<Device>(size, &ssk, &pvt, &hs, b"m", &Secret::new(j)).is_none());
        }
        for j in [small(1), small(2), shifted(Q, -1), shifted(Q, -2)] {
            let signature = hazmat::sign::<Device>(size, &ssk, &pvt, &hs, b"m", &Secret::new(j)).unwrap();
            assert_eq!(hazmat::verify::<Server>(size, kms.kpak(), ID, b"m", &signature), Ok(()));
        }
    }
}

/// The nonce shows in r: another r is another nonce.
#[test]
fn a_generator_that_repeats_itself_does_not_repeat_a_nonce_for_other_messages_or_keys() {
    let (kms, other_kms) = (kms(0x31), kms(0x32));
    let keys = [
        key::<Device>(&kms, ID, 1),
        key::<Device>(&kms, ID, 2),
        key::<Device>(&kms, OTHER_ID, 1),
        key::<Device>(&other_kms, ID, 1),
    ];
    let messages: [&[u8]; 4] = [b"", b"a", b"b", b"ab"];
    let mut seen = BTreeSet::new();
    for key in &keys {
        for message in messages {
            for random in [0, 1, 0xFF] {
                let signature = sign(key, message, random);
                assert!(seen.insert(signature[..32].to_vec()));
                assert_eq!(signature, sign(key, message, random), "nothing else goes into a nonce");
            }
        }
    }
}

/// Who knows the random octets, the key's public part and the message still cannot compute the nonce.
#[test]
fn the_nonce_depends_on_the_secret_key_itself() {
    let kms = kms(0x38);
    let (_, pvt) = kms.extract(ID, &mut rng()).unwrap();
    let hs = hazmat::hs(kms.kpak(), ID, &pvt);
    let r = |ssk: u8| {
        let (ssk, random) = (Ssk::new(Secret::new(small(ssk))), Secret::new([4; 32]));
        let signature = hazmat::sign_hedged::<Device>(WordSize::Bits64, &ssk, &pvt, &hs, b"m", &random);
        signature.unwrap()[..32].to_vec()
    };
    assert_ne!(r(1), r(2));
}

#[test]
fn signing_takes_one_draw_of_the_generator() {
    let key = key::<Server>(&kms(0x33), ID, 1);
    let mut script = Script::new([[1; 32], [2; 32]]);
    key.sign(b"m", &mut script, &mut [0; 129]).unwrap();
    assert_eq!(script.asked, 1);
}
