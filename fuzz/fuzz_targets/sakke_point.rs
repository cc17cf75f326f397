//! See `castkey_fuzz::sakke_point`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::sakke_point(octets));
