//! The bearer: MTK messages, Media Burst Control, media, and the move from one MSK to the next.

use castkey::crypto::RustCrypto;
use castkey::error::{Error, OpenError};
use castkey::id::{KeyGroup, KeyNumber, Mki, MskId, MskName, MtkId};
use castkey::keys::{Mtk, MtkSalt};
use castkey::poc::*;
use castkey::role::Switchover;

use crate::table::{DOMAIN, Datagram, Did, Msks, Table, Terminal, msk_message};

/// A datagram of APP packets with these subtypes and 4 octets each.
fn control(subtypes: &[u8]) -> Vec<u8> {
    let mut datagram = Vec::new();
    for subtype in subtypes {
        let mut out = [0; 64];
        let app = App { subtype: *subtype, ssrc: 7, name: POC1, octets: &[0; 4] };
        datagram.extend_from_slice(app.encode(&mut out).unwrap());
    }
    datagram
}

/// The table while an update of member 0's MSK waits for its indication; the names in use and to come.
fn pending() -> (Table, Terminal, MskName, MskName) {
    let mut table = Table::new(1);
    let mut terminal = table.joined(0);
    let old = table.server.session().active();
    table.update();
    table.deliver(0, &mut terminal);
    let switch = terminal.switchover();
    assert_eq!(switch.active(), Some(old.id));
    let new = MskName::new(DOMAIN, switch.next().unwrap());
    (table, terminal, old, new)
}

/// What was refused has changed nothing and was counted.
fn refusal(terminal: &mut Terminal, event: ClientEvent<'_>) -> Refused {
    let (before, count) = (terminal.state(), terminal.client.refused());
    let refused = terminal.handle(event).unwrap_err();
    assert_eq!(terminal.state(), before);
    assert_eq!(terminal.client.refused(), count + 1);
    refused
}

fn octets(datagram: &Datagram) -> &[u8] {
    match datagram {
        Datagram::Mikey(octets) | Datagram::Mbcp(octets) => octets,
    }
}

/// Covers: T-036, T-037, T-043, T-045, R-POC-12, R-POC-21, R-POC-24, R-KM-15, D-1, D-6
#[test]
fn an_update_from_the_offer_to_the_end_of_the_overlap() {
    let (mut table, mut terminal, old, new) = pending();
    let first = table.mki();
    assert_eq!(first.msk, old.id);
    let media = |terminal: &mut Terminal, mki| terminal.handle(ClientEvent::Packet(Some(mki)));
    assert_eq!(media(&mut terminal, first), Ok(vec![Did::Packet(Packet::Accept)]));
    table.run(600);
    let copies = table.mbcp();
    assert_eq!(copies.len(), 3);
    let did = terminal.hear(&copies[0]).unwrap();
    assert_eq!(did[0], Did::Channel(FollowerAction::Activated(new)));
    let state = terminal.state();
    for copy in &copies[1..] {
        assert_eq!(terminal.hear(copy).unwrap(), []);
    }
    assert_eq!(terminal.state(), state);
    table.run(3_000);
    let messages = table.mikey(new);
    terminal.now = table.now;
    let second = table.mki();
    assert_eq!(second.msk, new.id);
    assert_eq!(media(&mut terminal, second), Ok(vec![Did::Packet(Packet::Hold)]));
    let did = terminal.hear(&messages[0]).unwrap();
    assert_eq!(did[0], Did::Channel(FollowerAction::MtkReady(second)));
    assert!(terminal.client.mtk(second).unwrap().1.is_some());
    assert_eq!(media(&mut terminal, second), Ok(vec![Did::Packet(Packet::Accept)]));
    let talk = control(&[2]);
    let protected = table.protect(&talk);
    assert_eq!(terminal.handle(ClientEvent::Mbcp(&protected)).unwrap(), [Did::Mbcp(talk)]);
    // Copies of the MTK message do not restart the overlap.
    let end = terminal.client.deadline().unwrap();
    terminal.now = terminal.now.after_millis(1_000);
    for message in &messages[1..] {
        assert_eq!(terminal.hear(message).unwrap(), []);
    }
    assert_eq!(terminal.client.deadline(), Some(end));
    assert_eq!(media(&mut terminal, first), Ok(vec![Did::Packet(Packet::Accept)]));
    terminal.now = end;
    let did = terminal.handle(ClientEvent::Timeout).unwrap();
    assert_eq!(did, [Did::Channel(FollowerAction::MtkDropped(old))]);
    assert!(!terminal.reads(first));
    let refused = refusal(&mut terminal, ClientEvent::Packet(Some(first)));
    assert_eq!(refused, PocError::ExpiredKey.into());
}

/// Covers: T-039, R-POC-20
#[test]
fn an_indication_with_a_changed_octet_is_refused_and_counted() {
    let (table, mut terminal, _, new) = pending();
    let good = table.mbcp().remove(0);
    for at in 0..octets(&good).len() {
        let mut bad = octets(&good).to_vec();
        bad[at] ^= 1;
        let count = terminal.client.refused();
        let switch = terminal.switchover();
        match terminal.handle(ClientEvent::Mbcp(&bad)) {
            Err(_) => assert_eq!(terminal.client.refused(), count + 1, "octet {at}"),
            // Another MKI: its MTK or MSK is not held.
            Ok(did) => assert!(matches!(did[0], Did::Packet(Packet::Hold | Packet::Missed)), "octet {at}"),
        }
        assert_eq!(terminal.switchover(), switch, "octet {at}");
    }
    let did = terminal.hear(&good).unwrap();
    assert_eq!(did[0], Did::Channel(FollowerAction::Activated(new)));
}

/// Covers: T-112, R-KM-1
#[test]
fn an_indication_that_is_not_encrypted_is_unprotected() {
    let (table, mut terminal, ..) = pending();
    let mut bad = octets(&table.mbcp()[0]).to_vec();
    let word = bad.len() - 20;
    assert_eq!(bad[word] & 0x80, 0x80);
    bad[word] &= 0x7F;
    assert_eq!(refusal(&mut terminal, ClientEvent::Mbcp(&bad)), PocError::Unprotected.into());
    let plain = control(&[2, 3]);
    assert_eq!(refusal(&mut terminal, ClientEvent::Mbcp(&plain)), PocError::Unprotected.into());
    assert_eq!(refusal(&mut terminal, ClientEvent::Packet(None)), PocError::Unprotected.into());
}

/// Covers: T-038, R-POC-20, R-POC-21
#[test]
fn an_indication_under_the_new_mtk_does_not_switch() {
    let mut config = Terminal::config();
    config.channel.strict_indication = true;
    let mut table = Table::new(1);
    let mut terminal = Terminal::with(1, config);
    table.join(0, &mut terminal);
    let old = table.server.session().active();
    table.update();
    table.deliver(0, &mut terminal);
    let new = terminal.switchover().next().unwrap();
    table.run(3_000);
    for message in table.mikey(MskName::new(DOMAIN, new)) {
        terminal.hear(&message).unwrap();
    }
    assert_eq!(table.mki().msk, new);
    let indication = Indication {
        domain: DOMAIN,
        old: old.id,
        new,
        seq: UpdateSeq(1),
        first_mtk: None,
        overlap_s: None,
        channel: None,
    };
    let mut out = [0; MAX_INDICATION_LEN];
    let plain = IndicationCoding::DEFAULT.encode(7, &indication, &mut out).unwrap();
    let late = table.protect(plain);
    assert_eq!(terminal.handle(ClientEvent::Mbcp(&late)).unwrap(), [Did::Packet(Packet::Hold)]);
    assert_eq!(terminal.switchover(), Switchover::Pending { active: old.id, next: new });
    // One under the old MTK does.
    let did = terminal.hear(&table.mbcp()[0]).unwrap();
    assert_eq!(did[0], Did::Channel(FollowerAction::Activated(MskName::new(DOMAIN, new))));
    assert!(terminal.reads(table.mki()));
}

/// Covers: T-040, D-3, T-054, R-POC-27
#[test]
fn a_client_that_knows_no_indication_hands_it_on_and_follows_the_mtk() {
    let mut config = Terminal::config();
    config.coding = IndicationCoding::new(POC1, 13).unwrap();
    let mut table = Table::new(1);
    let mut terminal = Terminal::with(1, config);
    table.join(0, &mut terminal);
    table.update();
    table.deliver(0, &mut terminal);
    let switch = terminal.switchover();
    for copy in table.mbcp() {
        assert!(matches!(terminal.hear(&copy).unwrap()[..], [Did::Mbcp(_)]));
    }
    assert_eq!(terminal.switchover(), switch);
    table.run(3_000);
    table.tell(&mut terminal);
    assert!(terminal.reads(table.mki()));
    assert_eq!(terminal.switchover().active(), switch.next());
}

/// Covers: T-041, D-2
#[test]
fn an_indication_may_come_before_its_msk() {
    let mut table = Table::new(2);
    let (mut first, mut late) = (table.joined(0), table.joined(1));
    table.update();
    table.deliver(0, &mut first);
    let offer = table.offer(1);
    // He has answered, and the indication overtakes the offer on its way to his keys.
    table.leg(1, LegEvent::Ok { confirmed: true });
    late.now = table.now;
    late.hear(&table.mbcp()[0]).unwrap();
    let Switchover::Expecting { active, next, .. } = late.switchover() else { panic!("{:?}", late.client) };
    let did = late.handle(offer.event()).unwrap();
    assert!(did.contains(&Did::Channel(FollowerAction::Activated(MskName::new(DOMAIN, next)))));
    assert_eq!(late.switchover(), Switchover::Switching { active: next, retiring: active, next: None });
}

/// Covers: R-KM-2
#[test]
fn an_mtk_message_that_does_not_open_changes_nothing() {
    let (mut table, mut terminal, _, new) = pending();
    terminal.hear(&table.mbcp()[0]).unwrap();
    table.run(3_000);
    let good = table.mikey(new).remove(0);
    let asked = terminal.switchover();
    for at in 0..octets(&good).len() {
        let mut bad = octets(&good).to_vec();
        bad[at] ^= 1;
        let _ = terminal.handle(ClientEvent::Mikey(&bad));
        assert_eq!(terminal.switchover(), asked, "octet {at}");
        assert!(!terminal.reads(table.mki()), "octet {at}");
    }
    let mut bad = octets(&good).to_vec();
    *bad.last_mut().unwrap() ^= 1;
    let refused = refusal(&mut terminal, ClientEvent::Mikey(&bad));
    assert_eq!(refused, Refused::Key(Error::from(OpenError::MacInvalid)));
    assert!(!terminal.hear(&good).unwrap().is_empty());
    assert!(terminal.reads(table.mki()));
}

/// Covers: T-046
#[test]
fn an_old_mtk_message_is_refused_in_the_overlap() {
    let (mut table, mut terminal, old, _) = pending();
    table.run(3_000);
    table.tell(&mut terminal);
    let first = terminal.switchover().retiring();
    assert_eq!(first, Some(old.id));
    let mut other = Table::new(1);
    let _ = other.joined(0);
    let message = other.mikey(other.server.session().active()).remove(0);
    assert_eq!(refusal(&mut terminal, ClientEvent::Mikey(octets(&message))), PocError::ExpiredKey.into());
}

/// Covers: T-053
#[test]
fn a_recorded_indication_does_nothing_later() {
    let (mut table, mut terminal, ..) = pending();
    let recorded = table.mbcp().remove(0);
    let replay = |terminal: &mut Terminal| refusal(terminal, ClientEvent::Mbcp(octets(&recorded)));
    terminal.hear(&recorded).unwrap();
    assert_eq!(replay(&mut terminal), PocError::Replay.into());
    table.run(3_000);
    for message in table.bearer.iter().filter(|datagram| matches!(datagram, Datagram::Mikey(_))) {
        terminal.hear(message).unwrap();
    }
    assert!(terminal.reads(table.mki()));
    assert_eq!(replay(&mut terminal), PocError::Replay.into());
    terminal.now = terminal.client.deadline().unwrap();
    terminal.handle(ClientEvent::Timeout).unwrap();
    assert_eq!(replay(&mut terminal), PocError::ExpiredKey.into());
}

/// Covers: T-052, R-KM-2
#[test]
fn everything_that_an_expelled_member_holds_opens_nothing_new() {
    let mut table = Table::new(2);
    let (mut stays, mut out) = (table.joined(0), table.joined(1));
    let old = table.mki();
    table.bearer.clear();
    table.leg(1, LegEvent::Expelled);
    assert!(table.offers.iter().all(|(to, _)| *to == 0));
    table.deliver(0, &mut stays);
    table.run(3_000);
    table.tell(&mut stays);
    table.tell(&mut out);
    let (new, name) = (table.mki(), table.server.session().active());
    assert_ne!(new.msk, old.msk);
    assert!(stays.reads(new) && !out.reads(new) && out.reads(old));
    // Its MSK is not the one that the MTK message is under, whatever it is called.
    let message = table.mikey(name).remove(0);
    let held = MskName::new(DOMAIN, old.msk);
    assert_eq!(out.client.msks().collect::<Vec<_>>(), [held]);
    let mut forger = Terminal::new(1);
    let offer = Msks { current: Some(msk_message(name, 9, 1, Some(b"mikey"), false)), updated: None };
    forger.handle(offer.event()).unwrap();
    let refused = refusal(&mut forger, ClientEvent::Mikey(octets(&message)));
    assert_eq!(refused, Refused::Key(Error::from(OpenError::MacInvalid)));
    // Nor does its MTK open what is under the new one.
    let talk = control(&[2]);
    let protected = table.protect(&talk);
    let (mtk, salt): (&Mtk, Option<&MtkSalt>) = out.client.mtk(old).unwrap();
    let keys = SrtcpKeys::derive(RustCrypto, mtk, salt);
    let mut buffer = [0; MAX_DATAGRAM_LEN];
    let opened = SrtcpReplay::new().unprotect(&keys, &protected, &mut buffer);
    assert_eq!(opened.unwrap_err(), PocError::BadMac);
    assert_eq!(stays.handle(ClientEvent::Mbcp(&protected)).unwrap(), [Did::Mbcp(talk)]);
}

/// Covers: T-051
#[test]
fn the_end_of_the_session_wipes_the_channel() {
    let (table, mut terminal, old, _) = pending();
    let mki = table.mki();
    assert_eq!(mki.msk, old.id);
    assert_eq!(terminal.handle(ClientEvent::Bye).unwrap(), [Did::LeaveBearer]);
    assert!(!terminal.reads(mki));
    assert_eq!((terminal.client.msks().count(), terminal.client.deadline()), (0, None));
    assert_eq!(terminal.switchover(), Switchover::Idle);
    let did = terminal.hear(&table.mbcp()[0]).unwrap();
    assert_eq!(did[0], Did::Packet(Packet::Missed));
    let bare = ClientEvent::Offer(Offer::default());
    assert_eq!(terminal.handle(bare).unwrap(), [Did::MissingMsk]);
}

#[test]
fn several_packets_of_media_burst_control_are_handed_on_as_one() {
    let mut table = Table::new(1);
    let mut terminal = table.joined(0);
    let plain = control(&[2, 11, 9]);
    let protected = table.protect(&plain);
    let before = terminal.state();
    for len in 0..plain.len() {
        let refused = terminal.handle_into(ClientEvent::Mbcp(&protected), &mut vec![0; len]).unwrap_err();
        assert_eq!(refused, PocError::BufferTooSmall.into());
    }
    assert_eq!(terminal.state(), before);
    assert_eq!(terminal.handle(ClientEvent::Mbcp(&protected)).unwrap(), [Did::Mbcp(plain)]);
    assert_eq!(refusal(&mut terminal, ClientEvent::Mbcp(&protected)), PocError::Replay.into());
}

#[test]
fn an_indication_that_counts_is_not_lost_to_what_shares_its_datagram() {
    let (mut table, mut terminal, old, new) = pending();
    let indication = |new| Indication {
        domain: DOMAIN,
        old: old.id,
        new,
        seq: UpdateSeq(9),
        first_mtk: None,
        overlap_s: None,
        channel: None,
    };
    let (mut good, mut bad) = ([0; MAX_INDICATION_LEN], [0; MAX_INDICATION_LEN]);
    let other = MskId::new(KeyGroup(9), KeyNumber(77));
    let good = IndicationCoding::DEFAULT.encode(7, &indication(new.id), &mut good).unwrap();
    let bad = IndicationCoding::DEFAULT.encode(7, &indication(other), &mut bad).unwrap();
    let protected = table.protect(&[good, bad].concat());
    let did = terminal.handle(ClientEvent::Mbcp(&protected)).unwrap();
    assert_eq!(did[0], Did::Channel(FollowerAction::Activated(new)));
}

/// Covers: T-049, D-4, R-KM-15
#[test]
fn traffic_of_a_missing_msk_asks_for_it_once_in_a_back_off() {
    let mut table = Table::new(2);
    let (mut first, mut missed) = (table.joined(0), table.joined(1));
    table.update();
    table.deliver(0, &mut first);
    let _lost = table.offer(1);
    table.run(40_000);
    missed.now = table.now;
    let new = table.server.session().active();
    let ask = Did::Channel(FollowerAction::MissedKey(new));
    assert_eq!(missed.hear(&table.mikey(new)[0]).unwrap(), core::slice::from_ref(&ask));
    let media = ClientEvent::Packet(Some(Mki::new(new.id, MtkId(1))));
    assert_eq!(missed.handle(media).unwrap(), [Did::Packet(Packet::Missed)]);
    let talk = table.protect(&control(&[2]));
    assert_eq!(missed.handle(ClientEvent::Mbcp(&talk)).unwrap(), [Did::Packet(Packet::Missed)]);
    missed.now = missed.now.after_millis(10_000);
    assert_eq!(missed.handle(media).unwrap(), [Did::Packet(Packet::Missed), ask]);
}

#[test]
fn packets_wait_for_their_mtk_up_to_sixteen() {
    let (table, mut terminal, _, new) = pending();
    terminal.hear(&table.mbcp()[0]).unwrap();
    let media = ClientEvent::Packet(Some(Mki::new(new.id, MtkId(1))));
    for _ in 0..16 {
        assert_eq!(terminal.handle(media).unwrap(), [Did::Packet(Packet::Hold)]);
    }
    assert_eq!(terminal.handle(media).unwrap(), [Did::Packet(Packet::HoldInsteadOfOldest)]);
}
