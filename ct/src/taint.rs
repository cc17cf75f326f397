//! Marks octets as secret or public, and asks what memcheck has seen.

use core::ffi::{c_int, c_uint, c_void};
use core::hint::black_box;

unsafe extern "C" {
    fn ct_poison(at: *mut c_void, len: usize);
    fn ct_unpoison(at: *mut c_void, len: usize);
    fn ct_errors() -> c_uint;
    fn ct_running() -> c_int;
    fn ct_tainted(at: *const c_void, len: usize) -> usize;
}

/// Whether this process runs under valgrind.
pub fn running() -> bool {
    // SAFETY: the function takes nothing and only reads a register.
    unsafe { ct_running() != 0 }
}

/// Findings so far.
pub fn errors() -> u32 {
    // SAFETY: the function takes nothing; it asks valgrind for a number.
    unsafe { ct_errors() }
}

/// These octets as a secret. The value passes through a black box, or the compiler would compute with what it knew.
pub fn secret<const N: usize>(mut octets: [u8; N]) -> [u8; N] {
    // SAFETY: the pointer and length are those of a live, exclusively borrowed array; valgrind changes its shadow only.
    unsafe { ct_poison((&raw mut octets).cast(), N) };
    black_box(octets)
}

/// Declares `value` public: a length, a validity flag, the bit that says whether a message was accepted.
///
/// `T` must have no destructor and no pointer to secrets that should stay secret; only its own bytes become public.
pub fn publish<T: Copy>(mut value: T) -> T {
    // SAFETY: the pointer and size are those of a live, exclusively borrowed value; valgrind changes its shadow only.
    unsafe { ct_unpoison((&raw mut value).cast(), size_of::<T>()) };
    black_box(value)
}

/// How many of the octets depend on a secret.
pub fn tainted(octets: &[u8]) -> usize {
    // SAFETY: the pointer and length are those of a live slice, which is only read.
    unsafe { ct_tainted(octets.as_ptr().cast(), octets.len()) }
}
