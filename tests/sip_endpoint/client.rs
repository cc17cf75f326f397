//! Requests of the endpoint, to a peer of plain text.

use core::time::Duration;

use crate::sip::{Cause, Event, Payload};
use crate::world::{Peer, SDP, at, called, endpoint, next, param, quiet, sdp, timeline, times};

/// RFC 3261 §17.1.1.2: T1 doubling without bound; timer B at 64 T1.
const INVITE_MS: [u64; 7] = [0, 500, 1500, 3500, 7500, 15_500, 31_500];
/// RFC 3261 §17.1.2.2: T1 doubling up to T2; timer F at 64 T1.
const OTHER_MS: [u64; 11] = [0, 500, 1500, 3500, 7500, 11_500, 15_500, 19_500, 23_500, 27_500, 31_500];

#[test]
fn an_invite_without_an_answer_is_sent_again_at_doubling_intervals_and_given_up_after_64_t1() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = pf.invite("sip:peer@home1.net", peer.address(), &sdp(), at(0)).unwrap();
    let (got, events) = timeline(&mut pf, &peer, 0, 100_000);
    assert_eq!(times(&got, "INVITE sip:peer@home1.net SIP/2.0\r\n"), INVITE_MS);
    assert!(got.iter().all(|(_, text)| *text == got[0].1), "sent again means the same octets");
    let refused = Event::Refused { dialog, code: 408, cause: Cause::TimedOut, payload: Payload::EMPTY };
    assert_eq!(events, [(32_000, refused)]);
    assert_eq!((pf.dialog(dialog), pf.kept()), (None, 0));
}

#[test]
fn an_invite_has_all_that_a_request_needs() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let payload = sdp().with("P-Asserted-Identity", "<sip:pf@home1.net>");
    let dialog = pf.invite("sip:peer@home1.net", peer.address(), &payload, at(0)).unwrap();
    let invite = peer.receive();
    let view = pf.dialog(dialog).unwrap();
    assert_eq!(invite.line(), "INVITE sip:peer@home1.net SIP/2.0");
    assert!(invite.header("Via").starts_with(&format!("SIP/2.0/UDP {};branch=z9hG4bK", pf.address())));
    assert_eq!(invite.header("Max-Forwards"), "70");
    assert_eq!(invite.header("From"), format!("<sip:pf@home1.net>;tag={}", view.local_tag));
    assert_eq!(invite.header("To"), "<sip:peer@home1.net>");
    assert_eq!(invite.header("Call-ID"), view.call_id);
    assert_eq!(invite.header("CSeq"), format!("{} INVITE", view.local_cseq));
    assert_eq!(invite.header("Contact"), format!("<sip:pf@{}>", pf.address()));
    assert_eq!(invite.header("P-Asserted-Identity"), "<sip:pf@home1.net>");
    assert_eq!(invite.header("Content-Type"), "application/sdp");
    assert_eq!((invite.header("Content-Length"), invite.body()), (SDP.len().to_string().as_str(), SDP));
    assert!(view.owns_call_id && !view.established && view.local_tag.len() >= 8);
}

#[test]
fn a_provisional_answer_stops_the_retransmission_and_the_wait_has_no_end() {
    for status in ["100 Trying", "180 Ringing"] {
        let (mut pf, peer) = (endpoint("pf"), Peer::new());
        let dialog = pf.invite("sip:peer@home1.net", peer.address(), &sdp(), at(0)).unwrap();
        let invite = peer.receive();
        peer.answer(&pf, &invite, status, "callee", "", "");
        if status.starts_with("180") {
            assert!(
                matches!(next(&mut pf, at(100)), Event::Progress { dialog: of, code: 180, .. } if of == dialog)
            );
        } else {
            quiet(&mut pf, at(100));
        }
        assert_eq!(pf.deadline(), None);
        quiet(&mut pf, at(600_000));
        assert_eq!(peer.all(), []);
        peer.answer(&pf, &invite, "200 OK", "callee", "", "");
        assert!(matches!(next(&mut pf, at(600_000)), Event::Accepted { .. }));
    }
}

#[test]
fn a_refusal_is_acknowledged_in_the_branch_of_the_invite_each_time_it_comes() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = pf.invite("sip:peer@home1.net", peer.address(), &sdp(), at(0)).unwrap();
    let invite = peer.receive();
    let warning = "Warning: 306 home1.net \"key management\"\r\n";
    peer.answer(&pf, &invite, "488 Not Acceptable Here", "callee", warning, "");
    let Event::Refused { dialog: of, code, cause, payload } = next(&mut pf, at(10)) else { panic!() };
    assert_eq!((of, code, cause, payload.warning_code()), (dialog, 488, Cause::Answer, Some(306)));
    let ack = peer.receive();
    assert_eq!(ack.line(), "ACK sip:peer@home1.net SIP/2.0");
    assert_eq!(ack.branch(), invite.branch());
    assert_eq!(ack.header("CSeq"), format!("{} ACK", invite.cseq()));
    assert_eq!(ack.header("From"), invite.header("From"));
    assert_eq!(ack.header("To"), "<sip:peer@home1.net>;tag=callee");
    assert_eq!(ack.header("Call-ID"), invite.header("Call-ID"));
    for _ in 0..2 {
        peer.answer(&pf, &invite, "488 Not Acceptable Here", "callee", warning, "");
        quiet(&mut pf, at(500));
        assert_eq!(peer.all(), core::slice::from_ref(&ack));
    }
    assert_eq!(pf.dialog(dialog), None);
    let (got, events) = timeline(&mut pf, &peer, 500, 100_000);
    assert_eq!((got, events, pf.kept()), (vec![], vec![], 0));
}

#[test]
fn an_acceptance_is_acknowledged_end_to_end_in_a_branch_of_its_own_each_time_it_comes() {
    let (mut pf, peer, behind) = (endpoint("pf"), Peer::new(), Peer::new());
    let dialog = pf.invite("sip:peer@home1.net", peer.address(), &sdp(), at(0)).unwrap();
    let invite = peer.receive();
    // The answer names another address as its Contact: requests in the dialog go there.
    behind.answer(&pf, &invite, "200 OK", "callee", "Content-Type: application/sdp\r\n", SDP);
    let Event::Accepted { payload, .. } = next(&mut pf, at(10)) else { panic!() };
    assert_eq!(payload.body.part("application/sdp"), Some(SDP.as_bytes()));
    let ack = behind.receive();
    assert_eq!(ack.line(), format!("ACK {} SIP/2.0", behind.uri()));
    assert_ne!(ack.branch(), invite.branch());
    assert_eq!(ack.header("CSeq"), format!("{} ACK", invite.cseq()));
    assert_eq!(ack.header("To"), "<sip:peer@home1.net>;tag=callee");
    behind.answer(&pf, &invite, "200 OK", "callee", "", "");
    quiet(&mut pf, at(500));
    assert_eq!(behind.all(), [ack]);
    // Another branch of a fork is another dialog, which is not ours.
    behind.answer(&pf, &invite, "200 OK", "fork", "", "");
    quiet(&mut pf, at(500));
    assert_eq!((behind.all(), peer.all(), pf.counts().stray), (vec![], vec![], 1));
    let view = pf.dialog(dialog).unwrap();
    assert_eq!((view.established, view.remote_tag.as_deref()), (true, Some("callee")));
    assert_eq!(view.peer, behind.address());
}

#[test]
fn a_bye_is_sent_again_up_to_t2_and_given_up_after_64_t1() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = called(&mut pf, &peer);
    let before = pf.dialog(dialog).unwrap();
    pf.bye(dialog, at(0)).unwrap();
    assert_eq!(pf.dialog(dialog), None);
    let (got, events) = timeline(&mut pf, &peer, 0, 31_999);
    assert_eq!(times(&got, "BYE "), OTHER_MS);
    assert_eq!(got[0].1.cseq(), before.local_cseq + 1);
    assert_eq!(events, []);
    let (got, events) = timeline(&mut pf, &peer, 32_000, 100_000);
    assert_eq!((got, events), (vec![], vec![(32_000, Event::Closed { dialog, code: 408 })]));
}

#[test]
fn a_bye_that_is_worked_on_is_sent_again_every_t2() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = called(&mut pf, &peer);
    pf.bye(dialog, at(0)).unwrap();
    let bye = peer.receive();
    peer.answer(&pf, &bye, "100 Trying", "", "", "");
    let (got, _) = timeline(&mut pf, &peer, 100, 20_000);
    assert_eq!(times(&got, "BYE "), [500, 4500, 8500, 12_500, 16_500]);
    peer.answer(&pf, &bye, "200 OK", "", "", "");
    assert_eq!(next(&mut pf, at(20_000)), Event::Closed { dialog, code: 200 });
    let (got, events) = timeline(&mut pf, &peer, 20_000, 100_000);
    assert_eq!((got, events, pf.kept()), (vec![], vec![], 0));
}

#[test]
fn a_cancel_waits_for_a_provisional_answer_and_repeats_the_branch() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = pf.invite("sip:peer@home1.net", peer.address(), &sdp(), at(0)).unwrap();
    let invite = peer.receive();
    pf.cancel(dialog, at(10)).unwrap();
    quiet(&mut pf, at(10));
    assert_eq!(peer.all(), []);
    peer.answer(&pf, &invite, "180 Ringing", "callee", "", "");
    assert!(matches!(next(&mut pf, at(20)), Event::Progress { .. }));
    let cancel = peer.receive();
    assert_eq!(cancel.line(), "CANCEL sip:peer@home1.net SIP/2.0");
    assert_eq!(cancel.header("Via"), invite.header("Via"));
    assert_eq!(cancel.header("CSeq"), format!("{} CANCEL", invite.cseq()));
    for name in ["From", "To", "Call-ID"] {
        assert_eq!(cancel.header(name), invite.header(name));
    }
    peer.answer(&pf, &cancel, "200 OK", "callee", "", "");
    quiet(&mut pf, at(30));
    peer.answer(&pf, &invite, "487 Request Terminated", "callee", "", "");
    let refused = next(&mut pf, at(40));
    assert!(matches!(refused, Event::Refused { code: 487, cause: Cause::Answer, .. }), "{refused:?}");
    assert_eq!(peer.receive().branch(), invite.branch());
}

#[test]
fn a_cancel_behind_the_provisional_answer_goes_out_at_once_and_ends_the_wait_after_64_t1() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = pf.invite("sip:peer@home1.net", peer.address(), &sdp(), at(0)).unwrap();
    let invite = peer.receive();
    peer.answer(&pf, &invite, "100 Trying", "", "", "");
    quiet(&mut pf, at(0));
    pf.cancel(dialog, at(1000)).unwrap();
    pf.cancel(dialog, at(1000)).unwrap();
    let (got, events) = timeline(&mut pf, &peer, 1000, 100_000);
    let expected: Vec<u64> = OTHER_MS.iter().map(|ms| ms + 1000).collect();
    assert_eq!(times(&got, "CANCEL "), expected);
    let refused = Event::Refused { dialog, code: 408, cause: Cause::TimedOut, payload: Payload::EMPTY };
    assert_eq!((events, pf.kept()), (vec![(33_000, refused)], 0));
}

#[test]
fn an_acceptance_that_overtakes_the_cancel_is_an_acceptance() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = pf.invite("sip:peer@home1.net", peer.address(), &sdp(), at(0)).unwrap();
    let invite = peer.receive();
    peer.answer(&pf, &invite, "100 Trying", "", "", "");
    quiet(&mut pf, at(0));
    pf.cancel(dialog, at(0)).unwrap();
    peer.answer(&pf, &invite, "200 OK", "callee", "", "");
    assert!(matches!(next(&mut pf, at(10)), Event::Accepted { dialog: of, .. } if of == dialog));
    assert!(pf.bye(dialog, at(10)).is_ok());
}

#[test]
fn an_answer_to_nothing_is_counted_and_ignored() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let dialog = pf.invite("sip:peer@home1.net", peer.address(), &sdp(), at(0)).unwrap();
    let invite = peer.receive();
    let branch = param(invite.header("Via"), "branch");
    let text = |from: &str, to: &str| crate::world::Text(invite.0.replace(from, to));
    let cseq = invite.header("CSeq");
    for other in [
        text(branch, "z9hG4bKnobody"),
        text(cseq, &format!("{} INVITE", invite.cseq() + 1)),
        text(cseq, &format!("{} BYE", invite.cseq())),
    ] {
        peer.answer(&pf, &other, "200 OK", "callee", "", "");
        quiet(&mut pf, at(0));
    }
    assert_eq!((pf.counts().stray, pf.dialog(dialog).unwrap().established), (3, false));
    assert_eq!(peer.all(), []);
}

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let bad = [
        Payload::EMPTY.with("Via", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx"),
        Payload::EMPTY.with("v", "SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx"),
        Payload::EMPTY.with("content-length", "7"),
        Payload::EMPTY.with("Reason", "SIP\r\nTo: <sip:x@y>"),
        Payload::EMPTY.with("Rea:son", "SIP"),
        Payload::EMPTY.with("", "SIP"),
    ];
    for payload in bad {
        assert!(pf.invite("sip:peer@home1.net", peer.address(), &payload, at(0)).is_err(), "{payload:?}");
    }
    for uri in ["", "peer", "tel:+1", "sip:peer@home1.net>\r\nX: y", "sip:a b@c"] {
        assert!(pf.invite(uri, peer.address(), &sdp(), at(0)).is_err(), "{uri}");
    }
    assert_eq!((pf.counts().offered, pf.kept()), (0, 0));
}

#[test]
fn waiting_ends_with_the_datagram() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    peer.send(&pf, &peer.request(&pf, "OPTIONS", "o", 1, "", "", ""));
    // An hour, were there nothing to wait for.
    pf.wait(at(0), Duration::from_secs(3600)).unwrap();
    quiet(&mut pf, at(0));
    assert_eq!(peer.receive().line(), "SIP/2.0 200 OK");
}
