//! Residues modulo p and q against `crypto-bigint`, on both back-ends.
#![allow(
    clippy::cast_possible_truncation,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use castkey::sakke::field::{ModP, ModQ, Modulus, Narrow, Residue, Wide};
use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U1024};
use proptest::prelude::*;

fn number(limbs: &[u64; 16]) -> U1024 {
    let octets: Vec<u8> = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    U1024::from_be_slice(&octets)
}

fn octets(number: &U1024) -> [u8; 128] {
    number.to_be_bytes().as_ref().try_into().unwrap()
}

/// All operations on a and b, compared with the other library.
fn compare<M: Modulus, R: Residue>(a: &[u64; 16], b: &[u64; 16]) {
    let modulus = number(&M::LIMBS);
    let params = FixedMontyParams::new(Odd::new(modulus).unwrap());
    let (a, b) = (number(a), number(b));
    let form = |n: &U1024| FixedMontyForm::new(&n.rem_vartime(&modulus.to_nz().unwrap()), &params);
    let (x, y) = (form(&a), form(&b));
    let (mine, below) = R::from_octets(&octets(&a));
    let (other, _) = R::from_octets(&octets(&b));
    assert_eq!(bool::from(below), a < modulus);
    let check =
        |mine: R, expected: FixedMontyForm<16>| assert_eq!(mine.to_octets(), octets(&expected.retrieve()));
    check(mine, x);
    check(mine.mul(&other), x * y);
    check(R::mul_add(&mine, &other, &other, &other), x * y + y * y);
    check(R::mul_add(&mine, &mine, &mine, &mine), x * x + x * x);
    let (re, im) = R::complex(&mine, &other, &other.double(), &mine);
    check(re, x * (y + y) - y * x);
    check(im, x * x + y * (y + y));
    // The largest that sums and differences leave.
    let big = mine.sub(&other).sub(&other).add(&mine).sub(&other);
    let (re, im) = R::complex(&big, &big, &big, &big);
    let z = x - y - y + x - y;
    check(re, form(&U1024::ZERO));
    check(im, z * z + z * z);
    check(mine.square(), x * x);
    check(big.square(), z * z);
    check(mine.add(&other), x + y);
    check(mine.sub(&other), x - y);
    check(mine.double(), x + x);
    check(mine.negate(), -x);
    let inverse = x.invert();
    if bool::from(inverse.is_some()) {
        check(mine.invert(), inverse.unwrap());
    } else {
        assert!(bool::from(mine.is_zero()) && bool::from(mine.invert().is_zero()));
    }
    assert_eq!(bool::from(mine.same(&other)), x == y);
    for choice in [0u8, 1] {
        let mut taken = mine;
        taken.assign_if(&other, choice.into());
        check(taken, if choice == 1 { y } else { x });
    }
    let one_hot = |at: u8| [0, 1, 2].map(|index| u64::from(index == at).wrapping_neg());
    for (at, expected) in [(0, y), (1, x), (2, y), (3, form(&U1024::ZERO))] {
        let table = [other, mine, other].map(|residue| residue.store());
        check(R::gather(table.iter().zip(one_hot(at))), expected);
    }
    check(R::load(&mine.store()), x);
    let mut wiped = mine.store();
    R::wipe_stored(&mut wiped);
    assert!(bool::from(R::load(&wiped).is_zero()));
    let mut wiped = mine;
    wiped.wipe();
    assert!(bool::from(wiped.is_zero()));
}

fn compare_all(a: &[u64; 16], b: &[u64; 16]) {
    compare::<ModP, Wide<ModP>>(a, b);
    compare::<ModP, Narrow<ModP>>(a, b);
    compare::<ModQ, Wide<ModQ>>(a, b);
    compare::<ModQ, Narrow<ModQ>>(a, b);
}

/// The limbs plus or minus a small number.
fn near(limbs: &[u64; 16], by: i64) -> [u64; 16] {
    let mut out = *limbs;
    let mut carry = i128::from(by);
    for limb in &mut out {
        carry += i128::from(*limb);
        *limb = carry as u64;
        carry >>= 64;
    }
    out
}

#[test]
fn the_edges_agree_with_another_library() {
    let mut edges =
        vec![[0; 16], near(&[0; 16], 1), near(&[0; 16], 2), [u64::MAX; 16], near(&[u64::MAX; 16], -1)];
    for modulus in [ModP::LIMBS, ModQ::LIMBS] {
        edges.extend((-2..=2).map(|by| near(&modulus, by)));
    }
    edges.extend([ModP::R, ModQ::R, ModP::R_SQUARED, ModQ::R_SQUARED]);
    for place in [0, 7, 8, 15] {
        let mut limbs = [0; 16];
        limbs[place] = u64::MAX;
        edges.push(limbs);
        limbs[place] = 1 << 63;
        edges.push(limbs);
        let mut limbs = [u64::MAX; 16];
        limbs[place] = 0;
        edges.push(limbs);
        limbs[place] = 0xFFFF_FFFF;
        edges.push(limbs);
    }
    for a in &edges {
        for b in &edges {
            compare_all(a, b);
        }
    }
}

/// Montgomery forms just below the modulus make the largest sums before reduction.
#[test]
fn the_largest_montgomery_forms_are_reduced_fully() {
    fn check<M: Modulus, R: Residue>() {
        let top: Vec<R> = (1..30).map(|by| R::from_limbs(&near(&M::LIMBS, -by))).collect();
        for a in &top {
            for b in &top {
                let product = a.mul(b);
                assert_eq!(R::mul_add(a, b, a, b).to_octets(), product.add(&product).to_octets());
                assert!(bool::from(R::mul_add(a, b, a, b).same(&product.double())));
                assert!(bool::from(R::mul_add(a, b, &a.negate(), b).is_zero()));
                assert!(bool::from(a.add(b).sub(b).same(a)));
            }
        }
    }
    check::<ModP, Wide<ModP>>();
    check::<ModP, Narrow<ModP>>();
    check::<ModQ, Wide<ModQ>>();
    check::<ModQ, Narrow<ModQ>>();
}

/// The same residues on both back-ends.
type Both = (Wide<ModP>, Narrow<ModP>);

fn agree((wide, narrow): Both) {
    assert_eq!(wide.to_octets(), narrow.to_octets());
}

fn both(limbs: &[u64; 16]) -> Both {
    let octets = octets(&number(limbs));
    (Wide::from_octets(&octets).0, Narrow::from_octets(&octets).0)
}

/// Numbers whose Montgomery form with R = 2^1037 is, digit by digit, as large or as small as it can be, and what long sums
/// and differences without a product between them leave.
fn extremes() -> Vec<Both> {
    let both_of = |a: Both, b: Both| (a.0.mul(&b.0), a.1.mul(&b.1));
    let mut radix = (Wide::ONE, Narrow::ONE);
    for _ in 0..1037 {
        radix = (radix.0.double(), radix.1.double());
    }
    let inverse = (radix.0.invert(), radix.1.invert());
    let mut ones = [u64::MAX; 16];
    ones[15] >>= 1;
    let forms = [ones, near(&ModP::LIMBS, -1), near(&[0; 16], 1), [0; 16], near(&ModP::LIMBS, -(1 << 60))];
    let mut out: Vec<Both> = forms.iter().map(|form| both_of(both(form), inverse)).collect();
    for at in 0..5 {
        let (mut x, mut y) = (out[at], out[(at + 1) % 5]);
        for step in 0..60 {
            let next =
                if step % 3 == 0 { (x.0.add(&y.0), x.1.add(&y.1)) } else { (x.0.sub(&y.0), x.1.sub(&y.1)) };
            (x, y) = (y, next);
            agree(y);
        }
        out.extend([
            x,
            y,
            (out[at].0.negate(), out[at].1.negate()),
            (x.0.double().double(), x.1.double().double()),
        ]);
    }
    out
}

#[test]
fn extreme_digits_neither_overflow_nor_fall_below_zero() {
    let extremes = extremes();
    let zero = (Wide::ZERO, Narrow::ZERO);
    for a in &extremes {
        agree((a.0.square(), a.1.square()));
        for b in &extremes {
            agree((a.0.sub(&b.0), a.1.sub(&b.1)));
            agree((a.0.add(&b.0), a.1.add(&b.1)));
            agree((a.0.mul(&b.0), a.1.mul(&b.1)));
            agree((Wide::mul_add(&a.0, &b.0, &b.0, &b.0), Narrow::mul_add(&a.1, &b.1, &b.1, &b.1)));
            for (c, d) in [(&zero, &zero), (a, b), (b, a)] {
                let wide = Wide::complex(&c.0, &a.0, &d.0, &b.0);
                let narrow = Narrow::complex(&c.1, &a.1, &d.1, &b.1);
                agree((wide.0, narrow.0));
                agree((wide.1, narrow.1));
            }
        }
    }
}

/// Without products nothing else brings a sum back below its bound.
#[test]
fn sums_and_differences_stay_bounded_however_long_the_chain() {
    for start in extremes() {
        let mut sum = start;
        let mut difference = start;
        for _ in 0..3000 {
            sum = (sum.0.add(&sum.0), sum.1.add(&sum.1));
            difference = (start.0.sub(&difference.0), start.1.sub(&difference.1));
        }
        agree(sum);
        agree(difference);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn random_residues_agree_with_another_library(a: [u64; 16], b: [u64; 16]) {
        compare_all(&a, &b);
    }

    #[test]
    fn sparse_residues_agree_with_another_library(
        a in proptest::array::uniform16(prop_oneof![Just(0), Just(u64::MAX), Just(1), any::<u64>()]),
        b in proptest::array::uniform16(prop_oneof![Just(0), Just(u64::MAX), Just(1 << 63), any::<u64>()]),
    ) {
        compare_all(&a, &b);
    }

    #[test]
    fn both_back_ends_agree_over_a_chain(a: [u64; 16], steps in proptest::collection::vec(0u8..4, 1..40)) {
        let start: Vec<u8> = a.iter().flat_map(|limb| limb.to_be_bytes()).collect();
        let start = start.as_slice().try_into().unwrap();
        let (mut wide, mut narrow) = (Wide::<ModP>::from_octets(start).0, Narrow::<ModP>::from_octets(start).0);
        let (w, n) = (wide, narrow);
        for step in steps {
            (wide, narrow) = match step {
                0 => (wide.mul(&w), narrow.mul(&n)),
                1 => (wide.add(&w), narrow.add(&n)),
                2 => (w.sub(&wide), n.sub(&narrow)),
                _ => (wide.invert(), narrow.invert()),
            };
            prop_assert_eq!(wide.to_octets(), narrow.to_octets());
        }
    }
}
