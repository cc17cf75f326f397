//! Runs the operations that touch secrets with those secrets marked as uninitialised, so that memcheck reports each
//! branch and each address that depends on one. See the script `.ci/constant-time`.
//!
//! Each check says how many findings it expects: none, or one where the library itself branches on a bit that its
//! caller learns anyway. A control that must be reported proves that the method sees such things at all, and every output
//! is asked whether the secrets reached it.

mod checks;
mod http_digest;
mod seam;
mod srtcp;
mod taint;

use std::process::ExitCode;

/// Findings of one run, against those expected.
struct Report {
    failed: bool,
}

impl Report {
    fn check(&mut self, name: &str, expected: u32, run: impl FnOnce() -> bool) {
        let before = taint::errors();
        let reached = run();
        let found = taint::errors() - before;
        let good = found == expected && reached;
        self.failed |= !good;
        let verdict = if good { "ok" } else { "FAILED" };
        let taint = if reached { "" } else { ", the secrets did not reach the output" };
        println!("{verdict:6} {name}: findings {found}, expected {expected}{taint}");
    }
}

fn main() -> ExitCode {
    if !taint::running() {
        eprintln!("this program proves nothing outside valgrind");
        return ExitCode::from(2);
    }
    let mut report = Report { failed: false };
    checks::run(&mut report);
    srtcp::run(&mut report);
    http_digest::run(&mut report);
    if report.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
