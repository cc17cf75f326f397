//! MSK: the service key of a Key Group (TS 33.246 §6.3.2), and what is kept with it.

use core::fmt;

use rand_core::TryCryptoRng;
use subtle::{Choice, ConstantTimeEq};

use crate::crypto::{self, Primitives, RustCrypto, key_octets};
use crate::error::{KeyUnavailable, OpenError, RngError};
use crate::id::{Counter, CsbId, MskName, MtkId};
use crate::keys::muk::derive_keys;
use crate::keys::protection::{Algorithms, PreSharedKey, Protection, ProtectionKeys};
use crate::keys::replay::MtkWindow;
use crate::secret::Secret;

/// MBMS Service Key, 16 octets: the pre-shared key of MTK messages. Not scheduled: the keys of its messages are derived once and
/// kept.
pub struct Msk<P = RustCrypto> {
    octets: Secret<16>,
    p: P,
}

impl Msk {
    /// Takes over the 16 octets.
    #[must_use]
    pub fn new(octets: Secret<16>) -> Self {
        Self::with(octets, RustCrypto)
    }
}

impl<P: Primitives> Msk<P> {
    /// Length, octets.
    pub const LEN: usize = 16;

    /// [`new`](Msk::new) with the caller's primitives.
    #[must_use]
    pub const fn with(octets: Secret<16>, p: P) -> Self {
        Self { octets, p }
    }

    /// Makes a new one.
    ///
    /// # Errors
    ///
    /// [`RngError`] when the generator fails.
    pub fn generate<R: TryCryptoRng + ?Sized>(p: P, rng: &mut R) -> Result<Self, RngError> {
        Ok(Self::with(crypto::fill(rng)?, p))
    }

    /// The octets, for the Key data of an MSK message and for a store that outlives the process.
    #[must_use]
    pub const fn secret(&self) -> &Secret<16> {
        &self.octets
    }
}

impl<P: Primitives> PreSharedKey for Msk<P> {
    type Keys = ProtectionKeys<P>;

    fn keys(&self, protection: &Protection<'_>) -> Result<Self::Keys, KeyUnavailable> {
        derive_keys(None, key_octets::export(&self.octets), self.p, protection)
    }
}

impl<P> ConstantTimeEq for Msk<P> {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.octets.ct_eq(&other.octets)
    }
}

impl<P> fmt::Debug for Msk<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Msk(..)")
    }
}

/// The RAND of the MSK message that delivered an MSK: 16 to 32 octets. Its MTK messages are keyed with it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct MskRand {
    octets: [u8; Self::MAX_LEN],
    len: u8,
}

impl MskRand {
    /// Shortest RAND, octets (RFC 3830 §4.1.1).
    pub const MIN_LEN: usize = 16;
    /// Longest RAND that is kept, octets.
    pub const MAX_LEN: usize = 32;

    /// Keeps `rand`; `None` unless it has 16 to 32 octets.
    #[must_use]
    pub fn new(rand: &[u8]) -> Option<Self> {
        let mut octets = [0; Self::MAX_LEN];
        if !(Self::MIN_LEN..=Self::MAX_LEN).contains(&rand.len()) {
            return None;
        }
        for (to, from) in octets.iter_mut().zip(rand) {
            *to = *from;
        }
        Some(Self { octets, len: u8::try_from(rand.len()).ok()? })
    }

    /// Makes a new one of 16 octets.
    ///
    /// # Errors
    ///
    /// [`RngError`] when the generator fails.
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RngError> {
        let mut octets = [0; Self::MAX_LEN];
        let fresh = octets.first_chunk_mut::<{ Self::MIN_LEN }>().ok_or(RngError)?;
        rng.try_fill_bytes(fresh).map_err(|_| RngError)?;
        Ok(Self { octets, len: 16 })
    }

    /// The octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl fmt::Debug for MskRand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MskRand({} octets)", self.len)
    }
}

/// An MSK as the store keeps it: with its RAND, its window of MTK IDs, the counter of the last MTK message, and the
/// keys of the next one once they are known.
pub struct MskEntry<P = RustCrypto> {
    pub(super) name: MskName,
    pub(super) msk: Msk<P>,
    pub(super) rand: Option<MskRand>,
    pub(super) window: MtkWindow,
    pub(super) counter: Option<Counter>,
    pub(super) keys: Option<ProtectionKeys<P>>,
}

impl<P: Primitives> MskEntry<P> {
    /// A fresh entry. Without `rand` (an MSK that came over 5G NAS, point U29) its MTK messages are refused.
    #[must_use]
    pub const fn new(name: MskName, msk: Msk<P>, rand: Option<MskRand>, window: MtkWindow) -> Self {
        Self { name, msk, rand, window, counter: None, keys: None }
    }

    /// The name of the MSK.
    #[must_use]
    pub const fn name(&self) -> MskName {
        self.name
    }

    /// The key itself.
    #[must_use]
    pub const fn msk(&self) -> &Msk<P> {
        &self.msk
    }

    /// The RAND its MTK messages are keyed with.
    #[must_use]
    pub const fn rand(&self) -> Option<&MskRand> {
        self.rand.as_ref()
    }

    /// The MTK IDs still fresh.
    #[must_use]
    pub const fn window(&self) -> MtkWindow {
        self.window
    }

    /// The counter of the last MTK message; `None` before the first.
    #[must_use]
    pub const fn counter(&self) -> Option<Counter> {
        self.counter
    }

    /// The keys of an MTK message with this header: the kept ones where they fit, else derived now.
    ///
    /// # Errors
    ///
    /// [`OpenError::NoRand`] when the MSK was installed without its RAND.
    pub(crate) fn message_keys(
        &self, algorithms: Algorithms, csb: CsbId,
    ) -> Result<MtkKeys<'_, P>, OpenError> {
        if let Some(keys) = self.keys.as_ref().filter(|keys| keys.fit(algorithms, csb)) {
            return Ok(MtkKeys::Kept(keys));
        }
        let rand = self.rand.as_ref().ok_or(OpenError::NoRand)?;
        let protection = Protection { algorithms, csb, rand: rand.octets() };
        Ok(MtkKeys::Derived(self.msk.keys(&protection)?))
    }

    /// Records an authentic MTK message: its counter, its MTK ID, and the keys if they were derived for it.
    pub(crate) fn accept(&mut self, counter: Counter, mtk: MtkId, derived: Option<ProtectionKeys<P>>) {
        self.counter = Some(counter);
        self.window = self.window.after(mtk);
        if derived.is_some() {
            self.keys = derived;
        }
    }

    /// Restores the counter of an entry that comes from a store.
    pub(crate) const fn with_counter(mut self, counter: Option<Counter>) -> Self {
        self.counter = counter;
        self
    }
}

/// The keys of an MTK message.
pub(crate) enum MtkKeys<'a, P> {
    Kept(&'a ProtectionKeys<P>),
    Derived(ProtectionKeys<P>),
}

impl<P> MtkKeys<'_, P> {
    pub(crate) const fn keys(&self) -> &ProtectionKeys<P> {
        match self {
            Self::Kept(keys) => keys,
            Self::Derived(keys) => keys,
        }
    }

    pub(crate) fn derived(self) -> Option<ProtectionKeys<P>> {
        match self {
            Self::Kept(_) => None,
            Self::Derived(keys) => Some(keys),
        }
    }
}

impl<P> fmt::Debug for MskEntry<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MskEntry")
            .field("name", &self.name)
            .field("window", &self.window)
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}
