//! The store of MUKs: which bootstrapped key opens MSK messages from whom (TS 33.246 §6.5.3; TS 31.102 §4.2.81).

use core::fmt;

use subtle::ConstantTimeEq;

use crate::error::OpenError;
use crate::id::Counter;
use crate::keys::msk::MskRand;
use crate::keys::muk::{Muk, MukId};

/// Room for both identities of a MUK together, octets.
pub const MAX_MUK_ID_LEN: usize = 192;

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
pub struct MukSlot<K> {
    ids: [u8; MAX_MUK_ID_LEN],
    idi_len: u8,
    idr_len: u8,
    pub(crate) muk: K,
    /// The counter of the last MSK message under this MUK; none while the MUK has not proven itself.
    pub(crate) counter: Option<Counter>,
    /// The RAND of that message, for one without (point U13).
    pub(crate) rand: Option<MskRand>,
    /// What recognises an octet-identical copy of that message (point U14).
    pub(crate) last: Option<[u8; 16]>,
}

impl<K> MukSlot<K> {
    /// A fresh slot; `None` when the identities are over [`MAX_MUK_ID_LEN`] octets together.
    pub(crate) fn new(id: MukId<'_>, muk: K) -> Option<Self> {
        let mut ids = [0; MAX_MUK_ID_LEN];
        if id.idi.len().saturating_add(id.idr.len()) > ids.len() {
            return None;
        }
        for (to, from) in ids.iter_mut().zip(id.idi.iter().chain(id.idr)) {
            *to = *from;
        }
        let (idi_len, idr_len) = (u8::try_from(id.idi.len()).ok()?, u8::try_from(id.idr.len()).ok()?);
        Some(Self { ids, idi_len, idr_len, muk, counter: None, rand: None, last: None })
    }

    /// The identities that name the MUK.
    #[must_use]
    pub fn id(&self) -> MukId<'_> {
        let (idi, rest) = self.ids.split_at_checked(usize::from(self.idi_len)).unwrap_or_default();
        MukId { idi, idr: rest.get(..usize::from(self.idr_len)).unwrap_or_default() }
    }

    /// The counter of the last MSK message under this MUK.
    #[must_use]
    pub const fn counter(&self) -> Option<Counter> {
        self.counter
    }
}

impl<K> fmt::Debug for MukSlot<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MukSlot")
            .field("id", &self.id())
            .field("counter", &self.counter)
            .finish_non_exhaustive()
    }
}

/// At most `MUKS` MUKs, and at most two under one IDi: the one in use, and a new one that has not proven itself.
pub struct MukStore<const MUKS: usize, K = Muk> {
    slots: [Option<MukSlot<K>>; MUKS],
}

impl<const MUKS: usize, K: StoredKey> MukStore<MUKS, K> {
    /// An empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self { slots: [const { None }; MUKS] }
    }

    /// Installs a MUK beside the one in use. The same key again keeps its counter; an older new one that never proved
    /// itself gives way.
    ///
    /// # Errors
    ///
    /// [`OpenError::MukStoreFull`] when there is no room, or the identities are too long.
    pub fn install(&mut self, id: MukId<'_>, muk: K) -> Result<(), OpenError> {
        if let Some(held) = self.get_mut(id) {
            if !bool::from(held.muk.ct_eq(&muk)) {
                held.muk = muk;
                (held.counter, held.rand, held.last) = (None, None, None);
            }
            return Ok(());
        }
        let fresh = MukSlot::new(id, muk).ok_or(OpenError::MukStoreFull)?;
        let unproven = |slot: &Option<MukSlot<K>>| {
            slot.as_ref().is_some_and(|slot| slot.id().idi == id.idi && slot.counter.is_none())
        };
        let at = self
            .slots
            .iter()
            .position(unproven)
            .or_else(|| self.slots.iter().position(Option::is_none))
            .ok_or(OpenError::MukStoreFull)?;
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = Some(fresh);
        }
        Ok(())
    }

    /// The MUK called `id`.
    #[must_use]
    pub fn get(&self, id: MukId<'_>) -> Option<&MukSlot<K>> {
        self.iter().find(|slot| slot.id() == id)
    }

    pub(crate) fn get_mut(&mut self, id: MukId<'_>) -> Option<&mut MukSlot<K>> {
        self.slots.iter_mut().flatten().find(|slot| slot.id() == id)
    }

    /// Records an authentic message under the MUK called `id`; another MUK with the same IDi that was in use has had its day.
    pub(crate) fn accept(
        &mut self, id: MukId<'_>, counter: Counter, rand: Option<MskRand>, last: Option<[u8; 16]>,
    ) {
        for slot in &mut self.slots {
            let Some(held) = slot else { continue };
            if held.id() == id {
                held.counter = Some(counter);
                held.rand = rand.or(held.rand);
                held.last = last;
            } else if held.id().idi == id.idi && !id.idi.is_empty() && held.counter.is_some() {
                // The older one. A newer one that has not proven itself stays: this message was under way.
                *slot = None;
            }
        }
    }

    /// Deletes the MUK called `id`; false when it is not held. MSKs stay.
    pub fn forget(&mut self, id: MukId<'_>) -> bool {
        let slot = self.slots.iter_mut().find(|slot| slot.as_ref().is_some_and(|slot| slot.id() == id));
        slot.map(|slot| *slot = None).is_some()
    }

    /// All MUKs.
    pub fn iter(&self) -> impl Iterator<Item = &MukSlot<K>> {
        self.slots.iter().flatten()
    }

    /// Puts a MUK from a store that outlives the process into a free place.
    pub(crate) fn restore(&mut self, id: MukId<'_>, muk: K) -> Option<&mut MukSlot<K>> {
        let free = self.slots.iter_mut().find(|slot| slot.is_none())?;
        Some(free.insert(MukSlot::new(id, muk)?))
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

impl<const MUKS: usize, K> fmt::Debug for MukStore<MUKS, K> {
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
        store.accept(OLD, Counter(5), None, None);
        store.install(NEW, muk(2)).unwrap();
        assert!(store.get(OLD).is_some() && store.get(NEW).is_some());
        store.accept(NEW, Counter(1), None, None);
        assert!(store.get(OLD).is_none());
    }

    #[test]
    fn a_message_under_the_old_muk_leaves_a_new_one_that_has_not_proven_itself() {
        let mut store = MukStore::<2>::new();
        store.install(OLD, muk(1)).unwrap();
        store.accept(OLD, Counter(5), None, None);
        store.install(NEW, muk(2)).unwrap();
        store.accept(OLD, Counter(6), None, None);
        assert!(store.get(OLD).is_some() && store.get(NEW).is_some());
    }

    #[test]
    fn the_same_key_again_keeps_its_counter_and_another_one_starts_afresh() {
        let mut store = MukStore::<2>::new();
        store.install(OLD, muk(1)).unwrap();
        store.accept(OLD, Counter(5), None, None);
        store.install(OLD, muk(1)).unwrap();
        assert_eq!(store.get(OLD).unwrap().counter(), Some(Counter(5)));
        store.install(OLD, muk(2)).unwrap();
        assert_eq!(store.get(OLD).unwrap().counter(), None);
    }

    #[test]
    fn a_third_muk_of_one_bm_sc_replaces_the_unproven_one() {
        let mut store = MukStore::<2>::new();
        store.install(OLD, muk(1)).unwrap();
        store.accept(OLD, Counter(5), None, None);
        store.install(NEW, muk(2)).unwrap();
        let third = MukId { idi: b"bmsc", idr: b"three" };
        store.install(third, muk(3)).unwrap();
        assert!(store.get(OLD).is_some() && store.get(NEW).is_none() && store.get(third).is_some());
        let other = MukId { idi: b"other", idr: b"one" };
        assert_eq!(store.install(other, muk(4)), Err(OpenError::MukStoreFull));
    }
}
