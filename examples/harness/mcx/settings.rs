//! The settings of the `mcx.*` operations by name, everything else at its default.

use castkey::keys::XpkIdForm;
use castkey::mcx::{AlgorithmList, AlgorithmPolicy, McxSettings, NegotiationEncoding, SaltPlace};
use castkey::message::Quirk;
use serde_json::Value;

use crate::input::{Input, number, word, wrong};
use crate::refusal::Refusal;
use crate::settings::flag;

/// The settings in `input`. A name that is none of them is offered to `other`, which answers whether it took it.
pub(super) fn of(
    input: Input<'_>, mut other: impl FnMut(&str, &Value) -> Result<bool, Refusal>,
) -> Result<McxSettings, Refusal> {
    let mut settings = McxSettings::DEFAULT;
    let Some(value) = input.get("settings") else { return Ok(settings) };
    for (name, value) in Input::of(value).ok_or_else(|| wrong("settings"))?.members() {
        if !set(&mut settings, name, value)? && !other(name, value)? {
            return Err(Refusal::bad_request(format!("unknown setting {name}")));
        }
    }
    Ok(settings)
}

fn set(to: &mut McxSettings, name: &str, value: &Value) -> Result<bool, Refusal> {
    if let Some(quirk) = Quirk::ALL.into_iter().find(|quirk| quirk.name() == name) {
        if flag(name, value)? {
            to.quirks = to.quirks.with(quirk);
        }
        return Ok(true);
    }
    match name {
        "skew" | "skew_s" => to.skew_s = number(name, value)?,
        "overlap" | "overlap_s" => to.overlap_s = number(name, value)?,
        "encoding" | "negotiation_encoding" => {
            to.encoding = word(
                name,
                value,
                &[
                    ("extension", NegotiationEncoding::Extension),
                    ("signalling_algorithm", NegotiationEncoding::SignallingAlgorithm),
                    ("sp_parameters", NegotiationEncoding::SpParameters),
                ],
            )?;
        }
        "emit_signalling_algorithm" => to.emit_signalling_algorithm = flag(name, value)?,
        "salt_place" => {
            to.salt_place = word(
                name,
                value,
                &[("before_zeros", SaltPlace::BeforeZeros), ("behind_zeros", SaltPlace::BehindZeros)],
            )?;
        }
        "xpk_id" => {
            to.xpk_id = word(name, value, &[("octets", XpkIdForm::Octets), ("base64", XpkIdForm::Base64)])?;
        }
        "require_sdp_ids" => to.require_sdp_ids = flag(name, value)?,
        _ => return Ok(false),
    }
    Ok(true)
}

/// What a KMS provisions for the negotiation: `{supported, default, floor, strict_preference}`.
pub(super) fn policy(name: &str, value: &Value) -> Result<AlgorithmPolicy, Refusal> {
    let mut policy = AlgorithmPolicy::default();
    let mut floor = None;
    for (member, value) in Input::of(value).ok_or_else(|| wrong(name))?.members() {
        match member {
            "supported" => policy.supported = list(member, value)?,
            "default" => policy.default = number(member, value)?,
            "floor" => floor = Some(list(member, value)?),
            "strict_preference" => policy.strict_preference = flag(member, value)?,
            _ => return Err(wrong(name)),
        }
    }
    policy.floor = floor.unwrap_or(policy.supported);
    Ok(policy)
}

/// A list of identifiers of algorithms.
pub(super) fn list(name: &str, value: &Value) -> Result<AlgorithmList, Refusal> {
    let ids = value.as_array().ok_or_else(|| wrong(name))?;
    let ids: Vec<u8> = ids.iter().map(|id| number(name, id)).collect::<Result<_, _>>()?;
    Ok(AlgorithmList::new(&ids)?)
}
