//! HTTP Digest and the XML documents of IMS, against the crates `digest_auth` and `quick-xml` in the same run.
//!
//! Both sides do the same work. Digest: an Authorization is read, its response computed from password, request line and
//! body, and compared; ours also tells whether nonce, realm and nonce count are good. XML: a body is read whole, with every
//! check of namespaces, attributes, references, nesting and length that the documents ask for, into owned names.
//!
//! `cargo bench --bench ims` runs all; `cargo bench --bench ims -- table` prints the table only.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a benchmark may stop at the first surprise"
)]

#[path = "common/mod.rs"]
mod common;
#[path = "ims/digest.rs"]
mod digest;
#[path = "ims/reference.rs"]
mod reference;
#[path = "ims/xml.rs"]
mod xml;

use common::{Medians, Targets};

fn main() {
    let cases = || digest::all().into_iter().chain(xml::all()).collect::<Vec<_>>();
    if common::run("ims", cases()) {
        let medians = Medians::of(&mut cases(), 200, 50);
        medians.print();
        let mut targets = Targets::new();
        for (what, ours, theirs) in digest::PAIRS.iter().chain(&xml::PAIRS) {
            targets.at_most(what, medians.ratio(ours, theirs), 1.0);
        }
        targets.print();
    }
}
