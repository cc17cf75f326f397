//! The parts of ECCSI with their random values given, in both word sizes: for vectors and for checks of constant time.
//!
//! A v or j that is used twice gives KSAK or SSK away. Nothing here belongs into a product.

use super::kms;
use super::profile::Profile;
use super::sign::{self, Signer};
use super::{EccsiError, Kpak, POINT_LEN, Pvt, SCALAR_LEN, SIGNATURE_LEN, Ssk, hash, validate, verify};
use crate::sakke::p256::{Arithmetic, Narrow, OddMultiples, Wide};
use crate::secret::Secret;

/// The words that the arithmetic counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "there are two")]
pub enum WordSize {
    /// 32 bits.
    Bits32,
    /// 64 bits.
    Bits64,
}

/// Calls a function for the arithmetic of a word size.
macro_rules! by_size {
    ($size:expr, $($function:ident)::+ ( $($argument:expr),* $(,)? )) => {
        match $size {
            WordSize::Bits32 => $($function)::+::<Narrow>($($argument),*),
            WordSize::Bits64 => $($function)::+::<Wide>($($argument),*),
        }
    };
}

/// HS.
#[must_use]
pub fn hs(kpak: &Kpak, id: &[u8], pvt: &Pvt) -> [u8; SCALAR_LEN] {
    hash::hs(kpak.octets(), id, &pvt.0)
}

/// HE.
#[must_use]
pub fn he(hs: &[u8; SCALAR_LEN], r: &[u8; SCALAR_LEN], message: &[u8]) -> [u8; SCALAR_LEN] {
    hash::he(hs, r, message)
}

/// `[scalar]G`, none for a scalar that is not in 1..q-1.
#[must_use]
pub fn times_g<P: Profile>(size: WordSize, scalar: &Secret<SCALAR_LEN>) -> Option<[u8; POINT_LEN]> {
    by_size!(size, kms::public(P::comb(), scalar))
}

/// SSK and PVT from v, none when v must be drawn again.
#[must_use]
pub fn extract<P: Profile>(
    size: WordSize, ksak: &Secret<SCALAR_LEN>, kpak: &Kpak, id: &[u8], v: &Secret<SCALAR_LEN>,
) -> Option<(Ssk, Pvt)> {
    by_size!(size, kms::extract(P::comb(), ksak, kpak, id, v))
}

/// HS, when SSK and PVT belong to the identity and the KMS.
///
/// # Errors
///
/// As of [`SigningKey::validate`](super::SigningKey::validate).
pub fn validate<P: Profile>(
    size: WordSize, id: &[u8], kpak: &Kpak, ssk: &Ssk, pvt: &Pvt,
) -> Result<[u8; SCALAR_LEN], EccsiError> {
    by_size!(size, validate::validate(P::comb(), id, kpak, ssk.octets(), &pvt.0))
}

/// The signature with this j, none when j must be drawn again.
#[must_use]
pub fn sign<P: Profile>(
    size: WordSize, ssk: &Ssk, pvt: &Pvt, hs: &[u8; SCALAR_LEN], message: &[u8], j: &Secret<SCALAR_LEN>,
) -> Option<[u8; SIGNATURE_LEN]> {
    let signer = Signer { comb: P::comb(), ssk: ssk.octets(), hs, pvt: &pvt.0 };
    by_size!(size, sign::with_nonce(&signer, message, j))
}

/// The signature with the j that comes from these random octets, SSK and the message.
///
/// # Errors
///
/// [`EccsiError::RngFailed`] when no attempt gives a usable j.
pub fn sign_hedged<P: Profile>(
    size: WordSize, ssk: &Ssk, pvt: &Pvt, hs: &[u8; SCALAR_LEN], message: &[u8], random: &Secret<SCALAR_LEN>,
) -> Result<[u8; SIGNATURE_LEN], EccsiError> {
    let signer = Signer { comb: P::comb(), ssk: ssk.octets(), hs, pvt: &pvt.0 };
    by_size!(size, sign::hedged(&signer, message, random))
}

/// Whether the signature verifies, with a table made for this one call.
///
/// # Errors
///
/// [`EccsiError::SignatureInvalid`].
pub fn verify<P: Profile>(
    size: WordSize, kpak: &Kpak, id: &[u8], message: &[u8], signature: &[u8; SIGNATURE_LEN],
) -> Result<(), EccsiError> {
    fn run<A: Arithmetic, P: Profile>(
        kpak: &Kpak, id: &[u8], message: &[u8], signature: &[u8; SIGNATURE_LEN],
    ) -> Result<(), EccsiError> {
        let mut table = P::NO_MULTIPLES;
        verify::prepare::<A>(kpak, table.as_mut())?;
        let multiples = OddMultiples { points: table.as_ref(), width: P::WIDTH };
        let good = verify::verify::<A>(&P::g(), kpak, multiples, id, message, signature);
        if good { Ok(()) } else { Err(EccsiError::SignatureInvalid) }
    }
    match size {
        WordSize::Bits32 => run::<Narrow, P>(kpak, id, message, signature),
        WordSize::Bits64 => run::<Wide, P>(kpak, id, message, signature),
    }
}
