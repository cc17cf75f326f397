//! What a terminal keeps of one Key Group besides its MSKs.

use crate::id::{GroupName, Mki, MskId, MskName, MtkId};
use crate::keys::{Mtk, MtkSalt};
use crate::message::OpenedMtk;
use crate::role::Switchover;
use crate::time::Tick;

/// MTKs held of one Key Group: the newest and the one before, under the MSK in use and under the one before.
pub(super) const MTKS: usize = 4;

/// Most MTKs held under one MSK.
const MTKS_PER_MSK: usize = 2;

/// Why an MSK is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Cause {
    /// The user activated the service.
    Activation,
    /// Traffic or an MTK message named an MSK that is not held.
    MissedUpdate,
    /// The BM-SC sent a solicited pull.
    Pull,
}

/// An MSK request that waits for its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Request {
    pub(super) msk: MskName,
    pub(super) cause: Cause,
    pub(super) due: Tick,
    /// Requests made so far.
    pub(super) attempts: u8,
}

/// A held MTK.
pub(super) struct HeldMtk {
    pub(super) mki: Mki,
    pub(super) mtk: Mtk,
    pub(super) salt: Option<MtkSalt>,
}

/// One Key Group.
pub(super) struct Channel {
    pub(super) name: GroupName,
    pub(super) switch: Switchover,
    pub(super) mtks: [Option<HeldMtk>; MTKS],
    pub(super) request: Option<Request>,
}

impl Channel {
    pub(super) const fn new(name: GroupName) -> Self {
        Self { name, switch: Switchover::Idle, mtks: [const { None }; MTKS], request: None }
    }

    pub(super) fn held(&self) -> impl Iterator<Item = &HeldMtk> {
        self.mtks.iter().flatten()
    }

    pub(super) fn mtk(&self, mki: Mki) -> Option<&HeldMtk> {
        self.held().find(|held| held.mki == mki)
    }

    /// The newest MTK ID held under `msk`.
    pub(super) fn newest(&self, msk: MskId) -> Option<MtkId> {
        self.held().filter(|held| held.mki.msk == msk).map(|held| held.mki.mtk).max()
    }

    /// Keeps an MTK. The lowest of its own MSK gives way when there are enough of them, else one of an MSK that is
    /// neither in use nor just left.
    pub(super) fn keep(&mut self, mki: Mki, opened: OpenedMtk) {
        let of_msk = |held: &Option<HeldMtk>| held.as_ref().is_some_and(|held| held.mki.msk == mki.msk);
        let crowded = self.mtks.iter().filter(|held| of_msk(held)).count() >= MTKS_PER_MSK;
        let stale =
            |held: &Option<HeldMtk>| held.as_ref().map(|held| (self.rank(held.mki.msk), held.mki.mtk));
        let at = if crowded {
            let own = self.mtks.iter().enumerate().filter(|(_, held)| of_msk(held));
            own.min_by_key(|(_, held)| stale(held)).map(|(at, _)| at)
        } else {
            self.mtks.iter().enumerate().min_by_key(|(_, held)| stale(held)).map(|(at, _)| at)
        };
        if let Some(slot) = at.and_then(|at| self.mtks.get_mut(at)) {
            *slot = Some(HeldMtk { mki, mtk: opened.mtk, salt: opened.salt });
        }
    }

    /// The order in which MTKs give way: unknown MSKs first, the one in use last.
    fn rank(&self, msk: MskId) -> u8 {
        if self.switch.active() == Some(msk) {
            3
        } else if self.switch.next() == Some(msk) {
            2
        } else {
            u8::from(self.switch.retiring() == Some(msk))
        }
    }

    /// Drops the MTKs under `msk`; false when there was none.
    pub(super) fn drop_mtks(&mut self, msk: MskId) -> bool {
        let mut found = false;
        for slot in &mut self.mtks {
            if slot.as_ref().is_some_and(|held| held.mki.msk == msk) {
                *slot = None;
                found = true;
            }
        }
        found
    }

    /// When this Key Group wants a `Timeout`.
    pub(super) fn deadline(&self) -> Option<Tick> {
        let request = self.request.map(|request| request.due);
        self.switch.deadline().into_iter().chain(request).min()
    }
}
