//! Verification (RFC 6507 §5.2.2), in one pass over three products.
//!
//! ```text
//! Y = [HS]PVT + KPAK    J = [s]([HE]G + [r]Y) = [s*HE]G + [s*r]KPAK + [s*r*HS]PVT    good when x(J) = r
//! ```

use core::fmt;

use super::profile::Profile;
use super::{EccsiError, EccsiVerify, Kpak, POINT_LEN, SCALAR_LEN, SIGNATURE_LEN, hash};
use crate::sakke::p256::{
    Affine, Arithmetic, GTerm, Jacobian, Native, OddMultiples, Residue, prepare_odd_multiples, sum,
};

/// Memory for the multiples of one KPAK; [`Profile::KPAK_TABLE_LEN`] octets and a few more. No secrets are in it.
pub struct KpakTable<P: Profile> {
    kpak: Option<Kpak>,
    multiples: P::Multiples,
}

impl<P: Profile> KpakTable<P> {
    /// A table without a KPAK.
    #[must_use]
    pub const fn new() -> Self {
        Self { kpak: None, multiples: P::NO_MULTIPLES }
    }

    /// Computes the multiples of a KPAK, in place of those of another one.
    ///
    /// # Errors
    ///
    /// None that a [`Kpak`] can cause; [`EccsiError::KpakInvalid`] stands for the impossible.
    pub fn prepare(&mut self, kpak: &Kpak) -> Result<Verifier<'_, P>, EccsiError> {
        prepare::<Native>(kpak, self.multiples.as_mut())?;
        let kpak = self.kpak.insert(*kpak);
        Ok(Verifier { kpak, multiples: &self.multiples })
    }

    /// The verifier for the KPAK that the table was prepared for last.
    ///
    /// # Errors
    ///
    /// [`EccsiError::NotPrepared`] when it never was.
    pub fn verifier(&self) -> Result<Verifier<'_, P>, EccsiError> {
        let kpak = self.kpak.as_ref().ok_or(EccsiError::NotPrepared)?;
        Ok(Verifier { kpak, multiples: &self.multiples })
    }
}

impl<P: Profile> Default for KpakTable<P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P: Profile> fmt::Debug for KpakTable<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KpakTable(..)")
    }
}

/// Verifies the signatures of all users of one KMS.
pub struct Verifier<'t, P: Profile> {
    kpak: &'t Kpak,
    multiples: &'t P::Multiples,
}

impl<P: Profile> Verifier<'_, P> {
    /// The KPAK of that KMS.
    #[must_use]
    pub const fn kpak(&self) -> &Kpak {
        self.kpak
    }
}

impl<P: Profile> EccsiVerify for Verifier<'_, P> {
    fn verify(&self, id: &[u8], message: &[u8], signature: &[u8; SIGNATURE_LEN]) -> Result<(), EccsiError> {
        let kpak = OddMultiples { points: self.multiples.as_ref(), width: P::WIDTH };
        if verify::<Native>(&P::g(), self.kpak, kpak, id, message, signature) {
            Ok(())
        } else {
            Err(EccsiError::SignatureInvalid)
        }
    }
}

impl<P: Profile> Clone for Verifier<'_, P> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<P: Profile> Copy for Verifier<'_, P> {}

impl<P: Profile> fmt::Debug for Verifier<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Verifier(..)")
    }
}

pub(super) fn prepare<A: Arithmetic>(kpak: &Kpak, multiples: &mut [[u64; 8]]) -> Result<(), EccsiError> {
    let point = Affine::<A::Field>::from_octets(kpak.octets()).ok_or(EccsiError::KpakInvalid)?;
    prepare_odd_multiples(&point, multiples);
    Ok(())
}

pub(super) fn verify<A: Arithmetic>(
    g: &GTerm, kpak: &Kpak, multiples: OddMultiples<'_>, id: &[u8], message: &[u8],
    signature: &[u8; SIGNATURE_LEN],
) -> bool {
    j::<A>(g, kpak, multiples, id, message, signature).is_some_and(|(j, r)| j.has_x(&r))
}

/// J and r; none when a part of the signature is out of its range.
fn j<A: Arithmetic>(
    g: &GTerm, kpak: &Kpak, multiples: OddMultiples<'_>, id: &[u8], message: &[u8],
    signature: &[u8; SIGNATURE_LEN],
) -> Option<(Jacobian<A::Field>, A::Field)> {
    let (r, rest) = signature.split_first_chunk::<SCALAR_LEN>()?;
    let (s, rest) = rest.split_first_chunk::<SCALAR_LEN>()?;
    let pvt = rest.first_chunk::<POINT_LEN>()?;

    let r_field = A::Field::from_octets(r).filter(|r| !r.is_zero().reveal())?;
    let s = A::Scalar::from_octets(s).filter(|s| !s.is_zero().reveal())?;
    let point = Affine::<A::Field>::from_octets(pvt)?;

    let hs = hash::hs(kpak.octets(), id, pvt);
    let he = A::Scalar::reduced(&hash::he(&hs, r, message));
    let hs = A::Scalar::reduced(&hs);
    let sr = s.mul(&A::Scalar::reduced(r));
    Some((sum(g, &s.mul(&he), multiples, &sr, &point, &sr.mul(&hs)), r_field))
}
