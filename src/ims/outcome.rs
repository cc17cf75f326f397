//! What the machines of the terminal are told and what they ask for: facts, never octets of HTTP, SIP or XML.

use super::facts::ItemStatus;
use super::{BTid, ImsError, ServiceId};
use crate::id::{GroupName, KeyNumber, MskName};
use crate::time::Tick;

/// The MSKs a request names: each once, in the order given, at most `N`, at least one (TS 33.246 §6.3.2.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MskList<const N: usize = 8>(heapless::Vec<MskName, N>);

impl<const N: usize> MskList<N> {
    /// The current MSK of each of `groups`, by Key Number 0. A group named twice is listed once.
    ///
    /// # Errors
    ///
    /// [`ImsError::Empty`] without a group, [`ImsError::TooLong`] with more than `N` different ones.
    pub fn current(groups: impl IntoIterator<Item = GroupName>) -> Result<Self, ImsError> {
        let mut list = heapless::Vec::new();
        for name in groups.into_iter().map(|group| group.msk(KeyNumber::CURRENT)) {
            if !list.contains(&name) {
                list.push(name).map_err(|_| ImsError::TooLong)?;
            }
        }
        if list.is_empty() { Err(ImsError::Empty) } else { Ok(Self(list)) }
    }

    /// The MSKs, in order.
    #[must_use]
    pub fn as_slice(&self) -> &[MskName] {
        &self.0
    }
}

/// Which of its requests (5.1: H2, H3, H4) a terminal sent, to tell whose answer arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "TS 33.246 §6.3.2 has these three")]
pub enum UeRequestKind {
    /// MSK registration (§6.3.2.1A).
    Register,
    /// MSK deregistration (§6.3.2.1B).
    Deregister,
    /// MSK request (§6.3.2.2).
    Msk,
}

/// A POST of the terminal: always with `X-3GPP-Intended-Identity`, and with an Authorization if a nonce is at hand.
#[derive(Clone, Debug, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "TS 33.246 §6.3.2 has these three")]
pub enum UeRequest<const GROUPS: usize = 8> {
    /// Registers the machine's service.
    Register,
    /// Takes the registration back. Nobody waits long for its answer.
    Deregister,
    /// Asks for these MSKs.
    Msk(MskList<GROUPS>),
}

impl<const GROUPS: usize> UeRequest<GROUPS> {
    /// Which of the three it is.
    #[must_use]
    pub const fn kind(&self) -> UeRequestKind {
        match self {
            Self::Register => UeRequestKind::Register,
            Self::Deregister => UeRequestKind::Deregister,
            Self::Msk(_) => UeRequestKind::Msk,
        }
    }
}

/// The items of an authentic answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ListedItems<'a> {
    /// The answer lists nothing.
    None,
    /// A service each: registration, deregistration.
    Services(&'a [(ServiceId, ItemStatus)]),
    /// An MSK each: MSK request. Only the Key Group of the name counts, the answer may give the number that is current.
    Msks(&'a [(MskName, ItemStatus)]),
}

impl ListedItems<'_> {
    /// The status of `service`; not listed is not known.
    pub(crate) fn of_service(&self, service: &ServiceId) -> ItemStatus {
        match self {
            Self::Services(items) => items
                .iter()
                .find(|(listed, _)| listed == service)
                .map_or(ItemStatus::Unknown, |(_, status)| *status),
            Self::None | Self::Msks(_) => ItemStatus::Unknown,
        }
    }

    /// The status of `group`; not listed is not known.
    pub(crate) fn of_group(&self, group: GroupName) -> ItemStatus {
        match self {
            Self::Msks(items) => items
                .iter()
                .find(|(listed, _)| listed.group() == group)
                .map_or(ItemStatus::Unknown, |(_, status)| *status),
            Self::None | Self::Services(_) => ItemStatus::Unknown,
        }
    }
}

/// What became of a POST, as far as Digest and the parsers understood it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HttpOutcome<'a> {
    /// An answer whose `rspauth` is good.
    Authenticated {
        /// The HTTP status.
        status: u16,
        /// What its body lists.
        items: ListedItems<'a>,
    },
    /// A 200 whose `rspauth` is missing or wrong, or whose body cannot be read.
    Unauthentic,
    /// A 401 with a challenge that can be answered: realm of bootstrapping and of the host contacted, `auth-int`.
    Challenged {
        /// Whether the request carried an Authorization.
        had_credentials: bool,
        /// Whether the challenge says `stale=true`.
        stale: bool,
    },
    /// A 401 that must not be answered: [`ImsError::BadRealm`], [`ImsError::WeakQop`],
    /// [`ImsError::UnsupportedAlgorithm`], or one that cannot be read.
    Refused(ImsError),
    /// Any other status.
    Failed {
        /// The HTTP status.
        status: u16,
        /// Retry-After, seconds.
        retry_after_s: Option<u32>,
    },
    /// No answer came.
    TimedOut,
}

/// What became of an INVITE or re-INVITE of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SipOutcome {
    /// 1xx.
    Provisional,
    /// 200.
    Accepted,
    /// 3xx to 6xx.
    Refused {
        /// The SIP status.
        status: u16,
        /// Whether the reason asks for a new bootstrapping run.
        bootstrap: bool,
    },
    /// 491: the re-INVITE met one of the network (RFC 3261 §14.1).
    Glare {
        /// 32 random bits, which spread the next try over 2.1 to 4 s.
        rnd: u32,
    },
    /// The transaction ended without a final response.
    TimedOut,
}

/// What became of a bootstrapping run (TS 33.220).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum GbaOutcome {
    /// A new Ks is there.
    Done {
        /// Its name.
        btid: BTid,
        /// When it ends.
        expires: Tick,
    },
    /// There is none.
    Failed,
}

/// What the MIKEY side, [`role::Ue`](crate::role::Ue), has learnt about the MSKs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFact {
    /// A valid MSK message brought this MSK, and it is stored ([`UeAction::MskStored`](crate::role::UeAction::MskStored)).
    Stored(MskName),
    /// The validity of this MSK has ended: its MTK IDs are used up, its lifetime is over, or the BM-SC took it back.
    Expired(MskName),
    /// A packet or an MTK message names this MSK, which is not stored.
    UnknownMsk {
        /// The MSK.
        name: MskName,
        /// 32 random bits for the wait of [`RequestWindow`](super::RequestWindow).
        rnd: u32,
    },
    /// An authentic solicited pull for this Key Group.
    Pull {
        /// The Key Group.
        group: GroupName,
        /// 32 random bits for the wait of [`RequestWindow`](super::RequestWindow).
        rnd: u32,
    },
}

/// Why a request or a service has come to an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FailureCause {
    /// SIP refused, with this status.
    Sip(u16),
    /// SIP did not answer.
    SipTimedOut,
    /// HTTP refused, with this status.
    Http(u16),
    /// HTTP did not answer.
    HttpTimedOut,
    /// The answers were not authentic.
    Unauthentic,
    /// The challenge must not be answered.
    Challenge(ImsError),
    /// More challenges than one request takes.
    TooManyChallenges,
    /// Bootstrapping failed.
    Gba,
    /// The answer refuses this service or Key Group.
    Item(ItemStatus),
    /// The request was granted and no MSK came.
    NoMsk,
}

/// What the service announcement says of key management (TS 33.246 §6.3.2.1.2, TS 26.346 §11.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Announcement {
    /// Whether the traffic is encrypted. Default yes.
    pub confidentiality: bool,
    /// Whether the traffic is integrity protected. Default yes.
    pub integrity: bool,
    /// How many key management servers it names.
    pub servers: usize,
    /// How many Key Groups it names.
    pub groups: usize,
}

impl Default for Announcement {
    fn default() -> Self {
        Self { confidentiality: true, integrity: true, servers: 0, groups: 0 }
    }
}

impl Announcement {
    /// Whether the service needs MSKs at all.
    ///
    /// # Errors
    ///
    /// [`ImsError::NoKeyServer`] or [`ImsError::NoKeyGroup`] when it does and the announcement does not name where, or
    /// which: the service cannot be activated.
    pub const fn needs_msk(&self) -> Result<bool, ImsError> {
        if !self.confidentiality && !self.integrity {
            return Ok(false);
        }
        if self.servers == 0 {
            return Err(ImsError::NoKeyServer);
        }
        if self.groups == 0 {
            return Err(ImsError::NoKeyGroup);
        }
        Ok(true)
    }
}
