/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/image-258b97a50c09274f.d: src/image.rs src/terminal.rs

/work/main/footprint/target/thumbv7em-none-eabihf/release/deps/image-258b97a50c09274f: src/image.rs src/terminal.rs

src/image.rs:
src/terminal.rs:
