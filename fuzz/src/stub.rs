//! Users, servers and their KMSs, and mathematics for them that costs nothing and only knows who may do what.
//!
//! A signature is a checksum over KMS, identity, message and nonce; an encapsulated key names the identity it is for, and
//! says whether it was changed. Nothing of it is secure, and nothing needs to be: what a forger cannot do, a target does
//! not do.

use castkey::mcx::{AcceptedKms, Entity, HeldKeys, KeyPeriods, McCrypto, Ntp64, Uid, Validity};
use castkey::rand_core::TryCryptoRng;
use castkey::sakke::{
    EccsiError, EccsiSign, EccsiVerify, SakkeDecapsulate, SakkeEncapsulate, SakkeError, Ssv,
};
use castkey::secret::Secret;

pub(crate) const ALICE: &[u8] = b"sip:alice@example.org";
pub(crate) const BOB: &[u8] = b"sip:bob@example.org";
pub(crate) const MALLORY: &[u8] = b"sip:mallory@example.org";
pub(crate) const MDSI: &[u8] = b"mcx.example.org";
pub(crate) const KMS: &[u8] = b"kms.example.org";
pub(crate) const OTHER_KMS: &[u8] = b"kms.elsewhere.org";
pub(crate) const PERIOD_S: u64 = 2_592_000;

/// A quarter of an hour before a period ends.
pub(crate) const NOW: Ntp64 = Ntp64::from_seconds(1_501 * PERIOD_S - 900);

/// The periods on both sides of that end.
pub(crate) const PERIODS: [u64; 2] = [1_500, 1_501];

pub(crate) fn periods() -> KeyPeriods {
    KeyPeriods::new(PERIOD_S, 0).unwrap()
}

/// The public keys of a KMS.
pub(crate) struct Kms<M: McCrypto> {
    pub(crate) uri: &'static [u8],
    pub(crate) periods: KeyPeriods,
    pub(crate) encapsulate: Box<M::Encapsulate>,
    pub(crate) verify: M::Verify,
}

/// The keys of a period.
pub(crate) struct Keys<M: McCrypto> {
    pub(crate) period: u64,
    pub(crate) sign: M::Sign,
    pub(crate) decapsulate: Box<M::Decapsulate>,
}

/// A user or server with its keys; the first KMS of a list is its own.
pub(crate) struct Someone<M: McCrypto> {
    pub(crate) uri: &'static [u8],
    pub(crate) keys: Vec<Keys<M>>,
}

impl<M: McCrypto> Someone<M> {
    /// Runs `f` with this entity, which accepts all of `kms`.
    pub(crate) fn with<T>(&self, kms: &[Kms<M>], f: impl FnOnce(&Entity<'_, M>) -> T) -> T {
        let validity = Validity::ALWAYS;
        let accepted: Vec<AcceptedKms<'_, M>> = kms
            .iter()
            .map(|Kms { uri, periods, encapsulate, verify }| AcceptedKms {
                uri,
                periods: *periods,
                validity,
                encapsulate: &**encapsulate,
                verify,
            })
            .collect();
        let keys: Vec<HeldKeys<'_, M>> = self
            .keys
            .iter()
            .map(|Keys { period, sign, decapsulate }| HeldKeys {
                period: *period,
                validity,
                sign,
                decapsulate: &**decapsulate,
            })
            .collect();
        f(&Entity { uri: self.uri, kms_uri: kms[0].uri, kms: &accepted, keys: &keys })
    }
}

/// The public keys of a KMS, or the secret keys of `id` under it.
#[derive(Clone, Debug)]
pub(crate) struct Stub {
    kms: u8,
    id: Vec<u8>,
}

/// The own KMS, and another one.
pub(crate) fn stub_kms() -> [Kms<Stub>; 2] {
    [(KMS, 1), (OTHER_KMS, 2)].map(|(uri, kms)| {
        let public = Stub { kms, id: Vec::new() };
        Kms { uri, periods: periods(), encapsulate: Box::new(public.clone()), verify: public }
    })
}

/// Somebody with keys of these periods under the KMS `kms`.
pub(crate) fn stub_of(uri: &'static [u8], kms: &[u8], periods: KeyPeriods, numbers: &[u64]) -> Someone<Stub> {
    let keys = numbers.iter().map(|period| {
        let id = Uid::derive(uri, kms, periods, *period).unwrap().octets().to_vec();
        let own = Stub { kms: 1, id };
        Keys { period: *period, sign: own.clone(), decapsulate: Box::new(own) }
    });
    Someone { uri, keys: keys.collect() }
}

/// Somebody with keys around [`NOW`].
pub(crate) fn stub_someone(uri: &'static [u8]) -> Someone<Stub> {
    stub_of(uri, KMS, periods(), &PERIODS)
}

impl McCrypto for Stub {
    type Encapsulate = Self;
    type Decapsulate = Self;
    type Sign = Self;
    type Verify = Self;
}

impl Stub {
    fn pad(&self, id: &[u8]) -> [u8; 16] {
        let [a, b] = [0, 1].map(|half| checksum(&[&[self.kms, half], id]).to_be_bytes());
        let mut pad = [0; 16];
        pad.iter_mut().zip(a.into_iter().chain(b)).for_each(|(to, from)| *to = from);
        pad
    }

    fn signature(&self, id: &[u8], message: &[u8], nonce: [u8; 8]) -> [u8; 129] {
        let mut signature = [0; 129];
        signature[..8].copy_from_slice(&nonce);
        signature[8..16].copy_from_slice(&checksum(&[&[self.kms], id, message, &nonce]).to_be_bytes());
        signature
    }

    /// What is encapsulated before the hint: for whom, and which key.
    fn head(&self, id: &[u8], key: &[u8; 16]) -> [u8; 257] {
        let mut head = [0; 257];
        head[..2].copy_from_slice(&[4, self.kms]);
        head[2..10].copy_from_slice(&checksum(&[id]).to_be_bytes());
        head[10..18].copy_from_slice(&checksum(&[id, key]).to_be_bytes());
        head
    }
}

impl SakkeEncapsulate for Stub {
    fn encapsulate(&self, ssv: &Ssv, id: &[u8], sed: &mut [u8; 273]) -> Result<(), SakkeError> {
        let key = ssv.secret().expose();
        let (head, hint) = sed.split_at_mut(257);
        head.copy_from_slice(&self.head(id, key));
        for (to, (key, pad)) in hint.iter_mut().zip(key.iter().zip(self.pad(id))) {
            *to = key ^ pad;
        }
        Ok(())
    }
}

impl SakkeDecapsulate for Stub {
    fn decapsulate(&self, sed: &[u8; 273], id: &[u8]) -> Result<Ssv, SakkeError> {
        let (head, hint) = sed.split_at(257);
        let mut key = self.pad(id);
        key.iter_mut().zip(hint).for_each(|(key, hint)| *key ^= hint);
        if id == self.id && head == self.head(id, &key) {
            Ok(Ssv::new(Secret::new(key)))
        } else {
            Err(SakkeError::Refused)
        }
    }
}

impl EccsiSign for Stub {
    fn sign<R: TryCryptoRng + ?Sized>(
        &self, message: &[u8], rng: &mut R, signature: &mut [u8; 129],
    ) -> Result<(), EccsiError> {
        let nonce = rng.try_next_u64().map_err(|_| EccsiError::RngFailed)?.to_be_bytes();
        *signature = self.signature(&self.id, message, nonce);
        Ok(())
    }
}

impl EccsiVerify for Stub {
    fn verify(&self, id: &[u8], message: &[u8], signature: &[u8; 129]) -> Result<(), EccsiError> {
        let [a, b, c, d, e, f, g, h, ..] = *signature;
        if self.signature(id, message, [a, b, c, d, e, f, g, h]) == *signature {
            Ok(())
        } else {
            Err(EccsiError::SignatureInvalid)
        }
    }
}

/// FNV-1a over parts, each with its length.
fn checksum(parts: &[&[u8]]) -> u64 {
    let mut sum = 0xCBF2_9CE4_8422_2325_u64;
    let mut add = |octet: u8| sum = (sum ^ u64::from(octet)).wrapping_mul(0x0100_0000_01B3);
    for part in parts {
        part.len().to_be_bytes().into_iter().for_each(&mut add);
        part.iter().copied().for_each(&mut add);
    }
    sum
}
