//! The table of the UPF in the SIP variant, row by row, and proof that what is turned away leaves no trace.
#![cfg(feature = "ims")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    reason = "a test that meets the unexpected must stop"
)]

mod upf_row;

use castkey::id::Counter;
use castkey::ims::ImsError;
use castkey::ims::facts::{RequestedMsk, Variant};
use castkey::ims::request::Peer;
use castkey::ims::upf::{Asserted, NafKey, Standing, UpfEvent};
use castkey::ims::{NafFqdn, UeAddress};
use castkey::keys::Muk;
use upf_row::*;

/// s1 and s2 were provisioned under the B-TID "one".
fn served() -> Row {
    let mut row = Row::new();
    assert_eq!(row.h5(&[1, 2], key("one", 1)).unwrap(), "NewMuk(Sip) Answer() PushMsk(s1,s2)");
    row
}

fn provisioned(row: &Row, number: usize) -> bool {
    row.context.standing(&service(number), at(row.now)) == Some(Standing::Provisioned)
}

/// A key whose lifetime ends at 1,000 ms.
fn short_lived() -> NafKey {
    NafKey { expires: at(1_000), ..key("one", 1) }
}

// The table, in its order.

/// Covers: R-IMS-42
#[test]
fn what_an_untrusted_peer_says_is_refused_403_in_every_state() {
    let (alice, list, s1) = (alice(), services([1]), service(1));
    let msks = [RequestedMsk { name: msk(1, 0), service: Some(&s1) }];
    for impu in [Some(&alice), None] {
        let asserted = Asserted { peer: Peer::Untrusted, impu };
        for make in [Row::new as fn() -> Row, served] {
            let h5 = UpfEvent::AuthorizedRegister { asserted, services: &list, key: Some(key("two", 2)) };
            let h6 = UpfEvent::AuthorizedMskRequest { asserted, msks: &msks };
            let h7 = UpfEvent::AuthorizedDeregister { asserted, services: &list };
            for event in [h5, h6, h7] {
                assert_eq!(make().turns_away(event).unwrap(), "Refuse(403)");
            }
        }
    }
}

#[test]
fn a_request_that_names_nobody_or_nothing_or_too_much_is_refused_400() {
    let (alice, s1) = (alice(), service(1));
    for (impu, count) in [(None, 1), (Some(&alice), 0), (Some(&alice), 65)] {
        let asserted = Asserted { peer: Peer::Trusted, impu };
        let list = services(1..=count);
        let msks = vec![RequestedMsk { name: msk(1, 0), service: Some(&s1) }; count];
        let h5 = UpfEvent::AuthorizedRegister { asserted, services: &list, key: Some(key("two", 2)) };
        let h6 = UpfEvent::AuthorizedMskRequest { asserted, msks: &msks };
        let h7 = UpfEvent::AuthorizedDeregister { asserted, services: &list };
        for event in [h5, h6, h7] {
            assert_eq!(served().turns_away(event).unwrap(), "Refuse(400)");
        }
    }
}

/// Covers: R-IMS-34
#[test]
fn a_key_with_an_element_missing_is_refused_400() {
    let (alice, list) = (alice(), services([1]));
    let asserted = Asserted { peer: Peer::Trusted, impu: Some(&alice) };
    let event = UpfEvent::AuthorizedRegister { asserted, services: &list, key: None };
    assert_eq!(Row::new().turns_away(event).unwrap(), "Refuse(400)");
}

/// Covers: T-099, R-IMS-35
#[test]
fn a_muk_that_has_not_32_octets_is_refused_400() {
    let (alice, list) = (alice(), services([1]));
    for len in [16, 31] {
        let asserted = Asserted { peer: Peer::Trusted, impu: Some(&alice) };
        let key = NafKey { muk: Muk::from_octets(&vec![1; len]).unwrap(), ..key("one", 1) };
        let event = UpfEvent::AuthorizedRegister { asserted, services: &list, key: Some(key) };
        assert_eq!(Row::new().turns_away(event).unwrap(), "Refuse(400)", "{len}");
    }
    assert!(Muk::from_octets(&[1; 33]).is_none(), "a longer one is no MUK in the first place");
}

#[test]
fn a_key_whose_lifetime_has_passed_is_refused_400() {
    let mut row = Row::new();
    row.now = 1_000;
    assert_eq!(row.h5(&[1], short_lived()).unwrap(), "Refuse(400)");
    assert!(row.context.is_empty());
    row.now = 999;
    assert_eq!(row.h5(&[1], short_lived()).unwrap(), "NewMuk(Sip) Answer() PushMsk(s1)");
}

/// Covers: R-IMS-3, T-105
#[test]
fn a_service_in_use_by_the_http_variant_is_not_provisioned() {
    let mut row = Row::new();
    row.h1(&[2]).unwrap();
    let before = row.seen();
    assert_eq!(row.h5(&[1, 2], key("one", 1)).unwrap_err(), ImsError::VariantConflict);
    assert_eq!(row.seen(), before);
    assert!(row.h5(&[1], key("one", 1)).is_ok(), "another service may use the other variant");
    row.now = DAY_MS;
    assert!(row.h5(&[2], key("one", 1)).is_ok(), "the other variant is over");
}

#[test]
fn a_full_context_provisions_nothing() {
    let mut row = served();
    let before = row.seen();
    assert_eq!(row.h5(&[3, 4, 5, 6, 7, 8, 9], key("two", 2)).unwrap_err(), ImsError::StoreFull);
    assert_eq!(row.seen(), before, "the key is the old one, too");
}

/// Covers: R-IMS-43, R-IMS-35, R-IMS-41
#[test]
fn the_first_h5_stores_everything_before_it_answers_and_pushes() {
    let row = served();
    assert!(provisioned(&row, 1) && provisioned(&row, 2) && !provisioned(&row, 3));
    let user = row.context.user(Variant::Sip).unwrap();
    assert_eq!(user.muk.export(), [1; 32]);
    assert_eq!(user.id.idi, b"naf.home1.net\x01\0\0\0\x04", "the NAF-Id of the SIP variant");
    assert_eq!(user.id.idr, b"one@bsf.home1.net");
    assert_eq!(row.context.address(Variant::Sip).unwrap().as_str(), "192.0.2.7");
    assert_eq!(row.context.muk_expires(Variant::Sip), Some(at(LIFETIME_MS)));
    assert_eq!(row.context.deadline(), None, "it stands until H7");
}

/// Covers: R-IMS-53, T-102
#[test]
fn another_btid_replaces_muk_and_address_and_everything_is_pushed_again() {
    let mut row = served();
    row.count(Variant::Sip, 5);
    row.now = 1_000;
    let moved = NafKey { address: UeAddress::new("2001:db8::7").unwrap(), ..key("two", 2) };
    let line = "NewMuk(Sip) Answer() PushMsk(s1,s2) ArmTimer(11000)";
    assert_eq!(row.h5(&[1], moved).unwrap(), line, "s2 needs it as well");
    let user = row.context.user(Variant::Sip).unwrap();
    assert_eq!((user.muk.export(), user.id.idr), (&[2_u8; 32][..], &b"two@bsf.home1.net"[..]));
    assert_eq!(user.counter, None);
    assert_eq!(row.context.address(Variant::Sip).unwrap().as_str(), "2001:db8::7");
    let previous = |now| row.context.previous_user(Variant::Sip, at(now));
    let old = previous(10_999).unwrap();
    assert_eq!((old.muk.export(), old.id.idr), (&[1_u8; 32][..], &b"one@bsf.home1.net"[..]));
    assert_eq!(old.counter, Some(Counter(5)));
    assert!(previous(11_000).is_none(), "10 s are over, Timeout or not");
    assert_eq!(row.timeout(11_000), "");
    assert!(!format!("{:?}", row.context).contains("one@bsf"), "and wiped by the Timeout");
}

#[test]
fn a_key_of_another_naf_is_another_key() {
    let mut row = served();
    let other = NafKey { naf: NafFqdn::new("other.home1.net").unwrap(), ..key("one", 1) };
    assert!(row.h5(&[1], other).unwrap().starts_with("NewMuk(Sip) Answer() PushMsk(s1,s2)"));
    let mut row = served();
    assert!(row.h5(&[1], key("one", 2)).unwrap().starts_with("NewMuk(Sip) Answer() PushMsk(s1,s2)"));
}

#[test]
fn the_same_btid_with_more_services_pushes_the_added_ones_only() {
    let mut row = served();
    row.count(Variant::Sip, 5);
    let moved = NafKey {
        address: UeAddress::new("2001:db8::7").unwrap(),
        expires: at(LIFETIME_MS + 1),
        ..key("one", 1)
    };
    assert_eq!(row.h5(&[2, 3], moved).unwrap(), "Answer() PushMsk(s3)");
    assert!(provisioned(&row, 1) && provisioned(&row, 3));
    assert_eq!(row.counter(Variant::Sip), Some(5), "it goes on counting");
    assert_eq!(row.context.address(Variant::Sip).unwrap().as_str(), "2001:db8::7");
    assert_eq!(row.context.muk_expires(Variant::Sip), Some(at(LIFETIME_MS + 1)));
    assert!(row.context.previous_user(Variant::Sip, at(0)).is_none());
    assert_eq!(row.h5(&[2, 3], key("one", 1)).unwrap(), "Answer()", "a repeated H5 pushes nothing");
}

/// Covers: T-101, R-IMS-49
#[test]
fn h6_without_a_context_is_answered_404() {
    let mut row = Row::new();
    assert_eq!(row.h6(&[1]), "Refuse(404)");
    assert!(row.context.is_empty());
    // A context of the other variant is none for this one.
    let mut row = Row::new();
    row.h1(&[1]).unwrap();
    row.h2(&[1], key("one", 1)).unwrap();
    assert_eq!(row.h6(&[1]), "Refuse(404)");
}

/// Covers: R-IMS-51
#[test]
fn h6_pushes_each_msk_that_it_names() {
    let mut row = served();
    let before = row.seen();
    assert_eq!(row.h6(&[1, 2]), "Answer() PushRequested(200,200)");
    assert_eq!(row.seen(), before);
}

/// Covers: R-IMS-51
#[test]
fn h6_for_an_msk_of_another_service_is_refused_as_a_whole() {
    assert_eq!(served().h6(&[1, 3]), "Refuse(403)");
    let (alice, s1) = (alice(), service(1));
    let msks = [
        RequestedMsk { name: msk(1, 0), service: Some(&s1) },
        RequestedMsk { name: msk(7, 0), service: None },
    ];
    let asserted = Asserted { peer: Peer::Trusted, impu: Some(&alice) };
    let event = UpfEvent::AuthorizedMskRequest { asserted, msks: &msks };
    assert_eq!(served().turns_away(event).unwrap(), "Refuse(403)", "nobody knows its Key Group");
}

#[test]
fn nothing_goes_out_under_a_muk_whose_lifetime_has_passed() {
    let mut row = Row::new();
    row.h5(&[1], short_lived()).unwrap();
    row.now = 999;
    assert_eq!(row.h6(&[1]), "Answer() PushRequested(200)");
    assert_eq!(row.changed(1), "PushMsk(s1)");
    row.now = 1_000;
    assert_eq!(row.h6(&[1]), "Refuse(403) MukExpired(Sip)");
    assert_eq!(row.changed(1), "MukExpired(Sip)");
    assert!(provisioned(&row, 1), "the context stays for the renewal");
    assert!(row.h5(&[1], key("two", 2)).unwrap().contains("PushMsk(s1)"));
}

/// Covers: R-IMS-43
#[test]
fn a_new_msk_is_pushed_to_who_is_served() {
    let mut row = served();
    assert_eq!((row.changed(1), row.changed(3)), ("PushMsk(s1)".into(), String::new()));
}

/// Covers: T-103, D-22, R-IMS-45
#[test]
fn deauthorisation_cancels_before_it_answers_and_later_changes_skip_the_user() {
    let mut row = served();
    assert_eq!(row.h7(&[2, 9]), "CancelPushes(s2) Answer()");
    assert_eq!((row.changed(1), row.changed(2)), ("PushMsk(s1)".into(), String::new()));
    assert_eq!(row.h6(&[2]), "Refuse(403)");
    assert_eq!(row.h7(&[1]), "CancelPushes(s1) Answer()");
    assert!(row.context.is_empty(), "the key is gone with the last service");
    assert_eq!(row.changed(1), "");
    assert_eq!(row.h6(&[1]), "Refuse(404)");
    assert_eq!(row.h7(&[1]), "Answer()", "once more does no harm");
}

#[test]
fn deauthorisation_wipes_the_previous_muk_as_well() {
    let mut row = served();
    row.h5(&[1], key("two", 2)).unwrap();
    row.h7(&[1, 2]);
    assert!(row.context.is_empty() && row.context.previous_user(Variant::Sip, at(0)).is_none());
}

#[test]
fn both_variants_serve_one_user_side_by_side() {
    let mut row = served();
    row.h1(&[3]).unwrap();
    assert_eq!(row.h2(&[3], key("http", 9)).unwrap(), "NewMuk(Http) Answer(200) PushMsk(s3)");
    let muk = |number| row.context.recipient(&service(number), at(0)).unwrap().user.muk.export().to_vec();
    assert_eq!((muk(1), muk(3)), (vec![1; 32], vec![9; 32]));
    row.h7(&[1, 2]);
    assert!(row.context.user(Variant::Sip).is_none());
    assert_eq!(row.changed(3), "PushMsk(s3)");
}

#[test]
fn a_timeout_out_of_turn_does_no_harm() {
    let mut row = served();
    let before = row.seen();
    assert_eq!(row.timeout(5 * DAY_MS), "");
    assert_eq!(row.seen(), before);
}
