//! The image whose sections are measured. It is linked, not run.

#![no_std]
#![no_main]

mod terminal;

use core::hint::black_box;
use core::mem::MaybeUninit;

use castkey::id::{GroupName, KeyDomainId, KeyGroup, Mki, MskName};
use castkey::keys::{Muk, MukId};
use castkey::role::{SwitchEvent, UeConfig, UeEvent};
use castkey::secret::Secret;
use castkey::time::Tick;

use terminal::{Terminal, handle, mtk, restore, start};

/// The name is for who measures.
#[unsafe(no_mangle)]
static mut STATE: MaybeUninit<Terminal> = MaybeUninit::uninit();
static mut CONFIG: MaybeUninit<UeConfig> = MaybeUninit::uninit();

/// What the main loop gets from outside; nothing is known of it when the image is linked.
static mut INPUT: MaybeUninit<[u8; 64]> = MaybeUninit::uninit();

/// Calls everything with what is only known at run time. It stands for the rest of the firmware and is not counted.
#[unsafe(no_mangle)]
#[unsafe(link_section = ".harness")]
pub extern "C" fn entry(datagram: *const u8, len: usize, out: *mut u8, room: usize, kind: u32) -> ! {
    // SAFETY: never run.
    let (place, config, input, datagram, out) = unsafe {
        (
            &mut *(&raw mut STATE),
            &*(&raw const CONFIG).cast::<UeConfig>(),
            &*(&raw const INPUT).cast::<[u8; 64]>(),
            core::slice::from_raw_parts(datagram, len),
            core::slice::from_raw_parts_mut(out, room),
        )
    };
    let terminal = start(place, config);
    let [a, b, c, d, e, f, g, h, i, ..] = *input;
    let domain = KeyDomainId::new([a, b, c]);
    let mki = Mki::from_octets([d, e, f, g, h, i]);
    let name = MskName::new(domain, mki.msk);
    let group = GroupName::new(domain, KeyGroup(u16::from_be_bytes([d, e])));
    let now = Tick::from_millis(u64::from(kind));
    let id = || MukId { idi: datagram, idr: input };
    let event = match kind {
        0 => match Muk::from_octets_with(datagram, terminal::P) {
            Some(muk) => UeEvent::Bootstrapped { id: id(), muk },
            None => UeEvent::Timeout,
        },
        1 => UeEvent::Wanted(group),
        2 => UeEvent::Mki(domain, mki),
        3 => UeEvent::Announced(domain, SwitchEvent::Announced { from: mki.msk, to: mki.msk }),
        4 => UeEvent::Install {
            name,
            msk: Secret::new([a; 16]),
            rand: castkey::keys::MskRand::new(input),
            seq_low: mki.mtk,
            seq_high: mki.mtk,
        },
        5 => UeEvent::Forget(group),
        6 => UeEvent::ForgetMuk(id()),
        7 => UeEvent::Mikey(datagram),
        _ => UeEvent::Timeout,
    };
    black_box(handle(terminal, event, now, out));
    black_box(mtk(terminal, domain, mki));
    black_box(restore(terminal, datagram, now));
    #[cfg(feature = "control")]
    black_box([1, 2, 3][black_box(4usize)]);
    loop {
        core::hint::spin_loop();
    }
}
