//! A validated SSK with what signing needs beside it.

use core::fmt;
use core::marker::PhantomData;

use rand_core::TryCryptoRng;

use super::profile::Profile;
use super::sign::{self, Signer};
use super::validate::validate;
use super::{EccsiError, EccsiSign, Kpak, POINT_LEN, Pvt, SCALAR_LEN, SIGNATURE_LEN, Ssk};
use crate::sakke::p256::Native;
use crate::secret::Secret;

/// The key of one identity in one key period, validated, with HS computed once (RFC 6507 §5.1.2).
pub struct SigningKey<P> {
    ssk: Secret<SCALAR_LEN>,
    pvt: [u8; POINT_LEN],
    hs: [u8; SCALAR_LEN],
    profile: PhantomData<P>,
}

impl<P: Profile> SigningKey<P> {
    /// Takes over what the KMS gave for `id`, when it belongs together.
    ///
    /// # Errors
    ///
    /// [`EccsiError::PvtInvalid`] when PVT is no point; [`EccsiError::SskInvalid`] when SSK is out of range or not the
    /// one for this identity, PVT and KPAK.
    pub fn validate(id: &[u8], kpak: &Kpak, ssk: Ssk, pvt: &Pvt) -> Result<Self, EccsiError> {
        let hs = validate::<Native>(P::comb(), id, kpak, ssk.octets(), &pvt.0)?;
        Ok(Self { ssk: ssk.octets().duplicate(), pvt: pvt.0, hs, profile: PhantomData })
    }

    /// PVT, as it stands in each signature.
    #[must_use]
    pub const fn pvt(&self) -> Pvt {
        Pvt(self.pvt)
    }

    /// HS, which binds PVT to the identity and the KMS.
    #[must_use]
    pub const fn hs(&self) -> &[u8; SCALAR_LEN] {
        &self.hs
    }
}

impl<P: Profile> EccsiSign for SigningKey<P> {
    fn sign<R: TryCryptoRng + ?Sized>(
        &self, message: &[u8], rng: &mut R, signature: &mut [u8; SIGNATURE_LEN],
    ) -> Result<(), EccsiError> {
        let mut random = Secret::zeroed();
        rng.try_fill_bytes(random.expose_mut()).map_err(|_| EccsiError::RngFailed)?;
        let signer = Signer { comb: P::comb(), ssk: &self.ssk, hs: &self.hs, pvt: &self.pvt };
        *signature = sign::hedged::<Native>(&signer, message, &random)?;
        Ok(())
    }
}

impl<P> fmt::Debug for SigningKey<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(..)")
    }
}
