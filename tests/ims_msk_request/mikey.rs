//! What the terminal decides before a fact reaches the machine, with real MIKEY messages.

use super::*;

fn verifies(text: &[u8], answer: &[u8]) {
    let sent = MskMessage::decode(text, &UeConfig::default().settings).unwrap();
    let keys = sent.psk().keys(&muk(), None).unwrap();
    VerificationMessage::decode(answer).unwrap().verify(&Sent::of(sent.psk()), &keys).unwrap();
}

/// Covers: T-072, R-MSK-19, R-MSK-35
#[test]
fn only_a_good_message_with_v_is_acknowledged() {
    let with_v = MskText { v: true, ..MskText::new(1, 1) }.octets();
    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.hears(&with_v), "Persist Send MskStored(1) Activated(1)");
    verifies(&with_v, &t.sent);
    // A push to a terminal that holds a key already is acknowledged just so.
    let push = MskText { v: true, ..MskText::new(2, 2) }.octets();
    assert_eq!(t.hears(&push), "Persist Send MskStored(2)");
    verifies(&push, &t.sent);

    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.hears(&MskText::new(1, 1).octets()), "Persist MskStored(1) Activated(1)");
    assert!(t.sent.is_empty());

    let mut bad = with_v;
    *bad.last_mut().unwrap() ^= 1;
    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.refuses(UeEvent::Mikey(&bad)), Error::Open(OpenError::MacInvalid));
    assert!(t.sent.is_empty());
}

/// Covers: T-073, D-20
#[test]
fn an_identical_repeat_gets_the_same_acknowledgement_and_installs_nothing() {
    let mut config = punctual();
    config.settings.reack_duplicate = true;
    let mut t = Terminal::<2>::new(config);
    let text = MskText { v: true, ..MskText::new(1, 1) }.octets();
    t.hears(&text);
    let first = core::mem::take(&mut t.sent);
    let before = t.seen();
    assert_eq!(t.hears(&text), "Send");
    assert_eq!(t.sent, first);
    assert_eq!(t.seen(), before);
    // Without V there was nothing to acknowledge, and there is nothing now.
    let mut t = Terminal::<2>::new(config);
    let silent = MskText::new(1, 1).octets();
    t.hears(&silent);
    assert_eq!(t.hears(&silent), "");
    // Only the last message is known again; the one before is a replay.
    let mut t = Terminal::<2>::new(config);
    t.hears(&text);
    t.hears(&MskText { v: true, ..MskText::new(2, 2) }.octets());
    assert_eq!(t.refuses(UeEvent::Mikey(&text)), Error::Open(OpenError::Replay));
}

/// Covers: T-074, D-20
#[test]
fn other_content_under_an_older_or_the_same_timestamp_is_a_replay() {
    for reack_duplicate in [false, true] {
        let mut config = punctual();
        config.settings.reack_duplicate = reack_duplicate;
        for counter in [1, 4, 5] {
            let mut t = Terminal::<2>::new(config);
            t.hears(&MskText { v: true, ..MskText::new(1, 5) }.octets());
            t.sent.clear();
            let older = MskText { v: true, ..MskText::new(2, counter) }.octets();
            assert_eq!(t.refuses(UeEvent::Mikey(&older)), Error::Open(OpenError::Replay));
            assert!(t.sent.is_empty());
        }
    }
}

/// Covers: T-070, R-MSK-31
#[test]
fn a_pull_with_a_wrong_mac_causes_nothing() {
    let mut t = Terminal::<2>::new(punctual());
    let mut pull = MskText::new(0, 1).pull();
    *pull.last_mut().unwrap() ^= 1;
    assert_eq!(t.refuses(UeEvent::Mikey(&pull)), Error::Open(OpenError::MacInvalid));
    assert_eq!(t.ue.deadline(), None);
    *pull.last_mut().unwrap() ^= 1;
    assert_eq!(t.hears(&pull), "Persist MissedKey(0,Pull) ArmTimer(100)");
}

/// Covers: R-MSK-31
#[test]
fn a_pull_without_kemac_causes_nothing() {
    let mut pull = MskText::new(0, 1).pull();
    // KEMAC at the end: next, algorithm, length (2), algorithm, MAC (20). Before it IDr: next, role, type, length (2).
    let kemac = pull.len() - 25;
    assert_eq!(pull[kemac..kemac + 4], [0, 1, 0, 0], "KEMAC stands elsewhere");
    let idr = kemac - 5 - MUK_ID.idr.len();
    assert_eq!((pull[idr], &pull[idr + 5..kemac]), (1, MUK_ID.idr), "IDr stands elsewhere");
    pull.truncate(kemac);
    pull[idr] = 0;
    let mut t = Terminal::<2>::new(punctual());
    assert!(matches!(t.refuses(UeEvent::Mikey(&pull)), Error::Open(OpenError::Undecodable(_))));
}

/// The message with its name changed and its MAC made again, as only the BM-SC can.
fn renamed(mut text: Vec<u8>, from: [u8; 4], to: [u8; 4]) -> Vec<u8> {
    let at = text.windows(4).position(|octets| octets == from).expect("the name stands in the clear");
    text[at..at + 4].copy_from_slice(&to);
    let mac_at = text.len() - 20;
    let message = MskMessage::decode(&text, &UeConfig::default().settings).unwrap();
    let tag = message.psk().keys(&muk(), None).unwrap().tag(&[&text[..mac_at]]).unwrap();
    text[mac_at..].copy_from_slice(tag.as_octets());
    text
}

/// Covers: T-071, R-MSK-4, R-MSK-30
#[test]
fn key_data_under_number_0_and_none_under_another_are_malformed() {
    let group = [0x68, 0xCA];
    let name = |number: [u8; 2]| [group[0], group[1], number[0], number[1]];
    let keyed = MskText::new(0x0777, 1).octets();
    let pull = MskText::new(0, 1).pull();
    let mut t = Terminal::<2>::new(punctual());
    for text in
        [renamed(keyed.clone(), name([7, 0x77]), name([0, 0])), renamed(pull, name([0, 0]), name([0, 1]))]
    {
        let error = t.refuses(UeEvent::Mikey(&text));
        assert_eq!(error, Error::Open(OpenError::BadContent(DecodeErrorKind::BadKeyId)));
    }
    // The tool itself leaves a message good.
    let again = renamed(keyed, name([7, 0x77]), name([0, 1]));
    assert!(t.hears(&again).contains("MskStored(1)"));
}

/// Covers: D-19, R-MSK-1
#[test]
fn the_same_msk_again_is_accepted_silently_and_another_key_replaces_it() {
    let mut t = Terminal::<2>::new(punctual());
    t.hears(&MskText::new(1, 1).octets());
    assert_eq!(t.hears(&MskText { v: true, ..MskText::new(1, 2) }.octets()), "Persist Send MskStored(1)");
    let other = MskText { key: Some(0x99), ..MskText::new(1, 3) };
    t.hears(&other.octets());
    assert_eq!(t.ue.msks().get(msk_name(1)).unwrap().msk().secret().expose(), &[0x99; 16]);
    let late = MskText { key: Some(0x77), ..MskText::new(1, 3) };
    assert_eq!(t.refuses(UeEvent::Mikey(&late.octets())), Error::Open(OpenError::Replay));
}
