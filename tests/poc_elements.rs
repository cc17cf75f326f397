//! The elements of the re-INVITE, its OK, and the Session Update messages: each one missing in turn.
#![cfg(feature = "poc")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "tests")]

use castkey::id::{GroupName, KeyDomainId, KeyGroup, KeyNumber, MtkId};
use castkey::keys::{Msk, MskEntry, MtkWindow, SeqLower};
use castkey::poc::{
    Answer, AnswerElements, BearerMode, KeyUpdate, MikeyOctets, MissingElement, PocError, ReInvite,
    ReInviteElements, SessionUpdateElements, SessionUpdateResponse, SessionUpdateResponseElements,
};
use castkey::secret::Secret;

const GROUP: GroupName = GroupName::new(KeyDomainId::new([0x68, 0xCA, 0x0C]), KeyGroup(1));

fn re_invite() -> ReInviteElements<'static> {
    ReInviteElements {
        session: Some("a"),
        client: Some("b"),
        user: Some("c"),
        media: Some("d"),
        floor_control: Some("e"),
        channel_floor_control: Some("f"),
        channel_media: Some("g"),
        channel: Some("h"),
        msk: Some(MikeyOctets(b"i")),
        areas: Some(&["j", "jj"]),
    }
}

fn answer() -> AnswerElements<'static> {
    AnswerElements {
        session: Some("a"),
        client: Some("b"),
        user: Some("c"),
        media: Some("d"),
        floor_control: Some("e"),
        channel_floor_control: Some("f"),
        channel_media: Some("g"),
    }
}

/// The letter that a change of the whole re-INVITE makes missing.
fn missing_of_re_invite(change: impl FnOnce(&mut ReInviteElements<'static>)) -> char {
    let mut elements = re_invite();
    change(&mut elements);
    elements.build().unwrap_err().0
}

/// Covers: R-POC-6
#[test]
fn a_re_invite_has_all_its_elements_where_they_belong() {
    let whole = ReInvite {
        session: "a",
        client: "b",
        user: "c",
        media: "d",
        floor_control: "e",
        channel_floor_control: "f",
        channel_media: "g",
        channel: "h",
        msk: MikeyOctets(b"i"),
        areas: &["j", "jj"],
    };
    assert_eq!(re_invite().build(), Ok(whole));
}

/// Covers: R-POC-6, T-024
#[test]
fn a_re_invite_without_one_element_is_refused_with_its_letter() {
    assert_eq!(
        [
            missing_of_re_invite(|elements| elements.session = None),
            missing_of_re_invite(|elements| elements.client = None),
            missing_of_re_invite(|elements| elements.user = None),
            missing_of_re_invite(|elements| elements.media = None),
            missing_of_re_invite(|elements| elements.floor_control = None),
            missing_of_re_invite(|elements| elements.channel_floor_control = None),
            missing_of_re_invite(|elements| elements.channel_media = None),
            missing_of_re_invite(|elements| elements.channel = None),
            missing_of_re_invite(|elements| elements.msk = None),
            missing_of_re_invite(|elements| elements.areas = None),
        ],
        ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']
    );
    let error: PocError = MissingElement('h').into();
    assert_eq!(
        (error, MissingElement('h').to_string()),
        (PocError::MissingElement, "element h is missing".into())
    );
    assert_eq!(ReInviteElements::default().build(), Err(MissingElement('a')), "the first one is named");
}

#[test]
fn an_empty_element_is_missing() {
    assert_eq!(missing_of_re_invite(|elements| elements.channel = Some("")), 'h');
    assert_eq!(missing_of_re_invite(|elements| elements.msk = Some(MikeyOctets(b""))), 'i');
    assert_eq!(missing_of_re_invite(|elements| elements.areas = Some(&[])), 'j');
}

/// Covers: R-POC-6
#[test]
fn a_received_re_invite_without_channel_or_msk_updates_no_key() {
    let update = KeyUpdate { channel: "h", msk: MikeyOctets(b"i") };
    assert_eq!(re_invite().key_update(), Some(update));
    // A receiver needs no more than these two.
    let two = ReInviteElements { channel: Some("h"), msk: Some(MikeyOctets(b"i")), ..Default::default() };
    assert_eq!(two.key_update(), Some(update));
    for elements in [
        ReInviteElements { channel: None, ..re_invite() },
        ReInviteElements { msk: None, ..re_invite() },
        ReInviteElements { channel: Some(""), ..re_invite() },
        ReInviteElements { msk: Some(MikeyOctets(b"")), ..re_invite() },
    ] {
        assert_eq!(elements.key_update(), None);
    }
}

/// Covers: R-POC-13
#[test]
fn an_ok_has_all_its_elements_or_is_refused_with_the_letter() {
    let whole = Answer {
        session: "a",
        client: "b",
        user: "c",
        media: "d",
        floor_control: "e",
        channel_floor_control: "f",
        channel_media: "g",
    };
    assert_eq!(answer().build(), Ok(whole));
    for (elements, letter) in [
        (AnswerElements { session: None, ..answer() }, 'a'),
        (AnswerElements { client: None, ..answer() }, 'b'),
        (AnswerElements { user: None, ..answer() }, 'c'),
        (AnswerElements { media: None, ..answer() }, 'd'),
        (AnswerElements { floor_control: None, ..answer() }, 'e'),
        (AnswerElements { channel_floor_control: None, ..answer() }, 'f'),
        (AnswerElements { channel_media: Some(""), ..answer() }, 'g'),
    ] {
        assert_eq!(elements.build(), Err(MissingElement(letter)));
    }
}

fn entry() -> MskEntry {
    let window = MtkWindow::new(MtkId(0), MtkId(9), SeqLower::Exclusive);
    MskEntry::new(GROUP.msk(KeyNumber(8)), Msk::new(Secret::new([7; 16])), None, window)
}

/// Covers: R-POC-8
#[test]
fn a_session_update_request_has_all_its_elements_or_is_refused_with_the_letter() {
    let entry = entry();
    let whole = SessionUpdateElements {
        access_technology: Some("a"),
        bearer: Some(BearerMode::BroadcastWithCounting),
        msk: Some(&entry),
        areas: Some(&["d"]),
        qoe_profile: Some("e"),
    };
    let built = whole.build().unwrap();
    assert_eq!((built.access_technology, built.bearer), ("a", BearerMode::BroadcastWithCounting));
    assert_eq!((built.areas, built.qoe_profile), (&["d"][..], "e"));
    assert!(core::ptr::eq(built.msk, &entry));
    for (elements, letter) in [
        (SessionUpdateElements { access_technology: None, ..whole }, 'a'),
        (SessionUpdateElements { bearer: None, ..whole }, 'b'),
        (SessionUpdateElements { msk: None, ..whole }, 'c'),
        (SessionUpdateElements { areas: Some(&[]), ..whole }, 'd'),
        (SessionUpdateElements { qoe_profile: None, ..whole }, 'e'),
    ] {
        assert_eq!(elements.build().unwrap_err(), MissingElement(letter));
    }
}

/// Covers: R-POC-8
#[test]
fn a_received_session_update_request_without_an_msk_is_to_be_refused() {
    let entry = entry();
    let with = SessionUpdateElements { msk: Some(&entry), ..SessionUpdateElements::default() };
    assert!(core::ptr::eq(with.required_msk().unwrap(), &entry));
    let without = SessionUpdateElements { msk: None, access_technology: Some("a"), ..with };
    assert_eq!(without.required_msk().unwrap_err(), PocError::MissingMsk);
}

/// Covers: R-POC-9
#[test]
fn a_positive_session_update_response_names_the_msk_and_the_media_parameters() {
    let msk = GROUP.msk(KeyNumber(8));
    let whole = SessionUpdateResponseElements { stored: Some(msk), media: Some("b") };
    assert_eq!(whole.build(), Ok(SessionUpdateResponse::Stored { msk, media: "b" }));
    let no_acknowledgement = SessionUpdateResponseElements { stored: None, ..whole };
    assert_eq!(no_acknowledgement.build(), Err(MissingElement('a')));
    for media in [None, Some("")] {
        let no_media = SessionUpdateResponseElements { media, ..whole };
        assert_eq!(no_media.build(), Err(MissingElement('b')));
    }
}
