//! Key parameters: written, read, and refused.

use castkey::id::CsbId;
use castkey::keys::{McKey, PurposeTag};
use castkey::mcx::{
    KeyParametersInit, McxError, McxSettings, Ntp64, PayloadAlgorithm, open_key_parameters,
    seal_key_parameters,
};
use castkey::secret::Secret;
use castkey::wire::{ExtType, Extension, Payload};

use super::forms::{EMPTY, ID, hdr, payloads, receive_with, sed, signed};
use super::mcx_world::{NOW, Rng};

fn key(tag: PurposeTag) -> McKey {
    McKey::new(tag, Secret::new([7; 16]))
}

fn sealed(init: &KeyParametersInit<'_>, csb: CsbId) -> Vec<u8> {
    let mut out = [0; 1024];
    seal_key_parameters(init, &key(init.key_type), csb, &mut Rng::seeded(5), &mut out).unwrap().to_vec()
}

const CSK: PurposeTag = PurposeTag::Csk;

fn plain() -> KeyParametersInit<'static> {
    KeyParametersInit::of(CSK, NOW)
}

/// What the server says of a signed message with these extension data.
fn receive(octets: &[u8]) -> Result<[u8; 16], McxError> {
    let sed = sed();
    let mut all = payloads(&sed);
    all.push(Payload::Ext(Extension { ext_type: ExtType::MC_KEY_PARAMETERS, octets }));
    receive_with(&signed(&hdr(EMPTY), &all), &McxSettings::DEFAULT).map_err(|(e, _)| e)
}

/// Covers: R-MCX-15
#[test]
fn what_is_written_is_read_with_either_algorithm_and_with_the_octet() {
    let groups: [&[u8]; 2] = [b"sip:group1@example.org", b"sip:group2@example.org"];
    for algorithm in [PayloadAlgorithm::Aes128Gcm, PayloadAlgorithm::Aes256Gcm] {
        for signalling_algorithm in [None, Some(2)] {
            let init = KeyParametersInit {
                shared_with_gateway: true,
                activation: Some(Ntp64::from_unix(1_700_000_000)),
                expiry: Some(Ntp64::from_unix((1 << 40) - 1)),
                text: "Fl\u{fc}gel",
                groups: &groups,
                algorithm,
                signalling_algorithm,
                ..KeyParametersInit::of(PurposeTag::MuSik, NOW)
            };
            let octets = sealed(&init, CsbId(0x6000_0001));
            let mut room = [0; 256];
            let opened =
                open_key_parameters(&octets, &key(PurposeTag::MuSik), CsbId(0x6000_0001), &mut room).unwrap();
            let read = opened.parameters;
            assert_eq!(opened.signalling_algorithm, signalling_algorithm);
            assert_eq!((read.revoked, read.shared_with_gateway, read.text), (false, true, "Fl\u{fc}gel"));
            assert_eq!((read.activation, read.expiry), (init.activation, init.expiry));
            assert_eq!(read.groups().collect::<Vec<_>>(), groups);
        }
    }
    let refused = |init: &KeyParametersInit<'_>| {
        seal_key_parameters(init, &key(init.key_type), ID, &mut Rng::seeded(5), &mut [0; 1024]).unwrap_err()
    };
    assert_eq!(refused(&KeyParametersInit { groups: &groups, ..plain() }), McxError::Inconsistent);
    let far = KeyParametersInit { expiry: Some(Ntp64::from_unix(1 << 40)), ..plain() };
    assert_eq!(refused(&far), McxError::Inconsistent);
    let mut out = [0; 1024];
    let broken = seal_key_parameters(&plain(), &key(CSK), ID, &mut Rng::broken(), &mut out);
    assert_eq!(broken, Err(McxError::RngFailed));
}

/// Covers: MCX-T-76, R-MCX-27
#[test]
fn parameters_that_do_not_fit_the_key_or_its_time_are_refused_alike() {
    assert_eq!(receive(&sealed(&plain(), ID)), Ok([7; 16]));
    let now = Ntp64::from_seconds(NOW.seconds);
    let good = KeyParametersInit { expiry: Some(now.after_s(1)), ..plain() };
    assert_eq!(receive(&sealed(&good, ID)), Ok([7; 16]));
    let inits = [
        ("revoked", KeyParametersInit { revoked: true, ..plain() }),
        ("expired", KeyParametersInit { expiry: Some(now), ..plain() }),
        ("GMK", KeyParametersInit::of(PurposeTag::Gmk, NOW)),
    ];
    for (name, init) in inits {
        assert_eq!(receive(&sealed(&init, ID)), Err(McxError::Unauthentic), "{name}");
    }
    assert_eq!(receive(&sealed(&plain(), CsbId(0x2000_0002))), Err(McxError::Unauthentic));
    // Authentic, but sealed with another key.
    let mut out = [0; 128];
    let other = McKey::new(CSK, Secret::new([8; 16]));
    let foreign = seal_key_parameters(&plain(), &other, ID, &mut Rng::seeded(5), &mut out).unwrap();
    assert_eq!(receive(foreign), Err(McxError::Unauthentic));
}

/// Covers: MCX-T-76
#[test]
fn every_change_to_parameters_is_noticed() {
    let init = KeyParametersInit { signalling_algorithm: Some(1), ..plain() };
    for octets in [sealed(&plain(), ID), sealed(&init, ID)] {
        let opened = |octets: &[u8]| open_key_parameters(octets, &key(CSK), ID, &mut [0; 256]).is_ok();
        assert!(opened(&octets));
        for at in 0..octets.len() {
            for bit in 0..8 {
                let mut other = octets.clone();
                other[at] ^= 1 << bit;
                // The IEI between DPPK-ID and length means nothing.
                let is_iei = at == octets.len() - 36;
                assert_eq!(opened(&other), is_iei, "octet {at} of {}", octets.len());
            }
            assert!(!opened(&octets[..at]));
        }
    }
}
