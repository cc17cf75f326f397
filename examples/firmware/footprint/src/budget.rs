//! What a figure was to be, from `budgets.json`. A budget that is missed is shown as missed; one that was kept must stay so.

use std::fs;
use std::path::Path;

use serde::Deserialize;

use crate::Failure;
use crate::measured::Footprint;

/// A figure and its budget.
pub struct Budget {
    pub what: String,
    pub is: u64,
    pub at_most: u64,
}

impl Budget {
    pub const fn is_kept(&self) -> bool {
        self.is <= self.at_most
    }
}

#[derive(Deserialize)]
struct Line {
    what: String,
    /// The name of a figure as [`Footprint::figures`] has it.
    figure: String,
    at_most: u64,
}

/// The budgets with the figures of `footprint`.
pub fn budgets(root: &Path, footprint: &Footprint) -> Result<Vec<Budget>, Failure> {
    let lines: Vec<Line> = serde_json::from_str(&fs::read_to_string(root.join("budgets.json"))?)?;
    let figures = footprint.figures();
    lines
        .into_iter()
        .map(|Line { what, figure, at_most }| {
            let (is, _) =
                figures.get(&figure).ok_or_else(|| format!("budgets.json: there is no {figure:?}"))?;
            Ok(Budget { what, is: *is, at_most })
        })
        .collect()
}
