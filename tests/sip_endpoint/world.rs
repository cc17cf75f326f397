//! A clock that the test moves, and a peer that is nothing but a socket and text.

use core::cell::Cell;
use core::net::SocketAddr;
use core::time::Duration;
use std::net::UdpSocket;
use std::sync::OnceLock;
use std::time::Instant;

use crate::sip::{Body, Endpoint, Event, Part, Payload, Timers};

pub(crate) const SDP: &str = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
                              m=audio 4000 RTP/AVP 0\r\n";

/// The time `ms` milliseconds into the test.
pub(crate) fn at(ms: u64) -> Instant {
    static START: OnceLock<Instant> = OnceLock::new();
    *START.get_or_init(Instant::now) + Duration::from_millis(ms)
}

/// The other way round.
pub(crate) fn ms(instant: Instant) -> u64 {
    u64::try_from(instant.duration_since(at(0)).as_millis()).unwrap()
}

pub(crate) fn endpoint(name: &str) -> Endpoint {
    let uri = format!("sip:{name}@home1.net");
    Endpoint::bind("127.0.0.1:0".parse().unwrap(), &uri, Timers::DEFAULT).unwrap()
}

pub(crate) fn sdp() -> Payload {
    Payload::new(Body::Single(Part::new("application/sdp", SDP)))
}

/// The next event. What is on its way over the loopback may take a moment; the clock of the test stands still.
pub(crate) fn next(endpoint: &mut Endpoint, now: Instant) -> Event {
    (0..100).find_map(|_| poll(endpoint, now)).expect("an event")
}

fn poll(endpoint: &mut Endpoint, now: Instant) -> Option<Event> {
    endpoint.poll(now).or_else(|| {
        endpoint.wait(now, Duration::from_millis(20)).unwrap();
        None
    })
}

/// Takes whatever is there; there must be no event.
pub(crate) fn quiet(endpoint: &mut Endpoint, now: Instant) {
    for _ in 0..3 {
        assert_eq!(endpoint.poll(now), None);
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// What happened, each with its time in milliseconds.
type Timed<T> = Vec<(u64, T)>;

/// Runs the timers of an endpoint one after the other up to `until`, and notes what `peer`, the only one that it talks
/// to, gets, and when.
pub(crate) fn timeline(
    endpoint: &mut Endpoint, peer: &Peer, from: u64, until: u64,
) -> (Timed<Text>, Timed<Event>) {
    let (mut got, mut events) = (Vec::new(), Vec::new());
    let mut now = at(from);
    loop {
        events.extend(core::iter::from_fn(|| endpoint.poll(now)).map(|event| (ms(now), event)));
        let counts = endpoint.counts();
        while peer.received.get() < counts.offered - counts.lost {
            got.push((ms(now), peer.receive()));
        }
        match endpoint.deadline() {
            Some(next) if next <= at(until) => {
                assert!(next > now, "a timer that does not move");
                now = next;
            }
            _ => return (got, events),
        }
    }
}

pub(crate) fn times(got: &[(u64, Text)], line: &str) -> Vec<u64> {
    got.iter().filter(|(_, text)| text.0.starts_with(line)).map(|(time, _)| *time).collect()
}

/// A datagram as text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text(pub(crate) String);

impl Text {
    pub(crate) fn line(&self) -> &str {
        self.0.lines().next().unwrap()
    }

    pub(crate) fn headers(&self, name: &str) -> Vec<&str> {
        let head = self.0.split("\r\n\r\n").next().unwrap();
        let fields = head.lines().skip(1).map(|line| line.split_once(": ").unwrap());
        fields.filter(|(other, _)| *other == name).map(|(_, value)| value).collect()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        let all = self.headers(name);
        assert_eq!(all.len(), 1, "{name} in {}", self.0);
        all[0]
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").unwrap().1
    }

    pub(crate) fn branch(&self) -> &str {
        param(self.headers("Via")[0], "branch")
    }

    pub(crate) fn cseq(&self) -> u32 {
        self.header("CSeq").split(' ').next().unwrap().parse().unwrap()
    }
}

/// The value of a parameter of a header field.
pub(crate) fn param<'a>(value: &'a str, name: &str) -> &'a str {
    let found = value.split(';').find_map(|param| param.strip_prefix(name)?.strip_prefix('='));
    found.unwrap_or_else(|| panic!("{name} in {value}"))
}

pub(crate) struct Peer {
    socket: UdpSocket,
    received: Cell<u64>,
}

impl Peer {
    pub(crate) fn new() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        Self { socket, received: Cell::new(0) }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub(crate) fn uri(&self) -> String {
        format!("sip:peer@{}", self.address())
    }

    pub(crate) fn send(&self, to: &Endpoint, text: &str) {
        self.send_octets(to, text.as_bytes());
    }

    pub(crate) fn send_octets(&self, to: &Endpoint, octets: &[u8]) {
        self.socket.send_to(octets, to.address()).unwrap();
    }

    pub(crate) fn receive(&self) -> Text {
        let mut buffer = [0; 65_535];
        let len = self.socket.recv(&mut buffer).expect("a datagram");
        self.received.update(|count| count + 1);
        Text(String::from_utf8(buffer[..len].to_vec()).unwrap())
    }

    /// Everything that is there.
    pub(crate) fn all(&self) -> Vec<Text> {
        std::thread::sleep(Duration::from_micros(200));
        self.socket.set_nonblocking(true).unwrap();
        let mut buffer = [0; 65_535];
        let mut got = Vec::new();
        while let Ok(len) = self.socket.recv(&mut buffer) {
            self.received.update(|count| count + 1);
            got.push(Text(String::from_utf8(buffer[..len].to_vec()).unwrap()));
        }
        self.socket.set_nonblocking(false).unwrap();
        got
    }

    /// An answer to `request`; `more` are further lines, each with its end.
    pub(crate) fn answer(
        &self, to: &Endpoint, request: &Text, status: &str, tag: &str, more: &str, body: &str,
    ) {
        let via = request.headers("Via").join(", ");
        let to_field = request.header("To");
        let tag =
            if tag.is_empty() || to_field.contains(";tag=") { String::new() } else { format!(";tag={tag}") };
        let (from, call_id, cseq) =
            (request.header("From"), request.header("Call-ID"), request.header("CSeq"));
        let (uri, len) = (self.uri(), body.len());
        self.send(
            to,
            &format!(
                "SIP/2.0 {status}\r\nVia: {via}\r\nFrom: {from}\r\nTo: {to_field}{tag}\r\nCall-ID: {call_id}\r\n\
                 CSeq: {cseq}\r\nContact: <{uri}>\r\n{more}Content-Length: {len}\r\n\r\n{body}"
            ),
        );
    }

    /// A request of a call that the peer opened: Call-ID `call`, From tag `caller`.
    pub(crate) fn request(
        &self, to: &Endpoint, method: &str, branch: &str, cseq: u32, tag: &str, more: &str, body: &str,
    ) -> String {
        let (own, uri, len) = (self.address(), self.uri(), body.len());
        let (target, tag) =
            (to.address(), if tag.is_empty() { String::new() } else { format!(";tag={tag}") });
        format!(
            "{method} sip:pf@{target} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{branch}\r\nMax-Forwards: 70\r\n\
             From: \"A caller\" <{uri}>;tag=caller\r\nTo: <sip:pf@{target}>{tag}\r\nCall-ID: call\r\n\
             CSeq: {cseq} {method}\r\nContact: <{uri}>\r\n{more}Content-Length: {len}\r\n\r\n{body}"
        )
    }
}

/// A dialog that the endpoint opened to the peer, established, at 0 ms.
pub(crate) fn called(endpoint: &mut Endpoint, peer: &Peer) -> crate::sip::DialogId {
    let dialog = endpoint.invite("sip:peer@home1.net", peer.address(), &sdp(), at(0)).unwrap();
    let invite = peer.receive();
    peer.answer(endpoint, &invite, "200 OK", "callee", "Content-Type: application/sdp\r\n", SDP);
    assert!(matches!(next(endpoint, at(0)), Event::Accepted { dialog: of, .. } if of == dialog));
    assert!(peer.receive().0.starts_with("ACK "));
    dialog
}

/// A dialog that the peer opened to the endpoint, established, at 0 ms; with the tag of the endpoint.
pub(crate) fn calling(endpoint: &mut Endpoint, peer: &Peer) -> (crate::sip::DialogId, String) {
    peer.send(endpoint, &peer.request(endpoint, "INVITE", "first", 1, "", "", ""));
    let Event::Invited { dialog, request, .. } = next(endpoint, at(0)) else { panic!() };
    endpoint.answer(request, 200, &sdp(), at(0)).unwrap();
    let ok = peer.receive();
    let tag = param(ok.header("To"), "tag").to_owned();
    peer.send(endpoint, &peer.request(endpoint, "ACK", "ack", 1, &tag, "", ""));
    assert_eq!(next(endpoint, at(0)), Event::Acknowledged { dialog, request });
    (dialog, tag)
}
