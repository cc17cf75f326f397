//! Signed combs: [k]X for a fixed X from a table, by the same steps for every k.
//!
//! ```text
//!   k = sum of (2 b[i] - 1) 2^i, i < n            every digit is +1 or -1
//!
//!   bit of tooth j, block t, column c:  i = j * SPACING + t * COLUMNS + c
//!   for c from the highest: double; for each block: add the entry that the teeth select
//! ```
//!
//! The highest tooth only gives the sign, so w teeth need 2^(w-1) entries a block.

use subtle::Choice;

use super::edwards::{Entry, Extended, MAX_ENTRIES, entry_index, masks};
use super::field::{Backend, RESIDUE_LEN, Residue, wipe_all};
use super::torus::Torus;
use crate::secret::wipe;

/// The b[i] of a scalar.
pub(super) struct SignedBits([u8; RESIDUE_LEN]);

impl SignedBits {
    /// Digits of `scalar`; `shift` is (2^n - 1)/2 modulo q for combs of n bits.
    pub(super) fn of<B: Backend>(scalar: &B::Fq, shift: &[u64; 16]) -> Self {
        let mut half = scalar.mul(&B::Fq::from_limbs(&super::params::HALF_Q));
        let mut shifted = half.add(&B::Fq::from_limbs(shift));
        let bits = Self(shifted.to_octets());
        wipe_all([&mut half, &mut shifted]);
        bits
    }

    fn bit(&self, index: usize) -> u32 {
        let octet = self.0.iter().rev().nth(index >> 3).copied().unwrap_or(0);
        u32::from(octet >> (index & 7)) & 1
    }

    /// The bits of all teeth, the lowest tooth in the lowest bit.
    fn pattern(&self, teeth: u32, spacing: usize, offset: usize) -> u32 {
        let mut pattern = 0;
        let mut index = offset;
        for tooth in 0..teeth {
            pattern |= self.bit(index).wrapping_shl(tooth);
            index = index.wrapping_add(spacing);
        }
        pattern
    }
}

impl Drop for SignedBits {
    fn drop(&mut self) {
        wipe(&mut self.0, [0; RESIDUE_LEN]);
    }
}

/// The shape of a comb: how many bits lie between the teeth, and how many columns a block has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Shape {
    pub(super) teeth: u32,
    pub(super) spacing: usize,
    pub(super) columns: usize,
}

impl Shape {
    /// For each entry of a block the selected teeth among `below`, the lower ones.
    fn selected(index: u32, tooth: usize) -> bool {
        u32::try_from(tooth).is_ok_and(|tooth| index.wrapping_shr(tooth) & 1 == 1)
    }
}

/// Sum of the products of several combs with their scalars, in `sum`.
pub(super) fn multiply<B: Backend, const N: usize>(
    shape: Shape, terms: &[(&[[Entry<B>; N]], &SignedBits)], sum: &mut Extended<B>,
) {
    *sum = Extended::NEUTRAL;
    let steps = terms.iter().map(|(blocks, _)| blocks.len()).sum::<usize>();
    let mut begun = false;
    for column in (0..shape.columns).rev() {
        if begun {
            sum.double_in_place();
        }
        let mut left = steps;
        for (blocks, bits) in terms {
            let mut offset = column;
            for block in *blocks {
                let (index, negate) =
                    entry_index(bits.pattern(shape.teeth, shape.spacing, offset), shape.teeth);
                left = left.wrapping_sub(1);
                let mut entry = Entry::read(block, index, negate);
                if begun {
                    sum.add_entry(&entry, left != 0 || column == 0);
                } else {
                    *sum = Extended::from_entry(&entry);
                    begun = true;
                }
                entry.wipe();
                offset = offset.wrapping_add(shape.columns);
            }
        }
    }
}

/// The power of a comb of PF_p, in `product`.
pub(super) fn power<B: Backend, const N: usize>(
    shape: Shape, blocks: &[[<B::Fp as Residue>::Stored; N]], bits: &SignedBits, product: &mut Torus<B>,
) {
    *product = Torus::ONE;
    let (pairs, rest) = blocks.as_chunks::<2>();
    for column in (0..shape.columns).rev() {
        if column.wrapping_add(1) != shape.columns {
            *product = product.square();
        }
        let mut offset = column;
        let mut next = |block: &[_; N]| {
            let (index, negate) = entry_index(bits.pattern(shape.teeth, shape.spacing, offset), shape.teeth);
            offset = offset.wrapping_add(shape.columns);
            read_power::<B>(block, index, negate)
        };
        for [first, second] in pairs {
            let (mut one, mut other) = (next(first), next(second));
            let mut both = Torus::product_of_two(&one, &other);
            *product = product.mul(&both);
            wipe_all([&mut one, &mut other]);
            both.wipe();
        }
        for block in rest {
            let mut entry = next(block);
            *product = product.times_one_plus(&entry);
            entry.wipe();
        }
    }
}

fn read_power<B: Backend>(table: &[<B::Fp as Residue>::Stored], index: u32, negate: Choice) -> B::Fp {
    let mut masks = masks(index);
    let mut found = B::Fp::gather(table.iter().zip(masks.iter().copied()));
    let mut negated = found.negate();
    found.assign_if(&negated, negate);
    negated.wipe();
    wipe(&mut masks, [0; MAX_ENTRIES]);
    found
}

/// The most teeth of any comb here.
const MAX_TEETH: usize = 6;

/// Fills the blocks of a comb for `point`, of order q, in place.
pub(super) fn prepare<B: Backend, const N: usize>(
    shape: Shape, blocks: &mut [[Entry<B>; N]], point: &Extended<B>,
) {
    let mut start = *point;
    for block in blocks {
        // What the entries start from, the top tooth less the lower ones; and twice each of the lower ones.
        let mut lowest = Extended::NEUTRAL;
        let mut doubles = [Extended::NEUTRAL; MAX_TEETH - 1];
        let mut tooth = start;
        for (place, _) in doubles.iter_mut().zip(1..shape.teeth) {
            *place = tooth.negate();
            lowest.add_in_place(place);
            *place = tooth;
            place.double_in_place();
            tooth.double_times_in_place(shape.spacing);
        }
        lowest.add_in_place(&tooth);
        for (entry, index) in block.iter_mut().zip(0u32..) {
            tooth = lowest;
            for ((double, _), at) in doubles.iter().zip(1..shape.teeth).zip(0usize..) {
                if Shape::selected(index, at) {
                    tooth.add_in_place(double);
                }
            }
            *entry = tooth.entry();
        }
        start.double_times_in_place(shape.columns);
    }
}

/// Fills the blocks of a comb of PF_p for `element`, of order q, in place.
pub(super) fn prepare_power<B: Backend, const N: usize>(
    shape: Shape, blocks: &mut [[<B::Fp as Residue>::Stored; N]], element: &B::Fp,
) {
    let mut start = Torus::<B>::one_plus(element);
    for block in blocks {
        let mut teeth = [Torus::ONE; MAX_TEETH];
        let mut tooth = start;
        for (place, _) in teeth.iter_mut().zip(0..shape.teeth) {
            *place = tooth;
            tooth = tooth.square_times(shape.spacing);
        }
        let top = teeth.iter().zip(0..shape.teeth).last().map_or(Torus::ONE, |(tooth, _)| *tooth);
        for (entry, index) in block.iter_mut().zip(0u32..) {
            let mut product = top;
            for ((tooth, _), at) in teeth.iter().zip(1..shape.teeth).zip(0usize..) {
                let tooth = if Shape::selected(index, at) { *tooth } else { tooth.conjugate() };
                product = product.mul(&tooth);
            }
            *entry = product.quotient().store();
        }
        start = start.square_times(shape.columns);
    }
}
