//! The pairing of RFC 6508 §3.2 without a table: the first argument walks along [q]K, the second is where its lines are
//! evaluated.
//!
//! Factors of F_p vanish in the quotient, so lines carry any denominator and verticals are left out. The walk uses the
//! digits 0, ±1, ±3, ±5, ±7 of q; the functions f_3, f_5, f_7 of the small multiples are computed first, and those of
//! negative multiples are conjugates.

use super::field::{Backend, Residue};
use super::params::Q_WINDOWED;
use super::point::{Jacobian, Point};
use super::torus::Torus;

/// A small odd multiple of K and the value of its function.
#[derive(Clone, Copy)]
struct Multiple<B: Backend> {
    point: Point<B>,
    value: Torus<B>,
}

/// The sum of two affine points with slope `slope`, and the line at (-x, y i).
fn affine_step<B: Backend>(a: &Point<B>, b: &Point<B>, slope: &B::Fp, at: &Point<B>) -> (Point<B>, Torus<B>) {
    let x = slope.square().sub(&a.x).sub(&b.x);
    let y = slope.mul(&a.x.sub(&x)).sub(&a.y);
    let re = slope.mul(&at.x.add(&a.x)).sub(&a.y);
    (Point { x, y }, Torus { re, im: at.y })
}

/// The slope of the tangent in an affine point.
pub(super) fn tangent_slope<B: Backend>(point: &Point<B>) -> B::Fp {
    let squared = point.x.square().sub(&B::Fp::ONE);
    squared.double().add(&squared).mul(&point.y.double().invert())
}

/// The slope of the line through two affine points.
pub(super) fn chord_slope<B: Backend>(a: &Point<B>, b: &Point<B>) -> B::Fp {
    a.y.sub(&b.y).mul(&a.x.sub(&b.x).invert())
}

/// K, 3K, 5K, 7K.
fn multiples<B: Backend>(first: &Point<B>, at: &Point<B>) -> [Multiple<B>; 4] {
    let (twice, line) = affine_step(first, first, &tangent_slope(first), at);
    let mut multiples = [Multiple { point: *first, value: Torus::ONE }; 4];
    let mut last = Multiple { point: *first, value: Torus::ONE };
    for multiple in multiples.iter_mut().skip(1) {
        let (point, chord) = affine_step(&last.point, &twice, &chord_slope(&last.point, &twice), at);
        last = Multiple { point, value: last.value.mul(&line).mul(&chord) };
        *multiple = last;
    }
    multiples
}

/// `<K, R>` as an element of F_p2 up to a factor of F_p; K has order q, R lies on the curve.
pub(super) fn pair<B: Backend>(k: &Point<B>, r: &Point<B>) -> Torus<B> {
    let mut multiples = multiples(k, r);
    let mut f = Torus::ONE;
    let mut chain = Jacobian::from_point(k);
    let [_, digits @ ..] = &Q_WINDOWED;
    let mut left = digits.len();
    for digit in digits {
        left = left.wrapping_sub(1);
        let (next, tangent) = chain.double();
        let re = r.x.mul(&tangent.z_squared).add(&chain.x).mul(&tangent.slope).sub(&tangent.twice_y_squared);
        let im = next.z.mul(&tangent.z_squared).mul(&r.y);
        f = f.square().mul(&Torus { re, im });
        chain = next;

        // Digits are 0, ±1, ±3, ±5 and ±7: half of them rounded down is the place among the odd multiples.
        let Some(multiple) = multiples.get(usize::from(digit.unsigned_abs() >> 1)).filter(|_| *digit != 0)
        else {
            continue;
        };
        let negative = *digit < 0;
        let value = if negative { multiple.value.conjugate() } else { multiple.value };
        if digit.unsigned_abs() != 1 {
            f = f.mul(&value);
        }
        // The last line is a vertical.
        if left != 0 {
            let addend = if negative { multiple.point.negate() } else { multiple.point };
            let (next, slope) = chain.add(&addend);
            let re = B::Fp::mul_add(&r.x.add(&addend.x), &slope, &addend.y.negate(), &next.z);
            f = f.mul(&Torus { re, im: r.y.mul(&next.z) });
            chain = next;
        }
    }
    chain.wipe();
    for multiple in &mut multiples {
        multiple.point.wipe();
        multiple.value.wipe();
    }
    f.square_times(2)
}
