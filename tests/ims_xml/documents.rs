//! Each document of the request procedures but the key and the announcement.

use castkey::error::EncodeError;
use castkey::id::{GroupName, KeyDomainId, KeyGroup, KeyNumber, MskId, MskName};
use castkey::ims::facts::StatusCode;
use castkey::ims::xml::{
    MskRequest, MskResponse, RegisterResponse, ServiceList, XmlError, XmlSettings, authorize, btid,
    deregister, names, register,
};
use castkey::ims::{BTid, ImsError, ServiceId};
use md5::{Digest, Md5};

use super::{DEFAULT, STRICT, error, malformed, marked};

const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);

fn service(text: &str) -> ServiceId {
    ServiceId::new(text).unwrap()
}

const fn msk(group: u16, number: u16) -> MskName {
    MskName::new(DOMAIN, MskId::new(KeyGroup(group), KeyNumber(number)))
}

type DecodeServices = fn(&[u8], XmlSettings) -> Result<ServiceList<'_>, XmlError>;
type EncodeServices = for<'o> fn(&ServiceList<'_>, &'o mut [u8]) -> Result<&'o mut [u8], EncodeError>;

/// The three documents that list services: root, last part of the namespace, decoder, encoder.
const SERVICE_DOCUMENTS: [(&str, &str, DecodeServices, EncodeServices); 3] = [
    ("mbmsSecurityRegister", "securityRegistration", register::decode, register::encode),
    ("mbmsSecurityDeregister", "securityDeregistration", deregister::decode, deregister::encode),
    ("mbmsAuthorize", "authorize", authorize::decode, authorize::encode),
];

/// Covers: R-IMS-20
#[test]
fn the_example_of_an_authorization_notification_reads_and_writes() {
    let body = "<mbmsAuthorize xmlns=\"urn:3GPP:metadata:2005:MBMS:authorize\"><serviceId>urn:3gpp:mbms:service:news\
                </serviceId></mbmsAuthorize>";
    let list = authorize::decode(body.as_bytes(), STRICT).unwrap();
    assert_eq!(list.iter().collect::<Vec<_>>(), [service("urn:3gpp:mbms:service:news")]);
    let mut out = [0; 512];
    let written = authorize::encode(&list, &mut out).unwrap();
    assert_eq!(core::str::from_utf8(written).unwrap(), format!("{DECLARATION}{body}"));
}

#[test]
fn lists_of_services_write_and_read_back_in_order() {
    let services = ["urn:b", "urn:a", "a&b<c>\"d'", "\u{1F511}", "urn:a"].map(service);
    for (root, namespace, decode, encode) in SERVICE_DOCUMENTS {
        let mut out = [0; 1024];
        let written = encode(&ServiceList::new(&services).unwrap(), &mut out).unwrap().to_vec();
        let text = String::from_utf8(written.clone()).unwrap();
        let expected = format!(
            "{DECLARATION}<{root} xmlns=\"urn:3GPP:metadata:2005:MBMS:{namespace}\"><serviceId>urn:b</serviceId>\
             <serviceId>urn:a</serviceId><serviceId>a&amp;b&lt;c&gt;\"d'</serviceId><serviceId>\u{1F511}</serviceId>\
             <serviceId>urn:a</serviceId></{root}>"
        );
        assert_eq!(text, expected);
        let read = decode(&written, STRICT).unwrap();
        assert_eq!(read.iter().collect::<Vec<_>>(), services);
        assert_eq!(read, ServiceList::new(&services).unwrap());
        for (_, _, other, _) in SERVICE_DOCUMENTS.iter().filter(|(other, ..)| *other != root) {
            assert_eq!(other(&written, DEFAULT).map(|_| ()), Err(malformed(DECLARATION.len())), "{root}");
        }
        let needed = u32::try_from(text.len()).unwrap();
        let list = ServiceList::new(&services).unwrap();
        for len in [0, 1, text.len() - 1] {
            let refused = encode(&list, &mut vec![0; len]).map(|_| ());
            assert_eq!(refused, Err(EncodeError::BufferTooSmall { needed }));
        }
        assert!(encode(&list, &mut vec![0; text.len()]).is_ok());
    }
}

#[test]
fn a_list_of_services_holds_1_to_64_and_writes_at_most_16_384_octets() {
    assert_eq!(ServiceList::new(&[]).map(|_| ()), Err(ImsError::Empty));
    let many: Vec<_> = (0..65).map(|i| service(&format!("{i:0>96}"))).collect();
    assert_eq!(ServiceList::new(&many).map(|_| ()), Err(ImsError::TooLong));
    let mut out = vec![0; 40_000];
    let list = ServiceList::new(&many[..64]).unwrap();
    assert!(register::decode(register::encode(&list, &mut out).unwrap(), DEFAULT).is_ok());
    let escaped: Vec<_> = (0..64).map(|_| service(&"&".repeat(96))).collect();
    let list = ServiceList::new(&escaped).unwrap();
    assert_eq!(register::encode(&list, &mut out).map(|_| ()), Err(EncodeError::FieldTooLong));
    for text in [" a", "a ", "\u{fffe}"] {
        let one = [service(text)];
        let refused = register::encode(&ServiceList::new(&one).unwrap(), &mut out).map(|_| ());
        assert_eq!(refused, Err(EncodeError::Inconsistent), "{text:?}");
    }
}

#[test]
fn the_answer_to_a_registration_has_one_status_a_service() {
    let (news, sport) = (service("urn:news"), service("urn:sport"));
    let answer = RegisterResponse::new([(&news, StatusCode::OK), (&sport, StatusCode::FORBIDDEN)]).unwrap();
    let mut out = [0; 1024];
    let written = answer.encode(&mut out).unwrap().to_vec();
    let expected = "<mbmsSecurityRegisterResponse xmlns=\"urn:3GPP:metadata:2005:MBMS:registrationResponse\">\
        <Response><serviceId>urn:news</serviceId><responseCode>200</responseCode></Response>\
        <Response><serviceId>urn:sport</serviceId><responseCode>403</responseCode></Response>\
        </mbmsSecurityRegisterResponse>";
    assert_eq!(String::from_utf8(written.clone()).unwrap(), format!("{DECLARATION}{expected}"));
    let read = RegisterResponse::decode(&written, STRICT).unwrap();
    assert_eq!(read, answer);
    assert_eq!(read.iter().map(|(_, code)| code.code()).collect::<Vec<_>>(), [200, 403]);
    assert_eq!(read.status_of(&news).map(StatusCode::is_success), Some(true));
    assert_eq!(read.status_of(&sport).map(StatusCode::is_success), Some(false));
    assert_eq!(read.status_of(&service("urn:other")), None);
    assert_eq!(RegisterResponse::new([]).map(|_| ()), Err(ImsError::Empty));
    let many = vec![(&news, StatusCode::OK); 65];
    assert_eq!(RegisterResponse::new(many.iter().copied()).map(|_| ()), Err(ImsError::TooLong));
    assert!(RegisterResponse::new(many.into_iter().take(64)).is_ok());
}

#[test]
fn an_answer_to_a_registration_is_refused_as_a_whole() {
    let root = "<mbmsSecurityRegisterResponse>";
    let end = "</mbmsSecurityRegisterResponse>";
    let good = "<Response><serviceId>urn:x</serviceId><responseCode>200</responseCode></Response>";
    let read = |body: &[u8]| RegisterResponse::decode(body, DEFAULT).map(|_| ());
    // Either order, and whatever else there may be.
    let other =
        "<Response a='1'><x/><responseCode> 404 </responseCode><serviceId>urn:y</serviceId></Response>";
    assert_eq!(read(format!("{root}{good}{other}{end}").as_bytes()), Ok(()));
    for item in [
        "<Response><serviceId>urn:x</serviceId>@</Response>",
        "<Response><responseCode>200</responseCode>@</Response>",
        "<Response@/>",
        "<Response><serviceId>urn:x</serviceId>@<serviceId>urn:x</serviceId></Response>",
        "<Response><responseCode>200</responseCode>@<responseCode>200</responseCode></Response>",
        "<Response>@<responseCode>20</responseCode></Response>",
        "<Response>@<responseCode>2000</responseCode></Response>",
        "<Response>@<responseCode>099</responseCode></Response>",
        "<Response>@<responseCode>2OO</responseCode></Response>",
        "<Response>@<responseCode>+20</responseCode></Response>",
        "<Response>@<responseCode/></Response>",
        "<Response>@<responseCode>\u{664}\u{664}\u{664}</responseCode></Response>",
    ] {
        let (body, at) = marked(&format!("{root}{good}{item}{end}"));
        assert_eq!(read(&body), Err(malformed(at)), "{item}");
    }
    let long = format!("<Response>@<serviceId>{}</serviceId></Response>", "x".repeat(97));
    let (body, at) = marked(&format!("{root}{long}{end}"));
    assert_eq!(read(&body), Err(error(ImsError::TooLong, at)));
    assert_eq!(read(format!("{root}{end}").as_bytes()), Err(malformed(root.len())));
    assert_eq!(read(format!("{root}{}{end}", good.repeat(64)).as_bytes()), Ok(()));
    let at = root.len() + 64 * good.len();
    assert_eq!(read(format!("{root}{}{end}", good.repeat(65)).as_bytes()), Err(malformed(at)));
    let foreign =
        format!("<a:mbmsSecurityRegisterResponse xmlns:a='urn:a'>{good}</a:mbmsSecurityRegisterResponse>");
    assert_eq!(RegisterResponse::decode(foreign.as_bytes(), STRICT).map(|_| ()), Err(malformed(0)));
}

#[test]
fn a_response_code_has_three_digits() {
    assert_eq!([99, 100, 999, 1000].map(|code| StatusCode::new(code).is_some()), [false, true, true, false]);
    let success = [199, 200, 299, 300].map(|code| StatusCode::new(code).unwrap().is_success());
    assert_eq!(success, [false, true, true, false]);
    for code in 100..=999 {
        let code = StatusCode::new(code).unwrap();
        let mut out = [0; 512];
        let written = MskResponse::new([(msk(1, 0), code)]).unwrap().encode(&mut out).unwrap().to_vec();
        assert!(String::from_utf8(written.clone()).unwrap().contains(&format!(">{}<", code.code())));
        assert_eq!(MskResponse::decode(&written, STRICT).unwrap().items(), [(msk(1, 0), code)]);
    }
}

/// Covers: R-MSK-7, R-MSK-11, T-065
#[test]
fn a_request_for_groups_names_each_once_in_order_with_number_0() {
    let group = |group| GroupName::new(DOMAIN, KeyGroup(group));
    let request = MskRequest::of_groups([1, 2, 1].map(group)).unwrap();
    assert_eq!(request.names(), [msk(1, 0), msk(2, 0)]);
    let mut out = [0; 512];
    let written = String::from_utf8(request.encode(&mut out).unwrap().to_vec()).unwrap();
    // 00 01 00 00 and 00 02 00 00 in base64.
    let ids: Vec<_> = written.match_indices("<MSKID>").map(|(at, _)| &written[at + 7..at + 15]).collect();
    assert_eq!(ids, ["AAEAAA==", "AAIAAA=="]);
    assert_eq!(MskRequest::of_groups([]), Err(ImsError::Empty));
    let other_domain = GroupName::new(KeyDomainId::new([0; 3]), KeyGroup(1));
    assert_eq!(MskRequest::of_groups([group(1), other_domain]).unwrap().names().len(), 2);
    let reversed = MskRequest::of_groups([3, 2, 3, 1, 2].map(group)).unwrap();
    assert_eq!(reversed.names(), [msk(3, 0), msk(2, 0), msk(1, 0)]);
    // Repeats do not count towards the limit.
    assert!(MskRequest::of_groups((0..64).chain(0..64).map(group)).is_ok());
    assert_eq!(MskRequest::of_groups((0..65).map(group)), Err(ImsError::TooLong));
}

#[test]
fn the_body_of_test_vector_c_is_written_octet_for_octet() {
    let body = "<?xml version=\"1.0\" encoding=\"UTF-8\"?><mbmsMSK xmlns=\"urn:3GPP:metadata:2005:MBMS:msk\"><MSK>\
                <keyDomainID>aMoM</keyDomainID><MSKID>AAEAAA==</MSKID></MSK></mbmsMSK>";
    assert_eq!(body.len(), 162);
    assert_eq!(hex::encode(Md5::digest(body)), "e3819a75e0e8e6e1fa3d9d390875a7ca");
    let request = MskRequest::of_groups([GroupName::new(DOMAIN, KeyGroup(1))]).unwrap();
    let mut out = [0; 162];
    assert_eq!(request.encode(&mut out).unwrap(), body.as_bytes());
    assert_eq!(MskRequest::decode(body.as_bytes(), STRICT).unwrap(), request);
    assert_eq!(request.encode(&mut [0; 161]), Err(EncodeError::BufferTooSmall { needed: 162 }));
}

/// Covers: T-086
#[test]
fn identifiers_in_base64_decode_to_3_and_4_octets() {
    let of = |domain: &str, id: &str| {
        format!("<mbmsMSK><MSK><keyDomainID>{domain}</keyDomainID><MSKID>{id}</MSKID></MSK></mbmsMSK>")
    };
    let read =
        |body: &str| MskRequest::decode(body.as_bytes(), DEFAULT).map(|request| request.names().to_vec());
    let names = read(&of("aMoM", "aMoAAA==")).unwrap();
    assert_eq!(names[0].domain.to_octets(), [0x68, 0xCA, 0x0C]);
    assert_eq!(names[0].id.to_octets(), [0x68, 0xCA, 0x00, 0x00]);
    assert_eq!(read(&of(" aMoM\n", "aMoA AA= =")), Ok(names));
    let domain_at = of("", "").find("<keyDomainID").unwrap();
    for domain in ["", "aMo", "aMo=", "aM==", "aMoMAA==", "68ca0c", "aMo-", "aMo\u{e4}", "aMoM&#0065;"] {
        assert_eq!(read(&of(domain, "aMoAAA==")), Err(malformed(domain_at)), "{domain}");
    }
    let id_at = of("aMoM", "").find("<MSKID").unwrap();
    for id in ["", "aMoA", "aMoAAA", "aMoAAA=", "aMoAAB==", "aMoAAAA=", "aMoAAAAA", "==aMoAAA", "&#x61;MoA"] {
        assert_eq!(read(&of("aMoM", id)), Err(malformed(id_at)), "{id}");
    }
}

/// Covers: D-23
#[test]
fn a_request_for_msks_is_refused_as_a_whole() {
    let item = "<MSK><keyDomainID>aMoM</keyDomainID><MSKID>AAEAAQ==</MSKID></MSK>";
    let of = |content: &str| format!("<mbmsMSK>{content}</mbmsMSK>");
    let read = |body: &[u8]| MskRequest::decode(body, DEFAULT).map(|request| request.names().to_vec());
    // What the sender writes twice stands twice; a number other than 0 is kept.
    assert_eq!(read(of(&item.repeat(2)).as_bytes()), Ok(vec![msk(1, 1), msk(1, 1)]));
    let swapped = "<MSK><x>y</x><MSKID>AAEAAQ==</MSKID><keyDomainID>aMoM</keyDomainID></MSK><y/>";
    assert_eq!(read(of(swapped).as_bytes()), Ok(vec![msk(1, 1)]));
    assert_eq!(read(of(&item.repeat(64)).as_bytes()).map(|names| names.len()), Ok(64));
    for content in [
        "@",
        &format!("{}@{item}", item.repeat(64)),
        "<MSK@/>",
        "<MSK><keyDomainID>aMoM</keyDomainID>@</MSK>",
        "<MSK><MSKID>AAEAAQ==</MSKID>@</MSK>",
        "<MSK><keyDomainID>aMoM</keyDomainID>@<keyDomainID>aMoM</keyDomainID><MSKID>AAEAAQ==</MSKID></MSK>",
        "<MSK><keyDomainID>aMoM</keyDomainID><MSKID>AAEAAQ==</MSKID>@<MSKID>AAEAAQ==</MSKID></MSK>",
        &format!("{item}<MSK>@x</MSK>"),
        &format!("{item}<MSK><keyDomainID>aMoM</keyDomainID>@</MSK>"),
    ] {
        let (body, at) = marked(&of(content));
        assert_eq!(read(&body), Err(malformed(at)), "{content}");
    }
}

#[test]
fn the_answer_to_an_msk_request_has_one_status_a_key() {
    let items = [(msk(1, 0), StatusCode::OK), (msk(2, 7), StatusCode::NOT_FOUND)];
    let answer = MskResponse::new(items).unwrap();
    let mut out = [0; 1024];
    let written = String::from_utf8(answer.encode(&mut out).unwrap().to_vec()).unwrap();
    let expected = "<mbmsMSKResponse xmlns=\"urn:3GPP:metadata:2005:MBMS:mskResponse\">\
        <Response><keyDomainID>aMoM</keyDomainID><MSKID>AAEAAA==</MSKID><responseCode>200</responseCode></Response>\
        <Response><keyDomainID>aMoM</keyDomainID><MSKID>AAIABw==</MSKID><responseCode>404</responseCode></Response>\
        </mbmsMSKResponse>";
    assert_eq!(written, format!("{DECLARATION}{expected}"));
    assert_eq!(MskResponse::decode(written.as_bytes(), STRICT).unwrap(), answer);
    assert_eq!(answer.items(), items);
    assert_eq!(MskResponse::new([]), Err(ImsError::Empty));
    assert_eq!(MskResponse::new([items[0]; 65]), Err(ImsError::TooLong));
    assert!(MskResponse::new([items[0]; 64]).is_ok());
    let (root, end) = ("<mbmsMSKResponse>", "</mbmsMSKResponse>");
    let item = "<Response><keyDomainID>aMoM</keyDomainID><MSKID>AAEAAA==</MSKID><responseCode>200</responseCode></Response>";
    let read = |body: &[u8]| MskResponse::decode(body, DEFAULT).map(|answer| answer.items().len());
    assert_eq!(read(format!("{root}{}{end}", item.repeat(64)).as_bytes()), Ok(64));
    for content in [
        "@",
        &format!("{}@{item}", item.repeat(64)),
        &item.replace("<responseCode>200</responseCode>", "@"),
        &item.replace("<MSKID>AAEAAA==</MSKID>", "").replace("</Response>", "@</Response>"),
        &item.replace("<keyDomainID>aMoM</keyDomainID>", "").replace("</Response>", "@</Response>"),
        &item.replace("<responseCode>200", "@<responseCode>20"),
        &item.replace("</Response>", "@<responseCode>200</responseCode></Response>"),
        &item.replace("<keyDomainID>aMoM", "@<keyDomainID>aMoMaMoM"),
    ] {
        let (body, at) = marked(&format!("{root}{content}{end}"));
        assert_eq!(read(&body), Err(malformed(at)), "{content}");
    }
}

#[test]
fn the_b_tid_of_an_invite_reads_and_writes() {
    let body = "<mbmsAuthorizedSecurityRegister \
        xmlns=\"urn:3GPP:metadata:2005:MBMS:bootstrappingTransactionIdentifier\">\
        <btid>I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net</btid></mbmsAuthorizedSecurityRegister>";
    let id = BTid::new("I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net").unwrap();
    assert_eq!(btid::decode(body.as_bytes(), STRICT), Ok(id.clone()));
    let mut out = [0; 512];
    let written = btid::encode(&id, &mut out).unwrap();
    assert_eq!(core::str::from_utf8(written).unwrap(), format!("{DECLARATION}{body}"));
    let needed = u32::try_from(DECLARATION.len() + body.len()).unwrap();
    assert_eq!(btid::encode(&id, &mut []), Err(EncodeError::BufferTooSmall { needed }));
    assert_eq!(btid::encode(&BTid::new("a ").unwrap(), &mut out), Err(EncodeError::Inconsistent));

    // Any foreign element, any attribute.
    let more = body.replace("<btid>", "<f:a xmlns:f='urn:f' b='c'>d<e/></f:a><btid x='y'>");
    assert_eq!(btid::decode(more.as_bytes(), STRICT), Ok(id));
    let root = &body[..body.find("<btid>").unwrap()];
    for content in
        ["@", "<btid>a</btid>@<btid>b</btid>", "@<btid/>", "@<btid><!-- --></btid>", "<btid>a<b@/></btid>"]
    {
        let (body, at) = marked(&format!("{root}{content}</mbmsAuthorizedSecurityRegister>"));
        assert_eq!(btid::decode(&body, DEFAULT), Err(malformed(at)), "{content}");
    }
    for (value, kind) in [("x".repeat(97), ImsError::TooLong), ("a&#10;b".into(), ImsError::BadCharacter)] {
        let body = format!("{root}<btid>{value}</btid></mbmsAuthorizedSecurityRegister>");
        assert_eq!(btid::decode(body.as_bytes(), DEFAULT), Err(error(kind, root.len())), "{value}");
    }
    let other = body.replace("bootstrappingTransactionIdentifier", "nafKeyInfo");
    assert_eq!(btid::decode(other.as_bytes(), STRICT), Err(malformed(0)));
}

#[test]
fn the_table_names_each_thing_once_and_marks_what_is_not_confirmed() {
    for (at, name) in names::ALL.iter().enumerate() {
        let twice = names::ALL[..at].iter().any(|other| (other.kind, other.text) == (name.kind, name.text));
        assert!(!twice, "{}", name.text);
    }
    let unconfirmed: Vec<_> = names::ALL
        .iter()
        .filter(|name| {
            !name.confirmed && matches!(name.kind, names::NameKind::Namespace | names::NameKind::MediaType)
        })
        .map(|name| name.text.rsplit([':', '/']).next().unwrap())
        .collect();
    let expected = [
        "securityRegistration",
        "securityDeregistration",
        "registrationResponse",
        "msk",
        "authorize",
        "mbms-authorized-register+xml",
    ];
    assert_eq!(unconfirmed, expected);
}

#[test]
fn an_error_says_what_and_where() {
    let e = register::decode(b"<a/>", DEFAULT).unwrap_err();
    assert_eq!((e.code(), e.to_string()), (192, "malformed at octet 0".to_owned()));
    assert_eq!(ImsError::from(e), ImsError::Malformed);
}
