/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/cfg_if-00984b8d7cab218c.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libcfg_if-00984b8d7cab218c.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libcfg_if-00984b8d7cab218c.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/cfg-if-1.0.5/src/lib.rs:
