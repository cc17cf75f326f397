//! The terminal: the table of 401, and which answers it believes.

use super::*;
use castkey::ims::ImsError;

fn challenge(extra: &str) -> String {
    format!("Digest realm=\"{REALM}\", nonce=\"n1\", {extra}")
}

fn fresh() -> DigestClient {
    DigestClient::new(ClientConfig::new(fqdn()))
}

/// Covers: R-MSK-9
#[test]
fn the_first_request_has_no_authorization_and_the_second_one_repeats_the_challenge() {
    let mut world = World::new();
    assert_eq!(world.client.algorithm(), None);
    let b_tid = BTid::new(B_TID).unwrap();
    let (hash, password) = (BodyHash::of(DigestAlgorithm::Md5, b"x"), password(1));
    let user = DigestUser { b_tid: &b_tid, password: &password };
    let refused = world.client.authorize(user, "POST", TARGET, &hash, &[1; 16], &mut [0; 1000]).map(str::len);
    assert_eq!(refused, Err(ImsError::UnexpectedState));

    let values = challenge("qop=\"auth,auth-int,token\", opaque=\"o \\\" p\", algorithm=md5");
    assert_eq!(world.client.challenged(&[values.as_bytes()]), Ok(Challenged::ResendWithCredentials));
    let sent = world.send(b"x").header;
    let cnonce = "01".repeat(16);
    let response = oracle(
        DigestAlgorithm::Md5,
        B_TID,
        REALM,
        text(&password),
        "n1",
        "00000001",
        &cnonce,
        "auth-int",
        "POST",
        TARGET,
        b"x",
    );
    assert_eq!(
        sent,
        format!(
            "Digest username=\"{B_TID}\", realm=\"{REALM}\", nonce=\"n1\", uri=\"{TARGET}\", qop=auth-int, \
             nc=00000001, cnonce=\"{cnonce}\", response=\"{response}\", opaque=\"o \\\" p\", algorithm=md5"
        )
    );
    assert_eq!(param(&world.send(b"x").header, "nc"), Some("00000002"));
}

#[test]
fn what_the_challenge_does_not_name_is_not_sent() {
    let mut world = World::new();
    let _ = world.client.challenged(&[challenge("qop=auth-int").as_bytes()]).unwrap();
    let sent = world.send(b"").header;
    assert_eq!((param(&sent, "opaque"), param(&sent, "algorithm")), (None, None));
}

/// Covers: T-078
#[test]
fn a_realm_of_another_host_or_without_the_prefix_is_not_answered() {
    let me = "3GPP-bootstrapping@";
    let rows = [
        (format!("{me}evil.net"), false),
        (format!("{me}bmsc.home1.net.evil.net"), false),
        (format!("{me}xbmsc.home1.net"), false),
        (HOST.to_owned(), false),
        (format!("@{HOST}"), false),
        (me.to_owned(), false),
        (format!("bootstrapping@{HOST}"), false),
        (format!("3gpp-BOOTSTRAPPING@{HOST}"), false),
        (format!("3GPP-bootstrapping-uicc@{HOST}"), false),
        (format!("{me}{HOST};{me}{HOST}"), false),
        (format!("{me}{HOST};3GPP-bootstrapping-uicc@evil.net"), false),
        (format!("{me}{HOST};"), false),
        (format!("{me}{HOST}; 3GPP-bootstrapping-uicc@{HOST}"), false),
        (format!("{me}{HOST}"), true),
        (format!("{me}BMSC.Home1.net"), true),
        (format!("{me}{HOST};3GPP-bootstrapping-uicc@{HOST}"), true),
        (format!("3GPP-bootstrapping-uicc@{HOST};{me}{HOST}"), true),
    ];
    for (realm, good) in rows {
        let mut client = fresh();
        let value = format!("Digest realm=\"{realm}\", nonce=\"n\", qop=\"auth-int\"");
        let outcome = client.challenged(&[value.as_bytes()]);
        let expected = if good { Ok(Challenged::ResendWithCredentials) } else { Err(ImsError::BadRealm) };
        assert_eq!(outcome, expected, "{realm}");
        assert_eq!(
            client.algorithm().is_some(),
            good,
            "a refused challenge leaves nothing to authorise with"
        );
    }
}

#[test]
fn the_realm_sent_is_the_one_of_the_key_that_is_used() {
    for (kind, expected) in
        [(RealmKind::Me, REALM), (RealmKind::Uicc, "3GPP-bootstrapping-uicc@bmsc.home1.net")]
    {
        let mut server = ServerConfig::new(fqdn());
        server.realms = OfferedRealms::Both;
        let mut world = World::with(server, ClientConfig { realm: kind, ..ClientConfig::new(fqdn()) });
        world.challenged();
        let sent = world.send(b"body");
        assert_eq!(param(&sent.header, "realm"), Some(expected));
        let read = Authorization::parse(sent.header.as_bytes()).unwrap();
        assert_eq!(world.server.realm_of(&read), Some(kind));
        assert!(matches!(world.receive(&sent), Verdict::Accepted(_)));
    }
}

/// Covers: T-081
#[test]
fn a_challenge_without_auth_int_is_answered_inside_tls_only() {
    let rows = [
        ("qop=\"auth\"", Err(ImsError::WeakQop), Ok(())),
        ("qop=auth", Err(ImsError::WeakQop), Ok(())),
        ("opaque=\"auth-int\"", Err(ImsError::WeakQop), Err(ImsError::WeakQop)),
        ("qop=\"\"", Err(ImsError::WeakQop), Err(ImsError::WeakQop)),
        ("qop=\"auth-conf\"", Err(ImsError::WeakQop), Err(ImsError::WeakQop)),
        ("qop=\"auth-int2,xauth-int\"", Err(ImsError::WeakQop), Err(ImsError::WeakQop)),
        ("qop=\"auth-conf , AUTH-INT\"", Ok(()), Ok(())),
        ("qop=\"auth,auth-int\"", Ok(()), Ok(())),
    ];
    for (extra, plain, inside_tls) in rows {
        for (tls, expected) in [(false, plain), (true, inside_tls)] {
            let mut client = DigestClient::new(ClientConfig { tls, ..ClientConfig::new(fqdn()) });
            let outcome = client.challenged(&[challenge(extra).as_bytes()]).map(|_| ());
            assert_eq!(outcome, expected, "{extra}, tls: {tls}");
            assert_eq!(client.algorithm().is_some(), expected.is_ok());
        }
    }
}

#[test]
fn auth_int_is_taken_wherever_it_is_offered_and_auth_leaves_the_body_out() {
    for (qop, chosen) in [("auth", "auth"), ("auth,auth-int", "auth-int")] {
        let client = ClientConfig { tls: true, ..ClientConfig::new(fqdn()) };
        let mut world = World::with(ServerConfig::new(fqdn()), client);
        let _ = world.client.challenged(&[challenge(&format!("qop=\"{qop}\"")).as_bytes()]).unwrap();
        let sent = world.send(b"body").header;
        assert_eq!(param(&sent, "qop"), Some(chosen));
        let cnonce = param(&sent, "cnonce").unwrap();
        let pw = password(1);
        let digest = |method, body| {
            oracle(
                DigestAlgorithm::Md5,
                B_TID,
                REALM,
                text(&pw),
                "n1",
                "00000001",
                cnonce,
                chosen,
                method,
                TARGET,
                body,
            )
        };
        assert_eq!(param(&sent, "response"), Some(&*digest("POST", b"body")));
        let info = format!("rspauth=\"{}\", cnonce=\"{cnonce}\", nc=00000001", digest("", b"answer"));
        assert_eq!(world.read(&info, b"answer"), Ok(()));
    }
}

#[test]
fn the_first_supported_algorithm_is_taken_out_of_all_headers() {
    let all = ["SHA-512-256", "MD5-sess", "SHA-256-sess", "x", "SHA-256", "MD5"];
    let values: Vec<String> =
        all.iter().map(|a| challenge(&format!("qop=\"auth-int\", algorithm={a}"))).collect();
    let slices: Vec<&[u8]> = values.iter().map(String::as_bytes).collect();
    let one = format!("Basic realm=\"x, Digest y\", {}, Negotiate YWI=, Bearer", values.join(", "));
    for (sha256, expected) in [(true, DigestAlgorithm::Sha256), (false, DigestAlgorithm::Md5)] {
        for values in [&slices[..], &[one.as_bytes()]] {
            let mut client = DigestClient::new(ClientConfig { sha256, ..ClientConfig::new(fqdn()) });
            assert_eq!(client.challenged(values), Ok(Challenged::ResendWithCredentials));
            assert_eq!(client.algorithm(), Some(expected));
        }
    }
    let mut client = fresh();
    assert_eq!(client.challenged(&slices[..4]), Err(ImsError::UnsupportedAlgorithm));
    assert_eq!(client.challenged(&[]), Err(ImsError::Empty));
    assert_eq!(client.challenged(&[b"Basic realm=x"]), Err(ImsError::Empty));
    assert_eq!(client.challenged(&[slices[5], b"Digest realm"]), Err(ImsError::Malformed));
    assert_eq!(client.algorithm(), None);
}

/// Covers: T-079, R-MSK-33
#[test]
fn a_second_refusal_of_the_key_ends_the_request_after_one_bootstrapping() {
    let mut world = World::new();
    world.challenged();
    let sent = world.send_as("old@bsf", &password(9), b"b");
    assert!(matches!(world.receive(&sent), Verdict::Challenge { stale: false, why: ImsError::BadResponse }));
    let again = world.challenge(false);
    assert_eq!(world.client.challenged(&[again.as_bytes()]), Ok(Challenged::Bootstrap));
    let sent = world.send_as("new@bsf", &password(8), b"b");
    assert_eq!(param(&sent.header, "username"), Some("new@bsf"));
    assert_eq!(param(&sent.header, "nonce"), param(&again, "nonce"), "the nonce of the last challenge");
    assert_eq!(param(&sent.header, "nc"), Some("00000001"));
    let third = world.challenge(false);
    assert_eq!(world.client.challenged(&[third.as_bytes()]), Err(ImsError::NotAuthorised));
    // The failure has changed nothing, and the next request may bootstrap once more.
    assert_eq!(world.client.challenged(&[third.as_bytes()]), Err(ImsError::NotAuthorised));
    world.client.begin();
    let _ = world.send(b"b");
    assert_eq!(world.client.challenged(&[third.as_bytes()]), Ok(Challenged::Bootstrap));
}

/// Covers: T-080
#[test]
fn a_stale_nonce_is_replaced_once_under_the_same_b_tid() {
    let mut world = World::new();
    world.challenged();
    let first = world.send(b"b");
    world.now = at(1000 + 300_001);
    assert!(matches!(world.receive(&first), Verdict::Challenge { stale: true, .. }));
    let stale = world.challenge(true).replace("stale=true", "stale=TRUE");
    assert_eq!(world.client.challenged(&[stale.as_bytes()]), Ok(Challenged::ResendStale));
    let second = world.send(b"b");
    assert_eq!(param(&second.header, "nonce"), param(&stale, "nonce"));
    assert_ne!(param(&second.header, "nonce"), param(&first.header, "nonce"));
    assert_eq!(param(&second.header, "nc"), Some("00000001"));
    assert!(matches!(world.receive(&second), Verdict::Accepted(_)));
    assert_eq!(world.client.challenged(&[stale.as_bytes()]), Err(ImsError::StaleNonce));
}

#[test]
fn every_value_of_stale_but_true_means_that_the_key_is_refused() {
    for (value, expected) in [
        ("stale=true", Challenged::ResendStale),
        ("stale=\"True\"", Challenged::ResendStale),
        ("stale=false", Challenged::Bootstrap),
        ("stale=yes", Challenged::Bootstrap),
        ("stale=\"\"", Challenged::Bootstrap),
        ("x=1", Challenged::Bootstrap),
    ] {
        let mut world = World::new();
        world.challenged();
        let _ = world.send(b"b");
        let value = challenge(&format!("qop=auth-int, {value}"));
        assert_eq!(world.client.challenged(&[value.as_bytes()]), Ok(expected), "{value}");
    }
}

#[test]
fn no_request_is_challenged_more_than_three_times() {
    let mut world = World::new();
    world.challenged();
    for (stale, expected) in [(true, Challenged::ResendStale), (false, Challenged::Bootstrap)] {
        let _ = world.send(b"b");
        let value = world.challenge(stale);
        assert_eq!(world.client.challenged(&[value.as_bytes()]), Ok(expected));
    }
    let before = world.send(b"b");
    let value = world.challenge(true);
    assert_eq!(world.client.challenged(&[value.as_bytes()]), Err(ImsError::TooManyChallenges));
    let after = world.send(b"b");
    assert_eq!(param(&before.header, "nonce"), param(&after.header, "nonce"));

    // A server that never says why is given up as well.
    let mut client = fresh();
    for _ in 0..3 {
        assert_eq!(client.challenged(&[value.as_bytes()]), Ok(Challenged::ResendWithCredentials));
    }
    assert_eq!(client.challenged(&[value.as_bytes()]), Err(ImsError::TooManyChallenges));
}

/// Covers: R-MSK-14, R-MSK-16, T-117
#[test]
fn only_the_authentication_info_of_this_request_and_this_body_is_believed() {
    let mut world = World::new();
    world.challenged();
    let sent = world.send(b"request");
    let good = world.info(&sent, b"answer", false);
    let (cnonce, rspauth) = (param(&good, "cnonce").unwrap(), param(&good, "rspauth").unwrap());
    let other = |digit: &str| if digit == "0" { "1" } else { "0" };
    let flipped = format!("{}{}", other(&rspauth[..1]), &rspauth[1..]);
    // A digest that is right for the wrong cnonce or count: an answer to another request.
    let pw = password(1);
    let nonce = param(&sent.header, "nonce").unwrap();
    let foreign = |nc: &str, cnonce: &str, qop: &str| {
        let digest = oracle(
            DigestAlgorithm::Md5,
            B_TID,
            REALM,
            text(&pw),
            nonce,
            nc,
            cnonce,
            qop,
            "",
            TARGET,
            b"answer",
        );
        format!("qop={qop}, rspauth=\"{digest}\", cnonce=\"{cnonce}\", nc={nc}")
    };
    assert_eq!(foreign("00000001", cnonce, "auth-int"), good, "the oracle writes what the server wrote");
    let rows = [
        ("no header", String::new(), ImsError::Malformed),
        ("no rspauth", format!("qop=auth-int, cnonce=\"{cnonce}\", nc=00000001"), ImsError::Malformed),
        ("no cnonce", format!("rspauth=\"{rspauth}\", nc=00000001"), ImsError::Malformed),
        ("no nc", format!("rspauth=\"{rspauth}\", cnonce=\"{cnonce}\""), ImsError::Malformed),
        ("one digit changed", good.replace(rspauth, &flipped), ImsError::BadResponse),
        ("cnonce changed", good.replace(cnonce, &"00".repeat(16)), ImsError::BadResponse),
        ("nc changed", good.replace("00000001", "00000002"), ImsError::BadResponse),
        ("qop changed", good.replace("qop=auth-int", "qop=auth"), ImsError::BadResponse),
        (
            "cnonce of another request",
            foreign("00000001", &"00".repeat(16), "auth-int"),
            ImsError::BadResponse,
        ),
        ("nc of another request", foreign("00000002", cnonce, "auth-int"), ImsError::BadResponse),
        ("qop of another request", foreign("00000001", cnonce, "auth"), ImsError::BadResponse),
        (
            "the response of the request",
            good.replace(rspauth, param(&sent.header, "response").unwrap()),
            ImsError::BadResponse,
        ),
    ];
    for (name, info, expected) in rows {
        assert_eq!(world.read(&info, b"answer"), Err(expected), "{name}");
    }
    assert_eq!(world.read(&good, b"Answer"), Err(ImsError::BadResponse));
    let sha = BodyHash::of(DigestAlgorithm::Sha256, b"answer");
    assert_eq!(world.client.authenticated(good.as_bytes(), &sha), Err(ImsError::UnexpectedState));
    // None of these has used the request up; the good one does.
    assert_eq!(world.read(&good, b"answer"), Ok(()));
    assert_eq!(world.read(&good, b"answer"), Err(ImsError::UnexpectedState));
    assert_eq!(param(&world.send(b"").header, "nc"), Some("00000002"));
}

#[test]
fn an_answer_that_does_not_repeat_the_qop_is_believed_for_its_digest() {
    let mut world = World::new();
    world.challenged();
    let sent = world.send(b"request");
    let info = world.info(&sent, b"answer", false).replace("qop=auth-int, ", "");
    assert_eq!(world.read(&info, b"answer"), Ok(()));
}

/// Covers: T-118
#[test]
fn the_next_nonce_is_used_by_the_next_request_from_count_one() {
    let mut world = World::new();
    world.challenged();
    for expected in ["00000001", "00000002"] {
        let sent = world.send(b"");
        assert_eq!(param(&sent.header, "nc"), Some(expected));
        let info = world.info(&sent, b"", false);
        assert_eq!(world.read(&info, b""), Ok(()));
    }
    let sent = world.send(b"");
    let info = world.info(&sent, b"", true);
    // Not authentic, not used.
    let forged = info.replace("rspauth=\"", "rspauth=\"f").replace("f\", ", "\", ");
    assert!(world.read(&forged, b"").is_err());
    assert_eq!(world.read(&info, b""), Ok(()));
    let next = world.send(b"");
    assert_eq!(param(&next.header, "nonce"), param(&info, "nextnonce"));
    assert_ne!(param(&next.header, "nonce"), param(&sent.header, "nonce"));
    assert_eq!(param(&next.header, "nc"), Some("00000001"));
    assert!(matches!(world.receive(&next), Verdict::Accepted(_)));
}

#[test]
fn a_failed_authorize_counts_nothing() {
    let mut world = World::new();
    world.challenged();
    let b_tid = BTid::new(B_TID).unwrap();
    let password = password(1);
    let user = DigestUser { b_tid: &b_tid, password: &password };
    let (md5, sha) = (BodyHash::of(DigestAlgorithm::Md5, b""), BodyHash::of(DigestAlgorithm::Sha256, b""));
    let long = "x".repeat(MAX_URI_LEN + 1);
    let mut try_with = |uri: &str, hash, len: usize| {
        world.client.authorize(user, "POST", uri, hash, &[1; 16], &mut vec![0; len]).map(str::len)
    };
    assert_eq!(try_with(TARGET, &sha, 1000), Err(ImsError::UnexpectedState));
    assert_eq!(try_with(&long, &md5, 1000), Err(ImsError::TooLong));
    assert_eq!(try_with("/a\r\nb", &md5, 1000), Err(ImsError::BadCharacter));
    let needed = {
        let mut len = 0;
        while try_with(TARGET, &md5, len) == Err(ImsError::BufferTooSmall) {
            len += 1;
        }
        len
    };
    assert!(needed > 300 && needed < MAX_AUTHORIZATION_LEN);
    assert_eq!(param(&world.send(b"").header, "nc"), Some("00000002"), "one of all these was sent");
}

#[test]
fn the_longest_of_everything_fits_the_announced_buffers() {
    let host = format!("{}.net", "h".repeat(NafFqdn::MAX_LEN - 4));
    let fqdn = NafFqdn::new(&host).unwrap();
    let mut config = ServerConfig::new(fqdn.clone());
    config.realms = OfferedRealms::Both;
    config.opaque = Some(Opaque::new(&"\"".repeat(Opaque::MAX_LEN)).unwrap());
    config.algorithms = OfferedAlgorithms::Sha256;
    config.auth = true;
    let mut world = World::with(config, ClientConfig { realm: RealmKind::Uicc, ..ClientConfig::new(fqdn) });
    let challenge = world.challenge(true);
    assert!(challenge.len() <= MAX_CHALLENGE_LEN);
    let _ = world.client.challenged(&[challenge.as_bytes()]).unwrap();
    // The longest texts that a foreign server may send.
    let realm = format!("3GPP-bootstrapping-uicc@{host}");
    let long = "\\\"".repeat(MAX_NONCE_LEN / 2);
    let foreign = format!(
        "Digest realm=\"{realm}\", nonce=\"{long}\", opaque=\"{long}\", qop=auth-int, algorithm=SHA-256"
    );
    world.client.begin();
    let _ = world.client.challenged(&[foreign.as_bytes()]).unwrap();
    let b_tid = BTid::new(&"\"".repeat(BTid::MAX_LEN)).unwrap();
    let password = password(1);
    let user = DigestUser { b_tid: &b_tid, password: &password };
    let uri = "\"".repeat(MAX_URI_LEN);
    let hash = BodyHash::of(DigestAlgorithm::Sha256, b"");
    let mut out = [0; MAX_AUTHORIZATION_LEN];
    world.client.authorize(user, "POST", &uri, &hash, &[1; 16], &mut out).unwrap();
}
