/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/image-31451a0a12c43508.d: src/image.rs src/terminal.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/image-31451a0a12c43508: src/image.rs src/terminal.rs

src/image.rs:
src/terminal.rs:
