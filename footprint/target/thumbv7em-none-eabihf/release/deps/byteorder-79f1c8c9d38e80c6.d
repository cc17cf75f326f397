/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/byteorder-79f1c8c9d38e80c6.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libbyteorder-79f1c8c9d38e80c6.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libbyteorder-79f1c8c9d38e80c6.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs:
