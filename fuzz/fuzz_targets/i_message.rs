//! See `castkey_fuzz::i_message`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::i_message(octets));
