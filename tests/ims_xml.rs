//! The XML bodies of the request procedures: what is read, what is refused and where, and that another reader agrees.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    missing_docs,
    reason = "a test"
)]

#[path = "ims_xml/announcement.rs"]
mod announcement;
#[path = "ims_xml/differential.rs"]
mod differential;
#[path = "ims_xml/documents.rs"]
mod documents;
#[path = "ims_xml/generator.rs"]
mod generator;
#[path = "ims_xml/key.rs"]
mod key;
#[path = "ims_xml/reference.rs"]
mod reference;
#[path = "ims_xml/subset.rs"]
mod subset;

use castkey::ims::ImsError;
use castkey::ims::xml::{XmlError, XmlSettings};

const DEFAULT: XmlSettings =
    XmlSettings { strict_namespaces: false, muk_life_time: castkey::ims::xml::MukLifeTimeForm::DateTime };
const STRICT: XmlSettings = XmlSettings { strict_namespaces: true, ..DEFAULT };

const fn error(kind: ImsError, at: usize) -> XmlError {
    XmlError { kind, at: at as u32 }
}

const fn malformed(at: usize) -> XmlError {
    error(ImsError::Malformed, at)
}

/// A value that a decoder must refuse, with `@` before the octet at which it must do so.
fn marked(body: &str) -> (Vec<u8>, usize) {
    let at = body.find('@').unwrap_or_else(|| panic!("no mark in {body}"));
    (body.replacen('@', "", 1).into_bytes(), at)
}
