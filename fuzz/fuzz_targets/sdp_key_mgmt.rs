//! See `castkey_fuzz::sdp_key_mgmt`.
#![no_main]

libfuzzer_sys::fuzz_target!(|octets: &[u8]| castkey_fuzz::sdp_key_mgmt(octets));
