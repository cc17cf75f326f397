//! See `castkey_fuzz::decode`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::decode(octets));
