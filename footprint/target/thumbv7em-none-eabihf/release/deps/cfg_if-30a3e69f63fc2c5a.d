/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/cfg_if-30a3e69f63fc2c5a.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libcfg_if-30a3e69f63fc2c5a.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libcfg_if-30a3e69f63fc2c5a.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs:
