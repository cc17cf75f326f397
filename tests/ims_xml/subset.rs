//! What of XML 1.0 is taken and what is refused, told on the simplest document.

use castkey::ims::ImsError;
use castkey::ims::xml::{MAX_BODY_LEN, XmlError, register};

use super::{DEFAULT, STRICT, error, malformed, marked};

const ROOT: &str = r#"<mbmsSecurityRegister xmlns="urn:3GPP:metadata:2005:MBMS:securityRegistration">"#;
const END: &str = "</mbmsSecurityRegister>";
const ITEM: &str = "<serviceId>urn:x</serviceId>";

fn services(body: impl AsRef<[u8]>) -> Result<Vec<String>, XmlError> {
    let list = register::decode(body.as_ref(), DEFAULT)?;
    assert_eq!(list.iter().count(), list.len());
    Ok(list.iter().map(|service| service.as_str().to_owned()).collect())
}

fn inside(content: &str) -> String {
    format!("{ROOT}{content}{END}")
}

#[test]
fn every_form_that_means_the_same_reads_the_same() {
    let plain = inside(ITEM);
    for body in [
        plain.clone(),
        format!("\u{feff}{plain}"),
        format!("<?xml version=\"1.0\"?>{plain}"),
        format!("\u{feff}<?xml version='1.0' encoding='utf-8' standalone='no' ?>\r\n{plain}\r\n"),
        format!("<!-- a -->\n<!---->{plain}<!-- b -->"),
        format!("<mbmsSecurityRegister>{ITEM}</mbmsSecurityRegister>"),
        inside("<serviceId>\r\n\turn:x </serviceId>"),
        inside("<serviceId >urn:x</serviceId\n>"),
        inside("<serviceId a='1' b=\"2\">urn:x</serviceId>"),
        inside("<serviceId>u&#x72;n&#58;x</serviceId>"),
        inside("<serviceId>u<!-- r -->rn<![CDATA[:x]]></serviceId>"),
        inside("<serviceId><![CDATA[ urn:x]]>&#10;</serviceId>"),
        inside(&format!("<!-- c -->{ITEM}\n")),
        inside(&format!(
            "<other><serviceId>urn:no</serviceId>mixed &amp; <![CDATA[<]]></other>{ITEM}<other/>"
        )),
        "<r:mbmsSecurityRegister xmlns:r='urn:any'><r:serviceId>urn:x</r:serviceId></r:mbmsSecurityRegister>"
            .to_owned(),
        inside("<n:serviceId xmlns:n='urn:other'>urn:x</n:serviceId>"),
        inside("<serviceId xmlns=''>urn:x</serviceId>"),
        inside("<serviceId xml:lang='en' xml:space='preserve'>urn:x</serviceId>"),
        inside("<serviceId xmlns:xml='http://www.w3.org/XML/1998/namespace'>urn:x</serviceId>"),
        inside("<serviceId a:i='1' b:i='2' i='3' xmlns:a='urn:1' xmlns:b='urn:2'>urn:x</serviceId>"),
        inside("<serviceId a='>' b='\"' c=\"'\" d='&lt;' e=']]>'>urn:x</serviceId>"),
        // A prefix is free again when its element ends.
        inside(&format!("<p:o xmlns:p='urn:1'/><p:o xmlns:p='urn:2'/>{ITEM}")),
    ] {
        assert_eq!(services(&body), Ok(vec!["urn:x".to_owned()]), "{body}");
    }
}

#[test]
fn a_value_is_read_with_its_references_resolved_and_its_blanks_kept_inside() {
    for (raw, value) in [
        ("a&amp;b&lt;c&gt;d&quot;e&apos;f", "a&b<c>d\"e'f"),
        ("&#x1F511;\u{1F511}\u{e4}", "\u{1F511}\u{1F511}\u{e4}"),
        ("<![CDATA[&amp;]]>&#93;&#93;&gt;", "&amp;]]>"),
        (" a  b ", "a  b"),
        ("&#00000000000000000000097;", "a"),
    ] {
        assert_eq!(
            services(inside(&format!("<serviceId>{raw}</serviceId>"))),
            Ok(vec![value.to_owned()]),
            "{raw}"
        );
    }
}

/// Covers: D-23, T-084
#[test]
fn a_doctype_an_entity_and_a_processing_instruction_are_refused_where_they_begin() {
    let item = inside(ITEM);
    for body in [
        format!("@<!DOCTYPE mbmsSecurityRegister>{item}"),
        format!("<?xml version='1.0'?>@<!DOCTYPE mbmsSecurityRegister SYSTEM 'file:///etc/passwd'>{item}"),
        format!("@<!DOCTYPE a [<!ENTITY b 'b'>]>{}", inside("<serviceId>&b;</serviceId>")),
        format!(
            "@<!DOCTYPE a [<!ENTITY b 'bbbb'><!ENTITY c '&b;&b;&b;&b;'>]>{}",
            inside("<serviceId>&c;&c;</serviceId>")
        ),
        format!("@<!DOCTYPE a PUBLIC 'b' 'c' [<!ELEMENT a ANY>]>{item}"),
        format!("@<!DOCTYPE{item}"),
        format!("@<!doctype a>{item}"),
        inside("<serviceId>@&b;</serviceId>"),
        inside("<serviceId>@urn:&nbsp;x</serviceId>"),
        inside("<serviceId @a='&b;'>urn:x</serviceId>"),
        inside("@<!ENTITY b 'b'>"),
        format!("@<?php 1?>{item}"),
        format!("{item}@<?a?>"),
        inside("@<?a b?>"),
        inside("<serviceId>urn:@<?a b?>x</serviceId>"),
        inside("<other>@<?a b?></other>"),
        // A declaration that is none, stands twice, or behind something.
        format!("@<?xml?>{item}"),
        format!("@<?XML version='1.0'?>{item}"),
        format!("<?xml version='1.0'?>@<?xml version='1.0'?>{item}"),
        format!("<!-- -->@<?xml version='1.0'?>{item}"),
        inside("@<?xml version='1.0'?>"),
    ] {
        let (body, at) = marked(&body);
        assert_eq!(services(&body), Err(malformed(at)), "{}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn a_body_that_is_not_well_formed_is_refused_at_the_first_octet_that_shows_it() {
    let item = inside(ITEM);
    for body in [
        // The declaration.
        format!("@<?xml version='1.1'?>{item}"),
        format!("@<?xml version='1.'?>{item}"),
        format!("@<?xml version='2.0'?>{item}"),
        format!("@<?xml encoding='UTF-8'?>{item}"),
        format!("@<?xml version='1.0' encoding='ISO-8859-1'?>{item}"),
        format!("@<?xml version='1.0' encoding='UTF-16'?>{item}"),
        format!("@<?xml version='1.0'encoding='UTF-8'?>{item}"),
        format!("@<?xml version='1.0' standalone='maybe'?>{item}"),
        // No root, two roots, something around the root.
        "@".into(),
        " @".into(),
        "<!-- a -->@".into(),
        "@text".into(),
        format!("@x{item}"),
        format!("{item}@x"),
        format!("{item}@&#32;"),
        format!("{item}@<a/>"),
        format!("{item}@</mbmsSecurityRegister>"),
        format!("{item}@<![CDATA[]]>"),
        format!("{item}@\u{0}"),
        // Tags.
        format!("@</a>{item}"),
        inside("<serviceId>urn:x@</serviceID>"),
        inside("<serviceId>urn:x@</a:serviceId>"),
        inside("<serviceId>urn:x@</:serviceId>"),
        format!("{ROOT}{ITEM}@"),
        format!("{ROOT}{ITEM}@</mbmsSecurityRegister"),
        format!("{ROOT}{ITEM}@<"),
        format!("{ROOT}<serviceId>urn:x@"),
        format!("{ROOT}<serviceId@"),
        format!("{ROOT}<serviceId a='b'@"),
        inside("<other@<a/></other>"),
        inside("@<:other/>"),
        inside("@<other:/>"),
        inside("@<a:b:c/>"),
        inside("@<1a/>"),
        inside("@<-a/>"),
        inside("@< a/>"),
        inside("<a@\u{d7}/>"),
        inside("<a@ / >"),
        inside("@</ a>"),
        // Attributes.
        inside("<a b='1' @b='1'/>"),
        inside("<a b='1'@c='2'/>"),
        inside("<a@ b/>"),
        inside("<a@ b=1/>"),
        inside("<a@ b='<'/>"),
        inside("<a@ b='1/>"),
        inside("<a @:b='1'/>"),
        inside("<a @b='&#0;'/>"),
        inside("<a @b='&'/>"),
        inside("<a@ b='\u{1}'/>"),
        inside("<a x:i='1' @y:i='1' xmlns:x='urn:1' xmlns:y='urn:1'/>"),
        inside("<a xmlns:x='urn:1' xmlns:y='urn:&#49;' x:i='1' y:j='1' @y:i='1'/>"),
        // Namespaces.
        inside("@<p:a/>"),
        inside("<a @p:b='1'/>"),
        inside("@<xmlns:a/>"),
        inside("<p:a xmlns:p='urn:1'/>@<p:a/>"),
        inside("<a @xmlns:p=''/>"),
        inside("<a @xmlns:xmlns='urn:1'/>"),
        inside("<a @xmlns:xml='urn:1'/>"),
        inside("<a @xmlns:p='http://www.w3.org/XML/1998/namespace'/>"),
        inside("<a @xmlns='http://www.w3.org/XML/1998/namespace'/>"),
        inside("<a @xmlns='http://www.w3.org/2000/xmlns/'/>"),
        inside("<a xmlns:p='urn:1' @xmlns:p='urn:1'/>"),
        // Character data.
        inside("<serviceId>@urn:]]>x</serviceId>"),
        inside("<serviceId>@urn:&x</serviceId>"),
        inside("<serviceId>@urn:&#0;</serviceId>"),
        inside("<serviceId>@urn:&#xFFFF;</serviceId>"),
        inside("<serviceId>@urn:&#xD800;</serviceId>"),
        inside("<serviceId>@urn:\u{b}</serviceId>"),
        inside("<serviceId>@urn:\u{fffe}</serviceId>"),
        inside("<serviceId>@<!-- a -- b -->x</serviceId>"),
        inside("<serviceId>@<!-- a ---></serviceId>"),
        inside("<serviceId>@<!-- a"),
        inside("<serviceId>@<![CDATA[ a"),
        inside("<serviceId>@<![cdata[ a]]></serviceId>"),
        // Text where elements are due, elements where text is due.
        inside("@x<a/>"),
        inside("@&#32;"),
        inside("@<![CDATA[ ]]>"),
        inside("<serviceId>urn:<b@>x</b></serviceId>"),
        // Not this document.
        format!("@<register>{ITEM}</register>"),
        inside("@"),
        inside("<serviceid>urn:x</serviceid>@"),
        inside("@<serviceId></serviceId>"),
        inside("@<serviceId/>"),
        inside("@<serviceId> &#9;<!-- --></serviceId>"),
    ] {
        let (body, at) = marked(&body);
        assert_eq!(services(&body), Err(malformed(at)), "{}", String::from_utf8_lossy(&body));
    }
}

#[test]
fn a_body_in_another_encoding_is_refused_where_it_ends_to_be_utf_8() {
    let item = inside(ITEM);
    let utf16: Vec<u8> = item.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let mut bom = vec![0xFF, 0xFE];
    bom.extend(&utf16);
    assert_eq!(services(&bom), Err(malformed(0)));
    assert_eq!(services(&utf16), Err(malformed(0)));
    for octets in [&b"\xE4"[..], b"\xC0\xAF", b"\xED\xA0\x80", b"\xF4\x90\x80\x80", b"\xE2\x82"] {
        let mut body = inside("<serviceId>urn:@</serviceId>").into_bytes();
        let at = body.iter().position(|octet| *octet == b'@').unwrap();
        body.splice(at..=at, octets.iter().copied());
        assert_eq!(services(&body), Err(malformed(at)));
    }
}

/// Covers: D-23
#[test]
fn the_ninth_level_is_refused_and_the_eighth_is_not() {
    // The root is the first.
    let nested = |depth: usize| {
        let (open, close) = ("<o>".repeat(depth - 1), "</o>".repeat(depth - 1));
        inside(&format!("{open}{close}{ITEM}"))
    };
    assert!(services(nested(8)).is_ok());
    assert_eq!(services(nested(9)), Err(malformed(ROOT.len() + 7 * 3)));
    assert_eq!(services(nested(500)), Err(malformed(ROOT.len() + 7 * 3)));
    let empty = |depth: usize| {
        let (open, close) = ("<o>".repeat(depth - 2), "</o>".repeat(depth - 2));
        inside(&format!("{open}<o/><o/>{close}{ITEM}"))
    };
    assert!(services(empty(8)).is_ok());
    assert_eq!(services(empty(9)), Err(malformed(ROOT.len() + 7 * 3)));
}

/// Covers: D-23
#[test]
fn a_body_of_16_385_octets_is_refused_and_one_of_16_384_is_not() {
    assert_eq!(MAX_BODY_LEN, 16_384);
    let mut body = inside(ITEM);
    body.push_str(&" ".repeat(16_384 - body.len()));
    assert!(services(&body).is_ok());
    body.push(' ');
    assert_eq!(services(&body), Err(malformed(16_384)));
    // It is the first thing looked at.
    assert_eq!(services(vec![0xFF; 16_385]), Err(malformed(16_384)));
}

/// Covers: D-23, T-085
#[test]
fn the_65th_service_is_refused_and_the_64th_is_not() {
    let many = |count: usize| inside(&ITEM.repeat(count));
    assert_eq!(services(many(64)).unwrap().len(), 64);
    assert_eq!(services(many(65)), Err(malformed(ROOT.len() + 64 * ITEM.len())));
    assert_eq!(services(many(500)), Err(malformed(ROOT.len() + 64 * ITEM.len())));
}

#[test]
fn attributes_and_namespaces_have_limits_of_their_own() {
    let attributes = |count: usize| {
        let attributes: String = (0..count).map(|i| format!(" a{i:02}=''")).collect();
        inside(&format!("<o{attributes}/>{ITEM}"))
    };
    assert!(services(attributes(16)).is_ok());
    let at = attributes(17).find("a16").unwrap();
    assert_eq!(services(attributes(17)), Err(error(ImsError::TooLong, at)));
    // The root declares one.
    let namespaces = |count: usize| {
        let declared: String = (1..count).map(|i| format!(" xmlns:p{i:02}='urn:{i}'")).collect();
        inside(&format!("<o{declared}/>{ITEM}"))
    };
    assert!(services(namespaces(16)).is_ok());
    let at = namespaces(17).find("xmlns:p16").unwrap();
    assert_eq!(services(namespaces(17)), Err(error(ImsError::TooLong, at)));
}

#[test]
fn a_service_id_is_at_most_96_octets_without_control_characters() {
    let of = |value: &str| inside(&format!("{ITEM}<serviceId>{value}</serviceId>"));
    let at = ROOT.len() + ITEM.len();
    assert!(services(of(&"x".repeat(96))).is_ok());
    assert!(services(of(&format!(" \n{}<!-- c -->{}", "&amp;".repeat(96), " ".repeat(200)))).is_ok());
    assert_eq!(services(of(&"x".repeat(97))), Err(error(ImsError::TooLong, at)));
    assert_eq!(services(of(&"\u{e4}".repeat(49))), Err(error(ImsError::TooLong, at)));
    assert_eq!(services(of(&"x".repeat(10_000))), Err(error(ImsError::TooLong, at)));
    for control in ["a&#13;b", "a\nb", "a\tb", "a\u{7f}b", "a&#x85;b"] {
        assert_eq!(services(of(control)), Err(error(ImsError::BadCharacter, at)), "{control}");
    }
}

#[test]
fn strict_namespaces_take_only_elements_of_the_namespace_of_the_document() {
    let strict = |body: &str| register::decode(body.as_bytes(), STRICT).map(|list| list.len());
    assert_eq!(strict(&inside(ITEM)), Ok(1));
    let prefixed = "<q:mbmsSecurityRegister xmlns:q='urn:3GPP:metadata:2005:MBMS:securityRegistratio&#110;'>\
                    <q:serviceId>urn:x</q:serviceId></q:mbmsSecurityRegister>";
    assert_eq!(strict(prefixed), Ok(1));
    assert_eq!(strict(&format!("<mbmsSecurityRegister>{ITEM}{END}")), Err(malformed(0)));
    let other = inside(ITEM).replace("securityRegistration", "securityregistration");
    assert_eq!(strict(&other), Err(malformed(0)));
    // What is of another namespace is skipped, even when its name is known.
    let foreign = "<f:serviceId xmlns:f='urn:f'><a/></f:serviceId>";
    assert_eq!(strict(&inside(&format!("{foreign}{ITEM}"))), Ok(1));
    let outside = "<serviceId xmlns=''>urn:y</serviceId>";
    assert_eq!(strict(&inside(&format!("{outside}{ITEM}"))), Ok(1));
    assert_eq!(strict(&inside(outside)), Err(malformed(inside(outside).len() - END.len())));
}
