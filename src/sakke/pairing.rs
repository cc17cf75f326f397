//! The pairing of RFC 6508 §3.2 without a table: the first argument walks along [q]K, the second is where its lines are
//! evaluated.
//!
//! Factors of F_p vanish in the quotient, so lines carry any denominator and verticals are left out. The walk uses the
//! digits 0, ±1, ±3, ±5, ±7 of q; the functions f_3, f_5, f_7 of the small multiples are computed first, and those of
//! negative multiples are conjugates.

use super::field::{Backend, Residue, wipe_all};
use super::params::Q_WINDOWED;
use super::point::{Jacobian, Point, Tangent};
use super::torus::Torus;

/// The slope of the tangent in an affine point.
#[inline(never)]
pub(super) fn tangent_slope<B: Backend>(point: &Point<B>) -> B::Fp {
    let mut squared = point.x.square();
    squared = squared.sub(&B::Fp::ONE);
    let mut above = squared.double();
    above = above.add(&squared);
    let mut below = point.y.double();
    below = below.invert();
    let slope = above.mul(&below);
    wipe_all([&mut squared, &mut above, &mut below]);
    slope
}

/// The slope of the line through two affine points.
#[inline(never)]
pub(super) fn chord_slope<B: Backend>(a: &Point<B>, b: &Point<B>) -> B::Fp {
    let (mut above, mut below) = (a.y.sub(&b.y), a.x.sub(&b.x));
    below = below.invert();
    let slope = above.mul(&below);
    wipe_all([&mut above, &mut below]);
    slope
}

/// The sum of two affine points, given the slope of the line through them.
#[inline(never)]
pub(super) fn chord_sum<B: Backend>(a: &Point<B>, b: &Point<B>, slope: &B::Fp) -> Point<B> {
    let mut squared = slope.square();
    squared = squared.sub(&a.x);
    let x = squared.sub(&b.x);
    let mut rise = a.x.sub(&x);
    rise = slope.mul(&rise);
    let y = rise.sub(&a.y);
    wipe_all([&mut squared, &mut rise]);
    Point { x, y }
}

/// The line through an affine point with this slope, at (-x, y i).
#[inline(never)]
fn line<B: Backend>(point: &Point<B>, slope: &B::Fp, at: &Point<B>) -> Torus<B> {
    let mut rise = at.x.add(&point.x);
    rise = slope.mul(&rise);
    let line = Torus { re: rise.sub(&point.y), im: at.y };
    rise.wipe();
    line
}

/// Takes `value` from the function of an odd multiple to that of the next, given the lines through it and through 2K.
#[inline(never)]
fn next_function<B: Backend>(
    value: &mut Torus<B>, last: &Point<B>, slope: &B::Fp, tangent: &Torus<B>, r: &Point<B>,
) {
    let mut chord = line(last, slope, r);
    chord = chord.mul(tangent);
    *value = value.mul(&chord);
    chord.wipe();
}

/// K, 3K, 5K, 7K, and the functions of all but K, whose function is one.
struct Multiples<B: Backend> {
    points: [Point<B>; 4],
    values: [Torus<B>; 3],
}

impl<B: Backend> Multiples<B> {
    /// Before they are filled: all zero, and so made where they lie.
    const BLANK: Self =
        Self { points: [Point::BLANK; 4], values: [Torus { re: B::Fp::ZERO, im: B::Fp::ZERO }; 3] };

    #[inline(never)]
    fn fill(&mut self, k: &Point<B>, r: &Point<B>) {
        let mut slope = tangent_slope(k);
        let (mut twice, mut tangent) = (chord_sum(k, k, &slope), line(k, &slope, r));
        let mut value = Torus::ONE;
        let [first, others @ ..] = &mut self.points;
        *first = *k;
        let mut last = first;
        for (point, place) in others.iter_mut().zip(&mut self.values) {
            slope = chord_slope(last, &twice);
            *point = chord_sum(last, &twice, &slope);
            next_function(&mut value, last, &slope, &tangent, r);
            *place = value;
            last = point;
        }
        slope.wipe();
        twice.wipe();
        tangent.wipe();
        value.wipe();
    }

    fn wipe(&mut self) {
        for point in &mut self.points {
            point.wipe();
        }
        for value in &mut self.values {
            value.wipe();
        }
    }
}

/// Where the walk along the digits of q has come to. Each step has its own frame: the stack of a small device holds one of
/// them at a time.
struct Walk<B: Backend> {
    chain: Jacobian<B>,
    value: Torus<B>,
}

impl<B: Backend> Walk<B> {
    #[inline(never)]
    fn double(&mut self, r: &Point<B>) {
        let mut tangent = Tangent::BLANK;
        self.chain.double(&mut tangent);
        let mut a = r.x.mul(&tangent.z_squared);
        let mut b = a.add(&tangent.x);
        a = b.mul(&tangent.slope);
        b = self.chain.z.mul(&tangent.z_squared);
        let mut line = Torus { re: a.sub(&tangent.twice_y_squared), im: b.mul(&r.y) };
        wipe_all([&mut a, &mut b]);
        tangent.wipe();
        self.value = self.value.square();
        self.value = self.value.mul(&line);
        line.wipe();
    }

    #[inline(never)]
    fn add(&mut self, addend: &Point<B>, negative: bool, r: &Point<B>) {
        let mut addend = if negative { addend.negate() } else { *addend };
        let mut slope = B::Fp::ZERO;
        self.chain.add(&addend, &mut slope);
        let mut a = r.x.add(&addend.x);
        let mut b = addend.y.negate();
        let mut line =
            Torus { re: B::Fp::mul_add(&a, &slope, &b, &self.chain.z), im: r.y.mul(&self.chain.z) };
        wipe_all([&mut a, &mut b, &mut slope]);
        addend.wipe();
        self.value = self.value.mul(&line);
        line.wipe();
    }

    #[inline(never)]
    fn times(&mut self, factor: &Torus<B>, negative: bool) {
        let mut factor = if negative { factor.conjugate() } else { *factor };
        self.value = self.value.mul(&factor);
        factor.wipe();
    }

    /// The power that is the same for every representative of R, 4.
    #[inline(never)]
    fn finish(&mut self) {
        self.value = self.value.square_times(2);
    }
}

/// `<K, R>` as an element of F_p2 up to a factor of F_p; K has order q, R lies on the curve.
pub(super) fn pair<B: Backend>(k: &Point<B>, r: &Point<B>) -> Torus<B> {
    let mut multiples = Multiples::BLANK;
    multiples.fill(k, r);
    let element = walk(&multiples, r);
    multiples.wipe();
    element
}

#[inline(never)]
fn walk<B: Backend>(multiples: &Multiples<B>, r: &Point<B>) -> Torus<B> {
    let [k, ..] = &multiples.points;
    let mut walk = Walk { chain: Jacobian::from_point(k), value: Torus::ONE };
    let [_, digits @ ..] = &Q_WINDOWED;
    let mut left = digits.len();
    for digit in digits {
        left = left.wrapping_sub(1);
        walk.double(r);
        // Digits are 0, ±1, ±3, ±5 and ±7: half of them rounded down is the place among the odd multiples.
        let place = usize::from(digit.unsigned_abs() >> 1);
        let Some(point) = multiples.points.get(place).filter(|_| *digit != 0) else { continue };
        if let Some(value) = place.checked_sub(1).and_then(|place| multiples.values.get(place)) {
            walk.times(value, *digit < 0);
        }
        // The last line is a vertical.
        if left != 0 {
            walk.add(point, *digit < 0, r);
        }
    }
    walk.finish();
    let element = walk.value;
    walk.chain.wipe();
    walk.value.wipe();
    element
}
