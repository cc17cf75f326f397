//! The distribution of a [`World`], and what reaches it.

use heapless::Vec;

use super::world::*;
use crate::id::{Mki, MskId, MskName, MtkId};
use crate::poc::{Bearer, BearerAction, BearerEvent, BearerTimer, Known};

impl World {
    pub(super) fn answer(&mut self, message: FromBcast) {
        self.overflow |= self.from_bcast.push(message).is_err();
    }

    /// The next message from the server reaches the distribution.
    pub(super) fn bcast_receives(&mut self, fault: QueueFault, air: AirFault) {
        let message = self.to_bcast.remove(0);
        match fault {
            QueueFault::Late => {
                self.send(message);
                return;
            }
            QueueFault::Twice => {
                let kept = self.to_bcast.insert(0, message);
                self.overflow |= kept.is_err();
            }
            QueueFault::Refuse => {
                self.answer(FromBcast::Rejected);
                self.still_empty();
                return;
            }
            QueueFault::Lose | QueueFault::None => {}
        }
        if fault == QueueFault::Lose || self.distribution.unnoticed {
            // The transport tells that an indication did not get through.
            match message {
                ToBcast::Indication(_) => self.answer(FromBcast::Unreachable),
                ToBcast::Update(_) => self.still_empty(),
                ToBcast::Abort | ToBcast::Roll => {}
            }
            return;
        }
        let event = match message {
            ToBcast::Update(name) if self.distribution.holds(name.id) => {
                BearerEvent::Update(name, Known::Same)
            }
            ToBcast::Update(name) => BearerEvent::Update(name, Known::No),
            ToBcast::Indication(indication) => BearerEvent::Indication(indication),
            ToBcast::Abort => BearerEvent::Abort,
            ToBcast::Roll => BearerEvent::Roll,
        };
        self.bearer(event, air);
    }

    /// A request did not get through: if the distribution has no key yet, the server is told so once more.
    fn still_empty(&mut self) {
        let told = self.from_bcast.contains(&FromBcast::Reset);
        if self.distribution.bearer.active().is_none() && !told {
            self.distribution.unnoticed = true;
            self.answer(FromBcast::Reset);
        }
    }

    /// What the shell `Distribution` does, with names in the place of keys.
    pub(super) fn bearer(&mut self, event: BearerEvent, air: AirFault) {
        let before = self.distribution.clone();
        let was_idle = before.bearer.active().is_none();
        let (bearer, wanted) = self.distribution.bearer.step(event, &timing(), NOW);
        let mut fresh = match event {
            BearerEvent::Update(name, Known::No)
                if wanted.iter().any(|action| *action == BearerAction::Stored(name)) =>
            {
                Some((name.id, 0))
            }
            _ => None,
        };
        let mut sent: Vec<Air, 8> = Vec::new();
        let distribution = &mut self.distribution;
        let mut made = None;
        let mut refused = false;
        for action in &wanted {
            match *action {
                BearerAction::NewMtk(msk) => {
                    let held = distribution.keys.iter_mut().chain(&mut fresh).find(|(held, _)| *held == msk);
                    let Some((_, last)) = held else {
                        self.seen.used_without_key = true;
                        refused = true;
                        break;
                    };
                    *last += 1;
                    let key = Key { mki: Mki::new(msk, MtkId(*last)), epoch: distribution.epoch };
                    if was_idle {
                        self.announced.add(msk);
                    }
                    self.seen.used_before_announced |= !self.announced.has(msk);
                    made = Some(key);
                    sent.push(Air::Mtk(key)).unwrap();
                }
                BearerAction::RepeatMtk => match distribution.coming.or(distribution.in_use) {
                    Some(key) if distribution.holds(key.mki.msk) => sent.push(Air::Mtk(key)).unwrap(),
                    _ => refused = true,
                },
                BearerAction::SendIndication(indication) => match distribution.in_use {
                    Some(key) => sent.push(Air::Indication(indication, key)).unwrap(),
                    None => refused = true,
                },
                _ => {}
            }
        }
        if refused {
            self.distribution = before;
            if let BearerEvent::Indication(_) = event {
                self.answer(FromBcast::Unreachable);
            }
            return;
        }
        let needed = bearer.needed();
        let name = |msk| Some(MskName::new(DOMAIN, msk));
        distribution.keys.retain(|(msk, _)| needed.contains(&name(*msk)));
        if let Some(fresh) = fresh {
            distribution.keys.push(fresh).unwrap();
            distribution.keys.sort_unstable();
        }
        distribution.bearer = bearer;
        for action in &wanted {
            match *action {
                BearerAction::SendIndication(indication) => {
                    self.announced.add(indication.new);
                    self.seen.indicated_after_all |= self.gone.has(indication.new);
                    self.seen.used_without_key |= !self.distribution.holds(indication.new);
                    self.distribution.coming = None;
                }
                BearerAction::NewMtk(_) => {
                    self.distribution.coming = made;
                    self.members.iter_mut().for_each(|member| member.got.1 = false);
                }
                BearerAction::UseMtk => {
                    if let Some(key) = self.distribution.coming.take() {
                        self.seen.used_before_announced |= !self.announced.has(key.mki.msk);
                        self.distribution.in_use = Some(key);
                        self.members.iter_mut().for_each(|member| member.got = (member.got.1, false));
                    }
                }
                BearerAction::Stored(name) => self.answer(FromBcast::Stored(name)),
                BearerAction::Refused(_) => self.answer(FromBcast::Rejected),
                BearerAction::RejectIndication(seq, _) => self.answer(FromBcast::IndicationRejected(seq)),
                BearerAction::Switched(name) => self.answer(FromBcast::Switched(name)),
                _ => {}
            }
        }
        for message in sent {
            self.broadcast(message, air);
        }
    }

    fn broadcast(&mut self, message: Air, fault: AirFault) {
        for at in 0..MEMBERS {
            match fault {
                AirFault::LoseAll => {}
                AirFault::Lose(lost) if lost == at => {}
                AirFault::Late(late) if late == at => self.put_late(at, message),
                AirFault::Twice(twice) if twice == at => {
                    self.receive(at, message);
                    self.put_late(at, message);
                }
                _ => self.receive(at, message),
            }
        }
    }

    pub(super) fn put_late(&mut self, at: usize, message: Air) {
        self.overflow |= self.members[at].late.push(message).is_err();
    }

    pub(super) fn crash(&mut self) {
        let epoch = self.distribution.epoch + 1;
        self.distribution = Distribution {
            bearer: Bearer::new(DOMAIN),
            keys: Vec::new(),
            in_use: None,
            coming: None,
            epoch,
            unnoticed: true,
        };
        for member in &mut self.members {
            member.got = (false, false);
            member.late.retain(|message| !matches!(message, Air::Media(_)));
        }
        self.answer(FromBcast::Reset);
    }

    pub(super) fn bearer_timers(&self) -> impl Iterator<Item = BearerTimer> {
        self.distribution.bearer.timers().map(|(timer, _)| timer)
    }

    pub(super) fn bearer_fires(&mut self, timer: BearerTimer, air: AirFault) {
        if timer == BearerTimer::Overlap {
            // It alone takes time, and starts no other timer.
            let due = self.distribution.bearer.timers().find(|(running, _)| *running == timer);
            let Some((_, due)) = due else { return };
            let (bearer, _) = self.distribution.bearer.step(BearerEvent::Fired(timer), &timing(), due);
            let needed = bearer.needed();
            let name = |msk| Some(MskName::new(DOMAIN, msk));
            self.distribution.keys.retain(|(msk, _)| needed.contains(&name(*msk)));
            self.distribution.bearer = bearer;
            return;
        }
        self.bearer(BearerEvent::Fired(timer), air);
    }
}

impl Distribution {
    pub(super) fn holds(&self, msk: MskId) -> bool {
        self.keys.iter().any(|(held, _)| *held == msk)
    }
}
