//! The smallest firmware that uses a castkey terminal. It is linked and measured, not run: `.ci/footprint`.

#![no_std]
#![no_main]

use core::hint::black_box;
use core::panic::PanicInfo;

use castkey::id::{KeyDomainId, Mki};
use castkey::keys::{Muk, MukId};
use castkey::role::{Ue, UeConfig, UeEvent};
use castkey::time::Tick;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// Everything a terminal does: bootstrapped, datagrams, timers, MTKs out.
#[unsafe(no_mangle)]
pub extern "C" fn entry() -> ! {
    let mut ue: Ue<4> = Ue::new(UeConfig::default());
    let mut out = [0; Ue::<4>::MAX_OUT_LEN];
    let mut tick = 0;
    loop {
        let datagram = black_box([0u8; 256]);
        let now = Tick::from_millis(tick);
        if let Some(muk) = Muk::from_octets(black_box(&[7; 32])) {
            let id = MukId { idi: black_box(b"bmsc"), idr: black_box(b"b-tid") };
            let _ = black_box(ue.handle(UeEvent::Bootstrapped { id, muk }, now, &mut out));
        }
        let _ = black_box(ue.handle(UeEvent::Mikey(&datagram), now, &mut out));
        let _ = black_box(ue.handle(UeEvent::Timeout, now, &mut out));
        let mki = Mki::from_octets(black_box([0; 6]));
        black_box(ue.mtk(KeyDomainId::new(black_box([0; 3])), mki).is_some());
        let restored = Ue::<4>::restore(
            UeConfig::default(), castkey::crypto::RustCrypto, black_box(&datagram), now, Muk::from_octets,
        );
        if let Ok(restored) = restored {
            ue = restored;
        }
        tick = black_box(tick);
    }
}
