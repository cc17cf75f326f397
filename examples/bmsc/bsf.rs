//! A stub of the BSF (TS 33.220): a table B-TID -> Ks, RAND, IMPI, IMPUs, expiry.
//!
//! The bootstrapping run itself, HTTP Digest AKA between terminal and BSF, is one function call here: both get a random Ks.
//! A NAF gets Ks_NAF, never Ks.

use core::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use base64ct::{Base64, Encoding};
use castkey::ims::{BTid, Impu};
use castkey::keys::{Ks, KsNaf, NafId};
use castkey::secret::Secret;
use castkey::time::Tick;
use rand::TryRng;
use rand::rngs::SysRng;

use crate::Outcome;
use crate::names::Subscriber;

/// Lifetime of a Ks.
pub(crate) const KS_LIFETIME_MS: u64 = 3_600_000;

/// What a run leaves at the terminal.
#[derive(Clone)]
pub(crate) struct Run {
    pub(crate) btid: BTid,
    pub(crate) expires: Tick,
    pub(crate) rand: [u8; 16],
    ks: [u8; 32],
    impi: String,
}

impl Run {
    /// Ks_NAF for the NAF of this name, under this Ua security protocol.
    pub(crate) fn ks_naf(&self, fqdn: &str, ua: [u8; 5]) -> Outcome<KsNaf> {
        let mut naf = [0; 128];
        let naf = NafId::join(fqdn, ua, &mut naf)?;
        Ok(KsNaf::derive(&Ks::new(Secret::new(self.ks)), &self.rand, &self.impi, naf)?)
    }
}

/// What the BSF tells a NAF.
pub(crate) enum Answer {
    Keys { ks_naf: KsNaf, impus: Vec<Impu>, expires: Tick },
    UnknownBTid,
    Down,
}

#[derive(Default)]
pub(crate) struct Bsf {
    table: Mutex<HashMap<BTid, (Run, Vec<Impu>)>>,
    pub(crate) down: AtomicBool,
    pub(crate) runs: AtomicU64,
}

impl Bsf {
    /// A bootstrapping run of this subscriber.
    pub(crate) fn bootstrap(&self, who: &Subscriber, now: Tick) -> Outcome<Run> {
        let (mut rand, mut ks) = ([0; 16], [0; 32]);
        SysRng.try_fill_bytes(&mut rand)?;
        SysRng.try_fill_bytes(&mut ks)?;
        let mut text = [0; 24];
        let text = Base64::encode(&rand, &mut text).map_err(|e| e.to_string())?;
        let btid = BTid::new(&format!("{text}@bsf.home1.net"))?;
        let expires = now.after_millis(KS_LIFETIME_MS);
        let run = Run { btid: btid.clone(), expires, rand, ks, impi: who.impi.clone() };
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        table.insert(btid, (run.clone(), who.impus.clone()));
        self.runs.fetch_add(1, Ordering::Relaxed);
        Ok(run)
    }

    /// The query of a NAF.
    pub(crate) fn query(&self, btid: &BTid, fqdn: &str, ua: [u8; 5], now: Tick) -> Outcome<Answer> {
        if self.down.load(Ordering::Relaxed) {
            return Ok(Answer::Down);
        }
        let table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match table.get(btid).filter(|(run, _)| now < run.expires) {
            Some((run, impus)) => {
                let ks_naf = run.ks_naf(fqdn, ua)?;
                Answer::Keys { ks_naf, impus: impus.clone(), expires: run.expires }
            }
            None => Answer::UnknownBTid,
        })
    }
}
