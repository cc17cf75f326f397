//! `poc.*`: the machines of a Multicast PoC Channel, and what their settings and events have in common.

pub(crate) mod client;
pub(crate) mod distribution;
pub(crate) mod policy;
pub(crate) mod server;
mod session;

use castkey::id::{KeyDomainId, KeyGroup, MtkId};
use castkey::poc::{ChannelTag, Indication, IndicationCoding, Timing, UpdateSeq};
use serde_json::{Value, json};

use crate::input::{Input, set_number, wrong};
use crate::names;
use crate::refusal::Refusal;
use crate::settings::flag;

/// The primary and the spare Key Group of a channel: `key_domain_id` and two `key_groups`.
pub(crate) fn channel(input: Input<'_>) -> Result<(KeyDomainId, [KeyGroup; 2]), Refusal> {
    let group = |value: &Value| -> Result<KeyGroup, Refusal> {
        let octets = crate::input::octets("key_groups", value)?;
        Ok(KeyGroup(u16::from_be_bytes(octets.try_into().map_err(|_| wrong("key_groups"))?)))
    };
    match input.list("key_groups")? {
        [primary, spare] => Ok((names::domain(input)?, [group(primary)?, group(spare)?])),
        _ => Err(wrong("key_groups")),
    }
}

pub(crate) fn timing(value: &Value) -> Result<Timing, Refusal> {
    let mut timing = Timing::DEFAULT;
    for (name, value) in Input::of(value).ok_or_else(|| wrong("timing"))?.members() {
        set_number!(timing, "timing", name, value;
            reinvite_ms reinvite_expelled_ms bcast_ms indication_copies indication_interval_ms mtk_copies
            mtk_interval_ms mtk_period_ms overlap_ms overlap_expelled_ms in_flight_ms settle_ms early_ms
            pending_max_ms switch_max_ms missed_back_off_ms missed_back_off_max_ms hold_packets
            back_off_unit_ms);
    }
    Ok(timing)
}

/// Name and subtype of the indication: `{name_text, subtype, empty_body}`.
pub(crate) fn coding(value: &Value) -> Result<IndicationCoding, Refusal> {
    let input = Input::of(value).ok_or_else(|| wrong("coding"))?;
    let mut coding = IndicationCoding::DEFAULT;
    if input.get("name_text").is_some() || input.get("subtype").is_some() {
        let name = match input.text_if("name_text")? {
            Some(name) => name.as_bytes().try_into().map_err(|_| wrong("name_text"))?,
            None => coding.name(),
        };
        coding = IndicationCoding::new(name, input.number_if("subtype")?.unwrap_or(coding.subtype()))?;
    }
    Ok(match input.get("empty_body") {
        Some(value) => coding.with_empty_body(flag("empty_body", value)?),
        None => coding,
    })
}

/// The tag of a channel: its 8 octets, or the identity that it is made of.
pub(crate) fn channel_tag(name: &str, value: &Value) -> Result<ChannelTag, Refusal> {
    if name.ends_with("_text") {
        return value.as_str().map(ChannelTag::of).ok_or_else(|| wrong(name));
    }
    let octets = crate::input::octets(name, value)?;
    octets.try_into().map(ChannelTag::from_octets).map_err(|_| wrong(name))
}

pub(crate) fn indication(input: Input<'_>) -> Result<Indication, Refusal> {
    Ok(Indication {
        domain: names::domain(input)?,
        old: names::msk_id(input, "old")?,
        new: names::msk_id(input, "new")?,
        seq: UpdateSeq(input.number("seq")?),
        first_mtk: input.number_if("first_mtk")?.map(MtkId),
        overlap_s: input.number_if("overlap_s")?,
        channel: input.get("channel").map(|value| channel_tag("channel", value)).transpose()?,
    })
}

pub(crate) fn show_indication(indication: &Indication) -> Value {
    let Indication { domain, old, new, seq, first_mtk, overlap_s, channel } = indication;
    json!({
        "key_domain_id": hex::encode(domain.to_octets()),
        "old": names::show_msk_id(*old),
        "new": names::show_msk_id(*new),
        "seq": seq.0,
        "first_mtk": first_mtk.map(|mtk| mtk.0),
        "overlap_s": overlap_s,
        "channel": channel.map(|tag| hex::encode(tag.to_octets())),
    })
}
