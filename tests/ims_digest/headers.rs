//! Headers that are read, refused, or merely survived.

use super::*;
use castkey::ims::ImsError::{self, *};

/// A good Authorization in parts, so that a row can leave out or replace one.
const PARTS: [&str; 10] = [
    "username=\"u@bsf\"",
    "realm=\"r\"",
    "nonce=\"n\"",
    "uri=\"/k?requesttype=register\"",
    "qop=auth-int",
    "nc=00000001",
    "cnonce=\"c\"",
    "response=\"6629fae49393a05397450978507c4ef1\"",
    "opaque=\"o\"",
    "algorithm=MD5",
];

fn authorization() -> String {
    format!("Digest {}", PARTS.join(", "))
}

const INFO: &str =
    "nextnonce=\"n\", qop=auth-int, rspauth=\"6629fae49393a05397450978507c4ef1\", cnonce=\"c\", nc=00000001";

const CHALLENGE: &str =
    "Digest realm=\"r\", nonce=\"n\", opaque=\"o\", algorithm=MD5, qop=\"auth,auth-int\", stale=true";

fn authorization_error(value: &str) -> Option<ImsError> {
    Authorization::parse(value.as_bytes()).err()
}

#[test]
fn a_malformed_authorization_is_refused_for_its_own_reason() {
    let good = authorization();
    let with = |from: &str, to: &str| {
        let changed = good.replacen(from, to, 1);
        assert_ne!(changed, good, "{from}");
        changed
    };
    let rows: Vec<(&str, String, Option<ImsError>)> = vec![
        ("good", good.clone(), None),
        ("scheme in another case", with("Digest", "dIGEST"), None),
        ("parameter names in another case", with("username", "USERNAME"), None),
        ("blanks around the equals sign", with("nc=00000001", "nc \t= 00000001"), None),
        ("no blanks behind commas", good.replace(", ", ","), None),
        ("empty list elements", good.replace(", ", " ,, , "), None),
        ("a comma at the end", format!("{good} , "), None),
        (
            "all quoted",
            with("nc=00000001", "nc=\"00000001\"").replace("qop=auth-int", "qop=\"auth-int\""),
            None,
        ),
        ("nothing quoted", good.replace('"', ""), None),
        ("an unknown parameter", format!("{good}, charset=UTF-8, x=\"a \\\" b\""), None),
        ("an unknown parameter twice", format!("{good}, x=1, x=2"), None),
        ("an escape", with("u@bsf", "u\\@b\\\"s\\\\f"), None),
        ("nc in another case", with("00000001", "0000000A"), None),
        ("an empty opaque", with("opaque=\"o\"", "opaque=\"\""), None),
        ("qop in another case", with("auth-int", "AUTH-INT"), None),
        ("nothing", String::new(), Some(Malformed)),
        ("the scheme alone", "Digest".into(), Some(Malformed)),
        ("another scheme", with("Digest", "Basic"), Some(Malformed)),
        ("no scheme", with("Digest ", ""), Some(Malformed)),
        ("two schemes", format!("{good}, Basic x=1"), Some(Malformed)),
        ("a token68", "Digest YWJj".into(), Some(Malformed)),
        ("no comma", with(", realm", " realm"), Some(Malformed)),
        ("an open quote", with("realm=\"r\"", "realm=\"r"), Some(Malformed)),
        ("a quote at the end", format!("{good}\""), Some(Malformed)),
        ("a backslash at the end", format!("{good}, x=\"\\"), Some(Malformed)),
        ("an escaped quote at the end", format!("{good}, x=\"\\\""), Some(Malformed)),
        ("a quote within a token", with("nc=0", "nc=\"\"0"), Some(Malformed)),
        ("a backslash without quotes", with("\"c\"", "c\\d"), Some(Malformed)),
        ("text behind a quoted value", with("\"c\"", "\"c\"d"), Some(Malformed)),
        ("no name", with("nc=", "="), Some(Malformed)),
        ("a name that is no token", with("nc=", "n(c="), Some(Malformed)),
        ("a name without a value", with("nc=00000001", "nc"), Some(Malformed)),
        ("nc of 7 digits", with("00000001", "0000001"), Some(Malformed)),
        ("nc of 9 digits", with("00000001", "000000001"), Some(Malformed)),
        ("nc with a letter", with("00000001", "0000000g"), Some(Malformed)),
        ("nc with a sign", with("00000001", "+0000001"), Some(Malformed)),
        ("an unknown qop", with("auth-int", "auth-conf"), Some(Malformed)),
        ("two qops", with("qop=auth-int", "qop=\"auth,auth-int\""), Some(Malformed)),
        ("a response of 31 digits", with("6629", "629"), Some(Malformed)),
        ("a response of 33 digits", with("6629", "66299"), Some(Malformed)),
        ("a response of 65 digits", with("6629", &format!("6629{}", "0".repeat(33))), Some(Malformed)),
        ("a response of 66 digits", with("6629", &format!("6629{}", "0".repeat(34))), Some(Malformed)),
        ("a response of 34 digits", with("6629", "662999"), Some(Malformed)),
        ("a response that is no number", with("6629", "g629"), Some(Malformed)),
        ("an empty user name", with("u@bsf", ""), Some(Malformed)),
        ("an empty cnonce", with("\"c\"", "\"\""), Some(Malformed)),
        ("an empty uri", with("/k?requesttype=register", ""), Some(Malformed)),
        ("a line feed", with("u@bsf", "u\nbsf"), Some(BadCharacter)),
        ("a carriage return", format!("{good}\r\nX: y"), Some(BadCharacter)),
        ("a NUL", with("u@bsf", "u\0bsf"), Some(BadCharacter)),
        ("an escaped NUL", with("u@bsf", "u\\\0bsf"), Some(BadCharacter)),
        ("a tab within quotes", with("u@bsf", "u\tbsf"), Some(BadCharacter)),
        ("a tab between parameters", good.replace(", ", ",\t"), None),
        ("a DEL", with("u@bsf", "u\x7Fbsf"), Some(BadCharacter)),
        ("a long user name", with("u@bsf", &"u".repeat(97)), Some(TooLong)),
        ("a long realm", with("\"r\"", &format!("\"{}\"", "r".repeat(257))), Some(TooLong)),
        ("a long nonce", with("\"n\"", &format!("\"{}\"", "n".repeat(129))), Some(TooLong)),
        ("a long cnonce", with("\"c\"", &format!("\"{}\"", "c".repeat(129))), Some(TooLong)),
        ("a long opaque", with("\"o\"", &format!("\"{}\"", "o".repeat(129))), Some(TooLong)),
        ("a long uri", with("/k", &"k".repeat(256)), Some(TooLong)),
        ("a long algorithm", with("MD5", &"M".repeat(33)), Some(TooLong)),
        ("a long header", format!("{good}, x={}", "y".repeat(2048)), Some(TooLong)),
        ("the longest header", format!("{good}, x={}", "y".repeat(2044 - good.len())), None),
    ];
    for (name, value, expected) in rows {
        assert_eq!(authorization_error(&value), expected, "{name}: {value}");
    }
    assert_eq!(Authorization::parse(b"Digest username=\xFF").err(), Some(Malformed));
    for (at, part) in PARTS.iter().enumerate() {
        let mut parts = PARTS.to_vec();
        parts.remove(at);
        let expected =
            if part.starts_with("opaque") || part.starts_with("algorithm") { None } else { Some(Malformed) };
        assert_eq!(authorization_error(&format!("Digest {}", parts.join(", "))), expected, "without {part}");
        let twice = format!("{good}, {}", part.to_ascii_uppercase());
        assert_eq!(authorization_error(&twice), Some(Malformed), "twice {part}");
    }
}

#[test]
fn escapes_are_taken_out_and_put_back() {
    let value = authorization().replace("u@bsf", "\\u\\\\\\\"@b\\\\").replace("\"c\"", "\"\\ä\\,\"");
    let read = Authorization::parse(value.as_bytes()).unwrap();
    assert!(
        read.username.is("u\\\"@b\\") && !read.username.is("u\\\"@b") && !read.username.is("u\\\"@b\\\\")
    );
    assert_eq!(read.b_tid().unwrap().as_str(), "u\\\"@b\\");
    assert!(read.cnonce.is("ä,") && read.cnonce.is_ignoring_case("ä,"));
    assert_eq!(read.cnonce.to_string(), "ä,");
    let plain = ParamText::plain("a\\b");
    assert!(plain.is("a\\b") && plain.to_string() == "a\\b");
    let quoted = Authorization::parse(authorization().replace("\"c\"", "\"a\\b\"").as_bytes())
        .unwrap()
        .cnonce
        .to_string();
    assert_eq!(quoted, "ab");
}

#[test]
fn a_malformed_challenge_is_refused_for_its_own_reason() {
    let with = |from: &str, to: &str| CHALLENGE.replacen(from, to, 1);
    let rows: Vec<(String, Option<ImsError>)> = vec![
        (CHALLENGE.into(), None),
        (format!("Basic realm=\"x\", {CHALLENGE}, Negotiate abc=="), None),
        (format!("Negotiate abc==, {CHALLENGE}"), None),
        (format!("Bearer, {CHALLENGE}"), None),
        (format!("{CHALLENGE}, userhash=true, charset=UTF-8, domain=\"/a /b\""), None),
        (with("stale=true", "stale=\"\""), None),
        ("".into(), Some(Empty)),
        (", ,".into(), Some(Empty)),
        ("Basic realm=x".into(), Some(Empty)),
        ("realm=x".into(), Some(Malformed)),
        ("Digest".into(), Some(Malformed)),
        ("Digest YWI=".into(), Some(Malformed)),
        ("Digest realm=\"r\"".into(), Some(Malformed)),
        ("Digest nonce=\"n\"".into(), Some(Malformed)),
        (with("\"n\"", "\"\""), Some(Malformed)),
        (with("\"r\"", "\"\""), Some(Malformed)),
        (format!("{CHALLENGE}, realm=\"r\""), Some(Malformed)),
        (format!("{CHALLENGE}, NONCE=\"r\""), Some(Malformed)),
        (format!("{CHALLENGE}, stale=true"), Some(Malformed)),
        (format!("{CHALLENGE}, qop=auth"), Some(Malformed)),
        (format!("{CHALLENGE}, domain=a, domain=b"), Some(Malformed)),
        (format!("{CHALLENGE}, Digest realm=x"), Some(Malformed)),
        (format!("{CHALLENGE} Basic realm=x"), Some(Malformed)),
        (format!("Basic/ realm=x, {CHALLENGE}"), Some(Malformed)),
        (format!("{CHALLENGE}, x=\"a"), Some(Malformed)),
        (format!("{CHALLENGE}\r\nSet-Cookie: a"), Some(BadCharacter)),
        (with("\"n\"", "\"n\tm\""), Some(BadCharacter)),
        (with("\"n\"", &format!("\"{}\"", "n".repeat(129))), Some(TooLong)),
        (with("\"r\"", &format!("\"{}\"", "r".repeat(257))), Some(TooLong)),
        (with("auth,auth-int", &"auth,".repeat(20)), Some(TooLong)),
        (format!("{CHALLENGE}, x={}", "y".repeat(2048)), Some(TooLong)),
    ];
    for (value, expected) in rows {
        assert_eq!(Challenge::parse(value.as_bytes()).err(), expected, "{value}");
    }
}

#[test]
fn a_malformed_authentication_info_is_refused_for_its_own_reason() {
    let with = |from: &str, to: &str| INFO.replacen(from, to, 1);
    let rows: Vec<(String, Option<ImsError>)> = vec![
        (INFO.into(), None),
        (with("nextnonce=\"n\", ", ""), None),
        (with("qop=auth-int, ", ""), None),
        (INFO.replace('"', ""), None),
        (with("nextnonce=\"n\"", "nextnonce=\"\""), Some(Malformed)),
        (format!("Digest {INFO}"), Some(Malformed)),
        (format!("{INFO}, nc=00000001"), Some(Malformed)),
        (format!("{INFO}, rspauth=\"\""), Some(Malformed)),
        (with("cnonce=\"c\"", "cnonce"), Some(Malformed)),
        (with("auth-int", "auth-ant"), Some(Malformed)),
        (with("00000001", "1"), Some(Malformed)),
        (with("\"n\"", &format!("\"{}\"", "n".repeat(129))), Some(TooLong)),
        (format!("{INFO}\n"), Some(BadCharacter)),
    ];
    for (value, expected) in rows {
        assert_eq!(AuthenticationInfo::parse(value.as_bytes()).err(), expected, "{value}");
    }
}

#[test]
fn a_count_is_eight_digits_and_the_digest_covers_them_as_written() {
    for (value, digits) in
        [(0, "00000000"), (1, "00000001"), (0xDEAD_BEEF, "deadbeef"), (u32::MAX, "ffffffff")]
    {
        assert_eq!(NonceCount::new(value).as_str(), digits);
        assert_eq!(NonceCount::new(value).value(), value);
    }
    let read =
        |nc: &str| Authorization::parse(authorization().replace("00000001", nc).as_bytes()).unwrap().nc;
    assert_eq!((read("0000000A").value(), read("0000000A").as_str().to_owned()), (10, "0000000A".to_owned()));
    assert_ne!(read("0000000A"), read("0000000a"));
}

/// Everything that reads a header, over octets that no table thought of.
fn read_all(octets: &[u8]) {
    let _ = Authorization::parse(octets).map(|read| {
        let _ = (read.b_tid(), read.hash(), format!("{read:?}"));
    });
    let _ = AuthenticationInfo::parse(octets);
    let _ = Challenge::parse(octets).map(|read| format!("{read:?}"));
    let _ = DigestClient::new(ClientConfig::new(fqdn())).challenged(&[octets, octets]);
}

#[test]
fn no_truncation_flip_or_insertion_makes_a_reader_panic() {
    let escaped = authorization().replace("u@bsf", "\\u\\\\ä\\\"");
    for header in
        [authorization(), escaped, CHALLENGE.to_owned(), format!("Basic a=b, {CHALLENGE}"), INFO.to_owned()]
    {
        let octets = header.into_bytes();
        for len in 0..=octets.len() {
            read_all(&octets[..len]);
            read_all(&octets[len..]);
            for inserted in *b"\"\\,= \t\0\xFFD" {
                read_all(&[&octets[..len], &[inserted], &octets[len..]].concat());
            }
        }
        for at in 0..octets.len() {
            for bit in 0..8 {
                let mut flipped = octets.clone();
                flipped[at] ^= 1 << bit;
                read_all(&flipped);
            }
        }
    }
}

#[test]
fn no_flipped_bit_of_a_signed_request_is_accepted_unless_it_means_the_same() {
    let mut world = World::new();
    world.challenged();
    let sent = world.send(b"b");
    let meaning = |header: &str| {
        // Case of the scheme, of names and of hexadecimal digits says nothing, nor do the quotes; no algorithm is MD5.
        let read = Authorization::parse(header.as_bytes()).unwrap();
        format!("{read:?}")
            .to_ascii_lowercase()
            .replace("algorithm: none", "algorithm: some(writtenalgorithm(md5))")
    };
    let expected = meaning(&sent.header);
    let mut refused = 0;
    for at in 0..sent.header.len() {
        for bit in 0..8 {
            let mut octets = sent.header.clone().into_bytes();
            octets[at] ^= 1 << bit;
            let Ok(header) = String::from_utf8(octets) else { continue };
            if Authorization::parse(header.as_bytes()).is_err() {
                continue;
            }
            world.row = NonceRow::new();
            let flipped = Sent { header, body: sent.body.clone() };
            if world.receive(&flipped).status().code() == 200 {
                assert_eq!(meaning(&flipped.header), expected, "{}", flipped.header);
            } else {
                refused += 1;
            }
        }
    }
    assert!(refused > 500, "{refused}");
}
