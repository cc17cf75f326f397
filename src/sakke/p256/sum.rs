//! The sum of three products in one pass, for public values only: `a*G + b*K + c*V`, K prepared, V any point.
//!
//! ```text
//! for i = 256 down to 0:  double;  add the digit i of c (4 bits and a sign), of b (its table's width), and of a
//! ```

use super::affine::Affine;
use super::comb::{Comb, Digits};
use super::jacobian::{Addend, Jacobian};
use super::residue::Residue;
use super::wnaf::{place, wnaf};

/// A point of a table: x and y in Montgomery form, four words each, least significant first.
pub(crate) type PackedPoint = [u64; 8];

/// Width of the digits of V's scalar.
const WIDTH: u32 = 5;

/// Odd multiples of V: 1, 3 .. 15.
const MULTIPLES: usize = 1 << (WIDTH - 2);

/// Points made affine with one inversion.
const BATCH: usize = 16;

/// Odd multiples of a point: 1, 3, 5, .. as many as make 2^(width - 2).
#[derive(Clone, Copy)]
pub(crate) struct OddMultiples<'t> {
    pub(crate) points: &'t [PackedPoint],
    pub(crate) width: u32,
}

/// Where the multiples of G are.
pub(crate) enum GTerm {
    /// In the table that signing reads, too.
    Comb(&'static Comb),
    /// In a table of odd multiples.
    Odd(OddMultiples<'static>),
}

#[allow(clippy::large_enum_variant, reason = "lives on the stack for one sum")]
enum GDigits {
    Comb(&'static Comb, Digits, bool),
    Odd([i16; super::wnaf::DIGITS], &'static [PackedPoint]),
    /// The scalar is 0, which a comb cannot write.
    None,
}

impl GTerm {
    fn digits<S: Residue>(&self, scalar: &S) -> GDigits {
        match self {
            Self::Comb(_) if scalar.is_zero().reveal() => GDigits::None,
            Self::Comb(comb) => {
                let (digits, negated) = Digits::of(scalar);
                GDigits::Comb(comb, digits, negated.reveal())
            }
            Self::Odd(table) => GDigits::Odd(wnaf(scalar, table.width), table.points),
        }
    }
}

/// Fills `out` with the odd multiples of a point.
pub(crate) fn prepare_odd_multiples<F: Residue>(point: &Affine<F>, out: &mut [PackedPoint]) {
    let mut next = Jacobian::from(point);
    let [double] = Jacobian::affine_all(&[next.double()]);
    for batch in out.chunks_mut(BATCH) {
        let mut points = [next; BATCH];
        for to in &mut points {
            *to = next;
            next = next.add_affine(&double);
        }
        for (to, point) in batch.iter_mut().zip(Jacobian::affine_all(&points)) {
            *to = point.pack();
        }
    }
}

fn multiples<F: Residue>(point: &Affine<F>) -> [Addend<F>; MULTIPLES] {
    let mut next = Jacobian::from(point);
    let double = next.double().addend();
    let mut out = [Addend::INFINITY; MULTIPLES];
    for (at, to) in (0usize..).zip(&mut out) {
        if at > 0 {
            next = next.add(&double);
        }
        *to = next.addend();
    }
    out
}

fn add_packed<F: Residue>(
    sum: &Jacobian<F>, points: &[PackedPoint], at: usize, negative: bool,
) -> Jacobian<F> {
    let Some(packed) = points.get(at) else { return *sum };
    let Affine { x, y } = Affine::<F>::unpack(packed);
    sum.add_affine(&Affine { x, y: if negative { y.neg() } else { y } })
}

/// `a*G + b*K + c*V`.
pub(crate) fn sum<F: Residue, S: Residue>(
    g: &GTerm, a: &S, k: OddMultiples<'_>, b: &S, v: &Affine<F>, c: &S,
) -> Jacobian<F> {
    let a = g.digits(a);
    let b = wnaf(b, k.width);
    let c = wnaf(c, WIDTH);
    let v = multiples(v);
    let mut sum = Jacobian::<F>::INFINITY;
    for (i, (b, c)) in b.iter().zip(&c).enumerate().rev() {
        if !sum.is_infinity() {
            sum = sum.double();
        }
        if let Some(addend) = v.get(place(*c)).filter(|_| *c != 0) {
            sum = if *c < 0 { sum.add(&addend.neg()) } else { sum.add(addend) };
        }
        if *b != 0 {
            sum = add_packed(&sum, k.points, place(*b), *b < 0);
        }
        match &a {
            GDigits::Odd(digits, points) => {
                if let Some(digit) = digits.get(i).filter(|digit| **digit != 0) {
                    sum = add_packed(&sum, points, place(*digit), *digit < 0);
                }
            }
            GDigits::Comb(comb, digits, negated) if i < comb.spacing => {
                for (block, column) in comb.round(i) {
                    let (at, negative) = digits.column(column);
                    let at = usize::try_from(at).unwrap_or(usize::MAX);
                    sum = add_packed(&sum, block, at, (negative == 1) != *negated);
                }
            }
            GDigits::Comb(..) | GDigits::None => {}
        }
    }
    sum
}
