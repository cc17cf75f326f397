//! HTTP Digest between a terminal and a BM-SC, with headers changed on the way.

use castkey::ims::digest::{
    AuthenticationInfo, Authorization, BodyHash, Challenge, Challenged, ClientConfig, DigestAlgorithm,
    DigestClient, DigestServer, DigestUser, MAX_AUTHORIZATION_LEN, MAX_CHALLENGE_LEN, MAX_INFO_LEN, NonceRow,
    ServerConfig, SignedRequest, Verdict, first_supported,
};
use castkey::ims::{BTid, ImsError, NafFqdn};
use castkey::keys::{DigestPassword, DigestPasswordForm, Mrk};
use castkey::secret::Secret;
use castkey::time::Tick;

use crate::choice::Choices;
use crate::rng::Repeating;

const HOST: &str = "bmsc.home1.net";
const B_TID: &str = "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net";
const TARGET: &str = "/keymanagement?requesttype=msk-request";
const NOW: Tick = Tick::from_millis(7);
const BOTH: [DigestAlgorithm; 2] = [DigestAlgorithm::Md5, DigestAlgorithm::Sha256];

fn fqdn() -> NafFqdn {
    NafFqdn::new(HOST).unwrap()
}

fn password() -> DigestPassword {
    Mrk::new(Secret::new([0x22; 32])).digest_password(DigestPasswordForm::Base64)
}

fn body() -> BodyHash {
    BodyHash::of(DigestAlgorithm::Md5, b"body")
}

fn request() -> SignedRequest<'static> {
    SignedRequest { method: "POST", target: TARGET, body: body() }
}

/// The first octet chooses: the rest is a header from anywhere, or edits to an Authorization or an Authentication-Info.
/// Only what says the same as the original is accepted, once; a refusal changes nothing but the count of failures.
pub fn http_digest(octets: &[u8]) {
    let mut choices = Choices::new(octets);
    match choices.below(3) {
        Some(0) => header(&octets[1..]),
        Some(1) => changed_authorization(choices),
        Some(_) => changed_info(choices),
        None => {}
    }
}

fn header(octets: &[u8]) {
    let _ = format!("{:?} {:?}", Challenge::parse(octets), AuthenticationInfo::parse(octets));
    if let Ok(authorization) = Authorization::parse(octets) {
        let _ = authorization.b_tid().expect("of a parsed value");
        let (server, mut row) = (server().0, NonceRow::new());
        let verdict = server.verify(&mut row, authorization, &password(), &request(), NOW);
        assert!(!matches!(verdict, Verdict::Accepted(_)), "nobody else has the nonce key");
    }
    let mut client = DigestClient::new(ClientConfig { tls: true, ..ClientConfig::new(fqdn()) });
    match client.challenged(&[octets]) {
        Ok(challenged) => {
            assert_eq!(challenged, Challenged::ResendWithCredentials);
            assert!(first_supported(&[octets], &BOTH).is_ok());
            answers(&mut client);
        }
        Err(_) => assert_eq!(client.algorithm(), None, "a refused challenge changed something"),
    }
}

/// What answers a challenge from anywhere is a header that can be read.
fn answers(client: &mut DigestClient) {
    let algorithm = client.algorithm().expect("it was challenged");
    let (b_tid, password) = (BTid::new(B_TID).unwrap(), password());
    let user = DigestUser { b_tid: &b_tid, password: &password };
    let mut out = [0; MAX_AUTHORIZATION_LEN];
    let hash = BodyHash::of(algorithm, b"body");
    let written = client.authorize(user, "POST", TARGET, &hash, &[3; 16], &mut out).expect("room enough");
    let read = Authorization::parse(written.as_bytes()).expect("it was just written");
    assert!(read.uri.is(TARGET) && read.username.is(B_TID) && read.hash() == Some(algorithm));
}

fn server() -> (DigestServer, Repeating) {
    let mut rng = Repeating::default();
    (DigestServer::new(ServerConfig::new(fqdn()), &mut rng).unwrap(), rng)
}

/// A terminal that was challenged by `server` and has answered with this Authorization.
fn exchange(server: &mut DigestServer, rng: &mut Repeating) -> (DigestClient, String) {
    let nonce = server.issue(NOW, rng).unwrap();
    let mut out = [0; MAX_CHALLENGE_LEN];
    let challenge = server.write_challenge(&nonce, DigestAlgorithm::Md5, false, &mut out).unwrap();
    let mut client = DigestClient::new(ClientConfig::new(fqdn()));
    assert_eq!(client.challenged(&[challenge.as_bytes()]), Ok(Challenged::ResendWithCredentials));
    let (b_tid, password) = (BTid::new(B_TID).unwrap(), password());
    let user = DigestUser { b_tid: &b_tid, password: &password };
    let mut out = [0; MAX_AUTHORIZATION_LEN];
    let header = client.authorize(user, "POST", TARGET, &body(), &[3; 16], &mut out).unwrap().to_owned();
    (client, header)
}

/// The header after the edits that `choices` describe: kind, place, octets.
fn edited(header: &str, mut choices: Choices<'_>) -> Vec<u8> {
    let mut octets = header.as_bytes().to_vec();
    while let (Some(kind), Some(place)) = (choices.below(4), choices.u16()) {
        let at = usize::from(place) % (octets.len() + 1);
        let end = |len: u8| (at + usize::from(len)).min(octets.len());
        match kind {
            0 => {
                let Some(octet) = choices.octet() else { break };
                octets.get_mut(at).into_iter().for_each(|old| *old ^= octet);
            }
            1 => {
                let Some(text) = choices.slice() else { break };
                drop(octets.splice(at..at, text.iter().copied()));
            }
            2 => {
                let Some(len) = choices.octet() else { break };
                let end = end(len);
                drop(octets.drain(at..end));
            }
            _ => {
                let Some(len) = choices.octet() else { break };
                let copy = octets[at..end(len)].to_vec();
                octets.extend(copy);
            }
        }
        if octets.len() > 4096 {
            break;
        }
    }
    octets
}

fn changed_authorization(choices: Choices<'_>) {
    let (mut server, mut rng) = server();
    let (_, header) = exchange(&mut server, &mut rng);
    let original = Authorization::parse(header.as_bytes()).unwrap();
    let octets = edited(&header, choices);
    let Ok(read) = Authorization::parse(&octets) else {
        assert_ne!(octets, header.as_bytes());
        return;
    };
    let text = |parsed: &Authorization<'_>| {
        // The texts without their escapes, as the digest covers them.
        let texts = [parsed.username, parsed.realm, parsed.nonce, parsed.uri, parsed.cnonce];
        (
            texts.map(|text| format!("{text:?}").replace('\\', "")),
            parsed.nc.value(),
            parsed.qop,
            parsed.hash(),
        )
    };
    let mut row = NonceRow::new();
    let verdict = server.verify(&mut row, read, &password(), &request(), NOW);
    let accepted = match verdict {
        Verdict::Accepted(_) => {
            assert_eq!(text(&read), text(&original), "something else was accepted");
            true
        }
        Verdict::Challenge { why: ImsError::BadResponse, .. } => {
            assert_ne!(row, NonceRow::new());
            false
        }
        _ => {
            assert_eq!(row, NonceRow::new(), "a refusal changed something");
            false
        }
    };
    if octets == header.as_bytes() {
        assert!(accepted);
    }
    if accepted {
        let before = row;
        let verdict = server.verify(&mut row, read, &password(), &request(), NOW);
        assert!(matches!(verdict, Verdict::Challenge { stale: true, why: ImsError::Replay }));
        assert_eq!(row, before);
    }
}

fn changed_info(choices: Choices<'_>) {
    let (mut server, mut rng) = server();
    let (mut client, header) = exchange(&mut server, &mut rng);
    let mut row = NonceRow::new();
    let read = Authorization::parse(header.as_bytes()).unwrap();
    let Verdict::Accepted(accepted) = server.verify(&mut row, read, &password(), &request(), NOW) else {
        panic!("the holder of the password was refused");
    };
    let answer = BodyHash::of(DigestAlgorithm::Md5, b"answer");
    let mut out = [0; MAX_INFO_LEN];
    let info = accepted.write_info(&answer, None, &mut out).unwrap();
    let octets = edited(info, choices);
    match client.authenticated(&octets, &answer) {
        Ok(()) => {
            let (read, original) =
                (AuthenticationInfo::parse(&octets), AuthenticationInfo::parse(info.as_bytes()));
            let (read, original) = (read.unwrap(), original.unwrap());
            assert_eq!((read.cnonce, read.nc.value()), (original.cnonce, original.nc.value()));
            assert!(read.qop.is_none_or(|qop| Some(qop) == original.qop));
            // The request is done.
            assert_eq!(client.authenticated(&octets, &answer), Err(ImsError::UnexpectedState));
        }
        Err(_) => {
            assert_ne!(octets, info.as_bytes());
            assert_eq!(client.authenticated(info.as_bytes(), &answer), Ok(()), "a refusal changed something");
        }
    }
}
