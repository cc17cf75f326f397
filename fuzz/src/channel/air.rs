//! What is under way.

use std::rc::Rc;

use castkey::id::{MskName, MtkId};
use castkey::keys::MskRand;
use castkey::poc::{
    BearerEvent, ClientEvent, Confirmation, DistributionEvent, Failure, Indication, LegEvent, SessionEvent,
    UpdatedMsk,
};
use castkey::secret::Secret;

use super::{Channel, MAX_DUE};

/// A message of any kind.
///
/// | between | lost | overtaken | repeated |
/// |---|---|---|---|
/// | distribution and clients | yes | yes | yes |
/// | server and clients | yes, which the server is told | yes | no |
/// | server and distribution | yes; of an indication the server is told | yes | yes |
#[derive(Clone)]
pub(super) enum Parcel {
    Offer { to: usize, invite: u64, current: Option<Vec<u8>>, updated: Option<Vec<u8>> },
    Answer { of: usize, invite: u64, current: Option<Vec<u8>>, updated: Option<Vec<u8>> },
    Reject { of: usize, invite: u64 },
    Request { of: usize },
    Mikey { to: usize, octets: Rc<[u8]> },
    Mbcp { to: usize, octets: Rc<[u8]> },
    Update { name: MskName, msk: [u8; 16], rand: MskRand },
    Indication(Indication),
    Roll,
    Abort,
    ToSession(SessionEvent),
}

impl Parcel {
    /// What a network may deliver twice; offers and answers have transactions.
    const fn is_repeated(&self) -> bool {
        matches!(self, Self::Mikey { .. } | Self::Mbcp { .. } | Self::Request { .. })
            || self.is_of_distribution()
    }

    /// Between the server and the distribution.
    pub(super) const fn is_of_distribution(&self) -> bool {
        matches!(
            self,
            Self::Update { .. } | Self::Indication(_) | Self::Roll | Self::Abort | Self::ToSession(_)
        )
    }
}

impl Channel {
    pub(super) fn deliver(&mut self, which: u8, again: bool) {
        let Some(at) = usize::from(which).checked_rem(self.air.len()) else { return };
        let parcel =
            if again && self.air[at].is_repeated() { self.air[at].clone() } else { self.air.remove(at) };
        self.arrives(parcel);
    }

    /// What gives a transaction up is not lost with it.
    pub(super) fn lose(&mut self, which: u8) {
        let Some(at) = usize::from(which).checked_rem(self.air.len()) else { return };
        match self.air.remove(at) {
            Parcel::Indication(_) => self.session(SessionEvent::BcastUnreachable),
            Parcel::Offer { to: of, invite, .. }
            | Parcel::Answer { of, invite, .. }
            | Parcel::Reject { of, invite }
                if self.members[of].invite == invite =>
            {
                self.leg(of, LegEvent::Fail(Failure::TransactionTimeout));
            }
            _ => {}
        }
    }

    /// Everything arrives in order, and what that causes as well.
    pub(super) fn deliver_all(&mut self) {
        for _ in 0..4 * MAX_DUE {
            if self.air.is_empty() {
                return;
            }
            self.deliver(0, false);
        }
    }

    fn arrives(&mut self, parcel: Parcel) {
        match parcel {
            Parcel::Offer { to, invite, current, updated } => self.offered(to, invite, current, updated),
            Parcel::Answer { of, invite, current, updated } => {
                let member = &self.members[of];
                if member.invite == invite {
                    let confirmation =
                        Confirmation { current: current.as_deref(), updated: updated.as_deref() };
                    let confirmed = self.server.confirms(&member.leg, &member.user(), &confirmation);
                    self.leg(of, LegEvent::Ok { confirmed });
                }
            }
            Parcel::Reject { of, invite } => {
                if self.members[of].invite == invite {
                    self.leg(of, LegEvent::Fail(Failure::Status(488)));
                }
            }
            Parcel::Request { of } => self.leg(of, LegEvent::Requested),
            Parcel::Mikey { to, octets } => self.client(to, ClientEvent::Mikey(&octets)),
            Parcel::Mbcp { to, octets } => self.client(to, ClientEvent::Mbcp(&octets)),
            Parcel::Update { name, msk, rand } => {
                let (msk, seq_low, seq_high) = (Secret::new(msk), MtkId(0), MtkId(0xFFFF));
                let updated = UpdatedMsk { name, msk, rand, seq_low, seq_high, mtk: None };
                self.bearer(DistributionEvent::SessionUpdate(Some(updated)));
            }
            Parcel::Indication(indication) => {
                self.bearer(DistributionEvent::Bearer(BearerEvent::Indication(indication)));
            }
            Parcel::Roll => self.bearer(DistributionEvent::Bearer(BearerEvent::Roll)),
            Parcel::Abort => self.bearer(DistributionEvent::Bearer(BearerEvent::Abort)),
            Parcel::ToSession(event) => self.session(event),
        }
    }

    /// A datagram over the bearer: everybody hears it, or not.
    pub(super) fn multicast(&mut self, parcel: impl Fn(usize) -> Parcel) {
        for to in 0..self.members.len() {
            // What nobody takes up is lost: the air does not grow for ever.
            if self.air.len() < 4 * MAX_DUE {
                self.air.push(parcel(to));
            }
        }
    }
}
