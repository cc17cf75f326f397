//! Signing (RFC 6507 §5.2.1).
//!
//! ```text
//! r = x([j]G)    HE = SHA-256(HS | r | M)    d = HE + r*SSK    s = j / d
//! ```

use super::{EccsiError, POINT_LEN, SCALAR_LEN, SIGNATURE_LEN, hash, kms};
use crate::sakke::p256::{Arithmetic, Comb, Residue, times_g};
use crate::secret::{Secret, wipe};

/// What a signature is made with.
pub(super) struct Signer<'a> {
    pub(super) comb: &'a Comb,
    pub(super) ssk: &'a Secret<SCALAR_LEN>,
    pub(super) hs: &'a [u8; SCALAR_LEN],
    pub(super) pvt: &'a [u8; POINT_LEN],
}

/// Signs with a j drawn from the random octets, SSK and the message.
pub(super) fn hedged<A: Arithmetic>(
    signer: &Signer<'_>, message: &[u8], random: &Secret<SCALAR_LEN>,
) -> Result<[u8; SIGNATURE_LEN], EccsiError> {
    // One attempt in 2^32 is drawn again.
    (0..=u8::MAX)
        .find_map(|attempt| {
            let j = hash::nonce(attempt, random, signer.ssk, signer.hs, message);
            with_nonce::<A>(signer, message, &j)
        })
        .ok_or(EccsiError::RngFailed)
}

/// Signs with this j; none when it must be drawn again: j not in 1..q-1, r = 0 modulo q, d = 0.
pub(super) fn with_nonce<A: Arithmetic>(
    signer: &Signer<'_>, message: &[u8], j: &Secret<SCALAR_LEN>,
) -> Option<[u8; SIGNATURE_LEN]> {
    let mut j = kms::scalar::<A>(j)?;
    let r = times_g::<A::Field, _>(signer.comb, &j).affine().x().octets();
    let he = A::Scalar::reduced(&hash::he(signer.hs, &r, message));
    let r_scalar = A::Scalar::reduced(&r);
    let mut ssk = A::Scalar::reduced(signer.ssk.expose());
    let mut d = he.add(&r_scalar.mul(&ssk));
    let usable = r_scalar.is_zero().or(d.is_zero()).not().reveal();
    let mut inverse = d.invert();
    let s = inverse.mul(&j).octets();
    wipe(&mut j, A::Scalar::ZERO);
    wipe(&mut ssk, A::Scalar::ZERO);
    wipe(&mut d, A::Scalar::ZERO);
    wipe(&mut inverse, A::Scalar::ZERO);

    let mut signature = [0; SIGNATURE_LEN];
    for (to, octet) in signature.iter_mut().zip(r.iter().chain(&s).chain(signer.pvt)) {
        *to = *octet;
    }
    usable.then_some(signature)
}
