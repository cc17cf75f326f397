/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/image-33c8587a99150694.d: src/image.rs src/terminal.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/image-33c8587a99150694: src/image.rs src/terminal.rs

src/image.rs:
src/terminal.rs:
