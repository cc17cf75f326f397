//! The published CSK message: its fields, its octets, its key.

use castkey::keys::{KeyId, McKey, PurposeTag};
use castkey::mcx::{
    Direction, Envelope, McxError, McxSettings, Ntp64, PARAMETERS_ROOM_LEN, Rejected, ReplayCache, screen,
};
use castkey::message::{IMessage, Party};
use castkey::wire::{CsIdMap, Payload, Timestamp};

use super::common::{Example, every_bit_flip, every_truncation, unhex};
use super::file;
use super::known::{Math, with};

pub(crate) const ALICE: &[u8] = b"sip:alice@streamwide.com";
const UPLOAD: Envelope<'_> = Envelope { direction: Direction::Upload, initiator: Some(ALICE), sdp_ids: None };

pub(crate) fn now() -> Ntp64 {
    Ntp64::from_seconds(file().number("csk_message/ntp_seconds"))
}

/// Steps 1 to 7 for the server of the file.
fn receive(math: &Math, octets: &[u8]) -> Result<McKey, McxError> {
    with(math, "responder_gms", |server| {
        let (mut cache, settings) = (ReplayCache::<4>::new(), McxSettings::DEFAULT);
        let screened =
            screen(octets, &UPLOAD, server, &cache, &settings, now()).map_err(|e| Rejected::error(&e))?;
        let mut room = [0; PARAMETERS_ROOM_LEN];
        screened.open(&mut cache, &settings, now(), &mut room)?.bind(ALICE, server)
    })
}

/// What a payload says, in the words of the file.
fn fields(payload: &Payload<'_>) -> (&'static str, Vec<(&'static str, serde_json::Value)>) {
    let hex = |octets: &[u8]| hex::encode(octets).into();
    match payload {
        Payload::T(Timestamp::NtpUtc(time)) => {
            ("T", vec![("ts_type", 0.into()), ("ts", time.to_bits().into())])
        }
        Payload::Rand(rand) => ("RAND", vec![("rand", hex(rand))]),
        Payload::Idr(idr) => (
            "IDR",
            vec![
                ("role", idr.role.0.into()),
                ("id_type", idr.identity.id_type.0.into()),
                ("id", hex(idr.identity.octets)),
            ],
        ),
        Payload::Sp(policy) => {
            let params: Vec<_> = policy
                .params()
                .map(|param| serde_json::json!([param.param.0, hex::encode(param.value)]))
                .collect();
            let numbers = [("policy_no", policy.policy_no.into()), ("prot", policy.prot_type.0.into())];
            ("SP", numbers.into_iter().chain([("params", params.into())]).collect())
        }
        Payload::Sakke(sakke) => (
            "SAKKE",
            vec![
                ("params", sakke.params.into()),
                ("id_scheme", sakke.id_scheme.into()),
                ("sed", hex(sakke.sed)),
            ],
        ),
        Payload::Ext(ext) => ("GENEXT", vec![("ext_type", ext.ext_type.0.into()), ("data", hex(ext.octets))]),
        Payload::Sign(sign) => (
            "SIGN",
            vec![
                ("stype", sign.s_type.into()),
                ("siglen", sign.octets.len().into()),
                ("sig", hex(sign.octets)),
            ],
        ),
        other => panic!("{other:?}"),
    }
}

/// Covers: MCX-T-30
#[test]
fn the_published_message_has_the_published_fields_and_is_written_again_octet_by_octet() {
    let example = file().part("csk_message");
    let octets = example.hex("i_message_hex");
    let message = IMessage::decode(&octets).unwrap();
    let hdr = message.message().hdr();
    let expected = example.list("payloads");
    let Example(head) = &expected[0];
    assert_eq!(head["length"], 21);
    assert_eq!((hdr.v, hdr.prf.0, hdr.data_type.0), (false, 1, 26));
    assert_eq!(u64::from(hdr.csb_id.0), head["fields"]["csb_id"].as_u64().unwrap());
    let CsIdMap::GenericId(map) = hdr.map else { panic!("another map") };
    let entries: Vec<_> = map.iter().collect();
    assert_eq!(entries.len(), 1);
    assert_eq!((entries[0].cs_id, entries[0].prot_type.0, entries[0].s), (6, 0, false));
    assert_eq!((entries[0].policies, entries[0].session_data), ([0].as_slice(), [].as_slice()));
    assert_eq!(entries[0].spi, unhex("2ddd5bf0"));
    for ((at, payload), expected) in message.message().located().zip(&expected[1..]) {
        let (name, fields) = fields(&payload);
        assert_eq!((name, at), (expected.text("payload"), expected.number("offset")));
        for (field, value) in fields {
            assert_eq!(&value, expected.at(&format!("fields/{field}")), "{name} {field}");
        }
    }
    assert_eq!(message.message().payloads().count(), expected.len() - 1);
    assert_eq!(message.message().authenticated().len(), example.number::<usize>("signed_octets"));
    assert_eq!(message.rand(), example.hex("rand"));
    let uid = |name: &str| example.array(name);
    assert_eq!(message.initiator(), Party::Hidden(&uid("initiator_uid")));
    assert_eq!(message.responder(), Party::Hidden(&uid("responder_uid")));
    let mut out = [0; 694];
    assert_eq!(message.message().encode(&mut out).unwrap(), octets);
}

/// Covers: MCX-T-31, MCX-T-32, R-MCX-6
#[test]
fn the_published_message_gives_the_published_key() {
    let (math, example) = (Math::of_the_file(), file().part("csk_message"));
    let key = receive(&math, &example.hex("i_message_hex")).unwrap();
    assert_eq!(key.tag(), PurposeTag::Csk);
    assert_eq!(key.secret().expose(), &example.array("key"));
    let id = KeyId::from_u32(u32::from_str_radix(example.text("key_id"), 16).unwrap()).unwrap();
    assert_eq!(id.tag(), PurposeTag::Csk);
    assert_eq!(math.decapsulations(), 1);
}

/// Covers: MCX-T-38, R-MCX-24
#[test]
fn the_message_cut_at_any_octet_is_refused() {
    let octets = file().hex("csk_message/i_message_hex");
    let math = Math::of_the_file();
    let mut count = 0;
    every_truncation(&octets, |cut| {
        count += 1;
        assert_eq!(receive(&math, cut).unwrap_err(), McxError::Malformed, "{}", cut.len());
    });
    assert_eq!(count, 694);
    assert_eq!(math.decapsulations(), 0);
}

/// Covers: MCX-T-39, MCX-T-79
#[test]
fn the_message_with_any_bit_flipped_is_refused_before_anything_is_decapsulated() {
    let octets = file().hex("csk_message/i_message_hex");
    let math = Math::of_the_file();
    every_bit_flip(&octets, |at, flipped| {
        assert!(receive(&math, flipped).is_err(), "octet {at}");
    });
    assert_eq!(math.decapsulations(), 0);
}

/// Covers: MCX-T-36
#[test]
fn every_tampered_message_of_the_file_is_refused() {
    let math = Math::of_the_file();
    let cases = file().list("receiver_negative_cases");
    assert_eq!(cases.len(), 17);
    for case in cases {
        let (name, expected) = (case.text("name"), case.text("expect"));
        let refused = receive(&math, &case.hex("i_message_hex")).unwrap_err();
        let before = match name {
            "CSB ID purpose tag changed 2 -> 6" => McxError::WrongPurposeTag,
            "last signature octet flipped"
            | "signature r flipped"
            | "CSB ID low bit flipped"
            | "timestamp low bit flipped"
            | "RAND flipped"
            | "SAKKE hint flipped"
            | "V bit set" => {
                assert!(expected.contains("signature"), "{name}");
                // The SPI of the map does not fit the CSB ID any more, which needs no signature to be seen.
                if name == "CSB ID low bit flipped" { McxError::BadCsIdMap } else { McxError::Unauthentic }
            }
            _ => McxError::Malformed,
        };
        assert_eq!(refused, before, "{name}: {expected}");
    }
    assert_eq!(math.decapsulations(), 0);
}
