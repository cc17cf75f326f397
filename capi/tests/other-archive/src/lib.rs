//! Another Rust archive in the same image: it brings all that two archives could quarrel about.

#![no_std]

use core::panic::PanicInfo;

#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    loop {}
}

/// The octet at `index` of a table: a panic that can be reached.
#[unsafe(no_mangle)]
pub extern "C" fn other_octet(index: usize) -> u8 {
    let table: [u8; 8] = core::array::from_fn(|i| (i as u8) * 3);
    table[core::hint::black_box(index)]
}
