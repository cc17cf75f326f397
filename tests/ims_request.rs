//! Request lines, header values and statuses of the key management requests.
#![cfg(feature = "ims")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[path = "ims_request/identity.rs"]
mod identity;
#[path = "ims_request/screening.rs"]
mod screening;

use castkey::ims::ImsError;
use castkey::ims::facts::StatusCode;
use castkey::ims::request::{Refusal::*, *};

const CATALOGUE: Catalogue<'static> = Catalogue::DEFAULT;

/// The catalogue once more: number, `requesttype`, media type, identity header, media type of the answer.
const TABLE: [(RequestKind, &str, &str, &str, Option<&str>); 7] = [
    (
        RequestKind::AuthorizationNotification,
        "authorize",
        "application/mbms-authorize+xml",
        "X-3GPP-Asserted-Identity",
        None,
    ),
    (
        RequestKind::Registration,
        "register",
        "application/mbms-register+xml",
        "X-3GPP-Intended-Identity",
        Some("application/mbms-register-response+xml"),
    ),
    (
        RequestKind::Deregistration,
        "deregister",
        "application/mbms-deregister+xml",
        "X-3GPP-Intended-Identity",
        Some("application/mbms-register-response+xml"),
    ),
    (
        RequestKind::MskRequest,
        "msk-request",
        "application/mbms-msk+xml",
        "X-3GPP-Intended-Identity",
        Some("application/mbms-msk-response+xml"),
    ),
    (
        RequestKind::KeyProvisioning,
        "authorized-register",
        "application/mbms-authorized-register+xml",
        "X-3GPP-Asserted-Identity",
        None,
    ),
    (
        RequestKind::AuthorizedMskRequest,
        "authorized-msk-request",
        "application/mbms-msk+xml",
        "X-3GPP-Asserted-Identity",
        None,
    ),
    (
        RequestKind::Deauthorization,
        "authorized-deregister",
        "application/mbms-deregister+xml",
        "X-3GPP-Asserted-Identity",
        None,
    ),
];

fn parse(line: &str) -> Result<RequestKind, Refusal> {
    RequestLine::parse(line.as_bytes(), &CATALOGUE).map(|read| read.kind)
}

/// A request line with this query.
fn query(query: &str) -> Result<RequestKind, Refusal> {
    parse(&format!("POST /keymanagement?{query} HTTP/1.1"))
}

/// Covers: R-IMS-2, R-IMS-10, R-IMS-15, R-IMS-17, R-IMS-18, R-IMS-19, R-IMS-11, R-IMS-28, R-IMS-30, R-MSK-10, T-094
#[test]
fn each_request_is_spelled_as_the_catalogue_says_and_read_back() {
    assert_eq!(RequestKind::ALL, TABLE.map(|row| row.0));
    for (kind, request_type, media_type, header, answer) in TABLE {
        let spelling = CATALOGUE.spelling(kind);
        assert_eq!(
            (spelling.request_type, spelling.media_type, spelling.answer),
            (request_type, media_type, answer)
        );
        assert_eq!(kind.identity_header().name(), header);
        let from_scf = header == "X-3GPP-Asserted-Identity";
        assert_eq!(kind.sender(), if from_scf { Sender::Scf } else { Sender::Ue });
        let target = format!("/keymanagement?requesttype={request_type}");
        let line = format!("POST {target} HTTP/1.1");
        assert_eq!(CATALOGUE.write_target(kind, &mut [0; 99]), Ok(&*target));
        assert_eq!(CATALOGUE.write_request_line(kind, &mut vec![0; line.len()]), Ok(&*line));
        let short = CATALOGUE.write_request_line(kind, &mut vec![0; line.len() - 1]).map(str::len);
        assert_eq!(short, Err(ImsError::BufferTooSmall));
        let read = RequestLine::parse(line.as_bytes(), &CATALOGUE).unwrap();
        assert_eq!((read.kind, read.target, read.authority), (kind, &*target, None));
    }
}

#[test]
fn every_spelling_can_be_configured() {
    let mut catalogue = CATALOGUE;
    catalogue.path = "/km/v2";
    catalogue.msk_request.request_type = "MSK-request";
    catalogue.key_provisioning.request_type = "provision";
    let line = "POST /km/v2?requesttype=MSK-request HTTP/1.1";
    assert_eq!(catalogue.write_request_line(RequestKind::MskRequest, &mut [0; 99]), Ok(line));
    let read = |line: &str| RequestLine::parse(line.as_bytes(), &catalogue).map(|read| read.kind);
    assert_eq!(read(line), Ok(RequestKind::MskRequest));
    assert_eq!(read("POST /km/v2?requesttype=provision HTTP/1.1"), Ok(RequestKind::KeyProvisioning));
    assert_eq!(read("POST /km/v2?requesttype=msk-request HTTP/1.1"), Err(UnknownRequestType));
    assert_eq!(read("POST /keymanagement?requesttype=register HTTP/1.1"), Err(UnknownPath));
    for bad in ["a b", "a\r\nb", "ä", " a"] {
        let mut catalogue = CATALOGUE;
        catalogue.msk_request.request_type = bad;
        let refused = catalogue.write_target(RequestKind::MskRequest, &mut [0; 99]).map(str::len);
        assert_eq!(refused, Err(ImsError::BadCharacter), "{bad:?}");
    }
}

/// Covers: T-094, R-IMS-17
#[test]
fn blanks_around_the_request_type_are_tolerated_and_never_written() {
    let authorize = Ok(RequestKind::AuthorizationNotification);
    for value in [
        " authorize",
        "authorize ",
        "  authorize  ",
        "+authorize",
        "authorize+",
        "%20authorize",
        "authorize%20",
        "%20+ authorize +%20%20",
    ] {
        assert_eq!(query(&format!("requesttype={value}")), authorize, "{value:?}");
        let line = format!("POST /keymanagement?requesttype={value} HTTP/1.1");
        let read = RequestLine::parse(line.as_bytes(), &CATALOGUE).unwrap();
        assert_eq!(
            read.target,
            format!("/keymanagement?requesttype={value}"),
            "the target stays as received"
        );
    }
    for kind in RequestKind::ALL {
        let mut out = [0; 99];
        let target = CATALOGUE.write_target(kind, &mut out).unwrap();
        assert!(!target.contains([' ', '+', '%']));
    }
}

/// Covers: R-IMS-17
#[test]
fn a_query_without_exactly_one_known_request_type_is_refused() {
    let rows = [
        ("requesttype=register", Ok(RequestKind::Registration)),
        ("x=1&requesttype=register&y", Ok(RequestKind::Registration)),
        ("Requesttype=authorize&requesttype=register", Ok(RequestKind::Registration)),
        ("requesttypes=a&requesttype=register", Ok(RequestKind::Registration)),
        ("&&requesttype=register&", Ok(RequestKind::Registration)),
        ("", Err(MissingRequestType)),
        ("x=requesttype", Err(MissingRequestType)),
        ("requesttype", Err(UnknownRequestType)),
        ("requesttype=", Err(UnknownRequestType)),
        ("requesttype=%20", Err(UnknownRequestType)),
        ("requesttype=Register", Err(UnknownRequestType)),
        ("requesttype=regis+ter", Err(UnknownRequestType)),
        ("requesttype=%2520register", Err(UnknownRequestType)),
        ("requesttype=register%00", Err(UnknownRequestType)),
        ("requesttype=%72egister", Err(UnknownRequestType)),
        ("requesttype=register=", Err(UnknownRequestType)),
        ("requesttype=register;requesttype=register", Err(UnknownRequestType)),
        ("requesttype=register&requesttype=register", Err(DuplicateRequestType)),
        ("requesttype=register&requesttype=authorize", Err(DuplicateRequestType)),
        ("requesttype=&requesttype=authorize", Err(DuplicateRequestType)),
        ("requesttype=authorize& requesttype=register", Err(DuplicateRequestType)),
    ];
    for (text, expected) in rows {
        assert_eq!(query(text), expected, "{text}");
    }
}

/// Covers: R-IMS-15, R-IMS-16, R-MSK-10
#[test]
fn a_bad_request_line_is_refused_for_its_own_reason() {
    const Q: &str = "/keymanagement?requesttype=register";
    let long = format!("POST {Q}&x={} HTTP/1.1", "x".repeat(MAX_REQUEST_LINE_LEN));
    let rows = [
        (String::new(), MalformedRequestLine),
        ("POST".into(), MalformedRequestLine),
        (format!("POST {Q}"), MalformedRequestLine),
        (format!(" {Q} HTTP/1.1"), MalformedRequestLine),
        (format!("PO(ST {Q} HTTP/1.1"), MalformedRequestLine),
        (format!("POST  {Q} HTTP/1.1"), MalformedRequestLine),
        (format!("POST\t{Q} HTTP/1.1"), MalformedRequestLine),
        (format!("POST {Q} HTTP/1.1 "), MalformedRequestLine),
        (format!("POST {Q} HTTP/1.1\r\n"), MalformedRequestLine),
        (format!("POST {Q}\r\nHost:x HTTP/1.1"), MalformedRequestLine),
        (format!("POST {Q}\0 HTTP/1.1"), MalformedRequestLine),
        (format!("POST {Q}#x HTTP/1.1"), MalformedRequestLine),
        (format!("POST {Q} http/1.1"), MalformedRequestLine),
        (format!("POST {Q} HTTP/1"), MalformedRequestLine),
        (format!("POST {Q} HTTP/11.1"), MalformedRequestLine),
        (format!("POST {Q} SIP/2.0"), MalformedRequestLine),
        (format!("POST ftp://h{Q} HTTP/1.1"), MalformedRequestLine),
        ("OPTIONS * HTTP/1.1".into(), MalformedRequestLine),
        (long, MalformedRequestLine),
        (format!("POST {Q} HTTP/1.0"), UnsupportedVersion),
        ("GET /other HTTP/2.0".into(), UnsupportedVersion),
        (format!("POST http://u@h{Q} HTTP/1.1"), MalformedHost),
        (format!("POST http://{Q} HTTP/1.1"), MalformedHost),
        (format!("POST http://h:99999{Q} HTTP/1.1"), MalformedHost),
        ("GET /other?requesttype=register HTTP/1.1".into(), UnknownPath),
        ("POST /keymanagement/?requesttype=register HTTP/1.1".into(), UnknownPath),
        ("POST /KeyManagement?requesttype=register HTTP/1.1".into(), UnknownPath),
        ("POST http://h HTTP/1.1".into(), UnknownPath),
        ("POST http://h?requesttype=register HTTP/1.1".into(), MalformedRequestLine),
        (format!("GET {Q} HTTP/1.1"), MethodNotAllowed),
        (format!("post {Q} HTTP/1.1"), MethodNotAllowed),
        ("PUT /keymanagement HTTP/1.1".into(), MethodNotAllowed),
    ];
    for (line, expected) in rows {
        assert_eq!(parse(&line), Err(expected), "{line}");
    }
    assert_eq!(RequestLine::parse(b"POST /\xFF HTTP/1.1", &CATALOGUE).err(), Some(MalformedRequestLine));
    let absolute = format!("POST HTTP://bmsc.home1.net:1234{Q} HTTP/1.1");
    let read = RequestLine::parse(absolute.as_bytes(), &CATALOGUE).unwrap();
    assert_eq!(read.authority, Some(Authority { host: "bmsc.home1.net", port: Some(1234) }));
    assert_eq!(read.target, format!("HTTP://bmsc.home1.net:1234{Q}"));
}

#[test]
fn a_host_is_a_name_or_an_address_and_perhaps_a_port() {
    let good = [
        ("bmsc.home1.net", "bmsc.home1.net", None),
        (" bmsc.home1.net:1234 ", "bmsc.home1.net", Some(1234)),
        ("192.0.2.1:80", "192.0.2.1", Some(80)),
        ("[2001:db8::1]", "[2001:db8::1]", None),
        ("[2001:db8::1]:443", "[2001:db8::1]", Some(443)),
    ];
    for (value, host, port) in good {
        assert_eq!(Authority::parse(value.as_bytes()), Ok(Authority { host, port }), "{value}");
    }
    let bad = [
        "", ":80", "h:", "h:x", "h:+8", "h::80", "h:65536", "h:80:80", "h h", "u@h", "h/x", "h,g", "[]",
        "[::1", "::1", "[::1]x", "[g::1]", "h\r\n", "a]b:80", "[::1]:", "h\0",
    ];
    for value in bad {
        assert_eq!(Authority::parse(value.as_bytes()), Err(MalformedHost), "{value:?}");
    }
    assert_eq!(Authority::parse("h".repeat(97).as_bytes()), Err(MalformedHost));
    assert_eq!(Authority::parse(b"\xFF"), Err(MalformedHost));
}

/// Covers: T-095, R-IMS-19
#[test]
fn only_the_media_type_of_the_request_is_supported() {
    for (_, _, media_type, _, _) in TABLE {
        let upper = media_type.to_ascii_uppercase();
        let with = |tail: &str| format!("{media_type}{tail}");
        for good in
            [media_type.into(), upper, with("; charset=utf-8"), with(" ;x"), format!(" {media_type}\t")]
        {
            assert_eq!(check_media_type(Some(good.as_bytes()), media_type), Ok(()), "{good}");
        }
        for bad in [
            "text/xml".into(),
            "application/xml".into(),
            String::new(),
            with("x"),
            with(", text/xml"),
            format!("x{media_type}"),
        ] {
            assert_eq!(
                check_media_type(Some(bad.as_bytes()), media_type),
                Err(UnsupportedMediaType),
                "{bad}"
            );
        }
        assert_eq!(check_media_type(None, media_type), Err(MissingMediaType));
    }
}

#[test]
fn a_body_has_a_length_of_at_most_16_kib() {
    type Row = (Option<&'static str>, bool, Result<Option<usize>, Refusal>);
    let rows: [Row; 17] = [
        (Some("0"), false, Ok(Some(0))),
        (Some(" 162 "), false, Ok(Some(162))),
        (Some("0162"), false, Ok(Some(162))),
        (Some("16384"), false, Ok(Some(16384))),
        (Some("16385"), false, Err(BodyTooLarge)),
        (Some("18446744073709551616"), false, Err(BodyTooLarge)),
        (Some("99999999999999999999999999999999999999"), false, Err(BodyTooLarge)),
        (None, false, Err(LengthRequired)),
        (None, true, Ok(None)),
        (Some("5"), true, Err(MalformedLength)),
        (Some(""), false, Err(MalformedLength)),
        (Some("-1"), false, Err(MalformedLength)),
        (Some("+1"), false, Err(MalformedLength)),
        (Some("1 2"), false, Err(MalformedLength)),
        (Some("1, 1"), false, Err(MalformedLength)),
        (Some("0x10"), false, Err(MalformedLength)),
        (Some("1.0"), false, Err(MalformedLength)),
    ];
    for (value, chunked, expected) in rows {
        assert_eq!(check_length(value.map(str::as_bytes), chunked), expected, "{value:?} {chunked}");
    }
}

#[test]
fn each_refusal_has_the_status_of_the_table() {
    let rows: [(u16, &[Refusal]); 9] = [
        (
            400,
            &[
                MalformedRequestLine,
                MalformedHost,
                MissingRequestType,
                DuplicateRequestType,
                UnknownRequestType,
                DuplicateHeader,
                MalformedLength,
                MissingMediaType,
                MissingAssertedIdentity,
                MalformedIdentity,
                Ims(ImsError::Malformed),
                Ims(ImsError::TooLong),
                Ims(ImsError::BadCharacter),
                Ims(ImsError::UriMismatch),
                Ims(ImsError::Empty),
            ],
        ),
        (
            401,
            &[
                Ims(ImsError::BadResponse),
                Ims(ImsError::StaleNonce),
                Ims(ImsError::Replay),
                Ims(ImsError::ExpiredKey),
            ],
        ),
        (403, &[MissingIntendedIdentity, UntrustedPeer, ForeignIdentity, Ims(ImsError::NotAuthorised)]),
        (404, &[UnknownPath, UnknownHost, Ims(ImsError::Unknown)]),
        (405, &[MethodNotAllowed]),
        (411, &[LengthRequired]),
        (413, &[BodyTooLarge]),
        (415, &[UnsupportedMediaType]),
        (505, &[UnsupportedVersion]),
    ];
    for (code, refusals) in rows {
        for refusal in refusals {
            assert_eq!(refusal.status().code(), code, "{refusal:?}");
        }
    }
    assert_eq!(Refusal::from(ImsError::StoreFull).status(), StatusCode::SERVICE_UNAVAILABLE);
    let codes = StatusCode::ALL.map(StatusCode::code);
    assert_eq!(codes, [200, 400, 401, 403, 404, 405, 411, 413, 415, 503, 505]);
    assert!(StatusCode::ALL.iter().all(|status| !status.reason().is_empty()));
    assert_eq!(StatusCode::new(418).unwrap().reason(), "");
    assert_eq!(StatusCode::UNAUTHORIZED.to_string(), "401 Unauthorized");
}

#[test]
fn the_user_agent_says_which_bootstrapping_a_terminal_can_do() {
    assert_eq!(write_user_agent("mbms-ue", GbaSupport::Me, &mut [0; 99]), Ok("mbms-ue 3gpp-gba"));
    assert_eq!(write_user_agent("ue/1.0", GbaSupport::Uicc, &mut [0; 99]), Ok("ue/1.0 3gpp-gba-uicc"));
    for bad in ["", "a b", "a\r\nb", "a/", "/1", "a/1/2", "(a)"] {
        assert_eq!(write_user_agent(bad, GbaSupport::Me, &mut [0; 99]), Err(ImsError::BadCharacter), "{bad}");
    }
    assert_eq!(write_user_agent("ue", GbaSupport::Me, &mut [0; 10]), Err(ImsError::BufferTooSmall));
    let rows: [(&str, Option<GbaSupport>); 11] = [
        ("mbms-ue 3gpp-gba", Some(GbaSupport::Me)),
        ("3gpp-gba-uicc", Some(GbaSupport::Uicc)),
        ("3gpp-gba 3gpp-gba-uicc", Some(GbaSupport::Uicc)),
        ("3gpp-gba-uicc 3gpp-gba", Some(GbaSupport::Uicc)),
        ("ue/1 (x) 3gpp-gba/2", Some(GbaSupport::Me)),
        ("ue (a 3gpp-gba b)", None),
        ("ue (a \\) 3gpp-gba b)", None),
        ("ue (a (b) 3gpp-gba c) 3gpp-gba-uicc", Some(GbaSupport::Uicc)),
        ("x3gpp-gba 3gpp-gbax 3GPP-GBA", None),
        ("", None),
        ("3gpp-gba\n", None),
    ];
    for (value, expected) in rows {
        assert_eq!(GbaSupport::of(value.as_bytes()), expected, "{value}");
    }
}
