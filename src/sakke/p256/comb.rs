//! Scalar times G in a fixed sequence of steps: a signed comb.
//!
//! ```text
//! odd k = sum of +-2^i, i = 0..257     digit i is +1 where bit i of (k + 2^258 - 1) / 2 is 1
//! column c holds the digits c, c+43, .. c+215 (six teeth); block b holds its columns b*s .. b*s+s-1, s the spacing
//! table of a column 6j: 2^(6j) * (2^215 +- 2^172 +- 2^129 +- 2^86 +- 2^43 +- 1), 32 points; the top tooth is the sign
//! ```
//!
//! An even k is replaced by n - k and the result negated. No digit is 0, so every column adds one point.

use super::affine::Affine;
use super::comb_table::{BLOCK_0, BLOCK_6, BLOCK_12, BLOCK_18, BLOCK_24, BLOCK_30, BLOCK_36, BLOCK_42};
use super::complete::Complete;
use super::mask::Mask;
use super::residue::Residue;
use super::sum::PackedPoint;
use crate::secret::wipe;

/// Teeth of the comb.
const TEETH: usize = 6;

/// Columns: digits between two teeth.
const COLUMNS: usize = 43;

/// Points of a block.
pub(crate) const BLOCK_LEN: usize = 1 << (TEETH - 1);

/// The points of the column that a block begins with.
pub(crate) type Block = [PackedPoint; BLOCK_LEN];

/// Blocks of a comb, and the columns that each of them serves.
pub(crate) struct Comb {
    /// The columns from one block to the next; the doublings are one fewer.
    pub(super) spacing: usize,
    blocks: &'static [&'static Block],
}

/// 4 KiB, 43 additions, 23 doublings.
pub(crate) static DEVICE_COMB: Comb = Comb { spacing: 24, blocks: &[&BLOCK_0, &BLOCK_24] };

/// 16 KiB, 43 additions, 5 doublings.
pub(crate) static SERVER_COMB: Comb = Comb {
    spacing: 6,
    blocks: &[&BLOCK_0, &BLOCK_6, &BLOCK_12, &BLOCK_18, &BLOCK_24, &BLOCK_30, &BLOCK_36, &BLOCK_42],
};

/// The digits of a scalar, one bit each, in five words.
pub(super) struct Digits([u64; 5]);

impl Digits {
    /// The digits of `scalar` or of its negative, whichever is odd; ones where it is the negative.
    pub(super) fn of<S: Residue>(scalar: &S) -> (Self, Mask) {
        let [low, ..] = scalar.integer();
        let even = Mask::zero(low & 1);
        let [a, b, c, d] = scalar.select(&scalar.neg(), even).integer();
        // Half of it, rounded down, and 2^257.
        (Self([a >> 1 | b << 63, b >> 1 | c << 63, c >> 1 | d << 63, d >> 1, 2]), even)
    }

    fn bit(&self, place: usize) -> u64 {
        self.0.get(place >> 6).copied().unwrap_or(0) >> (place & 63) & 1
    }

    /// The place in a block of the point of a column, and 1 where that point is to be negated.
    pub(super) fn column(&self, column: usize) -> (u64, u64) {
        let mut place = 0;
        for tooth in (0..TEETH).rev() {
            place = place << 1 | self.bit(column.wrapping_add(tooth.wrapping_mul(COLUMNS)));
        }
        let negative = place >> (TEETH - 1) ^ 1;
        let ones = negative.wrapping_neg();
        ((place ^ ones) & 31, negative)
    }
}

impl Comb {
    /// The blocks that have a point to add in a round, with its column. Round 0 is the last one.
    pub(super) fn round(&self, round: usize) -> impl Iterator<Item = (&'static Block, usize)> {
        let spacing = self.spacing;
        self.blocks
            .iter()
            .enumerate()
            .map(move |(block, points)| (*points, block.wrapping_mul(spacing).wrapping_add(round)))
            .filter(|(_, column)| *column < COLUMNS)
    }
}

/// Reads every point and keeps one.
#[inline(always)]
fn look_up(block: &Block, place: u64) -> PackedPoint {
    let mut out = [0; 8];
    for (at, point) in (0u64..).zip(block) {
        let mask = Mask::equal(at, place).word();
        for (to, word) in out.iter_mut().zip(point) {
            *to |= word & mask;
        }
    }
    out
}

/// `scalar * G`, in the same steps for every scalar. The scalar must not be 0.
pub(crate) fn times_g<F: Residue, S: Residue>(comb: &Comb, scalar: &S) -> Complete<F> {
    let (mut digits, negated) = Digits::of(scalar);
    let mut sum = Complete::<F>::INFINITY;
    for round in (0..comb.spacing).rev() {
        if round.wrapping_add(1) != comb.spacing {
            sum = sum.double();
        }
        for (block, column) in comb.round(round) {
            let (place, negative) = digits.column(column);
            let Affine { x, y } = Affine::<F>::unpack(&look_up(block, place));
            let negative = Mask::from_bit(negative).differs(negated);
            let y = y.select(&y.neg(), negative);
            sum = sum.add(&Affine { x, y });
        }
    }
    wipe(&mut digits.0, [0; 5]);
    sum
}
