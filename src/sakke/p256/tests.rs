//! Residues, points and tables against `crypto-bigint` and `p256`, in both word sizes.
#![allow(clippy::arithmetic_side_effects, clippy::cast_possible_truncation, reason = "tests")]
extern crate std;

use std::vec::Vec;

use crypto_bigint::{NonZero, U256};
use p256::elliptic_curve::PrimeField;
use p256::elliptic_curve::sec1::{FromSec1Point, ToSec1Point};
use p256::{AffinePoint, ProjectivePoint, Sec1Point};
use proptest::prelude::*;

use super::affine::{Affine, POINT_LEN};
use super::comb::{Comb, DEVICE_COMB, SERVER_COMB, times_g};
use super::complete::Complete;
use super::jacobian::Jacobian;
use super::odd_table::{ODD_G, ODD_G_WIDTH};
use super::residue::Residue;
use super::sum::{GTerm, OddMultiples, PackedPoint, prepare_odd_multiples, sum};
use super::wnaf::{DIGITS, place, wnaf};
use super::{Arithmetic, N, Narrow, P, Wide};

mod tables;

type Octets = [u8; 32];

fn big(words: [u64; 4]) -> U256 {
    let octets: Vec<u8> = words.iter().rev().flat_map(|word| word.to_be_bytes()).collect();
    U256::from_be_slice(&octets)
}

fn octets_of(value: &U256) -> Octets {
    let mut out = [0; 32];
    out.copy_from_slice(value.to_be_bytes().as_ref());
    out
}

/// Values at which carries and reductions go wrong first, as distances from 0, p, n and 2^256, and single bits.
fn edges() -> Vec<Octets> {
    let mut all = Vec::new();
    for base in [
        U256::ZERO,
        big(P),
        big(N),
        U256::ONE.shl(224),
        U256::ONE.shl(192),
        U256::ONE.shl(96),
        U256::ONE.shl(128),
    ] {
        for distance in 0..4u64 {
            all.push(octets_of(&base.wrapping_add(&U256::from(distance))));
            all.push(octets_of(&base.wrapping_sub(&U256::from(distance))));
        }
    }
    // Montgomery forms that are themselves edges: R^-1 times them.
    for word in
        [[u64::MAX; 4], [u64::MAX, u64::MAX, 0, 0], [0, 0, u64::MAX, u64::MAX >> 1], [0, u64::MAX, 0, 1]]
    {
        all.push(octets_of(&big(word)));
    }
    // With a of p - 1, or of the last one here, and b of the others, a window of the 32-bit product outgrows nine words.
    for text in [
        "fffffffeffffffffffffffffffffffffffffffff0000000000000000ffffffff",
        "fffffffeffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "ffffffff00000000ffffffffffffffffbce6faad58e8617b0c46353d039cdaaf",
    ] {
        all.push(octets_of(&U256::from_be_hex(text)));
    }
    all
}

fn any_octets() -> impl Strategy<Value = Octets> {
    prop_oneof![
        1 => prop::sample::select(edges()),
        3 => any::<Octets>(),
        1 => any::<[u32; 8]>().prop_map(|words| {
            // Words of all ones and all zeros, the longest carries.
            let mut out = [0; 32];
            for (to, word) in out.as_chunks_mut::<4>().0.iter_mut().zip(words) {
                *to = if word & 3 == 0 { word } else if word & 1 == 0 { 0 } else { u32::MAX }.to_be_bytes();
            }
            out
        }),
    ]
}

fn residue_matches<R: Residue>(a: &Octets, b: &Octets) {
    let modulus = NonZero::new(big(R::MODULUS)).unwrap();
    let (x, y) = (U256::from_be_slice(a), U256::from_be_slice(b));
    let below = |value: &U256| value < &*modulus;
    assert_eq!(R::from_octets(a).is_some(), below(&x));
    assert_eq!(R::from_octets(b).is_some(), below(&y));
    let (x, y) = (x.rem(&modulus), y.rem(&modulus));
    let (left, right) = (R::reduced(a), R::reduced(b));
    assert_eq!(left.octets(), octets_of(&x));
    assert_eq!(big(left.integer()), x);
    assert_eq!(left.add(&right).octets(), octets_of(&x.add_mod(&y, &modulus)));
    assert_eq!(left.sub(&right).octets(), octets_of(&x.sub_mod(&y, &modulus)));
    assert_eq!(left.mul(&right).octets(), octets_of(&x.mul_mod(&y, &modulus)));
    assert_eq!(left.square().octets(), octets_of(&x.mul_mod(&x, &modulus)));
    assert_eq!(left.double().octets(), octets_of(&x.add_mod(&x, &modulus)));
    assert_eq!(left.neg().octets(), octets_of(&U256::ZERO.sub_mod(&x, &modulus)));
    assert_eq!(left.is_zero().reveal(), x == U256::ZERO);
    assert_eq!(left.equals(&right).reveal(), x == y);
    // The words as they are, taken for a Montgomery form: operands that no conversion has touched.
    if let (Some(_), Some(_)) = (R::from_octets(a), R::from_octets(b)) {
        let raw = |octets: &Octets| {
            let mut words = [0; 4];
            for (word, from) in words.iter_mut().rev().zip(octets.as_chunks::<8>().0) {
                *word = u64::from_be_bytes(*from);
            }
            R::from_words(&words)
        };
        let product = raw(a).mul(&raw(b)).mul(&R::R_SQUARED);
        assert_eq!(big(product.words()), x.mul_mod(&y, &modulus));
        let square = raw(a).square().mul(&R::R_SQUARED);
        assert_eq!(big(square.words()), x.mul_mod(&x, &modulus));
    }
}

fn inverse_matches<R: Residue>(a: &Octets) {
    let value = R::reduced(a);
    let one = value.mul(&value.invert());
    if value.is_zero().reveal() {
        assert!(value.invert().is_zero().reveal());
    } else {
        assert_eq!(big(one.integer()), U256::ONE);
    }
}

fn every_residue(a: &Octets, b: &Octets) {
    residue_matches::<<Wide as Arithmetic>::Field>(a, b);
    residue_matches::<<Narrow as Arithmetic>::Field>(a, b);
    residue_matches::<<Wide as Arithmetic>::Scalar>(a, b);
    residue_matches::<<Narrow as Arithmetic>::Scalar>(a, b);
}

#[test]
fn every_pair_of_edge_values_is_added_and_multiplied_right() {
    for a in edges() {
        for b in edges() {
            every_residue(&a, &b);
        }
        inverse_matches::<<Wide as Arithmetic>::Field>(&a);
        inverse_matches::<<Narrow as Arithmetic>::Field>(&a);
        inverse_matches::<<Wide as Arithmetic>::Scalar>(&a);
        inverse_matches::<<Narrow as Arithmetic>::Scalar>(&a);
    }
}

fn peer_scalar(octets: &Octets) -> p256::Scalar {
    let value = U256::from_be_slice(octets).rem(&NonZero::new(big(N)).unwrap());
    p256::Scalar::from_repr(octets_of(&value).into()).unwrap()
}

fn peer_octets(point: &ProjectivePoint) -> Option<[u8; POINT_LEN]> {
    point.to_affine().to_sec1_point(false).as_bytes().try_into().ok()
}

fn ours<F: Residue>(point: &ProjectivePoint) -> Affine<F> {
    Affine::from_octets(&peer_octets(point).unwrap()).unwrap()
}

fn jacobian_octets<F: Residue>(point: &Jacobian<F>) -> Option<[u8; POINT_LEN]> {
    if point.is_infinity() {
        return None;
    }
    let [affine] = Jacobian::affine_all(&[*point]);
    assert!(point.has_x(affine.x()));
    assert!(!point.has_x(&affine.x().add(&F::ONE)));
    Some(affine.octets())
}

fn times_g_matches<A: Arithmetic>(comb: &Comb, octets: &Octets) {
    let scalar = A::Scalar::reduced(octets);
    if scalar.is_zero().reveal() {
        return;
    }
    let point: Complete<A::Field> = times_g(comb, &scalar);
    let peer = ProjectivePoint::GENERATOR * peer_scalar(octets);
    assert_eq!(Some(point.affine().octets()), peer_octets(&peer));
    let same = Jacobian::from(&ours::<A::Field>(&peer));
    let other = Jacobian::from(&ours::<A::Field>(&-peer));
    assert!(point.equals(&same).reveal());
    assert!(!point.equals(&other).reveal());
    assert!(!point.equals(&Jacobian::INFINITY).reveal());
}

fn every_times_g(octets: &Octets) {
    for comb in [&DEVICE_COMB, &SERVER_COMB] {
        times_g_matches::<Wide>(comb, octets);
        times_g_matches::<Narrow>(comb, octets);
    }
}

#[test]
fn edge_scalars_times_the_base_point_are_right() {
    edges().iter().for_each(every_times_g);
}

/// The digits of a comb for 2^i - 1 and n - 2^i run through every pattern of signs at the ends of words and columns.
#[test]
fn scalars_with_one_run_of_bits_times_the_base_point_are_right() {
    for i in 0..256u32 {
        every_times_g(&octets_of(&U256::ONE.shl(i)));
        every_times_g(&octets_of(&big(N).wrapping_sub(&U256::ONE.shl(i))));
    }
}

/// `a*G + b*K + c*V`, K = k*G and V = v*G, by both ways to G.
fn sum_matches<A: Arithmetic>(a: &Octets, b: &Octets, c: &Octets, k: &Octets, v: &Octets) {
    let generator = ProjectivePoint::GENERATOR;
    let (k, v) = (generator * peer_scalar(k), generator * peer_scalar(v));
    if peer_octets(&k).is_none() || peer_octets(&v).is_none() {
        return;
    }
    let expected = peer_octets(&(generator * peer_scalar(a) + k * peer_scalar(b) + v * peer_scalar(c)));
    let mut points: [PackedPoint; 16] = [[0; 8]; 16];
    prepare_odd_multiples(&ours::<A::Field>(&k), &mut points);
    let ks = OddMultiples { points: &points, width: 6 };
    let (a, b, c) = (A::Scalar::reduced(a), A::Scalar::reduced(b), A::Scalar::reduced(c));
    for g in [
        GTerm::Comb(&DEVICE_COMB),
        GTerm::Comb(&SERVER_COMB),
        GTerm::Odd(OddMultiples { points: &ODD_G, width: ODD_G_WIDTH }),
    ] {
        let found = sum(&g, &a, ks, &b, &ours::<A::Field>(&v), &c);
        assert_eq!(jacobian_octets(&found), expected);
    }
}

fn small(value: u8) -> Octets {
    octets_of(&U256::from(value))
}

fn minus(value: u8) -> Octets {
    octets_of(&big(N).wrapping_sub(&U256::from(value)))
}

/// Equal, opposite and infinite points meet inside the sum here, the exceptions of the Jacobian formulas.
#[test]
fn sums_of_equal_and_opposite_points_are_right() {
    let values: Vec<Octets> = (0..4).flat_map(|value| [small(value), minus(value)]).collect();
    for a in &values {
        for b in &values {
            for c in &values {
                for v in [small(1), minus(1), small(2), minus(3)] {
                    sum_matches::<Wide>(a, b, c, &small(1), &v);
                }
            }
            sum_matches::<Narrow>(a, b, a, &small(1), &minus(1));
        }
    }
}

fn doubling_and_adding<F: Residue>() {
    let generator = ProjectivePoint::GENERATOR;
    let g = Affine::<F>::base();
    assert_eq!(Some(g.octets()), peer_octets(&generator));
    let double = Jacobian::from(&g).double();
    assert_eq!(jacobian_octets(&double), peer_octets(&(generator + generator)));
    let minus = Affine { x: g.x, y: g.y.neg() };
    let triple = double.add_affine(&g);
    assert_eq!(jacobian_octets(&triple), peer_octets(&(generator + generator + generator)));
    assert_eq!(jacobian_octets(&double.add_affine(&minus)), peer_octets(&generator));
    assert_eq!(jacobian_octets(&double.add(&double.addend())), jacobian_octets(&double.double()));
    assert!(double.add(&double.addend().neg()).is_infinity());
    assert!(Jacobian::from(&g).add_affine(&minus).is_infinity());
    assert!(Jacobian::<F>::INFINITY.double().is_infinity());
    assert_eq!(jacobian_octets(&double.add(&Jacobian::INFINITY.addend())), jacobian_octets(&double));
    assert_eq!(jacobian_octets(&Jacobian::INFINITY.add(&double.addend())), jacobian_octets(&double));
    assert!(!Jacobian::<F>::INFINITY.has_x(&F::ZERO));
    assert!(!Jacobian::<F>::INFINITY.has_x(&F::ONE));

    let complete = Complete::INFINITY.add(&g);
    assert_eq!(complete.affine().octets(), g.octets());
    assert_eq!(Some(complete.add(&g).affine().octets()), peer_octets(&(generator + generator)));
    assert_eq!(Some(complete.double().affine().octets()), peer_octets(&(generator + generator)));
    let nothing = complete.add(&minus);
    assert!(nothing.equals(&Jacobian::INFINITY).reveal());
    assert!(nothing.double().equals(&Jacobian::INFINITY).reveal());
    assert!(!nothing.equals(&double).reveal());
    assert!(!complete.equals(&Jacobian::INFINITY).reveal());
}

#[test]
fn no_exception_of_either_set_of_formulas_goes_wrong() {
    doubling_and_adding::<<Wide as Arithmetic>::Field>();
    doubling_and_adding::<<Narrow as Arithmetic>::Field>();
}

fn digits_add_up(octets: &Octets, width: u32) {
    let scalar = <Wide as Arithmetic>::Scalar::reduced(octets);
    let digits = wnaf(&scalar, width);
    let limit = 1i32 << (width - 1);
    let mut value = U256::ZERO;
    let mut last = None;
    for (at, digit) in digits.iter().enumerate().rev() {
        value = value.wrapping_add(&value);
        value = if *digit < 0 {
            value.wrapping_sub(&U256::from(digit.unsigned_abs()))
        } else {
            value.wrapping_add(&U256::from(digit.unsigned_abs()))
        };
        if *digit != 0 {
            assert!(digit % 2 != 0 && i32::from(*digit).abs() < limit, "digit {digit} at {at}");
            assert!(place(*digit) < 1 << (width - 2));
            assert!(last.is_none_or(|last: usize| last - at >= usize::try_from(width).unwrap()));
            last = Some(at);
        }
    }
    assert_eq!(digits.len(), DIGITS);
    assert_eq!(value, big(scalar.integer()));
}

#[test]
fn edge_scalars_are_written_right_in_digits_of_every_width() {
    for octets in edges() {
        for width in 2..=10 {
            digits_add_up(&octets, width);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn residues_agree_with_an_independent_integer(a in any_octets(), b in any_octets()) {
        every_residue(&a, &b);
    }

    #[test]
    fn inverses_times_their_values_are_one(a in any_octets()) {
        inverse_matches::<<Wide as Arithmetic>::Field>(&a);
        inverse_matches::<<Narrow as Arithmetic>::Field>(&a);
        inverse_matches::<<Wide as Arithmetic>::Scalar>(&a);
        inverse_matches::<<Narrow as Arithmetic>::Scalar>(&a);
    }

    #[test]
    fn digits_of_any_scalar_add_up_to_it(octets in any_octets(), width in 2u32..=10) {
        digits_add_up(&octets, width);
    }

    #[test]
    fn octets_are_a_point_for_us_exactly_when_they_are_for_another(
        scalar in any_octets(), tag in prop_oneof![8 => Just(4u8), 1 => 0u8..8], flip in prop::option::of(0usize..520),
    ) {
        let point = peer_octets(&(ProjectivePoint::GENERATOR * peer_scalar(&scalar)));
        let Some(mut octets) = point else { return Ok(()) };
        octets[0] = tag;
        if let Some(bit) = flip {
            octets[bit / 8] ^= 1 << (bit % 8);
        }
        let peer = Sec1Point::from_bytes(octets).ok().filter(|point| !point.is_compact() && octets[0] == 4);
        let peer: Option<AffinePoint> = peer.and_then(|point| AffinePoint::from_sec1_point(&point).into_option());
        prop_assert_eq!(Affine::<<Wide as Arithmetic>::Field>::from_octets(&octets).is_some(), peer.is_some());
        prop_assert_eq!(Affine::<<Narrow as Arithmetic>::Field>::from_octets(&octets).is_some(), peer.is_some());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn any_scalar_times_the_base_point_agrees_with_another_library(a in any_octets()) {
        every_times_g(&a);
    }

    #[test]
    fn sums_of_three_products_agree_with_another_library(
        a in any_octets(), b in any_octets(), c in any_octets(), k in any_octets(), v in any_octets(),
    ) {
        sum_matches::<Wide>(&a, &b, &c, &k, &v);
        sum_matches::<Narrow>(&a, &b, &c, &k, &v);
    }
}
