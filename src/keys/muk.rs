//! MUK and MRK (TS 33.246 §6.1): what bootstrapping leaves with the terminal and the BM-SC.

use core::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::crypto::hash::{Hash, Sha1, Sha256};
use crate::crypto::key_octets::KeyOctets;
use crate::crypto::password::Password;
use crate::crypto::prf::{FromPsk, PrfKey, PskLabels};
use crate::crypto::{Prf, Primitives, RustCrypto, gba_kdf};
use crate::error::{EncodeError, KeyUnavailable};
use crate::keys::gba::{KS_LEN, KsExtNaf, KsIntNaf, KsNaf};
use crate::keys::protection::{PreSharedKey, Protection, ProtectionKeys};
use crate::secret::Secret;

/// Which octets of Ks_NAF or Ks_int_NAF are the MUK (point U2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum MukOctets {
    /// All 32.
    #[default]
    All,
    /// The first 16.
    First16,
    /// The last 16.
    Last16,
}

/// MUK ID: the pair (IDi, IDr) of an MSK message, with which its MUK is found (TS 33.246 §6.3.2.1).
///
/// Identities are compared octet for octet, without their types. In the draft profile IDr alone names the MUK and
/// `idi` is empty.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct MukId<'a> {
    /// The initiator's identity: the NAF-Id of the BM-SC.
    pub idi: &'a [u8],
    /// The responder's identity: the B-TID of the bootstrapping run.
    pub idr: &'a [u8],
}

impl fmt::Debug for MukId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MukId({}, {})", self.idi.escape_ascii(), self.idr.escape_ascii())
    }
}

/// MBMS User Key, 32 octets (16 to 32 by point U2): the pre-shared key of MSK messages, scheduled once where memory
/// allows.
pub struct Muk<P = RustCrypto> {
    octets: KeyOctets,
    /// The keyed state for the mandatory suite; the other suite schedules the octets when it is used. A small processor does so
    /// for either: it opens few messages, and has no memory to spare.
    #[cfg(target_pointer_width = "64")]
    mikey1: PrfKey<FromPsk, Sha1>,
    p: P,
}

impl Muk {
    /// The MUK of ME-based key management: Ks_NAF.
    #[must_use]
    pub fn from_gba_me(ks_naf: &KsNaf, octets: MukOctets) -> Self {
        Self::cut(ks_naf.secret(), octets, RustCrypto)
    }

    /// The MUK of UICC-based key management: Ks_int_NAF.
    #[must_use]
    pub fn from_gba_u(ks_int_naf: &KsIntNaf, octets: MukOctets) -> Self {
        Self::cut(ks_int_naf.secret(), octets, RustCrypto)
    }

    /// The MUK with these octets; `None` unless there are 16 to 32.
    #[must_use]
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        Self::from_octets_with(octets, RustCrypto)
    }
}

impl<P: Primitives> Muk<P> {
    /// [`from_gba_me`](Muk::from_gba_me) with the caller's primitives.
    #[must_use]
    pub fn from_gba_me_with(ks_naf: &KsNaf, octets: MukOctets, p: P) -> Self {
        Self::cut(ks_naf.secret(), octets, p)
    }

    /// [`from_gba_u`](Muk::from_gba_u) with the caller's primitives.
    #[must_use]
    pub fn from_gba_u_with(ks_int_naf: &KsIntNaf, octets: MukOctets, p: P) -> Self {
        Self::cut(ks_int_naf.secret(), octets, p)
    }

    /// [`from_octets`](Muk::from_octets) with the caller's primitives.
    #[must_use]
    pub fn from_octets_with(octets: &[u8], p: P) -> Option<Self> {
        KeyOctets::new(octets).filter(|_| octets.len() >= 16).map(|octets| Self::schedule(octets, p))
    }

    fn cut(ks: &Secret<KS_LEN>, octets: MukOctets, p: P) -> Self {
        let octets = match octets {
            MukOctets::All => KeyOctets::of(ks),
            MukOctets::First16 => KeyOctets::half(ks, false),
            MukOctets::Last16 => KeyOctets::half(ks, true),
        };
        Self::schedule(octets, p)
    }

    fn schedule(octets: KeyOctets, p: P) -> Self {
        Self {
            #[cfg(target_pointer_width = "64")]
            mikey1: octets.schedule(&p),
            octets,
            p,
        }
    }

    /// The octets, for a store that outlives the process.
    #[must_use]
    pub fn export(&self) -> &[u8] {
        self.octets.export()
    }
}

impl<P: Primitives> PreSharedKey for Muk<P> {
    type Keys = ProtectionKeys<P>;

    fn keys(&self, protection: &Protection<'_>) -> Result<Self::Keys, KeyUnavailable> {
        #[cfg(target_pointer_width = "64")]
        let mikey1 = Some(&self.mikey1);
        #[cfg(not(target_pointer_width = "64"))]
        let mikey1 = None;
        derive_keys(mikey1, self.octets.export(), self.p, protection)
    }
}

/// Derives from the kept MIKEY-1 schedule of `octets`, or from a schedule of theirs made now.
pub(crate) fn derive_keys<P: Primitives>(
    mikey1: Option<&PrfKey<FromPsk, Sha1>>, octets: &[u8], p: P, protection: &Protection<'_>,
) -> Result<ProtectionKeys<P>, KeyUnavailable> {
    match protection.algorithms.prf {
        Prf::Mikey1 => match mikey1 {
            Some(mikey1) => derive_with(mikey1, p, protection),
            None => derive_with(&PrfKey::<_, Sha1>::schedule(&p, octets), p, protection),
        },
        Prf::HmacSha256 if P::SHA256_SUITE => {
            derive_with(&PrfKey::<_, Sha256>::schedule(&p, octets), p, protection)
        }
        Prf::HmacSha256 => Err(KeyUnavailable),
    }
}

fn derive_with<H: Hash, P: Primitives>(
    key: &PrfKey<FromPsk, H>, p: P, protection: &Protection<'_>,
) -> Result<ProtectionKeys<P>, KeyUnavailable> {
    let labels = PskLabels::new::<H>(protection.csb, protection.rand);
    ProtectionKeys::derive(p, protection, |label, out| {
        key.derive(&p, label, &labels, out);
        Ok(())
    })
}

impl<P> ConstantTimeEq for Muk<P> {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.octets.ct_eq(&other.octets)
    }
}

impl<P> fmt::Debug for Muk<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Muk(..)")
    }
}

/// How the MRK of GBA_ME is derived from Ks_NAF (point U1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MrkDerivation {
    /// FC octet; default 01.
    pub fc: u8,
    /// P0; default `mbms-mrk`.
    pub p0: &'static [u8],
}

impl Default for MrkDerivation {
    fn default() -> Self {
        Self { fc: 0x01, p0: b"mbms-mrk" }
    }
}

/// The form of the MRK as HTTP Digest password (point U3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DigestPasswordForm {
    /// Base64 text, 44 characters.
    #[default]
    Base64,
    /// The 32 octets.
    Raw,
    /// Lower-case hexadecimal, 64 characters.
    Hex,
}

/// MBMS Request Key, 32 octets: authenticates the terminal's HTTP requests (TS 33.246 §6.2).
#[derive(Debug)]
pub struct Mrk(Secret<KS_LEN>);

impl Mrk {
    /// The MRK of ME-based key management: KDF(Ks_NAF, FC, P0), by default FC 01 and `mbms-mrk` (point U1).
    ///
    /// # Errors
    ///
    /// [`EncodeError::FieldTooLong`] when P0 is over 65,535 octets.
    pub fn from_gba_me(ks_naf: &KsNaf, derivation: MrkDerivation) -> Result<Self, EncodeError> {
        Self::from_gba_me_with(&RustCrypto, ks_naf, derivation)
    }

    /// [`from_gba_me`](Self::from_gba_me) with the caller's primitives.
    ///
    /// # Errors
    ///
    /// [`EncodeError::FieldTooLong`] when P0 is over 65,535 octets.
    pub fn from_gba_me_with<P: Primitives>(
        p: &P, ks_naf: &KsNaf, derivation: MrkDerivation,
    ) -> Result<Self, EncodeError> {
        gba_kdf::derive(p, ks_naf.secret(), derivation.fc, &[derivation.p0])
            .map(Self)
            .ok_or(EncodeError::FieldTooLong)
    }

    /// The MRK of UICC-based key management: Ks_ext_NAF.
    #[must_use]
    pub const fn from_gba_u(ks_ext_naf: &KsExtNaf) -> Self {
        Self(ks_ext_naf.secret().duplicate())
    }

    /// Takes over an MRK that the caller derived by himself.
    #[must_use]
    pub const fn new(octets: Secret<KS_LEN>) -> Self {
        Self(octets)
    }

    /// The 32 octets.
    #[must_use]
    pub const fn secret(&self) -> &Secret<KS_LEN> {
        &self.0
    }

    /// The HTTP Digest password of this MRK.
    #[must_use]
    pub fn digest_password(&self, form: DigestPasswordForm) -> DigestPassword {
        DigestPassword(match form {
            DigestPasswordForm::Base64 => Password::base64(&self.0),
            DigestPasswordForm::Hex => Password::hex(&self.0),
            DigestPasswordForm::Raw => Password::raw(&self.0),
        })
    }
}

/// The HTTP Digest password that an MRK turns into (point U3): 44, 64 or 32 octets.
pub struct DigestPassword(Password);

impl DigestPassword {
    /// The octets of the password.
    #[must_use]
    pub fn as_octets(&self) -> &[u8] {
        self.0.as_octets()
    }
}

impl fmt::Debug for DigestPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DigestPassword(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_muk_has_16_to_32_octets() {
        for (len, good) in [(0, false), (15, false), (16, true), (24, true), (32, true), (33, false)] {
            assert_eq!(Muk::from_octets(&[1; 33][..len]).is_some(), good, "{len}");
        }
    }
}
