//! No key octet in `{:?}` or `{}`: every public type that can hold a secret is printed over keys full of one octet.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

#[path = "redaction/ims.rs"]
mod ims;
#[path = "redaction/mcx.rs"]
mod mcx;
#[path = "mcx_world/mod.rs"]
mod mcx_world;
#[path = "redaction/poc.rs"]
mod poc;
#[path = "redaction/sakke.rs"]
mod sakke;
#[path = "redaction/types.rs"]
mod types;

use core::fmt::Debug;

use castkey::crypto::{Cipher, MacHash, Prf, RustCrypto, Sha1Only};
use castkey::id::{Counter, CsbId, GroupName, KeyDomainId, KeyGroup, KeyNumber, Mki, MskName, MtkId};
use castkey::keys::*;
use castkey::message::psk::{PskInit, PskMessage, seal};
use castkey::message::*;
use castkey::role::*;
use castkey::secret::Secret;
use castkey::settings::{Settings, Sha256Suite};
use castkey::time::Tick;
use castkey::wire::*;

/// The octet of every key. In hex it reads a7, in decimal 167; base64 of it repeats p6en.
const S: u8 = 0xA7;

const NULL: Algorithms = Algorithms { prf: Prf::Mikey1, cipher: Cipher::Null, mac: MacHash::Sha1 };
const ID: MukId<'static> = MukId { idi: b"bmsc", idr: b"user" };
const GROUP: GroupName = GroupName { domain: KeyDomainId::new([0; 3]), group: KeyGroup(1) };
const RAND: [u8; 16] = [1; 16];

/// Prints `value` in every way there is; where a key octet shows, the answer is the text.
fn leak(name: &str, value: &dyn Debug) -> Option<String> {
    [format!("{value:?}"), format!("{value:#?}"), format!("{value:x?}"), format!("{value:X?}")]
        .into_iter()
        .map(|text| {
            text.to_ascii_lowercase().chars().filter(|c| !c.is_ascii_whitespace()).collect::<String>()
        })
        .find(|text| ["a7", "167", "p6en", "\u{a7}"].iter().any(|shown| text.contains(shown)))
        .map(|text| format!("{name}: {text:.160}"))
}

fn check(name: &str, value: &dyn Debug) {
    assert_eq!(leak(name, value), None);
}

fn name() -> MskName {
    GROUP.msk(KeyNumber(1))
}

fn muk() -> Muk {
    Muk::from_octets(&[S; 32]).unwrap()
}

fn msk() -> Msk {
    Msk::new(Secret::new([S; 16]))
}

fn entry() -> MskEntry {
    let window = MtkWindow::new(MtkId(0), MtkId(9), SeqLower::Exclusive);
    MskEntry::new(name(), msk(), MskRand::new(&RAND), window)
}

/// The settings of a deployment that lets keys travel unencrypted.
fn settings() -> Settings {
    Settings { allow_null_encryption: true, sha256_suite: Sha256Suite::Full, ..Settings::DEFAULT }
}

/// An MSK message under NULL encryption: the key stands in it as it is.
fn msk_message() -> Vec<u8> {
    let address = MskAddress {
        sdp_ids: None,
        name: name(),
        counter: Counter(1),
        csb: CsbId(0),
        rand: MskRand::new(&RAND).unwrap(),
        muk_id: ID,
        v: true,
        algorithms: NULL,
        policies: &[],
        sessions: None,
    };
    let mut out = [0; 512];
    let octets =
        seal_msk(&address, &msk(), MtkId(0), MtkId(9), &muk(), &settings(), &mut out).unwrap().to_vec();
    assert!(octets.windows(16).any(|window| window == [S; 16]), "the key is there to be shown");
    octets
}

fn mtk_message(mtk: MtkId, counter: u32) -> Vec<u8> {
    let address = MtkAddress { msk: name(), mtk, counter: Counter(counter), csb: CsbId(0), algorithms: NULL };
    let keys = msk().keys(&Protection { algorithms: NULL, csb: CsbId(0), rand: &RAND }).unwrap();
    let (mtk, salt) = (Mtk::new(Secret::new([S; 16])), MtkSalt::new(Secret::new([S; 14])));
    let mut out = [0; 128];
    let octets = seal_mtk(&address, &mtk, Some(&salt), &keys, &settings(), &mut out).unwrap().to_vec();
    assert!(octets.windows(16).any(|window| window == [S; 16]), "the key is there to be shown");
    octets
}

#[test]
fn a_check_that_could_not_fail_would_be_worthless() {
    let leaks: [&dyn Debug; 4] =
        [&[S; 2], &hex::encode([S; 2]), &"p6enp6en", &[S; 2].escape_ascii().to_string()];
    for value in leaks {
        assert!(leak("leak", value).is_some(), "{value:?}");
    }
    check("nothing", &"Msk(..)");
}

#[test]
fn keys_are_not_shown() {
    check("Secret", &Secret::new([S; 16]));
    check("Ks", &Ks::new(Secret::new([S; 32])));
    check("Ks", &Ks::from_aka(&Secret::new([S; 16]), &Secret::new([S; 16])));
    check("KsNaf", &KsNaf::new(Secret::new([S; 32])));
    check("KsIntNaf", &KsIntNaf::new(Secret::new([S; 32])));
    check("KsExtNaf", &KsExtNaf::new(Secret::new([S; 32])));
    check("Muk", &muk());
    let mrk = Mrk::new(Secret::new([S; 32]));
    check("Mrk", &mrk);
    for form in [DigestPasswordForm::Base64, DigestPasswordForm::Raw, DigestPasswordForm::Hex] {
        check("DigestPassword", &mrk.digest_password(form));
    }
    check("Msk", &msk());
    check("Mtk", &Mtk::new(Secret::new([S; 16])));
    check("MtkSalt", &MtkSalt::new(Secret::new([S; 14])));
    check("Psk", &Psk::new(&[S; 16]));
    check("Tgk", &Tgk::new(&[S; 16]));
}

/// Derived keys hold other octets than the sentinel: what is looked for are their own, in hex and in decimal.
fn check_derived(name: &str, value: &dyn Debug, octets: &[u8]) {
    let text: String = format!("{value:?} {value:#?} {value:x?} {value:X?}")
        .to_ascii_lowercase()
        .chars()
        .filter(|c| !c.is_ascii_whitespace())
        .collect();
    for two in octets.windows(2) {
        for shown in
            [hex::encode(two), format!("{},{}", two[0], two[1]), format!("{:x},{:x}", two[0], two[1])]
        {
            assert!(!text.contains(&shown), "{name} shows {shown}: {text:.400}");
        }
    }
}

#[test]
fn derived_keys_are_not_shown() {
    for algorithms in [Algorithms::SHA1, Algorithms::SHA256] {
        let keys = muk().keys(&Protection { algorithms, csb: CsbId(0), rand: &RAND }).unwrap();
        check("ProtectionKeys", &keys);
        let tag = keys.tag(&[b"text"]).unwrap();
        check_derived("Tag", &tag, tag.as_octets());
        #[cfg(feature = "hazmat")]
        check_derived("ProtectionKeys", &keys, &[keys.raw().0, &keys.raw().1[..]].concat());
    }
    let (mtk, salt) = (Mtk::new(Secret::new([S; 16])), MtkSalt::new(Secret::new([S; 14])));
    let srtp = SrtpKeys::derive(&mtk, Some(&salt));
    check_derived("SrtpKeys", &srtp, srtp.rtp_encr.expose());
    check_derived("SrtpKeys", &srtp, srtp.rtp_auth.expose());
    check_derived("SrtpKeys", &srtp, srtp.rtcp_salt.expose());
    let download = DownloadKeys::derive(&mtk, &RAND);
    check_derived("DownloadKeys", &download, download.content.expose());
    check_derived("DownloadKeys", &download, download.integrity.expose());
}

#[test]
fn stores_do_not_show_their_keys() {
    check("MskEntry", &entry());
    let mut msks = MskStore::<2>::new();
    assert_eq!(msks.insert(entry(), SameMskId::Merge), Ok(Inserted::New));
    check("MskStore", &msks);
    let mut mtks = MtkStore::new();
    mtks.keep(Mki::new(entry().name().id, MtkId(1)), Secret::new([S; 16]), |_| 0);
    check("MtkStore", &mtks);
    let mut muks = MukStore::<2>::new();
    muks.install(ID, muk()).unwrap();
    check("MukStore", &muks);
    check("MukSlot", muks.get(ID).unwrap());
}

#[test]
fn key_data_and_unencrypted_messages_do_not_show_their_keys() {
    let data = KeyData {
        key_type: KeyDataType::TEK_SALT,
        key: &[S; 16],
        salt: Some(&[S; 14]),
        validity: KeyValidity::Null,
    };
    check("KeyData", &data);
    let mut plain = vec![0; key_data_len(&[data])];
    encode_key_data(&[data], &mut plain).unwrap();
    check("KeyDataChain", &KeyDataChain::decode(&plain).unwrap());

    let (octets, mtk_octets) = (msk_message(), mtk_message(MtkId(1), 1));
    let message = Message::decode(&octets).unwrap();
    check("Message", &message);
    check("Payloads", &message.payloads());
    for payload in message.payloads() {
        check("Payload", &payload);
        if let Payload::Kemac(kemac) = payload {
            check("Kemac", &kemac);
        }
    }
    let psk = PskMessage::decode(&octets).unwrap();
    check("PskMessage", &psk);
    check("Sent", &Sent::of(&psk));
    let received = MskMessage::decode(&octets, &settings()).unwrap();
    check("MskMessage", &received);
    check("Incoming", &Incoming::decode(&octets, None, &settings()).unwrap());
    check("Incoming", &Incoming::decode(&mtk_octets, None, &settings()).unwrap());
    let opened = received.open(&muk(), None, None, &settings()).unwrap();
    check("MskContent", &opened.content);
    check("OpenedMsk", &opened);
    let received = MtkMessage::decode(&mtk_octets, None, &settings()).unwrap();
    check("MtkMessage", &received);
    let keys = received.psk().keys(&msk(), Some(&RAND)).unwrap();
    let window = MtkWindow::new(MtkId(0), MtkId(9), SeqLower::Exclusive);
    check("OpenedMtk", &received.open(&keys, None, window, &settings()).unwrap());
}

#[test]
fn walking_an_unencrypted_message_does_not_show_its_keys() {
    let octets = msk_message();
    check("Located", &Message::decode(&octets).unwrap().located());
}

#[test]
fn a_message_under_construction_does_not_show_its_keys() {
    let hdr = Hdr {
        data_type: DataType::PSK,
        v: false,
        prf: PrfFunc::MIKEY_1,
        csb_id: CsbId(0),
        map: CsIdMap::Empty { cs_count: 0 },
    };
    let mut out = [0; 128];
    let mut writer = MessageWriter::new(&mut out, &hdr);
    // Key data that a caller put there himself.
    let kemac = Kemac { encr_alg: EncrAlg::NULL, encr_data: &[S; 16], mac_alg: MacAlg::NULL, mac: &[] };
    writer.push(&Payload::Kemac(kemac)).unwrap();
    check("MessageWriter", &writer);
    let mut out = [0; 128];
    let mut unsealed = MessageWriter::new(&mut out, &hdr)
        .finish_kemac(EncrAlg::AES_CM_128, 16, MacAlg::HMAC_SHA_1_160)
        .unwrap();
    unsealed.encr_data_mut().fill(S);
    check("Unsealed", &unsealed);
}

#[test]
fn what_a_message_is_made_of_does_not_show_keys() {
    // An address names keys and holds none; that stays so.
    let init = PskInit {
        v: false,
        csb: CsbId(0),
        map: CsIdMap::Empty { cs_count: 0 },
        timestamp: Timestamp::Counter(Counter(1)),
        rand: Some(&RAND),
        extensions: &[],
        ext_place: psk::ExtPlace::First,
        idi: None,
        idr: None,
        policies: &[],
        algorithms: Algorithms::SHA1,
    };
    check("PskInit", &init);
    let key = KeyData { key_type: KeyDataType::TGK, key: &[S; 16], salt: None, validity: KeyValidity::Null };
    let keys = muk().keys(&Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: &RAND }).unwrap();
    let mut out = [0; 256];
    let octets = seal(&init, &[key], &keys, &mut out).unwrap();
    check("PskMessage", &PskMessage::decode(octets).unwrap());
}

#[test]
fn a_terminal_its_events_and_its_actions_do_not_show_keys() {
    let config = UeConfig { settings: settings(), ..UeConfig::default() };
    let mut ue = Ue::<2>::new(config);
    let now = Tick::from_millis(0);
    let (octets, mtk_octets) = (msk_message(), mtk_message(MtkId(1), 1));
    let events: [UeEvent<'_>; 4] = [
        UeEvent::Bootstrapped { id: ID, muk: muk() },
        UeEvent::Install {
            name: GROUP.msk(KeyNumber(2)),
            msk: Secret::new([S; 16]),
            rand: MskRand::new(&RAND),
            seq_low: MtkId(0),
            seq_high: MtkId(9),
        },
        UeEvent::Mikey(&octets),
        UeEvent::Mikey(&mtk_octets),
    ];
    let (mut leaks, mut stored) = (Vec::new(), false);
    for event in events {
        // All of them are gathered before the test fails, so that one does not hide another.
        leaks.extend(leak("UeEvent", &event));
        let mut out = vec![0; Ue::<2>::MAX_OUT_LEN];
        let actions = ue.handle(event, now, &mut out).unwrap();
        for action in &actions {
            leaks.extend(leak("UeAction", action));
            if let UeAction::Persist(state) = action {
                stored |= state.as_octets().windows(16).any(|window| window == [S; 16]);
                leaks.extend(leak("State", state));
            }
            if let UeAction::MskStored { security, .. } = action {
                leaks.extend(leak("MskSecurity", security));
            }
        }
        leaks.extend(leak("Actions", &actions));
        leaks.extend(leak("Ue", &ue));
        leaks.extend(leak("HeldMsks", &ue.msks()));
    }
    assert!(
        stored && ue.mkis().next().is_some() && ue.msks().iter().count() == 2,
        "there are keys to be shown"
    );
    assert!(leaks.is_empty(), "{leaks:#?}");
}

#[test]
fn a_bm_sc_its_events_and_its_actions_do_not_show_keys() {
    use rand::SeedableRng;
    // The keys are the generator's here, so those are looked for that it made.
    let mut bmsc = BmSc::<2>::new(BmScConfig::default());
    let mut rng = rand::rngs::StdRng::from_seed([7; 32]);
    let (now, muk) = (Tick::from_millis(0), muk());
    let mut out = [0; MAX_MSK_MESSAGE_LEN];
    let opened: BmScEvent<'_, Muk> = BmScEvent::Open(GROUP);
    let actions = format!("{:?}", bmsc.handle(opened, now, &mut rng, &mut out).unwrap());
    let user = User { id: ID, muk: &muk, counter: None };
    check("User", &user);
    let push =
        BmScEvent::Push { name: name(), user, delivery: Delivery::Idle, policies: &[], sessions: None };
    check("BmScEvent", &push);
    let pushed = format!("{:?}", bmsc.handle(push, now, &mut rng, &mut out).unwrap());
    let (_, mtk, salt) = bmsc.traffic(GROUP).unwrap();
    let msk = bmsc.current(GROUP).unwrap().msk().secret();
    for octets in [mtk.secret().expose().as_slice(), salt.unwrap().secret().expose(), msk.expose()] {
        check_derived("BmSc", &bmsc, octets);
        // Datagrams are ciphertext: four octets in a row would be no accident.
        for four in octets.windows(4) {
            let decimal = format!("{}, {}, {}, {}", four[0], four[1], four[2], four[3]);
            assert!(!actions.contains(&decimal) && !pushed.contains(&decimal), "{}", "BmScAction");
        }
    }
}

#[test]
fn five_g_containers_do_not_show_their_keys() {
    // One set with an MTK: indicator, Key Domain ID, MSK ID, MSK, MTK ID, MTK.
    let octets = [&[1, 1][..], &[0; 7], &[S; 16], &[0, 1], &[S; 16]].concat();
    let container = MbsContainer::decode(&octets).unwrap();
    check("MbsContainer", &container);
    for set in container.iter() {
        check("MbsKeySet", &set);
    }
}

#[cfg(feature = "uicc")]
#[test]
fn what_a_card_is_told_and_answers_does_not_show_keys() {
    use castkey::uicc::{Authenticate, MtkResponseForm, decode_response};
    let (octets, mtk_octets) = (msk_message(), mtk_message(MtkId(1), 1));
    let generation = Authenticate::MtkGeneration(&mtk_octets);
    // 53 21 DB, length and MTK, length and salt.
    let answer = [&[0x53, 0x21, 0xDB, 16][..], &[S; 16], &[14], &[S; 14]].concat();
    check("Response", &decode_response(&generation, &answer, MtkResponseForm::LengthValue).unwrap());
    check("Authenticate", &generation);
    check("Authenticate", &Authenticate::MskUpdate(&octets));
}

#[test]
fn primitives_show_their_name_only() {
    assert_eq!(format!("{RustCrypto:?}"), "RustCrypto");
    assert_eq!(format!("{:?}", Sha1Only(RustCrypto)).strip_prefix("Sha1Only"), Some("(RustCrypto)"));
}
