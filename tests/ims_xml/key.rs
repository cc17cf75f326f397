//! The NAF key information: the document with a key in it.

use castkey::error::EncodeError;
use castkey::ims::xml::{MukLifeTime, MukLifeTimeForm, NafKeyInfo, ServiceList, XmlError, XmlSettings};
use castkey::ims::{BTid, ImsError, NafFqdn, ServiceId, UeAddress};
use castkey::keys::KsNaf;
use castkey::secret::Secret;

use super::{DEFAULT, STRICT, error, malformed};

/// 00 01 02 .. 1f.
const MUK: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const BODY: &str = "<mbmsAuthorizedSecurityRegister xmlns=\"urn:3GPP:metadata:2005:MBMS:nafKeyInfo\">\
    <ueIPaddress>192.0.2.7</ueIPaddress>\
    <muk>AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=</muk>\
    <mukLifeTime>2031-05-06T07:08:09Z</mukLifeTime>\
    <btid>I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net</btid>\
    <nafFqdn>scf.home1.net</nafFqdn>\
    <r:serviceId xmlns:r=\"urn:3GPP:metadata:2005:MBMS:securityRegistration\">urn:3gpp:mbms:service:news</r:serviceId>\
    </mbmsAuthorizedSecurityRegister>";
const DECLARATION: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
/// `date -u -d 2031-05-06T07:08:09Z +%s`
const LIFE_TIME: u64 = 1_935_817_689;

fn ramp() -> [u8; 32] {
    core::array::from_fn(|i| u8::try_from(i).unwrap())
}

fn decode(body: &str) -> Result<NafKeyInfo<'_>, XmlError> {
    NafKeyInfo::decode(body.as_bytes(), DEFAULT)
}

fn services() -> [ServiceId; 1] {
    [ServiceId::new("urn:3gpp:mbms:service:news").unwrap()]
}

fn naf_key_info(services: &[ServiceId]) -> NafKeyInfo<'_> {
    NafKeyInfo {
        ue_address: UeAddress::new("192.0.2.7").unwrap(),
        muk: KsNaf::new(Secret::new(ramp())),
        muk_life_time: MukLifeTime::from_unix_seconds(LIFE_TIME).unwrap(),
        btid: BTid::new("I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net").unwrap(),
        naf_fqdn: NafFqdn::new("scf.home1.net").unwrap(),
        services: ServiceList::new(services).unwrap(),
    }
}

/// Swaps the content of element `name`.
fn with(name: &str, content: &str) -> String {
    let start = BODY.find(&format!("<{name}>")).unwrap() + name.len() + 2;
    let end = start + BODY[start..].find('<').unwrap();
    format!("{}{content}{}", &BODY[..start], &BODY[end..])
}

/// Covers: R-IMS-41, R-IMS-34
#[test]
fn the_document_carries_address_muk_life_time_b_tid_fqdn_and_services() {
    for settings in [DEFAULT, STRICT] {
        let read = NafKeyInfo::decode(BODY.as_bytes(), settings).unwrap();
        assert_eq!(read.ue_address.as_str(), "192.0.2.7");
        assert_eq!(read.muk.secret().expose(), &ramp());
        assert_eq!(read.muk_life_time.unix_seconds(), LIFE_TIME);
        assert_eq!(read.btid.as_str(), "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net");
        assert_eq!(read.naf_fqdn.as_str(), "scf.home1.net");
        assert_eq!(read.services.iter().collect::<Vec<_>>(), services());
    }
    let mut out = [0; 2048];
    let services = services();
    let written = naf_key_info(&services).encode(DEFAULT, &mut out).unwrap();
    assert_eq!(core::str::from_utf8(written).unwrap(), format!("{DECLARATION}{BODY}"));
}

/// Covers: R-IMS-34
#[test]
fn a_document_that_lacks_one_of_its_elements_is_refused() {
    for name in ["ueIPaddress", "muk", "mukLifeTime", "btid", "nafFqdn"] {
        let body = BODY.replace(&format!("<{name}>"), "<x>").replace(&format!("</{name}>"), "</x>");
        let end = body.find("</mbms").unwrap();
        assert_eq!(decode(&body).map(|_| ()), Err(malformed(end)), "{name}");
    }
    let body = BODY.replace("r:serviceId", "r:x");
    assert_eq!(decode(&body).map(|_| ()), Err(malformed(body.find("</mbms").unwrap())));
}

#[test]
fn muk_b_tid_and_life_time_stand_once_address_and_fqdn_may_stand_again() {
    for (name, content, once) in [
        ("muk", MUK, true),
        ("mukLifeTime", "2031-05-06T07:08:09Z", true),
        ("btid", "a@b", true),
        ("ueIPaddress", "2001:db8::1", false),
        ("nafFqdn", "other.home1.net", false),
    ] {
        let second = format!("<{name}>{content}</{name}>");
        let body = BODY.replace("<r:", &format!("{second}<r:"));
        let at = body.find("<r:").unwrap() - second.len();
        match decode(&body) {
            Ok(read) => {
                assert!(!once, "{name}");
                assert_eq!(
                    (read.ue_address.as_str(), read.naf_fqdn.as_str()),
                    ("192.0.2.7", "scf.home1.net")
                );
            }
            Err(e) => assert_eq!((once, e), (true, malformed(at)), "{name}"),
        }
    }
    // The second one is looked at, though it does not count.
    let body = BODY.replace("<r:", "<ueIPaddress>nowhere</ueIPaddress><r:");
    assert_eq!(decode(&body).map(|_| ()), Err(malformed(body.find("<ueIPaddress>nowhere").unwrap())));
}

/// Covers: T-099, R-IMS-35
#[test]
fn a_muk_that_has_not_32_octets_is_refused() {
    for (octets, text) in [
        (0, ""),
        (16, "AAECAwQFBgcICQoLDA0ODw=="),
        (31, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHg=="),
        (33, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8g"),
        (48, "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4v"),
        (64, &"AAAA".repeat(22)[..86]),
    ] {
        let body = with("muk", text);
        assert_eq!(decode(&body).map(|_| ()), Err(malformed(BODY.find("<muk>").unwrap())), "{octets}");
    }
}

#[test]
fn a_muk_that_is_no_base64_is_refused_and_blanks_in_it_are_not() {
    for text in [
        &MUK[..43],
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh9=",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8-",
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=A",
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "\u{c4}AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=",
        "A<!-- -->AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
    ] {
        let (body, at) = (with("muk", text), BODY.find("<muk>").unwrap());
        assert_eq!(decode(&body).map(|_| ()), Err(malformed(at)), "{text}");
    }
    for text in [
        &format!("\r\n  {}\r\n  {}  ", &MUK[..20], &MUK[20..]),
        &format!("&#65;{}", &MUK[1..]),
        &format!("<![CDATA[{}]]><!-- -->{}", &MUK[..1], &MUK[1..]),
    ] {
        let body = with("muk", text);
        assert_eq!(decode(&body).unwrap().muk.secret().expose(), &ramp(), "{text}");
    }
}

#[test]
fn the_fqdn_is_taken_plain_and_in_base64() {
    for (text, host) in [
        ("scf.home1.net", Some("scf.home1.net")),
        ("  SCF-1.home1.NET\n", Some("SCF-1.home1.NET")),
        ("localhost", Some("localhost")),
        // scf.home1.net, bmsc.home1.net1 without padding, scf.
        ("c2NmLmhvbWUxLm5ldA==", Some("scf.home1.net")),
        ("Ym1zYy5ob21lMS5uZXQx", Some("bmsc.home1.net1")),
        ("c2Nm", Some("c2Nm")),
        ("c2NmeA==", Some("scfx")),
        ("", None),
        ("scf_1.home1.net", None),
        ("-scf.home1.net", None),
        ("scf-.home1.net", None),
        ("scf..net", None),
        (".scf.net", None),
        ("scf.net.", None),
        ("scf.home1.net:80", None),
        ("http://scf.home1.net", None),
        // "scf home", "scf:80" in base64.
        ("c2NmIGhvbWU=", None),
        ("c2NmOjgwODA=", None),
        (&"a".repeat(64), None),
    ] {
        let body = with("nafFqdn", text);
        let read = decode(&body).map(|read| read.naf_fqdn.as_str().to_owned());
        let expected = host.map(str::to_owned).ok_or(malformed(BODY.find("<nafFqdn>").unwrap()));
        assert_eq!(read, expected, "{text}");
    }
    let long = format!("{}.net", ["abcdefgh"; 11].join("."));
    let body = with("nafFqdn", &long);
    assert_eq!(decode(&body).map(|_| ()), Err(error(ImsError::TooLong, BODY.find("<nafFqdn>").unwrap())));
}

#[test]
fn the_address_is_an_ip_literal() {
    for address in ["192.0.2.7", "2001:db8::1", "::ffff:192.0.2.7", " ::1 "] {
        assert_eq!(decode(&with("ueIPaddress", address)).unwrap().ue_address.as_str(), address.trim());
    }
    for address in
        ["", "ue.home1.net", "192.0.2", "192.0.2.256", "[::1]", "::1%1", "192.0.2.7:2269", "192.0.2.07"]
    {
        let body = with("ueIPaddress", address);
        assert_eq!(decode(&body).map(|_| ()), Err(malformed(BODY.find("<ueIP").unwrap())), "{address}");
    }
}

#[test]
fn the_life_time_has_the_form_of_the_setting_and_no_other() {
    let seconds = XmlSettings { muk_life_time: MukLifeTimeForm::Seconds, ..DEFAULT };
    let at = BODY.find("<mukLifeTime>").unwrap();
    for text in [
        "",
        "1935817689",
        "2031-05-06T07:08:09",
        "2031-05-06T07:08:09+00:00",
        "2031-05-06 07:08:09Z",
        "2031-05-06t07:08:09z",
        "2031-13-06T07:08:09Z",
        "2031-00-06T07:08:09Z",
        "2031-05-00T07:08:09Z",
        "2031-04-31T07:08:09Z",
        "2031-02-29T07:08:09Z",
        "2100-02-29T07:08:09Z",
        "2031-05-06T24:00:00Z",
        "2031-05-06T07:60:09Z",
        "2031-05-06T07:08:60Z",
        "1969-12-31T23:59:59Z",
        "-031-05-06T07:08:09Z",
        "2031-5-6T07:08:09Z",
        "2031-05-06T07:08:09.5Z",
        "12031-05-06T07:08:09Z",
        "2031-05-06T07:08:09Zx",
    ] {
        assert_eq!(decode(&with("mukLifeTime", text)).map(|_| ()), Err(malformed(at)), "{text}");
    }
    for (text, moment) in [("2000-02-29T00:00:00Z", 951_782_400), ("1970-01-01T00:00:00Z", 0)] {
        assert_eq!(decode(&with("mukLifeTime", text)).unwrap().muk_life_time.unix_seconds(), moment);
    }
    for (text, moment) in [
        ("1935817689", Some(LIFE_TIME)),
        ("0", Some(0)),
        ("253402300799", Some(253_402_300_799)),
        ("253402300800", None),
        ("-1", None),
        ("+1", None),
        ("1.5", None),
        ("99999999999999999999", None),
        ("2031-05-06T07:08:09Z", None),
        ("", None),
    ] {
        let body = with("mukLifeTime", text);
        let read = NafKeyInfo::decode(body.as_bytes(), seconds).map(|read| read.muk_life_time.unix_seconds());
        assert_eq!(read, moment.ok_or(malformed(at)), "{text}");
    }
    let mut out = [0; 2048];
    let services = services();
    let written = naf_key_info(&services).encode(seconds, &mut out).unwrap();
    let text = core::str::from_utf8(written).unwrap();
    assert!(text.contains("<mukLifeTime>1935817689</mukLifeTime>"), "{text}");
}

#[test]
fn the_65th_service_is_refused_and_the_64th_is_not() {
    let start = BODY.find("<r:").unwrap();
    let end = BODY.find("</mbms").unwrap();
    let many = |count: usize| format!("{}{}{}", &BODY[..start], BODY[start..end].repeat(count), &BODY[end..]);
    assert_eq!(decode(&many(64)).unwrap().services.len(), 64);
    assert_eq!(decode(&many(65)).map(|_| ()), Err(malformed(start + 64 * (end - start))));
}

#[test]
fn with_strict_namespaces_the_services_stand_in_that_of_the_registration() {
    let strict = |body: &str| NafKeyInfo::decode(body.as_bytes(), STRICT).map(|read| read.services.len());
    let own = BODY
        .replace("<r:serviceId xmlns:r=\"urn:3GPP:metadata:2005:MBMS:securityRegistration\">", "<serviceId>");
    let own = own.replace("</r:serviceId>", "</serviceId>");
    assert_eq!(strict(&own), Err(malformed(own.find("</mbms").unwrap())));
    assert_eq!(decode(&own).unwrap().services.len(), 1);
}

/// Covers: D-24
#[test]
fn a_buffer_that_is_too_small_is_told_the_size_and_holds_no_key_afterwards() {
    let services = services();
    let document = naf_key_info(&services);
    let needed = u32::try_from(DECLARATION.len() + BODY.len()).unwrap();
    let too_small = Err(EncodeError::BufferTooSmall { needed });
    assert_eq!(document.encode(DEFAULT, &mut []).map(|_| ()), too_small);
    for len in [needed - 1, needed / 2, 300] {
        let mut out = vec![0xEE; usize::try_from(len).unwrap()];
        assert_eq!(document.encode(DEFAULT, &mut out).map(|_| ()), too_small);
        assert!(out.iter().all(|octet| *octet == 0), "{len}");
    }
    let mut out = vec![0; usize::try_from(needed).unwrap()];
    assert!(document.encode(DEFAULT, &mut out).is_ok());
}

#[test]
fn what_would_not_be_read_back_is_not_written() {
    let services = services();
    let refused = |change: fn(&mut NafKeyInfo<'_>)| {
        let mut document = naf_key_info(&services);
        change(&mut document);
        let mut out = [0; 2048];
        assert_eq!(document.encode(DEFAULT, &mut out).map(|_| ()), Err(EncodeError::Inconsistent));
    };
    refused(|document| document.ue_address = UeAddress::new("nowhere").unwrap());
    refused(|document| document.naf_fqdn = NafFqdn::new("not a host").unwrap());
    refused(|document| document.naf_fqdn = NafFqdn::new("Ym1zYy5ob21lMS5uZXQx").unwrap());
    refused(|document| document.btid = BTid::new(" a@b").unwrap());
    refused(|document| document.btid = BTid::new("a@b ").unwrap());
    refused(|document| document.btid = BTid::new("a@\u{ffff}").unwrap());
}
