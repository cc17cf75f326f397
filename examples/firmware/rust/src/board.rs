//! The board as QEMU makes it: from power on to [`main`](crate::main), output and exit by semihosting.

use core::arch::asm;
use core::panic::PanicInfo;

unsafe extern "C" {
    static mut data_start: u32;
    static mut data_end: u32;
    static data_load: u32;
    static mut bss_start: u32;
    static mut bss_end: u32;
    static stack_top: u32;
}

/// An entry of the vector table.
#[repr(C)]
union Vector {
    address: *const u32,
    handler: unsafe extern "C" fn(),
}

// SAFETY: nothing ever writes to the table.
unsafe impl Sync for Vector {}

#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: [Vector; 16] = {
    let mut vectors = [const { Vector { handler: fault } }; 16];
    vectors[0] = Vector { address: &raw const stack_top };
    vectors[1] = Vector { handler: reset };
    vectors
};

#[unsafe(no_mangle)]
unsafe extern "C" fn reset() {
    // SAFETY: nothing else runs yet; the symbols are those of the linker script, aligned to words. The register switches the
    // floating-point unit on where there is one.
    unsafe {
        #[cfg(target_abi = "eabihf")]
        {
            let cpacr = 0xE000_ED88 as *mut u32;
            cpacr.write_volatile(cpacr.read_volatile() | 0xF << 20);
            asm!("dsb", "isb");
        }
        let (mut to, mut from) = (&raw mut data_start, &raw const data_load);
        while to < &raw mut data_end {
            to.write_volatile(from.read_volatile());
            (to, from) = (to.add(1), from.add(1));
        }
        let mut to = &raw mut bss_start;
        while to < &raw mut bss_end {
            to.write_volatile(0);
            to = to.add(1);
        }
    }
    exit(crate::main())
}

extern "C" fn fault() {
    exit(99)
}

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    exit(98)
}

fn semihosting(operation: u32, argument: *const u32) {
    // SAFETY: operations 4 and 32 read what the argument points to, and change r0 only.
    unsafe { asm!("bkpt 0xab", inlateout("r0") operation => _, in("r1") argument) };
}

/// Ends the emulator with this status.
pub fn exit(status: u32) -> ! {
    let block = [0x2_0026, status];
    semihosting(0x20, block.as_ptr());
    loop {
        core::hint::spin_loop();
    }
}

/// Prints a text of at most 127 octets.
pub fn print(text: &str) {
    let mut octets = [0u8; 128];
    for (to, octet) in octets.iter_mut().take(127).zip(text.bytes()) {
        *to = octet;
    }
    semihosting(4, octets.as_ptr().cast());
}

/// Ends the emulator with status 1, and says why, unless it is so.
pub fn check(is: bool, what: &str) {
    if !is {
        print(what);
        print("\n");
        exit(1);
    }
}
