//! Which interface this is.

#![allow(unsafe_code, reason = "exports a function")]

/// Counts up when a program has to be compiled anew, and perhaps changed.
pub const CASTKEY_ABI_VERSION: u32 = 0;

/// CASTKEY_ABI_VERSION of the library that is linked; a program may compare it with that of its header.
///
/// Stack: 128 octets.
#[unsafe(no_mangle)]
pub extern "C" fn castkey_abi_version() -> u32 {
    CASTKEY_ABI_VERSION
}
