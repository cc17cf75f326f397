//! What the roles below add to it.

use super::*;

/// Covers: D-21
#[test]
fn a_bm_sc_repeats_with_a_new_counter_unless_it_is_told_to_repeat_the_octets() {
    assert_eq!(BmScConfig::default().resend, Resend::NewCounter);
    let mut desk = Desk::with(BmScConfig::default());
    desk.does(granted(1));
    let first = desk.sent.clone();
    desk.now = 1_000;
    assert_eq!(desk.does(TIMEOUT), "SaveCounter(2) SaveDelivery Send");
    assert_ne!(desk.sent, first);
    desk.awaits(1, 2, 2, 3_000);
}

/// Covers: D-20, D-21
#[test]
fn a_terminal_acknowledges_the_repetition_of_what_it_holds() {
    let mut desk = Desk::waiting();
    let config = UeConfig { settings: Settings { reack_duplicate: true, ..Settings::DEFAULT }, ..punctual() };
    let mut terminal = Terminal::<2>::new(config);
    terminal.hears(&desk.sent);
    let lost = core::mem::take(&mut terminal.sent);
    desk.now = 1_000;
    desk.does(TIMEOUT);
    terminal.hears(&desk.sent);
    assert_eq!(terminal.sent, lost, "the acknowledgement that was lost");
    let octets = terminal.sent.clone();
    assert_eq!(desk.does(E::Verification(&octets)), "SaveDelivery Delivered(1)");
}

/// Covers: T-098, R-IMS-40
#[test]
fn a_muk_of_another_ua_security_protocol_is_another_muk() {
    let ks = Ks::new(Secret::new([0x5A; 32]));
    let muk = |ua| {
        let mut naf = [0; 64];
        let naf = NafId::join("scf.home1.net", ua, &mut naf).unwrap();
        let ks_naf = KsNaf::derive(&ks, &[7; 16], "alice@home1.net", naf).unwrap();
        Muk::from_gba_me(&ks_naf, MukOctets::All)
    };
    let http_digest = [1, 0, 0, 0, 2];
    let mut desk = Desk::new();
    desk.muk = muk(http_digest);
    desk.does(granted(1));
    let mut terminal = Terminal::<2>::new(punctual());
    terminal.act(UeEvent::Bootstrapped { id: MUK_ID, muk: muk(NafId::UA_IMS_MBMS_SIP) }).unwrap();
    let refused = terminal.act(UeEvent::Mikey(&desk.sent));
    assert_eq!(refused.unwrap_err(), Error::Open(OpenError::MacInvalid));
    assert_eq!(terminal.ue.msks().iter().count(), 0);
    // The same key on both sides opens it.
    desk.muk = muk(NafId::UA_IMS_MBMS_SIP);
    desk.does(granted(1));
    assert!(terminal.hears(&desk.sent).contains("MskStored(1)"));
}

/// Covers: R-MSK-33
#[test]
fn a_terminal_is_asked_to_bootstrap_again_when_pull_operator_or_lifetime_say_so() {
    let none = ReauthenticationWish::default();
    let pull = ReauthenticationWish { forced_by_pull: true, operator: false };
    let operator = ReauthenticationWish { forced_by_pull: false, operator: true };
    let ask = |wish, expires, now| reauthentication(wish, at(expires), MUK_RENEWAL_MS, at(now));
    assert_eq!(ask(none, 100_000, 40_000), None, "60 s are left");
    assert_eq!(ask(none, 100_000, 40_001), Some(Reauthentication::MukExpiring));
    assert_eq!(ask(none, 100_000, 200_000), Some(Reauthentication::MukExpiring));
    assert_eq!(ask(pull, 100_000, 0), Some(Reauthentication::ForcedByPull));
    assert_eq!(ask(operator, 100_000, 0), Some(Reauthentication::Operator));
    assert_eq!(reauthentication(none, at(100), 0, at(100)), None);
}

#[test]
fn the_port_is_that_of_mikey() {
    assert_eq!(MIKEY_UDP_PORT, 2269);
}

#[test]
fn a_delivery_takes_little_room() {
    assert!(size_of::<MskDelivery>() <= 40, "{}", size_of::<MskDelivery>());
}

#[test]
fn groups_of_one_user_are_delivered_side_by_side() {
    let mut desk = Desk::new();
    desk.bm_sc_does(BmScEvent::Open(OTHER_GROUP));
    let push = |group: GroupName| E::RequestGranted { name: group.msk(KeyNumber(0)), security: NONE };
    desk.does(push(GROUP));
    let mut first = (desk.row, desk.sent.clone());
    desk.row = MskDelivery::new();
    assert_eq!(desk.does(push(OTHER_GROUP)), "SaveCounter(2) SaveDelivery Send");
    let octets = desk.acknowledgement();
    assert_eq!(desk.does(E::Verification(&octets)), "SaveDelivery Delivered(1)");
    core::mem::swap(&mut desk.row, &mut first.0);
    desk.now = 1_000;
    desk.does(TIMEOUT);
    assert_eq!(desk.sent, first.1);
}
