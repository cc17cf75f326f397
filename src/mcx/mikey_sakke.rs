//! The mathematics of this library behind the traits of the machines: what a KMS hands out, checked and made ready.
//!
//! ```text
//!   KmsCertificate --prepare--> Encapsulator (Z), Verifier (KPAK)     AcceptedKms
//!   KmsKeySet ------prepare--> Decapsulator (RSK), SigningKey (SSK)   HeldKeys
//!   KmsSecrets ----issue--> KmsKeySet                                 the KMS itself
//! ```
//!
//! An element that keeps its keys to itself implements [`McCrypto`], [`CheckKeys`] or [`IssueKeys`] instead.

use core::fmt;
use core::marker::PhantomData;

use rand_core::TryCryptoRng;

use super::error::McxError;
use super::kms::{
    CheckKeys, ECCSI_POINT_LEN, IssueKeys, KmsCertificate, KmsKeySet, McCrypto, SAKKE_POINT_LEN,
};
use super::ntp::Ntp64;
use super::uid::UID_LEN;
use crate::sakke::eccsi::{self, Kpak, KpakTable, Ksak, Pvt, SigningKey, Ssk, Verifier};
use crate::sakke::{
    Decapsulator, Encapsulator, KmsMasterSecret, KmsPublicKey, Profile, ReceiverSecretKey, SakkeError,
};
use crate::secret::Secret;

/// The mathematics of [`sakke`](crate::sakke) with the tables of `P`: [`Device`](crate::sakke::Device) or
/// [`Server`](crate::sakke::Server). `'t` is how long the table of a KPAK lives.
pub struct MikeySakke<'t, P>(PhantomData<(&'t (), P)>);

impl<P> MikeySakke<'_, P> {
    /// For checks; there is nothing in it.
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<P> Default for MikeySakke<'_, P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<P> fmt::Debug for MikeySakke<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MikeySakke")
    }
}

impl<'t, P: Profile + eccsi::Profile> McCrypto for MikeySakke<'t, P> {
    type Encapsulate = Encapsulator<P>;
    type Decapsulate = Decapsulator<P>;
    type Sign = SigningKey<P>;
    type Verify = Verifier<'t, P>;
}

impl<P: Profile + eccsi::Profile> CheckKeys for MikeySakke<'_, P> {
    fn is_certificate(&self, z: &[u8; SAKKE_POINT_LEN], kpak: &[u8; ECCSI_POINT_LEN]) -> bool {
        KmsPublicKey::<crate::sakke::Native>::import(z).is_ok() && Kpak::from_octets(kpak).is_ok()
    }

    fn is_key_set(&self, certificate: &KmsCertificate<'_>, keys: &KmsKeySet<'_>) -> bool {
        let uid = keys.user_id.octets();
        let is_rsk = || -> Result<(), SakkeError> {
            let z = KmsPublicKey::<crate::sakke::Native>::import(certificate.pub_enc_key)?;
            ReceiverSecretKey::from_secret(&keys.decrypt_key)?.validate(&z, uid)
        };
        signing_key::<P>(certificate, keys).is_ok() && is_rsk().is_ok()
    }
}

fn signing_key<P: eccsi::Profile>(
    certificate: &KmsCertificate<'_>, keys: &KmsKeySet<'_>,
) -> Result<SigningKey<P>, McxError> {
    let kpak = Kpak::from_octets(certificate.pub_auth_key).map_err(|_| McxError::BadCertificate)?;
    let ssk = Ssk::new(keys.signing_key.duplicate());
    SigningKey::validate(keys.user_id.octets(), &kpak, ssk, &Pvt(keys.pub_token))
        .map_err(|_| McxError::BadKeySet)
}

impl KmsCertificate<'_> {
    /// Checks the certificate, and fills the tables for Z and KPAK. After an error the tables are as they were.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check).
    pub fn prepare<'t, P: Profile + eccsi::Profile>(
        &self, encapsulator: &mut Encapsulator<P>, kpak: &'t mut KpakTable<P>, now: Ntp64,
    ) -> Result<Verifier<'t, P>, McxError> {
        self.check(&MikeySakke::<P>::new(), now)?;
        let z = KmsPublicKey::import(self.pub_enc_key).map_err(|_| McxError::BadCertificate)?;
        let point = Kpak::from_octets(self.pub_auth_key).map_err(|_| McxError::BadCertificate)?;
        let verifier = kpak.prepare(&point).map_err(|_| McxError::BadCertificate)?;
        encapsulator.prepare(&z);
        Ok(verifier)
    }
}

impl KmsKeySet<'_> {
    /// Checks the key set, and makes it ready: the RSK in `decapsulator`, SSK and PVT in the key returned. One pairing
    /// serves both, where [`check`](Self::check) would need a second. After an error in RSK, SSK or PVT the decapsulator
    /// is blank.
    ///
    /// # Errors
    ///
    /// Those of [`check`](Self::check), and [`McxError::BadCertificate`].
    pub fn prepare<P: Profile + eccsi::Profile>(
        &self, certificate: &KmsCertificate<'_>, decapsulator: &mut Decapsulator<P>,
    ) -> Result<SigningKey<P>, McxError> {
        self.check_names(certificate)?;
        let key = signing_key(certificate, self)?;
        let z = KmsPublicKey::import(certificate.pub_enc_key).map_err(|_| McxError::BadCertificate)?;
        let rsk = ReceiverSecretKey::from_secret(&self.decrypt_key).map_err(|_| McxError::BadKeySet)?;
        decapsulator.prepare(&z, self.user_id.octets(), &rsk).map_err(|_| McxError::BadKeySet)?;
        Ok(key)
    }
}

/// The secrets of a KMS: the master secret z of SAKKE and KSAK of ECCSI, wiped when dropped.
#[derive(Debug)]
pub struct KmsSecrets<P> {
    master: KmsMasterSecret,
    ksak: Ksak<P>,
}

impl<P: eccsi::Profile> KmsSecrets<P> {
    /// Draws both.
    ///
    /// # Errors
    ///
    /// [`McxError::RngFailed`].
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, McxError> {
        let master = KmsMasterSecret::generate(rng).map_err(|_| McxError::RngFailed)?;
        let ksak = Ksak::generate(rng).map_err(|_| McxError::RngFailed)?;
        Ok(Self { master, ksak })
    }

    /// Takes over secrets that were kept.
    #[must_use]
    pub const fn new(master: KmsMasterSecret, ksak: Ksak<P>) -> Self {
        Self { master, ksak }
    }

    /// Z, for `PubEncKey`.
    #[must_use]
    pub fn pub_enc_key(&self) -> [u8; SAKKE_POINT_LEN] {
        self.master.public_key().export()
    }

    /// KPAK, for `PubAuthKey`.
    #[must_use]
    pub const fn pub_auth_key(&self) -> &[u8; ECCSI_POINT_LEN] {
        self.ksak.kpak().octets()
    }
}

impl<P: eccsi::Profile> IssueKeys for KmsSecrets<P> {
    fn issue<R: TryCryptoRng + ?Sized>(
        &self, uid: &[u8; UID_LEN], rng: &mut R,
    ) -> Result<(Secret<SAKKE_POINT_LEN>, Secret<32>, [u8; ECCSI_POINT_LEN]), McxError> {
        let rsk = self.master.extract(uid).map_err(|_| McxError::BadKeySet)?;
        let (ssk, pvt) = self.ksak.extract(uid, rng).map_err(|_| McxError::RngFailed)?;
        Ok((rsk.export(), ssk.octets().duplicate(), pvt.0))
    }
}
