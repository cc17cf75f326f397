//! The primitives written for little flash against published vectors and against those of the RustCrypto crates, and a terminal
//! that runs on them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test that meets the unexpected must stop"
)]

use castkey::crypto::{Primitives, RustCrypto, SmallPrimitives};
use castkey::id::{Counter, CsbId, KeyDomainId, KeyGroup, KeyNumber, Mki, MskId, MskName, MtkId};
use castkey::keys::{Algorithms, Msk, MskRand, Mtk, MtkSalt, Muk, MukId, PreSharedKey as _, Protection};
use castkey::message::{MskAddress, MtkAddress, seal_msk, seal_mtk};
use castkey::role::{Ue, UeConfig, UeEvent};
use castkey::secret::Secret;
use castkey::settings::{Settings, Sha256Suite};
use castkey::time::Tick;
use proptest::prelude::*;
use serde_json::Value;

fn published(list: &str) -> Vec<Value> {
    let file: Value = serde_json::from_str(include_str!("vectors/primitives-fips.json")).unwrap();
    file[list].as_array().unwrap().clone()
}

fn octets(case: &Value, field: &str) -> Vec<u8> {
    hex::decode(case[field].as_str().unwrap()).unwrap()
}

/// The key stream of `P` for a key of either length, on `octets`.
fn crypt<P: Primitives>(p: P, key: &[u8], iv: [u8; 16], octets: &mut [u8]) {
    match key.len() {
        16 => p.aes128_ctr(key.try_into().unwrap(), &iv, octets),
        32 => p.aes256_ctr(key.try_into().unwrap(), &iv, octets),
        other => panic!("a key of {other} octets"),
    }
}

#[test]
fn aes_gives_the_published_octets_whole_and_cut_at_any_length() {
    for case in published("counter_mode") {
        let (key, input, output) = (octets(&case, "key"), octets(&case, "input"), octets(&case, "output"));
        let iv = octets(&case, "counter").try_into().unwrap();
        for len in 0..=input.len() {
            let mut found = input.clone();
            crypt(SmallPrimitives, &key, iv, &mut found[..len]);
            assert_eq!(found[..len], output[..len], "{case}");
            assert_eq!(found[len..], input[len..], "{case}");
        }
    }
}

/// FIPS 180-4 §5.1.1: the message with its padding, in blocks.
fn padded(message: &str) -> Vec<[u8; 64]> {
    let mut octets = message.as_bytes().to_vec();
    octets.push(0x80);
    while octets.len() % 64 != 56 {
        octets.push(0);
    }
    octets.extend((8 * message.len() as u64).to_be_bytes());
    octets.as_chunks().0.to_vec()
}

fn in_hex(words: &[u32]) -> String {
    words.iter().map(|word| format!("{word:08x}")).collect()
}

#[test]
fn the_hashes_give_the_published_digests_in_one_call_and_block_by_block() {
    for case in published("hashes") {
        let times = usize::try_from(case["times"].as_u64().unwrap()).unwrap();
        let blocks = padded(&case["text"].as_str().unwrap().repeat(times));
        for at_once in [1, blocks.len()] {
            // FIPS 180-4 §5.3.1 and §5.3.3.
            let mut sha1 = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0];
            let mut sha256 = [
                0x6A09_E667,
                0xBB67_AE85,
                0x3C6E_F372,
                0xA54F_F53A,
                0x510E_527F,
                0x9B05_688C,
                0x1F83_D9AB,
                0x5BE0_CD19,
            ];
            for blocks in blocks.chunks(at_once) {
                SmallPrimitives.sha1(&mut sha1, blocks);
                SmallPrimitives.sha256(&mut sha256, blocks);
            }
            assert_eq!(in_hex(&sha1), case["sha1"], "{case}");
            assert_eq!(in_hex(&sha256), case["sha256"], "{case}");
        }
    }
}

#[test]
fn the_counter_carries_through_the_whole_block_and_wraps() {
    // So that a carry leaves each octet in turn, the last of them into nothing.
    let starts = (0..=16).map(|octets| (1u128 << (8 * octets).min(127)).wrapping_sub(2));
    for start in starts.chain([u128::MAX, u128::MAX - 1, u128::MAX - 2, u128::MAX - 3, u128::MAX >> 1]) {
        for key in [&[0x3C; 16][..], &[0x5A; 32]] {
            let mut found = [0; 7 * 16];
            crypt(SmallPrimitives, key, start.to_be_bytes(), &mut found);
            for (at, block) in (0..).zip(found.chunks(16)) {
                let mut expected = [0; 16];
                crypt(RustCrypto, key, start.wrapping_add(at).to_be_bytes(), &mut expected);
                assert_eq!(block, expected, "{start:x} + {at}");
            }
        }
    }
}

const ID: MukId<'_> = MukId { idi: b"bmsc", idr: b"b-tid" };
const DOMAIN: KeyDomainId = KeyDomainId::new([0x32, 0xF4, 0x51]);
const MSK_ID: MskId = MskId::new(KeyGroup(0x68CA), KeyNumber(1));
const MSK: [u8; 16] = [0x11; 16];
const MUK: [u8; 32] = [0x22; 32];
const NOW: Tick = Tick::from_millis(0);

/// An MSK message that wants a verification, and an MTK message, made with RustCrypto.
fn messages(algorithms: Algorithms, settings: &Settings) -> [Vec<u8>; 2] {
    let (muk, msk) = (Muk::from_octets(&MUK).unwrap(), Msk::new(Secret::new(MSK)));
    let rand = || MskRand::new(&[0x33; 16]).unwrap();
    let address = MskAddress {
        name: MskName::new(DOMAIN, MSK_ID),
        counter: Counter(1),
        csb: CsbId(0),
        rand: rand(),
        muk_id: ID,
        v: true,
        algorithms,
        policies: &[],
        sessions: None,
        sdp_ids: None,
    };
    let msk_message =
        seal_msk(&address, &msk, MtkId(0), MtkId(9), &muk, settings, &mut [0; 512]).unwrap().to_vec();
    let address = MtkAddress {
        msk: MskName::new(DOMAIN, MSK_ID),
        mtk: MtkId(1),
        counter: Counter(1),
        csb: CsbId(0),
        algorithms,
    };
    let rand = rand();
    let keys = msk.keys(&Protection { algorithms, csb: CsbId(0), rand: rand.octets() }).unwrap();
    let (mtk, salt) = (Mtk::new(Secret::new([0x44; 16])), MtkSalt::new(Secret::new([0x55; 14])));
    let mtk_message = seal_mtk(&address, &mtk, Some(&salt), &keys, settings, &mut [0; 256]).unwrap().to_vec();
    [msk_message, mtk_message]
}

/// What a terminal hands out on these messages and after a restart.
fn terminal<P: Primitives>(p: P, settings: Settings, messages: &[Vec<u8>; 2]) -> Vec<Vec<u8>> {
    let config = UeConfig { settings, ..UeConfig::default() };
    let mut ue = Ue::<2, Muk<P>, P>::with(config, p);
    let muk = Muk::from_octets_with(&MUK, p).unwrap();
    let mut outs = Vec::new();
    let mut event = |ue: &mut Ue<2, Muk<P>, P>, event| {
        let mut out = vec![0; Ue::<2, Muk<P>, P>::MAX_OUT_LEN];
        let _ = ue.handle(event, NOW, &mut out).unwrap();
        outs.push(out);
    };
    event(&mut ue, UeEvent::Bootstrapped { id: ID, muk });
    event(&mut ue, UeEvent::Mikey(&messages[0]));
    event(&mut ue, UeEvent::Mikey(&messages[1]));
    let len = u32::from_be_bytes(*outs[2][5..].first_chunk().unwrap());
    let stored = outs[2][..usize::try_from(len).unwrap()].to_vec();
    let restored =
        Ue::<2, Muk<P>, P>::restore(config, p, &stored, NOW, |octets| Muk::from_octets_with(octets, p));
    let ue = restored.unwrap();
    let (mtk, salt) = ue.mtk(DOMAIN, Mki::new(MSK_ID, MtkId(1))).unwrap();
    assert_eq!((mtk.secret().expose(), salt.unwrap().secret().expose()), (&[0x44; 16], &[0x55; 14]));
    outs
}

#[test]
fn a_terminal_on_them_does_octet_by_octet_what_one_on_the_others_does() {
    for (suite, algorithms) in [
        (Sha256Suite::Off, Algorithms::SHA1),
        (Sha256Suite::Full, Algorithms::SHA256),
        (Sha256Suite::WithAes128, Algorithms::SHA256_AES128),
    ] {
        let settings = Settings { sha256_suite: suite, ..Settings::DEFAULT };
        let messages = messages(algorithms, &settings);
        let ours = terminal(SmallPrimitives, settings, &messages);
        assert!(ours == terminal(RustCrypto, settings, &messages), "{suite:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn sha1_compresses_any_blocks_as_the_other_one_does(
        state: [u32; 5], octets in prop::collection::vec(any::<u8>(), 0..=300),
    ) {
        let blocks = octets.as_chunks().0;
        let (mut ours, mut theirs) = (state, state);
        SmallPrimitives.sha1(&mut ours, blocks);
        RustCrypto.sha1(&mut theirs, blocks);
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn sha256_compresses_any_blocks_as_the_other_one_does(
        state: [u32; 8], octets in prop::collection::vec(any::<u8>(), 0..=300),
    ) {
        let blocks = octets.as_chunks().0;
        let (mut ours, mut theirs) = (state, state);
        SmallPrimitives.sha256(&mut ours, blocks);
        RustCrypto.sha256(&mut theirs, blocks);
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn aes128_in_counter_mode_gives_what_the_other_one_gives(
        key: [u8; 16], iv: [u8; 16], octets in prop::collection::vec(any::<u8>(), 0..=300),
    ) {
        let (mut ours, mut theirs) = (octets.clone(), octets);
        SmallPrimitives.aes128_ctr(&key, &iv, &mut ours);
        RustCrypto.aes128_ctr(&key, &iv, &mut theirs);
        prop_assert_eq!(ours, theirs);
    }

    #[test]
    fn aes256_in_counter_mode_gives_what_the_other_one_gives(
        key: [u8; 32], iv: [u8; 16], octets in prop::collection::vec(any::<u8>(), 0..=300),
    ) {
        let (mut ours, mut theirs) = (octets.clone(), octets);
        SmallPrimitives.aes256_ctr(&key, &iv, &mut ours);
        RustCrypto.aes256_ctr(&key, &iv, &mut theirs);
        prop_assert_eq!(ours, theirs);
    }
}
