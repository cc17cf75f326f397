//! Keys of a general RFC 3830 exchange: a pre-shared key of any length, and a TGK.

use core::fmt;

use crate::crypto::{Prf, Primitives, RustCrypto, TgkLabel, prf};
use crate::error::KeyUnavailable;
use crate::id::CsbId;
use crate::keys::protection::{PreSharedKey, Protection, ProtectionKeys};

/// A pre-shared key of any length (RFC 3830 §4.1.4), borrowed from the caller, who keeps and wipes it.
#[derive(Clone, Copy)]
pub struct Psk<'a, P = RustCrypto> {
    octets: &'a [u8],
    p: P,
}

impl<'a> Psk<'a> {
    /// The pre-shared key with these octets. An empty one is refused when it is used.
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self { octets, p: RustCrypto }
    }
}

impl<'a, P: Primitives> Psk<'a, P> {
    /// [`new`](Psk::new) with the caller's primitives.
    #[must_use]
    pub const fn with(octets: &'a [u8], p: P) -> Self {
        Self { octets, p }
    }
}

impl<P> fmt::Debug for Psk<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Psk({} octets)", self.octets.len())
    }
}

impl<P: Primitives> PreSharedKey for Psk<'_, P> {
    type Keys = ProtectionKeys<P>;

    fn keys(&self, protection: &Protection<'_>) -> Result<Self::Keys, KeyUnavailable> {
        ProtectionKeys::derive(self.p, protection, |label, out| {
            prf::derive_psk(
                &self.p,
                protection.algorithms.prf,
                self.octets,
                label,
                protection.csb,
                protection.rand,
                out,
            )
            .ok_or(KeyUnavailable)
        })
    }
}

/// A TGK delivered by an RFC 3830 exchange: source of TEKs and other keys, one set for each crypto session.
///
/// MBMS does not use it; an MTK serves SRTP as it comes. It has no way to derive with the labels of a pre-shared key,
/// nor a [`Psk`] with its labels:
///
/// ```compile_fail
/// # use castkey::{crypto::{Prf, PskLabel}, id::CsbId, keys::Tgk};
/// Tgk::new(&[7; 16]).derive(Prf::Mikey1, PskLabel::Auth, 0, CsbId(0), &[0; 16], &mut [0; 20]);
/// ```
#[derive(Clone, Copy)]
pub struct Tgk<'a, P = RustCrypto> {
    octets: &'a [u8],
    p: P,
}

impl<'a> Tgk<'a> {
    /// The TGK with these octets, which stay the caller's.
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self { octets, p: RustCrypto }
    }
}

impl<P: Primitives> Tgk<'_, P> {
    /// Fills `out` with the key that `label` names (RFC 3830 §4.1.3), for crypto session `cs_id` of the bundle.
    ///
    /// # Errors
    ///
    /// [`KeyUnavailable`] when the TGK is empty; `out` is then zero.
    pub fn derive(
        &self, prf: Prf, label: TgkLabel, cs_id: u8, csb: CsbId, rand: &[u8], out: &mut [u8],
    ) -> Result<(), KeyUnavailable> {
        prf::derive_tgk(&self.p, prf, self.octets, label, cs_id, csb, rand, out).ok_or(KeyUnavailable)
    }
}

impl<P> fmt::Debug for Tgk<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tgk({} octets)", self.octets.len())
    }
}
