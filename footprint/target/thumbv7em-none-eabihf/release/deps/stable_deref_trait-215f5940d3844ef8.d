/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/stable_deref_trait-215f5940d3844ef8.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/stable_deref_trait-1.2.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libstable_deref_trait-215f5940d3844ef8.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/stable_deref_trait-1.2.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libstable_deref_trait-215f5940d3844ef8.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/stable_deref_trait-1.2.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/stable_deref_trait-1.2.1/src/lib.rs:
