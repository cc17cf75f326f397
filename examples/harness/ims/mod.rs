//! `ims.*`: the machines of the request procedures, and the names and facts they are told.

mod outcome;
pub(crate) mod scf;
pub(crate) mod ue;
pub(crate) mod upf;

use castkey::id::{GroupName, MskName};
use castkey::ims::facts::StatusCode;
use castkey::ims::request::RequestKind;
use castkey::ims::{BTid, Impu, ImsError, MissedBackOff, RequestWindow, ServiceId, UeTiming, Variant};
use serde_json::Value;

use crate::input::{Input, number, set_number, word, wrong};
use crate::names;
use crate::refusal::Refusal;

fn variant_of(input: Input<'_>) -> Result<Variant, Refusal> {
    word("variant", input.need("variant")?, &[("http", Variant::Http), ("sip", Variant::Sip)])
}

/// The service IDs in `services_text`.
fn services(input: Input<'_>) -> Result<Vec<ServiceId>, Refusal> {
    Ok(input.texts("services_text")?.into_iter().map(ServiceId::new).collect::<Result<_, ImsError>>()?)
}

fn impu(input: Input<'_>, name: &str) -> Result<Option<Impu>, Refusal> {
    Ok(input.text_if(name)?.map(Impu::new).transpose()?)
}

fn btid(input: Input<'_>) -> Result<Option<BTid>, Refusal> {
    Ok(input.text_if("b_tid_text")?.map(BTid::new).transpose()?)
}

fn status(input: Input<'_>) -> Result<StatusCode, Refusal> {
    StatusCode::new(input.number("status")?).ok_or_else(|| wrong("status"))
}

fn groups(input: Input<'_>) -> Result<Vec<GroupName>, Refusal> {
    input.objects("groups")?.into_iter().map(names::group).collect()
}

fn msks(input: Input<'_>) -> Result<Vec<MskName>, Refusal> {
    input.objects("msks")?.into_iter().map(names::msk_name).collect()
}

/// H1 to H7.
fn show_request(kind: RequestKind) -> String {
    names::variant(&kind)
}

fn timing(input: Input<'_>) -> Result<UeTiming, Refusal> {
    let mut timing = UeTiming::default();
    let Some(value) = input.get("settings") else { return Ok(timing) };
    for (name, value) in Input::of(value).ok_or_else(|| wrong("settings"))?.members() {
        match name {
            "back_off_ms" => {
                let waits: Vec<u64> = value
                    .as_array()
                    .into_iter()
                    .flatten()
                    .map(|ms| number(name, ms))
                    .collect::<Result<_, _>>()?;
                timing.back_off_ms = waits.try_into().map_err(|_| wrong(name))?;
            }
            "missed" => timing.missed = missed(name, value)?,
            "window" => {
                let mut window = RequestWindow::default();
                for (name, value) in Input::of(value).ok_or_else(|| wrong(name))?.members() {
                    set_number!(window, "window", name, value; offset_ms period_ms);
                }
                timing.window = window;
            }
            _ => set_number!(timing, "settings", name, value;
                msk_wait_ms retries unavailable_ms unavailable_most_ms unavailable_retries challenges
                renew_before_ms gba_retry_ms old_muk_ms deregister_ms),
        }
    }
    Ok(timing)
}

fn missed(name: &str, value: &Value) -> Result<MissedBackOff, Refusal> {
    let input = Input::of(value).ok_or_else(|| wrong(name))?;
    Ok(MissedBackOff::new(input.number("first_ms")?, input.number("most_ms")?))
}
