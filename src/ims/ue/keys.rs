//! The Key Groups of one service: what is held of each, and what is to be asked for.

use crate::id::{GroupName, MskName};
use crate::ims::{Held, ImsError, KeyFact, MissedBackOff, MskList, UeTiming, missed};
use crate::time::Tick;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Want {
    Nothing,
    /// To be asked for at this time.
    Due {
        at: Tick,
        pull: bool,
    },
    /// Asked for; MIKEY has to bring it.
    Asked,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Group {
    name: GroupName,
    held: Held,
    want: Want,
    back_off: MissedBackOff,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ServiceKeys<const GROUPS: usize>(heapless::Vec<Group, GROUPS>);

impl<const GROUPS: usize> ServiceKeys<GROUPS> {
    pub(super) fn new(groups: &[GroupName], timing: &UeTiming) -> Result<Self, ImsError> {
        let mut list = heapless::Vec::<Group, GROUPS>::new();
        for &name in groups {
            if list.iter().all(|group| group.name != name) {
                let group = Group { name, held: Held::None, want: Want::Nothing, back_off: timing.missed };
                list.push(group).map_err(|_| ImsError::TooLong)?;
            }
        }
        if list.is_empty() { Err(ImsError::NoKeyGroup) } else { Ok(Self(list)) }
    }

    pub(super) fn names(&self) -> impl Iterator<Item = GroupName> + '_ {
        self.0.iter().map(|group| group.name)
    }

    pub(super) fn held(&self, name: GroupName) -> Option<Held> {
        self.0.iter().find(|group| group.name == name).map(|group| group.held)
    }

    /// Whether any MSK of the service is held.
    pub(super) fn any(&self) -> bool {
        self.0.iter().any(|group| !group.held.is_empty())
    }

    /// Whether an MSK that was asked for is still to come.
    pub(super) fn awaits(&self) -> bool {
        self.0.iter().any(|group| group.want == Want::Asked)
    }

    /// Takes a fact in. What it asks for becomes due.
    pub(super) fn learn(&mut self, fact: KeyFact, timing: &UeTiming, now: Tick) {
        let (KeyFact::Stored(name) | KeyFact::Expired(name) | KeyFact::UnknownMsk { name, .. }) = fact else {
            let KeyFact::Pull { group, rnd } = fact else { return };
            if let Some(group) = self.find(group) {
                let at = now.after_millis(timing.window.delay_ms(rnd));
                if !matches!(group.want, Want::Due { pull: true, .. }) {
                    group.want = Want::Due { at, pull: true };
                }
            }
            return;
        };
        let Some(group) = self.find(name.group()) else { return };
        match fact {
            KeyFact::Stored(_) => {
                group.held = group.held.with(name.id.number);
                group.back_off.succeeded();
                // A pull wants a request, not just a key: the BM-SC may want to authenticate the terminal.
                if !matches!(group.want, Want::Due { pull: true, .. }) {
                    group.want = Want::Nothing;
                }
            }
            KeyFact::Expired(_) => {
                let newest = group.held.newest() == Some(name.id.number);
                group.held = group.held.without(name.id.number);
                if newest && group.want == Want::Nothing {
                    group.want = Want::Due { at: now, pull: false };
                }
            }
            KeyFact::UnknownMsk { rnd, .. } => {
                if group.want == Want::Nothing && group.has_missed(name) && group.back_off.allow(now) {
                    let at = now.after_millis(timing.window.delay_ms(rnd));
                    group.want = Want::Due { at, pull: false };
                }
            }
            KeyFact::Pull { .. } => {}
        }
    }

    /// Whether something is to be asked for now.
    pub(super) fn is_due(&self, now: Tick) -> bool {
        self.deadline().is_some_and(|at| at <= now)
    }

    /// When something is to be asked for.
    pub(super) fn deadline(&self) -> Option<Tick> {
        let due = |group: &Group| if let Want::Due { at, .. } = group.want { Some(at) } else { None };
        self.0.iter().filter_map(due).min()
    }

    /// The list for a request: what is due, and what was asked for and did not come. It all counts as asked for then.
    pub(super) fn ask(&mut self, now: Tick) -> Result<MskList<GROUPS>, ImsError> {
        let asked = self.0.iter_mut().filter_map(|group| {
            let due = match group.want {
                Want::Due { at, .. } => at <= now,
                Want::Asked => true,
                Want::Nothing => false,
            };
            due.then(|| {
                group.want = Want::Asked;
                group.name
            })
        });
        MskList::current(asked)
    }

    /// The list again, for the same request.
    pub(super) fn asked(&self) -> Result<MskList<GROUPS>, ImsError> {
        MskList::current(self.0.iter().filter(|group| group.want == Want::Asked).map(|group| group.name))
    }

    /// Every group without an MSK counts as asked for: the network sends its MSK after a registration.
    pub(super) fn expect(&mut self) {
        for group in self.0.iter_mut().filter(|group| group.held.is_empty() && group.want == Want::Nothing) {
            group.want = Want::Asked;
        }
    }

    /// Gives up what was asked for where `refused` says so.
    pub(super) fn give_up(&mut self, mut refused: impl FnMut(GroupName) -> bool) {
        for group in self.0.iter_mut().filter(|group| group.want == Want::Asked) {
            if refused(group.name) {
                group.want = Want::Nothing;
            }
        }
    }

    /// The service has ended.
    pub(super) fn clear(&mut self, timing: &UeTiming) {
        for group in &mut self.0 {
            (group.held, group.want, group.back_off) = (Held::None, Want::Nothing, timing.missed);
        }
    }

    fn find(&mut self, name: GroupName) -> Option<&mut Group> {
        self.0.iter_mut().find(|group| group.name == name)
    }
}

impl Group {
    fn has_missed(&self, name: MskName) -> bool {
        missed(&[self.name], self.held.iter().map(|number| self.name.msk(number)), [], name)
    }
}
