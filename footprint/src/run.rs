//! Runs the worked messages on a Cortex-M4 as QEMU makes it, counts instructions and peak stack of each, and holds them against
//! their limits. Run by `.ci/footprint`.

#![no_std]
#![no_main]

#[path = "../../m4/src/board.rs"]
mod board;
mod terminal;

use core::hint::black_box;
use core::mem::MaybeUninit;

use castkey::id::{KeyDomainId, Mki};
use castkey::keys::{Muk, MukId};
use castkey::role::{UeConfig, UeEvent};
use castkey::time::Tick;

use board::{Cost, exit, measured, print, print_number};
use terminal::{P, Terminal, handle, mtk, restore, start};

/// Octets of stack that a call may use.
const STACK_LIMIT: usize = 3 * 1024;

/// An operation took more than it may.
const OVER_LIMIT: u32 = 1;
/// An operation gave a wrong result.
const WRONG_RESULT: u32 = 3;

/// The octets that hexadecimal digits stand for.
const fn hex<const N: usize>(text: &str) -> [u8; N] {
    const fn digit(c: u8) -> u8 {
        if c >= b'a' { c - b'a' + 10 } else { c - b'0' }
    }
    let text = text.as_bytes();
    assert!(text.len() == 2 * N);
    let mut octets = [0; N];
    let mut i = 0;
    while i < N {
        octets[i] = digit(text[2 * i]) << 4 | digit(text[2 * i + 1]);
        i += 1;
    }
    octets
}

// The worked examples, as tests/vectors/mbms-oracle.json has them.
/// The MUK.
const MUK: [u8; 32] = hex("dc514efb2aaa894ba7786495a9ac87c359c0a714896183e1412fabbe81a62425");
/// IDi.
const IDI: [u8; 19] = hex("626d73632e686f6d65312e6e65740100000001");
/// IDr.
const IDR: [u8; 38] = hex("6f4b47696f36536c7071656f71617172724b327572773d3d406273662e686f6d65312e6e6574");
/// `msk-message`.
const MSK_MESSAGE: [u8; 165] = hex(
    "010015800000000000010503000b000332f451010468ca00010b02000000010610f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff06010013626d73632e686f6d65312e6e65740100000001010000266f4b47696f36536c7071656f71617172724b327572773d3d406273662e686f6d65312e6e65740001001a9c494711dd575bc3a77cf3fa1acdc850e76ab1c5d2c1daadfca90197a26b50d78e690445803ef3cb4ed1f9d717c4d8",
);
/// `msk-verification`.
const V_MESSAGE: [u8; 80] = hex(
    "01010500000000000001060200000001090000266f4b47696f36536c7071656f71617172724b327572773d3d406273662e686f6d65312e6e657400011c59abc4271d3e32f94a1a81d42144638fad055f",
);
/// `mtk-message-streaming`.
const MTK_MESSAGE: [u8; 96] = hex(
    "010015000000000000010503000f000332f451010468ca00010202000101020000000700010024e4138408ea87fc05345bde3fe36e23edb24050c5bc2ce60a2aa8610a8b201406fae63f6e019afc6614a26eae227c7bed4f4e4b9cac4db49140",
);
/// `mtk-message-download`.
const NEXT_MTK_MESSAGE: [u8; 80] = hex(
    "010015000000000000010503000f000332f451010468ca00010202000201020000000800010014ecca0e84ac9eee8c1165ed86bb17576a9811a3e701aab89c7626483ad9b54904ac450174c0d891acb0",
);
/// The MTK of both.
const MTK: [u8; 16] = hex("c0c1c2c3c4c5c6c7c8c9cacbcccdcecf");

struct Report {
    status: u32,
}

impl Report {
    /// Runs a call, which says whether its result is right. The limits are for RustCrypto's primitives and for the small ones.
    fn row(&mut self, name: &str, limits: [u64; 2], run: &mut dyn FnMut() -> bool) {
        let [rustcrypto, small] = limits;
        let limit = if cfg!(feature = "small") { small } else { rustcrypto };
        let mut good = true;
        let Cost { instructions, stack } = measured(&mut || good &= run());
        print(name);
        print_number(instructions);
        print_number(limit);
        print_number(stack as u64);
        print_number(STACK_LIMIT as u64);
        print("\n");
        if !good {
            self.fail(name, "wrong result", WRONG_RESULT);
        }
        if instructions > limit || stack > STACK_LIMIT {
            self.fail(name, "over the limit", OVER_LIMIT);
        }
    }

    fn fail(&mut self, name: &str, why: &str, status: u32) {
        print(name);
        print(": ");
        print(why);
        print("\n");
        self.status = self.status.max(status);
    }
}

fn main() -> ! {
    let mut report = Report { status: 0 };
    let mut place = MaybeUninit::uninit();
    let mut out = [0; Terminal::MAX_OUT_LEN];
    let config = UeConfig::default();
    let now = Tick::from_millis(0);
    let domain = KeyDomainId::new([0x32, 0xF4, 0x51]);
    let mki = |number| Mki::from_octets([0x68, 0xCA, 0, 1, 0, number]);
    print("call                instructions       limit");
    print("       stack       limit\n");
    report.row("start               ", [1_900, 1_900], &mut || {
        start(&mut place, &config);
        true
    });
    let terminal = start(&mut place, &config);
    report.row("bootstrapped        ", [8_000, 9_200], &mut || {
        let Some(muk) = Muk::from_octets_with(black_box(&MUK), P) else { return false };
        let id = MukId { idi: &IDI, idr: &IDR };
        handle(terminal, UeEvent::Bootstrapped { id, muk }, now, &mut out) == 0
    });
    report.row("MSK message         ", [85_000, 96_000], &mut || {
        handle(terminal, UeEvent::Mikey(black_box(&MSK_MESSAGE)), now, &mut out) == 0
            && out.starts_with(&V_MESSAGE)
    });
    report.row("MTK message, first  ", [71_000, 72_500], &mut || {
        handle(terminal, UeEvent::Mikey(black_box(&MTK_MESSAGE)), now, &mut out) == 0
            && mtk(terminal, domain, mki(1)) == MTK.first().copied()
    });
    report.row("MTK message, next   ", [35_000, 30_500], &mut || {
        handle(terminal, UeEvent::Mikey(black_box(&NEXT_MTK_MESSAGE)), now, &mut out) == 0
            && mtk(terminal, domain, mki(2)) == MTK.first().copied()
    });
    report.row("MTK message, replay ", [2_500, 2_500], &mut || {
        handle(terminal, UeEvent::Mikey(black_box(&NEXT_MTK_MESSAGE)), now, &mut out) != 0
    });
    report.row("timeout             ", [500, 500], &mut || {
        handle(terminal, UeEvent::Timeout, now, &mut out) == 0
    });
    let len = usize::try_from(u32::from_be_bytes([out[5], out[6], out[7], out[8]])).unwrap_or(0);
    let stored = out.get(..len).unwrap_or_default();
    report.row("restore             ", [9_100, 9_000], &mut || {
        restore(terminal, stored, now) == 0 && mtk(terminal, domain, mki(2)) == MTK.first().copied()
    });
    exit(report.status)
}
