//! What a security description asks of a terminal that wants the service (TS 33.246 §6.3.2.2).
//!
//! | Protection | UICC keys, terminal without | Server | Key Group | Outcome |
//! |---|---|---|---|---|
//! | both off | | | | [`Activation::Unprotected`] |
//! | on | yes | | | [`Activation::NeedsUicc`] |
//! | on | no | none | | [`ImsError::NoKeyServer`] |
//! | on | no | some | none | [`ImsError::NoKeyGroup`] |
//! | on | no | some | some | [`Activation::Request`] |

use core::net::SocketAddr;

use super::security_description::SecurityDescription;
use crate::id::GroupName;
use crate::ims::{Announcement, ImsError, RequestWindow, ServerUri};

/// What to do when the user wants the service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
#[non_exhaustive]
pub enum Activation {
    /// Nothing is protected: no key is needed, and none is requested.
    Unprotected,
    /// Keys are needed: request those of [`key_groups`](SecurityDescription::key_groups).
    Request,
    /// Keys are managed in the UICC, which this terminal does not support: the service cannot be activated.
    NeedsUicc,
}

impl<const SERVERS: usize, const FLOWS: usize> SecurityDescription<SERVERS, FLOWS> {
    /// Decides by the table of this module; `uicc` tells whether the terminal supports key management in the UICC.
    ///
    /// # Errors
    ///
    /// [`ImsError::NoKeyServer`], [`ImsError::NoKeyGroup`]: the service cannot be activated.
    pub fn activation(&self, uicc: bool) -> Result<Activation, ImsError> {
        match self.announcement().needs_msk() {
            Ok(false) => Ok(Activation::Unprotected),
            _ if self.uicc_key_management && !uicc => Ok(Activation::NeedsUicc),
            Ok(true) => Ok(Activation::Request),
            Err(refused) => Err(refused),
        }
    }

    /// What the terminal's machines want to know of it.
    #[must_use]
    pub fn announcement(&self) -> Announcement {
        Announcement {
            confidentiality: self.confidentiality,
            integrity: self.integrity,
            servers: self.servers().len(),
            groups: self.key_groups().count(),
        }
    }

    /// The Key Groups of the service, each once, in order: what [`MskRequest::of_groups`](super::MskRequest::of_groups)
    /// takes.
    pub fn key_groups(&self) -> impl Iterator<Item = GroupName> {
        let flows = self.flows();
        let groups = flows.iter().enumerate().filter_map(|(at, entry)| Some((at, entry.group?)));
        groups.filter_map(|(at, group)| {
            let seen = flows.iter().take(at).any(|other| other.group == Some(group));
            (!seen).then_some(group)
        })
    }

    /// The Key Group that protects `flow`; `None` when the announcement maps none to it. The first entry counts.
    #[must_use]
    pub fn key_group_of(&self, flow: SocketAddr) -> Option<GroupName> {
        self.flows().iter().filter(|entry| entry.flow == flow).find_map(|entry| entry.group)
    }

    /// Those of the `flows` of a session that cannot be decrypted because no Key Group is mapped to them. The others
    /// are not affected.
    pub fn unmapped<'s>(&'s self, flows: &'s [SocketAddr]) -> impl Iterator<Item = SocketAddr> + 's {
        flows.iter().copied().filter(|flow| self.key_group_of(*flow).is_none())
    }

    /// The server to contact at `attempt` (from 0): at first one at random, then the next ones, each once. `random` is
    /// the same for all attempts of one request. `None` when all have been tried.
    #[must_use]
    pub fn server(&self, random: u32, attempt: usize) -> Option<&ServerUri> {
        let count = self.servers().len();
        if attempt >= count {
            return None;
        }
        let first = scale(random, u64::try_from(count).unwrap_or(0));
        let at = usize::try_from(first).unwrap_or(0).saturating_add(attempt);
        self.servers().iter().cycle().nth(at)
    }

    /// How key requests after a pull or a missed update are spread in time.
    #[must_use]
    pub fn window(&self) -> RequestWindow {
        let ms = |s: u32| u64::from(s).saturating_mul(1_000);
        RequestWindow { offset_ms: ms(self.offset_time_s), period_ms: ms(self.random_time_period_s) }
    }

    /// Wait before a key request, milliseconds: `offsetTime` and a share of `randomTimePeriod` that `random` draws.
    #[must_use]
    pub fn delay_ms(&self, random: u32) -> u64 {
        self.window().delay_ms(random)
    }
}

/// `random / 2^32 * range`, rounded down: below `range` unless that is 0.
fn scale(random: u32, range: u64) -> u64 {
    let product = u128::from(random).saturating_mul(u128::from(range));
    u64::try_from(product >> 32).unwrap_or(u64::MAX)
}
