//! The key management server: its master secret and public key, and the secret keys of its receivers (RFC 6508 §6.1).
//!
//! ```text
//!   z in 2..q-1          Z = [z]P          RSK = [1 / (a + z) mod q]P          <[a]P + Z, RSK> = g
//! ```

use core::fmt;

use rand_core::TryCryptoRng;
use subtle::Choice;

use super::edwards::Extended;
use super::error::SakkeError;
use super::field::{Backend, Native, RESIDUE_LEN, Residue, reveal, wipe_all};
use super::identity::Identity;
use super::pairing;
use super::params::G;
use super::point::{POINT_LEN, Point};
use super::profile::{Device, Profile, Receiving};
use super::torus::Torus;
use crate::secret::Secret;

/// Z, the KMS Public Key: a point of order q.
#[derive(Clone, Copy)]
pub struct KmsPublicKey<B: Backend = Native>(pub(super) Point<B>);

impl<B: Backend> KmsPublicKey<B> {
    /// Reads `04 || x || y` and checks that the point has order q. This is slow; do it once per certificate.
    ///
    /// # Errors
    ///
    /// - [`SakkeError::BadPoint`] for another length, another first octet (compressed, infinity), a coordinate from p up,
    ///   or a point off the curve.
    /// - [`SakkeError::WrongOrder`] for a point of another order than q.
    pub fn import(octets: &[u8]) -> Result<Self, SakkeError> {
        let point = Point::import(octets)?;
        if point.has_order_q() { Ok(Self(point)) } else { Err(SakkeError::WrongOrder) }
    }

    /// The point as `04 || x || y`.
    #[must_use]
    pub fn export(&self) -> [u8; POINT_LEN] {
        let mut octets = [0; POINT_LEN];
        self.0.export(&mut octets);
        octets
    }

    /// [b]P + Z.
    pub(super) fn of_identity<P: Profile>(&self, identity: Identity<'_>) -> Extended<B> {
        let mut product = Extended::NEUTRAL;
        P::Receiving::<B>::times_generator(&identity.scalar::<B>(), &mut product);
        product.add(&Extended::from_point(&self.0))
    }

    /// The same in affine coordinates.
    #[inline(never)]
    fn point_of_identity<P: Profile>(&self, identity: Identity<'_>) -> Point<B> {
        let sum = self.of_identity::<P>(identity);
        sum.affine(&sum.denominator().invert())
    }
}

impl<B: Backend> fmt::Debug for KmsPublicKey<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KmsPublicKey(..)")
    }
}

/// [k]P from the small comb in flash.
fn times_generator<B: Backend>(scalar: &B::Fq) -> Extended<B> {
    let mut product = Extended::NEUTRAL;
    <Device as Profile>::Receiving::<B>::times_generator(scalar, &mut product);
    product
}

/// A product in affine coordinates; what else tells its scalar is wiped.
fn affine<B: Backend>(mut product: Extended<B>) -> Point<B> {
    let mut denominator = product.denominator();
    let mut inverse = denominator.invert();
    let point = product.affine(&inverse);
    wipe_all([&mut denominator, &mut inverse]);
    product.wipe();
    point
}

/// Whether an element of F_p2 stands for g.
pub(super) fn is_generator<B: Backend>(value: &Torus<B>) -> bool {
    let mut expected = value.re.mul(&B::Fp::from_limbs(&G));
    let accepted = value.im.same(&expected) & !value.re.is_zero();
    expected.wipe();
    reveal(accepted)
}

/// z, the KMS Master Secret, wiped when dropped.
pub struct KmsMasterSecret<B: Backend = Native>(B::Fq);

impl<B: Backend> KmsMasterSecret<B> {
    /// Draws a master secret.
    ///
    /// # Errors
    ///
    /// [`SakkeError::RngFailure`] when `rng` fails or returns a value that reduces to 0 or 1.
    pub fn generate<R: TryCryptoRng + ?Sized>(rng: &mut R) -> Result<Self, SakkeError> {
        // Twice the length of q: what is left of the modulo bias is below 2^-1000.
        let mut upper = Secret::<RESIDUE_LEN>::zeroed();
        let mut lower = Secret::<RESIDUE_LEN>::zeroed();
        rng.try_fill_bytes(upper.expose_mut()).map_err(|_| SakkeError::RngFailure)?;
        rng.try_fill_bytes(lower.expose_mut()).map_err(|_| SakkeError::RngFailure)?;
        let mut shift = [0; RESIDUE_LEN];
        let [first, ..] = &mut shift;
        *first = 0x80;
        let (mut upper, _) = B::Fq::from_octets(upper.expose());
        let (mut lower, _) = B::Fq::from_octets(lower.expose());
        let mut product = upper.mul(&B::Fq::from_octets(&shift).0);
        upper = product.double();
        let secret = Self(upper.add(&lower));
        wipe_all([&mut upper, &mut lower, &mut product]);
        if reveal(secret.usable()) { Ok(secret) } else { Err(SakkeError::RngFailure) }
    }

    /// Takes over a master secret, most significant octet first.
    ///
    /// # Errors
    ///
    /// [`SakkeError::BadMasterSecret`] when it is not in 2..q-1.
    pub fn import(octets: &Secret<RESIDUE_LEN>) -> Result<Self, SakkeError> {
        let mut secret = Self(B::Fq::ZERO);
        let below;
        (secret.0, below) = B::Fq::from_octets(octets.expose());
        if reveal(below & secret.usable()) { Ok(secret) } else { Err(SakkeError::BadMasterSecret) }
    }

    /// Neither 0 nor 1.
    fn usable(&self) -> Choice {
        !(self.0.is_zero() | self.0.same(&B::Fq::ONE))
    }

    /// The master secret, most significant octet first.
    #[must_use]
    pub fn export(&self) -> Secret<RESIDUE_LEN> {
        Secret::new(self.0.to_octets())
    }

    /// Z = `[z]P`.
    #[must_use]
    pub fn public_key(&self) -> KmsPublicKey<B> {
        KmsPublicKey(affine(times_generator::<B>(&self.0)))
    }

    /// The RSK of an identity.
    ///
    /// # Errors
    ///
    /// - [`SakkeError::BadIdentity`] when `identity` is empty, longer than 127 octets, or the integer 0 or 1.
    /// - [`SakkeError::NoSuchRsk`] when identity and master secret add up to zero modulo q.
    pub fn extract(&self, identity: &[u8]) -> Result<ReceiverSecretKey<B>, SakkeError> {
        let identity = Identity::new(identity)?;
        let mut sum = identity.scalar::<B>().add(&self.0);
        if reveal(sum.is_zero()) {
            return Err(SakkeError::NoSuchRsk);
        }
        let mut inverse = sum.invert();
        let point = times_generator::<B>(&inverse);
        wipe_all([&mut sum, &mut inverse]);
        Ok(ReceiverSecretKey(affine(point)))
    }
}

impl<B: Backend> Drop for KmsMasterSecret<B> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<B: Backend> fmt::Debug for KmsMasterSecret<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KmsMasterSecret(..)")
    }
}

/// RSK, the Receiver Secret Key of an identity, wiped when dropped.
pub struct ReceiverSecretKey<B: Backend = Native>(pub(super) Point<B>);

impl<B: Backend> ReceiverSecretKey<B> {
    /// Reads `04 || x || y`. Whose key it is shows [`validate`](Self::validate).
    ///
    /// # Errors
    ///
    /// [`SakkeError::BadPoint`] for another length, another first octet, a coordinate from p up, or a point off the
    /// curve.
    pub fn import(octets: &[u8]) -> Result<Self, SakkeError> {
        let octets = <&[u8; POINT_LEN]>::try_from(octets).map_err(|_| SakkeError::BadPoint)?;
        let mut key = Self(Point::BLANK);
        let valid;
        (key.0, valid) = Point::read(octets);
        if reveal(valid) { Ok(key) } else { Err(SakkeError::BadPoint) }
    }

    /// [`import`](Self::import) of octets that stay secret.
    ///
    /// # Errors
    ///
    /// [`SakkeError::BadPoint`].
    pub fn from_secret(octets: &Secret<POINT_LEN>) -> Result<Self, SakkeError> {
        Self::import(octets.expose())
    }

    /// The key as `04 || x || y`.
    #[must_use]
    pub fn export(&self) -> Secret<POINT_LEN> {
        let mut octets = Secret::zeroed();
        self.0.export(octets.expose_mut());
        octets
    }

    /// Checks that this is the key of `identity` under the KMS of `z` (RFC 6508 §6.1.2), without tables.
    ///
    /// # Errors
    ///
    /// - [`SakkeError::BadIdentity`] when `identity` is empty, longer than 127 octets, or the integer 0 or 1.
    /// - [`SakkeError::RskRefused`] when it is not.
    pub fn validate(&self, z: &KmsPublicKey<B>, identity: &[u8]) -> Result<(), SakkeError> {
        let at = z.point_of_identity::<Device>(Identity::new(identity)?);
        if self.is_of(&at) { Ok(()) } else { Err(SakkeError::RskRefused) }
    }

    /// Whether this is the key for `[b]P + Z`.
    #[inline(never)]
    fn is_of(&self, at: &Point<B>) -> bool {
        let mut value = pairing::pair(&self.0, at);
        let accepted = is_generator(&value);
        value.wipe();
        accepted
    }
}

impl<B: Backend> Drop for ReceiverSecretKey<B> {
    fn drop(&mut self) {
        self.0.wipe();
    }
}

impl<B: Backend> fmt::Debug for ReceiverSecretKey<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ReceiverSecretKey(..)")
    }
}
