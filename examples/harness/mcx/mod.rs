//! `mcx.*`, `eccsi.*`, `sakke.*`, `kms.*`: keys of mission-critical signalling, and what the operations have in common.

pub(crate) mod client;
pub(crate) mod eccsi;
mod form;
mod held;
pub(crate) mod message;
mod provisioned;
pub(crate) mod sakke;
pub(crate) mod server;
mod settings;

use castkey::keys::{KeyId, PurposeTag};
use castkey::mcx::{KeyPeriods, Ntp64, Uid};
use castkey::secret::Secret;
use serde_json::json;

use crate::Answer;
use crate::input::{Input, wrong};
use crate::refusal::Refusal;

pub(crate) fn uid(input: Input<'_>) -> Answer {
    let (uri, kms_uri) = (input.text("uri_text")?, input.text("kms_uri_text")?);
    let uid = Uid::derive(uri.as_bytes(), kms_uri.as_bytes(), periods(input)?, input.number("period_no")?)?;
    Ok(json!({ "uid": hex::encode(uid.octets()) }))
}

fn periods(input: Input<'_>) -> Result<KeyPeriods, Refusal> {
    Ok(KeyPeriods::new(input.number("period")?, input.number("offset")?)?)
}

/// The identity of a key: `identity`, or `id` where that names no request but is the identity.
fn identity(input: Input<'_>) -> Result<Vec<u8>, Refusal> {
    input.octets(if input.get("identity").is_some() { "identity" } else { "id" })
}

/// The clock: `now_ntp`, seconds since 1900.
fn now(input: Input<'_>) -> Result<Ntp64, Refusal> {
    input.number("now_ntp").map(Ntp64::from_seconds)
}

/// Octets of which there are `N`; the library refuses any other number of them as `refused`.
fn exactly<const N: usize, E: Into<Refusal>>(
    input: Input<'_>, name: &str, refused: E,
) -> Result<[u8; N], Refusal> {
    input.octets(name)?.try_into().map_err(|_| refused.into())
}

/// A number of at most `N` octets; leading zeros may be left out.
fn scalar<const N: usize>(input: Input<'_>, name: &str) -> Result<Secret<N>, Refusal> {
    let octets = input.octets(name)?;
    let mut number = [0; N];
    let at = N.checked_sub(octets.len()).ok_or_else(|| wrong(name))?;
    number.get_mut(at..).ok_or_else(|| wrong(name))?.copy_from_slice(&octets);
    Ok(Secret::new(number))
}

fn key_id(input: Input<'_>, name: &str) -> Result<KeyId, Refusal> {
    let value = u32::from_be_bytes(input.array(name)?);
    Ok(KeyId::from_u32(value).ok_or(castkey::mcx::McxError::UnknownPurposeTag)?)
}

/// The kinds of keys as TS 33.180 writes them.
const PURPOSES: [(&str, PurposeTag); 7] = [
    ("GMK", PurposeTag::Gmk),
    ("PCK", PurposeTag::Pck),
    ("CSK", PurposeTag::Csk),
    ("SPK", PurposeTag::Spk),
    ("MKFC", PurposeTag::Mkfc),
    ("MSCCK", PurposeTag::Mscck),
    ("MuSiK", PurposeTag::MuSik),
];

fn show_purpose(tag: PurposeTag) -> &'static str {
    PURPOSES.iter().find(|(_, known)| *known == tag).map_or("", |(name, _)| name)
}
