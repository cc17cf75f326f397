//! The requests of the SIP variant: H5 and H6, and H7 of both. The table stands in the module above.

use super::http::one;
use super::key::{Fresh, NafKey};
use super::services::{ServiceSet, Standing};
use super::{Asserted, Context, UpfAction, UpfConfig};
use crate::ims::facts::{HttpRefusal, ItemStatus, Items, RequestedMsk, StatusCode, Variant};
use crate::ims::{ImsError, ServiceId};
use crate::role::Actions;
use crate::time::Tick;

/// Octets of a `Ks_NAF`, which is the MUK of the SIP variant.
const KS_NAF_LEN: usize = 32;

pub(super) fn authorized_register<const SERVICES: usize>(
    context: &mut Context<SERVICES>, asserted: Asserted<'_>, list: &[ServiceId], key: Option<NafKey>,
    config: &UpfConfig, now: Tick,
) -> Result<Actions<UpfAction>, ImsError> {
    if let Some(refusal) = asserted.refuse(list.len()) {
        return Ok(one(refusal));
    }
    let good = |key: &NafKey| key.muk.export().len() == KS_NAF_LEN && now < key.expires;
    let Some(key) = key.filter(good) else {
        return Ok(one(UpfAction::Refuse(HttpRefusal::new(StatusCode::BAD_REQUEST))));
    };
    let mut services = context.draft();
    let mut added = ServiceSet::EMPTY;
    for id in list {
        match services.find(id, now) {
            Some((_, Standing::Provisioned)) => {}
            Some(_) => return Err(ImsError::VariantConflict),
            None => added.insert(services.put(id, Standing::Provisioned, now)?),
        }
    }
    let fresh = Fresh::new(key, Variant::Sip)?;
    let push = if fresh.is_held(context.held(Variant::Sip)) { added } else { services.provisioned(now) };
    let mut actions = Actions::new();
    context.take_over(fresh, Variant::Sip, config, now, &mut actions);
    context.commit(services, now);
    actions.push(UpfAction::Answer(Items::EMPTY));
    if !push.is_empty() {
        actions.push(UpfAction::PushMsk(push));
    }
    Ok(actions)
}

pub(super) fn authorized_msk_request<const SERVICES: usize>(
    context: &Context<SERVICES>, asserted: Asserted<'_>, msks: &[RequestedMsk<'_>], now: Tick,
) -> Actions<UpfAction> {
    if let Some(refusal) = asserted.refuse(msks.len()) {
        return one(refusal);
    }
    let refuse = |status| UpfAction::Refuse(HttpRefusal::new(status));
    let provisioned = |id| context.standing(id, now) == Some(Standing::Provisioned);
    let Some(held) = context.held(Variant::Sip) else {
        return one(refuse(StatusCode::NOT_FOUND));
    };
    if !msks.iter().all(|msk| msk.service.is_some_and(provisioned)) {
        return one(refuse(StatusCode::FORBIDDEN));
    }
    let mut actions = Actions::new();
    if now >= held.expires {
        actions.push(refuse(StatusCode::FORBIDDEN));
        actions.push(UpfAction::MukExpired(Variant::Sip));
        return actions;
    }
    actions.push(UpfAction::Answer(Items::EMPTY));
    actions.push(UpfAction::PushRequested(msks.iter().map(|_| ItemStatus::Granted).collect()));
    actions
}

pub(super) fn authorized_deregister<const SERVICES: usize>(
    context: &mut Context<SERVICES>, asserted: Asserted<'_>, list: &[ServiceId], now: Tick,
) -> Actions<UpfAction> {
    if let Some(refusal) = asserted.refuse(list.len()) {
        return one(refusal);
    }
    let mut services = context.draft();
    let mut gone = ServiceSet::EMPTY;
    for id in list {
        if let Some((place, standing)) = services.remove(id)
            && standing.is_served()
        {
            gone.insert(place);
        }
    }
    context.commit(services, now);
    let mut actions = Actions::new();
    // Before the answer: after it the SCF counts on it that nothing more is sent.
    if !gone.is_empty() {
        actions.push(UpfAction::CancelPushes(gone));
    }
    actions.push(UpfAction::Answer(Items::EMPTY));
    actions
}
