//! See `castkey_fuzz::http_digest`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::http_digest(octets));
