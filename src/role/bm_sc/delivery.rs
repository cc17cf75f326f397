//! One user's leg of the delivery of MSKs, a small value that the caller keeps wherever he likes.

use core::fmt;

use crate::id::{Counter, MskName};
use crate::keys::MukId;
use crate::time::Tick;

/// A user as his row knows him. One row serves all Key Groups that use the same MUK.
pub struct User<'a, K> {
    /// The identities that name the MUK.
    pub id: MukId<'a>,
    /// The MUK.
    pub muk: &'a K,
    /// The counter of the last message sent under this MUK; none before the first.
    pub counter: Option<Counter>,
}

impl<K> Clone for User<'_, K> {
    fn clone(&self) -> Self {
        *self
    }
}

// Derived, it would ask for a MUK that can be copied.
impl<K> Copy for User<'_, K> {}

impl<K> fmt::Debug for User<'_, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User").field("id", &self.id).field("counter", &self.counter).finish_non_exhaustive()
    }
}

/// How far the delivery of an MSK of one Key Group to one user is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Delivery {
    /// Nothing was sent.
    #[default]
    Idle,
    /// Sent, not acknowledged yet.
    Waiting {
        /// The MSK.
        name: MskName,
        /// The counter of the message; the acknowledgement bears it.
        counter: Counter,
        /// Messages sent, 1 for the first.
        attempt: u8,
        /// When to send [`Retry`](super::BmScEvent::Retry).
        due: Tick,
    },
    /// Acknowledged, or sent without asking for an acknowledgement.
    Delivered(MskName),
    /// Never acknowledged.
    Failed(MskName),
}

impl Delivery {
    /// The MSK whose acknowledgement is awaited.
    #[must_use]
    pub const fn awaits(self) -> Option<MskName> {
        match self {
            Self::Waiting { name, .. } => Some(name),
            _ => None,
        }
    }
}
