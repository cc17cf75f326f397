//! The clients of a [`World`], and what reaches them.

use super::world::*;
use crate::id::MskName;
use crate::poc::{Announced, FollowerAction, FollowerTimer, Indication, MAX_CLIENT_ACTIONS};
use crate::role::Actions;

impl World {
    /// A message of the bearer reaches a client: what the shell `Client` does, with names in the place of keys.
    pub(super) fn receive(&mut self, at: usize, message: Air) {
        let (in_use, coming) = (self.distribution.in_use, self.distribution.coming);
        let active = self.session.active().id;
        let member = &mut self.members[at];
        if !member.remains() || member.outside {
            return;
        }
        let follower = &mut member.follower;
        let config = follower_config();
        let mut wanted = Actions::new();
        match message {
            Air::Mtk(key) => {
                let name = MskName::new(DOMAIN, key.mki.msk);
                if follower.msks().get(name).is_none() {
                    let _ = follower.missed(name, &config, NOW, &mut wanted);
                } else {
                    member.got.1 |= coming == Some(key);
                    // Once a later MTK is there, or the server has named a later MSK, an earlier MTK comes too late.
                    let outdated = member.told == Some(active) && active != key.mki.msk;
                    member.got.0 |= in_use == Some(key) && !member.got.1 && !outdated;
                    if follower.admits_mtk(key.mki) == Ok(true) {
                        follower.mtk_verified(key.mki, key.epoch, &config, NOW, &mut wanted);
                    }
                }
            }
            Air::Indication(indication, key) => match follower.key(key.mki) {
                Some(epoch) if *epoch == key.epoch => {
                    let announced = Announced::Explicit(indication);
                    let _ = follower.announced(&announced, key.mki.msk, &config, NOW, &mut wanted);
                }
                Some(_) => {}
                None => {
                    let _ = follower.packet(key.mki, &config, NOW, &mut wanted);
                }
            },
            Air::Media(key) => {
                self.seen.packet_lost |= follower.key(key.mki) != Some(&key.epoch);
            }
        }
        self.client_wants(at, &wanted);
    }

    /// A packet of media reaches a client that cannot read it.
    pub(super) fn media(&mut self, at: usize) {
        let Some(key) = self.distribution.in_use else { return };
        let mut wanted = Actions::new();
        let _ = self.members[at].follower.packet(key.mki, &follower_config(), NOW, &mut wanted);
        self.client_wants(at, &wanted);
    }

    /// A packet of media that this member can read takes its time.
    pub(super) fn media_late(&mut self, at: usize) {
        let Some(key) = self.distribution.in_use else { return };
        self.put_late(at, Air::Media(key));
    }

    pub(super) fn client_fires(&mut self, at: usize, timer: FollowerTimer) {
        let follower = &mut self.members[at].follower;
        let due = follower.timers().find(|(running, _)| *running == timer);
        let Some((_, due)) = due else { return };
        let mut wanted = Actions::new();
        follower.fired(timer, &follower_config(), due, &mut wanted);
        self.client_wants(at, &wanted);
    }

    fn client_wants(&mut self, at: usize, wanted: &Actions<FollowerAction, MAX_CLIENT_ACTIONS>) {
        let in_use = self.distribution.in_use.map(|key| key.mki.msk);
        for action in wanted {
            match *action {
                FollowerAction::MissedKey(_) => self.members[at].request = true,
                FollowerAction::Evicted(name) => self.seen.needed_evicted |= in_use == Some(name.id),
                _ => {}
            }
        }
        // These two only report.
        for timer in [FollowerTimer::Pending, FollowerTimer::Stalled] {
            let mut reports = Actions::new();
            self.members[at].follower.fired(timer, &follower_config(), NOW, &mut reports);
        }
    }

    /// The client of an offer stores its MSKs and answers 200.
    pub(super) fn offer_arrives(&mut self, at: usize) {
        let forged = self.forged;
        let member = &mut self.members[at];
        let Sip::Offer { current, updated } = member.sip else { return };
        member.sip = Sip::Ok;
        member.told = current.map(|name| name.id).or(member.told);
        for name in [current, updated].into_iter().flatten() {
            member.knows.add(name.id);
        }
        if member.expelled.is_some() {
            return;
        }
        let mut wanted = Actions::new();
        for (name, current) in [(current, true), (updated, false)] {
            let Some(name) = name else { continue };
            let active = member.follower.switchover().active();
            let mut stored = Actions::new();
            let _ = member.follower.store(name, current, &follower_config(), NOW, &mut stored);
            for action in &stored {
                let FollowerAction::Evicted(evicted) = *action else { continue };
                self.seen.needed_evicted |= !forged && active == Some(evicted.id);
            }
            stored.iter().for_each(|action| wanted.push(*action));
        }
        self.client_wants(at, &wanted);
    }

    /// An expelled member sends an indication under an MTK of his.
    pub(super) fn forge(&mut self, at: usize, indication: Indication, key: Key) {
        self.forged = true;
        self.receive(at, Air::Indication(indication, key));
    }

    /// Whether this member can read what is sent now.
    pub(super) fn reads(&self, member: &Member) -> bool {
        let Some(key) = self.distribution.in_use else { return false };
        member.follower.key(key.mki) == Some(&key.epoch)
    }

    /// Whether time may pass so far that this client gives up its old MTKs: the overlap outlasts the switch of the
    /// distribution. One without duration ends at any moment.
    pub(super) fn overlap_may_end(&self, member: &Member) -> bool {
        let switch = member.follower.switchover();
        let in_use = self.distribution.in_use.map(|key| key.mki.msk);
        let lawful = switch.deadline().is_some_and(|until| until > NOW);
        let late = member.late.iter().any(|message| match message {
            Air::Media(key) => Some(key.mki.msk) == switch.retiring(),
            _ => false,
        });
        !lawful || switch.retiring().is_none() || switch.retiring() != in_use && !late
    }
}
