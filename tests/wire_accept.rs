//! Messages that must be read: their fields, and the same octets again when written.

#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests are not seen as tests"
)]

use castkey::error::{DecodeError, DecodeErrorKind, EncodeError};
use castkey::id::{Counter, CsbId, KeyDomainId, KeyGroup, KeyNumber, MskId, MtkId};
use castkey::time::NtpTime;
use castkey::wire::{
    CryptoSession, CsIdMap, DataType, EncrAlg, ErrorNo, ExtType, Extension, GenericId, GenericIdMap, Hdr,
    IdRole, IdType, KeyData, KeyDataChain, KeyDataType, KeyIds, KeyValidity, MacAlg, Message, MessageWriter,
    Payload, PrfFunc, ProtType, SpParamType, SrtpIdMap, SrtpPolicy, Timestamp, encode_key_data, key_data_len,
};
use serde_json::Value;

/// The worked examples; their origin is in `vectors/README.md`.
fn oracle() -> Value {
    serde_json::from_str(include_str!("vectors/mbms-oracle.json")).unwrap()
}

fn example(id: &str) -> Value {
    let oracle = oracle();
    let examples = oracle["examples"].as_array().unwrap();
    examples.iter().find(|example| example["id"] == id).unwrap_or_else(|| panic!("no example {id}")).clone()
}

fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

/// Every whole message among the outputs of the worked examples.
fn oracle_messages() -> Vec<(String, Vec<u8>)> {
    let mut messages = Vec::new();
    for example in oracle()["examples"].as_array().unwrap() {
        for (key, value) in example["outputs"].as_object().unwrap() {
            if key == "message" || key.ends_with("_message") || key.contains("message_") {
                messages.push((format!("{} {key}", example["id"]), octets(value)));
            }
        }
    }
    messages
}

/// Messages of the other methods of RFC 3830, put together octet by octet from §6.
fn by_hand() -> Vec<(&'static str, Vec<u8>)> {
    // Version, data type, next payload, V and PRF, CSB ID, #CS, map type.
    let hdr = |data_type, next, cs_count, map| vec![1, data_type, next, 0, 0, 0, 0, 1, cs_count, map];
    let ntp_utc = |next| vec![next, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    let sign = |s_type: u8| [vec![s_type << 4, 5], vec![0x55; 5]].concat();
    let kemac = |next| [vec![next, 1, 0, 2, 9, 9, 1], vec![0x44; 20]].concat();
    let pke = |next, cache: u8| vec![next, cache << 6, 3, 7, 7, 7];
    vec![
        ("public key", [hdr(2, 5, 0, 1), ntp_utc(1), kemac(2), pke(4, 2), sign(1)].concat()),
        (
            "certificate hash",
            [hdr(2, 5, 0, 1), ntp_utc(1), kemac(8), vec![2, 0], vec![0x20; 20], pke(4, 1), sign(0)].concat(),
        ),
        ("certificate hash, MD5", [hdr(2, 8, 0, 1), vec![4, 1], vec![0x16; 16], sign(0)].concat()),
        (
            "Diffie-Hellman",
            [
                hdr(4, 7, 0, 1),
                vec![5, 1, 0, 4],
                b"http".to_vec(),
                ntp_utc(3),
                vec![4, 0],
                vec![3; 192],
                vec![0],
                sign(0),
            ]
            .concat(),
        ),
        (
            "Diffie-Hellman, OAKLEY 1 with an SPI",
            [hdr(4, 3, 0, 1), vec![4, 1], vec![3; 96], vec![1, 2, 8, 8], sign(0)].concat(),
        ),
        (
            "Diffie-Hellman, OAKLEY 2 with an interval",
            [hdr(5, 3, 0, 1), vec![0, 2], vec![3; 128], vec![2, 1, 8, 2, 9, 9]].concat(),
        ),
        ("TESLA policy", [hdr(0, 10, 0, 0), vec![0, 4, 1, 0, 5, 1, 1, 3, 2, 0]].concat()),
        ("TESLA I-Key", [hdr(0, 21, 0, 1), vec![0, 2, 0, 2, 1, 1]].concat()),
        ("unknown extension", [hdr(0, 21, 0, 1), vec![0, 0xC8, 0, 0]].concat()),
        (
            "roles",
            [
                hdr(26, 14, 0, 1),
                vec![14, 1, 1, 0, 7],
                b"sip:a@b".to_vec(),
                vec![5, 7, 1, 0, 3],
                b"kms".to_vec(),
                ntp_utc(4),
                sign(2),
            ]
            .concat(),
        ),
        (
            "GENERIC-ID map",
            [
                hdr(26, 5, 2, 2),
                vec![6, 0, 0x82, 0, 3, 0, 10, 0, 0, 0, 9, 0, 0, 0, 1, 0, 2, 4, 1, 2, 3, 4],
                vec![8, 0, 0, 0, 0, 0],
                vec![0, 2, 0, 0, 0, 1],
            ]
            .concat(),
        ),
        ("empty map that counts", hdr(0, 0, 255, 1)),
        ("V bit and a PRF of 7 bits", vec![1, 0, 0, 0xFF, 0, 0, 0, 0, 0, 1]),
        ("error with V", [hdr(6, 12, 0, 1), vec![9, 0, 0, 0], vec![0, 2], vec![0x32; 32]].concat()),
        ("RAND of no octets", [hdr(0, 11, 0, 1), vec![0, 0]].concat()),
        (
            "as many payloads as there may be",
            [hdr(6, 12, 0, 1), [[12, 0, 0, 0]; 31].concat(), vec![0; 4]].concat(),
        ),
    ]
}

fn refusal(message: &[u8]) -> Option<DecodeError> {
    Message::decode(message).err()
}

/// Writes `message` again and compares.
fn returns(name: &str, message: &[u8]) {
    let decoded = Message::decode(message).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut out = vec![0xAA; message.len()];
    assert_eq!(decoded.encode(&mut out).as_deref(), Ok(message), "{name}");
    let needed = EncodeError::BufferTooSmall { needed: u32::try_from(message.len()).unwrap() };
    assert_eq!(decoded.encode(&mut []), Err(needed), "{name}: size asking");
    assert_eq!(decoded.encode(&mut out[1..]), Err(needed), "{name}: one octet short");
}

fn message_of(hdr: &Hdr<'_>, payloads: &[Payload<'_>]) -> Vec<u8> {
    let mut out = vec![0; 4096];
    let mut writer = MessageWriter::new(&mut out, hdr);
    for payload in payloads {
        writer.push(payload).unwrap();
    }
    writer.finish().unwrap().to_vec()
}

fn hdr(data_type: DataType) -> Hdr<'static> {
    Hdr { data_type, v: false, prf: PrfFunc::MIKEY_1, csb_id: CsbId(0), map: CsIdMap::Empty { cs_count: 0 } }
}

#[test]
fn every_worked_message_is_written_back_octet_for_octet() {
    let messages = oracle_messages();
    assert!(messages.len() >= 14, "only {} messages", messages.len());
    for (name, message) in &messages {
        returns(name, message);
    }
}

#[test]
fn every_message_made_by_hand_is_written_back_octet_for_octet() {
    for (name, message) in by_hand() {
        returns(name, &message);
    }
}

#[test]
fn the_msk_message_has_the_fields_of_its_example() {
    let example = example("msk-message");
    let (message, inputs) = (octets(&example["outputs"]["message"]), &example["inputs"]);
    assert_eq!(message.len(), 165);
    let decoded = Message::decode(&message).unwrap();
    assert_eq!(decoded.hdr(), Hdr { v: true, ..hdr(DataType::PSK) });
    let located: Vec<_> = decoded.located().collect();
    let at: Vec<_> = located.iter().map(|(at, _)| *at).collect();
    assert_eq!(at, [10, 25, 31, 49, 72, 114]);
    let [
        (_, Payload::Ext(ext)),
        (_, Payload::T(t)),
        (_, Payload::Rand(rand)),
        (_, Payload::Id(idi)),
        (_, Payload::Id(idr)),
        (_, Payload::Kemac(kemac)),
    ] = located[..]
    else {
        panic!("{located:?}")
    };
    let ids = KeyIds {
        domain: Some(KeyDomainId::new([0x32, 0xF4, 0x51])),
        msk: Some(MskId::new(KeyGroup(0x68CA), KeyNumber(1))),
        mtk: None,
    };
    assert_eq!((ext.ext_type, KeyIds::decode(ext.octets, 14)), (ExtType::KEY_ID, Ok(ids)));
    assert_eq!(ids.encode().as_slice(), ext.octets);
    assert_eq!(t, Timestamp::Counter(Counter(1)));
    assert_eq!((t.octets().as_slice(), t.iv_bits()), ([0, 0, 0, 1].as_slice(), 1));
    assert_eq!(rand, octets(&inputs["rand"]));
    assert_eq!((idi.id_type, idi.octets), (IdType::URI, octets(&inputs["idi"]).as_slice()));
    assert_eq!((idr.id_type, idr.octets), (IdType::NAI, octets(&inputs["idr"]).as_slice()));
    assert_eq!((kemac.encr_alg, kemac.mac_alg), (EncrAlg::AES_CM_128, MacAlg::HMAC_SHA_1_160));
    let steps = &example["intermediates"];
    assert_eq!(kemac.encr_data, octets(&steps["key_data_encrypted"]));
    assert_eq!(kemac.mac, octets(&steps["mac"]));
}

#[test]
fn the_authenticated_octets_are_the_mac_input_of_every_example() {
    for id in [
        "msk-message",
        "mtk-message-streaming",
        "mtk-message-download",
        "solicited-pull",
        "msk-message-sha256",
    ] {
        let example = example(id);
        let steps = &example["intermediates"];
        let steps = if steps["mac_input"].is_string() { steps } else { &steps["msk"] };
        let message = octets(&example["outputs"]["message"]);
        assert_eq!(Message::decode(&message).unwrap().authenticated(), octets(&steps["mac_input"]), "{id}");
    }
    // The MAC of a V message covers IDi, IDr and T as well, behind its own octets (RFC 3830 §5.2).
    let example = example("msk-verification");
    let message = octets(&example["outputs"]["message"]);
    let decoded = Message::decode(&message).unwrap();
    let idi = octets(&example["inputs"]["idi"]);
    let idr = octets(&example["inputs"]["idr"]);
    let input = [decoded.authenticated(), &idi, &idr, &[0, 0, 0, 1]].concat();
    assert_eq!(input, octets(&example["intermediates"]["mac_input"]));
    let error = message_of(&hdr(DataType::ERROR), &[Payload::Err(ErrorNo::INVALID_TS)]);
    assert_eq!(Message::decode(&error).unwrap().authenticated(), error);
}

#[test]
fn the_mtk_message_names_three_keys() {
    let example = example("mtk-message-streaming");
    let message = octets(&example["outputs"]["message"]);
    let decoded = Message::decode(&message).unwrap();
    let Some((at, Payload::Ext(ext))) = decoded.located().next() else { panic!("{decoded:?}") };
    let ids = KeyIds::decode(ext.octets, at + 4).unwrap();
    assert_eq!(ids.mtk, Some(MtkId(1)));
    assert_eq!(ids.encode().as_slice(), ext.octets);
    assert_eq!(decoded.payloads().count(), 3);
}

#[test]
fn the_policy_of_the_sp_example_is_the_default_of_srtp() {
    let example = example("msk-message-sp");
    let message = octets(&example["outputs"]["message_two_streams"]);
    let decoded = Message::decode(&message).unwrap();
    let sessions = [
        CryptoSession { policy_no: 0, ssrc: 0x1122_3344, roc: 0 },
        CryptoSession { policy_no: 0, ssrc: 0x5566_7788, roc: 2 },
    ];
    assert_eq!(decoded.hdr().map, CsIdMap::SrtpId(SrtpIdMap::new(&sessions).unwrap()));
    assert_eq!(decoded.hdr().map.cs_count(), 2);
    let sp = decoded.payloads().find_map(|payload| match payload {
        Payload::Sp(policy) => Some(policy),
        _ => None,
    });
    let sp = sp.unwrap();
    assert_eq!((sp.policy_no, sp.prot_type), (0, ProtType::SRTP));
    assert_eq!(SrtpPolicy::decode(&sp), Ok(SrtpPolicy::default()));
    let params: Vec<_> = sp.params().map(|p| (p.param.0, p.value.to_vec())).collect();
    let expected: Vec<_> = example["inputs"]["sp_params"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| (u8::try_from(p[0].as_u64().unwrap()).unwrap(), octets(&p[1])))
        .collect();
    assert_eq!(params, expected);
    assert_eq!(params[5].0, SpParamType::PRF.0);
}

#[test]
fn the_single_pieces_are_what_they_are_named() {
    let pieces = example("pieces")["outputs"].clone();
    // A piece behind a header that names it is a whole message.
    let only = |name: &str, payload_type: u8| -> Vec<u8> {
        let mut message = octets(&pieces["hdr_error"]);
        message[2] = payload_type;
        message.extend(octets(&pieces[name]));
        returns(name, &message);
        message
    };
    let rows = [
        ("t_counter_1", 5, Payload::T(Timestamp::Counter(Counter(1)))),
        ("error_1", 12, Payload::Err(ErrorNo::INVALID_TS)),
        (
            "ext_oma_bcast_ltkm",
            21,
            Payload::Ext(Extension { ext_type: ExtType::OMA_BCAST, octets: &[1, 0xAA, 0xBB] }),
        ),
    ];
    for (name, payload_type, expected) in rows {
        let message = only(name, payload_type);
        let payloads: Vec<_> = Message::decode(&message).unwrap().payloads().collect();
        assert_eq!(payloads, [expected], "{name}");
    }
    for (name, payload_type) in
        [("rand", 11), ("idi", 6), ("idr", 6), ("ext_msk", 21), ("ext_mtk", 21), ("sp", 10)]
    {
        only(name, payload_type);
    }
    let two = octets(&pieces["hdr_psk_srtp_id_two_streams"]);
    let mut message = [two, octets(&pieces["t_counter_1"])].concat();
    message[2] = 5;
    returns("hdr_psk_srtp_id_two_streams", &message);
}

#[test]
fn the_key_data_pieces_are_read_and_written() {
    let pieces = example("pieces")["outputs"].clone();
    let interval = KeyValidity::Interval { from: &[0, 0], to: &[0x03, 0xE8] };
    let rows = [
        ("key_data_tek_interval", KeyDataType::TEK, None, interval),
        ("key_data_tek_salt", KeyDataType::TEK_SALT, Some(14), KeyValidity::Null),
        ("key_data_tgk", KeyDataType::TGK, None, KeyValidity::Null),
    ];
    for (name, key_type, salt_len, validity) in rows {
        let piece = octets(&pieces[name]);
        let key = KeyDataChain::decode(&piece).unwrap().single().unwrap();
        assert_eq!((key.key_type, key.key.len(), key.validity), (key_type, 16, validity), "{name}");
        assert_eq!(key.salt.map(<[u8]>::len), salt_len, "{name}");
        assert_eq!((key.encoded_len(), key_data_len(&[key])), (piece.len(), piece.len()), "{name}");
        let mut out = vec![0; piece.len()];
        assert!(encode_key_data(&[key], &mut out).is_ok(), "{name}");
        assert_eq!(out, piece, "{name}");
        assert!(encode_key_data(&[key], &mut out[1..]).is_err(), "{name}");
        assert!(out[1..].iter().all(|octet| *octet == 0), "{name}: a key stayed behind");
    }
}

#[test]
fn two_keys_are_chained_and_neither_is_the_single_one() {
    let first = KeyData {
        key_type: KeyDataType::TGK_SALT,
        key: &[7; 16],
        salt: Some(&[8; 14]),
        validity: KeyValidity::Spi(&[1, 2, 3, 4]),
    };
    let second =
        KeyData { key_type: KeyDataType::TEK, key: &[9; 16], salt: None, validity: KeyValidity::Null };
    let mut out = vec![0; key_data_len(&[first, second])];
    assert!(encode_key_data(&[first, second], &mut out).is_ok());
    let expected =
        [&[20, 0x11, 0, 16][..], &[7; 16], &[0, 14], &[8; 14], &[4, 1, 2, 3, 4], &[0, 0x20, 0, 16], &[9; 16]];
    assert_eq!(out, expected.concat());
    let chain = KeyDataChain::decode(&out).unwrap();
    assert_eq!(chain.iter().map(|key| key.key.to_vec()).collect::<Vec<_>>(), [vec![7; 16], vec![9; 16]]);
    assert!(chain.single().is_none());
}

#[test]
fn the_payloads_of_the_other_methods_are_bounded_and_shown() {
    let all = by_hand();
    let of = |name: &str| {
        Message::decode(&all.iter().find(|(n, _)| *n == name).unwrap().1).map(|m| format!("{m:?}"))
    };
    for (name, parts) in [
        ("public key", ["Kemac", "Pke", "Sign"]),
        ("Diffie-Hellman", ["Cert", "Dh", "Sign"]),
        ("certificate hash", ["Chash", "Pke", "Sign"]),
        ("roles", ["Idr", "T", "Sign"]),
    ] {
        let shown = of(name).unwrap();
        assert!(parts.iter().all(|part| shown.contains(part)), "{name}: {shown}");
    }
}

#[test]
fn an_identity_with_a_role_says_whose_it_is() {
    let all = by_hand();
    let (_, message) = all.iter().find(|(name, _)| *name == "roles").unwrap();
    let roles: Vec<_> = Message::decode(message)
        .unwrap()
        .payloads()
        .filter_map(|payload| match payload {
            Payload::Idr(idr) => Some((idr.role, idr.identity.octets.to_vec())),
            _ => None,
        })
        .collect();
    assert_eq!(roles, [(IdRole::INITIATOR, b"sip:a@b".to_vec()), (IdRole::RESPONDER_KMS, b"kms".to_vec())]);
}

#[test]
fn a_generic_id_map_is_read_entry_by_entry_and_counts_them() {
    let all = by_hand();
    let (_, message) = all.iter().find(|(name, _)| *name == "GENERIC-ID map").unwrap();
    let CsIdMap::GenericId(map) = Message::decode(message).unwrap().hdr().map else { panic!() };
    let entries = [
        GenericId {
            cs_id: 6,
            prot_type: ProtType::SRTP,
            s: true,
            policies: &[0, 3],
            session_data: &[0, 0, 0, 9, 0, 0, 0, 1, 0, 2],
            spi: &[1, 2, 3, 4],
        },
        GenericId {
            cs_id: 8,
            prot_type: ProtType::SRTP,
            s: false,
            policies: &[],
            session_data: &[],
            spi: &[],
        },
    ];
    assert_eq!(map.iter().collect::<Vec<_>>(), entries);
    assert_eq!(Message::decode(message).unwrap().hdr().map.cs_count(), 2);
    let end = message.len() - 6;
    assert_eq!(GenericIdMap::from_octets(2, &message[10..end]), Ok(map));
}

#[test]
fn ntp_times_have_eight_octets() {
    let time = NtpTime::from_bits(0xDEAD_BEEF_0000_0001);
    for (t, ts_type) in [(Timestamp::NtpUtc(time), 0), (Timestamp::Ntp(time), 1)] {
        let message = message_of(&hdr(DataType::DH_INIT), &[Payload::T(t)]);
        assert_eq!(message[10..], [0, ts_type, 0xDE, 0xAD, 0xBE, 0xEF, 0, 0, 0, 1]);
        assert_eq!(t.iv_bits(), 0xDEAD_BEEF_0000_0001);
    }
}

#[test]
fn a_sealed_message_covers_all_but_its_mac_and_asks_for_its_size() {
    let plan = |out: &mut [u8]| -> Result<Vec<u8>, EncodeError> {
        let mut writer = MessageWriter::new(out, &hdr(DataType::PSK));
        writer.push(&Payload::T(Timestamp::Counter(Counter(7))))?;
        let mut unsealed = writer.finish_kemac(EncrAlg::AES_CM_128, 3, MacAlg::HMAC_SHA_1_160)?;
        unsealed.encr_data_mut().copy_from_slice(&[1, 2, 3]);
        assert_eq!(unsealed.authenticated().len(), 10 + 6 + 8);
        assert_eq!(unsealed.authenticated().last(), Some(&MacAlg::HMAC_SHA_1_160.0));
        unsealed.finish(&[0xEE; 20]).map(|octets| octets.to_vec())
    };
    assert_eq!(plan(&mut []), Err(EncodeError::BufferTooSmall { needed: 44 }));
    assert_eq!(plan(&mut [0; 43]), Err(EncodeError::BufferTooSmall { needed: 44 }));
    let message = plan(&mut [0xAA; 64]).unwrap();
    let Some(Payload::Kemac(kemac)) = Message::decode(&message).unwrap().payloads().last() else { panic!() };
    assert_eq!((kemac.encr_data, kemac.mac), ([1, 2, 3].as_slice(), [0xEE; 20].as_slice()));
}

#[test]
fn a_mac_of_another_length_is_not_put_in_place() {
    let mut out = [0; 64];
    let writer = MessageWriter::new(&mut out, &hdr(DataType::PSK_VER));
    let unsealed = writer.finish_v(MacAlg::HMAC_SHA_256_256).unwrap();
    assert_eq!(unsealed.finish(&[0; 20]), Err(EncodeError::Inconsistent));
    let unknown = MessageWriter::new(&mut out, &hdr(DataType::PSK_VER)).finish_v(MacAlg(9)).map(|_| ());
    assert_eq!(unknown, Err(EncodeError::Inconsistent));
}

#[test]
fn debug_shows_no_key_data() {
    let kemac = castkey::wire::Kemac {
        encr_alg: EncrAlg::NULL,
        encr_data: &[0xA7; 8],
        mac_alg: MacAlg::NULL,
        mac: &[],
    };
    let message = message_of(&hdr(DataType::PSK), &[Payload::Kemac(kemac)]);
    let key = KeyData {
        key_type: KeyDataType::TEK_SALT,
        key: &[0xA7; 16],
        salt: Some(&[0xA7; 14]),
        validity: KeyValidity::Null,
    };
    let mut chain = vec![0; key_data_len(&[key])];
    assert!(encode_key_data(&[key], &mut chain).is_ok());
    let shown = format!(
        "{:?} {:?} {key:?}",
        Message::decode(&message).unwrap(),
        KeyDataChain::decode(&chain).unwrap()
    );
    assert!(shown.contains("Kemac") && shown.contains("KeyData"), "{shown}");
    assert!(!shown.contains("167") && !shown.to_lowercase().contains("a7"), "{shown}");
}

#[test]
fn the_oracle_is_the_one_that_was_handed_over() {
    let Value::Array(examples) = oracle()["examples"].clone() else { panic!() };
    assert_eq!(examples.len(), 19);
}

fn accepted() -> Vec<(String, Vec<u8>)> {
    let by_hand = by_hand().into_iter().map(|(name, message)| (name.to_owned(), message));
    oracle_messages().into_iter().chain(by_hand).collect()
}

#[test]
fn every_truncation_of_an_accepted_message_is_refused() {
    for (name, message) in accepted() {
        assert_eq!(refusal(&message), None, "{name}");
        for len in 0..message.len() {
            assert!(refusal(&message[..len]).is_some(), "{name} cut to {len} octets");
        }
    }
}

#[test]
fn every_octet_behind_an_accepted_message_is_refused() {
    for (name, message) in accepted() {
        for octet in [0, 1, 0xFF] {
            let at = u16::try_from(message.len()).unwrap();
            let longer = [message.clone(), vec![octet]].concat();
            assert_eq!(
                refusal(&longer),
                Some(DecodeError { kind: DecodeErrorKind::TrailingOctets, at }),
                "{name}"
            );
        }
    }
}

#[test]
fn every_flipped_bit_is_refused_or_written_back_as_it_stands() {
    let mut accepted_flips = 0u32;
    for (name, message) in accepted() {
        for bit in 0..message.len() * 8 {
            let mut flipped = message.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            match Message::decode(&flipped) {
                Ok(decoded) => {
                    let mut out = vec![0; flipped.len()];
                    assert_eq!(decoded.encode(&mut out).as_deref(), Ok(&flipped[..]), "{name}, bit {bit}");
                    assert_eq!(decoded.payloads().count(), decoded.located().count(), "{name}, bit {bit}");
                    assert!(flipped.starts_with(decoded.authenticated()), "{name}, bit {bit}");
                    accepted_flips += 1;
                }
                Err(e) => assert!(usize::from(e.at) <= flipped.len(), "{name}, bit {bit}: {e}"),
            }
        }
    }
    assert!(accepted_flips > 1_000, "the flips of content octets must be among them");
}
