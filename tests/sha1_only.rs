//! A terminal whose primitives leave the SHA-256 suite out.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    missing_docs,
    reason = "a test that meets the unexpected must stop"
)]

use castkey::crypto::{MacHash, Prf, Primitives, RustCrypto, Sha1Only};
use castkey::error::{DecodeErrorKind, Error, KeyUnavailable, OpenError};
use castkey::id::{Counter, CsbId, KeyDomainId, KeyGroup, KeyNumber, Mki, MskId, MskName, MtkId};
use castkey::keys::{
    Algorithms, MessageKeys as _, Msk, MskRand, Mtk, MtkSalt, Muk, MukId, PreSharedKey as _, Protection,
};
use castkey::message::{MskAddress, MtkAddress, seal_msk, seal_mtk};
use castkey::role::{Actions, Ue, UeAction, UeConfig, UeEvent};
use castkey::secret::Secret;
use castkey::settings::{Settings, Sha256Suite};
use castkey::time::Tick;

/// RustCrypto's SHA-1 and AES-128; whoever calls the rest ends the test.
#[derive(Clone, Copy)]
struct NoSha256;

impl Primitives for NoSha256 {
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        RustCrypto.sha1(state, blocks);
    }

    fn sha256(&self, _: &mut [u32; 8], _: &[[u8; 64]]) {
        panic!("SHA-256");
    }

    fn aes128_ctr(&self, key: &[u8; 16], iv: &[u8; 16], octets: &mut [u8]) {
        RustCrypto.aes128_ctr(key, iv, octets);
    }

    fn aes256_ctr(&self, _: &[u8; 32], _: &[u8; 16], _: &mut [u8]) {
        panic!("AES-256");
    }
}

type P = Sha1Only<NoSha256>;
const P: P = Sha1Only(NoSha256);
type Terminal = Ue<2, Muk<P>, P>;

const ID: MukId<'_> = MukId { idi: b"bmsc", idr: b"b-tid" };
const DOMAIN: KeyDomainId = KeyDomainId::new([0x32, 0xF4, 0x51]);
const MSK_ID: MskId = MskId::new(KeyGroup(0x68CA), KeyNumber(1));
const MSK: [u8; 16] = [0x11; 16];
const MUK: [u8; 32] = [0x22; 32];

fn settings(sha256_suite: Sha256Suite) -> Settings {
    Settings { sha256_suite, ..Settings::DEFAULT }
}

fn rand() -> MskRand {
    MskRand::new(&[0x33; 16]).unwrap()
}

fn msk_message(algorithms: Algorithms, counter: u32, settings: &Settings) -> Vec<u8> {
    let address = MskAddress {
        name: MskName::new(DOMAIN, MSK_ID),
        counter: Counter(counter),
        csb: CsbId(0),
        rand: rand(),
        muk_id: ID,
        v: true,
        algorithms,
        policies: &[],
        sessions: None,
        sdp_ids: None,
    };
    let (muk, msk) = (Muk::from_octets(&MUK).unwrap(), Msk::new(Secret::new(MSK)));
    seal_msk(&address, &msk, MtkId(0), MtkId(9), &muk, settings, &mut [0; 512]).unwrap().to_vec()
}

fn mtk_message(settings: &Settings) -> Vec<u8> {
    let address = MtkAddress {
        msk: MskName::new(DOMAIN, MSK_ID),
        mtk: MtkId(1),
        counter: Counter(1),
        csb: CsbId(0),
        algorithms: Algorithms::SHA1,
    };
    let msk = Msk::new(Secret::new(MSK));
    let rand = rand();
    let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: rand.octets() };
    let (mtk, salt) = (Mtk::new(Secret::new([0x44; 16])), MtkSalt::new(Secret::new([0x55; 14])));
    let keys = msk.keys(&protection).unwrap();
    seal_mtk(&address, &mtk, Some(&salt), &keys, settings, &mut [0; 256]).unwrap().to_vec()
}

fn terminal(settings: Settings) -> Terminal {
    let mut ue = Terminal::with(UeConfig { settings, ..UeConfig::default() }, P);
    let mut out = vec![0; Terminal::MAX_OUT_LEN];
    let muk = Muk::from_octets_with(&MUK, P).unwrap();
    let _ = ue.handle(UeEvent::Bootstrapped { id: ID, muk }, Tick::from_millis(0), &mut out).unwrap();
    ue
}

#[test]
fn the_sha256_suite_is_refused_as_if_the_settings_did_not_admit_it() {
    for (suite, algorithms) in
        [(Sha256Suite::Full, Algorithms::SHA256), (Sha256Suite::WithAes128, Algorithms::SHA256_AES128)]
    {
        let settings = settings(suite);
        let mut ue = terminal(settings);
        let octets = msk_message(algorithms, 1, &settings);
        let mut out = vec![0; Terminal::MAX_OUT_LEN];
        let refused = ue.handle(UeEvent::Mikey(&octets), Tick::from_millis(0), &mut out).unwrap_err();
        let Error::Open(OpenError::Undecodable(e)) = refused else { panic!("{refused:?}") };
        assert_eq!((e.kind, e.at), (DecodeErrorKind::UnsupportedPrf, 3));
    }
}

#[test]
fn everything_else_goes_on_including_a_restart() {
    let settings = settings(Sha256Suite::Full);
    let mut ue = terminal(settings);
    let mut out = vec![0; Terminal::MAX_OUT_LEN];
    let octets = msk_message(Algorithms::SHA1, 1, &settings);
    let actions = ue.handle(UeEvent::Mikey(&octets), Tick::from_millis(0), &mut out).unwrap();
    let [UeAction::Persist(state), UeAction::Send(_), UeAction::MskStored { .. }, ..] = actions.as_slice()
    else {
        panic!("{actions:?}")
    };
    let stored = state.as_octets().to_vec();
    let mut ue = Terminal::restore(
        UeConfig { settings, ..UeConfig::default() },
        P,
        &stored,
        Tick::from_millis(0),
        |octets| Muk::from_octets_with(octets, P),
    )
    .unwrap();
    let mut out = vec![0; Terminal::MAX_OUT_LEN];
    let octets = mtk_message(&settings);
    let _ = ue.handle(UeEvent::Mikey(&octets), Tick::from_millis(0), &mut out).unwrap();
    let (mtk, salt) = ue.mtk(DOMAIN, Mki::new(MSK_ID, MtkId(1))).unwrap();
    assert_eq!((mtk.secret().expose(), salt.unwrap().secret().expose()), (&[0x44; 16], &[0x55; 14]));
}

#[test]
fn a_list_of_the_callers_holds_what_the_last_event_caused_and_nothing_after_an_error() {
    let (settings, now) = (settings(Sha256Suite::Off), Tick::from_millis(0));
    let (mut ue, mut same) = (terminal(settings), terminal(settings));
    let octets = msk_message(Algorithms::SHA1, 1, &settings);
    let (mut out, mut same_out) = (vec![0; Terminal::MAX_OUT_LEN], vec![0; Terminal::MAX_OUT_LEN]);
    {
        let mut actions = Actions::new();
        ue.handle_into(UeEvent::Mikey(&octets), now, &mut out, &mut actions).unwrap();
        let expected = same.handle(UeEvent::Mikey(&octets), now, &mut same_out).unwrap();
        assert_eq!(format!("{actions:?}"), format!("{expected:?}"));
        assert!(!actions.is_empty());
        ue.handle_into(UeEvent::Timeout, now, &mut [], &mut actions).unwrap();
        assert!(actions.is_empty());
    }
    assert_eq!(out, same_out);
    // All is well with the message, but not with the room for its answer.
    let (octets, mut short) = (msk_message(Algorithms::SHA1, 2, &settings), vec![0; 64]);
    let mut actions = Actions::new();
    ue.handle_into(UeEvent::Mikey(&octets), now, &mut short, &mut actions).unwrap_err();
    assert!(actions.is_empty());
}

#[test]
fn no_key_of_another_suite_is_derived() {
    let (muk, msk) = (Muk::from_octets_with(&MUK, P).unwrap(), Msk::with(Secret::new(MSK), P));
    let mixed = Algorithms { prf: Prf::Mikey1, mac: MacHash::Sha256, ..Algorithms::SHA1 };
    for algorithms in [Algorithms::SHA256, Algorithms::SHA256_AES128, mixed] {
        let protection = Protection { algorithms, csb: CsbId(0), rand: &[0; 16] };
        assert_eq!(muk.keys(&protection).err(), Some(KeyUnavailable));
        assert_eq!(msk.keys(&protection).err(), Some(KeyUnavailable));
    }
    let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: &[0; 16] };
    let theirs = Muk::from_octets(&MUK).unwrap().keys(&protection).unwrap().tag(&[b"text"]).unwrap();
    assert!(muk.keys(&protection).unwrap().tag(&[b"text"]).unwrap().verify(theirs.as_octets()));
}
