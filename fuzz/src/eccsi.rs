//! ECCSI: signatures, identities, messages and keys of any octets.

use std::sync::OnceLock;

use castkey::sakke::eccsi::hazmat::{self, WordSize};
use castkey::sakke::eccsi::{
    Device, EccsiSign, EccsiVerify, Kpak, KpakTable, Ksak, Pvt, SCALAR_LEN, Server, SigningKey, Ssk, Verifier,
};
use castkey::secret::Secret;

use crate::choice::Choices;
use crate::rng::Repeating;

/// The order q of P-256, and the prime p of its field.
const Q: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xBC, 0xE6, 0xFA,
    0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
];
const P: [u8; 32] = [
    0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
];

const ID: &[u8] = b"2011-02\0tel:+447700900123\0";
const MESSAGE: &[u8] = b"message\0";

/// A KMS, somebody with a key of it, and a signature.
struct Signed {
    kpak: Kpak,
    verifiers: (Verifier<'static, Device>, Verifier<'static, Server>),
    signature: [u8; 129],
}

impl Signed {
    fn new() -> Self {
        let kms = Ksak::<Server>::from_octets(Secret::new([0x12; 32])).unwrap();
        let (ssk, pvt) = kms.extract(ID, &mut Repeating::default()).unwrap();
        let key = SigningKey::<Server>::validate(ID, kms.kpak(), ssk, &pvt).unwrap();
        let mut signature = [0; 129];
        key.sign(MESSAGE, &mut Repeating::default(), &mut signature).unwrap();
        let verifiers = (
            Box::leak(Box::new(KpakTable::new())).prepare(kms.kpak()).unwrap(),
            Box::leak(Box::new(KpakTable::new())).prepare(kms.kpak()).unwrap(),
        );
        Self { kpak: *kms.kpak(), verifiers, signature }
    }
}

/// What was signed verifies; nothing else does, but the signature's twin of RFC 6507 §6. Both word sizes and both profiles
/// say the same of everything.
pub fn eccsi(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    match choices.below(4) {
        Some(0) => signs(&mut choices),
        Some(1) => keys(&mut choices),
        Some(_) => verifies(&mut choices),
        None => None,
    }
    .unwrap_or_default();
}

/// An edited or made-up signature, identity and message under a known KMS.
fn verifies(choices: &mut Choices<'_>) -> Option<()> {
    static SIGNED: OnceLock<Signed> = OnceLock::new();
    let signed = SIGNED.get_or_init(Signed::new);
    let original = &signed.signature;
    let kind = choices.octet()?;
    let id = if kind & 1 == 0 { ID } else { choices.slice()? };
    let message = if kind & 2 == 0 { MESSAGE } else { choices.slice()? };
    let (r, s, pvt) = (&original[..32], &original[32..64], &original[64..]);
    let mut signature = [0; 129];
    signature[..32].copy_from_slice(&scalar(r, choices));
    signature[32..64].copy_from_slice(&scalar(s, choices));
    signature[64..].copy_from_slice(&point(pvt, signed.kpak.octets(), choices));
    while let (Some(place), Some(octet)) = (choices.octet(), choices.octet()) {
        signature[usize::from(place) % 129] ^= octet;
    }
    let mut twin = *original;
    twin[32..64].copy_from_slice(&difference(&Q, s));
    let good = (id, message) == (ID, MESSAGE) && (signature == *original || signature == twin);
    let kpak = &signed.kpak;
    let said = [
        signed.verifiers.0.verify(id, message, &signature),
        signed.verifiers.1.verify(id, message, &signature),
        hazmat::verify::<Device>(WordSize::Bits32, kpak, id, message, &signature),
        hazmat::verify::<Server>(WordSize::Bits64, kpak, id, message, &signature),
    ];
    assert!(said.iter().all(|said| said.is_ok() == good), "{said:?} of {signature:02x?}");
    Some(())
}

/// A key of any KMS, for any identity, with any random values: made, checked, signed with, verified.
fn signs(choices: &mut Choices<'_>) -> Option<()> {
    let [ksak, v, j] = [(); 3].map(|()| scalar(&[0x5A; 32], choices));
    let (id, message) = (choices.slice()?, choices.slice().unwrap_or_default());
    let [wide, narrow] =
        [WordSize::Bits64, WordSize::Bits32].map(|size| hazmat::times_g::<Device>(size, &Secret::new(ksak)));
    assert_eq!(wide, narrow);
    let in_range = ksak != [0; 32] && ksak < Q;
    assert_eq!(wide.is_some(), in_range);
    let kms = Ksak::<Server>::from_octets(Secret::new(ksak));
    assert_eq!(kms.is_ok(), in_range);
    let kms = kms.ok()?;
    let kpak = kms.kpak();
    assert_eq!(Some(*kpak.octets()), wide);
    let extract = |size| hazmat::extract::<Device>(size, kms.octets(), kpak, id, &Secret::new(v));
    let (wide, narrow) = (extract(WordSize::Bits64), extract(WordSize::Bits32));
    assert_eq!(wide.is_some(), narrow.is_some());
    let ((ssk, pvt), (other, _)) = (wide?, narrow?);
    assert_eq!(ssk.octets().expose(), other.octets().expose());
    let hs = hazmat::validate::<Device>(WordSize::Bits64, id, kpak, &ssk, &pvt).expect("a key that was made");
    assert_eq!(hazmat::validate::<Server>(WordSize::Bits32, id, kpak, &ssk, &pvt), Ok(hs));
    let sign = |size| hazmat::sign::<Device>(size, &ssk, &pvt, &hs, message, &Secret::new(j));
    let (wide, narrow) = (sign(WordSize::Bits64), sign(WordSize::Bits32));
    assert_eq!(wide, narrow);
    if let Some(signature) = wide {
        assert_eq!(hazmat::verify::<Server>(WordSize::Bits32, kpak, id, message, &signature), Ok(()));
        assert_eq!(hazmat::verify::<Device>(WordSize::Bits64, kpak, id, message, &signature), Ok(()));
    }
    let key = SigningKey::<Device>::validate(id, kpak, ssk, &pvt).expect("a key that was made");
    let mut signature = [0; 129];
    key.sign(message, &mut Repeating::default(), &mut signature).expect("a generator that works");
    let mut table = KpakTable::<Device>::new();
    let verifier = table.prepare(kpak).expect("a KPAK that was made");
    assert_eq!(verifier.verify(id, message, &signature), Ok(()));
    // Neither for another identity, nor for another message.
    let [longer_id, longer] = [id, message].map(|octets| [octets, &[0]].concat());
    assert!(verifier.verify(&longer_id, message, &signature).is_err());
    assert!(verifier.verify(id, &longer, &signature).is_err());
    Some(())
}

/// KPAK, SSK and PVT of any octets.
fn keys(choices: &mut Choices<'_>) -> Option<()> {
    static KMS: OnceLock<(Kpak, [u8; 32], [u8; 65])> = OnceLock::new();
    let (kpak, ssk, pvt) = KMS.get_or_init(|| {
        let kms = Ksak::<Server>::from_octets(Secret::new([0x12; 32])).unwrap();
        let (ssk, pvt) = kms.extract(ID, &mut Repeating::default()).unwrap();
        (*kms.kpak(), *ssk.octets().expose(), pvt.0)
    });
    let kind = choices.octet()?;
    let id = if kind & 1 == 0 { ID } else { choices.slice()? };
    let key_of =
        (point(kpak.octets(), pvt, choices), scalar(ssk, choices), point(pvt, kpak.octets(), choices));
    let Ok(given) = Kpak::from_octets(&key_of.0) else {
        assert_ne!(key_of.0, *kpak.octets());
        return None;
    };
    assert_eq!(given.octets(), &key_of.0);
    let new = || Ssk::new(Secret::new(key_of.1));
    let pvt_of = Pvt(key_of.2);
    let wide = hazmat::validate::<Device>(WordSize::Bits64, id, &given, &new(), &pvt_of);
    let narrow = hazmat::validate::<Server>(WordSize::Bits32, id, &given, &new(), &pvt_of);
    assert_eq!(wide, narrow);
    let key = SigningKey::<Server>::validate(id, &given, new(), &pvt_of);
    assert_eq!(key.as_ref().err(), wide.as_ref().err());
    let own = id == ID && given == *kpak && key_of.1 == *ssk && key_of.2 == *pvt;
    assert_eq!(key.is_ok(), own, "{key_of:02x?}");
    Some(())
}

/// A number of 32 octets: as it was, its negative, one of the edges, or given.
fn scalar(was: &[u8], choices: &mut Choices<'_>) -> [u8; SCALAR_LEN] {
    let mut number = [0; SCALAR_LEN];
    number.copy_from_slice(was);
    let kind = choices.octet().unwrap_or(0);
    match kind & 7 {
        0..=2 => {}
        3 => number = difference(&Q, was),
        4 => number = near(&Q, kind),
        5 => number = near(&P, kind),
        6 => number = near(&[0; 32], kind),
        _ => number.iter_mut().for_each(|octet| *octet = choices.octet().unwrap_or(0)),
    }
    number
}

/// `number` plus or minus up to 15, modulo 2^256.
fn near(number: &[u8; 32], by: u8) -> [u8; 32] {
    let mut small = [0; 32];
    small[31] = by >> 4;
    if by & 8 == 0 {
        return difference(number, &small);
    }
    difference(number, &difference(&[0; 32], &small))
}

/// `a - b` modulo 2^256.
fn difference(a: &[u8; 32], b: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    let mut borrow = false;
    for ((out, a), b) in out.iter_mut().zip(a).zip(b).rev() {
        let (less, first) = a.overflowing_sub(*b);
        let (less, second) = less.overflowing_sub(u8::from(borrow));
        *out = less;
        borrow = first | second;
    }
    out
}

/// 65 octets: as they were, another point, the negative, x or y moved up by p, or given.
fn point(was: &[u8], other: &[u8], choices: &mut Choices<'_>) -> [u8; 65] {
    let mut octets = [0; 65];
    octets.copy_from_slice(was);
    match choices.octet().unwrap_or(0) & 7 {
        0..=2 => {}
        3 => octets.copy_from_slice(other),
        4 => {
            let negative = difference(&P, &was[33..]);
            octets[33..].copy_from_slice(&negative);
        }
        5 => octets[0] = choices.octet().unwrap_or(0),
        6 => {
            let x = scalar(&was[1..33], choices);
            octets[1..33].copy_from_slice(&x);
        }
        _ => octets.iter_mut().for_each(|octet| *octet = choices.octet().unwrap_or(0)),
    }
    octets
}
