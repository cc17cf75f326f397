//! What the library costs on a Cortex-M4: `footprint.json` from a measurement, held against the committed one, as a table and
//! as a chart.
//!
//! ```text
//! castkey-footprint-report write   MEASURED REPOSITORY     writes footprint.json, the tables and docs/footprint.svg
//! castkey-footprint-report compare MEASURED REPOSITORY     fails where a measurement is over what is committed
//! ```
//!
//! `MEASURED` is a directory. For each image that measures, and each kind of primitives it was linked with, there are
//! `IMAGE.PRIMITIVES.calls` (what it prints) and `.bounds` (what `examples/firmware/stack` prints of it); for each reference image
//! `IMAGE.PRIMITIVES.sizes` (what `size -A` prints of it) and `.functions` (those of the header that are in it). PRIMITIVES is
//! `built-in` or `caller`. `rustc` and `cc` name the compilers. The budgets are in `budgets.json`.

mod budget;
mod chart;
mod measured;
mod table;

use std::path::Path;
use std::process::ExitCode;
use std::{env, fs};

use budget::budgets;
use measured::Footprint;
use table::Extent;

/// Files in which a table stands between two marks.
const WITH_TABLE: [(&str, Extent); 2] = [("README.md", Extent::Short), ("docs/firmware.md", Extent::Whole)];

type Failure = Box<dyn std::error::Error>;

fn write(new: &Footprint, root: &Path) -> Result<(), Failure> {
    let budgets = budgets(root, new)?;
    fs::write(root.join("footprint.json"), new.to_json()?)?;
    fs::write(root.join("docs/footprint.svg"), chart::draw(new, &budgets)?)?;
    for (file, extent) in WITH_TABLE {
        let path = root.join(file);
        let text = fs::read_to_string(&path)?;
        let text = table::replaced(&text, new, &budgets, extent).ok_or(format!("{file} has no marks"))?;
        fs::write(path, text)?;
    }
    Ok(())
}

fn compare(new: &Footprint, root: &Path) -> Result<bool, Failure> {
    let committed = Footprint::from_json(&fs::read_to_string(root.join("footprint.json"))?)?;
    let (then, now) = (budgets(root, &committed)?, budgets(root, new)?);
    let mut faults = new.over(&committed);
    for (then, now) in then.iter().zip(&now) {
        if then.is_kept() && !now.is_kept() {
            faults.push(format!("{}: {}, over its budget {}", now.what, now.is, now.at_most));
        }
    }
    for (file, extent) in WITH_TABLE {
        let text = fs::read_to_string(root.join(file))?;
        if table::replaced(&text, &committed, &then, extent).is_none_or(|fresh| fresh != text) {
            faults.push(format!("{file}: its table is not that of footprint.json"));
        }
    }
    if fs::read_to_string(root.join("docs/footprint.svg"))? != chart::draw(&committed, &then)? {
        faults.push("docs/footprint.svg is not that of footprint.json".into());
    }
    for line in faults.iter().chain(&new.below(&committed)) {
        println!("{line}");
    }
    Ok(faults.is_empty())
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
