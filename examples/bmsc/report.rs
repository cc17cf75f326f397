//! What held and what did not, and the figures.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};

struct Play {
    title: String,
    held: u32,
    failed: Vec<String>,
}

pub(crate) struct Report {
    quiet: bool,
    plays: Vec<Play>,
    figures: Vec<(String, String)>,
}

impl Report {
    pub(crate) const fn new(quiet: bool) -> Self {
        Self { quiet, plays: Vec::new(), figures: Vec::new() }
    }

    pub(crate) const fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// What follows belongs to this play.
    pub(crate) fn begin(&mut self, title: &str) {
        if !self.quiet {
            println!("\n{title}");
        }
        self.plays.push(Play { title: title.to_owned(), held: 0, failed: Vec::new() });
    }

    /// A line for the screen.
    pub(crate) fn say(&self, text: &str) {
        if !self.quiet {
            println!("    {text}");
        }
    }

    /// Something that must hold.
    pub(crate) fn check(&mut self, what: &str, holds: bool) {
        if !self.quiet {
            println!("  {} {what}", if holds { "held  " } else { "FAILED" });
        }
        let Some(play) = self.plays.last_mut() else { return };
        if holds {
            play.held += 1;
        } else {
            play.failed.push(what.to_owned());
        }
    }

    pub(crate) fn figure(&mut self, what: &str, value: String) {
        self.figures.push((what.to_owned(), value));
    }

    pub(crate) fn failures(&self) -> Vec<String> {
        let of = |play: &Play| {
            play.failed.iter().map(|what| format!("{}: {what}", play.title)).collect::<Vec<_>>()
        };
        self.plays.iter().flat_map(of).collect()
    }

    pub(crate) fn verdict(&self) -> String {
        let failures = self.failures();
        let held: u32 = self.plays.iter().map(|play| play.held).sum();
        if failures.is_empty() {
            let figures: Vec<_> =
                self.figures.iter().map(|(what, value)| format!("{what} {value}")).collect();
            let figures = if self.quiet { format!("; {}", figures.join("; ")) } else { String::new() };
            format!("PASS: {held} checks of {} parts held{figures}", self.plays.len())
        } else {
            format!("FAIL: {}", failures.join("; "))
        }
    }

    pub(crate) fn print(&self) {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED).set_header(["part", "held", "failed"]);
        for play in &self.plays {
            let number = |n: String| Cell::new(n).set_alignment(CellAlignment::Right);
            let (held, failed) = (play.held.to_string(), play.failed.len().to_string());
            table.add_row([Cell::new(&play.title), number(held), number(failed)]);
        }
        println!("\n{table}\n");
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED).set_header(["figure", "as measured"]);
        for (what, value) in &self.figures {
            table.add_row([what, value]);
        }
        println!("{table}\n");
    }
}
