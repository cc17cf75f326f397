//! Sealed messages with octets changed, inserted, taken out or moved.

use std::sync::OnceLock;

use castkey::crypto::RustCrypto;
use castkey::id::{Counter, CsbId, GroupName, KeyDomainId, KeyGroup, KeyNumber, MtkId};
use castkey::keys::{
    Algorithms, Msk, MskRand, Mtk, MtkSalt, MtkWindow, Muk, MukId, PreSharedKey, Protection, ProtectionKeys,
    SeqLower,
};
use castkey::message::{
    MskAddress, MskMessage, MtkAddress, MtkMessage, Sent, VerificationMessage, seal_msk, seal_mtk,
    seal_verification,
};
use castkey::secret::Secret;
use castkey::settings::{Settings, Sha256Suite};

use crate::choice::Choices;

const SETTINGS: Settings = Settings { sha256_suite: Sha256Suite::Full, ..Settings::DEFAULT };
const GROUP: GroupName = GroupName { domain: KeyDomainId::new([0x32, 0xF4, 0x51]), group: KeyGroup(0x68CA) };
const ID: MukId<'static> = MukId { idi: b"bmsc.home1.net", idr: b"user@bsf.home1.net" };

struct Suite {
    muk: Muk,
    keys: ProtectionKeys<RustCrypto>,
    msk_message: Vec<u8>,
    verification: Vec<u8>,
    mtk_message: Vec<u8>,
}

fn suite(algorithms: Algorithms) -> Suite {
    let (muk, msk) = (Muk::from_octets(&[0x4B; 32]).unwrap(), Msk::new(Secret::new([0x17; 16])));
    let rand = MskRand::new(&[0xF0; 16]).unwrap();
    let (csb, counter) = (CsbId(0), Counter(1));
    let mut out = [0; 512];
    let address = MskAddress {
        sdp_ids: None,
        name: GROUP.msk(KeyNumber(1)),
        counter,
        csb,
        rand,
        muk_id: ID,
        v: true,
        algorithms,
        policies: &[],
        sessions: None,
    };
    let msk_message =
        seal_msk(&address, &msk, MtkId(0), MtkId(9), &muk, &SETTINGS, &mut out).unwrap().to_vec();
    let message = MskMessage::decode(&msk_message, &SETTINGS).unwrap();
    let opened = message.open(&muk, None, None, &SETTINGS).unwrap();
    let verification = seal_verification(message.psk(), &opened.keys, &SETTINGS, &mut out).unwrap().to_vec();
    let keys = msk.keys(&Protection { algorithms, csb, rand: rand.octets() }).unwrap();
    let address = MtkAddress { msk: address.name, mtk: MtkId(5), counter, csb, algorithms };
    let (mtk, salt) = (Mtk::new(Secret::new([0x6D; 16])), MtkSalt::new(Secret::new([0x5A; 14])));
    let mtk_message = seal_mtk(&address, &mtk, Some(&salt), &keys, &SETTINGS, &mut out).unwrap().to_vec();
    Suite { muk, keys, msk_message, verification, mtk_message }
}

/// Octets after the edits that `choices` describe: kind, place, octet.
fn edited(sealed: &[u8], mut choices: Choices<'_>) -> Vec<u8> {
    let mut octets = sealed.to_vec();
    while let (Some(kind), Some(place), Some(octet)) = (choices.below(6), choices.octet(), choices.octet()) {
        let len = octets.len();
        if len == 0 || len > 1024 {
            break;
        }
        let at = usize::from(place) % len;
        match kind {
            0 => octets[at] ^= octet,
            1 => octets[at] = octet,
            2 => octets.insert(at, octet),
            3 => drop(octets.remove(at)),
            4 => octets.swap(at, usize::from(octet) % len),
            _ => octets.truncate(at),
        }
    }
    octets
}

/// Whether the octets are authentic under the keys of the suite.
type Judge = fn(&Suite, &[u8]) -> bool;

/// The first octet chooses suite and message, the rest edits it. A message is authentic if and only if its octets are
/// those that were sealed.
pub fn open_msk(octets: &[u8]) {
    static SUITES: OnceLock<[Suite; 2]> = OnceLock::new();
    let suites = SUITES.get_or_init(|| [suite(Algorithms::SHA1), suite(Algorithms::SHA256)]);
    let mut choices = Choices::new(octets);
    let Some(which) = choices.below(6) else { return };
    let suite = &suites[usize::from(which / 3)];
    let (sealed, authentic): (&[u8], Judge) = match which % 3 {
        0 => (&suite.msk_message, opens_as_msk),
        1 => (&suite.mtk_message, opens_as_mtk),
        _ => (&suite.verification, verifies),
    };
    let octets = edited(sealed, choices);
    assert_eq!(authentic(suite, &octets), octets == sealed, "{octets:02x?}");
}

fn opens_as_msk(suite: &Suite, octets: &[u8]) -> bool {
    MskMessage::decode(octets, &SETTINGS)
        .is_ok_and(|message| message.open(&suite.muk, None, None, &SETTINGS).is_ok())
}

fn opens_as_mtk(suite: &Suite, octets: &[u8]) -> bool {
    let window = MtkWindow::new(MtkId(0), MtkId(0xFFFF), SeqLower::Inclusive);
    MtkMessage::decode(octets, None, &SETTINGS)
        .is_ok_and(|message| message.open(&suite.keys, None, window, &SETTINGS).is_ok())
}

fn verifies(suite: &Suite, octets: &[u8]) -> bool {
    let message = MskMessage::decode(&suite.msk_message, &SETTINGS).unwrap();
    let keys = message.psk().keys(&suite.muk, None).unwrap();
    VerificationMessage::decode(octets)
        .is_ok_and(|answer| answer.verify(&Sent::of(message.psk()), &keys).is_ok())
}
