//! A member: his row at the server, and his client.

use std::collections::HashSet;

use castkey::crypto::RustCrypto;
use castkey::id::{Counter, MskId};
use castkey::keys::{Muk, MukId};
use castkey::message::MskMessage;
use castkey::poc::{
    Client, ClientAction, ClientConfig, ClientEvent, Failure, FollowerAction, FollowerConfig,
    IndicationCoding, Leg, LegEvent, Offer, Server, ServerAction, SessionAction,
};
use castkey::role::User;
use castkey::settings::Settings;

use super::air::Parcel;
use super::{Channel, DOMAIN, GROUPS, MEMBERS, armed_is_deadline};
use crate::choice::Choices;

const IDI: &[u8] = b"pf.home1.net";

pub(super) struct Member {
    number: u8,
    /// Bootstrapping runs so far: each leaves another MUK.
    run: u8,
    idr: String,
    muk: Muk,
    pub(super) leg: Leg,
    counter: Option<Counter>,
    pub(super) client: Client,
    /// The INVITE that is under way, by a number of ours.
    pub(super) invite: u64,
    /// The MSKs that the server has sent him.
    pub(super) sent: HashSet<MskId>,
    /// Thrown out, and not let in again.
    pub(super) shut_out: bool,
}

impl Member {
    pub(super) fn new(number: u8) -> Self {
        let mut member = Self {
            number,
            run: 0,
            idr: String::new(),
            muk: Muk::from_octets(&[0; 32]).unwrap(),
            leg: Leg::OUTSIDE,
            counter: None,
            client: client(),
            invite: 0,
            sent: HashSet::new(),
            shut_out: false,
        };
        member.bootstrap();
        member
    }

    /// A new MUK under a new name.
    fn bootstrap(&mut self) {
        self.run = self.run.wrapping_add(1);
        let octets: [u8; 32] = core::array::from_fn(|i| if i % 2 == 0 { self.number } else { self.run });
        let muk = || Muk::from_octets(&octets).unwrap();
        self.idr = format!("user{}.{}@bsf.home1.net", self.number, self.run);
        (self.muk, self.counter) = (muk(), None);
        // Two MUKs that proved themselves leave no room for a third: the terminal starts again.
        if self.client.bootstrapped(MukId { idi: IDI, idr: self.idr.as_bytes() }, muk()).is_err() {
            self.client = client();
            self.client.bootstrapped(MukId { idi: IDI, idr: self.idr.as_bytes() }, muk()).unwrap();
        }
    }

    /// The client has restarted, which costs it its keys and its bootstrapping run.
    fn restart(&mut self) {
        self.client = client();
        self.bootstrap();
    }

    pub(super) fn user(&self) -> User<'_, Muk> {
        let id = MukId { idi: IDI, idr: self.idr.as_bytes() };
        User { id, muk: &self.muk, counter: self.counter }
    }

    pub(super) fn check(&self) {
        let held: Vec<_> = self.client.msks().collect();
        for group in GROUPS {
            let of_group = held.iter().filter(|name| name.id.group == group).count();
            assert!(of_group <= 2, "{of_group} MSKs of one Key Group");
        }
        let active = self.client.switchover().active();
        let holds = |msk: MskId| held.iter().any(|name| name.id == msk);
        assert!(active.is_none_or(holds), "{active:?} is in use, held are {held:?}");
    }

    /// All that can be seen of the client but how many messages it refused.
    fn seen(&self) -> String {
        format!("{:?} {:?}", self.client, self.client.deadline())
    }
}

fn client() -> Client {
    Client::new(ClientConfig {
        channel: FollowerConfig::new(DOMAIN, GROUPS),
        settings: Settings::DEFAULT,
        coding: IndicationCoding::DEFAULT,
        require_sdp_ids: true,
    })
}

impl Channel {
    pub(super) fn member_event(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        let (kind, at) = (choices.below(8)?, usize::from(choices.below(MEMBERS)?));
        match kind {
            0 | 1 => self.leg(at, LegEvent::Join),
            2 => self.leg(at, LegEvent::Expelled),
            3 => self.leg(at, LegEvent::Deauthorised),
            4 => self.leg(at, LegEvent::Left),
            5 => self.leg(at, LegEvent::Requested),
            6 => {
                self.members[at].bootstrap();
                self.leg(at, LegEvent::MukRenewed);
            }
            _ => self.leg(at, LegEvent::Deliver),
        }
        Some(())
    }

    /// What a member's answer can be, whatever he was asked.
    pub(super) fn answer_event(&mut self, choices: &mut Choices<'_>) -> Option<()> {
        let (kind, at) = (choices.below(8)?, usize::from(choices.below(MEMBERS)?));
        let event = match kind {
            0 => LegEvent::Fail(Failure::Status(488)),
            1 => LegEvent::Fail(Failure::Status(u16::from(choices.octet()?) + 400)),
            2 => LegEvent::Fail(Failure::TransactionTimeout),
            3 => LegEvent::Fail(Failure::Busy { retry_after_ms: u32::from(choices.octet()?) * 16 }),
            4 => {
                let (owns_call_id, high) = (choices.below(2)? == 1, choices.octet()?);
                LegEvent::Fail(Failure::Glare { owns_call_id, random: u32::from(high) << 24 })
            }
            5 => LegEvent::Ok { confirmed: false },
            6 => LegEvent::Timeout,
            // The client restarts, and nobody is told.
            _ => {
                self.members[at].restart();
                return Some(());
            }
        };
        self.leg(at, event);
        Some(())
    }

    pub(super) fn each_member(&mut self, event: LegEvent) {
        for at in 0..self.members.len() {
            if self.members[at].leg.is_member() {
                self.leg(at, event);
            }
        }
    }

    pub(super) fn leg(&mut self, at: usize, event: LegEvent) {
        let mut out = [0; Server::<RustCrypto>::MAX_OUT_LEN];
        let (before, armed) = (*self.server.session(), self.server.session().deadline());
        let was_member = self.members[at].leg.is_member();
        let mut leg = self.members[at].leg;
        let user = self.members[at].user();
        let handled = self.server.handle_leg(&mut leg, &user, event, self.now, &mut self.rng, &mut out);
        self.used.insert(self.server.session().active().id);
        let Ok(actions) = handled else {
            assert_eq!(*self.server.session(), before, "a refused event changed the session");
            assert_eq!(leg, self.members[at].leg, "a refused event changed the leg");
            return;
        };
        let (mut wanted, mut offer, mut arm, mut counter) = (Vec::new(), None, None, None);
        for action in actions {
            match action {
                ServerAction::SaveCounter(saved) => counter = Some(saved),
                ServerAction::DeliverMsk { current, updated } => {
                    let own = |octets: Option<&[u8]>| octets.map(<[u8]>::to_vec);
                    offer = Some((own(current), own(updated)));
                }
                ServerAction::Session(SessionAction::ArmTimer(at)) => arm = Some(at),
                ServerAction::Session(action) => wanted.push(action),
                _ => {}
            }
        }
        armed_is_deadline(arm, armed, self.server.session().deadline());
        let member = &mut self.members[at];
        member.leg = leg;
        member.counter = counter.or(member.counter);
        match event {
            LegEvent::Expelled | LegEvent::Deauthorised if was_member => member.shut_out = true,
            // Let in again, he may know what he will be sent.
            LegEvent::Join => (member.shut_out, member.sent) = (false, HashSet::new()),
            _ => {}
        }
        if let Some((current, updated)) = offer {
            assert!(leg.is_member(), "an offer to somebody who is no member");
            for octets in [&current, &updated].into_iter().flatten() {
                let message = MskMessage::decode(octets, &Settings::DEFAULT).expect("a message of ours");
                member.sent.insert(message.name().id);
            }
            self.invites += 1;
            member.invite = self.invites;
            self.air.push(Parcel::Offer { to: at, invite: self.invites, current, updated });
        }
        for action in wanted {
            match action {
                SessionAction::Deliver => self.leg(at, LegEvent::Deliver),
                action => self.carry_out(action),
            }
        }
    }

    pub(super) fn offered(
        &mut self, to: usize, invite: u64, current: Option<Vec<u8>>, updated: Option<Vec<u8>>,
    ) {
        let offer = Offer { current: current.as_deref(), updated: updated.as_deref(), protocols: b"mikey" };
        let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
        let before = self.members[to].seen();
        let actions = self.members[to].client.handle(ClientEvent::Offer(offer), self.now, &mut out);
        for action in actions.expect("an offer is answered") {
            match action {
                ClientAction::Answer { current, updated } => {
                    let own = |octets: Option<&[u8]>| octets.map(<[u8]>::to_vec);
                    let (current, updated) = (own(current), own(updated));
                    self.air.push(Parcel::Answer { of: to, invite, current, updated });
                }
                ClientAction::Reject(_) => {
                    assert_eq!(self.members[to].seen(), before, "a rejected offer changed the client");
                    self.air.push(Parcel::Reject { of: to, invite });
                }
                _ => {}
            }
        }
    }

    pub(super) fn client(&mut self, at: usize, event: ClientEvent<'_>) {
        let member = &mut self.members[at];
        let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
        let (before, refused, armed) = (member.seen(), member.client.refused(), member.client.deadline());
        let Ok(actions) = member.client.handle(event, self.now, &mut out) else {
            assert_eq!(member.seen(), before, "a refused event changed the client");
            assert_eq!(member.client.refused(), refused + 1);
            return;
        };
        let (mut arm, mut missed) = (None, false);
        for action in actions {
            let ClientAction::Channel(action) = action else { continue };
            match action {
                FollowerAction::ArmTimer(at) => arm = Some(at),
                FollowerAction::MissedKey(_) => missed = true,
                FollowerAction::Activated(name) | FollowerAction::Stored(name) => {
                    assert!(member.client.msks().any(|held| held == name), "{name:?} is not held");
                }
                FollowerAction::MtkReady(mki) => assert!(member.client.mtk(mki).is_some(), "{mki:?}"),
                _ => {}
            }
        }
        armed_is_deadline(arm, armed, member.client.deadline());
        if missed {
            self.air.push(Parcel::Request { of: at });
        }
    }
}
