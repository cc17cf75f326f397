//! See `castkey_fuzz::roundtrip`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::roundtrip(octets));
