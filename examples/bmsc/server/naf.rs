//! The BM-SC as NAF: what the Authorization of a request is worth (TS 33.246 §6.3.2.2, TS 24.109 §5.2).

use castkey::ims::bm_sc_request::{MUK_RENEWAL_MS, ReauthenticationWish, reauthentication};
use castkey::ims::digest::{
    Accepted, Authorization, BodyHash, DigestAlgorithm, MAX_CHALLENGE_LEN, MAX_INFO_LEN, NonceRow,
    SignedRequest, Verdict,
};
use castkey::ims::facts::{HttpRefusal, StatusCode};
use castkey::ims::request::METHOD;
use castkey::ims::upf::{Credentials, NafKey};
use castkey::ims::{BTid, ImsError, UeAddress};
use castkey::keys::{Mrk, Muk, MukOctets, NafId};
use castkey::settings::Settings;
use rand::rngs::SysRng;

use core::net::IpAddr;

use super::answer::Answer;
use super::rows::NafEntry;
use super::upf::Upf;
use crate::bsf;
use crate::names::{self, BM_SC};

/// What is to be done with a request of a terminal.
pub(super) enum Standing<'a> {
    /// These are good.
    Good(Accepted<'a>, BTid),
    /// They are not; this is what they are.
    Bad(Credentials<'static>),
    /// The request is refused as a whole.
    Refused(HttpRefusal),
}

impl Upf {
    /// Verifies an Authorization.
    pub(super) fn standing<'a>(
        &mut self, authorization: Option<&'a [u8]>, target: &str, body: &[u8],
    ) -> Standing<'a> {
        let now = self.now();
        let Some(value) = authorization else { return Standing::Bad(Credentials::Absent) };
        let read = Authorization::parse(value).and_then(|read| Ok((read, read.b_tid()?)));
        let (authorization, btid) = match read {
            Ok(read) => read,
            Err(e) => return Standing::Refused(e.into()),
        };
        let Some(entry) = self.naf.get_mut(&btid) else { return Standing::Bad(Credentials::Unfetched) };
        if now >= entry.expires {
            self.naf.remove(&btid);
            return Standing::Bad(Credentials::UnknownBTid);
        }
        let body = BodyHash::of(authorization.hash().unwrap_or(DigestAlgorithm::Md5), body);
        let request = SignedRequest { method: METHOD, target, body };
        match self.digest.verify(&mut entry.nonces, authorization, &entry.password, &request, now) {
            Verdict::Accepted(accepted) => {
                let wish = ReauthenticationWish {
                    forced_by_pull: self.force_bootstrap.as_ref() == Some(&btid),
                    operator: false,
                };
                match reauthentication(wish, entry.expires, MUK_RENEWAL_MS, now) {
                    Some(_) => Standing::Bad(Credentials::UnknownBTid),
                    None => Standing::Good(accepted, btid),
                }
            }
            Verdict::Challenge { stale, .. } => Standing::Bad(Credentials::Refused { stale }),
            Verdict::BadRequest(_) => Standing::Refused(HttpRefusal::new(StatusCode::BAD_REQUEST)),
            _ => Standing::Refused(HttpRefusal::new(StatusCode::FORBIDDEN)),
        }
    }

    /// Asks the BSF for the B-TID of an Authorization; `Some` when it has no key.
    pub(super) fn fetch(&mut self, authorization: Option<&[u8]>) -> Option<Credentials<'static>> {
        let read = Authorization::parse(authorization.unwrap_or_default());
        let btid = read.and_then(|read| read.b_tid()).ok()?;
        match self.bsf.query(&btid, BM_SC, NafId::UA_IMS_MBMS_HTTP, self.now()) {
            Ok(bsf::Answer::Keys { ks_naf, impus, expires }) => {
                let Settings { mrk, digest_password, .. } = Settings::DEFAULT;
                let Ok(mrk) = Mrk::from_gba_me(&ks_naf, mrk) else { return Some(Credentials::BsfDown) };
                let password = mrk.digest_password(digest_password);
                let entry = NafEntry { impus, ks_naf, password, expires, nonces: NonceRow::new() };
                self.naf.insert(btid, entry);
                None
            }
            Ok(bsf::Answer::UnknownBTid) => Some(Credentials::UnknownBTid),
            Ok(bsf::Answer::Down) | Err(_) => Some(Credentials::BsfDown),
        }
    }

    /// The MUK of a bootstrapping run that the BSF told of.
    pub(super) fn naf_key(&self, btid: &BTid, from: IpAddr) -> Option<NafKey> {
        let entry = self.naf.get(btid)?;
        Some(NafKey {
            btid: btid.clone(),
            naf: names::naf(BM_SC).ok()?,
            muk: Muk::from_gba_me(&entry.ks_naf, MukOctets::All),
            address: UeAddress::new(&from.to_string()).ok()?,
            expires: entry.expires,
        })
    }

    /// An answer 401 with a challenge for each algorithm, the best first.
    pub(super) fn challenge(&mut self, stale: bool) -> Answer {
        self.counts.challenged += 1;
        let mut answer = Answer::empty(StatusCode::UNAUTHORIZED);
        let Ok(nonce) = self.digest.issue(self.now(), &mut SysRng) else {
            return Answer::refusal(HttpRefusal::UNAVAILABLE);
        };
        for algorithm in self.digest.config().algorithms.list() {
            let mut out = [0; MAX_CHALLENGE_LEN];
            if let Ok(text) = self.digest.write_challenge(&nonce, *algorithm, stale, &mut out) {
                answer.challenges.push(text.to_owned());
            }
        }
        answer
    }
}

/// The Authentication-Info of an answer with this body.
pub(super) fn info(accepted: &Accepted<'_>, body: &[u8]) -> Result<String, ImsError> {
    let algorithm = accepted.authorization().hash().ok_or(ImsError::UnsupportedAlgorithm)?;
    let mut out = [0; MAX_INFO_LEN];
    Ok(accepted.write_info(&BodyHash::of(algorithm, body), None, &mut out)?.to_owned())
}
