//! See `castkey_fuzz::poc_events`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::poc_events(octets));
