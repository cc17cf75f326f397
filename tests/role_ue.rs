//! The table of the terminal, row by row, and proof that a refused event leaves no trace.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

mod world;

use castkey::error::{EncodeError, Error, OpenError, SealError};
use castkey::id::{Counter, KeyNumber, MtkId};
use castkey::keys::{Muk, MukId, SameMskId};
use castkey::message::{Sent, VerificationMessage};
use castkey::role::{SwitchEvent, Switchover, Ue, UeConfig, UeEvent};
use castkey::secret::Secret;
use castkey::settings::{ErrorMessages, InvalidInterval};
use world::*;

fn announced(from: u16, to: u16) -> UeEvent<'static> {
    let event = SwitchEvent::Announced { from: msk_name(from).id, to: msk_name(to).id };
    UeEvent::Announced(DOMAIN, event)
}

/// A terminal that holds MSK 1.
fn steady() -> Terminal {
    let mut t = Terminal::new(punctual());
    t.hears(&MskText::new(1, 1).octets());
    t
}

/// A terminal that holds MSK 1 and MSK 2, and an MTK under the first.
fn pending() -> Terminal {
    let mut t = steady();
    t.hears(&mtk_text(1, 1, 1));
    t.hears(&MskText::new(2, 2).octets());
    t
}

// The table, in its order.

#[test]
fn bootstrapped_with_room_persists() {
    let mut t = Terminal::<2>::new(punctual());
    let id = MukId { idi: b"another bm-sc", idr: b"btid" };
    assert_eq!(t.does(UeEvent::Bootstrapped { id, muk: other_muk() }), "Persist");
    assert_eq!(t.ue.muks().iter().count(), 2);
}

#[test]
fn a_wanted_group_is_missed_at_once_and_requested_when_its_time_comes() {
    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.does(UeEvent::Wanted(GROUP)), "MissedKey(0,Activation) ArmTimer(100)");
    assert_eq!(t.does(UeEvent::Wanted(GROUP)), "");
    t.now = 100;
    assert_eq!(t.does(UeEvent::Timeout), "RequestMsk(0,Activation,1) ArmTimer(4100)");
}

#[test]
fn a_good_msk_message_persists_before_it_is_acknowledged() {
    let mut t = Terminal::<2>::new(punctual());
    let text = MskText { v: true, ..MskText::new(1, 1) }.octets();
    assert_eq!(t.hears(&text), "Persist Send MskStored(1) Activated(1)");
    // The answer proves the MUK to whoever sent the message.
    let sent = castkey::message::MskMessage::decode(&text, &UeConfig::default().settings).unwrap();
    let answer = VerificationMessage::decode(&t.sent).unwrap();
    let keys = sent.psk().keys(&muk(), None).unwrap();
    answer.verify(&Sent::of(sent.psk()), &keys).unwrap();

    assert_eq!(t.hears(&MskText::new(2, 2).octets()), "Persist MskStored(2)");
    assert_eq!(t.hears(&MskText::new(3, 3).octets()), "Persist MskStored(3,-1) Activated(2)");
}

#[test]
fn the_msk_it_holds_is_stored_again_without_a_second_activation() {
    let mut t = steady();
    let again = MskText { v: true, ..MskText::new(1, 2) };
    assert_eq!(t.hears(&again.octets()), "Persist Send MskStored(1)");
}

#[test]
fn another_key_under_a_held_name_drops_the_mtks_of_the_old_one() {
    let mut t = steady();
    t.hears(&mtk_text(1, 1, 1));
    let other = MskText { key: Some(0x99), ..MskText::new(1, 2) };
    assert_eq!(t.hears(&other.octets()), "Persist MskStored(1) MtkDropped(1)");
    assert!(t.ue.mtk(DOMAIN, mki(1, 1)).is_none());
}

#[test]
fn an_interval_that_ends_before_it_begins_takes_the_msk_back() {
    let mut t = steady();
    t.hears(&mtk_text(1, 1, 1));
    let back = MskText { v: true, low: 9, high: 3, ..MskText::new(1, 2) };
    assert_eq!(t.hears(&back.octets()), "Persist Send MskInvalidated(1) MtkDropped(1)");
    assert!(t.ue.msks().get(msk_name(1)).is_none());
    assert_eq!(t.ue.switchover(GROUP), Some(Switchover::Idle));
}

#[test]
fn a_pull_persists_its_counter_and_schedules_a_request() {
    let mut t = Terminal::<2>::new(punctual());
    let pull = MskText::new(0, 5).pull();
    assert_eq!(t.hears(&pull), "Persist MissedKey(0,Pull) ArmTimer(100)");
    assert_eq!(t.refuses(UeEvent::Mikey(&pull)), Error::Open(OpenError::Replay));
}

#[test]
fn an_identical_copy_is_acknowledged_again_where_the_setting_says_so() {
    let mut config = punctual();
    config.settings.reack_duplicate = true;
    let mut t = Terminal::<2>::new(config);
    let text = MskText { v: true, ..MskText::new(1, 1) }.octets();
    assert_eq!(t.hears(&text), "Persist Send MskStored(1) Activated(1)");
    let first = t.sent.clone();
    let before = t.seen();
    assert_eq!(t.hears(&text), "Send");
    assert_eq!((t.seen(), &t.sent), (before, &first));
}

#[test]
fn a_bad_mac_is_reported_where_the_setting_says_so() {
    let mut config = punctual();
    config.settings.error_messages = ErrorMessages::OnBadMac;
    let mut t = Terminal::<2>::new(config);
    let mut text = MskText::new(1, 1).octets();
    *text.last_mut().unwrap() ^= 1;
    let before = t.seen();
    assert_eq!(t.hears(&text), "Refused(MacInvalid) Send");
    assert_eq!(t.seen(), before);
    let report = castkey::message::ErrorMessage::decode(&t.sent).unwrap();
    assert_eq!(report.error(), castkey::wire::ErrorNo::AUTH_FAILURE);
}

#[test]
fn any_other_bad_msk_message_is_an_error() {
    let mut t = steady();
    let mut text = MskText::new(2, 2).octets();
    *text.last_mut().unwrap() ^= 1;
    assert_eq!(t.refuses(UeEvent::Mikey(&text)), Error::Open(OpenError::MacInvalid));
}

#[test]
fn an_mtk_message_under_the_msk_in_use_brings_a_key() {
    let mut t = steady();
    assert_eq!(t.hears(&mtk_text(1, 1, 1)), "Persist MtkReady(1,1)");
    let (mtk, salt) = t.ue.mtk(DOMAIN, mki(1, 1)).unwrap();
    assert_eq!(mtk.secret().expose(), &mtk_octets(1, 1));
    assert_eq!(salt.unwrap().secret().expose(), &[0x77; 14]);
}

#[test]
fn an_mtk_message_under_the_next_msk_switches_to_it() {
    let mut t = pending();
    assert_eq!(t.hears(&mtk_text(2, 1, 1)), "Persist Activated(2) MtkReady(2,1) ArmTimer(5000)");
    assert!(t.ue.mtk(DOMAIN, mki(1, 1)).is_some() && t.ue.mtk(DOMAIN, mki(2, 1)).is_some());
}

#[test]
fn an_mtk_that_is_no_newer_than_the_newest_held_does_nothing() {
    let mut t = steady();
    t.hears(&mtk_text(1, 5, 1));
    let before = t.seen();
    assert_eq!(t.hears(&mtk_text(1, 5, 2)), "");
    assert_eq!(t.hears(&mtk_text(1, 4, 3)), "");
    assert_eq!(t.seen(), before);
}

#[test]
fn an_mtk_message_under_an_msk_not_held_of_a_followed_group_is_missed_once() {
    let mut t = steady();
    assert_eq!(t.hears(&mtk_text(2, 1, 1)), "MissedKey(2,MissedUpdate) ArmTimer(100)");
    assert_eq!(t.hears(&mtk_text(2, 1, 2)), "");
}

#[test]
fn an_mtk_message_of_an_unknown_group_is_an_error() {
    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.refuses(UeEvent::Mikey(&mtk_text(1, 1, 1))), Error::Open(OpenError::MskUnknown));
}

#[test]
fn an_mtk_message_under_a_retired_msk_is_an_error() {
    let mut t = pending();
    t.hears(&mtk_text(2, 1, 1));
    assert_eq!(t.refuses(UeEvent::Mikey(&mtk_text(1, 2, 2))), Error::Open(OpenError::MskRetired));
}

#[test]
fn an_mki_whose_mtk_is_held_does_nothing() {
    let mut t = pending();
    assert_eq!(t.does(UeEvent::Mki(DOMAIN, mki(1, 1))), "");
}

#[test]
fn an_mki_whose_msk_is_held_waits_for_the_carousel() {
    let mut t = pending();
    assert_eq!(t.does(UeEvent::Mki(DOMAIN, mki(1, 2))), "AwaitMtk(1,2)");
    assert_eq!(t.does(UeEvent::Mki(DOMAIN, mki(2, 1))), "AwaitMtk(2,1)");
}

#[test]
fn an_mki_whose_msk_is_not_held_is_missed_once() {
    let mut t = pending();
    assert_eq!(t.does(UeEvent::Mki(DOMAIN, mki(3, 1))), "MissedKey(3,MissedUpdate) ArmTimer(100)");
    assert_eq!(t.does(UeEvent::Mki(DOMAIN, mki(4, 1))), "");
    // The wanted MSK answers the request, and the timer has nothing to do any more.
    assert_eq!(t.hears(&MskText::new(3, 3).octets()), "Persist MskStored(3,-1) Activated(2)");
    assert_eq!(t.ue.deadline(), None);
}

#[test]
fn an_announcement_of_the_msk_in_use_and_the_next_switches() {
    let mut t = pending();
    assert_eq!(t.does(announced(1, 2)), "Persist Activated(2)");
    assert_eq!(t.does(announced(1, 2)), "");
    assert_eq!(t.does(announced(7, 8)), "AnnouncementMismatch");
    // The forger's hope: the old MTK is gone. It is not, and a new one under the old MSK is still taken.
    assert!(t.ue.mtk(DOMAIN, mki(1, 1)).is_some());
    assert_eq!(t.hears(&mtk_text(1, 2, 2)), "Persist MtkReady(1,2)");
}

#[test]
fn a_due_request_is_made_with_tries_left_and_abandoned_without() {
    let mut t = Terminal::<2>::new(punctual());
    t.does(UeEvent::Wanted(GROUP));
    let mut due = 100;
    for (attempt, wait) in [(1, 4_000), (2, 8_000), (3, 16_000), (4, 32_000)] {
        t.now = due;
        due += wait;
        let line = format!("RequestMsk(0,Activation,{attempt}) ArmTimer({due})");
        assert_eq!(t.does(UeEvent::Timeout), line);
    }
    t.now = due;
    assert_eq!(t.does(UeEvent::Timeout), "RequestAbandoned(0)");
    assert_eq!(t.ue.deadline(), None);
}

#[test]
fn the_end_of_the_overlap_persists_and_drops_the_old_mtks() {
    let mut t = pending();
    t.hears(&mtk_text(2, 1, 1));
    t.now = 4_999;
    assert_eq!(t.does(UeEvent::Timeout), "");
    assert!(t.ue.mtk(DOMAIN, mki(1, 1)).is_some());
    t.now = 5_000;
    assert_eq!(t.does(UeEvent::Timeout), "Persist MtkDropped(1)");
    assert!(t.ue.mtk(DOMAIN, mki(1, 1)).is_none());
}

#[test]
fn an_announced_msk_that_does_not_come_is_missed() {
    let mut t = steady();
    assert_eq!(t.does(announced(1, 2)), "Persist ArmTimer(10000)");
    t.now = 10_000;
    let line = t.does(UeEvent::Timeout);
    assert_eq!(line, "Persist MissedKey(2,MissedUpdate) ArmTimer(10100)");
}

#[test]
fn a_spurious_timeout_does_nothing_in_any_state() {
    let idle = Terminal::<2>::new(punctual());
    let mut overlap = pending();
    overlap.hears(&mtk_text(2, 1, 1));
    let mut expecting = steady();
    expecting.does(announced(1, 2));
    let mut waiting = Terminal::<2>::new(punctual());
    waiting.does(UeEvent::Wanted(GROUP));
    for mut t in [idle, steady(), pending(), overlap, expecting, waiting] {
        t.now = 99;
        let before = t.seen();
        for _ in 0..3 {
            assert_eq!(t.does(UeEvent::Timeout), "");
        }
        assert_eq!(t.seen(), before);
    }
}

// What the table does not say: every refusal leaves no trace.

#[test]
fn every_refused_message_changes_nothing() {
    let mut t = pending();
    let open = |error| Error::Open(error);
    let good = MskText::new(3, 3);
    assert_eq!(t.refuses(UeEvent::Mikey(&MskText::new(1, 1).octets())), open(OpenError::Replay));
    assert_eq!(t.refuses(UeEvent::Mikey(&MskText::new(3, 2).octets())), open(OpenError::Replay));
    assert_eq!(t.refuses(UeEvent::Mikey(&MskText::new(3, 2 + (1 << 31)).octets())), open(OpenError::Replay));
    assert_eq!(t.refuses(UeEvent::Mikey(&good.under(&other_muk(), MUK_ID))), open(OpenError::MacInvalid));
    let stranger = MukId { idi: MUK_ID.idi, idr: b"somebody else" };
    assert_eq!(t.refuses(UeEvent::Mikey(&good.under(&muk(), stranger))), open(OpenError::MukUnknown));
    assert_eq!(t.refuses(UeEvent::Mikey(&mtk_text(1, 2, 1))), open(OpenError::Replay));
    assert_eq!(t.refuses(UeEvent::Mikey(&mtk_text(1, 1_001, 2))), open(OpenError::KeyNotFresh));
    let forged = mtk_text_of(msk_name(1), 2, 2, 0x66);
    assert_eq!(t.refuses(UeEvent::Mikey(&forged)), open(OpenError::MacInvalid));
    let answer = MskText { v: true, ..good }.octets();
    let mut other = Terminal::<2>::new(punctual());
    other.hears(&answer);
    assert_eq!(t.refuses(UeEvent::Mikey(&other.sent)), Error::WrongState);
    // And the terminal still takes the good ones.
    assert_eq!(t.hears(&mtk_text(1, 2, 2)), "Persist MtkReady(1,2)");
    assert_eq!(t.hears(&answer), "Persist Send MskStored(3,-1) Activated(2)");
}

#[test]
fn settings_that_refuse_change_nothing_when_they_do() {
    let mut config = punctual();
    config.settings.same_msk_id = SameMskId::Refuse;
    config.settings.invalid_interval = InvalidInterval::Reject;
    config.settings.initial_counter = Some(Counter(10));
    let mut t = Terminal::<2>::new(config);
    assert_eq!(t.refuses(UeEvent::Mikey(&MskText::new(1, 10).octets())), Error::Open(OpenError::Replay));
    t.hears(&MskText::new(1, 11).octets());
    let again = MskText::new(1, 12);
    assert_eq!(t.refuses(UeEvent::Mikey(&again.octets())), Error::Open(OpenError::SameMskId));
    let back = MskText { low: 9, high: 3, ..again };
    assert_eq!(t.refuses(UeEvent::Mikey(&back.octets())), Error::Open(OpenError::InvalidInterval));
}

#[test]
fn full_stores_change_nothing() {
    let mut t = Terminal::<1>::new(punctual());
    t.hears(&MskText::new(1, 1).octets());
    let elsewhere = MskText { group: OTHER_GROUP, ..MskText::new(1, 2) };
    assert_eq!(t.refuses(UeEvent::Mikey(&elsewhere.octets())), Error::GroupStoreFull);
    assert_eq!(t.refuses(UeEvent::Mikey(&elsewhere.pull())), Error::GroupStoreFull);
    assert_eq!(t.refuses(UeEvent::Wanted(OTHER_GROUP)), Error::GroupStoreFull);
    assert_eq!(t.refuses(install(OTHER_GROUP.msk(KeyNumber(1)), 0, 9)), Error::GroupStoreFull);
    let (second, third) = (MukId { idi: b"b", idr: b"b" }, MukId { idi: b"c", idr: b"c" });
    t.does(UeEvent::Bootstrapped { id: second, muk: other_muk() });
    let event = UeEvent::Bootstrapped { id: third, muk: other_muk() };
    assert_eq!(t.refuses(event), Error::Open(OpenError::MukStoreFull));
    let long = MukId { idi: &[b'x'; 100], idr: &[b'y'; 100] };
    t.does(UeEvent::ForgetMuk(second));
    let event = UeEvent::Bootstrapped { id: long, muk: other_muk() };
    assert_eq!(t.refuses(event), Error::Open(OpenError::MukStoreFull));
}

fn install(name: castkey::id::MskName, low: u16, high: u16) -> UeEvent<'static> {
    let msk = Secret::new([8; 16]);
    UeEvent::Install { name, msk, rand: None, seq_low: MtkId(low), seq_high: MtkId(high) }
}

#[test]
fn events_that_name_nothing_known_change_nothing() {
    let mut t = steady();
    assert_eq!(t.refuses(UeEvent::Forget(OTHER_GROUP)), Error::Unknown);
    assert_eq!(t.refuses(UeEvent::ForgetMuk(MukId { idi: b"", idr: b"" })), Error::Unknown);
    let foreign = castkey::id::Mki::new(OTHER_GROUP.msk(KeyNumber(1)).id, MtkId(1));
    assert_eq!(t.refuses(UeEvent::Mki(DOMAIN, foreign)), Error::Unknown);
    let event = SwitchEvent::Announced {
        from: OTHER_GROUP.msk(KeyNumber(1)).id,
        to: OTHER_GROUP.msk(KeyNumber(2)).id,
    };
    assert_eq!(t.refuses(UeEvent::Announced(DOMAIN, event)), Error::Unknown);
    assert_eq!(t.refuses(UeEvent::Announced(DOMAIN, SwitchEvent::Timeout)), Error::WrongState);
    let inconsistent = Error::Seal(SealError::Encode(EncodeError::Inconsistent));
    assert_eq!(t.refuses(install(msk_name(0), 0, 9)), inconsistent);
    assert_eq!(t.refuses(install(msk_name(2), 9, 0)), inconsistent);
    let mut switched = pending();
    switched.hears(&mtk_text(2, 1, 1));
    let error = switched.refuses(UeEvent::Mki(DOMAIN, mki(1, 7)));
    assert_eq!(error, Error::Open(OpenError::MskRetired));
}

#[test]
fn an_msk_installed_without_its_rand_opens_nothing() {
    let mut t = Terminal::<2>::new(punctual());
    assert_eq!(t.does(install(msk_name(8), 0, 9)), "Persist MskStored(8) Activated(8)");
    assert_eq!(t.refuses(UeEvent::Mikey(&mtk_text(8, 1, 1))), Error::Open(OpenError::NoRand));
}

#[test]
fn every_truncation_and_every_bit_flip_of_a_message_changes_nothing() {
    let base = || {
        let mut t = steady();
        t.hears(&mtk_text(1, 1, 1));
        t
    };
    for text in [MskText { v: true, ..MskText::new(1, 2) }.octets(), mtk_text(1, 2, 2)] {
        let mut t = base();
        let before = t.seen();
        for len in 0..text.len() {
            t.refuses(UeEvent::Mikey(&text[..len]));
        }
        for bit in 0..text.len() * 8 {
            let mut flipped = text.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // A flip in the name of the MSK looks like a missed update: it may schedule a request, nothing else.
            let line = t.act(UeEvent::Mikey(&flipped)).unwrap_or_default();
            assert!(line.is_empty() || line.starts_with("MissedKey("), "bit {bit}: {line}");
            let after = t.seen();
            if !line.is_empty() {
                t = base();
            }
            assert_eq!((&after.state, &after.mkis), (&before.state, &before.mkis), "bit {bit}");
            assert!(after == before || !line.is_empty(), "bit {bit}");
        }
        assert!(t.hears(&text).starts_with("Persist"));
    }
}

/// Handles `event` with ever larger buffers: refuses without a trace, names its need, and is content with just that.
fn needs(make: impl Fn() -> (Terminal, Vec<u8>), event: impl for<'a> Fn(&'a [u8]) -> UeEvent<'a>) {
    let (mut t, text) = make();
    let mut needed = 0;
    loop {
        let before = t.seen();
        let mut out = vec![0; needed];
        let now = at(t.now);
        match t.ue.handle(event(&text), now, &mut out) {
            Ok(_) => break,
            Err(Error::Seal(SealError::Encode(EncodeError::BufferTooSmall { needed: more }))) => {
                let more = usize::try_from(more).unwrap();
                assert!(more > needed, "{needed} octets were said to be enough");
                assert_eq!(t.seen(), before);
                // One octet less is not enough, so the figure is exact.
                let mut short = vec![0; more - 1];
                assert!(t.ue.handle(event(&text), now, &mut short).is_err());
                assert_eq!(t.seen(), before);
                needed = more;
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!((1..=Ue::<2>::MAX_OUT_LEN).contains(&needed));
}

#[test]
fn a_buffer_that_is_too_small_changes_nothing_and_its_need_is_exact() {
    needs(|| (steady(), MskText { v: true, ..MskText::new(2, 2) }.octets()), |o| UeEvent::Mikey(o));
    needs(|| (steady(), MskText::new(2, 2).octets()), |o| UeEvent::Mikey(o));
    needs(|| (steady(), MskText::new(0, 2).pull()), |o| UeEvent::Mikey(o));
    needs(|| (steady(), mtk_text(1, 1, 1)), |o| UeEvent::Mikey(o));
    needs(|| (pending(), Vec::new()), |_| announced(1, 2));
    needs(|| (pending(), Vec::new()), |_| install(msk_name(8), 0, 9));
    needs(|| (pending(), Vec::new()), |_| UeEvent::Forget(GROUP));
    needs(|| (pending(), Vec::new()), |_| UeEvent::ForgetMuk(MUK_ID));
    let muk: fn() -> Muk = other_muk;
    needs(
        || (pending(), Vec::new()),
        |_| UeEvent::Bootstrapped { id: MukId { idi: b"x", idr: b"y" }, muk: muk() },
    );
    let over = || {
        let mut t = pending();
        t.hears(&mtk_text(2, 1, 1));
        t.now = 5_000;
        (t, Vec::new())
    };
    needs(over, |_| UeEvent::Timeout);
}

#[test]
fn an_msk_that_came_before_the_current_one_is_used_when_its_time_comes() {
    let mut t = Terminal::<2>::new(punctual());
    // The message with MSK 1 is lost, the one with MSK 2 is not; media still runs under MSK 1.
    t.hears(&MskText::new(2, 2).octets());
    t.hears(&mtk_text(1, 1, 1));
    t.hears(&MskText::new(1, 3).octets());
    assert!(t.hears(&mtk_text(1, 1, 2)).contains("MtkReady(1,1)"));
    t.now = 5_000;
    t.does(UeEvent::Timeout);
    // Now the BM-SC moves to MSK 2.
    assert!(t.hears(&mtk_text(2, 1, 1)).contains("MtkReady(2,1)"));
}

#[test]
fn an_old_msk_that_is_delivered_again_does_not_cost_the_one_in_use() {
    let mut t = pending();
    // An answer to a late request for the MSK in use; then the switch, and the MSK after it.
    t.hears(&MskText::new(1, 3).octets());
    t.hears(&mtk_text(2, 1, 1));
    t.now = 5_000;
    t.does(UeEvent::Timeout);
    t.hears(&MskText::new(3, 4).octets());
    assert!(t.ue.mtk(DOMAIN, mki(2, 1)).is_some());
}

#[test]
fn an_msk_taken_back_during_the_overlap_leaves_no_mtk_of_the_old_one_behind() {
    let mut t = pending();
    t.hears(&mtk_text(2, 1, 1));
    t.hears(&MskText { low: 9, high: 3, ..MskText::new(2, 3) }.octets());
    t.now = 1_000_000;
    t.does(UeEvent::Timeout);
    assert!(t.ue.mtk(DOMAIN, mki(1, 1)).is_none());
}

#[test]
fn the_current_msk_answers_a_request_for_one_that_is_gone() {
    let mut t = steady();
    t.does(UeEvent::Mki(DOMAIN, mki(2, 1)));
    t.now = 100;
    t.does(UeEvent::Timeout);
    // MSK 2 is history by now: the answer is MSK 3. What is missed next must be asked for.
    t.hears(&MskText::new(3, 2).octets());
    assert!(t.does(UeEvent::Mki(DOMAIN, mki(4, 1))).contains("MissedKey(4,MissedUpdate)"));
}
