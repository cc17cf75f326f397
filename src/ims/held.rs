//! Which MSKs of one Key Group the terminal holds and may still use: none, one, or two (TS 33.246 §6.3.2.3).

use crate::id::KeyNumber;

/// The valid MSKs of a Key Group, by order of arrival, as far as a request has to know them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[allow(clippy::exhaustive_enums, reason = "TS 33.246 §6.3.2.3 allows two")]
pub enum Held {
    /// None.
    #[default]
    None,
    /// One.
    One(KeyNumber),
    /// Two.
    Two {
        /// The one that came first.
        older: KeyNumber,
        /// The one that came last.
        newest: KeyNumber,
    },
}

impl Held {
    /// The numbers held.
    pub fn iter(self) -> impl Iterator<Item = KeyNumber> + Clone {
        let (older, newest) = match self {
            Self::None => (None, None),
            Self::One(newest) => (None, Some(newest)),
            Self::Two { older, newest } => (Some(older), Some(newest)),
        };
        older.into_iter().chain(newest)
    }

    /// The one that came last.
    #[must_use]
    pub const fn newest(self) -> Option<KeyNumber> {
        match self {
            Self::None => None,
            Self::One(newest) | Self::Two { newest, .. } => Some(newest),
        }
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        matches!(self, Self::None)
    }

    /// After `number` was stored: it is the newest, and a third one has pushed out the oldest.
    #[must_use]
    pub fn with(self, number: KeyNumber) -> Self {
        match self.without(number) {
            Self::None => Self::One(number),
            Self::One(older) | Self::Two { newest: older, .. } => Self::Two { older, newest: number },
        }
    }

    /// After `number` has ended.
    #[must_use]
    pub fn without(self, number: KeyNumber) -> Self {
        match self {
            Self::One(only) if only == number => Self::None,
            Self::Two { older, newest } if older == number => Self::One(newest),
            Self::Two { older, newest } if newest == number => Self::One(older),
            same => same,
        }
    }
}
