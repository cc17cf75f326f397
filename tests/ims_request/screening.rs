//! The head of a request as a whole.

use super::*;
use castkey::ims::{Impu, NafFqdn};

fn screening() -> Screening<'static> {
    Screening {
        catalogue: CATALOGUE,
        fqdn: Some(NafFqdn::new("bmsc.home1.net").unwrap()),
        untrusted_assertion: UntrustedAssertion::default(),
    }
}

fn line(kind: RequestKind) -> String {
    CATALOGUE.write_request_line(kind, &mut [0; 99]).unwrap().to_owned()
}

/// The headers of a good request, as a client sends them.
fn headers(kind: RequestKind) -> Vec<(String, String)> {
    let spelling = CATALOGUE.spelling(kind);
    [
        ("Host", "bmsc.home1.net:1234"),
        ("User-Agent", "mbms-ue 3gpp-gba"),
        (kind.identity_header().name(), "\"sip:alice@home1.net\""),
        ("Content-Type", spelling.media_type),
        ("Content-Length", "12"),
        ("X-Other", "1"),
        ("X-Other", "2"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

fn collect(headers: &[(String, String)]) -> Result<RequestHead<'_>, Refusal> {
    RequestHead::collect(headers.iter().map(|(name, value)| (&**name, value.as_bytes())))
}

/// The refusal of a request whose header `name` is replaced by `value`, or left out.
fn with(kind: RequestKind, peer: Peer, name: &str, value: Option<&str>) -> Option<Refusal> {
    let mut headers = headers(kind);
    headers.retain(|(known, _)| known != name);
    headers.extend(value.map(|value| (name.to_owned(), value.to_owned())));
    screening().screen(line(kind).as_bytes(), &collect(&headers).unwrap(), peer).err()
}

#[test]
fn a_good_head_passes_and_says_what_is_in_it() {
    for kind in RequestKind::ALL {
        let (headers, line) = (headers(kind), line(kind));
        let screened =
            screening().screen(line.as_bytes(), &collect(&headers).unwrap(), Peer::Trusted).unwrap();
        assert_eq!((screened.kind, screened.length), (kind, Some(12)));
        assert_eq!(screened.target, line.split(' ').nth(1).unwrap());
        assert_eq!(screened.gba, Some(GbaSupport::Me));
        let alice = Impu::new("sip:alice@home1.net").unwrap();
        let from_ue = kind.sender() == Sender::Ue;
        assert_eq!(screened.intended.as_ref(), from_ue.then_some(&alice));
        assert_eq!(
            screened.asserted.as_slice(),
            if from_ue { &[][..] } else { core::slice::from_ref(&alice) }
        );
    }
}

/// Covers: R-IMS-18, R-IMS-42, T-090
#[test]
fn what_the_scf_says_is_believed_from_a_trusted_peer_only() {
    for kind in RequestKind::ALL.into_iter().filter(|kind| kind.sender() == Sender::Scf) {
        for untrusted_assertion in [UntrustedAssertion::Refuse, UntrustedAssertion::Ignore] {
            let screening = Screening { untrusted_assertion, ..screening() };
            let (headers, line) = (headers(kind), line(kind));
            let head = collect(&headers).unwrap();
            let refused = screening.screen(line.as_bytes(), &head, Peer::Untrusted);
            assert_eq!(refused, Err(UntrustedPeer), "{kind:?}");
            assert_eq!(refused.unwrap_err().status(), StatusCode::FORBIDDEN);
            assert!(screening.screen(line.as_bytes(), &head, Peer::Trusted).is_ok());
        }
        let name = IdentityHeader::Asserted.name();
        assert_eq!(with(kind, Peer::Trusted, name, None), Some(MissingAssertedIdentity));
        assert_eq!(MissingAssertedIdentity.status(), StatusCode::BAD_REQUEST);
        assert_eq!(with(kind, Peer::Trusted, name, Some("\"a")), Some(MalformedIdentity));
    }
}

/// Covers: R-IMS-11, R-IMS-28, R-IMS-30
#[test]
fn a_terminal_names_its_identity_and_asserts_none() {
    for kind in [RequestKind::Registration, RequestKind::Deregistration, RequestKind::MskRequest] {
        let name = IdentityHeader::Intended.name();
        assert_eq!(with(kind, Peer::Untrusted, name, Some("sip:a@h")), None);
        assert_eq!(with(kind, Peer::Untrusted, name, None), Some(MissingIntendedIdentity));
        assert_eq!(MissingIntendedIdentity.status(), StatusCode::FORBIDDEN);
        assert_eq!(with(kind, Peer::Untrusted, name, Some("a,b")), Some(MalformedIdentity));
        let asserted = IdentityHeader::Asserted.name();
        assert_eq!(with(kind, Peer::Untrusted, asserted, Some("sip:a@h")), Some(UntrustedPeer));
        let mut headers = headers(kind);
        headers.push((asserted.to_ascii_lowercase(), "\"sip:proxy@h\"".into()));
        let line = line(kind);
        let head = collect(&headers).unwrap();
        let ignoring = Screening { untrusted_assertion: UntrustedAssertion::Ignore, ..screening() };
        let ignored = ignoring.screen(line.as_bytes(), &head, Peer::Untrusted).unwrap();
        assert!(ignored.asserted.as_slice().is_empty());
        let proxied = screening().screen(line.as_bytes(), &head, Peer::Trusted).unwrap();
        assert_eq!(proxied.asserted.as_slice(), [Impu::new("sip:proxy@h").unwrap()]);
        assert!(proxied.intended.is_some());
    }
}

/// Covers: T-095, R-IMS-16, R-IMS-19
#[test]
fn the_other_headers_are_refused_with_their_status() {
    let kind = RequestKind::AuthorizationNotification;
    let rows: [(&str, Option<&str>, Option<Refusal>, u16); 13] = [
        ("Content-Type", Some("text/xml"), Some(UnsupportedMediaType), 415),
        ("Content-Type", Some("application/mbms-register+xml"), Some(UnsupportedMediaType), 415),
        ("Content-Type", None, Some(MissingMediaType), 400),
        ("Content-Length", None, Some(LengthRequired), 411),
        ("Content-Length", Some("16385"), Some(BodyTooLarge), 413),
        ("Content-Length", Some("x"), Some(MalformedLength), 400),
        ("Transfer-Encoding", Some("chunked"), Some(MalformedLength), 400),
        ("Host", None, Some(MalformedHost), 400),
        ("Host", Some("a b"), Some(MalformedHost), 400),
        ("Host", Some("other.net"), Some(UnknownHost), 404),
        ("Host", Some("BMSC.home1.net"), None, 200),
        ("User-Agent", None, None, 200),
        ("User-Agent", Some("\r\n"), None, 200),
    ];
    for (name, value, expected, code) in rows {
        let refusal = with(kind, Peer::Trusted, name, value);
        assert_eq!(refusal, expected, "{name}: {value:?}");
        assert_eq!(refusal.map_or(200, |refusal| refusal.status().code()), code);
    }
    let mut chunked = headers(kind);
    chunked.retain(|(name, _)| name != "Content-Length");
    for (coding, expected) in
        [("chunked", Ok(None)), ("gzip, Chunked", Ok(None)), ("chunked, gzip", Err(LengthRequired))]
    {
        let mut headers = chunked.clone();
        headers.push(("transfer-encoding".into(), coding.into()));
        let screened = screening()
            .screen(line(kind).as_bytes(), &collect(&headers).unwrap(), Peer::Trusted)
            .map(|s| s.length);
        assert_eq!(screened, expected, "{coding}");
    }
    let absolute = "POST http://other.net/keymanagement?requesttype=authorize HTTP/1.1";
    let headers = headers(kind);
    let head = collect(&headers).unwrap();
    assert_eq!(screening().screen(absolute.as_bytes(), &head, Peer::Trusted), Err(UnknownHost));
    let any = Screening { fqdn: None, ..screening() };
    assert!(any.screen(absolute.as_bytes(), &head, Peer::Trusted).is_ok());
}

#[test]
fn a_header_that_matters_stands_once() {
    for name in [
        "Host",
        "content-type",
        "CONTENT-LENGTH",
        "Transfer-Encoding",
        "User-Agent",
        "Authorization",
        "x-3gpp-intended-identity",
        "X-3GPP-Asserted-Identity",
    ] {
        let twice = [(name, &b"1"[..]), ("Via", b"x"), (name, b"1")];
        assert_eq!(RequestHead::collect(twice), Err(DuplicateHeader), "{name}");
        assert!(RequestHead::collect([twice[0]]).is_ok());
    }
    assert_eq!(RequestHead::collect([("Authorization", &b"x"[..])]).unwrap().authorization, Some(&b"x"[..]));
}

#[test]
fn no_truncation_or_flip_makes_a_reader_panic() {
    let read = |octets: &[u8]| {
        let _ = RequestLine::parse(octets, &CATALOGUE);
        let _ = (read_intended(octets), read_asserted(octets), PublicIdentities::parse(octets));
        let _ = (Authority::parse(octets), GbaSupport::of(octets), check_length(Some(octets), false));
        let _ = check_media_type(Some(octets), "a/b");
    };
    let values = [
        "POST http://[::1]:80/keymanagement?x=1&requesttype=%20+authorize+ HTTP/1.1",
        "\"a\\\"b\", <sip:x@y>, c d <tel:1>,\u{e4}",
        "ue/1 (a \\) (b) 3gpp-gba) 3gpp-gba-uicc",
    ];
    for value in values {
        let octets = value.as_bytes();
        for len in 0..=octets.len() {
            read(&octets[..len]);
            read(&octets[len..]);
            for inserted in *b"\"\\,<>= \t\0\xFF%" {
                read(&[&octets[..len], &[inserted], &octets[len..]].concat());
            }
        }
        for at in 0..octets.len() {
            for bit in 0..8 {
                let mut flipped = octets.to_vec();
                flipped[at] ^= 1 << bit;
                read(&flipped);
            }
        }
    }
}
