//! See `castkey_fuzz::store_ops`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::store_ops(octets));
