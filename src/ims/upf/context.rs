//! What the UPF keeps of one public identity: the caller's row, in his own map or database.
//!
//! ```text
//! Context = services: name, standing        at most SERVICES
//!         | HTTP variant: MUK, previous MUK, address, lifetime
//!         | SIP variant:  the same
//! ```

use core::fmt;

use super::key::{Fresh, Held};
use super::services::{ServiceSet, Services, Standing};
use super::{UpfAction, UpfConfig, UpfEvent, http, sip};
use crate::id::Counter;
use crate::ims::bm_sc_request::Recipient;
use crate::ims::facts::Variant;
use crate::ims::{ImsError, ServiceId, UeAddress};
use crate::keys::Muk;
use crate::role::{Actions, User};
use crate::time::Tick;

/// The context of one IMPU, with room for `SERVICES` services, at most 64. It is a fresh one until something is stored.
///
/// A service that has run out gives its place to another even before the `Timeout`; what still waits to be sent for it is
/// refused when its turn comes, because it has no [`recipient`](Self::recipient) then.
///
/// A row whose [`is_empty`](Self::is_empty) holds after an event need not be kept. A caller without room for another row
/// answers [`HttpRefusal::UNAVAILABLE`](crate::ims::facts::HttpRefusal::UNAVAILABLE).
pub struct Context<const SERVICES: usize = 8> {
    services: Services<SERVICES>,
    http: Option<Held>,
    sip: Option<Held>,
}

impl<const SERVICES: usize> Context<SERVICES> {
    /// The context of an identity that nothing is known of.
    #[must_use]
    pub const fn new() -> Self {
        Self { services: Services::new(), http: None, sip: None }
    }

    /// Handles one event. Store the row before the actions are carried out.
    ///
    /// # Errors
    ///
    /// [`ImsError::VariantConflict`] when a service is in use by the other variant, [`ImsError::StoreFull`] when there
    /// is no room for its services, [`ImsError::TooLong`] when the NAF-Id is too long.
    /// [`HttpRefusal`](crate::ims::facts::HttpRefusal) says what to answer. Nothing has changed then, and a key that came with the
    /// event is wiped.
    pub fn handle(
        &mut self, event: UpfEvent<'_>, config: &UpfConfig, now: Tick,
    ) -> Result<Actions<UpfAction>, ImsError> {
        let before = self.deadline();
        let mut actions = match event {
            UpfEvent::Authorize { asserted, services } => {
                http::authorize(self, asserted, services, config, now)
            }
            UpfEvent::Register { claimed, services } => http::register(self, claimed, services, config, now),
            UpfEvent::Deregister { claimed, services } => http::deregister(self, claimed, services, now),
            UpfEvent::MskRequest { claimed, msks } => http::msk_request(self, claimed, msks, config, now),
            UpfEvent::AuthorizedRegister { asserted, services, key } => {
                sip::authorized_register(self, asserted, services, key, config, now)
            }
            UpfEvent::AuthorizedMskRequest { asserted, msks } => {
                Ok(sip::authorized_msk_request(self, asserted, msks, now))
            }
            UpfEvent::AuthorizedDeregister { asserted, services } => {
                Ok(sip::authorized_deregister(self, asserted, services, now))
            }
            UpfEvent::MskChanged(service) => Ok(self.msk_changed(service, now)),
            UpfEvent::Timeout => Ok(self.timeout(now)),
        }?;
        if let Some(deadline) = self.deadline().filter(|deadline| Some(*deadline) != before) {
            actions.push(UpfAction::ArmTimer(deadline));
        }
        Ok(actions)
    }

    /// Whether there is nothing to keep.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.services.is_empty() && self.http.is_none() && self.sip.is_none()
    }

    /// How the user stands with a service; none when he has nothing to do with it.
    #[must_use]
    pub fn standing(&self, service: &ServiceId, now: Tick) -> Option<Standing> {
        self.services.find(service, now).map(|(_, standing)| standing)
    }

    /// The names of the services that an action means.
    pub fn named(&self, set: ServiceSet) -> impl Iterator<Item = &ServiceId> {
        self.services.named(set)
    }

    /// The user as the delivery of this service's MSKs needs him; none when he is not entitled to them.
    #[must_use]
    pub fn recipient(&self, service: &ServiceId, now: Tick) -> Option<Recipient<'_, Muk>> {
        let standing = self.standing(service, now).filter(|standing| standing.is_served())?;
        let held = self.held(standing.variant())?;
        Some(Recipient { user: held.user(), muk_expires: held.expires })
    }

    /// The user as MSK messages of this variant need him; none while there is no MUK.
    #[must_use]
    pub fn user(&self, variant: Variant) -> Option<User<'_, Muk>> {
        self.held(variant).map(Held::user)
    }

    /// The user under the MUK before, for acknowledgements that were under way when it was replaced.
    #[must_use]
    pub fn previous_user(&self, variant: Variant, now: Tick) -> Option<User<'_, Muk>> {
        Some(self.held(variant)?.previous_at(now)?.user())
    }

    /// Where the terminal takes MIKEY datagrams, UDP port
    /// [`MIKEY_UDP_PORT`](crate::ims::bm_sc_request::MIKEY_UDP_PORT).
    #[must_use]
    pub fn address(&self, variant: Variant) -> Option<&UeAddress> {
        self.held(variant).map(|held| &held.address)
    }

    /// When the lifetime of the MUK ends.
    #[must_use]
    pub fn muk_expires(&self, variant: Variant) -> Option<Tick> {
        self.held(variant).map(|held| held.expires)
    }

    /// Records the counter of the last message sent under the MUK of this variant.
    ///
    /// # Errors
    ///
    /// [`ImsError::Unknown`] when there is no such MUK.
    pub fn save_counter(&mut self, variant: Variant, counter: Counter) -> Result<(), ImsError> {
        self.held_mut(variant).as_mut().ok_or(ImsError::Unknown)?.save_counter(counter);
        Ok(())
    }

    /// When a [`UpfEvent::Timeout`] is wanted. What has run out counts no longer, whether that event comes or not.
    #[must_use]
    pub fn deadline(&self) -> Option<Tick> {
        let keys = [&self.http, &self.sip].into_iter().flatten().filter_map(Held::deadline);
        keys.chain(self.services.deadline()).min()
    }

    pub(super) const fn held(&self, variant: Variant) -> Option<&Held> {
        match variant {
            Variant::Http => self.http.as_ref(),
            Variant::Sip => self.sip.as_ref(),
        }
    }

    const fn held_mut(&mut self, variant: Variant) -> &mut Option<Held> {
        match variant {
            Variant::Http => &mut self.http,
            Variant::Sip => &mut self.sip,
        }
    }

    /// Takes a key over and says so if it is a new one.
    pub(super) fn take_over(
        &mut self, fresh: Fresh, variant: Variant, config: &UpfConfig, now: Tick,
        actions: &mut Actions<UpfAction>,
    ) {
        if !fresh.is_held(self.held(variant)) {
            actions.push(UpfAction::NewMuk(variant));
        }
        let keep = now.after_millis(config.previous_muk_ms.into());
        Held::take_over(self.held_mut(variant), fresh, now, keep);
    }

    /// The services, to be worked on and committed, without the names that only earlier actions needed.
    pub(super) fn draft(&self) -> Services<SERVICES> {
        let mut services = self.services.clone();
        services.forget_removed();
        services
    }

    /// Makes `services` the services, and wipes the keys that none of them needs any more.
    pub(super) fn commit(&mut self, services: Services<SERVICES>, now: Tick) {
        self.services = services;
        for variant in [Variant::Http, Variant::Sip] {
            let needed = |standing: Standing| standing.variant() == variant && standing.is_served();
            if !self.services.any(now, needed) {
                *self.held_mut(variant) = None;
            }
        }
    }

    fn msk_changed(&self, service: &ServiceId, now: Tick) -> Actions<UpfAction> {
        let mut actions = Actions::new();
        let Some((place, standing)) = self.services.find(service, now) else { return actions };
        if let Some(held) = self.held(standing.variant()).filter(|_| standing.is_served()) {
            actions.push(if now < held.expires {
                UpfAction::PushMsk(ServiceSet::of(place))
            } else {
                UpfAction::MukExpired(standing.variant())
            });
        }
        actions
    }

    fn timeout(&mut self, now: Tick) -> Actions<UpfAction> {
        let mut actions = Actions::new();
        let mut services = self.draft();
        let served = services.expire(now);
        self.commit(services, now);
        if !served.is_empty() {
            actions.push(UpfAction::CancelPushes(served));
        }
        for held in [&mut self.http, &mut self.sip].into_iter().flatten() {
            held.forget_previous(now);
        }
        actions
    }
}

impl<const SERVICES: usize> Default for Context<SERVICES> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const SERVICES: usize> fmt::Debug for Context<SERVICES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("services", &self.services)
            .field("http", &self.http)
            .field("sip", &self.sip)
            .finish()
    }
}
