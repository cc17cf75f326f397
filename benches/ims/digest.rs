//! Verification of a request by the server, against `digest_auth`.

use core::hint::black_box;

use castkey::ims::NafFqdn;
use castkey::ims::digest::{
    Authorization, BodyHash, DigestAlgorithm, DigestServer, NonceRow, OfferedAlgorithms, ServerConfig,
    SignedRequest, Verdict,
};
use castkey::keys::{DigestPassword, DigestPasswordForm, Mrk};
use castkey::secret::Secret;
use castkey::time::Tick;
use digest_auth::{AuthContext, AuthorizationHeader, WwwAuthenticateHeader};
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::common::Case;

const B_TID: &str = "I1U8vpY3qJ0hiuZNrke/NQ==@bsf.home1.net";
const TARGET: &str = "/keymanagement?requesttype=register";
const NOW: Tick = Tick::from_millis(1_000);

/// Octets of a registration for one service, and of one for 64.
const SHORT: usize = 170;
const LONG: usize = 4_096;

/// What is compared: the ratio, our case, theirs.
pub(crate) const PAIRS: [(&str, &str, &str); 4] = [
    (
        "Digest MD5, 170 octets, castkey / digest_auth",
        "Digest MD5 170: castkey",
        "Digest MD5 170: digest_auth",
    ),
    (
        "Digest MD5, 4,096 octets, castkey / digest_auth",
        "Digest MD5 4096: castkey",
        "Digest MD5 4096: digest_auth",
    ),
    (
        "Digest SHA-256, 170 octets, castkey / digest_auth",
        "Digest SHA-256 170: castkey",
        "Digest SHA-256 170: digest_auth",
    ),
    (
        "Digest SHA-256, 4,096 octets, castkey / digest_auth",
        "Digest SHA-256 4096: castkey",
        "Digest SHA-256 4096: digest_auth",
    ),
];

fn password() -> DigestPassword {
    Mrk::new(Secret::new([0x4B; 32])).digest_password(DigestPasswordForm::Base64)
}

/// A server, and a request that answers its challenge, written by `digest_auth`.
fn exchange(sha256: bool, body: &[u8]) -> (DigestServer, String) {
    let mut rng = StdRng::seed_from_u64(7);
    let mut config = ServerConfig::new(NafFqdn::new("bmsc.home1.net").unwrap());
    let (offered, algorithm) = if sha256 {
        (OfferedAlgorithms::Sha256, DigestAlgorithm::Sha256)
    } else {
        (OfferedAlgorithms::Md5, DigestAlgorithm::Md5)
    };
    config.algorithms = offered;
    let mut server = DigestServer::new(config, &mut rng).unwrap();
    let nonce = server.issue(NOW, &mut rng).unwrap();
    let mut out = [0; 1_024];
    let challenge = server.write_challenge(&nonce, algorithm, false, &mut out).unwrap();
    let mut challenge = WwwAuthenticateHeader::parse(challenge).unwrap();
    let password = password();
    let password = core::str::from_utf8(password.as_octets()).unwrap();
    let context = AuthContext::new_post(B_TID, password, TARGET, Some(body));
    (server, challenge.respond(&context).unwrap().to_string())
}

fn ours(name: &'static str, sha256: bool, len: usize) -> Case {
    let body = vec![b'x'; len];
    let (server, header) = exchange(sha256, &body);
    let password = password();
    Case::new(name, move || {
        let authorization = Authorization::parse(black_box(header.as_bytes())).unwrap();
        let hash = BodyHash::of(authorization.hash().unwrap(), black_box(&body));
        let request = SignedRequest { method: "POST", target: TARGET, body: hash };
        // A row of its own, so that the same nonce count is new every time.
        let mut row = NonceRow::default();
        let verdict = server.verify(&mut row, authorization, &password, &request, NOW);
        assert!(matches!(black_box(&verdict), Verdict::Accepted(_)));
    })
}

fn theirs(name: &'static str, sha256: bool, len: usize) -> Case {
    let body = vec![b'x'; len];
    let (_, header) = exchange(sha256, &body);
    let password = password();
    let password = core::str::from_utf8(password.as_octets()).unwrap().to_owned();
    Case::new(name, move || {
        let mut read = AuthorizationHeader::parse(black_box(&header)).unwrap();
        let received = core::mem::take(&mut read.response);
        assert_eq!(read.uri, TARGET);
        let username = read.username.clone();
        read.digest(&AuthContext::new_post(username, &*password, TARGET, Some(&*body)));
        assert!(black_box(read.response == received));
    })
}

pub(crate) fn all() -> Vec<Case> {
    let rows = [(false, SHORT), (false, LONG), (true, SHORT), (true, LONG)];
    rows.into_iter()
        .zip(PAIRS)
        .flat_map(|((sha256, len), (_, mine, other))| [ours(mine, sha256, len), theirs(other, sha256, len)])
        .collect()
}
