//! What a terminal is told of its requests and keys.

use castkey::id::MskName;
use castkey::ims::facts::ItemStatus;
use castkey::ims::{
    BTid, FailureCause, GbaOutcome, HttpOutcome, ImsError, KeyFact, ListedItems, ServiceId, SipOutcome,
    UeRequestKind,
};
use castkey::time::Tick;
use serde_json::{Value, json};

use crate::input::{Input, word};
use crate::names::{self, variant};
use crate::refusal::Refusal;

/// The items of an answer, which [`HttpOutcome`] borrows.
#[derive(Default)]
pub(super) struct Items {
    services: Vec<(ServiceId, ItemStatus)>,
    msks: Vec<(MskName, ItemStatus)>,
}

impl Items {
    /// `{services: [{service_text, status}]}` or `{msks: [{key_domain_id, msk_id, status}]}`.
    pub(super) fn of(event: Input<'_>) -> Result<Self, Refusal> {
        let input = event.within("outcome");
        let status = |item: Input<'_>| -> Result<ItemStatus, Refusal> {
            super::status(item).map(ItemStatus::from_code)
        };
        let mut items = Self::default();
        for item in input.objects("services")? {
            items.services.push((ServiceId::new(item.text("service_text")?)?, status(item)?));
        }
        for item in input.objects("msks")? {
            items.msks.push((names::msk_name(item)?, status(item)?));
        }
        Ok(items)
    }

    fn listed(&self) -> ListedItems<'_> {
        match (&*self.services, &*self.msks) {
            ([], []) => ListedItems::None,
            ([], msks) => ListedItems::Msks(msks),
            (services, _) => ListedItems::Services(services),
        }
    }
}

pub(super) fn http<'a>(
    event: Input<'_>, items: &'a Items,
) -> Result<(UeRequestKind, HttpOutcome<'a>), Refusal> {
    let kinds = [
        ("Register", UeRequestKind::Register),
        ("Deregister", UeRequestKind::Deregister),
        ("Msk", UeRequestKind::Msk),
    ];
    let of = word("of", event.need("of")?, &kinds)?;
    let outcome = event.object("outcome")?;
    let outcome = match outcome.variant()?.as_str() {
        "Authenticated" => {
            HttpOutcome::Authenticated { status: outcome.number("status")?, items: items.listed() }
        }
        "Unauthentic" => HttpOutcome::Unauthentic,
        "Challenged" => HttpOutcome::Challenged {
            had_credentials: outcome.flag("had_credentials")?,
            stale: outcome.flag("stale")?,
        },
        "Refused" => {
            let errors = [
                ("BadRealm", ImsError::BadRealm),
                ("WeakQop", ImsError::WeakQop),
                ("UnsupportedAlgorithm", ImsError::UnsupportedAlgorithm),
                ("Malformed", ImsError::Malformed),
            ];
            HttpOutcome::Refused(word("error", outcome.need("error")?, &errors)?)
        }
        "Failed" => HttpOutcome::Failed {
            status: outcome.number("status")?,
            retry_after_s: outcome.number_if("retry_after_s")?,
        },
        "TimedOut" => HttpOutcome::TimedOut,
        _ => return Err(Refusal::bad_request("unknown outcome type")),
    };
    Ok((of, outcome))
}

pub(super) fn sip(event: Input<'_>) -> Result<SipOutcome, Refusal> {
    let outcome = event.object("outcome")?;
    Ok(match outcome.variant()?.as_str() {
        "Provisional" => SipOutcome::Provisional,
        "Accepted" => SipOutcome::Accepted,
        "Refused" => SipOutcome::Refused {
            status: outcome.number("status")?,
            bootstrap: outcome.flag_if("bootstrap")?.unwrap_or_default(),
        },
        "Glare" => SipOutcome::Glare { rnd: outcome.number("rnd")? },
        "TimedOut" => SipOutcome::TimedOut,
        _ => return Err(Refusal::bad_request("unknown outcome type")),
    })
}

pub(super) fn gba(event: Input<'_>) -> Result<GbaOutcome, Refusal> {
    let outcome = event.object("outcome")?;
    Ok(match outcome.variant()?.as_str() {
        "Done" => GbaOutcome::Done {
            btid: BTid::new(outcome.text("b_tid_text")?)?,
            expires: Tick::from_millis(outcome.number("expires")?),
        },
        "Failed" => GbaOutcome::Failed,
        _ => return Err(Refusal::bad_request("unknown outcome type")),
    })
}

pub(super) fn fact(event: Input<'_>) -> Result<KeyFact, Refusal> {
    let fact = event.object("fact")?;
    let name = || names::msk_name(fact.within("name"));
    Ok(match fact.variant()?.as_str() {
        "Stored" => KeyFact::Stored(name()?),
        "Expired" => KeyFact::Expired(name()?),
        "UnknownMsk" => KeyFact::UnknownMsk { name: name()?, rnd: fact.number("rnd")? },
        "Pull" => KeyFact::Pull { group: names::group(fact.within("group"))?, rnd: fact.number("rnd")? },
        _ => return Err(Refusal::bad_request("unknown fact type")),
    })
}

pub(super) fn show_cause(cause: FailureCause) -> Value {
    let shown = json!({ "type": variant(&cause) });
    let more = match cause {
        FailureCause::Sip(status) | FailureCause::Http(status) => json!({ "status": status }),
        FailureCause::Challenge(error) => json!({ "error": error.name() }),
        FailureCause::Item(status) => json!({ "status": status.code().code() }),
        _ => json!({}),
    };
    names::named(shown, more)
}
