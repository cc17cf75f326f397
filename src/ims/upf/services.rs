//! The services of one user, and how he stands with each.

use core::fmt;

use crate::ims::facts::Variant;
use crate::ims::{ImsError, ServiceId};
use crate::time::Tick;

/// How a user stands with a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Standing {
    /// H1 said that he may have it; he has not registered.
    Authorised {
        /// When that runs out.
        until: Tick,
    },
    /// He has registered by H2, after H1.
    Registered {
        /// When the authorisation runs out, and the registration with it.
        until: Tick,
    },
    /// H5 said that he may have it, and gave his MUK; until H7.
    Provisioned,
}

impl Standing {
    /// By which variant he has the service.
    #[must_use]
    pub const fn variant(self) -> Variant {
        match self {
            Self::Authorised { .. } | Self::Registered { .. } => Variant::Http,
            Self::Provisioned => Variant::Sip,
        }
    }

    /// Whether he gets its keys.
    #[must_use]
    pub const fn is_served(self) -> bool {
        matches!(self, Self::Registered { .. } | Self::Provisioned)
    }

    pub(super) const fn until(self) -> Option<Tick> {
        match self {
            Self::Authorised { until } | Self::Registered { until } => Some(until),
            Self::Provisioned => None,
        }
    }
}

/// Some of the services of a context, by their place in it; [`Context::named`](super::Context::named) knows their names
/// until the next event.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
pub struct ServiceSet(u64);

impl ServiceSet {
    /// No service.
    pub const EMPTY: Self = Self(0);

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// How many there are.
    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    pub(super) const fn of(place: Place) -> Self {
        Self(1_u64.unbounded_shl(place.0))
    }

    pub(super) const fn insert(&mut self, place: Place) {
        self.0 |= 1_u64.unbounded_shl(place.0);
    }

    const fn contains(self, place: Place) -> bool {
        self.0 & 1_u64.unbounded_shl(place.0) != 0
    }
}

impl fmt::Debug for ServiceSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceSet({:b})", self.0)
    }
}

/// Where in the context a service stands, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(u32);

/// A service with its standing; none when the last event took it away and its actions still name it.
#[derive(Clone, Debug)]
struct Service {
    id: ServiceId,
    standing: Option<Standing>,
}

/// The services, at most `SERVICES`.
#[derive(Clone)]
pub(super) struct Services<const SERVICES: usize>([Option<Service>; SERVICES]);

impl<const SERVICES: usize> Services<SERVICES> {
    pub(super) const fn new() -> Self {
        const { assert!(SERVICES <= 64, "a ServiceSet has 64 places") };
        Self([const { None }; SERVICES])
    }

    fn places(&self) -> impl Iterator<Item = (Place, &Service)> {
        (0..).map(Place).zip(&self.0).filter_map(|(place, slot)| Some((place, slot.as_ref()?)))
    }

    /// Those that stand at `now`.
    pub(super) fn standing(&self, now: Tick) -> impl Iterator<Item = (Place, &ServiceId, Standing)> {
        self.places().filter_map(move |(place, service)| {
            let standing = service.standing?;
            stands(standing, now).then_some((place, &service.id, standing))
        })
    }

    pub(super) fn find(&self, id: &ServiceId, now: Tick) -> Option<(Place, Standing)> {
        self.standing(now).find(|(_, held, _)| *held == id).map(|(place, _, standing)| (place, standing))
    }

    pub(super) fn named(&self, set: ServiceSet) -> impl Iterator<Item = &ServiceId> {
        self.places().filter(move |(place, _)| set.contains(*place)).map(|(_, service)| &service.id)
    }

    /// Sets the standing of `id`, in a place of its own; one that stands no longer gives up its place.
    pub(super) fn put(&mut self, id: &ServiceId, standing: Standing, now: Tick) -> Result<Place, ImsError> {
        let held = self.places().find(|(_, service)| service.id == *id).map(|(place, _)| place);
        let free = |slot: &Option<Service>| {
            slot.as_ref().and_then(|service| service.standing).is_none_or(|standing| !stands(standing, now))
        };
        let place = held
            .or_else(|| (0..).map(Place).zip(&self.0).find(|(_, slot)| free(slot)).map(|(place, _)| place))
            .ok_or(ImsError::StoreFull)?;
        let slot = (0..).map(Place).zip(&mut self.0).find(|(at, _)| *at == place).map(|(_, slot)| slot);
        *slot.ok_or(ImsError::StoreFull)? = Some(Service { id: id.clone(), standing: Some(standing) });
        Ok(place)
    }

    /// Takes the standing of `id` away; its place stays named until the next event.
    pub(super) fn remove(&mut self, id: &ServiceId) -> Option<(Place, Standing)> {
        let mut slots = (0..).map(Place).zip(&mut self.0);
        slots.find_map(|(place, slot)| {
            let service = slot.as_mut().filter(|service| service.id == *id)?;
            service.standing.take().map(|standing| (place, standing))
        })
    }

    /// Forgets the names that only the actions of an earlier event needed.
    pub(super) fn forget_removed(&mut self) {
        for slot in &mut self.0 {
            if slot.as_ref().is_some_and(|service| service.standing.is_none()) {
                *slot = None;
            }
        }
    }

    /// Takes away what has run out, and says which of that was served.
    pub(super) fn expire(&mut self, now: Tick) -> ServiceSet {
        let mut served = ServiceSet::EMPTY;
        for (place, slot) in (0..).map(Place).zip(&mut self.0) {
            let Some(service) = slot else { continue };
            if let Some(standing) = service.standing.filter(|standing| !stands(*standing, now)) {
                service.standing = None;
                if standing.is_served() {
                    served.insert(place);
                }
            }
        }
        served
    }

    /// Those that H5 brought.
    pub(super) fn provisioned(&self, now: Tick) -> ServiceSet {
        let mut set = ServiceSet::EMPTY;
        for (place, _, standing) in self.standing(now) {
            if standing == Standing::Provisioned {
                set.insert(place);
            }
        }
        set
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places().all(|(_, service)| service.standing.is_none())
    }

    pub(super) fn deadline(&self) -> Option<Tick> {
        self.places().filter_map(|(_, service)| service.standing?.until()).min()
    }

    /// Whether the standing of any service passes `test`.
    pub(super) fn any(&self, now: Tick, test: impl Fn(Standing) -> bool) -> bool {
        self.standing(now).any(|(_, _, standing)| test(standing))
    }
}

fn stands(standing: Standing, now: Tick) -> bool {
    standing.until().is_none_or(|until| now < until)
}

impl<const SERVICES: usize> fmt::Debug for Services<SERVICES> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let held = self.places().filter_map(|(_, service)| Some((&service.id, service.standing?)));
        f.debug_map().entries(held).finish()
    }
}
