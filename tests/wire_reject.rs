//! Messages that must be refused, with the reason and the octet at which it is noticed.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are not seen as tests"
)]

use castkey::error::DecodeErrorKind as Kind;
use castkey::error::{DecodeError, DecodeErrorKind};
use castkey::wire::{KeyIds, MAX_MESSAGE_LEN, Message, Payload};

use serde_json::Value;

/// (what is wrong, message, kind, octet).
const ROWS: [(&str, &str, DecodeErrorKind, u16); 41] = [
    ("version 0", "00000000000000000001", Kind::BadVersion, 0),
    ("version 2", "02000000000000000001", Kind::BadVersion, 0),
    ("CS ID map type 3", "01000000000000000003", Kind::BadCsIdMap, 9),
    ("CS ID map type 255", "010000000000000000ff", Kind::BadCsIdMap, 9),
    ("SRTP-ID map cut", "0100158000000000010000000000", Kind::Truncated, 14),
    ("GENERIC-ID entry cut in its policies", "010000000000000001020600020a", Kind::Truncated, 14),
    ("GENERIC-ID session data beyond the end", "01000000000000000102060000000500", Kind::Truncated, 16),
    ("octets behind a header without payloads", "0100000000000000000100", Kind::TrailingOctets, 10),
    ("octets behind the last payload", "01000500000000000001000200000001ff", Kind::TrailingOctets, 16),
    ("payload that is named but missing", "01000500000000000001", Kind::Truncated, 10),
    ("second payload that is named but missing", "010005000000000000010b0200000001", Kind::Truncated, 16),
    ("unknown payload 99", "0100630000000000000100", Kind::UnknownPayload, 2),
    ("unknown payload 255", "0100ff0000000000000100", Kind::UnknownPayload, 2),
    ("unknown payload behind T", "010005000000000000016302000000010000", Kind::UnknownPayload, 10),
    ("TICKET, which has a number and no decoder", "0100110000000000000100", Kind::UnknownPayload, 2),
    ("T of type NTP-UTC-32", "01000500000000000001000300000001", Kind::UnsupportedTimestamp, 11),
    ("T of type 9", "0100050000000000000100090000000100000000", Kind::UnsupportedTimestamp, 11),
    ("T of type NTP with four octets", "01000500000000000001000100000001", Kind::Truncated, 16),
    ("RAND length beyond the end", "01000b000000000000010010f0f1", Kind::Truncated, 14),
    ("ID length beyond the end", "010006000000000000010001001361", Kind::Truncated, 15),
    ("EXT length beyond the end", "01001500000000000001000300ff00", Kind::Truncated, 15),
    ("SP length beyond the end", "01000a0000000000000000000000030001", Kind::Truncated, 17),
    ("SP parameter that leaves its payload", "01000a000000000000000000000003000201", Kind::Truncated, 18),
    ("SP parameter of a type and no length", "01000a0000000000000000000000010000", Kind::Truncated, 16),
    ("KEMAC with MAC algorithm 3", "01000100000000000001000100000300", Kind::UnsupportedMac, 14),
    ("KEMAC with a MAC of 19 octets", "010001000000000000010001000001ff", Kind::Truncated, 16),
    ("V with auth algorithm 7", "010109000000000000010007", Kind::UnsupportedMac, 11),
    ("V that is not the last", "0101090000000000000105000002000000ff", Kind::WrongOrder, 10),
    (
        "PSK message with a payload behind the KEMAC",
        "0100010000000000000105000000000002000000ff",
        Kind::WrongOrder,
        10,
    ),
    ("ERR with a reserved octet set", "01060c0000000000000100010001", Kind::ReservedNotZero, 12),
    ("ERR with the other reserved octet set", "01060c0000000000000100018000", Kind::ReservedNotZero, 12),
    ("ERR cut", "01060c00000000000001000100", Kind::Truncated, 13),
    ("DH group 3", "010403000000000000010003", Kind::BadLength, 11),
    ("CHASH function 2", "010208000000000000010002", Kind::BadLength, 11),
    ("CERT length beyond the end", "01020700000000000001000000020a", Kind::Truncated, 15),
    ("PKE length beyond the end", "0102020000000000000100400200", Kind::Truncated, 14),
    ("SIGN length beyond the end", "010204000000000000011002aa", Kind::Truncated, 13),
    ("octets behind SIGN", "010204000000000000011001aabb", Kind::TrailingOctets, 13),
    ("header cut", "010005000000", Kind::Truncated, 6),
    ("no octets", "", Kind::Truncated, 0),
    ("IDR length beyond the end", "01000e000000000000010001010001", Kind::Truncated, 15),
];

/// An example of the worked-examples file; its origin is in `vectors/README.md`.
fn example(id: &str) -> Value {
    let oracle: Value = serde_json::from_str(include_str!("vectors/mbms-oracle.json")).unwrap();
    let examples = oracle["examples"].as_array().unwrap();
    examples.iter().find(|example| example["id"] == id).unwrap_or_else(|| panic!("no example {id}")).clone()
}

fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn refusal(message: &[u8]) -> Option<DecodeError> {
    Message::decode(message).err()
}

#[test]
fn every_row_is_refused_for_its_reason_at_its_octet() {
    for (name, message, kind, at) in ROWS {
        let refused = refusal(&hex::decode(message).unwrap());
        assert_eq!(refused, Some(DecodeError { kind, at }), "{name}");
    }
}

#[test]
fn long_messages_and_long_identities_are_refused() {
    let ext = |len: u16| {
        let [high, low] = len.to_be_bytes();
        [vec![1, 0, 21, 0, 0, 0, 0, 0, 0, 1, 0, 0, high, low], vec![0; usize::from(len)]].concat()
    };
    let most = u16::try_from(MAX_MESSAGE_LEN - 14).unwrap();
    assert_eq!(refusal(&ext(most)), None);
    assert_eq!(refusal(&ext(most + 1)).map(|e| e.kind), Some(Kind::TooLong));
    let id = |len: u16| {
        let [high, low] = len.to_be_bytes();
        [vec![1, 0, 6, 0, 0, 0, 0, 0, 0, 1, 0, 1, high, low], vec![0x61; usize::from(len)]].concat()
    };
    assert_eq!(refusal(&id(255)), None);
    assert_eq!(refusal(&id(256)), Some(DecodeError { kind: Kind::TooLong, at: 12 }));
}

#[test]
fn the_thirty_third_payload_is_one_too_many() {
    let hdr = [1, 6, 12, 0, 0, 0, 0, 0, 0, 1];
    let of = |count: usize| [hdr.to_vec(), [12, 0, 0, 0].repeat(count - 1), vec![0; 4]].concat();
    assert_eq!(refusal(&of(32)), None);
    assert_eq!(refusal(&of(33)).map(|e| e.kind), Some(Kind::TooManyPayloads));
}

#[test]
fn a_reserved_bit_of_dh_and_an_unknown_validity_are_refused() {
    let dh = |kv: u8| [vec![1, 4, 3, 0, 0, 0, 0, 0, 0, 1, 0, 1], vec![7; 96], vec![kv]].concat();
    assert_eq!(refusal(&dh(0)), None);
    assert_eq!(refusal(&dh(0x10)), Some(DecodeError { kind: Kind::ReservedNotZero, at: 108 }));
    assert_eq!(refusal(&dh(3)), Some(DecodeError { kind: Kind::BadKeyData, at: 108 }));
}

#[test]
fn a_payload_behind_the_kemac_is_fine_outside_the_pre_shared_key_method() {
    let mut message = hex::decode("0102010000000000000104000000001001aa").unwrap();
    assert_eq!(refusal(&message), None);
    message[1] = 0;
    assert_eq!(refusal(&message), Some(DecodeError { kind: Kind::WrongOrder, at: 10 }));
}

/// What the worked examples call negative, sorted by the layer that must refuse it.
#[test]
fn the_negative_examples_fail_here_or_are_for_the_layers_above() {
    let negative = example("negative");
    let cases = negative["outputs"]["cases"].as_array().unwrap();
    let mut refused_here = 0;
    for case in cases {
        let (name, reason) = (case["name"].as_str().unwrap(), case["reason"].as_str().unwrap());
        let message = octets(&case["message"]);
        let kind = refusal(&message).map(|e| e.kind);
        let expected = match reason {
            "Bad: truncated" => Some(Kind::Truncated),
            "Bad: trailing data" => Some(Kind::TrailingOctets),
            "Bad: header" => Some(Kind::BadVersion),
            "Bad: payload 99" => Some(Kind::UnknownPayload),
            "Bad: CS ID map type" => Some(Kind::BadCsIdMap),
            _ => None,
        };
        assert_eq!(kind, expected, "{name}");
        refused_here += u8::from(kind.is_some());
        if reason == "Bad: Key ID" {
            let decoded = Message::decode(&message).unwrap();
            let Some((at, Payload::Ext(ext))) = decoded.located().next() else { panic!("{name}") };
            let ids = KeyIds::decode(ext.octets, at + 4);
            let refused = ids.map_or_else(|e| e.kind == Kind::BadKeyId, |ids| ids.msk.is_none());
            assert!(refused, "{name}: {ids:?}");
        }
    }
    assert_eq!((cases.len(), refused_here), (17, 6));
}
