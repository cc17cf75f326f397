//! A PoC channel with real keys, to which anything may happen: server, distribution and three clients, and between them
//! an air that loses, repeats and reorders.
//!
//! | must hold | where |
//! |---|---|
//! | an error changes nothing | server, leg, distribution, client |
//! | at most two MSKs of a Key Group, and the one in use is among them | client |
//! | the MTK in use was delivered under the MSK in use, which changes only while the indication is out | distribution |
//! | no MSK is used before the server has sent its indication, but for the first | distribution |
//! | the MSK in use and the one to come are held; no more members outstanding than there are | server |
//! | when no exclusion is pending, the MSK in use was never sent to anybody who was thrown out | server |
//! | a timer that is due runs out, an armed one is the deadline | all |

mod air;
mod members;
mod network;

use std::collections::HashSet;

use castkey::id::{KeyDomainId, KeyGroup, KeyNumber, MskId, MskName};
use castkey::poc::{
    BearerEvent, ClientEvent, Distribution, DistributionConfig, DistributionEvent, LegEvent, PolicyEvent,
    Server, ServerConfig, SessionAction, SessionEvent, UpdateSeq,
};
use castkey::time::Tick;

use self::air::Parcel;
use self::members::Member;
use crate::choice::Choices;
use crate::rng::Repeating;

const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
const GROUPS: [KeyGroup; 2] = [KeyGroup(1), KeyGroup(9)];
const MEMBERS: u8 = 3;
/// Timers that one moment can let run out: a few each, and what they start.
const MAX_DUE: usize = 64;

struct Channel {
    server: Server,
    distribution: Distribution,
    members: Vec<Member>,
    air: Vec<Parcel>,
    rng: Repeating,
    now: Tick,
    invites: u64,
    /// The MSK of the traffic before the last event of the distribution.
    traffic: Option<MskId>,
    /// The MSKs that have been in use by the server's account.
    used: HashSet<MskId>,
}

/// Events for a channel. See the module for what must hold after each of them.
pub fn poc_events(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    let mut channel = Channel::new();
    while channel.operation(&mut choices).is_some() {
        channel.check();
    }
}

impl Channel {
    fn new() -> Self {
        let mut rng = Repeating::default();
        let server = Server::new(ServerConfig::default(), DOMAIN, GROUPS, &mut rng).unwrap();
        let distribution = Distribution::new(DistributionConfig::default(), DOMAIN);
        let members = (0..MEMBERS).map(Member::new).collect();
        let now = Tick::from_millis(0);
        let (air, invites, traffic, used) = (Vec::new(), 0, None, HashSet::new());
        let mut channel = Self { server, distribution, members, air, rng, now, invites, traffic, used };
        channel.session(SessionEvent::BearerReset);
        channel
    }

    fn operation(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        let kind = choices.below(16)?;
        match kind {
            // The network.
            0 | 1 => self.deliver(choices.octet()?, false),
            2 => self.deliver(choices.octet()?, true),
            3 => self.lose(choices.octet()?),
            4 => self.deliver_all(),
            // Time.
            5 => self.now = self.now.after_millis(u64::from(choices.octet()?) * 8),
            6 => self.now = self.now.after_millis(u64::from(choices.octet()?) * 1_024),
            7 => self.fire(),
            8 => self.run(choices.below(64)?),
            // The session and its members.
            9 => self.member_event(choices)?,
            10 => self.answer_event(choices)?,
            11 => self.trigger(choices)?,
            12 => self.session_event(choices)?,
            // The distribution, the clients.
            13 => self.bearer_event(choices)?,
            14 => self.client_event(choices)?,
            _ => self.forge(choices)?,
        }
        Some(())
    }

    /// Everything that is due runs out, and that comes to an end.
    fn fire(&mut self) {
        let due = |at: Option<Tick>, now| at.is_some_and(|at| at <= now);
        for _ in 0..MAX_DUE {
            if due(self.server.session().deadline(), self.now) {
                self.session(SessionEvent::Timeout);
            } else if due(self.distribution.bearer().deadline(), self.now) {
                self.bearer(DistributionEvent::Bearer(BearerEvent::Timeout));
            } else if let Some(at) =
                self.members.iter().position(|member| due(member.client.deadline(), self.now))
            {
                self.client(at, ClientEvent::Timeout);
            } else {
                return;
            }
        }
        panic!("timers that are due never end: {:?}", self.server.session());
    }

    /// Lets time pass timer by timer, everything delivered at once: what happens when nothing goes wrong.
    fn run(&mut self, steps: u8) {
        for _ in 0..steps {
            self.deliver_all();
            let clients = self.members.iter().filter_map(|member| member.client.deadline()).min();
            let next = [self.server.session().deadline(), self.distribution.bearer().deadline(), clients];
            let Some(next) = next.into_iter().flatten().min() else { return };
            self.now = self.now.max(next);
            self.fire();
            self.check();
        }
        self.deliver_all();
    }

    fn trigger(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        let event = match choices.below(8)? {
            0 => PolicyEvent::AdminRequest,
            1 => PolicyEvent::Compromise,
            2 => PolicyEvent::MtkPeriodic,
            3 => PolicyEvent::MtkRangeExhausted,
            4 => PolicyEvent::MskLifetime { age_ms: u64::from(choices.octet()?) << 20, packets: 0 },
            5 => PolicyEvent::ClientExpelled { served_here: false, held_msk: true },
            6 => PolicyEvent::MukRenewed,
            _ => PolicyEvent::Other(choices.u16()?),
        };
        self.session(SessionEvent::Trigger(event));
        Some(())
    }

    fn session_event(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        let event = match choices.below(12)? {
            0 => SessionEvent::BcastRejected,
            1 => SessionEvent::BcastUnreachable,
            2 => SessionEvent::IndicationRejected(UpdateSeq(choices.octet()?.into())),
            3 => SessionEvent::BcastSwitched(MskName::new(DOMAIN, self.some_msk(choices)?)),
            4 => SessionEvent::BearerReset,
            5 => SessionEvent::BearerUp,
            6 => SessionEvent::BearerDown,
            7 => SessionEvent::Media { dedicated: choices.below(2)? == 0 },
            8 => SessionEvent::BcastStored(MskName::new(DOMAIN, self.some_msk(choices)?)),
            9 => SessionEvent::AskedByOther,
            // The distribution is started anew, and says so; what was under way to or from the old one is gone.
            10 => {
                self.air.retain(|parcel| !parcel.is_of_distribution());
                self.distribution = Distribution::new(DistributionConfig::default(), DOMAIN);
                self.traffic = None;
                SessionEvent::BearerReset
            }
            _ if choices.octet()? == 0xFF => SessionEvent::Ended,
            _ => SessionEvent::Timeout,
        };
        self.session(event);
        Some(())
    }

    /// A name near those in use.
    fn some_msk(&self, choices: &mut Choices<'_>) -> Option<MskId> {
        let (kind, number) = (choices.below(4)?, u16::from(choices.below(8)?));
        let session = self.server.session();
        Some(match kind {
            0 => session.active().id,
            1 => session.coming().unwrap_or(session.active()).id,
            2 => session.retiring().unwrap_or(session.active()).id,
            _ => MskId::new(GROUPS[usize::from(number % 2)], KeyNumber(number / 2 + 1)),
        })
    }

    fn session(&mut self, event: SessionEvent) {
        let (before, armed) = (*self.server.session(), self.server.session().deadline());
        let handled = self.server.handle(event, self.now, &mut self.rng);
        self.used.insert(self.server.session().active().id);
        let Ok(actions) = handled else {
            assert_eq!(*self.server.session(), before, "a refused event changed the session");
            return;
        };
        let arm = actions.iter().find_map(|action| match action {
            SessionAction::ArmTimer(at) => Some(*at),
            _ => None,
        });
        armed_is_deadline(arm, armed, self.server.session().deadline());
        for action in actions {
            self.carry_out(action);
        }
    }

    fn carry_out(&mut self, action: SessionAction) {
        match action {
            SessionAction::Distribute(_) => self.each_member(LegEvent::Deliver),
            SessionAction::Sweep => self.each_member(LegEvent::Timeout),
            SessionAction::SessionUpdate(name) => {
                let entry = self.server.msk(name).expect("the server holds what it hands out");
                let (msk, rand) = (*entry.msk().secret().expose(), *entry.rand().expect("the server's own"));
                self.air.push(Parcel::Update { name, msk, rand });
            }
            SessionAction::SendIndication(indication) => self.air.push(Parcel::Indication(indication)),
            SessionAction::RollMtk => self.air.push(Parcel::Roll),
            SessionAction::UpdateAborted(_) => self.air.push(Parcel::Abort),
            _ => {}
        }
    }

    fn check(&self) {
        let session = self.server.session();
        if !session.is_ended() {
            for name in [Some(session.active()), session.coming(), session.retiring()].into_iter().flatten() {
                assert!(self.server.msk(name).is_some(), "{name:?} is not held: {session:?}");
            }
            let members = self.members.iter().filter(|member| member.leg.is_member()).count();
            assert_eq!(usize::try_from(session.members()).unwrap(), members);
            assert!(session.outstanding() <= session.members(), "{session:?}");
        }
        if !session.is_ended() && !session.exclusion_pending() {
            for member in self.members.iter().filter(|member| member.shut_out) {
                let active = session.active().id;
                assert!(
                    !member.sent.contains(&active),
                    "he who was thrown out was sent {active:?}: {session:?}"
                );
            }
        }
        for member in &self.members {
            member.check();
        }
        if let (Ok((mki, ..)), Some(active)) =
            (self.distribution.traffic(), self.distribution.bearer().active())
        {
            assert_eq!(mki.msk, active.id, "{:?}", self.distribution.bearer());
            assert!(self.used.contains(&mki.msk), "{:?} is used before it was indicated", mki.msk);
        }
    }
}

/// A deadline that has changed is armed, and nothing else is.
fn armed_is_deadline(armed: Option<Tick>, before: Option<Tick>, after: Option<Tick>) {
    assert_eq!(armed, after.filter(|at| Some(*at) != before), "what is armed is not the deadline");
}
