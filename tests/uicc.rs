//! The card's commands, answers and files, and the 5G key container, against the worked examples.

#![cfg(feature = "uicc")]
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test says what it expects by panicking"
)]

use castkey::error::{DecodeErrorKind, EncodeError, OpenError};
use castkey::id::{Counter, GroupName, KeyDomainId, KeyGroup, MskId, MtkId};
use castkey::keys::MukId;
use castkey::uicc::*;
use castkey::wire::MbsContainer;
use serde_json::Value;

fn example(id: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("vectors/mbms-oracle.json")).unwrap();
    all["examples"].as_array().unwrap().iter().find(|example| example["id"] == id).unwrap().clone()
}

fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

const IDI: &[u8] = b"bmsc.home1.net\x01\0\0\0\x01";
const IDR: &[u8] = b"oKGio6SlpqeoqaqrrK2urw==@bsf.home1.net";
const ID: MukId<'static> = MukId { idi: IDI, idr: IDR };

fn group() -> GroupName {
    GroupName::new(KeyDomainId::new([0x32, 0xF4, 0x51]), KeyGroup(0x68CA))
}

#[test]
fn commands_are_those_of_the_worked_examples() {
    let example = example("uicc");
    let (msk, mtk) = (octets(&example["inputs"]["mikey_msk"]), octets(&example["inputs"]["mikey_mtk"]));
    let rows = [
        ("apdu_msk_update", Authenticate::MskUpdate(&msk)),
        ("apdu_mtk_generation", Authenticate::MtkGeneration(&mtk)),
        ("apdu_msk_deletion", Authenticate::MskDeletion(group())),
        ("apdu_muk_deletion", Authenticate::MukDeletion(ID)),
    ];
    for (name, command) in rows {
        let expected = octets(&example["outputs"][name]);
        let mut out = [0; 300];
        assert_eq!(command.encode(&mut out).unwrap(), expected, "{name}");
        let needed = u32::try_from(expected.len()).unwrap();
        assert_eq!(command.encode(&mut []), Err(EncodeError::BufferTooSmall { needed }), "{name}");
    }
    assert_eq!(Authenticate::MskUpdate(&[0; 252]).encode(&mut [0; 300]), Err(EncodeError::FieldTooLong));
}

#[test]
fn answers_are_those_of_the_worked_examples() {
    let outputs = example("uicc")["outputs"].clone();
    let update = Authenticate::MskUpdate(&[]);
    let form = MtkResponseForm::LengthValue;
    assert!(matches!(
        decode_response(&update, &octets(&outputs["response_no_ack"]), form),
        Ok(Response::Done)
    ));
    let answer = octets(&outputs["response_ack"]);
    let Ok(Response::Verification(message)) = decode_response(&update, &answer, form) else { panic!() };
    assert_eq!(message, octets(&example("msk-verification")["outputs"]["message"]));
    let answer = octets(&outputs["response_mtk_choice"]);
    let generation = Authenticate::MtkGeneration(&[]);
    let Ok(Response::Mtk(opened)) = decode_response(&generation, &answer, form) else { panic!() };
    let streaming = example("mtk-message-streaming");
    assert_eq!(opened.mtk.secret().expose().to_vec(), octets(&streaming["inputs"]["mtk"]));
    assert_eq!(opened.salt.unwrap().secret().expose().to_vec(), octets(&streaming["inputs"]["mtk_salt"]));
    for len in 0..answer.len() {
        assert!(decode_response(&generation, &answer[..len], form).is_err(), "{len}");
    }
}

#[test]
fn the_raw_form_of_an_mtk_answer_is_read_where_it_is_set() {
    let answer = hex::decode(format!("531fdb{}{}", "11".repeat(16), "22".repeat(14))).unwrap();
    let generation = Authenticate::MtkGeneration(&[]);
    let Ok(Response::Mtk(opened)) = decode_response(&generation, &answer, MtkResponseForm::Raw) else {
        panic!()
    };
    assert_eq!(opened.mtk.secret().expose(), &[0x11; 16]);
    assert_eq!(opened.salt.unwrap().secret().expose(), &[0x22; 14]);
    assert!(decode_response(&generation, &answer, MtkResponseForm::LengthValue).is_err());
}

#[test]
fn records_are_those_of_the_worked_examples() {
    let outputs = example("uicc")["outputs"].clone();
    let expected = octets(&outputs["ef_msk_record"]);
    let record = EfMsk {
        domain: group().domain,
        msks: [Some((MskId::from_octets([0x68, 0xCA, 0, 1]), Counter(7))), None],
    };
    let mut out = [0; 20];
    assert_eq!(record.encode(&mut out).unwrap(), expected);
    assert_eq!(EfMsk::decode(&expected), Ok(record));
    let expected = octets(&outputs["ef_muk_record"]);
    let record = EfMuk { id: ID, counter: Counter(1) };
    let mut out = [0; 100];
    let written = record.encode(&mut out).unwrap();
    assert_eq!(&written[..expected.len()], expected);
    assert!(written[expected.len()..].iter().all(|octet| *octet == 0xFF));
    assert_eq!(EfMuk::decode(&out), Ok(record));
}

#[test]
fn a_record_of_naf_ids_comes_back_as_it_was_written() {
    let record = EfGbanl { naf_id: IDI, b_tid: IDR };
    let mut out = [0; 80];
    record.encode(&mut out).unwrap();
    assert_eq!(&out[..2], &[0x80, 0x13]);
    assert_eq!(EfGbanl::decode(&out), Ok(record));
}

#[test]
fn damaged_records_are_refused() {
    let good = octets(&example("uicc")["outputs"]["ef_msk_record"]);
    let mut three = good.clone();
    three[3] = 3;
    let mut other_group = good.clone();
    other_group[3] = 2;
    let rows = [
        (&good[..19], DecodeErrorKind::BadLength),
        (&good[..12], DecodeErrorKind::BadLength),
        (&good[..3], DecodeErrorKind::Truncated),
        (&three, DecodeErrorKind::BadKeyId),
        (&other_group, DecodeErrorKind::BadKeyId),
    ];
    for (record, kind) in rows {
        assert_eq!(EfMsk::decode(record).unwrap_err().kind, kind);
    }
    assert!(EfMuk::decode(&[0xA0, 0x80]).is_err());
    assert!(EfMuk::decode(&[0xFF; 30]).is_err());
}

#[test]
fn status_words_name_the_error_of_the_library() {
    let (update, generation) = (Authenticate::MskUpdate(&[]), Authenticate::MtkGeneration(&[]));
    let rows = [
        (0x9000, &update, Status::Done),
        (0x910F, &update, Status::Done),
        (0x62F3, &update, Status::ResponseWaits),
        (0x9862, &update, Status::Refused(OpenError::MacInvalid)),
        (0x9865, &update, Status::Refused(OpenError::Replay)),
        (0x9865, &generation, Status::Refused(OpenError::KeyNotFresh)),
        (0x9866, &update, Status::Refused(OpenError::MskStoreFull)),
        (0x9867, &update, Status::Refused(OpenError::MukStoreFull)),
        (0x6A88, &update, Status::Refused(OpenError::MukUnknown)),
        (0x6A88, &generation, Status::Refused(OpenError::MskUnknown)),
        (0x6985, &update, Status::NotBootstrapped),
        (0x6982, &update, Status::SecurityStatus),
        (0x6F00, &update, Status::Other(0x6F00)),
    ];
    for (sw, command, status) in rows {
        assert_eq!(Status::of(sw, command), status, "{sw:04x}");
    }
}

#[test]
fn a_5g_container_gives_its_key_sets_and_refuses_every_cut() {
    let example = example("5g-mbs-key-set");
    for (name, with_mtk) in [("container", true), ("container_without_mtk", false)] {
        let container = octets(&example["outputs"][name]);
        let decoded = MbsContainer::decode(&container).unwrap();
        let set = decoded.iter().next().unwrap();
        assert_eq!(decoded.iter().count(), 1);
        assert_eq!(set.msk_name.domain.to_octets().to_vec(), octets(&example["inputs"]["key_domain_id"]));
        assert_eq!(set.msk_name.id.to_octets().to_vec(), octets(&example["inputs"]["msk_id"]));
        assert_eq!(set.msk, octets(&example["inputs"]["msk"]));
        let mtk = octets(&example["inputs"]["encrypted_mtk_placeholder"]);
        assert_eq!(set.mtk, with_mtk.then_some((MtkId(1), mtk.as_slice())));
        assert!((0..container.len()).all(|len| MbsContainer::decode(&container[..len]).is_err()));
        assert!(!format!("{decoded:?}").contains("0001020304"));
    }
}
