//! The figures as bars: those that have a budget on top, then instructions on the left and stack on the right, once for MBMS
//! and PoC, once for mission-critical keys.

use plotters::prelude::*;

use crate::Failure;
use crate::budget::Budget;
use crate::measured::{Call, Footprint, PRIMITIVES};
use crate::table::{SHOWN, SHOWN_MCX, grouped};

const WIDTH: u32 = 1200;
/// Height of a row of bars, and of what is around the rows of a panel.
const ROW: u32 = 32;
const AROUND: u32 = 80;
const LEGEND: u32 = 30;
/// Width of the names of rows.
const LABELS: u32 = 330;
/// Width of the panels on the left.
const LEFT: u32 = 760;
const COLOURS: [RGBColor; 2] = [RGBColor(0x1B, 0x4F, 0x8A), RGBColor(0xE0, 0x8A, 0x1E)];
const KEPT: RGBColor = RGBColor(0x2E, 0x7D, 0x32);
const MISSED: RGBColor = RGBColor(0xB0, 0x30, 0x2A);

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// A row: its name, and its bars, each with colour and text.
struct Row {
    name: String,
    bars: Vec<(f64, RGBColor, String)>,
}

const fn height(rows: usize) -> u32 {
    AROUND + ROW * rows as u32
}

fn panel(area: &Area<'_>, title: &str, rows: &[Row], labels: u32, limit: Option<f64>) -> Result<(), Failure> {
    let most = rows.iter().flat_map(|row| &row.bars).map(|bar| bar.0).fold(limit.unwrap_or(1.0), f64::max);
    let end = rows.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(10)
        .margin_right(30)
        .x_label_area_size(30)
        .y_label_area_size(labels)
        .build_cartesian_2d(0.0..most * 1.2, end..0.0)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .light_line_style(TRANSPARENT)
        .x_labels(6)
        .x_label_formatter(&|x| grouped(*x as u64))
        .draw()?;
    let text = ("sans-serif", 12).into_font();
    for (at, row) in rows.iter().enumerate() {
        let thick = 0.76 / row.bars.len().max(1) as f64;
        for (which, (end, colour, label)) in row.bars.iter().enumerate() {
            let top = at as f64 + 0.12 + thick * which as f64;
            let corners = [(0.0, top), (*end, top + thick - 0.02)];
            chart.draw_series([Rectangle::new(corners, colour.filled())])?;
            let middle = top + thick / 2.0 - 0.16;
            chart.draw_series([Text::new(label.clone(), (end + most * 0.01, middle), text.clone())])?;
        }
    }
    if let Some(limit) = limit {
        let line = vec![(limit, 0.0), (limit, end)];
        chart.draw_series([PathElement::new(line, BLACK.stroke_width(2))])?;
    }
    if labels > 0 {
        let plot = chart.plotting_area().get_pixel_range();
        let (base_x, base_y) = area.get_base_pixel();
        for (at, row) in rows.iter().enumerate() {
            let span = f64::from(plot.1.end - plot.1.start);
            let y = f64::from(plot.1.start) + span * (at as f64 + 0.3) / end;
            area.draw(&Text::new(row.name.clone(), (10 - base_x, y as i32 - base_y), text.clone()))?;
        }
    }
    Ok(())
}

fn rows_of_budgets(budgets: &[Budget]) -> Vec<Row> {
    let row = |budget: &Budget| {
        let colour = if budget.is_kept() { KEPT } else { MISSED };
        let label = format!("{} of {}", grouped(budget.is), grouped(budget.at_most));
        let percent = budget.is as f64 * 100.0 / budget.at_most as f64;
        Row { name: budget.what.replace('`', ""), bars: vec![(percent, colour, label)] }
    };
    budgets.iter().map(row).collect()
}

fn rows_of_calls(footprint: &Footprint, names: &[&str], of: fn(&Call) -> u64) -> Vec<Row> {
    let bars = |name: &str| {
        let by = footprint.calls.get(name);
        let bar = |(primitives, colour)| {
            let value = by.and_then(|by| by.get(primitives)).map(of)?;
            Some((value as f64, colour, grouped(value)))
        };
        PRIMITIVES.into_iter().zip(COLOURS).filter_map(bar).collect()
    };
    names.iter().map(|name| Row { name: (*name).into(), bars: bars(name) }).collect()
}

fn legend(area: &Area<'_>) -> Result<(), Failure> {
    let names = ["built-in AES and SHA", "AES and SHA of the caller, not counted in instructions"];
    let entries = names.into_iter().zip(COLOURS).chain([("kept", KEPT), ("missed", MISSED)]);
    for ((name, colour), x) in entries.zip([340, 540, 920, 1000]) {
        area.draw(&Rectangle::new([(x, 6), (x + 14, 18)], colour.filled()))?;
        area.draw(&Text::new(name, (x + 20, 6), ("sans-serif", 13).into_font()))?;
    }
    Ok(())
}

/// The chart as SVG.
pub fn draw(footprint: &Footprint, budgets: &[Budget]) -> Result<String, Failure> {
    let bands = [height(budgets.len()), height(SHOWN.len()), height(SHOWN_MCX.len()), LEGEND];
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, (WIDTH, bands.iter().sum())).into_drawing_area();
        root.fill(&WHITE)?;
        let (top, rest) = root.split_vertically(bands[0]);
        let (middle, rest) = rest.split_vertically(bands[1]);
        let (bottom, last) = rest.split_vertically(bands[2]);
        panel(&top, "measured, in percent of the budget", &rows_of_budgets(budgets), LABELS, Some(100.0))?;
        for (area, names, of_what) in
            [(middle, &SHOWN[..], "MBMS and PoC"), (bottom, &SHOWN_MCX[..], "mission-critical")]
        {
            let (left, right) = area.split_horizontally(LEFT);
            let title = format!("{of_what}: instructions on a Cortex-M4");
            panel(&left, &title, &rows_of_calls(footprint, names, |call| call.instructions), LABELS, None)?;
            let stack = rows_of_calls(footprint, names, |call| call.stack);
            panel(&right, "peak stack, octets", &stack, 0, None)?;
        }
        legend(&last)?;
        root.present()?;
    }
    Ok(svg + "\n")
}
