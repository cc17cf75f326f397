//! The terminal's side of HTTP Digest, by the crate `digest_auth` alone: the response of a request, and `rspauth`.

use std::collections::HashMap;

use castkey::ims::ImsError;
use castkey::ims::digest::{RealmKind, select_realm};
use digest_auth::{AlgorithmType, AuthContext, AuthorizationHeader, HttpMethod, Qop, WwwAuthenticateHeader};

use crate::Outcome;
use crate::names::{self, BM_SC};

/// A request that was answered 200, as an attacker on the way has seen it.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    pub(crate) target: String,
    pub(crate) authorization: String,
    pub(crate) media_type: String,
    pub(crate) body: Vec<u8>,
}

/// The challenge that is answered until there is another.
#[derive(Default)]
pub(crate) struct Session {
    prompt: Option<WwwAuthenticateHeader>,
    pub(crate) recorded: Option<Recorded>,
}

impl Session {
    /// The Authorization of a POST; none before the first challenge.
    pub(super) fn authorize(
        &mut self, btid: &str, password: &str, target: &str, body: &[u8],
    ) -> Outcome<Option<AuthorizationHeader>> {
        let Some(prompt) = &mut self.prompt else { return Ok(None) };
        Ok(Some(prompt.respond(&AuthContext::new_post(btid, password, target, Some(body)))?))
    }

    /// Takes the challenges of a 401, the best first: the first whose algorithm is supported. True when it is stale.
    pub(super) fn challenged(&mut self, values: &[String], md5_only: bool) -> Result<bool, ImsError> {
        let supported = |prompt: &WwwAuthenticateHeader| match prompt.algorithm.algo {
            AlgorithmType::MD5 => !prompt.algorithm.sess,
            AlgorithmType::SHA2_256 => !prompt.algorithm.sess && !md5_only,
            _ => false,
        };
        let mut prompts = values.iter().filter_map(|value| WwwAuthenticateHeader::parse(value).ok());
        let prompt = prompts.find(supported).ok_or(ImsError::UnsupportedAlgorithm)?;
        // A challenge of another host is not answered.
        let contacted = names::naf(BM_SC).map_err(|_| ImsError::BadRealm)?;
        select_realm(&prompt.realm, RealmKind::Me, &contacted)?;
        if !prompt.qop.as_ref().is_some_and(|offered| offered.contains(&Qop::AUTH_INT)) {
            return Err(ImsError::WeakQop);
        }
        let stale = prompt.stale;
        self.prompt = Some(prompt);
        Ok(stale)
    }

    /// Forgets the nonce.
    pub(super) fn forget(&mut self) {
        self.prompt = None;
    }
}

/// Whether this Authentication-Info proves that the answer to a request with this Authorization comes from the holder of the
/// password.
pub(super) fn is_proven(
    info: Option<&str>, sent: &AuthorizationHeader, btid: &str, password: &str, answer: &[u8],
) -> bool {
    let Some(info) = info.map(parameters) else { return false };
    let repeats = |name, value: &str| info.get(name).is_some_and(|repeated| *repeated == value);
    let cnonce = sent.cnonce.as_deref().unwrap_or_default();
    let mut proof = sent.clone();
    proof.digest(&AuthContext::new_with_method(
        btid,
        password,
        &*sent.uri,
        Some(answer),
        HttpMethod::from(""),
    ));
    repeats("rspauth", &proof.response)
        && repeats("cnonce", cnonce)
        && repeats("nc", &format!("{:08x}", sent.nc))
        && repeats("qop", "auth-int")
}

/// The parameters of a header value. Commas inside quotes do not occur in those that are compared here.
fn parameters(value: &str) -> HashMap<&str, &str> {
    let pairs = value.split(',').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim(), value.trim().trim_matches('"'))).collect()
}
