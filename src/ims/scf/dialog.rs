//! What the SCF remembers of a dialog of the SIP variant.

use crate::ims::{BTid, Impu};
use crate::keys::Muk;
use crate::time::Tick;

/// Where a dialog of the SIP variant stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ScfSipState {
    /// There is no dialog.
    Idle,
    /// The subscription is being looked at.
    Checking,
    /// The BSF was asked for the key.
    Fetching,
    /// H5 is on its way.
    Provisioning,
    /// The UPF has the key, and the terminal its 200.
    Active,
    /// H6 is on its way.
    Refreshing,
}

/// Whose dialog it is.
#[derive(Clone, Debug)]
pub(super) struct Party {
    /// As the network asserts it.
    pub(super) impu: Impu,
    /// In use; while a key is fetched and handed on, that key's.
    pub(super) btid: BTid,
}

/// Where it stands, with what has to be remembered there.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "there is no allocation to hide the larger ones behind")]
pub(super) enum State {
    Idle,
    Checking(Party),
    /// `established` is the B-TID of the dialog that a re-INVITE renews; none before there is a dialog.
    Fetching {
        party: Party,
        established: Option<BTid>,
        due: Tick,
    },
    Provisioning {
        party: Party,
        established: Option<BTid>,
        muk: Muk,
        posts: u8,
        due: Tick,
    },
    Active(Party),
    Refreshing {
        party: Party,
        posts: u8,
        due: Tick,
    },
}

impl State {
    /// Where a fetched key that came to nothing leaves the dialog.
    pub(super) fn back(party: &Party, established: Option<&BTid>) -> Self {
        established
            .map_or(Self::Idle, |btid| Self::Active(Party { impu: party.impu.clone(), btid: btid.clone() }))
    }

    pub(super) const fn in_dialog(&self) -> bool {
        match self {
            Self::Idle | Self::Checking(_) => false,
            Self::Fetching { established, .. } | Self::Provisioning { established, .. } => {
                established.is_some()
            }
            Self::Active(_) | Self::Refreshing { .. } => true,
        }
    }

    pub(super) const fn name(&self) -> ScfSipState {
        match self {
            Self::Idle => ScfSipState::Idle,
            Self::Checking(_) => ScfSipState::Checking,
            Self::Fetching { .. } => ScfSipState::Fetching,
            Self::Provisioning { .. } => ScfSipState::Provisioning,
            Self::Active(_) => ScfSipState::Active,
            Self::Refreshing { .. } => ScfSipState::Refreshing,
        }
    }

    pub(super) const fn party(&self) -> Option<&Party> {
        match self {
            Self::Idle => None,
            Self::Checking(party)
            | Self::Active(party)
            | Self::Fetching { party, .. }
            | Self::Provisioning { party, .. }
            | Self::Refreshing { party, .. } => Some(party),
        }
    }
}
