/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/byteorder-4afa82ef75b2df35.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libbyteorder-4afa82ef75b2df35.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libbyteorder-4afa82ef75b2df35.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs:
