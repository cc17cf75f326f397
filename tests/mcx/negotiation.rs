//! Negotiation: three codings, the rules, and what an attacker tries.

use castkey::keys::{McService, PurposeTag};
use castkey::mcx::{
    AlgorithmList, AlgorithmOffer, AlgorithmPolicy, AlgorithmSelection, KeyParametersInit, McxClientEvent,
    McxError, McxServerAction, McxServerEvent, McxSettings, MessageForm, MuSikDownload, NegotiationEncoding,
};
use castkey::message::IMessage;

use super::mcx_world::{ALICE, KMS};
use super::pair::{Pair, policy, resign};

const BOTH: MessageForm<'static> = MessageForm {
    hide_initiator: false,
    hide_responder: false,
    services: &[McService::Mcptt, McService::McVideo],
    to_self: false,
    parameters: None,
    sdp_ids: None,
};

fn pair(encoding: NegotiationEncoding, client: AlgorithmPolicy, server: AlgorithmPolicy) -> Pair {
    Pair::with(McxSettings { encoding, ..McxSettings::DEFAULT }, client, server)
}

fn two() -> Pair {
    pair(NegotiationEncoding::Extension, policy(&[2, 1], &[1, 2]), policy(&[1, 2], &[1, 2]))
}

/// A whole upload that selects `select`.
fn set_up(pair: &mut Pair, select: Option<u8>) -> u8 {
    let message = pair.upload_with(select, BOTH).unwrap();
    let (_, algorithm) = pair.bind(&message).unwrap();
    pair.client(McxClientEvent::UploadAccepted, |_| ()).unwrap();
    assert_eq!(pair.client.csk(pair.now).unwrap().algorithm(), algorithm);
    algorithm
}

/// Covers: MCX-T-61, MCX-T-67, MCX-T-71, R-MCX-3, R-MCX-5, R-MCX-11, R-MCX-26, R-MCX-30
#[test]
fn each_coding_carries_an_offer_and_what_the_server_forces() {
    for encoding in [
        NegotiationEncoding::Extension,
        NegotiationEncoding::SpParameters,
        NegotiationEncoding::SignallingAlgorithm,
    ] {
        let mut pair = pair(encoding, policy(&[2, 1], &[1, 2]), policy(&[1, 2], &[1, 2]));
        assert_eq!(set_up(&mut pair, None), 2, "{encoding:?}");
        // The octet alone can express no list, so the server knows of one algorithm only.
        let list: &[u8] = if encoding == NegotiationEncoding::SignallingAlgorithm { &[2] } else { &[2, 1] };
        assert_eq!(pair.rows[0].offer().unwrap().list().ids(), list);
        let (forced, old) = (list[list.len() - 1], pair.client.csk(pair.now).unwrap().id());
        let message = pair.send_csk(Some(forced), BOTH).unwrap();
        let (id, algorithm, _) = pair.take(&message).unwrap();
        assert_eq!(algorithm, forced);
        // The change is that of the new key.
        assert_eq!(pair.client.csk(pair.now).unwrap().algorithm(), forced);
        assert_eq!(pair.client.key(old, pair.now).unwrap().algorithm(), 2);
        assert_eq!(pair.server.received_under(&pair.rows[0], id, pair.now).unwrap().algorithm(), forced);
        // Without a selection what is in use stays.
        pair.server(McxServerEvent::CskTaken { user: ALICE }, |_| ()).unwrap();
        let message = pair.send_csk(None, BOTH).unwrap();
        assert_eq!(pair.take(&message).unwrap().1, forced);
    }
}

/// Covers: R-MCX-30
#[test]
fn the_octet_stands_beside_the_extension_when_it_is_asked_for() {
    let settings = McxSettings { emit_signalling_algorithm: true, ..McxSettings::DEFAULT };
    let mut pair = Pair::with(settings, policy(&[2, 1], &[1, 2]), policy(&[1, 2], &[1, 2]));
    assert_eq!(set_up(&mut pair, Some(1)), 1);
    let message = pair.send_csk(Some(2), BOTH).unwrap();
    let parsed = IMessage::decode(&message).unwrap();
    assert_eq!((parsed.key_parameters().unwrap()[12], parsed.algorithms().unwrap()[2]), (2, 2));
    // AES-256-GCM for the parameters too.
    assert_eq!(parsed.key_parameters().unwrap()[11], 2);
    assert_eq!(pair.take(&message).unwrap().1, 2);
}

/// Covers: R-MCX-3, R-MCX-5
#[test]
fn nothing_is_offered_with_one_algorithm_and_nothing_selected_from_outside_the_list() {
    let mut pair = Pair::new();
    let message = pair.upload();
    assert!(IMessage::decode(&message).unwrap().algorithms().is_none());
    assert_eq!(pair.bind(&message).unwrap().1, 1);
    assert!(pair.rows[0].offer().is_none());
    for select in [0, 2, 3] {
        assert_eq!(Pair::new().upload_with(Some(select), BOTH), Err(McxError::BadAlgorithms));
    }
    assert_eq!(two().upload_with(Some(3), BOTH), Err(McxError::BadAlgorithms));
    // Without an offer the server has nothing to select from.
    pair.client(McxClientEvent::UploadAccepted, |_| ()).unwrap();
    assert_eq!(pair.send_csk(Some(1), BOTH), Err(McxError::SelectionNotOffered));
}

/// Covers: R-MCX-3
#[test]
fn a_default_that_the_policy_does_not_allow_is_not_used_for_want_of_an_offer() {
    let own = policy(&[2], &[2]);
    for select in [None, Some(1), Some(2)] {
        let mut pair = pair(NegotiationEncoding::Extension, own, policy(&[1, 2], &[1, 2]));
        assert_eq!(pair.upload_with(select, BOTH), Err(McxError::BadAlgorithms));
    }
    // Nor before the first upload.
    assert_eq!(own.accept_selection(None, None, 1), Err(McxError::AlgorithmBelowFloor));
    assert_eq!(own.accept_selection(None, None, 2), Ok(2));
}

/// Covers: R-MCX-26, R-MCX-30
#[test]
fn a_download_without_a_selection_keeps_the_algorithm_of_a_csk_that_is_not_active_yet() {
    let mut pair = two();
    assert_eq!(set_up(&mut pair, Some(1)), 1);
    let activation = Some(pair.now.after_s(200));
    let parameters = KeyParametersInit { activation, ..KeyParametersInit::of(PurposeTag::Csk, pair.now) };
    let message = pair.upload_with(Some(2), MessageForm { parameters: Some(parameters), ..BOTH }).unwrap();
    assert_eq!(pair.bind(&message).unwrap().1, 2);
    pair.client(McxClientEvent::UploadAccepted, |_| ()).unwrap();
    assert_eq!(pair.client.csk(pair.now).unwrap().algorithm(), 1);
    let message = pair.send_csk(None, BOTH).unwrap();
    let (id, algorithm, _) = pair.take(&message).unwrap();
    assert_eq!(pair.server.received_under(&pair.rows[0], id, pair.now).unwrap().algorithm(), algorithm);
    assert_eq!(algorithm, 2);
}

/// Covers: MCX-T-62, MCX-T-63, R-MCX-26
#[test]
fn unknown_algorithms_are_passed_over_unless_one_is_selected() {
    let mut pair =
        pair(NegotiationEncoding::Extension, policy(&[200, 2, 1], &[200, 1, 2]), policy(&[1, 2], &[1, 2]));
    let message = pair.upload_with(Some(200), BOTH).unwrap();
    let before = pair.server_state();
    assert_eq!(pair.bind(&message), Err(McxError::NoCommonAlgorithm));
    assert_eq!(pair.server_state(), before);
    pair.client(McxClientEvent::UploadFailed, |_| ()).unwrap();
    assert_eq!(set_up(&mut pair, Some(2)), 2);
    assert_eq!(pair.send_csk(Some(200), BOTH), Err(McxError::AlgorithmBelowFloor));
}

/// Covers: MCX-T-64, MCX-T-65
#[test]
fn an_offer_that_is_not_well_formed_is_no_offer() {
    let good = [1, 1, 2, 2, 2, 1];
    let offer = AlgorithmOffer::decode(&good).unwrap();
    assert_eq!((offer.selected(), offer.list().ids()), (2, [2, 1].as_slice()));
    let mut out = [0; castkey::mcx::MAX_OFFER_LEN];
    assert_eq!(offer.encode(&mut out), good);
    // SHA-256 of the six octets, from Python's hashlib.
    assert_eq!(hex::encode(offer.tag()), "ef679eb7c0fef89f");
    let seventeen: Vec<u8> = [1, 1, 1, 17].into_iter().chain(1..=17).collect();
    let bad: [&[u8]; 13] = [
        &[],
        &[1, 1, 2],
        &[1, 1, 2, 0],
        &[1, 1, 2, 2, 2],
        &[1, 1, 2, 2, 2, 1, 3],
        &[1, 1, 2, 2, 2, 2],
        &[1, 1, 0, 2, 0, 1],
        &[1, 1, 2, 2, 2, 0],
        &[2, 1, 2, 2, 2, 1],
        &[1, 2, 2, 2, 2, 1],
        &[1, 0, 2, 2, 2, 1],
        &[1, 1, 3, 2, 2, 1],
        &seventeen,
    ];
    for octets in bad {
        assert_eq!(AlgorithmOffer::decode(octets), Err(McxError::BadAlgorithms), "{octets:?}");
    }
    let tagged = [1, 2, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8];
    let selection = AlgorithmSelection::decode(&tagged).unwrap();
    assert_eq!(selection, AlgorithmSelection { selected: 2, tag: Some([1, 2, 3, 4, 5, 6, 7, 8]) });
    assert_eq!(selection.encode(&mut out), tagged);
    let bad: [&[u8]; 7] = [
        &[],
        &[1, 2, 0, 0],
        &[1, 2, 2, 1, 2],
        &tagged[..11],
        &[2, 2, 2, 0],
        &[1, 1, 2, 0],
        &[1, 2, 2, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    ];
    for octets in bad {
        assert_eq!(AlgorithmSelection::decode(octets), Err(McxError::BadAlgorithms), "{octets:?}");
    }
}

/// Covers: MCX-T-66, R-MCX-11, R-MCX-26
#[test]
fn a_selection_outside_offer_or_policy_is_neither_built_nor_taken() {
    let mut pair = two();
    set_up(&mut pair, None);
    assert_eq!(pair.send_csk(Some(3), BOTH), Err(McxError::SelectionNotOffered));
    let message = pair.send_csk(Some(1), BOTH).unwrap();
    // The server itself goes astray: selection 3, with the right tag.
    let at = message.windows(4).position(|window| window == [1, 2, 1, 0]).unwrap();
    let mut astray = message.clone();
    astray[at + 2] = 3;
    let astray = resign(&astray, pair.home.keys(), 1);
    let state = pair.client_state();
    assert_eq!(pair.take(&astray), Err(McxError::SelectionNotOffered));
    assert_eq!(pair.client_state(), state);
}

/// Covers: MCX-T-67, R-MCX-26
#[test]
fn floor_and_strict_preference_hold_against_the_server_itself() {
    let list = AlgorithmList::new(&[2, 1]).unwrap();
    let offer = AlgorithmOffer::new(list, 2).unwrap();
    let selection = AlgorithmSelection { selected: 1, tag: Some(offer.tag()) };
    let accept = |policy: AlgorithmPolicy| policy.accept_selection(Some(&selection), Some(&offer), 2);
    assert_eq!(accept(policy(&[2, 1], &[1, 2])), Ok(1));
    assert_eq!(accept(policy(&[2, 1], &[2])), Err(McxError::AlgorithmBelowFloor));
    let strict = AlgorithmPolicy { strict_preference: true, ..policy(&[2, 1], &[1, 2]) };
    assert_eq!(accept(strict), Err(McxError::Downgrade));
    assert_eq!(
        strict.accept_selection(Some(&AlgorithmSelection { selected: 2, ..selection }), Some(&offer), 1),
        Ok(2)
    );
    assert_eq!(strict.accept_selection(Some(&selection), Some(&offer), 1), Ok(1));
    assert_eq!(strict.accept_selection(None, Some(&offer), 1), Ok(1));
}

/// Covers: MCX-T-68, MCX-T-70, R-MCX-26
#[test]
fn a_stripped_offer_breaks_the_signature_and_a_selection_for_another_offer_its_tag() {
    let mut pair = two();
    let message = pair.upload_with(None, MessageForm::default()).unwrap();
    // The extension goes, and SAKKE names SIGN as the next payload: all that an attacker can do.
    let at = message.windows(5).position(|window| window == [1, 2, 1, 0x11, 4]).unwrap();
    let end = message.len() - 131;
    let extension = at + 4 + 273;
    let mut stripped = message.clone();
    stripped.drain(extension..end);
    stripped[at - 1] = 4;
    assert!(IMessage::decode(&stripped).unwrap().algorithms().is_none());
    assert_eq!(pair.bind(&stripped), Err(McxError::Unauthentic));
    assert_eq!(pair.bind(&message).unwrap().1, 2);
    pair.client(McxClientEvent::UploadAccepted, |_| ()).unwrap();
    let good = pair.send_csk(Some(1), BOTH).unwrap();
    let at = good.windows(4).position(|window| window == [1, 2, 1, 0]).unwrap();
    let mut other = good.clone();
    other[at + 4] ^= 1;
    let other = resign(&other, pair.home.keys(), 1);
    assert_eq!(pair.take(&other), Err(McxError::WrongOfferTag));
    // A selection without a tag answers nothing.
    let len = u16::from_be_bytes([good[at - 2], good[at - 1]]);
    assert_eq!(len, 12);
    let mut bare = good.clone();
    bare.drain(at + 4..at + 12);
    bare[at - 1] = 4;
    let time = bare
        .windows(4)
        .position(|window| window == &pair.now.to_wire().to_bits().to_be_bytes()[..4])
        .unwrap();
    bare[time + 4] = 1;
    let bare = resign(&bare, pair.home.keys(), 1);
    assert_eq!(pair.take(&bare), Err(McxError::WrongOfferTag));
}

/// Covers: R-MCX-26
#[test]
fn a_musik_with_a_selection_needs_the_offers_of_all() {
    let all = policy(&[1, 2], &[1, 2]);
    let [both, one] = [[2, 1].as_slice(), &[1]]
        .map(|ids| AlgorithmOffer::new(AlgorithmList::new(ids).unwrap(), 1).unwrap());
    assert_eq!(all.select_for_all(1, [Some(&both), Some(&one)].into_iter()), Ok(()));
    let refused = Err(McxError::SelectionNotOffered);
    assert_eq!(all.select_for_all(2, [Some(&both), Some(&one)].into_iter()), refused);
    assert_eq!(all.select_for_all(1, [Some(&both), None].into_iter()), refused);
    let mut pair = two();
    set_up(&mut pair, None);
    let musik = pair.server.new_musik(1, &BOTH, |_| false, pair.now, &mut pair.rng).unwrap();
    let download = MuSikDownload { user: ALICE, kms: KMS, musik: &musik, form: BOTH };
    let message = pair.server(McxServerEvent::SendMuSik(download), sent).unwrap();
    assert_eq!(pair.take(&message).unwrap().1, 1);
    // Who offered nothing keeps the default, so a MuSiK of another algorithm is not for him.
    let mut pair = Pair::with(McxSettings::DEFAULT, policy(&[1], &[1]), policy(&[1, 2], &[1, 2]));
    pair.set_up();
    for (algorithm, outcome) in [(2, Err(McxError::SelectionNotOffered)), (1, Ok(1))] {
        let musik = pair.server.new_musik(algorithm, &BOTH, |_| false, pair.now, &mut pair.rng).unwrap();
        let download = MuSikDownload { user: ALICE, kms: KMS, musik: &musik, form: BOTH };
        let message = pair.server(McxServerEvent::SendMuSik(download), sent);
        assert_eq!(message.and_then(|message| pair.take(&message)).map(|taken| taken.1), outcome);
    }
}

fn sent(action: McxServerAction<'_>) -> Vec<u8> {
    match action {
        McxServerAction::Send { message, .. } => message.to_vec(),
        other => panic!("{other:?}"),
    }
}

/// Covers: R-MCX-26
#[test]
fn a_download_that_keeps_the_algorithm_says_so_lest_a_lost_answer_leave_the_ends_with_two() {
    let mut pair = two();
    set_up(&mut pair, Some(2));
    // The server takes an upload that selects 1; its answer is lost, and the client goes on as before.
    let upload = pair.upload_with(Some(1), BOTH).unwrap();
    assert_eq!(pair.bind(&upload).unwrap().1, 1);
    pair.client(McxClientEvent::UploadFailed, |_| ()).unwrap();
    let message = pair.send_csk(None, BOTH).unwrap();
    // The offer that it answers is not the last one that the client knows to have counted.
    assert_eq!(pair.take(&message), Err(McxError::WrongOfferTag));
    assert_eq!(pair.client.csk(pair.now).unwrap().algorithm(), 2);
}

/// Covers: R-MCX-26
#[test]
fn an_upload_that_was_never_answered_leaves_the_older_offer_to_be_answered() {
    let mut pair = two();
    set_up(&mut pair, None);
    // Another offer goes out (it selects 1), and is lost.
    pair.upload_with(Some(1), BOTH).unwrap();
    let answer = pair.send_csk(Some(1), BOTH).unwrap();
    assert_eq!(pair.take(&answer).unwrap().1, 1);
}
