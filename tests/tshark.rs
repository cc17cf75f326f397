//! The dissector of Wireshark reads what the library writes, to the last octet.
//!
//! Skipped where `tshark` is not installed, unless the environment variable `CASTKEY_REQUIRE_TSHARK` is set.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use castkey::id::{Counter, CsbId, GroupName, KeyDomainId, KeyGroup, KeyNumber, MtkId};
use castkey::keys::{
    Algorithms, Msk, MskRand, Mtk, MtkSalt, Muk, MukId, NafId, PreSharedKey, Protection, ProtectionKeys,
};
use castkey::message::psk::PskMessage;
use castkey::message::{
    MskAddress, MtkAddress, seal_error, seal_msk, seal_mtk, seal_pull, seal_verification,
};
use castkey::secret::Secret;
use castkey::settings::Settings;
use castkey::wire::{CryptoSession, ErrorNo, Policy, ProtType};
use dissection::{dissect, find, octets_of, payloads};

#[path = "tshark/dissection.rs"]
mod dissection;

const RAND: [u8; 16] = [0xA7; 16];
const GROUP: GroupName = GroupName::new(KeyDomainId::new([0x32, 0xF4, 0x51]), KeyGroup(0x68CA));
const IDR: &[u8] = b"btid@bsf.home1.net";

fn muk() -> Muk {
    Muk::from_octets(&[0x3C; 32]).unwrap()
}

fn keys<K: PreSharedKey>(psk: &K, algorithms: Algorithms) -> K::Keys {
    psk.keys(&Protection { algorithms, csb: CsbId(0), rand: &RAND }).unwrap()
}

/// An MSK message, or a pull where the Key Number is 0.
fn msk_message(
    number: u16, algorithms: Algorithms, policies: &[Policy<'_>], sessions: Option<&[CryptoSession]>,
) -> Vec<u8> {
    let mut naf_id = [0; 64];
    let idi = NafId::join("bmsc.home1.net", NafId::UA_MBMS, &mut naf_id).unwrap();
    let address = MskAddress {
        sdp_ids: None,
        name: GROUP.msk(KeyNumber(number)),
        counter: Counter(0x0102_0304),
        csb: CsbId(0),
        rand: MskRand::new(&RAND).unwrap(),
        muk_id: MukId { idi: idi.octets(), idr: IDR },
        v: true,
        algorithms,
        policies,
        sessions,
    };
    let msk = Msk::new(Secret::new([0x11; 16]));
    let mut out = [0; 1024];
    if number == 0 {
        seal_pull(&address, &muk(), &Settings::DEFAULT, &mut out).unwrap().to_vec()
    } else {
        let (low, high) = (MtkId(0), MtkId(1000));
        seal_msk(&address, &msk, low, high, &muk(), &Settings::DEFAULT, &mut out).unwrap().to_vec()
    }
}

fn mtk_message(salt: Option<&MtkSalt>) -> Vec<u8> {
    let msk = Msk::new(Secret::new([0x11; 16]));
    let address = MtkAddress {
        msk: GROUP.msk(KeyNumber(1)),
        mtk: MtkId(7),
        counter: Counter(9),
        csb: CsbId(0),
        algorithms: Algorithms::SHA1,
    };
    let mut out = [0; 128];
    let keys = keys(&msk, Algorithms::SHA1);
    let mtk = Mtk::new(Secret::new([0x22; 16]));
    seal_mtk(&address, &mtk, salt, &keys, &Settings::DEFAULT, &mut out).unwrap().to_vec()
}

/// What the terminal answers.
fn answer(
    asked: &[u8],
    seal: impl FnOnce(&PskMessage<'_>, &ProtectionKeys<castkey::crypto::RustCrypto>, &mut [u8]) -> usize,
) -> Vec<u8> {
    let mut out = [0; 512];
    let len = seal(&PskMessage::decode(asked).unwrap(), &keys(&muk(), Algorithms::SHA1), &mut out);
    out[..len].to_vec()
}

fn verification(asked: &[u8]) -> Vec<u8> {
    answer(asked, |asked, keys, out| seal_verification(asked, keys, &Settings::DEFAULT, out).unwrap().len())
}

fn error(asked: &[u8], authentic: bool) -> Vec<u8> {
    answer(asked, |asked, keys, out| {
        seal_error(asked, ErrorNo::AUTH_FAILURE, authentic.then_some(keys), out).unwrap().len()
    })
}

const MSK: [&str; 7] = ["hdr", "ext", "t", "rand", "id", "id", "kemac"];

#[test]
fn every_kind_of_message_is_dissected_to_the_last_octet() {
    let sessions = [
        CryptoSession { policy_no: 4, ssrc: 0x1122_3344, roc: 0 },
        CryptoSession { policy_no: 4, ssrc: 0x5566_7788, roc: 2 },
    ];
    let params =
        [0, 1, 1, 1, 1, 16, 2, 1, 1, 3, 1, 20, 4, 1, 14, 5, 1, 0, 6, 1, 0, 7, 1, 1, 8, 1, 1, 10, 1, 1];
    let policy = [Policy::new(4, ProtType::SRTP, &params).unwrap()];
    let plain = msk_message(1, Algorithms::SHA1, &[], None);
    let with_policy = msk_message(1, Algorithms::SHA1, &policy, Some(&sessions));
    let salt = MtkSalt::new(Secret::new([0x33; 14]));
    let rows = [
        (plain.clone(), MSK.to_vec()),
        (with_policy.clone(), vec!["hdr", "ext", "t", "rand", "id", "id", "sp", "kemac"]),
        (verification(&plain), vec!["hdr", "t", "id", "v"]),
        (verification(&with_policy), vec!["hdr", "t", "id", "v"]),
        (mtk_message(Some(&salt)), vec!["hdr", "ext", "t", "kemac"]),
        (mtk_message(None), vec!["hdr", "ext", "t", "kemac"]),
        (msk_message(0, Algorithms::SHA1, &[], None), MSK.to_vec()),
        (error(&plain, true), vec!["hdr", "t", "err", "v"]),
        (error(&plain, false), vec!["hdr", "t", "err"]),
    ];
    let datagrams: Vec<Vec<u8>> = rows.iter().map(|(datagram, _)| datagram.clone()).collect();
    let Some(packets) = dissect("all", &datagrams) else { return };
    for (packet, (datagram, expected)) in packets.iter().zip(&rows) {
        assert_eq!(payloads(packet, datagram).as_ref(), Ok(expected), "{}", hex::encode(datagram));
    }

    // The dissector names the fields as we meant them.
    let field = |packet: usize, name: &str| octets_of(&packets[packet], &format!("mikey.{name}"));
    assert_eq!(field(0, "ext.data"), ["000332f451010468ca0001"]);
    assert_eq!(field(0, "rand.data"), [hex::encode(RAND)]);
    assert_eq!(field(0, "id.data"), [hex::encode(b"bmsc.home1.net\x01\0\0\0\x01"), hex::encode(IDR)]);
    assert_eq!(field(0, "v.set"), ["1"]);
    let length = |packet: usize| field(packet, "kemac.key_data_len");
    assert_eq!((length(0), length(6)), (vec!["001a".to_owned()], vec!["0000".to_owned()]));
    assert_eq!((length(4), length(5)), (vec!["0024".to_owned()], vec!["0014".to_owned()]));
    assert_eq!(field(0, "kemac.mac"), [hex::encode(&plain[plain.len() - 20..])]);
    for packet in [1, 3] {
        assert_eq!(field(packet, "srtp_id.policy_no"), ["04", "04"]);
        assert_eq!(field(packet, "srtp_id.ssrc"), ["11223344", "55667788"]);
        assert_eq!(field(packet, "srtp_id.roc"), ["00000000", "00000002"]);
    }
    assert_eq!(
        (field(1, "sp.no"), field(1, "sp.auth_key_len")),
        (vec!["04".to_owned()], vec!["14".to_owned()])
    );
    assert_eq!(field(4, "ext.data"), ["000332f451010468ca000102020007"]);
    assert_eq!(
        (field(7, "err.no"), field(7, "err.reserved")),
        (vec!["00".to_owned()], vec!["0000".to_owned()])
    );
}

#[test]
fn the_sha256_suite_is_dissected_as_far_as_the_dissector_knows_it() {
    let message = msk_message(2, Algorithms::SHA256, &[], None);
    let Some(packets) = dissect("sha256", core::slice::from_ref(&message)) else { return };
    let field = |name: &str| octets_of(&packets[0], &format!("mikey.{name}"));
    assert_eq!((field("prf_func"), field("kemac.encr_alg")), (vec!["1".to_owned()], vec!["03".to_owned()]));
    assert_eq!(field("kemac.mac_alg"), ["02"]);
    // Wireshark 4.0 does not know MAC algorithm 2 and stops there; one that knows it must reach the end.
    if field("kemac.mac").is_empty() {
        eprintln!("this tshark does not know HMAC-SHA-256-256");
        let mut mac_alg = Vec::new();
        find(&packets[0]["mikey"], "mikey.kemac.mac_alg", &mut mac_alg);
        assert_eq!(mac_alg[0].1 + 1 + 32, 28 + u64::try_from(message.len()).unwrap());
    } else {
        assert_eq!(payloads(&packets[0], &message), Ok(MSK.to_vec()));
    }
}

#[test]
fn the_check_sees_a_message_that_is_cut_too_long_or_wrongly_chained() {
    let good = msk_message(1, Algorithms::SHA1, &[], None);
    let mut longer = good.clone();
    longer.push(0);
    let mut chained = good.clone();
    // T, where the extension stands.
    chained[2] = 5;
    let datagrams = [good[..good.len() - 1].to_vec(), longer, chained, good];
    let Some(packets) = dissect("control", &datagrams) else { return };
    let as_built = |(packet, datagram)| payloads(packet, datagram) == Ok(MSK.to_vec());
    let seen: Vec<bool> = packets.iter().zip(datagrams.iter().map(Vec::as_slice)).map(as_built).collect();
    assert_eq!(seen, [false, false, false, true]);
}
