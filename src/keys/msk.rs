//! MSK: the service key of a Key Group (TS 33.246 §6.3.2), and what is kept with it.

use core::fmt;
use core::num::NonZeroU8;

use rand_core::TryCryptoRng;
use subtle::{Choice, ConstantTimeEq};

use crate::crypto::{self, Primitives, RustCrypto, key_octets};
use crate::error::{KeyUnavailable, RngError};
use crate::id::{Counter, KeyNumber, MskName, MtkId, OptionalCounter};
use crate::keys::muk::derive_keys;
use crate::keys::protection::{PreSharedKey, Protection, ProtectionKeys};
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
    /// Never 0, so that a RAND that is not there takes no more room.
    len: NonZeroU8,
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
        Some(Self { octets, len: u8::try_from(rand.len()).ok().and_then(NonZeroU8::new)? })
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
        Ok(Self { octets, len: NonZeroU8::new(16).ok_or(RngError)? })
    }

    /// The octets.
    #[must_use]
    pub fn octets(&self) -> &[u8] {
        self.octets.get(..usize::from(self.len.get())).unwrap_or_default()
    }
}

impl fmt::Debug for MskRand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MskRand({} octets)", self.len)
    }
}

/// An MSK as the store keeps it: with its RAND, its window of MTK IDs and the counter of the last MTK message.
pub struct MskEntry<P = RustCrypto> {
    pub(super) name: MskName,
    pub(super) msk: Msk<P>,
    pub(super) rand: Option<MskRand>,
    pub(super) window: MtkWindow,
    counter: OptionalCounter,
}

impl<P: Primitives> MskEntry<P> {
    /// A fresh entry. Without `rand` (an MSK that came over 5G NAS, point U29) its MTK messages are refused.
    #[must_use]
    pub const fn new(name: MskName, msk: Msk<P>, rand: Option<MskRand>, window: MtkWindow) -> Self {
        Self { name, msk, rand, window, counter: OptionalCounter::NONE }
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
        self.counter.value()
    }

    /// Records an authentic MTK message: its counter and its MTK ID.
    pub(crate) const fn accept(&mut self, counter: Counter, mtk: MtkId) {
        self.counter = OptionalCounter::of(Some(counter));
        self.window = self.window.after(mtk);
    }

    /// What a store that outlives the process keeps of an entry besides its Key Group, to be written or filled in.
    pub(crate) const fn fields_mut(&mut self) -> MskFields<'_> {
        MskFields {
            number: &mut self.name.id.number,
            msk: &mut self.msk.octets,
            rand: &mut self.rand,
            window: &mut self.window,
            counter: &mut self.counter,
        }
    }
}

/// The fields of an [`MskEntry`].
pub(crate) struct MskFields<'a> {
    pub(crate) number: &'a mut KeyNumber,
    pub(crate) msk: &'a mut Secret<16>,
    pub(crate) rand: &'a mut Option<MskRand>,
    pub(crate) window: &'a mut MtkWindow,
    pub(crate) counter: &'a mut OptionalCounter,
}

impl<P> fmt::Debug for MskEntry<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MskEntry")
            .field("name", &self.name)
            .field("window", &self.window)
            .field("counter", &self.counter.value())
            .finish_non_exhaustive()
    }
}
