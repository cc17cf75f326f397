//! The structure of an I_MESSAGE, payload by payload; all messages here are validly signed.

use castkey::error::DecodeErrorKind as Kind;
use castkey::id::Counter;
use castkey::id::CsbId;
use castkey::keys::{McKey, PurposeTag};
use castkey::mcx::{
    DEFAULT_SRTCP_PARAMS, Direction, Envelope, McxError, McxSettings, PARAMETERS_ROOM_LEN, Rejected,
    ReplayCache, Uid, message_of_body, message_of_sdp_line, screen, sdp_line_of_message,
};
use castkey::message::IMessage;
use castkey::wire::{
    Cert, CsIdMap, DataType, ExtType, Extension, GenericId, GenericIdMap, Hdr, IdRole, IdType, Identity,
    IdentityRole, MessageWriter, Payload, Policy, PrfFunc, ProtType, Sakke, Timestamp,
};

use super::mcx_world::{ALICE, KMS, MDSI, NOW, Rng, Someone, periods};
use super::pair::{Pair, resign};
use castkey::sakke::{SakkeEncapsulate, Ssv};
use castkey::secret::Secret;

pub(crate) const ID: CsbId = CsbId(0x2000_0001);

pub(crate) fn idr(role: IdRole, octets: &[u8]) -> Payload<'_> {
    Payload::Idr(IdentityRole { role, identity: Identity { id_type: IdType::URI, octets } })
}

pub(crate) fn sed() -> [u8; 273] {
    let uid = Uid::derive(MDSI, KMS, periods(), 1500).unwrap();
    let mut sed = [0; 273];
    Someone::now(ALICE).keys().encapsulate(&Ssv::new(Secret::new([7; 16])), uid.octets(), &mut sed).unwrap();
    sed
}

/// The payloads of the smallest message but SIGN.
pub(crate) fn payloads(sed: &[u8; 273]) -> Vec<Payload<'_>> {
    vec![
        Payload::T(Timestamp::NtpUtc(NOW.to_wire())),
        Payload::Rand(&[9; 16]),
        idr(IdRole::INITIATOR, ALICE),
        idr(IdRole::RESPONDER, MDSI),
        idr(IdRole::INITIATOR_KMS, KMS),
        idr(IdRole::RESPONDER_KMS, KMS),
        Payload::Sakke(Sakke { params: 1, id_scheme: 2, sed }),
    ]
}

pub(crate) fn hdr(map: CsIdMap<'_>) -> Hdr<'_> {
    Hdr { data_type: DataType::SAKKE, v: false, prf: PrfFunc::HMAC_SHA_256, csb_id: ID, map }
}

pub(crate) const EMPTY: CsIdMap<'static> = CsIdMap::Empty { cs_count: 0 };

/// The message of Alice with these payloads.
pub(crate) fn signed(hdr: &Hdr<'_>, payloads: &[Payload<'_>]) -> Vec<u8> {
    let mut out = [0; 4096];
    let mut w = MessageWriter::new(&mut out, hdr);
    for payload in payloads {
        w.push(payload).unwrap();
    }
    let unsigned = w.finish_sign(2, 129).unwrap().finish(&[0; 129]).unwrap().to_vec();
    resign(&unsigned, Someone::now(ALICE).keys(), 1)
}

/// Steps 1 to 7 at the server; the octets of the key.
pub(crate) fn receive_with(
    octets: &[u8], settings: &McxSettings,
) -> Result<[u8; 16], (McxError, Option<Kind>)> {
    Someone::now(MDSI).with(|own| {
        let mut cache = ReplayCache::<2>::new();
        let envelope = Envelope { direction: Direction::Upload, initiator: Some(ALICE), sdp_ids: None };
        let screened = screen(octets, &envelope, own, &cache, settings, NOW).map_err(|e| match e {
            Rejected::Undecodable(e) => (McxError::Malformed, Some(e.kind)),
            e => (e.error(), None),
        })?;
        let mut room = [0; PARAMETERS_ROOM_LEN];
        let received = screened.open(&mut cache, settings, NOW, &mut room).map_err(|e| (e, None))?;
        Ok(*received.bind(ALICE, own).unwrap().secret().expose())
    })
}

fn receive(octets: &[u8]) -> Result<[u8; 16], (McxError, Option<Kind>)> {
    receive_with(octets, &McxSettings::DEFAULT)
}

fn kind(octets: &[u8]) -> Option<Kind> {
    receive(octets).err().and_then(|(_, kind)| kind)
}

/// Covers: MCX-T-51, MCX-T-78
#[test]
fn every_payload_is_there_once_and_in_its_place() {
    let sed = sed();
    let good = payloads(&sed);
    assert_eq!(receive(&signed(&hdr(EMPTY), &good)), Ok([7; 16]));
    for at in 0..good.len() {
        let mut missing = good.clone();
        missing.remove(at);
        assert_eq!(kind(&signed(&hdr(EMPTY), &missing)), Some(Kind::MissingPayload), "{at}");
        let mut twice = good.clone();
        twice.insert(at + 1, good[at]);
        assert_eq!(kind(&signed(&hdr(EMPTY), &twice)), Some(Kind::DuplicatePayload), "{at}");
    }
    let with = |at: usize, payload| {
        let mut more = good.clone();
        more.insert(at, payload);
        receive(&signed(&hdr(EMPTY), &more)).map_err(|(e, kind)| kind.ok_or(e))
    };
    let vendor = Payload::Ext(Extension { ext_type: ExtType(0), octets: b"vendor" });
    let own = Payload::Ext(Extension { ext_type: ExtType(250), octets: b"anything" });
    // Extensions anywhere behind the identities, of types that nobody knows too, and more than once.
    for (at, payload) in [(6, vendor), (7, vendor), (6, own), (7, own)] {
        assert_eq!(with(at, payload), Ok([7; 16]));
    }
    let mut many = good.clone();
    many.extend([own, own, vendor]);
    let mut message = signed(&hdr(EMPTY), &many);
    assert_eq!(receive(&message), Ok([7; 16]));
    // What is passed over is signed nevertheless.
    let at = message.windows(8).position(|window| window == b"anything").unwrap();
    message[at] ^= 1;
    assert_eq!(receive(&message), Err((McxError::Unauthentic, None)));
    for (at, payload) in [(0, vendor), (2, vendor), (5, vendor)] {
        assert_eq!(with(at, payload), Err(Ok(Kind::WrongOrder)));
    }
    for twice in
        [ExtType::SDP_IDS, ExtType::SAKKE_TO_SELF, ExtType::MC_KEY_PARAMETERS, ExtType::KEY_ALGORITHMS]
    {
        let mut more = good.clone();
        more.extend([Payload::Ext(Extension { ext_type: twice, octets: &[1] }); 2]);
        assert_eq!(kind(&signed(&hdr(EMPTY), &more)), Some(Kind::DuplicatePayload), "{twice:?}");
    }
    let cert = Payload::Cert(Cert { cert_type: 0, octets: &[1, 2, 3] });
    for payload in [
        cert,
        Payload::Err(castkey::wire::ErrorNo(0)),
        Payload::Id(Identity { id_type: IdType::URI, octets: b"x" }),
    ] {
        assert_eq!(with(7, payload), Err(Ok(Kind::UnsupportedPayload)));
    }
    let long = [0; 1025];
    let ext = |octets| Payload::Ext(Extension { ext_type: ExtType(250), octets });
    assert_eq!(with(7, ext(&long[..1024])), Ok([7; 16]));
    assert_eq!(with(7, ext(&long)), Err(Ok(Kind::TooLong)));
}

/// Covers: MCX-T-51, MCX-T-52
#[test]
fn identities_timestamps_and_rand_have_one_form_each() {
    let sed = sed();
    let good = payloads(&sed);
    let swap = |at: usize, payload| {
        let mut other = good.clone();
        other[at] = payload;
        receive(&signed(&hdr(EMPTY), &other)).map_err(|(e, kind)| kind.ok_or(e))
    };
    let typed =
        |role, id_type, octets| Payload::Idr(IdentityRole { role, identity: Identity { id_type, octets } });
    let uid = *Uid::derive(ALICE, KMS, periods(), 1500).unwrap().octets();
    for id_type in [IdType::URI, IdType::BYTE_STRING] {
        assert_eq!(swap(2, typed(IdRole::INITIATOR_UID, id_type, &uid)), Ok([7; 16]));
    }
    let bad = Err(Ok(Kind::BadIdentity));
    assert_eq!(swap(2, typed(IdRole::INITIATOR_UID, IdType::NAI, &uid)), bad);
    assert_eq!(swap(2, typed(IdRole::INITIATOR_UID, IdType::URI, &uid[1..])), bad);
    assert_eq!(swap(2, typed(IdRole::INITIATOR, IdType::NAI, ALICE)), bad);
    assert_eq!(swap(2, typed(IdRole::INITIATOR, IdType::URI, b"")), bad);
    for role in [0, 3, 4, 5, 10] {
        assert_eq!(swap(2, idr(IdRole(role), ALICE)), bad);
    }
    assert_eq!(swap(0, Payload::T(Timestamp::Ntp(NOW.to_wire()))), Err(Ok(Kind::UnsupportedTimestamp)));
    assert_eq!(swap(0, Payload::T(Timestamp::Counter(Counter(1)))), Err(Ok(Kind::UnsupportedTimestamp)));
    let rand = [1; 33];
    for (len, outcome) in
        [(15, Err(Ok(Kind::BadRand))), (16, Ok([7; 16])), (32, Ok([7; 16])), (33, Err(Ok(Kind::BadRand)))]
    {
        assert_eq!(swap(1, Payload::Rand(&rand[..len])), outcome, "{len}");
    }
    let sakke = |params, id_scheme, sed| Payload::Sakke(Sakke { params, id_scheme, sed });
    for payload in [sakke(2, 2, &sed), sakke(1, 1, &sed), sakke(1, 3, &sed), sakke(1, 2, &sed[1..])] {
        assert_eq!(swap(6, payload), Err(Ok(Kind::UnsupportedSakke)));
    }
}

/// Covers: MCX-T-52
#[test]
fn the_v_bit_is_passed_over_when_it_was_signed() {
    let sed = sed();
    let mut asking = hdr(EMPTY);
    asking.v = true;
    let message = signed(&asking, &payloads(&sed));
    assert_eq!(receive(&message), Ok([7; 16]));
    let mut flipped = message;
    flipped[3] ^= 0x80;
    assert_eq!(receive(&flipped), Err((McxError::Unauthentic, None)));
    for (hdr, expected) in [
        (Hdr { prf: PrfFunc::MIKEY_1, ..hdr(EMPTY) }, Kind::UnsupportedPrf),
        (Hdr { data_type: DataType(27), ..hdr(EMPTY) }, Kind::WrongDataType),
    ] {
        assert_eq!(kind(&signed(&hdr, &payloads(&sed))), Some(expected));
    }
}

/// Covers: MCX-T-53, MCX-T-54
#[test]
fn a_signature_of_another_type_or_length_and_what_stands_behind_it_are_refused() {
    let sed = sed();
    let good = signed(&hdr(EMPTY), &payloads(&sed));
    let head = good.len() - 131;
    assert_eq!(good[head..head + 2], [0x20, 0x81]);
    for (octets, expected) in [
        ([0x00, 0x81], Kind::UnsupportedSignature),
        ([0x10, 0x81], Kind::UnsupportedSignature),
        ([0x20, 0x80], Kind::UnsupportedSignature),
        ([0x20, 0x82], Kind::Truncated),
    ] {
        let mut other = good.clone();
        other[head..head + 2].copy_from_slice(&octets);
        assert_eq!(kind(&other), Some(expected), "{octets:02x?}");
    }
    let mut longer = good.clone();
    longer.push(0);
    assert_eq!(kind(&longer), Some(Kind::TrailingOctets));
}

pub(crate) fn entry(
    cs_id: u8, policies: &'static [u8], s: bool, data: &'static [u8], spi: &'static [u8],
) -> GenericId<'static> {
    GenericId { cs_id, prot_type: ProtType::SRTP, s, policies, session_data: data, spi }
}

fn mapped(entries: &[GenericId<'_>], sps: &[(u8, &[u8])]) -> Result<[u8; 16], McxError> {
    let mut octets = [0; 256];
    let at = entries.iter().fold(0, |at, entry| entry.encode(&mut octets, at).unwrap());
    let map = CsIdMap::GenericId(
        GenericIdMap::from_octets(u8::try_from(entries.len()).unwrap(), &octets[..at]).unwrap(),
    );
    let sed = sed();
    let mut all = payloads(&sed);
    for (number, params) in sps {
        all.insert(6, Payload::Sp(Policy::new(*number, ProtType::SRTP, params).unwrap()));
    }
    receive(&signed(&hdr(map), &all))
        .map_err(|(e, kind)| if kind.is_some() { McxError::Malformed } else { e })
}

const SPI: &[u8] = &[0x20, 0, 0, 1];
const SP: &[u8] = &DEFAULT_SRTCP_PARAMS;

/// Covers: MCX-T-48, MCX-T-49, MCX-T-50, MCX-T-86, R-MCX-17
#[test]
fn the_map_lists_sessions_of_the_key_with_policies_that_are_there() {
    let good = Ok([7; 16]);
    let bad = Err(McxError::BadCsIdMap);
    let default = [(0, SP)];
    assert_eq!(mapped(&[entry(6, &[0], false, &[], SPI), entry(8, &[0], false, &[], SPI)], &default), good);
    assert_eq!(mapped(&[entry(6, &[], false, &[], &[])], &[]), good);
    for cs_id in [0, 4, 5, 7, 9, 10] {
        assert_eq!(mapped(&[entry(cs_id, &[0], false, &[], SPI)], &default), bad, "{cs_id}");
    }
    assert_eq!(mapped(&[entry(6, &[0], false, &[], SPI); 2], &default), bad);
    assert_eq!(mapped(&[entry(6, &[0], false, &[], &[0x20, 0, 0, 2])], &default), bad);
    assert_eq!(mapped(&[entry(6, &[0], false, &[], &[0x20, 0, 0])], &default), bad);
    assert_eq!(mapped(&[entry(6, &[1], false, &[], SPI)], &default), bad);
    assert_eq!(mapped(&[entry(6, &[0], false, &[], SPI)], &[]), bad);
    assert_eq!(
        mapped(&[entry(6, &[0], false, &[], SPI)], &[(0, SP), (0, SP)]),
        Err(McxError::PolicyBelowFloor)
    );
    assert_eq!(mapped(&[entry(6, &[0], false, &[], SPI)], &[(0, SP), (1, SP)]), good);
    for (s, data, outcome) in [
        (false, [0; 10].get(..4).unwrap(), good),
        (true, &[0; 10], good),
        (true, &[], good),
        (false, &[0; 10], bad),
        (true, &[0; 4], bad),
        (false, &[0; 3], bad),
        (false, &[0; 5], bad),
    ] {
        assert_eq!(mapped(&[entry(6, &[0], s, data, SPI)], &default), outcome, "{s} {}", data.len());
    }
    let tesla = GenericId { prot_type: ProtType::TESLA, ..entry(6, &[], false, &[], SPI) };
    assert_eq!(mapped(&[tesla], &[]), bad);
    assert_eq!(mapped(&[], &[]), bad);
    let nine = [entry(6, &[], false, &[], &[]); 9];
    assert_eq!(mapped(&nine, &[]), Err(McxError::Malformed));
}

/// Covers: MCX-T-50, MCX-T-87
#[test]
fn policies_below_the_floor_are_refused_and_the_ones_on_the_wire_taken() {
    let one = |params: &[u8]| mapped(&[entry(6, &[0], false, &[], SPI)], &[(0, params)]);
    let good = Ok([7; 16]);
    // As published, with RCC rows for SRTP.
    let published = [0, 1, 6, 1, 1, 16, 2, 1, 4, 4, 1, 12, 5, 1, 0, 6, 1, 0, 18, 1, 4, 19, 1, 0, 20, 1, 16];
    let rows: [(&str, &[u8]); 5] = [
        ("published", &published),
        ("cipher alone", &[0, 1, 6]),
        ("AES-256", &[0, 1, 6, 1, 1, 32]),
        ("ROC rate", &[0, 1, 6, 2, 1, 4, 13, 2, 0, 1, 18, 1, 4]),
        ("default", SP),
    ];
    for (name, params) in rows {
        assert_eq!(one(params), good, "{name}");
    }
    let rows: [(&str, &[u8]); 12] = [
        ("no cipher", &[1, 1, 16, 4, 1, 12, 20, 1, 16]),
        ("nothing", &[]),
        ("NULL", &[0, 1, 0, 1, 1, 16]),
        ("AES-CM", &[0, 1, 1, 1, 1, 16]),
        ("key of 8", &[0, 1, 6, 1, 1, 8]),
        ("key of 24", &[0, 1, 6, 1, 1, 24]),
        ("salt of 14", &[0, 1, 6, 4, 1, 14]),
        ("tag of 8", &[0, 1, 6, 20, 1, 8]),
        ("key derivation rate", &[0, 1, 6, 6, 1, 1]),
        ("unknown parameter", &[0, 1, 6, 21, 1, 0]),
        ("private parameter", &[0, 1, 6, 241, 1, 1]),
        ("cipher twice", &[0, 1, 6, 0, 1, 6]),
    ];
    for (name, params) in rows {
        assert_eq!(one(params), Err(McxError::PolicyBelowFloor), "{name}");
    }
}

/// Covers: MCX-T-85, MCX-T-30
#[test]
fn an_sp_beside_the_empty_map_is_parsed_by_the_codec_and_refused_by_the_profile() {
    let sed = sed();
    let mut all = payloads(&sed);
    all.insert(6, Payload::Sp(Policy::new(0, ProtType::SRTP, SP).unwrap()));
    let message = signed(&hdr(EMPTY), &all);
    let parsed = IMessage::decode(&message).unwrap();
    assert_eq!(parsed.policies().count(), 1);
    let mut out = [0; 1024];
    assert_eq!(parsed.message().encode(&mut out).unwrap(), message);
    assert_eq!(receive(&message), Err((McxError::PolicyBelowFloor, None)));
    let full = CsIdMap::Empty { cs_count: 2 };
    assert_eq!(receive(&signed(&hdr(full), &payloads(&sed))), Err((McxError::BadCsIdMap, None)));
}

/// Covers: MCX-T-47, R-MCX-6, R-MCX-12
#[test]
fn each_direction_takes_its_keys_and_everything_opens_where_any_may_come() {
    let sed = sed();
    for tag in 0..7_u8 {
        let csb_id = CsbId(u32::from(tag) << 28 | 1);
        let message = signed(&Hdr { csb_id, ..hdr(EMPTY) }, &payloads(&sed));
        let outcome = receive(&message).map_err(|(e, _)| e);
        assert_eq!(outcome, if tag == 2 { Ok([7; 16]) } else { Err(McxError::WrongPurposeTag) });
        for (direction, takes) in [(Direction::Download, tag == 2 || tag == 6), (Direction::Other, true)] {
            Someone::now(MDSI).with(|own| {
                let (mut cache, settings) = (ReplayCache::<2>::new(), McxSettings::DEFAULT);
                let envelope = Envelope { direction, initiator: None, sdp_ids: None };
                let screened = screen(&message, &envelope, own, &cache, &settings, NOW);
                assert_eq!(screened.is_ok(), takes, "{tag} {direction:?}");
                if let Ok(screened) = screened {
                    let mut room = [0; 16];
                    let received = screened.open(&mut cache, &settings, NOW, &mut room).unwrap();
                    let key: McKey = received.bind(ALICE, own).unwrap();
                    assert_eq!(key.tag(), PurposeTag::from_bits(tag).unwrap());
                    assert_eq!(key.secret().expose(), &[7; 16]);
                }
            });
        }
    }
}

#[test]
fn a_message_comes_out_of_every_carriage_as_it_went_in() {
    let mut pair = Pair::new();
    let message = pair.upload();
    let (mut out, mut line) = ([0; 4096], [0; 4096]);
    assert_eq!(message_of_body(&message, &mut out).unwrap(), message);
    let text = sdp_line_of_message(&message, &mut line).unwrap();
    let base64 = text.strip_prefix("a=key-mgmt:mikey ").unwrap();
    for body in [base64.to_owned(), format!("mikey {base64}"), format!("mikey {base64}\r\n")] {
        assert_eq!(message_of_body(body.as_bytes(), &mut out).unwrap(), message);
    }
    assert_eq!(message_of_sdp_line(text.as_bytes(), &mut out).unwrap().unwrap(), message);
    assert_eq!(message_of_sdp_line(b"a=key-mgmt:other AAAA", &mut out), Ok(None));
    assert_eq!(message_of_sdp_line(b"m=audio", &mut out), Ok(None));
    assert_eq!(message_of_body(b"mikey !", &mut out), Err(McxError::Malformed));
    // What ends in white space keeps it.
    assert_eq!(message_of_body(&[1, 2, b' ', b'\n'], &mut out).unwrap(), [1, 2, b' ', b'\n']);
}

/// Covers: MCX-T-40, R-MCX-24
#[test]
fn noise_and_mutated_messages_are_refused_without_a_panic() {
    use castkey::rand_core::TryRng;
    let mut rng = Rng::seeded(11);
    let mut next = |limit: usize| usize::try_from(rng.try_next_u32().unwrap()).unwrap() % limit;
    let sed = sed();
    let good = signed(&hdr(EMPTY), &payloads(&sed));
    for round in 0..20_000 {
        let mut octets = good.clone();
        if round % 4 == 0 {
            octets.truncate(next(good.len()));
            octets.iter_mut().skip(1).for_each(|octet| *octet = u8::try_from(next(256)).unwrap());
        } else {
            for _ in 0..=next(4) {
                let at = next(octets.len());
                octets[at] = u8::try_from(next(256)).unwrap();
            }
        }
        if octets != good {
            assert!(receive(&octets).is_err());
        }
    }
}
