//! A client of names alone, and its states.

use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, Mki, MskId, MskName, MtkId};
use castkey::poc::{
    Announced, Follower, FollowerAction, FollowerConfig, FollowerTimer, Indication, Packet, PocError,
    UpdateSeq,
};
use castkey::role::Actions;
use castkey::time::Tick;

pub(crate) const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
pub(crate) const GROUPS: [KeyGroup; 2] = [KeyGroup(1), KeyGroup(9)];

/// An MSK of the primary Key Group.
pub(crate) const fn k(number: u16) -> MskId {
    MskId::new(KeyGroup(1), KeyNumber(number))
}

/// An MSK of the spare Key Group.
pub(crate) const fn spare(number: u16) -> MskId {
    MskId::new(KeyGroup(9), KeyNumber(number))
}

pub(crate) const fn name(msk: MskId) -> MskName {
    MskName::new(DOMAIN, msk)
}

pub(crate) const fn mki(msk: MskId, mtk: u16) -> Mki {
    Mki::new(msk, MtkId(mtk))
}

/// The MSK in use, the one to come, and one more of the same Key Group.
pub(crate) const A: MskId = k(1);
pub(crate) const N: MskId = k(2);
pub(crate) const X: MskId = k(3);
/// One of the spare Key Group.
pub(crate) const S: MskId = spare(1);

/// The one in use before, of the spare Key Group: no store of a test pushes it out.
pub(crate) const P: MskId = spare(0xFFFF);

/// The last sequence number in every state but `NoKey`.
pub(crate) const LAST: u32 = 10;

pub(crate) const fn indication(old: MskId, new: MskId, seq: u32) -> Indication {
    Indication {
        domain: DOMAIN,
        old,
        new,
        seq: UpdateSeq(seq),
        first_mtk: None,
        overlap_s: None,
        channel: None,
    }
}

pub(crate) type Wanted = Result<Vec<FollowerAction>, PocError>;

/// A follower with its configuration and its clock.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Channel {
    pub(crate) follower: Follower<MskName, ()>,
    pub(crate) config: FollowerConfig,
    pub(crate) now: Tick,
}

impl Channel {
    pub(crate) fn new(config: FollowerConfig) -> Self {
        Self { follower: Follower::new(), config, now: Tick::from_millis(1_000) }
    }

    pub(crate) fn c0() -> Self {
        Self::new(FollowerConfig::new(DOMAIN, GROUPS))
    }

    /// `A` in use, with the MTK 1; the last switch, from `P`, had the number `LAST`.
    pub(crate) fn c1() -> Self {
        Self::c0().steady()
    }

    pub(crate) fn steady(mut self) -> Self {
        self.store(P).unwrap();
        self.mtk(P, 1).unwrap();
        self.store(A).unwrap();
        self.announce(P, A, LAST).unwrap();
        self.mtk(A, 1).unwrap();
        self.wait(5_000);
        self.fired(FollowerTimer::Switch);
        self
    }

    pub(crate) fn c2() -> Self {
        Self::c1().and(|channel| channel.store(N))
    }

    pub(crate) fn c2e() -> Self {
        Self::c1().and(|channel| channel.announce(A, N, LAST + 1))
    }

    pub(crate) fn c3a() -> Self {
        Self::c2().and(|channel| channel.announce(A, N, LAST + 1))
    }

    pub(crate) fn c3b() -> Self {
        Self::c3a().and(|channel| channel.mtk(N, 1))
    }

    /// The same after `event`.
    pub(crate) fn and(mut self, event: impl FnOnce(&mut Self) -> Wanted) -> Self {
        event(&mut self).unwrap();
        self
    }

    pub(crate) fn wait(&mut self, ms: u64) {
        self.now = self.now.after_millis(ms);
    }

    pub(crate) fn after(&self, ms: u64) -> Tick {
        self.now.after_millis(ms)
    }

    pub(crate) fn store(&mut self, msk: MskId) -> Wanted {
        self.store_name(name(msk), false)
    }

    pub(crate) fn store_current(&mut self, msk: MskId) -> Wanted {
        self.store_name(name(msk), true)
    }

    pub(crate) fn store_name(&mut self, name: MskName, current: bool) -> Wanted {
        let mut actions = Actions::new();
        self.follower.store(name, current, &self.config, self.now, &mut actions)?;
        Ok(actions.into_iter().collect())
    }

    /// An indication under an MTK of the MSK it leads from.
    pub(crate) fn announce(&mut self, old: MskId, new: MskId, seq: u32) -> Wanted {
        self.announced(indication(old, new, seq), old)
    }

    pub(crate) fn announced(&mut self, indication: Indication, under: MskId) -> Wanted {
        let (announced, mut actions) = (Announced::Explicit(indication), Actions::new());
        self.follower.announced(&announced, under, &self.config, self.now, &mut actions)?;
        Ok(actions.into_iter().collect())
    }

    /// An MTK message that opens, if it is opened at all.
    pub(crate) fn mtk(&mut self, msk: MskId, mtk: u16) -> Wanted {
        let mut actions = Actions::new();
        if self.follower.admits_mtk(mki(msk, mtk))? {
            self.follower.mtk_verified(mki(msk, mtk), (), &self.config, self.now, &mut actions);
        }
        Ok(actions.into_iter().collect())
    }

    pub(crate) fn packet(&mut self, msk: MskId, mtk: u16) -> Result<(Packet, Vec<FollowerAction>), PocError> {
        let mut actions = Actions::new();
        let packet = self.follower.packet(mki(msk, mtk), &self.config, self.now, &mut actions)?;
        Ok((packet, actions.into_iter().collect()))
    }

    pub(crate) fn fired(&mut self, timer: FollowerTimer) -> Vec<FollowerAction> {
        let mut actions = Actions::new();
        self.follower.fired(timer, &self.config, self.now, &mut actions);
        actions.into_iter().collect()
    }

    pub(crate) fn due(&self, timer: FollowerTimer) -> Option<Tick> {
        self.follower.timers().find(|(running, _)| *running == timer).map(|(_, at)| at)
    }

    pub(crate) fn reads(&self, msk: MskId, mtk: u16) -> bool {
        self.follower.key(mki(msk, mtk)).is_some()
    }

    /// What is held and when what is due, without the order in which the MSKs arrived: one that is delivered again
    /// counts as the one that arrived last.
    pub(crate) fn held(&self) -> String {
        let mut msks: Vec<_> = self.follower.msks().iter().map(|msk| msk.id.to_octets()).collect();
        msks.sort_unstable();
        let (switch, mtks, seq) =
            (self.follower.switchover(), self.follower.mtks(), self.follower.last_seq());
        format!("{switch:?} {msks:?} {mtks:?} {seq:?} {:?}", self.follower.timers().collect::<Vec<_>>())
    }

    pub(crate) fn holds(&self, msk: MskId) -> bool {
        self.follower.msks().get(name(msk)).is_some()
    }
}
