/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/byteorder-d0905b9fdd349684.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libbyteorder-d0905b9fdd349684.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libbyteorder-d0905b9fdd349684.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/byteorder-1.5.0/src/lib.rs:
