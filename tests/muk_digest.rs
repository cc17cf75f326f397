//! A terminal that keeps digests of the identities of its MUKs does what one does that keeps them; and what a terminal keeps but
//! once is never taken for that of another MSK.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    missing_docs,
    reason = "a test that meets the unexpected must stop"
)]

mod world;

use castkey::crypto::RustCrypto;
use castkey::error::{Error, OpenError};
use castkey::id::KeyNumber;
use castkey::keys::{Muk, MukId, MukIdDigest};
use castkey::role::{SwitchEvent, Ue, UeAction, UeEvent};
use world::*;

type Small = Ue<2, Muk, RustCrypto, 2, MukIdDigest>;

/// The actions of an event as text, but for the states, which differ in form.
fn act<'a>(ue: &mut Small, event: UeEvent<'a>, out: &'a mut [u8]) -> Result<String, Error> {
    let actions = ue.handle(event, at(0), out)?;
    let texts = actions.iter().filter(|action| !matches!(action, UeAction::Persist(_)));
    Ok(texts.map(|action| format!("{action:?};")).collect())
}

fn hears(ue: &mut Small, octets: &[u8]) -> Result<String, Error> {
    act(ue, UeEvent::Mikey(octets), &mut vec![0; Small::MAX_OUT_LEN])
}

fn small() -> Small {
    let mut ue = Small::with(punctual(), RustCrypto);
    let mut out = vec![0; Small::MAX_OUT_LEN];
    act(&mut ue, UeEvent::Bootstrapped { id: MUK_ID, muk: muk() }, &mut out).unwrap();
    ue
}

fn state_of(ue: &mut Small, octets: &[u8]) -> Vec<u8> {
    let mut out = vec![0; Small::MAX_OUT_LEN];
    let actions = ue.handle(UeEvent::Mikey(octets), at(0), &mut out).unwrap();
    let UeAction::Persist(state) = &actions.as_slice()[0] else { unreachable!("{actions:?}") };
    state.as_octets().to_vec()
}

#[test]
fn a_terminal_with_digests_opens_answers_and_refuses_as_one_with_identities() {
    let mut ue = small();
    let mut full = Terminal::<2>::new(punctual());
    let strange = MukId { idi: MUK_ID.idi, idr: b"somebody else" };
    for octets in [
        MskText { v: true, ..MskText::new(1, 1) }.octets(),
        MskText::new(1, 1).octets(),
        MskText::new(1, 2).under(&muk(), strange),
        mtk_text(1, 1, 1),
        MskText::new(2, 2).octets(),
        mtk_text(2, 1, 1),
        mtk_text(1, 2, 2),
    ] {
        let mut out = vec![0; Ue::<2>::MAX_OUT_LEN];
        let expected = full.ue.handle(UeEvent::Mikey(&octets), at(0), &mut out).map(|actions| {
            let texts = actions.iter().filter(|action| !matches!(action, UeAction::Persist(_)));
            texts.map(|action| format!("{action:?};")).collect::<String>()
        });
        assert_eq!(hears(&mut ue, &octets), expected);
    }
}

#[test]
fn a_new_muk_of_the_same_bm_sc_ends_the_old_one_by_its_first_message_and_only_then() {
    let mut ue = small();
    let new_id = MukId { idi: MUK_ID.idi, idr: b"new" };
    hears(&mut ue, &MskText::new(1, 1).octets()).unwrap();
    let mut out = vec![0; Small::MAX_OUT_LEN];
    let bootstrapped = UeEvent::Bootstrapped { id: new_id, muk: muk_of(7) };
    act(&mut ue, bootstrapped, &mut out).unwrap();
    hears(&mut ue, &MskText::new(1, 2).octets()).unwrap();
    assert_eq!(ue.muks().iter().count(), 2);
    hears(&mut ue, &MskText::new(1, 1).under(&muk_of(7), new_id)).unwrap();
    assert_eq!(ue.muks().iter().count(), 1);
    let refused = hears(&mut ue, &MskText::new(1, 3).octets()).unwrap_err();
    assert_eq!(refused, Error::Open(OpenError::MukUnknown));
    act(&mut ue, UeEvent::ForgetMuk(new_id), &mut out).unwrap();
    assert_eq!(ue.muks().iter().count(), 0);
}

#[test]
fn its_state_restores_it_and_no_terminal_of_the_other_form() {
    let mut ue = small();
    let heard = MskText::new(1, 1).octets();
    let state = state_of(&mut ue, &heard);
    assert!(!state.windows(MUK_ID.idr.len()).any(|window| window == MUK_ID.idr));
    let mut again = Small::restore(punctual(), RustCrypto, &state, at(0), Muk::from_octets).unwrap();
    assert_eq!(hears(&mut again, &heard), Err(Error::Open(OpenError::Replay)));
    hears(&mut again, &mtk_text(1, 1, 1)).unwrap();
    assert!(again.mtk(DOMAIN, mki(1, 1)).is_some());
    assert!(Ue::<2>::restore(punctual(), RustCrypto, &state, at(0), Muk::from_octets).is_err());
    let full = Terminal::<2>::new(punctual());
    assert!(Small::restore(punctual(), RustCrypto, &full.state, at(0), Muk::from_octets).is_err());
}

#[test]
fn mtk_messages_under_many_msks_in_turn_are_opened_each_with_its_own_keys() {
    let mut t = Terminal::<2>::new(punctual());
    t.hears(&MskText::new(1, 1).octets());
    t.hears(&MskText { group: OTHER_GROUP, key: Some(9), ..MskText::new(1, 2) }.octets());
    let other = OTHER_GROUP.msk(KeyNumber(1));
    for round in 1..4 {
        let counter = u32::from(round);
        assert!(t.hears(&mtk_text(1, round, counter)).contains("MtkReady"));
        assert!(t.hears(&mtk_text_of(other, round, counter, 9)).contains("MtkReady"));
    }
    // Another key under the name of the one that was used last.
    t.hears(&MskText { group: OTHER_GROUP, key: Some(8), ..MskText::new(1, 3) }.octets());
    let stale = mtk_text_of(other, 9, 9, 9);
    assert_eq!(t.refuses(UeEvent::Mikey(&stale)), Error::Open(OpenError::MacInvalid));
    assert!(t.hears(&mtk_text_of(other, 1, 1, 8)).contains("MtkReady"));
}

#[test]
fn an_announcement_of_an_msk_of_another_key_group_is_a_mismatch_and_moves_nothing() {
    let mut t = Terminal::<2>::new(punctual());
    t.hears(&MskText::new(1, 1).octets());
    let before = t.ue.switchover(GROUP);
    let announced = SwitchEvent::Announced { from: msk_name(1).id, to: OTHER_GROUP.msk(KeyNumber(2)).id };
    assert!(t.does(UeEvent::Announced(DOMAIN, announced)).contains("Mismatch"));
    assert_eq!(t.ue.switchover(GROUP), before);
}
