/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/cfg_if-e5f653307269f8d4.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libcfg_if-e5f653307269f8d4.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libcfg_if-e5f653307269f8d4.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs:
