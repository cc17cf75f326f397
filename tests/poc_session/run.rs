//! A session with the legs of its members, as a caller keeps them, in each of its states.

use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, MskId, MskName, MtkId};
use castkey::poc::*;
use castkey::time::Tick;

pub(crate) const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
pub(crate) const GROUPS: [KeyGroup; 2] = [KeyGroup(1), KeyGroup(9)];

/// Long after everybody joined.
pub(crate) const NOW: Tick = Tick::from_millis(100_000);

const fn name(group: u16, number: u16) -> MskName {
    MskName::new(DOMAIN, MskId::new(KeyGroup(group), KeyNumber(number)))
}

/// The first MSK, the next in its group, and those of the spare group.
pub(crate) const A: MskName = name(1, 1);
pub(crate) const N: MskName = name(1, 2);
pub(crate) const N2: MskName = name(9, 1);
pub(crate) const S: MskName = name(9, 1);
pub(crate) const S2: MskName = name(9, 2);

/// The indication of update `seq`; of one that shuts somebody out, with the short overlap.
pub(crate) const fn indication(old: MskName, new: MskName, seq: u32, excludes: bool) -> Indication {
    Indication {
        domain: DOMAIN,
        old: old.id,
        new: new.id,
        seq: UpdateSeq(seq),
        first_mtk: Some(MtkId(1)),
        overlap_s: if excludes { Some(2) } else { None },
        channel: None,
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Run {
    pub(crate) session: Session,
    pub(crate) legs: Vec<Leg>,
    pub(crate) config: SessionConfig,
    pub(crate) now: Tick,
}

impl Run {
    pub(crate) fn try_step(&mut self, event: SessionEvent) -> Result<Vec<SessionAction>, PocError> {
        let (session, actions) = self.session.step(event, &self.config, self.now)?;
        self.session = session;
        Ok(actions.into_iter().collect())
    }

    #[track_caller]
    pub(crate) fn step(&mut self, event: SessionEvent) -> Vec<SessionAction> {
        self.try_step(event).unwrap()
    }

    pub(crate) fn try_leg(&mut self, at: usize, event: LegEvent) -> Result<Vec<SessionAction>, PocError> {
        let (session, leg, actions) = self.session.step_leg(self.legs[at], event, &self.config, self.now)?;
        (self.session, self.legs[at]) = (session, leg);
        Ok(actions.into_iter().collect())
    }

    #[track_caller]
    pub(crate) fn leg(&mut self, at: usize, event: LegEvent) -> Vec<SessionAction> {
        self.try_leg(at, event).unwrap()
    }

    /// The distribution uses the MSK that was indicated last.
    #[track_caller]
    pub(crate) fn switched(&mut self) -> Vec<SessionAction> {
        self.step(SessionEvent::BcastSwitched(self.session.active()))
    }

    /// The distribution refuses the indication that was sent last.
    #[track_caller]
    pub(crate) fn indication_rejected(&mut self) -> Vec<SessionAction> {
        self.step(SessionEvent::IndicationRejected(self.session.seq()))
    }

    /// So many milliseconds after [`NOW`].
    pub(crate) const fn at(&mut self, ms: u64) {
        self.now = NOW.after_millis(ms);
    }

    /// Members that hold the first MSK, and nothing under way.
    pub(crate) fn steady(members: usize) -> Self {
        let session = Session::new(DOMAIN, GROUPS);
        let (legs, config) = (vec![Leg::OUTSIDE; members], SessionConfig::default());
        let mut run = Self { session, legs, config, now: Tick::from_millis(0) };
        for at in 0..members {
            assert_eq!(
                run.leg(at, LegEvent::Join)[0],
                SessionAction::SendMsk { current: Some(A), updated: None }
            );
            assert_eq!(run.leg(at, LegEvent::Ok { confirmed: true }), [SessionAction::Keyed(A)]);
        }
        run.now = NOW;
        run
    }

    /// The next MSK is offered to everybody; nobody has answered.
    pub(crate) fn distributing(members: usize) -> Self {
        let mut run = Self::steady(members);
        run.step(SessionEvent::Trigger(PolicyEvent::AdminRequest));
        for at in 0..members {
            run.leg(at, LegEvent::Deliver);
        }
        run
    }

    /// The indication has just left, and everybody holds the new MSK.
    pub(crate) fn indicated(members: usize) -> Self {
        let mut run = Self::distributing(members);
        run.step(SessionEvent::BcastStored(N));
        for at in 0..members {
            run.leg(at, LegEvent::Ok { confirmed: true });
        }
        assert_eq!(run.session.progress(), Progress::Indicated);
        run
    }

    /// The last member was expelled, and the distribution refused the update.
    pub(crate) fn backoff(members: usize) -> Self {
        let mut run = Self::steady(members);
        run.leg(members - 1, LegEvent::Expelled);
        for at in 0..members - 1 {
            run.leg(at, LegEvent::Deliver);
        }
        run.step(SessionEvent::BcastRejected);
        run
    }

    /// One session in each state, by name.
    pub(crate) fn states() -> Vec<(&'static str, Self)> {
        let mut stored = Self::distributing(2);
        stored.step(SessionEvent::BcastStored(N));
        let mut answered = Self::distributing(2);
        answered.leg(0, LegEvent::Ok { confirmed: true });
        let mut put_off = Self::distributing(2);
        put_off.leg(0, LegEvent::Fail(Failure::Busy { retry_after_ms: 60_000 }));
        let mut unreachable = Self::indicated(2);
        unreachable.step(SessionEvent::BcastUnreachable);
        let mut chained = Self::indicated(2);
        chained.step(SessionEvent::Trigger(PolicyEvent::AdminRequest));
        let mut leaving = Self::steady(3);
        leaving.leg(2, LegEvent::Left);
        let mut owed = Self::steady(1);
        owed.config.keep_bearer = false;
        owed.leg(0, LegEvent::Expelled);
        vec![
            ("empty", Self::steady(0)),
            ("steady", Self::steady(2)),
            ("leaving", leaving),
            ("distributing", Self::distributing(2)),
            ("stored", stored),
            ("answered", answered),
            ("put off", put_off),
            ("indicated", Self::indicated(2)),
            ("unreachable", unreachable),
            ("chained", chained),
            ("back-off", Self::backoff(2)),
            ("owed", owed),
        ]
    }
}

/// At least one of every event of a session.
pub(crate) fn session_events() -> Vec<SessionEvent> {
    use PolicyEvent::{ClientJoined, ClientLeft, Compromise, MtkPeriodic, MtkRangeExhausted};
    let triggers = [ClientJoined, ClientLeft, Compromise, MtkPeriodic, MtkRangeExhausted];
    let timers = [
        SessionTimer::Bcast,
        SessionTimer::Sweep,
        SessionTimer::Copy,
        SessionTimer::Overlap,
        SessionTimer::BackOff,
        SessionTimer::Coalesce,
    ];
    let mut events: Vec<_> = triggers.into_iter().map(SessionEvent::Trigger).collect();
    events.extend(timers.into_iter().map(SessionEvent::Fired));
    events.extend([A, N, S, S2, name(5, 5)].into_iter().map(SessionEvent::BcastStored));
    events.extend([true, false].map(|dedicated| SessionEvent::Media { dedicated }));
    events.extend([
        SessionEvent::AskedByOther,
        SessionEvent::BcastRejected,
        SessionEvent::BcastUnreachable,
        SessionEvent::IndicationRejected(UpdateSeq(0)),
        SessionEvent::IndicationRejected(UpdateSeq(1)),
        SessionEvent::BcastSwitched(A),
        SessionEvent::BcastSwitched(N),
        SessionEvent::BearerReset,
        SessionEvent::BearerUp,
        SessionEvent::BearerDown,
        SessionEvent::Timeout,
        SessionEvent::Ended,
    ]);
    events
}

/// At least one of every event of a member.
pub(crate) fn leg_events() -> Vec<LegEvent> {
    let failures = [
        Failure::Status(408),
        Failure::Status(488),
        Failure::Status(500),
        Failure::Glare { owns_call_id: true, random: 7 },
        Failure::Busy { retry_after_ms: 100 },
        Failure::TransactionTimeout,
    ];
    let mut events: Vec<_> = failures.into_iter().map(LegEvent::Fail).collect();
    events.extend([true, false].map(|confirmed| LegEvent::Ok { confirmed }));
    events.extend([
        LegEvent::Join,
        LegEvent::Deliver,
        LegEvent::Timeout,
        LegEvent::Expelled,
        LegEvent::Deauthorised,
        LegEvent::Left,
        LegEvent::Requested,
        LegEvent::MukRenewed,
    ]);
    events
}
