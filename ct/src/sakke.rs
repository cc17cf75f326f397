//! SAKKE with both field back-ends, in both profiles.
//!
//! Public by design, one finding each: whether a master secret, an SSV or an RSK can be used, and whether an SED is accepted.
//! Each of them is one decision, which the library or whoever unwraps its result branches on.

use castkey::rand_core::{Infallible, TryCryptoRng, TryRng};
use castkey::sakke::field::{RESIDUE_LEN, Residue};
use castkey::sakke::{
    Backend, Decapsulator, Device, Encapsulator, KmsMasterSecret, KmsPublicKey, Narrow32, POINT_LEN, Profile,
    ReceiverSecretKey, SED_LEN, SSV_LEN, SakkeDecapsulate, SakkeEncapsulate, Server, Ssv, Wide64,
};
use castkey::secret::Secret;

use crate::Report;
use crate::taint::{secret, tainted};

/// A master secret below q.
const Z: [u8; RESIDUE_LEN] = {
    let mut z = [0x31; RESIDUE_LEN];
    z[0] = 0x11;
    z
};
const SSV: [u8; SSV_LEN] = [0x52; SSV_LEN];
const ID: &[u8] = b"2026-11\0tel:+447700900123\0";

/// Draws octets that are secret.
struct SecretRng;

impl TryRng for SecretRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes(secret([0x4D; 4])))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes(secret([0x4D; 8])))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        out.fill_with(|| secret([0x4D; 1])[0]);
        Ok(())
    }
}

impl TryCryptoRng for SecretRng {}

pub fn run(report: &mut Report) {
    back_end::<Wide64>(report, "Wide64");
    back_end::<Narrow32>(report, "Narrow32");
}

fn back_end<B: Backend>(report: &mut Report, name: &str) {
    residue::<B::Fp>(report, &format!("{name} modulo p"));
    residue::<B::Fq>(report, &format!("{name} modulo q"));
    kms::<B>(report, name);
    profile::<Device, B>(report, &format!("Device {name}"));
    profile::<Server, B>(report, &format!("Server {name}"));
}

fn residue<R: Residue>(report: &mut Report, name: &str) {
    let value = || R::from_octets(&secret(Z)).0;
    report.check(&format!("{name}: inverse"), 0, || tainted(&value().invert().to_octets()) == RESIDUE_LEN);
    report.check(&format!("{name}: sums, products, comparisons"), 0, || {
        let (a, b) = (value(), value().negate());
        let mut sum = R::mul_add(&a, &b, &a.double(), &b.sub(&a)).add(&a.square());
        sum.assign_if(&a, a.same(&b) | b.is_zero());
        tainted(&sum.to_octets()) == RESIDUE_LEN
    });
}

fn kms<B: Backend>(report: &mut Report, name: &str) {
    let secret_kms = || KmsMasterSecret::<B>::import(&Secret::new(secret(Z))).unwrap();
    // Whether z is in its range decides between a key and an error.
    report.check(&format!("{name}: draw a master secret"), 1, || {
        let kms = KmsMasterSecret::<B>::generate(&mut SecretRng).unwrap();
        tainted(kms.export().expose()) == RESIDUE_LEN
    });
    // The same, of a z that comes from outside.
    report.check(&format!("{name}: KMS Public Key"), 1, || {
        tainted(&secret_kms().public_key().export()) == POINT_LEN - 1
    });
    // The same, and whether identity and z cancel out, as then there is no RSK.
    report.check(&format!("{name}: extract an RSK"), 2, || {
        tainted(secret_kms().extract(ID).unwrap().export().expose()) == POINT_LEN - 1
    });
    let (z, rsk) = keys::<B>();
    // Whether the RSK is a point, and whether it is the right one, as whoever takes it over has to know.
    report.check(&format!("{name}: validate an RSK"), 2, || {
        ReceiverSecretKey::<B>::import(&secret_rsk(&rsk)).unwrap().validate(&z, ID).unwrap();
        true
    });
}

/// Z and the octets of an RSK, without taint.
fn keys<B: Backend>() -> (KmsPublicKey<B>, [u8; POINT_LEN]) {
    let kms = KmsMasterSecret::<B>::import(&Secret::new(Z)).unwrap();
    (kms.public_key(), *kms.extract(ID).unwrap().export().expose())
}

/// The coordinates of an RSK are secret, its form is not.
fn secret_rsk(rsk: &[u8; POINT_LEN]) -> [u8; POINT_LEN] {
    let mut octets = secret(*rsk);
    octets[0] = 4;
    octets
}

fn profile<P: Profile, B: Backend>(report: &mut Report, name: &str) {
    let (z, rsk) = keys::<B>();
    let mut sender = Box::new(Encapsulator::<P, B>::blank());
    sender.prepare(&z);
    let mut sed = [0; SED_LEN];
    sender.encapsulate(&Ssv::new(Secret::new(SSV)), ID, &mut sed).unwrap();

    // Whether R is a point decides between an SED and an error.
    report.check(&format!("{name}: encapsulate"), 1, || {
        let mut sed = [0; SED_LEN];
        sender.encapsulate(&Ssv::new(Secret::new(secret(SSV))), ID, &mut sed).unwrap();
        tainted(&sed) == SED_LEN - 1
    });

    let mut receiver = Box::new(Decapsulator::<P, B>::blank());
    // Whether the RSK is a point, and whether it is the right one.
    report.check(&format!("{name}: prepare an RSK"), 2, || {
        receiver.prepare(&z, ID, &ReceiverSecretKey::<B>::import(&secret_rsk(&rsk)).unwrap()).unwrap();
        true
    });
    // Whether it is the right one still.
    report.check(&format!("{name}: validate the prepared RSK"), 1, || {
        receiver.validate(&z).unwrap();
        true
    });
    // Whether the SED is accepted, as the SSV is handed out only then.
    report.check(&format!("{name}: decapsulate"), 1, || {
        tainted(receiver.decapsulate(&sed, ID).unwrap().secret().expose()) == SSV_LEN
    });
    // The same decision. A wrong point or identity settles it without a secret: one of its parts is known to be false.
    let spoilt = |at: usize| {
        let mut sed = sed;
        sed[at] ^= 1;
        sed
    };
    let mut refuse = |what: &str, expected, sed: &[u8; SED_LEN], id: &[u8]| {
        report.check(&format!("{name}: refuse {what}"), expected, || {
            assert!(receiver.decapsulate(sed, id).is_err());
            true
        });
    };
    refuse("a hint with its first octet wrong", 1, &spoilt(POINT_LEN), ID);
    refuse("a hint with its last octet wrong", 1, &spoilt(SED_LEN - 1), ID);
    refuse("what is no point", 0, &spoilt(200), ID);
    refuse("another identity", 0, &sed, b"other");
}
