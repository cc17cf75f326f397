//! Points as they travel: 04, x and y.

use super::residue::{RESIDUE_LEN, Residue};

/// Octets of an uncompressed point.
///
/// ```text
/// 04 | x (32) | y (32)
/// ```
pub(crate) const POINT_LEN: usize = 65;

/// The first octet of an uncompressed point (SEC 1 §2.3.3).
const UNCOMPRESSED: u8 = 4;

/// b of the curve equation, in Montgomery form.
const B: [u64; 4] =
    [0xd89c_df62_29c4_bddf, 0xacf0_05cd_7884_3090, 0xe5a2_20ab_f721_2ed6, 0xdc30_061d_0487_4834];

/// The base point, in Montgomery form.
#[cfg(test)]
const G: [[u64; 4]; 2] = [
    [0x79e7_30d4_18a9_143c, 0x75ba_95fc_5fed_b601, 0x79fb_732b_7762_2510, 0x1890_5f76_a537_55c6],
    [0xddf2_5357_ce95_560a, 0x8b4a_b8e4_ba19_e45c, 0xd2e8_8688_dd21_f325, 0x8571_ff18_2588_5d85],
];

/// A point of the curve other than infinity.
#[derive(Clone, Copy)]
pub(crate) struct Affine<F> {
    pub(super) x: F,
    pub(super) y: F,
}

/// b of the curve equation.
#[inline(always)]
pub(super) fn b<F: Residue>() -> F {
    F::from_words(&B)
}

impl<F: Residue> Affine<F> {
    /// The base point.
    #[cfg(test)]
    pub(super) fn base() -> Self {
        let [x, y] = &G;
        Self { x: F::from_words(x), y: F::from_words(y) }
    }

    /// The point that the octets are: uncompressed, both coordinates below p, on the curve. The octets are public.
    pub(crate) fn from_octets(octets: &[u8; POINT_LEN]) -> Option<Self> {
        let (tag, rest) = octets.split_first()?;
        let (x, rest) = rest.split_first_chunk::<RESIDUE_LEN>()?;
        let y = rest.first_chunk::<RESIDUE_LEN>()?;
        if *tag != UNCOMPRESSED {
            return None;
        }
        let (x, y) = (F::from_octets(x)?, F::from_octets(y)?);
        // y^2 = x^3 - 3x + b. Infinity has no affine form, and (0, 0) is not on the curve as b is not 0.
        let right = x.square().mul(&x).sub(&x.double()).sub(&x).add(&b());
        y.square().equals(&right).reveal().then_some(Self { x, y })
    }

    /// 04, x and y.
    pub(crate) fn octets(&self) -> [u8; POINT_LEN] {
        let mut out = [UNCOMPRESSED; POINT_LEN];
        let coordinates = self.x.octets().into_iter().chain(self.y.octets());
        for (to, octet) in out.iter_mut().skip(1).zip(coordinates) {
            *to = octet;
        }
        out
    }

    /// The x-coordinate.
    pub(crate) const fn x(&self) -> &F {
        &self.x
    }

    #[inline(always)]
    pub(super) fn unpack(packed: &[u64; 8]) -> Self {
        let [a, b, c, d, e, f, g, h] = *packed;
        Self { x: F::from_words(&[a, b, c, d]), y: F::from_words(&[e, f, g, h]) }
    }

    pub(super) fn pack(&self) -> [u64; 8] {
        let ([a, b, c, d], [e, f, g, h]) = (self.x.words(), self.y.words());
        [a, b, c, d, e, f, g, h]
    }
}
