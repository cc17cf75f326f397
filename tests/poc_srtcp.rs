//! Media Burst Control under SRTCP: worked vectors, an independent implementation, and a model of the replay window.
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

use std::collections::BTreeSet;

use castkey::crypto::RustCrypto;
use castkey::id::Mki;
use castkey::keys::{Mtk, MtkSalt, SrtpKeys};
use castkey::poc::{
    Announced, IndicationCoding, MAX_DATAGRAM_LEN, MAX_INDICATION_LEN, MAX_PROTECTED_INDICATION_LEN,
    MAX_SRTCP_PACKETS, PocError, SRTCP_TRAILER_LEN, SRTCP_WINDOW, SrtcpKeys, SrtcpReplay, SrtcpSender, apps,
    srtcp_mki,
};
use castkey::secret::Secret;
use common::unhex;
use libsrtp::{MasterKey, ProtectionProfile, RecvSession, SendSession, StreamConfig};
use proptest::prelude::*;
use serde_json::Value;

const OLD: Mki = Mki::from_octets([0, 1, 0, 7, 0, 0x2A]);
const NEW: Mki = Mki::from_octets([0, 1, 0, 8, 0, 1]);
const LAST: u32 = MAX_SRTCP_PACKETS - 1;

fn vectors() -> Vec<Value> {
    let all: Value = serde_json::from_str(include_str!("vectors/poc-indication.json")).unwrap();
    all["srtcp"].as_array().unwrap().clone()
}

fn text(row: &Value, name: &str) -> Vec<u8> {
    unhex(row[name].as_str().unwrap())
}

fn mtk(octets: &[u8]) -> Mtk {
    Mtk::new(Secret::new(octets.try_into().unwrap()))
}

fn salt(octets: &[u8]) -> MtkSalt {
    MtkSalt::new(Secret::new(octets.try_into().unwrap()))
}

/// The keys of a row, and those it says they are made of.
struct Row {
    mtk: Mtk,
    salt: Option<MtkSalt>,
    keys: SrtcpKeys,
    mki: Mki,
    index: u32,
    plain: Vec<u8>,
    protected: Vec<u8>,
}

impl Row {
    fn of(row: &Value) -> Self {
        let (mtk, salt) = (mtk(&text(row, "mtk")), row["salt"].as_str().map(|hex| salt(&unhex(hex))));
        Self {
            keys: SrtcpKeys::derive(RustCrypto, &mtk, salt.as_ref()),
            mtk,
            salt,
            mki: Mki::from_octets(text(row, "mki").try_into().unwrap()),
            index: u32::try_from(row["index"].as_u64().unwrap()).unwrap(),
            plain: text(row, "plain"),
            protected: text(row, "protected"),
        }
    }

    /// Vector B.
    fn b() -> Self {
        Self::of(&vectors()[0])
    }
}

fn keys(octet: u8) -> SrtcpKeys {
    SrtcpKeys::derive(RustCrypto, &mtk(&[octet; 16]), Some(&salt(&[octet; 14])))
}

fn protect_at(index: u32, keys: &SrtcpKeys, mki: Mki, packet: &[u8]) -> Vec<u8> {
    let mut out = [0; MAX_DATAGRAM_LEN];
    SrtcpSender::resume(index, None).protect(keys, mki, packet, &mut out).unwrap().to_vec()
}

fn idle() -> Vec<u8> {
    unhex("85cc000212345678506f4331")
}

/// Accepts or refuses an authentic packet with this index.
fn receive(replay: &mut SrtcpReplay, index: u32, keys: &SrtcpKeys, mki: Mki) -> Result<(), PocError> {
    let packet = protect_at(index, keys, mki, &idle());
    let mut out = [0; MAX_DATAGRAM_LEN];
    replay.unprotect(keys, &packet, &mut out).map(|plain| assert_eq!(plain, idle()))
}

/// Vector B first, then others of an independent model.
///
/// Covers: T-056
#[test]
fn the_worked_packets_protect_and_unprotect_to_the_octet() {
    let b = "8ecc000a123456784ec1f3c41512ba1b6bbb0d449db1b60b145b5c3e791f1cb8c847b4c1e372876a34afd7d9\
             8000000500010007002aa06a226770ba266ac566";
    assert_eq!(Row::b().protected, unhex(b));
    for value in vectors() {
        let row = Row::of(&value);
        let mut out = vec![0xEE; row.protected.len()];
        let mut sender = SrtcpSender::resume(row.index, None);
        assert_eq!(sender.protect(&row.keys, row.mki, &row.plain, &mut out).unwrap(), row.protected);
        assert_eq!(sender.next_index(), row.index + 1);
        assert_eq!(srtcp_mki(&row.protected), Ok(row.mki));
        let mut out = vec![0xEE; row.plain.len()];
        let plain = SrtcpReplay::new().unprotect(&row.keys, &row.protected, &mut out).unwrap();
        assert_eq!(plain, row.plain, "{}", value["id"]);
    }
}

#[test]
fn the_session_keys_are_those_of_the_worked_packets() {
    for value in vectors() {
        let row = Row::of(&value);
        let keys = SrtpKeys::derive(&row.mtk, row.salt.as_ref());
        assert_eq!(keys.rtcp_encr.expose().as_slice(), text(&value, "k_e"));
        assert_eq!(keys.rtcp_auth.expose().as_slice(), text(&value, "k_a"));
        assert_eq!(keys.rtcp_salt.expose().as_slice(), text(&value, "k_s"));
    }
}

#[test]
fn the_longest_protected_indication_fills_its_bound() {
    let packet = [0x8E; MAX_INDICATION_LEN];
    assert_eq!(protect_at(0, &keys(1), OLD, &packet).len(), MAX_PROTECTED_INDICATION_LEN);
    assert_eq!(SRTCP_TRAILER_LEN, 20);
}

/// The path of a client: MKI, replay and tag, and only then the TLVs.
///
/// Covers: R-POC-20
#[test]
fn an_indication_is_read_only_after_the_old_msks_mtk_has_opened_it() {
    let row = Row::b();
    let mut out = [0; MAX_DATAGRAM_LEN];
    let mut replay = SrtcpReplay::new();
    let other = keys(9);
    assert_eq!(replay.unprotect(&other, &row.protected, &mut out), Err(PocError::BadMac));
    let plain = replay.unprotect(&row.keys, &row.protected, &mut out).unwrap();
    let app = apps(plain).next().unwrap().unwrap();
    let Ok(Some(Announced::Explicit(indication))) = IndicationCoding::DEFAULT.decode(&app) else {
        panic!("vector A is an indication")
    };
    assert_eq!(indication.old, srtcp_mki(&row.protected).unwrap().msk);
}

/// Covers: R-POC-20, T-113
#[test]
fn no_flipped_bit_authenticates_and_none_moves_the_window() {
    let row = Row::b();
    let mki_at = row.protected.len() - 16;
    for bit in 0..row.protected.len() * 8 {
        let mut flipped = row.protected.clone();
        flipped[bit / 8] ^= 0x80 >> (bit % 8);
        let (mut replay, mut out) = (SrtcpReplay::new(), [0xEE; MAX_DATAGRAM_LEN]);
        if (mki_at..mki_at + 6).contains(&(bit / 8)) {
            // The MKI is not under the tag (RFC 3711 §3.1): another one finds another key, or none.
            assert_ne!(srtcp_mki(&flipped), Ok(row.mki));
            assert_eq!(replay.unprotect(&keys(7), &flipped, &mut out), Err(PocError::BadMac));
        } else {
            let refused = replay.unprotect(&row.keys, &flipped, &mut out).unwrap_err();
            let expected = match bit {
                0 | 1 => PocError::Malformed,
                // The E bit.
                352 => PocError::Unprotected,
                _ => PocError::BadMac,
            };
            assert_eq!(refused, expected, "{bit}");
        }
        assert_eq!(replay, SrtcpReplay::new(), "{bit}");
        assert!(out.iter().all(|octet| *octet == 0xEE), "nothing is written before the tag is right");
    }
}

#[test]
fn no_truncation_and_no_extension_authenticates() {
    let row = Row::b();
    let mut out = [0; MAX_DATAGRAM_LEN];
    for len in 0..row.protected.len() {
        let cut = &row.protected[..len];
        let refused = SrtcpReplay::new().unprotect(&row.keys, cut, &mut out).unwrap_err();
        assert!(len >= 28 || refused == PocError::Malformed, "{len}");
        assert_eq!(srtcp_mki(cut).is_err(), len < 28 || refused == PocError::Unprotected, "{len}");
    }
    for more in 1..=32 {
        let longer = [&row.protected[..], &vec![0x80; more]].concat();
        assert!(SrtcpReplay::new().unprotect(&row.keys, &longer, &mut out).is_err());
    }
    let long = vec![0x80; MAX_DATAGRAM_LEN + 1];
    assert_eq!(srtcp_mki(&long), Err(PocError::Malformed));
}

/// Covers: T-113
#[test]
fn a_bad_tag_under_a_high_index_leaves_the_window_where_it_is() {
    let (good, mut replay) = (keys(1), SrtcpReplay::new());
    receive(&mut replay, 10, &good, OLD).unwrap();
    let before = replay;
    let mut forged = protect_at(LAST, &good, OLD, &idle());
    *forged.last_mut().unwrap() ^= 1;
    let mut out = [0; MAX_DATAGRAM_LEN];
    assert_eq!(replay.unprotect(&good, &forged, &mut out), Err(PocError::BadMac));
    assert_eq!(replay, before);
    receive(&mut replay, 11, &good, OLD).unwrap();
    receive(&mut replay, 9, &good, OLD).unwrap();
}

/// A packet with E = 0 and a tag that is right: the payload in clear, the word without the bit.
///
/// Covers: T-112
#[test]
fn an_authentic_packet_that_is_not_encrypted_is_dropped() {
    let all: Value = serde_json::from_str(include_str!("vectors/poc-indication.json")).unwrap();
    let (row, packet) = (Row::b(), text(&all, "unencrypted"));
    assert!(packet.starts_with(&row.plain), "in clear");
    let (mut replay, mut out) = (SrtcpReplay::new(), [0xEE; MAX_DATAGRAM_LEN]);
    assert_eq!(replay.unprotect(&row.keys, &packet, &mut out), Err(PocError::Unprotected));
    assert_eq!(srtcp_mki(&packet), Err(PocError::Unprotected));
    assert_eq!(replay, SrtcpReplay::new());
    assert!(out.iter().all(|octet| *octet == 0xEE));
}

/// Also where its octets look like an index word with the E bit set, and where it is too short for a trailer.
///
/// Covers: R-KM-1
#[test]
fn plain_rtcp_on_a_protected_channel_is_unprotected() {
    let connect = [unhex("8fcc000812345678506f4331"), vec![0xFF; 24]].concat();
    let compound = [unhex("80c9000100000001"), idle(), idle(), idle()].concat();
    for packet in [idle(), Row::b().plain, connect, compound] {
        let mut out = [0xEE; MAX_DATAGRAM_LEN];
        let mut replay = SrtcpReplay::new();
        let refused = replay.unprotect(&keys(1), &packet, &mut out);
        assert_eq!(refused, Err(PocError::Unprotected), "{packet:x?}");
        assert_eq!(replay, SrtcpReplay::new());
    }
}

/// A trailer can look like one more APP packet; what is authentic is taken all the same.
#[test]
fn a_protected_packet_that_looks_plain_is_not_mistaken() {
    let index = 0x00CC_0004;
    let packet = protect_at(index, &keys(1), OLD, &idle());
    assert_eq!(packet[idle().len()..][..4], [0x80, 0xCC, 0, 4]);
    assert_eq!(apps(&packet).filter(|app| app.is_ok()).count(), 2);
    receive(&mut SrtcpReplay::new(), index, &keys(1), OLD).unwrap();
    assert_eq!(srtcp_mki(&packet), Ok(OLD));
}

/// Covers: T-053
#[test]
fn a_recorded_indication_is_dropped_when_it_is_replayed() {
    let row = Row::b();
    let (mut replay, mut out) = (SrtcpReplay::new(), [0; MAX_DATAGRAM_LEN]);
    replay.unprotect(&row.keys, &row.protected, &mut out).unwrap();
    let after = replay;
    assert_eq!(replay.unprotect(&row.keys, &row.protected, &mut out), Err(PocError::Replay));
    // Later, when the window has left it behind, and under the next key.
    receive(&mut replay, 5 + 64, &keys(2), NEW).unwrap();
    assert_eq!(replay.unprotect(&row.keys, &row.protected, &mut out), Err(PocError::Replay));
    assert_ne!(replay, after);
}

/// Covers: T-106
#[test]
fn the_index_goes_on_when_the_mtk_changes() {
    let (old, new) = (keys(1), keys(2));
    let (mut sender, mut replay) = (SrtcpSender::new(), SrtcpReplay::new());
    let (mut out, mut plain) = ([0; MAX_DATAGRAM_LEN], [0; MAX_DATAGRAM_LEN]);
    for expected in 0..6u32 {
        let (keys, mki) = if expected < 3 { (&old, OLD) } else { (&new, NEW) };
        assert_eq!(sender.next_index(), expected);
        let packet = sender.protect(keys, mki, &idle(), &mut out).unwrap();
        let word = packet[idle().len()..][..4].try_into().unwrap();
        assert_eq!(u32::from_be_bytes(word), 1 << 31 | expected, "E and index");
        assert_eq!(srtcp_mki(packet), Ok(mki));
        replay.unprotect(keys, packet, &mut plain).unwrap();
    }
    // The window has gone on too: what was seen under the old key is not fresh under the new one.
    assert_eq!(receive(&mut replay, 1, &new, NEW), Err(PocError::Replay));
}

#[test]
fn a_refused_packet_uses_up_no_index() {
    let (mut sender, keys) = (SrtcpSender::new(), keys(1));
    let mut out = [0; MAX_DATAGRAM_LEN + 32];
    let too_long = [&[0x80][..], &[0; MAX_DATAGRAM_LEN - SRTCP_TRAILER_LEN]].concat();
    for bad in [&[][..], &[0x80; 7], &[0x40; 12], &[0xC0; 12], &too_long] {
        assert_eq!(sender.protect(&keys, OLD, bad, &mut out), Err(PocError::Malformed));
    }
    for len in 0..idle().len() + SRTCP_TRAILER_LEN {
        let refused = sender.protect(&keys, OLD, &idle(), &mut out[..len]);
        assert_eq!(refused, Err(PocError::BufferTooSmall));
    }
    assert_eq!(sender, SrtcpSender::new());
    let packet = protect_at(0, &keys, OLD, &idle());
    for len in 0..idle().len() {
        let mut replay = SrtcpReplay::new();
        let refused = replay.unprotect(&keys, &packet, &mut out[..len]);
        assert_eq!((refused, replay), (Err(PocError::BufferTooSmall), SrtcpReplay::new()));
    }
}

#[test]
fn a_key_ends_with_the_indices_and_the_next_one_goes_round() {
    let (old, new) = (keys(1), keys(2));
    let (mut sender, mut replay) = (SrtcpSender::resume(LAST, Some(OLD)), SrtcpReplay::new());
    receive(&mut replay, LAST - 1, &old, OLD).unwrap();
    let (mut out, mut plain) = ([0; MAX_DATAGRAM_LEN], [0; MAX_DATAGRAM_LEN]);
    let last = sender.protect(&old, OLD, &idle(), &mut out).unwrap().to_vec();
    replay.unprotect(&old, &last, &mut plain).unwrap();
    for _ in 0..2 {
        assert_eq!(sender.protect(&old, OLD, &idle(), &mut out), Err(PocError::KeyExhausted));
    }
    assert_eq!(SrtcpSender::resume(u32::MAX, Some(OLD)), sender);
    for expected in [0u32, 1] {
        let packet = sender.protect(&new, NEW, &idle(), &mut out).unwrap().to_vec();
        assert_eq!(packet[idle().len()..][..4], (1 << 31 | expected).to_be_bytes());
        replay.unprotect(&new, &packet, &mut plain).unwrap();
        assert_eq!(replay.unprotect(&new, &packet, &mut plain), Err(PocError::Replay));
    }
    // What was sent before the round ended: a replay is one still, a late packet is late.
    assert_eq!(replay.unprotect(&old, &last, &mut plain), Err(PocError::Replay));
    receive(&mut replay, LAST - 2, &old, OLD).unwrap();
    assert_eq!(receive(&mut replay, LAST - 2, &old, OLD), Err(PocError::Replay));
    assert_eq!(receive(&mut replay, LAST - 62, &old, OLD), Err(PocError::Replay));
    assert_eq!(replay.unprotect(&new, &last, &mut plain), Err(PocError::Replay));
    // Far from the ends there is one round only, and its last index lies ahead.
    receive(&mut replay, 1 << 16, &new, NEW).unwrap();
    receive(&mut replay, LAST, &new, NEW).unwrap();
}

#[test]
fn one_key_never_goes_round() {
    let key = keys(1);
    let mut replay = SrtcpReplay::new();
    receive(&mut replay, LAST, &key, OLD).unwrap();
    for index in [0, 1, 1000, LAST - 64, LAST] {
        assert_eq!(receive(&mut replay, index, &key, OLD), Err(PocError::Replay), "{index}");
    }
    // Another key alone is no reason either: only near the ends does the index go round.
    assert_eq!(receive(&mut replay, 1 << 16, &keys(2), NEW), Err(PocError::Replay));
    let mut early = SrtcpReplay::new();
    receive(&mut early, 1000, &key, OLD).unwrap();
    assert_eq!(receive(&mut early, 3, &keys(2), NEW), Err(PocError::Replay));
}

fn profile() -> ProtectionProfile {
    ProtectionProfile::Aes128CmHmacSha180
}

fn peer_config(mki: Mki, mtk: &Mtk, salt: &MtkSalt) -> StreamConfig {
    let key = MasterKey::new(mtk.secret().expose(), salt.secret().expose(), &Some(mki.to_octets().to_vec()));
    let mut config = StreamConfig::new(vec![key], &profile(), &profile());
    config.set_replay_window_size(64);
    config
}

/// The naive window: what was accepted, and how far down from the newest one may go.
#[derive(Default)]
struct Model(BTreeSet<u32>);

impl Model {
    fn accepts(&mut self, index: u32) -> bool {
        let newest = self.0.last().copied().unwrap_or(index);
        u64::from(newest.saturating_sub(index)) < SRTCP_WINDOW && self.0.insert(index)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Indices that mostly stay together, and sometimes leap.
    #[test]
    fn the_window_decides_as_a_set_of_all_indices_does(
        start in prop_oneof![Just(0u32), Just(LAST - 100), 0..=LAST],
        steps in proptest::collection::vec(prop_oneof![8 => -70..70i64, 1 => -1_000_000..1_000_000i64], 1..120),
    ) {
        let (key, mut replay, mut model) = (keys(1), SrtcpReplay::new(), Model::default());
        let mut at = i64::from(start);
        for step in steps {
            let index = u32::try_from((at + step).clamp(0, i64::from(LAST))).unwrap();
            let before = replay;
            let accepted = receive(&mut replay, index, &key, OLD);
            let expected = if model.accepts(index) { Ok(()) } else { Err(PocError::Replay) };
            prop_assert_eq!(accepted, expected, "{}", index);
            prop_assert!(accepted.is_ok() || replay == before);
            if accepted.is_ok() {
                at = at.max(i64::from(index));
            }
        }
    }

    /// Both directions against another implementation of SRTCP, over a change of the key.
    #[test]
    fn an_independent_srtcp_opens_what_is_protected_and_the_other_way_round(
        packets in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 4..200), 2..12),
        masters in any::<[([u8; 16], [u8; 14], [u8; 6]); 2]>(), ssrc in any::<u32>(), change in 0..12usize,
    ) {
        prop_assume!(masters[0].2 != masters[1].2);
        let held = masters.map(|(m, s, mki)| (mtk(&m), salt(&s), Mki::from_octets(mki)));
        let ours: Vec<SrtcpKeys> =
            held.iter().map(|(mtk, salt, _)| SrtcpKeys::derive(RustCrypto, mtk, Some(salt))).collect();
        let (mut peer_sends, mut peer_reads) = (SendSession::new(), RecvSession::new());
        for (mtk, salt, mki) in &held {
            peer_sends.add_stream(Some(ssrc), &peer_config(*mki, mtk, salt)).unwrap();
            peer_reads.add_stream(Some(ssrc), &peer_config(*mki, mtk, salt)).unwrap();
        }
        let (mut sender, mut replay) = (SrtcpSender::new(), SrtcpReplay::new());
        for (at, content) in packets.iter().enumerate() {
            let which = usize::from(at >= change);
            let mki = held[which].2;
            let packet = [&[0x8E, 204, 0, 1][..], &ssrc.to_be_bytes(), content].concat();
            let (mut out, mut plain) = ([0; MAX_DATAGRAM_LEN], [0; MAX_DATAGRAM_LEN]);
            let protected = sender.protect(&ours[which], mki, &packet, &mut out).unwrap().to_vec();
            let peers = peer_sends.rtcp_protect_mki(packet.clone(), &Some(mki.to_octets().to_vec())).unwrap();
            prop_assert_eq!(&protected, &peers);
            prop_assert_eq!(peer_reads.rtcp_unprotect(protected.clone()).unwrap(), packet.clone());
            prop_assert!(peer_reads.rtcp_unprotect(protected).is_err(), "a replay");
            prop_assert_eq!(srtcp_mki(&peers), Ok(mki));
            prop_assert_eq!(replay.unprotect(&ours[which], &peers, &mut plain).unwrap(), packet);
            prop_assert_eq!(replay.unprotect(&ours[which], &peers, &mut plain), Err(PocError::Replay));
        }
    }

    #[test]
    fn octets_of_nobody_never_authenticate(octets in proptest::collection::vec(any::<u8>(), 0..120)) {
        let (mut replay, mut out) = (SrtcpReplay::new(), [0; MAX_DATAGRAM_LEN]);
        let refused = replay.unprotect(&keys(1), &octets, &mut out).is_err();
        prop_assert!(refused && replay == SrtcpReplay::new());
        let _ = srtcp_mki(&octets);
    }
}
