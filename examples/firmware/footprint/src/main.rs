//! What the library costs on a Cortex-M4: `footprint.json` from a measurement, held against the committed one, as a table and
//! as a chart.
//!
//! ```text
//! castkey-footprint-report write   MEASURED REPOSITORY     writes footprint.json, the tables and docs/footprint.svg
//! castkey-footprint-report compare MEASURED REPOSITORY     fails where a measurement is over what is committed
//! ```
//!
//! `MEASURED` is a directory. For the built-in primitives it has `built-in.calls` (what the image `measure` prints),
//! `built-in.bounds` (what `examples/firmware/stack` prints of it) and `built-in.sizes` (what `size -A` prints of the image
//! `reference`); the same with `caller`; `rustc` and `cc` name the compilers.

mod chart;
mod measured;
mod table;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use measured::Footprint;

/// Files in which a table stands between two marks, where they have the marks.
const WITH_TABLE: [&str; 2] = ["README.md", "docs/firmware.md"];

type Failure = Box<dyn std::error::Error>;

fn write(new: &Footprint, root: &Path) -> Result<(), Failure> {
    fs::write(root.join("footprint.json"), new.to_json()?)?;
    fs::write(root.join("docs/footprint.svg"), chart::draw(new)?)?;
    for file in WITH_TABLE {
        let path = root.join(file);
        let text = fs::read_to_string(&path)?;
        if let Some(text) = table::replaced(&text, new) {
            fs::write(path, text)?;
        }
    }
    Ok(())
}

fn compare(new: &Footprint, root: &Path) -> Result<bool, Failure> {
    let committed = Footprint::from_json(&fs::read_to_string(root.join("footprint.json"))?)?;
    let mut good = true;
    for worse in new.over(&committed) {
        println!("{worse}");
        good = false;
    }
    for file in WITH_TABLE {
        let text = fs::read_to_string(root.join(file))?;
        if table::replaced(&text, &committed).is_some_and(|fresh| fresh != text) {
            println!("{file}: its table is not that of footprint.json");
            good = false;
        }
    }
    if fs::read_to_string(root.join("docs/footprint.svg"))? != chart::draw(&committed)? {
        println!("docs/footprint.svg is not that of footprint.json");
        good = false;
    }
    for note in new.below(&committed) {
        println!("{note}");
    }
    Ok(good)
}

fn run() -> Result<bool, Failure> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [what, measured, root] = arguments.as_slice() else { return Err("say write or compare".into()) };
    let (new, root) = (Footprint::read(Path::new(measured))?, Path::new(root));
    match what.as_str() {
        "write" => write(&new, root).map(|()| true),
        "compare" => compare(&new, root),
        _ => Err("say write or compare".into()),
    }
}

fn main() -> ExitCode {
    match run() {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
