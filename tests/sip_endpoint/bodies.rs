//! Session descriptions, and several parts in one body.

use crate::sip::{Body, Event, Part, Payload, SipError};
use crate::world::{Peer, SDP, at, endpoint, next};

const XML: &str = "<?xml version=\"1.0\"?>\n<mbms-register><serviceId>urn:a</serviceId></mbms-register>\n";

/// What the endpoint finds in a body that came with an INVITE.
fn found(content_type: &str, body: &str) -> Option<Payload> {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    peer.send(
        &pf,
        &peer.request(&pf, "INVITE", "a", 1, "", &format!("Content-Type: {content_type}\r\n"), body),
    );
    for _ in 0..20 {
        match pf.poll(at(0)) {
            Some(Event::Invited { payload, .. }) => return Some(payload),
            Some(other) => panic!("{other:?}"),
            None if peer.all().first().is_some_and(|text| text.line() == "SIP/2.0 400 Bad Request") => {
                return None;
            }
            None => {}
        }
    }
    panic!("neither taken nor refused");
}

#[test]
fn several_parts_go_out_as_multipart_mixed() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let parts = vec![Part::new("application/sdp", SDP), Part::new("application/mbms-register+xml", XML)];
    let payload = Payload::new(Body::Mixed(parts));
    pf.invite("sip:scf@home1.net", peer.address(), &payload, at(0)).unwrap();
    let invite = peer.receive();
    let content_type = invite.header("Content-Type");
    let boundary =
        content_type.strip_prefix("multipart/mixed;boundary=\"").unwrap().strip_suffix('"').unwrap();
    assert_eq!(invite.header("MIME-Version"), "1.0");
    assert_eq!(
        invite.body(),
        format!(
            "--{boundary}\r\nContent-Type: application/sdp\r\n\r\n{SDP}\r\n\
             --{boundary}\r\nContent-Type: application/mbms-register+xml\r\n\r\n{XML}\r\n--{boundary}--\r\n"
        )
    );
    assert_eq!(invite.header("Content-Length"), invite.body().len().to_string());
}

#[test]
fn a_boundary_stands_in_no_part() {
    let (mut pf, mut scf) = (endpoint("pf"), endpoint("scf"));
    // What the endpoint would take as a boundary, were it not in the parts already.
    let mut parts = vec![Part::new("text/plain", "a")];
    for _ in 0..3 {
        let body = Body::Mixed(parts.clone());
        pf.invite("sip:scf@home1.net", scf.address(), &Payload::new(body.clone()), at(0)).unwrap();
        let Event::Invited { payload, .. } = next(&mut scf, at(0)) else { panic!() };
        assert_eq!(payload.body, body);
        let content_type = payload.header("Content-Type").unwrap();
        let boundary = content_type.split('"').nth(1).unwrap();
        parts.push(Part::new("text/plain", format!("x\r\n--{boundary}\r\ny\r\n--{boundary}--\r\n")));
    }
}

#[test]
fn octets_of_any_kind_come_through() {
    let (mut pf, mut scf) = (endpoint("pf"), endpoint("scf"));
    let every: Vec<u8> = (0..=255).collect();
    let parts = ["", "\r\n", "\r\n\r\n", "--", "a\r\n--"].map(|text| Part::new("text/plain", text));
    let bodies = [
        Body::Empty,
        Body::Single(Part::new("application/mikey", every.clone())),
        Body::Mixed(vec![Part::new("application/mikey", every)]),
        Body::Mixed(parts.to_vec()),
    ];
    for body in bodies {
        pf.invite("sip:scf@home1.net", scf.address(), &Payload::new(body.clone()), at(0)).unwrap();
        let Event::Invited { payload, .. } = next(&mut scf, at(0)) else { panic!() };
        assert_eq!(payload.body, body);
    }
}

#[test]
fn parts_are_found_however_the_peer_writes_them() {
    let simple = "--x\r\nContent-Type: application/sdp\r\n\r\nA\r\n--x\r\nContent-Type: text/xml\r\n\r\nB\r\n--x--\r\n";
    let rows = [
        ("multipart/mixed;boundary=x", simple.to_owned()),
        ("Multipart/Mixed ; charset=utf-8; Boundary=\"x\"", simple.to_owned()),
        ("multipart/mixed; foo=\"a;boundary=z\"; boundary=x", simple.to_owned()),
        ("multipart/mixed;boundary=x", format!("preamble\r\n\r\n{simple}epilogue\r\n--x\r\n")),
        ("multipart/mixed;boundary=x", simple.replace("--x\r\n", "--x \t\r\n")),
        ("multipart/mixed;boundary=x", simple.trim_end().to_owned()),
        (
            "multipart/mixed;boundary=x",
            simple.replace("Content-Type: text/xml", "Content-ID: <1@a>\r\ncontent-type :text/xml"),
        ),
    ];
    for (content_type, body) in rows {
        let payload = found(content_type, &body).unwrap_or_else(|| panic!("{content_type} {body}"));
        let expected = [Part::new("application/sdp", "A"), Part::new("text/xml", "B")];
        assert_eq!(payload.body.parts(), expected, "{content_type} {body}");
        assert_eq!(payload.body.part("TEXT/XML"), Some(&b"B"[..]));
    }
    let bare = found("multipart/mixed;boundary=x", "--x\r\n\r\nA\r\n--x--").unwrap();
    assert_eq!(bare.body.parts(), [Part::new("text/plain", "A")]);
}

#[test]
fn a_body_that_is_not_what_its_type_says_is_refused() {
    let part = "--x\r\nContent-Type: text/xml\r\n\r\nB\r\n";
    let rows = [
        ("multipart/mixed", format!("{part}--x--")),
        ("multipart/mixed;boundary=", format!("{part}--x--")),
        ("multipart/mixed;boundary=\"x", format!("{part}--x--")),
        ("multipart/mixed;boundary=y", format!("{part}--x--")),
        ("multipart/mixed;boundary=x", part.to_owned()),
        ("multipart/mixed;boundary=x", "--x--".to_owned()),
        ("multipart/mixed;boundary=x", "--x\r\nContent-Type: text/xml\r\n--x--".to_owned()),
        ("multipart/mixed;boundary=x", format!("{}--x--", part.repeat(17))),
        ("multipart/mixed;boundary=x", format!("{}--x--", part.replace("--x", "--xy"))),
    ];
    for (content_type, body) in rows {
        assert_eq!(found(content_type, &body), None, "{content_type} {body}");
    }
    assert!(found("multipart/mixed;boundary=x", &format!("{}--x--", part.repeat(16))).is_some());
}

#[test]
fn an_answer_whose_body_is_not_what_its_type_says_is_an_answer_still() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    pf.invite("sip:peer@home1.net", peer.address(), &Payload::EMPTY, at(0)).unwrap();
    let invite = peer.receive();
    peer.answer(&pf, &invite, "200 OK", "t", "Content-Type: multipart/mixed;boundary=x\r\n", "nothing");
    let Event::Accepted { payload, .. } = next(&mut pf, at(0)) else { panic!() };
    assert_eq!(payload.body.parts(), [Part::new("multipart/mixed;boundary=x", "nothing")]);
    assert!(peer.receive().line().starts_with("ACK "));
}

#[test]
fn a_key_management_line_goes_in_and_comes_out_of_a_session_description() {
    const LINE: &str = "mikey AQAFgM0XflABAAAAAAAAAAAAAAsAyONQ6gAAAAAJAAAQ";
    let (mut pf, mut client) = (endpoint("pf"), endpoint("a1"));
    let mut session = sdp_types::Session::parse(SDP.as_bytes()).unwrap();
    session.origin.sess_version += 1;
    session.medias[0].add_attribute_with_value("key-mgmt", LINE);
    let body = Body::sdp(&session).unwrap();
    let written = String::from_utf8(body.part("application/sdp").unwrap().to_vec()).unwrap();
    assert!(written.contains("o=- 1 2 IN IP4 127.0.0.1\r\n"), "{written}");
    assert!(written.ends_with(&format!("m=audio 4000 RTP/AVP 0\r\na=key-mgmt:{LINE}\r\n")), "{written}");
    let xml = Part::new("application/xml", XML);
    let mixed = Body::Mixed(vec![xml, Body::sdp_part(&session).unwrap()]);
    for body in [body, mixed] {
        pf.invite("sip:a1@home1.net", client.address(), &Payload::new(body), at(0)).unwrap();
        let Event::Invited { payload, .. } = next(&mut client, at(0)) else { panic!() };
        let read = payload.body.session().unwrap().unwrap();
        assert_eq!(read, session);
        assert_eq!(read.medias[0].get_first_attribute_value("key-mgmt"), Some(Some(LINE)));
    }
    assert!(matches!(Payload::EMPTY.body.session(), Ok(None)));
    let bad = Body::Single(Part::new("application/sdp", "v=0\r\nnonsense"));
    assert!(matches!(bad.session(), Err(SipError::Body(_))));
}
