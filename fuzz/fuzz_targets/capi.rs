//! See `castkey_fuzz::capi`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::capi(octets));
