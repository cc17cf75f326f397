//! The terminal as firmware uses it: all its events, its state out and in, its traffic keys.

use core::hint::black_box;
use core::mem::MaybeUninit;
use core::panic::PanicInfo;

#[cfg(not(any(feature = "caller-primitives", feature = "small")))]
use castkey::crypto::RustCrypto;
use castkey::crypto::Sha1Only;
#[cfg(all(feature = "small", not(feature = "caller-primitives")))]
use castkey::crypto::SmallPrimitives;
use castkey::id::{KeyDomainId, Mki};
use castkey::keys::{Muk, MukIdDigest};
use castkey::role::{Actions, Ue, UeConfig, UeEvent};
use castkey::time::Tick;

/// Primitives that the rest of the firmware has: none of them counts.
#[cfg(feature = "caller-primitives")]
#[derive(Clone, Copy)]
pub struct Engine;

#[cfg(feature = "caller-primitives")]
impl castkey::crypto::Primitives for Engine {
    fn sha1(&self, state: &mut [u32; 5], blocks: &[[u8; 64]]) {
        unsafe extern "C" {
            fn engine_sha1(state: *mut u32, blocks: *const u8, count: usize);
        }
        // SAFETY: never run.
        unsafe { engine_sha1(state.as_mut_ptr(), blocks.as_ptr().cast(), blocks.len()) }
    }

    fn sha256(&self, state: &mut [u32; 8], blocks: &[[u8; 64]]) {
        unsafe extern "C" {
            fn engine_sha256(state: *mut u32, blocks: *const u8, count: usize);
        }
        // SAFETY: as above.
        unsafe { engine_sha256(state.as_mut_ptr(), blocks.as_ptr().cast(), blocks.len()) }
    }

    fn aes128_ctr(&self, key: &[u8; 16], iv: &[u8; 16], octets: &mut [u8]) {
        unsafe extern "C" {
            fn engine_aes128_ctr(key: *const u8, iv: *const u8, octets: *mut u8, len: usize);
        }
        // SAFETY: as above.
        unsafe { engine_aes128_ctr(key.as_ptr(), iv.as_ptr(), octets.as_mut_ptr(), octets.len()) }
    }

    fn aes256_ctr(&self, key: &[u8; 32], iv: &[u8; 16], octets: &mut [u8]) {
        unsafe extern "C" {
            fn engine_aes256_ctr(key: *const u8, iv: *const u8, octets: *mut u8, len: usize);
        }
        // SAFETY: as above.
        unsafe { engine_aes256_ctr(key.as_ptr(), iv.as_ptr(), octets.as_mut_ptr(), octets.len()) }
    }
}

#[cfg(feature = "caller-primitives")]
pub type Chosen = Engine;
#[cfg(all(feature = "small", not(feature = "caller-primitives")))]
pub type Chosen = SmallPrimitives;
#[cfg(not(any(feature = "caller-primitives", feature = "small")))]
pub type Chosen = RustCrypto;

pub type P = Sha1Only<Chosen>;
pub const P: P = Sha1Only(Chosen {});

/// Follows four Key Groups.
pub type Terminal = Ue<4, Muk<P>, P, 2, MukIdDigest>;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    unsafe extern "C" {
        /// Defined nowhere: that the image links proves that no panic can be reached.
        fn no_panic_allowed() -> !;
    }
    // SAFETY: never linked.
    unsafe { no_panic_allowed() }
}

#[inline(never)]
pub fn start<'a>(place: &'a mut MaybeUninit<Terminal>, config: &UeConfig) -> &'a mut Terminal {
    place.write(Terminal::with(*config, P))
}

/// Handles an event, and gives its actions away one by one.
#[inline(never)]
pub fn handle(terminal: &mut Terminal, event: UeEvent<'_, Muk<P>>, now: Tick, out: &mut [u8]) -> u32 {
    let mut actions = Actions::new();
    match terminal.handle_into(event, now, out, &mut actions) {
        Ok(()) => {
            for action in actions.iter() {
                black_box(action);
            }
            0
        }
        Err(e) => e.code(),
    }
}

#[inline(never)]
pub fn restore(terminal: &mut Terminal, octets: &[u8], now: Tick) -> u32 {
    match terminal.restore_in_place(octets, now, |octets| Muk::from_octets_with(octets, P)) {
        Ok(()) => 0,
        Err(e) => e.code(),
    }
}

/// The first octet of the MTK for a packet.
#[inline(never)]
pub fn mtk(terminal: &Terminal, domain: KeyDomainId, mki: Mki) -> Option<u8> {
    terminal.mtk(domain, mki).map(|(mtk, _)| mtk.secret().expose()[0])
}
