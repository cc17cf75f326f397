//! The security description of the service announcement, and what it asks of a terminal.

use core::net::SocketAddr;

use castkey::error::EncodeError;
use castkey::id::{GroupName, KeyDomainId, KeyGroup};
use castkey::ims::xml::{Activation, FecProtection, MediaFlow, MskRequest, SecurityDescription, XmlError};
use castkey::ims::{FecOtiExtension, ImsError, ServerUri};

use super::{DEFAULT, STRICT, error, malformed, marked};

type Description = SecurityDescription;

const BODY: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
    <securityDescription xmlns=\"urn:3GPP:metadata:2005:MBMS:securityDescription\" \
    confidentialityProtection=\"true\" integrityProtection=\"false\" uiccKeyManagement=\"false\">\
    <keyManagement offsetTime=\"5\" randomTimePeriod=\"10\">\
    <serverURI>http://bmsc.home1.net:1234</serverURI><serverURI>http://bmsc2.home1.net:1234</serverURI>\
    </keyManagement>\
    <keyId>\
    <mediaFlow flowID=\"232.0.1.2/4002\"><MSK><keyDomainID>aMoM</keyDomainID><MSKID>aMoAAA==</MSKID></MSK></mediaFlow>\
    <mediaFlow flowID=\"ff1e::1/4004\"><MSK><keyDomainID>aMoM</keyDomainID><MSKID>aMoAAA==</MSKID></MSK></mediaFlow>\
    <mediaFlow flowID=\"232.0.1.2/4006\"><MSK><keyDomainID>aMoM</keyDomainID><MSKID>AAEAAA==</MSKID></MSK></mediaFlow>\
    </keyId>\
    <fecProtection fecEncodingID=\"1\" fecInstanceID=\"0\" fecOtiExtension=\"1SCxWEMNe397m24SwgyRhg==\"></fecProtection>\
    </securityDescription>";

const DOMAIN: KeyDomainId = KeyDomainId::new([0x68, 0xCA, 0x0C]);
const VIDEO: GroupName = GroupName::new(DOMAIN, KeyGroup(0x68CA));
const TEXT: GroupName = GroupName::new(DOMAIN, KeyGroup(1));

fn flow(text: &str) -> SocketAddr {
    text.parse().unwrap()
}

fn server(text: &str) -> ServerUri {
    ServerUri::new(text).unwrap()
}

/// The description that [`BODY`] writes.
fn description() -> Description {
    let mut description = Description::new();
    description.integrity = false;
    description.uicc_key_management = false;
    description.offset_time_s = 5;
    description.random_time_period_s = 10;
    for text in ["http://bmsc.home1.net:1234", "http://bmsc2.home1.net:1234"] {
        description.add_server(server(text)).unwrap();
    }
    for (address, group) in [("232.0.1.2:4002", VIDEO), ("[ff1e::1]:4004", VIDEO), ("232.0.1.2:4006", TEXT)] {
        description.add_flow(MediaFlow { flow: flow(address), group: Some(group) }).unwrap();
    }
    description.fec = Some(FecProtection {
        encoding_id: Some(1),
        instance_id: Some(0),
        oti_extension: Some(FecOtiExtension::new("1SCxWEMNe397m24SwgyRhg==").unwrap()),
    });
    description
}

fn decode(body: impl AsRef<[u8]>) -> Result<Description, XmlError> {
    Description::decode(body.as_ref(), DEFAULT)
}

/// Covers: R-MSK-22, R-MSK-23, R-MSK-24, R-MSK-25, R-MSK-26
#[test]
fn an_announcement_names_servers_protection_key_groups_and_the_flows_they_protect() {
    for settings in [DEFAULT, STRICT] {
        assert_eq!(Description::decode(BODY.as_bytes(), settings).unwrap(), description());
    }
    let mut out = [0; 2048];
    assert_eq!(core::str::from_utf8(description().encode(&mut out).unwrap()).unwrap(), BODY);
    let needed = u32::try_from(BODY.len()).unwrap();
    let refused = description().encode(&mut [0; 800]).map(|_| ());
    assert_eq!(refused, Err(EncodeError::BufferTooSmall { needed }));
}

/// Covers: R-MSK-23, R-MSK-24
#[test]
fn what_the_announcement_leaves_out_has_the_default_of_the_schema() {
    let read = decode("<securityDescription/>").unwrap();
    assert_eq!(read, Description::default());
    assert!(read.confidentiality && read.integrity && read.uicc_key_management);
    assert_eq!((read.offset_time_s, read.random_time_period_s, read.fec), (0, 0, None));
    let read = decode("<securityDescription><keyManagement/><keyId/><fecProtection/></securityDescription>")
        .unwrap();
    assert_eq!(read.fec, Some(FecProtection::default()));
    let mut out = [0; 512];
    let written = Description::new().encode(&mut out).unwrap().to_vec();
    assert_eq!(decode(written).unwrap(), Description::new());
}

#[test]
fn what_the_announcement_says_beyond_the_schema_is_skipped() {
    let more = BODY
        .replace(
            "<keyManagement",
            "<a:x xmlns:a='urn:a'><keyId><mediaFlow/></keyId>text</a:x><keyManagement b='c'",
        )
        .replace("<serverURI>", "<x/><serverURI y='z'>")
        .replace("<MSK>", "<x>1</x><MSK a='1'>")
        .replace("<keyDomainID>", "<x/><keyDomainID>")
        .replace("></fecProtection>", " more='1'><x/></fecProtection>")
        .replace("uiccKeyManagement", "a:uiccKeyManagement='zzz' xmlns:a='urn:a' uiccKeyManagement");
    assert_eq!(decode(more).unwrap(), description());
}

#[test]
fn a_flow_id_is_read_from_an_attribute_or_an_element_in_every_form() {
    let msk = "<MSK><keyDomainID>aMoM</keyDomainID><MSKID>aMoAAA==</MSKID></MSK>";
    let of = |media: &str| format!("<securityDescription><keyId>{media}</keyId></securityDescription>");
    for (text, address) in [
        ("232.0.1.2/4002", "232.0.1.2:4002"),
        (" 232.0.1.2:4002 ", "232.0.1.2:4002"),
        ("ff1e::1/4002", "[ff1e::1]:4002"),
        ("ff1e::1:4002", "[ff1e::1]:4002"),
        ("FF1E:3AD:0:0:7F2E:172A:1E24:1:4002", "[ff1e:3ad::7f2e:172a:1e24:1]:4002"),
        ("[ff1e::1]:4002", "[ff1e::1]:4002"),
        ("[ff1e::1]/65535", "[ff1e::1]:65535"),
        ("232.0.1.2&#47;1", "232.0.1.2:1"),
    ] {
        let expected = [MediaFlow { flow: flow(address), group: Some(VIDEO) }];
        let attribute = of(&format!("<mediaFlow flowID='{text}'>{msk}</mediaFlow>"));
        assert_eq!(decode(attribute).unwrap().flows(), expected, "{text}");
        let element = of(&format!("<mediaFlow>{msk}<flowID>{text}</flowID></mediaFlow>"));
        assert_eq!(decode(element).unwrap().flows(), expected, "{text}");
    }
    for text in [
        "",
        "232.0.1.2",
        "232.0.1.2/",
        "/4002",
        "232.0.1.2/0",
        "232.0.1.2/65536",
        "232.0.1.2/+1",
        "232.0.1.2/4002/1",
        "232.0.1.2:",
        "ff1e::1/4:4",
        "[232.0.1.2]:4002",
        "[ff1e::1]",
        "bmsc.home1.net/4002",
        "ff1e::1%1/4002",
        "232.0.1/4002",
        "232.0.1.2 /4002",
    ] {
        let (body, at) = marked(&of(&format!("<mediaFlow @flowID='{text}'>{msk}</mediaFlow>")));
        assert_eq!(decode(body), Err(malformed(at)), "{text}");
        let (body, at) = marked(&of(&format!("<mediaFlow>@<flowID>{text}</flowID>{msk}</mediaFlow>")));
        assert_eq!(decode(body), Err(malformed(at)), "{text}");
    }
}

#[test]
fn an_announcement_is_refused_as_a_whole() {
    let good = "<serverURI>http://a</serverURI>";
    for content in [
        "@<a:b/>",
        "@x",
        "<keyManagement>@x</keyManagement>",
        "<keyId><mediaFlow flowID='1.1.1.1/1'>@x</mediaFlow></keyId>",
        "<keyId>@<mediaFlow/></keyId>",
        "<keyId>@<mediaFlow><MSK><keyDomainID>aMoM</keyDomainID><MSKID>aMoAAA==</MSKID></MSK></mediaFlow></keyId>",
        "<keyId><mediaFlow flowID='1.1.1.1/1'>@<flowID>1.1.1.1/1</flowID></mediaFlow></keyId>",
        "<keyId><mediaFlow flowID='1.1.1.1/1'><MSK@/></mediaFlow></keyId>",
        "<keyId><mediaFlow flowID='1.1.1.1/1'><MSK><keyDomainID>aMoM</keyDomainID>@</MSK></mediaFlow></keyId>",
        "<keyId><mediaFlow flowID='1.1.1.1/1'><MSK>@<MSKID>aMoA</MSKID></MSK></mediaFlow></keyId>",
        "<keyManagement/>@<keyManagement/>",
        "<fecProtection/>@<fecProtection/>",
        "<fecProtection @fecEncodingID='x'/>",
        "<fecProtection @fecInstanceID='-1'/>",
        "<fecProtection @fecInstanceID='18446744073709551616'/>",
        "<fecProtection @fecOtiExtension=''/>",
        "<keyManagement @offsetTime='x'/>",
        "<keyManagement @offsetTime='-1'/>",
        "<keyManagement @offsetTime='4294967296'/>",
        "<keyManagement @randomTimePeriod='1.5'/>",
        "<keyManagement @randomTimePeriod=''/>",
        "<keyManagement @uiccKeyManagement='yes'/>",
        "<keyManagement>@<serverURI/></keyManagement>",
    ] {
        let (body, at) = marked(&format!("<securityDescription>{content}</securityDescription>"));
        assert_eq!(decode(&body), Err(malformed(at)), "{content}");
    }
    let twice = "<MSK><keyDomainID>aMoM</keyDomainID><MSKID>aMoAAA==</MSKID></MSK>";
    let body = format!(
        "<securityDescription><keyId><mediaFlow flowID='1.1.1.1/1'>{twice}@{twice}</mediaFlow></keyId></securityDescription>"
    );
    let (body, at) = marked(&body);
    assert_eq!(decode(&body), Err(malformed(at)));
    for name in ["confidentialityProtection", "integrityProtection", "uiccKeyManagement"] {
        for (text, on) in [("true", true), ("1", true), ("false", false), (" 0 ", false)] {
            let read = decode(format!("<securityDescription {name}='{text}'/>")).unwrap();
            let values = [
                ("confidentialityProtection", read.confidentiality),
                ("integrityProtection", read.integrity),
                ("uiccKeyManagement", read.uicc_key_management),
            ];
            for (other, value) in values {
                assert_eq!(value, if other == name { on } else { true }, "{name} {text} {other}");
            }
        }
        for text in ["", "TRUE", "yes", "on", "2", "true false"] {
            let refused = decode(format!("<securityDescription {name}='{text}'/>"));
            assert_eq!(refused, Err(malformed("<securityDescription ".len())), "{name} {text}");
        }
    }
    // Texts over their limits.
    for (content, kind) in [
        (
            format!("<keyManagement>@<serverURI>{}</serverURI></keyManagement>", "x".repeat(129)),
            ImsError::TooLong,
        ),
        ("<keyManagement>@<serverURI>a&#13;b</serverURI></keyManagement>".into(), ImsError::BadCharacter),
        (format!("<fecProtection @fecOtiExtension='{}'/>", "x".repeat(129)), ImsError::TooLong),
        (format!("<keyManagement>{}@{good}</keyManagement>", good.repeat(8)), ImsError::TooLong),
        (
            format!("<keyId>{0}</keyId><keyId>@{0}</keyId>", "<mediaFlow flowID='1.1.1.1/1'/>".repeat(16)),
            ImsError::TooLong,
        ),
    ] {
        let (body, at) = marked(&format!("<securityDescription>{content}</securityDescription>"));
        assert_eq!(decode(&body), Err(error(kind, at)), "{content}");
    }
    let eight = format!(
        "<securityDescription><keyManagement>{}</keyManagement></securityDescription>",
        good.repeat(8)
    );
    assert_eq!(decode(&eight).unwrap().servers().len(), 8);
    assert!(SecurityDescription::<7, 16>::decode(eight.as_bytes(), DEFAULT).is_err());
    assert!(SecurityDescription::<8, 0>::decode(eight.as_bytes(), DEFAULT).is_ok());
}

#[test]
fn a_line_end_in_an_attribute_reads_as_one_blank() {
    let read = decode(
        "<securityDescription><fecProtection fecOtiExtension=' a\r\nb\tc&#32;d'/></securityDescription>",
    );
    assert_eq!(read.unwrap().fec.unwrap().oti_extension.unwrap().as_str(), "a b c d");
}

#[test]
fn the_two_places_of_the_uicc_setting_count_the_same_and_must_agree() {
    let of = |root: &str, inner: &str| {
        decode(format!("<securityDescription {root}><keyManagement {inner}/></securityDescription>"))
            .map(|read| read.uicc_key_management)
    };
    let (on, off) = ("uiccKeyManagement='true'", "uiccKeyManagement='0'");
    assert_eq!([of("", ""), of(on, ""), of("", on), of(on, on)], [Ok(true); 4]);
    assert_eq!([of(off, ""), of("", off), of(off, off)], [Ok(false); 3]);
    for (root, inner) in [(on, off), (off, on)] {
        assert_eq!(of(root, inner), Err(malformed(format!("<securityDescription {root}>").len())));
    }
}

/// Covers: T-076, R-MSK-21
#[test]
fn without_protection_no_key_is_requested() {
    let mut open = Description::new();
    (open.confidentiality, open.integrity) = (false, false);
    // No server, no Key Group, keys in the UICC: none of it matters.
    assert_eq!(open.activation(false), Ok(Activation::Unprotected));
    let mut open = description();
    open.confidentiality = false;
    assert_eq!(open.activation(true), Ok(Activation::Unprotected));
    for (confidentiality, integrity) in [(true, false), (false, true), (true, true)] {
        (open.confidentiality, open.integrity) = (confidentiality, integrity);
        assert_eq!(open.activation(false), Ok(Activation::Request));
    }
}

/// Covers: T-076, R-MSK-22, R-MSK-25
#[test]
fn a_protected_service_needs_a_server_and_a_key_group() {
    let mut announced = Description::new();
    announced.uicc_key_management = false;
    assert_eq!(announced.activation(true), Err(ImsError::NoKeyServer));
    announced.add_server(server("http://bmsc")).unwrap();
    assert_eq!(announced.activation(true), Err(ImsError::NoKeyGroup));
    announced.add_flow(MediaFlow { flow: flow("232.0.1.2:1"), group: None }).unwrap();
    assert_eq!(announced.activation(true), Err(ImsError::NoKeyGroup));
    announced.add_flow(MediaFlow { flow: flow("232.0.1.2:3"), group: Some(TEXT) }).unwrap();
    assert_eq!(announced.activation(false), Ok(Activation::Request));
    announced.uicc_key_management = true;
    assert_eq!(announced.activation(false), Ok(Activation::NeedsUicc));
    assert_eq!(announced.activation(true), Ok(Activation::Request));
}

/// Covers: R-MSK-25
#[test]
fn the_key_groups_of_a_service_are_listed_once_and_without_key_numbers() {
    assert_eq!(description().key_groups().collect::<Vec<_>>(), [VIDEO, TEXT]);
    // A Key Number in the announcement does not count: numbers change.
    let numbered = BODY.replace("aMoAAA==", "aMoACQ==");
    assert_eq!(decode(numbered).unwrap().key_groups().collect::<Vec<_>>(), [VIDEO, TEXT]);
    assert_eq!(MskRequest::of_groups(description().key_groups()).unwrap().names().len(), 2);
}

/// Covers: R-MSK-26
#[test]
fn a_flow_without_a_key_group_is_reported_and_the_others_are_not_affected() {
    let video_only = "<mediaFlow flowID=\"232.0.1.2/4006\"></mediaFlow>";
    let start = BODY.find("<mediaFlow flowID=\"232.0.1.2/4006\">").unwrap();
    let end = BODY.find("</keyId>").unwrap();
    let read = decode(format!("{}{video_only}{}", &BODY[..start], &BODY[end..])).unwrap();
    let session = ["232.0.1.2:4002", "[ff1e::1]:4004", "232.0.1.2:4006", "232.0.1.2:4008"].map(flow);
    assert_eq!(read.unmapped(&session).collect::<Vec<_>>(), [flow("232.0.1.2:4006"), flow("232.0.1.2:4008")]);
    assert_eq!(session.map(|flow| read.key_group_of(flow)), [Some(VIDEO), Some(VIDEO), None, None]);
    assert_eq!(read.activation(false), Ok(Activation::Request));
    assert_eq!(description().unmapped(&session).collect::<Vec<_>>(), [flow("232.0.1.2:4008")]);
}

/// Covers: R-MSK-22
#[test]
fn the_first_server_is_drawn_and_the_next_ones_follow_each_once() {
    let mut announced = Description::new();
    assert_eq!(announced.server(0, 0), None);
    for name in ["a", "b", "c"] {
        announced.add_server(server(name)).unwrap();
    }
    let order = |random| {
        let tried: Vec<_> = (0..9).map_while(|attempt| announced.server(random, attempt)).collect();
        tried.iter().map(|server| server.as_str()).collect::<String>()
    };
    assert_eq!(
        [0, 0x5555_5555, 0x5555_5556, 0xAAAA_AAAA, 0xAAAA_AAAB, u32::MAX].map(order),
        ["abc", "abc", "bca", "bca", "cab", "cab"]
    );
    assert_eq!(announced.server(0, usize::MAX), None);
    let counts =
        (0..3_000_u32).map(|i| order(i.wrapping_mul(0x9E37_79B9))).fold([0; 3], |mut counts, order| {
            counts["abc".find(&order[..1]).unwrap()] += 1;
            counts
        });
    assert!(counts.iter().all(|count| (950..1050).contains(count)), "{counts:?}");
}

#[test]
fn a_key_request_waits_the_offset_and_a_share_of_the_period() {
    let mut announced = description();
    // 5 s + r * 10 s
    assert_eq!([0, 0x8000_0000, u32::MAX].map(|random| announced.delay_ms(random)), [5_000, 10_000, 14_999]);
    (announced.offset_time_s, announced.random_time_period_s) = (u32::MAX, u32::MAX);
    assert_eq!(announced.delay_ms(0), 4_294_967_295_000);
    assert_eq!(announced.delay_ms(u32::MAX), 2 * 4_294_967_295_000 - 1_000);
    assert_eq!(Description::new().delay_ms(u32::MAX), 0);
}

#[test]
fn what_would_not_be_read_back_is_not_written() {
    let refused = |change: fn(&mut Description)| {
        let mut announced = description();
        change(&mut announced);
        assert_eq!(announced.encode(&mut [0; 2048]).map(|_| ()), Err(EncodeError::Inconsistent));
    };
    refused(|announced| announced.add_flow(MediaFlow { flow: flow("232.0.1.2:0"), group: None }).unwrap());
    refused(|announced| announced.add_flow(MediaFlow { flow: flow("[ff1e::1%3]:4"), group: None }).unwrap());
    refused(|announced| announced.add_server(server(" a")).unwrap());
    refused(|announced| {
        announced.fec.as_mut().unwrap().oti_extension = Some(FecOtiExtension::new("a ").unwrap())
    });
    let mut full = SecurityDescription::<1, 1>::new();
    full.add_server(server("a")).unwrap();
    full.add_flow(MediaFlow { flow: flow("1.1.1.1:1"), group: None }).unwrap();
    assert_eq!(full.add_server(server("a")), Err(ImsError::TooLong));
    assert_eq!(full.add_flow(MediaFlow { flow: flow("1.1.1.1:1"), group: None }), Err(ImsError::TooLong));
}
