//! What the run says at its end.

use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, ContentArrangement, Table};

/// Something that should be so.
#[derive(Clone, Debug)]
pub(crate) struct Check {
    pub(crate) expected: String,
    pub(crate) held: bool,
}

/// A part of the run, and what it found.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) name: &'static str,
    pub(crate) checks: Vec<Check>,
}

pub(crate) struct Report {
    pub(crate) steps: Vec<Step>,
    /// What went over the sockets and through the mathematics, in words.
    pub(crate) traffic: String,
}

impl Report {
    pub(crate) fn held(&self) -> bool {
        let all = |step: &Step| !step.checks.is_empty() && step.checks.iter().all(|check| check.held);
        !self.steps.is_empty() && self.steps.iter().all(all)
    }

    pub(crate) fn verdict(&self) -> String {
        let checks: usize = self.steps.iter().map(|step| step.checks.len()).sum();
        if self.held() {
            return format!("PASS: {} steps, {checks} checks held; {}", self.steps.len(), self.traffic);
        }
        let mut failures = Vec::new();
        for step in &self.steps {
            if step.checks.is_empty() {
                failures.push(format!("{}: nothing was checked", step.name));
            }
            let failed = step.checks.iter().filter(|check| !check.held);
            failures.extend(failed.map(|check| format!("{}: {}", step.name, check.expected)));
        }
        format!("FAIL: {}", failures.join("; "))
    }

    pub(crate) fn print(&self) {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(["", "step", "expected", "held?"]);
        for (number, step) in (1..).zip(&self.steps) {
            for (at, check) in step.checks.iter().enumerate() {
                let (number, name) =
                    if at == 0 { (format!("{number}"), step.name) } else { (String::new(), "") };
                table.add_row([
                    Cell::new(number).set_alignment(CellAlignment::Right),
                    Cell::new(name),
                    Cell::new(&check.expected),
                    Cell::new(if check.held { "held" } else { "FAILED" }),
                ]);
            }
        }
        println!("\n{table}");
    }
}
