//! Mathematics that only knows who may do what: stands in where a test is about messages, and counts its calls.
//!
//! A signature is a checksum over identity, message and nonce; an encapsulated key names the identity it is for. Nothing
//! of it is secure, and nothing needs to be: what a forger cannot do, a test simply does not do.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "each test crate uses a part of it"
)]

use core::cell::Cell;
use std::rc::Rc;

use castkey::mcx::{AcceptedKms, Entity, HeldKeys, KeyPeriods, McCrypto, Ntp64, Uid, Validity};
use castkey::rand_core::{TryCryptoRng, TryRng};
use castkey::sakke::{
    EccsiError, EccsiSign, EccsiVerify, SakkeDecapsulate, SakkeEncapsulate, SakkeError, Ssv,
};
use castkey::secret::Secret;

/// How often each operation ran.
#[derive(Clone, Debug, Default)]
pub(crate) struct Calls {
    pub(crate) verify: Rc<Cell<u32>>,
    pub(crate) decapsulate: Rc<Cell<u32>>,
    pub(crate) sign: Rc<Cell<u32>>,
    pub(crate) encapsulate: Rc<Cell<u32>>,
}

fn count(cell: &Cell<u32>) {
    cell.set(cell.get() + 1);
}

impl Calls {
    /// Calls of (verify, decapsulate) since the last time.
    pub(crate) fn received(&self) -> (u32, u32) {
        (self.verify.take(), self.decapsulate.take())
    }

    /// Calls of (encapsulate, sign) since the last time.
    pub(crate) fn sent(&self) -> (u32, u32) {
        (self.encapsulate.take(), self.sign.take())
    }
}

/// FNV-1a over parts, each with its length.
pub(crate) fn checksum(parts: &[&[u8]]) -> u64 {
    let mut sum = 0xCBF2_9CE4_8422_2325_u64;
    let mut add = |octet: u8| sum = (sum ^ u64::from(octet)).wrapping_mul(0x0100_0000_01B3);
    for part in parts {
        (part.len() as u64).to_be_bytes().into_iter().for_each(&mut add);
        part.iter().copied().for_each(&mut add);
    }
    sum
}

/// The public keys of a KMS, or the secret keys of `id` under it.
#[derive(Clone, Debug)]
pub(crate) struct Fake {
    pub(crate) kms: u8,
    pub(crate) id: Vec<u8>,
    pub(crate) calls: Calls,
}

impl McCrypto for Fake {
    type Encapsulate = Self;
    type Decapsulate = Self;
    type Sign = Self;
    type Verify = Self;
}

impl Fake {
    fn pad(&self, id: &[u8]) -> [u8; 16] {
        let [a, b] = [0, 1].map(|half| checksum(&[&[self.kms, half], id]).to_be_bytes());
        [a, b].concat().try_into().unwrap()
    }

    fn signature(&self, id: &[u8], message: &[u8], nonce: [u8; 8]) -> [u8; 129] {
        let mut signature = [0; 129];
        signature[..8].copy_from_slice(&nonce);
        signature[8..16].copy_from_slice(&checksum(&[&[self.kms], id, message, &nonce]).to_be_bytes());
        signature
    }

    /// A signature that did not come from the library.
    pub(crate) fn sign_octets(&self, message: &[u8], nonce: u64) -> [u8; 129] {
        self.signature(&self.id, message, nonce.to_be_bytes())
    }
}

impl SakkeEncapsulate for Fake {
    fn encapsulate(&self, ssv: &Ssv, id: &[u8], sed: &mut [u8; 273]) -> Result<(), SakkeError> {
        count(&self.calls.encapsulate);
        sed.fill(0);
        sed[0] = 4;
        sed[1] = self.kms;
        sed[2..10].copy_from_slice(&checksum(&[id]).to_be_bytes());
        for (to, (key, pad)) in sed[257..].iter_mut().zip(ssv.secret().expose().iter().zip(self.pad(id))) {
            *to = key ^ pad;
        }
        Ok(())
    }
}

impl SakkeDecapsulate for Fake {
    fn decapsulate(&self, sed: &[u8; 273], id: &[u8]) -> Result<Ssv, SakkeError> {
        count(&self.calls.decapsulate);
        let good = sed[0] == 4
            && sed[1] == self.kms
            && id == self.id
            && sed[2..10] == checksum(&[id]).to_be_bytes()
            && sed[10..257].iter().all(|octet| *octet == 0);
        let mut key = self.pad(id);
        key.iter_mut().zip(&sed[257..]).for_each(|(key, hint)| *key ^= hint);
        if good { Ok(Ssv::new(Secret::new(key))) } else { Err(SakkeError::Refused) }
    }
}

impl EccsiSign for Fake {
    fn sign<R: TryCryptoRng + ?Sized>(
        &self, message: &[u8], rng: &mut R, signature: &mut [u8; 129],
    ) -> Result<(), EccsiError> {
        count(&self.calls.sign);
        let nonce = rng.try_next_u64().map_err(|_| EccsiError::RngFailed)?.to_be_bytes();
        *signature = self.signature(&self.id, message, nonce);
        Ok(())
    }
}

impl EccsiVerify for Fake {
    fn verify(&self, id: &[u8], message: &[u8], signature: &[u8; 129]) -> Result<(), EccsiError> {
        count(&self.calls.verify);
        let nonce = signature[..8].try_into().unwrap();
        if self.signature(id, message, nonce) == *signature {
            Ok(())
        } else {
            Err(EccsiError::SignatureInvalid)
        }
    }
}

/// Random octets that repeat with their seed; fails once `left` octets were drawn.
#[derive(Clone, Debug)]
pub(crate) struct Rng {
    pub(crate) state: u64,
    pub(crate) left: usize,
}

impl Rng {
    pub(crate) const fn seeded(seed: u64) -> Self {
        Self { state: seed, left: usize::MAX }
    }

    pub(crate) const fn broken() -> Self {
        Self { state: 0, left: 0 }
    }
}

#[derive(Debug)]
pub(crate) struct Dry;

impl core::fmt::Display for Dry {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("dry")
    }
}

impl core::error::Error for Dry {}

impl TryRng for Rng {
    type Error = Dry;

    fn try_next_u32(&mut self) -> Result<u32, Dry> {
        let mut octets = [0; 4];
        self.try_fill_bytes(&mut octets)?;
        Ok(u32::from_be_bytes(octets))
    }

    fn try_next_u64(&mut self) -> Result<u64, Dry> {
        let mut octets = [0; 8];
        self.try_fill_bytes(&mut octets)?;
        Ok(u64::from_be_bytes(octets))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Dry> {
        self.left = self.left.checked_sub(octets.len()).ok_or(Dry)?;
        for octet in octets {
            // splitmix64
            self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.state;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            *octet = (z >> 56) as u8;
        }
        Ok(())
    }
}

impl TryCryptoRng for Rng {}

pub(crate) const ALICE: &[u8] = b"sip:alice@example.org";
pub(crate) const BOB: &[u8] = b"sip:bob@example.org";
pub(crate) const MDSI: &[u8] = b"mcx.example.org";
pub(crate) const KMS: &[u8] = b"kms.example.org";
pub(crate) const OTHER_KMS: &[u8] = b"kms.elsewhere.org";
pub(crate) const PERIOD_S: u64 = 2_592_000;

/// A time in the middle of a period.
pub(crate) const NOW: Ntp64 = Ntp64::from_seconds(1500 * PERIOD_S + PERIOD_S / 2);

pub(crate) fn periods() -> KeyPeriods {
    KeyPeriods::new(PERIOD_S, 0).unwrap()
}

/// A user or server with its keys for some periods.
pub(crate) struct Someone {
    pub(crate) uri: Vec<u8>,
    pub(crate) calls: Calls,
    kms: Vec<(&'static [u8], Fake)>,
    keys: Vec<(u64, Fake)>,
}

impl Someone {
    pub(crate) fn new(uri: &[u8], key_periods: &[u64]) -> Self {
        let calls = Calls::default();
        let fake = |kms, id: &[u8]| Fake { kms, id: id.to_vec(), calls: calls.clone() };
        let uid = |period| *Uid::derive(uri, KMS, periods(), period).unwrap().octets();
        Self {
            uri: uri.to_vec(),
            kms: vec![(KMS, fake(1, b"")), (OTHER_KMS, fake(2, b""))],
            keys: key_periods.iter().map(|period| (*period, fake(1, &uid(*period)))).collect(),
            calls,
        }
    }

    /// With keys of the current period.
    pub(crate) fn now(uri: &[u8]) -> Self {
        Self::new(uri, &[1500])
    }

    /// Runs `f` with this entity, which accepts the first `accepted` of the KMSs.
    pub(crate) fn with_kms<T>(&self, accepted: usize, f: impl FnOnce(&Entity<'_, Fake>) -> T) -> T {
        let kms: Vec<AcceptedKms<'_, Fake>> = self.kms[..accepted]
            .iter()
            .map(|(uri, fake)| AcceptedKms {
                uri,
                periods: periods(),
                validity: Validity::ALWAYS,
                encapsulate: fake,
                verify: fake,
            })
            .collect();
        let keys: Vec<HeldKeys<'_, Fake>> = self
            .keys
            .iter()
            .map(|(period, fake)| HeldKeys {
                period: *period,
                validity: Validity::ALWAYS,
                sign: fake,
                decapsulate: fake,
            })
            .collect();
        f(&Entity { uri: &self.uri, kms_uri: KMS, kms: &kms, keys: &keys })
    }

    pub(crate) fn with<T>(&self, f: impl FnOnce(&Entity<'_, Fake>) -> T) -> T {
        self.with_kms(1, f)
    }

    /// The secret keys of the first period.
    pub(crate) fn keys(&self) -> &Fake {
        &self.keys[0].1
    }
}
