//! Datagrams that are no messages, or not quite.

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::sip::Endpoint;
use crate::world::{Peer, SDP, at, called, calling, endpoint, quiet};

/// The endpoint is as it was: it takes a request and answers it.
fn is_alive(endpoint: &mut Endpoint, branch: &str) {
    let peer = Peer::new();
    peer.send(endpoint, &peer.request(endpoint, "OPTIONS", branch, 1, "", "", ""));
    while endpoint.counts().received == 0 || peer.all().is_empty() {
        while endpoint.poll(at(0)).is_some() {}
        endpoint.wait(at(0), core::time::Duration::from_millis(10)).unwrap();
    }
}

#[test]
fn a_message_without_what_every_message_has_is_counted_and_dropped() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let good = peer.request(&pf, "INVITE", "a", 5, "", "Content-Type: application/sdp\r\n", SDP);
    let without = |name: &str| -> String {
        good.split_inclusive("\r\n").filter(|line| !line.starts_with(&format!("{name}:"))).collect()
    };
    let rows = [
        without("Via"),
        without("From"),
        without("To"),
        without("Call-ID"),
        without("CSeq"),
        good.replace(";branch=z9hG4bKa", ""),
        good.replace("z9hG4bKa", "abc"),
        good.replace("SIP/2.0/UDP", "SIP/2.0/TCP"),
        good.replace(";tag=caller", ""),
        good.replace("CSeq: 5 INVITE", "CSeq: 5 BYE"),
        good.replace("CSeq: 5 INVITE", "CSeq: 5 INVITED"),
        good.replace("CSeq: 5 INVITE", "CSeq: five INVITE"),
        good.replace("CSeq: 5 INVITE", "CSeq: 2147483648 INVITE"),
        good.replace("CSeq: 5 INVITE", "CSeq: 99999999999 INVITE"),
        good.replace("CSeq: 5 INVITE", "CSeq: 5 INVITE\r\nCSeq: 5 INVITE"),
        good.replace("Call-ID: call", "Call-ID: call\r\ni: call"),
        good.replace("INVITE sip", "INVITED sip"),
        good.replace("INVITE sip", "invite sip"),
        good.replace("INVITE sip", "INVITE tel"),
        good.replacen("SIP/2.0", "SIP/3.0", 1),
        good.replace("Content-Length: ", "Content-Length: 9"),
        good.replace("Content-Length: ", "Content-Length: -"),
        good.replace("Max-Forwards: 70", "Max-Forwards 70"),
        good.replace("Max-Forwards: 70", ": 70"),
        good.replacen("\r\n\r\n", "\r\n", 1),
        "SIP/2.0 99 Low\r\n".to_owned() + good.split_once("\r\n").unwrap().1,
        "SIP/2.0 700 High\r\n".to_owned() + good.split_once("\r\n").unwrap().1,
        "SIP/2.0 20000 OK\r\n".to_owned() + good.split_once("\r\n").unwrap().1,
        String::new(),
        "\r\n\r\n".to_owned(),
        "\0".repeat(100),
        "INVITE".to_owned(),
    ];
    for (row, count) in rows.iter().zip(1..) {
        peer.send(&pf, row);
        quiet(&mut pf, at(0));
        assert_eq!(pf.counts().malformed, count, "{row}");
    }
    assert_eq!((peer.all(), pf.kept()), (vec![], 0));
    // What stands behind the end of the body is not part of it; without a length, everything is.
    for text in [good.clone() + "more", without("Content-Length").replace("z9hG4bKa", "z9hG4bKb")] {
        let text = text.replace("Call-ID: call", &format!("Call-ID: {}", text.len()));
        peer.send(&pf, &text);
        let crate::sip::Event::Invited { payload, .. } = crate::world::next(&mut pf, at(0)) else { panic!() };
        assert_eq!(payload.body.part("application/sdp"), Some(SDP.as_bytes()));
    }
}

#[test]
fn mutated_datagrams_neither_stop_the_endpoint_nor_end_its_calls() {
    const ROUNDS: usize = 20_000;
    let (mut pf, peer, attacker) = (endpoint("pf"), Peer::new(), Peer::new());
    let ours = called(&mut pf, &peer);
    let (theirs, _) = calling(&mut pf, &peer);
    pf.reinvite(ours, &crate::world::sdp(), at(0)).unwrap();
    let invite = peer.receive();
    let answer = format!(
        "SIP/2.0 488 Not Acceptable Here\r\nVia: {}\r\nFrom: {}\r\nTo: {}\r\nCall-ID: {}\r\nCSeq: {}\r\n\
         Contact: \"x\" <{}>;q=0.1\r\nContent-Type: multipart/mixed; boundary=\"x\"\r\nContent-Length: 40\r\n\r\n\
         --x\r\nContent-Type: text/plain\r\n\r\nA\r\n--x--\r\n",
        invite.header("Via"),
        invite.header("From"),
        invite.header("To"),
        "nothing",
        invite.header("CSeq"),
        peer.uri()
    );
    let mixed = "Content-Type: multipart/mixed;boundary=x\r\nRoute: <sip:a;lr>, <sip:b>\r\n";
    let seeds = [
        answer,
        attacker.request(&pf, "INVITE", "m", 1, "", mixed, "--x\r\n\r\nA\r\n--x--"),
        attacker.request(&pf, "INVITE", "n", 1, "tag", "Warning: 306 a \"b\"\r\n", SDP),
        attacker.request(&pf, "ACK", "n", 1, "tag", "", ""),
        attacker.request(&pf, "BYE", "o", 1, "tag", "", ""),
        attacker.request(&pf, "CANCEL", "m", 1, "", "", ""),
    ];
    let mut rng = StdRng::seed_from_u64(33);
    for round in 0..ROUNDS {
        let seed = &seeds[rng.random_range(0..seeds.len())];
        let mut octets = seed.clone().into_bytes();
        for _ in 0..rng.random_range(1..=3) {
            mutate(&mut octets, &mut rng);
        }
        let text = octets.iter().map(|octet| char::from(*octet)).collect::<String>();
        // Latin-1 as it is, or as the UTF-8 that it would be.
        if rng.random_bool(0.3) {
            attacker.send(&pf, &text)
        } else {
            attacker.send_octets(&pf, &octets)
        }
        if round % 16 == 0 {
            while pf.poll(at(0)).is_some() {}
            let _ = attacker.all();
        }
    }
    while pf.poll(at(0)).is_some() {}
    let counts = pf.counts();
    assert!(counts.received > 15_000 && counts.malformed > 2000, "{counts:?}");
    assert!(counts.received - counts.malformed > 2000, "{counts:?}");
    assert!(pf.dialog(ours).unwrap().established && pf.dialog(theirs).unwrap().established);
    is_alive(&mut pf, "alive");
}

fn mutate(octets: &mut Vec<u8>, rng: &mut StdRng) {
    const SPECIAL: [&[u8]; 20] = [
        b"\r\n",
        b"\r",
        b"\n",
        b"\r\n\r\n",
        b"\0",
        b"\"",
        b"\\",
        b"<",
        b">",
        b";",
        b"=",
        b",",
        b"%",
        b"%zz",
        b"\xFF",
        b"\xC3\xA4",
        b"[::1",
        b"99999999999999999999",
        b" ",
        b":",
    ];
    if octets.is_empty() {
        return;
    }
    let at = rng.random_range(0..octets.len());
    let end = (at + rng.random_range(1..12)).min(octets.len());
    match rng.random_range(0..6) {
        0 => octets[at] ^= 1 << rng.random_range(0..8),
        1 => octets.truncate(at),
        2 => drop(octets.drain(at..end)),
        3 => {
            let piece = octets[at..end].to_vec();
            let to = rng.random_range(0..octets.len());
            octets.splice(to..to, piece);
        }
        4 => {
            let special = SPECIAL[rng.random_range(0..SPECIAL.len())];
            octets.splice(at..at, special.iter().copied());
        }
        _ => {
            let special = SPECIAL[rng.random_range(0..SPECIAL.len())];
            octets.splice(at..end, special.iter().copied());
        }
    }
}

#[test]
fn every_piece_of_a_message_is_survived() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    let whole = peer.request(&pf, "OPTIONS", "a", 1, "", "Subject: x\r\n y\r\n", "body");
    for end in 0..whole.len() {
        peer.send(&pf, &whole[..end]);
        peer.send(&pf, &whole[end..]);
        quiet_now(&mut pf);
    }
    is_alive(&mut pf, "alive");
}

fn quiet_now(endpoint: &mut Endpoint) {
    assert_eq!(endpoint.poll(at(0)), None);
}

#[test]
fn a_flood_does_not_keep_the_timers_from_running() {
    let (mut pf, peer) = (endpoint("pf"), Peer::new());
    pf.invite("sip:peer@home1.net", peer.address(), &crate::world::sdp(), at(0)).unwrap();
    let _ = peer.receive();
    for _ in 0..100 {
        peer.send(&pf, "x");
    }
    // One call, more datagrams than it takes: the INVITE is sent again all the same.
    assert_eq!(pf.poll(at(500)), None);
    let first = pf.counts().received;
    assert_eq!(pf.poll(at(500)), None);
    assert!(pf.counts().received > first);
    assert!(peer.receive().line().starts_with("INVITE "));
}
