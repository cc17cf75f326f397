//! See `castkey_fuzz::open_signed`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::open_signed(octets));
