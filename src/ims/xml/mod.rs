//! The XML bodies of the request procedures (TS 26.237 Annex I; TS 26.346 §11), one document a file.
//!
//! ```text
//! body --Pull, bounded--> a document, whole or refused        a document --XmlWriter--> body
//! ```
//!
//! | Document | Type | Root element |
//! |---|---|---|
//! | B-TID of an INVITE | [`btid`] | `mbmsAuthorizedSecurityRegister` |
//! | NAF key information | [`NafKeyInfo`] | `mbmsAuthorizedSecurityRegister` |
//! | registration | [`register`] | `mbmsSecurityRegister` |
//! | deregistration | [`deregister`] | `mbmsSecurityDeregister` |
//! | answer to both | [`RegisterResponse`] | `mbmsSecurityRegisterResponse` |
//! | MSK request | [`MskRequest`] | `mbmsMSK` |
//! | answer to it | [`MskResponse`] | `mbmsMSKResponse` |
//! | Authorization Notification | [`authorize`] | `mbmsAuthorize` |
//! | security description | [`SecurityDescription`] | `securityDescription` |
//!
//! A body is UTF-8 XML 1.0 with an optional byte order mark and XML declaration (with a blank behind `<?xml`). Refused
//! as malformed are: DOCTYPE and entity declarations, processing instructions, CDATA sections where no text is due,
//! undeclared prefixes, attributes that stand twice, tags that do not match, anything behind the root, and whatever
//! goes beyond [`MAX_BODY_LEN`], [`MAX_DEPTH`] or [`MAX_ITEMS`]. Elements and attributes that a document does not know
//! are skipped, and the order of those it knows is free. Blanks around a value do not count.

mod activation;
pub mod authorize;
mod bindings;
pub mod btid;
pub mod deregister;
mod error;
mod flow;
mod msk_request;
mod msk_response;
mod muk_life_time;
mod naf_key_info;
pub mod names;
mod pull;
mod reference;
pub mod register;
mod register_response;
mod response_code;
mod security_description;
mod service_list;
mod text;
mod write;

pub use activation::Activation;
pub use error::XmlError;
pub use msk_request::MskRequest;
pub use msk_response::MskResponse;
pub use muk_life_time::{MukLifeTime, MukLifeTimeForm};
pub use naf_key_info::NafKeyInfo;
pub use register_response::RegisterResponse;
pub use security_description::{FecProtection, MediaFlow, SecurityDescription};
pub use service_list::ServiceList;

/// Longest body, octets.
pub const MAX_BODY_LEN: usize = 16_384;

/// Deepest nesting of elements; the root is at depth 1.
pub const MAX_DEPTH: usize = 8;

/// Most service IDs, MSKs or items of an answer in one document.
pub const MAX_ITEMS: usize = 64;

/// The points of the documents that no text in reach settles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct XmlSettings {
    /// U-5: whether the elements of a document must stand in its namespace. Default no: local names decide, for half
    /// of the namespaces are not confirmed.
    pub strict_namespaces: bool,
    /// U-11: how `mukLifeTime` is written and read. Default UTC date-time.
    pub muk_life_time: MukLifeTimeForm,
}
