//! The table of the UPF in the HTTP variant, row by row, and proof that what is turned away leaves no trace.
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

use castkey::ims::facts::{HttpRefusal, ItemStatus, Items, RequestedMsk, StatusCode, Variant};
use castkey::ims::request::Peer;
use castkey::ims::upf::{Asserted, Claimed, Context, Credentials, Standing, UpfAction, UpfConfig, UpfEvent};
use castkey::ims::{Impu, ImsError};
use castkey::keys::NafId;
use upf_row::*;

/// s1 and s2 are authorised.
fn authorised() -> Row {
    let mut row = Row::new();
    assert_eq!(row.h1(&[1, 2]).unwrap(), format!("Answer() ArmTimer({DAY_MS})"));
    row
}

/// The terminal has registered for s1.
fn registered() -> Row {
    let mut row = authorised();
    assert_eq!(row.h2(&[1], key("one", 1)).unwrap(), "NewMuk(Http) Answer(200) PushMsk(s1)");
    row
}

fn standing(row: &Row, number: usize) -> Option<Standing> {
    row.context.standing(&service(number), at(row.now))
}

// The table, in its order.

/// Covers: T-090, R-IMS-18
#[test]
fn an_authorization_notification_from_an_untrusted_peer_is_refused_403() {
    let (alice, list) = (alice(), services([1]));
    for impu in [Some(&alice), None] {
        let asserted = Asserted { peer: Peer::Untrusted, impu };
        let event = UpfEvent::Authorize { asserted, services: &list };
        assert_eq!(Row::new().turns_away(event).unwrap(), "Refuse(403)");
    }
}

/// Covers: R-IMS-18
#[test]
fn an_authorization_notification_that_names_nobody_is_refused_400() {
    let list = services([1]);
    let asserted = Asserted { peer: Peer::Trusted, impu: None };
    let event = UpfEvent::Authorize { asserted, services: &list };
    assert_eq!(authorised().turns_away(event).unwrap(), "Refuse(400)");
}

/// Covers: T-085, D-23
#[test]
fn a_list_of_65_services_or_none_is_refused_400_and_nothing_is_stored() {
    let alice = alice();
    for count in [0, 65] {
        let list = services(1..=count);
        let asserted = Asserted { peer: Peer::Trusted, impu: Some(&alice) };
        let event = UpfEvent::Authorize { asserted, services: &list };
        assert_eq!(Row::new().turns_away(event).unwrap(), "Refuse(400)", "{count}");
    }
}

/// Covers: R-IMS-3, T-105
#[test]
fn a_service_in_use_by_the_sip_variant_is_not_authorised_for_http() {
    let mut row = Row::new();
    row.h5(&[2], key("one", 1)).unwrap();
    let before = row.seen();
    assert_eq!(row.h1(&[1, 2]).unwrap_err(), ImsError::VariantConflict);
    assert_eq!(row.seen(), before, "nor is s1");
    assert!(row.h1(&[1]).is_ok(), "another service may use the other variant");
}

/// Covers: R-IMS-22
#[test]
fn a_full_context_refuses_as_a_whole_with_503_and_retry_after() {
    let mut row = Row::new();
    row.h1(&[1, 2, 3, 4, 5, 6, 7]).unwrap();
    let before = row.seen();
    let error = row.h1(&[8, 9]).unwrap_err();
    assert_eq!(error, ImsError::StoreFull);
    assert_eq!(row.seen(), before, "not even s8 is stored");
    let refusal = HttpRefusal::from(error);
    assert_eq!((refusal.status, refusal.retry_after_s), (StatusCode::SERVICE_UNAVAILABLE, Some(5)));
    assert_eq!(refusal, HttpRefusal::UNAVAILABLE, "as when there is no room for another row");
    row.now = DAY_MS;
    assert!(row.h1(&[8, 9]).is_ok(), "what has run out gives up its place");
}

/// Covers: R-IMS-22
#[test]
fn an_authorisation_is_stored_for_a_day_and_merged_with_what_there_was() {
    let mut row = authorised();
    row.now = 1_000;
    assert_eq!(row.h1(&[2, 3]).unwrap(), "Answer()", "the first to run out is still s1");
    let until = |millis| Some(Standing::Authorised { until: at(millis) });
    assert_eq!(standing(&row, 1), until(DAY_MS));
    assert_eq!(standing(&row, 2), until(DAY_MS + 1_000));
    assert_eq!(standing(&row, 3), until(DAY_MS + 1_000));
    row.now = DAY_MS - 1;
    assert_eq!(standing(&row, 1), until(DAY_MS));
    row.now = DAY_MS;
    assert_eq!(standing(&row, 1), None, "without any Timeout");
}

#[test]
fn an_authorisation_anew_keeps_the_registration() {
    let mut row = registered();
    row.now = 1_000;
    row.h1(&[1]).unwrap();
    assert_eq!(standing(&row, 1), Some(Standing::Registered { until: at(DAY_MS + 1_000) }));
}

/// Who may not be let in, with the answer.
fn strangers<'a>(impus: &'a [Impu], mallory: &'a Impu) -> Vec<(Claimed<'a>, &'static str)> {
    let valid = |impus| Credentials::Valid { impus, key: key("one", 1) };
    let mut expired = key("one", 1);
    expired.expires = at(0);
    let claimed = |credentials, intended| Claimed { credentials, intended };
    vec![
        (claimed(Credentials::Absent, Some(&impus[0])), "Challenge"),
        (claimed(Credentials::Absent, None), "Challenge"),
        (claimed(Credentials::Refused { stale: false }, Some(&impus[0])), "Challenge"),
        (claimed(Credentials::Refused { stale: true }, Some(&impus[0])), "Challenge(stale)"),
        (claimed(Credentials::UnknownBTid, Some(&impus[0])), "Challenge"),
        (claimed(Credentials::Valid { impus, key: expired }, Some(&impus[0])), "Challenge"),
        (claimed(Credentials::Unfetched, Some(&impus[0])), "QueryBsf"),
        (claimed(Credentials::BsfDown, Some(&impus[0])), "Refuse(503,5s)"),
        (claimed(valid(impus), None), "Refuse(403)"),
        (claimed(valid(impus), Some(mallory)), "Refuse(403)"),
        (claimed(valid(&[]), Some(mallory)), "Refuse(403)"),
    ]
}

/// Covers: R-MSK-9, R-MSK-12, R-MSK-15, R-IMS-11, R-IMS-23, T-092
#[test]
fn a_stranger_registers_for_nothing() {
    let (impus, mallory, list) = ([alice()], Impu::new("sip:mallory@home1.net").unwrap(), services([1]));
    for (claimed, answer) in strangers(&impus, &mallory) {
        let shown = format!("{claimed:?}");
        let event = UpfEvent::Register { claimed, services: &list };
        assert_eq!(authorised().turns_away(event).unwrap(), answer, "{shown}");
    }
}

/// Covers: R-IMS-28
#[test]
fn a_stranger_deregisters_nobody() {
    let (impus, mallory, list) = ([alice()], Impu::new("sip:mallory@home1.net").unwrap(), services([1]));
    for (claimed, answer) in strangers(&impus, &mallory) {
        let event = UpfEvent::Deregister { claimed, services: &list };
        assert_eq!(registered().turns_away(event).unwrap(), answer);
    }
}

/// Covers: R-IMS-30, R-MSK-12, R-MSK-15, R-MSK-18
#[test]
fn a_stranger_is_sent_no_msk() {
    let (impus, mallory) = ([alice()], Impu::new("sip:mallory@home1.net").unwrap());
    let s1 = service(1);
    for (claimed, answer) in strangers(&impus, &mallory) {
        let msks = [RequestedMsk { name: msk(1, 0), service: Some(&s1) }];
        let event = UpfEvent::MskRequest { claimed, msks: &msks };
        assert_eq!(registered().turns_away(event).unwrap(), answer);
    }
}

#[test]
fn the_other_identity_of_a_subscriber_is_his_as_well() {
    let impus = [Impu::new("tel:+123").unwrap(), alice()];
    let list = services([1]);
    let claimed = Claimed {
        credentials: Credentials::Valid { impus: &impus, key: key("one", 1) },
        intended: Some(&impus[1]),
    };
    let event = UpfEvent::Register { claimed, services: &list };
    assert_eq!(authorised().does(event), "NewMuk(Http) Answer(200) PushMsk(s1)");
}

/// Covers: T-085
#[test]
fn a_terminals_list_of_65_or_none_is_refused_400() {
    for count in [0, 65] {
        let numbers: Vec<_> = (1..=count).collect();
        let mut row = authorised();
        let before = row.seen();
        assert_eq!(row.h2(&numbers, key("one", 1)).unwrap(), "Refuse(400)");
        assert_eq!(row.h3(&numbers, key("one", 1)), "Refuse(400)");
        assert_eq!(row.h4(&vec![(msk(1, 0), 1); count], key("one", 1)), "Refuse(400)");
        assert_eq!(row.seen(), before);
    }
    let numbers: Vec<_> = (1..=64).collect();
    let answer = authorised().h2(&numbers, key("one", 1)).unwrap();
    assert_eq!(answer.matches("403").count(), 62, "64 are not too many: {answer}");
}

/// Covers: R-IMS-3, T-105
#[test]
fn a_service_in_use_by_the_sip_variant_is_not_registered_by_http() {
    let mut row = authorised();
    row.h5(&[3], key("sip", 3)).unwrap();
    let before = row.seen();
    assert_eq!(row.h2(&[1, 3], key("one", 1)).unwrap_err(), ImsError::VariantConflict);
    assert_eq!(row.seen(), before, "nor is s1");
}

/// Covers: T-091, R-IMS-25, R-IMS-26, R-MSK-13
#[test]
fn a_registration_grants_what_is_authorised_and_only_that_is_pushed() {
    let mut row = authorised();
    let line = "NewMuk(Http) Answer(403,200) PushMsk(s1)";
    assert_eq!(row.h2(&[9, 1], key("one", 1)).unwrap(), line);
    assert_eq!(standing(&row, 1), Some(Standing::Registered { until: at(DAY_MS) }));
    assert_eq!(standing(&row, 2), Some(Standing::Authorised { until: at(DAY_MS) }));
    assert_eq!(standing(&row, 9), None);
}

/// Covers: R-IMS-25, R-MSK-13
#[test]
fn a_registration_without_any_authorised_service_is_answered_200_and_stores_nothing() {
    let mut row = authorised();
    let before = row.seen();
    assert_eq!(row.h2(&[8, 9], key("one", 1)).unwrap(), "Answer(403,403)");
    assert_eq!(row.seen(), before);
    assert!(row.context.user(Variant::Http).is_none(), "no key either");
}

#[test]
fn an_authorisation_that_has_run_out_counts_no_more() {
    let mut row = authorised();
    row.now = DAY_MS;
    assert_eq!(row.h2(&[1], key("one", 1)).unwrap(), "Answer(403)");
}

/// Covers: R-IMS-5, R-IMS-24
#[test]
fn the_muk_is_named_by_the_naf_id_of_the_http_variant_and_the_btid() {
    let row = registered();
    let user = row.context.user(Variant::Http).unwrap();
    assert_eq!(user.id.idi, b"naf.home1.net\x01\0\0\0\x03");
    assert_eq!(user.id.idr, b"one@bsf.home1.net");
    assert_eq!((user.muk.export(), user.counter), (&[1_u8; 32][..], None));
    assert_eq!(row.context.address(Variant::Http).unwrap().as_str(), "192.0.2.7");
    assert_eq!(row.context.muk_expires(Variant::Http), Some(at(LIFETIME_MS)));
    assert!(row.context.user(Variant::Sip).is_none());
    assert_eq!(NafId::UA_IMS_MBMS_HTTP, [1, 0, 0, 0, 3]);
}

#[test]
fn the_same_key_again_goes_on_counting_and_another_one_starts_afresh() {
    let mut row = registered();
    row.count(Variant::Http, 7);
    assert_eq!(row.h2(&[1], key("one", 1)).unwrap(), "Answer(200) PushMsk(s1)");
    assert_eq!(row.counter(Variant::Http), Some(7));
    row.now = 500;
    let line = "NewMuk(Http) Answer(200) PushMsk(s1) ArmTimer(10500)";
    assert_eq!(row.h2(&[1], key("two", 2)).unwrap(), line);
    assert_eq!(row.counter(Variant::Http), None);
    assert_eq!(row.context.user(Variant::Http).unwrap().id.idr, b"two@bsf.home1.net");
    // The key before only verifies acknowledgements, and that for 10 s.
    let previous =
        |row: &Row, now| row.context.previous_user(Variant::Http, at(now)).map(|user| user.counter);
    assert_eq!(previous(&row, 10_499), Some(Some(castkey::id::Counter(7))));
    assert_eq!(previous(&row, 10_500), None);
}

#[test]
fn a_key_that_comes_back_never_uses_a_counter_twice() {
    let mut row = registered();
    row.count(Variant::Http, 7);
    row.h2(&[1], key("two", 2)).unwrap();
    row.h2(&[1], key("one", 1)).unwrap();
    assert_eq!(row.counter(Variant::Http), Some(7));
}

/// Covers: R-IMS-27, D-22
#[test]
fn a_deregistration_cancels_before_it_answers_and_leaves_the_authorisation() {
    let mut row = registered();
    assert_eq!(row.h3(&[2, 1, 9], key("one", 1)), "CancelPushes(s1) Answer(404,200,404)");
    assert_eq!(standing(&row, 1), Some(Standing::Authorised { until: at(DAY_MS) }));
    assert!(row.context.user(Variant::Http).is_none(), "nobody needs the key any more");
    assert_eq!(row.changed(1), "");
    // Again, it finds nothing and does no harm.
    let before = row.seen();
    assert_eq!(row.h3(&[1], key("one", 1)), "Answer(404)");
    assert_eq!(row.seen(), before);
    assert_eq!(row.h2(&[1], key("one", 1)).unwrap(), "NewMuk(Http) Answer(200) PushMsk(s1)");
}

#[test]
fn the_key_stays_while_another_service_needs_it() {
    let mut row = registered();
    row.h2(&[2], key("one", 1)).unwrap();
    row.h3(&[1], key("one", 1));
    assert_eq!(row.context.user(Variant::Http).unwrap().muk.export(), [1; 32]);
}

#[test]
fn a_service_of_the_sip_variant_is_not_registered_for_h3_and_h4() {
    let mut row = Row::new();
    row.h5(&[1], key("one", 1)).unwrap();
    let before = row.seen();
    assert_eq!(row.h3(&[1], key("one", 1)), "Answer(404)");
    assert_eq!(row.h4(&[(msk(1, 0), 1)], key("one", 1)), "Answer(403)");
    assert_eq!(row.seen(), before);
}

/// Covers: R-IMS-29, R-IMS-31, R-MSK-13, R-MSK-11
#[test]
fn an_msk_request_grants_each_registered_services_msk_whatever_its_number() {
    let mut row = registered();
    let wanted = [(msk(1, 0), 1), (msk(2, 0), 2), (msk(7, 0), 0), (msk(1, 42), 1), (msk(9, 0), 9)];
    let line = "Answer(200,403,404,200,403) PushRequested(200,403,404,200,403)";
    assert_eq!(row.h4(&wanted, key("one", 1)), line);
}

#[test]
fn an_msk_request_before_registration_is_answered_with_403_items() {
    let mut row = authorised();
    let before = row.seen();
    assert_eq!(row.h4(&[(msk(1, 0), 1), (msk(7, 0), 0)], key("one", 1)), "Answer(403,404)");
    assert_eq!(row.seen(), before);
}

/// Covers: R-MSK-33
#[test]
fn an_msk_request_under_a_new_btid_renews_the_muk_before_the_msk_goes_out() {
    let mut row = registered();
    let line = "NewMuk(Http) Answer(200) PushRequested(200) ArmTimer(10000)";
    assert_eq!(row.h4(&[(msk(1, 0), 1)], key("two", 2)), line);
    assert_eq!(row.context.user(Variant::Http).unwrap().muk.export(), [2; 32]);
    let before = row.seen();
    assert_eq!(row.h4(&[(msk(2, 0), 2)], key("three", 3)), "Answer(403)");
    assert_eq!(row.seen(), before, "who is granted nothing changes nothing");
}

/// Covers: R-IMS-45, D-22, T-103
#[test]
fn deauthorisation_cancels_before_it_answers_and_later_changes_skip_the_user() {
    let mut row = registered();
    row.h2(&[2], key("one", 1)).unwrap();
    assert_eq!(row.h7(&[1, 2]), "CancelPushes(s1,s2) Answer()");
    assert_eq!((standing(&row, 1), standing(&row, 2)), (None, None));
    assert!(row.context.is_empty(), "{:?}", row.context);
    assert_eq!((row.changed(1), row.changed(2)), (String::new(), String::new()));
    assert_eq!(row.h2(&[1], key("one", 1)).unwrap(), "Answer(403)");
    assert_eq!(row.h7(&[1]), "Answer()", "once more does no harm");
}

#[test]
fn deauthorisation_of_one_service_leaves_the_others() {
    let mut row = registered();
    row.h2(&[2], key("one", 1)).unwrap();
    assert_eq!(row.h7(&[1]), "CancelPushes(s1) Answer()");
    assert_eq!((row.changed(1), row.changed(2)), (String::new(), "PushMsk(s2)".into()));
    assert_eq!(authorised().h7(&[1]), "Answer()", "nothing was being sent");
}

/// Covers: R-MSK-34, R-IMS-25
#[test]
fn a_new_msk_goes_to_who_is_registered_and_authorised() {
    let mut row = registered();
    assert_eq!(row.changed(1), "PushMsk(s1)");
    assert_eq!(row.changed(2), "", "authorised, not registered");
    assert_eq!(row.changed(9), "");
    row.now = DAY_MS;
    assert_eq!(row.changed(1), "", "no longer authorised, Timeout or not");
}

#[test]
fn no_msk_goes_out_under_a_muk_whose_lifetime_has_passed() {
    let mut row = authorised();
    let mut short = key("one", 1);
    short.expires = at(1_000);
    row.h2(&[1], short).unwrap();
    row.now = 999;
    assert_eq!(row.changed(1), "PushMsk(s1)");
    row.now = 1_000;
    assert_eq!(row.changed(1), "MukExpired(Http)");
    assert_eq!(standing(&row, 1), Some(Standing::Registered { until: at(DAY_MS) }));
}

#[test]
fn a_timeout_ends_what_has_run_out_and_wipes_its_key() {
    let mut row = registered();
    let before = row.seen();
    assert_eq!(row.timeout(DAY_MS - 1), "");
    assert_eq!(row.seen(), before, "not due");
    assert_eq!(row.timeout(DAY_MS), "CancelPushes(s1)");
    assert!(row.context.is_empty());
    assert_eq!(row.context.deadline(), None);
    assert_eq!(row.timeout(DAY_MS), "");
}

#[test]
fn a_timeout_wipes_the_previous_muk() {
    let mut row = registered();
    row.h2(&[1], key("two", 2)).unwrap();
    assert!(format!("{:?}", row.context).contains("one@bsf"));
    assert_eq!(row.timeout(9_999), "");
    assert!(format!("{:?}", row.context).contains("one@bsf"));
    assert_eq!(row.timeout(10_000), format!("ArmTimer({DAY_MS})"));
    assert!(!format!("{:?}", row.context).contains("one@bsf"));
}

#[test]
fn only_who_is_served_is_a_recipient() {
    let row = registered();
    let recipient = |number, now| row.context.recipient(&service(number), at(now));
    assert_eq!(recipient(1, 0).unwrap().muk_expires, at(LIFETIME_MS));
    assert!(recipient(2, 0).is_none() && recipient(9, 0).is_none() && recipient(1, DAY_MS).is_none());
    let mut row = Row::new();
    assert_eq!(
        row.context.save_counter(Variant::Http, castkey::id::Counter(1)).unwrap_err(),
        ImsError::Unknown
    );
}

#[test]
fn every_error_has_its_status() {
    let rows = [
        (ImsError::Malformed, 400),
        (ImsError::TooLong, 400),
        (ImsError::Empty, 400),
        (ImsError::UriMismatch, 400),
        (ImsError::BadResponse, 401),
        (ImsError::Replay, 401),
        (ImsError::StaleNonce, 401),
        (ImsError::NotAuthorised, 403),
        (ImsError::VariantConflict, 403),
        (ImsError::Unknown, 404),
        (ImsError::StoreFull, 503),
    ];
    for (error, status) in rows {
        let refusal = HttpRefusal::from(error);
        assert_eq!(refusal.status.code(), status, "{error:?}");
        assert_eq!(refusal.retry_after_s.is_some(), status == 503, "{error:?}");
    }
    let codes =
        [ItemStatus::Granted, ItemStatus::NotAuthorised, ItemStatus::Unknown].map(|item| item.code().code());
    assert_eq!(codes, [200, 403, 404]);
}

#[test]
fn items_keep_their_order_up_to_the_64th() {
    let all = [ItemStatus::Granted, ItemStatus::NotAuthorised, ItemStatus::Unknown];
    let wanted: Vec<_> = all.iter().copied().cycle().take(70).collect();
    let items: Items = wanted.iter().copied().collect();
    assert_eq!(items.iter().collect::<Vec<_>>(), wanted[..64]);
    assert_eq!((items.len(), items.is_empty(), Items::EMPTY.is_empty()), (64, false, true));
}

/// Whatever happens in whatever order: keys are held only for who is served, nothing is pushed to who is not, and an event
/// that is turned away changes nothing.
#[test]
fn thousands_of_random_events_break_no_rule() {
    let mut seed = 0x2545_F491_4F6C_DD1D_u64;
    let mut draw = move |below: u64| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) % below
    };
    let (mut row, mut pushes, mut refusals) = (Row::new(), 0, 0);
    for _ in 0..20_000 {
        row.now += [0, 1, 9_000, 11_000, DAY_MS / 2][usize::try_from(draw(5)).unwrap()];
        let numbers: Vec<_> = (0..=draw(2)).map(|_| 1 + usize::try_from(draw(10)).unwrap()).collect();
        let octet = u8::try_from(1 + draw(3)).unwrap();
        let mut key = key(["", "one", "two", "three"][usize::from(octet)], octet);
        key.expires = at(row.now + [0, 5_000, LIFETIME_MS][usize::try_from(draw(3)).unwrap()]);
        let before = row.seen();
        let result = match draw(8) {
            0 => row.h1(&numbers),
            1 => row.h2(&numbers, key),
            2 => Ok(row.h3(&numbers, key)),
            3 => Ok(row.h4(&[(msk(1, 0), numbers[0])], key)),
            4 => row.h5(&numbers, key),
            5 => Ok(row.h7(&numbers)),
            6 => Ok(row.changed(numbers[0])),
            _ => {
                let now = row.now;
                Ok(row.timeout(now))
            }
        };
        let turned_away = match &result {
            Err(_) => true,
            Ok(line) => line.starts_with("Refuse") || line.starts_with("Challenge"),
        };
        if turned_away {
            refusals += 1;
            assert_eq!(row.seen(), before, "{result:?}");
        }
        let line = result.unwrap_or_default();
        let served = |n: usize| standing(&row, n).is_some_and(Standing::is_served);
        if let Some((_, rest)) = line.split_once("PushMsk(") {
            pushes += 1;
            for name in rest.split(')').next().unwrap().split(',') {
                assert!(served(name[1..].parse().unwrap()), "{line}");
            }
        }
        for variant in [Variant::Http, Variant::Sip] {
            let needed = (1..=10)
                .filter_map(|n| standing(&row, n))
                .any(|standing| standing.variant() == variant && standing.is_served());
            let held = row.context.user(variant).is_some();
            assert!(held || !needed, "a served user has a key: {line}");
            if row.context.deadline().is_none_or(|deadline| deadline > at(row.now)) {
                assert_eq!(held, needed, "a key that nobody needs is gone: {line} {:?}", row.context);
            }
        }
    }
    assert!(pushes > 500 && refusals > 500, "{pushes} {refusals}");
}

/// Covers: D-24
#[test]
fn nothing_shows_the_key() {
    let row = registered();
    let event = UpfEvent::AuthorizedRegister {
        asserted: Asserted { peer: Peer::Trusted, impu: None },
        services: &[],
        key: Some(key("one", 0xA7)),
    };
    let shown = format!("{:?} {event:?} {event:x?}", row.context);
    assert!(!shown.contains("1, 1, 1") && !shown.contains("167") && !shown.to_lowercase().contains("a7, a7"));
}

#[test]
fn a_row_takes_little_room() {
    assert!(size_of::<Context>() <= 2_816, "{}", size_of::<Context>());
    assert!(size_of::<UpfAction>() <= 32, "{}", size_of::<UpfAction>());
}

#[test]
fn ten_thousand_rows_live_side_by_side_and_an_event_touches_one_of_them() {
    let config = UpfConfig::default();
    let mut rows: Vec<Context> = (0..10_000).map(|_| Context::new()).collect();
    let (alice, list) = (alice(), services([1]));
    let asserted = Asserted { peer: Peer::Trusted, impu: Some(&alice) };
    for row in &mut rows {
        let event = UpfEvent::Authorize { asserted, services: &list };
        assert!(!row.handle(event, &config, at(0)).unwrap().is_empty());
        let impus = [alice.clone()];
        let credentials = Credentials::Valid { impus: &impus, key: key("one", 1) };
        let claimed = Claimed { credentials, intended: Some(&impus[0]) };
        let event = UpfEvent::Register { claimed, services: &list };
        assert!(!row.handle(event, &config, at(0)).unwrap().is_empty());
    }
    let mut pushed = 0;
    for row in &mut rows {
        let actions = row.handle(UpfEvent::MskChanged(&list[0]), &config, at(1)).unwrap();
        pushed += u32::from(matches!(actions.as_slice(), [UpfAction::PushMsk(set)] if set.count() == 1));
    }
    assert_eq!(pushed, 10_000);
}
