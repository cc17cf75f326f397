//! Two sizes of the same thing, told apart by type.
//!
//! ```text
//!            comb               octets a point   P and g              RSK
//!   Device   5 teeth, 1 block   6 KiB            constants            the point itself
//!   Server   6 teeth, 4 blocks  48 KiB           constant, 16 KiB     2393 residues, 299.1 KiB
//! ```

use core::fmt::Debug;

use super::comb::{self, Shape, SignedBits};
use super::edwards::{Entry, Extended};
use super::field::{Backend, RESIDUE_LEN, Residue};
use super::lines::{self, LINE_COEFFICIENTS};
use super::pairing;
use super::params::{G, SHIFT_1025, SHIFT_1032};
use super::point::Point;
use super::torus::Torus;

/// Octets of a table for one point of a [`Device`].
pub const DEVICE_POINT_TABLE_LEN: usize = 16 * 3 * RESIDUE_LEN;
/// Octets of a table for one point of a [`Server`].
pub const SERVER_POINT_TABLE_LEN: usize = 4 * 32 * 3 * RESIDUE_LEN;
/// Octets of the table for g of a [`Server`].
pub const SERVER_GENERATOR_TABLE_LEN: usize = 4 * 32 * RESIDUE_LEN;
/// Octets of the table for an RSK of a [`Server`].
pub const SERVER_RSK_TABLE_LEN: usize = LINE_COEFFICIENTS * RESIDUE_LEN;

pub(super) const DEVICE_SHAPE: Shape = Shape { teeth: 5, spacing: 205, columns: 205 };
pub(super) const SERVER_SHAPE: Shape = Shape { teeth: 6, spacing: 172, columns: 43 };

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::Device {}
    impl Sealed for super::Server {}
}

/// Small tables: 6 KiB for each Z or own identity, nothing for an RSK; those of P and g are constants.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Device;

/// Large tables: 48 KiB for each point, 16 KiB for g, 299.1 KiB for an own RSK; that of P is a constant.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Server;

/// How much memory is spent for speed: [`Device`] or [`Server`].
pub trait Profile: sealed::Sealed + Debug + 'static {
    /// The tables for sending.
    #[doc(hidden)]
    type Sending<B: Backend>: Sending<B>;
    /// The tables of one receiver.
    #[doc(hidden)]
    type Receiving<B: Backend>: Receiving<B>;
}

impl Profile for Device {
    type Sending<B: Backend> = DeviceSending<B>;
    type Receiving<B: Backend> = DeviceReceiving<B>;
}

impl Profile for Server {
    type Sending<B: Backend> = ServerSending<B>;
    type Receiving<B: Backend> = ServerReceiving<B>;
}

/// Tables for sending.
#[doc(hidden)]
pub trait Sending<B: Backend>: Debug {
    /// Not prepared.
    const BLANK: Self;
    /// Fills the tables in place.
    fn prepare(&mut self, z: &Point<B>);
    /// [k]P + [r]Z and g^r, in `sum` and `power`.
    fn multiply(&self, k: &B::Fq, r: &B::Fq, sum: &mut Extended<B>, power: &mut Torus<B>);
}

/// Tables of one receiver.
#[doc(hidden)]
pub trait Receiving<B: Backend>: Debug {
    /// Not prepared.
    const BLANK: Self;
    /// Fills the tables in place: `sum` is [b]P + Z.
    fn prepare(&mut self, sum: &Extended<B>, rsk: &Point<B>);
    /// [k]P, from a constant table, in `product`.
    fn times_generator(k: &B::Fq, product: &mut Extended<B>);
    /// [r]([b]P + Z), in `sum`.
    fn multiply(&self, r: &B::Fq, sum: &mut Extended<B>);
    /// `<R, RSK>`.
    fn pair(&self, r: &Point<B>) -> Torus<B>;
    /// Wipes all that tells the RSK.
    fn wipe(&mut self);
}

macro_rules! opaque {
    ($($name:ident),*) => {
        $(impl<B: Backend> Debug for $name<B> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(concat!(stringify!($name), "(..)"))
            }
        })*
    };
}

opaque!(DeviceSending, DeviceReceiving, ServerSending, ServerReceiving);

/// What a device needs for sending.
#[doc(hidden)]
pub struct DeviceSending<B: Backend> {
    z: [[Entry<B>; 16]; 1],
}

impl<B: Backend> Sending<B> for DeviceSending<B> {
    const BLANK: Self = Self { z: [[Entry::BLANK; 16]; 1] };

    fn prepare(&mut self, z: &Point<B>) {
        comb::prepare(DEVICE_SHAPE, &mut self.z, &Extended::from_point(z));
    }

    fn multiply(&self, k: &B::Fq, r: &B::Fq, sum: &mut Extended<B>, power: &mut Torus<B>) {
        let (k, r) = (SignedBits::of::<B>(k, &SHIFT_1025), SignedBits::of::<B>(r, &SHIFT_1025));
        comb::multiply(DEVICE_SHAPE, &[(core::slice::from_ref(B::P_COMB), &k), (&self.z, &r)], sum);
        comb::power(DEVICE_SHAPE, core::slice::from_ref(B::G_COMB), &r, power);
    }
}

/// What a device needs for receiving.
#[doc(hidden)]
pub struct DeviceReceiving<B: Backend> {
    sum: [[Entry<B>; 16]; 1],
    rsk: Point<B>,
}

impl<B: Backend> Receiving<B> for DeviceReceiving<B> {
    const BLANK: Self = Self { sum: [[Entry::BLANK; 16]; 1], rsk: Point::BLANK };

    fn prepare(&mut self, sum: &Extended<B>, rsk: &Point<B>) {
        comb::prepare(DEVICE_SHAPE, &mut self.sum, sum);
        self.rsk = *rsk;
    }

    fn times_generator(k: &B::Fq, product: &mut Extended<B>) {
        let bits = SignedBits::of::<B>(k, &SHIFT_1025);
        comb::multiply(DEVICE_SHAPE, &[(core::slice::from_ref(B::P_COMB), &bits)], product);
    }

    fn multiply(&self, r: &B::Fq, sum: &mut Extended<B>) {
        comb::multiply(DEVICE_SHAPE, &[(&self.sum, &SignedBits::of::<B>(r, &SHIFT_1025))], sum);
    }

    fn pair(&self, r: &Point<B>) -> Torus<B> {
        pairing::pair(&self.rsk, r)
    }

    fn wipe(&mut self) {
        self.rsk.wipe();
    }
}

/// What a server needs for sending.
#[doc(hidden)]
pub struct ServerSending<B: Backend> {
    z: [[Entry<B>; 32]; 4],
    g: [[<B::Fp as Residue>::Stored; 32]; 4],
}

impl<B: Backend> Sending<B> for ServerSending<B> {
    const BLANK: Self = Self { z: [[Entry::BLANK; 32]; 4], g: [[B::Fp::EMPTY; 32]; 4] };

    fn prepare(&mut self, z: &Point<B>) {
        comb::prepare(SERVER_SHAPE, &mut self.z, &Extended::from_point(z));
        comb::prepare_power::<B, 32>(SERVER_SHAPE, &mut self.g, &B::Fp::from_limbs(&G));
    }

    fn multiply(&self, k: &B::Fq, r: &B::Fq, sum: &mut Extended<B>, power: &mut Torus<B>) {
        let (k, r) = (SignedBits::of::<B>(k, &SHIFT_1032), SignedBits::of::<B>(r, &SHIFT_1032));
        comb::multiply(SERVER_SHAPE, &[(B::SERVER_P_COMB, &k), (&self.z, &r)], sum);
        comb::power(SERVER_SHAPE, &self.g, &r, power);
    }
}

/// What a server needs for receiving.
#[doc(hidden)]
pub struct ServerReceiving<B: Backend> {
    sum: [[Entry<B>; 32]; 4],
    lines: [<B::Fp as Residue>::Stored; LINE_COEFFICIENTS],
}

impl<B: Backend> Receiving<B> for ServerReceiving<B> {
    const BLANK: Self = Self { sum: [[Entry::BLANK; 32]; 4], lines: [B::Fp::EMPTY; LINE_COEFFICIENTS] };

    fn prepare(&mut self, sum: &Extended<B>, rsk: &Point<B>) {
        comb::prepare(SERVER_SHAPE, &mut self.sum, sum);
        lines::prepare(&mut self.lines, rsk);
    }

    fn times_generator(k: &B::Fq, product: &mut Extended<B>) {
        comb::multiply(SERVER_SHAPE, &[(B::SERVER_P_COMB, &SignedBits::of::<B>(k, &SHIFT_1032))], product);
    }

    fn multiply(&self, r: &B::Fq, sum: &mut Extended<B>) {
        comb::multiply(SERVER_SHAPE, &[(&self.sum, &SignedBits::of::<B>(r, &SHIFT_1032))], sum);
    }

    fn pair(&self, r: &Point<B>) -> Torus<B> {
        lines::pair(&self.lines, r)
    }

    fn wipe(&mut self) {
        for residue in &mut self.lines {
            B::Fp::wipe_stored(residue);
        }
    }
}
