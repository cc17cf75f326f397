//! Two INVITEs at a time, and what a dialog remembers.

use crate::sip::{Cause, DialogId, Endpoint, Event, Payload, SipError};
use crate::world::{Peer, at, called, calling, endpoint, next, quiet, sdp};

/// Two endpoints in a call that `pf` made, and the name each has for it.
fn call(pf: &mut Endpoint, client: &mut Endpoint) -> (DialogId, DialogId) {
    let ours = pf.invite("sip:a1@home1.net", client.address(), &sdp(), at(0)).unwrap();
    let Event::Invited { dialog: theirs, request, .. } = next(client, at(0)) else { panic!() };
    client.answer(request, 200, &sdp(), at(0)).unwrap();
    assert!(matches!(next(pf, at(0)), Event::Accepted { .. }));
    assert!(matches!(next(client, at(0)), Event::Acknowledged { .. }));
    (ours, theirs)
}

/// One re-INVITE that is accepted.
fn renew(from: &mut Endpoint, dialog: DialogId, to: &mut Endpoint) {
    from.reinvite(dialog, &sdp(), at(0)).unwrap();
    let Event::Reinvited { request, .. } = next(to, at(0)) else { panic!() };
    to.answer(request, 200, &sdp(), at(0)).unwrap();
    assert!(matches!(next(from, at(0)), Event::Accepted { .. }));
    assert!(matches!(next(to, at(0)), Event::Acknowledged { .. }));
}

#[test]
fn both_ends_know_the_same_dialog_and_count_each_their_own_requests() {
    let (mut pf, mut client) = (endpoint("pf"), endpoint("a1"));
    let (ours, theirs) = call(&mut pf, &mut client);
    let (a, b) = (pf.dialog(ours).unwrap(), client.dialog(theirs).unwrap());
    assert_eq!(a.call_id, b.call_id);
    assert_eq!((&a.remote_tag, &b.remote_tag), (&Some(b.local_tag.clone()), &Some(a.local_tag.clone())));
    assert_ne!(a.local_tag, b.local_tag);
    assert_eq!((a.owns_call_id, b.owns_call_id), (true, false));
    assert_eq!((a.peer, b.peer), (client.address(), pf.address()));
    assert_eq!((b.remote_cseq, a.remote_cseq), (Some(a.local_cseq), None));
    for round in 1..4 {
        renew(&mut pf, ours, &mut client);
        renew(&mut client, theirs, &mut pf);
        let (a2, b2) = (pf.dialog(ours).unwrap(), client.dialog(theirs).unwrap());
        assert_eq!((a2.local_cseq, b2.local_cseq), (a.local_cseq + round, b.local_cseq + round));
        assert_eq!((b2.remote_cseq, a2.remote_cseq), (Some(a2.local_cseq), Some(b2.local_cseq)));
    }
    client.bye(theirs, at(0)).unwrap();
    assert_eq!(next(&mut pf, at(0)), Event::Ended { dialog: ours });
    assert_eq!(next(&mut client, at(0)), Event::Closed { dialog: theirs, code: 200 });
    assert!(matches!(pf.reinvite(ours, &sdp(), at(0)), Err(SipError::NoDialog)));
    assert!(matches!(pf.bye(ours, at(0)), Err(SipError::NoDialog)));
}

#[test]
fn invites_that_cross_are_refused_with_491_on_both_sides_and_the_session_stands() {
    let (mut pf, mut client) = (endpoint("pf"), endpoint("a1"));
    let (ours, theirs) = call(&mut pf, &mut client);
    pf.reinvite(ours, &sdp(), at(0)).unwrap();
    client.reinvite(theirs, &sdp(), at(0)).unwrap();
    quiet(&mut client, at(0));
    for (end, dialog) in [(&mut pf, ours), (&mut client, theirs)] {
        let Event::Refused { dialog: of, code, cause, .. } = next(end, at(0)) else { panic!() };
        assert_eq!((of, code, cause), (dialog, 491, Cause::Answer));
        assert!(end.dialog(dialog).unwrap().established);
    }
    quiet(&mut pf, at(0));
    quiet(&mut client, at(0));
    renew(&mut client, theirs, &mut pf);
    renew(&mut pf, ours, &mut client);
}

#[test]
fn only_the_crossing_invite_is_refused() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let (dialog, tag) = calling(&mut pf, &peer);
    pf.reinvite(dialog, &sdp(), at(0)).unwrap();
    let ours = peer.receive();
    peer.send(&pf, &peer.request(&pf, "INVITE", "x", 2, &tag, "", ""));
    quiet(&mut pf, at(0));
    assert_eq!(peer.receive().line(), "SIP/2.0 491 Request Pending");
    // A provisional answer does not end ours.
    peer.answer(&pf, &ours, "180 Ringing", "", "", "");
    assert!(matches!(next(&mut pf, at(0)), Event::Progress { code: 180, .. }));
    peer.send(&pf, &peer.request(&pf, "INVITE", "y", 3, &tag, "", ""));
    quiet(&mut pf, at(0));
    assert_eq!(peer.receive().line(), "SIP/2.0 491 Request Pending");
    peer.answer(&pf, &ours, "200 OK", "", "", "");
    assert!(matches!(next(&mut pf, at(0)), Event::Accepted { .. }));
    assert!(peer.receive().line().starts_with("ACK "));
    peer.send(&pf, &peer.request(&pf, "INVITE", "z", 4, &tag, "", ""));
    assert!(matches!(next(&mut pf, at(0)), Event::Reinvited { .. }));
}

#[test]
fn a_second_invite_before_the_first_is_answered_is_told_when_to_come_back() {
    let mut seen = Vec::new();
    for _ in 0..40 {
        let (mut pf, peer) = (endpoint("pf"), Peer::new());
        let (_, tag) = calling(&mut pf, &peer);
        peer.send(&pf, &peer.request(&pf, "INVITE", "x", 2, &tag, "", ""));
        let Event::Reinvited { request, .. } = next(&mut pf, at(0)) else { panic!() };
        peer.send(&pf, &peer.request(&pf, "INVITE", "y", 3, &tag, "", ""));
        quiet(&mut pf, at(0));
        let refusal = peer.receive();
        assert_eq!(
            (refusal.line(), refusal.header("CSeq")),
            ("SIP/2.0 500 Server Internal Error", "3 INVITE")
        );
        seen.push(refusal.header("Retry-After").parse::<u32>().unwrap());
        // The first is still to be answered.
        pf.answer(request, 200, &sdp(), at(0)).unwrap();
        let ok = peer.receive();
        assert_eq!((ok.line(), ok.header("CSeq")), ("SIP/2.0 200 OK", "2 INVITE"));
    }
    assert!(seen.iter().all(|seconds| *seconds <= 10), "{seen:?}");
    assert!(seen.iter().any(|seconds| *seconds != seen[0]), "not random: {seen:?}");
}

#[test]
fn a_request_that_is_older_than_the_last_is_refused() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let (dialog, tag) = calling(&mut pf, &peer);
    for (method, branch, cseq) in [("INVITE", "x", 1), ("BYE", "y", 1), ("INVITE", "z", 0)] {
        peer.send(&pf, &peer.request(&pf, method, branch, cseq, &tag, "", ""));
        quiet(&mut pf, at(0));
        let refusal = peer.receive();
        assert_eq!(refusal.line(), "SIP/2.0 500 Server Internal Error");
        assert!(refusal.headers("Retry-After").is_empty());
    }
    // A gap is none of our business.
    peer.send(&pf, &peer.request(&pf, "BYE", "w", 90, &tag, "", ""));
    assert_eq!(next(&mut pf, at(0)), Event::Ended { dialog });
}

#[test]
fn an_endpoint_does_not_cross_its_own_invites() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = pf.invite("sip:peer@home1.net", peer.address(), &sdp(), at(0)).unwrap();
    assert!(matches!(pf.reinvite(dialog, &sdp(), at(0)), Err(SipError::WrongState)));
    assert!(matches!(pf.bye(dialog, at(0)), Err(SipError::WrongState)));
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = called(&mut pf, &peer);
    assert!(matches!(pf.cancel(dialog, at(0)), Err(SipError::WrongState)));
    pf.reinvite(dialog, &sdp(), at(0)).unwrap();
    assert!(matches!(pf.reinvite(dialog, &sdp(), at(0)), Err(SipError::InviteInProgress)));

    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let (dialog, tag) = calling(&mut pf, &peer);
    peer.send(&pf, &peer.request(&pf, "INVITE", "x", 2, &tag, "", ""));
    let Event::Reinvited { request, .. } = next(&mut pf, at(0)) else { panic!() };
    let offered = pf.counts().offered;
    assert!(matches!(pf.reinvite(dialog, &sdp(), at(0)), Err(SipError::InviteInProgress)));
    assert_eq!(pf.counts().offered, offered);
    pf.answer(request, 200, &sdp(), at(0)).unwrap();
    assert!(matches!(pf.reinvite(dialog, &sdp(), at(0)), Err(SipError::InviteInProgress)), "no ACK yet");
    peer.send(&pf, &peer.request(&pf, "ACK", "y", 2, &tag, "", ""));
    assert!(matches!(next(&mut pf, at(0)), Event::Acknowledged { .. }));
    pf.reinvite(dialog, &sdp(), at(0)).unwrap();
}

#[test]
fn a_refused_offer_leaves_the_session_as_it_was() {
    for code in [408, 480, 481, 488, 491, 500, 606] {
        let (mut pf, mut client) = (endpoint("pf"), endpoint("a1"));
        let (ours, theirs) = call(&mut pf, &mut client);
        pf.reinvite(ours, &sdp(), at(0)).unwrap();
        let Event::Reinvited { request, .. } = next(&mut client, at(0)) else { panic!() };
        let payload = Payload::warning("a1.home1.net", 306, "key").with("Retry-After", "3 (busy)");
        client.answer(request, code, &payload, at(0)).unwrap();
        let Event::Refused { code: got, payload, .. } = next(&mut pf, at(0)) else { panic!() };
        assert_eq!((got, payload.warning_code()), (code, Some(306)));
        assert_eq!(payload.retry_after().map(|after| after.as_secs()), Some(3));
        quiet(&mut client, at(0));
        assert!(pf.dialog(ours).unwrap().established && client.dialog(theirs).unwrap().established);
        renew(&mut pf, ours, &mut client);
    }
}

#[test]
fn a_new_contact_in_an_offer_or_its_answer_moves_the_target() {
    let (mut pf, peer, moved) = (endpoint("pf"), Peer::new(), Peer::new());
    let (dialog, tag) = calling(&mut pf, &peer);
    let offer = peer.request(&pf, "INVITE", "x", 2, &tag, "", "");
    peer.send(
        &pf,
        &offer.replace(&format!("Contact: <{}>", peer.uri()), &format!("Contact: <{}>", moved.uri())),
    );
    let Event::Reinvited { request, .. } = next(&mut pf, at(0)) else { panic!() };
    assert_eq!(pf.dialog(dialog).unwrap().peer, peer.address(), "not before it is accepted");
    pf.answer(request, 200, &sdp(), at(0)).unwrap();
    assert_eq!(pf.dialog(dialog).unwrap().peer, moved.address());
    peer.send(&pf, &peer.request(&pf, "ACK", "y", 2, &tag, "", ""));
    assert!(matches!(next(&mut pf, at(0)), Event::Acknowledged { .. }));
    pf.reinvite(dialog, &sdp(), at(0)).unwrap();
    let ours = moved.receive();
    assert_eq!(ours.line(), format!("INVITE {} SIP/2.0", moved.uri()));
    peer.answer(&pf, &ours, "200 OK", "", "", "");
    assert!(matches!(next(&mut pf, at(0)), Event::Accepted { .. }));
    assert_eq!(pf.dialog(dialog).unwrap().peer, peer.address());
}
