//! Runs the operations that touch secrets with those secrets marked as uninitialised, so that memcheck reports each
//! branch and each address that depends on one. See the script `.ci/constant-time`.
//!
//! Each check says how many findings it expects: none, or one for each bit that its caller learns anyway and that the
//! library itself branches on. Two controls that must be reported prove that the method sees such things at all, and every
//! output is asked whether the secrets reached it.

mod checks;
mod eccsi;
mod http_digest;
mod sakke;
mod seam;
mod small_primitives;
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
        println!("{verdict:6} {name}: findings {found}, expected {expected}, reached: {reached}");
    }
}

fn main() -> ExitCode {
    if !taint::running() {
        eprintln!("this program proves nothing outside valgrind");
        return ExitCode::from(2);
    }
    let mut report = Report { failed: false };
    checks::run(&mut report);
    small_primitives::run(&mut report);
    srtcp::run(&mut report);
    http_digest::run(&mut report);
    sakke::run(&mut report);
    eccsi::run(&mut report);
    if report.failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}
