//! What a KMS gives: its certificate, and the keys of one identity for one period (TS 33.180 §5.3, annex D).
//!
//! ```text
//! certificate   KMS URI, Z, KPAK, period, offset, algorithms, validity         public
//! key set       user URI, UID, period number, RSK, SSK, PVT, validity          RSK and SSK are secret
//! ```
//!
//! Typed values only: their XML stays outside. The mathematics comes by [`CheckKeys`] and [`IssueKeys`].

use core::fmt;

use rand_core::TryCryptoRng;

use super::error::McxError;
use super::negotiation::AlgorithmPolicy;
use super::ntp::Ntp64;
use super::uid::{KeyPeriods, UID_LEN, Uid};
use crate::sakke::{EccsiSign, EccsiVerify, SakkeDecapsulate, SakkeEncapsulate};
use crate::secret::Secret;

/// Octets of a point of SAKKE: Z, RSK.
pub const SAKKE_POINT_LEN: usize = 257;

/// Octets of a point of ECCSI: KPAK, PVT.
pub const ECCSI_POINT_LEN: usize = 65;

/// `UserIdFormat` of the UID.
pub const USER_ID_FORMAT: u8 = 2;

/// When something may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Validity {
    /// `ValidFrom`; `None`: from ever on.
    pub from: Option<Ntp64>,
    /// `ValidTo`; `None`: for ever.
    pub to: Option<Ntp64>,
    /// `Revoked`.
    pub revoked: bool,
}

impl Validity {
    /// For ever.
    pub const ALWAYS: Self = Self { from: None, to: None, revoked: false };

    /// Whether it may be used at `time`.
    #[must_use]
    pub fn covers(&self, time: Ntp64) -> bool {
        !self.revoked && self.from.is_none_or(|from| from <= time) && self.to.is_none_or(|to| time <= to)
    }
}

/// The public data of a KMS (`KmsCertificate`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KmsCertificate<'a> {
    /// `KmsUri`.
    pub kms_uri: &'a [u8],
    /// `UserKeyPeriod` and `UserKeyOffset`.
    pub periods: KeyPeriods,
    /// `UserIdFormat`; only [`USER_ID_FORMAT`] is taken.
    pub user_id_format: u8,
    /// `ParameterSet`; only 1 is taken.
    pub parameter_set: u8,
    /// `PubEncKey`: Z.
    pub pub_enc_key: &'a [u8; SAKKE_POINT_LEN],
    /// `PubAuthKey`: KPAK.
    pub pub_auth_key: &'a [u8; ECCSI_POINT_LEN],
    /// What it says about algorithms; the default where it says nothing.
    pub algorithms: AlgorithmPolicy,
    /// `ValidFrom`, `ValidTo`, `Revoked`.
    pub validity: Validity,
}

/// The keys of one identity for one period (`KmsKeySet`).
pub struct KmsKeySet<'a> {
    /// `KmsUri`.
    pub kms_uri: &'a [u8],
    /// `UserUri`.
    pub user_uri: &'a [u8],
    /// `UserID`: the UID.
    pub user_id: Uid,
    /// `KeyPeriodNo`.
    pub period: u64,
    /// `UserDecryptKey`: RSK.
    pub decrypt_key: Secret<SAKKE_POINT_LEN>,
    /// `UserSigningKeySSK`: SSK.
    pub signing_key: Secret<32>,
    /// `UserPubTokenPVT`: PVT. A KMS may give one identity several pairs of SSK and PVT.
    pub pub_token: [u8; ECCSI_POINT_LEN],
    /// `ValidFrom`, `ValidTo`, `Revoked`.
    pub validity: Validity,
}

/// Checks keys that a KMS gave (RFC 6507 §4.2, §5.1.2; RFC 6508 §2.2, §6.1.2).
pub trait CheckKeys {
    /// Whether Z is a point of order q and KPAK a point of the curve.
    fn is_certificate(&self, z: &[u8; SAKKE_POINT_LEN], kpak: &[u8; ECCSI_POINT_LEN]) -> bool;

    /// Whether RSK, SSK and PVT of `keys` belong to its UID under the KMS of `certificate`.
    fn is_key_set(&self, certificate: &KmsCertificate<'_>, keys: &KmsKeySet<'_>) -> bool;
}

/// The secrets of a KMS, which make keys (RFC 6507 §5.1.1, RFC 6508 §6.1.1).
pub trait IssueKeys {
    /// RSK, SSK and PVT of `uid`.
    ///
    /// # Errors
    ///
    /// [`McxError::RngFailed`] when the generator fails; [`McxError::BadKeySet`] for an identity that has no key.
    fn issue<R: TryCryptoRng + ?Sized>(
        &self, uid: &[u8; UID_LEN], rng: &mut R,
    ) -> Result<(Secret<SAKKE_POINT_LEN>, Secret<32>, [u8; ECCSI_POINT_LEN]), McxError>;
}

impl KmsCertificate<'_> {
    /// Checks the certificate before its first use.
    ///
    /// # Errors
    ///
    /// [`McxError::BadCertificate`] for another UID format or parameter set, an empty URI, or keys that are no points;
    /// [`McxError::NotAuthorized`] when it is not valid at `now`.
    pub fn check<C: CheckKeys>(&self, math: &C, now: Ntp64) -> Result<(), McxError> {
        if self.user_id_format != USER_ID_FORMAT || self.parameter_set != 1 || self.kms_uri.is_empty() {
            return Err(McxError::BadCertificate);
        }
        if !self.validity.covers(now) {
            return Err(McxError::NotAuthorized);
        }
        math.is_certificate(self.pub_enc_key, self.pub_auth_key).then_some(()).ok_or(McxError::BadCertificate)
    }

    /// The key set of `user_uri` for `period`, made by the KMS itself.
    ///
    /// # Errors
    ///
    /// [`McxError::Malformed`] for a URI over 65,535 octets, and those of [`IssueKeys::issue`].
    pub fn issue<'a, I: IssueKeys, R: TryCryptoRng + ?Sized>(
        &'a self, issuer: &I, user_uri: &'a [u8], period: u64, rng: &mut R,
    ) -> Result<KmsKeySet<'a>, McxError> {
        let user_id = Uid::derive(user_uri, self.kms_uri, self.periods, period)?;
        let (decrypt_key, signing_key, pub_token) = issuer.issue(user_id.octets(), rng)?;
        let validity = Validity::ALWAYS;
        let kms_uri = self.kms_uri;
        Ok(KmsKeySet { kms_uri, user_uri, user_id, period, decrypt_key, signing_key, pub_token, validity })
    }
}

impl KmsKeySet<'_> {
    /// Checks the key set on receipt: it is that of `certificate`, the UID is the one of URI and period, and the keys fit.
    ///
    /// # Errors
    ///
    /// [`McxError::BadKeySet`] when one of these fails; [`McxError::NotAuthorized`] for a set that is revoked.
    pub fn check<C: CheckKeys>(&self, certificate: &KmsCertificate<'_>, math: &C) -> Result<(), McxError> {
        self.check_names(certificate)?;
        math.is_key_set(certificate, self).then_some(()).ok_or(McxError::BadKeySet)
    }

    /// What of [`check`](Self::check) needs no mathematics.
    pub(super) fn check_names(&self, certificate: &KmsCertificate<'_>) -> Result<(), McxError> {
        if self.validity.revoked {
            return Err(McxError::NotAuthorized);
        }
        let uid = Uid::derive(self.user_uri, certificate.kms_uri, certificate.periods, self.period)?;
        let fits = self.kms_uri == certificate.kms_uri && uid == self.user_id;
        fits.then_some(()).ok_or(McxError::BadKeySet)
    }
}

impl fmt::Debug for KmsKeySet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KmsKeySet")
            .field("user_id", &self.user_id)
            .field("period", &self.period)
            .finish_non_exhaustive()
    }
}

/// Which implementations of the mathematics an entity runs.
pub trait McCrypto {
    /// Encapsulation under the Z of a KMS.
    type Encapsulate: SakkeEncapsulate;
    /// Decapsulation with an RSK.
    type Decapsulate: SakkeDecapsulate;
    /// Signing with an SSK.
    type Sign: EccsiSign;
    /// Verification under the KPAK of a KMS.
    type Verify: EccsiVerify;
}

/// A KMS whose certificate this entity holds and accepts.
pub struct AcceptedKms<'a, M: McCrypto> {
    /// `KmsUri`.
    pub uri: &'a [u8],
    /// `UserKeyPeriod` and `UserKeyOffset`.
    pub periods: KeyPeriods,
    /// When its keys count. A KMS that changes Z or KPAK at a period boundary stands here twice.
    pub validity: Validity,
    /// Its Z.
    pub encapsulate: &'a M::Encapsulate,
    /// Its KPAK.
    pub verify: &'a M::Verify,
}

/// A checked key set that this entity holds.
pub struct HeldKeys<'a, M: McCrypto> {
    /// `KeyPeriodNo`.
    pub period: u64,
    /// When it counts.
    pub validity: Validity,
    /// SSK and PVT.
    pub sign: &'a M::Sign,
    /// RSK.
    pub decapsulate: &'a M::Decapsulate,
}

/// A client or server with what its KMS gave: key sets of the previous, the current and the next period as it has them.
pub struct Entity<'a, M: McCrypto> {
    /// Its URI: MC service user ID or MDSI.
    pub uri: &'a [u8],
    /// Its KMS, one of `kms`.
    pub kms_uri: &'a [u8],
    /// The KMSs that it accepts.
    pub kms: &'a [AcceptedKms<'a, M>],
    /// Its key sets.
    pub keys: &'a [HeldKeys<'a, M>],
}

impl<'a, M: McCrypto> Entity<'a, M> {
    /// The KMS with this URI as of `time`.
    #[must_use]
    pub fn accepted(&self, uri: &[u8], time: Ntp64) -> Option<&'a AcceptedKms<'a, M>> {
        self.kms.iter().find(|kms| kms.uri == uri && kms.validity.covers(time))
    }

    /// The key set for the period of `time`, with the number of that period and the KMS.
    ///
    /// # Errors
    ///
    /// [`KeysFor`]: why there is none.
    pub fn keys_for(
        &self, time: Ntp64,
    ) -> Result<(&'a HeldKeys<'a, M>, u64, &'a AcceptedKms<'a, M>), KeysFor> {
        let kms = self.accepted(self.kms_uri, time).ok_or(KeysFor::NoKms)?;
        let period = kms.periods.number(time).map_err(|_| KeysFor::BeforeFirstPeriod)?;
        let held = self.keys.iter().find(|keys| keys.period == period && keys.validity.covers(time));
        held.map(|held| (held, period, kms)).ok_or(KeysFor::NoKeys(period))
    }
}

/// Why there are no keys for a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum KeysFor {
    /// The own KMS is not accepted at that time.
    NoKms,
    /// The time lies before the first period.
    BeforeFirstPeriod,
    /// No valid key set of this period is held.
    NoKeys(u64),
}

impl<M: McCrypto> fmt::Debug for AcceptedKms<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AcceptedKms({})", self.uri.escape_ascii())
    }
}

impl<M: McCrypto> fmt::Debug for HeldKeys<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "HeldKeys(period {})", self.period)
    }
}

impl<M: McCrypto> fmt::Debug for Entity<'_, M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Entity({})", self.uri.escape_ascii())
    }
}
