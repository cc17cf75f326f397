//! The keys of the Generic Bootstrapping Architecture (TS 33.220 §4.5, Annex B.3).
//!
//! ```text
//! Ks_NAF, Ks_ext_NAF = KDF(Ks, FC 01, "gba-me", RAND, IMPI, NAF-Id)
//! Ks_int_NAF         = KDF(Ks, FC 01, "gba-u",  RAND, IMPI, NAF-Id)
//! ```

use core::fmt;

use crate::crypto::key_octets::join;
use crate::crypto::{Primitives, RustCrypto, gba_kdf};
use crate::error::EncodeError;
use crate::secret::Secret;

/// Octets of Ks and of every key derived from it.
pub(crate) const KS_LEN: usize = 32;

/// Ks = CK || IK, 32 octets, the master key of one bootstrapping run, named by its B-TID.
#[derive(Debug)]
pub struct Ks(Secret<KS_LEN>);

impl Ks {
    /// Joins the cipher key and the integrity key of an AKA run (16 octets each).
    #[must_use]
    pub fn from_aka(ck: &Secret<16>, ik: &Secret<16>) -> Self {
        Self(join(ck, ik))
    }

    /// Takes over the 32 octets of CK || IK.
    #[must_use]
    pub const fn new(octets: Secret<KS_LEN>) -> Self {
        Self(octets)
    }
}

/// NAF-Id: the FQDN of the BM-SC followed by the 5 octets of the Ua security protocol identifier (TS 33.220 Annex H).
///
/// In the published profile it is also the IDi of an MSK message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct NafId<'a>(&'a [u8]);

impl<'a> NafId<'a> {
    /// Ua security protocol identifier of MBMS.
    pub const UA_MBMS: [u8; 5] = [0x01, 0, 0, 0, 0x01];
    /// Ua security protocol identifier of IMS-based MBMS, HTTP variant (TS 26.237).
    pub const UA_IMS_MBMS_HTTP: [u8; 5] = [0x01, 0, 0, 0, 0x03];
    /// Ua security protocol identifier of IMS-based MBMS, SIP variant (TS 26.237).
    pub const UA_IMS_MBMS_SIP: [u8; 5] = [0x01, 0, 0, 0, 0x04];

    /// The NAF-Id in `octets`: FQDN in lower case, then the Ua security protocol identifier.
    #[must_use]
    pub const fn new(octets: &'a [u8]) -> Self {
        Self(octets)
    }

    /// Writes the NAF-Id of `fqdn` and `ua` into `out`.
    ///
    /// # Errors
    ///
    /// [`EncodeError::BufferTooSmall`] when `out` is shorter than the FQDN and 5 octets.
    pub fn join(fqdn: &str, ua: [u8; 5], out: &'a mut [u8]) -> Result<Self, EncodeError> {
        let needed = fqdn.len().saturating_add(ua.len());
        let short = EncodeError::BufferTooSmall { needed: u32::try_from(needed).unwrap_or(u32::MAX) };
        let octets = out.get_mut(..needed).ok_or(short)?;
        for (to, from) in octets.iter_mut().zip(fqdn.as_bytes().iter().chain(&ua)) {
            *to = from.to_ascii_lowercase();
        }
        Ok(Self(octets))
    }

    /// The octets.
    #[must_use]
    pub const fn octets(self) -> &'a [u8] {
        self.0
    }
}

impl fmt::Debug for NafId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "NafId({})", self.0.escape_ascii())
    }
}

fn derive<P: Primitives>(
    p: &P, ks: &Ks, p0: &[u8], rand: &[u8; 16], impi: &str, naf: NafId<'_>,
) -> Result<Secret<KS_LEN>, EncodeError> {
    gba_kdf::derive(p, &ks.0, 0x01, &[p0, rand, impi.as_bytes(), naf.0]).ok_or(EncodeError::FieldTooLong)
}

macro_rules! naf_key {
    ($(#[$doc:meta])* $name:ident, $p0:literal) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name(Secret<KS_LEN>);

        impl $name {
            /// Derives the key from Ks, the RAND of the AKA challenge, the private identity and the NAF-Id.
            ///
            /// # Errors
            ///
            /// [`EncodeError::FieldTooLong`] when IMPI or NAF-Id is over 65,535 octets.
            pub fn derive(ks: &Ks, rand: &[u8; 16], impi: &str, naf: NafId<'_>) -> Result<Self, EncodeError> {
                Self::derive_with(&RustCrypto, ks, rand, impi, naf)
            }

            /// [`derive`](Self::derive) with the caller's primitives.
            ///
            /// # Errors
            ///
            /// [`EncodeError::FieldTooLong`] when IMPI or NAF-Id is over 65,535 octets.
            pub fn derive_with<P: Primitives>(
                p: &P, ks: &Ks, rand: &[u8; 16], impi: &str, naf: NafId<'_>,
            ) -> Result<Self, EncodeError> {
                derive(p, ks, $p0, rand, impi, naf).map(Self)
            }

            /// Takes over a key that the BSF or the UICC derived.
            #[must_use]
            pub const fn new(octets: Secret<KS_LEN>) -> Self {
                Self(octets)
            }

            /// The 32 octets, to hand them to another key kind or to the peer NAF.
            #[must_use]
            pub const fn secret(&self) -> &Secret<KS_LEN> {
                &self.0
            }
        }
    };
}

naf_key!(
    /// Ks_NAF of GBA_ME: the MUK itself, and the source of the MRK.
    KsNaf,
    b"gba-me"
);
naf_key!(
    /// Ks_int_NAF of GBA_U: the MUK; in a real terminal it stays in the UICC.
    KsIntNaf,
    b"gba-u"
);
naf_key!(
    /// Ks_ext_NAF of GBA_U: the MRK; the UICC hands it to the terminal.
    KsExtNaf,
    b"gba-me"
);
