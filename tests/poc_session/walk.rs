//! Sessions and the key stores of their members, names only, under events in any order.

use std::collections::BTreeSet;

use castkey::id::{Mki, MskName, MtkId};
use castkey::poc::*;
use castkey::role::Actions;
use castkey::time::Tick;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::run::{A, DOMAIN, GROUPS, Run};

const WALKS: u64 = 3_000;
const STEPS: u32 = 80;

/// How a member stands to the update that runs.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Standing {
    Unasked,
    Asked,
    Answered,
}

/// The client of one member, and what is on its way to it.
struct Client {
    follower: Follower<MskName, ()>,
    offer: Option<(Option<MskName>, Option<MskName>)>,
    deliver_at: Option<Tick>,
    standing: Standing,
    expelled: bool,
}

struct Walk {
    run: Run,
    clients: Vec<Client>,
    names: BTreeSet<[u8; 4]>,
    /// What the distribution has said that it holds.
    stored: BTreeSet<[u8; 4]>,
    /// The Session Update Requests that it has not answered.
    asked: Vec<MskName>,
    rng: StdRng,
    calm: bool,
}

impl Walk {
    fn new(seed: u64) -> Self {
        let run = Run::steady(0);
        let names = BTreeSet::from([A.id.to_octets()]);
        let rng = StdRng::seed_from_u64(seed);
        let mut walk = Self {
            run,
            clients: Vec::new(),
            names,
            stored: BTreeSet::new(),
            asked: Vec::new(),
            rng,
            calm: false,
        };
        walk.run.config.policy.on_leave = OnLeave::Always;
        walk.run.config.keep_bearer = !seed.is_multiple_of(4);
        for _ in 0..3 {
            walk.join();
        }
        walk
    }

    fn config(&self) -> FollowerConfig {
        FollowerConfig::new(DOMAIN, GROUPS)
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn session(&mut self, event: SessionEvent) {
        let before = self.run.session;
        let actions = self.run.step(event);
        self.carry_out(before, actions);
    }

    fn leg(&mut self, at: usize, event: LegEvent) {
        let before = self.run.session;
        let was_member = self.run.legs[at].is_member();
        let Ok(actions) = self.run.try_leg(at, event) else { return };
        if was_member && !self.run.legs[at].is_member() {
            self.clients[at].expelled |= matches!(event, LegEvent::Expelled | LegEvent::Deauthorised);
            self.clients[at].deliver_at = None;
        }
        let mut others = Vec::new();
        let mut timed_out = false;
        for action in actions {
            match action {
                SessionAction::SendMsk { current, updated } => {
                    assert!(self.run.legs[at].is_member(), "a key for {at}, who is out");
                    assert!(self.clients[at].offer.is_none(), "two INVITEs to {at}");
                    assert!(current.is_some() || updated.is_some());
                    self.clients[at].offer = Some((current, updated));
                    let coming = updated.is_some() && updated == self.run.session.coming();
                    // Whoever has answered and is sent it once more, at his own wish, is not waited for again.
                    if coming && self.clients[at].standing == Standing::Unasked {
                        self.clients[at].standing = Standing::Asked;
                    }
                }
                SessionAction::Deliver => self.clients[at].deliver_at = Some(self.run.now),
                SessionAction::DeliverAt(when) => self.clients[at].deliver_at = Some(when),
                SessionAction::Unkeyed(Unkeyed::Timeout) => timed_out = true,
                SessionAction::Keyed(name) => {
                    assert!(
                        self.clients[at].follower.msks().get(name).is_some() || self.clients[at].expelled
                    );
                }
                other => others.push(other),
            }
        }
        if timed_out {
            self.clients[at].standing = Standing::Answered;
        }
        self.carry_out(before, others);
    }

    fn carry_out(&mut self, before: Session, actions: Vec<SessionAction>) {
        for action in actions {
            match action {
                SessionAction::SessionUpdate(name) => {
                    if before.active() != name && before.coming() != Some(name) {
                        assert!(self.names.insert(name.id.to_octets()), "{name:?} was used before");
                        for client in &mut self.clients {
                            client.standing = Standing::Unasked;
                        }
                    }
                    self.stored.remove(&name.id.to_octets());
                    self.asked.push(name);
                }
                SessionAction::Distribute(_) => {
                    for at in 0..self.clients.len() {
                        if self.run.legs[at].is_member() {
                            self.clients[at].deliver_at = Some(self.run.now);
                        }
                    }
                }
                SessionAction::Sweep => {
                    (0..self.clients.len()).for_each(|at| self.leg(at, LegEvent::Timeout))
                }
                SessionAction::SendIndication(indication) => self.indicate(&before, &indication),
                _ => {}
            }
        }
        self.check();
    }

    fn indicate(&mut self, before: &Session, indication: &Indication) {
        if indication.seq != before.seq() {
            assert_eq!(indication.seq, before.seq().next());
            assert!(self.stored.contains(&indication.new.to_octets()), "not stored: {indication:?}");
            for (client, leg) in self.clients.iter().zip(&self.run.legs) {
                assert!(
                    !leg.is_member() || client.standing == Standing::Answered || leg.holds(indication.new),
                    "the gate did not wait: {:?} {leg:?}",
                    client.standing
                );
            }
        }
        let config = self.config();
        for at in 0..self.clients.len() {
            let lost = !self.calm && self.chance(40);
            if !lost {
                let announced = Announced::Explicit(*indication);
                let follower = &mut self.clients[at].follower;
                let _ = follower.announced(
                    &announced,
                    indication.old,
                    &config,
                    self.run.now,
                    &mut Actions::new(),
                );
            }
        }
    }

    /// What holds after every step whatsoever.
    fn check(&self) {
        let session = &self.run.session;
        for (at, client) in self.clients.iter().enumerate().filter(|(_, client)| client.expelled) {
            let reads = client.follower.msks().get(session.active()).is_some();
            assert!(!reads || session.exclusion_pending(), "{at} is out and reads");
        }
        let members = self.run.legs.iter().filter(|leg| leg.is_member()).count();
        assert_eq!(session.members() as usize, members);
        assert!(session.outstanding() <= session.members());
    }

    fn join(&mut self) {
        self.run.legs.push(Leg::OUTSIDE);
        let follower = Follower::new();
        let standing = Standing::Unasked;
        self.clients.push(Client { follower, offer: None, deliver_at: None, standing, expelled: false });
        self.leg(self.clients.len() - 1, LegEvent::Join);
    }

    fn deliver(&mut self, at: usize) {
        if self.clients[at].deliver_at.is_some_and(|when| when <= self.run.now) {
            self.clients[at].deliver_at = None;
            self.leg(at, LegEvent::Deliver);
        }
    }

    /// The client takes the offer that is on its way and answers.
    fn answer(&mut self, at: usize) {
        let Some((current, updated)) = self.clients[at].offer.take() else { return };
        let config = self.config();
        let failure = match self.rng.random_range(0..100) {
            _ if self.calm => None,
            0..5 => Some(Failure::Status(488)),
            5..15 => Some(Failure::Status(503)),
            15..20 => Some(Failure::Glare { owns_call_id: true, random: 77 }),
            20..25 => Some(Failure::Busy { retry_after_ms: 300 }),
            25..28 => Some(Failure::TransactionTimeout),
            _ => None,
        };
        if updated.is_some() && updated == self.run.session.coming() {
            // A second 491 or 500 counts as an answer; whether it is the second, the leg knows.
            if !matches!(failure, Some(Failure::Glare { .. } | Failure::Busy { .. })) {
                self.clients[at].standing = Standing::Answered;
            }
        }
        if let Some(failure) = failure {
            let waits = self.clients[at].deliver_at;
            self.leg(at, LegEvent::Fail(failure));
            if self.clients[at].deliver_at == waits && self.run.legs[at].is_member() {
                self.clients[at].standing = Standing::Answered;
            }
            return;
        }
        for (name, current) in [(current, true), (updated, false)] {
            let Some(name) = name else { continue };
            let mut actions = Actions::new();
            let follower = &mut self.clients[at].follower;
            follower.store(name, current, &config, self.run.now, &mut actions).unwrap();
            for action in actions {
                if let FollowerAction::Evicted(gone) = action {
                    let session = &self.run.session;
                    let needed = gone == session.active() || Some(gone) == session.retiring();
                    assert!(!needed || self.clients[at].expelled, "{at} lost {gone:?} to {name:?}");
                }
            }
        }
        let confirmed = self.calm || self.chance(90);
        self.leg(at, LegEvent::Ok { confirmed });
    }

    /// The distribution switches; its MTK message reaches most.
    fn switch(&mut self) {
        if self.run.session.retiring().is_some() {
            let (active, config) = (self.run.session.active(), self.config());
            for at in 0..self.clients.len() {
                let lost = !self.calm && self.chance(30);
                let mki = Mki::new(active.id, MtkId(1));
                let follower = &mut self.clients[at].follower;
                if !lost && follower.msks().get(active).is_some() && follower.admits_mtk(mki) == Ok(true) {
                    follower.mtk_verified(mki, (), &config, self.run.now, &mut Actions::new());
                }
            }
        }
        self.session(SessionEvent::BcastSwitched(self.run.session.active()));
    }

    fn stored(&mut self) {
        if !self.asked.is_empty() {
            let name = self.asked.remove(self.rng.random_range(0..self.asked.len()));
            self.stored.insert(name.id.to_octets());
            self.session(SessionEvent::BcastStored(name));
        }
    }

    /// To the next time at which anything is due.
    fn wait(&mut self) {
        let deliveries = self.clients.iter().filter_map(|client| client.deliver_at);
        let followers = self.clients.iter().filter_map(|client| client.follower.deadline());
        let due = deliveries.chain(followers).chain(self.run.session.deadline()).min();
        let Some(due) = due else { return };
        self.run.now = self.run.now.max(due);
        let config = self.config();
        for client in &mut self.clients {
            for (timer, _) in client.follower.timers().collect::<Vec<_>>() {
                client.follower.fired(timer, &config, self.run.now, &mut Actions::new());
            }
        }
        self.session(SessionEvent::Timeout);
    }

    fn step(&mut self) {
        let at = self.rng.random_range(0..self.clients.len());
        match self.rng.random_range(0..30) {
            0 => self.session(SessionEvent::Trigger(PolicyEvent::AdminRequest)),
            1 => self.session(SessionEvent::Trigger(PolicyEvent::Compromise)),
            2 => self.leg(at, LegEvent::Expelled),
            3 => self.leg(at, LegEvent::Left),
            4 | 5 if self.clients.len() < 8 => self.join(),
            6 => self.leg(at, LegEvent::Requested),
            7 => self.leg(at, LegEvent::MukRenewed),
            8 => self.leg(at, LegEvent::Timeout),
            9 => self.session(SessionEvent::BcastRejected),
            10 => self.session(SessionEvent::BcastUnreachable),
            11 => self.session(SessionEvent::IndicationRejected(self.run.session.seq())),
            12 if self.chance(20) => {
                self.stored.clear();
                self.asked.clear();
                self.session(SessionEvent::BearerReset);
            }
            12..16 => self.stored(),
            16 | 17 => self.switch(),
            18..22 => self.deliver(at),
            22..27 => self.answer(at),
            27 | 28 => self.wait(),
            _ => self.run.now = self.run.now.after_millis(self.rng.random_range(1..3_000)),
        }
    }

    /// Everything that is sent arrives, and nothing else happens.
    fn settle(&mut self) {
        self.calm = true;
        for _ in 0..400 {
            for at in 0..self.clients.len() {
                self.deliver(at);
                self.answer(at);
            }
            self.stored();
            self.switch();
            self.wait();
        }
        // Whoever was reported unkeyed asks.
        for at in 0..self.clients.len() {
            let leg = self.run.legs[at];
            if leg.is_member() && !leg.holds(self.run.session.active().id) {
                self.leg(at, LegEvent::Requested);
                self.answer(at);
            }
        }
    }
}

/// Covers: R-KM-11, R-POC-15, R-POC-2, T-050
#[test]
fn whatever_happens_the_expelled_are_shut_out_and_the_gate_waits_and_no_needed_msk_is_pushed_out() {
    let (mut updates, mut settled) = (0, 0);
    for seed in 0..WALKS {
        let mut walk = Walk::new(seed);
        for _ in 0..STEPS {
            walk.step();
        }
        walk.settle();
        let session = &walk.run.session;
        assert_eq!(session.progress(), Progress::Steady, "seed {seed}");
        assert!(!session.exclusion_pending() || session.members() == 0, "seed {seed}");
        for (at, leg) in walk.run.legs.iter().enumerate().filter(|(_, leg)| leg.is_member()) {
            let follower = &walk.clients[at].follower;
            assert!(leg.holds(session.active().id), "seed {seed}: {at} {leg:?}");
            assert!(follower.msks().get(session.active()).is_some(), "seed {seed}: {at}");
            settled += 1;
        }
        updates += session.seq().0;
    }
    // The walks go somewhere.
    assert!(u64::from(updates) > WALKS && settled > 2 * WALKS, "{updates} updates, {settled} members");
}
