//! See `castkey_fuzz::ims_events`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::ims_events(octets));
