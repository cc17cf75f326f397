//! Identity headers of HTTP and of SIP.

use super::*;
use castkey::ims::Impu;
use castkey::ims::ImsError::{BadCharacter, Empty, Malformed, NotAuthorised, TooLong};

fn impu(text: &str) -> Impu {
    Impu::new(text).unwrap()
}

const ALICE: &str = "sip:alice@home1.net";
const BOB: &str = "tel:+15551234";

/// Covers: R-IMS-11, R-IMS-18
#[test]
fn identities_are_written_in_quotes() {
    assert_eq!(write_intended(&impu(ALICE), &mut [0; 99]), Ok("\"sip:alice@home1.net\""));
    let both = [impu(ALICE), impu("a\"b\\c")];
    assert_eq!(write_asserted(&both, &mut [0; 99]), Ok("\"sip:alice@home1.net\", \"a\\\"b\\\\c\""));
    assert_eq!(read_asserted(b"\"sip:alice@home1.net\", \"a\\\"b\\\\c\"").unwrap().as_slice(), both);
    assert_eq!(write_asserted(&[], &mut [0; 99]), Err(Empty));
    assert_eq!(write_intended(&impu(ALICE), &mut [0; 20]), Err(ImsError::BufferTooSmall));
    let many = vec![impu(ALICE); MAX_ASSERTED + 1];
    assert_eq!(write_asserted(&many, &mut [0; 999]), Err(TooLong));
    let mut out = [0; MAX_IDENTITY_LEN];
    let longest = vec![impu(&"x".repeat(Impu::MAX_LEN)); MAX_ASSERTED];
    let written = write_asserted(&longest, &mut out).unwrap();
    assert_eq!(read_asserted(written.as_bytes()).unwrap().as_slice(), longest);
}

/// Covers: R-IMS-11, R-IMS-18
#[test]
fn identities_are_read_with_and_without_quotes() {
    let one = |value: &str| read_intended(value.as_bytes()).map(|read| read.to_string());
    for value in [
        "\"sip:alice@home1.net\"",
        ALICE,
        "  sip:alice@home1.net\t",
        " \"sip:alice@home1.net\" ",
        "\"sip:\\alice@home1.net\"",
    ] {
        assert_eq!(one(value).as_deref(), Ok(ALICE), "{value}");
    }
    assert_eq!(one("\"a, b\"").as_deref(), Ok("a, b"));
    assert_eq!(one("\"sip:\u{e4}@h\"").as_deref(), Ok("sip:\u{e4}@h"));
    let rows: [(&str, ImsError); 21] = [
        ("", Empty),
        ("\"\"", Empty),
        (" ", Empty),
        ("\"sip:a@h", Malformed),
        ("\"sip:a@h\\\"", Malformed),
        ("sip:a@h\"", Malformed),
        ("sip:a\"@h", Malformed),
        ("si\\p:a@h", Malformed),
        ("<sip:a@h>", Malformed),
        ("sip:a@h b", Malformed),
        ("\"sip:a@h\"b", Malformed),
        ("\"sip:a@h\" \"sip:b@h\"", Malformed),
        ("\"sip:a@h\", \"sip:b@h\"", Malformed),
        ("sip:a@h,sip:b@h", Malformed),
        ("sip:a@h,", Malformed),
        ("\"sip:a\r\n@h\"", BadCharacter),
        ("sip:a@h\r\nX: y", BadCharacter),
        ("sip:a@h\n", BadCharacter),
        ("\"sip:a\\\0@h\"", BadCharacter),
        ("\0", BadCharacter),
        ("\"a\tb\"", BadCharacter),
    ];
    for (value, expected) in rows {
        assert_eq!(one(value), Err(expected), "{value:?}");
    }
    assert_eq!(one(&"x".repeat(97)), Err(TooLong));
    assert_eq!(one(&format!("\"{}\"", "x".repeat(97))), Err(TooLong));
    assert_eq!(one(&" ".repeat(MAX_IDENTITY_LEN + 1)), Err(TooLong));
    assert_eq!(read_intended(b"\xFF"), Err(Malformed));
}

/// Covers: R-IMS-18
#[test]
fn an_asserted_header_is_a_list() {
    let list = |value: &str| {
        read_asserted(value.as_bytes())
            .map(|read| read.as_slice().iter().map(Impu::to_string).collect::<Vec<_>>())
    };
    assert_eq!(list("\"a\""), Ok(vec!["a".into()]));
    assert_eq!(list("\"a,b\" ,c,\t\"d\\\"\""), Ok(vec!["a,b".into(), "c".into(), "d\"".into()]));
    let eight = ["a"; MAX_ASSERTED].join(",");
    assert_eq!(list(&eight).map(|read| read.len()), Ok(MAX_ASSERTED));
    for (value, expected) in [
        ("", Empty),
        ("a,", Empty),
        (",a", Empty),
        ("a,,b", Empty),
        ("\"a\" \"b\"", Malformed),
        ("\"a\"b", Malformed),
        ("a;b c", Malformed),
        ("\"a\", \"b", Malformed),
        ("a,b\n", BadCharacter),
    ] {
        assert_eq!(list(value), Err(expected), "{value}");
    }
    assert_eq!(list(&format!("{eight},a")), Err(TooLong));
}

/// Covers: T-092, R-IMS-11
#[test]
fn an_intended_identity_that_is_not_the_subscribers_is_a_403() {
    let own = [impu(ALICE), impu(BOB)];
    let check = |text: &str| check_intended(&impu(text), own.iter());
    for good in [ALICE, BOB, "SIP:alice@Home1.NET", "TEL:+15551234"] {
        assert_eq!(check(good), Ok(()), "{good}");
    }
    for foreign in [
        "sip:bob@home1.net",
        "sip:Alice@home1.net",
        "sips:alice@home1.net",
        "sip:alice@home1.net.evil.net",
        "alice@home1.net",
        "sip:alice@home1.ne",
        "tel:+15551235",
        "sip:home1.net",
        "sip:@home1.net",
        "sip:alice",
    ] {
        assert_eq!(check(foreign), Err(ForeignIdentity), "{foreign}");
    }
    assert_eq!(check_intended(&impu(ALICE), [].iter()), Err(ForeignIdentity));
    assert_eq!(ForeignIdentity.status(), StatusCode::FORBIDDEN);
}

fn sip(value: &str) -> Result<Vec<String>, ImsError> {
    PublicIdentities::parse(value.as_bytes()).map(|read| read.iter().map(Impu::to_string).collect())
}

/// Covers: R-IMS-8
#[test]
fn sip_identities_are_uris_with_or_without_a_name() {
    let alice = || Ok(vec![ALICE.to_owned()]);
    let both = || Ok(vec![ALICE.to_owned(), BOB.to_owned()]);
    let good = [
        (ALICE.to_owned(), alice()),
        (format!("<{ALICE}>"), alice()),
        (format!("Alice Smith <{ALICE}>"), alice()),
        (format!("\"Smith, \\\"Al\\\" <x>\" <{ALICE}>"), alice()),
        (format!(" <{ALICE}> , <{BOB}> "), both()),
        (format!("{BOB},{ALICE}"), both()),
        (format!("\"a\" <{BOB}>, b <{ALICE}>"), both()),
        ("<sip:a@h;user=phone,x?y>".into(), Ok(vec!["sip:a@h;user=phone,x?y".into()])),
        ("SIPS:a@h".into(), Ok(vec!["SIPS:a@h".into()])),
    ];
    for (value, expected) in good {
        assert_eq!(sip(&value), expected, "{value}");
    }
    let bad = [
        ("", Empty),
        ("<>", Empty),
        (" , ", Empty),
        ("<sip:a@h>,", Empty),
        ("sip:", Malformed),
        ("alice", Malformed),
        ("\"sip:a@h\"", Malformed),
        ("http://a", Malformed),
        ("<sip:a@h", Malformed),
        ("sip:a@h>", Malformed),
        ("<<sip:a@h>>", Malformed),
        ("<sip:a@h>x", Malformed),
        ("<sip:a@h>;tag=1", Malformed),
        ("\"a <sip:a@h>", Malformed),
        ("a\"b <sip:a@h>", Malformed),
        ("sip:a@h;x", Malformed),
        ("sip:a@h?x", Malformed),
        ("sip:a@h b", Malformed),
        ("<sip:a @h>", Malformed),
        ("sip:a@h,sips:b@h", Malformed),
        ("tel:1,tel:2", Malformed),
        ("sip:a@h,tel:1,tel:1", Malformed),
        ("sip:a@h\r\nVia: x", BadCharacter),
        ("<sip:a\0@h>", BadCharacter),
    ];
    for (value, expected) in bad {
        assert_eq!(sip(value), Err(expected), "{value:?}");
    }
    assert_eq!(sip(&format!("<sip:{}>", "a".repeat(Impu::MAX_LEN))), Err(TooLong));
    assert_eq!(sip(&format!("{} <sip:a@h>", "a".repeat(MAX_IDENTITY_LEN))), Err(TooLong));
    let written = PublicIdentities::parse(format!("{BOB}, {ALICE}").as_bytes()).unwrap();
    assert_eq!(written.write(&mut [0; 99]), Ok(&*format!("<{ALICE}>, <{BOB}>")));
    assert_eq!(PublicIdentities::new(impu(ALICE)).unwrap().write(&mut [0; 99]), Ok(&*format!("<{ALICE}>")));
    assert_eq!(PublicIdentities::new(impu("sip:a>b")), Err(Malformed));
}

/// Covers: R-IMS-8
#[test]
fn the_preferred_identity_goes_to_a_trusted_proxy_only_and_the_asserted_one_wins() {
    assert_eq!(IdentityHints::headers_to_send(false), ["P-Intended-Identity"]);
    assert_eq!(IdentityHints::headers_to_send(true), ["P-Intended-Identity", "P-Preferred-Identity"]);
    let read = |text: &str| PublicIdentities::parse(text.as_bytes()).unwrap();
    let (asserted, alice, bob, eve) =
        (read(&format!("{ALICE},{BOB}")), read(ALICE), read(BOB), read("sip:eve@h"));
    let identity = |asserted, intended, preferred| {
        IdentityHints { asserted, intended, preferred }.identity().map(Impu::as_str)
    };
    assert_eq!(identity(Some(&asserted), None, None), Ok(ALICE));
    assert_eq!(identity(Some(&asserted), Some(&bob), None), Ok(BOB));
    assert_eq!(identity(Some(&asserted), None, Some(&bob)), Ok(BOB));
    assert_eq!(identity(Some(&asserted), Some(&alice), Some(&bob)), Ok(ALICE));
    assert_eq!(
        identity(Some(&asserted), Some(&eve), None),
        Ok(ALICE),
        "a wish for another's identity is no wish"
    );
    assert_eq!(
        identity(None, Some(&alice), Some(&alice)),
        Err(NotAuthorised),
        "a wish alone is no assertion"
    );
}
