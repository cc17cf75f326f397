//! Whether an SSK belongs to an identity, a PVT and a KPAK: `[SSK]G = KPAK + [HS]PVT` (RFC 6507 §5.1.2).

use super::{EccsiError, Kpak, POINT_LEN, SCALAR_LEN, hash, kms};
use crate::sakke::p256::{
    Affine, Arithmetic, Comb, GTerm, OddMultiples, Residue, prepare_odd_multiples, sum, times_g,
};
use crate::secret::{Secret, wipe};

/// HS, when SSK and PVT are good.
pub(super) fn validate<A: Arithmetic>(
    comb: &'static Comb, id: &[u8], kpak: &Kpak, ssk: &Secret<SCALAR_LEN>, pvt: &[u8; POINT_LEN],
) -> Result<[u8; SCALAR_LEN], EccsiError> {
    let point = Affine::<A::Field>::from_octets(pvt).ok_or(EccsiError::PvtInvalid)?;
    let authority = Affine::<A::Field>::from_octets(kpak.octets()).ok_or(EccsiError::KpakInvalid)?;
    let mut ssk = kms::scalar::<A>(ssk).ok_or(EccsiError::SskInvalid)?;
    let hs = hash::hs(kpak.octets(), id, pvt);

    let mut once = [[0; 8]];
    prepare_odd_multiples(&authority, &mut once);
    let kpak = OddMultiples { points: &once, width: 2 };
    let (zero, one) = (A::Scalar::ZERO, A::Scalar::ONE);
    let right = sum(&GTerm::Comb(comb), &zero, kpak, &one, &point, &A::Scalar::reduced(&hs));

    let left = times_g::<A::Field, _>(comb, &ssk);
    wipe(&mut ssk, A::Scalar::ZERO);
    if left.equals(&right).reveal() { Ok(hs) } else { Err(EccsiError::SskInvalid) }
}
