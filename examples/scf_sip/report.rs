//! What the run says at its end.

use castkey::time::Tick;
use comfy_table::presets::UTF8_FULL_CONDENSED;
use comfy_table::{Cell, CellAlignment, Table};

/// One scene and what it found.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) name: &'static str,
    pub(crate) begun: Tick,
    pub(crate) ended: Tick,
    pub(crate) checks: Vec<(String, bool)>,
}

pub(crate) struct Report {
    pub(crate) scenes: Vec<Scene>,
    /// What went over the sockets, in words.
    pub(crate) traffic: String,
}

impl Report {
    pub(crate) fn held(&self) -> bool {
        self.scenes.iter().all(|scene| !scene.checks.is_empty() && scene.checks.iter().all(|(_, held)| *held))
    }

    pub(crate) fn verdict(&self) -> String {
        let failures: Vec<String> = self
            .scenes
            .iter()
            .flat_map(|scene| scene.checks.iter().map(|check| (scene.name, check)))
            .filter(|(_, (_, held))| !held)
            .map(|(scene, (what, _))| format!("{scene}: {what}"))
            .collect();
        let checks: usize = self.scenes.iter().map(|scene| scene.checks.len()).sum();
        if self.held() {
            format!("PASS: {} scenes, {checks} checks held; {}", self.scenes.len(), self.traffic)
        } else {
            format!("FAIL: {}", failures.join("; "))
        }
    }

    pub(crate) fn print(&self) {
        let mut table = Table::new();
        table.load_preset(UTF8_FULL_CONDENSED);
        table.set_header(["", "scene", "ms", "checks", ""]);
        for (number, scene) in (1..).zip(&self.scenes) {
            let held = scene.checks.iter().filter(|(_, held)| *held).count();
            let right = |text: String| Cell::new(text).set_alignment(CellAlignment::Right);
            table.add_row([
                right(format!("{number}")),
                Cell::new(scene.name),
                right(format!("{}", scene.ended.as_millis() - scene.begun.as_millis())),
                right(format!("{held} of {}", scene.checks.len())),
                Cell::new(if held == scene.checks.len() { "held" } else { "FAILED" }),
            ]);
        }
        println!("\n{table}");
    }
}
