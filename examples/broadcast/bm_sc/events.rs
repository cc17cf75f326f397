//! The events of the BM-SC's role, and its actions carried out.

use std::collections::HashSet;

use castkey::error::Error;
use castkey::id::MskName;
use castkey::role::{BmScAction, BmScEvent, User};
use castkey::time::Tick;
use castkey::wire::{CryptoSession, MAX_MSK_MESSAGE_LEN, Policy, ProtType, SrtpPolicy};
use rand::rngs::SysRng;

use super::Server;
use crate::air::Air;
use crate::link::Kind;
use crate::srtp::SSRC;

/// An event of the role, by the number of the user's row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step<'a> {
    Open,
    Rekey,
    Roll,
    Distributed,
    Timeout,
    Push(MskName, usize),
    Acknowledged(usize, &'a [u8]),
    Retry(usize),
    Gone(usize),
    Requested(MskName, usize),
}

impl Server {
    /// Lets the role handle one event and does what it wants done.
    pub(super) fn step(&mut self, step: Step<'_>, now: Tick, air: &mut Air) -> Result<(), Error> {
        let user_at = |at: usize| {
            let row = self.rows.get(at).ok_or(Error::Unknown)?;
            let user = User { id: row.subscriber.id(), muk: &row.muk, counter: row.counter };
            Ok::<_, Error>((user, row.delivery))
        };
        let mut params = [0; SrtpPolicy::MAX_PARAMS_LEN];
        let params = SrtpPolicy::default().encode_params(&mut params)?;
        let policies = [Policy::new(0, ProtType::SRTP, params)?];
        let policies = policies.as_slice();
        let session = [CryptoSession { policy_no: 0, ssrc: SSRC, roc: self.source.roc() }];
        let sessions = Some(session.as_slice());
        let mut whose = None;
        let event = match step {
            Step::Open => BmScEvent::Open(self.group),
            Step::Rekey => BmScEvent::Rekey(self.group),
            Step::Roll => BmScEvent::Roll(self.group),
            Step::Distributed => BmScEvent::Distributed(self.group),
            Step::Timeout => BmScEvent::Timeout,
            Step::Gone(at) => BmScEvent::Gone(user_at(at)?.1),
            Step::Push(name, at) => {
                let (user, delivery) = user_at(at)?;
                whose = Some(at);
                BmScEvent::Push { name, user, delivery, policies, sessions }
            }
            Step::Requested(name, at) => {
                let (user, delivery) = user_at(at)?;
                whose = Some(at);
                BmScEvent::Requested { name, user, delivery, policies, sessions }
            }
            Step::Retry(at) => {
                let (user, delivery) = user_at(at)?;
                whose = Some(at);
                BmScEvent::Retry { user, delivery, policies, sessions }
            }
            Step::Acknowledged(at, octets) => {
                let (user, delivery) = user_at(at)?;
                whose = Some(at);
                BmScEvent::Acknowledged { user, delivery, octets }
            }
        };
        let mut out = [0; MAX_MSK_MESSAGE_LEN];
        let actions = self.role.handle(event, now, &mut SysRng, &mut out)?;
        for action in actions {
            self.carry_out(action, whose, now, air);
        }
        Ok(())
    }

    fn carry_out(&mut self, action: BmScAction<'_>, whose: Option<usize>, now: Tick, air: &mut Air) {
        let row = whose.and_then(|at| self.rows.get_mut(at));
        match action {
            BmScAction::Distribute(name) => {
                let members: Vec<usize> =
                    (0..).zip(&self.rows).filter(|(_, row)| row.member).map(|(at, _)| at).collect();
                air.note(now, format!("BM-SC: new MSK {:?} goes to {} members", name.id, members.len()));
                self.to_push = members.iter().map(|at| (name, *at)).collect();
                air.ledger.distributed(name.id, members.into_iter().collect::<HashSet<_>>());
            }
            BmScAction::PushAlso(name) => self.to_push.extend(whose.map(|at| (name, at))),
            BmScAction::RekeyQueued(_) => {
                air.note(now, "BM-SC: the rekey waits for the end of the last switch".to_owned());
            }
            BmScAction::SaveCounter(counter) => {
                if let Some(row) = row {
                    row.counter = Some(counter);
                }
            }
            BmScAction::SaveDelivery(delivery) => {
                if let Some(row) = row {
                    row.delivery = delivery;
                }
            }
            BmScAction::Send(octets) => {
                if let Some(row) = row {
                    self.counts.msk_messages += 1;
                    air.send(Kind::Mikey, false, &self.socket, &[row.address], octets, now);
                }
            }
            BmScAction::Multicast(octets) => {
                self.counts.mtk_messages += 1;
                air.send(Kind::Mikey, false, &self.socket, &self.listeners, octets, now);
            }
            BmScAction::Delivered(name) if air.detail => {
                let user = whose.unwrap_or_default() + 1;
                air.note(now, format!("BM-SC: UE {user} acknowledges MSK {:?}", name.id));
            }
            BmScAction::Undelivered(name) if air.detail => {
                let user = whose.unwrap_or_default() + 1;
                air.note(now, format!("BM-SC: UE {user} never acknowledged MSK {:?}", name.id));
            }
            BmScAction::Activated(name) => {
                air.note(now, format!("BM-SC: switches to MSK {:?}", name.id));
            }
            BmScAction::UseMtk(mki) => {
                if let Some((mki, mtk, salt)) = self.role.traffic(self.group)
                    && self.source.use_key(mki, mtk, salt).is_ok()
                {
                    air.note(now, format!("BM-SC: media under MTK {:?} of MSK {:?}", mki.mtk, mki.msk));
                } else {
                    air.note(now, format!("BM-SC: MTK {mki:?} cannot be used"));
                }
            }
            BmScAction::Retired(name) => air.note(now, format!("BM-SC: MSK {:?} is retired", name.id)),
            // The loop asks for the deadline itself.
            _ => {}
        }
    }
}
