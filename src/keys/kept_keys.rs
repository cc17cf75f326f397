//! The keys of the MTK messages under one MSK: derived with the first of them, kept for those that follow.

use core::fmt;

use crate::crypto::Primitives;
use crate::error::OpenError;
use crate::id::{CsbId, MskName};
use crate::keys::msk::MskEntry;
use crate::keys::msk_store::{Inserted, SameMskId, StoredMsk};
use crate::keys::protection::{Algorithms, PreSharedKey, Protection, ProtectionKeys};
use crate::keys::replay::MtkWindow;

/// Keys of MTK messages under the MSK called so, once there was one.
pub(crate) struct KeptKeys<P>(Option<(MskName, ProtectionKeys<P>)>);

impl<P: Primitives> KeptKeys<P> {
    /// None yet.
    pub(crate) const fn new() -> Self {
        Self(None)
    }

    /// Uses the keys of an MTK message under `entry` with this header: the kept ones where they fit, else such that are derived
    /// now, and kept once `act` has succeeded with them.
    ///
    /// # Errors
    ///
    /// [`OpenError::NoRand`] when the MSK was installed without its RAND; [`OpenError::KeyUnavailable`]; those of `act`.
    pub(crate) fn with<T, E: From<OpenError>>(
        &mut self, entry: &MskEntry<P>, algorithms: Algorithms, csb: CsbId,
        act: impl FnOnce(&ProtectionKeys<P>) -> Result<T, E>,
    ) -> Result<T, E> {
        let fit =
            |(of, keys): &&(MskName, ProtectionKeys<P>)| *of == entry.name() && keys.fit(algorithms, csb);
        let kept = self.0.as_ref().filter(fit).map(|(_, keys)| keys);
        let derived = if kept.is_some() {
            None
        } else {
            let rand = entry.rand().ok_or(OpenError::NoRand)?;
            let keys = entry.msk().keys(&Protection { algorithms, csb, rand: rand.octets() });
            Some(keys.map_err(OpenError::from)?)
        };
        let done = act(kept.or(derived.as_ref()).ok_or(OpenError::NoRand)?)?;
        if let Some(keys) = derived {
            self.0 = Some((entry.name(), keys));
        }
        Ok(done)
    }

    /// Drops them: an MSK is gone, or another one has its name.
    pub(crate) fn forget(&mut self) {
        self.0 = None;
    }
}

/// An MSK with the keys of its MTK messages, for whoever has many under few MSKs.
pub(crate) struct KeyedMsk<P> {
    pub(crate) entry: MskEntry<P>,
    pub(crate) keys: KeptKeys<P>,
}

impl<P: Primitives> KeyedMsk<P> {
    pub(crate) const fn new(entry: MskEntry<P>) -> Self {
        Self { entry, keys: KeptKeys::new() }
    }

    pub(crate) const fn name(&self) -> MskName {
        self.entry.name()
    }

    /// As [`MskEntry::window`].
    pub(crate) const fn window(&self) -> MtkWindow {
        self.entry.window()
    }
}

impl<P: Primitives> StoredMsk for KeyedMsk<P> {
    fn name(&self) -> MskName {
        self.entry.name()
    }

    fn renew(&mut self, again: Self, same: SameMskId) -> Inserted {
        let rand = self.entry.rand;
        let inserted = self.entry.renew(again.entry, same);
        if inserted != Inserted::Refreshed || self.entry.rand != rand {
            self.keys.forget();
        }
        inserted
    }
}

impl<P> fmt::Debug for KeyedMsk<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entry.fmt(f)
    }
}
