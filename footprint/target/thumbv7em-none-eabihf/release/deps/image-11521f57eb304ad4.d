/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/image-11521f57eb304ad4.d: src/image.rs src/terminal.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/image-11521f57eb304ad4: src/image.rs src/terminal.rs

src/image.rs:
src/terminal.rs:
