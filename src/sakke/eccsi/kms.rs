//! The key management server's side, and the octets it hands out.

use core::fmt;
use core::marker::PhantomData;

use rand_core::TryCryptoRng;

use super::profile::Profile;
use super::{EccsiError, POINT_LEN, SCALAR_LEN, hash};
use crate::sakke::p256::{Affine, Arithmetic, Comb, Native, Residue, times_g};
use crate::secret::{Secret, wipe};

/// KPAK, the public key of a KMS, known to be a point of the curve.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Kpak([u8; POINT_LEN]);

impl Kpak {
    /// Checks that the octets are an uncompressed point of P-256 (RFC 6507 §4.2).
    ///
    /// # Errors
    ///
    /// [`EccsiError::KpakInvalid`].
    pub fn from_octets(octets: &[u8; POINT_LEN]) -> Result<Self, EccsiError> {
        match Affine::<<Native as Arithmetic>::Field>::from_octets(octets) {
            Some(_) => Ok(Self(*octets)),
            None => Err(EccsiError::KpakInvalid),
        }
    }

    /// 04, x and y.
    #[must_use]
    pub const fn octets(&self) -> &[u8; POINT_LEN] {
        &self.0
    }
}

impl fmt::Debug for Kpak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kpak(..)")
    }
}

/// PVT, the public validation token that a KMS gives with an SSK, as octets. Nothing about them is checked yet.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Pvt(pub [u8; POINT_LEN]);

impl fmt::Debug for Pvt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pvt(..)")
    }
}

/// SSK, the secret signing key of one identity, as the KMS gives it. Nothing about it is checked yet.
pub struct Ssk(Secret<SCALAR_LEN>);

impl Ssk {
    /// Takes over the octets.
    #[must_use]
    pub const fn new(octets: Secret<SCALAR_LEN>) -> Self {
        Self(octets)
    }

    /// The octets, for the message that brings them to their user.
    #[must_use]
    pub const fn octets(&self) -> &Secret<SCALAR_LEN> {
        &self.0
    }
}

impl fmt::Debug for Ssk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ssk(..)")
    }
}

/// KSAK, the secret of a KMS, and the KPAK that belongs to it.
pub struct Ksak<P> {
    secret: Secret<SCALAR_LEN>,
    kpak: Kpak,
    profile: PhantomData<P>,
}

impl<P: Profile> Ksak<P> {
    /// Draws a KSAK (RFC 6507 §4.2).
    ///
    /// # Errors
    ///
    /// [`EccsiError::RngFailed`].
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, EccsiError> {
        draw(rng, |octets| Self::from_octets(octets.duplicate()).ok())
    }

    /// Takes over a KSAK in 1..q-1 and computes its KPAK (RFC 6507 §4.2).
    ///
    /// # Errors
    ///
    /// [`EccsiError::KsakInvalid`].
    pub fn from_octets(secret: Secret<SCALAR_LEN>) -> Result<Self, EccsiError> {
        let kpak = public::<Native>(P::comb(), &secret).ok_or(EccsiError::KsakInvalid)?;
        Ok(Self { secret, kpak: Kpak(kpak), profile: PhantomData })
    }

    /// The octets of KSAK, for safe keeping.
    #[must_use]
    pub const fn octets(&self) -> &Secret<SCALAR_LEN> {
        &self.secret
    }

    /// KPAK = `[KSAK]G`.
    #[must_use]
    pub const fn kpak(&self) -> &Kpak {
        &self.kpak
    }

    /// Makes a key for an identity, with a fresh v (RFC 6507 §5.1.1). Each call gives another one, as v must never serve
    /// two identities.
    ///
    /// # Errors
    ///
    /// [`EccsiError::RngFailed`].
    pub fn extract<R: TryCryptoRng + ?Sized>(
        &self, id: &[u8], rng: &mut R,
    ) -> Result<(Ssk, Pvt), EccsiError> {
        draw(rng, |v| extract::<Native>(P::comb(), &self.secret, &self.kpak, id, v))
    }
}

impl<P> fmt::Debug for Ksak<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ksak(..)")
    }
}

/// How many draws may fail before the generator is called broken: a good one fails once in 2^32 draws.
const MAX_DRAWS: usize = 16;

/// Draws octets until `use_octets` takes them; all draws are wiped.
fn draw<T, R: TryCryptoRng + ?Sized>(
    rng: &mut R, mut use_octets: impl FnMut(&Secret<SCALAR_LEN>) -> Option<T>,
) -> Result<T, EccsiError> {
    for _ in 0..MAX_DRAWS {
        let mut octets = Secret::zeroed();
        rng.try_fill_bytes(octets.expose_mut()).map_err(|_| EccsiError::RngFailed)?;
        if let Some(done) = use_octets(&octets) {
            return Ok(done);
        }
    }
    Err(EccsiError::RngFailed)
}

/// A scalar in 1..q-1. Whether the octets are one is made public.
pub(super) fn scalar<A: Arithmetic>(octets: &Secret<SCALAR_LEN>) -> Option<A::Scalar> {
    A::Scalar::from_octets(octets.expose()).filter(|scalar| !scalar.is_zero().reveal())
}

/// `[secret]G` as octets.
pub(super) fn public<A: Arithmetic>(comb: &Comb, secret: &Secret<SCALAR_LEN>) -> Option<[u8; POINT_LEN]> {
    let mut scalar = scalar::<A>(secret)?;
    let point = times_g::<A::Field, _>(comb, &scalar).affine();
    wipe(&mut scalar, A::Scalar::ZERO);
    Some(point.octets())
}

/// SSK and PVT from v; none when v, HS or SSK is one that must be drawn again.
pub(super) fn extract<A: Arithmetic>(
    comb: &Comb, ksak: &Secret<SCALAR_LEN>, kpak: &Kpak, id: &[u8], v: &Secret<SCALAR_LEN>,
) -> Option<(Ssk, Pvt)> {
    let pvt = public::<A>(comb, v)?;
    let hs = A::Scalar::reduced(&hash::hs(&kpak.0, id, &pvt));
    let mut v = A::Scalar::reduced(v.expose());
    let mut ksak = A::Scalar::reduced(ksak.expose());
    let mut ssk = ksak.add(&hs.mul(&v));
    let usable = ssk.is_zero().or(hs.is_zero()).not().reveal();
    let octets = Secret::new(ssk.octets());
    wipe(&mut v, A::Scalar::ZERO);
    wipe(&mut ksak, A::Scalar::ZERO);
    wipe(&mut ssk, A::Scalar::ZERO);
    usable.then_some((Ssk(octets), Pvt(pvt)))
}
