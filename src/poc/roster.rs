//! A table of members with room for a fixed number: for sessions of firmware size, which have no database to keep legs in.
//!
//! ```text
//! add(id) -> Leg::OUTSIDE -> Session::step_leg(Join) -> ..Deliver, Ok, Timeout.. -> RemoveMember -> remove(id)
//! ```
//!
//! A row is taken before the session hears of the member, so that one who finds no room leaves no trace anywhere.

use super::PocError;
use super::session::Leg;

/// At most `N` members by the caller's identifier `I`, each with his [`Leg`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roster<I, const N: usize> {
    rows: [Option<(I, Leg)>; N],
}

impl<I: Copy + Eq, const N: usize> Roster<I, N> {
    /// A table without members.
    #[must_use]
    pub const fn new() -> Self {
        Self { rows: [const { None }; N] }
    }

    /// Adds a row and gives its leg, [`Leg::OUTSIDE`]: the member has still to join.
    ///
    /// # Errors
    ///
    /// [`PocError::UnexpectedState`] when `id` has a row already, [`PocError::CapacityExceeded`] when there are `N`. Nothing
    /// has changed then.
    pub fn add(&mut self, id: I) -> Result<&mut Leg, PocError> {
        if self.leg(id).is_some() {
            return Err(PocError::UnexpectedState);
        }
        let free = self.rows.iter_mut().find(|row| row.is_none()).ok_or(PocError::CapacityExceeded)?;
        let (_, leg) = free.insert((id, Leg::OUTSIDE));
        Ok(leg)
    }

    /// The leg of `id`.
    #[must_use]
    pub fn leg(&self, id: I) -> Option<&Leg> {
        self.iter().find(|(row, _)| *row == id).map(|(_, leg)| leg)
    }

    /// The leg of `id`, to put the next one in its place.
    #[must_use]
    pub fn leg_mut(&mut self, id: I) -> Option<&mut Leg> {
        self.rows.iter_mut().flatten().find(|(row, _)| *row == id).map(|(_, leg)| leg)
    }

    /// Takes the row of `id` out.
    pub fn remove(&mut self, id: I) -> Option<Leg> {
        let row = self.rows.iter_mut().find(|row| row.as_ref().is_some_and(|(row, _)| *row == id))?;
        row.take().map(|(_, leg)| leg)
    }

    /// All rows, in no order that lasts.
    pub fn iter(&self) -> impl Iterator<Item = (I, &Leg)> {
        self.rows.iter().flatten().map(|(id, leg)| (*id, leg))
    }

    /// All rows, to step every leg.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (I, &mut Leg)> {
        self.rows.iter_mut().flatten().map(|(id, leg)| (*id, leg))
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.iter().count()
    }

    /// Whether there is no row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.iter().next().is_none()
    }
}

impl<I: Copy + Eq, const N: usize> Default for Roster<I, N> {
    fn default() -> Self {
        Self::new()
    }
}
