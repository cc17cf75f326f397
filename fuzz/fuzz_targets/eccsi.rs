//! See `castkey_fuzz::eccsi`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::eccsi(octets));
