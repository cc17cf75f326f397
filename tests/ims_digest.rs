//! HTTP Digest of the key management requests: both ends against published numbers, each other and another
//! implementation.
#![cfg(feature = "ims")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::panic,
    missing_docs,
    reason = "tests"
)]

#[path = "ims_digest/client.rs"]
mod client;
#[path = "ims_digest/headers.rs"]
mod headers;
#[path = "ims_digest/peer.rs"]
mod peer;
#[path = "ims_digest/server.rs"]
mod server;
#[path = "ims_digest/vectors.rs"]
mod vectors;

use castkey::ims::digest::*;
use castkey::ims::{BTid, NafFqdn};
use castkey::keys::{DigestPassword, DigestPasswordForm, Mrk};
use castkey::secret::Secret;
use castkey::time::Tick;
use md5::Digest;
use rand::SeedableRng;
use rand::rngs::StdRng;

const HOST: &str = "bmsc.home1.net";
const REALM: &str = "3GPP-bootstrapping@bmsc.home1.net";
const B_TID: &str = "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net";
const TARGET: &str = "/keymanagement?requesttype=register";

fn fqdn() -> NafFqdn {
    NafFqdn::new(HOST).unwrap()
}

fn password(octet: u8) -> DigestPassword {
    Mrk::new(Secret::new([octet; 32])).digest_password(DigestPasswordForm::Base64)
}

fn text(password: &DigestPassword) -> &str {
    core::str::from_utf8(password.as_octets()).unwrap()
}

fn at(millis: u64) -> Tick {
    Tick::from_millis(millis)
}

/// The digest of RFC 7616 written down once more, over strings; `method` empty for `rspauth`.
#[allow(clippy::too_many_arguments, reason = "an oracle has them all")]
fn oracle(
    algorithm: DigestAlgorithm, user: &str, realm: &str, password: &str, nonce: &str, nc: &str, cnonce: &str,
    qop: &str, method: &str, uri: &str, body: &[u8],
) -> String {
    let h = |octets: &[u8]| match algorithm {
        DigestAlgorithm::Md5 => hex::encode(md5::Md5::digest(octets)),
        DigestAlgorithm::Sha256 => hex::encode(sha2::Sha256::digest(octets)),
        _ => panic!(),
    };
    let ha1 = h(format!("{user}:{realm}:{password}").as_bytes());
    let covered =
        if qop == "auth-int" { format!("{method}:{uri}:{}", h(body)) } else { format!("{method}:{uri}") };
    h(format!("{ha1}:{nonce}:{nc}:{cnonce}:{qop}:{}", h(covered.as_bytes())).as_bytes())
}

/// The value of a parameter in a header that this library wrote: no escapes, no comma in a value.
fn param<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let header = header.strip_prefix("Digest ").unwrap_or(header);
    header
        .split(", ")
        .find_map(|part| part.strip_prefix(name)?.strip_prefix('='))
        .map(|v| v.trim_matches('"'))
}

/// A BM-SC with one user, and his terminal.
struct World {
    server: DigestServer,
    row: NonceRow,
    client: DigestClient,
    rng: StdRng,
    cnonces: u8,
    now: Tick,
}

/// A request under way.
struct Sent {
    header: String,
    body: Vec<u8>,
}

impl World {
    fn new() -> Self {
        Self::with(ServerConfig::new(fqdn()), ClientConfig::new(fqdn()))
    }

    fn with(server: ServerConfig, client: ClientConfig) -> Self {
        let mut rng = StdRng::seed_from_u64(7);
        Self {
            server: DigestServer::new(server, &mut rng).unwrap(),
            row: NonceRow::new(),
            client: DigestClient::new(client),
            rng,
            cnonces: 0,
            now: at(1000),
        }
    }

    /// A 401 as the server would answer now.
    fn challenge(&mut self, stale: bool) -> String {
        let nonce = self.server.issue(self.now, &mut self.rng).unwrap();
        let algorithm = self.server.config().algorithms.list()[0];
        self.server.write_challenge(&nonce, algorithm, stale, &mut [0; MAX_CHALLENGE_LEN]).unwrap().to_owned()
    }

    /// The client after its first 401.
    fn challenged(&mut self) {
        let challenge = self.challenge(false);
        let outcome = self.client.challenged(&[challenge.as_bytes()]).unwrap();
        assert_eq!(outcome, Challenged::ResendWithCredentials);
    }

    fn send(&mut self, body: &[u8]) -> Sent {
        self.send_as(B_TID, &password(1), body)
    }

    fn send_as(&mut self, b_tid: &str, password: &DigestPassword, body: &[u8]) -> Sent {
        let b_tid = BTid::new(b_tid).unwrap();
        let hash = BodyHash::of(self.client.algorithm().unwrap(), body);
        self.cnonces += 1;
        let user = DigestUser { b_tid: &b_tid, password };
        let mut out = [0; MAX_AUTHORIZATION_LEN];
        let header = self.client.authorize(user, "POST", TARGET, &hash, &[self.cnonces; 16], &mut out);
        Sent { header: header.unwrap().to_owned(), body: body.to_vec() }
    }

    fn receive<'a>(&mut self, sent: &'a Sent) -> Verdict<'a> {
        self.receive_at(TARGET, sent)
    }

    fn receive_at<'a>(&mut self, target: &str, sent: &'a Sent) -> Verdict<'a> {
        let authorization = Authorization::parse(sent.header.as_bytes()).unwrap();
        let algorithm = authorization.hash().unwrap_or_default();
        let request = SignedRequest { method: "POST", target, body: BodyHash::of(algorithm, &sent.body) };
        self.server.verify(&mut self.row, authorization, &password(1), &request, self.now)
    }

    /// The Authentication-Info to an accepted request.
    fn info(&mut self, sent: &Sent, body: &[u8], nextnonce: bool) -> String {
        let Verdict::Accepted(accepted) = self.receive(sent) else { panic!("not accepted") };
        let hash = BodyHash::of(accepted.authorization().hash().unwrap(), body);
        let next = nextnonce.then(|| self.server.issue(self.now, &mut self.rng).unwrap());
        accepted.write_info(&hash, next.as_ref(), &mut [0; MAX_INFO_LEN]).unwrap().to_owned()
    }

    fn read(&mut self, info: &str, body: &[u8]) -> Result<(), castkey::ims::ImsError> {
        self.client.authenticated(info.as_bytes(), &BodyHash::of(self.client.algorithm().unwrap(), body))
    }
}
