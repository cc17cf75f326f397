//! Builds the shim around valgrind's client requests, which exist as C macros only.

fn main() {
    println!("cargo::rerun-if-changed=src/valgrind.c");
    cc::Build::new().file("src/valgrind.c").compile("castkey_ct_valgrind");
}
