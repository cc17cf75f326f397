//! RFC 6507 Appendix A: every value on the way, and the cases derived from it, in both profiles and both word sizes.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, missing_docs, reason = "tests")]

use castkey::sakke::eccsi::hazmat::{self, WordSize};
use castkey::sakke::eccsi::{
    Device, EccsiError, EccsiSign, EccsiVerify, Kpak, KpakTable, Ksak, Profile, Server, SigningKey,
};
use castkey::secret::Secret;
use serde_json::Value;

const SIZES: [WordSize; 2] = [WordSize::Bits32, WordSize::Bits64];

struct File(Value);

impl File {
    fn read() -> Self {
        Self(serde_json::from_str(include_str!("vectors/eccsi-rfc6507.json")).unwrap())
    }

    fn hex(&self, name: &str) -> Vec<u8> {
        hex::decode(self.0[name].as_str().unwrap()).unwrap()
    }

    fn octets<const N: usize>(&self, name: &str) -> [u8; N] {
        self.hex(name).try_into().unwrap()
    }

    fn secret(&self, name: &str) -> Secret<32> {
        Secret::new(self.octets(name))
    }

    fn kpak(&self) -> Kpak {
        Kpak::from_octets(&self.octets("KPAK")).unwrap()
    }
}

/// A generator that gives these octets once and then fails.
struct Once(Option<Vec<u8>>);

impl rand_core::TryRng for Once {
    type Error = core::fmt::Error;
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Err(core::fmt::Error)
    }
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Err(core::fmt::Error)
    }
    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.copy_from_slice(&self.0.take().ok_or(core::fmt::Error)?);
        Ok(())
    }
}

impl rand_core::TryCryptoRng for Once {}

fn appendix<P: Profile>(size: WordSize) {
    let file = File::read();
    let (kpak, id, message) = (file.kpak(), file.hex("ID"), file.hex("message"));
    assert_eq!(hazmat::times_g::<P>(size, &file.secret("KSAK")).unwrap(), *kpak.octets());

    let (ssk, pvt) = hazmat::extract::<P>(size, &file.secret("KSAK"), &kpak, &id, &file.secret("v")).unwrap();
    assert_eq!(*ssk.octets().expose(), file.octets("SSK"));
    assert_eq!(pvt.0, file.octets("PVT"));
    assert_eq!(
        hazmat::times_g::<P>(size, &file.secret("SSK")).unwrap().to_vec(),
        hex::decode(file.0["SSK_check"]["value"].as_str().unwrap()).unwrap()
    );

    let hs = hazmat::validate::<P>(size, &id, &kpak, &ssk, &pvt).unwrap();
    assert_eq!(hs, file.octets("HS"));
    assert_eq!(hazmat::hs(&kpak, &id, &pvt), hs);

    assert_eq!(hazmat::times_g::<P>(size, &file.secret("j")).unwrap(), file.octets("J"));
    assert_eq!(hazmat::he(&hs, &file.octets("r"), &message), file.octets("HE"));
    let signature = hazmat::sign::<P>(size, &ssk, &pvt, &hs, &message, &file.secret("j")).unwrap();
    assert_eq!(signature[..32], file.hex("r"));
    assert_eq!(signature[32..64], file.hex("s"));
    assert_eq!(signature, file.octets("signature"));

    assert_eq!(hazmat::verify::<P>(size, &kpak, &id, &message, &signature), Ok(()));
}

/// Covers: MCX-T-9, MCX-T-10, MCX-T-11
#[test]
fn every_value_of_the_appendix_comes_out_in_both_profiles_and_word_sizes() {
    for size in SIZES {
        appendix::<Device>(size);
        appendix::<Server>(size);
    }
}

fn public<P: Profile>() {
    let file = File::read();
    let (id, message) = (file.hex("ID"), file.hex("message"));
    let ksak = Ksak::<P>::from_octets(file.secret("KSAK")).unwrap();
    assert_eq!(*ksak.kpak(), file.kpak());
    let (ssk, pvt) = ksak.extract(&id, &mut Once(Some(file.hex("v")))).unwrap();
    assert_eq!(*ssk.octets().expose(), file.octets("SSK"));
    let key = SigningKey::<P>::validate(&id, &file.kpak(), ssk, &pvt).unwrap();
    assert_eq!(*key.hs(), file.octets("HS"));
    let mut signature = [0; 129];
    key.sign(&message, &mut Once(Some(vec![7; 32])), &mut signature).unwrap();
    let mut table = KpakTable::<P>::new();
    assert_eq!(table.verifier().unwrap_err(), EccsiError::NotPrepared);
    let verifier = table.prepare(&file.kpak()).unwrap();
    assert_eq!(verifier.verify(&id, &message, &signature), Ok(()));
    assert_eq!(table.verifier().unwrap().verify(&id, &message, &file.octets("signature")), Ok(()));
}

/// Covers: MCX-T-9, MCX-T-11, R-MCX-28
#[test]
fn kms_signer_and_verifier_agree_with_the_appendix_through_the_public_types() {
    public::<Device>();
    public::<Server>();
}

/// What the caller of the library would answer for one case of the file.
fn outcome<P: Profile>(size: WordSize, case: &File) -> Result<(), EccsiError> {
    let kpak = Kpak::from_octets(&case.octets("kpak"))?;
    // A signature of another length has no form in the interface.
    let signature = case.hex("signature").try_into().map_err(|_| EccsiError::SignatureInvalid)?;
    hazmat::verify::<P>(size, &kpak, &case.hex("id"), &case.hex("message"), &signature)
}

/// Covers: MCX-T-12, MCX-T-13, R-MCX-20
#[test]
fn every_case_of_the_file_is_accepted_or_refused_as_stated() {
    let cases = File::read().0["cases"].as_array().unwrap().clone();
    assert_eq!(cases.len(), 18);
    for case in cases {
        let case = File(case);
        let expected = match case.0["expect"].as_str().unwrap() {
            "accept" => Ok(()),
            "reject" => Err(EccsiError::SignatureInvalid),
            other => panic!("{other}"),
        };
        for size in SIZES {
            assert_eq!(outcome::<Device>(size, &case), expected, "{}", case.0["name"]);
            assert_eq!(outcome::<Server>(size, &case), expected, "{}", case.0["name"]);
        }
    }
}
