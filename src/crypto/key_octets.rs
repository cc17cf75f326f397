//! Key octets of variable length, and the few operations on them that are no derivation.

use subtle::{Choice, ConstantTimeEq};

#[cfg(target_pointer_width = "64")]
use super::Primitives;
#[cfg(target_pointer_width = "64")]
use super::hash::Sha1;
use super::prf::INKEY_BLOCK_LEN;
#[cfg(target_pointer_width = "64")]
use super::prf::{FromPsk, PrfKey};
use crate::secret::Secret;

/// 1 to 32 secret octets: a pre-shared key that one HMAC key holds.
pub(crate) struct KeyOctets {
    octets: Secret<INKEY_BLOCK_LEN>,
    len: u8,
}

impl KeyOctets {
    /// Copies `octets`; `None` unless there are 1 to 32.
    pub(crate) fn new(octets: &[u8]) -> Option<Self> {
        if !(1..=INKEY_BLOCK_LEN).contains(&octets.len()) {
            return None;
        }
        let mut held = Secret::zeroed();
        for (to, from) in held.expose_mut().iter_mut().zip(octets) {
            *to = *from;
        }
        Some(Self { octets: held, len: u8::try_from(octets.len()).ok()? })
    }

    /// All octets of `secret`, or the 16 from `from` on.
    pub(crate) fn of(secret: &Secret<INKEY_BLOCK_LEN>) -> Self {
        Self { octets: secret.duplicate(), len: 32 }
    }

    /// The first or the last 16 octets of `secret`.
    pub(crate) fn half(secret: &Secret<INKEY_BLOCK_LEN>, last: bool) -> Self {
        let (first, second) = secret.expose().split_at(16);
        let mut octets = Secret::zeroed();
        for (to, from) in octets.expose_mut().iter_mut().zip(if last { second } else { first }) {
            *to = *from;
        }
        Self { octets, len: 16 }
    }

    /// The octets, for a store that outlives the process.
    pub(crate) fn export(&self) -> &[u8] {
        self.octets.expose().get(..usize::from(self.len)).unwrap_or_default()
    }

    #[cfg(target_pointer_width = "64")]
    /// Schedules these octets as the inkey of MIKEY-1.
    pub(crate) fn schedule<P: Primitives>(&self, p: &P) -> PrfKey<FromPsk, Sha1> {
        PrfKey::schedule(p, self.export())
    }
}

impl ConstantTimeEq for KeyOctets {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.octets.ct_eq(&other.octets) & self.len.ct_eq(&other.len)
    }
}

/// The concatenation of two secrets of 16 octets.
pub(crate) fn join(first: &Secret<16>, second: &Secret<16>) -> Secret<32> {
    let mut joined = Secret::zeroed();
    for (to, from) in joined.expose_mut().iter_mut().zip(first.expose().iter().chain(second.expose())) {
        *to = *from;
    }
    joined
}

/// The octets of `secret`, for a store that outlives the process.
pub(crate) const fn export<const N: usize>(secret: &Secret<N>) -> &[u8; N] {
    secret.expose()
}

/// The octets of `secret`, to be filled from a store that outlives the process.
pub(crate) const fn octets_mut<const N: usize>(secret: &mut Secret<N>) -> &mut [u8; N] {
    secret.expose_mut()
}

/// `octets` as a secret; `None` when there are not `N`.
pub(crate) fn import<const N: usize>(octets: &[u8]) -> Option<Secret<N>> {
    octets.first_chunk::<N>().filter(|_| octets.len() == N).map(|octets| Secret::new(*octets))
}
