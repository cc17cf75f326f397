/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/subtle-7ffc809b8777b9ef.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libsubtle-7ffc809b8777b9ef.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libsubtle-7ffc809b8777b9ef.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/subtle-2.6.1/src/lib.rs:
