//! The store of MUKs: which bootstrapped key opens MSK messages from whom (TS 33.246 §6.5.3; TS 31.102 §4.2.81).

use core::fmt;

use subtle::ConstantTimeEq;

use crate::error::OpenError;
use crate::id::{Counter, OptionalCounter};
use crate::keys::msk::MskRand;
use crate::keys::muk::{Muk, MukId};
use crate::keys::muk_id::{KeptMukId, MukIdOctets};

/// A MUK, or the handle of one, that can be written down and found again after a restart.
pub trait StoredKey: ConstantTimeEq + Sized {
    /// The octets of the key, or of the handle; at most [`MAX_STORED_KEY_LEN`].
    fn export(&self) -> &[u8];
}

/// Longest [`StoredKey::export`], octets.
pub const MAX_STORED_KEY_LEN: usize = 32;

impl<P: crate::crypto::Primitives> StoredKey for Muk<P> {
    fn export(&self) -> &[u8] {
        self.export()
    }
}

/// A held MUK with its replay state.
pub struct MukSlot<K, I = MukIdOctets> {
    pub(crate) id: I,
    pub(crate) muk: K,
    /// The counter of the last MSK message under this MUK; none while the MUK has not proven itself.
    pub(crate) counter: OptionalCounter,
    /// The RAND of that message, for one without (point U13).
    pub(crate) rand: Option<MskRand>,
    /// The first octets of its MAC: with the counter they recognise an octet-identical copy (point U14).
    pub(crate) last: [u8; 4],
}

impl<K, I> MukSlot<K, I> {
    const fn new(id: I, muk: K) -> Self {
        Self { id, muk, counter: OptionalCounter::NONE, rand: None, last: [0; 4] }
    }

    /// The counter of the last MSK message under this MUK.
    #[must_use]
    pub const fn counter(&self) -> Option<Counter> {
        self.counter.value()
    }
}

impl<K> MukSlot<K> {
    /// The identities that name the MUK.
    #[must_use]
    pub fn id(&self) -> MukId<'_> {
        self.id.get()
    }
}

impl<K, I: fmt::Debug> fmt::Debug for MukSlot<K, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MukSlot")
            .field("id", &self.id)
            .field("counter", &self.counter())
            .finish_non_exhaustive()
    }
}

/// At most `MUKS` MUKs, and at most two under one IDi: the one in use, and a new one that has not proven itself. `I` is what
/// is kept of their identities.
pub struct MukStore<const MUKS: usize, K = Muk, I = MukIdOctets> {
    slots: [Option<MukSlot<K, I>>; MUKS],
}

impl<const MUKS: usize, K: StoredKey> MukStore<MUKS, K> {
    /// An empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self::empty()
    }

    /// Installs a MUK beside the one in use. The same key again keeps its counter; an older new one that never proved
    /// itself gives way.
    ///
    /// # Errors
    ///
    /// [`OpenError::MukStoreFull`] when there is no room, or the identities are too long.
    pub fn install(&mut self, id: MukId<'_>, muk: K) -> Result<(), OpenError> {
        self.put(&id, muk)
    }

    /// The MUK called `id`.
    #[must_use]
    pub fn get(&self, id: MukId<'_>) -> Option<&MukSlot<K>> {
        self.find(&id)
    }

    /// Deletes the MUK called `id`; false when it is not held. MSKs stay.
    pub fn forget(&mut self, id: MukId<'_>) -> bool {
        self.drop_called(&id)
    }
}

impl<const MUKS: usize, K: StoredKey, I: KeptMukId> MukStore<MUKS, K, I> {
    pub(crate) const fn empty() -> Self {
        Self { slots: [const { None }; MUKS] }
    }

    /// [`install`](Self::install) for any form of identities.
    pub(crate) fn put(&mut self, id: &I::Name<'_>, muk: K) -> Result<(), OpenError> {
        if let Some(held) = self.slots.iter_mut().flatten().find(|slot| slot.id.is(id)) {
            if !bool::from(held.muk.ct_eq(&muk)) {
                held.muk = muk;
                (held.counter, held.rand) = (OptionalCounter::NONE, None);
            }
            return Ok(());
        }
        let unproven = |slot: &Option<MukSlot<K, I>>| {
            slot.as_ref().is_some_and(|slot| slot.id.has_idi_of(id) && slot.counter().is_none())
        };
        let at = self
            .slots
            .iter()
            .position(unproven)
            .or_else(|| self.slots.iter().position(Option::is_none))
            .ok_or(OpenError::MukStoreFull)?;
        let kept = I::keep(id).ok_or(OpenError::MukStoreFull)?;
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = Some(MukSlot::new(kept, muk));
        }
        Ok(())
    }

    /// [`get`](Self::get) for any form of identities.
    pub(crate) fn find(&self, id: &I::Name<'_>) -> Option<&MukSlot<K, I>> {
        self.iter().find(|slot| slot.id.is(id))
    }

    /// [`forget`](Self::forget) for any form of identities.
    pub(crate) fn drop_called(&mut self, id: &I::Name<'_>) -> bool {
        let slot = self.slots.iter_mut().find(|slot| slot.as_ref().is_some_and(|slot| slot.id.is(id)));
        slot.map(|slot| *slot = None).is_some()
    }

    /// Records an authentic message under the MUK called `id`; another MUK with the same IDi that was in use has had its day.
    pub(crate) fn accept(
        &mut self, id: &I::Name<'_>, counter: Counter, rand: Option<MskRand>, last: [u8; 4],
    ) {
        for slot in &mut self.slots {
            let Some(held) = slot else { continue };
            if held.id.is(id) {
                held.counter = OptionalCounter::of(Some(counter));
                held.rand = rand.or(held.rand);
                held.last = last;
            } else if held.id.has_idi_of(id) && !held.id.lacks_idi() && held.counter().is_some() {
                // The older one. A newer one that has not proven itself stays: this message was under way.
                *slot = None;
            }
        }
    }

    /// All MUKs.
    pub fn iter(&self) -> impl Iterator<Item = &MukSlot<K, I>> {
        self.slots.iter().flatten()
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut MukSlot<K, I>> {
        self.slots.iter_mut().flatten()
    }

    /// Puts a MUK from a store that outlives the process into a free place; `None` when there is none, or it is held.
    pub(crate) fn restore(&mut self, id: I, muk: K) -> Option<&mut MukSlot<K, I>> {
        if self.iter().any(|slot| slot.id == id) {
            return None;
        }
        let free = self.slots.iter_mut().find(|slot| slot.is_none())?;
        Some(free.insert(MukSlot::new(id, muk)))
    }

    /// Deletes all MUKs.
    pub(crate) fn clear(&mut self) {
        for slot in &mut self.slots {
            *slot = None;
        }
    }
}

impl<const MUKS: usize, K: StoredKey> Default for MukStore<MUKS, K> {
    fn default() -> Self {
        Self::new()
    }
}

impl<const MUKS: usize, K, I: fmt::Debug> fmt::Debug for MukStore<MUKS, K, I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.slots.iter().flatten()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OLD: MukId<'static> = MukId { idi: b"bmsc", idr: b"one" };
    const NEW: MukId<'static> = MukId { idi: b"bmsc", idr: b"two" };

    fn muk(octet: u8) -> Muk {
        Muk::from_octets(&[octet; 32]).unwrap()
    }

    #[test]
    fn a_new_muk_displaces_the_old_one_only_after_its_first_good_message() {
        let mut store = MukStore::<2>::new();
        store.install(OLD, muk(1)).unwrap();
        store.accept(&OLD, Counter(5), None, [0; 4]);
        store.install(NEW, muk(2)).unwrap();
        assert!(store.get(OLD).is_some() && store.get(NEW).is_some());
        store.accept(&NEW, Counter(1), None, [0; 4]);
        assert!(store.get(OLD).is_none());
    }

    #[test]
    fn a_message_under_the_old_muk_leaves_a_new_one_that_has_not_proven_itself() {
        let mut store = MukStore::<2>::new();
        store.install(OLD, muk(1)).unwrap();
        store.accept(&OLD, Counter(5), None, [0; 4]);
        store.install(NEW, muk(2)).unwrap();
        store.accept(&OLD, Counter(6), None, [0; 4]);
        assert!(store.get(OLD).is_some() && store.get(NEW).is_some());
    }

    #[test]
    fn the_same_key_again_keeps_its_counter_and_another_one_starts_afresh() {
        let mut store = MukStore::<2>::new();
        store.install(OLD, muk(1)).unwrap();
        store.accept(&OLD, Counter(5), None, [0; 4]);
        store.install(OLD, muk(1)).unwrap();
        assert_eq!(store.get(OLD).unwrap().counter(), Some(Counter(5)));
        store.install(OLD, muk(2)).unwrap();
        assert_eq!(store.get(OLD).unwrap().counter(), None);
    }

    #[test]
    fn a_third_muk_of_one_bm_sc_replaces_the_unproven_one() {
        let mut store = MukStore::<2>::new();
        store.install(OLD, muk(1)).unwrap();
        store.accept(&OLD, Counter(5), None, [0; 4]);
        store.install(NEW, muk(2)).unwrap();
        let third = MukId { idi: b"bmsc", idr: b"three" };
        store.install(third, muk(3)).unwrap();
        assert!(store.get(OLD).is_some() && store.get(NEW).is_none() && store.get(third).is_some());
        let other = MukId { idi: b"other", idr: b"one" };
        assert_eq!(store.install(other, muk(4)), Err(OpenError::MukStoreFull));
    }
}
