//! Requests to the endpoint, from a peer of plain text.

use crate::sip::{Event, Payload, SipError};
use crate::world::{Peer, at, called, calling, endpoint, next, param, quiet, sdp, timeline, times};

/// RFC 3261 §17.2.1 timer G, §13.3.1.4: T1 doubling up to T2.
const ANSWER_MS: [u64; 11] = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];

#[test]
fn an_invite_that_comes_again_is_absorbed_and_gets_what_it_had() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let invite = peer.request(&pf, "INVITE", "a", 7, "", "P-Asserted-Identity: <sip:a1@home1.net>\r\n", "");
    peer.send(&pf, &invite);
    let Event::Invited { dialog, request, uri, payload } = next(&mut pf, at(0)) else { panic!() };
    assert_eq!(uri, format!("sip:pf@{}", pf.address()));
    assert_eq!(payload.header("p-asserted-identity"), Some("<sip:a1@home1.net>"));
    peer.send(&pf, &invite);
    quiet(&mut pf, at(100));
    assert_eq!(peer.all(), []);
    // Nobody answers: 200 ms later a 100 goes out, without a tag.
    let (got, _) = timeline(&mut pf, &peer, 100, 5000);
    assert_eq!((times(&got, "SIP/2.0 100 Trying\r\n"), got.len()), (vec![200], 1));
    assert!(!got[0].1.header("To").contains("tag="));
    peer.send(&pf, &invite);
    quiet(&mut pf, at(5000));
    assert_eq!(peer.all(), [got[0].1.clone()]);
    pf.answer(request, 180, &Payload::EMPTY, at(5000)).unwrap();
    let ringing = peer.receive();
    assert_eq!(ringing.line(), "SIP/2.0 180 Ringing");
    let tag = pf.dialog(dialog).unwrap().local_tag;
    assert_eq!(param(ringing.header("To"), "tag"), tag);
    peer.send(&pf, &invite);
    quiet(&mut pf, at(5000));
    assert_eq!(peer.all(), [ringing]);
    // Accepted, the answer is sent again by its own clock, not because the INVITE comes again.
    pf.answer(request, 200, &sdp(), at(5000)).unwrap();
    let ok = peer.receive();
    assert_eq!(param(ok.header("To"), "tag"), tag);
    peer.send(&pf, &invite);
    quiet(&mut pf, at(5000));
    assert_eq!(peer.all(), []);
    assert!(matches!(pf.answer(request, 486, &Payload::EMPTY, at(5000)), Err(SipError::NoRequest)));
}

#[test]
fn an_answer_repeats_what_tells_the_transaction() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let invite =
        peer.request(&pf, "INVITE", "a", 7, "", "Via: SIP/2.0/UDP far.net;branch=z9hG4bKfar\r\n", "");
    peer.send(&pf, &invite);
    let Event::Invited { request, .. } = next(&mut pf, at(0)) else { panic!() };
    pf.answer(request, 488, &Payload::warning("pf.home1.net", 306, "no \"key\""), at(0)).unwrap();
    let answer = peer.receive();
    assert_eq!(answer.line(), "SIP/2.0 488 Not Acceptable Here");
    let near = format!("SIP/2.0/UDP {};branch=z9hG4bKa", peer.address());
    assert_eq!(answer.headers("Via"), [near.as_str(), "SIP/2.0/UDP far.net;branch=z9hG4bKfar"]);
    assert_eq!(answer.header("From"), format!("\"A caller\" <{}>;tag=caller", peer.uri()));
    assert!(answer.header("To").starts_with(&format!("<sip:pf@{}>;tag=", pf.address())));
    assert_eq!((answer.header("Call-ID"), answer.header("CSeq")), ("call", "7 INVITE"));
    assert_eq!(answer.header("Warning"), "306 pf.home1.net \"no 'key'\"");
    assert_eq!(answer.header("Content-Length"), "0");
}

#[test]
fn a_refusal_is_sent_again_until_its_ack_and_not_longer_than_64_t1() {
    for acknowledged in [false, true] {
        let (mut pf, peer) = (endpoint("pf"), Peer::new());
        let invite = peer.request(&pf, "INVITE", "a", 1, "", "", "");
        peer.send(&pf, &invite);
        let Event::Invited { dialog, request, .. } = next(&mut pf, at(0)) else { panic!() };
        pf.answer(request, 486, &Payload::EMPTY, at(0)).unwrap();
        assert_eq!(pf.dialog(dialog), None);
        let (got, _) = timeline(&mut pf, &peer, 0, 1000);
        assert_eq!(times(&got, "SIP/2.0 486 "), [0, 500]);
        if acknowledged {
            let tag = param(got[0].1.header("To"), "tag");
            for _ in 0..2 {
                peer.send(&pf, &peer.request(&pf, "ACK", "a", 1, tag, "", ""));
                quiet(&mut pf, at(1000));
            }
            peer.send(&pf, &invite);
            quiet(&mut pf, at(1000));
            // Absorbed for T4, then forgotten.
            let (got, events) = timeline(&mut pf, &peer, 1000, 5999);
            assert_eq!((got, events, pf.kept()), (vec![], vec![], 2));
            quiet(&mut pf, at(6000));
        } else {
            peer.send(&pf, &invite);
            quiet(&mut pf, at(1000));
            assert_eq!(peer.all(), [got[0].1.clone()]);
            let (got, events) = timeline(&mut pf, &peer, 1000, 100_000);
            assert_eq!((times(&got, "SIP/2.0 486 "), events), (ANSWER_MS[2..].to_vec(), vec![]));
        }
        assert_eq!((pf.kept(), pf.counts().stray), (0, 0));
    }
}

#[test]
fn an_acceptance_is_sent_again_until_its_ack() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    peer.send(&pf, &peer.request(&pf, "INVITE", "a", 1, "", "", ""));
    let Event::Invited { dialog, request, .. } = next(&mut pf, at(0)) else { panic!() };
    pf.answer(request, 200, &sdp(), at(0)).unwrap();
    let (got, _) = timeline(&mut pf, &peer, 0, 4000);
    assert_eq!(times(&got, "SIP/2.0 200 OK\r\n"), ANSWER_MS[..4]);
    assert!(got.iter().all(|(_, text)| *text == got[0].1));
    assert_eq!(got[0].1.header("Contact"), format!("<sip:pf@{}>", pf.address()));
    let tag = param(got[0].1.header("To"), "tag");
    // An ACK of another CSeq is none of this INVITE; that of a 2xx has a branch of its own.
    peer.send(&pf, &peer.request(&pf, "ACK", "b", 2, tag, "", ""));
    quiet(&mut pf, at(4000));
    assert_eq!(pf.counts().stray, 1);
    peer.send(&pf, &peer.request(&pf, "ACK", "c", 1, tag, "", ""));
    assert_eq!(next(&mut pf, at(4000)), Event::Acknowledged { dialog, request });
    peer.send(&pf, &peer.request(&pf, "ACK", "c", 1, tag, "", ""));
    let (got, events) = timeline(&mut pf, &peer, 4000, 100_000);
    // Only the dialog is left.
    assert_eq!((got, events, pf.kept()), (vec![], vec![], 1));
    assert!(pf.dialog(dialog).unwrap().established);
}

#[test]
fn an_acceptance_that_nobody_acknowledges_ends_the_session_after_64_t1() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    peer.send(&pf, &peer.request(&pf, "INVITE", "a", 1, "", "", ""));
    let Event::Invited { dialog, request, .. } = next(&mut pf, at(0)) else { panic!() };
    pf.answer(request, 200, &sdp(), at(0)).unwrap();
    let (got, events) = timeline(&mut pf, &peer, 0, 40_000);
    assert_eq!(times(&got, "SIP/2.0 200 OK\r\n"), ANSWER_MS);
    assert_eq!(events, [(32_000, Event::Unacknowledged { dialog, request })]);
    assert_eq!(times(&got, "BYE ").first(), Some(&32_000));
    assert_eq!(pf.dialog(dialog), None);
}

#[test]
fn a_cancel_gets_200_and_the_invite_487() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    peer.send(&pf, &peer.request(&pf, "CANCEL", "a", 1, "", "", ""));
    quiet(&mut pf, at(0));
    assert_eq!(peer.receive().line(), "SIP/2.0 481 Call/Transaction Does Not Exist");
    peer.send(&pf, &peer.request(&pf, "INVITE", "b", 2, "", "", ""));
    let Event::Invited { dialog, request, .. } = next(&mut pf, at(0)) else { panic!() };
    let cancel = peer.request(&pf, "CANCEL", "b", 2, "", "", "");
    peer.send(&pf, &cancel);
    assert_eq!(next(&mut pf, at(0)), Event::Cancelled { dialog, request });
    let got = peer.all();
    let answers: Vec<_> = got.iter().map(|text| (text.line(), text.header("CSeq"))).collect();
    assert_eq!(answers, [("SIP/2.0 200 OK", "2 CANCEL"), ("SIP/2.0 487 Request Terminated", "2 INVITE")]);
    // Come again, it gets its 200 again and nothing else happens.
    peer.send(&pf, &cancel);
    quiet(&mut pf, at(0));
    assert_eq!(peer.all(), [got[0].clone()]);
    assert!(matches!(pf.answer(request, 200, &sdp(), at(0)), Err(SipError::NoRequest)));
    assert_eq!(pf.dialog(dialog), None);
}

#[test]
fn a_cancel_behind_the_final_answer_changes_nothing() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let (dialog, _) = calling(&mut pf, &peer);
    peer.send(&pf, &peer.request(&pf, "CANCEL", "first", 1, "", "", ""));
    quiet(&mut pf, at(0));
    let got = peer.all();
    assert_eq!((got.len(), got[0].line(), got[0].header("CSeq")), (1, "SIP/2.0 200 OK", "1 CANCEL"));
    assert!(pf.dialog(dialog).unwrap().established);
}

#[test]
fn a_bye_ends_the_dialog_once_and_gets_487_for_what_is_open() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let (dialog, tag) = calling(&mut pf, &peer);
    peer.send(&pf, &peer.request(&pf, "INVITE", "re", 2, &tag, "", ""));
    let Event::Reinvited { request, .. } = next(&mut pf, at(0)) else { panic!() };
    let bye = peer.request(&pf, "BYE", "bye", 3, &tag, "", "");
    peer.send(&pf, &bye);
    assert_eq!(next(&mut pf, at(0)), Event::Ended { dialog });
    let got = peer.all();
    let answers: Vec<_> = got.iter().map(|text| (text.line(), text.header("CSeq"))).collect();
    assert_eq!(answers, [("SIP/2.0 200 OK", "3 BYE"), ("SIP/2.0 487 Request Terminated", "2 INVITE")]);
    assert!(matches!(pf.answer(request, 200, &sdp(), at(0)), Err(SipError::NoRequest)));
    peer.send(&pf, &bye);
    quiet(&mut pf, at(0));
    assert_eq!(peer.all(), [got[0].clone()]);
    peer.send(&pf, &peer.request(&pf, "BYE", "other", 4, &tag, "", ""));
    quiet(&mut pf, at(0));
    assert_eq!(peer.receive().line(), "SIP/2.0 481 Call/Transaction Does Not Exist");
    // 64 T1 later nothing of it is kept.
    let _ = timeline(&mut pf, &peer, 0, 100_000);
    assert_eq!(pf.kept(), 0);
}

#[test]
fn what_the_application_need_not_see_is_answered_without_it() {
    let rows = [
        // A tag that names no dialog of ours.
        ("INVITE", "nobody", "", "", "SIP/2.0 481 Call/Transaction Does Not Exist"),
        ("BYE", "nobody", "", "", "SIP/2.0 481 Call/Transaction Does Not Exist"),
        ("BYE", "", "", "", "SIP/2.0 481 Call/Transaction Does Not Exist"),
        ("OPTIONS", "", "", "", "SIP/2.0 200 OK"),
        ("MESSAGE", "", "", "", "SIP/2.0 405 Method Not Allowed"),
        ("FOO", "", "", "", "SIP/2.0 405 Method Not Allowed"),
        ("INVITE", "", "Require: 100rel\r\n", "", "SIP/2.0 420 Bad Extension"),
        ("INVITE", "", "Content-Type: multipart/mixed;boundary=x\r\n", "no parts", "SIP/2.0 400 Bad Request"),
    ];
    for (method, tag, more, body, status) in rows {
        let (mut pf, peer) = (endpoint("pf"), Peer::new());
        peer.send(&pf, &peer.request(&pf, method, "a", 1, tag, more, body));
        quiet(&mut pf, at(0));
        let answer = peer.receive();
        assert_eq!(answer.line(), status, "{method} {more}");
        assert!(answer.header("To").contains(";tag="));
        match &status[8..11] {
            "405" => assert_eq!(answer.header("Allow"), "INVITE, ACK, CANCEL, BYE, OPTIONS"),
            "420" => assert_eq!(answer.header("Unsupported"), "100rel"),
            _ => {}
        }
        assert_eq!(pf.dialogs().count(), 0);
    }
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let invite = peer.request(&pf, "INVITE", "a", 1, "", "", "");
    let bare: String = invite.split_inclusive("\r\n").filter(|line| !line.starts_with("Contact")).collect();
    peer.send(&pf, &bare);
    quiet(&mut pf, at(0));
    assert_eq!(peer.receive().line(), "SIP/2.0 400 Bad Request");
}

#[test]
fn an_invite_that_came_on_two_ways_is_taken_once() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    peer.send(&pf, &peer.request(&pf, "INVITE", "a", 1, "", "", ""));
    assert!(matches!(next(&mut pf, at(0)), Event::Invited { .. }));
    peer.send(&pf, &peer.request(&pf, "INVITE", "b", 1, "", "", ""));
    quiet(&mut pf, at(0));
    assert_eq!(peer.receive().line(), "SIP/2.0 482 Loop Detected");
}

#[test]
fn answers_go_where_the_request_says() {
    let (mut pf, peer, other) = (endpoint("pf"), Peer::new(), Peer::new());
    let options = peer.request(&pf, "OPTIONS", "a", 1, "", "", "");
    // Sent from another port: without rport the answer goes to the port that is written.
    other.send(&pf, &options);
    quiet(&mut pf, at(0));
    assert_eq!(peer.receive().line(), "SIP/2.0 200 OK");
    // With it, to where the request came from, and it says so.
    other.send(&pf, &options.replace("branch=z9hG4bKa", "rport;branch=z9hG4bKb"));
    quiet(&mut pf, at(0));
    let answer = other.receive();
    let via = answer.header("Via");
    assert_eq!(
        (param(via, "rport"), param(via, "received")),
        (other.address().port().to_string().as_str(), "127.0.0.1")
    );
    assert_eq!(param(via, "branch"), "z9hG4bKb");
    // A host that is not the source: the source is noted, and the port is kept.
    let named = options.replace("127.0.0.1", "a1.home1.net").replace("z9hG4bKa", "z9hG4bKc");
    other.send(&pf, &named);
    quiet(&mut pf, at(0));
    let answer = peer.receive();
    assert_eq!(param(answer.header("Via"), "received"), "127.0.0.1");
}

#[test]
fn short_names_and_folded_lines_are_understood() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let invite = peer
        .request(&pf, "INVITE", "a", 1, "", "Subject: one\r\n two\r\n", "")
        .replace("Via:", "v:")
        .replace("From:", "f:")
        .replace("To:", "t:")
        .replace("Call-ID:", "i:")
        .replace("Contact:", "m:")
        .replace("Content-Length:", "l :");
    peer.send(&pf, &invite);
    let Event::Invited { payload, .. } = next(&mut pf, at(0)) else { panic!() };
    assert_eq!((payload.header("Subject"), payload.header("Call-ID")), (Some("one two"), Some("call")));
}

#[test]
fn who_borrows_a_branch_or_a_tag_is_somebody_else() {
    let (mut pf, peer, other) = (endpoint("pf"), Peer::new(), Peer::new());
    let (dialog, tag) = calling(&mut pf, &peer);
    // The branch of the first INVITE, from another host: not that INVITE again.
    other.send(
        &pf,
        &other.request(&pf, "INVITE", "first", 1, "", "", "").replace("Call-ID: call", "Call-ID: other"),
    );
    let Event::Invited { dialog: second, .. } = next(&mut pf, at(0)) else { panic!() };
    assert_ne!(second, dialog);
    for (from, to) in
        [(";tag=caller", ";tag=other"), ("Call-ID: call", "Call-ID: none"), (tag.as_str(), "none")]
    {
        let bye = other.request(&pf, "BYE", &format!("bye{}", to.len()), 9, &tag, "", "").replace(from, to);
        other.send(&pf, &bye);
        quiet(&mut pf, at(0));
        assert_eq!(other.receive().line(), "SIP/2.0 481 Call/Transaction Does Not Exist", "{to}");
    }
    assert!(pf.dialog(dialog).unwrap().established);
}

#[test]
fn a_dialog_that_the_peer_left_open_is_closed_behind_the_ack() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    peer.send(&pf, &peer.request(&pf, "INVITE", "a", 1, "", "", ""));
    let Event::Invited { dialog, request, .. } = next(&mut pf, at(0)) else { panic!() };
    assert!(matches!(pf.bye(dialog, at(0)), Err(SipError::WrongState)));
    pf.answer(request, 200, &sdp(), at(0)).unwrap();
    let tag = param(peer.receive().header("To"), "tag").to_owned();
    pf.bye(dialog, at(0)).unwrap();
    quiet(&mut pf, at(0));
    assert_eq!(peer.all(), [], "no BYE before the ACK");
    assert!(matches!(pf.bye(dialog, at(0)), Err(SipError::WrongState)));
    peer.send(&pf, &peer.request(&pf, "ACK", "b", 1, &tag, "", ""));
    assert_eq!(next(&mut pf, at(10)), Event::Acknowledged { dialog, request });
    assert!(peer.receive().line().starts_with("BYE "));
    assert_eq!(pf.dialog(dialog), None);
}

#[test]
fn a_bye_leaves_no_invite_of_ours_waiting_for_ever() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = called(&mut pf, &peer);
    pf.reinvite(dialog, &sdp(), at(0)).unwrap();
    let invite = peer.receive();
    peer.answer(&pf, &invite, "100 Trying", "", "", "");
    quiet(&mut pf, at(0));
    pf.bye(dialog, at(1000)).unwrap();
    let bye = peer.receive();
    peer.answer(&pf, &bye, "200 OK", "", "", "");
    assert_eq!(next(&mut pf, at(1000)), Event::Closed { dialog, code: 200 });
    // Answered late, it is acknowledged and nobody is told.
    peer.answer(&pf, &invite, "487 Request Terminated", "", "", "");
    quiet(&mut pf, at(2000));
    assert_eq!(peer.receive().line(), format!("ACK {} SIP/2.0", peer.uri()));
    let (_, events) = timeline(&mut pf, &peer, 2000, 100_000);
    assert_eq!((events, pf.kept()), (vec![], 0));
    // Never answered, it is forgotten.
    let dialog = called(&mut pf, &peer);
    pf.reinvite(dialog, &sdp(), at(0)).unwrap();
    peer.answer(&pf, &peer.receive(), "100 Trying", "", "", "");
    quiet(&mut pf, at(0));
    pf.bye(dialog, at(0)).unwrap();
    let (_, events) = timeline(&mut pf, &peer, 0, 100_000);
    assert_eq!((events, pf.kept()), (vec![(32_000, Event::Closed { dialog, code: 408 })], 0));
}
