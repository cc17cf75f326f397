//! `signed_cases`: messages with a good signature, to be taken or refused.

use castkey::keys::KeyId;
use castkey::mcx::{
    AlgorithmList, AlgorithmPolicy, CskUpload, McxClient, McxClientAction, McxClientConfig, McxClientEvent,
    McxError, McxServer, McxServerAction, McxServerConfig, McxServerEvent, MessageForm, Ntp64, Rejected,
    UserRow,
};
use castkey::message::IMessage;
use rand::SeedableRng;
use rand::rngs::StdRng;

use super::common::Example;
use super::file;
use super::known::{Math, with};
use super::message::ALICE;

const SERVER: &[u8] = b"gms@streamwide.com";
const KMS: &[u8] = b"kms.mydev.streamwide.com";

/// Suites 1 and 2 known and in the floor, default 1.
fn policy() -> AlgorithmPolicy {
    let list = AlgorithmList::new(&[2, 1]).unwrap();
    AlgorithmPolicy { supported: list, default: 1, floor: list, strict_preference: false }
}

/// What came out: the key, its ID and its algorithm, or why not.
type Outcome = Result<(Vec<u8>, KeyId, u8), McxError>;

/// "clock = T of the message": where there is none, that of the other messages.
fn clock(message: &[u8]) -> Ntp64 {
    let common = Ntp64::from_seconds(0xEC89_8DAD);
    let Ok(message) = IMessage::decode(message) else { return common };
    Ntp64::resolve(message.time(), common)
}

fn upload(math: &Math, octets: &[u8], now: Ntp64) -> Outcome {
    with(math, "responder_gms", |own| {
        let config = McxServerConfig { algorithms: policy(), ..McxServerConfig::default() };
        let mut server = McxServer::<4, 1>::new(config);
        let mut table = [UserRow::default(), UserRow::default()];
        let mut out = [0; 1024];
        let event = CskUpload { octets, impu: b"sip:impu@ims", user: ALICE, sdp_ids: None };
        let event = McxServerEvent::Upload(event);
        let result =
            server.handle(event, own, table.as_mut_slice(), now, &mut StdRng::seed_from_u64(1), &mut out);
        match result {
            Ok(McxServerAction::CskBound { id, algorithm, .. }) => {
                let key = server.csk(&table[0], now).unwrap();
                assert_eq!(table[0].impu(), Some(b"sip:impu@ims".as_slice()));
                Ok((key.key().secret().expose().to_vec(), id, algorithm))
            }
            Ok(other) => panic!("{other:?}"),
            Err(e) => {
                assert!(table.iter().all(|row| row.user().is_none() && server.csk(row, now).is_err()));
                Err(Rejected::error(&e))
            }
        }
    })
}

/// A client whose last accepted offer is [2, 1] with 2 selected.
fn download(math: &Math, octets: &[u8], now: Ntp64) -> Outcome {
    with(math, "initiator_alice", |own| {
        let config = McxClientConfig { algorithms: policy(), ..McxClientConfig::default() };
        let mut client = McxClient::<4, 4>::new(config);
        let mut out = [0; 1024];
        let rng = &mut StdRng::seed_from_u64(1);
        let register = McxClientEvent::Register { mdsi: SERVER, kms: KMS };
        client.handle(register, own, now, rng, &mut out).unwrap();
        let upload = McxClientEvent::Upload { select: Some(2), form: MessageForm::default() };
        client.handle(upload, own, now, rng, &mut out).unwrap();
        client.handle(McxClientEvent::UploadAccepted, own, now, rng, &mut out).unwrap();
        let before = client.csk(now).unwrap().id();
        let event = McxClientEvent::Download { octets, sdp_ids: None };
        match client.handle(event, own, now, rng, &mut out) {
            Ok(
                McxClientAction::CskStored { id, algorithm, .. }
                | McxClientAction::MuSikStored { id, algorithm, .. },
            ) => {
                let key = client.key(id, now).unwrap();
                Ok((key.key().secret().expose().to_vec(), id, algorithm))
            }
            Ok(other) => panic!("{other:?}"),
            Err(e) => {
                assert_eq!(client.csk(now).unwrap().id(), before);
                Err(e.error())
            }
        }
    })
}

/// The error that belongs to the words of the file.
fn meant(expected: &str) -> McxError {
    match expected.strip_prefix("reject: ").unwrap() {
        "purpose tag" => McxError::WrongPurposeTag,
        "responder identity" => McxError::NotResponder,
        "KMS not accepted (answer with KRR)" => McxError::KmsNotAccepted,
        "key period / signature" => McxError::NoKeyMaterial,
        "CS count"
        | "CS-ID not for this key type"
        | "SPI mismatch"
        | "policy number"
        | "session data length" => McxError::BadCsIdMap,
        "policy below floor" | "SP with empty map" | "SP policy floor" => McxError::PolicyBelowFloor,
        "algorithm extension" | "algorithm extension form" => McxError::BadAlgorithms,
        "no common algorithm" => McxError::NoCommonAlgorithm,
        "selection not offered" => McxError::SelectionNotOffered,
        "offer tag" => McxError::WrongOfferTag,
        // One error for what the mathematics finds, and for what only the key opens.
        "signature"
        | "SAKKE check"
        | "DPPK-ID"
        | "key type"
        | "revoked"
        | "expired"
        | "malformed key parameters"
        | "key parameters tag" => McxError::Unauthentic,
        _ => McxError::Malformed,
    }
}

/// What the file says of a case, in our errors.
fn error_of(case: &Example) -> McxError {
    match case.text("name") {
        "signed: purpose tag 15 (undefined)" => McxError::UnknownPurposeTag,
        // The caller says that SIP authenticated Alice: that IDRi is Bob is seen before the signature.
        "signed by Alice but IDRi claims Bob" => McxError::IdentityMismatch,
        _ => meant(case.text("expect")),
    }
}

/// Covers: MCX-T-37, MCX-T-41, MCX-T-47, MCX-T-48, MCX-T-49, MCX-T-50, MCX-T-51, MCX-T-52, MCX-T-53, MCX-T-55, MCX-T-58
/// Covers: MCX-T-59, MCX-T-61, MCX-T-63, MCX-T-66, MCX-T-70, MCX-T-85, MCX-T-86, MCX-T-87, MCX-T-88, R-MCX-12, R-MCX-26
#[test]
fn every_validly_signed_message_of_the_file_gives_the_stated_result() {
    let math = Math::of_the_file();
    let cases = file().list("signed_cases/cases");
    assert_eq!(cases.len(), 75);
    let mut accepted = 0;
    for case in cases {
        let (name, octets) = (case.text("name"), case.hex("i_message_hex"));
        let now = clock(&octets);
        let outcome = match case.text("direction") {
            "upload" => upload(&math, &octets, now),
            _ => download(&math, &octets, now),
        };
        let expected = case.text("expect");
        if expected == "accept" {
            let (key, id, algorithm) = outcome.unwrap_or_else(|e| panic!("{name}: {e}"));
            assert_eq!(key, case.hex("key"), "{name}");
            assert_eq!(id.to_octets(), case.array("key_id"), "{name}");
            let default = if case.text("direction") == "upload" { 1 } else { 2 };
            let stated = case.0.pointer("/algorithm/selected").and_then(serde_json::Value::as_u64);
            let octet = name.contains("signalling-algorithm octet = 1").then_some(1);
            assert_eq!(u64::from(algorithm), stated.or(octet).unwrap_or(default), "{name}");
            accepted += 1;
        } else if expected.starts_with("accept or reject by policy") {
            // The key it carries is that of the other uploads; who is not the initiator passes the extension over.
            assert!(outcome.is_ok() || outcome == Err(McxError::Unauthentic), "{name}");
        } else {
            assert_eq!(outcome, Err(error_of(&case)), "{name}: {expected}");
        }
    }
    assert_eq!(accepted, 12);
}
