//! What the terminal is told, what it wants done, and how it is set up.

use core::fmt;

use super::channel::Cause;
use crate::error::OpenError;
use crate::id::{GroupName, KeyDomainId, Mki, MskId, MskName, MtkId};
use crate::keys::{MskRand, Muk, MukId};
use crate::message::MskSecurity;
use crate::role::{SwitchEvent, SwitchTiming};
use crate::secret::Secret;
use crate::settings::Settings;
use crate::time::Tick;

/// How requests are spread in time, so that a crowd does not hit the BM-SC at once (TS 26.346: offsetTime and
/// randomTimePeriod), and how often they are tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOff {
    /// Least wait before a request, milliseconds. Default 0.
    pub offset_ms: u32,
    /// Further wait, drawn uniformly from 0 to this, milliseconds. Default 1,000.
    pub random_ms: u32,
    /// Wait for an answer before the second request, milliseconds; doubles each time. Default 4,000.
    pub retry_ms: u32,
    /// Requests before the terminal gives up. Default 4.
    pub attempts: u8,
}

impl Default for BackOff {
    fn default() -> Self {
        Self { offset_ms: 0, random_ms: 1_000, retry_ms: 4_000, attempts: 4 }
    }
}

/// The terminal's configuration.
#[derive(Clone, Copy, Debug, Default)]
pub struct UeConfig {
    /// The uncertain points.
    pub settings: Settings,
    /// How long keys are kept around a switch.
    pub timing: SwitchTiming,
    /// How requests are spread.
    pub back_off: BackOff,
    /// Where the spread starts: any number that differs from terminal to terminal. It needs not be secret.
    pub jitter: u32,
    /// The Key Domain of the channel, which MTK messages of the draft profile lack (point D5).
    pub draft_domain: Option<KeyDomainId>,
}

impl UeConfig {
    /// A number from 0 to `random_ms`: xorshift, because it spreads load and hides nothing.
    pub(super) fn draw(&mut self) -> u64 {
        let mut x = self.jitter;
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        self.jitter = x;
        // The high half of the product is uniform over 0..=random_ms, without a division.
        u64::from(x).saturating_mul(u64::from(self.back_off.random_ms).saturating_add(1)) >> 32
    }
}

/// What happens to the terminal.
#[non_exhaustive]
pub enum UeEvent<'a, K = Muk> {
    /// A bootstrapping run left this MUK.
    Bootstrapped {
        /// The identities that MSK messages under it carry.
        id: MukId<'a>,
        /// The MUK.
        muk: K,
    },
    /// The user wants a service with this Key Group.
    Wanted(GroupName),
    /// A MIKEY datagram, unicast or multicast.
    Mikey(&'a [u8]),
    /// A packet with this MKI came for which [`Ue::mtk`](crate::role::Ue::mtk) has no key.
    Mki(KeyDomainId, Mki),
    /// An authentic announcement of a switch, from whatever channel carries such.
    Announced(KeyDomainId, SwitchEvent),
    /// An MSK that came by other means than MIKEY, such as 5G NAS (TS 33.501 Annex W).
    Install {
        /// Its name.
        name: MskName,
        /// The key.
        msk: Secret<16>,
        /// The RAND its MTK messages are keyed with; without it they are refused (point U29).
        rand: Option<MskRand>,
        /// SEQl.
        seq_low: MtkId,
        /// SEQu.
        seq_high: MtkId,
    },
    /// The user left the service: forget the keys of this Key Group.
    Forget(GroupName),
    /// The bootstrapping run of this MUK has ended: forget it.
    ForgetMuk(MukId<'a>),
    /// The deadline may have passed.
    Timeout,
}

impl<K> fmt::Debug for UeEvent<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bootstrapped { id, .. } => {
                f.debug_struct("Bootstrapped").field("id", id).finish_non_exhaustive()
            }
            Self::Wanted(group) => f.debug_tuple("Wanted").field(group).finish(),
            // Under NULL encryption the octets hold keys.
            Self::Mikey(octets) => write!(f, "Mikey({} octets)", octets.len()),
            Self::Mki(domain, mki) => f.debug_tuple("Mki").field(domain).field(mki).finish(),
            Self::Announced(domain, event) => f.debug_tuple("Announced").field(domain).field(event).finish(),
            Self::Install { name, .. } => {
                f.debug_struct("Install").field("name", name).finish_non_exhaustive()
            }
            Self::Forget(group) => f.debug_tuple("Forget").field(group).finish(),
            Self::ForgetMuk(id) => f.debug_tuple("ForgetMuk").field(id).finish(),
            Self::Timeout => f.write_str("Timeout"),
        }
    }
}

/// The terminal's whole state with its keys, for a store that may hold keys. `Debug` shows the length only.
#[derive(Clone, Copy)]
pub struct State<'o>(&'o [u8]);

impl<'o> State<'o> {
    pub(super) const fn new(octets: &'o [u8]) -> Self {
        Self(octets)
    }

    /// The octets, secret: they hold every key of the terminal.
    #[must_use]
    pub const fn as_octets(&self) -> &'o [u8] {
        self.0
    }
}

impl fmt::Debug for State<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "State({} octets)", self.0.len())
    }
}

/// What the terminal wants done.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum UeAction<'o> {
    /// Store these octets safely before anything that follows: they are the whole state, for [`Ue::restore`](crate::role::Ue::restore).
    Persist(State<'o>),
    /// Send this datagram to where the message came from.
    Send(&'o [u8]),
    /// An MSK is held.
    MskStored {
        /// Its name.
        name: MskName,
        /// The MSK it pushed out.
        evicted: Option<MskId>,
        /// How SRTP uses the MTKs under it. Absent for [`UeEvent::Install`].
        security: Option<MskSecurity<'o>>,
    },
    /// The BM-SC took an MSK back.
    MskInvalidated(MskName),
    /// This MSK is in use from now on.
    Activated(MskName),
    /// An MTK is there: [`Ue::mtk`](crate::role::Ue::mtk) gives it for packets with this MKI.
    MtkReady(KeyDomainId, Mki),
    /// The MTKs under this MSK are gone.
    MtkDropped(MskName),
    /// The MSK of this packet is held, its MTK is not: wait, the BM-SC repeats MTK messages.
    AwaitMtk(KeyDomainId, Mki),
    /// An MSK is missing; a request is scheduled.
    MissedKey {
        /// The MSK; Key Number 0 is the current one of the group.
        name: MskName,
        /// Why.
        cause: Cause,
    },
    /// Send an MSK request to the BM-SC.
    RequestMsk {
        /// The MSK; Key Number 0 is the current one of the group.
        name: MskName,
        /// Why.
        cause: Cause,
        /// 1 for the first request.
        attempt: u8,
    },
    /// No request was answered. Without an MSK the terminal leaves the service (TS 33.246 §6.3.2.2).
    RequestAbandoned(MskName),
    /// The announcement did not name the keys in use and to come.
    AnnouncementMismatch(KeyDomainId),
    /// The message was refused; the error message that follows says so to the BM-SC.
    Refused(OpenError),
    /// Call with [`UeEvent::Timeout`] at this time.
    ArmTimer(Tick),
}
