//! See `castkey_fuzz::mbcp`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::mbcp(octets));
