//! The board as QEMU makes it: start, output and exit by semihosting, a timer, and a look at the stack.

use core::arch::asm;

/// The end of the memory, where the stack begins.
const STACK_TOP: usize = 0x2040_0000;

/// An entry of the vector table.
#[repr(C)]
union Vector {
    address: usize,
    handler: unsafe extern "C" fn(),
}

// SAFETY: nothing ever writes to the table.
unsafe impl Sync for Vector {}

#[unsafe(link_section = ".vectors")]
#[used]
static VECTORS: [Vector; 16] = {
    let mut vectors = [const { Vector { handler: fault } }; 16];
    vectors[0] = Vector { address: STACK_TOP };
    vectors[1] = Vector { handler: reset };
    vectors
};

#[unsafe(no_mangle)]
unsafe extern "C" fn reset() {
    let cpacr = 0xE000_ED88 as *mut u32;
    // SAFETY: the register that switches the floating-point unit on; nothing else runs yet.
    unsafe {
        cpacr.write_volatile(cpacr.read_volatile() | 0xF << 20);
        asm!("dsb", "isb");
    }
    crate::main()
}

extern "C" fn fault() {
    exit(99)
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

/// Prints a text of at most 63 octets.
pub fn print(text: &str) {
    let mut octets = [0u8; 64];
    for (to, octet) in octets.iter_mut().take(63).zip(text.bytes()) {
        *to = octet;
    }
    semihosting(4, octets.as_ptr().cast());
}

/// Prints a number to the right of a column of 12, without the formatting of `core`, which may panic.
pub fn print_number(mut number: u64) {
    let mut octets = [b' '; 13];
    let [places @ .., end] = &mut octets;
    *end = 0;
    for place in places.iter_mut().rev() {
        *place = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    semihosting(4, octets.as_ptr().cast());
}

/// The first of the board's timers: 32 bits that count down at 25 MHz.
const CONTROL: *mut u32 = 0x4000_0000 as *mut u32;
const VALUE: *mut u32 = 0x4000_0004 as *mut u32;
const RELOAD: *mut u32 = 0x4000_0008 as *mut u32;

/// Instructions of one tick: 40 ns, one instruction a nanosecond with `-icount shift=0`.
const INSTRUCTIONS_A_TICK: u64 = 40;

/// What a run has cost.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    pub instructions: u64,
    pub stack: usize,
}

/// What is written below the stack before a run.
const PAINT: u32 = 0xA5A5_A5A5;
/// Words that are written.
const WORDS: usize = 16 * 1024;
/// Octets right below the stack pointer that are left alone: what painting itself may use.
const APART: usize = 64;

/// Runs `run`, and says what it has cost.
#[inline(never)]
pub fn measured(run: &mut dyn FnMut()) -> Cost {
    let pointer: usize;
    // SAFETY: reads a register.
    unsafe { asm!("mov {}, sp", out(reg) pointer) };
    let top = (pointer - APART) as *mut u32;
    for word in 1..WORDS {
        // SAFETY: memory below the stack, which nothing uses; the stack has 4 MiB.
        unsafe { top.wrapping_sub(word).write_volatile(PAINT) };
    }
    // SAFETY: the registers of the timer, which nothing else uses.
    let before = unsafe {
        CONTROL.write_volatile(0);
        RELOAD.write_volatile(u32::MAX);
        VALUE.write_volatile(u32::MAX);
        CONTROL.write_volatile(1);
        VALUE.read_volatile()
    };
    run();
    // SAFETY: as above.
    let after = unsafe { VALUE.read_volatile() };
    // SAFETY: as of painting.
    let painted = |word: &usize| unsafe { top.wrapping_sub(*word).read_volatile() } == PAINT;
    let used = (1..WORDS).rev().find(|word| !painted(word)).unwrap_or(0);
    Cost {
        instructions: u64::from(before.wrapping_sub(after)).wrapping_mul(INSTRUCTIONS_A_TICK),
        stack: used.wrapping_mul(4).wrapping_add(APART),
    }
}
