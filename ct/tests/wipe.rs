//! Keys are gone from memory when they are dropped, and from the caller's buffer when a message is not finished.

#![allow(missing_docs, reason = "the names of the tests say it")]

use core::mem::MaybeUninit;

use castkey::crypto::Tag;
use castkey::error::{KeyUnavailable, SealError};
use castkey::id::{Counter, CsbId, GroupName, KeyDomainId, KeyGroup, KeyNumber, MtkId};
use castkey::keys::{
    Algorithms, KsNaf, MessageKeys, Mrk, Msk, MskRand, Mtk, MtkSalt, Muk, MukId, MukOctets, PreSharedKey,
    Protection,
};
use castkey::message::{MskAddress, seal_msk};
use castkey::secret::Secret;
use castkey::settings::Settings;

const SENTINEL: u8 = 0xA7;
/// This many sentinels in a row are a key.
const RUN: usize = 8;

fn holds_key(octets: &[u8]) -> bool {
    octets.windows(RUN).any(|run| run.iter().all(|octet| *octet == SENTINEL))
}

/// Looks where the key says its octets are, before and after it is dropped; what a move left elsewhere is not its own.
fn is_wiped<T>(name: &str, value: T, key: impl Fn(&T) -> &[u8]) {
    let mut slot = MaybeUninit::new(value);
    // SAFETY: it was just initialised.
    let octets = key(unsafe { slot.assume_init_ref() });
    assert!(holds_key(octets), "{name} does not hold the sentinel to begin with");
    let (start, len) = (octets.as_ptr(), octets.len());
    // SAFETY: it is not used as a `T` afterwards.
    unsafe { slot.assume_init_drop() };
    // SAFETY: the octets lie inside `slot`, which is alive; a volatile read of an octet needs no valid `T`.
    let after: Vec<u8> = (0..len).map(|i| unsafe { start.add(i).read_volatile() }).collect();
    assert!(after.iter().all(|octet| *octet == 0), "{name} is not wiped");
}

#[test]
fn keys_are_wiped_when_they_are_dropped() {
    let secret = || Secret::new([SENTINEL; 32]);
    let msk = Msk::new(Secret::new([SENTINEL; 16]));
    is_wiped("Secret", secret(), |secret| secret.expose());
    is_wiped("KsNaf", KsNaf::new(secret()), |ks| ks.secret().expose());
    is_wiped("Mrk", Mrk::new(secret()), |mrk| mrk.secret().expose());
    is_wiped("Muk", Muk::from_gba_me(&KsNaf::new(secret()), MukOctets::All), |muk| muk.export());
    is_wiped("Msk", msk, |msk| msk.secret().expose());
    is_wiped("Mtk", Mtk::new(Secret::new([SENTINEL; 16])), |mtk| mtk.secret().expose());
    is_wiped("MtkSalt", MtkSalt::new(Secret::new([SENTINEL; 14])), |salt| salt.secret().expose());
}

/// A holder of keys that encrypts nothing and then does not answer: what it leaves behind is all ours.
struct Broken;

impl PreSharedKey for Broken {
    type Keys = Self;

    fn keys(&self, _: &Protection<'_>) -> Result<Self, KeyUnavailable> {
        Ok(Self)
    }
}

impl MessageKeys for Broken {
    fn tag(&self, _: &[&[u8]]) -> Result<Tag, KeyUnavailable> {
        Err(KeyUnavailable)
    }

    fn crypt(&self, _: u64, octets: &mut [u8]) -> Result<(), KeyUnavailable> {
        assert!(holds_key(octets), "the key was to be here");
        Ok(())
    }
}

#[test]
fn a_message_that_is_not_finished_leaves_no_key_in_the_buffer() {
    let address = MskAddress {
        sdp_ids: None,
        name: GroupName::new(KeyDomainId::new([1; 3]), KeyGroup(1)).msk(KeyNumber(1)),
        counter: Counter(1),
        csb: CsbId(0),
        rand: MskRand::new(&[2; 16]).unwrap(),
        muk_id: MukId { idi: b"bmsc", idr: b"b-tid" },
        v: false,
        algorithms: Algorithms::SHA1,
        policies: &[],
        sessions: None,
    };
    let msk = Msk::new(Secret::new([SENTINEL; 16]));
    let mut out = [0; 512];
    let sealed = seal_msk(&address, &msk, MtkId(0), MtkId(9), &Broken, &Settings::DEFAULT, &mut out);
    assert_eq!(sealed, Err(SealError::KeyUnavailable));
    assert!(!holds_key(&out));
}
