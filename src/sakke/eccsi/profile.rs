//! How much memory to spend for speed.
//!
//! ```text
//!          table of G        table of a KPAK
//! Device    4 KiB, flash      1 KiB
//! Server   32 KiB            16 KiB
//! ```

use crate::sakke::p256::{
    COMB_BLOCK_LEN, DEVICE_COMB, GTerm, ODD_G, ODD_G_WIDTH, OddMultiples, PackedPoint, SERVER_COMB,
};

pub use crate::sakke::profile::{Device, Server};

/// One of [`Device`] and [`Server`].
pub trait Profile: parameters::Parameters {
    /// Octets of the constant tables of G.
    const G_TABLE_LEN: usize;
    /// Octets of a [`KpakTable`](super::KpakTable)'s points.
    const KPAK_TABLE_LEN: usize;
}

const PACKED_LEN: usize = size_of::<PackedPoint>();
const BLOCK_LEN: usize = COMB_BLOCK_LEN.saturating_mul(PACKED_LEN);

/// Width of the digits of KPAK's scalar, and the odd multiples of KPAK that such digits need.
const DEVICE_WIDTH: u32 = 6;
const DEVICE_MULTIPLES: usize = 16;
const SERVER_WIDTH: u32 = 10;
const SERVER_MULTIPLES: usize = 256;

impl Profile for Device {
    const G_TABLE_LEN: usize = BLOCK_LEN.saturating_mul(2);
    const KPAK_TABLE_LEN: usize = size_of::<[PackedPoint; DEVICE_MULTIPLES]>();
}

impl Profile for Server {
    const G_TABLE_LEN: usize =
        BLOCK_LEN.saturating_mul(8).saturating_add(ODD_G.len().saturating_mul(PACKED_LEN));
    const KPAK_TABLE_LEN: usize = size_of::<[PackedPoint; SERVER_MULTIPLES]>();
}

/// What a profile is made of; not for other crates.
pub(super) mod parameters {
    use crate::sakke::p256::{Comb, GTerm, PackedPoint};

    #[allow(private_interfaces, unreachable_pub, reason = "seals the public trait above it")]
    pub trait Parameters {
        /// The odd multiples of a KPAK.
        type Multiples: AsRef<[PackedPoint]> + AsMut<[PackedPoint]> + Copy;
        const NO_MULTIPLES: Self::Multiples;
        const WIDTH: u32;

        fn comb() -> &'static Comb;
        fn g() -> GTerm;
    }
}

#[allow(private_interfaces, reason = "as of the trait")]
impl parameters::Parameters for Device {
    type Multiples = [PackedPoint; DEVICE_MULTIPLES];
    const NO_MULTIPLES: Self::Multiples = [[0; 8]; DEVICE_MULTIPLES];
    const WIDTH: u32 = DEVICE_WIDTH;

    fn comb() -> &'static crate::sakke::p256::Comb {
        &DEVICE_COMB
    }

    fn g() -> GTerm {
        GTerm::Comb(&DEVICE_COMB)
    }
}

#[allow(private_interfaces, reason = "as of the trait")]
impl parameters::Parameters for Server {
    type Multiples = [PackedPoint; SERVER_MULTIPLES];
    const NO_MULTIPLES: Self::Multiples = [[0; 8]; SERVER_MULTIPLES];
    const WIDTH: u32 = SERVER_WIDTH;

    fn comb() -> &'static crate::sakke::p256::Comb {
        &SERVER_COMB
    }

    fn g() -> GTerm {
        GTerm::Odd(OddMultiples { points: &ODD_G, width: ODD_G_WIDTH })
    }
}
