//! The MTKs that one channel may need at a time: the newest and the one before, under the MSK in use and under the one
//! before it.

use core::fmt;

use crate::id::{Mki, MskId, MtkId};

/// Most MTKs held under one MSK.
const MTKS_PER_MSK: usize = 2;

/// At most four traffic keys by MKI, two under one MSK. `T` is the key with whatever goes with it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct MtkStore<T> {
    slots: [Option<(Mki, T)>; MTKS],
}

/// MTKs held of one channel.
const MTKS: usize = 4;

impl<T> MtkStore<T> {
    /// An empty store.
    #[must_use]
    pub const fn new() -> Self {
        Self { slots: [const { None }; MTKS] }
    }

    /// The key for packets with this MKI.
    #[must_use]
    pub fn get(&self, mki: Mki) -> Option<&T> {
        self.iter().find(|(held, _)| *held == mki).map(|(_, key)| key)
    }

    /// The key for packets with this MKI, to record what was opened under it.
    #[cfg(feature = "poc")]
    pub(crate) fn get_mut(&mut self, mki: Mki) -> Option<&mut T> {
        self.slots.iter_mut().flatten().find(|(held, _)| *held == mki).map(|(_, key)| key)
    }

    /// All keys.
    pub fn iter(&self) -> impl Iterator<Item = (Mki, &T)> {
        self.slots.iter().flatten().map(|(mki, key)| (*mki, key))
    }

    /// The newest MTK ID held under `msk`.
    #[must_use]
    pub fn newest(&self, msk: MskId) -> Option<MtkId> {
        self.iter().filter(|(mki, _)| mki.msk == msk).map(|(mki, _)| mki.mtk).max()
    }

    /// Keeps a key. The lowest of its own MSK gives way when there are enough of them, else the lowest of the MSK that
    /// `rank` puts lowest.
    pub fn keep(&mut self, mki: Mki, key: T, rank: impl Fn(MskId) -> u8) {
        let own = |held: &Option<(Mki, T)>| held.as_ref().is_some_and(|(held, _)| held.msk == mki.msk);
        let crowded = self.slots.iter().filter(|held| own(held)).count() >= MTKS_PER_MSK;
        let stale = |held: &Option<(Mki, T)>| {
            held.as_ref()
                .map_or(0, |(held, _)| 1 << 24 | u32::from(rank(held.msk)) << 16 | u32::from(held.mtk.0))
        };
        let lowest =
            self.slots.iter_mut().filter(|held| !crowded || own(held)).min_by_key(|held| stale(held));
        if let Some(slot) = lowest {
            *slot = Some((mki, key));
        }
    }

    /// Drops the keys under `msk`; false when there was none.
    pub fn forget(&mut self, msk: MskId) -> bool {
        let mut found = false;
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(|(mki, _)| mki.msk == msk) {
                *slot = None;
                found = true;
            }
        }
        found
    }
}

impl<T> Default for MtkStore<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for MtkStore<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|(mki, _)| mki)).finish()
    }
}
