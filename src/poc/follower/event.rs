//! How a client follows a channel, what it is told of packets, and what it wants done.

use super::CHANNEL_GROUPS;
use crate::id::{KeyDomainId, KeyGroup, Mki, MskName};
use crate::poc::indication::ChannelTag;
use crate::poc::timing::Timing;
use crate::time::Tick;

/// Most actions that one event of a client can cause: an offer stores two MSKs, and each may push one out, end a switch and
/// begin another.
pub const MAX_CLIENT_ACTIONS: usize = 20;

/// The channel that is followed, and the choices about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct FollowerConfig {
    /// The Key Domain of its MSKs.
    pub domain: KeyDomainId,
    /// Its Key Groups, as the channel parameters list them.
    pub groups: [KeyGroup; CHANNEL_GROUPS],
    /// Its tag; an indication that carries another one is refused.
    pub channel: Option<ChannelTag>,
    /// The times.
    pub timing: Timing,
    /// Whether only an indication switches. Default no: an MTK under the pending MSK does too.
    pub strict_indication: bool,
    /// Whether the MSK in use is spared when a third one of its group comes. Default no: a deviation from TS 33.246
    /// §6.3.2.3, for servers that cannot use two Key Groups.
    pub protect_active: bool,
}

impl FollowerConfig {
    /// The defaults for a channel.
    #[must_use]
    pub const fn new(domain: KeyDomainId, groups: [KeyGroup; CHANNEL_GROUPS]) -> Self {
        let timing = Timing::DEFAULT;
        Self { domain, groups, channel: None, timing, strict_indication: false, protect_active: false }
    }
}

/// The timers of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FollowerTimer {
    /// An early indication is forgotten, or an overlap ends.
    Switch,
    /// The pending MSK has waited long for its indication.
    Pending,
    /// The announced switch has waited long for an MTK.
    Stalled,
}

/// What the client wants done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FollowerAction {
    /// This MSK is held.
    Stored(MskName),
    /// This MSK was deleted: a third one of its Key Group came.
    Evicted(MskName),
    /// This MSK is in use from now on.
    Activated(MskName),
    /// An MTK is there for packets with this MKI.
    MtkReady(Mki),
    /// The MTKs under this MSK are gone.
    MtkDropped(MskName),
    /// This MSK is missing: ask the server for it.
    MissedKey(MskName),
    /// The pending MSK waits for its indication, unusually long.
    PendingStale(MskName),
    /// The switch was announced, and no MTK under the new MSK came.
    SwitchStalled(MskName),
    /// Call with the timeout event at this time.
    ArmTimer(Tick),
}

/// What becomes of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use]
#[non_exhaustive]
pub enum Packet {
    /// Its MTK is held.
    Accept,
    /// Its MSK is held, its MTK will come: keep it.
    Hold,
    /// The same, and enough are kept: drop the oldest.
    HoldInsteadOfOldest,
    /// Its MSK is missing and was asked for: drop it.
    Missed,
}
