/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/subtle-6a69e149b478fef0.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libsubtle-6a69e149b478fef0.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libsubtle-6a69e149b478fef0.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs:
