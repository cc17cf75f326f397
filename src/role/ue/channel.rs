//! What a terminal keeps of one Key Group besides its MSKs.

use crate::id::{GroupName, Mki, MskName};
use crate::keys::MtkStore;
use crate::message::OpenedMtk;
use crate::role::Switchover;
use crate::time::Tick;

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

/// One Key Group.
pub(super) struct Channel {
    pub(super) name: GroupName,
    pub(super) switch: Switchover,
    pub(super) mtks: MtkStore<OpenedMtk>,
    pub(super) request: Option<Request>,
}

impl Channel {
    pub(super) const fn new(name: GroupName) -> Self {
        Self { name, switch: Switchover::Idle, mtks: MtkStore::new(), request: None }
    }

    /// Keeps an MTK; one of an MSK that is neither in use nor just left gives way first.
    pub(super) fn keep(&mut self, mki: Mki, opened: OpenedMtk) {
        let switch = self.switch;
        self.mtks.keep(mki, opened, |msk| switch.rank(msk));
    }

    /// When this Key Group wants a `Timeout`.
    pub(super) fn deadline(&self) -> Option<Tick> {
        let request = self.request.map(|request| request.due);
        self.switch.deadline().into_iter().chain(request).min()
    }
}
