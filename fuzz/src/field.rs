//! Residues modulo p and q: both back-ends, and another library.

use castkey::sakke::field::{ModP, ModQ, Modulus, Narrow, RESIDUE_LEN, Residue, Wide};
use crypto_bigint::modular::{FixedMontyForm, FixedMontyParams};
use crypto_bigint::{Odd, U1024};

use crate::choice::Choices;

type Octets = [u8; RESIDUE_LEN];

/// Two numbers, then operations on them, each of which replaces one: after every step both back-ends hold what the other
/// library holds, as octets.
pub fn field(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let Some(modulus) = choices.below(2) else { return };
    match modulus {
        0 => run::<ModP, Wide<ModP>, Narrow<ModP>>(&mut choices),
        _ => run::<ModQ, Wide<ModQ>, Narrow<ModQ>>(&mut choices),
    }
    .unwrap_or_default();
}

/// One value in three libraries.
#[derive(Clone, Copy)]
struct Value<W, N> {
    wide: W,
    narrow: N,
    other: FixedMontyForm<{ U1024::LIMBS }>,
}

impl<W: Residue, N: Residue> Value<W, N> {
    fn read<M: Modulus>(octets: &Octets, params: &FixedMontyParams<{ U1024::LIMBS }>) -> Self {
        let ((wide, wide_fits), (narrow, narrow_fits)) = (W::from_octets(octets), N::from_octets(octets));
        let (number, modulus) = (U1024::from_be_slice(octets), number(&M::LIMBS));
        assert_eq!(bool::from(wide_fits), number < modulus);
        assert_eq!(bool::from(narrow_fits), number < modulus);
        let reduced = number.rem_vartime(&modulus.to_nz().expect("a modulus is not 0"));
        let value = Self { wide, narrow, other: FixedMontyForm::new(&reduced, params) };
        value.check();
        value
    }

    fn check(&self) {
        let expected: Octets = self.other.retrieve().to_be_bytes().as_ref().try_into().expect("128 octets");
        assert_eq!(self.wide.to_octets(), expected, "64 bits");
        assert_eq!(self.narrow.to_octets(), expected, "32 bits");
        assert_eq!(bool::from(self.wide.is_zero()), expected == [0; RESIDUE_LEN]);
        assert_eq!(bool::from(self.narrow.is_zero()), expected == [0; RESIDUE_LEN]);
    }

    fn inverse(&self) -> Self {
        // The other library has no inverse of zero; here it is zero.
        let other = Option::from(self.other.invert()).unwrap_or(self.other);
        Self { wide: self.wide.invert(), narrow: self.narrow.invert(), other }
    }
}

fn run<M: Modulus, W: Residue, N: Residue>(choices: &mut Choices<'_>) -> Option<()> {
    let params = FixedMontyParams::new(Odd::new(number(&M::LIMBS)).expect("an odd modulus"));
    let mut held = [(); 2].map(|()| Value::<W, N>::read::<M>(&operand::<M>(choices), &params));
    loop {
        let kind = choices.octet()?;
        let [a, b] = held;
        let result = match kind & 0x0F {
            0 | 1 => {
                Value { wide: a.wide.add(&b.wide), narrow: a.narrow.add(&b.narrow), other: a.other + b.other }
            }
            2 | 3 => {
                Value { wide: a.wide.sub(&b.wide), narrow: a.narrow.sub(&b.narrow), other: a.other - b.other }
            }
            4 | 5 => {
                Value { wide: a.wide.mul(&b.wide), narrow: a.narrow.mul(&b.narrow), other: a.other * b.other }
            }
            6 => Value { wide: a.wide.square(), narrow: a.narrow.square(), other: a.other * a.other },
            7 => Value { wide: a.wide.negate(), narrow: a.narrow.negate(), other: -a.other },
            8 => Value { wide: a.wide.double(), narrow: a.narrow.double(), other: a.other + a.other },
            9 => a.inverse(),
            10 => Value {
                wide: W::mul_add(&a.wide, &b.wide, &b.wide, &b.wide),
                narrow: N::mul_add(&a.narrow, &b.narrow, &b.narrow, &b.narrow),
                other: a.other * b.other + b.other * b.other,
            },
            11 => Value {
                wide: W::mul_add(&a.wide, &a.wide, &a.wide, &b.wide),
                narrow: N::mul_add(&a.narrow, &a.narrow, &a.narrow, &b.narrow),
                other: a.other * a.other + a.other * b.other,
            },
            12 => {
                let same = a.other == b.other;
                assert_eq!(bool::from(a.wide.same(&b.wide)), same);
                assert_eq!(bool::from(a.narrow.same(&b.narrow)), same);
                a
            }
            13 => {
                let choice = (kind >> 4 & 1).into();
                let (mut wide, mut narrow) = (a.wide, a.narrow);
                wide.assign_if(&b.wide, choice);
                narrow.assign_if(&b.narrow, choice);
                Value { wide, narrow, other: if kind >> 4 & 1 == 1 { b.other } else { a.other } }
            }
            14 => Value::read::<M>(&operand::<M>(choices), &params),
            _ => limbs_of::<M, W, N>(choices, &params),
        };
        result.check();
        held[usize::from(kind >> 7)] = result;
    }
}

/// The value whose Montgomery form is a number below the modulus, chosen.
fn limbs_of<M: Modulus, W: Residue, N: Residue>(
    choices: &mut Choices<'_>, params: &FixedMontyParams<{ U1024::LIMBS }>,
) -> Value<W, N> {
    let modulus = number(&M::LIMBS).to_nz().expect("a modulus is not 0");
    let form = U1024::from_be_slice(&operand::<M>(choices)).rem_vartime(&modulus);
    let octets: Octets = form.to_be_bytes().as_ref().try_into().expect("128 octets");
    let (chunks, _) = octets.as_chunks::<8>();
    let mut limbs = [0; 16];
    for (limb, chunk) in limbs.iter_mut().rev().zip(chunks) {
        *limb = u64::from_be_bytes(*chunk);
    }
    let (wide, narrow) = (W::from_limbs(&limbs), N::from_limbs(&limbs));
    let r = FixedMontyForm::new(&number(&M::R), params);
    let inverse: Option<FixedMontyForm<{ U1024::LIMBS }>> = r.invert().into();
    let other = FixedMontyForm::new(&form, params) * inverse.expect("R is prime to the modulus");
    Value { wide, narrow, other }
}

/// A number of 128 octets: given, sparse, or near one of the edges.
fn operand<M: Modulus>(choices: &mut Choices<'_>) -> Octets {
    let mut octets = [0; RESIDUE_LEN];
    let kind = choices.octet().unwrap_or(0);
    let edge = [U1024::ZERO, U1024::MAX, number(&M::LIMBS), number(&M::R), number(&M::R_SQUARED)];
    match kind % 8 {
        0 | 1 => {
            for octet in &mut octets {
                *octet = choices.octet().unwrap_or(0);
            }
        }
        // Words of all ones, all zeros or little else.
        2 => {
            let (words, _) = octets.as_chunks_mut::<4>();
            for word in words {
                *word = match choices.octet().unwrap_or(0) {
                    0..=63 => [0; 4],
                    64..=127 => [0xFF; 4],
                    few => [few, 0, 0, few],
                };
            }
        }
        of => {
            let near = edge[usize::from(of - 3)];
            let by = U1024::from(u32::from(choices.octet().unwrap_or(0)));
            let near = if kind & 0x80 == 0 { near.wrapping_add(&by) } else { near.wrapping_sub(&by) };
            octets = near.to_be_bytes().as_ref().try_into().expect("128 octets");
        }
    }
    octets
}

fn number(limbs: &[u64; 16]) -> U1024 {
    let octets: Vec<u8> = limbs.iter().rev().flat_map(|limb| limb.to_be_bytes()).collect();
    U1024::from_be_slice(&octets)
}
