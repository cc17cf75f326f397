//! ECCSI in both word sizes and both profiles: what KSAK, v, SSK and j go into.
//!
//! Public by design, one finding each: whether a scalar is below q, whether it is zero, whether what was drawn can be used,
//! whether an SSK belongs to its identity. Verification has no secrets.

use castkey::sakke::eccsi::hazmat::{self, WordSize};
use castkey::sakke::eccsi::{Device, Kpak, POINT_LEN, Profile, Pvt, SCALAR_LEN, Server, Ssk};
use castkey::secret::Secret;

use crate::Report;
use crate::taint::{secret, tainted};

const KSAK: [u8; SCALAR_LEN] = [0x31; SCALAR_LEN];
const V: [u8; SCALAR_LEN] = [0x52; SCALAR_LEN];
const RANDOM: [u8; SCALAR_LEN] = [0x17; SCALAR_LEN];
const ID: &[u8] = b"2026-11\0tel:+447700900123\0";

pub fn run(report: &mut Report) {
    for size in [WordSize::Bits64, WordSize::Bits32] {
        profile::<Device>(report, size, "Device");
        profile::<Server>(report, size, "Server");
    }
}

fn profile<P: Profile>(report: &mut Report, size: WordSize, name: &str) {
    let kpak = Kpak::from_octets(&hazmat::times_g::<P>(size, &Secret::new(KSAK)).unwrap()).unwrap();
    let extracted = hazmat::extract::<P>(size, &Secret::new(KSAK), &kpak, ID, &Secret::new(V));
    let (ssk, pvt) = extracted.unwrap();
    let ssk = *ssk.octets().expose();
    let hs = hazmat::hs(&kpak, ID, &pvt);
    let name = format!("ECCSI {name} {size:?}");

    // Whether KSAK is below q, and whether it is 0: then it is drawn again.
    report.check(&format!("{name}: KPAK of a KSAK"), 2, || {
        let point = hazmat::times_g::<P>(size, &Secret::new(secret(KSAK))).unwrap();
        tainted(&point) == POINT_LEN - 1
    });
    // The same two of v, and whether SSK and HS can be used: then v is drawn again.
    report.check(&format!("{name}: extract an SSK"), 3, || {
        let (ksak, v) = (Secret::new(secret(KSAK)), Secret::new(secret(V)));
        let (ssk, pvt) = hazmat::extract::<P>(size, &ksak, &kpak, ID, &v).unwrap();
        tainted(ssk.octets().expose()) == SCALAR_LEN && tainted(&pvt.0) == POINT_LEN - 1
    });
    // The same two of SSK, and whether it belongs to identity, PVT and KPAK.
    report.check(&format!("{name}: validate an SSK"), 3, || {
        let ssk = Ssk::new(Secret::new(secret(ssk)));
        let _ = hazmat::validate::<P>(size, ID, &kpak, &ssk, &Pvt(pvt.0)).unwrap();
        true
    });
    // The same two of j, and whether r and d can be used: then j is drawn again.
    report.check(&format!("{name}: sign"), 3, || {
        let (ssk, random) = (Ssk::new(Secret::new(secret(ssk))), Secret::new(secret(RANDOM)));
        let signature = hazmat::sign_hedged::<P>(size, &ssk, &pvt, &hs, b"message", &random).unwrap();
        let (r, rest) = signature.split_at(SCALAR_LEN);
        let (s, pvt) = rest.split_at(SCALAR_LEN);
        tainted(r) == SCALAR_LEN && tainted(s) == SCALAR_LEN && tainted(pvt) == 0
    });
}
