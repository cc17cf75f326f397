//! See `castkey_fuzz::field`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::field(octets));
