//! What the benchmarks share: cases, medians out of interleaved batches, and the two tables.

#![allow(dead_code, reason = "each benchmark uses its part")]

use std::time::Instant;

use comfy_table::{Cell, CellAlignment, Table};
use criterion::Criterion;

/// One operation.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) run: Box<dyn FnMut()>,
}

impl Case {
    pub(crate) fn new(name: &'static str, run: impl FnMut() + 'static) -> Self {
        Self { name, run: Box::new(run) }
    }
}

/// What the command line asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Criterion, then the table.
    All,
    Table,
    /// `cargo test --benches` only wants to know that every case runs.
    Once,
    Profile,
}

impl Wanted {
    pub(crate) fn of_args() -> Self {
        let asked = |word: &str| std::env::args().any(|argument| argument == word);
        if asked("--test") {
            Self::Once
        } else if asked("--profile-time") {
            Self::Profile
        } else if asked("table") {
            Self::Table
        } else {
            Self::All
        }
    }
}

/// Runs the cases as wanted; true when the table is wanted too.
pub(crate) fn run(group: &str, mut cases: Vec<Case>) -> bool {
    let wanted = Wanted::of_args();
    match wanted {
        Wanted::Once => cases.iter_mut().for_each(|case| (case.run)()),
        Wanted::Table => {}
        Wanted::All | Wanted::Profile => {
            let mut criterion = Criterion::default().configure_from_args();
            let mut group = criterion.benchmark_group(group);
            for case in &mut cases {
                group.bench_function(case.name, |bencher| bencher.iter(|| (case.run)()));
            }
            group.finish();
            criterion.final_summary();
        }
    }
    matches!(wanted, Wanted::All | Wanted::Table)
}

/// Median nanoseconds of every case. All cases take turns in each round, so that what slows the machine for a moment slows
/// both sides of a ratio.
pub(crate) struct Medians(Vec<(&'static str, f64)>);

impl Medians {
    pub(crate) fn of(cases: &mut [Case], rounds: usize, batch: u32) -> Self {
        let mut samples = vec![Vec::with_capacity(rounds); cases.len()];
        for _ in 0..rounds {
            for (case, samples) in cases.iter_mut().zip(&mut samples) {
                let start = Instant::now();
                for _ in 0..batch {
                    (case.run)();
                }
                samples.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(batch));
            }
        }
        let names = cases.iter().map(|case| case.name);
        Self(names.zip(samples.into_iter().map(median)).collect())
    }

    pub(crate) fn ns(&self, name: &str) -> f64 {
        self.0.iter().find(|(case, _)| *case == name).expect("a case of the list").1
    }

    /// `over / under`.
    pub(crate) fn ratio(&self, over: &str, under: &str) -> f64 {
        self.ns(over) / self.ns(under)
    }

    pub(crate) fn print(&self) {
        let mut table = Table::new();
        table.set_header(["operation", "ns"]);
        for (name, ns) in &self.0 {
            table.add_row([
                Cell::new(name),
                Cell::new(format!("{ns:.0}")).set_alignment(CellAlignment::Right),
            ]);
        }
        println!("\n{table}");
    }
}

/// Nanoseconds that `run` takes: of this thread on a processor where the system tells them (to a tick of some milliseconds,
/// so `run` has to be long), and of the clock on the wall elsewhere.
pub(crate) fn machine_time(run: impl FnOnce()) -> f64 {
    let on_processor = || -> Option<f64> {
        std::fs::read_to_string("/proc/thread-self/schedstat").ok()?.split(' ').next()?.parse().ok()
    };
    let (before, start) = (on_processor(), Instant::now());
    run();
    match (before, on_processor()) {
        (Some(before), Some(after)) => after - before,
        _ => start.elapsed().as_secs_f64() * 1e9,
    }
}

pub(crate) fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples[samples.len() / 2]
}

/// Measured figures beside what they should be at most. Targets are printed, not asserted: other machines differ.
pub(crate) struct Targets(Table);

impl Targets {
    pub(crate) fn new() -> Self {
        let mut table = Table::new();
        table.set_header(["figure", "measured", "target", ""]);
        Self(table)
    }

    pub(crate) fn at_most(&mut self, what: &str, measured: f64, target: f64) {
        self.0.add_row([
            what.to_owned(),
            format!("{measured:.2}"),
            format!("<= {target}"),
            if measured <= target { "met" } else { "MISSED" }.to_owned(),
        ]);
    }

    pub(crate) fn print(&self) {
        println!("{}", self.0);
    }
}
