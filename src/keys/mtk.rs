//! MTK: the traffic key and its salt (TS 33.246 §6.3.3).

use rand_core::TryCryptoRng;
use subtle::{Choice, ConstantTimeEq};

use crate::crypto;
use crate::error::RngError;
use crate::secret::Secret;

/// MBMS Traffic Key, 16 octets: the SRTP master key, or the source of the download keys.
#[derive(Debug)]
pub struct Mtk(Secret<16>);

/// The SRTP master salt that comes with an MTK, 14 octets (RFC 3830 §6.13).
#[derive(Debug)]
pub struct MtkSalt(Secret<14>);

macro_rules! secret_key {
    ($name:ident, $len:literal) => {
        impl $name {
            /// Length, octets.
            pub const LEN: usize = $len;

            /// Takes over the octets.
            #[must_use]
            pub const fn new(octets: Secret<$len>) -> Self {
                Self(octets)
            }

            /// Makes a new one.
            ///
            /// # Errors
            ///
            /// [`RngError`] when the generator fails.
            pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, RngError> {
                crypto::fill(rng).map(Self)
            }

            /// The octets.
            #[must_use]
            pub const fn secret(&self) -> &Secret<$len> {
                &self.0
            }

            /// The octets, to be filled from a store that outlives the process.
            pub(crate) const fn secret_mut(&mut self) -> &mut Secret<$len> {
                &mut self.0
            }

            /// A second copy.
            #[must_use]
            pub const fn duplicate(&self) -> Self {
                Self(self.0.duplicate())
            }
        }

        impl ConstantTimeEq for $name {
            fn ct_eq(&self, other: &Self) -> Choice {
                self.0.ct_eq(&other.0)
            }
        }
    };
}

secret_key!(Mtk, 16);
secret_key!(MtkSalt, 14);
