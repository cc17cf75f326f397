//! Key IDs, UIDs, key periods.

use std::collections::BTreeSet;

use castkey::keys::{KeyId, PurposeTag};
use castkey::mcx::{KeyPeriods, McxError, Ntp64, Uid};

use super::mcx_world::Rng;

fn uid(uri: &[u8], period_s: u64, number: u64) -> String {
    let periods = KeyPeriods::new(period_s, 0).unwrap();
    hex::encode(Uid::derive(uri, b"kms.example.org", periods, number).unwrap().octets())
}

/// Covers: MCX-T-2, MCX-T-3
#[test]
fn numbers_enter_the_uid_with_as_many_octets_as_they_need() {
    // Computed with Python's hashlib after the layout: offset 0 in one octet, 70000 in three, 1 in one.
    assert_eq!(
        uid(b"sip:user@example.org", 1000, 70_000),
        "5f1230cac06bf0bfb69305ca727e1d3416e5ba9bfb7fec937ac7eca29b0f7671"
    );
    assert_eq!(
        uid(b"sip:user@example.org", 2_592_000, 1),
        "74e2af803ab5d72841bbced0ce319ffe64f6fe23c88a2d258aabcf6ac5658ef4"
    );
}

/// Covers: MCX-T-4
#[test]
fn a_scheme_before_the_identity_makes_another_uid() {
    assert_ne!(uid(b"sip:a@x", 1000, 1), uid(b"a@x", 1000, 1));
    assert_ne!(uid(b"sip:A@x", 1000, 1), uid(b"sip:a@x", 1000, 1));
}

/// Covers: MCX-T-5, R-MCX-18
#[test]
fn drawn_key_ids_carry_their_tag_and_vary_in_the_rest() {
    let mut rng = Rng::seeded(3);
    let mut seen = BTreeSet::new();
    for _ in 0..10_000 {
        let id = KeyId::draw(PurposeTag::MuSik, |_| false, &mut rng).unwrap();
        assert_eq!((id.tag(), id.to_u32() >> 28), (PurposeTag::MuSik, 6));
        seen.insert(id.to_u32() & 0x0FFF_FFFF);
    }
    assert!(seen.len() > 9_990);
    assert!(
        (0..28)
            .all(|bit| seen.iter().any(|id| id >> bit & 1 == 1) && seen.iter().any(|id| id >> bit & 1 == 0))
    );
}

#[test]
fn a_key_id_that_is_live_is_drawn_again() {
    let mut rng = Rng::seeded(3);
    let first = KeyId::draw(PurposeTag::Csk, |_| false, &mut rng.clone()).unwrap();
    let second = KeyId::draw(PurposeTag::Csk, |id| id == first, &mut rng).unwrap();
    assert_ne!(first, second);
    assert!(KeyId::draw(PurposeTag::Csk, |_| true, &mut rng).is_err());
    assert!(KeyId::draw(PurposeTag::Csk, |_| false, &mut Rng::broken()).is_err());
}

/// Covers: MCX-T-6, R-MCX-18
#[test]
fn tags_7_to_15_are_no_key_ids() {
    for tag in 0..16_u32 {
        let id = KeyId::from_u32(tag << 28 | 5);
        assert_eq!(id.is_some(), tag < 7, "{tag}");
        assert_eq!(id.map(|id| u32::from(id.tag().bits())), (tag < 7).then_some(tag));
    }
}

/// Covers: MCX-T-7
#[test]
fn a_period_ends_with_its_last_second() {
    let periods = KeyPeriods::new(16_777_215, 0).unwrap();
    let number = |seconds| periods.number(Ntp64 { seconds, fraction: u32::MAX }).unwrap();
    assert_eq!(number(236 * 16_777_215 - 1), 235);
    assert_eq!(number(236 * 16_777_215), 236);
    assert_eq!(number(0xEC89_8DA8), 236);
    // Behind 2036 it goes on.
    assert_eq!(number((1 << 32) + 100), 256);
    let shifted = KeyPeriods::new(10, 1000).unwrap();
    assert_eq!(shifted.number(Ntp64::from_seconds(999)), Err(McxError::BeforeFirstPeriod));
    assert_eq!(shifted.number(Ntp64::from_seconds(1000)), Ok(0));
    assert_eq!(shifted.start(3), Ntp64::from_seconds(1030));
    assert_eq!(KeyPeriods::new(0, 0), Err(McxError::BadCertificate));
}
