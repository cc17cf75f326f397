//! Counts instructions and peak stack of the operations of MIKEY-SAKKE on a Cortex-M4 as QEMU makes it, and holds them
//! against their limits. Run by `.ci/cortex-m`.
//!
//! That this links is a proof as well: the panic handler calls a function that nothing defines, so no panic can be reached
//! from anything that is measured here, nor from what prepares it: key generation, extraction and validation.

#![no_std]
#![no_main]

mod board;

use core::hint::black_box;
use core::panic::PanicInfo;

use castkey::rand_core::{Infallible, TryCryptoRng, TryRng};
use castkey::sakke::eccsi::{self, EccsiSign, EccsiVerify, KpakTable, Ksak, SIGNATURE_LEN, SigningKey, Ssk};
use castkey::sakke::{
    Decapsulator, Device, Encapsulator, KmsMasterSecret, SED_LEN, SakkeDecapsulate, SakkeEncapsulate, Ssv,
};
use castkey::secret::Secret;

use board::{exit, measured, print, print_number};

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        /// Defined nowhere.
        fn no_panic_allowed() -> !;
    }
    // SAFETY: never linked.
    unsafe { no_panic_allowed() }
}

/// Octets of stack that any operation may use.
const STACK_LIMIT: usize = 8 * 1024;

/// An operation took more than it may.
const OVER_LIMIT: u32 = 1;
/// An operation took other steps for another secret.
const SECRET_SHOWS: u32 = 2;
/// An operation gave a wrong result.
const WRONG_RESULT: u32 = 3;

struct Report {
    status: u32,
}

impl Report {
    /// Runs an operation for each of three sets of secrets; each run says whether its result is right.
    fn row(&mut self, name: &str, limit: u64, secrets: [&mut dyn FnMut() -> bool; 3]) {
        let mut good = true;
        let [first, second, third] = secrets.map(|run| measured(&mut || good &= run()));
        let cost = first;
        if !good {
            self.fail(name, "wrong result", WRONG_RESULT);
        }
        if first != second || first != third {
            self.fail(name, "costs depend on secrets", SECRET_SHOWS);
            for cost in [first, second, third] {
                print_number(cost.instructions);
                print_number(cost.stack as u64);
                print("\n");
            }
        }
        if cost.instructions > limit || cost.stack > STACK_LIMIT {
            self.fail(name, "over the limit", OVER_LIMIT);
        }
        print(name);
        print_number(cost.instructions);
        print_number(limit);
        print_number(cost.stack as u64);
        print_number(STACK_LIMIT as u64);
        print("\n");
    }

    fn fail(&mut self, name: &str, why: &str, status: u32) {
        print(name);
        print(": ");
        print(why);
        print("\n");
        self.status = self.status.max(status);
    }
}

/// Draws the same octet for ever.
struct Repeating(u8);

impl TryRng for Repeating {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok(u32::from_le_bytes([self.0; 4]))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(u64::from_le_bytes([self.0; 8]))
    }

    fn try_fill_bytes(&mut self, octets: &mut [u8]) -> Result<(), Infallible> {
        octets.fill(self.0);
        Ok(())
    }
}

impl TryCryptoRng for Repeating {}

/// Copying takes other steps for another alignment, so all copies of a thing have the same.
#[repr(align(8))]
struct Aligned<T>(T);

/// A user of the mission-critical service, as the length of a UID.
const UID: [u8; 32] = [0x5E; 32];
/// Octets of a CSK message before its signature.
const MESSAGE: [u8; 565] = [0xA3; 565];

fn sakke(report: &mut Report) -> Option<()> {
    let ssvs = [0x17, 0x52, 0xE9].map(|octet| Ssv::new(Secret::new([octet; 16])));
    let kms = KmsMasterSecret::generate(&mut Repeating(0x31)).ok()?;
    let z = kms.public_key();
    // Nothing is secret in a preparation for Z.
    let mut senders = [const { Encapsulator::<Device>::blank() }; 3];
    let [sender, second, third] = &mut senders;
    let prepare = |sender: &mut Encapsulator<Device>| {
        sender.prepare(&z);
        true
    };
    report.row(
        "SAKKE prepare Z     ",
        110_000_000,
        [&mut || prepare(sender), &mut || prepare(second), &mut || prepare(third)],
    );
    let mut seds = [const { Aligned([0; SED_LEN]) }; 3];
    {
        let [a, b, c] = &ssvs;
        let [Aligned(to_a), Aligned(to_b), Aligned(to_c)] = &mut seds;
        report.row(
            "SAKKE encapsulate   ",
            70_000_000,
            [
                &mut || sender.encapsulate(a, &UID, to_a).is_ok(),
                &mut || sender.encapsulate(b, &UID, to_b).is_ok(),
                &mut || sender.encapsulate(c, &UID, to_c).is_ok(),
            ],
        );
    }

    let mut receiver = Decapsulator::<Device>::blank();
    // One secret three times: another KMS has another Z, and steps may depend on that.
    let rsk = kms.extract(&UID).ok()?;
    let validates = || rsk.validate(&z, &UID).is_ok();
    report.row(
        "SAKKE validate RSK  ",
        330_000_000,
        [&mut || validates(), &mut || validates(), &mut || validates()],
    );
    let [mut second, mut third] = [const { Decapsulator::<Device>::blank() }; 2];
    let prepare = |receiver: &mut Decapsulator<Device>| receiver.prepare(&z, &UID, &rsk).is_ok();
    report.row(
        "SAKKE prepare RSK   ",
        400_000_000,
        [&mut || prepare(&mut receiver), &mut || prepare(&mut second), &mut || prepare(&mut third)],
    );
    let [Aligned(a), Aligned(b), Aligned(c)] = &seds;
    let [ssv_a, ssv_b, ssv_c] = &ssvs;
    let opens = |sed, ssv: &Ssv| {
        receiver.decapsulate(sed, &UID).is_ok_and(|found| found.secret().expose() == ssv.secret().expose())
    };
    report.row(
        "SAKKE decapsulate   ",
        330_000_000,
        [&mut || opens(a, ssv_a), &mut || opens(b, ssv_b), &mut || opens(c, ssv_c)],
    );
    // A wrong hint must cost what a right one does.
    for (Aligned(sed), octet) in seds.iter_mut().zip([1, 0x80, 0xFF]) {
        let [.., last] = sed;
        *last ^= octet;
    }
    let [Aligned(a), Aligned(b), Aligned(c)] = &seds;
    let refuses = |sed| receiver.decapsulate(sed, &UID).is_err();
    report.row(
        "SAKKE refuse        ",
        330_000_000,
        [&mut || refuses(a), &mut || refuses(b), &mut || refuses(c)],
    );
    Some(())
}

fn signer(kms: &Ksak<eccsi::Device>, draw: u8) -> Option<SigningKey<eccsi::Device>> {
    let (ssk, pvt) = kms.extract(&UID, &mut Repeating(draw)).ok()?;
    SigningKey::validate(&UID, kms.kpak(), Ssk::new(ssk.octets().duplicate()), &pvt).ok()
}

fn eccsi(report: &mut Report) -> Option<()> {
    let kms = Ksak::<eccsi::Device>::generate(&mut Repeating(0x21)).ok()?;
    let [a, b, c] =
        &[Aligned(signer(&kms, 0x11)?), Aligned(signer(&kms, 0x47)?), Aligned(signer(&kms, 0x9C)?)];
    let (Aligned(a), Aligned(b), Aligned(c)) = (a, b, c);
    let mut signatures = [const { Aligned([0; SIGNATURE_LEN]) }; 3];
    {
        let [Aligned(to_a), Aligned(to_b), Aligned(to_c)] = &mut signatures;
        report.row(
            "ECCSI sign          ",
            7_000_000,
            [
                &mut || a.sign(&MESSAGE, &mut Repeating(0x05), to_a).is_ok(),
                &mut || b.sign(&MESSAGE, &mut Repeating(0x66), to_b).is_ok(),
                &mut || c.sign(&MESSAGE, &mut Repeating(0xD1), to_c).is_ok(),
            ],
        );
    }

    // Nothing is secret here, so the same signature three times.
    let mut table = KpakTable::<eccsi::Device>::new();
    let verifier = table.prepare(kms.kpak()).ok()?;
    let [Aligned(signature), ..] = &signatures;
    let verifies = || verifier.verify(&UID, &MESSAGE, signature).is_ok();
    report.row(
        "ECCSI verify        ",
        9_000_000,
        [&mut || verifies(), &mut || verifies(), &mut || verifies()],
    );
    Some(())
}

/// Whether the measure is right: for 200,000 instructions, and for 4 KiB of stack.
fn calibrated() -> bool {
    let mut left = 100_000u32;
    // SAFETY: counts down in a register.
    let counted = measured(&mut || unsafe {
        core::arch::asm!("2: subs {0}, {0}, #1", "bne 2b", inout(reg) left);
    });
    let stacked = measured(&mut || {
        black_box(&mut [0u8; 4096]);
    });
    (200_000..200_400).contains(&counted.instructions) && (4096..4608).contains(&stacked.stack)
}

fn main() -> ! {
    let mut report = Report { status: 0 };
    // A panic that can be reached, for the control.
    #[cfg(feature = "control")]
    print_number([1, 2, 3][black_box(4usize)]);
    if !calibrated() {
        report.fail("calibration", "wrong measure", WRONG_RESULT);
    }
    print("operation           instructions       limit");
    print("       stack       limit\n");
    if sakke(&mut report).is_none() || eccsi(&mut report).is_none() {
        report.fail("preparation", "refused", WRONG_RESULT);
    }
    exit(report.status)
}
