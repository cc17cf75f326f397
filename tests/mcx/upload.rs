//! CSK upload: what reaches the table, what does not, and at what cost.

use castkey::keys::{McService, PurposeTag};
use castkey::mcx::{
    CskUpload, KeyUse, McxClientEvent, McxError, McxServerEvent, McxSettings, MessageForm, RateLimit,
    Rejected, SDP_IDS_MIKEY, SrtcpEndpoint,
};
use castkey::message::{IMessage, Party};

use super::mcx_world::{ALICE, BOB, KMS, MDSI, NOW, OTHER_KMS, PERIOD_S, Rng, Someone};
use super::pair::{IMPU, Pair, resign};

/// Covers: R-MCX-1, R-MCX-2, R-MCX-7, R-MCX-14, R-MCX-17
#[test]
fn an_uploaded_csk_serves_both_directions() {
    let mut pair = Pair::new();
    let message = pair.upload();
    let parsed = IMessage::decode(&message).unwrap();
    assert_eq!((parsed.initiator(), parsed.responder()), (Party::Uri(ALICE), Party::Uri(MDSI)));
    assert_eq!((parsed.initiator_kms(), parsed.responder_kms()), (KMS, KMS));
    let (id, algorithm) = pair.bind(&message).unwrap();
    assert_eq!((id.csb(), id.tag(), algorithm), (parsed.csb_id(), PurposeTag::Csk, 1));
    pair.client(McxClientEvent::UploadAccepted, |_| ()).unwrap();
    let (client, server) = (pair.client.csk(NOW).unwrap(), pair.server.csk(&pair.rows[0], NOW).unwrap());
    assert_eq!(client.key().secret().expose(), server.key().secret().expose());
    assert_eq!((pair.rows[0].user(), pair.rows[0].impu()), (Some(ALICE), Some(IMPU)));
    // Floor control, up and down.
    let settings = McxSettings::DEFAULT;
    for service in [McService::Mcptt, McService::McVideo] {
        let mut out = [0; 128];
        let (mut a, mut b) = (SrtcpEndpoint::<2>::new(1, 0), SrtcpEndpoint::<2>::new(2, 0));
        let up = client.srtcp(KeyUse::UnicastUplink, service, &settings, NOW).unwrap();
        let down = server.srtcp(KeyUse::UnicastDownlink, service, &settings, NOW).unwrap();
        let packet = [0x80, 204, 0, 2, 0, 0, 0, 1, b'M', b'C', b'P', b'T'];
        let sent = a.protect(&up, &packet, &mut out).unwrap().to_vec();
        assert_eq!(b.unprotect(&down, &sent, &mut out).unwrap(), packet);
        assert_eq!(b.unprotect(&down, &sent, &mut out), Err(McxError::Replay));
        // Only E = 0 with a good tag is refused for that; with a bad one it is refused too.
        let mut clear = sent.clone();
        clear[28] &= 0x7F;
        assert_eq!(b.unprotect(&down, &clear, &mut out), Err(McxError::NotEncrypted));
    }
}

/// Covers: R-MCX-4, R-MCX-13
#[test]
fn without_keys_of_the_period_nothing_is_sent() {
    let mut pair = Pair::new();
    pair.alice = Someone::new(ALICE, &[1499, 1501]);
    let mut out = [0; 2048];
    let upload = McxClientEvent::Upload { select: None, form: MessageForm::default() };
    pair.alice.with(|own| {
        let result = pair.client.handle(upload, own, NOW, &mut pair.rng, &mut out);
        assert_eq!(result, Err(Rejected::NoKeyMaterial { period: 1500 }));
    });
    assert_eq!(pair.alice.calls.sent(), (0, 0));
    assert_eq!(out, [0; 2048]);
    // The keys of the next period serve as soon as it begins.
    pair.later(PERIOD_S);
    pair.upload();
}

/// Covers: R-MCX-2
#[test]
fn without_a_server_nothing_is_made() {
    let mut pair = Pair::new();
    pair.client(McxClientEvent::LogOff, |_| ()).unwrap();
    let upload = McxClientEvent::Upload { select: None, form: MessageForm::default() };
    assert_eq!(pair.client(upload, |_| ()), Err(McxError::MissingIdentity));
    assert_eq!(
        pair.client(McxClientEvent::Register { mdsi: b"", kms: KMS }, |_| ()),
        Err(McxError::MissingIdentity)
    );
    assert_eq!(pair.alice.calls.sent(), (0, 0));
}

/// Covers: MCX-T-79, MCX-T-80, R-MCX-20
#[test]
fn a_forged_signature_never_reaches_decapsulation_and_changes_nothing() {
    let mut pair = Pair::new();
    pair.set_up();
    let before = pair.server_state();
    pair.home.calls.received();
    let mut client = Pair::new();
    client.rng = Rng::seeded(99);
    let mut message = client.upload();
    *message.last_mut().unwrap() ^= 1;
    assert_eq!(pair.bind(&message), Err(McxError::Unauthentic));
    assert_eq!(pair.home.calls.received(), (1, 0));
    assert_eq!(pair.server_state(), before);
    // It left no entry either: the right one is still new.
    *message.last_mut().unwrap() ^= 1;
    assert!(pair.bind(&message).is_ok());
}

/// Covers: MCX-T-43, MCX-T-44, R-MCX-21
#[test]
fn an_upload_counts_once_even_when_it_is_signed_again() {
    let mut pair = Pair::new();
    let message = pair.upload();
    pair.bind(&message).unwrap();
    pair.home.calls.received();
    assert_eq!(pair.bind(&message), Err(McxError::Replay));
    let again = resign(&message, pair.alice.keys(), 4711);
    assert_ne!(again, message);
    assert_eq!(pair.bind(&again), Err(McxError::Replay));
    assert_eq!(pair.home.calls.received(), (0, 0));
}

/// Covers: MCX-T-42, R-MCX-21
#[test]
fn a_message_from_beyond_the_skew_is_refused_on_either_side() {
    for (shift, outcome) in [
        (-61_i64, Some(McxError::FutureTimestamp)),
        (-60, None),
        (60, None),
        (61, Some(McxError::StaleTimestamp)),
    ] {
        let mut pair = Pair::new();
        let message = pair.upload();
        pair.now.seconds = pair.now.seconds.checked_add_signed(shift).unwrap();
        assert_eq!(pair.bind(&message).err(), outcome, "{shift}");
    }
}

/// Covers: R-MCX-29, R-MCX-19, R-MCX-13
#[test]
fn at_a_period_boundary_either_period_is_taken_within_the_skew() {
    let boundary = castkey::mcx::Ntp64::from_seconds(1501 * PERIOD_S);
    for (sent, received, held, outcome) in [
        (-5_i64, 5_i64, vec![1500, 1501], Ok(())),
        (5, -5, vec![1500, 1501], Ok(())),
        (5, 5, vec![1500, 1501], Ok(())),
        (5, 5, vec![1500], Err(Rejected::NoKeyMaterial { period: 1501 })),
        (-5, 5, vec![1501], Err(Rejected::NoKeyMaterial { period: 1500 })),
    ] {
        let mut pair = Pair::new();
        pair.alice = Someone::new(ALICE, &[1500, 1501]);
        // The keys of the fake go by UID, so that each period has its own.
        pair.home = Someone::new(MDSI, &held);
        pair.now.seconds = boundary.seconds.checked_add_signed(sent).unwrap();
        let message = pair.upload();
        pair.now.seconds = boundary.seconds.checked_add_signed(received).unwrap();
        let mut out = [0; 1024];
        let upload = CskUpload { octets: &message, impu: IMPU, user: ALICE, sdp_ids: None };
        let Pair { server, home, rows, rng, now, .. } = &mut pair;
        let result = home.with(|own| {
            let event = McxServerEvent::Upload(upload);
            server.handle(event, own, rows.as_mut_slice(), *now, rng, &mut out).map(|_| ())
        });
        assert_eq!(result, outcome, "{sent} {received} {held:?}");
        // The message may be good: whoever sent it may do so again once the keys are there.
        let answer = result.err().map(|refused| refused.peer_answer());
        assert_eq!(answer, outcome.err().map(|_| castkey::mcx::PeerAnswer::Later));
    }
}

/// Covers: MCX-T-55, MCX-T-56, R-MCX-7
#[test]
fn a_message_of_somebody_else_than_sip_says_is_refused_and_nothing_is_stored() {
    let mut pair = Pair::new();
    let message = pair.upload();
    let before = pair.server_state();
    assert_eq!(pair.bind_as(&message, IMPU, BOB), Err(McxError::IdentityMismatch));
    assert_eq!(pair.home.calls.received(), (0, 0));
    // Alice claims to be Bob, for which she has no keys.
    let at = message.windows(5).position(|window| window == b"alice").unwrap();
    let mut claimed = message.clone();
    claimed.splice(at..at + 5, *b"bobby");
    let claimed = resign(&claimed, pair.alice.keys(), 1);
    assert_eq!(pair.bind_as(&claimed, IMPU, b"sip:bobby@example.org"), Err(McxError::Unauthentic));
    assert_eq!(pair.home.calls.received(), (1, 0));
    assert_eq!(pair.server_state(), before);
    assert!(pair.bind(&message).is_ok());
}

/// Covers: MCX-T-57, MCX-T-58, R-MCX-15, R-MCX-22
#[test]
fn a_hidden_user_is_bound_in_two_steps() {
    let form = MessageForm { hide_initiator: true, hide_responder: true, ..MessageForm::default() };
    for (user, outcome) in [(ALICE, None), (BOB, Some(McxError::IdentityMismatch))] {
        let mut pair = Pair::new();
        let message = pair.upload_with(None, form).unwrap();
        let parsed = IMessage::decode(&message).unwrap();
        assert!(matches!((parsed.initiator(), parsed.responder()), (Party::Hidden(_), Party::Hidden(_))));
        let before = pair.server_state();
        let mut room = [0; 1024];
        let Pair { server, home, rows, .. } = &mut pair;
        home.with(|own| {
            let received = server.receive_upload(&message, None, None, own, NOW, &mut room).unwrap();
            assert!(received.is_hidden());
            let bound = server.bind_upload(received, IMPU, user, own, rows.as_mut_slice(), NOW);
            assert_eq!(bound.err(), outcome);
        });
        if outcome.is_some() {
            assert_eq!(pair.server_state(), before);
            assert_eq!(pair.bind(&message), Err(McxError::Replay));
        } else {
            assert_eq!(pair.rows[0].user(), Some(user));
        }
        // Another server is not meant, though it could verify.
        let mut other = Pair::new();
        other.home = Someone::now(b"mcx.elsewhere.org");
        assert_eq!(other.bind(&message), Err(McxError::NotResponder));
    }
}

/// Covers: MCX-T-57
#[test]
fn each_identity_may_be_hidden_on_its_own() {
    for (hide_initiator, hide_responder) in [(true, false), (false, true), (true, true)] {
        let mut pair = Pair::new();
        let form = MessageForm { hide_initiator, hide_responder, ..MessageForm::default() };
        let message = pair.upload_with(None, form).unwrap();
        assert!(pair.bind(&message).is_ok());
    }
}

/// Covers: MCX-T-89
#[test]
fn an_authentic_message_that_does_not_open_costs_one_decapsulation() {
    let mut pair = Pair::new();
    let mut message = pair.upload();
    let at = message.windows(5).position(|window| window == [1, 2, 1, 0x11, 4]).unwrap();
    message[at + 5] ^= 0xFF;
    let message = resign(&message, pair.alice.keys(), 1);
    assert_eq!(pair.bind(&message), Err(McxError::Unauthentic));
    assert_eq!(pair.home.calls.received(), (1, 1));
    assert_eq!(pair.bind(&message), Err(McxError::Replay));
    assert_eq!(pair.home.calls.received(), (0, 0));
}

/// Covers: MCX-T-90, R-MCX-21
#[test]
fn messages_within_one_tick_of_the_clock_differ_in_t() {
    let mut pair = Pair::new();
    let times: Vec<_> = (0..3)
        .map(|_| {
            let message = pair.upload();
            pair.client(McxClientEvent::UploadFailed, |_| ()).unwrap();
            IMessage::decode(&message).unwrap().time().to_bits()
        })
        .collect();
    assert!(times.windows(2).all(|pair| pair[0] < pair[1]));
    // A clock that runs backwards does not bring an old T back.
    pair.now.seconds -= 10;
    let message = pair.upload();
    assert!(IMessage::decode(&message).unwrap().time().to_bits() > times[2]);
}

/// Covers: MCX-T-75, MCX-T-74, R-MCX-7
#[test]
fn a_csk_id_of_another_user_or_of_another_key_is_refused() {
    let mut pair = Pair::new();
    let id = pair.set_up();
    let before = pair.server_state();
    // Bob happens to draw the CSK-ID of Alice: the same generator.
    let mut bob = Pair::new();
    bob.alice = Someone::now(BOB);
    let message = bob.upload();
    assert_eq!(IMessage::decode(&message).unwrap().csb_id(), id.csb());
    assert_eq!(pair.bind_as(&message, b"sip:bob@ims", BOB), Err(McxError::KeyIdOfOther));
    assert_eq!(pair.server_state(), before);
    // Alice herself, with the same ID and another key.
    let mut message = Pair::new().upload();
    let at = message.windows(5).position(|window| window == [1, 2, 1, 0x11, 4]).unwrap() + 4;
    message[at + 272] ^= 1;
    let time =
        message.windows(8).position(|window| *window == NOW.to_wire().to_bits().to_be_bytes()).unwrap();
    message[time + 7] = 9;
    let message = resign(&message, pair.alice.keys(), 1);
    assert_eq!(pair.bind(&message), Err(McxError::KeyIdInUse));
    assert_eq!(pair.server_state(), before);
}

/// Covers: R-MCX-7
#[test]
fn a_user_bound_to_one_impu_does_not_move_to_another_before_logging_off() {
    let mut pair = Pair::new();
    pair.set_up();
    let message = pair.upload();
    assert_eq!(pair.bind_as(&message, b"sip:other@ims", ALICE), Err(McxError::IdentityMismatch));
    pair.server(McxServerEvent::LogOff { user: ALICE }, |_| ()).unwrap();
    pair.client(McxClientEvent::UploadFailed, |_| ()).unwrap();
    pair.later(1);
    let message = pair.upload();
    assert!(pair.bind_as(&message, b"sip:other@ims", ALICE).is_ok());
}

/// Covers: MCX-T-60, R-MCX-8
#[test]
fn a_kms_that_is_not_accepted_is_named_and_a_redirect_is_followed_three_times() {
    let mut pair = Pair::new();
    let mut elsewhere = Pair::new();
    elsewhere.client(McxClientEvent::LogOff, |_| ()).unwrap();
    elsewhere.client(McxClientEvent::Register { mdsi: MDSI, kms: OTHER_KMS }, |_| ()).unwrap();
    let first = elsewhere.upload();
    let mut out = [0; 1024];
    let upload = CskUpload { octets: &first, impu: IMPU, user: ALICE, sdp_ids: None };
    let Pair { server, home, rows, rng, .. } = &mut pair;
    home.with(|own| {
        let event = McxServerEvent::Upload(upload);
        let refused = server.handle(event, own, rows.as_mut_slice(), NOW, rng, &mut out).unwrap_err();
        let role = castkey::mcx::KmsRole::Responder;
        assert_eq!(refused, Rejected::KmsNotAccepted { role, uri: OTHER_KMS });
        assert_eq!(refused.peer_answer(), castkey::mcx::PeerAnswer::Redirect);
    });
    let send = |elsewhere: &mut Pair, kms| {
        let event = McxClientEvent::Redirected { kms, form: MessageForm::default() };
        elsewhere.client(event, |action| match action {
            castkey::mcx::McxClientAction::Send(message) => message.to_vec(),
            other => panic!("{other:?}"),
        })
    };
    let retried = send(&mut elsewhere, KMS).unwrap();
    let (old, new) = (IMessage::decode(&first).unwrap(), IMessage::decode(&retried).unwrap());
    // A new message with the same key.
    assert_eq!(old.csb_id(), new.csb_id());
    assert!(new.time().to_bits() > old.time().to_bits() && new.rand() != old.rand());
    assert!(pair.bind(&retried).is_ok());
    for kms in [OTHER_KMS, KMS] {
        send(&mut elsewhere, kms).unwrap();
    }
    assert_eq!(send(&mut elsewhere, KMS), Err(McxError::TooManyRedirects));
    // What the last message says of the key is what counts, at both ends.
    let mut pair = Pair::new();
    pair.upload();
    let expiry = Some(NOW.after_s(1000));
    let parameters = castkey::mcx::KeyParametersInit {
        expiry,
        ..castkey::mcx::KeyParametersInit::of(PurposeTag::Csk, NOW)
    };
    let form = MessageForm { parameters: Some(parameters), ..MessageForm::default() };
    let message = pair
        .client(McxClientEvent::Redirected { kms: KMS, form }, |action| match action {
            castkey::mcx::McxClientAction::Send(message) => message.to_vec(),
            other => panic!("{other:?}"),
        })
        .unwrap();
    pair.bind(&message).unwrap();
    pair.client(McxClientEvent::UploadAccepted, |_| ()).unwrap();
    assert_eq!(pair.client.csk(NOW).unwrap().expiry(), expiry);
    assert_eq!(pair.server.csk(&pair.rows[0], NOW).unwrap().expiry(), expiry);
    // A KMS without a certificate is never taken from a redirect.
    let mut pair = Pair::new();
    pair.upload();
    assert_eq!(send(&mut pair, b"kms.attacker.org"), Err(McxError::KmsNotAccepted));
}

/// Covers: MCX-T-83, R-MCX-23
#[test]
fn the_same_random_octets_give_the_same_message_and_none_give_an_error() {
    assert_eq!(Pair::new().upload(), Pair::new().upload());
    let mut left = 0;
    loop {
        let mut pair = Pair::new();
        pair.rng.left = left;
        let state = pair.client_state();
        match pair.upload_with(None, MessageForm::default()) {
            Ok(_) => break,
            Err(e) => assert_eq!(e, McxError::RngFailed, "{left}"),
        }
        assert_eq!(pair.client_state(), state);
        left += 1;
    }
    // Key ID 4, key 16, RAND 16, nonce 8.
    assert_eq!(left, 44);
}

#[test]
fn a_small_buffer_is_noticed_before_anything_is_signed() {
    let mut pair = Pair::new();
    let len = Pair::new().upload().len();
    for size in [0, len - 1] {
        let upload = McxClientEvent::Upload { select: None, form: MessageForm::default() };
        let mut out = vec![0; size];
        let Pair { client, alice, rng, .. } = &mut pair;
        let needed = u32::try_from(len).unwrap();
        let result = alice.with(|own| client.handle(upload, own, NOW, rng, &mut out).unwrap_err());
        assert_eq!(result, Rejected::Encode(castkey::error::EncodeError::BufferTooSmall { needed }));
        assert_eq!(pair.alice.calls.sent(), (0, 0));
    }
    pair.upload();
}

/// Covers: MCX-T-93
#[test]
fn the_list_of_protocols_in_the_message_must_be_that_of_the_sdp() {
    let listed = MessageForm { sdp_ids: Some(SDP_IDS_MIKEY), ..MessageForm::default() };
    for (form, sdp_ids, required, outcome) in [
        (listed, Some(SDP_IDS_MIKEY), true, None),
        (listed, Some(b"mikey;other".as_slice()), false, Some(McxError::SdpIdsMismatch)),
        (MessageForm::default(), Some(SDP_IDS_MIKEY), false, None),
        (MessageForm::default(), Some(SDP_IDS_MIKEY), true, Some(McxError::SdpIdsMismatch)),
        (MessageForm::default(), None, true, None),
    ] {
        let settings = McxSettings { require_sdp_ids: required, ..McxSettings::DEFAULT };
        let mut pair = Pair::with(settings, Default::default(), Default::default());
        let message = pair.upload_with(None, form).unwrap();
        let upload = CskUpload { octets: &message, impu: IMPU, user: ALICE, sdp_ids };
        assert_eq!(pair.server(McxServerEvent::Upload(upload), |_| ()).err(), outcome);
    }
}

#[test]
fn beyond_the_rate_limit_no_mathematics_runs() {
    let mut pair = Pair::new();
    pair.server = castkey::mcx::McxServer::new(castkey::mcx::McxServerConfig {
        limit: RateLimit::new(2 * castkey::mcx::OPEN_COST, 1),
        ..Default::default()
    });
    let results: Vec<_> = (0..3)
        .map(|_| {
            let message = pair.upload();
            pair.client(McxClientEvent::UploadFailed, |_| ()).unwrap();
            pair.bind(&message).err()
        })
        .collect();
    assert_eq!(results, [None, None, Some(McxError::RateLimited)]);
    assert_eq!(pair.home.calls.received(), (2, 2));
}

#[test]
fn a_user_beyond_his_own_limit_does_not_use_up_that_of_all() {
    let cost = castkey::mcx::OPEN_COST;
    let mut pair = Pair::new();
    pair.server = castkey::mcx::McxServer::new(castkey::mcx::McxServerConfig {
        limit: RateLimit::new(3 * cost, 0),
        limit_per_user: RateLimit::new(cost, 0),
        ..Default::default()
    });
    let mut next = || {
        let message = pair.upload();
        pair.client(McxClientEvent::UploadFailed, |_| ()).unwrap();
        let result = pair.bind(&message).err();
        (result, pair.home.calls.received())
    };
    // The first one binds the user; after that he has one.
    assert_eq!([next(), next()], [(None, (1, 1)), (None, (1, 1))]);
    for _ in 0..5 {
        assert_eq!(next(), (Some(McxError::RateLimited), (0, 0)));
    }
    // Logged off he counts among all, and one is left of theirs.
    pair.server(McxServerEvent::LogOff { user: ALICE }, |_| ()).unwrap();
    let mut next = || {
        let message = pair.upload();
        pair.client(McxClientEvent::UploadFailed, |_| ()).unwrap();
        pair.bind(&message).err()
    };
    assert_eq!([next(), next()], [None, Some(McxError::RateLimited)]);
}

/// Covers: MCX-T-81, R-MCX-23
#[test]
fn nothing_that_is_printed_shows_a_key() {
    let mut pair = Pair::new();
    pair.set_up();
    let key = *pair.client.csk(NOW).unwrap().key().secret().expose();
    let text = format!("{:?} {:?} {:?}", pair.client, pair.server, pair.rows);
    for shown in [hex::encode(key), format!("{key:?}"), format!("{:?}", &key[..3])] {
        assert!(!text.contains(shown.trim_matches(['[', ']'])), "{text}");
    }
}
