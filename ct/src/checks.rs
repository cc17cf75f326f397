//! The operations under test.

use core::hint::black_box;

use castkey::id::{Counter, CsbId, GroupName, KeyDomainId, KeyGroup, KeyNumber, MtkId};
use castkey::keys::{
    Algorithms, DigestPasswordForm, MessageKeys, Mrk, Msk, MskEntry, MskRand, MskStore, Mtk, MtkSalt,
    MtkWindow, Muk, MukId, PreSharedKey, Protection, SameMskId, SeqLower, SrtpKeys,
};
use castkey::message::{
    MskAddress, MskContent, MskMessage, MtkAddress, MtkMessage, seal_msk, seal_mtk, seal_verification,
};
use castkey::secret::Secret;
use castkey::settings::{Settings, Sha256Suite};

use crate::Report;
use crate::seam::{Declared, DeclaredKeys};
use crate::taint::{publish, secret, tainted};

const MUK: [u8; 32] = [0x4B; 32];
const MSK: [u8; 16] = [0x17; 16];
const MTK: [u8; 16] = [0x6D; 16];
const SALT: [u8; 14] = [0x5A; 14];
const RAND: [u8; 16] = [0xF0; 16];
const ID: MukId<'static> = MukId { idi: b"bmsc.home1.net", idr: b"oKGio6SlpqeoqaqrrK2urw==@bsf.home1.net" };
const GROUP: GroupName = GroupName { domain: KeyDomainId::new([0x32, 0xF4, 0x51]), group: KeyGroup(0x68CA) };

const SUITES: [(&str, Algorithms); 2] = [("SHA-1", Algorithms::SHA1), ("SHA-256", Algorithms::SHA256)];

const SETTINGS: Settings = Settings { sha256_suite: Sha256Suite::Full, ..Settings::DEFAULT };

pub fn run(report: &mut Report) {
    control(report);
    for (suite, algorithms) in SUITES {
        derive(report, suite, algorithms);
        seal(report, suite, algorithms);
        open_msk(report, suite, algorithms);
        open_mtk(report, suite, algorithms);
    }
    store(report);
    passwords(report);
    srtp(report);
}

/// Must be reported, or this whole program shows nothing: a table looked up at a secret place, a branch on a secret bit.
fn control(report: &mut Report) {
    let table: [u8; 256] = core::array::from_fn(|i| u8::try_from(i).unwrap_or(0).wrapping_mul(167));
    report.check("control, a table lookup at a secret index", 1, || {
        let [index] = secret([0x5C; 1]);
        let found = black_box(&table)[usize::from(index)];
        // An address from undefined bits gives a defined octet, so the taint ends here; the finding is what counts.
        black_box(found) == 0x5Cu8.wrapping_mul(167)
    });
    report.check("control, a branch on a secret bit", 1, || {
        let [bit] = secret([1; 1]);
        let mut taken = false;
        // What is in a black box cannot be moved before the branch.
        if bit & 1 == 1 {
            taken = black_box(true);
        }
        taken
    });
}

fn muk() -> Muk {
    Muk::from_octets(&secret(MUK)).unwrap()
}

fn rand() -> MskRand {
    MskRand::new(&RAND).unwrap()
}

fn protection<'a>(algorithms: Algorithms, rand: &'a MskRand) -> Protection<'a> {
    Protection { algorithms, csb: CsbId(0), rand: rand.octets() }
}

fn derive(report: &mut Report, suite: &str, algorithms: Algorithms) {
    report.check(&format!("{suite}: derive the keys of a message, use them"), 0, || {
        let keys = muk().keys(&protection(algorithms, &rand())).unwrap();
        let mut stream = [0; 40];
        keys.crypt(1, &mut stream).unwrap();
        let tag = keys.tag(&[b"message"]).unwrap();
        tainted(&stream) == stream.len() && tainted(tag.as_octets()) == tag.as_octets().len()
    });
}

fn address(algorithms: Algorithms) -> MskAddress<'static> {
    MskAddress {
        sdp_ids: None,
        name: GROUP.msk(KeyNumber(1)),
        counter: Counter(1),
        csb: CsbId(0),
        rand: rand(),
        muk_id: ID,
        v: true,
        algorithms,
        policies: &[],
        sessions: None,
    }
}

/// An MSK message built from the same keys without taint: what comes from the network is public.
fn msk_message(algorithms: Algorithms) -> Vec<u8> {
    let (muk, msk) = (Muk::from_octets(&MUK).unwrap(), Msk::new(Secret::new(MSK)));
    let mut out = [0; 256];
    seal_msk(&address(algorithms), &msk, MtkId(0), MtkId(9), &muk, &SETTINGS, &mut out).unwrap().to_vec()
}

fn seal(report: &mut Report, suite: &str, algorithms: Algorithms) {
    let mut out = [0; 256];
    report.check(&format!("{suite}: seal an MSK message"), 0, || {
        let msk = Msk::new(Secret::new(secret(MSK)));
        let sealed =
            seal_msk(&address(algorithms), &msk, MtkId(0), MtkId(9), &muk(), &SETTINGS, &mut out).unwrap();
        // 26 octets of Key data and the MAC.
        tainted(sealed) == 26 + algorithms.mac.len()
    });
    report.check(&format!("{suite}: seal an MTK message"), 0, || {
        let msk = Msk::new(Secret::new(secret(MSK)));
        let keys = msk.keys(&protection(algorithms, &rand())).unwrap();
        let (mtk, salt) = (Mtk::new(Secret::new(secret(MTK))), MtkSalt::new(Secret::new(secret(SALT))));
        let sealed =
            seal_mtk(&mtk_address(algorithms), &mtk, Some(&salt), &keys, &SETTINGS, &mut out).unwrap();
        tainted(sealed) == 36 + algorithms.mac.len()
    });
}

fn open_msk(report: &mut Report, suite: &str, algorithms: Algorithms) {
    let good = msk_message(algorithms);
    report.check(&format!("{suite}: open an MSK message, acknowledge it"), 0, || {
        let message = MskMessage::decode(&good, &SETTINGS).unwrap();
        let opened = message.open(&Declared(muk()), None, None, &SETTINGS).unwrap();
        let mut out = [0; 256];
        let answer = seal_verification(message.psk(), &opened.keys, &SETTINGS, &mut out).unwrap();
        let MskContent::Key { msk, .. } = opened.content else { return false };
        tainted(msk.expose()) == 16 && tainted(answer) == algorithms.mac.len()
    });
    for at in [0, algorithms.mac.len() - 1] {
        let mut bad = good.clone();
        let end = bad.len();
        bad[end - algorithms.mac.len() + at] ^= 1;
        report.check(&format!("{suite}: refuse an MSK message with MAC octet {at} wrong"), 0, || {
            let message = MskMessage::decode(&bad, &SETTINGS).unwrap();
            message.open(&Declared(muk()), None, None, &SETTINGS).is_err()
        });
    }
}

fn mtk_address(algorithms: Algorithms) -> MtkAddress {
    MtkAddress { msk: GROUP.msk(KeyNumber(1)), mtk: MtkId(5), counter: Counter(1), csb: CsbId(0), algorithms }
}

fn open_mtk(report: &mut Report, suite: &str, algorithms: Algorithms) {
    let keys = Msk::new(Secret::new(MSK)).keys(&protection(algorithms, &rand())).unwrap();
    let (mtk, salt) = (Mtk::new(Secret::new(MTK)), MtkSalt::new(Secret::new(SALT)));
    let mut out = [0; 128];
    let message = seal_mtk(&mtk_address(algorithms), &mtk, Some(&salt), &keys, &SETTINGS, &mut out).unwrap();
    let window = MtkWindow::new(MtkId(0), MtkId(9), SeqLower::Exclusive);
    let held = || {
        let msk = Msk::new(Secret::new(secret(MSK)));
        DeclaredKeys(msk.keys(&protection(algorithms, &rand())).unwrap())
    };
    report.check(&format!("{suite}: open an MTK message"), 0, || {
        let message = MtkMessage::decode(message, None, &SETTINGS).unwrap();
        let opened = message.open(&held(), None, window, &SETTINGS).unwrap();
        let salt = opened.salt.unwrap();
        tainted(opened.mtk.secret().expose()) == 16 && tainted(salt.secret().expose()) == 14
    });
    let mut bad = message.to_vec();
    *bad.last_mut().unwrap() ^= 1;
    report.check(&format!("{suite}: refuse an MTK message with a wrong MAC"), 0, || {
        let message = MtkMessage::decode(&bad, None, &SETTINGS).unwrap();
        message.open(&held(), None, window, &SETTINGS).is_err()
    });
}

fn entry(number: u16, msk: [u8; 16]) -> MskEntry {
    let window = MtkWindow::new(MtkId(0), MtkId(9), SeqLower::Exclusive);
    MskEntry::new(GROUP.msk(KeyNumber(number)), Msk::new(Secret::new(secret(msk))), Some(rand()), window)
}

/// Whether a key of the same name is the same key is what `Inserted` tells the caller: one branch on that one bit is
/// meant. A comparison that stops early would show more than one finding for equal keys.
fn store(report: &mut Report) {
    let (mut first, mut last) = (MSK, MSK);
    first[0] ^= 1;
    last[15] ^= 1;
    for (what, expected, number, msk) in [
        ("another name", 0, 2, MSK),
        ("the same key again", 1, 1, MSK),
        ("a key that differs in its first octet", 1, 1, first),
        ("a key that differs in its last octet", 1, 1, last),
    ] {
        let mut store = MskStore::<2>::new();
        report.check(&format!("store an MSK beside a held one: {what}"), expected, || {
            let _ = publish(store.insert(entry(1, MSK), SameMskId::Merge).is_ok());
            let _ = publish(store.insert(entry(number, msk), SameMskId::Merge).is_ok());
            let held = store.get(GROUP.msk(KeyNumber(number))).unwrap();
            tainted(held.msk().secret().expose()) == 16
        });
    }
}

fn passwords(report: &mut Report) {
    for form in [DigestPasswordForm::Base64, DigestPasswordForm::Hex, DigestPasswordForm::Raw] {
        report.check(&format!("Digest password of an MRK, {form:?}"), 0, || {
            let password = Mrk::new(Secret::new(secret([0x9E; 32]))).digest_password(form);
            tainted(password.as_octets()) >= 32
        });
    }
}

fn srtp(report: &mut Report) {
    report.check("SRTP session keys of an MTK", 0, || {
        let (mtk, salt) = (Mtk::new(Secret::new(secret(MTK))), MtkSalt::new(Secret::new(secret(SALT))));
        let keys = SrtpKeys::derive(&mtk, Some(&salt));
        tainted(keys.rtp_encr.expose()) == 16 && tainted(keys.rtcp_auth.expose()) == 20
    });
}
