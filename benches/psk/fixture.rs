//! The keys, names and messages that all cases use: an MSK message of 165 octets with 26 octets of Key data.

use castkey::id::{Counter, CsbId, GroupName, KeyDomainId, KeyGroup, KeyNumber, MskName, MtkId};
use castkey::keys::{
    Algorithms, Msk, MskRand, Mtk, MtkSalt, Muk, MukId, PreSharedKey, Protection, ProtectionKeys,
};
use castkey::message::{MskAddress, MtkAddress, seal_msk, seal_mtk};
use castkey::secret::Secret;
use castkey::settings::Settings;

pub(crate) const SETTINGS: Settings = Settings::DEFAULT;

pub(crate) const MSK_MESSAGE_LEN: usize = 165;

pub(crate) const MUK_OCTETS: [u8; 32] = [0x4B; 32];

/// 19 and 38 octets, as a NAF-Id with its protocol and a B-TID have.
pub(crate) const MUK_ID: MukId<'static> =
    MukId { idi: b"bmsc.home1.net\x01\0\0\0\x01", idr: b"oKGio6SlpqeoqaqrrK2urw==@bsf.home1.net" };

pub(crate) const GROUP: GroupName =
    GroupName { domain: KeyDomainId::new([0x32, 0xF4, 0x51]), group: KeyGroup(0x68CA) };

pub(crate) const fn name() -> MskName {
    GROUP.msk(KeyNumber(1))
}

pub(crate) fn muk() -> Muk {
    Muk::from_octets(&MUK_OCTETS).expect("32 octets are a MUK")
}

pub(crate) fn msk() -> Msk {
    Msk::new(Secret::new([0x17; 16]))
}

pub(crate) fn rand() -> MskRand {
    MskRand::new(&[0xF0; 16]).expect("16 octets are a RAND")
}

pub(crate) fn address(counter: u32, v: bool) -> MskAddress<'static> {
    MskAddress {
        sdp_ids: None,
        name: name(),
        counter: Counter(counter),
        csb: CsbId(0),
        rand: rand(),
        muk_id: MUK_ID,
        v,
        algorithms: Algorithms::SHA1,
        policies: &[],
        sessions: None,
    }
}

pub(crate) fn msk_message(counter: u32, v: bool) -> [u8; MSK_MESSAGE_LEN] {
    let mut out = [0; MSK_MESSAGE_LEN];
    let sealed = seal_msk(&address(counter, v), &msk(), MtkId(0), MtkId(0xFFFF), &muk(), &SETTINGS, &mut out);
    assert_eq!(sealed.expect("an MSK message can be built").len(), MSK_MESSAGE_LEN);
    out
}

/// The keys of every MTK message under the MSK.
pub(crate) fn mtk_keys() -> ProtectionKeys<castkey::crypto::RustCrypto> {
    let rand = rand();
    let protection = Protection { algorithms: Algorithms::SHA1, csb: CsbId(0), rand: rand.octets() };
    msk().keys(&protection).expect("a key in memory answers")
}

/// An MTK message with salt.
pub(crate) fn mtk_message(mtk: u16) -> Vec<u8> {
    let address = MtkAddress {
        msk: name(),
        mtk: MtkId(mtk),
        counter: Counter(u32::from(mtk)),
        csb: CsbId(0),
        algorithms: Algorithms::SHA1,
    };
    let (key, salt) = (Mtk::new(Secret::new([0x6D; 16])), MtkSalt::new(Secret::new([0x5A; 14])));
    let mut out = [0; castkey::wire::MAX_MTK_MESSAGE_LEN];
    seal_mtk(&address, &key, Some(&salt), &mtk_keys(), &SETTINGS, &mut out)
        .expect("an MTK message can be built")
        .to_vec()
}
