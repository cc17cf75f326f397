//! What the BM-SC is told, what it wants done, and how it is set up.

use super::delivery::{Delivery, User};
use crate::id::{Counter, GroupName, Mki, MskName, MtkId};
use crate::keys::Algorithms;
use crate::role::SwitchTiming;
use crate::settings::Settings;
use crate::time::Tick;
use crate::wire::{CryptoSession, Policy};

/// The BM-SC's configuration.
#[derive(Clone, Copy, Debug)]
pub struct BmScConfig {
    /// The uncertain points.
    pub settings: Settings,
    /// How long keys are kept around a switch.
    pub timing: SwitchTiming,
    /// The suite of every message.
    pub algorithms: Algorithms,
    /// SEQl of every MSK. Default 0.
    pub seq_low: MtkId,
    /// SEQu of every MSK. Default 65,535.
    pub seq_high: MtkId,
    /// Whether MTKs carry an SRTP salt: streaming yes, download no. Default yes.
    pub salt: bool,
    /// Whether MSK messages ask for an acknowledgement. Default yes.
    pub acknowledge: bool,
    /// Wait for an acknowledgement before the second message, milliseconds; doubles each time. Default 1,000.
    pub retry_ms: u32,
    /// Messages before a delivery counts as failed. Default 4.
    pub attempts: u8,
    /// Longest wait of a switch for acknowledgements, milliseconds. Default 10,000.
    pub switch_wait_ms: u32,
    /// Period of the MTK carousel, milliseconds. Default 1,000.
    pub carousel_ms: u32,
    /// How long a new MTK is announced before media uses it, milliseconds. Default 500.
    pub lead_ms: u32,
    /// Period at which MTKs are renewed, milliseconds; `None` leaves it to the caller. Default none.
    pub roll_ms: Option<u32>,
    /// With fewer MTK IDs left than this, the next MSK goes out. Default 64.
    pub reserve: u16,
}

impl Default for BmScConfig {
    fn default() -> Self {
        Self {
            settings: Settings::DEFAULT,
            timing: SwitchTiming::default(),
            algorithms: Algorithms::SHA1,
            seq_low: MtkId(0),
            seq_high: MtkId(0xFFFF),
            salt: true,
            acknowledge: true,
            retry_ms: 1_000,
            attempts: 4,
            switch_wait_ms: 10_000,
            carousel_ms: 1_000,
            lead_ms: 500,
            roll_ms: None,
            reserve: 64,
        }
    }
}

/// What happens to the BM-SC.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum BmScEvent<'a, K> {
    /// Start a Key Group: its first MSK and MTK are made.
    Open(GroupName),
    /// A new MSK is wanted: somebody left or was expelled, or it is time.
    Rekey(GroupName),
    /// Send an MSK to a user.
    Push {
        /// The MSK, as `Distribute` named it.
        name: MskName,
        /// The user.
        user: User<'a, K>,
        /// His delivery so far.
        delivery: Delivery,
        /// Security policies for the traffic under the MSK.
        policies: &'a [Policy<'a>],
        /// Crypto sessions; `None` makes one for each policy (point U30).
        sessions: Option<&'a [CryptoSession]>,
    },
    /// Everybody was sent the next MSK.
    Distributed(GroupName),
    /// A verification message came from a user.
    Acknowledged {
        /// The user.
        user: User<'a, K>,
        /// His delivery.
        delivery: Delivery,
        /// The datagram.
        octets: &'a [u8],
    },
    /// The deadline of a delivery may have passed.
    Retry {
        /// The user.
        user: User<'a, K>,
        /// His delivery.
        delivery: Delivery,
        /// Security policies for the traffic under the MSK.
        policies: &'a [Policy<'a>],
        /// Crypto sessions; `None` makes one for each policy (point U30).
        sessions: Option<&'a [CryptoSession]>,
    },
    /// This delivery is off: its user left or was expelled.
    Gone(Delivery),
    /// Move to the next MSK now.
    Switch(GroupName),
    /// Renew the MTK.
    Roll(GroupName),
    /// Solicit a user to request the MSK of this group.
    Pull {
        /// The group.
        group: GroupName,
        /// The user.
        user: User<'a, K>,
    },
    /// An authenticated MSK request of a user who is entitled to it.
    Requested {
        /// The MSK; Key Number 0 is the current one.
        name: MskName,
        /// The user.
        user: User<'a, K>,
        /// His delivery.
        delivery: Delivery,
        /// Security policies for the traffic under the MSK.
        policies: &'a [Policy<'a>],
        /// Crypto sessions; `None` makes one for each policy (point U30).
        sessions: Option<&'a [CryptoSession]>,
    },
    /// End a Key Group.
    Close(GroupName),
    /// The deadline may have passed.
    Timeout,
}

/// What the BM-SC wants done.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum BmScAction<'o> {
    /// Send this MSK to every member by [`BmScEvent::Push`], then say [`BmScEvent::Distributed`].
    Distribute(MskName),
    /// Another MSK will follow the one that is being distributed.
    RekeyQueued(GroupName),
    /// Store the user's counter safely before the datagram goes out.
    SaveCounter(Counter),
    /// Store the user's delivery.
    SaveDelivery(Delivery),
    /// Send this datagram to the user.
    Send(&'o [u8]),
    /// Send this datagram to the group.
    Multicast(&'o [u8]),
    /// The user holds this MSK.
    Delivered(MskName),
    /// The user never acknowledged this MSK.
    Undelivered(MskName),
    /// This MSK protects MTKs from now on.
    Activated(MskName),
    /// Protect media with this MTK from now on: [`BmSc::traffic`](crate::role::BmSc::traffic) gives it.
    UseMtk(Mki),
    /// Nobody needs this MSK any more.
    Retired(MskName),
    /// Call with [`BmScEvent::Timeout`] at this time.
    ArmTimer(Tick),
}
