//! Inverses by Fermat: a fixed number of squarings and products, so nothing depends on the value.

use super::residue::Residue;

/// `x^(p - 2)`: 255 squarings, 12 products. `xN` is `x^(2^N - 1)`.
///
/// ```text
/// p - 2 = ffffffff 00000001 00000000 00000000 00000000 ffffffff ffffffff fffffffd
/// ```
pub(super) fn field_inverse<F: Residue>(x: &F) -> F {
    let x2 = x.square().mul(x);
    let x4 = x2.squared(2).mul(&x2);
    let x8 = x4.squared(4).mul(&x4);
    let x16 = x8.squared(8).mul(&x8);
    let x32 = x16.squared(16).mul(&x16);
    let x24 = x16.squared(8).mul(&x8);
    let x28 = x24.squared(4).mul(&x4);
    let x30 = x28.squared(2).mul(&x2);
    x32.squared(32)
        .mul(x)
        .squared(128)
        .mul(&x32)
        .squared(32)
        .mul(&x32)
        .squared(30)
        .mul(&x30)
        .squared(2)
        .mul(x)
}

/// The low half of n - 2, in four bits each from the top.
const LOW_HALF: [u8; 32] = [
    0xb, 0xc, 0xe, 0x6, 0xf, 0xa, 0xa, 0xd, 0xa, 0x7, 0x1, 0x7, 0x9, 0xe, 0x8, 0x4, 0xf, 0x3, 0xb, 0x9, 0xc,
    0xa, 0xc, 0x2, 0xf, 0xc, 0x6, 0x3, 0x2, 0x5, 0x4, 0xf,
];

/// `x^(n - 2)`: about 260 squarings and 50 products, in an order fixed by n.
///
/// ```text
/// n - 2 = ffffffff 00000000 ffffffff ffffffff | bce6faad a7179e84 f3b9cac2 fc63254f
/// ```
pub(super) fn scalar_inverse<S: Residue>(x: &S) -> S {
    let mut powers = [S::ONE; 16];
    let mut power = S::ONE;
    for to in &mut powers {
        *to = power;
        power = power.mul(x);
    }
    let [.., x4] = powers;
    let x8 = x4.squared(4).mul(&x4);
    let x16 = x8.squared(8).mul(&x8);
    let x32 = x16.squared(16).mul(&x16);
    let mut out = x32.squared(64).mul(&x32).squared(32).mul(&x32);
    for digit in LOW_HALF {
        // The digits are n's, so their places are no secret.
        out = out.squared(4).mul(powers.get(usize::from(digit)).unwrap_or(&S::ONE));
    }
    out
}
