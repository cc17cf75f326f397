//! The server with real keys: who gets which MSK under which MUK, what confirms it, and that a failure changes nothing.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    missing_docs,
    reason = "a test"
)]

mod poc_world;

use castkey::error::{EncodeError, Error, KeyUnavailable, OpenError, SealError};
use castkey::id::{Counter, MskName, MtkId};
use castkey::keys::{Muk, MukId, PreSharedKey, Protection, ProtectionKeys};
use castkey::message::{MskContent, MskMessage};
use castkey::poc::*;
use castkey::role::User;
use castkey::wire::ExtType;
use rand::rngs::StdRng;
use subtle::ConstantTimeEq;

use poc_world::{A, Broken, DOMAIN, GROUPS, Member, N, NAF, OUT, S, Table, client_config, ms, muk, rng};

/// An offer as it goes out.
#[derive(Clone, Debug, Default, PartialEq)]
struct Sent {
    current: Option<Vec<u8>>,
    updated: Option<Vec<u8>>,
}

impl Sent {
    fn offer(&self) -> Offer<'_> {
        Offer { current: self.current.as_deref(), updated: self.updated.as_deref(), protocols: b"mikey" }
    }
}

/// A server and its members, who get nothing but what a test hands them.
struct Desk {
    server: Server,
    members: Vec<Member>,
    rng: StdRng,
}

impl Desk {
    fn with(members: u8, config: ServerConfig) -> Self {
        let mut rng = rng(3);
        let server = Server::new(config, DOMAIN, GROUPS, &mut rng).unwrap();
        Self { server, members: (1..=members).map(Member::new).collect(), rng }
    }

    /// Members that joined long ago and hold the first MSK.
    fn new(members: u8) -> Self {
        Self::joined(members, ServerConfig::default())
    }

    fn joined(members: u8, config: ServerConfig) -> Self {
        let mut desk = Self::with(members, config);
        for at in 0..desk.members.len() {
            let (_, sent) = desk.leg(at, LegEvent::Join);
            let answer = desk.take(at, &sent).unwrap();
            assert!(desk.confirms(at, &answer));
            desk.leg(at, LegEvent::Ok { confirmed: true });
        }
        desk
    }

    fn session(&mut self, event: SessionEvent) -> Vec<SessionAction> {
        let actions = self.server.handle(event, ms(100_000), &mut self.rng).unwrap();
        actions.into_iter().filter(|action| !matches!(action, SessionAction::ArmTimer(_))).collect()
    }

    /// One step of a member, with the offer that it causes; the row keeps the counter.
    fn leg(&mut self, at: usize, event: LegEvent) -> (Vec<SessionAction>, Sent) {
        let (member, mut out) = (&mut self.members[at], OUT);
        let user = User {
            id: MukId { idi: NAF, idr: member.idr.as_bytes() },
            muk: &member.muk,
            counter: member.counter,
        };
        let (leg, rng) = (&mut member.leg, &mut self.rng);
        let actions = self.server.handle_leg(leg, &user, event, ms(100_000), rng, &mut out).unwrap();
        let (mut others, mut sent, mut counter) = (Vec::new(), Sent::default(), None);
        for action in actions {
            match action {
                ServerAction::SaveCounter(saved) => counter = Some(saved),
                ServerAction::DeliverMsk { current, updated } => {
                    assert!(counter.is_some(), "the counter is saved before the offer goes out");
                    sent =
                        Sent { current: current.map(<[u8]>::to_vec), updated: updated.map(<[u8]>::to_vec) };
                }
                ServerAction::Session(SessionAction::ArmTimer(_)) => {}
                ServerAction::Session(action) => others.push(action),
                other => panic!("{other:?}"),
            }
        }
        member.counter = counter.or(member.counter);
        (others, sent)
    }

    /// The member's client takes the offer: its verification messages, or why it refuses.
    fn take(&mut self, at: usize, sent: &Sent) -> Result<Sent, Refused> {
        take(&mut self.members[at].client, &sent.offer())
    }

    fn confirms(&self, at: usize, answer: &Sent) -> bool {
        let confirmation =
            Confirmation { current: answer.current.as_deref(), updated: answer.updated.as_deref() };
        let member = &self.members[at];
        self.server.confirms(&member.leg, &member.user(), &confirmation)
    }
}

fn take(client: &mut Client, offer: &Offer<'_>) -> Result<Sent, Refused> {
    let mut out = OUT;
    for action in client.handle(ClientEvent::Offer(*offer), ms(100_000), &mut out)? {
        match action {
            ClientAction::Answer { current, updated } => {
                let owned = |octets: Option<&[u8]>| octets.map(<[u8]>::to_vec);
                return Ok(Sent { current: owned(current), updated: owned(updated) });
            }
            ClientAction::Reject(refused) => return Err(refused),
            _ => {}
        }
    }
    panic!("neither answer nor refusal")
}

/// What the holder of a MUK reads in an MSK message.
fn opened(octets: &[u8], muk: &Muk) -> Result<(MskName, [u8; 16], MtkId, MtkId), OpenError> {
    let settings = castkey::Settings::DEFAULT;
    let message = MskMessage::decode(octets, &settings).unwrap();
    let opened = message.open(muk, None, None, &settings)?;
    let MskContent::Key { msk, seq_low, seq_high, .. } = opened.content else { panic!("no key") };
    let msk = castkey::keys::Msk::new(msk);
    // A key has no octets to compare; the ones of the test are found by trying.
    Ok((message.name(), fingerprint(&msk), seq_low, seq_high))
}

/// Tells MSKs apart without their octets: what a message under them would be keyed with.
fn fingerprint(msk: &castkey::keys::Msk) -> [u8; 16] {
    let protection = Protection {
        algorithms: castkey::keys::Algorithms::SHA1,
        csb: castkey::id::CsbId(0),
        rand: &[0; 16],
    };
    let keys = msk.keys(&protection).unwrap();
    let tag = castkey::keys::MessageKeys::tag(&keys, &[b"fingerprint"]).unwrap();
    tag.as_octets()[..16].try_into().unwrap()
}

/// Covers: R-KM-7, R-KM-8, R-POC-26, R-POC-1
#[test]
fn a_member_that_joins_gets_the_msk_in_use_under_his_own_muk() {
    let mut desk = Desk::with(1, ServerConfig::default());
    let (actions, sent) = desk.leg(0, LegEvent::Join);
    assert_eq!(actions, [SessionAction::NoUpdate(Reason::Joined)]);
    let octets = sent.current.clone().unwrap();
    let (name, msk, low, high) = opened(&octets, &muk(1)).unwrap();
    assert_eq!((name, low, high), (A, MtkId(0), MtkId(0xFFFF)));
    assert_eq!(msk, fingerprint(desk.server.msk(A).unwrap().msk()));
    assert!(desk.take(0, &sent).is_ok());
    assert_eq!(desk.members[0].client.msks().collect::<Vec<_>>(), [A]);
}

/// Covers: R-KM-7, R-KM-9, R-POC-5, R-POC-7
#[test]
fn a_server_whose_interval_ends_before_it_begins_is_refused() {
    let config = ServerConfig { seq_low: MtkId(9), seq_high: MtkId(8), ..ServerConfig::default() };
    let refused = Server::new(config, DOMAIN, GROUPS, &mut rng(3)).err();
    assert_eq!(refused, Some(EncodeError::Inconsistent.into()));
    let one_id = ServerConfig { seq_high: MtkId(9), ..config };
    assert!(Server::new(one_id, DOMAIN, GROUPS, &mut rng(3)).is_ok());
}

#[test]
fn each_member_gets_the_same_new_msk_in_octets_of_his_own() {
    let mut desk = Desk::new(3);
    desk.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
    let sent: Vec<Vec<u8>> = (0..3).map(|at| desk.leg(at, LegEvent::Deliver).1.updated.unwrap()).collect();
    let key = fingerprint(desk.server.msk(N).unwrap().msk());
    assert_ne!(key, fingerprint(desk.server.msk(A).unwrap().msk()));
    for (at, octets) in sent.iter().enumerate() {
        for (number, other) in (1..).zip(&sent) {
            let reads = opened(octets, &muk(number));
            if usize::from(number) == at + 1 {
                assert_eq!(reads.unwrap().1, key);
            } else {
                assert_eq!(reads.unwrap_err(), OpenError::MacInvalid);
                assert_ne!(octets, other);
            }
        }
    }
}

/// Covers: T-019, R-POC-11, R-KM-7
#[test]
fn an_offer_that_reaches_the_wrong_client_is_refused_and_leaves_no_trace() {
    let mut desk = Desk::new(2);
    desk.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
    let [first, second] = [0, 1].map(|at| desk.leg(at, LegEvent::Deliver).1);
    let before = [0, 1].map(|at| format!("{:?}", desk.members[at].client));
    assert_eq!(desk.take(1, &first), Err(OpenError::MukUnknown.into()));
    assert_eq!(desk.take(0, &second), Err(OpenError::MukUnknown.into()));
    assert_eq!([0, 1].map(|at| format!("{:?}", desk.members[at].client)), before);

    // Nor is it of use to somebody who takes the other's name.
    let mut impostor = Client::<Muk>::new(client_config());
    impostor.bootstrapped(MukId { idi: NAF, idr: b"user1@bsf.home1.net" }, muk(2)).unwrap();
    assert_eq!(take(&mut impostor, &first.offer()), Err(OpenError::MacInvalid.into()));
    assert_eq!(impostor.msks().count(), 0);

    assert!(desk.take(0, &first).is_ok() && desk.take(1, &second).is_ok());
}

/// A MUK that nobody could fetch.
struct Unavailable;

impl PreSharedKey for Unavailable {
    type Keys = ProtectionKeys<castkey::crypto::RustCrypto>;

    fn keys(&self, _: &Protection<'_>) -> Result<Self::Keys, KeyUnavailable> {
        Err(KeyUnavailable)
    }
}

/// Covers: R-KM-6
#[test]
fn a_client_whose_muk_cannot_be_had_is_not_admitted() {
    let mut desk = Desk::with(0, ServerConfig::default());
    let (mut leg, before) = (Leg::OUTSIDE, *desk.server.session());
    let user = User { id: MukId { idi: NAF, idr: b"unknown" }, muk: &Unavailable, counter: None };
    let mut out = OUT;
    let outcome = desk.server.handle_leg(&mut leg, &user, LegEvent::Join, ms(0), &mut desk.rng, &mut out);
    assert_eq!(outcome.unwrap_err(), Refused::Key(Error::Seal(SealError::KeyUnavailable)));
    assert_eq!((leg, *desk.server.session()), (Leg::OUTSIDE, before));
}

/// Covers: R-KM-6, R-KM-4
#[test]
fn server_and_client_have_the_same_muk_from_the_same_run_and_from_no_other() {
    use castkey::keys::{Ks, KsNaf, MukOctets, NafId};
    use castkey::secret::Secret;
    let run = |fqdn: &str, impi: &str| {
        let mut out = [0; 64];
        let naf = NafId::join(fqdn, [1, 0, 0, 0, 2], &mut out).unwrap();
        let ks = Ks::from_aka(&Secret::new([1; 16]), &Secret::new([2; 16]));
        Muk::from_gba_me(&KsNaf::derive(&ks, &[3; 16], impi, naf).unwrap(), MukOctets::All)
    };
    let muk = run("pf.home1.net", "user1@home1.net");
    assert!(bool::from(muk.ct_eq(&run("pf.home1.net", "user1@home1.net"))));
    assert!(!bool::from(muk.ct_eq(&run("pf.home2.net", "user1@home1.net"))));
    assert!(!bool::from(muk.ct_eq(&run("pf.home1.net", "user2@home1.net"))));
}

/// Covers: T-021, R-POC-13
#[test]
fn only_the_members_own_answer_to_this_offer_confirms_it() {
    let mut desk = Desk::new(2);
    desk.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
    let [first, second] = [0, 1].map(|at| desk.leg(at, LegEvent::Deliver).1);
    let answers = [desk.take(0, &first).unwrap(), desk.take(1, &second).unwrap()];
    assert!(desk.confirms(0, &answers[0]) && desk.confirms(1, &answers[1]));
    assert!(!desk.confirms(0, &answers[1]), "of another member");
    assert!(!desk.confirms(0, &Sent::default()), "none at all");
    let swapped = Sent { current: answers[0].updated.clone(), updated: None };
    assert!(!desk.confirms(0, &swapped), "at the level of another MSK");
    assert!(!desk.confirms(0, &first), "the offer itself");
    let octets = answers[0].updated.clone().unwrap();
    for at in 0..octets.len() {
        let mut flipped = octets.clone();
        flipped[at] ^= 1;
        assert!(!desk.confirms(0, &Sent { current: None, updated: Some(flipped) }), "octet {at}");
    }

    // An answer to an earlier offer of the same MSK.
    desk.leg(0, LegEvent::Ok { confirmed: true });
    let (_, again) = desk.leg(0, LegEvent::Requested);
    let late = Sent { updated: answers[0].updated.clone(), current: None };
    assert!(!desk.confirms(0, &late));
    let answer = desk.take(0, &again).unwrap();
    assert!(desk.confirms(0, &answer));
    let halves = [Sent { current: None, ..answer.clone() }, Sent { updated: None, ..answer.clone() }];
    assert!(halves.iter().all(|half| !desk.confirms(0, half)), "each MSK has to be confirmed");
}

#[test]
fn an_answer_that_comes_when_its_msk_has_retired_confirms_the_one_that_is_left() {
    let mut desk = Desk::new(1);
    desk.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
    desk.leg(0, LegEvent::Deliver);
    desk.leg(0, LegEvent::Ok { confirmed: false });
    let (_, both) = desk.leg(0, LegEvent::Requested);
    let answer = desk.take(0, &both).unwrap();
    // It was on its way while the others switched.
    desk.session(SessionEvent::BcastStored(N));
    desk.session(SessionEvent::BcastSwitched(N));
    assert!(desk.server.msk(A).is_none());
    assert!(desk.confirms(0, &answer));
    assert!(!desk.confirms(0, &Sent { updated: None, ..answer }));
}

#[test]
fn where_the_ok_is_enough_no_confirmation_is_asked_for() {
    let session = SessionConfig { confirm: Confirm::OkIsEnough, ..SessionConfig::default() };
    let mut desk = Desk::with(1, ServerConfig { session, ..ServerConfig::default() });
    let (_, sent) = desk.leg(0, LegEvent::Join);
    assert_eq!(desk.take(0, &sent), Ok(Sent::default()));
    let (actions, _) = desk.leg(0, LegEvent::Ok { confirmed: false });
    assert_eq!(actions, [SessionAction::Keyed(A)]);
}

/// Covers: D-25
#[test]
fn the_protocols_of_the_sdp_stand_under_the_mac() {
    let listed = |sdp_ids| {
        let mut desk = Desk::with(1, ServerConfig { sdp_ids, ..ServerConfig::default() });
        let octets = desk.leg(0, LegEvent::Join).1.current.unwrap();
        let message = MskMessage::decode(&octets, &castkey::Settings::DEFAULT).unwrap();
        let listed = message.psk().extensions().find(|extension| extension.ext_type == ExtType::SDP_IDS);
        listed.map(|extension| extension.octets.to_vec())
    };
    assert_eq!(listed(true), Some(b"mikey".to_vec()));
    assert_eq!(listed(false), None);
}

#[test]
fn every_message_to_a_member_has_a_counter_of_its_own() {
    let mut desk = Desk::new(1);
    let mut last = desk.members[0].counter.unwrap();
    assert_eq!(last, Counter(1));
    let fresh = |octets: &[u8], last: &mut Counter| {
        let counter = MskMessage::decode(octets, &castkey::Settings::DEFAULT).unwrap().counter();
        assert!(counter.is_after(*last));
        *last = counter;
    };
    for round in 0..4 {
        if round == 1 {
            desk.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
        }
        let (_, sent) = desk.leg(0, LegEvent::Requested);
        for octets in sent.current.iter().chain(&sent.updated) {
            fresh(octets, &mut last);
        }
        assert_eq!(desk.members[0].counter, Some(last), "the newest one is saved");
        desk.leg(0, LegEvent::Ok { confirmed: false });
    }
}

/// Covers: T-014, D-10, R-POC-2, R-KM-11
#[test]
fn nothing_that_carries_the_new_msk_goes_to_the_expelled_or_is_of_use_to_him() {
    let mut desk = Desk::new(3);
    let (actions, sent) = desk.leg(2, LegEvent::Expelled);
    assert_eq!(
        actions,
        [SessionAction::RemoveMember, SessionAction::SessionUpdate(N), SessionAction::Distribute(N)]
    );
    assert_eq!(sent, Sent::default());
    let others = [0, 1].map(|at| desk.leg(at, LegEvent::Deliver).1);
    let mut expelled = desk.members.pop().unwrap();
    let mut row = expelled.leg;
    for event in [LegEvent::Deliver, LegEvent::MukRenewed] {
        let (rng, mut out) = (&mut desk.rng, OUT);
        let outcome = desk.server.handle_leg(&mut row, &expelled.user(), event, ms(100_000), rng, &mut out);
        assert_eq!(outcome.unwrap_err(), PocError::NotMember.into());
        assert_eq!(out, OUT, "not a single octet");
    }
    for offer in &others {
        assert!(take(&mut expelled.client, &offer.offer()).is_err());
    }
    assert_eq!(expelled.client.msks().collect::<Vec<_>>(), [A]);
}

/// Covers: R-KM-11, R-POC-2
#[test]
fn whoever_joins_after_the_last_member_was_expelled_gets_a_new_msk_beside_the_known_one() {
    let session = SessionConfig { keep_bearer: false, ..SessionConfig::default() };
    let mut desk = Desk::joined(1, ServerConfig { session, ..ServerConfig::default() });
    desk.leg(0, LegEvent::Expelled);
    desk.members.push(Member::new(2));
    let (_, sent) = desk.leg(1, LegEvent::Join);
    let names =
        [&sent.current, &sent.updated].map(|octets| opened(octets.as_ref().unwrap(), &muk(2)).unwrap().0);
    assert_eq!(names, [A, N]);
    let answer = desk.take(1, &sent).unwrap();
    assert!(desk.confirms(1, &answer));
}

/// Covers: R-KM-4
#[test]
fn a_new_muk_takes_over_and_the_one_before_opens_nothing_any_more() {
    let mut desk = Desk::new(1);
    let before = desk.leg(0, LegEvent::Requested).1;
    desk.leg(0, LegEvent::Ok { confirmed: false });
    let member = &mut desk.members[0];
    (member.idr, member.muk, member.counter) = ("again@bsf.home1.net".to_owned(), muk(77), None);
    let id = MukId { idi: NAF, idr: b"again@bsf.home1.net" };
    member.client.bootstrapped(id, muk(77)).unwrap();
    let (_, sent) = desk.leg(0, LegEvent::MukRenewed);
    assert_eq!(opened(sent.current.as_ref().unwrap(), &muk(77)).unwrap().0, A);
    let answer = desk.take(0, &sent).unwrap();
    assert!(desk.confirms(0, &answer));
    assert_eq!(desk.take(0, &before), Err(OpenError::MukUnknown.into()));
}

#[test]
fn keys_that_nobody_needs_are_gone() {
    let mut desk = Desk::new(2);
    desk.session(SessionEvent::Trigger(PolicyEvent::Compromise));
    desk.leg(0, LegEvent::Deliver);
    assert!(desk.server.msk(A).is_some() && desk.server.msk(N).is_some());
    desk.leg(0, LegEvent::Expelled);
    assert!(desk.server.msk(N).is_none(), "superseded");
    assert!(desk.server.msk(A).is_some() && desk.server.msk(S).is_some());
    let (_, sent) = desk.leg(1, LegEvent::Deliver);
    let answer = desk.take(1, &sent).unwrap();
    assert!(desk.confirms(1, &answer));
    desk.leg(1, LegEvent::Ok { confirmed: true });
    desk.session(SessionEvent::BcastStored(S));
    assert!(desk.server.msk(A).is_some(), "it may come back while the switch is not over");
    desk.session(SessionEvent::BcastSwitched(desk.server.session().active()));
    assert!(desk.server.msk(A).is_none() && desk.server.msk(S).is_some());
    desk.session(SessionEvent::Ended);
    assert!([A, N, S].iter().all(|name| desk.server.msk(*name).is_none()));
}

/// Covers: D-8
#[test]
fn an_msk_that_was_given_up_is_gone_and_its_successor_is_another_key() {
    let mut desk = Desk::new(2);
    desk.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
    let given_up = fingerprint(desk.server.msk(N).unwrap().msk());
    desk.session(SessionEvent::BcastRejected);
    assert!(desk.server.msk(N).is_none() && desk.server.msk(A).is_some());
    desk.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
    let next = desk.server.session().coming().unwrap();
    assert_ne!(fingerprint(desk.server.msk(next).unwrap().msk()), given_up);
}

#[test]
fn a_generator_that_fails_changes_nothing() {
    assert!(Server::new(ServerConfig::default(), DOMAIN, GROUPS, &mut Broken).is_err());
    let failed = Refused::Key(Error::Seal(SealError::Rng));
    let mut desk = Desk::new(2);
    let (session, legs) = (*desk.server.session(), [desk.members[0].leg, desk.members[1].leg]);
    let trigger = SessionEvent::Trigger(PolicyEvent::AdminRequest);
    assert_eq!(desk.server.handle(trigger, ms(100_000), &mut Broken).unwrap_err(), failed);
    let member = &mut desk.members[1];
    let user = User {
        id: MukId { idi: NAF, idr: member.idr.as_bytes() },
        muk: &member.muk,
        counter: member.counter,
    };
    let (leg, mut out) = (&mut member.leg, OUT);
    let outcome = desk.server.handle_leg(leg, &user, LegEvent::Expelled, ms(100_000), &mut Broken, &mut out);
    assert_eq!(outcome.unwrap_err(), failed);
    assert_eq!((*desk.server.session(), [desk.members[0].leg, desk.members[1].leg]), (session, legs));
    assert!(desk.server.msk(N).is_none() && desk.server.msk(A).is_some());
    // With a generator that works everything goes on.
    desk.leg(1, LegEvent::Expelled);
    assert!(desk.server.msk(N).is_some());
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing() {
    let mut desk = Desk::new(1);
    desk.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
    desk.leg(0, LegEvent::Deliver);
    desk.leg(0, LegEvent::Ok { confirmed: false });
    let (session, leg) = (*desk.server.session(), desk.members[0].leg);
    let needed = {
        let mut probe = Desk::new(1);
        probe.session(SessionEvent::Trigger(PolicyEvent::AdminRequest));
        probe.leg(0, LegEvent::Deliver);
        probe.leg(0, LegEvent::Ok { confirmed: false });
        let sent = probe.leg(0, LegEvent::Requested).1;
        sent.current.unwrap().len() + sent.updated.unwrap().len()
    };
    // Both messages have to fit.
    for len in [0, 1, needed / 2, needed - 1] {
        let member = &mut desk.members[0];
        let id = MukId { idi: NAF, idr: member.idr.as_bytes() };
        let user = User { id, muk: &member.muk, counter: member.counter };
        let (row, rng, mut out) = (&mut member.leg, &mut desk.rng, vec![0; len]);
        let outcome = desk.server.handle_leg(row, &user, LegEvent::Requested, ms(100_000), rng, &mut out);
        assert!(matches!(outcome.unwrap_err(), Refused::Key(Error::Seal(SealError::Encode(_)))), "{len}");
        assert_eq!((*desk.server.session(), desk.members[0].leg), (session, leg), "{len}");
    }
    assert!(desk.leg(0, LegEvent::Requested).1.updated.is_some());
    assert!(needed <= Server::<castkey::crypto::RustCrypto>::MAX_OUT_LEN);
}

#[test]
fn what_the_session_refuses_the_server_refuses() {
    let mut desk = Desk::new(1);
    let asked = desk.server.handle(SessionEvent::AskedByOther, ms(0), &mut desk.rng);
    assert_eq!(asked.unwrap_err(), Refused::Poc(PocError::NotController));
}

#[test]
fn the_next_deadline_is_told_when_it_changes() {
    let mut desk = Desk::new(1);
    let trigger = SessionEvent::Trigger(PolicyEvent::AdminRequest);
    let actions = desk.server.handle(trigger, ms(100_000), &mut desk.rng).unwrap();
    assert_eq!(actions.as_slice().last(), Some(&SessionAction::ArmTimer(ms(110_000))));
    let again = desk.server.handle(SessionEvent::BearerUp, ms(100_000), &mut desk.rng).unwrap();
    assert!(again.is_empty());
}

/// Covers: T-024, R-POC-6
#[test]
fn a_re_invite_without_its_channel_is_not_built() {
    let mut desk = Desk::new(1);
    let octets = desk.leg(0, LegEvent::Requested).1.current.unwrap();
    let whole = ReInviteElements {
        session: Some("sip:session@pf.example.com"),
        client: Some("sip:10.0.0.1"),
        user: Some("sip:user1@example.com"),
        media: Some("m=audio"),
        floor_control: Some("m=application"),
        channel_floor_control: Some("m=application"),
        channel_media: Some("m=audio"),
        channel: Some("sip:channel@example.com"),
        msk: Some(MikeyOctets(&octets)),
        areas: Some(&["area 1"]),
    };
    assert!(whole.build().is_ok());
    let without = ReInviteElements { channel: None, ..whole };
    assert_eq!(without.build(), Err(MissingElement('h')));
    assert_eq!(without.key_update(), None, "an ordinary renegotiation");
    let without = ReInviteElements { msk: None, ..whole };
    assert_eq!((without.build(), without.key_update()), (Err(MissingElement('i')), None));
}

/// Covers: R-KM-14, R-POC-25
#[test]
fn two_servers_of_one_session_have_nothing_in_common() {
    let (mut ours, mut theirs) = (Table::new(2), Table::new(2));
    theirs.rng = rng(99);
    let foreign = Server::new(ServerConfig::default(), DOMAIN, GROUPS, &mut theirs.rng).unwrap();
    assert_eq!(foreign.session().active(), ours.server.session().active());
    let key = |server: &Server| fingerprint(server.msk(A).unwrap().msk());
    assert_ne!(key(&foreign), key(&ours.server));
    // An update here is none there.
    ours.leg(1, LegEvent::Expelled);
    ours.run(20_000);
    assert_eq!((ours.active(), theirs.active()), (N, A));
}

/// Covers: R-KM-6
#[test]
fn a_client_without_a_muk_is_served_without_the_multicast_channel() {
    let mut table = Table::new(2);
    let (config, now) = (SessionConfig::default(), table.now);
    let members = table.server.session().members();
    let refused = [SessionAction::Unkeyed(Unkeyed::NoMuk), SessionAction::OfferUnicast];
    let step = |leg| table.server.session().step_leg(leg, LegEvent::MukUnavailable, &config, now).unwrap();
    let (session, leg, actions) = step(Leg::OUTSIDE);
    assert_eq!((actions.as_slice(), session.members(), leg), (refused.as_slice(), members, Leg::OUTSIDE));
    let (session, leg, actions) = step(table.members[0].leg);
    assert_eq!((actions.as_slice(), session.members()), (refused.as_slice(), members - 1));
    assert!(!leg.is_member());
    table.leg(0, LegEvent::MukUnavailable);
    assert!(table.seen.ends_with(&refused));
}
