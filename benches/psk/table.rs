//! Ratios against their targets, from interleaved batches.

use std::time::Instant;

use comfy_table::{Cell, CellAlignment, Table};

use crate::cases::{self, Case};

const ROUNDS: usize = 300;
const BATCH: u32 = 200;

/// Median nanoseconds of every case; all cases take turns in each round.
fn medians(cases: &mut [Case]) -> Vec<(&'static str, f64)> {
    let mut samples = vec![Vec::with_capacity(ROUNDS); cases.len()];
    for _ in 0..ROUNDS {
        for (case, samples) in cases.iter_mut().zip(&mut samples) {
            let start = Instant::now();
            for _ in 0..BATCH {
                (case.run)();
            }
            samples.push(start.elapsed().as_secs_f64() * 1e9 / f64::from(BATCH));
        }
    }
    cases
        .iter()
        .zip(&mut samples)
        .map(|(case, samples)| {
            samples.sort_by(f64::total_cmp);
            (case.name, samples[ROUNDS / 2])
        })
        .collect()
}

pub(crate) fn print() {
    let medians = medians(&mut cases::all());
    let ns = |name: &str| medians.iter().find(|(case, _)| *case == name).expect("a case of the list").1;
    let floor = ns(cases::FLOOR);

    let mut times = Table::new();
    times.set_header(["operation", "ns", "of the floor"]);
    for (name, median) in &medians {
        times.add_row([
            Cell::new(name),
            Cell::new(format!("{median:.0}")).set_alignment(CellAlignment::Right),
            Cell::new(format!("{:.2}", median / floor)).set_alignment(CellAlignment::Right),
        ]);
    }
    println!("\n{times}");

    let mut table = Table::new();
    table.set_header(["ratio", "measured", "target", ""]);
    let mut row = |what: &str, measured: f64, target: f64, at_most: bool| {
        let met = if at_most { measured <= target } else { measured >= target };
        table.add_row([
            what.to_owned(),
            format!("{measured:.2}"),
            format!("{} {target}", if at_most { "<=" } else { ">=" }),
            if met { "met" } else { "MISSED" }.to_owned(),
        ]);
    };
    row("seal / floor", ns(cases::SEAL) / floor, 1.35, true);
    row("seal with MUK schedule / floor", ns(cases::SEAL_SCHEDULE) / floor, 1.35, true);
    row("mykey build / seal", ns(cases::MYKEY_BUILD) / ns(cases::SEAL), 2.5, false);
    row(
        "mykey build / seal with MUK schedule",
        ns(cases::MYKEY_BUILD) / ns(cases::SEAL_SCHEDULE),
        2.5,
        false,
    );
    row("open + store / floor", ns(cases::OPEN_STORE) / floor, 1.5, true);
    row("Ue::handle MSK message / floor", ns(cases::UE_MSK) / floor, 1.5, true);
    row("open MTK / floor", ns(cases::MTK_OPEN) / floor, 0.4, true);
    row("Ue::handle MTK message / floor", ns(cases::UE_MTK) / floor, 0.4, true);
    row("decode Message, ns", ns(cases::DECODE), 120.0, true);
    row("decode MskMessage, ns", ns(cases::DECODE_MSK), 120.0, true);
    println!("{table}");
    println!(
        "mykey: {:.1} ns a compression over its {} compressions; seal here: {:.1} ns over 18; floor: {:.1} ns over 21",
        ns(cases::MYKEY_BUILD) / cases::MYKEY_COMPRESSIONS,
        cases::MYKEY_COMPRESSIONS,
        ns(cases::SEAL) / 18.0,
        floor / 21.0,
    );
}
