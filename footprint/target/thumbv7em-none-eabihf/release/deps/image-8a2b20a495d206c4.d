/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/image-8a2b20a495d206c4.d: src/image.rs src/terminal.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/image-8a2b20a495d206c4: src/image.rs src/terminal.rs

src/image.rs:
src/terminal.rs:
