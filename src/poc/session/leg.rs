//! One member's leg of the session, a small value that the caller keeps wherever he likes.

use crate::id::{Counter, MskId};
use crate::time::Tick;

/// The counters of the MSK messages of an offer; their acknowledgements bear them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Receipt {
    /// Of the message with the MSK in use.
    pub current: Option<Counter>,
    /// Of the message with the MSK to come.
    pub updated: Option<Counter>,
}

/// How far the INVITE transaction with the member is. Two never run in one dialog (RFC 3261 §14.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Dialog {
    /// None is under way.
    Free,
    /// An offer is out that carries these MSKs.
    Inviting { current: Option<MskId>, updated: Option<MskId>, receipt: Receipt },
    /// The offer was refused for now.
    Waiting { until: Tick },
}

/// What the session knows of one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Leg {
    pub(super) member: bool,
    /// Whether it ever answered an offer with 200: there is a session with it that a refusal leaves as it was.
    pub(super) established: bool,
    pub(super) dialog: Dialog,
    /// The newest update that this member has answered, or whose time to answer has passed.
    pub(super) answered: u32,
    /// The newest update whose MSK was sent to it.
    pub(super) sent: u32,
    /// The MSKs it confirmed: the newest, and one more.
    pub(super) held: [Option<MskId>; 2],
    /// When it confirmed the newest of them.
    pub(super) held_at: Tick,
    /// When its time to answer has passed.
    pub(super) due: Tick,
    /// Whether that is the short time of an update that shuts somebody out.
    pub(super) hurried: bool,
    /// Whether the offer under way is the second try.
    pub(super) retried: bool,
    /// Whether another offer is wanted as soon as this one is answered.
    pub(super) wanted: bool,
}

impl Leg {
    /// The leg of somebody who has not joined yet.
    pub const OUTSIDE: Self = Self {
        member: false,
        established: false,
        dialog: Dialog::Free,
        answered: 0,
        sent: 0,
        held: [None; 2],
        held_at: Tick::from_millis(0),
        due: Tick::from_millis(0),
        hurried: false,
        retried: false,
        wanted: false,
    };

    /// Whether this is a member of the session.
    #[must_use]
    pub const fn is_member(&self) -> bool {
        self.member
    }

    /// Whether the member has confirmed that it holds this MSK.
    #[must_use]
    pub fn holds(&self, msk: MskId) -> bool {
        self.held.contains(&Some(msk))
    }

    /// Whether an INVITE transaction with the member is under way.
    #[must_use]
    pub const fn is_inviting(&self) -> bool {
        matches!(self.dialog, Dialog::Inviting { .. })
    }

    /// The counters of the MSK messages of the offer that is out.
    #[must_use]
    pub const fn receipt(&self) -> Option<Receipt> {
        match self.dialog {
            Dialog::Inviting { receipt, .. } => Some(receipt),
            _ => None,
        }
    }

    /// The MSKs of the offer that is out, in use and to come, with their counters.
    pub(in crate::poc) fn offered(&self) -> [Option<(MskId, Counter)>; 2] {
        match self.dialog {
            Dialog::Inviting { current, updated, receipt } => {
                [current.zip(receipt.current), updated.zip(receipt.updated)]
            }
            _ => [None; 2],
        }
    }

    /// Records the counters of the offer that was just built.
    pub(in crate::poc) const fn with_receipt(mut self, built: Receipt) -> Self {
        if let Dialog::Inviting { ref mut receipt, .. } = self.dialog {
            *receipt = built;
        }
        self
    }

    /// When its time to answer has passed; sooner when the update comes to shut somebody out.
    #[must_use]
    pub const fn due(&self) -> Tick {
        self.due
    }

    /// It has confirmed `msk`. Of the others the one in use counts most: one that was superseded never will be used.
    pub(super) fn hold(&mut self, msk: MskId, active: MskId, now: Tick) {
        if !self.holds(msk) {
            let [newest, older] = self.held;
            let kept = if older == Some(active) { older } else { newest };
            (self.held, self.held_at) = ([Some(msk), kept], now);
        }
    }
}

impl Default for Leg {
    fn default() -> Self {
        Self::OUTSIDE
    }
}
