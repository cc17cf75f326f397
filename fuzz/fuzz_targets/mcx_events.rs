//! See `castkey_fuzz::mcx_events`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::mcx_events(octets));
