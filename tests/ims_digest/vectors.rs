//! Published numbers.

use castkey::ims::digest::*;
use castkey::keys::{DigestPasswordForm, Mrk};
use castkey::secret::Secret;
use serde_json::Value;

const FILES: [&str; 3] = [
    include_str!("../vectors/http-digest-rfc2617.json"),
    include_str!("../vectors/http-digest-rfc7616.json"),
    include_str!("../vectors/http-digest-mbms.json"),
];

fn cases() -> Vec<Value> {
    let cases = |file: &str| -> Vec<Value> {
        serde_json::from_str::<Value>(file).unwrap()["cases"].as_array().unwrap().clone()
    };
    FILES.into_iter().flat_map(cases).collect()
}

fn text<'a>(case: &'a Value, name: &str) -> &'a str {
    case[name].as_str().unwrap_or_else(|| panic!("{name}"))
}

fn algorithm(case: &Value) -> DigestAlgorithm {
    match text(case, "algorithm") {
        "MD5" => DigestAlgorithm::Md5,
        "SHA-256" => DigestAlgorithm::Sha256,
        other => panic!("{other}"),
    }
}

fn written(covered: &Covered<'_>, ha1: &Ha1) -> String {
    covered.write_response(ha1, &mut [0; 64]).unwrap().to_owned()
}

/// Covers: T-077
#[test]
fn every_published_response_comes_out_of_the_formulas() {
    let cases = cases();
    assert_eq!(cases.len(), 4);
    for case in &cases {
        let algorithm = algorithm(case);
        let t = |name| text(case, name);
        let ha1 = Ha1::compute(algorithm, t("username"), t("realm"), t("password").as_bytes());
        let nc = u32::from_str_radix(t("nc"), 16).unwrap();
        let qop = if t("qop") == "auth" { Qop::Auth } else { Qop::AuthInt };
        let covered = Covered {
            method: t("method"),
            uri: ParamText::plain(t("uri")),
            body: BodyHash::of(algorithm, t("body").as_bytes()),
            nonce: ParamText::plain(t("nonce")),
            nc: NonceCount::new(nc),
            cnonce: ParamText::plain(t("cnonce")),
            qop,
        };
        assert_eq!(written(&covered, &ha1), t("response"), "{}", t("id"));
        // The stored form of the password does as well.
        let mut octets = [0; 32];
        let stored = hex::decode(t("ha1")).unwrap();
        octets[..stored.len()].copy_from_slice(&stored);
        assert_eq!(written(&covered, &Ha1::new(algorithm, Secret::new(octets))), t("response"));
        if let Some(rspauth) = case["rspauth_of_an_empty_body"].as_str() {
            let answer = Covered { method: "", body: BodyHash::of(algorithm, b""), ..covered };
            assert_eq!(written(&answer, &ha1), rspauth);
            assert_eq!(hex::encode(covered.body.as_octets()), t("body_hash"));
        }
    }
}

/// Covers: T-077
#[test]
fn the_password_of_the_worked_example_is_that_of_its_mrk() {
    let case = cases().pop().unwrap();
    let mrk: [u8; 32] = hex::decode(text(&case, "mrk")).unwrap().try_into().unwrap();
    let password = Mrk::new(Secret::new(mrk)).digest_password(DigestPasswordForm::Base64);
    assert_eq!(password.as_octets(), text(&case, "password").as_bytes());
}

#[test]
fn the_published_headers_are_read_to_the_letter() {
    for case in cases() {
        let Some(header) = case["authorization"].as_str() else { continue };
        let read = Authorization::parse(header.as_bytes()).unwrap();
        for (value, name) in [
            (read.username, "username"),
            (read.realm, "realm"),
            (read.nonce, "nonce"),
            (read.uri, "uri"),
            (read.cnonce, "cnonce"),
            (read.opaque.unwrap(), "opaque"),
        ] {
            assert!(value.is(text(&case, name)), "{name}: {value}");
        }
        assert_eq!((read.nc.value(), read.qop), (1, Qop::Auth));
        assert_eq!(read.hash(), Some(algorithm(&case)));
        let ha1 = Ha1::compute(
            algorithm(&case),
            text(&case, "username"),
            text(&case, "realm"),
            text(&case, "password").as_bytes(),
        );
        let covered = read.covers("GET", BodyHash::of(algorithm(&case), b""));
        assert_eq!(written(&covered, &ha1), text(&case, "response"));

        let challenge = Challenge::parse(text(&case, "challenge").as_bytes()).unwrap();
        assert!(challenge.realm.is(text(&case, "realm")) && challenge.nonce.is(text(&case, "nonce")));
        assert!(challenge.opaque.unwrap().is(text(&case, "opaque")) && !challenge.stale);
        assert_eq!(challenge.qop, OfferedQop { auth: true, auth_int: true });
        assert_eq!(challenge.hash(), Some(algorithm(&case)));
    }
}

/// Covers: T-120
#[test]
fn a_chunked_body_hashes_as_the_octets_within_its_chunks() {
    let case = cases().pop().unwrap();
    let body = text(&case, "body").as_bytes();
    for size in 1..body.len() + 1 {
        let mut framed = Vec::new();
        for chunk in body.chunks(size) {
            framed.extend(format!("{:x}\r\n", chunk.len()).into_bytes());
            framed.extend(chunk);
            framed.extend(b"\r\n");
        }
        framed.extend(b"0\r\n\r\n");
        // As a server takes the framing off, chunk by chunk.
        let (mut hasher, mut rest) = (BodyHasher::new(DigestAlgorithm::Md5), &framed[..]);
        loop {
            let end = rest.windows(2).position(|two| two == b"\r\n").unwrap();
            let len = usize::from_str_radix(core::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
            if len == 0 {
                break;
            }
            hasher.update(&rest[end + 2..end + 2 + len]);
            rest = &rest[end + 4 + len..];
        }
        assert_eq!(hex::encode(hasher.finish().as_octets()), text(&case, "body_hash"), "{size}");
        assert_ne!(
            hex::encode(BodyHash::of(DigestAlgorithm::Md5, &framed).as_octets()),
            text(&case, "body_hash")
        );
    }
}
