//! The figures: read from what the images and `size` print, kept as JSON, compared.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::Failure;

/// The two builds of the library.
pub const PRIMITIVES: [&str; 2] = ["built-in", "caller"];

/// Nanoseconds of one instruction and of one tick in the image that measures: `-icount shift=6`, 25 MHz.
const NS_PER_INSTRUCTION: u64 = 64;
const NS_PER_TICK: u64 = 40;

/// Octets of stack of the function that makes a measured call: arguments and saved registers.
const CALLER_FRAME: u64 = 48;

/// What flash and instructions may grow by, percent.
const TOLERANCE: u64 = 2;

#[derive(Serialize, Deserialize)]
pub struct Footprint {
    pub target: String,
    pub machine: String,
    /// Rust and C compiler: others make other code.
    pub compilers: [String; 2],
    /// Sections of the smallest terminal, octets, by primitives.
    pub images: BTreeMap<String, Image>,
    /// The most stack that a function can take by the call graph, without callbacks, by primitives.
    pub stack_bounds: BTreeMap<String, BTreeMap<String, u64>>,
    /// Calls by name, then by primitives, as measured.
    pub calls: BTreeMap<String, BTreeMap<String, Call>>,
}

#[derive(Serialize, Deserialize, Default, Clone, Copy)]
pub struct Image {
    pub text: u64,
    pub rodata: u64,
    pub data: u64,
    pub bss: u64,
}

impl Image {
    pub const fn flash(self) -> u64 {
        self.text + self.rodata + self.data
    }
}

#[derive(Serialize, Deserialize, Clone, Copy)]
pub struct Call {
    pub instructions: u64,
    pub stack: u64,
}

fn image(sizes: &str) -> Image {
    let mut image = Image::default();
    for line in sizes.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(Ok(size))) = (words.next(), words.next().map(str::parse)) else { continue };
        match name {
            ".text" => image.text = size,
            ".rodata" => image.rodata = size,
            ".data" => image.data = size,
            ".bss" => image.bss = size,
            _ => {}
        }
    }
    image
}

/// Name, ticks and stack of each line; the lines of calibration are checked and left out.
fn calls(text: &str) -> Result<Vec<(String, Call)>, Failure> {
    let mut calls = Vec::new();
    let mut calibrated = 0;
    for line in text.lines() {
        let [name, ticks, stack] = line.split('\t').collect::<Vec<_>>()[..] else { return Err(line.into()) };
        let call = Call {
            instructions: ticks.parse::<u64>()? * NS_PER_TICK / NS_PER_INSTRUCTION,
            stack: stack.parse()?,
        };
        match name {
            "calibration: nothing" => calibrated += u32::from(call.stack < 16),
            "calibration: 200,000 instructions" => {
                calibrated += u32::from((200_000..200_010).contains(&call.instructions));
            }
            "calibration: 1,024 octets" => calibrated += u32::from((1024..1056).contains(&call.stack)),
            _ => calls.push((name.to_owned(), call)),
        }
    }
    if calibrated != 3 {
        return Err("the measure is wrong".into());
    }
    Ok(calls)
}

/// Name and octets of each line.
fn bounds(text: &str) -> Result<Vec<(String, u64)>, Failure> {
    let mut bounds = Vec::new();
    for line in text.lines() {
        let mut words = line.split('\t');
        let (name, octets) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        bounds.push((name.to_owned(), octets.parse()?));
    }
    Ok(bounds)
}

impl Footprint {
    pub fn read(directory: &Path) -> Result<Self, Failure> {
        let mut this = Self {
            target: "thumbv7em-none-eabihf".into(),
            machine: "mps2-an386".into(),
            compilers: ["rustc", "cc"].map(|of| {
                fs::read_to_string(directory.join(of))
                    .unwrap_or_default()
                    .lines()
                    .next()
                    .unwrap_or_default()
                    .into()
            }),
            images: BTreeMap::new(),
            stack_bounds: BTreeMap::new(),
            calls: BTreeMap::new(),
        };
        for primitives in PRIMITIVES {
            let text = |kind: &str| fs::read_to_string(directory.join(format!("{primitives}.{kind}")));
            this.images.insert(primitives.into(), image(&text("sizes")?));
            for (name, octets) in bounds(&text("bounds")?)? {
                this.stack_bounds.entry(name).or_default().insert(primitives.into(), octets);
            }
            for (name, call) in calls(&text("calls")?)? {
                // Callbacks are not in the bound, and all primitives of the caller are callbacks.
                let function = name.split(':').next().unwrap_or_default();
                let bound = this.stack_bounds.get(function).and_then(|by| by.get(primitives));
                if primitives == "built-in" && bound.is_none_or(|bound| call.stack > bound + CALLER_FRAME) {
                    return Err(format!(
                        "{name} takes {} octets of stack, over its bound {bound:?}",
                        call.stack
                    )
                    .into());
                }
                this.calls.entry(name).or_default().insert(primitives.into(), call);
            }
        }
        Ok(this)
    }

    pub fn from_json(text: &str) -> Result<Self, Failure> {
        Ok(serde_json::from_str(text)?)
    }

    pub fn to_json(&self) -> Result<String, Failure> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Every figure with its name and what it may grow by, percent.
    fn figures(&self) -> BTreeMap<String, (u64, u64)> {
        let mut figures = BTreeMap::new();
        for (primitives, image) in &self.images {
            let of = |what: &str| format!("image, {primitives} primitives: {what}");
            figures.insert(of("flash"), (image.flash(), TOLERANCE));
            figures.insert(of("data and bss"), (image.data + image.bss, 0));
        }
        for (name, by_primitives) in &self.stack_bounds {
            for (primitives, octets) in by_primitives {
                figures.insert(format!("{name}, {primitives} primitives: stack by call graph"), (*octets, 0));
            }
        }
        for (name, by_primitives) in &self.calls {
            for (primitives, call) in by_primitives {
                let of = |what: &str| format!("{name}, {primitives} primitives: {what}");
                figures.insert(of("instructions"), (call.instructions, TOLERANCE));
                figures.insert(of("stack"), (call.stack, 0));
            }
        }
        figures
    }

    /// What is over the committed figures, or on one side only.
    pub fn over(&self, committed: &Self) -> Vec<String> {
        let (new, old) = (self.figures(), committed.figures());
        let mut over = Vec::new();
        for (name, (is, tolerance)) in &new {
            match old.get(name) {
                None => over.push(format!("{name}: {is}, not in footprint.json")),
                Some((was, _)) if is * 100 > was * (100 + tolerance) => {
                    over.push(format!("{name}: {is}, over {was}"));
                }
                Some(_) => {}
            }
        }
        over.extend(
            old.keys().filter(|name| !new.contains_key(*name)).map(|name| format!("{name}: not measured")),
        );
        over
    }

    /// What has become less by more than the tolerance: footprint.json can be written anew.
    pub fn below(&self, committed: &Self) -> Vec<String> {
        let old = committed.figures();
        let less = |(name, (is, tolerance)): (&String, &(u64, u64))| {
            let (was, _) = old.get(name)?;
            (is * 100 < was * (100 - tolerance)).then(|| format!("{name}: {is}, below {was}: write it anew"))
        };
        self.figures().iter().filter_map(less).collect()
    }
}
