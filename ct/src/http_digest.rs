//! HTTP Digest: HA1 and response out of a secret password, and the verification of both directions.
//!
//! Whether a response was right is public: it decides the status of the answer. The library branches on that one bit, once.
//! A response that goes out is a text, and whether it is UTF-8 is asked of every text; that this costs what it costs for
//! any secret digits, and nothing more, is what [`text_findings`] is for.

use core::hint::black_box;

use castkey::ims::digest::{
    Authorization, BodyHash, ClientConfig, Covered, DigestAlgorithm, DigestClient, DigestServer, DigestUser,
    Ha1, NonceCount, NonceRow, OfferedAlgorithms, ParamText, Qop, ServerConfig, SignedRequest, Verdict,
};
use castkey::ims::{BTid, ImsError, NafFqdn};
use castkey::keys::{DigestPassword, DigestPasswordForm, Mrk};
use castkey::rand_core::{TryCryptoRng, TryRng};
use castkey::secret::Secret;
use castkey::time::Tick;

use crate::Report;
use crate::taint::{errors, secret, tainted};

const MRK: [u8; 32] = [0x9E; 32];
const B_TID: &str = "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net";
const FQDN: &str = "bmsc.home1.net";
const REALM: &str = "3GPP-bootstrapping@bmsc.home1.net";
const TARGET: &str = "/keymanagement?requesttype=msk-request";
const BODY: &[u8] = b"<mbmsMSK/>";
const ANSWER: &[u8] = b"<answer/>";
const NOW: Tick = Tick::from_millis(1_000);

const HASHES: [(DigestAlgorithm, OfferedAlgorithms); 2] =
    [(DigestAlgorithm::Md5, OfferedAlgorithms::Md5), (DigestAlgorithm::Sha256, OfferedAlgorithms::Sha256)];

/// Octets that lie where no look at several of them at a time depends on the run.
#[repr(align(64))]
struct Text([u8; 64]);

struct Fixed;

impl TryRng for Fixed {
    type Error = core::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(7)
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(7)
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.fill(7);
        Ok(())
    }
}

impl TryCryptoRng for Fixed {}

pub fn run(report: &mut Report) {
    for (algorithm, offered) in HASHES {
        respond(report, algorithm);
        let exchange = Exchange::new(algorithm, offered);
        exchange.verify_request(report);
        exchange.verify_answer(report);
    }
}

fn password(mrk: [u8; 32]) -> DigestPassword {
    Mrk::new(Secret::new(mrk)).digest_password(DigestPasswordForm::Base64)
}

/// Findings of asking whether `len` secret digits are a text.
fn text_findings(len: usize) -> u32 {
    let text = Text(secret([b'7'; 64]));
    let before = errors();
    assert!(core::str::from_utf8(black_box(&text.0[..len])).is_ok());
    errors() - before
}

fn respond(report: &mut Report, algorithm: DigestAlgorithm) {
    let digits = 2 * algorithm.len();
    let covered = Covered {
        method: "POST",
        uri: ParamText::plain(TARGET),
        body: BodyHash::of(algorithm, BODY),
        nonce: ParamText::plain("6629fae49393a05397450978507c4ef1"),
        nc: NonceCount::new(1),
        cnonce: ParamText::plain("0a4f113b"),
        qop: Qop::AuthInt,
    };
    let ha1 = || Ha1::compute(algorithm, B_TID, REALM, password(secret(MRK)).as_octets());
    let name = algorithm.name();
    report.check(&format!("{name}: HA1 of a secret password"), 0, || {
        // Nothing gives its octets out; where they end up is what the next check asks.
        let _ = black_box(ha1());
        true
    });
    report.check(&format!("{name}: response of a secret password, as text"), text_findings(digits), || {
        let mut out = Text([0; 64]);
        let written = covered.write_response(&ha1(), &mut out.0).unwrap();
        tainted(written.as_bytes()) == digits
    });
    report.check(&format!("{name}: response of a secret HA1, as text"), text_findings(digits), || {
        let mut octets = [0; 32];
        octets[..algorithm.len()].fill(0x3A);
        let ha1 = Ha1::new(algorithm, Secret::new(secret(octets)));
        let mut out = Text([0; 64]);
        tainted(covered.write_response(&ha1, &mut out.0).unwrap().as_bytes()) == digits
    });
}

/// A request and its answer, without taint: what comes from the network is public.
struct Exchange {
    algorithm: DigestAlgorithm,
    server: DigestServer,
    challenge: String,
    authorization: String,
    info: String,
}

/// `header` with another digit at place `at` of the digest that is its parameter `name`.
fn spoilt(header: &str, name: &str, at: usize) -> String {
    let at = header.find(&format!("{name}=\"")).unwrap() + name.len() + 2 + at;
    let other = if &header[at..=at] == "0" { "1" } else { "0" };
    format!("{}{other}{}", &header[..at], &header[at + 1..])
}

impl Exchange {
    fn new(algorithm: DigestAlgorithm, offered: OfferedAlgorithms) -> Self {
        let mut config = ServerConfig::new(NafFqdn::new(FQDN).unwrap());
        config.algorithms = offered;
        let mut server = DigestServer::new(config, &mut Fixed).unwrap();
        let nonce = server.issue(NOW, &mut Fixed).unwrap();
        let challenge = server.write_challenge(&nonce, algorithm, false, &mut [0; 1_024]).unwrap().to_owned();
        let mut exchange =
            Self { algorithm, server, challenge, authorization: String::new(), info: String::new() };
        (_, exchange.authorization) = exchange.client(&password(MRK));
        let info = match exchange.judge(&exchange.authorization, &password(MRK)) {
            Verdict::Accepted(accepted) => {
                let body = BodyHash::of(algorithm, ANSWER);
                accepted.write_info(&body, None, &mut [0; 512]).unwrap().to_owned()
            }
            refused => panic!("{refused:?}"),
        };
        exchange.info = info;
        exchange
    }

    /// A client that awaits its answer, and what it sent.
    fn client(&self, password: &DigestPassword) -> (DigestClient, String) {
        let mut client = DigestClient::new(ClientConfig::new(NafFqdn::new(FQDN).unwrap()));
        let _ = client.challenged(&[self.challenge.as_bytes()]).unwrap();
        let (b_tid, body) = (BTid::new(B_TID).unwrap(), BodyHash::of(self.algorithm, BODY));
        let user = DigestUser { b_tid: &b_tid, password };
        let mut out = [0; 2_048];
        let sent = client.authorize(user, "POST", TARGET, &body, &[3; 16], &mut out).unwrap().to_owned();
        (client, sent)
    }

    fn judge<'a>(&self, header: &'a str, password: &DigestPassword) -> Verdict<'a> {
        let authorization = Authorization::parse(header.as_bytes()).unwrap();
        let body = BodyHash::of(self.algorithm, BODY);
        let request = SignedRequest { method: "POST", target: TARGET, body };
        self.server.verify(&mut NonceRow::default(), authorization, password, &request, NOW)
    }

    /// Wrong ones too, at their first and last digit: a comparison that stops early would show more than one finding.
    fn verify_request(&self, report: &mut Report) {
        let (name, last) = (self.algorithm.name(), 2 * self.algorithm.len() - 1);
        let mut accepted = None;
        report.check(&format!("{name}: the server verifies a response"), 1, || {
            accepted = match self.judge(&self.authorization, &password(secret(MRK))) {
                Verdict::Accepted(accepted) => Some(accepted),
                _ => None,
            };
            accepted.is_some()
        });
        let mut out = [0; 512];
        let info = accepted.map(|accepted| {
            let body = BodyHash::of(self.algorithm, ANSWER);
            tainted(accepted.write_info(&body, None, &mut out).unwrap().as_bytes())
        });
        report.check(&format!("{name}: its proof is of the secret HA1"), 0, || info == Some(last + 1));
        for at in [0, last] {
            let bad = spoilt(&self.authorization, "response", at);
            report.check(&format!("{name}: the server refuses a response with digit {at} wrong"), 1, || {
                matches!(
                    self.judge(&bad, &password(secret(MRK))),
                    Verdict::Challenge { stale: false, why: ImsError::BadResponse }
                )
            });
        }
    }

    fn verify_answer(&self, report: &mut Report) {
        let (name, last) = (self.algorithm.name(), 2 * self.algorithm.len() - 1);
        let body = BodyHash::of(self.algorithm, ANSWER);
        let mut check = |what: &str, info: &str, expected: Result<(), ImsError>| {
            let (mut client, sent) = self.client(&password(secret(MRK)));
            let reached = tainted(sent.as_bytes()) == last + 1;
            report.check(&format!("{name}: the terminal {what}"), 1, || {
                client.authenticated(info.as_bytes(), &body) == expected && reached
            });
        };
        check("verifies an answer", &self.info, Ok(()));
        for at in [0, last] {
            let bad = spoilt(&self.info, "rspauth", at);
            check(&format!("refuses an answer with digit {at} wrong"), &bad, Err(ImsError::BadResponse));
        }
    }
}
