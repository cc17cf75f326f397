//! What a machine shows of the keys that it holds: names and times, never octets.

use castkey::keys::KeyId;
use castkey::mcx::{HeldKey, McxError, Ntp64};
use castkey::message::{Quirk, QuirkCounts};
use serde_json::{Map, Value, json};

use super::show_purpose;
use crate::input::{Input, octets, wrong};
use crate::refusal::Refusal;

/// Times in seconds since 1900, as those of the requests.
fn show_held(held: &HeldKey) -> Value {
    json!({
        "key_id": hex::encode(held.id().to_octets()),
        "purpose": show_purpose(held.id().tag()),
        "algorithm": held.algorithm(),
        "active_from": held.active_from().seconds,
        "expiry": held.expiry().map(|expiry| expiry.seconds),
    })
}

/// A key to use; without one, why there is none.
pub(super) fn show_use(held: Result<&HeldKey, McxError>) -> Value {
    held.map_or_else(|e| json!({ "err": Refusal::from(e).show() }), show_held)
}

/// The keys for what comes under the IDs in `key_ids`.
pub(super) fn show_uses<'k>(
    input: Input<'_>, find: impl Fn(KeyId) -> Result<&'k HeldKey, McxError>,
) -> Result<Map<String, Value>, Refusal> {
    let show = |value: &Value| {
        let id: [u8; 4] = octets("key_ids", value)?.try_into().map_err(|_| wrong("key_ids"))?;
        let held = KeyId::from_u32(u32::from_be_bytes(id)).ok_or(McxError::UnknownPurposeTag).and_then(&find);
        Ok((hex::encode(id), show_use(held)))
    };
    input.list("key_ids")?.iter().map(show).collect()
}

/// How often which deviation was needed.
pub(super) fn show_quirks(counts: &QuirkCounts) -> Map<String, Value> {
    Quirk::ALL.into_iter().map(|quirk| (quirk.name().to_owned(), counts.of(quirk).into())).collect()
}

/// That a key is in use from a time on.
pub(super) fn show_stored(kind: &str, id: KeyId, algorithm: u8, active_from: Ntp64) -> Value {
    json!({
        "type": kind,
        "key_id": hex::encode(id.to_octets()),
        "algorithm": algorithm,
        "active_from": active_from.seconds,
    })
}
