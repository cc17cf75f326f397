//! Bootstrapping (TS 33.220): the secret a terminal shares with its home network, and a stub of the BSF.
//!
//! ```text
//! K, OP, RAND --Milenage--> CK, IK --> Ks --"gba-me", RAND, IMPI, NAF-Id--> Ks_NAF = MUK
//!                    RAND --base64--> B-TID
//! ```
//!
//! Ub and Zn, HTTP Digest AKA and Diameter in a network, are calls here.

use std::collections::HashMap;

use base64ct::{Base64, Encoding};
use castkey::ims::{BTid, Impu};
use castkey::keys::{Ks, KsNaf, NafId};
use castkey::secret::Secret;
use castkey::time::Tick;
use milenage::Milenage;
use rand::TryRng;
use rand::rngs::SysRng;

use crate::Outcome;
use crate::plan::BSF;

const OP: [u8; 16] = *b"operator variant";

/// What the USIM and the home network share.
#[derive(Clone, Debug)]
pub(crate) struct Subscriber {
    pub(crate) impi: String,
    pub(crate) impu: Impu,
    k: [u8; 16],
}

impl Subscriber {
    pub(crate) fn new(name: &str) -> Outcome<Self> {
        let mut k = [0; 16];
        SysRng.try_fill_bytes(&mut k)?;
        let impu = Impu::new(&format!("sip:{name}@home1.net"))?;
        Ok(Self { impi: format!("{name}@home1.net"), impu, k })
    }

    /// `Ks_NAF` for this NAF out of the run with this RAND. Terminal and BSF each derive it by themselves.
    pub(crate) fn ks_naf(&self, rand: &[u8; 16], naf: NafId<'_>) -> Outcome<KsNaf> {
        let (_, ck, ik, _) = Milenage::new_with_op(self.k, OP).f2345(rand);
        let ks = Ks::from_aka(&Secret::new(ck), &Secret::new(ik));
        Ok(KsNaf::derive(&ks, rand, &self.impi, naf)?)
    }
}

/// What a run leaves the terminal with.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) btid: BTid,
    pub(crate) rand: [u8; 16],
    pub(crate) expires: Tick,
}

/// What the BSF tells a NAF.
pub(crate) struct Answer {
    pub(crate) impus: Vec<Impu>,
    pub(crate) ks_naf: KsNaf,
    pub(crate) expires: Tick,
}

#[derive(Default)]
pub(crate) struct Bsf {
    subscribers: Vec<Subscriber>,
    runs: HashMap<String, (usize, Run)>,
    /// Questions of NAFs.
    pub(crate) queries: u64,
}

impl Bsf {
    pub(crate) fn add(&mut self, subscriber: Subscriber) {
        self.subscribers.push(subscriber);
    }

    /// A run of the subscriber with this private identity.
    pub(crate) fn bootstrap(&mut self, impi: &str, lifetime_ms: u64, now: Tick) -> Outcome<Run> {
        let at = self.subscribers.iter().position(|other| other.impi == impi).ok_or("no such subscriber")?;
        let mut rand = [0; 16];
        SysRng.try_fill_bytes(&mut rand)?;
        let mut text = [0; 24];
        let text = Base64::encode(&rand, &mut text).map_err(|e| e.to_string())?;
        let btid = BTid::new(&format!("{text}@{BSF}"))?;
        let run = Run { btid, rand, expires: now.after_millis(lifetime_ms) };
        self.runs.insert(run.btid.as_str().to_owned(), (at, run.clone()));
        Ok(run)
    }

    /// The key and the identities behind a B-TID; `None` for one that is unknown or over.
    pub(crate) fn query(
        &mut self, btid: &BTid, fqdn: &str, ua: [u8; 5], now: Tick,
    ) -> Outcome<Option<Answer>> {
        self.queries += 1;
        let Some((at, run)) = self.runs.get(btid.as_str()).filter(|(_, run)| now < run.expires) else {
            return Ok(None);
        };
        let subscriber = self.subscribers.get(*at).ok_or("no such subscriber")?;
        let mut naf = [0; 128];
        let ks_naf = subscriber.ks_naf(&run.rand, NafId::join(fqdn, ua, &mut naf)?)?;
        Ok(Some(Answer { impus: vec![subscriber.impu.clone()], ks_naf, expires: run.expires }))
    }
}
