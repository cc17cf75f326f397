//! The example `poc_session --listen` as a child process, with `sipp` as its SIP peer; and the parts of that example that
//! need neither socket nor clock.
//!
//! Skipped where `sipp` is not installed, unless the environment variable `CASTKEY_REQUIRE_SIPP` is set.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

#[path = "../examples/poc_session/control.rs"]
mod control;
#[path = "sipp_poc/framing.rs"]
mod framing;
#[path = "sipp_poc/peer.rs"]
mod peer;
#[path = "sipp_poc/program.rs"]
mod program;
#[path = "../examples/poc_session/timeline.rs"]
mod timeline;
#[path = "sipp_poc/timeline_drawing.rs"]
mod timeline_drawing;

use peer::{Sipp, free_address, is_installed};
use program::Program;

const CONFIRM_OK: [&str; 2] = ["--confirm", "ok"];

/// `sipp` calls the server; both are content.
fn caller(scenario: &str, fields: &str, options: &[&str]) -> Option<(bool, bool, String)> {
    is_installed().then(|| {
        let program = Program::listen(options);
        let sipp = Sipp::play(scenario, fields, free_address(), Some(program.address));
        let content = sipp.finish();
        let (passed, said) = program.finish();
        (content, passed, said)
    })
}

/// The server calls `sipp`.
fn called(scenario: &str, fields: &str) -> Option<(bool, bool, String)> {
    is_installed().then(|| {
        let address = free_address();
        let sipp = Sipp::play(scenario, fields, address, None);
        let callee = format!("a1@{address}");
        let program = Program::listen(&["--confirm", "ok", "--call", &callee]);
        let content = sipp.finish();
        let (passed, said) = program.finish();
        (content, passed, said)
    })
}

#[test]
fn a_caller_that_accepts_the_updated_msk_is_keyed_until_the_server_ends_the_session() {
    for fields in ["silent.csv", "verification.csv"] {
        let Some((content, passed, said)) = caller("caller_accepts.xml", fields, &CONFIRM_OK) else { return };
        assert!(content && passed, "{said}");
        assert!(said.contains("A1 is keyed with MSK A") && said.contains("A1 is keyed with MSK B"), "{said}");
        assert!(said.contains("a1: keyed") && said.contains("updates over: 1"), "{said}");
    }
}

#[test]
fn a_caller_that_answers_488_is_thrown_out_and_the_update_goes_on_without_it() {
    let Some((content, passed, said)) = caller("caller_refuses.xml", "silent.csv", &CONFIRM_OK) else {
        return;
    };
    assert!(content && passed, "{said}");
    assert!(said.contains("A1 answers the offer 488, Warning 306"), "{said}");
    assert!(said.contains("A1 is reported Unkeyed(Rejected)") && said.contains("a1: out"), "{said}");
    assert!(!said.contains("keyed with MSK B") && said.contains("updates over: 1"), "{said}");
}

#[test]
fn a_client_that_is_called_accepts_and_leaves() {
    let Some((content, passed, said)) = called("called_accepts.xml", "silent.csv") else { return };
    assert!(content && passed, "{said}");
    assert!(said.contains("A1 is keyed with MSK B") && said.contains("a1: out"), "{said}");
}

#[test]
fn a_client_that_is_called_answers_488_and_is_thrown_out() {
    let Some((content, passed, said)) = called("called_refuses.xml", "silent.csv") else { return };
    assert!(content && passed, "{said}");
    assert!(
        said.contains("A1 is reported Unkeyed(Rejected)") && said.contains("offers refused: 1"),
        "{said}"
    );
}

#[test]
fn a_client_that_does_not_prove_that_it_opened_the_msk_is_unkeyed_where_that_is_required() {
    if !is_installed() {
        return;
    }
    for fields in ["silent.csv", "verification.csv"] {
        let program = Program::listen(&["--confirm", "required", "--patience", "4"]);
        // One more re-INVITE than the scenario has: what `sipp` makes of that is not looked at.
        let _sipp = Sipp::play("caller_accepts.xml", fields, free_address(), Some(program.address));
        let (passed, said) = program.finish();
        assert!(!passed && said.contains("A1 is reported Unkeyed(BadConfirm)"), "{said}");
        assert!(!said.contains("is keyed with"), "{said}");
    }
}
