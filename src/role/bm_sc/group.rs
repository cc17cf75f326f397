//! What the BM-SC keeps of one Key Group.

use super::{BmScAction, BmScConfig};
use crate::crypto::Primitives;
use crate::id::{GroupName, KeyNumber, MskName};
use crate::keys::{KeyedMsk, MskEntry};
use crate::role::sender::Traffic;
use crate::role::{SwitchEvent, Switchover};
use crate::time::Tick;

/// An MTK that is being announced.
pub(super) struct Coming {
    pub(super) traffic: Traffic,
    /// When media may use it.
    pub(super) at: Tick,
}

/// One Key Group. `next` is held exactly while the switchover has a next MSK.
pub(super) struct Group<P> {
    pub(super) name: GroupName,
    pub(super) switch: Switchover,
    pub(super) current: KeyedMsk<P>,
    pub(super) next: Option<KeyedMsk<P>>,
    pub(super) in_use: Traffic,
    pub(super) coming: Option<Coming>,
    /// When the newest MTK message is repeated.
    pub(super) carousel_at: Tick,
    /// When the next MTK is due.
    pub(super) roll_at: Option<Tick>,
    /// When the switch happens even if not everybody has acknowledged.
    pub(super) switch_at: Option<Tick>,
    /// Deliveries of the next MSK that nobody has acknowledged yet.
    pub(super) outstanding: u32,
    /// Whether the next MSK went out to everybody.
    pub(super) distributed: bool,
    /// Whether another MSK is wanted when this switch is over.
    pub(super) again: bool,
}

impl<P: Primitives> Group<P> {
    /// Starts the distribution of `next`.
    pub(super) fn distribute<'o>(
        &mut self, next: KeyedMsk<P>, config: &BmScConfig, now: Tick,
    ) -> BmScAction<'o> {
        let name = next.name();
        (self.switch, _) = self.switch.step(SwitchEvent::Stored(name.id), &config.timing, now);
        self.next = Some(next);
        self.switch_at = Some(now.after_millis(config.switch_wait_ms.into()));
        (self.outstanding, self.distributed) = (0, false);
        BmScAction::Distribute(name)
    }

    /// Media uses `traffic`, whose MTK message goes out now, after the lead.
    pub(super) fn announce(&mut self, traffic: Traffic, config: &BmScConfig, now: Tick) {
        self.coming = Some(Coming { traffic, at: now.after_millis(config.lead_ms.into()) });
        // Half the lead, so that a lost first copy does not cost the packets behind it.
        self.carousel_at = now.after_millis(u64::from(config.lead_ms / 2));
        self.roll_at = config.roll_ms.map(|period| now.after_millis(period.into()));
    }

    pub(super) fn entry(&self, name: MskName) -> Option<&MskEntry<P>> {
        if self.current.name() == name {
            Some(&self.current.entry)
        } else {
            self.next.as_ref().map(|next| &next.entry).filter(|next| next.name() == name)
        }
    }

    /// The name of the MSK after the newest one; Key Number 0 is skipped.
    pub(super) fn next_name(&self) -> MskName {
        let newest = self.next.as_ref().unwrap_or(&self.current).name();
        let number = match newest.id.number.0.wrapping_add(1) {
            0 => 1,
            number => number,
        };
        self.name.msk(KeyNumber(number))
    }

    pub(super) fn deadline(&self) -> Tick {
        [self.roll_at, self.switch_at, self.switch.deadline(), self.coming.as_ref().map(|coming| coming.at)]
            .into_iter()
            .fold(self.carousel_at, sooner)
    }
}

/// The sooner of both. Not inlined: the compiler compares what is not there, too, and drops the result, which memcheck does not see.
#[inline(never)]
fn sooner(first: Tick, at: Option<Tick>) -> Tick {
    at.map_or(first, |at| at.min(first))
}
