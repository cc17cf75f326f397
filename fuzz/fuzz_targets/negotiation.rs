//! See `castkey_fuzz::negotiation`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::negotiation(octets));
