//! Negotiation: what a client stores, what it answers, what it refuses.

use castkey::error::{Error, OpenError};
use castkey::id::{KeyGroup, KeyNumber, MskId, MskName};
use castkey::keys::{Muk, MukId};
use castkey::poc::{Client, ClientEvent, FollowerAction, LegEvent, Offer, PocError, Refused, ServerConfig};
use castkey::role::Switchover;

use crate::table::{DOMAIN, Did, Msks, SERVER, Table, Terminal, idr, msk_message, muk};

const NAME: MskName = MskName::new(DOMAIN, MskId::new(KeyGroup(1), KeyNumber(7)));

fn rejected(did: &[Did]) -> Option<Refused> {
    did.iter().find_map(|did| match did {
        Did::Reject(refused) => Some(*refused),
        _ => None,
    })
}

/// The reason of a rejection that has changed nothing and was counted.
fn refusal(terminal: &mut Terminal, event: ClientEvent<'_>) -> Refused {
    let (before, count) = (terminal.state(), terminal.client.refused());
    let did = terminal.handle(event).unwrap();
    assert_eq!(did.len(), 1, "{did:?}");
    assert_eq!(terminal.state(), before);
    assert_eq!(terminal.client.refused(), count + 1);
    rejected(&did).unwrap()
}

fn open(error: OpenError) -> Refused {
    Refused::Key(Error::from(error))
}

/// Covers: R-KM-3, R-KM-4
#[test]
fn without_a_muk_nothing_is_offered_but_a_bootstrap() {
    let client = Client::<Muk>::new(Terminal::config());
    let mut terminal = Terminal { client, now: castkey::time::Tick::from_millis(0) };
    assert_eq!(terminal.handle(ClientEvent::Negotiate).unwrap(), [Did::NeedBootstrap]);
    terminal.client.bootstrapped(MukId { idi: SERVER, idr: idr(1).as_bytes() }, muk(1)).unwrap();
    assert_eq!(terminal.handle(ClientEvent::Negotiate).unwrap(), [Did::OfferSupport]);
}

/// Covers: R-KM-5, R-POC-13
#[test]
fn the_first_msk_is_recovered_with_the_muk_and_confirmed() {
    let mut table = Table::new(1);
    let mut terminal = Terminal::new(1);
    table.leg(0, LegEvent::Join);
    let offer = table.offer(0);
    let did = terminal.handle(offer.event()).unwrap();
    let active = table.server.session().active();
    assert!(table.confirms(0, &did));
    assert_eq!(
        did[1..],
        [Did::Channel(FollowerAction::Stored(active)), Did::Channel(FollowerAction::Activated(active))]
    );
    assert_eq!(terminal.switchover(), Switchover::Steady { active: active.id });
    // No part of the confirmation may be missing or changed.
    let Did::Answer(Some(good), None) = &did[0] else { panic!("{did:?}") };
    assert!(!table.confirms(0, &[Did::Answer(None, None)]));
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 1;
        assert!(!table.confirms(0, &[Did::Answer(Some(bad), None)]), "octet {at}");
    }
}

/// Covers: T-019, R-POC-11, R-KM-5
#[test]
fn the_offer_of_another_member_is_refused() {
    let mut table = Table::new(2);
    let (mut first, mut second) = (table.joined(0), table.joined(1));
    table.update();
    let (to_first, to_second) = (table.offer(0), table.offer(1));
    assert_eq!(refusal(&mut first, to_second.event()), open(OpenError::MukUnknown));
    assert_eq!(refusal(&mut second, to_first.event()), open(OpenError::MukUnknown));
    assert!(matches!(first.handle(to_first.event()).unwrap()[0], Did::Answer(_, Some(_))));
    assert!(matches!(second.handle(to_second.event()).unwrap()[0], Did::Answer(_, Some(_))));
}

/// Covers: R-KM-4, R-KM-5, R-POC-12
#[test]
fn an_offer_under_another_muk_is_refused() {
    let mut table = Table::new(1);
    table.leg(0, LegEvent::Join);
    let offer = table.offer(0);
    for (idi, wanted) in [(SERVER, OpenError::MacInvalid), (b"pf.other.net", OpenError::MukUnknown)] {
        let mut client = Client::<Muk>::new(Terminal::config());
        client.bootstrapped(MukId { idi, idr: idr(1).as_bytes() }, muk(2)).unwrap();
        let mut terminal = Terminal { client, now: table.now };
        assert_eq!(refusal(&mut terminal, offer.event()), open(wanted));
        assert_eq!(terminal.client.msks().count(), 0);
    }
}

/// Covers: R-KM-5
#[test]
fn an_offer_counts_once() {
    let mut table = Table::new(1);
    let mut terminal = Terminal::new(1);
    table.leg(0, LegEvent::Join);
    let first = table.offer(0);
    terminal.handle(first.event()).unwrap();
    assert_eq!(refusal(&mut terminal, first.event()), open(OpenError::Replay));
    // Neither does the end of the session bring it back.
    terminal.handle(ClientEvent::Bye).unwrap();
    assert_eq!(refusal(&mut terminal, first.event()), open(OpenError::Replay));
    // The two messages of one offer have counters of their own.
    let mut terminal = Terminal::new(1);
    let message = |number, counter| {
        let name = MskName::new(DOMAIN, MskId::new(KeyGroup(1), KeyNumber(number)));
        Some(msk_message(name, 3, counter, Some(b"mikey"), true))
    };
    let offer = Msks { current: message(1, 5), updated: message(2, 5) };
    assert_eq!(refusal(&mut terminal, offer.event()), open(OpenError::Replay));
    let offer = Msks { current: message(1, 5), updated: message(2, 6) };
    assert!(matches!(terminal.handle(offer.event()).unwrap()[0], Did::Answer(Some(_), Some(_))));
}

/// Covers: R-KM-5, R-POC-12
#[test]
fn a_changed_octet_of_an_offer_is_refused() {
    let mut table = Table::new(1);
    let mut terminal = table.joined(0);
    table.update();
    let offer = table.offer(0);
    for at in 0..offer.updated.as_ref().unwrap().len() {
        let mut bad = offer.clone();
        bad.updated.as_mut().unwrap()[at] ^= 0x40;
        let _ = refusal(&mut terminal, bad.event());
    }
    assert!(rejected(&terminal.handle(offer.event()).unwrap()).is_none());
}

/// Covers: D-25
#[test]
fn the_list_of_protocols_must_be_there_where_it_is_required() {
    let config = ServerConfig { sdp_ids: false, ..ServerConfig::default() };
    let mut table = Table::with(1, config);
    table.leg(0, LegEvent::Join);
    let offer = table.offer(0);
    let mut terminal = Terminal::new(1);
    assert_eq!(refusal(&mut terminal, offer.event()), open(OpenError::MacInvalid));
    let mut config = Terminal::config();
    config.require_sdp_ids = false;
    let mut terminal = Terminal::with(1, config);
    assert!(matches!(terminal.handle(offer.event()).unwrap()[0], Did::Answer(Some(_), None)));
}

/// Covers: D-25, T-116
#[test]
fn another_list_of_protocols_is_refused_whether_or_not_one_is_required() {
    for require_sdp_ids in [true, false] {
        let config = castkey::poc::ClientConfig { require_sdp_ids, ..Terminal::config() };
        let mut terminal = Terminal::with(1, config);
        let offer = |list| Msks { current: Some(msk_message(NAME, 3, 1, Some(list), true)), updated: None };
        let refused = refusal(&mut terminal, offer(b"mikey;other").event());
        assert_eq!(refused, open(OpenError::MacInvalid));
        let alone = offer(b"mikey");
        let refused = refusal(&mut terminal, alone.with_protocols(b"mikey;other"));
        assert_eq!(refused, open(OpenError::MacInvalid));
        assert_eq!(terminal.client.msks().count(), 0);
        assert!(rejected(&terminal.handle(alone.event()).unwrap()).is_none());
    }
}

#[test]
fn no_confirmation_is_returned_where_none_is_wanted() {
    let mut terminal = Terminal::new(1);
    let offer = Msks { current: Some(msk_message(NAME, 3, 1, Some(b"mikey"), false)), updated: None };
    assert_eq!(terminal.handle(offer.event()).unwrap()[0], Did::Answer(None, None));
    assert_eq!(terminal.switchover(), Switchover::Steady { active: NAME.id });
}

#[test]
fn an_msk_of_another_channel_is_refused() {
    let mut terminal = Terminal::new(1);
    let name = MskName::new(DOMAIN, MskId::new(KeyGroup(2), KeyNumber(7)));
    let offer = Msks { current: Some(msk_message(name, 3, 1, Some(b"mikey"), true)), updated: None };
    assert_eq!(refusal(&mut terminal, offer.event()), PocError::UnknownMsk.into());
}

#[test]
fn whoever_joins_during_an_update_gets_both_msks() {
    let mut table = Table::new(2);
    let _first = table.joined(0);
    table.update();
    table.leg(1, LegEvent::Join);
    let offer = table.offer(1);
    assert!(offer.current.is_some() && offer.updated.is_some());
    let mut terminal = Terminal::new(2);
    // One bad message spoils the whole offer.
    for which in 0..2 {
        let mut bad = offer.clone();
        let message = if which == 0 { &mut bad.current } else { &mut bad.updated };
        *message.as_mut().unwrap().last_mut().unwrap() ^= 1;
        assert_eq!(refusal(&mut terminal, bad.event()), open(OpenError::MacInvalid));
        assert_eq!(terminal.client.msks().count(), 0);
    }
    let did = terminal.handle(offer.event()).unwrap();
    assert!(table.confirms(1, &did));
    let session = table.server.session();
    let (active, next) = (session.active().id, session.coming().unwrap().id);
    assert_eq!(terminal.switchover(), Switchover::Pending { active, next });
    let Did::Answer(current, updated) = did[0].clone() else { panic!() };
    assert!(!table.confirms(1, &[Did::Answer(updated.clone(), current.clone())]));
    assert!(
        !table.confirms(1, &[Did::Answer(current, None)])
            && !table.confirms(1, &[Did::Answer(None, updated)])
    );
}

/// Covers: R-KM-8
#[test]
fn a_channel_without_an_msk_is_not_joined() {
    let mut table = Table::new(1);
    let bare = || ClientEvent::Offer(Offer::default());
    let mut terminal = Terminal::new(1);
    let before = terminal.state();
    assert_eq!(terminal.handle(bare()).unwrap(), [Did::MissingMsk]);
    assert_eq!(terminal.state(), before);
    // With a key it is an ordinary renegotiation.
    table.join(0, &mut terminal);
    let before = terminal.state();
    assert_eq!(terminal.handle(bare()).unwrap(), [Did::Answer(None, None)]);
    assert_eq!(terminal.state(), before);
}

#[test]
fn an_offer_whose_answer_finds_no_room_changes_nothing() {
    let mut table = Table::new(2);
    let _first = table.joined(0);
    table.update();
    table.leg(1, LegEvent::Join);
    let offer = table.offer(1);
    let mut terminal = Terminal::new(2);
    let before = terminal.state();
    let mut out = [0; Client::<Muk>::MAX_OUT_LEN];
    let needed = (0..out.len()).find(|len| {
        // That is no fault of the offer: an error, not a 488.
        let refused = terminal.handle_into(offer.event(), &mut out[..*len]).is_err();
        assert!(!refused || terminal.state() == before);
        !refused
    });
    assert!(needed.unwrap() > 40);
    assert!(matches!(terminal.switchover(), Switchover::Pending { .. }));
}
