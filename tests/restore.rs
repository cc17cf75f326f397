//! The state that outlives a restart: complete, tied to its check, and of no use to a replay.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that meets the unexpected must stop"
)]

mod world;

use castkey::crypto::RustCrypto;
use castkey::error::{DecodeError, DecodeErrorKind, Error, OpenError};
use castkey::keys::Muk;
use castkey::role::{SwitchEvent, Switchover, Ue, UeEvent};
use world::*;

fn restore(state: &[u8], now: u64) -> Result<Ue<2>, DecodeError> {
    Ue::restore(punctual(), RustCrypto, state, at(now), Muk::from_octets)
}

fn restarted(t: &Terminal, now: u64) -> Terminal {
    let ue = restore(&t.state, now).unwrap();
    Terminal { ue, now, sent: Vec::new(), state: t.state.clone() }
}

/// A terminal in the overlap of a switch from MSK 1 to MSK 2, MSK messages and MTK messages it has heard.
fn lived() -> (Terminal, Vec<Vec<u8>>) {
    let mut t = Terminal::new(punctual());
    let heard = vec![
        MskText { v: true, ..MskText::new(1, 1) }.octets(),
        mtk_text(1, 1, 1),
        mtk_text(1, 2, 2),
        MskText { group: OTHER_GROUP, ..MskText::new(1, 2) }.octets(),
        MskText::new(0, 3).pull(),
        MskText::new(2, 4).octets(),
        mtk_text(2, 1, 1),
    ];
    for octets in &heard {
        assert!(t.hears(octets).starts_with("Persist"));
    }
    (t, heard)
}

#[test]
fn what_was_taken_before_the_restart_is_a_replay_after_it() {
    let (t, heard) = lived();
    let mut t = restarted(&t, 0);
    for octets in &heard {
        let error = t.refuses(UeEvent::Mikey(octets));
        let replay = [OpenError::Replay, OpenError::MskRetired].map(Error::Open);
        assert!(replay.contains(&error), "{error:?}");
    }
    assert_eq!(t.hears(&mtk_text(2, 2, 2)), "Persist MtkReady(2,2)");
}

#[test]
fn media_is_readable_at_once() {
    let (before, _) = lived();
    let after = restarted(&before, 0);
    let mkis: Vec<_> = before.ue.mkis().collect();
    assert_eq!(mkis.len(), 3);
    assert_eq!(after.ue.mkis().collect::<Vec<_>>(), mkis);
    for (mki, octets) in [(mki(1, 1), (1, 1)), (mki(1, 2), (1, 2)), (mki(2, 1), (2, 1))] {
        let (mtk, salt) = after.ue.mtk(DOMAIN, mki).unwrap();
        assert_eq!(mtk.secret().expose(), &mtk_octets(octets.0, octets.1));
        assert_eq!(salt.unwrap().secret().expose(), &[0x77; 14]);
    }
}

#[test]
fn a_restored_terminal_shows_and_stores_what_the_old_one_did() {
    let (mut before, _) = lived();
    let mut after = restarted(&before, 0);
    let (mut a, b) = (before.seen(), after.seen());
    // Requests are not stored: what is missing will be missed again.
    a.deadline = b.deadline;
    assert_eq!(a, b);
}

#[test]
fn what_is_left_of_the_overlap_runs_on_under_a_clock_with_another_origin() {
    let (mut t, _) = lived();
    t.now = 3_000;
    t.state = t.seen().state;
    let mut t = restarted(&t, 1_000_000);
    assert_eq!(t.ue.deadline(), Some(at(1_002_000)));
    t.now = 1_001_999;
    assert_eq!(t.does(UeEvent::Timeout), "");
    t.now = 1_002_000;
    assert_eq!(t.does(UeEvent::Timeout), "Persist MtkDropped(1)");
}

#[test]
fn every_state_of_the_switchover_survives() {
    let name = |number| msk_name(number).id;
    let announce = |t: &mut Terminal, from, to| {
        t.does(UeEvent::Announced(DOMAIN, SwitchEvent::Announced { from: name(from), to: name(to) }));
    };
    let mut t = Terminal::new(punctual());
    let check = |t: &Terminal, right: fn(&Switchover) -> bool| {
        let switch = t.ue.switchover(GROUP).unwrap();
        assert!(right(&switch), "{switch:?}");
        assert_eq!(restarted(t, 0).ue.switchover(GROUP), Some(switch));
    };
    t.hears(&MskText::new(1, 1).octets());
    check(&t, |s| matches!(s, Switchover::Steady { .. }));
    announce(&mut t, 1, 2);
    check(&t, |s| matches!(s, Switchover::Expecting { .. }));
    t.hears(&MskText::new(2, 2).octets());
    check(&t, |s| matches!(s, Switchover::Switching { next: None, .. }));
    t.hears(&mtk_text(2, 1, 1));
    check(&t, |s| matches!(s, Switchover::Overlap { next: None, .. }));
    t.now = 5_000;
    t.does(UeEvent::Timeout);
    t.hears(&MskText::new(3, 3).octets());
    check(&t, |s| matches!(s, Switchover::Pending { .. }));
    t.hears(&MskText { low: 9, high: 3, ..MskText::new(3, 4) }.octets());
    t.hears(&MskText { low: 9, high: 3, ..MskText::new(2, 5) }.octets());
    check(&t, |s| matches!(s, Switchover::Idle));
}

#[test]
fn every_truncation_of_the_state_is_refused() {
    let (t, _) = lived();
    for len in 0..t.state.len() {
        let error = restore(&t.state[..len], 0).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::DamagedState, "{len}");
    }
    let mut longer = t.state.clone();
    longer.push(0);
    assert!(restore(&longer, 0).is_err());
}

#[test]
fn every_flipped_bit_of_the_state_is_found() {
    let (t, _) = lived();
    for bit in 0..t.state.len() * 8 {
        let mut state = t.state.clone();
        state[bit / 8] ^= 1 << (bit % 8);
        let error = restore(&state, 0).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::DamagedState, "bit {bit}");
    }
}

/// The state with one octet changed and a check that fits, as a program of another version would write it.
fn rechecked(state: &[u8], at: usize, octet: u8) -> Vec<u8> {
    let mut state = state.to_vec();
    state[at] = octet;
    let body = state.len() - 8;
    let mut padded = state[..body].to_vec();
    padded.push(0xFF);
    while !padded.len().is_multiple_of(4) {
        padded.push(0xFF);
    }
    let hash = |start: u32, factor: u32, turn| {
        padded.chunks(4).fold(start, |hash, word| {
            let word = u32::from_le_bytes(word.try_into().unwrap());
            (hash ^ word).wrapping_mul(factor).rotate_left(turn)
        })
    };
    let (a, b) = (hash(0x9E37_79B9, 0x85EB_CA6B, 13), hash(0x7F4A_7C15, 0xC2B2_AE35, 17));
    state[body..].copy_from_slice(&[a.to_be_bytes(), b.to_be_bytes()].concat());
    state
}

#[test]
fn a_terminal_restored_in_place_forgets_what_it_held_and_holds_nothing_after_an_error() {
    let (t, _) = lived();
    let Terminal { mut ue, .. } = Terminal::<2>::new(punctual());
    assert_eq!(ue.muks().iter().count(), 1);
    ue.restore_in_place(&t.state, at(0), Muk::from_octets).unwrap();
    let mut in_place = Terminal { ue, now: 0, sent: Vec::new(), state: Vec::new() };
    assert_eq!(in_place.seen(), restarted(&t, 0).seen());
    for cut in [0, 20, t.state.len() - 1] {
        let Terminal { mut ue, .. } = restarted(&t, 0);
        let error = ue.restore_in_place(&t.state[..cut], at(0), Muk::from_octets).unwrap_err();
        assert_eq!(error.kind, DecodeErrorKind::DamagedState);
        assert_eq!((ue.muks().iter().count(), ue.msks().iter().count(), ue.groups().count()), (0, 0, 0));
    }
    let Terminal { mut ue, .. } = restarted(&t, 0);
    // Undamaged, but the last Key Group lacks the MTK that it counts.
    let count = t.state.len() - 8 - 1;
    assert_eq!(t.state[count], 0);
    assert!(ue.restore_in_place(&rechecked(&t.state, count, 1), at(0), Muk::from_octets).is_err());
    assert_eq!((ue.muks().iter().count(), ue.msks().iter().count(), ue.groups().count()), (0, 0, 0));
}

#[test]
fn another_tag_version_or_length_is_refused_even_with_a_good_check() {
    let (t, _) = lived();
    assert!(restore(&rechecked(&t.state, 4, t.state[4]), 0).is_ok(), "the check is computed otherwise");
    for at in 0..9 {
        for change in 1..=255 {
            let changed = rechecked(&t.state, at, t.state[at] ^ change);
            let error = restore(&changed, 0).unwrap_err();
            assert_eq!(error.kind, DecodeErrorKind::DamagedState, "octet {at}");
        }
    }
}

#[test]
fn no_octet_of_a_forged_state_makes_a_terminal_panic_or_hold_three_msks() {
    let (t, _) = lived();
    for at in 9..t.state.len() - 8 {
        for octet in [0, 1, 2, 3, 0x7F, 0xFF] {
            let Ok(ue) = restore(&rechecked(&t.state, at, octet), 0) else { continue };
            assert!(ue.msks().group_entries(GROUP).count() <= 2);
            let mut t = Terminal { ue, now: 0, sent: Vec::new(), state: Vec::new() };
            let _ = t.act(UeEvent::Mikey(&MskText::new(3, 9).octets()));
            let _ = t.act(UeEvent::Mikey(&mtk_text(2, 2, 2)));
            t.now = 100_000;
            let _ = t.act(UeEvent::Timeout);
        }
    }
}

#[test]
fn a_key_that_its_holder_does_not_find_again_is_refused() {
    let (t, _) = lived();
    let restored: Result<Ue<2>, _> = Ue::restore(punctual(), RustCrypto, &t.state, at(0), |_| None::<Muk>);
    assert_eq!(restored.unwrap_err().kind, DecodeErrorKind::DamagedState);
}

#[test]
fn a_state_of_more_groups_than_the_type_has_is_refused() {
    let (t, _) = lived();
    let restored: Result<Ue<1>, _> = Ue::restore(punctual(), RustCrypto, &t.state, at(0), Muk::from_octets);
    assert_eq!(restored.unwrap_err().kind, DecodeErrorKind::DamagedState);
}
