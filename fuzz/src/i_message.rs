//! Octets from anywhere, as an I_MESSAGE.

use castkey::mcx::{
    Direction, Envelope, KeyPeriods, McxSettings, NegotiationEncoding, Ntp64, ReplayCache, message_of_body,
    message_of_sdp_line, screen, sdp_line_of_message,
};
use castkey::message::{IMessage, Party, Quirk, Quirks};
use castkey::wire::{CsIdMap, MAX_MESSAGE_LEN, Message, Payload, SrtpPolicy};

use crate::stub::{KMS, Kms, MDSI, NOW, OTHER_KMS, Someone, Stub, periods, stub_kms, stub_of};

/// The server of the published message, and its KMS.
const PUBLISHED_SERVER: &[u8] = b"gms@streamwide.com";
const PUBLISHED_KMS: &[u8] = b"kms.mydev.streamwide.com";

const SETTINGS: [McxSettings; 3] = [
    McxSettings::DEFAULT,
    McxSettings {
        quirks: Quirks::NONE
            .with(Quirk::SignWithoutHeader)
            .with(Quirk::SpWithEmptyMap)
            .with(Quirk::SrtpIdMap)
            .with(Quirk::RawKeyParameters),
        encoding: NegotiationEncoding::SpParameters,
        ..McxSettings::DEFAULT
    },
    McxSettings {
        encoding: NegotiationEncoding::SignallingAlgorithm,
        require_sdp_ids: true,
        ..McxSettings::DEFAULT
    },
];

/// What decodes is walked, encodes to the same octets, ends where it ends, and survives the way through a body and SDP.
/// Whatever the octets are, they can be screened.
pub fn i_message(octets: &[u8]) {
    let decoded = IMessage::decode(octets);
    let clock = decoded.as_ref().map_or(NOW, |message| Ntp64::resolve(message.time(), NOW));
    if let Ok(message) = &decoded {
        walk(message, octets);
        encodes_again(message, octets);
        assert!(octets.split_last().is_some_and(|(_, shorter)| IMessage::decode(shorter).is_err()));
        assert!(IMessage::decode(&[octets, &[0]].concat()).is_err());
    }
    let mut out = [0; MAX_MESSAGE_LEN];
    let _ = message_of_body(octets, &mut out);
    let _ = message_of_sdp_line(octets, &mut out);
    let published = KeyPeriods::new(16_777_215, 0).unwrap();
    let number = published.number(clock).unwrap_or(0);
    let world = [
        (stub_kms(), stub_of(MDSI, KMS, periods(), &[periods().number(clock).unwrap_or(0)])),
        (
            stub_kms().map(|kms| Kms {
                uri: if kms.uri == KMS { PUBLISHED_KMS } else { OTHER_KMS },
                periods: published,
                ..kms
            }),
            stub_of(PUBLISHED_SERVER, PUBLISHED_KMS, published, &[number]),
        ),
    ];
    for (kms, own) in &world {
        screened(octets, kms, own, clock);
    }
}

fn walk(message: &IMessage<'_>, octets: &[u8]) {
    let _ = format!("{message:?} {:?}", message.message());
    assert_eq!(message.octets(), octets);
    assert!((16..=32).contains(&message.rand().len()));
    assert!(message.message().authenticated().len() + 129 == octets.len());
    match message.map() {
        CsIdMap::GenericId(map) => {
            assert!(map.iter().filter(|entry| entry.srtp_session().is_ok()).count() <= 8)
        }
        CsIdMap::SrtpId(map) => assert!(map.iter().count() <= 8),
        _ => {}
    }
    let mut policies = 0;
    for (at, payload) in message.message().located() {
        assert!(at < octets.len(), "a payload behind the end");
        if let Payload::Sp(policy) = payload {
            policies += 1;
            let _ = format!("{:?}", SrtpPolicy::decode(&policy));
            policy.params().for_each(drop);
        }
    }
    assert_eq!(message.policies().count(), policies);
    for (party, kms) in
        [(message.initiator(), message.initiator_kms()), (message.responder(), message.responder_kms())]
    {
        assert!(!kms.is_empty());
        assert!(!matches!(party, Party::Uri(b"")));
    }
    let scheme = message.id_scheme();
    let _ = message.check_form(scheme);
    assert!(message.check_form(scheme.wrapping_add(1)).is_err(), "another scheme is taken");
}

fn encodes_again(message: &IMessage<'_>, octets: &[u8]) {
    let mut out = [0; MAX_MESSAGE_LEN];
    let encoded = message.message().encode(&mut out).expect("a buffer for the longest message");
    assert_eq!(encoded, octets, "encoded otherwise than it was decoded");
    assert_eq!(Message::decode(octets).as_ref(), Ok(message.message()));
    let mut out = [0; 2 * MAX_MESSAGE_LEN];
    let line = sdp_line_of_message(octets, &mut out).expect("a buffer for the longest line").to_owned();
    let mut out = [0; MAX_MESSAGE_LEN];
    assert_eq!(message_of_sdp_line(line.as_bytes(), &mut out), Ok(Some(octets)));
    let text = line.split_once("key-mgmt:").expect("a line of SDP").1;
    assert_eq!(message_of_body(text.as_bytes(), &mut out), Ok(octets));
    assert_eq!(message_of_body(octets, &mut out), Ok(octets));
}

fn screened(octets: &[u8], kms: &[Kms<Stub>], own: &Someone<Stub>, now: Ntp64) {
    let cache = ReplayCache::<2>::new();
    for settings in SETTINGS {
        for direction in [Direction::Upload, Direction::Download, Direction::Other] {
            let envelope = Envelope { direction, initiator: None, sdp_ids: None };
            own.with(kms, |entity| {
                let Ok(screened) = screen(octets, &envelope, entity, &cache, &settings, now) else { return };
                let _ = format!("{screened:?}");
                let message = IMessage::decode(octets).expect("what is screened was decoded");
                assert!(direction.takes(screened.tag()));
                assert_eq!(u32::from(screened.tag().bits()), message.csb_id().0 >> 28);
                assert_eq!(screened.time(), now);
                assert!(message.check_form(2).is_ok());
                assert_eq!(message.responder_kms(), entity.kms_uri);
                assert!(kms.iter().any(|kms| kms.uri == message.initiator_kms()));
                if let Party::Uri(uri) = message.responder() {
                    assert_eq!(uri, entity.uri);
                }
                let envelope = Envelope { initiator: Some(b"sip:somebody@else.org"), ..envelope };
                if let Party::Uri(_) = message.initiator() {
                    assert!(screen(octets, &envelope, entity, &cache, &settings, now).is_err());
                }
            });
        }
    }
}
