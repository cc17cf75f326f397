//! The crate `mykey` as the other party of the pre-shared-key exchange (RFC 3830 §3.1).
//!
//! `mykey` 2.3 authenticates with an auth_key of 32 octets. RFC 3830 §4.2.4 gives HMAC-SHA-1 a key of 20, and this
//! library stays with 20. Everything else is compared as it is: encr_key, salt_key, IV, decrypted Key data, payloads,
//! TGK derivation. MACs are compared with the length named: [`LongAuth`] verifies what `mykey` sends, [`remac`] gives
//! our messages the MAC it wants, and `mykey`'s own HMAC with 20 octets gives the MAC that we send.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

use core::time::Duration;
use std::time::SystemTime;

use castkey::crypto::{Prf, RustCrypto, Tag, TgkLabel};
use castkey::error::{KeyUnavailable, OpenError};
use castkey::id::{Counter, CsbId};
use castkey::keys::{Algorithms, MessageKeys, PreSharedKey, Protection, ProtectionKeys, Psk, Tgk};
use castkey::message::psk::{self, ExtPlace, PskInit, PskMessage};
use castkey::message::{Sent, VerificationMessage, seal_verification};
use castkey::settings::Settings;
use castkey::time::NtpTime;
use castkey::wire::{
    CryptoSession, CsIdMap, IdType, Identity, KeyData, KeyDataChain, KeyDataType, KeyValidity, Policy,
    ProtType, SrtpIdMap, Timestamp,
};
use hmac::{Hmac, KeyInit, Mac};
use mykey::MikeyMessage;
use mykey::crypto as peer;
use mykey::payload::Timestamp as PeerTime;
use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};

/// Lengths around the 32-octet blocks into which the PRF cuts its key.
const PSK_LENS: [usize; 6] = [16, 20, 31, 32, 33, 64];

/// The auth_key length of `mykey`.
const PEER_AUTH_LEN: usize = 32;

/// The MAC of HMAC-SHA-1-160.
const MAC_LEN: usize = 20;

fn octets(rng: &mut StdRng, len: usize) -> Vec<u8> {
    let mut octets = vec![0; len];
    rng.fill_bytes(&mut octets);
    octets
}

/// What both parties know of a message.
struct Parties {
    psk: Vec<u8>,
    csb: u32,
    rand: Vec<u8>,
}

impl Parties {
    fn new(rng: &mut StdRng, psk_len: usize) -> Self {
        let rand_len = rng.random_range(16..=32);
        Self { psk: octets(rng, psk_len), csb: rng.random(), rand: octets(rng, rand_len) }
    }

    fn keys(&self) -> ProtectionKeys<RustCrypto> {
        let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(self.csb), rand: &self.rand };
        Psk::new(&self.psk).keys(&protection).unwrap()
    }

    fn long_auth(&self) -> LongAuth {
        let auth = peer::derive_auth_key(&self.psk, self.csb, &self.rand, PEER_AUTH_LEN).unwrap();
        LongAuth { keys: self.keys(), auth }
    }
}

fn hmac_sha1(key: &[u8], parts: &[&[u8]]) -> Vec<u8> {
    let mac = Hmac::<sha1::Sha1>::new_from_slice(key).unwrap().chain_update(parts.concat());
    mac.finalize().into_bytes().to_vec()
}

/// Our keys, but for the auth_key, which is the 32 octets of `mykey`.
struct LongAuth {
    keys: ProtectionKeys<RustCrypto>,
    auth: Vec<u8>,
}

impl MessageKeys for LongAuth {
    fn tag(&self, _: &[&[u8]]) -> Result<Tag, KeyUnavailable> {
        // A `Tag` comes from the library only; see `remac` for what is sent.
        Err(KeyUnavailable)
    }

    fn verify(&self, parts: &[&[u8]], mac: &[u8]) -> Result<(), OpenError> {
        if hmac_sha1(&self.auth, parts) == mac { Ok(()) } else { Err(OpenError::MacInvalid) }
    }

    fn crypt(&self, timestamp: u64, octets: &mut [u8]) -> Result<(), KeyUnavailable> {
        self.keys.crypt(timestamp, octets)
    }
}

/// `message` with the MAC under an auth_key of 32 octets; `behind` is what a V payload's MAC covers besides.
fn remac(message: &[u8], behind: &[u8], parties: &Parties) -> Vec<u8> {
    let (front, _) = message.split_at(message.len() - MAC_LEN);
    let mac = hmac_sha1(&parties.long_auth().auth, &[front, behind]);
    [front, &mac].concat()
}

/// One random bit of `message` flipped.
fn tampered(rng: &mut StdRng, message: &[u8]) -> Vec<u8> {
    let mut tampered = message.to_vec();
    let at = rng.random_range(0..tampered.len());
    tampered[at] ^= 1 << rng.random_range(0..8u32);
    tampered
}

fn peer_opens(octets: &[u8], psk: &[u8]) -> Option<Vec<u8>> {
    MikeyMessage::from_bytes(octets).ok()?.verify_and_extract_tgk(psk).ok()
}

/// The TGK in a message, if it is authentic under `keys`.
fn we_open<M: MessageKeys>(octets: &[u8], keys: &M) -> Result<Vec<u8>, Option<OpenError>> {
    let message = PskMessage::decode(octets).map_err(|_| None)?;
    let mut plain = [0; 128];
    let chain = message.open(keys, &mut plain).map_err(Some)?.ok_or(None)?;
    Ok(chain.single().unwrap().key.to_vec())
}

/// A message of `mykey` with its COUNTER or NTP-UTC timestamp.
fn from_peer(rng: &mut StdRng, parties: &Parties) -> (MikeyMessage, u32, bool) {
    let (ssrc, v) = (rng.random(), rng.random());
    let time = if rng.random() {
        PeerTime::Counter(rng.random())
    } else {
        let since_1970 =
            Duration::new(rng.random_range(0..2_000_000_000), rng.random_range(0..1_000_000_000));
        PeerTime::Ntp(SystemTime::UNIX_EPOCH + since_1970)
    };
    let (csb, rand, psk) = (parties.csb, &parties.rand, &parties.psk);
    let message = if v {
        MikeyMessage::new_psk_init_requiring_verification_at(csb, ssrc, rand, psk, time)
    } else {
        MikeyMessage::new_psk_init_at(csb, ssrc, rand, psk, time)
    };
    (message.unwrap(), ssrc, v)
}

/// A message of ours with everything that `mykey` can read, and its TGK.
fn from_us(rng: &mut StdRng, parties: &Parties) -> (Vec<u8>, Vec<u8>) {
    let sessions: Vec<CryptoSession> = (0..rng.random_range(1..4u8))
        .map(|_| CryptoSession { policy_no: 7, ssrc: rng.random(), roc: rng.random() })
        .collect();
    let timestamp = match rng.random_range(0..3) {
        0 => Timestamp::Counter(Counter(rng.random())),
        1 => Timestamp::NtpUtc(NtpTime::from_bits(rng.random())),
        _ => Timestamp::Ntp(NtpTime::from_bits(rng.random())),
    };
    let (idi_len, idr_len, tgk_len) =
        (rng.random_range(0..40), rng.random_range(0..40), rng.random_range(16..=32));
    let (idi, idr, tgk) = (octets(rng, idi_len), octets(rng, idr_len), octets(rng, tgk_len));
    let params = [0, 1, 1, 1, 1, 16, 2, 1, 1];
    let policy = [Policy::new(7, ProtType::SRTP, &params).unwrap()];
    let with_ids: bool = rng.random();
    let id = |id_type, octets| with_ids.then_some(Identity { id_type, octets });
    let init = PskInit {
        v: rng.random(),
        csb: CsbId(parties.csb),
        map: CsIdMap::SrtpId(SrtpIdMap::new(&sessions).unwrap()),
        timestamp,
        rand: Some(&parties.rand),
        extensions: &[],
        ext_place: ExtPlace::First,
        idi: id(IdType::URI, &idi),
        idr: id(IdType::NAI, &idr),
        policies: if rng.random() { &policy } else { &[] },
        algorithms: Algorithms::SHA1,
    };
    let key = KeyData { key_type: KeyDataType::TGK, key: &tgk, salt: None, validity: KeyValidity::Null };
    let mut out = [0; 512];
    let sealed = psk::seal(&init, &[key], &parties.keys(), &mut out).unwrap();

    // What their parser reads is what was written.
    let read = MikeyMessage::from_bytes(sealed).unwrap();
    assert_eq!((read.header.csc_id, read.header.v_flag), (parties.csb, init.v));
    let map: Vec<_> = read.header.cs_id_map.iter().map(|id| (id.policy_no, id.ssrc, id.roc)).collect();
    assert_eq!(map, sessions.iter().map(|s| (s.policy_no, s.ssrc, s.roc)).collect::<Vec<_>>());
    assert_eq!(read.rand_bytes(), Some(parties.rand.as_slice()));
    assert_eq!(read.timestamp_value(), Some(timestamp.octets().as_slice()));
    assert_eq!(read.security_policy().is_some(), !init.policies.is_empty());
    let ids = read.payloads.iter().filter_map(|payload| match payload {
        mykey::payload::Payload::Id(id) => Some((id.id_type, id.id_data.clone())),
        _ => None,
    });
    let expected = if with_ids { vec![(1, idi.clone()), (0, idr.clone())] } else { vec![] };
    assert_eq!(ids.collect::<Vec<_>>(), expected);
    (sealed.to_vec(), tgk)
}

#[test]
fn a_thousand_messages_of_the_peer_are_opened_and_tampered_ones_refused() {
    let mut rng = StdRng::seed_from_u64(3830);
    for i in 0..1000 {
        let parties = Parties::new(&mut rng, PSK_LENS[i % PSK_LENS.len()]);
        let (theirs, ssrc, v) = from_peer(&mut rng, &parties);
        let octets = theirs.to_bytes();
        let message = PskMessage::decode(octets).unwrap();
        assert_eq!((message.hdr().csb_id, message.hdr().v), (CsbId(parties.csb), v));
        assert_eq!(message.rand(), Some(parties.rand.as_slice()));
        assert_eq!(Some(message.timestamp().octets().as_slice()), theirs.timestamp_value());
        let CsIdMap::SrtpId(map) = message.hdr().map else { panic!("{message:?}") };
        assert_eq!(map.iter().collect::<Vec<_>>(), [CryptoSession { policy_no: 0, ssrc, roc: 0 }]);

        // Decrypted without looking at the MAC, the TGK is theirs.
        let tgk = theirs.verify_and_extract_tgk(&parties.psk).unwrap();
        let mut plain = message.kemac().encr_data.to_vec();
        parties.keys().crypt(message.timestamp().iv_bits(), &mut plain).unwrap();
        let data = KeyDataChain::decode(&plain).unwrap().single().unwrap();
        assert_eq!(
            (data.key_type, data.key, data.validity),
            (KeyDataType::TGK, tgk.as_slice(), KeyValidity::Null)
        );

        // With the length of their auth_key the whole message is authentic; with ours it is not.
        let long = parties.long_auth();
        assert_eq!(we_open(octets, &long), Ok(tgk));
        assert_eq!(we_open(octets, &parties.keys()), Err(Some(OpenError::MacInvalid)));

        let bad = tampered(&mut rng, octets);
        assert!(we_open(&bad, &long).is_err(), "message {i}");
        assert_eq!(peer_opens(&bad, &parties.psk), None, "message {i}");
    }
}

#[test]
fn a_thousand_messages_of_ours_are_opened_by_the_peer_and_tampered_ones_refused() {
    let mut rng = StdRng::seed_from_u64(4563);
    for i in 0..1000 {
        let parties = Parties::new(&mut rng, PSK_LENS[i % PSK_LENS.len()]);
        let (ours, tgk) = from_us(&mut rng, &parties);
        assert_eq!(we_open(&ours, &parties.keys()).as_ref(), Ok(&tgk));

        // The MAC we send is their HMAC under their auth_key, when that has the 20 octets of the RFC.
        let auth = peer::derive_auth_key(&parties.psk, parties.csb, &parties.rand, 20).unwrap();
        let (authenticated, mac) = ours.split_at(ours.len() - MAC_LEN);
        assert_eq!(peer::compute_mac(&auth, authenticated).unwrap(), mac);

        assert_eq!(peer_opens(&ours, &parties.psk), None, "they want another auth_key");
        let theirs = remac(&ours, &[], &parties);
        assert_eq!(peer_opens(&theirs, &parties.psk).as_ref(), Some(&tgk));

        assert_eq!(peer_opens(&tampered(&mut rng, &theirs), &parties.psk), None, "message {i}");
        assert!(we_open(&tampered(&mut rng, &ours), &parties.keys()).is_err(), "message {i}");
    }
}

#[test]
fn verification_messages_prove_the_key_in_both_directions() {
    let mut rng = StdRng::seed_from_u64(33_246);
    for i in 0..200 {
        let parties = Parties::new(&mut rng, PSK_LENS[i % PSK_LENS.len()]);

        // They ask, we answer.
        let (init, ..) = from_peer(&mut rng, &parties);
        let asked = PskMessage::decode(init.to_bytes()).unwrap();
        let mut out = [0; 256];
        let settings = Settings::DEFAULT;
        let v = seal_verification(&asked, &parties.keys(), &settings, &mut out).unwrap();
        let t = asked.timestamp().octets();
        let good = remac(v, t.as_slice(), &parties);
        let answer = MikeyMessage::from_bytes(&good).unwrap();
        answer.verify_psk_verification(&init, &parties.psk).unwrap();
        assert_eq!(answer.header.cs_id_map, init.header.cs_id_map);
        let refused = MikeyMessage::from_bytes(&tampered(&mut rng, &good))
            .map_err(|_| ())
            .and_then(|answer| answer.verify_psk_verification(&init, &parties.psk).map_err(|_| ()));
        // They verify with the header of their own message, so the bits of this one's header count only in the MAC.
        assert_eq!(refused, Err(()), "message {i}");

        // We ask, they answer; with identities in our message, which they leave out of the answer.
        let (init, _) = from_us(&mut rng, &parties);
        let (peer_init, our_init) =
            (MikeyMessage::from_bytes(&init).unwrap(), PskMessage::decode(&init).unwrap());
        let answer = MikeyMessage::new_psk_verification(&peer_init, &parties.psk).unwrap();
        let received = VerificationMessage::decode(answer.to_bytes()).unwrap();
        // IDr enters their MAC only from the answer (RFC 3830 §5.2 takes it from either), and they never send it.
        let sent = Sent { idr: &[], ..Sent::of(&our_init) };
        assert_eq!(received.verify(&sent, &parties.long_auth()), Ok(()));
        let short = received.verify(&sent, &parties.keys());
        assert_eq!(short, Err(OpenError::MacInvalid));
        let bad = tampered(&mut rng, answer.to_bytes());
        let refused = VerificationMessage::decode(&bad).map(|v| v.verify(&sent, &parties.long_auth()));
        assert!(!matches!(refused, Ok(Ok(()))), "message {i}");
    }
}

#[test]
fn keys_from_a_tgk_agree_for_every_label() {
    let mut rng = StdRng::seed_from_u64(3711);
    let labels = [
        (TgkLabel::Tek, peer::CONST_TEK),
        (TgkLabel::Auth, peer::CONST_AUTH_FROM_TGK),
        (TgkLabel::Encr, peer::CONST_ENC_FROM_TGK),
        (TgkLabel::Salt, peer::CONST_SALT_FROM_TGK),
    ];
    for i in 0..240 {
        let tgk_len = PSK_LENS[i % PSK_LENS.len()];
        let (tgk, rand) = (octets(&mut rng, tgk_len), octets(&mut rng, 16));
        let (cs_id, csb, len) = (rng.random(), rng.random(), rng.random_range(1..=64));
        for (label, constant) in labels {
            let mut out = vec![0; len];
            Tgk::new(&tgk).derive(Prf::Mikey1, label, cs_id, CsbId(csb), &rand, &mut out).unwrap();
            let theirs = peer::label_from_tgk(constant, cs_id, csb, &rand);
            assert_eq!(out, peer::mikey_prf(&tgk, &theirs, len).unwrap(), "{label:?}");
        }
    }
}

#[cfg(feature = "hazmat")]
#[test]
fn encr_key_salt_key_iv_and_the_longer_auth_key_agree() {
    let mut rng = StdRng::seed_from_u64(6043);
    for i in 0..240 {
        let parties = Parties::new(&mut rng, PSK_LENS[i % PSK_LENS.len()]);
        let Parties { psk, csb, rand } = &parties;
        let keys = parties.keys();
        let (encr, salt) = keys.raw();
        assert_eq!(encr, peer::derive_enc_key(psk, *csb, rand, 16).unwrap());
        assert_eq!(salt.as_slice(), peer::derive_salt_key(psk, *csb, rand, 14).unwrap());
        let clock: u64 = rng.random();
        assert_eq!(keys.iv(clock), peer::kemac_iv(salt, *csb, &clock.to_be_bytes()).unwrap());
        let counter: u32 = rng.random();
        assert_eq!(keys.iv(counter.into()), peer::kemac_iv(salt, *csb, &counter.to_be_bytes()).unwrap());

        let label = peer::label_from_psk(peer::CONST_AUTH_FROM_PSK, *csb, rand);
        let mut auth = [0; PEER_AUTH_LEN];
        castkey::crypto::raw_prf(&RustCrypto, Prf::Mikey1, psk, &label, &mut auth).unwrap();
        assert_eq!(auth.as_slice(), parties.long_auth().auth);
        // The longer key begins with the shorter one, so the two parties differ in its length alone.
        assert_eq!(auth[..20], peer::derive_auth_key(psk, *csb, rand, 20).unwrap()[..]);
    }
}
