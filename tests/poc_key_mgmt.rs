//! The `key-mgmt` attribute of SDP: one line, two levels, and the list of protocol names under the MAC (RFC 4567).
#![cfg(feature = "poc")]
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "tests"
)]

use castkey::id::{Counter, CsbId};
use castkey::keys::{Algorithms, Muk, PreSharedKey, Protection};
use castkey::message::psk::{ExtPlace, PskInit, PskMessage, seal};
use castkey::poc::{
    KeyMgmt, MAX_KEY_MGMT_LINES, MAX_SDP_IDS_LEN, MAX_SDP_LEN, MIKEY, PocError, SdpKeyMgmt, SdpLevel,
    encode_key_mgmt, key_mgmt_line_len,
};
use castkey::wire::{
    CsIdMap, ExtType, Extension, KeyData, KeyDataType, KeyValidity, MAX_MESSAGE_LEN, Timestamp,
};
use proptest::prelude::*;

/// The message in `line`.
fn message(line: &str) -> Result<Vec<u8>, PocError> {
    let mut out = [0; MAX_MESSAGE_LEN];
    let attribute = KeyMgmt::parse(line.as_bytes())?.unwrap();
    attribute.decode(&mut out).map(<[u8]>::to_vec)
}

fn sdp(text: &str) -> Result<SdpKeyMgmt<'_>, PocError> {
    SdpKeyMgmt::parse(text.as_bytes())
}

/// The protocol names of these attributes.
fn names<'a>(attributes: impl Iterator<Item = KeyMgmt<'a>>) -> Vec<&'a str> {
    attributes.map(|attribute| attribute.protocol()).collect()
}

/// Base64 of RFC 4648 §4, bit by bit.
fn base64(octets: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: String = octets.iter().map(|octet| format!("{octet:08b}")).collect();
    let mut text: String = bits
        .as_bytes()
        .chunks(6)
        .map(|six| format!("{:0<6}", core::str::from_utf8(six).unwrap()))
        .map(|six| char::from(ALPHABET[usize::from_str_radix(&six, 2).unwrap()]))
        .collect();
    while !text.len().is_multiple_of(4) {
        text.push('=');
    }
    text
}

/// The text of RFC 4648 §10, as messages.
const RFC_4648: [(&str, &str); 6] = [
    ("f", "Zg=="),
    ("fo", "Zm8="),
    ("foo", "Zm9v"),
    ("foob", "Zm9vYg=="),
    ("fooba", "Zm9vYmE="),
    ("foobar", "Zm9vYmFy"),
];

#[test]
fn a_message_becomes_one_line_and_comes_back() {
    for (text, base64) in RFC_4648 {
        let mut out = [0xEE; 64];
        let line = encode_key_mgmt(text.as_bytes(), &mut out).unwrap();
        assert_eq!(line, format!("a=key-mgmt:mikey {base64}"));
        assert_eq!(line.len(), key_mgmt_line_len(text.len()));
        assert_eq!(message(line).unwrap(), text.as_bytes());
    }
}

#[test]
fn a_buffer_that_is_too_small_is_refused_in_both_directions() {
    let mut out = [0; 64];
    for len in 0..key_mgmt_line_len(6) {
        assert_eq!(encode_key_mgmt(b"foobar", &mut out[..len]), Err(PocError::BufferTooSmall));
    }
    let attribute = KeyMgmt::parse(b"a=key-mgmt:mikey Zm9vYmFy").unwrap().unwrap();
    for len in 0..6 {
        assert_eq!(attribute.decode(&mut out[..len]), Err(PocError::BufferTooSmall));
    }
    assert_eq!(attribute.decode(&mut out[..6]), Ok(&b"foobar"[..]));
}

#[test]
fn a_message_has_at_least_one_octet_and_at_most_4096() {
    let mut out = vec![0; key_mgmt_line_len(MAX_MESSAGE_LEN + 1)];
    assert_eq!(encode_key_mgmt(&[], &mut out), Err(PocError::Malformed));
    assert_eq!(encode_key_mgmt(&[1; MAX_MESSAGE_LEN + 1], &mut out), Err(PocError::Malformed));
    let line = encode_key_mgmt(&[1; MAX_MESSAGE_LEN], &mut out).unwrap();
    assert_eq!(message(line).unwrap(), [1; MAX_MESSAGE_LEN]);
    let long = format!("a=key-mgmt:mikey {}", base64(&[1; MAX_MESSAGE_LEN + 1]));
    assert_eq!(message(&long), Err(PocError::Malformed));
}

/// Covers: T-115
#[test]
fn one_blank_behind_the_colon_is_tolerated_and_so_is_missing_padding() {
    for line in [
        "a=key-mgmt:mikey Zm9vYg==",
        "a=key-mgmt: mikey Zm9vYg==",
        "a=key-mgmt:mikey Zm9vYg",
        "a=key-mgmt:mikey Zm9vYg==\n",
        "a=key-mgmt:mikey Zm9vYg==\r\n",
    ] {
        assert_eq!(message(line).unwrap(), b"foob", "{line:?}");
    }
    assert_eq!(message("a=key-mgmt:mikey Zm8").unwrap(), b"fo");
}

/// Covers: T-115
#[test]
fn another_protocol_is_unknown_and_case_matters() {
    for line in ["a=key-mgmt:MIKEY Zm9v", "a=key-mgmt:Mikey Zm9v", "a=key-mgmt:mikey2 Zm9v", "a=key-mgmt:x !"]
    {
        assert_eq!(message(line), Err(PocError::UnknownProtocol), "{line}");
    }
}

#[test]
fn lines_that_are_not_of_the_attribute_are_none_of_it() {
    for line in [
        "",
        "v=0",
        "a=key-mgmt",
        "a=key-mgmtx:mikey Zm9v",
        "A=key-mgmt:mikey Zm9v",
        "a=KEY-MGMT:mikey Zm9v",
        " a=key-mgmt:mikey Zm9v",
        "a= key-mgmt:mikey Zm9v",
    ] {
        assert_eq!(KeyMgmt::parse(line.as_bytes()), Ok(None), "{line}");
    }
}

#[test]
fn lines_of_another_form_are_malformed() {
    for (name, line) in [
        ("nothing behind the colon", "a=key-mgmt:"),
        ("no message", "a=key-mgmt:mikey"),
        ("no message behind the blank", "a=key-mgmt:mikey "),
        ("no protocol", "a=key-mgmt: Zm9v"),
        ("two blanks behind the colon", "a=key-mgmt:  mikey Zm9v"),
        ("two blanks behind the protocol", "a=key-mgmt:mikey  Zm9v"),
        ("blank behind the message", "a=key-mgmt:mikey Zm9v "),
        ("blank inside", "a=key-mgmt:mikey Zm 9v"),
        ("tab", "a=key-mgmt:mikey\tZm9v"),
        ("a name that would break the list of names", "a=key-mgmt:mikey;x Zm9v"),
        ("base64 of URLs", "a=key-mgmt:mikey Zm-_"),
        ("another character", "a=key-mgmt:mikey Zm9*"),
        ("not ASCII", "a=key-mgmt:mikey Zm9\u{e4}"),
        ("one character too many", "a=key-mgmt:mikey Zm9vY"),
        ("padding only", "a=key-mgmt:mikey ===="),
        ("one of two padding characters", "a=key-mgmt:mikey Zg="),
        ("padding where none is due", "a=key-mgmt:mikey Zm9v===="),
        ("padding of three", "a=key-mgmt:mikey Z==="),
        ("padding inside", "a=key-mgmt:mikey Zg==Zm9v"),
        ("bits left over", "a=key-mgmt:mikey Zh=="),
        ("bits left over without padding", "a=key-mgmt:mikey Zm9"),
        ("line break inside", "a=key-mgmt:mikey Zm9v\nZm9v"),
    ] {
        assert_eq!(message(line), Err(PocError::Malformed), "{name}");
    }
    let not_utf8 = [b"a=key-mgmt:mikey Zm9".as_slice(), &[0xFF]].concat();
    assert_eq!(KeyMgmt::parse(&not_utf8), Err(PocError::Malformed));
}

const TWO_LEVELS: &str = "v=0\r\no=pf 1 2 IN IP4 192.0.2.1\r\ns=-\r\n\
    a=key-mgmt:mikey AAAA\r\na=key-mgmt:other BBBB\r\nt=0 0\r\n\
    m=audio 1000 RTP/SAVP 0\r\na=rtpmap:0 PCMU/8000\r\n\
    m=audio 2000 RTP/SAVP 0\r\na=key-mgmt:mikey CCCC\r\nm=application 3000 udp MBCP\r\n";

/// Covers: T-115
#[test]
fn a_media_level_line_overrides_those_of_the_session_for_its_media_only() {
    let found = sdp(TWO_LEVELS).unwrap();
    assert_eq!(found.media_count(), 3);
    let of = |media| -> Vec<Vec<u8>> {
        let mut out = [0; 8];
        found
            .for_media(media)
            .filter(|attribute| attribute.protocol() == MIKEY)
            .map(|attribute| attribute.decode(&mut out).unwrap().to_vec())
            .collect()
    };
    assert_eq!(
        (of(0), of(1), of(2)),
        (vec![vec![0, 0, 0]], vec![vec![0x08, 0x20, 0x82]], vec![vec![0, 0, 0]])
    );
    assert_eq!(names(found.for_media(0)), ["mikey", "other"]);
    assert_eq!(names(found.for_media(1)), ["mikey"], "the session's other protocol is ignored as well");
    assert_eq!(found.for_media(3).count(), 0);
    // Both lines of MIKEY are to be processed.
    let all: Vec<_> = found.iter().map(|(level, attribute)| (level, attribute.protocol())).collect();
    let (session, second) = (SdpLevel::Session, SdpLevel::Media(1));
    assert_eq!(all, [(session, "mikey"), (session, "other"), (second, "mikey")]);
    assert_eq!(names(found.at(SdpLevel::Session)), ["mikey", "other"]);
    assert_eq!(found.at(SdpLevel::Media(0)).count(), 0);
}

/// Covers: T-115
#[test]
fn one_protocol_twice_at_one_level_is_malformed() {
    let line = |protocol: &str| format!("a=key-mgmt:{protocol} AAAA\n");
    let (mikey, other) = (line("mikey"), line("other"));
    for (text, good) in [
        (format!("v=0\n{mikey}{mikey}"), false),
        (format!("v=0\n{mikey}t=0 0\n{other}{mikey}"), false),
        (format!("v=0\nm=audio\n{mikey}{mikey}"), false),
        (format!("v=0\nm=audio\n{other}{other}"), false),
        (format!("v=0\n{mikey}{other}"), true),
        (format!("v=0\n{mikey}m=audio\n{mikey}m=audio\n{mikey}"), true),
        (format!("v=0\nm=audio\n{mikey}{}", line("MIKEY")), true),
    ] {
        assert_eq!(sdp(&text).map(|_| ()), if good { Ok(()) } else { Err(PocError::Malformed) }, "{text}");
    }
}

#[test]
fn an_sdp_with_a_bad_line_or_beyond_its_limits_is_refused() {
    assert_eq!(sdp("v=0\na=key-mgmt:mikey\nm=audio\n"), Err(PocError::Malformed));
    assert_eq!(sdp("").unwrap().iter().count(), 0);
    let filled = |len: usize| format!("s={}", "x".repeat(len - 2));
    assert!(sdp(&filled(MAX_SDP_LEN)).is_ok());
    assert_eq!(sdp(&filled(MAX_SDP_LEN + 1)), Err(PocError::Malformed));
    let many = |count: usize| -> String { (0..count).map(|at| format!("a=key-mgmt:p{at} AAAA\n")).collect() };
    assert_eq!(sdp(&many(MAX_KEY_MGMT_LINES)).unwrap().iter().count(), MAX_KEY_MGMT_LINES);
    assert_eq!(sdp(&many(MAX_KEY_MGMT_LINES + 1)), Err(PocError::CapacityExceeded));
    // What is no UTF-8 elsewhere in the SDP is not the key management's business.
    assert!(SdpKeyMgmt::parse(b"v=0\ns=\xFF\xFE\na=key-mgmt:mikey AAAA\n").is_ok());
}

/// Covers: D-25
#[test]
fn the_list_of_names_holds_each_protocol_once_in_order() {
    let list = |text: &str| -> Result<String, PocError> {
        let mut out = [0; MAX_SDP_IDS_LEN];
        sdp(text)?.encode_sdp_ids(&mut out).map(|ids| String::from_utf8(ids.to_vec()).unwrap())
    };
    assert_eq!(list("m=a\na=key-mgmt:mikey AAAA\n").unwrap(), "mikey");
    assert_eq!(list(TWO_LEVELS).unwrap(), "mikey;other");
    let third = "a=key-mgmt:z AAAA\nm=a\na=key-mgmt:mikey AAAA\na=key-mgmt:z AAAA\nm=b\na=key-mgmt:y AAAA\n";
    assert_eq!(list(third).unwrap(), "z;mikey;y");
    assert_eq!(list("v=0\n").unwrap(), "");
    let name = "x".repeat(MAX_SDP_IDS_LEN);
    assert_eq!(list(&format!("a=key-mgmt:{name} AAAA\n")).unwrap(), name);
    assert_eq!(list(&format!("a=key-mgmt:{name}x AAAA\n")), Err(PocError::CapacityExceeded));
    let mut small = [0; 10];
    assert_eq!(sdp(TWO_LEVELS).unwrap().encode_sdp_ids(&mut small), Err(PocError::BufferTooSmall));
}

/// Covers: D-25
#[test]
fn a_list_that_differs_from_the_sdp_fails_like_a_mac() {
    let mikey = sdp("m=a\na=key-mgmt:mikey AAAA\n").unwrap();
    let both = sdp(TWO_LEVELS).unwrap();
    let endless = [b"mikey".as_slice(); 43].join(&b';');
    for (found, list, good) in [
        (&mikey, &b"mikey"[..], true),
        (&mikey, b"mikey;mikey", true),
        (&both, b"mikey;other", true),
        (&both, b"mikey;other;mikey", true),
        (&mikey, b"mikey;other", false),
        (&mikey, b"", false),
        (&mikey, b";mikey", false),
        (&mikey, b"mikey;", false),
        (&mikey, b"MIKEY", false),
        (&mikey, b" mikey", false),
        (&mikey, &endless[..251], true),
        (&mikey, &endless, false),
        (&both, b"mikey", false),
        (&both, b"other", false),
        (&both, b"other;mikey", false),
    ] {
        let verified = found.verify_sdp_ids(Some(list), false);
        assert_eq!(verified, if good { Ok(()) } else { Err(PocError::BadMac) }, "{}", list.escape_ascii());
        assert_eq!(found.verify_sdp_ids(Some(list), true), verified);
    }
    assert_eq!(mikey.verify_sdp_ids(None, false), Ok(()));
    assert_eq!(mikey.verify_sdp_ids(None, true), Err(PocError::BadMac));
}

/// A MIKEY message under `muk` that says which protocols the SDP named.
fn offer(muk: &Muk, ids: &[u8]) -> Vec<u8> {
    let ids = [Extension { ext_type: ExtType::SDP_IDS, octets: ids }];
    let rand = [5; 16];
    let init = PskInit {
        v: true,
        csb: CsbId(0),
        map: CsIdMap::Empty { cs_count: 0 },
        timestamp: Timestamp::Counter(Counter(1)),
        rand: Some(&rand),
        extensions: &ids,
        ext_place: ExtPlace::First,
        idi: None,
        idr: None,
        policies: &[],
        algorithms: Algorithms::SHA1,
    };
    let keys = muk.keys(&Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: &rand }).unwrap();
    let key = KeyData { key_type: KeyDataType::TGK, key: &[9; 16], salt: None, validity: KeyValidity::Null };
    let mut out = [0; 256];
    seal(&init, &[key], &keys, &mut out).unwrap().to_vec()
}

/// The whole way: list into a MIKEY message, message into a line, line into an SDP; and all of it back.
///
/// Covers: D-25, T-116
#[test]
fn a_protocol_that_was_taken_out_of_the_sdp_is_noticed_at_the_message() {
    let muk = Muk::from_octets(&[3; 32]).unwrap();
    for (ids, expected) in [(&b"mikey"[..], Ok(())), (b"mikey;other", Err(PocError::BadMac))] {
        let (mut line, mut out) = ([0; 512], [0; 512]);
        let line = encode_key_mgmt(&offer(&muk, ids), &mut line).unwrap();
        let text = format!("v=0\r\nm=audio 1 RTP/SAVP 0\r\n{line}\r\n");
        let found = sdp(&text).unwrap();
        let octets = found.for_media(0).next().unwrap().decode(&mut out).unwrap();
        let message = PskMessage::decode(octets).unwrap();
        let list = message.extensions().find(|extension| extension.ext_type == ExtType::SDP_IDS);
        let list = list.map(|extension| extension.octets);
        assert_eq!(found.verify_sdp_ids(list, true), expected);
    }
}

proptest! {
    #[test]
    fn every_message_survives_the_line(octets in proptest::collection::vec(any::<u8>(), 1..300)) {
        let mut out = [0; 512];
        let line = encode_key_mgmt(&octets, &mut out).unwrap();
        let text = base64(&octets);
        prop_assert_eq!(line, format!("a=key-mgmt:mikey {text}"));
        prop_assert_eq!(message(line).unwrap(), octets.clone());
        let bare = format!("a=key-mgmt: mikey {}", text.trim_end_matches('='));
        prop_assert_eq!(message(&bare).unwrap(), octets);
    }

    /// What is accepted has one spelling, but for padding and the blank.
    #[test]
    fn any_text_is_read_without_panic(text in "(a=key-mgmt:|m=|)[ ]?(mikey|x) [A-Da-d+/=*]{0,9}[\r\n]{0,3}") {
        let mut out = [0; 64];
        for line in text.split('\n') {
            let Ok(Some(attribute)) = KeyMgmt::parse(line.as_bytes()) else { continue };
            if let Ok(octets) = attribute.decode(&mut out) {
                let spelled = base64(octets);
                let bare = line.trim_end_matches('\r').trim_end_matches('=');
                prop_assert!(bare.ends_with(spelled.trim_end_matches('=')));
            }
        }
        if let Ok(found) = sdp(&text) {
            for media in 0..3 {
                let _ = found.for_media(media).count();
            }
            let mut list = [0; MAX_SDP_IDS_LEN];
            let ids = found.encode_sdp_ids(&mut list).unwrap();
            let empty = found.iter().next().is_none();
            prop_assert_eq!(found.verify_sdp_ids(Some(ids), true).is_ok(), !empty);
        }
    }

    #[test]
    fn any_octets_are_read_without_panic(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = (KeyMgmt::parse(&octets).is_ok(), SdpKeyMgmt::parse(&octets).is_ok());
    }
}
