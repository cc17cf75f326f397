//! A client or server with what its KMS gave, as the library wants it.

#![allow(unsafe_code, reason = "marks types")]

use castkey::mcx::{AcceptedKms, Entity, HeldKeys, KeyPeriods, McCrypto, Validity};
use castkey::rand_core::TryCryptoRng;
use castkey::sakke::eccsi::SigningKey;
use castkey::sakke::{
    Device, EccsiError, EccsiSign, EccsiVerify, SED_LEN, SIGNATURE_LEN, SakkeDecapsulate, SakkeEncapsulate,
    SakkeError, Ssv,
};

use crate::bytes::{Plain, Promise};
use crate::mcx::keys::{self, castkey_mcx_keys};
use crate::mcx::kms::{self, castkey_mcx_kms};
use crate::octets::castkey_octets;
use crate::span::{Span, apart_from};
use crate::status::Status;

/// Most KMSs of an entity, and most key sets.
pub const CASTKEY_MCX_MAX_KMS: usize = 8;

/// A client or server with what its KMS gave: key sets of the previous, the current and the next period as it has them, and
/// every KMS it accepts, its own among them. It is read while a call lasts, and so are the objects it points to, which
/// several calls may use at a time.
///
/// The lists `fast_kms` and `fast_keys` are those of large tables; a library that was built without them wants both empty.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct castkey_mcx_entity {
    /// Its URI: MC service user ID or MDSI.
    pub uri: castkey_octets,
    /// The URI of its KMS.
    pub kms_uri: castkey_octets,
    /// The KMSs. One that changes its keys at a period boundary stands here twice.
    pub kms: *const *const castkey_mcx_kms,
    /// How many; with those in `fast_kms` at most CASTKEY_MCX_MAX_KMS.
    pub n_kms: usize,
    /// The key sets.
    pub keys: *const *const castkey_mcx_keys,
    /// How many; with those in `fast_keys` at most CASTKEY_MCX_MAX_KMS.
    pub n_keys: usize,
    /// KMSs with large tables.
    pub fast_kms: *const *const castkey_mcx_fast_kms,
    /// How many.
    pub n_fast_kms: usize,
    /// Key sets with large tables.
    pub fast_keys: *const *const castkey_mcx_fast_keys,
    /// How many.
    pub n_fast_keys: usize,
}

/// 64-bit words of a castkey_mcx_fast_kms.
pub const CASTKEY_MCX_FAST_KMS_WORDS: usize = 10_624;
/// Octets of a castkey_mcx_fast_kms, with room to grow; castkey_mcx_fast_kms_size() is what the library uses of them.
pub const CASTKEY_MCX_FAST_KMS_SIZE: usize = CASTKEY_MCX_FAST_KMS_WORDS * 8;
/// Alignment of a castkey_mcx_fast_kms, octets.
pub const CASTKEY_MCX_FAST_KMS_ALIGN: usize = 64;

/// A KMS with tables of 80 KiB: a castkey_mcx_kms for hosts, on which its calls take less time.
#[repr(C, align(64))]
pub struct castkey_mcx_fast_kms {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_FAST_KMS_WORDS],
}

/// 64-bit words of a castkey_mcx_fast_keys.
pub const CASTKEY_MCX_FAST_KEYS_WORDS: usize = 44_800;
/// Octets of a castkey_mcx_fast_keys, with room to grow; castkey_mcx_fast_keys_size() is what the library uses of them.
pub const CASTKEY_MCX_FAST_KEYS_SIZE: usize = CASTKEY_MCX_FAST_KEYS_WORDS * 8;
/// Alignment of a castkey_mcx_fast_keys, octets.
pub const CASTKEY_MCX_FAST_KEYS_ALIGN: usize = 64;

/// Keys with tables of 347 KiB: castkey_mcx_keys for hosts, on which their calls take less time.
#[repr(C, align(64))]
pub struct castkey_mcx_fast_keys {
    /// Private.
    pub opaque: [u64; CASTKEY_MCX_FAST_KEYS_WORDS],
}

// SAFETY: pointers and integers.
unsafe impl Plain for castkey_mcx_entity {}
// SAFETY: a pointer.
unsafe impl<T> Plain for *const T {}

/// A URI that is kept.
pub(crate) struct Uri {
    octets: [u8; 255],
    len: usize,
}

impl Uri {
    pub(crate) const EMPTY: Self = Self { octets: [0; 255], len: 0 };

    pub(crate) fn of(octets: &[u8]) -> Option<Self> {
        let mut uri = Self { len: octets.len(), ..Self::EMPTY };
        uri.octets.get_mut(..octets.len())?.copy_from_slice(octets);
        Some(uri)
    }

    pub(crate) const fn octets(&self) -> &[u8] {
        match self.octets.split_at_checked(self.len) {
            Some((octets, _)) => octets,
            None => &[],
        }
    }
}

/// A KMS of either size, or a place without one.
#[derive(Clone, Copy)]
pub(crate) enum Kms<'c> {
    Absent,
    Device(&'c kms::Body<Device>),
    #[cfg(feature = "mcx-fast")]
    Fast(&'c kms::Body<castkey::sakke::Server>),
}

/// Keys of either size, or a place without any.
#[derive(Clone, Copy)]
pub(crate) enum Keys<'c> {
    Absent,
    Device(&'c keys::Body<Device>),
    #[cfg(feature = "mcx-fast")]
    Fast(&'c keys::Body<castkey::sakke::Server>),
}

/// The mathematics with objects of C.
pub(crate) struct Math<'c>(core::marker::PhantomData<&'c ()>);

impl<'c> McCrypto for Math<'c> {
    type Encapsulate = Kms<'c>;
    type Decapsulate = Keys<'c>;
    type Sign = Keys<'c>;
    type Verify = Kms<'c>;
}

impl SakkeEncapsulate for Kms<'_> {
    fn encapsulate(&self, ssv: &Ssv, identity: &[u8], sed: &mut [u8; SED_LEN]) -> Result<(), SakkeError> {
        match self {
            Self::Absent => Err(SakkeError::NotPrepared),
            Self::Device(kms) => kms.encapsulator.encapsulate(ssv, identity, sed),
            #[cfg(feature = "mcx-fast")]
            Self::Fast(kms) => kms.encapsulator.encapsulate(ssv, identity, sed),
        }
    }
}

impl EccsiVerify for Kms<'_> {
    fn verify(&self, id: &[u8], message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> Result<(), EccsiError> {
        match self {
            Self::Absent => Err(EccsiError::NotPrepared),
            Self::Device(kms) => kms.table.verifier()?.verify(id, message, signature),
            #[cfg(feature = "mcx-fast")]
            Self::Fast(kms) => kms.table.verifier()?.verify(id, message, signature),
        }
    }
}

impl SakkeDecapsulate for Keys<'_> {
    fn decapsulate(&self, sed: &[u8; SED_LEN], identity: &[u8]) -> Result<Ssv, SakkeError> {
        match self {
            Self::Absent => Err(SakkeError::NotPrepared),
            Self::Device(keys) => keys.decapsulator.decapsulate(sed, identity),
            #[cfg(feature = "mcx-fast")]
            Self::Fast(keys) => keys.decapsulator.decapsulate(sed, identity),
        }
    }
}

impl EccsiSign for Keys<'_> {
    fn sign<R: TryCryptoRng + ?Sized>(
        &self, message: &[u8], rng: &mut R, signature: &mut [u8; SIGNATURE_LEN],
    ) -> Result<(), EccsiError> {
        fn held<P>(key: Option<&SigningKey<P>>) -> Result<&SigningKey<P>, EccsiError> {
            key.ok_or(EccsiError::KeyUnavailable)
        }
        match self {
            Self::Absent => Err(EccsiError::KeyUnavailable),
            Self::Device(keys) => held(keys.sign.as_ref())?.sign(message, rng, signature),
            #[cfg(feature = "mcx-fast")]
            Self::Fast(keys) => held(keys.sign.as_ref())?.sign(message, rng, signature),
        }
    }
}

impl<'c> Kms<'c> {
    /// URI, periods and validity; those of an absent one fit nothing.
    const fn facts(&self) -> (&'c [u8], KeyPeriods, Validity) {
        match self {
            Self::Absent => (&[], kms::NO_PERIODS, Validity { revoked: true, ..Validity::ALWAYS }),
            Self::Device(kms) => (kms.uri(), kms.periods, kms.validity),
            #[cfg(feature = "mcx-fast")]
            Self::Fast(kms) => (kms.uri(), kms.periods, kms.validity),
        }
    }
}

impl Keys<'_> {
    const fn facts(&self) -> (u64, Validity) {
        match self {
            Self::Absent => (0, Validity { revoked: true, ..Validity::ALWAYS }),
            Self::Device(keys) => (keys.period, keys.validity),
            #[cfg(feature = "mcx-fast")]
            Self::Fast(keys) => (keys.period, keys.validity),
        }
    }
}

/// A [`castkey_mcx_entity`] for the length of a call.
pub(crate) struct Identity<'c> {
    uri: &'c [u8],
    kms_uri: &'c [u8],
    kms: [Kms<'c>; CASTKEY_MCX_MAX_KMS],
    keys: [Keys<'c>; CASTKEY_MCX_MAX_KMS],
}

impl castkey_mcx_entity {
    /// Refuses a call that writes in `written` where this refers to: its texts, its lists and its objects.
    #[inline(never)]
    pub(crate) fn apart_from(&self, promise: &Promise, written: &[Span]) -> Result<(), Status> {
        let counts = [self.n_kms, self.n_keys, self.n_fast_kms, self.n_fast_keys];
        if counts.iter().any(|n| *n > CASTKEY_MCX_MAX_KMS) {
            return Err(Status::BAD_ENUM);
        }
        apart_from(written, &[self.uri.span(), self.kms_uri.span()])?;
        apart_from(written, &[Span::read(self.kms, self.n_kms), Span::read(self.keys, self.n_keys)])?;
        for at in promise.slice(self.kms, self.n_kms)? {
            apart_from(written, &[Span::looked(*at)])?;
        }
        for at in promise.slice(self.keys, self.n_keys)? {
            apart_from(written, &[Span::looked(*at)])?;
        }
        #[cfg(feature = "mcx-fast")]
        {
            let lists =
                (Span::read(self.fast_kms, self.n_fast_kms), Span::read(self.fast_keys, self.n_fast_keys));
            apart_from(written, &[lists.0, lists.1])?;
            for at in promise.slice(self.fast_kms, self.n_fast_kms)? {
                apart_from(written, &[Span::looked(*at)])?;
            }
            for at in promise.slice(self.fast_keys, self.n_fast_keys)? {
                apart_from(written, &[Span::looked(*at)])?;
            }
        }
        Ok(())
    }

    /// Reads it.
    #[inline(never)]
    pub(crate) fn identity<'c>(&self, promise: &'c Promise) -> Result<Identity<'c>, Status> {
        let has_fast = cfg!(feature = "mcx-fast") || self.n_fast_kms == 0 && self.n_fast_keys == 0;
        if !has_fast {
            return Err(Status::BAD_ENUM);
        }
        let (mut kms, mut keys) = ([Kms::Absent; CASTKEY_MCX_MAX_KMS], [Keys::Absent; CASTKEY_MCX_MAX_KMS]);
        let (mut kms_places, mut keys_places) = (kms.iter_mut(), keys.iter_mut());
        for at in promise.slice(self.kms, self.n_kms)? {
            *kms_places.next().ok_or(Status::BAD_ENUM)? = Kms::Device(promise.look(*at)?);
        }
        for at in promise.slice(self.keys, self.n_keys)? {
            *keys_places.next().ok_or(Status::BAD_ENUM)? = Keys::Device(promise.look(*at)?);
        }
        #[cfg(feature = "mcx-fast")]
        for at in promise.slice(self.fast_kms, self.n_fast_kms)? {
            *kms_places.next().ok_or(Status::BAD_ENUM)? = Kms::Fast(promise.look(*at)?);
        }
        #[cfg(feature = "mcx-fast")]
        for at in promise.slice(self.fast_keys, self.n_fast_keys)? {
            *keys_places.next().ok_or(Status::BAD_ENUM)? = Keys::Fast(promise.look(*at)?);
        }
        Ok(Identity { uri: self.uri.read(promise)?, kms_uri: self.kms_uri.read(promise)?, kms, keys })
    }
}

impl<'c> Identity<'c> {
    /// Hands the entity over, as the library wants it.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&Entity<'_, Math<'c>>) -> T) -> T {
        // Made where they lie: each is large, and the mathematics want the stack.
        let mut kms = [const {
            let (kms, (uri, periods, validity)) = (&Kms::Absent, Kms::Absent.facts());
            AcceptedKms::<'_, Math<'c>> { uri, periods, validity, encapsulate: kms, verify: kms }
        }; CASTKEY_MCX_MAX_KMS];
        for (to, held) in kms.iter_mut().zip(&self.kms) {
            (to.uri, to.periods, to.validity) = held.facts();
            (to.encapsulate, to.verify) = (held, held);
        }
        let mut keys = [const {
            let (keys, (period, validity)) = (&Keys::Absent, Keys::Absent.facts());
            HeldKeys::<'_, Math<'c>> { period, validity, sign: keys, decapsulate: keys }
        }; CASTKEY_MCX_MAX_KMS];
        for (to, held) in keys.iter_mut().zip(&self.keys) {
            (to.period, to.validity) = held.facts();
            (to.sign, to.decapsulate) = (held, held);
        }
        act(&Entity { uri: self.uri, kms_uri: self.kms_uri, kms: &kms, keys: &keys })
    }
}
