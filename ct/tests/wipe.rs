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
use castkey::rand_core::{Infallible, TryCryptoRng, TryRng};
use castkey::sakke::eccsi::{self, Ksak, SigningKey, Ssk};
use castkey::sakke::{
    Backend, DEVICE_POINT_TABLE_LEN, Decapsulator, Device, KmsMasterSecret, MAX_IDENTITY_LEN, Narrow32,
    Profile, ReceiverSecretKey, SERVER_POINT_TABLE_LEN, SERVER_RSK_TABLE_LEN, Server, Ssv, Wide64,
};
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

/// The octets of a value before and after it is dropped.
fn around_drop<T>(value: Box<T>) -> (Vec<u8>, Vec<u8>) {
    let read = |slot: &MaybeUninit<T>| {
        let start = slot.as_ptr().cast::<u8>();
        // SAFETY: the octets lie inside `slot`, which is alive; a volatile read of an octet needs no valid `T`.
        (0..size_of::<T>()).map(|i| unsafe { start.add(i).read_volatile() }).collect::<Vec<u8>>()
    };
    // SAFETY: the same memory, of the same layout, with less of a promise about what is in it.
    let mut slot: Box<MaybeUninit<T>> = unsafe { Box::from_raw(Box::into_raw(value).cast()) };
    let before = read(&slot);
    // SAFETY: it is initialised, and is not used as a `T` afterwards.
    unsafe { slot.assume_init_drop() };
    (before, read(&slot))
}

fn set(octets: &[u8]) -> usize {
    octets.iter().filter(|octet| **octet != 0).count()
}

fn holds(octets: &[u8], key: &[u8]) -> bool {
    octets.windows(key.len()).any(|window| window == key)
}

const UID: &[u8] = b"2026-11\0tel:+447700900123\0";

fn receiver<P: Profile, B: Backend>(
    kms: &KmsMasterSecret<B>, rsk: &ReceiverSecretKey<B>,
) -> Box<Decapsulator<P, B>> {
    let mut receiver = Box::new(Decapsulator::blank());
    receiver.prepare(&kms.public_key(), UID, rsk).unwrap();
    receiver
}

/// Residues lie in memory in a form of their own, so the octets of a key are asked for, not a sentinel. What a receiver
/// keeps is public: its identity and the table of a point that everybody can compute.
fn keys_of_sakke_are_wiped<B: Backend>() {
    let kms = KmsMasterSecret::<B>::import(&Secret::new([0x17; 128])).unwrap();
    let rsk = kms.extract(UID).unwrap();
    let (device, server) = (receiver::<Device, B>(&kms, &rsk), receiver::<Server, B>(&kms, &rsk));
    let (key, after) = around_drop(Box::new(rsk));
    assert!(set(&key) > 200 && set(&after) == 0, "RSK");
    let (before, after) = around_drop(Box::new(kms));
    assert!(set(&before) > 100 && set(&after) == 0, "master secret");

    let (before, after) = around_drop(device);
    assert!(holds(&before, &key) && !holds(&after, &key[..RUN]), "RSK of a device");
    assert!(set(&after) <= DEVICE_POINT_TABLE_LEN + MAX_IDENTITY_LEN);
    let (before, after) = around_drop(server);
    assert!(set(&before) > SERVER_RSK_TABLE_LEN / 100 * 99, "table of an RSK");
    assert!(set(&after) <= SERVER_POINT_TABLE_LEN + MAX_IDENTITY_LEN, "table of an RSK");
}

#[test]
fn keys_of_sakke_are_wiped_when_they_are_dropped() {
    keys_of_sakke_are_wiped::<Wide64>();
    keys_of_sakke_are_wiped::<Narrow32>();
    is_wiped("Ssv", Ssv::new(Secret::new([SENTINEL; 16])), |ssv| ssv.secret().expose());
}

/// Draws the same octet for ever.
struct Repeating(u8);

impl TryRng for Repeating {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        octets.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Repeating {}

#[test]
fn keys_of_eccsi_are_wiped_when_they_are_dropped() {
    let secret = || Secret::new([SENTINEL; 32]);
    is_wiped("Ssk", Ssk::new(secret()), |ssk| ssk.octets().expose());
    let kms = Ksak::<eccsi::Device>::from_octets(secret()).unwrap();
    let (ssk, pvt) = kms.extract(UID, &mut Repeating(0x3C)).unwrap();
    let octets = *ssk.octets().expose();
    let signer = SigningKey::<eccsi::Device>::validate(UID, kms.kpak(), ssk, &pvt).unwrap();
    let (before, after) = around_drop(Box::new(signer));
    assert!(holds(&before, &octets) && !holds(&after, &octets[..RUN]), "SigningKey");
    is_wiped("Ksak", kms, |kms| kms.octets().expose());
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
