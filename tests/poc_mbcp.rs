//! RTCP APP packets, the MBCP messages in them, and the MSK Update indication: octets in, fields out, and back.
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

mod common;

use castkey::id::{KeyDomainId, MskId, MtkId};
use castkey::poc::{
    Announced, App, ChannelTag, Indication, IndicationCoding, KNOWN_SUBTYPES, MAX_DATAGRAM_LEN,
    MAX_INDICATION_LEN, MAX_OVERLAP_S, MbcpMessage, POC1, PocError, UpdateSeq, apps,
};
use castkey::time::NtpTime;
use common::unhex;
use proptest::prelude::*;
use serde_json::Value;

const A: &str = "8ecc000a12345678506f4331c80368ca0cc90400010007ca0400010008cb0400000001cc020001cd02000200";

fn vectors(text: &str, list: &str) -> Vec<Value> {
    let all: Value = serde_json::from_str(text).unwrap();
    all[list].as_array().unwrap().clone()
}

fn indications() -> Vec<Value> {
    vectors(include_str!("vectors/poc-indication.json"), "indications")
}

fn messages() -> Vec<Value> {
    vectors(include_str!("vectors/poc-mbcp.json"), "messages")
}

fn octets(value: &Value) -> Vec<u8> {
    unhex(value.as_str().unwrap())
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    octets(value).try_into().unwrap()
}

fn u16_of(value: &Value) -> Option<u16> {
    value.as_u64().map(|number| u16::try_from(number).unwrap())
}

/// The one packet of `datagram`.
fn one(datagram: &[u8]) -> Result<App<'_>, PocError> {
    let mut all = apps(datagram);
    let first = all.next().unwrap();
    assert!(all.next().is_none(), "one packet only");
    first
}

/// What the default coding makes of an indication with these application-dependent octets.
fn body(octets: &[u8]) -> Result<Option<Announced>, PocError> {
    IndicationCoding::DEFAULT.decode(&App { subtype: 14, ssrc: 1, name: POC1, octets })
}

fn explicit(announced: Result<Option<Announced>, PocError>) -> Indication {
    let Ok(Some(Announced::Explicit(indication))) = announced else { panic!("{announced:?}") };
    indication
}

fn indication_of(row: &Value) -> Indication {
    Indication {
        domain: KeyDomainId::new(array(&row["domain"])),
        old: MskId::from_octets(array(&row["old"])),
        new: MskId::from_octets(array(&row["new"])),
        seq: UpdateSeq(u32::try_from(row["seq"].as_u64().unwrap()).unwrap()),
        first_mtk: u16_of(&row["first_mtk"]).map(MtkId),
        overlap_s: u16_of(&row["overlap_s"]),
        channel: row["channel"].as_str().map(|_| ChannelTag::from_octets(array(&row["channel"]))),
    }
}

/// Vector A first, then an indication with the mandatory TLVs only, and one with all of them.
///
/// Covers: T-055
#[test]
fn the_worked_indications_encode_and_decode_to_the_octet() {
    let rows = indications();
    assert_eq!(rows[0]["packet"], A);
    for row in rows {
        let (packet, indication) = (octets(&row["packet"]), indication_of(&row));
        let ssrc = u32::try_from(row["ssrc"].as_u64().unwrap()).unwrap();
        let mut out = [0xEE; MAX_INDICATION_LEN];
        let coding = IndicationCoding::DEFAULT;
        assert_eq!(coding.encode(ssrc, &indication, &mut out).unwrap(), packet, "{row}");
        let app = one(&packet).unwrap();
        assert_eq!((app.ssrc, app.name, app.subtype), (ssrc, *b"PoC1", 14));
        assert_eq!(explicit(coding.decode(&app)), indication, "{row}");
        for len in 0..packet.len() {
            let refused = coding.encode(ssrc, &indication, &mut out[..len]);
            assert_eq!(refused, Err(PocError::BufferTooSmall));
        }
    }
}

#[test]
fn the_longest_indication_fills_its_bound() {
    let longest = indications().iter().map(|row| octets(&row["packet"]).len()).max();
    assert_eq!(longest, Some(MAX_INDICATION_LEN));
}

#[test]
fn a_channel_tag_is_the_head_of_the_sha_256_of_the_identity() {
    let row = &indications()[2];
    let tag = ChannelTag::of(row["channel_identity"].as_str().unwrap());
    assert_eq!(tag.to_octets(), array::<8>(&row["channel"]));
}

/// Covers: T-057
#[test]
fn every_truncation_of_vector_a_is_an_error() {
    let packet = unhex(A);
    for len in 0..packet.len() {
        assert_eq!(one(&packet[..len]), Err(PocError::Malformed), "{len}");
    }
    assert!(one(&packet).is_ok());
}

#[test]
fn every_flipped_bit_of_vector_a_is_read_without_panic() {
    let packet = unhex(A);
    for bit in 0..packet.len() * 8 {
        let mut flipped = packet.clone();
        flipped[bit / 8] ^= 0x80 >> (bit % 8);
        for app in apps(&flipped).flatten() {
            let _ = MbcpMessage::decode(&app);
            if let Ok(Some(announced)) = IndicationCoding::DEFAULT.decode(&app) {
                // What is still an indication reads differently, or the bit is one of the SSRC.
                let same = announced == Announced::Explicit(indication_of(&indications()[0]));
                assert_eq!(same, (32..64).contains(&bit), "{bit}");
            }
        }
    }
}

#[test]
fn packets_that_are_no_rtcp_app_packets_are_refused() {
    let rows: [(&str, &str); 13] = [
        ("nothing", ""),
        ("version 1", "4ecc000212345678506f4331"),
        ("version 3", "cecc000212345678506f4331"),
        ("BYE", "8ecb000212345678506f4331"),
        ("transport feedback", "8ecd000212345678506f4331"),
        ("RTP", "8e60000212345678506f4331"),
        ("fewer than 12 octets", "8ecc000112345678"),
        ("length beyond the end", "8ecc000312345678506f4331"),
        ("padding count 0", "aecc000312345678506f433100000000"),
        ("padding count 3", "aecc000312345678506f433100000003"),
        ("padding larger than the data", "aecc000312345678506f433100000008"),
        ("padding without data", "aecc000212345678506f4304"),
        ("padding count 255", "aecc000312345678506f4331000000ff"),
    ];
    for (name, packet) in rows {
        assert_eq!(one(&unhex(packet)), Err(PocError::Malformed), "{name}");
    }
}

#[test]
fn valid_padding_is_taken_off() {
    for (packet, kept) in [
        ("8ecc000300000001506f4331 01020304", "01020304"),
        ("aecc000400000001506f4331 01020304 00000004", "01020304"),
        ("aecc000400000001506f4331 01020304 00000008", ""),
    ] {
        let packet = unhex(&packet.replace(' ', ""));
        assert_eq!(one(&packet).unwrap().octets, unhex(kept));
    }
}

/// Covers: T-061
#[test]
fn two_packets_of_a_datagram_come_in_order_and_a_bad_third_stops_without_undoing_them() {
    let (first, second) = (unhex("85cc000200000001506f4331"), unhex(A));
    let mut datagram = [first, second.clone()].concat();
    let read: Vec<_> = apps(&datagram).map(|app| app.unwrap()).map(|app| (app.subtype, app.ssrc)).collect();
    assert_eq!(read, [(5, 1), (14, 0x1234_5678)]);
    datagram.extend_from_slice(&[0x80, 204, 0]);
    datagram.extend_from_slice(&second);
    let read: Vec<_> = apps(&datagram).map(|app| app.map(|app| app.subtype)).collect();
    assert_eq!(read, [Ok(5), Ok(14), Err(PocError::Malformed)], "nothing behind the bad one is read");
}

/// Covers: T-111
#[test]
fn padding_counts_on_the_last_packet_only() {
    let padded = unhex("aecc000312345678506f433100000004");
    let plain = unhex("85cc000200000001506f4331");
    let read: Vec<_> = apps(&[padded.clone(), plain.clone()].concat()).map(|app| app.is_ok()).collect();
    assert_eq!(read, [false]);
    let datagram = [plain, padded].concat();
    let read: Vec<_> = apps(&datagram).map(|app| app.unwrap().octets.len()).collect();
    assert_eq!(read, [0, 0]);
}

#[test]
fn reports_and_source_descriptions_of_a_compound_packet_are_skipped() {
    let sr = [&[0x80, 200, 0, 6][..], &[0; 24]].concat();
    let rr = [0x80, 201, 0, 1, 0, 0, 0, 1].to_vec();
    let sdes = [0x81, 202, 0, 2, 0, 0, 0, 1, 1, 1, b'a', 0].to_vec();
    let datagram = [sr.clone(), sdes.clone(), unhex(A), rr.clone()].concat();
    let read: Vec<_> = apps(&datagram).collect();
    assert_eq!(read.len(), 1);
    assert_eq!(read[0].unwrap().subtype, 14);
    assert_eq!(apps(&[sr, rr].concat()).count(), 0);
    // Their length has to fit, and their version has to be 2.
    assert_eq!(one(&sdes[..8]), Err(PocError::Malformed));
    assert_eq!(one(&[&[0x41][..], &sdes[1..]].concat()), Err(PocError::Malformed));
}

#[test]
fn a_datagram_of_1500_octets_is_read_and_a_longer_one_is_not() {
    let mut datagram = vec![0; MAX_DATAGRAM_LEN];
    datagram[..12].copy_from_slice(&unhex("8acc017600000001506f4331"));
    assert_eq!(one(&datagram).unwrap().octets.len(), MAX_DATAGRAM_LEN - 12);
    datagram[3] += 1;
    datagram.extend_from_slice(&[0; 4]);
    assert_eq!(one(&datagram), Err(PocError::Malformed));
}

#[test]
fn an_app_packet_encodes_to_what_it_was_decoded_from() {
    let packet = unhex(A);
    let app = one(&packet).unwrap();
    let mut out = [0; MAX_DATAGRAM_LEN + 4];
    assert_eq!(app.encode(&mut out).unwrap(), packet);
    assert_eq!(app.encode(&mut out[..packet.len() - 1]), Err(PocError::BufferTooSmall));
    for bad in [App { subtype: 32, ..app }, App { octets: &[0; 3], ..app }, App { octets: &[0; 1492], ..app }]
    {
        assert_eq!(bad.encode(&mut out), Err(PocError::Malformed));
    }
}

fn message_of(row: &Value) -> Option<MbcpMessage<'_>> {
    let fields = &row["fields"];
    let number = |name: &str| u16_of(&fields[name]);
    let text = |name: &str| fields[name].as_str();
    let id = row["id"].as_str().unwrap();
    Some(match id.split('_').next().unwrap() {
        "request" => MbcpMessage::Request {
            priority: number("priority"),
            timestamp: text("timestamp")
                .map(|_| NtpTime::from_bits(u64::from_be_bytes(array(&fields["timestamp"])))),
        },
        "granted" => MbcpMessage::Granted {
            stop_talking_s: number("stop_talking_s").unwrap(),
            participants: number("participants"),
        },
        "taken" => MbcpMessage::Taken {
            acknowledge: fields["acknowledge"].as_bool().unwrap(),
            ssrc: u32::try_from(fields["ssrc"].as_u64().unwrap()).unwrap(),
            cname: text("cname").unwrap(),
            name: text("name"),
            participants: number("participants"),
        },
        "deny" => MbcpMessage::Deny {
            reason: number("reason").unwrap().try_into().unwrap(),
            phrase: text("phrase").unwrap(),
        },
        "release" => MbcpMessage::Release {
            last_sequence: number("last_sequence").unwrap(),
            ignore_sequence: fields["ignore_sequence"].as_bool().unwrap(),
        },
        "idle" => MbcpMessage::Idle,
        "revoke" => {
            MbcpMessage::Revoke { reason: number("reason").unwrap(), retry_s: number("retry_s").unwrap() }
        }
        "acknowledgement" => MbcpMessage::Acknowledgement {
            subtype: number("subtype").unwrap().try_into().unwrap(),
            reason: number("reason").unwrap(),
        },
        "queue" if id.ends_with("request") => MbcpMessage::QueueStatusRequest,
        "queue" => MbcpMessage::QueueStatusResponse {
            priority: number("priority").unwrap().try_into().unwrap(),
            position: number("position").unwrap(),
        },
        "disconnect" => MbcpMessage::Disconnect,
        "connect" | "unknown" => return None,
        _ => panic!("{id}"),
    })
}

#[test]
fn every_known_message_is_recognised_with_its_fields_and_written_back() {
    let rows = messages();
    let mut seen: Vec<u8> = Vec::new();
    for row in &rows {
        let packet = octets(&row["packet"]);
        let message = MbcpMessage::decode(&one(&packet).unwrap()).unwrap();
        if let Some(expected) = message_of(row) {
            assert_eq!(message, expected, "{row}");
        }
        seen.push(message.subtype());
        assert_eq!(u64::from(message.subtype()), row["subtype"].as_u64().unwrap());
        let mut out = [0xEE; 64];
        if let MbcpMessage::Unknown(subtype) = message {
            assert_eq!(subtype, 14);
            assert_eq!(message.encode(0x1234_5678, &mut out), Err(PocError::Malformed));
        } else {
            assert_eq!(message.encode(0x1234_5678, &mut out).unwrap(), packet, "{row}");
            let short = message.encode(0x1234_5678, &mut out[..packet.len() - 1]);
            assert_eq!(short, Err(PocError::BufferTooSmall));
        }
    }
    assert!(KNOWN_SUBTYPES.iter().all(|known| seen.contains(known)), "{seen:?}");
}

#[test]
fn the_reason_of_an_acknowledgement_has_eleven_bits() {
    let app = App { subtype: 7, ssrc: 1, name: POC1, octets: &[0x7D, 0x23, 0, 0] };
    let message = MbcpMessage::Acknowledgement { subtype: 15, reason: 0x0523 };
    assert_eq!(MbcpMessage::decode(&app), Ok(message));
    let mut out = [0; 16];
    assert_eq!(message.encode(1, &mut out).unwrap()[12..], [0x7D, 0x23, 0, 0]);
}

#[test]
fn the_session_content_of_connect_passes_as_it_is() {
    let rows = messages();
    let row = rows.iter().find(|row| row["id"] == "connect").unwrap();
    let packet = octets(&row["packet"]);
    let content = octets(&row["fields"]["content"]);
    assert_eq!(MbcpMessage::decode(&one(&packet).unwrap()), Ok(MbcpMessage::Connect { content: &content }));
}

#[test]
fn messages_with_a_missing_broken_or_repeated_field_are_refused() {
    let rows: [(&str, u8, &str); 22] = [
        ("priority of one octet", 0, "66010300"),
        ("timestamp of two octets", 0, "67020003"),
        ("priority twice", 0, "6602000366020003"),
        ("TLV beyond the end", 0, "66050003"),
        ("something behind the end of the TLVs", 0, "00000001"),
        ("granted without a time", 1, ""),
        ("granted with participants only", 1, "64020011"),
        ("taken without an SSRC", 2, "0102"),
        ("taken without a CNAME", 2, "cafebabe"),
        ("taken with another SDES item first", 2, "cafebabe0202616c"),
        ("CNAME beyond the end", 2, "cafebabe01ff6161"),
        ("CNAME that is not UTF-8", 18, "cafebabe0102fffe"),
        ("NAME beyond the end", 2, "cafebabe010261610205616c"),
        ("padding of the names not zero", 2, "cafebabe0101610164020004"),
        ("deny without a reason", 3, ""),
        ("deny with a phrase beyond the end", 3, "01086969"),
        ("release of two octets", 4, "1234"),
        ("idle with something in it", 5, "00000001"),
        ("revoke of two octets", 6, "0002"),
        ("acknowledgement of one octet", 7, "10"),
        ("queue status response of two octets", 9, "0100"),
        ("disconnect with something in it", 11, "01000000"),
    ];
    for (name, subtype, octets) in rows {
        let octets = unhex(octets);
        let app = App { subtype, ssrc: 1, name: POC1, octets: &octets };
        assert_eq!(MbcpMessage::decode(&app), Err(PocError::Malformed), "{name}");
    }
}

#[test]
fn messages_whose_values_do_not_fit_are_not_written() {
    let (long, mut out) = ("x".repeat(256), [0; 600]);
    let rows = [
        MbcpMessage::Deny { reason: 1, phrase: &long },
        MbcpMessage::Taken { acknowledge: false, ssrc: 1, cname: &long, name: None, participants: None },
        MbcpMessage::Acknowledgement { subtype: 32, reason: 0 },
        MbcpMessage::Acknowledgement { subtype: 1, reason: 0x0800 },
        MbcpMessage::Connect { content: &[1, 2, 3] },
        MbcpMessage::Connect { content: &[0; 1492] },
    ];
    for row in rows {
        assert_eq!(row.encode(1, &mut out), Err(PocError::Malformed), "{row:.60?}");
    }
}

/// Covers: T-058
#[test]
fn a_packet_with_another_name_is_not_mbcp() {
    for name in [*b"PoC2", *b"poc1", *b"POC1", *b"MCPT", [0; 4]] {
        let packet = unhex(A);
        let app = App { name, ..one(&packet).unwrap() };
        assert_eq!(IndicationCoding::DEFAULT.decode(&app), Err(PocError::NotMbcp), "{name:?}");
        assert_eq!(MbcpMessage::decode(&app), Err(PocError::NotMbcp), "{name:?}");
    }
}

/// A receiver without support for the indication reads it as a message without a meaning, and a receiver of indications
/// reads all others, known or not, as none of his.
///
/// Covers: T-054, R-POC-27
#[test]
fn who_does_not_know_a_message_ignores_it() {
    let packet = unhex(A);
    assert_eq!(MbcpMessage::decode(&one(&packet).unwrap()), Ok(MbcpMessage::Unknown(14)));
    let elsewhere = IndicationCoding::new(POC1, 13).unwrap();
    assert_eq!(elsewhere.decode(&one(&packet).unwrap()), Ok(None));
    for subtype in (0..32).filter(|subtype| *subtype != 14) {
        let app = App { subtype, ssrc: 1, name: POC1, octets: &[0xFF; 4] };
        assert_eq!(IndicationCoding::DEFAULT.decode(&app), Ok(None), "{subtype}");
        let known = MbcpMessage::decode(&app);
        assert_eq!(known == Ok(MbcpMessage::Unknown(subtype)), !KNOWN_SUBTYPES.contains(&subtype));
    }
    // A private name for the indication leaves PoC1 to the known messages.
    let private = IndicationCoding::new(*b"acme", 4).unwrap();
    assert_eq!(private.decode(&App { subtype: 4, ssrc: 1, name: POC1, octets: &[] }), Ok(None));
}

/// Covers: T-060
#[test]
fn a_subtype_that_is_taken_is_refused_at_construction() {
    let free = |name| -> Vec<u8> {
        (0..=255).filter(|subtype| IndicationCoding::new(name, *subtype).is_ok()).collect()
    };
    assert_eq!(IndicationCoding::new(POC1, 4), Err(PocError::Clash));
    assert_eq!(free(*b"PoC1"), [10, 12, 13, 14]);
    assert_eq!(free(*b"PoC2"), (0..16).collect::<Vec<_>>());
    assert_eq!(IndicationCoding::new(POC1, 14), Ok(IndicationCoding::DEFAULT));
}

#[test]
fn name_and_subtype_of_the_coding_are_those_on_the_wire() {
    let coding = IndicationCoding::new(*b"PoC2", 3).unwrap();
    let indication = indication_of(&indications()[0]);
    let mut out = [0; MAX_INDICATION_LEN];
    let packet = coding.encode(7, &indication, &mut out).unwrap();
    assert_eq!((packet[0], &packet[8..12]), (0x83, &b"PoC2"[..]));
    assert_eq!(explicit(coding.decode(&one(packet).unwrap())), indication);
    assert_eq!((coding.name(), coding.subtype()), (*b"PoC2", 3));
}

const DOMAIN: &str = "c80368ca0c";
const OLD: &str = "c90400010007";
const NEW: &str = "ca0400010008";
const SEQ: &str = "cb0400000001";

/// Covers: T-059
#[test]
fn unknown_tlvs_are_skipped_and_the_order_does_not_matter() {
    let expected = Indication { first_mtk: None, overlap_s: None, ..indication_of(&indications()[0]) };
    for parts in [
        [DOMAIN, OLD, NEW, SEQ, ""],
        [SEQ, NEW, OLD, DOMAIN, ""],
        ["fa03010203", DOMAIN, OLD, NEW, SEQ],
        [DOMAIN, OLD, "fa00", NEW, SEQ],
        [DOMAIN, OLD, NEW, SEQ, "fa020102"],
        [DOMAIN, OLD, NEW, SEQ, "0101ff"],
        [DOMAIN, OLD, NEW, SEQ, "0000000000000000"],
    ] {
        assert_eq!(explicit(body(&unhex(&parts.concat()))), expected, "{parts:?}");
    }
}

/// Covers: T-059
#[test]
fn broken_bodies_are_malformed() {
    let all = [DOMAIN, OLD, NEW, SEQ].concat();
    let with = |tail: &str| [&all, tail].concat();
    let rows = [
        ("empty", String::new()),
        ("zeros only", "00000000".to_owned()),
        ("no domain", [OLD, NEW, SEQ].concat()),
        ("no old MSK ID", [DOMAIN, NEW, SEQ].concat()),
        ("no new MSK ID", [DOMAIN, OLD, SEQ].concat()),
        ("no sequence", [DOMAIN, OLD, NEW].concat()),
        ("domain twice", with(DOMAIN)),
        ("old MSK ID twice", with(OLD)),
        ("new MSK ID twice", with(NEW)),
        ("sequence twice", with(SEQ)),
        ("first MTK ID twice", with("cc020001cc020001")),
        ("overlap twice", with("cd020001cd020001")),
        ("channel tag twice", with("ce080000000000000000ce080000000000000000")),
        ("domain of 2 octets", ["c80268ca", OLD, NEW, SEQ].concat()),
        ("domain of 4 octets", ["c80468ca0c00", OLD, NEW, SEQ].concat()),
        ("old MSK ID of 3 octets", [DOMAIN, "c903000100", NEW, SEQ].concat()),
        ("new MSK ID of 5 octets", [DOMAIN, OLD, "ca050001000800", SEQ].concat()),
        ("sequence of 2 octets", [DOMAIN, OLD, NEW, "cb020001"].concat()),
        ("first MTK ID of 1 octet", with("cc0101")),
        ("overlap of 4 octets", with("cd0400000001")),
        ("channel tag of 7 octets", with("ce0700000000000000")),
        ("TLV beyond the end", with("fa05000000")),
        ("code without a length", with("fa")),
        ("an octet behind the stop", with("0000000001")),
        ("a TLV behind the stop", with("00cc020001")),
    ];
    for (name, hex) in rows {
        assert_eq!(body(&unhex(&hex)), Err(PocError::Malformed), "{name}");
    }
}

/// Covers: D-18
#[test]
fn an_indication_of_old_equal_to_new_is_a_mismatch_in_both_directions() {
    let hex = [DOMAIN, OLD, "ca0400010007", SEQ].concat();
    assert_eq!(body(&unhex(&hex)), Err(PocError::IndicationMismatch));
    let indication = indication_of(&indications()[0]);
    let bad = Indication { new: indication.old, ..indication };
    let mut out = [0; MAX_INDICATION_LEN];
    assert_eq!(IndicationCoding::DEFAULT.encode(1, &bad, &mut out), Err(PocError::IndicationMismatch));
}

#[test]
fn an_overlap_is_capped_at_sixty_seconds() {
    let read = |overlap: u16| {
        let hex = [DOMAIN, OLD, NEW, SEQ, &format!("cd02{overlap:04x}")].concat();
        explicit(body(&unhex(&hex))).overlap_s
    };
    assert_eq!([0, 59, 60, 61, 65535].map(read), [0, 59, 60, 60, 60].map(Some));
    let long = Indication { overlap_s: Some(MAX_OVERLAP_S + 1), ..indication_of(&indications()[0]) };
    let mut out = [0; MAX_INDICATION_LEN];
    assert_eq!(IndicationCoding::DEFAULT.encode(1, &long, &mut out), Err(PocError::Malformed));
}

#[test]
fn an_empty_body_means_the_pending_msk_only_where_that_is_agreed() {
    let coding = IndicationCoding::DEFAULT.with_empty_body(true);
    let indication = indication_of(&indications()[0]);
    let mut out = [0; MAX_INDICATION_LEN];
    let packet = coding.encode(0x1234_5678, &indication, &mut out).unwrap();
    assert_eq!(packet, unhex("8ecc000212345678506f4331"));
    let app = one(packet).unwrap();
    assert_eq!(coding.decode(&app), Ok(Some(Announced::Pending)));
    assert_eq!(IndicationCoding::DEFAULT.decode(&app), Err(PocError::Malformed));
    assert_eq!(coding.with_empty_body(false).decode(&app), Err(PocError::Malformed));
    // One with TLVs is read as ever, and a broken one does not turn into an empty one.
    let full = unhex(A);
    assert_eq!(explicit(coding.decode(&one(&full).unwrap())), indication);
    assert_eq!(coding.decode(&App { octets: &[0xC8, 1, 1, 0], ..app }), Err(PocError::Malformed));
}

/// RFC 1982 §3.2, written down as it stands there: s1 < s2 in 32 bits.
fn less(s1: u32, s2: u32) -> bool {
    let (a, b) = (i64::from(s1), i64::from(s2));
    (a < b && b - a < 1 << 31) || (a > b && a - b > 1 << 31)
}

/// Covers: T-114
#[test]
fn update_sequences_exactly_half_the_circle_apart_have_no_order() {
    for start in [0, 1, 5, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF_u32] {
        let (a, b) = (UpdateSeq(start), UpdateSeq(start.wrapping_add(1 << 31)));
        assert!(!a.is_after(b) && !b.is_after(a) && !a.is_after(a));
        assert!(a.next().is_after(a) && !a.is_after(a.next()));
        assert!(UpdateSeq(b.0.wrapping_sub(1)).is_after(a));
    }
}

fn any_indication() -> impl Strategy<Value = Indication> {
    let name = || any::<[u8; 4]>().prop_map(MskId::from_octets);
    let optional = (
        proptest::option::of(any::<u16>().prop_map(MtkId)),
        proptest::option::of(0..=MAX_OVERLAP_S),
        proptest::option::of(any::<[u8; 8]>().prop_map(ChannelTag::from_octets)),
    );
    (any::<[u8; 3]>(), name(), name(), any::<u32>(), optional)
        .prop_filter("old and new differ", |(_, old, new, ..)| old != new)
        .prop_map(|(domain, old, new, seq, (first_mtk, overlap_s, channel))| Indication {
            domain: KeyDomainId::new(domain),
            old,
            new,
            seq: UpdateSeq(seq),
            first_mtk,
            overlap_s,
            channel,
        })
}

proptest! {
    #[test]
    fn an_update_sequence_is_ordered_as_rfc_1982_orders_it(a in any::<u32>(), b in any::<u32>()) {
        prop_assert_eq!(UpdateSeq(a).is_after(UpdateSeq(b)), less(b, a));
    }

    #[test]
    fn every_indication_survives_the_wire(indication in any_indication(), ssrc in any::<u32>()) {
        let mut out = [0xEE; MAX_INDICATION_LEN];
        let packet = IndicationCoding::DEFAULT.encode(ssrc, &indication, &mut out).unwrap();
        let app = one(packet).unwrap();
        prop_assert_eq!(app.ssrc, ssrc);
        prop_assert_eq!(explicit(IndicationCoding::DEFAULT.decode(&app)), indication);
    }

    #[test]
    fn any_datagram_is_read_without_panic(
        octets in proptest::collection::vec(any::<u8>(), 0..80), head in 0..4usize,
    ) {
        let heads = ["", "8ecc0004", "82cc0005", "aecc0003"];
        let datagram = [unhex(heads[head]), octets].concat();
        for app in apps(&datagram) {
            let Ok(app) = app else { break };
            let app = App { name: POC1, ..app };
            prop_assert!(app.subtype <= 31 && app.octets.len() <= datagram.len());
            let _ = IndicationCoding::DEFAULT.decode(&app);
            // What was read can be written, and is then read the same.
            if let Ok(message) = MbcpMessage::decode(&app) {
                let mut out = [0; MAX_DATAGRAM_LEN];
                if let Ok(packet) = message.encode(app.ssrc, &mut out) {
                    prop_assert_eq!(MbcpMessage::decode(&one(packet).unwrap()), Ok(message));
                }
            }
        }
    }

    #[test]
    fn any_body_is_read_without_panic(tlvs in proptest::collection::vec(
        (prop_oneof![196..=210u8, any::<u8>()], proptest::collection::vec(any::<u8>(), 0..10)), 0..10,
    )) {
        let octets: Vec<u8> = tlvs
            .into_iter()
            .flat_map(|(code, value)| [vec![code, value.len() as u8], value].concat())
            .collect();
        for subtype in 0..32 {
            let app = App { subtype, ssrc: 1, name: POC1, octets: &octets };
            let _ = (IndicationCoding::DEFAULT.decode(&app), MbcpMessage::decode(&app));
        }
    }
}
