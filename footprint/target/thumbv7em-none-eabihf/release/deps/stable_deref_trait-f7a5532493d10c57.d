/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/stable_deref_trait-f7a5532493d10c57.d: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/stable_deref_trait-1.2.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libstable_deref_trait-f7a5532493d10c57.rlib: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/stable_deref_trait-1.2.1/src/lib.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/libstable_deref_trait-f7a5532493d10c57.rmeta: /root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/stable_deref_trait-1.2.1/src/lib.rs

/root/.cargo/registry/src/index.crates.io-1949cf8c6b5b557f/stable_deref_trait-1.2.1/src/lib.rs:
