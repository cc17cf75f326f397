//! Key octets of variable length, and the few operations on them that are no derivation.

use subtle::{Choice, ConstantTimeEq};

use super::Primitives;
use super::hash::Sha1;
use super::prf::{FromPsk, INKEY_BLOCK_LEN, PrfKey};
use crate::secret::Secret;

/// 1 to 32 secret octets: a pre-shared key that one HMAC key holds.
pub(crate) struct KeyOctets {
    octets: Secret<INKEY_BLOCK_LEN>,
    len: usize,
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
        Some(Self { octets: held, len: octets.len() })
    }

    /// All octets of `secret`, or the 16 from `from` on.
    pub(crate) fn of(secret: &Secret<INKEY_BLOCK_LEN>) -> Self {
        Self { octets: secret.duplicate(), len: INKEY_BLOCK_LEN }
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
        self.octets.expose().get(..self.len).unwrap_or_default()
    }

    /// Schedules these octets as the inkey of MIKEY-1.
    pub(crate) fn schedule<P: Primitives>(&self, p: &P) -> PrfKey<FromPsk, Sha1> {
        PrfKey::schedule(p, self.export())
    }
}

impl ConstantTimeEq for KeyOctets {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.octets.ct_eq(&other.octets) & (self.len as u64).ct_eq(&(other.len as u64))
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

/// `octets` as a secret; `None` when there are not `N`.
pub(crate) fn import<const N: usize>(octets: &[u8]) -> Option<Secret<N>> {
    octets.first_chunk::<N>().filter(|_| octets.len() == N).map(|octets| Secret::new(*octets))
}
