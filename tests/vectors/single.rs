//! Single payloads, and the rules of freshness.

use castkey::error::OpenError;
use castkey::id::{Counter, CsbId, KeyDomainId, MskId, MtkId};
use castkey::keys::{MtkWindow, SeqLower, check_counter};
use castkey::wire::{
    CryptoSession, CsIdMap, DataType, ErrorNo, ExtType, Extension, Hdr, IdType, Identity, KeyData,
    KeyDataChain, KeyDataType, KeyIds, KeyValidity, Message, MessageWriter, Payload, Policy, PrfFunc,
    ProtType, SrtpIdMap, SrtpPolicy, Timestamp, encode_key_data, key_data_len,
};

use crate::common::{Example, example};

/// Written after a header, the payload is `octets`; read after a header, `octets` are the payload.
fn payload(octets: &[u8], payload: &Payload<'_>) {
    let hdr = hdr(DataType::PSK, false, CsIdMap::Empty { cs_count: 0 });
    let mut out = [0; 256];
    let mut writer = MessageWriter::new(&mut out, &hdr);
    writer.push(payload).unwrap();
    let written = writer.finish().unwrap();
    assert_eq!(hex::encode(&written[10..]), hex::encode(octets));

    let message = [&[1, 0, payload.payload_type().0, 0, 0, 0, 0, 0, 0, 1], octets].concat();
    let read = Message::decode(&message).unwrap();
    assert_eq!(read.payloads().collect::<Vec<_>>(), [*payload]);
}

const fn hdr(data_type: DataType, v: bool, map: CsIdMap<'_>) -> Hdr<'_> {
    Hdr { data_type, v, prf: PrfFunc::MIKEY_1, csb_id: CsbId(0), map }
}

/// The header before `next` is `octets`, both ways.
fn header(octets: &[u8], hdr: &Hdr<'_>, next: &Payload<'_>) {
    let mut out = [0; 256];
    let mut writer = MessageWriter::new(&mut out, hdr);
    writer.push(next).unwrap();
    let written = writer.finish().unwrap();
    assert_eq!(hex::encode(&written[..octets.len()]), hex::encode(octets));
    let message = [octets, &written[octets.len()..]].concat();
    assert_eq!(Message::decode(&message).unwrap().hdr(), *hdr);
}

fn key_data(octets: &[u8], key: &KeyData<'_>) {
    let mut out = vec![0; key_data_len(&[*key])];
    encode_key_data(&[*key], &mut out).unwrap();
    assert_eq!(hex::encode(&out), hex::encode(octets));
    let read = KeyDataChain::decode(octets).unwrap().single().unwrap();
    assert_eq!(
        (read.key_type, read.key, read.salt, read.validity),
        (key.key_type, key.key, key.salt, key.validity)
    );
}

#[test]
pub(crate) fn every_single_payload_is_written_and_read() {
    let e = example("pieces");
    let (msk, mtk) = (example("msk-message"), example("mtk-message-streaming"));
    let input = |e: &Example, name: &str| e.hex(&format!("inputs/{name}"));
    let (rand, idi, idr) = (input(&msk, "rand"), input(&msk, "idi"), input(&msk, "idr"));
    let (key, mtk_key, salt) = (input(&msk, "msk"), input(&mtk, "mtk"), input(&mtk, "mtk_salt"));
    let mut ids = KeyIds {
        domain: Some(KeyDomainId::new(msk.array("inputs/key_domain_id"))),
        msk: Some(MskId::from_octets(msk.array("inputs/msk_id"))),
        mtk: None,
    };
    let ext_msk = ids.encode();
    ids.mtk = Some(MtkId(mtk.number("inputs/mtk_id")));
    let ext_mtk = ids.encode();
    let key_ids = |octets| Payload::Ext(Extension { ext_type: ExtType::KEY_ID, octets });
    let counter = Payload::T(Timestamp::Counter(Counter(1)));
    let streams = [
        CryptoSession { policy_no: 0, ssrc: 0x1122_3344, roc: 0 },
        CryptoSession { policy_no: 0, ssrc: 0x5566_7788, roc: 2 },
    ];
    let two_streams = CsIdMap::SrtpId(SrtpIdMap::new(&streams).unwrap());
    let empty = CsIdMap::Empty { cs_count: 0 };
    let mut room = [0; 64];
    let params = SrtpPolicy::default().encode_params(&mut room).unwrap();

    for (name, piece) in e.at("outputs").as_object().unwrap() {
        let octets = hex::decode(piece.as_str().unwrap()).unwrap_or_default();
        match name.as_str() {
            "t_counter_1" => payload(&octets, &counter),
            "rand" => payload(&octets, &Payload::Rand(&rand)),
            "idi" => payload(&octets, &Payload::Id(Identity { id_type: IdType::URI, octets: &idi })),
            "idr" => payload(&octets, &Payload::Id(Identity { id_type: IdType::NAI, octets: &idr })),
            "ext_msk" => payload(&octets, &key_ids(ext_msk.as_slice())),
            "ext_mtk" => payload(&octets, &key_ids(ext_mtk.as_slice())),
            "sp" => payload(&octets, &Payload::Sp(Policy::new(0, ProtType::SRTP, params).unwrap())),
            "error_1" => payload(&octets, &Payload::Err(ErrorNo(1))),
            "ext_oma_bcast_ltkm" => {
                payload(&octets, &Payload::Ext(Extension { ext_type: ExtType(5), octets: &[1, 0xAA, 0xBB] }))
            }
            "key_data_tek_interval" => {
                let validity = KeyValidity::Interval { from: &[0, 0], to: &[0x03, 0xE8] };
                let data = KeyData { key_type: KeyDataType::TEK, key: &key, salt: None, validity };
                key_data(&octets, &data);
            }
            "key_data_tek_salt" => {
                let (key_type, validity) = (KeyDataType::TEK_SALT, KeyValidity::Null);
                key_data(&octets, &KeyData { key_type, key: &mtk_key, salt: Some(&salt), validity });
            }
            "key_data_tgk" => {
                let (key_type, validity) = (KeyDataType::TGK, KeyValidity::Null);
                key_data(&octets, &KeyData { key_type, key: &key, salt: None, validity });
            }
            // AES key wrap (RFC 3830 §4.2.3 makes it optional) is not part of the crate.
            "aes_kw_of_key_data_tgk_20_octets" => assert!(octets.is_empty()),
            "hdr_psk_v1" => header(&octets, &hdr(DataType::PSK, true, empty), &key_ids(ext_msk.as_slice())),
            "hdr_error" => header(&octets, &hdr(DataType::ERROR, false, empty), &counter),
            "hdr_psk_srtp_id_two_streams" => {
                header(&octets, &hdr(DataType::PSK, true, two_streams), &key_ids(ext_msk.as_slice()));
            }
            other => panic!("piece {other} is not tested"),
        }
    }
}

#[test]
pub(crate) fn counters_and_mtk_ids_are_fresh_or_not() {
    let e = example("replay");
    for row in e.list("outputs/counter_received_stored_accept") {
        let (received, stored) = (Counter(row.number("0")), Counter(row.number("1")));
        let accept = row.at("2").as_bool().unwrap();
        let expected = if accept { Ok(()) } else { Err(OpenError::Replay) };
        assert_eq!(check_counter(received, Some(stored)), expected, "{row:?}");
        assert_eq!(check_counter(received, None), Ok(()), "{row:?}");
    }
    for row in e.list("outputs/seqs_sequ_seqp_result") {
        let window = MtkWindow::new(MtkId(row.number("0")), MtkId(row.number("1")), SeqLower::Exclusive);
        let fresh = match row.text("3") {
            "fresh" => true,
            "stale-or-out-of-range" => false,
            other => panic!("{other}"),
        };
        assert_eq!(window.admits(MtkId(row.number("2"))), fresh, "{row:?}");
    }
}
