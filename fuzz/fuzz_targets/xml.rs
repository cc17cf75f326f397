//! See `castkey_fuzz::xml`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::xml(octets));
