//! See `castkey_fuzz::ue_events`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::ue_events(octets));
