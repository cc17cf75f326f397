//! `http.*`: HTTP Digest with the MRK, both ends.

use castkey::ims::digest::{
    Authorization, BodyHash, ClientConfig, Covered, DigestAlgorithm, DigestClient, DigestServer, DigestUser,
    Ha1, MAX_AUTHORIZATION_LEN, MAX_CHALLENGE_LEN, MAX_INFO_LEN, NonceCount, NonceRow, OfferedAlgorithms,
    OfferedRealms, Opaque, ParamText, Qop, RealmKind, ServerConfig, SignedRequest, Verdict,
};
use castkey::ims::{BTid, ImsError, NafFqdn};
use castkey::keys::{DigestPassword, Mrk};
use castkey::time::Tick;
use serde_json::{Value, json};

use crate::Answer;
use crate::generator::{Generator, seeded};
use crate::input::{Input, number, word, wrong};
use crate::names::variant;
use crate::refusal::Refusal;
use crate::settings::{self, flag};

const ALGORITHMS: [(&str, DigestAlgorithm); 2] =
    [("md5", DigestAlgorithm::Md5), ("sha256", DigestAlgorithm::Sha256)];

fn password(input: Input<'_>, form: castkey::keys::DigestPasswordForm) -> Result<DigestPassword, Refusal> {
    Ok(Mrk::new(input.secret("mrk")?).digest_password(form))
}

/// With `challenges_text` the Authorization of a terminal that answers them; without, the response to the fields of RFC
/// 7616 as they stand.
pub(crate) fn digest(input: Input<'_>) -> Answer {
    if input.get("challenges_text").is_some() { authorization(input) } else { response(input) }
}

fn response(input: Input<'_>) -> Answer {
    let algorithm = word("algorithm", input.need("algorithm")?, &ALGORITHMS)?;
    let qop = word("qop", input.need("qop")?, &[("auth", Qop::Auth), ("auth-int", Qop::AuthInt)])?;
    let password = input.text("password_text")?;
    let ha1 =
        Ha1::compute(algorithm, input.text("username_text")?, input.text("realm_text")?, password.as_bytes());
    let covered = Covered {
        method: input.text("method_text")?,
        uri: ParamText::plain(input.text("uri_text")?),
        body: BodyHash::of(algorithm, &input.octets_or_empty("body")?),
        nonce: ParamText::plain(input.text("nonce_text")?),
        nc: NonceCount::new(input.number("nc")?),
        cnonce: ParamText::plain(input.text("cnonce_text")?),
        qop,
    };
    let mut out = [0; 64];
    Ok(json!({ "response_text": covered.write_response(&ha1, &mut out)? }))
}

/// With `info_text` also whether the answer with `answer_body` is that of the server; refused if not.
fn authorization(input: Input<'_>) -> Answer {
    let mut config = ClientConfig::new(NafFqdn::new(input.text("fqdn_text")?)?);
    let settings = settings::of(input, |name, value| {
        match name {
            "realm" => {
                let words = [("me", RealmKind::Me), ("uicc", RealmKind::Uicc)];
                config.realm = word(name, value, &words)?;
            }
            "tls" => config.tls = flag(name, value)?,
            "sha256" => config.sha256 = flag(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    let password = password(input, settings.digest_password)?;
    let b_tid = BTid::new(input.text("b_tid_text")?)?;
    let mut client = DigestClient::new(config);
    let values: Vec<&[u8]> = input.texts("challenges_text")?.into_iter().map(str::as_bytes).collect();
    let challenged = client.challenged(&values)?;
    let algorithm = client.algorithm().ok_or(ImsError::UnexpectedState)?;
    let body = BodyHash::of(algorithm, &input.octets_or_empty("body")?);
    let user = DigestUser { b_tid: &b_tid, password: &password };
    let mut out = [0; MAX_AUTHORIZATION_LEN];
    let (method, uri, cnonce) = (input.text("method_text")?, input.text("uri_text")?, input.array("cnonce")?);
    let authorization = client.authorize(user, method, uri, &body, &cnonce, &mut out)?;
    if let Some(info) = input.text_if("info_text")? {
        let answer = BodyHash::of(algorithm, &input.octets_or_empty("answer_body")?);
        client.authenticated(info.as_bytes(), &answer)?;
    }
    Ok(json!({ "challenged": variant(&challenged), "authorization_text": authorization }))
}

fn server_config(input: Input<'_>) -> Result<(ServerConfig, castkey::settings::Settings), Refusal> {
    let mut config = ServerConfig::new(NafFqdn::new(input.text("fqdn_text")?)?);
    let settings = settings::of(input, |name, value| {
        match name {
            "realms" => {
                let words =
                    [("me", OfferedRealms::Me), ("uicc", OfferedRealms::Uicc), ("both", OfferedRealms::Both)];
                config.realms = word(name, value, &words)?;
            }
            "algorithms" => {
                let words = [
                    ("md5", OfferedAlgorithms::Md5),
                    ("sha256", OfferedAlgorithms::Sha256),
                    ("sha256_then_md5", OfferedAlgorithms::Sha256ThenMd5),
                ];
                config.algorithms = word(name, value, &words)?;
            }
            "auth" => config.auth = flag(name, value)?,
            "opaque_text" => {
                config.opaque = Some(Opaque::new(value.as_str().ok_or_else(|| wrong(name))?)?);
            }
            "nonce_lifetime_ms" => config.nonce_lifetime_ms = number(name, value)?,
            "failures" => config.failure_limit.failures = number(name, value)?,
            "failure_window_ms" => config.failure_limit.window_ms = number(name, value)?,
            _ => return Ok(false),
        }
        Ok(true)
    })?;
    Ok((config, settings))
}

/// A server that is made of `seed` each time, so its nonces are good in later requests with that seed. `received` are the
/// Authorizations that came before, for the same target and body.
pub(crate) fn verify(input: Input<'_>) -> Answer {
    let mut rng = seeded(input)?.unwrap_or(Generator::NONE);
    let (config, settings) = server_config(input)?;
    let mut server = DigestServer::new(config, &mut rng)?;
    let now = Tick::from_millis(input.number("tick")?);
    let body = input.octets_or_empty("body")?;
    let answered = input.octets_or_empty("answer_body")?;
    let Some(last) = input.text_if("authorization_text")? else {
        let challenges = challenges(&mut server, false, now, &mut rng)?;
        return Ok(json!({ "verdict": "Challenge", "status": 401, "challenges_text": challenges }));
    };
    let (method, target) = (input.text("method_text")?, input.text("target_text")?);
    let password = password(input, settings.digest_password)?;
    let mut row = NonceRow::new();
    let received = input.texts("received")?;
    let mut verified = None;
    for value in received.into_iter().chain([last]) {
        let authorization = Authorization::parse(value.as_bytes())?;
        let algorithm = authorization.hash().ok_or(ImsError::UnsupportedAlgorithm)?;
        let request = SignedRequest { method, target, body: BodyHash::of(algorithm, &body) };
        let verdict = server.verify(&mut row, authorization, &password, &request, now);
        verified = Some((verdict, algorithm));
    }
    let (verdict, algorithm) = verified.ok_or_else(|| wrong("authorization_text"))?;
    let (mut info, mut why, mut offered, mut stale) = (None, None, Vec::new(), None);
    match &verdict {
        Verdict::Accepted(accepted) => {
            let mut out = [0; MAX_INFO_LEN];
            let body = BodyHash::of(algorithm, &answered);
            info = Some(accepted.write_info(&body, None, &mut out)?.to_owned());
        }
        Verdict::Challenge { stale: old, why: error } => {
            (why, stale) = (Some(error.name()), Some(*old));
            offered = challenges(&mut server, *old, now, &mut rng)?;
        }
        Verdict::BadRequest(error) => why = Some(error.name()),
        _ => {}
    }
    Ok(json!({
        "verdict": variant(&verdict),
        "status": verdict.status().code(),
        "why": why,
        "stale": stale,
        "info_text": info,
        "challenges_text": offered,
    }))
}

fn challenges(
    server: &mut DigestServer, stale: bool, now: Tick, rng: &mut Generator,
) -> Result<Vec<Value>, Refusal> {
    let nonce = server.issue(now, rng)?;
    let mut written = Vec::new();
    for algorithm in server.config().algorithms.list() {
        let mut out = [0; MAX_CHALLENGE_LEN];
        written.push(server.write_challenge(&nonce, *algorithm, stale, &mut out)?.into());
    }
    Ok(written)
}
