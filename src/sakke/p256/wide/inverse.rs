//! Inverses by the division steps of Bernstein and Yang (2019/266), 590 of them for every value.
//!
//! ```text
//! f = modulus, g = x; each step halves g, or swaps and then halves; after 590 steps g = 0 and f = +-1
//! d = 0, e = 1 follow modulo the modulus, so that d * x = f, e * x = g; at the end x^-1 = +-d
//! ```
//!
//! The steps need the low bits only, so 59 of them are collected in a matrix before the long numbers are touched.
//! Numbers have five limbs of 62 bits, the top one signed.
#![allow(clippy::cast_possible_truncation, reason = "the halves of a double word")]
#![allow(clippy::cast_sign_loss, clippy::cast_possible_wrap, reason = "limbs are two's complement")]

use super::words::Words;
use crate::sakke::p256::mask::Mask;

const LIMB_BITS: u32 = 62;
const LIMB: i64 = (1 << LIMB_BITS) - 1;

/// Matrices that are applied; 59 steps each.
const ROUNDS: usize = 10;
const STEPS: usize = 59;

type Limbs = [i64; 5];

/// A modulus as limbs, and its inverse modulo 2^62.
pub(super) struct Modulus {
    limbs: Limbs,
    inverse: i64,
}

/// 2^62 times the effect of 59 steps: f' = u*f + v*g, g' = q*f + r*g.
#[derive(Clone, Copy)]
struct Matrix {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

const fn limbs(words: &Words) -> Limbs {
    let [a, b, c, d] = *words;
    [
        (a as i64) & LIMB,
        ((a >> 62 | b << 2) as i64) & LIMB,
        ((b >> 60 | c << 4) as i64) & LIMB,
        ((c >> 58 | d << 6) as i64) & LIMB,
        (d >> 56) as i64,
    ]
}

const fn words(limbs: &Limbs) -> Words {
    let [a, b, c, d, e] = *limbs;
    let (a, b, c, d, e) = (a as u64, b as u64, c as u64, d as u64, e as u64);
    [a | b << 62, b >> 2 | c << 60, c >> 4 | d << 58, d >> 6 | e << 56]
}

impl Modulus {
    pub(super) const fn new(modulus: &Words) -> Self {
        let [low, ..] = *modulus;
        // Each round doubles the number of right bits, from 3 to 96.
        let mut inverse = low;
        let mut round = 0u32;
        while round < 5 {
            inverse = inverse.wrapping_mul(2u64.wrapping_sub(low.wrapping_mul(inverse)));
            round = round.wrapping_add(1);
        }
        Self { limbs: limbs(modulus), inverse: inverse as i64 & LIMB }
    }
}

/// The mask of a bit, as a signed word.
#[inline(always)]
fn ones(bit: u64) -> i64 {
    Mask::from_bit(bit).word() as i64
}

/// 59 division steps on the low limbs. `zeta` is -(delta + 1/2).
#[inline(always)]
fn division_steps(mut zeta: i64, f: i64, g: i64) -> (i64, Matrix) {
    // Beginning with 8 makes the 59 doublings reach 2^62.
    let (mut u, mut v, mut q, mut r) = (8i64, 0i64, 0i64, 8i64);
    let (mut f, mut g) = (f, g);
    for _ in 0..STEPS {
        let swap = ones(zeta as u64 >> 63);
        let odd = ones(g as u64 & 1);
        // With f negated when f and g are to be swapped, g + f is the new g in both cases.
        g = g.wrapping_add((f ^ swap).wrapping_sub(swap) & odd);
        q = q.wrapping_add((u ^ swap).wrapping_sub(swap) & odd);
        r = r.wrapping_add((v ^ swap).wrapping_sub(swap) & odd);
        let swap = swap & odd;
        zeta = (zeta ^ swap).wrapping_sub(1);
        f = f.wrapping_add(g & swap);
        u = u.wrapping_add(q & swap);
        v = v.wrapping_add(r & swap);
        g >>= 1;
        u = u.wrapping_shl(1);
        v = v.wrapping_shl(1);
    }
    (zeta, Matrix { u, v, q, r })
}

#[inline(always)]
fn product(a: i64, b: i64) -> i128 {
    i128::from(a).wrapping_mul(i128::from(b))
}

/// The matrix applied to f and g, which it divides exactly.
#[inline(always)]
fn apply(f: &mut Limbs, g: &mut Limbs, matrix: Matrix) {
    let Matrix { u, v, q, r } = matrix;
    let (mut cf, mut cg) = (0i128, 0i128);
    let mut new_f = [0; 5];
    let mut new_g = [0; 5];
    for (((to_f, to_g), f), g) in new_f.iter_mut().zip(&mut new_g).zip(&*f).zip(&*g) {
        cf = cf.wrapping_add(product(u, *f)).wrapping_add(product(v, *g));
        cg = cg.wrapping_add(product(q, *f)).wrapping_add(product(r, *g));
        *to_f = cf as i64 & LIMB;
        *to_g = cg as i64 & LIMB;
        cf >>= LIMB_BITS;
        cg >>= LIMB_BITS;
    }
    let ([_, a, b, c, d], [_, h, i, j, k]) = (new_f, new_g);
    *f = [a, b, c, d, cf as i64];
    *g = [h, i, j, k, cg as i64];
}

/// The matrix applied to d and e, with multiples of the modulus that make the division exact. Both stay above minus twice
/// the modulus and below the modulus.
#[inline(always)]
fn apply_modulo(d: &mut Limbs, e: &mut Limbs, matrix: Matrix, modulus: &Modulus) {
    let Matrix { u, v, q, r } = matrix;
    let ([d0, .., d4], [e0, .., e4]) = (*d, *e);
    let [sign_d, sign_e] = [d4 >> 63, e4 >> 63];
    let md = (u & sign_d).wrapping_add(v & sign_e);
    let me = (q & sign_d).wrapping_add(r & sign_e);
    let low_d = u.wrapping_mul(d0).wrapping_add(v.wrapping_mul(e0));
    let low_e = q.wrapping_mul(d0).wrapping_add(r.wrapping_mul(e0));
    let md = md.wrapping_sub(modulus.inverse.wrapping_mul(low_d).wrapping_add(md) & LIMB);
    let me = me.wrapping_sub(modulus.inverse.wrapping_mul(low_e).wrapping_add(me) & LIMB);

    let (mut cd, mut ce) = (0i128, 0i128);
    let mut new_d = [0; 5];
    let mut new_e = [0; 5];
    for ((((to_d, to_e), d), e), m) in new_d.iter_mut().zip(&mut new_e).zip(&*d).zip(&*e).zip(&modulus.limbs)
    {
        cd = cd.wrapping_add(product(u, *d)).wrapping_add(product(v, *e)).wrapping_add(product(md, *m));
        ce = ce.wrapping_add(product(q, *d)).wrapping_add(product(r, *e)).wrapping_add(product(me, *m));
        *to_d = cd as i64 & LIMB;
        *to_e = ce as i64 & LIMB;
        cd >>= LIMB_BITS;
        ce >>= LIMB_BITS;
    }
    let ([_, a, b, c, s], [_, h, i, j, k]) = (new_d, new_e);
    *d = [a, b, c, s, cd as i64];
    *e = [h, i, j, k, ce as i64];
}

/// Carries, so that all limbs but the top one are in 0..2^62.
#[inline(always)]
fn carried(limbs: Limbs) -> Limbs {
    let [a, b, c, d, e] = limbs;
    let b = b.wrapping_add(a >> LIMB_BITS);
    let c = c.wrapping_add(b >> LIMB_BITS);
    let d = d.wrapping_add(c >> LIMB_BITS);
    let e = e.wrapping_add(d >> LIMB_BITS);
    [a & LIMB, b & LIMB, c & LIMB, d & LIMB, e]
}

/// The value plus the modulus if it is negative.
#[inline(always)]
fn lifted(mut value: Limbs, modulus: &Modulus) -> Limbs {
    let [.., top] = value;
    let negative = ones(top as u64 >> 63);
    for (limb, m) in value.iter_mut().zip(&modulus.limbs) {
        *limb = limb.wrapping_add(m & negative);
    }
    carried(value)
}

/// The inverse of `x` modulo the modulus, 0 for 0; `x` must be below the modulus.
pub(super) fn invert(x: &Words, modulus: &Modulus) -> Words {
    let (mut f, mut g) = (modulus.limbs, limbs(x));
    let (mut d, mut e) = ([0; 5], [1, 0, 0, 0, 0]);
    let mut zeta = -1;
    for _ in 0..ROUNDS {
        let ([f0, ..], [g0, ..]) = (f, g);
        let (next, matrix) = division_steps(zeta, f0, g0);
        zeta = next;
        apply_modulo(&mut d, &mut e, matrix, modulus);
        apply(&mut f, &mut g, matrix);
    }
    // d is above minus twice the modulus: once lifted above minus the modulus, negated when f is -1, and lifted again.
    let [.., top] = f;
    let negative = ones(top as u64 >> 63);
    let mut d = lifted(d, modulus);
    for limb in &mut d {
        *limb = (*limb ^ negative).wrapping_sub(negative);
    }
    words(&lifted(carried(d), modulus))
}
