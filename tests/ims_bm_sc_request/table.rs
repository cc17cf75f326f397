//! The rows of the table, in its order.

use super::*;

/// Covers: R-MSK-18, R-IMS-26
#[test]
fn a_granted_request_and_a_new_msk_go_out_once_the_counter_is_saved() {
    for event in [granted(1), changed(1), granted(KeyNumber::CURRENT.0)] {
        let mut desk = Desk::new();
        assert_eq!(desk.does(event), "SaveCounter(1) SaveDelivery Send");
        desk.awaits(1, 1, 1, 1_000);
        let mut terminal = Terminal::<2>::new(punctual());
        assert!(terminal.hears(&desk.sent).contains("MskStored(1)"));
    }
}

/// Covers: R-MSK-34
#[test]
fn a_new_msk_is_pushed_unasked_and_asks_for_an_acknowledgement() {
    let mut desk = Desk::distributing();
    assert_eq!(desk.does(changed(2)), "SaveCounter(1) SaveDelivery Send");
    assert_eq!(desk.bm_sc.outstanding(GROUP), Some(1), "the switch waits for it");
    assert!(Message::decode(&desk.sent).unwrap().hdr().v);
}

#[test]
fn a_user_of_any_past_gets_a_message_of_its_own_with_a_counter_of_its_own() {
    for make in [Desk::delivered as fn() -> Desk, Desk::failed, Desk::waiting] {
        let mut desk = make();
        let (start, before) = (desk.now, desk.sent.clone());
        assert_eq!(desk.does(granted(1)), "SaveCounter(2) SaveDelivery Send");
        desk.awaits(1, 2, 1, start + 1_000);
        assert_ne!(desk.sent, before);
    }
}

#[test]
fn a_new_msk_takes_the_place_of_the_one_that_waits() {
    let mut desk = Desk::waiting();
    desk.bm_sc_does(BmScEvent::Rekey(GROUP));
    desk.now = 1_000;
    desk.does(TIMEOUT);
    desk.awaits(1, 1, 2, 3_000);
    assert_eq!(desk.does(changed(2)), "SaveCounter(2) SaveDelivery Send");
    desk.awaits(2, 2, 1, 2_000);
    desk.now = 2_000;
    assert_eq!(desk.does(changed(2)), "SaveCounter(3) SaveDelivery Send");
    desk.awaits(2, 3, 1, 3_000);
    assert_eq!(desk.bm_sc.outstanding(GROUP), Some(1), "one user, however often it is sent to him");
}

#[test]
fn without_acknowledgements_a_message_counts_as_delivered() {
    let mut desk = Desk::with(BmScConfig { acknowledge: false, ..MskDelivery::config() });
    assert_eq!(desk.does(granted(1)), "SaveCounter(1) SaveDelivery Send");
    assert_eq!((desk.row.delivery(), desk.row.deadline()), (Delivery::Delivered(msk_name(1)), None));
    assert!(!Message::decode(&desk.sent).unwrap().hdr().v);
}

/// Covers: R-MSK-13, R-MSK-18, D-22
#[test]
fn who_is_not_served_is_sent_nothing() {
    for make in [Desk::new as fn() -> Desk, Desk::delivered, Desk::failed, Desk::waiting] {
        for event in [granted(1), changed(1), E::Verification(&[])] {
            let mut desk = make();
            desk.who = Who::Nobody;
            assert_eq!(desk.refuses(event), procedure(ImsError::NotAuthorised));
        }
    }
    let mut desk = Desk::new();
    desk.who = Who::Nobody;
    assert_eq!(desk.refuses(E::SolicitPull(GROUP)), procedure(ImsError::NotAuthorised));
}

#[test]
fn nothing_new_goes_out_under_a_muk_whose_lifetime_has_passed() {
    for event in [granted(1), changed(1), E::SolicitPull(GROUP)] {
        let mut desk = Desk::new();
        desk.now = MUK_EXPIRES_MS;
        assert_eq!(desk.refuses(event), procedure(ImsError::ExpiredKey));
        desk.now = MUK_EXPIRES_MS - 1;
        assert!(desk.act(event).is_ok());
    }
}

#[test]
fn a_good_verification_message_delivers() {
    let mut desk = Desk::waiting();
    let octets = desk.acknowledgement();
    assert_eq!(desk.does(E::Verification(&octets)), "SaveDelivery Delivered(1)");
    assert_eq!((desk.row.delivery(), desk.row.deadline()), (Delivery::Delivered(msk_name(1)), None));
    // The last one that a new MSK waits for brings the switch.
    let mut desk = Desk::distributing();
    desk.does(changed(2));
    desk.bm_sc_does(BmScEvent::Distributed(GROUP));
    let octets = desk.acknowledgement();
    let line = "SaveDelivery Delivered(2) Activated(2) Multicast ArmTimer(250)";
    assert_eq!(desk.does(E::Verification(&octets)), line);
}

#[test]
fn an_acknowledgement_of_the_repetition_is_one_of_the_first() {
    let mut desk = Desk::waiting();
    let octets = desk.acknowledgement();
    desk.now = 1_000;
    desk.does(TIMEOUT);
    assert_eq!(desk.does(E::Verification(&octets)), "SaveDelivery Delivered(1)");
}

#[test]
fn a_verification_message_with_a_bad_mac_or_for_another_message_is_ignored() {
    let mut desk = Desk::waiting();
    let good = desk.acknowledgement();
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        desk.refuses(E::Verification(&bad));
    }
    let mut bad = good.clone();
    *bad.last_mut().unwrap() ^= 1;
    assert_eq!(
        desk.refuses(E::Verification(&bad)),
        MskDeliveryError::BmSc(Error::Open(OpenError::MacInvalid))
    );
    desk.does(granted(1));
    assert_eq!(
        desk.refuses(E::Verification(&good)),
        MskDeliveryError::BmSc(Error::Open(OpenError::Replay)),
        "it answers the message before"
    );
}

/// Covers: D-21
#[test]
fn an_unanswered_message_is_repeated_octet_for_octet_after_1_2_and_4_seconds_and_then_given_up() {
    let mut desk = Desk::waiting();
    let first = desk.sent.clone();
    for (due, attempt, next) in [(1_000, 2, 3_000), (3_000, 3, 7_000), (7_000, 4, 15_000)] {
        desk.now = due - 1;
        desk.sent.clear();
        assert_eq!(desk.does(TIMEOUT), "", "not due");
        desk.now = due;
        assert_eq!(desk.does(TIMEOUT), "SaveDelivery Send", "no counter: there is no new one");
        assert_eq!(desk.sent, first);
        desk.awaits(1, 1, attempt, next);
    }
    desk.now = 15_000;
    desk.sent.clear();
    assert_eq!(desk.does(TIMEOUT), "SaveDelivery Undelivered(1)");
    assert!(desk.sent.is_empty());
    assert_eq!((desk.row.delivery(), desk.row.deadline()), (Delivery::Failed(msk_name(1)), None));
}

/// Covers: D-21
#[test]
fn a_repetition_stays_identical_whatever_else_was_sent_to_the_user() {
    let mut desk = Desk::waiting();
    let first = desk.sent.clone();
    // Another Key Group's message under the same MUK.
    desk.counter = Some(Counter(9));
    desk.now = 1_000;
    assert_eq!(desk.does(TIMEOUT), "SaveDelivery Send");
    assert_eq!((desk.sent.clone(), desk.counter), (first, Some(Counter(9))));
}

/// Covers: D-21
#[test]
fn a_repetition_with_other_content_is_refused() {
    let policies = [Policy::new(0, ProtType::SRTP, &[]).unwrap()];
    let other = SessionSecurity { policies: &policies, sessions: None };
    let mut desk = Desk::waiting();
    desk.now = 1_000;
    let inconsistent = MskDeliveryError::BmSc(Error::Seal(SealError::Encode(EncodeError::Inconsistent)));
    assert_eq!(desk.refuses(E::Timeout(other)), inconsistent);
    let first = core::mem::replace(&mut desk.muk, other_muk());
    assert_eq!(desk.refuses(TIMEOUT), inconsistent, "another MUK: another message");
    desk.muk = first;
    assert_eq!(desk.does(TIMEOUT), "SaveDelivery Send");

    let mut desk = Desk::new();
    desk.does(E::RequestGranted { name: msk_name(1), security: other });
    desk.now = 1_000;
    assert_eq!(desk.does(E::Timeout(other)), "SaveDelivery Send", "that is what went out");
}

#[test]
fn the_last_delivery_to_fail_lets_the_switch_happen() {
    let mut desk = Desk::distributing();
    desk.does(changed(2));
    desk.bm_sc_does(BmScEvent::Distributed(GROUP));
    for now in [1_000, 3_000, 7_000] {
        desk.now = now;
        assert_eq!(desk.does(TIMEOUT), "SaveDelivery Send");
        assert_eq!(desk.bm_sc.outstanding(GROUP), Some(1));
    }
    desk.now = 15_000;
    assert!(desk.does(TIMEOUT).starts_with("SaveDelivery Undelivered(2) Activated(2) Multicast"));
}

#[test]
fn a_message_is_not_repeated_once_the_lifetime_of_its_muk_has_passed() {
    let mut desk = Desk::new();
    desk.now = MUK_EXPIRES_MS - 1;
    desk.does(granted(1));
    desk.now = MUK_EXPIRES_MS;
    assert_eq!(desk.does(TIMEOUT), "", "not due");
    desk.now = MUK_EXPIRES_MS + 999;
    assert_eq!(desk.does(TIMEOUT), "SaveDelivery Undelivered(1)");
}

/// Covers: D-22, T-103
#[test]
fn what_waits_for_a_user_who_is_no_longer_served_is_cancelled_and_never_sent() {
    let mut desk = Desk::waiting();
    desk.who = Who::Nobody;
    desk.sent.clear();
    assert_eq!(desk.does(TIMEOUT), "", "not due");
    desk.now = 1_000;
    assert_eq!(desk.does(TIMEOUT), "SaveDelivery");
    assert_eq!((desk.row, desk.sent.len()), (MskDelivery::new(), 0));
}

/// Covers: D-22, R-IMS-45
#[test]
fn deauthorisation_and_deregistration_cancel_whatever_waits() {
    for event in [E::Deauthorised, E::Deregistered] {
        for who in [Who::Served, Who::Nobody] {
            let mut desk = Desk::waiting();
            desk.who = who;
            assert_eq!(desk.does(event), "SaveDelivery");
            assert_eq!(desk.row, MskDelivery::new());
            desk.now = 1_000;
            assert_eq!(desk.does(TIMEOUT), "", "nothing is repeated");
            for make in [Desk::new as fn() -> Desk, Desk::delivered, Desk::failed] {
                let mut desk = make();
                desk.who = who;
                assert_eq!(desk.does(event), "");
                assert_eq!(desk.row, MskDelivery::new());
            }
        }
        let mut desk = Desk::distributing();
        desk.does(changed(2));
        desk.bm_sc_does(BmScEvent::Distributed(GROUP));
        let line = "SaveDelivery Activated(2) Multicast ArmTimer(250)";
        assert_eq!(desk.does(event), line, "the others need not wait for him");
    }
}

/// Covers: R-MSK-29, R-MSK-30, R-MSK-31
#[test]
fn a_solicited_pull_has_key_number_0_no_key_no_v_and_a_good_mac() {
    for make in [Desk::new as fn() -> Desk, Desk::delivered, Desk::failed] {
        let mut desk = make();
        let (row, next) = (desk.row, desk.counter.map_or(1, |counter| counter.0 + 1));
        assert_eq!(desk.does(E::SolicitPull(GROUP)), format!("SaveCounter({next}) Send"));
        assert_eq!(desk.row, row);
        let message = Message::decode(&desk.sent).unwrap();
        assert!(!message.hdr().v);
        let mut kemacs = message.payloads().filter_map(|payload| match payload {
            Payload::Kemac(kemac) => Some((kemac.encr_data.len(), kemac.mac.len())),
            _ => None,
        });
        assert_eq!((kemacs.next(), kemacs.next()), (Some((0, 20)), None));
        let decoded = castkey::message::MskMessage::decode(&desk.sent, &Settings::DEFAULT).unwrap();
        assert_eq!(decoded.name(), GROUP.msk(KeyNumber(0)));
        // A terminal that holds the MUK takes it as what it is.
        let mut terminal = Terminal::<2>::new(punctual());
        let line = terminal.hears(&desk.sent);
        assert!(line.contains("ArmTimer(100)") && !line.contains("Send"), "{line}");
        terminal.now = 100;
        let line = terminal.does(UeEvent::Timeout);
        assert!(line.contains("RequestMsk(0,"), "{line}");
    }
}

#[test]
fn a_verification_message_that_nobody_waits_for_is_refused() {
    let octets = Desk::waiting().acknowledgement();
    for make in [Desk::new as fn() -> Desk, Desk::delivered, Desk::failed] {
        assert_eq!(make().refuses(E::Verification(&octets)), MskDeliveryError::BmSc(Error::WrongState));
    }
}

#[test]
fn a_pull_waits_until_nothing_else_does() {
    assert_eq!(Desk::waiting().refuses(E::SolicitPull(GROUP)), procedure(ImsError::UnexpectedState));
}

#[test]
fn a_timeout_out_of_turn_does_no_harm() {
    for make in [Desk::new as fn() -> Desk, Desk::delivered, Desk::failed, Desk::waiting] {
        for who in [Who::Served, Who::Nobody] {
            let mut desk = make();
            desk.who = who;
            let waits = desk.row.deadline().is_some();
            desk.now += if waits { 999 } else { 100_000 };
            let before = desk.seen();
            assert_eq!(desk.does(TIMEOUT), "");
            assert_eq!(desk.seen(), before);
        }
    }
}

#[test]
fn an_msk_or_group_that_is_not_held_is_refused_in_every_state() {
    let strange = |name: MskName| E::MskChanged { name, security: NONE };
    for make in [Desk::new as fn() -> Desk, Desk::delivered, Desk::failed, Desk::waiting] {
        for name in [msk_name(9), OTHER_GROUP.msk(KeyNumber(1))] {
            assert_eq!(make().refuses(strange(name)), MskDeliveryError::BmSc(Error::Unknown));
        }
    }
    assert_eq!(Desk::new().refuses(E::SolicitPull(OTHER_GROUP)), MskDeliveryError::BmSc(Error::Unknown));
}
