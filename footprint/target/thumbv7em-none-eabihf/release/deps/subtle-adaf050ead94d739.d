/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/subtle-adaf050ead94d739.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libsubtle-adaf050ead94d739.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libsubtle-adaf050ead94d739.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs:
