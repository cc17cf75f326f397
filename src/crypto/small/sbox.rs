//! The S-box of AES as a circuit: 32 octets at once, bit by bit.
//!
//! ```text
//! x  ->  linear layer  ->  inverse in GF(((2^2)^2)^2)  ->  linear layer, XOR 63  ->  S(x)
//! ```
//!
//! The formulas are those of J. Boyar and R. Peralta, "A new combinational logic minimization technique with applications to
//! cryptology" (2010): 32 AND, 79 XOR, 4 XNOR. The names are theirs, too: `x0` is the highest bit, `y` leads into the inverse,
//! `z` out of it.

/// Replaces each of 32 octets by its S-box entry; word `i` holds bit `i` of all of them.
pub(super) fn sub_bytes(bits: &mut [u32; 8]) {
    let [x7, x6, x5, x4, x3, x2, x1, x0] = *bits;

    let y14 = x3 ^ x5;
    let y13 = x0 ^ x6;
    let y9 = x0 ^ x3;
    let y8 = x0 ^ x5;
    let t0 = x1 ^ x2;
    let y1 = t0 ^ x7;
    let y4 = y1 ^ x3;
    let y12 = y13 ^ y14;
    let y2 = y1 ^ x0;
    let y5 = y1 ^ x6;
    let y3 = y5 ^ y8;
    let t1 = x4 ^ y12;
    let y15 = t1 ^ x5;
    let y20 = t1 ^ x1;
    let y6 = y15 ^ x7;
    let y10 = y15 ^ t0;
    let y11 = y20 ^ y9;
    let y7 = x7 ^ y11;
    let y17 = y10 ^ y11;
    let y19 = y10 ^ y8;
    let y16 = t0 ^ y11;
    let y21 = y13 ^ y16;
    let y18 = x0 ^ y16;

    let t2 = y12 & y15;
    let t4 = (y3 & y6) ^ t2;
    let t6 = (y4 & x7) ^ t2;
    let t7 = y13 & y16;
    let t9 = (y5 & y1) ^ t7;
    let t11 = (y2 & y7) ^ t7;
    let t12 = y9 & y11;
    let t14 = (y14 & y17) ^ t12;
    let t16 = (y8 & y10) ^ t12;
    let t21 = t4 ^ t14 ^ y20;
    let t22 = t6 ^ t16 ^ y19;
    let t23 = t9 ^ t14 ^ y21;
    let t24 = t11 ^ t16 ^ y18;

    let t25 = t21 ^ t22;
    let t26 = t21 & t23;
    let t27 = t24 ^ t26;
    let t29 = (t25 & t27) ^ t22;
    let t30 = t23 ^ t24;
    let t31 = t22 ^ t26;
    let t33 = (t31 & t30) ^ t24;
    let t34 = t23 ^ t33;
    let t35 = t27 ^ t33;
    let t36 = t24 & t35;
    let t37 = t36 ^ t34;
    let t38 = t27 ^ t36;
    let t40 = t25 ^ (t29 & t38);
    let t41 = t40 ^ t37;
    let t42 = t29 ^ t33;
    let t43 = t29 ^ t40;
    let t44 = t33 ^ t37;
    let t45 = t42 ^ t41;

    let z0 = t44 & y15;
    let z1 = t37 & y6;
    let z2 = t33 & x7;
    let z3 = t43 & y16;
    let z4 = t40 & y1;
    let z5 = t29 & y7;
    let z6 = t42 & y11;
    let z7 = t45 & y17;
    let z8 = t41 & y10;
    let z9 = t44 & y12;
    let z10 = t37 & y3;
    let z11 = t33 & y4;
    let z12 = t43 & y13;
    let z13 = t40 & y5;
    let z14 = t29 & y2;
    let z15 = t42 & y9;
    let z16 = t45 & y14;
    let z17 = t41 & y8;

    let t46 = z15 ^ z16;
    let t47 = z10 ^ z11;
    let t48 = z5 ^ z13;
    let t49 = z9 ^ z10;
    let t50 = z2 ^ z12;
    let t51 = z2 ^ z5;
    let t52 = z7 ^ z8;
    let t53 = z0 ^ z3;
    let t54 = z6 ^ z7;
    let t55 = z16 ^ z17;
    let t56 = z12 ^ t48;
    let t57 = t50 ^ t53;
    let t58 = z4 ^ t46;
    let t59 = z3 ^ t54;
    let t60 = t46 ^ t57;
    let t61 = z14 ^ t57;
    let t62 = t52 ^ t58;
    let t63 = t49 ^ t58;
    let t64 = z4 ^ t59;
    let t65 = t61 ^ t62;
    let t66 = z1 ^ t63;
    let t67 = t64 ^ t65;
    let s0 = t59 ^ t63;
    let s3 = t53 ^ t66;
    let s1 = !(t64 ^ s3);
    let s2 = !(t55 ^ t67);
    let s4 = t51 ^ t66;
    let s5 = t47 ^ t65;
    let s6 = !(t56 ^ t62);
    let s7 = !(t48 ^ t60);

    *bits = [s7, s6, s5, s4, s3, s2, s1, s0];
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    /// Product in GF(2^8) with the polynomial of FIPS 197 §4.2.
    fn product(mut a: u8, mut b: u8) -> u8 {
        let mut sum = 0;
        while b != 0 {
            sum ^= if b & 1 == 1 { a } else { 0 };
            a = (a << 1) ^ if a & 0x80 == 0 { 0 } else { 0x1B };
            b >>= 1;
        }
        sum
    }

    /// FIPS 197 §5.1.1: the inverse, then the affine map.
    fn entry(x: u8) -> u8 {
        let inverse = (0..=255).find(|y| product(x, *y) == 1).unwrap_or(0);
        (0..5).fold(0x63, |sum, turn| sum ^ inverse.rotate_left(turn))
    }

    #[test]
    fn every_octet_is_replaced_by_the_affine_image_of_its_inverse() {
        let octets: std::vec::Vec<u8> = (0..=255).collect();
        for octets in octets.as_chunks::<32>().0 {
            let mut bits = [0u32; 8];
            for (lane, octet) in octets.iter().enumerate() {
                for (bit, word) in bits.iter_mut().enumerate() {
                    *word |= u32::from(octet >> bit & 1) << lane;
                }
            }
            sub_bytes(&mut bits);
            for (lane, octet) in octets.iter().enumerate() {
                let found = bits.iter().rev().fold(0, |sum, word| sum << 1 | (word >> lane & 1));
                assert_eq!(found, u32::from(entry(*octet)), "{octet:02x}");
            }
        }
    }
}
