//! The figures as bars: instructions on the left, stack on the right.

use plotters::prelude::*;

use crate::Failure;
use crate::measured::{Call, Footprint, PRIMITIVES};
use crate::table::{SHOWN, grouped};

const SIZE: (u32, u32) = (1200, 620);
const COLOURS: [RGBColor; 2] = [RGBColor(0x1B, 0x4F, 0x8A), RGBColor(0xE0, 0x8A, 0x1E)];

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

fn panel(
    area: &Area<'_>, title: &str, footprint: &Footprint, labels: u32, of: fn(&Call) -> u64,
) -> Result<(), Failure> {
    let bars: Vec<[u64; 2]> = SHOWN
        .iter()
        .map(|name| PRIMITIVES.map(|p| footprint.calls.get(*name).and_then(|by| by.get(p)).map_or(0, of)))
        .collect();
    let most = bars.iter().flatten().copied().max().unwrap_or(1).max(1);
    let rows = SHOWN.len() as f64;
    let mut chart = ChartBuilder::on(area)
        .caption(title, ("sans-serif", 18))
        .margin(10)
        .x_label_area_size(30)
        .y_label_area_size(labels)
        .build_cartesian_2d(0.0..most as f64 * 1.15, rows..0.0)?;
    chart
        .configure_mesh()
        .disable_y_mesh()
        .disable_y_axis()
        .light_line_style(TRANSPARENT)
        .x_labels(6)
        .x_label_formatter(&|x| grouped(*x as u64))
        .draw()?;
    let text = ("sans-serif", 12).into_font();
    for (row, values) in bars.iter().enumerate() {
        for (which, value) in values.iter().enumerate() {
            let top = row as f64 + 0.12 + 0.38 * which as f64;
            let end = *value as f64;
            chart.draw_series([Rectangle::new([(0.0, top), (end, top + 0.36)], COLOURS[which].filled())])?;
            let label = Text::new(grouped(*value), (end + most as f64 * 0.01, top + 0.08), text.clone());
            chart.draw_series([label])?;
        }
    }
    if labels > 0 {
        let plot = chart.plotting_area().get_pixel_range();
        let (base_x, base_y) = area.get_base_pixel();
        for (row, name) in SHOWN.iter().enumerate() {
            let span = f64::from(plot.1.end - plot.1.start);
            let y = f64::from(plot.1.start) + span * (row as f64 + 0.3) / rows;
            area.draw(&Text::new(*name, (10 - base_x, y as i32 - base_y), text.clone()))?;
        }
    }
    Ok(())
}

/// The chart as SVG.
pub fn draw(footprint: &Footprint) -> Result<String, Failure> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let (main, legend) = root.split_vertically(SIZE.1 - 30);
        let (left, right) = main.split_horizontally(760);
        panel(&left, "instructions on a Cortex-M4", footprint, 330, |call| call.instructions)?;
        panel(&right, "peak stack, octets", footprint, 0, |call| call.stack)?;
        for (which, name) in
            ["built-in AES and SHA", "AES and SHA of the caller, not counted in instructions"]
                .iter()
                .enumerate()
        {
            let x = 340 + 200 * which as i32;
            legend.draw(&Rectangle::new([(x, 6), (x + 14, 18)], COLOURS[which].filled()))?;
            legend.draw(&Text::new(*name, (x + 20, 6), ("sans-serif", 13).into_font()))?;
        }
        root.present()?;
    }
    Ok(svg + "\n")
}
