//! The pairing with a fixed first argument K: its functions as a table, so that only the second argument costs anything.
//!
//! ```text
//!   step                        divisor                             function                                  bits
//!   two doublings               4(T) + (-4T) - 5(O)                 a0 + a1 x + a2 x² + y (b0 + x)              2
//!   two doublings, addition     4(T) + (±K) + (-(4T ± K)) - 6(O)    a0 + a1 x + a2 x² + x³ + y (b0 + b1 x)      2
//!   one doubling, addition      2(T) + (±K) + (-(2T ± K)) - 4(O)    a0 + a1 x + x² + b0 y                       1
//! ```
//!
//! The digits of q decide the steps; the last addition is a vertical and falls away. The table is worth as much as K.

use super::field::{Backend, Residue, wipe_all};
use super::pairing::{chord_slope, chord_sum, tangent_slope};
use super::params::Q_NAF;
use super::point::Point;
use super::torus::Torus;

/// Residues of a table: 4 for each of 210 + 1 steps, 5 for each of 248, 3 for each of 103.
pub(super) const LINE_COEFFICIENTS: usize = 2393;

/// One step of the walk along the digits of q.
#[derive(Clone, Copy)]
enum Step {
    TwoDoublings,
    TwoDoublingsAddition { negative: bool },
    DoublingAddition { negative: bool },
}

/// The steps of the walk.
fn steps() -> impl Iterator<Item = Step> {
    let [_, digits @ ..] = &Q_NAF;
    let mut digits = digits.iter();
    core::iter::from_fn(move || match digits.next()? {
        0 => match digits.next() {
            None | Some(0) => Some(Step::TwoDoublings),
            Some(_) if digits.len() == 0 => Some(Step::TwoDoublings),
            Some(digit) => Some(Step::TwoDoublingsAddition { negative: *digit < 0 }),
        },
        digit => Some(Step::DoublingAddition { negative: *digit < 0 }),
    })
}

/// 3 x² - 3.
fn derivative<B: Backend>(x: &B::Fp) -> B::Fp {
    let mut squared = x.square();
    squared = squared.sub(&B::Fp::ONE);
    let derivative = three_times::<B>(&squared);
    squared.wipe();
    derivative
}

fn three_times<B: Backend>(x: &B::Fp) -> B::Fp {
    let mut twice = x.double();
    let three = twice.add(x);
    twice.wipe();
    three
}

/// A function around an abscissa c: with X = x - c, `e0 + e1 X + e2 X² + y (b + X)`.
struct Parabola<B: Backend> {
    e0: B::Fp,
    e1: B::Fp,
    e2: B::Fp,
    b: B::Fp,
}

/// The function of two doublings around the abscissa of 2T; `twice` is 2T, the slopes are those in T and in 2T.
fn two_doublings<B: Backend>(twice: &Point<B>, first: &B::Fp, second: &B::Fp) -> Parabola<B> {
    let mut slopes = first.add(second);
    let mut three = three_times::<B>(&twice.x);
    let mut a = first.mul(second);
    let mut beta = three.add(&a);
    let mut below = first.mul(&slopes);

    a = three.mul(&slopes);
    three = twice.y.sub(&a);
    a = first.mul(&beta);
    let e1 = three.sub(&a);

    a = derivative::<B>(&twice.x);
    three = slopes.mul(&a);
    a = twice.y.mul(&beta);
    a = a.sub(&three);
    three = below.mul(&twice.y);
    let e0 = a.sub(&three);

    a = slopes.add(first);
    let parabola = Parabola { e0, e1, e2: a.negate(), b: beta.add(&below) };
    wipe_all([&mut slopes, &mut three, &mut a, &mut beta, &mut below]);
    parabola
}

impl<B: Backend> Parabola<B> {
    /// The same function around the abscissa lower by `by`.
    fn moved(&self, by: &B::Fp) -> Self {
        let mut product = self.e2.mul(by);
        let mut a = self.e1.sub(&product);
        a = a.mul(by);
        product = product.double();
        let moved = Self { e0: self.e0.sub(&a), e1: self.e1.sub(&product), e2: self.e2, b: self.b.sub(by) };
        wipe_all([&mut product, &mut a]);
        moved
    }

    /// The function around 0 times the chord through 4T and ±K, over the vertical in 4T: a0, a1, a2, b0, b1.
    fn with_chord(&self, four: &Point<B>, slope: &B::Fp) -> [B::Fp; 5] {
        let mut a = four.x.negate();
        let mut around = self.moved(&a);
        let Self { e1, e2, b, .. } = &around;
        let (x, y) = (&four.x, &four.y);
        let (mut three, mut turn, mut bend) = (three_times::<B>(x), slope.mul(b), derivative::<B>(x));
        // k2 = 3 x + b - e2 slope
        let mut k2 = three.add(b);
        a = e2.mul(slope);
        k2 = k2.sub(&a);
        // k1 = bend + 3 x b - e2 y - e1 slope
        a = three.mul(b);
        let mut k1 = bend.add(&a);
        a = e2.mul(y);
        k1 = k1.sub(&a);
        a = slope.mul(e1);
        k1 = k1.sub(&a);
        // k0 = y² + b bend - turn y - y e1
        a = b.mul(&bend);
        bend = y.square();
        let mut k0 = bend.add(&a);
        a = turn.mul(y);
        k0 = k0.sub(&a);
        a = y.mul(e1);
        k0 = k0.sub(&a);
        // b1 = e2 - slope, b0 = e1 - y - turn
        let b1 = e2.sub(slope);
        let mut b0 = e1.sub(y);
        b0 = b0.sub(&turn);

        // From X = x - x(4T) back to x: k0 - k1 x + k2 x² - x³, k1 - 2 k2 x + 3 x², k2 - 3 x, b0 - b1 x, b1.
        let mut square = x.square();
        turn = k2.mul(x);
        a = k1.mul(x);
        k0 = k0.sub(&a);
        a = turn.mul(x);
        k0 = k0.add(&a);
        a = square.mul(x);
        k0 = k0.sub(&a);
        turn = turn.double();
        k1 = k1.sub(&turn);
        a = three_times::<B>(&square);
        k1 = k1.add(&a);
        k2 = k2.sub(&three);
        a = b1.mul(x);
        b0 = b0.sub(&a);
        let chord = [k0, k1, k2, b0, b1];
        wipe_all([&mut a, &mut three, &mut turn, &mut bend, &mut square]);
        wipe_all([&mut k0, &mut k1, &mut k2, &mut b0]);
        around.wipe();
        chord
    }

    fn wipe(&mut self) {
        wipe_all([&mut self.e0, &mut self.e1, &mut self.e2, &mut self.b]);
    }
}

/// The function of one doubling and an addition: a0, a1, b0.
fn doubling_addition<B: Backend>(twice: &Point<B>, tangent: &B::Fp, chord: &B::Fp) -> [B::Fp; 3] {
    // beta = 3 x + tangent chord
    let (mut beta, mut a) = (three_times::<B>(&twice.x), tangent.mul(chord));
    beta = beta.add(&a);
    // a0 = 3 x² - 3 + (tangent - chord) y - beta x + x²
    let mut a0 = derivative::<B>(&twice.x);
    a = tangent.sub(chord);
    a = a.mul(&twice.y);
    a0 = a0.add(&a);
    a = beta.mul(&twice.x);
    a0 = a0.sub(&a);
    a = twice.x.square();
    a0 = a0.add(&a);
    a = twice.x.double();
    beta = beta.sub(&a);
    a = tangent.add(chord);
    let coefficients = [a0, beta, a.negate()];
    wipe_all([&mut beta, &mut a, &mut a0]);
    coefficients
}

/// Fills the table for `k`, of order q.
pub(super) fn prepare<B: Backend>(table: &mut [<B::Fp as Residue>::Stored; LINE_COEFFICIENTS], k: &Point<B>) {
    let mut slots = table.iter_mut();
    let mut store = |values: &mut [B::Fp]| {
        for (value, slot) in values.iter_mut().zip(slots.by_ref()) {
            *slot = value.store();
            value.wipe();
        }
    };
    let mut t = *k;
    for step in steps() {
        let mut tangent = tangent_slope(&t);
        let mut twice = chord_sum(&t, &t, &tangent);
        if let Step::DoublingAddition { negative } = step {
            let mut addend = if negative { k.negate() } else { *k };
            let mut chord = chord_slope(&twice, &addend);
            store(&mut doubling_addition(&twice, &tangent, &chord));
            t = chord_sum(&twice, &addend, &chord);
            chord.wipe();
            addend.wipe();
        } else {
            let mut second = tangent_slope(&twice);
            let mut four = chord_sum(&twice, &twice, &second);
            let mut first = two_doublings(&twice, &tangent, &second);
            let mut function = first.moved(&twice.x);
            if let Step::TwoDoublingsAddition { negative } = step {
                let mut addend = if negative { k.negate() } else { *k };
                let mut chord = chord_slope(&four, &addend);
                store(&mut function.with_chord(&four, &chord));
                t = chord_sum(&four, &addend, &chord);
                chord.wipe();
                addend.wipe();
            } else {
                store(&mut [function.e0, function.e1, function.e2, function.b]);
                t = four;
            }
            second.wipe();
            four.wipe();
            first.wipe();
            function.wipe();
        }
        tangent.wipe();
        twice.wipe();
    }
    t.wipe();
}

/// `<K, R>` as an element of F_p2 up to a factor of F_p, from the table of K.
pub(super) fn pair<B: Backend>(
    table: &[<B::Fp as Residue>::Stored; LINE_COEFFICIENTS], r: &Point<B>,
) -> Torus<B> {
    // Functions are evaluated at (-x, y i).
    let x = r.x.negate();
    let y = &r.y;
    let square = x.square();
    let (cube, xy) = (square.mul(&x), x.mul(y));
    let mut rest = table.as_slice();
    let mut f = Torus::ONE;
    for step in steps() {
        // Named, so that they can be wiped: coefficients times powers of x.
        let (mut re, mut im);
        match step {
            Step::TwoDoublings => {
                let Some((stored, after)) = rest.split_first_chunk() else { break };
                rest = after;
                let [a0, a1, a2, b0] = &mut stored.each_ref().map(B::Fp::load);
                f = f.square_times(2);
                re = B::Fp::mul_add(a1, &x, a2, &square);
                re = re.add(a0);
                im = b0.add(&x);
                im = im.mul(y);
                wipe_all([a0, a1, a2, b0]);
            }
            Step::TwoDoublingsAddition { .. } => {
                let Some((stored, after)) = rest.split_first_chunk() else { break };
                rest = after;
                let [a0, a1, a2, b0, b1] = &mut stored.each_ref().map(B::Fp::load);
                f = f.square_times(2);
                re = B::Fp::mul_add(a1, &x, a2, &square);
                re = re.add(a0);
                re = re.add(&cube);
                im = B::Fp::mul_add(b0, y, b1, &xy);
                wipe_all([a0, a1, a2, b0, b1]);
            }
            Step::DoublingAddition { .. } => {
                let Some((stored, after)) = rest.split_first_chunk() else { break };
                rest = after;
                let [a0, a1, b0] = &mut stored.each_ref().map(B::Fp::load);
                f = f.square();
                re = a1.mul(&x);
                re = re.add(a0);
                re = re.add(&square);
                im = b0.mul(y);
                wipe_all([a0, a1, b0]);
            }
        }
        let mut value = Torus { re, im };
        f = f.mul(&value);
        value.wipe();
        wipe_all([&mut re, &mut im]);
    }
    let element = f.square_times(2);
    f.wipe();
    element
}
