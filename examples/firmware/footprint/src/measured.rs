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

/// What a figure with a tolerance may grow by besides: a tick is less than two instructions, and where it begins is chance.
const RESOLUTION: u64 = 2;

#[derive(Serialize, Deserialize)]
pub struct Footprint {
    pub target: String,
    pub machine: String,
    /// Rust and C compiler: others make other code.
    pub compilers: [String; 2],
    /// Reference images by name, then by primitives.
    pub images: BTreeMap<String, BTreeMap<String, Image>>,
    /// Objects of the C interface by name, then by primitives.
    pub objects: BTreeMap<String, BTreeMap<String, Object>>,
    /// The most stack that a function can take by the call graph, without callbacks, by name, then by primitives.
    pub stack_bounds: BTreeMap<String, BTreeMap<String, u64>>,
    /// Calls by name, then by primitives, as measured.
    pub calls: BTreeMap<String, BTreeMap<String, Call>>,
}

/// Sections of an image, and the most stack of the calls of its functions, octets.
#[derive(Serialize, Deserialize, Default, Clone, Copy)]
pub struct Image {
    pub text: u64,
    pub rodata: u64,
    pub data: u64,
    pub bss: u64,
    pub stack: u64,
    /// The same by call graph, without callbacks.
    pub stack_bound: u64,
}

impl Image {
    pub const fn flash(self) -> u64 {
        self.text + self.rodata + self.data
    }
}

/// Octets that are in use, and octets that the header gives.
#[derive(Serialize, Deserialize, Clone, Copy)]
pub struct Object {
    pub used: u64,
    pub room: u64,
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

/// What an image that measures has printed.
struct Printed {
    calls: Vec<(String, Call)>,
    objects: Vec<(String, Object)>,
}

/// Name, ticks and stack of each call, name and sizes of each object; the lines of calibration are checked and left out.
fn printed(text: &str) -> Result<Printed, Failure> {
    let mut printed = Printed { calls: Vec::new(), objects: Vec::new() };
    let mut calibrated = 0;
    for line in text.lines() {
        let [name, first, second] = line.split('\t').collect::<Vec<_>>()[..] else { return Err(line.into()) };
        let (first, second): (u64, u64) = (first.parse()?, second.parse()?);
        let call = Call { instructions: first * NS_PER_TICK / NS_PER_INSTRUCTION, stack: second };
        match name {
            "calibration: nothing" => calibrated += u32::from(call.stack < 16),
            "calibration: 200,000 instructions" => {
                calibrated += u32::from((200_000..200_010).contains(&call.instructions));
            }
            "calibration: 1,024 octets" => calibrated += u32::from((1024..1056).contains(&call.stack)),
            _ => match name.strip_prefix("object: ") {
                Some(name) => printed.objects.push((name.into(), Object { used: first, room: second })),
                None => printed.calls.push((name.into(), call)),
            },
        }
    }
    if calibrated != 3 {
        return Err("the measure is wrong".into());
    }
    Ok(printed)
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

/// The function of a call, whose name may say more behind a colon.
fn function_of(call: &str) -> &str {
    call.split(':').next().unwrap_or_default()
}

impl Footprint {
    pub fn read(directory: &Path) -> Result<Self, Failure> {
        let first_line = |of: &str| -> String {
            let text = fs::read_to_string(directory.join(of)).unwrap_or_default();
            text.lines().next().unwrap_or_default().into()
        };
        let mut this = Self {
            target: "thumbv7em-none-eabihf".into(),
            machine: "mps2-an386".into(),
            compilers: ["rustc", "cc"].map(first_line),
            images: BTreeMap::new(),
            objects: BTreeMap::new(),
            stack_bounds: BTreeMap::new(),
            calls: BTreeMap::new(),
        };
        let mut names = Vec::new();
        for entry in fs::read_dir(directory)? {
            names.push(entry?.file_name().to_string_lossy().into_owned());
        }
        let text = |stem: &str, kind: &str| fs::read_to_string(directory.join(format!("{stem}.{kind}")));
        let stems = |kind: &str| -> Vec<(&str, &str, &str)> {
            let of = |name: &'_ String| name.strip_suffix(kind).map(str::len);
            let stems = names.iter().filter_map(|name| of(name).and_then(|len| name.get(..len)));
            stems.filter_map(|stem| stem.split_once('.').map(|(what, by)| (stem, what, by))).collect()
        };
        for (stem, _, primitives) in stems(".calls") {
            this.take_calls(primitives, &text(stem, "calls")?, &text(stem, "bounds")?)?;
        }
        for (stem, what, primitives) in stems(".sizes") {
            let mut image = image(&text(stem, "sizes")?);
            for function in text(stem, "functions")?.lines() {
                let calls = this.calls.iter().filter(|(call, _)| function_of(call) == function);
                let most = calls.filter_map(|(_, by)| by.get(primitives)).map(|call| call.stack).max();
                image.stack = image.stack.max(most.ok_or_else(|| format!("{function} is not measured"))?);
                let bound = this.stack_bounds.get(function).and_then(|by| by.get(primitives));
                image.stack_bound = image.stack_bound.max(bound.copied().unwrap_or_default());
            }
            this.images.entry(what.replace('_', " ")).or_default().insert(primitives.into(), image);
        }
        Ok(this)
    }

    /// The figures of one part of the interface with one kind of primitives.
    fn take_calls(&mut self, primitives: &str, calls: &str, graph: &str) -> Result<(), Failure> {
        let Printed { calls, objects } = printed(calls)?;
        for (name, octets) in bounds(graph)? {
            if calls.iter().any(|(call, _)| function_of(call) == name) {
                self.stack_bounds.entry(name).or_default().insert(primitives.into(), octets);
            }
        }
        for (name, call) in calls {
            // Callbacks are not in the bound, and all primitives of the caller are callbacks.
            let bound = self.stack_bounds.get(function_of(&name)).and_then(|by| by.get(primitives));
            if primitives == "built-in" && bound.is_none_or(|bound| call.stack > bound + CALLER_FRAME) {
                let stack = call.stack;
                return Err(format!("{name} takes {stack} octets of stack, over its bound {bound:?}").into());
            }
            self.calls.entry(name).or_default().insert(primitives.into(), call);
        }
        for (name, object) in objects {
            self.objects.entry(name).or_default().insert(primitives.into(), object);
        }
        Ok(())
    }

    pub fn from_json(text: &str) -> Result<Self, Failure> {
        Ok(serde_json::from_str(text)?)
    }

    pub fn to_json(&self) -> Result<String, Failure> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }

    /// Every figure with its name and what it may grow by, percent.
    pub fn figures(&self) -> BTreeMap<String, (u64, u64)> {
        let mut figures = BTreeMap::new();
        for (name, by_primitives) in &self.images {
            for (primitives, image) in by_primitives {
                let of = |what: &str| format!("image {name}, {primitives} primitives: {what}");
                figures.insert(of("flash"), (image.flash(), TOLERANCE));
                figures.insert(of("data and bss"), (image.data + image.bss, 0));
                figures.insert(of("stack"), (image.stack, 0));
                figures.insert(of("stack by call graph"), (image.stack_bound, 0));
            }
        }
        for (name, by_primitives) in &self.objects {
            for (primitives, object) in by_primitives {
                let of = |what: &str| format!("{name}, {primitives} primitives: {what}");
                figures.insert(of("octets used"), (object.used, 0));
                figures.insert(of("room"), (object.room, 0));
            }
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
                Some((was, _))
                    if is * 100 > (was + RESOLUTION * u64::from(*tolerance > 0)) * (100 + tolerance) =>
                {
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
