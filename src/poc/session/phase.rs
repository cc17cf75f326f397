//! How far an update is: what is handed out, what goes to the distribution, what retires.

use crate::id::MskId;
use crate::poc::policy::Reason;
use crate::time::Tick;

/// What the distribution has said to the Session Update Request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Bcast {
    Waiting { until: Tick },
    Stored,
}

/// Whether the distribution has an MSK. An empty one takes the first that reaches it for the one in use, so no other is sent
/// before it has answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Provision {
    /// No distribution was ever there.
    Never,
    /// It was sent the MSK in use.
    Asked,
    Done,
}

/// An MSK that is being handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Distributing {
    pub(super) new: MskId,
    pub(super) reason: Reason,
    /// Members who have not answered.
    pub(super) outstanding: u32,
    pub(super) bcast: Bcast,
    pub(super) sweep_at: Tick,
    /// When the time to answer has passed for whoever was not offered the MSK later than that time began.
    pub(super) due: Tick,
    /// Whether somebody is to be shut out since offers have left with the long time to answer.
    pub(super) hurried: bool,
    /// Whether the members wait for the end of the switch before: a client that has not seen its indication yet would take
    /// the MSK of that switch for superseded.
    pub(super) held: bool,
    /// Failures before this attempt.
    pub(super) failures: u8,
    /// An update that must supersede this one, and has no Key Group free before the last switch is over.
    pub(super) queued: Option<Reason>,
}

impl Distributing {
    /// Why this update is wanted, or the one that waits to supersede it. An exclusion stays one, whatever comes to it.
    pub(super) const fn reason(&self) -> Reason {
        match self.queued {
            Some(queued) => strongest(queued, self.reason),
            None => self.reason,
        }
    }
}

/// The update in progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Update {
    None,
    Distributing(Distributing),
    Backoff {
        reason: Reason,
        failures: u8,
        until: Tick,
    },
    /// Somebody was shut out when nobody was left and the bearer stopped; the next member must not get his MSK alone.
    Owed {
        reason: Reason,
    },
}

/// How the indication gets to the distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Link {
    /// So many copies are left, the next one at this time.
    Copies { left: u8, at: Tick },
    /// The distribution could not be reached; tried again at this time.
    Unreachable { at: Tick },
    /// All copies are sent.
    Sent,
}

/// The MSK before the one in use, from the indication to the end of the switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Retiring {
    pub(super) msk: MskId,
    pub(super) reason: Reason,
    pub(super) link: Link,
    pub(super) until: Tick,
    /// How often the distribution could not be reached.
    pub(super) unreached: u8,
    /// Failures before this attempt.
    pub(super) failures: u8,
}

/// An MSK whose switch is over: the distribution sends nothing under it, but packets may still be under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Fading {
    pub(super) msk: MskId,
    pub(super) until: Tick,
    /// When every member has noticed.
    pub(super) settled: Tick,
}

impl Retiring {
    pub(super) const fn copy_at(&self) -> Option<Tick> {
        match self.link {
            Link::Copies { at, .. } | Link::Unreachable { at } => Some(at),
            Link::Sent => None,
        }
    }

    /// While the distribution is out of reach nobody switches, so nothing ends either.
    pub(super) const fn overlap_until(&self) -> Option<Tick> {
        match self.link {
            Link::Unreachable { .. } => None,
            _ => Some(self.until),
        }
    }
}

/// Of two reasons the one that shuts somebody out.
pub(super) const fn strongest(one: Reason, other: Reason) -> Reason {
    if one.excludes() || !other.excludes() { one } else { other }
}
