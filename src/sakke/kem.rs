//! Encapsulation and decapsulation of an SSV (RFC 6508 §6.2).
//!
//! ```text
//!   SED:  04 | x of R, 128 octets | y of R, 128 octets | H, 16 octets
//!
//!   r = HashToIntegerRange(SSV || b, q)      R = [r]([b]P + Z)      H = SSV xor HashToIntegerRange(g^r, 2^128)
//! ```
//!
//! The receiver finds g^r as `<R, RSK>`, and accepts the SSV only if it leads to the same R again. That last comparison
//! is also what refuses points of another order.

use core::fmt;

use subtle::{Choice, ConstantTimeEq};

use super::edwards::Extended;
use super::error::SakkeError;
use super::field::{Backend, Native, RESIDUE_LEN, Residue, reveal, wipe_all};
use super::hash::{hash_to_mask, hash_to_residue};
use super::identity::{Identity, MAX_IDENTITY_LEN};
use super::kms::{KmsPublicKey, ReceiverSecretKey, is_generator};
use super::point::{POINT_LEN, Point};
use super::profile::{Profile, Receiving, Sending};
use super::ssv::{SSV_LEN, Ssv};
use super::torus::Torus;
use crate::secret::{Secret, wipe};

/// Octets of SAKKE Encapsulated Data: 273.
pub const SED_LEN: usize = POINT_LEN + SSV_LEN;

/// Something that encapsulates towards the receivers of one KMS: an [`Encapsulator`], or a secure element.
pub trait SakkeEncapsulate {
    /// Encapsulates `ssv` for `identity` into `sed`.
    ///
    /// # Errors
    ///
    /// - [`SakkeError::NotPrepared`] when there is no KMS Public Key yet.
    /// - [`SakkeError::BadIdentity`] when `identity` is empty, longer than 127 octets, or the integer 0 or 1.
    /// - [`SakkeError::UnusableSsv`] when this SSV does not go with this identity; choose another.
    fn encapsulate(&self, ssv: &Ssv, identity: &[u8], sed: &mut [u8; SED_LEN]) -> Result<(), SakkeError>;
}

/// Something that decapsulates for one receiver: a [`Decapsulator`], or a secure element.
pub trait SakkeDecapsulate {
    /// Recovers the SSV that was encapsulated for `identity`.
    ///
    /// # Errors
    ///
    /// - [`SakkeError::NotPrepared`] when there is no RSK yet.
    /// - [`SakkeError::Refused`] for every other reason there may be.
    fn decapsulate(&self, sed: &[u8; SED_LEN], identity: &[u8]) -> Result<Ssv, SakkeError>;
}

/// r, from an SSV and an identity.
#[inline(never)]
fn ephemeral<B: Backend>(ssv: &Secret<SSV_LEN>, identity: &[u8]) -> B::Fq {
    let mut octets = hash_to_residue(ssv.expose(), identity);
    let (r, _) = B::Fq::from_octets(&octets);
    wipe(&mut octets, [0; RESIDUE_LEN]);
    r
}

/// H from an SSV, or an SSV from H.
fn masked<B: Backend>(input: &[u8; SSV_LEN], element: &B::Fp) -> Secret<SSV_LEN> {
    let mut octets = element.to_octets();
    let mut mask = hash_to_mask(&octets);
    let mut output = Secret::zeroed();
    for ((out, input), mask) in output.expose_mut().iter_mut().zip(input).zip(&mask) {
        *out = *input ^ *mask;
    }
    wipe(&mut octets, [0; RESIDUE_LEN]);
    wipe(&mut mask, [0; SSV_LEN]);
    output
}

/// The SSV that goes with g^r and H. A function of its own, as what it needs would lie under the pairing otherwise.
#[inline(never)]
fn unmask<B: Backend>(power: &Torus<B>, hint: &[u8; SSV_LEN]) -> Secret<SSV_LEN> {
    let mut element = power.quotient();
    let secret = masked::<B>(hint, &element);
    element.wipe();
    secret
}

/// Encapsulates towards every receiver of one KMS, from tables for its Z.
///
/// It is made blank where it is to stay, and prepared there: `static`, `Box` or a field, of
/// `size_of::<Encapsulator<_>>()` octets.
pub struct Encapsulator<P: Profile, B: Backend = Native> {
    prepared: bool,
    tables: P::Sending<B>,
}

impl<P: Profile, B: Backend> Encapsulator<P, B> {
    /// Without a KMS Public Key.
    #[must_use]
    pub const fn blank() -> Self {
        Self { prepared: false, tables: P::Sending::<B>::BLANK }
    }

    /// Fills the tables for Z.
    pub fn prepare(&mut self, z: &KmsPublicKey<B>) {
        self.tables.prepare(&z.0);
        self.prepared = true;
    }
}

/// [r]([b]P + Z) and g^r before the division.
struct Product<B: Backend> {
    sum: Extended<B>,
    power: Torus<B>,
}

impl<B: Backend> Product<B> {
    /// R, and g^r in `element`; none, which is made public, when R is the point at infinity, as r or [b]P + Z is zero.
    #[inline(never)]
    fn divide(&self, element: &mut B::Fp) -> Option<Point<B>> {
        // One inversion for both.
        let mut denominator = self.sum.denominator();
        let mut inverse = denominator.mul(&self.power.re);
        inverse = inverse.invert();
        let usable = !inverse.is_zero();
        denominator = inverse.mul(&denominator);
        *element = self.power.im.mul(&denominator);
        inverse = inverse.mul(&self.power.re);
        let point = self.sum.affine(&inverse);
        wipe_all([&mut denominator, &mut inverse]);
        reveal(usable).then_some(point)
    }

    /// R and H. A function of its own, as what it needs would lie under the multiplications otherwise.
    #[inline(never)]
    fn write(&self, ssv: &Secret<SSV_LEN>, sed: &mut [u8; SED_LEN]) -> Result<(), SakkeError> {
        let mut element = B::Fp::ZERO;
        let point = self.divide(&mut element);
        let hint = masked::<B>(ssv.expose(), &element);
        element.wipe();
        let point = point.ok_or(SakkeError::UnusableSsv)?;
        if let Some((octets, place)) = sed.split_first_chunk_mut::<POINT_LEN>() {
            point.export(octets);
            place.copy_from_slice(hint.expose());
        }
        Ok(())
    }
}

impl<P: Profile, B: Backend> Encapsulator<P, B> {
    #[inline(never)]
    fn multiply(&self, ssv: &Secret<SSV_LEN>, identity: Identity<'_>, product: &mut Product<B>) {
        let mut r = ephemeral::<B>(ssv, identity.octets());
        let mut k = r.mul(&identity.scalar::<B>());
        self.tables.multiply(&k, &r, &mut product.sum, &mut product.power);
        wipe_all([&mut k, &mut r]);
    }
}

impl<P: Profile, B: Backend> SakkeEncapsulate for Encapsulator<P, B> {
    fn encapsulate(&self, ssv: &Ssv, identity: &[u8], sed: &mut [u8; SED_LEN]) -> Result<(), SakkeError> {
        if !self.prepared {
            return Err(SakkeError::NotPrepared);
        }
        let identity = Identity::new(identity)?;
        let mut product = Product::<B> { sum: Extended::NEUTRAL, power: Torus::ONE };
        self.multiply(ssv.secret(), identity, &mut product);
        let written = product.write(ssv.secret(), sed);
        product.sum.wipe();
        product.power.wipe();
        written
    }
}

impl<P: Profile, B: Backend> fmt::Debug for Encapsulator<P, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encapsulator").field("prepared", &self.prepared).finish_non_exhaustive()
    }
}

/// Decapsulates for one receiver, from its validated RSK; wiped when dropped.
///
/// It is made blank where it is to stay, and prepared there: `static`, `Box` or a field, of
/// `size_of::<Decapsulator<_>>()` octets.
pub struct Decapsulator<P: Profile, B: Backend = Native> {
    identity: [u8; MAX_IDENTITY_LEN],
    /// 0 while blank.
    identity_len: usize,
    tables: P::Receiving<B>,
}

impl<P: Profile, B: Backend> Decapsulator<P, B> {
    /// Without an RSK.
    #[must_use]
    pub const fn blank() -> Self {
        Self { identity: [0; MAX_IDENTITY_LEN], identity_len: 0, tables: P::Receiving::<B>::BLANK }
    }

    /// Takes over the RSK of `identity` under the KMS of `z`, fills the tables and validates the key with them
    /// (RFC 6508 §6.1.2). After an error of the validation the tables are blank.
    ///
    /// # Errors
    ///
    /// - [`SakkeError::BadIdentity`] when `identity` is empty, longer than 127 octets, or the integer 0 or 1; nothing has
    ///   changed then.
    /// - [`SakkeError::RskRefused`] when the RSK is another one's.
    pub fn prepare(
        &mut self, z: &KmsPublicKey<B>, identity: &[u8], rsk: &ReceiverSecretKey<B>,
    ) -> Result<(), SakkeError> {
        let own = Identity::new(identity)?;
        self.clear();
        let sum = z.of_identity::<P>(own);
        self.tables.prepare(&sum, &rsk.0);
        if !self.is_of(&sum) {
            self.clear();
            return Err(SakkeError::RskRefused);
        }
        for (place, octet) in self.identity.iter_mut().zip(identity) {
            *place = *octet;
        }
        self.identity_len = identity.len();
        Ok(())
    }

    /// Validates the RSK once more, from the tables.
    ///
    /// # Errors
    ///
    /// - [`SakkeError::NotPrepared`] when there is no RSK yet.
    /// - [`SakkeError::RskRefused`] when it is not that of the own identity under the KMS of `z`.
    pub fn validate(&self, z: &KmsPublicKey<B>) -> Result<(), SakkeError> {
        let own = Identity::new(self.own_identity()).map_err(|_| SakkeError::NotPrepared)?;
        if self.is_of(&z.of_identity::<P>(own)) { Ok(()) } else { Err(SakkeError::RskRefused) }
    }

    /// Whether the tables hold the RSK for [b]P + Z.
    #[inline(never)]
    fn is_of(&self, sum: &Extended<B>) -> bool {
        let at = sum.affine(&sum.denominator().invert());
        let mut value = self.tables.pair(&at);
        let accepted = is_generator(&value);
        value.wipe();
        accepted
    }

    /// Back to blank: the RSK is wiped.
    pub fn clear(&mut self) {
        self.identity_len = 0;
        self.tables.wipe();
    }

    /// The SSV that R and the hint lead to.
    #[inline(never)]
    fn recover(&self, point: &Point<B>, hint: &[u8; SSV_LEN]) -> Secret<SSV_LEN> {
        let mut value = self.tables.pair(point);
        let secret = unmask(&value, hint);
        value.wipe();
        secret
    }

    /// Whether an SSV leads to R.
    #[inline(never)]
    fn leads_to(&self, ssv: &Secret<SSV_LEN>, point: &Point<B>) -> Choice {
        let mut r = ephemeral::<B>(ssv, self.own_identity());
        let mut again = Extended::NEUTRAL;
        self.tables.multiply(&r, &mut again);
        r.wipe();
        let same = again.is(point);
        again.wipe();
        same
    }

    fn own_identity(&self) -> &[u8] {
        self.identity.get(..self.identity_len).unwrap_or(&[])
    }
}

impl<P: Profile, B: Backend> SakkeDecapsulate for Decapsulator<P, B> {
    fn decapsulate(&self, sed: &[u8; SED_LEN], identity: &[u8]) -> Result<Ssv, SakkeError> {
        if self.identity_len == 0 {
            return Err(SakkeError::NotPrepared);
        }
        let Some((octets, hint)) = sed.split_first_chunk::<POINT_LEN>() else {
            return Err(SakkeError::Refused);
        };
        let Ok(hint) = <&[u8; SSV_LEN]>::try_from(hint) else { return Err(SakkeError::Refused) };
        // Every step is taken whatever is wrong, so that time tells nothing.
        let (point, valid) = Point::<B>::read(octets);
        let own = self.own_identity();
        let mine = Choice::from(u8::from(own.len() == identity.len())) & own.ct_eq(identity);
        let secret = self.recover(&point, hint);
        let accepted = valid & mine & self.leads_to(&secret, &point);
        if reveal(accepted) { Ok(Ssv::new(secret)) } else { Err(SakkeError::Refused) }
    }
}

impl<P: Profile, B: Backend> Drop for Decapsulator<P, B> {
    fn drop(&mut self) {
        self.clear();
    }
}

impl<P: Profile, B: Backend> fmt::Debug for Decapsulator<P, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Decapsulator").field("prepared", &(self.identity_len != 0)).finish_non_exhaustive()
    }
}
