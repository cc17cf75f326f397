//! The requests of the HTTP variant: H1 to H4. The table stands in the module above.

use super::key::Fresh;
use super::services::{ServiceSet, Standing};
use super::{Asserted, Claimed, Context, NafKey, UpfAction, UpfConfig};
use crate::ims::facts::{ItemStatus, Items, RequestedMsk, Variant};
use crate::ims::{ImsError, ServiceId};
use crate::role::Actions;
use crate::time::Tick;

type Handled = Result<Actions<UpfAction>, ImsError>;

pub(super) fn one(action: UpfAction) -> Actions<UpfAction> {
    let mut actions = Actions::new();
    actions.push(action);
    actions
}

pub(super) fn authorize<const SERVICES: usize>(
    context: &mut Context<SERVICES>, asserted: Asserted<'_>, list: &[ServiceId], config: &UpfConfig,
    now: Tick,
) -> Handled {
    if let Some(refusal) = asserted.refuse(list.len()) {
        return Ok(one(refusal));
    }
    let until = now.after_millis(config.authorisation_ms.into());
    let mut services = context.draft();
    for id in list {
        let standing = match services.find(id, now) {
            Some((_, Standing::Provisioned)) => return Err(ImsError::VariantConflict),
            Some((_, Standing::Registered { .. })) => Standing::Registered { until },
            Some((_, Standing::Authorised { .. })) | None => Standing::Authorised { until },
        };
        services.put(id, standing, now)?;
    }
    context.commit(services, now);
    Ok(one(UpfAction::Answer(Items::EMPTY)))
}

pub(super) fn register<const SERVICES: usize>(
    context: &mut Context<SERVICES>, claimed: Claimed<'_>, list: &[ServiceId], config: &UpfConfig, now: Tick,
) -> Handled {
    let key = match claimed.admit(list.len(), now) {
        Ok(key) => key,
        Err(answer) => return Ok(one(answer)),
    };
    let mut services = context.draft();
    let (mut items, mut granted) = (Items::EMPTY, ServiceSet::EMPTY);
    for id in list {
        items.push(match services.find(id, now) {
            Some((_, Standing::Provisioned)) => return Err(ImsError::VariantConflict),
            Some((_, Standing::Authorised { until } | Standing::Registered { until })) => {
                granted.insert(services.put(id, Standing::Registered { until }, now)?);
                ItemStatus::Granted
            }
            None => ItemStatus::NotAuthorised,
        });
    }
    let actions = answer(context, key, items, UpfAction::PushMsk(granted), config, now)?;
    if items.any_granted() {
        context.commit(services, now);
    }
    Ok(actions)
}

pub(super) fn deregister<const SERVICES: usize>(
    context: &mut Context<SERVICES>, claimed: Claimed<'_>, list: &[ServiceId], now: Tick,
) -> Handled {
    if let Err(answer) = claimed.admit(list.len(), now) {
        return Ok(one(answer));
    }
    let registered = |id: &&ServiceId| matches!(context.standing(id, now), Some(Standing::Registered { .. }));
    let items: Items = list
        .iter()
        .map(|id| if registered(&id) { ItemStatus::Granted } else { ItemStatus::Unknown })
        .collect();
    let mut actions = Actions::new();
    if items.any_granted() {
        let mut services = context.draft();
        let mut left = ServiceSet::EMPTY;
        for id in list {
            if let Some((_, Standing::Registered { until })) = services.find(id, now) {
                left.insert(services.put(id, Standing::Authorised { until }, now)?);
            }
        }
        context.commit(services, now);
        actions.push(UpfAction::CancelPushes(left));
    }
    actions.push(UpfAction::Answer(items));
    Ok(actions)
}

pub(super) fn msk_request<const SERVICES: usize>(
    context: &mut Context<SERVICES>, claimed: Claimed<'_>, msks: &[RequestedMsk<'_>], config: &UpfConfig,
    now: Tick,
) -> Handled {
    let key = match claimed.admit(msks.len(), now) {
        Ok(key) => key,
        Err(answer) => return Ok(one(answer)),
    };
    let status = |msk: &RequestedMsk<'_>| match msk.service.map(|id| context.standing(id, now)) {
        None => ItemStatus::Unknown,
        Some(Some(Standing::Registered { .. })) => ItemStatus::Granted,
        Some(_) => ItemStatus::NotAuthorised,
    };
    let items: Items = msks.iter().map(status).collect();
    answer(context, key, items, UpfAction::PushRequested(items), config, now)
}

/// The answer to an authentic request: where it grants anything, the key is taken over and `push` follows.
fn answer<const SERVICES: usize>(
    context: &mut Context<SERVICES>, key: NafKey, items: Items, push: UpfAction, config: &UpfConfig,
    now: Tick,
) -> Handled {
    let mut actions = Actions::new();
    if !items.any_granted() {
        actions.push(UpfAction::Answer(items));
        return Ok(actions);
    }
    let fresh = Fresh::new(key, Variant::Http)?;
    context.take_over(fresh, Variant::Http, config, now, &mut actions);
    actions.push(UpfAction::Answer(items));
    actions.push(push);
    Ok(actions)
}
