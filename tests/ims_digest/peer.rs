//! Against the `digest_auth` crate, in both directions.

use super::*;
use digest_auth::{AuthContext, AuthorizationHeader, HttpMethod, WwwAuthenticateHeader};
use proptest::prelude::*;

fn algorithms() -> impl Strategy<Value = OfferedAlgorithms> {
    prop_oneof![Just(OfferedAlgorithms::Md5), Just(OfferedAlgorithms::Sha256)]
}

/// Texts without control characters, with quotes, backslashes and commas. ASCII only: `digest_auth` counts characters
/// where it means octets.
fn names(max: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[ -~]{{1,{max}}}")).unwrap()
}

/// The same with letters beyond ASCII, for headers that `digest_auth` only writes.
fn all_names(max: usize) -> impl Strategy<Value = String> {
    proptest::string::string_regex(&format!("[ -~äé]{{1,{max}}}")).unwrap()
}

fn config(algorithms: OfferedAlgorithms, opaque: Option<&str>) -> ServerConfig {
    let mut config = ServerConfig::new(fqdn());
    config.algorithms = algorithms;
    config.opaque = opaque.map(|opaque| Opaque::new(opaque).unwrap());
    config
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    /// Covers: R-MSK-9, R-MSK-12
    #[test]
    fn a_request_of_digest_auth_is_accepted_and_one_with_another_password_or_body_is_not(
        algorithms in algorithms(), b_tid in all_names(40), opaque in proptest::option::of(names(30)),
        target in "/[!-~]{0,60}", body in proptest::collection::vec(any::<u8>(), 0..300),
        key in any::<u8>(), requests in 1u32..4, cnonce in proptest::option::of(all_names(40)),
    ) {
        let mut config = config(algorithms, opaque.as_deref());
        config.failure_limit.failures = 0;
        let mut world = World::with(config, ClientConfig::new(fqdn()));
        let mut prompt = WwwAuthenticateHeader::parse(&world.challenge(false)).unwrap();
        let right = password(key);
        for sent in 1..=requests {
            let mut context = AuthContext::new_post(&*b_tid, text(&right), &*target, Some(&*body));
            if let Some(cnonce) = &cnonce {
                context.set_custom_cnonce(&**cnonce);
            }
            let header = prompt.respond(&context).unwrap().to_string();
            let authorization = Authorization::parse(header.as_bytes()).unwrap();
            prop_assert!(authorization.username.is(&b_tid));
            prop_assert_eq!(authorization.nc.value(), sent);
            let algorithm = authorization.hash().unwrap();
            let mut verify = |password: &DigestPassword, body: &[u8]| {
                let body = BodyHash::of(algorithm, body);
                let request = SignedRequest { method: "POST", target: &target, body };
                world.server.verify(&mut world.row, authorization, password, &request, world.now).status().code()
            };
            prop_assert_eq!(verify(&password(key ^ 1), &body), 401);
            prop_assert_eq!(verify(&right, &[&*body, b" "].concat()), 401);
            prop_assert_eq!(verify(&right, &body), 200);
            prop_assert_eq!(verify(&right, &body), 401, "once only");
        }
    }

    /// Covers: R-MSK-9, R-MSK-16
    #[test]
    fn digest_auth_computes_our_responses_and_the_proofs_of_our_server(
        algorithms in algorithms(), b_tid in names(40), opaque in proptest::option::of(names(30)),
        body in proptest::collection::vec(any::<u8>(), 0..300), answer in proptest::collection::vec(any::<u8>(), 0..300),
        key in any::<u8>(),
    ) {
        let mut world = World::with(config(algorithms, opaque.as_deref()), ClientConfig::new(fqdn()));
        world.challenged();
        let right = password(key);
        let sent = world.send_as(&b_tid, &right, &body);
        let read = AuthorizationHeader::parse(&sent.header).unwrap();
        prop_assert_eq!((&*read.username, &*read.uri, read.opaque.as_deref()), (&*b_tid, TARGET, opaque.as_deref()));
        let mut again = read.clone();
        again.digest(&AuthContext::new_post(&*b_tid, text(&right), TARGET, Some(&*body)));
        prop_assert_eq!(&again.response, &read.response);

        // The proof is the same digest with an empty method.
        let empty = HttpMethod("".into());
        again.digest(&AuthContext::new_with_method(&*b_tid, text(&right), TARGET, Some(&*answer), empty));
        let cnonce = read.cnonce.unwrap();
        let info = format!("rspauth=\"{}\", cnonce=\"{cnonce}\", nc={:08x}, qop=auth-int", again.response, read.nc);
        prop_assert!(world.read(&info, &[&*answer, b"x"].concat()).is_err());
        prop_assert_eq!(world.read(&info, &answer), Ok(()));
    }

    #[test]
    fn digest_auth_reads_the_challenge_as_it_was_meant(
        algorithms in algorithms(), opaque in proptest::option::of(names(60)), stale in any::<bool>(), auth in any::<bool>(),
    ) {
        let mut config = config(algorithms, opaque.as_deref());
        config.auth = auth;
        let mut world = World::with(config, ClientConfig::new(fqdn()));
        let written = world.challenge(stale);
        let read = WwwAuthenticateHeader::parse(&written).unwrap();
        prop_assert_eq!((&*read.realm, read.opaque, read.stale), (REALM, opaque, stale));
        prop_assert_eq!(read.qop.unwrap().len(), if auth { 2 } else { 1 });
        let ours = Challenge::parse(written.as_bytes()).unwrap();
        prop_assert!(ours.nonce.is(&read.nonce) && ours.stale == stale);
    }

    /// A challenge that `digest_auth` writes, with `userhash`, `charset` and `domain` in it.
    #[test]
    fn a_challenge_of_digest_auth_is_answered(
        nonce in names(60), opaque in proptest::option::of(names(60)), stale in any::<bool>(), sha in any::<bool>(),
    ) {
        let algorithm = if sha { "SHA-256" } else { "MD5" };
        let mut theirs = WwwAuthenticateHeader::parse(&format!(
            "Digest realm=\"{REALM}\", nonce=\"x\", qop=\"auth, auth-int\", algorithm={algorithm}, domain=\"/a /b\""
        )).unwrap();
        (theirs.nonce, theirs.opaque, theirs.stale) = (nonce.clone(), opaque.clone(), stale);
        let written = theirs.to_string();
        let mut world = World::new();
        prop_assert_eq!(world.client.challenged(&[written.as_bytes()]), Ok(Challenged::ResendWithCredentials));
        let sent = world.send(b"body");
        let read = AuthorizationHeader::parse(&sent.header).unwrap();
        prop_assert_eq!((read.nonce, read.opaque), (nonce, opaque));
    }
}
