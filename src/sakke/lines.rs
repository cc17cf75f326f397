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

use super::field::{Backend, Residue};
use super::pairing::{chord_slope, tangent_slope};
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
    let squared = x.square().sub(&B::Fp::ONE);
    squared.double().add(&squared)
}

fn three_times<B: Backend>(x: &B::Fp) -> B::Fp {
    x.double().add(x)
}

fn chord_sum<B: Backend>(a: &Point<B>, b: &Point<B>, slope: &B::Fp) -> Point<B> {
    let x = slope.square().sub(&a.x).sub(&b.x);
    Point { x, y: slope.mul(&a.x.sub(&x)).sub(&a.y) }
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
    let slopes = first.add(second);
    let beta = three_times::<B>(&twice.x).add(&first.mul(second));
    let below = first.mul(&slopes);
    let e1 = twice.y.sub(&three_times::<B>(&twice.x).mul(&slopes)).sub(&first.mul(&beta));
    let e0 = twice.y.mul(&beta).sub(&slopes.mul(&derivative::<B>(&twice.x))).sub(&below.mul(&twice.y));
    Parabola { e0, e1, e2: slopes.add(first).negate(), b: beta.add(&below) }
}

impl<B: Backend> Parabola<B> {
    /// The same function around the abscissa lower by `by`.
    fn moved(&self, by: &B::Fp) -> Self {
        let product = self.e2.mul(by);
        Self {
            e0: self.e0.sub(&self.e1.sub(&product).mul(by)),
            e1: self.e1.sub(&product.double()),
            e2: self.e2,
            b: self.b.sub(by),
        }
    }

    /// The function around 0 times the chord through 4T and ±K, over the vertical in 4T: a0, a1, a2, b0, b1.
    fn with_chord(&self, four: &Point<B>, slope: &B::Fp) -> [B::Fp; 5] {
        let Self { e1, e2, b, .. } = self.moved(&four.x.negate());
        let (x, y) = (&four.x, &four.y);
        let turn = slope.mul(&b);
        let bend = derivative::<B>(x);
        let k2 = three_times::<B>(x).add(&b).sub(&e2.mul(slope));
        let k1 = bend.add(&three_times::<B>(x).mul(&b)).sub(&e2.mul(y)).sub(&slope.mul(&e1));
        let k0 = y.square().add(&b.mul(&bend)).sub(&turn.mul(y)).sub(&y.mul(&e1));
        let b1 = e2.sub(slope);
        let b0 = e1.sub(y).sub(&turn);
        // From X = x - x(4T) back to x.
        let (square, twice) = (x.square(), k2.mul(x));
        [
            k0.sub(&k1.mul(x)).add(&twice.mul(x)).sub(&square.mul(x)),
            k1.sub(&twice.double()).add(&three_times::<B>(&square)),
            k2.sub(&three_times::<B>(x)),
            b0.sub(&b1.mul(x)),
            b1,
        ]
    }
}

/// The function of one doubling and an addition: a0, a1, b0.
fn doubling_addition<B: Backend>(twice: &Point<B>, tangent: &B::Fp, chord: &B::Fp) -> [B::Fp; 3] {
    let beta = three_times::<B>(&twice.x).add(&tangent.mul(chord));
    let constant = derivative::<B>(&twice.x).add(&tangent.sub(chord).mul(&twice.y));
    let square = twice.x.square();
    [constant.sub(&beta.mul(&twice.x)).add(&square), beta.sub(&twice.x.double()), tangent.add(chord).negate()]
}

/// Fills the table for `k`, of order q.
pub(super) fn prepare<B: Backend>(table: &mut [B::Fp; LINE_COEFFICIENTS], k: &Point<B>) {
    let mut slots = table.iter_mut();
    let mut store = |values: &[B::Fp]| {
        for (value, slot) in values.iter().zip(slots.by_ref()) {
            *slot = *value;
        }
    };
    let signed = |negative| if negative { k.negate() } else { *k };
    let mut t = *k;
    for step in steps() {
        let tangent = tangent_slope(&t);
        let twice = chord_sum(&t, &t, &tangent);
        if let Step::DoublingAddition { negative } = step {
            let addend = signed(negative);
            let chord = chord_slope(&twice, &addend);
            store(&doubling_addition(&twice, &tangent, &chord));
            t = chord_sum(&twice, &addend, &chord);
            continue;
        }
        let second = tangent_slope(&twice);
        let four = chord_sum(&twice, &twice, &second);
        let function = two_doublings(&twice, &tangent, &second).moved(&twice.x);
        if let Step::TwoDoublingsAddition { negative } = step {
            let addend = signed(negative);
            let chord = chord_slope(&four, &addend);
            store(&function.with_chord(&four, &chord));
            t = chord_sum(&four, &addend, &chord);
        } else {
            store(&[function.e0, function.e1, function.e2, function.b]);
            t = four;
        }
    }
    t.wipe();
}

/// `<K, R>` as an element of F_p2 up to a factor of F_p, from the table of K.
pub(super) fn pair<B: Backend>(table: &[B::Fp; LINE_COEFFICIENTS], r: &Point<B>) -> Torus<B> {
    // Functions are evaluated at (-x, y i).
    let x = r.x.negate();
    let y = &r.y;
    let square = x.square();
    let (cube, xy) = (square.mul(&x), x.mul(y));
    let mut rest = table.as_slice();
    let mut f = Torus::ONE;
    for step in steps() {
        let value = match step {
            Step::TwoDoublings => {
                let Some(([a0, a1, a2, b0], after)) = rest.split_first_chunk() else { break };
                rest = after;
                f = f.square_times(2);
                Torus { re: a0.add(&B::Fp::mul_add(a1, &x, a2, &square)), im: b0.add(&x).mul(y) }
            }
            Step::TwoDoublingsAddition { .. } => {
                let Some(([a0, a1, a2, b0, b1], after)) = rest.split_first_chunk() else { break };
                rest = after;
                f = f.square_times(2);
                let re = a0.add(&B::Fp::mul_add(a1, &x, a2, &square)).add(&cube);
                Torus { re, im: B::Fp::mul_add(b0, y, b1, &xy) }
            }
            Step::DoublingAddition { .. } => {
                let Some(([a0, a1, b0], after)) = rest.split_first_chunk() else { break };
                rest = after;
                f = f.square();
                Torus { re: a0.add(&a1.mul(&x)).add(&square), im: b0.mul(y) }
            }
        };
        f = f.mul(&value);
    }
    f.square_times(2)
}
