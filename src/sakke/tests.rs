//! RFC 6508 appendix A, every intermediate value, on both back-ends; and the constants computed again.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    reason = "tests"
)]

use std::boxed::Box;
use std::format;
use std::string::String;
use std::vec::Vec;

use serde_json::Value;
use subtle::Choice;

use super::comb::{self, SignedBits};
use super::edwards::{Addend, Entry, Extended};
use super::field::{Backend, ModP, ModQ, Modulus, Narrow32, Residue, Wide64};
use super::identity::Identity;
use super::point::{Jacobian, POINT_LEN, Point, Tangent};
use super::profile::{DEVICE_SHAPE, Device, Profile, Receiving, Sending, Server};
use super::torus::Torus;
use super::{hash, lines, pairing, params};

fn vectors() -> Value {
    serde_json::from_str(include_str!("../../tests/vectors/sakke-rfc6508.json")).unwrap()
}

fn octets(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn padded(value: &Value) -> [u8; 128] {
    let octets = octets(value);
    let mut out = [0; 128];
    out[128 - octets.len()..].copy_from_slice(&octets);
    out
}

fn fp<B: Backend>(value: &Value) -> B::Fp {
    let (element, fits) = B::Fp::from_octets(&padded(value));
    assert!(bool::from(fits));
    element
}

fn fq<B: Backend>(value: &Value) -> B::Fq {
    B::Fq::from_octets(&padded(value)).0
}

fn point<B: Backend>(value: &Value) -> Point<B> {
    Point::import(&octets(value)).unwrap()
}

fn exported<B: Backend>(point: &Point<B>) -> String {
    let mut octets = [0; POINT_LEN];
    point.export(&mut octets);
    hex::encode(octets)
}

fn affine<B: Backend>(point: &Extended<B>) -> Point<B> {
    point.affine(&point.denominator().invert())
}

fn shown<B: Backend>(element: &B::Fp) -> String {
    hex::encode(element.to_octets())
}

fn loaded<B: Backend>(entry: &Entry<B>) -> Addend<B> {
    let Entry { minus, plus, product } = entry;
    Addend { minus: B::Fp::load(minus), plus: B::Fp::load(plus), product: B::Fp::load(product) }
}

fn boxed_sending<P: Profile, B: Backend>() -> Box<P::Sending<B>> {
    Box::new(<P::Sending<B> as Sending<B>>::BLANK)
}

/// Runs a body on both back-ends.
macro_rules! on_both {
    ($body:ident) => {
        $body::<Wide64>();
        $body::<Narrow32>();
    };
}

/// Covers: MCX-T-14
#[test]
fn hash_to_integer_range_gives_the_published_r_and_mask() {
    on_both!(hashing);
}
fn hashing<B: Backend>() {
    let v = vectors();
    let steps: Vec<u8> = v["hash_to_range"]["v"].as_array().unwrap().iter().flat_map(octets).collect();
    let hashed = hash::hash_to_residue(&octets(&v["SSV"]), &octets(&v["b"]));
    assert_eq!(hashed.as_slice(), steps.as_slice());
    assert_eq!(
        hash::hash_to_residue(&octets(&v["hash_to_range"]["input"]), &[]).as_slice(),
        steps.as_slice()
    );
    let (r, _) = B::Fq::from_octets(&hashed);
    assert_eq!(hex::encode(r.to_octets()), v["hash_to_range"]["r"].as_str().unwrap());
    assert_eq!(hex::encode(hash::hash_to_mask(&padded(&v["g_to_r"]))), v["mask"].as_str().unwrap());
}

fn multiple<B: Backend, const N: usize>(
    shape: comb::Shape, blocks: &[[Entry<B>; N]], bits: &SignedBits,
) -> Extended<B> {
    let mut product = Extended::NEUTRAL;
    comb::multiply(shape, &[(blocks, bits)], &mut product);
    product
}

/// Covers: MCX-T-17
#[test]
fn encapsulation_passes_through_the_published_points() {
    on_both!(sending);
}
fn sending<B: Backend>() {
    let v = vectors();
    let b = octets(&v["b"]);
    let (z, r) = (point::<B>(&v["Z"]), fq::<B>(&v["hash_to_range"]["r"]));
    let scalar = Identity::new(&b).unwrap().scalar::<B>();
    assert_eq!(hex::encode(scalar.to_octets()), hex::encode(padded(&v["b"])));

    let bits = SignedBits::of::<B>(&scalar, &params::SHIFT_1025);
    let product = multiple(DEVICE_SHAPE, core::slice::from_ref(B::P_COMB), &bits);
    assert_eq!(exported(&affine(&product)), v["bP"].as_str().unwrap());
    let sum = product.add(&Extended::from_point(&z));
    assert_eq!(exported(&affine(&sum)), v["bP_plus_Z"].as_str().unwrap());

    let mut device = boxed_sending::<Device, B>();
    device.prepare(&z);
    let mut server = boxed_sending::<Server, B>();
    server.prepare(&z);
    let k = r.mul(&scalar);
    let mut products = [(Extended::NEUTRAL, Torus::ONE); 2];
    let [(of_device, power_of_device), (of_server, power_of_server)] = &mut products;
    device.multiply(&k, &r, of_device, power_of_device);
    server.multiply(&k, &r, of_server, power_of_server);
    for (point, power) in products {
        assert_eq!(exported(&affine(&point)), v["R"].as_str().unwrap());
        assert_eq!(shown::<B>(&power.quotient()), v["g_to_r"].as_str().unwrap());
    }
}

/// Covers: MCX-T-16
#[test]
fn both_pairings_give_the_published_values() {
    on_both!(pairings);
}
fn pairings<B: Backend>() {
    let v = vectors();
    let p = Extended::<B>::from_point(&Point::generator());
    let (two, three) = (p.double(), p.double().add(&p));
    let sum = point::<B>(&v["bP_plus_Z"]);
    let rsk = point::<B>(&v["RSK"]);
    let r = point::<B>(&v["R"]);
    let (p, two, three) = (affine(&p), affine(&two), affine(&three));
    let checks = &v["pairing_checks"];
    for (a, b, expected) in [
        (&p, &p, &checks[0]["value"]),
        (&two, &three, &checks[1]["value"]),
        (&three, &two, &v["g_powers"]["6"]),
        (&sum, &rsk, &checks[2]["value"]),
        (&rsk, &sum, &v["params"]["g"]),
        (&rsk, &r, &v["w"]),
    ] {
        assert_eq!(shown::<B>(&pairing::pair(a, b).quotient()), expected.as_str().unwrap());
        let mut table = Box::new([B::Fp::EMPTY; lines::LINE_COEFFICIENTS]);
        lines::prepare::<B>(&mut table, a);
        assert!(table.iter().all(|residue| !bool::from(B::Fp::load(residue).is_zero())), "a slot was left");
        assert_eq!(shown::<B>(&lines::pair::<B>(&table, b).quotient()), expected.as_str().unwrap());
    }
}

/// Covers: MCX-T-18
#[test]
fn decapsulation_recovers_r() {
    on_both!(receiving);
}
fn receiving<B: Backend>() {
    let v = vectors();
    let sum = Extended::from_point(&point::<B>(&v["bP_plus_Z"]));
    let (rsk, r) = (point::<B>(&v["RSK"]), fq::<B>(&v["hash_to_range"]["r"]));
    let mut device = Box::new(<Device as Profile>::Receiving::<B>::BLANK);
    device.prepare(&sum, &rsk);
    let mut server = Box::new(<Server as Profile>::Receiving::<B>::BLANK);
    server.prepare(&sum, &rsk);
    let mut products = [Extended::NEUTRAL; 2];
    let [of_device, of_server] = &mut products;
    device.multiply(&r, of_device);
    server.multiply(&r, of_server);
    let values = [device.pair(&point(&v["R"])), server.pair(&point(&v["R"]))];
    for (again, w) in products.iter().zip(values) {
        assert!(bool::from(again.is(&point(&v["R"]))));
        assert_eq!(exported(&affine(again)), v["R"].as_str().unwrap());
        assert_eq!(shown::<B>(&w.quotient()), v["w"].as_str().unwrap());
    }
}

#[test]
fn powers_of_g_are_the_published_ones() {
    on_both!(powers);
}
fn powers<B: Backend>() {
    let v = vectors();
    for (exponent, expected) in v["g_powers"].as_object().unwrap() {
        let scalar = if exponent == "q-1" {
            B::Fq::ONE.negate()
        } else {
            (0..exponent.parse::<u32>().unwrap()).fold(B::Fq::ZERO, |sum, _| sum.add(&B::Fq::ONE))
        };
        let bits = SignedBits::of::<B>(&scalar, &params::SHIFT_1025);
        let mut power = Torus::ONE;
        comb::power::<B, 16>(DEVICE_SHAPE, core::slice::from_ref(B::G_COMB), &bits, &mut power);
        assert_eq!(shown::<B>(&power.quotient()), expected.as_str().unwrap(), "{exponent}");
    }
}

#[test]
fn the_constant_combs_are_those_of_p_and_g() {
    on_both!(constant_combs);
}
fn constant_combs<B: Backend>() {
    let mut points = [[Entry::<B>::BLANK; 16]];
    comb::prepare(DEVICE_SHAPE, &mut points, &Extended::from_point(&Point::generator()));
    for (computed, constant) in points[0].iter().map(loaded).zip(B::P_COMB.iter().map(loaded)) {
        assert!(bool::from(computed.minus.same(&constant.minus) & computed.plus.same(&constant.plus)));
        assert!(bool::from(computed.product.same(&constant.product)));
    }
    let mut large = Box::new([[Entry::<B>::BLANK; 32]; 4]);
    comb::prepare(super::profile::SERVER_SHAPE, &mut *large, &Extended::from_point(&Point::generator()));
    let constants = B::SERVER_P_COMB.iter().flatten().map(loaded);
    for (computed, constant) in large.iter().flatten().map(loaded).zip(constants) {
        assert!(bool::from(computed.minus.same(&constant.minus) & computed.plus.same(&constant.plus)));
        assert!(bool::from(computed.product.same(&constant.product)));
    }
    let mut powers = [[B::Fp::EMPTY; 16]];
    comb::prepare_power::<B, 16>(DEVICE_SHAPE, &mut powers, &fp::<B>(&vectors()["params"]["g"]));
    let load = B::Fp::load;
    assert!(powers[0].iter().zip(B::G_COMB).all(|(one, other)| bool::from(load(one).same(&load(other)))));
}

#[test]
fn the_constants_follow_from_the_parameter_set() {
    on_both!(constants);
}
fn constants<B: Backend>() {
    let v = vectors();
    let get = |limbs| B::Fp::from_limbs(limbs);
    let same = |a: &B::Fp, b: &B::Fp| assert!(bool::from(a.same(b)));
    same(&get(&params::P_X), &fp::<B>(&v["params"]["Px"]));
    same(&get(&params::P_Y), &fp::<B>(&v["params"]["Py"]));
    same(&get(&params::G), &fp::<B>(&v["params"]["g"]));
    let three = B::Fp::ONE.double().add(&B::Fp::ONE);
    same(&get(&params::THREE), &three);
    same(&get(&params::HALF_P).double(), &B::Fp::ONE);
    let u = get(&params::U);
    same(&u.square(), &three.negate());
    // (K1 u)² = -2 u³; that u is a square follows, because -2 is one.
    same(&get(&params::K1).mul(&u).square(), &u.square().mul(&u).double().negate());
    let half = B::Fq::from_limbs(&params::HALF_Q);
    assert!(bool::from(half.double().same(&B::Fq::ONE)));
    for (shift, bits) in [(&params::SHIFT_1025, 1025), (&params::SHIFT_1032, 1032)] {
        let power = (0..bits).fold(B::Fq::ONE, |power, _| power.double());
        assert!(bool::from(B::Fq::from_limbs(shift).double().same(&power.sub(&B::Fq::ONE))));
    }
    for digits in [params::Q_NAF, params::Q_WINDOWED] {
        let q = digits.iter().fold(B::Fp::ZERO, |sum, digit| {
            let digit_size = (0..digit.unsigned_abs()).fold(B::Fp::ZERO, |sum, _| sum.add(&B::Fp::ONE));
            if *digit < 0 { sum.double().sub(&digit_size) } else { sum.double().add(&digit_size) }
        });
        same(&q, &fp::<B>(&v["params"]["q"]));
    }
}

#[test]
fn the_moduli_are_those_of_the_parameter_set() {
    fn check<M: Modulus>(expected: &Value) {
        let octets: Vec<u8> = M::LIMBS.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
        assert_eq!(hex::encode(octets), hex::encode(padded(expected)));
        assert_eq!(M::LIMBS[0].wrapping_mul(M::N0), u64::MAX);
    }
    check::<ModP>(&vectors()["params"]["p"]);
    check::<ModQ>(&vectors()["params"]["q"]);
}

#[test]
fn only_points_of_order_q_pass_the_check_of_the_order() {
    on_both!(orders);
}
fn orders<B: Backend>() {
    let v = vectors();
    for good in ["Z", "RSK", "R", "bP", "bP_plus_Z"] {
        assert!(point::<B>(&v[good]).has_order_q(), "{good}");
        let opposite = point::<B>(&v[good]).negate();
        assert!(opposite.has_order_q());
    }
    let mut bad: Vec<Point<B>> =
        ["order2", "order4"].iter().map(|name| point(&v["small_order"][*name])).collect();
    bad.push(bad[1].negate());
    for case in v["decapsulation_cases"].as_array().unwrap() {
        let name = case["name"].as_str().unwrap();
        if name.starts_with("R + ") || name.starts_with("random curve point") {
            bad.push(Point::import(&octets(&case["sed"])[..POINT_LEN]).unwrap());
        }
    }
    assert_eq!(bad.len(), 6);
    assert!(bad.iter().all(|point| !point.has_order_q()));
}

#[test]
fn edwards_and_weierstrass_agree() {
    on_both!(two_forms);
}
fn two_forms<B: Backend>() {
    let p = Point::<B>::generator();
    let (mut edwards, mut weierstrass) = (Extended::from_point(&p).double(), Jacobian::from_point(&p));
    let (mut tangent, mut slope) = (Tangent::BLANK, B::Fp::ZERO);
    weierstrass.double(&mut tangent);
    for _ in 0..40 {
        edwards = edwards.double().add(&Extended::from_point(&p));
        weierstrass.double(&mut tangent);
        weierstrass.add(&p, &mut slope);
        let inverse = weierstrass.z.invert();
        let square = inverse.square();
        let expected = Point { x: weierstrass.x.mul(&square), y: weierstrass.y.mul(&square).mul(&inverse) };
        assert_eq!(exported::<B>(&affine(&edwards)), exported(&expected));
        assert!(bool::from(edwards.is(&expected)));
        assert!(!bool::from(edwards.is(&expected.negate())));
        let mut by_entry = edwards;
        by_entry.add_entry(&loaded(&Extended::from_point(&p).entry()), true);
        assert_eq!(exported(&affine(&by_entry)), exported(&affine(&edwards.add(&Extended::from_point(&p)))));
        assert!(bool::from(by_entry.t.mul(&by_entry.z).same(&by_entry.x.mul(&by_entry.y))));
    }
    // The neutral element equals no affine point, not even where products vanish.
    let neutral = edwards.add(&edwards.negate());
    assert!(bool::from(neutral.denominator().is_zero()));
    assert!(!bool::from(neutral.is(&p)));
    assert!(!bool::from(neutral.is(&Point { x: B::Fp::ZERO, y: B::Fp::ZERO })));
}

#[test]
fn combs_agree_with_repeated_addition_at_the_edges() {
    on_both!(edges);
}
fn edges<B: Backend>() {
    let p = Extended::<B>::from_point(&Point::generator());
    let mut table = Box::new([[Entry::<B>::BLANK; 32]; 4]);
    let shape = super::profile::SERVER_SHAPE;
    comb::prepare(shape, &mut *table, &p);
    let small = |count: u32| (0..count).fold(B::Fq::ZERO, |sum, _| sum.add(&B::Fq::ONE));
    for count in 0..20 {
        let expected = (0..count).fold(Extended::NEUTRAL, |sum, _| sum.add(&p));
        for (scalar, expected) in [(small(count), expected), (small(count).negate(), expected.negate())] {
            let large = multiple(shape, &*table, &SignedBits::of::<B>(&scalar, &params::SHIFT_1032));
            let bits = SignedBits::of::<B>(&scalar, &params::SHIFT_1025);
            let little = multiple(DEVICE_SHAPE, core::slice::from_ref(B::P_COMB), &bits);
            for product in [large, little] {
                assert!(bool::from(product.x.mul(&expected.z).same(&expected.x.mul(&product.z))), "{count}");
                assert!(bool::from(product.y.mul(&expected.z).same(&expected.y.mul(&product.z))), "{count}");
            }
        }
    }
}

#[test]
fn a_masked_read_finds_each_entry_and_its_opposite() {
    on_both!(reads);
}
fn reads<B: Backend>() {
    for (entry, index) in B::P_COMB.iter().map(loaded).zip(0..) {
        let plain = Entry::read(B::P_COMB, index, Choice::from(0));
        assert!(bool::from(plain.minus.same(&entry.minus) & plain.plus.same(&entry.plus)));
        assert!(bool::from(plain.product.same(&entry.product)));
        let opposite = Entry::read(B::P_COMB, index, Choice::from(1));
        assert!(bool::from(opposite.minus.same(&entry.plus) & opposite.plus.same(&entry.minus)));
        assert!(bool::from(opposite.product.add(&entry.product).is_zero()));
    }
}

#[test]
fn identities_outside_the_range_are_refused() {
    let long = [1; 128];
    let mut one = [0; 127];
    one[126] = 1;
    for bad in [&[][..], &[0], &[1], &[0, 1], &[0; 127], &one, &long] {
        assert!(Identity::new(bad).is_err(), "{bad:?}");
    }
    for good in [&[2][..], &[1, 0], &[1; 127], &[0, 2]] {
        assert!(Identity::new(good).is_ok(), "{good:?}");
    }
}

#[test]
fn no_debug_output_shows_a_coordinate() {
    let p = Point::<Wide64>::generator();
    let narrow = Point::<Narrow32>::generator();
    let all = format!(
        "{:?} {:?} {:?} {:?} {:?} {:?} {:?}",
        p,
        p.x,
        narrow.x,
        Extended::from_point(&p),
        Extended::from_point(&p).entry(),
        Torus::<Wide64>::ONE,
        narrow
    );
    assert_eq!(all, "Point(..) Wide(..) Narrow(..) Extended(..) Entry(..) Torus(..) Point(..)");
}
