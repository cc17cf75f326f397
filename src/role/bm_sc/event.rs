//! What the BM-SC is told, what it wants done, and how it is set up.

use core::fmt;

use super::delivery::{Delivery, User};
use crate::id::{Counter, GroupName, Mki, MskName, MtkId};
use crate::keys::Algorithms;
use crate::role::SwitchTiming;
use crate::role::sender::Sender;
use crate::settings::Settings;
use crate::time::Tick;
use crate::wire::{CryptoSession, Policy};

/// What goes out when an acknowledgement fails to come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resend {
    /// The message with the next counter: it is taken even by a terminal that has seen a later message under its MUK.
    #[default]
    NewCounter,
    /// The octets of the first message again. A terminal that holds them acknowledges them again without another look,
    /// if its setting of point U14 says so; policies and sessions must be those of the first time.
    Identical,
}

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
    /// SEQu of every MSK, not below SEQl. Default 65,535.
    pub seq_high: MtkId,
    /// Whether MTKs carry an SRTP salt: streaming yes, download no. Default yes.
    pub salt: bool,
    /// Whether MSK messages ask for an acknowledgement. Default yes.
    pub acknowledge: bool,
    /// Wait for an acknowledgement before the second message, milliseconds; doubles each time. Default 1,000.
    pub retry_ms: u32,
    /// Messages before a delivery counts as failed. Default 4.
    pub attempts: u8,
    /// What the second and later messages are. Default with a new counter.
    pub resend: Resend,
    /// Longest wait of a switch for acknowledgements, milliseconds. Default 10,000.
    pub switch_wait_ms: u32,
    /// Period of the MTK carousel, milliseconds. Default 1,000.
    pub carousel_ms: u32,
    /// How long a new MTK is announced before media uses it, milliseconds. Default 500.
    pub lead_ms: u32,
    /// Period at which MTKs are renewed, milliseconds; `None` leaves it to the caller. Default none.
    pub roll_ms: Option<u32>,
    /// With this many MTK IDs left, or fewer, the next MSK goes out. Default 64.
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
            resend: Resend::NewCounter,
            switch_wait_ms: 10_000,
            carousel_ms: 1_000,
            lead_ms: 500,
            roll_ms: None,
            reserve: 64,
        }
    }
}

impl BmScConfig {
    pub(super) const fn sender(&self) -> Sender<'_> {
        let Self { ref settings, algorithms, seq_low, seq_high, salt, .. } = *self;
        Sender { settings, algorithms, seq_low, seq_high, salt }
    }
}

/// What happens to the BM-SC.
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

impl<K> fmt::Debug for BmScEvent<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Open(group) => f.debug_tuple("Open").field(group).finish(),
            Self::Rekey(group) => f.debug_tuple("Rekey").field(group).finish(),
            Self::Push { name, user, delivery, .. } => {
                f.debug_tuple("Push").field(name).field(user).field(delivery).finish()
            }
            Self::Distributed(group) => f.debug_tuple("Distributed").field(group).finish(),
            Self::Acknowledged { user, delivery, .. } => {
                f.debug_tuple("Acknowledged").field(user).field(delivery).finish()
            }
            Self::Retry { user, delivery, .. } => f.debug_tuple("Retry").field(user).field(delivery).finish(),
            Self::Gone(delivery) => f.debug_tuple("Gone").field(delivery).finish(),
            Self::Switch(group) => f.debug_tuple("Switch").field(group).finish(),
            Self::Roll(group) => f.debug_tuple("Roll").field(group).finish(),
            Self::Pull { group, user } => f.debug_tuple("Pull").field(group).field(user).finish(),
            Self::Requested { name, user, delivery, .. } => {
                f.debug_tuple("Requested").field(name).field(user).field(delivery).finish()
            }
            Self::Close(group) => f.debug_tuple("Close").field(group).finish(),
            Self::Timeout => f.write_str("Timeout"),
        }
    }
}

impl<K> Clone for BmScEvent<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

// Derived, it would ask for a MUK that can be copied.
impl<K> Copy for BmScEvent<'_, K> {}

/// What the BM-SC wants done.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum BmScAction<'o> {
    /// Send this MSK to every member by [`BmScEvent::Push`], then say [`BmScEvent::Distributed`].
    Distribute(MskName),
    /// Send this user this MSK as well, by [`BmScEvent::Push`] with the delivery just saved.
    PushAlso(MskName),
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

impl fmt::Debug for BmScAction<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Distribute(name) => f.debug_tuple("Distribute").field(name).finish(),
            Self::PushAlso(name) => f.debug_tuple("PushAlso").field(name).finish(),
            Self::RekeyQueued(group) => f.debug_tuple("RekeyQueued").field(group).finish(),
            Self::SaveCounter(counter) => f.debug_tuple("SaveCounter").field(counter).finish(),
            Self::SaveDelivery(delivery) => f.debug_tuple("SaveDelivery").field(delivery).finish(),
            // Under NULL encryption the octets hold keys.
            Self::Send(octets) => write!(f, "Send({} octets)", octets.len()),
            Self::Multicast(octets) => write!(f, "Multicast({} octets)", octets.len()),
            Self::Delivered(name) => f.debug_tuple("Delivered").field(name).finish(),
            Self::Undelivered(name) => f.debug_tuple("Undelivered").field(name).finish(),
            Self::Activated(name) => f.debug_tuple("Activated").field(name).finish(),
            Self::UseMtk(mki) => f.debug_tuple("UseMtk").field(mki).finish(),
            Self::Retired(name) => f.debug_tuple("Retired").field(name).finish(),
            Self::ArmTimer(at) => f.debug_tuple("ArmTimer").field(at).finish(),
        }
    }
}
