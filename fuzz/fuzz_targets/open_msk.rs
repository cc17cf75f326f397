//! See `castkey_fuzz::open_msk`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::open_msk(octets));
