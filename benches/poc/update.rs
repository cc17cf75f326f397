//! One update of a channel, the control alone: every leg from `Deliver` to `Ok`, then `Indicated`.

use core::hint::black_box;

use castkey::id::{KeyDomainId, KeyGroup};
use castkey::poc::{
    Leg, LegEvent, PolicyEvent, Progress, Session, SessionAction, SessionConfig, SessionEvent,
};
use castkey::time::Tick;

use crate::common::{Targets, machine_time, median};

const FEW: usize = 100_000;
const MANY: usize = 1_000_000;
const ROUNDS: usize = 9;

pub(crate) const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
pub(crate) const GROUPS: [KeyGroup; 2] = [KeyGroup(1), KeyGroup(9)];

const NOW: Tick = Tick::from_millis(0);

/// A channel whose members all hold its MSK.
struct Channel {
    session: Session,
    legs: Vec<Leg>,
    config: SessionConfig,
    now: Tick,
}

impl Channel {
    fn new(members: usize) -> Self {
        let config = SessionConfig::default();
        let session = Session::new(DOMAIN, GROUPS).step(SessionEvent::BearerReset, &config, NOW).unwrap().0;
        let mut channel = Self { session, legs: vec![Leg::OUTSIDE; members], config, now: NOW };
        channel.tell_all(LegEvent::Join);
        channel.tell_all(LegEvent::Ok { confirmed: true });
        channel.settle();
        channel
    }

    fn tell_all(&mut self, event: LegEvent) {
        for leg in &mut self.legs {
            let _ = black_box(self.session.move_leg(leg, event, &self.config, self.now).unwrap());
        }
    }

    fn tell(&mut self, event: SessionEvent) -> Vec<SessionAction> {
        let (session, actions) = self.session.step(event, &self.config, self.now).unwrap();
        self.session = session;
        actions.into_iter().collect()
    }

    /// One update from the trigger to `Indicated`.
    fn update(&mut self) {
        let actions = self.tell(SessionEvent::Trigger(PolicyEvent::AdminRequest));
        let name = self.session.coming().expect("an administrator gets his update");
        assert!(actions.contains(&SessionAction::Distribute(name)));
        self.tell_all(LegEvent::Deliver);
        assert_eq!(usize::try_from(self.session.outstanding()).unwrap(), self.legs.len());
        self.tell_all(LegEvent::Ok { confirmed: true });
        let actions = self.tell(SessionEvent::BcastStored(name));
        assert!(actions.iter().any(|action| matches!(action, SessionAction::SendIndication(_))));
        assert_eq!((self.session.progress(), self.session.active()), (Progress::Indicated, name));
    }

    /// The switch is over before the next update, and long enough ago.
    fn settle(&mut self) {
        let _ = self.tell(SessionEvent::BcastSwitched(self.session.active()));
        self.now = self.now.after_millis(3_600_000);
        while self.session.deadline().is_some_and(|at| at <= self.now) {
            let _ = self.tell(SessionEvent::Timeout);
        }
    }

    /// Machine time of `times` updates, nanoseconds a member. What settles a channel is two or three events.
    fn measured(&mut self, times: usize) -> f64 {
        let ns = machine_time(|| {
            for _ in 0..times {
                self.update();
                self.settle();
            }
        });
        ns / f64::from(u32::try_from(self.legs.len() * times).unwrap())
    }
}

pub(crate) fn print() {
    let (mut few, mut many) = (Channel::new(FEW), Channel::new(MANY));
    let (mut of_few, mut of_many) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        // As many members on both sides of a round.
        of_few.push(few.measured(MANY / FEW));
        of_many.push(many.measured(1));
    }
    let (few, many) = (median(of_few), median(of_many));
    println!(
        "\none update, control alone: {few:.1} ns a member of {FEW}, {many:.1} ns a member of {MANY}; a leg has {} octets",
        size_of::<Leg>()
    );
    let mut targets = Targets::new();
    targets.at_most("control of one update, 1,000,000 members, ns a member", many, 100.0);
    targets.at_most("the same of 1,000,000 / of 100,000 members", many / few, 1.25);
    targets.print();
}
