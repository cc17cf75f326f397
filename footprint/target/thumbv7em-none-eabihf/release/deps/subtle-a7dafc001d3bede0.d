/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/subtle-a7dafc001d3bede0.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libsubtle-a7dafc001d3bede0.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libsubtle-a7dafc001d3bede0.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs:
