/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/cfg_if-c97d4ffc60f2d69e.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libcfg_if-c97d4ffc60f2d69e.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libcfg_if-c97d4ffc60f2d69e.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs:
