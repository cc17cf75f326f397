//! The Key Groups of a channel: which name the next MSK gets, so that no client deletes one that is still needed.
//!
//! A client that holds two MSKs of a Key Group deletes the older when a third comes (TS 33.246 §6.3.2.3). A channel
//! therefore has two Key Groups, and the next MSK goes where the one that it pushes out is not needed: normally the
//! group of the MSK in use, the spare one while that group holds an MSK which was handed out and never indicated.

use crate::id::{KeyGroup, KeyNumber, MskId};

/// One Key Group, as a client that got everything sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Lane {
    group: KeyGroup,
    /// The number given last.
    last: u16,
    /// The MSKs a client holds, older first.
    older: Option<MskId>,
    newer: Option<MskId>,
}

impl Lane {
    const fn new(group: KeyGroup) -> Self {
        Self { group, last: 0, older: None, newer: None }
    }

    /// What a third MSK would push out.
    fn evicts(&self) -> Option<MskId> {
        self.newer.and(self.older)
    }

    /// The next MSK. Key Number 0 stands for the current one and is skipped.
    fn take(&mut self) -> MskId {
        self.last = match self.last.wrapping_add(1) {
            0 => 1,
            number => number,
        };
        let fresh = MskId::new(self.group, KeyNumber(self.last));
        (self.older, self.newer) = (self.newer, Some(fresh));
        fresh
    }
}

/// Both Key Groups of a channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Lanes([Lane; 2]);

impl Lanes {
    pub(super) const fn new([primary, spare]: [KeyGroup; 2]) -> Self {
        Self([Lane::new(primary), Lane::new(spare)])
    }

    pub(super) fn groups(&self) -> [KeyGroup; 2] {
        let [primary, spare] = &self.0;
        [primary.group, spare.group]
    }

    /// The first MSK of all.
    pub(super) fn first(&mut self) -> MskId {
        let [primary, _] = &mut self.0;
        primary.take()
    }

    /// The name of an MSK after `active`, while `retiring` may still protect what is on its way; `None` when one of them
    /// would be pushed out, which the end of the overlap cures.
    pub(super) fn fresh(&mut self, active: MskId, retiring: &[Option<MskId>]) -> Option<MskId> {
        let needed = |msk: MskId| msk == active || retiring.contains(&Some(msk));
        let free = |lane: &Lane| !lane.evicts().is_some_and(needed);
        let [primary, spare] = &mut self.0;
        let (own, other) = if primary.group == active.group { (primary, spare) } else { (spare, primary) };
        #[cfg(test)]
        if crate::broken::is(crate::broken::Rule::SpareGroup) {
            return Some(own.take());
        }
        let lane = if free(own) {
            own
        } else if free(other) {
            other
        } else {
            return None;
        };
        Some(lane.take())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(group: u16, number: u16) -> MskId {
        MskId::new(KeyGroup(group), KeyNumber(number))
    }

    fn lanes() -> Lanes {
        let mut lanes = Lanes::new([KeyGroup(1), KeyGroup(9)]);
        assert_eq!(lanes.first(), id(1, 1));
        lanes
    }

    #[test]
    fn a_normal_update_stays_in_the_group_of_the_msk_in_use() {
        let mut lanes = lanes();
        for number in 2..50 {
            assert_eq!(lanes.fresh(id(1, number - 1), &[]), Some(id(1, number)));
        }
    }

    #[test]
    fn an_msk_after_one_that_was_never_indicated_takes_the_spare_group() {
        let mut lanes = lanes();
        assert_eq!(lanes.fresh(id(1, 1), &[]), Some(id(1, 2)));
        for number in 1..5 {
            assert_eq!(lanes.fresh(id(1, 1), &[]), Some(id(9, number)));
        }
    }

    #[test]
    fn there_is_no_name_while_both_groups_would_lose_a_needed_msk() {
        let mut lanes = lanes();
        let (second, third) = (lanes.fresh(id(1, 1), &[]), lanes.fresh(id(1, 1), &[]));
        assert_eq!((second, third), (Some(id(1, 2)), Some(id(9, 1))));
        assert_eq!(lanes.fresh(id(9, 1), &[Some(id(1, 1))]), Some(id(9, 2)));
        assert_eq!(lanes.fresh(id(9, 1), &[Some(id(1, 1))]), None);
        assert_eq!(lanes.fresh(id(9, 1), &[]), Some(id(1, 3)));
    }

    #[test]
    fn key_number_zero_is_skipped_when_the_numbers_wrap() {
        let mut lanes = lanes();
        let [primary, _] = &mut lanes.0;
        primary.last = 0xFFFF;
        assert_eq!(lanes.fresh(id(1, 1), &[]), Some(id(1, 1)));
    }
}
