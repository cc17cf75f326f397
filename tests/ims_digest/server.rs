//! The BM-SC: the table of verdicts.

use super::*;
use castkey::ims::ImsError;
use castkey::ims::facts::StatusCode;

/// What a verdict says, without what it holds.
fn said(verdict: &Verdict<'_>) -> (u16, Option<bool>, Option<ImsError>) {
    let code = verdict.status().code();
    match verdict {
        Verdict::Accepted(_) | Verdict::Forbidden => (code, None, None),
        Verdict::Challenge { stale, why } => (code, Some(*stale), Some(*why)),
        Verdict::BadRequest(why) => (code, None, Some(*why)),
        _ => panic!(),
    }
}

const ACCEPTED: (u16, Option<bool>, Option<ImsError>) = (200, None, None);

fn wrong() -> (u16, Option<bool>, Option<ImsError>) {
    (401, Some(false), Some(ImsError::BadResponse))
}

/// Covers: R-MSK-9, R-MSK-12, R-MSK-14
#[test]
fn the_holder_of_the_password_is_accepted_and_the_answer_proves_the_server() {
    let mut world = World::new();
    world.challenged();
    let sent = world.send(b"request");
    let Verdict::Accepted(accepted) = world.receive(&sent) else { panic!() };
    assert_eq!(accepted.authorization().b_tid().unwrap().as_str(), B_TID);
    let (pw, p) = (password(1), |name| param(&sent.header, name).unwrap());
    let rspauth = oracle(
        DigestAlgorithm::Md5,
        B_TID,
        REALM,
        text(&pw),
        p("nonce"),
        p("nc"),
        p("cnonce"),
        "auth-int",
        "",
        TARGET,
        b"ok",
    );
    let hash = BodyHash::of(DigestAlgorithm::Md5, b"ok");
    let expected = format!("qop=auth-int, rspauth=\"{rspauth}\", cnonce=\"{}\", nc=00000001", p("cnonce"));
    assert_eq!(accepted.write_info(&hash, None, &mut [0; MAX_INFO_LEN]), Ok(&*expected));
    let short = accepted.write_info(&hash, None, &mut vec![0; expected.len() - 1]).map(str::len);
    assert_eq!(short, Err(ImsError::BufferTooSmall));
    let sha = BodyHash::of(DigestAlgorithm::Sha256, b"ok");
    assert_eq!(accepted.write_info(&sha, None, &mut [0; 999]), Err(ImsError::UnexpectedState));
}

/// Covers: R-MSK-15
#[test]
fn a_challenge_names_realm_nonce_algorithm_and_auth_int() {
    let mut config = ServerConfig::new(fqdn());
    config.algorithms = OfferedAlgorithms::Sha256ThenMd5;
    config.realms = OfferedRealms::Both;
    config.auth = true;
    config.opaque = Some(Opaque::new("o\"").unwrap());
    let mut rng = StdRng::seed_from_u64(1);
    let mut server = DigestServer::new(config, &mut rng).unwrap();
    let nonce = server.issue(at(5), &mut rng).unwrap();
    assert_eq!(server.config().algorithms.list(), [DigestAlgorithm::Sha256, DigestAlgorithm::Md5]);
    let mut out = [0; MAX_CHALLENGE_LEN];
    let written = server.write_challenge(&nonce, DigestAlgorithm::Sha256, true, &mut out).unwrap();
    let expected = format!(
        "Digest realm=\"3GPP-bootstrapping@{HOST};3GPP-bootstrapping-uicc@{HOST}\", nonce=\"{}\", algorithm=SHA-256, \
         qop=\"auth,auth-int\", stale=true, opaque=\"o\\\"\"",
        nonce.as_str()
    );
    assert_eq!(written, expected);
    assert_eq!(nonce.as_str().len(), NONCE_LEN);
    assert_ne!(server.issue(at(5), &mut rng).unwrap().as_str(), nonce.as_str());
    assert_eq!(Opaque::new("a\nb"), Err(ImsError::BadCharacter));
    assert_eq!(Opaque::new(&"x".repeat(65)), Err(ImsError::TooLong));
}

/// Covers: T-082
#[test]
fn a_body_changed_on_the_way_is_not_accepted() {
    let mut world = World::new();
    world.challenged();
    let mut sent = world.send(b"<register/>");
    for at in 0..sent.body.len() {
        sent.body[at] ^= 1;
        world.row = NonceRow::new();
        assert_eq!(said(&world.receive(&sent)), wrong(), "{at}");
        sent.body[at] ^= 1;
    }
    sent.body.push(b' ');
    assert_eq!(said(&world.receive(&sent)), wrong());
    sent.body.pop();
    assert_eq!(said(&world.receive(&sent)), ACCEPTED);
}

/// Covers: R-MSK-12, R-MSK-15
#[test]
fn a_wrong_password_method_or_digest_is_a_401_without_stale() {
    let mut world = World::new();
    world.challenged();
    let sent = world.send_as(B_TID, &password(2), b"b");
    assert_eq!(said(&world.receive(&sent)), wrong());
    let mut sent = world.send(b"b");
    let authorization = Authorization::parse(sent.header.as_bytes()).unwrap();
    let body = BodyHash::of(DigestAlgorithm::Md5, b"b");
    let get = SignedRequest { method: "GET", target: TARGET, body };
    let verdict = world.server.verify(&mut world.row, authorization, &password(1), &get, world.now);
    assert_eq!(said(&verdict), wrong());
    let response = param(&sent.header, "response").unwrap().to_owned();
    sent.header = sent.header.replace(&response, &"0".repeat(64));
    assert_eq!(said(&world.receive(&sent)), wrong(), "a digest of another length");
    // Digits of the other case are the same digest.
    world.row = NonceRow::new();
    sent.header = sent.header.replace(&"0".repeat(64), &response.to_ascii_uppercase());
    assert_eq!(said(&world.receive(&sent)), ACCEPTED);
}

/// Covers: T-083
#[test]
fn a_request_is_accepted_once() {
    let mut world = World::new();
    world.challenged();
    let (first, second, third) = (world.send(b"1"), world.send(b"2"), world.send(b"3"));
    let replay = (401, Some(true), Some(ImsError::Replay));
    assert_eq!(said(&world.receive(&first)), ACCEPTED);
    let row = world.row;
    assert_eq!(said(&world.receive(&first)), replay);
    assert_eq!(world.row, row, "a replay changes nothing");
    assert_eq!(said(&world.receive(&third)), ACCEPTED, "a gap is no replay");
    assert_eq!(said(&world.receive(&second)), replay, "the count never goes back");
    // The attacker raises the count, but has no password.
    let forged = Sent { header: third.header.replace("nc=00000003", "nc=00000004"), body: b"3".to_vec() };
    assert_eq!(said(&world.receive(&forged)), wrong());
}

/// Covers: T-083
#[test]
fn a_request_under_an_earlier_nonce_cannot_be_replayed_after_a_later_one_was_used() {
    let mut world = World::new();
    world.challenged();
    let first = world.send(b"1");
    let early = world.challenge(false);
    assert_eq!(said(&world.receive(&first)), ACCEPTED);
    world.client.begin();
    world.challenged();
    let second = world.send(b"2");
    assert_eq!(param(&second.header, "nc"), Some("00000001"));
    assert_eq!(said(&world.receive(&second)), ACCEPTED);
    let stale = (401, Some(true), Some(ImsError::StaleNonce));
    assert_eq!(said(&world.receive(&first)), stale);
    // Nor can a nonce that was issued between the two, and never used, be used now.
    world.client.begin();
    let _ = world.client.challenged(&[early.as_bytes()]).unwrap();
    let late = world.send(b"3");
    assert_eq!(said(&world.receive(&late)), stale);
    assert_eq!(said(&world.receive(&second)), (401, Some(true), Some(ImsError::Replay)));
}

#[test]
fn a_count_of_zero_is_never_accepted() {
    let mut world = World::new();
    let nonce = world.server.issue(world.now, &mut world.rng).unwrap();
    let pw = password(1);
    let digest = oracle(
        DigestAlgorithm::Md5,
        B_TID,
        REALM,
        text(&pw),
        nonce.as_str(),
        "00000000",
        "c",
        "auth-int",
        "POST",
        TARGET,
        b"",
    );
    let header = format!(
        "Digest username=\"{B_TID}\",realm=\"{REALM}\",nonce={},uri=\"{TARGET}\",qop=auth-int,nc=00000000,cnonce=c,\
         response={digest}",
        nonce.as_str()
    );
    let sent = Sent { header, body: Vec::new() };
    assert_eq!(said(&world.receive(&sent)), (401, Some(true), Some(ImsError::Replay)));
}

#[test]
fn nonces_of_others_of_a_former_life_and_of_long_ago_are_stale() {
    let stale = (401, Some(true), Some(ImsError::StaleNonce));
    let mut world = World::new();
    world.challenged();
    let sent = world.send(b"b");
    let nonce = param(&sent.header, "nonce").unwrap().to_owned();
    for at in 0..nonce.len() {
        let mut digits = nonce.clone().into_bytes();
        digits[at] = if digits[at] == b'0' { b'1' } else { b'0' };
        let header = sent.header.replace(&nonce, core::str::from_utf8(&digits).unwrap());
        assert_eq!(said(&world.receive(&Sent { header, body: b"b".to_vec() })), stale, "digit {at}");
    }
    for other in [
        "x",
        &nonce[1..],
        &format!("{nonce}0"),
        &nonce.to_ascii_uppercase(),
        "dcd98b7102dd2f0e8b11d0f600bfb0c0",
    ] {
        let header = sent.header.replace(&nonce, other);
        assert_eq!(said(&world.receive(&Sent { header, body: b"b".to_vec() })), stale, "{other}");
    }
    assert_eq!(world.row, NonceRow::new(), "a stale nonce is no failure");
    world.now = at(1000 + 300_000);
    let row = world.row;
    assert_eq!(said(&world.receive(&sent)), ACCEPTED, "the last millisecond");
    world.row = row;
    world.now = at(1000 + 300_001);
    assert_eq!(said(&world.receive(&sent)), stale);
    world.now = at(1000);
    world.server = DigestServer::new(ServerConfig::new(fqdn()), &mut StdRng::seed_from_u64(8)).unwrap();
    assert_eq!(said(&world.receive(&sent)), stale, "another key");
}

/// Covers: T-119
#[test]
fn a_digest_uri_that_is_not_the_request_target_is_a_400() {
    let mut world = World::new();
    world.challenged();
    let sent = world.send(b"b");
    let others = [
        "/keymanagement?requesttype=deregister",
        "/keymanagement?requesttype=registe",
        "/keymanagement?requesttype=register&x=1",
        "/keymanagement",
        "/Keymanagement?requesttype=register",
        "http://bmsc.home1.net:1234/keymanagement?requesttype=register",
    ];
    for other in others {
        let verdict = world.receive_at(other, &sent);
        assert_eq!(said(&verdict), (400, None, Some(ImsError::UriMismatch)), "{other}");
        assert_eq!(verdict.status(), StatusCode::BAD_REQUEST);
        assert_eq!(world.row, NonceRow::new(), "nothing has changed");
    }
    assert_eq!(said(&world.receive(&sent)), ACCEPTED);
}

#[test]
fn what_was_not_offered_is_a_400_and_a_foreign_realm_a_401() {
    let bad = |why| (400, None, Some(why));
    let mut config = ServerConfig::new(fqdn());
    config.opaque = Some(Opaque::new("o").unwrap());
    let mut world = World::with(config, ClientConfig::new(fqdn()));
    world.challenged();
    let sent = world.send(b"b");
    let rows = [
        ("algorithm=MD5", "algorithm=SHA-256", bad(ImsError::UnsupportedAlgorithm)),
        ("algorithm=MD5", "algorithm=MD5-sess", bad(ImsError::UnsupportedAlgorithm)),
        ("algorithm=MD5", "algorithm=SHA-512-256", bad(ImsError::UnsupportedAlgorithm)),
        ("qop=auth-int", "qop=auth", bad(ImsError::WeakQop)),
        ("opaque=\"o\"", "opaque=\"p\"", bad(ImsError::Malformed)),
        (", opaque=\"o\"", "", bad(ImsError::Malformed)),
        (REALM, "3GPP-bootstrapping@other.net", (401, Some(false), Some(ImsError::BadRealm))),
        (REALM, "3GPP-bootstrapping-uicc@bmsc.home1.net", (401, Some(false), Some(ImsError::BadRealm))),
        (REALM, HOST, (401, Some(false), Some(ImsError::BadRealm))),
        (", algorithm=MD5", "", ACCEPTED),
    ];
    for (from, to, expected) in rows {
        let header = sent.header.replacen(from, to, 1);
        assert_ne!(header, sent.header);
        assert_eq!(said(&world.receive(&Sent { header, body: b"b".to_vec() })), expected, "{from} -> {to}");
        assert_eq!(world.row == NonceRow::new(), expected != ACCEPTED);
    }
    // A caller who hashed the body with the wrong algorithm does not count as a failure of the user.
    let authorization = Authorization::parse(sent.header.as_bytes()).unwrap();
    let body = BodyHash::of(DigestAlgorithm::Sha256, b"b");
    let request = SignedRequest { method: "POST", target: TARGET, body };
    let verdict = world.server.verify(&mut world.row, authorization, &password(1), &request, world.now);
    assert_eq!(said(&verdict), bad(ImsError::UnexpectedState));
}

#[test]
fn five_wrong_responses_within_a_minute_are_answered_403_until_one_of_them_is_a_minute_old() {
    let mut world = World::new();
    world.challenged();
    let bad = world.send_as(B_TID, &password(2), b"b");
    let good = world.send(b"b");
    for second in [0, 10, 20, 30, 59] {
        world.now = at(1000 + second * 1000);
        assert_eq!(said(&world.receive(&bad)), wrong());
    }
    for millis in [60_000, 60_999] {
        world.now = at(millis);
        assert_eq!(said(&world.receive(&good)), (403, None, None), "even the right one, at {millis}");
        assert_eq!(said(&world.receive(&bad)), (403, None, None));
    }
    world.now = at(61_000);
    assert!(!world.row.is_blocked(FailureLimit::default(), world.now));
    assert_eq!(said(&world.receive(&good)), ACCEPTED);
    // The four younger ones still count.
    assert_eq!(said(&world.receive(&bad)), wrong());
    assert_eq!(said(&world.receive(&bad)), (403, None, None));
}

#[test]
fn the_limit_of_failures_is_a_setting_and_each_user_has_his_own() {
    for (failures, answered) in [(0, 20), (1, 1), (3, 3), (8, 8), (200, 8)] {
        let mut config = ServerConfig::new(fqdn());
        config.failure_limit = FailureLimit { failures, window_ms: 1000 };
        let mut world = World::with(config, ClientConfig::new(fqdn()));
        world.challenged();
        let bad = world.send_as(B_TID, &password(2), b"b");
        let codes: Vec<u16> = (0..20).map(|_| world.receive(&bad).status().code()).collect();
        let expected: Vec<u16> = (0..20).map(|n| if n < answered { 401 } else { 403 }).collect();
        assert_eq!(codes, expected, "{failures}");
        world.row = NonceRow::new();
        assert_eq!(said(&world.receive(&bad)), wrong(), "another user");
    }
}

#[test]
fn a_challenge_costs_no_memory_and_one_nonce_serves_whoever_uses_it_first() {
    let mut world = World::new();
    world.challenged();
    for _ in 0..1000 {
        let _ = world.challenge(false);
    }
    let sent = world.send(b"b");
    assert_eq!(said(&world.receive(&sent)), ACCEPTED, "an older nonce that the user has not gone past");
}

#[test]
fn sha256_works_both_ways_and_is_preferred_where_both_have_it() {
    let mut config = ServerConfig::new(fqdn());
    config.algorithms = OfferedAlgorithms::Sha256ThenMd5;
    let mut world = World::with(config, ClientConfig::new(fqdn()));
    let nonce = world.server.issue(world.now, &mut world.rng).unwrap();
    let challenges: Vec<String> = world
        .server
        .config()
        .algorithms
        .list()
        .iter()
        .map(|a| {
            world.server.write_challenge(&nonce, *a, false, &mut [0; MAX_CHALLENGE_LEN]).unwrap().to_owned()
        })
        .collect();
    let values: Vec<&[u8]> = challenges.iter().map(String::as_bytes).collect();
    let _ = world.client.challenged(&values).unwrap();
    let sent = world.send(b"b");
    assert_eq!(param(&sent.header, "algorithm"), Some("SHA-256"));
    assert_eq!(param(&sent.header, "response").map(str::len), Some(64));
    let info = world.info(&sent, b"answer", true);
    assert_eq!(world.read(&info, b"answer"), Ok(()));
}
